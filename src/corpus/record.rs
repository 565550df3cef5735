//! One task of a corpus, and its columns as design.md names them.

use super::{Error, Reason};
use arrow_array::builder::{Int32Builder, ListBuilder, StringBuilder, UInt64Builder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, UInt64Type};
use arrow_array::{Array, ArrayRef, ListArray, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use compact_str::CompactString;
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
    /// The inputs, the given ones first.
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

fn inner_list() -> Field {
    Field::new("element", DataType::List(Arc::new(Field::new("element", DataType::Int32, false))), false)
}

/// Records as columns.
pub fn to_batch(records: &[Record]) -> RecordBatch {
    let text = |of: &dyn Fn(&Record) -> &str| {
        let bytes = records.iter().map(|record| of(record).len()).sum();
        let mut column = StringBuilder::with_capacity(records.len(), bytes);
        records.iter().for_each(|record| column.append_value(of(record)));
        Arc::new(column.finish()) as ArrayRef
    };
    let number = |of: &dyn Fn(&Record) -> u32| {
        let mut column = Int32Builder::with_capacity(records.len());
        records.iter().for_each(|record| column.append_value(of(record) as i32));
        Arc::new(column.finish()) as ArrayRef
    };
    let mut hashes = UInt64Builder::with_capacity(records.len());
    records.iter().for_each(|record| hashes.append_value(record.behaviour_hash));
    let columns = vec![
        text(&|record| &record.id),
        text(&|record| &record.language),
        text(&|record| &record.signature),
        text(&|record| &record.source),
        lists(records, |record| &record.inputs),
        lists(records, |record| &record.outputs),
        number(&|record| record.n_given),
        number(&|record| record.tokens),
        number(&|record| record.loop_depth),
        Arc::new(hashes.finish()),
    ];
    RecordBatch::try_new(schema(), columns).expect("the columns are built to the schema")
}

fn lists(records: &[Record], of: impl Fn(&Record) -> &Vec<Vec<i32>>) -> ArrayRef {
    let numbers = Int32Builder::with_capacity(records.len() * 50);
    let DataType::List(innermost) = inner_list().data_type().clone() else { unreachable!("a list of lists") };
    let lists = ListBuilder::with_capacity(numbers, records.len() * 10).with_field(innermost);
    let mut column = ListBuilder::with_capacity(lists, records.len()).with_field(inner_list());
    for record in records {
        for list in of(record) {
            column.values().values().append_slice(list);
            column.values().append(true);
        }
        column.append(true);
    }
    Arc::new(column.finish())
}

/// The records of a batch; an error names the column that is missing or of another type.
pub fn from_batch(batch: &RecordBatch) -> Result<Vec<Record>, Reason> {
    let id = text_column(batch, "id")?;
    let language = text_column(batch, "language")?;
    let signature = text_column(batch, "signature")?;
    let source = text_column(batch, "source")?;
    let inputs = list_column(batch, "inputs")?;
    let outputs = list_column(batch, "outputs")?;
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

fn text_column<'a>(batch: &'a RecordBatch, name: &str) -> Result<impl Fn(usize) -> &'a str, Reason> {
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
    input: Vec<i32>,
    output: Vec<i32>,
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
        let example = |(input, output): (&Vec<i32>, &Vec<i32>)| json!({"input": input, "output": output});
        let mut examples: Vec<Value> = self.inputs.iter().zip(&self.outputs).map(example).collect();
        let held_out = examples.split_off(self.n_given as usize);
        let mut line = Map::new();
        line.insert("id".into(), json!(self.id.as_str()));
        line.insert("language".into(), json!(self.language.as_str()));
        line.insert("signature".into(), json!(self.signature.as_str()));
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
        let line: Line = serde_json::from_str(text).map_err(|error| Reason::Schema(format!("no task: {error}")))?;
        let source = line.source.ok_or_else(|| Reason::Schema("it has no `source`".into()))?;
        let n_given = line.examples.len() as u32;
        let examples = line.examples.into_iter().chain(line.held_out);
        let (inputs, outputs) = examples.map(|example| (example.input, example.output)).unzip();
        let record = Self {
            id: line.id.map_or_else(|| id.into(), CompactString::from),
            language: line.language.into(),
            signature: line.signature.map_or_else(|| crate::task::DEFAULT_SIGNATURE.into(), CompactString::from),
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
