//! Steps of a search over short x86 programs, without encoding, lowering or running any: all instructions of a set
//! applied to one state, or one instruction applied to many. A state is the values of a few cells (registers, RAM slots)
//! in all examples of a task at once, a cell's values side by side; its hash is that of the joint state, for
//! deduplication, and changes with the one cell that an instruction writes.

use super::steps::{NUMBER, Operation, Step};
use std::array;

/// What instructions do: AutoAssemblet's four, in the order of [`Actions`].
pub const OPERATIONS: [Operation; 4] = [Operation::Add, Operation::Subtract, Operation::Move, Operation::Multiply];

/// The cells' values in all examples: `CELLS` rows of `EXAMPLES`.
pub type State<const CELLS: usize, const EXAMPLES: usize> = [[i32; EXAMPLES]; CELLS];

/// All instructions over `CELLS` cells and the numbers 0 to 9, numbered in the order in which children are written:
/// by operation, destination, source (cells first).
#[derive(Clone, Copy, Debug, Default)]
pub struct Actions<const CELLS: usize>;

/// The numbers that instructions may have.
const IMMEDIATES: usize = 10;

impl<const CELLS: usize> Actions<CELLS> {
    /// Sources of an instruction.
    const SOURCES: usize = CELLS + IMMEDIATES;
    /// How many instructions there are: 224 for four cells.
    pub const COUNT: usize = OPERATIONS.len() * CELLS * Self::SOURCES;

    /// The instruction of a number.
    ///
    /// # Panics
    /// Where there is none.
    pub fn step(number: usize) -> Step {
        let source = number % Self::SOURCES;
        let destination = (number / Self::SOURCES % CELLS) as u8;
        let operation = OPERATIONS[number / Self::SOURCES / CELLS];
        match source.checked_sub(CELLS) {
            None => Step::cell(operation, destination, source as u8),
            Some(value) => Step::number(operation, destination, value as i32),
        }
    }

    /// Writes the child of `state` by each instruction, [`Self::COUNT`] of them.
    ///
    /// # Panics
    /// Where `children` has another length.
    pub fn children<const EXAMPLES: usize>(state: &State<CELLS, EXAMPLES>, children: &mut [State<CELLS, EXAMPLES>]) {
        assert_eq!(children.len(), Self::COUNT, "one child for each instruction");
        let mut rest = children;
        for operation in OPERATIONS {
            let (block, after) = rest.split_at_mut(CELLS * Self::SOURCES);
            rest = after;
            // The loop is written once for each operation, so that none is looked up inside.
            match operation {
                Operation::Add => Self::block(state, block, |old, source| old.wrapping_add(source)),
                Operation::Subtract => Self::block(state, block, |old, source| old.wrapping_sub(source)),
                Operation::Move => Self::block(state, block, |_, source| source),
                _ => Self::block(state, block, |old, source| old.wrapping_mul(source)),
            }
        }
    }

    #[inline(always)]
    fn block<const EXAMPLES: usize>(
        state: &State<CELLS, EXAMPLES>,
        children: &mut [State<CELLS, EXAMPLES>],
        apply: impl Fn(i32, i32) -> i32 + Copy,
    ) {
        for (destination, children) in children.chunks_exact_mut(Self::SOURCES).enumerate() {
            let old = state[destination];
            let (by_cell, by_number) = children.split_at_mut(CELLS);
            for (child, source) in by_cell.iter_mut().zip(state) {
                *child = *state;
                child[destination] = array::from_fn(|example| apply(old[example], source[example]));
            }
            for (child, number) in by_number.iter_mut().zip(0..) {
                *child = *state;
                child[destination] = array::from_fn(|example| apply(old[example], number));
            }
        }
    }

    /// As [`Self::children`], with the hash of each child.
    ///
    /// # Panics
    /// Where a slice has another length.
    pub fn hashed_children<const EXAMPLES: usize>(
        state: &State<CELLS, EXAMPLES>,
        children: &mut [State<CELLS, EXAMPLES>],
        hashes: &mut [u64],
    ) {
        assert_eq!(hashes.len(), Self::COUNT, "one hash for each instruction");
        Self::children(state, children);
        let rows: [u64; CELLS] = array::from_fn(|cell| row_hash(cell, &state[cell]));
        let whole = rows.iter().fold(0_u64, |sum, row| sum.wrapping_add(*row));
        for (number, (children, hashes)) in
            children.chunks_exact(Self::SOURCES).zip(hashes.chunks_exact_mut(Self::SOURCES)).enumerate()
        {
            let destination = number % CELLS;
            let others = whole.wrapping_sub(rows[destination]);
            for (child, hash) in children.iter().zip(hashes) {
                *hash = others.wrapping_add(row_hash(destination, &child[destination]));
            }
        }
    }

    /// The hash of a state.
    pub fn hash<const EXAMPLES: usize>(state: &State<CELLS, EXAMPLES>) -> u64 {
        state.iter().enumerate().fold(0, |sum, (cell, row)| sum.wrapping_add(row_hash(cell, row)))
    }

    /// Applies one instruction of [`Self::step`] to many states.
    pub fn apply<const EXAMPLES: usize>(step: Step, states: &mut [State<CELLS, EXAMPLES>]) {
        match step.operation {
            Operation::Add => Self::each(step, states, i32::wrapping_add),
            Operation::Subtract => Self::each(step, states, i32::wrapping_sub),
            Operation::Move => Self::each(step, states, |_, source| source),
            _ => Self::each(step, states, i32::wrapping_mul),
        }
    }

    #[inline(always)]
    fn each<const EXAMPLES: usize>(
        step: Step,
        states: &mut [State<CELLS, EXAMPLES>],
        apply: impl Fn(i32, i32) -> i32 + Copy,
    ) {
        let destination = usize::from(step.to);
        for state in states {
            let source = match step.from {
                NUMBER => [step.value; EXAMPLES],
                cell => state[usize::from(cell)],
            };
            let old = state[destination];
            state[destination] = array::from_fn(|example| apply(old[example], source[example]));
        }
    }
}

/// A cell's part of the hash, which is the sum of these: one multiplication for each pair of values.
#[inline(always)]
pub fn row_hash<const EXAMPLES: usize>(cell: usize, row: &[i32; EXAMPLES]) -> u64 {
    let mut hash = (cell as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    for pair in row.chunks(2) {
        let high = pair.get(1).copied().unwrap_or(0);
        let both = u64::from(pair[0] as u32) | u64::from(high as u32) << 32;
        hash = (hash ^ both).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        hash ^= hash >> 32;
    }
    hash.wrapping_mul(0xD6E8_FEB8_6659_FD93)
}

/// Mixes a number well: another bit anywhere changes each bit of the result in half of the cases.
#[inline(always)]
pub fn mix(number: u64) -> u64 {
    let number = (number ^ number >> 32).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    let number = (number ^ number >> 32).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    number ^ number >> 32
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{HashMap, HashSet};

    type Four = Actions<4>;

    fn children(state: &State<4, 2>) -> (Vec<State<4, 2>>, Vec<u64>) {
        let mut children = vec![[[0; 2]; 4]; Four::COUNT];
        let mut hashes = vec![0; Four::COUNT];
        Four::hashed_children(state, &mut children, &mut hashes);
        (children, hashes)
    }

    #[test]
    fn children_are_what_their_instructions_do() {
        assert_eq!(Four::COUNT, 224);
        let state = [[5, -7], [i32::MAX, 3], [0, i32::MIN], [2, 2]];
        let (children, hashes) = children(&state);
        for (number, (child, hash)) in children.iter().zip(hashes).enumerate() {
            let mut states = [state; 3];
            Four::apply(Four::step(number), &mut states);
            assert_eq!(states, [*child; 3], "{:?}", Four::step(number));
            assert_eq!(hash, Four::hash(child));
        }
        let actions: HashSet<Step> = (0..Four::COUNT).map(Four::step).collect();
        assert_eq!(actions.len(), Four::COUNT);
    }

    #[test]
    fn different_states_have_different_hashes() {
        let mut seen: HashMap<u64, State<4, 2>> = HashMap::new();
        let mut last = vec![[[7, 3], [1, 9], [8, 2], [6, 4]]];
        for _ in 0..2 {
            let mut next = Vec::new();
            for state in &last {
                let (children, hashes) = children(state);
                for (child, hash) in children.into_iter().zip(hashes) {
                    match seen.insert(hash, child) {
                        None => next.push(child),
                        Some(other) => assert_eq!(other, child, "two states with one hash"),
                    }
                }
            }
            last = next;
        }
        assert!(seen.len() > 10_000, "{}", seen.len());
    }
}
