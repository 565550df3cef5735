//! Trained networks as the advisor of searches, and their files: weights in half precision with a sidecar that says how
//! they are used and how they were made.

use super::config::{Config, SolveConfig, Way};
use super::episodes::numbers;
use super::network::{Network, States};
use super::train::State;
use crate::model::checkpoint;
use crate::model::file;
use crate::search::ScorerError;
use crate::search::tree::{self, Advice, Advisor, Distance, Effort, Game, Position, Rules};
use crate::store::{self, FileError};
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Instant;
use tch::Kind;

/// The sidecar of exported weights.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sidecar {
    /// The run's configuration: networks, tasks, and how these are solved.
    pub config: Config,
    /// How it was made and how good it is; for people.
    pub made: serde_json::Value,
}

/// Networks that solve tasks.
#[derive(Debug)]
pub struct Learner {
    config: Config,
    network: Network,
    rules: Rules,
}

impl Learner {
    /// Networks in memory.
    pub fn new(config: Config, network: Network) -> Self {
        let rules = config.pool.rules();
        Self { config, network, rules }
    }

    /// Loads exported weights with the sidecar beside them, or a checkpoint's folder.
    pub fn load(path: &Path) -> Result<Self, FileError> {
        if path.is_dir() {
            let last = checkpoint::read::<State>(path)?;
            return Self::assemble(last.state.config, last.weights).map_err(|error| error.at(path));
        }
        let beside = path.with_extension("json");
        let sidecar = store::read(&beside)?;
        Self::from_bytes(&store::read(path)?, &sidecar).map_err(|error| error.at(path))
    }

    /// Whether what lies there describes networks for x86, not a model of another language.
    pub fn is_one(path: &Path) -> bool {
        let description = if path.is_dir() { path.join("state.json") } else { path.with_extension("json") };
        let value = store::read(&description).ok().and_then(|text| serde_json::from_slice(&text).ok());
        value.is_some_and(|value: serde_json::Value| value["config"]["pool"].is_object())
    }

    /// The same from the contents of both files.
    pub fn from_bytes(weights: &[u8], sidecar: &[u8]) -> Result<Self, FileError> {
        let wrong = |error| FileError::new(format!("not the description of networks for x86: {error}"));
        let sidecar: Sidecar = serde_json::from_slice(sidecar).map_err(wrong)?;
        Self::assemble(sidecar.config, file::decode(weights)?)
    }

    fn assemble(config: Config, tensors: std::collections::BTreeMap<String, tch::Tensor>) -> Result<Self, FileError> {
        config.check().map_err(FileError::new)?;
        let rules = config.pool.rules();
        let network = Network::from_tensors(&config.network, &rules, tensors)?;
        Ok(Self { config, network, rules })
    }

    /// Writes weights and sidecar.
    pub fn export(&self, path: &Path, made: serde_json::Value) -> Result<(), FileError> {
        let sidecar = Sidecar { config: self.config.clone(), made };
        let weights = file::encode(self.network.parameters().iter(), Some(Kind::Half));
        store::write_described(path, &weights, &store::description(&sidecar))
    }

    /// The run's configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Solves a task as `solve` says. `found` gets each program and says whether to stop.
    pub fn solve(
        &self,
        game: &Game,
        solve: &SolveConfig,
        deadline: Option<Instant>,
        found: &mut dyn FnMut(&[u16]) -> bool,
    ) -> Result<Effort, ScorerError> {
        let config = Config { solve: *solve, ..self.config.clone() };
        let settings = tree::Settings { deadline, ..config.settings() };
        match solve.way {
            Way::Policy => tree::attempt(game, self, &settings, &self.config.learning.temperatures, found),
            Way::Tree => tree::search(game, self, &settings, found),
            Way::Distance => tree::search(game, &Distance(self), &settings, found),
        }
    }
}

impl Advisor for Learner {
    fn advise(&self, positions: &[Position<'_>]) -> Result<Advice, ScorerError> {
        let game = positions[0].game;
        if *game.rules != self.rules {
            let registers = self.rules.layout().registers().len();
            let slots = self.rules.layout().slots();
            let what =
                format!("the networks know addl, subl, movl and imull on {registers} registers and {slots} slots");
            return Err(ScorerError(format!("{what}, and the task asks for something else")));
        }
        let mut states = States::new(self.network.config(), game.examples, &self.rules);
        positions.iter().for_each(|it| states.push(it.state, &it.game.goal, it.game.asked));
        let (policy, values) = tch::no_grad(|| {
            let said = self.network.say(&states);
            (numbers(&said.policy), numbers(&said.value.sigmoid()))
        });
        let policy = Array2::from_shape_vec((positions.len(), self.rules.actions().len()), policy);
        Ok(Advice { policy: policy.expect("a row a state"), values })
    }
}
