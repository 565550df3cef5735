//! Text to syntax tree: the generated parser, then [`super::build`].

use super::ast::{Program, Syntax};
use super::build::Builder;
use super::grammar::{Rule, X86Parser};
use crate::diagnostic::{Diagnostic, Span, codes};
use pest::Parser;
use pest::error::InputLocation;

/// Mistakes reported in one run at most.
const MISTAKES: usize = 20;

/// Parses a whole source file, in the syntax that a directive at its start names (`.intel_syntax`), else in `syntax`.
pub fn parse(source: &str, syntax: Syntax) -> Result<Program, Vec<Diagnostic>> {
    if u32::try_from(source.len()).is_err() {
        return Err(vec![Diagnostic::error(codes::TOO_LARGE, Span::default(), "more than 4 GiB of source")]);
    }
    let syntax = named(source).unwrap_or(syntax);
    let rule = match syntax {
        Syntax::Att => Rule::program,
        Syntax::Intel => Rule::intel_program,
    };
    match X86Parser::parse(rule, source) {
        Ok(mut pairs) => Builder::program(pairs.next().expect("a match is one pair")),
        Err(error) => {
            let at = match error.location {
                InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
            };
            Err(mistakes(source, at, rule, syntax))
        }
    }
}

/// The syntax that a directive before the first instruction names.
fn named(source: &str) -> Option<Syntax> {
    let lines = source.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', '/']));
    let first = lines.take(1).next()?;
    match first.split_whitespace().next()? {
        ".intel_syntax" => Some(Syntax::Intel),
        ".att_syntax" => Some(Syntax::Att),
        _ => None,
    }
}

/// What is wrong in the line at `at`, and in each later line that is wrong by itself.
fn mistakes(source: &str, at: usize, rule: Rule, syntax: Syntax) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut start = source[..at].rfind('\n').map_or(0, |end| end + 1);
    // What the parser did not expect may be the line before's fault, if the line is sound by itself.
    while start < source.len() && found.len() < MISTAKES {
        let end = source[start..].find('\n').map_or(source.len(), |end| start + end);
        let line = &source[start..end];
        if let Err(error) = X86Parser::parse(rule, line) {
            let at = match error.location {
                InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
            };
            found.push(explain(line, at, start, syntax));
        }
        start = end + 1;
    }
    if found.is_empty() {
        let end = source[at..].chars().next().map_or(at, |c| at + c.len_utf8());
        found.push(Diagnostic::error(codes::SYNTAX, Span::new(at, end), "this is no instruction"));
    }
    found
}

/// What is wrong at `at` in a line that begins at `start`.
fn explain(line: &str, at: usize, start: usize, syntax: Syntax) -> Diagnostic {
    let code = line.find(['#', ';']).map_or(line, |end| &line[..end]);
    let rest = line.get(at..).unwrap_or_default().trim_start();
    let from = line.len() - rest.len();
    let word = rest.find(|c: char| !(c.is_alphanumeric() || "._%$".contains(c))).map_or(rest.len(), |end| end.max(1));
    let word = if rest.is_char_boundary(word) { word } else { rest.chars().next().map_or(0, char::len_utf8) };
    let text = &rest[..word];
    let span = Span::new(start + from, start + from + word.max(1).min(line.len().max(from + 1) - from));
    let error = |message: String| Diagnostic::error(codes::SYNTAX, span, message);
    if text.starts_with('.') {
        let message = format!("the directive `{text}` is not in the subset");
        return Diagnostic::error(codes::NOT_IN_SUBSET, span, message)
            .help("a program is labels and instructions alone");
    }
    let bare = |(at, word): (usize, &str)| {
        let name = word.trim_end_matches(',');
        (at > 0 && super::subset::register(name).is_some()).then(|| (code.find(word).unwrap_or(0), name.len()))
    };
    if let (Syntax::Att, Some((at, length))) = (syntax, code.split_whitespace().enumerate().find_map(bare)) {
        let span = Span::new(start + at, start + at + length);
        let message = format!("a register is written `%{}`", &code[at..at + length]);
        return Diagnostic::error(codes::SYNTAX, span, message)
            .help("or write `.intel_syntax noprefix` in the first line");
    }
    match syntax {
        Syntax::Att if code.contains('[') => {
            error("square brackets are Intel syntax".into()).help("write `.intel_syntax noprefix` in the first line")
        }
        Syntax::Intel if code.contains(['%', '$']) => {
            error("`%` and `$` are AT&T syntax".into()).help("leave them out, or leave out `.intel_syntax`")
        }
        Syntax::Att if text.starts_with('*') => {
            Diagnostic::error(codes::NOT_IN_SUBSET, span, "jumps and calls through registers are not in the subset")
        }
        Syntax::Att if text.starts_with(|c: char| c.is_ascii_digit()) => {
            error(format!("a number as an operand is written `${text}`"))
        }
        _ if rest.is_empty() => error("the line ends where an operand is missing".into()),
        _ => error(format!("`{text}` is not expected here")),
    }
}
