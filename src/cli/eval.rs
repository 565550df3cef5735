//! `iocc eval`: compares methods on a set of tasks.

use super::model::{Loaded, ModelArgs};
use super::results::read_results;
use super::synth::{SearchArgs, try_synthesize};
use super::tasks::{TaskFile, count};
use super::{Context, EXIT_ERROR, Failure, parallel};
use crate::eval::{Judge, Row, Score, table};
use crate::synth::{Method, Record};
use crate::task::AnyTask;
use serde_json::Value;
use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;

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
    methods: Vec<Method>,
    /// Score results of `iocc synth` instead of running methods; may be given several times
    #[arg(long, value_name = "RESULTS.jsonl", conflicts_with_all = ["methods", "model", "beam", "time_limit"])]
    results: Vec<PathBuf>,
    /// Only the first N tasks
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// How the table is written (`--json` goes before)
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    search: SearchArgs,
    #[command(flatten)]
    model: ModelArgs,
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

/// What gives a row its programs.
enum Contender {
    Method(Method),
    Results { name: String, records: HashMap<String, Record> },
}

impl Contender {
    fn name(&self) -> &str {
        match self {
            Self::Method(method) => method.name(),
            Self::Results { name, .. } => name,
        }
    }
}

/// Prints the table; the exit code is 1 if a line was no task.
pub fn run(args: &Args, context: &Context) -> Result<u8, Failure> {
    let contenders = contenders(args)?;
    let methods: Vec<Method> = if args.results.is_empty() { args.methods.clone() } else { Vec::new() };
    args.model.check(&methods)?;
    let limit = args.limit.unwrap_or(usize::MAX);
    let progress = context.progress(count(&args.tasks, context).min(limit as u64), "tasks");
    let mut scores: Vec<Vec<Score>> = vec![Vec::new(); contenders.len()];
    let mut bad = 0;
    parallel::ordered(
        context.threads,
        TaskFile::open(&args.tasks)?.take(limit),
        || args.model.load(&methods),
        |loaded, entry| match entry.task {
            Ok(task) => Ok(compare(&task, &contenders, loaded, args)),
            Err(line) => Err(line),
        },
        |result| {
            progress.inc(1);
            match result {
                Ok((row, errors)) => {
                    scores.iter_mut().zip(row).for_each(|(scores, score)| scores.push(score));
                    errors.iter().for_each(|error| progress.suspend(|| context.error(error, None)));
                }
                Err(line) => {
                    bad += 1;
                    progress.suspend(|| context.error(&line.message, line.help.as_deref()));
                }
            }
            Ok(())
        },
    )?;
    progress.finish_and_clear();
    let rows: Vec<Row> = contenders.iter().zip(&scores).map(|(it, scores)| Row::new(it.name(), scores)).collect();
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
    if bad > 0 {
        context.note(&format!("{bad} lines are no tasks and do not count"));
    }
    Ok(if bad > 0 { EXIT_ERROR } else { 0 })
}

fn contenders(args: &Args) -> Result<Vec<Contender>, Failure> {
    if args.results.is_empty() {
        let mut seen = Vec::new();
        args.methods.iter().for_each(|method| {
            if !seen.contains(method) {
                seen.push(*method)
            }
        });
        return Ok(seen.into_iter().map(Contender::Method).collect());
    }
    let read = |path: &PathBuf| {
        let records = read_results(path)?;
        let records = records.into_iter().filter_map(|record| Some((record.id.clone()?, record))).collect();
        let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        Ok(Contender::Results { name, records })
    };
    args.results.iter().map(read).collect()
}

/// A score for each contender, and what went wrong.
fn compare(task: &AnyTask, contenders: &[Contender], loaded: &Loaded, args: &Args) -> (Vec<Score>, Vec<String>) {
    let mut judge = Judge::new(task);
    let mut errors = Vec::new();
    let mut one = |contender: &Contender| match contender {
        Contender::Method(method) => match try_synthesize(task, loaded, &args.search.options(*method, 1)) {
            Ok(synthesis) => {
                let program = synthesis.solutions.first().map(|solution| solution.program.as_str());
                judge.score(program, synthesis.time.as_secs_f64())
            }
            Err(error) => {
                errors.push(format!("{}: {error}", task.id()));
                judge.score(None, 0.0)
            }
        },
        Contender::Results { records, .. } => {
            let record = records.get(task.id());
            judge
                .score(record.and_then(|record| record.program.as_deref()), record.map_or(0.0, |record| record.seconds))
        }
    };
    let scores = contenders.iter().map(&mut one).collect();
    (scores, errors)
}
