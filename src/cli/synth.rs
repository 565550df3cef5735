//! `iocc synth`: one task to a program on stdout, or many tasks to a results file.

use super::model::{Loaded, ModelArgs};
use super::results::Results;
use super::tasks::{Entry, TaskFile, count};
use super::{Context, EXIT_ERROR, EXIT_NOT_FOUND, Failure, read_text};
use crate::lang::x86::Machine;
use crate::search::kernel::Instructions;
use crate::synth::kernel::{self, Kernel};
use crate::synth::parallel;
use crate::synth::{Decoding, Method, Options, Record, Sampling, Synthesis, SynthesisError, synthesize, verify};
use crate::task::{AnyTask, Language, parse_toml, x86};
use iced_x86::Register;
use serde_json::json;
use std::io::{BufWriter, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Arguments of `iocc synth`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// One task; `-` is stdin
    #[arg(value_name = "TASK.toml", required_unless_present_any = ["tasks", "goal"], conflicts_with_all = ["tasks", "goal"])]
    task: Option<PathBuf>,
    /// Print up to N different programs, the shortest first
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "tasks",
          value_parser = clap::value_parser!(u16).range(1..=1000))]
    all: u16,
    /// Show the state of all examples after each instruction (x86)
    #[arg(long, conflicts_with_all = ["tasks", "goal"])]
    trace: bool,
    /// Many tasks, one a line; `-` is stdin
    #[arg(long, value_name = "TASKS.jsonl", requires = "output")]
    tasks: Option<PathBuf>,
    /// Where the results of `--tasks` go, one line a task; `-` is stdout. What is there already is kept, and the work
    /// goes on after it
    #[arg(short, long, value_name = "RESULTS.jsonl", requires = "tasks")]
    output: Option<PathBuf>,
    /// Begin anew where the results file exists
    #[arg(long, requires = "tasks")]
    force: bool,
    /// A goal instead of examples
    #[arg(long, value_enum, requires = "n", conflicts_with = "tasks")]
    goal: Option<Goal>,
    /// How many registers are sorted
    #[arg(long, value_name = "N", requires = "goal", value_parser = clap::value_parser!(u8).range(2..=5))]
    n: Option<u8>,
    /// Sort by `pminsd` and `pmaxsd`, not by `cmp` and `cmov`
    #[arg(long, requires = "goal")]
    min_max: bool,
    /// Which searches run: default, model or enumerate
    #[arg(long, value_name = "METHOD", default_value = "default")]
    method: Method,
    #[command(flatten)]
    search: SearchArgs,
    #[command(flatten)]
    model: ModelArgs,
}

/// What is asked for without examples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Goal {
    /// A kernel that sorts registers, proven on all permutations and ties
    Sort,
}

/// What bounds a search; `eval` takes the same.
#[derive(Clone, Debug, clap::Args)]
pub struct SearchArgs {
    /// Wall time for one task: 5s, 500ms, 2m
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = parse_time)]
    time_limit: Duration,
    /// Partial programs that beam search keeps
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=4096))]
    beam: u16,
    /// With the method `model`: draw N programs instead of searching by a beam
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=4096), conflicts_with = "beam")]
    samples: Option<u16>,
    /// What the log-probabilities are divided by before a token is drawn
    #[arg(long, value_name = "T", default_value_t = 1.0, requires = "samples", value_parser = parse_temperature)]
    temperature: f32,
    /// What the draws come from
    #[arg(long, value_name = "S", default_value_t = 0, requires = "samples")]
    seed: u64,
    /// With the method `model`: decode without the mask, so that candidates may be no programs
    #[arg(long)]
    no_mask: bool,
    /// With the method `model`: only the likeliest candidate counts, instead of the first that is right
    #[arg(long)]
    no_execution: bool,
}

impl SearchArgs {
    /// The options of a synthesis by `method`.
    pub fn options(&self, method: Method, all: usize) -> Options {
        let sampling = |count| Sampling { count: usize::from(count), temperature: self.temperature, seed: self.seed };
        let samples = self.samples.map(sampling);
        let decoding = Decoding { mask: !self.no_mask, execution: !self.no_execution, samples };
        Options { method, time_limit: self.time_limit, beam: usize::from(self.beam), all, decoding }
    }

    /// Tells where a way of decoding is asked of a method that does not decode.
    pub fn check(&self, methods: &[Method]) -> Result<(), Failure> {
        let asked =
            [("--samples", self.samples.is_some()), ("--no-mask", self.no_mask), ("--no-execution", self.no_execution)];
        match asked.into_iter().find(|(_, asked)| *asked) {
            Some((option, _)) if methods.iter().any(|method| *method != Method::Model) => {
                Err(Failure::new(format!("{option} is of the method `model` alone"))
                    .help("choose it by --method model, or --methods model"))
            }
            _ => Ok(()),
        }
    }
}

/// A temperature that still tells tokens apart.
fn parse_temperature(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(temperature) if (0.01..=100.0).contains(&temperature) => Ok(temperature),
        _ => Err("expected a number from 0.01 to 100".to_owned()),
    }
}

/// A time such as `5s`, `500ms`, `2m` or `1.5` (seconds).
pub fn parse_time(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()));
    let scale = match unit {
        "" | "s" => 1.0,
        "ms" => 1e-3,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(format!("unknown unit `{unit}`; use ms, s, m or h")),
    };
    let seconds = number.trim().parse::<f64>().map_err(|_| "expected a time such as 5s or 500ms".to_owned())? * scale;
    match seconds {
        s if s > 0.0 && s <= 1e6 => Ok(Duration::from_secs_f64(s)),
        _ => Err("must be more than 0 and at most 1000000 seconds".into()),
    }
}

/// Synthesises; the exit code is 0 if a verified program was found (or all lines were processed), 2 if none was.
pub fn run(args: &Args, context: &Context) -> Result<u8, Failure> {
    if let (Some(Goal::Sort), Some(n)) = (args.goal, args.n) {
        return sort(n, args, context);
    }
    args.model.check(&[args.method])?;
    args.search.check(&[args.method])?;
    match (&args.task, &args.tasks, &args.output) {
        (Some(path), _, _) => one(path, args, context),
        (None, Some(tasks), Some(output)) => many(tasks, output, args, context),
        _ => Err(Failure::new("expected a task file, or `--tasks` with `-o`")),
    }
}

/// The shortest sorting kernel that is found within the time.
fn sort(n: u8, args: &Args, context: &Context) -> Result<u8, Failure> {
    let instructions = if args.min_max { Instructions::MinMax } else { Instructions::Conditional };
    let start = Instant::now();
    let found = kernel::sort(usize::from(n), instructions, start.checked_add(args.search.time_limit));
    let mut out = std::io::stdout().lock();
    if context.json {
        let program = found.as_ref().map(|kernel| &kernel.program);
        let (length, seconds) = (found.as_ref().map(|it| it.length), found.as_ref().map(|it| it.seconds));
        writeln!(
            out,
            "{}",
            json!({"solved": found.is_some(), "program": program, "instructions": length, "seconds": seconds})
        )?;
    } else if let Some(Kernel { program, length, seconds }) = &found {
        write!(out, "{program}")?;
        let whole = start.elapsed().as_secs_f64();
        let note =
            format!("{length} instructions, proven on all permutations and ties after {seconds:.3} s of {whole:.3}");
        context.note(&note);
    }
    drop(out);
    if found.is_none() {
        context.error("no kernel found within the time", Some("`--time-limit` sets another"));
        return Ok(EXIT_NOT_FOUND);
    }
    Ok(0)
}

/// One task for a person.
fn one(path: &Path, args: &Args, context: &Context) -> Result<u8, Failure> {
    let source = read_text(path)?;
    let stem = path.file_stem().and_then(|stem| stem.to_str()).filter(|stem| *stem != "-").unwrap_or("stdin");
    let task = parse_toml(&source.text, stem).map_err(|errors| Failure::Diagnostics(source, errors))?;
    if args.trace && task.language() != Language::X86 {
        return Err(Failure::new("--trace shows programs of x86").help("`iocc run --trace` shows a run of any program"));
    }
    let loaded = args.model.load(&[args.method])?;
    let options = args.search.options(args.method, usize::from(args.all));
    let synthesis = synthesize(&task, &loaded.learned(), &options)
        .map_err(|error| Failure::new(format!("{}: {error}", task.id())))?;
    tell(&task, &synthesis, &options, args.trace, context)?;
    if synthesis.solutions.len() < options.all && !synthesis.solutions.is_empty() {
        context.note(&format!("note: {} of {} programs found", synthesis.solutions.len(), options.all));
    }
    Ok(if synthesis.solutions.is_empty() { EXIT_NOT_FOUND } else { 0 })
}

fn tell(
    task: &AnyTask,
    synthesis: &Synthesis,
    options: &Options,
    trace: bool,
    context: &Context,
) -> Result<(), Failure> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    if context.json {
        let mut record = json!(Record::new(task.id(), options.method, synthesis));
        if options.all > 1 {
            record["programs"] = synthesis.solutions.iter().map(|solution| json!(solution.program)).collect();
        }
        writeln!(out, "{record}")?;
    } else {
        for (i, solution) in synthesis.solutions.iter().enumerate() {
            let separator = if i > 0 { "\n" } else { "" };
            let text = match task {
                AnyTask::X86(task) if trace => traced(&solution.program, task),
                _ => solution.program.clone(),
            };
            writeln!(out, "{separator}{}", text.trim_end())?;
        }
    }
    out.flush()?;
    if synthesis.solutions.is_empty() {
        let given = task.counts().0;
        let seconds = options.time_limit.as_secs_f64();
        let message = format!("{}: no program found that fits all {given} examples", task.id());
        context.error(&message, Some(&format!("the limit was {seconds} s a task; `--time-limit` sets another")));
        if let Some(best) = synthesis.best.as_ref().filter(|_| !context.json) {
            let comment = match task.language() {
                Language::X86 => "#",
                Language::C | Language::Karel => "//",
            };
            let head = format!("{comment} best so far, NOT a solution: fits {} of {given} examples", best.matched);
            context.text(&format!("{head}\n{}", best.program.trim_end()));
        }
    }
    Ok(())
}

/// A program with the state of each example behind each instruction, as comments: still assembly.
fn traced(program: &str, task: &x86::Task) -> String {
    let inputs: Vec<&Machine> = task.examples.iter().map(|example| &example.input).collect();
    let Some(states) = verify::x86::states(program, &inputs) else { return program.to_owned() };
    let usual = [Register::EAX, Register::EBX, Register::ECX, Register::EDX];
    let mut registers = usual.to_vec();
    registers.extend(task.registers().into_iter().filter(|register| !usual.contains(register)));
    let numbers = |machine: &Machine| {
        let registers = registers.iter().map(|register| machine.register(*register).to_string());
        registers.chain(machine.ram().iter().map(i32::to_string)).collect::<Vec<_>>().join(" ")
    };
    let row = |machines: &mut dyn Iterator<Item = &Machine>| machines.map(numbers).collect::<Vec<_>>().join(" | ");
    let names: Vec<String> = registers.iter().map(|register| x86::register_name(*register)).collect();
    let slots = (0..task.slots()).map(|slot| format!("ram[{slot}]"));
    let head = names.into_iter().chain(slots).collect::<Vec<_>>().join(" ");
    let mut text = format!("# {head}, an example beside the other\n# {}\n", row(&mut inputs.iter().copied()));
    for (line, machines) in program.lines().filter(|line| !line.trim().is_empty()).zip(&states) {
        text.push_str(&format!("{line:<28} # {}\n", row(&mut machines.iter())));
    }
    text
}

/// Many tasks for a machine.
fn many(tasks: &Path, output: &Path, args: &Args, context: &Context) -> Result<u8, Failure> {
    let total = count(tasks, context);
    let mut entries = TaskFile::open(tasks)?;
    let mut results = Results::open(output, args.method, args.force)?;
    let kept = results.skip(&mut entries)?;
    if kept > 0 {
        context.note(&format!("{}: going on after {kept} results", output.display()));
    }
    let mut bad = results.bad;
    let progress = context.progress(total, "tasks");
    progress.set_position(kept as u64);
    let mut solved = results.solved;
    let options = args.search.options(args.method, 1);
    parallel::ordered(
        context.threads,
        entries,
        || args.model.load(&[args.method]),
        |loaded, entry| attempt(entry, loaded, &options),
        |(record, help): (Record, Option<String>)| {
            if let Some(error) = &record.error {
                bad += 1;
                progress.suspend(|| context.error(error, help.as_deref()));
            }
            solved += usize::from(record.solved);
            progress.set_message(format!("({solved} solved)"));
            progress.inc(1);
            results.write(&record)
        },
    )?;
    progress.finish_and_clear();
    context.note(&format!("{} tasks: {solved} solved, {bad} bad", results.lines));
    Ok(if bad > 0 { EXIT_ERROR } else { 0 })
}

/// The record of one line, and advice where the line is bad. A bug of ours costs the task, not the run.
fn attempt(entry: Entry, loaded: &Loaded, options: &Options) -> (Record, Option<String>) {
    let task = match entry.task {
        Ok(task) => task,
        Err(bad) => return (Record::failed(bad.id, options.method, bad.message), bad.help),
    };
    let failed = |error: String| Record::failed(Some(task.id().to_owned()), options.method, error);
    let record = match try_synthesize(&task, loaded, options) {
        Ok(synthesis) => Record::new(task.id(), options.method, &synthesis),
        Err(error) => failed(format!("{}: {error}", task.id())),
    };
    (record, None)
}

/// Synthesises; a panic becomes an error, after the hook has told of it.
pub(super) fn try_synthesize(task: &AnyTask, loaded: &Loaded, options: &Options) -> Result<Synthesis, String> {
    let work = || synthesize(task, &loaded.learned(), options);
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(|error: SynthesisError| error.to_string()),
        Err(_) => Err("internal error, please report".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::parse_time;
    use std::time::Duration;

    #[test]
    fn times() {
        assert_eq!(parse_time("5s"), Ok(Duration::from_secs(5)));
        assert_eq!(parse_time("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_time("1.5"), Ok(Duration::from_millis(1500)));
        assert_eq!(parse_time("2m"), Ok(Duration::from_secs(120)));
        for wrong in ["", "s", "5 parsecs", "-1s", "0s", "nan", "inf", "1e300h"] {
            assert!(parse_time(wrong).is_err(), "{wrong}");
        }
    }
}
