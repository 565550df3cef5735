//! Plain search for Karel programs, which needs no model: worlds that programs reach, the cheapest programs first and
//! each state once, and goals from which some last actions lead to what is asked for; where both meet is a program. A
//! state is that of all examples together, kept as a hash. Programs have actions, and among them up to two statements
//! with blocks, one of which may hold another ([`statements`]).
//!
//! What is found fits the examples up to collisions of hashes and the budget of ticks, so that a proof by execution must
//! follow; the search goes on where that fails. Where several are wanted it also goes on for a while behind the first, and
//! lets each beginning that led to a program give way to others that reach the same state; [`choose`] says which of
//! them to believe.

mod choose;
mod fronts;
mod goals;
mod ground;
mod repair;
mod statements;

use self::goals::Goals;
use self::ground::Ground;
use self::statements::Statements;
pub use choose::{choose, weights};
pub use fronts::Fronts;
pub use repair::{Patience, repair};
pub use statements::tokens;

use crate::lang::karel::TICKS;
use crate::lang::karel::ast::{Action, Block, Program, Statement, StatementKind};
use crate::task::karel::Task;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::{Duration, Instant};

/// Actions that a program may have before its first statement with a block and after its last.
const ENDS: usize = 5;
/// States after a statement with a block are kept to go on from while programs are as short as this, in tokens.
const KEPT: usize = 10;
/// States that are kept at most.
const MOST_STATES: usize = 1 << 20;
/// Other programs that are kept of a state, and of all together.
const OTHERS: usize = 6;
const MOST_OTHERS: usize = 1 << 18;
/// Candidates between two looks at the clock.
const PATIENCE: u64 = 1 << 12;

/// How far a search goes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Wall time.
    pub time: Duration,
    /// Wall time behind the first program that is right.
    pub after: Duration,
    /// Tokens that a program may have more than that one.
    pub longer: usize,
    /// Programs that are wanted.
    pub programs: usize,
}

/// What a search did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// Programs that were run.
    pub candidates: u64,
    /// Tokens of the bodies that were searched completely.
    pub tokens: usize,
}

/// Looks for programs, mostly the shortest first. `is_right` says of each whether it is proven.
pub fn search(task: &Task, limits: &Limits, is_right: &mut dyn FnMut(&Program) -> bool) -> Effort {
    let goals = Goals::new(&task.examples, ENDS);
    let examples = task.examples.iter().take(goals::MOST_EXAMPLES).enumerate();
    let grounds: Vec<Ground> = examples.map(|(at, it)| Ground::new(&it.input, at)).collect();
    let mut search = Search {
        goals,
        grounds,
        statements: Statements::default(),
        reached: Vec::new(),
        seen: HashMap::new(),
        others: 0,
        waiting: Vec::new(),
        proven: Vec::new(),
        effort: Effort::default(),
        deadline: Instant::now().checked_add(limits.time),
        limits: *limits,
        last: usize::MAX,
        is_right,
    };
    // However it ended, by what was asked for or by the time.
    let _ = search.run();
    if search.proven.len() < limits.programs {
        search.vary();
    }
    search.effort
}

/// A program that leads to a state.
#[derive(Clone, Debug)]
struct Reached {
    block: Block,
    /// Statements with blocks in it.
    blocks: usize,
    /// The state, as a hash.
    state: u64,
}

impl Reached {
    /// The program and one statement more.
    fn then(&self, statement: &Statement) -> Block {
        self.block.iter().chain([statement]).cloned().collect()
    }
}

/// A whole program, and how it was made.
#[derive(Clone, Debug)]
struct Whole {
    body: Block,
    /// The state that its beginning leads to, and where that ends.
    state: u64,
    beginning: usize,
}

struct Search<'f> {
    goals: Goals,
    /// The worlds that programs begin in.
    grounds: Vec<Ground>,
    statements: Statements,
    /// By the length of their programs.
    reached: Vec<Vec<Reached>>,
    /// The states that were reached, and other programs that lead to them.
    seen: HashMap<u64, Vec<Block>>,
    /// Other programs in all.
    others: usize,
    /// Programs that were found before their turn, by their length.
    waiting: Vec<Vec<Whole>>,
    /// Those that are right.
    proven: Vec<Whole>,
    effort: Effort,
    deadline: Option<Instant>,
    limits: Limits,
    /// The longest that are looked for.
    last: usize,
    is_right: &'f mut dyn FnMut(&Program) -> bool,
}

/// Why a search ends early.
struct Stop;

impl Search<'_> {
    fn run(&mut self) -> Result<(), Stop> {
        let start = self.grounds.iter().map(Ground::hash).collect::<Vec<_>>();
        let state = goals::combined(&start);
        self.reached.push(vec![Reached { block: Block::new(), blocks: 0, state }]);
        self.seen.insert(state, Vec::new());
        self.meet(&start, &Block::new(), state, 0);
        for length in 0..statements::LONGEST + ENDS {
            if length > self.last {
                break;
            }
            self.length(length)?;
            self.tell(length)?;
            self.effort.tokens = length;
        }
        Ok(())
    }

    /// Runs all programs of a length that end in something new.
    fn length(&mut self, length: usize) -> Result<(), Stop> {
        self.reached.resize_with(length + 2, Vec::new);
        for before in 0..length {
            // Actions go on from each state; statements with blocks from those of programs that may have one more.
            let reached = std::mem::take(&mut self.reached[before]);
            let done = reached.iter().try_for_each(|from| self.extend(from, length - before, length));
            self.reached[before] = reached;
            done?;
        }
        Ok(())
    }

    /// Runs what a program can go on with that has so many tokens.
    fn extend(&mut self, from: &Reached, tokens: usize, length: usize) -> Result<(), Stop> {
        let actions_after =
            from.block.iter().rev().take_while(|it| matches!(it.kind, StatementKind::Action(_))).count();
        let mut grounds = std::mem::take(&mut self.grounds);
        let stand = grounds.iter_mut().all(|ground| ground.block(&from.block));
        grounds.iter_mut().for_each(Ground::settle);
        let mut done = Ok(());
        if stand && tokens == 1 && actions_after < ENDS {
            done = Action::ALL.into_iter().try_for_each(|action| {
                let statement = Statement::new(StatementKind::Action(action));
                self.candidate(&mut grounds, from, &statement, length, true)
            });
        }
        if stand && tokens > 1 && from.blocks < 2 {
            let mut statements = std::mem::take(&mut self.statements);
            let keep = length <= KEPT;
            done = statements
                .of(tokens)
                .iter()
                .try_for_each(|statement| self.candidate(&mut grounds, from, statement, length, keep));
            self.statements = statements;
        }
        grounds.iter_mut().for_each(Ground::restart);
        self.grounds = grounds;
        done
    }

    /// Runs a program and one statement more; remembers the state that it leads to where that is wanted.
    fn candidate(
        &mut self,
        grounds: &mut [Ground],
        from: &Reached,
        statement: &Statement,
        length: usize,
        keep: bool,
    ) -> Result<(), Stop> {
        self.effort.candidates += 1;
        if self.effort.candidates.is_multiple_of(PATIENCE) && self.deadline.is_some_and(|it| Instant::now() >= it) {
            return Err(Stop);
        }
        let mut hashes: [u64; goals::MOST_EXAMPLES] = [0; goals::MOST_EXAMPLES];
        let mut ends = 0;
        let mut near = true;
        for (number, ground) in grounds.iter_mut().enumerate() {
            let runs = ground.statement(statement);
            hashes[number] = ground.hash();
            ground.undo();
            if !runs {
                return Ok(());
            }
            ends += 1;
            near = near && self.goals.may_be(number, hashes[number]);
            if !near && !keep {
                return Ok(());
            }
        }
        let hashes = &hashes[..ends];
        if near {
            self.meet(hashes, &from.then(statement), from.state, from.block.len());
        }
        if keep {
            self.keep(goals::combined(hashes), from, statement, length);
        }
        Ok(())
    }

    /// Remembers the state that a program and one statement more lead to.
    fn keep(&mut self, state: u64, from: &Reached, statement: &Statement, length: usize) {
        let room = self.seen.len() < MOST_STATES;
        match self.seen.entry(state) {
            Entry::Vacant(entry) if room => {
                entry.insert(Vec::new());
                let blocks = from.blocks + usize::from(!matches!(statement.kind, StatementKind::Action(_)));
                self.reached[length].push(Reached { block: from.then(statement), blocks, state });
            }
            Entry::Occupied(mut entry) if entry.get().len() < OTHERS && self.others < MOST_OTHERS => {
                entry.get_mut().push(from.then(statement));
                self.others += 1;
            }
            _ => {}
        }
    }

    /// Notes the program that leads on from a state to what is asked for, if there is one. Its first statements, so many,
    /// lead to `state`.
    fn meet(&mut self, hashes: &[u64], block: &Block, state: u64, beginning: usize) {
        if let Some(actions) = self.goals.from(hashes) {
            let mut body = block.clone();
            body.extend(actions.iter().map(|action| Statement::new(StatementKind::Action(*action))));
            let length = tokens(&body);
            let most = self.waiting.len().max(length + 1);
            self.waiting.resize_with(most, Vec::new);
            self.waiting[length].push(Whole { body, state, beginning });
        }
    }

    /// Tells what was found that is as short as this.
    fn tell(&mut self, length: usize) -> Result<(), Stop> {
        self.waiting
            .get_mut(length)
            .map(std::mem::take)
            .unwrap_or_default()
            .into_iter()
            .try_for_each(|it| self.offer(it))
    }

    /// Has a program proven.
    fn offer(&mut self, whole: Whole) -> Result<(), Stop> {
        let program = Program { body: whole.body };
        if program.body.is_empty() || !(self.is_right)(&program) {
            return Ok(());
        }
        if self.proven.is_empty() {
            self.last = tokens(&program.body) + self.limits.longer;
            let soon = Instant::now().checked_add(self.limits.after);
            self.deadline = [self.deadline, soon].into_iter().flatten().min();
        }
        self.proven.push(Whole { body: program.body, ..whole });
        if self.proven.len() >= self.limits.programs { Err(Stop) } else { Ok(()) }
    }

    /// Tells what else is right: the programs that are, with other beginnings that lead to the same states.
    fn vary(&mut self) {
        for number in 0..self.proven.len() {
            let Whole { body, state, beginning } = self.proven[number].clone();
            for other in self.seen.get(&state).cloned().unwrap_or_default() {
                let body: Block = other.iter().chain(&body[beginning..]).cloned().collect();
                let fits = tokens(&body) <= self.last;
                if fits && self.offer(Whole { body, state, beginning: other.len() }).is_err() {
                    return;
                }
            }
        }
    }
}

/// Ticks that a program may take.
const BUDGET: u32 = TICKS as u32;

/// Mixes the bits of a number (the finaliser of splitmix64).
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
