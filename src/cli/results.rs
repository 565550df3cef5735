//! A results file: one line a task, in the order of the tasks, flushed as it goes; a run that was stopped goes on
//! after the last whole line.

use super::Failure;
use super::file::is_stdin;
use super::tasks::TaskFile;
use crate::synth::{Method, Record};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// A results file that is open for more.
pub struct Results {
    name: String,
    file: Box<dyn Write>,
    /// Of each line that is kept: the id.
    kept: Vec<Option<String>>,
    /// Lines in the file.
    pub lines: usize,
    /// Lines with a solution.
    pub solved: usize,
    /// Lines with an error.
    pub bad: usize,
}

impl Results {
    /// Opens a results file, made by the same method if it is there already, unless `force` empties it.
    pub fn open(path: &Path, method: Method, force: bool) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let mut results = Self { name, file: Box::new(io::stdout()), kept: Vec::new(), lines: 0, solved: 0, bad: 0 };
        if is_stdin(path) {
            return Ok(results);
        }
        let fail = |error: io::Error| Failure::file(path, &error);
        let mut whole = 0;
        if !force && path.exists() {
            let text = std::fs::read(path).map_err(fail)?;
            whole = results.read(&text, method)?;
        }
        let mut file = OpenOptions::new().create(true).write(true).truncate(false).open(path).map_err(fail)?;
        // A device such as /dev/null has no length to set.
        if file.metadata().map_err(fail)?.is_file() {
            file.set_len(whole).map_err(fail)?;
            io::Seek::seek(&mut file, io::SeekFrom::End(0)).map_err(fail)?;
        }
        results.file = Box::<File>::new(file);
        Ok(results)
    }

    /// Takes the whole lines in; gives their length in bytes. A last line that is not whole is cut.
    fn read(&mut self, text: &[u8], method: Method) -> Result<u64, Failure> {
        let mut whole = 0;
        let mut lines = text.split_inclusive(|&byte| byte == b'\n').peekable();
        while let Some(line) = lines.next() {
            let record = match serde_json::from_slice::<Record>(line) {
                Ok(record) if line.ends_with(b"\n") => record,
                // What a killed run leaves behind.
                _ if lines.peek().is_none() && !line.ends_with(b"\n") => break,
                _ => return Err(self.foreign("is not a result")),
            };
            if record.method != method.name() {
                return Err(self.foreign(&format!("was made by the method `{}`, not `{method}`", record.method)));
            }
            self.lines += 1;
            self.solved += usize::from(record.solved);
            self.bad += usize::from(record.error.is_some());
            self.kept.push(record.id);
            whole += line.len() as u64;
        }
        Ok(whole)
    }

    fn foreign(&self, what: &str) -> Failure {
        Failure::new(format!("{}:{}: this line {what}", self.name, self.lines + 1))
            .help("name another file with -o, or begin anew with --force")
    }

    /// Skips the tasks whose results are there, which must be the same tasks; gives their number.
    pub fn skip(&mut self, tasks: &mut TaskFile) -> Result<usize, Failure> {
        for (i, kept) in self.kept.iter().enumerate() {
            let entry = tasks.next();
            let expected = entry.as_ref().and_then(|entry| entry.id());
            if entry.is_none() || expected != kept.as_deref() {
                let quoted = |id: Option<&str>| id.map_or("no id".to_owned(), |id| format!("id `{id}`"));
                let expected = entry.as_ref().map_or("no more tasks".to_owned(), |_| quoted(expected));
                let kept = quoted(kept.as_deref());
                let message = format!(
                    "{}:{}: the results of another run: {kept} where the tasks have {expected}",
                    self.name,
                    i + 1
                );
                return Err(Failure::new(message).help("name another file with -o, or begin anew with --force"));
            }
        }
        Ok(self.kept.len())
    }

    /// Adds a line.
    pub fn write(&mut self, record: &Record) -> Result<(), Failure> {
        let mut line = serde_json::to_vec(record).map_err(io::Error::from)?;
        line.push(b'\n');
        // One call a line: a kill leaves at most one line that is not whole.
        let written = self.file.write_all(&line).and_then(|()| self.file.flush());
        written.map_err(|error| Failure::file(Path::new(&self.name), &error))?;
        self.lines += 1;
        Ok(())
    }
}

/// The records of a results file.
pub fn read_results(path: &Path) -> Result<Vec<Record>, Failure> {
    let text = std::fs::read(path).map_err(|error| Failure::file(path, &error))?;
    let lines = text.split(|&byte| byte == b'\n').enumerate().filter(|(_, line)| !line.trim_ascii().is_empty());
    let record = |(i, line): (usize, &[u8])| {
        serde_json::from_slice(line).map_err(|error| {
            let text = error.to_string();
            let why = text.split(" at line ").next().unwrap_or(&text).to_owned();
            Failure::new(format!("{}:{}: not a result: {why}", path.display(), i + 1))
        })
    };
    lines.map(record).collect()
}
