//! Loops reach cells of which no example shows what is done to them. A plan that branches for one cell may branch for its
//! neighbours too, told relative to each, where the examples allow it.

use super::conditions::Comparison;
use super::expressions::{Linear, Terms};
use super::plan::{Plan, Tree};
use super::problem::{Place, Problem};

/// How a tree is told for another cell.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Move {
    /// All that it reads moves along.
    All,
    /// Only what it reads of its own cell.
    Own,
}

/// Plans, about `count` at most, that do to further cells what one of `plans` does to one, at the same cost. All have a
/// tree for every target.
pub fn stretched(problem: &Problem, plans: &[(f32, Plan)], count: usize) -> Vec<(f32, Plan)> {
    let mut found: Vec<(f32, Plan)> = Vec::new();
    for (cost, plan) in plans {
        if found.len() >= count {
            break;
        }
        for plan in further(problem, plan) {
            if plans.iter().chain(&found).all(|other| other.1.trees != plan.trees) {
                found.push((*cost, plan));
            }
        }
    }
    found
}

fn further(problem: &Problem, plan: &Plan) -> Vec<Plan> {
    let mut found: Vec<Plan> = Vec::new();
    for (target, tree) in plan.trees.iter().enumerate() {
        let (Some(tree @ Tree::If(..)), Some(own)) = (tree, problem.targets[target].own) else { continue };
        for kind in [Move::All, Move::Own] {
            let reach = Reach { problem, plan, tree, own, kind };
            found.extend(reach.ranges());
        }
    }
    found
}

/// The cells that one tree may serve.
struct Reach<'a> {
    problem: &'a Problem,
    plan: &'a Plan,
    tree: &'a Tree,
    own: usize,
    kind: Move,
}

impl Reach<'_> {
    /// A plan for each range of cells around the tree's own.
    fn ranges(&self) -> Vec<Plan> {
        let mut low = self.plan.clone();
        let mut found = Vec::new();
        let down: Vec<(usize, Tree)> = (0..self.own).rev().map_while(|cell| self.at(cell)).collect();
        let up: Vec<(usize, Tree)> =
            (self.own + 1..self.problem.features.len()).map_while(|cell| self.at(cell)).collect();
        for below in 0..=down.len() {
            if let Some((target, tree)) = below.checked_sub(1).map(|last| &down[last]) {
                low.trees[*target] = Some(tree.clone());
            }
            let mut plan = low.clone();
            found.push(plan.clone());
            for (target, tree) in &up {
                plan.trees[*target] = Some(tree.clone());
                found.push(plan.clone());
            }
        }
        found
    }

    /// The tree for another cell, with its target; `None` where the examples contradict it.
    fn at(&self, cell: usize) -> Option<(usize, Tree)> {
        let (number, target) = self.problem.targets.iter().enumerate().find(|(_, target)| target.own == Some(cell))?;
        let tree = self.moved(self.tree, cell as i64 - self.own as i64)?;
        let fits = |example: usize| value(self.problem, &tree, example) == i64::from(target.values[example]);
        (0..self.problem.examples).all(fits).then_some((number, tree))
    }

    /// The tree as it is so many cells further on; `None` where it would read what is no cell.
    fn moved(&self, tree: &Tree, by: i64) -> Option<Tree> {
        match tree {
            Tree::Sum(linear, constant) => Some(Tree::Sum(self.shifted(linear, by)?, *constant)),
            Tree::If(comparison, then, otherwise) => {
                let linear = self.shifted(&comparison.linear, by)?;
                let comparison = Comparison { linear, ..comparison.clone() };
                Some(Tree::If(comparison, Box::new(self.moved(then, by)?), Box::new(self.moved(otherwise, by)?)))
            }
        }
    }

    fn shifted(&self, linear: &Linear, by: i64) -> Option<Linear> {
        let cell = |feature: usize| {
            let column = self.problem.features.get(feature)?;
            (column.target.is_none() && matches!(column.place, Place::Cell(..))).then_some(feature)
        };
        let term = |&(feature, factor): &(usize, i32)| {
            let by = if self.kind == Move::All || feature == self.own { by } else { 0 };
            Some((cell(usize::try_from(cell(feature)? as i64 + by).ok()?)?, factor))
        };
        let mut terms = linear.terms.iter().map(term).collect::<Option<Terms>>()?;
        terms.sort_unstable();
        // Where two operands met, it is another sum.
        let apart = terms.windows(2).all(|pair| pair[0].0 != pair[1].0);
        apart.then_some(Linear { terms })
    }
}

/// What a tree gives in an example.
fn value(problem: &Problem, tree: &Tree, example: usize) -> i64 {
    let sum = |linear: &Linear| -> i64 {
        let terms = linear.terms.iter();
        terms.map(|term| i64::from(term.1) * i64::from(problem.features[term.0].values[example])).sum()
    };
    match tree {
        Tree::Sum(linear, constant) => sum(linear) + constant,
        Tree::If(comparison, then, otherwise) => {
            let side = if comparison.accepts(sum(&comparison.linear)) { then } else { otherwise };
            value(problem, side, example)
        }
    }
}
