//! What a round did: `round.json`.

use super::rewrite::Counts;
use crate::eval::{Judge, Row, Score, Share};
use crate::model::{Retraining, TrainingConfig};
use crate::store::{self, FileError};
use crate::synth::{Method, Network, Options, parallel, synthesize};
use crate::task::{AnyTask, parse_json};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A round that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Round {
    /// From 0, which is the training before anything is replaced.
    pub round: u32,
    /// Tasks trained on.
    pub tasks: usize,
    /// What was replaced before this round; nothing in round 0.
    pub replaced: Option<Counts>,
    /// Steps of the checkpoint with the lowest validation loss.
    pub steps: u64,
    /// That loss, a token.
    pub validation_loss: f64,
    /// How good its network is.
    pub accuracy: Option<Accuracy>,
    /// Seconds of decoding, those before a resume not counted.
    pub decoding_seconds: f64,
    /// Seconds of training until that checkpoint.
    pub training_seconds: f64,
    /// That checkpoint.
    pub checkpoint: PathBuf,
    /// What was asked for.
    pub config: TrainingConfig,
}

/// What a network makes of tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accuracy {
    /// All given examples satisfied.
    pub solved: Share,
    /// The held-out ones too.
    pub generalises: Share,
    /// The same as the source on all inputs.
    pub equivalent: Share,
}

const FILE: &str = "round.json";

impl Round {
    /// The round of a folder, where it is over.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, FileError> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Ok(None);
        }
        let broken = |error: serde_json::Error| FileError::new(format!("not a round: {error}")).at(&path);
        serde_json::from_slice(&store::read(&path)?).map(Some).map_err(broken)
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), FileError> {
        store::write(&folder.join(FILE), serde_json::to_string_pretty(self).expect("plain data").as_bytes())
    }
}

/// Writes all rounds, a line each.
pub(super) fn write_all(path: &Path, rounds: &[Round]) -> Result<(), FileError> {
    let line = |round: &Round| serde_json::to_string(round).expect("plain data") + "\n";
    store::write(path, rounds.iter().map(line).collect::<String>().as_bytes())
}

/// Tries all tasks of a file with the network of a checkpoint, without any help.
pub(super) fn evaluate(
    tasks: &Path,
    checkpoint: &Path,
    options: &Retraining,
    threads: usize,
    mut tell: impl FnMut(u64),
) -> Result<Accuracy, FileError> {
    let text = String::from_utf8(store::read(tasks)?).map_err(|_| FileError::new("not UTF-8 text").at(tasks))?;
    let search = Options {
        method: Method::Model,
        time_limit: Duration::from_secs_f64(options.seconds),
        beam: options.tasks_beam,
        ..Options::default()
    };
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let mut scores: Vec<Score> = Vec::new();
    parallel::ordered(
        threads,
        lines,
        || Network::load(checkpoint),
        |network, (number, line)| {
            let place = format!("line-{}", number + 1);
            let wrong = |message: &str| FileError::new(format!("{place}: {message}")).at(tasks);
            let task = parse_json(line, &place).map_err(|error| wrong(&error.diagnostics[0].message))?;
            Ok(try_one(&task, network, &search))
        },
        |score: Result<Score, FileError>| {
            scores.push(score?);
            tell(scores.len() as u64);
            Ok(())
        },
    )?;
    let row = Row::new("model", &scores);
    Ok(Accuracy { solved: row.solved, generalises: row.generalises, equivalent: row.equivalent })
}

fn try_one(task: &AnyTask, network: &Network, options: &Options) -> Score {
    let start = Instant::now();
    let learned = network.learned();
    let program = match synthesize(task, &learned, options) {
        Ok(synthesis) => synthesis.solutions.into_iter().next().map(|solution| solution.program),
        Err(error) => {
            tracing::warn!("{}: {error}", task.id());
            None
        }
    };
    Judge::new(task).score(program.as_deref(), start.elapsed().as_secs_f64())
}
