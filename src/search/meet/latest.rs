//! The goals of the last extension, made to be looked up by millions of states: small tables behind a filter that fits
//! a cache.

use super::goals::partial;
use super::states::ByHash;
use std::collections::HashMap;

/// Bits of the filter for each goal.
const BITS: usize = 16;

pub struct Latest {
    /// Goals that ask for the same cells, by the hash of these.
    alike: Vec<(u32, HashMap<u64, u32, ByHash>)>,
    filter: Vec<u64>,
}

impl Latest {
    /// Of these goals: the cells that are asked for, their hash, and the goal's number.
    pub fn new(goals: impl ExactSizeIterator<Item = (u32, u64, u32)>) -> Self {
        let words = (goals.len() * BITS / 64).next_power_of_two().max(16);
        let mut latest = Self { alike: Vec::new(), filter: vec![0; words] };
        for (asked, hash, number) in goals {
            let place = latest.alike.iter().position(|alike| alike.0 == asked).unwrap_or_else(|| {
                latest.alike.push((asked, HashMap::default()));
                latest.alike.len() - 1
            });
            latest.alike[place].1.entry(hash).or_insert(number);
            let (word, bit) = latest.place(asked, hash);
            latest.filter[word] |= bit;
        }
        latest
    }

    /// Where the filter says that a goal may be there.
    #[inline(always)]
    fn place(&self, asked: u32, hash: u64) -> (usize, u64) {
        let mixed = hash.wrapping_add(u64::from(asked).wrapping_mul(0x9E37_79B9_7F4A_7C15)) >> 20;
        (mixed as usize >> 6 & (self.filter.len() - 1), 1 << (mixed & 63))
    }

    /// A goal that holds in a state with these hashes of its rows.
    #[inline]
    pub fn at<const CELLS: usize>(&self, rows: &[u64; CELLS]) -> Option<u32> {
        self.alike.iter().find_map(|(asked, goals)| {
            let hash = partial(rows, *asked);
            let (word, bit) = self.place(*asked, hash);
            if self.filter[word] & bit == 0 { None } else { goals.get(&hash).copied() }
        })
    }
}
