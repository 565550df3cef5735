//! The command line: arguments, files, progress, exit codes; one file a subcommand. Everything that is printed is
//! printed here.
//!
//! Exit codes: 0 done, 1 an error, 2 no program found (`synth`), 3 a trap and 4 out of fuel (`run`), 101 a bug of ours.

#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod check;
pub mod completions;
mod contender;
mod context;
pub mod emit;
pub mod eval;
pub mod exec;
mod file;
pub mod r#gen;
pub mod lift;
pub mod merge;
mod model;
pub mod query;
mod results;
pub mod retrain;
pub mod run;
mod run_karel;
mod run_x86;
pub mod selfplay;
mod shares;
mod slice;
pub mod synth;
mod tasks;
pub mod train;

pub use context::{Color, Context, Failure};
pub use file::{SourceLanguage, read_source, read_text};
pub use shares::Shares;
pub use synth::parse_time;

use clap::{ArgAction, CommandFactory, Parser, Subcommand};
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// Exit code: an error, told on stderr.
pub const EXIT_ERROR: u8 = 1;
/// Exit code: `synth` found no program.
pub const EXIT_NOT_FOUND: u8 = 2;
/// Exit code: the program that was run trapped.
pub const EXIT_TRAP: u8 = 3;
/// Exit code: the program that was run used up its fuel.
pub const EXIT_OUT_OF_FUEL: u8 = 4;
/// Exit code: a bug of ours.
const EXIT_BUG: u8 = 101;

/// Stack of the thread that does the work; the parser and the printer follow the nesting of their input.
const STACK: usize = 256 << 20;

/// The version, with the commit.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("IOCC_COMMIT"), ")");

/// The Input/Output Compiler Collection: compiles input/output examples to a verified program.
#[derive(Debug, Parser)]
#[command(name = "iocc", version = VERSION, max_term_width = 100, disable_help_subcommand = true)]
pub struct Cli {
    /// What every subcommand takes.
    #[command(flatten)]
    pub options: Options,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What every subcommand takes.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct Options {
    /// When to colour messages
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
    /// Print machine-readable JSON where a person would read text
    #[arg(long, global = true)]
    pub json: bool,
    /// Tell more on stderr; twice for still more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Tell only errors on stderr, and show no progress
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Threads to use [default: one a core]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Parse and check source files
    Check(check::Args),
    /// Print a stage of the compilation of a source file
    Emit(emit::Args),
    /// Run a program on an input
    Run(run::Args),
    /// Turn machine code into assembly
    Lift(lift::Args),
    /// Generate a corpus of programs with examples
    Gen(r#gen::Args),
    /// Run the programs of a corpus on their inputs
    Exec(exec::Args),
    /// Ask a corpus in SQL
    Query(query::Args),
    /// Bring together what several machines made of one corpus, run or evaluation
    Merge(merge::Args),
    /// Train a model on a corpus
    Train(train::Args),
    /// Train a model, let its programs replace those it was trained on, and train anew
    Retrain(retrain::Args),
    /// Let networks for x86 learn from tasks that they make themselves
    Selfplay(selfplay::Args),
    /// Find a program that fits input/output examples, and prove it by running it
    Synth(synth::Args),
    /// Compare synthesis methods on a set of tasks
    Eval(eval::Args),
    /// Print a completion script for a shell
    Completions(completions::Args),
    /// Print the manual page
    Man,
}

/// The whole program: reads the arguments, runs the subcommand, and turns what it gives into an exit code.
pub fn main() -> ExitCode {
    on_large_stack(|| {
        let Cli { options, command } = match parse(std::env::args_os()) {
            Ok(cli) => cli,
            Err(code) => return code,
        };
        let context = options.context();
        let result = context.start().and_then(|()| command.run(&context));
        result.unwrap_or_else(|failure| context.fail(&failure))
    })
}

/// Runs a program on a thread with a large stack; a panic is told as a bug of ours.
pub fn on_large_stack(program: fn() -> u8) -> ExitCode {
    std::panic::set_hook(Box::new(tell_bug));
    let worker = std::thread::Builder::new().name("main".into()).stack_size(STACK).spawn(program);
    let code = match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        Ok(Err(_)) => EXIT_BUG,
        Err(error) => {
            context::tell_error(false, &format!("cannot start a thread: {error}"), None);
            EXIT_ERROR
        }
    };
    ExitCode::from(code)
}

/// Reads arguments, the program's name before them. What clap has to say instead is told, and gives the exit code.
pub fn parse<P: Parser>(arguments: impl IntoIterator<Item = OsString>) -> Result<P, u8> {
    P::try_parse_from(arguments).map_err(|error| usage(&error))
}

impl Options {
    /// What subcommands get to know of them.
    pub fn context(&self) -> Context {
        let Self { color, json, verbose, quiet, threads } = *self;
        Context::new(color, json, verbose, quiet, threads.map(usize::from))
    }
}

impl Command {
    /// Does it; gives the exit code.
    pub fn run(&self, context: &Context) -> Result<u8, Failure> {
        match self {
            Self::Check(args) => check::run(args, context),
            Self::Emit(args) => emit::run(args, context),
            Self::Run(args) => run::run(args, context),
            Self::Lift(args) => lift::run(args, context),
            Self::Gen(args) => r#gen::run(args, context),
            Self::Exec(args) => exec::run(args, context),
            Self::Query(args) => query::run(args, context),
            Self::Merge(args) => merge::run(args, context),
            Self::Train(args) => train::run(args, context),
            Self::Retrain(args) => retrain::run(args, context),
            Self::Selfplay(args) => selfplay::run(args, context),
            Self::Synth(args) => synth::run(args, context),
            Self::Eval(args) => eval::run(args, context),
            Self::Completions(args) => completions::run(args, context),
            Self::Man => completions::man(context),
        }
    }
}

/// Tells what clap has to say: help and version are no errors, and a usage error is 1, since 2 means "none found".
fn usage(error: &clap::Error) -> u8 {
    let code = if error.use_stderr() { EXIT_ERROR } else { 0 };
    // Whoever closed the pipe does not want to hear about it.
    let _ = error.print();
    code
}

/// The clap command, for completions and the manual page.
fn command() -> clap::Command {
    Cli::command()
}

/// The panic hook: one message, no backtrace unless asked for.
#[allow(clippy::needless_pass_by_value)]
fn tell_bug(info: &std::panic::PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("unknown");
    let place = info.location().map(|at| format!(" at {}:{}", at.file(), at.line())).unwrap_or_default();
    let mut text = format!("error: internal error, please report: {message}{place} (iocc {VERSION})\n");
    if std::env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0") {
        text.push_str(&format!("{}\n", std::backtrace::Backtrace::force_capture()));
    }
    let _ = std::io::stderr().write_all(text.as_bytes());
}
