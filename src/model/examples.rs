//! Examples as tensors, and what memory keeps of them until then. An example is an array before and after: the cells
//! that a C function gets, or the array of a world of Karel.

use super::config::{Config, Reads, View};
use super::encoder::{Examples, value_row};
use super::relations::{relation_count, relation_rows};
use super::signatures::{properties, property_rows};
use super::teach::States;
use super::{views, worlds};
use crate::corpus::Record;
use crate::lang::karel::World;
use tch::Tensor;

/// Input and output.
pub type Pair = (Vec<i64>, Vec<i64>);

/// Arrays in few bytes: each its length and its numbers, of cells a byte, of worlds four.
#[derive(Debug, Default)]
pub struct Packed(Box<[u8]>);

impl Packed {
    /// Packs what a network with this configuration reads.
    pub fn new<'a>(config: &Config, arrays: impl IntoIterator<Item = &'a [i32]>) -> Self {
        let mut bytes = Vec::new();
        for array in arrays {
            bytes.push(array.len() as u8);
            match config.reads {
                Reads::Worlds => bytes.extend(array.iter().flat_map(|number| number.to_le_bytes())),
                // The network's tables end long before a byte does.
                _ => bytes.extend(array.iter().map(|number| (*number).clamp(-100, 100) as i8 as u8)),
            }
        }
        Self(bytes.into())
    }

    /// The arrays.
    pub fn arrays(&self, config: &Config) -> Vec<Vec<i32>> {
        let mut rest = &self.0[..];
        let mut arrays = Vec::new();
        while let Some((length, numbers)) = rest.split_first() {
            let length = usize::from(*length);
            let bytes = if config.reads == Reads::Worlds { 4 * length } else { length };
            let (numbers, behind) = numbers.split_at(bytes);
            arrays.push(match config.reads {
                Reads::Worlds => {
                    numbers.chunks_exact(4).map(|it| i32::from_le_bytes([it[0], it[1], it[2], it[3]])).collect()
                }
                _ => numbers.iter().map(|number| i32::from(*number as i8)).collect(),
            });
            rest = behind;
        }
        arrays
    }
}

/// Whether a network can read the examples of a record.
pub fn fits(config: &Config, record: &Record) -> bool {
    let mut arrays = record.inputs.iter().chain(&record.outputs);
    match config.reads {
        Reads::Worlds => record.language == "karel" && arrays.all(|array| World::from_words(array).is_some()),
        _ => record.language == "c" && arrays.all(|array| array.len() as i64 == config.cells),
    }
}

/// The world of an array that is known to be one's.
fn world(array: &[i64]) -> World {
    let words: Vec<i32> = array.iter().map(|word| *word as i32).collect();
    World::from_words(&words).expect("what is no world was refused")
}

/// Worlds as tensors.
fn world_tensors(config: &Config, pairs: &[Pair]) -> Examples {
    let pairs: Vec<(World, World)> = pairs.iter().map(|(input, output)| (world(input), world(output))).collect();
    let (inputs, outputs) = match config.world.view {
        View::Frame => (worlds::grids(pairs.iter().map(|it| &it.0)), worlds::grids(pairs.iter().map(|it| &it.1))),
        View::Hero => views::facts(&pairs),
    };
    Examples { inputs, outputs, relations: None, signatures: None }
}

/// From which step on the cells of a task's examples, one behind the other, are what. The first is step 0.
pub type Changes = Vec<(usize, Vec<i32>)>;

/// Examples for the network, `each` a task, those of one task after each other.
pub fn example_tensors(config: &Config, pairs: &[Pair], each: usize) -> Examples {
    if config.reads == Reads::Worlds {
        return world_tensors(config, pairs);
    }
    let rows = |values: &[i64]| -> Vec<i64> { values.iter().map(|value| value_row(*value)).collect() };
    let inputs: Vec<i64> = pairs.iter().flat_map(|(input, _)| rows(input)).collect();
    let outputs: Vec<i64> = pairs.iter().flat_map(|(_, output)| rows(output)).collect();
    let count = relation_count(config);
    let relations = (count > 0).then(|| {
        let mut rows = Vec::new();
        pairs.iter().for_each(|(input, output)| relation_rows(config, input, output, &mut rows));
        matrix(&rows, count)
    });
    let signatures = (config.reads == Reads::Signatures).then(|| {
        let mut rows = Vec::new();
        pairs.chunks(each).for_each(|examples| property_rows(examples, &mut rows));
        matrix(&rows, properties(config))
    });
    Examples { inputs: matrix(&inputs, config.cells), outputs: matrix(&outputs, config.cells), relations, signatures }
}

fn matrix(values: &[i64], width: i64) -> Tensor {
    Tensor::from_slice(values).view([-1, width])
}

/// Rows of one width, one behind the other: shorter ones have zeros behind them.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    /// All numbers.
    pub numbers: Vec<i32>,
    /// Those of a row.
    pub width: usize,
}

impl Rows {
    /// Puts arrays together.
    pub fn new<'a>(arrays: impl Iterator<Item = &'a [i32]> + Clone) -> Self {
        let width = arrays.clone().map(<[i32]>::len).max().unwrap_or(0);
        let mut numbers = Vec::new();
        for array in arrays {
            numbers.extend_from_slice(array);
            numbers.resize(numbers.len() + width - array.len(), 0);
        }
        Self { numbers, width }
    }

    /// The inputs of examples.
    pub fn inputs(pairs: &[Pair]) -> Self {
        let inputs: Vec<Vec<i32>> =
            pairs.iter().map(|(input, _)| input.iter().map(|number| *number as i32).collect()).collect();
        Self::new(inputs.iter().map(Vec::as_slice))
    }
}

/// The same outputs, of other inputs.
pub fn with_inputs<'a>(pairs: &'a [Pair], inputs: &'a [i32]) -> impl Iterator<Item = Pair> + 'a {
    let width = inputs.len() / pairs.len().max(1);
    let wide = |values: &[i32]| values.iter().map(|value| i64::from(*value)).collect();
    pairs.iter().zip(inputs.chunks_exact(width.max(1))).map(move |((_, output), input)| (wide(input), output.clone()))
}

/// What the programs of a batch leave at each of so many steps: for each task its changes and its examples.
pub fn states<'a>(config: &Config, tasks: impl IntoIterator<Item = (&'a Changes, &'a [Pair])>, steps: usize) -> States {
    let (mut pairs, mut which, mut first, mut each, mut batch) = (Vec::new(), Vec::new(), 0i64, 1, 0);
    for (changes, examples) in tasks {
        let at = |step: usize| changes.partition_point(|(from, _)| *from <= step) as i64 - 1;
        which.extend((0..steps).map(|step| first + at(step)));
        changes.iter().for_each(|(_, cells)| pairs.extend(with_inputs(examples, cells)));
        first += changes.len() as i64;
        (each, batch) = (examples.len(), batch + 1);
    }
    States {
        examples: example_tensors(config, &pairs, each),
        which: Tensor::from_slice(&which).view([batch, steps as i64]),
    }
}
