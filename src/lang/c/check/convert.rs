//! Conversions between integer types, sizes, and constants known before the program runs.

use super::lvalue::Lvalue;
use super::{Checker, Type};
use crate::diagnostic::{Span, codes};
use crate::lang::c::hir::{self, ExpressionId};
use crate::lang::c::tree::{self as ast, BinaryOperator, Integer, UnaryOperator};

impl<'a> Checker<'a> {
    /// The expression in that type; a constant is converted at once.
    #[inline]
    pub(super) fn convert(&mut self, id: ExpressionId, to: Integer) -> ExpressionId {
        let expression = &mut self.program.expressions[id.0 as usize];
        if expression.ty == to {
            return id;
        }
        if let hir::ExpressionKind::Constant(value) = expression.kind {
            (expression.kind, expression.ty) = (hir::ExpressionKind::Constant(to.wrap(value)), to);
            return id;
        }
        let span = expression.span;
        self.node(hir::ExpressionKind::Convert(id), to, span)
    }

    /// `sizeof e`: the expression is not evaluated, so that what its check logs is forgotten.
    pub(super) fn size_of(&mut self, operand: &'a ast::Expression) -> i64 {
        let (mark, assigned) = (self.order.mark(), self.flow.assigned);
        // Nothing is read, so that nothing need be written before.
        self.flow.assigned = super::flow::NEVER;
        let (object, ty) = match self.lvalue(operand) {
            Lvalue::Array { ty, rows, length, .. } => {
                (Some(length.unwrap_or(1) * rows.elements() * ty.size()), Type::Void)
            }
            Lvalue::Place(place, _) => (None, Type::Integer(self.type_of(place))),
            Lvalue::Pointer(_) => (Some(8), Type::Void),
            Lvalue::Wrong => (None, Type::Unknown),
            Lvalue::None => (None, self.expression(operand).1),
        };
        self.flow.assigned = assigned;
        self.order.forget(mark);
        if let Some(size) = object {
            return size.into();
        }
        match ty {
            Type::Integer(ty) => ty.size().into(),
            Type::Pointer { .. } => 8,
            Type::Void | Type::Unknown => {
                if ty == Type::Void {
                    self.error(codes::MISMATCH, operand.span, "this has no value, and so no size");
                }
                1
            }
        }
    }

    /// The value of an expression that must be constant.
    pub(super) fn constant(&mut self, expression: &'a ast::Expression) -> (i64, Integer) {
        self.order.clear();
        let (id, ty) = self.int(expression);
        let value = self.fold(id);
        if value.is_none() {
            self.not_constant(expression.span);
        }
        (value.unwrap_or(0), ty)
    }

    fn not_constant(&mut self, span: Span) {
        // A mistake in the expression has been reported already.
        if !self.diagnostics.iter().any(|mistake| mistake.labels.first().is_some_and(|label| label.span == span)) {
            self.error(codes::SYNTAX, span, "a constant is wanted here").labels[0].text =
                "known only when the program runs, or not defined by C".to_owned();
        }
    }

    /// What an expression always gives; `None` if that is not known, or not defined.
    pub(super) fn fold(&self, id: ExpressionId) -> Option<i64> {
        let hir::Expression { kind, ty, .. } = self.program.expressions[id.0 as usize];
        match kind {
            hir::ExpressionKind::Constant(value) => Some(value),
            hir::ExpressionKind::Convert(operand) => Some(ty.wrap(self.fold(operand)?)),
            hir::ExpressionKind::Unary { operator, operand } => {
                let value = self.fold(operand)?;
                match operator {
                    UnaryOperator::Plus => Some(value),
                    UnaryOperator::Not => Some(i64::from(value == 0)),
                    UnaryOperator::BitNot => Some(ty.wrap(!value)),
                    UnaryOperator::Negate => exact(ty, 0i128 - as_wide(ty, value)),
                }
            }
            hir::ExpressionKind::Binary { operator, left, right } => {
                let at = self.program.expressions[left.0 as usize].ty;
                fold_binary(operator, at, self.fold(left)?, self.fold(right)?)
            }
            hir::ExpressionKind::Conditional { condition, then, otherwise } => {
                self.fold(if self.fold(condition)? != 0 { then } else { otherwise })
            }
            _ => None,
        }
    }
}

/// The value as C has it; of an `unsigned long` the bits are kept in an i64.
fn as_wide(ty: Integer, value: i64) -> i128 {
    if ty == Integer::UnsignedLong { i128::from(value as u64) } else { i128::from(value) }
}

/// The result of an operation: wrapped where the type has no sign, `None` where it overflows.
fn exact(ty: Integer, value: i128) -> Option<i64> {
    let wrapped = ty.wrap(value as i64);
    (!ty.is_signed() || i128::from(wrapped) == value).then_some(wrapped)
}

fn fold_binary(operator: BinaryOperator, ty: Integer, left: i64, right: i64) -> Option<i64> {
    use BinaryOperator::*;
    let (a, b) = (as_wide(ty, left), as_wide(ty, right));
    let truth = |truth: bool| Some(i64::from(truth));
    let count = || u32::try_from(right).ok().filter(|count| *count < 8 * ty.size());
    match operator {
        LogicalOr => truth(left != 0 || right != 0),
        LogicalAnd => truth(left != 0 && right != 0),
        Equal => truth(a == b),
        NotEqual => truth(a != b),
        Less => truth(a < b),
        LessEqual => truth(a <= b),
        Greater => truth(a > b),
        GreaterEqual => truth(a >= b),
        BitOr => Some(left | right),
        BitXor => Some(left ^ right),
        BitAnd => Some(left & right),
        Add => exact(ty, a + b),
        Subtract => exact(ty, a - b),
        // Both fit in 64 bits, so that the product fits.
        Multiply => exact(ty, a.checked_mul(b)?),
        Divide => exact(ty, a.checked_div(b)?),
        Remainder => exact(ty, a.checked_rem(b)?),
        ShiftLeft if a < 0 => None,
        ShiftLeft => exact(ty, a << count()?),
        ShiftRight => exact(ty, a >> count()?),
    }
}
