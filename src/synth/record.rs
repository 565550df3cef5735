//! A line of a results file.

use super::{Method, Synthesis};
use serde::{Deserialize, Serialize};

/// What became of one task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The task's id; null where a line could not be read that far.
    pub id: Option<String>,
    /// Whether `program` was run and satisfies every given example.
    pub solved: bool,
    /// The program; null unless solved.
    pub program: Option<String>,
    /// The method asked for.
    pub method: String,
    /// Wall time of this task.
    pub seconds: f64,
    /// Programs and parts of programs weighed.
    pub candidates: u64,
    /// Where nothing was found: the program that satisfies most examples, which is not a solution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best: Option<String>,
    /// Why the task could not be tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Record {
    /// The record of a task that was tried.
    pub fn new(id: &str, method: Method, synthesis: &Synthesis) -> Self {
        let program = synthesis.solutions.first().map(|solution| solution.program.clone());
        Self {
            id: Some(id.to_owned()),
            solved: program.is_some(),
            program,
            method: method.to_string(),
            // Microseconds are as fine as this clock is worth.
            seconds: (synthesis.time.as_secs_f64() * 1e6).round() / 1e6,
            candidates: synthesis.candidates,
            best: synthesis.best.as_ref().map(|best| best.program.clone()),
            error: None,
        }
    }

    /// The record of a task that could not be tried.
    pub fn failed(id: Option<String>, method: Method, error: String) -> Self {
        Self {
            id,
            solved: false,
            program: None,
            method: method.to_string(),
            seconds: 0.0,
            candidates: 0,
            best: None,
            error: Some(error),
        }
    }
}
