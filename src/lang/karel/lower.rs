//! Programs to IR. The one function, `run`, gets the world as an array ([`super::World`]): the hero's cell and
//! steps are values of the IR while it runs, the cells stay in memory, and what `run` leaves there is the world after.
//! A crash is a trap; every action, test and turn of `REPEAT` begins with its tick.

use super::MOST_MARKERS;
use super::ast::{Action, Block, Condition, Program, Statement, StatementKind, Test};
use super::world::{FRONT, HERO, LEFT, WALL};
use crate::ir::{self, BinaryOp, Build, FunctionBuilder, Local, TrapKind, Type, Value, VariableId};

/// How to lower.
#[derive(Clone, Copy, Debug, Default)]
pub struct LowerOptions {
    /// Tell tracers of each change of the hero, as the variables `hero`, `front` and `left`, which are the first words.
    pub notes: bool,
}

/// The program as IR. It must have passed [`super::check()`].
pub fn lower(program: &Program, options: LowerOptions) -> ir::Program {
    let mut builder = FunctionBuilder::new("run", &[Type::I64], &[]);
    let world = builder.parameters()[0];
    let locals = [HERO, FRONT, LEFT].map(|word| {
        let local = builder.local(Type::I32);
        let value = builder.load(Type::I32, world, offset(word));
        builder.set(local, value);
        local
    });
    let notes = options.notes.then(|| ["hero", "front", "left"].map(|name| builder.variable(name)));
    let mut lowerer = Lowerer { builder, world, locals, notes };
    lowerer.block(&program.body);
    for (word, local) in [HERO, FRONT, LEFT].into_iter().zip(locals) {
        let value = lowerer.builder.get(local);
        lowerer.builder.store(value, world, offset(word));
    }
    lowerer.builder.ret(&[]);
    ir::Program { functions: vec![lowerer.builder.finish()], ..ir::Program::default() }
}

/// Where a word of the world lies, in bytes.
fn offset(word: usize) -> i32 {
    4 * word as i32
}

struct Lowerer {
    builder: FunctionBuilder,
    world: Value,
    /// The hero's cell, and the steps to the cells ahead and to the left.
    locals: [Local; 3],
    notes: Option<[VariableId; 3]>,
}

impl Lowerer {
    fn block(&mut self, block: &Block) {
        for statement in block {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Statement) {
        match &statement.kind {
            StatementKind::Action(action) => {
                self.builder.fuel(1, statement.span);
                self.action(*action);
            }
            StatementKind::While(condition, body) => self.while_loop(statement, *condition, body),
            StatementKind::Repeat(count, body) => self.repeat(statement, *count, body),
            StatementKind::If(condition, then) => self.choice(statement, *condition, then, &Vec::new()),
            StatementKind::IfElse(condition, then, otherwise) => self.choice(statement, *condition, then, otherwise),
        }
    }

    fn action(&mut self, action: Action) {
        let [_, front, left] = self.locals;
        match action {
            Action::Move => {
                let ahead = self.beside(front, BinaryOp::Add);
                let cell = self.cell(ahead);
                let blocked = self.compare_with(ir::Condition::Slt, cell, 0);
                self.builder.trap_if(blocked, TrapKind::Crash);
                self.set(HERO, ahead);
            }
            // To the left of what lies to the left is what lies behind.
            Action::TurnLeft => {
                let (ahead, beside) = (self.builder.get(front), self.builder.get(left));
                let behind = self.negative(ahead);
                self.set(FRONT, beside);
                self.set(LEFT, behind);
            }
            Action::TurnRight => {
                let (ahead, beside) = (self.builder.get(front), self.builder.get(left));
                let right = self.negative(beside);
                self.set(FRONT, right);
                self.set(LEFT, ahead);
            }
            Action::PickMarker => self.change_markers(ir::Condition::Eq, 0, -1),
            Action::PutMarker => self.change_markers(ir::Condition::Sge, MOST_MARKERS.into(), 1),
        }
    }

    /// Adds `change` to the markers on the hero's cell, but crashes where they compare with `limit`.
    fn change_markers(&mut self, condition: ir::Condition, limit: i64, change: i64) {
        let hero = self.builder.get(self.locals[HERO]);
        let place = self.builder.index(self.world, hero, 1);
        let count = self.builder.load(Type::I8, place, 0);
        let wrong = self.compare_with(condition, count, limit);
        self.builder.trap_if(wrong, TrapKind::Crash);
        let change = self.builder.constant(Type::I8, change);
        let count = self.builder.binary(BinaryOp::Add, count, change);
        self.builder.store(count, place, 0);
    }

    fn while_loop(&mut self, statement: &Statement, condition: Condition, body: &Block) {
        let (head, inside, after) = (self.builder.block(), self.builder.block(), self.builder.block());
        self.builder.jump(head, &[]);
        self.builder.switch_to(head);
        self.builder.fuel(1, statement.span);
        self.branch(condition, inside, after);
        self.builder.seal(inside);
        self.builder.seal(after);
        self.builder.switch_to(inside);
        self.block(body);
        self.builder.jump(head, &[]);
        self.builder.seal(head);
        self.builder.switch_to(after);
    }

    fn repeat(&mut self, statement: &Statement, count: u32, body: &Block) {
        let (head, inside, after) = (self.builder.block(), self.builder.block(), self.builder.block());
        let left = self.builder.local(Type::I32);
        let count = self.builder.constant(Type::I32, count.into());
        self.builder.set(left, count);
        self.builder.jump(head, &[]);
        self.builder.switch_to(head);
        let turns = self.builder.get(left);
        let done = self.compare_with(ir::Condition::Eq, turns, 0);
        self.builder.branch(done, (after, &[]), (inside, &[]));
        self.builder.seal(inside);
        self.builder.seal(after);
        self.builder.switch_to(inside);
        self.builder.fuel(1, statement.span);
        let one = self.builder.constant(Type::I32, 1);
        let turns = self.builder.binary(BinaryOp::Sub, turns, one);
        self.builder.set(left, turns);
        self.block(body);
        self.builder.jump(head, &[]);
        self.builder.seal(head);
        self.builder.switch_to(after);
    }

    fn choice(&mut self, statement: &Statement, condition: Condition, then: &Block, otherwise: &Block) {
        self.builder.fuel(1, statement.span);
        let (yes, no, after) = (self.builder.block(), self.builder.block(), self.builder.block());
        self.branch(condition, yes, no);
        for (block, statements) in [(yes, then), (no, otherwise)] {
            self.builder.seal(block);
            self.builder.switch_to(block);
            self.block(statements);
            self.builder.jump(after, &[]);
        }
        self.builder.seal(after);
        self.builder.switch_to(after);
    }

    /// Goes on at `yes` where the condition holds, else at `no`.
    fn branch(&mut self, condition: Condition, yes: ir::BlockId, no: ir::BlockId) {
        let [_, front, left] = self.locals;
        let seen = match condition.test {
            Test::FrontIsClear => self.beside(front, BinaryOp::Add),
            Test::LeftIsClear => self.beside(left, BinaryOp::Add),
            Test::RightIsClear => self.beside(left, BinaryOp::Sub),
            Test::MarkersPresent | Test::NoMarkersPresent => self.builder.get(self.locals[HERO]),
        };
        let cell = self.cell(seen);
        // A test that is wanted to fail is its opposite, of which there is one comparison too.
        let comparison = match (condition.test, condition.is_negated()) {
            (Test::MarkersPresent, false) | (Test::NoMarkersPresent, true) => ir::Condition::Ne,
            (Test::NoMarkersPresent, false) | (Test::MarkersPresent, true) => ir::Condition::Eq,
            (_, false) => ir::Condition::Sge,
            (_, true) => ir::Condition::Slt,
        };
        let holds = self.compare_with(comparison, cell, 0);
        self.builder.branch(holds, (yes, &[]), (no, &[]));
    }

    /// The byte of the cell beside the hero's, by a step or against it.
    fn beside(&mut self, step: Local, op: BinaryOp) -> Value {
        let (hero, step) = (self.builder.get(self.locals[HERO]), self.builder.get(step));
        self.builder.binary(op, hero, step)
    }

    /// What a byte of the world holds.
    fn cell(&mut self, byte: Value) -> Value {
        let place = self.builder.index(self.world, byte, 1);
        self.builder.load(Type::I8, place, 0)
    }

    fn compare_with(&mut self, condition: ir::Condition, value: Value, constant: i64) -> Value {
        let constant = self.builder.constant(self.builder.type_of(value), constant);
        self.builder.compare(condition, value, constant)
    }

    fn negative(&mut self, value: Value) -> Value {
        let zero = self.builder.constant(Type::I32, 0);
        self.builder.binary(BinaryOp::Sub, zero, value)
    }

    fn set(&mut self, word: usize, value: Value) {
        self.builder.set(self.locals[word], value);
        if let Some(notes) = self.notes {
            self.builder.note(notes[word], value);
        }
    }
}

// Walls are below every count of markers, and the hero's words come first, in the order of the locals.
const _: () = assert!(WALL < 0 && HERO == 0 && FRONT == 1 && LEFT == 2);
