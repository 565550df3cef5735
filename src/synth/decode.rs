//! The model's part of a synthesis: candidates by beam search or by sampling, each run on the examples.

use super::verify::c::{Runnable, Trials};
use super::{Decoding, Model, Options, Sampling, Synthesis};
use crate::exec::Argument;
use crate::lang::c;
use crate::search::ScorerError;
use crate::search::beam::{BeamOptions, Candidate, Found, Rank, Verdict, beam_among};
use crate::search::guide::Guide;
use crate::search::sample::{SampleOptions, sample};
use crate::task::{Example, Task, is_default_signature};
use crate::token::TokenId;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::time::Instant;

/// Inputs like those of a task, and what a program makes of them.
pub(super) struct Same {
    runs: Vec<([i32; CELLS], Option<[i32; CELLS]>)>,
}

/// Cells of the arrays that models read.
const CELLS: usize = 5;
/// Inputs on which two programs are compared.
const COMPARED: usize = 4096;

impl Same {
    /// `None` where the program or the task's inputs are not of the usual shape.
    pub(super) fn new(task: &Task, program: &str) -> Option<Self> {
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

/// Decodes; asked only for programs shorter than the shortest solution, and that do the `same`, unless several are
/// wanted.
pub(super) fn decode(
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
    let Some(reader) = model.reader else { return Err(ScorerError("the model knows no programs of C".into())) };
    let several = options.all > 1;
    let longest = model.vocabulary.profile().max_tokens;
    let budget = match synthesis.solutions.first() {
        Some(solution) if !several => longest.min(solution.tokens.saturating_sub(1)),
        _ => longest,
    };
    if model.automaton.shortest().is_none_or(|shortest| shortest > budget) {
        return Ok(());
    }
    let examples = &task.examples;
    let search = Search { examples, model, options, budget, deadline: start.checked_add(options.time_limit) };
    if !options.decoding.execution {
        let found = search.run(false, |_| Verdict::Rejected)?;
        synthesis.candidates += found.candidates.len() as u64;
        if let Some(candidate) = found.candidates.first().filter(|it| reader.check(&it.tokens).is_ok()) {
            synthesis.offer(task, text(model, candidate));
        }
        return Ok(());
    }
    let mut trials = Trials::new(examples);
    search.run(several, |candidate| {
        synthesis.candidates += 1;
        // Without the mask much of what is completed is no program.
        let Ok(checked) = reader.check(&candidate.tokens) else {
            debug_assert!(!options.decoding.mask, "the mask admitted what is no program");
            return Verdict::Rejected;
        };
        // Only what is right, or the best so far, becomes text.
        let matched = trials.matched(&checked.program);
        if matched < task.examples.len() && synthesis.best.as_ref().is_some_and(|best| best.matched >= matched) {
            return Verdict::Rejected;
        }
        let program = text(model, candidate);
        let before = synthesis.solutions.len();
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

/// A search for the programs of one task.
pub(super) struct Search<'a> {
    pub examples: &'a [Example],
    pub model: &'a Model<'a>,
    pub options: &'a Options,
    /// The longest program, in tokens of the language.
    pub budget: usize,
    pub deadline: Option<Instant>,
}

impl Search<'_> {
    /// Hands each candidate to `judge`.
    pub(super) fn run(&self, several: bool, judge: impl FnMut(&Candidate) -> Verdict) -> Result<Found, ScorerError> {
        self.run_among(several, judge, |_| true)
    }

    /// The same; what a beam keeps is `hopeful`.
    pub(super) fn run_among(
        &self,
        several: bool,
        judge: impl FnMut(&Candidate) -> Verdict,
        hopeful: impl FnMut(&[TokenId]) -> bool,
    ) -> Result<Found, ScorerError> {
        let Self { model, options: Options { beam: width, all, decoding, .. }, budget, deadline, .. } = *self;
        let Decoding { mask, execution, samples } = *decoding;
        let guide = if mask { Guide::Mask(model.automaton) } else { Guide::Free(model.vocabulary) };
        if let Some(Sampling { count, temperature, seed }) = samples {
            let settings = SampleOptions { count, temperature, budget, seed, deadline };
            return sample(model.scorer, guide, self.examples, &settings, judge);
        }
        let settings = BeamOptions {
            width: *width,
            budget,
            // Where only the likeliest counts, nothing less likely is followed.
            candidates: if execution { *(width.max(all)) } else { 1 },
            rank: if several || !execution { Rank::Probability } else { Rank::Length },
            deadline,
            ..BeamOptions::default()
        };
        beam_among(model.scorer, guide, self.examples, &settings, judge, hopeful)
    }
}

/// The text of a program that was read.
fn text(model: &Model<'_>, candidate: &Candidate) -> String {
    c::print(&c::parse(&model.vocabulary.decode(&candidate.tokens)).expect("it was read"))
}
