//! Where a program being written stands: cheap to clone, since beam search clones one for each hypothesis that lives.

use super::roles::Boundary;
use super::scope::{CONTEXTS, Scope};
use std::sync::Arc;

/// The state of the mask after some tokens. Made by [`super::Automaton::start`]; a clone goes its own way.
#[derive(Clone, Debug)]
pub struct State {
    /// The parses that are still possible; hardly ever more than one.
    pub(super) configs: Vec<Config>,
    /// Tokens of the language that may still follow.
    pub(super) left: u16,
    /// Whether [`crate::token::END`] was taken.
    pub(super) ended: bool,
}

impl State {
    /// How many tokens of the language may still follow.
    pub fn budget_left(&self) -> usize {
        self.left as usize
    }

    /// Takes tokens off what is left of the budget; where too few are left for any program, the mask becomes empty.
    pub fn shorten(&mut self, tokens: usize) {
        match usize::from(self.left).checked_sub(tokens) {
            Some(left) => self.left = left as u16,
            // Even what was written is too long.
            None => self.configs.clear(),
        }
    }

    /// Whether [`crate::token::END`] was taken.
    pub fn has_ended(&self) -> bool {
        self.ended
    }
}

/// One possible parse: a node, and the calls around it.
#[derive(Clone, Debug)]
pub(super) struct Config {
    pub(super) node: u16,
    pub(super) stack: Stack,
    pub(super) scope: Scope,
}

impl Config {
    /// Whether both will admit the same from here on.
    pub(super) fn same(&self, other: &Self) -> bool {
        self.node == other.node && self.scope == other.scope && same_stack(&self.stack, &other.stack)
    }
}

/// The innermost open call.
pub(super) type Stack = Option<Arc<Frame>>;

/// A call that has not returned.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) parent: Stack,
    /// Where it returns to.
    pub(super) node: u16,
    pub(super) boundary: Option<Boundary>,
    /// The scope where it began.
    pub(super) before: Scope,
    /// For each context in which the called rule can end: the fewest tokens from there to the program's end.
    pub(super) rest: [u16; CONTEXTS],
}

impl Drop for Frame {
    /// Frees a long chain without recursion.
    fn drop(&mut self) {
        let mut next = self.parent.take();
        while let Some(mut frame) = next.and_then(Arc::into_inner) {
            next = frame.parent.take();
        }
    }
}

fn same_stack(mut a: &Stack, mut b: &Stack) -> bool {
    while let (Some(x), Some(y)) = (a, b) {
        if Arc::ptr_eq(x, y) {
            return true;
        }
        if x.node != y.node || x.boundary != y.boundary || x.before != y.before {
            return false;
        }
        (a, b) = (&x.parent, &y.parent);
    }
    a.is_none() && b.is_none()
}
