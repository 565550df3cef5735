//! Examples as tensors.

use super::config::{Config, Reads};
use super::encoder::{Examples, value_row};
use super::relations::{relation_count, relation_rows};
use super::signatures::{properties, property_rows};
use super::teach::States;
use tch::Tensor;

/// Input and output.
pub type Pair = (Vec<i64>, Vec<i64>);

/// From which step on the cells of a task's examples, one behind the other, are what. The first is step 0.
pub type Changes = Vec<(usize, Vec<i32>)>;

/// Examples for the network, `each` a task, those of one task after each other.
pub fn example_tensors(config: &Config, pairs: &[Pair], each: usize) -> Examples {
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

/// The inputs of examples, one behind the other.
pub fn inputs_of(pairs: &[Pair]) -> Vec<i32> {
    pairs.iter().flat_map(|(input, _)| input.iter().map(|value| *value as i32)).collect()
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
