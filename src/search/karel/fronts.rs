//! Fronts of programs, run before they are whole: where the statements so far crash or use up the ticks in some example,
//! nothing that follows can put that right.

use super::ground::Ground;
use crate::lang::karel::ast::Action;
use crate::lang::karel::parse;
use crate::task::karel::Example;

/// Runs the fronts of programs for one task.
#[derive(Debug)]
pub struct Fronts {
    grounds: Vec<Ground>,
}

impl Fronts {
    /// For the worlds that programs begin in.
    pub fn new(examples: &[Example]) -> Self {
        Self { grounds: examples.iter().map(|it| Ground::new(&it.input, 0)).collect() }
    }

    /// Whether a program that begins so, in the data set's tokens, may do what the examples ask for. Asked where no block
    /// is open: what is in an open one need not be all that runs.
    pub fn may_be_right(&mut self, front: &str) -> bool {
        let Some(last) = front.split_whitespace().next_back() else { return true };
        if !matches!(last, "w)" | "r)" | "i)" | "e)") && Action::from_name(last).is_none() {
            return true;
        }
        if front.matches('(').count() != front.matches(')').count() + 1 {
            return true;
        }
        // An `IFELSE` still waits for its other block.
        let Ok(program) = parse(&format!("{front} m)")) else { return true };
        self.grounds.iter_mut().all(|ground| {
            let returns = ground.block(&program.body);
            ground.restart();
            returns
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::karel::{Direction, Hero, World};

    #[test]
    fn fronts_that_crash_are_hopeless() {
        let hero = Hero { row: 0, col: 0, facing: Direction::West };
        let input = World::new(2, 2, hero).expect("it has a world's size");
        let mut fronts = Fronts::new(&[Example { output: input.clone(), input }]);
        for front in [
            "",
            "DEF run m(",
            "DEF run m( turnLeft",
            "DEF run m( IF c( frontIsClear c) i( move",
            "DEF run m( IF c( frontIsClear c) i( move i)",
            "DEF run m( IFELSE c( noMarkersPresent c) i( move i)",
            "DEF run m( WHILE c( noMarkersPresent c) w( move",
            "DEF run m( move m)",
        ] {
            assert!(fronts.may_be_right(front), "{front}");
        }
        for front in [
            "DEF run m( move",
            "DEF run m( turnLeft pickMarker",
            "DEF run m( WHILE c( noMarkersPresent c) w( turnLeft w)",
            "DEF run m( IFELSE c( noMarkersPresent c) i( move i) ELSE e( turnLeft e)",
        ] {
            assert!(!fronts.may_be_right(front), "{front}");
        }
    }
}
