//! A corpus with the network's own programs: decoded task by task into a file of decisions that grows line by line, and
//! written from these at the end.

use super::replace::{Replacement, Replacer};
use crate::corpus::{self, Record};
use crate::model::{Retraining, data};
use crate::store::{self, FileError};
use crate::synth::{Network, parallel};
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

/// What became of the programs of a corpus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Programs.
    pub tasks: u64,
    /// Of these, replaced.
    pub replaced: u64,
    /// Tokens of all programs before.
    pub tokens_before: u64,
    /// After.
    pub tokens_after: u64,
    /// Programs with a loop before.
    pub loops_before: u64,
    /// After.
    pub loops_after: u64,
}

impl Counts {
    fn add(&mut self, record: &Record, own: Option<&Replacement>) {
        let (tokens, depth) = own.map_or((record.tokens, record.loop_depth), |own| (own.tokens, own.loop_depth));
        self.tasks += 1;
        self.replaced += u64::from(own.is_some());
        self.tokens_before += u64::from(record.tokens);
        self.tokens_after += u64::from(tokens);
        self.loops_before += u64::from(record.loop_depth > 0);
        self.loops_after += u64::from(depth > 0);
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.tasks += other.tasks;
        self.replaced += other.replaced;
        self.tokens_before += other.tokens_before;
        self.tokens_after += other.tokens_after;
        self.loops_before += other.loops_before;
        self.loops_after += other.loops_after;
    }
}

/// Decodes with one network.
pub(super) struct Rewriting<'a> {
    pub checkpoint: &'a Path,
    pub options: &'a Retraining,
    pub threads: usize,
}

const SHARD: &str = "train-00000-of-00001.parquet";

impl Rewriting<'_> {
    /// Writes the shards `from` anew to the folder `to`, unless that was done.
    pub fn run(&self, from: &[PathBuf], to: &Path, tell: &mut dyn FnMut(u64)) -> Result<Counts, FileError> {
        let told = to.join("replaced.json");
        if told.exists() {
            let broken = |error: serde_json::Error| FileError::new(format!("not what was written: {error}")).at(&told);
            return serde_json::from_slice(&store::read(&told)?).map_err(broken);
        }
        fs::create_dir_all(to).map_err(|error| FileError::io(to, &error))?;
        // Not named as shards are: readers of the folder must not take it for one.
        let decisions = to.join("decisions.lines");
        self.decode(from, &decisions, tell)?;
        let counts = write(from, &decisions, &to.join(SHARD))?;
        store::write(&told, serde_json::to_string_pretty(&counts).expect("plain data").as_bytes())?;
        Ok(counts)
    }

    /// Appends a decision a task, after those that are there.
    fn decode(&self, from: &[PathBuf], decisions: &Path, tell: &mut dyn FnMut(u64)) -> Result<(), FileError> {
        let (mut file, mut done) = open(decisions)?;
        let skipped = usize::try_from(done).unwrap_or(usize::MAX);
        parallel::ordered(
            self.threads,
            data::records(from)?.skip(skipped),
            || Network::load(self.checkpoint),
            |network, record| record.map(|record| Replacer::new(network.model(), self.options).replacement(&record)),
            |own| {
                let mut line = serde_json::to_vec(&own?).expect("plain data");
                line.push(b'\n');
                // One call a line: a kill leaves at most one line that is not whole.
                file.write_all(&line).map_err(|error| FileError::io(decisions, &error))?;
                done += 1;
                tell(done);
                Ok(())
            },
        )
    }
}

/// Opens the decisions for appending, cut after the last whole line; gives how many there are.
fn open(path: &Path) -> Result<(File, u64), FileError> {
    let told = |error: std::io::Error| FileError::io(path, &error);
    let mut file = OpenOptions::new().create(true).read(true).append(true).open(path).map_err(told)?;
    let (mut lines, mut whole, mut line) = (0, 0, Vec::new());
    let mut reader = BufReader::new(&mut file);
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line).map_err(told)?;
        if !line.ends_with(b"\n") {
            break;
        }
        (lines, whole) = (lines + 1, whole + length as u64);
    }
    file.set_len(whole).map_err(told)?;
    Ok((file, lines))
}

/// Writes the corpus that the decisions make of another.
fn write(from: &[PathBuf], decisions: &Path, to: &Path) -> Result<Counts, FileError> {
    let file = File::open(decisions).map_err(|error| FileError::io(decisions, &error))?;
    let mut lines = BufReader::new(file).lines();
    let mut counts = Counts::default();
    let mut decide = |mut record: Record| -> Result<Record, FileError> {
        let line = lines.next().transpose().map_err(|error| FileError::io(decisions, &error))?;
        let own: Option<Replacement> = serde_json::from_str(line.as_deref().unwrap_or_default())
            .map_err(|error| FileError::new(format!("not a decision: {error}")).at(decisions))?;
        counts.add(&record, own.as_ref());
        if let Some(Replacement { source, tokens, loop_depth, behaviour_hash }) = own {
            record = Record { source, tokens, loop_depth, behaviour_hash, ..record };
        }
        Ok(record)
    };
    // The writer knows errors of its own alone: one of ours ends the stream and is told after.
    let mut failure = None;
    let records = data::records(from)?.map_while(|record| match record.and_then(&mut decide) {
        Ok(record) => Some(Ok(record)),
        Err(error) => {
            failure = Some(error);
            None
        }
    });
    let written = corpus::write_records(to, records);
    match failure {
        Some(error) => Err(error),
        None => written.map(|_| counts).map_err(|error| FileError::new(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_not_whole_is_cut() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("decisions.lines");
        fs::write(&path, "null\nnull\n{\"sour").expect("writable");
        let (mut file, lines) = open(&path).expect("readable");
        assert_eq!(lines, 2);
        file.write_all(b"null\n").expect("writable");
        assert_eq!(fs::read_to_string(&path).expect("readable"), "null\nnull\nnull\n");
    }
}
