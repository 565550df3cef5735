//! `iocc eval`: compares methods, models and ways of decoding on a set of tasks.

use super::contender::{Contender, contenders};
use super::model::Loaded;
use super::synth::SearchArgs;
use super::tasks::{TaskFile, count};
use super::{Context, EXIT_ERROR, Failure};
use crate::eval::groups::{self, Facts, Scored};
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
    /// The method `model` with and without the mask and the execution of candidates, at beams of 1, 8 and 64
    #[arg(long, conflicts_with_all = ["methods", "beam", "no_mask", "no_execution", "samples"])]
    pub(super) ablation: bool,
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
enum Format {
    /// For a terminal
    Text,
    /// For a README
    Markdown,
    /// For a spreadsheet
    Csv,
}

/// All that is known of the tasks that were tried.
struct Tried {
    /// Of each contender, one a task.
    scores: Vec<Vec<Score>>,
    /// One a task.
    facts: Vec<Option<Facts>>,
    /// Lines that are no tasks.
    bad: usize,
}

/// Evaluates; the exit code is 1 if a line is no task.
pub fn run(args: &Args, context: &Context) -> Result<u8, Failure> {
    let contenders = contenders(args)?;
    let seen = if args.seen.is_empty() { None } else { Some(Seen::read(&args.seen)?) };
    let tried = attempt(&contenders, seen.as_ref(), args, context)?;
    let rows: Vec<Row> = contenders.iter().zip(&tried.scores).map(|(it, scores)| Row::new(it.name(), scores)).collect();
    let text = if context.json {
        format!("{}\n", rows.iter().map(Row::to_json).collect::<Value>())
    } else {
        match args.format {
            Format::Text => table::text(&rows),
            Format::Markdown => table::markdown(&rows),
            Format::Csv => table::csv(&rows),
        }
    };
    std::io::stdout().lock().write_all(text.as_bytes())?;
    if let Some(folder) = &args.output {
        write(folder, &rows, &contenders, &tried)?;
    }
    if tried.bad > 0 {
        context.note(&format!("{} lines are no tasks and do not count", tried.bad));
    }
    Ok(if tried.bad > 0 { EXIT_ERROR } else { 0 })
}

/// Lets every contender try every task.
fn attempt(contenders: &[Contender], seen: Option<&Seen>, args: &Args, context: &Context) -> Result<Tried, Failure> {
    let limit = args.limit.unwrap_or(usize::MAX);
    let progress = context.progress(count(&args.tasks, context).min(limit as u64), "tasks");
    let mut tried = Tried { scores: vec![Vec::new(); contenders.len()], facts: Vec::new(), bad: 0 };
    // What goes wrong in one task often does in all, as where a method does not know a language.
    let mut said: BTreeMap<String, usize> = BTreeMap::new();
    parallel::ordered(
        context.threads,
        TaskFile::open(&args.tasks)?.take(limit),
        || contenders.iter().map(Contender::load).collect::<Result<Vec<Loaded>, Failure>>(),
        |loaded, entry| match entry.task {
            Ok(task) => Ok((compare(&task, contenders, loaded, seen), Facts::of(&task))),
            Err(line) => Err(line),
        },
        |result| {
            progress.inc(1);
            match result {
                Ok(((row, errors), facts)) => {
                    tried.scores.iter_mut().zip(row).for_each(|(scores, score)| scores.push(score));
                    tried.facts.push(facts);
                    for (id, error) in errors {
                        let times = said.entry(error.clone()).or_default();
                        *times += 1;
                        if *times == 1 {
                            progress.suspend(|| context.error(&format!("{id}: {error}"), None));
                        }
                    }
                }
                Err(line) => {
                    tried.bad += 1;
                    progress.suspend(|| context.error(&line.message, line.help.as_deref()));
                }
            }
            Ok::<(), Failure>(())
        },
    )?;
    progress.finish_and_clear();
    for (error, times) in said.into_iter().filter(|(_, times)| *times > 1) {
        context.note(&format!("{error}: the same for {} more tasks", times - 1));
    }
    Ok(tried)
}

/// A score for each contender, and what went wrong: the task's name, and why.
fn compare(
    task: &AnyTask,
    contenders: &[Contender],
    loaded: &[Loaded],
    seen: Option<&Seen>,
) -> (Vec<Score>, Vec<(String, String)>) {
    let mut judge = Judge::new(task);
    let mut errors = Vec::new();
    let seen = seen.and_then(|seen| seen.has(task));
    let scores = contenders.iter().zip(loaded).map(|(contender, loaded)| {
        let attempt = contender.attempt(task, loaded);
        errors.extend(attempt.error.map(|error| (task.id().to_owned(), error.to_string())));
        let score = judge.score(attempt.program.as_deref(), attempt.seconds);
        Score { candidates: attempt.candidates, seen, ..score }
    });
    (scores.collect(), errors)
}

/// Writes tables and charts.
fn write(folder: &Path, rows: &[Row], contenders: &[Contender], tried: &Tried) -> Result<(), Failure> {
    let scored: Vec<Scored> =
        contenders.iter().zip(&tried.scores).map(|(it, scores)| Scored { name: it.name(), scores }).collect();
    let charts = groups::charts(&scored, &tried.facts);
    let mut text = table::markdown(rows);
    for chart in &charts {
        text.push_str(&format!("\n{}\n![]({}.svg)\n", groups::markdown(chart), chart.file));
        store::write(&folder.join(chart.file).with_extension("svg"), chart.svg().as_bytes())?;
    }
    store::write(&folder.join("results.md"), text.as_bytes())?;
    store::write(&folder.join("results.csv"), table::csv(rows).as_bytes())?;
    store::write(&folder.join("charts.csv"), groups::csv(&charts).as_bytes())?;
    Ok(())
}
