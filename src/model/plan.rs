//! How a network is trained: the tables of a training configuration.

use super::config::Config;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

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
    /// What is minimised.
    #[serde(default)]
    pub loss: LossConfig,
}

/// The weights of the losses. Each is a mean: over tokens, over cells, over cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LossConfig {
    /// Of the executor's last cells against the outputs.
    pub executor: f64,
    /// Of the operation predictor's keys against the inputs.
    pub operations: f64,
    /// Whether padding counts as a token to predict. In the released code it does, so that long batches spend their
    /// gradient on it; nothing is decoded after an end.
    pub padding: bool,
}

impl Default for LossConfig {
    fn default() -> Self {
        Self { executor: 1.0, operations: 1.0, padding: false }
    }
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
