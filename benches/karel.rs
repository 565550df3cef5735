//! Karel: runs of the public programs (corpus/karel/real_programs.txt) a second and core, by each engine and by a
//! straightforward interpreter in Python (benches/peers/karel.py), in worlds in which they return. Prints rates and
//! ratios of this run. `cargo bench --bench karel`.

use iocc::exec::batch::{Batch, Choice};
use iocc::exec::interp::{Interpreter, Stop};
use iocc::exec::jit::{Effort, Jit};
use iocc::exec::karel::{Rows, run_worlds};
use iocc::ir::{self, FunctionId};
use iocc::lang::karel::{self, LowerOptions, TICKS, World, public};
use iocc::sample;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde_json::{Value, json};
use std::hint::black_box;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Different worlds of each program, at most.
const WORLDS: usize = 64;
/// Worlds of each program for a task's examples.
const FEW: usize = 6;
/// Worlds of each program where speed alone counts.
const MANY: usize = 1_024;
/// Worlds of about one size that are run together there, and where there are few.
const GROUP: usize = 64;
const SMALL_GROUP: usize = 16;
/// Times that everything is measured; the median counts.
const ROUNDS: usize = 7;

struct Program {
    source: String,
    lowered: ir::Program,
    worlds: Vec<World>,
    few: Vec<Rows>,
    /// Its worlds, each once.
    each: Vec<Rows>,
    many: Vec<Rows>,
}

fn programs() -> Vec<Program> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/karel/real_programs.txt");
    let text = std::fs::read_to_string(path).expect("the programs are readable");
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
    let read = |source: &str| {
        let program = karel::parse(source).expect("it is Karel");
        let worlds = sample::karel::worlds(&program, WORLDS, &mut rng);
        // A row has the width of the largest world beside it.
        let cycled = |count: usize, group: usize| {
            let mut worlds: Vec<&World> = worlds.iter().cycle().take(count).collect();
            worlds.sort_by_key(|world| world.words().len());
            worlds.chunks(group).map(|group| Rows::new(group.iter().copied())).collect()
        };
        Program {
            source: source.to_owned(),
            lowered: karel::lower(&program, LowerOptions::default()),
            few: cycled(FEW, GROUP),
            each: cycled(worlds.len(), SMALL_GROUP),
            many: cycled(MANY, GROUP),
            worlds,
        }
    };
    text.lines().map(read).filter(|program| !program.worlds.is_empty()).collect()
}

/// Runs a second, the median of some rounds.
fn rate(mut round: impl FnMut() -> usize) -> f64 {
    round();
    let mut rates: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            let runs = round();
            runs as f64 / start.elapsed().as_secs_f64()
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    rates[ROUNDS / 2]
}

/// The interpreter, each program prepared once, in worlds of their own sizes.
fn interpreted(programs: &[Program]) -> f64 {
    let mut engines: Vec<Interpreter> = programs.iter().map(|program| Interpreter::new(&program.lowered)).collect();
    let mut words = Vec::new();
    rate(|| {
        let mut runs = 0;
        for (engine, program) in engines.iter_mut().zip(programs) {
            for world in &program.worlds {
                words.clear();
                words.extend_from_slice(world.words());
                runs += usize::from(engine.run_array(FunctionId(0), black_box(&mut words), TICKS) == Stop::Returned);
            }
        }
        runs
    })
}

/// Runs a compiled program in some worlds; gives how many runs that were.
fn run_groups(engine: &mut Jit, groups: &[Rows], rows: &mut Rows) -> usize {
    let mut runs = 0;
    for group in groups {
        rows.run_compiled(black_box(group), engine, TICKS, |_, _, _| runs += 1);
    }
    runs
}

/// Machine code, each program compiled once; it runs so many times in some worlds.
fn compiled(programs: &[Program], groups_of: fn(&Program) -> &[Rows], times: usize) -> f64 {
    let compile = |program: &Program| Jit::with_effort(&program.lowered, Effort::Full).expect("it compiles");
    let mut engines: Vec<Jit> = programs.iter().map(compile).collect();
    let mut rows = Rows::default();
    rate(|| {
        let mut runs = 0;
        for (engine, program) in engines.iter_mut().zip(programs) {
            for _ in 0..times {
                runs += run_groups(engine, groups_of(program), &mut rows);
            }
        }
        runs
    })
}

/// A batch that gets each program as IR, or as text: preparing and compiling count.
fn batch(programs: &[Program], choice: Choice, rows_of: fn(&Program) -> &[Rows], from_text: bool) -> f64 {
    let mut batch = Batch::new(choice);
    let mut rows = Rows::default();
    rate(|| {
        let mut runs = 0;
        for program in programs {
            let lowered = from_text.then(|| karel::compile(&program.source).expect("it is Karel"));
            let lowered = lowered.as_ref().unwrap_or(&program.lowered);
            for group in rows_of(program) {
                rows.copy_from(group);
                rows.run(&mut batch, lowered, TICKS, |_, _, _| runs += 1);
            }
        }
        runs
    })
}

/// Machine code that is made anew for each program: compiling counts.
fn fresh(programs: &[Program]) -> f64 {
    let mut engine: Option<Jit> = None;
    let mut rows = Rows::default();
    rate(|| {
        let mut runs = 0;
        for program in programs {
            let engine = match &mut engine {
                Some(engine) => {
                    engine.load(&program.lowered).expect("it compiles");
                    engine
                }
                none => none.insert(Jit::with_effort(&program.lowered, Effort::Quick).expect("it compiles")),
            };
            runs += run_groups(engine, &program.many, &mut rows);
        }
        runs
    })
}

/// Python's rate, in the same worlds; its outputs must be ours.
fn python(programs: &[Program]) -> Option<f64> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/karel.py");
    let task = |program: &Program| json!({"tokens": program.source, "worlds": program.worlds.iter().map(public::to_json).collect::<Vec<_>>()});
    let job = json!({"repeat": 3, "programs": programs.iter().map(task).collect::<Vec<_>>()});
    let spawned = Command::new("python3").arg(path).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = spawned.ok()?;
    let mut stdin = child.stdin.take().expect("it is piped");
    let writer = std::thread::spawn(move || stdin.write_all(job.to_string().as_bytes()));
    let output = child.wait_with_output().ok()?;
    writer.join().expect("it only writes").ok()?;
    let told: Value = serde_json::from_slice(&output.stdout).expect("the peer writes JSON");
    let mut outputs = told["outputs"].as_array().expect("a list").iter();
    for program in programs {
        let after = run_worlds(&mut Batch::default(), &program.lowered, &program.worlds, TICKS);
        for (after, python) in after.iter().zip(&mut outputs) {
            let after = after.as_ref().map(public::to_json);
            let shown = after.map_or(Value::Null, |fields| {
                let mut markers: Vec<&str> = fields["markers"].as_str().expect("a text").split_whitespace().collect();
                markers.sort_unstable();
                json!([fields["hero"], markers.join(" ")])
            });
            assert_eq!(shown, *python, "{}", program.source);
        }
    }
    Some(told["runs"].as_f64()? / told["seconds"].as_f64()?)
}

fn main() {
    let programs = programs();
    let worlds: usize = programs.iter().map(|program| program.worlds.len()).sum();
    let mut ticks = 0;
    for program in &programs {
        for mut rows in program.few.clone() {
            rows.run(&mut Batch::default(), &program.lowered, TICKS, |_, _, fuel| ticks += fuel);
        }
    }
    let mean = ticks as f64 / (programs.len() * FEW) as f64;
    println!("{} programs, {worlds} worlds, {mean:.1} ticks a run; one core", programs.len());
    let python = python(&programs);
    let rates = [
        ("interpreter, programs prepared", interpreted(&programs)),
        ("machine code, programs compiled", compiled(&programs, |program| &program.many, 1)),
        // The 1,024 worlds of a program are 64 ones over and over; those that lie in memory once come from a cache.
        ("the same, 16 times in 64 worlds", compiled(&programs, |program| &program.each, MANY / WORLDS)),
        ("batch, 6 worlds, from IR", batch(&programs, Choice::Auto, |program| &program.few, false)),
        ("batch, 6 worlds, from text", batch(&programs, Choice::Auto, |program| &program.few, true)),
        ("interpreter, 6 worlds, from IR", batch(&programs, Choice::Interpreter, |program| &program.few, false)),
        ("machine code, 1,024 worlds, from IR", fresh(&programs)),
    ];
    if let Some(python) = python {
        println!("{:<34}{:>12.0} runs/s", "Python", python);
    }
    for (name, rate) in rates {
        let ratio = python.map_or(String::new(), |python| format!("{:>8.0} times Python", rate / python));
        println!("{name:<34}{rate:>12.0} runs/s{ratio}");
    }
}
