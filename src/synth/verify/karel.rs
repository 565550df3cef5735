//! Programs of Karel, run in the worlds of their tasks.

use crate::diagnostic::Diagnostic;
use crate::exec::interp::Interpreter;
use crate::exec::karel::run;
use crate::lang::karel::{TICKS, World, compile};
use crate::task::karel::Example;

/// A program ready to be run.
#[derive(Debug)]
pub struct Runnable {
    engine: Interpreter,
}

impl Runnable {
    /// Compiles `source`, in either form.
    pub fn new(source: &str) -> Result<Self, Vec<Diagnostic>> {
        Ok(Self { engine: Interpreter::new(&compile(source)?) })
    }

    /// The world that the program leaves; `None` where it crashes or runs out of ticks.
    pub fn run(&mut self, world: &World) -> Option<World> {
        run(&mut self.engine, world, TICKS).1
    }

    /// How many of the examples the program satisfies.
    pub fn matched(&mut self, examples: &[Example]) -> usize {
        examples.iter().filter(|example| self.run(&example.input).as_ref() == Some(&example.output)).count()
    }
}
