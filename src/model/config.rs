//! What a network is made of, and how it is trained: the tables of a training configuration.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The sizes and choices of a network. The defaults are those of the paper's RobustFill baseline, in a small size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Width of the LSTMs' states.
    pub hidden: i64,
    /// Layers of the decoder's LSTM.
    pub layers: i64,
    /// Width of the embeddings of values, positions and tokens.
    pub embedding: i64,
    /// Width of attention: queries, keys and what is read.
    pub attention: i64,
    /// Width of the hidden layer between the pool over the examples and the logits.
    pub mlp: i64,
    /// Cells of the array.
    pub cells: i64,
    /// Whether the encoder reads the cells in both directions, each with half the width.
    pub bidirectional: bool,
    /// What an output cell shows of the inputs, besides its value.
    pub relations: Relations,
    /// Share of the features that is dropped before the pool while training.
    pub dropout: f64,
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
        }
    }
}

impl Config {
    /// Fails where a size is senseless; a file can hold anything.
    pub(super) fn check(&self) -> Result<(), String> {
        let Config { hidden, layers, embedding, attention, mlp, cells, dropout, .. } = *self;
        let sizes = [
            ("hidden", hidden, 4096),
            ("layers", layers, 8),
            ("embedding", embedding, 4096),
            ("attention", attention, 4096),
            ("mlp", mlp, 65_536),
            ("cells", cells, 64),
        ];
        for (name, value, most) in sizes {
            if !(1..=most).contains(&value) {
                return Err(format!("network.{name} is {value}; it must be within 1 and {most}"));
            }
        }
        if self.bidirectional && hidden % 2 == 1 {
            return Err(format!("network.hidden is {hidden}; a bidirectional encoder needs an even number"));
        }
        if !(0.0..1.0).contains(&dropout) {
            return Err(format!("network.dropout is {dropout}; it must be at least 0 and less than 1"));
        }
        Ok(())
    }
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

/// A training run: the whole file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingConfig {
    /// The profile whose vocabulary the model speaks.
    pub profile: String,
    /// Where checkpoints and metrics go.
    pub output: PathBuf,
    /// Everything random follows from it.
    #[serde(default = "one")]
    pub seed: u64,
    /// Threads, each of which works on its share of a batch. The numbers depend on how many there are.
    #[serde(default = "two")]
    pub threads: i32,
    /// The corpus.
    pub corpus: CorpusConfig,
    /// The network.
    #[serde(default)]
    pub network: Config,
    /// Batches and steps.
    #[serde(default)]
    pub training: Schedule,
    /// Adam.
    #[serde(default)]
    pub optimizer: OptimizerConfig,
}

/// What is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorpusConfig {
    /// Files or folders of shards; `*` in a file name stands for anything.
    pub train: Vec<PathBuf>,
    /// The same, for validation.
    pub validation: Vec<PathBuf>,
    /// Tasks of the validation set that are used, the first ones.
    #[serde(default = "two_thousand")]
    pub validation_tasks: usize,
    /// Examples that the network sees of each task; which ones is drawn anew in each epoch.
    #[serde(default = "five")]
    pub examples: usize,
    /// Longer programs are left out, counted in tokens of the vocabulary.
    #[serde(default = "longest")]
    pub max_tokens: usize,
}

/// Batches, steps and when to look up from them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Schedule {
    /// Programs a batch.
    pub batch: usize,
    /// Steps at most.
    pub steps: u64,
    /// Minutes at most, those before a resume included; 0 for no limit.
    pub minutes: f64,
    /// Steps between two checkpoints, each with a validation.
    pub checkpoint_every: u64,
    /// Steps between two lines of metrics.
    pub log_every: u64,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { batch: 96, steps: 20_000, minutes: 0.0, checkpoint_every: 500, log_every: 50 }
    }
}

/// Adam, its learning rate and the clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OptimizerConfig {
    /// The highest learning rate.
    pub rate: f64,
    /// Steps in which it rises from zero.
    pub warmup: u64,
    /// How it falls after that.
    pub decay: Decay,
    /// Where a cosine ends, as a share of `rate`.
    pub floor: f64,
    /// Decay of the mean of the gradients.
    pub beta1: f64,
    /// Decay of the mean of their squares.
    pub beta2: f64,
    /// Gradients are scaled down to this global norm.
    pub clip: f64,
}

impl Default for OptimizerConfig {
    fn default() -> Self {
        Self { rate: 1e-3, warmup: 200, decay: Decay::Cosine, floor: 0.02, beta1: 0.9, beta2: 0.99, clip: 5.0 }
    }
}

/// How the learning rate falls.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decay {
    /// Not at all.
    None,
    /// Half a cosine over all `steps`.
    Cosine,
    /// Times 0.9 every so many steps, as in the paper.
    Step(u64),
}

impl TrainingConfig {
    /// Reads a configuration file's text.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        let config: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        self.network.check()?;
        let Schedule { batch, checkpoint_every, log_every, .. } = self.training;
        let counts = [
            ("training.batch", batch as u64),
            ("training.checkpoint_every", checkpoint_every),
            ("training.log_every", log_every),
            ("corpus.examples", self.corpus.examples as u64),
            ("threads", self.threads.max(0) as u64),
        ];
        match counts.iter().find(|(_, count)| *count == 0) {
            Some((name, _)) => Err(format!("{name} must be at least 1")),
            None => Ok(()),
        }
    }
}

fn one() -> u64 {
    1
}

fn two() -> i32 {
    2
}

fn five() -> usize {
    5
}

fn two_thousand() -> usize {
    2000
}

fn longest() -> usize {
    80
}
