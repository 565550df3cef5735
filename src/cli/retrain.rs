//! `iocc retrain`: trains a network, lets its own programs replace those of the training set, and trains anew; needs
//! the feature `torch`.

use super::{Context, Failure};
use std::path::PathBuf;

/// Arguments of `iocc retrain`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The training configuration, with a table `[retrain]`
    #[arg(value_name = "CONFIG.toml")]
    config: PathBuf,
    /// Continue where an earlier run stopped; rounds that are whole are kept
    #[arg(long)]
    resume: bool,
    /// The training set, instead of the configuration's `corpus.train`
    #[arg(long, value_name = "PATH")]
    corpus: Option<PathBuf>,
    /// Where the rounds go, instead of the configuration's `output`
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// The seed, instead of the configuration's
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// How many rounds, instead of the configuration's `retrain.rounds`
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=100))]
    rounds: Option<u32>,
}

/// Trains and retrains.
#[cfg(not(feature = "torch"))]
pub fn run(_args: &Args, _context: &Context) -> Result<u8, Failure> {
    Err(Failure::no_torch())
}

#[cfg(feature = "torch")]
pub use with_torch::run;

#[cfg(feature = "torch")]
mod with_torch {
    use super::*;
    use crate::eval::Share;
    use crate::model::TrainingConfig;
    use crate::retrain::{self, Counts, Event, Round};
    use indicatif::ProgressBar;
    use serde_json::json;
    use std::io::Write;

    /// Trains and retrains.
    pub fn run(args: &Args, context: &Context) -> Result<u8, Failure> {
        let config = read(args)?;
        let bar = context.progress(0, "");
        let rounds = retrain::run(&config, args.resume, context.threads, &mut |event| tell(event, &bar, context))?;
        bar.finish_and_clear();
        if context.json {
            writeln!(std::io::stdout().lock(), "{}", json!(rounds))?;
        }
        Ok(0)
    }

    fn read(args: &Args) -> Result<TrainingConfig, Failure> {
        let text = std::fs::read_to_string(&args.config).map_err(|error| Failure::file(&args.config, &error))?;
        let wrong = |message: &str| Failure::config(&args.config, message);
        let mut config = TrainingConfig::from_toml(&text).map_err(|message| wrong(&message))?;
        if config.corpus.fresh.is_some() {
            return Err(wrong("retraining replaces programs of shards, and corpus.fresh has none")
                .help("make a corpus with `iocc gen` and name it in corpus.train"));
        }
        if let Some(corpus) = &args.corpus {
            config.corpus.train = vec![corpus.clone()];
        }
        if let Some(output) = &args.output {
            config.output = output.clone();
        }
        if let Some(seed) = args.seed {
            config.seed = seed;
        }
        if let Some(rounds) = args.rounds {
            config.retrain.get_or_insert_default().rounds = rounds;
        }
        Ok(config)
    }

    fn tell(event: &Event, bar: &ProgressBar, context: &Context) {
        let at = |done: u64, length: Option<u64>, message: String| {
            length.into_iter().for_each(|length| bar.set_length(length));
            bar.set_position(done);
            bar.set_message(message);
        };
        match event {
            Event::Training(round, steps, metrics) => {
                at(metrics.step, Some(*steps), format!("steps of round {round}: loss {:.3}", metrics.loss));
            }
            Event::Decoding(round, done) => at(*done, Some(0), format!("programs decoded for round {round}")),
            Event::Evaluating(round, done) => at(*done, Some(0), format!("tasks tried by round {round}")),
            Event::Done(round) => bar.suspend(|| context.note(&describe(round))),
        }
    }

    /// A round in a line or two.
    fn describe(round: &Round) -> String {
        let mut text = format!(
            "round {}: {} tasks, best at step {}, validation {:.4}, {:.0} s",
            round.round, round.tasks, round.steps, round.validation_loss, round.training_seconds
        );
        if let Some(accuracy) = &round.accuracy {
            let share = |share: Share| format!("{:.1} %", share.percent().unwrap_or(0.0));
            let (solved, generalises) = (share(accuracy.solved), share(accuracy.generalises));
            text.push_str(&format!(", solved {solved}, generalises {generalises} of {}", accuracy.solved.of));
        }
        if let Some(counts) = &round.replaced {
            let Counts { tasks, replaced, .. } = *counts;
            let of = |part: u64| part as f64 / tasks.max(1) as f64;
            text.push_str(&format!(
                "\n    replaced {:.1} % of {tasks}, mean length {:.1} to {:.1}, with loops {:.1} % to {:.1} %",
                100.0 * of(replaced),
                of(counts.tokens_before),
                of(counts.tokens_after),
                100.0 * of(counts.loops_before),
                100.0 * of(counts.loops_after)
            ));
        }
        text
    }
}
