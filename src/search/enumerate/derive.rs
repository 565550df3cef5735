//! For signatures beyond restricted C: columns that the other operators give, as features to build sums from.

use super::problem::{Feature, Operand, Place, Problem};
use crate::lang::c::ast::BinaryOperator;
use std::collections::HashSet;

/// Inputs for which all pairs are combined.
const PAIRED: usize = 8;
/// Derived columns at most.
const MOST: usize = 400;

/// Operators between two inputs.
const BETWEEN: [BinaryOperator; 6] = [
    BinaryOperator::Multiply,
    BinaryOperator::Divide,
    BinaryOperator::Remainder,
    BinaryOperator::BitAnd,
    BinaryOperator::BitOr,
    BinaryOperator::BitXor,
];

/// Operators with a constant, and the constants.
const WITH: [(BinaryOperator, &[i32]); 7] = [
    (BinaryOperator::Multiply, &[4, 5, 6, 7, 8, 9, 10, 16, 100]),
    (BinaryOperator::Divide, &[2, 3, 4, 5, 8, 10, 100]),
    (BinaryOperator::Remainder, &[2, 3, 4, 5, 7, 8, 10, 100]),
    (BinaryOperator::BitAnd, &[1, 2, 3, 4, 7, 8, 15, 255]),
    (BinaryOperator::BitOr, &[1, 2, 4, 8]),
    (BinaryOperator::BitXor, &[1, -1]),
    (BinaryOperator::ShiftRight, &[1, 2, 3, 4]),
];

/// Adds the derived columns.
pub fn add(problem: &mut Problem) {
    let inputs = problem.features.len();
    let mut seen: HashSet<Vec<i32>> = problem.features.iter().map(|f| f.values.clone()).collect();
    let mut places = Vec::new();
    for left in 0..inputs.min(PAIRED * 2) {
        for (operator, constants) in WITH {
            places.extend(constants.iter().map(|&k| Place::Derived(operator, left, Operand::Constant(k))));
        }
    }
    if inputs <= PAIRED {
        for left in 0..inputs {
            for right in 0..inputs {
                let commutes = |o: &BinaryOperator| !matches!(o, BinaryOperator::Divide | BinaryOperator::Remainder);
                let useful = BETWEEN.into_iter().filter(|o| if commutes(o) { left <= right } else { left != right });
                places.extend(useful.map(|operator| Place::Derived(operator, left, Operand::Feature(right))));
            }
        }
    }
    for place in places {
        let Some(values) = column(problem, place) else { continue };
        let constant = values.windows(2).all(|pair| pair[0] == pair[1]);
        if !constant && problem.features.len() < inputs + MOST && seen.insert(values.clone()) {
            problem.features.push(Feature { values, place, target: None });
        }
    }
}

/// The values of a derived column; `None` where the operation traps in an example.
fn column(problem: &Problem, place: Place) -> Option<Vec<i32>> {
    let Place::Derived(operator, left, right) = place else { return None };
    let one = |example: usize| {
        let left = problem.features[left].values[example];
        let right = match right {
            Operand::Feature(feature) => problem.features[feature].values[example],
            Operand::Constant(constant) => constant,
        };
        apply(operator, left, right)
    };
    (0..problem.examples).map(one).collect()
}

/// What the operation gives, as the C subset defines it.
fn apply(operator: BinaryOperator, left: i32, right: i32) -> Option<i32> {
    match operator {
        BinaryOperator::Multiply => left.checked_mul(right),
        BinaryOperator::Divide => left.checked_div(right),
        BinaryOperator::Remainder => left.checked_rem(right),
        BinaryOperator::BitAnd => Some(left & right),
        BinaryOperator::BitOr => Some(left | right),
        BinaryOperator::BitXor => Some(left ^ right),
        BinaryOperator::ShiftRight => left.checked_shr(right.unsigned_abs()),
        _ => None,
    }
}
