//! The paper's four experiments: accuracy against the pool's size, registers, instructions and examples. Each point
//! trains networks of its own for the same processor time, on tasks like those that are measured; the default method,
//! which is plain search, solves the same tasks. A point that was done is read from the folder, so that a run that was
//! stopped goes on.

use crate::random::{Outcome, agrees, measure as plain};
use crate::{Options, plot};
use iocc::model::Schedule;
use iocc::selfplay::{Config, Pool, PoolConfig, Trainer, measure};
use iocc::store;
use iocc::synth::{self, Learned};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::path::Path;
use std::time::Duration;

/// Tasks that are measured come from this seed.
const SEED: u64 = 0x4155_544f;
/// The length of programs that the configuration's batches are for.
const BASE_LENGTH: usize = 3;
/// Of a point's time, the share that the schedule is laid out for.
const FILLED: f64 = 0.95;
/// Of that, the share in which only programs are imitated.
const IMITATED: f64 = 0.55;
/// Steps that are timed to learn what one costs.
const TIMED: u64 = 12;

/// A point of a plot.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// Tasks that were measured.
    pub tasks: usize,
    /// What the networks alone make of them.
    pub networks: Networks,
    /// What plain search makes of them.
    pub plain: Plain,
}

/// What networks make of a point's tasks.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Networks {
    /// Solved.
    pub solved: usize,
    /// Of these, right on 64 other states.
    pub right: usize,
    /// States that the networks saw a task, the mean.
    pub evaluations: f64,
    /// Processor time of the training, in seconds.
    pub seconds: f64,
    /// Steps of the training.
    pub steps: u64,
}

/// What plain search makes of a point's tasks.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Plain {
    /// Solved.
    pub solved: usize,
    /// Of these, right on 64 other states.
    pub right: usize,
}

/// One experiment: its name, what varies, and where.
struct Experiment {
    name: &'static str,
    varies: &'static str,
    values: Vec<usize>,
    set: fn(&mut PoolConfig, usize),
}

fn experiments() -> [Experiment; 4] {
    [
        Experiment {
            name: "pool",
            varies: "tasks in the pool",
            values: vec![1_000, 10_000, 100_000, 300_000],
            set: |pool, value| pool.tasks = value,
        },
        Experiment {
            name: "registers",
            varies: "registers",
            values: vec![2, 3, 4],
            set: |pool, value| pool.registers = value,
        },
        Experiment {
            name: "steps",
            varies: "instructions",
            values: vec![1, 2, 3, 4, 5, 6, 8, 10],
            set: |pool, value| pool.steps = [value, value],
        },
        Experiment {
            name: "examples",
            varies: "examples",
            values: vec![1, 2, 3, 4],
            set: |pool, value| pool.examples = value,
        },
    ]
}

/// Runs the experiments, prints their tables and writes their plots.
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let folder = Path::new(options.text("--out").unwrap_or("runs/autoassemblet/experiments"));
    let minutes: f64 = options.number("--minutes", 3.0)?;
    let tasks = options.number("--tasks", 200)?;
    let base = Config::from_toml(&std::fs::read_to_string(
        options.text("--config").unwrap_or("configs/autoassemblet/experiments.toml"),
    )?)?;
    let wanted = |name: &str| options.text("--only").is_none_or(|only| only.split(',').any(|one| one == name));
    println!(
        "networks alone: {minutes} minutes of processor time a point, at most {} states a task",
        base.solve.evaluations
    );
    for Experiment { name, varies, values, set } in experiments().into_iter().filter(|it| wanted(it.name)) {
        println!(
            "\n| {varies} | networks | right on unseen states | plain search | right on unseen states | training |"
        );
        println!("|---|---|---|---|---|---|");
        let mut points = Vec::new();
        for value in values {
            let mut config = base.clone();
            set(&mut config.pool, value);
            config.training.minutes = minutes;
            let point = point(&config, folder, tasks)?;
            let share = |part: usize| format!("{:.1} %", 100.0 * part as f64 / tasks as f64);
            let Networks { solved, right, seconds, steps, .. } = point.networks;
            println!(
                "| {value} | {} | {} | {} | {} | {steps} steps, {seconds:.0} s |",
                share(solved),
                share(right),
                share(point.plain.solved),
                share(point.plain.right)
            );
            points.push((value, point));
        }
        plot::draw(&folder.join(format!("{name}.svg")), varies, &points)?;
    }
    Ok(())
}

/// Trains and measures one point, as far as its files are not there yet.
fn point(config: &Config, folder: &Path, tasks: usize) -> Result<Point, Box<dyn Error>> {
    let PoolConfig { tasks: size, steps, registers, slots, examples, .. } = config.pool;
    let minutes = config.training.minutes;
    let pool = PoolConfig { tasks, ..config.pool.clone() };
    let kind = format!("{}-{registers}-{slots}-{examples}", steps[1]);
    let name = format!("{size}-{kind}-{minutes}min");
    let networks = once(&folder.join(format!("{name}-{tasks}.json")), || {
        let config = Config { output: folder.join(&name), ..config.clone() };
        networks(config, &pool)
    })?;
    let plain = once(&folder.join(format!("plain-{kind}-{tasks}.json")), || {
        let limits = synth::Options { time_limit: Duration::from_secs(10), ..synth::Options::default() };
        let Outcome { solved, right, .. } = plain(&Pool::new(&pool, SEED), &pool, &Learned::default(), &limits);
        Ok(Plain { solved, right })
    })?;
    Ok(Point { tasks, networks, plain })
}

/// What a file holds, or what is made and then put there.
fn once<T: Serialize + DeserializeOwned>(
    path: &Path,
    make: impl FnOnce() -> Result<T, Box<dyn Error>>,
) -> Result<T, Box<dyn Error>> {
    if path.exists() {
        return Ok(serde_json::from_slice(&store::read(path)?).map_err(|error| format!("{}: {error}", path.display()))?);
    }
    let made = make()?;
    store::write(path, &store::description(&made))?;
    Ok(made)
}

/// Trains networks, and measures them on tasks of this pool.
fn networks(config: Config, pool: &PoolConfig) -> Result<Networks, Box<dyn Error>> {
    let config: Config = once(&config.output.with_extension("config.json"), || fitted(config))?;
    let name = config.output.display().to_string();
    let mut trainer = Trainer::new(config.clone(), true)?;
    trainer.run(|metrics| {
        if let Some(validation) = metrics.validation {
            eprintln!("{name}: step {}, {:.0} s, {:.1} %", metrics.step, metrics.seconds, 100.0 * validation);
        }
    })?;
    let (steps, seconds) = (trainer.steps_done(), trainer.seconds());
    let cases = measure(&trainer.learner(), pool, SEED, &config.solve, false)?;
    let drawn = Pool::new(pool, SEED);
    let right = |number: &usize| {
        let case = &cases[*number];
        let text = case.program.as_ref().map(|program| case.game.rules.print(program));
        text.is_some_and(|text| agrees(&text, &case.game, drawn.program(*number), pool))
    };
    Ok(Networks {
        solved: cases.iter().filter(|case| case.program.is_some()).count(),
        right: (0..cases.len()).filter(right).count(),
        evaluations: cases.iter().map(|case| case.evaluations as f64).sum::<f64>() / cases.len() as f64,
        seconds,
        steps,
    })
}

/// The configuration with batches of as many states whatever the programs' length, and with a schedule that takes its
/// minutes on this machine: what a step costs is measured first, with attempts and without.
fn fitted(mut config: Config) -> Result<Config, Box<dyn Error>> {
    let longest = config.pool.steps[1];
    config.training.batch = (BASE_LENGTH * config.training.batch / longest).max(1);
    config.learning.attempts = (BASE_LENGTH * config.learning.attempts / longest).max(1);
    let (imitation, attempts) = (cost(&config, TIMED)?, cost(&config, 0)?);
    let seconds = FILLED * 60.0 * config.training.minutes;
    let steps = |share: f64, each: f64| ((share * seconds / each) as u64).max(1);
    let reinforced = steps(1.0 - IMITATED, attempts);
    config.learning.imitation_steps = steps(IMITATED, imitation);
    config.learning.halves = reinforced;
    config.training.steps = config.learning.imitation_steps + reinforced;
    config.training.checkpoint_every = config.training.steps;
    Ok(config)
}

/// Seconds of processor time that a step takes, the median, where so many steps are of imitation alone.
fn cost(config: &Config, imitation_steps: u64) -> Result<f64, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let mut config = Config { output: folder.path().join("run"), ..config.clone() };
    config.pool.tasks = config.pool.tasks.min(10_000);
    config.learning.imitation_steps = imitation_steps;
    config.training = Schedule { steps: TIMED, log_every: 1, checkpoint_every: TIMED, ..config.training };
    let mut times = Vec::new();
    Trainer::new(config, false)?.run(|metrics| times.push(metrics.seconds))?;
    // The last step's time has the validation in it.
    let mut each: Vec<f64> = times[..times.len() - 1].windows(2).map(|pair| pair[1] - pair[0]).collect();
    each.sort_by(f64::total_cmp);
    Ok(each[each.len() / 2])
}
