//! The little of C's preprocessor that the subset has: `#include` lines are blanked (there are no headers, and what
//! they would declare is not in the subset), and object-like macros are replaced, token by token, before the parser
//! sees the text. What was replaced keeps the span of the macro's name.

use super::scan::{Kind, Token};
use crate::diagnostic::{Diagnostic, Span, codes};
use std::borrow::Cow;
use std::collections::HashMap;

/// Bytes that macros may add, so that a small file does not become a huge one.
const GROWTH: usize = 1 << 20;
/// Macros within macros.
const DEPTH: usize = 64;

/// A source as the parser reads it.
pub struct Expanded<'a> {
    pub text: Cow<'a, str>,
    /// The `#include` lines.
    pub includes: Vec<Span>,
    /// Where pieces of the text come from, in order: offset here, offset in the source, and length of what was
    /// replaced there (0 where the text was copied). Empty where offsets are the same.
    pieces: Vec<(u32, u32, u32)>,
}

impl Expanded<'_> {
    /// Whether offsets differ from those of the source.
    pub fn moves(&self) -> bool {
        !self.pieces.is_empty()
    }

    /// A span of the expanded text in the source.
    pub fn source_span(&self, span: Span) -> Span {
        if self.pieces.is_empty() {
            return span;
        }
        let piece = |offset: u32| {
            let after = self.pieces.partition_point(|(start, ..)| *start <= offset);
            self.pieces[after.saturating_sub(1)]
        };
        let (start, from, replaced) = piece(span.start);
        let begin = if replaced > 0 { from } else { from + (span.start - start) };
        // The last byte tells where the end lies.
        let (start, from, replaced) = piece(span.end.max(1) - 1);
        let end = if replaced > 0 { from + replaced } else { from + (span.end - start) };
        Span { start: begin, end: end.max(begin) }
    }
}

/// Applies the directives of a source, whose tokens these are; `None` where it has none.
pub fn preprocess<'a>(text: &'a str, tokens: &[Token]) -> Result<Option<Expanded<'a>>, Vec<Diagnostic>> {
    if !tokens.iter().any(|token| token.kind == Kind::Directive) {
        return Ok(None);
    }
    let mut run =
        Run { text, macros: HashMap::new(), out: String::new(), pieces: Vec::new(), includes: Vec::new(), copied: 0 };
    let mut errors = Vec::new();
    for token in tokens {
        let result = match token.kind {
            Kind::Directive => run.directive(token.span),
            Kind::Word => run.word(token.span),
            _ => Ok(()),
        };
        errors.extend(result.err());
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    run.copy(text.len());
    let same =
        run.out.len() == text.len() && run.pieces.iter().all(|(here, there, replaced)| here == there && *replaced == 0);
    let pieces = if same { Vec::new() } else { run.pieces };
    Ok(Some(Expanded { text: Cow::Owned(run.out), includes: run.includes, pieces }))
}

struct Run<'a> {
    text: &'a str,
    /// The replacement of each macro.
    macros: HashMap<&'a str, &'a str>,
    out: String,
    pieces: Vec<(u32, u32, u32)>,
    includes: Vec<Span>,
    /// How far the source was copied.
    copied: usize,
}

impl<'a> Run<'a> {
    fn copy(&mut self, to: usize) {
        if self.copied < to {
            self.pieces.push((self.out.len() as u32, self.copied as u32, 0));
            self.out.push_str(&self.text[self.copied..to]);
            self.copied = to;
        }
    }

    fn directive(&mut self, span: Span) -> Result<(), Diagnostic> {
        let line = &self.text[span.start as usize..span.end as usize];
        let rest = line[1..].trim_start();
        let word = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or("");
        let rest = &rest[word.len()..];
        match word {
            "include" => self.includes.push(span),
            "define" => self.define(rest, span)?,
            "undef" => drop(self.macros.remove(rest.trim())),
            "" if rest.trim().is_empty() => {}
            _ => {
                let message = "preprocessor directives other than `#include` and `#define` are not in the subset";
                return Err(Diagnostic::error(codes::NOT_IN_SUBSET, span, message));
            }
        }
        // Blanks keep all offsets.
        self.copy(span.start as usize);
        self.out.extend(line.chars().flat_map(|c| std::iter::repeat_n(' ', c.len_utf8())));
        self.copied = span.end as usize;
        Ok(())
    }

    fn define(&mut self, rest: &'a str, span: Span) -> Result<(), Diagnostic> {
        let rest = rest.trim_start();
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (name, body) = rest.split_at(length);
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(Diagnostic::error(codes::SYNTAX, span, "a macro needs a name"));
        }
        if body.starts_with('(') {
            let message = "macros with parameters are not in the subset";
            return Err(Diagnostic::error(codes::NOT_IN_SUBSET, span, message).help("write a function"));
        }
        if body.trim_end().ends_with('\\') || body.contains('#') {
            let message = "macros of several lines, `#` and `##` are not in the subset";
            return Err(Diagnostic::error(codes::NOT_IN_SUBSET, span, message));
        }
        let body = body.split("//").next().unwrap_or("").trim();
        if body.contains("/*") {
            let message = "comments within macros are not in the subset";
            return Err(Diagnostic::error(codes::NOT_IN_SUBSET, span, message).help("put it on a line of its own"));
        }
        if let Some(known) = self.macros.insert(name, body)
            && known != body
        {
            let message = format!("the macro `{name}` is defined twice, with different values");
            return Err(Diagnostic::error(codes::REDECLARED, span, message));
        }
        Ok(())
    }

    fn word(&mut self, span: Span) -> Result<(), Diagnostic> {
        let name = &self.text[span.start as usize..span.end as usize];
        if !self.macros.contains_key(name) {
            return Ok(());
        }
        self.copy(span.start as usize);
        self.pieces.push((self.out.len() as u32, span.start, span.end - span.start));
        let mut active = Vec::new();
        if !self.expand(name, &mut active) {
            let message = format!("the macro `{name}` becomes too large");
            return Err(Diagnostic::error(codes::TOO_LARGE, span, message));
        }
        self.copied = span.end as usize;
        Ok(())
    }

    /// Appends what a macro stands for; a macro within itself stays, as in C. False where it becomes too much.
    fn expand(&mut self, name: &'a str, active: &mut Vec<&'a str>) -> bool {
        let Some(&body) = self.macros.get(name).filter(|_| !active.contains(&name)) else {
            self.out.push_str(name);
            return true;
        };
        if active.len() >= DEPTH || self.out.len() > self.text.len() + GROWTH {
            return false;
        }
        active.push(name);
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut rest = body;
        // White space at both ends keeps its tokens apart from their neighbours.
        self.out.push(' ');
        while let Some(first) = rest.chars().next() {
            let length = if matches!(first, '"' | '\'') {
                rest[1..].find(first).map_or(rest.len(), |at| at + 2)
            } else if word(first) {
                rest.find(|c| !word(c)).unwrap_or(rest.len())
            } else {
                first.len_utf8()
            };
            let (part, after) = rest.split_at(length);
            rest = after;
            if word(first) && !first.is_ascii_digit() {
                if !self.expand(part, active) {
                    return false;
                }
            } else {
                self.out.push_str(part);
            }
        }
        self.out.push(' ');
        active.pop();
        true
    }
}
