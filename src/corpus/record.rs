//! One task of a corpus, and its columns as design.md names them.

use super::{Error, Reason, worlds};
use crate::sample::inputs::{CELLS, Cells};
use crate::task::DEFAULT_SIGNATURE;
use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, UInt64Type};
use arrow_array::{Array, ArrayRef, Int32Array, ListArray, RecordBatch, StringArray, UInt64Array};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use compact_str::{CompactString, format_compact};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::{Arc, LazyLock};

/// One task: a program and what it does on some inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its name.
    pub id: CompactString,
    /// `c`
    pub language: CompactString,
    /// `int * func_1(int a[])`
    pub signature: CompactString,
    /// The program.
    pub source: String,
    /// The inputs, the given ones first: arrays, those of Karel's worlds too.
    pub inputs: Vec<Vec<i32>>,
    /// The outputs, one for each input.
    pub outputs: Vec<Vec<i32>>,
    /// How many examples are given; the rest are held out.
    pub n_given: u32,
    /// The program's length in C tokens.
    pub tokens: u32,
    /// How deep its loops are nested.
    pub loop_depth: u32,
    /// A hash of what it does on the fixed inputs.
    pub behaviour_hash: u64,
}

/// The columns of a shard.
pub fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let text = |name: &str| Field::new(name, DataType::Utf8, false);
        let number = |name: &str| Field::new(name, DataType::Int32, false);
        let lists = |name: &str| Field::new(name, DataType::List(Arc::new(inner_list())), false);
        Arc::new(Schema::new(vec![
            text("id"),
            text("language"),
            text("signature"),
            text("source"),
            lists("inputs"),
            lists("outputs"),
            number("n_given"),
            number("tokens"),
            number("loop_depth"),
            Field::new("behaviour_hash", DataType::UInt64, false),
        ]))
    });
    Arc::clone(&SCHEMA)
}

/// The columns of a shard whose inputs and outputs are JSON text, a list a row.
fn named_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let text = |field: &Arc<Field>| match field.name().as_str() {
            "inputs" | "outputs" => Arc::new(Field::new(field.name(), DataType::Utf8, false)),
            _ => Arc::clone(field),
        };
        Arc::new(Schema::new(schema().fields().iter().map(text).collect::<Vec<_>>()))
    });
    Arc::clone(&SCHEMA)
}

/// The items of `inputs` and `outputs`: lists of numbers.
pub fn inner_list() -> Field {
    Field::new("element", DataType::List(Arc::new(Field::new("element", DataType::Int32, false))), false)
}

/// The columns of a shard with these columns once its programs were run.
pub fn executed_schema(schema: &Schema) -> SchemaRef {
    super::execute::executed_schema(schema)
}

/// A task as its maker hands it to the writer: two allocations, where a [`Record`] has one for each array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which task of the corpus it is.
    pub index: u64,
    /// The program.
    pub source: String,
    /// Inputs and outputs, the given ones first.
    pub examples: Examples,
    /// The program's length in tokens of its language.
    pub tokens: u32,
    /// How deep its loops are nested.
    pub loop_depth: u32,
    /// A hash of what it does on the fixed inputs.
    pub behaviour_hash: u64,
}

/// Inputs and outputs of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Examples {
    /// Of C's default signature.
    Cells(Vec<(Cells, Cells)>),
    /// Of other signatures and languages, as task files have them.
    Values(Vec<(Value, Value)>),
}

impl Examples {
    fn cells(&self) -> &[(Cells, Cells)] {
        match self {
            Self::Cells(examples) => examples,
            Self::Values(_) => &[],
        }
    }

    fn values(&self) -> &[(Value, Value)] {
        match self {
            Self::Values(examples) => examples,
            Self::Cells(_) => &[],
        }
    }
}

/// The languages that corpora are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Restricted C.
    C,
    /// Short x86 programs.
    X86,
    /// Karel.
    Karel,
}

impl Language {
    /// The language of a plan; `None` for an unknown one.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::C, Self::X86, Self::Karel].into_iter().find(|language| language.name() == name)
    }

    /// Its name in columns, and in the names of tasks.
    pub fn name(self) -> &'static str {
        match self {
            Self::C => "c",
            Self::X86 => "x86",
            Self::Karel => "karel",
        }
    }

    /// What stands in the column `signature`.
    pub(super) fn signature(self) -> &'static str {
        match self {
            Self::C => DEFAULT_SIGNATURE,
            Self::X86 | Self::Karel => "",
        }
    }

    /// The columns of its shards.
    pub fn schema(self) -> SchemaRef {
        match self {
            Self::C => schema(),
            Self::X86 | Self::Karel => named_schema(),
        }
    }
}

/// What the rows of a corpus share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Common {
    /// The language of the programs.
    pub language: Language,
    /// The corpus's seed, part of the names of its tasks.
    pub seed: u64,
    /// How many examples are given; the rest are held out.
    pub n_given: u32,
}

impl Common {
    pub(super) fn id(&self, row: &Row) -> CompactString {
        format_compact!("{}-{}-{}", self.language.name(), self.seed, row.index)
    }

    /// A row as a line of JSONL: a task, as task files have it, with the other columns beside.
    pub fn to_json(&self, row: &Row) -> String {
        let example = |(input, output): &(Value, Value)| json!({"input": input, "output": output});
        let wide = |(input, output): &(Cells, Cells)| json!({"input": input, "output": output});
        let mut examples: Vec<Value> = match &row.examples {
            Examples::Cells(examples) => examples.iter().map(wide).collect(),
            Examples::Values(examples) => examples.iter().map(example).collect(),
        };
        let held_out = examples.split_off(self.n_given as usize);
        let mut line = Map::new();
        line.insert("id".into(), json!(self.id(row).as_str()));
        line.insert("language".into(), json!(self.language.name()));
        if self.language == Language::C {
            line.insert("signature".into(), json!(self.language.signature()));
        }
        line.insert("source".into(), json!(row.source));
        line.insert("examples".into(), Value::Array(examples));
        line.insert("held_out".into(), Value::Array(held_out));
        line.insert("tokens".into(), json!(row.tokens));
        line.insert("loop_depth".into(), json!(row.loop_depth));
        line.insert("behaviour_hash".into(), json!(row.behaviour_hash));
        Value::Object(line).to_string()
    }

    /// Rows as columns.
    pub fn to_batch(&self, rows: &[Row]) -> RecordBatch {
        let constant = |text: &str| Arc::new(StringArray::from_iter_values(rows.iter().map(|_| text))) as ArrayRef;
        let number = |of: &dyn Fn(&Row) -> u32| {
            Arc::new(Int32Array::from_iter_values(rows.iter().map(|row| of(row) as i32))) as ArrayRef
        };
        let bytes = rows.iter().map(|row| row.source.len()).sum();
        let mut ids = StringBuilder::with_capacity(rows.len(), rows.len() * 24);
        let mut sources = StringBuilder::with_capacity(rows.len(), bytes);
        for row in rows {
            ids.append_value(self.id(row));
            sources.append_value(&row.source);
        }
        let columns: Vec<ArrayRef> = vec![
            Arc::new(ids.finish()),
            constant(self.language.name()),
            constant(self.language.signature()),
            Arc::new(sources.finish()),
            self.side(rows, |example| &example.0, |example| &example.0),
            self.side(rows, |example| &example.1, |example| &example.1),
            number(&|_| self.n_given),
            number(&|row| row.tokens),
            number(&|row| row.loop_depth),
            Arc::new(UInt64Array::from_iter_values(rows.iter().map(|row| row.behaviour_hash))),
        ];
        RecordBatch::try_new(self.language.schema(), columns).expect("the columns are built to the schema")
    }

    /// One side of all examples.
    fn side(
        &self,
        rows: &[Row],
        cells: impl Fn(&(Cells, Cells)) -> &Cells,
        value: impl Fn(&(Value, Value)) -> &Value,
    ) -> ArrayRef {
        match self.language {
            Language::C => lists(rows, cells),
            Language::X86 | Language::Karel => {
                let text = |row: &Row| json!(row.examples.values().iter().map(&value).collect::<Vec<_>>()).to_string();
                Arc::new(StringArray::from_iter_values(rows.iter().map(text)))
            }
        }
    }
}

/// One side of all examples.
fn lists(rows: &[Row], side: impl Fn(&(Cells, Cells)) -> &Cells) -> ArrayRef {
    let examples = || rows.iter().flat_map(|row| row.examples.cells());
    let mut numbers: Vec<i32> = Vec::with_capacity(examples().count() * CELLS);
    examples().for_each(|example| numbers.extend(side(example).map(i32::from)));
    list_of_lists(
        Int32Array::from(numbers),
        OffsetBuffer::from_lengths(examples().map(|_| CELLS)),
        OffsetBuffer::from_lengths(rows.iter().map(|row| row.examples.cells().len())),
    )
}

/// Records as columns; all are of one language.
pub fn to_batch(records: &[Record]) -> RecordBatch {
    let is_karel = records.first().is_some_and(|record| record.language == "karel");
    let side = |of: &dyn Fn(&Record) -> &Vec<Vec<i32>>| {
        let worlds = || records.iter().map(|record| worlds::write_all(of(record)));
        if is_karel { Arc::new(StringArray::from_iter_values(worlds())) as ArrayRef } else { nested(records, of) }
    };
    let text =
        |of: &dyn Fn(&Record) -> &str| Arc::new(StringArray::from_iter_values(records.iter().map(of))) as ArrayRef;
    let number = |of: &dyn Fn(&Record) -> u32| {
        Arc::new(Int32Array::from_iter_values(records.iter().map(|record| of(record) as i32))) as ArrayRef
    };
    let columns: Vec<ArrayRef> = vec![
        text(&|record| &record.id),
        text(&|record| &record.language),
        text(&|record| &record.signature),
        text(&|record| &record.source),
        side(&|record| &record.inputs),
        side(&|record| &record.outputs),
        number(&|record| record.n_given),
        number(&|record| record.tokens),
        number(&|record| record.loop_depth),
        Arc::new(UInt64Array::from_iter_values(records.iter().map(|record| record.behaviour_hash))),
    ];
    let schema = if is_karel { named_schema() } else { schema() };
    RecordBatch::try_new(schema, columns).expect("the columns are built to the schema")
}

/// One side of all examples of records.
fn nested(records: &[Record], side: impl Fn(&Record) -> &Vec<Vec<i32>>) -> ArrayRef {
    let arrays = || records.iter().flat_map(&side);
    let numbers = Int32Array::from_iter_values(arrays().flatten().copied());
    list_of_lists(
        numbers,
        OffsetBuffer::from_lengths(arrays().map(Vec::len)),
        OffsetBuffer::from_lengths(records.iter().map(|record| side(record).len())),
    )
}

fn list_of_lists(numbers: Int32Array, arrays: OffsetBuffer<i32>, tasks: OffsetBuffer<i32>) -> ArrayRef {
    let (DataType::List(innermost), inner) = (inner_list().data_type().clone(), Arc::new(inner_list())) else {
        unreachable!("a list of lists")
    };
    let arrays = Arc::new(ListArray::new(innermost, arrays, Arc::new(numbers), None));
    Arc::new(ListArray::new(inner, tasks, arrays, None))
}

/// The records of a batch; an error names the column that is missing or of another type.
pub fn from_batch(batch: &RecordBatch) -> Result<Vec<Record>, Reason> {
    let id = text_column(batch, "id")?;
    let language = text_column(batch, "language")?;
    let signature = text_column(batch, "signature")?;
    let source = text_column(batch, "source")?;
    let inputs = arrays_column(batch, "inputs")?;
    let outputs = arrays_column(batch, "outputs")?;
    let n_given = number_column(batch, "n_given")?;
    let tokens = number_column(batch, "tokens")?;
    let loop_depth = number_column(batch, "loop_depth")?;
    let hashes = column(batch, "behaviour_hash", &DataType::UInt64)?;
    let hashes = hashes.as_primitive::<UInt64Type>();
    (0..batch.num_rows())
        .map(|row| {
            let record = Record {
                id: id(row).into(),
                language: language(row).into(),
                signature: signature(row).into(),
                source: source(row).to_owned(),
                inputs: inputs(row)?,
                outputs: outputs(row)?,
                n_given: n_given(row)?,
                tokens: tokens(row)?,
                loop_depth: loop_depth(row)?,
                behaviour_hash: hashes.value(row),
            };
            record.checked()
        })
        .collect()
}

fn column<'a>(batch: &'a RecordBatch, name: &str, wanted: &DataType) -> Result<&'a ArrayRef, Reason> {
    let column = batch.column_by_name(name).ok_or_else(|| Reason::Schema(format!("it has no column `{name}`")))?;
    if column.data_type() != wanted {
        let found = column.data_type();
        return Err(Reason::Schema(format!("its column `{name}` holds {found} where {wanted} is expected")));
    }
    if column.null_count() > 0 {
        return Err(Reason::Schema(format!("its column `{name}` has empty fields")));
    }
    Ok(column)
}

pub(super) fn text_column<'a>(batch: &'a RecordBatch, name: &str) -> Result<impl Fn(usize) -> &'a str, Reason> {
    let column = column(batch, name, &DataType::Utf8)?.as_string::<i32>();
    Ok(|row| column.value(row))
}

fn number_column(batch: &RecordBatch, name: &str) -> Result<impl Fn(usize) -> Result<u32, Reason>, Reason> {
    let name = name.to_owned();
    let column = column(batch, &name, &DataType::Int32)?.as_primitive::<Int32Type>();
    Ok(move |row| {
        let value = column.value(row);
        u32::try_from(value).map_err(|_| Reason::Schema(format!("its column `{name}` holds {value}")))
    })
}

type Arrays<'a> = Box<dyn Fn(usize) -> Result<Vec<Vec<i32>>, Reason> + 'a>;

/// A column of arrays, or of worlds as text.
fn arrays_column<'a>(batch: &'a RecordBatch, name: &'static str) -> Result<Arrays<'a>, Reason> {
    let is_text = batch.column_by_name(name).is_some_and(|column| *column.data_type() == DataType::Utf8);
    if !is_text {
        return Ok(Box::new(list_column(batch, name)?));
    }
    let (language, text) = (text_column(batch, "language")?, text_column(batch, name)?);
    Ok(Box::new(move |row| match language(row) {
        "karel" => worlds::read_all(text(row)),
        other => {
            Err(Reason::Schema(format!("its column `{name}` holds text, which only Karel's may, not those of {other}")))
        }
    }))
}

/// A column of lists of lists of numbers, whatever its inner fields are called.
fn list_column(batch: &RecordBatch, name: &str) -> Result<impl Fn(usize) -> Result<Vec<Vec<i32>>, Reason>, Reason> {
    let wrong = |found: &DataType| {
        Reason::Schema(format!("its column `{name}` holds {found} where lists of lists of Int32 are expected"))
    };
    let missing = || Reason::Schema(format!("it has no column `{name}`"));
    let column = batch.column_by_name(name).ok_or_else(missing)?;
    let numeric = |field: &Field| *field.data_type() == DataType::Int32;
    match column.data_type() {
        DataType::List(inner) if matches!(inner.data_type(), DataType::List(field) if numeric(field)) => {}
        other => return Err(wrong(other)),
    }
    let column: &ListArray = column.as_list();
    let name = name.to_owned();
    Ok(move |row: usize| {
        let empty = || Reason::Schema(format!("its column `{name}` has empty fields"));
        let lists = column.value(row);
        let lists: &ListArray = lists.as_list();
        (0..lists.len())
            .map(|at| {
                let list = lists.value(at);
                let numbers = list.as_primitive::<Int32Type>();
                let whole = lists.is_valid(at) && numbers.null_count() == 0;
                whole.then(|| numbers.values().to_vec()).ok_or_else(empty)
            })
            .collect()
    })
}

#[derive(Deserialize)]
struct Line {
    id: Option<String>,
    language: String,
    signature: Option<String>,
    source: Option<String>,
    examples: Vec<LineExample>,
    #[serde(default)]
    held_out: Vec<LineExample>,
    tokens: Option<u32>,
    loop_depth: Option<u32>,
    behaviour_hash: Option<u64>,
}

#[derive(Deserialize)]
struct LineExample {
    input: Side,
    output: Side,
}

/// One side of an example.
#[derive(Deserialize)]
#[serde(untagged)]
enum Side {
    Array(Vec<i32>),
    Other(Value),
}

impl Side {
    fn array(self, language: &str) -> Result<Vec<i32>, Reason> {
        match (self, language) {
            (Self::Array(numbers), _) => Ok(numbers),
            (Self::Other(value), "karel") => worlds::read(&value),
            (Self::Other(value), _) => Err(Reason::Schema(format!("no task: {value} is no list of whole numbers"))),
        }
    }
}

impl Record {
    /// Checks what other code relies on: as many outputs as inputs, and at least as many as are given.
    fn checked(self) -> Result<Self, Reason> {
        let Self { id, inputs, outputs, n_given, .. } = &self;
        if inputs.len() != outputs.len() || inputs.len() < *n_given as usize {
            let counts = format!("{} inputs, {} outputs, {n_given} given", inputs.len(), outputs.len());
            return Err(Reason::Schema(format!("its record `{id}` has {counts}")));
        }
        Ok(self)
    }

    /// The record as a line of JSONL: a task, as task files have it, with the other columns beside.
    pub fn to_json(&self) -> String {
        let side = |array: &Vec<i32>| if self.language == "karel" { worlds::write(array) } else { json!(array) };
        let example = |(input, output): (&Vec<i32>, &Vec<i32>)| json!({"input": side(input), "output": side(output)});
        let mut examples: Vec<Value> = self.inputs.iter().zip(&self.outputs).map(example).collect();
        let held_out = examples.split_off(self.n_given as usize);
        let mut line = Map::new();
        line.insert("id".into(), json!(self.id.as_str()));
        line.insert("language".into(), json!(self.language.as_str()));
        if !self.signature.is_empty() {
            line.insert("signature".into(), json!(self.signature.as_str()));
        }
        line.insert("source".into(), json!(self.source));
        line.insert("examples".into(), Value::Array(examples));
        line.insert("held_out".into(), Value::Array(held_out));
        line.insert("tokens".into(), json!(self.tokens));
        line.insert("loop_depth".into(), json!(self.loop_depth));
        line.insert("behaviour_hash".into(), json!(self.behaviour_hash));
        Value::Object(line).to_string()
    }

    /// The record of a line of JSONL; columns that task files do not have are 0 where the line lacks them. `id` is the
    /// record's name where the line gives none.
    pub fn from_json(text: &str, id: &str) -> Result<Self, Reason> {
        // The public data set of Karel has other names for everything.
        if text.contains(worlds::PUBLIC) {
            return worlds::public_record(text, id)?.checked();
        }
        let line: Line = serde_json::from_str(text).map_err(|error| Reason::Schema(format!("no task: {error}")))?;
        let source = line.source.ok_or_else(|| Reason::Schema("it has no `source`".into()))?;
        let n_given = line.examples.len() as u32;
        let examples = line.examples.into_iter().chain(line.held_out);
        let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
        for LineExample { input, output } in examples {
            inputs.push(input.array(&line.language)?);
            outputs.push(output.array(&line.language)?);
        }
        let default = if line.language == "c" { DEFAULT_SIGNATURE } else { "" };
        let record = Self {
            id: line.id.map_or_else(|| id.into(), CompactString::from),
            language: line.language.into(),
            signature: line.signature.map_or_else(|| default.into(), CompactString::from),
            source,
            inputs,
            outputs,
            n_given,
            tokens: line.tokens.unwrap_or(0),
            loop_depth: line.loop_depth.unwrap_or(0),
            behaviour_hash: line.behaviour_hash.unwrap_or(0),
        };
        record.checked()
    }
}

impl Reason {
    /// The error of a file.
    pub fn of(self, path: &std::path::Path) -> Error {
        Error { path: path.to_owned(), reason: self }
    }
}
