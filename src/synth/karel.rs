//! The searches for Karel programs: plain search, beam search with a model, and the choice among what both find.

use super::decode::Search;
use super::verify::Provable;
use super::{Learned, Method, Model, Options, Synthesis, SynthesisError};
use crate::lang::karel::ast::{Form, Program};
use crate::lang::karel::{parse, print};
use crate::search::ScorerError;
use crate::search::beam::{Candidate, Verdict};
use crate::search::karel::{self, Fronts, Limits, Patience};
use crate::task::Language;
use crate::task::karel::{Example, Task};
use std::collections::HashSet;
use std::time::Instant;

/// Programs that are chosen from, by how much they may be longer than the shortest.
const PROGRAMS: usize = 2_000;
const LONGER: usize = 3;
/// The share of the time that may go by behind the first.
const AFTER: u32 = 4;
/// The share of the time in which what the model said is repaired, where nothing of it is right, and that behind the
/// first that is; and by how much a repair may make the longest of it longer.
const REPAIR: u32 = 5;
const AFTER_REPAIR: u32 = 20;
const ADDED: usize = 4;
/// What the model's word weighs beside that of the frequencies, where both have programs.
const TRUST: f64 = 1.0;

/// Programs that are right on all examples, and why to believe them.
#[derive(Default)]
struct Proven {
    programs: Vec<Program>,
    /// Their texts.
    known: HashSet<String>,
    /// For each the probability that the model gave it; 0 of those that it did not find.
    said: Vec<f64>,
    /// Programs that the model found and that are not right.
    wrong: Vec<Program>,
}

impl Proven {
    /// Offers a program; remembers it if it is right, and tells whether it is.
    fn offer(&mut self, task: &Task, program: &Program, said: f64, synthesis: &mut Synthesis) -> bool {
        let (text, before) = (print(program, Form::Tokens), synthesis.solutions.len());
        if self.known.contains(&text) {
            return true;
        }
        synthesis.offer(task, text.clone());
        let is_right = synthesis.solutions.len() > before;
        if is_right {
            self.known.insert(text);
            self.programs.push(program.clone());
            self.said.push(said);
        }
        is_right
    }

    /// Brings the program to believe to the front.
    fn choose(&self, task: &Task, synthesis: &mut Synthesis) {
        let mut weights = karel::weights(&self.programs);
        let said: f64 = self.said.iter().sum();
        if said > 0.0 {
            let usual: f64 = weights.iter().sum();
            let both = weights.iter().zip(&self.said);
            weights = both.map(|(weight, one)| weight / usual + TRUST * one / said).collect();
        }
        let Some(chosen) = karel::choose(&self.programs, &weights, &task.examples) else { return };
        let text = print(&self.programs[chosen], Form::Tokens);
        let at = synthesis.solutions.iter().position(|it| it.program == text).expect("it was offered");
        synthesis.solutions[..=at].rotate_right(1);
    }
}

/// Looks for programs by the method asked for.
pub(super) fn synthesize(
    task: &Task,
    learned: &Learned<'_>,
    options: &Options,
    start: Instant,
    synthesis: &mut Synthesis,
) -> Result<(), SynthesisError> {
    let mut proven = Proven::default();
    match (&learned.karel, options.method) {
        (None, Method::Model) => return Err(SynthesisError::NoModelOf(Language::Karel)),
        (Some(model), Method::Model) => decode(task, model, options, false, start, &mut proven, synthesis)?,
        (Some(model), Method::Default) => {
            if let Err(error) = decode(task, model, options, true, start, &mut proven, synthesis) {
                tracing::debug!("{}: without the model: {error}", task.id);
            }
            if proven.programs.is_empty() {
                repair(task, options, &mut proven, synthesis);
            }
            search(task, options, start, &mut proven, synthesis);
        }
        (None, Method::Default) | (_, Method::Enumerate) => search(task, options, start, &mut proven, synthesis),
    }
    proven.choose(task, synthesis);
    Ok(())
}

/// Edits what the model found.
fn repair(task: &Task, options: &Options, proven: &mut Proven, synthesis: &mut Synthesis) {
    let wrong = std::mem::take(&mut proven.wrong);
    let longest = wrong.iter().map(|it| karel::tokens(&it.body)).max().unwrap_or_default();
    let patience = Patience {
        time: options.time_limit / REPAIR,
        after: options.time_limit / AFTER_REPAIR,
        tokens: longest + ADDED,
    };
    let runs = karel::repair(task, &wrong, &patience, &mut |program| proven.offer(task, program, 0.0, synthesis));
    synthesis.candidates += runs;
    tracing::debug!("{}: {runs} edits were tried, {} are right", task.id, proven.programs.len());
}

/// Plain search, in the time that is left.
fn search(task: &Task, options: &Options, start: Instant, proven: &mut Proven, synthesis: &mut Synthesis) {
    let limits = Limits {
        time: options.time_limit.saturating_sub(start.elapsed()),
        after: options.time_limit / AFTER,
        longer: LONGER,
        programs: PROGRAMS.max(options.all),
    };
    // The search goes by what is right and new to itself, whether the model found it before or not.
    let mut told = HashSet::new();
    let effort = karel::search(task, &limits, &mut |program| {
        proven.offer(task, program, 0.0, synthesis) && told.insert(print(program, Form::Tokens))
    });
    synthesis.candidates += effort.candidates;
    let right = proven.programs.len();
    tracing::debug!("{}: all programs of {} tokens were tried, {right} are right", task.id, effort.tokens);
}

/// Beam search with the model; `guided` by runs of the fronts of programs.
fn decode(
    task: &Task,
    model: &Model<'_>,
    options: &Options,
    guided: bool,
    start: Instant,
    proven: &mut Proven,
    synthesis: &mut Synthesis,
) -> Result<(), ScorerError> {
    if model.vocabulary.profile().language != <Task as Provable>::LANGUAGE {
        return Err(ScorerError("the model knows no programs of Karel".into()));
    }
    let examples: Vec<crate::task::Example> = task.examples.iter().map(Example::as_call).collect();
    let search = Search {
        examples: &examples,
        model,
        options,
        budget: model.vocabulary.profile().max_tokens,
        deadline: start.checked_add(options.time_limit),
    };
    let program = |tokens: &[_]| parse(&model.vocabulary.decode(tokens)).ok();
    if !options.decoding.execution {
        let found = search.run(true, |_| Verdict::Rejected)?;
        synthesis.candidates += found.candidates.len() as u64;
        let likeliest = found.candidates.first().and_then(|it| program(&it.tokens));
        likeliest.iter().for_each(|program| _ = proven.offer(task, program, 1.0, synthesis));
        return Ok(());
    }
    let mut fronts = Fronts::new(&task.examples);
    let judge = |candidate: &Candidate| {
        synthesis.candidates += 1;
        // Without the mask much of what is completed is no program.
        if let Some(program) = program(&candidate.tokens)
            && !proven.offer(task, &program, f64::from(candidate.log_probability).exp(), synthesis)
        {
            proven.wrong.push(program);
        }
        Verdict::Rejected
    };
    search.run_among(true, judge, |front| !guided || fronts.may_be_right(&model.vocabulary.decode(front)))?;
    Ok(())
}
