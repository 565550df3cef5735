//! Runs compiled programs: one run ([`Engine`]), or one function on many inputs that lie in rows.

use super::compile::{Callee, Code, Compiler, Effort, Entry, Function, JitError};
use super::machine::{Ended, MAX_ARGUMENTS, Machine};
use super::status::{self, Status};
use crate::diagnostic::Span;
use crate::exec::interp::{Interpreter, Stop};
use crate::exec::memory::{MEMORY_LIMIT, pointer};
use crate::exec::rows::{Call, RowArgument, RowRun};
use crate::exec::{Argument, Engine, Outcome, Run, Trap};
use crate::ir::{FunctionId, Program, TrapKind};
use std::ops::Range;

/// More stack than this is not taken from the thread that calls.
const NEAR_STACK: usize = 256 << 10;
/// Beyond what compiled code needs by itself.
const SPARE_STACK: usize = 256 << 10;
/// Programs with larger functions are left to the interpreter, which bounds the values of all active calls. Below, no
/// nesting reaches that bound.
const MOST_VALUES: usize = MEMORY_LIMIT / size_of::<i64>() / crate::exec::CALL_DEPTH as usize / 2;

/// Rows that are saved at once before they are run.
const SAVED: usize = 64;
/// Rows that are copied at once: while they run, the next ones come from memory.
const COPIED: usize = 16;

/// Compiles and runs programs, one after the other; see the module's text.
#[derive(Debug)]
pub struct Jit {
    compiler: Compiler,
    code: Code,
    /// The same, for runs that do not return: it tells why. Made when there is one.
    exact: Option<Code>,
    machine: Machine,
    returns: Vec<i64>,
    /// Buffers of runs on rows.
    arguments: Vec<Argument>,
    saved: Vec<i32>,
    /// Runs what compiled code cannot.
    interpreter: Option<Box<Interpreter>>,
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
            exact: None,
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
        self.exact = None;
        self.interpreter = None;
        Ok(())
    }

    /// Makes a call on every row of `rows`; `tell` hears of each run with the row's number, in order.
    pub fn run_rows(&mut self, call: &Call, rows: &mut [i32], tell: impl FnMut(usize, RowRun)) {
        self.run_all(call, None, rows, tell);
    }

    /// The same on copies of the rows `before`, which stay as they are. Cheaper than to copy them and run them then,
    /// since they need not be saved.
    pub fn run_copies(&mut self, call: &Call, before: &[i32], rows: &mut [i32], tell: impl FnMut(usize, RowRun)) {
        assert_eq!(before.len(), rows.len(), "rows are copied to as many");
        self.run_all(call, Some(before), rows, tell);
    }

    fn run_all(&mut self, call: &Call, before: Option<&[i32]>, rows: &mut [i32], mut tell: impl FnMut(usize, RowRun)) {
        let width = call.width();
        let kinds = call.shape.iter().map(|argument| matches!(argument, RowArgument::Array(_)));
        let simple = width > 0 && self.is_simple(call.function, kinds, call.fuel) && self.is_near(&self.code);
        let done = if simple { self.run_rows_in_place(call, before, rows, &mut tell) } else { 0 };
        let rows = &mut rows[done * width..];
        if let Some(before) = before {
            rows.copy_from_slice(&before[done * width..]);
        }
        let mut arguments = std::mem::take(&mut self.arguments);
        call.each(rows, |row, rest| tell(done + row, call.run(self, &mut arguments, rest)));
        self.arguments = arguments;
    }

    /// Whether code can use arrays where they lie, on the stack of the thread that calls.
    fn is_near(&self, code: &Code) -> bool {
        !code.shadowed && code.stack <= NEAR_STACK
    }

    /// The tight loop: arrays are used where they lie. Ends where code cannot run a row; the rows that were run.
    fn run_rows_in_place(
        &mut self,
        call: &Call,
        before: Option<&[i32]>,
        rows: &mut [i32],
        tell: &mut impl FnMut(usize, RowRun),
    ) -> usize {
        let (width, fuel) = (call.width(), call.fuel);
        let Some(mut moving) = self.enter_rows(call.shape, rows) else {
            let refused = RowRun { stop: Stop::Trapped(REFUSED), fuel: 0, returned: 0 };
            let count = rows.len() / width;
            if let Some(before) = before {
                rows.copy_from_slice(before);
            }
            (0..count).for_each(|row| tell(row, refused));
            return count;
        };
        let callee = self.code.functions[call.function.0 as usize].callee;
        let mut quick = self.is_roomy(call.function, call.shape.iter().map(|argument| argument.len()));
        self.prepare();
        let mut saved = std::mem::take(&mut self.saved);
        let mut ended = [Ended::default(); SAVED];
        let (mut number, mut again) = (0, 0);
        let mut before = before;
        let together = if before.is_some() { COPIED } else { SAVED };
        'all: for block in rows.chunks_mut(together * width) {
            let original = match &mut before {
                Some(before) => {
                    let (original, rest) = before.split_at(block.len());
                    block.copy_from_slice(original);
                    prefetch(&rest[..rest.len().min(together * width)]);
                    *before = rest;
                    original
                }
                None => {
                    saved.clear();
                    saved.extend_from_slice(block);
                    &saved
                }
            };
            let mut at = 0;
            while at < block.len() {
                let count =
                    if quick { self.run_quickly(callee, &mut moving, &mut block[at..], fuel, &mut ended) } else { 0 };
                for &Ended { left, returned } in &ended[..count] {
                    tell(number, RowRun { stop: Stop::Returned, fuel: fuel - left as u64, returned });
                    number += 1;
                }
                at += count * width;
                if at == block.len() {
                    break;
                }
                let (row, before) = (&mut block[at..at + width], &original[at..at + width]);
                row.copy_from_slice(before);
                let Some(callee) = self.exact_callee(call.function) else { break 'all };
                let run = match self.call_row(callee, &mut moving, row, fuel) {
                    Ok(left) => RowRun { stop: Stop::Returned, fuel: fuel - left, returned: self.returns[0] },
                    Err(status) => {
                        row.copy_from_slice(before);
                        let Some((stop, left)) = self.told(status) else { break 'all };
                        RowRun { stop, fuel: fuel - left, returned: 0 }
                    }
                };
                tell(number, run);
                number += 1;
                at += width;
                again += 1;
                // Where many do not return, the first try is in vain.
                quick &= again <= SAVED || 4 * again < number;
            }
        }
        self.saved = saved;
        number
    }

    /// Runs rows by quick code until it gives up; how many returned, and how they ended.
    /// A function of its own, so that all that it needs stays in registers.
    #[inline(never)]
    fn run_quickly(
        &mut self,
        callee: Callee,
        moving: &mut Moving,
        rows: &mut [i32],
        fuel: u64,
        ended: &mut [Ended; SAVED],
    ) -> usize {
        if callee.through_rows {
            let count = rows.len() / moving.width;
            self.machine.rebase(1, rows.as_mut_ptr().cast());
            return self.call_through_rows(callee.entry, &mut ended[..count], 4 * moving.width, fuel);
        }
        let mut count = 0;
        for (row, ended) in rows.chunks_exact_mut(moving.width).zip(ended) {
            let Ok(left) = self.call_row(callee, moving, row, fuel) else { break };
            *ended = Ended { left: left as i64, returned: self.returns[0] };
            count += 1;
        }
        count
    }

    /// Calls an entry that goes through rows on as many as `ended` has room for, of so many bytes each, from where the
    /// first object lies. How many returned before it gave up.
    fn call_through_rows(&mut self, entry: Entry, ended: &mut [Ended], stride: usize, fuel: u64) -> usize {
        let header = self.machine.header();
        let Range { start, end } = ended.as_mut_ptr_range();
        // SAFETY: as in `call`; it is on one row after the other, and says how each ended in a place of its own.
        unsafe {
            (*header).fuel = fuel as i64;
            (*header).ended = start;
            (*header).last = end;
            (*header).stride = stride as i64;
            match entry(header) {
                0 => ended.len(),
                _ => (*header).ended.offset_from_unsigned(start),
            }
        }
    }

    /// The function's entry in code that says why it stops, where that can be used on rows.
    #[cold]
    fn exact_callee(&mut self, function: FunctionId) -> Option<Callee> {
        self.make_exact();
        let code = self.exact.as_ref().filter(|code| self.is_near(code))?;
        Some(code.functions[function.0 as usize].callee)
    }

    /// Calls an entry on a row.
    #[inline(always)]
    fn call_row(&mut self, callee: Callee, moving: &mut Moving, row: &mut [i32], fuel: u64) -> Result<u64, i64> {
        match moving.arrays.as_slice() {
            // What corpora hold.
            &[(object, place)] => self.machine.rebase(object, row[place..].as_mut_ptr().cast()),
            arrays => {
                for &(object, place) in arrays {
                    self.machine.rebase(object, row[place..].as_mut_ptr().cast());
                }
            }
        }
        for &(argument, place) in &moving.scalars {
            moving.arguments[argument] = i64::from(row[place]);
        }
        self.machine.truncate(moving.arguments.len() + 1 + self.code.globals.len());
        if self.code.globals.len() > 0 {
            self.machine.renew_globals(&self.code.globals);
        }
        self.call(callee, &moving.arguments, fuel)
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
        moving.width = place;
        self.machine.add_globals(&self.code.globals).then_some(moving)
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

    /// Whether arrays of these lengths have the bytes that quick code takes for granted.
    fn is_roomy(&self, function: FunctionId, lengths: impl Iterator<Item = usize>) -> bool {
        let extents = &self.code.functions[function.0 as usize].extents;
        extents.iter().zip(lengths).all(|(extent, length)| *extent <= 4 * length as i64)
    }

    /// Tells the machine where returned values go.
    fn prepare(&mut self) {
        self.returns.clear();
        self.returns.resize(self.code.returns.max(1), 0);
        // SAFETY: the header belongs to the machine; what it points to outlives the calls that follow.
        unsafe {
            let header = self.machine.header();
            (*header).returns = self.returns.as_mut_ptr();
        }
    }

    /// Calls an entry; the machine is ready. The fuel that is left where it returned, else the status.
    #[inline(always)]
    fn call(&mut self, Callee { entry, through_rows }: Callee, arguments: &[i64], fuel: u64) -> Result<u64, i64> {
        if through_rows {
            let mut ended = [Ended::default()];
            let returned = self.call_through_rows(entry, &mut ended, 0, fuel) == 1;
            self.returns[0] = ended[0].returned;
            return if returned { Ok(ended[0].left as u64) } else { Err(status::ELSEWHERE) };
        }
        let header = self.machine.header();
        // SAFETY: the entry belongs to `self.code` or `self.exact`; it reads as many arguments as it has parameters,
        // which `is_simple` saw to, writes as many values as `returns` has room for, and reaches memory only through
        // objects of the machine, within their size.
        let (status, left) = unsafe {
            (*header).arguments = arguments.as_ptr();
            (*header).fuel = fuel as i64;
            (entry(header), (*header).fuel)
        };
        match (status, left) {
            (0, 0..) => Ok(left as u64),
            // Quick code uses up more than there is before anybody asks.
            (0, _) => Err(status::ELSEWHERE),
            _ => Err(status),
        }
    }

    /// Why a run stopped that did not return, and the fuel that was left; nothing where something else must run it.
    fn told(&self, status: i64) -> Option<(Stop, u64)> {
        // SAFETY: the header belongs to the machine.
        let left = unsafe { (*self.machine.header()).fuel as u64 };
        let stop = match Status::read(status) {
            Status::OutOfFuel => Stop::OutOfFuel,
            Status::Trapped(kind, site) => {
                // Only exact code tells.
                let statements = &self.exact.as_ref().expect("it ran").statements;
                Stop::Trapped(Trap { kind, at: site.map_or(Span::default(), |site| statements[site as usize]) })
            }
            Status::Elsewhere => return None,
        };
        Some((stop, left))
    }

    /// Sees to it that there is code that says why it stops; whether there is.
    fn make_exact(&mut self) -> bool {
        if self.exact.is_none() {
            self.exact = self.compiler.compile_exactly(&self.code.program).ok();
        }
        self.exact.is_some()
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
    fn call_on_stack(&mut self, callee: Callee, stack: usize, values: &[i64], fuel: u64) -> Result<u64, i64> {
        self.prepare();
        if stack <= NEAR_STACK {
            return self.call(callee, values, fuel);
        }
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(stack + SPARE_STACK);
            let thread =
                thread.spawn_scoped(scope, || self.call(callee, values, fuel)).expect("a thread can be started");
            thread.join().expect("compiled code does not panic")
        })
    }

    /// Runs compiled code; nothing where it gives up, and then the arguments are as they were.
    fn run_compiled(
        &mut self,
        exact: bool,
        function: FunctionId,
        arguments: &mut [Argument],
        fuel: u64,
    ) -> Option<Run> {
        let length = |argument: &Argument| match argument {
            Argument::Array(values) => values.len(),
            Argument::Scalar(_) => 1,
        };
        if !exact && !self.is_roomy(function, arguments.iter().map(length)) {
            return None;
        }
        let code = if exact { self.exact.as_ref().expect("it was made") } else { &self.code };
        let Function { callee, returns, .. } = code.functions[function.0 as usize];
        let (inside, stack) = (code.shadowed || code.may_give_up, code.stack);
        let Some(values) = self.enter(inside, arguments) else {
            return Some(Run { outcome: Outcome::Trapped(REFUSED), fuel: 0 });
        };
        match self.call_on_stack(callee, stack, &values, fuel) {
            Ok(left) => {
                for (number, argument) in arguments.iter_mut().enumerate().filter(|_| inside) {
                    if let Argument::Array(values) = argument {
                        self.machine.read_back(number + 1, values);
                    }
                }
                Some(Run { outcome: Outcome::Returned(self.returns[..returns].to_vec()), fuel: fuel - left })
            }
            Err(status) => {
                let (stop, left) = self.told(status)?;
                let outcome = match stop {
                    Stop::Trapped(trap) => Outcome::Trapped(trap),
                    _ => Outcome::OutOfFuel,
                };
                Some(Run { outcome, fuel: fuel - left })
            }
        }
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
        if self.make_exact()
            && let Some(run) = self.run_compiled(true, function, arguments, fuel)
        {
            return run;
        }
        self.interpret(function, arguments, fuel)
    }
}

/// Has these numbers brought near.
fn prefetch(numbers: &[i32]) {
    #[cfg(target_arch = "x86_64")]
    for line in numbers.chunks(16) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: every processor has this instruction, and it reads nothing that the program could notice.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = numbers;
}

/// What does not change from row to row, and what does: numbers and places in the row.
#[derive(Default)]
struct Moving {
    arguments: Vec<i64>,
    arrays: Vec<(usize, usize)>,
    scalars: Vec<(usize, usize)>,
    /// Numbers of a row.
    width: usize,
}

/// The arguments alone are more than memory holds.
const REFUSED: Trap = Trap { kind: TrapKind::OutOfMemory, at: Span { start: 0, end: 0 } };
