//! The likeliest plans, many of them: what a better judge than the counts of [`super::prior`] may choose from.

use super::cells::{Explainer, Search, cycle};
use super::conditions::{Comparison, Condition, Contender};
use super::expressions::Leaf;
use super::features::shape;
use super::plan::{Plan, Tree};
use super::prior;
use super::problem::Mask;
use std::collections::HashMap;
use std::rc::Rc;

/// Sums tried as a whole column.
const SUMS: usize = 16;
/// Sums tried on each side of a branch.
const SIDES: usize = 4;
/// Conditions whose contenders are tried.
const CONDITIONS: usize = 32;
/// Trees kept for a target.
const TREES: usize = 96;
/// Plans kept while targets are added.
const PLANS: usize = 384;
/// The cost of a branch that does to its cell what another does to its own: a loop.
const REPEATED: f32 = 2.0;

/// A tree and what it costs.
#[derive(Clone, Debug)]
struct Variant {
    tree: Tree,
    /// Of its sums, and of the branches' relation to the cell.
    sums: f32,
    /// Of its conditions, each by number, where no other target pays for it.
    conditions: Vec<(u32, f32)>,
    /// Tells whether another target's tree is the same, told relative to its cell.
    shape: i64,
}

/// A choice for the first targets.
#[derive(Clone, Debug, Default)]
struct Partial {
    cost: f32,
    conditions: Vec<u32>,
    shapes: Vec<i64>,
    /// Which variant of each target.
    chosen: Vec<u32>,
}

impl Partial {
    /// What the next target's variant adds to the cost.
    fn price(&self, variant: &Variant) -> f32 {
        let condition = |c: &(u32, f32)| if self.conditions.contains(&c.0) { prior::SHARED } else { c.1 + prior::IF };
        let price = variant.sums + variant.conditions.iter().map(condition).sum::<f32>();
        if price > REPEATED && !variant.conditions.is_empty() && self.shapes.contains(&variant.shape) {
            return REPEATED;
        }
        price
    }

    fn with(&self, variant: &Variant, number: u32, cost: f32) -> Self {
        let mut next = self.clone();
        next.cost = cost;
        next.chosen.push(number);
        next.conditions.extend(variant.conditions.iter().map(|c| c.0));
        next.shapes.push(variant.shape);
        next
    }
}

/// At most `count` plans that explain the examples, the likeliest first, with their costs in nats.
pub fn ranked(search: &Search<'_>, count: usize) -> Vec<(f32, Plan)> {
    let variants = variants(search);
    let mut partials = vec![Partial::default()];
    for variants in &variants {
        let mut next: Vec<(f32, u32, u32)> = Vec::with_capacity(partials.len() * variants.len());
        for (p, partial) in partials.iter().enumerate() {
            let prices = variants.iter().map(|variant| partial.cost + partial.price(variant));
            next.extend(prices.enumerate().map(|(v, cost)| (cost, p as u32, v as u32)));
        }
        let order = |a: &(f32, u32, u32), b: &(f32, u32, u32)| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2)));
        if next.len() > PLANS {
            next.select_nth_unstable_by(PLANS, order);
            next.truncate(PLANS);
        }
        next.sort_unstable_by(order);
        let extend = |(cost, p, v): (f32, u32, u32)| partials[p as usize].with(&variants[v as usize], v, cost);
        partials = next.into_iter().map(extend).collect();
    }
    let plan = |partial: &Partial| Plan {
        trees: partial.chosen.iter().zip(&variants).map(|(&v, all)| Some(all[v as usize].tree.clone())).collect(),
        candidates: 0,
    };
    let plans = partials.iter().map(|partial| (partial.cost, plan(partial)));
    let mut plans: Vec<(f32, Plan)> =
        plans.filter(|(_, plan)| cycle(search.problem, plan).is_none()).take(count).collect();
    let plain = plainest(&variants).filter(|(_, plan)| cycle(search.problem, plan).is_none());
    let new = plain.filter(|(_, plan)| plans.iter().all(|other| other.1.trees != plan.trees));
    plans.extend(new);
    plans
}

/// The likeliest plan without branches: the counts hold rare constants for rarer than they are. `None` where there is
/// none.
fn plainest(variants: &[Vec<Variant>]) -> Option<(f32, Plan)> {
    let plain = variants.iter().map(|all| all.iter().find(|variant| variant.conditions.is_empty()));
    let plain: Vec<&Variant> = plain.collect::<Option<_>>()?;
    let trees = plain.iter().map(|variant| Some(variant.tree.clone())).collect();
    Some((plain.iter().map(|variant| variant.sums).sum(), Plan { trees, candidates: 0 }))
}

/// The likeliest trees of each target.
fn variants(search: &Search<'_>) -> Vec<Vec<Variant>> {
    let mut numbers = HashMap::new();
    let banned = Vec::new();
    let fits = search.fits.iter().enumerate();
    let explainers = fits.map(|(target, fits)| Explainer::new(search, fits, &banned, target));
    let writer =
        |explainer| Writer { search, explainer, numbers: &mut numbers, sides: HashMap::new(), found: Vec::new() }.all();
    explainers.map(writer).collect()
}

/// A variant that is not written out yet: far more are weighed than kept.
enum Draft<'a> {
    Sum(Leaf),
    Branch { contender: &'a Contender, then: Leaf, otherwise: Leaf },
    Whole(Tree, Vec<(Comparison, f32)>),
}

/// Writes the variants of one target.
struct Writer<'a, 'b> {
    search: &'a Search<'a>,
    explainer: Explainer<'a>,
    /// Of conditions, in all targets.
    numbers: &'b mut HashMap<Comparison, u32>,
    /// The cheapest sums for sets of examples.
    sides: HashMap<Mask, Rc<Vec<(f32, Leaf)>>>,
    /// What each costs in all, and without its conditions.
    found: Vec<(f32, f32, Draft<'a>)>,
}

impl<'a> Writer<'a, '_> {
    fn all(mut self) -> Vec<Variant> {
        let care = self.explainer.care();
        for (cost, leaf) in self.explainer.fits.cheapest(care, SUMS) {
            self.found.push((cost, cost, Draft::Sum(leaf)));
        }
        for c in self.likeliest(care) {
            self.branches(&self.search.conditions[c], care);
        }
        if let Some((cost, choice)) = self.explainer.alone() {
            self.nested(self.search.tree(&choice), cost);
        }
        self.found.sort_by(|a, b| a.0.total_cmp(&b.0));
        let plain = self.found.iter().position(|(_, _, draft)| matches!(draft, Draft::Sum(_)));
        if let Some(plain) = plain.filter(|plain| *plain >= TREES) {
            self.found.swap(plain, TREES - 1);
        }
        self.found.truncate(TREES);
        let drafts = std::mem::take(&mut self.found);
        drafts.into_iter().map(|(_, sums, draft)| self.variant(sums, draft)).collect()
    }

    fn variant(&mut self, sums: f32, draft: Draft<'a>) -> Variant {
        let own = self.explainer.own();
        let (tree, conditions) = match draft {
            Draft::Sum(leaf) => (self.sum(leaf), Vec::new()),
            Draft::Branch { contender, then, otherwise } => {
                let Contender { comparison, cost, .. } = contender;
                let price = cost + prior::relation(&comparison.linear, own);
                let number = self.number(comparison);
                let sides = (Box::new(self.sum(then)), Box::new(self.sum(otherwise)));
                (Tree::If(comparison.clone(), sides.0, sides.1), vec![(number, price)])
            }
            Draft::Whole(tree, conditions) => {
                let conditions = conditions.into_iter().map(|(comparison, price)| (self.number(&comparison), price));
                (tree, conditions.collect())
            }
        };
        let shape = shape(&tree, own);
        Variant { tree, sums, conditions, shape }
    }

    fn sum(&self, leaf: Leaf) -> Tree {
        Tree::Sum(self.search.bases[leaf.base].linear.clone(), leaf.constant)
    }

    fn number(&mut self, comparison: &Comparison) -> u32 {
        let next = self.numbers.len() as u32;
        *self.numbers.entry(comparison.clone()).or_insert(next)
    }

    /// The conditions that explain most, with all that they stand for and the sums on both sides counted.
    fn likeliest(&self, care: Mask) -> Vec<usize> {
        let mut found: Vec<(f32, usize)> = Vec::new();
        for (c, condition) in self.search.conditions.iter().enumerate() {
            let (holds, fails) = (condition.mask & care, !condition.mask & care);
            if !self.explainer.usable[c] || holds == 0 || fails == 0 {
                continue;
            }
            let fits = self.explainer.fits;
            if let (Some(then), Some(otherwise)) = (fits.find(holds), fits.find(fails)) {
                found.push((condition.cost + then.0 + otherwise.0 + self.explainer.relation(condition), c));
            }
        }
        found.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        found.into_iter().take(CONDITIONS).map(|f| f.1).collect()
    }

    /// The branches on whatever splits the examples like `condition`.
    fn branches(&mut self, condition: &'a Condition, care: Mask) {
        let holds = self.sides(condition.mask & care);
        let fails = self.sides(!condition.mask & care);
        for contender in &condition.contenders {
            let relation = prior::relation(&contender.comparison.linear, self.explainer.own());
            let price = contender.cost + relation + prior::IF;
            let straight = contender.mask == condition.mask;
            let (then, otherwise) = if straight { (&holds, &fails) } else { (&fails, &holds) };
            for t in then.iter() {
                for o in otherwise.iter() {
                    let sums = t.0 + o.0;
                    self.found.push((sums + price, sums, Draft::Branch { contender, then: t.1, otherwise: o.1 }));
                }
            }
        }
    }

    /// The cheapest sums of one side.
    fn sides(&mut self, mask: Mask) -> Rc<Vec<(f32, Leaf)>> {
        let fits = self.explainer.fits;
        Rc::clone(self.sides.entry(mask).or_insert_with(|| Rc::new(fits.cheapest(mask, SIDES))))
    }

    /// What the search for one plan would take, where it branches within branches.
    fn nested(&mut self, tree: Tree, cost: f32) {
        let mut conditions = Vec::new();
        tree.conditions(&mut conditions);
        let known = |comparison: &Comparison| {
            let mut contenders = self.search.conditions.iter().flat_map(|condition| &condition.contenders);
            contenders.any(|contender| contender.comparison == *comparison)
        };
        if matches!(conditions[..], []) || matches!(conditions[..], [one] if known(one)) {
            return;
        }
        let price = |comparison: &&Comparison| {
            let found = self.search.conditions.iter().find(|c| c.comparison == **comparison);
            ((*comparison).clone(), found.map_or(prior::LEAST_CONDITION, |c| c.cost))
        };
        let conditions: Vec<(Comparison, f32)> = conditions.iter().map(price).collect();
        let sums = cost - conditions.iter().map(|c| c.1 + prior::IF).sum::<f32>();
        self.found.push((cost, sums, Draft::Whole(tree, conditions)));
    }
}
