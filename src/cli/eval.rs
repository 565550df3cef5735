//! `iocc eval`: compares methods, models and ways of decoding on a set of tasks.

use super::contender::{Contender, contenders};
use super::file::is_stdin;
use super::model::Loaded;
use super::shares::{self, Shares};
use super::slice::Slice;
use super::synth::SearchArgs;
use super::tasks::{TaskFile, count};
use super::{Context, EXIT_ERROR, Failure};
use crate::corpus::manifest::{Manifest, Shard};
use crate::corpus::shard::{Written, fingerprint};
use crate::corpus::{self, Part};
use crate::eval::groups::{self, Facts, Scored};
use crate::eval::part::{EvalPlan, Line, Tally};
use crate::eval::plot::Chart;
use crate::eval::{Judge, Row, Score, Seen, table};
use crate::store;
use crate::synth::{Method, parallel};
use crate::task::AnyTask;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The methods that this build can run.
const METHODS: &str =
    if cfg!(all(feature = "torch", shipped_model)) { "default,model,enumerate" } else { "default,enumerate" };

/// Arguments of `iocc eval`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tasks, one a line; `-` is stdin
    #[arg(long, value_name = "TASKS.jsonl")]
    tasks: PathBuf,
    /// The methods to compare, each a row
    #[arg(long, value_name = "A,B,C", value_delimiter = ',', default_value = METHODS)]
    pub(super) methods: Vec<Method>,
    /// Score results of `iocc synth` instead of running methods; may be given several times
    #[arg(long, value_name = "RESULTS.jsonl", conflicts_with_all = ["methods", "models", "beam", "time_limit", "ablation"])]
    pub(super) results: Vec<PathBuf>,
    /// The model's weights; given several times, each is a row [default: those shipped with iocc]
    #[arg(id = "models", long = "model", value_name = "PATH")]
    pub(super) models: Vec<PathBuf>,
    /// The weights of the ranker, which chooses among what enumeration finds [default: those shipped with iocc]
    #[arg(long, value_name = "PATH")]
    pub(super) ranker: Option<PathBuf>,
    /// The weights of the order in which beams take states of x86 [default: those shipped with iocc]
    #[arg(long, value_name = "PATH")]
    pub(super) order: Option<PathBuf>,
    /// The method `model` with and without the mask and the execution of candidates, at beams of 1, 8 and 64
    #[arg(long, conflicts_with_all = ["methods", "beam", "no_mask", "no_execution", "samples"])]
    pub(super) ablation: bool,
    /// Try every N-th task from the I-th (counted from 0) and write the scores to the folder of `-o`, from which `iocc
    /// merge` makes the table of all parts; `auto/N` takes I from a job array (SLURM_ARRAY_TASK_ID,
    /// JOB_COMPLETION_INDEX), `auto` takes both from Slurm
    #[arg(long, value_name = "I/N")]
    pub(super) shard: Option<Slice>,
    /// Only the first N tasks
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Tell apart the tasks whose behaviour this corpus, a shard or a folder, holds; may be given several times
    #[arg(long, value_name = "CORPUS")]
    seen: Vec<PathBuf>,
    /// Write the tables as Markdown and CSV and the charts as SVG to this folder too
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// How the table is written (`--json` goes before)
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    pub(super) search: SearchArgs,
}

/// Forms of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For a terminal
    Text,
    /// For a README
    Markdown,
    /// For a spreadsheet
    Csv,
}

/// Tasks of a part where machines share the work: few, since some take much longer than others.
const TASKS_OF_A_PART: usize = 16;

impl Args {
    /// How the evaluation is shared among machines.
    pub(super) fn shares(&self) -> Result<Shares, Failure> {
        shares::no_slice(self.shard.is_some())?;
        let Some(folder) = &self.output else { return Err(no_folder("a cluster")) };
        let tasks = TaskFile::open(&self.tasks)?.take(self.limit.unwrap_or(usize::MAX)).count();
        let part = Part { index: 0, of: shares::parts(tasks.div_ceil(TASKS_OF_A_PART)) };
        shares::of(&plan(&contenders(self)?, part, self)?, folder, part.of)
    }
}

fn no_folder(who: &str) -> Failure {
    Failure::new(format!("{who}: scores are written to a folder, and none is given"))
        .help("name one with -o; `iocc merge` makes the table of all parts")
}

/// Evaluates; the exit code is 1 if a line is no task.
pub fn run(args: &Args, context: &Context) -> Result<u8, Failure> {
    let contenders = contenders(args)?;
    if args.shard.is_some() {
        return run_part(&contenders, args, context);
    }
    let lines = attempt(&contenders, None, args, context)?;
    let names: Vec<String> = contenders.iter().map(|it| it.name().to_owned()).collect();
    tell(&names, &lines, args.format, args.output.as_deref(), context)
}

/// Prints the table of the rows `names`, and writes it with its charts to `folder`; gives the exit code.
pub fn tell(
    names: &[String],
    lines: &[Line],
    format: Format,
    folder: Option<&Path>,
    context: &Context,
) -> Result<u8, Failure> {
    let bad = lines.iter().filter(|line| line.error.is_some()).count();
    let tried: Vec<&Line> = lines.iter().filter(|line| line.error.is_none()).collect();
    let scores = |row: usize| tried.iter().filter_map(|line| line.scores.get(row).cloned()).collect();
    let scores: Vec<Vec<Score>> = (0..names.len()).map(scores).collect();
    let rows: Vec<Row> = names.iter().zip(&scores).map(|(name, scores)| Row::new(name, scores)).collect();
    let text = if context.json {
        format!("{}\n", rows.iter().map(Row::to_json).collect::<Value>())
    } else {
        match format {
            Format::Text => table::text(&rows),
            Format::Markdown => table::markdown(&rows),
            Format::Csv => table::csv(&rows),
        }
    };
    std::io::stdout().lock().write_all(text.as_bytes())?;
    if let Some(folder) = folder {
        let scored: Vec<Scored> = names.iter().zip(&scores).map(|(name, scores)| Scored { name, scores }).collect();
        let facts: Vec<Option<Facts>> = tried.iter().map(|line| line.facts).collect();
        write(folder, &rows, &groups::charts(&scored, &facts))?;
    }
    if bad > 0 {
        context.note(&format!("{bad} lines are no tasks and do not count"));
    }
    Ok(if bad > 0 { EXIT_ERROR } else { 0 })
}

/// Evaluates every N-th task and writes what became of each to the folder.
fn run_part(contenders: &[Contender], args: &Args, context: &Context) -> Result<u8, Failure> {
    let Some(part) = args.shard.map(Slice::part).transpose()? else { unreachable!("asked before") };
    let Some(folder) = &args.output else { return Err(no_folder("--shard")) };
    let tell_error = |error: corpus::Error| Failure::new(error.to_string());
    std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
    let mut manifest = Manifest::resume(plan(contenders, part, args)?, folder, Some(part)).map_err(tell_error)?;
    let names = manifest.job.rows.clone();
    if manifest.shards.contains_key(&part.index) {
        context.note(&format!("{}: this part is there already", folder.display()));
        let lines = read_lines(&folder.join(EvalPlan::file(part)))?;
        return tell(&names, &lines, args.format, None, context);
    }
    let lines = attempt(contenders, Some(part), args, context)?;
    let file = EvalPlan::file(part);
    let path = folder.join(&file);
    let mut text = String::new();
    for line in &lines {
        text.push_str(&serde_json::to_string(line).map_err(std::io::Error::from)?);
        text.push('\n');
    }
    store::write(&path, text.as_bytes())?;
    let Written { bytes, hash } = fingerprint(&path).map_err(|error| Failure::file(&path, &error))?;
    let bad = lines.iter().filter(|line| line.error.is_some()).count() as u64;
    let rows = lines.len() as u64;
    manifest.add(part.index, Shard { file, rows, bytes, hash, counts: Tally { tasks: rows - bad, bad } });
    manifest.write(folder, Some(part)).map_err(tell_error)?;
    tell(&names, &lines, args.format, None, context)
}

/// The lines that a part wrote.
pub fn read_lines(path: &Path) -> Result<Vec<Line>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?;
    let line = |(number, line): (usize, &str)| {
        serde_json::from_str(line)
            .map_err(|error| Failure::new(format!("{}:{}: not a score: {error}", path.display(), number + 1)))
    };
    text.lines().enumerate().map(line).collect()
}

/// All that the results of a part depend on.
fn plan(contenders: &[Contender], part: Part, args: &Args) -> Result<EvalPlan, Failure> {
    if is_stdin(&args.tasks) {
        let failure = Failure::new("--shard: tasks from stdin cannot be told apart from other machines' tasks");
        return Err(failure.help("name a file that every machine reads"));
    }
    let hash = |path: &Path| fingerprint(path).map(|it| it.hash).map_err(|error| Failure::file(path, &error));
    let hashes = |paths: &[PathBuf]| paths.iter().map(|path| hash(path)).collect::<Result<Vec<_>, _>>();
    let seen: Vec<String> = args.seen.iter().map(|path| path.display().to_string()).collect();
    let settings = [
        ("tasks", hash(&args.tasks)?),
        ("limit", args.limit.map_or_else(|| "none".to_owned(), |limit| limit.to_string())),
        ("search", format!("{:?}", args.search)),
        ("model", hashes(&args.models)?.join(", ")),
        ("ranker", hashes(args.ranker.as_slice())?.join(", ")),
        ("order", hashes(args.order.as_slice())?.join(", ")),
        ("results", hashes(&args.results)?.join(", ")),
        ("seen", seen.join(", ")),
    ];
    let rows = contenders.iter().map(|it| it.name().to_owned()).collect();
    Ok(EvalPlan::new(part.of, rows, settings.map(|(name, value)| (name.to_owned(), value)).into()))
}

/// Lets every contender try every task, or those of a part.
fn attempt(contenders: &[Contender], part: Option<Part>, args: &Args, context: &Context) -> Result<Vec<Line>, Failure> {
    let seen = if args.seen.is_empty() { None } else { Some(Seen::read(&args.seen)?) };
    let limit = args.limit.unwrap_or(usize::MAX);
    let (skip, step) = part.map_or((0, 1), |part| (part.index as usize, part.of as usize));
    let progress = context.progress(count(&args.tasks, context).min(limit as u64) / step as u64, "tasks");
    let mut lines = Vec::new();
    // What goes wrong in one task often does in all, as where a method does not know a language.
    let mut said: BTreeMap<String, usize> = BTreeMap::new();
    parallel::ordered(
        context.threads,
        TaskFile::open(&args.tasks)?.take(limit).skip(skip).step_by(step),
        || contenders.iter().map(Contender::load).collect::<Result<Vec<Loaded>, Failure>>(),
        |loaded, entry| match entry.task {
            Ok(task) => Ok(compare(&task, contenders, loaded, seen.as_ref())),
            Err(line) => Err(line),
        },
        |result| {
            progress.inc(1);
            match result {
                Ok((line, errors)) => {
                    for error in errors {
                        let times = said.entry(error.clone()).or_default();
                        *times += 1;
                        if *times == 1 {
                            let id = line.id.as_deref().unwrap_or_default();
                            progress.suspend(|| context.error(&format!("{id}: {error}"), None));
                        }
                    }
                    lines.push(line);
                }
                Err(line) => {
                    progress.suspend(|| context.error(&line.message, line.help.as_deref()));
                    lines.push(Line { id: line.id, error: Some(line.message), ..Line::default() });
                }
            }
            Ok::<(), Failure>(())
        },
    )?;
    progress.finish_and_clear();
    for (error, times) in said.into_iter().filter(|(_, times)| *times > 1) {
        context.note(&format!("{error}: the same for {} more tasks", times - 1));
    }
    Ok(lines)
}

/// A score for each contender, and what went wrong.
fn compare(task: &AnyTask, contenders: &[Contender], loaded: &[Loaded], seen: Option<&Seen>) -> (Line, Vec<String>) {
    let mut judge = Judge::new(task);
    let mut errors = Vec::new();
    let seen = seen.and_then(|seen| seen.has(task));
    let scores = contenders.iter().zip(loaded).map(|(contender, loaded)| {
        let attempt = contender.attempt(task, loaded);
        errors.extend(attempt.error.map(|error| error.to_string()));
        let score = judge.score(attempt.program.as_deref(), attempt.seconds);
        Score { candidates: attempt.candidates, seen, ..score }
    });
    let scores = scores.collect();
    (Line { id: Some(task.id().to_owned()), facts: Facts::of(task), scores, error: None }, errors)
}

/// Writes tables and charts.
fn write(folder: &Path, rows: &[Row], charts: &[Chart]) -> Result<(), Failure> {
    let mut text = table::markdown(rows);
    for chart in charts {
        text.push_str(&format!("\n{}\n![]({}.svg)\n", groups::markdown(chart), chart.file));
        store::write(&folder.join(chart.file).with_extension("svg"), chart.svg().as_bytes())?;
    }
    store::write(&folder.join("results.md"), text.as_bytes())?;
    store::write(&folder.join("results.csv"), table::csv(rows).as_bytes())?;
    store::write(&folder.join("charts.csv"), groups::csv(charts).as_bytes())?;
    Ok(())
}
