//! What a search found: for each target an expression, or a branch between expressions.

use super::conditions::Comparison;
use super::expressions::Linear;
use super::probes::{Column, PROBES};
use super::problem::Problem;
use smallvec::smallvec;

/// How one target is computed.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// A sum and a constant.
    Sum(Linear, i64),
    /// A branch.
    If(Comparison, Box<Tree>, Box<Tree>),
}

/// All targets' trees; `None` where nothing fits.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// By target.
    pub trees: Vec<Option<Tree>>,
    /// Explanations weighed.
    pub candidates: u64,
}

impl Tree {
    /// The conditions, outer ones first.
    pub fn conditions<'a>(&'a self, found: &mut Vec<&'a Comparison>) {
        if let Self::If(comparison, then, otherwise) = self {
            found.push(comparison);
            then.conditions(found);
            otherwise.conditions(found);
        }
    }

    /// Whether a cell keeps its old value.
    pub fn keeps(&self, own: Option<usize>) -> bool {
        matches!((self, own), (Self::Sum(linear, 0), Some(own)) if *linear.terms == [(own, 1)])
    }

    /// The features read.
    pub fn reads(&self, found: &mut Vec<usize>) {
        match self {
            Self::Sum(linear, _) => found.extend(linear.terms.iter().map(|t| t.0)),
            Self::If(comparison, then, otherwise) => {
                found.extend(comparison.linear.terms.iter().map(|t| t.0));
                then.reads(found);
                otherwise.reads(found);
            }
        }
    }
}

impl Plan {
    /// Makes the plan one for all targets of a problem: those that it has no tree for keep their values.
    pub fn pad(&mut self, problem: &Problem) {
        let keep = |target: usize| {
            let own = problem.targets[target].own?;
            Some(Tree::Sum(Linear { terms: smallvec![(own, 1)] }, 0))
        };
        self.trees.extend((self.trees.len()..problem.targets.len()).map(keep));
    }

    /// The new values of all targets, given a column of inputs for each feature (those of new values are not read). No
    /// target may read, by whatever way, its own new value.
    pub fn run(&self, problem: &Problem, inputs: &[Column]) -> Vec<Column> {
        let mut known = vec![None; self.trees.len()];
        (0..self.trees.len()).map(|target| self.target(problem, inputs, target, &mut known)).collect()
    }

    fn target(&self, problem: &Problem, inputs: &[Column], target: usize, known: &mut [Option<Column>]) -> Column {
        if known[target].is_none() {
            let column = match &self.trees[target] {
                Some(tree) => self.tree(problem, inputs, tree, known),
                None => [0; PROBES],
            };
            known[target] = Some(column);
        }
        known[target].expect("it was just put there")
    }

    fn tree(&self, problem: &Problem, inputs: &[Column], tree: &Tree, known: &mut [Option<Column>]) -> Column {
        match tree {
            Tree::Sum(linear, constant) => {
                let mut sum = self.sum(problem, inputs, linear, known);
                sum.iter_mut().for_each(|value| *value += constant);
                sum
            }
            Tree::If(comparison, then, otherwise) => {
                let sum = self.sum(problem, inputs, &comparison.linear, known);
                let then = self.tree(problem, inputs, then, known);
                let otherwise = self.tree(problem, inputs, otherwise, known);
                std::array::from_fn(|i| if comparison.accepts(sum[i]) { then[i] } else { otherwise[i] })
            }
        }
    }

    fn sum(&self, problem: &Problem, inputs: &[Column], linear: &Linear, known: &mut [Option<Column>]) -> Column {
        let mut sum = [0; PROBES];
        for &(feature, factor) in &linear.terms {
            let column = match problem.features[feature].target {
                Some(target) => self.target(problem, inputs, target, known),
                None => inputs[feature],
            };
            sum.iter_mut().zip(&column).for_each(|(sum, value)| *sum += i64::from(factor) * value);
        }
        sum
    }
}
