//! Which tasks are worked on: a softmax over weights that rise with each failure and fall with each success.

use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

/// How weights move.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WeightsConfig {
    /// What a weight rises by where all attempts failed, and falls by where all succeeded.
    pub rate: f32,
    /// Weights stay within minus and plus this.
    pub limit: f32,
    /// The softmax's temperature.
    pub temperature: f32,
}

impl Default for WeightsConfig {
    fn default() -> Self {
        Self { rate: 0.5, limit: 2.0, temperature: 1.0 }
    }
}

/// The weights of a pool's tasks.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    config: WeightsConfig,
    weights: Vec<f32>,
}

/// What weights look like as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Their mean.
    pub mean: f32,
    /// The lowest and the highest.
    pub range: [f32; 2],
    /// The entropy of the softmax, as a share of the highest possible.
    pub entropy: f64,
}

impl Weights {
    /// Equal weights of so many tasks.
    pub fn new(config: WeightsConfig, tasks: usize) -> Self {
        Self { config, weights: vec![0.0; tasks] }
    }

    /// All of them.
    pub fn values(&self) -> &[f32] {
        &self.weights
    }

    /// Takes over the values of a file; false where they are of another pool.
    pub fn restore(&mut self, weights: Vec<f32>) -> bool {
        let same = weights.len() == self.weights.len();
        if same {
            self.weights = weights;
        }
        same
    }

    /// Draws tasks, each by itself.
    pub fn draw(&self, count: usize, random: &mut Xoshiro256PlusPlus) -> Vec<u32> {
        let mut sum = 0.0;
        let sums: Vec<f64> = self
            .weights
            .iter()
            .map(|weight| {
                sum += f64::from(weight / self.config.temperature).exp();
                sum
            })
            .collect();
        let one = |_| {
            let at = random.random::<f64>() * sum;
            sums.partition_point(|upto| *upto <= at).min(sums.len() - 1) as u32
        };
        (0..count).map(one).collect()
    }

    /// Moves a task's weight by the share of attempts that succeeded.
    pub fn tell(&mut self, task: u32, succeeded: f32) {
        let WeightsConfig { rate, limit, .. } = self.config;
        let weight = &mut self.weights[task as usize];
        *weight = (*weight + rate * (1.0 - 2.0 * succeeded)).clamp(-limit, limit);
    }

    /// What they look like.
    pub fn summary(&self) -> Summary {
        let powers: Vec<f64> =
            self.weights.iter().map(|weight| f64::from(weight / self.config.temperature).exp()).collect();
        let sum: f64 = powers.iter().sum();
        let entropy: f64 = powers.iter().map(|power| -(power / sum) * (power / sum).ln()).sum();
        let fold = |what: fn(f32, f32) -> f32| self.weights.iter().copied().reduce(what).unwrap_or(0.0);
        Summary {
            mean: self.weights.iter().sum::<f32>() / self.weights.len() as f32,
            range: [fold(f32::min), fold(f32::max)],
            entropy: entropy / (self.weights.len().max(2) as f64).ln(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn what_fails_is_drawn_more_often() {
        let mut weights = Weights::new(WeightsConfig::default(), 3);
        (0..2).for_each(|_| weights.tell(0, 0.0));
        (0..2).for_each(|_| weights.tell(2, 1.0));
        weights.tell(1, 0.5);
        assert_eq!(weights.values(), [1.0, 0.0, -1.0]);
        let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
        let drawn = weights.draw(30_000, &mut random);
        let share = |task| drawn.iter().filter(|one| **one == task).count() as f64 / 30_000.0;
        let whole = 1.0f64.exp() + 1.0 + (-1.0f64).exp();
        assert!((share(0) - 1.0f64.exp() / whole).abs() < 0.01, "{}", share(0));
        assert!((share(2) - (-1.0f64).exp() / whole).abs() < 0.01, "{}", share(2));
        (0..20).for_each(|_| weights.tell(0, 0.0));
        assert_eq!(weights.summary().range, [-1.0, 2.0]);
        assert!(weights.summary().entropy < 0.9);
    }
}
