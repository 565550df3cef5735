//! `iocc check`.

use super::{Context, Failure};

/// Arguments of `iocc check`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the subcommand.
pub fn run(_args: &Args, _context: &Context) -> Result<u8, Failure> {
    Err(Failure::new("`iocc check` is not available yet"))
}
