//! LSTMs: over whole sequences by libtorch's fused kernel, over sequences that end early, and one step at a time for
//! decoding.

use super::config::Config;
use super::parameters::{Parameters, Shape};
use tch::{Device, Kind, Tensor};

/// What an LSTM remembers.
#[derive(Debug)]
pub(super) struct State {
    /// What it shows, `[layers * directions, rows, hidden]`.
    pub hidden: Tensor,
    /// What it keeps, of the same shape.
    pub cell: Tensor,
}

/// Suffixes of the parameters of one layer and direction, in libtorch's order.
const PARTS: [&str; 4] = ["input", "hidden", "input_bias", "hidden_bias"];

/// The suffixes of an LSTM's layers and directions, in libtorch's order.
fn cells(layers: i64, bidirectional: bool) -> Vec<String> {
    let directions: &[&str] = if bidirectional { &["", "_back"] } else { &[""] };
    (0..layers).flat_map(|layer| directions.iter().map(move |direction| format!("{layer}{direction}"))).collect()
}

/// The parameters of an LSTM whose states, both directions together, have the width `hidden`.
pub(super) fn shapes(path: &str, input: i64, hidden: i64, layers: i64, bidirectional: bool) -> Vec<Shape> {
    let width = if bidirectional { hidden / 2 } else { hidden };
    let range = (width as f64).powf(-0.5);
    let mut shapes = Vec::new();
    for cell in cells(layers, bidirectional) {
        let from = if cell.starts_with('0') { input } else { hidden };
        let sizes = [vec![4 * width, from], vec![4 * width, width], vec![4 * width], vec![4 * width]];
        for (part, size) in PARTS.into_iter().zip(sizes) {
            shapes.push(Shape { path: format!("{path}.{part}_{cell}"), size, range });
        }
    }
    shapes
}

/// The state before anything was read by the encoder.
pub(super) fn zero(config: &Config, rows: i64) -> State {
    let (directions, width) = if config.bidirectional { (2, config.hidden / 2) } else { (1, config.hidden) };
    let zero = || Tensor::zeros([config.layers * directions, rows, width], (Kind::Float, Device::Cpu));
    State { hidden: zero(), cell: zero() }
}

/// The encoder's state as the decoder, which has one direction, takes it over.
pub(super) fn join_directions(state: State, config: &Config) -> State {
    if !config.bidirectional {
        return state;
    }
    let join = |tensor: Tensor| {
        let rows = tensor.size()[1];
        let split = tensor.view([config.layers, 2, rows, config.hidden / 2]);
        split.permute([0, 2, 1, 3]).reshape([config.layers, rows, config.hidden])
    };
    State { hidden: join(state.hidden), cell: join(state.cell) }
}

/// The mean of the states of each task's examples, which follow each other, `[layers, tasks, hidden]`.
pub(super) fn mean(state: &State, each: i64) -> State {
    let mean = |tensor: &Tensor| {
        let (layers, rows, width) = tensor.size3().expect("layers, rows and width");
        tensor.view([layers, rows / each, each, width]).mean_dim([2i64].as_slice(), false, Kind::Float)
    };
    State { hidden: mean(&state.hidden), cell: mean(&state.cell) }
}

/// A state of one direction as an LSTM over cells takes it over, the other way round.
pub(super) fn split_directions(state: State, config: &Config) -> State {
    if !config.bidirectional {
        return state;
    }
    let split = |tensor: Tensor| {
        let rows = tensor.size()[1];
        let halves = tensor.view([config.layers, rows, 2, config.hidden / 2]);
        halves.permute([0, 2, 1, 3]).reshape([config.layers * 2, rows, config.hidden / 2])
    };
    State { hidden: split(state.hidden.contiguous()), cell: split(state.cell.contiguous()) }
}

/// Runs a decoder's LSTM, which has one direction, over the first steps of each row: `within`, `[rows, steps]`, says
/// which. After those a row's state stays as it is.
pub(super) fn run_within(
    parameters: &Parameters,
    path: &str,
    layers: i64,
    input: &Tensor,
    within: &Tensor,
    state: &State,
) -> (Tensor, State) {
    let get = |part: &str, layer: i64| parameters.get(&format!("{path}.{part}_{layer}"));
    let mut below = input.shallow_clone(); // [rows, steps, width]
    let (mut hiddens, mut cells) = (Vec::new(), Vec::new());
    for layer in 0..layers {
        let bias = get("input_bias", layer) + get("hidden_bias", layer);
        let gates = below.linear(get("input", layer), Some(bias)); // [rows, steps, 4 * hidden]
        let (mut hidden, mut cell) = (state.hidden.get(layer), state.cell.get(layer));
        let mut shown = Vec::new();
        for step in 0..input.size()[1] {
            let gates = gates.select(1, step) + hidden.linear(get("hidden", layer), None::<&Tensor>);
            let (next, kept) = advance(&gates, &cell);
            let on = within.select(1, step).unsqueeze(1);
            hidden = next.where_self(&on, &hidden);
            cell = kept.where_self(&on, &cell);
            shown.push(hidden.shallow_clone());
        }
        below = Tensor::stack(&shown, 1);
        hiddens.push(hidden);
        cells.push(cell);
    }
    (below, State { hidden: Tensor::stack(&hiddens, 0), cell: Tensor::stack(&cells, 0) })
}

/// What an LSTM shows and keeps after a step whose gates are these, `[.., 4 * hidden]`.
fn advance(gates: &Tensor, cell: &Tensor) -> (Tensor, Tensor) {
    let [read, keep, new, show] = gates.chunk(4, -1).try_into().expect("four gates");
    let cell = keep.sigmoid() * cell + read.sigmoid() * new.tanh();
    (show.sigmoid() * cell.tanh(), cell)
}

/// Runs an encoder's LSTM over whole sequences `[rows, steps, input]`; gives its states `[rows, steps, hidden]` and
/// the last one.
pub(super) fn run(
    parameters: &Parameters,
    path: &str,
    config: &Config,
    input: &Tensor,
    state: &State,
) -> (Tensor, State) {
    sequence(parameters, path, config.layers, config.bidirectional, input, state)
}

/// The same for the decoder's LSTM, which has one direction always.
pub(super) fn run_forward(
    parameters: &Parameters,
    path: &str,
    layers: i64,
    input: &Tensor,
    state: &State,
) -> (Tensor, State) {
    sequence(parameters, path, layers, false, input, state)
}

fn sequence(
    parameters: &Parameters,
    path: &str,
    layers: i64,
    bidirectional: bool,
    input: &Tensor,
    state: &State,
) -> (Tensor, State) {
    let weights: Vec<&Tensor> = cells(layers, bidirectional)
        .iter()
        .flat_map(|cell| PARTS.map(|part| parameters.get(&format!("{path}.{part}_{cell}"))))
        .collect();
    // The kernel is fastest with time in front, [steps, rows, input].
    let input = input.transpose(0, 1).contiguous();
    let (output, hidden, cell) =
        input.lstm(&[&state.hidden, &state.cell], &weights, true, layers, 0.0, true, bidirectional, false);
    (output.transpose(0, 1), State { hidden, cell })
}

/// An LSTM of one direction made ready for single steps.
#[derive(Debug)]
pub(super) struct Stepper {
    /// What each token adds to the first layer's gates, biases included: `[tokens, 4 * hidden]`.
    table: Tensor,
    /// From the layer below to the gates, for each layer but the first: `[hidden, 4 * hidden]` and the biases.
    below: Vec<(Tensor, Tensor)>,
    /// From the layer's own last state to the gates, `[hidden, 4 * hidden]`.
    own: Vec<Tensor>,
}

impl Stepper {
    /// Multiplies the token embeddings with the input weights, once and for all.
    pub(super) fn new(parameters: &Parameters, path: &str, layers: i64, embedding: &Tensor) -> Self {
        let get = |part: &str, layer: i64| parameters.get(&format!("{path}.{part}_{layer}")).detach();
        let bias = |layer| get("input_bias", layer) + get("hidden_bias", layer);
        let turned = |part: &str, layer| get(part, layer).transpose(0, 1).contiguous();
        Self {
            table: embedding.detach().matmul(&turned("input", 0)) + bias(0),
            below: (1..layers).map(|layer| (turned("input", layer), bias(layer))).collect(),
            own: (0..layers).map(|layer| turned("hidden", layer)).collect(),
        }
    }

    /// Reads one token a row; `state` is `[layers, examples, rows, hidden]`, `tokens` `[rows]`. Gives the last
    /// layer's new state, `[examples, rows, hidden]`, and all of them.
    pub(super) fn step(&self, state: &State, tokens: &Tensor) -> (Tensor, State) {
        let (mut hiddens, mut cells) = (Vec::new(), Vec::new());
        let mut below = self.table.index_select(0, tokens).unsqueeze(0); // [1, rows, 4 * hidden]
        for (layer, own) in self.own.iter().enumerate() {
            let (hidden, cell) = (state.hidden.get(layer as i64), state.cell.get(layer as i64));
            let gates = hidden.matmul(own) + &below; // [examples, rows, 4 * hidden]
            let (hidden, cell) = advance(&gates, &cell);
            if let Some((weights, bias)) = self.below.get(layer) {
                below = hidden.matmul(weights) + bias;
            }
            hiddens.push(hidden);
            cells.push(cell);
        }
        let top = hiddens.last().expect("at least one layer").shallow_clone();
        (top, State { hidden: Tensor::stack(&hiddens, 0), cell: Tensor::stack(&cells, 0) })
    }
}
