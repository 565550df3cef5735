//! Programs of C, run on the inputs of their tasks.

use crate::diagnostic::{Code, Diagnostic};
use crate::exec::interp::{Interpreter, Stop};
use crate::exec::{Argument, Engine, Outcome, SYNTHESIS_FUEL};
use crate::ir::{self, FunctionId};
use crate::lang::c;
use crate::lang::c::ast::Signature;
use crate::sample::inputs;
use crate::task::Example;

/// A source has no function of the task's signature.
pub const NO_SUCH_FUNCTION: Code = Code(401);

/// A program ready to be run on the inputs of a signature.
#[derive(Debug)]
pub struct Runnable {
    engine: Interpreter,
    entry: FunctionId,
}

impl Runnable {
    /// Compiles `source`, which must define a function of that signature. It may define others too.
    pub fn new(source: &str, signature: &Signature) -> Result<Self, Vec<Diagnostic>> {
        let program = c::parse(source)?;
        let Some(entry) = program.functions.iter().position(|function| function.has_signature(signature)) else {
            let span = program.functions.last().map(|function| function.span).unwrap_or_default();
            let message = format!("the program does not define `{}`", c::print_signature(signature));
            return Err(vec![Diagnostic::error(NO_SUCH_FUNCTION, span, message)]);
        };
        let checked = c::check(&program)?;
        let lowered = c::lower(&checked.program, c::LowerOptions { notes: false });
        let entry = FunctionId(u32::try_from(entry).expect("the parser bounds the number of functions"));
        Ok(Self::from_ir(&lowered, entry))
    }

    /// A program whose function `entry` is called.
    pub fn from_ir(program: &ir::Program, entry: FunctionId) -> Self {
        Self { engine: Interpreter::new(program), entry }
    }

    /// What the function does with `input`, and what it leaves in its arguments.
    pub fn run(&mut self, input: &[Argument]) -> (Outcome, Vec<Argument>) {
        let mut arguments = input.to_vec();
        let run = self.engine.run(self.entry, &mut arguments, SYNTHESIS_FUEL);
        (run.outcome, arguments)
    }

    /// Calls a function of one array; `None` where it did not return.
    pub fn run_array<'a>(&mut self, array: &'a mut [i32]) -> Option<&'a [i32]> {
        match self.engine.run_array(self.entry, array, SYNTHESIS_FUEL) {
            Stop::Returned => Some(array),
            Stop::Trapped(_) | Stop::OutOfFuel => None,
        }
    }

    /// The hash of what a function of the default signature does on the fixed inputs: the column `behaviour_hash` of a
    /// corpus.
    pub fn behaviour(&mut self) -> u64 {
        inputs::hash_outputs(inputs::probes().iter().map(|input| {
            let mut cells = input.map(i32::from);
            self.run_array(&mut cells)?;
            Some(cells)
        }))
    }

    /// How many of the examples the function satisfies.
    pub fn matched(&mut self, examples: &[Example]) -> usize {
        let satisfies = |example: &&Example| {
            let (outcome, arguments) = self.run(&example.input);
            example.accepts(&outcome, &arguments)
        };
        examples.iter().filter(satisfies).count()
    }
}
