//! Plain search for short x86 programs, which needs no model: states that programs reach, breadth first and each state
//! once, and goals from which programs reach what is asked for, by regression; where both meet is a program. A state is
//! that of all examples together. Works on all cores; the same search gives the same program on any number of them.
//!
//! What is found fits the examples up to collisions of hashes, so that a proof by execution must follow; the search goes
//! on where that fails.

mod actions;
mod goals;
mod problem;
mod states;

use self::goals::Goals;
use self::problem::Cells;
use self::states::{Extension, States};
use crate::exec::steps::{self, Layout, Step};
use crate::lang::x86::{self, ast::Syntax};
use crate::task::x86::Task;
pub use problem::Unsupported;
use std::time::{Duration, Instant};

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

/// Looks for programs. `found` gets the text of each, the shortest first, and says whether to stop.
pub fn search(task: &Task, limits: &Limits, found: &mut dyn FnMut(String) -> bool) -> Result<Effort, Unsupported> {
    let examples = task.examples.len().min(problem::MOST_EXAMPLES);
    let layout = problem::layout(task)?;
    // One cell more than rows have: what `cmp` leaves.
    match (layout.width() < 5, examples) {
        (true, ..=2) => run::<5, 2>(task, layout, limits, found),
        (true, ..=4) => run::<5, 4>(task, layout, limits, found),
        (true, _) => run::<5, 8>(task, layout, limits, found),
        (false, ..=2) if layout.width() < 9 => run::<9, 2>(task, layout, limits, found),
        (false, ..=4) if layout.width() < 9 => run::<9, 4>(task, layout, limits, found),
        (false, _) => run::<20, 8>(task, layout, limits, found),
    }
}

fn run<const CELLS: usize, const EXAMPLES: usize>(
    task: &Task,
    layout: Layout,
    limits: &Limits,
    found: &mut dyn FnMut(String) -> bool,
) -> Result<Effort, Unsupported> {
    let problem = Problem::<CELLS, EXAMPLES>::new(task, layout)?;
    let deadline = Instant::now().checked_add(limits.time);
    let mut search = Search { goals: Goals::new(&problem), states: States::new(&problem), problem, found, stop: false };
    search.meet_all();
    let (mut forward, mut backward) = (0, 0);
    while !search.stop {
        let out = deadline.is_some_and(|deadline| Instant::now() >= deadline);
        let room = limits.memory.saturating_sub(search.states.bytes() + search.goals.bytes());
        if out || room == 0 {
            break;
        }
        // The side that has fewer to extend; goals mostly have fewer ways back.
        let behind = search.goals.frontier();
        let ahead = search.states.in_level() || behind == 0 || search.states.frontier() <= behind;
        if ahead && search.states.frontier() == 0 {
            break;
        }
        match if ahead { search.forward(deadline, room) } else { search.backward(deadline, room) } {
            Extension::Whole if ahead => forward += 1,
            Extension::Whole => backward += 1,
            Extension::Met => {}
            Extension::Out => break,
        }
    }
    let candidates = (search.states.len() + search.goals.len()) as u64;
    Ok(Effort { candidates, depth: (forward, backward) })
}

struct Search<'f, const CELLS: usize, const EXAMPLES: usize> {
    problem: Problem<CELLS, EXAMPLES>,
    states: States<CELLS, EXAMPLES>,
    goals: Goals<CELLS, EXAMPLES>,
    found: &'f mut dyn FnMut(String) -> bool,
    stop: bool,
}

impl<const CELLS: usize, const EXAMPLES: usize> Search<'_, CELLS, EXAMPLES> {
    /// One instruction more ahead, or a part of that.
    fn forward(&mut self, deadline: Option<Instant>, room: usize) -> Extension {
        let (how, meetings) = self.states.extend(&self.goals, deadline, room);
        self.tell(meetings);
        how
    }

    /// One instruction more behind.
    fn backward(&mut self, deadline: Option<Instant>, room: usize) -> Extension {
        if !self.goals.extend(&self.problem.actions, deadline, room) {
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
        for steps in programs {
            let program = steps::program(&steps, &self.problem.layout);
            if (self.found)(x86::print(&program, Syntax::Att)) {
                self.stop = true;
                return;
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
