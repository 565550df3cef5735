//! SQL over corpora, by DataFusion: the shards of a corpus are the table `corpus`, and what iocc can do with programs are
//! functions on whole Arrow arrays ([`functions`]). Nothing here writes.
//!
//! A session of any engine that speaks DataFusion's plans can take the same table and functions; [`Session`] is the one
//! in this process.

mod error;
mod function;
mod programs;
mod table;

pub use error::Error;
pub use function::functions;
pub use table::register;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use datafusion::execution::context::SQLOptions;
use datafusion::prelude::{DataFrame, SessionConfig, SessionContext};
use futures::StreamExt;
use std::path::Path;
use tokio::runtime::{Builder, Runtime};

/// What a user may ask for: questions, not files or tables made.
pub fn allowed() -> SQLOptions {
    SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false)
}

/// A session's settings: text as the shards have it, and so many partitions.
pub fn configure(config: SessionConfig, partitions: usize) -> SessionConfig {
    config
        .with_target_partitions(partitions)
        .with_information_schema(true)
        .set_bool("datafusion.execution.parquet.schema_force_view_types", false)
        .set_bool("datafusion.sql_parser.map_string_types_to_utf8view", false)
}

/// DataFusion in this process, with a corpus as the table `corpus`.
pub struct Session {
    runtime: Runtime,
    context: SessionContext,
}

impl Session {
    /// Opens a corpus, a shard or a folder of shards, for so many threads.
    pub fn open(corpus: &Path, threads: usize) -> Result<Self, Error> {
        let context = SessionContext::new_with_config(configure(SessionConfig::new(), threads));
        functions().into_iter().for_each(|function| context.register_udf(function));
        let runtime = Builder::new_multi_thread().worker_threads(threads).enable_all().build().map_err(Error::io)?;
        register(&context, corpus)?;
        Ok(Self { runtime, context })
    }

    /// Answers a question: `tell` gets the columns first, without rows, and then rows as they come.
    pub fn ask(&self, sql: &str, tell: &mut dyn FnMut(RecordBatch) -> Result<(), Error>) -> Result<(), Error> {
        self.runtime.block_on(async {
            let frame = self.context.sql_with_options(sql, allowed()).await?;
            stream(frame, tell).await
        })
    }
}

/// Hands on what a question gives; see [`Session::ask`].
pub async fn stream(frame: DataFrame, tell: &mut dyn FnMut(RecordBatch) -> Result<(), Error>) -> Result<(), Error> {
    let mut batches = frame.execute_stream().await?;
    let schema: SchemaRef = batches.schema();
    tell(RecordBatch::new_empty(schema))?;
    while let Some(batch) = batches.next().await {
        tell(batch?)?;
    }
    Ok(())
}
