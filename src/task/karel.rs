//! Tasks of Karel: worlds before and after. For people a world is a grid with `markers` beside it, for machines the
//! fields of the public data set; whole tasks of that data set are read as they are.

use super::json::LineError;
use super::read::{Place, Reader, codes};
use super::value::{Field, Kind, Node};
use super::{AnyTask, ParseInputError};
use crate::diagnostic::{Diagnostic, Span};
use crate::exec::Argument;
use crate::lang::karel::{World, WorldError, picture, public};
use serde_json::{Map, Value, json};

/// Examples of a task of the public data set that are given; the rest are held out.
const GIVEN: usize = 5;

/// One task of Karel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its name in results.
    pub id: String,
    /// Given to the synthesiser.
    pub examples: Vec<Example>,
    /// Never shown to it; only `eval` reads it.
    pub held_out: Vec<Example>,
    /// The program that made the examples, where known; only `eval` reads it.
    pub source: Option<String>,
}

/// A world and what must become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The world that the program begins in.
    pub input: World,
    /// The world that it must leave.
    pub output: World,
}

impl Example {
    /// As the IR sees it: what a function of one array gets, and what it leaves there.
    pub fn as_call(&self) -> super::Example {
        let array = |world: &World| Argument::Array(world.words().to_vec());
        super::Example { input: vec![array(&self.input)], returned: None, arrays: vec![Some(array(&self.output))] }
    }
}

impl Task {
    /// What a synthesiser may see: the task without `held_out` and `source`.
    pub fn given(&self) -> Self {
        Self { held_out: Vec::new(), source: None, ..self.clone() }
    }

    /// The task as one JSON object, as task files have it.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("id".into(), json!(self.id));
        object.insert("language".into(), json!("karel"));
        if let Some(source) = &self.source {
            object.insert("source".into(), json!(source));
        }
        let example =
            |it: &Example| json!({"input": public::to_json(&it.input), "output": public::to_json(&it.output)});
        object.insert("examples".into(), self.examples.iter().map(example).collect());
        if !self.held_out.is_empty() {
            object.insert("held_out".into(), self.held_out.iter().map(example).collect());
        }
        Value::Object(object)
    }

    /// The task as a line of the public data set, which names no more than the hash of its words; a cell with more than
    /// ten markers has no place there.
    pub fn to_public(&self) -> Result<Value, WorldError> {
        let mut examples = Vec::new();
        for (index, example) in self.examples.iter().chain(&self.held_out).enumerate() {
            examples.push(json!({
                "example_index": index,
                "inpgrid_json": public::to_json(&example.input),
                "inpgrid_tensor": public::to_tensor(&example.input)?,
                "outgrid_json": public::to_json(&example.output),
                "outgrid_tensor": public::to_tensor(&example.output)?,
            }));
        }
        let mut object = Map::from_iter([("examples".to_owned(), Value::Array(examples))]);
        object.insert("guid".into(), json!(self.id));
        if let Some(source) = &self.source {
            object.insert("program_tokens".into(), json!(source.split_ascii_whitespace().collect::<Vec<_>>()));
        }
        Ok(Value::Object(object))
    }
}

/// Whether a JSON object is a line of the public data set.
pub(super) fn is_public(value: &Value) -> bool {
    let first = value.get("examples").and_then(|examples| examples.get(0));
    value.get("language").is_none() && first.is_some_and(|first| first.get("inpgrid_json").is_some())
}

/// Reads a line of the public data set.
pub(super) fn from_public(value: &Value, id: &str, whole: Span) -> Result<AnyTask, LineError> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let found = text("guid").or(text("id"));
    let wrong = |message: String| LineError {
        id: found.map(str::to_owned),
        diagnostics: vec![Diagnostic::error(codes::WRONG_TYPE, whole, message)],
    };
    let mut examples = Vec::new();
    for (number, example) in (1..).zip(value.get("examples").and_then(Value::as_array).into_iter().flatten()) {
        let world = |side: &str| {
            let wrong = |error: WorldError| wrong(format!("example {number}, {side}: {error}"));
            let fields = example.get(format!("{side}_json")).unwrap_or(&Value::Null);
            let world = public::from_json(fields).map_err(wrong)?;
            if let Some(tensor) = example.get(format!("{side}_tensor")).and_then(Value::as_str)
                && public::from_tensor(tensor).map_err(wrong)? != world
            {
                return Err(wrong(WorldError::Text("the tensor is of another world than the fields".into())));
            }
            Ok(world)
        };
        let (input, output) = (world("inpgrid")?, world("outgrid")?);
        if let Some(message) = changed(&input, &output) {
            return Err(wrong(format!("example {number}: {message}")));
        }
        examples.push(Example { input, output });
    }
    let held_out = examples.split_off(examples.len().min(GIVEN));
    let words = value.get("program_tokens").and_then(Value::as_array);
    let source = words.map(|words| words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "));
    let task = Task { id: found.unwrap_or(id).to_owned(), examples, held_out, source };
    let mut reader = Reader::new(false, whole);
    let spanned = |examples: &[Example]| examples.iter().map(|it| (it.clone(), whole)).collect::<Vec<_>>();
    reader.karel_contradictions(&spanned(&task.examples), &spanned(&task.held_out));
    reader
        .finish(Some(AnyTask::Karel(task)))
        .map_err(|diagnostics| LineError { id: found.map(str::to_owned), diagnostics })
}

/// What no program changes, where it changed.
fn changed(input: &World, output: &World) -> Option<String> {
    let size = |world: &World| (world.rows(), world.cols());
    if size(input) != size(output) {
        let ((rows, cols), (more, others)) = (size(input), size(output));
        return Some(format!("the output has {more} rows and {others} columns, the input {rows} and {cols}"));
    }
    let walls = |world: &World| {
        let is_wall = |(_, _, cell): &(usize, usize, _)| *cell == crate::lang::karel::Cell::Wall;
        world.cells().filter(is_wall).map(|(row, col, _)| (row, col)).collect::<Vec<_>>()
    };
    (walls(input) != walls(output)).then(|| "the output has other walls than the input".to_owned())
}

/// Reads a world that stands alone, as `iocc run` gets it: a grid, an object with `grid` and `markers`, or the fields of
/// the public data set.
pub fn world_from_text(text: &str) -> Result<World, ParseInputError> {
    let help = "a world is a grid of `^>v<`, `#`, `.` and `1` to `9`, its lines with line ends between them, or an object \
                {\"grid\": \"...\", \"markers\": [[row, col, n]]}, or one of the public data set";
    let told = |message: String| ParseInputError { message, help: Some(help.to_owned()) };
    if !text.trim_start().starts_with(['{', '"']) {
        return picture::read(text, &[]).map_err(|error| told(error.to_string()));
    }
    let value: Value = serde_json::from_str(text).map_err(|error| told(format!("not JSON: {error}")))?;
    world_from_value(&value)
}

/// As [`world_from_text`], of JSON that was read already.
pub fn world_from_value(value: &Value) -> Result<World, ParseInputError> {
    let mut reader = Reader::new(false, Span::default());
    let world = reader.world(&Node::from_json(value, Span::default()), Place::alone("input"));
    world.ok_or_else(|| {
        let error = reader.into_errors().into_iter().next();
        let (message, help) = error.map_or_else(Default::default, |error| (error.message, error.help));
        ParseInputError { message, help: help.into_iter().next() }
    })
}

const FIELDS: [&str; 5] = ["id", "language", "examples", "held_out", "source"];

impl Reader {
    /// Reads the Karel task in the table `node`.
    pub(super) fn karel_task(&mut self, node: &Node, id: String, source: Option<String>) -> Option<AnyTask> {
        if let Kind::Table(fields) = &node.kind {
            self.unknown_fields(fields, &FIELDS, "a Karel task");
        }
        let mut list = |field, name| {
            self.list_of_examples(node, field, |reader, item, number| reader.karel_example(item, name, number))
        };
        let (examples, held_out) = (list("examples", "example"), list("held_out", "held-out example"));
        self.karel_contradictions(&examples, &held_out);
        Some(AnyTask::Karel(Task {
            id,
            examples: examples.into_iter().map(|(example, _)| example).collect(),
            held_out: held_out.into_iter().map(|(example, _)| example).collect(),
            source,
        }))
    }

    fn karel_example(&mut self, node: &Node, list: &str, number: usize) -> Option<Example> {
        let (before, after) = self.parts(node, list, number)?;
        let place = |field| Place { list, number, field };
        let (input, output) = (self.world(before, place("input")), self.world(after, place("output")));
        let (input, output) = (input?, output?);
        if let Some(message) = changed(&input, &output) {
            let message = format!("{}: {message}", place("output"));
            let error = Diagnostic::error(codes::SHAPE, after.span, message);
            self.error(
                error.help("programs change the hero and the markers alone").note(format!("the input is\n{input}")),
            );
            return None;
        }
        Some(Example { input, output })
    }

    /// A world: a grid as text, a table with a grid, or a table of the public data set.
    fn world(&mut self, node: &Node, place: Place<'_>) -> Option<World> {
        let help = "write it as a grid with `^>v<` for the hero, `#` for walls, `.` and `1` to `9`, the top row first";
        let (read, span) = match &node.kind {
            Kind::Text(grid) => (picture::read(grid, &[]), node.span),
            Kind::Table(fields) if node.field("hero").is_some() => (public::from_json(&value_of(fields)), node.span),
            Kind::Table(fields) => {
                if !self.known_parameters(fields, &["grid", "markers"], place) {
                    return None;
                }
                let Some(Field { value: Node { kind: Kind::Text(grid), span }, .. }) = node.field("grid") else {
                    let error =
                        Diagnostic::error(codes::MISSING_FIELD, node.span, format!("{place}: there is no `grid`"));
                    self.error(error.help(help));
                    return None;
                };
                let markers = self.markers(node, place)?;
                (picture::read(grid, &markers), *span)
            }
            _ => {
                self.wrong_type(node, &place.to_string(), "a world");
                return None;
            }
        };
        read.map_err(|error| {
            self.error(Diagnostic::error(codes::SHAPE, span, format!("{place}: {error}")).help(help));
        })
        .ok()
    }

    /// `markers = [[row, column, count]]`
    fn markers(&mut self, node: &Node, place: Place<'_>) -> Option<Vec<picture::Markers>> {
        let Some(field) = node.field("markers") else { return Some(Vec::new()) };
        let number = |node: &Node| if let Kind::Integer(value) = node.kind { u64::try_from(value).ok() } else { None };
        let item = |node: &Node| {
            let Kind::List(numbers) = &node.kind else { return None };
            let [row, col, count] = numbers.iter().map(number).collect::<Option<Vec<_>>>()?[..] else { return None };
            Some((usize::try_from(row).ok()?, usize::try_from(col).ok()?, count))
        };
        let items = if let Kind::List(items) = &field.value.kind { Some(items) } else { None };
        let read = items.and_then(|items| items.iter().map(item).collect());
        if read.is_none() {
            let message = format!("{place}: `markers` is a list of [row, column, count]");
            let error = Diagnostic::error(codes::WRONG_TYPE, field.value.span, message);
            self.error(error.help("rows and columns count from 0 at the top left: `markers = [[0, 3, 12]]`"));
        }
        read
    }

    fn karel_contradictions(&mut self, examples: &[(Example, Span)], held_out: &[(Example, Span)]) {
        let given = examples.iter().enumerate().map(|(i, it)| (format!("example {}", i + 1), it));
        let held_out = held_out.iter().enumerate().map(|(i, it)| (format!("held-out example {}", i + 1), it));
        let mut seen: Vec<(String, &(Example, Span))> = Vec::new();
        for (name, it) in given.chain(held_out) {
            let differs =
                |(_, other): &&(String, &(Example, Span))| other.0.input == it.0.input && other.0.output != it.0.output;
            if let Some((first, other)) = seen.iter().find(differs) {
                self.contradiction(first, &name, other.1, it.1);
                return;
            }
            seen.push((name, it));
        }
    }
}

/// A table as JSON.
fn value_of(fields: &[Field]) -> Value {
    let one = |node: &Node| match &node.kind {
        Kind::Integer(value) => json!(value),
        Kind::Text(text) => json!(text),
        Kind::Boolean(value) => json!(value),
        _ => Value::Null,
    };
    Value::Object(fields.iter().map(|field| (field.name.clone(), one(&field.value))).collect())
}
