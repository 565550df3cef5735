//! Search for programs: the [`Scorer`] trait that a model implements, enumeration, beam search, sampling, budgets. Never sees
//! tch.

pub mod beam;
pub mod enumerate;
pub mod guide;
pub mod karel;
pub mod kernel;
pub mod meet;
pub mod sample;
pub mod tree;
pub mod vote;

use crate::task::Example;
use crate::token::TokenId;
use ndarray::Array2;

/// Something that says how likely each next token is: a neural model, or a table in tests.
pub trait Scorer {
    /// Begins decoding programs for these examples.
    fn begin<'a>(&'a self, examples: &[Example]) -> Result<Box<dyn Decoding + 'a>, ScorerError>;
}

/// A batch of partial programs being decoded for one task.
pub trait Decoding {
    /// Appends a token to partial programs and scores what follows. Row `i` of the new batch continues row
    /// `parents[i]` of the batch of the previous call (the first call has the one row 0, and `tokens` is
    /// [`crate::token::BEGIN`]) with `tokens[i]`. Returns log-probabilities, `[rows, vocabulary]`.
    fn step(&mut self, parents: &[usize], tokens: &[TokenId]) -> Array2<f32>;
}

/// Why a scorer cannot score these examples.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ScorerError(pub String);

/// Shares that sum up to 1.
pub fn softmax(scores: &[f32]) -> Vec<f32> {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let shares: Vec<f32> = scores.iter().map(|score| (score - most).exp()).collect();
    let sum: f32 = shares.iter().sum();
    shares.into_iter().map(|share| share / sum).collect()
}
