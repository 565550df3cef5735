//! The child process that runs whole machines, and the memory that it shares with us. A run that faults or takes too
//! long is led out ([`fault`]); should that fail, the child ends, and another goes on behind that run.

use super::code::{FLAGS, GENERAL, RECORD, TARGET, VECTORS, Writer};
use super::pages::{Pages, failed};
use super::worker::{limit, wait};
use super::{LIMIT_SECONDS, NativeError, fault};
use crate::diagnostic::Span;
use crate::exec::{Outcome, Trap};
use crate::ir::TrapKind;
use crate::lang::x86::Machine;
use crate::lang::x86::ast::{LabelId, Program};
use crate::lang::x86::state::{self, Flag};
use iced_x86::{Mnemonic, Register};
use std::ops::Range;
use std::ptr;

/// Bytes of an instruction at most.
const LONGEST: usize = 15;
/// Bytes of the way in and the way out, at most.
const FRAME: usize = 4096;
/// Bytes of the program's stack.
const STACK: usize = 1 << 16;

/// A run that has not begun, that is under way, that is done; one that was stopped by a signal, which is added.
const WAITING: u32 = 0;
const STARTED: u32 = 1;
const DONE: u32 = 2;
const STOPPED: u32 = 1 << 8;

/// Runs jobs, each a program's number and a machine.
pub fn run(programs: &[&Program], jobs: Vec<(usize, &mut Machine)>) -> Result<Vec<Outcome>, NativeError> {
    let most = jobs.iter().map(|job| job.1.memory.len()).max().unwrap_or(0);
    let (record, stack, memory) = (Pages::new(RECORD)?, Pages::new(STACK)?, Pages::new(4 * most)?);
    let fault_stack = Pages::new(fault::STACK)?;
    // For each job its state, one word that says how far it is, and its memory.
    let stride = state::WORDS + 1 + most;
    let mut table = Pages::new(4 * stride * jobs.len())?;

    let instructions: usize = programs.iter().map(|program| program.instructions.len() + 1).sum();
    let code = Pages::new(FRAME + LONGEST * instructions)?;
    let mut writer = Writer::new(code.address(), record.address())?;
    let starts = programs.iter().map(|program| writer.program(program)).collect::<Result<Vec<_>, _>>()?;
    let exit = writer.exit();
    let bytes = writer.finish();
    assert!(bytes.len() <= code.len(), "no instruction is longer than {LONGEST} bytes");
    // SAFETY: fresh pages of at least this size, still writable.
    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), code.start(), bytes.len()) };
    code.protect(libc::PROT_READ | libc::PROT_EXEC)?;

    {
        // No child runs yet.
        let words = table.words();
        for ((_, machine), words) in jobs.iter().zip(words.chunks_exact_mut(stride)) {
            words[..state::WORDS].copy_from_slice(&machine.state);
            words[state::WORDS] = WAITING as i32;
            words[state::WORDS + 1..][..machine.memory.len()].copy_from_slice(&machine.memory);
        }
    }
    let endless: Vec<bool> = programs.iter().map(|program| may_loop(program)).collect();
    let child = Child {
        code: code.address()..code.address() + code.len() as u64,
        exit,
        fault_stack,
        record: record.start(),
        stack_top: stack.address() + STACK as u64,
        memory: memory.start(),
        table: table.start().cast(),
        stride,
        jobs: jobs
            .iter()
            .map(|(program, machine)| Job {
                target: starts[*program],
                words: machine.memory.len(),
                timed: endless[*program],
            })
            .collect(),
    };
    let mut outcomes = Vec::with_capacity(jobs.len());
    while outcomes.len() < jobs.len() {
        let before = outcomes.len();
        let signal = child.run(before)?;
        // The child has ended.
        let words = table.words();
        for words in words.chunks_exact(stride).take(jobs.len()).skip(outcomes.len()) {
            let how_far = words[state::WORDS] as u32;
            match how_far {
                DONE => outcomes.push(Outcome::Returned(Vec::new())),
                STARTED => outcomes.push(stopped(signal)),
                WAITING => break,
                other => outcomes.push(stopped((other - STOPPED) as i32)),
            }
        }
        if outcomes.len() == before {
            return Err(NativeError::System(format!("a process was ended by signal {signal} before its run")));
        }
    }
    // All children have ended.
    let words = table.words();
    for ((_, machine), words) in jobs.into_iter().zip(words.chunks_exact(stride)) {
        if words[state::WORDS] as u32 == DONE {
            let count = machine.memory.len();
            machine.state.copy_from_slice(&words[..state::WORDS]);
            machine.memory.copy_from_slice(&words[state::WORDS + 1..][..count]);
        }
    }
    Ok(outcomes)
}

/// Whether a run may take long: some jump leads back, or there are calls.
fn may_loop(program: &Program) -> bool {
    program.instructions.iter().enumerate().any(|(number, instruction)| {
        let back = |label: LabelId| program.labels[label.0 as usize].at as usize <= number;
        instruction.target.is_some_and(|label| back(label) || instruction.code.mnemonic() == Mnemonic::Call)
    })
}

/// What a signal that ended a run means.
fn stopped(signal: i32) -> Outcome {
    let kind = match signal {
        libc::SIGPROF => return Outcome::OutOfFuel,
        libc::SIGFPE => TrapKind::DivideByZero,
        _ => TrapKind::OutOfBounds,
    };
    Outcome::Trapped(Trap { kind, at: Span::default() })
}

/// What the child needs, all of it there before it is made: it must not allocate.
struct Child {
    record: *mut u8,
    stack_top: u64,
    memory: *mut u8,
    table: *mut i32,
    stride: usize,
    /// The code, which begins with the way in, and the way out.
    code: Range<u64>,
    exit: u64,
    fault_stack: Pages,
    jobs: Vec<Job>,
}

/// One run.
struct Job {
    /// The program's address.
    target: u64,
    /// Words of memory.
    words: usize,
    /// Whether it needs a limit of time.
    timed: bool,
}

impl Child {
    /// Runs the jobs from number `first` on in a child process; gives the signal that ended it, or 0.
    fn run(&self, first: usize) -> Result<i32, NativeError> {
        // SAFETY: until it ends, the child calls nothing but what may be called between fork and exec.
        match unsafe { libc::fork() } {
            -1 => Err(failed("no new process")),
            0 => {
                // SAFETY: this is the child; the pages are its to use until it ends.
                unsafe {
                    fault::catch(self.code.clone(), self.exit, &self.fault_stack);
                    for number in first..self.jobs.len() {
                        self.job(number);
                    }
                    libc::_exit(0)
                }
            }
            child => wait(child),
        }
    }

    /// One run.
    ///
    /// # Safety
    /// In the child only: the code that runs may do anything to registers.
    unsafe fn job(&self, number: usize) {
        let Job { target, words: count, timed } = self.jobs[number];
        // SAFETY: all pointers are into pages of ours, of these sizes; the code was checked, and keeps the registers that
        // a called function must keep.
        unsafe {
            if timed {
                limit(LIMIT_SECONDS);
            }
            let words = self.table.add(number * self.stride);
            let how_far = words.add(state::WORDS);
            ptr::copy_nonoverlapping(how_far.add(1), self.memory.cast(), count);
            let field = |offset: u64| self.record.add(offset as usize);
            for register in 0..16 {
                let low = u64::from(words.add(state::LOW + register).read() as u32);
                let high = u64::from(words.add(state::HIGH + register).read() as u32);
                field(GENERAL + 8 * register as u64).cast::<u64>().write(low | high << 32);
            }
            let last = self.memory as u64 + 4 * count as u64;
            field(GENERAL + 8 * Register::RBP.number() as u64).cast::<u64>().write(last.wrapping_sub(4));
            field(GENERAL + 8 * Register::RSP.number() as u64).cast::<u64>().write(self.stack_top);
            let mut flags = 0x202_u64;
            for flag in Flag::ALL {
                let set = words.add(state::FLAGS + flag as usize).read() == 1;
                flags |= u64::from(set) << flag.bit();
            }
            field(FLAGS).cast::<u64>().write(flags);
            ptr::copy_nonoverlapping(words.add(state::VECTORS), field(VECTORS).cast(), 4 * 8);
            field(TARGET).cast::<u64>().write(target);
            how_far.write_volatile(STARTED as i32);
            let entry: extern "C" fn() = std::mem::transmute(self.code.start as *const ());
            entry();
            if timed {
                limit(0);
            }
            let signal = fault::take();
            if signal != 0 {
                how_far.write_volatile((STOPPED + signal as u32) as i32);
                return;
            }
            for register in
                (0..16).filter(|register| ![Register::RBP.number(), Register::RSP.number()].contains(register))
            {
                let value = field(GENERAL + 8 * register as u64).cast::<u64>().read();
                words.add(state::LOW + register).write(value as i32);
                words.add(state::HIGH + register).write((value >> 32) as i32);
            }
            let flags = field(FLAGS).cast::<u64>().read();
            for flag in Flag::ALL {
                words.add(state::FLAGS + flag as usize).write((flags >> flag.bit()) as i32 & 1);
            }
            ptr::copy_nonoverlapping(field(VECTORS).cast(), words.add(state::VECTORS), 4 * 8);
            ptr::copy_nonoverlapping(self.memory.cast(), how_far.add(1), count);
            how_far.write_volatile(DONE as i32);
        }
    }
}
