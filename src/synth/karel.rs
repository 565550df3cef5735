//! The searches for Karel programs.

use super::{Method, Options, Synthesis, SynthesisError};
use crate::search::karel;
use crate::task::Language;
use crate::task::karel::Task;

/// Looks for programs by the method asked for.
pub(super) fn synthesize(task: &Task, options: &Options, synthesis: &mut Synthesis) -> Result<(), SynthesisError> {
    if options.method == Method::Model {
        return Err(SynthesisError::NoModelOf(Language::Karel));
    }
    let wanted = options.all.max(1);
    let effort = karel::search(task, options.time_limit, &mut |program| {
        synthesis.offer(task, program);
        synthesis.solutions.len() >= wanted
    });
    synthesis.candidates += effort.candidates;
    tracing::debug!("{}: all programs of {} tokens were tried", task.id, effort.tokens);
    Ok(())
}
