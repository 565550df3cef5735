//! Repair: a program that is not right yet is run, what it leaves is compared with what was asked for, and what differs
//! says which edits are tried: statements put in, left out, exchanged, wrapped in blocks and taken out of them, other
//! tests and counts. What comes nearest is edited next, and so on until the examples are met or time is up.

use super::ground::{Difference, Ground};
use super::statements::{TURNS, tokens};
use super::{goals, mix};
use crate::lang::karel::ast::{Action, Block, Condition, Program, Statement, StatementKind, Test};
use crate::task::karel::{Example, Task};
use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

/// How far a repair goes.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Wall time.
    pub time: Duration,
    /// Wall time behind the first program that is right.
    pub after: Duration,
    /// Tokens that a program may have.
    pub tokens: usize,
}

/// Programs that wait to be edited.
const WAITING: usize = 512;
/// Actions that are wrapped in a block together, at most.
const WRAPPED: usize = 3;
/// What a run that does not return counts as.
const STOPPED: u32 = 12;
/// What an example that is not met counts beside its differences: to meet one more is worth others that get worse.
const UNMET: u32 = 4;

/// Edits programs until they are right; `is_right` says of each that seems so whether it is proven. Gives how many were
/// run.
pub fn repair(
    task: &Task,
    programs: &[Program],
    patience: &Patience,
    is_right: &mut dyn FnMut(&Program) -> bool,
) -> u64 {
    let mut deadline = Instant::now().checked_add(patience.time);
    let mut bench = Bench::new(&task.examples);
    let (mut seen, mut waiting) = (HashSet::new(), Waiting::default());
    let mut found = false;
    let mut tries: Vec<Block> = programs.iter().map(|program| program.body.clone()).collect();
    loop {
        for body in tries.drain(..).filter(|body| !body.is_empty() && tokens(body) <= patience.tokens) {
            if !seen.insert(key(&body, 0)) {
                continue;
            }
            let (distance, aim) = bench.measure(&body);
            if distance > 0 {
                waiting.add(distance, aim, body);
            } else if is_right(&Program { body }) && !std::mem::replace(&mut found, true) {
                let soon = Instant::now().checked_add(patience.after);
                deadline = [deadline, soon].into_iter().flatten().min();
            }
        }
        if deadline.is_some_and(|it| Instant::now() >= it) {
            return bench.runs;
        }
        let Some((aim, body)) = waiting.next() else { return bench.runs };
        edits(&body, &aim, &mut tries);
    }
}

/// What is to be edited, the nearest first; of equals the shorter, then the earlier.
#[derive(Default)]
struct Waiting {
    all: BTreeMap<(u32, usize, u64), (Aim, Block)>,
    count: u64,
}

impl Waiting {
    fn add(&mut self, distance: u32, aim: Aim, body: Block) {
        self.count += 1;
        self.all.insert((distance, tokens(&body), self.count), (aim, body));
        if self.all.len() > WAITING {
            self.all.pop_last();
        }
    }

    fn next(&mut self) -> Option<(Aim, Block)> {
        self.all.pop_first().map(|(_, next)| next)
    }
}

/// The worlds that programs are run in, and those that they should leave.
struct Bench {
    worlds: Vec<(Ground, Ground)>,
    runs: u64,
}

impl Bench {
    fn new(examples: &[Example]) -> Self {
        let pair = |it: &Example| (Ground::new(&it.input, 0), Ground::new(&it.output, 0));
        Self { worlds: examples.iter().take(goals::MOST_EXAMPLES).map(pair).collect(), runs: 0 }
    }

    /// How far a program is from what is asked for, and what should change.
    fn measure(&mut self, body: &Block) -> (u32, Aim) {
        self.runs += 1;
        let (mut distance, mut aim) = (0, Aim::default());
        for (ground, wanted) in &mut self.worlds {
            let difference = ground.block(body).then(|| ground.difference(wanted));
            ground.restart();
            let far = difference.map_or(STOPPED, |it| it.sum().min(STOPPED));
            distance += if far == 0 { 0 } else { far + UNMET };
            aim.note(difference);
        }
        (distance, aim)
    }
}

/// What differs where a program is not right yet, and so what to change.
#[derive(Clone, Copy, Debug, Default)]
struct Aim {
    /// Runs that did not return.
    stopped: bool,
    markers: bool,
    place: bool,
}

impl Aim {
    fn note(&mut self, difference: Option<Difference>) {
        match difference {
            None => self.stopped = true,
            Some(difference) => {
                self.markers |= difference.markers > 0;
                self.place |= difference.steps > 0;
            }
        }
    }

    /// The actions that are worth putting in: a hero that only looks elsewhere needs to turn, and where all markers lie
    /// right none are moved.
    fn actions(&self) -> impl Iterator<Item = Action> {
        let all = self.stopped || self.markers;
        let place = self.place;
        Action::ALL.into_iter().filter(move |action| match action {
            Action::TurnLeft | Action::TurnRight => true,
            Action::Move => all || place,
            Action::PickMarker | Action::PutMarker => all,
        })
    }
}

/// All programs that are one edit away.
fn edits(body: &Block, aim: &Aim, all: &mut Vec<Block>) {
    let mut put = |block: Block| all.push(block);
    edit_block(body, aim, &mut put);
}

/// All blocks that are one edit away from `block`; some are empty.
fn edit_block(block: &Block, aim: &Aim, put: &mut dyn FnMut(Block)) {
    // `block` with `count` statements from `at` on replaced.
    let spliced = |at: usize, count: usize, by: &[Statement]| -> Block {
        block[..at].iter().chain(by).chain(&block[at + count..]).cloned().collect()
    };
    for at in 0..=block.len() {
        for action in aim.actions() {
            put(spliced(at, 0, &[act(action)]));
        }
    }
    for (at, statement) in block.iter().enumerate() {
        put(spliced(at, 1, &[]));
        if let StatementKind::Action(old) = statement.kind {
            aim.actions().filter(|action| *action != old).for_each(|action| put(spliced(at, 1, &[act(action)])));
        }
        if let Some(next) = block.get(at + 1) {
            put(spliced(at, 2, &[next.clone(), statement.clone()]));
        }
        for count in 1..=WRAPPED.min(block.len() - at) {
            let some = &block[at..at + count];
            if some.iter().all(|it| matches!(it.kind, StatementKind::Action(_))) {
                wrap(some, &mut |whole| put(spliced(at, count, &[whole])));
            }
        }
        // What stands beside a block may belong into it, and what stands at its end beside it.
        for body in statement.blocks() {
            put(spliced(at, 1, body));
        }
        edit_statement(statement, aim, &mut |statement| put(spliced(at, 1, &[statement])));
        if let Some(body) = only_block(statement) {
            if let Some(next) = block.get(at + 1) {
                let longer = body.iter().chain([next]).cloned().collect();
                put(spliced(at, 2, &[with_block(statement, longer)]));
            }
            if let Some((last, rest)) = body.split_last().filter(|it| !it.1.is_empty()) {
                put(spliced(at, 1, &[with_block(statement, rest.to_vec()), last.clone()]));
            }
            if let Some((first, rest)) = body.split_first().filter(|it| !it.1.is_empty()) {
                put(spliced(at, 1, &[first.clone(), with_block(statement, rest.to_vec())]));
            }
            if at > 0 {
                let longer = [&block[at - 1]].into_iter().chain(body).cloned().collect();
                put(spliced(at - 1, 2, &[with_block(statement, longer)]));
            }
        }
    }
}

/// All statements that are one edit away from one with blocks.
fn edit_statement(statement: &Statement, aim: &Aim, put: &mut dyn FnMut(Statement)) {
    let mut put = |kind: StatementKind| put(Statement::new(kind));
    let blocks = |block: &Block, put: &mut dyn FnMut(Block)| {
        edit_block(block, aim, &mut |block| {
            if !block.is_empty() {
                put(block);
            }
        });
    };
    match &statement.kind {
        StatementKind::Action(_) => {}
        StatementKind::Repeat(count, body) => {
            TURNS.filter(|other| other != count).for_each(|other| put(StatementKind::Repeat(other, body.clone())));
            tests().for_each(|test| put(StatementKind::While(test, body.clone())));
            blocks(body, &mut |body| put(StatementKind::Repeat(*count, body)));
        }
        StatementKind::While(test, body) => {
            others(*test).for_each(|test| put(StatementKind::While(test, body.clone())));
            TURNS.for_each(|count| put(StatementKind::Repeat(count, body.clone())));
            put(StatementKind::If(*test, body.clone()));
            blocks(body, &mut |body| put(StatementKind::While(*test, body)));
        }
        StatementKind::If(test, body) => {
            others(*test).for_each(|test| put(StatementKind::If(test, body.clone())));
            put(StatementKind::While(*test, body.clone()));
            for action in aim.actions() {
                put(StatementKind::IfElse(*test, body.clone(), vec![act(action)]));
            }
            blocks(body, &mut |body| put(StatementKind::If(*test, body)));
        }
        StatementKind::IfElse(test, then, otherwise) => {
            others(*test).for_each(|test| put(StatementKind::IfElse(test, then.clone(), otherwise.clone())));
            put(StatementKind::If(*test, then.clone()));
            blocks(then, &mut |then| put(StatementKind::IfElse(*test, then, otherwise.clone())));
            blocks(otherwise, &mut |otherwise| put(StatementKind::IfElse(*test, then.clone(), otherwise)));
        }
    }
}

/// Statements with these actions as their block.
fn wrap(actions: &[Statement], put: &mut dyn FnMut(Statement)) {
    TURNS.for_each(|count| put(Statement::new(StatementKind::Repeat(count, actions.to_vec()))));
    for test in tests() {
        put(Statement::new(StatementKind::While(test, actions.to_vec())));
        put(Statement::new(StatementKind::If(test, actions.to_vec())));
    }
}

fn act(action: Action) -> Statement {
    Statement::new(StatementKind::Action(action))
}

fn tests() -> impl Iterator<Item = Condition> {
    Test::ALL.into_iter().map(|test| Condition { test, negations: 0 })
}

/// Other tests, and the same one negated.
fn others(test: Condition) -> impl Iterator<Item = Condition> {
    let negated = Condition { negations: u32::from(!test.is_negated()), ..test };
    tests().filter(move |other| *other != test).chain([negated])
}

/// The block of a statement that has one alone.
fn only_block(statement: &Statement) -> Option<&Block> {
    match &statement.kind {
        StatementKind::Repeat(_, body) | StatementKind::While(_, body) | StatementKind::If(_, body) => Some(body),
        StatementKind::Action(_) | StatementKind::IfElse(..) => None,
    }
}

/// The same statement with another block.
fn with_block(statement: &Statement, block: Block) -> Statement {
    Statement::new(match &statement.kind {
        StatementKind::Repeat(count, _) => StatementKind::Repeat(*count, block),
        StatementKind::While(test, _) => StatementKind::While(*test, block),
        StatementKind::If(test, _) => StatementKind::If(*test, block),
        StatementKind::Action(_) | StatementKind::IfElse(..) => statement.kind.clone(),
    })
}

/// A hash of what a block says, wherever it was written.
fn key(block: &Block, sum: u64) -> u64 {
    block
        .iter()
        .fold(mix(sum), |sum, statement| {
            let said = |kind: u64, test: &Condition| {
                mix(sum ^ (kind << 8 | (test.test as u64) << 1 | u64::from(test.is_negated())))
            };
            match &statement.kind {
                StatementKind::Action(action) => mix(sum ^ (1 << 8 | *action as u64)),
                StatementKind::Repeat(count, body) => key(body, mix(sum ^ (2 << 8 | u64::from(*count)))),
                StatementKind::While(test, body) => key(body, said(3, test)),
                StatementKind::If(test, body) => key(body, said(4, test)),
                StatementKind::IfElse(test, then, otherwise) => key(otherwise, key(then, said(5, test))),
            }
        })
        // Where the block ends.
        .wrapping_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::karel::ast::Form;
    use crate::lang::karel::{parse, print};
    use crate::sample::Counts;
    use crate::sample::karel::Sampler;

    /// A program with one thing wrong is put right, or another one is found that does the same.
    #[test]
    fn programs_with_a_mistake_are_repaired() {
        let mut repaired = 0;
        for index in 0..40 {
            let sampled = Sampler { examples: 5 }.task(41, index, 0, &mut Counts::default());
            let examples: Vec<Example> =
                sampled.examples.into_iter().map(|(input, output)| Example { input, output }).collect();
            let task = Task { id: String::new(), examples, held_out: Vec::new(), source: None };
            let mut broken = sampled.program.clone();
            broken.body.insert(index as usize % (broken.body.len() + 1), act(Action::ALL[index as usize % 5]));
            let mut bench = Bench::new(&task.examples);
            let patience =
                Patience { time: Duration::from_secs(2), after: Duration::ZERO, tokens: tokens(&broken.body) + 4 };
            let mut right = false;
            repair(&task, &[broken], &patience, &mut |program| {
                right = bench.measure(&program.body).0 == 0;
                assert_eq!(parse(&print(program, Form::Tokens)).expect("it is Karel").body.len(), program.body.len());
                right
            });
            repaired += usize::from(right);
        }
        assert!(repaired >= 38, "only {repaired} of 40");
    }

    #[test]
    fn keys_tell_programs_apart() {
        let sources = [
            "DEF run m( move move m)",
            "DEF run m( move m)",
            "DEF run m( REPEAT R=2 r( move r) move m)",
            "DEF run m( REPEAT R=2 r( move move r) m)",
            "DEF run m( IF c( frontIsClear c) i( move i) m)",
            "DEF run m( IF c( not c( frontIsClear c) c) i( move i) m)",
            "DEF run m( WHILE c( frontIsClear c) w( move w) m)",
            "DEF run m( IFELSE c( frontIsClear c) i( move i) ELSE e( move move e) m)",
            "DEF run m( IFELSE c( frontIsClear c) i( move move i) ELSE e( move e) m)",
        ];
        let keys: HashSet<u64> = sources.iter().map(|it| key(&parse(it).expect("it is Karel").body, 0)).collect();
        assert_eq!(keys.len(), sources.len());
    }
}
