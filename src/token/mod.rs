//! The vocabulary: derived from a grammar file and a committed profile, never written by hand; encode and decode.

/// A token of a [`Vocabulary`]; indexes its token texts. 0 pads, 1 begins, 2 ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenId(pub u16);

/// Fills a batch up; never part of a program.
pub const PAD: TokenId = TokenId(0);
/// Stands before the first token.
pub const BEGIN: TokenId = TokenId(1);
/// Stands after the last token.
pub const END: TokenId = TokenId(2);
