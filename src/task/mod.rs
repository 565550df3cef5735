//! Tasks: examples of what a program must do, and the files they stand in (TOML for people, JSONL for machines, with
//! the same fields).

use crate::exec::Argument;
use crate::lang::c::ast::Signature;

/// The languages that a task can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// The C subset.
    C,
    /// The x86 subset.
    X86,
    /// Karel.
    Karel,
}

/// What one parameter holds after the run, where the example says so.
pub type Expected = Option<Argument>;

/// One input and the output that it must give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// One for each parameter, in order.
    pub input: Vec<Argument>,
    /// The expected return value of an `int` function; `None` where it is free (or for `int *` and `void`).
    pub returned: Option<i32>,
    /// The expected arrays after the call, one for each parameter; `None` where free.
    pub arrays: Vec<Expected>,
}

/// One task of the C language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its name in results; the file's stem where a TOML file gives none.
    pub id: String,
    /// The language asked for.
    pub language: Language,
    /// Default `int * func_1(int a[])`.
    pub signature: Signature,
    /// Given to the synthesiser.
    pub examples: Vec<Example>,
    /// Never shown to it; only `eval` reads it.
    pub held_out: Vec<Example>,
    /// The program that made the examples, where known; only `eval` reads it.
    pub source: Option<String>,
}
