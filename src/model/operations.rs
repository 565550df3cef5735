//! The operation predictor, section 3.3 of the paper: for each cell, which `x + y` or `y - x` makes the output of the
//! input `x`. A table has a row for each operation and operand `y`, and a column for each `x`; a soft choice of the
//! column, then of the row, gives a mixture of operation embeddings, which the encoder of inputs reads.

use super::config::Config;
use super::encoder::{Embedded, VALUES, value_row};
use super::parameters::{Parameters, Shape};
use tch::{Kind, Tensor};

/// Operands, keys and the executor's values go from minus to plus this, the bounds of restricted C.
pub const BOUND: i64 = 4;
/// How many these are.
pub const KEYS: i64 = 2 * BOUND + 1;
/// Rows of the table: each `y`, added to and subtracted from.
const ROWS: i64 = 2 * KEYS;

pub(super) fn shapes(config: &Config) -> [Shape; 3] {
    let Config { embedding, .. } = *config;
    [
        Shape::linear("operation.key", embedding, KEYS),
        Shape::linear("operation.query", embedding, embedding),
        Shape::new("operation.row", &[ROWS, embedding], 0.5),
    ]
}

/// What is predicted of each cell.
pub(super) struct Operations {
    /// Logits of the columns, `[examples, cells, KEYS]`; trained to name the input.
    pub keys: Tensor,
    /// Mixture of the rows' embeddings, `[examples, cells, embedding]`.
    pub mixture: Tensor,
}

/// The results of all operations as rows of the value table: `[ROWS * KEYS]`.
fn table() -> Tensor {
    let keys = || -BOUND..=BOUND;
    let sums = keys().flat_map(|y| keys().map(move |x| x + y));
    let differences = keys().flat_map(|y| keys().map(move |x| y - x));
    Tensor::from_slice(&sums.chain(differences).map(value_row).collect::<Vec<_>>())
}

pub(super) fn predict(parameters: &Parameters, embedded: &Embedded) -> Operations {
    let linear = |input: &Tensor, path| input.linear(parameters.get(path), None::<&Tensor>);
    let keys = linear(&embedded.inputs, "operation.key"); // [examples, cells, KEYS]
    let columns = keys.softmax(-1, Kind::Float);
    // How well each value fits the output, and so each result: the expectation over the columns is the row's score.
    let query = linear(&embedded.wanted, "operation.query"); // [examples, cells, embedding]
    let fits = query.linear(parameters.get("encoder.value"), None::<&Tensor>); // [examples, cells, VALUES]
    debug_assert_eq!(fits.size()[2], VALUES);
    let (examples, cells, _) = fits.size3().expect("examples, cells and values");
    let results = fits.index_select(-1, &table()).view([examples, cells, ROWS, KEYS]);
    let scores = (results * columns.unsqueeze(2)).sum_dim_intlist([-1i64].as_slice(), false, Kind::Float);
    let rows = scores.softmax(-1, Kind::Float); // [examples, cells, ROWS]
    let mixture = rows.matmul(parameters.get("operation.row")); // [examples, cells, embedding]
    Operations { keys, mixture }
}
