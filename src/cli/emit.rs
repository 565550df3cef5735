//! `iocc emit`: prints one stage of a compilation.

use super::{Context, Failure, SourceLanguage, read_source};
use crate::diagnostic::{LineIndex, Source};
use crate::exec::jit::{Compiler, Effort, MachineCode};
use crate::lang::c;
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
    /// Machine code (not available yet)
    Bytes,
}

/// Prints the stage.
pub fn run(args: &Args, context: &Context) -> Result<u8, Failure> {
    let (source, _) = read_source(&args.file, args.language)?;
    let text = match args.stage {
        Stage::Tokens => tokens(&source, context.json)?,
        Stage::Ast => {
            let program = c::parse(&source.text).map_err(|errors| Failure::Diagnostics(source.clone(), errors))?;
            wrapped("ast", c::dump(&program, false), context.json)
        }
        Stage::Ir => {
            let program = c::compile(&source.text).map_err(|errors| Failure::Diagnostics(source.clone(), errors))?;
            wrapped("ir", crate::ir::print(&program), context.json)
        }
        Stage::Clif | Stage::Asm => {
            let program = c::compile(&source.text).map_err(|errors| Failure::Diagnostics(source.clone(), errors))?;
            let wrong = |error| super::run::uncompiled(&source, &error);
            let mut compiler = Compiler::new(Effort::Full).map_err(wrong)?;
            match args.stage {
                Stage::Clif => wrapped("clif", compiler.clif(&program), context.json),
                _ => wrapped("asm", disassembled(&compiler.machine_code(&program).map_err(wrong)?)?, context.json),
            }
        }
        Stage::Bytes => {
            return Err(Failure::new("the stage `bytes` is not available yet")
                .help("the stages that are there: tokens, ast, ir, clif, asm"));
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
fn tokens(source: &Source, as_json: bool) -> Result<String, Failure> {
    let lexer = Lexer::of("c").ok_or_else(|| Failure::new("no lexer for this language"))?;
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
