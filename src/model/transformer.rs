//! The decoder of the modern row: blocks of attention to the tokens so far, attention to the cells of all examples, and
//! two linear layers, each on what was normalised and added to what came in. Positions count by how far back they are
//! (ALiBi), so that no program is too long.

use super::config::Config;
use super::parameters::{Parameters, Shape};
use tch::{Kind, Tensor};

/// `encoded` is the width of what the encoder says of a cell.
pub(super) fn shapes(config: &Config, encoded: i64) -> Vec<Shape> {
    let Config { hidden, mlp, .. } = *config;
    let block = |number: i64| {
        let path = |name: &str| format!("decoder.block{number}.{name}");
        [
            Shape::linear(&path("own"), hidden, 3 * hidden),
            Shape::linear(&path("own_out"), hidden, hidden),
            Shape::linear(&path("query"), hidden, hidden),
            Shape::linear(&path("memory"), encoded, 2 * hidden),
            Shape::linear(&path("read_out"), hidden, hidden),
            Shape::linear(&path("wide"), hidden, mlp),
            Shape::bias(&path("wide_bias"), mlp),
            Shape::linear(&path("narrow"), mlp, hidden),
        ]
    };
    (0..config.blocks).flat_map(block).collect()
}

/// What each block attends to: of the encoder's parts, each `[tasks * each, cells, hidden]`, keys and values
/// `[tasks, each * cells, hidden]`, block by block.
pub(super) fn memory(parameters: &Parameters, config: &Config, parts: &[Tensor], each: i64) -> Vec<Tensor> {
    let slots = Tensor::cat(parts, -1); // what is known of a cell is one slot
    let (rows, cells, width) = slots.size3().expect("examples, cells and width");
    let slots = slots.view([rows / each, each * cells, width]);
    let block = |number| {
        let weights = parameters.get(&format!("decoder.block{number}.memory"));
        slots.linear(weights, None::<&Tensor>).chunk(2, -1)
    };
    (0..config.blocks).flat_map(block).collect()
}

/// Continues rows by `tokens`, embedded `[rows, steps, hidden]`. `recall` takes a block's number and what it makes of
/// the new tokens, keys and values `[rows, steps, hidden]`, and gives those of all tokens so far. `distance`,
/// `[rows or 1, heads, steps, so far]`, is added to the scores. Gives the last block's states.
pub(super) fn run(
    parameters: &Parameters,
    config: &Config,
    tokens: &Tensor,
    memory: &[Tensor],
    distance: &Tensor,
    mut recall: impl FnMut(usize, &Tensor, &Tensor) -> (Tensor, Tensor),
) -> Tensor {
    let mut states = tokens.shallow_clone();
    for (number, memory) in memory.chunks_exact(2).enumerate() {
        let linear = |input: &Tensor, name: &str| {
            input.linear(parameters.get(&format!("decoder.block{number}.{name}")), None::<&Tensor>)
        };
        let [query, key, value] = linear(&normal(&states), "own").chunk(3, -1).try_into().expect("three parts");
        let (keys, values) = recall(number, &key, &value);
        states = &states + linear(&attend(config, &query, &keys, &values, Some(distance)), "own_out");
        let query = linear(&normal(&states), "query");
        states = &states + linear(&attend(config, &query, &memory[0], &memory[1], None), "read_out");
        let wide = linear(&normal(&states), "wide") + parameters.get(&format!("decoder.block{number}.wide_bias"));
        states = &states + linear(&wide.gelu("none"), "narrow");
    }
    normal(&states)
}

fn normal(states: &Tensor) -> Tensor {
    let width = states.size()[2];
    states.layer_norm([width], None::<&Tensor>, None::<&Tensor>, 1e-5, false)
}

/// Attention with several heads, scaled; keys and values of one row serve all rows.
fn attend(config: &Config, query: &Tensor, keys: &Tensor, values: &Tensor, distance: Option<&Tensor>) -> Tensor {
    let split = |tensor: &Tensor| {
        let (rows, steps, width) = tensor.size3().expect("rows, steps and width");
        tensor.view([rows, steps, config.heads, width / config.heads]).transpose(1, 2) // [rows, heads, steps, part]
    };
    let (query, keys, values) = (split(&query.contiguous()), split(&keys.contiguous()), split(&values.contiguous()));
    let scale = (query.size()[3] as f64).powf(-0.5);
    let mut scores = (query * scale).matmul(&keys.transpose(2, 3));
    if let Some(distance) = distance {
        scores += distance;
    }
    let read = scores.softmax(-1, Kind::Float).matmul(&values);
    read.transpose(1, 2).flatten(2, 3) // [rows, steps, hidden]
}

/// What is added to the scores of tokens that stand so far before, `[.., steps, so far]` from whole numbers that are
/// below zero for what comes later: gives `[.., heads, steps, so far]`.
pub(super) fn distance(config: &Config, back: &Tensor) -> Tensor {
    let slopes: Vec<f32> =
        (0..config.heads).map(|head| -(0.5f32).powf(8.0 * (head + 1) as f32 / config.heads as f32)).collect();
    let slopes = Tensor::from_slice(&slopes).view([config.heads, 1, 1]);
    let later = back.lt(0).unsqueeze(-3);
    (back.to_kind(Kind::Float).unsqueeze(-3) * slopes).masked_fill(&later, f64::NEG_INFINITY)
}
