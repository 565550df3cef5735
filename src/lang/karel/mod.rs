//! Karel: [`parse`] (both forms to [`ast`]), [`check`], [`lower`](lower()) (AST to IR), [`print`] (AST to both forms),
//! and the worlds that programs run in: [`World`], its pictures ([`picture`], [`svg`]) and the fields and tensors of the
//! public data ([`public`]).

pub mod ast;
mod build;
mod check;
mod explain;
mod lower;
mod parse;
pub mod picture;
mod print;
pub mod public;
pub mod svg;
mod world;

pub use check::check;
pub use lower::{LowerOptions, lower};
pub use parse::parse;
pub use print::{print, print_condition};
pub use world::{Cell, Direction, Hero, LARGEST, MOST_MARKERS, SMALLEST, World, WorldError};

use crate::diagnostic::Diagnostic;
use crate::ir;

/// Ticks that a run of the public data set gets, as fuel: an action, a test and a turn of `REPEAT` take one each.
pub const TICKS: u64 = 200;
/// The largest count of `REPEAT`.
pub const MOST_TURNS: u32 = 19;

/// Parses, checks and lowers a source file, in either form.
pub fn compile(source: &str) -> Result<ir::Program, Vec<Diagnostic>> {
    let program = parse(source)?;
    check(&program)?;
    Ok(lower(&program, LowerOptions::default()))
}

/// The pest parser that is generated from the grammar files.
mod grammar {
    #![allow(missing_docs, reason = "generated code")]

    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/common.pest"]
    #[grammar = "../grammar/karel.pest"]
    pub struct KarelParser;
}
