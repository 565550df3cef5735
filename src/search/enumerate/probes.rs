//! Inputs like those of the examples, on which what fits the examples alike is told apart.

use super::conditions::Comparison;
use super::expressions::Linear;
use super::problem::Problem;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// How many.
pub const PROBES: usize = 256;

/// A value for each input.
pub type Column = [i64; PROBES];

/// A column of random values for each feature.
#[derive(Clone, Debug)]
pub struct Probes {
    /// By feature.
    pub columns: Vec<Column>,
}

impl Probes {
    /// Draws them from the range of the features' values.
    pub fn new(problem: &Problem) -> Self {
        let inputs = problem.features.iter().flat_map(|f| &f.values).copied();
        let (low, high) = inputs.fold((i32::MAX, i32::MIN), |(low, high), v| (low.min(v), high.max(v)));
        let range = i64::from(low.min(high))..=i64::from(high.max(low));
        let mut random = Xoshiro256PlusPlus::seed_from_u64(0);
        let mut column = || std::array::from_fn(|_| random.random_range(range.clone()));
        let columns = problem.features.iter().map(|_| column()).collect();
        Self { columns }
    }

    /// The sums.
    pub fn sum(&self, linear: &Linear) -> Column {
        let mut values = [0; PROBES];
        for (feature, factor) in &linear.terms {
            for (value, input) in values.iter_mut().zip(&self.columns[*feature]) {
                *value += i64::from(*factor) * input;
            }
        }
        values
    }
}

/// A bit for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bits([u64; PROBES / 64]);

impl Bits {
    /// Those of which this is true.
    pub fn of(mut test: impl FnMut(usize) -> bool) -> Self {
        let word = |w| (0..64).fold(0, |bits, bit| bits | (u64::from(test(w * 64 + bit)) << bit));
        Self(std::array::from_fn(word))
    }

    /// Where a comparison holds, given its sum's values.
    pub fn held(comparison: &Comparison, sums: &Column) -> Self {
        Self::of(|i| comparison.accepts(sums[i]))
    }

    /// The others.
    pub fn not(self) -> Self {
        Self(self.0.map(|word| !word))
    }

    /// Those in both.
    pub fn and(self, other: Self) -> Self {
        Self(std::array::from_fn(|w| self.0[w] & other.0[w]))
    }

    /// The share of all that is in both or in neither.
    pub fn agreement(self, other: Self) -> f32 {
        let differ: u32 = self.0.iter().zip(&other.0).map(|(l, r)| (l ^ r).count_ones()).sum();
        1.0 - differ as f32 / PROBES as f32
    }

    /// How many.
    pub fn count(self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }
}
