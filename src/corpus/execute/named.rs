//! Programs of any signature of task files: inputs and outputs are objects by parameter name, in a line of JSONL as in
//! a task file, in a shard's columns as one JSON list a row. An output is null where a run did not return.

use super::worker::{Job, Outcome, Runs, Worker, push_lists};
use super::{Done, Executed, Ran};
use super::{columns, karel, machine};
use crate::corpus::Reason;
use crate::corpus::record::text_column;
use crate::exec::Argument;
use crate::exec::rows::{self, Call, RowArgument};
use crate::ir::{FunctionId, Program};
use crate::lang::c;
use crate::lang::c::ast::{ReturnType, Signature};
use crate::task::{self, AnyTask};
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::SchemaRef;
use serde_json::{Map, Value};
use std::sync::Arc;

impl Worker {
    /// Runs the programs of a piece whose inputs are JSON text.
    pub(super) fn named_columns(&mut self, batch: &RecordBatch, schema: &SchemaRef, fuel: u64) -> Ran {
        let (id, language) = (text_column(batch, "id")?, text_column(batch, "language")?);
        let (signature, source) = (text_column(batch, "signature")?, text_column(batch, "source")?);
        let (inputs, outputs) = (text_column(batch, "inputs")?, text_column(batch, "outputs")?);
        let list = |name: &str, row: usize, text: &str| {
            serde_json::from_str::<Vec<Value>>(text)
                .map_err(|error| Reason::Schema(format!("its record `{}`: `{name}` is no list: {error}", id(row))))
        };
        let (mut runs, mut executed) = (Runs::default(), Executed::default());
        let (mut made, mut lengths) = (Vec::new(), Vec::new());
        for row in 0..batch.num_rows() {
            let job = Job { id: id(row), language: language(row), signature: signature(row), source: source(row) };
            let inputs = list("inputs", row, inputs(row))?;
            let given = list("outputs", row, outputs(row))?;
            let values = self.run_named(&job, &inputs, &given, fuel, &mut runs, &mut executed);
            lengths.push(inputs.len());
            made.push(Value::Array(values).to_string());
        }
        let outputs: ArrayRef = Arc::new(StringArray::from_iter_values(made));
        let batch = columns::executed(batch, schema, &runs, OffsetBuffer::from_lengths(lengths), outputs)?;
        Ok((Done::Columns(batch), executed))
    }

    /// Runs the program of a line and appends the line with what it did: every other field stays as it is. False where
    /// the line is no task of another signature than one array.
    pub(super) fn named_line(
        &mut self,
        line: &str,
        id: &str,
        fuel: u64,
        runs: &mut Runs,
        executed: &mut Executed,
        text: &mut String,
    ) -> bool {
        let Ok(mut object) = serde_json::from_str::<Map<String, Value>>(line) else { return false };
        // A line of the public Karel data becomes one as task files have it.
        if object.contains_key("guid")
            && let Some(task) = task::parse_json(line, id).ok().and_then(AnyTask::into_karel)
            && let Value::Object(task) = task.to_json()
        {
            object = task;
        }
        let field = |name: &str| object.get(name).and_then(Value::as_str);
        // Only C has signatures.
        let signature = field("signature").or_else(|| (field("language") != Some("c")).then_some(""));
        let (Some(language), Some(signature), Some(source)) = (field("language"), signature, field("source")) else {
            return false;
        };
        let job = Job { id: field("id").unwrap_or(id), language, signature, source };
        let Some((inputs, given)) = examples(&object) else { return false };
        let mut made = self.run_named(&job, &inputs, &given, fuel, runs, executed).into_iter();
        for list in LISTS {
            let examples = object.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
            for (example, output) in examples.filter_map(Value::as_object_mut).zip(&mut made) {
                example.insert("output".to_owned(), output);
            }
        }
        for added in columns::ADDED {
            object.shift_remove(added);
        }
        let line = Value::Object(object).to_string();
        text.push_str(line.strip_suffix('}').expect("it is an object"));
        push_lists(text, runs);
        text.push_str("}\n");
        true
    }

    /// Runs a program on its inputs; what it gives, as task files have it. Compares that with what was `given`.
    fn run_named(
        &mut self,
        job: &Job,
        inputs: &[Value],
        given: &[Value],
        fuel: u64,
        runs: &mut Runs,
        executed: &mut Executed,
    ) -> Vec<Value> {
        executed.programs += 1;
        let from = runs.outcomes.len();
        let made = match job.language {
            "x86" => machine::run(job, inputs, given, fuel, runs),
            "karel" => karel::run(job, inputs, fuel, runs),
            _ => prepare(job, inputs).and_then(|ready| self.run_ready(&ready, fuel, runs)),
        };
        let made = made.unwrap_or_else(|message| {
            executed.reject(job.id, message);
            inputs.iter().for_each(|_| runs.push(Outcome::Rejected, 0, &[]));
            vec![Value::Null; inputs.len()]
        });
        let outcomes = &runs.outcomes[from..];
        executed.count(outcomes);
        if !outcomes.contains(&Outcome::Rejected) {
            let same = made.len() == given.len() && made.iter().zip(given).all(|(made, given)| agrees(made, given));
            executed.changed += u64::from(!same);
        }
        made
    }

    /// Inputs with arrays of the same lengths run together.
    fn run_ready(&mut self, ready: &Ready, fuel: u64, runs: &mut Runs) -> Result<Vec<Value>, String> {
        let mut made = Vec::with_capacity(ready.inputs.len());
        for inputs in ready.inputs.chunk_by(|one, other| shape(one) == shape(other)) {
            let shape = shape(&inputs[0]);
            let call = Call { function: ready.function, shape: &shape, fuel };
            let width = call.width();
            let mut told = Vec::with_capacity(inputs.len());
            self.rows.clear();
            inputs.iter().for_each(|input| rows::append(&mut self.rows, input));
            let Self { batch, rows, .. } = self;
            // A row without numbers is one call.
            let calls = if width == 0 { inputs.len() } else { 1 };
            for _ in 0..calls {
                batch.run_rows(&ready.program, &call, rows, |_, run| told.push(run));
            }
            for (number, run) in told.into_iter().enumerate() {
                let outcome = Outcome::from(run.stop);
                runs.push(outcome, run.fuel, &[]);
                let row = &rows[number * width..(number + 1) * width];
                made.push(if outcome == Outcome::Returned {
                    output(&ready.signature, &shape, row, run.returned)
                } else {
                    Value::Null
                });
            }
        }
        Ok(made)
    }
}

/// The lists of examples of a task file.
const LISTS: [&str; 2] = ["examples", "held_out"];

/// The inputs and outputs of a task; an output that is absent is null.
fn examples(object: &Map<String, Value>) -> Option<(Vec<Value>, Vec<Value>)> {
    let mut both = (Vec::new(), Vec::new());
    for list in LISTS {
        for example in object.get(list).map_or(Some(&Vec::new()), Value::as_array)? {
            both.0.push(example.get("input")?.clone());
            both.1.push(example.get("output").cloned().unwrap_or_default());
        }
    }
    Some(both)
}

/// A program, the function to call, and what with.
struct Ready {
    program: Program,
    function: FunctionId,
    signature: Signature,
    inputs: Vec<Vec<Argument>>,
}

/// Compiles a program and reads its inputs; or why that is not possible.
fn prepare(job: &Job, inputs: &[Value]) -> Result<Ready, String> {
    if job.language != "c" {
        return Err(format!("its language is `{}`, not `c`, `x86` or `karel`", job.language));
    }
    let first = |errors: Vec<crate::diagnostic::Diagnostic>| {
        errors.into_iter().next().map_or_else(String::new, |error| error.message)
    };
    let signature = c::parse_signature(job.signature).map_err(first)?;
    let tree = c::parse(job.source).map_err(first)?;
    let function = tree
        .functions
        .iter()
        .position(|function| function.has_signature(&signature))
        .ok_or_else(|| format!("it does not define `{}`", c::print_signature(&signature)))?;
    let checked = c::check(&tree).map_err(first)?;
    let program = c::lower(&checked.program, c::LowerOptions::default());
    let read = |input: &Value| task::input_from_value(&signature, input).map_err(|error| error.to_string());
    let inputs = inputs.iter().map(read).collect::<Result<_, _>>()?;
    Ok(Ready { program, function: FunctionId(function as u32), signature, inputs })
}

fn shape(arguments: &[Argument]) -> Vec<RowArgument> {
    arguments.iter().map(RowArgument::from).collect()
}

/// What a run gave: what it returned, and all arrays after it.
fn output(signature: &Signature, shape: &[RowArgument], row: &[i32], returned: i64) -> Value {
    let returned = (signature.returns == ReturnType::Int).then_some(returned as i32);
    let mut rest = row;
    let arrays: Vec<Option<Argument>> = shape
        .iter()
        .map(|argument| {
            let (part, after) = rest.split_at(argument.len());
            rest = after;
            matches!(argument, RowArgument::Array(_)).then(|| Argument::Array(part.to_vec()))
        })
        .collect();
    task::output_to_json(signature, returned, &arrays)
}

/// Whether what was made is what was given: an output that names only some of what changed constrains only that.
pub(super) fn agrees(made: &Value, given: &Value) -> bool {
    match (made, given) {
        (Value::Object(made), Value::Object(given)) => {
            given.iter().all(|(name, value)| made.get(name).is_some_and(|made| agrees(made, value)))
        }
        _ => made == given,
    }
}
