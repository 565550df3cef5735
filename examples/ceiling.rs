//! What the given examples of C tasks can tell: the best choice that programs as they are sampled allow.
//!
//!     iocc synth --tasks corpus/tasks/c_eval.jsonl -o default.jsonl
//!     cargo run --release --example ceiling -- --tasks corpus/tasks/c_eval.jsonl --programs 1000000 default.jsonl
//!
//! Whoever knew how likely each program is could do no better than to weigh all that fit the given examples and to answer
//! what most weight answers. Here the programs are those that `iocc gen c` would draw (`--seed`, not the tasks' own). Each
//! that fits votes for what it makes of the held-out inputs. Its vote counts for more the fewer inputs it keeps in range:
//! that just these were drawn is then likelier by that share for each. A task with enough votes is settled, the others
//! wait for more programs. The table tells tasks apart by the programs that fit: for how many the truth is among their
//! answers, for how many it is the best answer and how many that should be by the votes, and how many programs of result
//! files are right there.

use indicatif::{ProgressBar, ProgressStyle};
use iocc::eval::Judge;
use iocc::exec::Argument;
use iocc::sample::c::{Config, Sampled, Sampler, Scratch};
use iocc::sample::inputs::{self, CELLS, Cells};
use iocc::sample::lanes::Lanes;
use iocc::sample::{Counts, mix};
use iocc::synth::Record;
use iocc::task::{AnyTask, Example, LineError, is_default_signature, parse_json};
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::path::{Path, PathBuf};

const USAGE: &str = "usage: ceiling --tasks TASKS.jsonl [--programs N] [--seed S] [RESULTS.jsonl...]";
/// Votes that settle a task.
const ENOUGH: u64 = 64;
/// Programs drawn between two looks at which tasks are settled.
const ROUND: u64 = 1 << 16;
/// Inputs that a program is run on together: first examples of tasks, and all of one task.
const MANY: usize = 512;
const FEW: usize = 16;
/// Inputs by which the share that a program keeps in range is estimated.
const SHARE: usize = 1024;
/// Rows of the table: tasks with at least so many votes.
const ROWS: [u64; 4] = [ENOUGH, 8, 1, 0];

/// A task as far as votes go.
struct Question {
    given: Vec<(Cells, Cells)>,
    held_out: Vec<Cells>,
    /// A hash of the outputs wanted for them.
    truth: u64,
    answers: HashMap<u64, f64>,
    votes: u64,
}

/// What a program answers to a question: the question, a hash of the outputs for its held-out inputs, and a weight.
type Vote = (usize, u64, f64);

struct Voter {
    scratch: Scratch,
    many: Box<Lanes<MANY>>,
    few: Lanes<FEW>,
    fuel: u32,
    inputs: [Cells; SHARE],
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (mut tasks, mut programs, mut seed, mut results) = (None, 1_000_000_u64, 1_u64, Vec::new());
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(USAGE);
        match argument.as_str() {
            "--tasks" => tasks = Some(PathBuf::from(value()?)),
            "--programs" => programs = value()?.parse().map_err(|_| USAGE)?,
            "--seed" => seed = value()?.parse().map_err(|_| USAGE)?,
            option if option.starts_with('-') => return Err(USAGE.into()),
            file => results.push(PathBuf::from(file)),
        }
    }
    let tasks = read(&tasks.ok_or(USAGE)?)?;
    let right: Vec<HashSet<String>> = results.iter().map(|path| right(&tasks, path)).collect::<Result<_, _>>()?;
    let mut questions: Vec<Question> = tasks.iter().map(question).collect::<Result<_, _>>()?;
    vote(&mut questions, programs, seed);
    print(&tasks, &questions, &results, &right);
    Ok(())
}

/// The lines of a file, each with where it stands.
fn lines(path: &Path) -> Result<Vec<(String, String)>, Box<dyn Error>> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let line = |(number, line): (usize, &str)| (format!("{}:{}", path.display(), number + 1), line.to_owned());
    Ok(text.lines().enumerate().map(line).collect())
}

fn read(path: &Path) -> Result<Vec<AnyTask>, Box<dyn Error>> {
    let mut tasks = Vec::new();
    for (at, line) in lines(path)? {
        let wrong = |error: LineError| format!("{at}: {}", error.diagnostics[0].message);
        tasks.push(parse_json(&line, &at).map_err(wrong)?);
    }
    Ok(tasks)
}

/// The tasks that a file of results has right programs for.
fn right(tasks: &[AnyTask], path: &Path) -> Result<HashSet<String>, Box<dyn Error>> {
    let by_id: HashMap<&str, &AnyTask> = tasks.iter().map(|task| (task.id(), task)).collect();
    let mut found = HashSet::new();
    for (at, line) in lines(path)? {
        let record: Record = serde_json::from_str(&line).map_err(|error| format!("{at}: not a result: {error}"))?;
        let Some(id) = record.id else { continue };
        let task = by_id.get(id.as_str()).ok_or_else(|| format!("{at}: there is no task `{id}`"))?;
        if Judge::new(task).score(record.program.as_deref(), record.seconds).right() == Some(true) {
            found.insert(id);
        }
    }
    Ok(found)
}

fn question(task: &AnyTask) -> Result<Question, Box<dyn Error>> {
    let refuse = |why: &str| Err(format!("task `{}`: {why}", task.id()).into());
    let task = match task {
        AnyTask::C(task) if is_default_signature(&task.signature) => task,
        _ => return refuse("only tasks of `int * func_1(int a[])` are sampled"),
    };
    let pairs = |examples: &[Example]| examples.iter().map(pair).collect::<Option<Vec<_>>>();
    let (Some(given), Some(held_out)) = (pairs(&task.examples), pairs(&task.held_out)) else {
        return refuse("only arrays of five values from -4 to 4 are sampled");
    };
    if given.is_empty() || held_out.is_empty() || given.len().max(held_out.len()) > FEW {
        return refuse("there must be given and held-out examples, and not more than 16 of either");
    }
    let truth = inputs::hash_outputs(held_out.iter().map(|(_, output)| Some(output.map(i32::from))));
    let held_out = held_out.into_iter().map(|(input, _)| input).collect();
    Ok(Question { given, held_out, truth, answers: HashMap::new(), votes: 0 })
}

/// An example's input and output.
fn pair(example: &Example) -> Option<(Cells, Cells)> {
    let [Argument::Array(input)] = &example.input[..] else { return None };
    let [Some(Argument::Array(output))] = &example.arrays[..] else { return None };
    let cells = |values: &[i32]| inputs::in_range(<[i32; CELLS]>::try_from(values).ok()?);
    Some((cells(input)?, cells(output)?))
}

/// Draws programs and counts their votes.
fn vote(questions: &mut [Question], programs: u64, seed: u64) {
    let sampler = Sampler::new(Config::default());
    let style = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} programs, {msg} open, {eta} left");
    let progress = ProgressBar::new(programs).with_style(style.expect("it is well-formed"));
    for start in (0..programs).step_by(ROUND as usize) {
        let open: Vec<usize> = (0..questions.len()).filter(|it| questions[*it].votes < ENOUGH).collect();
        progress.set_message(open.len().to_string());
        let cast = |voter: &mut Voter, index| voter.votes(&sampler, mix(seed), start + index as u64, questions, &open);
        let round: Vec<Vec<Vote>> = (0..ROUND.min(programs - start) as usize)
            .into_par_iter()
            .with_min_len(256)
            .map_init(Voter::new, cast)
            .filter(|votes| !votes.is_empty())
            .collect();
        for (question, answer, weight) in round.into_iter().flatten() {
            *questions[question].answers.entry(answer).or_default() += weight;
            questions[question].votes += 1;
        }
        progress.inc(ROUND);
    }
    progress.finish_and_clear();
}

impl Voter {
    fn new() -> Self {
        let fuel = Config::default().fuel * 10;
        Self {
            scratch: Scratch::default(),
            many: Box::default(),
            few: Lanes::default(),
            fuel,
            inputs: inputs::fixed(1),
        }
    }

    /// The votes of one program on the open questions.
    fn votes(&mut self, sampler: &Sampler, seed: u64, index: u64, all: &[Question], open: &[usize]) -> Vec<Vote> {
        let sampled = sampler.task(seed, index, 0, &mut self.scratch, &mut Counts::default());
        let fitting = self.fitting(&sampled, all, open);
        if fitting.is_empty() {
            return Vec::new();
        }
        let share = self.share(&sampled);
        let answer = |question: usize| {
            let Question { given, held_out, .. } = &all[question];
            self.few.run(&sampled.tree, held_out, self.fuel).ok()?;
            let answer = inputs::hash_outputs((0..held_out.len()).map(|lane| self.few.output(lane)));
            Some((question, answer, share.powi(-(given.len() as i32))))
        };
        fitting.into_iter().filter_map(answer).collect()
    }

    /// The questions whose given examples a program fits: first all on their first example, then each on its others.
    fn fitting(&mut self, sampled: &Sampled, all: &[Question], open: &[usize]) -> Vec<usize> {
        let mut fitting = Vec::new();
        for some in open.chunks(MANY) {
            let firsts: Vec<Cells> = some.iter().map(|it| all[*it].given[0].0).collect();
            if self.many.run(&sampled.tree, &firsts, self.fuel).is_err() {
                return Vec::new();
            }
            let right = |(lane, it): &(usize, &usize)| gives(&self.many, *lane, all[**it].given[0].1);
            fitting.extend(some.iter().enumerate().filter(right).map(|(_, it)| *it));
        }
        fitting.retain(|it| {
            let given = &all[*it].given;
            let inputs: Vec<Cells> = given.iter().map(|(input, _)| *input).collect();
            self.few.run(&sampled.tree, &inputs, self.fuel).is_ok()
                && given.iter().enumerate().all(|(lane, (_, output))| gives(&self.few, lane, *output))
        });
        fitting
    }

    /// The share of inputs whose outputs are in range.
    fn share(&mut self, sampled: &Sampled) -> f64 {
        let mut inside = 0;
        for inputs in self.inputs.chunks(MANY) {
            if self.many.run(&sampled.tree, inputs, self.fuel).is_ok() {
                let outputs = (0..inputs.len()).filter_map(|lane| self.many.output(lane));
                inside += outputs.filter(|output| inputs::in_range(*output).is_some()).count();
            }
        }
        inside.max(1) as f64 / SHARE as f64
    }
}

fn gives<const N: usize>(lanes: &Lanes<N>, lane: usize, output: Cells) -> bool {
    lanes.output(lane) == Some(output.map(i32::from))
}

impl Question {
    /// The answer with most weight, and its share of all.
    fn best(&self) -> Option<(u64, f64)> {
        let (answer, weight) = self.answers.iter().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(a.0)))?;
        Some((*answer, weight / self.answers.values().sum::<f64>()))
    }
}

fn print(tasks: &[AnyTask], questions: &[Question], results: &[PathBuf], right: &[HashSet<String>]) {
    print!("| programs that fit | tasks | truth among their answers | best answer right | by the votes |");
    results.iter().for_each(|path| print!(" {} |", path.display()));
    println!("\n|---|{}", "---:|".repeat(4 + results.len()));
    let mut most = u64::MAX;
    for least in ROWS {
        let name = match least {
            0 => "none".to_owned(),
            ENOUGH => format!("{ENOUGH} and more"),
            _ => format!("{least} to {most}"),
        };
        row(&name, tasks, questions, right, |votes| (least..=most).contains(&votes));
        most = least.saturating_sub(1);
    }
    row("all", tasks, questions, right, |_| true);
}

/// A row for the tasks of which `here` is true.
fn row(name: &str, tasks: &[AnyTask], questions: &[Question], right: &[HashSet<String>], here: impl Fn(u64) -> bool) {
    let both: Vec<(&AnyTask, &Question)> = tasks.iter().zip(questions).filter(|(_, it)| here(it.votes)).collect();
    let count = |right: &dyn Fn(&AnyTask, &Question) -> bool| both.iter().filter(|(t, q)| right(t, q)).count();
    let covered = count(&|_, question| question.answers.contains_key(&question.truth));
    let best = count(&|_, question| question.best().is_some_and(|(answer, _)| answer == question.truth));
    let expected = both.iter().filter_map(|(_, question)| question.best()).fold(0.0, |sum, (_, share)| sum + share);
    print!("| {name} | {} | {covered} | {best} | {expected:.1} |", both.len());
    right.iter().for_each(|right| print!(" {} |", count(&|task, _| right.contains(task.id()))));
    println!();
}
