//! Expressions: names, types, and the log of accesses that [`super::order`] judges.

use super::order::What;
use super::scope::Means;
use super::{Checker, INT, Type};
use crate::diagnostic::{Diagnostic, Label, Span, codes, nearest};
use crate::lang::c::ast::{self, BinaryOperator, ExpressionKind, Integer, ParameterKind, ReturnType, UnaryOperator};
use crate::lang::c::hir::{self, ExpressionId, LocalId, LocalKind, Place};

impl<'a> Checker<'a> {
    pub(super) fn node(&mut self, kind: hir::ExpressionKind, ty: Integer, span: Span) -> ExpressionId {
        let id = ExpressionId(self.program.expressions.len() as u32);
        self.program.expressions.push(hir::Expression { kind, span, ty });
        id
    }

    /// A full expression of any type.
    pub(super) fn whole(&mut self, expression: &'a ast::Expression) -> (ExpressionId, Type) {
        self.order.clear();
        self.expression(expression)
    }

    /// A full expression that is an integer.
    pub(super) fn full(&mut self, expression: &'a ast::Expression) -> ExpressionId {
        self.order.clear();
        self.int(expression).0
    }

    /// A full expression whose value is not used.
    pub(super) fn full_for_effect(&mut self, expression: &'a ast::Expression) -> ExpressionId {
        self.whole(expression).0
    }

    /// An expression that must be an integer, and which.
    pub(super) fn int(&mut self, expression: &'a ast::Expression) -> (ExpressionId, Integer) {
        match self.expression(expression) {
            (id, Type::Integer(ty)) => (id, ty),
            (id, Type::Unknown) => (id, Integer::Int),
            (id, ty) => {
                self.not_an_int(expression, ty);
                (id, Integer::Int)
            }
        }
    }

    fn not_an_int(&mut self, expression: &'a ast::Expression, ty: Type) {
        let (message, help) = match (&expression.kind, ty) {
            (ExpressionKind::Variable(name), _) => (
                format!("the array `{}` is used as an `int`", name.text),
                Some(format!("an element is written `{}[0]`", name.text)),
            ),
            (ExpressionKind::Call { function, .. }, Type::Void) => {
                (format!("`{}` returns nothing, but its value is used", function.text), None)
            }
            (ExpressionKind::Call { function, .. }, _) => {
                (format!("`{}` returns an array, but an `int` is wanted", function.text), None)
            }
            _ => ("an `int` is wanted here".to_owned(), None),
        };
        self.error(codes::MISMATCH, expression.span, message).help.extend(help);
    }

    pub(super) fn expression(&mut self, expression: &'a ast::Expression) -> (ExpressionId, Type) {
        let span = expression.span;
        let (kind, ty) = match &expression.kind {
            ExpressionKind::Constant(value) => (hir::ExpressionKind::Constant(i64::from(*value)), INT),
            ExpressionKind::Literal { value, ty } => (hir::ExpressionKind::Constant(*value), Type::Integer(*ty)),
            ExpressionKind::Variable(name) => self.variable(name),
            ExpressionKind::Element { array, index } => match self.element(array, index) {
                Some(Place::Element { array, index }) => {
                    self.access(self.element_of(array, index), false, span);
                    (hir::ExpressionKind::Element { array, index }, Type::Integer(self.locals[array.0 as usize].ty))
                }
                _ => (hir::ExpressionKind::Constant(0), Type::Unknown),
            },
            ExpressionKind::Call { function, arguments } => self.call(function, arguments, span),
            ExpressionKind::Unary { operator, operand } => {
                let (operand, ty) = self.int(operand);
                let ty = if *operator == UnaryOperator::Not { ty } else { ty.promoted() };
                let operand = self.convert(operand, ty);
                let result = if *operator == UnaryOperator::Not { Integer::Int } else { ty };
                (hir::ExpressionKind::Unary { operator: *operator, operand }, Type::Integer(result))
            }
            ExpressionKind::Binary { operator, left, right } => self.binary(*operator, left, right),
            ExpressionKind::Conditional { condition, then, otherwise } => self.conditional(condition, then, otherwise),
            ExpressionKind::Comma { left, right } => {
                let left = self.expression(left).0;
                let (id, ty) = self.expression(right);
                if let Type::Array { .. } = ty {
                    self.not_an_int(right, ty);
                }
                (hir::ExpressionKind::Comma { left, right: id }, ty)
            }
            ExpressionKind::Cast { ty, operand } => {
                let (operand, _) = self.int(operand);
                let id = self.convert(operand, *ty);
                return (id, Type::Integer(*ty));
            }
            ExpressionKind::SizeOf(operand) => {
                let size = self.size_of(operand);
                (hir::ExpressionKind::Constant(size), Type::Integer(Integer::UnsignedLong))
            }
            ExpressionKind::Assign { operator, target, value } => self.assign(*operator, target, value, span),
            ExpressionKind::Step { increment, prefix, target } => {
                let before = self.order.mark();
                let mut ty = Integer::Int;
                let kind = match self.target(target) {
                    Some(place) => {
                        ty = self.type_of(place);
                        self.read(place, target.span);
                        self.write(place, span);
                        self.unordered_writes(before..self.order.mark() - 1);
                        hir::ExpressionKind::Step { increment: *increment, prefix: *prefix, target: place }
                    }
                    None => hir::ExpressionKind::Constant(0),
                };
                (kind, Type::Integer(ty))
            }
        };
        let integer = if let Type::Integer(integer) = ty { integer } else { Integer::Int };
        (self.node(kind, integer, span), ty)
    }

    fn type_of(&self, place: Place) -> Integer {
        let (Place::Scalar(local) | Place::Element { array: local, .. }) = place;
        self.locals[local.0 as usize].ty
    }

    fn variable(&mut self, name: &'a ast::Name) -> (hir::ExpressionKind, Type) {
        let local = match self.meaning(name) {
            None => return (hir::ExpressionKind::Constant(0), Type::Unknown),
            Some(Means::Constant(value)) => return (hir::ExpressionKind::Constant(value.into()), INT),
            Some(Means::Local(local)) => local,
        };
        let hir::Local { kind, ty, constant, .. } = self.locals[local.0 as usize];
        if let LocalKind::Scalar { .. } = kind {
            self.read(Place::Scalar(local), name.span);
            (hir::ExpressionKind::Scalar(local), Type::Integer(ty))
        } else {
            (hir::ExpressionKind::Array(local), Type::Array { ty, constant })
        }
    }

    /// The local of this name, or a complaint.
    fn resolve(&mut self, name: &'a ast::Name) -> Option<LocalId> {
        match self.meaning(name)? {
            Means::Local(local) => Some(local),
            Means::Constant(_) => {
                let message = format!("`{}` is a constant, not a variable", name.text);
                self.error(codes::NOT_ASSIGNABLE, name.span, message);
                None
            }
        }
    }

    /// What a name stands for, or a complaint.
    fn meaning(&mut self, name: &'a ast::Name) -> Option<Means> {
        if let Some(binding) = self.scopes.find(&name.text) {
            return Some(binding.means);
        }
        if self.functions.iter().any(|known| known.declared.name.text == name.text) {
            let message = format!("the function `{}` is used as a variable", name.text);
            let diagnostic = self.error(codes::MISMATCH, name.span, message);
            diagnostic.help.push(format!("a call is written `{}(...)`", name.text));
            return None;
        }
        let near = self.suggests().then(|| nearest(&name.text, self.scopes.names())).flatten();
        let message = format!("unknown variable `{}`", name.text);
        let diagnostic = self.error(codes::UNKNOWN_VARIABLE, name.span, message);
        diagnostic.labels[0].text = "not declared in this scope".to_owned();
        diagnostic.help.extend(near.map(|near| format!("did you mean `{near}`?")));
        None
    }

    fn element(&mut self, array: &'a ast::Name, index: &'a ast::Expression) -> Option<Place> {
        let local = self.resolve(array);
        let (index, ty) = self.int(index);
        // What an `unsigned` counts must not become negative.
        let index = self.convert(index, if ty == Integer::Unsigned { Integer::Long } else { ty.promoted() });
        let local = local?;
        if let LocalKind::Scalar { .. } = self.locals[local.0 as usize].kind {
            let ty = self.locals[local.0 as usize].ty;
            let message = format!("`{}` is an `{}` and has no elements", array.text, ty.text());
            self.error(codes::MISMATCH, array.span, message);
            return None;
        }
        if self.initializing == Some(local) {
            self.own_initializer(array.span, local);
        }
        Some(Place::Element { array: local, index })
    }

    fn element_of(&self, array: LocalId, index: ExpressionId) -> What {
        match self.program.expressions[index.0 as usize].kind {
            hir::ExpressionKind::Constant(index) => What::Element(array, Some(index)),
            _ => What::Element(array, None),
        }
    }

    fn what(&self, place: Place) -> What {
        match place {
            Place::Scalar(local) => What::Scalar(local),
            Place::Element { array, index } => self.element_of(array, index),
        }
    }

    fn read(&mut self, place: Place, span: Span) {
        if let Place::Scalar(local) = place {
            if self.initializing == Some(local) {
                self.own_initializer(span, local);
            } else if !self.flow.is_written(local.0 as usize) {
                self.maybe_uninitialized(local, span);
            }
        }
        self.access(self.what(place), false, span);
    }

    fn own_initializer(&mut self, span: Span, local: LocalId) {
        let message = format!("`{}` is read in its own initialiser", self.locals[local.0 as usize].name);
        self.error(codes::OWN_INITIALIZER, span, message).labels[0].text = "it has no value yet".to_owned();
    }

    /// From here on the program itself keeps account of whether the local was written.
    fn maybe_uninitialized(&mut self, local: LocalId, span: Span) {
        let declared = &mut self.locals[local.0 as usize];
        let known = std::mem::replace(&mut declared.kind, LocalKind::Scalar { checked: true });
        if known != declared.kind {
            let message = format!("`{}` may be read before it is written", declared.name);
            self.report(
                Diagnostic::warning(codes::MAYBE_UNINITIALIZED, span, message)
                    .note("a run that does so stops with the trap `uninitialized_read`"),
            );
        }
    }

    fn write(&mut self, place: Place, span: Span) {
        if let Place::Scalar(local) = place {
            self.flow.write(local.0 as usize);
        }
        self.access(self.what(place), true, span);
    }

    /// What is written: a variable or an element, else a complaint.
    fn target(&mut self, target: &'a ast::Expression) -> Option<Place> {
        let place = self.place(target)?;
        let (Place::Scalar(local) | Place::Element { array: local, .. }) = place;
        let local = &self.locals[local.0 as usize];
        if local.constant {
            let message = format!("`{}` is `const` and cannot be written", local.name);
            self.error(codes::NOT_ASSIGNABLE, target.span, message);
            return None;
        }
        Some(place)
    }

    fn place(&mut self, target: &'a ast::Expression) -> Option<Place> {
        match &target.kind {
            ExpressionKind::Variable(name) => {
                let local = self.resolve(name)?;
                if let LocalKind::Scalar { .. } = self.locals[local.0 as usize].kind {
                    return Some(Place::Scalar(local));
                }
                let message = format!("the array `{}` cannot be assigned as a whole", name.text);
                let diagnostic = self.error(codes::NOT_ASSIGNABLE, target.span, message);
                diagnostic.help.push(format!("an element is written `{}[0]`", name.text));
                None
            }
            ExpressionKind::Element { array, index } => self.element(array, index),
            _ => {
                self.int(target);
                let diagnostic = self.error(codes::NOT_ASSIGNABLE, target.span, "this cannot be assigned to");
                diagnostic.labels[0].text = "neither a variable nor an element".to_owned();
                None
            }
        }
    }

    fn assign(
        &mut self,
        operator: Option<BinaryOperator>,
        target: &'a ast::Expression,
        value: &'a ast::Expression,
        span: Span,
    ) -> (hir::ExpressionKind, Type) {
        let before = self.order.mark();
        let place = self.target(target);
        if let (Some(place), Some(_)) = (place, operator) {
            self.read(place, target.span);
        }
        let between = self.order.mark();
        let (id, from) = self.int(value);
        let after = self.order.mark();
        self.unordered(before..between, between..after);
        let Some(target) = place else { return (hir::ExpressionKind::Constant(0), Type::Unknown) };
        self.write(target, span);
        // `a[i] = a[j] = 0` writes one value twice, whichever comes first.
        let chained = operator.is_none()
            && matches!(target, Place::Element { .. })
            && matches!(value.kind, ExpressionKind::Assign { .. })
            && after > between;
        self.unordered_writes(before..if chained { after - 1 } else { after });
        let ty = self.type_of(target);
        let (at, value) = match operator {
            None => (ty, self.convert(id, ty)),
            Some(BinaryOperator::ShiftLeft | BinaryOperator::ShiftRight) => {
                (ty.promoted(), self.convert(id, from.promoted()))
            }
            Some(_) => {
                let at = ty.common(from);
                (at, self.convert(id, at))
            }
        };
        (hir::ExpressionKind::Assign { operator, target, value, at }, Type::Integer(ty))
    }

    fn binary(
        &mut self,
        operator: BinaryOperator,
        left: &'a ast::Expression,
        right: &'a ast::Expression,
    ) -> (hir::ExpressionKind, Type) {
        let before = self.order.mark();
        let (left, left_type) = self.int(left);
        let (right, right_type) = if matches!(operator, BinaryOperator::LogicalAnd | BinaryOperator::LogicalOr) {
            self.branches += 1;
            let assigned = self.flow.assigned;
            let right = self.int(right);
            self.flow.assigned = assigned;
            right
        } else {
            let between = self.order.mark();
            let right = self.int(right);
            self.unordered(before..between, between..self.order.mark());
            right
        };
        let (left_type, right_type, ty) = operand_types(operator, left_type, right_type);
        let (left, right) = (self.convert(left, left_type), self.convert(right, right_type));
        (hir::ExpressionKind::Binary { operator, left, right }, Type::Integer(ty))
    }

    fn conditional(
        &mut self,
        condition: &'a ast::Expression,
        then: &'a ast::Expression,
        otherwise: &'a ast::Expression,
    ) -> (hir::ExpressionKind, Type) {
        self.branches += 1;
        let (condition, _) = self.int(condition);
        let assigned = self.flow.assigned;
        let (then, then_type) = self.int(then);
        let after_then = std::mem::replace(&mut self.flow.assigned, assigned);
        let (otherwise, other_type) = self.int(otherwise);
        self.flow.join(after_then);
        let ty = then_type.common(other_type);
        let (then, otherwise) = (self.convert(then, ty), self.convert(otherwise, ty));
        (hir::ExpressionKind::Conditional { condition, then, otherwise }, Type::Integer(ty))
    }

    fn call(
        &mut self,
        name: &'a ast::Name,
        arguments: &'a [ast::Expression],
        span: Span,
    ) -> (hir::ExpressionKind, Type) {
        let function = self.callee(name);
        let parameters: &'a [ast::Parameter] = match function {
            Some(function) => &self.functions[function as usize].declared.parameters,
            None => &[],
        };
        let from = self.pending.len();
        let before = self.order.mark();
        for (number, argument) in arguments.iter().enumerate() {
            let mark = self.order.mark();
            let id = match parameters.get(number) {
                Some(parameter) => self.argument(parameter, argument),
                None => self.expression(argument).0,
            };
            self.unordered(before..mark, mark..self.order.mark());
            self.pending.push(id.0);
        }
        let list = self.list(from);
        let Some(function) = function else { return (hir::ExpressionKind::Constant(0), Type::Unknown) };
        let declared = self.functions[function as usize].declared;
        if parameters.len() != arguments.len() {
            self.wrong_count(declared, arguments.len(), span);
            return (hir::ExpressionKind::Constant(0), Type::Unknown);
        }
        self.call_accesses(function, list, span);
        let ty = match declared.returns {
            ReturnType::Void => Type::Void,
            ReturnType::Int | ReturnType::Integer(_) => Type::Integer(declared.returns.integer()),
            ReturnType::IntPointer | ReturnType::Pointer(_) => {
                Type::Array { ty: declared.returns.integer(), constant: false }
            }
        };
        (hir::ExpressionKind::Call { function, arguments: list }, ty)
    }

    fn argument(&mut self, parameter: &'a ast::Parameter, argument: &'a ast::Expression) -> ExpressionId {
        let wanted = match parameter.kind {
            ParameterKind::Scalar | ParameterKind::TypedScalar(_) => {
                let (id, _) = self.int(argument);
                return match parameter.kind {
                    ParameterKind::TypedScalar(specifiers) => self.convert(id, specifiers.ty),
                    _ => self.convert(id, Integer::Int),
                };
            }
            ParameterKind::Array(_) => super::function::PLAIN,
            ParameterKind::TypedArray(specifiers, _) => specifiers,
        };
        let (id, ty) = self.expression(argument);
        if let Type::Array { ty, constant } = ty {
            let mismatch = if ty != wanted.ty {
                let (wanted, ty) = (wanted.ty.text(), ty.text());
                Some(format!(
                    "the parameter `{}` is an array of `{wanted}`, and this one of `{ty}`",
                    parameter.name.text
                ))
            } else if constant && !wanted.constant {
                Some(format!("`{}` may write into this array, which is `const`", parameter.name.text))
            } else {
                None
            };
            if let Some(message) = mismatch {
                self.report(
                    Diagnostic::error(codes::MISMATCH, argument.span, message)
                        .label(parameter.name.span, "the parameter"),
                );
            }
        } else if ty != Type::Unknown {
            let message = format!("the parameter `{}` is an array, and this is not", parameter.name.text);
            self.report(
                Diagnostic::error(codes::MISMATCH, argument.span, message).label(parameter.name.span, "the parameter"),
            );
        }
        id
    }

    /// The number of the function of this name, or a complaint.
    fn callee(&mut self, name: &'a ast::Name) -> Option<u32> {
        if let Some(binding) = self.scopes.find(&name.text) {
            self.report(
                Diagnostic::error(
                    codes::MISMATCH,
                    name.span,
                    format!("`{}` is a variable and cannot be called", name.text),
                )
                .label(binding.span, "declared here"),
            );
            return None;
        }
        let found = self.functions.iter().rposition(|known| known.declared.name.text == name.text);
        if found.is_none() {
            let names = self.functions.iter().map(|known| known.declared.name.text.as_str());
            let near = self.suggests().then(|| nearest(&name.text, names)).flatten();
            let diagnostic =
                self.error(codes::UNKNOWN_FUNCTION, name.span, format!("unknown function `{}`", name.text));
            diagnostic.labels[0].text = "not defined before this call".to_owned();
            diagnostic.help.push(match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "a function is defined before it is called".to_owned(),
            });
        }
        found.map(|found| found as u32)
    }

    fn wrong_count(&mut self, function: &'a ast::Function, given: usize, span: Span) {
        let wanted = function.parameters.len();
        let plural = if wanted == 1 { "" } else { "s" };
        let message = format!("`{}` takes {wanted} argument{plural}, but {given} are given", function.name.text);
        let message = if given == 1 { message.replace(" are ", " is ") } else { message };
        let label = Label { span: function.name.span, text: "defined here".to_owned() };
        self.error(codes::ARGUMENT_COUNT, span, message).labels.push(label);
    }
}

/// What the operands are converted to, and what comes out.
fn operand_types(operator: BinaryOperator, left: Integer, right: Integer) -> (Integer, Integer, Integer) {
    use BinaryOperator::*;
    match operator {
        LogicalAnd | LogicalOr => (left, right, Integer::Int),
        ShiftLeft | ShiftRight => (left.promoted(), right.promoted(), left.promoted()),
        Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual => {
            let common = left.common(right);
            (common, common, Integer::Int)
        }
        _ => {
            let common = left.common(right);
            (common, common, common)
        }
    }
}
