//! Property signatures, the paper's baseline: whether `output = input + d` and `output = d - input` hold at a cell in
//! all examples of a task, in none, or in some, read by an LSTM as a sequence.

use super::config::Config;
use super::encoder::Encoding;
use super::lstm;
use super::operations::{BOUND, KEYS};
use super::parameters::{Parameters, Shape};
use tch::Tensor;

/// A property holds never, always, or sometimes.
const ANSWERS: i64 = 3;

pub(super) fn shapes(config: &Config) -> Vec<Shape> {
    let Config { hidden, embedding, layers, bidirectional, .. } = *config;
    let mut shapes = vec![Shape::new("signature.property", &[properties(config) * ANSWERS, embedding], 0.5)];
    shapes.extend(lstm::shapes("signature.lstm", embedding, hidden, layers, bidirectional));
    shapes
}

/// How many properties a task has.
pub fn properties(config: &Config) -> i64 {
    2 * config.cells * KEYS
}

/// Appends the rows of the property table for one task's examples, inputs with outputs.
pub fn property_rows(examples: &[(Vec<i64>, Vec<i64>)], rows: &mut Vec<i64>) {
    let cells = examples.first().map_or(0, |(input, _)| input.len());
    let mut number = 0;
    for cell in 0..cells {
        for constant in -BOUND..=BOUND {
            let sum = |input: i64| input + constant;
            let difference = |input: i64| constant - input;
            for of in [&sum as &dyn Fn(i64) -> i64, &difference] {
                let holds = examples.iter().filter(|(input, output)| output[cell] == of(input[cell])).count();
                let answer = if holds == 0 {
                    0
                } else if holds == examples.len() {
                    1
                } else {
                    2
                };
                rows.push(number * ANSWERS + answer);
                number += 1;
            }
        }
    }
}

/// Reads `[tasks, properties]`; a task is then like one example whose only part are the properties.
pub(super) fn encode(parameters: &Parameters, config: &Config, rows: &Tensor) -> Encoding {
    let properties = Tensor::embedding(parameters.get("signature.property"), rows, -1, false, false);
    let zero = lstm::zero(config, rows.size()[0]);
    let (read, last) = lstm::run(parameters, "signature.lstm", config, &properties, &zero);
    Encoding { parts: vec![read], state: lstm::join_directions(last, config), keys: None }
}
