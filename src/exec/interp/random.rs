//! Random structured programs over a few i32 locals: built with the builder, and evaluated directly. Shows that
//! builder, verifier, text form and interpreter agree on what a program means.

use super::*;
use crate::ir::{self, BlockId, Build, Condition, FunctionBuilder, Local};
use arbtest::arbitrary::{Result, Unstructured};
use arbtest::arbtest;

const LOCALS: usize = 4;

enum Statement {
    /// `to = left op right`
    Set(usize, BinaryOp, usize, usize),
    /// `to = constant`
    Constant(usize, i32),
    /// Traps where the sum overflows.
    CheckedAdd(usize, usize, usize),
    /// Exchanges two locals: moves that conflict.
    Swap(usize, usize),
    If(usize, Vec<Statement>, Vec<Statement>),
    /// While the local is positive; it is decremented first.
    While(usize, Vec<Statement>),
    Break,
    Return(usize),
}

const OPS: [BinaryOp; 6] = [BinaryOp::Add, BinaryOp::Sub, BinaryOp::Mul, BinaryOp::And, BinaryOp::Xor, BinaryOp::Or];

fn statements(u: &mut Unstructured, depth: u32, in_loop: bool) -> Result<Vec<Statement>> {
    let mut list = Vec::new();
    for _ in 0..u.int_in_range(0..=4)? {
        let local = |u: &mut Unstructured| u.int_in_range(0..=LOCALS - 1);
        list.push(match u.int_in_range(0..=9)? {
            0 | 1 => Statement::Set(local(u)?, *u.choose(&OPS)?, local(u)?, local(u)?),
            2 => Statement::Constant(local(u)?, u.int_in_range(-3..=6)?),
            3 => Statement::CheckedAdd(local(u)?, local(u)?, local(u)?),
            4 => Statement::Swap(local(u)?, local(u)?),
            5 | 6 if depth > 0 => {
                Statement::If(local(u)?, statements(u, depth - 1, in_loop)?, statements(u, depth - 1, in_loop)?)
            }
            7 | 8 if depth > 0 => Statement::While(local(u)?, statements(u, depth - 1, true)?),
            9 if in_loop && u.ratio(1, 2)? => Statement::Break,
            9 if u.ratio(1, 4)? => Statement::Return(local(u)?),
            _ => Statement::Constant(local(u)?, i32::MAX),
        });
    }
    Ok(list)
}

struct Builder {
    b: FunctionBuilder,
    locals: Vec<Local>,
}

impl Builder {
    fn list(&mut self, list: &[Statement], exit: Option<BlockId>) {
        for statement in list {
            // What follows a break or a return goes into a block that nothing reaches.
            if self.b.is_terminated() {
                let dead = self.b.block();
                self.b.seal(dead);
                self.b.switch_to(dead);
            }
            self.b.fuel(1, Span::default());
            self.statement(statement, exit);
        }
    }

    fn get(&mut self, local: usize) -> ir::Value {
        self.b.get(self.locals[local])
    }

    fn statement(&mut self, statement: &Statement, exit: Option<BlockId>) {
        match statement {
            Statement::Set(to, op, left, right) => {
                let (left, right) = (self.get(*left), self.get(*right));
                let value = self.b.binary(*op, left, right);
                self.b.set(self.locals[*to], value);
            }
            Statement::Constant(to, value) => {
                let value = self.b.constant(Type::I32, i64::from(*value));
                self.b.set(self.locals[*to], value);
            }
            Statement::CheckedAdd(to, left, right) => {
                let (left, right) = (self.get(*left), self.get(*right));
                let overflow = self.b.overflows(OverflowOp::Add, left, right);
                self.b.trap_if(overflow, TrapKind::IntegerOverflow);
                let value = self.b.binary(BinaryOp::Add, left, right);
                self.b.set(self.locals[*to], value);
            }
            Statement::Swap(left, right) => {
                let (l, r) = (self.get(*left), self.get(*right));
                self.b.set(self.locals[*left], r);
                self.b.set(self.locals[*right], l);
            }
            Statement::If(condition, then, otherwise) => {
                let (yes, no, join) = (self.b.block(), self.b.block(), self.b.block());
                self.branch_if_positive(*condition, yes, no);
                self.b.seal(yes);
                self.b.seal(no);
                for (block, list) in [(yes, then), (no, otherwise)] {
                    self.b.switch_to(block);
                    self.list(list, exit);
                    if !self.b.is_terminated() {
                        self.b.jump(join, &[]);
                    }
                }
                self.b.seal(join);
                self.b.switch_to(join);
            }
            Statement::While(counter, list) => {
                let (head, body, end) = (self.b.block(), self.b.block(), self.b.block());
                self.b.jump(head, &[]);
                self.b.switch_to(head);
                self.b.fuel(1, Span::default());
                let (old, one) = (self.get(*counter), self.b.constant(Type::I32, 1));
                let new = self.b.binary(BinaryOp::Sub, old, one);
                self.b.set(self.locals[*counter], new);
                self.branch_if_positive(*counter, body, end);
                self.b.seal(body);
                self.b.switch_to(body);
                self.list(list, Some(end));
                if !self.b.is_terminated() {
                    self.b.jump(head, &[]);
                }
                self.b.seal(head);
                self.b.seal(end);
                self.b.switch_to(end);
            }
            Statement::Break => self.b.jump(exit.expect("only in loops"), &[]),
            Statement::Return(local) => {
                let value = self.get(*local);
                self.b.ret(&[value]);
            }
        }
    }

    fn branch_if_positive(&mut self, local: usize, then: BlockId, otherwise: BlockId) {
        let (value, zero) = (self.get(local), self.b.constant(Type::I32, 0));
        let condition = self.b.compare(Condition::Sgt, value, zero);
        self.b.branch(condition, (then, &[]), (otherwise, &[]));
    }
}

/// A random program of one function of three i32.
pub(in crate::exec) fn program(u: &mut Unstructured) -> Result<Program> {
    Ok(build(&statements(u, 4, false)?))
}

fn build(list: &[Statement]) -> Program {
    let mut b = FunctionBuilder::new("f", &[Type::I32; LOCALS - 1], &[Type::I32]);
    // The last local is not set, which reads as 0.
    let locals: Vec<Local> = (0..LOCALS).map(|_| b.local(Type::I32)).collect();
    for (local, parameter) in locals.iter().zip(b.parameters()) {
        b.set(*local, parameter);
    }
    let mut builder = Builder { b, locals };
    builder.list(list, None);
    if !builder.b.is_terminated() {
        let value = builder.get(0);
        builder.b.ret(&[value]);
    }
    Program { globals: Vec::new(), functions: vec![builder.b.finish()] }
}

/// Why a list of statements ended early.
enum Leave {
    Break,
    Return(i32),
    Trap,
    OutOfFuel,
}

struct Evaluator {
    locals: [i32; LOCALS],
    fuel: u64,
}

impl Evaluator {
    fn burn(&mut self) -> std::result::Result<(), Leave> {
        self.fuel = self.fuel.checked_sub(1).ok_or(Leave::OutOfFuel)?;
        Ok(())
    }

    fn list(&mut self, list: &[Statement]) -> std::result::Result<(), Leave> {
        for statement in list {
            self.burn()?;
            let locals = &mut self.locals;
            match statement {
                Statement::Set(to, op, left, right) => {
                    let (left, right) = (locals[*left], locals[*right]);
                    locals[*to] = match op {
                        BinaryOp::Add => left.wrapping_add(right),
                        BinaryOp::Sub => left.wrapping_sub(right),
                        BinaryOp::Mul => left.wrapping_mul(right),
                        BinaryOp::And => left & right,
                        BinaryOp::Xor => left ^ right,
                        _ => left | right,
                    };
                }
                Statement::Constant(to, value) => locals[*to] = *value,
                Statement::CheckedAdd(to, left, right) => {
                    locals[*to] = locals[*left].checked_add(locals[*right]).ok_or(Leave::Trap)?;
                }
                Statement::Swap(left, right) => locals.swap(*left, *right),
                Statement::If(condition, then, otherwise) => {
                    let positive = locals[*condition] > 0;
                    self.list(if positive { then } else { otherwise })?;
                }
                Statement::While(counter, list) => loop {
                    self.burn()?;
                    self.locals[*counter] = self.locals[*counter].wrapping_sub(1);
                    if self.locals[*counter] <= 0 {
                        break;
                    }
                    match self.list(list) {
                        Err(Leave::Break) => break,
                        other => other?,
                    }
                },
                Statement::Break => return Err(Leave::Break),
                Statement::Return(local) => return Err(Leave::Return(locals[*local])),
            }
        }
        Ok(())
    }
}

#[test]
fn random_programs_mean_what_they_say() {
    const FUEL: u64 = 300;
    arbtest(|u| {
        let list = statements(u, 4, false)?;
        let program = build(&list);
        assert_eq!(ir::verify(&program), Ok(()), "{}", ir::print(&program));
        let text = ir::print(&program);
        let again = ir::parse(&text).expect("what is printed parses");
        assert_eq!(again, program, "{text}");
        let mut interpreter = Interpreter::new(&program);
        for _ in 0..3 {
            let inputs: [i32; LOCALS - 1] = [u.int_in_range(-2..=5)?, u.int_in_range(-2..=5)?, u.arbitrary()?];
            let mut evaluator = Evaluator { locals: [inputs[0], inputs[1], inputs[2], 0], fuel: FUEL };
            let expected = match evaluator.list(&list) {
                Ok(()) => Outcome::Returned(vec![evaluator.locals[0].into()]),
                Err(Leave::Return(value)) => Outcome::Returned(vec![value.into()]),
                Err(Leave::Trap) => Outcome::Trapped(Trap { kind: TrapKind::IntegerOverflow, at: Span::default() }),
                Err(Leave::OutOfFuel) => Outcome::OutOfFuel,
                Err(Leave::Break) => unreachable!("breaks stay in their loops"),
            };
            let mut arguments = inputs.map(|value| Argument::Scalar(value.into()));
            let run = interpreter.run(FunctionId(0), &mut arguments, FUEL);
            assert_eq!(run, Run { outcome: expected, fuel: FUEL - evaluator.fuel }, "{inputs:?}\n{text}");
        }
        Ok(())
    });
}
