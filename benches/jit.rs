//! Machine code on the programs of the public benchmark: what compiling costs, and what runs cost beside the interpreter.
//! Prints medians of ratios over the programs, each measured side by side in this run. `cargo bench --bench jit`;
//! `--bench peers` has the ratios against others.

#![allow(missing_docs)] // criterion_group! makes a public function.

mod common;

use common::{ALL_INPUTS, CALL, all_inputs, median, tasks, time};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use iocc::exec::SYNTHESIS_FUEL;
use iocc::exec::interp::Interpreter;
use iocc::exec::jit::{Compiler, Effort, Jit};
use iocc::ir::{FunctionId, Program};
use std::hint::black_box;

fn run_ratios(programs: &[Program]) {
    let inputs = all_inputs();
    for effort in [Effort::Quick, Effort::Full] {
        let (mut nanoseconds, mut ratios) = (vec![], vec![]);
        for program in programs.iter().step_by(10) {
            let mut jit = Jit::with_effort(program, effort).expect("it compiles");
            let mut rows = vec![0; inputs.len()];
            let jitted = time(3, || {
                rows.copy_from_slice(&inputs);
                let mut fuel = 0;
                jit.run_rows(&CALL, &mut rows, |_, run| fuel += run.fuel);
                black_box(fuel);
            });
            let mut interpreter = Interpreter::new(program);
            let few = &inputs[..5 * (ALL_INPUTS / 20)];
            let interpreted = time(1, || {
                rows[..few.len()].copy_from_slice(few);
                for row in rows[..few.len()].chunks_exact_mut(5) {
                    black_box(interpreter.run_array(FunctionId(0), row, SYNTHESIS_FUEL));
                }
            });
            let (jitted, interpreted) = (jitted / ALL_INPUTS as f64, interpreted / (few.len() / 5) as f64);
            nanoseconds.push(jitted * 1e9);
            ratios.push(interpreted / jitted);
        }
        println!(
            "run on all inputs, {effort:?}: {:.1} ns an input, {:.1} times the interpreter's speed (medians)",
            median(nanoseconds),
            median(ratios)
        );
    }
}

fn jit(criterion: &mut Criterion) {
    let programs: Vec<Program> = tasks().into_iter().map(|task| task.program).collect();
    run_ratios(&programs);
    let mut group = criterion.benchmark_group("jit");
    group.sample_size(10);
    group.throughput(Throughput::Elements(programs.len() as u64));
    for effort in [Effort::Quick, Effort::Full] {
        let mut compiler = Compiler::new(effort).expect("this processor is known");
        group.bench_function(format!("compile {effort:?}"), |bench| {
            bench.iter(|| programs.iter().for_each(|program| drop(black_box(compiler.compile(program)))));
        });
        group.bench_function(format!("compile {effort:?} unchecked"), |bench| {
            bench.iter(|| programs.iter().for_each(|program| drop(black_box(compiler.compile_unchecked(program)))));
        });
    }
    group.finish();
}

criterion_group!(benches, jit);
criterion_main!(benches);
