//! What programs that are not whole yet leave in the cells: after each statement the program so far, its open blocks
//! closed, is compiled and run by the interpreter. The row Exec is shown that.

use super::config::{Config, Execution};
use super::skeleton::{Place, Skeleton};
use crate::exec::interp::{Interpreter, Stop};
use crate::ir::{self, FunctionId};
use crate::store::FileError;
use crate::token::{ProfileError, Reader, TokenId, Vocabulary};

/// Statements that a run may take; a loop that is not whole can go on for ever.
const FUEL: u64 = 2000;

/// How a token changes where statements can end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    OpenBlock,
    CloseBlock,
    OpenRound,
    CloseRound,
    Semicolon,
    Other,
}

/// Runs the fronts of programs of a vocabulary.
pub struct Prefixes {
    reader: Reader,
    roles: Vec<Role>,
    close: TokenId,
    /// `return a; }`
    end: Vec<TokenId>,
    interpreter: Interpreter,
}

impl Prefixes {
    /// What a network needs of it, if it is one that is shown what programs leave.
    pub fn wanted(config: &Config, vocabulary: &Vocabulary) -> Result<Option<Self>, FileError> {
        let made = (config.executor == Execution::True).then(|| Self::new(vocabulary)).transpose();
        made.map_err(|error| FileError::new(format!("programs of this vocabulary cannot be run: {error}")))
    }

    /// Made once for a vocabulary, which must be one of C functions that return their array.
    pub fn new(vocabulary: &Vocabulary) -> Result<Self, ProfileError> {
        let role = |token: usize| match vocabulary.text(TokenId(token as u16)) {
            "{" => Role::OpenBlock,
            "}" => Role::CloseBlock,
            "(" => Role::OpenRound,
            ")" => Role::CloseRound,
            ";" => Role::Semicolon,
            _ => Role::Other,
        };
        let id = |text: &str| {
            vocabulary.id(text).ok_or_else(|| ProfileError::new(format!("the vocabulary has no `{text}`")))
        };
        let close = id("}")?;
        let end = ["return", "a", ";", "}"].into_iter().map(id).collect::<Result<_, _>>()?;
        let roles = (0..vocabulary.len()).map(role).collect();
        Ok(Self { reader: Reader::new(vocabulary)?, roles, close, end, interpreter: Interpreter::default() })
    }

    /// If a statement ends with the last of these tokens: the program so far, made whole.
    fn whole(&self, front: &[TokenId]) -> Option<Vec<TokenId>> {
        let role = |token: &TokenId| self.roles[usize::from(token.0)];
        if !matches!(role(front.last()?), Role::Semicolon | Role::CloseBlock) {
            return None;
        }
        let (mut blocks, mut rounds) = (0i64, 0i64);
        for token in front {
            match role(token) {
                Role::OpenBlock => blocks += 1,
                Role::CloseBlock => blocks -= 1,
                Role::OpenRound => rounds += 1,
                Role::CloseRound => rounds -= 1,
                Role::Semicolon | Role::Other => {}
            }
        }
        let open = (blocks >= 1 && rounds == 0).then_some(blocks as usize - 1)?;
        let mut whole = front.to_vec();
        whole.extend(std::iter::repeat_n(self.close, open));
        whole.extend(&self.end);
        Some(whole)
    }

    /// If a statement ends with the last of these tokens and the program so far can be run, whether `cells` changed:
    /// they become what it leaves of `inputs`, rows of `width`. Of a run that traps or does not end, nothing changes.
    pub fn run(&mut self, front: &[TokenId], inputs: &[i32], width: usize, cells: &mut [i32]) -> bool {
        let Some(program) = self.whole(front).and_then(|whole| self.reader.compile(&whole).ok()) else { return false };
        self.interpreter.load(&program);
        ir::recycle(program);
        let mut changed = false;
        let mut row = vec![0; width];
        for (input, cells) in inputs.chunks_exact(width).zip(cells.chunks_exact_mut(width)) {
            row.copy_from_slice(input);
            if self.interpreter.run_array(FunctionId(0), &mut row, FUEL) == Stop::Returned && cells != row {
                cells.copy_from_slice(&row);
                changed = true;
            }
        }
        changed
    }

    /// Walks a whole program: `tell` hears after how many of the tokens that the network reads, begin among them, the
    /// cells change, and to what.
    pub fn walk(
        &mut self,
        skeleton: &Skeleton,
        program: &[u16],
        inputs: &[i32],
        width: usize,
        mut tell: impl FnMut(usize, &[i32]),
    ) {
        let mut cells = inputs.to_vec();
        let (mut place, mut front, mut read) = (skeleton.start(), Vec::new(), 1);
        for &token in program {
            let reads;
            (place, reads) = skeleton.advance(place, TokenId(token));
            front.push(TokenId(token));
            if reads {
                read += 1;
                if self.run(&with_certain(&front, place), inputs, width, &mut cells) {
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
