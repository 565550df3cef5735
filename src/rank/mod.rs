//! A learned choice among the plans that enumeration finds ([`Candidates`]): a log-linear model over what is true of
//! each gives a posterior, and the plan is taken that agrees best with all of them, weighed by it. Needs no libtorch.

mod config;
mod file;
mod train;

pub use config::{Config, Corpora, KIND, Training};
pub use file::Sidecar;
pub use train::{Metrics, Trainer};

use crate::search::enumerate::{BUCKETS, Bag, Candidates};
use crate::search::softmax;
use crate::store::FileError;

/// Plans that a ranker looks at.
pub const CANDIDATES: usize = 64;
/// How sure the posterior is taken to be. Less than 1: it was fitted to what is right on few held-out examples.
const SHARPNESS: f32 = 0.7;
/// Examples that a plan must get right where it agrees with the truth on a share of all inputs.
const UNSEEN: i32 = 8;

/// The weights: one for each of [`BUCKETS`] features, in nats.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranker {
    weights: Vec<f32>,
}

impl Default for Ranker {
    fn default() -> Self {
        Self { weights: vec![0.0; BUCKETS] }
    }
}

impl Ranker {
    /// A ranker of these weights; fails unless there are [`BUCKETS`] of them and all are finite.
    pub fn new(weights: Vec<f32>) -> Result<Self, FileError> {
        if weights.len() != BUCKETS {
            return Err(FileError::new(format!("{} weights where there must be {BUCKETS}", weights.len())));
        }
        if !weights.iter().all(|weight| weight.is_finite()) {
            return Err(FileError::new("not all weights are numbers"));
        }
        Ok(Self { weights })
    }

    /// The weights.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// How likely a plan is, as an unnormalised logarithm.
    pub fn score(&self, features: &Bag) -> f32 {
        features.entries.iter().map(|(feature, value)| self.weights[*feature as usize] * value).sum()
    }

    /// The plans, by how likely each is right on what has not been seen.
    pub fn order(&self, candidates: &Candidates) -> Vec<usize> {
        let scores: Vec<f32> =
            (0..candidates.len()).map(|index| SHARPNESS * self.score(&candidates.features(index))).collect();
        let posterior = softmax(&scores);
        let expected = |plan: usize| -> f32 {
            let shares = posterior.iter().enumerate().filter(|(_, chance)| **chance > 1e-6);
            shares.map(|(truth, chance)| chance * candidates.agreement(plan, truth).powi(UNSEEN)).sum()
        };
        let mut order: Vec<(f32, usize)> = (0..candidates.len()).map(|plan| (expected(plan), plan)).collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        order.into_iter().map(|entry| entry.1).collect()
    }
}
