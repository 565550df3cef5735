//! Networks that say which token comes next: configuration, blocks, training, checkpoints, and the [`Model`] that
//! search uses. Reads and writes the files that it is handed. Needs the feature `torch`.
//!
//! Read [`network`] first: the blocks it joins (`encoder`, `lstm`, `attention`) are functions over named parameters,
//! with the tensors' shapes in comments.

mod attention;
pub mod checkpoint;
mod config;
pub mod data;
mod encoder;
mod file;
mod lstm;
pub mod network;
mod optimizer;
mod parameters;
mod scorer;
mod skeleton;
mod train;

pub use config::{Config, CorpusConfig, Decay, OptimizerConfig, Relations, Schedule, TrainingConfig};
pub use encoder::Examples;
pub use network::Network;
pub use optimizer::{Adam, Step};
pub use parameters::{Parameters, Shape};
pub use scorer::Model;
pub use skeleton::{CERTAIN, Place, Skeleton};
pub use train::{Metrics, Trainer};
