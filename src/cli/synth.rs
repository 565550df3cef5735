//! `iocc synth`.

use super::{Context, Failure};

/// Arguments of `iocc synth`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the subcommand.
pub fn run(_args: &Args, _context: &Context) -> Result<u8, Failure> {
    Err(Failure::new("`iocc synth` is not available yet"))
}
