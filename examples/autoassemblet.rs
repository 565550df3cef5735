//! The benchmark and the experiments of the AutoAssemblet paper (arXiv 1910.05865), for plain search.
//!
//!     cargo run --release --example autoassemblet -- tasks --seed 1 > corpus/tasks/x86/autoassemblet.jsonl
//!     cargo run --release --example autoassemblet -- experiments --seed 1
//!
//! `tasks` makes the 130 tasks by the paper's categories: easy (add, subtract, multiply registers, minimum, maximum),
//! medium (move, add or subtract a number over 10, add a number to all), hard (filter, sort, switch, two smallest, two
//! largest). Inputs that no program of the four instructions could tell apart are drawn again: what such programs do
//! keeps numbers equal modulo 2^k equal modulo 2^k.
//!
//! `experiments` makes random tasks and tells how many are solved, and how many of the programs found do what the source
//! does on 64 other states: by instructions of the source, by registers, by examples.

use iocc::exec::expand;
use iocc::exec::steps::{Batch, Layout, Operation, Step, Steps};
use iocc::search::meet::{self, Limits};
use iocc::synth::verify::{Provable, x86::Runnable};
use iocc::task::{AnyTask, parse_json, x86::Task};
use rand::seq::index::sample;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;
use serde_json::{Map, Value, json};
use std::error::Error;
use std::time::{Duration, Instant};

type Random = Xoshiro256PlusPlus;
type Row = [i32; 4];

const NAMES: [&str; 4] = ["eax", "ebx", "ecx", "edx"];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| arguments.iter().position(|it| it == name).and_then(|at| arguments.get(at + 1));
    let seed = value("--seed").map_or(Ok(1), |seed| seed.parse())?;
    match arguments.first().map(String::as_str) {
        Some("tasks") => tasks(seed),
        Some("experiments") => experiments(seed, value("--tasks").map_or(Ok(200), |count| count.parse())?)?,
        _ => return Err("usage: autoassemblet tasks|experiments [--seed S] [--tasks N]".into()),
    }
    Ok(())
}

fn state(row: &[i32]) -> Value {
    let registers: Map<String, Value> =
        NAMES.iter().zip(row).map(|(name, value)| ((*name).into(), json!(value))).collect();
    json!({"registers": registers})
}

/// Whether some program of the four instructions could do this: what two inputs have in common modulo 2^k, their outputs
/// have in common too.
fn possible(pairs: &[(Row, Row)]) -> bool {
    let common = |one: &Row, other: &Row| {
        one.iter().zip(other).map(|(a, b)| a.wrapping_sub(*b).trailing_zeros()).min().unwrap_or(32)
    };
    pairs.iter().enumerate().all(|(number, (input, output))| {
        pairs[..number].iter().all(|(before, after)| common(input, before) <= common(output, after))
    })
}

/// One task: its level, what it asks for, how many examples show it, and what it does.
struct Kind {
    level: &'static str,
    name: String,
    examples: usize,
    does: Box<dyn Fn(Row) -> Row>,
}

fn kind(level: &'static str, name: String, does: impl Fn(Row) -> Row + 'static) -> Kind {
    Kind { level, name, examples: 2, does: Box::new(does) }
}

fn set(mut row: Row, at: usize, value: i32) -> Row {
    row[at] = value;
    row
}

fn easy(rng: &mut Random, number: usize) -> Kind {
    let pair = sample(rng, 4, 2);
    let (to, from) = (pair.index(0), pair.index(1));
    let (a, b) = (NAMES[to], NAMES[from]);
    match number % 5 {
        0 => kind("easy", format!("add {b} to {a}"), move |row| set(row, to, row[to] + row[from])),
        1 => kind("easy", format!("sub {b} from {a}"), move |row| set(row, to, row[to] - row[from])),
        2 => kind("easy", format!("mul {a} by {b}"), move |row| set(row, to, row[to] * row[from])),
        3 => kind("easy", format!("min into {a}"), move |row| set(row, to, row.into_iter().min().unwrap_or(0))),
        _ => kind("easy", format!("max into {a}"), move |row| set(row, to, row.into_iter().max().unwrap_or(0))),
    }
}

fn medium(rng: &mut Random, number: usize) -> Kind {
    let pair = sample(rng, 4, 2);
    let (to, from) = (pair.index(0), pair.index(1));
    let large = rng.random_range(11..=99);
    match number % 4 {
        0 => kind("medium", format!("move {} to {}", NAMES[from], NAMES[to]), move |row| set(row, to, row[from])),
        1 => kind("medium", format!("add {large} to {}", NAMES[to]), move |row| set(row, to, row[to] + large)),
        2 => kind("medium", format!("sub {large} from {}", NAMES[to]), move |row| set(row, to, row[to] - large)),
        _ => {
            let small = rng.random_range(1..=9);
            kind("medium", format!("add {small} to all"), move |row| row.map(|value| value + small))
        }
    }
}

fn hard(rng: &mut Random, number: usize) -> Kind {
    let pair = sample(rng, 4, 2);
    let (one, other) = (pair.index(0), pair.index(1));
    let into = format!("{} {}", NAMES[one], NAMES[other]);
    let two = move |row: Row, largest: bool| {
        let mut sorted = row;
        sorted.sort_unstable();
        let (first, second) = if largest { (sorted[3], sorted[2]) } else { (sorted[0], sorted[1]) };
        set(set(row, one, first), other, second)
    };
    match number % 6 {
        0 => {
            let bound = rng.random_range(2..=5);
            kind("hard", format!("filter <{bound} to 0"), move |row| row.map(|it| if it < bound { 0 } else { it }))
        }
        1 => Kind {
            examples: 1,
            ..kind("hard", "sort ascending".into(), |mut row| {
                row.sort_unstable();
                row
            })
        },
        2 => Kind {
            examples: 1,
            ..kind("hard", "sort descending".into(), |mut row| {
                row.sort_unstable();
                row.reverse();
                row
            })
        },
        3 => kind("hard", format!("switch {into}"), move |row| set(set(row, one, row[other]), other, row[one])),
        4 => kind("hard", format!("two min into {into}"), move |row| two(row, false)),
        _ => kind("hard", format!("two max into {into}"), move |row| two(row, true)),
    }
}

/// Prints the 130 tasks.
fn tasks(seed: u64) {
    let mut rng = Random::seed_from_u64(seed);
    let mut lines = Vec::new();
    for (number, make) in (0..50)
        .map(|n| (n, easy as fn(&mut Random, usize) -> Kind))
        .chain((0..40).map(|n| (n, medium as _)))
        .chain((0..40).map(|n| (n, hard as _)))
    {
        let kind = make(&mut rng, number);
        let pairs = loop {
            let draw = |_| {
                let input: Row = std::array::from_fn(|_| rng.random_range(0..10));
                (input, (kind.does)(input))
            };
            let pairs: Vec<(Row, Row)> = (0..kind.examples).map(draw).collect();
            let changes = pairs.iter().all(|(input, output)| input != output);
            let distinct = pairs.windows(2).all(|two| two[0].0 != two[1].0);
            if changes && distinct && possible(&pairs) {
                break pairs;
            }
        };
        let examples: Vec<Value> =
            pairs.iter().map(|(input, output)| json!({"input": state(input), "output": state(output)})).collect();
        let id = format!("aa{:03}", lines.len());
        lines.push(json!({"id": id, "language": "x86", "level": kind.level, "kind": kind.name, "examples": examples}));
    }
    lines.iter().for_each(|line| println!("{line}"));
}

/// A random task and its source.
fn random(
    rng: &mut Random,
    length: usize,
    registers: usize,
    examples: usize,
) -> Result<(Task, Vec<Step>), Box<dyn Error>> {
    let layout = Layout::of_slots(0);
    let steps: Vec<Step> = (0..length)
        .map(|_| {
            let operation: Operation = expand::OPERATIONS[rng.random_range(0..4)];
            let to = rng.random_range(0..registers) as u8;
            match rng.random_range(0..registers + 10) {
                from if from < registers => Step::cell(operation, to, from as u8),
                value => Step::number(operation, to, (value - registers) as i32),
            }
        })
        .collect();
    let mut programs = Steps::default();
    programs.push(&steps, &layout)?;
    let rows: Vec<i32> =
        (0..4 * examples).map(|at| if at % 4 < registers { rng.random_range(0..10) } else { 0 }).collect();
    let mut pairs = Vec::new();
    Batch::new(layout, &rows, 100).run(&programs, |_, after, _| {
        let both = rows.chunks(4).zip(after.chunks(4));
        pairs = both
            .map(|(input, output)| json!({"input": state(&input[..registers]), "output": state(&output[..registers])}))
            .collect();
    });
    let line = json!({"language": "x86", "examples": pairs}).to_string();
    let task = parse_json(&line, "random").map_err(|error| error.diagnostics[0].message.clone())?;
    Ok((AnyTask::into_x86(task).ok_or("a task of x86")?, steps))
}

/// Solved, right on other states, median of the seconds.
struct Outcome {
    solved: usize,
    right: usize,
    tasks: usize,
    median: f64,
}

fn measure(
    seed: u64,
    tasks: usize,
    length: usize,
    registers: usize,
    examples: usize,
) -> Result<Outcome, Box<dyn Error>> {
    let mut rng = Random::seed_from_u64(seed);
    let all: Vec<(Task, Vec<Step>)> =
        (0..tasks).map(|_| random(&mut rng, length, registers, examples)).collect::<Result<_, _>>()?;
    let limits = Limits { time: Duration::from_secs(10), memory: 1 << 29 };
    let one = |(task, source): &(Task, Vec<Step>)| {
        let start = Instant::now();
        let mut found = None;
        let searched = meet::search(task, &limits, &mut |program| {
            let right = task.matched(&program).is_some_and(|it| it.0 == task.examples.len());
            found = right.then_some(program);
            right
        });
        debug_assert!(searched.is_ok());
        (found.as_deref().map(|program| agrees(program, source, registers)), start.elapsed().as_secs_f64())
    };
    let results: Vec<(Option<bool>, f64)> = all.par_iter().map(one).collect();
    let mut seconds: Vec<f64> = results.iter().map(|it| it.1).collect();
    seconds.sort_by(f64::total_cmp);
    Ok(Outcome {
        solved: results.iter().filter(|it| it.0.is_some()).count(),
        right: results.iter().filter(|it| it.0 == Some(true)).count(),
        tasks,
        median: seconds[seconds.len() / 2],
    })
}

/// Whether a program does what the source does on 64 other states.
fn agrees(program: &str, source: &[Step], registers: usize) -> bool {
    let mut rng = Random::seed_from_u64(64);
    let layout = Layout::of_slots(0);
    let mut steps = Steps::default();
    let Ok(mut runnable) = Runnable::new(program, 0) else { return false };
    if steps.push(source, &layout).is_err() {
        return false;
    }
    let rows: Vec<i32> = (0..4 * 64).map(|at| if at % 4 < registers { rng.random_range(0..10) } else { 0 }).collect();
    let mut same = true;
    Batch::new(layout.clone(), &rows, 100).run(&steps, |_, after, _| {
        for (input, wanted) in rows.chunks(4).zip(after.chunks(4)) {
            let mut machine = iocc::lang::x86::Machine::new(0);
            layout.registers().iter().zip(input).for_each(|(name, value)| machine.set_register(*name, (*value).into()));
            let left = runnable.run(&machine);
            let values =
                left.map(|left| layout.registers().iter().map(|name| left.register(*name) as i32).collect::<Vec<_>>());
            same &= values.is_some_and(|values| values[..registers] == wanted[..registers]);
        }
    });
    same
}

fn experiments(seed: u64, tasks: usize) -> Result<(), Box<dyn Error>> {
    println!("plain search, {tasks} random tasks a row, seed {seed}, 10 s and 512 MiB a task");
    println!("| instructions | registers | examples | solved | same on 64 other states | median seconds |");
    println!("|---|---|---|---|---|---|");
    let steps = (1..=10).map(|length| (length, 4, 2));
    let registers = (2..=4).map(|registers| (3, registers, 2));
    let examples = [1, 2, 3, 4].map(|examples| (3, 4, examples));
    for (length, registers, examples) in steps.chain(registers).chain(examples) {
        let Outcome { solved, right, tasks, median } = measure(seed, tasks, length, registers, examples)?;
        println!("| {length} | {registers} | {examples} | {solved} of {tasks} | {right} of {solved} | {median:.4} |");
    }
    Ok(())
}
