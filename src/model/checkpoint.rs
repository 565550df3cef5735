//! Checkpoints: a folder `step-N` with the weights, the optimiser's state and `state.json`, written under another name
//! and renamed. The last two and the best are kept.

use super::config::Config;
use super::file;
use super::plan::TrainingConfig;
use super::skeleton::Skeleton;
use crate::store::{self, FileError};
use crate::token::StoredVocabulary;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tch::Tensor;

/// How many of the newest checkpoints are kept.
const KEPT: usize = 2;

/// All that a checkpoint holds besides tensors. The random numbers of a step follow from the seed and the step.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct State {
    /// Steps done.
    pub step: u64,
    /// Seconds of training, those before resumes included.
    pub seconds: f64,
    /// Validation loss, a token.
    pub validation_loss: f64,
    /// Share of the validation's tokens that the highest logit names.
    pub validation_accuracy: f64,
    /// The lowest validation loss so far.
    pub best_loss: f64,
    /// Validations since then.
    #[serde(default)]
    pub worse: u64,
    /// Tasks of the training set.
    pub tasks: usize,
    /// The configuration.
    pub config: TrainingConfig,
    /// The vocabulary.
    pub vocabulary: StoredVocabulary,
    /// What is not predicted.
    pub skeleton: Skeleton,
}

/// The `state.json` of a run, of whatever kind.
pub trait Saved: Serialize + DeserializeOwned {
    /// Steps done.
    fn step(&self) -> u64;

    /// What the best checkpoint has the least of.
    fn loss(&self) -> f64;
}

impl Saved for State {
    fn step(&self) -> u64 {
        self.step
    }

    fn loss(&self) -> f64 {
        self.validation_loss
    }
}

/// A checkpoint as it was read.
pub struct Checkpoint<S = State> {
    /// Where it lies.
    pub path: PathBuf,
    /// Its `state.json`.
    pub state: S,
    /// The network's parameters.
    pub weights: BTreeMap<String, Tensor>,
    /// The optimiser's state.
    pub optimizer: BTreeMap<String, Tensor>,
}

/// Writes a checkpoint and removes those that are not kept.
pub fn write<'a, S: Saved>(
    folder: &Path,
    state: &S,
    weights: impl Iterator<Item = (&'a str, &'a Tensor)>,
    optimizer: &BTreeMap<String, Tensor>,
) -> Result<PathBuf, FileError> {
    let name = format!("step-{:08}", state.step());
    let (hidden, path) = (folder.join(format!(".{name}")), folder.join(name));
    let io = |error: std::io::Error| FileError::io(&path, &error);
    if hidden.exists() {
        std::fs::remove_dir_all(&hidden).map_err(io)?;
    }
    std::fs::create_dir_all(&hidden).map_err(io)?;
    store::write(&hidden.join("weights.safetensors"), &file::encode(weights, None))?;
    let optimizer = optimizer.iter().map(|(path, tensor)| (path.as_str(), tensor));
    store::write(&hidden.join("optimizer.safetensors"), &file::encode(optimizer, None))?;
    let text = serde_json::to_string_pretty(state).expect("plain data");
    store::write(&hidden.join("state.json"), text.as_bytes())?;
    if path.exists() {
        std::fs::remove_dir_all(&path).map_err(io)?;
    }
    std::fs::rename(&hidden, &path).map_err(io)?;
    prune::<S>(folder)?;
    Ok(path)
}

/// The checkpoints of a folder, oldest first.
pub fn list(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(FileError::io(folder, &error)),
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut found: Vec<PathBuf> = paths.filter(|path| step_of(path).is_some()).collect();
    found.sort_by_key(|path| step_of(path));
    Ok(found)
}

fn step_of(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_prefix("step-")?.parse().ok()
}

/// The checkpoint with the lowest validation loss, else the last one; nothing if there is none.
pub fn best<S: Saved>(folder: &Path) -> Result<Option<PathBuf>, FileError> {
    let mut best: Option<(f64, PathBuf)> = None;
    for path in list(folder)? {
        let loss = read_state::<S>(&path)?.loss();
        if best.as_ref().is_none_or(|(least, _)| loss <= *least) {
            best = Some((loss, path));
        }
    }
    Ok(best.map(|(_, path)| path))
}

fn prune<S: Saved>(folder: &Path) -> Result<(), FileError> {
    let all = list(folder)?;
    let best = best::<S>(folder)?;
    for path in all.iter().rev().skip(KEPT).filter(|path| best.as_ref() != Some(*path)) {
        std::fs::remove_dir_all(path).map_err(|error| FileError::io(path, &error))?;
    }
    Ok(())
}

/// Reads the `state.json` of a checkpoint.
pub fn read_state<S: Saved>(path: &Path) -> Result<S, FileError> {
    let file = path.join("state.json");
    let broken = |error: serde_json::Error| {
        FileError::new(format!("not the state of a checkpoint: {error}")).at(&file).help(advice(path))
    };
    serde_json::from_slice(&store::read(&file)?).map_err(broken)
}

/// Reads a checkpoint.
pub fn read<S: Saved>(path: &Path) -> Result<Checkpoint<S>, FileError> {
    let state = read_state(path)?;
    let tensors = |name: &str| {
        let file = path.join(name);
        file::decode(&store::read(&file)?).map_err(|error| error.at(&file).help(advice(path)))
    };
    let (weights, optimizer) = (tensors("weights.safetensors")?, tensors("optimizer.safetensors")?);
    Ok(Checkpoint { path: path.to_owned(), state, weights, optimizer })
}

/// What to do about a checkpoint that cannot be read.
pub fn advice(path: &Path) -> String {
    format!("remove {} to resume from the checkpoint before it", path.display())
}

/// The sidecar of exported weights: all that is needed to use them, and how they were made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sidecar {
    /// The network.
    pub network: Config,
    /// The vocabulary.
    pub vocabulary: StoredVocabulary,
    /// What is not predicted.
    pub skeleton: Skeleton,
    /// How it was made and how good it is; for people.
    pub made: serde_json::Value,
}
