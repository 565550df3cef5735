//! From a tree of values to a [`Task`], with every mistake told at its place.

use super::value::{Field, Kind, Node};
use super::{
    AnyTask, DEFAULT_LENGTH, DEFAULT_SIGNATURE, Example, Language, Task, default_signature, is_default_signature,
};
use crate::diagnostic::{Diagnostic, Span, nearest};
use crate::exec::Argument;
use crate::lang;
use crate::lang::c::ast::{ParameterKind, ReturnType, Signature};
use std::collections::HashMap;

/// The error codes of task files.
pub mod codes {
    use crate::diagnostic::Code;
    /// Not TOML or JSON at all.
    pub const SYNTAX: Code = Code(301);
    /// A field that no task has.
    pub const UNKNOWN_FIELD: Code = Code(302);
    /// A field that every task has is not there.
    pub const MISSING_FIELD: Code = Code(303);
    /// A value of the wrong type.
    pub const WRONG_TYPE: Code = Code(304);
    /// A number that no C int holds.
    pub const BEYOND_INT: Code = Code(305);
    /// A language that is unknown.
    pub const LANGUAGE: Code = Code(306);
    /// A signature that is none.
    pub const SIGNATURE: Code = Code(307);
    /// A task without examples.
    pub const NO_EXAMPLES: Code = Code(308);
    /// Lists whose lengths do not go together.
    pub const SHAPE: Code = Code(309);
    /// The same input with two outputs.
    pub const CONTRADICTION: Code = Code(310);
    /// A parameter that is missing, unknown, or named where it cannot be.
    pub const PARAMETER: Code = Code(311);
    /// More than anybody means.
    pub const TOO_LARGE: Code = Code(312);
}

const FIELDS: [&str; 6] = ["id", "language", "signature", "examples", "held_out", "source"];
const MOST_EXAMPLES: usize = 10_000;
const LONGEST_ARRAY: usize = 100_000;
/// Mistakes told for one task; the rest are counted.
const MOST_ERRORS: usize = 10;

/// Collects what is wrong while it reads.
pub(super) struct Reader {
    errors: Vec<Diagnostic>,
    /// TOML: unknown fields are errors.
    strict: bool,
    /// Where a message about the whole file stands.
    top: Span,
}

/// Where in the task a value stands: "example 2" and the field of it; number 0 is no example, but a field alone.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub list: &'a str,
    pub number: usize,
    pub field: &'a str,
}

impl<'a> Place<'a> {
    /// A field alone.
    pub fn alone(field: &'a str) -> Self {
        Self { list: "", number: 0, field }
    }
}

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.number {
            0 => f.write_str(self.field),
            number => write!(f, "{} {number}, {}", self.list, self.field),
        }
    }
}

impl Reader {
    pub fn new(strict: bool, top: Span) -> Self {
        Self { errors: Vec::new(), strict, top }
    }

    /// The task, if nothing was wrong.
    pub fn finish(mut self, task: Option<AnyTask>) -> Result<AnyTask, Vec<Diagnostic>> {
        match task {
            Some(task) if self.errors.is_empty() => Ok(task),
            _ => {
                let more = self.errors.len().saturating_sub(MOST_ERRORS);
                self.errors.truncate(MOST_ERRORS);
                if more > 0
                    && let Some(last) = self.errors.pop()
                {
                    self.errors.push(last.note(format!("and {more} more errors")));
                }
                Err(self.errors)
            }
        }
    }

    pub fn error(&mut self, diagnostic: Diagnostic) {
        self.errors.push(diagnostic);
    }

    /// Reads the task in the table `node`.
    pub fn task(&mut self, node: &Node, default_id: &str) -> Option<AnyTask> {
        let Kind::Table(fields) = &node.kind else {
            let message = format!("expected a task, found {}", node.describe());
            self.error(Diagnostic::error(codes::WRONG_TYPE, node.span, message));
            return None;
        };
        let language = self.language(node)?;
        let id = self.optional_text(node, "id").unwrap_or_else(|| default_id.to_owned());
        let source = self.optional_text(node, "source");
        match language {
            Language::X86 => return self.x86_task(node, id, source),
            Language::Karel => return self.karel_task(node, id, source),
            Language::C => {}
        }
        self.unknown_fields(fields, &FIELDS, "a task");
        let signature = self.signature(node)?;
        let examples = self.list_of_examples(node, "examples", |reader, item, number| {
            reader.example(item, &signature, "example", number)
        });
        let held_out = self.list_of_examples(node, "held_out", |reader, item, number| {
            reader.example(item, &signature, "held-out example", number)
        });
        self.contradictions(&examples, &held_out);
        Some(AnyTask::C(Task {
            id,
            signature,
            examples: examples.into_iter().map(|(example, _)| example).collect(),
            held_out: held_out.into_iter().map(|(example, _)| example).collect(),
            source,
        }))
    }

    pub(super) fn unknown_fields(&mut self, fields: &[Field], known: &[&str], of: &str) {
        if !self.strict {
            return;
        }
        for field in fields.iter().filter(|field| !known.contains(&field.name.as_str())) {
            let message = format!("unknown field `{}` of {of}", field.name);
            let error = Diagnostic::error(codes::UNKNOWN_FIELD, field.span, message);
            self.error(match nearest(&field.name, known.iter().copied()) {
                Some(name) => error.at("not a field of task files").help(format!("did you mean `{name}`?")),
                None => error.help(format!("the fields of {of} are {}", quoted(known))),
            });
        }
    }

    /// The language, where it is one that is there.
    fn language(&mut self, node: &Node) -> Option<Language> {
        let Some(field) = node.field("language") else {
            return Some(Language::C);
        };
        let Kind::Text(name) = &field.value.kind else {
            self.wrong_type(&field.value, "`language`", "a string");
            return None;
        };
        match Language::from_name(name) {
            Some(language) => Some(language),
            None => {
                let error = Diagnostic::error(codes::LANGUAGE, field.value.span, format!("unknown language `{name}`"));
                self.error(error.help("the languages are `c`, `x86` and `karel`"));
                None
            }
        }
    }

    fn optional_text(&mut self, node: &Node, name: &str) -> Option<String> {
        let value = &node.field(name)?.value;
        match &value.kind {
            Kind::Text(text) => Some(text.clone()),
            _ => {
                self.wrong_type(value, &format!("`{name}`"), "a string");
                None
            }
        }
    }

    fn signature(&mut self, node: &Node) -> Option<Signature> {
        let Some(field) = node.field("signature") else { return Some(default_signature()) };
        let Kind::Text(text) = &field.value.kind else {
            self.wrong_type(&field.value, "`signature`", "a string");
            return None;
        };
        match lang::c::parse_signature(text) {
            Ok(signature) => Some(signature),
            Err(errors) => {
                let why = errors.first().map_or_else(String::new, |error| format!(": {}", error.message));
                let message = format!("`{text}` is not a signature{why}");
                let error = Diagnostic::error(codes::SIGNATURE, field.value.span, message);
                self.error(error.help("write it like `int f(int a[], int n)`; `int`, `int *` or `void` is returned"));
                None
            }
        }
    }

    /// The examples of a field, which may be missing only where it is not the given ones'.
    pub(super) fn list_of_examples<T>(
        &mut self,
        node: &Node,
        field: &str,
        read: impl Fn(&mut Self, &Node, usize) -> Option<T>,
    ) -> Vec<(T, Span)> {
        let given = field == "examples";
        let Some(field) = node.field(field) else {
            let unknown = matches!(&node.kind, Kind::Table(fields)
                if fields.iter().any(|field| nearest(&field.name, ["examples"]).is_some()));
            if given && !(self.strict && unknown) {
                let error = Diagnostic::error(codes::MISSING_FIELD, self.top, "no examples: the field is missing");
                self.error(error.help("a task needs `examples`, each with `input` and `output`"));
            }
            return Vec::new();
        };
        let Kind::List(items) = &field.value.kind else {
            self.wrong_type(&field.value, &format!("`{}`", field.name), "a list");
            return Vec::new();
        };
        if items.len() > MOST_EXAMPLES {
            let message = format!("{} examples; at most {MOST_EXAMPLES} are read", items.len());
            self.error(Diagnostic::error(codes::TOO_LARGE, field.span, message));
            return Vec::new();
        }
        if given && items.is_empty() {
            let error = Diagnostic::error(codes::NO_EXAMPLES, field.value.span, "no examples: the list is empty");
            self.error(error.help("a task needs at least one example"));
        }
        let numbered = items.iter().zip(1..);
        numbered.filter_map(|(item, number)| Some((read(self, item, number)?, item.span))).collect()
    }

    /// An example's input and output.
    pub(super) fn parts<'n>(&mut self, node: &'n Node, list: &str, number: usize) -> Option<(&'n Node, &'n Node)> {
        let Kind::Table(fields) = &node.kind else {
            self.wrong_type(node, &format!("{list} {number}"), "a table with `input` and `output`");
            return None;
        };
        self.unknown_fields(fields, &["input", "output"], "an example");
        let mut part = |name: &str| {
            let field = node.field(name);
            if field.is_none() {
                let message = format!("{list} {number} has no `{name}`");
                self.error(Diagnostic::error(codes::MISSING_FIELD, node.span, message));
            }
            field.map(|field| &field.value)
        };
        let (input, output) = (part("input"), part("output"));
        input.zip(output)
    }

    fn example(&mut self, node: &Node, signature: &Signature, list: &str, number: usize) -> Option<Example> {
        let (input, output) = self.parts(node, list, number)?;
        let at = |field| Place { list, number, field };
        if is_default_signature(signature) {
            let before = self.default_list(input, at("input"));
            let after = self.default_list(output, at("output"));
            return Some(Example {
                input: vec![Argument::Array(before?)],
                returned: None,
                arrays: vec![Some(Argument::Array(after?))],
            });
        }
        let input = self.input(input, signature, at("input"))?;
        let (returned, arrays) = self.output(output, signature, &input, at("output"))?;
        Some(Example { input, returned, arrays })
    }

    /// The five values of the default signature.
    fn default_list(&mut self, node: &Node, place: Place<'_>) -> Option<Vec<i32>> {
        if matches!(node.kind, Kind::Table(_)) {
            let message = format!("{place}: expected a list, since the signature is `{DEFAULT_SIGNATURE}`");
            let error = Diagnostic::error(codes::WRONG_TYPE, node.span, message);
            self.error(error.help("with another `signature`, inputs and outputs are tables by parameter name"));
            return None;
        }
        let values = self.list(node, place)?;
        if values.len() == DEFAULT_LENGTH {
            return Some(values);
        }
        let message = format!("{place}: {} where the array has {DEFAULT_LENGTH}", counted(values.len()));
        let error = Diagnostic::error(codes::SHAPE, node.span, message).at(format!("{} here", counted(values.len())));
        self.error(error.help(format!(
            "`{DEFAULT_SIGNATURE}` takes {DEFAULT_LENGTH} values; for others give a `signature` such as `int * f(int a[])`"
        )));
        None
    }

    /// One argument for each parameter.
    fn input(&mut self, node: &Node, signature: &Signature, place: Place<'_>) -> Option<Vec<Argument>> {
        let fields = self.table(node, place)?;
        let names: Vec<&str> = signature.parameters.iter().map(|(name, _)| name.as_str()).collect();
        let mut whole = self.known_parameters(fields, &names, place);
        let mut arguments = Vec::new();
        for (name, kind) in &signature.parameters {
            let Some(field) = node.field(name) else {
                let message = format!("{place}: parameter `{name}` is missing");
                let error = Diagnostic::error(codes::PARAMETER, node.span, message);
                self.error(error.help(format!("the signature's parameters are {}", quoted(&names))));
                whole = false;
                continue;
            };
            let argument = match kind {
                ParameterKind::Scalar => self.int(&field.value, place, name).map(|it| Argument::Scalar(i64::from(it))),
                ParameterKind::TypedScalar(specifiers) => self
                    .int(&field.value, place, name)
                    .map(|it| Argument::Scalar(specifiers.ty.in_register(i64::from(it)))),
                ParameterKind::TypedArray(specifiers, _) if specifiers.ty.size() != 4 => {
                    let message = format!("{place}: arrays of `{}` cannot be given as input", specifiers.ty.text());
                    self.error(Diagnostic::error(codes::PARAMETER, field.value.span, message));
                    None
                }
                ParameterKind::Matrix(_) => {
                    let message = format!("{place}: arrays of several dimensions cannot be given as input");
                    self.error(Diagnostic::error(codes::PARAMETER, field.value.span, message));
                    None
                }
                ParameterKind::Array(_) | ParameterKind::TypedArray(..) => {
                    self.list(&field.value, place).map(Argument::Array)
                }
            };
            whole &= argument.is_some();
            arguments.extend(argument);
        }
        whole.then_some(arguments)
    }

    /// The return value and the arrays that the output names.
    fn output(
        &mut self,
        node: &Node,
        signature: &Signature,
        input: &[Argument],
        place: Place<'_>,
    ) -> Option<(Option<i32>, Vec<Option<Argument>>)> {
        let fields = self.table(node, place)?;
        let arrays = signature.parameters.iter().filter(|(_, kind)| matches!(kind, ParameterKind::Array(_)));
        let mut names: Vec<&str> = arrays.map(|(name, _)| name.as_str()).collect();
        if signature.returns == ReturnType::Int {
            names.push("return");
        }
        let mut whole = self.known_parameters(fields, &names, place);
        if fields.is_empty() {
            let error = Diagnostic::error(codes::PARAMETER, node.span, format!("{place}: says nothing"));
            self.error(error.help(format!("name at least one of {}", quoted(&names))));
            return None;
        }
        let returned = match node.field("return").filter(|_| signature.returns == ReturnType::Int) {
            Some(field) => {
                let value = self.int(&field.value, place, "return");
                whole &= value.is_some();
                value
            }
            None => None,
        };
        let mut expected = vec![None; signature.parameters.len()];
        for (i, (name, kind)) in signature.parameters.iter().enumerate() {
            let (ParameterKind::Array(_), Some(field)) = (kind, node.field(name)) else { continue };
            let values = self.list(&field.value, place);
            whole &= values.is_some();
            if let (Some(values), Some(Argument::Array(before))) = (values, input.get(i)) {
                whole &= self.same_length(&field.value, name, before.len(), values.len(), place);
                expected[i] = Some(Argument::Array(values));
            }
        }
        whole.then_some((returned, expected))
    }

    fn same_length(&mut self, node: &Node, name: &str, before: usize, after: usize, place: Place<'_>) -> bool {
        if before == after {
            return true;
        }
        let message = format!("{place}: `{name}` has {} where the input has {}", counted(after), counted(before));
        self.error(
            Diagnostic::error(codes::SHAPE, node.span, message).help("a call does not change an array's length"),
        );
        false
    }

    fn table<'n>(&mut self, node: &'n Node, place: Place<'_>) -> Option<&'n [Field]> {
        match &node.kind {
            Kind::Table(fields) => Some(fields),
            _ => {
                let message = format!("{place}: expected a table by parameter name, found {}", node.describe());
                let error = Diagnostic::error(codes::WRONG_TYPE, node.span, message);
                self.error(error.help(format!("only `{DEFAULT_SIGNATURE}` takes plain lists")));
                None
            }
        }
    }

    /// Tells names that are no parameters (parameter names are never ignored, not even in JSONL).
    pub(super) fn known_parameters(&mut self, fields: &[Field], names: &[&str], place: Place<'_>) -> bool {
        let mut known = true;
        for field in fields.iter().filter(|field| !names.contains(&field.name.as_str())) {
            let message = format!("{place}: `{}` cannot stand here", field.name);
            let error = Diagnostic::error(codes::PARAMETER, field.span, message);
            self.error(match nearest(&field.name, names.iter().copied()) {
                Some(name) => error.help(format!("did you mean `{name}`?")),
                None if names.is_empty() => error.help("the signature leaves nothing to name here"),
                None => error.help(format!("by the signature it can name {}", quoted(names))),
            });
            known = false;
        }
        known
    }

    pub(super) fn list(&mut self, node: &Node, place: Place<'_>) -> Option<Vec<i32>> {
        let Kind::List(items) = &node.kind else {
            self.wrong_type(node, &place.to_string(), "a list of integers");
            return None;
        };
        if items.len() > LONGEST_ARRAY {
            let message = format!("{place}: {}; at most {LONGEST_ARRAY} are read", counted(items.len()));
            self.error(Diagnostic::error(codes::TOO_LARGE, node.span, message));
            return None;
        }
        // One error a list is enough.
        items.iter().map(|item| self.int(item, place, "a value")).collect()
    }

    fn int(&mut self, node: &Node, place: Place<'_>, what: &str) -> Option<i32> {
        let text = match &node.kind {
            Kind::Integer(value) => match i32::try_from(*value) {
                Ok(value) => return Some(value),
                Err(_) => value.to_string(),
            },
            Kind::Number(text) if is_whole(text) => text.clone(),
            _ => {
                self.wrong_type(node, &format!("{place}: {what}"), "an integer");
                return None;
            }
        };
        let error = Diagnostic::error(codes::BEYOND_INT, node.span, format!("{place}: {text} is beyond a C int"));
        self.error(error.at("does not fit 32 bits").help(format!("values are from {} to {}", i32::MIN, i32::MAX)));
        None
    }

    pub(super) fn wrong_type(&mut self, node: &Node, what: &str, wanted: &str) {
        let message = format!("{what}: expected {wanted}, found {}", node.describe());
        self.error(Diagnostic::error(codes::WRONG_TYPE, node.span, message));
    }

    /// Tells that two examples have the same input and different outputs.
    pub(super) fn contradiction(&mut self, first: &str, second: &str, one: Span, other: Span) {
        let message = format!("{first} and {second} contradict each other: same input, two outputs");
        let mut error = Diagnostic::error(codes::CONTRADICTION, other, message);
        if one != other {
            error = error.at("the same input gives another output here").label(one, "and this one here");
        }
        self.errors.push(error.help("no program can do both; remove or correct one"));
    }

    /// What was wrong.
    pub(super) fn into_errors(self) -> Vec<Diagnostic> {
        self.errors
    }

    /// Finds the same input with two outputs.
    fn contradictions(&mut self, examples: &[(Example, Span)], held_out: &[(Example, Span)]) {
        let given = examples.iter().enumerate().map(|(i, it)| (format!("example {}", i + 1), it));
        let held_out = held_out.iter().enumerate().map(|(i, it)| (format!("held-out example {}", i + 1), it));
        let mut seen: HashMap<&[Argument], Vec<_>> = HashMap::new();
        for (name, it) in given.chain(held_out) {
            let others = seen.entry(it.0.input.as_slice()).or_default();
            if let Some((first, other)) =
                others.iter().find(|(_, other): &&(String, &(Example, Span))| other.0.contradicts(&it.0))
            {
                self.contradiction(first, &name, other.1, it.1);
                return;
            }
            others.push((name, it));
        }
    }
}

/// Reads an input that stands alone. A list serves for the default signature, here of any length.
pub(super) fn read_input(node: &Node, signature: &Signature) -> Result<Vec<Argument>, Vec<Diagnostic>> {
    let mut reader = Reader::new(false, node.span);
    let place = Place::alone("input");
    let arguments = if is_default_signature(signature) && matches!(node.kind, Kind::List(_)) {
        reader.list(node, place).map(|values| vec![Argument::Array(values)])
    } else {
        reader.input(node, signature, place)
    };
    arguments.ok_or(reader.errors)
}

/// Whether a number that is no i64 is an integer all the same.
fn is_whole(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(|value| value.fract() == 0.0 && value.abs() > f64::from(i32::MAX))
}

fn counted(values: usize) -> String {
    if values == 1 { "1 value".into() } else { format!("{values} values") }
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
