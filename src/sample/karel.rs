//! Random programs of Karel, and tasks made of them: worlds in which the program returns, so that each branch is taken
//! in some of them and no statement can be left out unseen. The weights were read off the odd lines of the public
//! programs (corpus/karel/real_programs.txt); corpus/README.md has the figures of all beside those of what is made.

use super::Counts;
use super::inputs::Fnv;
use crate::exec::interp::{Interpreter, Stop};
use crate::exec::karel::{Event, Rows, Watch};
use crate::ir::FunctionId;
use crate::lang::karel::ast::{Action, Block, Condition, Form, Program, Statement, StatementKind, Test};
use crate::lang::karel::{Cell, Direction, Hero, LARGEST, LowerOptions, TICKS, World, lower, print};
use rand::distr::Distribution;
use rand::distr::weighted::WeightedIndex;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::sync::LazyLock;

/// Worlds that are tried for one program.
const TRIES: usize = 400;
/// Programs that are drawn for one that has the length and the shape that are wanted.
const DRAWS: usize = 1_000;
/// How often worlds are looked for that show all of a given program.
const REDRAWS: usize = 8;
/// Programs of a shape that are dropped before another shape is taken.
const MOST_DROPPED: usize = 60;
/// Fixed worlds behind a behaviour hash.
const PROBES: usize = 64;

/// How often each length occurs, in tokens from [`SHORTEST`] on.
const LENGTHS: [u32; 14] = [1, 4, 10, 8, 8, 9, 12, 17, 15, 10, 7, 10, 13, 1];
const SHORTEST: usize = 6;
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
struct Shape {
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
}

/// A program as people have written them for the data set.
pub fn program(rng: &mut impl Rng) -> Program {
    let length = SHORTEST + weighted(rng, &LENGTHS);
    of_length(rng, length).1
}

/// A program of so many tokens, and its shape.
fn of_length(rng: &mut impl Rng, length: usize) -> (Shape, Program) {
    loop {
        let shape = Shape::draw(rng);
        if let Some(program) = of_shape(rng, &shape, length, 1) {
            return (shape, program);
        }
    }
}

/// A program of a shape and so many tokens, if one of a number that are drawn has as many.
fn of_shape(rng: &mut impl Rng, shape: &Shape, length: usize, draws: usize) -> Option<Program> {
    (0..draws).map(|_| draw(rng, shape)).find(|program| tokens(program) == length)
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

/// A world as those of the data set: 2 to 16 cells a side, walls and markers in any density or none.
pub fn world(rng: &mut impl Rng) -> World {
    let (rows, cols) = (rng.random_range(2..=LARGEST), rng.random_range(2..=LARGEST));
    let corner = rng.random_bool(0.3);
    let facing = *Direction::ALL.choose(rng).expect("there are four");
    let (row, col) = if corner { (0, 0) } else { (rng.random_range(0..rows), rng.random_range(0..cols)) };
    let hero = Hero { row, col, facing };
    let mut world = World::new(rows, cols, hero).expect("it has a world's size");
    let walls = if rng.random_bool(0.4) { 0.0 } else { rng.random_range(0.0..0.35) };
    let markers = if rng.random_bool(0.15) { 0.0 } else { rng.random_range(0.0..0.4) };
    for (row, col) in (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col))) {
        let here = (row, col) == (hero.row, hero.col);
        if !here && rng.random_bool(walls) {
            world.set_cell(row, col, Cell::Wall).expect("the hero stands elsewhere");
        } else if rng.random_bool(if here { 0.4 } else { markers }) {
            let count = if rng.random_bool(0.5) { 1 } else { rng.random_range(1..=9) };
            world.set_cell(row, col, Cell::Markers(count)).expect("the place is inside");
        }
    }
    world
}

/// Worlds in which a program returns, up to `count` of them; fewer, or none, where they are hard to find.
pub fn worlds(program: &Program, count: usize, rng: &mut impl Rng) -> Vec<World> {
    let mut interpreter = Interpreter::new(&lower(program, LowerOptions::default()));
    let mut words = Vec::new();
    let mut returns = |world: &World| {
        words.clear();
        words.extend_from_slice(world.words());
        interpreter.run_array(FunctionId(0), &mut words, TICKS) == Stop::Returned
    };
    (0..TRIES * count).map(|_| world(rng)).filter(|world| returns(world)).take(count).collect()
}

/// What a sampler makes.
#[derive(Clone, Debug)]
pub struct Sampled {
    /// The program.
    pub program: Program,
    /// [`tokens`].
    pub tokens: usize,
    /// Worlds before and after, the given ones first.
    pub examples: Vec<(World, World)>,
    /// A hash of what the program does in fixed worlds.
    pub behaviour: u64,
}

/// Makes tasks of so many examples.
#[derive(Clone, Copy, Debug)]
pub struct Sampler {
    /// Examples of a task.
    pub examples: usize,
}

impl Sampler {
    /// The task of an index; `retry` draws others in its place. Programs that are dropped are counted as trivial where
    /// a statement could be left out, as off quota where a branch is not taken, and else by how most runs ended.
    pub fn task(&self, seed: u64, index: u64, retry: u32, counts: &mut Counts) -> Sampled {
        let stream = super::mix(super::mix(seed ^ 0x6B61_7265_6C00) ^ index) ^ u64::from(retry);
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(stream);
        let length = SHORTEST + weighted(&mut rng, &LENGTHS);
        let (mut shape, mut program) = of_length(&mut rng, length);
        // Length and shape stay, so that what is hard to find worlds for does not become rare.
        for dropped in 1.. {
            if dropped % MOST_DROPPED == 0 {
                (shape, program) = of_length(&mut rng, length);
            } else if dropped > 1 {
                program = of_shape(&mut rng, &shape, length, DRAWS).unwrap_or(program);
            }
            number(&mut program.body, &mut 0);
            let Some(examples) = self.examples(&program, &mut rng, counts) else { continue };
            counts.kept += 1;
            let behaviour = behaviour(&program);
            return Sampled { tokens: length, program, examples, behaviour };
        }
        unreachable!("some program of each length has worlds")
    }

    /// Worlds before and after for a program that someone wrote. Where none are found that show all of it, as where it
    /// does something in vain, any in which it returns; `None` where there are too few of these too.
    pub fn examples_of(&self, program: &Program, rng: &mut impl Rng) -> Option<Vec<(World, World)>> {
        let mut program = program.clone();
        number(&mut program.body, &mut 0);
        let whole = (0..REDRAWS).find_map(|_| self.examples(&program, rng, &mut Counts::default()));
        whole.or_else(|| {
            let mut watch = Watch::new(&program);
            let worlds = worlds(&program, self.examples, rng);
            let pair = |world: World| watch.run(&world, TICKS, |_| {}).1.map(|after| (world, after));
            let pairs: Option<Vec<_>> = worlds.into_iter().map(pair).collect();
            pairs.filter(|pairs| pairs.len() == self.examples)
        })
    }

    /// Worlds for a program whose statements are numbered; `None` where there are none that show all of it.
    fn examples(&self, program: &Program, rng: &mut impl Rng, counts: &mut Counts) -> Option<Vec<(World, World)>> {
        let mut watch = Watch::new(program);
        let wanted = branches(&program.body);
        let mut seen = vec![false; 2 * wanted.len()];
        let missing = |seen: &[bool]| {
            let open = |(at, wanted): (usize, &Option<(Condition, bool)>)| match wanted {
                None => 0,
                Some((_, both)) => usize::from(!seen[2 * at + 1]) + usize::from(*both && !seen[2 * at]),
            };
            wanted.iter().enumerate().map(open).sum::<usize>()
        };
        let mut found: Vec<(World, World)> = Vec::new();
        let (mut crashed, mut endless) = (0, 0);
        for tried in 0..TRIES {
            let world = world(rng);
            let mut now = seen.clone();
            let (run, after) = watch.run(&world, TICKS, |event| {
                if let Event::Tick(place, world) = event
                    && let Some((condition, _)) = wanted[place.start as usize]
                {
                    let holds = world.sees(condition.test) != condition.is_negated();
                    now[2 * place.start as usize + usize::from(holds)] = true;
                }
            });
            let Some(after) = after else {
                let stopped = if run.fuel >= TICKS { &mut endless } else { &mut crashed };
                *stopped += 1;
                // A program that hardly ever returns is not worth more worlds.
                if tried == TRIES / 4 && found.len() < self.examples / 3 {
                    break;
                }
                continue;
            };
            // As many places are kept free as branches wait to be taken.
            let (open, left) = (missing(&seen), missing(&now));
            let free = self.examples - found.len();
            if left < open || free > open {
                seen = now;
                found.push((world, after));
            }
            if found.len() == self.examples {
                break;
            }
        }
        if found.len() < self.examples {
            let dropped = if missing(&seen) > 0 && found.len() >= self.examples / 2 {
                &mut counts.off_quota
            } else if crashed >= endless {
                &mut counts.trapped
            } else {
                &mut counts.out_of_fuel
            };
            *dropped += 1;
            return None;
        }
        if missing(&seen) > 0 {
            counts.off_quota += 1;
            return None;
        }
        if is_spurious(program, &found) {
            counts.trivial += 1;
            return None;
        }
        // The last ones found are those that show what is rare; nobody would see that if just these were held out.
        found.shuffle(rng);
        Some(found)
    }
}

/// Gives each statement a place of its own, in order.
fn number(block: &mut Block, next: &mut usize) {
    for statement in block {
        statement.span = crate::diagnostic::Span::new(*next, *next + 1);
        *next += 1;
        match &mut statement.kind {
            StatementKind::Action(_) => {}
            StatementKind::While(_, body) | StatementKind::Repeat(_, body) | StatementKind::If(_, body) => {
                number(body, next);
            }
            StatementKind::IfElse(_, then, otherwise) => {
                number(then, next);
                number(otherwise, next);
            }
        }
    }
}

/// The condition of each numbered statement that has one, and whether it must both hold and fail: a loop's fails
/// wherever the loop ends.
fn branches(block: &Block) -> Vec<Option<(Condition, bool)>> {
    let mut all = Vec::new();
    for statement in block {
        all.push(match statement.kind {
            StatementKind::While(condition, _) => Some((condition, false)),
            StatementKind::If(condition, _) | StatementKind::IfElse(condition, ..) => Some((condition, true)),
            StatementKind::Action(_) | StatementKind::Repeat(..) => None,
        });
        statement.blocks().for_each(|inner| all.extend(branches(inner)));
    }
    all
}

/// Whether something can be left out and all examples stay as they are.
fn is_spurious(program: &Program, examples: &[(World, World)]) -> bool {
    let before = Rows::new(examples.iter().map(|(before, _)| before));
    let after = Rows::new(examples.iter().map(|(_, after)| after));
    let mut interpreter = Interpreter::default();
    let mut words = Vec::new();
    shorter(&program.body).into_iter().any(|body| {
        interpreter.load(&lower(&Program { body }, LowerOptions::default()));
        before.iter().zip(after.iter()).all(|(before, after)| {
            words.clear();
            words.extend_from_slice(before);
            interpreter.run_array(FunctionId(0), &mut words, TICKS) == Stop::Returned && words == after
        })
    })
}

/// The block without each of its runs of statements (pairs too, which may undo each other), and without each of those
/// within; an empty block is none, since there the statement around can be left out.
fn shorter(block: &Block) -> Vec<Block> {
    let mut all = Vec::new();
    for from in 0..block.len() {
        for to in from + 1..=block.len() {
            if to - from < block.len() {
                all.push([&block[..from], &block[to..]].concat());
            }
        }
        let mut replace = |kind: StatementKind| {
            let mut changed = block.clone();
            changed[from].kind = kind;
            all.push(changed);
        };
        match &block[from].kind {
            StatementKind::Action(_) => {}
            StatementKind::While(condition, body) => {
                shorter(body).into_iter().for_each(|body| replace(StatementKind::While(*condition, body)));
            }
            StatementKind::Repeat(count, body) => {
                shorter(body).into_iter().for_each(|body| replace(StatementKind::Repeat(*count, body)));
            }
            StatementKind::If(condition, body) => {
                shorter(body).into_iter().for_each(|body| replace(StatementKind::If(*condition, body)));
            }
            StatementKind::IfElse(condition, then, otherwise) => {
                let with = |then, otherwise| StatementKind::IfElse(*condition, then, otherwise);
                shorter(then).into_iter().for_each(|then| replace(with(then, otherwise.clone())));
                shorter(otherwise).into_iter().for_each(|otherwise| replace(with(then.clone(), otherwise)));
            }
        }
    }
    all
}

/// A hash of what a program leaves of the fixed worlds; a run that does not return is a behaviour too.
fn behaviour(program: &Program) -> u64 {
    static WORLDS: LazyLock<Rows> = LazyLock::new(|| {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(0x10CC);
        let worlds: Vec<World> = (0..PROBES).map(|_| world(&mut rng)).collect();
        Rows::new(&worlds)
    });
    let mut interpreter = Interpreter::new(&lower(program, LowerOptions::default()));
    let mut hash = Fnv::default();
    let mut words = Vec::new();
    for world in WORLDS.iter() {
        words.clear();
        words.extend_from_slice(world);
        match interpreter.run_array(FunctionId(0), &mut words, TICKS) {
            Stop::Returned => words.iter().for_each(|word| hash.word(*word as u32)),
            _ => hash.word(0x8000_0000),
        }
    }
    hash.finish()
}
