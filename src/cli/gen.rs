//! `iocc gen`: generates a corpus.

use super::{Context, Failure};
use crate::corpus::{self, Format, Manifest, Part, Plan};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Instant;

/// Tasks of a corpus at most; shards are numbered with five digits.
const MOST_TASKS: u64 = 1 << 32;

/// Arguments of `iocc gen`.
#[derive(Debug, clap::Args)]
pub struct Args {
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
    /// Make every N-th shard from the I-th (counted from 0), and leave the others to other machines
    #[arg(long, value_name = "I/N")]
    shard: Option<Slice>,
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

/// `I/N`
#[derive(Clone, Copy, Debug)]
pub(super) struct Slice(pub(super) Part);

impl FromStr for Slice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(index, of)| Some((index.parse().ok()?, of.parse().ok()?)));
        match numbers {
            Some((index, of)) if index < of => Ok(Self(Part { index, of })),
            Some((_, of)) if of > 0 => Err(format!("parts of {of} are counted from 0 to {}", of - 1)),
            _ => Err("expected two numbers such as 0/8".to_owned()),
        }
    }
}

/// Generates a corpus.
pub fn run(args: &Args, context: &Context) -> Result<u8, Failure> {
    let format = match args.format {
        FormatName::Parquet => Format::Parquet,
        FormatName::Jsonl => Format::Jsonl,
    };
    let plan = match args.language {
        Language::C => Plan::c(args.tasks, args.seed, format, args.reduce),
        Language::X86 | Language::Karel if args.reduce => {
            return Err(Failure::new("--reduce: only programs of C are reduced").help("leave it out"));
        }
        Language::X86 => Plan::x86(args.tasks, args.seed, format),
        Language::Karel => Plan::karel(args.tasks, args.seed, format),
    };
    let part = args.shard.map(|Slice(part)| part);
    if let Some(part) = part
        && part.of > plan.shards()
    {
        let message = format!(
            "--shard {}/{}: a corpus of {} tasks has {} shards",
            part.index,
            part.of,
            plan.tasks,
            plan.shards()
        );
        return Err(Failure::new(message).help("choose at most as many parts as there are shards"));
    }
    let bar = context.progress(planned(&plan, part), "tasks");
    let start = Instant::now();
    let manifest = corpus::generate(&plan, &args.output, part, &|done| bar.set_position(done))
        .map_err(|error| Failure::new(error.to_string()))?;
    bar.finish_and_clear();
    tell(&manifest, args, context, start)?;
    Ok(0)
}

/// The tasks of a part.
fn planned(plan: &Plan, part: Option<Part>) -> u64 {
    let mine = |shard: &u32| part.is_none_or(|part| shard % part.of == part.index);
    let lengths = (0..plan.shards()).filter(mine).map(|shard| plan.range(shard));
    lengths.map(|range| range.end - range.start).sum()
}

fn tell(manifest: &Manifest, args: &Args, context: &Context, start: Instant) -> Result<(), Failure> {
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
    writeln!(out, "{}: {} tasks in {} shards", args.output.display(), counts.kept, manifest.shards.len())?;
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
    drop(out);
    context.note(&format!("{:.1} s", start.elapsed().as_secs_f64()));
    Ok(())
}
