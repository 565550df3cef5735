//! Syntax tree to [`hir`]: resolves names, knows types, and rejects what C leaves open ([`order`]). Several mistakes a
//! run. It is also run on every sampled program, so that scopes are vectors and the good path allocates little.

mod convert;
mod expression;
mod flow;
mod function;
mod global;
mod initial;
mod lvalue;
mod order;
mod pointer;
mod points;
mod scope;
mod statement;
mod switch;

use super::hir;
use super::integer::Integer;
use super::tree::{self as ast, borrow, with_arena};
use crate::diagnostic::{Code, Diagnostic, Severity, Span, codes};
use std::cell::Cell;
use std::collections::BTreeSet;

/// A program without mistakes, and what may still be said about it.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The program.
    pub program: hir::Program,
    /// Warnings.
    pub warnings: Vec<Diagnostic>,
}

/// Checks a program.
pub fn check(program: &super::ast::Program) -> Result<Checked, Vec<Diagnostic>> {
    with_arena(|arena| check_tree(&borrow(program, arena)))
}

/// Checks a program that lies in an arena.
pub fn check_tree(program: &ast::Program<'_>) -> Result<Checked, Vec<Diagnostic>> {
    let mut checker = Checker::new();
    for &include in program.includes {
        checker.report(
            Diagnostic::warning(codes::IGNORED, include, "`#include` is ignored")
                .note("there are no headers and no library functions"),
        );
    }
    checker.headers = !program.includes.is_empty();
    for declaration in program.declarations {
        checker.outside(declaration);
    }
    for function in program.functions {
        checker.function(function);
    }
    checker.settle_exposed();
    let (program, diagnostics) = checker.finish();
    if diagnostics.is_empty() {
        return Ok(Checked { program, warnings: diagnostics });
    }
    let (mut errors, warnings): (Vec<_>, Vec<_>) =
        diagnostics.into_iter().partition(|diagnostic| diagnostic.severity == Severity::Error);
    if errors.is_empty() {
        return Ok(Checked { program, warnings });
    }
    errors.extend(warnings);
    errors.sort_by_key(|error| error.labels.first().map(|label| label.span));
    Err(errors)
}

/// The type of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Integer(Integer),
    /// A pointer to elements of that type, which may be constant, or to arrays of them.
    Pointer {
        ty: Integer,
        constant: bool,
        rows: hir::Rows,
    },
    Void,
    /// Something is wrong with it, and that has been said.
    Unknown,
}

const INT: Type = Type::Integer(Integer::Int);

/// What is known of the functions so far.
struct Known<'a> {
    declared: &'a ast::Function<'a>,
    /// Bit `i`: it reads, or writes, elements of its parameter `i`.
    reads: u128,
    writes: u128,
    /// Globals that it reads and writes, itself or through others.
    globals_read: BTreeSet<hir::GlobalId>,
    globals_written: BTreeSet<hir::GlobalId>,
    /// What it returns may point to a global.
    returns_globals: bool,
}

struct Checker<'a> {
    program: hir::Program,
    diagnostics: Vec<Diagnostic>,
    functions: Vec<Known<'a>>,
    /// The function at hand: its number and locals.
    current: u32,
    locals: Vec<hir::Local>,
    /// The globals that it names.
    globals: Vec<hir::GlobalId>,
    points: points::Points,
    scopes: scope::Scopes<'a>,
    flow: flow::Flow,
    order: order::Order,
    switches: Vec<switch::Switch>,
    /// `if`, loops and the like in this function.
    branches: usize,
    /// Ids on their way into `hir::Program::lists`.
    pending: Vec<u32>,
    /// The local whose initial value is being computed.
    initializing: Option<hir::LocalId>,
    /// There are `#include` lines, so that `NULL` is known.
    headers: bool,
    /// Bytes of all globals so far.
    global_bytes: u64,
    /// Conflicts that are real if a pointer may point to the global.
    late: Vec<(hir::GlobalId, Diagnostic)>,
}

/// What a checker needs only while it checks; kept from program to program for its memory.
#[derive(Default)]
struct Memory {
    functions: Vec<Known<'static>>,
    points: points::Points,
    scopes: scope::Scopes<'static>,
    flow: flow::Flow,
    order: order::Order,
    pending: Vec<u32>,
}

thread_local! {
    static MEMORY: Cell<Memory> = Cell::default();
}

impl Checker<'_> {
    fn new() -> Self {
        let Memory { functions, points, scopes, flow, order, pending } = MEMORY.take();
        let (program, locals) = hir::Program::with_memory();
        Self {
            program,
            diagnostics: Vec::new(),
            functions,
            current: 0,
            locals,
            globals: Vec::new(),
            points,
            scopes,
            flow,
            order,
            switches: Vec::new(),
            branches: 0,
            pending,
            initializing: None,
            headers: false,
            global_bytes: 0,
            late: Vec::new(),
        }
    }

    /// What came of it.
    fn finish(self) -> (hir::Program, Vec<Diagnostic>) {
        let Self { program, diagnostics, mut functions, points, scopes, mut flow, mut order, mut pending, .. } = self;
        functions.clear();
        pending.clear();
        flow.reset();
        order.clear();
        // Nothing of it is left, but for the compiler these still borrow from the program that was checked.
        let functions = functions.into_iter().map(|_| unreachable!("it was cleared")).collect();
        let scopes = scopes.recycle();
        if program.expressions.len() <= hir::KEPT {
            MEMORY.set(Memory { functions, points, scopes, flow, order, pending });
        }
        (program, diagnostics)
    }
}

/// After so many mistakes no more similar names are looked for: nobody reads that far.
const SUGGESTED: usize = 100;

impl Checker<'_> {
    fn error(&mut self, code: Code, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        self.report(Diagnostic::error(code, span, message))
    }

    #[cold]
    fn report(&mut self, diagnostic: Diagnostic) -> &mut Diagnostic {
        self.diagnostics.push(diagnostic);
        self.diagnostics.last_mut().expect("it was pushed")
    }

    fn suggests(&self) -> bool {
        self.diagnostics.len() < SUGGESTED
    }

    /// Makes a list of what was pushed on `pending` since it had `from` entries.
    fn list(&mut self, from: usize) -> hir::List {
        let start = self.program.lists.len() as u32;
        self.program.lists.extend(self.pending.drain(from..));
        hir::List { start, length: self.program.lists.len() as u32 - start }
    }
}
