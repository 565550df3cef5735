//! Beam search, as a rule with the token mask: every hypothesis is then the front of a whole program. Each completed
//! candidate is handed over at once, and the search ends when nothing better ranked can remain.

use super::guide::{Front, Guide};
use super::{Scorer, ScorerError};
use crate::task::Example;
use crate::token::{BEGIN, END, TokenId};
use std::cmp::Ordering;
use std::time::Instant;

/// How to search.
#[derive(Clone, Debug, PartialEq)]
pub struct BeamOptions {
    /// Hypotheses that are kept after each token.
    pub width: usize,
    /// The longest program, in tokens of the language.
    pub budget: usize,
    /// How many candidates may be completed: once there are so many, only what is more likely than the least likely of
    /// the best so many is followed.
    pub candidates: usize,
    /// What makes one accepted candidate better than another.
    pub rank: Rank,
    /// Whether the admitted tokens share the probability of those that the mask refuses. Otherwise a front whose
    /// likely next token is refused falls behind.
    pub renormalise: bool,
    /// Stops after so many candidates in a row that were not accepted.
    pub patience: Option<usize>,
    /// Stops then.
    pub deadline: Option<Instant>,
}

impl Default for BeamOptions {
    fn default() -> Self {
        Self {
            width: 64,
            budget: 256,
            candidates: 64,
            rank: Rank::Probability,
            renormalise: false,
            patience: None,
            deadline: None,
        }
    }
}

/// What makes one accepted candidate better than another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// It is more likely. After an acceptance, less likely fronts are dropped.
    Probability,
    /// It has fewer tokens. After an acceptance, only shorter programs are admitted.
    Length,
}

/// What the caller found out about a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is none of what is sought.
    Rejected,
    /// It is one; only better ranked ones are still of interest.
    Accepted,
    /// Nothing else is of interest.
    Stop,
}

/// A whole program.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Its tokens, without [`BEGIN`] and [`END`].
    pub tokens: Vec<TokenId>,
    /// Its length in tokens of the language.
    pub length: usize,
    /// The natural logarithm of its probability, that of the end included.
    pub log_probability: f32,
}

/// Why a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// Nothing better ranked can remain within the beam.
    Exhausted,
    /// The caller asked for it.
    Stopped,
    /// Too many candidates in a row were not accepted.
    Patience,
    /// The deadline passed.
    Deadline,
}

/// What a search did.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// All completed candidates, the most likely first.
    pub candidates: Vec<Candidate>,
    /// How often the scorer was asked.
    pub steps: usize,
    /// Why it ended.
    pub finish: Finish,
}

/// Searches. `judge` sees each candidate as soon as it is completed.
pub fn beam<'g>(
    scorer: &(impl Scorer + ?Sized),
    guide: impl Into<Guide<'g>>,
    examples: &[Example],
    options: &BeamOptions,
    judge: impl FnMut(&Candidate) -> Verdict,
) -> Result<Found, ScorerError> {
    beam_among(scorer, guide, examples, options, judge, |_| true)
}

/// As [`beam`], but fronts that are not `hopeful` make room for others.
pub fn beam_among<'g>(
    scorer: &(impl Scorer + ?Sized),
    guide: impl Into<Guide<'g>>,
    examples: &[Example],
    options: &BeamOptions,
    judge: impl FnMut(&Candidate) -> Verdict,
    hopeful: impl FnMut(&[TokenId]) -> bool,
) -> Result<Found, ScorerError> {
    let mut decoding = scorer.begin(examples)?;
    let mut search = Search::new(guide.into(), options, judge, hopeful);
    let (mut parents, mut tokens) = (vec![0], vec![BEGIN]);
    let mut steps = 0;
    let finish = loop {
        if options.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            break Finish::Deadline;
        }
        let scores = decoding.step(&parents, &tokens);
        steps += 1;
        if let Err(finish) = search.step(&scores) {
            break finish;
        }
        parents.clear();
        parents.extend(search.picked.iter().map(|choice| choice.row));
        tokens.clear();
        tokens.extend(search.picked.iter().map(|choice| choice.token));
    };
    let mut candidates = search.candidates;
    candidates.sort_by(|a, b| b.log_probability.total_cmp(&a.log_probability));
    Ok(Found { candidates, steps, finish })
}

/// The front of a program.
struct Hypothesis {
    state: Front,
    tokens: Vec<TokenId>,
    length: usize,
    score: f32,
}

/// A token that a hypothesis could take.
#[derive(Clone, Copy)]
struct Choice {
    score: f32,
    row: usize,
    token: TokenId,
}

impl Choice {
    /// The likeliest first; equals in a fixed order, so that the same scores give the same search.
    fn order(&self, other: &Self) -> Ordering {
        other.score.total_cmp(&self.score).then(self.row.cmp(&other.row)).then(self.token.cmp(&other.token))
    }
}

/// The logarithm of the sum of what these are the logarithms of.
fn log_sum<I: Iterator<Item = f32>>(logarithms: impl Fn() -> I) -> f32 {
    let highest = logarithms().fold(f32::NEG_INFINITY, f32::max);
    highest + logarithms().map(|one| (one - highest).exp()).sum::<f32>().ln()
}

struct Search<'a, J, H> {
    guide: Guide<'a>,
    options: &'a BeamOptions,
    judge: J,
    hopeful: H,
    live: Vec<Hypothesis>,
    candidates: Vec<Candidate>,
    /// Log-probabilities of the best `options.candidates` candidates, ascending.
    best: Vec<f32>,
    /// Hypotheses must be more likely than this.
    floor: f32,
    /// The longest program that is still of interest.
    budget: usize,
    /// Candidates since the last that was accepted.
    rejected: usize,
    /// The choices of the last step: rows and tokens of what lives.
    picked: Vec<Choice>,
    /// Kept for its memory.
    open: Vec<Choice>,
    complete: Vec<Choice>,
}

impl<'a, J: FnMut(&Candidate) -> Verdict, H: FnMut(&[TokenId]) -> bool> Search<'a, J, H> {
    fn new(guide: Guide<'a>, options: &'a BeamOptions, judge: J, hopeful: H) -> Self {
        let state = guide.start(options.budget);
        Self {
            guide,
            options,
            judge,
            hopeful,
            live: vec![Hypothesis { state, tokens: Vec::new(), length: 0, score: 0.0 }],
            candidates: Vec::new(),
            best: Vec::new(),
            floor: f32::NEG_INFINITY,
            budget: options.budget,
            rejected: 0,
            picked: Vec::new(),
            open: Vec::new(),
            complete: Vec::new(),
        }
    }

    /// One token for each hypothesis: `scores` has a row for each, `[live, vocabulary]`.
    fn step(&mut self, scores: &ndarray::Array2<f32>) -> Result<(), Finish> {
        self.collect(scores);
        self.finish_candidates()?;
        self.grow();
        if self.live.is_empty() { Err(Finish::Exhausted) } else { Ok(()) }
    }

    /// All admitted tokens with their scores.
    fn collect(&mut self, scores: &ndarray::Array2<f32>) {
        self.open.clear();
        self.complete.clear();
        for (row, (hypothesis, scores)) in self.live.iter().zip(scores.rows()).enumerate() {
            let mask = self.guide.mask(&hypothesis.state);
            let admitted = || mask.iter().map(|token| scores[token.0 as usize]);
            let spread = if self.options.renormalise { log_sum(admitted) } else { 0.0 };
            let least = self.guide.least();
            for token in mask.iter().filter(|token| scores[token.0 as usize] > least) {
                let score = hypothesis.score + scores[token.0 as usize] - spread;
                // Also drops what is not a number, should a model produce it.
                if score > self.floor {
                    let open = if token == END { &mut self.complete } else { &mut self.open };
                    open.push(Choice { score, row, token });
                }
            }
        }
    }

    /// Hands over what was completed, the likeliest first.
    fn finish_candidates(&mut self) -> Result<(), Finish> {
        let mut complete = std::mem::take(&mut self.complete);
        complete.sort_by(Choice::order);
        for choice in &complete {
            let front = &self.live[choice.row];
            if front.length > self.budget || choice.score <= self.floor {
                continue;
            }
            let candidate =
                Candidate { tokens: front.tokens.clone(), length: front.length, log_probability: choice.score };
            let verdict = (self.judge)(&candidate);
            self.remember(candidate.log_probability);
            let length = candidate.length;
            self.candidates.push(candidate);
            match verdict {
                Verdict::Stop => return Err(Finish::Stopped),
                Verdict::Accepted => self.accept(choice.score, length),
                Verdict::Rejected => self.rejected += 1,
            }
            if self.options.patience.is_some_and(|patience| self.rejected >= patience) {
                return Err(Finish::Patience);
            }
        }
        self.complete = complete;
        Ok(())
    }

    /// Raises the floor once there are enough candidates.
    fn remember(&mut self, score: f32) {
        let at = self.best.partition_point(|known| *known < score);
        self.best.insert(at, score);
        if self.best.len() > self.options.candidates {
            self.best.remove(0);
        }
        if self.best.len() == self.options.candidates {
            self.floor = self.best[0].max(self.floor);
        }
    }

    /// Narrows the search to what ranks better.
    fn accept(&mut self, score: f32, length: usize) {
        self.rejected = 0;
        match self.options.rank {
            Rank::Probability => self.floor = score.max(self.floor),
            Rank::Length => {
                let budget = self.budget.min(length.saturating_sub(1));
                let lost = self.budget - budget;
                self.live.iter_mut().for_each(|hypothesis| hypothesis.state.shorten(lost));
                self.budget = budget;
            }
        }
    }

    /// The likeliest choices become the hypotheses of the next step.
    fn grow(&mut self) {
        let (width, floor) = (self.options.width, self.floor);
        self.open.retain(|choice| choice.score > floor);
        // After `accept` some fronts cannot end in time any more; they must not crowd out the others.
        if self.options.rank == Rank::Length && self.budget < self.options.budget {
            let masks: Vec<_> = self.live.iter().map(|front| self.guide.mask(&front.state)).collect();
            self.open.retain(|choice| masks[choice.row].contains(choice.token));
        }
        let mut grown = Vec::with_capacity(width);
        self.picked.clear();
        while grown.len() < width && !self.open.is_empty() {
            // As many as there is room for, the likeliest first; rarely do some of them make room for more.
            let count = (width - grown.len()).min(self.open.len());
            if self.open.len() > count {
                self.open.select_nth_unstable_by(count, Choice::order);
            }
            self.open[..count].sort_unstable_by(Choice::order);
            for choice in self.open.drain(..count) {
                let next = self.live[choice.row].grown(self.guide, &choice);
                if (self.hopeful)(&next.tokens) {
                    grown.push(next);
                    self.picked.push(choice);
                }
            }
        }
        self.live = grown;
    }
}

impl Hypothesis {
    fn grown(&self, guide: Guide, choice: &Choice) -> Self {
        let mut state = self.state.clone();
        let before = state.budget_left();
        guide.advance(&mut state, choice.token);
        let mut tokens = Vec::with_capacity(self.tokens.len() + 1);
        tokens.extend_from_slice(&self.tokens);
        tokens.push(choice.token);
        let length = self.length + before - state.budget_left();
        Self { state, tokens, length, score: choice.score }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Decoding;
    use super::*;
    use crate::constrain::Automaton;
    use crate::token::{Profile, TokenSet, Vocabulary};
    use ndarray::Array2;
    use std::collections::BTreeMap;

    /// Scores that depend on the last two tokens, the same in every run.
    struct Table {
        tokens: usize,
        seed: u64,
    }

    struct Rows<'a> {
        table: &'a Table,
        last: Vec<[TokenId; 2]>,
    }

    impl Table {
        fn row(&self, last: [TokenId; 2]) -> Vec<f32> {
            let mut bits = self.seed ^ u64::from(last[0].0) << 20 ^ u64::from(last[1].0) << 40;
            let mut random = || {
                bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (bits >> 40) as f32 / (1u64 << 24) as f32
            };
            let weights: Vec<f32> = (0..self.tokens).map(|_| 4.0 * random()).collect();
            let sum: f32 = weights.iter().map(|weight| weight.exp()).sum();
            weights.iter().map(|weight| weight - sum.ln()).collect()
        }
    }

    impl Scorer for Table {
        fn begin<'a>(&'a self, _: &[Example]) -> Result<Box<dyn Decoding + 'a>, ScorerError> {
            Ok(Box::new(Rows { table: self, last: vec![[BEGIN; 2]] }))
        }
    }

    impl Decoding for Rows<'_> {
        fn step(&mut self, parents: &[usize], tokens: &[TokenId]) -> Array2<f32> {
            self.last = parents.iter().zip(tokens).map(|(&row, &token)| [self.last[row][1], token]).collect();
            let rows: Vec<f32> = self.last.iter().flat_map(|last| self.table.row(*last)).collect();
            Array2::from_shape_vec((parents.len(), self.table.tokens), rows).expect("one row a parent")
        }
    }

    fn setup() -> (Vocabulary, Automaton) {
        let vocabulary = Vocabulary::new(&Profile::load("restricted-c").expect("a profile")).expect("a vocabulary");
        let automaton = Automaton::new(&vocabulary).expect("a mask");
        (vocabulary, automaton)
    }

    /// All programs within the budget and their log-probabilities, by depth-first search.
    fn all(table: &Table, automaton: &Automaton, budget: usize) -> BTreeMap<Vec<TokenId>, f32> {
        let mut found = BTreeMap::new();
        let mut open = vec![(automaton.start(budget), Vec::new(), [BEGIN; 2], 0.0f32)];
        while let Some((state, tokens, last, score)) = open.pop() {
            let row = table.row(last);
            let mask: TokenSet = automaton.mask(&state);
            for token in mask.iter() {
                let score = score + row[token.0 as usize];
                if token == END {
                    found.insert(tokens.clone(), score);
                    continue;
                }
                let mut next = state.clone();
                assert!(automaton.advance(&mut next, token));
                open.push((next, [tokens.as_slice(), &[token]].concat(), [last[1], token], score));
            }
        }
        found
    }

    fn options(width: usize, budget: usize) -> BeamOptions {
        BeamOptions { width, budget, candidates: width, ..BeamOptions::default() }
    }

    #[test]
    fn a_wide_beam_finds_everything_in_order() {
        let (vocabulary, automaton) = setup();
        let table = Table { tokens: vocabulary.len(), seed: 7 };
        let expected = all(&table, &automaton, 20);
        assert!(expected.len() > 200, "{} programs", expected.len());
        let mut seen = 0;
        let judge = |_: &Candidate| {
            seen += 1;
            Verdict::Rejected
        };
        let found = beam(&table, &automaton, &[], &options(100_000, 20), judge).expect("the table scores all");
        assert_eq!((found.finish, found.candidates.len(), seen), (Finish::Exhausted, expected.len(), expected.len()));
        for candidate in &found.candidates {
            let score = expected[&candidate.tokens];
            assert!((score - candidate.log_probability).abs() < 1e-3);
            assert_eq!(candidate.length, crate::token::count(&vocabulary.decode(&candidate.tokens)));
        }
        let scores: Vec<f32> = found.candidates.iter().map(|candidate| candidate.log_probability).collect();
        assert!(scores.is_sorted_by(|a, b| a >= b));
    }

    #[test]
    fn the_best_are_kept() {
        let (vocabulary, automaton) = setup();
        let table = Table { tokens: vocabulary.len(), seed: 8 };
        let mut expected: Vec<(Vec<TokenId>, f32)> = all(&table, &automaton, 20).into_iter().collect();
        expected.sort_by(|a, b| b.1.total_cmp(&a.1));
        let wide = BeamOptions { candidates: 5, ..options(100_000, 20) };
        let found = beam(&table, &automaton, &[], &wide, |_| Verdict::Rejected).expect("the table scores all");
        for (candidate, (tokens, _)) in found.candidates.iter().take(5).zip(&expected) {
            assert_eq!(&candidate.tokens, tokens);
        }
        assert!(found.candidates.len() < expected.len());
    }

    #[test]
    fn acceptance_narrows_the_search() {
        let (vocabulary, automaton) = setup();
        let table = Table { tokens: vocabulary.len(), seed: 9 };
        let accept = |_: &Candidate| Verdict::Accepted;
        let by_length = BeamOptions { rank: Rank::Length, candidates: 1000, ..options(64, 60) };
        let found = beam(&table, &automaton, &[], &by_length, accept).expect("the table scores all");
        assert_eq!(found.finish, Finish::Exhausted);
        let mut lengths: Vec<usize> = found.candidates.iter().map(|candidate| candidate.length).collect();
        lengths.sort_unstable();
        lengths.dedup();
        assert_eq!(lengths.len(), found.candidates.len(), "each is shorter than those before");

        let likely = beam(&table, &automaton, &[], &options(64, 60), accept).expect("the table scores all");
        let scores: Vec<f32> = likely.candidates.iter().map(|candidate| candidate.log_probability).collect();
        assert!(scores.is_sorted_by(|a, b| a > b), "each is likelier than those before: {scores:?}");
        assert_eq!(likely.finish, Finish::Exhausted);
    }

    #[test]
    fn searches_stop_when_told() {
        let (vocabulary, automaton) = setup();
        let table = Table { tokens: vocabulary.len(), seed: 10 };
        let stop = beam(&table, &automaton, &[], &options(64, 100), |_| Verdict::Stop).expect("the table scores all");
        assert_eq!((stop.finish, stop.candidates.len()), (Finish::Stopped, 1));
        let patient = BeamOptions { patience: Some(3), ..options(64, 100) };
        let found = beam(&table, &automaton, &[], &patient, |_| Verdict::Rejected).expect("the table scores all");
        assert_eq!((found.finish, found.candidates.len()), (Finish::Patience, 3));
        let late = BeamOptions { deadline: Some(Instant::now()), ..options(64, 100) };
        let found = beam(&table, &automaton, &[], &late, |_| Verdict::Rejected).expect("the table scores all");
        assert_eq!((found.finish, found.candidates.len(), found.steps), (Finish::Deadline, 0, 0));
        let small = beam(&table, &automaton, &[], &options(64, 13), |_| Verdict::Rejected).expect("no program");
        assert_eq!((small.finish, small.candidates.len()), (Finish::Exhausted, 0));
    }

    #[test]
    fn the_same_scores_give_the_same_search() {
        let (vocabulary, automaton) = setup();
        let table = Table { tokens: vocabulary.len(), seed: 11 };
        for renormalise in [false, true] {
            let options = BeamOptions { renormalise, ..options(64, 80) };
            let run = || beam(&table, &automaton, &[], &options, |_| Verdict::Rejected).expect("the table scores all");
            assert_eq!(run(), run());
            assert!(run().candidates.len() >= 64);
        }
    }

    /// A model that has broken down must not take the search with it.
    #[test]
    fn numbers_that_are_none_end_the_search() {
        struct Broken(usize);
        impl Scorer for Broken {
            fn begin<'a>(&'a self, _: &[Example]) -> Result<Box<dyn Decoding + 'a>, ScorerError> {
                Ok(Box::new(Broken(self.0)))
            }
        }
        impl Decoding for Broken {
            fn step(&mut self, parents: &[usize], _: &[TokenId]) -> Array2<f32> {
                Array2::from_elem((parents.len(), self.0), f32::NAN)
            }
        }
        let (vocabulary, automaton) = setup();
        let found = beam(&Broken(vocabulary.len()), &automaton, &[], &options(8, 50), |_| Verdict::Rejected);
        assert_eq!(found.expect("no program").finish, Finish::Exhausted);
    }
}
