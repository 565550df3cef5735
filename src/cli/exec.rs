//! `iocc exec`: runs the programs of a corpus on their inputs.

use super::r#gen::Slice;
use super::{Context, EXIT_ERROR, Failure};
use crate::corpus::{self, Executed, Execution, shard};
use crate::exec::SYNTHESIS_FUEL;
use crate::exec::batch::Choice;
use crate::store;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The file in the output folder that says how its shards were made.
const PLAN: &str = "exec.json";

/// Arguments of `iocc exec`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Shards (.parquet or .jsonl), or folders of shards
    #[arg(value_name = "INPUT", required = true)]
    inputs: Vec<PathBuf>,
    /// The folder to write to, a shard for each input shard; those that are there already are kept
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    /// What runs the programs; all engines do the same
    #[arg(long, value_enum, default_value_t = EngineName::Batch)]
    engine: EngineName,
    /// Statements and loop tests that each run may use
    #[arg(long, value_name = "N", default_value_t = SYNTHESIS_FUEL)]
    fuel: u64,
    /// Run every N-th shard from the I-th (counted from 0), and leave the others to other machines
    #[arg(long, value_name = "I/N")]
    shard: Option<Slice>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum EngineName {
    /// The interpreter, input by input
    Interp,
    /// All inputs of a program together, or compiled, whichever is faster
    Batch,
    /// Compiled by Cranelift
    Jit,
}

/// What all shards of an output folder share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Plan {
    fuel: u64,
    commit: String,
}

/// Runs a corpus.
pub fn run(args: &Args, context: &Context) -> Result<u8, Failure> {
    let shards = shards(args)?;
    fs::create_dir_all(&args.output).map_err(|error| Failure::file(&args.output, &error))?;
    resume(args)?;
    let start = Instant::now();
    let (done, todo): (Vec<_>, Vec<_>) = shards.iter().partition(|(_, output)| output.exists());
    let tell = |error: corpus::Error| Failure::new(error.to_string());
    let mut tasks = 0;
    for (input, _) in &todo {
        tasks += corpus::count(input).map_err(tell)?;
    }
    let bar = context.progress(tasks, "tasks");
    let choice = match args.engine {
        EngineName::Interp => Choice::Interpreter,
        EngineName::Batch => Choice::Auto,
        EngineName::Jit => Choice::Jit,
    };
    let execution = Execution { choice, fuel: args.fuel, threads: context.threads };
    let mut total = Executed::default();
    for (input, output) in &todo {
        total += corpus::execute(input, output, &execution, &mut |more| bar.inc(more)).map_err(tell)?;
    }
    bar.finish_and_clear();
    report(&total, todo.len(), done.len(), args, context)?;
    context.note(&format!("{:.1} s", start.elapsed().as_secs_f64()));
    if let Some((id, message)) = &total.first_rejected {
        let message =
            format!("{} of {} programs were not run; the first is `{id}`: {message}", total.rejected, total.programs);
        context.error(&message, Some("their outcome is `rejected`"));
        return Ok(EXIT_ERROR);
    }
    Ok(0)
}

/// The shards to run and where each goes.
fn shards(args: &Args) -> Result<Vec<(PathBuf, PathBuf)>, Failure> {
    let mut outputs: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    let mut shards = Vec::new();
    let output_folder = args.output.canonicalize().ok();
    for input in &args.inputs {
        let files = if input.is_dir() {
            shard::shards_of(input).map_err(|error| Failure::new(error.to_string()))?
        } else {
            vec![input.clone()]
        };
        for file in files {
            fs::metadata(&file).map_err(|error| Failure::file(&file, &error))?;
            if shard::Format::of(&file).is_none() {
                return Err(Failure::new(format!("{}: neither .parquet nor .jsonl", file.display())));
            }
            let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            if output_folder.is_some() && folder.canonicalize().ok() == output_folder {
                let message = format!("{}: the output folder holds this input", args.output.display());
                return Err(Failure::new(message).help("choose another folder for `--output`"));
            }
            let output = args.output.join(file.file_name().unwrap_or_default());
            if let Some(other) = outputs.insert(output.clone(), file.clone()) {
                let message = format!("{} and {} have the same name", other.display(), file.display());
                return Err(Failure::new(message).help("run each into a folder of its own"));
            }
            shards.push((file, output));
        }
    }
    let Some(Slice(part)) = args.shard else { return Ok(shards) };
    if part.of as usize > shards.len() {
        let message = format!("--shard {}/{}: there are {} shards", part.index, part.of, shards.len());
        return Err(Failure::new(message).help("choose at most as many parts as there are shards"));
    }
    Ok(shards.into_iter().skip(part.index as usize).step_by(part.of as usize).collect())
}

/// Makes sure that what the folder holds was made in the same way.
fn resume(args: &Args) -> Result<(), Failure> {
    let path = args.output.join(PLAN);
    let plan = Plan { fuel: args.fuel, commit: env!("IOCC_COMMIT").to_owned() };
    if let Ok(text) = fs::read_to_string(&path) {
        let made: Plan =
            serde_json::from_str(&text).map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
        if made == plan {
            return Ok(());
        }
        let how = if made.fuel == plan.fuel {
            format!("another version of iocc ({})", made.commit)
        } else {
            format!("fuel {}", made.fuel)
        };
        let message = format!("{}: the folder holds shards that were run with {how}", args.output.display());
        return Err(Failure::new(message).help("remove it or choose another folder"));
    }
    let text = serde_json::to_string(&plan).expect("a plan is plain data");
    Ok(store::write(&path, (text + "\n").as_bytes())?)
}

fn report(total: &Executed, run: usize, kept: usize, args: &Args, context: &Context) -> Result<(), Failure> {
    let Executed { programs, rejected, changed, inputs, returned, trapped, out_of_fuel, .. } = *total;
    let mut out = std::io::stdout().lock();
    if context.json {
        let line = json!({
            "shards": run, "kept": kept, "programs": programs, "rejected": rejected, "changed": changed,
            "inputs": inputs, "returned": returned, "trapped": trapped, "out_of_fuel": out_of_fuel,
        });
        writeln!(out, "{line}")?;
        return Ok(());
    }
    let kept = if kept > 0 { format!(", {kept} kept") } else { String::new() };
    writeln!(out, "{}: {programs} programs in {run} shards{kept}", args.output.display())?;
    let percent = |count: u64, of: u64| if of == 0 { 0.0 } else { count as f64 * 100.0 / of as f64 };
    for (name, count) in [("returned", returned), ("trapped", trapped), ("out of fuel", out_of_fuel)] {
        writeln!(out, "  {name:<20}{count:>12}  {:>5.1} % of inputs", percent(count, inputs))?;
    }
    for (name, count) in [("other outputs", changed), ("rejected", rejected)] {
        writeln!(out, "  {name:<20}{count:>12}  {:>5.1} % of programs", percent(count, programs))?;
    }
    Ok(())
}
