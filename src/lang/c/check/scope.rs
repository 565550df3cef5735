//! Which names are in scope: a stack of bindings, searched from its end.

use crate::diagnostic::Span;
use crate::lang::c::hir::{GlobalId, LocalId};

#[derive(Clone, Copy)]
pub struct Binding<'a> {
    pub name: &'a str,
    pub means: Means,
    pub span: Span,
}

/// What a name stands for.
#[derive(Clone, Copy)]
pub enum Means {
    /// A parameter or variable.
    Local(LocalId),
    /// A variable outside of functions, or a static one.
    Global(GlobalId),
    /// A constant of an enumeration.
    Constant(i32),
}

/// The first eight bytes of a name: tells most names apart without a look at their texts.
fn key(name: &str) -> u64 {
    name.bytes().take(SHORT).fold(0, |key, byte| key << 8 | u64::from(byte))
}

/// Up to so many bytes a key is the whole name, since no name has zeros in it.
const SHORT: usize = 8;

#[derive(Default)]
pub struct Scopes<'a> {
    /// Names with their keys.
    bindings: Vec<(u64, Binding<'a>)>,
    /// Where the innermost scope begins.
    innermost: usize,
    /// How deep the innermost scope lies; the file's is at 0.
    level: u32,
}

/// What [`Scopes::enter`] hands out and [`Scopes::leave`] takes back.
#[derive(Clone, Copy)]
pub struct Mark {
    length: usize,
    innermost: usize,
    level: u32,
}

impl<'a> Scopes<'a> {
    pub fn enter(&mut self) -> Mark {
        let mark = Mark { length: self.bindings.len(), innermost: self.innermost, level: self.level };
        self.innermost = self.bindings.len();
        self.level += 1;
        mark
    }

    pub fn leave(&mut self, mark: Mark) {
        self.bindings.truncate(mark.length);
        self.innermost = mark.innermost;
        self.level = mark.level;
    }

    /// How deep the innermost scope lies.
    pub fn level(&self) -> u32 {
        self.level
    }

    pub fn find(&self, name: &str) -> Option<Binding<'a>> {
        self.find_from(0, name)
    }

    /// What has this name in the innermost scope.
    pub fn find_here(&self, name: &str) -> Option<Binding<'a>> {
        self.find_from(self.innermost, name)
    }

    #[inline]
    fn find_from(&self, start: usize, name: &str) -> Option<Binding<'a>> {
        let wanted = key(name);
        let same = |(key, binding): &&(u64, Binding<'a>)| {
            *key == wanted && (name.len().max(binding.name.len()) <= SHORT || name == binding.name)
        };
        self.bindings[start..].iter().rev().find(same).map(|(_, binding)| *binding)
    }

    /// The same memory for other names.
    pub fn recycle<'b>(mut self) -> Scopes<'b> {
        self.bindings.clear();
        let bindings = self.bindings.into_iter().map(|_| unreachable!("it was cleared")).collect();
        Scopes { bindings, innermost: 0, level: 0 }
    }

    /// How many names are in scope.
    pub fn depth(&self) -> usize {
        self.bindings.len()
    }

    pub fn declare(&mut self, binding: Binding<'a>) {
        self.bindings.push((key(binding.name), binding));
    }

    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.bindings.iter().rev().map(|(_, binding)| binding.name)
    }
}
