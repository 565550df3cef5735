//! Karel's worlds through the engines: one run by any of them ([`run`]), many worlds together ([`run_worlds`]), and a
//! run that is watched step by step ([`Watch`]).

use super::batch::Batch;
use super::interp::{Interpreter, Stop, Tracer};
use super::jit::Jit;
use super::rows::{Call, RowArgument};
use super::{Argument, Engine, Outcome, Run};
use crate::diagnostic::Span;
use crate::ir::{FunctionId, Program, Type, VariableId};
use crate::lang::karel::ast::{self, Action};
use crate::lang::karel::{LowerOptions, World, lower};

/// The one function of a program.
const RUN: FunctionId = FunctionId(0);

/// Runs a lowered program in a world; the world after it where it returned.
pub fn run(engine: &mut dyn Engine, world: &World, fuel: u64) -> (Run, Option<World>) {
    let mut arguments = [Argument::Array(world.words().to_vec())];
    let run = engine.run(RUN, &mut arguments, fuel);
    let after = match (&run.outcome, &arguments) {
        (Outcome::Returned(_), [Argument::Array(words)]) => Some(world.after(words)),
        _ => None,
    };
    (run, after)
}

/// Worlds in rows of one width, as [`Batch`] takes them.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    width: usize,
    words: Vec<i32>,
}

impl Rows {
    /// Worlds of any sizes.
    pub fn new<'a>(worlds: impl IntoIterator<Item = &'a World> + Clone) -> Self {
        let width = worlds.clone().into_iter().map(|world| world.words().len()).max().unwrap_or(0);
        let mut words = Vec::new();
        for world in worlds {
            words.extend_from_slice(world.words());
            words.resize(words.len().next_multiple_of(width), 0);
        }
        Self { width, words }
    }

    /// The words of each world.
    pub fn iter(&self) -> impl Iterator<Item = &[i32]> {
        self.words.chunks_exact(self.width.max(1))
    }

    /// Takes the words of other rows, without allocating.
    pub fn copy_from(&mut self, other: &Self) {
        self.width = other.width;
        self.words.clone_from(&other.words);
    }

    /// Runs a lowered program in each of the worlds, which then hold what it left; `tell` hears how each run ended. Of
    /// a run that did not return the world stays as it was.
    pub fn run(&mut self, batch: &mut Batch, program: &Program, fuel: u64, mut tell: impl FnMut(usize, Stop, u64)) {
        let shape = [RowArgument::Array(self.width as u32)];
        let call = Call { function: RUN, shape: &shape, fuel };
        batch.run_rows(program, &call, &mut self.words, |row, run| tell(row, run.stop, run.fuel));
    }

    /// Becomes what a compiled program leaves of other worlds, which stay as they are; else as [`Self::run`].
    pub fn run_compiled(&mut self, before: &Self, jit: &mut Jit, fuel: u64, mut tell: impl FnMut(usize, Stop, u64)) {
        self.width = before.width;
        self.words.resize(before.words.len(), 0);
        let shape = [RowArgument::Array(self.width as u32)];
        let call = Call { function: RUN, shape: &shape, fuel };
        jit.run_copies(&call, &before.words, &mut self.words, |row, run| tell(row, run.stop, run.fuel));
    }
}

/// Runs a lowered program in each of some worlds; the worlds after it, where it returned.
pub fn run_worlds(batch: &mut Batch, program: &Program, worlds: &[World], fuel: u64) -> Vec<Option<World>> {
    let mut rows = Rows::new(worlds);
    let mut returned = vec![false; worlds.len()];
    rows.run(batch, program, fuel, |row, stop, _| returned[row] = stop == Stop::Returned);
    let after = worlds.iter().zip(rows.iter()).map(|(world, words)| world.after(words));
    after.zip(returned).map(|(world, returned)| returned.then_some(world)).collect()
}

/// What happens in a run that is watched.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A tick: the action, test or turn at this place begins, in this world.
    Tick(Span, &'a World),
    /// The action that began was done; this is the world now.
    Acted(Action, &'a World),
}

/// Runs one program by the interpreter and tells what happens.
#[derive(Clone, Debug)]
pub struct Watch {
    interpreter: Interpreter,
    arguments: [Argument; 1],
}

impl Watch {
    /// Lowers a program, which must have passed the check.
    pub fn new(program: &ast::Program) -> Self {
        let lowered = lower(program, LowerOptions { notes: true });
        Self { interpreter: Interpreter::new(&lowered), arguments: [Argument::Array(Vec::new())] }
    }

    /// Runs in a world; the world after it where it returned. A step that crashes begins and is not done.
    pub fn run(&mut self, world: &World, fuel: u64, sink: impl FnMut(Event)) -> (Run, Option<World>) {
        if let [Argument::Array(words)] = &mut self.arguments {
            words.clear();
            words.extend_from_slice(world.words());
        }
        let mut watcher = Watcher { world: world.clone(), turned: None, sink };
        let run = self.interpreter.run_traced(RUN, &mut self.arguments, fuel, &mut watcher);
        let after = matches!(run.outcome, Outcome::Returned(_)).then_some(watcher.world);
        (run, after)
    }
}

/// The actions that a run did, until it ended in whatever way.
pub fn actions(program: &ast::Program, world: &World, fuel: u64) -> Vec<Action> {
    let mut actions = Vec::new();
    Watch::new(program).run(world, fuel, |event| {
        if let Event::Acted(action, _) = event {
            actions.push(action);
        }
    });
    actions
}

/// Follows the world through the notes and stores of a run.
struct Watcher<F> {
    world: World,
    /// Half of a turn, until the step to the left is told too.
    turned: Option<Action>,
    sink: F,
}

impl<F: FnMut(Event)> Watcher<F> {
    fn acted(&mut self, action: Action) {
        (self.sink)(Event::Acted(action, &self.world));
    }
}

impl<F: FnMut(Event)> Tracer for Watcher<F> {
    fn fuel(&mut self, _amount: u32, span: Span) {
        (self.sink)(Event::Tick(span, &self.world));
    }

    fn note(&mut self, _function: FunctionId, variable: VariableId, value: i64) {
        let [_, _, left, ..] = *self.world.words() else { return };
        let value = value as i32;
        self.world.set_word(variable.0 as usize, value);
        match variable.0 {
            0 => self.acted(Action::Move),
            // What lay to the left lies ahead now, or what lay to the right.
            1 => self.turned = Some(if value == left { Action::TurnLeft } else { Action::TurnRight }),
            _ => {
                if let Some(action) = self.turned.take() {
                    self.acted(action);
                }
            }
        }
    }

    fn store(&mut self, _object: u32, offset: u32, _ty: Type, old: Option<i64>, value: i64) {
        // The hero's own words are stored once, at the end.
        if offset >= World::FIRST_CELL {
            self.world.set_byte(offset as usize, value as i8);
            self.acted(if old < Some(value) { Action::PutMarker } else { Action::PickMarker });
        }
    }
}
