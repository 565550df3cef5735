//! Which tokens the front of a program may take: those of the mask, or any.

use crate::constrain::{Automaton, State};
use crate::token::{BEGIN, PAD, TokenId, TokenSet, Vocabulary};

/// What holds a search to programs.
#[derive(Clone, Copy)]
pub enum Guide<'a> {
    /// The mask: every front can become a whole, well-typed program within its budget.
    Mask(&'a Automaton),
    /// Nothing but the budget: what is completed may be no program.
    Free(&'a Vocabulary),
}

impl<'a> From<&'a Automaton> for Guide<'a> {
    fn from(automaton: &'a Automaton) -> Self {
        Self::Mask(automaton)
    }
}

/// Where nothing else refuses a token, what is less likely than this is refused: models say so much of what no program
/// that they know has, and an end that can come after every token would complete nonsense at each.
const UNHEARD: f32 = -30.0;

/// What a guide knows of the front of a program.
#[derive(Clone)]
pub enum Front {
    /// The mask's state.
    Masked(State),
    /// Tokens of the language that may still follow.
    Free(usize),
}

impl Guide<'_> {
    /// The front without tokens, for programs of at most `budget` tokens of the language.
    pub fn start(self, budget: usize) -> Front {
        match self {
            Self::Mask(automaton) => Front::Masked(automaton.start(budget)),
            Self::Free(_) => Front::Free(budget),
        }
    }

    /// The tokens that it may take.
    pub fn mask(self, front: &Front) -> TokenSet {
        match (self, front) {
            (Self::Mask(automaton), Front::Masked(state)) => automaton.mask(state),
            (Self::Free(vocabulary), Front::Free(left)) => {
                let mut all = TokenSet::EMPTY;
                let ids = (0..vocabulary.len()).map(|id| TokenId(id as u16));
                ids.filter(|id| ![PAD, BEGIN].contains(id) && vocabulary.weight(*id) <= *left)
                    .for_each(|id| all.insert(id));
                all
            }
            _ => unreachable!("a front is of the guide that began it"),
        }
    }

    /// The least log-probability of a token that is followed.
    pub fn least(self) -> f32 {
        match self {
            Self::Mask(_) => f32::NEG_INFINITY,
            Self::Free(_) => UNHEARD,
        }
    }

    /// Takes a token that the mask admits.
    pub fn advance(self, front: &mut Front, token: TokenId) {
        match (self, front) {
            (Self::Mask(automaton), Front::Masked(state)) => {
                let admitted = automaton.advance(state, token);
                debug_assert!(admitted, "only admitted tokens are chosen");
            }
            (Self::Free(vocabulary), Front::Free(left)) => *left = left.saturating_sub(vocabulary.weight(token)),
            _ => unreachable!("a front is of the guide that began it"),
        }
    }
}

impl Front {
    /// Tokens of the language that may still follow.
    pub fn budget_left(&self) -> usize {
        match self {
            Self::Masked(state) => state.budget_left(),
            Self::Free(left) => *left,
        }
    }

    /// Takes so many tokens from the budget.
    pub fn shorten(&mut self, tokens: usize) {
        match self {
            Self::Masked(state) => state.shorten(tokens),
            Self::Free(left) => *left = left.saturating_sub(tokens),
        }
    }
}
