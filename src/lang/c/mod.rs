//! The C subset: [`parse`] (text to [`ast`]), [`check`](check::check) (AST to [`hir`], every name resolved and every
//! type known), [`lower`](lower::lower) (HIR to IR), [`print`] (AST to canonical text).

pub mod ast;
mod build;
mod parse;
mod print;

pub use parse::{parse, parse_signature};
pub use print::{print, print_signature};

/// The pest parser that is generated from the grammar files.
mod grammar {
    #![allow(missing_docs, reason = "generated code")]

    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/common.pest"]
    #[grammar = "../grammar/c.pest"]
    pub struct CParser;
}
