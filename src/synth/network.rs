//! A neural network with what decodes with it.

use super::{Learned, Model};
use crate::constrain::Automaton;
use crate::model;
use crate::store::FileError;
use crate::token::Reader;
use std::path::Path;

/// A loaded network, its mask and its reader.
pub struct Network {
    model: model::Model,
    automaton: Automaton,
    reader: Option<Reader>,
}

impl Network {
    /// Derives the mask and the reader from the network's vocabulary.
    pub fn new(model: model::Model) -> Result<Self, FileError> {
        let automaton = Automaton::new(model.vocabulary())
            .map_err(|error| FileError::new(format!("the model's vocabulary has no mask: {error}")))?;
        let is_c = model.vocabulary().profile().language == "c";
        let reader = is_c.then(|| Reader::new(model.vocabulary())).transpose();
        let reader = reader
            .map_err(|error| FileError::new(format!("programs of the model's vocabulary cannot be read: {error}")))?;
        Ok(Self { model, automaton, reader })
    }

    /// Loads weights. The thread that calls this keeps libtorch to itself: tasks are spread over the cores, not the
    /// work on one.
    pub fn load(path: &Path) -> Result<Self, FileError> {
        tch::set_num_threads(1);
        Self::new(model::Model::load(path)?)
    }

    /// The same from the contents of both files.
    pub fn from_bytes(weights: &[u8], sidecar: &[u8]) -> Result<Self, FileError> {
        tch::set_num_threads(1);
        Self::new(model::Model::from_bytes(weights, sidecar)?)
    }

    /// The language of its programs.
    pub fn language(&self) -> &str {
        &self.model.vocabulary().profile().language
    }

    /// As synthesis of its language takes it.
    pub fn learned(&self) -> Learned<'_> {
        match self.language() {
            "karel" => Learned { karel: Some(self.model()), ..Learned::default() },
            _ => Learned { model: Some(self.model()), ..Learned::default() },
        }
    }

    /// As synthesis takes it.
    pub fn model(&self) -> Model<'_> {
        let Self { model, automaton, reader } = self;
        Model { scorer: model, vocabulary: model.vocabulary(), automaton, reader: reader.as_ref() }
    }
}
