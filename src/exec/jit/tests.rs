//! The interpreter and compiled code must agree on everything.

use super::*;
use crate::exec::interp::{Interpreter, Stop};
use crate::exec::rows::{Call, RowArgument};
use crate::exec::{Argument, Engine, Outcome, Run, Trap};
use crate::ir::{self, FunctionId, Program, TrapKind};
use arbtest::arbtest;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Runs function `function` in both engines; they must agree. Gives what they say, and the arguments after it.
#[track_caller]
fn agree_on(program: &Program, function: u32, arguments: &[Argument], fuel: u64) -> (Run, Vec<Argument>) {
    let (mut expected, mut found) = (arguments.to_vec(), arguments.to_vec());
    let ours = Interpreter::new(program).run(FunctionId(function), &mut expected, fuel);
    for effort in [Effort::Full, Effort::Quick] {
        found.clone_from_slice(arguments);
        let mut jit = Jit::with_effort(program, effort).expect("it compiles");
        let theirs = jit.run(FunctionId(function), &mut found, fuel);
        assert_eq!(theirs, ours, "{effort:?} on {arguments:?} with {fuel} fuel:\n{}", ir::print(program));
        if let Outcome::Returned(_) = ours.outcome {
            assert_eq!(found, expected, "{effort:?} on {arguments:?}:\n{}", ir::print(program));
        }
    }
    (ours, expected)
}

/// The last function of a text, on scalars.
#[track_caller]
fn agree(text: &str, arguments: &[i64]) -> Run {
    let program = ir::parse(text).expect("it parses");
    assert_eq!(ir::verify(&program), Ok(()), "{text}");
    let arguments: Vec<Argument> = arguments.iter().map(|value| Argument::Scalar(*value)).collect();
    agree_on(&program, program.functions.len() as u32 - 1, &arguments, 10_000).0
}

#[test]
fn a_first_program() {
    let text = "fn f(i32) -> i32 {\nb0(v0: i32):\nfuel 1 @0..1\nv1 = add_overflows v0, v0\ntrap_if v1 integer_overflow
        v2 = add.i32 v0, v0\nreturn v2\n}";
    assert_eq!(agree(text, &[4]), Run { outcome: Outcome::Returned(vec![8]), fuel: 1 });
    let trap = Trap { kind: TrapKind::IntegerOverflow, at: crate::diagnostic::Span::new(0, 1) };
    assert_eq!(agree(text, &[1 << 30]), Run { outcome: Outcome::Trapped(trap), fuel: 1 });
}

fn programs(default: u64) -> u64 {
    match std::env::var("IOCC_JIT_PROGRAMS") {
        Ok(number) => number.parse().expect("IOCC_JIT_PROGRAMS is a number"),
        Err(_) => default,
    }
}

#[test]
fn random_programs_of_the_whole_ir() {
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    for effort in [Effort::Full, Effort::Quick] {
        let first = ir::parse("fn f() {\nb0:\nreturn\n}").expect("it parses");
        let mut jit = Jit::with_effort(&first, effort).expect("it compiles");
        for number in 0..programs(1500) {
            let mut rng = Xoshiro256PlusPlus::seed_from_u64(number + 1000 * effort as u64);
            let program = random::program(&mut rng);
            assert_eq!(ir::verify(&program), Ok(()), "{}", ir::print(&program));
            let mut interpreter = Interpreter::new(&program);
            jit.load(&program).expect("it compiles");
            let function = FunctionId(program.functions.len() as u32 - 1);
            for _ in 0..4 {
                let arguments = random::arguments(&mut rng, &program);
                let fuel = [300, 300, 20, 3][rng.random_range(0..4)];
                let (mut expected, mut found) = (arguments.clone(), arguments.clone());
                let ours = interpreter.run(function, &mut expected, fuel);
                let theirs = jit.run(function, &mut found, fuel);
                let message = || format!("{number} {effort:?} {arguments:?} {fuel} fuel:\n{}", ir::print(&program));
                assert_eq!(theirs, ours, "{}", message());
                if let Outcome::Returned(_) = ours.outcome {
                    assert_eq!(found, expected, "{}", message());
                }
                let name = match ours.outcome {
                    Outcome::Returned(_) => "returned",
                    Outcome::Trapped(trap) => trap.kind.name(),
                    Outcome::OutOfFuel => "out_of_fuel",
                };
                *counts.entry(name.to_owned()).or_default() += 1;
            }
        }
    }
    println!("{counts:?}");
    let kinds = TrapKind::ALL.iter().map(|kind| kind.name()).chain(["returned", "out_of_fuel"]);
    for kind in kinds {
        assert!(counts.contains_key(kind), "no run ended with {kind}: {counts:?}");
    }
}

#[test]
fn random_programs_of_the_interpreter() {
    let mut checked = 0;
    arbtest(|u| {
        let program = crate::exec::interp::random::program(u)?;
        for _ in 0..2 {
            let mut value = || u.int_in_range(-3..=6).map(Argument::Scalar);
            let arguments = [value()?, value()?, value()?];
            agree_on(&program, 0, &arguments, 200);
            checked += 1;
        }
        Ok(())
    });
    assert!(checked > 20, "{checked}");
}

/// `f(a, n)`: sums, allocates, calls, writes; several statements a block, so that fuel is used in advance.
const BUSY: &str = "fn g(i64, i32) -> i32 {
    b0(v0: i64, v1: i32):
        fuel 1 @100..101
        v2 = index v0, v1 * 4
        v3 = load.i32 v2
        fuel 2 @102..103
        return v3
    }
    fn f(i64, i32) -> i32 {
    b0(v0: i64, v1: i32):
        fuel 1 @0..1
        v2 = const.i32 0
        fuel 1 @2..3
        jump b1(v2, v2)
    b1(v3: i32, v4: i32):
        fuel 1 @4..5
        v5 = slt v3, v1
        branch v5, b2, b3
    b2:
        fuel 1 @6..7
        v6 = allocate 4
        store v3, v6
        fuel 3 @8..9
        v7 = load.i32 v6
        v8 = call g(v0, v7): i32
        fuel 1 @10..11
        v9 = add_overflows v4, v8
        trap_if v9 integer_overflow
        v10 = add.i32 v4, v8
        fuel 0 @12..13
        store v10, v0+4
        fuel 1 @14..15
        v11 = const.i32 1
        v12 = add.i32 v3, v11
        jump b1(v12, v10)
    b3:
        fuel 1 @16..17
        return v4
    }";

#[test]
fn every_amount_of_fuel() {
    let program = ir::parse(BUSY).expect("it parses");
    assert_eq!(ir::verify(&program), Ok(()));
    let mut outcomes = Vec::new();
    for (array, n) in [(vec![1, 2, 3], 3), (vec![1, 2, 3], 4), (vec![i32::MAX, 1, 1], 3), (vec![5], 1), (vec![], 0)] {
        for fuel in (0..=70).chain([i64::MAX as u64, u64::MAX]) {
            let arguments = [Argument::Array(array.clone()), Argument::Scalar(n)];
            outcomes.push(agree_on(&program, 1, &arguments, fuel).0);
        }
    }
    let count = |test: fn(&Outcome) -> bool| outcomes.iter().filter(|run| test(&run.outcome)).count();
    assert!(count(|outcome| *outcome == Outcome::OutOfFuel) > 100);
    assert!(count(|outcome| matches!(outcome, Outcome::Trapped(_))) > 50);
    assert!(count(|outcome| matches!(outcome, Outcome::Returned(_))) > 50);
}

#[test]
fn every_kind_of_trap_at_its_place() {
    for (body, kind) in [
        ("trap_if v3 integer_overflow", TrapKind::IntegerOverflow),
        ("trap_if v3 divide_by_zero\nv4 = sdiv.i32 v1, v1", TrapKind::DivideByZero),
        ("trap_if v3 bad_shift", TrapKind::BadShift),
        ("trap_if v3 missing_return", TrapKind::MissingReturn),
        ("v4 = load.i32 v0+12", TrapKind::OutOfBounds),
        ("v4 = load.i64 v0+5", TrapKind::OutOfBounds),
        ("v4 = load.i8 v0-1", TrapKind::OutOfBounds),
        ("v4 = const.i32 -1\nv5 = index v0, v4 * 4", TrapKind::OutOfBounds),
        ("v4 = const.i32 3\nv5 = index v0, v4 * 4\nstore v4, v5", TrapKind::OutOfBounds),
        ("v4 = allocate 8\nv5 = load.i32 v4+4", TrapKind::UninitializedRead),
        ("v4 = allocate 8\nstore v1, v4\nv5 = load.i64 v4", TrapKind::UninitializedRead),
        ("v4 = allocate 8\nv5 = index v4, v1 * 4\nv6 = load.i8 v5", TrapKind::UninitializedRead),
        ("v4 = allocate 67108864", TrapKind::OutOfMemory),
        ("v4 = call f(v0, v1): i32", TrapKind::CallDepth),
    ] {
        let program = random::trapping(body);
        let arguments = [Argument::Array(vec![1, 2, 3]), Argument::Scalar(0)];
        let (run, _) = agree_on(&program, 0, &arguments, 1000);
        let at = crate::diagnostic::Span::new(3, 4);
        assert_eq!(run.outcome, Outcome::Trapped(Trap { kind, at }), "{body}");
    }
}

#[test]
fn arguments_beyond_memory_and_of_the_wrong_kind() {
    let text = "fn f(i64) -> i32 {\nb0(v0: i64):\nfuel 1 @1..2\nv1 = load.i32 v0\nreturn v1\n}";
    let program = ir::parse(text).expect("it parses");
    for argument in [
        Argument::Array(vec![0; (64 << 20) / 4 + 1]),
        Argument::Array(vec![7; (64 << 20) / 4]),
        Argument::Array(vec![]),
        Argument::Scalar(0),
        Argument::Scalar(1 << 32),
        Argument::Scalar(-1),
    ] {
        agree_on(&program, 0, &[argument], 10);
    }
}

/// Runs a function on rows of an array of three and some scalars, in place and on copies; each row is a run of the
/// interpreter.
fn rows_agree(program: &Program, function: u32, scalars: usize, inputs: &[i32], fuel: u64) {
    let function = FunctionId(function);
    let width = 3 + scalars;
    let shape: Vec<RowArgument> =
        std::iter::once(RowArgument::Array(3)).chain(std::iter::repeat_n(RowArgument::Scalar, scalars)).collect();
    let call = Call { function, shape: &shape, fuel };
    let mut jit = Jit::new(program).expect("it compiles");
    for copies in [false, true] {
        let mut rows = inputs.to_vec();
        let mut runs = Vec::new();
        let tell = |number, run| {
            assert_eq!(number, runs.len());
            runs.push(run);
        };
        if copies {
            rows.fill(77);
            jit.run_copies(&call, inputs, &mut rows, tell);
        } else {
            jit.run_rows(&call, &mut rows, tell);
        }
        assert_eq!(runs.len(), inputs.len() / width);
        let mut interpreter = Interpreter::new(program);
        for ((input, row), run) in inputs.chunks(width).zip(rows.chunks(width)).zip(runs) {
            let scalars = input[3..].iter().map(|scalar| Argument::Scalar((*scalar).into()));
            let mut arguments: Vec<Argument> =
                std::iter::once(Argument::Array(input[..3].to_vec())).chain(scalars).collect();
            let expected = interpreter.run(function, &mut arguments, fuel);
            assert_eq!(run.fuel, expected.fuel, "{input:?} {fuel}");
            let before = Argument::Array(input[..3].to_vec());
            let after = match expected.outcome {
                Outcome::Returned(values) => {
                    let returned = values.first().copied().unwrap_or(0);
                    assert_eq!((run.stop, run.returned), (Stop::Returned, returned), "{input:?} {fuel}");
                    &arguments[0]
                }
                Outcome::Trapped(trap) => {
                    assert_eq!(run.stop, Stop::Trapped(trap), "{input:?} {fuel}");
                    &before
                }
                Outcome::OutOfFuel => {
                    assert_eq!(run.stop, Stop::OutOfFuel, "{input:?} {fuel}");
                    &before
                }
            };
            assert_eq!(*after, Argument::Array(row[..3].to_vec()), "{input:?} {fuel}");
        }
    }
}

#[test]
fn rows_are_runs() {
    let program = ir::parse(BUSY).expect("it parses");
    // The second row needs more fuel than there is, the fifth traps: code that speculates gives up on both.
    let inputs = [1, 2, 3, 1, 1, 2, 3, 3, 0, 0, 0, 0, 4, 5, 6, 2, i32::MAX, 1, 1, 3, 9, 9, 9, 2];
    for fuel in [5, 21, 22, 30, 1000] {
        rows_agree(&program, 1, 1, &inputs, fuel);
    }
}

/// Code that goes through rows by itself: it stops at each row that traps or lacks fuel, and goes on behind it.
#[test]
fn rows_of_one_array_are_runs() {
    // As often as the first cell says, adds the second to the third, which traps where it is negative.
    let body = "b0(v0: i64):
            fuel 1 @1..2
            v1 = load.i32 v0
            v2 = const.i32 0
            jump b1(v1)
        b1(v3: i32):
            v4 = sgt v3, v2
            branch v4, b2, b3
        b2:
            fuel 1 @3..4
            v5 = const.i32 1
            v6 = sub.i32 v3, v5
            v7 = load.i32 v0+4
            v8 = load.i32 v0+8
            v9 = add.i32 v7, v8
            store v9, v0+8
            v10 = slt v9, v2
            trap_if v10 bad_shift
            jump b1(v6)
        b3:
            fuel 1 @5..6
            v11 = load.i32 v0+8";
    let texts = [
        format!("fn f(i64) -> i32 {{\n{body}\n return v11\n}}"),
        format!("fn f(i64) {{\n{body}\n store v11, v0\n return\n}}"),
    ];
    let mut random = Xoshiro256PlusPlus::seed_from_u64(5);
    let inputs: Vec<i32> =
        (0..200).flat_map(|_| [random.random_range(-1..12), random.random_range(-1..9), 3]).collect();
    for text in texts {
        let program = ir::parse(&text).expect("it parses");
        assert_eq!(ir::verify(&program), Ok(()));
        for fuel in [1, 2, 5, 9, 13, 1000] {
            for rows in [0, 1, 3, 16, 17, 65, 200] {
                rows_agree(&program, 0, 0, &inputs[..3 * rows], fuel);
            }
        }
    }
}

#[test]
fn each_thread_has_its_own() {
    let program = ir::parse(BUSY).expect("it parses");
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let program = &program;
            scope.spawn(move || {
                let mut jit = Jit::new(program).expect("it compiles");
                for n in 0..200 {
                    jit.load(program).expect("it compiles");
                    let mut arguments = [Argument::Array(vec![thread, n, 3]), Argument::Scalar(3)];
                    let run = jit.run(FunctionId(1), &mut arguments, 1000);
                    // The second element is the sum so far when it is added.
                    assert_eq!(run.outcome, Outcome::Returned(vec![i64::from(2 * thread + 3)]));
                }
            });
        }
    });
}

/// Bytes of this process in memory.
#[cfg(target_os = "linux")]
fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").expect("Linux has it");
    text.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).expect("a number of pages") * 4096
}

/// `IOCC_JIT_PROGRAMS=1000000` for a million.
#[cfg(target_os = "linux")]
#[test]
fn memory_of_code_is_given_back() {
    let count = programs(4000);
    let program = ir::parse(BUSY).expect("it parses");
    let mut jit = Jit::new(&program).expect("it compiles");
    let mut warm = 0;
    for number in 0..count {
        jit.load(&program).expect("it compiles");
        let mut arguments = [Argument::Array(vec![1, 2, 3]), Argument::Scalar(3)];
        assert_eq!(jit.run(FunctionId(1), &mut arguments, 1000).outcome, Outcome::Returned(vec![5]));
        if number == count / 10 {
            warm = resident();
        }
    }
    let now = resident();
    println!("{count} programs: {} KiB after a tenth, {} KiB at the end", warm >> 10, now >> 10);
    // Other tests run beside this one; a page a program would be 14 MiB and more.
    assert!(now < warm + (10 << 20), "{warm} bytes, then {now}");
}
