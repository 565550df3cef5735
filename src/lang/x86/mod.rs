//! The x86-64 subset: [`parse`] (AT&T or Intel text to [`ast`]), [`encode`] and [`decode`] (machine code, by iced-x86),
//! [`lower`](lower()) (AST to IR), [`print`] (AST to text). Which instructions and operands there are stands in `subset`
//! and `forms`. Compilers' code comes by way of [`object`] (ELF files), [`lift`] (their functions) and [`call`].

pub mod ast;
mod build;
pub mod call;
mod decode;
mod encode;
pub mod forms;
pub mod lift;
mod lower;
mod machine;
pub mod object;
mod parse;
mod print;
mod runtime;
pub mod subset;

pub use build::branch;
pub use decode::{DecodeError, decode};
pub use encode::{EncodeError, encode};
pub use lower::{Frame, lower, state};
pub use machine::Machine;
pub use parse::parse;
pub use print::print;

use crate::diagnostic::Diagnostic;
use crate::ir;

/// RAM slots that a program gets where nothing says how many.
pub const SLOTS: u32 = 4;

/// Parses and lowers a source file, for a memory area of [`SLOTS`] slots.
pub fn compile(source: &str) -> Result<ir::Program, Vec<Diagnostic>> {
    lower(&parse(source, ast::Syntax::Att)?, Frame::of_slots(SLOTS))
}

/// The pest parser that is generated from the grammar files.
mod grammar {
    #![allow(missing_docs, reason = "generated code")]

    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/common.pest"]
    #[grammar = "../grammar/x86.pest"]
    pub struct X86Parser;
}
