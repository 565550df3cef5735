//! The encoder of Karel's worlds, after Bunel et al. 2018: a convolution over each of the two grids, residual blocks of
//! convolutions over both together, and a linear layer. An example is one vector, to which the decoder beside it attends
//! and from which it starts.
//!
//! A grid is `[16, 18, 18]`, as the public data set has it. What stands for the world before may be soft, so that the
//! latent executor can replace it.

use super::config::Config;
use super::encoder::{Embedded, Encoding};
use super::lstm::State;
use super::parameters::{Parameters, Shape};
use crate::lang::karel::World;
use crate::lang::karel::public::{CHANNELS, FRAME, nearest_ones};
use tch::{Kind, Tensor};

/// Rows and columns of a grid.
pub(super) const SIDE: i64 = FRAME as i64;
/// Channels of a grid.
pub(super) const DEPTH: i64 = CHANNELS as i64;

/// A convolution of 3 by 3 cells whose sums a ReLU follows.
pub(super) fn convolution(path: &str, from: i64, to: i64) -> [Shape; 2] {
    let range = (6.0 / (9 * from) as f64).sqrt();
    [Shape::new(path, &[to, from, 3, 3], range), Shape::bias(&format!("{path}_bias"), to)]
}

/// Applies it; a place every `stride` cells.
pub(super) fn convolve(parameters: &Parameters, path: &str, grid: &Tensor, stride: i64) -> Tensor {
    let bias = parameters.get(&format!("{path}_bias"));
    grid.conv2d(parameters.get(path), Some(bias), [stride, stride], [1, 1], [1, 1], 1)
}

pub(super) fn shapes(config: &Config) -> Vec<Shape> {
    let channels = config.world.channels;
    let side = (SIDE - 1) / config.world.stride + 1;
    let mut shapes = Vec::new();
    for path in ["world.input", "world.output"] {
        shapes.extend(convolution(path, DEPTH, channels));
    }
    for number in 0..config.world.blocks {
        for part in ["first", "second"] {
            shapes.extend(convolution(&block(number, part), 2 * channels, 2 * channels));
        }
    }
    shapes.extend(vector_shapes(config, 2 * channels * side * side));
    shapes
}

fn block(number: i64, part: &str) -> String {
    format!("world.block{number}.{part}")
}

/// What makes the vector of an example, and the decoder's first state of that.
pub(super) fn vector_shapes(config: &Config, from: i64) -> [Shape; 4] {
    let Config { hidden, layers, .. } = *config;
    [
        Shape::linear("world.vector", from, hidden),
        Shape::bias("world.vector_bias", hidden),
        Shape::linear("world.start", hidden, layers * hidden),
        Shape::bias("world.start_bias", layers * hidden),
    ]
}

/// Worlds as grids, `[worlds, 16, 18, 18]`. What the tensor of the data set cannot say, more than ten markers, is ten.
pub(super) fn grids<'a>(worlds: impl ExactSizeIterator<Item = &'a World>) -> Tensor {
    let size = (DEPTH * SIDE * SIDE) as usize;
    let count = worlds.len();
    let mut bytes = vec![0u8; count * size];
    for (grid, world) in bytes.chunks_exact_mut(size).zip(worlds) {
        nearest_ones(world).into_iter().for_each(|place| grid[place] = 1);
    }
    Tensor::from_slice(&bytes).view([count as i64, DEPTH, SIDE, SIDE]).to_kind(Kind::Float)
}

/// Encodes examples.
pub(super) fn encode(parameters: &Parameters, config: &Config, embedded: &Embedded) -> Encoding {
    let stride = config.world.stride;
    let read = |path: &str, grid: &Tensor| convolve(parameters, path, grid, stride).relu();
    let (input, output) = (read("world.input", &embedded.inputs), read("world.output", &embedded.outputs));
    let mut both = Tensor::cat(&[input, output], 1); // [examples, 2 * channels, side, side]
    for number in 0..config.world.blocks {
        let inner = convolve(parameters, &block(number, "first"), &both, 1).relu();
        both = (&both + convolve(parameters, &block(number, "second"), &inner, 1)).relu();
    }
    finish(parameters, config, &both.flatten(1, 3))
}

/// The vector of each example and what starts from it.
pub(super) fn finish(parameters: &Parameters, config: &Config, read: &Tensor) -> Encoding {
    let linear =
        |path: &str, input: &Tensor| input.linear(parameters.get(path), Some(parameters.get(&format!("{path}_bias"))));
    let vector = linear("world.vector", read).relu(); // [examples, hidden]
    let start = linear("world.start", &vector).tanh().view([-1, config.layers, config.hidden]);
    let hidden = start.transpose(0, 1).contiguous(); // [layers, examples, hidden]
    let state = State { cell: hidden.zeros_like(), hidden };
    Encoding { parts: vec![vector.unsqueeze(1)], state, keys: None }
}
