//! Runs compiled programs: one run ([`Engine`]), or one function on many inputs that lie in rows.

use super::compile::{Code, Compiler, Effort, Entry, Function, JitError};
use super::machine::{MAX_ARGUMENTS, Machine};
use super::status::Status;
use crate::diagnostic::Span;
use crate::exec::interp::{Interpreter, Stop};
use crate::exec::memory::{MEMORY_LIMIT, pointer};
use crate::exec::{Argument, Engine, Outcome, Run, Trap};
use crate::ir::{FunctionId, Program, TrapKind};

/// More stack than this is not taken from the thread that calls.
const NEAR_STACK: usize = 256 << 10;
/// Beyond what compiled code needs by itself.
const SPARE_STACK: usize = 256 << 10;
/// Programs with larger functions are left to the interpreter, which bounds the values of all active calls. Below, no
/// nesting reaches that bound.
const MOST_VALUES: usize = MEMORY_LIMIT / size_of::<i64>() / crate::exec::CALL_DEPTH as usize / 2;

/// What a row holds for one argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowArgument {
    /// One number.
    Scalar,
    /// An array of so many numbers.
    Array(u32),
}

/// What one row's run did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowRun {
    /// How it ended; after [`Stop::Returned`] the row's arrays hold what the program left there, otherwise anything.
    pub stop: Stop,
    /// Fuel used.
    pub fuel: u64,
    /// The first value that it returned, or 0.
    pub returned: i64,
}

/// Compiles and runs programs, one after the other; see the module's text.
#[derive(Debug)]
pub struct Jit {
    compiler: Compiler,
    code: Code,
    /// The same, for runs that need more care; made when one does.
    careful: Option<Code>,
    machine: Machine,
    returns: Vec<i64>,
    /// Runs what compiled code cannot.
    interpreter: Option<Box<Interpreter>>,
}

/// How a run ended, and what fuel was left.
struct Ended {
    status: Status,
    fuel: u64,
}

impl Jit {
    /// Compiles `program`, which must have passed [`crate::ir::verify`].
    pub fn new(program: &Program) -> Result<Self, JitError> {
        Self::with_effort(program, Effort::default())
    }

    /// As [`Self::new`], with more or less work on the code.
    pub fn with_effort(program: &Program, effort: Effort) -> Result<Self, JitError> {
        let mut compiler = Compiler::new(effort)?;
        let code = compiler.compile(program)?;
        Ok(Self { compiler, code, careful: None, machine: Machine::new(), returns: Vec::new(), interpreter: None })
    }

    /// Takes another program and gives the memory of the last one back. Cheaper than a new engine.
    pub fn load(&mut self, program: &Program) -> Result<(), JitError> {
        self.code = self.compiler.compile(program)?;
        self.careful = None;
        self.interpreter = None;
        Ok(())
    }

    /// Calls a function of one array, as [`Engine::run`] does, without allocating anything.
    pub fn run_array(&mut self, function: FunctionId, array: &mut [i32], fuel: u64) -> RowRun {
        let mut result = RowRun { stop: Stop::OutOfFuel, fuel: 0, returned: 0 };
        let shape = [RowArgument::Array(array.len() as u32)];
        self.run_rows(function, &shape, array, fuel, |_, run| result = run);
        result
    }

    /// Calls `function` on each row of `rows`, which holds the arguments that `shape` names, one behind the other, as
    /// often as there are rows. Each run gets `fuel`; `tell` hears of it with the row's number. A row of no numbers is
    /// run once.
    pub fn run_rows(
        &mut self,
        function: FunctionId,
        shape: &[RowArgument],
        rows: &mut [i32],
        fuel: u64,
        mut tell: impl FnMut(usize, RowRun),
    ) {
        let width: usize = shape.iter().map(|argument| argument.len()).sum();
        if width == 0 {
            return tell(0, self.run_row(function, shape, rows, fuel));
        }
        let kinds = || shape.iter().map(|argument| matches!(argument, RowArgument::Array(_)));
        let mut done = 0;
        for careful in [false, true] {
            if done * width >= rows.len() || (careful && !self.make_careful()) {
                break;
            }
            let code = if careful { self.careful.as_ref().expect("it was just made") } else { &self.code };
            if !code.shadowed && code.stack <= NEAR_STACK && self.is_simple(function, kinds(), fuel) {
                done +=
                    self.run_rows_in_place(careful, function, shape, &mut rows[done * width..], fuel, |row, run| {
                        tell(done + row, run);
                    });
            }
        }
        for (number, row) in rows.chunks_exact_mut(width).enumerate().skip(done) {
            tell(number, self.run_row(function, shape, row, fuel));
        }
    }

    /// The tight loop: arrays are used where they lie. Ends where code gives up; the rows that were run.
    fn run_rows_in_place(
        &mut self,
        careful: bool,
        function: FunctionId,
        shape: &[RowArgument],
        rows: &mut [i32],
        fuel: u64,
        mut tell: impl FnMut(usize, RowRun),
    ) -> usize {
        let width: usize = shape.iter().map(|argument| argument.len()).sum();
        let code = if careful { self.careful.as_ref().expect("it was made") } else { &self.code };
        let Function { entry, returns, .. } = code.functions[function.0 as usize];
        let may_give_up = code.may_give_up;
        let Some(mut moving) = self.enter_rows(shape, rows) else {
            let refused = RowRun { stop: Stop::Trapped(REFUSED), fuel: 0, returned: 0 };
            let count = rows.len() / width;
            (0..count).for_each(|row| tell(row, refused));
            return count;
        };
        let mut saved = vec![0; width];
        self.prepare();
        for (number, row) in rows.chunks_exact_mut(width).enumerate() {
            if may_give_up {
                saved.copy_from_slice(row);
            }
            for &(object, place) in &moving.arrays {
                self.machine.rebase(object, row[place..].as_mut_ptr().cast());
            }
            for &(argument, place) in &moving.scalars {
                moving.arguments[argument] = i64::from(row[place]);
            }
            self.machine.truncate(shape.len() + 1 + self.code.globals.len());
            if number > 0 {
                self.machine.renew_globals(&self.code.globals);
            }
            let ended = self.call(entry, &moving.arguments, fuel);
            if ended.status == Status::Elsewhere {
                row.copy_from_slice(&saved);
                return number;
            }
            let (stop, used) = self.told(careful, &ended, fuel);
            let returned = if returns > 0 { self.returns[0] } else { 0 };
            tell(number, RowRun { stop, fuel: used, returned });
        }
        rows.len() / width
    }

    /// Makes the objects that all rows share; nothing where memory does not hold them.
    fn enter_rows(&mut self, shape: &[RowArgument], rows: &mut [i32]) -> Option<Moving> {
        self.machine.reset(&self.code.globals);
        let mut moving = Moving::default();
        let mut place = 0;
        for (number, argument) in shape.iter().enumerate() {
            match argument {
                RowArgument::Scalar => {
                    self.machine.add_empty();
                    moving.scalars.push((number, place));
                    moving.arguments.push(0);
                }
                RowArgument::Array(length) => {
                    if !self.machine.add_outside(rows.as_mut_ptr().cast(), 4 * *length as usize) {
                        return None;
                    }
                    moving.arrays.push((number + 1, place));
                    moving.arguments.push(pointer(number as u32 + 1, 0));
                }
            }
            place += argument.len();
        }
        self.machine.add_globals(&self.code.globals).then_some(moving)
    }

    /// One row, by the way of [`Engine::run`].
    fn run_row(&mut self, function: FunctionId, shape: &[RowArgument], row: &mut [i32], fuel: u64) -> RowRun {
        let mut place = 0;
        let mut arguments = Vec::with_capacity(shape.len());
        for argument in shape {
            let part = &row[place..place + argument.len()];
            arguments.push(match argument {
                RowArgument::Scalar => Argument::Scalar(part[0].into()),
                RowArgument::Array(_) => Argument::Array(part.to_vec()),
            });
            place += argument.len();
        }
        let run = self.run(function, &mut arguments, fuel);
        place = 0;
        for argument in &arguments {
            place += match argument {
                Argument::Scalar(_) => 1,
                Argument::Array(values) => {
                    row[place..place + values.len()].copy_from_slice(values);
                    values.len()
                }
            };
        }
        let (stop, returned) = match run.outcome {
            Outcome::Returned(values) => (Stop::Returned, values.first().copied().unwrap_or(0)),
            Outcome::Trapped(trap) => (Stop::Trapped(trap), 0),
            Outcome::OutOfFuel => (Stop::OutOfFuel, 0),
        };
        RowRun { stop, fuel: run.fuel, returned }
    }

    /// Whether compiled code was made for such arguments (`kinds` says of each whether it is an array) and such fuel.
    fn is_simple(&self, function: FunctionId, kinds: impl ExactSizeIterator<Item = bool>, fuel: u64) -> bool {
        let function = &self.code.functions[function.0 as usize];
        assert_eq!(kinds.len(), function.addressed.len(), "one argument a parameter");
        kinds.len() <= MAX_ARGUMENTS
            && i64::try_from(fuel).is_ok()
            && self.code.values <= MOST_VALUES
            && function.addressed.iter().zip(kinds).all(|(addressed, array)| array || !addressed)
    }

    /// Tells the machine where returned values go.
    fn prepare(&mut self) {
        if self.returns.len() < self.code.returns {
            self.returns.resize(self.code.returns, 0);
        }
        // SAFETY: the header belongs to the machine; what it points to outlives the calls that follow.
        unsafe {
            let header = self.machine.header();
            (*header).returns = self.returns.as_mut_ptr();
        }
    }

    /// Calls an entry; the machine is ready.
    #[inline]
    fn call(&mut self, entry: Entry, arguments: &[i64], fuel: u64) -> Ended {
        let header = self.machine.header();
        // SAFETY: the entry belongs to `self.code`; it reads as many arguments as it has parameters, which
        // `is_simple` saw to, writes as many values as `returns` has room for, and reaches memory only through objects
        // of the machine, within their size.
        unsafe {
            (*header).arguments = arguments.as_ptr();
            (*header).fuel = fuel as i64;
            let status = entry(header);
            Ended { status: Status::read(status), fuel: (*header).fuel as u64 }
        }
    }

    /// What a run did, and the fuel it used of `fuel`.
    #[inline]
    fn told(&self, careful: bool, ended: &Ended, fuel: u64) -> (Stop, u64) {
        let used = fuel - ended.fuel;
        match ended.status {
            Status::Returned => (Stop::Returned, used),
            Status::OutOfFuel => (Stop::OutOfFuel, used),
            Status::Spent => (Stop::OutOfFuel, fuel),
            Status::Trapped(kind, site) => {
                let code = if careful { self.careful.as_ref() } else { Some(&self.code) };
                let statements = &code.expect("it ran").statements;
                let (at, advance) = site.map_or((Span::default(), 0), |site| statements[site as usize]);
                (Stop::Trapped(Trap { kind, at }), used - advance)
            }
            Status::Elsewhere => unreachable!("something else took over"),
        }
    }

    /// Sees to it that there is code that does not speculate; whether there is.
    fn make_careful(&mut self) -> bool {
        if self.careful.is_none() {
            self.careful = self.compiler.compile_carefully(&self.code.program).ok();
        }
        self.careful.is_some()
    }

    /// Puts the arguments into the machine; their values, or nothing where they are more than memory holds.
    fn enter(&mut self, inside: bool, arguments: &mut [Argument]) -> Option<Vec<i64>> {
        self.machine.reset(&self.code.globals);
        let mut values = Vec::with_capacity(arguments.len());
        for (number, argument) in arguments.iter_mut().enumerate() {
            let fits = match argument {
                Argument::Scalar(value) => {
                    self.machine.add_empty();
                    values.push(*value);
                    continue;
                }
                Argument::Array(array) if inside => self.machine.add_inside(array),
                Argument::Array(array) => self.machine.add_outside(array.as_mut_ptr().cast(), 4 * array.len()),
            };
            if !fits {
                return None;
            }
            values.push(pointer(number as u32 + 1, 0));
        }
        self.machine.add_globals(&self.code.globals).then_some(values)
    }

    /// Calls an entry on a stack that is large enough.
    fn call_on_stack(&mut self, entry: Entry, stack: usize, values: &[i64], fuel: u64) -> Ended {
        self.prepare();
        if stack <= NEAR_STACK {
            return self.call(entry, values, fuel);
        }
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(stack + SPARE_STACK);
            let thread =
                thread.spawn_scoped(scope, || self.call(entry, values, fuel)).expect("a thread can be started");
            thread.join().expect("compiled code does not panic")
        })
    }

    /// Runs compiled code; nothing where it gives up, and then the arguments are as they were.
    fn run_compiled(
        &mut self,
        careful: bool,
        function: FunctionId,
        arguments: &mut [Argument],
        fuel: u64,
    ) -> Option<Run> {
        let code = if careful { self.careful.as_ref().expect("it was made") } else { &self.code };
        let Function { entry, returns, .. } = code.functions[function.0 as usize];
        let (inside, stack) = (code.shadowed || code.may_give_up, code.stack);
        let Some(values) = self.enter(inside, arguments) else {
            return Some(Run { outcome: Outcome::Trapped(REFUSED), fuel: 0 });
        };
        let ended = self.call_on_stack(entry, stack, &values, fuel);
        if ended.status == Status::Elsewhere {
            return None;
        }
        let (stop, used) = self.told(careful, &ended, fuel);
        if stop == Stop::Returned && inside {
            for (number, argument) in arguments.iter_mut().enumerate() {
                if let Argument::Array(values) = argument {
                    self.machine.read_back(number + 1, values);
                }
            }
        }
        let outcome = match stop {
            Stop::Returned => Outcome::Returned(self.returns[..returns].to_vec()),
            Stop::Trapped(trap) => Outcome::Trapped(trap),
            Stop::OutOfFuel => Outcome::OutOfFuel,
        };
        Some(Run { outcome, fuel: used })
    }

    fn interpret(&mut self, function: FunctionId, arguments: &mut [Argument], fuel: u64) -> Run {
        let program = &self.code.program;
        let interpreter = self.interpreter.get_or_insert_with(|| Box::new(Interpreter::new(program)));
        interpreter.run(function, arguments, fuel)
    }
}

impl Engine for Jit {
    fn run(&mut self, function: FunctionId, arguments: &mut [Argument], fuel: u64) -> Run {
        let kinds = arguments.iter().map(|argument| matches!(argument, Argument::Array(_)));
        if !self.is_simple(function, kinds, fuel) {
            return self.interpret(function, arguments, fuel);
        }
        if let Some(run) = self.run_compiled(false, function, arguments, fuel) {
            return run;
        }
        if self.make_careful()
            && let Some(run) = self.run_compiled(true, function, arguments, fuel)
        {
            return run;
        }
        self.interpret(function, arguments, fuel)
    }
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

/// What does not change from row to row, and what does: numbers and places in the row.
#[derive(Default)]
struct Moving {
    arguments: Vec<i64>,
    arrays: Vec<(usize, usize)>,
    scalars: Vec<(usize, usize)>,
}

/// The arguments alone are more than memory holds.
const REFUSED: Trap = Trap { kind: TrapKind::OutOfMemory, at: Span { start: 0, end: 0 } };
