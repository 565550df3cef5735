//! Random programs of restricted C (one function over `int a[]`, + and -, if, for, break, continue), and tasks made of
//! them. The weights were set so that what passes the filters looks like the public benchmark (corpus/README.md has
//! the figures side by side).

use super::Counts;
use super::inputs::{self, CELLS, Cells, PROBES};
use super::lanes::Lanes;
use super::text;
use super::tree::{Assignment, Expr, For, Operator, Slot, Stmt, Tree};
use crate::lang::c::ast;
use compact_str::CompactString;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

/// Inputs tried together.
const BATCH: usize = 16;
/// Batches tried before a program counts as out of range.
const BATCHES: usize = 4;
/// The largest number of a local's name, `l_15`; profiles/restricted-c.toml has the pools.
const LAST_LOCAL: u8 = 15;
/// The smallest.
const FIRST_LOCAL: u8 = 6;
/// The names of locals from the smallest number on.
static LOCALS: [CompactString; (LAST_LOCAL - FIRST_LOCAL + 1) as usize] = [
    CompactString::const_new("l_6"),
    CompactString::const_new("l_7"),
    CompactString::const_new("l_8"),
    CompactString::const_new("l_9"),
    CompactString::const_new("l_10"),
    CompactString::const_new("l_11"),
    CompactString::const_new("l_12"),
    CompactString::const_new("l_13"),
    CompactString::const_new("l_14"),
    CompactString::const_new("l_15"),
];

/// What is sampled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Config {
    /// The longest program, in C tokens.
    pub max_tokens: usize,
    /// Statements and loop tests a run may take.
    pub fuel: u32,
    /// Examples that are given to a synthesiser.
    pub given: usize,
    /// Examples that are held out.
    pub held_out: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { max_tokens: 256, fuel: 1_000, given: 5, held_out: 5 }
    }
}

/// A program and its examples, all in range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sampled {
    /// The program.
    pub tree: Tree,
    /// [`text::tokens`].
    pub tokens: usize,
    /// Inputs and outputs, the given ones first.
    pub examples: Vec<(Cells, Cells)>,
    /// [`inputs::behaviour_hash`].
    pub behaviour: u64,
}

/// The memory that sampling reuses from program to program.
#[derive(Default)]
pub struct Scratch {
    batch: Lanes<BATCH>,
    probes: Lanes<PROBES>,
}

/// Makes programs and tasks.
#[derive(Clone, Debug, Default)]
pub struct Sampler {
    config: Config,
}

/// Why a candidate was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drop {
    Trivial,
    Trapped,
    OutOfFuel,
    OutOfRange,
}

impl Sampler {
    /// A sampler of what `config` asks for.
    pub fn new(config: Config) -> Self {
        Self { config }
    }

    /// A random program, with or without loops as it comes, before any filter but that of its length.
    pub fn program(&self, rng: &mut impl Rng) -> ast::Program {
        loop {
            let tree = draft(rng, true);
            if text::tokens(&tree) <= self.config.max_tokens {
                return tree.to_ast();
            }
        }
    }

    /// The task of a seed and an index. `retry` is 0, or tells how many tasks of this index were duplicates. Every
    /// other index gives a program with a loop. Adds to `counts` what was dropped on the way and the one that was kept.
    pub fn task(&self, seed: u64, index: u64, retry: u32, scratch: &mut Scratch, counts: &mut Counts) -> Sampled {
        let stream = super::mix(super::mix(super::mix(seed) ^ index) ^ u64::from(retry));
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(stream);
        let wants_loop = index.is_multiple_of(2);
        loop {
            let tree = draft(&mut rng, wants_loop);
            if wants_loop && !text::loops(&tree) {
                counts.off_quota += 1;
                continue;
            }
            let tokens = text::tokens(&tree);
            if tokens > self.config.max_tokens {
                counts.off_quota += 1;
                continue;
            }
            match self.examine(&tree, &mut rng, scratch) {
                Ok((examples, behaviour)) => {
                    counts.kept += 1;
                    return Sampled { tree, tokens, examples, behaviour };
                }
                Err(Drop::Trivial) => counts.trivial += 1,
                Err(Drop::Trapped) => counts.trapped += 1,
                Err(Drop::OutOfFuel) => counts.out_of_fuel += 1,
                Err(Drop::OutOfRange) => counts.out_of_range += 1,
            }
        }
    }

    /// The examples and the behaviour hash of a program that is worth keeping.
    fn examine(
        &self,
        tree: &Tree,
        rng: &mut impl Rng,
        scratch: &mut Scratch,
    ) -> Result<(Vec<(Cells, Cells)>, u64), Drop> {
        let examples = self.examples(tree, rng, &mut scratch.batch)?;
        let identity = examples.iter().all(|(input, output)| input == output);
        let constant = examples.iter().all(|(_, output)| *output == examples[0].1);
        if identity || constant {
            return Err(Drop::Trivial);
        }
        let behaviour = inputs::behaviour_hash(tree, &mut scratch.probes, self.config.fuel);
        Ok((examples, behaviour.map_err(|_| Drop::OutOfFuel)?))
    }

    /// Draws inputs until enough distinct ones give outputs in range.
    fn examples(&self, tree: &Tree, rng: &mut impl Rng, lanes: &mut Lanes<BATCH>) -> Result<Vec<(Cells, Cells)>, Drop> {
        let wanted = self.config.given + self.config.held_out;
        let mut examples: Vec<(Cells, Cells)> = Vec::with_capacity(wanted);
        for batch in 0..BATCHES {
            let mut tried = [[0; CELLS]; BATCH];
            tried.fill_with(|| inputs::draw(rng));
            lanes.run(tree, &tried, self.config.fuel).map_err(|_| Drop::OutOfFuel)?;
            if lanes.any_trapped() {
                return Err(Drop::Trapped);
            }
            for (lane, input) in tried.into_iter().enumerate() {
                if let Some(output) = lanes.output(lane).and_then(inputs::in_range)
                    && examples.len() < wanted
                    && !examples.iter().any(|(seen, _)| *seen == input)
                {
                    examples.push((input, output));
                }
            }
            if examples.len() == wanted {
                return Ok(examples);
            }
            // At this rate the rest would not be found.
            if examples.len() < (batch + 1) * wanted / BATCHES {
                break;
            }
        }
        Err(Drop::OutOfRange)
    }
}

/// A random program, before any filter.
pub fn draft(rng: &mut impl Rng, loops: bool) -> Tree {
    let mut draft =
        Draft { rng, names: Vec::new(), visible: Vec::new(), turning: Vec::new(), last_local: FIRST_LOCAL - 1, loops };
    let mut body = Vec::with_capacity(8);
    draft.declarations(&mut body);
    let statements = draft.pick(&[44, 28, 17, 11]) + 1;
    for _ in 0..statements {
        let statement = draft.statement(1);
        body.push(statement);
    }
    Tree { body, names: draft.names }
}

/// A program being written.
struct Draft<'a, R> {
    rng: &'a mut R,
    names: Vec<CompactString>,
    /// The slots in scope.
    visible: Vec<Slot>,
    /// The variables of the loops around, which no inner loop may use.
    turning: Vec<Slot>,
    /// The number of the last `l_<n>`.
    last_local: u8,
    /// Whether loops are written at all.
    loops: bool,
}

impl<R: Rng> Draft<'_, R> {
    /// An index drawn with these weights.
    fn pick(&mut self, weights: &[u32]) -> usize {
        let mut left = self.rng.random_range(0..weights.iter().sum::<u32>());
        for (index, weight) in weights.iter().enumerate() {
            if left < *weight {
                return index;
            }
            left -= weight;
        }
        unreachable!("the weights sum up")
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100) < percent
    }

    fn below(&mut self, end: i32) -> i32 {
        self.rng.random_range(0..end)
    }

    /// A new variable, visible from here on.
    fn declare(&mut self, scalar: bool) -> Slot {
        let slot = self.names.len() as Slot;
        let name = if scalar {
            CompactString::const_new("p_0")
        } else {
            let gap = if self.last_local < FIRST_LOCAL { self.pick(&[4, 2, 2]) } else { self.pick(&[2, 1, 1]) };
            self.last_local = (self.last_local + 1 + gap as u8).min(LAST_LOCAL);
            self.free_name(usize::from(self.last_local - FIRST_LOCAL))
        };
        self.names.push(name);
        self.visible.push(slot);
        slot
    }

    /// The name of this number or, where the names run out and it is in scope, the next lower one that is not: it must
    /// not hide another.
    fn free_name(&self, number: usize) -> CompactString {
        let hides = |name: &&CompactString| self.visible.iter().any(|slot| self.names[usize::from(*slot)] == **name);
        let mut names = LOCALS[..=number].iter().rev();
        names.find(|name| !hides(name)).unwrap_or(&LOCALS[number]).clone()
    }

    fn declarations(&mut self, body: &mut Vec<Stmt>) {
        let count = self.pick(&[24, 25, 26, 25]);
        for index in 0..count {
            let value = if self.chance(96) { self.below(5) } else { -1 - self.below(4) };
            let scalar = index == 0 && self.chance(60);
            let slot = self.declare(scalar);
            body.push(Stmt::Declare(slot, Expr::Constant(value)));
        }
    }

    /// One or two statements.
    fn block(&mut self, depth: usize) -> Vec<Stmt> {
        let count = self.pick(&[54, 46]) + 1;
        (0..count).map(|_| self.statement(depth)).collect()
    }

    fn statement(&mut self, depth: usize) -> Stmt {
        let turning = u32::from(!self.turning.is_empty());
        let repeats = u32::from(self.loops);
        // Assignment, step, if, for, break, continue.
        let weights = match depth {
            1 => [44, 20, 11, 30 * repeats, 0, 0],
            2 => [46, 20, 12, 25 * repeats, 0, 0],
            3 => [46, 14, 36, 0, 4 * turning, 3 * turning],
            _ => [43, 17, 0, 0, 26 * turning, 20 * turning],
        };
        match self.pick(&weights) {
            0 => self.assignment(),
            1 => {
                let target = self.target(22);
                Stmt::Step { increment: self.chance(50), prefix: self.chance(50), target }
            }
            2 => {
                let condition = self.condition();
                let then = self.block(depth + 1);
                let otherwise = self.chance(33).then(|| self.block(depth + 1));
                Stmt::If(condition, then, otherwise)
            }
            3 => self.repeat(depth),
            4 => Stmt::Break,
            _ => Stmt::Continue,
        }
    }

    fn assignment(&mut self) -> Stmt {
        let kind = [Assignment::Set, Assignment::Subtract, Assignment::Add][self.pick(&[78, 13, 9])];
        let target = self.target(21);
        let operations = match kind {
            Assignment::Set => self.pick(&[54, 36, 10]),
            _ => self.pick(&[42, 42, 16]),
        };
        let value = self.sum(operations);
        Stmt::Assign(kind, target, value)
    }

    /// What is assigned to: a variable in so many of a hundred cases.
    fn target(&mut self, variable: u32) -> Expr {
        match self.variable() {
            Some(slot) if self.chance(variable) => Expr::Variable(slot),
            Some(slot) if self.chance(76) => Expr::At(slot),
            _ => Expr::Cell(self.below(CELLS as i32)),
        }
    }

    fn variable(&mut self) -> Option<Slot> {
        let count = self.visible.len();
        (count > 0).then(|| self.visible[self.rng.random_range(0..count)])
    }

    /// Operands joined by + and -.
    fn sum(&mut self, operations: usize) -> Expr {
        let mut sum = self.operand();
        for _ in 0..operations {
            let operator = if self.chance(48) { Operator::Add } else { Operator::Subtract };
            sum = Expr::binary(operator, sum, self.operand());
        }
        sum
    }

    fn operand(&mut self) -> Expr {
        let kind = self.pick(&[34, 27, 15, 27]);
        match (kind, self.variable()) {
            (1, Some(slot)) => Expr::At(slot),
            (3, Some(slot)) => Expr::Variable(slot),
            (1 | 2, _) => Expr::Cell(self.below(CELLS as i32)),
            _ => Expr::Constant(self.below(9) - 4),
        }
    }

    fn condition(&mut self) -> Expr {
        let first = self.comparison();
        match self.pick(&[90, 6, 4]) {
            0 => first,
            1 => Expr::binary(Operator::And, first, self.comparison()),
            _ => Expr::binary(Operator::Or, first, self.comparison()),
        }
    }

    /// A comparison, or an operand alone.
    fn comparison(&mut self) -> Expr {
        if self.chance(13) {
            return self.operand();
        }
        let operations = self.pick(&[78, 17, 5]);
        let left = self.sum(operations);
        let operators = [
            Operator::Equal,
            Operator::NotEqual,
            Operator::Less,
            Operator::LessEqual,
            Operator::Greater,
            Operator::GreaterEqual,
        ];
        let operator = operators[self.pick(&[1; 6])];
        Expr::binary(operator, left, self.operand())
    }

    fn repeat(&mut self, depth: usize) -> Stmt {
        let outer = self.visible.len();
        let free: Vec<Slot> = self.visible.iter().copied().filter(|slot| !self.turning.contains(slot)).collect();
        let ends = (self.below(5), self.below(5));
        let (low, high) = (ends.0.min(ends.1), ends.0.max(ends.1));
        let rises = self.chance(84);
        let (first, last) = if rises { (low, high) } else { (high, low) };
        let declares = free.is_empty() || self.chance(15);
        let (slot, start) = if declares {
            let scalar = !self.visible.iter().any(|slot| self.names[usize::from(*slot)] == "p_0");
            let slot = self.declare(scalar);
            (slot, Stmt::Declare(slot, Expr::Constant(first)))
        } else {
            let slot = free[self.rng.random_range(0..free.len())];
            (slot, Stmt::Assign(Assignment::Set, Expr::Variable(slot), Expr::Constant(first)))
        };
        let operator = if rises { Operator::LessEqual } else { Operator::GreaterEqual };
        let condition = Expr::binary(operator, Expr::Variable(slot), Expr::Constant(last));
        let step = if self.chance(79) {
            Stmt::Step { increment: rises, prefix: false, target: Expr::Variable(slot) }
        } else {
            let kind = if rises { Assignment::Add } else { Assignment::Subtract };
            Stmt::Assign(kind, Expr::Variable(slot), Expr::Constant(2))
        };
        self.turning.push(slot);
        let body = self.block(depth + 1);
        self.turning.pop();
        self.visible.truncate(outer);
        Stmt::For(Box::new(For { start, condition, step, body }))
    }
}
