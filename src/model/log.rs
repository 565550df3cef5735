//! The metrics of a run: a file with one line of JSON every so many steps.

use crate::store::{self, FileError};
use std::fs::{File, OpenOptions};
use std::path::Path;

/// Opens the metrics for appending, without the lines after `step`: those steps will be done again.
pub fn open(path: &Path, step: u64) -> Result<File, FileError> {
    if let Ok(text) = std::fs::read_to_string(path) {
        let done = |line: &&str| {
            let value: Option<serde_json::Value> = serde_json::from_str(line).ok();
            value.and_then(|value| value.get("step")?.as_u64()).is_some_and(|at| at <= step)
        };
        let kept: String = text.lines().filter(done).flat_map(|line| [line, "\n"]).collect();
        store::write(path, kept.as_bytes())?;
    }
    let opened = OpenOptions::new().create(true).append(true).open(path);
    opened.map_err(|error| FileError::io(path, &error))
}
