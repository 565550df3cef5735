//! Karel's worlds in records: in files with the fields of the public data set, in memory as the arrays that programs
//! run on.

use super::Reason;
use crate::lang::karel::{World, public};
use crate::task::karel::world_from_value;
use serde_json::Value;

/// The array of a world.
pub(super) fn read(value: &Value) -> Result<Vec<i32>, Reason> {
    let world = world_from_value(value).map_err(|error| Reason::Schema(error.to_string()))?;
    Ok(world.words().to_vec())
}

/// The arrays of a list of worlds.
pub(super) fn read_all(text: &str) -> Result<Vec<Vec<i32>>, Reason> {
    let worlds: Vec<Value> =
        serde_json::from_str(text).map_err(|error| Reason::Schema(format!("no list of worlds: {error}")))?;
    worlds.iter().map(read).collect()
}

/// The world of an array; null where it is none's.
pub(super) fn write(array: &[i32]) -> Value {
    World::from_words(array).as_ref().map_or(Value::Null, public::to_json)
}

/// The worlds of some arrays.
pub(super) fn write_all(arrays: &[Vec<i32>]) -> String {
    Value::Array(arrays.iter().map(|array| write(array)).collect()).to_string()
}
