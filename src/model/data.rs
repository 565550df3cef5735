//! A corpus in memory, a few bytes a task, and the batches made from it. Which tasks are in a batch, in what order and
//! with which examples is a function of the seed and the step's number alone.

use super::config::Config;
use super::examples::{Changes, Packed, Pair, Rows, example_tensors, fits, states};
use super::plan::CorpusConfig;
use super::prefixes::Prefixes;
use super::skeleton::Skeleton;
use super::teach::Lesson;
use super::traces;
use crate::corpus;
use crate::store::FileError;
use crate::token::{BEGIN, END, PAD, TokenId, Vocabulary};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::path::{Path, PathBuf};
use tch::Tensor;

/// Programs as token numbers, with examples, before the skeleton is known.
#[derive(Debug, Default)]
pub struct Raw {
    programs: Vec<Vec<u16>>,
    /// Inputs and outputs of each task, each input before its output.
    arrays: Vec<Packed>,
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
        for record in records(paths)? {
            if raw.programs.len() >= at_most {
                return Ok(raw);
            }
            raw.push(&record?, vocabulary, network, limits);
        }
        if raw.programs.is_empty() {
            let message = format!("none of the {} tasks of the corpus can be used", raw.skipped);
            return Err(FileError::new(message).help("does the corpus fit the profile, `cells` and `max_tokens`?"));
        }
        Ok(raw)
    }

    /// Adds a task, if it fits.
    pub fn push(&mut self, record: &corpus::Record, vocabulary: &Vocabulary, network: &Config, limits: &CorpusConfig) {
        let tokens = vocabulary.encode(&record.source).ok().filter(|tokens| tokens.len() <= limits.max_tokens);
        let whole = record.inputs.len() >= limits.examples && fits(network, record);
        let (Some(tokens), true) = (tokens, whole) else {
            self.skipped += 1;
            return;
        };
        let pairs = record.inputs.iter().zip(&record.outputs).flat_map(|(input, output)| [&input[..], &output[..]]);
        self.arrays.push(Packed::new(network, pairs));
        self.programs.push(tokens.into_iter().map(|token| token.0).collect());
    }

    /// What is certain about these programs.
    pub fn skeleton(&self, certain: usize) -> Skeleton {
        Skeleton::of(&self.programs, certain)
    }

    /// Leaves out what is certain. With `prefixes`, finds out what each statement leaves.
    pub fn compress(
        self,
        skeleton: &Skeleton,
        vocabulary: &Vocabulary,
        network: &Config,
        examples: usize,
        mut prefixes: Option<Prefixes>,
    ) -> Dataset {
        let tasks = self.programs.into_iter().zip(self.arrays).filter_map(|(program, arrays)| {
            let short = skeleton.compress(&program)?;
            let changes = prefixes.as_mut().map(|prefixes| changes(prefixes, skeleton, &program, &arrays, network));
            let traces = network.traces.then(|| {
                let tokens: Vec<TokenId> = program.iter().map(|token| TokenId(*token)).collect();
                let inputs: Vec<Vec<i32>> = arrays.arrays(network).into_iter().step_by(2).collect();
                traces::of_program(&vocabulary.decode(&tokens), &inputs)
            });
            let (changes, traces) = (changes.unwrap_or_default(), traces.unwrap_or_default());
            Some(Task { program: short, arrays, changes, traces })
        });
        Dataset { tasks: tasks.collect(), network: network.clone(), examples, shown: prefixes.is_some() }
    }
}

/// After how many steps the cells of all examples change, and to what.
fn changes(
    prefixes: &mut Prefixes,
    skeleton: &Skeleton,
    program: &[u16],
    arrays: &Packed,
    network: &Config,
) -> Vec<(u16, Packed)> {
    let arrays = arrays.arrays(network);
    let inputs = Rows::new(arrays.iter().step_by(2).map(Vec::as_slice));
    let mut changes = Vec::new();
    prefixes.walk(skeleton, program, &inputs, |read, cells| {
        changes.push((read as u16 - 1, Packed::new(network, cells.chunks_exact(inputs.width))));
    });
    changes
}

/// The records of the shards that the paths of a configuration name, in order.
pub fn records(
    paths: &[PathBuf],
) -> Result<impl Iterator<Item = Result<corpus::Record, FileError>> + use<>, FileError> {
    let told = |error: corpus::Error| FileError::new(error.to_string());
    let opened: Result<Vec<_>, FileError> =
        expand(paths)?.iter().map(|path| corpus::read(path).map_err(told)).collect();
    Ok(opened?.into_iter().flatten().map(move |record| record.map_err(told)))
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
    tasks: Vec<Task>,
    network: Config,
    examples: usize,
    /// Whether the network is shown what statements leave.
    shown: bool,
}

#[derive(Debug)]
struct Task {
    /// What the network predicts.
    program: Vec<u16>,
    /// Inputs and outputs, each input before its output.
    arrays: Packed,
    /// After how many steps the inputs of all examples change, and to what.
    changes: Vec<(u16, Packed)>,
    /// What the hero does in each example, for networks that say that.
    traces: Vec<u8>,
}

/// Of all arrays those of some examples.
fn some<'a>(arrays: &'a [Vec<i32>], examples: &'a [usize]) -> impl Iterator<Item = &'a [i32]> + Clone {
    examples.iter().map(|example| &arrays[*example][..])
}

impl Task {
    /// Inputs and outputs of the examples that are chosen of so many.
    fn pairs(&self, config: &Config, choose: &mut impl FnMut(usize) -> Vec<usize>) -> (Vec<usize>, Vec<Pair>) {
        let arrays = self.arrays.arrays(config);
        let chosen = choose(arrays.len() / 2);
        let wide = |array: &[i32]| array.iter().map(|number| i64::from(*number)).collect();
        let pairs = chosen.iter().map(|example| (wide(&arrays[2 * example]), wide(&arrays[2 * example + 1])));
        let pairs = pairs.collect();
        (chosen, pairs)
    }

    /// What the inputs of these examples are from which step on.
    fn changes(&self, config: &Config, examples: &[usize]) -> Changes {
        let arrays = self.arrays.arrays(config);
        let inputs: Vec<Vec<i32>> = arrays.into_iter().step_by(2).collect();
        let start = (0, Rows::new(some(&inputs, examples)).numbers);
        let later = self.changes.iter().map(|(step, arrays)| {
            let arrays = arrays.arrays(config);
            (usize::from(*step), Rows::new(some(&arrays, examples)).numbers)
        });
        [start].into_iter().chain(later).collect()
    }
}

/// What one step reads.
#[derive(Debug)]
pub struct Batch {
    /// Examples and programs.
    pub lesson: Lesson,
    /// The program and end, padded: `[batch, steps]`.
    pub targets: Tensor,
}

/// A program that takes the place of a task's own.
#[derive(Clone, Debug)]
pub struct Own {
    /// The task's number.
    pub task: u32,
    /// What the network reads of it.
    pub program: Vec<u16>,
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
        let tokens: usize = self.tasks.iter().map(|task| task.program.len() + 1).sum();
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
            window.sort_by_key(|task| self.tasks[*task as usize].program.len());
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
        order.sort_by_key(|task| self.tasks[*task as usize].program.len());
        let chunks: Vec<Vec<u32>> = order.chunks(batch).map(<[u32]>::to_vec).collect();
        chunks.into_iter().map(move |tasks| self.make(&tasks, |_| self.shown_examples().collect()))
    }

    /// Inputs and outputs of a task in turn, those that are not shown too.
    pub fn arrays(&self, task: u32) -> Vec<Vec<i32>> {
        self.tasks[task as usize].arrays.arrays(&self.network)
    }

    /// The examples of each task that a network sees which has programs of its own: the first ones.
    pub fn shown_examples(&self) -> std::ops::Range<usize> {
        0..self.examples
    }

    /// A batch of other programs for tasks.
    pub fn batch_of(&self, own: &[Own]) -> Batch {
        let pairs = own.iter().map(|own| (&self.tasks[own.task as usize], &own.program[..]));
        self.make_of(&pairs.collect::<Vec<_>>(), |_| self.shown_examples().collect())
    }

    fn make(&self, tasks: &[u32], choose: impl FnMut(usize) -> Vec<usize>) -> Batch {
        let task = |task: &u32| {
            let task = &self.tasks[*task as usize];
            (task, &task.program[..])
        };
        self.make_of(&tasks.iter().map(task).collect::<Vec<_>>(), choose)
    }

    /// A batch of tasks with programs.
    fn make_of(&self, tasks: &[(&Task, &[u16])], mut choose: impl FnMut(usize) -> Vec<usize>) -> Batch {
        let (chosen, pairs): (Vec<Vec<usize>>, Vec<Vec<Pair>>) =
            tasks.iter().map(|(task, _)| task.pairs(&self.network, &mut choose)).unzip();
        let lengths: Vec<i64> = tasks.iter().map(|(_, program)| program.len() as i64 + 1).collect();
        let steps = lengths.iter().copied().max().unwrap_or(1);
        let (mut tokens, mut targets) = (Vec::new(), Vec::new());
        for ((_, program), length) in tasks.iter().zip(&lengths) {
            let padding = std::iter::repeat_n(i64::from(PAD.0), (steps - length) as usize);
            let body = program.iter().map(|token| i64::from(*token));
            tokens.extend(std::iter::once(i64::from(BEGIN.0)).chain(body.clone()).chain(padding.clone()));
            targets.extend(body.chain([i64::from(END.0)]).chain(padding));
        }
        let matrix = |values: &[i64]| Tensor::from_slice(values).view([tasks.len() as i64, steps]);
        let states = self.shown.then(|| {
            let changes = tasks.iter().zip(&chosen).map(|((task, _), chosen)| task.changes(&self.network, chosen));
            let changes: Vec<Changes> = changes.collect();
            states(&self.network, changes.iter().zip(pairs.iter().map(Vec::as_slice)), steps as usize)
        });
        let traces = self.network.traces.then(|| {
            let one = |((task, _), chosen): (&(&Task, &[u16]), &Vec<usize>)| traces::some(&task.traces, chosen);
            traces::tensor(&tasks.iter().zip(&chosen).flat_map(one).collect::<Vec<_>>())
        });
        let examples = example_tensors(&self.network, &pairs.concat(), self.examples);
        Batch {
            lesson: Lesson { examples, tokens: matrix(&tokens), lengths, traces, states },
            targets: matrix(&targets),
        }
    }
}

/// The random numbers for one thing of a run: an epoch's order, or what a thread draws in a step.
pub(crate) fn generator(seed: u64, number: u64, stream: u64) -> Xoshiro256PlusPlus {
    let mixed = seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ stream.wrapping_mul(0xd1b5_4a32_d192_ed03);
    Xoshiro256PlusPlus::seed_from_u64(mixed)
}
