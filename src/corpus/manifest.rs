//! The manifest of a corpus: what was asked for, by which version of iocc, what each shard holds, and what was dropped
//! on the way. It is rewritten after each shard, so that a run that was killed goes on where it stopped.

use super::shard::Format;
use super::{Error, Reason};
use crate::lang::karel::TICKS;
use crate::sample::Counts;
use crate::sample::c::Config;
use crate::store;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The manifest's file name.
pub const FILE: &str = "manifest.json";

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

/// A shard that is whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Its file's name.
    pub file: String,
    /// Its tasks.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// The hash of its bytes, 16 hexadecimal digits.
    pub hash: String,
    /// What was kept and dropped.
    pub counts: Counts,
}

/// What stands in `manifest.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// What was asked for.
    #[serde(flatten)]
    pub plan: Plan,
    /// The sum over the shards that are there.
    pub counts: Counts,
    /// The shards that are there, by number.
    pub shards: BTreeMap<u32, Shard>,
}

impl Manifest {
    /// One without shards.
    pub fn new(plan: Plan) -> Self {
        Self { plan, counts: Counts::default(), shards: BTreeMap::new() }
    }

    /// The manifest of a folder; `None` where it has none.
    pub fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let path = folder.join(FILE);
        match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text)
                .map(Some)
                .map_err(|error| Reason::Schema(format!("no manifest of iocc: {error}")).of(&path)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Reason::Io(error).of(&path)),
        }
    }

    /// Adds a shard.
    pub fn add(&mut self, number: u32, shard: Shard) {
        self.shards.insert(number, shard);
        self.counts = Counts::default();
        for shard in self.shards.values() {
            self.counts += shard.counts;
        }
    }

    /// Writes the manifest, whole or not at all.
    pub fn write(&self, folder: &Path) -> Result<(), Error> {
        let path = folder.join(FILE);
        let mut text = serde_json::to_string_pretty(self).expect("a manifest is plain data");
        text.push('\n');
        store::replace(&path, text.as_bytes()).map_err(|error| Reason::Io(error).of(&path))
    }
}
