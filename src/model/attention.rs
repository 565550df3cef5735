//! Attention as the paper has it: the keys are the values, nothing is scaled, and the query is added to what was read.

use super::parameters::{Parameters, Shape};
use tch::{Kind, Tensor};

/// The parameters of one attention from states of width `query` to encodings of width `encoded`.
pub(super) fn shapes(path: &str, query: i64, encoded: i64, width: i64) -> [Shape; 2] {
    let shape = |name: &str, from: i64| Shape {
        path: format!("{path}.{name}"),
        size: vec![width, from],
        range: (from as f64).powf(-0.5),
    };
    [shape("query", query), shape("key", encoded)]
}

/// What queries can read; computed once for each encoding.
pub(super) fn keys(parameters: &Parameters, path: &str, encoded: &Tensor) -> Tensor {
    linear(encoded, parameters.get(&format!("{path}.key"))) // [examples, cells, width]
}

/// Reads from the keys: `tanh(softmax(q kᵀ) k + q)`.
pub(super) fn attend(parameters: &Parameters, path: &str, keys: &Tensor, from: &Tensor) -> Tensor {
    let query = linear(from, parameters.get(&format!("{path}.query"))); // [examples, steps, width]
    let weights = query.bmm(&keys.transpose(1, 2)).softmax(-1, Kind::Float); // [examples, steps, cells]
    query.baddbmm(&weights, keys, 1.0, 1.0).tanh() // [examples, steps, width]
}

fn linear(input: &Tensor, weight: &Tensor) -> Tensor {
    input.linear(weight, None::<&Tensor>)
}
