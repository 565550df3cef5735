//! Inputs like those of the examples, on which what fits the examples alike is told apart.

use super::conditions::Comparison;
use super::expressions::Linear;
use super::problem::Problem;

/// How many.
pub const PROBES: usize = 128;

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
        let span = (i64::from(high) - i64::from(low)).max(0) as u64 + 1;
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut draw = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i64::from(low) + ((state >> 33) % span) as i64
        };
        let columns = problem.features.iter().map(|_| std::array::from_fn(|_| draw())).collect();
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

/// Where a comparison holds, given its sum's values.
pub fn holds(comparison: &Comparison, sums: &[i64]) -> u128 {
    sums.iter().enumerate().fold(0, |bits, (i, &value)| bits | (u128::from(comparison.accepts(value)) << i))
}
