//! `iocc train`: trains a model on a corpus; needs the feature `torch`.

use super::{Context, Failure};
use std::path::PathBuf;

/// Arguments of `iocc train`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The training configuration
    #[arg(value_name = "CONFIG.toml")]
    config: PathBuf,
    /// Continue from the last checkpoint
    #[arg(long)]
    resume: bool,
}

/// Trains a model.
pub fn run(args: &Args, _context: &Context) -> Result<u8, Failure> {
    let _ = (&args.config, args.resume);
    Err(Failure::new("this iocc was built without the feature `torch`, so it cannot train")
        .help("build it with `make build-torch`, or `cargo build --release --features torch` with LIBTORCH set"))
}
