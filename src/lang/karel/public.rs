//! Worlds as the public data set writes them: an object of texts (`hero` is `row:col:facing`, `blocked` a list of
//! `row:col`, `markers` of `row:col:count`, rows from the bottom), and a sparse tensor of 16 channels, each a frame of
//! 18 by 18 cells with the world at (1, 1): the hero by its direction, walls, the boundary, and one to ten markers.

use super::world::{Cell, Direction, Hero, MOST_MARKERS, World, WorldError};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Rows and columns of the tensor's frame.
pub const FRAME: usize = 18;
/// Channels of the tensor.
pub const CHANNELS: usize = 16;
/// Numbers of a channel.
const AREA: usize = FRAME * FRAME;
/// The channel of walls.
const WALLS: usize = 4;
/// The channel of the boundary.
const BOUNDARY: usize = 5;
/// The channel before that of one marker.
const NO_MARKER: usize = 5;
/// Markers that have a channel.
const MOST_SHOWN: u32 = 10;

fn text(message: impl Into<String>) -> WorldError {
    WorldError::Text(message.into())
}

/// Reads a world from the fields of `inpgrid_json` or `outgrid_json`.
pub fn from_json(value: &Value) -> Result<World, WorldError> {
    let fields = value.as_object().ok_or_else(|| text("a world is an object"))?;
    let string = |name: &str| match fields.get(name) {
        Some(Value::String(found)) => Ok(found.as_str()),
        Some(_) => Err(text(format!("`{name}` is a text"))),
        None => Err(text(format!("a world has a field `{name}`"))),
    };
    let size = |name: &str| match fields.get(name).map(|size| size.as_u64()) {
        Some(Some(size)) => Ok(size.min(usize::MAX as u64) as usize),
        Some(None) => Err(text(format!("`{name}` is a number"))),
        None => Err(text(format!("a world has a field `{name}`"))),
    };
    if fields.get("crashed").is_some_and(|crashed| crashed.as_bool() != Some(false)) {
        return Err(text("a run that crashed has no world"));
    }
    let hero = parts(string("hero")?).map_err(|_| text("`hero` is one `row:col:facing`"))?;
    let [[row, col, facing]] = hero[..] else { return Err(text("`hero` is one `row:col:facing`")) };
    let facing = Direction::ALL.into_iter().find(|direction| direction.name() == facing);
    let facing = facing.ok_or_else(|| text("the hero faces `north`, `east`, `south` or `west`"))?;
    let hero = Hero { row: number(row)?, col: number(col)?, facing };
    let mut world = World::new(size("rows")?, size("cols")?, hero)?;
    for [row, col] in parts(string("blocked")?)? {
        world.set_cell(number(row)?, number(col)?, Cell::Wall)?;
    }
    for [row, col, count] in parts(string("markers")?)? {
        let (row, col, count) = (number(row)?, number(col)?, number(count)?);
        if world.cell(row, col)? == Cell::Wall {
            return Err(WorldError::OnWall("a marker"));
        }
        let count = u32::try_from(count).map_err(|_| WorldError::Markers(count as u64))?;
        world.set_cell(row, col, Cell::Markers(count))?;
    }
    Ok(world)
}

/// The items of a list, each of `N` parts.
fn parts<const N: usize>(list: &str) -> Result<Vec<[&str; N]>, WorldError> {
    let wrong = |item| text(format!("`{item}` has not {N} parts with `:` between them"));
    let item = |item| <[&str; N]>::try_from(str::split(item, ':').collect::<Vec<_>>()).map_err(|_| wrong(item));
    list.split_ascii_whitespace().map(item).collect()
}

fn number(digits: &str) -> Result<usize, WorldError> {
    digits.parse().map_err(|_| text(format!("`{digits}` is no number")))
}

/// The fields of a world.
pub fn to_json(world: &World) -> Value {
    let hero = world.hero();
    let (mut blocked, mut markers) = (Vec::new(), Vec::new());
    for (row, col, cell) in world.cells() {
        match cell {
            Cell::Wall => blocked.push(format!("{row}:{col}")),
            Cell::Markers(0) => {}
            Cell::Markers(count) => markers.push(format!("{row}:{col}:{count}")),
        }
    }
    json!({
        "blocked": blocked.join(" "),
        "cols": world.cols(),
        "crashed": false,
        "hero": format!("{}:{}:{}", hero.row, hero.col, hero.facing.name()),
        "markers": markers.join(" "),
        "rows": world.rows(),
    })
}

/// The numbers of the tensor that are 1, in the order of the data set: the hero, markers, walls, and the boundary (the
/// bottom, the top, the left and the right).
pub fn ones(world: &World) -> Result<Vec<usize>, WorldError> {
    let too_many =
        |it: (usize, usize, Cell)| matches!(it.2, Cell::Markers(count) if count > MOST_SHOWN).then_some(it.2);
    match world.cells().find_map(too_many) {
        Some(Cell::Markers(count)) => Err(text(format!("{count} markers on a cell have no tensor"))),
        _ => Ok(nearest_ones(world)),
    }
}

/// The same of any world: more markers than have a channel stand in the last.
pub fn nearest_ones(world: &World) -> Vec<usize> {
    let place = |channel: usize, row: usize, col: usize| channel * AREA + row * FRAME + col;
    let hero = world.hero();
    let mut ones = vec![place(hero.facing as usize, hero.row + 1, hero.col + 1)];
    let mut walls = Vec::new();
    for (row, col, cell) in world.cells() {
        match cell {
            Cell::Wall => walls.push(place(WALLS, row + 1, col + 1)),
            Cell::Markers(0) => {}
            Cell::Markers(count) => ones.push(place(NO_MARKER + count.min(MOST_SHOWN) as usize, row + 1, col + 1)),
        }
    }
    ones.extend(walls);
    let (top, right) = (world.rows() + 1, world.cols() + 1);
    ones.extend((0..=right).map(|col| place(BOUNDARY, 0, col)));
    ones.extend((0..=right).map(|col| place(BOUNDARY, top, col)));
    ones.extend((1..top).map(|row| place(BOUNDARY, row, 0)));
    ones.extend((1..top).map(|row| place(BOUNDARY, row, right)));
    ones
}

/// The sparse tensor as text, `343:1.0 1620:1.0 ...`.
pub fn to_tensor(world: &World) -> Result<String, WorldError> {
    let mut out = String::new();
    for one in ones(world)? {
        let space = if out.is_empty() { "" } else { " " };
        // Writing to a String cannot fail.
        let _ = write!(out, "{space}{one}:1.0");
    }
    Ok(out)
}

/// Reads a sparse tensor, in any order.
pub fn from_tensor(tensor: &str) -> Result<World, WorldError> {
    let mut dense = vec![false; CHANNELS * AREA];
    for item in tensor.split_ascii_whitespace() {
        let (place, value) = item.split_once(':').ok_or_else(|| text(format!("`{item}` is no `index:value`")))?;
        let one = value.parse::<f32>().is_ok_and(|value| value == 1.0);
        let place = number(place)?;
        match dense.get_mut(place) {
            Some(cell) if one => *cell = true,
            Some(_) => return Err(text(format!("`{value}` where the tensor holds 1.0 alone"))),
            None => return Err(text(format!("{place} is outside of {CHANNELS} channels of {FRAME} by {FRAME}"))),
        }
    }
    let is = |channel: usize, row: usize, col: usize| dense[channel * AREA + row * FRAME + col];
    // The boundary's corner tells the size.
    let edge = |along: &dyn Fn(usize) -> bool| (0..FRAME).take_while(|at| along(*at)).count();
    let (rows, cols) = (edge(&|row| is(BOUNDARY, row, 0)), edge(&|col| is(BOUNDARY, 0, col)));
    let (Some(rows), Some(cols)) = (rows.checked_sub(2), cols.checked_sub(2)) else {
        return Err(text("the boundary does not begin at the frame's corner"));
    };
    let mut heroes = Vec::new();
    for (row, col) in (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col))) {
        let facing = Direction::ALL.into_iter().filter(|facing| is(*facing as usize, row + 1, col + 1));
        heroes.extend(facing.map(|facing| Hero { row, col, facing }));
    }
    let [hero] = heroes[..] else { return Err(WorldError::Heroes(heroes.len())) };
    let mut world = World::new(rows, cols, hero)?;
    for (row, col) in (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col))) {
        if is(WALLS, row + 1, col + 1) {
            world.set_cell(row, col, Cell::Wall)?;
        }
        let mut counts = (1..=MOST_SHOWN).filter(|count| is(NO_MARKER + *count as usize, row + 1, col + 1));
        if let Some(count) = counts.next_back() {
            if world.cell(row, col)? == Cell::Wall {
                return Err(WorldError::OnWall("a marker"));
            }
            world.set_cell(row, col, Cell::Markers(count))?;
        }
    }
    let mut expected = ones(&world)?;
    expected.sort_unstable();
    let found: Vec<usize> = dense.iter().enumerate().filter_map(|(place, one)| one.then_some(place)).collect();
    if found != expected {
        return Err(text("the tensor holds more than one world"));
    }
    Ok(world)
}

const _: () = assert!(MOST_MARKERS > MOST_SHOWN);
