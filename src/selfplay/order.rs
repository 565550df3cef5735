//! Training of the order in which beams take states of x86 ([`Order`]): tasks of the pilot's, whose programs say which
//! steps lead on. It needs no libtorch, and a minute.

use super::pool::{Pool, PoolConfig};
use crate::search::meet::{FEATURES, Features, Lesson, Order, Unsupported, lessons};
use crate::search::softmax;
use crate::store::{self, Dtype, FileError};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The name of this kind of model in configurations and descriptions.
pub const KIND: &str = "order";
/// The version of what the features mean. An order of another version is of no use.
const VERSION: u32 = 1;
/// The tensor's name.
const NAME: &str = "weights";
/// Tasks whose lessons are in memory at once.
const BLOCK: usize = 1024;
/// One task of so many is measured on, not learnt from.
const VALIDATION: usize = 16;
/// Where the sums of squared slopes begin.
const FIRST_SQUARE: f32 = 1.0;

/// How an order is trained: a configuration file with `model = "order"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderConfig {
    /// `order`.
    model: String,
    /// Where the weights go.
    pub output: PathBuf,
    /// Everything random follows from it.
    #[serde(default)]
    pub seed: u64,
    /// Adagrad's rate.
    #[serde(default = "rate")]
    rate: f32,
    /// Other steps that each step of a program is told from.
    #[serde(default = "others")]
    pub others: usize,
    /// The tasks.
    pub pools: Vec<PoolConfig>,
}

fn rate() -> f32 {
    0.3
}

fn others() -> usize {
    80
}

impl OrderConfig {
    /// Reads a configuration file's text.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        let config: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        let Self { rate, others, pools, .. } = &config;
        if !(*rate > 0.0 && *rate <= 10.0) {
            return Err(format!("rate is {rate}; it must be more than 0 and at most 10"));
        }
        if !(1..=4096).contains(others) {
            return Err(format!("others is {others}; it must be within 1 and 4096"));
        }
        if pools.is_empty() {
            return Err("there must be at least one of [[pools]]".into());
        }
        pools.iter().try_for_each(PoolConfig::check)?;
        Ok(config)
    }

    /// The tasks in blocks, of which those of the pools take turns.
    fn blocks(&self) -> Vec<PoolConfig> {
        let most = self.pools.iter().map(|pool| pool.tasks).max().unwrap_or(0);
        let of_turn = |first: usize| {
            let rest = move |pool: &PoolConfig| BLOCK.min(pool.tasks.saturating_sub(first));
            let one = move |pool: &PoolConfig| PoolConfig { tasks: rest(pool), ..pool.clone() };
            self.pools.iter().map(one).filter(|block| block.tasks > 0)
        };
        (0..most).step_by(BLOCK).flat_map(of_turn).collect()
    }

    /// Tasks in all.
    pub fn tasks(&self) -> usize {
        self.pools.iter().map(|pool| pool.tasks).sum()
    }

    /// The file of the weights, in single precision.
    pub fn weights(&self) -> PathBuf {
        self.output.join("order.safetensors")
    }
}

/// What training says of itself.
#[derive(Clone, Copy, Debug)]
pub struct OrderMetrics {
    /// Tasks learnt from.
    pub tasks: usize,
    /// Steps of the tasks that are measured on.
    pub steps: usize,
    /// Mean of -ln of the share that a step's state got among the others, over these.
    pub loss: f64,
    /// Share of these, percent, whose state came first.
    pub first: f64,
}

/// Trains an order. `told` hears how many tasks are done.
pub fn train(config: &OrderConfig, mut told: impl FnMut(usize)) -> Result<(Order, OrderMetrics), FileError> {
    let mut adagrad = Adagrad { weights: [0.0; FEATURES], squares: [FIRST_SQUARE; FEATURES], rate: config.rate };
    let mut held_out = Vec::new();
    let (mut tasks, mut done) = (0, 0);
    for (number, block) in config.blocks().into_iter().enumerate() {
        let seed = config.seed ^ (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let pool = Pool::new(&block, seed);
        let of_task = |task: usize| -> Result<Vec<Lesson>, Unsupported> {
            let mut random = Xoshiro256PlusPlus::seed_from_u64(seed.rotate_left(32) ^ task as u64);
            lessons(&pool.game(task).task(), pool.program(task), config.others, &mut random)
        };
        let taught: Result<Vec<_>, _> = (0..pool.len()).into_par_iter().map(of_task).collect();
        let taught = taught.map_err(|error| FileError::new(error.to_string()))?;
        for (task, lessons) in taught.into_iter().enumerate() {
            if task % VALIDATION == 0 {
                held_out.extend(lessons);
            } else {
                lessons.iter().for_each(|lesson| adagrad.learn(lesson));
                tasks += 1;
            }
        }
        done += pool.len();
        told(done);
    }
    let judged = held_out.iter().map(|lesson| {
        let shares = adagrad.shares(lesson);
        let first = shares[1..].iter().all(|share| *share < shares[0]);
        (-f64::from(shares[0].max(1e-12).ln()), f64::from(u8::from(first)))
    });
    let (loss, first) = judged.fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let steps = held_out.len();
    let metrics = OrderMetrics { tasks, steps, loss: loss / steps as f64, first: 100.0 * first / steps as f64 };
    let order = Order::new(&adagrad.weights).ok_or_else(|| FileError::new("training led to no numbers"))?;
    Ok((order, metrics))
}

struct Adagrad {
    weights: Features,
    squares: Features,
    rate: f32,
}

impl Adagrad {
    /// The share of each state of a lesson.
    fn shares(&self, lesson: &[Features]) -> Vec<f32> {
        let score = |features: &Features| features.iter().zip(&self.weights).map(|(one, other)| one * other).sum();
        softmax(&lesson.iter().map(score).collect::<Vec<f32>>())
    }

    /// One step, against -ln of the share of the first state.
    fn learn(&mut self, lesson: &[Features]) {
        let mut slopes = [0.0; FEATURES];
        for (number, (features, share)) in lesson.iter().zip(self.shares(lesson)).enumerate() {
            let slope = share - if number == 0 { 1.0 } else { 0.0 };
            slopes.iter_mut().zip(features).for_each(|(sum, feature)| *sum += slope * feature);
        }
        for (at, slope) in slopes.into_iter().enumerate() {
            self.squares[at] += slope * slope;
            self.weights[at] -= self.rate * slope / self.squares[at].sqrt();
        }
    }
}

/// What stands beside the weights.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Sidecar {
    model: String,
    features: u32,
    made: serde_json::Value,
}

/// The contents of the file of an order and of its description.
pub fn to_bytes(order: &Order, kind: Dtype, made: serde_json::Value) -> (Vec<u8>, Vec<u8>) {
    let sidecar = Sidecar { model: KIND.to_owned(), features: VERSION, made };
    (store::encode_column(NAME, kind, order.weights()), store::description(&sidecar))
}

/// Reads what [`to_bytes`] made; gives how it was made too.
pub fn from_bytes(weights: &[u8], sidecar: &[u8]) -> Result<(Order, serde_json::Value), FileError> {
    let Sidecar { model, features, made } = serde_json::from_slice(sidecar)
        .map_err(|error| FileError::new(format!("not the description of an order: {error}")))?;
    if model != KIND || features != VERSION {
        let message =
            format!("made for version {features} of the features of `{model}`, this is {VERSION} of `{KIND}`");
        return Err(FileError::new(message).help("train it anew with this version of iocc"));
    }
    let weights = store::decode_column(weights, NAME)?;
    let wrong = || FileError::new(format!("{} weights, not {FEATURES} numbers", weights.len()));
    Ok((Order::new(&weights).ok_or_else(wrong)?, made))
}

/// Loads `FILE.safetensors` with `FILE.json` beside it.
pub fn load(path: &Path) -> Result<(Order, serde_json::Value), FileError> {
    let (weights, sidecar) = store::read_described(path)?;
    from_bytes(&weights, &sidecar).map_err(|error| error.at(path))
}

/// Writes both files.
pub fn save(path: &Path, order: &Order, kind: Dtype, made: serde_json::Value) -> Result<(), FileError> {
    let (weights, sidecar) = to_bytes(order, kind, made);
    store::write_described(path, &weights, &sidecar)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = r#"
        model = "order"
        output = "runs/order"
        seed = 3
        [[pools]]
        tasks = 600
        steps = [2, 6]
        slots = 2
        [[pools]]
        tasks = 300
        steps = [1, 3]
        examples = 4
        free = 0.2
    "#;

    #[test]
    fn what_is_learnt_says_which_steps_lead_on_and_follows_from_the_seed() {
        let config = OrderConfig::from_toml(CONFIG).expect("a configuration");
        let (order, metrics) = train(&config, |_| ()).expect("it learns");
        // By chance it would be one of eighty.
        assert!(metrics.first > 40.0 && metrics.steps > 100, "{metrics:?}");
        let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
        assert_eq!(alone.install(|| train(&config, |_| ())).expect("it learns").0, order);
        let (weights, sidecar) = to_bytes(&order, Dtype::F32, "now".into());
        assert_eq!(from_bytes(&weights, &sidecar).expect("an order"), (order, "now".into()));
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let wrong = |from: &str, to: &str| OrderConfig::from_toml(&CONFIG.replace(from, to)).expect_err("it is wrong");
        assert!(wrong("seed = 3", "rate = 0.0").contains("rate is 0"));
        assert!(wrong("seed = 3", "others = 0").contains("others is 0"));
        assert!(wrong("slots = 2", "slots = 20").contains("pool.slots is 20"));
        assert!(wrong("seed", "sede").contains("sede"));
        let large = OrderConfig::from_toml(&CONFIG.replace("slots = 2", "slots = 9")).expect("a configuration");
        assert!(train(&large, |_| ()).expect_err("too many cells").to_string().contains("8 cells"));
        let (weights, sidecar) = to_bytes(&Order::new(&[0.5; FEATURES]).expect("an order"), Dtype::F16, "now".into());
        assert!(from_bytes(&weights[..20], &sidecar).is_err() && from_bytes(&weights, b"{}").is_err());
        assert!(Order::new(&[f32::NAN; FEATURES]).is_none() && Order::new(&[0.0]).is_none());
    }
}
