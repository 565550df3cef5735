//! Which behaviours a training corpus holds: what a model may know by heart.

use crate::corpus;
use crate::store::FileError;
use crate::synth::verify::c::Runnable;
use crate::task::{AnyTask, is_default_signature};
use std::collections::HashSet;
use std::path::PathBuf;

/// The behaviour hashes of corpora.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    hashes: HashSet<u64>,
}

impl Seen {
    /// Reads shards, or folders of them.
    pub fn read(paths: &[PathBuf]) -> Result<Self, FileError> {
        let mut seen = Self::default();
        let told = |error: corpus::Error| FileError::new(error.to_string());
        for path in paths {
            for record in corpus::read(path).map_err(told)? {
                seen.hashes.insert(record.map_err(told)?.behaviour_hash);
            }
        }
        Ok(seen)
    }

    /// How many different ones there are.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// Whether a program of the corpora does what the task's source does on the fixed inputs; `None` without a source
    /// that can be asked.
    pub fn has(&self, task: &AnyTask) -> Option<bool> {
        let AnyTask::C(task) = task else { return None };
        let source = task.source.as_deref().filter(|_| is_default_signature(&task.signature))?;
        let mut runnable = Runnable::new(source, &task.signature).ok()?;
        Some(self.hashes.contains(&runnable.behaviour()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{Format, Plan};
    use crate::task::parse_json;

    /// What the sampler's lanes hash, the interpreter hashes too.
    #[test]
    fn a_corpus_holds_its_own_behaviours() {
        let plan = Plan::c(300, 5, Format::Jsonl, true);
        let mut records = Vec::new();
        corpus::sample(&plan, 0..300, |record| records.push(record));
        assert_eq!(records.len(), 300);
        let half = Seen { hashes: records.iter().take(150).map(|record| record.behaviour_hash).collect() };
        for (number, record) in records.iter().enumerate() {
            let task = parse_json(&record.to_json(), "").expect("a task");
            let expected = number < 150 || half.hashes.contains(&record.behaviour_hash);
            assert_eq!(half.has(&task), Some(expected), "{}", record.source);
        }
        assert!(records.iter().any(|record| !half.hashes.contains(&record.behaviour_hash)));
    }
}
