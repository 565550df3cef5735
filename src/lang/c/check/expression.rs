//! Expressions: names, types, and the log of accesses that [`super::order`] judges.

use super::lvalue::Lvalue;
use super::pointer::POINTER;
use super::scope::Means;
use super::{Checker, INT, Type};
use crate::diagnostic::{Diagnostic, Label, Span, codes, nearest};
use crate::lang::c::hir::{self, ExpressionId, LocalId, LocalKind, Place, Rows};
use crate::lang::c::tree::{
    self as ast, BinaryOperator, ExpressionKind, Integer, ParameterKind, ReturnType, UnaryOperator,
};

impl<'a> Checker<'a> {
    #[inline]
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

    /// An expression of which only matters whether it is zero.
    pub(super) fn truth(&mut self, expression: &'a ast::Expression) -> ExpressionId {
        match self.expression(expression) {
            (id, Type::Integer(_) | Type::Unknown) => id,
            (id, Type::Pointer { .. }) if !self.is_array(id) => id,
            (id, ty) => {
                self.not_an_int(expression, ty);
                id
            }
        }
    }

    /// A full expression of which only matters whether it is zero.
    pub(super) fn full_truth(&mut self, expression: &'a ast::Expression) -> ExpressionId {
        self.order.clear();
        self.truth(expression)
    }

    /// Whether a pointer is an array's name, which is never null.
    fn is_array(&self, id: ExpressionId) -> bool {
        match self.program.expressions[id.0 as usize].kind {
            hir::ExpressionKind::Array(local) => matches!(self.locals[local.0 as usize].kind, LocalKind::Array { .. }),
            hir::ExpressionKind::Global(_) => true,
            _ => false,
        }
    }

    #[cold]
    fn not_an_int(&mut self, expression: &'a ast::Expression, ty: Type) {
        let (message, help) = match (&expression.kind, ty) {
            (ExpressionKind::Variable(name), _) => {
                let pointer = match self.scopes.find(name).map(|binding| binding.means) {
                    Some(Means::Local(local)) => {
                        matches!(self.locals[local.0 as usize].kind, LocalKind::Pointer { .. })
                    }
                    _ => false,
                };
                match pointer {
                    true => (
                        format!("the pointer `{}` is used as an `int`", name.text),
                        Some(format!("what it points to is written `*{}`", name.text)),
                    ),
                    false => (
                        format!("the array `{}` is used as an `int`", name.text),
                        Some(format!("an element is written `{}[0]`", name.text)),
                    ),
                }
            }
            (ExpressionKind::Call { function, .. }, Type::Void) => {
                (format!("`{}` returns nothing, but its value is used", function.text), None)
            }
            (ExpressionKind::Call { function, .. }, _) => {
                (format!("`{}` returns an array, but an `int` is wanted", function.text), None)
            }
            (_, Type::Pointer { .. }) => ("this is a pointer, but an `int` is wanted here".to_owned(), None),
            _ => ("an `int` is wanted here".to_owned(), None),
        };
        self.error(codes::MISMATCH, expression.span, message).help.extend(help);
    }

    pub(super) fn expression(&mut self, expression: &'a ast::Expression) -> (ExpressionId, Type) {
        let span = expression.span;
        let (kind, ty) = match &expression.kind {
            ExpressionKind::Constant(value) => (hir::ExpressionKind::Constant(i64::from(*value)), INT),
            ExpressionKind::Literal { value, ty } => (hir::ExpressionKind::Constant(*value), Type::Integer(*ty)),
            ExpressionKind::Variable(name) => match self.meaning(name) {
                None => (hir::ExpressionKind::Constant(0), Type::Unknown),
                Some(Means::Constant(value)) => (hir::ExpressionKind::Constant(value.into()), INT),
                Some(Means::Local(local)) if matches!(self.locals[local.0 as usize].kind, LocalKind::Scalar { .. }) => {
                    self.read(Place::Scalar(local), span);
                    (hir::ExpressionKind::Scalar(local), Type::Integer(self.locals[local.0 as usize].ty))
                }
                Some(means) => {
                    let lvalue = self.named(means, span);
                    return self.value_of(lvalue, span);
                }
            },
            ExpressionKind::Element { .. }
            | ExpressionKind::Subscript { .. }
            | ExpressionKind::Dereference(_)
            | ExpressionKind::Text(_) => return self.designated(expression),
            ExpressionKind::AddressOf(operand) => return self.address_of(operand, span),
            ExpressionKind::Call { function, arguments } => self.call(function, arguments, span),
            ExpressionKind::Unary { operator: UnaryOperator::Not, operand } => {
                let operand = self.truth(operand);
                (hir::ExpressionKind::Unary { operator: UnaryOperator::Not, operand }, INT)
            }
            ExpressionKind::Unary { operator, operand } => {
                let (operand, ty) = self.int(operand);
                let ty = ty.promoted();
                let operand = self.convert(operand, ty);
                (hir::ExpressionKind::Unary { operator: *operator, operand }, Type::Integer(ty))
            }
            ExpressionKind::Binary { operator, left, right } => return self.binary(*operator, left, right, span),
            ExpressionKind::Conditional { condition, then, otherwise } => self.conditional(condition, then, otherwise),
            ExpressionKind::Comma { left, right } => {
                let left = self.expression(left).0;
                let (id, ty) = self.expression(right);
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
                match self.target(target) {
                    Some(Target::Place(place)) => {
                        let ty = self.type_of(place);
                        self.read(place, target.span);
                        let mark = self.order.mark();
                        self.write(place, span);
                        self.unordered_writes(before..mark, mark);
                        let kind = hir::ExpressionKind::Step { increment: *increment, prefix: *prefix, target: place };
                        (kind, Type::Integer(ty))
                    }
                    Some(Target::Pointer(local)) => self.step_pointer(local, *increment, *prefix, target.span, span),
                    None => (hir::ExpressionKind::Constant(0), INT),
                }
            }
        };
        let integer = match ty {
            Type::Integer(integer) => integer,
            Type::Pointer { .. } => POINTER,
            Type::Void | Type::Unknown => Integer::Int,
        };
        (self.node(kind, integer, span), ty)
    }

    /// The value of an expression that designates something.
    fn designated(&mut self, expression: &'a ast::Expression) -> (ExpressionId, Type) {
        let lvalue = self.lvalue(expression);
        self.value_of(lvalue, expression.span)
    }

    pub(super) fn type_of(&self, place: Place) -> Integer {
        match place {
            Place::Scalar(local) if self.locals[local.0 as usize].is_pointer() => POINTER,
            Place::Scalar(local) | Place::Element { array: local, .. } => self.locals[local.0 as usize].ty,
            Place::Memory { ty, .. } => ty,
        }
    }

    /// What a name stands for, or a complaint.
    pub(super) fn meaning(&mut self, name: &'a ast::Name) -> Option<Means> {
        if let Some(binding) = self.scopes.find(name) {
            if let Means::Global(_) = binding.means
                && name.span != Span::default()
                && binding.name.span.start > name.span.start
            {
                let message = format!("`{}` is used before it is declared", name.text);
                self.report(
                    Diagnostic::error(codes::UNKNOWN_VARIABLE, name.span, message)
                        .label(binding.name.span, "declared here"),
                );
            }
            return Some(binding.means);
        }
        if self.headers && name.text == "NULL" {
            return Some(Means::Constant(0));
        }
        if self.functions.iter().any(|known| known.declared.name.is(name)) {
            let message = format!("the function `{}` is used as a variable", name.text);
            let diagnostic = self.error(codes::MISMATCH, name.span, message);
            diagnostic.help.push(format!("a call is written `{}(...)`", name.text));
            return None;
        }
        let near = self.suggests().then(|| nearest(name.text, self.scopes.names())).flatten();
        let message = format!("unknown variable `{}`", name.text);
        let diagnostic = self.error(codes::UNKNOWN_VARIABLE, name.span, message);
        diagnostic.labels[0].text = "not declared in this scope".to_owned();
        diagnostic.help.extend(near.map(|near| format!("did you mean `{near}`?")));
        None
    }

    pub(super) fn read(&mut self, place: Place, span: Span) {
        if let Place::Scalar(local) = place {
            if self.initializing == Some(local) {
                self.own_initializer(span, local);
            } else if !self.flow.is_written(local.0 as usize) {
                self.maybe_uninitialized(local, span);
            }
        }
        self.access(place, false, span);
    }

    #[cold]
    pub(super) fn own_initializer(&mut self, span: Span, local: LocalId) {
        let message = format!("`{}` is read in its own initialiser", self.locals[local.0 as usize].name);
        self.error(codes::OWN_INITIALIZER, span, message).labels[0].text = "it has no value yet".to_owned();
    }

    /// From here on the program itself keeps account of whether the local was written.
    #[cold]
    fn maybe_uninitialized(&mut self, local: LocalId, span: Span) {
        let declared = &mut self.locals[local.0 as usize];
        let checked = match &mut declared.kind {
            LocalKind::Scalar { checked } | LocalKind::Pointer { checked } => checked,
            // Memory keeps account itself, and parameters are always written.
            LocalKind::Memory | LocalKind::Parameter | LocalKind::Array { .. } => return,
        };
        if !std::mem::replace(checked, true) {
            let message = format!("`{}` may be read before it is written", declared.name);
            self.report(
                Diagnostic::warning(codes::MAYBE_UNINITIALIZED, span, message)
                    .note("a run that does so stops with the trap `uninitialized_read`"),
            );
        }
    }

    pub(super) fn write(&mut self, place: Place, span: Span) {
        if let Place::Scalar(local) = place {
            self.flow.write(local.0 as usize);
        }
        self.access(place, true, span);
    }

    /// What is written: a variable or an element, else a complaint.
    fn target(&mut self, target: &'a ast::Expression) -> Option<Target> {
        let place = match self.lvalue(target) {
            Lvalue::Place(place, false) => return Some(Target::Place(place)),
            Lvalue::Pointer(local) => return Some(Target::Pointer(local)),
            Lvalue::Wrong => return None,
            Lvalue::Place(place, true) => Some(place),
            Lvalue::Array { .. } => {
                let (what, help) = match &target.kind {
                    ExpressionKind::Variable(name) => (
                        format!("the array `{}`", name.text),
                        Some(format!("an element is written `{}[0]`", name.text)),
                    ),
                    _ => ("an array".to_owned(), None),
                };
                let message = format!("{what} cannot be assigned as a whole");
                self.error(codes::NOT_ASSIGNABLE, target.span, message).help.extend(help);
                return None;
            }
            Lvalue::None => None,
        };
        match (place, &target.kind) {
            (Some(place), _) => {
                let name = match (place, &target.kind) {
                    (Place::Scalar(local) | Place::Element { array: local, .. }, _) => {
                        Some(self.locals[local.0 as usize].name.clone())
                    }
                    (_, ExpressionKind::Variable(name) | ExpressionKind::Element { array: name, .. }) => {
                        Some(name.text.into())
                    }
                    _ => None,
                };
                let what = name.map_or("this".to_owned(), |name| format!("`{name}`"));
                let message = format!("{what} is `const` and cannot be written");
                self.error(codes::NOT_ASSIGNABLE, target.span, message);
            }
            (None, ExpressionKind::Variable(name)) => {
                let message = format!("`{}` is a constant, not a variable", name.text);
                self.error(codes::NOT_ASSIGNABLE, target.span, message);
            }
            (None, _) => {
                self.expression(target);
                let diagnostic = self.error(codes::NOT_ASSIGNABLE, target.span, "this cannot be assigned to");
                diagnostic.labels[0].text = "neither a variable nor an element".to_owned();
            }
        }
        None
    }

    fn assign(
        &mut self,
        operator: Option<BinaryOperator>,
        target: &'a ast::Expression,
        value: &'a ast::Expression,
        span: Span,
    ) -> (hir::ExpressionKind, Type) {
        let before = self.order.mark();
        let place = match self.target(target) {
            Some(Target::Pointer(local)) => return self.assign_pointer(local, operator, target.span, value, span),
            Some(Target::Place(place)) => Some(place),
            None => None,
        };
        if let (Some(place), Some(_)) = (place, operator) {
            self.read(place, target.span);
        }
        let between = self.order.mark();
        let (id, from) = match place {
            Some(_) => self.int(value),
            // One complaint is enough.
            None => (self.expression(value).0, Integer::Int),
        };
        let after = self.order.mark();
        self.unordered(before..between, between..after);
        let Some(target) = place else { return (hir::ExpressionKind::Constant(0), Type::Unknown) };
        self.write(target, span);
        // `a[i] = a[j] = 0` writes one value twice, whichever comes first.
        let chained = operator.is_none()
            && matches!(target, Place::Element { .. } | Place::Memory { .. })
            && matches!(value.kind, ExpressionKind::Assign { .. })
            && after > between;
        self.unordered_writes(before..if chained { after - 1 } else { after }, after);
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
        span: Span,
    ) -> (ExpressionId, Type) {
        let before = self.order.mark();
        if matches!(operator, BinaryOperator::LogicalAnd | BinaryOperator::LogicalOr) {
            let left = self.truth(left);
            self.branches += 1;
            let assigned = self.flow.assigned;
            let right = self.truth(right);
            self.flow.assigned = assigned;
            return (self.node(hir::ExpressionKind::Binary { operator, left, right }, Integer::Int, span), INT);
        }
        let one = self.expression(left);
        let between = self.order.mark();
        let two = self.expression(right);
        self.unordered(before..between, between..self.order.mark());
        if let (Type::Pointer { .. }, _) | (_, Type::Pointer { .. }) = (one.1, two.1) {
            return self.pointer_operation(operator, one, two, span);
        }
        let left_type = self.integer(left, one.1);
        let right_type = self.integer(right, two.1);
        let (left_type, right_type, ty) = operand_types(operator, left_type, right_type);
        let (left, right) = (self.convert(one.0, left_type), self.convert(two.0, right_type));
        (self.node(hir::ExpressionKind::Binary { operator, left, right }, ty, span), Type::Integer(ty))
    }

    /// The type of an expression that must be an integer.
    fn integer(&mut self, expression: &'a ast::Expression, ty: Type) -> Integer {
        match ty {
            Type::Integer(ty) => ty,
            Type::Unknown => Integer::Int,
            ty => {
                self.not_an_int(expression, ty);
                Integer::Int
            }
        }
    }

    fn conditional(
        &mut self,
        condition: &'a ast::Expression,
        then: &'a ast::Expression,
        otherwise: &'a ast::Expression,
    ) -> (hir::ExpressionKind, Type) {
        self.branches += 1;
        let condition = self.truth(condition);
        let assigned = self.flow.assigned;
        let one = self.expression(then);
        let after_then = std::mem::replace(&mut self.flow.assigned, assigned);
        let two = self.expression(otherwise);
        self.flow.join(after_then);
        let (then, otherwise, ty) = match (one.1, two.1) {
            (Type::Pointer { .. }, _) | (_, Type::Pointer { .. }) => {
                let ty = self.common_pointer(one, two, then.span.to(otherwise.span));
                let convert = |checker: &mut Self, (id, ty)| match ty {
                    Type::Integer(_) => checker.convert(id, POINTER),
                    _ => id,
                };
                (convert(self, one), convert(self, two), ty)
            }
            _ => {
                let ty = self.integer(then, one.1).common(self.integer(otherwise, two.1));
                (self.convert(one.0, ty), self.convert(two.0, ty), Type::Integer(ty))
            }
        };
        (hir::ExpressionKind::Conditional { condition, then, otherwise }, ty)
    }

    fn call(
        &mut self,
        name: &'a ast::Name,
        arguments: &'a [ast::Expression],
        span: Span,
    ) -> (hir::ExpressionKind, Type) {
        let function = self.callee(name);
        let parameters: &'a [ast::Parameter] = match function {
            Some(function) => self.functions[function as usize].declared.parameters,
            None => &[],
        };
        let from = self.pending.len();
        let before = self.order.mark();
        for (number, argument) in arguments.iter().enumerate() {
            let mark = self.order.mark();
            let id = match parameters.get(number) {
                Some(parameter) => {
                    let rows = self.rows_of(function, number);
                    self.argument(parameter, argument, rows)
                }
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
            returns => returned_pointer(returns),
        };
        (hir::ExpressionKind::Call { function, arguments: list }, ty)
    }

    /// What the elements are of what a function's parameter points to.
    fn rows_of(&self, function: Option<u32>, parameter: usize) -> Rows {
        let locals = match function {
            None => return Rows::default(),
            Some(function) if function == self.current => &self.locals,
            Some(function) => &self.program.functions[function as usize].locals,
        };
        locals.get(parameter).map_or(Rows::default(), |local| local.rows)
    }

    fn argument(&mut self, parameter: &'a ast::Parameter, argument: &'a ast::Expression, rows: Rows) -> ExpressionId {
        let wanted = match parameter.kind {
            ParameterKind::Scalar | ParameterKind::TypedScalar(_) => {
                let (id, _) = self.int(argument);
                return match parameter.kind {
                    ParameterKind::TypedScalar(specifiers) => self.convert(id, specifiers.ty),
                    _ => self.convert(id, Integer::Int),
                };
            }
            ParameterKind::Array(_) => super::function::PLAIN,
            ParameterKind::TypedArray(specifiers, _) | ParameterKind::Matrix(specifiers) => specifiers,
        };
        let wanted = Type::Pointer { ty: wanted.ty, constant: wanted.constant, rows };
        let what = format!("the parameter `{}`", parameter.name.text);
        self.pointer_value(wanted, argument, &what, Some(parameter.name.span))
    }

    /// The number of the function of this name, or a complaint.
    fn callee(&mut self, name: &'a ast::Name) -> Option<u32> {
        if let Some(binding) = self.scopes.find(name) {
            self.report(
                Diagnostic::error(
                    codes::MISMATCH,
                    name.span,
                    format!("`{}` is a variable and cannot be called", name.text),
                )
                .label(binding.name.span, "declared here"),
            );
            return None;
        }
        let found = self.functions.iter().rposition(|known| known.declared.name.is(name));
        if found.is_none() {
            let names = self.functions.iter().map(|known| known.declared.name.text);
            let near = self.suggests().then(|| nearest(name.text, names)).flatten();
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

/// What is written.
enum Target {
    Place(Place),
    /// A pointer itself.
    Pointer(LocalId),
}

/// The type of what such a function returns.
pub(super) fn returned_pointer(returns: ReturnType) -> Type {
    let constant = matches!(returns, ReturnType::ConstantPointer(_));
    Type::Pointer { ty: returns.integer(), constant, rows: Rows::default() }
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
