//! Syntax tree to [`hir`]: resolves names, knows types, and rejects what C leaves open ([`order`]). Several mistakes a
//! run. It is also run on every sampled program, so that scopes are vectors and the good path allocates little.

mod convert;
mod expression;
mod flow;
mod function;
mod order;
mod scope;
mod statement;
mod switch;

use super::ast;
use super::hir;
use super::integer::Integer;
use crate::diagnostic::{Code, Diagnostic, Severity, Span, codes};

/// A program without mistakes, and what may still be said about it.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The program.
    pub program: hir::Program,
    /// Warnings.
    pub warnings: Vec<Diagnostic>,
}

/// Checks a program.
pub fn check(program: &ast::Program) -> Result<Checked, Vec<Diagnostic>> {
    let mut checker = Checker::default();
    for &include in &program.includes {
        checker.report(
            Diagnostic::warning(codes::IGNORED, include, "`#include` is ignored")
                .note("there are no headers and no library functions"),
        );
    }
    for enumeration in &program.enumerations {
        checker.enumeration(enumeration);
    }
    for function in &program.functions {
        checker.function(function);
    }
    let (mut errors, warnings): (Vec<_>, Vec<_>) =
        checker.diagnostics.into_iter().partition(|diagnostic| diagnostic.severity == Severity::Error);
    if errors.is_empty() {
        return Ok(Checked { program: checker.program, warnings });
    }
    errors.extend(warnings);
    errors.sort_by_key(|error| error.labels.first().map(|label| label.span));
    Err(errors)
}

/// The type of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Integer(Integer),
    /// A pointer to elements of that type, which may be constant.
    Array {
        ty: Integer,
        constant: bool,
    },
    Void,
    /// Something is wrong with it, and that has been said.
    Unknown,
}

const INT: Type = Type::Integer(Integer::Int);

/// What is known of the functions so far.
struct Known<'a> {
    declared: &'a ast::Function,
    /// Bit `i`: it reads, or writes, elements of its parameter `i`.
    reads: u128,
    writes: u128,
}

#[derive(Default)]
struct Checker<'a> {
    program: hir::Program,
    diagnostics: Vec<Diagnostic>,
    functions: Vec<Known<'a>>,
    /// The function at hand: its number and locals.
    current: u32,
    locals: Vec<hir::Local>,
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
}

/// After so many mistakes no more similar names are looked for: nobody reads that far.
const SUGGESTED: usize = 100;

impl Checker<'_> {
    fn error(&mut self, code: Code, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        self.report(Diagnostic::error(code, span, message))
    }

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
