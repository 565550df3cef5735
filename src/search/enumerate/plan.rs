//! What a search found: for each target an expression, or a branch between expressions.

use super::conditions::Comparison;
use super::expressions::Linear;

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
