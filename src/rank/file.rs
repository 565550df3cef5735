//! Rankers in files: safetensors in half precision, and JSON beside it that says how they were made.

use super::{Error, Ranker};
use half::f16;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::Write;
use std::path::Path;

/// The version of what the features mean. A ranker of another version is of no use.
const FEATURES: u32 = 1;
const NAME: &str = "weights";

/// What stands beside the weights.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sidecar {
    /// The version of the features.
    pub features: u32,
    /// How it was made.
    pub made: serde_json::Value,
}

impl Ranker {
    /// The contents of both files.
    pub fn to_bytes(&self, made: serde_json::Value) -> (Vec<u8>, Vec<u8>) {
        let halves: Vec<u8> = self.weights.iter().flat_map(|weight| f16::from_f32(*weight).to_le_bytes()).collect();
        let mut text = serde_json::to_vec_pretty(&Sidecar { features: FEATURES, made }).expect("plain data");
        text.push(b'\n');
        (tensor_file(NAME, Dtype::F16, self.weights.len(), &halves), text)
    }

    /// Reads what [`Self::to_bytes`] made.
    pub fn from_bytes(weights: &[u8], sidecar: &[u8]) -> Result<Self, Error> {
        let sidecar: Sidecar = serde_json::from_slice(sidecar)
            .map_err(|error| Error::new(format!("not the description of a ranker: {error}")))?;
        if sidecar.features != FEATURES {
            let message = format!("made for version {} of the features, this is {FEATURES}", sidecar.features);
            return Err(Error::new(message).help("train it anew with this version of iocc"));
        }
        Self::new(numbers(weights, NAME)?)
    }

    /// Loads `FILE.safetensors` with `FILE.json` beside it.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let beside = path.with_extension("json");
        Self::from_bytes(&read(path)?, &read(&beside)?).map_err(|error| error.at(path))
    }
}

/// A safetensors file of one column.
pub(super) fn tensor_file(name: &str, kind: Dtype, length: usize, bytes: &[u8]) -> Vec<u8> {
    let view = TensorView::new(kind, vec![length], bytes).expect("the length fits the kind");
    safetensors::serialize([(name, view)], None).expect("one plain tensor")
}

/// A column of a safetensors file, of half or single precision.
pub(super) fn numbers(bytes: &[u8], name: &str) -> Result<Vec<f32>, Error> {
    let broken = |error| Error::new(format!("not a whole safetensors file: {error}"));
    let tensors = SafeTensors::deserialize(bytes).map_err(broken)?;
    let tensor = tensors.tensor(name).map_err(|_| Error::new(format!("has no tensor `{name}`")))?;
    let data = tensor.data();
    match tensor.dtype() {
        Dtype::F16 => Ok(data.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32()).collect()),
        Dtype::F32 => Ok(data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()),
        other => Err(Error::new(format!("`{name}` is of kind {other:?}, expected F16 or F32"))),
    }
}

/// Reads a file.
pub fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|error| Error::new(error.to_string()).at(path))
}

/// Writes a file, whole or not at all.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let failed = |error: std::io::Error| Error::new(error.to_string()).at(path);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let mut builder = tempfile::Builder::new();
    // Temporary files are private by default, and what they become should not be.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.tempfile_in(folder).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
