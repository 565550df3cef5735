//! Programs of x86, run on the states of their tasks.

use crate::diagnostic::Diagnostic;
use crate::exec::interp::Interpreter;
use crate::exec::{Argument, Engine, Outcome, SYNTHESIS_FUEL};
use crate::ir::FunctionId;
use crate::lang::x86::ast::Syntax;
use crate::lang::x86::{self, Frame, Machine};
use crate::task::x86::Example;

/// A program ready to be run on machines with so many slots of RAM.
#[derive(Debug)]
pub struct Runnable {
    engine: Interpreter,
}

impl Runnable {
    /// Compiles `source`.
    pub fn new(source: &str, slots: usize) -> Result<Self, Vec<Diagnostic>> {
        let program = x86::parse(source, Syntax::Att)?;
        let lowered = x86::lower(&program, Frame::of_slots(slots as u32))?;
        Ok(Self { engine: Interpreter::new(&lowered) })
    }

    /// What the program leaves of a machine; `None` where it does not return.
    pub fn run(&mut self, machine: &Machine) -> Option<Machine> {
        let Machine { state, memory } = machine.clone();
        let mut arguments = [Argument::Array(state), Argument::Array(memory)];
        let run = self.engine.run(FunctionId(0), &mut arguments, SYNTHESIS_FUEL);
        match (run.outcome, arguments) {
            (Outcome::Returned(_), [Argument::Array(state), Argument::Array(memory)]) => {
                Some(Machine { state, memory })
            }
            _ => None,
        }
    }

    /// How many of the examples the program satisfies.
    pub fn matched(&mut self, examples: &[Example]) -> usize {
        let satisfies = |example: &&Example| self.run(&example.input).is_some_and(|left| example.output.accepts(&left));
        examples.iter().filter(satisfies).count()
    }
}
