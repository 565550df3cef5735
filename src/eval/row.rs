//! One method's scores over all tasks, summed up.

use super::Score;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// So many.
    pub count: usize,
    /// Of so many.
    pub of: usize,
}

impl Share {
    /// How many of these answers are yes, of those that are any.
    pub fn of(answers: impl Iterator<Item = Option<bool>>) -> Self {
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

    /// Wilson's 95 % interval of the share, in percent; `None` of none.
    pub fn interval(self) -> Option<(f64, f64)> {
        // The normal distribution's 97.5 % quantile.
        const Z: f64 = 1.959_963_984_540_054;
        let n = self.of as f64;
        let share = self.percent()? / 100.0;
        let scale = 100.0 / (1.0 + Z * Z / n);
        let middle = share + Z * Z / (2.0 * n);
        let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
        // Rounding must not lead out of what is possible.
        Some(((scale * (middle - half)).max(0.0), (scale * (middle + half)).min(100.0)))
    }

    fn to_json(self) -> Value {
        let interval = self.interval().map(|(low, high)| json!([low, high]));
        json!({"count": self.count, "of": self.of, "percent": self.percent(), "interval": interval})
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
    /// Of the tasks whose behaviour a corpus holds, and of those whose behaviour it does not hold, how many generalise;
    /// nothing where no corpus was asked.
    pub seen: Option<(Share, Share)>,
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
            seen: scores.iter().any(|score| score.seen.is_some()).then(|| {
                let of = |seen| scores.iter().filter(move |score| score.seen == Some(seen));
                (Share::of(of(true).map(Score::right)), Share::of(of(false).map(Score::right)))
            }),
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
            "seen": self.seen.map(|(seen, unseen)| json!({"yes": seen.to_json(), "no": unseen.to_json()})),
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

    /// Wilson's intervals as R's `prop.test(..., correct = FALSE)` gives them.
    #[test]
    fn intervals() {
        let near = |share: Share, low: f64, high: f64| {
            let found = share.interval().expect("of some");
            assert!((found.0 - low).abs() < 0.005 && (found.1 - high).abs() < 0.005, "{share:?}: {found:?}");
        };
        near(Share { count: 782, of: 1000 }, 75.54, 80.65);
        near(Share { count: 0, of: 10 }, 0.0, 27.75);
        near(Share { count: 10, of: 10 }, 72.25, 100.0);
        assert_eq!(Share::default().interval(), None);
    }
}
