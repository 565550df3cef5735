//! Runs compiled programs: one run ([`Engine`]), or one function on many inputs that lie in rows.

use super::compile::{Code, Compiler, Effort, Entry, Function, JitError};
use super::machine::{MAX_ARGUMENTS, Machine};
use super::status::Status;
use crate::diagnostic::Span;
use crate::exec::interp::{Interpreter, Stop};
use crate::exec::memory::{MEMORY_LIMIT, pointer};
use crate::exec::rows::{Call, RowArgument, RowRun};
use crate::exec::{Argument, Engine, Outcome, Run, Trap};
use crate::ir::{FunctionId, Program, TrapKind};

/// More stack than this is not taken from the thread that calls.
const NEAR_STACK: usize = 256 << 10;
/// Beyond what compiled code needs by itself.
const SPARE_STACK: usize = 256 << 10;
/// Programs with larger functions are left to the interpreter, which bounds the values of all active calls. Below, no
/// nesting reaches that bound.
const MOST_VALUES: usize = MEMORY_LIMIT / size_of::<i64>() / crate::exec::CALL_DEPTH as usize / 2;

/// Rows that are saved at once before they are run.
const SAVED: usize = 64;

/// Compiles and runs programs, one after the other; see the module's text.
#[derive(Debug)]
pub struct Jit {
    compiler: Compiler,
    code: Code,
    /// The same, for runs that need more care; made when one does.
    careful: Option<Code>,
    machine: Machine,
    returns: Vec<i64>,
    /// Buffers of runs on rows.
    arguments: Vec<Argument>,
    saved: Vec<i32>,
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
        Ok(Self {
            compiler,
            code,
            careful: None,
            machine: Machine::new(),
            returns: Vec::new(),
            arguments: Vec::new(),
            saved: Vec::new(),
            interpreter: None,
        })
    }

    /// Takes another program and gives the memory of the last one back. Cheaper than a new engine.
    pub fn load(&mut self, program: &Program) -> Result<(), JitError> {
        self.code = self.compiler.compile(program)?;
        self.careful = None;
        self.interpreter = None;
        Ok(())
    }

    /// Makes a call on every row of `rows`; `tell` hears of each run with the row's number, in order.
    pub fn run_rows(&mut self, call: &Call, rows: &mut [i32], mut tell: impl FnMut(usize, RowRun)) {
        let width = call.width();
        let kinds = || call.shape.iter().map(|argument| matches!(argument, RowArgument::Array(_)));
        let mut done = 0;
        for careful in [false, true] {
            if done * width >= rows.len() || (careful && !self.make_careful()) {
                break;
            }
            let code = if careful { self.careful.as_ref().expect("it was just made") } else { &self.code };
            if !code.shadowed && code.stack <= NEAR_STACK && self.is_simple(call.function, kinds(), call.fuel) {
                done += self.run_rows_in_place(careful, call, &mut rows[done * width..], |row, run| {
                    tell(done + row, run);
                });
            }
        }
        let mut arguments = std::mem::take(&mut self.arguments);
        call.each(&mut rows[done * width..], |row, rest| tell(done + row, call.run(self, &mut arguments, rest)));
        self.arguments = arguments;
    }

    /// The tight loop: arrays are used where they lie. Ends where code gives up; the rows that were run.
    fn run_rows_in_place(
        &mut self,
        careful: bool,
        call: &Call,
        rows: &mut [i32],
        mut tell: impl FnMut(usize, RowRun),
    ) -> usize {
        let (width, fuel) = (call.width(), call.fuel);
        let code = if careful { self.careful.as_ref().expect("it was made") } else { &self.code };
        let Function { entry, returns, .. } = code.functions[call.function.0 as usize];
        let Some(mut moving) = self.enter_rows(call.shape, rows) else {
            let refused = RowRun { stop: Stop::Trapped(REFUSED), fuel: 0, returned: 0 };
            let count = rows.len() / width;
            (0..count).for_each(|row| tell(row, refused));
            return count;
        };
        self.prepare();
        let mut saved = std::mem::take(&mut self.saved);
        let mut number = 0;
        'all: for block in rows.chunks_mut(SAVED * width) {
            saved.clear();
            saved.extend_from_slice(block);
            for (row, before) in block.chunks_exact_mut(width).zip(saved.chunks_exact(width)) {
                for &(object, place) in &moving.arrays {
                    self.machine.rebase(object, row[place..].as_mut_ptr().cast());
                }
                for &(argument, place) in &moving.scalars {
                    moving.arguments[argument] = i64::from(row[place]);
                }
                self.machine.truncate(call.shape.len() + 1);
                let ended = self.call(entry, &moving.arguments, fuel);
                let run = if ended.status == Status::Returned {
                    let returned = if returns > 0 { self.returns[0] } else { 0 };
                    RowRun { stop: Stop::Returned, fuel: fuel - ended.fuel, returned }
                } else {
                    row.copy_from_slice(before);
                    if ended.status == Status::Elsewhere {
                        break 'all;
                    }
                    let (stop, fuel) = self.told(careful, &ended, fuel);
                    RowRun { stop, fuel, returned: 0 }
                };
                tell(number, run);
                number += 1;
            }
        }
        self.saved = saved;
        number
    }

    /// Makes the objects that all rows share; nothing where memory does not hold them.
    fn enter_rows(&mut self, shape: &[RowArgument], rows: &mut [i32]) -> Option<Moving> {
        self.machine.reset();
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
        Some(moving)
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
        self.machine.reset();
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

/// What does not change from row to row, and what does: numbers and places in the row.
#[derive(Default)]
struct Moving {
    arguments: Vec<i64>,
    arrays: Vec<(usize, usize)>,
    scalars: Vec<(usize, usize)>,
}

/// The arguments alone are more than memory holds.
const REFUSED: Trap = Trap { kind: TrapKind::OutOfMemory, at: Span { start: 0, end: 0 } };
