//! The columns of shards that are run: inputs read in place, and what the runs gave.

use super::worker::{Outcome, Runs};
use crate::corpus::Reason;
use crate::corpus::record::inner_list;
use crate::corpus::shard::broken;
use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, Int32Array, ListArray, RecordBatch, UInt64Array};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use std::sync::Arc;

/// A column of lists of lists of numbers, read in place.
pub(super) struct Lists<'a> {
    rows: &'a ListArray,
    lists: &'a ListArray,
    numbers: &'a [i32],
}

impl<'a> Lists<'a> {
    pub(super) fn of(batch: &'a RecordBatch, name: &str) -> Result<Self, Reason> {
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
    pub(super) fn row(&self, row: usize) -> impl Iterator<Item = &'a [i32]> {
        let (from, to) = (self.rows.value_offsets()[row], self.rows.value_offsets()[row + 1]);
        let (ends, numbers) = (self.lists.value_offsets(), self.numbers);
        (from as usize..to as usize).map(move |list| &numbers[ends[list] as usize..ends[list + 1] as usize])
    }

    /// How many lists each row has.
    pub(super) fn lengths(&self) -> OffsetBuffer<i32> {
        OffsetBuffer::from_lengths(self.rows.value_offsets().windows(2).map(|ends| (ends[1] - ends[0]) as usize))
    }
}

/// The new columns, apart from `outputs`.
pub(super) const ADDED: [&str; 3] = ["outcome", "trap", "fuel"];

/// Whether inputs and outputs are JSON text, as those of other signatures than one array are.
pub(super) fn are_named(schema: &Schema) -> bool {
    schema.field_with_name("inputs").is_ok_and(|field| *field.data_type() == DataType::Utf8)
}

/// The columns of a shard that was run.
pub(in crate::corpus) fn executed_schema(schema: &Schema) -> SchemaRef {
    let old = schema.fields().iter().filter(|field| !ADDED.contains(&field.name().as_str()));
    let mut fields: Vec<Arc<Field>> = old
        .map(|field| match field.name().as_str() {
            "outputs" if are_named(schema) => Arc::new(Field::new("outputs", DataType::Utf8, false)),
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

/// Outputs that are lists, so many a row as `rows` says.
pub(super) fn lists(runs: &Runs, rows: OffsetBuffer<i32>) -> ArrayRef {
    let inner = inner_list();
    let DataType::List(innermost) = inner.data_type().clone() else { unreachable!("a list of lists") };
    let lengths = OffsetBuffer::from_lengths(runs.lengths.iter().copied());
    let outputs = ListArray::new(innermost, lengths, Arc::new(Int32Array::from(runs.cells.clone())), None);
    Arc::new(ListArray::new(Arc::new(inner), rows, Arc::new(outputs), None))
}

/// The columns of a piece with what its programs did, so many runs a row as `rows` says.
pub(super) fn executed(
    batch: &RecordBatch,
    schema: &SchemaRef,
    runs: &Runs,
    rows: OffsetBuffer<i32>,
    outputs: ArrayRef,
) -> Result<RecordBatch, Reason> {
    let element = |name: &str| match schema.field_with_name(name).map(Field::data_type) {
        Ok(DataType::List(field)) => Arc::clone(field),
        _ => unreachable!("the schema was made with these columns"),
    };
    let list =
        |name: &str, values: ArrayRef| Arc::new(ListArray::new(element(name), rows.clone(), values, None)) as ArrayRef;
    let columns = schema.fields().iter().map(|field| match field.name().as_str() {
        "outputs" => Ok(Arc::clone(&outputs)),
        "outcome" => Ok(list("outcome", words(&runs.outcomes, |outcome| Some(outcome.name())))),
        "trap" => Ok(list("trap", words(&runs.outcomes, Outcome::trap))),
        "fuel" => Ok(list("fuel", Arc::new(UInt64Array::from(runs.fuel.clone())))),
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
