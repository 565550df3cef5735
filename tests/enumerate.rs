//! Enumeration: what it finds is run here again, on the given and on the held-out examples.

use iocc::exec::interp::Interpreter;
use iocc::exec::{Argument, Engine, SYNTHESIS_FUEL};
use iocc::ir::FunctionId;
use iocc::lang::c;
use iocc::search::enumerate::{Enumeration, Limits, enumerate};
use iocc::task::{Example, Task, parse_json};
use iocc::token::count;
use std::time::Duration;

fn task(json: &str) -> Task {
    let task = parse_json(json, "test").unwrap_or_else(|error| panic!("{error:?}\n{json}"));
    task.into_c().expect("a task of C")
}

/// A task of this signature, from inputs and the reference that says what they give.
fn by_reference(signature: &str, inputs: &[Vec<Argument>], reference: &str) -> Task {
    let program = c::compile(reference).expect("the reference compiles");
    let signature = c::parse_signature(signature).expect("a signature");
    let mut engine = Interpreter::new(&program);
    let example = |input: &Vec<Argument>| {
        let mut arguments = input.clone();
        let run = engine.run(FunctionId(0), &mut arguments, SYNTHESIS_FUEL);
        let iocc::exec::Outcome::Returned(values) = run.outcome else { panic!("the reference traps on {input:?}") };
        let returned = values.first().filter(|_| signature.returns == c::ast::ReturnType::Int);
        let returned = returned.map(|value| i32::try_from(*value).expect("an int"));
        let arrays = arguments.into_iter().map(|a| if let Argument::Array(_) = a { Some(a) } else { None }).collect();
        Example { input: input.clone(), returned, arrays }
    };
    let examples = inputs.iter().map(example).collect();
    let mut task = task(r#"{"examples": [{"input": [1,2,3,4,5], "output": [1,2,3,4,5]}]}"#);
    (task.signature, task.examples) = (signature, examples);
    task
}

/// Whether the program's text, compiled anew, satisfies the examples.
fn satisfies(text: &str, examples: &[Example]) -> bool {
    let program = c::compile(text).unwrap_or_else(|errors| panic!("{errors:?}\n{text}"));
    let mut engine = Interpreter::new(&program);
    examples.iter().all(|example| {
        let mut arguments = example.input.clone();
        let run = engine.run(FunctionId(0), &mut arguments, SYNTHESIS_FUEL);
        example.accepts(&run.outcome, &arguments)
    })
}

fn solve(task: &Task) -> String {
    let found = enumerate(task, &Limits::default());
    let program = found.program.unwrap_or_else(|| panic!("no program; best {:?}", found.best));
    let text = c::print(&program);
    assert!(satisfies(&text, &task.examples), "{text}");
    text
}

fn body(text: &str) -> Vec<&str> {
    let lines = text.lines().skip(2).map(str::trim);
    lines.filter(|line| !["return a;", "}", "{"].contains(line)).collect()
}

/// Five-element inputs in [-4, 4], from a small generator of its own.
fn arrays(count: usize) -> Vec<Vec<Argument>> {
    let mut state = 12345_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        i32::try_from(state >> 16).expect("16 bits") % 9 - 4
    };
    (0..count).map(|_| vec![Argument::Array((0..5).map(|_| next()).collect())]).collect()
}

fn default_task(count: usize, statements: &str) -> Task {
    let signature = "int * func_1(int a[])";
    by_reference(signature, &arrays(count), &format!("{signature} {{ {statements} return a; }}"))
}

fn scalars(rows: &[&[i64]]) -> Vec<Vec<Argument>> {
    rows.iter().map(|row| row.iter().map(|&value| Argument::Scalar(value)).collect()).collect()
}

#[test]
fn short_statements_are_found_as_a_person_writes_them() {
    for (statements, wanted) in [
        ("a[1]--;", vec!["--a[1];"]),
        ("a[0] = a[3]; a[4] = 2;", vec!["a[0] = a[3];", "a[4] = 2;"]),
        ("a[2] = a[2] + 3;", vec!["a[2] += 3;"]),
        ("a[2] = a[2] - a[4];", vec!["a[2] -= a[4];"]),
        ("a[0] = 1 - a[0];", vec!["a[0] = 1 - a[0];"]),
    ] {
        assert_eq!(body(&solve(&default_task(5, statements))), wanted);
    }
}

#[test]
fn a_cell_is_read_before_it_is_overwritten() {
    assert_eq!(body(&solve(&default_task(5, "a[0] = a[1]; a[1] = a[2];"))), ["a[0] = a[1];", "a[1] = a[2];"]);
    // The other way round, the order of the cells would be wrong.
    assert_eq!(body(&solve(&default_task(5, "a[2] = a[1]; a[1] = a[0];"))), ["a[2] = a[1];", "a[1] = a[0];"]);
}

#[test]
fn swaps_and_rotations_take_a_temporary() {
    let swap = solve(&default_task(5, "int t = a[0]; a[0] = a[1]; a[1] = t;"));
    assert_eq!(swap.matches("int l_").count(), 1, "{swap}");
    let rotation = solve(&default_task(8, "int t = a[0]; for (int i = 0; i < 4; i++) { a[i] = a[i + 1]; } a[4] = t;"));
    assert_eq!(rotation.matches("int l_").count(), 1, "{rotation}");
    let both = solve(&default_task(8, "int t = a[0]; a[0] = a[1]; a[1] = t; t = a[2]; a[2] = a[3]; a[3] = t;"));
    assert_eq!(both.matches("int l_").count(), 2, "{both}");
}

#[test]
fn a_condition_that_cells_share_is_written_once() {
    let text = solve(&default_task(30, "if (a[0] < a[3]) { a[1]++; a[2] = 4; } else { a[4] = a[1]; }"));
    assert_eq!(text.matches("if (").count(), 1, "{text}");
    assert_eq!(text.matches("else").count(), 1, "{text}");
    let held_out = default_task(200, "if (a[0] < a[3]) { a[1]++; a[2] = 4; } else { a[4] = a[1]; }").examples;
    assert!(satisfies(&text, &held_out), "{text}");
}

#[test]
fn swapping_under_a_condition() {
    let statements = "if (a[0] > a[1]) { int t = a[0]; a[0] = a[1]; a[1] = t; }";
    let text = solve(&default_task(40, statements));
    assert!(satisfies(&text, &default_task(300, statements).examples), "{text}");
}

#[test]
fn two_scalars() {
    let rows: Vec<Vec<i64>> = (0..40).map(|i: i64| vec![(i * 37) % 41 - 20, (i * 23) % 43 - 21]).collect();
    let rows: Vec<&[i64]> = rows.iter().map(Vec::as_slice).collect();
    let (given, unseen) = rows.split_at(20);
    for reference in [
        "int f(int x, int y) { if (x > y) { return x; } return y; }",
        "int f(int x, int y) { if (x < y) { return x; } return y; }",
        "int f(int x, int y) { return x * y + 1; }",
        "int f(int x, int y) { return x & y; }",
        "int f(int x, int y) { return 3 * x - 2 * y + 7; }",
    ] {
        let signature = "int f(int x, int y)";
        let text = solve(&by_reference(signature, &scalars(given), reference));
        assert!(satisfies(&text, &by_reference(signature, &scalars(unseen), reference).examples), "{text}");
    }
}

#[test]
fn absolute_value_and_remainder() {
    let rows: Vec<Vec<i64>> = (0..30).map(|i: i64| vec![(i * 37) % 61 - 30]).collect();
    let rows: Vec<&[i64]> = rows.iter().map(Vec::as_slice).collect();
    for reference in ["int f(int x) { return x < 0 ? -x : x; }", "int f(int x) { return x % 5; }"] {
        let text = solve(&by_reference("int f(int x)", &scalars(&rows[..15]), reference));
        assert!(satisfies(&text, &by_reference("int f(int x)", &scalars(&rows), reference).examples), "{text}");
    }
}

#[test]
fn clamping_takes_a_branch_within_a_branch() {
    let rows: Vec<Vec<i64>> =
        (0..40).map(|i: i64| vec![(i * 37) % 41 - 20, -((i * 7) % 9) - 3, (i * 5) % 11 + 2]).collect();
    let rows: Vec<&[i64]> = rows.iter().map(Vec::as_slice).collect();
    let signature = "int clamp(int x, int low, int high)";
    let reference = "int clamp(int x, int low, int high) { return x < low ? low : x > high ? high : x; }";
    let text = solve(&by_reference(signature, &scalars(&rows[..24]), reference));
    assert!(satisfies(&text, &by_reference(signature, &scalars(&rows), reference).examples), "{text}");
}

#[test]
fn arrays_beside_scalars_and_of_differing_lengths() {
    let text = solve(&task(
        r#"{"signature": "int put(int a[], int l_0, int v)", "examples": [
            {"input": {"a": [3, 1, 2], "l_0": 7, "v": 9}, "output": {"return": 3, "a": [9, 3, 2]}},
            {"input": {"a": [4, 8], "l_0": 1, "v": -5}, "output": {"return": 4, "a": [-5, 4]}},
            {"input": {"a": [0, 6, 6, 6], "l_0": 2, "v": 2}, "output": {"return": 0, "a": [2, 0, 6, 6]}}]}"#,
    ));
    // `return` reads what was overwritten, and the parameter's name is not taken by a temporary.
    assert!(text.contains("int put(int a[], int l_0, int v)"), "{text}");
}

#[test]
fn a_void_function_returns_nothing() {
    let text = solve(&task(
        r#"{"signature": "void f(int a[], int b[])", "examples": [
            {"input": {"a": [3, 1], "b": [7, 9]}, "output": {"a": [7, 1]}},
            {"input": {"a": [4, 8], "b": [1, 2]}, "output": {"a": [1, 8], "b": [1, 2]}}]}"#,
    ));
    assert_eq!(body(&text), ["a[0] = b[0];"]);
}

/// The best so far, with what it is right on.
fn unsolved(task: &Task) -> (Enumeration, usize) {
    let found = enumerate(task, &Limits { time: Duration::from_secs(2) });
    assert!(found.program.is_none());
    let right = found.best.as_ref().expect("a best so far").1;
    (found, right)
}

#[test]
fn what_no_program_can_do_gives_the_best_so_far() {
    // One input, two outputs: the parser refuses such tasks, but the library may be handed one.
    let mut contradiction = default_task(5, "a[1]++;");
    let mut twin = contradiction.examples[0].clone();
    twin.arrays = vec![Some(Argument::Array(vec![9, 9, 9, 9, 9]))];
    contradiction.examples.push(twin);
    let (found, right) = unsolved(&contradiction);
    assert!(right < contradiction.examples.len());
    c::check(&found.best.expect("a best so far").0).expect("it compiles");
    // An array cannot grow.
    let mut longer = default_task(5, "a[1]++;");
    longer.examples[2].arrays = vec![Some(Argument::Array(vec![1, 2, 3, 4, 5, 6]))];
    unsolved(&longer);
}

#[test]
fn noise_is_not_solved_but_ends_in_time() {
    let mut state = 7_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as i32
    };
    let mut noise = default_task(200, "a[1]++;");
    for example in &mut noise.examples {
        example.input = vec![Argument::Array((0..5).map(|_| next()).collect())];
        example.arrays = vec![Some(Argument::Array((0..5).map(|_| next()).collect()))];
    }
    let started = std::time::Instant::now();
    unsolved(&noise);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn hostile_sizes_and_values() {
    let started = std::time::Instant::now();
    let huge = |shift: i32| {
        let input: Vec<i32> = (0..1_000_000).map(|i: i32| i.wrapping_mul(shift)).collect();
        let mut output = input.clone();
        output[999_999] = 3;
        Example { input: vec![Argument::Array(input)], returned: None, arrays: vec![Some(Argument::Array(output))] }
    };
    let mut task = default_task(1, "a[1]++;");
    task.examples = vec![huge(1), huge(7), huge(2_147_483_647)];
    assert_eq!(body(&solve(&task)), ["a[999999] = 3;"]);
    task.examples = vec![Example {
        input: vec![Argument::Array(vec![i32::MIN, i32::MAX, i32::MIN, i32::MAX, 0])],
        returned: None,
        arrays: vec![Some(Argument::Array(vec![i32::MAX, i32::MIN, 0, i32::MIN, i32::MAX]))],
    }];
    enumerate(&task, &Limits::default());
    task.examples = vec![Example { input: vec![Argument::Array(vec![])], returned: None, arrays: vec![None] }];
    solve(&task);
    // Many examples: the first program is mended by the examples that it fails on.
    let statements = "if (a[0] == 4) { if (a[1] == 4) { a[2] = 0; } } a[3]++;";
    solve(&default_task(1000, statements));
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}

#[test]
fn extremes_do_not_overflow() {
    let (least, most) = (i64::from(i32::MIN), i64::from(i32::MAX));
    let rows: [&[i64]; 6] =
        [&[least, most], &[most, least], &[0, least], &[most, most - 1], &[-1, 1], &[least, least + 1]];
    let signature = "int f(int x, int y)";
    let reference = "int f(int x, int y) { if (x > y) { return x; } return y; }";
    solve(&by_reference(signature, &scalars(&rows), reference));
}

#[test]
fn the_same_task_gives_the_same_program() {
    let task = default_task(5, "if (a[0] < a[3]) { a[1]++; a[2] = 4; }");
    assert_eq!(solve(&task), solve(&task));
}

#[test]
fn the_sample_tasks_are_solved_compactly() {
    let text = include_str!("../corpus/tasks/c_tasks.jsonl");
    let (mut written, mut source, mut general) = (0, 0, 0);
    for line in text.lines() {
        let task = task(line);
        let program = solve(&task);
        written += count(&program);
        source += count(task.source.as_deref().expect("a source"));
        general += usize::from(satisfies(&program, &task.held_out));
    }
    assert!(written < source, "{written} tokens, the sources have {source}");
    assert!(general * 10 >= text.lines().count() * 8, "{general} generalise");
}
