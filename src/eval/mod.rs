//! Evaluation: what a synthesised program is worth, beyond that it fits the given examples ([`Judge`]), the table that
//! compares methods ([`Row`], [`table`]), where they differ ([`groups`], [`plot`]), and
//! work shared by machines ([`part`]).

pub mod groups;
pub mod part;
pub mod plot;
mod row;
mod seen;
pub mod table;

pub use row::{Row, Share};
pub use seen::Seen;

use crate::synth::verify::{self, c::Runnable};
use crate::task::{AnyTask, DEFAULT_LENGTH, is_default_signature};
use crate::token::Lexer;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

/// Inputs on which two programs of the default signature are compared: [-4, 4] in each of the five cells.
pub const ALL_INPUTS: usize = 59_049;

/// What one method made of one task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// All given examples are satisfied.
    pub solved: bool,
    /// All held-out examples too; `None` where the task has none.
    pub generalises: Option<bool>,
    /// Same result as the source on all inputs where the source returns; `None` without a source, or where the
    /// signature is not the default one.
    pub equivalent: Option<bool>,
    /// Token for token the source; `None` without a source.
    pub exact_match: Option<bool>,
    /// Tokens of the program and of the source, where both are there.
    pub lengths: Option<(usize, usize)>,
    /// Tokens of the program.
    pub tokens: Option<usize>,
    /// Wall time.
    pub seconds: f64,
    /// Candidates weighed until the program was found; 0 where it is not known.
    pub candidates: u64,
    /// Whether a corpus holds the source's behaviour, where that was asked.
    pub seen: Option<bool>,
}

impl Score {
    /// Whether the program is right as far as its task can tell: on the held-out examples too where there are any.
    pub fn right(&self) -> Option<bool> {
        Some(self.generalises.unwrap_or(self.solved))
    }
}

/// Scores programs for one task; what the source does is worked out once.
pub struct Judge<'t> {
    task: &'t AnyTask,
    reference: Reference,
}

/// What the source does on all inputs.
enum Reference {
    /// There is no source, or none that can be compared.
    Absent,
    /// Not asked yet.
    Unknown,
    /// Its outputs; `None` where it does not return.
    Known(Vec<Option<[i32; DEFAULT_LENGTH]>>),
}

impl<'t> Judge<'t> {
    /// A judge of programs for `task`.
    pub fn new(task: &'t AnyTask) -> Self {
        let comparable =
            matches!(task, AnyTask::C(task) if task.source.is_some() && is_default_signature(&task.signature));
        Self { task, reference: if comparable { Reference::Unknown } else { Reference::Absent } }
    }

    /// Scores what a method found. A program that does not satisfy every given example does not count at all,
    /// whoever says so.
    pub fn score(&mut self, program: Option<&str>, seconds: f64) -> Score {
        let task = self.task;
        let (given, held_out) = task.counts();
        let matched = program.and_then(|program| verify::matched(program, task));
        let found = program.zip(matched).filter(|(_, matched)| matched.0 == given);
        let has_held_out = held_out > 0;
        let Some((program, matched)) = found else {
            return Score {
                generalises: has_held_out.then_some(false),
                equivalent: (!matches!(self.reference, Reference::Absent)).then_some(false),
                exact_match: task.source().map(|_| false),
                seconds,
                ..Score::default()
            };
        };
        let language = task.language().name();
        let tokens = verify::tokens(program, language);
        Score {
            solved: true,
            generalises: has_held_out.then_some(matched.1 == held_out),
            equivalent: self.equivalent(program),
            exact_match: task.source().map(|source| same_tokens(source, program, language)),
            lengths: task.source().map(|source| (tokens, verify::tokens(source, language))),
            tokens: Some(tokens),
            seconds,
            ..Score::default()
        }
    }

    fn equivalent(&mut self, program: &str) -> Option<bool> {
        let AnyTask::C(task) = self.task else { return None };
        if let Reference::Unknown = self.reference {
            let source = task.source.as_deref().unwrap_or_default();
            self.reference = match Runnable::new(source, &task.signature) {
                Ok(mut source) => Reference::Known(all_inputs().map(|input| output(&mut source, input)).collect()),
                Err(errors) => {
                    let why = errors.first().map_or("", |error| error.message.as_str());
                    tracing::warn!("{}: the source does not compile: {why}", task.id);
                    Reference::Absent
                }
            };
        }
        match &self.reference {
            Reference::Known(outputs) => {
                let mut runnable = Runnable::new(program, &task.signature).ok()?;
                let mut same =
                    |(input, wanted): (_, &Option<_>)| wanted.is_none() || output(&mut runnable, input) == *wanted;
                Some(all_inputs().zip(outputs).all(&mut same))
            }
            Reference::Absent | Reference::Unknown => None,
        }
    }
}

/// All inputs, in a fixed order.
pub fn all_inputs() -> impl Iterator<Item = [i32; DEFAULT_LENGTH]> {
    (0..ALL_INPUTS as i32).map(numbered)
}

/// So many of all inputs, drawn at random, the same ones each time; all of them where that is not more.
pub fn sampled_inputs(count: usize) -> impl Iterator<Item = [i32; DEFAULT_LENGTH]> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0x5A3B1E);
    // A draw without repetition keeps the order.
    (0..ALL_INPUTS).filter_map({
        let mut left = count.min(ALL_INPUTS);
        move |number| {
            let taken = rng.random_range(0..ALL_INPUTS - number) < left;
            left -= usize::from(taken);
            taken.then(|| numbered(number as i32))
        }
    })
}

fn numbered(mut number: i32) -> [i32; DEFAULT_LENGTH] {
    std::array::from_fn(|_| {
        let digit = number % 9;
        number /= 9;
        digit - 4
    })
}

fn output(runnable: &mut Runnable, mut cells: [i32; DEFAULT_LENGTH]) -> Option<[i32; DEFAULT_LENGTH]> {
    runnable.run_array(&mut cells)?;
    Some(cells)
}

fn same_tokens(left: &str, right: &str, language: &str) -> bool {
    let Some(lexer) = Lexer::of(language) else { return false };
    let (left, right) = (lexer.tokens(left), lexer.tokens(right));
    left.iter().map(|token| token.text).eq(right.iter().map(|token| token.text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::parse_json;

    const TASK: &str = r#"{"id": "t", "source": "int * func_1(int a[])\n{\n    a[0] += a[1];\n    return a;\n}",
        "examples": [{"input": [0,1,0,0,0], "output": [1,1,0,0,0]}],
        "held_out": [{"input": [1,2,0,0,0], "output": [3,2,0,0,0]}]}"#;

    fn score(body: &str) -> Score {
        let task = parse_json(TASK, "").expect("a good task");
        let program = format!("int * func_1(int a[]) {{ {body} return a; }}");
        Judge::new(&task).score(Some(&program), 0.5)
    }

    #[test]
    fn a_score_tells_fit_from_truth() {
        let exact = score("a[0] += a[1];");
        assert_eq!((exact.solved, exact.generalises, exact.equivalent), (true, Some(true), Some(true)));
        assert_eq!((exact.exact_match, exact.lengths), (Some(true), Some((24, 24))));
        let equal = score("a[0] = a[1] + a[0];");
        assert_eq!((equal.solved, equal.equivalent, equal.exact_match), (true, Some(true), Some(false)));
        let nearly = score("if (a[4] != 4) a[0] += a[1];");
        assert_eq!((nearly.generalises, nearly.equivalent), (Some(true), Some(false)));
        let lucky = score("a[0] = 1;");
        assert_eq!((lucky.solved, lucky.generalises, lucky.equivalent), (true, Some(false), Some(false)));
        let wrong = score("a[0] = 2;");
        assert_eq!((wrong.solved, wrong.generalises, wrong.exact_match), (false, Some(false), Some(false)));
        assert_eq!(wrong.tokens, None);
    }

    #[test]
    fn inputs_where_the_source_traps_do_not_count() {
        let line = TASK.replace("a[0] += a[1];", "a[0] += a[1] / (a[2] + 4) * 0 + a[1];");
        let task = parse_json(&line, "").expect("a good task");
        let program = "int * func_1(int a[]) { a[0] += a[1]; return a; }";
        assert_eq!(Judge::new(&task).score(Some(program), 0.0).equivalent, Some(true));
    }

    #[test]
    fn all_inputs_are_different() {
        let all: std::collections::HashSet<_> = all_inputs().collect();
        assert_eq!(all.len(), ALL_INPUTS);
        let some: std::collections::HashSet<_> = sampled_inputs(1_000).collect();
        assert!(some.len() == 1_000 && some.is_subset(&all));
        assert_eq!(sampled_inputs(1 << 20).collect::<std::collections::HashSet<_>>(), all);
        assert!(all.iter().flatten().all(|value| (-4..=4).contains(value)));
    }
}
