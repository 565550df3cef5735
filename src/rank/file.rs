//! Rankers in files: safetensors in half precision, and JSON beside it that says how they were made.

use super::Ranker;
use crate::store::{self, Dtype, FileError, Raw};
use half::f16;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The version of what the features mean. A ranker of another version is of no use.
const FEATURES: u32 = 2;
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
        let mut text = serde_json::to_vec_pretty(&Sidecar { features: FEATURES, made }).expect("plain data");
        text.push(b'\n');
        (tensor_file(NAME, Dtype::F16, &self.weights), text)
    }

    /// Reads what [`Self::to_bytes`] made.
    pub fn from_bytes(weights: &[u8], sidecar: &[u8]) -> Result<Self, FileError> {
        let sidecar: Sidecar = serde_json::from_slice(sidecar)
            .map_err(|error| FileError::new(format!("not the description of a ranker: {error}")))?;
        if sidecar.features != FEATURES {
            let message = format!("made for version {} of the features, this is {FEATURES}", sidecar.features);
            return Err(FileError::new(message).help("train it anew with this version of iocc"));
        }
        Self::new(numbers(weights, NAME)?)
    }

    /// Loads `FILE.safetensors` with `FILE.json` beside it.
    pub fn load(path: &Path) -> Result<Self, FileError> {
        let beside = path.with_extension("json");
        Self::from_bytes(&store::read(path)?, &store::read(&beside)?).map_err(|error| error.at(path))
    }
}

/// A safetensors file of one column of this kind.
pub(super) fn tensor_file(name: &str, kind: Dtype, numbers: &[f32]) -> Vec<u8> {
    let bytes = match kind {
        Dtype::F16 => numbers.iter().flat_map(|number| f16::from_f32(*number).to_le_bytes()).collect(),
        _ => numbers.iter().flat_map(|number| number.to_le_bytes()).collect(),
    };
    let kind = if kind == Dtype::F16 { kind } else { Dtype::F32 };
    store::encode(&[Raw { name: name.to_owned(), kind, shape: vec![numbers.len()], bytes }])
}

/// A column of a safetensors file, of half or single precision.
pub(super) fn numbers(bytes: &[u8], name: &str) -> Result<Vec<f32>, FileError> {
    let tensor = store::decode(bytes)?.into_iter().find(|tensor| tensor.name == name);
    let Raw { kind, bytes, .. } = tensor.ok_or_else(|| FileError::new(format!("has no tensor `{name}`")))?;
    match kind {
        Dtype::F16 => Ok(bytes.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32()).collect()),
        Dtype::F32 => Ok(bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()),
        other => Err(FileError::new(format!("`{name}` is of kind {other:?}, expected F16 or F32"))),
    }
}
