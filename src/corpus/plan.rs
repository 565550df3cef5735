//! What a corpus is generated from.

use super::manifest::Job;
use super::shard::Format;
use crate::lang::karel::TICKS;
use crate::sample::Counts;
use crate::sample::c::Config;
use serde::{Deserialize, Serialize};

/// What a corpus is made from; two corpora of one plan have the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Plan {
    /// `c`, `x86` or `karel`
    pub language: String,
    /// How many tasks.
    pub tasks: u64,
    /// What everything random comes from.
    pub seed: u64,
    /// How shards are written.
    pub format: Format,
    /// Whether programs are reduced to their canonical short form.
    pub reduce: bool,
    /// What is sampled.
    pub config: Config,
    /// The version of iocc.
    pub commit: String,
}

impl Plan {
    /// A corpus of restricted C.
    pub fn c(tasks: u64, seed: u64, format: Format, reduce: bool) -> Self {
        let commit = env!("IOCC_COMMIT").to_owned();
        Self { language: "c".into(), tasks, seed, format, reduce, config: Config::default(), commit }
    }

    /// A corpus of short x86 programs.
    pub fn x86(tasks: u64, seed: u64, format: Format) -> Self {
        let config = Config { given: 4, held_out: 4, ..Config::default() };
        Self { language: "x86".into(), config, ..Self::c(tasks, seed, format, false) }
    }

    /// A corpus of Karel programs.
    pub fn karel(tasks: u64, seed: u64, format: Format) -> Self {
        let config = Config { max_tokens: 64, fuel: TICKS as u32, given: 5, held_out: 1 };
        Self { language: "karel".into(), config, ..Self::c(tasks, seed, format, false) }
    }

    /// How many shards the corpus has: as few as blocks of duplicates allow.
    pub fn shards(&self) -> u32 {
        let shards = self.tasks.div_ceil(super::dedup::BLOCK).max(1);
        u32::try_from(shards).expect("the command line limits the number of tasks")
    }

    /// The tasks of a shard.
    pub fn range(&self, shard: u32) -> std::ops::Range<u64> {
        let start = |shard: u32| (u128::from(self.tasks) * u128::from(shard) / u128::from(self.shards())) as u64;
        start(shard)..start(shard + 1)
    }

    /// A shard's file name, as the Hugging Face datasets library expects it.
    pub fn file(&self, shard: u32) -> String {
        format!("train-{shard:05}-of-{:05}.{}", self.shards(), self.format.extension())
    }
}

impl Job for Plan {
    const NAME: &'static str = "manifest";
    type Counts = Counts;

    fn files(&self) -> Vec<String> {
        (0..self.shards()).map(|shard| self.file(shard)).collect()
    }

    fn difference(&self, made: &Self) -> Option<String> {
        if made == self {
            return None;
        }
        if (Self { commit: self.commit.clone(), ..made.clone() }) == *self {
            return Some(format!("another corpus, which was made by another version of iocc ({})", made.commit));
        }
        let Self { tasks, seed, language, .. } = made;
        let language = if *language == self.language { String::new() } else { format!(" in {language}") };
        let reduced = if made.reduce { ", reduced" } else { "" };
        let format = made.format.extension();
        Some(format!("another corpus, which has {tasks} tasks of seed {seed}{language} as {format}{reduced}"))
    }
}
