//! `iocc merge`: one corpus, run or evaluation of what several machines made.

use super::eval::{self, Format};
use super::{Context, Failure, exec, r#gen};
use crate::corpus::manifest::Job;
use crate::corpus::{self, Manifest, Part, RunPlan, manifest};
use crate::eval::part::{EvalPlan, interleave};
use std::path::PathBuf;

/// Arguments of `iocc merge`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folders that `--shard` runs of `gen`, `exec` or `eval` wrote to
    #[arg(value_name = "DIR", required = true)]
    parts: Vec<PathBuf>,
    /// The folder of the whole; may be one of the parts [default: the first of them]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// How the table of an evaluation is written (`--json` goes before)
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Merges: nothing is written unless every shard is there, once, of one job, and as its manifest says.
pub fn run(args: &Args, context: &Context) -> Result<u8, Failure> {
    let output = args.output.as_ref().unwrap_or(&args.parts[0]);
    if let Some(missing) = args.parts.iter().find(|part| !part.is_dir()) {
        return Err(Failure::new(format!("{}: no such folder", missing.display())));
    }
    if let Some(whole) = merge(args)? {
        let whole: Manifest = whole;
        r#gen::tell(&whole, output, context)?;
        return Ok(0);
    }
    if let Some(whole) = merge::<RunPlan>(args)? {
        exec::report(&whole.counts, whole.shards.len(), 0, output, context)?;
        return Ok(exec::rejections(&whole.counts, context));
    }
    let Some(whole) = merge::<EvalPlan>(args)? else {
        let message = format!("{}: holds no manifest of `gen`, `exec` or `eval`", args.parts[0].display());
        return Err(Failure::new(message).help("name the folders that runs with --shard wrote to"));
    };
    let of = whole.job.parts;
    let parts = (0..of).map(|index| eval::read_lines(&output.join(EvalPlan::file(Part { index, of }))));
    let lines = interleave(parts.collect::<Result<_, _>>()?);
    eval::tell(&whole.job.rows, &lines, args.format, Some(output), context)
}

fn merge<J: Job>(args: &Args) -> Result<Option<manifest::Manifest<J>>, Failure> {
    let output = args.output.as_ref().unwrap_or(&args.parts[0]);
    corpus::merge(&args.parts, output).map_err(|error| {
        Failure::new(error.to_string()).help("nothing was written; do what is missing with --shard, then merge again")
    })
}
