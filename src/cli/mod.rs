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
mod results;
pub mod retrain;
pub mod run;
mod run_karel;
mod run_x86;
pub mod selfplay;
mod slice;
pub mod synth;
mod tasks;
pub mod train;

pub use context::{Color, Context, Failure};
pub use file::{SourceLanguage, read_source, read_text};
pub use synth::parse_time;

use clap::{ArgAction, CommandFactory, Parser, Subcommand};
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
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

/// What every subcommand takes.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
struct Options {
    /// When to colour messages
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    color: Color,
    /// Print machine-readable JSON where a person would read text
    #[arg(long, global = true)]
    json: bool,
    /// Tell more on stderr; twice for still more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,
    /// Tell only errors on stderr, and show no progress
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Threads to use [default: one a core]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

#[derive(Debug, Subcommand)]
enum Command {
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

/// The whole program: reads the arguments, runs the subcommand on a thread with a large stack, and turns what it gives
/// into an exit code.
pub fn main() -> ExitCode {
    std::panic::set_hook(Box::new(tell_bug));
    let worker = std::thread::Builder::new().name("main".into()).stack_size(STACK).spawn(enter);
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

fn enter() -> u8 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let Options { color, json, verbose, quiet, threads } = cli.options;
    let context = Context::new(color, json, verbose, quiet, threads.map(usize::from));
    let result = context.start().and_then(|()| match cli.command {
        Command::Check(args) => check::run(&args, &context),
        Command::Emit(args) => emit::run(&args, &context),
        Command::Run(args) => run::run(&args, &context),
        Command::Lift(args) => lift::run(&args, &context),
        Command::Gen(args) => r#gen::run(&args, &context),
        Command::Exec(args) => exec::run(&args, &context),
        Command::Merge(args) => merge::run(&args, &context),
        Command::Train(args) => train::run(&args, &context),
        Command::Retrain(args) => retrain::run(&args, &context),
        Command::Selfplay(args) => selfplay::run(&args, &context),
        Command::Synth(args) => synth::run(&args, &context),
        Command::Eval(args) => eval::run(&args, &context),
        Command::Completions(args) => completions::run(&args, &context),
        Command::Man => completions::man(&context),
    });
    result.unwrap_or_else(|failure| context.fail(&failure))
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
