//! The paper's four experiments: accuracy against the pool's size, registers, instructions and examples. Each point
//! trains networks of its own for the same processor time, on tasks like those that are measured; the default method,
//! which is plain search, solves the same tasks. A point that was done is read from the folder, so that a run that was
//! stopped goes on.

use crate::random::{Outcome, agrees, measure as plain};
use crate::{Options, plot};
use iocc::selfplay::{Config, Pool, PoolConfig, Trainer, measure};
use iocc::synth::{self, Learned};
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::path::Path;
use std::time::Duration;

/// Tasks that are measured come from this seed.
const SEED: u64 = 0x4155_544f;

/// A point of a plot.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Point {
    /// Tasks that were measured.
    pub tasks: usize,
    /// Solved by the networks alone.
    pub networks: usize,
    /// Of these, right on 64 other states.
    pub networks_right: usize,
    /// States that the networks saw a task, the mean.
    pub evaluations: f64,
    /// Solved by plain search.
    pub plain: usize,
    /// Of these, right on 64 other states.
    pub plain_right: usize,
    /// Processor time of the training, in seconds, and its steps.
    pub train_seconds: f64,
    /// Steps of the training.
    pub train_steps: u64,
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
    let mut base = Config::from_toml(&std::fs::read_to_string(
        options.text("--config").unwrap_or("configs/autoassemblet/whole.toml"),
    )?)?;
    // The configuration is one of three minutes: its schedule is as much shorter as the points are.
    let scale = |count: u64| ((count as f64 * minutes / 3.0) as u64).max(1);
    base.training.steps = scale(base.training.steps);
    base.training.checkpoint_every = base.training.steps;
    base.learning.imitation_steps = scale(base.learning.imitation_steps);
    base.learning.halves = scale(base.learning.halves);
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
            let Point { networks, networks_right, plain, plain_right, train_seconds, train_steps, .. } = point;
            println!(
                "| {value} | {} | {} | {} | {} | {train_steps} steps, {train_seconds:.0} s |",
                share(networks),
                share(networks_right),
                share(plain),
                share(plain_right)
            );
            points.push((value, point));
        }
        plot::draw(&folder.join(format!("{name}.svg")), varies, &points)?;
    }
    Ok(())
}

/// Trains and measures one point.
fn point(config: &Config, folder: &Path, tasks: usize) -> Result<Point, Box<dyn Error>> {
    let PoolConfig { tasks: size, steps, registers, slots, examples, .. } = config.pool;
    let minutes = config.training.minutes;
    let name = format!("{size}-{}-{registers}-{slots}-{examples}-{minutes}min-{tasks}", steps[1]);
    let done = folder.join(format!("{name}.json"));
    if let Ok(text) = std::fs::read_to_string(&done) {
        return Ok(serde_json::from_str(&text)?);
    }
    let mut config = config.clone();
    config.output = folder.join(&name);
    let mut trainer = Trainer::new(config.clone(), true)?;
    let mut train_seconds = 0.0;
    trainer.run(|metrics| {
        train_seconds = metrics.seconds;
        if let Some(validation) = metrics.validation {
            eprintln!("{name}: step {}, {train_seconds:.0} s, {:.1} %", metrics.step, 100.0 * validation);
        }
    })?;
    let train_steps = trainer.steps_done();
    let learner = trainer.learner();
    let pool = PoolConfig { tasks, ..config.pool.clone() };
    let cases = measure(&learner, &pool, SEED, &config.solve, false)?;
    let drawn = Pool::new(&pool, SEED);
    let right = |number: &usize| {
        let case = &cases[*number];
        let text = case.program.as_ref().map(|program| case.game.rules.print(program));
        text.is_some_and(|text| agrees(&text, &case.game, drawn.program(*number), &pool))
    };
    let limits = synth::Options { time_limit: Duration::from_secs(10), ..synth::Options::default() };
    let Outcome { solved, right: plain_right, .. } = plain(&drawn, &pool, &Learned::default(), &limits);
    let point = Point {
        tasks,
        networks: cases.iter().filter(|case| case.program.is_some()).count(),
        networks_right: (0..tasks).filter(right).count(),
        evaluations: cases.iter().map(|case| case.evaluations as f64).sum::<f64>() / tasks as f64,
        plain: solved,
        plain_right,
        train_seconds,
        train_steps,
    };
    std::fs::create_dir_all(folder)?;
    std::fs::write(&done, serde_json::to_string_pretty(&point)?)?;
    Ok(point)
}
