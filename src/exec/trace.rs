//! A run as text, step by step: the line of source that ran, and what changed there.
//!
//! ```text
//! -> func_1(a)
//!    3 | for (int p_0 = 0; p_0 <= 1; p_0++)        p_0 = 0
//!    5 | a[p_0] += 2;                              a[0]: 1 -> 3
//! <- func_1 = a
//! ```
//!
//! A step begins with its [`crate::ir::Inst::Fuel`] and lasts to the next. Values of variables come from
//! [`crate::ir::Inst::Note`], so the program has to be lowered with notes; a note of an array names the object.

use super::interp::Tracer;
use super::memory;
use crate::diagnostic::Span;
use crate::ir::{FunctionId, Program, Type, VariableId};
use std::collections::HashMap;
use std::fmt::Write;

/// Columns of source before the changes.
const SOURCE_WIDTH: usize = 40;
/// Characters of a line of source that are shown.
const WIDEST_SOURCE: usize = 100;

/// Turns what a [`Tracer`] hears into lines of text, each handed to `sink` without its end of line.
pub struct LineTrace<'a, S: FnMut(&str)> {
    program: &'a Program,
    source: &'a str,
    /// Where each line of the source begins.
    lines: Vec<u32>,
    frames: Vec<Frame>,
    /// Objects by number.
    objects: HashMap<u32, Object>,
    /// The step that is running.
    step: Option<Span>,
    /// The step that a call interrupted; it is shown again only if it still changes something.
    interrupted: Option<Span>,
    changes: String,
    /// An object whose changes are not shown.
    hidden: Option<u32>,
    sink: S,
}

/// A named object.
#[derive(Clone)]
struct Object {
    name: String,
    /// Bytes an element; none where it is no array.
    element: Option<u32>,
    /// The number of elements, where they are counted from the last one.
    counted_back: Option<u32>,
}

/// What a variable is, as its name says; see [`crate::ir::Function::variables`].
enum Kind {
    Scalar,
    Pointer,
    Object(Object),
}

fn kind(name: &str) -> (Kind, &str) {
    if let Some(name) = name.strip_prefix('*') {
        return (Kind::Pointer, name);
    }
    if let Some(name) = name.strip_prefix('&') {
        return (Kind::Object(Object { name: name.to_owned(), element: None, counted_back: None }), name);
    }
    match name.strip_suffix(']').and_then(|array| array.split_once('[')) {
        Some((array, size)) => {
            (Kind::Object(Object { name: array.to_owned(), element: size.parse().ok(), counted_back: None }), array)
        }
        None => (Kind::Scalar, name),
    }
}

/// A function that is running.
struct Frame {
    /// The last noted value of each variable.
    variables: Vec<Option<i64>>,
    /// The step of the caller.
    step: Option<Span>,
    /// Objects that have another name here, with the name before.
    renamed: Vec<(u32, Option<Object>)>,
}

impl<'a, S: FnMut(&str)> LineTrace<'a, S> {
    /// A trace of a run of `program`, which was compiled from `source`.
    pub fn new(program: &'a Program, source: &'a str, sink: S) -> Self {
        let starts = source.match_indices('\n').map(|(end, _)| end as u32 + 1);
        Self {
            program,
            source,
            lines: std::iter::once(0).chain(starts).collect(),
            frames: Vec::new(),
            objects: HashMap::new(),
            step: None,
            interrupted: None,
            changes: String::new(),
            hidden: None,
            sink,
        }
    }

    /// Names an object, an array of i32: argument `i` of the first call is object `i + 1`.
    pub fn name_object(&mut self, object: u32, name: &str) {
        self.objects.insert(object, Object { name: name.to_owned(), element: Some(4), counted_back: None });
    }

    /// Names an object, an array of so many i32, whose last element is shown as number 0.
    pub fn name_reversed(&mut self, object: u32, name: &str, length: u32) {
        self.objects.insert(object, Object { name: name.to_owned(), element: Some(4), counted_back: Some(length) });
    }

    /// Leaves an object's changes out.
    pub fn hide_object(&mut self, object: u32) {
        self.hidden = Some(object);
    }

    /// Hands over the last step; to be called when the run has ended.
    pub fn finish(&mut self) {
        self.flush();
    }

    /// Hands over the step that is running with its changes.
    fn flush(&mut self) {
        let changes = std::mem::take(&mut self.changes);
        let interrupted = self.interrupted.take().filter(|_| !changes.is_empty());
        if let Some(span) = self.step.take().or(interrupted) {
            let line = self.lines.partition_point(|start| *start <= span.start).max(1);
            let start = self.lines[line - 1] as usize;
            let text = self.source.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default().trim();
            let text = match text.char_indices().nth(WIDEST_SOURCE) {
                Some((end, _)) => format!("{}...", &text[..end]),
                None => text.to_owned(),
            };
            let indent = self.indent();
            let shown = format!("{indent}{line:>4} | {text:<SOURCE_WIDTH$}  {changes}");
            (self.sink)(shown.trim_end());
        } else if !changes.is_empty() {
            // Parameters, before the first statement.
            let indent = self.indent();
            (self.sink)(&format!("{indent}     | {:<SOURCE_WIDTH$}  {changes}", ""));
        }
    }

    fn indent(&self) -> String {
        "  ".repeat(self.frames.len().saturating_sub(1))
    }

    fn change(&mut self, change: &str) {
        if !self.changes.is_empty() {
            self.changes.push_str(", ");
        }
        self.changes.push_str(change);
    }

    fn object_name(&self, object: u32) -> String {
        self.objects.get(&object).map_or_else(|| format!("object{object}"), |object| object.name.clone())
    }

    /// The place of a value of `size` bytes, where no element is known.
    fn place(&self, object: u32, offset: u32, size: u32) -> String {
        let name = self.object_name(object);
        let back = self.objects.get(&object).and_then(|object| object.counted_back);
        match self.objects.get(&object).map_or(Some(size), |object| object.element) {
            None if offset == 0 => name,
            Some(element) if offset.is_multiple_of(element.max(1)) => {
                let number = offset / element.max(1);
                format!("{name}[{}]", back.map_or(number, |length| length.saturating_sub(number + 1)))
            }
            _ => format!("{name}+{offset}"),
        }
    }

    /// A pointer's value.
    fn pointer(&self, value: i64) -> String {
        match (memory::object_of(value), value as u32) {
            (0, 0) => "null".to_owned(),
            (object, offset) => format!("&{}", self.place(object, offset, 1)),
        }
    }

    /// `values` of `types`, as they stand in a call.
    fn values(&self, types: &[Type], values: &mut dyn Iterator<Item = i64>) -> String {
        let mut text = String::new();
        for (number, (ty, value)) in types.iter().zip(values).enumerate() {
            let separator = if number == 0 { "" } else { ", " };
            let object = memory::object_of(value);
            let written = match ty {
                Type::I64 if object != 0 && self.objects.contains_key(&object) => match value as u32 {
                    0 => write!(text, "{separator}{}", self.object_name(object)),
                    _ => write!(text, "{separator}{}", self.pointer(value)),
                },
                Type::I64 if object != 0 => write!(text, "{separator}object{object}"),
                _ => write!(text, "{separator}{value}"),
            };
            written.expect("writing to a string does not fail");
        }
        text
    }
}

impl<S: FnMut(&str)> Tracer for LineTrace<'_, S> {
    fn fuel(&mut self, _amount: u32, span: Span) {
        self.flush();
        self.step = Some(span);
    }

    fn note(&mut self, function: FunctionId, variable: VariableId, value: i64) {
        let program = self.program;
        let (kind, name) = kind(&program.functions[function.0 as usize].variables[variable.0 as usize]);
        let scalar = matches!(kind, Kind::Scalar);
        let Some(frame) = self.frames.last_mut() else { return };
        let old = frame.variables[variable.0 as usize].replace(value);
        // A pointer into the middle of an object is no name for it.
        if let Kind::Object(named) = kind
            && value as u32 == 0
        {
            let object = memory::object_of(value);
            let before = self.objects.insert(object, named);
            frame.renamed.push((object, before));
        } else if old != Some(value) {
            let shown = |value: i64| if scalar { value.to_string() } else { self.pointer(value) };
            let change = match old {
                Some(old) => format!("{name}: {} -> {}", shown(old), shown(value)),
                None => format!("{name} = {}", shown(value)),
            };
            self.change(&change);
        }
    }

    fn store(&mut self, object: u32, offset: u32, ty: Type, old: Option<i64>, value: i64) {
        if self.hidden == Some(object) {
            return;
        }
        let place = self.place(object, offset, memory::size_of(ty) as u32);
        match old {
            Some(old) => self.change(&format!("{place}: {old} -> {value}")),
            None => self.change(&format!("{place} = {value}")),
        }
    }

    fn call(&mut self, function: FunctionId, arguments: &mut dyn Iterator<Item = i64>) {
        let step = self.step.or(self.interrupted);
        self.flush();
        let function = &self.program.functions[function.0 as usize];
        if self.frames.is_empty() {
            // Globals come right behind the arguments.
            for (object, global) in (function.parameters.len() as u32 + 1..).zip(&self.program.globals) {
                let (Kind::Object(named), _) = kind(&global.name) else {
                    self.objects
                        .insert(object, Object { name: global.name.to_string(), element: None, counted_back: None });
                    continue;
                };
                self.objects.insert(object, named);
            }
        }
        let arguments = self.values(&function.parameters, arguments);
        self.frames.push(Frame { variables: vec![None; function.variables.len()], step, renamed: Vec::new() });
        let indent = self.indent();
        (self.sink)(&format!("{indent}-> {}({arguments})", function.name));
    }

    fn ret(&mut self, function: FunctionId, values: &mut dyn Iterator<Item = i64>) {
        self.flush();
        let function = &self.program.functions[function.0 as usize];
        let values = self.values(&function.returns, values);
        let indent = self.indent();
        let equals = if values.is_empty() { "" } else { " = " };
        (self.sink)(&format!("{indent}<- {}{equals}{values}", function.name));
        let Some(frame) = self.frames.pop() else { return };
        for (object, before) in frame.renamed.into_iter().rev() {
            match before {
                Some(name) => self.objects.insert(object, name),
                None => self.objects.remove(&object),
            };
        }
        self.interrupted = frame.step;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::Argument;
    use crate::exec::interp::Interpreter;
    use crate::ir;

    const SOURCE: &str = "\
int add(int b[], int n)
{
    b[0] += n;
    return n;
}
void f(int a[])
{
    int x = 1;
    x = add(a, 2);
    a[1] = x;
}
";

    /// SOURCE by hand, with the spans of its statements.
    fn program() -> Program {
        let at = |text: &str| {
            let start = SOURCE.find(text).expect("it is there");
            format!("fuel 1 @{start}..{}", start + text.len())
        };
        let text = format!(
            "fn add(i64, i32) -> i32 {{
             b0(v0: i64, v1: i32):
                 note b[4] v0
                 note n v1
                 {}
                 v2 = load.i32 v0
                 v3 = add.i32 v2, v1
                 store v3, v0
                 {}
                 return v1
             }}
             fn f(i64) {{
             b0(v0: i64):
                 note a[4] v0
                 {}
                 v1 = const.i32 1
                 note x v1
                 {}
                 v2 = const.i32 2
                 v3 = call add(v0, v2): i32
                 note x v3
                 {}
                 store v3, v0+4
                 return
             }}",
            at("b[0] += n;"),
            at("return n;"),
            at("int x = 1;"),
            at("x = add(a, 2);"),
            at("a[1] = x;"),
        );
        ir::parse(&text).expect("it parses")
    }

    #[test]
    fn each_step_shows_its_line_and_what_changed() {
        let program = program();
        assert_eq!(ir::verify(&program), Ok(()));
        let mut lines = Vec::new();
        let mut trace = LineTrace::new(&program, SOURCE, |line: &str| lines.push(line.to_owned()));
        trace.name_object(1, "a");
        let mut arguments = [Argument::Array(vec![5, 6])];
        Interpreter::new(&program).run_traced(FunctionId(1), &mut arguments, 100, &mut trace);
        trace.finish();
        let expected = "\
-> f(a)
   8 | int x = 1;                                x = 1
   9 | x = add(a, 2);
  -> add(a, 2)
       |                                           n = 2
     3 | b[0] += n;                                b[0]: 5 -> 7
     4 | return n;
  <- add = 2
   9 | x = add(a, 2);                            x: 1 -> 2
  10 | a[1] = x;                                 a[1]: 6 -> 2
<- f";
        assert_eq!(lines.join("\n"), expected);
        assert_eq!(arguments, [Argument::Array(vec![7, 2])]);
    }
}
