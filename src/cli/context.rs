//! What the subcommands share: the global options, how failures and diagnostics are told, progress on a terminal.

use super::EXIT_ERROR;
use crate::diagnostic::{Diagnostic, Severity, Source, render};
use crate::store::FileError;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal, Write};
use std::path::Path;

/// When to colour messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Why a subcommand did not do its work.
#[derive(Debug)]
pub enum Failure {
    /// One message, with advice where there is some.
    Message {
        /// What is wrong, with the file's name where there is one.
        message: String,
        /// What to do.
        help: Option<String>,
    },
    /// Mistakes in a text of the user's.
    Diagnostics(Source, Vec<Diagnostic>),
    /// Everything has been told; this is the exit code.
    Told(u8),
    /// Nobody reads our output any more; not worth a word.
    BrokenPipe,
}

impl Failure {
    /// A message without advice.
    pub fn new(message: impl Into<String>) -> Self {
        Self::Message { message: message.into(), help: None }
    }

    /// Adds advice to a message.
    pub fn help(self, text: impl Into<String>) -> Self {
        match self {
            Self::Message { message, .. } => Self::Message { message, help: Some(text.into()) },
            other => other,
        }
    }

    /// An error of the file `path`.
    pub fn file(path: &Path, error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::BrokenPipe;
        }
        Self::new(format!("{}: {}", path.display(), describe(error)))
    }

    /// A mistake in the configuration `path`.
    pub fn config(path: &Path, message: &str) -> Self {
        Self::new(format!("{}: {}", path.display(), message.trim_end()))
    }

    /// There is nothing in a run's folder to export or to measure.
    pub fn no_checkpoint(folder: &Path) -> Self {
        Self::new(format!("{}: there is no checkpoint", folder.display()))
    }

    /// Networks are to be trained, and this build cannot.
    #[cfg(not(feature = "torch"))]
    pub fn no_torch() -> Self {
        Self::new("this iocc was built without the feature `torch`, so it cannot train neural networks")
            .help("build it with `make build`, or `cargo build --release --features torch` with LIBTORCH set")
    }
}

/// An IO error without Rust's "(os error 2)".
fn describe(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_lowercase(),
        None => text,
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::BrokenPipe,
            _ => Self::new(describe(&error)),
        }
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        let failure = Self::new(error.to_string());
        match error.help {
            Some(help) => failure.help(help),
            None => failure,
        }
    }
}

/// The global options.
#[derive(Clone, Debug)]
pub struct Context {
    /// Machine-readable output is asked for.
    pub json: bool,
    /// Only errors are told.
    pub quiet: bool,
    /// Threads to use, at least 1.
    pub threads: usize,
    verbose: u8,
    color: bool,
}

impl Context {
    pub(super) fn new(color: Color, json: bool, verbose: u8, quiet: bool, threads: Option<usize>) -> Self {
        let color = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                io::stderr().is_terminal()
                    && std::env::var_os("NO_COLOR").is_none()
                    && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
            }
        };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { json, quiet, threads: threads.unwrap_or(cores), verbose, color }
    }

    /// Without options: no colour where stderr is no terminal, every message, all cores.
    pub fn plain(json: bool) -> Self {
        Self::new(Color::Auto, json, 0, false, None)
    }

    /// Sets up logging and the thread pool; once in a process.
    pub fn start(&self) -> Result<(), Failure> {
        let level = match (self.quiet, self.verbose) {
            (true, _) => "error",
            (_, 0) => "warn",
            (_, 1) => "info",
            (_, 2) => "debug",
            _ => "trace",
        };
        let filter = tracing_subscriber::EnvFilter::try_from_env("IOCC_LOG")
            .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(format!("iocc={level}")));
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(io::stderr)
            .with_ansi(self.color)
            .with_target(false)
            .without_time()
            .try_init()
            .map_err(|error| Failure::new(format!("cannot start logging: {error}")))?;
        rayon::ThreadPoolBuilder::new()
            .num_threads(self.threads)
            .stack_size(super::STACK / 4)
            .build_global()
            .map_err(|error| Failure::new(format!("cannot start {} threads: {error}", self.threads)))
    }

    /// Tells why a subcommand failed; gives the exit code.
    pub fn fail(&self, failure: &Failure) -> u8 {
        match failure {
            Failure::Message { message, help } => tell_error(self.color, message, help.as_deref()),
            Failure::Diagnostics(source, diagnostics) => self.report(source, diagnostics),
            Failure::Told(code) => return *code,
            Failure::BrokenPipe => return 0,
        }
        EXIT_ERROR
    }

    /// Prints diagnostics on stderr; warnings only where the user did not ask for quiet.
    pub fn report(&self, source: &Source, diagnostics: &[Diagnostic]) {
        let wanted = |diagnostic: &&Diagnostic| !(self.quiet && diagnostic.severity == Severity::Warning);
        let wanted: Vec<Diagnostic> = diagnostics.iter().filter(wanted).cloned().collect();
        // Nobody can be told that telling failed.
        let _ = io::stderr().lock().write_all(render(&wanted, source, self.color).as_bytes());
    }

    /// Prints an error on stderr while the work goes on.
    pub fn error(&self, message: &str, help: Option<&str>) {
        tell_error(self.color, message, help);
    }

    /// Prints a line on stderr as it is.
    pub fn text(&self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// Prints a line on stderr, unless the user asked for quiet.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(io::stderr().lock(), "{text}");
        }
    }

    /// A progress bar on stderr where that is a terminal, and one that shows nothing elsewhere.
    pub fn progress(&self, length: u64, unit: &str) -> ProgressBar {
        if self.quiet || !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let template = format!("{{elapsed_precise}} [{{bar:30}}] {{pos}}/{{len}} {unit}, {{eta}} left {{msg}}");
        let style =
            ProgressStyle::with_template(&template).expect("the template has balanced braces").progress_chars("=> ");
        ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr_with_hz(8)).with_style(style)
    }
}

/// Prints `error: ...` and a help line on stderr.
pub(super) fn tell_error(color: bool, message: &str, help: Option<&str>) {
    let (red, cyan, bold, reset) =
        if color { ("\x1b[1;31m", "\x1b[1;36m", "\x1b[1m", "\x1b[0m") } else { ("", "", "", "") };
    let mut text = format!("{red}error{reset}{bold}: {message}{reset}\n");
    if let Some(help) = help {
        text.push_str(&format!("{cyan}help{reset}: {help}\n"));
    }
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
