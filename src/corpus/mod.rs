//! Corpora: records, shards in Parquet and JSONL, manifests, duplicates, resume. [`generate`] makes one, [`read`] reads
//! one, [`execute`] runs the programs of a shard on its inputs, [`merge`] makes one of what several machines made.
//!
//! A shard is a block of at most [`dedup::BLOCK`] tasks, and depends on nothing but the plan and its number: any number
//! of threads, and any machine, makes the same bytes of it. Memory does not grow with the corpus.

pub mod dedup;
mod execute;
mod generate;
pub mod manifest;
mod merge;
mod plan;
pub mod record;
mod sample;
pub mod shard;
mod worlds;

pub use execute::{Executed, Execution, RunPlan, count, execute, recount};
pub use generate::{Part, generate};
pub use merge::merge;
pub use plan::Plan;
pub use record::Record;
pub use sample::sample;
pub use shard::{Format, Records, read, write_records};

use std::fmt;
use std::path::PathBuf;

/// The manifest of a corpus that was generated.
pub type Manifest = manifest::Manifest<Plan>;

/// A file of a corpus that could not be read or written.
#[derive(Debug)]
pub struct Error {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub reason: Reason,
}

/// What is wrong with a file.
#[derive(Debug)]
pub enum Reason {
    /// The file system said so.
    Io(std::io::Error),
    /// It is no whole Parquet file.
    Parquet(String),
    /// It can be read, but is no shard or manifest of iocc.
    Schema(String),
    /// The folder holds another corpus.
    Other(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path.display())?;
        match &self.reason {
            Reason::Io(error) => match error.to_string().split_once(" (os error") {
                Some((text, _)) => f.write_str(&text.to_lowercase()),
                None => write!(f, "{error}"),
            },
            Reason::Parquet(message) => write!(f, "not a whole Parquet file: {message}"),
            Reason::Schema(message) => write!(f, "not a shard of iocc: {message}"),
            Reason::Other(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.reason {
            Reason::Io(error) => Some(error),
            _ => None,
        }
    }
}
