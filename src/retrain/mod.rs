//! Iterative retraining: a network is trained, decodes what it was trained on, its own programs replace those of the
//! training set that they improve on ([`Replace`]), and a network is trained anew on that; as many rounds as asked.
//!
//! Each round has a folder: `corpus/` and `valid/` (from the second on), `run/` with the checkpoints, and `round.json`
//! once it is done; `rounds.jsonl` has them all. Work that was stopped goes on within its round: after the last program that was decoded, or from
//! the last checkpoint. The validation set is rewritten as the training set is, since its loss would otherwise compare
//! a network that learned short programs with long ones. The tasks that tell how good a network is stay as they are.

mod replace;
mod rewrite;
mod round;

pub use replace::{Replacement, Replacer};
pub use rewrite::Counts;
pub use round::{Accuracy, Round};

use crate::model::{Metrics, Retraining, Trainer, TrainingConfig, checkpoint};
use crate::store::FileError;
use rewrite::Rewriting;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What is told while the rounds go on.
#[derive(Debug)]
pub enum Event<'a> {
    /// The training of this round, of so many steps, got so far.
    Training(u32, u64, &'a Metrics),
    /// So many programs of the last round's corpus are decoded.
    Decoding(u32, u64),
    /// So many tasks are tried.
    Evaluating(u32, u64),
    /// A round is over.
    Done(&'a Round),
}

/// Trains, replaces and trains again. Rounds that are whole are kept where `resume` allows it.
pub fn run(
    config: &TrainingConfig,
    resume: bool,
    threads: usize,
    tell: &mut dyn FnMut(&Event),
) -> Result<Vec<Round>, FileError> {
    let options = config.retrain.clone().unwrap_or_default();
    let first = folder(config, 0);
    if !resume && first.exists() {
        let error = FileError::new("there are rounds of an earlier run").at(&first);
        return Err(error.help("continue them with --resume, or name another `output`"));
    }
    if resume {
        same(config, &first)?;
    }
    let mut rounds: Vec<Round> = Vec::new();
    for number in 0..=options.rounds {
        let work = Work { config, options: &options, number, threads };
        let round = match Round::read(&folder(config, number))? {
            Some(done) => done,
            None => work.run(rounds.last(), tell)?,
        };
        tell(&Event::Done(&round));
        rounds.push(round);
        round::write_all(&config.output.join("rounds.jsonl"), &rounds)?;
    }
    Ok(rounds)
}

fn folder(config: &TrainingConfig, round: u32) -> PathBuf {
    config.output.join(format!("round-{round}"))
}

/// Fails where the rounds that are there are of another configuration: their networks would not compare.
fn same(config: &TrainingConfig, first: &Path) -> Result<(), FileError> {
    let Some(Round { config: before, .. }) = Round::read(first)? else { return Ok(()) };
    let rounds = |config: &TrainingConfig| {
        let mut config = config.clone();
        // More rounds can be added later.
        config.retrain.get_or_insert_default().rounds = 0;
        config
    };
    if rounds(&before) == rounds(config) {
        return Ok(());
    }
    let error = FileError::new("the rounds there are of another configuration").at(first);
    Err(error.help("set the configuration back, or name another `output`"))
}

/// One round's work.
struct Work<'a> {
    config: &'a TrainingConfig,
    options: &'a Retraining,
    number: u32,
    threads: usize,
}

impl Work<'_> {
    fn run(&self, before: Option<&Round>, tell: &mut dyn FnMut(&Event)) -> Result<Round, FileError> {
        let place = folder(self.config, self.number);
        let mut config = self.config.clone();
        config.output = place.join("run");
        config.retrain = None;
        let mut replaced = None;
        let start = Instant::now();
        if let Some(before) = before {
            replaced = Some(self.rewrite(before, &place, &mut config, tell)?);
        }
        let decoding = start.elapsed().as_secs_f64();
        let mut trainer = Trainer::new(config.clone(), true)?;
        let steps = trainer.steps();
        trainer.run(|metrics| tell(&Event::Training(self.number, steps, metrics)))?;
        drop(trainer);
        let none = || FileError::new("there is no checkpoint").at(&config.output);
        let checkpoint = checkpoint::best::<checkpoint::State>(&config.output)?.ok_or_else(none)?;
        let state: checkpoint::State = checkpoint::read_state(&checkpoint)?;
        let accuracy = match &self.options.tasks {
            Some(tasks) => {
                let tell = |done| tell(&Event::Evaluating(self.number, done));
                Some(round::evaluate(tasks, &checkpoint, self.options, self.threads, tell)?)
            }
            None => None,
        };
        let round = Round {
            round: self.number,
            tasks: state.tasks,
            replaced,
            steps: state.step,
            validation_loss: state.validation_loss,
            accuracy,
            decoding_seconds: decoding,
            training_seconds: state.seconds,
            checkpoint,
            config: self.config.clone(),
        };
        round.write(&place)?;
        Ok(round)
    }

    /// Decodes the corpus of the round before, and lets this round train on what comes of it.
    fn rewrite(
        &self,
        before: &Round,
        place: &Path,
        config: &mut TrainingConfig,
        tell: &mut dyn FnMut(&Event),
    ) -> Result<Counts, FileError> {
        let last = |name: &str, first: &[PathBuf]| match self.number {
            1 => first.to_vec(),
            number => vec![folder(self.config, number - 1).join(name)],
        };
        let rewriting = Rewriting { checkpoint: &before.checkpoint, options: self.options, threads: self.threads };
        let mut decoded = |done| tell(&Event::Decoding(self.number, done));
        let counts = rewriting.run(&last("corpus", &config.corpus.train), &place.join("corpus"), &mut decoded)?;
        rewriting.run(&last("valid", &config.corpus.validation), &place.join("valid"), &mut |_| {})?;
        config.corpus.train = vec![place.join("corpus")];
        config.corpus.validation = vec![place.join("valid")];
        Ok(counts)
    }
}
