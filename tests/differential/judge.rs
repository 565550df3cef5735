//! gcc against the interpreter, many cases at a time.

use crate::case::{Case, Tried};
use crate::gcc::{self, Build, State};
use crate::reduce::reduce;
use crate::{Kind, Summary};
use iocc::exec::Outcome;
use iocc::ir::TrapKind;
use iocc::lang::c::ast;

/// How often gcc is asked to make a program smaller.
const TRIES: usize = 300;

/// Runs the cases of these numbers under gcc, and compares.
pub fn batch(kind: Kind, numbers: std::ops::Range<usize>, summary: &mut Summary) {
    let cases: Vec<Case> = numbers.filter_map(|number| Case::sampled(kind, number).ok()).collect();
    summary.add_count("programs compared with gcc", cases.len());
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for build in [Build::Optimised, Build::Sanitised] {
        let chosen = |(number, case): (usize, &Case)| {
            let runs = (0..case.runs.len()).filter(|run| wanted(build, &case.runs[*run]));
            runs.map(|run| (number, run)).collect::<Vec<_>>()
        };
        let runs: Vec<(usize, usize)> = cases.iter().enumerate().flat_map(chosen).collect();
        let results = gcc::run(build, &cases, &runs, folder.path()).expect("gcc takes what the checker takes");
        for ((number, run), result) in runs.into_iter().zip(results) {
            let (case, tried) = (&cases[number], &cases[number].runs[run]);
            let agrees = compare(build, case, tried, &result, summary);
            if !agrees {
                summary.count("mismatches");
                summary.mismatches.push(smallest(build, case));
            }
        }
    }
}

/// Endless loops are not run at all, what trapped only where a sanitizer watches.
fn wanted(build: Build, tried: &Tried) -> bool {
    match tried.run.outcome {
        Outcome::Returned(_) => true,
        Outcome::Trapped(_) => build == Build::Sanitised,
        Outcome::OutOfFuel => false,
    }
}

/// Whether one run agrees with gcc's.
fn compare(build: Build, case: &Case, tried: &Tried, theirs: &gcc::Ran, summary: &mut Summary) -> bool {
    match (&tried.run.outcome, theirs.state) {
        (Outcome::Returned(values), State::Returned) => {
            summary.count(format!("compared, {build:?}"));
            let value = values.first().map_or(0, |value| match case.entry.returns {
                ast::ReturnType::IntPointer => value >> 32,
                _ => *value,
            });
            value == i64::from(theirs.value) && tried.output == theirs.output
        }
        (Outcome::Returned(_), _) => false,
        (Outcome::Trapped(trap), State::Stopped) => {
            summary.count(format!("sanitizer report: {}", trap.kind.name()));
            true
        }
        (Outcome::Trapped(trap), _) => {
            summary.count(format!("no sanitizer report: {}", trap.kind.name()));
            if must_be_seen(trap.kind) {
                summary.unseen.push(describe(build, case, tried, theirs));
            }
            true
        }
        (Outcome::OutOfFuel, _) => unreachable!("endless loops are not run"),
    }
}

/// The first disagreement of a program that was made small.
fn smallest(build: Build, case: &Case) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let wrong = |text: &str| -> Option<String> {
        let cases = [case.with_source(text)?];
        let runs: Vec<(usize, usize)> =
            (0..cases[0].runs.len()).filter(|run| wanted(build, &cases[0].runs[*run])).map(|run| (0, run)).collect();
        let results = gcc::run(build, &cases, &runs, folder.path())?;
        runs.iter().zip(&results).find_map(|((_, run), theirs)| {
            let tried = &cases[0].runs[*run];
            let agrees = compare(build, &cases[0], tried, theirs, &mut Summary::default());
            (!agrees).then(|| describe(build, &cases[0], tried, theirs))
        })
    };
    let text = reduce(&case.source, TRIES, |text| wrong(text).is_some());
    wrong(&text).unwrap_or_else(|| format!("only together with other programs: {}", case.source))
}

fn describe(build: Build, case: &Case, tried: &Tried, theirs: &gcc::Ran) -> String {
    format!(
        "{build:?} on {:?}\n  here: {:?} {:?}\n  gcc: {theirs:?}\n{}",
        tried.input, tried.run.outcome, tried.output, case.source
    )
}

/// Whether a trap of this kind should be seen by the sanitizers too. They do not look for uninitialised variables or a
/// missing `return`, they miss accesses that are far off, and they have no limits like ours.
fn must_be_seen(kind: TrapKind) -> bool {
    matches!(kind, TrapKind::IntegerOverflow | TrapKind::DivideByZero | TrapKind::BadShift)
}
