//! A task as tree search plays it: states are the cells of all examples, a cell's values side by side, and moves are
//! instructions.

use crate::exec::expand::mix;
use crate::exec::steps::{self, Layout, NUMBER, Operation, Step};
use crate::lang::x86::{self, Machine, ast::Syntax};
use crate::search::meet::{Unsupported, actions, problem};
use crate::task::x86::{DEFAULT_INSTRUCTIONS, Example, Output, Task};
use std::sync::Arc;

/// Which moves there are: the instructions over a layout's cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    layout: Layout,
    actions: Vec<Step>,
}

impl Rules {
    /// The moves by these instructions. What they do must be told by their operands alone: nothing that reads or is for
    /// flags.
    pub fn new(words: &[String], layout: Layout) -> Result<Self, Unsupported> {
        use Operation::{Compare, Exchange, JumpIf, MoveIf};
        let actions = actions::actions(words, &layout)?;
        match actions.iter().find(|step| matches!(step.operation, Compare | Exchange | JumpIf | MoveIf)) {
            Some(_) => Err(Unsupported("the networks know neither flags nor `xchg`".into())),
            None => Ok(Self { layout, actions }),
        }
    }

    /// AutoAssemblet's four instructions.
    pub fn usual(layout: Layout) -> Self {
        let words: Vec<String> = DEFAULT_INSTRUCTIONS.iter().map(|word| (*word).to_owned()).collect();
        Self::new(&words, layout).expect("the four instructions are known")
    }

    /// Where states are.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Cells of a state.
    pub fn cells(&self) -> usize {
        self.layout.width()
    }

    /// The moves, in a fixed order.
    pub fn actions(&self) -> &[Step] {
        &self.actions
    }

    /// Makes a move in a state of so many examples.
    #[inline]
    pub fn apply(&self, action: usize, state: &mut [i32], examples: usize) {
        let step = &self.actions[action];
        let to = usize::from(step.to) * examples;
        for example in 0..examples {
            state[to + example] = self.result(step, state, example, examples);
        }
    }

    /// What a move makes of its cell in one of so many examples.
    #[inline]
    pub fn result(&self, step: &Step, state: &[i32], example: usize, examples: usize) -> i32 {
        let (to, from) = (usize::from(step.to) * examples, usize::from(step.from) * examples);
        let source = if step.from == NUMBER { step.value } else { state[from + example] };
        let [new] = step.operation.rows(&[state[to + example]], &[source]);
        new
    }

    /// The text of a program.
    pub fn print(&self, program: &[u16]) -> String {
        let steps: Vec<Step> = program.iter().map(|action| self.actions[usize::from(*action)]).collect();
        x86::print(&steps::program(&steps, &self.layout), Syntax::Att)
    }
}

/// A task: from this state to that one.
#[derive(Clone, Debug)]
pub struct Game {
    /// The moves.
    pub rules: Arc<Rules>,
    /// How many examples there are.
    pub examples: usize,
    /// `[cells, examples]`
    pub start: Vec<i32>,
    /// `[cells, examples]`; 0 where nothing is asked for.
    pub goal: Vec<i32>,
    /// The cells that are asked for, as bits.
    pub asked: u32,
}

impl Game {
    /// The game that a task is.
    pub fn new(task: &Task) -> Result<Self, Unsupported> {
        let layout = problem::layout(task)?;
        let rules = Arc::new(Rules::new(&task.instructions, layout)?);
        let (examples, cells) = (task.examples.len(), rules.cells());
        let mut game = Self {
            rules,
            examples,
            start: vec![0; cells * examples],
            goal: vec![0; cells * examples],
            asked: u32::MAX,
        };
        for (lane, example) in task.examples.iter().enumerate() {
            let (start, goal) = problem::rows(example, game.rules.layout());
            for (cell, (start, goal)) in start.into_iter().zip(&goal).enumerate() {
                game.start[cell * examples + lane] = start;
                game.goal[cell * examples + lane] = goal.unwrap_or(0);
                if goal.is_none() {
                    // What only some examples ask for is free here; the proof asks for it.
                    game.asked &= !(1 << cell);
                }
            }
        }
        game.forget();
        Ok(game)
    }

    /// The task that this game is: its registers and, where there are some and all are asked for, its slots.
    pub fn task(&self) -> Task {
        let layout = self.rules.layout();
        let registers = layout.registers();
        let example = |lane: usize| {
            let values =
                |cells: &[i32]| -> Vec<i32> { cells.iter().skip(lane).step_by(self.examples).copied().collect() };
            let (start, goal) = (values(&self.start), values(&self.goal));
            let mut input = Machine::new(layout.slots());
            registers.iter().zip(&start).for_each(|(register, value)| input.set_register(*register, (*value).into()));
            if layout.slots() > 0 {
                input.set_ram(&start[registers.len()..]);
            }
            let asked = |cell: &usize| self.asked >> cell & 1 == 1;
            let whole = layout.slots() > 0 && (registers.len()..start.len()).all(|cell| asked(&cell));
            let output = Output {
                registers: (0..registers.len())
                    .filter(asked)
                    .map(|cell| (registers[cell], i64::from(goal[cell])))
                    .collect(),
                ram: whole.then(|| goal[registers.len()..].to_vec()),
            };
            Example { input, named: registers.to_vec(), output }
        };
        Task {
            id: "game".into(),
            instructions: DEFAULT_INSTRUCTIONS.iter().map(|word| (*word).to_owned()).collect(),
            examples: (0..self.examples).map(example).collect(),
            held_out: Vec::new(),
            source: None,
        }
    }

    /// Makes the goal 0 where nothing is asked for.
    pub fn forget(&mut self) {
        for (cell, row) in self.goal.chunks_mut(self.examples).enumerate() {
            if self.asked >> cell & 1 == 0 {
                row.fill(0);
            }
        }
    }

    /// Whether a state has all that is asked for.
    pub fn reached(&self, state: &[i32]) -> bool {
        let rows = state.chunks_exact(self.examples).zip(self.goal.chunks_exact(self.examples));
        rows.enumerate().all(|(cell, (now, goal))| self.asked >> cell & 1 == 0 || now == goal)
    }

    /// The state behind a program.
    pub fn after(&self, program: &[u16]) -> Vec<i32> {
        let mut state = self.start.clone();
        program.iter().for_each(|action| self.rules.apply(usize::from(*action), &mut state, self.examples));
        state
    }

    /// A program without the instructions that can be left out one after the other.
    pub fn shorten(&self, program: &[u16]) -> Vec<u16> {
        let mut program = program.to_vec();
        let mut at = 0;
        while at < program.len() {
            let without = [&program[..at], &program[at + 1..]].concat();
            if self.reached(&self.after(&without)) {
                (program, at) = (without, 0);
            } else {
                at += 1;
            }
        }
        program
    }
}

/// The hash of a state.
pub fn hash(state: &[i32]) -> u64 {
    state.iter().fold(state.len() as u64, |hash, value| mix(hash ^ u64::from(*value as u32)))
}
