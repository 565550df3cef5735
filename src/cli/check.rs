//! `iocc check`: parses and checks source files; tells what is wrong with them.

use super::file::place;
use super::{Context, EXIT_ERROR, Failure, SourceLanguage, read_source};
use crate::diagnostic::{Diagnostic, LineIndex, Severity, Source};
use crate::lang::{c, karel, x86};
use crate::task::Language;
use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;

/// Arguments of `iocc check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Source files; `-` is stdin
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The language, where the extension does not tell
    #[arg(long, value_enum)]
    language: Option<SourceLanguage>,
}

/// Checks each file; the exit code is 0 if none has an error.
pub fn run(args: &Args, context: &Context) -> Result<u8, Failure> {
    let mut wrong = false;
    let mut records = Vec::new();
    for path in &args.files {
        // One file that cannot be read does not keep the others from being checked.
        let (source, diagnostics) = match read_source(path, args.language) {
            Ok((source, language)) => {
                let diagnostics = diagnose(&source, language);
                (source, diagnostics)
            }
            Err(failure) => {
                context.fail(&failure);
                wrong = true;
                continue;
            }
        };
        wrong |= diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        if context.json {
            let lines = LineIndex::new(&source.text);
            records.extend(diagnostics.iter().map(|diagnostic| to_json(&source, &lines, diagnostic)));
        } else {
            context.report(&source, &diagnostics);
        }
    }
    if context.json {
        writeln!(std::io::stdout().lock(), "{}", Value::Array(records))?;
    }
    Ok(if wrong { EXIT_ERROR } else { 0 })
}

fn diagnose(source: &Source, language: Language) -> Vec<Diagnostic> {
    match language {
        Language::X86 => return x86::compile(&source.text).err().unwrap_or_default(),
        Language::Karel => return karel::compile(&source.text).err().unwrap_or_default(),
        Language::C => {}
    }
    match c::parse(&source.text).and_then(|program| c::check(&program)) {
        Ok(checked) => checked.warnings,
        Err(diagnostics) => diagnostics,
    }
}

/// A diagnostic for programs that read it: lines and columns from 1.
fn to_json(source: &Source, lines: &LineIndex, diagnostic: &Diagnostic) -> Value {
    let labels: Vec<Value> = diagnostic
        .labels
        .iter()
        .map(|label| {
            let mut record = place(source, lines, label.span);
            record["text"] = json!(label.text);
            record
        })
        .collect();
    json!({
        "file": source.name,
        "severity": if diagnostic.severity == Severity::Error { "error" } else { "warning" },
        "code": diagnostic.code.to_string(),
        "message": diagnostic.message,
        "labels": labels,
        "notes": diagnostic.notes,
        "help": diagnostic.help,
    })
}
