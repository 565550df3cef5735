//! The canonical spelling of statements, without regard to what the program does around them.

use super::linear;
use crate::sample::text::UNITS;
use crate::sample::tree::{Assignment, Expr, For, Operator, Stmt};

/// Statements in canonical spelling; those without effect are left out, and what follows a `break` too.
pub fn body(body: &[Stmt]) -> Vec<Stmt> {
    let mut spelled = Vec::with_capacity(body.len());
    for statement in body {
        spelled.extend(self::statement(statement));
        if matches!(statement, Stmt::Break | Stmt::Continue) {
            break;
        }
    }
    spelled
}

fn statement(statement: &Stmt) -> Vec<Stmt> {
    match statement {
        Stmt::Declare(slot, value) => vec![Stmt::Declare(*slot, linear::expression(value))],
        Stmt::Assign(kind, target, value) => linear::assignment(*kind, target, value).into_iter().collect(),
        Stmt::Step { increment, target, .. } => {
            vec![Stmt::Step { increment: *increment, prefix: true, target: linear::expression(target) }]
        }
        Stmt::If(condition, then, otherwise) => branch(condition, body(then), otherwise.as_deref().map(body)),
        Stmt::For(each) => vec![Stmt::For(Box::new(For {
            start: self::statement(&each.start).pop().unwrap_or_else(|| each.start.clone()),
            condition: header_condition(&each.condition),
            step: header_step(&each.step),
            body: body(&each.body),
        }))],
        Stmt::Break => vec![Stmt::Break],
        Stmt::Continue => vec![Stmt::Continue],
    }
}

/// An `if` without empty branches, its condition the smaller of the two that swapping the branches allows.
fn branch(condition: &Expr, then: Vec<Stmt>, otherwise: Option<Vec<Stmt>>) -> Vec<Stmt> {
    let condition = linear::condition(condition);
    let otherwise = otherwise.unwrap_or_default();
    match linear::truth(&condition) {
        Some(true) => return then,
        Some(false) => return otherwise,
        None => {}
    }
    if then == otherwise {
        return then;
    }
    let opposite = linear::condition(&linear::negate(&condition));
    if otherwise.is_empty() {
        return vec![Stmt::If(condition, then, None)];
    }
    if then.is_empty() {
        return vec![Stmt::If(opposite, otherwise, None)];
    }
    if (UNITS.expression(&opposite), &opposite) < (UNITS.expression(&condition), &condition) {
        return vec![Stmt::If(opposite, otherwise, Some(then))];
    }
    vec![Stmt::If(condition, then, Some(otherwise))]
}

/// `x < 4` is `x <= 3` in a loop's header.
fn header_condition(condition: &Expr) -> Expr {
    if let Expr::Binary(operator, operands) = condition
        && let (Expr::Variable(_), Expr::Constant(end)) = &**operands
    {
        let (operator, end) = match operator {
            Operator::Less if *end > i32::MIN => (Operator::LessEqual, end - 1),
            Operator::Greater if *end < i32::MAX => (Operator::GreaterEqual, end + 1),
            other => (*other, *end),
        };
        return Expr::binary(operator, operands.0.clone(), Expr::Constant(end));
    }
    condition.clone()
}

/// `x++` and `x += 2`.
fn header_step(step: &Stmt) -> Stmt {
    match step {
        Stmt::Step { increment, target, .. } => {
            Stmt::Step { increment: *increment, prefix: false, target: target.clone() }
        }
        Stmt::Assign(kind @ (Assignment::Add | Assignment::Subtract), target, Expr::Constant(1)) => {
            Stmt::Step { increment: *kind == Assignment::Add, prefix: false, target: target.clone() }
        }
        other => other.clone(),
    }
}
