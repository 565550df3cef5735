//! The generated parser's pairs to the syntax tree, for both forms.

use super::ast::{Action, Block, Condition, Program, Statement, StatementKind, Test};
use super::grammar::Rule;
use crate::diagnostic::{Diagnostic, codes};
use crate::lang::span;
use pest::iterators::Pair;

/// The program of a parsed file, or what the grammar lets pass and no tree can hold.
pub fn program(pair: Pair<'_, Rule>) -> Result<Program, Vec<Diagnostic>> {
    let mut builder = Builder::default();
    let body = pair.into_inner().flat_map(|item| match item.as_rule() {
        Rule::function => item.into_inner().find(|inner| inner.as_rule() == Rule::block),
        Rule::suite => Some(item),
        _ => None,
    });
    let body = body.map(|block| builder.block(block)).next().unwrap_or_default();
    if builder.errors.is_empty() { Ok(Program { body }) } else { Err(builder.errors) }
}

#[derive(Default)]
struct Builder {
    errors: Vec<Diagnostic>,
}

impl Builder {
    fn block(&mut self, pair: Pair<'_, Rule>) -> Block {
        let wanted = |item: &Pair<'_, Rule>| matches!(item.as_rule(), Rule::statement | Rule::readable_statement);
        pair.into_inner()
            .filter(wanted)
            .filter_map(|item| item.into_inner().next())
            .map(|item| self.statement(item))
            .collect()
    }

    fn statement(&mut self, pair: Pair<'_, Rule>) -> Statement {
        let (rule, mut place) = (pair.as_rule(), span(&pair));
        if matches!(rule, Rule::action | Rule::readable_action) {
            return Statement { kind: StatementKind::Action(action(pair.as_str())), span: place };
        }
        let mut head = None;
        let (mut condition, mut count, mut with_else) = (None, 0, false);
        let mut blocks = Vec::new();
        for part in pair.into_inner() {
            // The head ends where the first block begins.
            match part.as_rule() {
                Rule::condition | Rule::readable_condition => {
                    head = Some(span(&part));
                    condition = Some(read_condition(part));
                }
                Rule::count | Rule::readable_count => {
                    head = Some(span(&part));
                    count = self.count(&part);
                }
                Rule::if_else_word | Rule::readable_if_else_word => {
                    with_else = true;
                    head = Some(span(&part));
                }
                Rule::block | Rule::suite => blocks.push(self.block(part)),
                Rule::else_part => {
                    let suite = part.into_inner().find(|inner| inner.as_rule() == Rule::suite);
                    blocks.extend(suite.map(|suite| self.block(suite)));
                }
                _ => {}
            }
        }
        if let Some(head) = head {
            place.end = head.end;
        }
        if with_else && blocks.len() < 2 {
            let error = Diagnostic::error(codes::NO_ELSE, place, "this `ifelse` has no `else`");
            let help = "write `if`, or an `else:`; on one line an `else` belongs to the nearest `if` before it";
            self.errors.push(error.help(help));
        }
        let mut blocks = blocks.into_iter();
        let first = blocks.next().unwrap_or_default();
        let kind = match (condition, blocks.next()) {
            (None, _) => StatementKind::Repeat(count, first),
            (Some(condition), Some(second)) => StatementKind::IfElse(condition, first, second),
            (Some(condition), None) if matches!(rule, Rule::while_statement | Rule::readable_while) => {
                StatementKind::While(condition, first)
            }
            (Some(condition), None) => StatementKind::If(condition, first),
        };
        Statement { kind, span: place }
    }

    /// A number; what is beyond all bounds is told here, what is merely too large by the check.
    fn count(&mut self, pair: &Pair<'_, Rule>) -> u32 {
        let digits = pair.as_str().trim_start_matches("R=");
        digits.parse().unwrap_or_else(|_| {
            let error = Diagnostic::error(codes::REPEAT_COUNT, span(pair), "nothing is repeated so often");
            self.errors.push(error.help(format!("a count is a number from 0 to {}", super::MOST_TURNS)));
            0
        })
    }
}

/// The action that a statement's text begins with.
fn action(text: &str) -> Action {
    Action::from_name(word(text)).expect("the grammar has the same words")
}

/// A condition in either form: some `not`, and one test.
fn read_condition(pair: Pair<'_, Rule>) -> Condition {
    let mut condition = Condition { test: Test::FrontIsClear, negations: 0 };
    for part in pair.into_inner().flatten() {
        match part.as_rule() {
            Rule::not_word => condition.negations += 1,
            Rule::test => {
                condition.test = Test::from_name(word(part.as_str())).expect("the grammar has the same words")
            }
            _ => {}
        }
    }
    condition
}

/// The letters that a text begins with.
fn word(text: &str) -> &str {
    text.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default()
}
