//! Rankers in files: safetensors in half precision, and JSON beside it that says how they were made.

use super::Ranker;
use crate::store::{self, Dtype, FileError};
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
        let sidecar = Sidecar { features: FEATURES, made };
        (store::encode_column(NAME, Dtype::F16, &self.weights), store::description(&sidecar))
    }

    /// Reads what [`Self::to_bytes`] made.
    pub fn from_bytes(weights: &[u8], sidecar: &[u8]) -> Result<Self, FileError> {
        let sidecar: Sidecar = serde_json::from_slice(sidecar)
            .map_err(|error| FileError::new(format!("not the description of a ranker: {error}")))?;
        if sidecar.features != FEATURES {
            let message = format!("made for version {} of the features, this is {FEATURES}", sidecar.features);
            return Err(FileError::new(message).help("train it anew with this version of iocc"));
        }
        Self::new(store::decode_column(weights, NAME)?)
    }

    /// Loads `FILE.safetensors` with `FILE.json` beside it.
    pub fn load(path: &Path) -> Result<Self, FileError> {
        let (weights, sidecar) = store::read_described(path)?;
        Self::from_bytes(&weights, &sidecar).map_err(|error| error.at(path))
    }
}
