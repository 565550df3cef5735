//! Runs the case files of tests/cases/c and tests/cases/diagnostics, one test a file. tests/cases/README.c documents
//! their format.

mod support;

use iocc::diagnostic::{Diagnostic, LineIndex, Source, render};
use iocc::exec::interp::Interpreter;
use iocc::exec::jit::Jit;
use iocc::exec::{Argument, Engine, Outcome};
use iocc::ir::{self, FunctionId};
use iocc::lang::c::{self, ast};
use libtest_mimic::{Arguments, Failed, Trial};
use std::fs;
use std::path::PathBuf;

const FUEL: u64 = 100_000;

fn main() {
    let mut paths = vec![support::root().join("tests/cases/README.c")];
    for folder in ["tests/cases/c", "tests/cases/diagnostics"] {
        paths.extend(support::files(folder, "c"));
    }
    let trials = paths.into_iter().map(|path| {
        let name = path.strip_prefix(support::root().join("tests/cases")).expect("cases lie there");
        Trial::test(name.display().to_string(), move || check(&path))
    });
    let trials = trials.chain(bad_cases());
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

/// The format itself: what must fail does.
fn bad_cases() -> Vec<Trial> {
    let cases = [
        ("unknown_directive", "//! rnu f() == 1\nint f() { return 1; }", "unknown directive"),
        ("unknown_stage", "//! test prase\nint f() { return 1; }", "unknown stage"),
        ("checks_nothing", "int f() { return 1; }", "checks nothing"),
        ("wrong_value", "//! test interp\n//! run f() == 2\nint f() { return 1; }", "returned 1"),
        ("wrong_trap", "//! test interp\n//! run f() traps bad_shift\nint f() { return 1; }", "returned"),
        ("wrong_array", "//! test interp\n//! run f([1]) == [2]\nint * f(int a[]) { return a; }", "[1]"),
        ("run_without_interp", "//! test ir\n//! run f() == 1\nint f() { return 1; }", "no `interp`"),
        ("interp_without_run", "//! test interp\nint f() { return 1; }", "no `run`"),
        ("unexpected_error", "//! test parse\nint f() { return x; } ", "unknown variable"),
        ("missing_error", "int f() { return 1; } //~ E0012 x", "expected E0012"),
    ];
    let trial = |(name, text, message): (&'static str, &'static str, &'static str)| {
        Trial::test(format!("format/{name}"), move || match Case::read(text).and_then(|case| case.check("case.c")) {
            Err(error) if error.contains(message) => Ok(()),
            other => Err(format!("must fail with `{message}`, but gave {other:?}").into()),
        })
    };
    cases.into_iter().map(trial).collect()
}

fn check(path: &PathBuf) -> Result<(), Failed> {
    let text = fs::read_to_string(path)?;
    let name = path.file_name().expect("cases are files").to_string_lossy();
    Case::read(&text)?.check(&name).map_err(Failed::from)
}

/// A case file.
struct Case<'a> {
    text: &'a str,
    stages: Vec<&'a str>,
    runs: Vec<(u32, &'a str)>,
    expected: Vec<Expected<'a>>,
}

/// A `//~` comment.
struct Expected<'a> {
    line: u32,
    code: &'a str,
    text: &'a str,
}

impl<'a> Case<'a> {
    fn read(text: &'a str) -> Result<Self, String> {
        let mut case = Case { text, stages: vec![], runs: vec![], expected: vec![] };
        for (number, line) in (1..).zip(text.lines()) {
            case.line(number, line).map_err(|error| format!("line {number}: {error}"))?;
        }
        if case.stages.is_empty() && case.expected.is_empty() {
            return Err("this case checks nothing".into());
        }
        if case.stages.contains(&"interp") == case.runs.is_empty() {
            return Err("`run` lines but no `interp` stage, or no `run` line for it".into());
        }
        Ok(case)
    }

    fn line(&mut self, number: u32, line: &'a str) -> Result<(), String> {
        if let Some(directive) = line.trim_start().strip_prefix("//! ") {
            match directive.split_once(' ') {
                Some(("test", stages)) => self.stages.extend(stages.split_whitespace()),
                Some(("run", call)) => self.runs.push((number, call)),
                _ => return Err(format!("unknown directive `{directive}`")),
            }
        }
        // Prose speaks of the marker too, in backquotes.
        if let Some((_, marker)) = line.split_once("//~").filter(|(before, _)| !before.ends_with('`')) {
            let (line, marker) = match marker.strip_prefix('^') {
                Some(rest) => (number - 1, rest),
                None => (number, marker),
            };
            let (code, text) = marker.trim().split_once(' ').ok_or("`//~` wants a code and a text")?;
            self.expected.push(Expected { line, code, text });
        }
        Ok(())
    }

    fn check(&self, name: &str) -> Result<(), String> {
        let source = Source { name: name.to_owned(), text: self.text.to_owned() };
        let parsed = c::parse(self.text);
        let checked = parsed.as_ref().map_err(Clone::clone).and_then(c::check);
        let diagnostics = match &checked {
            Ok(checked) => &checked.warnings,
            Err(errors) => errors,
        };
        self.expect(diagnostics, &source)?;
        for stage in &self.stages {
            let (Ok(tree), Ok(checked)) = (&parsed, &checked) else {
                return Err(format!("no `{stage}`: it has errors"));
            };
            match *stage {
                "parse" => round_trip(tree)?,
                "ir" => lower(&checked.program)?,
                "interp" => self.interpret(tree, &checked.program)?,
                other => return Err(format!("unknown stage `{other}`")),
            }
        }
        Ok(())
    }

    /// Matches diagnostics with what is expected, one to one.
    fn expect(&self, diagnostics: &[Diagnostic], source: &Source) -> Result<(), String> {
        let lines = LineIndex::new(self.text);
        let mut expected: Vec<&Expected> = self.expected.iter().collect();
        for diagnostic in diagnostics {
            let line = lines.line(diagnostic.labels[0].span.start);
            let code = diagnostic.code.to_string();
            let found = expected.iter().position(|expected| {
                expected.line == line && expected.code == code && diagnostic.message.contains(expected.text)
            });
            match found {
                Some(found) => drop(expected.remove(found)),
                None => {
                    return Err(format!("unexpected:\n{}", render(std::slice::from_ref(diagnostic), source, false)));
                }
            }
        }
        match expected.first() {
            Some(Expected { line, code, text }) => Err(format!("line {line}: expected {code} {text}")),
            None => Ok(()),
        }
    }

    fn interpret(&self, tree: &ast::Program, program: &c::hir::Program) -> Result<(), String> {
        let program = c::lower(program, c::LowerOptions::default());
        let mut engine = Interpreter::new(&program);
        let mut compiled = Jit::new(&program).map_err(|error| error.to_string())?;
        for (line, run) in &self.runs {
            let run = Run::read(run, tree).map_err(|error| format!("line {line}: {error}"))?;
            run.check(&mut engine, tree, self.text).map_err(|error| format!("line {line}: {error}"))?;
            run.check(&mut compiled, tree, self.text).map_err(|error| format!("line {line}, compiled: {error}"))?;
        }
        Ok(())
    }
}

/// Printing and parsing give the tree back, and printing that gives the text back.
fn round_trip(tree: &ast::Program) -> Result<(), String> {
    let printed = c::print(tree);
    let again =
        c::parse(&printed).map_err(|errors| format!("the printed program has errors: {errors:?}\n{printed}"))?;
    if c::dump(&again, false) != c::dump(tree, false) {
        return Err(format!("the printed program is another:\n{printed}"));
    }
    if c::print(&again) == printed { Ok(()) } else { Err(format!("printing is not stable:\n{printed}")) }
}

fn lower(program: &c::hir::Program) -> Result<(), String> {
    for notes in [false, true] {
        let program = c::lower(program, c::LowerOptions { notes });
        let text = ir::print(&program);
        ir::verify(&program).map_err(|errors| format!("{}\n{text}", errors.join("\n")))?;
        let again = ir::parse(&text).map_err(|errors| format!("{errors:?}\n{text}"))?;
        if ir::print(&again) != text {
            return Err(format!("the IR reads back as another program:\n{text}\n{}", ir::print(&again)));
        }
    }
    Ok(())
}

/// A `run` line.
#[derive(Debug)]
struct Run {
    function: usize,
    arguments: Vec<Argument>,
    expected: Wanted,
    leaves: Vec<(usize, Vec<i32>)>,
}

#[derive(Debug)]
enum Wanted {
    Returns,
    Int(i32),
    Array(Vec<i32>),
    Trap(String, Option<u32>),
    OutOfFuel,
}

/// `3` or `[1, 2]`.
fn value(text: &str) -> Result<Argument, String> {
    let number = |text: &str| text.trim().parse::<i32>().map_err(|error| format!("`{text}`: {error}"));
    match text.trim().strip_prefix('[') {
        Some(list) => {
            let list = list.strip_suffix(']').ok_or("a list ends with `]`")?;
            let numbers = list.split(',').filter(|part| !part.trim().is_empty()).map(number);
            Ok(Argument::Array(numbers.collect::<Result<_, _>>()?))
        }
        None => Ok(Argument::Scalar(number(text)?.into())),
    }
}

/// Splits at commas outside of brackets.
fn arguments(text: &str) -> Vec<&str> {
    let (mut parts, mut from, mut depth) = (vec![], 0, 0);
    for (at, sign) in text.char_indices() {
        match sign {
            '[' => depth += 1,
            ']' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

impl Run {
    fn read(text: &str, tree: &ast::Program) -> Result<Self, String> {
        let (name, rest) = text.split_once('(').ok_or("a call has parentheses")?;
        let (list, rest) = rest.split_once(')').ok_or("a call has parentheses")?;
        let function = tree.functions.iter().position(|function| function.name.text == name);
        let function = function.ok_or_else(|| format!("no function `{name}`"))?;
        let arguments = arguments(list).into_iter().map(value).collect::<Result<Vec<_>, _>>()?;
        let parameters = &tree.functions[function].parameters;
        let fits = |(parameter, argument): (&ast::Parameter, &Argument)| {
            (parameter.kind == ast::ParameterKind::Scalar) == matches!(argument, Argument::Scalar(_))
        };
        if parameters.len() != arguments.len() || !parameters.iter().zip(&arguments).all(fits) {
            return Err(format!("`{name}` has other parameters"));
        }
        let (outcome, after) = match rest.split_once(" leaves ") {
            Some((outcome, after)) => (outcome.trim(), Some(after)),
            None => (rest.trim(), None),
        };
        let leaves = match after {
            Some(after) => {
                let (array, elements) = after.split_once("==").ok_or("`leaves` wants `name == [...]`")?;
                let parameter = parameters.iter().position(|parameter| parameter.name.text == array.trim());
                let Argument::Array(elements) = value(elements)? else { return Err("`leaves` wants a list".into()) };
                vec![(parameter.ok_or("`leaves` wants an array parameter")?, elements)]
            }
            None => vec![],
        };
        Ok(Self { function, arguments, expected: Wanted::read(outcome, after.is_some())?, leaves })
    }

    fn check(&self, engine: &mut dyn Engine, tree: &ast::Program, text: &str) -> Result<(), String> {
        let mut arguments = self.arguments.clone();
        let outcome = engine.run(FunctionId(self.function as u32), &mut arguments, FUEL).outcome;
        self.expected.check(&outcome, &arguments, tree.functions[self.function].returns, text)?;
        for (parameter, elements) in &self.leaves {
            if arguments[*parameter] != Argument::Array(elements.clone()) {
                return Err(format!("left {:?}", arguments[*parameter]));
            }
        }
        Ok(())
    }
}

impl Wanted {
    fn read(text: &str, leaves: bool) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        match words[..] {
            ["==", ..] => Ok(match value(&text[2..])? {
                Argument::Scalar(value) => Wanted::Int(value as i32),
                Argument::Array(elements) => Wanted::Array(elements),
            }),
            ["returns"] => Ok(Wanted::Returns),
            [] if leaves => Ok(Wanted::Returns),
            ["traps", kind] => Ok(Wanted::Trap(kind.into(), None)),
            ["traps", kind, "at", line] => {
                Ok(Wanted::Trap(kind.into(), Some(line.parse().map_err(|_| "`at` wants a line")?)))
            }
            ["out_of_fuel"] => Ok(Wanted::OutOfFuel),
            _ => Err(format!("what is `{text}`?")),
        }
    }

    fn check(
        &self,
        outcome: &Outcome,
        arguments: &[Argument],
        returns: ast::ReturnType,
        text: &str,
    ) -> Result<(), String> {
        let good = match (self, outcome) {
            (Wanted::Returns, Outcome::Returned(_)) | (Wanted::OutOfFuel, Outcome::OutOfFuel) => true,
            (Wanted::Int(wanted), Outcome::Returned(values)) => match values[..] {
                [value] if returns == ast::ReturnType::Int && value == i64::from(*wanted) => true,
                _ => return Err(format!("returned {}", values.first().map_or("nothing".into(), i64::to_string))),
            },
            (Wanted::Array(wanted), Outcome::Returned(values)) => {
                // A pointer's high half is the object's number; argument `i` is object `i + 1`.
                let object = values.first().map_or(0, |pointer| (pointer >> 32) as usize);
                match object.checked_sub(1).and_then(|number| arguments.get(number)) {
                    Some(Argument::Array(elements)) if elements == wanted => true,
                    found => return Err(format!("returned {found:?}, not the array {wanted:?}")),
                }
            }
            (Wanted::Trap(kind, line), Outcome::Trapped(trap)) => {
                let at = LineIndex::new(text).line(trap.at.start);
                if line.is_some_and(|line| line != at) {
                    return Err(format!("trapped at line {at}"));
                }
                trap.kind.name() == kind
            }
            _ => false,
        };
        if good { Ok(()) } else { Err(format!("wanted {self:?}, but it {}", describe(outcome))) }
    }
}

fn describe(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Returned(values) => format!("returned {values:?}"),
        Outcome::Trapped(trap) => format!("trapped: {}", trap.kind.name()),
        Outcome::OutOfFuel => "ran out of fuel".to_owned(),
    }
}
