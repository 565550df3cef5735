//! Evaluations that several machines share: each writes what became of its tasks, a line a task, and the lines of all
//! together give the table and the charts that one machine would have given, apart from times.

use super::Score;
use super::groups::Facts;
use crate::corpus::Part;
use crate::corpus::manifest::Job;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::AddAssign;

/// What became of one task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The task's id; null where the line of the task file could not be read that far.
    pub id: Option<String>,
    /// What its source is like.
    pub facts: Option<Facts>,
    /// A score for each row of the table; none where the line is no task.
    pub scores: Vec<Score>,
    /// Why the line is no task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What all parts of an evaluation share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvalPlan {
    /// How many parts there are.
    pub parts: u32,
    /// The rows of the table.
    pub rows: Vec<String>,
    /// All that results depend on, by name: the tasks, the limits, the weights.
    pub settings: BTreeMap<String, String>,
    /// The version of iocc.
    pub commit: String,
}

/// The tasks of a part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Tasks that were tried.
    pub tasks: u64,
    /// Lines that are no tasks.
    pub bad: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.tasks += other.tasks;
        self.bad += other.bad;
    }
}

impl EvalPlan {
    /// By this version of iocc.
    pub fn new(parts: u32, rows: Vec<String>, settings: BTreeMap<String, String>) -> Self {
        Self { parts, rows, settings, commit: env!("IOCC_COMMIT").to_owned() }
    }

    /// The file with the lines of a part.
    pub fn file(part: Part) -> String {
        format!("scores-{:05}-of-{:05}.jsonl", part.index, part.of)
    }
}

impl Job for EvalPlan {
    const NAME: &'static str = "eval";
    type Counts = Tally;

    fn files(&self) -> Vec<String> {
        (0..self.parts).map(|index| Self::file(Part { index, of: self.parts })).collect()
    }

    fn difference(&self, made: &Self) -> Option<String> {
        let missing = "none".to_owned();
        let other = self.settings.keys().chain(made.settings.keys()).find_map(|name| {
            let value = |plan: &Self| plan.settings.get(name).unwrap_or(&missing).clone();
            let (ours, theirs) = (value(self), value(made));
            (ours != theirs).then(|| format!("an evaluation with another `{name}`: {theirs} and not {ours}"))
        });
        if made.commit != self.commit {
            Some(format!("an evaluation by another version of iocc ({})", made.commit))
        } else if made.rows != self.rows {
            Some(format!("an evaluation of other rows: {}", made.rows.join(", ")))
        } else if made.parts != self.parts {
            Some(format!("an evaluation in {} parts and not {}", made.parts, self.parts))
        } else {
            other
        }
    }
}

/// The lines of all parts in the order of the tasks: of N parts, every N-th task is of the first.
pub fn interleave(parts: Vec<Vec<Line>>) -> Vec<Line> {
    let longest = parts.iter().map(Vec::len).max().unwrap_or(0);
    let mut parts: Vec<_> = parts.into_iter().map(Vec::into_iter).collect();
    (0..longest).flat_map(|_| parts.iter_mut().filter_map(Iterator::next).collect::<Vec<_>>()).collect()
}
