//! `iocc run`: runs a function of a source file on an input.

use super::file::place;
use super::{Context, EXIT_OUT_OF_FUEL, EXIT_TRAP, Failure, SourceLanguage, read_source};
use super::{run_karel, run_x86};
use crate::diagnostic::{Code, Diagnostic, LineIndex, Source};
use crate::exec::interp::Interpreter;
use crate::exec::jit::{Jit, JitError};
use crate::exec::trace::LineTrace;
use crate::exec::{Argument, Engine, Outcome, RUN_FUEL, Run, Trap};
use crate::ir::FunctionId;
use crate::lang::c;
use crate::lang::c::ast::{ParameterKind, Program, Signature};
use crate::task::{self, Language};
use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;

/// A program trapped.
const TRAP: Code = Code(501);

/// Arguments of `iocc run`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Source file; `-` is stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The function to call [default: main, else the last one]; of x86, the label to begin at [default: the first line]
    #[arg(long, value_name = "NAME")]
    pub entry: Option<String>,
    /// The input: a list for `int * func_1(int a[])`, else an object by parameter name; of Karel a world, as a grid or
    /// as an object
    #[arg(long, value_name = "JSON", allow_hyphen_values = true)]
    pub input: Option<String>,
    /// What runs it
    #[arg(long, value_enum, default_value_t = EngineName::Interp)]
    pub engine: EngineName,
    /// Statements and loop tests that may run; of Karel, ticks [default: 100000000; of Karel 200]
    #[arg(long, value_name = "N")]
    pub fuel: Option<u64>,
    /// Show on stderr, line by line, what changes
    #[arg(long)]
    pub trace: bool,
    /// Draw a Karel program's run to a file, a world after each action
    #[arg(long, value_name = "FILE.svg")]
    pub svg: Option<PathBuf>,
    /// The language, where the extension does not tell
    #[arg(long, value_enum)]
    language: Option<SourceLanguage>,
}

/// The engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum EngineName {
    /// The interpreter
    Interp,
    /// Compiled by Cranelift
    Jit,
    /// The machine code of an x86 program on this processor
    Native,
}

/// Runs the function; the exit code is main's value or 0, 3 for a trap, 4 for out of fuel.
pub fn run(args: &Args, context: &Context) -> Result<u8, Failure> {
    if args.trace && args.engine != EngineName::Interp {
        let message = "only the engine `interp` can `--trace`";
        return Err(
            Failure::new(message).help("leave `--engine` out: the engines do the same, only their speed differs")
        );
    }
    let (source, language) = read_source(&args.file, args.language)?;
    if args.svg.is_some() && language != Language::Karel {
        return Err(Failure::new("`--svg` draws runs of Karel programs only"));
    }
    match language {
        Language::X86 => return run_x86::run(&source, args, context),
        Language::Karel if args.engine != EngineName::Native => return run_karel::run(&source, args, context),
        _ => {}
    }
    if args.engine == EngineName::Native {
        return Err(Failure::new("the engine `native` runs x86 programs only").help("use `interp` or `jit`"));
    }
    let fuel = args.fuel.unwrap_or(RUN_FUEL);
    let wrong = |errors| Failure::Diagnostics(source.clone(), errors);
    let program = c::parse(&source.text).map_err(wrong)?;
    let checked = c::check(&program).map_err(wrong)?;
    context.report(&source, &checked.warnings);
    let entry = entry(&program, args.entry.as_deref(), &source)?;
    let function = &program.functions[entry];
    let signature = function.signature();
    let mut arguments = input(&signature, args.input.as_deref())?;

    let lowered = c::lower(&checked.program, c::LowerOptions { notes: args.trace });
    let entry = FunctionId(u32::try_from(entry).expect("the parser bounds the number of functions"));
    let run = if args.trace {
        let mut engine = Interpreter::new(&lowered);
        let mut trace = LineTrace::new(&lowered, &source.text, |line| context.text(line));
        for (number, (name, _)) in (1..).zip(&signature.parameters) {
            trace.name_object(number, name);
        }
        let run = engine.run_traced(entry, &mut arguments, fuel, &mut trace);
        trace.finish();
        run
    } else if args.engine == EngineName::Jit {
        let mut engine = Jit::new(&lowered).map_err(|error| uncompiled(&source, &error))?;
        engine.run(entry, &mut arguments, fuel)
    } else {
        Interpreter::new(&lowered).run(entry, &mut arguments, fuel)
    };
    tell(context, &source, &signature, &run, &arguments, fuel)
}

/// There is no machine code for a program.
pub fn uncompiled(source: &Source, error: &JitError) -> Failure {
    Failure::new(format!("{}: {error}", source.name)).help("`iocc run --engine interp` runs every program")
}

/// The function to call.
fn entry(program: &Program, name: Option<&str>, source: &Source) -> Result<usize, Failure> {
    let position = |name: &str| program.functions.iter().position(|function| function.name.text == name);
    match name {
        Some(name) => position(name).ok_or_else(|| {
            let names: Vec<String> = program.functions.iter().map(|it| format!("`{}`", it.name.text)).collect();
            Failure::new(format!("{}: no function `{name}`", source.name))
                .help(format!("the functions are {}", names.join(", ")))
        }),
        None => position("main")
            .or_else(|| program.functions.len().checked_sub(1))
            .ok_or_else(|| Failure::new(format!("{}: no function to run", source.name))),
    }
}

fn input(signature: &Signature, text: Option<&str>) -> Result<Vec<Argument>, Failure> {
    let head = c::print_signature(signature);
    let text = match text {
        Some(text) => text,
        None if signature.parameters.is_empty() => "{}",
        None => return Err(Failure::new(format!("`{head}` needs an `--input`")).help(sample(signature))),
    };
    task::input_from_json(signature, text).map_err(|error| {
        let help = error.help.clone().unwrap_or_else(|| sample(signature));
        Failure::new(format!("--input: {error}")).help(help)
    })
}

/// An input of that shape, for a help line.
fn sample(signature: &Signature) -> String {
    let value = |kind: &ParameterKind| match kind {
        ParameterKind::Scalar | ParameterKind::TypedScalar(_) => Argument::Scalar(3),
        ParameterKind::Array(_) | ParameterKind::TypedArray(..) | ParameterKind::Matrix(_) => {
            Argument::Array(vec![1, 2, 3, 4, 5])
        }
    };
    let arguments: Vec<Argument> = signature.parameters.iter().map(|(_, kind)| value(kind)).collect();
    format!("for example --input '{}'", task::input_to_json(signature, &arguments))
}

/// Prints what the run did; gives the exit code.
fn tell(
    context: &Context,
    source: &Source,
    signature: &Signature,
    run: &Run,
    arguments: &[Argument],
    fuel: u64,
) -> Result<u8, Failure> {
    let Outcome::Returned(values) = &run.outcome else { return status(context, source, run, None, 0, fuel) };
    let (returned, output) = task::returned_to_json(signature, values, arguments);
    let code = if signature.name == "main" { returned.unwrap_or(0) as u8 } else { 0 };
    status(context, source, run, Some(output), code, fuel)
}

/// Prints how a run ended and, where it returned, its output; gives the exit code, `code` where it returned.
pub fn status(
    context: &Context,
    source: &Source,
    run: &Run,
    output: Option<Value>,
    code: u8,
    fuel: u64,
) -> Result<u8, Failure> {
    let limit = format!("out of fuel: the program was stopped after {fuel} statements and loop tests");
    let code = exit_code(context, source, run, code, &limit, |error| error);
    if context.json {
        print_json(source, run, output)?;
    } else if let Some(output) = output {
        writeln!(std::io::stdout().lock(), "{output}")?;
    }
    Ok(code)
}

/// Tells why a run did not return, with what `explain` adds; gives the exit code, `code` where it returned.
pub fn exit_code(
    context: &Context,
    source: &Source,
    run: &Run,
    code: u8,
    limit: &str,
    explain: impl Fn(Diagnostic) -> Diagnostic,
) -> u8 {
    match &run.outcome {
        Outcome::Returned(_) => code,
        Outcome::Trapped(trap) => {
            context.report(source, &[explain(trapped(*trap))]);
            EXIT_TRAP
        }
        Outcome::OutOfFuel => {
            context.error(limit, Some("an endless loop? `--fuel N` allows more"));
            EXIT_OUT_OF_FUEL
        }
    }
}

/// Prints how a run ended as one JSON object.
pub fn print_json(source: &Source, run: &Run, output: Option<Value>) -> Result<(), Failure> {
    let (name, trap, at) = match &run.outcome {
        Outcome::Returned(_) => ("returned", Value::Null, Value::Null),
        Outcome::Trapped(trap) => {
            ("trapped", json!(trap.kind.name()), place(source, &LineIndex::new(&source.text), trap.at))
        }
        Outcome::OutOfFuel => ("out_of_fuel", Value::Null, Value::Null),
    };
    let record = json!({"outcome": name, "output": output, "trap": trap, "at": at, "fuel": run.fuel});
    writeln!(std::io::stdout().lock(), "{record}")?;
    Ok(())
}

fn trapped(trap: Trap) -> Diagnostic {
    Diagnostic::error(TRAP, trap.at, format!("the program trapped: {}", trap.kind.name().replace('_', " ")))
        .at("while this ran")
}
