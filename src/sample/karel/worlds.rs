//! Random worlds, like those of the public data set.

use crate::exec::interp::{Interpreter, Stop};
use crate::ir::FunctionId;
use crate::lang::karel::ast::Program;
use crate::lang::karel::{Cell, Direction, Hero, LARGEST, LowerOptions, TICKS, World, lower};
use rand::Rng;
use rand::seq::IndexedRandom;

/// Worlds that are tried for each that is wanted.
pub(super) const TRIES: usize = 400;

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
