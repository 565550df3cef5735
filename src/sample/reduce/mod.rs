//! Shortens a program without changing what it does: cheap local rewrites, each accepted where the program still does
//! the same on the task's inputs and on fixed ones. The result is one canonical spelling as far as local search gets:
//! what a model learns from should spell one behaviour in one way.
//!
//! Length is counted as a model sees it ([`text::length`]): a negative constant is one token. No rewrite makes that
//! longer, and a rewrite that keeps it goes down in some order, so that the search ends.

mod edit;
mod linear;
mod loops;
mod normal;
mod passes;

use super::inputs::{self, Cells, PROBES};
use super::lanes::{Lanes, Snapshot};
use super::text;
use super::tree::Tree;
use crate::lang::c::ast;
use std::sync::LazyLock;

/// Inputs of the first, quick check; most wrong rewrites fail it.
const QUICK: usize = 16;
/// Inputs of the second check: the task's own, the probes of the behaviour hash, and more.
const FULL: usize = 256;
/// Rounds of all passes.
const ROUNDS: usize = 8;
/// Statements and loop tests a run may take.
const FUEL: u32 = 2_000;

/// Reduces programs; keeps its memory from one to the next.
#[derive(Default)]
pub struct Reducer {
    quick: Lanes<QUICK>,
    full: Lanes<FULL>,
}

/// The fixed inputs after the task's own: the probes, then others.
static FIXED: LazyLock<Vec<Cells>> = LazyLock::new(|| {
    let mut all = inputs::probes().to_vec();
    all.extend(inputs::fixed::<FULL>(0xF1).into_iter().filter(|input| !inputs::probes().contains(input)));
    all
});

impl Reducer {
    /// The program, shortened; `inputs` are those of its task. What is too long to run or already shortest comes back
    /// with canonical names alone.
    pub fn reduce(&mut self, tree: &Tree, inputs: &[Cells]) -> Tree {
        let named = edit::renumber(tree).unwrap_or_else(|| tree.clone());
        let Some(mut search) = Search::new(self, &named, inputs) else { return named };
        search.settle(ROUNDS, true);
        let reduced = edit::renumber(&search.tree).unwrap_or(search.tree);
        if text::length(&reduced) <= text::length(&named) { reduced } else { named }
    }

    /// The same for a syntax tree; `None` where that is not restricted C.
    pub fn reduce_program(&mut self, program: &ast::Program, inputs: &[Cells]) -> Option<ast::Program> {
        Some(self.reduce(&Tree::from_ast(program)?, inputs).to_ast())
    }
}

/// One reduction: the best tree so far, and what it must do.
struct Search<'a> {
    tree: Tree,
    quick: &'a mut Lanes<QUICK>,
    full: &'a mut Lanes<FULL>,
    inputs: Vec<Cells>,
    quick_wanted: Snapshot<QUICK>,
    full_wanted: Snapshot<FULL>,
    /// What a rewritten program may use.
    fuel: u32,
}

impl<'a> Search<'a> {
    fn new(reducer: &'a mut Reducer, tree: &Tree, given: &[Cells]) -> Option<Self> {
        let Reducer { quick, full } = reducer;
        let mut inputs: Vec<Cells> = given.iter().copied().take(FULL - PROBES).collect();
        inputs.extend(FIXED.iter().take(FULL - inputs.len()));
        quick.run(tree, &inputs[..QUICK], FUEL).ok()?;
        let quick_wanted = quick.snapshot();
        full.run(tree, &inputs, FUEL).ok()?;
        let full_wanted = full.snapshot();
        // Lanes part and meet again elsewhere in another spelling; a rewrite that loops without end is found soon.
        let fuel = (FUEL - full.fuel()) * 2 + 50;
        Some(Self { tree: tree.clone(), quick, full, inputs, quick_wanted, full_wanted, fuel })
    }

    /// Whether a tree does what the original did wherever that returned.
    fn same(&mut self, tree: &Tree) -> bool {
        edit::well_formed(tree)
            && self.quick.run(tree, &self.inputs[..QUICK], self.fuel).is_ok()
            && self.quick.agrees(&self.quick_wanted)
            && self.full.run(tree, &self.inputs, self.fuel).is_ok()
            && self.full.agrees(&self.full_wanted)
    }

    /// Takes a tree where it does the same.
    fn accept(&mut self, tree: Tree) -> bool {
        let same = self.same(&tree);
        if same {
            self.tree = tree;
        }
        same
    }

    /// Runs all passes until none changes anything.
    fn settle(&mut self, rounds: usize, unroll: bool) {
        for _ in 0..rounds {
            let before = self.tree.clone();
            self.normalise();
            self.statements();
            self.locals();
            self.values();
            self.headers();
            self.order();
            if self.tree == before && !(unroll && self.unroll()) {
                return;
            }
        }
    }

    /// Spells every statement in its canonical form.
    fn normalise(&mut self) {
        let normal = Tree { body: normal::body(&self.tree.body), names: self.tree.names.clone() };
        if normal != self.tree && text::length(&normal) <= text::length(&self.tree) {
            self.accept(normal);
        }
        if let Some(numbered) = edit::renumber(&self.tree) {
            self.tree = numbered;
        }
    }
}
