//! A world that programs are tried in one after the other: each run is undone, and a hash of the state is kept up with
//! every change. Tests hold it to the engines, which judge what is found.

use super::{BUDGET, mix};
use crate::lang::karel::ast::{Action, Block, Condition, Statement, StatementKind, Test};
use crate::lang::karel::{MOST_MARKERS, World};

/// Where the hero is and looks.
#[derive(Clone, Copy, Debug)]
struct Hero {
    at: i32,
    front: i32,
    left: i32,
}

/// What a run goes back to.
#[derive(Clone, Copy, Debug)]
struct Mark {
    hero: Hero,
    hash: u64,
    ticks: u32,
}

/// How a state differs from what it should be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Difference {
    /// Cells with other markers.
    pub markers: u32,
    /// Steps that the hero is away.
    pub steps: u32,
    /// It looks elsewhere.
    pub turned: bool,
}

impl Difference {
    /// All together.
    pub(super) fn sum(self) -> u32 {
        self.markers + self.steps + u32::from(self.turned)
    }
}

/// See the module's text.
#[derive(Clone, Debug)]
pub(super) struct Ground {
    /// The bytes of the world's array.
    cells: Vec<i8>,
    hero: Hero,
    /// Of the markers and the example's number; the hero is added when it is asked for.
    hash: u64,
    ticks: u32,
    /// Cells that changed since the mark, with what they held.
    log: Vec<(u32, i8)>,
    /// Cells that changed between the beginning and the mark.
    settled: usize,
    mark: Mark,
    start: Mark,
}

impl Ground {
    /// The world of an example.
    pub(super) fn new(world: &World, example: usize) -> Self {
        let words = world.words();
        let cells: Vec<i8> = words.iter().flat_map(|word| word.to_le_bytes()).map(|byte| byte as i8).collect();
        let hero = Hero { at: words[0], front: words[1], left: words[2] };
        let mut hash = mix(example as u64);
        for (at, count) in cells.iter().enumerate().skip(World::FIRST_CELL as usize).filter(|it| *it.1 > 0) {
            hash = hash.wrapping_add(weight(at, *count));
        }
        let mark = Mark { hero, hash, ticks: 0 };
        Self { cells, hero, hash, ticks: 0, log: Vec::new(), settled: 0, mark, start: mark }
    }

    /// A hash of the state.
    pub(super) fn hash(&self) -> u64 {
        let hero = (self.hero.at as u64) << 32 | (self.hero.front as u32 as u64);
        self.hash.wrapping_add(mix(hero))
    }

    /// How the state differs from another one of the same world.
    pub(super) fn difference(&self, wanted: &Self) -> Difference {
        let cells = World::FIRST_CELL as usize..;
        let pairs = self.cells[cells.clone()].iter().zip(&wanted.cells[cells]);
        let away = self.hero.at - wanted.hero.at;
        // One of the steps is to the cell above or below.
        let stride = self.hero.front.abs().max(self.hero.left.abs()).max(1);
        let up = (away + stride / 2).div_euclid(stride);
        Difference {
            markers: pairs.map(|(one, other)| u32::from(one != other)).sum(),
            steps: up.unsigned_abs() + (away - up * stride).unsigned_abs(),
            turned: (self.hero.front, self.hero.left) != (wanted.hero.front, wanted.hero.left),
        }
    }

    fn now(&self) -> Mark {
        Mark { hero: self.hero, hash: self.hash, ticks: self.ticks }
    }

    fn back(&mut self, mark: Mark, changes: usize) {
        while self.log.len() > changes {
            let (at, before) = self.log.pop().expect("there is one more");
            self.cells[at as usize] = before;
        }
        (self.hero, self.hash, self.ticks) = (mark.hero, mark.hash, mark.ticks);
    }

    /// Makes what was done so far the place that [`Self::undo`] goes back to.
    pub(super) fn settle(&mut self) {
        self.mark = self.now();
        self.settled = self.log.len();
    }

    /// Goes back to what was settled.
    pub(super) fn undo(&mut self) {
        self.back(self.mark, self.settled);
    }

    /// Goes back to the world as it was given.
    pub(super) fn restart(&mut self) {
        self.back(self.start, 0);
        self.settle();
    }

    /// Runs a block; false where it crashes or runs out of ticks.
    pub(super) fn block(&mut self, block: &Block) -> bool {
        block.iter().all(|statement| self.statement(statement))
    }

    /// Runs a statement.
    pub(super) fn statement(&mut self, statement: &Statement) -> bool {
        match &statement.kind {
            StatementKind::Action(action) => self.tick() && self.act(*action),
            StatementKind::While(condition, body) => loop {
                match self.holds(*condition) {
                    Some(true) if self.block(body) => {}
                    Some(false) => return true,
                    _ => return false,
                }
            },
            StatementKind::Repeat(count, body) => (0..*count).all(|_| self.tick() && self.block(body)),
            StatementKind::If(condition, then) => match self.holds(*condition) {
                Some(true) => self.block(then),
                Some(false) => true,
                None => false,
            },
            StatementKind::IfElse(condition, then, otherwise) => match self.holds(*condition) {
                Some(true) => self.block(then),
                Some(false) => self.block(otherwise),
                None => false,
            },
        }
    }

    fn tick(&mut self) -> bool {
        self.ticks += 1;
        self.ticks <= BUDGET
    }

    fn cell(&self, at: i32) -> i8 {
        self.cells[at as usize]
    }

    fn holds(&mut self, condition: Condition) -> Option<bool> {
        let Hero { at, front, left } = self.hero;
        let holds = match condition.test {
            Test::FrontIsClear => self.cell(at + front) >= 0,
            Test::LeftIsClear => self.cell(at + left) >= 0,
            Test::RightIsClear => self.cell(at - left) >= 0,
            Test::MarkersPresent => self.cell(at) > 0,
            Test::NoMarkersPresent => self.cell(at) == 0,
        };
        self.tick().then_some(holds != condition.is_negated())
    }

    /// Does an action; false where it crashes.
    fn act(&mut self, action: Action) -> bool {
        let Hero { at, front, left } = self.hero;
        match action {
            Action::Move if self.cell(at + front) < 0 => return false,
            Action::Move => self.hero.at = at + front,
            Action::TurnLeft => (self.hero.front, self.hero.left) = (left, -front),
            Action::TurnRight => (self.hero.front, self.hero.left) = (-left, front),
            Action::PickMarker => return self.change(-1),
            Action::PutMarker => return self.change(1),
        }
        true
    }

    /// Undoes an action that was the last; false where it cannot have been.
    pub(super) fn unact(&mut self, action: Action) -> bool {
        let Hero { at, front, .. } = self.hero;
        match action {
            Action::Move if self.cell(at - front) < 0 => return false,
            Action::Move => self.hero.at = at - front,
            Action::TurnLeft => return self.act(Action::TurnRight),
            Action::TurnRight => return self.act(Action::TurnLeft),
            Action::PickMarker => return self.change(1),
            Action::PutMarker => return self.change(-1),
        }
        true
    }

    fn change(&mut self, by: i8) -> bool {
        let at = self.hero.at as usize;
        let before = self.cells[at];
        let after = before + by;
        if after < 0 || after as u32 > MOST_MARKERS {
            return false;
        }
        self.log.push((at as u32, before));
        self.cells[at] = after;
        self.hash = self.hash.wrapping_sub(weight(at, before)).wrapping_add(weight(at, after));
        true
    }
}

/// What so many markers in a place add to the hash; none add nothing.
fn weight(at: usize, count: i8) -> u64 {
    if count == 0 { 0 } else { mix((at as u64) << 8 | count as u64) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::interp::Interpreter;
    use crate::exec::karel::run;
    use crate::lang::karel::{LowerOptions, TICKS, lower};
    use crate::sample::karel::{program, world};
    use rand::SeedableRng;
    use rand_xoshiro::Xoshiro256PlusPlus;

    /// The interpreter says what a run leaves, and another ground of that world what its hash is.
    #[test]
    fn grounds_do_what_engines_do() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(21);
        let mut returned = 0;
        for _ in 0..2_000 {
            let (program, world) = (program(&mut rng), world(&mut rng));
            let mut interpreter = Interpreter::new(&lower(&program, LowerOptions::default()));
            let (_, after) = run(&mut interpreter, &world, TICKS);
            let mut ground = Ground::new(&world, 3);
            let before = ground.hash();
            assert_eq!(ground.block(&program.body), after.is_some(), "{program:?}\n{world}");
            if let Some(after) = after {
                assert_eq!(ground.hash(), Ground::new(&after, 3).hash(), "{program:?}\n{world}");
                returned += 1;
            }
            ground.undo();
            assert_eq!((ground.hash(), ground.cells), (before, Ground::new(&world, 3).cells));
        }
        assert!(returned > 300, "only {returned} programs returned");
    }

    #[test]
    fn actions_are_undone() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(22);
        for _ in 0..500 {
            let mut ground = Ground::new(&world(&mut rng), 0);
            for action in Action::ALL {
                let before = ground.hash();
                if ground.act(action) {
                    assert!(ground.unact(action) && ground.hash() == before, "{action:?}");
                }
            }
        }
    }
}
