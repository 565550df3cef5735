//! Where ways meet again: the first block that every way from a branch to a return passes. Found when lanes diverge
//! for the first time, since most programs never need it. Only speed depends on it: a lane that never gets to the
//! join ends on its own.

use super::code::Code;
use super::op::Op;

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
    /// For each block those that may come next, as bits; nothing where it returns. Whoever traps goes nowhere, which
    /// forbids nothing.
    next: Vec<Option<u64>>,
}

impl Joins {
    /// Forgets the last function.
    pub(super) fn clear(&mut self) {
        self.known = false;
    }

    /// Where lanes meet that part at `place`.
    pub(super) fn of(&mut self, code: &Code, place: usize) -> usize {
        if !self.known {
            self.known = true;
            self.find(code);
        }
        if self.passed.is_empty() {
            return NOWHERE;
        }
        let block = block_at(code, place);
        let after = self.passed[block] & !(1 << block);
        // The nearest is the one from which all the others are still to come.
        let ahead = |block: &usize| self.passed[*block].count_ones();
        let nearest = (0..code.places.len()).filter(|block| after & (1 << block) != 0).max_by_key(ahead);
        nearest.map_or(NOWHERE, |block| code.places[block] as usize)
    }

    fn find(&mut self, code: &Code) {
        self.passed.clear();
        self.next.clear();
        if code.places.len() > MOST_BLOCKS {
            return;
        }
        for block in 0..code.places.len() {
            self.next.push(next(code, block));
        }
        self.passed.resize(code.places.len(), u64::MAX);
        let mut changed = true;
        while changed {
            changed = false;
            for (block, next) in self.next.iter().enumerate().rev() {
                let mut ahead = if next.is_some() { u64::MAX } else { 0 };
                let mut left = next.unwrap_or(0);
                while left != 0 {
                    ahead &= self.passed[left.trailing_zeros() as usize];
                    left &= left - 1;
                }
                let now = ahead | 1 << block;
                changed |= now != self.passed[block];
                self.passed[block] = now;
            }
        }
    }
}

/// The block that a place lies in; of several without ops the last.
fn block_at(code: &Code, place: usize) -> usize {
    code.places.partition_point(|begin| *begin as usize <= place) - 1
}

/// The blocks that may come after one, as bits; nothing where it returns.
fn next(code: &Code, block: usize) -> Option<u64> {
    let end = code.places.get(block + 1).map_or(code.ops.len(), |end| *end as usize);
    let mut next = 0;
    for op in &code.ops[code.places[block] as usize..end] {
        match *op {
            Op::Return { .. } | Op::ReturnNothing | Op::ReturnPointer { .. } => return None,
            Op::Trap { .. } => return Some(next),
            mut op => {
                if let Some(place) = op.place_mut() {
                    next |= 1 << block_at(code, *place as usize);
                }
                if let Op::Jump { .. } = op {
                    return Some(next);
                }
            }
        }
    }
    if block + 1 < code.places.len() { Some(next | 1 << (block + 1)) } else { Some(next) }
}
