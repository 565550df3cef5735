//! A folder of a test's own in which commands run. What they are and how they are judged each test adds itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The folder; it goes with the test.
pub struct Bench(tempfile::TempDir);

impl Bench {
    /// An empty one.
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    /// A path in it.
    pub fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A command that is run in it, without input.
    pub fn command_of(&self, program: impl AsRef<Path>, arguments: &[&str]) -> Command {
        let mut command = Command::new(program.as_ref());
        command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null());
        command
    }
}
