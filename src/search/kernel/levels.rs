//! Kernels action by action: each state once, level by level. What has lost a value is cut, and what even one input alone
//! cannot finish within the length; and each level keeps those states whose sets are smallest, within a factor (after
//! Ullrich and Hack, CGO 2025). The factor makes it fast and is why "shortest" is not proven.

use super::{Action, Assignment, BITS, Instructions, MOST, State, compose, get, inputs, pack, state, ties};
use rayon::prelude::*;
use std::collections::HashSet;
use std::sync::OnceLock;
use std::time::Instant;

/// How much larger than the smallest set of its level a state's may be, from the fastest search on.
const FACTORS: [f64; 3] = [1.0, 1.5, 2.0];
/// How many of them find the shortest kernels of three registers.
const FEW: usize = 2;
/// States that are looked at between two looks at the clock, and states in all.
const CHUNK: usize = 8_192;
const MOST_STATES: usize = 8_000_000;
/// No way to the end.
const NEVER: u8 = u8::MAX;

/// A search for kernels of `n` registers.
pub struct Search {
    pub(super) n: usize,
    pub(super) instructions: Instructions,
    actions: Vec<Action>,
    /// What the registers hold in the end, by the ties of the input.
    goals: Vec<u32>,
    /// Instructions that each assignment needs at least by itself, once somebody asks.
    distances: OnceLock<Vec<u8>>,
}

/// Where a state came from: the state of the level before, and the action.
type Origin = (u32, u8);

impl Search {
    /// Of 2 to [`MOST`] registers; `None` for others.
    pub fn new(n: usize, instructions: Instructions) -> Option<Self> {
        if !(2..=MOST).contains(&n) {
            return None;
        }
        let registers = n as u8 + 1;
        let pairs = || (0..registers).flat_map(move |one| (0..registers).map(move |two| (one, two)));
        let mut actions = Vec::new();
        for (one, two) in pairs().filter(|(one, two)| one != two) {
            actions.push(Action::Move(one, two));
            match instructions {
                Instructions::Conditional => {
                    actions.extend([true, false].map(|less| Action::MoveIf(less, one, two)));
                    // The other order says the same with less and greater exchanged.
                    actions.extend((one < two).then_some(Action::Compare(one, two)));
                }
                Instructions::MinMax => actions.extend([true, false].map(|least| Action::Extreme(least, one, two))),
            }
        }
        let goal = |tied: u32| {
            let value = |at: usize| 1 + (0..at).filter(|before| tied >> before & 1 == 0).count() as u32;
            pack(&(0..n).map(value).collect::<Vec<_>>())
        };
        let goals = (0..1 << (n - 1)).map(goal).collect();
        Some(Self { n, instructions, actions, goals, distances: OnceLock::new() })
    }

    fn registers(&self) -> u32 {
        self.n as u32 + 1
    }

    pub(super) fn sorted(&self, assignment: Assignment) -> bool {
        let registers = assignment & ((1 << (BITS * self.n as u32)) - 1);
        self.goals[(assignment >> ties(self.n)) as usize] == registers
    }

    /// Backwards from what is sorted, over what inputs can become.
    fn distances(&self) -> Vec<u8> {
        let registers = self.registers();
        let mut reached: Vec<Assignment> = inputs(self.n).into_vec();
        let mut known = vec![false; self.goals.len() << ties(self.n)];
        reached.iter().for_each(|it| known[*it as usize] = true);
        // Which assignment becomes which.
        let mut ways: Vec<(Assignment, Assignment)> = Vec::new();
        let mut at = 0;
        while let Some(from) = reached.get(at).copied() {
            for action in &self.actions {
                let to = action.apply(from, registers);
                ways.push((to, from));
                if !std::mem::replace(&mut known[to as usize], true) {
                    reached.push(to);
                }
            }
            at += 1;
        }
        ways.sort_unstable();
        let mut distances = vec![NEVER; known.len()];
        let mut level: Vec<Assignment> = reached.into_iter().filter(|it| self.sorted(*it)).collect();
        level.iter().for_each(|it| distances[*it as usize] = 0);
        let mut length = 0;
        while !level.is_empty() {
            length += 1;
            let mut next = Vec::new();
            for to in level {
                let first = ways.partition_point(|way| way.0 < to);
                for (_, from) in ways[first..].iter().take_while(|way| way.0 == to) {
                    let distance = &mut distances[*from as usize];
                    if *distance == NEVER {
                        *distance = length;
                        next.push(*from);
                    }
                }
            }
            level = next;
        }
        distances
    }

    /// Inputs that are still told apart, the flags aside: what sorting brings down.
    fn size(&self, state: &State) -> usize {
        let flags = BITS * self.registers();
        let mut bare: Vec<u32> = state.iter().map(|it| it & !(3 << flags)).collect();
        bare.sort_unstable();
        bare.dedup();
        bare.len()
    }

    /// A network of comparisons and exchanges sorts with so many instructions, so that there is such a kernel.
    fn network(&self) -> usize {
        let each = match self.instructions {
            Instructions::Conditional => 4,
            Instructions::MinMax => 3,
        };
        each * self.n * (self.n - 1) / 2
    }

    /// Kernels, each shorter than the one before, until the deadline or until none is left to find. `found` gets each.
    pub fn improve(&self, deadline: Option<Instant>, found: &mut dyn FnMut(&[Action])) {
        let composed = compose::compose(self, deadline);
        let longest = composed.as_ref().map_or(self.network(), |kernel| kernel.len() - 1);
        composed.iter().for_each(|kernel| found(kernel));
        self.improve_on(&inputs(self.n), longest, &FACTORS, deadline, found);
    }

    /// The shortest kernel that is found for inputs of which these are all.
    pub(super) fn shortest(&self, inputs: &State, deadline: Option<Instant>) -> Option<Vec<Action>> {
        let mut shortest = None;
        let found = &mut |kernel: &[Action]| shortest = Some(kernel.to_vec());
        self.improve_on(inputs, self.network(), &FACTORS[..FEW], deadline, found);
        shortest
    }

    /// Searches by the inputs without ties, which are fewer, and by all where that finds what does not sort ties.
    fn improve_on(
        &self,
        inputs: &State,
        mut longest: usize,
        factors: &[f64],
        deadline: Option<Instant>,
        found: &mut dyn FnMut(&[Action]),
    ) {
        let untied: State = inputs.iter().copied().filter(|it| it >> ties(self.n) == 0).collect();
        let run = |it: &Assignment, kernel: &[Action]| {
            kernel.iter().fold(*it, |it, action| action.apply(it, self.registers()))
        };
        let sorts = |kernel: &Vec<Action>| inputs.iter().all(|it| self.sorted(run(it, kernel)));
        for factor in factors {
            while let Some(kernel) = self.run(&untied, longest, *factor, deadline) {
                let sorting = Some(kernel).filter(sorts).or_else(|| self.run(inputs, longest, *factor, deadline));
                let Some(kernel) = sorting else { break };
                longest = kernel.len() - 1;
                found(&kernel);
            }
        }
    }

    /// The shortest kernel of at most `longest` instructions that is found with that factor before the deadline.
    fn run(&self, inputs: &State, longest: usize, factor: f64, deadline: Option<Instant>) -> Option<Vec<Action>> {
        let late = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
        let mut levels: Vec<Vec<Origin>> = Vec::new();
        let mut level: Vec<State> = vec![inputs.clone()];
        let mut seen: HashSet<State> = HashSet::from([inputs.clone()]);
        for length in 1..=longest {
            let left = (longest - length) as u8;
            let (mut next, mut origins, mut sizes) = (Vec::new(), Vec::new(), Vec::new());
            let mut least = usize::MAX;
            for (first, states) in level.chunks(CHUNK).enumerate() {
                if late() || seen.len() > MOST_STATES {
                    return None;
                }
                let number = |at: usize| (first * CHUNK + at) as u32;
                let one = |(at, state): (usize, &State)| self.children(state, number(at), left);
                let children: Vec<Vec<(State, Origin, usize)>> = states.par_iter().enumerate().map(one).collect();
                least = children.iter().flatten().map(|child| child.2).fold(least, usize::min);
                for (state, origin, size) in children.into_iter().flatten() {
                    if size as f64 <= least as f64 * factor && !seen.contains(&state) {
                        seen.insert(state.clone());
                        next.push(state);
                        origins.push(origin);
                        sizes.push(size);
                    }
                }
            }
            // What was kept before a smaller set was met.
            let keeps: Vec<bool> = sizes.iter().map(|size| *size as f64 <= least as f64 * factor).collect();
            let mut kept = keeps.iter();
            next.retain(|_| *kept.next().unwrap_or(&true));
            let mut kept = keeps.iter();
            origins.retain(|_| *kept.next().unwrap_or(&true));
            let done = next.iter().position(|state| state.iter().all(|it| self.sorted(*it)));
            levels.push(origins);
            if let Some(done) = done {
                return Some(self.path(&levels, done));
            }
            level = next;
        }
        None
    }

    /// What follows on a state, as far as it can be finished in so many instructions.
    fn children(&self, from: &State, number: u32, left: u8) -> Vec<(State, Origin, usize)> {
        let distances = self.distances.get_or_init(|| self.distances());
        let mut children = Vec::new();
        for (at, action) in self.actions.iter().enumerate() {
            // The register beside them holds nothing at first, for all inputs alike.
            if action.reads().iter().any(|register| get(from[0], usize::from(*register)) == 0) {
                continue;
            }
            let apply = |it: &Assignment| action.apply(*it, self.registers());
            let child: Vec<Assignment> = from.iter().map(apply).collect();
            if child.iter().any(|it| distances[*it as usize] > left) {
                continue;
            }
            let child = state(child);
            if child != *from {
                let size = self.size(&child);
                children.push((child, (number, at as u8), size));
            }
        }
        children
    }

    /// The actions that lead to a state of the last level.
    fn path(&self, levels: &[Vec<Origin>], state: usize) -> Vec<Action> {
        let mut actions = Vec::new();
        let mut at = state;
        for level in levels.iter().rev() {
            let (before, action) = level[at];
            actions.push(self.actions[usize::from(action)]);
            at = before as usize;
        }
        actions.reverse();
        actions
    }
}
