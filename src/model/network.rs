//! The network, RobustFill as the paper's baseline has it: examples are encoded, a decoder runs beside each example,
//! attends to the input's cells and then to the output's, and what the decoders found is pooled by maximum over the
//! examples ("late pooling") before the logits.

use super::attention::{attend, keys, shapes as attention};
use super::config::Config;
use super::encoder::{self, Encoding, Examples};
use super::lstm::{self, State, Stepper};
use super::parameters::{Parameters, Shape};
use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus as Random;
use tch::{Kind, Tensor};

/// The parameters with the choices that say how they are used.
#[derive(Debug)]
pub struct Network {
    pub(super) config: Config,
    pub(super) parameters: Parameters,
}

/// What the decoder needs of the examples.
pub(super) struct Memory {
    /// Keys of the input's cells, `[examples, cells, attention]`.
    pub inputs: Tensor,
    /// Keys of the output's cells, `[examples, cells, attention]`.
    pub outputs: Tensor,
    /// Where the decoder starts, `[layers, examples, hidden]`.
    pub state: State,
}

/// All parameters of a network over a vocabulary of so many tokens.
pub fn shapes(config: &Config, tokens: i64) -> Vec<Shape> {
    let Config { hidden, layers, embedding, attention: width, mlp, .. } = *config;
    let shape = |path: &str, size: &[i64], range: f64| Shape { path: path.to_owned(), size: size.to_vec(), range };
    let mut shapes = encoder::shapes(config);
    shapes.push(shape("decoder.token", &[tokens, embedding], 0.5));
    shapes.extend(lstm::shapes("decoder.lstm", embedding, hidden, layers, false));
    shapes.extend(attention("decoder.attend_input", hidden, hidden, width));
    shapes.extend(attention("decoder.attend_output", hidden + width, hidden, width));
    let range = |from: i64| (from as f64).powf(-0.5);
    shapes.push(shape("head.pooled", &[mlp, 2 * width], range(2 * width)));
    shapes.push(shape("head.pooled_bias", &[mlp], 0.0));
    shapes.push(shape("head.logits", &[tokens, mlp], range(mlp)));
    shapes.push(shape("head.logits_bias", &[tokens], 0.0));
    shapes
}

impl Network {
    /// A network with fresh parameters.
    pub fn new(config: Config, tokens: i64, seed: u64) -> Self {
        let parameters = Parameters::random(&shapes(&config, tokens), seed);
        Self { config, parameters }
    }

    /// Its parameters.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Logits for what follows each of `tokens`, `[batch, steps]`: `[batch, steps, tokens]`. The examples of one task
    /// follow each other. `dropout` draws what is dropped while training.
    pub fn logits(&self, examples: &Examples, tokens: &Tensor, dropout: Option<&mut Random>) -> Tensor {
        let (batch, steps) = tokens.size2().expect("a matrix of tokens");
        let each = examples.inputs.size()[0] / batch; // examples a task
        let Memory { inputs, outputs, state } = self.remember(examples);
        let embedded = Tensor::embedding(self.parameters.get("decoder.token"), tokens, -1, false, false);
        let embedded = embedded.unsqueeze(1).expand([batch, each, steps, self.config.embedding], false).reshape([
            batch * each,
            steps,
            self.config.embedding,
        ]);
        let (hidden, _) = lstm::run_forward(&self.parameters, "decoder.lstm", self.config.layers, &embedded, &state);
        let features = self.features(&inputs, &outputs, &hidden); // [batch * examples, steps, 2 * attention]
        let features = match dropout {
            Some(random) if self.config.dropout > 0.0 => self.drop(features, random),
            _ => features,
        };
        self.head(&features.view([batch, each, steps, -1]))
    }

    /// Drops features, the same ones in all steps of an example.
    fn drop(&self, features: Tensor, random: &mut Random) -> Tensor {
        let (examples, _, width) = features.size3().expect("examples, steps and width");
        let share = self.config.dropout;
        let kept = (1.0 / (1.0 - share)) as f32;
        let mask: Vec<f32> =
            (0..examples * width).map(|_| if random.random_bool(share) { 0.0 } else { kept }).collect();
        features * Tensor::from_slice(&mask).view([examples, 1, width])
    }

    /// A network over the same numbers that has its own gradients.
    pub(super) fn replica(&self) -> Self {
        Self { config: self.config.clone(), parameters: self.parameters.shared() }
    }

    /// Encodes examples and projects what the decoder will attend to.
    pub(super) fn remember(&self, examples: &Examples) -> Memory {
        let Encoding { inputs, outputs, state } = encoder::encode(&self.parameters, &self.config, examples);
        Memory {
            inputs: keys(&self.parameters, "decoder.attend_input", &inputs),
            outputs: keys(&self.parameters, "decoder.attend_output", &outputs),
            state,
        }
    }

    /// What the decoder beside each example makes of its states, `[examples, steps, hidden]`: it reads the input,
    /// then, knowing that, the output. Gives `[examples, steps, 2 * attention]`.
    pub(super) fn features(&self, inputs: &Tensor, outputs: &Tensor, hidden: &Tensor) -> Tensor {
        let input = attend(&self.parameters, "decoder.attend_input", inputs, hidden);
        let both = Tensor::cat(&[hidden, &input], -1);
        let output = attend(&self.parameters, "decoder.attend_output", outputs, &both);
        Tensor::cat(&[input, output], -1)
    }

    /// Pools `[batch, examples, steps, 2 * attention]` over the examples and gives logits `[batch, steps, tokens]`.
    pub(super) fn head(&self, features: &Tensor) -> Tensor {
        let get = |path| self.parameters.get(path);
        let pooled = features.amax([1], false);
        let inner = pooled.linear(get("head.pooled"), Some(get("head.pooled_bias"))).relu();
        inner.linear(get("head.logits"), Some(get("head.logits_bias")))
    }

    /// The decoder made ready for single steps.
    pub(super) fn stepper(&self) -> Stepper {
        Stepper::new(&self.parameters, "decoder.lstm", self.config.layers, self.parameters.get("decoder.token"))
    }
}

/// Sum of the cross entropy over the targets that are not padding, how many those are, and how many of them the highest
/// logit names.
pub fn loss(logits: &Tensor, targets: &Tensor) -> (Tensor, i64, i64) {
    const PADDING: i64 = crate::token::PAD.0 as i64;
    let logits = logits.flatten(0, 1); // [batch * steps, tokens]
    let targets = targets.flatten(0, 1);
    let loss = logits.cross_entropy_loss(&targets, None::<&Tensor>, tch::Reduction::Sum, PADDING, 0.0);
    let counted = targets.ne(PADDING);
    let right = logits.argmax(-1, false).eq_tensor(&targets).logical_and(&counted);
    let number = |mask: &Tensor| mask.sum(Kind::Int64).int64_value(&[]);
    (loss, number(&counted), number(&right))
}
