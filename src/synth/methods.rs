//! The searches behind each method; what they find is offered to [`Synthesis::offer`], which proves it.

use super::decode::{Same, decode};
use super::{Method, Networks, Options, Synthesis, SynthesisError};
use crate::constrain::Automaton;
use crate::lang::c;
use crate::rank::{CANDIDATES, Ranker};
use crate::search::Scorer;
use crate::search::enumerate::{Candidates, Limits, enumerate as search_cells};
use crate::search::meet::Order;
use crate::task::Task;
use crate::token::{Reader, Vocabulary};
use std::time::Instant;

/// A model, and what decodes with it.
#[derive(Clone, Copy)]
pub struct Model<'m> {
    /// Scores the next token.
    pub scorer: &'m dyn Scorer,
    /// The tokens that it knows.
    pub vocabulary: &'m Vocabulary,
    /// Which of them may come next.
    pub automaton: &'m Automaton,
    /// Makes programs of them without text, where they are C's.
    pub reader: Option<&'m Reader>,
}

/// What was learnt from corpora, as far as it is there.
#[derive(Clone, Copy, Default)]
pub struct Learned<'m> {
    /// The neural network for C.
    pub model: Option<Model<'m>>,
    /// The neural network for Karel.
    pub karel: Option<Model<'m>>,
    /// The choice among what enumeration finds.
    pub ranker: Option<&'m Ranker>,
    /// The networks for x86.
    pub x86: Option<Networks<'m>>,
    /// The order in which beams take states of x86.
    pub order: Option<&'m Order>,
}

/// Plans that are proven before enumeration goes its own way.
const PROVEN: usize = 8;

/// Looks for programs by the method asked for.
pub(super) fn synthesize(
    task: &Task,
    learned: &Learned<'_>,
    options: &Options,
    start: Instant,
    synthesis: &mut Synthesis,
) -> Result<(), SynthesisError> {
    match options.method {
        Method::Enumerate => enumerate(task, options, synthesis),
        Method::Model => {
            let model = learned.model.as_ref().ok_or(SynthesisError::NoModel)?;
            decode(task, model, options, start, None, synthesis)?;
        }
        Method::Default => all(task, learned, options, start, synthesis),
    }
    Ok(())
}

/// All of them: see [`Method::Default`].
fn all(task: &Task, learned: &Learned<'_>, options: &Options, start: Instant, synthesis: &mut Synthesis) {
    let chosen = learned.ranker.is_some_and(|ranker| ranked(task, ranker, options, synthesis));
    if !chosen {
        enumerate(task, options, synthesis);
    }
    let Some(model) = &learned.model else { return };
    let mut choice = if chosen { synthesis.solutions.first().cloned() } else { None };
    let same = choice.as_ref().and_then(|choice| Same::new(task, &choice.program));
    if let Err(error) = decode(task, model, options, start, same, synthesis) {
        tracing::debug!("{}: without the model: {error}", task.id);
    }
    // Where several are wanted they differ in what they do, and the choice must not drown among the short ones.
    if options.all > 1
        && let Some(choice) = choice.take()
        && let Some(at) = synthesis.solutions.iter().position(|solution| *solution == choice)
    {
        synthesis.solutions[..=at].rotate_right(1);
    }
}

/// Enumeration, and the ranker's choice; false where there is none.
fn ranked(task: &Task, ranker: &Ranker, options: &Options, synthesis: &mut Synthesis) -> bool {
    let limits = Limits { time: options.time_limit };
    let Some(candidates) = Candidates::new(task, &limits, CANDIDATES) else { return false };
    synthesis.candidates += candidates.weighed();
    for index in ranker.order(&candidates).into_iter().take(PROVEN) {
        synthesis.offer(task, c::print(&candidates.program(index)));
        if !synthesis.solutions.is_empty() {
            return true;
        }
    }
    false
}

/// Enumeration.
fn enumerate(task: &Task, options: &Options, synthesis: &mut Synthesis) {
    let found = search_cells(task, &Limits { time: options.time_limit });
    synthesis.candidates += found.candidates;
    if let Some(program) = found.program.or(found.best.map(|best| best.0)) {
        synthesis.offer(task, c::print(&program));
    }
}
