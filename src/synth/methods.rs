//! The searches behind each method; what they find is offered to [`Synthesis::offer`], which proves it.

use super::verify::c::Runnable;
use super::{Method, Options, Synthesis, SynthesisError};
use crate::constrain::Automaton;
use crate::exec::Argument;
use crate::ir::FunctionId;
use crate::lang::c;
use crate::rank::{CANDIDATES, Ranker};
use crate::search::beam::{BeamOptions, Rank, Verdict, beam as search_beam};
use crate::search::enumerate::{Candidates, Limits, enumerate as search_cells};
use crate::search::{Scorer, ScorerError};
use crate::task::{Task, is_default_signature};
use crate::token::{Reader, Vocabulary};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
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
    /// Makes programs of them.
    pub reader: &'m Reader,
}

/// What was learnt from corpora, as far as it is there.
#[derive(Clone, Copy, Default)]
pub struct Learned<'m> {
    /// The neural network.
    pub model: Option<Model<'m>>,
    /// The choice among what enumeration finds.
    pub ranker: Option<&'m Ranker>,
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
            beam(task, model, options, start, None, synthesis)?;
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
    if let Err(error) = beam(task, model, options, start, same, synthesis) {
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

/// Inputs like those of a task, and what a program makes of them.
struct Same {
    runs: Vec<([i32; CELLS], Option<[i32; CELLS]>)>,
}

/// Cells of the arrays that models read.
const CELLS: usize = 5;
/// Inputs on which two programs are compared.
const COMPARED: usize = 4096;

impl Same {
    /// `None` where the program or the task's inputs are not of the usual shape.
    fn new(task: &Task, program: &str) -> Option<Self> {
        let mut runnable = Runnable::new(program, &task.signature).ok()?;
        let inputs = task.examples.iter().map(|example| match &example.input[..] {
            [Argument::Array(values)] => <[i32; CELLS]>::try_from(&values[..]).ok(),
            _ => None,
        });
        let inputs: Vec<[i32; CELLS]> = inputs.collect::<Option<_>>()?;
        let low = *inputs.iter().flatten().min()?;
        let high = *inputs.iter().flatten().max()?;
        let mut random = Xoshiro256PlusPlus::seed_from_u64(0);
        let run = |_| {
            let input: [i32; CELLS] = std::array::from_fn(|_| random.random_range(low..=high));
            let mut cells = input;
            let output = runnable.run_array(&mut cells).and_then(|output| output.try_into().ok());
            (input, output)
        };
        Some(Self { runs: (0..COMPARED).map(run).collect() })
    }

    fn holds(&self, task: &Task, program: &str) -> bool {
        let Ok(mut runnable) = Runnable::new(program, &task.signature) else { return false };
        self.runs.iter().all(|(input, output)| {
            let mut cells = *input;
            runnable.run_array(&mut cells) == output.as_ref().map(|output| &output[..])
        })
    }
}

/// Enumeration.
fn enumerate(task: &Task, options: &Options, synthesis: &mut Synthesis) {
    let found = search_cells(task, &Limits { time: options.time_limit });
    synthesis.candidates += found.candidates;
    if let Some(program) = found.program.or(found.best.map(|best| best.0)) {
        synthesis.offer(task, c::print(&program));
    }
}

/// Beam search; asked only for programs shorter than the shortest solution, and that do the `same`, unless several are
/// wanted.
fn beam(
    task: &Task,
    model: &Model<'_>,
    options: &Options,
    start: Instant,
    same: Option<Same>,
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
        let Ok(program) = model.reader.compile(&candidate.tokens) else {
            debug_assert!(false, "the mask admitted what is no program");
            return Verdict::Rejected;
        };
        // Only what is right, or the best so far, becomes text.
        let matched = Runnable::from_ir(&program, FunctionId(0)).matched(&task.examples);
        if matched < task.examples.len() && synthesis.best.as_ref().is_some_and(|best| best.matched >= matched) {
            return Verdict::Rejected;
        }
        let program = c::parse(&model.vocabulary.decode(&candidate.tokens)).expect("it was read");
        let before = synthesis.solutions.len();
        let program = c::print(&program);
        if !several && same.as_ref().is_some_and(|same| !same.holds(task, &program)) {
            return Verdict::Rejected;
        }
        synthesis.offer(task, program);
        match synthesis.solutions.len() {
            after if several && after >= options.all => Verdict::Stop,
            after if after > before && !several => Verdict::Accepted,
            _ => Verdict::Rejected,
        }
    })?;
    Ok(())
}
