//! What each thread does: compiles the programs of a piece and runs them on their inputs. Programs of one array have
//! their inputs as lists of numbers; for other signatures see [`super::named`].

use super::columns::{self, Lists};
use super::{Done, Executed, Piece, Ran};
use crate::corpus::Reason;
use crate::corpus::record::{Record, text_column};
use crate::exec::batch::{Batch, Choice};
use crate::exec::interp::Stop;
use crate::exec::rows::{Call, RowArgument, RowRun};
use crate::ir::{FunctionId, Program, TrapKind, Type};
use crate::lang::c;
use crate::task::DEFAULT_SIGNATURE;
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use std::fmt::Write as _;

/// Runs the programs of pieces.
pub(super) struct Worker {
    pub(super) batch: Batch,
    pub(super) rows: Vec<i32>,
    /// The last signature that was not the default one, and the name in it.
    signature: (String, Option<String>),
}

/// How one run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Returned,
    Trapped(TrapKind),
    OutOfFuel,
    Rejected,
}

impl Outcome {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Returned => "returned",
            Self::Trapped(_) => "trapped",
            Self::OutOfFuel => "out_of_fuel",
            Self::Rejected => "rejected",
        }
    }

    pub(super) fn trap(self) -> Option<&'static str> {
        match self {
            Self::Trapped(kind) => Some(kind.name()),
            _ => None,
        }
    }
}

/// What many runs gave, one after the other.
#[derive(Default)]
pub(super) struct Runs {
    pub outcomes: Vec<Outcome>,
    pub fuel: Vec<u64>,
    /// The cells of all outputs, and how many each output has.
    pub cells: Vec<i32>,
    pub lengths: Vec<usize>,
}

impl From<Stop> for Outcome {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Returned => Self::Returned,
            Stop::Trapped(trap) => Self::Trapped(trap.kind),
            Stop::OutOfFuel => Self::OutOfFuel,
        }
    }
}

impl Runs {
    pub(super) fn push(&mut self, outcome: Outcome, fuel: u64, output: &[i32]) {
        self.outcomes.push(outcome);
        self.fuel.push(fuel);
        self.cells.extend_from_slice(output);
        self.lengths.push(output.len());
    }

    /// The outputs from the `from`-th on, of which the cells begin at `cell`.
    fn outputs(&self, from: usize, mut cell: usize) -> impl Iterator<Item = &[i32]> {
        self.lengths[from..].iter().map(move |length| {
            cell += length;
            &self.cells[cell - length..cell]
        })
    }
}

/// What a task is to the worker.
pub(super) struct Job<'a> {
    pub id: &'a str,
    pub language: &'a str,
    pub signature: &'a str,
    pub source: &'a str,
}

impl Worker {
    pub(super) fn new(choice: Choice) -> Self {
        Self { batch: Batch::new(choice), rows: Vec::new(), signature: (String::new(), None) }
    }

    pub(super) fn piece(&mut self, piece: Piece, schema: &SchemaRef, fuel: u64) -> Ran {
        match piece {
            Piece::Columns(batch) => self.columns(&batch, schema, fuel),
            Piece::Lines(first, lines) => self.lines(first, &lines, fuel),
        }
    }

    fn columns(&mut self, batch: &RecordBatch, schema: &SchemaRef, fuel: u64) -> Ran {
        if columns::are_named(schema) {
            return self.named_columns(batch, schema, fuel);
        }
        let (id, language) = (text_column(batch, "id")?, text_column(batch, "language")?);
        let (signature, source) = (text_column(batch, "signature")?, text_column(batch, "source")?);
        let (inputs, outputs) = (Lists::of(batch, "inputs")?, Lists::of(batch, "outputs")?);
        let mut runs = Runs::default();
        let mut executed = Executed::default();
        for row in 0..batch.num_rows() {
            let job = Job { id: id(row), language: language(row), signature: signature(row), source: source(row) };
            let (from, cell) = (runs.outcomes.len(), runs.cells.len());
            self.run(&job, inputs.row(row), fuel, &mut runs, &mut executed);
            tally(&runs, from, cell, outputs.row(row), &mut executed);
        }
        let outputs = columns::lists(&runs, inputs.lengths());
        let batch = columns::executed(batch, schema, &runs, inputs.lengths(), outputs)?;
        Ok((Done::Columns(batch), executed))
    }

    fn lines(&mut self, first: usize, lines: &[String], fuel: u64) -> Ran {
        let mut text = String::new();
        let mut executed = Executed::default();
        for (number, line) in (first..).zip(lines) {
            if line.trim().is_empty() {
                continue;
            }
            let mut runs = Runs::default();
            let id = format!("line-{number}");
            let mut record = match Record::from_json(line, &id) {
                Ok(record) => record,
                Err(reason) => {
                    if !self.named_line(line, &id, fuel, &mut runs, &mut executed, &mut text) {
                        return Err(match reason {
                            Reason::Schema(message) => Reason::Schema(format!("line {number}: {message}")),
                            other => other,
                        });
                    }
                    continue;
                }
            };
            let Record { id, language, signature, source, inputs, outputs, .. } = &record;
            let job = Job { id, language, signature, source };
            self.run(&job, inputs.iter().map(Vec::as_slice), fuel, &mut runs, &mut executed);
            tally(&runs, 0, 0, outputs.iter().map(Vec::as_slice), &mut executed);
            record.outputs = runs.outputs(0, 0).map(<[i32]>::to_vec).collect();
            push_line(&mut text, &record, &runs);
        }
        Ok((Done::Lines(text), executed))
    }

    /// Runs a program on all its inputs.
    fn run<'a>(
        &mut self,
        job: &Job,
        inputs: impl Iterator<Item = &'a [i32]>,
        fuel: u64,
        runs: &mut Runs,
        executed: &mut Executed,
    ) {
        executed.programs += 1;
        let (program, function) = match self.program(job) {
            Ok(found) => found,
            Err(message) => {
                executed.reject(job.id, message);
                return inputs.for_each(|_| runs.push(Outcome::Rejected, 0, &[]));
            }
        };
        // Inputs of one length run together; mostly that is all of them.
        let mut inputs = inputs.peekable();
        while let Some(first) = inputs.next() {
            self.rows.clear();
            self.rows.extend_from_slice(first);
            let mut count = 1;
            while let Some(more) = inputs.next_if(|input| input.len() == first.len()) {
                self.rows.extend_from_slice(more);
                count += 1;
            }
            self.run_rows(&program, function, first.len(), count, fuel, runs);
        }
    }

    /// Runs a program on `count` inputs of so many cells, which lie in `self.rows`.
    fn run_rows(
        &mut self,
        program: &Program,
        function: FunctionId,
        cells: usize,
        count: usize,
        fuel: u64,
        runs: &mut Runs,
    ) {
        let from = runs.outcomes.len();
        let mut tell = |run: RowRun| {
            runs.outcomes.push(run.stop.into());
            runs.fuel.push(run.fuel);
        };
        let shape = [RowArgument::Array(u32::try_from(cells).expect("a shard's lists have 32-bit lengths"))];
        let call = Call { function, shape: &shape, fuel };
        // Rows without cells cannot be told apart, so each is a call of its own.
        let (calls, rows) = if cells == 0 { (count, 0) } else { (1, count * cells) };
        for _ in 0..calls {
            self.batch.run_rows(program, &call, &mut self.rows[..rows], |_, run| tell(run));
        }
        for row in 0..count {
            let returned = runs.outcomes[from + row] == Outcome::Returned;
            let output = if returned { &self.rows[row * cells..(row + 1) * cells] } else { &[] };
            runs.cells.extend_from_slice(output);
            runs.lengths.push(output.len());
        }
    }

    /// A task's program and the function to call, or why there is none.
    fn program(&mut self, job: &Job) -> Result<(Program, FunctionId), String> {
        if job.language != "c" {
            return Err(format!("its language is `{}`, not `c`", job.language));
        }
        let program = c::compile(job.source)
            .map_err(|errors| errors.first().map_or_else(String::new, |error| error.message.clone()))?;
        let name = if job.signature == DEFAULT_SIGNATURE { Some("func_1") } else { self.name(job.signature) };
        let named = name.and_then(|name| program.functions.iter().position(|function| function.name == name));
        let number =
            named.or_else(|| program.functions.len().checked_sub(1)).ok_or_else(|| "it has no function".to_owned())?;
        if program.functions[number].parameters != [Type::I64] {
            return Err(format!("`{}` is no function of one array", program.functions[number].name));
        }
        Ok((program, FunctionId(number as u32)))
    }

    /// The name in a signature.
    fn name(&mut self, signature: &str) -> Option<&str> {
        if self.signature.0 != signature {
            let name = c::parse_signature(signature).ok().map(|signature| signature.name.to_string());
            self.signature = (signature.to_owned(), name);
        }
        self.signature.1.as_deref()
    }
}

/// Counts the runs from the `from`-th on, and compares them with what the shard had.
fn tally<'a>(runs: &Runs, from: usize, cell: usize, outputs: impl Iterator<Item = &'a [i32]>, executed: &mut Executed) {
    let outcomes = &runs.outcomes[from..];
    executed.count(outcomes);
    if !outcomes.contains(&Outcome::Rejected) {
        executed.changed += u64::from(!runs.outputs(from, cell).eq(outputs));
    }
}

/// Appends a record's line with the three lists.
fn push_line(text: &mut String, record: &Record, runs: &Runs) {
    let line = record.to_json();
    text.push_str(line.strip_suffix('}').expect("a record is an object"));
    push_lists(text, runs);
    text.push_str("}\n");
}

/// Appends the three lists to an object that is not closed yet.
pub(super) fn push_lists(text: &mut String, runs: &Runs) {
    let mut list = |name: &str, items: &mut dyn Iterator<Item = String>| {
        let items: Vec<String> = items.collect();
        write!(text, ",\"{name}\":[{}]", items.join(",")).expect("strings take all that is written");
    };
    let quoted = |word: &str| format!("\"{word}\"");
    list("outcome", &mut runs.outcomes.iter().map(|outcome| quoted(outcome.name())));
    list("trap", &mut runs.outcomes.iter().map(|outcome| outcome.trap().map_or("null".into(), quoted)));
    list("fuel", &mut runs.fuel.iter().map(u64::to_string));
}
