//! Tasks for machines: one JSON object a line, unknown fields ignored; and the JSON of inputs and outputs, as
//! `iocc run` reads and prints them.

use super::read::{Reader, read_input};
use super::value::Node;
use super::{AnyTask, Example, Task, codes, is_default_signature, karel, x86};
use crate::diagnostic::{Diagnostic, Span};
use crate::exec::Argument;
use crate::lang::c::ast::{Integer, ReturnType, Signature};
use crate::lang::c::print_signature;
use crate::lang::x86::Machine;
use iced_x86::Register;
use serde_json::{Map, Value, json};

/// Why a line of JSONL is no task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineError {
    /// The id that the line gives, where that much could be read.
    pub id: Option<String>,
    /// What is wrong, at least one error; spans are within the line.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads one line of JSONL. `id` is the task's name where the line gives none.
pub fn parse_json(line: &str, id: &str) -> Result<AnyTask, LineError> {
    let whole = Span::new(0, line.len());
    let value: Value = serde_json::from_str(line).map_err(|error| {
        // serde_json counts columns in bytes, from 1.
        let at = error.column().saturating_sub(1).min(line.len());
        let text = error.to_string();
        let message = text.split(" at line ").next().unwrap_or(&text);
        let error = Diagnostic::error(codes::SYNTAX, Span::new(at, at), format!("not JSON: {message}"));
        LineError { id: None, diagnostics: vec![error] }
    })?;
    if karel::is_public(&value) {
        return karel::from_public(&value, id, whole);
    }
    let found = value.get("id").and_then(Value::as_str).map(str::to_owned);
    let mut reader = Reader::new(false, whole);
    let task = reader.task(&Node::from_json(&value, whole), id);
    reader.finish(task).map_err(|diagnostics| LineError { id: found, diagnostics })
}

/// The task as one JSON object, as task files have it.
pub fn to_json(task: &Task) -> Value {
    let mut object = Map::new();
    object.insert("id".into(), json!(task.id));
    object.insert("language".into(), json!("c"));
    if !is_default_signature(&task.signature) {
        object.insert("signature".into(), json!(print_signature(&task.signature)));
    }
    if let Some(source) = &task.source {
        object.insert("source".into(), json!(source));
    }
    object.insert("examples".into(), examples_to_json(&task.signature, &task.examples));
    if !task.held_out.is_empty() {
        object.insert("held_out".into(), examples_to_json(&task.signature, &task.held_out));
    }
    Value::Object(object)
}

/// Examples as task files have them.
pub fn examples_to_json(signature: &Signature, examples: &[Example]) -> Value {
    let one = |example: &Example| {
        json!({
            "input": input_to_json(signature, &example.input),
            "output": output_to_json(signature, example.returned, &example.arrays),
        })
    };
    examples.iter().map(one).collect()
}

/// An input as task files have it: a list for the default signature, else an object by parameter name.
pub fn input_to_json(signature: &Signature, input: &[Argument]) -> Value {
    if is_default_signature(signature)
        && let [only] = input
    {
        return argument_to_json(only);
    }
    let named = signature.parameters.iter().zip(input);
    Value::Object(named.map(|((name, _), argument)| (name.to_string(), argument_to_json(argument))).collect())
}

/// An output as task files have it: a list for the default signature, else an object with `return` and arrays.
pub fn output_to_json(signature: &Signature, returned: Option<i32>, arrays: &[Option<Argument>]) -> Value {
    if is_default_signature(signature)
        && let [Some(only)] = arrays
    {
        return argument_to_json(only);
    }
    let mut object = Map::new();
    if let Some(value) = returned {
        object.insert("return".into(), json!(value));
    }
    for ((name, _), array) in signature.parameters.iter().zip(arrays) {
        if let Some(array) = array {
            object.insert(name.to_string(), argument_to_json(array));
        }
    }
    Value::Object(object)
}

/// What a call that returned `values` gave: the number of whatever type, and the output with that and all arrays.
pub fn returned_to_json(signature: &Signature, values: &[i64], arguments: &[Argument]) -> (Option<i64>, Value) {
    let is_number = matches!(signature.returns, ReturnType::Int | ReturnType::Integer(_));
    let returned = is_number.then(|| values.first()).flatten().map(|&value| signature.returns.integer().wrap(value));
    let arrays: Vec<Option<Argument>> =
        arguments.iter().map(|argument| matches!(argument, Argument::Array(_)).then(|| argument.clone())).collect();
    // Task files know `int` alone.
    let mut output = output_to_json(signature, None, &arrays);
    if let (Some(value), Value::Object(fields)) = (returned, &mut output) {
        let unsigned = signature.returns.integer() == Integer::UnsignedLong;
        fields.insert("return".to_owned(), if unsigned { json!(value as u64) } else { json!(value) });
    }
    (returned, output)
}

fn argument_to_json(argument: &Argument) -> Value {
    match argument {
        Argument::Scalar(value) => json!(value),
        Argument::Array(values) => json!(values),
    }
}

/// Why a JSON text is not an input of a signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseInputError {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// Reads the input of `iocc run`: a list for the default signature (of any length, since the program is at hand),
/// else an object by parameter name.
pub fn input_from_json(signature: &Signature, text: &str) -> Result<Vec<Argument>, ParseInputError> {
    let value: Value = serde_json::from_str(text).map_err(|error| ParseInputError {
        message: format!("not JSON: {error}"),
        help: Some("an input is a list such as [1,2,3,4,5], or an object by parameter name".into()),
    })?;
    input_from_value(signature, &value)
}

/// As [`input_from_json`], of JSON that was read already.
pub fn input_from_value(signature: &Signature, value: &Value) -> Result<Vec<Argument>, ParseInputError> {
    read_input(&Node::from_json(value, Span::default()), signature).map_err(told)
}

fn told(errors: Vec<Diagnostic>) -> ParseInputError {
    let first = errors.into_iter().next();
    first.map_or_else(
        || ParseInputError { message: "not an input of this program".into(), help: None },
        |error| ParseInputError { message: error.message, help: error.help.into_iter().next() },
    )
}

/// Reads the state of `iocc run` of an x86 program, and the registers that it names; without `ram`, there are `slots`.
pub fn machine_from_json(text: &str, slots: usize) -> Result<(Machine, Vec<Register>), ParseInputError> {
    let value: Value = serde_json::from_str(text).map_err(|error| ParseInputError {
        message: format!("not JSON: {error}"),
        help: Some(r#"a state is {"registers": {"eax": 5}, "ram": [2, 8, 0, 1]}"#.into()),
    })?;
    machine_from_value(&value, slots)
}

/// As [`machine_from_json`], of JSON that was read already.
pub fn machine_from_value(value: &Value, slots: usize) -> Result<(Machine, Vec<Register>), ParseInputError> {
    x86::read_input(&Node::from_json(value, Span::default()), slots).map_err(told)
}
