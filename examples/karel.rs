//! Karel tasks whose programs people's tools made: corpus/karel/real_programs.txt, 250 programs of the public data set.
//!
//!     cargo run --release --example karel -- tasks --seed 1 --sets 8 > tasks.jsonl
//!     cargo run --release --example karel -- measure --seed 1 --sets 8
//!     cargo run --release --features torch --example karel -- measure --method model --model models/karel.safetensors
//!
//! The programs of even lines are for tests, those of odd lines (`--odd`) for whoever tunes. Each gets several sets of
//! worlds; a set is a task, with five examples given and one held out. `measure` lets a method (`--method`) look for
//! programs, by plain search alone or with a model too (`--model`, a file or a checkpoint), and tells how many tasks are
//! solved and how many of the programs found are right on the sixth example too, with 95 % intervals from resampling whole
//! programs: sets of worlds of one program have much in common; and how many are the source itself. `--failures` shows
//! what was found in place of the source where that is wrong. `--every N` takes each N-th program alone.

use iocc::lang::karel::ast::Form;
use iocc::lang::karel::{parse, print};
use iocc::sample::karel::{Sampler, tokens};
use iocc::synth::verify::Provable;
use iocc::synth::{Method, Options, Synthesis, synthesize};
use iocc::task::AnyTask;
use iocc::task::karel::{Example, Task};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;

const GIVEN: usize = 5;
const HELD_OUT: usize = 1;
const RESAMPLES: usize = 10_000;
/// Programs with up to so many tokens stand in one row.
const LENGTHS: [usize; 5] = [8, 11, 14, 17, usize::MAX];

type Random = Xoshiro256PlusPlus;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| arguments.iter().position(|it| it == name).and_then(|at| arguments.get(at + 1));
    let seed = value("--seed").map_or(Ok(1), |seed| seed.parse())?;
    let sets = value("--sets").map_or(Ok(8), |sets| sets.parse())?;
    let seconds = value("--seconds").map_or(Ok(10.0), |seconds| seconds.parse())?;
    let odd = arguments.iter().any(|it| it == "--odd");
    let every = value("--every").map_or(Ok(1), |every| every.parse())?;
    let programs: Vec<Real> = programs(odd, sets, seed)?.into_iter().step_by(every).collect();
    let method = value("--method").map_or(Ok(Method::Default), |method| method.parse())?;
    let beam = value("--beam").map_or(Ok(64), |beam| beam.parse())?;
    let time_limit = Duration::try_from_secs_f64(seconds)?;
    let options = Options { method, beam, time_limit, ..Options::default() };
    let model = value("--model").map(PathBuf::from);
    match arguments.first().map(String::as_str) {
        Some("tasks") => programs.iter().flat_map(|it| &it.tasks).for_each(|task| println!("{}", task.to_json())),
        Some("measure") => {
            measure(&programs, &options, model.as_deref(), arguments.iter().any(|it| it == "--failures"))
        }
        _ => {
            let usage = "usage: karel tasks|measure [--odd] [--seed S] [--sets N] [--seconds T] [--failures] [--every N] \
                         [--method default|model|enumerate] [--model PATH] [--beam N]";
            return Err(usage.into());
        }
    }
    Ok(())
}

/// A program and its tasks.
struct Real {
    tokens: usize,
    tasks: Vec<Task>,
}

/// The programs of every other line, each with its sets of worlds.
fn programs(odd: bool, sets: usize, seed: u64) -> Result<Vec<Real>, Box<dyn Error>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/karel/real_programs.txt");
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let lines: Vec<(usize, &str)> =
        (1..).zip(text.lines()).filter(|(number, _)| number % 2 == usize::from(odd)).collect();
    let sampler = Sampler { examples: GIVEN + HELD_OUT };
    let real = |(number, line): &(usize, &str)| {
        let program = parse(line).map_err(|errors| format!("{path}:{number}: {}", errors[0].message))?;
        let task = |set: usize| {
            let mut rng = Random::seed_from_u64(seed << 32 | (number * 1000 + set) as u64);
            let pairs = sampler.examples_of(&program, &mut rng)?;
            let mut examples: Vec<Example> =
                pairs.into_iter().map(|(input, output)| Example { input, output }).collect();
            let held_out = examples.split_off(GIVEN);
            let source = Some(print(&program, Form::Tokens));
            Some(Task { id: format!("real-{number}-{set}"), examples, held_out, source })
        };
        Ok(Real { tokens: tokens(&program), tasks: (0..sets).filter_map(task).collect() })
    };
    let programs: Result<Vec<Real>, String> = lines.par_iter().map(real).collect();
    Ok(programs?)
}

/// What became of a program's tasks.
struct Tally {
    tokens: usize,
    tasks: usize,
    solved: usize,
    right: usize,
    exact: usize,
    seconds: Vec<f64>,
}

/// What searches, for one thread.
#[cfg(feature = "torch")]
struct Searcher(Option<iocc::synth::Network>);

#[cfg(feature = "torch")]
impl Searcher {
    fn new(model: Option<&Path>) -> Self {
        let load = |path| iocc::synth::Network::load(path).unwrap_or_else(|error| panic!("{error}"));
        Self(model.map(load))
    }

    fn synthesize(&self, task: &Task, options: &Options) -> Synthesis {
        let learned = self.0.as_ref().map(iocc::synth::Network::learned).unwrap_or_default();
        synthesize(&AnyTask::Karel(task.clone()), &learned, options).unwrap_or_else(|error| panic!("{error}"))
    }
}

/// What searches: without libtorch no model.
#[cfg(not(feature = "torch"))]
struct Searcher;

#[cfg(not(feature = "torch"))]
impl Searcher {
    fn new(model: Option<&Path>) -> Self {
        assert!(model.is_none(), "models need the feature `torch`");
        Self
    }

    fn synthesize(&self, task: &Task, options: &Options) -> Synthesis {
        let learned = iocc::synth::Learned::default();
        synthesize(&AnyTask::Karel(task.clone()), &learned, options).unwrap_or_else(|error| panic!("{error}"))
    }
}

fn measure(programs: &[Real], options: &Options, model: Option<&Path>, failures: bool) {
    let try_all = |searcher: &mut Searcher, real: &Real| {
        let (tokens, tasks) = (real.tokens, real.tasks.len());
        let mut tally = Tally { tokens, tasks, solved: 0, right: 0, exact: 0, seconds: Vec::new() };
        for task in &real.tasks {
            let synthesis = searcher.synthesize(task, options);
            tally.seconds.push(synthesis.time.as_secs_f64());
            let Some(solution) = synthesis.solutions.first() else { continue };
            tally.solved += 1;
            let (_, held_out) = task.matched(&solution.program).expect("it was just proven");
            let right = held_out == task.held_out.len();
            tally.right += usize::from(right);
            tally.exact += usize::from(task.source.as_ref() == Some(&solution.program));
            if failures && !right {
                println!(
                    "{}: {}\n    source: {}",
                    task.id,
                    solution.program,
                    task.source.as_deref().unwrap_or_default()
                );
            }
        }
        tally
    };
    let tallies: Vec<Tally> = programs.par_iter().with_max_len(1).map_init(|| Searcher::new(model), try_all).collect();
    let without: usize = tallies.iter().filter(|tally| tally.tasks == 0).count();
    let Options { method, time_limit, .. } = options;
    println!("{method}: {} programs, for {without} of them no worlds were found; {time_limit:?} a task", tallies.len());
    println!(
        "| source | tasks | solved | right on the sixth (95 %) | exact | median, 90 % of the times |\n\
         |---|---|---|---|---|---|"
    );
    let mut from = 0;
    for to in LENGTHS {
        let some: Vec<&Tally> = tallies.iter().filter(|tally| (from..=to).contains(&tally.tokens)).collect();
        let name = if to == usize::MAX { format!("{from} tokens and more") } else { format!("{from} to {to} tokens") };
        row(&name, &some);
        from = to.saturating_add(1);
    }
    row("all", &tallies.iter().collect::<Vec<_>>());
}

fn row(name: &str, tallies: &[&Tally]) {
    let sum = |what: fn(&Tally) -> usize| tallies.iter().map(|tally| what(tally)).sum::<usize>();
    let tasks = sum(|tally| tally.tasks);
    if tasks == 0 {
        return;
    }
    let percent = |count: usize| 100.0 * count as f64 / tasks as f64;
    let mut seconds: Vec<f64> = tallies.iter().flat_map(|tally| &tally.seconds).copied().collect();
    seconds.sort_by(f64::total_cmp);
    let quantile = |share: f64| seconds[(share * (seconds.len() - 1) as f64) as usize];
    let (low, high) = interval(tallies);
    println!(
        "| {name} | {tasks} | {:.1} % | {:.1} % ({low:.1} to {high:.1}) | {:.1} % | {:.2} s, {:.2} s |",
        percent(sum(|tally| tally.solved)),
        percent(sum(|tally| tally.right)),
        percent(sum(|tally| tally.exact)),
        quantile(0.5),
        quantile(0.9)
    );
}

/// The share of what is right, in per cent, in 95 % of resamples of the programs.
fn interval(tallies: &[&Tally]) -> (f64, f64) {
    let mut rng = Random::seed_from_u64(0);
    let mut resample = |_| {
        let drawn = (0..tallies.len()).map(|_| tallies[rng.random_range(0..tallies.len())]);
        let (right, tasks) = drawn.fold((0, 0), |sum, tally| (sum.0 + tally.right, sum.1 + tally.tasks));
        100.0 * right as f64 / tasks.max(1) as f64
    };
    let mut shares: Vec<f64> = (0..RESAMPLES).map(&mut resample).collect();
    shares.sort_by(f64::total_cmp);
    (shares[RESAMPLES / 40], shares[RESAMPLES - 1 - RESAMPLES / 40])
}
