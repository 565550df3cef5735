//! What is done with pointers: taking addresses, moving, comparing, assigning.

use super::lvalue::Lvalue;
use super::{Checker, Type};
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::lang::c::hir::{self, ExpressionId, LocalId, LocalKind, Place, Rows};
use crate::lang::c::tree::{self as ast, BinaryOperator, ExpressionKind, Integer};

/// The integer type that holds a pointer.
pub(super) const POINTER: Integer = Integer::UnsignedLong;

impl<'a> Checker<'a> {
    /// Whether a pointer is more than an array's name.
    pub(super) fn is_variable_pointer(&self, id: ExpressionId) -> bool {
        match self.program.expressions[id.0 as usize].kind {
            hir::ExpressionKind::Array(local) => {
                matches!(self.locals[local.0 as usize].kind, LocalKind::Pointer { .. })
            }
            hir::ExpressionKind::Global(_) => false,
            _ => true,
        }
    }

    /// Whether an expression is 0, which also means null.
    pub(super) fn is_null(&self, id: ExpressionId) -> bool {
        self.program.expressions[id.0 as usize].ty != POINTER && self.fold(id) == Some(0)
            || matches!(self.program.expressions[id.0 as usize].kind, hir::ExpressionKind::Constant(0))
    }

    /// A value that goes where a pointer is wanted, or a complaint; `what` names that place.
    pub(super) fn pointer_value(
        &mut self,
        wanted: Type,
        expression: &'a ast::Expression,
        what: &str,
        declared: Option<Span>,
    ) -> ExpressionId {
        let (id, given) = self.expression(expression);
        let Type::Pointer { ty, constant, rows } = wanted else { return id };
        let message = match given {
            Type::Unknown => return id,
            Type::Pointer { ty: other, constant: fixed, rows: others } => {
                if (ty, rows) != (other, others) {
                    let (wanted, other) = (points_to(ty, rows), points_to(other, others));
                    format!("{what} points to `{wanted}`, and this to `{other}`")
                } else if fixed && !constant {
                    format!("{what} may write to this, which is `const`")
                } else {
                    return id;
                }
            }
            Type::Integer(_) if self.is_null(id) => return self.convert(id, POINTER),
            Type::Integer(ty) => format!("{what} is a pointer, and this is an `{}`", ty.text()),
            Type::Void => format!("{what} is a pointer, and this has no value"),
        };
        let mut diagnostic = Diagnostic::error(codes::MISMATCH, expression.span, message);
        if let Some(span) = declared {
            diagnostic = diagnostic.label(span, "the parameter");
        }
        if let (Type::Integer(_), ExpressionKind::Variable(name)) = (given, &expression.kind) {
            diagnostic = diagnostic.help(format!("the address of `{0}` is written `&{0}`", name.text));
        }
        self.report(diagnostic);
        id
    }

    /// A pointer moved by a number of elements.
    fn moved(
        &mut self,
        pointer: (ExpressionId, Type),
        index: (ExpressionId, Integer),
        back: bool,
        span: Span,
    ) -> ExpressionId {
        let (base, Type::Pointer { ty, rows, .. }) = pointer else { return pointer.0 };
        let (id, index_type) = index;
        let wide = back || index_type == Integer::Unsigned;
        let mut index = self.convert(id, if wide { Integer::Long } else { index_type.promoted() });
        if back {
            let at = self.program.expressions[index.0 as usize];
            index = match at.kind {
                hir::ExpressionKind::Constant(value) if value != i64::MIN => {
                    self.node(hir::ExpressionKind::Constant(-value), Integer::Long, at.span)
                }
                _ => {
                    let operator = ast::UnaryOperator::Negate;
                    self.node(hir::ExpressionKind::Unary { operator, operand: index }, Integer::Long, at.span)
                }
            };
        }
        let scale = ty.size() * rows.elements();
        self.node(hir::ExpressionKind::Index { base, index, scale, bound: 0, kept: true }, POINTER, span)
    }

    /// An operation one operand of which at least is a pointer.
    pub(super) fn pointer_operation(
        &mut self,
        operator: BinaryOperator,
        left: (ExpressionId, Type),
        right: (ExpressionId, Type),
        span: Span,
    ) -> (ExpressionId, Type) {
        use BinaryOperator::*;
        let compares = matches!(operator, Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual);
        match (left.1, right.1) {
            (Type::Unknown, _) | (_, Type::Unknown) => return self.value_of(Lvalue::Wrong, span),
            (pointer @ Type::Pointer { .. }, Type::Integer(ty)) if matches!(operator, Add | Subtract) => {
                return (self.moved(left, (right.0, ty), operator == Subtract, span), pointer);
            }
            (Type::Integer(ty), pointer @ Type::Pointer { .. }) if operator == Add => {
                return (self.moved(right, (left.0, ty), false, span), pointer);
            }
            (Type::Pointer { ty, rows, .. }, Type::Pointer { ty: other, rows: others, .. })
                if compares || operator == Subtract =>
            {
                if (ty, rows) != (other, others) {
                    let message = format!(
                        "pointers to `{}` and to `{}` have no order",
                        points_to(ty, rows),
                        points_to(other, others)
                    );
                    self.error(codes::MISMATCH, span, message);
                    return self.value_of(Lvalue::Wrong, span);
                }
                let (left, right) = (left.0, right.0);
                if compares {
                    let kind = hir::ExpressionKind::ComparePointers { operator, left, right };
                    return (self.node(kind, Integer::Int, span), super::INT);
                }
                let scale = ty.size() * rows.elements();
                let kind = hir::ExpressionKind::Distance { left, right, scale };
                return (self.node(kind, Integer::Long, span), Type::Integer(Integer::Long));
            }
            (Type::Pointer { .. }, Type::Integer(_)) | (Type::Integer(_), Type::Pointer { .. })
                if matches!(operator, Equal | NotEqual) =>
            {
                let (pointer, number) =
                    if let Type::Pointer { .. } = left.1 { (left.0, right.0) } else { (right.0, left.0) };
                if self.is_null(number) {
                    let number = self.convert(number, POINTER);
                    let kind = hir::ExpressionKind::Binary { operator, left: pointer, right: number };
                    return (self.node(kind, Integer::Int, span), super::INT);
                }
                let diagnostic = self.error(codes::MISMATCH, span, "a pointer is compared with an integer");
                diagnostic.help.push("of the integers only the constant 0, the null pointer, can be".to_owned());
            }
            _ => {
                let message = format!("there is no `{}` of pointers like these", operator.text());
                self.error(codes::MISMATCH, span, message);
            }
        }
        self.value_of(Lvalue::Wrong, span)
    }

    /// The type of a conditional one side of which is a pointer.
    pub(super) fn common_pointer(&mut self, one: (ExpressionId, Type), two: (ExpressionId, Type), span: Span) -> Type {
        match (one.1, two.1) {
            (Type::Pointer { ty, constant, rows }, Type::Pointer { ty: other, constant: fixed, rows: others })
                if (ty, rows) == (other, others) =>
            {
                Type::Pointer { ty, constant: constant || fixed, rows }
            }
            (pointer @ Type::Pointer { .. }, Type::Integer(_)) if self.is_null(two.0) => pointer,
            (Type::Integer(_), pointer @ Type::Pointer { .. }) if self.is_null(one.0) => pointer,
            (Type::Unknown, _) | (_, Type::Unknown) => Type::Unknown,
            _ => {
                self.error(codes::MISMATCH, span, "the two sides of this `?:` do not have the same type");
                Type::Unknown
            }
        }
    }

    /// A pointer is written: a parameter may point elsewhere from then on.
    pub(super) fn pointer_moves(&mut self, local: LocalId) {
        let kind = &mut self.locals[local.0 as usize].kind;
        if *kind == LocalKind::Parameter {
            *kind = LocalKind::Pointer { checked: false };
        }
    }

    /// `p = value`, `p += value` or `p -= value`
    pub(super) fn assign_pointer(
        &mut self,
        local: LocalId,
        operator: Option<BinaryOperator>,
        target: Span,
        value: &'a ast::Expression,
        span: Span,
    ) -> (hir::ExpressionKind, Type) {
        let hir::Local { ref name, ty, constant, rows, .. } = self.locals[local.0 as usize];
        let (what, pointer) = (format!("`{name}`"), Type::Pointer { ty, constant, rows });
        self.pointer_moves(local);
        let before = self.order.mark();
        if operator.is_some() {
            self.read(Place::Scalar(local), target);
        }
        let between = self.order.mark();
        let value = match operator {
            None => self.pointer_value(pointer, value, &what, None),
            Some(operator @ (BinaryOperator::Add | BinaryOperator::Subtract)) => {
                let number = self.int(value);
                let old = self.node(hir::ExpressionKind::Array(local), POINTER, target);
                self.moved((old, pointer), number, operator == BinaryOperator::Subtract, span)
            }
            Some(operator) => {
                self.int(value);
                let message = format!("there is no `{}=` of pointers", operator.text());
                self.error(codes::MISMATCH, span, message);
                return (hir::ExpressionKind::Constant(0), Type::Unknown);
            }
        };
        let after = self.order.mark();
        self.unordered(before..between, between..after);
        self.points.flow(Some(local), value, span);
        self.write(Place::Scalar(local), span);
        self.unordered_writes(before..after, after);
        let target = Place::Scalar(local);
        (hir::ExpressionKind::Assign { operator: None, target, value, at: POINTER }, pointer)
    }

    /// `p++` and the like.
    pub(super) fn step_pointer(
        &mut self,
        local: LocalId,
        increment: bool,
        prefix: bool,
        target: Span,
        span: Span,
    ) -> (hir::ExpressionKind, Type) {
        let hir::Local { ty, constant, rows, .. } = self.locals[local.0 as usize];
        let pointer = Type::Pointer { ty, constant, rows };
        self.pointer_moves(local);
        self.read(Place::Scalar(local), target);
        self.write(Place::Scalar(local), span);
        let place = Place::Scalar(local);
        if !prefix {
            return (hir::ExpressionKind::Step { increment, prefix, target: place }, pointer);
        }
        let old = self.node(hir::ExpressionKind::Array(local), POINTER, target);
        let one = self.node(hir::ExpressionKind::Constant(1), Integer::Int, span);
        let value = self.moved((old, pointer), (one, Integer::Int), !increment, span);
        (hir::ExpressionKind::Assign { operator: None, target: place, value, at: POINTER }, pointer)
    }
}

/// A type as it is written.
pub(super) fn points_to(ty: Integer, rows: Rows) -> String {
    let lengths: String = rows.lengths().iter().map(|length| format!("[{length}]")).collect();
    format!("{}{lengths}", ty.text())
}
