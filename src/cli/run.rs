//! `iocc run`.

use super::{Context, Failure};

/// Arguments of `iocc run`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the subcommand.
pub fn run(_args: &Args, _context: &Context) -> Result<u8, Failure> {
    Err(Failure::new("`iocc run` is not available yet"))
}
