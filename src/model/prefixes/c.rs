//! Fronts of C functions that return their array.

use crate::ir;
use crate::token::{ProfileError, Reader, TokenId, Vocabulary};

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

/// Makes programs of them.
pub(super) struct Fronts {
    reader: Reader,
    roles: Vec<Role>,
    close: TokenId,
    /// `return a; }`
    end: Vec<TokenId>,
}

impl Fronts {
    pub(super) fn new(vocabulary: &Vocabulary) -> Result<Self, ProfileError> {
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
        Ok(Self { reader: Reader::new(vocabulary)?, roles, close, end })
    }

    /// The program so far, made whole, if a statement ends with its last token.
    pub(super) fn program(&self, front: &[TokenId]) -> Option<ir::Program> {
        self.reader.compile(&self.whole(front)?).ok()
    }

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
}
