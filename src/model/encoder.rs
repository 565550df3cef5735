//! The encoder of examples: an LSTM reads the input's cells, another the output's, starting from the first's last
//! state.

use super::config::{Config, Relations};
use super::lstm::{self, State};
use super::parameters::{Parameters, Shape};
use tch::Tensor;

/// Values are embedded from minus to plus this; those beyond are taken for it.
pub const LIMIT: i64 = 16;
/// Rows of a table of values.
const VALUES: i64 = 2 * LIMIT + 1;

/// Examples as the network reads them.
#[derive(Debug)]
pub struct Examples {
    /// Rows of the value table, `[examples, cells]`.
    pub inputs: Tensor,
    /// The same for the outputs.
    pub outputs: Tensor,
    /// Rows of the relation table, `[examples * cells, relations]`, where the network has one.
    pub relations: Option<Tensor>,
}

/// What the encoder makes of examples.
pub(super) struct Encoding {
    /// The input's cells, `[examples, cells, hidden]`.
    pub inputs: Tensor,
    /// The output's cells, `[examples, cells, hidden]`.
    pub outputs: Tensor,
    /// Where the decoder starts: the sum of both last states, `[layers, examples, hidden]`.
    pub state: State,
}

pub(super) fn shapes(config: &Config) -> Vec<Shape> {
    let table =
        |path: &str, rows: i64, range: f64| Shape { path: path.to_owned(), size: vec![rows, config.embedding], range };
    let mut shapes = vec![
        table("encoder.value", VALUES, 0.5),
        table("encoder.input.position", config.cells, 0.5),
        table("encoder.output.position", config.cells, 0.5),
    ];
    if config.relations != Relations::None {
        let count = relation_count(config);
        shapes.push(table("encoder.relation", config.cells * count * VALUES, 0.5 / (count as f64).sqrt()));
    }
    for path in ["encoder.input.lstm", "encoder.output.lstm"] {
        shapes.extend(lstm::shapes(path, config.embedding, config.hidden, config.layers, config.bidirectional));
    }
    shapes
}

pub(super) fn encode(parameters: &Parameters, config: &Config, examples: &Examples) -> Encoding {
    let inputs = embed(parameters, "encoder.input.position", &examples.inputs); // [examples, cells, embedding]
    let mut outputs = embed(parameters, "encoder.output.position", &examples.outputs);
    if let Some(rows) = &examples.relations {
        outputs += sum_of_rows(parameters.get("encoder.relation"), rows).view_as(&outputs);
    }
    let zero = lstm::zero(config, inputs.size()[0]);
    let (inputs, between) = lstm::run(parameters, "encoder.input.lstm", config, &inputs, &zero);
    let (outputs, last) = lstm::run(parameters, "encoder.output.lstm", config, &outputs, &between);
    let sum = State { hidden: between.hidden + last.hidden, cell: between.cell + last.cell };
    Encoding { inputs, outputs, state: lstm::join_directions(sum, config) }
}

fn embed(parameters: &Parameters, position: &str, rows: &Tensor) -> Tensor {
    let values = Tensor::embedding(parameters.get("encoder.value"), rows, -1, false, false);
    values + parameters.get(position) // [examples, cells, embedding] + [cells, embedding]
}

/// For each list of row numbers the sum of those rows, without making the rows: `[lists, embedding]`.
fn sum_of_rows(table: &Tensor, rows: &Tensor) -> Tensor {
    const SUM: i64 = 0;
    let (lists, length) = rows.size2().expect("a matrix of row numbers");
    let starts = Tensor::arange_start_step(0, lists * length, length, (tch::Kind::Int64, rows.device()));
    Tensor::embedding_bag(table, &rows.flatten(0, 1), &starts, false, SUM, false, None::<&Tensor>, false).0
}

/// The row of the value table for a value.
pub fn value_row(value: i64) -> i64 {
    value.clamp(-LIMIT, LIMIT) + LIMIT
}

/// How many relations an output cell has.
pub fn relation_count(config: &Config) -> i64 {
    let cells = config.cells;
    match config.relations {
        Relations::None => 0,
        Relations::Differences => cells,
        Relations::Sums => cells + cells * (cells + 1) / 2 + cells * (cells - 1),
    }
}

/// Appends the rows of the relation table for one example: for each output cell one for each relation.
pub fn relation_rows(config: &Config, input: &[i64], output: &[i64], rows: &mut Vec<i64>) {
    let mut table = 0;
    let mut push = |value: i64| {
        rows.push(table * VALUES + value_row(value));
        table += 1;
    };
    for &wanted in output {
        if config.relations != Relations::None {
            input.iter().for_each(|left| push(wanted - left));
        }
        if config.relations == Relations::Sums {
            for (j, left) in input.iter().enumerate() {
                input[j..].iter().for_each(|right| push(wanted - left - right));
                let others = input.iter().enumerate().filter(|(k, _)| *k != j);
                others.for_each(|(_, right)| push(wanted - left + right));
            }
        }
    }
}
