//! A part of `gen`, `exec` or `eval`: the function `iocc_part`, by which an executor gets it to do, and the child process
//! in which it does it, so that a fault in generated code does not take the executor along.
//!
//! A child ends with its executor, however that ends: it reads its stdin, which stays empty and open as long as the
//! executor lives. So no orphan writes a shard that was given to somebody else.

use datafusion::arrow::array::{Array, AsArray, StringArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use iocc::cli::{self, Cli, Color, Options};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use tokio::runtime::{Handle, RuntimeFlavor};

/// The function's name.
pub const NAME: &str = "iocc_part";
/// Of what a child says, the end is kept.
const SAID: usize = 8 << 10;

/// What an executor is to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The folder that relative paths are meant from.
    pub folder: PathBuf,
    /// The arguments of `iocc`, without those that say which part.
    pub arguments: Vec<String>,
    /// Which part, from 0.
    pub index: u32,
    /// How many there are.
    pub of: u32,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    /// It is whole.
    Done,
    /// It can't be done; what was said.
    Failed(String),
    /// The child was ended from outside, or by a fault; what was said.
    Died(String),
}

/// The function, which takes a [`Part`] and gives a [`Fate`], both as JSON.
pub fn function() -> ScalarUDF {
    // Volatile: nobody may do the work while a query is planned, nor take two parts for one.
    ScalarUDF::from(Function(Signature::exact(vec![DataType::Utf8], Volatility::Volatile)))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Function(Signature);

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, call: ScalarFunctionArgs) -> Result<ColumnarValue, DataFusionError> {
        let [argument] = &call.args[..] else { return exec_err!("`{NAME}` has one argument") };
        let parts = argument.to_array(call.number_rows)?;
        let parts: &StringArray = parts.as_string();
        let fates =
            blocking(|| parts.iter().map(|text| text.map(|text| fate(text).to_string())).collect::<StringArray>());
        debug_assert_eq!(fates.len(), call.number_rows);
        Ok(ColumnarValue::Array(Arc::new(fates)))
    }
}

/// Runs what takes long and is no future. A runtime with several threads gets this one's other work done meanwhile.
fn blocking<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

fn fate(text: &str) -> serde_json::Value {
    let part = serde_json::from_str(text).map_err(|error| format!("not a part: {error}"));
    let fate = part.and_then(|part| start(&part)).unwrap_or_else(Fate::Failed);
    serde_json::to_value(fate).expect("a fate is plain data")
}

/// Lets a child do a part, and waits for it.
fn start(part: &Part) -> Result<Fate, String> {
    let folder = part.folder.display();
    if !part.folder.is_dir() {
        return Err(format!(
            "{folder}: an executor has no such folder; the machines of a cluster must share their files"
        ));
    }
    let told = |error: std::io::Error| format!("an executor cannot start a process: {error}");
    let mut child = Command::new(std::env::current_exe().map_err(told)?)
        .args(["part", &part.index.to_string(), &part.of.to_string()])
        .args(&part.arguments)
        .current_dir(&part.folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(told)?;
    let mut said = Vec::new();
    if let Some(mut stderr) = child.stderr.take() {
        // What can't be read is not worth more than the exit code.
        let _ = stderr.read_to_end(&mut said);
    }
    // `wait` would close the child's stdin, and so end it.
    let life = child.stdin.take();
    let status = child.wait().map_err(told)?;
    drop(life);
    let said = String::from_utf8_lossy(&said[said.len().saturating_sub(SAID)..]).trim().to_owned();
    Ok(match status.code() {
        Some(0) => Fate::Done,
        Some(code) if code == i32::from(cli::EXIT_ERROR) => Fate::Failed(said),
        _ if said.is_empty() => Fate::Died(status.to_string()),
        _ => Fate::Died(format!("{status}: {said}")),
    })
}

/// Arguments of the child.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which part, from 0
    index: u32,
    /// How many there are
    of: u32,
    /// The arguments of `iocc`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    command: Vec<OsString>,
}

/// What the child does. Programs of a corpus that were rejected are told when all parts are there; the part is done.
pub fn run(args: Args) -> u8 {
    std::thread::spawn(|| {
        // Ends when the executor does; then the work is somebody else's.
        let _ = std::io::stdin().lock().read_to_end(&mut Vec::new());
        std::process::exit(i32::from(cli::EXIT_ERROR) + 1);
    });
    let Args { index, of, command } = args;
    let Cli { options, mut command } = match cli::parse(std::iter::once("iocc".into()).chain(command)) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    command.take(iocc::corpus::Part { index, of });
    let context = Options { quiet: true, verbose: 0, color: Color::Never, threads: Some(1), ..options }.context();
    match context.start().and_then(|()| command.run(&context)) {
        Ok(_) => 0,
        Err(failure) => context.fail(&failure),
    }
}
