//! `iocc completions` and `iocc man`: made from the same description as the parser of the arguments.

use super::{Context, Failure, command};
use std::io::Write;

/// Arguments of `iocc completions`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell
    shell: clap_complete::Shell,
}

/// Prints a completion script.
pub fn run(args: &Args, _context: &Context) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command(), "iocc", &mut script);
    std::io::stdout().lock().write_all(&script)?;
    Ok(0)
}

/// Prints the manual page: the command, then each subcommand.
pub fn man(_context: &Context) -> Result<u8, Failure> {
    let mut page = Vec::new();
    let mut whole = command();
    whole.build();
    clap_mangen::Man::new(whole.clone()).render(&mut page)?;
    for subcommand in whole.get_subcommands() {
        let man = clap_mangen::Man::new(subcommand.clone());
        writeln!(page, ".SH \"IOCC {}\"", subcommand.get_name().to_uppercase())?;
        man.render_description_section(&mut page)?;
        man.render_synopsis_section(&mut page)?;
        man.render_options_section(&mut page)?;
    }
    std::io::stdout().lock().write_all(&page)?;
    Ok(0)
}
