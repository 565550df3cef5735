//! Chooses the explanation of each target, jointly: a condition that several targets share is paid once, and no two
//! targets are each explained by the other's new value.

use super::conditions::{Condition, conditions};
use super::expressions::{self, Base, Fits, Leaf, Linear};
use super::plan::{Plan, Tree};
use super::prior;
use super::problem::{Mask, Problem, Target};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Instant;

/// One target's choice: a sum, or a condition and the choices on both sides.
#[derive(Clone, Debug)]
pub(super) enum Choice {
    Leaf(Leaf),
    If(usize, Rc<Choice>, Rc<Choice>),
}

/// A cost and what it buys.
pub(super) type Priced = (f32, Rc<Choice>);

/// Pairs of targets of which the first must not read the new value of the second.
pub(super) type Banned = Vec<(usize, usize)>;

/// Whether a sum is worth comparing: one feature, or two where there are few.
fn compared(problem: &Problem, linear: &Linear) -> bool {
    const FEW: usize = 24;
    linear.weight() <= 1 || (linear.weight() == 2 && problem.inputs() <= FEW)
}

/// The edges of a cycle among targets that read each other's new values.
pub(super) fn cycle(problem: &Problem, plan: &Plan) -> Option<Banned> {
    let reads = |target: usize| -> Vec<usize> {
        let mut found = Vec::new();
        if let Some(tree) = &plan.trees[target] {
            tree.reads(&mut found);
        }
        let mut targets: Vec<usize> = found.into_iter().filter_map(|f| problem.features[f].target).collect();
        targets.sort_unstable();
        targets.dedup();
        targets
    };
    let edges: Vec<Vec<usize>> = (0..problem.targets.len()).map(reads).collect();
    let mut open: Vec<usize> = (0..edges.len()).collect();
    loop {
        let before = open.len();
        let left: Vec<usize> = open.iter().copied().filter(|&t| edges[t].iter().any(|u| open.contains(u))).collect();
        open = left;
        if open.is_empty() {
            return None;
        }
        if open.len() == before {
            break;
        }
    }
    let inside = |&t: &usize| edges[t].iter().filter(|u| open.contains(u)).map(|&u| (t, u)).collect::<Vec<_>>();
    Some(open.iter().flat_map(inside).collect())
}

/// What the targets of a problem can be explained by.
pub(super) struct Search<'a> {
    /// The columns.
    pub problem: &'a Problem,
    /// The sums.
    pub bases: Vec<Base>,
    /// The conditions; none where no target needs one.
    pub conditions: Vec<Condition>,
    /// Where the sums fit, by target.
    pub fits: Vec<Fits>,
    deadline: Option<Instant>,
}

impl<'a> Search<'a> {
    /// Collects it.
    pub fn new(problem: &'a Problem, deadline: Option<Instant>) -> Self {
        let bases = expressions::bases(problem);
        let small: Vec<Base> = bases.iter().filter(|b| compared(problem, &b.linear)).cloned().collect();
        let mut search = Search { problem, conditions: Vec::new(), fits: Vec::new(), bases, deadline };
        search.fits = search.fits_without(&Vec::new());
        let whole = |(target, fits): (&Target, &Fits)| fits.find(target.care).is_some();
        if !problem.targets.iter().zip(&search.fits).all(whole) {
            expressions::add_heavy(problem, &mut search.bases);
            search.fits = search.fits_without(&Vec::new());
        }
        let plain = |(target, fits): (&Target, &Fits)| {
            let least = prior::IF + prior::LEAST_CONDITION + fits.least_rate() * target.care.count_ones() as f32;
            fits.find(target.care).is_some_and(|(cost, _)| cost <= least)
        };
        if !problem.targets.iter().zip(&search.fits).all(plain) {
            search.conditions = conditions(problem, &small);
        }
        search
    }

    /// Explanations weighed.
    pub fn weighed(&self) -> u64 {
        (self.fits.iter().map(|fits| fits.weighed).sum::<usize>() + self.conditions.len()) as u64
    }

    /// The cheapest plan.
    pub fn cheapest(&self) -> Plan {
        let mut banned = Vec::new();
        let mut choice = self.choose(&self.fits, &banned);
        loop {
            let trees = choice.1.iter().map(|c| c.as_ref().map(|c| self.tree(&c.1))).collect();
            let plan = Plan { trees, candidates: self.weighed() };
            let Some(edges) = cycle(self.problem, &plan) else { return plan };
            // Whichever edge is the cheapest to do without.
            let try_edge = |&edge: &(usize, usize)| {
                let mut banned = banned.clone();
                banned.push(edge);
                let fits = self.fits_without(&banned);
                (self.choose(&fits, &banned), banned)
            };
            let tried = edges.iter().take(if self.late() { 1 } else { 8 }).map(try_edge);
            let best = tried.min_by(|a, b| a.0.0.total_cmp(&b.0.0)).expect("a cycle has edges");
            (choice, banned) = best;
        }
    }

    fn late(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    fn allowed(&self, banned: &Banned, target: usize, linear: &Linear) -> bool {
        linear.terms.iter().all(|term| match self.problem.features[term.0].target {
            Some(read) => read != target && !banned.contains(&(target, read)),
            None => true,
        })
    }

    fn fits_without(&self, banned: &Banned) -> Vec<Fits> {
        let one = |(index, target)| {
            Fits::new(self.problem, &self.bases, target, &|linear| self.allowed(banned, index, linear))
        };
        self.problem.targets.iter().enumerate().map(one).collect()
    }

    /// The cheapest choice for each target: first each alone, then with the condition that pays most when shared.
    fn choose(&self, fits: &[Fits], banned: &Banned) -> (f32, Vec<Option<Priced>>) {
        let explainer = |(index, fits)| Explainer::new(self, fits, banned, index);
        let mut explainers: Vec<Explainer<'_>> = fits.iter().enumerate().map(explainer).collect();
        let single: Vec<Option<Priced>> = explainers.iter_mut().map(Explainer::alone).collect();
        let mut best = (single.iter().flatten().map(|s| s.0).sum(), single.clone());
        if single.iter().flatten().filter(|s| matches!(*s.1, Choice::If(..))).count() < 2 {
            return best;
        }
        for (c, condition) in self.conditions.iter().enumerate() {
            if self.late() {
                break;
            }
            let mut cost = condition.cost + prior::IF;
            let mut picks = Vec::with_capacity(single.len());
            for (own, explainer) in single.iter().zip(&mut explainers) {
                // A sum alone is not made dearer by what others branch on.
                let branches = own.as_ref().is_none_or(|own| matches!(*own.1, Choice::If(..)));
                let shared =
                    if branches { explainer.split(c, explainer.care(), explainer.shared_depth()) } else { None };
                let pick = match (own, shared) {
                    (Some(own), Some(shared)) if shared.0 + prior::SHARED < own.0 => {
                        Some((shared.0 + prior::SHARED, shared.1))
                    }
                    (None, shared) => shared,
                    (own, _) => own.clone(),
                };
                cost += pick.as_ref().map_or(0.0, |p| p.0);
                picks.push(pick);
            }
            if cost < best.0 {
                best = (cost, picks);
            }
        }
        best
    }

    pub(super) fn tree(&self, choice: &Choice) -> Tree {
        match choice {
            Choice::Leaf(leaf) => Tree::Sum(self.bases[leaf.base].linear.clone(), leaf.constant),
            Choice::If(c, then, otherwise) => Tree::If(
                self.conditions[*c].comparison.clone(),
                Box::new(self.tree(then)),
                Box::new(self.tree(otherwise)),
            ),
        }
    }
}

/// Branches within branches.
const DEPTH: usize = 2;

/// Expressions that one target may look at.
const BUDGET: usize = 20_000_000;

/// Explains one target.
pub(super) struct Explainer<'a> {
    search: &'a Search<'a>,
    pub(super) fits: &'a Fits,
    target: usize,
    /// The conditions that the target may use.
    pub(super) usable: Vec<bool>,
    /// Work left, in expressions looked at; none once the deadline has passed.
    budget: usize,
    /// Sets of examples looked at.
    looks: u32,
    /// What was found for a set of examples and a depth.
    known: HashMap<(Mask, usize), Option<Priced>>,
}

impl<'a> Explainer<'a> {
    pub(super) fn new(search: &'a Search<'a>, fits: &'a Fits, banned: &Banned, target: usize) -> Self {
        let usable = |c: &Condition| search.allowed(banned, target, &c.comparison.linear);
        let usable = search.conditions.iter().map(usable).collect();
        Self { search, fits, target, usable, budget: BUDGET, looks: 0, known: HashMap::new() }
    }

    pub(super) fn care(&self) -> Mask {
        self.search.problem.targets[self.target].care
    }

    /// Branches within a shared one.
    fn shared_depth(&self) -> usize {
        if self.fits.has_table() { DEPTH - 1 } else { 0 }
    }

    pub(super) fn alone(&mut self) -> Option<Priced> {
        self.explain(self.care(), DEPTH)
    }

    /// The cheapest choice for these examples.
    fn explain(&mut self, mask: Mask, depth: usize) -> Option<Priced> {
        if let Some(known) = self.known.get(&(mask, depth)) {
            return known.clone();
        }
        self.pay(self.fits.work());
        let mut best: Option<Priced> = self.fits.find(mask).map(|f| (f.0, Rc::new(Choice::Leaf(f.1))));
        if depth > 1 {
            // What fewer branches cost bounds what more may.
            best = self.explain(mask, depth - 1).or(best);
        }
        if depth > 0 && mask.count_ones() > 1 {
            for (c, condition) in self.search.conditions.iter().enumerate() {
                let price = condition.cost + prior::IF + self.relation(condition);
                if best.as_ref().is_some_and(|best| best.0 <= condition.cost + prior::IF + self.least(mask)) {
                    break;
                }
                if self.budget == 0 {
                    break;
                }
                if depth > 1 && !self.worth(condition.mask, mask) {
                    continue;
                }
                let Some((cost, choice)) = self.split(c, mask, depth - 1) else { continue };
                if best.as_ref().is_none_or(|best| cost + price < best.0) {
                    best = Some((cost + price, choice));
                }
            }
        }
        self.known.insert((mask, depth), best.clone());
        best
    }

    /// Takes work off the budget, and all of it where time is up, which is looked at now and then.
    fn pay(&mut self, work: usize) {
        const OFTEN: u32 = 64;
        self.looks = self.looks.wrapping_add(1);
        let late = self.looks.is_multiple_of(OFTEN) && self.search.late();
        self.budget = if late { 0 } else { self.budget.saturating_sub(work) };
    }

    /// Whether a split leaves few enough examples unexplained: with many examples, one side must be a sum.
    fn worth(&mut self, holds: Mask, mask: Mask) -> bool {
        self.fits.has_table() || {
            self.pay(2 * self.fits.work());
            self.fits.find(holds & mask).is_some() || self.fits.find(!holds & mask).is_some()
        }
    }

    /// Less than any two sides of a branch can cost.
    fn least(&self, mask: Mask) -> f32 {
        self.fits.least_rate() * mask.count_ones() as f32
    }

    pub(super) fn relation(&self, condition: &Condition) -> f32 {
        prior::relation(&condition.comparison.linear, self.own())
    }

    pub(super) fn own(&self) -> Option<usize> {
        self.search.problem.targets[self.target].own
    }

    /// The cheapest choice that branches on condition `c`, without the price of the condition.
    fn split(&mut self, c: usize, mask: Mask, depth: usize) -> Option<Priced> {
        let holds = self.search.conditions[c].mask;
        if !self.usable[c] || holds & mask == 0 || !holds & mask == 0 {
            return None;
        }
        let then = self.explain(holds & mask, depth)?;
        let otherwise = self.explain(!holds & mask, depth)?;
        Some((then.0 + otherwise.0, Rc::new(Choice::If(c, then.1, otherwise.1))))
    }
}
