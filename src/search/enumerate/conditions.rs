//! The conditions: a sum of features compared with a constant. Many split the examples alike; one of them stands for
//! all: the one that agrees best with the others, each weighed by how likely it is, on inputs like those seen.

use super::expressions::{Base, Linear};
use super::prior;
use super::probes::{Bits, Column, Probes};
use super::problem::{Mask, Problem};
use std::collections::HashMap;

/// A comparison of a sum with a constant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Comparison {
    /// The sum.
    pub linear: Linear,
    /// `==` rather than `<=`.
    pub equal: bool,
    /// What it is compared with.
    pub constant: i64,
}

impl Comparison {
    /// Whether it holds for this value of the sum.
    pub fn accepts(&self, sum: i64) -> bool {
        if self.equal { sum == self.constant } else { sum <= self.constant }
    }
}

/// A condition and the examples in which it holds. It serves for the other examples too, by negation.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Where it holds.
    pub mask: Mask,
    /// The cost of all conditions that it stands for together.
    pub cost: f32,
    /// What is compared.
    pub comparison: Comparison,
    /// All that it stands for, the cheapest first.
    pub contenders: Vec<Contender>,
}

/// A condition that splits the examples like others.
#[derive(Clone, Debug)]
pub struct Contender {
    /// Its own cost.
    pub cost: f32,
    /// Where it holds.
    pub mask: Mask,
    /// What is compared.
    pub comparison: Comparison,
}

/// One of the conditions with the same mask.
struct Candidate {
    mask: Mask,
    cost: f32,
    base: usize,
    equal: bool,
    constant: i64,
}

impl Candidate {
    fn comparison(&self, bases: &[Base]) -> Comparison {
        Comparison { linear: bases[self.base].linear.clone(), equal: self.equal, constant: self.constant }
    }
}

/// Candidates of one mask that are weighed against each other.
const CONTENDERS: usize = 48;
/// Contenders remembered.
const KEPT: usize = 16;
/// Inputs that a program meets after the examples: what it must get right.
const UNSEEN: i32 = 5;

/// A split of the examples, and the new value that was read for it (not every target may read it).
type Key = (Mask, Option<usize>);

/// The conditions for every split of the examples that one comparison can make, likeliest first.
pub fn conditions(problem: &Problem, bases: &[Base]) -> Vec<Condition> {
    let mut groups: HashMap<Key, Vec<Candidate>> = HashMap::new();
    for (index, base) in bases.iter().enumerate().filter(|(_, b)| b.linear.terms.first().is_some_and(|t| t.1 > 0)) {
        let new = base.linear.terms.iter().find_map(|term| problem.features[term.0].target);
        compare(problem, index, base, &mut |candidate| {
            let key = (candidate.mask.min(problem.all() & !candidate.mask), new);
            groups.entry(key).or_default().push(candidate);
        });
    }
    let mut probes = Sums { probes: Probes::new(problem), known: HashMap::new() };
    let mut list: Vec<Condition> =
        groups.into_values().map(|mut group| elect(bases, &mut group, &mut probes)).collect();
    // The groups come in no order: what reads different new values may cost the same.
    let read = |condition: &Condition| condition.comparison.linear.terms.clone();
    list.sort_by(|a, b| a.cost.total_cmp(&b.cost).then(a.mask.cmp(&b.mask)).then_with(|| read(a).cmp(&read(b))));
    list
}

/// Offers every comparison of one sum that splits the examples.
fn compare(problem: &Problem, index: usize, base: &Base, offer: &mut dyn FnMut(Candidate)) {
    let mut order: Vec<(i64, Mask)> = Vec::new();
    for (example, &value) in base.values.iter().enumerate() {
        match order.iter_mut().find(|entry| entry.0 == value) {
            Some(entry) => entry.1 |= 1 << example,
            None => order.push((value, 1 << example)),
        }
    }
    order.sort_unstable();
    let mut below = 0;
    for pair in order.windows(2) {
        below |= pair[0].1;
        for constant in constants(pair[0].0, pair[1].0 - 1) {
            let cost = prior::threshold(problem, &base.linear, constant);
            offer(Candidate { mask: below, cost, base: index, equal: false, constant });
        }
    }
    for &(value, mask) in order.iter().filter(|_| order.len() > 1) {
        let cost = prior::equality(problem, &base.linear, value);
        offer(Candidate { mask, cost, base: index, equal: true, constant: value });
    }
}

/// The constants between two numbers that are worth a look: small ones, and those at both ends.
fn constants(low: i64, high: i64) -> impl Iterator<Item = i64> {
    let small = low.max(-9)..=high.min(9);
    let ends = [low, high].into_iter().filter(move |end| !(low.max(-9)..=high.min(9)).contains(end));
    small.chain(ends.take(if low == high { 1 } else { 2 }))
}

/// The condition that stands for a group.
fn elect(bases: &[Base], group: &mut Vec<Candidate>, probes: &mut Sums) -> Condition {
    group.sort_by(|a, b| a.cost.total_cmp(&b.cost).then((a.base, a.constant).cmp(&(b.base, b.constant))));
    let mass: f32 = group.iter().map(|c| (-c.cost).exp()).sum();
    group.truncate(CONTENDERS);
    let flip = |c: &Candidate| c.mask & 1 != 0;
    let held = |c: &Candidate| if flip(c) { probes.holds(bases, c).not() } else { probes.holds(bases, c) };
    let bits: Vec<Bits> = group.iter().map(held).collect();
    let weights: Vec<f32> = group.iter().map(|c| (-c.cost).exp()).collect();
    let score = |one: usize| -> f32 {
        (0..group.len()).map(|other| weights[other] * bits[one].agreement(bits[other]).powi(UNSEEN)).sum()
    };
    let mut best = (0, score(0));
    for candidate in 1..group.len() {
        let score = score(candidate);
        if score > best.1 {
            best = (candidate, score);
        }
    }
    let chosen = &group[best.0];
    let contenders = group.iter().take(KEPT);
    let contenders = contenders.map(|c| Contender { cost: c.cost, mask: c.mask, comparison: c.comparison(bases) });
    Condition {
        mask: chosen.mask,
        cost: -mass.ln(),
        comparison: chosen.comparison(bases),
        contenders: contenders.collect(),
    }
}

/// The values of sums on the probes, by base.
struct Sums {
    probes: Probes,
    known: HashMap<usize, Column>,
}

impl Sums {
    /// The probes in which a comparison holds.
    fn holds(&mut self, bases: &[Base], candidate: &Candidate) -> Bits {
        let base = &bases[candidate.base];
        let values = self.known.entry(candidate.base).or_insert_with(|| self.probes.sum(&base.linear));
        Bits::held(&candidate.comparison(bases), values)
    }
}
