//! Synthesis without a model: every output cell (and the return value) is explained by the likeliest sum of inputs and
//! constants, or by a branch between such sums; then the explanations become one C function.
//!
//! [`read`] makes columns of the examples ([`derive`] more of them for signatures beyond restricted C), [`expressions`] and [`conditions`] enumerate what can be said about them,
//! deduplicated by the examples where they hold, [`cells`] chooses, [`emit`] writes C.

mod candidates;
mod cells;
mod conditions;
mod derive;
mod emit;
mod expressions;
mod features;
mod plan;
mod prior;
mod probes;
mod problem;
mod ranked;
mod read;
mod stretch;
mod terms;
mod verify;

pub use candidates::Candidates;
pub use features::{BUCKETS, Bag};

use crate::lang::c::ast;
use crate::task::{Example, Task};
use std::time::{Duration, Instant};

/// What an enumeration may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Wall time.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time: Duration::from_secs(5) }
    }
}

/// What an enumeration found.
#[derive(Clone, Debug)]
pub struct Enumeration {
    /// A program that was run on every example of the task and gave what it asks for.
    pub program: Option<ast::Program>,
    /// Where there is none, the program that is right on most examples, and on how many.
    pub best: Option<(ast::Program, usize)>,
    /// Explanations weighed.
    pub candidates: u64,
}

/// Rounds in which a program that fails on examples not yet looked at is mended.
const ROUNDS: usize = 8;

/// Looks for a program that satisfies the task's examples.
pub fn enumerate(task: &Task, limits: &Limits) -> Enumeration {
    let deadline = Instant::now().checked_add(limits.time);
    let mut result = Enumeration { program: None, best: None, candidates: 0 };
    let mut chosen: Vec<&Example> = task.examples.iter().take(problem::MAX_EXAMPLES).collect();
    for _ in 0..ROUNDS {
        let problem = read::read(&task.signature, &chosen);
        let plan = cells::Search::new(&problem, deadline).cheapest();
        result.candidates += plan.candidates;
        let program = emit::emit(&problem, &plan, &task.signature);
        let failing = verify::failing(&program, &task.examples);
        if failing.is_empty() {
            result.program = Some(program);
            result.best = None;
            return result;
        }
        let right = task.examples.len() - failing.len();
        if result.best.as_ref().is_none_or(|best| best.1 < right) {
            result.best = Some((program, right));
        }
        let unseen: Vec<&Example> = failing
            .iter()
            .map(|&index| &task.examples[index])
            .filter(|e| !chosen.iter().any(|c| std::ptr::eq(*c, *e)))
            .collect();
        if unseen.is_empty() || deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            break;
        }
        // The oldest make room; the newest failures are what the next plan must explain.
        let room = problem::MAX_EXAMPLES / 2;
        let new = unseen.len().min(room);
        let drop = (chosen.len() + new).saturating_sub(problem::MAX_EXAMPLES);
        chosen.drain(..drop);
        chosen.extend(unseen.into_iter().take(new));
    }
    result
}
