//! The searches for Karel programs.

use super::{Method, Options, Synthesis, SynthesisError};
use crate::lang::karel::ast::{Form, Program};
use crate::lang::karel::print;
use crate::search::karel::{self, Limits};
use crate::task::Language;
use crate::task::karel::Task;

/// Programs that are chosen from, by how much they may be longer than the shortest.
const PROGRAMS: usize = 2_000;
const LONGER: usize = 3;
/// The share of the time that may go by behind the first.
const AFTER: u32 = 4;

/// Looks for programs by the method asked for.
pub(super) fn synthesize(task: &Task, options: &Options, synthesis: &mut Synthesis) -> Result<(), SynthesisError> {
    if options.method == Method::Model {
        return Err(SynthesisError::NoModelOf(Language::Karel));
    }
    let limits = Limits {
        time: options.time_limit,
        after: options.time_limit / AFTER,
        longer: LONGER,
        programs: PROGRAMS.max(options.all),
    };
    let mut proven: Vec<Program> = Vec::new();
    let effort = karel::search(task, &limits, &mut |program| {
        let before = synthesis.solutions.len();
        synthesis.offer(task, print(program, Form::Tokens));
        let right = synthesis.solutions.len() > before;
        if right {
            proven.push(program.clone());
        }
        right
    });
    synthesis.candidates += effort.candidates;
    tracing::debug!("{}: all programs of {} tokens were tried, {} are right", task.id, effort.tokens, proven.len());
    if let Some(chosen) = karel::choose(&proven, &task.examples) {
        let text = print(&proven[chosen], Form::Tokens);
        let at = synthesis.solutions.iter().position(|it| it.program == text).expect("it was offered");
        synthesis.solutions[..=at].rotate_right(1);
    }
    Ok(())
}
