//! What has been checked on the way to a point of a function, so that it is not checked again. Nothing here ever stops
//! being true: objects do not shrink while they live, and values do not change.

use crate::ir::Value;
use cranelift_codegen::ir as clif;

/// Something that was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    /// The object of this pointer has so many bytes at least.
    Extent(Value, i64),
    /// So many bytes at this place, and so much behind it, lie within their object.
    Within(clif::Value, i32, u32),
    /// The value is not zero.
    NonZero(Value),
    /// The signed quotient of the two does not overflow.
    Quotient(Value, Value),
    /// The value is below the number, without signs.
    Below(Value, i64),
    /// This pointer is the base moved by the index times the scale.
    Indexed { base: Value, index: Value, scale: u32, result: Value },
}

/// More are not kept: looking through them must cost nothing.
const MOST: usize = 48;

/// What is known at some point.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts(Vec<Fact>);

impl Facts {
    /// What `other` knows.
    pub(super) fn copy_from(&mut self, other: &Self) {
        self.0.clone_from(&other.0);
    }

    pub(super) fn add(&mut self, fact: Fact) {
        if self.0.len() < MOST {
            self.0.push(fact);
        }
    }

    pub(super) fn has(&self, fact: Fact) -> bool {
        self.0.contains(&fact)
    }

    /// Whether the object of `root` is known to have `end` bytes.
    pub(super) fn extends(&self, root: Value, end: i64) -> bool {
        self.0.iter().any(|fact| matches!(*fact, Fact::Extent(of, known) if of == root && end <= known))
    }

    /// The pointer that was computed from the same operands.
    pub(super) fn indexed(&self, base: Value, index: Value, scale: u32) -> Option<Value> {
        self.0.iter().find_map(|fact| match *fact {
            Fact::Indexed { base: b, index: i, scale: s, result } if (b, i, s) == (base, index, scale) => Some(result),
            _ => None,
        })
    }
}
