//! What the grammar does not say, and what trees that were not parsed may get wrong: blocks are not empty, counts of
//! `REPEAT` and depth keep to their limits.

use super::MOST_TURNS;
use super::ast::{Block, Program, StatementKind};
use super::parse::NESTING;
use crate::diagnostic::{Diagnostic, Span, codes};

/// Mistakes reported in one run at most.
const MISTAKES: usize = 20;

/// Checks a program.
pub fn check(program: &Program) -> Result<(), Vec<Diagnostic>> {
    let mut errors = Vec::new();
    block(&program.body, Span::default(), 0, &mut errors);
    errors.truncate(MISTAKES);
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn block(statements: &Block, head: Span, depth: usize, errors: &mut Vec<Diagnostic>) {
    if depth > NESTING {
        let message = format!("more than {NESTING} blocks within each other");
        errors.push(Diagnostic::error(codes::TOO_DEEP, head, message));
        return;
    }
    if statements.is_empty() {
        errors.push(empty(head));
    }
    for statement in statements {
        if let StatementKind::Repeat(count, _) = statement.kind
            && count > MOST_TURNS
        {
            let message = format!("`REPEAT` turns at most {MOST_TURNS} times, not {count}");
            let error = Diagnostic::error(codes::REPEAT_COUNT, statement.span, message);
            errors.push(error.help("put one `REPEAT` into another: the counts multiply"));
        }
        for inner in statement.blocks() {
            block(inner, statement.span, depth + 1, errors);
        }
    }
}

/// A block without a statement, at its head.
pub fn empty(head: Span) -> Diagnostic {
    Diagnostic::error(codes::EMPTY_BLOCK, head, "a block must hold at least one statement")
        .help("leave the empty block out, or write what it is to do")
}
