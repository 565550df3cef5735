//! One method's scores over all tasks, summed up.

use super::Score;
use serde_json::{Value, json};

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// So many.
    pub count: usize,
    /// Of so many.
    pub of: usize,
}

impl Share {
    fn of(answers: impl Iterator<Item = Option<bool>>) -> Self {
        let mut share = Self::default();
        for answer in answers.flatten() {
            share.of += 1;
            share.count += usize::from(answer);
        }
        share
    }

    /// In percent; `None` of none.
    pub fn percent(self) -> Option<f64> {
        (self.of > 0).then(|| 100.0 * self.count as f64 / self.of as f64)
    }

    fn to_json(self) -> Value {
        json!({"count": self.count, "of": self.of, "percent": self.percent()})
    }
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The method.
    pub method: String,
    /// Tasks tried.
    pub tasks: usize,
    /// All given examples satisfied.
    pub solved: Share,
    /// All held-out examples too, of the tasks that have some.
    pub generalises: Share,
    /// Equal to the source on all inputs, of the tasks that can be compared.
    pub equivalent: Share,
    /// Token for token the source, of the tasks that have one.
    pub exact_match: Share,
    /// Mean tokens of the programs found and of their sources, over the tasks where both are there.
    pub lengths: Option<(f64, f64)>,
    /// Median of the seconds a task.
    pub median: f64,
    /// Nine in ten tasks took at most so many seconds.
    pub p90: f64,
}

impl Row {
    /// Sums scores up.
    pub fn new(method: &str, scores: &[Score]) -> Self {
        let mut seconds: Vec<f64> = scores.iter().map(|score| score.seconds).collect();
        seconds.sort_by(f64::total_cmp);
        let lengths: Vec<(usize, usize)> = scores.iter().filter_map(|score| score.lengths).collect();
        let mean =
            |pick: fn(&(usize, usize)) -> usize| lengths.iter().map(pick).sum::<usize>() as f64 / lengths.len() as f64;
        Self {
            method: method.to_owned(),
            tasks: scores.len(),
            solved: Share::of(scores.iter().map(|score| Some(score.solved))),
            generalises: Share::of(scores.iter().map(|score| score.generalises)),
            equivalent: Share::of(scores.iter().map(|score| score.equivalent)),
            exact_match: Share::of(scores.iter().map(|score| score.exact_match)),
            lengths: (!lengths.is_empty()).then(|| (mean(|pair| pair.0), mean(|pair| pair.1))),
            median: quantile(&seconds, 0.5),
            p90: quantile(&seconds, 0.9),
        }
    }

    /// For programs that read it.
    pub fn to_json(&self) -> Value {
        json!({
            "method": self.method,
            "tasks": self.tasks,
            "solved": self.solved.to_json(),
            "generalises": self.generalises.to_json(),
            "equivalent": self.equivalent.to_json(),
            "exact_match": self.exact_match.to_json(),
            "length": self.lengths.map(|(program, source)| json!({"program": program, "source": source})),
            "seconds": {"median": self.median, "p90": self.p90},
        })
    }
}

/// The value below which so much of the sorted values lies (nearest rank); 0 of none.
fn quantile(sorted: &[f64], part: f64) -> f64 {
    let rank = (sorted.len() as f64 * part).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_counts_only_what_could_be_asked() {
        let score =
            |solved, generalises, lengths, seconds| Score { solved, generalises, lengths, seconds, ..Score::default() };
        let scores = [
            score(true, Some(true), Some((10, 20)), 0.1),
            score(true, None, Some((20, 20)), 0.2),
            score(false, Some(false), None, 4.0),
        ];
        let row = Row::new("m", &scores);
        assert_eq!((row.solved, row.generalises), (Share { count: 2, of: 3 }, Share { count: 1, of: 2 }));
        assert_eq!((row.equivalent.of, row.equivalent.percent()), (0, None));
        assert_eq!((row.lengths, row.median, row.p90), (Some((15.0, 20.0)), 0.2, 4.0));
        assert_eq!(Row::new("none", &[]).median, 0.0);
    }
}
