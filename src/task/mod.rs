//! Tasks: examples of what a program must do, and the files they stand in (TOML for people, JSONL for machines, with
//! the same fields).
//!
//! [`parse_toml`] and [`parse_json`] read a text that they are handed, [`to_json`] writes; a task that was read is
//! whole: at least one example, every argument of the kind and size that the signature asks for, no contradictions.

mod json;
pub mod karel;
mod read;
#[cfg(test)]
mod tests;
mod toml;
mod value;
pub mod x86;

pub use json::{
    LineError, ParseInputError, examples_to_json, input_from_json, input_from_value, input_to_json, machine_from_json,
    machine_from_value, output_to_json, parse_json, returned_to_json, to_json,
};
pub use read::codes;
pub use toml::parse_toml;

use crate::exec::{Argument, Outcome};
use crate::lang::c::ast::{ParameterKind, ReturnType, Signature};
use std::fmt;

/// The signature of a C task that gives none, as task files write it.
pub const DEFAULT_SIGNATURE: &str = "int * func_1(int a[])";
/// The elements of the array of the default signature.
pub const DEFAULT_LENGTH: usize = 5;

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

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::C => "C",
            Self::X86 => "x86",
            Self::Karel => "Karel",
        })
    }
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

impl Example {
    /// Whether a run that gave `outcome` and left `arguments` did what the example asks for.
    pub fn accepts(&self, outcome: &Outcome, arguments: &[Argument]) -> bool {
        let Outcome::Returned(values) = outcome else { return false };
        let returned = self.returned.is_none_or(|wanted| values.first() == Some(&i64::from(wanted)));
        returned
            && self.arrays.len() == arguments.len()
            && self.arrays.iter().zip(arguments).all(|(wanted, left)| wanted.as_ref().is_none_or(|it| it == left))
    }

    /// Whether no program can satisfy both: same input, and outputs that differ where both say something.
    pub fn contradicts(&self, other: &Self) -> bool {
        fn differ<T: PartialEq>(left: Option<&T>, right: Option<&T>) -> bool {
            matches!((left, right), (Some(left), Some(right)) if left != right)
        }
        self.input == other.input
            && (differ(self.returned.as_ref(), other.returned.as_ref())
                || self.arrays.iter().zip(&other.arrays).any(|(left, right)| differ(left.as_ref(), right.as_ref())))
    }
}

/// A task of any language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnyTask {
    /// Of C.
    C(Task),
    /// Of x86.
    X86(x86::Task),
    /// Of Karel.
    Karel(karel::Task),
}

impl AnyTask {
    /// Its name in results.
    pub fn id(&self) -> &str {
        match self {
            Self::C(task) => &task.id,
            Self::X86(task) => &task.id,
            Self::Karel(task) => &task.id,
        }
    }

    /// The language asked for.
    pub fn language(&self) -> Language {
        match self {
            Self::C(_) => Language::C,
            Self::X86(_) => Language::X86,
            Self::Karel(_) => Language::Karel,
        }
    }

    /// The program that made the examples, where known.
    pub fn source(&self) -> Option<&str> {
        match self {
            Self::C(task) => task.source.as_deref(),
            Self::X86(task) => task.source.as_deref(),
            Self::Karel(task) => task.source.as_deref(),
        }
    }

    /// How many examples are given, and how many held out.
    pub fn counts(&self) -> (usize, usize) {
        match self {
            Self::C(task) => (task.examples.len(), task.held_out.len()),
            Self::X86(task) => (task.examples.len(), task.held_out.len()),
            Self::Karel(task) => (task.examples.len(), task.held_out.len()),
        }
    }

    /// The task of C, if it is one.
    pub fn into_c(self) -> Option<Task> {
        match self {
            Self::C(task) => Some(task),
            Self::X86(_) | Self::Karel(_) => None,
        }
    }

    /// The task of x86, if it is one.
    pub fn into_x86(self) -> Option<x86::Task> {
        match self {
            Self::X86(task) => Some(task),
            Self::C(_) | Self::Karel(_) => None,
        }
    }

    /// The task of Karel, if it is one.
    pub fn into_karel(self) -> Option<karel::Task> {
        match self {
            Self::Karel(task) => Some(task),
            Self::C(_) | Self::X86(_) => None,
        }
    }
}

/// One task of the C language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its name in results; the file's stem where a TOML file gives none.
    pub id: String,
    /// Default `int * func_1(int a[])`.
    pub signature: Signature,
    /// Given to the synthesiser.
    pub examples: Vec<Example>,
    /// Never shown to it; only `eval` reads it.
    pub held_out: Vec<Example>,
    /// The program that made the examples, where known; only `eval` reads it.
    pub source: Option<String>,
}

impl Task {
    /// What a synthesiser may see: the task without `held_out` and `source`.
    pub fn given(&self) -> Self {
        Self { held_out: Vec::new(), source: None, ..self.clone() }
    }
}

/// `int * func_1(int a[])`, the signature of a C task that gives none.
pub fn default_signature() -> Signature {
    Signature {
        returns: ReturnType::IntPointer,
        name: "func_1".into(),
        parameters: vec![("a".into(), ParameterKind::Array(None))],
    }
}

/// Whether examples of this signature are written as plain lists.
pub fn is_default_signature(signature: &Signature) -> bool {
    *signature == default_signature()
}
