//! What goes wrong with a question, in one message.

use crate::corpus;
use datafusion::common::DataFusionError;
use std::fmt;
use std::io;

/// Why a question has no answer.
#[derive(Debug)]
pub struct Error {
    message: String,
    /// Nobody reads the answer any more.
    pub broken_pipe: bool,
}

impl Error {
    /// One message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), broken_pipe: false }
    }

    /// An answer that cannot be written, or a thread that cannot be started.
    pub fn io(error: io::Error) -> Self {
        Self { broken_pipe: error.kind() == io::ErrorKind::BrokenPipe, ..Self::new(error.to_string()) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<corpus::Error> for Error {
    fn from(error: corpus::Error) -> Self {
        Self::new(error.to_string())
    }
}

impl From<DataFusionError> for Error {
    /// The innermost message: what stands around it says which of DataFusion's parts were passed through.
    fn from(error: DataFusionError) -> Self {
        let message = match error.find_root() {
            DataFusionError::SQL(error, _) => error.to_string().replace("sql parser error: ", ""),
            DataFusionError::SchemaError(error, _) => error.to_string().trim_start_matches("Schema error: ").to_owned(),
            DataFusionError::ArrowError(error, _) => error.to_string(),
            other => other.message().into_owned(),
        };
        let message = message.split(DataFusionError::BACK_TRACE_SEP).next().unwrap_or_default();
        // What a function says of its arguments stands behind the name of the stage, and before a list of candidates.
        let message = message.rsplit("Error during planning: ").next().unwrap_or_default();
        let message = message.split(" No function matches").next().unwrap_or_default();
        Self::new(message.trim_end_matches(['.', '\n']))
    }
}
