//! How `gen`, `exec` and `eval` are shared among the machines of a cluster: in parts, as those of `--shard`, whose number
//! follows from the work alone, so that what was begun goes on whatever machines there are.

use super::slice::Slice;
use super::{Command, Failure};
use crate::corpus::Part;
use crate::corpus::manifest::{Job, Manifest};
use std::path::{Path, PathBuf};

/// Parts at most. Each keeps a manifest of its own, which lists all inputs.
const MOST_PARTS: usize = 1_000;

/// The parts of a command's work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shares {
    /// How many there are.
    pub parts: u32,
    /// The folder that all write to.
    pub folder: PathBuf,
    /// Everything is there already.
    pub done: bool,
}

impl Command {
    /// How the command's work is shared, or why it can't be. Mistakes that can be found without doing the work, such as
    /// a folder of another job, are told here.
    pub fn shares(&self) -> Result<Shares, Failure> {
        match self {
            Self::Gen(args) => args.shares(),
            Self::Exec(args) => args.shares(),
            Self::Eval(args) => args.shares(),
            _ => Err(Failure::new("a cluster does `gen`, `exec`, `query` and `eval` only")
                .help("do everything else with `iocc`")),
        }
    }
}

impl Command {
    /// Makes the command do one part only.
    pub fn take(&mut self, part: Part) {
        let slice = match self {
            Self::Gen(args) => &mut args.shard,
            Self::Exec(args) => &mut args.shard,
            Self::Eval(args) => &mut args.shard,
            _ => return,
        };
        *slice = Some(Slice::Part(part));
    }
}

/// The user must not share the work by hand as well.
pub(super) fn no_slice(given: bool) -> Result<(), Failure> {
    if !given {
        return Ok(());
    }
    Err(Failure::new("--shard: a cluster shares the work itself").help("leave it out"))
}

/// The number of parts for so many pieces of work, of which none is empty.
pub(super) fn parts(pieces: usize) -> u32 {
    pieces.clamp(1, MOST_PARTS) as u32
}

/// The parts of a job in a folder.
pub(super) fn of<J: Job>(job: &J, folder: &Path, parts: u32) -> Result<Shares, Failure> {
    let told = |error: crate::corpus::Error| Failure::new(error.to_string());
    for (_, manifest) in Manifest::<J>::all(folder).map_err(told)? {
        job.clone().admit(&manifest.job).map_err(|what| {
            let message = format!("{}: the folder holds {what}", folder.display());
            Failure::new(message).help("remove it or choose another folder")
        })?;
    }
    // Only what was finished once is looked at; parts know best which of their shards are whole.
    let finished = Manifest::<J>::read(folder).map_err(told)?.is_some();
    let done = finished && {
        let whole = Manifest::resume(job.clone(), folder, None).map_err(told)?;
        whole.shards.len() == whole.job.files().len()
    };
    Ok(Shares { parts, folder: folder.to_owned(), done })
}
