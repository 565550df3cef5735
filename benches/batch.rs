//! The engines on restricted C with ten inputs each, from IR in memory, side by side; and where the crossovers of
//! `exec::batch` lie. Prints ratios of this run. `cargo bench --bench batch`.

#![allow(missing_docs)] // criterion_group! makes a public function.

mod common;

use common::{CALL, INPUTS, Task, median, tasks, time};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use iocc::exec::batch::{Batch, Choice};
use iocc::ir::Program;
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

/// The same programs with more and more inputs, by each engine.
fn crossovers(tasks: &[Task]) {
    println!("us a program (medians of 100), by inputs:");
    let some: Vec<&Task> = tasks.iter().step_by(10).collect();
    let mut buffer = Vec::new();
    for inputs in [1, 2, 3, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096] {
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
