//! A run's configuration: the whole file of `iocc selfplay`.

use super::pool::PoolConfig;
use super::weights::WeightsConfig;
use crate::model::{OptimizerConfig, Schedule};
use crate::search::tree::{Selection, Settings};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A run: the whole file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where checkpoints and metrics go.
    pub output: PathBuf,
    /// Everything random follows from it.
    #[serde(default = "one")]
    pub seed: u64,
    /// Threads that libtorch uses. The numbers depend on how many there are.
    #[serde(default = "one_thread")]
    pub threads: i32,
    /// The tasks.
    #[serde(default)]
    pub pool: PoolConfig,
    /// Which of them are worked on.
    #[serde(default)]
    pub weights: WeightsConfig,
    /// The networks.
    #[serde(default)]
    pub network: NetworkConfig,
    /// Batches and steps; `minutes` are of processor time.
    #[serde(default)]
    pub training: Schedule,
    /// Adam.
    #[serde(default)]
    pub optimizer: OptimizerConfig,
    /// What is learnt from.
    #[serde(default)]
    pub learning: LearningConfig,
    /// How tasks are solved with what was learnt.
    #[serde(default)]
    pub solve: SolveConfig,
}

/// The sizes of the networks. The policy and the value share the encoder: five fully connected layers with tanh.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NetworkConfig {
    /// Width of the embedding of a number.
    pub embedding: i64,
    /// Width of the encoder's layers.
    pub hidden: i64,
    /// Layers that read each example by itself; their mean over the examples goes on.
    pub example_layers: i64,
    /// Layers behind that.
    pub layers: i64,
    /// Width of the decoder's recurrent state.
    pub decoder: i64,
    /// Whether differences between wanted and present numbers are embedded too, those of all pairs of cells.
    pub differences: bool,
    /// Whether differences to products of two present numbers are embedded too.
    pub products: bool,
    /// Whether the networks are told what each instruction would do: make its cell what is asked for, or spoil it. The
    /// paper's are not.
    pub moves: bool,
}

impl Default for NetworkConfig {
    fn default() -> Self {
        Self {
            embedding: 16,
            hidden: 192,
            example_layers: 3,
            layers: 2,
            decoder: 96,
            differences: true,
            products: false,
            moves: true,
        }
    }
}

/// What is learnt from: the pilot's programs, own attempts, or both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LearningConfig {
    /// Steps in which only the pilot's programs are imitated.
    pub imitation_steps: u64,
    /// Weight of imitation after that.
    pub imitation: f64,
    /// It halves in so many steps.
    pub halves: u64,
    /// Tasks that are attempted in a step after that; 0 for none.
    pub attempts: usize,
    /// Each of them is attempted once at each of these temperatures (multi-entropy sampling).
    pub temperatures: Vec<f32>,
    /// Moves of an attempt beyond the program's length that is known.
    pub slack: usize,
    /// What a reward is worth a move earlier.
    pub discount: f32,
    /// Weight of the value network's loss.
    pub value: f64,
    /// Weight, beside that of attempts, of the states on known programs in the value network's loss.
    pub shown: f64,
    /// Weight of the policy's entropy, which is rewarded.
    pub entropy: f64,
    /// Whether a shorter program that an attempt finds takes the pilot's place (expert iteration).
    pub improve: bool,
}

impl Default for LearningConfig {
    fn default() -> Self {
        Self {
            imitation_steps: 0,
            imitation: 1.0,
            halves: 500,
            attempts: 128,
            temperatures: vec![0.5, 1.0, 2.0],
            slack: 1,
            discount: 0.9,
            value: 0.5,
            shown: 1.0,
            entropy: 0.0,
            improve: true,
        }
    }
}

impl LearningConfig {
    /// What a move is worth that was followed by so many more until what is asked for was reached.
    pub fn reward(&self, more: usize) -> f32 {
        self.discount.powi(more as i32)
    }
}

/// How tasks are solved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// The policy alone: its likeliest moves, then moves drawn at the temperatures of `learning`.
    Policy,
    /// Tree search with the value network.
    Tree,
    /// Tree search with the distance to what is asked for in the value network's place.
    Distance,
}

/// How tasks are solved with what was learnt.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SolveConfig {
    /// With a tree or without.
    pub way: Way,
    /// States that the networks see at most, a task.
    pub evaluations: usize,
    /// States that are looked at together.
    pub batch: usize,
    /// How a descent of the tree chooses.
    pub selection: Selection,
    /// Weight of exploration.
    pub exploration: f32,
    /// By equation 6 a node of N visits gets 1 + `widening` sqrt(N) children.
    pub widening: f32,
    /// Moves beyond the longest program of the pool.
    pub slack: usize,
    /// Whether leaves are judged by roll-outs, not by their own value.
    pub rollouts: bool,
}

impl Default for SolveConfig {
    fn default() -> Self {
        let Settings { evaluations, batch, selection, exploration, widening, rollouts, .. } = Settings::default();
        Self { way: Way::Tree, evaluations, batch, selection, exploration, widening, slack: 1, rollouts }
    }
}

impl Config {
    /// Reads a configuration file's text.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        let config: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        config.check()?;
        Ok(config)
    }

    /// How a tree of this configuration is grown.
    pub fn settings(&self) -> Settings {
        let SolveConfig { evaluations, batch, selection, exploration, widening, slack, rollouts, .. } = self.solve;
        let horizon = self.pool.steps[1] + slack;
        let discount = self.learning.discount;
        Settings { evaluations, batch, selection, exploration, widening, horizon, rollouts, discount, deadline: None }
    }

    /// Fails where a number is senseless; a file can hold anything.
    pub(super) fn check(&self) -> Result<(), String> {
        self.pool.check()?;
        let NetworkConfig { embedding, hidden, example_layers, layers, decoder, .. } = self.network;
        let Schedule { batch, checkpoint_every, log_every, .. } = self.training;
        let numbers = [
            ("network.embedding", embedding, 1, 1024),
            ("network.hidden", hidden, 1, 8192),
            ("network.example_layers", example_layers, 0, 16),
            ("network.layers", layers, 1, 16),
            ("network.decoder", decoder, 1, 4096),
            ("training.batch", batch as i64, 1, 1 << 20),
            ("training.checkpoint_every", checkpoint_every as i64, 1, i64::MAX),
            ("training.log_every", log_every as i64, 1, i64::MAX),
            ("learning.halves", self.learning.halves as i64, 1, i64::MAX),
            ("solve.batch", self.solve.batch as i64, 1, 1 << 16),
            ("solve.evaluations", self.solve.evaluations as i64, 1, i64::MAX),
            ("threads", i64::from(self.threads), 1, 1024),
        ];
        for (name, value, least, most) in numbers {
            if !(least..=most).contains(&value) {
                return Err(format!("{name} is {value}; it must be within {least} and {most}"));
            }
        }
        let positive = |value: &f32| *value > 0.0 && value.is_finite();
        let learning = &self.learning;
        if learning.attempts > 0 && learning.temperatures.is_empty() || !learning.temperatures.iter().all(positive) {
            Err("learning.temperatures must be numbers above 0, at least one".into())
        } else if !positive(&learning.discount) || learning.discount > 1.0 {
            Err(format!("learning.discount is {}; it must be above 0 and at most 1", learning.discount))
        } else if !positive(&self.weights.temperature) {
            Err(format!("weights.temperature is {}; it must be above 0", self.weights.temperature))
        } else {
            Ok(())
        }
    }
}

fn one() -> u64 {
    1
}

fn one_thread() -> i32 {
    1
}
