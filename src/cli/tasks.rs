//! Task files with many tasks: JSONL, read line by line, so that a bad line spoils nothing but itself.

use super::file::is_stdin;
use super::{Context, Failure};
use crate::task::{AnyTask, parse_json};
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Read};
use std::path::Path;

/// Bytes of a line; more is no task.
const LONGEST_LINE: u64 = 64 << 20;

/// A task, or why the line is none.
pub struct Entry {
    /// The task.
    pub task: Result<AnyTask, BadLine>,
}

/// Why a line is no task.
#[derive(Clone, Debug)]
pub struct BadLine {
    /// The id, where the line could be read that far.
    pub id: Option<String>,
    /// What is wrong, with file and line.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Entry {
    /// The id that the result of this line has.
    pub fn id(&self) -> Option<&str> {
        match &self.task {
            Ok(task) => Some(task.id()),
            Err(bad) => bad.id.as_deref(),
        }
    }
}

/// The lines of a task file that are not blank.
pub struct TaskFile {
    name: String,
    reader: Box<dyn BufRead + Send>,
    line: usize,
    failed: bool,
}

impl TaskFile {
    /// Opens a task file, or stdin for `-`.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let (name, reader): (_, Box<dyn BufRead + Send>) = if is_stdin(path) {
            ("<stdin>".into(), Box::new(BufReader::new(io::stdin())))
        } else {
            if path.extension().is_some_and(|extension| extension == "toml") {
                return Err(Failure::new(format!("{}: `--tasks` reads JSONL, one task a line", path.display()))
                    .help(format!("for one TOML task: iocc synth {}", path.display())));
            }
            if path.is_dir() {
                return Err(Failure::new(format!("{}: is a directory", path.display())));
            }
            let file = File::open(path).map_err(|error| Failure::file(path, &error))?;
            (path.display().to_string(), Box::new(BufReader::with_capacity(1 << 16, file)))
        };
        Ok(Self { name, reader, line: 0, failed: false })
    }

    /// The next line that is not blank.
    fn next_line(&mut self) -> Option<Result<String, String>> {
        loop {
            let mut bytes = Vec::new();
            let read = (&mut self.reader).take(LONGEST_LINE).read_until(b'\n', &mut bytes);
            self.line += 1;
            match read {
                Ok(0) => return None,
                Ok(length) if length as u64 == LONGEST_LINE && !bytes.ends_with(b"\n") => {
                    // Whatever follows is the rest of a line that nobody wrote on purpose.
                    self.failed = true;
                    return Some(Err(format!("longer than {} MiB", LONGEST_LINE >> 20)));
                }
                Ok(_) if bytes.trim_ascii().is_empty() => {}
                Ok(_) => return Some(String::from_utf8(bytes).map_err(|_| "not UTF-8 text".to_owned())),
                Err(error) => {
                    self.failed = true;
                    return Some(Err(error.to_string()));
                }
            }
        }
    }
}

impl Iterator for TaskFile {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        if self.failed {
            return None;
        }
        let line = self.next_line()?;
        let place = format!("{}:{}", self.name, self.line);
        let bad = |id, message: &str, help| BadLine { id, message: format!("{place}: {message}"), help };
        let task = match line {
            Err(message) => Err(bad(None, &message, None)),
            Ok(line) => parse_json(line.trim_start_matches('\u{feff}').trim_end(), &format!("line-{}", self.line))
                .map_err(|error| {
                    let first = &error.diagnostics[0];
                    let help = first.help.first().cloned();
                    bad(error.id, &first.message, help)
                }),
        };
        Some(Entry { task })
    }
}

/// How many tasks a file has, for the progress bar; 0 where nobody would see it or where it cannot be known.
pub fn count(path: &Path, context: &Context) -> u64 {
    if context.quiet || is_stdin(path) || !io::stderr().is_terminal() {
        return 0;
    }
    let Ok(file) = File::open(path) else { return 0 };
    BufReader::new(file).split(b'\n').filter(|line| line.as_ref().is_ok_and(|it| !it.trim_ascii().is_empty())).count()
        as u64
}
