//! Synthesis: a task goes in, programs come out that were run on every given example ([`verify`]). Which searches run
//! is the [`Method`]; none of them sees `held_out` or `source`.

mod decode;
mod karel;
pub mod kernel;
mod methods;
#[cfg(feature = "torch")]
mod network;
pub mod parallel;
mod record;
#[cfg(test)]
mod tests;
pub mod verify;
mod x86;

use crate::search::ScorerError;
use crate::search::meet::Unsupported;
use crate::task::{AnyTask, Language};
use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant};
use verify::Provable;

pub use methods::{Learned, Model};
#[cfg(feature = "torch")]
pub use network::Network;
pub use record::Record;
pub use x86::Networks;

/// Which searches look for a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Enumeration with the ranker's choice among what it finds, then beam search for a shorter program that does the
    /// same, as far as there is a ranker and a model.
    Default,
    /// Beam search with the model alone.
    Model,
    /// Enumeration alone; of x86 programs, plain search, whose first program is taken.
    Enumerate,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Default, Self::Model, Self::Enumerate];

    /// Its name on the command line and in results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Model => "model",
            Self::Enumerate => "enumerate",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Method {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let names = || Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|method| method.name() == name)
            .ok_or_else(|| format!("unknown method `{name}`; the methods are {}", names()))
    }
}

/// What a synthesis may use.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Which searches run.
    pub method: Method,
    /// Wall time for one task.
    pub time_limit: Duration,
    /// Partial programs that beam search keeps.
    pub beam: usize,
    /// Different programs wanted.
    pub all: usize,
    /// How the model's programs are found.
    pub decoding: Decoding,
}

/// How the model's programs are found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decoding {
    /// Only tokens after which the front can still become a program are followed.
    pub mask: bool,
    /// All candidates are run on the examples until one is right; otherwise only the likeliest one is.
    pub execution: bool,
    /// Programs are drawn instead of searched by a beam.
    pub samples: Option<Sampling>,
}

impl Default for Decoding {
    fn default() -> Self {
        Self { mask: true, execution: true, samples: None }
    }
}

/// Programs that are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// How many.
    pub count: usize,
    /// What log-probabilities are divided by.
    pub temperature: f32,
    /// What everything random comes from.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            method: Method::Default,
            time_limit: Duration::from_secs(5),
            beam: 64,
            all: 1,
            decoding: Decoding::default(),
        }
    }
}

/// A program that was run on every given example and satisfies them all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Solution {
    /// Its canonical text.
    pub program: String,
    /// Its length in tokens.
    pub tokens: usize,
    /// Candidates weighed until it was found.
    pub candidates: u64,
}

/// A program that satisfies some of the examples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partial {
    /// Its text.
    pub program: String,
    /// How many of the given examples it satisfies.
    pub matched: usize,
}

/// What a synthesis gave.
#[derive(Clone, Debug, Default)]
pub struct Synthesis {
    /// Verified programs, all different: the one that the method prefers, and then the shortest first.
    pub solutions: Vec<Solution>,
    /// Where there is none, the program that satisfies most examples.
    pub best: Option<Partial>,
    /// Programs and parts of programs weighed.
    pub candidates: u64,
    /// Wall time.
    pub time: Duration,
}

impl Synthesis {
    /// Takes a program in if it is right, else remembers it if it is the best so far. Nothing else makes solutions.
    fn offer<T: Provable>(&mut self, task: &T, program: String) {
        if self.solutions.iter().any(|solution| solution.program == program) {
            return;
        }
        let matched = task.matched(&program).map_or(0, |(given, _)| given);
        if matched == task.given() {
            let tokens = verify::tokens(&program, T::LANGUAGE);
            let place = self.solutions.partition_point(|solution| solution.tokens <= tokens);
            self.solutions.insert(place, Solution { program, tokens, candidates: self.candidates });
        } else if self.best.as_ref().is_none_or(|best| best.matched < matched) {
            self.best = Some(Partial { program, matched });
        }
    }
}

/// Why a task could not even be tried.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SynthesisError {
    /// The method needs a model, and none was given.
    #[error("the method `model` needs a model, and this iocc has none of this language (see the feature `torch`)")]
    NoModel,
    /// The model does not know such tasks.
    #[error("{0}")]
    Scorer(#[from] ScorerError),
    /// There is no model that knows the task's language.
    #[error("this iocc has no model of {0} programs (see the feature `torch`); the methods are default and enumerate")]
    NoModelOf(Language),
    /// The search cannot try the task.
    #[error("{0}")]
    Unsupported(#[from] Unsupported),
}

/// Looks for programs that satisfy the given examples of a task.
pub fn synthesize(task: &AnyTask, learned: &Learned<'_>, options: &Options) -> Result<Synthesis, SynthesisError> {
    let start = Instant::now();
    let mut synthesis = Synthesis::default();
    // The searches get a task from which what they must not see is gone.
    match task {
        AnyTask::C(task) => methods::synthesize(&task.given(), learned, options, start, &mut synthesis)?,
        AnyTask::X86(task) => x86::synthesize(&task.given(), learned, options, start, &mut synthesis)?,
        AnyTask::Karel(task) => karel::synthesize(&task.given(), learned, options, start, &mut synthesis)?,
    }
    synthesis.solutions.truncate(options.all.max(1));
    if !synthesis.solutions.is_empty() {
        synthesis.best = None;
    }
    synthesis.time = start.elapsed();
    Ok(synthesis)
}
