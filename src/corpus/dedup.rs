//! Duplicates within a block, which is one shard of at most 65,536 tasks: memory stays flat however large the corpus
//! is. Sources are compared by a 64-bit hash of their canonical text; that two of a block collide is about as likely
//! as one in four billion, and would only replace a task by another.

use crate::sample::inputs::Fnv;
use std::collections::HashSet;

/// The tasks of a block at most.
pub const BLOCK: u64 = 65_536;

/// What a block has seen.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    sources: HashSet<u64>,
    behaviours: HashSet<u64>,
}

impl Seen {
    /// Whether this source is new in the block.
    pub fn source(&mut self, source: &str) -> bool {
        let mut hash = Fnv::default();
        hash.bytes(source.as_bytes());
        self.sources.insert(hash.finish())
    }

    /// Whether this behaviour is new in the block.
    pub fn behaviour(&mut self, hash: u64) -> bool {
        self.behaviours.insert(hash)
    }
}
