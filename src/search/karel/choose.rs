//! Which of several programs to believe that all do what the examples say. Each has a weight by how usual it is, and says
//! what becomes of other worlds like those of the examples; the one that most weight agrees with is the one most
//! likely to be right in a world that nobody has shown.

use super::ground::Ground;
use crate::lang::karel::ast::{Action, Block, Condition, Program, Statement, StatementKind};
use crate::lang::karel::{Cell, Direction, Hero, World};
use crate::search::vote::vote;
use crate::task::karel::Example;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Worlds that each example's is changed to.
const WORLDS: usize = 16;
/// Cells of a world whose markers change.
const CHANGED: f64 = 0.1;

/// How usual programs are: that of the most usual is 1.
pub fn weights(programs: &[Program]) -> Vec<f64> {
    let costs: Vec<f64> = programs.iter().map(cost).collect();
    let least = costs.iter().copied().min_by(f64::total_cmp).unwrap_or_default();
    costs.iter().map(|cost| (least - cost).exp2()).collect()
}

/// The number of the program to believe; `None` of none. The examples' outcomes are taken as known.
pub fn choose(programs: &[Program], weights: &[f64], examples: &[Example]) -> Option<usize> {
    let mut scores = vec![0.0; programs.len()];
    for world in worlds(examples) {
        let mut ground = Ground::new(&world, 0);
        // What crashes says nothing: nobody shows such worlds.
        let mut leaves = |program: &Program| {
            let returns = ground.block(&program.body);
            let hash = ground.hash();
            ground.restart();
            returns.then_some(hash)
        };
        let left: Vec<Option<u64>> = programs.iter().map(&mut leaves).collect();
        vote(&left, weights, &mut scores);
    }
    let better = |one: &usize, other: &usize| {
        scores[*one].total_cmp(&scores[*other]).then(weights[*one].total_cmp(&weights[*other])).then(other.cmp(one))
    };
    (0..programs.len()).max_by(better)
}

/// Worlds like those of the examples: the hero elsewhere, and some markers.
fn worlds(examples: &[Example]) -> Vec<World> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    let one = |example: &Example| (0..WORLDS).map(|_| like(&example.input, &mut rng)).collect::<Vec<_>>();
    examples.iter().flat_map(one).collect()
}

fn like(world: &World, rng: &mut impl Rng) -> World {
    let mut world = world.clone();
    let cells: Vec<(usize, usize, Cell)> = world.cells().filter(|it| it.2 != Cell::Wall).collect();
    let (row, col, _) = *cells.choose(rng).expect("the hero stands somewhere");
    let facing = *Direction::ALL.choose(rng).expect("there are four");
    world.set_hero(Hero { row, col, facing }).expect("no wall is there");
    for (row, col, _) in cells {
        if rng.random_bool(CHANGED) {
            let count = if rng.random_bool(0.5) { 0 } else { rng.random_range(1..=9) };
            world.set_cell(row, col, Cell::Markers(count)).expect("no wall is there");
        }
    }
    world
}

/// Bits that it takes to say a program, by the frequencies in the odd lines of corpus/karel/real_programs.txt.
fn cost(program: &Program) -> f64 {
    const LENGTHS: [f64; 9] = [5.0, 2.5, 1.9, 2.0, 2.8, 3.6, 6.0, 6.0, 6.0];
    said(LENGTHS.as_slice(), program.body.len()) + block(&program.body, 0)
}

/// Bits of a length.
fn said(bits: &[f64], length: usize) -> f64 {
    bits[length.clamp(1, bits.len()) - 1]
}

/// Bits of a block's statements.
fn block(block: &Block, depth: usize) -> f64 {
    block.iter().map(|it| statement(it, depth)).sum()
}

fn statement(it: &Statement, depth: usize) -> f64 {
    /// Lengths of blocks.
    const TURNS: [f64; 5] = [1.1, 1.7, 2.9, 4.1, 4.7];
    const WHILES: [f64; 5] = [1.3, 1.1, 2.9, 5.0, 7.0];
    const CHOICES: [f64; 4] = [0.4, 2.5, 4.3, 6.0];
    /// Counts of `REPEAT`, from 2 on.
    const COUNTS: [f64; 9] = [2.9, 2.9, 1.8, 2.7, 3.9, 3.1, 3.7, 5.2, 5.2];
    let outside = |there: f64, within: f64| if depth == 0 { there } else { within };
    let inside = |body: &Block, lengths: &[f64]| said(lengths, body.len()) + block(body, depth + 1);
    match &it.kind {
        StatementKind::Action(Action::Move) => outside(1.8, 1.4),
        StatementKind::Action(Action::PutMarker) => outside(2.7, 1.6),
        StatementKind::Action(Action::PickMarker) => outside(3.0, 3.3),
        StatementKind::Action(Action::TurnLeft) => outside(3.1, 3.7),
        StatementKind::Action(Action::TurnRight) => outside(3.3, 4.0),
        StatementKind::Repeat(count, body) => {
            let count = (*count as usize).saturating_sub(1);
            outside(3.3, 5.3) + said(&COUNTS, count) + inside(body, &TURNS)
        }
        StatementKind::While(test, body) => outside(4.2, 5.1) + condition(test) + inside(body, &WHILES),
        StatementKind::If(test, body) => outside(4.7, 6.3) + condition(test) + inside(body, &CHOICES),
        StatementKind::IfElse(test, then, otherwise) => {
            outside(6.1, 7.5) + condition(test) + inside(then, &CHOICES) + inside(otherwise, &CHOICES)
        }
    }
}

fn condition(test: &Condition) -> f64 {
    if test.is_negated() { 8.0 } else { 2.4 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::karel::parse;

    fn chosen(programs: &[&str]) -> usize {
        let programs: Vec<Program> = programs.iter().map(|text| parse(text).expect("it is a program")).collect();
        let hero = Hero { row: 4, col: 1, facing: Direction::East };
        let input = World::new(9, 9, hero).expect("it has a world's size");
        let example = Example { output: input.clone(), input };
        choose(&programs, &weights(&programs), &[example]).expect("there are programs")
    }

    #[test]
    fn what_is_usual_is_believed() {
        let counted = "DEF run m( REPEAT R=7 r( move r) m)";
        let tested = "DEF run m( WHILE c( frontIsClear c) w( move w) m)";
        assert_eq!(chosen(&[counted, tested]), 1);
        assert_eq!(chosen(&[tested, counted]), 0);
    }

    #[test]
    fn programs_that_agree_outweigh_one_that_is_a_little_more_usual() {
        let alone = "DEF run m( move putMarker m)";
        let one = "DEF run m( turnLeft turnRight turnLeft m)";
        let other = "DEF run m( turnLeft turnLeft turnRight m)";
        let third = "DEF run m( turnRight turnLeft turnLeft m)";
        let costs: Vec<f64> = [alone, one].iter().map(|text| cost(&parse(text).expect("it is a program"))).collect();
        assert!(costs[0] < costs[1]);
        // Each alone weighs less; many times the same behaviour weighs more.
        let agreeing = [one, other, third].repeat(40);
        assert_ne!(chosen(&[&[alone], &agreeing[..]].concat()), 0);
        assert_eq!(chosen(&[alone, one]), 0);
    }
}
