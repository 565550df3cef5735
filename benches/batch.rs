//! The engines on restricted C with ten inputs each, from IR in memory, side by side; where the crossovers of
//! `exec::batch` lie; and the share that `iocc exec` reaches of what the engine does without input and output. Prints
//! ratios of this run. `cargo bench --bench batch`.

#![allow(missing_docs)] // criterion_group! makes a public function.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use iocc::corpus::{self, Execution, Format, Plan};
use iocc::exec::SYNTHESIS_FUEL;
use iocc::exec::batch::{Batch, Choice};
use iocc::exec::jit::RowArgument;
use iocc::ir::{FunctionId, Program};
use iocc::lang::c;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Inputs of each program.
const INPUTS: usize = 10;
const SHAPE: [RowArgument; 1] = [RowArgument::Array(5)];

struct Task {
    program: Program,
    /// Tokens of its source.
    tokens: usize,
    rows: Vec<i32>,
}

/// The public benchmark's programs with their own inputs.
fn tasks() -> Vec<Task> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/tasks/c_eval.jsonl");
    let text = std::fs::read_to_string(path).expect("the benchmark is readable");
    let lexer = iocc::token::Lexer::of("c").expect("C has a lexer");
    let read = |line: &str| {
        let task: serde_json::Value = serde_json::from_str(line).expect("one object a line");
        let source = task["source"].as_str().expect("a source");
        let lists = |name: &str| task[name].as_array().cloned().unwrap_or_default();
        let inputs = lists("examples").into_iter().chain(lists("held_out")).cycle().take(INPUTS);
        let cells = |example: serde_json::Value| -> Vec<i32> {
            serde_json::from_value(example["input"].clone()).expect("a list")
        };
        Task {
            program: c::compile(source).expect("the benchmark is C"),
            tokens: lexer.count(source),
            rows: inputs.flat_map(cells).collect(),
        }
    };
    text.lines().map(read).collect()
}

/// The shortest of some tries.
fn time(tries: u32, mut what: impl FnMut()) -> f64 {
    let once = |_| {
        let start = Instant::now();
        what();
        start.elapsed()
    };
    (0..tries).map(once).min().unwrap_or(Duration::MAX).as_secs_f64()
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

fn run(batch: &mut Batch, program: &Program, rows: &[i32], buffer: &mut Vec<i32>) {
    buffer.clear();
    buffer.extend_from_slice(rows);
    batch.run_rows(program, FunctionId(0), &SHAPE, buffer, SYNTHESIS_FUEL, |_, run| {
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

/// `iocc exec` without its command line, against the same work in memory.
fn with_files() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let count = 20_000;
    corpus::generate(&Plan::c(count, 5, Format::Parquet, false), folder.path(), None, &|_| ())
        .expect("it can be written");
    let shard = corpus::shard::shards_of(folder.path()).expect("there is one").remove(0);
    let records: Vec<corpus::Record> =
        corpus::read(&shard).expect("it opens").collect::<Result<_, _>>().expect("it is whole");
    let tasks: Vec<(&str, Vec<i32>)> =
        records.iter().map(|record| (record.source.as_str(), record.inputs.concat())).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = time(3, || {
        std::thread::scope(|scope| {
            for tasks in tasks.chunks(tasks.len().div_ceil(threads)) {
                scope.spawn(move || {
                    let (mut batch, mut buffer) = (Batch::new(Choice::Auto), Vec::new());
                    for (source, rows) in tasks {
                        let program = c::compile(source).expect("the corpus is C");
                        run(&mut batch, &program, rows, &mut buffer);
                    }
                });
            }
        });
    });
    let execution = Execution { choice: Choice::Auto, fuel: SYNTHESIS_FUEL, threads };
    let output = folder.path().join("out.parquet");
    let files = time(3, || {
        let executed = corpus::execute(&shard, &output, &execution, &mut |_| ()).expect("it can be run");
        assert_eq!((executed.programs, executed.changed, executed.rejected), (count, 0, 0));
    });
    println!(
        "from text, {threads} threads: {:.0} programs a second in memory, {:.0} from shard to shard, {:.0} %",
        count as f64 / memory,
        count as f64 / files,
        100.0 * memory / files
    );
}

fn batch(criterion: &mut Criterion) {
    let tasks = tasks();
    few_inputs(&tasks);
    crossovers(&tasks);
    with_files();
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
