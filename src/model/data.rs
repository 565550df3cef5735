//! A corpus in memory, a few bytes a task, and the batches made from it. Which tasks are in a batch, in what order and
//! with which examples is a function of the seed and the step's number alone.

use super::config::{Config, CorpusConfig};
use super::encoder::{Examples, relation_count, relation_rows, value_row};
use super::skeleton::Skeleton;
use crate::corpus;
use crate::store::FileError;
use crate::token::{BEGIN, END, PAD, Vocabulary};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::path::{Path, PathBuf};
use tch::Tensor;

/// Programs as token numbers, with examples, before the skeleton is known.
#[derive(Debug, Default)]
pub struct Raw {
    programs: Vec<Vec<u16>>,
    /// Inputs and outputs of each task, `examples * 2 * cells` values.
    cells: Vec<Vec<i8>>,
    /// Tasks that were left out: too long, too few examples, or not of the vocabulary.
    pub skipped: usize,
}

impl Raw {
    /// Reads shards.
    pub fn read(
        paths: &[PathBuf],
        vocabulary: &Vocabulary,
        network: &Config,
        limits: &CorpusConfig,
        at_most: usize,
    ) -> Result<Self, FileError> {
        let mut raw = Self::default();
        for path in expand(paths)? {
            let records = corpus::read(&path).map_err(|error| FileError::new(error.to_string()))?;
            for record in records {
                let record = record.map_err(|error| FileError::new(error.to_string()))?;
                if raw.programs.len() >= at_most {
                    return Ok(raw);
                }
                raw.push(&record, vocabulary, network, limits);
            }
        }
        if raw.programs.is_empty() {
            let message = format!("none of the {} tasks of the corpus can be used", raw.skipped);
            return Err(FileError::new(message).help("does the corpus fit the profile, `cells` and `max_tokens`?"));
        }
        Ok(raw)
    }

    /// Adds a task, if it fits.
    pub fn push(&mut self, record: &corpus::Record, vocabulary: &Vocabulary, network: &Config, limits: &CorpusConfig) {
        let fits = |values: &Vec<i32>| values.len() as i64 == network.cells;
        let tokens = vocabulary.encode(&record.source).ok().filter(|tokens| tokens.len() <= limits.max_tokens);
        let whole = record.inputs.iter().chain(&record.outputs).all(fits) && record.inputs.len() >= limits.examples;
        let (Some(tokens), true) = (tokens, whole) else {
            self.skipped += 1;
            return;
        };
        let pairs = record.inputs.iter().zip(&record.outputs).flat_map(|(input, output)| input.iter().chain(output));
        self.cells.push(pairs.map(|value| (*value).clamp(-100, 100) as i8).collect());
        self.programs.push(tokens.into_iter().map(|token| token.0).collect());
    }

    /// What is certain about these programs.
    pub fn skeleton(&self, certain: usize) -> Skeleton {
        Skeleton::of(&self.programs, certain)
    }

    /// Leaves out what is certain.
    pub fn compress(self, skeleton: &Skeleton, network: &Config, examples: usize) -> Dataset {
        let tasks = self.programs.into_iter().zip(self.cells);
        let kept = tasks.filter_map(|(program, cells)| Some((skeleton.compress(&program)?, cells)));
        Dataset { tasks: kept.collect(), network: network.clone(), examples }
    }
}

/// The files that the paths of a configuration name.
fn expand(paths: &[PathBuf]) -> Result<Vec<PathBuf>, FileError> {
    let mut all = Vec::new();
    for path in paths {
        let pattern = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if !pattern.contains('*') {
            all.push(path.clone());
            continue;
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let entries = std::fs::read_dir(folder).map_err(|error| FileError::io(folder, &error))?;
        let names = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let mut found: Vec<PathBuf> = names
            .filter(|name| name.file_name().is_some_and(|name| matches(&pattern, &name.to_string_lossy())))
            .collect();
        if found.is_empty() {
            return Err(FileError::new("no file matches this pattern").at(path));
        }
        found.sort();
        all.append(&mut found);
    }
    Ok(all)
}

/// Whether a name is of the pattern, in which `*` stands for anything.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((front, rest)) => name
            .strip_prefix(front)
            .is_some_and(|left| (0..=left.len()).any(|i| left.is_char_boundary(i) && matches(rest, &left[i..]))),
    }
}

/// Tasks ready to be made batches of.
#[derive(Debug)]
pub struct Dataset {
    tasks: Vec<(Vec<u16>, Vec<i8>)>,
    network: Config,
    examples: usize,
}

/// What one step reads.
#[derive(Debug)]
pub struct Batch {
    /// The examples, those of one task after each other.
    pub examples: Examples,
    /// Begin and the program, padded: `[batch, steps]`.
    pub tokens: Tensor,
    /// The program and end, padded: `[batch, steps]`.
    pub targets: Tensor,
}

/// Batches whose tasks are sorted by length together; more of them waste less padding, fewer mix better.
const WINDOW: usize = 64;

impl Dataset {
    /// How many tasks there are.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Mean number of tokens that the network predicts for a program, end included.
    pub fn mean_length(&self) -> f64 {
        let tokens: usize = self.tasks.iter().map(|(program, _)| program.len() + 1).sum();
        tokens as f64 / self.len().max(1) as f64
    }

    /// The tasks of every batch of an epoch, in order: shuffled, then sorted by length within windows, whose batches
    /// are shuffled again. The last, incomplete batch is left out unless it is the only one.
    pub fn epoch(&self, batch: usize, seed: u64, epoch: u64) -> Vec<Vec<u32>> {
        let mut random = generator(seed, epoch, 0);
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        order.shuffle(&mut random);
        let mut batches = Vec::with_capacity(order.len() / batch + 1);
        for window in order.chunks_mut(WINDOW * batch) {
            window.sort_by_key(|task| self.tasks[*task as usize].0.len());
            let mut part: Vec<Vec<u32>> = window.chunks_exact(batch).map(<[u32]>::to_vec).collect();
            part.shuffle(&mut random);
            batches.append(&mut part);
        }
        if batches.is_empty() {
            batches.push(order);
        }
        batches
    }

    /// The batch of these tasks; which of their examples it shows is drawn.
    pub fn batch(&self, tasks: &[u32], random: &mut Xoshiro256PlusPlus) -> Batch {
        self.make(tasks, |count| rand::seq::index::sample(random, count, self.examples).into_vec())
    }

    /// Batches over all tasks in order, each with its first examples.
    pub fn in_order(&self, batch: usize) -> impl Iterator<Item = Batch> {
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        order.sort_by_key(|task| self.tasks[*task as usize].0.len());
        let chunks: Vec<Vec<u32>> = order.chunks(batch).map(<[u32]>::to_vec).collect();
        chunks.into_iter().map(move |tasks| self.make(&tasks, |_| (0..self.examples).collect()))
    }

    fn make(&self, tasks: &[u32], mut choose: impl FnMut(usize) -> Vec<usize>) -> Batch {
        let tasks: Vec<&(Vec<u16>, Vec<i8>)> = tasks.iter().map(|task| &self.tasks[*task as usize]).collect();
        let cells = self.network.cells as usize;
        let mut builder = ExampleBuilder::new(&self.network);
        for (_, values) in &tasks {
            for example in choose(values.len() / (2 * cells)) {
                let pair = &values[example * 2 * cells..(example + 1) * 2 * cells];
                let pair: Vec<i64> = pair.iter().map(|value| i64::from(*value)).collect();
                builder.push(&pair[..cells], &pair[cells..]);
            }
        }
        let steps = tasks.iter().map(|(program, _)| program.len() + 1).max().unwrap_or(1);
        let (mut tokens, mut targets) = (Vec::new(), Vec::new());
        for (program, _) in &tasks {
            let padding = std::iter::repeat_n(i64::from(PAD.0), steps - program.len() - 1);
            let body = program.iter().map(|token| i64::from(*token));
            tokens.extend(std::iter::once(i64::from(BEGIN.0)).chain(body.clone()).chain(padding.clone()));
            targets.extend(body.chain([i64::from(END.0)]).chain(padding));
        }
        let matrix = |values: &[i64]| Tensor::from_slice(values).view([tasks.len() as i64, steps as i64]);
        Batch { examples: builder.finish(), tokens: matrix(&tokens), targets: matrix(&targets) }
    }
}

/// The random numbers for one thing of a run: an epoch's order, or what a thread draws in a step.
pub(super) fn generator(seed: u64, number: u64, stream: u64) -> Xoshiro256PlusPlus {
    let mixed = seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ stream.wrapping_mul(0xd1b5_4a32_d192_ed03);
    Xoshiro256PlusPlus::seed_from_u64(mixed)
}

/// Collects examples for the network.
pub struct ExampleBuilder<'a> {
    config: &'a Config,
    inputs: Vec<i64>,
    outputs: Vec<i64>,
    relations: Vec<i64>,
}

impl<'a> ExampleBuilder<'a> {
    /// None yet.
    pub fn new(config: &'a Config) -> Self {
        Self { config, inputs: Vec::new(), outputs: Vec::new(), relations: Vec::new() }
    }

    /// One more, with as many cells as the network has.
    pub fn push(&mut self, input: &[i64], output: &[i64]) {
        debug_assert_eq!((input.len() as i64, output.len() as i64), (self.config.cells, self.config.cells));
        self.inputs.extend(input.iter().map(|value| value_row(*value)));
        self.outputs.extend(output.iter().map(|value| value_row(*value)));
        relation_rows(self.config, input, output, &mut self.relations);
    }

    /// All of them as tensors.
    pub fn finish(self) -> Examples {
        let matrix = |values: &[i64], width: i64| Tensor::from_slice(values).view([-1, width]);
        let relations = relation_count(self.config);
        Examples {
            inputs: matrix(&self.inputs, self.config.cells),
            outputs: matrix(&self.outputs, self.config.cells),
            relations: (relations > 0).then(|| matrix(&self.relations, relations)),
        }
    }
}
