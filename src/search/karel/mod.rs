//! Plain search for Karel programs, which needs no model: worlds that programs reach, the cheapest programs first and
//! each state once, and goals from which some last actions lead to what is asked for; where both meet is a program. A
//! state is that of all examples together, kept as a hash. Programs have actions, and among them up to two statements
//! with blocks, one of which may hold another ([`statements`]).
//!
//! What is found fits the examples up to collisions of hashes and the budget of ticks, so that a proof by execution must
//! follow; the search goes on where that fails.

mod goals;
mod ground;
mod statements;

use self::goals::Goals;
use self::ground::Ground;
use self::statements::Statements;
use crate::lang::karel::ast::{Action, Block, Form, Program, Statement, StatementKind};
use crate::lang::karel::{TICKS, print};
use crate::task::karel::Task;
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// Actions that a program may have before its first statement with a block and after its last.
const ENDS: usize = 5;
/// States after a statement with a block are kept to go on from while programs are as short as this, in tokens.
const KEPT: usize = 10;
/// States that are kept at most.
const MOST_STATES: usize = 1 << 20;
/// Candidates between two looks at the clock.
const PATIENCE: u64 = 1 << 12;

/// What a search did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// Programs that were run.
    pub candidates: u64,
    /// Tokens of the bodies that were searched completely.
    pub tokens: usize,
}

/// Looks for programs. `found` gets the text of each, mostly the shortest first, and says whether to stop.
pub fn search(task: &Task, time: Duration, found: &mut dyn FnMut(String) -> bool) -> Effort {
    let goals = Goals::new(&task.examples, ENDS);
    let examples = task.examples.iter().take(goals::MOST_EXAMPLES).enumerate();
    let grounds: Vec<Ground> = examples.map(|(at, it)| Ground::new(&it.input, at)).collect();
    let deadline = Instant::now().checked_add(time);
    let mut search = Search {
        goals,
        grounds,
        statements: Statements::default(),
        reached: Vec::new(),
        seen: HashSet::new(),
        waiting: Vec::new(),
        effort: Effort::default(),
        deadline,
        found,
    };
    search.run();
    search.effort
}

/// A program that leads to a state.
#[derive(Clone, Debug)]
struct Reached {
    block: Block,
    /// Statements with blocks in it.
    blocks: usize,
}

struct Search<'f> {
    goals: Goals,
    /// The worlds that programs begin in.
    grounds: Vec<Ground>,
    statements: Statements,
    /// By the length of their programs.
    reached: Vec<Vec<Reached>>,
    seen: HashSet<u64>,
    /// Programs that were found before their turn, by their length.
    waiting: Vec<Vec<Block>>,
    effort: Effort,
    deadline: Option<Instant>,
    found: &'f mut dyn FnMut(String) -> bool,
}

/// Why a search ends early.
struct Stop;

impl Search<'_> {
    fn run(&mut self) {
        self.reached.push(vec![Reached { block: Block::new(), blocks: 0 }]);
        let start = self.grounds.iter().map(Ground::hash).collect::<Vec<_>>();
        self.seen.insert(goals::combined(&start));
        self.meet(&start, &Block::new());
        for length in 0..statements::LONGEST + ENDS {
            if self.length(length).is_err() || self.tell(length).is_err() {
                return;
            }
            self.effort.tokens = length;
        }
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
        let block = || from.block.iter().chain([statement]).cloned().collect::<Block>();
        if near {
            self.meet(hashes, &block());
        }
        if keep && self.seen.len() < MOST_STATES && self.seen.insert(goals::combined(hashes)) {
            let blocks = from.blocks + usize::from(!matches!(statement.kind, StatementKind::Action(_)));
            self.reached[length].push(Reached { block: block(), blocks });
        }
        Ok(())
    }

    /// Notes the program that leads on from a state to what is asked for, if there is one.
    fn meet(&mut self, hashes: &[u64], block: &Block) {
        if let Some(actions) = self.goals.from(hashes) {
            let mut whole = block.clone();
            whole.extend(actions.iter().map(|action| Statement::new(StatementKind::Action(*action))));
            let length = statements::tokens(&whole);
            let most = self.waiting.len().max(length + 1);
            self.waiting.resize_with(most, Vec::new);
            self.waiting[length].push(whole);
        }
    }

    /// Tells what was found that is as short as this.
    fn tell(&mut self, length: usize) -> Result<(), Stop> {
        for body in self.waiting.get_mut(length).map(std::mem::take).unwrap_or_default() {
            if !body.is_empty() && (self.found)(print(&Program { body }, Form::Tokens)) {
                return Err(Stop);
            }
        }
        Ok(())
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
