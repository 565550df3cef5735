//! `iocc query`: asks a corpus in SQL.

use super::{Context, Failure};
use std::path::PathBuf;

/// Arguments of `iocc query`.
#[derive(Debug, clap::Args)]
#[cfg_attr(not(feature = "query"), allow(dead_code))]
pub struct Args {
    /// The question, of the table `corpus`
    #[arg(value_name = "SQL")]
    pub sql: String,
    /// The corpus: a shard, or a folder of shards
    #[arg(long, value_name = "DIR")]
    pub corpus: PathBuf,
    /// How the answer is written (`--json` goes before)
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Forms of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A table, for a terminal
    Text,
    /// Lines of comma-separated values with a head, for a spreadsheet
    Csv,
}

#[cfg(feature = "query")]
pub use ask::{Printer, run};

#[cfg(not(feature = "query"))]
/// Tells that this build has no DataFusion.
pub fn run(_: &Args, _: &Context) -> Result<u8, Failure> {
    Err(Failure::new("this iocc was built without the feature `query`, so it has no SQL")
        .help("build it without `--no-default-features`"))
}

#[cfg(feature = "query")]
mod ask {
    use super::{Args, Context, Failure, Format};
    use crate::query::{Error, Session};
    use arrow_array::RecordBatch;
    use datafusion::arrow::csv;
    use datafusion::arrow::error::ArrowError;
    use datafusion::arrow::json::LineDelimitedWriter;
    use datafusion::arrow::util::pretty::pretty_format_batches;
    use std::io::{Stdout, Write, stdout};

    /// Asks DataFusion in this process.
    pub fn run(args: &Args, context: &Context) -> Result<u8, Failure> {
        let session = Session::open(&args.corpus, context.threads).map_err(failure)?;
        let mut printer = Printer::new(args.format, context);
        session.ask(&args.sql, &mut |batch| printer.write(batch)).map_err(failure)?;
        printer.finish().map_err(failure)?;
        Ok(0)
    }

    impl From<Error> for Failure {
        fn from(error: Error) -> Self {
            failure(error)
        }
    }

    fn failure(error: Error) -> Failure {
        if error.broken_pipe { Failure::BrokenPipe } else { Failure::new(error.to_string()) }
    }

    /// Prints an answer: as it comes, but a table when all of it is there.
    pub struct Printer(Form);

    enum Form {
        Text(Vec<RecordBatch>),
        Csv(Box<csv::Writer<Stdout>>),
        Json(LineDelimitedWriter<Stdout>),
    }

    impl Printer {
        /// One that prints on stdout.
        pub fn new(format: Format, context: &Context) -> Self {
            Self(match format {
                _ if context.json => Form::Json(LineDelimitedWriter::new(stdout())),
                Format::Text => Form::Text(Vec::new()),
                Format::Csv => Form::Csv(Box::new(csv::Writer::new(stdout()))),
            })
        }

        /// Takes rows; those that come first, without rows, tell the columns.
        pub fn write(&mut self, batch: RecordBatch) -> Result<(), Error> {
            match &mut self.0 {
                Form::Text(batches) => batches.push(batch),
                Form::Csv(writer) => writer.write(&batch).map_err(told)?,
                Form::Json(writer) => writer.write(&batch).map_err(told)?,
            }
            Ok(())
        }

        /// Ends the answer.
        pub fn finish(self) -> Result<(), Error> {
            match self.0 {
                Form::Text(batches) => {
                    let table = pretty_format_batches(&batches).map_err(told)?;
                    writeln!(stdout().lock(), "{table}").map_err(Error::io)
                }
                Form::Csv(_) => stdout().flush().map_err(Error::io),
                Form::Json(mut writer) => {
                    writer.finish().map_err(told)?;
                    stdout().flush().map_err(Error::io)
                }
            }
        }
    }

    /// Why rows cannot be printed.
    fn told(error: ArrowError) -> Error {
        match error {
            ArrowError::IoError(_, error) => Error::io(error),
            ArrowError::CsvError(message) => Error::new(format!("{message}; choose a column's parts, or use --json")),
            other => Error::new(other.to_string()),
        }
    }
}
