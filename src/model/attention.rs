//! Attention as the paper has it: the keys are the values, nothing is scaled, and the query is added to what was read.

use super::parameters::{Parameters, Shape};
use tch::{Kind, Tensor};

/// The parameters of one attention from states of width `query` to encodings of width `encoded`.
pub(super) fn shapes(path: &str, query: i64, encoded: i64, width: i64) -> [Shape; 2] {
    [Shape::linear(&format!("{path}.query"), query, width), Shape::linear(&format!("{path}.key"), encoded, width)]
}

/// What queries can read; computed once for each encoding.
pub(super) fn keys(parameters: &Parameters, path: &str, encoded: &Tensor) -> Tensor {
    linear(encoded, parameters.get(&format!("{path}.key"))) // [examples, cells, width]
}

/// Reads from the keys: `tanh(softmax(q kᵀ) k + q)`.
pub(super) fn attend(parameters: &Parameters, path: &str, keys: &Tensor, from: &Tensor) -> Tensor {
    attend_some(parameters, path, keys, from, None)
}

/// The same, but of the keys only those that `hidden` is false for: `[examples, steps, cells]`.
pub(super) fn attend_some(
    parameters: &Parameters,
    path: &str,
    keys: &Tensor,
    from: &Tensor,
    hidden: Option<&Tensor>,
) -> Tensor {
    let query = linear(from, parameters.get(&format!("{path}.query"))); // [examples, steps, width]
    let mut scores = query.bmm(&keys.transpose(1, 2)); // [examples, steps, cells]
    if let Some(hidden) = hidden {
        scores = scores.masked_fill(hidden, f64::NEG_INFINITY);
    }
    let weights = scores.softmax(-1, Kind::Float);
    query.baddbmm(&weights, keys, 1.0, 1.0).tanh() // [examples, steps, width]
}

fn linear(input: &Tensor, weight: &Tensor) -> Tensor {
    input.linear(weight, None::<&Tensor>)
}
