//! The C subset: `parse` (text to [`ast`]), `check` (AST to [`hir`], every name resolved and every type known),
//! `lower` (HIR to IR), `print` (AST to canonical text).

pub mod ast;
