//! Sampling: programs drawn token by token from what the model says, as many as asked. Those that are equal so far are
//! one row, which draws as often as it counts, so that likely programs are decoded once.

use super::beam::{Candidate, Finish, Found, Verdict};
use super::guide::{Front, Guide};
use super::{Scorer, ScorerError};
use crate::task::Example;
use crate::token::{BEGIN, END, TokenId, TokenSet};
use ndarray::ArrayView1;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::collections::BTreeMap;
use std::time::Instant;

/// How to sample.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleOptions {
    /// Programs drawn; the same one can be drawn again.
    pub count: usize,
    /// What log-probabilities are divided by: less than 1 for what is likely, more for what is not.
    pub temperature: f32,
    /// The longest program, in tokens of the language.
    pub budget: usize,
    /// What everything random comes from.
    pub seed: u64,
    /// Stops then.
    pub deadline: Option<Instant>,
}

/// Draws programs. `judge` sees each different one once, as soon as it is completed.
pub fn sample<'g>(
    scorer: &(impl Scorer + ?Sized),
    guide: impl Into<Guide<'g>>,
    examples: &[Example],
    options: &SampleOptions,
    mut judge: impl FnMut(&Candidate) -> Verdict,
) -> Result<Found, ScorerError> {
    let guide = guide.into();
    let mut decoding = scorer.begin(examples)?;
    let mut random = Xoshiro256PlusPlus::seed_from_u64(options.seed);
    let mut rows =
        vec![Row { front: guide.start(options.budget), drawn: Vec::new(), score: 0.0, count: options.count }];
    let (mut parents, mut tokens) = (vec![0], vec![BEGIN]);
    let mut found = Found { candidates: Vec::new(), steps: 0, finish: Finish::Exhausted };
    'steps: while !rows.is_empty() {
        if options.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            found.finish = Finish::Deadline;
            break;
        }
        let scores = decoding.step(&parents, &tokens);
        found.steps += 1;
        let mut grown = Vec::new();
        parents.clear();
        tokens.clear();
        for (number, (row, scores)) in rows.iter().zip(scores.rows()).enumerate() {
            let mut mask = guide.mask(&row.front);
            mask.iter().filter(|token| scores[usize::from(token.0)] <= guide.least()).for_each(|it| mask.remove(it));
            let drawn = draw(&mask, scores, options.temperature, row.count, &mut random);
            for (token, count) in drawn {
                let score = row.score + scores[usize::from(token.0)];
                if token == END {
                    let length = options.budget - row.front.budget_left();
                    found.candidates.push(Candidate { tokens: row.drawn.clone(), length, log_probability: score });
                    if judge(&found.candidates[found.candidates.len() - 1]) == Verdict::Stop {
                        found.finish = Finish::Stopped;
                        break 'steps;
                    }
                    continue;
                }
                grown.push(row.grown(guide, token, score, count));
                parents.push(number);
                tokens.push(token);
            }
        }
        rows = grown;
    }
    found.candidates.sort_by(|a, b| b.log_probability.total_cmp(&a.log_probability));
    Ok(found)
}

/// The front of one or more programs.
struct Row {
    front: Front,
    drawn: Vec<TokenId>,
    score: f32,
    /// How many programs begin like this.
    count: usize,
}

impl Row {
    fn grown(&self, guide: Guide, token: TokenId, score: f32, count: usize) -> Self {
        let mut front = self.front.clone();
        guide.advance(&mut front, token);
        let mut drawn = Vec::with_capacity(self.drawn.len() + 1);
        drawn.extend_from_slice(&self.drawn);
        drawn.push(token);
        Self { front, drawn, score, count }
    }
}

/// Draws `count` of the admitted tokens; gives how often each came.
fn draw(
    mask: &TokenSet,
    scores: ArrayView1<f32>,
    temperature: f32,
    count: usize,
    random: &mut impl Rng,
) -> BTreeMap<TokenId, usize> {
    // Also leaves out what is not a number, should a model produce it.
    let admitted: Vec<(TokenId, f32)> =
        mask.iter().map(|token| (token, scores[usize::from(token.0)])).filter(|(_, score)| score.is_finite()).collect();
    let highest = admitted.iter().fold(f32::NEG_INFINITY, |highest, (_, score)| highest.max(*score));
    let mut sum = 0.0;
    let sums: Vec<f32> = admitted
        .iter()
        .map(|(_, score)| {
            sum += ((score - highest) / temperature).exp();
            sum
        })
        .collect();
    let mut drawn = BTreeMap::new();
    for _ in 0..if admitted.is_empty() { 0 } else { count } {
        let at = random.random::<f32>() * sum;
        let index = sums.partition_point(|sum| *sum <= at).min(admitted.len() - 1);
        *drawn.entry(admitted[index].0).or_default() += 1;
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::super::Decoding;
    use super::*;
    use crate::constrain::Automaton;
    use crate::token::{Profile, Vocabulary};
    use ndarray::Array2;

    /// Finds every token equally likely, but one that it prefers.
    struct Flat {
        tokens: usize,
        preferred: TokenId,
    }

    impl Scorer for Flat {
        fn begin<'a>(&'a self, _: &[Example]) -> Result<Box<dyn Decoding + 'a>, ScorerError> {
            Ok(Box::new(Flat { ..*self }))
        }
    }

    impl Decoding for Flat {
        fn step(&mut self, parents: &[usize], _: &[TokenId]) -> Array2<f32> {
            let mut scores = Array2::from_elem((parents.len(), self.tokens), -4.0);
            scores.column_mut(usize::from(self.preferred.0)).fill(-2.0);
            scores
        }
    }

    fn options(count: usize, temperature: f32) -> SampleOptions {
        SampleOptions { count, temperature, budget: 40, seed: 7, deadline: None }
    }

    #[test]
    fn draws_are_whole_programs_and_repeat_with_the_seed() {
        let vocabulary = Vocabulary::new(&Profile::load("restricted-c").expect("a profile")).expect("a vocabulary");
        let automaton = Automaton::new(&vocabulary).expect("a mask");
        let scorer = Flat { tokens: vocabulary.len(), preferred: vocabulary.id("return").expect("a token") };
        let run = |options: &SampleOptions| {
            sample(&scorer, &automaton, &[], options, |_| Verdict::Rejected).expect("the table scores all")
        };
        let found = run(&options(200, 1.0));
        assert_eq!(found, run(&options(200, 1.0)));
        assert_ne!(found, run(&SampleOptions { seed: 8, ..options(200, 1.0) }));
        assert!((20..=200).contains(&found.candidates.len()), "{}", found.candidates.len());
        for candidate in &found.candidates {
            let text = vocabulary.decode(&candidate.tokens);
            assert!(crate::lang::c::parse(&text).is_ok(), "{text}");
            assert_eq!(candidate.length, crate::token::count(&text));
        }
        // The colder, the fewer different programs.
        assert!(run(&options(200, 0.1)).candidates.len() < found.candidates.len());
        let stopped = sample(&scorer, &automaton, &[], &options(200, 1.0), |_| Verdict::Stop).expect("scored");
        assert_eq!((stopped.finish, stopped.candidates.len()), (Finish::Stopped, 1));
    }

    #[test]
    fn without_a_mask_what_is_drawn_may_be_no_program() {
        let vocabulary = Vocabulary::new(&Profile::load("restricted-c").expect("a profile")).expect("a vocabulary");
        let scorer = Flat { tokens: vocabulary.len(), preferred: END };
        let free = Guide::Free(&vocabulary);
        let found = sample(&scorer, free, &[], &options(100, 1.0), |_| Verdict::Rejected).expect("scored");
        let programs =
            found.candidates.iter().filter(|it| crate::lang::c::parse(&vocabulary.decode(&it.tokens)).is_ok());
        assert!(programs.count() < found.candidates.len() / 2);
        assert!(found.candidates.iter().all(|candidate| candidate.length <= 40));
    }

    #[test]
    fn likely_tokens_are_drawn_more_often() {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
        let mut mask = TokenSet::EMPTY;
        (0..3).for_each(|id| mask.insert(TokenId(id)));
        let scores = ndarray::array![0.5f32.ln(), 0.25f32.ln(), 0.25f32.ln(), 9.0];
        let drawn = draw(&mask, scores.view(), 1.0, 10_000, &mut random);
        for (token, expected) in [(0, 5_000.0), (1, 2_500.0), (2, 2_500.0)] {
            let count = drawn[&TokenId(token)] as f64;
            assert!((count - expected).abs() < 200.0, "token {token}: {count}");
        }
        let nan = ndarray::array![f32::NAN, f32::NAN, f32::NAN];
        assert!(draw(&mask, nan.view(), 1.0, 10, &mut random).is_empty());
    }
}
