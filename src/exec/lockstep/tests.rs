//! The interpreter and the lanes must agree on everything.

use super::*;
use crate::exec::{SYNTHESIS_FUEL, Trap, interp, jit};
use crate::ir::{self, TrapKind, Type};
use arbtest::arbtest;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Runs the last function on all rows in both engines; they must agree. Gives what they say, and the rows after it.
#[track_caller]
fn agree(
    lockstep: &mut Lockstep,
    program: &Program,
    shape: &[RowArgument],
    rows: &[i32],
    fuel: u64,
) -> (Vec<RowRun>, Vec<i32>) {
    let function = FunctionId(program.functions.len() as u32 - 1);
    let call = Call { function, shape, fuel };
    let width = call.width();
    let mut found = rows.to_vec();
    let mut runs = Vec::new();
    lockstep.run_rows(program, &call, &mut found, |number, run| {
        assert_eq!(number, runs.len());
        runs.push(run);
    });
    let mut expected = rows.to_vec();
    let mut interpreter = Interpreter::new(program);
    for (number, row) in expected.chunks_mut(width.max(1)).enumerate() {
        let run = call.interpret(&mut interpreter, &mut Vec::new(), row);
        let message = || format!("row {number} of {rows:?} with {fuel} fuel:\n{}", ir::print(program));
        assert_eq!(runs[number], run, "{}", message());
        assert_eq!(&found[number * width..(number + 1) * width], row, "{}", message());
    }
    (runs, found)
}

fn parse(text: &str) -> Program {
    let program = ir::parse(text).expect("it parses");
    assert_eq!(ir::verify(&program), Ok(()), "{text}");
    program
}

#[test]
fn random_programs_of_the_interpreter() {
    let mut lockstep = Lockstep::new();
    let mut checked = 0;
    arbtest(|u| {
        let program = interp::random::program(u)?;
        let mut rows = Vec::new();
        for _ in 0..3 * u.int_in_range(1..=20)? {
            rows.push(u.int_in_range(-3..=6)?);
        }
        for fuel in [200, 7] {
            agree(&mut lockstep, &program, &[RowArgument::Scalar; 3], &rows, fuel);
        }
        checked += 1;
        Ok(())
    });
    let stats = lockstep.stats();
    println!("{checked} programs: {stats:?}");
    assert!(stats.interpreted == 0 && stats.diverged > 0, "{stats:?}");
}

#[test]
fn random_programs_of_the_whole_ir() {
    let mut lockstep = Lockstep::new();
    let mut kinds = std::collections::BTreeMap::<String, usize>::new();
    for number in 0..6000 {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(number);
        let program = jit::random::program(&mut rng);
        let arguments = jit::random::arguments(&mut rng, &program);
        let shape: Vec<RowArgument> = arguments.iter().map(RowArgument::from).collect();
        let types = &program.functions.last().expect("there is one").parameters;
        let mut rows = Vec::new();
        for _ in 0..rng.random_range(1..=20) {
            for (argument, ty) in arguments.iter().zip(types) {
                match argument {
                    Argument::Scalar(_) => rows.push(interp::wrap(*ty, rng.random_range(-3..=9)) as i32),
                    Argument::Array(values) => rows.extend(values.iter().map(|value| match rng.random_range(0..3) {
                        0 => *value,
                        _ => rng.random_range(-3..=9),
                    })),
                }
            }
        }
        if rows.is_empty() {
            continue;
        }
        let fuel = [300, 300, 20, 3][rng.random_range(0..4)];
        let before = lockstep.stats().interpreted;
        let (runs, _) = agree(&mut lockstep, &program, &shape, &rows, fuel);
        if lockstep.stats().interpreted == before {
            for run in runs {
                let name = match run.stop {
                    Stop::Returned => "returned",
                    Stop::Trapped(trap) => trap.kind.name(),
                    Stop::OutOfFuel => "out of fuel",
                };
                *kinds.entry(name.to_owned()).or_default() += 1;
            }
        }
    }
    println!("{:?}\n{kinds:?}", lockstep.stats());
    for kind in ["returned", "out of fuel", "integer_overflow", "out_of_bounds", "divide_by_zero"] {
        assert!(kinds.contains_key(kind), "no run in lanes ended with {kind}: {kinds:?}");
    }
}

/// `f(a, n)`: sums the elements up to the `n`-th into `a[1]`; keeps a local array; ways part at odd elements.
const BUSY: &str = "fn f(i64, i32) -> i32 {
    b0(v0: i64, v1: i32):
        fuel 1 @0..1
        v2 = const.i32 0
        v3 = allocate 12
        store v2, v3
        fuel 1 @2..3
        jump b1(v2, v2)
    b1(v4: i32, v5: i32):
        fuel 1 @4..5
        v6 = slt v4, v1
        branch v6, b2, b5
    b2:
        fuel 1 @6..7
        v7 = index v0, v4 * 4
        v8 = load.i32 v7
        v9 = const.i32 1
        v10 = and.i32 v8, v9
        v11 = eq v10, v9
        branch v11, b3, b4(v5)
    b3:
        fuel 3 @8..9
        v12 = load.i32 v3
        v13 = add_overflows v12, v8
        trap_if v13 integer_overflow
        v14 = add.i32 v12, v8
        store v14, v3
        v15 = add.i32 v5, v9
        jump b4(v15)
    b4(v16: i32):
        v17 = const.i32 1
        v18 = add.i32 v4, v17
        v19 = index v3, v18 * 4
        store v16, v19
        jump b1(v18, v16)
    b5:
        fuel 1 @10..11
        v20 = index v3, v1 * 4
        v21 = load.i32 v20
        store v21, v0+4
        fuel 1 @12..13
        return v5
    }";

#[test]
fn every_amount_of_fuel_on_ways_that_part() {
    let program = parse(BUSY);
    let shape = [RowArgument::Array(3), RowArgument::Scalar];
    let rows: Vec<i32> = [
        [1, 2, 3, 2],
        [2, 2, 3, 2],
        [2, 4, 3, 1],
        [1, 1, 1, 2],
        [i32::MAX, 1, 3, 2],
        [1, 2, 3, 3],
        [1, 2, 3, 0],
        [1, 2, 3, -1],
        [5, 5, 5, 9],
    ]
    .concat();
    let mut lockstep = Lockstep::new();
    let mut count = [0; 3];
    for inputs in 1..=9 {
        for fuel in (0..=40).chain([1000, u64::MAX]) {
            for run in agree(&mut lockstep, &program, &shape, &rows[..4 * inputs], fuel).0 {
                count[match run.stop {
                    Stop::Returned => 0,
                    Stop::Trapped(_) => 1,
                    Stop::OutOfFuel => 2,
                }] += 1;
            }
        }
    }
    assert!(count.iter().all(|count| *count > 100), "{count:?}");
    let stats = lockstep.stats();
    assert!(stats.interpreted == 0 && stats.diverged > 100, "{stats:?}");
}

#[test]
fn every_kind_of_trap_at_its_place() {
    let mut lockstep = Lockstep::new();
    for (body, kind, lanes) in [
        ("trap_if v3 integer_overflow", TrapKind::IntegerOverflow, true),
        ("trap_if v3 divide_by_zero\nv4 = sdiv.i32 v1, v1", TrapKind::DivideByZero, true),
        ("trap_if v3 bad_shift", TrapKind::BadShift, true),
        ("trap_if v3 missing_return", TrapKind::MissingReturn, true),
        ("v4 = load.i32 v0+12", TrapKind::OutOfBounds, true),
        ("v4 = load.i32 v0-1", TrapKind::OutOfBounds, true),
        ("v4 = const.i32 -1\nv5 = index v0, v4 * 4", TrapKind::OutOfBounds, true),
        ("v4 = const.i32 3\nv5 = index v0, v4 * 4\nstore v4, v5", TrapKind::OutOfBounds, true),
        ("v4 = const.i32 3\nv5 = sub.i32 v4, v1\nv6 = index v0, v5 * 4\nv7 = load.i32 v6", TrapKind::OutOfBounds, true),
        ("v4 = allocate 8\nv5 = load.i32 v4+4", TrapKind::UninitializedRead, true),
        ("v4 = allocate 8\nv5 = index v4, v1 * 4\nv6 = load.i32 v5", TrapKind::UninitializedRead, true),
        ("v4 = allocate 8\nstore v1, v4\nv5 = load.i64 v4", TrapKind::UninitializedRead, false),
        ("v4 = allocate 67108864", TrapKind::OutOfMemory, false),
        ("v4 = call f(v0, v1): i32", TrapKind::CallDepth, false),
    ] {
        let program = jit::random::trapping(body);
        let shape = [RowArgument::Array(3), RowArgument::Scalar];
        let rows: Vec<i32> = (0..10).flat_map(|row| [1, 2, 3, [0, 1, 2, 0][row % 4]]).collect();
        let before = lockstep.stats().interpreted;
        let (runs, _) = agree(&mut lockstep, &program, &shape, &rows, 1000);
        let at = crate::diagnostic::Span::new(3, 4);
        assert_eq!(runs[0].stop, Stop::Trapped(Trap { kind, at }), "{body}");
        assert_eq!(lockstep.stats().interpreted == before, lanes, "{body}");
    }
}

#[test]
fn more_objects_and_pointers_of_unknown_origin() {
    let program = parse(
        "fn f(i64, i64, i32) -> i32 {
        b0(v0: i64, v1: i64, v2: i32):
            fuel 1 @1..2
            v3 = const.i32 1
            v4 = slt v2, v3
            branch v4, b1(v0), b1(v1)
        b1(v5: i64):
            fuel 1 @3..4
            v6 = index v5, v2 * 4
            v7 = load.i32 v6
            store v2, v5
            v8 = select.i64 v4, v0, v6
            v9 = load.i32 v8+4
            v10 = add.i32 v7, v9
            return v10
        }",
    );
    let shape = [RowArgument::Array(3), RowArgument::Array(4), RowArgument::Scalar];
    let rows: Vec<i32> = (0..12).flat_map(|row| [row, 2, 3, 4, 5, 6, 7, row % 6 - 1]).collect();
    let mut lockstep = Lockstep::new();
    let (runs, _) = agree(&mut lockstep, &program, &shape, &rows, 1000);
    assert!(runs.iter().any(|run| run.stop == Stop::Returned));
    assert!(runs.iter().any(|run| run.stop != Stop::Returned));
    assert_eq!(lockstep.stats().interpreted, 0);
}

#[test]
fn sixty_four_bits() {
    let program = parse(
        "fn f(i32, i32) -> i64 {
        b0(v0: i32, v1: i32):
            v2 = sign_extend.i64 v0
            v3 = zero_extend.i64 v1
            v4 = mul.i64 v2, v3
            v5 = mul_overflows v4, v4
            v6 = slt v4, v2
            v7 = xor.i1 v5, v6
            v8 = select.i64 v7, v4, v2
            v9 = truncate.i16 v8
            v10 = sign_extend.i64 v9
            v11 = add.i64 v10, v4
            branch v6, b1(v11, v4), b1(v4, v11)
        b1(v12: i64, v13: i64):
            v14 = sub.i64 v12, v13
            return v14
        }",
    );
    let rows: Vec<i32> = (0..40).map(|number: i32| number.wrapping_mul(0x1234_5677) ^ (number >> 2)).collect();
    let mut lockstep = Lockstep::new();
    agree(&mut lockstep, &program, &[RowArgument::Scalar; 2], &rows, SYNTHESIS_FUEL);
    assert_eq!(lockstep.stats().interpreted, 0);
    assert_eq!(program.functions[0].returns, [Type::I64]);
}
