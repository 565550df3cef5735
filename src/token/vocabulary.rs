//! The finite vocabulary of a profile: its order, the way from source text to tokens and back, and the comparison with
//! one that a checkpoint stored.

use super::grammar::Grammar;
use super::lexer::{Lexer, Skip};
use super::profile::{Profile, ProfileError};
use super::select::Selection;
use super::trie::Trie;
use super::{BEGIN, END, PAD, TokenId, TokenSet};
use crate::diagnostic::Span;
use serde::{Deserialize, Serialize};

/// Texts of the tokens that stand for none.
const MARKS: [&str; 3] = ["<pad>", "<begin>", "<end>"];

/// The tokens of a profile.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    profile: Profile,
    selection: Selection,
    texts: Vec<String>,
    weights: Vec<u8>,
    trie: Trie,
    skip: Skip,
}

/// What a checkpoint keeps of a vocabulary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredVocabulary {
    /// The profile, whole, so that a later change of the committed one does no harm.
    pub profile: Profile,
    /// The token texts in order, the three marks first.
    pub tokens: Vec<String>,
}

/// A place of a source where no token of the vocabulary stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no token of profile {profile}")]
pub struct EncodeError {
    /// Where.
    pub span: Span,
    /// What stands there.
    pub text: String,
    /// The profile's name.
    pub profile: String,
}

impl Vocabulary {
    /// Derives the vocabulary: the three marks, then each token text in the order in which a walk through the grammar
    /// from the profile's start rule meets it.
    pub fn new(profile: &Profile) -> Result<Self, ProfileError> {
        let grammar: &'static Grammar = profile.grammar()?;
        let selection = profile.select()?;
        let texts: Vec<String> =
            MARKS.iter().map(|mark| (*mark).to_owned()).chain(selection.texts.iter().cloned()).collect();
        if texts.len() > TokenSet::CAPACITY {
            let message = format!(
                "profile `{}` has {} tokens; at most {} are supported",
                profile.name,
                texts.len(),
                TokenSet::CAPACITY
            );
            return Err(ProfileError::new(message).help("shorten the pools"));
        }
        let lexer = Lexer::of(&profile.language).expect("each grammar has a lexer");
        let weights = texts
            .iter()
            .enumerate()
            .map(|(i, text)| if i < MARKS.len() { 0 } else { lexer.count(text) as u8 })
            .collect();
        let trie = Trie::new(texts.iter().enumerate().skip(MARKS.len()).map(|(i, text)| (text.as_str(), i as u16)));
        Ok(Self { profile: profile.clone(), selection, texts, weights, trie, skip: Skip::new(grammar) })
    }

    /// The profile that it was derived from.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The grammar as the profile selects it.
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// How many tokens there are, marks included.
    #[allow(clippy::len_without_is_empty)] // The marks are always there.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// A token's text.
    pub fn text(&self, token: TokenId) -> &str {
        &self.texts[token.0 as usize]
    }

    /// How many tokens of the language it stands for: four for `(-1)`, none for a mark.
    pub fn weight(&self, token: TokenId) -> usize {
        self.weights[token.0 as usize] as usize
    }

    /// The token with that text.
    pub fn id(&self, text: &str) -> Option<TokenId> {
        self.texts.iter().skip(MARKS.len()).position(|known| known == text).map(|i| TokenId((i + MARKS.len()) as u16))
    }

    /// The tokens of a source, without [`BEGIN`] and [`END`]: at each place the longest token text that fits. So a
    /// negative constant is one token only where it is written `(-1)`, as the canonical printer writes it.
    pub fn encode(&self, source: &str) -> Result<Vec<TokenId>, EncodeError> {
        let mut tokens = Vec::with_capacity(source.len() / 3);
        let mut at = self.skip.from(source, 0);
        while at < source.len() {
            let Some((token, length)) = self.trie.longest(source.as_bytes(), at) else {
                return Err(self.unknown(source, at));
            };
            tokens.push(TokenId(token));
            at = self.skip.from(source, at + length);
        }
        Ok(tokens)
    }

    #[cold]
    fn unknown(&self, source: &str, at: usize) -> EncodeError {
        let lexer = Lexer::of(&self.profile.language).expect("each grammar has a lexer");
        let text = lexer.tokens(&source[at..]).first().map_or("", |token| token.text).to_owned();
        EncodeError { span: Span::new(at, at + text.len()), text, profile: self.profile.name.clone() }
    }

    /// The source that the tokens spell, one space between two; marks leave nothing.
    pub fn decode(&self, tokens: &[TokenId]) -> String {
        let mut source = String::with_capacity(tokens.len() * 3);
        for &token in tokens.iter().filter(|token| ![PAD, BEGIN, END].contains(token)) {
            if !source.is_empty() {
                source.push(' ');
            }
            source.push_str(self.text(token));
        }
        source
    }

    /// What a checkpoint keeps.
    pub fn store(&self) -> StoredVocabulary {
        StoredVocabulary { profile: self.profile.clone(), tokens: self.texts.clone() }
    }

    /// The vocabulary of a checkpoint, provided that today's grammar still derives the same tokens from its profile.
    pub fn restore(stored: &StoredVocabulary) -> Result<Self, ProfileError> {
        let vocabulary = Self::new(&stored.profile)?;
        vocabulary.same_tokens(&stored.tokens)?;
        Ok(vocabulary)
    }

    /// Fails, naming the first difference, unless these are the texts of this vocabulary.
    pub fn same_tokens(&self, stored: &[String]) -> Result<(), ProfileError> {
        let differs = self.texts.iter().zip(stored).position(|(here, there)| here != there);
        let message = match differs {
            Some(i) => format!(
                "the stored vocabulary differs from profile `{}` at token {i}: `{}` there, `{}` here",
                self.profile.name, stored[i], self.texts[i]
            ),
            None if self.texts.len() == stored.len() => return Ok(()),
            None => format!(
                "the stored vocabulary has {} tokens, that of profile `{}` has {}; the first that only one has is `{}`",
                stored.len(),
                self.profile.name,
                self.texts.len(),
                stored.get(self.texts.len()).unwrap_or_else(|| &self.texts[stored.len()])
            ),
        };
        Err(ProfileError::new(message).help("the model was trained with another vocabulary; train it again"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary() -> Vocabulary {
        Vocabulary::new(&Profile::load("restricted-c").expect("a committed profile")).expect("a vocabulary")
    }

    #[test]
    fn order_is_that_of_the_grammar() {
        let vocabulary = vocabulary();
        let first: Vec<&str> = (0..12).map(|i| vocabulary.text(TokenId(i))).collect();
        assert_eq!(first, ["<pad>", "<begin>", "<end>", "int", "*", "func_1", "(", "a", "[", "]", ")", "{"]);
        assert_eq!(vocabulary.len(), 64);
    }

    #[test]
    fn encodes_and_decodes() {
        let vocabulary = vocabulary();
        let source = "int * func_1(int a[])\n{\n    a[l_10] -= (-1) - -l_1;// x\n    return a;\n}";
        let tokens = vocabulary.encode(source).expect("all tokens are known");
        let text = "int * func_1 ( int a [ ] ) { a [ l_10 ] -= (-1) - - l_1 ; return a ; }";
        assert_eq!(vocabulary.decode(&tokens), text);
        assert_eq!(vocabulary.encode(text), Ok(tokens.clone()));
        let weight: usize = tokens.iter().map(|token| vocabulary.weight(*token)).sum();
        assert_eq!(weight, super::super::count(source));
    }

    #[test]
    fn unknown_tokens_are_named() {
        let error = vocabulary().encode("int * func_1(int b)").expect_err("b is not in the pools");
        assert_eq!((error.span, error.text.as_str()), (Span::new(17, 18), "b"));
        assert_eq!(error.to_string(), "`b` is no token of profile restricted-c");
        // `a` must not match the front of a longer name.
        assert_eq!(vocabulary().encode("a1").expect_err("no such name").text, "a1");
    }

    #[test]
    fn stored_vocabularies_are_compared() {
        let vocabulary = vocabulary();
        let mut stored = vocabulary.store();
        let text = serde_json::to_string(&stored).expect("plain data");
        let read: StoredVocabulary = serde_json::from_str(&text).expect("what was just written");
        assert_eq!(Vocabulary::restore(&read).expect("the same grammar").texts, vocabulary.texts);
        stored.tokens[7] = "b".to_owned();
        let message = Vocabulary::restore(&stored).expect_err("another token").to_string();
        assert!(message.contains("at token 7: `b` there, `a` here"), "{message}");
        stored.tokens.truncate(7);
        let message = Vocabulary::restore(&stored).expect_err("too few").to_string();
        assert!(message.contains("has 7 tokens") && message.contains("`a`"), "{message}");
    }
}
