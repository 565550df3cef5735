//! Text to syntax tree: scans ([`super::scan`]), runs the generated parser, and hands its pairs to the builder. Where
//! the parser fails, [`super::explain`] says why; the broken statement is then blanked out and the rest parsed again,
//! so that one run reports several mistakes.

use super::ast;
use super::build::Builder;
use super::explain::{Failure, Fix, Place, explain};
use super::grammar::{CParser, Rule};
use super::preprocess::preprocess;
use super::scan::{Token, scan};
use super::spans::move_spans;
use crate::diagnostic::{Diagnostic, Span, codes};
use pest::Parser;
use pest::error::InputLocation;
use pest::iterators::Pair;

/// Mistakes reported in one run at most.
const MISTAKES: usize = 20;
/// Bytes parsed again and again at most, so that a large broken file does not take minutes.
const REPEATED: usize = 4 << 20;

/// Parses a whole source file.
pub fn parse(source: &str) -> Result<ast::Program, Vec<Diagnostic>> {
    let tokens = tokens(source)?;
    let Some(expanded) = preprocess(source, &tokens)? else {
        return read(source, &tokens, Rule::program, Builder::program);
    };
    let in_source = |mut errors: Vec<Diagnostic>| {
        for error in &mut errors {
            error.labels.iter_mut().for_each(|label| label.span = expanded.source_span(label.span));
        }
        errors
    };
    let text = &*expanded.text;
    let tokens = self::tokens(text).map_err(in_source)?;
    let mut program = read(text, &tokens, Rule::program, Builder::program).map_err(in_source)?;
    if expanded.moves() {
        move_spans(&mut program, &|span| expanded.source_span(span));
    }
    program.includes = expanded.includes;
    Ok(program)
}

/// Whether the generated parser takes a source: what pest does of [`parse`], and nothing else, to be measured.
pub fn recognize(source: &str) -> bool {
    CParser::parse(Rule::program, source).is_ok()
}

/// Parses a function's head, as task files write it: `int * func_1(int a[])`.
pub fn parse_signature(text: &str) -> Result<ast::Signature, Vec<Diagnostic>> {
    const OTHERS: [&str; 6] = ["_Bool", "char", "long", "short", "signed", "unsigned"];
    let tokens = tokens(text)?;
    let word = |token: &Token| text.get(token.span.start as usize..token.span.end as usize).unwrap_or_default();
    if let Some(token) = tokens.iter().find(|token| OTHERS.contains(&word(token))) {
        let message = "in signatures, types other than `int` and arrays of it are not in the subset";
        return Err(vec![Diagnostic::error(codes::NOT_IN_SUBSET, token.span, message)]);
    }
    let signature = read(text, &tokens, Rule::signature, Builder::signature)?;
    let mut names: Vec<&str> = signature.parameters.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => {
            let span = text.rfind(pair[0]).map_or(Span::default(), |at| Span::new(at, at + pair[0].len()));
            let message = format!("two parameters are named `{}`", pair[0]);
            Err(vec![Diagnostic::error(codes::REDECLARED, span, message)])
        }
        None => Ok(signature),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, Vec<Diagnostic>> {
    if u32::try_from(text.len()).is_err() {
        return Err(vec![Diagnostic::error(codes::TOO_LARGE, Span::default(), "more than 4 GiB of source")]);
    }
    scan(text).map_err(|error| vec![error])
}

fn read<T>(
    text: &str,
    tokens: &[Token],
    rule: Rule,
    build: fn(&mut Builder, Pair<'_, Rule>) -> T,
) -> Result<T, Vec<Diagnostic>> {
    match CParser::parse(rule, text) {
        Ok(mut pairs) => {
            let mut builder = Builder::default();
            let tree = build(&mut builder, pairs.next().expect("a match is one pair"));
            if builder.errors.is_empty() { Ok(tree) } else { Err(builder.errors) }
        }
        Err(error) => {
            let at = where_it_fails(rule, text).unwrap_or_else(|| failure(&error));
            Err(mistakes(text, tokens, rule, at))
        }
    }
}

fn failure(error: &pest::error::Error<Rule>) -> Failure {
    let rule = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    Failure { rule, sign: error.parse_attempts().map_or(rule, |attempts| attempts.max_position.max(rule)) }
}

/// Parses again, now with an account of literals too. That account is switched on for the process, and for good:
/// switching it off could rob another thread of it; correct sources cost a little more from then on.
fn where_it_fails(rule: Rule, text: &str) -> Option<Failure> {
    pest::set_error_detail(true);
    CParser::parse(rule, text).err().map(|error| failure(&error))
}

/// Explains the mistake at `at`, and those that show once it is out of the way.
fn mistakes(text: &str, tokens: &[Token], rule: Rule, mut at: Failure) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut rest = text.to_owned();
    for round in 0..MISTAKES {
        // Blanked tokens are gone for the explanation too.
        let left: Vec<Token>;
        let (tokens, now) = if round == 0 {
            (tokens, text)
        } else {
            let Ok(scanned) = scan(&rest) else { break };
            left = scanned;
            (&left[..], rest.as_str())
        };
        let place = Place::new(now, tokens, at, rule == Rule::signature);
        if tokens.is_empty() && round > 0 {
            break;
        }
        let (mistake, fix) = explain(&place);
        // What blanking itself breaks is no mistake of the user.
        if !(round > 0 && mistake.code == codes::SYNTAX && place.is("else")) {
            found.push(mistake);
        }
        if !apply(&mut rest, fix) || text.len() * (round + 1) > REPEATED {
            break;
        }
        match CParser::parse(rule, &rest) {
            Err(error) => at = failure(&error),
            Ok(mut pairs) => {
                let mut builder = Builder::default();
                builder.program_errors(pairs.next().expect("a match is one pair"), rule);
                found.append(&mut builder.errors);
                break;
            }
        }
    }
    found.sort_by_key(|mistake| mistake.labels[0].span);
    found
}

/// Blanks or repairs a part of the text, keeping every offset. False if that changes nothing.
fn apply(text: &mut String, fix: Fix) -> bool {
    let (range, with) = match fix {
        Fix::None => return false,
        Fix::Semicolon(at) => (at..at + 1, ";"),
        Fix::Blank(range) => (range, ""),
        Fix::Statement(range) => (range, ";"),
    };
    if !text.is_char_boundary(range.start) || !text.is_char_boundary(range.end) || range.len() < with.len() {
        return false;
    }
    let blank = format!("{with}{}", " ".repeat(range.len() - with.len()));
    if text[range.clone()] == blank {
        return false;
    }
    text.replace_range(range, &blank);
    true
}
