//! Goals: the states from which a few actions lead to what all examples ask for, found backwards from there.

use super::ground::Ground;
use super::mix;
use crate::lang::karel::ast::Action;
use crate::task::karel::Example;
use std::collections::HashMap;

/// Examples that a search looks at; the proof looks at all.
pub(super) const MOST_EXAMPLES: usize = 16;

/// Bits that tell whether a hash may be a goal's.
const BITS: usize = 1 << 17;

/// The states, as hashes.
#[derive(Debug, Default)]
pub(super) struct Goals {
    /// Of each example alone, as bits by some bits of the hash: what is not there is none.
    single: Vec<Vec<u64>>,
    /// Of all together, with the actions that lead on, the fewest first.
    whole: HashMap<u64, Vec<Action>>,
}

/// One hash of those of all examples.
pub(super) fn combined(hashes: &[u64]) -> u64 {
    hashes.iter().fold(0, |sum, hash| mix(sum ^ hash))
}

impl Goals {
    /// The goals of up to so many actions.
    pub(super) fn new(examples: &[Example], most: usize) -> Self {
        let mut grounds: Vec<Ground> =
            examples.iter().take(MOST_EXAMPLES).enumerate().map(|(at, it)| Ground::new(&it.output, at)).collect();
        let mut goals = Self { single: vec![vec![0; BITS / 64]; grounds.len()], whole: HashMap::new() };
        let mut last = vec![Vec::new()];
        goals.add(&grounds, &[]);
        for _ in 0..most {
            let mut next = Vec::new();
            for actions in &last {
                for action in Action::ALL {
                    let longer: Vec<Action> = std::iter::once(action).chain(actions.iter().copied()).collect();
                    let back = |ground: &mut Ground| longer.iter().rev().all(|action| ground.unact(*action));
                    if grounds.iter_mut().all(back) && goals.add(&grounds, &longer) {
                        next.push(longer);
                    }
                    grounds.iter_mut().for_each(Ground::restart);
                }
            }
            last = next;
        }
        goals
    }

    /// Adds the state that the worlds are in; false where it is known.
    fn add(&mut self, grounds: &[Ground], actions: &[Action]) -> bool {
        let hashes: Vec<u64> = grounds.iter().map(Ground::hash).collect();
        let whole = combined(&hashes);
        if self.whole.contains_key(&whole) {
            return false;
        }
        self.whole.insert(whole, actions.to_vec());
        for (known, hash) in self.single.iter_mut().zip(hashes) {
            let bit = hash as usize % BITS;
            known[bit / 64] |= 1 << (bit % 64);
        }
        true
    }

    /// Whether an example's world may be that of a goal.
    pub(super) fn may_be(&self, example: usize, hash: u64) -> bool {
        let bit = hash as usize % BITS;
        self.single[example][bit / 64] >> (bit % 64) & 1 == 1
    }

    /// The actions that lead on from a state to what is asked for.
    pub(super) fn from(&self, hashes: &[u64]) -> Option<&[Action]> {
        self.whole.get(&combined(hashes)).map(Vec::as_slice)
    }
}
