//! The statements with blocks that a search tries, by their length in tokens: blocks of actions in which no action undoes
//! the one before, and blocks with one such statement among a few actions.

use crate::lang::karel::ast::{Action, Block, Condition, Statement, StatementKind, Test};

/// The longest, in tokens.
pub(super) const LONGEST: usize = 14;
/// Actions of a block at most; of one with another block in it, and of that.
const ACTIONS: usize = 5;
const FEW: usize = 2;
/// Counts of `REPEAT`.
pub(super) const TURNS: std::ops::RangeInclusive<u32> = 2..=10;

/// All of them so far, by length.
#[derive(Debug, Default)]
pub(super) struct Statements {
    by_tokens: Vec<Vec<Statement>>,
}

impl Statements {
    /// Those of so many tokens.
    pub(super) fn of(&mut self, tokens: usize) -> &[Statement] {
        while self.by_tokens.len() <= tokens.min(LONGEST) {
            let made = make(self.by_tokens.len());
            self.by_tokens.push(made);
        }
        self.by_tokens.get(tokens).map_or(&[], Vec::as_slice)
    }
}

/// A block's length in tokens.
pub fn tokens(block: &Block) -> usize {
    let negations = |condition: &Condition| 3 * condition.negations as usize;
    let one = |statement: &Statement| match &statement.kind {
        StatementKind::Action(_) => 1,
        StatementKind::Repeat(_, body) => 4 + tokens(body),
        StatementKind::While(condition, body) | StatementKind::If(condition, body) => {
            6 + negations(condition) + tokens(body)
        }
        StatementKind::IfElse(condition, then, otherwise) => {
            9 + negations(condition) + tokens(then) + tokens(otherwise)
        }
    };
    block.iter().map(one).sum()
}

fn undoes(one: Action, next: Action) -> bool {
    use Action::{PickMarker, PutMarker, TurnLeft, TurnRight};
    matches!(
        (one, next),
        (TurnLeft, TurnRight) | (TurnRight, TurnLeft) | (PickMarker, PutMarker) | (PutMarker, PickMarker)
    )
}

/// All blocks of so many actions.
fn actions(count: usize) -> Vec<Block> {
    let mut all: Vec<Vec<Action>> = vec![Vec::new()];
    for _ in 0..count {
        let longer = |block: &Vec<Action>| {
            let last = block.last().copied();
            let fits = move |action: &Action| last.is_none_or(|last| !undoes(last, *action));
            let block = block.clone();
            Action::ALL.into_iter().filter(fits).map(move |action| [block.as_slice(), &[action]].concat())
        };
        all = all.iter().flat_map(longer).collect();
    }
    let statement = |action: &Action| Statement::new(StatementKind::Action(*action));
    all.iter().map(|block| block.iter().map(statement).collect()).collect()
}

/// Statements of so many tokens whose blocks are of a kind.
fn around(tokens: usize, blocks: &dyn Fn(usize) -> Vec<Block>, all: &mut Vec<Statement>) {
    let conditions = |negations| Test::ALL.map(|test| Condition { test, negations });
    if let Some(rest) = tokens.checked_sub(4) {
        let blocks = blocks(rest);
        for count in TURNS {
            all.extend(blocks.iter().map(|block| Statement::new(StatementKind::Repeat(count, block.clone()))));
        }
    }
    for negations in 0..=1 {
        let Some(rest) = tokens.checked_sub(6 + 3 * negations as usize) else { continue };
        for block in blocks(rest) {
            for condition in conditions(negations) {
                all.push(Statement::new(StatementKind::While(condition, block.clone())));
                all.push(Statement::new(StatementKind::If(condition, block.clone())));
            }
        }
    }
}

/// All statements of so many tokens.
fn make(tokens: usize) -> Vec<Statement> {
    let mut all = Vec::new();
    let plain = |count: usize| if (1..=ACTIONS).contains(&count) { actions(count) } else { Vec::new() };
    around(tokens, &plain, &mut all);
    // Negated, an `IFELSE` is another with its blocks exchanged.
    if let Some(rest) = tokens.checked_sub(9) {
        for then in 1..rest.min(ACTIONS + 1) {
            for (one, other) in
                actions(then).iter().flat_map(|one| plain(rest - then).into_iter().map(move |it| (one, it)))
            {
                for test in Test::ALL {
                    let condition = Condition { test, negations: 0 };
                    all.push(Statement::new(StatementKind::IfElse(condition, one.clone(), other.clone())));
                }
            }
        }
    }
    around(tokens, &with_inner, &mut all);
    all
}

/// Blocks of so many tokens that hold one statement with a block, and a few actions around it.
fn with_inner(tokens: usize) -> Vec<Block> {
    let mut all = Vec::new();
    let few = |count: usize| if (1..=FEW).contains(&count) { actions(count) } else { Vec::new() };
    for outside in 0..=FEW.min(tokens) {
        let mut inner = Vec::new();
        around(tokens - outside, &few, &mut inner);
        for block in actions(outside) {
            for statement in &inner {
                for place in 0..=outside {
                    let mut block = block.clone();
                    block.insert(place, statement.clone());
                    all.push(block);
                }
            }
        }
    }
    all
}
