//! Votes of programs on what becomes of an input: what much weight agrees on is likelier to be meant.

use std::collections::HashMap;
use std::hash::Hash;

/// Adds to each program's score the weight of all that say the same as it does. `None` says nothing: it has no vote, and
/// adds nothing.
pub fn vote<T: Eq + Hash>(said: &[Option<T>], weights: &[f64], scores: &mut [f64]) {
    let mut votes: HashMap<&T, f64> = HashMap::new();
    for (said, weight) in said.iter().zip(weights) {
        said.iter().for_each(|said| *votes.entry(said).or_default() += weight);
    }
    for (score, said) in scores.iter_mut().zip(said) {
        *score += said.as_ref().map_or(0.0, |said| votes[said]);
    }
}
