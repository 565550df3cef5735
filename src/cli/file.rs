//! Reading the files that the user names; `-` is stdin.

use super::Failure;
use crate::diagnostic::{LineIndex, Source, Span};
use crate::task::Language;
use serde_json::{Value, json};
use std::io::Read;
use std::path::Path;

/// Nobody writes a program or a task of this size by hand.
const LARGEST_TEXT: u64 = 64 << 20;

/// `--language`, where the file's extension does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum SourceLanguage {
    /// The C subset (.c)
    C,
    /// The x86 subset (.s)
    X86,
    /// Karel (.karel)
    Karel,
}

impl From<SourceLanguage> for Language {
    fn from(language: SourceLanguage) -> Self {
        match language {
            SourceLanguage::C => Self::C,
            SourceLanguage::X86 => Self::X86,
            SourceLanguage::Karel => Self::Karel,
        }
    }
}

/// The kind of model that a configuration is for, as its `model` says; networks' configurations have none.
pub fn model_kind(configuration: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Kind {
        model: Option<String>,
    }
    toml::from_str::<Kind>(configuration).ok()?.model
}

/// Reads a text file, or stdin for `-`.
pub fn read_text(path: &Path) -> Result<Source, Failure> {
    let name = if is_stdin(path) { "<stdin>".to_owned() } else { path.display().to_string() };
    let mut bytes = Vec::new();
    let too_large = || Failure::new(format!("{name}: larger than {} MiB", LARGEST_TEXT >> 20));
    let read = if is_stdin(path) {
        std::io::stdin().lock().take(LARGEST_TEXT + 1).read_to_end(&mut bytes)
    } else {
        if path.is_dir() {
            return Err(Failure::new(format!("{name}: is a directory")));
        }
        std::fs::File::open(path).and_then(|file| file.take(LARGEST_TEXT + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| Failure::file(Path::new(&name), &error))?;
    if bytes.len() as u64 > LARGEST_TEXT {
        return Err(too_large());
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let line = 1 + error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|&&b| b == b'\n').count();
        Failure::new(format!("{name}:{line}: not UTF-8 text"))
    })?;
    // Some editors write a byte order mark; it is no part of the text.
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    };
    Ok(Source { name, text })
}

/// Reads a source file and finds its language, by `language` or else by the extension.
pub fn read_source(path: &Path, language: Option<SourceLanguage>) -> Result<(Source, Language), Failure> {
    let language = match language.map(Language::from) {
        Some(language) => language,
        None => language_of(path)?,
    };
    let source = read_text(path)?;
    Ok((source, language))
}

fn language_of(path: &Path) -> Result<Language, Failure> {
    if is_stdin(path) {
        return Ok(Language::C);
    }
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("c") => Ok(Language::C),
        Some("s") => Ok(Language::X86),
        Some("karel") => Ok(Language::Karel),
        _ => Err(Failure::new(format!("{}: cannot tell the language by the file's extension", path.display()))
            .help("name it with --language c|x86|karel, or use .c, .s or .karel")),
    }
}

pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// A place for programs that read it: line and column of its start, and its bytes.
pub(super) fn place(source: &Source, lines: &LineIndex, span: Span) -> Value {
    let (line, column) = lines.line_column(&source.text, span.start);
    json!({"line": line, "column": column, "start": span.start, "end": span.end})
}
