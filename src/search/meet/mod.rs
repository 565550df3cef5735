//! Plain search for short x86 programs, which needs no model: states that programs reach, breadth first and each state
//! once, and goals from which programs reach what is asked for, by regression; where both meet is a program. A state is
//! that of all examples together. As far as whole levels can be searched, the shortest programs come first; after that
//! goals are extended best first, by how small the numbers are that they ask for. Where there are many instructions, or
//! choices, or where an order was learnt ([`Order`]), a beam looks for what is longer ([`climb`]). Works on all cores; the
//! same search gives the same program on any number of them.
//!
//! What is found fits the examples up to collisions of hashes, so that a proof by execution must follow; the search goes
//! on where that fails.

pub(in crate::search) mod actions;
mod climb;
mod goals;
mod latest;
mod listing;
mod order;
pub(in crate::search) mod problem;
mod states;

use self::goals::Goals;
use self::problem::Cells;
use self::states::{Extension, States};
use crate::exec::steps::{self, Layout, Operation, Step};
use crate::lang::x86::{self, ast::Syntax};
use crate::task::x86::Task;
pub use order::{FEATURES, Features, Lesson, Order, lessons};
pub use problem::Unsupported;
use std::time::{Duration, Instant};

/// States and goals of a level that are all extended. What lies beyond is searched best first: all of the next level
/// would be hundreds of millions.
const MOST_STATES: usize = 60_000;
const MOST_GOALS: usize = 60_000;
/// Goals that are extended together in best-first order, at first.
const FIRST_BEST: usize = 4_096;

/// More instructions than AutoAssemblet's over four registers.
const MANY_ACTIONS: usize = 224;
/// States of the first beam and of the last: each is four times as wide as the one before.
const FIRST_BEAM: usize = 256;
const LAST_BEAM: usize = 16_384;

/// What bounds a search.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Wall time.
    pub time: Duration,
    /// Bytes that states and goals may take.
    pub memory: usize,
}

/// What a search did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// States and goals weighed.
    pub candidates: u64,
    /// Instructions forward and backward that were searched completely.
    pub depth: (usize, usize),
}

/// The task as the search sees it; for so many cells and examples at most, of which what is missing repeats others.
struct Problem<const CELLS: usize, const EXAMPLES: usize> {
    layout: Layout,
    start: Cells<CELLS, EXAMPLES>,
    /// What is asked for, and of which cells, as bits.
    goal: Cells<CELLS, EXAMPLES>,
    asked: u32,
    actions: Vec<Step>,
}

/// How a search goes on where a program was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// As before.
    On,
    /// For so long at most.
    Within(Duration),
    /// Not at all.
    Stop,
}

/// Looks for programs. `found` gets the text of each, the shortest first, and says whether to stop.
pub fn search(task: &Task, limits: &Limits, found: &mut dyn FnMut(String) -> bool) -> Result<Effort, Unsupported> {
    search_on(task, limits, None, &mut |program| if found(program) { Next::Stop } else { Next::On })
}

/// The same with a learned order, where `found` says how to go on.
pub fn search_on(
    task: &Task,
    limits: &Limits,
    order: Option<&Order>,
    found: &mut dyn FnMut(String) -> Next,
) -> Result<Effort, Unsupported> {
    let examples = task.examples.len().min(problem::MOST_EXAMPLES);
    let layout = problem::layout(task)?;
    // One cell more than rows have: what `cmp` leaves.
    match (layout.width() < 5, examples) {
        (true, ..=2) => run::<5, 2>(task, layout, limits, order, found),
        (true, ..=4) => run::<5, 4>(task, layout, limits, order, found),
        (true, ..=8) => run::<5, 8>(task, layout, limits, order, found),
        (true, _) => run::<5, 16>(task, layout, limits, order, found),
        (false, ..=2) if layout.width() < 9 => run::<9, 2>(task, layout, limits, order, found),
        (false, ..=4) if layout.width() < 9 => run::<9, 4>(task, layout, limits, order, found),
        (false, ..=8) => run::<20, 8>(task, layout, limits, order, found),
        (false, _) => run::<20, 16>(task, layout, limits, order, found),
    }
}

fn run<const CELLS: usize, const EXAMPLES: usize>(
    task: &Task,
    layout: Layout,
    limits: &Limits,
    order: Option<&Order>,
    found: &mut dyn FnMut(String) -> Next,
) -> Result<Effort, Unsupported> {
    let problem = Problem::<CELLS, EXAMPLES>::new(task, layout)?;
    let mut search = Search {
        goals: Goals::new(&problem),
        states: States::new(&problem),
        order: order.filter(|_| Order::knows(&problem)),
        problem,
        deadline: Instant::now().checked_add(limits.time),
        memory: limits.memory,
        found,
        stop: false,
    };
    // Where whole levels take long or do not lead far, beams come before and behind them.
    let actions = &search.problem.actions;
    let chooses = |action: &Step| matches!(action.operation, Operation::MoveIf | Operation::JumpIf);
    let beams = actions.len() > MANY_ACTIONS || actions.iter().any(chooses);
    if beams {
        search.climb(FIRST_BEAM);
    }
    let depth = search.exhaust();
    let mut beam = FIRST_BEAM;
    while (beams || search.order.is_some()) && beam <= LAST_BEAM && search.room() > 0 {
        search.climb(beam);
        beam *= 4;
    }
    search.best_first();
    search.rest();
    let candidates = (search.states.len() + search.goals.len()) as u64;
    Ok(Effort { candidates, depth })
}

struct Search<'f, const CELLS: usize, const EXAMPLES: usize> {
    problem: Problem<CELLS, EXAMPLES>,
    order: Option<&'f Order>,
    states: States<CELLS, EXAMPLES>,
    goals: Goals<CELLS, EXAMPLES>,
    deadline: Option<Instant>,
    /// Bytes that states and goals may take.
    memory: usize,
    found: &'f mut dyn FnMut(String) -> Next,
    stop: bool,
}

impl<const CELLS: usize, const EXAMPLES: usize> Search<'_, CELLS, EXAMPLES> {
    /// Bytes that may still be taken; none where the search is over.
    fn room(&self) -> usize {
        let over = self.stop || self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        let taken = self.states.bytes() + self.goals.bytes();
        if over { 0 } else { self.memory.saturating_sub(taken) }
    }

    /// Looks for programs by a beam of so many states.
    fn climb(&mut self, width: usize) {
        if self.room() >= width * climb::BYTES {
            let found = climb::climb(&self.problem, self.order, width, self.deadline);
            self.tell_all(&found);
        }
    }

    /// Goes step by step from both ends, as far as whole levels are soon done; gives how many were.
    fn exhaust(&mut self) -> (usize, usize) {
        self.meet_all();
        let (mut forward, mut backward) = (0, 0);
        while self.room() > 0 {
            // The side that has fewer to extend; goals mostly have fewer ways back.
            let (ahead, behind) = (self.states.frontier(), self.goals.frontier());
            let go_ahead = self.states.in_level() || behind == 0 || ahead <= behind;
            let (large, count) = if go_ahead { (ahead > MOST_STATES, ahead) } else { (behind > MOST_GOALS, behind) };
            if count == 0 || large {
                break;
            }
            match if go_ahead { self.forward(usize::MAX) } else { self.backward() } {
                Extension::Whole if go_ahead => forward += 1,
                Extension::Whole => backward += 1,
                Extension::Part => {}
                Extension::Out => break,
            }
        }
        (forward, backward)
    }

    /// Goes back from the goals that seem the nearest, some at a time, and meets the states with what is found. What no
    /// way back leads to is for the states, of which some are extended in each round too.
    fn best_first(&mut self) {
        let mut count = FIRST_BEST;
        while self.states.frontier() > 0 && self.room() > 0 {
            let room = self.room();
            if !self.goals.extend_best(count, &self.problem.actions, self.deadline, room) {
                return;
            }
            self.meet_all();
            if !self.stop && self.forward(count / 16) == Extension::Out {
                return;
            }
            count += count / 8;
        }
    }

    /// Extends states to the end, where no goals are left.
    fn rest(&mut self) {
        while self.states.frontier() > 0 && self.room() > 0 {
            if self.forward(usize::MAX) == Extension::Out {
                return;
            }
        }
    }

    /// One instruction more ahead, or a part of that.
    fn forward(&mut self, most: usize) -> Extension {
        let room = self.room();
        let (how, meetings) = self.states.extend(most, &self.goals, self.deadline, room);
        self.tell(meetings);
        how
    }

    /// One instruction more behind.
    fn backward(&mut self) -> Extension {
        let room = self.room();
        if !self.goals.extend(&self.problem.actions, self.deadline, room) {
            return Extension::Out;
        }
        self.meet_all();
        Extension::Whole
    }

    /// Meets all states with the goals of the last level.
    fn meet_all(&mut self) {
        let meetings = self.states.meet(&self.goals);
        self.tell(meetings);
    }

    /// Tells the programs of meetings, the shortest first.
    fn tell(&mut self, meetings: Vec<Meeting>) {
        let mut programs: Vec<Vec<Step>> = meetings
            .into_iter()
            .map(|meeting| {
                let mut steps = self.states.path(meeting.state);
                steps.extend(meeting.step);
                steps.extend(self.goals.path(meeting.goal));
                steps
            })
            .collect();
        programs.sort_by_key(Vec::len);
        self.tell_all(&programs);
    }

    /// Tells programs until somebody says to stop.
    fn tell_all(&mut self, programs: &[Vec<Step>]) {
        for steps in programs {
            let program = steps::program(&listing::placed(steps), &self.problem.layout);
            match (self.found)(x86::print(&program, Syntax::Att)) {
                Next::On => {}
                Next::Within(time) => {
                    let end = Instant::now().checked_add(time);
                    self.deadline = self.deadline.map_or(end, |deadline| end.map(|end| end.min(deadline)));
                }
                Next::Stop => {
                    self.stop = true;
                    return;
                }
            }
        }
    }
}

/// A state, maybe one step more, and a goal that holds there.
struct Meeting {
    state: u32,
    step: Option<Step>,
    goal: u32,
}
