//! Sums and comparisons in one canonical spelling: like terms collected, constants folded and last, cells before
//! variables, a comparison's smallest term on its left.

use crate::sample::text::{TOKENS, UNITS};
use crate::sample::tree::{Assignment, Expr, Operator, Stmt};

/// The most operators that a spelling may have; profiles/restricted-c.toml allows five.
const MOST_OPERATORS: usize = 5;
/// The largest constant that the profile has a token for.
const LARGEST: i64 = 4;

/// Terms with their factors, sorted, and a constant.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sum {
    terms: Vec<(Expr, i64)>,
    constant: i64,
}

impl Sum {
    fn of(expression: &Expr) -> Self {
        let mut sum = Self { terms: Vec::new(), constant: 0 };
        sum.add(expression, 1);
        sum.terms.retain(|(_, factor)| *factor != 0);
        sum.terms.sort();
        sum
    }

    fn add(&mut self, expression: &Expr, factor: i64) {
        match expression {
            Expr::Constant(value) => self.constant += i64::from(*value) * factor,
            Expr::Binary(Operator::Add, operands) => {
                self.add(&operands.0, factor);
                self.add(&operands.1, factor);
            }
            Expr::Binary(Operator::Subtract, operands) => {
                self.add(&operands.0, factor);
                self.add(&operands.1, -factor);
            }
            Expr::Negate(operand) => self.add(operand, -factor),
            term => match self.terms.iter_mut().find(|(other, _)| other == term) {
                Some((_, old)) => *old += factor,
                None => self.terms.push((term.clone(), factor)),
            },
        }
    }

    /// `self + other * factor`
    fn plus(&self, other: &Self, factor: i64) -> Self {
        let mut sum = self.clone();
        sum.constant += other.constant * factor;
        for (term, times) in &other.terms {
            sum.add(term, times * factor);
        }
        sum.terms.retain(|(_, factor)| *factor != 0);
        sum.terms.sort();
        sum
    }

    fn negated(&self) -> Self {
        Self { terms: Vec::new(), constant: 0 }.plus(self, -1)
    }

    /// The part with positive or with negative factors, without the constant.
    fn part(&self, positive: bool) -> Self {
        let sign = if positive { 1 } else { -1 };
        let terms = self.terms.iter().filter(|(_, factor)| factor * sign > 0);
        Self { terms: terms.map(|(term, factor)| (term.clone(), factor * sign)).collect(), constant: 0 }
    }

    /// Its spelling; `None` where that is too long.
    fn spell(&self) -> Option<Expr> {
        let count: i64 = self.terms.iter().map(|(_, factor)| factor.abs()).sum();
        let constants = (self.constant.abs() + LARGEST - 1) / LARGEST;
        if count.checked_add(constants)? > MOST_OPERATORS as i64 {
            return None;
        }
        let mut parts: Vec<(bool, Expr)> = Vec::new();
        for positive in [true, false] {
            for (term, factor) in self.part(positive).terms {
                parts.extend((0..factor).map(|_| (positive, term.clone())));
            }
        }
        let mut left = self.constant.abs();
        let mut constants: Vec<(bool, Expr)> = Vec::new();
        while left > 0 {
            let part = left.min(LARGEST);
            constants.push((self.constant > 0, Expr::Constant(part as i32)));
            left -= part;
        }
        // A sum begins with something positive: a term, else a constant, else a negative constant, else 0.
        if parts.first().is_none_or(|(positive, _)| !positive) {
            let first = match constants.first_mut() {
                Some((positive, Expr::Constant(value))) => {
                    let signed = if *positive { *value } else { -*value };
                    constants.remove(0);
                    signed
                }
                _ => 0,
            };
            parts.insert(0, (true, Expr::Constant(first)));
        }
        parts.extend(constants);
        let mut parts = parts.into_iter();
        let (_, first) = parts.next()?;
        Some(parts.fold(first, |sum, (positive, part)| {
            Expr::binary(if positive { Operator::Add } else { Operator::Subtract }, sum, part)
        }))
    }
}

/// An expression in its canonical spelling.
pub fn expression(expression: &Expr) -> Expr {
    match expression {
        Expr::Index(index) => Expr::element(self::expression(index)),
        Expr::Binary(Operator::Add | Operator::Subtract, operands) => {
            let (left, right) = (self::expression(&operands.0), self::expression(&operands.1));
            let operator = match expression {
                Expr::Binary(operator, _) => *operator,
                _ => unreachable!("matched above"),
            };
            let joined = Expr::binary(operator, left, right);
            Sum::of(&joined).spell().unwrap_or(joined)
        }
        Expr::Binary(..) => condition(expression),
        Expr::Negate(operand) => {
            Sum::of(&Expr::Negate(Box::new(self::expression(operand)))).spell().unwrap_or_else(|| expression.clone())
        }
        other => other.clone(),
    }
}

/// A condition in its canonical spelling; what is not a comparison keeps its value only as far as zero or not.
pub fn condition(expression: &Expr) -> Expr {
    match expression {
        Expr::Binary(operator @ (Operator::And | Operator::Or), operands) => {
            let (left, right) = (condition(&operands.0), condition(&operands.1));
            let neutral = *operator == Operator::And;
            match (truth(&left), truth(&right)) {
                (Some(known), _) if known == neutral => right,
                (_, Some(known)) if known == neutral => left,
                (Some(_), _) | (_, Some(_)) => Expr::Constant(i32::from(!neutral)),
                _ if left == right => left,
                _ if left <= right => Expr::binary(*operator, left, right),
                _ => Expr::binary(*operator, right, left),
            }
        }
        Expr::Binary(operator @ (Operator::Add | Operator::Subtract), operands) => {
            let sum = self::expression(&Expr::binary(*operator, operands.0.clone(), operands.1.clone()));
            compare(Operator::NotEqual, &sum, &Expr::Constant(0)).unwrap_or(sum)
        }
        Expr::Binary(operator, operands) => {
            let (left, right) = (self::expression(&operands.0), self::expression(&operands.1));
            compare(*operator, &left, &right).unwrap_or_else(|| Expr::binary(*operator, left, right))
        }
        Expr::Negate(operand) => condition(operand),
        other => self::expression(other),
    }
}

/// Whether a constant condition holds.
pub fn truth(condition: &Expr) -> Option<bool> {
    match condition {
        Expr::Constant(value) => Some(*value != 0),
        _ => None,
    }
}

/// The opposite of a condition.
pub fn negate(condition: &Expr) -> Expr {
    let Expr::Binary(operator, operands) = condition else {
        return Expr::binary(Operator::Equal, condition.clone(), Expr::Constant(0));
    };
    let opposite = match operator {
        Operator::Add | Operator::Subtract => {
            return Expr::binary(Operator::Equal, condition.clone(), Expr::Constant(0));
        }
        Operator::And => return Expr::binary(Operator::Or, negate(&operands.0), negate(&operands.1)),
        Operator::Or => return Expr::binary(Operator::And, negate(&operands.0), negate(&operands.1)),
        Operator::Equal => Operator::NotEqual,
        Operator::NotEqual => Operator::Equal,
        Operator::Less => Operator::GreaterEqual,
        Operator::LessEqual => Operator::Greater,
        Operator::Greater => Operator::LessEqual,
        Operator::GreaterEqual => Operator::Less,
    };
    Expr::binary(opposite, operands.0.clone(), operands.1.clone())
}

fn mirrored(operator: Operator) -> Operator {
    match operator {
        Operator::Less => Operator::Greater,
        Operator::LessEqual => Operator::GreaterEqual,
        Operator::Greater => Operator::Less,
        Operator::GreaterEqual => Operator::LessEqual,
        other => other,
    }
}

/// The shortest spelling of a comparison; `None` where all are too long.
fn compare(operator: Operator, left: &Expr, right: &Expr) -> Option<Expr> {
    let mut difference = Sum::of(left).plus(&Sum::of(right), -1);
    let mut operator = operator;
    let Some((_, factor)) = difference.terms.first() else {
        return Some(Expr::Constant(i32::from(holds(operator, difference.constant))));
    };
    if *factor < 0 {
        difference = difference.negated();
        operator = mirrored(operator);
    }
    // Over integers `x <= k` is `x < k + 1`.
    let strictness = match operator {
        Operator::Less => Some((Operator::LessEqual, 1)),
        Operator::LessEqual => Some((Operator::Less, -1)),
        Operator::Greater => Some((Operator::GreaterEqual, -1)),
        Operator::GreaterEqual => Some((Operator::Greater, 1)),
        _ => None,
    };
    let mut spellings: Vec<(usize, i64, Expr)> = Vec::new();
    let mut offer = |operator: Operator, shift: i64| {
        let shifted = Sum { terms: difference.terms.clone(), constant: difference.constant + shift };
        if let Some(spelling) = spell_comparison(operator, &shifted) {
            spellings.push((UNITS.expression(&spelling), shifted.constant.abs(), spelling));
        }
    };
    offer(operator, 0);
    if let Some((other, shift)) = strictness {
        offer(other, shift);
    }
    spellings.into_iter().min().map(|(_, _, spelling)| spelling)
}

fn holds(operator: Operator, difference: i64) -> bool {
    match operator {
        Operator::Equal => difference == 0,
        Operator::NotEqual => difference != 0,
        Operator::Less => difference < 0,
        Operator::LessEqual => difference <= 0,
        Operator::Greater => difference > 0,
        Operator::GreaterEqual => difference >= 0,
        _ => unreachable!("only comparisons compare"),
    }
}

/// `difference operator 0`, its negative terms brought to the right side and its constant to where it is positive.
fn spell_comparison(operator: Operator, difference: &Sum) -> Option<Expr> {
    let mut left = difference.part(true);
    let mut right = difference.part(false);
    if right.terms.is_empty() {
        right.constant = -difference.constant;
    } else if difference.constant > 0 {
        left.constant = difference.constant;
    } else {
        right.constant = -difference.constant;
    }
    if operator == Operator::NotEqual && right == (Sum { terms: Vec::new(), constant: 0 }) && left.terms.len() == 1 {
        let (term, factor) = left.terms.first()?;
        if *factor == 1 {
            return Some(term.clone());
        }
    }
    let spelling = Expr::binary(operator, left.spell()?, right.spell()?);
    (operators(&spelling) <= MOST_OPERATORS).then_some(spelling)
}

fn operators(expression: &Expr) -> usize {
    match expression {
        Expr::Binary(_, operands) => 1 + operators(&operands.0) + operators(&operands.1),
        _ => 0,
    }
}

/// An assignment or a step in its canonical spelling; `None` where it changes nothing.
pub fn assignment(kind: Assignment, target: &Expr, value: &Expr) -> Option<Stmt> {
    let target = expression(target);
    let value = expression(value);
    let old = Sum::of(&target);
    let given = Sum::of(&value);
    let total = match kind {
        Assignment::Set => given,
        Assignment::Add => old.plus(&given, 1),
        Assignment::Subtract => old.plus(&given, -1),
    };
    let change = total.plus(&old, -1);
    if change.terms.is_empty() && change.constant.abs() <= 1 {
        let step = Stmt::Step { increment: change.constant == 1, prefix: true, target };
        return (change.constant != 0).then_some(step);
    }
    let spellings = [
        (Assignment::Set, total.spell()),
        (Assignment::Add, change.spell()),
        (Assignment::Subtract, change.negated().spell()),
    ];
    let spellings = spellings.into_iter().filter_map(|(kind, value)| {
        let statement = Stmt::Assign(kind, target.clone(), value?);
        Some((UNITS.statement(&statement), TOKENS.statement(&statement), statement))
    });
    let shortest = spellings.min_by_key(|(units, tokens, _)| (*units, *tokens)).map(|(_, _, statement)| statement);
    Some(shortest.unwrap_or(Stmt::Assign(kind, target, value)))
}

/// What a statement leaves in `target`, where it is an assignment to it or a step of it.
pub fn effect(statement: &Stmt) -> Option<(&Expr, Expr)> {
    match statement {
        Stmt::Assign(Assignment::Set, target, value) => Some((target, value.clone())),
        Stmt::Assign(kind, target, value) => {
            let operator = if *kind == Assignment::Add { Operator::Add } else { Operator::Subtract };
            Some((target, Expr::binary(operator, target.clone(), value.clone())))
        }
        Stmt::Step { increment, target, .. } => {
            let operator = if *increment { Operator::Add } else { Operator::Subtract };
            Some((target, Expr::binary(operator, target.clone(), Expr::Constant(1))))
        }
        _ => None,
    }
}
