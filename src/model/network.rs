//! The network of LaSynth and its baselines, sections 3.1 to 3.3 of the paper. Examples are encoded; a decoder runs
//! beside each example, attends to the input's cells, then to the output's, then to the operations between them; what
//! the decoders found is pooled by maximum over the examples, attends to the tokens so far, and gives logits. Every so
//! many tokens the latent executor replaces the inputs by what the program so far makes of them. Which of these parts a
//! network has is in its [`Config`]; `teach` runs them over whole programs, `fronts` token by token.

use super::attention::{attend, attend_some, keys, shapes as attention};
use super::config::{Config, Decoder, Execution, Reads, View};
use super::encoder::{self, Embedded, Encoding, Examples};
use super::lstm;
use super::parameters::{Parameters, Shape};
use super::{executor, signatures, traces, transformer, views, worlds};
use tch::Tensor;

/// The parameters with the choices that say how they are used.
#[derive(Debug)]
pub struct Network {
    pub(super) config: Config,
    pub(super) parameters: Parameters,
}

/// The attentions of a decoder beside each example, in order. Each asks with what the two before it found.
const ATTENTIONS: [&str; 3] = ["decoder.attend_input", "decoder.attend_output", "decoder.attend_operation"];

/// How many parts the encoder makes of a cell.
fn parts(config: &Config) -> usize {
    match (config.reads, config.operations) {
        (Reads::Signatures, _) => 1,
        (Reads::Worlds, _) => 1 + usize::from(config.traces),
        (Reads::Cells, false) => 2,
        (Reads::Cells, true) => 3,
    }
}

/// All parameters of a network over a vocabulary of so many tokens.
pub fn shapes(config: &Config, tokens: i64) -> Vec<Shape> {
    let Config { hidden, layers, attention: width, mlp, .. } = *config;
    let mut shapes = match config.reads {
        Reads::Cells => encoder::shapes(config),
        Reads::Signatures => signatures::shapes(config),
        Reads::Worlds => match config.world.view {
            View::Frame => worlds::shapes(config),
            View::Hero => views::shapes(config),
        },
    };
    if config.is_latent() {
        shapes.extend(executor::shapes(config));
    }
    if config.traces {
        shapes.extend(traces::shapes(config));
    }
    shapes.push(Shape::new("decoder.token", &[tokens, config.token_width()], 0.5));
    let parts = parts(config);
    let mut found = parts as i64 * width;
    match config.decoder {
        Decoder::Lstm => {
            shapes.extend(lstm::shapes("decoder.lstm", config.embedding, hidden, layers, false));
            for (path, query) in ATTENTIONS.into_iter().zip([hidden, hidden + width, 2 * width]).take(parts) {
                shapes.extend(attention(path, query, hidden, width));
            }
        }
        Decoder::Transformer => {
            shapes.extend(transformer::shapes(config, parts as i64 * hidden));
            found = hidden;
        }
    }
    if config.tanh_before_max {
        shapes.push(Shape::linear("head.example", found, width));
        found = width;
    }
    if config.attend_tokens {
        shapes.extend(attention("head.attend_token", found, config.token_width(), width));
        found = width;
    }
    shapes.push(Shape::linear("head.pooled", found, mlp));
    shapes.push(Shape::bias("head.pooled_bias", mlp));
    shapes.push(Shape::linear("head.logits", mlp, tokens));
    shapes.push(Shape::bias("head.logits_bias", tokens));
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

    /// A network over the same numbers that has its own gradients.
    pub(super) fn replica(&self) -> Self {
        Self { config: self.config.clone(), parameters: self.parameters.shared() }
    }

    /// Width of what the decoder beside an example finds.
    pub(super) fn features_width(&self) -> i64 {
        parts(&self.config) as i64 * self.config.attention
    }

    /// Whether what the decoder attends to changes while a program grows.
    pub(super) fn changes(&self) -> bool {
        matches!(self.config.executor, Execution::Partial | Execution::True)
    }

    /// Reads examples: their embeddings, unless the network reads properties, and the encoding.
    pub(super) fn encode(&self, examples: &Examples) -> (Option<Embedded>, Encoding) {
        match &examples.signatures {
            Some(rows) => (None, signatures::encode(&self.parameters, &self.config, rows)),
            None => {
                let embedded = match self.config.reads {
                    Reads::Worlds => Embedded::worlds(examples),
                    _ => encoder::embed(&self.parameters, &self.config, examples),
                };
                let encoding = self.encode_embedded(&embedded);
                (Some(embedded), encoding)
            }
        }
    }

    /// Reads examples, and what the hero does in them where the network has traces: those given, or its own. Gives what it
    /// says of the given ones.
    pub(super) fn encode_traced(
        &self,
        examples: &Examples,
        given: Option<&Tensor>,
    ) -> (Option<Embedded>, Encoding, Option<Tensor>) {
        let (embedded, mut encoding) = self.encode(examples);
        let said = self.config.traces.then(|| traces::add(&self.parameters, &self.config, &mut encoding, given));
        (embedded, encoding, said.flatten())
    }

    /// Encodes what examples were embedded as, or an executor has changed since.
    pub(super) fn encode_embedded(&self, embedded: &Embedded) -> Encoding {
        let Self { config, parameters } = self;
        match (config.reads, config.world.view) {
            (Reads::Worlds, View::Frame) => worlds::encode(parameters, config, embedded),
            (Reads::Worlds, View::Hero) => views::encode(parameters, config, embedded),
            _ => encoder::encode(parameters, config, embedded),
        }
    }

    /// What the decoder attends to: of LSTMs the keys of each part, `[examples, cells, attention]`; of a transformer as
    /// [`transformer::memory`] says. `each` is the examples of a task, which follow each other.
    pub(super) fn memory(&self, parts: &[Tensor], each: i64) -> Vec<Tensor> {
        match self.config.decoder {
            Decoder::Lstm => {
                ATTENTIONS.iter().zip(parts).map(|(path, part)| keys(&self.parameters, path, part)).collect()
            }
            Decoder::Transformer => transformer::memory(&self.parameters, &self.config, parts, each),
        }
    }

    /// What the decoder beside each example makes of its states, `[examples, steps, hidden]`: it reads the input, s_I of
    /// the paper; knowing that, the output, s_O; and with both the operations. Gives `[examples, steps, features]`.
    pub(super) fn features(&self, memory: &[Tensor], hidden: &Tensor) -> Tensor {
        let mut found: Vec<Tensor> = Vec::new();
        for (path, keys) in ATTENTIONS.iter().zip(memory) {
            let query = match &found[..] {
                [] => hidden.shallow_clone(),
                [input] => Tensor::cat(&[hidden, input], -1),
                [.., input, output] => Tensor::cat(&[input, output], -1),
            };
            found.push(attend(&self.parameters, path, keys, &query));
        }
        Tensor::cat(&found, -1)
    }

    /// The maximum over the examples: `[batch, examples, steps, features]` to `[batch, steps, features]`.
    pub(super) fn pool(&self, features: &Tensor) -> Tensor {
        if self.config.tanh_before_max {
            let inner = features.linear(self.parameters.get("head.example"), None::<&Tensor>);
            return inner.tanh().amax([1], false);
        }
        features.amax([1], false)
    }

    /// Keys of embedded tokens for the attention to those so far.
    pub(super) fn token_keys(&self, embedded: &Tensor) -> Tensor {
        keys(&self.parameters, "head.attend_token", embedded)
    }

    /// Logits, `[batch, steps, tokens]`, of what was pooled. `tokens` are the keys of each row's tokens, `[batch, so
    /// far, attention]`, and which of them stand later, `[batch or 1, steps, so far]`.
    pub(super) fn head(&self, pooled: &Tensor, tokens: Option<(&Tensor, &Tensor)>) -> Tensor {
        let get = |path| self.parameters.get(path);
        let mut found = pooled.shallow_clone();
        if let Some((keys, later)) = tokens {
            found = attend_some(&self.parameters, "head.attend_token", keys, pooled, Some(later));
        }
        let inner = found.linear(get("head.pooled"), Some(get("head.pooled_bias"))).relu();
        inner.linear(get("head.logits"), Some(get("head.logits_bias")))
    }
}
