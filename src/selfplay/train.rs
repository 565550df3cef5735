//! The training loop: imitation, attempts, the weights of tasks; checkpoints with validation, metrics, resume. All that
//! is random in a step follows from the seed and the step's number.

use super::advisor::Learner;
use super::config::{Config, LearningConfig};
use super::episodes::{Attempts, attempt};
use super::loss::{imitation, reinforce};
use super::network::Network;
use super::pool::{Pool, PoolConfig};
use super::weights::{Summary, Weights};
use crate::model::checkpoint::{self, Checkpoint, Saved};
use crate::model::{Adam, generator, log};
use crate::store::FileError;
use cpu_time::ProcessTime;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write;
use tch::Tensor;

/// Tasks on which a checkpoint is judged.
const VALIDATION: usize = 500;
/// Below this weight nothing is imitated any more.
const NO_IMITATION: f64 = 0.01;
/// The tensors of a checkpoint that are the tasks'.
const TASKS: [&str; 2] = ["tasks.weights", "tasks.programs"];

/// All that a checkpoint holds besides tensors.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct State {
    /// Steps done.
    pub step: u64,
    /// Seconds of processor time, those before resumes included.
    pub seconds: f64,
    /// Share of the validation's tasks that the likeliest moves solve.
    pub success: f64,
    /// The same by the length of the tasks' programs, from 1.
    pub by_length: Vec<f64>,
    /// The configuration.
    pub config: Config,
}

impl Saved for State {
    fn step(&self) -> u64 {
        self.step
    }

    fn loss(&self) -> f64 {
        1.0 - self.success
    }
}

/// What is told every so often: a line of `metrics.jsonl`. Sums are those since the last line.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Metrics {
    /// Steps done.
    pub step: u64,
    /// Cross entropy a move that was imitated.
    pub imitation_loss: Option<f64>,
    /// Share of these moves that were the likeliest.
    pub imitation_accuracy: Option<f64>,
    /// Weight of imitation at the last step.
    pub imitation_weight: f64,
    /// Share of attempts that succeeded.
    pub success: Option<f64>,
    /// The same by the length of the tasks' programs, from 1.
    pub success_by_length: Vec<Option<f64>>,
    /// The value's cross entropy.
    pub value_loss: Option<f64>,
    /// The policy's entropy in the states of attempts, in nats.
    pub entropy: Option<f64>,
    /// The weights of the pool's tasks.
    pub weights: Option<Summary>,
    /// Programs of the pool that were replaced by shorter ones.
    pub improved: usize,
    /// Learning rate.
    pub rate: f64,
    /// The gradient's norm at the last step.
    pub norm: f64,
    /// Seconds of processor time, those before resumes included.
    pub seconds: f64,
    /// Share of the validation's tasks that the likeliest moves solve, where a checkpoint was written.
    pub validation: Option<f64>,
    /// The same by the length of the tasks' programs, from 1.
    pub validation_by_length: Option<Vec<f64>>,
}

/// Sums since the last line of metrics.
#[derive(Default)]
struct Sums {
    steps: usize,
    imitation: (f64, usize, usize),
    /// By length: successes and attempts.
    success: Vec<(usize, usize)>,
    value: f64,
    entropy: f64,
    reinforced: usize,
    improved: usize,
}

/// A run between two steps.
pub struct Trainer {
    config: Config,
    network: Network,
    adam: Adam,
    pool: Pool,
    validation: Pool,
    weights: Weights,
    step: u64,
    before: f64,
    started: ProcessTime,
}

impl Trainer {
    /// Makes the pool and begins, or continues from the last checkpoint.
    pub fn new(config: Config, resume: bool) -> Result<Self, FileError> {
        let last = match (checkpoint::list(&config.output)?.last(), resume) {
            (Some(path), true) => Some(checkpoint::read::<State>(path)?),
            (Some(path), false) => {
                let error = FileError::new("there is a checkpoint of an earlier run").at(path);
                return Err(error.help("continue it with --resume, or name another `output`"));
            }
            (None, _) => None,
        };
        tch::set_num_threads(config.threads);
        let pool = Pool::new(&config.pool, config.seed);
        let validation = Pool::new(&PoolConfig { tasks: VALIDATION, ..config.pool.clone() }, !config.seed);
        let network = Network::new(&config.network, pool.rules(), config.seed);
        let adam = Adam::new(config.optimizer.clone(), network.parameters());
        let weights = Weights::new(config.weights.clone(), pool.len());
        let started = ProcessTime::now();
        let mut trainer = Self { config, network, adam, pool, validation, weights, step: 0, before: 0.0, started };
        if let Some(last) = last {
            let path = last.path.clone();
            trainer.restore(last).map_err(|error| error.at(&path).help(checkpoint::advice(&path)))?;
        }
        Ok(trainer)
    }

    fn restore(&mut self, last: Checkpoint<State>) -> Result<(), FileError> {
        let Checkpoint { state, weights, mut optimizer, .. } = last;
        if (&state.config.network, &state.config.pool) != (&self.config.network, &self.config.pool) {
            return Err(FileError::new("the checkpoint is of other networks or tasks than the configuration's"));
        }
        self.network = Network::from_tensors(&self.config.network, self.pool.rules(), weights)?;
        let mut take = |name: &str| optimizer.remove(name).ok_or_else(|| FileError::new(format!("no `{name}`")));
        let weights = super::episodes::numbers(&take(TASKS[0])?);
        let programs = take(TASKS[1])?;
        let mut numbers = vec![0i64; programs.numel()];
        programs.copy_data(&mut numbers, programs.numel());
        if !self.weights.restore(weights) || !self.pool.restore(&numbers) {
            return Err(FileError::new("the checkpoint is of another pool of tasks"));
        }
        self.adam.restore(optimizer)?;
        (self.step, self.before) = (state.step, state.seconds);
        Ok(())
    }

    /// Steps done.
    pub fn steps_done(&self) -> u64 {
        self.step
    }

    /// Steps in all.
    pub fn steps(&self) -> u64 {
        self.config.training.steps
    }

    /// What is trained, in words.
    pub fn describe(&self) -> String {
        let tasks = self.pool.len();
        let moves: usize = (0..tasks).map(|task| self.pool.program(task).len()).sum();
        let mean = moves as f64 / tasks as f64;
        format!("{} parameters, {tasks} tasks of {mean:.1} instructions", self.network.parameters().count())
    }

    /// The networks as they are now.
    pub fn learner(self) -> Learner {
        Learner::new(self.config, self.network)
    }

    /// Seconds of processor time that these steps took, in this run and in those before it.
    pub fn seconds(&self) -> f64 {
        self.before + self.started.elapsed().as_secs_f64()
    }

    /// Whether all is done.
    fn over(&self) -> bool {
        let minutes = self.config.training.minutes;
        self.step >= self.config.training.steps || minutes > 0.0 && self.seconds() >= minutes * 60.0
    }

    /// Trains to the end; `tell` hears each line of metrics.
    pub fn run(&mut self, mut tell: impl FnMut(&Metrics)) -> Result<(), FileError> {
        let folder = self.config.output.clone();
        std::fs::create_dir_all(&folder).map_err(|error| FileError::io(&folder, &error))?;
        let path = folder.join("metrics.jsonl");
        let mut log = log::open(&path, self.step)?;
        let mut sums = Sums::default();
        while !self.over() {
            let (rate, norm) = self.step_once(&mut sums);
            let last = self.over();
            let checkpoint = last || self.step.is_multiple_of(self.config.training.checkpoint_every);
            let validated = if checkpoint { Some(self.checkpoint()?) } else { None };
            if checkpoint || self.step.is_multiple_of(self.config.training.log_every) {
                let metrics = self.metrics(&std::mem::take(&mut sums), rate, norm, validated);
                let line = serde_json::to_string(&metrics).expect("plain data");
                writeln!(log, "{line}").map_err(|error| FileError::io(&path, &error))?;
                tell(&metrics);
            }
        }
        Ok(())
    }

    /// The weight of imitation in the next step.
    fn imitation_weight(&self) -> f64 {
        let LearningConfig { imitation_steps, imitation, halves, .. } = self.config.learning;
        match self.step.checked_sub(imitation_steps) {
            None => 1.0,
            Some(after) => imitation * 0.5f64.powf(after as f64 / halves as f64),
        }
    }

    /// One step; gives its learning rate and the gradient's norm.
    fn step_once(&mut self, sums: &mut Sums) -> (f64, f64) {
        let mut random = generator(self.config.seed, self.step, 1);
        let tasks = self.weights.draw(self.config.training.batch, &mut random);
        let learning = self.config.learning.clone();
        let weight = self.imitation_weight();
        let attempting = self.step >= learning.imitation_steps && learning.attempts > 0;
        if weight > NO_IMITATION {
            let done = imitation(&learning, &self.network, &self.pool, &tasks);
            sums.imitation.0 += super::episodes::numbers(&done.loss)[0] as f64 * done.moves as f64;
            sums.imitation.1 += done.right;
            sums.imitation.2 += done.moves;
            // Without attempts all states would be on the way to what is asked for.
            let shown = if attempting { learning.shown * learning.value } else { 0.0 };
            let loss = done.loss * weight;
            (if shown > 0.0 { loss + done.value * shown } else { loss }).backward();
        }
        if attempting {
            let tasks = &tasks[..learning.attempts.min(tasks.len())];
            let attempts = attempt(&self.network, &self.pool, tasks, &learning.temperatures, &learning, &mut random);
            let done = reinforce(&learning, &attempts);
            done.loss.backward();
            sums.value += done.value;
            sums.entropy += done.entropy;
            sums.reinforced += 1;
            self.learn_from(&attempts, sums);
        }
        let steps = self.config.training.steps;
        let step = self.adam.step(self.network.parameters(), 1.0, self.step, steps);
        self.step += 1;
        sums.steps += 1;
        (step.rate, step.norm)
    }

    /// Moves the tasks' weights, and takes shorter programs over.
    fn learn_from(&mut self, attempts: &Attempts, sums: &mut Sums) {
        sums.success.resize(self.config.pool.steps[1] + 1, (0, 0));
        let each = self.config.learning.temperatures.len();
        for same in attempts.programs.chunks(each) {
            let task = same[0].0;
            let reached = same.iter().filter(|(_, program)| program.is_some()).count();
            self.weights.tell(task, reached as f32 / each as f32);
            let count = &mut sums.success[self.pool.program(task as usize).len()];
            *count = (count.0 + reached, count.1 + each);
            let programs = same.iter().filter_map(|(_, program)| program.as_ref());
            if let Some(shortest) =
                programs.min_by_key(|program| program.len()).filter(|_| self.config.learning.improve)
            {
                sums.improved += usize::from(self.pool.improve(task as usize, shortest));
            }
        }
    }

    fn metrics(&self, sums: &Sums, rate: f64, norm: f64, validated: Option<(f64, Vec<f64>)>) -> Metrics {
        let share = |part: usize, whole: usize| (whole > 0).then(|| part as f64 / whole as f64);
        let mean = |sum: f64| (sums.reinforced > 0).then(|| sum / sums.reinforced as f64);
        let (loss, right, moves) = sums.imitation;
        let attempts = sums.success.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let (validation, validation_by_length) = validated.unzip();
        Metrics {
            step: self.step,
            imitation_loss: (moves > 0).then(|| loss / moves as f64),
            imitation_accuracy: share(right, moves),
            imitation_weight: self.imitation_weight(),
            success: share(attempts.0, attempts.1),
            success_by_length: sums.success.iter().skip(1).map(|one| share(one.0, one.1)).collect(),
            value_loss: mean(sums.value),
            entropy: mean(sums.entropy),
            weights: (sums.reinforced > 0).then(|| self.weights.summary()),
            improved: sums.improved,
            rate,
            norm,
            seconds: self.seconds(),
            validation,
            validation_by_length,
        }
    }

    /// Share of the validation's tasks that the likeliest moves solve: of all, and by length.
    pub fn validate(&self) -> (f64, Vec<f64>) {
        let tasks: Vec<u32> = (0..self.validation.len() as u32).collect();
        let mut random = generator(self.config.seed, 0, 2);
        let done = tch::no_grad(|| {
            attempt(&self.network, &self.validation, &tasks, &[0.0], &self.config.learning, &mut random)
        });
        let mut counts = vec![(0.0, 0.0); self.config.pool.steps[1] + 1];
        for (task, program) in &done.programs {
            let count = &mut counts[self.validation.program(*task as usize).len()];
            *count = (count.0 + f64::from(u8::from(program.is_some())), count.1 + 1.0);
        }
        let all = counts.iter().map(|count| count.0).sum::<f64>() / tasks.len() as f64;
        (all, counts[1..].iter().map(|count| if count.1 > 0.0 { count.0 / count.1 } else { 0.0 }).collect())
    }

    fn checkpoint(&self) -> Result<(f64, Vec<f64>), FileError> {
        let (success, by_length) = self.validate();
        let state = State {
            step: self.step,
            seconds: self.seconds(),
            success,
            by_length: by_length.clone(),
            config: self.config.clone(),
        };
        let mut tensors: BTreeMap<String, Tensor> = self.adam.state();
        tensors.insert(TASKS[0].into(), Tensor::from_slice(self.weights.values()));
        tensors.insert(TASKS[1].into(), Tensor::from_slice(&self.pool.programs()));
        checkpoint::write(&self.config.output, &state, self.network.parameters().iter(), &tensors)?;
        Ok((success, by_length))
    }
}
