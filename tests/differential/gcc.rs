//! Compiles many cases into one C program with gcc and runs it. The harness (`harness.c`) reads the runs from a file
//! of 32-bit numbers and writes what they did to another.

use crate::case::Case;
use iocc::exec::Argument;
use iocc::lang::c::ast::{ParameterKind, ReturnType};
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// How gcc compiles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Build {
    /// -O2, which makes the most of undefined behaviour.
    Optimised,
    /// With the sanitizers, which stop at undefined behaviour.
    Sanitised,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum State {
    /// It returned.
    Returned,
    /// A sanitizer or a signal stopped it.
    Stopped,
    /// It took longer than the limit.
    TimedOut,
}

/// What a run did.
#[derive(Debug)]
pub struct Ran {
    pub state: State,
    /// What it returned: 0 from `void`, the number of the argument (from 1) for a pointer.
    pub value: i32,
    /// The arguments after it.
    pub output: Vec<Argument>,
}

/// Whether gcc and its sanitizers work on this machine.
pub fn is_here() -> bool {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let source = folder.path().join("empty.c");
    std::fs::write(&source, "int main(void) { return 0; }\n").expect("a temporary file can be written");
    compile(Build::Sanitised, &source, &folder.path().join("empty")).unwrap_or(false)
        && Command::new(folder.path().join("empty")).status().is_ok_and(|status| status.success())
}

fn compile(build: Build, source: &Path, program: &Path) -> std::io::Result<bool> {
    let options: &[&str] = match build {
        Build::Optimised => &["-O2"],
        // At -O1 the checks of what is not used would be removed. What is left out never fires here (no pointer is
        // unaligned, reading through null ends by a signal) and would make compiling half as slow again.
        Build::Sanitised => &[
            "-O0",
            "-fsanitize=undefined,address",
            "-fno-sanitize=null,alignment,object-size,pointer-overflow",
            "-fno-sanitize-recover=all",
        ],
    };
    let mut command = Command::new("gcc");
    command.args(["-std=gnu17", "-w"]).args(options).arg("-o").arg(program).arg(source);
    Ok(command.stderr(Stdio::null()).status()?.success())
}

/// Runs `runs` (the number of a case and that of an input) in order; `None` where gcc does not compile the programs.
pub fn run(build: Build, cases: &[Case], runs: &[(usize, usize)], folder: &Path) -> Option<Vec<Ran>> {
    let path = |end: &str| folder.join(format!("{build:?}{end}"));
    let (source, program, input, output) = (path(".c"), path(""), path(".in"), path(".out"));
    std::fs::write(&source, text(cases)).expect("a temporary file can be written");
    if !compile(build, &source, &program).expect("gcc starts") {
        return None;
    }
    std::fs::write(&input, bytes(cases, runs)).expect("a temporary file can be written");
    let status = Command::new(&program)
        .args([&input, &output])
        .env("ASAN_OPTIONS", "detect_leaks=0:symbolize=0:allocator_may_return_null=1")
        .env("UBSAN_OPTIONS", "symbolize=0:print_stacktrace=0")
        .stderr(Stdio::null())
        .status();
    assert!(status.expect("the harness starts").success(), "the harness failed");
    let results = std::fs::read(&output).expect("the harness wrote its results");
    let mut numbers = results.chunks_exact(4).map(|four| i32::from_le_bytes(four.try_into().expect("four bytes")));
    let mut next = || numbers.next().expect("the harness wrote as much as it read");
    let ran = runs.iter().map(|&(case, run)| {
        let state = match next() {
            2 => State::Returned,
            3 => State::Stopped,
            4 => State::TimedOut,
            other => panic!("the harness left a run in state {other}"),
        };
        let value = next();
        let output = cases[case].runs[run].input.iter().map(|argument| match argument {
            Argument::Scalar(value) => Argument::Scalar(*value),
            Argument::Array(values) => Argument::Array(values.iter().map(|_| next()).collect()),
        });
        Ran { state, value, output: output.collect() }
    });
    Some(ran.collect())
}

/// The C file: harness, functions, and a wrapper for each case.
fn text(cases: &[Case]) -> String {
    let mut text = String::new();
    let mut wrappers = String::new();
    for (number, case) in cases.iter().enumerate() {
        text.push_str(&case.source);
        text.push('\n');
        let arguments = case.entry.parameters.iter().enumerate().map(|(at, parameter)| match parameter.kind {
            ParameterKind::Scalar | ParameterKind::TypedScalar(_) => format!("scalars[{at}]"),
            ParameterKind::Array(_) | ParameterKind::TypedArray(..) | ParameterKind::Matrix(_) => {
                format!("arrays[{at}]")
            }
        });
        let call = format!("{}({})", case.entry.name.text, arguments.collect::<Vec<_>>().join(", "));
        let body = match case.entry.returns {
            ReturnType::Void => format!("{call}; return 0;"),
            ReturnType::Int | ReturnType::Integer(_) => format!("return {call};"),
            ReturnType::IntPointer | ReturnType::Pointer(_) | ReturnType::ConstantPointer(_) => {
                let count = case.entry.parameters.len();
                format!(
                    "int *p = {call}; for (int i = 0; i < {count}; i++) if (arrays[i] == p) return i + 1; return -1;"
                )
            }
        };
        writeln!(text, "static int wrapper_{number}(int **arrays, const int *scalars) {{ {body} }}").expect("a string");
        write!(wrappers, "wrapper_{number}, ").expect("a string");
    }
    writeln!(text, "static int (*const wrappers[])(int **, const int *) = {{ {wrappers} }};").expect("a string");
    // Each run here begins with the first values of globals and static variables.
    if cases.iter().any(|case| !case.ir.globals.is_empty()) {
        text.push_str("#define RENEW\n");
    }
    text.push_str(include_str!("harness.c"));
    text
}

/// The runs as the harness reads them: their number; for each the case, the number of arguments, and for each of these
/// its length (-1 for a scalar) and its values.
fn bytes(cases: &[Case], runs: &[(usize, usize)]) -> Vec<u8> {
    let mut numbers = vec![runs.len() as i32];
    for &(case, run) in runs {
        let input = &cases[case].runs[run].input;
        numbers.extend([case as i32, input.len() as i32]);
        for argument in input {
            match argument {
                Argument::Scalar(value) => numbers.extend([-1, *value as i32]),
                Argument::Array(values) => {
                    numbers.push(values.len() as i32);
                    numbers.extend(values);
                }
            }
        }
    }
    numbers.into_iter().flat_map(i32::to_le_bytes).collect()
}
