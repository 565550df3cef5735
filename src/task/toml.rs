//! Task files for people: TOML, where an unknown field is an error.

use super::read::{Reader, codes};
use super::value::{Kind, Node, fields};
use super::{AnyTask, Language};
use crate::diagnostic::{Diagnostic, Span};
use toml::de::DeTable;

/// Reads a TOML task. `id` is its name where the file gives none.
pub fn parse_toml(text: &str, id: &str) -> Result<AnyTask, Vec<Diagnostic>> {
    let whole = Span::new(0, text.len());
    if text.trim().is_empty() {
        let error = Diagnostic::error(codes::SYNTAX, Span::new(0, 0), "the task file is empty");
        return Err(vec![error.help("a task has a language and examples; corpus/tasks/ has samples")]);
    }
    let table = DeTable::parse(text).map_err(|error| vec![syntax_error(&error, text)])?;
    let node = Node { span: whole, kind: Kind::Table(fields(table.get_ref())) };
    let mut reader = Reader::new(true, Span::new(0, 0));
    let task = reader.task(&node, id);
    reader.finish(task)
}

fn syntax_error(error: &toml::de::Error, text: &str) -> Diagnostic {
    let range = error.span().unwrap_or(0..0);
    let message = error.message().lines().collect::<Vec<_>>().join(", ");
    let diagnostic =
        Diagnostic::error(codes::SYNTAX, Span::new(range.start, range.end), format!("not TOML: {message}"));
    if text.trim_start().starts_with('{') {
        return diagnostic
            .help("this looks like JSONL; many tasks are read with `--tasks FILE.jsonl -o RESULTS.jsonl`");
    }
    diagnostic
}

impl Language {
    /// The language of that name in task files.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "c" => Some(Self::C),
            "x86" => Some(Self::X86),
            "karel" => Some(Self::Karel),
            _ => None,
        }
    }
}
