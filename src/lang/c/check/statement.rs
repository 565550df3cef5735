//! Statements.

use super::expression::returned_pointer;
use super::flow::NEVER;
use super::function::{ELEMENTS, PLAIN};
use super::pointer::{POINTER, points_to};
use super::{Checker, Type};
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::lang::c::hir::{self, LocalKind, StatementId};
use crate::lang::c::tree::{
    self as ast, DeclaratorKind, ExpressionKind, Integer, ReturnType, Specifiers, StatementKind,
};

impl<'a> Checker<'a> {
    /// A list of statements in the scope at hand.
    pub(super) fn statements(&mut self, statements: &'a [ast::Statement]) -> hir::List {
        let from = self.pending.len();
        for statement in statements {
            let id = self.statement(statement);
            self.pending.push(id.0);
        }
        self.list(from)
    }

    pub(super) fn push(&mut self, kind: hir::StatementKind, span: Span) -> StatementId {
        let id = StatementId(self.program.statements.len() as u32);
        self.program.statements.push(hir::Statement { kind, span });
        id
    }

    pub(super) fn statement(&mut self, statement: &'a ast::Statement) -> StatementId {
        let (kind, span) = match &statement.kind {
            StatementKind::Block(statements) => {
                let mark = self.scopes.enter();
                let list = self.statements(statements);
                self.scopes.leave(mark);
                (hir::StatementKind::Block(list), statement.span)
            }
            StatementKind::If { condition, then, otherwise } => {
                self.if_statement(condition, then, otherwise.as_deref())
            }
            StatementKind::For { start, condition, step, body } => {
                self.for_statement(statement.span, start, *condition, *step, body)
            }
            StatementKind::While { condition, body } => self.while_statement(condition, body),
            StatementKind::DoWhile { body, condition } => self.do_statement(statement.span, body, condition),
            StatementKind::Break | StatementKind::Continue => (self.jump(statement), statement.span),
            StatementKind::Return(value) => (self.return_statement(statement.span, *value), statement.span),
            StatementKind::Declaration(declarators) => (self.declaration(PLAIN, declarators), statement.span),
            StatementKind::TypedDeclaration(specifiers, declarators) => {
                (self.declaration(*specifiers, declarators), statement.span)
            }
            StatementKind::StaticDeclaration(specifiers, declarators) => {
                declarators.iter().for_each(|declarator| self.global(*specifiers, declarator));
                (hir::StatementKind::Declaration(self.list(self.pending.len())), statement.span)
            }
            StatementKind::Enumeration(_) => {
                self.enumeration(statement);
                (hir::StatementKind::Declaration(self.list(self.pending.len())), statement.span)
            }
            StatementKind::Switch { value, body } => (self.switch(value, body), value.span),
            StatementKind::Case(_) => (self.stray_label(statement.span), statement.span),
            StatementKind::Expression(expression) => {
                (self.expression_statement(expression, statement.span), statement.span)
            }
            StatementKind::Empty => (hir::StatementKind::Empty, statement.span),
        };
        self.push(kind, span)
    }

    fn declaration(&mut self, specifiers: Specifiers, declarators: &'a [ast::Declarator]) -> hir::StatementKind {
        let from = self.pending.len();
        for declarator in declarators {
            let kind = self.declarator(specifiers, declarator);
            let id = self.push(kind, declarator.span);
            self.pending.push(id.0);
        }
        hir::StatementKind::Declaration(self.list(from))
    }

    /// The body of an `if` or a loop: a scope of its own.
    fn body(&mut self, body: &'a ast::Statement) -> StatementId {
        if let StatementKind::Declaration(_)
        | StatementKind::TypedDeclaration(..)
        | StatementKind::StaticDeclaration(..)
        | StatementKind::Enumeration(_) = body.kind
        {
            let diagnostic =
                self.error(codes::LONE_DECLARATION, body.span, "a declaration cannot stand here without braces");
            diagnostic.help.push("put it in `{ ... }`".to_owned());
        }
        let mark = self.scopes.enter();
        let id = self.statement(body);
        self.scopes.leave(mark);
        id
    }

    fn if_statement(
        &mut self,
        condition: &'a ast::Expression,
        then: &'a ast::Statement,
        otherwise: Option<&'a ast::Statement>,
    ) -> (hir::StatementKind, Span) {
        self.branches += 1;
        let span = condition.span;
        let condition = self.full_truth(condition);
        let before = self.flow.assigned;
        let then = self.body(then);
        let after_then = std::mem::replace(&mut self.flow.assigned, before);
        let otherwise = otherwise.map(|otherwise| self.body(otherwise));
        self.flow.join(after_then);
        (hir::StatementKind::If { condition, then, otherwise }, span)
    }

    fn for_statement(
        &mut self,
        span: Span,
        start: &'a ast::Statement,
        condition: Option<&'a ast::Expression>,
        step: Option<&'a ast::Expression>,
        body: &'a ast::Statement,
    ) -> (hir::StatementKind, Span) {
        self.branches += 1;
        let last = step.or(condition).map_or(start.span, |expression| expression.span);
        let mark = self.scopes.enter();
        self.flow.enter_loop();
        let start = self.statement(start);
        let endless = condition.is_none_or(is_true);
        let condition = condition.map(|condition| self.full_truth(condition));
        let exit = if endless { NEVER } else { self.flow.assigned };
        let body = self.body(body);
        let flow = self.flow.leave_loop();
        self.flow.join(flow.continues);
        let step = step.map(|step| self.full_for_effect(step));
        self.flow.assigned = exit & flow.breaks;
        self.scopes.leave(mark);
        (hir::StatementKind::For { start, condition, step, body }, Span { end: last.end, ..span })
    }

    fn while_statement(
        &mut self,
        condition: &'a ast::Expression,
        body: &'a ast::Statement,
    ) -> (hir::StatementKind, Span) {
        self.branches += 1;
        let span = condition.span;
        let endless = is_true(condition);
        let condition = self.full_truth(condition);
        let exit = if endless { NEVER } else { self.flow.assigned };
        self.flow.enter_loop();
        let body = self.body(body);
        let flow = self.flow.leave_loop();
        self.flow.assigned = exit & flow.breaks;
        (hir::StatementKind::While { condition, body }, span)
    }

    fn do_statement(
        &mut self,
        span: Span,
        body: &'a ast::Statement,
        condition: &'a ast::Expression,
    ) -> (hir::StatementKind, Span) {
        self.branches += 1;
        self.flow.enter_loop();
        let body = self.body(body);
        let flow = self.flow.leave_loop();
        self.flow.join(flow.continues);
        let endless = is_true(condition);
        let condition = self.full_truth(condition);
        let exit = if endless { NEVER } else { self.flow.assigned };
        self.flow.assigned = exit & flow.breaks;
        (hir::StatementKind::DoWhile { body, condition }, Span { end: span.start + 2, ..span })
    }

    fn jump(&mut self, statement: &'a ast::Statement) -> hir::StatementKind {
        let is_break = matches!(statement.kind, StatementKind::Break);
        let assigned = self.flow.assigned;
        if let Some(flow) = self.flow.innermost(is_break) {
            *if is_break { &mut flow.breaks } else { &mut flow.continues } &= assigned;
            self.flow.assigned = NEVER;
        } else {
            let word = if is_break { "break" } else { "continue" };
            self.error(codes::OUTSIDE_LOOP, statement.span, format!("`{word}` outside a loop"));
        }
        if is_break { hir::StatementKind::Break } else { hir::StatementKind::Continue }
    }

    fn return_statement(&mut self, span: Span, value: Option<&'a ast::Expression>) -> hir::StatementKind {
        let function = self.functions[self.current as usize].declared;
        let name = &function.name;
        let wrong = |message: String, at: Span, text: &str| {
            Diagnostic::error(codes::RETURN_MISMATCH, at, message).at(text).label(name.span, "the function")
        };
        if let (true, Some(value)) = (function.returns.is_pointer(), value) {
            return self.return_pointer(function, value);
        }
        let checked = value.map(|value| (self.whole(value), value));
        self.flow.assigned = NEVER;
        let mismatch = match (function.returns, checked) {
            (ReturnType::Void, None) => None,
            (ReturnType::Void, Some((_, value))) => {
                Some(wrong(format!("`{}` returns nothing, but here is a value", name.text), value.span, ""))
            }
            (_, None) => Some(wrong(format!("`{}` must return a value", name.text), span, "no value here")),
            (_, Some(((id, Type::Pointer { .. }), value))) => {
                let wanted = function.returns.integer().text();
                let what = if self.is_variable_pointer(id) { "this is a pointer" } else { "this is an array" };
                Some(wrong(format!("`{}` must return an `{wanted}`", name.text), value.span, what))
            }
            (_, Some(((_, Type::Void), value))) => {
                Some(wrong(format!("`{}` must return a value", name.text), value.span, "this has none"))
            }
            (_, Some(_)) => None,
        };
        self.diagnostics.extend(mismatch);
        let checked = checked.map(|((id, ty), _)| match ty {
            Type::Integer(_) if function.returns != ReturnType::Void => self.convert(id, function.returns.integer()),
            _ => id,
        });
        hir::StatementKind::Return(checked)
    }

    /// `return value;` in a function that returns a pointer.
    fn return_pointer(&mut self, function: &'a ast::Function, value: &'a ast::Expression) -> hir::StatementKind {
        let name = &function.name;
        self.order.clear();
        let (mut id, ty) = self.expression(value);
        self.flow.assigned = NEVER;
        let wrong = |message: String, text: &str| {
            Diagnostic::error(codes::RETURN_MISMATCH, value.span, message).at(text).label(name.span, "the function")
        };
        let Type::Pointer { ty: wanted, constant, .. } = returned_pointer(function.returns) else {
            unreachable!("such a function returns a pointer")
        };
        let mismatch = match ty {
            Type::Unknown => None,
            Type::Integer(_) if self.is_null(id) => {
                id = self.convert(id, POINTER);
                None
            }
            Type::Integer(_) => Some(
                wrong(format!("`{}` must return an array", name.text), "this is an `int`")
                    .help("return one of the function's array parameters, or a pointer into it"),
            ),
            Type::Void => Some(wrong(format!("`{}` must return a value", name.text), "this has none")),
            Type::Pointer { ty, constant: fixed, rows } if ty != wanted || !rows.is_empty() || fixed && !constant => {
                let message = format!("`{}` must return an array of `{}`", name.text, wanted.text());
                let what = format!("an array of `{}{}`", if fixed { "const " } else { "" }, points_to(ty, rows));
                Some(wrong(message, &what))
            }
            Type::Pointer { .. } => None,
        };
        match mismatch {
            Some(mismatch) => drop(self.report(mismatch)),
            None => self.points.flow(None, id, value.span),
        }
        hir::StatementKind::Return(Some(id))
    }

    fn declarator(&mut self, specifiers: Specifiers, declarator: &'a ast::Declarator) -> hir::StatementKind {
        match &declarator.kind {
            DeclaratorKind::Scalar(None) => {
                let tracked = self.flow.declare_unwritten();
                let local = self.declare(&declarator.name, LocalKind::Scalar { checked: !tracked }, specifiers);
                hir::StatementKind::Scalar { local, value: None }
            }
            DeclaratorKind::Scalar(Some(value)) => {
                self.flow.declare_written();
                let local = self.declare(&declarator.name, LocalKind::Scalar { checked: false }, specifiers);
                let outer = self.initializing.replace(local);
                let value = self.full(value);
                let value = self.convert(value, specifiers.ty);
                self.initializing = outer;
                hir::StatementKind::Scalar { local, value: Some(value) }
            }
            DeclaratorKind::Array { length, values } => self.array(specifiers, declarator, *length, values.as_deref()),
            DeclaratorKind::Pointer(value) => self.pointer_declaration(specifiers, &declarator.name, *value),
            DeclaratorKind::Matrix { lengths, values } => self.matrix(specifiers, declarator, lengths, *values),
        }
    }

    fn pointer_declaration(
        &mut self,
        specifiers: Specifiers,
        name: &'a ast::Name,
        value: Option<&'a ast::Expression>,
    ) -> hir::StatementKind {
        let Specifiers { ty, constant } = specifiers;
        let tracked = match value {
            Some(_) => {
                self.flow.declare_written();
                true
            }
            None => self.flow.declare_unwritten(),
        };
        let local = self.declare(name, LocalKind::Pointer { checked: !tracked }, specifiers);
        let value = value.map(|value| {
            let outer = self.initializing.replace(local);
            self.order.clear();
            let wanted = Type::Pointer { ty, constant, rows: hir::Rows::default() };
            let id = self.pointer_value(wanted, value, &format!("`{}`", name.text), None);
            self.points.flow(Some(local), id, value.span);
            self.initializing = outer;
            id
        });
        hir::StatementKind::Scalar { local, value }
    }

    fn array(
        &mut self,
        specifiers: Specifiers,
        declarator: &'a ast::Declarator,
        length: Option<u32>,
        values: Option<&'a [ast::Expression]>,
    ) -> hir::StatementKind {
        let name = &declarator.name;
        let length = self.plain_length(declarator, length, values);
        self.flow.declare_written();
        let hoisted = values.is_some() && self.flow.in_loop();
        let local = self.declare(name, LocalKind::Array { length, hoisted }, specifiers);
        let outer = self.initializing.replace(local);
        let values = values.map(|values| self.initial_values(specifiers.ty, values));
        self.initializing = outer;
        hir::StatementKind::Array { local, values, places: None }
    }

    /// The length of an array: that between its brackets, or as many as it has values.
    pub(super) fn plain_length(
        &mut self,
        declarator: &'a ast::Declarator,
        length: Option<u32>,
        values: Option<&'a [ast::Expression]>,
    ) -> u32 {
        let name = &declarator.name;
        let given = values.map(|values| values.len() as u32);
        match (length.or(given), length) {
            (None, _) => {
                self.error(codes::ARRAY_LENGTH, declarator.span, format!("the array `{}` has no length", name.text));
                1
            }
            (Some(0), _) => {
                self.error(codes::ARRAY_LENGTH, declarator.span, "an array of no elements");
                1
            }
            (Some(ELEMENTS..), _) => {
                let message = format!("an array of more than {} elements", ELEMENTS - 1);
                self.error(codes::ARRAY_LENGTH, declarator.span, message);
                1
            }
            (Some(length), declared) => {
                if let (Some(declared), Some(values)) = (declared, values)
                    && let Some(first) = values.get(declared as usize)
                {
                    let message = format!("{} values for an array of {declared}", values.len());
                    self.error(codes::TOO_MANY_VALUES, first.span, message).labels[0].text =
                        "no element for this one".to_owned();
                }
                length
            }
        }
    }

    /// C gives the values of one list no order.
    pub(super) fn initial_values(&mut self, ty: Integer, values: &'a [ast::Expression]) -> hir::List {
        self.order.clear();
        let from = self.pending.len();
        for value in values {
            let mark = self.order.mark();
            let (id, _) = self.int(value);
            let id = self.convert(id, ty);
            self.unordered(0..mark, mark..self.order.mark());
            self.pending.push(id.0);
        }
        self.list(from)
    }

    fn expression_statement(&mut self, expression: &'a ast::Expression, span: Span) -> hir::StatementKind {
        let without_effect = matches!(
            expression.kind,
            ExpressionKind::Constant(_)
                | ExpressionKind::Literal { .. }
                | ExpressionKind::Variable(_)
                | ExpressionKind::Element { .. }
                | ExpressionKind::Subscript { .. }
                | ExpressionKind::Dereference(_)
                | ExpressionKind::AddressOf(_)
                | ExpressionKind::Unary { .. }
        );
        let comparison = match &expression.kind {
            ExpressionKind::Binary { operator, .. } => {
                !matches!(operator, ast::BinaryOperator::LogicalAnd | ast::BinaryOperator::LogicalOr)
            }
            _ => false,
        };
        let id = self.full_for_effect(expression);
        if without_effect || comparison {
            let equal = matches!(expression.kind, ExpressionKind::Binary { operator: ast::BinaryOperator::Equal, .. });
            let warning = Diagnostic::warning(codes::NO_EFFECT, span, "the value of this statement is not used");
            self.report(if equal { warning.help("`=` assigns, `==` compares") } else { warning });
        }
        hir::StatementKind::Expression(id)
    }
}

/// A constant that is not zero.
fn is_true(condition: &ast::Expression) -> bool {
    matches!(condition.kind, ExpressionKind::Constant(value) if value != 0)
}
