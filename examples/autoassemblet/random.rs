//! Random tasks: what the default method makes of them, and whether that is what the source does.

use crate::Options;
use iocc::lang::x86::Machine;
use iocc::search::tree::Game;
use iocc::selfplay::{Pool, PoolConfig, order};
use iocc::synth::verify::x86::Runnable;
use iocc::synth::{self, Learned, synthesize};
use iocc::task::AnyTask;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::error::Error;
use std::path::Path;
use std::time::Duration;

/// States on which programs are compared with the source, drawn as the tasks' own.
const UNSEEN: usize = 64;

/// The order of states that ships.
const ORDER: &str = "models/x86-order.safetensors";

/// What came of some tasks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outcome {
    /// Tasks.
    pub tasks: usize,
    /// Programs found.
    pub solved: usize,
    /// Of these, those that do what the source does on 64 other states.
    pub right: usize,
    /// Instructions of what was found, the mean.
    pub length: f64,
    /// Median of the seconds.
    pub median: f64,
}

/// Solves tasks of a pool by the default method, with what was learnt as far as it is given.
pub fn measure(pool: &Pool, config: &PoolConfig, learned: &Learned, options: &synth::Options) -> Outcome {
    let one = |number: usize| {
        let game = pool.game(number);
        let done = synthesize(&AnyTask::X86(game.task()), learned, options);
        let done = done.expect("tasks of the four instructions can be searched");
        let program = done.solutions.first().map(|solution| solution.program.clone());
        let right = program.as_deref().is_some_and(|program| agrees(program, &game, pool.program(number), config));
        let length = program.map(|program| program.lines().count());
        (length, right, done.time.as_secs_f64())
    };
    // One task after the other: each search uses all cores.
    let results: Vec<_> = (0..pool.len()).map(one).collect();
    let mut seconds: Vec<f64> = results.iter().map(|it| it.2).collect();
    seconds.sort_by(f64::total_cmp);
    let solved = results.iter().filter(|it| it.0.is_some()).count();
    Outcome {
        tasks: pool.len(),
        solved,
        right: results.iter().filter(|it| it.1).count(),
        length: results.iter().filter_map(|it| it.0).sum::<usize>() as f64 / solved.max(1) as f64,
        median: seconds.get(seconds.len() / 2).copied().unwrap_or(0.0),
    }
}

/// Whether a program does what the source does on other states.
pub fn agrees(program: &str, game: &Game, source: &[u16], config: &PoolConfig) -> bool {
    let layout = game.rules.layout();
    let mut random = Xoshiro256PlusPlus::seed_from_u64(64);
    let Ok(mut runnable) = Runnable::new(program, layout.slots()) else { return false };
    (0..UNSEEN).all(|_| {
        let start: Vec<i32> = (0..game.rules.cells()).map(|_| random.random_range(0..config.values)).collect();
        let mut machine = Machine::new(layout.slots());
        layout.registers().iter().zip(&start).for_each(|(name, value)| machine.set_register(*name, (*value).into()));
        machine.set_ram(&start[layout.registers().len()..]);
        let mut wanted = start;
        source.iter().for_each(|action| game.rules.apply(usize::from(*action), &mut wanted, 1));
        runnable.run(&machine).is_some_and(|left| {
            let mut cells: Vec<i32> = layout.registers().iter().map(|name| left.register(*name) as i32).collect();
            cells.extend(left.ram());
            cells == wanted
        })
    })
}

/// Prints a table: random tasks by the number of instructions.
pub fn search(options: &Options) -> Result<(), Box<dyn Error>> {
    let steps = options.text("--steps").unwrap_or("1-10");
    let (least, most) = steps.split_once('-').unwrap_or((steps, steps));
    let (least, most): (usize, usize) = (least.parse()?, most.parse()?);
    let config = PoolConfig {
        tasks: options.number("--tasks", 60)?,
        registers: options.number("--registers", 4)?,
        slots: options.number("--slots", 0)?,
        examples: options.number("--examples", 2)?,
        ..PoolConfig::default()
    };
    let seconds = options.number("--seconds", 10.0)?;
    let limits = synth::Options { time_limit: Duration::from_secs_f64(seconds), ..synth::Options::default() };
    let seed = options.number("--seed", 1)?;
    let order = match options.text("--order").unwrap_or(ORDER) {
        "none" => None,
        file => Some(order::load(Path::new(file))?.0),
    };
    let learned = Learned { order: order.as_ref(), ..Learned::default() };
    println!(
        "| instructions | examples | solved | the same on {UNSEEN} other states | instructions found | median seconds |"
    );
    println!("|---|---|---|---|---|---|");
    for length in least..=most {
        let config = PoolConfig { steps: [length, length], ..config.clone() };
        config.check()?;
        let Outcome { tasks, solved, right, length: found, median } =
            measure(&Pool::new(&config, seed), &config, &learned, &limits);
        let examples = config.examples;
        println!("| {length} | {examples} | {solved} of {tasks} | {right} | {found:.1} | {median:.4} |");
    }
    Ok(())
}
