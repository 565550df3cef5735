//! Text to syntax tree: runs the generated parser and hands its pairs to the builder.

use super::ast;
use super::build::Builder;
use super::grammar::{CParser, Rule};
use crate::diagnostic::{Code, Diagnostic, Span};
use pest::Parser;
use pest::error::InputLocation;

/// Parses a whole source file.
pub fn parse(source: &str) -> Result<ast::Program, Vec<Diagnostic>> {
    let mut pairs = CParser::parse(Rule::program, source).map_err(|error| vec![syntax_error(&error)])?;
    let mut builder = Builder::default();
    let program = builder.program(pairs.next().expect("a match of `program` is one pair"));
    if builder.errors.is_empty() { Ok(program) } else { Err(builder.errors) }
}

/// Parses a function's head, as task files write it: `int * func_1(int a[])`.
pub fn parse_signature(text: &str) -> Result<ast::Signature, Vec<Diagnostic>> {
    let mut pairs = CParser::parse(Rule::signature, text).map_err(|error| vec![syntax_error(&error)])?;
    let mut builder = Builder::default();
    let signature = builder.signature(pairs.next().expect("a match of `signature` is one pair"));
    if builder.errors.is_empty() { Ok(signature) } else { Err(builder.errors) }
}

/// What pest could not read.
fn syntax_error(error: &pest::error::Error<Rule>) -> Diagnostic {
    let (start, end) = match error.location {
        InputLocation::Pos(at) => (at, at),
        InputLocation::Span((start, end)) => (start, end),
    };
    Diagnostic::error(Code(1), Span::new(start, end), "syntax error")
}
