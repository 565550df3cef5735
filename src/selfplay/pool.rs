//! The task pool: a pilot policy draws instructions and states, and what its programs do are the tasks. Equal seeds give
//! equal pools on any number of threads.

use crate::exec::steps::{Layout, REGISTERS};
use crate::search::tree::{Game, Rules};
use iced_x86::Register;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Tasks that one generator makes.
const BLOCK: usize = 1024;
/// Programs that are drawn for a task until one of them is taken.
const TRIES: usize = 10_000;
/// The registers that tasks use, in this order.
const NAMES: [Register; 6] = [Register::EAX, Register::EBX, Register::ECX, Register::EDX, Register::ESI, Register::EDI];

/// What the pilot policy draws.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PoolConfig {
    /// Tasks.
    pub tasks: usize,
    /// Instructions of a program, at least and at most; each number is as likely.
    pub steps: [usize; 2],
    /// Registers: eax, ebx, ecx, edx, esi, edi.
    pub registers: usize,
    /// Slots of RAM.
    pub slots: usize,
    /// Examples of a task.
    pub examples: usize,
    /// Cells begin as numbers from 0 up to this, itself left out.
    pub values: i32,
    /// How likely a cell is left free in what is asked for.
    pub free: f64,
}

impl Default for PoolConfig {
    fn default() -> Self {
        Self { tasks: 300_000, steps: [3, 3], registers: 4, slots: 0, examples: 2, values: 10, free: 0.0 }
    }
}

impl PoolConfig {
    /// Fails where a number is senseless; a file can hold anything.
    pub fn check(&self) -> Result<(), String> {
        let numbers = [
            ("tasks", self.tasks, 1, 100_000_000),
            ("steps", self.steps[0], 1, 64),
            ("steps", self.steps[1], self.steps[0], 64),
            ("registers", self.registers, 1, NAMES.len()),
            ("slots", self.slots, 0, 13),
            ("examples", self.examples, 1, 64),
            ("values", self.values.max(0) as usize, 2, 1 << 20),
        ];
        for (name, value, least, most) in numbers {
            if !(least..=most).contains(&value) {
                return Err(format!("pool.{name} is {value}; it must be within {least} and {most}"));
            }
        }
        match self.free {
            free if (0.0..1.0).contains(&free) => Ok(()),
            free => Err(format!("pool.free is {free}; it must be at least 0 and less than 1")),
        }
    }

    /// The moves of its tasks.
    pub fn rules(&self) -> Rules {
        const { assert!(NAMES.len() < REGISTERS) };
        let layout = Layout::new(&NAMES[..self.registers], self.slots).expect("different registers of 32 bits");
        Rules::usual(layout)
    }
}

/// Tasks with the programs that solve them.
#[derive(Clone, Debug)]
pub struct Pool {
    rules: Arc<Rules>,
    examples: usize,
    /// `[tasks, cells, examples]`
    starts: Vec<i32>,
    goals: Vec<i32>,
    asked: Vec<u32>,
    /// `[tasks, longest]`
    programs: Vec<u16>,
    lengths: Vec<u8>,
    longest: usize,
}

/// A task of the pool on its way there.
struct Drawn {
    game: Game,
    program: Vec<u16>,
}

impl Pool {
    /// Draws tasks.
    pub fn new(config: &PoolConfig, seed: u64) -> Self {
        let rules = Arc::new(config.rules());
        let blocks: Vec<Vec<Drawn>> = (0..config.tasks.div_ceil(BLOCK))
            .into_par_iter()
            .map(|block| {
                let mut random =
                    Xoshiro256PlusPlus::seed_from_u64(seed ^ (block as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
                let count = BLOCK.min(config.tasks - block * BLOCK);
                (0..count).map(|_| draw(config, &rules, &mut random)).collect()
            })
            .collect();
        let longest = config.steps[1];
        let mut pool = Self {
            examples: config.examples,
            rules,
            starts: Vec::new(),
            goals: Vec::new(),
            asked: Vec::new(),
            programs: Vec::new(),
            lengths: Vec::new(),
            longest,
        };
        for drawn in blocks.into_iter().flatten() {
            pool.starts.extend(drawn.game.start);
            pool.goals.extend(drawn.game.goal);
            pool.asked.push(drawn.game.asked);
            pool.lengths.push(drawn.program.len() as u8);
            pool.programs.extend(&drawn.program);
            pool.programs.resize(pool.lengths.len() * longest, 0);
        }
        pool
    }

    /// Tasks.
    pub fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// The moves of all tasks.
    pub fn rules(&self) -> &Arc<Rules> {
        &self.rules
    }

    /// Examples of a task.
    pub fn examples(&self) -> usize {
        self.examples
    }

    /// A task.
    pub fn game(&self, task: usize) -> Game {
        let width = self.rules.cells() * self.examples;
        let row = task * width..(task + 1) * width;
        Game {
            rules: Arc::clone(&self.rules),
            examples: self.examples,
            start: self.starts[row.clone()].to_vec(),
            goal: self.goals[row].to_vec(),
            asked: self.asked[task],
        }
    }

    /// The shortest program that is known to solve a task, as moves.
    pub fn program(&self, task: usize) -> &[u16] {
        &self.programs[task * self.longest..][..usize::from(self.lengths[task])]
    }

    /// Takes another program for a task, if it is shorter and solves it.
    pub fn improve(&mut self, task: usize, program: &[u16]) -> bool {
        let game = self.game(task);
        let better = program.len() < self.program(task).len() && game.reached(&game.after(program));
        if better {
            self.programs[task * self.longest..][..program.len()].copy_from_slice(program);
            self.lengths[task] = program.len() as u8;
        }
        better
    }

    /// The programs as numbers that a file can hold: of each task the length, then its moves.
    pub fn programs(&self) -> Vec<i64> {
        let row = |task: usize| {
            let moves = &self.programs[task * self.longest..][..self.longest];
            std::iter::once(i64::from(self.lengths[task])).chain(moves.iter().map(|action| i64::from(*action)))
        };
        (0..self.len()).flat_map(row).collect()
    }

    /// Takes over what [`Self::programs`] gave of the same pool; false where it is of another.
    pub fn restore(&mut self, programs: &[i64]) -> bool {
        if programs.len() != self.len() * (self.longest + 1) {
            return false;
        }
        for (task, row) in programs.chunks_exact(self.longest + 1).enumerate() {
            let moves: Vec<u16> = row[1..].iter().map(|action| *action as u16).collect();
            let known = moves.iter().all(|action| usize::from(*action) < self.rules.actions().len());
            if !known || !(0..=self.longest as i64).contains(&row[0]) {
                return false;
            }
            self.lengths[task] = row[0] as u8;
            self.programs[task * self.longest..][..self.longest].copy_from_slice(&moves);
        }
        true
    }
}

/// A task whose program goes through a new state with each instruction, and from which none can be left out.
fn draw(config: &PoolConfig, rules: &Arc<Rules>, random: &mut Xoshiro256PlusPlus) -> Drawn {
    let length = random.random_range(config.steps[0]..=config.steps[1]);
    let mut last = None;
    for _ in 0..TRIES {
        let drawn = attempt(config, rules, length, random);
        let whole = drawn.game.shorten(&drawn.program).len() == drawn.program.len();
        if whole && drawn.program.len() == length {
            return drawn;
        }
        last = Some(drawn);
    }
    // Few cells leave little to do: then a shorter program serves.
    let mut drawn = last.expect("at least one try");
    drawn.program = drawn.game.shorten(&drawn.program);
    drawn
}

fn attempt(config: &PoolConfig, rules: &Arc<Rules>, length: usize, random: &mut Xoshiro256PlusPlus) -> Drawn {
    let (cells, examples) = (rules.cells(), config.examples);
    let start: Vec<i32> = (0..cells * examples).map(|_| random.random_range(0..config.values)).collect();
    let mut states = vec![start];
    let mut program = Vec::new();
    while program.len() < length {
        let action = random.random_range(0..rules.actions().len());
        let mut state = states[program.len()].clone();
        rules.apply(action, &mut state, examples);
        if states.contains(&state) {
            break;
        }
        states.push(state);
        program.push(action as u16);
    }
    let mut asked = (0..cells)
        .filter(|_| config.free == 0.0 || random.random::<f64>() >= config.free)
        .fold(0, |all, cell| all | 1 << cell);
    if asked == 0 {
        asked = 1 << random.random_range(0..cells);
    }
    let goal = states[program.len()].clone();
    let mut game = Game { rules: Arc::clone(rules), examples, start: states[0].clone(), goal, asked };
    game.forget();
    Drawn { game, program }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_follows_from_its_seed() {
        let config = PoolConfig { tasks: 3_000, steps: [1, 4], free: 0.2, ..PoolConfig::default() };
        let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
        let (one, same) = (alone.install(|| Pool::new(&config, 7)), Pool::new(&config, 7));
        assert_eq!((&one.starts, &one.goals, &one.programs), (&same.starts, &same.goals, &same.programs));
        assert_ne!(one.starts, Pool::new(&config, 8).starts);
        assert_eq!(one.len(), 3_000);
    }

    #[test]
    fn each_task_is_solved_by_its_program_and_needs_all_of_it() {
        for slots in [0, 4] {
            let config = PoolConfig { tasks: 500, steps: [1, 4], slots, free: 0.1, ..PoolConfig::default() };
            let mut pool = Pool::new(&config, 1);
            for task in 0..pool.len() {
                let (game, program) = (pool.game(task), pool.program(task).to_vec());
                assert!(game.reached(&game.after(&program)) && (1..=4).contains(&program.len()));
                for left in 0..program.len() {
                    let without = [&program[..left], &program[left + 1..]].concat();
                    assert!(!game.reached(&game.after(&without)), "{}", game.rules.print(&program));
                    assert!(!pool.improve(task, &without), "it solves nothing");
                }
                assert!(!pool.improve(task, &program), "no shorter");
            }
            let lengths: Vec<usize> = (0..pool.len()).map(|task| pool.program(task).len()).collect();
            assert!((1..=4).all(|length| lengths.iter().filter(|one| **one == length).count() > 80));
        }
    }
}
