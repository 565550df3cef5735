//! A trained network ready for search: the [`Scorer`] that decodes a whole beam a step.

use super::checkpoint::{self, Sidecar};
use super::config::Config;
use super::data::ExampleBuilder;
use super::encoder::Examples;
use super::file;
use super::lstm::{State, Stepper};
use super::network::{self, Memory, Network};
use super::parameters::Parameters;
use super::skeleton::{Place, Skeleton};
use crate::exec::Argument;
use crate::search::{Decoding, Scorer, ScorerError};
use crate::store::{self, FileError};
use crate::task::Example;
use crate::token::{BEGIN, END, TokenId, Vocabulary};
use ndarray::Array2;
use std::path::Path;
use tch::{Kind, Tensor};

/// Log-probability of what no program of the corpus has.
const NEVER: f32 = -60.0;

/// A network with its vocabulary. libtorch's tensors can be sent to another thread but not shared: load one model a
/// thread, and set libtorch's own threads to 1 there.
pub struct Model {
    network: Network,
    stepper: Stepper,
    vocabulary: Vocabulary,
    skeleton: Skeleton,
}

impl Model {
    /// Loads `FILE.safetensors` with `FILE.json` beside it, or a checkpoint's folder.
    pub fn load(path: &Path) -> Result<Self, FileError> {
        if path.is_dir() {
            let last = checkpoint::read(path)?;
            let config = last.state.config.network;
            let sidecar = Sidecar {
                network: config,
                vocabulary: last.state.vocabulary,
                skeleton: last.state.skeleton,
                made: serde_json::Value::Null,
            };
            return Self::assemble(sidecar, last.weights).map_err(|error| error.at(path));
        }
        let beside = path.with_extension("json");
        let sidecar = Self::sidecar(&store::read(&beside)?).map_err(|error| error.at(&beside))?;
        let weights = file::decode(&store::read(path)?).map_err(|error| error.at(path))?;
        Self::assemble(sidecar, weights).map_err(|error| error.at(path))
    }

    /// The same from the contents of both files.
    pub fn from_bytes(weights: &[u8], sidecar: &[u8]) -> Result<Self, FileError> {
        Self::assemble(Self::sidecar(sidecar)?, file::decode(weights)?)
    }

    fn sidecar(text: &[u8]) -> Result<Sidecar, FileError> {
        serde_json::from_slice(text).map_err(|error| FileError::new(format!("not a model's description: {error}")))
    }

    fn assemble(sidecar: Sidecar, weights: std::collections::BTreeMap<String, Tensor>) -> Result<Self, FileError> {
        let Sidecar { network: config, vocabulary, skeleton, .. } = sidecar;
        config.check().map_err(FileError::new)?;
        let vocabulary = Vocabulary::restore(&vocabulary).map_err(|error| {
            FileError::new(error.to_string()).help("take a model that was trained with this version's vocabulary")
        })?;
        if !skeleton.fits(vocabulary.len()) {
            return Err(FileError::new("the skeleton has tokens that the vocabulary has not"));
        }
        let shapes = network::shapes(&config, vocabulary.len() as i64);
        let parameters = Parameters::from_tensors(&shapes, weights)?;
        Ok(Self::new(Network { config, parameters }, vocabulary, skeleton))
    }

    /// A model of a network in memory.
    pub fn new(network: Network, vocabulary: Vocabulary, skeleton: Skeleton) -> Self {
        let stepper = tch::no_grad(|| network.stepper());
        Self { network, stepper, vocabulary, skeleton }
    }

    /// Writes `path` (half precision) and, beside it, the sidecar; `made` says how the model was made.
    pub fn export(&self, path: &Path, made: serde_json::Value) -> Result<(), FileError> {
        let (weights, sidecar) = self.to_bytes(made);
        store::write(path, &weights)?;
        store::write(&path.with_extension("json"), &sidecar)
    }

    /// The contents of both files.
    pub fn to_bytes(&self, made: serde_json::Value) -> (Vec<u8>, Vec<u8>) {
        let sidecar = Sidecar {
            network: self.network.config.clone(),
            vocabulary: self.vocabulary.store(),
            skeleton: self.skeleton.clone(),
            made,
        };
        let mut text = serde_json::to_string_pretty(&sidecar).expect("plain data");
        text.push('\n');
        (file::encode(self.network.parameters.iter(), Some(Kind::Half)), text.into_bytes())
    }

    /// What its tokens mean.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    fn config(&self) -> &Config {
        &self.network.config
    }

    /// The log-probability of each token of a whole program and of the end after it, by one pass over all of them:
    /// how likely the model finds a program that is known. Certain tokens have 0.
    pub fn log_probabilities(&self, examples: &[Example], program: &[TokenId]) -> Result<Vec<f32>, ScorerError> {
        let examples = self.read_examples(examples)?;
        let whole: Vec<u16> = program.iter().map(|token| token.0).collect();
        let short = self
            .skeleton
            .compress(&whole)
            .ok_or_else(|| ScorerError("the program lacks what all programs of the model's corpus have".into()))?;
        let numbers: Vec<i64> = [BEGIN.0].iter().chain(&short).map(|token| i64::from(*token)).collect();
        let tokens = Tensor::from_slice(&numbers).unsqueeze(0);
        let logits = tch::no_grad(|| self.network.logits(&examples, &tokens, None));
        let said = logits.log_softmax(-1, Kind::Float);
        let mut predicted = short
            .iter()
            .chain([&END.0])
            .enumerate()
            .map(|(step, token)| said.double_value(&[0, step as i64, i64::from(*token)]) as f32);
        let mut place = self.skeleton.start();
        let tokens = program.iter().copied().chain([END]).map(|token| {
            let certain = self.skeleton.certain(place).is_some();
            place = self.skeleton.advance(place, token).0;
            if certain { 0.0 } else { predicted.next().unwrap_or(NEVER) }
        });
        Ok(tokens.collect())
    }

    fn read_examples(&self, examples: &[Example]) -> Result<Examples, ScorerError> {
        let length = self.config().cells as usize;
        if examples.is_empty() {
            return Err(ScorerError("the model needs at least one example".into()));
        }
        let mut builder = ExampleBuilder::new(self.config());
        for example in examples {
            let (input, output) = cells(example, length).ok_or_else(|| {
                ScorerError(format!("the model was trained on arrays of {length} elements, given and wanted"))
            })?;
            builder.push(&input, &output);
        }
        Ok(builder.finish())
    }
}

/// Input and output of an example of `int * f(int a[])`.
fn cells(example: &Example, length: usize) -> Option<(Vec<i64>, Vec<i64>)> {
    let ([Argument::Array(input)], [Some(Argument::Array(output))]) = (&example.input[..], &example.arrays[..]) else {
        return None;
    };
    let wide = |values: &[i32]| values.iter().map(|value| i64::from(*value)).collect();
    (input.len() == length && output.len() == length).then(|| (wide(input), wide(output)))
}

impl Scorer for Model {
    fn begin<'a>(&'a self, examples: &[Example]) -> Result<Box<dyn Decoding + 'a>, ScorerError> {
        let examples = self.read_examples(examples)?;
        let Memory { inputs, outputs, state } = tch::no_grad(|| self.network.remember(&examples));
        let rows = |tensor: Tensor| tensor.unsqueeze(2); // [layers, examples, 1, hidden]
        let state = State { hidden: rows(state.hidden), cell: rows(state.cell) };
        Ok(Box::new(Beam { model: self, inputs, outputs, state, rows: Vec::new() }))
    }
}

/// Partial programs of one task.
struct Beam<'a> {
    model: &'a Model,
    inputs: Tensor,
    outputs: Tensor,
    /// `[layers, examples, rows, hidden]`
    state: State,
    rows: Vec<Row>,
}

#[derive(Clone)]
struct Row {
    place: Place,
    /// What the network last said, log-probabilities of all tokens.
    said: std::rc::Rc<[f32]>,
}

impl Decoding for Beam<'_> {
    fn step(&mut self, parents: &[usize], tokens: &[TokenId]) -> Array2<f32> {
        debug_assert_eq!(parents.len(), tokens.len());
        let skeleton = &self.model.skeleton;
        let first = self.rows.is_empty();
        let nothing: std::rc::Rc<[f32]> = std::rc::Rc::from([]);
        let mut rows = Vec::with_capacity(tokens.len());
        let mut reading = Vec::new();
        for (i, (&parent, &token)) in parents.iter().zip(tokens).enumerate() {
            let (place, reads, said) = if first {
                debug_assert_eq!(token, BEGIN);
                (skeleton.start(), true, nothing.clone())
            } else {
                let Row { place, said } = &self.rows[parent];
                let (place, reads) = skeleton.advance(*place, token);
                (place, reads, said.clone())
            };
            if reads {
                reading.push(i);
            }
            rows.push(Row { place, said });
        }
        tch::no_grad(|| self.read(parents, tokens, &reading, &mut rows));
        self.rows = rows;
        self.scores()
    }
}

impl Beam<'_> {
    /// Continues the rows' states, and lets the network read the tokens of those that need it.
    fn read(&mut self, parents: &[usize], tokens: &[TokenId], reading: &[usize], rows: &mut [Row]) {
        const ROWS: i64 = 2;
        let indices =
            |of: &mut dyn Iterator<Item = usize>| Tensor::from_slice(&of.map(|i| i as i64).collect::<Vec<_>>());
        let select = |tensor: &Tensor, which: &Tensor| tensor.index_select(ROWS, which);
        if !parents.iter().copied().eq(0..self.state.hidden.size()[ROWS as usize] as usize) {
            let parents = indices(&mut parents.iter().copied());
            self.state.hidden = select(&self.state.hidden, &parents);
            self.state.cell = select(&self.state.cell, &parents);
        }
        if reading.is_empty() {
            return;
        }
        let read = indices(&mut reading.iter().map(|row| usize::from(tokens[*row].0)));
        let which = indices(&mut reading.iter().copied());
        let all = reading.len() == rows.len();
        let model = self.model;
        let (top, state) = if all {
            model.stepper.step(&self.state, &read)
        } else {
            let part = State { hidden: select(&self.state.hidden, &which), cell: select(&self.state.cell, &which) };
            model.stepper.step(&part, &read)
        };
        if all {
            self.state = state;
        } else {
            let _ = self.state.hidden.index_copy_(ROWS, &which, &state.hidden);
            let _ = self.state.cell.index_copy_(ROWS, &which, &state.cell);
        }
        let features = model.network.features(&self.inputs, &self.outputs, &top); // [examples, rows, width]
        let logits = model.network.head(&features.unsqueeze(0)); // [1, rows, tokens]
        let said = logits.log_softmax(-1, Kind::Float).contiguous();
        let width = model.vocabulary.len();
        let mut values = vec![0.0f32; reading.len() * width];
        said.copy_data(&mut values, reading.len() * width);
        for (row, values) in reading.iter().zip(values.chunks_exact(width)) {
            rows[*row].said = values.into();
        }
    }

    /// What follows each row: the one certain token, or what the network said, with its "end" at the token that begins
    /// the suffix.
    fn scores(&self) -> Array2<f32> {
        let skeleton = &self.model.skeleton;
        let mut scores = Array2::from_elem((self.rows.len(), self.model.vocabulary.len()), NEVER);
        for (row, mut scores) in self.rows.iter().zip(scores.rows_mut()) {
            if let Some(token) = skeleton.certain(row.place) {
                scores[usize::from(token.0)] = 0.0;
                continue;
            }
            scores.iter_mut().zip(&row.said[..]).for_each(|(score, said)| *score = *said);
            let end = skeleton.end();
            if end != END {
                scores[usize::from(end.0)] = row.said[usize::from(END.0)];
                scores[usize::from(END.0)] = NEVER;
            }
        }
        scores
    }
}
