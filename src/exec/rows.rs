//! Many runs of one function: its inputs lie in rows, one behind the other, each with all arguments in order.

use super::interp::{Interpreter, Stop};
use super::{Argument, Engine, Outcome};
use crate::ir::FunctionId;

/// What a row holds for one argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowArgument {
    /// One number.
    Scalar,
    /// An array of so many numbers.
    Array(u32),
}

impl RowArgument {
    /// Numbers of a row that belong to it.
    #[allow(clippy::len_without_is_empty)] // An array of no elements is nothing special.
    pub fn len(self) -> usize {
        match self {
            Self::Scalar => 1,
            Self::Array(length) => length as usize,
        }
    }
}

impl From<&Argument> for RowArgument {
    fn from(argument: &Argument) -> Self {
        match argument {
            Argument::Scalar(_) => Self::Scalar,
            Argument::Array(values) => Self::Array(values.len() as u32),
        }
    }
}

/// Appends arguments to rows; of scalars the low 32 bits.
pub fn append(rows: &mut Vec<i32>, arguments: &[Argument]) {
    for argument in arguments {
        match argument {
            Argument::Scalar(value) => rows.push(*value as i32),
            Argument::Array(values) => rows.extend_from_slice(values),
        }
    }
}

/// What one row's run did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowRun {
    /// How it ended; after [`Stop::Returned`] the row's arrays hold what the program left there, otherwise what they
    /// held before.
    pub stop: Stop,
    /// Fuel used.
    pub fuel: u64,
    /// The first value that it returned, or 0.
    pub returned: i64,
}

/// A call that is made on every row.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The function.
    pub function: FunctionId,
    /// What a row holds for each of its parameters.
    pub shape: &'a [RowArgument],
    /// Fuel of each run.
    pub fuel: u64,
}

impl Call<'_> {
    /// Numbers of a row.
    pub fn width(&self) -> usize {
        self.shape.iter().map(|argument| argument.len()).sum()
    }

    /// Gives each row to `run`, with its number. A row of no numbers is run once.
    pub(super) fn each(&self, rows: &mut [i32], mut run: impl FnMut(usize, &mut [i32])) {
        match self.width() {
            0 => run(0, &mut []),
            width => rows.chunks_exact_mut(width).enumerate().for_each(|(number, row)| run(number, row)),
        }
    }

    /// One row by any engine, which has the program. `arguments` is a buffer.
    pub(super) fn run(&self, engine: &mut impl Engine, arguments: &mut Vec<Argument>, row: &mut [i32]) -> RowRun {
        arguments.clear();
        let mut rest = &*row;
        for argument in self.shape {
            let (part, after) = rest.split_at(argument.len());
            arguments.push(match argument {
                RowArgument::Scalar => Argument::Scalar(part[0].into()),
                RowArgument::Array(_) => Argument::Array(part.to_vec()),
            });
            rest = after;
        }
        let run = engine.run(self.function, arguments, self.fuel);
        let (stop, returned) = match run.outcome {
            Outcome::Returned(values) => (Stop::Returned, values.first().copied().unwrap_or(0)),
            Outcome::Trapped(trap) => (Stop::Trapped(trap), 0),
            Outcome::OutOfFuel => (Stop::OutOfFuel, 0),
        };
        let mut at = 0;
        for (argument, shape) in arguments.iter().zip(self.shape) {
            if let (Argument::Array(values), Stop::Returned) = (argument, stop) {
                row[at..at + values.len()].copy_from_slice(values);
            }
            at += shape.len();
        }
        RowRun { stop, fuel: run.fuel, returned }
    }

    /// The same by the interpreter, without allocating anything where the row is one array.
    pub(super) fn interpret(
        &self,
        interpreter: &mut Interpreter,
        arguments: &mut Vec<Argument>,
        row: &mut [i32],
    ) -> RowRun {
        if let [RowArgument::Array(_)] = self.shape {
            let stop = interpreter.run_array(self.function, row, self.fuel);
            let returned = if stop == Stop::Returned { interpreter.returned().first().copied() } else { None };
            return RowRun { stop, fuel: interpreter.fuel_used(), returned: returned.unwrap_or(0) };
        }
        self.run(interpreter, arguments, row)
    }
}
