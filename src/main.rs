//! The `iocc` command; everything is in [`iocc::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    iocc::cli::main()
}
