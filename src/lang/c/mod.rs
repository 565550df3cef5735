//! The C subset: [`parse`] (text to [`ast`]), [`check`](check()) (AST to [`hir`], every name resolved and every type
//! known), [`lower`](lower()) (HIR to IR), [`print`](print()) (AST to canonical text).

pub mod ast;
mod build;
mod build_typed;
mod check;
mod dump;
mod explain;
pub mod hir;
mod integer;
mod lower;
mod parse;
mod preprocess;
mod print;
mod scan;
mod spans;
pub mod tree;

use crate::diagnostic::Diagnostic;
use crate::ir;

pub use check::{Checked, check, check_tree};
pub use dump::dump;
pub use lower::{LowerOptions, lower, lower_into, parameter_types};
pub use parse::{parse, parse_signature, recognize};
pub use print::{print, print_signature};

/// Parses, checks and lowers a source file; warnings are dropped.
pub fn compile(source: &str) -> Result<ir::Program, Vec<Diagnostic>> {
    let checked = check(&parse(source)?)?;
    Ok(lower(&checked.program, LowerOptions::default()))
}

/// The pest parser that is generated from the grammar files.
mod grammar {
    #![allow(missing_docs, reason = "generated code")]

    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/common.pest"]
    #[grammar = "../grammar/c.pest"]
    pub struct CParser;
}
