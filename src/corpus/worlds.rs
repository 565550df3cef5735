//! Karel's worlds in records: in files with the fields of the public data set, in memory as the arrays that programs
//! run on. Lines of that data set are records too.

use super::{Reason, Record};
use crate::lang::karel::{World, parse, public};
use crate::sample::karel::{loop_depth, tokens};
use crate::task::karel::world_from_value;
use crate::task::parse_json;
use serde_json::Value;

/// What only lines of the public data set have.
pub(super) const PUBLIC: &str = "\"inpgrid_json\"";

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

/// The record of a line of the public data set, which must name its program.
pub(super) fn public_record(text: &str, id: &str) -> Result<Record, Reason> {
    let wrong = |message: &str| Reason::Schema(message.to_owned());
    let task = parse_json(text, id).map_err(|error| wrong(&error.diagnostics[0].message))?;
    let task = task.into_karel().ok_or_else(|| wrong("it is no task of Karel"))?;
    let source = task.source.ok_or_else(|| wrong("it has no `program_tokens`"))?;
    let program = parse(&source).map_err(|errors| wrong(&errors[0].message))?;
    let all = || task.examples.iter().chain(&task.held_out);
    Ok(Record {
        id: task.id.into(),
        language: "karel".into(),
        signature: "".into(),
        inputs: all().map(|it| it.input.words().to_vec()).collect(),
        outputs: all().map(|it| it.output.words().to_vec()).collect(),
        n_given: task.examples.len() as u32,
        tokens: tokens(&program) as u32,
        loop_depth: loop_depth(&program.body),
        behaviour_hash: 0,
        source,
    })
}

/// The worlds of some arrays.
pub(super) fn write_all(arrays: &[Vec<i32>]) -> String {
    Value::Array(arrays.iter().map(|array| write(array)).collect()).to_string()
}
