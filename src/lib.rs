//! The Input/Output Compiler Collection: source files are input/output examples, output is a verified program.
//!
//! The modules and what each may use are listed in ARCHITECTURE.md; `tests/layering.rs` keeps that table true.
//! The library does no IO of its own except where a module says so (`corpus`, `task`, `model` read and write files
//! that they are handed) and prints nothing.

pub mod cli;
pub mod constrain;
pub mod corpus;
pub mod diagnostic;
pub mod eval;
pub mod exec;
pub mod ir;
pub mod lang;
#[cfg(feature = "torch")]
pub mod model;
#[cfg(feature = "query")]
pub mod query;
pub mod rank;
#[cfg(feature = "torch")]
pub mod retrain;
pub mod sample;
pub mod search;
pub mod selfplay;
pub mod store;
pub mod synth;
pub mod task;
pub mod token;
