//! What the programs of a shard did, told from the shard that another process ran.

use super::Executed;
use super::named::agrees;
use crate::corpus::record::text_column;
use crate::corpus::shard::broken;
use crate::corpus::{Error, Reason};
use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch, StringArray};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use serde_json::Value;
use std::fs::File;
use std::path::Path;

/// Rows read at once.
const BATCH: usize = 4_096;

/// What [`super::execute`] would have told of the shard `ran`, which was run from the shard `input`.
pub fn recount(input: &Path, ran: &Path) -> Result<Executed, Error> {
    let before = open(input, &["id", "outputs"]).map_err(|reason| reason.of(input))?;
    let mut after = open(ran, &["id", "outputs", "outcome"]).map_err(|reason| reason.of(ran))?;
    let mut total = Executed::default();
    let other = || Reason::Other(format!("holds other programs than {}", input.display())).of(ran);
    for before in before {
        let before = before.map_err(|error| broken(&error.to_string()).of(input))?;
        let after = after.next().ok_or_else(other)?.map_err(|error| broken(&error.to_string()).of(ran))?;
        if before.column_by_name("id") != after.column_by_name("id") {
            return Err(other());
        }
        total += count(&before, &after).map_err(|reason| reason.of(ran))?;
    }
    if after.next().is_some() { Err(other()) } else { Ok(total) }
}

/// Some columns of a shard.
fn open(path: &Path, columns: &[&str]) -> Result<ParquetRecordBatchReader, Reason> {
    let file = File::open(path).map_err(Reason::Io)?;
    let told = |error: parquet::errors::ParquetError| broken(&error.to_string());
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(told)?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
    builder.with_projection(mask).with_batch_size(BATCH).build().map_err(told)
}

fn count(before: &RecordBatch, after: &RecordBatch) -> Result<Executed, Reason> {
    let missing = |name: &str| Reason::Schema(format!("it has no column `{name}`"));
    let outcomes = after.column_by_name("outcome").ok_or_else(|| missing("outcome"))?;
    let outcomes = outcomes.as_list_opt::<i32>().ok_or_else(|| missing("outcome"))?;
    let (was, is) = (before.column_by_name("outputs"), after.column_by_name("outputs"));
    let (Some(was), Some(is)) = (was, is) else { return Err(missing("outputs")) };
    let id = text_column(after, "id")?;
    // Mostly nothing has changed, and whole columns are compared faster than rows.
    let all_same = was.to_data() == is.to_data();
    let mut total = Executed::default();
    for row in 0..after.num_rows() {
        let words = outcomes.value(row);
        let words: &StringArray = words.as_string_opt().ok_or_else(|| missing("outcome"))?;
        let mut rejected = false;
        for word in words.iter().flatten() {
            match word {
                "returned" => total.returned += 1,
                "trapped" => total.trapped += 1,
                "out_of_fuel" => total.out_of_fuel += 1,
                _ => rejected = true,
            }
        }
        total.programs += 1;
        total.inputs += words.len() as u64;
        if rejected {
            total.reject(id(row), "it is no program of its language and signature".to_owned());
        } else if !all_same && !same(was.slice(row, 1).as_ref(), is.slice(row, 1).as_ref()) {
            total.changed += 1;
        }
    }
    Ok(total)
}

/// Whether a row's outputs are those that it had.
fn same(was: &dyn Array, is: &dyn Array) -> bool {
    match (was.as_string_opt::<i32>(), is.as_string_opt::<i32>()) {
        (Some(was), Some(is)) => {
            let list = |text: &StringArray| serde_json::from_str::<Vec<Value>>(text.value(0)).unwrap_or_default();
            let (was, is) = (list(was), list(is));
            was.len() == is.len() && is.iter().zip(&was).all(|(made, given)| agrees(made, given))
        }
        _ => was.to_data() == is.to_data(),
    }
}
