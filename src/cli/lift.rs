//! `iocc lift`: machine code to assembly or IR. Of an object file one function with all that it calls, or a list of its
//! functions.

use super::emit::SyntaxName;
use super::{Context, Failure};
use crate::diagnostic::nearest;
use crate::ir;
use crate::lang::x86;
use crate::lang::x86::ast::Program;
use crate::lang::x86::lift::LiftError;
use crate::lang::x86::object::Image;
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;

/// Arguments of `iocc lift`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// An ELF object file (`gcc -c`), or a file of machine code and nothing else
    #[arg(value_name = "FILE", required_unless_present = "hex", conflicts_with = "hex")]
    file: Option<PathBuf>,
    /// The machine code in hexadecimal; spaces are ignored
    #[arg(long, value_name = "BYTES")]
    hex: Option<String>,
    /// The function of an object file to lift, with all that it calls; without it the functions are listed
    #[arg(long, value_name = "NAME", conflicts_with_all = ["hex", "address"])]
    entry: Option<String>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Stage::Asm)]
    stage: Stage,
    /// How assembly is written
    #[arg(long, value_enum, default_value_t = SyntaxName::Att)]
    syntax: SyntaxName,
    /// The address of the first byte, for messages
    #[arg(long, value_name = "ADDRESS", default_value_t = 0)]
    address: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Stage {
    /// Assembly
    Asm,
    /// The intermediate representation
    Ir,
}

/// Prints the program that the bytes are, or what an object file holds.
pub fn run(args: &Args, context: &Context) -> Result<u8, Failure> {
    let (name, bytes) = match (&args.file, &args.hex) {
        (Some(path), _) => {
            let bytes = std::fs::read(path).map_err(|error| Failure::file(path, &error))?;
            (path.display().to_string(), bytes)
        }
        (None, hex) => ("--hex".to_owned(), from_hex(hex.as_deref().unwrap_or_default())?),
    };
    if bytes.starts_with(b"\x7fELF") {
        return object(&name, &bytes, args, context);
    }
    if args.entry.is_some() {
        return Err(Failure::new(format!("{name}: only an ELF object file has functions to choose from")));
    }
    let program = x86::decode(&bytes, args.address).map_err(|error| Failure::new(format!("{name}: {error}")))?;
    written(&name, &program, x86::Frame::of_slots(x86::SLOTS), args, context)
}

/// Prints a program.
fn written(name: &str, program: &Program, frame: x86::Frame, args: &Args, context: &Context) -> Result<u8, Failure> {
    let (stage, text) = match args.stage {
        Stage::Asm => ("asm", x86::print(program, args.syntax.into())),
        Stage::Ir => {
            let lowered = x86::lower(program, frame);
            let program = lowered.map_err(|errors| Failure::new(format!("{name}: {}", errors[0].message)))?;
            ("ir", ir::print(&program))
        }
    };
    let mut out = std::io::stdout().lock();
    if context.json {
        writeln!(out, "{}", json!({stage: text}))?;
    } else {
        write!(out, "{text}")?;
    }
    Ok(0)
}

/// A function of an object file, or a list of all.
fn object(name: &str, bytes: &[u8], args: &Args, context: &Context) -> Result<u8, Failure> {
    let image = Image::read(bytes).map_err(|error| Failure::new(format!("{name}: {error}")))?;
    if let Some(entry) = &args.entry {
        let program = image.program(entry).map_err(|error| {
            let near = nearest(entry, image.functions().iter().map(|function| function.name.as_str()));
            let failure = Failure::new(format!("{name}: {error}"));
            match (error, near) {
                (LiftError::Unknown(_), Some(near)) => failure.help(format!("there is `{near}`")),
                _ => failure,
            }
        })?;
        return written(name, &program, Image::FRAME, args, context);
    }
    let mut out = std::io::stdout().lock();
    for function in image.functions() {
        let why = image.program(&function.name).err().map(|error| error.to_string());
        if context.json {
            let lifts = why.is_none();
            writeln!(
                out,
                "{}",
                json!({"function": function.name, "bytes": function.size, "lifts": lifts, "why": why})
            )?;
        } else {
            let what = why.unwrap_or_else(|| "lifts".to_owned());
            writeln!(out, "{} ({} bytes): {what}", function.name, function.size)?;
        }
    }
    Ok(0)
}

fn from_hex(text: &str) -> Result<Vec<u8>, Failure> {
    let digits: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    if let Some(other) = digits.iter().find(|c| !c.is_ascii_hexdigit()) {
        return Err(Failure::new(format!("--hex: `{other}` is no hexadecimal digit")));
    }
    if !digits.len().is_multiple_of(2) {
        return Err(Failure::new("--hex: an odd number of digits").help("each byte is two digits"));
    }
    let digit = |c: char| c.to_digit(16).unwrap_or(0) as u8;
    Ok(digits.chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect())
}
