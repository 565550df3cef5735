//! Text to syntax tree: the generated parser, then [`super::build`]; what is wrong says [`super::explain`].

use super::ast::{Form, Program};
use super::grammar::{KarelParser, Rule};
use super::{build, explain};
use crate::diagnostic::{Diagnostic, Span, codes};
use pest::Parser;

/// Blocks within each other at most, as deep as the parser's stack surely reaches.
pub const NESTING: usize = 200;

/// Parses a whole source file; the form is told by its first word.
pub fn parse(source: &str) -> Result<Program, Vec<Diagnostic>> {
    if u32::try_from(source.len()).is_err() {
        return Err(vec![Diagnostic::error(codes::TOO_LARGE, Span::default(), "more than 4 GiB of source")]);
    }
    let form = form(source);
    if let Some(place) = too_deep(source, form) {
        let message = format!("more than {NESTING} blocks or brackets within each other");
        return Err(vec![Diagnostic::error(codes::TOO_DEEP, place, message)]);
    }
    let rule = match form {
        Form::Tokens => Rule::program,
        Form::Readable => Rule::readable_program,
    };
    match KarelParser::parse(rule, source) {
        Ok(mut pairs) => build::program(pairs.next().expect("a match is one pair")),
        Err(error) => Err(vec![explain::explain(source, &error, form)]),
    }
}

/// Comments and white space left out, the readable form begins with `def`.
fn form(source: &str) -> Form {
    let mut lines = source.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let word = |line: &str| line.split(|c: char| !c.is_ascii_alphanumeric()).next().map(str::to_owned);
    match lines.next().and_then(word).as_deref() {
        Some("def") => Form::Readable,
        _ => Form::Tokens,
    }
}

/// The place where a source nests deeper than the parser may recurse: brackets, lines that are indented more than those
/// above, heads on one line, and `not`s.
fn too_deep(source: &str, form: Form) -> Option<Span> {
    let mut open = 0usize;
    let mut indents: Vec<usize> = Vec::new();
    let mut start = 0;
    for line in source.split_inclusive('\n') {
        let code = line.split('#').next().unwrap_or_default();
        let indent = code.len() - code.trim_start().len();
        let mut inline = 0;
        if form == Form::Readable && !code.trim().is_empty() {
            while indents.last().is_some_and(|last| *last >= indent) {
                indents.pop();
            }
            indents.push(indent);
            inline = code.matches(':').count() + code.matches("not").count();
        }
        for (at, c) in code.char_indices() {
            match c {
                '(' => open += 1,
                ')' => open = open.saturating_sub(1),
                _ => {}
            }
            if open + indents.len() + inline > NESTING {
                return Some(Span::new(start + at, start + at + c.len_utf8()));
            }
        }
        start += line.len();
    }
    None
}
