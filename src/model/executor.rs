//! The latent executor, section 3.2 of the paper: from the decoder's state and the cells as they were, what the cells
//! will be after the program so far, as a distribution over values. Nothing tells it what is right but the outputs after
//! the whole program. Of Karel's worlds it is `imagine`.

use super::config::{Config, Decoder, Reads};
use super::encoder::value_row;
use super::imagine;
use super::lstm::{self, State};
use super::operations::{BOUND, KEYS};
use super::parameters::{Parameters, Shape};
use tch::{Kind, Tensor};

pub(super) fn shapes(config: &Config) -> Vec<Shape> {
    if config.reads == Reads::Worlds {
        return imagine::shapes(config);
    }
    let Config { hidden, embedding, layers, .. } = *config;
    let mut shapes = lstm::shapes("executor.lstm", embedding, hidden, layers, config.bidirectional);
    shapes.push(Shape::linear("executor.value", hidden, embedding));
    if config.decoder == Decoder::Transformer {
        shapes.push(Shape::linear("executor.start", hidden, layers * hidden));
    }
    shapes
}

/// Where the executor starts beside a transformer, whose states are one a task: `[tasks, hidden]` for so many examples
/// each gives `[layers, tasks * examples, hidden]`.
pub(super) fn start(parameters: &Parameters, config: &Config, top: &Tensor, each: i64) -> State {
    let tasks = top.size()[0];
    let Config { hidden, layers, .. } = *config;
    let all = top.linear(parameters.get("executor.start"), None::<&Tensor>).view([tasks, 1, layers, hidden]);
    let all = all.expand([tasks, each, layers, hidden], false).permute([2, 0, 1, 3]);
    let hidden = all.reshape([layers, tasks * each, hidden]).tanh();
    State { cell: hidden.zeros_like(), hidden }
}

/// Logits over the values of each cell, `[examples, cells, KEYS]`, from the cells' embeddings before and the decoder's
/// state, `[layers, examples, hidden]`.
pub(super) fn run(parameters: &Parameters, config: &Config, inputs: &Tensor, state: State) -> Tensor {
    if config.reads == Reads::Worlds {
        return imagine::run(parameters, inputs, &state);
    }
    let placed = inputs + parameters.get("encoder.input.position");
    let state = lstm::split_directions(state, config);
    let (cells, _) = lstm::run(parameters, "executor.lstm", config, &placed, &state); // [examples, cells, hidden]
    let said = cells.linear(parameters.get("executor.value"), None::<&Tensor>); // [examples, cells, embedding]
    said.linear(&values(parameters), None::<&Tensor>)
}

/// What stands for the inputs from here on: the embeddings of cells that hold each value with these logits,
/// `[examples, cells, embedding]`, or such worlds.
pub(super) fn mixture(parameters: &Parameters, config: &Config, before: &Tensor, logits: &Tensor) -> Tensor {
    if config.reads == Reads::Worlds {
        return imagine::mixture(before, logits);
    }
    logits.softmax(-1, Kind::Float).matmul(&values(parameters))
}

/// The embeddings of the values that an executor knows, `[KEYS, embedding]`.
fn values(parameters: &Parameters) -> Tensor {
    parameters.get("encoder.value").narrow(0, value_row(-BOUND), KEYS)
}
