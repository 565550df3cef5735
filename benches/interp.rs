//! From source to result, on the programs of the public benchmark: check, lower, prepare, and a run.
//! `cargo bench --bench interp`.

#![allow(missing_docs)] // criterion_group! makes a public function.

mod common;

use common::tasks;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use iocc::exec::SYNTHESIS_FUEL;
use iocc::exec::interp::Interpreter;
use iocc::ir::FunctionId;
use iocc::lang::c::{self, LowerOptions};
use std::hint::black_box;

fn interp(criterion: &mut Criterion) {
    let tasks = tasks();
    let trees: Vec<_> = tasks.iter().map(|task| c::parse(&task.source).expect("the benchmark is C")).collect();
    let checked: Vec<_> = trees.iter().map(|tree| c::check(tree).expect("the benchmark is sound")).collect();
    let options = LowerOptions::default();
    let lowered: Vec<_> = checked.iter().map(|checked| c::lower(&checked.program, options)).collect();
    let mut runs: Vec<_> = lowered.iter().map(Interpreter::new).zip(tasks.iter().map(|task| &task.rows[..5])).collect();
    let mut group = criterion.benchmark_group("interp");
    group.throughput(Throughput::Elements(tasks.len() as u64));
    group.bench_function("check", |bench| {
        bench.iter(|| trees.iter().for_each(|tree| drop(black_box(c::check(tree)))));
    });
    group.bench_function("lower", |bench| {
        bench.iter(|| checked.iter().for_each(|checked| drop(black_box(c::lower(&checked.program, options)))));
    });
    group.bench_function("prepare", |bench| {
        let mut interpreter = Interpreter::default();
        bench.iter(|| lowered.iter().for_each(|program| interpreter.load(black_box(program))));
    });
    group.bench_function("run", |bench| {
        bench.iter(|| {
            for (interpreter, input) in &mut runs {
                let mut array = [0; 5];
                array.copy_from_slice(input);
                black_box(interpreter.run_array(FunctionId(0), &mut array, SYNTHESIS_FUEL));
            }
        });
    });
    group.finish();
}

criterion_group!(benches, interp);
criterion_main!(benches);
