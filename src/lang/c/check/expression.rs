//! Expressions: names, types, and the log of accesses that [`super::order`] judges.

use super::order::What;
use super::{Checker, Type};
use crate::diagnostic::{Diagnostic, Label, Span, codes, nearest};
use crate::lang::c::ast::{self, BinaryOperator, ExpressionKind, ParameterKind, ReturnType};
use crate::lang::c::hir::{self, ExpressionId, LocalId, LocalKind, Place};

impl<'a> Checker<'a> {
    fn node(&mut self, kind: hir::ExpressionKind, span: Span) -> ExpressionId {
        let id = ExpressionId(self.program.expressions.len() as u32);
        self.program.expressions.push(hir::Expression { kind, span });
        id
    }

    /// A full expression of any type.
    pub(super) fn whole(&mut self, expression: &'a ast::Expression) -> (ExpressionId, Type) {
        self.order.clear();
        self.expression(expression)
    }

    /// A full expression that is an int.
    pub(super) fn full(&mut self, expression: &'a ast::Expression) -> ExpressionId {
        self.order.clear();
        self.int(expression)
    }

    /// A full expression whose value is not used.
    pub(super) fn full_for_effect(&mut self, expression: &'a ast::Expression) -> ExpressionId {
        self.whole(expression).0
    }

    /// An expression that must be an int.
    pub(super) fn int(&mut self, expression: &'a ast::Expression) -> ExpressionId {
        let (id, ty) = self.expression(expression);
        if matches!(ty, Type::Array | Type::Void) {
            self.not_an_int(expression, ty);
        }
        id
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

    fn expression(&mut self, expression: &'a ast::Expression) -> (ExpressionId, Type) {
        let span = expression.span;
        let (kind, ty) = match &expression.kind {
            ExpressionKind::Constant(value) => (hir::ExpressionKind::Constant(*value), Type::Int),
            ExpressionKind::Variable(name) => self.variable(name),
            ExpressionKind::Element { array, index } => match self.element(array, index) {
                Some(Place::Element { array, index }) => {
                    self.access(self.element_of(array, index), false, span);
                    (hir::ExpressionKind::Element { array, index }, Type::Int)
                }
                _ => (hir::ExpressionKind::Constant(0), Type::Unknown),
            },
            ExpressionKind::Call { function, arguments } => self.call(function, arguments, span),
            ExpressionKind::Unary { operator, operand } => {
                (hir::ExpressionKind::Unary { operator: *operator, operand: self.int(operand) }, Type::Int)
            }
            ExpressionKind::Binary { operator, left, right } => (self.binary(*operator, left, right), Type::Int),
            ExpressionKind::Conditional { condition, then, otherwise } => {
                (self.conditional(condition, then, otherwise), Type::Int)
            }
            ExpressionKind::Assign { operator, target, value } => {
                (self.assign(*operator, target, value, span), Type::Int)
            }
            ExpressionKind::Step { increment, prefix, target } => {
                let before = self.order.mark();
                let kind = match self.target(target) {
                    Some(place) => {
                        self.read(place, target.span);
                        self.write(place, span);
                        self.unordered_writes(before..self.order.mark() - 1);
                        hir::ExpressionKind::Step { increment: *increment, prefix: *prefix, target: place }
                    }
                    None => hir::ExpressionKind::Constant(0),
                };
                (kind, Type::Int)
            }
        };
        (self.node(kind, span), ty)
    }

    fn variable(&mut self, name: &'a ast::Name) -> (hir::ExpressionKind, Type) {
        let Some(local) = self.resolve(name) else { return (hir::ExpressionKind::Constant(0), Type::Unknown) };
        if let LocalKind::Scalar { .. } = self.locals[local.0 as usize].kind {
            self.read(Place::Scalar(local), name.span);
            (hir::ExpressionKind::Scalar(local), Type::Int)
        } else {
            (hir::ExpressionKind::Array(local), Type::Array)
        }
    }

    /// The local of this name, or a complaint.
    fn resolve(&mut self, name: &'a ast::Name) -> Option<LocalId> {
        if let Some(binding) = self.scopes.find(&name.text) {
            return Some(binding.local);
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
        let index = self.int(index);
        let local = local?;
        if let LocalKind::Scalar { .. } = self.locals[local.0 as usize].kind {
            let message = format!("`{}` is an `int` and has no elements", array.text);
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
    ) -> hir::ExpressionKind {
        let before = self.order.mark();
        let place = self.target(target);
        if let (Some(place), Some(_)) = (place, operator) {
            self.read(place, target.span);
        }
        let between = self.order.mark();
        let id = self.int(value);
        let after = self.order.mark();
        self.unordered(before..between, between..after);
        let Some(target) = place else { return hir::ExpressionKind::Constant(0) };
        self.write(target, span);
        // `a[i] = a[j] = 0` writes one value twice, whichever comes first.
        let chained = operator.is_none()
            && matches!(target, Place::Element { .. })
            && matches!(value.kind, ExpressionKind::Assign { .. })
            && after > between;
        self.unordered_writes(before..if chained { after - 1 } else { after });
        hir::ExpressionKind::Assign { operator, target, value: id }
    }

    fn binary(
        &mut self,
        operator: BinaryOperator,
        left: &'a ast::Expression,
        right: &'a ast::Expression,
    ) -> hir::ExpressionKind {
        let before = self.order.mark();
        let left = self.int(left);
        let right = if matches!(operator, BinaryOperator::LogicalAnd | BinaryOperator::LogicalOr) {
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
        hir::ExpressionKind::Binary { operator, left, right }
    }

    fn conditional(
        &mut self,
        condition: &'a ast::Expression,
        then: &'a ast::Expression,
        otherwise: &'a ast::Expression,
    ) -> hir::ExpressionKind {
        self.branches += 1;
        let condition = self.int(condition);
        let assigned = self.flow.assigned;
        let then = self.int(then);
        let after_then = std::mem::replace(&mut self.flow.assigned, assigned);
        let otherwise = self.int(otherwise);
        self.flow.join(after_then);
        hir::ExpressionKind::Conditional { condition, then, otherwise }
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
            ReturnType::Int => Type::Int,
            ReturnType::IntPointer => Type::Array,
        };
        (hir::ExpressionKind::Call { function, arguments: list }, ty)
    }

    fn argument(&mut self, parameter: &'a ast::Parameter, argument: &'a ast::Expression) -> ExpressionId {
        if parameter.kind == ParameterKind::Scalar {
            return self.int(argument);
        }
        let (id, ty) = self.expression(argument);
        if matches!(ty, Type::Int | Type::Void) {
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
