//! Small programs, made with the builder or written as text; compiled code must agree on each.

use super::*;
use crate::exec::jit;
use crate::ir::{self, Build, Condition, FunctionBuilder};

/// `for (i = 0; i < 5; i++) { if (a[i] > 0) a[i] += i; else a[0] -= a[i]; } return a`
fn loop_program() -> Program {
    let mut b = FunctionBuilder::new("f", &[Type::I64], &[Type::I64]);
    let a = b.parameters()[0];
    let span = Span::new(3, 7);
    let i = b.local(Type::I32);
    b.fuel(1, span);
    let zero = b.constant(Type::I32, 0);
    b.set(i, zero);
    let (head, body, end) = (b.block(), b.block(), b.block());
    b.jump(head, &[]);
    b.switch_to(head);
    b.fuel(1, span);
    let (iv, five) = (b.get(i), b.constant(Type::I32, 5));
    let more = b.compare(Condition::Slt, iv, five);
    b.branch(more, (body, &[]), (end, &[]));
    b.seal(body);
    b.seal(end);
    b.switch_to(body);
    b.fuel(1, span);
    let iv = b.get(i);
    let p = b.index(a, iv, 4);
    let v = b.load(Type::I32, p, 0);
    let zero = b.constant(Type::I32, 0);
    let positive = b.compare(Condition::Sgt, v, zero);
    let (yes, no, join) = (b.block(), b.block(), b.block());
    b.branch(positive, (yes, &[]), (no, &[]));
    b.seal(yes);
    b.seal(no);
    for (block, op, overflow) in [(yes, BinaryOp::Add, OverflowOp::Add), (no, BinaryOp::Sub, OverflowOp::Sub)] {
        b.switch_to(block);
        b.fuel(1, span);
        let iv = b.get(i);
        let zero = b.constant(Type::I32, 0);
        let p = b.index(a, iv, 4);
        let (to, value) = if block == yes { (p, iv) } else { (b.index(a, zero, 4), b.load(Type::I32, p, 0)) };
        let old = b.load(Type::I32, to, 0);
        let bad = b.overflows(overflow, old, value);
        b.trap_if(bad, TrapKind::IntegerOverflow);
        let new = b.binary(op, old, value);
        b.store(new, to, 0);
        b.jump(join, &[]);
    }
    b.seal(join);
    b.switch_to(join);
    let (iv, one) = (b.get(i), b.constant(Type::I32, 1));
    let bad = b.overflows(OverflowOp::Add, iv, one);
    b.trap_if(bad, TrapKind::IntegerOverflow);
    let next = b.binary(BinaryOp::Add, iv, one);
    b.set(i, next);
    b.jump(head, &[]);
    b.seal(head);
    b.switch_to(end);
    b.fuel(1, span);
    b.ret(&[a]);
    Program { globals: Vec::new(), functions: vec![b.finish()] }
}

#[test]
fn a_loop_over_an_array() {
    let mut interpreter = Interpreter::new(&loop_program());
    let mut array = [1, 0, -3, 4, 5];
    assert_eq!(interpreter.run_array(FunctionId(0), &mut array, 100), Stop::Returned);
    assert_eq!(array, [4, 0, -3, 7, 9]);
    assert_eq!(interpreter.fuel_used(), 1 + 6 + 5 + 5 + 1);
    assert_eq!(interpreter.returned(), [memory::pointer(1, 0)]);
    assert_eq!(interpreter.run_array(FunctionId(0), &mut array, 17), Stop::OutOfFuel);
    assert_eq!(interpreter.fuel_used(), 17);
    let mut array = [i32::MAX, -1, 1, 1, 1];
    let trap = Trap { kind: TrapKind::IntegerOverflow, at: Span::new(3, 7) };
    assert_eq!(interpreter.run_array(FunctionId(0), &mut array, 100), Stop::Trapped(trap));
    assert_eq!(
        interpreter.run_array(FunctionId(0), &mut [1, 2, 3, 4], 100),
        Stop::Trapped(Trap { kind: TrapKind::OutOfBounds, ..trap })
    );
}

/// Runs the last function of `text` on scalars.
fn run(text: &str, arguments: &[i64]) -> Run {
    let program = ir::parse(text).expect("it parses");
    assert_eq!(ir::verify(&program), Ok(()), "{text}");
    let mut arguments: Vec<Argument> = arguments.iter().map(|value| Argument::Scalar(*value)).collect();
    let function = FunctionId(program.functions.len() as u32 - 1);
    let run = Interpreter::new(&program).run(function, &mut arguments, 10_000);
    for effort in [jit::Effort::Full, jit::Effort::Quick] {
        let mut compiled = jit::Jit::with_effort(&program, effort).expect("it compiles");
        assert_eq!(compiled.run(function, &mut arguments, 10_000), run, "compiled, {effort:?}: {text}");
    }
    run
}

/// What the last function of `text` returns or why it traps.
fn outcome(text: &str, arguments: &[i64]) -> Result<Vec<i64>, TrapKind> {
    match run(text, arguments).outcome {
        Outcome::Returned(values) => Ok(values),
        Outcome::Trapped(trap) => Err(trap.kind),
        Outcome::OutOfFuel => panic!("out of fuel"),
    }
}

#[test]
fn every_operation_at_every_width() {
    let apply = |op: &str, ty: &str, left: i64, right: i64| {
        let text =
            format!("fn f({ty}, {ty}) -> {ty} {{\nb0(v0: {ty}, v1: {ty}):\nv2 = {op}.{ty} v0, v1\nreturn v2\n}}");
        outcome(&text, &[left, right]).expect("nothing traps here")[0]
    };
    for (op, ty, left, right, expected) in [
        ("add", "i8", 127, 1, -128),
        ("add", "i32", i32::MAX.into(), 1, i32::MIN.into()),
        ("add", "i1", 1, 1, 0),
        ("sub", "i16", -32768, 1, 32767),
        ("mul", "i32", 65536, 65536, 0),
        ("mul", "i64", i64::MAX, 2, -2),
        ("sdiv", "i32", -7, 2, -3),
        ("sdiv", "i32", i32::MIN.into(), -1, i32::MIN.into()),
        ("srem", "i32", -7, 2, -1),
        ("srem", "i64", i64::MIN, -1, 0),
        ("udiv", "i8", -1, 2, 127),
        ("urem", "i32", -1, 10, 5),
        ("and", "i32", -4, 6, 4),
        ("or", "i8", -128, 1, -127),
        ("xor", "i1", 1, 1, 0),
        ("shl", "i8", 3, 6, -64),
        ("shl", "i32", 1, 31, i32::MIN.into()),
        ("ashr", "i32", -8, 1, -4),
        ("lshr", "i8", -1, 1, 127),
        ("lshr", "i64", -1, 63, 1),
    ] {
        assert_eq!(apply(op, ty, left, right), expected, "{op}.{ty} {left}, {right}");
    }
}

#[test]
fn every_comparison_and_overflow() {
    let apply = |op: &str, ty: &str, left: i64, right: i64| {
        let text = format!("fn f({ty}, {ty}) -> i1 {{\nb0(v0: {ty}, v1: {ty}):\nv2 = {op} v0, v1\nreturn v2\n}}");
        let branch = format!(
            "fn f({ty}, {ty}) -> i1 {{\nb0(v0: {ty}, v1: {ty}):\nv2 = {op} v0, v1\nv3 = const.i1 1\nv4 = const.i1 0
             branch v2, b1(v3), b1(v4)\nb1(v5: i1):\nreturn v5\n}}"
        );
        let value = outcome(&text, &[left, right]);
        assert_eq!(outcome(&branch, &[left, right]), value, "{op} {left}, {right} in a branch");
        value.expect("nothing traps here")[0] == 1
    };
    for (left, right) in [(-1, 1), (1, -1), (3, 3), (i32::MIN.into(), i32::MAX.into())] {
        let (l, r) = (left as u64, right as u64);
        for (name, expected) in [
            ("eq", left == right),
            ("ne", left != right),
            ("slt", left < right),
            ("sle", left <= right),
            ("sgt", left > right),
            ("sge", left >= right),
            ("ult", l < r),
            ("ule", l <= r),
            ("ugt", l > r),
            ("uge", l >= r),
        ] {
            assert_eq!(apply(name, "i32", left, right), expected, "{name} {left}, {right}");
        }
        let fits = |value: i64| i32::try_from(value).is_ok();
        assert_eq!(apply("add_overflows", "i32", left, right), !fits(left + right));
        assert_eq!(apply("sub_overflows", "i32", left, right), !fits(left - right));
        assert_eq!(apply("mul_overflows", "i32", left, right), !fits(left * right));
    }
    // As a signed number 1 is -1.
    assert!(apply("slt", "i1", 1, 0) && apply("ult", "i1", 0, 1) && !apply("sgt", "i1", 1, 0));
    assert!(apply("mul_overflows", "i64", i64::MIN, -1) && !apply("mul_overflows", "i8", 11, 11));
}

#[test]
fn conversions_and_selection() {
    let text = "fn f(i16) -> i64, i64, i8, i1, i32, i32 {
        b0(v0: i16):
            v1 = sign_extend.i64 v0
            v2 = zero_extend.i64 v0
            v3 = truncate.i8 v0
            v4 = truncate.i1 v0
            v5 = sign_extend.i32 v4
            v6 = zero_extend.i32 v4
            v7 = select.i32 v4, v5, v6
            return v1, v2, v3, v4, v5, v7
        }";
    assert_eq!(outcome(text, &[-255]), Ok(vec![-255, 65281, 1, 1, -1, -1]));
    assert_eq!(outcome(text, &[254]), Ok(vec![254, 254, -2, 0, 0, 0]));
}

/// A function of an i32 and an i64 with an object of eight bytes, `v2`.
fn with_object(body: &str) -> String {
    format!("fn f(i32, i64) -> i32 {{\nb0(v0: i32, v1: i64):\nv2 = allocate 8\n{body}\n}}")
}

#[test]
fn memory_is_checked_byte_by_byte() {
    for (body, expected) in [
        ("store v0, v2+4\nv3 = load.i32 v2+4\nreturn v3", Ok(7)),
        ("store v0, v2+4\nv3 = load.i32 v2\nreturn v3", Err(TrapKind::UninitializedRead)),
        ("store v0, v2+4\nv3 = load.i32 v2+3\nreturn v3", Err(TrapKind::UninitializedRead)),
        ("store v0, v2+5\nreturn v0", Err(TrapKind::OutOfBounds)),
        ("store v0, v2-1\nreturn v0", Err(TrapKind::OutOfBounds)),
        ("store v1, v2\nv3 = load.i32 v2+4\nreturn v3", Ok(-1)),
        ("store v1, v2\nv3 = load.i8 v2+7\nv4 = sign_extend.i32 v3\nreturn v4", Ok(-1)),
        ("v3 = truncate.i16 v0\nstore v3, v2\nv4 = load.i32 v2\nreturn v4", Err(TrapKind::UninitializedRead)),
        ("v3 = index v2, v0 * 1\nstore v0, v3\nreturn v0", Err(TrapKind::OutOfBounds)),
        ("v3 = index v2, v0 * 4\nreturn v0", Ok(7)),
        ("v3 = index v2, v1 * 4\nreturn v0", Err(TrapKind::OutOfBounds)),
        ("v3 = index v2, v0 * 1073741824\nreturn v0", Err(TrapKind::OutOfBounds)),
        ("v3 = const.i64 0\nv4 = load.i32 v3\nreturn v4", Err(TrapKind::OutOfBounds)),
        ("v3 = const.i64 -4294967296\nv4 = load.i32 v3\nreturn v4", Err(TrapKind::OutOfBounds)),
    ] {
        assert_eq!(outcome(&with_object(body), &[7, -2]), expected.map(|value| vec![value]), "{body}");
    }
}

#[test]
fn an_allocation_in_a_loop_is_one_object_uninitialised_each_time() {
    let text = "fn f(i32) -> i32 {
        b0(v0: i32):
            v1 = const.i32 0
            jump b1(v1)
        b1(v2: i32):
            v3 = allocate 4
            v4 = eq v2, v0
            branch v4, b2, b3
        b2:
            v5 = load.i32 v3
            return v5
        b3:
            store v2, v3
            v6 = const.i32 1
            v7 = add.i32 v2, v6
            jump b1(v7)
        }";
    assert_eq!(outcome(text, &[3]), Err(TrapKind::UninitializedRead));
    // 16 million objects would be more than the memory holds.
    let endless = text.replace("eq v2, v0", "slt v2, v1").replace("store v2, v3", "fuel 1 @0..0");
    assert_eq!(run(&endless, &[0]).outcome, Outcome::OutOfFuel);
}

/// `f(n) = n == 0 ? 0 : f(n - 1) + 1` with `bytes` of memory in each call.
fn recursive(bytes: u32) -> String {
    format!(
        "fn f(i32) -> i32 {{
        b0(v0: i32):
            fuel 1 @5..9
            v1 = allocate {bytes}
            v2 = const.i32 0
            v3 = const.i32 1
            v4 = eq v0, v2
            branch v4, b1, b2
        b1:
            return v2
        b2:
            v5 = sub.i32 v0, v3
            v6 = call f(v5): i32
            v7 = add.i32 v6, v3
            return v7
        }}"
    )
}

#[test]
fn calls_are_limited_in_depth_and_memory() {
    assert_eq!(outcome(&recursive(4), &[255]), Ok(vec![255]));
    assert_eq!(run(&recursive(4), &[255]).fuel, 256);
    assert_eq!(outcome(&recursive(4), &[256]), Err(TrapKind::CallDepth));
    assert_eq!(outcome(&recursive(1 << 20), &[63]), Ok(vec![63]));
    assert_eq!(outcome(&recursive(1 << 20), &[64]), Err(TrapKind::OutOfMemory));
    assert_eq!(outcome(&recursive(u32::MAX), &[0]), Err(TrapKind::OutOfMemory));
}

#[test]
fn a_trap_after_a_call_is_told_of_the_caller() {
    let text = "fn g() {\nb0:\nfuel 1 @1..2\nreturn\n}
        fn f() {\nb0:\nfuel 1 @3..4\ncall g()\ntrap missing_return\n}";
    let trap = Trap { kind: TrapKind::MissingReturn, at: Span::new(3, 4) };
    assert_eq!(run(text, &[]), Run { outcome: Outcome::Trapped(trap), fuel: 2 });
}

#[test]
fn fuel_ends_a_run_that_needs_more() {
    let text = "fn f() {\nb0:\nfuel 6000 @0..1\nfuel 0 @0..1\nfuel 4000 @0..1\nreturn\n}";
    assert_eq!(run(text, &[]), Run { outcome: Outcome::Returned(vec![]), fuel: 10_000 });
    let more = text.replace("4000", "4001");
    assert_eq!(run(&more, &[]), Run { outcome: Outcome::OutOfFuel, fuel: 6000 });
}

#[test]
fn an_interpreter_takes_other_programs_and_functions() {
    let constant = |value: i32| format!("fn f() -> i32 {{\nb0:\nv0 = const.i32 {value}\nreturn v0\n}}");
    let both = format!("{}\n{}", constant(1), constant(2).replace("fn f", "fn g"));
    let mut interpreter = Interpreter::new(&ir::parse(&both).expect("it parses"));
    for (function, expected) in [(0, 1), (1, 2), (0, 1), (0, 1)] {
        let run = interpreter.run(FunctionId(function), &mut [], 0);
        assert_eq!(run.outcome, Outcome::Returned(vec![expected]));
    }
    interpreter.load(&ir::parse(&constant(3)).expect("it parses"));
    assert_eq!(interpreter.run(FunctionId(0), &mut [], 0).outcome, Outcome::Returned(vec![3]));
}
