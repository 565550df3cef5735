//! Proof by execution: the one place where a program is called right.

pub mod c;
pub mod karel;
pub mod x86;

use crate::task::{self, AnyTask, Task};
use crate::token::Lexer;

/// A task whose examples a program can be run on.
pub trait Provable {
    /// The language's name.
    const LANGUAGE: &'static str;

    /// How many examples are given.
    fn given(&self) -> usize;

    /// How many of the given and of the held-out examples a program satisfies; `None` where it does not compile.
    fn matched(&self, program: &str) -> Option<(usize, usize)>;
}

impl Provable for Task {
    const LANGUAGE: &'static str = "c";

    fn given(&self) -> usize {
        self.examples.len()
    }

    fn matched(&self, program: &str) -> Option<(usize, usize)> {
        let mut runnable = c::Runnable::new(program, &self.signature).ok()?;
        Some((runnable.matched(&self.examples), runnable.matched(&self.held_out)))
    }
}

impl Provable for task::x86::Task {
    const LANGUAGE: &'static str = "x86";

    fn given(&self) -> usize {
        self.examples.len()
    }

    fn matched(&self, program: &str) -> Option<(usize, usize)> {
        let mut runnable = x86::Runnable::new(program, self.slots()).ok()?;
        Some((runnable.matched(&self.examples), runnable.matched(&self.held_out)))
    }
}

impl Provable for task::karel::Task {
    const LANGUAGE: &'static str = "karel";

    fn given(&self) -> usize {
        self.examples.len()
    }

    fn matched(&self, program: &str) -> Option<(usize, usize)> {
        let mut runnable = karel::Runnable::new(program).ok()?;
        Some((runnable.matched(&self.examples), runnable.matched(&self.held_out)))
    }
}

/// How many of the given and of the held-out examples of a task of any language a program satisfies.
pub fn matched(program: &str, task: &AnyTask) -> Option<(usize, usize)> {
    match task {
        AnyTask::C(task) => task.matched(program),
        AnyTask::X86(task) => task.matched(program),
        AnyTask::Karel(task) => task.matched(program),
    }
}

/// A program's length in tokens of its language.
pub fn tokens(program: &str, language: &str) -> usize {
    Lexer::of(language).map_or(0, |lexer| lexer.count(program))
}
