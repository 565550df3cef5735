//! The ratios that iocc is held to, each measured in this run and printed beside its target: programs a second against
//! libtcc in memory and gcc, one program on all inputs against gcc -O2, what checks cost the compiler, how fast C is
//! parsed, and what files cost `iocc exec`. Medians over the 1,000 programs of the public benchmark, on one core.
//! Peers that are not installed say so. `cargo bench --bench peers`; `-- few all compile parse files` picks parts.

#[path = "../common/mod.rs"]
mod common;
mod native;

use common::{ALL_INPUTS, CALL, INPUTS, Task, all_inputs, median, ratio, rounds, tasks, time};
use iocc::corpus::{self, Execution, Format, Plan};
use iocc::exec::batch::{Batch, Choice};
use iocc::exec::interp::Stop;
use iocc::exec::jit::{Compiler, Effort, Jit};
use iocc::exec::{self, SYNTHESIS_FUEL};
use iocc::ir::{self, Program};
use iocc::lang::c::tree::{Bump, with_arena};
use iocc::lang::c::{self, LowerOptions, hir};
use iocc::token::{Profile, Reader, TokenId, Vocabulary};
use std::hint::black_box;
use std::path::Path;

/// How often each program is tried.
const TRIES: u32 = 9;
/// Every n-th program is compiled by gcc alone, which takes milliseconds.
const GCC_STEP: usize = 20;
/// Every n-th program is run on all inputs.
const ALL_STEP: usize = 10;

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |part: &str| asked.is_empty() || asked.iter().any(|one| one == part);
    let tasks = tasks();
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    println!("{} programs, {INPUTS} inputs each, all traps checked; medians of ratios in this run", tasks.len());
    if wanted("few") {
        few_inputs(&tasks, folder.path());
    }
    if wanted("all") {
        all_of_them(&tasks, folder.path());
    }
    if wanted("compile") {
        compile(&tasks);
    }
    if wanted("parse") {
        parse(&tasks);
    }
    if wanted("files") {
        files(folder.path());
    }
}

/// A figure and its target.
fn row(name: &str, figure: &str, target: &str) {
    println!("  {name:<58}{figure:>24}    target {target}");
}

fn run(batch: &mut Batch, program: &Program, rows: &[i32], buffer: &mut Vec<i32>) {
    buffer.clear();
    buffer.extend_from_slice(rows);
    batch.run_rows(program, &CALL, buffer, |_, run| {
        black_box(run);
    });
}

fn run_checked(batch: &mut Batch, program: &hir::Program, rows: &[i32], buffer: &mut Vec<i32>) {
    buffer.clear();
    buffer.extend_from_slice(rows);
    exec::c::run_rows(batch, program, &CALL, buffer, |_, run| {
        black_box(run);
    });
}

/// For each item the shortest of some tries: in a row, with every branch foreseen; or with all the others between two of
/// them, and each time `ready` (not timed) gives what is run, as fresh as search and sampler have it.
fn measured<T, R>(in_a_row: bool, items: &[T], ready: impl Fn(&T) -> R, mut what: impl FnMut(&T, &R)) -> Vec<f64> {
    if in_a_row {
        let one = |item| {
            let ready = ready(item);
            time(TRIES, || what(item, &ready))
        };
        return items.iter().map(one).collect();
    }
    let mut least = vec![f64::INFINITY; items.len()];
    for _ in 0..TRIES {
        for (item, least) in items.iter().zip(&mut least) {
            let ready = ready(item);
            *least = least.min(time(1, || what(item, &ready)));
        }
    }
    least
}

/// What each step from token ids to outputs takes, memory given back.
fn stages(in_a_row: bool, reader: &Reader, programs: &[(Vec<TokenId>, &Vec<i32>)], batch: &mut Batch) {
    let checked = |(tokens, _): &(Vec<TokenId>, &Vec<i32>)| reader.check(tokens).expect("it is sound").program;
    let lowered = |program: &_| c::lower(&checked(program), LowerOptions::default());
    let mut buffer = Vec::new();
    let read = |program: &(Vec<TokenId>, &Vec<i32>)| {
        with_arena(|arena| {
            black_box(reader.read(&program.0, arena).expect("it is in the profile"));
        });
    };
    let arena = Bump::new();
    let trees = |program: &(Vec<TokenId>, &Vec<i32>)| reader.read(&program.0, &arena).expect("it is in the profile");
    let times = [
        ("ids to tree", measured(in_a_row, programs, |_| (), |program, ()| read(program))),
        ("check", measured(in_a_row, programs, trees, |_, tree| drop(black_box(c::check_tree(tree))))),
        (
            "lanes from it",
            measured(in_a_row, programs, checked, |(_, rows), checked| run_checked(batch, checked, rows, &mut buffer)),
        ),
        (
            "lower",
            measured(in_a_row, programs, checked, |_, checked| {
                ir::recycle(black_box(c::lower(checked, LowerOptions::default())));
            }),
        ),
        ("verify", measured(in_a_row, programs, lowered, |_, program| drop(black_box(ir::verify(program))))),
        (
            "lanes from IR",
            measured(in_a_row, programs, lowered, |(_, rows), program| run(batch, program, rows, &mut buffer)),
        ),
    ];
    let each: Vec<String> =
        times.into_iter().map(|(name, times)| format!("{name} {:.0}", 1e9 * median(times))).collect();
    println!("  ns a program: {}", each.join(", "));
}

/// Programs a second: each program made ready and run on its inputs.
fn few_inputs(tasks: &[Task], folder: &Path) {
    let vocabulary = Vocabulary::new(&Profile::load("restricted-c").expect("it is committed")).expect("it is sound");
    let (mut batch, mut buffer) = (Batch::new(Choice::Auto), Vec::new());
    let encoded: Vec<_> =
        tasks.iter().map(|task| (vocabulary.encode(&task.source).expect("it is in the profile"), &task.rows)).collect();
    let reader = Reader::new(&vocabulary).expect("it knows the profile");
    let everything: Vec<&Task> = tasks.iter().collect();
    for in_a_row in [true, false] {
        let program = |task: &Task| task.program.clone();
        let ir = measured(in_a_row, tasks, program, |task, program| run(&mut batch, program, &task.rows, &mut buffer));
        let tokens = measured(
            in_a_row,
            &encoded,
            |_| (),
            |(tokens, rows), ()| {
                let checked = reader.check(tokens).expect("the benchmark is sound");
                run_checked(&mut batch, &checked.program, rows, &mut buffer);
            },
        );
        stages(in_a_row, &reader, &encoded, &mut batch);
        let text = measured(
            in_a_row,
            tasks,
            |_| (),
            |task, ()| {
                let program = c::compile(&task.source).expect("the benchmark is C");
                run(&mut batch, &program, &task.rows, &mut buffer);
                ir::recycle(program);
            },
        );
        let how = if in_a_row { "each several times in a row" } else { "all of them, again and again" };
        print!(
            "{how}: from IR {:.2} us, from tokens {:.2} us, from text {:.2} us",
            1e6 * median(ir.clone()),
            1e6 * median(tokens.clone()),
            1e6 * median(text.clone())
        );
        match native::libtcc(&everything, folder, in_a_row) {
            Ok(theirs) => {
                println!(", libtcc in memory (without the C library) {:.2} us", 1e6 * median(theirs.clone()));
                row("from IR, libtcc's programs a second", &format!("{:.1} x", ratio(&theirs, &ir)), ">= 100 x");
                row("from tokens, libtcc's programs a second", &format!("{:.1} x", ratio(&theirs, &tokens)), ">= 30 x");
                row("from text, libtcc's programs a second", &format!("{:.1} x", ratio(&theirs, &text)), "none");
            }
            Err(why) => println!("\n{why}"),
        }
    }
    let ir = rounds(TRIES, tasks, |task| run(&mut batch, &task.program, &task.rows, &mut buffer));
    let some: Vec<&Task> = tasks.iter().step_by(GCC_STEP).collect();
    match native::gcc(&some, folder) {
        Ok(theirs) => {
            let (name, ir): (_, Vec<f64>) = ("gcc -O0 -shared", ir.iter().copied().step_by(GCC_STEP).collect());
            println!("{name} and dlopen: {:.2} ms a program (of {})", 1e3 * median(theirs.clone()), some.len());
            row("from IR, gcc's programs a second", &format!("{:.0} x", ratio(&theirs, &ir)), ">= 5000 x");
        }
        Err(why) => println!("gcc: {why}"),
    }
}

/// One program on all inputs, against the same function by gcc -O2.
fn all_of_them(tasks: &[Task], folder: &Path) {
    let inputs = all_inputs();
    let mut rows = inputs.clone();
    let (mut some, mut sums) = (Vec::new(), Vec::new());
    let (mut whole, mut calls) = (Vec::new(), Vec::new());
    let mut batch = Batch::new(Choice::Auto);
    for task in tasks.iter().step_by(ALL_STEP) {
        let mut returned = 0;
        let once = time(5, || {
            rows.copy_from_slice(&inputs);
            returned = 0;
            batch.run_rows(&task.program, &CALL, &mut rows, |_, run| {
                returned += usize::from(run.stop == Stop::Returned);
            });
        });
        // What traps here has no meaning in C.
        if returned < ALL_INPUTS {
            continue;
        }
        some.push(task);
        sums.push(native::checksum(&rows));
        whole.push(once);
        let mut jit = Jit::new(&task.program).expect("it compiles");
        calls.push(time(9, || {
            rows.copy_from_slice(&inputs);
            let mut fuel = 0;
            jit.run_rows(&CALL, &mut rows, |_, run| fuel += run.fuel);
            black_box(fuel);
        }));
    }
    let nanoseconds = |times: &[f64]| 1e9 * median(times.to_vec()) / ALL_INPUTS as f64;
    println!(
        "all {ALL_INPUTS} inputs ({} programs): {:.2} ns an input with compiling, {:.2} ns without",
        some.len(),
        nanoseconds(&whole),
        nanoseconds(&calls)
    );
    match native::limit(&some, &sums, folder) {
        Ok(theirs) => {
            println!("the same by gcc -O2, called in a loop: {:.2} ns an input", nanoseconds(&theirs));
            row("compiling and all runs, of gcc's runs", &format!("{:.2} x", ratio(&whole, &theirs)), "<= 3 x");
            row("runs alone, of gcc's runs", &format!("{:.2} x", ratio(&calls, &theirs)), "<= 3 x");
        }
        Err(why) => println!("gcc: {why}"),
    }
}

/// What checks cost the compiler.
fn compile(tasks: &[Task]) {
    for effort in [Effort::Quick, Effort::Full] {
        let mut compiler = Compiler::new(effort).expect("this processor is known");
        let (mut checked, mut unchecked) = (Vec::new(), Vec::new());
        for task in tasks {
            checked.push(time(5, || drop(black_box(compiler.compile(&task.program).expect("it compiles")))));
            unchecked.push(time(5, || {
                black_box(compiler.compile_unchecked(&task.program).expect("it compiles"));
            }));
        }
        let figure = format!(
            "{:.1}/{:.1} us, {:.2} x",
            1e6 * median(checked.clone()),
            1e6 * median(unchecked.clone()),
            ratio(&checked, &unchecked)
        );
        row(&format!("machine code ({effort:?}), of Cranelift without checks"), &figure, "<= 2 x");
    }
}

/// From text to checked IR.
fn parse(tasks: &[Task]) {
    let bytes: usize = tasks.iter().map(|task| task.source.len()).sum();
    let sum = |times: Vec<f64>| times.iter().sum::<f64>();
    let pest = sum(rounds(TRIES, tasks, |task| assert!(c::recognize(black_box(&task.source)))));
    let tree = sum(rounds(TRIES, tasks, |task| drop(black_box(c::parse(&task.source)))));
    let trees: Vec<_> = tasks.iter().map(|task| c::parse(&task.source).expect("the benchmark is C")).collect();
    let check = sum(rounds(TRIES, &trees, |tree| drop(black_box(c::check(tree)))));
    let checked: Vec<_> = trees.iter().map(|tree| c::check(tree).expect("the benchmark is sound").program).collect();
    let lower = sum(rounds(TRIES, &checked, |checked| drop(black_box(c::lower(checked, LowerOptions::default())))));
    let all = sum(rounds(TRIES, tasks, |task| drop(black_box(c::compile(&task.source)))));
    row("from text to checked IR", &format!("{:.2} MB/s", bytes as f64 / all / 1e6), ">= 5 MB/s");
    let share = |part: f64| format!("{:.0} %", 100.0 * part / all);
    println!(
        "  of that pest {}, scan and tree {}, check {}, lower {}",
        share(pest),
        share(tree - pest),
        share(check),
        share(lower)
    );
}

/// `iocc exec` without its command line, against the same work in memory.
fn files(folder: &Path) {
    let count = 100_000;
    corpus::generate(&Plan::c(count, 5, Format::Parquet, false), folder, None, &|_| ()).expect("it can be written");
    let shards = corpus::shard::shards_of(folder).expect("there are some");
    let records: Vec<corpus::Record> = shards
        .iter()
        .flat_map(|shard| corpus::read(shard).expect("it opens"))
        .collect::<Result<_, _>>()
        .expect("it is whole");
    let tasks: Vec<(&str, Vec<i32>)> =
        records.iter().map(|record| (record.source.as_str(), record.inputs.concat())).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = time(3, || {
        let next = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    let (mut batch, mut buffer) = (Batch::new(Choice::Auto), Vec::new());
                    let chunks = || tasks.chunks(256).nth(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
                    while let Some(tasks) = chunks() {
                        for (source, rows) in tasks {
                            let program = c::compile(source).expect("the corpus is C");
                            run(&mut batch, &program, rows, &mut buffer);
                        }
                    }
                });
            }
        });
    });
    let execution = Execution { choice: Choice::Auto, fuel: SYNTHESIS_FUEL, threads };
    let files = time(3, || {
        let output = folder.join("out.parquet");
        for shard in &shards {
            let (executed, _) = corpus::execute(shard, &output, &execution, &mut |_| ()).expect("it can be run");
            assert_eq!((executed.changed, executed.rejected), (0, 0));
        }
    });
    println!(
        "{count} tasks from text, {threads} threads: {:.0} a second in memory, {:.0} from shard to shard",
        count as f64 / memory,
        count as f64 / files
    );
    row("iocc exec, of the same work in memory", &format!("{:.0} %", 100.0 * memory / files), ">= 80 %");
}
