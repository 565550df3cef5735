//! How a ranker is trained: a configuration file with `model = "ranker"`.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The name of this kind of model in configurations.
pub const KIND: &str = "ranker";

/// A training configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// [`KIND`].
    pub model: String,
    /// The folder of checkpoints and metrics.
    pub output: PathBuf,
    /// The seed of the order of tasks.
    #[serde(default)]
    pub seed: u64,
    /// What to learn from.
    pub corpus: Corpora,
    /// How.
    #[serde(default)]
    pub training: Training,
}

/// Shards or folders of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Corpora {
    /// To learn from.
    pub train: Vec<PathBuf>,
    /// To measure on.
    pub validation: Vec<PathBuf>,
    /// Tasks of those at most.
    #[serde(default = "validation_tasks")]
    pub validation_tasks: usize,
}

fn validation_tasks() -> usize {
    2_000
}

/// The numbers of training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Training {
    /// Tasks looked at, each once.
    pub tasks: usize,
    /// Tasks between checkpoints.
    pub checkpoint_every: usize,
    /// Adagrad's rate.
    pub rate: f64,
    /// Plans of each task.
    pub candidates: usize,
}

impl Default for Training {
    fn default() -> Self {
        Self { tasks: 65_536, checkpoint_every: 8_192, rate: 0.05, candidates: super::CANDIDATES }
    }
}

impl Config {
    /// Reads a configuration; the error says where it is wrong.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        let config: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        let Training { tasks, checkpoint_every, rate, candidates } = config.training;
        if tasks == 0 || checkpoint_every == 0 {
            return Err("training.tasks and training.checkpoint_every must be at least 1".into());
        }
        if !(rate > 0.0 && rate <= 10.0) {
            return Err(format!("training.rate is {rate}; it must be more than 0 and at most 10"));
        }
        if !(2..=4096).contains(&candidates) {
            return Err(format!("training.candidates is {candidates}; it must be within 2 and 4096"));
        }
        if config.corpus.train.is_empty() || config.corpus.validation.is_empty() {
            return Err("corpus.train and corpus.validation must name shards or folders of shards".into());
        }
        Ok(config)
    }
}
