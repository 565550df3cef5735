//! How likely the parts of a program are: costs in nats, from counts on sampled restricted C. Programs of a sampler made
//! to the paper's description, 20,000 with 55 examples each, were explained by [`super::cells`]; where the explanation
//! also held on 5 further examples, its parts were counted. Rare kinds are rounded.

use super::expressions::Linear;
use super::problem::{Problem, Target};
use smallvec::SmallVec;
use std::collections::{BTreeMap, HashMap};

/// A branch on a condition, rather than none.
pub const IF: f32 = 2.5;
/// No condition costs less.
pub const LEAST_CONDITION: f32 = 1.0;
/// A condition that another cell already uses.
pub const SHARED: f32 = 0.7;
/// Leaving the cell as it was on one side of a branch.
const UNCHANGED: f32 = 0.35;

/// The kinds of sums and how often each occurred: factor of the cell's own old value, factors of others (sorted).
const SUMS: [(i32, &[i32], f32); 24] = [
    (1, &[], 14116.0),
    (0, &[], 9311.0),
    (0, &[1], 3447.0),
    (1, &[1], 1170.0),
    (1, &[-1], 990.0),
    (2, &[], 775.0),
    (0, &[-1], 750.0),
    (-1, &[], 559.0),
    (0, &[-1, 1], 190.0),
    (0, &[1, 1], 150.0),
    (0, &[2], 130.0),
    (1, &[-1, 1], 130.0),
    (1, &[1, 1], 110.0),
    (-1, &[1], 110.0),
    (2, &[1], 70.0),
    (2, &[-1], 70.0),
    (1, &[2], 60.0),
    (-1, &[-1], 60.0),
    (3, &[], 60.0),
    (0, &[-2], 50.0),
    (1, &[-1, -1], 50.0),
    (1, &[-2], 40.0),
    (0, &[-1, -1], 30.0),
    (-2, &[], 20.0),
];
const SUM_TOTAL: f32 = 32500.0;

/// How often a sum without operands was 0, 1, .. 4 and -1, .. -4.
const CONSTANTS: [[f32; 5]; 2] = [[1770.0, 1186.0, 1154.0, 1106.0, 1026.0], [1770.0, 875.0, 841.0, 711.0, 642.0]];
/// The same for what is added to the cell's own old value.
const STEPS: [[f32; 8]; 2] =
    [[1.0, 4764.0, 956.0, 584.0, 451.0, 168.0, 125.0, 40.0], [1.0, 4692.0, 890.0, 620.0, 502.0, 141.0, 114.0, 40.0]];
/// The same for what is added to one or more other operands.
const OFFSETS: [[f32; 8]; 2] =
    [[2100.0, 400.0, 310.0, 260.0, 240.0, 60.0, 40.0, 20.0], [2100.0, 350.0, 290.0, 220.0, 200.0, 60.0, 40.0, 20.0]];

/// The factors of a sum.
type Factors = SmallVec<[i32; 6]>;

fn share(count: f32, total: f32) -> f32 {
    (total / count).ln()
}

/// The cost of a number by a table of counts; beyond its end by the number's size.
fn number(table: &[&[f32]; 2], value: i64) -> f32 {
    let total: f32 = table[0].iter().sum::<f32>() + table[1][1..].iter().sum::<f32>();
    let side = table[usize::from(value < 0)];
    let size = value.unsigned_abs();
    match usize::try_from(size).ok().and_then(|size| side.get(size)) {
        Some(&count) => share(count, total),
        None => 7.0 + 0.7 * (size as f32).ln(),
    }
}

fn choices(features: usize, operands: usize) -> f32 {
    let mut cost = 0.0;
    for taken in 0..operands {
        cost += ((features.saturating_sub(taken)).max(1) as f32).ln();
    }
    cost
}

/// The cost of `linear + constant` as the new value of a target, `inside` a branch or not.
pub fn leaf(problem: &Problem, target: &Target, linear: &Linear, constant: i64) -> f32 {
    let own = target.own.map_or(0, |f| linear.factor(f));
    if own == 1 && linear.weight() == 1 && constant == 0 {
        return UNCHANGED;
    }
    let mut others: Factors = linear.terms.iter().filter(|t| Some(t.0) != target.own).map(|t| t.1).collect();
    others.sort_unstable();
    let inputs = problem.inputs() - usize::from(target.own.is_some());
    let kind = SUMS.iter().find(|kind| kind.0 == own && *kind.1 == *others);
    let mut cost =
        kind.map_or(7.5 + linear.weight() as f32, |kind| share(kind.2, SUM_TOTAL)) + choices(inputs, others.len());
    cost += features(problem, linear);
    cost + match (own, linear.weight()) {
        (_, 0) => number(&[&CONSTANTS[0], &CONSTANTS[1]], constant),
        (1, 1) => number(&[&STEPS[0], &STEPS[1]], constant),
        _ => number(&[&OFFSETS[0], &OFFSETS[1]], constant),
    }
}

/// What the kinds of features in a sum cost.
fn features(problem: &Problem, linear: &Linear) -> f32 {
    let cost = |feature: usize| match &problem.features[feature] {
        read if read.is_derived() => DERIVED,
        read if read.target.is_some() => NEW_VALUE,
        _ => 0.0,
    };
    linear.terms.iter().map(|term| cost(term.0)).fold(0.0, f32::max)
}

/// An operation other than `+` and `-`, with its operands.
const DERIVED: f32 = 4.0;
/// Reading a cell's new value rather than an input.
const NEW_VALUE: f32 = 1.0;

/// Whether a branch looks at the cell that it changes: more often than at any other.
pub fn relation(linear: &Linear, own: Option<usize>) -> f32 {
    if own.is_some_and(|own| linear.factor(own) != 0) { -0.37 } else { 0.11 }
}

/// The kinds of comparisons: `<=` against a constant, `==`; by the factors (own or other).
const ORDERS: [(&[i32], f32); 4] = [(&[1], 1724.0), (&[-1, 1], 190.0), (&[1, 1], 37.0), (&[2], 5.0)];
const EQUALITIES: [(&[i32], f32); 4] = [(&[1], 646.0), (&[-1, 1], 48.0), (&[1, 1], 13.0), (&[2], 3.0)];
const COMPARISON_TOTAL: f32 = 2700.0;
/// `x <= k` with k = 0, .. and -1, ..
const BOUNDS: [[f32; 5]; 2] = [[342.0, 232.0, 253.0, 246.0, 20.0], [0.0, 197.0, 169.0, 149.0, 136.0]];
/// `x == k`
const EQUALS: [[f32; 5]; 2] = [[288.0, 90.0, 78.0, 48.0, 20.0], [0.0, 58.0, 49.0, 35.0, 20.0]];
/// `x - y <= k`
const GAPS: [[f32; 8]; 2] = [[93.0, 15.0, 7.0, 4.0, 4.0, 6.0, 3.0, 1.0], [0.0, 48.0, 7.0, 4.0, 2.0, 5.0, 2.0, 3.0]];
/// `x == y + k`
const OFFS: [[f32; 8]; 2] = [[22.0, 9.0, 5.0, 7.0, 4.0, 8.0, 2.0, 1.0], [0.0, 2.0, 2.0, 3.0, 2.0, 2.0, 1.0, 1.0]];

/// The cost of `linear <= constant`.
pub fn threshold(problem: &Problem, linear: &Linear, constant: i64) -> f32 {
    if problem.wide {
        return general(problem, linear, constant);
    }
    let table: [&[f32]; 2] = if linear.weight() == 1 { [&BOUNDS[0], &BOUNDS[1]] } else { [&GAPS[0], &GAPS[1]] };
    comparison(problem, linear, &ORDERS) + number(&table, constant)
}

/// The cost of `linear == constant`.
pub fn equality(problem: &Problem, linear: &Linear, constant: i64) -> f32 {
    if problem.wide {
        return general(problem, linear, constant) + 1.0;
    }
    let table: [&[f32]; 2] = if linear.weight() == 1 { [&EQUALS[0], &EQUALS[1]] } else { [&OFFS[0], &OFFS[1]] };
    comparison(problem, linear, &EQUALITIES) + number(&table, constant)
}

/// The cost of a comparison in a signature that is not restricted C's: two parameters are compared as often as one
/// with a constant, and mostly as they are.
fn general(problem: &Problem, linear: &Linear, constant: i64) -> f32 {
    let sum: i32 = linear.terms.iter().map(|term| term.1).sum();
    let (kind, offset) = match (linear.weight(), sum) {
        (1, _) => (0.7, 1.5),
        (2, 0) => (0.7, 3.0),
        _ => (3.0, 2.0),
    };
    let constant = if constant == 0 { 0.7 } else { offset + (constant.unsigned_abs() as f32).ln() };
    kind + choices(problem.inputs(), linear.terms.len()) + features(problem, linear) + constant
}

fn comparison(problem: &Problem, linear: &Linear, kinds: &[(&[i32], f32)]) -> f32 {
    let mut factors: Factors = linear.terms.iter().map(|t| t.1).collect();
    factors.sort_unstable();
    let kind = kinds.iter().find(|kind| *kind.0 == *factors);
    let inputs = problem.inputs();
    let mut cost = kind.map_or(5.0 + linear.weight() as f32, |kind| share(kind.1, COMPARISON_TOTAL));
    cost += choices(inputs, factors.len()) - if matches!(*factors, [1, 1] | [-1, 1]) { 2.0_f32.ln() } else { 0.0 };
    cost += features(problem, linear);
    cost
}

/// Examples whose values all lie in [-4, 4] were made by drawing inputs until the outputs did too. That the examples
/// are there is then evidence for programs that leave few inputs over: each example counts for the logarithm of the
/// share of inputs that the expression keeps in range.
pub struct Range {
    applies: bool,
    known: HashMap<Factors, Vec<(i64, f32)>>,
}

/// The largest value of restricted C.
pub const LARGEST: i64 = 4;
/// How much of that evidence is believed.
const BELIEF: f32 = 1.0;

impl Range {
    /// Whether the examples are such.
    pub fn new(problem: &Problem) -> Self {
        let small = |values: &[i32]| values.iter().all(|value| i64::from(value.unsigned_abs()) <= LARGEST);
        let applies = !problem.wide
            && problem.features.iter().all(|f| small(&f.values))
            && problem.targets.iter().all(|t| small(&t.values));
        Self { applies, known: HashMap::new() }
    }

    /// Whether they are.
    pub fn applies(&self) -> bool {
        self.applies
    }

    /// The cost of each example for a target that is `linear + constant`.
    pub fn rate(&mut self, linear: &Linear, constant: i64) -> f32 {
        if !self.applies {
            return 0.0;
        }
        let mut factors: Factors = linear.terms.iter().map(|t| t.1).collect();
        factors.sort_unstable();
        let values = self.known.entry(factors).or_insert_with_key(|factors| distribution(factors));
        let inside = values.iter().filter(|v| (v.0 + constant).abs() <= LARGEST);
        BELIEF * inside.map(|v| v.1).sum::<f32>().ln()
    }
}

/// The values of a sum over inputs in [-4, 4], all equally likely.
fn distribution(factors: &[i32]) -> Vec<(i64, f32)> {
    let share = 1.0 / (2 * LARGEST + 1) as f32;
    let mut values: BTreeMap<i64, f32> = BTreeMap::from([(0, 1.0)]);
    for &factor in factors {
        let mut next = BTreeMap::new();
        for (value, chance) in values {
            for input in -LARGEST..=LARGEST {
                *next.entry(value + i64::from(factor) * input).or_insert(0.0) += chance * share;
            }
        }
        values = next;
    }
    values.into_iter().collect()
}
