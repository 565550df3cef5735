//! How a network is trained: the tables of a training configuration.

use super::config::{Config, Execution};
use crate::corpus::dedup::BLOCK;
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
    /// Instead of teaching: what a network that was taught goes on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reinforce: Option<Reinforce>,
    /// Rounds of retraining; only `iocc retrain` reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retrain: Option<Retraining>,
}

/// A network goes on with programs of its own, which examples alone call right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reinforce {
    /// The folder of the run whose best checkpoint it begins with.
    pub from: PathBuf,
    /// The width of the beam that finds programs.
    #[serde(default = "eight")]
    pub beam: usize,
    /// The longest of these, in tokens of the language.
    #[serde(default = "short")]
    pub max_tokens: usize,
}

/// Rounds in which the network's own programs replace those that it was trained on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retraining {
    /// How many, after the first training.
    pub rounds: u32,
    /// The width of the beam that decodes the training set.
    pub beam: usize,
    /// Which programs are replaced.
    pub replace: Replace,
    /// Wall time for a program, in seconds.
    pub seconds: f64,
    /// Tasks that tell how good the network of each round is, JSONL.
    pub tasks: Option<PathBuf>,
    /// The width of the beam that decodes these.
    pub tasks_beam: usize,
}

impl Default for Retraining {
    fn default() -> Self {
        Self { rounds: 1, beam: 8, replace: Replace::Shorter, seconds: 5.0, tasks: None, tasks_beam: 64 }
    }
}

/// Which programs are replaced by the network's own, which has to be right on all given and held-out examples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Replace {
    /// Those for which the network finds one at all, as in the paper: its likeliest.
    Any,
    /// Those for which it finds a shorter one: its shortest.
    Shorter,
    /// Those for which it finds one that is no longer and does the same on all 59,049 inputs: its shortest.
    Equal,
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
    #[serde(default)]
    pub train: Vec<PathBuf>,
    /// Instead of `train`: tasks that are sampled while training goes on, new ones in each epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fresh: Option<Fresh>,
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

/// A corpus without files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fresh {
    /// What everything random comes from, as in `iocc gen`.
    pub seed: u64,
    /// Tasks of an epoch, at most 65,536; no two of an epoch have the same source.
    #[serde(default = "block")]
    pub tasks: u64,
    /// Whether programs are shortened to their canonical form.
    #[serde(default)]
    pub reduce: bool,
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
    /// Validations in a row without a lower loss after which training ends; 0 for never.
    pub patience: u64,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { batch: 96, steps: 20_000, minutes: 0.0, checkpoint_every: 500, log_every: 50, patience: 0 }
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
        if let Some((name, _)) = counts.iter().find(|(_, count)| *count == 0) {
            return Err(format!("{name} must be at least 1"));
        }
        if let Some(Reinforce { beam, .. }) = self.reinforce
            && !(2..=4096).contains(&beam)
        {
            return Err(format!("reinforce.beam is {beam}; it must be within 2 and 4096"));
        }
        if self.reinforce.is_some() && self.network.executor == Execution::True {
            return Err("[reinforce] does not go with network.executor = \"true\"".into());
        }
        self.check_corpus()?;
        self.retrain.as_ref().map_or(Ok(()), Retraining::check)
    }

    fn check_corpus(&self) -> Result<(), String> {
        match &self.corpus.fresh {
            None if self.corpus.train.is_empty() => {
                Err("corpus.train names no shards, and there is no corpus.fresh".into())
            }
            Some(_) if !self.corpus.train.is_empty() => Err("corpus.train and corpus.fresh exclude each other".into()),
            Some(fresh) if !(1..=BLOCK).contains(&fresh.tasks) => {
                Err(format!("corpus.fresh.tasks is {}; it must be within 1 and {BLOCK}", fresh.tasks))
            }
            _ => Ok(()),
        }
    }
}

impl Retraining {
    fn check(&self) -> Result<(), String> {
        let widths = [("retrain.beam", self.beam), ("retrain.tasks_beam", self.tasks_beam)];
        if let Some((name, width)) = widths.into_iter().find(|(_, width)| !(1..=4096).contains(width)) {
            return Err(format!("{name} is {width}; it must be within 1 and 4096"));
        }
        if !(self.seconds > 0.0 && self.seconds <= 1e6) {
            return Err(format!("retrain.seconds is {}; it must be more than 0 and at most 1000000", self.seconds));
        }
        Ok(())
    }
}

fn eight() -> usize {
    8
}

fn short() -> usize {
    24
}

fn block() -> u64 {
    BLOCK
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
