//! What a network is made of: the `[network]` table of a training configuration. Each row of the paper's tables is a
//! choice of these parts; what a file does not name is left out, so that files of networks with fewer parts stay valid.

use serde::{Deserialize, Serialize};

/// The sizes and parts of a network. The defaults are a decoder that attends to inputs and outputs and nothing more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Width of the LSTMs' states and of the transformer.
    pub hidden: i64,
    /// Layers of each LSTM.
    pub layers: i64,
    /// Width of the embeddings of values, positions and tokens.
    pub embedding: i64,
    /// Width of attention: queries, keys and what is read.
    pub attention: i64,
    /// Width of the hidden layer between the pool over the examples and the logits, and within transformer blocks.
    pub mlp: i64,
    /// Cells of the array.
    pub cells: i64,
    /// Whether the encoder and the executor read the cells in both directions, each with half the width.
    pub bidirectional: bool,
    /// What an output cell shows of the inputs, besides its value.
    pub relations: Relations,
    /// Share of the features that is dropped before the pool while training.
    pub dropout: f64,
    /// What is read of the examples.
    pub reads: Reads,
    /// Rounds of attention from the outputs to the inputs in the encoder; the paper has two.
    pub rounds: i64,
    /// Whether operations between inputs and outputs are predicted, encoded, and attended to.
    pub operations: bool,
    /// Whether the decoder attends to the embeddings of the tokens so far.
    pub attend_tokens: bool,
    /// Whether a linear layer and tanh stand before the maximum over the examples. Section 3.1 takes the maximum of
    /// `tanh(W [..])`, as RobustFill does; the released code takes it of what attention gave, which has a tanh already.
    pub tanh_before_max: bool,
    /// What continues a program.
    pub decoder: Decoder,
    /// Whether one LSTM serves all examples, beginning with the mean of what each would begin with, instead of one
    /// beside each: a fifth of the work with five examples.
    pub shared: bool,
    /// Blocks of the transformer.
    pub blocks: i64,
    /// Heads of each attention of the transformer.
    pub heads: i64,
    /// Who runs the program so far.
    pub executor: Execution,
    /// Tokens between two runs of the latent executor, of those that the network reads. The paper's 16 are of all
    /// tokens; about half of these are certain, and the network does not read them.
    pub every: i64,
    /// Whose end also runs the executor in training.
    pub trigger: Trigger,
    /// How worlds of Karel are read.
    pub world: World,
    /// Whether the network says what the hero does in each example, and reads that, before it says the program.
    pub traces: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            hidden: 256,
            layers: 1,
            embedding: 64,
            attention: 256,
            mlp: 256,
            cells: 5,
            bidirectional: false,
            relations: Relations::None,
            dropout: 0.0,
            reads: Reads::Cells,
            rounds: 0,
            operations: false,
            attend_tokens: false,
            tanh_before_max: false,
            decoder: Decoder::Lstm,
            shared: false,
            blocks: 2,
            heads: 4,
            executor: Execution::None,
            every: 16,
            trigger: Trigger::Program,
            world: World::default(),
            traces: false,
        }
    }
}

impl Config {
    /// Fails where a size is senseless or parts do not fit together; a file can hold anything.
    pub(super) fn check(&self) -> Result<(), String> {
        let Config { hidden, layers, embedding, attention, mlp, cells, dropout, .. } = *self;
        let sizes = [
            ("hidden", hidden, 1, 4096),
            ("layers", layers, 1, 8),
            ("embedding", embedding, 1, 4096),
            ("attention", attention, 1, 4096),
            ("mlp", mlp, 1, 65_536),
            ("cells", cells, 1, 64),
            ("rounds", self.rounds, 0, 8),
            ("blocks", self.blocks, 1, 32),
            ("heads", self.heads, 1, 64),
            ("every", self.every, 1, 4096),
            ("world.channels", self.world.channels, 1, 1024),
            ("world.blocks", self.world.blocks, 0, 32),
            ("world.stride", self.world.stride, 1, 6),
        ];
        for (name, value, least, most) in sizes {
            if !(least..=most).contains(&value) {
                return Err(format!("network.{name} is {value}; it must be within {least} and {most}"));
            }
        }
        if self.bidirectional && hidden % 2 == 1 {
            return Err(format!("network.hidden is {hidden}; a bidirectional encoder needs an even number"));
        }
        if !(0.0..1.0).contains(&dropout) {
            return Err(format!("network.dropout is {dropout}; it must be at least 0 and less than 1"));
        }
        self.check_parts()
    }

    fn check_parts(&self) -> Result<(), String> {
        let plain = self.rounds == 0
            && !self.operations
            && self.relations == Relations::None
            && self.executor == Execution::None
            && self.decoder == Decoder::Lstm;
        let transformer = self.decoder == Decoder::Transformer;
        let own = self.attend_tokens || self.tanh_before_max || self.dropout > 0.0;
        if self.shared && (transformer || self.is_latent()) {
            return Err("network.shared goes with neither a transformer nor a latent executor".into());
        }
        if self.traces && (self.reads != Reads::Worlds || self.executor != Execution::None) {
            return Err("network.traces needs reads = \"worlds\" and goes with no executor".into());
        }
        if self.reads == Reads::Worlds {
            return self.check_worlds();
        }
        if self.reads == Reads::Signatures && !plain {
            Err("network.reads = \"signatures\" goes with none of rounds, operations, relations, executor, transformer"
                .into())
        } else if transformer && self.hidden % self.heads != 0 {
            Err(format!("network.hidden is {}; it must be a multiple of heads, {}", self.hidden, self.heads))
        } else if transformer && own {
            Err("network.decoder = \"transformer\" has neither attend_tokens, nor tanh_before_max, nor dropout".into())
        } else if transformer && self.executor == Execution::True {
            Err("network.executor = \"true\" needs the decoder \"lstm\"".into())
        } else {
            Ok(())
        }
    }

    fn check_worlds(&self) -> Result<(), String> {
        if self.rounds > 0 || self.operations || self.relations != Relations::None {
            Err("network.reads = \"worlds\" goes with none of rounds, operations and relations".into())
        } else if self.decoder == Decoder::Transformer {
            Err("network.reads = \"worlds\" needs the decoder \"lstm\"".into())
        } else if self.world.view == View::Hero && self.is_latent() {
            Err("network.world.view = \"hero\" has no latent executor; take the view \"frame\"".into())
        } else {
            Ok(())
        }
    }

    /// Whether a latent executor is part of the network.
    pub(super) fn is_latent(&self) -> bool {
        matches!(self.executor, Execution::End | Execution::Partial)
    }

    /// Width of the embeddings of tokens.
    pub(super) fn token_width(&self) -> i64 {
        match self.decoder {
            Decoder::Lstm => self.embedding,
            Decoder::Transformer => self.hidden,
        }
    }
}

/// What is read of the examples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reads {
    /// The cells of each input and output.
    Cells,
    /// Which properties all examples of a task have (the baseline Property Signatures).
    Signatures,
    /// The worlds of Karel before and after each example.
    Worlds,
}

/// How worlds of Karel are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct World {
    /// Where from.
    pub view: View,
    /// Of the frame: channels that a convolution makes of each world.
    pub channels: i64,
    /// Of the frame: cells from one place of that convolution to the next.
    pub stride: i64,
    /// Residual blocks behind that: of convolutions, or of linear layers.
    pub blocks: i64,
}

impl Default for World {
    fn default() -> Self {
        Self { view: View::Frame, channels: 32, stride: 1, blocks: 2 }
    }
}

/// Where worlds are seen from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum View {
    /// The whole frame of 18 by 18 cells, by convolutions (Bunel et al.).
    Frame,
    /// By the hero, who stands in the middle and looks up: the cells near where it begins and near where it ends, and what
    /// changes, each an embedding.
    Hero,
}

/// What continues a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decoder {
    /// An LSTM beside each example, pooled by maximum (the paper's).
    Lstm,
    /// A transformer that attends to all examples at once.
    Transformer,
}

/// Who runs the program so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Execution {
    /// Nobody (NoExecutor).
    None,
    /// The latent executor, at the end alone, as a further task to learn from (NoPartialExecutor).
    End,
    /// The latent executor every so many tokens: what it makes of the inputs replaces them (LaSynth).
    Partial,
    /// The interpreter, at each complete statement: the cells that it leaves replace the inputs (Exec).
    True,
}

/// Whose end also runs the latent executor in training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trigger {
    /// A program's own, as section 3.2 reads.
    Program,
    /// That of any program of the batch, for all of them, as in the released code: what the others see then depends on
    /// the batch, and no decoding does the same. There to tell how much that matters.
    Batch,
}

/// How the embedding of an output cell depends on the input cells. Arithmetic between cells is what programs do, and
/// what an LSTM over embeddings learns slowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Relations {
    /// Not at all, as in the paper.
    None,
    /// Adds an embedding of `output[i] - input[j]` for each `j`.
    Differences,
    /// Those, and `output[i] - input[j] - input[k]` and `output[i] - input[j] + input[k]`.
    Sums,
}
