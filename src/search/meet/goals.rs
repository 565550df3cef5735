//! What must hold so that some steps reach what is asked for: goals, by regression from the last step to the first. A
//! goal asks for some cells and leaves the others free; it is found for steps whose operands can be told from their
//! result, which are most but not all, so that this side alone is not complete.

use super::Problem;
use super::latest::Latest;
use super::problem::Cells;
use super::states::ByHash;
use crate::exec::expand::row_hash;
use crate::exec::steps::{NUMBER, Operation, Step};
use std::collections::HashMap;
use std::ops::Range;
use std::time::Instant;

/// Goals between two looks at the clock.
const CHUNK: usize = 256;

struct Goal<const CELLS: usize, const EXAMPLES: usize> {
    asked: u32,
    rows: Cells<CELLS, EXAMPLES>,
    /// The goal behind the step.
    behind: u32,
    step: Step,
    /// Steps from it to what is asked for.
    depth: u16,
    /// How many steps it seems to take in all, in bits; [`EXTENDED`] where it was extended.
    cost: f32,
}

/// The cost of a goal that was extended.
const EXTENDED: f32 = f32::INFINITY;
/// What a cell costs that is asked for, and what it costs less where all examples ask for the same number.
const A_CELL: f32 = 3.0;
const A_NUMBER: f32 = 0.5;
/// What a step costs.
const A_STEP: f32 = 0.5;

/// Goals that ask for the same cells, by the hash of these.
struct Alike {
    asked: u32,
    goals: HashMap<u64, u32, ByHash>,
}

pub struct Goals<const CELLS: usize, const EXAMPLES: usize> {
    goals: Vec<Goal<CELLS, EXAMPLES>>,
    alike: Vec<Alike>,
    start: Cells<CELLS, EXAMPLES>,
    /// The last level, which is still to be extended; nothing in best-first order.
    frontier: Range<usize>,
    /// Those that the last extension found.
    latest: Range<usize>,
}

impl<const CELLS: usize, const EXAMPLES: usize> Goals<CELLS, EXAMPLES> {
    pub fn new(problem: &Problem<CELLS, EXAMPLES>) -> Self {
        let mut goals =
            Self { goals: Vec::new(), alike: Vec::new(), start: problem.start, frontier: 0..1, latest: 0..1 };
        let nothing = Step::number(Operation::Move, 0, 0);
        goals.insert(Goal { asked: problem.asked, rows: problem.goal, behind: 0, step: nothing, depth: 0, cost: 0.0 });
        goals
    }

    pub fn len(&self) -> usize {
        self.goals.len()
    }

    /// Goals that are still to be extended.
    pub fn frontier(&self) -> usize {
        self.frontier.len()
    }

    /// Bytes that all this takes.
    pub fn bytes(&self) -> usize {
        let tables: usize = self.alike.iter().map(|alike| alike.goals.capacity() * 17 * 8 / 7).sum();
        self.goals.capacity() * size_of::<Goal<CELLS, EXAMPLES>>() + tables
    }

    /// A goal that holds in a state with these hashes of its rows.
    #[inline]
    pub fn at(&self, rows: &[u64; CELLS]) -> Option<u32> {
        self.alike.iter().find_map(|alike| alike.goals.get(&partial(rows, alike.asked)).copied())
    }

    /// Those that the last extension found, to be looked up.
    pub fn latest(&self) -> Latest {
        let one = |number: usize| {
            let Goal { asked, rows, .. } = &self.goals[number];
            (*asked, partial(&hashes(rows), *asked), number as u32)
        };
        Latest::new(self.latest.clone().map(one))
    }

    /// The steps from a goal to what is asked for.
    pub fn path(&self, goal: u32) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut at = goal as usize;
        while at != 0 {
            steps.push(self.goals[at].step);
            at = self.goals[at].behind as usize;
        }
        steps
    }

    /// Goes one step back from all goals of the last level; false where time or memory ran out.
    pub fn extend(&mut self, actions: &[Step], deadline: Option<Instant>, room: usize) -> bool {
        let level = self.frontier.clone();
        let whole = self.extend_these(level.clone(), actions, deadline, room);
        self.frontier = if whole { self.latest.clone() } else { level };
        whole
    }

    /// Goes one step back from the goals that seem the nearest, so many of those that were not extended yet. False where
    /// time or memory ran out, or where there are none.
    pub fn extend_best(&mut self, count: usize, actions: &[Step], deadline: Option<Instant>, room: usize) -> bool {
        let cost = |number: &u32| self.goals[*number as usize].cost;
        let mut open: Vec<u32> = (0..self.goals.len() as u32).filter(|number| cost(number).is_finite()).collect();
        let nearer = |one: &u32, other: &u32| cost(one).total_cmp(&cost(other)).then(one.cmp(other));
        if open.len() > count {
            open.select_nth_unstable_by(count, nearer);
            open.truncate(count);
        }
        // The order does not depend on how they were selected.
        open.sort_unstable();
        self.frontier = 0..0;
        !open.is_empty() && self.extend_these(open.into_iter().map(|number| number as usize), actions, deadline, room)
    }

    fn extend_these(
        &mut self,
        numbers: impl Iterator<Item = usize>,
        actions: &[Step],
        deadline: Option<Instant>,
        room: usize,
    ) -> bool {
        let allowed = self.bytes() + room;
        let first = self.goals.len();
        for (count, number) in numbers.enumerate() {
            let out = |deadline: Instant| Instant::now() >= deadline;
            if count % CHUNK == 0 && (deadline.is_some_and(out) || self.bytes() > allowed) {
                return false;
            }
            for step in actions {
                let goal = &self.goals[number];
                if let Some((asked, rows)) = regress(step, goal.asked, &goal.rows) {
                    let depth = goal.depth + 1;
                    let cost = A_STEP * f32::from(depth) + self.distance(asked, &rows);
                    self.insert(Goal { asked, rows, behind: number as u32, step: *step, depth, cost });
                }
            }
            self.goals[number].cost = EXTENDED;
        }
        self.latest = first..self.goals.len();
        true
    }

    /// How far a goal seems from the start: what is asked for and is not there already costs as much as its numbers have
    /// bits, since steps back that lead to the start make numbers smaller.
    fn distance(&self, asked: u32, rows: &Cells<CELLS, EXAMPLES>) -> f32 {
        let there = |cell: &usize| asked >> cell & 1 == 1 && rows[*cell] != self.start[*cell];
        let cell = |cell: usize| {
            let bits: f32 = rows[cell].iter().map(|value| (value.unsigned_abs() as f32 + 1.0).log2()).sum();
            let number = rows[cell].iter().all(|value| *value == rows[cell][0]);
            A_CELL + bits / EXAMPLES as f32 - if number { A_NUMBER } else { 0.0 }
        };
        (0..CELLS).filter(there).map(cell).sum()
    }

    /// Adds a goal that is new.
    fn insert(&mut self, goal: Goal<CELLS, EXAMPLES>) {
        let hash = partial(&hashes(&goal.rows), goal.asked);
        let place = self.alike.iter().position(|alike| alike.asked == goal.asked).unwrap_or_else(|| {
            self.alike.push(Alike { asked: goal.asked, goals: HashMap::default() });
            self.alike.len() - 1
        });
        let number = self.goals.len() as u32;
        if let std::collections::hash_map::Entry::Vacant(free) = self.alike[place].goals.entry(hash) {
            free.insert(number);
            self.goals.push(goal);
        }
    }
}

/// The hash of each row.
#[inline(always)]
fn hashes<const CELLS: usize, const EXAMPLES: usize>(rows: &Cells<CELLS, EXAMPLES>) -> [u64; CELLS] {
    std::array::from_fn(|cell| row_hash(cell, &rows[cell]))
}

/// The hash of the cells that are asked for.
#[inline(always)]
pub fn partial<const CELLS: usize>(rows: &[u64; CELLS], asked: u32) -> u64 {
    let mut sum = 0_u64;
    for (cell, row) in rows.iter().enumerate() {
        let mask = 0_u64.wrapping_sub(u64::from(asked >> cell & 1));
        sum = sum.wrapping_add(row & mask);
    }
    sum
}

/// What must hold before a step so that this holds behind it; `None` where that cannot be told, or where the step does
/// nothing for it.
fn regress<const CELLS: usize, const EXAMPLES: usize>(
    step: &Step,
    asked: u32,
    rows: &Cells<CELLS, EXAMPLES>,
) -> Option<(u32, Cells<CELLS, EXAMPLES>)> {
    use Operation::*;
    let (to, bit) = (usize::from(step.to), 1_u32 << step.to);
    if step.operation == Exchange {
        return exchange(step, asked, rows);
    }
    if asked & bit == 0 {
        return None;
    }
    let after = rows[to];
    // The operand's row: a number's, or that of a cell that is asked for.
    let known = match step.from {
        NUMBER => Some([step.value; EXAMPLES]),
        cell => (asked >> cell & 1 == 1 && cell != step.to).then(|| rows[usize::from(cell)]),
    };
    let free = || {
        let mut rows = *rows;
        rows[to] = [0; EXAMPLES];
        (asked & !bit, rows)
    };
    if step.operation == Move {
        let source = match step.from {
            NUMBER => return (after == [step.value; EXAMPLES]).then(free),
            cell if cell == step.to => return None,
            cell => usize::from(cell),
        };
        return match known {
            Some(row) => (row == after).then(free),
            None => {
                let (asked, mut rows) = free();
                rows[source] = after;
                Some((asked | 1 << source, rows))
            }
        };
    }
    let itself = step.from == step.to;
    let before: [i32; EXAMPLES] = match (step.operation, known) {
        (Subtract | Xor, _) if itself => return (after == [0; EXAMPLES]).then(free),
        (Add, _) if itself => each(&after, |_, value| (value & 1 == 0).then_some(value >> 1))?,
        (Multiply, _) if itself => each(&after, |_, value| root(value))?,
        (Add, Some(row)) => each(&after, |lane, value| Some(value.wrapping_sub(row[lane])))?,
        (Subtract, Some(row)) => each(&after, |lane, value| Some(value.wrapping_add(row[lane])))?,
        (Xor, Some(row)) => each(&after, |lane, value| Some(value ^ row[lane]))?,
        (Multiply, Some(row)) if row == [0; EXAMPLES] => return (after == row).then(free),
        (Multiply, Some(row)) => each(&after, |lane, value| quotient(value, row[lane]))?,
        (Negate, _) => after.map(i32::wrapping_neg),
        (Not, _) => after.map(|value| !value),
        (Increment, _) => after.map(|value| value.wrapping_sub(1)),
        (Decrement, _) => after.map(|value| value.wrapping_add(1)),
        (ShiftLeft, _) => {
            let low = (1_i32 << step.value) - 1;
            each(&after, |_, value| (value & low == 0).then_some(value >> step.value))?
        }
        _ => return None,
    };
    let mut rows = *rows;
    rows[to] = before;
    (before != after).then_some((asked, rows))
}

fn exchange<const CELLS: usize, const EXAMPLES: usize>(
    step: &Step,
    asked: u32,
    rows: &Cells<CELLS, EXAMPLES>,
) -> Option<(u32, Cells<CELLS, EXAMPLES>)> {
    let (one, other) = (usize::from(step.to), usize::from(step.from));
    let bits = (asked >> one & 1, asked >> other & 1);
    let mut swapped = *rows;
    swapped.swap(one, other);
    let asked = asked & !(1 << one | 1 << other) | bits.0 << other | bits.1 << one;
    (bits != (0, 0) && one != other).then_some((asked, swapped))
}

/// A row, if each of its values can be told.
fn each<const EXAMPLES: usize>(
    row: &[i32; EXAMPLES],
    what: impl Fn(usize, i32) -> Option<i32>,
) -> Option<[i32; EXAMPLES]> {
    let mut out = [0; EXAMPLES];
    for (lane, (out, value)) in out.iter_mut().zip(row).enumerate() {
        *out = what(lane, *value)?;
    }
    Some(out)
}

/// What times `by` is the value: by an odd number there is always one, by an even one the exact quotient is taken.
fn quotient(value: i32, by: i32) -> Option<i32> {
    match by {
        0 => (value == 0).then_some(0),
        by if value.wrapping_rem(by) == 0 => Some(value.wrapping_div(by)),
        by if by & 1 == 1 => {
            // Newton's iteration doubles the bits that are right.
            let inverse = (0..5).fold(by, |x, _| x.wrapping_mul(2_i32.wrapping_sub(by.wrapping_mul(x))));
            Some(value.wrapping_mul(inverse))
        }
        _ => None,
    }
}

/// The root of a square.
fn root(value: i32) -> Option<i32> {
    let root = u32::try_from(value).ok()?.isqrt() as i32;
    (root.wrapping_mul(root) == value).then_some(root)
}

#[cfg(test)]
mod tests {
    use super::super::actions::child;
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    /// Whatever regression says must hold before a step, the step makes of it what was asked for.
    #[test]
    fn steps_reach_what_they_were_regressed_from() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(4);
        use Operation::*;
        let all =
            [Move, Add, Subtract, Multiply, Xor, Exchange, Negate, Not, Increment, Decrement, ShiftLeft, And, MoveIf];
        let mut told = [0; 13];
        for _ in 0..60_000 {
            let number = rng.random_range(0..all.len());
            let from = if all[number] == ShiftLeft || rng.random_range(0..2) == 0 && all[number] != Exchange {
                NUMBER
            } else {
                rng.random_range(0..4)
            };
            let step =
                Step { operation: all[number], ..Step::number(Move, rng.random_range(0..4), rng.random_range(0..10)) };
            let step = Step { from, ..step };
            let rows: Cells<5, 2> = std::array::from_fn(|_| std::array::from_fn(|_| rng.random_range(-12..=12)));
            let asked = rng.random_range(1..16);
            let Some((needed, before)) = regress(&step, asked, &rows) else { continue };
            told[number] += 1;
            // What is free may be anything.
            let state: Cells<5, 2> = std::array::from_fn(|cell| match needed >> cell & 1 {
                1 => before[cell],
                _ => [rng.random(), rng.random()],
            });
            let (after, _) = child(&step, &state).expect("it reads no flags");
            for cell in (0..4).filter(|cell| asked >> cell & 1 == 1) {
                assert_eq!(after[cell], rows[cell], "{step:?} on {state:?}, asked {asked:b}");
            }
        }
        assert!(told[..11].iter().all(|count| *count > 50), "{told:?}");
        assert_eq!(&told[11..], [0, 0]);
    }
}
