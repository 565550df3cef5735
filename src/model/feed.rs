//! What a run trains on, and which batch each step takes: from shards in memory, or from tasks that are sampled while
//! the epoch before is trained on. Both are functions of the configuration and the step's number.

use super::data::{Dataset, Raw};
use super::plan::{Fresh, TrainingConfig};
use super::prefixes::Prefixes;
use super::skeleton::{CERTAIN, Skeleton};
use crate::corpus::{self, Format, Plan};
use crate::store::FileError;
use crate::token::{Profile, Vocabulary};
use std::thread::JoinHandle;

/// The tasks of a run.
pub(super) struct Feed {
    data: Dataset,
    /// The epoch whose batches these are.
    epoch: Option<(u64, Vec<Vec<u32>>)>,
    /// Batches of an epoch.
    batches: u64,
    batch: usize,
    seed: u64,
    /// Tasks of the first epoch.
    tasks: usize,
    fresh: Option<Sampling>,
}

/// Makes the tasks of each epoch, one epoch ahead.
struct Sampling {
    recipe: Recipe,
    /// The epoch whose tasks are in use.
    current: u64,
    ahead: Option<(u64, JoinHandle<Dataset>)>,
}

/// All that the tasks of an epoch follow from.
#[derive(Clone)]
struct Recipe {
    fresh: Fresh,
    config: TrainingConfig,
    skeleton: Skeleton,
}

/// The vocabulary of a profile.
pub(super) fn vocabulary_of(profile: &str) -> Result<Vocabulary, FileError> {
    let told = |error: crate::token::ProfileError| FileError::new(error.to_string());
    Vocabulary::new(&Profile::load(profile).map_err(told)?).map_err(told)
}

impl Feed {
    /// Reads or samples the tasks. A run that is resumed has its skeleton already; the number of tasks of its first
    /// epoch is the same again.
    pub(super) fn new(
        config: &TrainingConfig,
        vocabulary: &Vocabulary,
        skeleton: Option<&Skeleton>,
    ) -> Result<(Self, Skeleton), FileError> {
        let raw = match &config.corpus.fresh {
            Some(fresh) => sample(config, fresh, vocabulary, 0),
            None => Raw::read(&config.corpus.train, vocabulary, &config.network, &config.corpus, usize::MAX)?,
        };
        if raw.skipped > 0 {
            tracing::warn!("{} tasks of the corpus are left out: too long, or not of the profile", raw.skipped);
        }
        let skeleton = skeleton.cloned().unwrap_or_else(|| raw.skeleton(CERTAIN));
        let prefixes = Prefixes::wanted(&config.network, vocabulary)?;
        let data = raw.compress(&skeleton, vocabulary, &config.network, config.corpus.examples, prefixes);
        let batch = config.training.batch;
        let fresh = config.corpus.fresh.clone().map(|fresh| {
            let recipe = Recipe { fresh, config: config.clone(), skeleton: skeleton.clone() };
            Sampling { recipe, current: 0, ahead: None }
        });
        let tasks = data.len();
        let batches = (tasks / batch).max(1) as u64;
        Ok((Self { data, epoch: None, batches, batch, seed: config.seed, tasks, fresh }, skeleton))
    }

    /// Tasks of an epoch; of those that are sampled, of the first one.
    pub(super) fn len(&self) -> usize {
        self.tasks
    }

    /// Batches of an epoch.
    pub(super) fn batches(&self) -> u64 {
        self.batches
    }

    /// Mean number of tokens that the network predicts for a program.
    pub(super) fn mean_length(&self) -> f64 {
        self.data.mean_length()
    }

    /// The tasks at hand and which of them are the batch of a step.
    pub(super) fn at(&mut self, step: u64) -> (&Dataset, &[u32]) {
        let epoch = step / self.batches;
        if self.epoch.as_ref().is_none_or(|(known, _)| *known != epoch) {
            if let Some(sampling) = &mut self.fresh {
                sampling.advance(epoch, &mut self.data);
            }
            self.epoch = Some((epoch, self.data.epoch(self.batch, self.seed, epoch)));
        }
        // Windows round down, and sampled epochs differ by a few tasks, so that an epoch can have other than as many
        // batches as counted.
        let batches = &self.epoch.as_ref().expect("it was just made").1;
        (&self.data, &batches[(step % self.batches) as usize % batches.len()])
    }
}

impl Sampling {
    /// Puts the tasks of an epoch in place, and begins to make those of the next one.
    fn advance(&mut self, epoch: u64, data: &mut Dataset) {
        if self.current != epoch {
            *data = match self.ahead.take().filter(|(ready, _)| *ready == epoch) {
                Some((_, thread)) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                None => self.recipe.make(epoch),
            };
            self.current = epoch;
        }
        let recipe = self.recipe.clone();
        self.ahead = Some((epoch + 1, std::thread::spawn(move || recipe.make(epoch + 1))));
    }
}

impl Recipe {
    /// The tasks of an epoch.
    fn make(&self, epoch: u64) -> Dataset {
        let Self { fresh, config, skeleton } = self;
        let vocabulary = vocabulary_of(&config.profile).expect("it was read before");
        let prefixes = Prefixes::wanted(&config.network, &vocabulary).expect("they were made before");
        sample(config, fresh, &vocabulary, epoch).compress(
            skeleton,
            &vocabulary,
            &config.network,
            config.corpus.examples,
            prefixes,
        )
    }
}

fn sample(config: &TrainingConfig, fresh: &Fresh, vocabulary: &Vocabulary, epoch: u64) -> Raw {
    let mut raw = Raw::default();
    let plan = match vocabulary.profile().language.as_str() {
        "karel" => Plan::karel(fresh.tasks, fresh.seed, Format::Parquet),
        _ => Plan::c(fresh.tasks, fresh.seed, Format::Parquet, fresh.reduce),
    };
    corpus::sample(&plan, epoch * fresh.tasks..(epoch + 1) * fresh.tasks, |record| {
        raw.push(&record, vocabulary, &config.network, &config.corpus);
    });
    raw
}
