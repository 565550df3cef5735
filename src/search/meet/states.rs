//! States that programs reach from the start, breadth first, each once.

use super::actions::child;
use super::goals::Goals;
use super::problem::Cells;
use super::{Meeting, Problem};
use crate::exec::expand::row_hash;
use crate::exec::steps::Step;
use rayon::prelude::*;
use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;
use std::time::Instant;

/// States that are extended between two looks at the clock, and by one thread in a row.
const CHUNK: usize = 4_096;
const GRAIN: usize = 64;
/// Meetings of a chunk that are told at most.
const MOST_MEETINGS: usize = 64;

/// Hashes are hashes already.
#[derive(Default)]
pub struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only numbers of 64 bits are hashed")
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

pub type ByHash = BuildHasherDefault<Identity>;

/// How far an extension went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extension {
    /// All states of the level are extended.
    Whole,
    /// As many states as were asked for are extended, or some state met a goal; there may be more to extend.
    Part,
    /// Time or memory ran out.
    Out,
}

pub struct States<const CELLS: usize, const EXAMPLES: usize> {
    states: Vec<Cells<CELLS, EXAMPLES>>,
    /// Of each, the one before and the number of the step between.
    before: Vec<(u32, u16)>,
    seen: HashSet<u64, ByHash>,
    actions: Vec<Step>,
    /// Those of the last level that are still to be extended.
    frontier: Range<usize>,
    in_level: bool,
}

impl<const CELLS: usize, const EXAMPLES: usize> States<CELLS, EXAMPLES> {
    pub fn new(problem: &Problem<CELLS, EXAMPLES>) -> Self {
        let hash = problem.start.iter().enumerate().map(|(cell, row)| row_hash(cell, row)).fold(0, u64::wrapping_add);
        Self {
            states: vec![problem.start],
            before: vec![(0, 0)],
            seen: HashSet::from_iter([hash]),
            actions: problem.actions.clone(),
            frontier: 0..1,
            in_level: false,
        }
    }

    pub fn len(&self) -> usize {
        self.states.len()
    }

    /// Whether some of a level are extended and some are not.
    pub fn in_level(&self) -> bool {
        self.in_level
    }

    /// States that are still to be extended.
    pub fn frontier(&self) -> usize {
        self.frontier.len()
    }

    /// Bytes that all this takes.
    pub fn bytes(&self) -> usize {
        self.states.capacity() * size_of::<Cells<CELLS, EXAMPLES>>()
            + self.before.capacity() * size_of::<(u32, u16)>()
            + self.seen.capacity() * 9 * 8 / 7
    }

    /// The steps that lead to a state.
    pub fn path(&self, state: u32) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut at = state;
        while at != 0 {
            let (before, step) = self.before[at as usize];
            steps.push(self.actions[usize::from(step)]);
            at = before;
        }
        steps.reverse();
        steps
    }

    /// Extends states until some meet a goal, `most` or all of the level are extended.
    pub fn extend(
        &mut self,
        most: usize,
        goals: &Goals<CELLS, EXAMPLES>,
        deadline: Option<Instant>,
        room: usize,
    ) -> (Extension, Vec<Meeting>) {
        let allowed = self.bytes() + room;
        let mut left = most;
        while !self.frontier.is_empty() {
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) || self.bytes() > allowed {
                return (Extension::Out, Vec::new());
            }
            let chunk = self.frontier.start..self.frontier.end.min(self.frontier.start + CHUNK.min(left));
            left -= chunk.len();
            self.frontier.start = chunk.end;
            let met = self.chunk(chunk, goals);
            self.in_level = !self.frontier.is_empty();
            if !self.in_level {
                // The next level, of which the goals have been looked at already.
                self.frontier = self.frontier.end..self.states.len();
                return (Extension::Whole, met);
            }
            if !met.is_empty() || left == 0 {
                return (Extension::Part, met);
            }
        }
        (Extension::Whole, Vec::new())
    }

    fn chunk(&mut self, chunk: Range<usize>, goals: &Goals<CELLS, EXAMPLES>) -> Vec<Meeting> {
        let (seen, states, actions) = (&self.seen, &self.states, &self.actions);
        let one = |number: usize, children: &mut Vec<_>| {
            let state = &states[number];
            let rows: [u64; CELLS] = std::array::from_fn(|cell| row_hash(cell, &state[cell]));
            let hash = rows.iter().fold(0_u64, |sum, row| sum.wrapping_add(*row));
            for (step, action) in actions.iter().enumerate() {
                let Some((child, changed)) = child(action, state) else { continue };
                let mut after = rows;
                let mut child_hash = hash;
                for cell in changed.into_iter().flatten() {
                    after[cell] = row_hash(cell, &child[cell]);
                    child_hash = child_hash.wrapping_sub(rows[cell]).wrapping_add(after[cell]);
                }
                if !seen.contains(&child_hash) {
                    children.push((child_hash, number as u32, step as u16, goals.at(&after)));
                }
            }
        };
        let grains: Vec<Range<usize>> =
            chunk.clone().step_by(GRAIN).map(|start| start..chunk.end.min(start + GRAIN)).collect();
        let parts: Vec<Vec<_>> = grains
            .into_par_iter()
            .map(|grain| {
                let mut children = Vec::new();
                grain.for_each(|number| one(number, &mut children));
                children
            })
            .collect();
        let mut met = Vec::new();
        for (hash, before, step, goal) in parts.into_iter().flatten() {
            if !self.seen.insert(hash) {
                continue;
            }
            let action = self.actions[usize::from(step)];
            if let Some(goal) = goal.filter(|_| met.len() < MOST_MEETINGS) {
                met.push(Meeting { state: before, step: Some(action), goal });
            }
            if let Some((child, _)) = child(&action, &self.states[before as usize]) {
                self.states.push(child);
                self.before.push((before, step));
            }
        }
        met
    }

    /// Meets all states with the goals that the last extension of goals found.
    pub fn meet(&self, goals: &Goals<CELLS, EXAMPLES>) -> Vec<Meeting> {
        let latest = goals.latest();
        let grains = self.states.par_chunks(CHUNK).enumerate();
        let met: Vec<Vec<Meeting>> = grains
            .map(|(number, states)| {
                let meets = |(at, state): (usize, &Cells<CELLS, EXAMPLES>)| {
                    let rows: [u64; CELLS] = std::array::from_fn(|cell| row_hash(cell, &state[cell]));
                    let goal = latest.at(&rows)?;
                    Some(Meeting { state: (number * CHUNK + at) as u32, step: None, goal })
                };
                states.iter().enumerate().filter_map(meets).take(MOST_MEETINGS).collect()
            })
            .collect();
        met.into_iter().flatten().take(MOST_MEETINGS).collect()
    }
}
