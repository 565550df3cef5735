//! Small programs made with the builder.

use super::*;
use crate::ir::{Condition, FunctionBuilder};

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
    Program { functions: vec![b.finish()] }
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

#[test]
#[ignore = "a measurement"]
fn speed() {
    let program = loop_program();
    let start = std::time::Instant::now();
    for _ in 0..100_000 {
        std::hint::black_box(loop_program());
    }
    println!("build {:?}", start.elapsed() / 100_000);
    let start = std::time::Instant::now();
    for _ in 0..100_000 {
        std::hint::black_box(Interpreter::new(&program));
    }
    println!("prepare {:?}", start.elapsed() / 100_000);
    let mut interpreter = Interpreter::new(&program);
    let start = std::time::Instant::now();
    for _ in 0..100_000 {
        interpreter.load(std::hint::black_box(&program));
    }
    println!("prepare again {:?}", start.elapsed() / 100_000);
    let start = std::time::Instant::now();
    for _ in 0..1_000_000 {
        std::hint::black_box(interpreter.run_array(FunctionId(0), &mut [1, 0, -3, 4, 5], 10_000));
    }
    println!("run {:?}", start.elapsed() / 1_000_000);
}
