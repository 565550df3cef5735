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

#[derive(Default)]
pub struct Scopes<'a> {
    bindings: Vec<Binding<'a>>,
    /// Where the innermost scope begins.
    innermost: usize,
    /// The number of the innermost scope, and for each scope that of the one around it.
    current: u32,
    around: Vec<u32>,
}

/// What [`Scopes::enter`] hands out and [`Scopes::leave`] takes back.
#[derive(Clone, Copy)]
pub struct Mark {
    length: usize,
    innermost: usize,
    current: u32,
}

impl<'a> Scopes<'a> {
    pub fn enter(&mut self) -> Mark {
        let mark = Mark { length: self.bindings.len(), innermost: self.innermost, current: self.current };
        self.innermost = self.bindings.len();
        self.around.push(self.current);
        self.current = self.around.len() as u32;
        mark
    }

    pub fn leave(&mut self, mark: Mark) {
        self.bindings.truncate(mark.length);
        self.innermost = mark.innermost;
        self.current = mark.current;
    }

    /// The number of the innermost scope; 0 is the file's.
    pub fn current(&self) -> u32 {
        self.current
    }

    /// Whether the scope of one number is the other, or around it.
    pub fn encloses(&self, outer: u32, inner: u32) -> bool {
        let mut scope = inner;
        while scope > outer {
            // Numbers grow inwards.
            scope = self.around[scope as usize - 1];
        }
        scope == outer
    }

    pub fn find(&self, name: &str) -> Option<Binding<'a>> {
        self.bindings.iter().rev().find(|binding| binding.name == name).copied()
    }

    /// What has this name in the innermost scope.
    pub fn find_here(&self, name: &str) -> Option<Binding<'a>> {
        self.bindings[self.innermost..].iter().rev().find(|binding| binding.name == name).copied()
    }

    /// How many names are in scope.
    pub fn depth(&self) -> usize {
        self.bindings.len()
    }

    pub fn declare(&mut self, binding: Binding<'a>) {
        self.bindings.push(binding);
    }

    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.bindings.iter().rev().map(|binding| binding.name)
    }
}
