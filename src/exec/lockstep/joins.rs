//! Where ways meet again: the first block that every way from a branch to a return passes. Found when lanes diverge
//! for the first time, since most programs never need it. Only speed depends on it: a lane that never gets to the
//! join ends on its own.

use super::code::Code;
use crate::ir::{Function, Terminator};

/// Blocks of a function at most; in larger ones lanes that part do not meet again.
const MOST_BLOCKS: usize = 64;
/// No place.
const NOWHERE: usize = usize::MAX;

/// The joins of one function.
#[derive(Clone, Debug, Default)]
pub(super) struct Joins {
    known: bool,
    /// For each block the blocks that every way from it to a return passes, itself included, as bits.
    passed: Vec<u64>,
}

impl Joins {
    /// Forgets the last function.
    pub(super) fn clear(&mut self) {
        self.known = false;
    }

    /// Where lanes meet that part at `place`.
    pub(super) fn of(&mut self, function: &Function, code: &Code, place: usize) -> usize {
        if !self.known {
            self.known = true;
            self.find(function);
        }
        if self.passed.is_empty() {
            return NOWHERE;
        }
        let block = code.places.partition_point(|begin| *begin as usize <= place) - 1;
        let after = self.passed[block] & !(1 << block);
        // The nearest is the one from which all the others are still to come.
        let ahead = |block: &usize| self.passed[*block].count_ones();
        let nearest = (0..function.blocks.len()).filter(|block| after & (1 << block) != 0).max_by_key(ahead);
        nearest.map_or(NOWHERE, |block| code.places[block] as usize)
    }

    fn find(&mut self, function: &Function) {
        self.passed.clear();
        if function.blocks.len() > MOST_BLOCKS {
            return;
        }
        self.passed.resize(function.blocks.len(), u64::MAX);
        let mut changed = true;
        while changed {
            changed = false;
            for (number, block) in function.blocks.iter().enumerate().rev() {
                let passed = &self.passed;
                let ahead = match &block.terminator {
                    Terminator::Return(_) => 0,
                    // Whoever traps goes nowhere, which forbids nothing.
                    Terminator::Trap(_) => u64::MAX,
                    other => other.targets().fold(u64::MAX, |all, target| all & passed[target.block.0 as usize]),
                };
                let now = ahead | 1 << number;
                changed |= now != passed[number];
                self.passed[number] = now;
            }
        }
    }
}
