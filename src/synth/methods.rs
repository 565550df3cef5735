//! The searches behind each method; what they find is offered to [`Synthesis::offer`], which proves it.

use super::{Options, Synthesis};
use crate::constrain::Automaton;
use crate::lang::c;
use crate::search::beam::{BeamOptions, Rank, Verdict, beam as search_beam};
use crate::search::enumerate::{Limits, enumerate as search_cells};
use crate::search::{Scorer, ScorerError};
use crate::task::{Task, is_default_signature};
use crate::token::Vocabulary;
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
}

/// Enumeration.
pub(super) fn enumerate(task: &Task, options: &Options, synthesis: &mut Synthesis) {
    let found = search_cells(task, &Limits { time: options.time_limit });
    synthesis.candidates += found.candidates;
    if let Some(program) = found.program.or(found.best.map(|best| best.0)) {
        synthesis.offer(task, c::print(&program));
    }
}

/// Beam search; asked only for programs shorter than the shortest solution, unless several are wanted.
pub(super) fn beam(
    task: &Task,
    model: &Model<'_>,
    options: &Options,
    start: Instant,
    synthesis: &mut Synthesis,
) -> Result<(), ScorerError> {
    if !is_default_signature(&task.signature) {
        return Err(ScorerError(format!("the model knows only `{}`", crate::task::DEFAULT_SIGNATURE)));
    }
    let several = options.all > 1;
    let longest = model.vocabulary.profile().max_tokens;
    let budget = match synthesis.solutions.first() {
        Some(solution) if !several => longest.min(solution.tokens.saturating_sub(1)),
        _ => longest,
    };
    if model.automaton.shortest().is_none_or(|shortest| shortest > budget) {
        return Ok(());
    }
    let settings = BeamOptions {
        width: options.beam,
        budget,
        candidates: options.beam.max(options.all),
        rank: if several { Rank::Probability } else { Rank::Length },
        deadline: start.checked_add(options.time_limit),
        ..BeamOptions::default()
    };
    search_beam(model.scorer, model.automaton, &task.examples, &settings, |candidate| {
        synthesis.candidates += 1;
        let Ok(program) = c::parse(&model.vocabulary.decode(&candidate.tokens)) else {
            debug_assert!(false, "the mask admitted what does not parse");
            return Verdict::Rejected;
        };
        let before = synthesis.solutions.len();
        synthesis.offer(task, c::print(&program));
        match synthesis.solutions.len() {
            after if several && after >= options.all => Verdict::Stop,
            after if after > before && !several => Verdict::Accepted,
            _ => Verdict::Rejected,
        }
    })?;
    Ok(())
}
