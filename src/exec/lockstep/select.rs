//! Which op does what an instruction says, where there are several.

use super::op::{Op, Place, Row};
use crate::exec::relation::{Comparison, Relation, Test};
use crate::ir::{BinaryOp, Type};

pub(super) fn binary(op: BinaryOp, ty: Type, to: Row, left: Row, right: Row) -> Op {
    match (op, ty) {
        (BinaryOp::Add, Type::I32) => Op::Add { to, left, right },
        (BinaryOp::Sub, Type::I32) => Op::Sub { to, left, right },
        (BinaryOp::Mul, Type::I32) => Op::Mul { to, left, right },
        (BinaryOp::And, ty) if ty != Type::I64 => Op::And { to, left, right },
        (BinaryOp::Or, ty) if ty != Type::I64 => Op::Or { to, left, right },
        (BinaryOp::Xor, ty) if ty != Type::I64 => Op::Xor { to, left, right },
        _ => Op::Binary { op, ty, to, left, right },
    }
}

pub(super) fn compare(comparison: Comparison<Row>, to: Row) -> Op {
    let Comparison { relation, left, right } = comparison;
    match relation {
        Relation::Eq => Op::Eq { to, left, right },
        Relation::Ne => Op::Ne { to, left, right },
        Relation::Slt => Op::Slt { to, left, right },
        Relation::Sle => Op::Sle { to, left, right },
        Relation::Ult => Op::Ult { to, left, right },
        Relation::Ule => Op::Ule { to, left, right },
    }
}

pub(super) fn jump_to(test: Test<Row>, place: Place) -> Op {
    match test {
        Test::Value(condition, true) => Op::JumpIf { condition, place },
        Test::Value(condition, false) => Op::JumpUnless { condition, place },
        Test::Comparison(Comparison { relation, left, right }) => match relation {
            Relation::Eq => Op::JumpEq { left, right, place },
            Relation::Ne => Op::JumpNe { left, right, place },
            Relation::Slt => Op::JumpSlt { left, right, place },
            Relation::Sle => Op::JumpSle { left, right, place },
            Relation::Ult => Op::JumpUlt { left, right, place },
            Relation::Ule => Op::JumpUle { left, right, place },
        },
    }
}
