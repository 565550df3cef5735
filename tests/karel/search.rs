//! Plain search: what it finds is right, it finds short programs, and it keeps to its time.

use super::{parse, text};
use iocc::lang::karel::ast::Form;
use iocc::lang::karel::print;
use iocc::sample::{Counts, karel::Sampler};
use iocc::search::karel::{Limits, search};
use iocc::synth::verify::Provable;
use iocc::task::karel::{Example, Task};
use iocc::task::{parse_json, parse_toml};
use std::time::{Duration, Instant};

/// The first program that is right on all given examples, and whether it is on the one held out.
fn solve(task: &Task, seconds: u64) -> Option<(String, bool)> {
    let mut found = None;
    let limits = Limits { time: Duration::from_secs(seconds), after: Duration::ZERO, longer: 0, programs: 1 };
    search(&task.given(), &limits, &mut |program| {
        let program = print(program, Form::Tokens);
        let (given, held_out) = task.matched(&program).expect("what is found is Karel");
        let right = given == task.examples.len();
        if right {
            found = Some((program, held_out == task.held_out.len()));
        }
        right
    });
    found
}

#[test]
fn carry_markers_is_found() {
    let task = parse_toml(&text("corpus/tasks/karel/carry-markers.toml"), "carry-markers").expect("it is a task");
    let (program, general) = solve(&task.into_karel().expect("of Karel"), 60).expect("it is found");
    assert!(general, "{program}");
    // No longer than the program that made the examples.
    assert!(program.split_whitespace().count() <= 17, "{program}");
}

#[test]
fn short_tasks_are_found_and_no_program_is_longer_than_their_own() {
    let (mut solved, mut general) = (0, 0);
    let sampler = Sampler { examples: 6 };
    for index in 0..40 {
        let sampled = sampler.task(31, index, 0, &mut Counts::default());
        let own = print(&sampled.program, Form::Tokens);
        let mut examples: Vec<Example> =
            sampled.examples.into_iter().map(|(input, output)| Example { input, output }).collect();
        let held_out = examples.split_off(5);
        let task = Task { id: index.to_string(), examples, held_out, source: None };
        let Some((program, right)) = solve(&task, 4) else { continue };
        parse(&program);
        let length = |program: &str| program.split_whitespace().count();
        assert!(length(&program) <= length(&own), "{program} for {own}");
        solved += 1;
        general += usize::from(right);
    }
    println!("{solved} of 40 tasks solved, {general} of them generalise");
    assert!(solved >= 28, "only {solved} of 40 tasks");
}

#[test]
fn a_search_ends_in_time() {
    // One world is to stay as it is where the others are not: no short program tells them apart.
    let line = text("corpus/karel/msr_sample.jsonl");
    let task = parse_json(line.lines().nth(2).expect("there are four"), "").expect("it is a task");
    let mut task = task.into_karel().expect("of Karel");
    task.examples[0].output = task.examples[0].input.clone();
    let start = Instant::now();
    assert_eq!(solve(&task, 1), None);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}
