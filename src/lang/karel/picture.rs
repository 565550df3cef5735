//! Worlds as text for people, the top row first: `^>v<` the hero, `#` a wall, `.` an empty cell, `1` to `9` markers.
//! Other counts, and those on the hero's own cell, stand beside the grid: [`markers`].

use super::world::{Cell, Direction, Hero, World, WorldError};
use std::fmt;

/// A count that a grid does not show: row and column from the top left, and the markers.
pub type Markers = (usize, usize, u64);

/// Reads a grid and the counts beside it. Empty lines around the grid and white space around its lines do not count.
pub fn read(grid: &str, markers: &[Markers]) -> Result<World, WorldError> {
    let lines: Vec<&str> = grid.trim().lines().map(str::trim).collect();
    let (rows, cols) = (lines.len(), lines.first().map_or(0, |line| line.chars().count()));
    if grid.trim().is_empty() {
        return Err(WorldError::Text("an empty grid".into()));
    }
    let mut heroes = Vec::new();
    let mut cells = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let row = rows - 1 - number;
        if line.chars().count() != cols {
            let text =
                format!("line {} of the grid has {} cells, the first has {cols}", number + 1, line.chars().count());
            return Err(WorldError::Text(text));
        }
        for (col, sign) in line.chars().enumerate() {
            match sign {
                '.' => {}
                '#' => cells.push((row, col, Cell::Wall)),
                '1'..='9' => cells.push((row, col, Cell::Markers(sign as u32 - '0' as u32))),
                _ => match Direction::ALL.into_iter().find(|facing| facing.sign() == sign) {
                    Some(facing) => heroes.push(Hero { row, col, facing }),
                    None => {
                        let text = format!("`{sign}` in line {}, column {} is no cell", number + 1, col + 1);
                        return Err(WorldError::Text(text));
                    }
                },
            }
        }
    }
    let [hero] = heroes[..] else { return Err(WorldError::Heroes(heroes.len())) };
    let mut world = World::new(rows, cols, hero)?;
    for (row, col, cell) in cells {
        world.set_cell(row, col, cell)?;
    }
    for &(from_top, col, count) in markers {
        let outside = WorldError::Outside { row: from_top, col, rows, cols };
        let row = (rows - 1).checked_sub(from_top).ok_or(outside.clone())?;
        if world.cell(row, col).map_err(|_| outside)? == Cell::Wall {
            return Err(WorldError::OnWall("a marker"));
        }
        let count = u32::try_from(count).map_err(|_| WorldError::Markers(count))?;
        world.set_cell(row, col, Cell::Markers(count))?;
    }
    Ok(world)
}

/// The lines of a grid.
pub fn lines(world: &World) -> Vec<String> {
    let hero = world.hero();
    let mut lines = vec![String::with_capacity(world.cols()); world.rows()];
    for (row, col, cell) in world.cells() {
        lines[world.rows() - 1 - row].push(match cell {
            _ if (row, col) == (hero.row, hero.col) => hero.facing.sign(),
            Cell::Wall => '#',
            Cell::Markers(0) => '.',
            Cell::Markers(count @ 1..=9) => char::from(b'0' + count as u8),
            // More than a sign can say; the count stands beside the grid.
            Cell::Markers(_) => '9',
        });
    }
    lines
}

/// The counts that the grid does not show.
pub fn markers(world: &World) -> Vec<Markers> {
    let hero = world.hero();
    let hidden = |&(row, col, cell): &(usize, usize, Cell)| match cell {
        Cell::Markers(count) => count > 9 || count > 0 && (row, col) == (hero.row, hero.col),
        Cell::Wall => false,
    };
    let count = |cell| if let Cell::Markers(count) = cell { count.into() } else { 0 };
    world.cells().filter(hidden).map(|(row, col, cell)| (world.rows() - 1 - row, col, count(cell))).collect()
}

/// The counts beside a grid as task files write them, `[[0, 3, 1]]`; nothing where there are none.
pub fn markers_text(world: &World) -> Option<String> {
    let markers = markers(world);
    let texts: Vec<String> = markers.iter().map(|(row, col, count)| format!("[{row}, {col}, {count}]")).collect();
    (!texts.is_empty()).then(|| format!("[{}]", texts.join(", ")))
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in lines(self) {
            writeln!(f, "{line}")?;
        }
        match markers_text(self) {
            Some(text) => writeln!(f, "markers = {text}"),
            None => Ok(()),
        }
    }
}
