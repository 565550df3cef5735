//! Which names are in scope: a stack of bindings, searched from its end.

use crate::diagnostic::Span;
use crate::lang::c::hir::LocalId;

#[derive(Clone, Copy)]
pub struct Binding<'a> {
    pub name: &'a str,
    pub local: LocalId,
    pub span: Span,
}

#[derive(Default)]
pub struct Scopes<'a> {
    bindings: Vec<Binding<'a>>,
    /// Where the innermost scope begins.
    innermost: usize,
}

/// What [`Scopes::enter`] hands out and [`Scopes::leave`] takes back.
#[derive(Clone, Copy)]
pub struct Mark {
    length: usize,
    innermost: usize,
}

impl<'a> Scopes<'a> {
    pub fn enter(&mut self) -> Mark {
        let mark = Mark { length: self.bindings.len(), innermost: self.innermost };
        self.innermost = self.bindings.len();
        mark
    }

    pub fn leave(&mut self, mark: Mark) {
        self.bindings.truncate(mark.length);
        self.innermost = mark.innermost;
    }

    pub fn find(&self, name: &str) -> Option<Binding<'a>> {
        self.bindings.iter().rev().find(|binding| binding.name == name).copied()
    }

    /// What has this name in the innermost scope.
    pub fn find_here(&self, name: &str) -> Option<Binding<'a>> {
        self.bindings[self.innermost..].iter().rev().find(|binding| binding.name == name).copied()
    }

    pub fn declare(&mut self, binding: Binding<'a>) {
        self.bindings.push(binding);
    }

    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.bindings.iter().rev().map(|binding| binding.name)
    }
}

/// The name that was probably meant: the nearest, if it is near for its length.
pub fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if wanted.len() > 64 {
        return None;
    }
    let most = wanted.chars().count().div_ceil(3).min(3);
    names
        .filter(|name| name.len().abs_diff(wanted.len()) <= 3 && *name != wanted)
        .map(|name| (distance(wanted, name), name))
        .filter(|&(distance, name)| distance <= most && distance < name.chars().count().max(wanted.chars().count()))
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, name)| name)
}

/// Edits from one to the other: insertions, deletions, replacements and swaps of neighbours.
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut rows: [Vec<usize>; 3] = [vec![0; right.len() + 1], (0..=right.len()).collect(), vec![0; right.len() + 1]];
    for i in 1..=left.len() {
        rows[2][0] = i;
        for j in 1..=right.len() {
            let replace = rows[1][j - 1] + usize::from(left[i - 1] != right[j - 1]);
            let mut best = replace.min(rows[1][j] + 1).min(rows[2][j - 1] + 1);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                best = best.min(rows[0][j - 2] + 1);
            }
            rows[2][j] = best;
        }
        rows.rotate_left(1);
    }
    rows[1][right.len()]
}
