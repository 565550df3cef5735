//! The model that `synth` and `eval` search with.

use super::Failure;
use crate::synth::{Method, Model};
use std::path::{Path, PathBuf};

/// Which model to load.
#[derive(Clone, Debug, clap::Args)]
pub struct ModelArgs {
    /// The model's weights [default: those shipped with iocc]
    #[arg(id = "model", long = "model", value_name = "PATH")]
    path: Option<PathBuf>,
}

/// A loaded model; each thread has one of its own.
pub struct Loaded {}

impl ModelArgs {
    /// Whether these methods can run in this build.
    pub fn check(&self, methods: &[Method]) -> Result<(), Failure> {
        let help = "build it with `cargo build --release --features torch` and libtorch (`make libtorch`)";
        if methods.contains(&Method::Model) {
            let message = "the method `model` needs the feature `torch`, and this iocc was built without it";
            return Err(Failure::new(message).help(help));
        }
        match self.path.as_deref() {
            Some(path) => Err(missing(path).help(help)),
            None => Ok(()),
        }
    }

    /// Loads the model, where one of the methods uses it.
    pub fn load(&self, _methods: &[Method]) -> Result<Option<Loaded>, Failure> {
        Ok(None)
    }
}

impl Loaded {
    /// As synthesis takes it.
    pub fn model(&self) -> Option<Model<'_>> {
        None
    }
}

fn missing(path: &Path) -> Failure {
    Failure::new(format!("{}: this iocc was built without the feature `torch` and reads no models", path.display()))
}
