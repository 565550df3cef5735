//! Random programs, shaped like the public ones. The weights were read off the odd lines of
//! corpus/karel/real_programs.txt.

use crate::lang::karel::ast::{Action, Block, Condition, Form, Program, Statement, StatementKind, Test};
use crate::lang::karel::print;
use rand::Rng;
use rand::distr::Distribution;
use rand::distr::weighted::WeightedIndex;

/// How many actions programs have, from [`FEWEST`] on: those without a statement that has a block, with one, with two.
const LENGTHS: [&[u32]; 3] = [&[1, 4, 10, 8, 5, 1, 1, 2], &[4, 17, 24, 19, 6, 2, 4, 0, 1], &[1, 5, 8, 1, 1]];
const FEWEST: usize = 2;
/// Tokens around the body.
const AROUND: usize = 4;
/// Programs that are drawn for one that has the length that is wanted.
const DRAWS: usize = 1_000;
/// Programs without a statement that has a block, with one, with two; and, of those with two, with one in the other.
const BLOCKS: [u32; 3] = [32, 77, 16];
const WITHIN: f64 = 11.0 / 16.0;
/// Actions of the whole body and of blocks, in the order of [`Action::ALL`].
const ACTIONS: [[u32; 5]; 2] = [[134, 57, 49, 60, 75], [73, 15, 11, 18, 64]];
/// Tests, in the order of [`Test::ALL`], and how often they are negated.
const TESTS: [u32; 5] = [12, 12, 13, 11, 8];
const NEGATED: f64 = 0.03;
/// Counts of `REPEAT`, from 2 on.
const TURNS: [u32; 9] = [7, 7, 16, 8, 3, 6, 4, 1, 1];

/// The kinds of statements with blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Repeat,
    While,
    If,
    IfElse,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Repeat, Self::While, Self::If, Self::IfElse];
    /// How often each occurs in the whole body, and in a block.
    const WEIGHTS: [[u32; 4]; 2] = [[49, 25, 18, 6], [4, 5, 2, 0]];

    /// Its tokens without what stands in its blocks.
    fn tokens(self) -> usize {
        match self {
            Self::Repeat => 4,
            Self::While | Self::If => 6,
            Self::IfElse => 9,
        }
    }

    /// How often its blocks have one statement, two, and so on.
    fn lengths(self) -> &'static [u32] {
        match self {
            Self::Repeat => &[25, 16, 7, 3, 2],
            Self::While => &[12, 14, 4],
            Self::If => &[16, 3, 1],
            Self::IfElse => &[9, 3],
        }
    }
}

/// Draws by weights.
fn weighted(rng: &mut impl Rng, weights: &[u32]) -> usize {
    WeightedIndex::new(weights).expect("some weight is not 0").sample(rng)
}

/// Which statements with blocks a program has, in order, and whether the last stands in the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    kinds: Vec<Kind>,
    within: bool,
}

impl Shape {
    fn draw(rng: &mut impl Rng) -> Self {
        let blocks = weighted(rng, &BLOCKS);
        let within = blocks == 2 && rng.random_bool(WITHIN);
        let depth = |at: usize| usize::from(within && at > 0);
        Self { kinds: (0..blocks).map(|at| Kind::ALL[weighted(rng, &Kind::WEIGHTS[depth(at)])]).collect(), within }
    }

    /// A length in tokens, as often as programs of so many blocks have it.
    fn length(&self, rng: &mut impl Rng) -> usize {
        let actions = FEWEST + weighted(rng, LENGTHS[self.kinds.len()]);
        AROUND + self.kinds.iter().map(|kind| kind.tokens()).sum::<usize>() + actions
    }
}

/// A program as people have written them for the data set.
pub fn program(rng: &mut impl Rng) -> Program {
    any(rng).1
}

/// A program as people have written them for the data set, and its shape.
pub(super) fn any(rng: &mut impl Rng) -> (Shape, Program) {
    loop {
        let shape = Shape::draw(rng);
        if let Some(program) = of_shape(rng, &shape) {
            return (shape, program);
        }
    }
}

/// A program of a shape, if one of those that are drawn has the length that is drawn too.
pub(super) fn of_shape(rng: &mut impl Rng, shape: &Shape) -> Option<Program> {
    let length = shape.length(rng);
    (0..DRAWS).map(|_| draw(rng, shape)).find(|program| tokens(program) == length)
}

/// The length in tokens: `DEF run m( .. m)`.
pub fn tokens(program: &Program) -> usize {
    print(program, Form::Tokens).split_ascii_whitespace().count()
}

/// How deep loops are nested.
pub fn loop_depth(block: &Block) -> u32 {
    let one = |statement: &Statement| {
        let is_loop = matches!(statement.kind, StatementKind::While(..) | StatementKind::Repeat(..));
        statement.blocks().map(loop_depth).max().unwrap_or(0) + u32::from(is_loop)
    };
    block.iter().map(one).max().unwrap_or(0)
}

fn draw(rng: &mut impl Rng, shape: &Shape) -> Program {
    let mut body: Block = (0..rng.random_range(0..=8)).map(|_| action(rng, 0)).collect();
    let outer = if shape.within { &shape.kinds[..1] } else { &shape.kinds };
    let inner = if shape.within { Some(shape.kinds[1]) } else { None };
    for kind in outer {
        let statement = with_blocks(rng, *kind, inner);
        body.insert(rng.random_range(0..=body.len()), statement);
    }
    if body.is_empty() {
        body.push(action(rng, 0));
    }
    Program { body }
}

fn action(rng: &mut impl Rng, depth: usize) -> Statement {
    Statement::new(StatementKind::Action(Action::ALL[weighted(rng, &ACTIONS[depth])]))
}

/// A statement of a kind; with another one that has a block in its first block, where that is wanted.
fn with_blocks(rng: &mut impl Rng, kind: Kind, inner: Option<Kind>) -> Statement {
    let condition =
        Condition { test: Test::ALL[weighted(rng, &TESTS)], negations: u32::from(rng.random_bool(NEGATED)) };
    let first = block(rng, kind, inner);
    Statement::new(match kind {
        Kind::Repeat => StatementKind::Repeat(2 + weighted(rng, &TURNS) as u32, first),
        Kind::While => StatementKind::While(condition, first),
        Kind::If => StatementKind::If(condition, first),
        Kind::IfElse => StatementKind::IfElse(condition, first, block(rng, kind, None)),
    })
}

/// A block of a statement of a kind.
fn block(rng: &mut impl Rng, kind: Kind, inner: Option<Kind>) -> Block {
    let length = 1 + weighted(rng, kind.lengths());
    let mut block: Block = (0..length).map(|_| action(rng, 1)).collect();
    if let Some(inner) = inner {
        let place = rng.random_range(0..length);
        block[place] = with_blocks(rng, inner, None);
    }
    block
}
