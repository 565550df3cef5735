//! What never needs to be predicted. Every program of restricted C begins with the same header and ends with the same
//! `return a; }`, and after some tokens the next is always the same (`for` and `(`). Leaving those out makes sequences
//! about half as long for training and for decoding, and changes nothing about what can be said.

use crate::token::{BEGIN, END, TokenId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The parts of programs that are certain, as a corpus shows them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skeleton {
    /// What every program begins with.
    pub prefix: Vec<u16>,
    /// What every program ends with; its first token stands nowhere else.
    pub suffix: Vec<u16>,
    /// Between those, the tokens that are always followed by one and the same.
    pub followers: BTreeMap<u16, u16>,
}

/// A token must have been seen this often before what follows it counts as certain.
pub const CERTAIN: usize = 1000;

impl Skeleton {
    /// Reads the certain parts off whole programs; a token's follower counts after `certain` sightings.
    pub fn of(programs: &[Vec<u16>], certain: usize) -> Self {
        let Some(first) = programs.first() else { return Self::default() };
        let common = |same: &dyn Fn(&[u16]) -> usize| programs.iter().map(|program| same(program)).min().unwrap_or(0);
        let front = common(&|program| program.iter().zip(first).take_while(|(a, b)| a == b).count());
        let back = common(&|program| program.iter().rev().zip(first.iter().rev()).take_while(|(a, b)| a == b).count());
        let shortest = common(&|program| program.len());
        // With few or short programs front and back can overlap; the front wins.
        let mut back = back.min(shortest - front);
        let inside =
            |program: &[u16], back: usize| program[front..program.len() - back].contains(&first[first.len() - back]);
        while back > 0 && programs.iter().any(|program| inside(program, back)) {
            back -= 1;
        }
        let mut skeleton =
            Self { prefix: first[..front].to_vec(), suffix: first[first.len() - back..].to_vec(), ..Self::default() };
        skeleton.followers = skeleton.find_followers(programs, certain);
        skeleton
    }

    /// Whether all its tokens are of a vocabulary of that size.
    pub(super) fn fits(&self, tokens: usize) -> bool {
        let followers = self.followers.iter().flat_map(|(token, next)| [token, next]);
        self.prefix.iter().chain(&self.suffix).chain(followers).all(|token| usize::from(*token) < tokens)
    }

    fn find_followers(&self, programs: &[Vec<u16>], certain: usize) -> BTreeMap<u16, u16> {
        let mut seen: BTreeMap<u16, (Option<u16>, usize)> = BTreeMap::new();
        for program in programs {
            let body = self.body(program).unwrap_or(&[]);
            let next = body.iter().copied().skip(1).chain([END.0]);
            for (&token, next) in body.iter().zip(next) {
                let entry = seen.entry(token).or_insert((Some(next), 0));
                entry.0 = entry.0.filter(|known| *known == next);
                entry.1 += 1;
            }
        }
        let sure = seen.into_iter().filter(|(_, (_, count))| *count >= certain);
        sure.filter_map(|(token, (next, _))| next.filter(|next| *next != END.0).map(|next| (token, next))).collect()
    }

    /// A program without prefix and suffix; nothing if it lacks one of them.
    fn body<'a>(&self, program: &'a [u16]) -> Option<&'a [u16]> {
        program.strip_prefix(&self.prefix[..])?.strip_suffix(&self.suffix[..])
    }

    /// What the network reads and predicts of a program, without begin and end; nothing if the program does not have
    /// the certain parts.
    pub fn compress(&self, program: &[u16]) -> Option<Vec<u16>> {
        let body = self.body(program)?;
        let mut short = Vec::with_capacity(body.len());
        let mut rest = body.iter();
        while let Some(token) = rest.next() {
            short.push(*token);
            if let Some(next) = self.followers.get(token)
                && rest.next() != Some(next)
            {
                return None;
            }
        }
        Some(short)
    }
}

/// How far a program that is being decoded has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// So many tokens of the prefix were given.
    Prefix(usize),
    /// Between prefix and suffix: what comes is the network's to say.
    Body,
    /// A token was given whose follower is certain.
    Before(u16),
    /// So many tokens of the suffix were given.
    Suffix(usize),
    /// Something was given that no program of the corpus has.
    Outside,
}

impl Skeleton {
    /// Where decoding starts, after the begin token.
    pub fn start(&self) -> Place {
        if self.prefix.is_empty() { Place::Body } else { Place::Prefix(0) }
    }

    /// The place after one more token, and whether the network must read that token.
    pub fn advance(&self, place: Place, token: TokenId) -> (Place, bool) {
        let token = token.0;
        match place {
            Place::Prefix(given) if token == self.prefix[given] => {
                let whole = given + 1 == self.prefix.len();
                (if whole { Place::Body } else { Place::Prefix(given + 1) }, false)
            }
            Place::Body if self.suffix.first() == Some(&token) => (Place::Suffix(1), false),
            Place::Body if token == END.0 || token == BEGIN.0 => (Place::Outside, false),
            Place::Body => (self.followers.get(&token).map_or(Place::Body, |next| Place::Before(*next)), true),
            Place::Before(next) if token == next => (Place::Body, false),
            Place::Suffix(given) if self.suffix.get(given) == Some(&token) => (Place::Suffix(given + 1), false),
            _ => (Place::Outside, false),
        }
    }

    /// The only token that can come at this place; nothing where the network decides.
    pub fn certain(&self, place: Place) -> Option<TokenId> {
        match place {
            Place::Prefix(given) => Some(TokenId(self.prefix[given])),
            Place::Before(next) => Some(TokenId(next)),
            Place::Suffix(given) => Some(self.suffix.get(given).map_or(END, |token| TokenId(*token))),
            Place::Outside => Some(END),
            Place::Body => None,
        }
    }

    /// The token that stands for the network's "end": the suffix's first.
    pub fn end(&self) -> TokenId {
        self.suffix.first().map_or(END, |token| TokenId(*token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `1 2 | 7 8 3 ... | 9 5`: 7 is always followed by 8.
    fn programs() -> Vec<Vec<u16>> {
        vec![vec![11, 12, 7, 8, 3, 19, 5], vec![11, 12, 4, 7, 8, 5, 19, 5], vec![11, 12, 3, 19, 5]]
    }

    #[test]
    fn certain_parts_are_found_and_left_out() {
        let skeleton = Skeleton::of(&programs(), 2);
        assert_eq!(skeleton.prefix, [11, 12]);
        assert_eq!(skeleton.suffix, [19, 5]);
        assert_eq!(skeleton.followers, BTreeMap::from([(7, 8)]));
        assert_eq!(skeleton.compress(&programs()[1]), Some(vec![4, 7, 5]));
        assert_eq!(skeleton.compress(&[11, 12, 7, 3, 19, 5]), None);
        assert_eq!(skeleton.compress(&[12, 3, 19, 5]), None);
    }

    #[test]
    fn a_suffix_begins_with_a_token_of_its_own() {
        // 5 stands in a body too, so that the end could not be told from it.
        let skeleton = Skeleton::of(&[vec![1, 5, 3, 5], vec![1, 4, 5]], 2);
        assert!(skeleton.suffix.is_empty(), "{skeleton:?}");
    }

    #[test]
    fn a_walk_says_what_the_network_must_read() {
        let skeleton = Skeleton::of(&programs(), 2);
        let mut place = skeleton.start();
        let mut read = Vec::new();
        for &token in &programs()[1] {
            if let Some(certain) = skeleton.certain(place) {
                assert_eq!(certain.0, token);
            }
            let (next, reads) = skeleton.advance(place, TokenId(token));
            read.extend(reads.then_some(token));
            place = next;
        }
        assert_eq!(read, skeleton.compress(&programs()[1]).expect("a program of the corpus"));
        assert_eq!(skeleton.certain(place), Some(END));
        assert_eq!(skeleton.advance(Place::Prefix(0), TokenId(5)).0, Place::Outside);
    }
}
