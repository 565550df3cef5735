//! A trained network ready for search: the [`Scorer`] that decodes a whole beam a step.

use super::checkpoint::{self, Sidecar};
use super::config::{Config, Reads};
use super::examples::{Pair, Rows, example_tensors, states, with_inputs};
use super::file;
use super::fronts::{Fronts, Ready};
use super::network::{self, Network};
use super::parameters::Parameters;
use super::prefixes::{Prefixes, with_certain};
use super::skeleton::{Place, Skeleton};
use super::teach::Lesson;
use crate::exec::Argument;
use crate::lang::karel::World;
use crate::search::{Decoding, Scorer, ScorerError};
use crate::store::{self, FileError};
use crate::task::Example;
use crate::token::{BEGIN, END, TokenId, Vocabulary};
use ndarray::Array2;
use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use tch::{Kind, Tensor};

/// Log-probability of what no program of the corpus has.
const NEVER: f32 = -60.0;

/// A network with its vocabulary. libtorch's tensors can be sent to another thread but not shared: load one model a
/// thread, and set libtorch's own threads to 1 there.
pub struct Model {
    ready: Ready,
    vocabulary: Vocabulary,
    skeleton: Skeleton,
    /// Runs programs that are not whole, for a network that is shown what they leave.
    prefixes: Option<RefCell<Prefixes>>,
}

impl Model {
    /// Loads `FILE.safetensors` with `FILE.json` beside it, or a checkpoint's folder.
    pub fn load(path: &Path) -> Result<Self, FileError> {
        if path.is_dir() {
            let last = checkpoint::read::<checkpoint::State>(path)?;
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
        Self::new(Network { config, parameters }, vocabulary, skeleton)
    }

    /// A model of a network in memory.
    pub fn new(network: Network, vocabulary: Vocabulary, skeleton: Skeleton) -> Result<Self, FileError> {
        let prefixes = Prefixes::wanted(&network.config, &vocabulary)?.map(RefCell::new);
        Ok(Self { ready: Ready::new(network), vocabulary, skeleton, prefixes })
    }

    fn network(&self) -> &Network {
        &self.ready.network
    }

    /// Writes `path` (half precision) and, beside it, the sidecar; `made` says how the model was made.
    pub fn export(&self, path: &Path, made: serde_json::Value) -> Result<(), FileError> {
        let (weights, sidecar) = self.to_bytes(made);
        store::write_described(path, &weights, &sidecar)
    }

    /// The contents of both files.
    pub fn to_bytes(&self, made: serde_json::Value) -> (Vec<u8>, Vec<u8>) {
        let sidecar = Sidecar {
            network: self.network().config.clone(),
            vocabulary: self.vocabulary.store(),
            skeleton: self.skeleton.clone(),
            made,
        };
        (file::encode(self.network().parameters.iter(), Some(Kind::Half)), store::description(&sidecar))
    }

    /// What its tokens mean.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    fn config(&self) -> &Config {
        &self.network().config
    }

    /// The log-probability of each token of a whole program and of the end after it, by one pass over all of them:
    /// how likely the model finds a program that is known. Certain tokens have 0.
    pub fn log_probabilities(&self, examples: &[Example], program: &[TokenId]) -> Result<Vec<f32>, ScorerError> {
        let pairs = self.pairs(examples)?;
        let whole: Vec<u16> = program.iter().map(|token| token.0).collect();
        let short = self
            .skeleton
            .compress(&whole)
            .ok_or_else(|| ScorerError("the program lacks what all programs of the model's corpus have".into()))?;
        let numbers: Vec<i64> = [BEGIN.0].iter().chain(&short).map(|token| i64::from(*token)).collect();
        let lesson = Lesson {
            examples: example_tensors(self.config(), &pairs, pairs.len()),
            tokens: Tensor::from_slice(&numbers).unsqueeze(0),
            lengths: vec![numbers.len() as i64],
            traces: None,
            states: self.prefixes.as_ref().map(|prefixes| {
                let inputs = Rows::inputs(&pairs);
                let mut changes = vec![(0, inputs.numbers.clone())];
                let tell = |read: usize, cells: &[i32]| changes.push((read - 1, cells.to_vec()));
                prefixes.borrow_mut().walk(&self.skeleton, &whole, &inputs, tell);
                states(self.config(), [(&changes, pairs.as_slice())], numbers.len())
            }),
        };
        let logits = tch::no_grad(|| self.network().teach(&lesson, None)).logits;
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

    /// Inputs and outputs, as the network can read them.
    fn pairs(&self, examples: &[Example]) -> Result<Vec<Pair>, ScorerError> {
        if examples.is_empty() {
            return Err(ScorerError("the model needs at least one example".into()));
        }
        let length = self.config().cells as usize;
        let (reads, told) = match self.config().reads {
            Reads::Worlds => (true, "the model was trained on worlds of Karel, given and wanted".to_owned()),
            _ => (false, format!("the model was trained on arrays of {length} elements, given and wanted")),
        };
        let fits = |array: &[i32]| if reads { World::from_words(array).is_some() } else { array.len() == length };
        let read = |example| arrays(example, fits).ok_or_else(|| ScorerError(told.clone()));
        examples.iter().map(read).collect()
    }
}

/// Input and output of an example of a function of one array, of a world too, that fit.
fn arrays(example: &Example, fits: impl Fn(&[i32]) -> bool) -> Option<Pair> {
    let ([Argument::Array(input)], [Some(Argument::Array(output))]) = (&example.input[..], &example.arrays[..]) else {
        return None;
    };
    let wide = |values: &[i32]| values.iter().map(|value| i64::from(*value)).collect();
    (fits(input) && fits(output)).then(|| (wide(input), wide(output)))
}

impl Scorer for Model {
    fn begin<'a>(&'a self, examples: &[Example]) -> Result<Box<dyn Decoding + 'a>, ScorerError> {
        let pairs = self.pairs(examples)?;
        let inputs = Rows::inputs(&pairs);
        let fronts = tch::no_grad(|| Fronts::new(&self.ready, &example_tensors(self.config(), &pairs, pairs.len())));
        Ok(Box::new(Beam { model: self, fronts, pairs, inputs, rows: Vec::new() }))
    }
}

/// Partial programs of one task.
struct Beam<'a> {
    model: &'a Model,
    fronts: Fronts<'a>,
    pairs: Vec<Pair>,
    /// The inputs of all examples.
    inputs: Rows,
    rows: Vec<Row>,
}

#[derive(Clone)]
struct Row {
    place: Place,
    /// What the network last said, log-probabilities of all tokens.
    said: Rc<[f32]>,
    /// All tokens and what they leave in the cells, for a network that is shown that.
    run: Option<(Vec<TokenId>, Rc<[i32]>)>,
}

impl Row {
    fn start(model: &Model, inputs: &[i32]) -> Self {
        let run = model.prefixes.is_some().then(|| (Vec::new(), Rc::from(inputs)));
        Self { place: model.skeleton.start(), said: Rc::from([]), run }
    }

    /// This front with one more token, and whether the network must read that token.
    fn grown(&self, skeleton: &Skeleton, token: TokenId) -> (Self, bool) {
        let mut row = self.clone();
        let reads;
        (row.place, reads) = skeleton.advance(self.place, token);
        if let Some((tokens, _)) = &mut row.run {
            tokens.push(token);
        }
        (row, reads)
    }
}

impl Decoding for Beam<'_> {
    fn step(&mut self, parents: &[usize], tokens: &[TokenId]) -> Array2<f32> {
        debug_assert_eq!(parents.len(), tokens.len());
        let model = self.model;
        let first = self.rows.is_empty();
        let grown = parents.iter().zip(tokens).map(|(&parent, &token)| {
            if first {
                debug_assert_eq!(token, BEGIN);
                (Row::start(model, &self.inputs.numbers), true)
            } else {
                self.rows[parent].grown(&model.skeleton, token)
            }
        });
        let (rows, reads): (Vec<Row>, Vec<bool>) = grown.unzip();
        self.rows = rows;
        let reading: Vec<usize> = (0..tokens.len()).filter(|row| reads[*row]).collect();
        tch::no_grad(|| {
            self.fronts.select(parents);
            if !reading.is_empty() {
                self.run(&reading);
                self.read(tokens, &reading);
            }
        });
        self.scores()
    }
}

impl Beam<'_> {
    /// Runs the programs so far that end with a whole statement, and shows the network what they leave.
    fn run(&mut self, reading: &[usize]) {
        let Some(prefixes) = &self.model.prefixes else { return };
        let mut prefixes = prefixes.borrow_mut();
        let config = self.model.config();
        let (mut changed, mut pairs) = (Vec::new(), Vec::new());
        for &number in reading {
            let Row { place, run, .. } = &mut self.rows[number];
            let Some((tokens, cells)) = run else { continue };
            let mut after = cells.to_vec();
            if prefixes.run(&with_certain(tokens, *place), &self.inputs, &mut after) {
                changed.push(number);
                pairs.extend(with_inputs(&self.pairs, &after));
                *cells = after.into();
            }
        }
        if !changed.is_empty() {
            self.fronts.show(&changed, &example_tensors(config, &pairs, self.pairs.len()));
        }
    }

    /// Lets the network read the tokens of the rows that need it.
    fn read(&mut self, tokens: &[TokenId], reading: &[usize]) {
        let read: Vec<i64> = reading.iter().map(|row| i64::from(tokens[*row].0)).collect();
        let said = self.fronts.read(reading, &read).contiguous();
        let width = self.model.vocabulary.len();
        let mut values = vec![0.0f32; reading.len() * width];
        said.copy_data(&mut values, reading.len() * width);
        for (row, values) in reading.iter().zip(values.chunks_exact(width)) {
            self.rows[*row].said = values.into();
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
