//! The interpreter against gcc. Programs come from the sampler of restricted C and from a generator of the whole
//! subset ([`generate`]); gcc compiles them with -O2 and with its sanitizers. Two things are required:
//!
//! - A run that returns here gives the same arrays and the same value under -O2 and under the sanitizers.
//! - A run that a sanitizer stops traps here.
//!
//! `IOCC_DIFFERENTIAL_PROGRAMS` is the number of programs of each kind (150 by default).

mod gcc;
mod generate;

use gcc::{Build, State};
use iocc::exec::interp::{Interpreter, Stop};
use iocc::exec::jit::{Jit, RowArgument};
use iocc::exec::lockstep::Lockstep;
use iocc::exec::{Argument, Engine, Outcome, Run, SYNTHESIS_FUEL};
use iocc::ir::{FunctionId, TrapKind};
use iocc::lang::c::{self, ast};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Programs a C file.
const BATCH: usize = 200;
/// Inputs a program.
const INPUTS: usize = 6;
const SEED: u64 = 20_261_121;
/// More programs than this show their progress.
const LONG: usize = 2_000;
/// Mismatches that are printed in full.
const SHOWN: usize = 5;

/// Where programs come from.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// The sampler of restricted C.
    Restricted,
    /// [`generate`].
    Wide,
}

/// A program with what it did here; its entry is its last function.
struct Case {
    source: String,
    entry: ast::Function,
    runs: Vec<Tried>,
}

/// One input and what the interpreter made of it.
struct Tried {
    input: Vec<Argument>,
    run: Run,
    /// The arguments after the run.
    output: Vec<Argument>,
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
        *self.counts.entry(what.into()).or_default() += 1;
    }

    fn add(&mut self, other: Self) {
        for (what, count) in other.counts {
            *self.counts.entry(what).or_default() += count;
        }
        self.mismatches.extend(other.mismatches);
        self.unseen.extend(other.unseen);
    }
}

/// The program of a kind and a number: its functions' names hold the number, so that many fit into one C file.
fn program(kind: Kind, number: usize, rng: &mut Xoshiro256PlusPlus) -> ast::Program {
    match kind {
        Kind::Restricted => {
            let mut program = iocc::sample::c::Sampler::default().program(rng);
            program.functions[0].name = format!("func_{number}").as_str().into();
            program
        }
        Kind::Wide => generate::program(rng, number),
    }
}

/// Compiles a program and runs it here, or says why it is no program of the subset.
fn case(kind: Kind, number: usize) -> Result<Case, String> {
    let stream = iocc::sample::mix(SEED ^ ((kind as u64) << 40) ^ number as u64);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(stream);
    let program = program(kind, number, &mut rng);
    let source = c::print(&program);
    let ir = match std::panic::catch_unwind(|| c::compile(&source)).unwrap_or_else(|_| panic!("on\n{source}")) {
        Ok(ir) => ir,
        Err(errors) => return Err(errors[0].message.clone()),
    };
    if let Err(errors) = iocc::ir::verify(&ir) {
        panic!("the IR of this program is broken: {errors:?}\n{source}\n{}", iocc::ir::print(&ir));
    }
    let function = FunctionId(ir.functions.len() as u32 - 1);
    let entry = program.functions.last().expect("a program has a function").clone();
    let mut interpreter = Interpreter::new(&ir);
    let mut runs: Vec<Tried> = (0..INPUTS)
        .map(|_| {
            let input = generate::input(&mut rng, &entry, kind == Kind::Restricted);
            let mut output = input.clone();
            let run = interpreter.run(function, &mut output, SYNTHESIS_FUEL);
            Tried { input, run, output }
        })
        .collect();
    // What may write where it should not comes last, so that it spoils no other result.
    runs.sort_by_key(|tried| !matches!(tried.run.outcome, Outcome::Returned(_)));
    Ok(Case { source, entry, runs })
}

/// Runs a batch of cases under gcc, and compares.
fn batch(kind: Kind, numbers: std::ops::Range<usize>) -> Summary {
    let mut summary = Summary::default();
    let mut cases = Vec::new();
    for number in numbers {
        summary.count("programs");
        match case(kind, number) {
            Ok(case) => cases.push(case),
            // Without the names.
            Err(message) => summary.count(format!("rejected: {}", message.split('`').step_by(2).collect::<String>())),
        }
    }
    for case in &cases {
        for tried in &case.runs {
            summary.count("inputs");
            summary.count(match tried.run.outcome {
                Outcome::Returned(_) => "returned".to_owned(),
                Outcome::Trapped(trap) => format!("trapped: {}", trap.kind.name()),
                Outcome::OutOfFuel => "out of fuel".to_owned(),
            });
        }
    }
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for build in [Build::Optimised, Build::Sanitised] {
        // Endless loops are not run at all, what trapped only where a sanitizer watches.
        let wanted = |tried: &Tried| match tried.run.outcome {
            Outcome::Returned(_) => true,
            Outcome::Trapped(_) => build == Build::Sanitised,
            Outcome::OutOfFuel => false,
        };
        let chosen = |(number, case): (usize, &Case)| {
            (0..case.runs.len()).filter(|run| wanted(&case.runs[*run])).map(|run| (number, run)).collect::<Vec<_>>()
        };
        let runs: Vec<(usize, usize)> = cases.iter().enumerate().flat_map(chosen).collect();
        let results = gcc::run(build, &cases, &runs, folder.path());
        for ((number, run), result) in runs.into_iter().zip(results) {
            compare(build, &cases[number], &cases[number].runs[run], &result, &mut summary);
        }
    }
    summary
}

/// Compares one run with gcc's.
fn compare(build: Build, case: &Case, tried: &Tried, theirs: &gcc::Ran, summary: &mut Summary) {
    let wrong = match (&tried.run.outcome, theirs.state) {
        (Outcome::Returned(values), State::Returned) => {
            summary.count(format!("compared, {build:?}"));
            let value = values.first().map_or(0, |value| match case.entry.returns {
                ast::ReturnType::IntPointer => value >> 32,
                _ => *value,
            });
            value != i64::from(theirs.value) || tried.output != theirs.output
        }
        (Outcome::Returned(_), _) => true,
        (Outcome::Trapped(trap), State::Stopped) => {
            summary.count(format!("sanitizer report: {}", trap.kind.name()));
            false
        }
        (Outcome::Trapped(trap), _) => {
            summary.count(format!("no sanitizer report: {}", trap.kind.name()));
            if must_be_seen(trap.kind) {
                summary.unseen.push(describe(build, case, tried, theirs));
            }
            false
        }
        (Outcome::OutOfFuel, _) => unreachable!("endless loops are not run"),
    };
    if wrong {
        summary.count("mismatches");
        summary.mismatches.push(describe(build, case, tried, theirs));
    }
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

/// All programs of a kind, in batches on all cores.
fn all(kind: Kind, programs: usize) -> Summary {
    let batches = programs.div_ceil(BATCH);
    let next = AtomicUsize::new(0);
    let total = Mutex::new(Summary::default());
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    std::thread::scope(|scope| {
        for _ in 0..cores.min(batches) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= batches {
                        break;
                    }
                    let summary = batch(kind, number * BATCH..programs.min((number + 1) * BATCH));
                    let mut total = total.lock().expect("no thread panicked");
                    total.add(summary);
                    if programs > LONG {
                        let count = |what: &str| total.counts.get(what).copied().unwrap_or(0);
                        let (programs, returned, wrong) = (count("programs"), count("returned"), count("mismatches"));
                        println!("{kind:?}: {programs} programs, {returned} runs returned, {wrong} mismatches");
                    }
                }
            });
        }
    });
    let total = total.into_inner().expect("no thread panicked");
    println!("{kind:?}:");
    total.counts.iter().for_each(|(what, count)| println!("{count:>9} {what}"));
    total
}

fn check(kind: Kind) {
    if !gcc::is_here() {
        eprintln!("SKIPPED: gcc with its sanitizers is not installed, so the interpreter was compared with nothing");
        return;
    }
    let programs = match std::env::var("IOCC_DIFFERENTIAL_PROGRAMS") {
        Ok(number) => number.parse().expect("IOCC_DIFFERENTIAL_PROGRAMS is a number"),
        Err(_) => 150,
    };
    let total = all(kind, programs);
    let shown = |cases: &[String]| cases[..cases.len().min(SHOWN)].join("\n\n");
    assert!(total.mismatches.is_empty(), "{}", shown(&total.mismatches));
    if !total.unseen.is_empty() {
        println!("traps that no sanitizer saw:\n{}", shown(&total.unseen));
    }
    // gcc folds some comparisons of products (`4 * x >= 1`) and sums of constants (`-3 + (2147483645 + (x + 1))`) before
    // it puts its checks in, and then sees no overflow on any input; but in few programs.
    let folded: BTreeSet<&str> = total.unseen.iter().filter_map(|case| case.splitn(4, '\n').nth(3)).collect();
    assert!(folded.len() <= 2 + programs / 200, "traps without need: {}", shown(&total.unseen));
    let count = |what: &str| total.counts.get(what).copied().unwrap_or(0);
    // So that a broken generator does not pass for agreement.
    assert!(count("compared, Optimised") > programs, "too few runs were compared");
    assert_eq!(count("compared, Optimised"), count("returned"));
    assert_eq!(count("compared, Sanitised"), count("returned"));
}

/// Lanes and the interpreter, likewise; inputs of one shape run together.
#[test]
fn lanes_agree_with_the_interpreter() {
    let programs = match std::env::var("IOCC_DIFFERENTIAL_PROGRAMS") {
        Ok(number) => number.parse().expect("IOCC_DIFFERENTIAL_PROGRAMS is a number"),
        Err(_) => 1500,
    };
    for kind in [Kind::Restricted, Kind::Wide] {
        let mut lockstep = Lockstep::new();
        for number in 0..programs {
            let Ok(case) = case(kind, number) else { continue };
            let ir = c::compile(&case.source).expect("it compiled before");
            let function = FunctionId(ir.functions.len() as u32 - 1);
            let mut shapes = BTreeMap::<Vec<usize>, Vec<&Tried>>::new();
            for tried in &case.runs {
                shapes.entry(lengths(&tried.input)).or_default().push(tried);
            }
            for tried in shapes.values() {
                let shape: Vec<RowArgument> = tried[0].input.iter().map(row_argument).collect();
                let mut rows: Vec<i32> = tried.iter().flat_map(|tried| row(&tried.input)).collect();
                let mut runs = Vec::new();
                lockstep.run_rows(&ir, function, &shape, &mut rows, SYNTHESIS_FUEL, |_, run| runs.push(run));
                let width = rows.len() / tried.len();
                for (number, tried) in tried.iter().enumerate() {
                    let message = || format!("on {:?}\n{}", tried.input, case.source);
                    let Some(run) = runs.get(number) else { continue };
                    assert_eq!(run.fuel, tried.run.fuel, "{}", message());
                    match &tried.run.outcome {
                        Outcome::Returned(values) => {
                            let returned = values.first().copied().unwrap_or(0);
                            assert_eq!((run.stop, run.returned), (Stop::Returned, returned), "{}", message());
                            assert_eq!(rows[number * width..(number + 1) * width], row(&tried.output), "{}", message());
                        }
                        Outcome::Trapped(trap) => assert_eq!(run.stop, Stop::Trapped(*trap), "{}", message()),
                        Outcome::OutOfFuel => assert_eq!(run.stop, Stop::OutOfFuel, "{}", message()),
                    }
                }
            }
        }
        let stats = lockstep.stats();
        println!("{kind:?}: {stats:?}");
        let least = if kind == Kind::Restricted { stats.inputs } else { stats.inputs / 4 };
        assert!(stats.inputs - stats.interpreted >= least, "{stats:?}");
        assert!(stats.diverged > 0, "{stats:?}");
    }
}

fn lengths(arguments: &[Argument]) -> Vec<usize> {
    arguments.iter().map(|argument| if let Argument::Array(values) = argument { values.len() } else { 0 }).collect()
}

fn row_argument(argument: &Argument) -> RowArgument {
    match argument {
        Argument::Scalar(_) => RowArgument::Scalar,
        Argument::Array(values) => RowArgument::Array(values.len() as u32),
    }
}

fn row(arguments: &[Argument]) -> Vec<i32> {
    let numbers = |argument: &Argument| match argument {
        Argument::Scalar(value) => vec![*value as i32],
        Argument::Array(values) => values.clone(),
    };
    arguments.iter().flat_map(numbers).collect()
}

/// Compiled code and the interpreter, on as many programs as a second or two allows.
#[test]
fn compiled_code_agrees_with_the_interpreter() {
    let programs = match std::env::var("IOCC_DIFFERENTIAL_PROGRAMS") {
        Ok(number) => number.parse().expect("IOCC_DIFFERENTIAL_PROGRAMS is a number"),
        Err(_) => 1500,
    };
    let mut jit = None;
    let mut counts = BTreeMap::<String, usize>::new();
    for kind in [Kind::Restricted, Kind::Wide] {
        for number in 0..programs {
            let Ok(case) = case(kind, number) else { continue };
            let ir = c::compile(&case.source).expect("it compiled before");
            let jit = match &mut jit {
                None => jit.insert(Jit::new(&ir).expect("there is machine code for it")),
                Some(jit) => {
                    jit.load(&ir).expect("there is machine code for it");
                    jit
                }
            };
            let function = FunctionId(ir.functions.len() as u32 - 1);
            for tried in &case.runs {
                let mut output = tried.input.clone();
                let run = jit.run(function, &mut output, SYNTHESIS_FUEL);
                assert_eq!(
                    run, tried.run,
                    "compiled code, then the interpreter, on {:?}\n{}",
                    tried.input, case.source
                );
                let outcome = match run.outcome {
                    Outcome::Returned(_) => {
                        assert_eq!(output, tried.output, "on {:?}\n{}", tried.input, case.source);
                        "returned".to_owned()
                    }
                    Outcome::Trapped(trap) => trap.kind.name().to_owned(),
                    Outcome::OutOfFuel => "out of fuel".to_owned(),
                };
                *counts.entry(outcome).or_default() += 1;
            }
        }
    }
    println!("compiled code and the interpreter agree on {counts:?}");
    assert!(counts.len() >= 6 && counts["returned"] > programs && counts["out of fuel"] > 0, "{counts:?}");
}

#[test]
fn restricted_c_agrees_with_gcc() {
    check(Kind::Restricted);
}

#[test]
fn the_whole_subset_agrees_with_gcc() {
    check(Kind::Wide);
}

/// A number in a range, for the generator too.
fn pick<T: Copy>(rng: &mut impl Rng, from: &[T]) -> T {
    from[rng.random_range(0..from.len())]
}
