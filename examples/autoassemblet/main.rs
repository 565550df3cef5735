//! The benchmark and the experiments of the AutoAssemblet paper (arXiv 1910.05865).
//!
//!     cargo run --release --example autoassemblet -- tasks --seed 1 > corpus/tasks/x86/autoassemblet.jsonl
//!     cargo run --release --example autoassemblet -- choices --seed 1 > corpus/tasks/x86/choices.jsonl
//!     cargo run --release --example autoassemblet -- search --tasks 60 --steps 1-10 --examples 2
//!     cargo run --release --features torch --example autoassemblet -- experiments --minutes 3
//!
//! `tasks` prints the benchmark, `choices` tasks that it cannot ask for, `search` measures iocc's default method on random
//! tasks (`--order none`: plain search alone), and `experiments` trains networks for each point of the paper's four
//! experiments and measures them beside plain search.

mod choices;
mod random;
mod tasks;

#[cfg(feature = "torch")]
mod experiments;
#[cfg(feature = "torch")]
mod plot;

use std::error::Error;

const USAGE: &str = "usage: autoassemblet tasks|choices [--seed S]
       autoassemblet search [--seed S] [--tasks N] [--steps K|A-B] [--registers N] [--slots N] [--examples N] [--seconds S] [--order FILE|none]
       autoassemblet experiments [--minutes M] [--tasks N] [--only pool,registers,steps,examples] [--out FOLDER]";

/// The options behind the first word.
pub struct Options(Vec<String>);

impl Options {
    /// An option's text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().position(|it| it == name).and_then(|at| self.0.get(at + 1)).map(String::as_str)
    }

    /// An option's number.
    pub fn number<T: std::str::FromStr>(&self, name: &str, usual: T) -> Result<T, Box<dyn Error>> {
        match self.text(name) {
            None => Ok(usual),
            Some(text) => text.parse().map_err(|_| format!("{name}: `{text}` is no number\n{USAGE}").into()),
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next();
    let options = Options(arguments.collect());
    match what.as_deref() {
        Some("tasks") => tasks::print(options.number("--seed", 1)?),
        Some("choices") => choices::print(options.number("--seed", 1)?),
        Some("search") => random::search(&options)?,
        #[cfg(feature = "torch")]
        Some("experiments") => experiments::run(&options)?,
        #[cfg(not(feature = "torch"))]
        Some("experiments") => return Err("experiments with networks need the feature `torch`".into()),
        _ => return Err(USAGE.into()),
    }
    Ok(())
}
