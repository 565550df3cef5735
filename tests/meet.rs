//! Plain search over short x86 programs: what it finds is right, it finds what there is, and it keeps to its limits.

use iocc::exec::expand::Actions;
use iocc::exec::steps::{Batch, Layout, Steps};
use iocc::search::meet::{self, Limits, Next, Order};
use iocc::selfplay::{Pool, PoolConfig, order};
use iocc::synth::verify::Provable;
use iocc::task::x86::Task;
use iocc::task::{AnyTask, parse_json};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

const LIMITS: Limits = Limits { time: Duration::from_secs(20), memory: 1 << 28 };

fn task(json: &Value) -> Task {
    let task = parse_json(&json.to_string(), "test").unwrap_or_else(|error| panic!("{error:?}"));
    task.into_x86().expect("a task of x86")
}

/// The first program that a search finds, which must be right.
fn solve(task: &Task, limits: &Limits) -> Option<String> {
    solve_by(None, task, limits)
}

/// The same with a learned order.
fn solve_by(order: Option<&Order>, task: &Task, limits: &Limits) -> Option<String> {
    let mut found = None;
    meet::search_on(task, limits, order, &mut |program| {
        let right = task.matched(&program).is_some_and(|(given, _)| given == task.examples.len());
        found = right.then_some(program);
        if right { Next::Stop } else { Next::On }
    })
    .expect("the search can try it");
    found
}

fn state(row: &[i32]) -> Value {
    json!({"registers": {"eax": row[0], "ebx": row[1], "ecx": row[2], "edx": row[3]}})
}

/// A task of a random program of so many instructions, on so many examples.
fn random(rng: &mut Xoshiro256PlusPlus, length: usize, examples: usize) -> Task {
    let layout = Layout::of_slots(0);
    let program: Vec<_> = (0..length).map(|_| Actions::<4>::step(rng.random_range(0..Actions::<4>::COUNT))).collect();
    let mut steps = Steps::default();
    steps.push(&program, &layout).expect("all of them are instructions");
    let rows: Vec<i32> = (0..examples * 4).map(|_| rng.random_range(0..10)).collect();
    let mut all = Vec::new();
    Batch::new(layout, &rows, 100).run(&steps, |_, after, _| {
        let pairs = rows.chunks(4).zip(after.chunks(4));
        all = pairs.map(|(before, after)| json!({"input": state(before), "output": state(after)})).collect();
    });
    task(&json!({"language": "x86", "examples": all}))
}

#[test]
fn programs_of_four_instructions_are_found() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(6);
    for number in 0..60 {
        let (length, examples) = (number % 5, 1 + number % 4);
        let task = random(&mut rng, length, examples);
        let program = solve(&task, &LIMITS).unwrap_or_else(|| panic!("nothing for {}", task.to_json()));
        assert!(program.lines().count() <= length, "{length} would do, not\n{program}");
        assert_eq!(solve(&task, &LIMITS), Some(program), "the same search finds the same program");
    }
}

#[test]
fn the_learned_order_finds_long_programs_the_same_on_any_number_of_threads() {
    let (order, _) = order::load(Path::new("models/x86-order.safetensors")).expect("it ships");
    let config = PoolConfig { tasks: 3, steps: [9, 9], slots: 4, examples: 4, ..PoolConfig::default() };
    let pool = Pool::new(&config, 5);
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    let limits = Limits { time: Duration::from_secs(60), ..LIMITS };
    for number in 0..pool.len() {
        let task = pool.game(number).task();
        let program = solve_by(Some(&order), &task, &limits).expect("nine instructions are found");
        assert_eq!(alone.install(|| solve_by(Some(&order), &task, &limits)), Some(program));
    }
}

#[test]
fn slots_choices_and_exchanges_are_found() {
    let within = |json, limits: &Limits| solve(&task(&json), limits);
    let solve = |json| within(json, &LIMITS);
    let example = |before: [i32; 2], after: [i32; 2]| {
        json!({"input": {"registers": {"eax": before[0], "ebx": before[1]}},
               "output": {"registers": {"eax": after[0], "ebx": after[1]}}})
    };
    let sort: Vec<Value> =
        [[3, 1], [1, 3], [-5, 2], [7, -7], [4, 4]].map(|[a, b]| example([a, b], [a.min(b), a.max(b)])).to_vec();
    let sorted = solve(json!({"language": "x86", "instructions": ["movl", "cmpl", "cmovll", "cmovgl"],
                              "examples": sort}))
    .expect("two numbers are sorted by four instructions");
    assert_eq!(sorted.lines().count(), 4, "{sorted}");
    let swap: Vec<Value> = [[3, 1], [9, -4]].map(|[a, b]| example([a, b], [b, a])).to_vec();
    let swapped = solve(json!({"language": "x86", "instructions": ["xchgl"], "examples": swap}));
    assert_eq!(swapped.expect("one instruction").lines().count(), 1);
    let ram = json!([{"input": {"ram": [3, 9]}, "output": {"ram": [9, 3]}},
                     {"input": {"ram": [-1, 5]}, "output": {"ram": [5, -1]}}]);
    let program = solve(json!({"language": "x86", "instructions": ["movl"], "examples": ram})).expect("four moves");
    assert_eq!(program.lines().count(), 4, "{program}");
    // No program of these four does that: they keep what is even apart from what is odd.
    let parity: Vec<Value> = [[0, 0], [2, 0]].map(|[a, b]| example([a, b], [a / 2, b])).to_vec();
    let limits = Limits { time: Duration::from_secs(1), memory: 1 << 22 };
    assert_eq!(within(json!({"language": "x86", "examples": parity}), &limits), None);
}

#[test]
fn what_cannot_be_searched_is_told() {
    let refused = |json: Value| {
        let task = task(&json);
        meet::search(&task, &LIMITS, &mut |_| true).expect_err("it cannot be searched").to_string()
    };
    let examples = json!([{"input": {"registers": {"al": 1}}, "output": {"registers": {"al": 2}}}]);
    assert!(refused(json!({"language": "x86", "examples": examples})).contains("`al` is none"));
    let examples = json!([{"input": {"registers": {"eax": 1}}, "output": {"registers": {"eax": 2}}}]);
    let message = refused(json!({"language": "x86", "instructions": ["addq"], "examples": examples}));
    assert!(message.contains("does not know the instruction `addq`"));
    let ram: Vec<i32> = (0..30).collect();
    let examples = json!([{"input": {"ram": ram}, "output": {"ram": ram}}]);
    assert!(refused(json!({"language": "x86", "examples": examples})).contains("are more than the search takes"));
}

#[test]
fn choices_are_found_and_mostly_meant() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/tasks/x86/choices.jsonl");
    let text = std::fs::read_to_string(path).expect("it is in the corpus");
    let (mut tasks, mut meant) = (0, 0);
    for line in text.lines() {
        let task = parse_json(line, "choices").ok().and_then(AnyTask::into_x86).expect("a task of x86");
        let program = solve(&task.given(), &LIMITS).unwrap_or_else(|| panic!("nothing for {line}"));
        tasks += 1;
        meant += usize::from(task.matched(&program) == Some((task.examples.len(), task.held_out.len())));
    }
    assert!(tasks == 21 && meant >= 13, "{meant} of {tasks} are right on the inputs held out");
}
