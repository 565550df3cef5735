//! Many short programs on this processor: a child process that stays, and runs all of a batch one after the other. Code
//! is written through one view of its pages and run through another, which is never writable, so that nothing needs to be
//! protected anew. What a program may do was checked when its steps were made; a program that does not end takes the
//! child with it, is told, and a new child goes on behind it.

use super::assemble::{Assembler, CELL_BYTES, RUN_BYTES, STARTED, STEP_BYTES};
use super::pages::{Pages, Twin};
use super::worker::{Answer, Worker};
use super::{LIMIT_SECONDS, NativeError};
use crate::exec::steps::{Layout, Operation, Step, Steps};

/// Bytes of code, and of rows, that are run at once; both stay in the nearest caches.
const CODE: usize = 1 << 18;
const ROWS: usize = 1 << 18;

/// Runs programs on the rows of a table of states, like [`crate::exec::steps::Batch`].
#[derive(Debug)]
pub struct Batch {
    assembler: Assembler,
    /// The input rows as they lie in memory.
    inputs: Vec<i32>,
    states: usize,
    layout: Layout,
    code: Twin,
    rows: Pages,
    worker: Worker,
    /// What is written but not yet run.
    bytes: Vec<u8>,
    pending: Vec<Pending>,
    /// A program's rows in the layout's order.
    row: Vec<i32>,
    returned: Vec<bool>,
}

/// A program that waits to be run.
#[derive(Debug)]
struct Pending {
    number: usize,
    /// Where its code begins, and the length of one run's.
    start: usize,
    length: usize,
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
        let assembler = Assembler::new(&layout);
        let registers = layout.registers().len();
        let mut memory = Vec::new();
        for row in inputs.chunks_exact(width) {
            memory.push(0);
            memory.extend(row[registers..].iter().rev());
            memory.extend(&row[..registers]);
        }
        let code = Twin::new(CODE)?;
        let rows = Pages::new(ROWS.max(4 * memory.len()))?;
        let worker = Worker::new(&[&code.write])?;
        let (states, row) = (inputs.len() / width, inputs.to_vec());
        let returned = vec![true; states];
        let (bytes, pending) = (Vec::with_capacity(CODE), Vec::new());
        Ok(Self { assembler, inputs: memory, states, layout, code, rows, worker, bytes, pending, row, returned })
    }

    /// Runs each program on each row. `tell` gets a program's number, its rows afterwards, and which of them returned;
    /// the others, which were stopped after [`LIMIT_SECONDS`], are as they were before.
    pub fn run(&mut self, programs: &Steps, mut tell: impl FnMut(usize, &[i32], &[bool])) -> Result<(), NativeError> {
        if self.states == 0 {
            (0..programs.len()).for_each(|number| tell(number, &[], &[]));
            return Ok(());
        }
        for number in 0..programs.len() {
            let steps = programs.program(number);
            let longest = RUN_BYTES + STEP_BYTES * steps.len() + CELL_BYTES * self.layout.cells();
            if longest * self.states > CODE {
                self.flush(&mut tell)?;
                return Err(NativeError::Unchecked {
                    instruction: steps.len(),
                    message: "there is too much code".into(),
                });
            }
            let full = self.bytes.len() + longest * self.states >= CODE;
            if full || (self.pending.len() + 1) * self.inputs.len() > self.rows.len() / 4 {
                self.flush(&mut tell)?;
            }
            let endless = may_loop(steps);
            let start = self.bytes.len();
            self.assembler.run(steps, programs.reads_flags(number), endless, &mut self.bytes);
            let length = self.bytes.len() - start;
            for _ in 1..self.states {
                self.bytes.extend_from_within(start..start + length);
            }
            self.pending.push(Pending { number, start, length, endless });
        }
        self.flush(&mut tell)
    }

    /// Runs what waits.
    fn flush(&mut self, tell: &mut impl FnMut(usize, &[i32], &[bool])) -> Result<(), NativeError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        const RETURN: u8 = 0xc3;
        self.bytes.push(RETURN);
        self.code.fill(&self.bytes);
        for rows in self.rows.words().chunks_exact_mut(self.inputs.len()).take(self.pending.len()) {
            rows.copy_from_slice(&self.inputs);
        }
        let stopped = self.all()?;
        let pending = std::mem::take(&mut self.pending);
        let words = self.inputs.len();
        let mut stopped = stopped.into_iter().peekable();
        for (place, program) in pending.iter().enumerate() {
            self.returned.fill(true);
            while let Some(run) = stopped.next_if(|run| run / self.states == place) {
                self.returned[run % self.states] = false;
            }
            self.read(place * words);
            tell(program.number, &self.row, &self.returned);
        }
        self.bytes.clear();
        self.pending = pending;
        self.pending.clear();
        Ok(())
    }

    /// Runs what waits, from the beginning and again behind each run that does not end; gives the numbers of those.
    fn all(&mut self) -> Result<Vec<usize>, NativeError> {
        let timed = self.pending.iter().any(|program| program.endless);
        let runs = self.pending.len() * self.states;
        let mut stopped = Vec::new();
        let mut first = 0;
        while first < runs {
            let program = &self.pending[first / self.states];
            let entry = self.code.run.address() + (program.start + program.length * (first % self.states)) as u64;
            let row = 4 * (first * self.assembler.row_words() + self.assembler.base()) as u64;
            match self.worker.run(entry, self.rows.address() + row, timed)? {
                Answer::Done => break,
                Answer::Signal(libc::SIGPROF) => {}
                Answer::Signal(signal) => {
                    return Err(NativeError::System(format!("a program was ended by signal {signal}")));
                }
            }
            let row = self.assembler.row_words();
            let words = self.rows.words();
            let under_way = (first..runs).find(|run| words[run * row] == STARTED);
            let under_way = under_way
                .ok_or_else(|| NativeError::System(format!("programs that end took more than {LIMIT_SECONDS} s")))?;
            // Only what had all of the time to itself is to blame.
            if under_way == first {
                stopped.push(first);
                words[first * row..][..row].copy_from_slice(&self.inputs[first % self.states * row..][..row]);
                first += 1;
            } else {
                first = under_way;
                words[first * row..][..row].copy_from_slice(&self.inputs[first % self.states * row..][..row]);
            }
        }
        Ok(stopped)
    }

    /// A program's rows, from word `at` on, in the layout's order.
    fn read(&mut self, at: usize) {
        let (slots, registers) = (self.layout.slots(), self.layout.registers().len());
        let memory = &self.rows.words()[at..at + self.inputs.len()];
        for (row, memory) in
            self.row.chunks_exact_mut(slots + registers).zip(memory.chunks_exact(1 + slots + registers))
        {
            row[..registers].copy_from_slice(&memory[1 + slots..]);
            for (slot, value) in row[registers..].iter_mut().zip(memory[1..=slots].iter().rev()) {
                *slot = *value;
            }
        }
    }
}

/// Whether some jump leads back.
fn may_loop(steps: &[Step]) -> bool {
    let jump = |step: &Step| matches!(step.operation, Operation::Jump | Operation::JumpIf);
    steps.iter().enumerate().any(|(number, step)| jump(step) && step.value as usize <= number)
}
