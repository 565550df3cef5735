//! Shards: Parquet files that pyarrow reads and that lie as Hugging Face datasets expect, or JSONL files of tasks.
//! Written to a temporary name and renamed; read as a stream.

use super::record::{Common, Record, Row, from_batch, to_batch};
use super::{Error, Reason};
use crate::sample::inputs::Fnv;
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, TryLockError};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// Records read at once.
const BATCH: usize = 1_024;

/// How shards are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Columns, compressed.
    Parquet,
    /// A task a line.
    Jsonl,
}

impl Format {
    /// Of its files.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Jsonl => "jsonl",
        }
    }

    /// The format that a file's name tells.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "parquet" => Some(Self::Parquet),
            "jsonl" => Some(Self::Jsonl),
            _ => None,
        }
    }
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Bytes.
    pub bytes: u64,
    /// Their hash, 16 hexadecimal digits.
    pub hash: String,
}

/// A shard of tasks being written.
pub struct Writer {
    common: Common,
    sheet: Sheet,
}

impl Writer {
    /// Begins the shard `path`.
    pub fn create(path: &Path, format: Format, common: Common) -> Result<Self, Error> {
        Ok(Self { common, sheet: Sheet::create(path, format, common.language.schema())? })
    }

    /// Appends rows.
    pub fn write(&mut self, rows: &[Row]) -> Result<(), Error> {
        match &mut self.sheet.sink {
            Sink::Parquet(_) => self.sheet.write_batch(&self.common.to_batch(rows)),
            Sink::Jsonl(file) => {
                let mut lines = || rows.iter().try_for_each(|row| writeln!(file, "{}", self.common.to_json(row)));
                lines().map_err(|error| Reason::Io(error).of(&self.sheet.path))
            }
        }
    }

    /// Ends the shard: only now it stands under its name.
    pub fn finish(self) -> Result<Written, Error> {
        self.sheet.finish()
    }
}

/// Writes records of one language as a Parquet shard.
pub fn write_records(path: &Path, mut records: impl Iterator<Item = Result<Record, Error>>) -> Result<Written, Error> {
    let mut next = || -> Result<Vec<Record>, Error> { records.by_ref().take(BATCH).collect() };
    let mut batch = to_batch(&next()?);
    let mut sheet = Sheet::create(path, Format::Parquet, batch.schema())?;
    while batch.num_rows() > 0 {
        sheet.write_batch(&batch)?;
        batch = to_batch(&next()?);
    }
    sheet.finish()
}

/// Writes columns as a Parquet file.
pub fn write_batch(path: &Path, batch: &RecordBatch) -> Result<Written, Error> {
    let mut sheet = Sheet::create(path, Format::Parquet, batch.schema())?;
    sheet.write_batch(batch)?;
    sheet.finish()
}

/// A file of columns, or of lines, being written.
pub(super) struct Sheet {
    path: PathBuf,
    temporary: Temporary,
    sink: Sink,
}

enum Sink {
    Parquet(Box<ArrowWriter<Hashing>>),
    Jsonl(Hashing),
}

impl Sheet {
    /// Begins the file `path` under a temporary name; only Parquet has a schema.
    pub(super) fn create(path: &Path, format: Format, schema: SchemaRef) -> Result<Self, Error> {
        let (temporary, file) = Temporary::create(path).map_err(|reason| reason.of(path))?;
        let file = Hashing { file: BufWriter::with_capacity(1 << 18, file), hash: Fnv::default(), bytes: 0 };
        let sink = match format {
            Format::Jsonl => Sink::Jsonl(file),
            Format::Parquet => {
                let writer = ArrowWriter::try_new(file, schema, Some(properties()));
                Sink::Parquet(Box::new(writer.map_err(|error| failed(error).of(path))?))
            }
        };
        Ok(Self { path: path.to_owned(), temporary, sink })
    }

    /// Appends columns to a Parquet file.
    pub(super) fn write_batch(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let Sink::Parquet(writer) = &mut self.sink else { unreachable!("lines are not written as columns") };
        writer.write(batch).map_err(|error| failed(error).of(&self.path))
    }

    /// Appends whole lines to a JSONL file.
    pub(super) fn write_lines(&mut self, lines: &str) -> Result<(), Error> {
        let Sink::Jsonl(file) = &mut self.sink else { unreachable!("columns are not written as lines") };
        file.write_all(lines.as_bytes()).map_err(|error| Reason::Io(error).of(&self.path))
    }

    /// Ends the file: only now it stands under its name.
    pub(super) fn finish(self) -> Result<Written, Error> {
        let Self { path, temporary, sink } = self;
        let file = match sink {
            Sink::Parquet(writer) => writer.into_inner().map_err(|error| failed(error).of(&path))?,
            Sink::Jsonl(file) => file,
        };
        let close = || {
            let (file, written) = file.finish()?;
            file.sync_all()?;
            temporary.persist(&path)?;
            Ok(written)
        };
        close().map_err(|error: io::Error| Reason::Io(error).of(&path))
    }
}

/// Why columns could not be written: mostly the file system's error, wrapped.
fn failed(error: ParquetError) -> Reason {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => Reason::Io(*error),
            Err(other) => Reason::Other(format!("cannot be written: {other}")),
        },
        other => Reason::Other(format!("cannot be written: {other}")),
    }
}

/// The name of a file that is not whole; a file that does not become whole goes.
struct Temporary {
    path: PathBuf,
    whole: bool,
}

impl Temporary {
    /// Opens it for this process alone. What a killed run left behind is begun anew.
    fn create(path: &Path) -> Result<(Self, File), Reason> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let temporary = path.with_file_name(format!(".{name}.tmp"));
        loop {
            let mut options = File::options();
            let file = options.write(true).create(true).truncate(false).open(&temporary).map_err(Reason::Io)?;
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => {
                    return Err(Reason::Other("another process is writing it".to_owned()));
                }
                // Some network file systems have no locks.
                Ok(()) | Err(TryLockError::Error(_)) => {}
            }
            // Another process may have finished the file between the two calls: then it is no longer ours to write.
            if is_named(&file, &temporary) {
                file.set_len(0).map_err(Reason::Io)?;
                return Ok((Self { path: temporary, whole: false }, file));
            }
        }
    }

    /// Gives the file its name.
    fn persist(mut self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)?;
        self.whole = true;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.whole {
            // There is an error to tell already.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether `path` names the open file.
fn is_named(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    file.metadata().is_ok_and(|open| fs::metadata(path).is_ok_and(|named| identity(open) == identity(named)))
}

fn properties() -> WriterProperties {
    let level = ZstdLevel::try_new(1).expect("zstd has a level 1");
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_statistics_enabled(EnabledStatistics::None)
        .set_max_row_group_row_count(Some(super::dedup::BLOCK as usize))
        .set_created_by("iocc".to_owned());
    // Values that hardly repeat would only fill a dictionary up before it is given up.
    for column in ["id", "source", "behaviour_hash"] {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(column), false);
    }
    properties.build()
}

/// A file that hashes and counts what is written to it.
struct Hashing {
    file: BufWriter<File>,
    hash: Fnv,
    bytes: u64,
}

impl Hashing {
    fn finish(self) -> io::Result<(File, Written)> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok((file, Written { bytes: self.bytes, hash: format!("{:016x}", self.hash.finish()) }))
    }
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all(bytes)?;
        self.hash.stream(bytes, self.bytes);
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The size and hash of a file.
pub fn fingerprint(path: &Path) -> io::Result<Written> {
    let mut file = File::open(path)?;
    let mut hash = Fnv::default();
    let mut bytes = 0;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(Written { bytes, hash: format!("{:016x}", hash.finish()) });
        }
        hash.stream(&buffer[..count], bytes);
        bytes += count as u64;
    }
}

/// The records of a shard, or of all shards of a folder, in order.
pub struct Records {
    /// What is left to open, last first.
    files: Vec<PathBuf>,
    open: Option<Open>,
    /// Read and not yet handed out, last first.
    ready: Vec<Record>,
}

struct Open {
    path: PathBuf,
    source: Source,
}

enum Source {
    Parquet(ParquetRecordBatchReader),
    Jsonl { lines: io::Lines<BufReader<File>>, line: usize },
}

/// Opens a shard, or all shards of a folder. The first file is opened at once, so that a mistaken path is told here.
pub fn read(path: &Path) -> Result<Records, Error> {
    let mut files = if path.is_dir() { shards_of(path)? } else { vec![path.to_owned()] };
    files.reverse();
    let mut records = Records { files, open: None, ready: Vec::new() };
    records.advance()?;
    Ok(records)
}

/// The shards of a folder, sorted by name.
pub fn shards_of(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = fs::read_dir(folder).map_err(|error| Reason::Io(error).of(folder))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| Reason::Io(error).of(folder))?.path();
        let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        if !hidden && Format::of(&path).is_some() {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(Reason::Schema("the folder holds no .parquet or .jsonl file".into()).of(folder));
    }
    files.sort();
    Ok(files)
}

impl Records {
    /// Opens the next file.
    fn advance(&mut self) -> Result<(), Error> {
        self.open = None;
        let Some(path) = self.files.pop() else { return Ok(()) };
        let source = open(&path).map_err(|reason| reason.of(&path))?;
        self.open = Some(Open { path, source });
        Ok(())
    }

    /// Fills `ready` up; tells whether anything came.
    fn fill(&mut self) -> Result<bool, Error> {
        while let Some(open) = &mut self.open {
            let more = open.more().map_err(|reason| reason.of(&open.path))?;
            if let Some(mut records) = more {
                records.reverse();
                self.ready = records;
                if !self.ready.is_empty() {
                    return Ok(true);
                }
            } else {
                self.advance()?;
            }
        }
        Ok(false)
    }
}

impl Iterator for Records {
    type Item = Result<Record, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ready.is_empty() {
            match self.fill() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    // What is broken stays broken: an error ends the stream.
                    self.open = None;
                    self.files.clear();
                    return Some(Err(error));
                }
            }
        }
        self.ready.pop().map(Ok)
    }
}

fn open(path: &Path) -> Result<Source, Reason> {
    let file = File::open(path).map_err(Reason::Io)?;
    // The public data set of Karel calls files of lines `.json`.
    let named_json = path.extension().is_some_and(|extension| extension == "json");
    if named_json || Format::of(path) == Some(Format::Jsonl) {
        return Ok(Source::Jsonl { lines: BufReader::new(file).lines(), line: 0 });
    }
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| broken(&error.to_string()))?;
    let reader = builder.with_batch_size(BATCH).build().map_err(|error| broken(&error.to_string()))?;
    Ok(Source::Parquet(reader))
}

pub(super) fn broken(error: &str) -> Reason {
    Reason::Parquet(error.trim_start_matches("Parquet error: ").to_owned())
}

impl Open {
    /// The next records; `None` at the end.
    fn more(&mut self) -> Result<Option<Vec<Record>>, Reason> {
        match &mut self.source {
            Source::Parquet(reader) => match reader.next() {
                None => Ok(None),
                Some(Err(error)) => Err(broken(&error.to_string())),
                Some(Ok(batch)) => from_batch(&batch).map(Some),
            },
            Source::Jsonl { lines, line } => {
                *line += 1;
                let text = match lines.next() {
                    None => return Ok(None),
                    Some(text) => text.map_err(Reason::Io)?,
                };
                if text.trim().is_empty() {
                    return Ok(Some(Vec::new()));
                }
                match Record::from_json(&text, &format!("line-{line}")) {
                    Ok(record) => Ok(Some(vec![record])),
                    Err(Reason::Schema(message)) => Err(Reason::Schema(format!("line {line}: {message}"))),
                    Err(other) => Err(other),
                }
            }
        }
    }
}
