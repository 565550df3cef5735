//! The expressions that explain a column: sums of features (`Linear`), and for wide signatures trees over all
//! operators. Constants are not enumerated: what remains between a target and a sum is one.

use super::prior;
use super::problem::{Mask, Problem, Target};
use smallvec::{SmallVec, smallvec};

/// Feature and factor of each operand of a sum; on the heap only for heavy sums.
pub type Terms = SmallVec<[(usize, i32); 3]>;

/// A sum of at most three features, each with a sign or a small factor.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Linear {
    /// Feature and factor, by feature; factors are not zero.
    pub terms: Terms,
}

/// A sum and its value in each example.
#[derive(Clone, Debug)]
pub struct Base {
    /// The sum.
    pub linear: Linear,
    /// Its values, as `i64` so that nothing overflows.
    pub values: SmallVec<[i64; 8]>,
}

impl Linear {
    /// Sum of the absolute factors.
    pub fn weight(&self) -> u32 {
        self.terms.iter().map(|term| term.1.unsigned_abs()).sum()
    }

    /// The factor of a feature.
    pub fn factor(&self, feature: usize) -> i32 {
        self.terms.iter().find(|term| term.0 == feature).map_or(0, |term| term.1)
    }
}

/// The weight up to which there are not too many sums of these features.
fn affordable(problem: &Problem) -> u32 {
    match problem.features.iter().filter(|f| !f.is_derived()).count() {
        0..=12 => LIGHT,
        13..=64 => 2,
        _ => 1,
    }
}

/// Every sum of input features up to some weight, and those of at most two operands that read one new value or
/// derived feature.
pub fn bases(problem: &Problem) -> Vec<Base> {
    let weight = affordable(problem);
    let mut found = vec![Base { linear: Linear { terms: Terms::new() }, values: smallvec![0; problem.examples] }];
    let mut start = 0;
    for size in 1..=weight {
        let end = found.len();
        for parent in start..end {
            extend(problem, &mut found, parent, size);
        }
        start = end;
    }
    found
}

/// Appends the sums that add one operand to `parent`, in the order of features so that each sum appears once.
fn extend(problem: &Problem, found: &mut Vec<Base>, parent: usize, size: u32) {
    let last = found[parent].linear.terms.last().copied();
    for (feature, column) in problem.features.iter().enumerate() {
        for sign in [1, -1] {
            let mut terms = found[parent].linear.terms.clone();
            match last {
                Some((f, _)) if feature < f => continue,
                Some((f, factor)) if feature == f => {
                    if factor.signum() != sign {
                        continue;
                    }
                    terms.last_mut().expect("has a last").1 += sign;
                }
                _ => terms.push((feature, sign)),
            }
            let odd = |term: &&(usize, i32)| {
                let feature = &problem.features[term.0];
                feature.target.is_some() || feature.is_derived()
            };
            let new = terms.iter().filter(odd).count();
            if new > 1 || (new == 1 && size > NEW_WEIGHT) {
                continue;
            }
            let values =
                found[parent].values.iter().zip(&column.values).map(|(v, c)| v + i64::from(sign * c)).collect();
            found.push(Base { linear: Linear { terms }, values });
        }
    }
}

/// Operands of a sum that reads a new value.
const NEW_WEIGHT: u32 = 2;
/// Operands of the sums that are tried for whole columns only: what loops add up.
pub const HEAVY: u32 = 6;
/// Sums with more operands than this are heavy.
pub const LIGHT: u32 = 3;
/// Features for which there are not too many heavy sums.
const HEAVY_FEATURES: usize = 6;

/// Adds the heavy sums of inputs.
pub fn add_heavy(problem: &Problem, bases: &mut Vec<Base>) {
    let inputs = problem.inputs();
    if inputs > HEAVY_FEATURES {
        return;
    }
    let mut start = bases.iter().position(|b| b.linear.weight() == LIGHT).unwrap_or(bases.len());
    for size in LIGHT + 1..=HEAVY {
        let end = bases.len();
        for parent in start..end {
            let plain = |term: &(usize, i32)| {
                let feature = &problem.features[term.0];
                feature.target.is_none() && !feature.is_derived()
            };
            if bases[parent].linear.terms.iter().all(plain) {
                extend(problem, bases, parent, size);
            }
        }
        start = end;
    }
}

/// An expression: a base and the constant added to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Leaf {
    /// Index into the bases.
    pub base: usize,
    /// What is added.
    pub constant: i64,
}

/// An expression with the examples in which it gives the target.
#[derive(Clone, Copy, Debug)]
pub struct Fit {
    /// Where it fits.
    pub mask: Mask,
    /// Its cost.
    pub cost: f32,
    /// Its cost in each example, see [`prior::Range`]; not positive.
    pub rate: f32,
    /// The expression.
    pub leaf: Leaf,
}

/// The expressions for one target.
#[derive(Clone, Debug, Default)]
pub struct Fits {
    /// Cheapest first; where there is no table, none that a cheaper one makes useless.
    list: Vec<Fit>,
    /// For few examples, by set of examples: the cheapest expression, and the cost of all that fit together.
    table: Vec<Option<(f32, Leaf)>>,
    least_rate: f32,
    /// Expressions weighed.
    pub weighed: usize,
}

/// Examples for which a table of all their sets is made.
const TABLE: usize = 8;
/// Expressions kept without a table.
const LIST: usize = 2000;

impl Fits {
    /// Collects them.
    pub fn new(problem: &Problem, bases: &[Base], target: &Target, allowed: &dyn Fn(&Linear) -> bool) -> Self {
        let mut range = prior::Range::new(problem);
        let mut list = Vec::new();
        for (base, entry) in bases.iter().enumerate().filter(|(_, entry)| allowed(&entry.linear)) {
            fit(target, entry, &mut |mask, constant| {
                let cost = prior::leaf(problem, target, &entry.linear, constant);
                let rate = range.rate(&entry.linear, constant);
                list.push(Fit { mask, cost, rate, leaf: Leaf { base, constant } });
            });
        }
        list.sort_by(|a, b| a.cost.total_cmp(&b.cost));
        let weighed = list.len();
        let least_rate = list.iter().map(|fit| fit.rate).fold(0.0, f32::min);
        if problem.examples <= TABLE {
            return Self { table: table(problem.examples, &list), list, least_rate, weighed };
        }
        let mut kept: Vec<Fit> = Vec::new();
        for fit in list {
            if kept.len() < LIST && !kept.iter().any(|k| fit.mask & !k.mask == 0 && k.rate <= fit.rate) {
                kept.push(fit);
            }
        }
        Self { list: kept, table: Vec::new(), least_rate, weighed }
    }

    /// Whether every set of examples is in a table.
    pub fn has_table(&self) -> bool {
        !self.table.is_empty()
    }

    /// What a call of `find` costs.
    pub fn work(&self) -> usize {
        if self.has_table() { 1 } else { 1 + self.list.len() }
    }

    /// The smallest cost of one example.
    pub fn least_rate(&self) -> f32 {
        self.least_rate
    }

    /// The cheapest that fits all of `mask`, and what is paid for it.
    pub fn find(&self, mask: Mask) -> Option<(f32, Leaf)> {
        if let Some(entry) = usize::try_from(mask).ok().and_then(|mask| self.table.get(mask)) {
            return *entry;
        }
        let examples = mask.count_ones() as f32;
        let mut best: Option<(f32, Leaf)> = None;
        for fit in self.list.iter().filter(|fit| mask & !fit.mask == 0) {
            let cost = fit.cost + fit.rate * examples;
            if best.is_none_or(|best| cost < best.0) {
                best = Some((cost, fit.leaf));
            }
        }
        best
    }

    /// The `count` cheapest that fit all of `mask`, each with its own cost.
    pub fn cheapest(&self, mask: Mask, count: usize) -> Vec<(f32, Leaf)> {
        let examples = mask.count_ones() as f32;
        let fitting = self.list.iter().filter(|fit| mask & !fit.mask == 0);
        let priced = fitting.enumerate().map(|(place, fit)| (fit.cost + fit.rate * examples, place, fit.leaf));
        let mut found: Vec<(f32, usize, Leaf)> = priced.collect();
        let order = |a: &(f32, usize, Leaf), b: &(f32, usize, Leaf)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        if found.len() > count {
            found.select_nth_unstable_by(count, order);
            found.truncate(count);
        }
        found.sort_unstable_by(order);
        found.into_iter().map(|(cost, _, leaf)| (cost, leaf)).collect()
    }
}

/// Offers the sets of examples in which a base differs from the target by the same constant.
fn fit(target: &Target, base: &Base, offer: &mut dyn FnMut(Mask, i64)) {
    let heavy = base.linear.weight() > LIGHT;
    let mut rest = target.care;
    while rest != 0 {
        let first = rest.trailing_zeros() as usize;
        let constant = i64::from(target.values[first]) - base.values[first];
        let mut mask = 0;
        let mut scan = rest;
        while scan != 0 {
            let example = scan.trailing_zeros() as usize;
            scan &= scan - 1;
            if i64::from(target.values[example]) - base.values[example] == constant {
                mask |= 1 << example;
            }
        }
        rest &= !mask;
        if heavy && mask != target.care {
            return;
        }
        offer(mask, constant);
    }
}

/// For every set of examples the cheapest expression that fits it, and the cost of all that do together: a set that
/// many likely expressions explain is itself likely.
fn table(examples: usize, list: &[Fit]) -> Vec<Option<(f32, Leaf)>> {
    let mut best: Vec<(f32, f32, Option<Leaf>)> = vec![(0.0, 0.0, None); 1 << examples];
    for fit in list {
        let (chance, each) = ((-fit.cost).exp(), (-fit.rate).exp());
        let powers: [f32; TABLE + 1] = std::array::from_fn(|n| chance * each.powi(i32::try_from(n).unwrap_or(0)));
        let mut subset = fit.mask;
        while subset != 0 {
            let weight = powers[subset.count_ones() as usize];
            let entry = &mut best[subset as usize];
            entry.0 += weight;
            if weight > entry.1 {
                (entry.1, entry.2) = (weight, Some(fit.leaf));
            }
            subset = (subset - 1) & fit.mask;
        }
    }
    best.into_iter().map(|(mass, _, leaf)| leaf.map(|leaf| (-mass.ln(), leaf))).collect()
}
