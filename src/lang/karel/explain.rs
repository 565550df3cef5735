//! What is wrong where the parser failed, said in the terms of the form that the source is written in.

use super::ast::{Action, Form, Test};
use super::check;
use super::grammar::Rule;
use crate::diagnostic::{Diagnostic, Span, codes, nearest};
use pest::error::{Error, ErrorVariant, InputLocation};

/// The words of the token form that are neither actions nor tests.
const TOKEN_WORDS: [&str; 19] = [
    "DEF", "run", "WHILE", "REPEAT", "IF", "IFELSE", "ELSE", "not", "m(", "m)", "c(", "c)", "w(", "w)", "r(", "r)",
    "i(", "i)", "e(",
];
/// Those of the readable form.
const READABLE_WORDS: [&str; 8] = ["def", "run", "while", "repeat", "if", "ifelse", "else", "not"];

/// The one mistake that the parser stumbled over.
pub fn explain(source: &str, error: &Error<Rule>, form: Form) -> Diagnostic {
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    match form {
        Form::Tokens => tokens(source, at),
        Form::Readable => readable(source, at, error),
    }
}

/// A word and its place.
type Word<'a> = (&'a str, Span);

/// The words of the token form up to `end`, without comments.
fn words(source: &str, end: usize) -> Vec<Word<'_>> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in source.split_inclusive('\n') {
        let code = line.split('#').next().unwrap_or_default();
        for word in code.split_ascii_whitespace() {
            let from = start + (word.as_ptr() as usize - line.as_ptr() as usize);
            if from < end {
                found.push((word, Span::new(from, from + word.len())));
            }
        }
        start += line.len();
    }
    found
}

/// Whether a word opens a block or a condition, and the word that closes it.
fn closer(word: &str) -> Option<&'static str> {
    Some(match word {
        "m(" => "m)",
        "c(" => "c)",
        "w(" => "w)",
        "r(" => "r)",
        "i(" => "i)",
        "e(" => "e)",
        _ => return None,
    })
}

fn is_closer(word: &str) -> bool {
    matches!(word, "m)" | "c)" | "w)" | "r)" | "i)" | "e)")
}

fn is_known(word: &str) -> bool {
    TOKEN_WORDS.contains(&word)
        || is_closer(word)
        || word.starts_with("R=")
        || Action::from_name(word).is_some()
        || Test::from_name(word).is_some()
}

/// What is wrong in the token form.
fn tokens(source: &str, at: usize) -> Diagnostic {
    let all = words(source, source.len());
    if all.is_empty() {
        return Diagnostic::error(codes::EMPTY, Span::new(0, 0), "there is no program here").help(SAMPLE);
    }
    // The parser may stop within a word.
    let number = all.iter().position(|(_, span)| (span.end as usize) > at).unwrap_or(all.len());
    let before = &all[..number];
    let mut open: Vec<Word> = Vec::new();
    for word in before {
        if closer(word.0).is_some() {
            open.push(*word);
        } else if is_closer(word.0) {
            open.pop();
        }
    }
    let wanted = expected(before, &open);
    let Some(&(word, span)) = all.get(number) else {
        let end = before.last().map_or(0, |word| word.1.end as usize);
        let error = Diagnostic::error(
            codes::UNBALANCED,
            Span::new(end, end),
            format!("the program ends where {wanted} is missing"),
        );
        return match open.last() {
            Some((opener, place)) => error.label(*place, format!("`{opener}` is never closed")),
            None => error,
        };
    };
    let last = before.last().copied().unwrap_or_default();
    if is_closer(word) {
        return match open.last() {
            None => Diagnostic::error(codes::UNBALANCED, span, format!("`{word}` closes nothing")),
            Some((opener, place)) if closer(opener) != Some(word) => {
                let message = format!("`{word}` does not close `{opener}`");
                let help = format!("{wanted} is expected here");
                Diagnostic::error(codes::UNBALANCED, span, message).label(*place, "this is open").help(help)
            }
            Some((opener, place)) if last.1 == *place && *opener != "c(" => check::empty(place.to(span)),
            _ => unexpected(word, span, &wanted),
        };
    }
    if !is_known(word) {
        let names = TOKEN_WORDS.into_iter().chain(names());
        return unknown(word, span, nearest(word, names), &wanted);
    }
    unexpected(word, span, &wanted)
}

const SAMPLE: &str = "a program is `DEF run m( move m)`, or `def run(): move()`";

fn names() -> impl Iterator<Item = &'static str> {
    Action::ALL.map(Action::name).into_iter().chain(Test::ALL.map(Test::name))
}

fn unexpected(word: &str, span: Span, wanted: &str) -> Diagnostic {
    Diagnostic::error(codes::SYNTAX, span, format!("`{word}` is not expected here"))
        .help(format!("{wanted} is expected"))
}

fn unknown(word: &str, span: Span, near: Option<&str>, wanted: &str) -> Diagnostic {
    let error = Diagnostic::error(codes::UNKNOWN_WORD, span, format!("`{word}` is no word of Karel"));
    let all = |names: [&str; 5]| names.map(|name| format!("`{name}`")).join(", ");
    match near {
        Some(near) => error.help(format!("there is `{near}`")),
        None if wanted == "a condition" => error.help(format!("the conditions are {}", all(Test::ALL.map(Test::name)))),
        None if wanted.starts_with("a statement") => {
            error.help(format!("the actions are {}", all(Action::ALL.map(Action::name))))
        }
        None => error.help(format!("{wanted} is expected")),
    }
}

/// What the words so far ask for.
fn expected(before: &[Word], open: &[Word]) -> String {
    let Some((last, _)) = before.last() else { return "`DEF`".to_owned() };
    let quoted = |word: &str| format!("`{word}`");
    let block = match open.last() {
        Some((opener, _)) => format!("a statement or {}", quoted(closer(opener).unwrap_or_default())),
        None => "the end".to_owned(),
    };
    match *last {
        "DEF" => quoted("run"),
        "run" => quoted("m("),
        "WHILE" | "IF" | "IFELSE" | "not" => quoted("c("),
        "REPEAT" => "a count such as `R=3`".to_owned(),
        "ELSE" => quoted("e("),
        "c(" => "a condition".to_owned(),
        "c)" => match opener_of_last(before) {
            Some("WHILE") => quoted("w("),
            Some("IF" | "IFELSE") => quoted("i("),
            _ => quoted("c)"),
        },
        "i)" if opener_of_last(before) == Some("IFELSE") => quoted("ELSE"),
        "m(" | "w(" | "r(" | "i(" | "e(" => "a statement".to_owned(),
        word if Test::from_name(word).is_some() => quoted("c)"),
        word if word.starts_with("R=") => quoted("r("),
        _ => block,
    }
}

/// The keyword that the bracket belongs to which the last word closes.
fn opener_of_last<'a>(before: &[Word<'a>]) -> Option<&'a str> {
    let mut depth = 0usize;
    for number in (0..before.len()).rev() {
        let word = before[number].0;
        if is_closer(word) {
            depth += 1;
        } else if closer(word).is_some() {
            depth -= 1;
            // Of `IFELSE c( .. c) i( .. i)` the condition stands between.
            if depth == 0 && before.get(number.checked_sub(1)?)?.0 != "c)" {
                return Some(before[number - 1].0);
            }
        }
    }
    None
}

/// What is wrong in the readable form.
fn readable(source: &str, at: usize, error: &Error<Rule>) -> Diagnostic {
    let start = source[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = source[start..].lines().next().unwrap_or_default();
    let code = line.split('#').next().unwrap_or_default().trim_end();
    let rest = source[at..].split('\n').next().unwrap_or_default();
    let rest = rest.split('#').next().unwrap_or_default();
    let from = at + rest.len() - rest.trim_start().len();
    let rest = rest.trim();
    let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    let length = length.max(rest.chars().next().map_or(0, char::len_utf8)).min(rest.len());
    let (word, span) = (&rest[..length], Span::new(from, from + length));
    let wanted = wanted(error);
    let indent = code.len() - code.trim_start().len();
    if Action::from_name(word).is_some()
        && !source[span.end as usize..].trim_start_matches([' ', '\t']).starts_with('(')
    {
        let error = Diagnostic::error(codes::SYNTAX, span, format!("`{word}` stands here without its brackets"));
        return error.help(format!("an action is written `{word}()`"));
    }
    if at <= start + indent && !code.trim().is_empty() {
        return indentation(source, start, Span::new(start, start + indent), span, word, &wanted);
    }
    if word.is_empty() {
        let end = start + code.len();
        let place = Span::new(end, end);
        if code.ends_with(':') {
            return check::empty(Span::new(start + indent, end));
        }
        return Diagnostic::error(codes::SYNTAX, place, "the line ends too early")
            .help(format!("{wanted} is expected"));
    }
    let known = READABLE_WORDS.contains(&word) || names().any(|name| name == word);
    if word.starts_with(|c: char| c.is_alphabetic()) && !known {
        let near = nearest(word, READABLE_WORDS.into_iter().chain(names()));
        return unknown(word, span, near, &wanted);
    }
    unexpected(word, span, &wanted)
}

/// A line that begins where none may begin.
fn indentation(source: &str, start: usize, indent: Span, span: Span, word: &str, wanted: &str) -> Diagnostic {
    let above = source[..start].lines().rev().map(|line| line.split('#').next().unwrap_or_default().trim_end());
    let above =
        above.map(|line| (line, line.as_ptr() as usize - source.as_ptr() as usize)).find(|line| !line.0.is_empty());
    let width = indent.end - indent.start;
    match above {
        Some((line, at)) if line.ends_with(':') => {
            let head = line.len() - line.trim_start().len();
            if width as usize <= head {
                let head = Span::new(at + head, at + line.len());
                return check::empty(head).label(span, "this is not indented further than its head");
            }
            unknown_or(word, span, wanted)
        }
        Some((line, _)) if line.len() - line.trim_start().len() != width as usize => {
            let message = "no block is indented like this line";
            Diagnostic::error(codes::INDENTATION, Span::new(indent.start as usize, span.end as usize), message)
                .help("the statements of a block begin in one column, with the same spaces or tabs")
        }
        _ => unknown_or(word, span, wanted),
    }
}

fn unknown_or(word: &str, span: Span, wanted: &str) -> Diagnostic {
    if READABLE_WORDS.contains(&word) || names().any(|name| name == word) {
        return unexpected(word, span, wanted);
    }
    unknown(word, span, nearest(word, READABLE_WORDS.into_iter().chain(names())), wanted)
}

/// What the parser would have taken, in words.
fn wanted(error: &Error<Rule>) -> String {
    let ErrorVariant::ParsingError { positives, .. } = &error.variant else { return "something else".into() };
    let mut wanted: Vec<&str> = positives
        .iter()
        .map(|rule| match rule {
            Rule::readable_statement | Rule::readable_action | Rule::action | Rule::suite => "a statement",
            Rule::readable_condition | Rule::readable_negation | Rule::test => "a condition",
            Rule::readable_count => "a count",
            Rule::colon => "`:`",
            Rule::else_part => "`else`",
            Rule::run_word => "`run`",
            Rule::readable_def => "`def`",
            Rule::EOI => "the end",
            _ => "another sign",
        })
        .collect();
    wanted.sort_unstable();
    wanted.dedup();
    if wanted.len() > 1 {
        wanted.retain(|word| !matches!(*word, "another sign" | "the end"));
    }
    wanted.join(" or ")
}
