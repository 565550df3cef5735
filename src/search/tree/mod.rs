//! Tree search by a policy and a value, as AutoAssemblet has it: selection by its equation 6, expansion and roll-outs by
//! the policy, the value at the depth limit. Never sees tch: what advises is an [`Advisor`]. States are looked at in
//! batches, and each state of all examples stands in the tree once.

pub mod game;
mod nodes;
mod walk;

pub use game::{Game, Rules};
pub use walk::draw;

use crate::search::ScorerError;
use ndarray::Array2;
use nodes::{Descent, Tree};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use std::time::Instant;
use walk::{End, Walk};

/// A state of a game.
#[derive(Clone, Copy, Debug)]
pub struct Position<'a> {
    /// The game.
    pub game: &'a Game,
    /// `[cells, examples]`
    pub state: &'a [i32],
}

/// What is said of some states.
#[derive(Clone, Debug)]
pub struct Advice {
    /// The moves' log-probabilities, `[states, moves]`.
    pub policy: Array2<f32>,
    /// What each state is worth, from 0 to 1.
    pub values: Vec<f32>,
}

/// Something that says which move is likely to lead on, and how good a state is: networks, or a table in tests.
pub trait Advisor {
    /// Advice for states of games with the same rules and as many examples.
    fn advise(&self, positions: &[Position<'_>]) -> Result<Advice, ScorerError>;
}

/// What makes a descent choose a child, besides its mean reward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Selection {
    /// The paper's equation 6: how seldom it was visited.
    Uct,
    /// How likely the policy holds it, and how seldom it was visited.
    Puct,
}

/// How a tree is grown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// States that are advised at most.
    pub evaluations: usize,
    /// Leaves that are looked at together.
    pub batch: usize,
    /// How a descent chooses.
    pub selection: Selection,
    /// Weight of exploration.
    pub exploration: f32,
    /// By equation 6 a node of N visits gets 1 + `widening` sqrt(N) children.
    pub widening: f32,
    /// Moves of a program at most.
    pub horizon: usize,
    /// Whether leaves are judged by roll-outs to the horizon, not by their own value.
    pub rollouts: bool,
    /// What a reward is worth a move earlier.
    pub discount: f32,
    /// When to stop.
    pub deadline: Option<Instant>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            evaluations: 1024,
            batch: 16,
            selection: Selection::Uct,
            exploration: 0.2,
            widening: 2.0,
            horizon: 6,
            rollouts: true,
            discount: 0.9,
            deadline: None,
        }
    }
}

/// What a search did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// States that were advised.
    pub evaluations: usize,
    /// Nodes of the tree.
    pub nodes: usize,
}

/// Grows a tree. `found` gets each program that leads to what is asked for, and says whether to stop.
pub fn search(
    game: &Game,
    advisor: &dyn Advisor,
    settings: &Settings,
    found: &mut dyn FnMut(&[u16]) -> bool,
) -> Result<Effort, ScorerError> {
    let mut search = Search {
        game,
        advisor,
        settings,
        tree: Tree::new(game, settings),
        random: Xoshiro256PlusPlus::seed_from_u64(0),
        effort: Effort::default(),
        found,
    };
    if !(game.reached(&game.start) && (search.found)(&[])) {
        search.run()?;
    }
    search.effort.nodes = search.tree.len();
    Ok(search.effort)
}

struct Search<'a> {
    game: &'a Game,
    advisor: &'a dyn Advisor,
    settings: &'a Settings,
    tree: Tree<'a>,
    random: Xoshiro256PlusPlus,
    effort: Effort,
    found: &'a mut dyn FnMut(&[u16]) -> bool,
}

impl Search<'_> {
    fn run(&mut self) -> Result<(), ScorerError> {
        let root = self.advise(&[0])?;
        self.tree.advise(0, &root, 0);
        while self.effort.evaluations < self.settings.evaluations && !self.tree.closed() {
            if self.settings.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Ok(());
            }
            let Some(leaves) = self.leaves() else { return Ok(()) };
            if !leaves.is_empty() && self.judge(&leaves)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The states to look at next; `None` where the search is over.
    fn leaves(&mut self) -> Option<Vec<u32>> {
        let mut leaves = Vec::new();
        let puct = self.settings.selection == Selection::Puct;
        for _ in 0..8 * self.settings.batch {
            match self.tree.descend() {
                // Where no moves are left, nothing is left to be judged.
                Descent::New(node) if puct && self.tree.depth(node) == self.settings.horizon => {}
                Descent::New(node) => leaves.push(node),
                Descent::Reached(node) => {
                    if (self.found)(&self.tree.path(node)) {
                        return None;
                    }
                    leaves.push(node);
                }
                Descent::Closed => {}
                Descent::Waiting => break,
            }
            if leaves.len() == self.settings.batch || self.tree.closed() {
                break;
            }
        }
        Some(leaves)
    }

    fn advise(&mut self, nodes: &[u32]) -> Result<Advice, ScorerError> {
        self.effort.evaluations += nodes.len();
        let positions: Vec<Position<'_>> =
            nodes.iter().map(|node| Position { game: self.game, state: self.tree.state(*node) }).collect();
        self.advisor.advise(&positions)
    }

    /// Judges leaves, by roll-outs or by their values; true where the search is over.
    fn judge(&mut self, leaves: &[u32]) -> Result<bool, ScorerError> {
        let advice = self.advise(leaves)?;
        for (row, leaf) in leaves.iter().enumerate() {
            self.tree.advise(*leaf, &advice, row);
        }
        if !self.settings.rollouts {
            for (leaf, value) in leaves.iter().zip(&advice.values) {
                self.tree.reward(*leaf, *value);
            }
            return Ok(false);
        }
        let walk = |leaf: &u32| Walk {
            state: self.tree.state(*leaf).to_vec(),
            path: Vec::new(),
            left: self.settings.horizon - self.tree.depth(*leaf),
            temperature: 1.0,
        };
        let mut walks: Vec<Walk> = leaves.iter().map(walk).collect();
        let (ends, advised) = walk::walk(self.game, self.advisor, &mut walks, &advice, &mut self.random)?;
        self.effort.evaluations += advised;
        for ((leaf, walk), end) in leaves.iter().zip(&walks).zip(ends) {
            if end == End::Reached && (self.found)(&[self.tree.path(*leaf), walk.path.clone()].concat()) {
                return Ok(true);
            }
            let worth = match end {
                End::Reached => 1.0,
                End::Worth(value) => value,
            };
            self.tree.reward(*leaf, worth * self.settings.discount.powi(walk.path.len() as i32));
        }
        Ok(false)
    }
}

/// Attempts of the policy alone, without a tree: the likeliest moves first, then moves drawn at each of these
/// temperatures in turn. Stops as [`search`] does.
pub fn attempt(
    game: &Game,
    advisor: &dyn Advisor,
    settings: &Settings,
    temperatures: &[f32],
    found: &mut dyn FnMut(&[u16]) -> bool,
) -> Result<Effort, ScorerError> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(0);
    let mut effort = Effort::default();
    let mut temperature = std::iter::once(0.0).chain(temperatures.iter().copied().cycle());
    if game.reached(&game.start) && found(&[]) {
        return Ok(effort);
    }
    // All begin in the same state.
    let start = advisor.advise(&[Position { game, state: &game.start }])?;
    effort.evaluations = 1;
    let first = Advice {
        policy: start.policy.broadcast((settings.batch, start.policy.ncols())).expect("one row").to_owned(),
        values: vec![start.values[0]; settings.batch],
    };
    let late = || settings.deadline.is_some_and(|deadline| Instant::now() >= deadline);
    while effort.evaluations < settings.evaluations && !late() {
        let walk =
            |temperature| Walk { state: game.start.clone(), path: Vec::new(), left: settings.horizon, temperature };
        let mut walks: Vec<Walk> = temperature.by_ref().take(settings.batch).map(walk).collect();
        let (ends, advised) = walk::walk(game, advisor, &mut walks, &first, &mut random)?;
        effort.evaluations += advised;
        for (walk, end) in walks.iter().zip(ends) {
            if end == End::Reached && found(&walk.path) {
                return Ok(effort);
            }
        }
    }
    Ok(effort)
}

/// An advisor whose values are how near a state is to what is asked for: the baseline's heuristic, 1 / (1 + L2).
pub struct Distance<'a>(pub &'a dyn Advisor);

impl Advisor for Distance<'_> {
    fn advise(&self, positions: &[Position<'_>]) -> Result<Advice, ScorerError> {
        let Advice { policy, .. } = self.0.advise(positions)?;
        let value = |position: &Position<'_>| {
            let Game { goal, asked, examples, .. } = position.game;
            let asked = |at: &usize| asked >> (at / examples) & 1 == 1;
            let square = |at: usize| (f64::from(position.state[at]) - f64::from(goal[at])).powi(2);
            let sum: f64 = (0..goal.len()).filter(asked).map(square).sum();
            (1.0 / (1.0 + sum.sqrt())) as f32
        };
        Ok(Advice { values: positions.iter().map(value).collect(), policy })
    }
}

#[cfg(test)]
mod tests;
