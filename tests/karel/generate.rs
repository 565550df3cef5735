//! Random programs and worlds of all kinds, more of what is rare than any sampler makes: counts of 0, tests negated
//! twice, cells that are full, worlds of one cell.

use iocc::lang::karel::ast::{Action, Block, Condition, Program, Statement, StatementKind, Test};
use iocc::lang::karel::{Cell, Direction, Hero, MOST_MARKERS, MOST_TURNS, World};
use rand::Rng;
use rand::seq::IndexedRandom;

fn pick<T: Copy>(rng: &mut impl Rng, all: &[T]) -> T {
    *all.choose(rng).expect("there is one")
}

pub fn program(rng: &mut impl Rng) -> Program {
    Program { body: block(rng, 0) }
}

fn block(rng: &mut impl Rng, depth: u32) -> Block {
    (0..rng.random_range(1..=5)).map(|_| statement(rng, depth)).collect()
}

fn condition(rng: &mut impl Rng) -> Condition {
    Condition { test: pick(rng, &Test::ALL), negations: pick(rng, &[0, 0, 0, 1, 1, 2, 3]) }
}

fn statement(rng: &mut impl Rng, depth: u32) -> Statement {
    let kind = match rng.random_range(0..if depth < 4 { 12 } else { 8 }) {
        8 => StatementKind::While(condition(rng), block(rng, depth + 1)),
        9 => StatementKind::Repeat(rng.random_range(0..=MOST_TURNS), block(rng, depth + 1)),
        10 => StatementKind::If(condition(rng), block(rng, depth + 1)),
        11 => StatementKind::IfElse(condition(rng), block(rng, depth + 1), block(rng, depth + 1)),
        _ => StatementKind::Action(pick(rng, &Action::ALL)),
    };
    Statement::new(kind)
}

pub fn world(rng: &mut impl Rng) -> World {
    let (rows, cols) = (rng.random_range(1..=16), rng.random_range(1..=16));
    let facing = pick(rng, &Direction::ALL);
    let hero = Hero { row: rng.random_range(0..rows), col: rng.random_range(0..cols), facing };
    let mut world = World::new(rows, cols, hero).expect("it has a world's size");
    let (walls, markers) = (pick(rng, &[0.0, 0.1, 0.3]), pick(rng, &[0.0, 0.1, 0.5]));
    for (row, col) in (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col))) {
        let here = (row, col) == (hero.row, hero.col);
        let cell = if !here && rng.random_bool(walls) {
            Cell::Wall
        } else if rng.random_bool(if here { 0.5 } else { markers }) {
            Cell::Markers(pick(rng, &[1, 2, 9, 10, MOST_MARKERS - 1, MOST_MARKERS]))
        } else {
            continue;
        };
        world.set_cell(row, col, cell).expect("the hero stands elsewhere");
    }
    world
}
