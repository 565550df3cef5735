//! Adam with its state in the open (libtorch's own cannot be saved), the learning rate, and the gradient clip.

use super::parameters::Parameters;
use super::plan::{Decay, OptimizerConfig};
use crate::store::FileError;
use std::collections::BTreeMap;
use tch::Tensor;

/// Adam over all parameters of a network.
#[derive(Debug)]
pub struct Adam {
    config: OptimizerConfig,
    /// For each path the running means of the gradient and of its square.
    means: BTreeMap<String, (Tensor, Tensor)>,
}

/// What one step did.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The learning rate.
    pub rate: f64,
    /// The gradient's norm before the clip.
    pub norm: f64,
}

impl Adam {
    /// Before the first step.
    pub fn new(config: OptimizerConfig, parameters: &Parameters) -> Self {
        let means = parameters
            .iter()
            .map(|(path, tensor)| (path.to_owned(), (tensor.detach().zeros_like(), tensor.detach().zeros_like())));
        Self { config, means: means.collect() }
    }

    /// Its state, by the names that files have.
    pub fn state(&self) -> BTreeMap<String, Tensor> {
        let both = self.means.iter().flat_map(|(path, (mean, square))| {
            [(format!("{path}/mean"), mean.shallow_clone()), (format!("{path}/square"), square.shallow_clone())]
        });
        both.collect()
    }

    /// Takes the state of a file over.
    pub fn restore(&mut self, mut read: BTreeMap<String, Tensor>) -> Result<(), FileError> {
        for (path, (mean, square)) in &mut self.means {
            for (name, own) in [("mean", mean), ("square", square)] {
                let name = format!("{path}/{name}");
                let tensor = read.remove(&name).filter(|tensor| tensor.size() == own.size());
                *own = tensor.ok_or_else(|| FileError::new(format!("no `{name}` of the right shape")))?;
            }
        }
        Ok(())
    }

    /// The learning rate of step `step` (from 0) of `steps`.
    pub fn rate(&self, step: u64, steps: u64) -> f64 {
        let OptimizerConfig { rate, warmup, decay, floor, .. } = self.config;
        if step < warmup {
            return rate * (step + 1) as f64 / warmup as f64;
        }
        match decay {
            Decay::None => rate,
            Decay::Step(every) => rate * 0.9f64.powi((step / every.max(1)) as i32),
            Decay::Cosine => {
                let done = ((step - warmup) as f64 / steps.saturating_sub(warmup).max(1) as f64).min(1.0);
                rate * (floor + (1.0 - floor) * 0.5 * (1.0 + (std::f64::consts::PI * done).cos()))
            }
        }
    }

    /// One step with the gradients that the parameters hold, times `factor`; empties them.
    pub fn step(&mut self, parameters: &Parameters, factor: f64, step: u64, steps: u64) -> Step {
        let OptimizerConfig { beta1, beta2, clip, .. } = self.config;
        let rate = self.rate(step, steps);
        tch::no_grad(|| {
            let norm = factor * global_norm(parameters);
            let scale = factor * if norm > clip { clip / norm } else { 1.0 };
            // Without gradients that are numbers, the step would spoil every parameter.
            let scale = if norm.is_finite() { scale } else { 0.0 };
            let count = (step + 1) as i32;
            let (mean_bias, square_bias) = (1.0 - beta1.powi(count), 1.0 - beta2.powi(count));
            for (path, parameter) in parameters.iter() {
                let mut gradient = parameter.grad();
                if !gradient.defined() || scale == 0.0 {
                    continue;
                }
                let (mean, square) = self.means.get_mut(path).expect("made from the same parameters");
                let _ = gradient.g_mul_scalar_(scale);
                let _ = mean.lerp_(&gradient, 1.0 - beta1);
                let _ = square.g_mul_scalar_(beta2);
                let _ = square.addcmul_(&gradient, &(&gradient * (1.0 - beta2)));
                let mut divisor = (&*square / square_bias).sqrt_();
                let _ = divisor.g_add_scalar_(1e-8);
                let change = &*mean * (-rate / mean_bias);
                let _ = parameter.shallow_clone().addcdiv_(&change, &divisor);
                let _ = gradient.zero_();
            }
            Step { rate, norm }
        })
    }
}

/// The norm of all gradients together.
fn global_norm(parameters: &Parameters) -> f64 {
    let squares = parameters.iter().map(|(_, parameter)| parameter.grad()).filter(Tensor::defined);
    squares.map(|gradient| gradient.norm().double_value(&[]).powi(2)).sum::<f64>().sqrt()
}
