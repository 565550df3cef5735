//! AutoAssemblet (Xu et al. 2019): a system that makes its own tasks of x86 and learns to solve them. A pilot policy
//! fills a [`pool`] of tasks; which of them are worked on follows from successes and failures ([`weights`]). Networks over
//! machine states ([`Network`]) learn from the pilot's programs (imitation) and from their own attempts (REINFORCE,
//! [`episodes`]); with the feature `torch`. What they advise is used by [`crate::search::tree`].
//! [`order`] learns from such tasks too, for [`crate::search::meet`].

pub mod order;
pub mod pool;
pub mod weights;

#[cfg(feature = "torch")]
mod advisor;
#[cfg(feature = "torch")]
mod config;
#[cfg(feature = "torch")]
mod episodes;
#[cfg(feature = "torch")]
mod loss;
#[cfg(feature = "torch")]
mod measure;
#[cfg(feature = "torch")]
mod network;
#[cfg(feature = "torch")]
mod train;

#[cfg(feature = "torch")]
pub use advisor::{Learner, Sidecar};
#[cfg(feature = "torch")]
pub use config::{Config, LearningConfig, NetworkConfig, SolveConfig, Way};
#[cfg(feature = "torch")]
pub use measure::{Case, measure};
#[cfg(feature = "torch")]
pub use network::Network;
pub use order::{OrderConfig, OrderMetrics};
pub use pool::{Pool, PoolConfig};
#[cfg(feature = "torch")]
pub use train::{Metrics, State, Trainer};
