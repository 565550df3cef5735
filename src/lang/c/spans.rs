//! Moves the spans of a tree: from the text that macros were replaced in to the source.

use super::ast::*;
use crate::diagnostic::Span;

/// Applies `to` to every span of the program. Recursion is as deep as the tree, which `scan` has bounded.
pub fn move_spans(program: &mut Program, to: &dyn Fn(Span) -> Span) {
    program.declarations.iter_mut().for_each(|one| statement(one, to));
    for function in &mut program.functions {
        function.span = to(function.span);
        name(&mut function.name, to);
        for parameter in &mut function.parameters {
            name(&mut parameter.name, to);
            parameter.lengths.iter_mut().flatten().for_each(|one| expression(one, to));
        }
        function.body.iter_mut().for_each(|one| statement(one, to));
    }
}

fn name(name: &mut Name, to: &dyn Fn(Span) -> Span) {
    name.span = to(name.span);
}

fn statement(at: &mut Statement, to: &dyn Fn(Span) -> Span) {
    at.span = to(at.span);
    match &mut at.kind {
        StatementKind::Block(body) => body.iter_mut().for_each(|one| statement(one, to)),
        StatementKind::Switch { value, body } => {
            expression(value, to);
            body.iter_mut().for_each(|one| statement(one, to));
        }
        StatementKind::If { condition, then, otherwise } => {
            expression(condition, to);
            statement(then, to);
            otherwise.iter_mut().for_each(|one| statement(one, to));
        }
        StatementKind::For { start, condition, step, body } => {
            statement(start, to);
            condition.iter_mut().chain(step).for_each(|one| expression(one, to));
            statement(body, to);
        }
        StatementKind::While { condition, body } | StatementKind::DoWhile { body, condition } => {
            expression(condition, to);
            statement(body, to);
        }
        StatementKind::Return(value) | StatementKind::Case(value) => {
            value.iter_mut().for_each(|one| expression(one, to));
        }
        StatementKind::Declaration(declarators)
        | StatementKind::TypedDeclaration(_, declarators)
        | StatementKind::StaticDeclaration(_, declarators) => {
            declarators.iter_mut().for_each(|one| declarator(one, to));
        }
        StatementKind::Enumeration(constants) => {
            for (constant, value) in constants {
                name(constant, to);
                value.iter_mut().for_each(|one| expression(one, to));
            }
        }
        StatementKind::Expression(value) => expression(value, to),
        StatementKind::Break | StatementKind::Continue | StatementKind::Empty => {}
    }
}

fn declarator(at: &mut Declarator, to: &dyn Fn(Span) -> Span) {
    at.span = to(at.span);
    name(&mut at.name, to);
    match &mut at.kind {
        DeclaratorKind::Scalar(value) | DeclaratorKind::Pointer(value) => {
            value.iter_mut().for_each(|one| expression(one, to))
        }
        DeclaratorKind::Array { values, .. } => {
            values.iter_mut().flatten().for_each(|one| expression(one, to));
        }
        DeclaratorKind::Matrix { lengths, values } => {
            lengths.iter_mut().flatten().for_each(|one| expression(one, to));
            values.iter_mut().for_each(|one| initializer(one, to));
        }
    }
}

fn initializer(at: &mut Initializer, to: &dyn Fn(Span) -> Span) {
    match at {
        Initializer::Value(value) => expression(value, to),
        Initializer::List(values, span) => {
            *span = to(*span);
            values.iter_mut().for_each(|one| initializer(one, to));
        }
        Initializer::Text(_, span) => *span = to(*span),
    }
}

fn expression(at: &mut Expression, to: &dyn Fn(Span) -> Span) {
    at.span = to(at.span);
    match &mut at.kind {
        ExpressionKind::Constant(_) | ExpressionKind::Literal { .. } | ExpressionKind::Text(_) => {}
        ExpressionKind::Variable(variable) => name(variable, to),
        ExpressionKind::Element { array, index } => {
            name(array, to);
            expression(index, to);
        }
        ExpressionKind::Call { function, arguments } => {
            name(function, to);
            arguments.iter_mut().for_each(|one| expression(one, to));
        }
        ExpressionKind::Unary { operand, .. }
        | ExpressionKind::Cast { operand, .. }
        | ExpressionKind::SizeOf(operand)
        | ExpressionKind::Dereference(operand)
        | ExpressionKind::AddressOf(operand)
        | ExpressionKind::Step { target: operand, .. } => expression(operand, to),
        ExpressionKind::Binary { left, right, .. }
        | ExpressionKind::Comma { left, right }
        | ExpressionKind::Subscript { base: left, index: right }
        | ExpressionKind::Assign { target: left, value: right, .. } => {
            expression(left, to);
            expression(right, to);
        }
        ExpressionKind::Conditional { condition, then, otherwise } => {
            expression(condition, to);
            expression(then, to);
            expression(otherwise, to);
        }
    }
}
