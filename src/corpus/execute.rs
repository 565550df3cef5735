//! Runs the programs of a shard on their inputs, on all cores, and writes a shard with what they did: the same columns
//! in the same order, `outputs` as the runs gave them, and for each input `outcome`, `trap` and `fuel`.
//!
//! Pieces of a few hundred tasks are read by whichever thread is free, run, and written in order. So many pieces are on
//! their way at once that all threads have work, and no more: memory does not grow with the corpus, nor where one
//! piece takes long.

use super::record::{Record, inner_list, text_column};
use super::shard::{Format, Sheet, broken};
use super::{Error, Reason};
use crate::exec::batch::{Batch, Choice};
use crate::exec::interp::Stop;
use crate::exec::rows::{Call, RowArgument, RowRun};
use crate::ir::{FunctionId, Program, TrapKind, Type};
use crate::lang::c;
use crate::task::DEFAULT_SIGNATURE;
use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, Int32Array, ListArray, RecordBatch};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};

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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Executed {
    /// Programs.
    pub programs: u64,
    /// Programs that are no C of this subset, or no function of one array.
    pub rejected: u64,
    /// The first of them: its name and why.
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
) -> Result<Executed, Error> {
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
    sheet.finish()?;
    Ok(total)
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

/// Runs the programs of pieces.
struct Worker {
    batch: Batch,
    rows: Vec<i32>,
    /// The last signature that was not the default one, and the name in it.
    signature: (String, Option<String>),
}

/// How one run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Returned,
    Trapped(TrapKind),
    OutOfFuel,
    Rejected,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Self::Returned => "returned",
            Self::Trapped(_) => "trapped",
            Self::OutOfFuel => "out_of_fuel",
            Self::Rejected => "rejected",
        }
    }

    fn trap(self) -> Option<&'static str> {
        match self {
            Self::Trapped(kind) => Some(kind.name()),
            _ => None,
        }
    }
}

/// What many runs gave, one after the other.
#[derive(Default)]
struct Runs {
    outcomes: Vec<Outcome>,
    fuel: Vec<u64>,
    /// The cells of all outputs, and how many each output has.
    cells: Vec<i32>,
    lengths: Vec<usize>,
}

impl Runs {
    fn push(&mut self, outcome: Outcome, fuel: u64, output: &[i32]) {
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
struct Job<'a> {
    id: &'a str,
    language: &'a str,
    signature: &'a str,
    source: &'a str,
}

impl Worker {
    fn new(choice: Choice) -> Self {
        Self { batch: Batch::new(choice), rows: Vec::new(), signature: (String::new(), None) }
    }

    fn piece(&mut self, piece: Piece, schema: &SchemaRef, fuel: u64) -> Ran {
        match piece {
            Piece::Columns(batch) => self.columns(&batch, schema, fuel),
            Piece::Lines(first, lines) => self.lines(first, &lines, fuel),
        }
    }

    fn columns(&mut self, batch: &RecordBatch, schema: &SchemaRef, fuel: u64) -> Ran {
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
        let batch = executed_columns(batch, schema, runs, &inputs)?;
        Ok((Done::Columns(batch), executed))
    }

    fn lines(&mut self, first: usize, lines: &[String], fuel: u64) -> Ran {
        let mut text = String::new();
        let mut executed = Executed::default();
        for (number, line) in (first..).zip(lines) {
            if line.trim().is_empty() {
                continue;
            }
            let mut record = Record::from_json(line, &format!("line-{number}")).map_err(|reason| match reason {
                Reason::Schema(message) => Reason::Schema(format!("line {number}: {message}")),
                other => other,
            })?;
            let mut runs = Runs::default();
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
                executed.rejected += 1;
                executed.first_rejected.get_or_insert_with(|| (job.id.to_owned(), message));
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
            runs.outcomes.push(match run.stop {
                Stop::Returned => Outcome::Returned,
                Stop::Trapped(trap) => Outcome::Trapped(trap.kind),
                Stop::OutOfFuel => Outcome::OutOfFuel,
            });
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
    executed.inputs += outcomes.len() as u64;
    for outcome in outcomes {
        match outcome {
            Outcome::Returned => executed.returned += 1,
            Outcome::Trapped(_) => executed.trapped += 1,
            Outcome::OutOfFuel => executed.out_of_fuel += 1,
            Outcome::Rejected => return,
        }
    }
    executed.changed += u64::from(!runs.outputs(from, cell).eq(outputs));
}

/// Appends a record's line with the three lists.
fn push_line(text: &mut String, record: &Record, runs: &Runs) {
    let line = record.to_json();
    text.push_str(line.strip_suffix('}').expect("a record is an object"));
    let list = |text: &mut String, name: &str, items: &mut dyn Iterator<Item = String>| {
        let items: Vec<String> = items.collect();
        write!(text, ",\"{name}\":[{}]", items.join(",")).expect("strings take all that is written");
    };
    let quoted = |word: &str| format!("\"{word}\"");
    list(text, "outcome", &mut runs.outcomes.iter().map(|outcome| quoted(outcome.name())));
    list(text, "trap", &mut runs.outcomes.iter().map(|outcome| outcome.trap().map_or("null".into(), quoted)));
    list(text, "fuel", &mut runs.fuel.iter().map(u64::to_string));
    text.push_str("}\n");
}

/// A column of lists of lists of numbers, read in place.
struct Lists<'a> {
    rows: &'a ListArray,
    lists: &'a ListArray,
    numbers: &'a [i32],
}

impl<'a> Lists<'a> {
    fn of(batch: &'a RecordBatch, name: &str) -> Result<Self, Reason> {
        let column = batch.column_by_name(name).ok_or_else(|| Reason::Schema(format!("it has no column `{name}`")))?;
        let rows = column.as_list_opt::<i32>();
        let lists = rows.and_then(|rows| rows.values().as_list_opt::<i32>());
        let numbers = lists.and_then(|lists| lists.values().as_primitive_opt::<Int32Type>());
        let (Some(rows), Some(lists), Some(numbers)) = (rows, lists, numbers) else {
            let found = column.data_type();
            let message = format!("its column `{name}` holds {found} where lists of lists of Int32 are expected");
            return Err(Reason::Schema(message));
        };
        if rows.null_count() + lists.null_count() + numbers.null_count() > 0 {
            return Err(Reason::Schema(format!("its column `{name}` has empty fields")));
        }
        Ok(Self { rows, lists, numbers: numbers.values() })
    }

    /// The lists of a row.
    fn row(&self, row: usize) -> impl Iterator<Item = &'a [i32]> {
        let (from, to) = (self.rows.value_offsets()[row], self.rows.value_offsets()[row + 1]);
        let (ends, numbers) = (self.lists.value_offsets(), self.numbers);
        (from as usize..to as usize).map(move |list| &numbers[ends[list] as usize..ends[list + 1] as usize])
    }

    /// How many lists each row has.
    fn lengths(&self) -> OffsetBuffer<i32> {
        OffsetBuffer::from_lengths(self.rows.value_offsets().windows(2).map(|ends| (ends[1] - ends[0]) as usize))
    }
}

/// The new columns, apart from `outputs`.
const ADDED: [&str; 3] = ["outcome", "trap", "fuel"];

/// The columns of a shard that was run.
fn executed_schema(schema: &Schema) -> SchemaRef {
    let old = schema.fields().iter().filter(|field| !ADDED.contains(&field.name().as_str()));
    let mut fields: Vec<Arc<Field>> = old
        .map(|field| match field.name().as_str() {
            "outputs" => Arc::new(Field::new("outputs", DataType::List(Arc::new(inner_list())), false)),
            _ => Arc::clone(field),
        })
        .collect();
    for (name, ty, empty) in
        [(ADDED[0], DataType::Utf8, false), (ADDED[1], DataType::Utf8, true), (ADDED[2], DataType::UInt64, false)]
    {
        let list = DataType::List(Arc::new(Field::new("element", ty, empty)));
        fields.push(Arc::new(Field::new(name, list, false)));
    }
    Arc::new(Schema::new(fields))
}

/// The columns of a piece with what its programs did.
fn executed_columns(
    batch: &RecordBatch,
    schema: &SchemaRef,
    runs: Runs,
    inputs: &Lists,
) -> Result<RecordBatch, Reason> {
    let rows = inputs.lengths();
    let element = |name: &str| match schema.field_with_name(name).map(Field::data_type) {
        Ok(DataType::List(field)) => Arc::clone(field),
        _ => unreachable!("the schema was made with these columns"),
    };
    let list =
        |name: &str, values: ArrayRef| Arc::new(ListArray::new(element(name), rows.clone(), values, None)) as ArrayRef;
    let DataType::List(innermost) = inner_list().data_type().clone() else { unreachable!("a list of lists") };
    let lengths = OffsetBuffer::from_lengths(runs.lengths.iter().copied());
    let outputs = ListArray::new(innermost, lengths, Arc::new(Int32Array::from(runs.cells)), None);
    let columns = schema.fields().iter().map(|field| match field.name().as_str() {
        "outputs" => Ok(list("outputs", Arc::new(outputs.clone()))),
        "outcome" => Ok(list("outcome", words(&runs.outcomes, |outcome| Some(outcome.name())))),
        "trap" => Ok(list("trap", words(&runs.outcomes, Outcome::trap))),
        "fuel" => Ok(list("fuel", Arc::new(arrow_array::UInt64Array::from(runs.fuel.clone())))),
        name => batch.column_by_name(name).cloned().ok_or_else(|| Reason::Schema(format!("it has no column `{name}`"))),
    });
    let columns: Vec<ArrayRef> = columns.collect::<Result<_, _>>()?;
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(|error| broken(&error.to_string()))
}

fn words(outcomes: &[Outcome], word: impl Fn(Outcome) -> Option<&'static str>) -> ArrayRef {
    let mut builder = StringBuilder::with_capacity(outcomes.len(), 8 * outcomes.len());
    outcomes.iter().for_each(|outcome| builder.append_option(word(*outcome)));
    Arc::new(builder.finish())
}
