//! Many runs: one program on the rows of an array, many programs on all cores. Picks the engine by program and by the
//! number of inputs; all engines do the same, so that only speed depends on the choice. Why the limits lie where they
//! do stands in ARCHITECTURE.md; `cargo bench --bench batch` measures them.

use super::interp::{Interpreter, Stop};
use super::jit::{Effort, Jit};
use super::lockstep::{Emitter, Lockstep, Stats};
use super::rows::{Call, RowArgument, RowRun};
use super::{Argument, Trap};
use crate::diagnostic::Span;
use crate::ir::{FunctionId, Program, TrapKind};
use ndarray::{Array1, Array2, ArrayView2};
use rayon::prelude::*;
use std::borrow::Borrow;

/// Which engine runs a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The one that is likely to be done first.
    #[default]
    Auto,
    /// The interpreter, input by input.
    Interpreter,
    /// All inputs together; see [`super::lockstep`].
    Lockstep,
    /// Machine code.
    Jit,
}

/// Inputs that are run before it is decided whether the others are worth compiling for.
const SAMPLE: usize = 16;
/// Fuel that the other inputs must be expected to use for machine code to be made, where lanes can run the program.
const LANES_CROSSOVER: u64 = 64_000;
/// The same where the interpreter would have to run it.
const INTERPRETER_CROSSOVER: u64 = 8_000;
/// The same for machine code to be optimised.
const EFFORT_CROSSOVER: u64 = 750_000;

/// What the runs of one program did, a row an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// `[inputs, cells]`: the array after the run where it returned, and the input where it did not.
    pub outputs: Array2<i32>,
    /// How each run ended.
    pub stops: Array1<Stop>,
    /// Fuel that each run used.
    pub fuel: Array1<u64>,
}

/// Runs programs, one after the other; see the module's text.
#[derive(Debug, Default)]
pub struct Batch {
    choice: Choice,
    lockstep: Lockstep,
    interpreter: Interpreter,
    /// By [`Effort`].
    jits: [Option<Box<Jit>>; 2],
    arguments: Vec<Argument>,
}

impl Batch {
    /// Runs everything with the engine of `choice`.
    pub fn new(choice: Choice) -> Self {
        Self { choice, ..Self::default() }
    }

    /// What the lanes did.
    pub fn stats(&self) -> Stats {
        self.lockstep.stats()
    }

    /// Makes a call of a verified program on every row of `rows`. `tell` gets the number of each row and what its run
    /// did, in order.
    pub fn run_rows(&mut self, program: &Program, call: &Call, rows: &mut [i32], mut tell: impl FnMut(usize, RowRun)) {
        match self.choice {
            Choice::Interpreter => return self.interpret(program, call, rows, tell),
            Choice::Lockstep => return self.lockstep.run_rows(program, call, rows, tell),
            Choice::Jit => return self.compiled(Effort::Quick, program, call, rows, tell),
            Choice::Auto => {}
        }
        let width = call.width();
        if rows.len() <= SAMPLE * width {
            return self.lockstep.run_rows(program, call, rows, tell);
        }
        let (sample, rest) = rows.split_at_mut(SAMPLE * width);
        let before = self.lockstep.stats().interpreted;
        let mut used = 0u64;
        self.lockstep.run_rows(program, call, sample, |row, run| {
            used = used.saturating_add(run.fuel);
            tell(row, run);
        });
        let interpreted = self.lockstep.stats().interpreted > before;
        let crossover = if interpreted { INTERPRETER_CROSSOVER } else { LANES_CROSSOVER };
        // Programs without statements take time too.
        let inputs = (rest.len() / width.max(1)) as u64;
        let expected = (used / SAMPLE as u64).max(1).saturating_mul(inputs);
        let tell = |row, run| tell(row + SAMPLE, run);
        if expected < crossover {
            self.lockstep.run_rows(program, call, rest, tell);
        } else {
            let effort = if expected < EFFORT_CROSSOVER { Effort::Quick } else { Effort::Full };
            self.compiled(effort, program, call, rest, tell);
        }
    }

    /// The same for a function that `build` builds as [`Lockstep::run_built`] has it; `program` gives the program that it
    /// is a part of, where that is needed.
    pub fn run_built<P: Borrow<Program>>(
        &mut self,
        call: &Call,
        rows: &mut [i32],
        build: impl FnOnce(&mut Emitter) -> bool,
        program: impl Fn() -> P,
        tell: impl FnMut(usize, RowRun),
    ) {
        match self.choice {
            Choice::Auto if rows.len() > SAMPLE * call.width() => {}
            Choice::Auto | Choice::Lockstep => return self.lockstep.run_built(call, rows, build, program, tell),
            Choice::Interpreter | Choice::Jit => {}
        }
        self.run_rows(program().borrow(), call, rows, tell);
    }

    fn interpret(&mut self, program: &Program, call: &Call, rows: &mut [i32], mut tell: impl FnMut(usize, RowRun)) {
        let Self { interpreter, arguments, .. } = self;
        interpreter.load(program);
        call.each(rows, |number, row| tell(number, call.interpret(interpreter, arguments, row)));
    }

    /// By machine code; where there is none for a program, by the interpreter.
    fn compiled(
        &mut self,
        effort: Effort,
        program: &Program,
        call: &Call,
        rows: &mut [i32],
        tell: impl FnMut(usize, RowRun),
    ) {
        let jit = &mut self.jits[effort as usize];
        let ready = match jit {
            Some(jit) => jit.load(program).is_ok(),
            None => {
                *jit = Jit::with_effort(program, effort).ok().map(Box::new);
                jit.is_some()
            }
        };
        match jit {
            Some(jit) if ready => jit.run_rows(call, rows, tell),
            _ => self.interpret(program, call, rows, tell),
        }
    }

    /// Calls a function of one array on each row of `inputs`, `[inputs, cells]`.
    pub fn run_array(&mut self, program: &Program, function: FunctionId, inputs: ArrayView2<i32>, fuel: u64) -> Table {
        let (count, cells) = inputs.dim();
        let mut outputs = inputs.as_standard_layout().into_owned();
        let mut stops = Vec::with_capacity(count);
        let mut fuels = Vec::with_capacity(count);
        let mut tell = |_, run: RowRun| {
            stops.push(run.stop);
            fuels.push(run.fuel);
        };
        let call = |shape| Call { function, shape, fuel };
        match (u32::try_from(cells), outputs.as_slice_mut()) {
            (Ok(0), _) => {
                for row in 0..count {
                    self.run_rows(program, &call(&[RowArgument::Array(0)]), &mut [], |_, run| tell(row, run));
                }
            }
            (Ok(cells), Some(rows)) => {
                self.run_rows(program, &call(&[RowArgument::Array(cells)]), rows, tell);
            }
            // More than any memory holds, as the interpreter says of such an argument.
            _ => {
                let trap = Trap { kind: TrapKind::OutOfMemory, at: Span::default() };
                (0..count).for_each(|row| tell(row, RowRun { stop: Stop::Trapped(trap), fuel: 0, returned: 0 }));
            }
        }
        Table { outputs, stops: Array1::from(stops), fuel: Array1::from(fuels) }
    }
}

/// Calls a function of one array of each program on each row of its inputs, on all cores; results in order.
pub fn run_all(jobs: &[(&Program, FunctionId, ArrayView2<i32>)], fuel: u64, choice: Choice) -> Vec<Table> {
    jobs.par_iter()
        .map_init(
            || Batch::new(choice),
            |batch, (program, function, inputs)| batch.run_array(program, *function, inputs.view(), fuel),
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir;
    use ndarray::array;

    /// Traps below zero, loops forever at seven, else doubles the first cell.
    const TEXT: &str = "fn f(i64) -> i64 {
        b0(v0: i64):
            fuel 1 @1..2
            v1 = load.i32 v0
            v2 = const.i32 0
            v3 = slt v1, v2
            trap_if v3 bad_shift
            v4 = const.i32 7
            v5 = eq v1, v4
            branch v5, b1, b2
        b1:
            fuel 1 @3..4
            jump b1
        b2:
            fuel 1 @5..6
            v6 = add.i32 v1, v1
            store v6, v0
            return v0
        }";

    #[test]
    fn engines_give_the_same_table() {
        let program = ir::parse(TEXT).expect("it parses");
        assert_eq!(ir::verify(&program), Ok(()));
        let inputs = Array2::from_shape_fn((400, 2), |(row, cell)| row as i32 % 11 - 2 + cell as i32);
        let table = |choice| Batch::new(choice).run_array(&program, FunctionId(0), inputs.view(), 50);
        let expected = table(Choice::Interpreter);
        for choice in [Choice::Auto, Choice::Lockstep, Choice::Jit] {
            assert_eq!(table(choice), expected, "{choice:?}");
        }
        assert_eq!(expected.outputs.row(2), array![0, 1]);
        assert_eq!(expected.outputs.row(5), array![6, 4]);
        assert_eq!((expected.stops[9], expected.fuel[9]), (Stop::OutOfFuel, 50));
        assert!(matches!(expected.stops[0], Stop::Trapped(_)));
        assert_eq!(expected.outputs.row(0), array![-2, -1], "a run that trapped leaves its input");
        let jobs: Vec<_> = (0..20).map(|row| (&program, FunctionId(0), inputs.slice(ndarray::s![row.., ..]))).collect();
        let all = run_all(&jobs, 50, Choice::Auto);
        assert_eq!(all[3].fuel.to_vec(), expected.fuel.to_vec()[3..]);
    }

    #[test]
    fn arrays_of_no_cells_and_no_inputs() {
        let program = ir::parse(TEXT).expect("it parses");
        for choice in [Choice::Auto, Choice::Interpreter, Choice::Lockstep, Choice::Jit] {
            let mut batch = Batch::new(choice);
            let table = batch.run_array(&program, FunctionId(0), Array2::zeros((3, 0)).view(), 50);
            let outside = |stop: &Stop| matches!(stop, Stop::Trapped(trap) if trap.kind == TrapKind::OutOfBounds);
            assert!(table.stops.len() == 3 && table.stops.iter().all(outside), "{choice:?}: {table:?}");
            let table = batch.run_array(&program, FunctionId(0), Array2::zeros((0, 5)).view(), 50);
            assert_eq!(table.stops.len(), 0, "{choice:?}");
        }
    }
}
