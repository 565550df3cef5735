//! `iocc gen`: generates a corpus.

use super::{Context, Failure};

/// Arguments of `iocc gen`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Generates a corpus.
pub fn run(_args: &Args, _context: &Context) -> Result<u8, Failure> {
    Err(Failure::new("`iocc gen` is not available yet"))
}
