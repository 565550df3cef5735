//! Sums, comparisons and assignments in as few tokens as they can be written.

use super::conditions::Comparison;
use super::problem::Place;
use crate::lang::c::ast::*;

/// Gives the expression that reads a feature.
pub type Read<'a> = dyn FnMut(usize) -> Expression + 'a;

/// A scalar or a cell.
pub fn place(signature: &Signature, place: Place) -> Expression {
    let name = |parameter: usize| Name::from(signature.parameters[parameter].0.as_str());
    match place {
        Place::Scalar(parameter) => ExpressionKind::Variable(name(parameter)).into(),
        Place::Cell(parameter, index) => {
            let index = Box::new(constant(i64::try_from(index).unwrap_or(i64::MAX)));
            ExpressionKind::Element { array: name(parameter), index }.into()
        }
        Place::Return | Place::Derived(..) => unreachable!("no place that a program can name"),
    }
}

/// `return value;`
pub fn ret(value: Expression) -> Statement {
    StatementKind::Return(Some(value)).into()
}

/// `{ statements }`
pub fn block(statements: Vec<Statement>) -> Statement {
    StatementKind::Block(statements).into()
}

fn constant(value: i64) -> Expression {
    ExpressionKind::Constant(i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX })).into()
}

fn binary(operator: BinaryOperator, left: Expression, right: Expression) -> Expression {
    ExpressionKind::Binary { operator, left: Box::new(left), right: Box::new(right) }.into()
}

/// `x + y - z + 1`: positive terms first, so that nothing needs a sign of its own.
pub fn sum(terms: &[(usize, i32)], offset: i64, read: &mut Read<'_>) -> Expression {
    let mut out: Option<Expression> = None;
    let append = |out: Option<Expression>, operator, operand| match out {
        None if operator == BinaryOperator::Add => Some(operand),
        None => Some(ExpressionKind::Unary { operator: UnaryOperator::Negate, operand: Box::new(operand) }.into()),
        Some(left) => Some(binary(operator, left, operand)),
    };
    for &(feature, factor) in terms.iter().filter(|t| t.1 > 0) {
        for _ in 0..factor {
            out = append(out, BinaryOperator::Add, read(feature));
        }
    }
    let leading = out.is_none() && offset != 0;
    if leading {
        out = Some(constant(offset));
    }
    for &(feature, factor) in terms.iter().filter(|t| t.1 < 0) {
        for _ in factor..0 {
            out = append(out, BinaryOperator::Subtract, read(feature));
        }
    }
    match out {
        None => constant(0),
        Some(sum) if leading || offset == 0 => sum,
        Some(sum) if offset > 0 => binary(BinaryOperator::Add, sum, constant(offset)),
        Some(sum) if offset > i64::from(i32::MIN) => binary(BinaryOperator::Subtract, sum, constant(-offset)),
        Some(sum) => binary(BinaryOperator::Add, sum, constant(offset)),
    }
}

/// The comparison, or its negation, with negative terms moved to the right.
pub fn comparison(comparison: &Comparison, negate: bool, read: &mut Read<'_>) -> Expression {
    let terms = &comparison.linear.terms;
    let flip = |terms: &[(usize, i32)]| -> Vec<(usize, i32)> { terms.iter().map(|t| (t.0, -t.1)).collect() };
    let positive: Vec<_> = terms.iter().copied().filter(|t| t.1 > 0).collect();
    let negative = flip(&terms.iter().copied().filter(|t| t.1 < 0).collect::<Vec<_>>());
    let k = comparison.constant;
    if comparison.equal {
        if negative.is_empty() && k == 0 && negate {
            return sum(terms, 0, read);
        }
        let operator = if negate { BinaryOperator::NotEqual } else { BinaryOperator::Equal };
        // The constant stands on the right, or with its sign changed on the left.
        let right = binary(operator, sum(&positive, 0, read), sum(&negative, k, read));
        let left = binary(operator, sum(&positive, k.saturating_neg(), read), sum(&negative, 0, read));
        return if size(&left) < size(&right) { left } else { right };
    }
    let (strict, loose) = if negate {
        (BinaryOperator::Greater, BinaryOperator::GreaterEqual)
    } else {
        (BinaryOperator::Less, BinaryOperator::LessEqual)
    };
    // `d <= k` is `d < k + 1`; `d > k` is `d >= k + 1`.
    let (at, above) = if negate { (strict, loose) } else { (loose, strict) };
    let first = binary(at, sum(&positive, 0, read), sum(&negative, k, read));
    let second = binary(above, sum(&positive, 0, read), sum(&negative, k.saturating_add(1), read));
    if size(&second) < size(&first) { second } else { first }
}

/// The assignment that leaves `terms + offset` in `place`; `None` where that is what stands there.
pub fn assignment(
    place: Expression,
    own: Option<usize>,
    terms: &[(usize, i32)],
    offset: i64,
    read: &mut Read<'_>,
) -> Option<Statement> {
    let factor = own.and_then(|own| terms.iter().find(|t| t.0 == own)).map_or(0, |t| t.1);
    let set = |operator, place: &Expression, value| -> Expression {
        ExpressionKind::Assign { operator, target: Box::new(place.clone()), value: Box::new(value) }.into()
    };
    if factor < 1 {
        let value = sum(terms, offset, read);
        return Some(StatementKind::Expression(set(None, &place, value)).into());
    }
    let rest: Vec<(usize, i32)> =
        terms.iter().map(|&(f, c)| if Some(f) == own { (f, c - 1) } else { (f, c) }).filter(|t| t.1 != 0).collect();
    if rest.is_empty() && offset == 0 {
        return None;
    }
    if rest.is_empty() && offset.abs() == 1 {
        let step = ExpressionKind::Step { increment: offset > 0, prefix: true, target: Box::new(place) };
        return Some(StatementKind::Expression(step.into()).into());
    }
    let negated: Vec<_> = rest.iter().map(|t| (t.0, -t.1)).collect();
    let plain = set(None, &place, sum(terms, offset, read));
    let plus = set(Some(BinaryOperator::Add), &place, sum(&rest, offset, read));
    let minus = set(Some(BinaryOperator::Subtract), &place, sum(&negated, -offset, read));
    let best = [plus, minus, plain].into_iter().min_by_key(size).expect("there are three");
    Some(StatementKind::Expression(best).into())
}

/// The number of tokens of an expression of this module.
pub fn size(expression: &Expression) -> usize {
    match &expression.kind {
        ExpressionKind::Constant(value) => {
            if *value < 0 {
                4
            } else {
                1
            }
        }
        ExpressionKind::Variable(_) | ExpressionKind::Literal { .. } | ExpressionKind::Text(_) => 1,
        ExpressionKind::Comma { left, right } => 3 + size(left) + size(right),
        ExpressionKind::Cast { operand, .. } => 3 + size(operand),
        ExpressionKind::SizeOf(operand) => 1 + size(operand),
        ExpressionKind::Element { index, .. } => 3 + size(index),
        ExpressionKind::Subscript { base, index } => 2 + size(base) + size(index),
        ExpressionKind::Dereference(operand) | ExpressionKind::AddressOf(operand) => 1 + size(operand),
        ExpressionKind::Unary { operand, .. } => 1 + size(operand),
        ExpressionKind::Step { target, .. } => 1 + size(target),
        ExpressionKind::Binary { left, right, .. } => 1 + size(left) + size(right),
        ExpressionKind::Assign { target, value, .. } => 1 + size(target) + size(value),
        ExpressionKind::Conditional { condition, then, otherwise } => {
            2 + size(condition) + size(then) + size(otherwise)
        }
        ExpressionKind::Call { arguments, .. } => 2 + arguments.iter().map(|a| 1 + size(a)).sum::<usize>(),
    }
}
