//! Worlds: a grid of cells and the hero. A world is kept as the array that programs run on: three words (the number of
//! the hero's byte, the steps in bytes from a cell to the one ahead and to the one on the left), then a byte a cell, with
//! a frame of walls around them, rows from the bottom. A cell is its number of markers, or [`WALL`].

use super::ast::Test;
use std::fmt;

/// The word with the number of the hero's byte.
pub(super) const HERO: usize = 0;
/// The word with the step to the cell ahead.
pub(super) const FRONT: usize = 1;
/// The word with the step to the cell on the left.
pub(super) const LEFT: usize = 2;
/// The byte of the first cell, which is one of the frame.
const CELLS: usize = 12;
/// The byte of a cell that cannot be entered.
pub(super) const WALL: i8 = -1;

/// Markers that a cell may hold; one more crashes.
pub const MOST_MARKERS: u32 = 101;
/// Rows and columns at least.
pub const SMALLEST: usize = 1;
/// Rows and columns at most.
pub const LARGEST: usize = 16;

/// Where the hero looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// Up, to higher rows.
    North,
    /// Right, to higher columns.
    East,
    /// Down.
    South,
    /// Left.
    West,
}

impl Direction {
    /// All, clockwise.
    pub const ALL: [Self; 4] = [Self::North, Self::East, Self::South, Self::West];

    /// Its name in the public data.
    pub fn name(self) -> &'static str {
        ["north", "east", "south", "west"][self as usize]
    }

    /// Its sign in pictures.
    pub fn sign(self) -> char {
        ['^', '>', 'v', '<'][self as usize]
    }
}

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cell {
    /// A wall.
    Wall,
    /// So many markers.
    Markers(u32),
}

/// The hero. Rows count from 0 at the bottom, columns from 0 at the left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hero {
    /// Its row.
    pub row: usize,
    /// Its column.
    pub col: usize,
    /// Where it looks.
    pub facing: Direction,
}

/// Why something is no world.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorldError {
    /// Too small or too large.
    #[error("a world has {SMALLEST} to {LARGEST} rows and columns, not {0} by {1}")]
    Size(usize, usize),
    /// A place that is not there.
    #[error("row {row}, column {col} is outside a world of {rows} by {cols}")]
    #[allow(missing_docs)]
    Outside { row: usize, col: usize, rows: usize, cols: usize },
    /// Too many markers.
    #[error("a cell holds at most {MOST_MARKERS} markers, not {0}")]
    Markers(u64),
    /// Two things where only one can be.
    #[error("{0} stands on a wall")]
    OnWall(&'static str),
    /// There must be one hero.
    #[error("a world has one hero, not {0}")]
    Heroes(usize),
    /// No world's text.
    #[error("{0}")]
    Text(String),
}

/// A world; see the module's text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct World {
    rows: u8,
    cols: u8,
    words: Vec<i32>,
}

impl World {
    /// The first byte of the array that is a cell's; before it stand the hero's words.
    pub const FIRST_CELL: u32 = CELLS as u32;

    /// An empty world.
    pub fn new(rows: usize, cols: usize, hero: Hero) -> Result<Self, WorldError> {
        let sizes = SMALLEST..=LARGEST;
        if !sizes.contains(&rows) || !sizes.contains(&cols) {
            return Err(WorldError::Size(rows, cols));
        }
        // All walls, and zero beyond.
        let bytes = CELLS + (rows + 2) * (cols + 2);
        let mut words = vec![-1; bytes.div_ceil(4)];
        for at in bytes..4 * words.len() {
            set_byte(&mut words, at, 0);
        }
        let mut world = Self { rows: rows as u8, cols: cols as u8, words };
        for row in 0..rows {
            for col in 0..cols {
                let at = world.byte(row, col)?;
                set_byte(&mut world.words, at, 0);
            }
        }
        world.set_hero(hero)?;
        Ok(world)
    }

    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.rows.into()
    }

    /// How many columns it has.
    pub fn cols(&self) -> usize {
        self.cols.into()
    }

    /// Bytes from a cell to the one above.
    fn stride(&self) -> usize {
        self.cols() + 2
    }

    fn byte(&self, row: usize, col: usize) -> Result<usize, WorldError> {
        if row >= self.rows() || col >= self.cols() {
            return Err(WorldError::Outside { row, col, rows: self.rows(), cols: self.cols() });
        }
        Ok(CELLS + (row + 1) * self.stride() + col + 1)
    }

    /// The steps ahead and to the left.
    fn steps(&self, facing: Direction) -> [i32; 2] {
        steps(self.stride(), facing)
    }

    /// The hero.
    pub fn hero(&self) -> Hero {
        let at = self.words[HERO] as usize - CELLS;
        let steps = [self.words[FRONT], self.words[LEFT]];
        let facing = Direction::ALL.into_iter().find(|facing| self.steps(*facing) == steps);
        Hero {
            row: at / self.stride() - 1,
            col: at % self.stride() - 1,
            facing: facing.expect("steps are those of a direction"),
        }
    }

    /// Moves the hero, which must not stand on a wall.
    pub fn set_hero(&mut self, hero: Hero) -> Result<(), WorldError> {
        let at = self.byte(hero.row, hero.col)?;
        if byte(&self.words, at) == WALL {
            return Err(WorldError::OnWall("the hero"));
        }
        self.words[HERO] = at as i32;
        [self.words[FRONT], self.words[LEFT]] = self.steps(hero.facing);
        Ok(())
    }

    /// What a cell holds.
    pub fn cell(&self, row: usize, col: usize) -> Result<Cell, WorldError> {
        Ok(match byte(&self.words, self.byte(row, col)?) {
            WALL => Cell::Wall,
            count => Cell::Markers(count as u32),
        })
    }

    /// Changes a cell.
    pub fn set_cell(&mut self, row: usize, col: usize, cell: Cell) -> Result<(), WorldError> {
        let at = self.byte(row, col)?;
        let value = match cell {
            Cell::Wall if self.words[HERO] as usize == at => return Err(WorldError::OnWall("the hero")),
            Cell::Wall => WALL,
            Cell::Markers(count) if count > MOST_MARKERS => return Err(WorldError::Markers(count.into())),
            Cell::Markers(count) => count as i8,
        };
        set_byte(&mut self.words, at, value);
        Ok(())
    }

    /// Whether a test holds here.
    pub fn sees(&self, test: Test) -> bool {
        let beside = |step: i32| byte(&self.words, (self.words[HERO] + step) as usize);
        let [front, left] = [self.words[FRONT], self.words[LEFT]];
        match test {
            Test::FrontIsClear => beside(front) != WALL,
            Test::LeftIsClear => beside(left) != WALL,
            Test::RightIsClear => beside(-left) != WALL,
            Test::MarkersPresent => beside(0) != 0,
            Test::NoMarkersPresent => beside(0) == 0,
        }
    }

    /// All cells with their rows and columns, the top row first.
    pub fn cells(&self) -> impl Iterator<Item = (usize, usize, Cell)> {
        let places = (0..self.rows()).rev().flat_map(|row| (0..self.cols()).map(move |col| (row, col)));
        places.map(|(row, col)| (row, col, self.cell(row, col).unwrap_or(Cell::Wall)))
    }

    /// The array that programs run on.
    pub fn words(&self) -> &[i32] {
        &self.words
    }

    /// The world of this shape that a program left in its array. What lies beyond the world's own words is not read,
    /// so that worlds of several sizes fit in arrays of one.
    ///
    /// # Panics
    /// Where the words are none that a program of this language can leave.
    pub fn after(&self, words: &[i32]) -> Self {
        let words = words[..self.words.len()].to_vec();
        assert!(byte(&words, words[HERO] as usize) >= 0, "the hero stands on a wall");
        Self { words, ..*self }
    }

    /// The world whose array this is; `None` where it is none's. Zeros behind it, as in rows of one width, are not read.
    pub fn from_words(words: &[i32]) -> Option<Self> {
        let &[at, front, left, ..] = words else { return None };
        let stride = front.unsigned_abs().max(left.unsigned_abs()) as usize;
        let cols = stride.checked_sub(2)?;
        let framed = |row: &usize| {
            let from = CELLS + row * stride;
            from + stride <= 4 * words.len() && byte(words, from) == WALL
        };
        let rows = (0..LARGEST + 3).take_while(framed).count().checked_sub(2)?;
        let at = usize::try_from(at).ok()?.checked_sub(CELLS)?;
        let (row, col) = ((at / stride).checked_sub(1)?, (at % stride).checked_sub(1)?);
        let facing = Direction::ALL.into_iter().find(|it| steps(stride, *it) == [front, left])?;
        let mut world = Self::new(rows, cols, Hero { row, col, facing }).ok()?;
        for (row, col) in (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col))) {
            let cell = match byte(words, world.byte(row, col).ok()?) {
                WALL => Cell::Wall,
                count => Cell::Markers(u32::try_from(count).ok()?),
            };
            world.set_cell(row, col, cell).ok()?;
        }
        (world.words[..] == words[..world.words.len()]).then_some(world)
    }

    /// Sets one of the hero's words, as a run that is watched tells it.
    pub fn set_word(&mut self, at: usize, value: i32) {
        self.words[at] = value;
    }

    /// Sets the byte of a cell, as a run that is watched tells it.
    pub fn set_byte(&mut self, at: usize, value: i8) {
        set_byte(&mut self.words, at, value);
    }
}

/// The steps ahead and to the left where a row has so many bytes.
fn steps(stride: usize, facing: Direction) -> [i32; 2] {
    let up = stride as i32;
    match facing {
        Direction::North => [up, -1],
        Direction::East => [1, up],
        Direction::South => [-up, 1],
        Direction::West => [-1, -up],
    }
}

/// A byte of an array of words, little-endian as the memory of programs.
fn byte(words: &[i32], at: usize) -> i8 {
    words[at / 4].to_le_bytes()[at % 4] as i8
}

fn set_byte(words: &mut [i32], at: usize, value: i8) {
    let mut bytes = words[at / 4].to_le_bytes();
    bytes[at % 4] = value as u8;
    words[at / 4] = i32::from_le_bytes(bytes);
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "World {{\n{self}}}")
    }
}
