//! `iocc emit`: prints one stage of a compilation.

use super::{Context, Failure, SourceLanguage, read_source};
use crate::diagnostic::{LineIndex, Source};
use crate::exec::jit::{Compiler, Effort, MachineCode};
use crate::ir;
use crate::lang::karel::ast::Form;
use crate::lang::x86::ast::Syntax;
use crate::lang::{c, karel, x86};
use crate::task::Language;
use crate::token::{Lexer, TokenKind};
use serde_json::{Value, json};
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// Arguments of `iocc emit`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Source file; `-` is stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What to print
    #[arg(long, value_enum)]
    stage: Stage,
    /// The language, where the extension does not tell
    #[arg(long, value_enum)]
    language: Option<SourceLanguage>,
    /// How x86 programs are read and printed; `.intel_syntax` in a file wins where it is read
    #[arg(long, value_enum, default_value_t = SyntaxName::Att)]
    syntax: SyntaxName,
    /// How the tree of a Karel program is printed
    #[arg(long, value_enum, default_value_t = FormName::Tokens)]
    form: FormName,
}

/// The two ways to write Karel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum FormName {
    /// `DEF run m( move m)`
    Tokens,
    /// `def run(): move()`
    Readable,
}

impl From<FormName> for Form {
    fn from(name: FormName) -> Self {
        match name {
            FormName::Tokens => Self::Tokens,
            FormName::Readable => Self::Readable,
        }
    }
}

/// The two ways to write x86 assembly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum SyntaxName {
    /// `addl $2, %ecx`
    Att,
    /// `add ecx, 2`
    Intel,
}

impl From<SyntaxName> for Syntax {
    fn from(name: SyntaxName) -> Self {
        match name {
            SyntaxName::Att => Self::Att,
            SyntaxName::Intel => Self::Intel,
        }
    }
}

/// The stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Stage {
    /// The tokens
    Tokens,
    /// The syntax tree
    Ast,
    /// The intermediate representation
    Ir,
    /// Cranelift's intermediate representation
    Clif,
    /// The machine code that `run --engine jit` runs, as assembly
    Asm,
    /// The machine code of an x86 program, in hexadecimal
    Bytes,
}

/// Prints the stage.
pub fn run(args: &Args, context: &Context) -> Result<u8, Failure> {
    let (source, language) = read_source(&args.file, args.language)?;
    let told = |errors| Failure::Diagnostics(source.clone(), errors);
    // What is to be printed in Intel syntax may be written in AT&T's.
    let assembly = || {
        let read = x86::parse(&source.text, args.syntax.into());
        read.or_else(|errors| x86::parse(&source.text, Syntax::Att).map_err(|_| errors)).map_err(told)
    };
    let lowered = || -> Result<ir::Program, Failure> {
        match language {
            Language::X86 => x86::lower(&assembly()?, x86::Frame::of_slots(x86::SLOTS)).map_err(told),
            Language::Karel => karel::compile(&source.text).map_err(told),
            Language::C => c::compile(&source.text).map_err(told),
        }
    };
    let text = match args.stage {
        Stage::Tokens => tokens(&source, language, context.json)?,
        Stage::Ast if language == Language::X86 => {
            wrapped("ast", x86::print(&assembly()?, args.syntax.into()), context.json)
        }
        Stage::Ast if language == Language::Karel => {
            let program = karel::parse(&source.text).map_err(told)?;
            let text = karel::print(&program, args.form.into());
            wrapped("ast", format!("{}\n", text.trim_end()), context.json)
        }
        Stage::Ast => wrapped("ast", c::dump(&c::parse(&source.text).map_err(told)?, false), context.json),
        Stage::Ir => wrapped("ir", ir::print(&lowered()?), context.json),
        Stage::Clif | Stage::Asm => {
            let program = lowered()?;
            let wrong = |error| super::run::uncompiled(&source, &error);
            let mut compiler = Compiler::new(Effort::Full).map_err(wrong)?;
            match args.stage {
                Stage::Clif => wrapped("clif", compiler.clif(&program), context.json),
                _ => wrapped("asm", disassembled(&compiler.machine_code(&program).map_err(wrong)?)?, context.json),
            }
        }
        Stage::Bytes if language == Language::X86 => {
            let (bytes, _) =
                x86::encode(&assembly()?, 0).map_err(|error| Failure::new(format!("{}: {error}", source.name)))?;
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            wrapped("bytes", if context.json { hex } else { format!("{hex}\n") }, context.json)
        }
        Stage::Bytes => {
            return Err(Failure::new("the stage `bytes` is there for x86 programs only")
                .help("the machine code that a C program is compiled to is shown by `--stage asm`"));
        }
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(0)
}

#[cfg(target_arch = "x86_64")]
fn disassembled(functions: &[MachineCode]) -> Result<String, Failure> {
    Ok(crate::exec::jit::disassemble(functions))
}

#[cfg(not(target_arch = "x86_64"))]
fn disassembled(_: &[MachineCode]) -> Result<String, Failure> {
    Err(Failure::new("the stage `asm` is there for x86-64 only"))
}

/// The text as it is, or as the one field of a JSON object.
fn wrapped(stage: &str, text: String, as_json: bool) -> String {
    if as_json { format!("{}\n", json!({stage: text})) } else { text }
}

/// One token a line: place, kind, text.
fn tokens(source: &Source, language: Language, as_json: bool) -> Result<String, Failure> {
    let lexer = Lexer::of(language.name()).ok_or_else(|| Failure::new("no lexer for this language"))?;
    let lines = LineIndex::new(&source.text);
    let mut records = Vec::new();
    let mut text = String::new();
    for token in lexer.tokens(&source.text) {
        let (line, column) = lines.line_column(&source.text, token.span.start);
        let kind = match token.kind {
            TokenKind::Keyword => "keyword",
            TokenKind::Identifier => "identifier",
            TokenKind::Number => "number",
            TokenKind::Punctuation => "punctuation",
            TokenKind::Unknown => "unknown",
        };
        if as_json {
            records.push(json!({"text": token.text, "kind": kind, "line": line, "column": column}));
        } else {
            let position = format!("{line}:{column}");
            text.push_str(&format!("{position:<8} {kind:<12} {}\n", token.text));
        }
    }
    Ok(if as_json { format!("{}\n", Value::Array(records)) } else { text })
}
