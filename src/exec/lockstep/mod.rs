//! A fast path for few inputs: one program on all its inputs together. Compact code is made in one pass, cheaper than a
//! run ([`compile`]), and each op works on a row of lanes, one lane an input, which the processor does several at a
//! time ([`execute`]). As long as lanes agree on branches they share the cost of each step; where they part, each runs
//! alone over the same code to where their ways meet ([`lane`], [`joins`]). Array cells are rows too: a load at an
//! index that all lanes share is a copy of a row.
//!
//! Outcomes, traps with their statement, memory and fuel are the interpreter's, lane by lane. What this code is not
//! made for (calls, memory of other widths than 32 bits, objects of thousands of cells) the interpreter runs.
//! Nothing is allocated once the buffers have grown to what programs need.

mod code;
mod compile;
mod emit;
mod execute;
mod joins;
mod lane;
mod op;
mod select;
mod state;
#[cfg(test)]
mod tests;

use super::Argument;
use super::interp::{Interpreter, Stop};
use super::rows::{Call, RowArgument, RowRun};
use crate::ir::{FunctionId, Program};
use code::Code;
use compile::Compiler;
use execute::{Context, GiveUp, execute};
use joins::Joins;
use state::State;
use std::borrow::Borrow;

pub use emit::Emitter;

/// Lanes of a small group, and of a large one.
const FEW: usize = 8;
const MANY: usize = 16;

/// What happened since the engine was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Inputs.
    pub inputs: u64,
    /// Inputs that the interpreter ran.
    pub interpreted: u64,
    /// Inputs that ran alone for at least a part of their way.
    pub diverged: u64,
    /// Ops that ran for one lane alone.
    pub scalar_ops: u64,
    /// How often lanes parted.
    pub divergences: u64,
    /// Lanes of the current group that parted.
    alone: u64,
}

/// The rows and the state of groups of one width.
#[derive(Clone, Debug, Default)]
struct Group<const W: usize> {
    rows: Vec<[i32; W]>,
    state: State<W>,
}

/// Runs programs on few inputs each; see the module's text.
#[derive(Clone, Debug, Default)]
pub struct Lockstep {
    compiler: Compiler,
    code: Code,
    emitter: Emitter,
    joins: Joins,
    few: Group<FEW>,
    many: Group<MANY>,
    interpreter: Interpreter,
    arguments: Vec<Argument>,
    stats: Stats,
}

impl Lockstep {
    /// An engine without a program: each run brings its own.
    pub fn new() -> Self {
        Self::default()
    }

    /// What happened since the engine was made.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// Whether this program can be run in lanes, on arguments of this shape.
    pub fn supports(&mut self, program: &Program, function: FunctionId, shape: &[RowArgument]) -> bool {
        let function = &program.functions[function.0 as usize];
        self.compiler.compile(function, shape, &mut self.code).is_ok()
    }

    /// Makes a call of a verified program on every row of `rows`. `tell` gets the number of each row and what its run
    /// did, in order.
    pub fn run_rows(&mut self, program: &Program, call: &Call, rows: &mut [i32], mut tell: impl FnMut(usize, RowRun)) {
        let function = &program.functions[call.function.0 as usize];
        if self.compiler.compile(function, call.shape, &mut self.code).is_ok() && call.width() > 0 {
            return self.run_code(call, rows, || program, tell);
        }
        self.interpreter.load(program);
        call.each(rows, |number, row| {
            let run = self.interpret(call, row);
            tell(number, run);
        });
    }

    /// Makes a call of a function that `build` builds, as [`Self::run_rows`] does: of code without the IR if that can
    /// be written, else of the program that `program` gives, of which the function is a part. `build` says no where it
    /// cannot begin.
    pub fn run_built<P: Borrow<Program>>(
        &mut self,
        call: &Call,
        rows: &mut [i32],
        build: impl FnOnce(&mut Emitter) -> bool,
        program: impl Fn() -> P,
        tell: impl FnMut(usize, RowRun),
    ) {
        if call.width() > 0 && build(&mut self.emitter) && self.emitter.finish().is_ok() {
            std::mem::swap(&mut self.code, &mut self.emitter.code);
            return self.run_code(call, rows, program, tell);
        }
        self.run_rows(program().borrow(), call, rows, tell);
    }

    /// Runs the code at hand; what lanes are not made for `program` gives to the interpreter.
    fn run_code<P: Borrow<Program>>(
        &mut self,
        call: &Call,
        rows: &mut [i32],
        program: impl Fn() -> P,
        mut tell: impl FnMut(usize, RowRun),
    ) {
        let width = call.width();
        self.joins.clear();
        let few = rows.len() <= FEW * width;
        let lanes = if few { FEW } else { MANY };
        if few {
            self.few.prepare(&self.code)
        } else {
            self.many.prepare(&self.code)
        }
        let mut loaded = false;
        for (number, rows) in rows.chunks_mut(lanes * width).enumerate() {
            let first = number * lanes;
            let count = rows.len() / width;
            self.stats.inputs += count as u64;
            let mut context = Context { code: &self.code, joins: &mut self.joins, stats: &mut self.stats };
            let result =
                if few { self.few.run(&mut context, call, rows) } else { self.many.run(&mut context, call, rows) };
            self.stats.diverged += u64::from(std::mem::take(&mut self.stats.alone).count_ones());
            if result.is_ok() {
                let runs = if few { &self.few.state.runs[..count] } else { &self.many.state.runs[..count] };
                runs.iter().enumerate().for_each(|(lane, run)| tell(first + lane, *run));
                continue;
            }
            if !std::mem::replace(&mut loaded, true) {
                self.interpreter.load(program().borrow());
            }
            self.stats.inputs -= count as u64;
            call.each(rows, |lane, row| {
                let run = self.interpret(call, row);
                tell(first + lane, run);
            });
        }
    }

    /// One row by the interpreter, which has the program.
    fn interpret(&mut self, call: &Call, row: &mut [i32]) -> RowRun {
        self.stats.inputs += 1;
        self.stats.interpreted += 1;
        call.interpret(&mut self.interpreter, &mut self.arguments, row)
    }
}

impl<const W: usize> Group<W> {
    /// Makes room for the program's rows, and sets its constants.
    fn prepare(&mut self, code: &Code) {
        if self.rows.len() < code.rows {
            self.rows.resize(code.rows, [0; W]);
        }
        for &(row, value) in &code.constants {
            self.rows[usize::from(row)] = [value; W];
        }
    }

    /// Runs as many inputs as `rows` holds, at most `W`.
    fn run(&mut self, context: &mut Context, call: &Call, rows: &mut [i32]) -> Result<(), GiveUp> {
        let (code, width) = (context.code, call.width());
        let lanes = (rows.len() / width).min(W);
        let mut at = 0;
        for (number, argument) in call.shape.iter().enumerate() {
            let (row, wide) = code.parameters[number];
            match argument {
                RowArgument::Scalar => {
                    for (lane, input) in rows.chunks_exact(width).enumerate() {
                        self.rows[usize::from(row)][lane] = input[at];
                        if wide {
                            self.rows[usize::from(row) + 1][lane] = input[at] >> 31;
                        }
                    }
                }
                RowArgument::Array(length) => {
                    let first = usize::from(code.objects[number + 1].first);
                    let cells = &mut self.rows[first..first + *length as usize];
                    // Cell by cell: arrays are shorter than there are lanes.
                    for (place, cell) in (at..).zip(cells) {
                        let mut place = place;
                        for value in &mut cell[..lanes] {
                            *value = rows[place];
                            place += width;
                        }
                    }
                }
            }
            at += argument.len();
        }
        self.state.begin(lanes, call.fuel);
        execute(context, &mut self.rows[..code.rows], &mut self.state)?;
        let returned = self.state.runs.map(|run| run.stop == Stop::Returned);
        let mut at = 0;
        for (number, argument) in call.shape.iter().enumerate() {
            if let RowArgument::Array(length) = argument {
                let first = usize::from(code.objects[number + 1].first);
                let cells = &self.rows[first..first + *length as usize];
                for (place, cell) in (at..).zip(cells) {
                    let mut place = place;
                    for (value, returned) in cell[..lanes].iter().zip(&returned) {
                        if *returned {
                            rows[place] = *value;
                        }
                        place += width;
                    }
                }
            }
            at += argument.len();
        }
        Ok(())
    }
}
