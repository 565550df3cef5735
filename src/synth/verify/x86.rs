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

/// The machines behind each instruction of a program without jumps, from each of these: `[instructions][machines]`.
/// Nothing where the program does not compile, jumps or does not return.
pub fn states(source: &str, inputs: &[&Machine]) -> Option<Vec<Vec<Machine>>> {
    let program = x86::parse(source, Syntax::Att).ok()?;
    let slots = inputs.first().map_or(0, |machine| machine.memory.len()) as u32;
    let begun = |length: usize| -> Option<Vec<Machine>> {
        let instructions = program.instructions[..length].to_vec();
        let part = x86::ast::Program { instructions, labels: Vec::new() };
        let lowered = x86::lower(&part, Frame::of_slots(slots)).ok()?;
        let mut runnable = Runnable { engine: Interpreter::new(&lowered) };
        inputs.iter().map(|machine| runnable.run(machine)).collect()
    };
    let straight = program.instructions.iter().all(|instruction| instruction.target.is_none());
    (1..=program.instructions.len()).map(|length| begun(length).filter(|_| straight)).collect()
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
