//! The latent executor of Karel: from the decoder's state and the world as it was, what the world will be after the
//! program so far, as distributions: where the hero stands and looks, and how many markers each cell holds. Walls stay.

use super::config::Config;
use super::lstm::State;
use super::parameters::{Parameters, Shape};
use super::worlds::{DEPTH, SIDE, convolution, convolve};
use tch::{Kind, Reduction, Tensor};

/// Channels that say where the hero looks.
const FACINGS: i64 = 4;
/// Channels of walls and the boundary, after those.
const STILL: i64 = 2;
/// Markers that are told apart, none among them.
const COUNTS: i64 = DEPTH - FACINGS - STILL + 1;
/// What the logit of what is there begins with: most of a world stays as it is.
const STAYS: f64 = 6.0;
/// Logits of a cell.
const SAID: i64 = FACINGS + COUNTS;

pub(super) fn shapes(config: &Config) -> Vec<Shape> {
    let (hidden, channels) = (config.hidden, config.world.channels);
    let mut shapes = convolution("executor.first", DEPTH, channels).to_vec();
    shapes.extend(convolution("executor.second", channels, SAID));
    shapes.push(Shape::linear("executor.inner", hidden, channels));
    shapes.push(Shape::new("executor.state", &[SAID * SIDE * SIDE, hidden], (0.3 / hidden as f64).sqrt()));
    // How much the hero and the markers stay as they are, beyond what is expected.
    shapes.push(Shape::bias("executor.keep", 2));
    shapes
}

/// Logits of the facings and counts of each cell, `[examples, SAID, 18, 18]`.
pub(super) fn run(parameters: &Parameters, inputs: &Tensor, state: &State) -> Tensor {
    let last = state.hidden.get(-1); // [examples, hidden]
    let linear = |path: &str| last.linear(parameters.get(path), None::<&Tensor>);
    let near = convolve(parameters, "executor.first", inputs, 1) + linear("executor.inner").unsqueeze(-1).unsqueeze(-1);
    let said = convolve(parameters, "executor.second", &near.relu(), 1);
    let far = linear("executor.state").view_as(&said);
    let (facings, counts) = (inputs.narrow(1, 0, FACINGS), inputs.narrow(1, FACINGS + STILL, COUNTS - 1));
    let none = 1.0 - counts.sum_dim_intlist([1i64].as_slice(), true, Kind::Float);
    let keep = parameters.get("executor.keep") + STAYS;
    let same = Tensor::cat(&[facings * keep.get(0), none * keep.get(1), counts * keep.get(1)], 1);
    said + far + same
}

/// The worlds that hold each thing with these logits.
pub(super) fn mixture(before: &Tensor, logits: &Tensor) -> Tensor {
    let (facings, counts) = halves(logits);
    let rows = before.size()[0];
    let facings = facings.softmax(-1, Kind::Float).view([rows, FACINGS, SIDE, SIDE]);
    let counts = counts.softmax(1, Kind::Float).narrow(1, 1, COUNTS - 1);
    Tensor::cat(&[facings, before.narrow(1, FACINGS, STILL), counts], 1)
}

/// Logits over all places and facings of the hero, `[examples, 4 * 18 * 18]`, and over the counts of each cell.
fn halves(logits: &Tensor) -> (Tensor, Tensor) {
    (logits.narrow(1, 0, FACINGS).flatten(1, 3), logits.narrow(1, FACINGS, COUNTS))
}

/// Cross entropy of the hero and of all cells' markers, the mean over the examples, against the worlds that were left.
pub(super) fn loss(logits: &Tensor, worlds: &Tensor) -> Tensor {
    let (facings, counts) = halves(logits);
    let sum = |logits: &Tensor, wanted: &Tensor| {
        logits.cross_entropy_loss(wanted, None::<&Tensor>, Reduction::Sum, -100, 0.0)
    };
    let hero = worlds.narrow(1, 0, FACINGS).flatten(1, 3).argmax(-1, false);
    let markers = worlds.narrow(1, FACINGS + STILL, COUNTS - 1);
    let none = 1.0 - markers.sum_dim_intlist([1i64].as_slice(), true, Kind::Float);
    let wanted = Tensor::cat(&[none, markers], 1).argmax(1, false); // [examples, 18, 18]
    (sum(&facings, &hero) + sum(&counts, &wanted)) / worlds.size()[0]
}
