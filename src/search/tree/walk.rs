//! Walks: moves drawn from the policy, for many states together. Roll-outs of tree search are walks, and so are the
//! attempts of a policy alone.

use super::game::Game;
use super::{Advice, Advisor, Position};
use crate::search::ScorerError;
use ndarray::ArrayView1;
use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// A walk from a state on.
pub struct Walk {
    pub state: Vec<i32>,
    /// The moves so far.
    pub path: Vec<u16>,
    /// Moves that are left.
    pub left: usize,
    /// What the moves are drawn with: the policy's log-probabilities are divided by it; 0 takes the likeliest.
    pub temperature: f32,
}

/// How a walk ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    /// At what is asked for.
    Reached,
    /// No moves are left, and the last state is worth this.
    Worth(f32),
}

/// Walks until each has reached what is asked for or has no moves left; gives how each ended, and the states that were
/// advised. `first` is advice for the walks' first states, in their order.
pub fn walk(
    game: &Game,
    advisor: &dyn Advisor,
    walks: &mut [Walk],
    first: &Advice,
    random: &mut Xoshiro256PlusPlus,
) -> Result<(Vec<End>, usize), ScorerError> {
    let mut ends: Vec<Option<End>> = vec![None; walks.len()];
    let mut going: Vec<usize> = (0..walks.len()).collect();
    let mut advice: Option<Advice> = None;
    let mut advised = 0;
    loop {
        let said = advice.as_ref().unwrap_or(first);
        let mut on = Vec::with_capacity(going.len());
        for (row, number) in going.iter().copied().enumerate() {
            let walk = &mut walks[number];
            if walk.left == 0 {
                ends[number] = Some(End::Worth(said.values[row]));
                continue;
            }
            let action = draw(said.policy.row(row), walk.temperature, random);
            game.rules.apply(action, &mut walk.state, game.examples);
            walk.path.push(action as u16);
            walk.left -= 1;
            if game.reached(&walk.state) {
                ends[number] = Some(End::Reached);
            } else {
                on.push(number);
            }
        }
        going = on;
        if going.is_empty() {
            let ends = ends.into_iter().map(|end| end.expect("no walk is left")).collect();
            return Ok((ends, advised));
        }
        let positions: Vec<Position<'_>> =
            going.iter().map(|number| Position { game, state: &walks[*number].state }).collect();
        advised += positions.len();
        advice = Some(advisor.advise(&positions)?);
    }
}

/// A move by its log-probability at a temperature.
pub fn draw(policy: ArrayView1<'_, f32>, temperature: f32, random: &mut Xoshiro256PlusPlus) -> usize {
    let highest = policy.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if temperature <= 0.0 {
        return policy.iter().position(|one| *one == highest).unwrap_or(0);
    }
    let weight = |one: &f32| ((one - highest) / temperature).exp();
    let mut left = policy.iter().map(weight).sum::<f32>() * random.random::<f32>();
    for (action, one) in policy.iter().enumerate() {
        left -= weight(one);
        if left < 0.0 {
            return action;
        }
    }
    policy.iter().position(|one| *one == highest).unwrap_or(0)
}
