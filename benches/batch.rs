//! The engines on restricted C with ten inputs each, from IR in memory, side by side; and where the crossovers of
//! `exec::batch` lie. Prints ratios of this run. `cargo bench --bench batch`.

#![allow(missing_docs)] // criterion_group! makes a public function.

mod common;

use common::{CALL, INPUTS, Task, median, tasks, time};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use iocc::exec::batch::{Batch, Choice};
use iocc::exec::jit::{Effort, Jit};
use iocc::exec::rows::Call;
use iocc::ir::{FunctionId, Program};
use iocc::lang::c;
use std::hint::black_box;

fn run(batch: &mut Batch, program: &Program, rows: &[i32], buffer: &mut Vec<i32>) {
    buffer.clear();
    buffer.extend_from_slice(rows);
    batch.run_rows(program, &CALL, buffer, |_, run| {
        black_box(run);
    });
}

const ENGINES: [Choice; 3] = [Choice::Interpreter, Choice::Lockstep, Choice::Jit];

/// Each program with ten inputs, made ready and run.
fn few_inputs(tasks: &[Task]) {
    let mut buffer = Vec::new();
    let mut medians = Vec::new();
    for choice in ENGINES {
        let mut batch = Batch::new(choice);
        let mut each = Vec::new();
        for task in tasks {
            each.push(1e6 * time(7, || run(&mut batch, &task.program, &task.rows, &mut buffer)));
        }
        let forty: Vec<f64> =
            each.iter().zip(tasks).filter(|(_, task)| (36..=44).contains(&task.tokens)).map(|(us, _)| *us).collect();
        println!(
            "{choice:?}: {:.2} us a program with {INPUTS} inputs, {:.2} us of 36 to 44 tokens ({} programs; medians)",
            median(each.clone()),
            median(forty.clone()),
            forty.len()
        );
        if choice == Choice::Lockstep {
            let stats = batch.stats();
            println!(
                "  inputs that ran alone for a part: {:.1} %, by the interpreter: {:.1} %",
                100.0 * stats.diverged as f64 / stats.inputs as f64,
                100.0 * stats.interpreted as f64 / stats.inputs as f64
            );
        }
        medians.push(each);
    }
    for (at, name) in [(0, "the interpreter"), (2, "the JIT")] {
        let ratios = medians[at].iter().zip(&medians[1]).map(|(other, lanes)| other / lanes).collect();
        println!("lanes against {name}: {:.2} times the programs a second (median ratio)", median(ratios));
    }
}

/// Programs that run for long, whose lanes part, or that only the interpreter can run beside the JIT.
const LONG: [&str; 6] = [
    "int * f(int a[]) { for (int i = 0; i < 100; i++) { for (int j = 0; j < 40; j++) { a[1] = a[1] ^ (i + j); } } \
     return a; }",
    "int * f(int a[]) { int n = (a[0] + 9) * 3; while (n > 1) { if (n % 2 == 0) { n = n / 2; } else { n = 3 * n + 1; } \
     a[1]++; } return a; }",
    "int * f(int a[]) { for (int k = 0; k < 40; k++) { for (int i = 0; i < 4; i++) { if (a[i] > a[i + 1]) { \
     int t = a[i]; a[i] = a[i + 1]; a[i + 1] = t; } } } return a; }",
    "int g(int x, int y) { return y == 0 ? x : g(y, x % y); } \
     int * f(int a[]) { a[0] = g((a[0] + 5) * 840, (a[1] + 6) * 366); return a; }",
    "int g(int n) { return n < 2 ? n : g(n - 1) + g(n - 2); } int * f(int a[]) { a[0] = g(a[0] + 6); return a; }",
    "int g(int x) { int s = 0; for (int i = 0; i < 50; i++) { s += x * i % 7; } return s; } \
     int * f(int a[]) { for (int i = 0; i < 5; i++) { a[i] = g(a[i]); } return a; }",
];

/// A program with so many inputs.
struct Point {
    /// Fuel that it uses.
    fuel: f64,
    /// Seconds without compiling.
    without: f64,
    /// Seconds with compiling, by effort.
    with: [f64; 2],
    /// The interpreter ran it, not lanes.
    interpreted: bool,
}

fn points_of(program: &Program, inputs: &[i32]) -> Vec<Point> {
    let mut points = Vec::new();
    let (mut buffer, mut lockstep) = (Vec::new(), Batch::new(Choice::Lockstep));
    let mut jits = [Effort::Quick, Effort::Full].map(|effort| Jit::with_effort(program, effort).expect("it compiles"));
    for count in [64, 256, 1024, 4096, 16_384, 65_536] {
        let call = Call { function: FunctionId(program.functions.len() as u32 - 1), ..CALL };
        let rows: Vec<i32> = inputs.chunks(5).cycle().take(count).flatten().copied().collect();
        let mut fuel = 0;
        let without = time(3, || {
            buffer.clear();
            buffer.extend_from_slice(&rows);
            fuel = 0;
            lockstep.run_rows(program, &call, &mut buffer, |_, run| fuel += run.fuel);
        });
        let with = jits.each_mut().map(|jit| {
            time(3, || {
                buffer.clear();
                buffer.extend_from_slice(&rows);
                jit.load(program).expect("it compiles");
                jit.run_rows(&call, &mut buffer, |_, run| {
                    black_box(run);
                });
            })
        });
        let interpreted = lockstep.stats().interpreted > 0;
        points.push(Point { fuel: fuel as f64, without, with, interpreted });
        if without > 0.02 {
            break;
        }
    }
    points
}

/// Where the limits of `exec::batch` must lie: for each limit how much longer than by the best choice it takes, as the
/// geometric mean over programs and numbers of inputs.
fn crossovers(tasks: &[Task]) {
    let mut points: Vec<Point> = tasks.iter().flat_map(|task| points_of(&task.program, &task.rows)).collect();
    let inputs: Vec<i32> = tasks.iter().step_by(100).flat_map(|task| task.rows.clone()).collect();
    for source in LONG {
        let program = c::compile(source).expect("it is C");
        points.extend(points_of(&program, &inputs));
    }
    let limits: Vec<f64> = (10..23).map(|power| f64::from(1 << power)).collect();
    let show = |name: &str, points: &[&Point], below: fn(&Point) -> f64, above: fn(&Point) -> f64| {
        print!("{name} ({} points); limit in fuel: time of the best choice's", points.len());
        for limit in &limits {
            let lost = points.iter().map(|point| {
                let (below, above) = (below(point), above(point));
                (if point.fuel < *limit { below } else { above } / below.min(above)).ln()
            });
            print!("  {limit}: {:.2}", (lost.sum::<f64>() / points.len() as f64).exp());
        }
        println!();
    };
    let (interpreted, lanes): (Vec<&Point>, Vec<&Point>) = points.iter().partition(|point| point.interpreted);
    let best = |point: &Point| point.with[0].min(point.with[1]);
    show("lanes or machine code", &lanes, |point| point.without, best);
    show("interpreter or machine code", &interpreted, |point| point.without, best);
    let compiled: Vec<&Point> = points.iter().filter(|point| best(point) < point.without).collect();
    show("machine code, quick or optimised", &compiled, |point| point.with[0], |point| point.with[1]);
}

/// The same programs with more and more inputs, by each engine.
fn by_inputs(tasks: &[Task]) {
    println!("us a program (medians of 100), by inputs:");
    let some: Vec<&Task> = tasks.iter().step_by(10).collect();
    let mut buffer = Vec::new();
    for inputs in [1, 2, 4, 8, 16, 64, 256, 1024, 4096, 16_384, 65_536] {
        let mut line = format!("{inputs:>5}");
        for choice in ENGINES.into_iter().chain([Choice::Auto]) {
            let mut batch = Batch::new(choice);
            let mut each = Vec::new();
            for task in &some {
                let rows: Vec<i32> = task.rows.chunks(5).cycle().take(inputs).flatten().copied().collect();
                each.push(1e6 * time(3, || run(&mut batch, &task.program, &rows, &mut buffer)));
            }
            line.push_str(&format!("  {choice:?} {:.2}", median(each)));
        }
        println!("{line}");
    }
}

fn batch(criterion: &mut Criterion) {
    let tasks = tasks();
    few_inputs(&tasks);
    by_inputs(&tasks);
    crossovers(&tasks);
    let mut group = criterion.benchmark_group("batch");
    group.sample_size(10);
    group.throughput(Throughput::Elements(tasks.len() as u64));
    let mut buffer = Vec::new();
    for choice in ENGINES {
        let mut batch = Batch::new(choice);
        group.bench_function(format!("{choice:?}"), |bench| {
            bench.iter(|| tasks.iter().for_each(|task| run(&mut batch, &task.program, &task.rows, &mut buffer)));
        });
    }
    group.finish();
}

criterion_group!(benches, batch);
criterion_main!(benches);
