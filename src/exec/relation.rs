//! Comparisons as flat code has them: six relations, since operands can be swapped.

use crate::ir::{Condition, Type};

/// A comparison of two operands that hold sign-extended values, an i1 as 0 or 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    Eq,
    Ne,
    Slt,
    Sle,
    Ult,
    Ule,
}

/// A relation and its operands, which are of type `T`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Comparison<T> {
    pub relation: Relation,
    pub left: T,
    pub right: T,
}

impl<T> Comparison<T> {
    /// What stands for `left condition right`, where both are of type `ty`.
    pub(super) fn new(condition: Condition, ty: Type, left: T, right: T) -> Self {
        let (relation, swapped) = match condition {
            Condition::Eq => (Relation::Eq, false),
            Condition::Ne => (Relation::Ne, false),
            Condition::Slt => (Relation::Slt, false),
            Condition::Sle => (Relation::Sle, false),
            Condition::Sgt => (Relation::Slt, true),
            Condition::Sge => (Relation::Sle, true),
            Condition::Ult => (Relation::Ult, false),
            Condition::Ule => (Relation::Ule, false),
            Condition::Ugt => (Relation::Ult, true),
            Condition::Uge => (Relation::Ule, true),
        };
        // As a signed number an i1 is 0 or -1: the order is the other way round.
        let signed = matches!(relation, Relation::Slt | Relation::Sle);
        let (left, right) = if swapped ^ (signed && ty == Type::I1) { (right, left) } else { (left, right) };
        Self { relation, left, right }
    }

    fn not(self) -> Self {
        let Self { relation, left, right } = self;
        let (relation, swapped) = match relation {
            Relation::Eq => (Relation::Ne, false),
            Relation::Ne => (Relation::Eq, false),
            Relation::Slt => (Relation::Sle, true),
            Relation::Sle => (Relation::Slt, true),
            Relation::Ult => (Relation::Ule, true),
            Relation::Ule => (Relation::Ult, true),
        };
        let (left, right) = if swapped { (right, left) } else { (left, right) };
        Self { relation, left, right }
    }
}

/// What a branch looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Test<T> {
    /// An operand, and whether 1 or 0 takes the jump.
    Value(T, bool),
    Comparison(Comparison<T>),
}

impl<T> Test<T> {
    /// The opposite.
    pub(super) fn not(self) -> Self {
        match self {
            Self::Value(operand, wanted) => Self::Value(operand, !wanted),
            Self::Comparison(comparison) => Self::Comparison(comparison.not()),
        }
    }
}
