//! The searches for x86 programs.

use super::{Method, Options, Synthesis, SynthesisError};
use crate::search::meet::{self, Limits};
use crate::task::Language;
use crate::task::x86::Task;

/// Bytes that the states of a search may take.
const MEMORY: usize = 1 << 30;

/// Looks for programs by the method asked for.
pub(super) fn synthesize(task: &Task, options: &Options, synthesis: &mut Synthesis) -> Result<(), SynthesisError> {
    if options.method == Method::Model {
        return Err(SynthesisError::NoModelOf(Language::X86));
    }
    let limits = Limits { time: options.time_limit, memory: MEMORY };
    let wanted = options.all.max(1);
    let effort = meet::search(task, &limits, &mut |program| {
        synthesis.offer(task, program);
        synthesis.solutions.len() >= wanted
    })?;
    synthesis.candidates += effort.candidates;
    tracing::debug!("{}: {} instructions ahead, {} back", task.id, effort.depth.0, effort.depth.1);
    Ok(())
}
