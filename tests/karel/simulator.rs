//! Karel a second time: the tree walked over a grid of rows and columns, with nothing taken from the crate but the
//! tree and the world's own view of its cells. Engines are held to it.

use iocc::lang::karel::ast::{Action, Block, Condition, Program, StatementKind, Test};
use iocc::lang::karel::{Cell, Direction, Hero, World};

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    Returned(World),
    Crashed,
    OutOfTicks,
}

/// A run: how it ended, the ticks that it took, and the actions that were done.
pub fn run(program: &Program, world: &World, ticks: u64) -> (Ended, u64, Vec<Action>) {
    let mut simulator = Simulator {
        cells: (0..world.rows())
            .map(|row| {
                (0..world.cols())
                    .map(|col| match world.cell(row, col).expect("it is inside") {
                        Cell::Wall => None,
                        Cell::Markers(count) => Some(count),
                    })
                    .collect()
            })
            .collect(),
        hero: world.hero(),
        left: ticks,
        actions: Vec::new(),
    };
    let ended = match simulator.block(&program.body) {
        Ok(()) => Ended::Returned(simulator.world(world)),
        Err(ended) => ended,
    };
    (ended, ticks - simulator.left, simulator.actions)
}

struct Simulator {
    /// `None` is a wall.
    cells: Vec<Vec<Option<u32>>>,
    hero: Hero,
    left: u64,
    actions: Vec<Action>,
}

impl Simulator {
    fn world(&self, like: &World) -> World {
        let mut world = World::new(like.rows(), like.cols(), self.hero).expect("it has a world's size");
        for (row, line) in self.cells.iter().enumerate() {
            for (col, cell) in line.iter().enumerate() {
                let cell = cell.map_or(Cell::Wall, Cell::Markers);
                world.set_cell(row, col, cell).expect("it was a cell before");
            }
        }
        world
    }

    fn tick(&mut self) -> Result<(), Ended> {
        self.left = self.left.checked_sub(1).ok_or(Ended::OutOfTicks)?;
        Ok(())
    }

    fn block(&mut self, block: &Block) -> Result<(), Ended> {
        for statement in block {
            match &statement.kind {
                StatementKind::Action(action) => self.act(*action)?,
                StatementKind::While(condition, body) => {
                    while self.holds(*condition)? {
                        self.block(body)?;
                    }
                }
                StatementKind::Repeat(count, body) => {
                    for _ in 0..*count {
                        self.tick()?;
                        self.block(body)?;
                    }
                }
                StatementKind::If(condition, then) => {
                    if self.holds(*condition)? {
                        self.block(then)?;
                    }
                }
                StatementKind::IfElse(condition, then, otherwise) => {
                    let chosen = if self.holds(*condition)? { then } else { otherwise };
                    self.block(chosen)?;
                }
            }
        }
        Ok(())
    }

    /// The cell a step from the hero, turned so many quarters clockwise; `None` outside.
    fn beside(&self, quarters: usize) -> Option<(usize, usize)> {
        let (row, col) = (self.hero.row, self.hero.col);
        let (row, col) = match (self.hero.facing as usize + quarters) % 4 {
            0 => (row + 1, col),
            1 => (row, col + 1),
            2 => (row.checked_sub(1)?, col),
            _ => (row, col.checked_sub(1)?),
        };
        self.cells.get(row)?.get(col)?.map(|_| (row, col))
    }

    fn here(&mut self) -> &mut u32 {
        self.cells[self.hero.row][self.hero.col].as_mut().expect("the hero stands on no wall")
    }

    fn holds(&mut self, condition: Condition) -> Result<bool, Ended> {
        self.tick()?;
        let holds = match condition.test {
            Test::FrontIsClear => self.beside(0).is_some(),
            Test::RightIsClear => self.beside(1).is_some(),
            Test::LeftIsClear => self.beside(3).is_some(),
            Test::MarkersPresent => *self.here() > 0,
            Test::NoMarkersPresent => *self.here() == 0,
        };
        Ok((0..condition.negations).fold(holds, |holds, _| !holds))
    }

    fn act(&mut self, action: Action) -> Result<(), Ended> {
        self.tick()?;
        let turned = |quarters: usize, facing: Direction| Direction::ALL[(facing as usize + quarters) % 4];
        match action {
            Action::Move => (self.hero.row, self.hero.col) = self.beside(0).ok_or(Ended::Crashed)?,
            Action::TurnLeft => self.hero.facing = turned(3, self.hero.facing),
            Action::TurnRight => self.hero.facing = turned(1, self.hero.facing),
            Action::PickMarker => *self.here() = self.here().checked_sub(1).ok_or(Ended::Crashed)?,
            Action::PutMarker if *self.here() == 101 => return Err(Ended::Crashed),
            Action::PutMarker => *self.here() += 1,
        }
        self.actions.push(action);
        Ok(())
    }
}
