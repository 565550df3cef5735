//! Which names are in scope: a stack of bindings, searched from its end.

use crate::lang::c::hir::{GlobalId, LocalId};
use crate::lang::c::tree::Name;

#[derive(Clone, Copy)]
pub struct Binding<'a> {
    pub name: Name<'a>,
    pub means: Means,
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

#[derive(Default)]
pub struct Scopes<'a> {
    bindings: Vec<Binding<'a>>,
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

    pub fn find(&self, name: &Name<'_>) -> Option<Binding<'a>> {
        self.find_from(0, name)
    }

    /// What has this name in the innermost scope.
    pub fn find_here(&self, name: &Name<'_>) -> Option<Binding<'a>> {
        self.find_from(self.innermost, name)
    }

    #[inline]
    fn find_from(&self, start: usize, name: &Name<'_>) -> Option<Binding<'a>> {
        self.bindings[start..].iter().rev().find(|binding| binding.name.is(name)).copied()
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
        self.bindings.push(binding);
    }

    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.bindings.iter().rev().map(|binding| binding.name.text)
    }
}
