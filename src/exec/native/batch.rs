//! Many short programs on this processor: a child process that stays, and runs all of a batch one after the other. Code
//! is written through one view of its pages and run through another, which is never writable, so that nothing needs to be
//! protected anew. What a program may do was checked when its steps were made; a program that does not end takes the
//! child with it, is told, and a new child goes on behind it.

use super::assemble::{Assembler, CELL_BYTES, RUN_BYTES, STARTED, STEP_BYTES};
use super::pages::{Pages, Twin};
use super::worker::{Answer, Worker};
use super::{LIMIT_SECONDS, NativeError};
use crate::exec::steps::{Layout, Step, Steps};

/// Bytes of code, and of rows, that are run at once; both stay in the nearer caches.
const CODE: usize = 1 << 19;
const ROWS: usize = 1 << 17;

/// Runs programs on the rows of a table of states, like [`crate::exec::steps::Batch`].
#[derive(Debug)]
pub struct Batch {
    assembler: Assembler,
    /// The input rows as they lie in memory, as often as they are run at once.
    inputs: Vec<i32>,
    /// Words of a program's rows.
    words: usize,
    states: usize,
    layout: Layout,
    code: Twin,
    /// The rows, and behind them as many words of progress.
    rows: Pages,
    worker: Worker,
    /// Bytes that are written but not yet run, and whose they are.
    written: usize,
    pending: Vec<Pending>,
    /// A program's rows in the layout's order, where that is another one than in memory.
    row: Vec<i32>,
    returned: Vec<bool>,
}

/// A program that waits to be run.
#[derive(Clone, Copy, Debug)]
struct Pending {
    number: usize,
    /// Where its code begins, and the length of one run's.
    start: u32,
    length: u32,
    endless: bool,
}

impl Batch {
    /// Programs will be run on these rows, `[states, width]`.
    ///
    /// # Panics
    /// Where `inputs` is no whole number of rows, or rows are empty.
    pub fn new(layout: Layout, inputs: &[i32]) -> Result<Self, NativeError> {
        let width = layout.width();
        assert!(width > 0 && inputs.len().is_multiple_of(width), "whole rows");
        let registers = layout.registers().len();
        let mut memory = Vec::new();
        for row in inputs.chunks_exact(width) {
            memory.extend(row[registers..].iter().rev());
            memory.extend(&row[..registers]);
        }
        let words = memory.len();
        let memory = memory.repeat((ROWS / 4 / words.max(1)).max(1));
        // Behind all rows, counted from slot 0, which may be the word before a row.
        let progress = 4 * memory.len() as i32 + 4;
        let assembler = Assembler::new(&layout, progress);
        let code = Twin::new(CODE)?;
        let rows = Pages::new(2 * 4 * memory.len() + 4)?;
        let worker = Worker::new(&[&code.write])?;
        let (states, row) = (inputs.len() / width, inputs.to_vec());
        let returned = vec![true; states];
        let pending = Vec::new();
        Ok(Self {
            assembler,
            inputs: memory,
            words,
            states,
            layout,
            code,
            rows,
            worker,
            written: 0,
            pending,
            row,
            returned,
        })
    }

    /// Runs each program on each row. `tell` gets a program's number, its rows afterwards, and which of them returned;
    /// the others, which were stopped after [`LIMIT_SECONDS`], are as they were before.
    pub fn run(&mut self, programs: &Steps, mut tell: impl FnMut(usize, &[i32], &[bool])) -> Result<(), NativeError> {
        if self.states == 0 {
            (0..programs.len()).for_each(|number| tell(number, &[], &[]));
            return Ok(());
        }
        let most = self.inputs.len() / self.words;
        for number in 0..programs.len() {
            let steps = programs.program(number);
            let room = (RUN_BYTES + STEP_BYTES * steps.len() + CELL_BYTES * self.layout.cells()) * self.states;
            if room >= CODE {
                self.flush(&mut tell)?;
                let message = "there is too much code".to_owned();
                return Err(NativeError::Unchecked { instruction: steps.len(), message });
            }
            if self.written + room >= CODE || self.pending.len() == most {
                self.flush(&mut tell)?;
            }
            self.write(number, steps, programs.reads_flags(number));
        }
        self.flush(&mut tell)
    }

    /// Writes a program's code.
    fn write(&mut self, number: usize, steps: &[Step], flags: bool) {
        let endless = may_loop(steps);
        let start = self.written;
        let code = self.code.write.bytes();
        let end = self.assembler.run(steps, flags, endless, code, start);
        let length = end - start;
        for state in 1..self.states {
            code.copy_within(start..end, start + state * length);
        }
        self.written = start + self.states * length;
        self.pending.push(Pending { number, start: start as u32, length: length as u32, endless });
    }

    /// Runs what waits.
    fn flush(&mut self, tell: &mut impl FnMut(usize, &[i32], &[bool])) -> Result<(), NativeError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        const RETURN: u8 = 0xc3;
        self.code.write.bytes()[self.written] = RETURN;
        self.written = 0;
        let words = self.pending.len() * self.words;
        self.rows.words()[..words].copy_from_slice(&self.inputs[..words]);
        let pending = std::mem::take(&mut self.pending);
        let mut stopped = self.all(&pending)?.into_iter().peekable();
        for (place, program) in pending.iter().enumerate() {
            let stops = stopped.peek().is_some_and(|run| run / self.states == place);
            if stops {
                while let Some(run) = stopped.next_if(|run| run / self.states == place) {
                    self.returned[run % self.states] = false;
                }
            }
            let rows = place * self.words..(place + 1) * self.words;
            if self.layout.slots() == 0 {
                tell(program.number, &self.rows.words()[rows], &self.returned);
            } else {
                self.read(rows.start);
                tell(program.number, &self.row, &self.returned);
            }
            if stops {
                self.returned.fill(true);
            }
        }
        self.pending = pending;
        self.pending.clear();
        Ok(())
    }

    /// Runs what waits, from the beginning and again behind each run that does not end; gives the numbers of those.
    fn all(&mut self, pending: &[Pending]) -> Result<Vec<usize>, NativeError> {
        let timed = pending.iter().any(|program| program.endless);
        let (runs, row) = (pending.len() * self.states, self.assembler.row_words());
        let mut stopped = Vec::new();
        let mut first = 0;
        while first < runs {
            if timed {
                self.rows.words()[self.inputs.len()..].fill(0);
            }
            let Pending { start, length, .. } = pending[first / self.states];
            let entry = self.code.run.address() + u64::from(start) + u64::from(length) * (first % self.states) as u64;
            let base = self.rows.address().wrapping_add_signed(4 * (first * row) as i64 + self.assembler.base());
            match self.worker.run(entry, base, timed)? {
                Answer::Done => break,
                Answer::Signal(libc::SIGPROF) => {}
                Answer::Signal(signal) => {
                    return Err(NativeError::System(format!("a program was ended by signal {signal}")));
                }
            }
            let under_way = (first..runs)
                .find(|run| self.progress(*run) == STARTED)
                .ok_or_else(|| NativeError::System(format!("programs that end took more than {LIMIT_SECONDS} s")))?;
            let words = under_way * row..(under_way + 1) * row;
            self.rows.words()[words.clone()].copy_from_slice(&self.inputs[words]);
            // Only what had all of the time to itself is to blame.
            if under_way == first {
                stopped.push(first);
            }
            first = under_way + usize::from(under_way == first);
        }
        Ok(stopped)
    }

    /// How far a run is.
    fn progress(&mut self, run: usize) -> i32 {
        self.rows.words()[self.inputs.len() + run * self.assembler.row_words() + self.layout.slots()]
    }

    /// A program's rows, from word `at` on, in the layout's order.
    fn read(&mut self, at: usize) {
        let (slots, registers) = (self.layout.slots(), self.layout.registers().len());
        let width = slots + registers;
        let memory = &self.rows.words()[at..at + self.words];
        for (row, memory) in self.row.chunks_exact_mut(width).zip(memory.chunks_exact(width)) {
            row[..registers].copy_from_slice(&memory[slots..]);
            row[registers..].copy_from_slice(&memory[..slots]);
            row[registers..].reverse();
        }
    }
}

/// Whether some jump leads back.
fn may_loop(steps: &[Step]) -> bool {
    let back = |(number, step): (usize, &Step)| step.operation.jumps() && step.value as usize <= number;
    steps.iter().enumerate().any(back)
}
