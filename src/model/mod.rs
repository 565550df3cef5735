//! Networks that say which token comes next: configuration, blocks, training, checkpoints, and the [`Model`] that
//! search uses. Reads and writes the files that it is handed. Needs the feature `torch`.
//!
//! Read [`network`] beside section 3 of the LaSynth paper, then [`teach`] (whole programs) and `fronts` (token by
//! token). The blocks they join (`encoder`, `executor`, `operations`, `lstm`, `attention`, `transformer`, `signatures`,
//! `worlds`, `views`)
//! are functions over named parameters, with the tensors' shapes in comments; which of them a network has is in its
//! [`Config`].

mod attention;
pub mod checkpoint;
mod config;
pub mod data;
mod encoder;
mod examples;
mod executor;
mod feed;
pub(crate) mod file;
mod fronts;
mod imagine;
pub(crate) mod log;
mod loss;
mod lstm;
pub mod network;
mod operations;
mod optimizer;
mod parameters;
mod plan;
mod prefixes;
mod reinforce;
mod relations;
mod scorer;
mod signatures;
mod skeleton;
pub mod teach;
mod traces;
mod train;
mod transformer;
mod views;
mod worlds;

pub(crate) use data::generator;

pub use config::{Config, Decoder, Execution, Reads, Relations, Trigger, View, World};
pub use encoder::Examples;
pub use loss::{Losses, losses};
pub use network::Network;
pub use optimizer::{Adam, Step};
pub use parameters::{Parameters, Shape};
pub use plan::{
    CorpusConfig, Decay, Fresh, LossConfig, OptimizerConfig, Reinforce, Replace, Retraining, Schedule, TrainingConfig,
};
pub use prefixes::Prefixes;
pub use scorer::Model;
pub use skeleton::{CERTAIN, Place, Skeleton};
pub use train::{Metrics, Trainer};
