//! Runs the programs of a shard on their inputs, on all cores, and writes a shard with what they did: the same columns
//! in the same order, `outputs` as the runs gave them, and for each input `outcome`, `trap` and `fuel`.
//!
//! Pieces of a few hundred tasks are read by whichever thread is free, run, and written in order. So many pieces are on
//! their way at once that all threads have work, and no more: memory does not grow with the corpus, nor where one
//! piece takes long.

mod columns;
mod karel;
mod machine;
mod named;
mod plan;
mod recount;
mod worker;

pub(super) use columns::executed_schema;
pub use plan::RunPlan;
pub use recount::recount;

use super::shard::{Format, Sheet, Written, broken};
use super::{Error, Reason};
use crate::exec::batch::Choice;
use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use worker::{Outcome, Worker};

/// Tasks of a piece.
const PIECE: usize = 256;
/// Pieces on their way, for each thread.
const AHEAD: usize = 4;
/// Stack of a thread; the parser follows the nesting of its input.
const STACK: usize = 64 << 20;

/// How a shard is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Execution {
    /// Which engine runs the programs.
    pub choice: Choice,
    /// Fuel of each run.
    pub fuel: u64,
    /// Threads, at least 1.
    pub threads: usize,
}

/// What the programs of shards did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Executed {
    /// Programs.
    pub programs: u64,
    /// Programs that are no C of this subset, or no function of their signature.
    pub rejected: u64,
    /// The first of them: its name and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_rejected: Option<(String, String)>,
    /// Programs that ran and did not give the outputs that the shard had.
    pub changed: u64,
    /// Inputs.
    pub inputs: u64,
    /// Runs that returned.
    pub returned: u64,
    /// Runs that trapped.
    pub trapped: u64,
    /// Runs that used up their fuel.
    pub out_of_fuel: u64,
}

impl Executed {
    /// A program was not run.
    fn reject(&mut self, id: &str, message: String) {
        self.rejected += 1;
        self.first_rejected.get_or_insert_with(|| (id.to_owned(), message));
    }

    /// Counts runs.
    fn count(&mut self, outcomes: &[Outcome]) {
        self.inputs += outcomes.len() as u64;
        for outcome in outcomes {
            match outcome {
                Outcome::Returned => self.returned += 1,
                Outcome::Trapped(_) => self.trapped += 1,
                Outcome::OutOfFuel => self.out_of_fuel += 1,
                Outcome::Rejected => {}
            }
        }
    }
}

impl std::ops::AddAssign for Executed {
    fn add_assign(&mut self, other: Self) {
        self.programs += other.programs;
        self.rejected += other.rejected;
        self.first_rejected = self.first_rejected.take().or(other.first_rejected);
        self.changed += other.changed;
        self.inputs += other.inputs;
        self.returned += other.returned;
        self.trapped += other.trapped;
        self.out_of_fuel += other.out_of_fuel;
    }
}

/// How many tasks a shard has; of JSONL, how many lines.
pub fn count(path: &Path) -> Result<u64, Error> {
    let open = || File::open(path).map_err(Reason::Io);
    let count = || match Format::of(path) {
        Some(Format::Jsonl) => {
            let mut file = BufReader::with_capacity(1 << 16, open()?);
            let mut lines = 0;
            loop {
                let buffer = file.fill_buf().map_err(Reason::Io)?;
                let length = buffer.len();
                if length == 0 {
                    return Ok(lines);
                }
                lines += buffer.iter().filter(|byte| **byte == b'\n').count() as u64;
                file.consume(length);
            }
        }
        _ => {
            let builder =
                ParquetRecordBatchReaderBuilder::try_new(open()?).map_err(|error| broken(&error.to_string()))?;
            Ok(u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0))
        }
    };
    count().map_err(|reason: Reason| reason.of(path))
}

/// Runs the shard `input` and writes the shard `output`, of the same format. `progress` is told of finished tasks.
pub fn execute(
    input: &Path,
    output: &Path,
    execution: &Execution,
    progress: &mut dyn FnMut(u64),
) -> Result<(Executed, Written), Error> {
    let (source, schema) = Source::open(input).map_err(|reason| reason.of(input))?;
    let format = Format::of(input).unwrap_or(Format::Parquet);
    let schema = schema.map_or_else(|| Arc::new(Schema::empty()), |schema| executed_schema(&schema));
    let mut sheet = Sheet::create(output, format, Arc::clone(&schema))?;
    let mut total = Executed::default();
    let work = |worker: &mut Worker, piece| worker.piece(piece, &schema, execution.fuel);
    pipeline(source, execution, work, |result| {
        let (done, executed) = result.map_err(|reason| reason.of(input))?;
        match done {
            Done::Columns(batch) => sheet.write_batch(&batch)?,
            Done::Lines(text) => sheet.write_lines(&text)?,
        }
        progress(executed.programs);
        total += executed;
        Ok(())
    })?;
    let written = sheet.finish()?;
    Ok((total, written))
}

/// Where pieces come from.
enum Source {
    Parquet(ParquetRecordBatchReader),
    Jsonl { lines: io::Lines<BufReader<File>>, line: usize },
}

/// Some tasks.
enum Piece {
    Columns(RecordBatch),
    /// With the number of the first line.
    Lines(usize, Vec<String>),
}

/// The same, run.
enum Done {
    Columns(RecordBatch),
    Lines(String),
}

impl Source {
    /// With the schema of its columns, if it has columns.
    fn open(path: &Path) -> Result<(Self, Option<SchemaRef>), Reason> {
        let file = File::open(path).map_err(Reason::Io)?;
        if Format::of(path) == Some(Format::Jsonl) {
            return Ok((Self::Jsonl { lines: BufReader::new(file).lines(), line: 1 }, None));
        }
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| broken(&error.to_string()))?;
        let schema = Arc::clone(builder.schema());
        let reader = builder.with_batch_size(PIECE).build().map_err(|error| broken(&error.to_string()))?;
        Ok((Self::Parquet(reader), Some(schema)))
    }
}

impl Iterator for Source {
    type Item = Result<Piece, Reason>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Parquet(reader) => {
                let batch = reader.next()?;
                Some(batch.map(Piece::Columns).map_err(|error| broken(&error.to_string())))
            }
            Self::Jsonl { lines, line } => {
                let texts: Result<Vec<String>, io::Error> = lines.take(PIECE).collect();
                match texts {
                    Ok(texts) if texts.is_empty() => None,
                    Ok(texts) => {
                        let first = *line;
                        *line += texts.len();
                        Some(Ok(Piece::Lines(first, texts)))
                    }
                    Err(error) => Some(Err(Reason::Io(error))),
                }
            }
        }
    }
}

type Ran = Result<(Done, Executed), Reason>;

/// Runs pieces on all threads and gives what they became to `sink` in order.
fn pipeline(
    source: Source,
    execution: &Execution,
    work: impl Fn(&mut Worker, Piece) -> Ran + Sync,
    mut sink: impl FnMut(Ran) -> Result<(), Error>,
) -> Result<(), Error> {
    let most = AHEAD * execution.threads;
    let (permit, permits) = mpsc::sync_channel(most);
    (0..most).for_each(|_| permit.send(()).expect("there is room, and the other end is here"));
    let source = Mutex::new((source.enumerate(), permits));
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        for number in 0..execution.threads {
            let (sender, source, work) = (sender.clone(), &source, &work);
            let body = move || {
                let mut worker = Worker::new(execution.choice);
                while let Some((index, piece)) = next(source) {
                    let ran = piece.and_then(|piece| work(&mut worker, piece));
                    let failed = ran.is_err();
                    if sender.send((index, ran)).is_err() || failed {
                        return;
                    }
                }
            };
            let thread = std::thread::Builder::new().name(format!("worker {number}")).stack_size(STACK);
            if thread.spawn_scoped(scope, body).is_err() && number == 0 {
                // Fewer threads than asked for will do, none will not.
                return Err(Reason::Other("no thread can be started".into()).of(Path::new("iocc exec")));
            }
        }
        drop(sender);
        // Where this ends early, so do the threads that wait for a permit.
        let permit = permit;
        let mut waiting = BTreeMap::new();
        let mut wanted = 0;
        for (index, ran) in &receiver {
            waiting.insert(index, ran);
            while let Some(ran) = waiting.remove(&wanted) {
                sink(ran)?;
                wanted += 1;
                // Nobody may be left to take it.
                let _ = permit.try_send(());
            }
        }
        Ok(())
    })
}

type Pieces = (std::iter::Enumerate<Source>, Receiver<()>);

/// The next piece, once there is room for it.
fn next(source: &Mutex<Pieces>) -> Option<(usize, Result<Piece, Reason>)> {
    let mut source = source.lock().ok()?;
    source.1.recv().ok()?;
    source.0.next()
}
