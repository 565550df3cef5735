//! What can be read, written or pointed to ([`Lvalue`]), and what is done with pointers: moving, comparing, assigning.

use super::order::{Base, What};
use super::scope::Means;
use super::{Checker, Type};
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::lang::c::ast::{self, BinaryOperator, ExpressionKind, Integer};
use crate::lang::c::hir::{self, ExpressionId, LocalId, LocalKind, Place, Rows};

/// The integer type that holds a pointer.
pub(super) const POINTER: Integer = Integer::UnsignedLong;

/// What an expression designates.
#[derive(Clone, Copy)]
pub(super) enum Lvalue {
    /// An integer, and whether it is `const`.
    Place(Place, bool),
    /// A variable or parameter that is a pointer.
    Pointer(LocalId),
    /// An array.
    Array {
        /// A pointer to its first element.
        pointer: ExpressionId,
        ty: Integer,
        constant: bool,
        rows: Rows,
        /// Its length, where it is known.
        length: Option<u32>,
    },
    /// Nothing: it is only a value. Nothing was evaluated.
    None,
    /// Something is wrong with it, and that has been said.
    Wrong,
}

/// A pointer whose elements are looked at.
struct Operand {
    pointer: ExpressionId,
    ty: Integer,
    constant: bool,
    rows: Rows,
    /// Elements, where it is an array and their number is known.
    length: Option<u32>,
}

impl<'a> Checker<'a> {
    /// What an expression designates.
    pub(super) fn lvalue(&mut self, expression: &'a ast::Expression) -> Lvalue {
        let span = expression.span;
        match &expression.kind {
            ExpressionKind::Variable(name) => match self.meaning(name) {
                None => Lvalue::Wrong,
                Some(means) => self.named(means, span),
            },
            ExpressionKind::Element { array, index } => self.element(array, index, span),
            ExpressionKind::Subscript { base, index } => match self.pointer_operand(base) {
                Some(operand) => {
                    let index = self.index(index);
                    self.element_behind(operand, index, span)
                }
                None => {
                    self.index(index);
                    Lvalue::Wrong
                }
            },
            ExpressionKind::Dereference(operand) => match self.pointer_operand(operand) {
                Some(operand) => {
                    self.release(operand.pointer);
                    self.first_element(operand)
                }
                None => Lvalue::Wrong,
            },
            ExpressionKind::Text(bytes) => {
                let global = self.text(bytes, span);
                self.global_lvalue(global, span)
            }
            _ => Lvalue::None,
        }
    }

    /// What a name designates.
    pub(super) fn named(&mut self, means: Means, span: Span) -> Lvalue {
        match means {
            Means::Constant(_) => Lvalue::None,
            Means::Local(local) => self.local_lvalue(local, span),
            Means::Global(global) => self.global_lvalue(global, span),
        }
    }

    fn local_lvalue(&mut self, local: LocalId, span: Span) -> Lvalue {
        let hir::Local { kind, ty, constant, rows, .. } = self.locals[local.0 as usize];
        match kind {
            LocalKind::Scalar { .. } | LocalKind::Memory => Lvalue::Place(Place::Scalar(local), constant),
            LocalKind::Parameter | LocalKind::Pointer { .. } => Lvalue::Pointer(local),
            LocalKind::Array { length, .. } => {
                let pointer = self.node(hir::ExpressionKind::Array(local), POINTER, span);
                Lvalue::Array { pointer, ty, constant, rows, length: Some(length / rows.elements()) }
            }
        }
    }

    fn global_lvalue(&mut self, global: hir::GlobalId, span: Span) -> Lvalue {
        if !self.globals.contains(&global) {
            self.globals.push(global);
        }
        let pointer = self.node(hir::ExpressionKind::Global(global), POINTER, span);
        let hir::Global { ty, constant, length, rows, .. } = self.program.globals[global.0 as usize];
        match length {
            None => Lvalue::Place(Place::Memory { address: pointer, ty }, constant),
            Some(_) => Lvalue::Array { pointer, ty, constant, rows, length },
        }
    }

    /// `array[index]`
    pub(super) fn element(&mut self, array: &'a ast::Name, index: &'a ast::Expression, span: Span) -> Lvalue {
        let means = self.meaning(array);
        let local = match means {
            Some(Means::Local(local)) => local,
            Some(Means::Global(global)) => {
                let lvalue = self.global_lvalue(global, array.span);
                let index = self.index(index);
                return match lvalue {
                    Lvalue::Array { pointer, ty, constant, rows, length } => {
                        self.element_behind(Operand { pointer, ty, constant, rows, length }, index, span)
                    }
                    _ => self.no_elements(array, self.program.globals[global.0 as usize].ty),
                };
            }
            Some(Means::Constant(_)) => {
                let message = format!("`{}` is a constant, not a variable", array.text);
                self.error(codes::NOT_ASSIGNABLE, array.span, message);
                self.index(index);
                return Lvalue::Wrong;
            }
            None => {
                self.index(index);
                return Lvalue::Wrong;
            }
        };
        let hir::Local { kind, ty, constant, rows, .. } = self.locals[local.0 as usize];
        let length = match kind {
            LocalKind::Scalar { .. } | LocalKind::Memory => {
                self.index(index);
                return self.no_elements(array, ty);
            }
            LocalKind::Array { length, .. } => Some(length / rows.elements()),
            LocalKind::Parameter | LocalKind::Pointer { .. } => {
                self.read(Place::Scalar(local), array.span);
                None
            }
        };
        let index = self.index(index);
        if self.initializing == Some(local) {
            self.own_initializer(array.span, local);
        }
        if rows.is_empty() {
            return Lvalue::Place(Place::Element { array: local, index }, constant);
        }
        let pointer = self.node(hir::ExpressionKind::Array(local), POINTER, array.span);
        self.element_behind(Operand { pointer, ty, constant, rows, length }, index, span)
    }

    fn no_elements(&mut self, array: &'a ast::Name, ty: Integer) -> Lvalue {
        let message = format!("`{}` is an `{}` and has no elements", array.text, ty.text());
        self.error(codes::MISMATCH, array.span, message);
        Lvalue::Wrong
    }

    /// An index, promoted; what an `unsigned` counts must not become negative.
    fn index(&mut self, index: &'a ast::Expression) -> ExpressionId {
        let (index, ty) = self.int(index);
        self.convert(index, if ty == Integer::Unsigned { Integer::Long } else { ty.promoted() })
    }

    /// What stands before `[` or behind `*`: an array, or a pointer's value.
    fn pointer_operand(&mut self, expression: &'a ast::Expression) -> Option<Operand> {
        let (pointer, ty) = match self.lvalue(expression) {
            Lvalue::Array { pointer, ty, constant, rows, length } => {
                return Some(Operand { pointer, ty, constant, rows, length });
            }
            Lvalue::Wrong => return None,
            Lvalue::None => self.expression(expression),
            lvalue => self.value_of(lvalue, expression.span),
        };
        match ty {
            Type::Pointer { ty, constant, rows } => Some(Operand { pointer, ty, constant, rows, length: None }),
            Type::Unknown => None,
            _ => {
                let what = match ty {
                    Type::Integer(ty) => format!("this is an `{}`, and no pointer", ty.text()),
                    _ => "this has no value".to_owned(),
                };
                self.error(codes::MISMATCH, expression.span, what).labels[0].text =
                    "an array or a pointer is wanted".to_owned();
                None
            }
        }
    }

    /// The element at an index.
    fn element_behind(&mut self, operand: Operand, index: ExpressionId, span: Span) -> Lvalue {
        let scale = operand.ty.size() * operand.rows.elements();
        let bound = operand.length.unwrap_or(0);
        let kind = hir::ExpressionKind::Index { base: operand.pointer, index, scale, bound, kept: false };
        let pointer = self.node(kind, POINTER, span);
        self.first_element(Operand { pointer, ..operand })
    }

    /// What a pointer points to.
    fn first_element(&mut self, Operand { pointer, ty, constant, rows, .. }: Operand) -> Lvalue {
        match rows.split() {
            None => Lvalue::Place(Place::Memory { address: pointer, ty }, constant),
            Some((length, rows)) => Lvalue::Array { pointer, ty, constant, rows, length: Some(length) },
        }
    }

    /// A pointer that was computed is used as a value: it must not leave its object.
    fn keep(&mut self, pointer: ExpressionId) {
        if let hir::ExpressionKind::Index { kept, .. } = &mut self.program.expressions[pointer.0 as usize].kind {
            *kept = true;
        }
    }

    /// Memory is reached right where this pointer points to, which checks more.
    fn release(&mut self, pointer: ExpressionId) {
        if let hir::ExpressionKind::Index { kept, .. } = &mut self.program.expressions[pointer.0 as usize].kind {
            *kept = false;
        }
    }

    /// The value of what is designated; arrays become pointers.
    pub(super) fn value_of(&mut self, lvalue: Lvalue, span: Span) -> (ExpressionId, Type) {
        match lvalue {
            Lvalue::Place(place, _) => {
                self.read(place, span);
                let ty = self.type_of(place);
                let kind = match place {
                    Place::Scalar(local) => hir::ExpressionKind::Scalar(local),
                    Place::Element { array, index } => hir::ExpressionKind::Element { array, index },
                    Place::Memory { address, .. } => hir::ExpressionKind::Load(address),
                };
                (self.node(kind, ty, span), Type::Integer(ty))
            }
            Lvalue::Pointer(local) => {
                let hir::Local { ty, constant, rows, .. } = self.locals[local.0 as usize];
                self.read(Place::Scalar(local), span);
                let id = self.node(hir::ExpressionKind::Array(local), POINTER, span);
                (id, Type::Pointer { ty, constant, rows })
            }
            Lvalue::Array { pointer, ty, constant, rows, .. } => {
                self.keep(pointer);
                (pointer, Type::Pointer { ty, constant, rows })
            }
            Lvalue::None | Lvalue::Wrong => {
                (self.node(hir::ExpressionKind::Constant(0), Integer::Int, span), Type::Unknown)
            }
        }
    }

    /// `&operand`
    pub(super) fn address_of(&mut self, operand: &'a ast::Expression, span: Span) -> (ExpressionId, Type) {
        let lvalue = self.lvalue(operand);
        let (pointer, ty, constant, rows) = match lvalue {
            Lvalue::Place(place, constant) => {
                let pointer = match place {
                    Place::Scalar(local) => {
                        self.locals[local.0 as usize].kind = LocalKind::Memory;
                        // From here on memory itself keeps account of what was written.
                        self.flow.write(local.0 as usize);
                        self.node(hir::ExpressionKind::Address(local), POINTER, span)
                    }
                    Place::Element { array, index } => {
                        let bound = match self.locals[array.0 as usize].kind {
                            LocalKind::Array { length, .. } => length,
                            _ => 0,
                        };
                        let scale = self.locals[array.0 as usize].ty.size();
                        let base = self.node(hir::ExpressionKind::Array(array), POINTER, span);
                        let kind = hir::ExpressionKind::Index { base, index, scale, bound, kept: true };
                        self.node(kind, POINTER, span)
                    }
                    Place::Memory { address, .. } => {
                        if let hir::ExpressionKind::Global(global) = self.program.expressions[address.0 as usize].kind {
                            self.program.globals[global.0 as usize].exposed = true;
                        }
                        self.keep(address);
                        address
                    }
                };
                (pointer, self.element_type(place), constant, Rows::default())
            }
            Lvalue::Array { pointer, ty, constant, rows, length } => {
                let lengths: Vec<u32> = length.iter().chain(rows.lengths()).copied().collect();
                let Some(rows) = Rows::new(&lengths) else {
                    let message = "pointers to arrays of so many dimensions are not in the subset";
                    self.error(codes::NOT_IN_SUBSET, span, message);
                    return self.value_of(Lvalue::Wrong, span);
                };
                self.keep(pointer);
                (pointer, ty, constant, rows)
            }
            Lvalue::Pointer(_) => {
                self.error(codes::NOT_IN_SUBSET, span, "pointers to pointers are not in the subset");
                return self.value_of(Lvalue::Wrong, span);
            }
            Lvalue::None => {
                let (_, ty) = self.expression(operand);
                if ty != Type::Unknown {
                    let diagnostic = self.error(codes::MISMATCH, span, "this has no address");
                    diagnostic.labels[0].text = "neither a variable nor an element".to_owned();
                }
                return self.value_of(Lvalue::Wrong, span);
            }
            Lvalue::Wrong => return self.value_of(Lvalue::Wrong, span),
        };
        (pointer, Type::Pointer { ty, constant, rows })
    }

    /// The type of what lies at a place, seen by a pointer to it.
    fn element_type(&self, place: Place) -> Integer {
        match place {
            Place::Scalar(local) | Place::Element { array: local, .. } => self.locals[local.0 as usize].ty,
            Place::Memory { ty, .. } => ty,
        }
    }

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

    /// What is read or written at a place; several where a pointer may come from several.
    pub(super) fn whats(&mut self, place: Place) -> Whats {
        match place {
            Place::Scalar(local) => Whats::One(What::Scalar(local)),
            Place::Element { array, index } => {
                let index = self.constant_index(index);
                Whats::One(What::Element(Base::Local(array), index))
            }
            Place::Memory { address, ty } => self.memory(address, ty),
        }
    }

    fn constant_index(&self, index: ExpressionId) -> Option<i64> {
        match self.program.expressions[index.0 as usize].kind {
            hir::ExpressionKind::Constant(index) => Some(index),
            _ => None,
        }
    }

    fn memory(&mut self, address: ExpressionId, ty: Integer) -> Whats {
        let (mut at, mut offset) = (address, Some(0i64));
        loop {
            match self.program.expressions[at.0 as usize].kind {
                hir::ExpressionKind::Index { base, index, scale, .. } => {
                    let moved = self.constant_index(index).and_then(|index| index.checked_mul(scale.into()));
                    offset = offset.zip(moved).and_then(|(offset, moved)| offset.checked_add(moved));
                    at = base;
                }
                hir::ExpressionKind::Array(local) => {
                    let index = offset.map(|offset| offset / i64::from(ty.size()));
                    return Whats::One(What::Element(Base::Local(local), index));
                }
                hir::ExpressionKind::Global(global) => {
                    let index = offset.map(|offset| offset / i64::from(ty.size()));
                    return Whats::One(What::Element(Base::Global(global), index));
                }
                hir::ExpressionKind::Address(local) => return Whats::One(What::Scalar(local)),
                _ => {
                    let mut all = Vec::new();
                    self.each_source(at, &mut |checker, source| all.push(checker.what_behind(source)));
                    return Whats::Several(all);
                }
            }
        }
    }

    /// Whatever a pointer from this source may point to.
    pub(super) fn what_behind(&self, source: Base) -> What {
        match source {
            Base::Local(local) if self.locals[local.0 as usize].kind == LocalKind::Memory => What::Scalar(local),
            base => What::Element(base, None),
        }
    }
}

/// One thing or several that are read or written.
pub(super) enum Whats {
    One(What),
    Several(Vec<What>),
}

/// A type as it is written.
pub(super) fn points_to(ty: Integer, rows: Rows) -> String {
    let lengths: String = rows.lengths().iter().map(|length| format!("[{length}]")).collect();
    format!("{}{lengths}", ty.text())
}
