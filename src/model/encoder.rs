//! The encoder of examples, section 3.1 of the paper: an LSTM reads the input's cells, another the output's, starting
//! from the first's last state, and the outputs attend to the inputs. What stands for the inputs may be soft, a mixture
//! of embeddings, so that the latent executor can replace it.

use super::attention::{self, attend, keys};
use super::config::Config;
use super::lstm::{self, State};
use super::operations;
use super::parameters::{Parameters, Shape};
use super::relations::{self, relation_count};
use tch::Tensor;

/// Values are embedded from minus to plus this; those beyond are taken for it.
pub const LIMIT: i64 = 16;
/// Rows of a table of values.
pub(super) const VALUES: i64 = 2 * LIMIT + 1;

/// Examples as the network reads them.
#[derive(Debug)]
pub struct Examples {
    /// Rows of the value table, `[examples, cells]`; of worlds what their encoder reads.
    pub inputs: Tensor,
    /// The same for the outputs.
    pub outputs: Tensor,
    /// Rows of the relation table, `[examples * cells, relations]`, where the network has one.
    pub relations: Option<Tensor>,
    /// Rows of the property table, `[tasks, properties]`, where the network reads these instead of cells.
    pub signatures: Option<Tensor>,
}

/// Examples as embeddings, `[examples, cells, embedding]` each; worlds as they are.
#[derive(Debug)]
pub(super) struct Embedded {
    /// Of the inputs' values, or of what an executor made of them.
    pub inputs: Tensor,
    /// Of the outputs' values, with what they show of the inputs, and positions.
    pub outputs: Tensor,
    /// Of the outputs' values alone.
    pub wanted: Tensor,
}

impl Embedded {
    /// Worlds, which need no embedding.
    pub(super) fn worlds(examples: &Examples) -> Self {
        let [inputs, outputs] = [&examples.inputs, &examples.outputs].map(Tensor::shallow_clone);
        Self { inputs, wanted: outputs.shallow_clone(), outputs }
    }
}

/// What the encoder makes of examples.
pub(super) struct Encoding {
    /// The input's cells, the output's, and the operations between them where they are predicted, each
    /// `[examples, cells, hidden]`.
    pub parts: Vec<Tensor>,
    /// Where the decoder starts: the sum of both last states, `[layers, examples, hidden]`.
    pub state: State,
    /// Logits of the operation predictor's keys, `[examples, cells, keys]`.
    pub keys: Option<Tensor>,
}

pub(super) fn shapes(config: &Config) -> Vec<Shape> {
    let Config { hidden, embedding, .. } = *config;
    let table = |path: &str, rows: i64| Shape::new(path, &[rows, embedding], 0.5);
    let mut shapes = vec![
        table("encoder.value", VALUES),
        table("encoder.input.position", config.cells),
        table("encoder.output.position", config.cells),
    ];
    shapes.extend(relations::shapes(config));
    for path in ["encoder.input.lstm", "encoder.output.lstm"] {
        shapes.extend(lstm::shapes(path, embedding, hidden, config.layers, config.bidirectional));
    }
    for round in 0..config.rounds {
        shapes.extend(attention::shapes(&round_path(round), hidden, hidden, hidden));
    }
    if config.operations {
        shapes.extend(operations::shapes(config));
    }
    shapes
}

fn round_path(round: i64) -> String {
    format!("encoder.round{round}")
}

/// Looks the values up.
pub(super) fn embed(parameters: &Parameters, config: &Config, examples: &Examples) -> Embedded {
    let look = |rows: &Tensor| Tensor::embedding(parameters.get("encoder.value"), rows, -1, false, false);
    let (inputs, wanted) = (look(&examples.inputs), look(&examples.outputs));
    let mut outputs = &wanted + parameters.get("encoder.output.position"); // + [cells, embedding]
    if let Some(rows) = &examples.relations {
        debug_assert!(relation_count(config) > 0);
        outputs += sum_of_rows(parameters.get("encoder.relation"), rows).view_as(&outputs);
    }
    Embedded { inputs, outputs, wanted }
}

/// Encodes cells, equations 1 and 2 of the paper and the operations of section 3.3.
pub(super) fn encode(parameters: &Parameters, config: &Config, embedded: &Embedded) -> Encoding {
    let zero = lstm::zero(config, embedded.inputs.size()[0]);
    let placed = |embeddings: &Tensor| embeddings + parameters.get("encoder.input.position");
    let read = |path, cells: &Tensor, state: &State| lstm::run(parameters, path, config, cells, state);
    let (inputs, between) = read("encoder.input.lstm", &placed(&embedded.inputs), &zero);
    let (mut outputs, last) = read("encoder.output.lstm", &embedded.outputs, &between);
    for round in 0..config.rounds {
        let path = round_path(round);
        outputs = attend(parameters, &path, &keys(parameters, &path, &inputs), &outputs); // [examples, cells, hidden]
    }
    let mut parts = vec![inputs, outputs];
    let mut key_logits = None;
    if config.operations {
        let found = operations::predict(parameters, embedded);
        parts.push(read("encoder.input.lstm", &placed(&found.mixture), &zero).0);
        key_logits = Some(found.keys);
    }
    let sum = State { hidden: between.hidden + last.hidden, cell: between.cell + last.cell };
    Encoding { parts, state: lstm::join_directions(sum, config), keys: key_logits }
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
