//! Programs of C, run on the inputs of their tasks.

use crate::diagnostic::{Code, Diagnostic};
use crate::exec::batch::Batch;
use crate::exec::interp::{Interpreter, Stop};
use crate::exec::rows::{self, Call, RowArgument};
use crate::exec::{self, Argument, Engine, Outcome, SYNTHESIS_FUEL};
use crate::ir::{self, FunctionId};
use crate::lang::c;
use crate::lang::c::ast::{ReturnType, Signature};
use crate::lang::c::hir;
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

/// Inputs of one shape, one behind the other, and what is asked of them.
#[derive(Debug)]
struct Group<'a> {
    shape: Vec<RowArgument>,
    rows: Vec<i32>,
    examples: Vec<&'a Example>,
}

/// The examples of a task, for one candidate after the other: each is run on all of them together.
#[derive(Debug)]
pub struct Trials<'a> {
    groups: Vec<Group<'a>>,
    batch: Batch,
    rows: Vec<i32>,
    /// For each row what was returned, if anything was.
    returned: Vec<Option<i64>>,
}

impl<'a> Trials<'a> {
    /// The examples of a task.
    pub fn new(examples: &'a [Example]) -> Self {
        let mut groups = Vec::<Group<'_>>::new();
        for example in examples {
            let shape: Vec<RowArgument> = example.input.iter().map(RowArgument::from).collect();
            let known = groups.iter().position(|group| group.shape == shape);
            let number = known.unwrap_or_else(|| {
                groups.push(Group { shape, rows: Vec::new(), examples: Vec::new() });
                groups.len() - 1
            });
            rows::append(&mut groups[number].rows, &example.input);
            groups[number].examples.push(example);
        }
        Self { groups, batch: Batch::default(), rows: Vec::new(), returned: Vec::new() }
    }

    /// How many of the examples the first function of a checked program satisfies.
    pub fn matched(&mut self, program: &hir::Program) -> usize {
        let nothing = program.functions[0].returns == ReturnType::Void;
        let mut matched = 0;
        for Group { shape, rows, examples } in &self.groups {
            self.rows.clone_from(rows);
            self.returned.clear();
            let call = Call { function: FunctionId(0), shape, fuel: SYNTHESIS_FUEL };
            exec::c::run_rows(&mut self.batch, program, &call, &mut self.rows, |_, run| {
                self.returned.push((run.stop == Stop::Returned).then_some(run.returned));
            });
            let width = call.width();
            for (number, (example, returned)) in examples.iter().zip(&self.returned).enumerate() {
                let Some(returned) = *returned else { continue };
                let row = &self.rows[number * width..(number + 1) * width];
                let right = example.returned.is_none_or(|wanted| !nothing && returned == i64::from(wanted));
                matched += usize::from(right && example.arrays.len() == shape.len() && left(example, shape, row));
            }
        }
        matched
    }
}

/// Whether a row holds what an example wants to be left.
fn left(example: &Example, shape: &[RowArgument], row: &[i32]) -> bool {
    let mut at = 0;
    example.arrays.iter().zip(shape).all(|(wanted, argument)| {
        let cells = &row[at..at + argument.len()];
        at += argument.len();
        match wanted {
            None => true,
            Some(Argument::Array(wanted)) => wanted == cells,
            Some(Argument::Scalar(wanted)) => cells.first().is_some_and(|cell| i64::from(*cell) == *wanted),
        }
    })
}
