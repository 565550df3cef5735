//! `iocc emit`.

use super::{Context, Failure};

/// Arguments of `iocc emit`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the subcommand.
pub fn run(_args: &Args, _context: &Context) -> Result<u8, Failure> {
    Err(Failure::new("`iocc emit` is not available yet"))
}
