//! Runs compiled programs: one run ([`Engine`]), or one function on many inputs that lie in rows.

use super::compile::{Code, Compiler, Effort, Entry, JitError};
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
        Ok(Self { compiler, code, machine: Machine::new(), returns: Vec::new(), interpreter: None })
    }

    /// Takes another program and gives the memory of the last one back. Cheaper than a new engine.
    pub fn load(&mut self, program: &Program) -> Result<(), JitError> {
        self.code = self.compiler.compile(program)?;
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
        let kinds = shape.iter().map(|argument| matches!(argument, RowArgument::Array(_)));
        let simple = self.is_simple(function, kinds, fuel)
            && !self.code.shadowed
            && !self.code.may_give_up
            && self.code.stack <= NEAR_STACK;
        if width == 0 || !simple {
            let rows: Vec<&mut [i32]> = if width == 0 { vec![rows] } else { rows.chunks_exact_mut(width).collect() };
            for (number, row) in rows.into_iter().enumerate() {
                tell(number, self.run_row(function, shape, row, fuel));
            }
            return;
        }
        self.run_simple_rows(function, shape, rows, (width, fuel), tell);
    }

    /// The tight loop: arrays are used where they lie.
    fn run_simple_rows(
        &mut self,
        function: FunctionId,
        shape: &[RowArgument],
        rows: &mut [i32],
        (width, fuel): (usize, u64),
        mut tell: impl FnMut(usize, RowRun),
    ) {
        let entry = self.code.functions[function.0 as usize].entry;
        let returns = self.code.functions[function.0 as usize].returns > 0;
        self.machine.reset();
        let mut arguments = Vec::with_capacity(shape.len());
        // Which objects move with the row, and which arguments are read from it: number and place.
        let (mut arrays, mut scalars) = (Vec::new(), Vec::new());
        let mut place = 0;
        for (number, argument) in shape.iter().enumerate() {
            match argument {
                RowArgument::Scalar => {
                    self.machine.add_empty();
                    scalars.push((number, place));
                    arguments.push(0);
                }
                RowArgument::Array(length) => {
                    if !self.machine.add_outside(rows.as_mut_ptr().cast(), 4 * *length as usize) {
                        let refused = RowRun { stop: out_of_memory(), fuel: 0, returned: 0 };
                        return (0..rows.len() / width).for_each(|row| tell(row, refused));
                    }
                    arrays.push((number + 1, place));
                    arguments.push(pointer(number as u32 + 1, 0));
                }
            }
            place += argument.len();
        }
        let objects = shape.len() + 1;
        self.prepare(&arguments);
        for (number, row) in rows.chunks_exact_mut(width).enumerate() {
            for &(object, place) in &arrays {
                self.machine.rebase(object, row[place..].as_mut_ptr().cast());
            }
            for &(argument, place) in &scalars {
                arguments[argument] = i64::from(row[place]);
            }
            self.machine.truncate(objects);
            let ended = self.call(entry, &arguments, fuel);
            let returned = if returns { self.returns[0] } else { 0 };
            let stop = match ended.status {
                Status::Returned => Stop::Returned,
                status => self.stop(status),
            };
            tell(number, RowRun { stop, fuel: fuel - ended.fuel, returned });
        }
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

    /// Tells the machine where arguments lie and returned values go.
    fn prepare(&mut self, arguments: &[i64]) {
        if self.returns.len() < self.code.returns {
            self.returns.resize(self.code.returns, 0);
        }
        // SAFETY: the header belongs to the machine; what it points to outlives the calls that follow.
        unsafe {
            let header = self.machine.header();
            (*header).arguments = arguments.as_ptr();
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

    fn stop(&self, status: Status) -> Stop {
        match status {
            Status::Returned => Stop::Returned,
            Status::Trapped(kind, site) => {
                let at = site.map_or(Span::default(), |site| self.code.spans[site as usize]);
                Stop::Trapped(Trap { kind, at })
            }
            Status::OutOfFuel => Stop::OutOfFuel,
            Status::Elsewhere => unreachable!("the interpreter took over"),
        }
    }

    /// Puts the arguments into the machine; their values, or nothing where they are more than memory holds.
    fn enter(&mut self, arguments: &mut [Argument]) -> Option<Vec<i64>> {
        self.machine.reset();
        let inside = self.code.shadowed || self.code.may_give_up;
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
        Some(values)
    }

    /// Calls an entry on a stack that is large enough.
    fn call_on_stack(&mut self, entry: Entry, values: &[i64], fuel: u64) -> Ended {
        self.prepare(values);
        if self.code.stack <= NEAR_STACK {
            return self.call(entry, values, fuel);
        }
        let size = self.code.stack + SPARE_STACK;
        std::thread::scope(|scope| {
            let thread =
                std::thread::Builder::new().stack_size(size).spawn_scoped(scope, || self.call(entry, values, fuel));
            let thread = thread.expect("a thread can be started");
            thread.join().expect("compiled code does not panic")
        })
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
        let Some(values) = self.enter(arguments) else {
            let trap = Trap { kind: TrapKind::OutOfMemory, at: Span::default() };
            return Run { outcome: Outcome::Trapped(trap), fuel: 0 };
        };
        let (entry, returns) = {
            let function = &self.code.functions[function.0 as usize];
            (function.entry, function.returns)
        };
        let ended = self.call_on_stack(entry, &values, fuel);
        if ended.status == Status::Elsewhere {
            return self.interpret(function, arguments, fuel);
        }
        let outcome = match self.stop(ended.status) {
            Stop::Returned => {
                if self.code.shadowed || self.code.may_give_up {
                    for (number, argument) in arguments.iter_mut().enumerate() {
                        if let Argument::Array(values) = argument {
                            self.machine.read_back(number + 1, values);
                        }
                    }
                }
                Outcome::Returned(self.returns[..returns].to_vec())
            }
            Stop::Trapped(trap) => Outcome::Trapped(trap),
            Stop::OutOfFuel => Outcome::OutOfFuel,
        };
        Run { outcome, fuel: fuel - ended.fuel }
    }
}

impl RowArgument {
    fn len(self) -> usize {
        match self {
            Self::Scalar => 1,
            Self::Array(length) => length as usize,
        }
    }
}

fn out_of_memory() -> Stop {
    Stop::Trapped(Trap { kind: TrapKind::OutOfMemory, at: Span::default() })
}
