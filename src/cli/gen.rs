//! `iocc gen`: generates a corpus.

use super::shares::{self, Shares};
use super::slice::Slice;
use super::{Context, Failure};
use crate::corpus::{self, Format, Manifest, Part, Plan};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Tasks of a corpus at most; shards are numbered with five digits.
const MOST_TASKS: u64 = 1 << 32;

/// Arguments of `iocc gen`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    corpus: CorpusArgs,
    /// Make every N-th shard from the I-th (counted from 0), and leave the others to other machines; `auto/N` takes I
    /// from a job array (SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX), `auto` takes both from Slurm
    #[arg(long, value_name = "I/N")]
    pub(super) shard: Option<Slice>,
}

/// Which corpus.
#[derive(Debug, clap::Args)]
pub struct CorpusArgs {
    /// The language of the programs
    #[arg(value_enum, value_name = "LANG")]
    language: Language,
    /// How many tasks to make
    #[arg(short = 'n', long = "tasks", value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MOST_TASKS))]
    tasks: u64,
    /// What everything random comes from: the same seed gives the same bytes
    #[arg(long, value_name = "S")]
    seed: u64,
    /// The folder to write to; whole shards that are there already are kept
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// How to write shards
    #[arg(long, value_enum, default_value_t = FormatName::Parquet)]
    format: FormatName,
    /// Shorten each program to its canonical form
    #[arg(long)]
    reduce: bool,
}

/// The languages that corpora can be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Language {
    /// Restricted C
    C,
    /// Short x86 programs
    X86,
    /// Karel programs
    Karel,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum FormatName {
    /// Columns, compressed; readable by pyarrow and Hugging Face datasets
    Parquet,
    /// A task a line, as `iocc synth --tasks` reads it
    Jsonl,
}

impl CorpusArgs {
    /// The folder to write to.
    pub fn folder(&self) -> &Path {
        &self.output
    }

    /// What the corpus is made from.
    pub fn plan(&self) -> Result<Plan, Failure> {
        let format = match self.format {
            FormatName::Parquet => Format::Parquet,
            FormatName::Jsonl => Format::Jsonl,
        };
        Ok(match self.language {
            Language::C => Plan::c(self.tasks, self.seed, format, self.reduce),
            Language::X86 | Language::Karel if self.reduce => {
                return Err(Failure::new("--reduce: only programs of C are reduced").help("leave it out"));
            }
            Language::X86 => Plan::x86(self.tasks, self.seed, format),
            Language::Karel => Plan::karel(self.tasks, self.seed, format),
        })
    }
}

impl Args {
    /// How the corpus is shared among machines.
    pub(super) fn shares(&self) -> Result<Shares, Failure> {
        shares::no_slice(self.shard.is_some())?;
        let plan = self.corpus.plan()?;
        shares::of(&plan, self.corpus.folder(), shares::parts(plan.shards() as usize))
    }
}

/// Generates a corpus.
pub fn run(args: &Args, context: &Context) -> Result<u8, Failure> {
    let plan = args.corpus.plan()?;
    let part = args.shard.map(Slice::part).transpose()?;
    if let Some(part) = part
        && part.of > plan.shards()
    {
        let (Part { index, of }, shards) = (part, plan.shards());
        let message = format!("--shard {index}/{of}: a corpus of {} tasks has {shards} shards", plan.tasks);
        return Err(Failure::new(message).help("choose at most as many parts as there are shards"));
    }
    let bar = context.progress(planned(&plan, part), "tasks");
    let start = Instant::now();
    let manifest = corpus::generate(&plan, args.corpus.folder(), part, &|done| bar.set_position(done))
        .map_err(|error| Failure::new(error.to_string()))?;
    bar.finish_and_clear();
    tell(&manifest, args.corpus.folder(), context)?;
    context.note(&format!("{:.1} s", start.elapsed().as_secs_f64()));
    Ok(0)
}

/// The tasks of a part.
fn planned(plan: &Plan, part: Option<Part>) -> u64 {
    let mine = |shard: &u32| part.is_none_or(|part| part.has(*shard));
    let lengths = (0..plan.shards()).filter(mine).map(|shard| plan.range(shard));
    lengths.map(|range| range.end - range.start).sum()
}

/// What a corpus holds and what was dropped on the way.
pub fn tell(manifest: &Manifest, folder: &Path, context: &Context) -> Result<(), Failure> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    if context.json {
        let text = serde_json::to_string(manifest).map_err(|error| Failure::new(error.to_string()))?;
        writeln!(out, "{text}")?;
        return Ok(());
    }
    let counts = manifest.counts;
    let candidates = counts.kept
        + counts.trivial
        + counts.trapped
        + counts.out_of_fuel
        + counts.out_of_range
        + counts.off_quota
        + counts.duplicate_source;
    let percent = |count: u64, of: u64| if of == 0 { 0.0 } else { count as f64 * 100.0 / of as f64 };
    writeln!(out, "{}: {} tasks in {} shards", folder.display(), counts.kept, manifest.shards.len())?;
    for (name, count) in [
        ("kept", counts.kept),
        ("trivial", counts.trivial),
        ("trapped", counts.trapped),
        ("out of fuel", counts.out_of_fuel),
        ("out of range", counts.out_of_range),
        ("off quota", counts.off_quota),
        ("duplicate source", counts.duplicate_source),
    ] {
        writeln!(out, "  {name:<20}{count:>12}  {:>5.1} % of candidates", percent(count, candidates))?;
    }
    let (name, count) = ("duplicate behaviour", counts.duplicate_behaviour);
    writeln!(out, "  {name:<20}{count:>12}  {:>5.1} % of kept", percent(count, counts.kept))?;
    Ok(())
}
