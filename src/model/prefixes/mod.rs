//! What programs that are not whole yet leave in the cells: after each statement the program so far, its open blocks
//! closed, is compiled and run by the interpreter. The row Exec is shown that.

mod c;
mod karel;

use super::config::{Config, Execution};
use super::examples::Rows;
use super::skeleton::{Place, Skeleton};
use crate::exec::interp::{Interpreter, Stop};
use crate::ir::{self, FunctionId};
use crate::lang::karel::TICKS;
use crate::store::FileError;
use crate::token::{ProfileError, TokenId, Vocabulary};

/// Statements that a run of C may take; a loop that is not whole can go on for ever.
const FUEL: u64 = 2000;

/// A language whose fronts can be made whole.
enum Speech {
    C(c::Fronts),
    Karel(karel::Fronts),
}

/// Runs the fronts of programs of a vocabulary.
pub struct Prefixes {
    speech: Speech,
    interpreter: Interpreter,
}

impl Prefixes {
    /// What a network needs of it, if it is one that is shown what programs leave.
    pub fn wanted(config: &Config, vocabulary: &Vocabulary) -> Result<Option<Self>, FileError> {
        let made = (config.executor == Execution::True).then(|| Self::new(vocabulary)).transpose();
        made.map_err(|error| FileError::new(format!("programs of this vocabulary cannot be run: {error}")))
    }

    /// Made once for a vocabulary, which must be one of C functions that return their array, or of Karel.
    pub fn new(vocabulary: &Vocabulary) -> Result<Self, ProfileError> {
        let speech = match vocabulary.profile().language.as_str() {
            "karel" => Speech::Karel(karel::Fronts::new(vocabulary)),
            _ => Speech::C(c::Fronts::new(vocabulary)?),
        };
        Ok(Self { speech, interpreter: Interpreter::default() })
    }

    /// If a statement ends with the last of these tokens and the program so far can be run, whether `cells` changed:
    /// they become what it leaves of the inputs. Of a run that traps or does not end, nothing changes.
    pub fn run(&mut self, front: &[TokenId], inputs: &Rows, cells: &mut [i32]) -> bool {
        let (program, fuel) = match &self.speech {
            Speech::C(fronts) => (fronts.program(front), FUEL),
            Speech::Karel(fronts) => (fronts.program(front), TICKS),
        };
        let Some(program) = program else { return false };
        self.interpreter.load(&program);
        ir::recycle(program);
        let width = inputs.width;
        let mut changed = false;
        let mut row = vec![0; width];
        for (input, cells) in inputs.numbers.chunks_exact(width).zip(cells.chunks_exact_mut(width)) {
            row.copy_from_slice(input);
            if self.interpreter.run_array(FunctionId(0), &mut row, fuel) == Stop::Returned && cells != row {
                cells.copy_from_slice(&row);
                changed = true;
            }
        }
        changed
    }

    /// Walks a whole program: `tell` hears after how many of the tokens that the network reads, begin among them, the
    /// cells change, and to what.
    pub fn walk(&mut self, skeleton: &Skeleton, program: &[u16], inputs: &Rows, mut tell: impl FnMut(usize, &[i32])) {
        let mut cells = inputs.numbers.clone();
        let (mut place, mut front, mut read) = (skeleton.start(), Vec::new(), 1);
        for &token in program {
            let reads;
            (place, reads) = skeleton.advance(place, TokenId(token));
            front.push(TokenId(token));
            if reads {
                read += 1;
                if self.run(&with_certain(&front, place), inputs, &mut cells) {
                    tell(read, &cells);
                }
            }
        }
    }
}

/// A front with what certainly follows its last token, which the network does not read.
pub fn with_certain(front: &[TokenId], place: Place) -> Vec<TokenId> {
    let certain = if let Place::Before(next) = place { Some(TokenId(next)) } else { None };
    front.iter().copied().chain(certain).collect()
}
