//! The encoder of Karel's worlds by the hero's eyes: what programs do depends on where the hero stands and looks, never on
//! where that is in the grid. Each example is a set of facts, rows of a table, whose sum goes through residual layers:
//! - what is near the hero before and after, each seen by that hero: walls, markers, and how far each wall is;
//! - which cells change, seen by both;
//! - where the hero comes to stand and look, seen by the first.

use super::config::Config;
use super::encoder::{Embedded, Encoding};
use super::parameters::{Parameters, Shape};
use super::worlds::{finish, vector_shapes};
use crate::lang::karel::{Cell, Direction, World};
use tch::{Kind, Tensor};

/// A square around a hero: cells up to so far away in both directions.
struct Square {
    reach: i64,
}

impl Square {
    const fn cells(&self) -> i64 {
        (2 * self.reach + 1) * (2 * self.reach + 1)
    }

    /// The number of a cell, where it is within.
    fn place(&self, (ahead, right): (i64, i64)) -> Option<i64> {
        let within = |at: i64| (-self.reach..=self.reach).contains(&at);
        (within(ahead) && within(right)).then(|| (ahead + self.reach) * (2 * self.reach + 1) + right + self.reach)
    }
}

/// How far walls are seen, markers that stay, and anything that changes.
const WALLS: Square = Square { reach: 6 };
const MARKERS: Square = Square { reach: 4 };
const ALL: Square = Square { reach: 15 };
/// What is told of a cell with markers: one, two, more.
const COUNTS: i64 = 3;
/// What is told of a cell that changes: by how much, and whether it is empty now or was.
const CHANGES: i64 = 7;
/// Markers of the hero's own cell that are told apart.
const OWN: i64 = 11;
/// Steps to a wall.
const STEPS: i64 = 17;

/// Rows of what one hero sees.
const SEEN: i64 = WALLS.cells() + COUNTS * MARKERS.cells() + CHANGES * ALL.cells() + OWN + 4 * STEPS;
/// Rows of the table: two heroes, where the second stands and looks as the first sees it, and how many cells change.
const ROWS: i64 = 2 * SEEN + ALL.cells() + 4 + OWN;
/// Rows that an example has, about: the sum begins with the scale of one of them.
const USUAL: f64 = 60.0;

pub(super) fn shapes(config: &Config) -> Vec<Shape> {
    let width = config.hidden;
    let mut shapes =
        vec![Shape::new("world.fact", &[ROWS, width], (3.0 / USUAL).sqrt()), Shape::bias("world.fact_bias", width)];
    for number in 0..config.world.blocks {
        shapes.push(Shape::linear(&layer(number, "wide"), width, 2 * width));
        shapes.push(Shape::bias(&layer(number, "wide_bias"), 2 * width));
        shapes.push(Shape::linear(&layer(number, "narrow"), 2 * width, width));
    }
    shapes.extend(vector_shapes(config, width));
    shapes
}

fn layer(number: i64, part: &str) -> String {
    format!("world.layer{number}.{part}")
}

/// The facts of examples, one behind the other, and where each begins.
pub(super) fn facts(pairs: &[(World, World)]) -> (Tensor, Tensor) {
    let (mut rows, mut starts) = (Vec::new(), Vec::with_capacity(pairs.len()));
    for (input, output) in pairs {
        starts.push(rows.len() as i64);
        facts_of(input, output, &mut rows);
    }
    (Tensor::from_slice(&rows), Tensor::from_slice(&starts))
}

/// A cell as a hero sees it: so far ahead and to the right.
fn seen_by(hero: &crate::lang::karel::Hero, row: i64, col: i64) -> (i64, i64) {
    let (up, east) = (row - hero.row as i64, col - hero.col as i64);
    match hero.facing {
        Direction::North => (up, east),
        Direction::East => (east, -up),
        Direction::South => (-up, -east),
        Direction::West => (-east, up),
    }
}

fn facts_of(input: &World, output: &World, rows: &mut Vec<i64>) {
    see(input, (input, output), 0, rows);
    see(output, (input, output), SEEN, rows);
    let (first, last) = (input.hero(), output.hero());
    let place = ALL.place(seen_by(&first, last.row as i64, last.col as i64));
    rows.push(2 * SEEN + place.expect("worlds are not larger"));
    rows.push(2 * SEEN + ALL.cells() + (last.facing as i64 - first.facing as i64).rem_euclid(4));
    let changed = input.cells().zip(output.cells()).filter(|(before, after)| before != after).count() as i64;
    rows.push(2 * SEEN + ALL.cells() + 4 + changed.min(OWN - 1));
}

/// What the hero of `world` sees, in rows from `base` on.
fn see(world: &World, (input, output): (&World, &World), base: i64, rows: &mut Vec<i64>) {
    let hero = world.hero();
    let markers_at = base + WALLS.cells();
    let changes_at = markers_at + COUNTS * MARKERS.cells();
    let own_at = changes_at + CHANGES * ALL.cells();
    let (height, width) = (world.rows() as i64, world.cols() as i64);
    let mut wall = |row: i64, col: i64| rows.extend(WALLS.place(seen_by(&hero, row, col)).map(|place| base + place));
    (-1..=width).for_each(|col| [-1, height].into_iter().for_each(|row| wall(row, col)));
    (0..height).for_each(|row| [-1, width].into_iter().for_each(|col| wall(row, col)));
    for ((row, col, cell), ((_, _, before), (_, _, after))) in world.cells().zip(input.cells().zip(output.cells())) {
        let at = seen_by(&hero, row as i64, col as i64);
        match cell {
            Cell::Wall => rows.extend(WALLS.place(at).map(|place| base + place)),
            Cell::Markers(0) => {}
            Cell::Markers(count) => {
                let kind = i64::from(count).min(COUNTS) - 1;
                rows.extend(MARKERS.place(at).map(|place| markers_at + kind * MARKERS.cells() + place));
            }
        }
        if let (Cell::Markers(before), Cell::Markers(after), Some(place)) = (before, after, ALL.place(at))
            && before != after
        {
            let by = (i64::from(after) - i64::from(before)).clamp(-2, 2);
            let kind = if by < 0 { by + 2 } else { by + 1 }; // -2, -1, 1, 2 to 0 to 3
            let told = |kind: i64| changes_at + kind * ALL.cells() + place;
            rows.push(told(kind));
            rows.extend((after == 0).then(|| told(4)));
            rows.extend((before == 0).then(|| told(5)));
            rows.extend((by.abs() == 2 && (i64::from(after) - i64::from(before)).abs() > 2).then(|| told(6)));
        }
    }
    if let Ok(Cell::Markers(count)) = world.cell(hero.row, hero.col) {
        rows.push(own_at + i64::from(count).min(OWN - 1));
    }
    rays(world, own_at + OWN, rows);
}

/// How far the walls are ahead of the hero, to the right, behind and to the left.
fn rays(world: &World, base: i64, rows: &mut Vec<i64>) {
    let hero = world.hero();
    for turn in 0..4 {
        let facing = Direction::ALL[(hero.facing as usize + turn) % 4];
        let (up, east): (i64, i64) = match facing {
            Direction::North => (1, 0),
            Direction::East => (0, 1),
            Direction::South => (-1, 0),
            Direction::West => (0, -1),
        };
        let clear = |steps: &i64| {
            let (row, col) = (hero.row as i64 + steps * up, hero.col as i64 + steps * east);
            row >= 0 && col >= 0 && matches!(world.cell(row as usize, col as usize), Ok(Cell::Markers(_)))
        };
        let steps = (1..STEPS).take_while(clear).count() as i64;
        rows.push(base + turn as i64 * STEPS + steps);
    }
}

/// Encodes examples: `inputs` are the facts, `outputs` where each example's begin.
pub(super) fn encode(parameters: &Parameters, config: &Config, embedded: &Embedded) -> Encoding {
    const SUM: i64 = 0;
    let table = parameters.get("world.fact");
    let (facts, starts) = (&embedded.inputs, &embedded.outputs);
    let summed = Tensor::embedding_bag(table, facts, starts, false, SUM, false, None::<&Tensor>, false).0;
    let mut read = summed + parameters.get("world.fact_bias"); // [examples, hidden]
    let width = config.hidden;
    for number in 0..config.world.blocks {
        let get = |part: &str| parameters.get(&layer(number, part));
        let normal = read.layer_norm([width], None::<&Tensor>, None::<&Tensor>, 1e-5, false);
        let wide = normal.linear(get("wide"), Some(get("wide_bias"))).relu();
        read = &read + wide.linear(get("narrow"), None::<&Tensor>);
    }
    let normal = read.layer_norm([width], None::<&Tensor>, None::<&Tensor>, 1e-5, false);
    debug_assert_eq!(normal.kind(), Kind::Float);
    finish(parameters, config, &normal)
}
