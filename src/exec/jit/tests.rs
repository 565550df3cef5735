//! The interpreter and compiled code must agree on everything.

use super::*;
use crate::exec::interp::Interpreter;
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
