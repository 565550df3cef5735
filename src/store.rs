//! Files that are whole or not there: written under another name and renamed, read with errors that name the file; and
//! tensors in the safetensors format, read with distrust.

use half::f16;
use safetensors::tensor::{SafeTensors, TensorView};
use serde::Serialize;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub use safetensors::tensor::Dtype;

/// Why a file is of no use, and what to do.
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
    pub fn io(path: &Path, error: &io::Error) -> Self {
        Self::new(error.to_string()).at(path)
    }
}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        Self::new(error.to_string())
    }
}

/// Reads a whole file.
pub fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    fs::read(path).map_err(|error| FileError::io(path, &error))
}

/// Writes a whole file, and its folder where there is none: nobody ever sees half of it.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    replace(path, bytes).map_err(|error| FileError::io(path, &error))
}

/// As [`write`], with the operating system's error.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    // Temporary files are private by default, and what they become should not be.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Reads weights, `FILE.safetensors`, and the description beside them, `FILE.json`.
pub fn read_described(path: &Path) -> Result<(Vec<u8>, Vec<u8>), FileError> {
    Ok((read(path)?, read(&path.with_extension("json"))?))
}

/// Writes weights and, beside them, their description.
pub fn write_described(path: &Path, weights: &[u8], description: &[u8]) -> Result<(), FileError> {
    write(path, weights)?;
    write(&path.with_extension("json"), description)
}

/// A description as it stands in a file.
pub fn description(sidecar: &impl Serialize) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(sidecar).expect("plain data");
    text.push(b'\n');
    text
}

/// A tensor as it stands in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw {
    /// Its path in the network.
    pub name: String,
    /// The kind of its numbers.
    pub kind: Dtype,
    /// Its size in each dimension.
    pub shape: Vec<usize>,
    /// The numbers, little-endian, the last dimension's neighbours side by side.
    pub bytes: Vec<u8>,
}

/// A safetensors file of these tensors.
///
/// # Panics
/// Where a tensor has not as many bytes as its shape asks for.
pub fn encode(tensors: &[Raw]) -> Vec<u8> {
    let views = tensors.iter().map(|raw| {
        let view = TensorView::new(raw.kind, raw.shape.clone(), &raw.bytes).expect("the shape fits the bytes");
        (raw.name.as_str(), view)
    });
    safetensors::serialize(views, None).expect("sound tensors")
}

/// The tensors of a safetensors file.
pub fn decode(file: &[u8]) -> Result<Vec<Raw>, FileError> {
    let tensors = SafeTensors::deserialize(file).map_err(|error| {
        FileError::new(format!("not a whole safetensors file: {error}")).help("it may have been cut off: copy it again")
    })?;
    let raw = |(name, view): (String, TensorView<'_>)| Raw {
        name,
        kind: view.dtype(),
        shape: view.shape().to_vec(),
        bytes: view.data().to_vec(),
    };
    Ok(tensors.tensors().into_iter().map(raw).collect())
}

/// A safetensors file of one column of numbers, in half or in single precision.
pub fn encode_column(name: &str, kind: Dtype, numbers: &[f32]) -> Vec<u8> {
    let bytes = match kind {
        Dtype::F16 => numbers.iter().flat_map(|number| f16::from_f32(*number).to_le_bytes()).collect(),
        _ => numbers.iter().flat_map(|number| number.to_le_bytes()).collect(),
    };
    let kind = if kind == Dtype::F16 { kind } else { Dtype::F32 };
    encode(&[Raw { name: name.to_owned(), kind, shape: vec![numbers.len()], bytes }])
}

/// A column of a safetensors file, of half or single precision.
pub fn decode_column(bytes: &[u8], name: &str) -> Result<Vec<f32>, FileError> {
    let tensor = decode(bytes)?.into_iter().find(|tensor| tensor.name == name);
    let Raw { kind, bytes, .. } = tensor.ok_or_else(|| FileError::new(format!("has no tensor `{name}`")))?;
    match kind {
        Dtype::F16 => Ok(bytes.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32()).collect()),
        Dtype::F32 => Ok(bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()),
        other => Err(FileError::new(format!("`{name}` is of kind {other:?}, expected F16 or F32"))),
    }
}
