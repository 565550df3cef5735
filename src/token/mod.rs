//! The vocabulary: derived from a grammar file and a committed profile, never written by hand; encode and decode.
//! [`Grammar`] reads the file, [`Profile`] selects from it, [`Selection`] is the outcome, [`Vocabulary`] numbers its
//! tokens. [`Lexer`] and [`count`] work on any source of a language, without a profile.

mod grammar;
mod lexer;
mod profile;
mod read;
mod select;
mod set;
mod trie;
mod vocabulary;

pub use grammar::{Grammar, LANGUAGES};
pub use lexer::{Lexer, Token, TokenKind, count};
pub use profile::{Profile, ProfileError};
pub use read::Reader;
pub use select::{Selection, Shape};
pub use set::TokenSet;
pub use vocabulary::{EncodeError, StoredVocabulary, Vocabulary};

/// A token of a [`Vocabulary`]; indexes its token texts. 0 pads, 1 begins, 2 ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenId(pub u16);

/// Fills a batch up; never part of a program.
pub const PAD: TokenId = TokenId(0);
/// Stands before the first token.
pub const BEGIN: TokenId = TokenId(1);
/// Stands after the last token.
pub const END: TokenId = TokenId(2);
