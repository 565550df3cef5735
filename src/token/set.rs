//! Sets of tokens as bits: what a mask is.

use super::TokenId;

const WORDS: usize = 4;

/// A set of tokens of one vocabulary. `Copy`, since masks and scopes are made by the million.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TokenSet {
    words: [u64; WORDS],
}

impl TokenSet {
    /// How large a vocabulary may be.
    pub const CAPACITY: usize = WORDS * 64;

    /// The set without tokens.
    pub const EMPTY: Self = Self { words: [0; WORDS] };

    /// Whether the token is in it.
    #[inline]
    pub fn contains(&self, token: TokenId) -> bool {
        self.words.get(token.0 as usize / 64).is_some_and(|word| word >> (token.0 % 64) & 1 == 1)
    }

    /// Adds a token below [`TokenSet::CAPACITY`].
    #[inline]
    pub fn insert(&mut self, token: TokenId) {
        self.words[token.0 as usize / 64] |= 1 << (token.0 % 64);
    }

    /// Takes a token out.
    #[inline]
    pub fn remove(&mut self, token: TokenId) {
        self.words[token.0 as usize / 64] &= !(1 << (token.0 % 64));
    }

    /// Whether nothing is in it.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.words == [0; WORDS]
    }

    /// How many tokens are in it.
    #[inline]
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// What is in either.
    #[inline]
    pub fn or(mut self, other: &Self) -> Self {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a |= b);
        self
    }

    /// What is in both.
    #[inline]
    pub fn and(mut self, other: &Self) -> Self {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= b);
        self
    }

    /// What is in this one only.
    #[inline]
    pub fn without(mut self, other: &Self) -> Self {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= !b);
        self
    }

    /// The tokens in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = TokenId> + use<> {
        let mut words = self.words;
        let mut at = 0;
        std::iter::from_fn(move || {
            while at < WORDS && words[at] == 0 {
                at += 1;
            }
            let word = words.get_mut(at)?;
            let bit = word.trailing_zeros();
            *word &= *word - 1;
            Some(TokenId((at * 64) as u16 + bit as u16))
        })
    }
}

impl FromIterator<TokenId> for TokenSet {
    fn from_iter<I: IntoIterator<Item = TokenId>>(tokens: I) -> Self {
        let mut set = Self::EMPTY;
        tokens.into_iter().for_each(|token| set.insert(token));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behaves_as_a_set() {
        let low: TokenSet = [3, 64, 255].map(TokenId).into_iter().collect();
        let high: TokenSet = [64, 70].map(TokenId).into_iter().collect();
        assert_eq!(low.iter().map(|token| token.0).collect::<Vec<_>>(), [3, 64, 255]);
        assert_eq!(low.or(&high).len(), 4);
        assert_eq!(low.and(&high).iter().collect::<Vec<_>>(), [TokenId(64)]);
        assert_eq!(low.without(&high).iter().collect::<Vec<_>>(), [TokenId(3), TokenId(255)]);
        assert!(low.contains(TokenId(255)) && !low.contains(TokenId(4)) && !low.contains(TokenId(9999)));
        assert!(TokenSet::EMPTY.is_empty() && TokenSet::EMPTY.iter().next().is_none());
    }
}
