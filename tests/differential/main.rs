//! The engines against each other, and the interpreter against gcc. Programs come from the sampler of restricted C and
//! from a generator of the whole subset ([`generate`]).
//!
//! - Lanes and compiled code do what the interpreter does: outcome, trap and its place, arrays, fuel.
//! - A run that returns here gives the same arrays and the same value under gcc -O2 and under gcc's sanitizers.
//! - A run that a sanitizer stops traps here.
//!
//! What differs is made small ([`reduce`]) and reported; the run goes on. `IOCC_DIFFERENTIAL_PROGRAMS` is the number of
//! programs of each kind that the engines run (1,500 by default), `IOCC_DIFFERENTIAL_GCC` how many of them gcc
//! compiles (150 by default).

mod case;
mod engines;
mod gcc;
mod generate;
mod judge;
mod memory;
mod reduce;

use case::Case;
use engines::Engines;
use iocc::exec::Outcome;
use rand::Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Programs that a thread takes at once; of gcc's, those of one C file.
const BATCH: usize = 200;
/// A batch in so many tells how far a long run is.
const TELL: usize = 25;
/// Mismatches that are printed in full.
const SHOWN: usize = 5;
/// How often the engines are asked to make a program smaller.
const TRIES: usize = 20_000;

/// Where programs come from.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// The sampler of restricted C.
    Restricted,
    /// [`generate`].
    Wide,
}

/// What is counted.
#[derive(Default)]
struct Summary {
    counts: BTreeMap<String, usize>,
    mismatches: Vec<String>,
    /// Traps that no sanitizer saw, though it should.
    unseen: Vec<String>,
}

impl Summary {
    fn count(&mut self, what: impl Into<String>) {
        self.add_count(what, 1);
    }

    fn add_count(&mut self, what: impl Into<String>, count: usize) {
        *self.counts.entry(what.into()).or_default() += count;
    }

    fn get(&self, what: &str) -> usize {
        self.counts.get(what).copied().unwrap_or(0)
    }

    fn add(&mut self, other: Self) {
        other.counts.into_iter().for_each(|(what, count)| self.add_count(what, count));
        self.mismatches.extend(other.mismatches);
        self.unseen.extend(other.unseen);
    }
}

/// A batch of programs on the engines.
fn engines(kind: Kind, numbers: std::ops::Range<usize>, summary: &mut Summary) {
    let mut engines = Engines::default();
    for number in numbers {
        summary.count("programs");
        let case = match Case::sampled(kind, number) {
            Ok(case) => case,
            // Without the names.
            Err(message) => {
                summary.count(format!("rejected: {}", message.split('`').step_by(2).collect::<String>()));
                continue;
            }
        };
        for tried in &case.runs {
            summary.count("inputs");
            summary.count(match tried.run.outcome {
                Outcome::Returned(_) => "returned".to_owned(),
                Outcome::Trapped(trap) => format!("trapped: {}", trap.kind.name()),
                Outcome::OutOfFuel => "out of fuel".to_owned(),
            });
        }
        if engines.differ(&case).is_some() {
            summary.count("mismatches");
            summary.mismatches.push(smallest(&mut engines, &case));
        }
    }
    let stats = engines.stats();
    let counts = [
        ("inputs in lanes that ran alone for a part", stats.diverged),
        ("inputs in lanes that the interpreter ran", stats.interpreted),
    ];
    counts.into_iter().for_each(|(what, count)| summary.add_count(what, count as usize));
}

fn smallest(engines: &mut Engines, case: &Case) -> String {
    let mut wrong = |text: &str| engines.differ(&case.with_source(text)?);
    let text = reduce::reduce(&case.source, TRIES, |text| wrong(text).is_some());
    wrong(&text).map_or_else(|| format!("not every time:\n{}", case.source), |told| format!("{told}\n{text}"))
}

/// All programs of a kind, in batches on all cores.
fn all(kind: Kind, programs: usize, batch: fn(Kind, std::ops::Range<usize>, &mut Summary)) -> Summary {
    let batches = programs.div_ceil(BATCH);
    let next = AtomicUsize::new(0);
    let total = Mutex::new(Summary::default());
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    let start = Instant::now();
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= batches {
                break;
            }
            let mut summary = Summary::default();
            batch(kind, number * BATCH..programs.min((number + 1) * BATCH), &mut summary);
            let mut total = total.lock().expect("no thread panicked");
            total.add(summary);
            if batches >= TELL && (number + 1).is_multiple_of(TELL) {
                let (done, seconds) = ((number + 1) * BATCH, start.elapsed().as_secs_f64());
                let left = seconds / done as f64 * (programs.saturating_sub(done)) as f64;
                let wrong = total.get("mismatches");
                println!("{kind:?}: {done} of {programs} programs, {wrong} mismatches, {left:.0} s to go");
            }
        }
    };
    std::thread::scope(|scope| (0..cores.min(batches)).for_each(|_| drop(scope.spawn(work))));
    let total = total.into_inner().expect("no thread panicked");
    println!("{kind:?}, {:.0} s:", start.elapsed().as_secs_f64());
    total.counts.iter().for_each(|(what, count)| println!("{count:>9} {what}"));
    println!("{:>9} mismatches", total.get("mismatches"));
    total
}

/// A number of programs from the environment.
fn programs(variable: &str, default: usize) -> usize {
    std::env::var(variable)
        .map_or(default, |number| number.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}

fn shown(cases: &[String]) -> String {
    cases[..cases.len().min(SHOWN)].join("\n\n")
}

fn engines_agree(kind: Kind) {
    let programs = programs("IOCC_DIFFERENTIAL_PROGRAMS", 1_500);
    let total = all(kind, programs, engines);
    assert!(total.mismatches.is_empty(), "{}", shown(&total.mismatches));
    // So that a broken generator does not pass for agreement.
    let traps = total.counts.keys().filter(|what| what.starts_with("trapped")).count();
    assert!(total.get("returned") > programs && traps >= 1 && total.get("out of fuel") > 0, "{:?}", total.counts);
    let alone = total.get("inputs in lanes that the interpreter ran");
    let most = if kind == Kind::Restricted { 0 } else { total.get("inputs") * 3 / 4 };
    assert!(alone <= most && total.get("inputs in lanes that ran alone for a part") > 0, "{:?}", total.counts);
}

#[test]
fn engines_agree_on_restricted_c() {
    engines_agree(Kind::Restricted);
}

#[test]
fn engines_agree_on_the_whole_subset() {
    engines_agree(Kind::Wide);
}

fn gcc_agrees(kind: Kind) {
    if !gcc::is_here() {
        eprintln!("SKIPPED: gcc with its sanitizers is not installed, so the interpreter was compared with nothing");
        return;
    }
    let programs = programs("IOCC_DIFFERENTIAL_GCC", 150);
    let total = all(kind, programs, judge::batch);
    assert!(total.mismatches.is_empty(), "{}", shown(&total.mismatches));
    // gcc folds some comparisons of products (`4 * x >= 1`) and sums of constants (`-3 + (2147483645 + (x + 1))`) before
    // it puts its checks in, and then sees no overflow on any input; but in few programs.
    let folded: BTreeSet<&str> = total.unseen.iter().filter_map(|case| case.splitn(4, '\n').nth(3)).collect();
    println!("{:>9} programs with traps that no sanitizer saw", folded.len());
    assert!(folded.len() <= 2 + programs / 200, "traps without need: {}", shown(&total.unseen));
    // So that a broken generator does not pass for agreement.
    assert!(total.get("compared, Optimised") > programs, "too few runs were compared");
    assert_eq!(total.get("compared, Sanitised"), total.get("compared, Optimised"));
}

#[test]
fn gcc_agrees_on_restricted_c() {
    gcc_agrees(Kind::Restricted);
}

#[test]
fn gcc_agrees_on_the_whole_subset() {
    gcc_agrees(Kind::Wide);
}

/// What is reported is small: of a program that traps where it divides, little more than the division is left.
#[test]
fn failing_programs_are_made_small() {
    let divides = |case: &Case| {
        let traps =
            |outcome: &Outcome| matches!(outcome, Outcome::Trapped(trap) if trap.kind.name() == "divide_by_zero");
        case.runs.iter().any(|tried| traps(&tried.run.outcome))
    };
    let cases = (0..400).filter_map(|number| Case::sampled(Kind::Wide, number).ok()).filter(divides).take(5);
    let mut lengths = Vec::new();
    for case in cases {
        let small =
            reduce::reduce(&case.source, TRIES, |text| case.with_source(text).is_some_and(|case| divides(&case)));
        assert!(small.contains(['/', '%']), "{small}");
        lengths.push((case.source.len(), small.len()));
        println!("{small}\n");
    }
    assert!(lengths.len() == 5 && lengths.iter().all(|(_, small)| *small < 250), "{lengths:?}");
}

/// One of these, for the generator too.
fn pick<T: Copy>(rng: &mut impl Rng, from: &[T]) -> T {
    from[rng.random_range(0..from.len())]
}
