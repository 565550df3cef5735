//! Tensors in files: the safetensors format (eight bytes of length, a JSON header, the data), read with distrust and
//! written under a temporary name.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use tch::{Kind, Tensor};

/// Why a file of the model's is of no use, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", .path.as_ref().map(|path| format!("{}: ", path.display())).unwrap_or_default())]
pub struct FileError {
    /// The file, where it is one.
    pub path: Option<PathBuf>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl FileError {
    /// An error that names no file yet.
    pub fn new(message: impl Into<String>) -> Self {
        Self { path: None, message: message.into(), help: None }
    }

    /// Names the file, unless one is named already.
    pub fn at(mut self, path: &Path) -> Self {
        self.path.get_or_insert_with(|| path.to_owned());
        self
    }

    /// Adds advice.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// An error of the operating system's.
    pub fn io(path: &Path, error: &std::io::Error) -> Self {
        Self::new(error.to_string()).at(path)
    }
}

/// The kinds of numbers that are read and written, by their names in the format.
const KINDS: [(&str, Kind, usize); 3] = [("F32", Kind::Float, 4), ("F16", Kind::Half, 2), ("I64", Kind::Int64, 8)];

/// A whole file with these tensors, each in `kind` if one is given.
pub fn encode<'a>(tensors: impl Iterator<Item = (&'a str, &'a Tensor)>, kind: Option<Kind>) -> Vec<u8> {
    let mut header = Map::new();
    let mut data = Vec::new();
    for (path, tensor) in tensors {
        let tensor = tensor.detach().to_kind(kind.unwrap_or(tensor.kind())).contiguous();
        let (name, _, bytes) =
            KINDS.into_iter().find(|(_, known, _)| *known == tensor.kind()).expect("we write only kinds of the table");
        let start = data.len();
        data.resize(start + tensor.numel() * bytes, 0);
        tensor.copy_data_u8(&mut data[start..], tensor.numel());
        header.insert(
            path.to_owned(),
            json!({"dtype": name, "shape": tensor.size(), "data_offsets": [start, data.len()]}),
        );
    }
    let mut text = Value::Object(header).to_string();
    while !text.len().is_multiple_of(8) {
        text.push(' ');
    }
    let mut file = Vec::with_capacity(8 + text.len() + data.len());
    file.extend((text.len() as u64).to_le_bytes());
    file.extend(text.as_bytes());
    file.extend(data);
    file
}

/// The tensors of a whole file.
pub fn decode(file: &[u8]) -> Result<BTreeMap<String, Tensor>, FileError> {
    let truncated = || FileError::new("the file is cut off, or no safetensors file");
    let (length, rest) = file.split_first_chunk::<8>().ok_or_else(truncated)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| truncated())?;
    let (header, data) = rest.split_at_checked(length).ok_or_else(truncated)?;
    let header: Map<String, Value> =
        serde_json::from_slice(header).map_err(|error| FileError::new(format!("not a safetensors file: {error}")))?;
    let entries = header.iter().filter(|(path, _)| *path != "__metadata__");
    entries.map(|(path, entry)| Ok((path.clone(), tensor(path, entry, data)?))).collect()
}

fn tensor(path: &str, entry: &Value, data: &[u8]) -> Result<Tensor, FileError> {
    let broken = || FileError::new(format!("the header's entry for `{path}` is broken"));
    let numbers = |field: &str| -> Option<Vec<usize>> {
        entry.get(field)?.as_array()?.iter().map(|number| usize::try_from(number.as_u64()?).ok()).collect()
    };
    let shape = numbers("shape").ok_or_else(broken)?;
    let offsets = numbers("data_offsets").ok_or_else(broken)?;
    let name = entry.get("dtype").and_then(Value::as_str).ok_or_else(broken)?;
    let Some((_, kind, bytes)) = KINDS.into_iter().find(|(known, _, _)| *known == name) else {
        return Err(FileError::new(format!("`{path}` is of the kind {name}, which is not supported")));
    };
    let [start, end] = offsets[..] else { return Err(broken()) };
    let size = shape.iter().try_fold(bytes, |size, &one| size.checked_mul(one)).ok_or_else(broken)?;
    if start > end || end - start != size {
        return Err(broken());
    }
    let Some(part) = data.get(start..end) else {
        return Err(FileError::new(format!("the file is cut off within `{path}`")));
    };
    let shape: Vec<i64> = shape.into_iter().map(|one| one as i64).collect();
    Tensor::f_from_data_size(part, &shape, kind).map_err(|error| FileError::new(format!("`{path}`: {error}")))
}

/// Reads a whole file.
pub fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    std::fs::read(path).map_err(|error| FileError::io(path, &error))
}

/// Writes a whole file: under a temporary name, then renamed, so that nobody ever sees half of it.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Temporary files are the user's alone; this one is to become an ordinary file.
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let written = builder.tempfile_in(folder).and_then(|mut file| {
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)
    });
    written.map(|_| ()).map_err(|error| FileError::io(path, &error))
}
