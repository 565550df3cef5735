//! Programs that are longer than whole levels reach, by a beam: of each level it keeps the states that seem the nearest to
//! what is asked for. A learned order says which these are ([`Order`]); without one, or where a task has other
//! instructions than it knows, it is those that want least: a cell that has not what is asked for wants something, above
//! all where no other cell has that either. A comparison alone brings nothing, so it is taken together with the first move
//! that asks for it.

use super::Problem;
use super::actions::{child, guarded};
use super::listing;
use super::order::{Order, WANTING, features};
use super::problem::Cells;
use super::states::ByHash;
use crate::exec::expand::row_hash;
use crate::exec::steps::{NUMBER, Operation, Step};
use rayon::prelude::*;
use std::collections::HashSet;
use std::time::Instant;

/// Steps, with choices as one, of the longest program.
const LONGEST: usize = 20;
/// Children of a state that are weighed against those of others.
const MOST_CHILDREN: usize = 256;
/// Programs of a beam that are told.
const MOST_FOUND: usize = 64;
/// What is wanted where a value is in some other cell, and where it is in none.
const ELSEWHERE: u32 = 2;
const NOWHERE: u32 = 5;
/// Distances by a learned order begin here, and so many of them are one nat.
const FARTHEST: f32 = 1e3;
const A_NAT: f32 = 1e4;
/// No further action.
const NONE: u16 = u16::MAX;

/// The actions between a state of the beam and the next: an instruction, or one with what it depends on before it.
type Actions = [u16; 3];

/// A state of the beam and where it came from.
struct Node<const CELLS: usize, const EXAMPLES: usize> {
    state: Cells<CELLS, EXAMPLES>,
    before: u32,
    actions: Actions,
    /// Numbers in its program, which fit a few examples too easily.
    numbers: u32,
}

/// A child's distance from what is asked for, the numbers in its program, its hash, and how it came.
type Child = (u32, u32, u64, u32, Actions);

/// Bytes that a beam takes for each of its states, about.
pub const BYTES: usize = MOST_CHILDREN * size_of::<Child>();

/// Programs that do what the task asks for, those that a beam of so many states finds first; the shortest first.
pub fn climb<const CELLS: usize, const EXAMPLES: usize>(
    problem: &Problem<CELLS, EXAMPLES>,
    order: Option<&Order>,
    width: usize,
    deadline: Option<Instant>,
) -> Vec<Vec<Step>> {
    let mut nodes = vec![Node { state: problem.start, before: 0, actions: [NONE; 3], numbers: 0 }];
    let mut found: Vec<Vec<Step>> = Vec::new();
    let mut seen: HashSet<u64, ByHash> = HashSet::from_iter([hash(&problem.start)]);
    let mut level = 0..1;
    for _ in 0..LONGEST {
        let late = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
        let each =
            |number: usize| if late() { Vec::new() } else { children(problem, order, &nodes[number], number as u32) };
        let mut all: Vec<Child> = level.clone().into_par_iter().flat_map_iter(each).collect();
        all.par_sort_unstable();
        let start = nodes.len();
        for (distance, numbers, hash, before, actions) in all {
            if nodes.len() - start == width || found.len() == MOST_FOUND || late() {
                break;
            }
            // Ways to the same end may differ in what else they do.
            if distance == 0 {
                let mut steps = path(problem, &nodes, before);
                steps.extend(steps_of(problem, &actions));
                let right =
                    |steps: &[Step]| listing::run(steps, &problem.start).is_some_and(|end| wants(problem, &end) == 0);
                let steps = listing::shortened(steps, right);
                if !found.contains(&steps) {
                    found.push(steps);
                }
                continue;
            }
            if !found.is_empty() || !seen.insert(hash) {
                continue;
            }
            let steps: Vec<Step> = steps_of(problem, &actions).collect();
            let from = &nodes[before as usize].state;
            let state = listing::run(&steps, from).expect("they followed when the child was weighed");
            nodes.push(Node { state, before, actions, numbers });
        }
        if !found.is_empty() {
            break;
        }
        level = start..nodes.len();
    }
    found.sort_by_key(Vec::len);
    found
}

fn hash<const CELLS: usize, const EXAMPLES: usize>(state: &Cells<CELLS, EXAMPLES>) -> u64 {
    state.iter().enumerate().map(|(cell, row)| row_hash(cell, row)).fold(0, u64::wrapping_add)
}

/// What follows on a state, that which seems the nearest.
fn children<const CELLS: usize, const EXAMPLES: usize>(
    problem: &Problem<CELLS, EXAMPLES>,
    order: Option<&Order>,
    node: &Node<CELLS, EXAMPLES>,
    number: u32,
) -> Vec<Child> {
    use Operation::{Compare, JumpIf, MoveIf};
    let (from, mut all) = (&node.state, Vec::new());
    let mut add = |state: &Cells<CELLS, EXAMPLES>, actions: Actions| {
        if state != from {
            let numbers = node.numbers + steps_of(problem, &actions).filter(takes_number).count() as u32;
            all.push((distance(problem, order, state), numbers, hash(state), number, actions));
        }
    };
    let numbered = || (0..).zip(&problem.actions);
    for (first, action) in numbered() {
        if action.operation == JumpIf {
            for (second, step) in numbered() {
                if let Some(state) = guarded(action.condition, step, from) {
                    add(&state, [first, second, NONE]);
                }
            }
        }
        let Some((state, _)) = child(action, from) else { continue };
        if action.operation != Compare {
            add(&state, [first, NONE, NONE]);
            continue;
        }
        for (second, action) in numbered() {
            match action.operation {
                MoveIf => {
                    let chosen = child(action, &state).filter(|chosen| chosen.0 != state);
                    chosen.iter().for_each(|chosen| add(&chosen.0, [first, second, NONE]));
                }
                JumpIf => {
                    let behind = |step| guarded(action.condition, step, &state).filter(|behind| *behind != state);
                    numbered().for_each(|(third, step)| {
                        behind(step).iter().for_each(|behind| add(behind, [first, second, third]));
                    });
                }
                _ => {}
            }
        }
    }
    if all.len() > MOST_CHILDREN {
        all.select_nth_unstable(MOST_CHILDREN);
        all.truncate(MOST_CHILDREN);
    }
    all
}

/// The steps that actions are.
fn steps_of<const CELLS: usize, const EXAMPLES: usize>(
    problem: &Problem<CELLS, EXAMPLES>,
    actions: &Actions,
) -> impl DoubleEndedIterator<Item = Step> {
    actions.iter().filter_map(|action| problem.actions.get(usize::from(*action)).copied())
}

fn takes_number(step: &Step) -> bool {
    step.from == NUMBER && step.operation != Operation::JumpIf
}

/// How far a state seems to be from what is asked for; 0 where it has it.
fn distance<const CELLS: usize, const EXAMPLES: usize>(
    problem: &Problem<CELLS, EXAMPLES>,
    order: Option<&Order>,
    state: &Cells<CELLS, EXAMPLES>,
) -> u32 {
    let Some(order) = order else { return wants(problem, state) };
    let features = features(problem, state);
    if features[WANTING] == 0.0 {
        return 0;
    }
    // Casts keep within the numbers that there are.
    1 + ((FARTHEST - order.score(&features)) * A_NAT) as u32
}

/// What a state wants of what is asked for; 0 where it has it.
fn wants<const CELLS: usize, const EXAMPLES: usize>(
    problem: &Problem<CELLS, EXAMPLES>,
    state: &Cells<CELLS, EXAMPLES>,
) -> u32 {
    let cells = &state[..problem.layout.width()];
    let asked = cells.iter().zip(&problem.goal).enumerate().filter(|(cell, _)| problem.asked >> cell & 1 == 1);
    let wants_of = |(_, (has, wanted)): (usize, (&[i32; EXAMPLES], &[i32; EXAMPLES]))| -> u32 {
        let lanes = has.iter().zip(wanted).enumerate().filter(|(_, (has, wanted))| has != wanted);
        lanes
            .map(|(lane, (_, wanted))| match cells.iter().any(|cell| cell[lane] == *wanted) {
                true => ELSEWHERE,
                false => NOWHERE,
            })
            .sum()
    };
    asked.map(wants_of).sum()
}

/// The steps to a node.
fn path<const CELLS: usize, const EXAMPLES: usize>(
    problem: &Problem<CELLS, EXAMPLES>,
    nodes: &[Node<CELLS, EXAMPLES>],
    mut at: u32,
) -> Vec<Step> {
    let mut steps = Vec::new();
    while at != 0 {
        let Node { before, actions, .. } = &nodes[at as usize];
        steps.extend(steps_of(problem, actions).rev());
        at = *before;
    }
    steps.reverse();
    steps
}
