//! The table `corpus`: the Parquet shards of a corpus, all of one schema.

use super::Error;
use crate::corpus::shard::{Format, shards_of};
use crate::corpus::{self, Reason, record};
use arrow_schema::{DataType, SchemaRef};
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::prelude::SessionContext;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use url::Url;

/// The table's name.
const NAME: &str = "corpus";

/// Makes a corpus, a shard or a folder of shards, the table `corpus` of a session.
pub fn register(context: &SessionContext, corpus: &Path) -> Result<(), Error> {
    let (shards, schema) = open(corpus)?;
    let url = |path: &PathBuf| {
        // As a URL, since DataFusion takes brackets and stars of a path for a pattern.
        let path = path.canonicalize().map_err(|error| Reason::Io(error).of(path))?;
        let url = Url::from_file_path(&path).map_err(|()| Reason::Other("not a path".to_owned()).of(&path))?;
        Ok::<_, Error>(ListingTableUrl::parse(url)?)
    };
    let urls = shards.iter().map(url).collect::<Result<Vec<_>, _>>()?;
    let options = ListingOptions::new(Arc::new(ParquetFormat::default())).with_file_extension(".parquet");
    let config = ListingTableConfig::new_with_multi_paths(urls).with_listing_options(options).with_schema(schema);
    context.register_table(NAME, Arc::new(ListingTable::try_new(config)?))?;
    Ok(())
}

/// The shards of a corpus and their columns.
fn open(corpus: &Path) -> Result<(Vec<PathBuf>, SchemaRef), corpus::Error> {
    let shards = if corpus.is_dir() { shards_of(corpus)? } else { vec![corpus.to_owned()] };
    let mut known: Option<(&PathBuf, SchemaRef)> = None;
    for shard in &shards {
        let schema = columns(shard).map_err(|reason| reason.of(shard))?;
        match &known {
            None => known = Some((shard, schema)),
            Some((first, columns)) if *columns != schema => {
                let message = format!("its columns are not those of {}", first.display());
                return Err(Reason::Schema(message).of(shard));
            }
            Some(_) => {}
        }
    }
    let (_, schema) = known.expect("a folder without shards is an error already");
    Ok((shards, schema))
}

/// The columns of a shard, which must be those of iocc; it may have more.
fn columns(shard: &Path) -> Result<SchemaRef, Reason> {
    let file = File::open(shard).map_err(Reason::Io)?;
    if Format::of(shard) == Some(Format::Jsonl) {
        let message = "questions are asked of Parquet shards; `iocc gen` writes them unless told otherwise";
        return Err(Reason::Other(message.to_owned()));
    }
    let broken = |error: parquet::errors::ParquetError| {
        Reason::Parquet(error.to_string().trim_start_matches("Parquet error: ").to_owned())
    };
    let options = ArrowReaderOptions::new();
    let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options).map_err(broken)?;
    let schema = Arc::clone(reader.schema());
    for field in record::schema().fields() {
        let name = field.name();
        let Ok(found) = schema.field_with_name(name) else {
            return Err(Reason::Schema(format!("it has no column `{name}`")));
        };
        // Inputs and outputs are lists of numbers or JSON text.
        let fits = found.data_type() == field.data_type()
            || matches!(name.as_str(), "inputs" | "outputs") && *found.data_type() == DataType::Utf8;
        if !fits {
            let (found, wanted) = (found.data_type(), field.data_type());
            return Err(Reason::Schema(format!("its column `{name}` is {found}, not {wanted}")));
        }
    }
    Ok(schema)
}
