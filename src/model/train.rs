//! The training loop: teacher forcing, checkpoints with validation, metrics, resume.

use super::checkpoint::{self, Checkpoint, State};
use super::data::{Dataset, Raw, generator};
use super::feed::{Feed, vocabulary_of};
use super::log;
use super::loss::losses;
use super::network::{self, Network};
use super::optimizer::Adam;
use super::parameters::Parameters;
use super::plan::{LossConfig, TrainingConfig};
use super::prefixes::Prefixes;
use super::reinforce::Reinforcement;
use super::skeleton::Skeleton;
use crate::store::FileError;
use crate::token::Vocabulary;
use serde::Serialize;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

/// A training run between two steps.
pub struct Trainer {
    config: TrainingConfig,
    vocabulary: Vocabulary,
    skeleton: Skeleton,
    network: Network,
    /// Networks over the same numbers, with gradients of their own: one for each thread but the first.
    replicas: Vec<Network>,
    adam: Adam,
    train: Feed,
    validation: Dataset,
    step: u64,
    best_loss: f64,
    /// Validations since the one with the lowest loss.
    worse: u64,
    reinforcement: Option<Reinforcement>,
    /// Seconds of the runs before this one.
    before: f64,
    started: Instant,
}

/// What is told every so often: a line of `metrics.jsonl`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Metrics {
    /// Steps done.
    pub step: u64,
    /// Loss a token, the mean since the last line.
    pub loss: f64,
    /// Share of the tokens that the highest logit names, since the last line.
    pub accuracy: f64,
    /// Loss a cell of the executor, the same way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executor_loss: Option<f64>,
    /// Loss a cell of the operation predictor, the same way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation_loss: Option<f64>,
    /// Learning rate.
    pub rate: f64,
    /// The gradient's norm at the last step.
    pub norm: f64,
    /// Tokens predicted a second, padding not counted.
    pub tokens_per_second: f64,
    /// Programs a second.
    pub programs_per_second: f64,
    /// Seconds of training, those before resumes included.
    pub seconds: f64,
    /// Validation loss a token, where a checkpoint was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation_loss: Option<f64>,
    /// The same for accuracy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation_accuracy: Option<f64>,
}

/// Sums since the last line of metrics.
#[derive(Default)]
struct Sums {
    done: Done,
    programs: usize,
    seconds: f64,
}

impl Trainer {
    /// Reads the corpus and begins, or continues from the last checkpoint.
    pub fn new(config: TrainingConfig, resume: bool) -> Result<Self, FileError> {
        let vocabulary = vocabulary_of(&config.profile)?;
        let checkpoints = checkpoint::list(&config.output)?;
        let last = match (checkpoints.last(), resume) {
            (Some(path), true) => Some(checkpoint::read::<State>(path)?),
            (Some(path), false) => {
                let error = FileError::new("there is a checkpoint of an earlier run").at(path);
                return Err(error.help("continue it with --resume, or name another `output`"));
            }
            (None, _) => None,
        };
        if let Some(Checkpoint { path, state, .. }) = &last {
            compatible(&config, &vocabulary, state).map_err(|error| error.at(path))?;
        }
        let taught = match &config.reinforce {
            Some(reinforce) if last.is_none() => Some(taught(&config, &vocabulary, &reinforce.from)?),
            _ => None,
        };
        let known = last.as_ref().or(taught.as_ref()).map(|known| &known.state.skeleton);
        let (train, skeleton) = Feed::new(&config, &vocabulary, known)?;
        let limits = &config.corpus;
        let raw = Raw::read(&limits.validation, &vocabulary, &config.network, limits, limits.validation_tasks)?;
        let prefixes = Prefixes::wanted(&config.network, &vocabulary)?;
        let validation = raw.compress(&skeleton, &vocabulary, &config.network, limits.examples, prefixes);
        if train.len() == 0 || validation.is_empty() {
            return Err(FileError::new("the corpus has no task that the model's skeleton fits"));
        }
        let mut trainer = Self::assemble(config, vocabulary, skeleton, train, validation, last)?;
        if let Some(Checkpoint { path, weights, .. }) = taught {
            let shapes = network::shapes(&trainer.config.network, trainer.vocabulary.len() as i64);
            trainer.network.parameters = Parameters::from_tensors(&shapes, weights).map_err(|error| error.at(&path))?;
        }
        Ok(trainer)
    }

    fn assemble(
        config: TrainingConfig,
        vocabulary: Vocabulary,
        skeleton: Skeleton,
        train: Feed,
        validation: Dataset,
        last: Option<Checkpoint>,
    ) -> Result<Self, FileError> {
        // Threads that share every matrix product would wait for each other thousands of times a step.
        tch::set_num_threads(1);
        let tokens = vocabulary.len() as i64;
        let mut network = Network::new(config.network.clone(), tokens, config.seed);
        let mut adam = Adam::new(config.optimizer.clone(), &network.parameters);
        let (mut step, mut best_loss, mut worse, mut before) = (0, f64::INFINITY, 0, 0.0);
        if let Some(Checkpoint { path, state, weights, optimizer }) = last {
            let told = |error: FileError| error.at(&path).help(checkpoint::advice(&path));
            let shapes = network::shapes(&config.network, tokens);
            network.parameters = Parameters::from_tensors(&shapes, weights).map_err(told)?;
            adam.restore(optimizer).map_err(told)?;
            (step, best_loss, worse, before) = (state.step, state.best_loss, state.worse, state.seconds);
        }
        let replicas = (1..config.threads).map(|_| network.replica()).collect();
        let reinforce = config.reinforce.clone();
        let reinforcement =
            reinforce.map(|reinforce| Reinforcement::new(reinforce, &vocabulary, &skeleton)).transpose()?;
        let started = Instant::now();
        Ok(Self {
            config,
            vocabulary,
            skeleton,
            network,
            replicas,
            adam,
            train,
            validation,
            step,
            best_loss,
            worse,
            reinforcement,
            before,
            started,
        })
    }

    /// Steps done.
    pub fn steps_done(&self) -> u64 {
        self.step
    }

    /// Steps in all.
    pub fn steps(&self) -> u64 {
        self.config.training.steps
    }

    /// The network as it is now.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// What is trained, in words.
    pub fn describe(&self) -> String {
        format!(
            "{} parameters, {} tasks of {:.1} predicted tokens, {} for validation, {} batches an epoch",
            self.network.parameters.count(),
            self.train.len(),
            self.train.mean_length(),
            self.validation.len(),
            self.train.batches()
        )
    }

    fn seconds(&self) -> f64 {
        self.before + self.started.elapsed().as_secs_f64()
    }

    /// Trains to the end; `tell` hears each line of metrics.
    pub fn run(&mut self, mut tell: impl FnMut(&Metrics)) -> Result<(), FileError> {
        let folder = self.config.output.clone();
        std::fs::create_dir_all(&folder).map_err(|error| FileError::io(&folder, &error))?;
        let mut log = log::open(&folder.join("metrics.jsonl"), self.step)?;
        let schedule = self.config.training.clone();
        let mut sums = Sums::default();
        while self.step < schedule.steps && !self.is_tired() {
            let (rate, norm) = self.step_once(&mut sums)?;
            let late = schedule.minutes > 0.0 && self.seconds() >= schedule.minutes * 60.0;
            let last = late || self.step == schedule.steps;
            let due = last || self.step.is_multiple_of(schedule.checkpoint_every);
            let validated = if due { Some(self.checkpoint(&folder)?) } else { None };
            if validated.is_some() || self.step.is_multiple_of(schedule.log_every) {
                let metrics = self.metrics(&std::mem::take(&mut sums), rate, norm, validated);
                let line = serde_json::to_string(&metrics).expect("plain data");
                let path = folder.join("metrics.jsonl");
                writeln!(log, "{line}").map_err(|error| FileError::io(&path, &error))?;
                tell(&metrics);
            }
            if last {
                break;
            }
        }
        Ok(())
    }

    /// Whether the validation loss has not fallen for as long as the configuration waits.
    fn is_tired(&self) -> bool {
        let patience = self.config.training.patience;
        patience > 0 && self.worse >= patience
    }

    /// One step; gives its learning rate and the gradient's norm.
    fn step_once(&mut self, sums: &mut Sums) -> Result<(f64, f64), FileError> {
        let start = Instant::now();
        let seed = self.config.seed;
        let (data, tasks) = self.train.at(self.step);
        let share = Share { seed, step: self.step, data, weights: &self.config.loss };
        let programs = tasks.len();
        let done = match &mut self.reinforcement {
            Some(reinforcement) => reinforcement.step(&self.network, data, tasks)?,
            None => share.all(&self.network, &mut self.replicas, tasks),
        };
        gather(&self.network, &self.replicas);
        let step = self.adam.step(
            &self.network.parameters,
            1.0 / done.tokens.max(1) as f64,
            self.step,
            self.config.training.steps,
        );
        self.step += 1;
        sums.done = sums.done + done;
        sums.programs += programs;
        sums.seconds += start.elapsed().as_secs_f64();
        Ok((step.rate, step.norm))
    }

    fn metrics(&self, sums: &Sums, rate: f64, norm: f64, validated: Option<(f64, f64)>) -> Metrics {
        let done = sums.done;
        let tokens = done.tokens.max(1) as f64;
        Metrics {
            step: self.step,
            loss: done.loss / tokens,
            accuracy: done.right as f64 / tokens,
            executor_loss: done.executor.map(|sum| sum / tokens),
            operation_loss: done.operations.map(|sum| sum / tokens),
            rate,
            norm,
            tokens_per_second: done.tokens as f64 / sums.seconds,
            programs_per_second: sums.programs as f64 / sums.seconds,
            seconds: self.seconds(),
            validation_loss: validated.map(|(loss, _)| loss),
            validation_accuracy: validated.map(|(_, accuracy)| accuracy),
        }
    }

    /// Loss and accuracy on the validation set: a token's, or of what the network itself would say, a task's.
    fn judge(&mut self) -> Result<(f64, f64), FileError> {
        match &mut self.reinforcement {
            Some(reinforcement) => reinforcement.judge(&self.network, &self.validation),
            None => Ok(self.validate()),
        }
    }

    /// Loss and accuracy a token on the validation set.
    pub fn validate(&self) -> (f64, f64) {
        let (mut loss, mut tokens, mut right) = (0.0, 0, 0);
        tch::no_grad(|| {
            for batch in self.validation.in_order(self.config.training.batch) {
                let said = self.network.teach(&batch.lesson, None);
                // Padding never counts here, so that losses of all runs compare.
                let done = losses(&LossConfig::default(), &said, &batch.lesson, &batch.targets);
                loss += done.tokens;
                tokens += done.count;
                right += done.right;
            }
        });
        (loss / tokens as f64, right as f64 / tokens as f64)
    }

    fn checkpoint(&mut self, folder: &Path) -> Result<(f64, f64), FileError> {
        let (loss, accuracy) = self.judge()?;
        self.worse = if loss < self.best_loss { 0 } else { self.worse + 1 };
        self.best_loss = self.best_loss.min(loss);
        let state = State {
            step: self.step,
            seconds: self.seconds(),
            validation_loss: loss,
            validation_accuracy: accuracy,
            best_loss: self.best_loss,
            worse: self.worse,
            tasks: self.train.len(),
            config: self.config.clone(),
            vocabulary: self.vocabulary.store(),
            skeleton: self.skeleton.clone(),
        };
        checkpoint::write(folder, &state, self.network.parameters.iter(), &self.adam.state())?;
        Ok((loss, accuracy))
    }
}

/// What a step's threads have in common.
#[derive(Clone, Copy)]
struct Share<'a> {
    seed: u64,
    step: u64,
    data: &'a Dataset,
    weights: &'a LossConfig,
}

/// Sums over the tokens of a batch, or of a part of one.
#[derive(Clone, Copy, Default)]
pub(super) struct Done {
    pub loss: f64,
    /// What the other sums are divided by: tokens; where programs are the network's own, tasks.
    pub tokens: i64,
    pub right: i64,
    /// Times the number of tokens.
    pub executor: Option<f64>,
    pub operations: Option<f64>,
}

impl std::ops::Add for Done {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let both = |one: Option<f64>, two: Option<f64>| one.map_or(two, |one| Some(one + two.unwrap_or(0.0)));
        Self {
            loss: self.loss + other.loss,
            tokens: self.tokens + other.tokens,
            right: self.right + other.right,
            executor: both(self.executor, other.executor),
            operations: both(self.operations, other.operations),
        }
    }
}

impl Share<'_> {
    /// Loss and gradients of a batch: each thread takes a part of it, and they meet once.
    fn all(self, first: &Network, replicas: &mut [Network], tasks: &[u32]) -> Done {
        let parts: Vec<&[u32]> = tasks.chunks(tasks.len().div_ceil(replicas.len() + 1)).collect();
        std::thread::scope(|scope| {
            let others: Vec<_> = (1u64..)
                .zip(replicas.iter_mut().zip(&parts[1..]))
                .map(|(number, (network, part))| scope.spawn(move || self.part(network, part, number)))
                .collect();
            let own = self.part(first, parts[0], 0);
            others
                .into_iter()
                .fold(own, |sum, other| sum + other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        })
    }

    fn part(self, network: &Network, tasks: &[u32], number: u64) -> Done {
        tch::set_num_threads(1);
        let mut random = generator(self.seed, self.step, 1 + number);
        let batch = self.data.batch(tasks, &mut random);
        let said = network.teach(&batch.lesson, Some(&mut random));
        let losses = losses(self.weights, &said, &batch.lesson, &batch.targets);
        losses.total.backward();
        let times = |mean: Option<f64>| mean.map(|mean| mean * losses.count as f64);
        Done {
            loss: losses.tokens,
            tokens: losses.count,
            right: losses.right,
            executor: times(losses.executor),
            operations: times(losses.operations),
        }
    }
}

/// Adds the gradients of the replicas to those of the network, always in the same order.
fn gather(network: &Network, replicas: &[Network]) {
    tch::no_grad(|| {
        for replica in replicas {
            for ((_, own), (_, other)) in network.parameters.iter().zip(replica.parameters.iter()) {
                let (mut own, mut other) = (own.grad(), other.grad());
                if own.defined() && other.defined() {
                    own += &other;
                    let _ = other.zero_();
                }
            }
        }
    });
}

/// The best checkpoint of the run that taught the network.
fn taught(config: &TrainingConfig, vocabulary: &Vocabulary, from: &Path) -> Result<Checkpoint, FileError> {
    let none = || FileError::new("there is no checkpoint").at(from).help("train the network of `reinforce.from` first");
    let best = checkpoint::read::<State>(&checkpoint::best::<State>(from)?.ok_or_else(none)?)?;
    compatible(config, vocabulary, &best.state).map_err(|error| error.at(&best.path))?;
    Ok(best)
}

/// Whether a run of this configuration can continue a checkpoint. Paths, limits and rates may change.
fn compatible(config: &TrainingConfig, vocabulary: &Vocabulary, state: &State) -> Result<(), FileError> {
    vocabulary.same_tokens(&state.vocabulary.tokens).map_err(|error| FileError::new(error.to_string()))?;
    if config.network != state.config.network {
        let error = FileError::new("the checkpoint is of another network than the configuration's");
        return Err(error.help("set the `[network]` table back, or name another `output`"));
    }
    Ok(())
}
