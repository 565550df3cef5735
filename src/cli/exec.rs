//! `iocc exec`: runs the programs of a corpus on their inputs.

use super::shares::{self, Shares};
use super::slice::Slice;
use super::{Context, EXIT_ERROR, Failure};
use crate::corpus::manifest::{Job, Manifest, Shard};
use crate::corpus::shard::{self, Written};
use crate::corpus::{self, Executed, Execution, Part, RunPlan};
use crate::exec::SYNTHESIS_FUEL;
use crate::exec::batch::Choice;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What to run, and where to.
#[derive(Debug, clap::Args)]
pub struct RunArgs {
    /// Shards (.parquet or .jsonl), or folders of shards
    #[arg(value_name = "INPUT", required = true)]
    inputs: Vec<PathBuf>,
    /// The folder to write to, a shard for each input shard; those that are there already are kept
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    /// Statements and loop tests that each run may use
    #[arg(long, value_name = "N", default_value_t = SYNTHESIS_FUEL)]
    fuel: u64,
}

/// Arguments of `iocc exec`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    run: RunArgs,
    /// What runs the programs; all engines do the same
    #[arg(long, value_enum, default_value_t = EngineName::Batch)]
    engine: EngineName,
    /// Run every N-th shard from the I-th (counted from 0), and leave the others to other machines; `auto/N` takes I
    /// from a job array (SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX), `auto` takes both from Slurm
    #[arg(long, value_name = "I/N")]
    pub(super) shard: Option<Slice>,
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

/// A shard to run, and where it goes.
struct Work {
    /// Among all inputs, of other parts too.
    number: u32,
    input: PathBuf,
    output: PathBuf,
}

impl Args {
    /// How the run is shared among machines.
    pub(super) fn shares(&self) -> Result<Shares, Failure> {
        shares::no_slice(self.shard.is_some())?;
        let inputs = self.run.inputs()?;
        shares::of(&self.run.plan(&inputs)?, self.run.folder(), shares::parts(inputs.len()))
    }
}

/// Runs a corpus.
pub fn run(args: &Args, context: &Context) -> Result<u8, Failure> {
    let start = Instant::now();
    let part = args.shard.map(Slice::part).transpose()?;
    let inputs = args.run.inputs()?;
    let folder = args.run.folder();
    if let Some(Part { index, of }) = part.filter(|part| part.of as usize > inputs.len()) {
        let message = format!("--shard {index}/{of}: there are {} shards", inputs.len());
        return Err(Failure::new(message).help("choose at most as many parts as there are shards"));
    }
    fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
    let plan = args.run.plan(&inputs)?;
    let tell = |error: corpus::Error| Failure::new(error.to_string());
    let mut manifest = Manifest::resume(plan, folder, part).map_err(tell)?;
    let mine = shards(&inputs, &manifest, part, folder);
    let (done, todo): (Vec<_>, Vec<_>) = mine.into_iter().partition(|work| manifest.shards.contains_key(&work.number));
    let mut tasks = 0;
    for work in &todo {
        tasks += corpus::count(&work.input).map_err(tell)?;
    }
    let bar = context.progress(tasks, "tasks");
    let choice = match args.engine {
        EngineName::Interp => Choice::Interpreter,
        EngineName::Batch => Choice::Auto,
        EngineName::Jit => Choice::Jit,
    };
    let execution = Execution { choice, fuel: args.run.fuel, threads: context.threads };
    let mut total = Executed::default();
    for Work { number, input, output } in &todo {
        let (counts, written) = corpus::execute(input, output, &execution, &mut |more| bar.inc(more)).map_err(tell)?;
        total += counts.clone();
        let file = manifest.job.files()[*number as usize].clone();
        let Written { bytes, hash } = written;
        manifest.add(*number, Shard { file, rows: counts.programs, bytes, hash, counts });
        manifest.write(folder, part).map_err(tell)?;
    }
    // Also where there was nothing to do, since a shard may have been found broken.
    manifest.write(folder, part).map_err(tell)?;
    bar.finish_and_clear();
    report(&total, todo.len(), done.len(), folder, context)?;
    context.note(&format!("{:.1} s", start.elapsed().as_secs_f64()));
    Ok(rejections(&total, context))
}

/// Tells of programs that were not run; gives the exit code.
pub fn rejections(total: &Executed, context: &Context) -> u8 {
    let Some((id, message)) = &total.first_rejected else { return 0 };
    let message =
        format!("{} of {} programs were not run; the first is `{id}`: {message}", total.rejected, total.programs);
    context.error(&message, Some("their outcome is `rejected`"));
    EXIT_ERROR
}

impl RunArgs {
    /// The folder to write to.
    pub fn folder(&self) -> &Path {
        &self.output
    }

    /// What the folder's shards are run from.
    pub fn plan(&self, inputs: &BTreeMap<String, PathBuf>) -> Result<RunPlan, Failure> {
        let sizes = inputs.iter().map(|(name, input)| Ok((name.clone(), fs::metadata(input)?.len())));
        Ok(RunPlan::new(self.fuel, sizes.collect::<std::io::Result<_>>()?))
    }

    /// The shards to run, by name.
    pub fn inputs(&self) -> Result<BTreeMap<String, PathBuf>, Failure> {
        let mut inputs: BTreeMap<String, PathBuf> = BTreeMap::new();
        let output_folder = self.output.canonicalize().ok();
        for input in &self.inputs {
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
                    let message = format!("{}: the output folder holds this input", self.output.display());
                    return Err(Failure::new(message).help("choose another folder for `--output`"));
                }
                let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if let Some(other) = inputs.insert(name, file.clone()) {
                    let message = format!("{} and {} have the same name", other.display(), file.display());
                    return Err(Failure::new(message).help("run each into a folder of its own"));
                }
            }
        }
        Ok(inputs)
    }
}

/// The shards of a part. A folder may have more of them than this run has inputs.
fn shards(
    inputs: &BTreeMap<String, PathBuf>,
    manifest: &Manifest<RunPlan>,
    part: Option<Part>,
    folder: &Path,
) -> Vec<Work> {
    let numbers: BTreeMap<String, u32> = manifest.job.files().into_iter().zip(0..).collect();
    let mine = inputs.iter().zip(0..).filter(|(_, at)| part.is_none_or(|part| part.has(*at)));
    let work = |((name, input), _): ((&String, &PathBuf), u32)| Work {
        number: numbers[name],
        input: input.clone(),
        output: folder.join(name),
    };
    mine.map(work).collect()
}

/// What the programs of a folder did.
pub fn report(total: &Executed, run: usize, kept: usize, folder: &Path, context: &Context) -> Result<(), Failure> {
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
    writeln!(out, "{}: {programs} programs in {run} shards{kept}", folder.display())?;
    let percent = |count: u64, of: u64| if of == 0 { 0.0 } else { count as f64 * 100.0 / of as f64 };
    for (name, count) in [("returned", returned), ("trapped", trapped), ("out of fuel", out_of_fuel)] {
        writeln!(out, "  {name:<20}{count:>12}  {:>5.1} % of inputs", percent(count, inputs))?;
    }
    for (name, count) in [("other outputs", changed), ("rejected", rejected)] {
        writeln!(out, "  {name:<20}{count:>12}  {:>5.1} % of programs", percent(count, programs))?;
    }
    Ok(())
}
