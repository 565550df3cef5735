//! What of a program its examples must show: each branch that can be taken, and each statement's effect.

use crate::diagnostic::Span;
use crate::exec::interp::{Interpreter, Stop};
use crate::exec::karel::Rows;
use crate::ir::FunctionId;
use crate::lang::karel::ast::{Block, Condition, Program, StatementKind};
use crate::lang::karel::{LowerOptions, TICKS, World, lower};

/// Gives each statement a place of its own, in order.
pub(super) fn number(block: &mut Block, next: &mut usize) {
    for statement in block {
        statement.span = Span::new(*next, *next + 1);
        *next += 1;
        match &mut statement.kind {
            StatementKind::Action(_) => {}
            StatementKind::While(_, body) | StatementKind::Repeat(_, body) | StatementKind::If(_, body) => {
                number(body, next);
            }
            StatementKind::IfElse(_, then, otherwise) => {
                number(then, next);
                number(otherwise, next);
            }
        }
    }
}

/// The condition of each numbered statement that has one, and whether it must both hold and fail: a loop's fails
/// wherever the loop ends.
pub(super) fn branches(block: &Block) -> Vec<Option<(Condition, bool)>> {
    let mut all = Vec::new();
    for statement in block {
        all.push(match statement.kind {
            StatementKind::While(condition, _) => Some((condition, false)),
            StatementKind::If(condition, _) | StatementKind::IfElse(condition, ..) => Some((condition, true)),
            StatementKind::Action(_) | StatementKind::Repeat(..) => None,
        });
        statement.blocks().for_each(|inner| all.extend(branches(inner)));
    }
    all
}

/// Whether something can be left out and all examples stay as they are.
pub(super) fn is_spurious(program: &Program, examples: &[(World, World)]) -> bool {
    let before = Rows::new(examples.iter().map(|(before, _)| before));
    let after = Rows::new(examples.iter().map(|(_, after)| after));
    let mut interpreter = Interpreter::default();
    let mut words = Vec::new();
    shorter(&program.body).into_iter().any(|body| {
        interpreter.load(&lower(&Program { body }, LowerOptions::default()));
        before.iter().zip(after.iter()).all(|(before, after)| {
            words.clear();
            words.extend_from_slice(before);
            interpreter.run_array(FunctionId(0), &mut words, TICKS) == Stop::Returned && words == after
        })
    })
}

/// The block without each of its runs of statements (pairs too, which may undo each other), and without each of those
/// within; an empty block is none, since there the statement around can be left out.
fn shorter(block: &Block) -> Vec<Block> {
    let mut all = Vec::new();
    for from in 0..block.len() {
        for to in from + 1..=block.len() {
            if to - from < block.len() {
                all.push([&block[..from], &block[to..]].concat());
            }
        }
        let mut replace = |kind: StatementKind| {
            let mut changed = block.clone();
            changed[from].kind = kind;
            all.push(changed);
        };
        match &block[from].kind {
            StatementKind::Action(_) => {}
            StatementKind::While(condition, body) => {
                shorter(body).into_iter().for_each(|body| replace(StatementKind::While(*condition, body)));
            }
            StatementKind::Repeat(count, body) => {
                shorter(body).into_iter().for_each(|body| replace(StatementKind::Repeat(*count, body)));
            }
            StatementKind::If(condition, body) => {
                shorter(body).into_iter().for_each(|body| replace(StatementKind::If(*condition, body)));
            }
            StatementKind::IfElse(condition, then, otherwise) => {
                let with = |then, otherwise| StatementKind::IfElse(*condition, then, otherwise);
                shorter(then).into_iter().for_each(|then| replace(with(then, otherwise.clone())));
                shorter(otherwise).into_iter().for_each(|otherwise| replace(with(then.clone(), otherwise)));
            }
        }
    }
    all
}
