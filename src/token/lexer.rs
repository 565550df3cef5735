//! Tokens of any source of a language, from its grammar's literals and its rules for names and numbers; and [`count`], the
//! length of a C program as it is reported and bounded everywhere.

use super::grammar::Grammar;
use super::trie::{Trie, is_word};
use crate::diagnostic::Span;
use pest_meta::ast::{Expr, RuleType};
use std::collections::BTreeSet;
use std::sync::LazyLock;

static C: LazyLock<Lexer> = LazyLock::new(|| {
    let words =
        &[("identifier", TokenKind::Identifier), ("number", TokenKind::Number), ("keyword", TokenKind::Keyword)];
    Lexer::new(Grammar::of("c").expect("C has a grammar"), words, &[])
});

static X86: LazyLock<Lexer> = LazyLock::new(|| {
    let signed = &[
        ("register", TokenKind::Identifier),
        ("syntax_directive", TokenKind::Keyword),
        ("integer", TokenKind::Number),
        ("symbol", TokenKind::Identifier),
    ];
    Lexer::new(Grammar::of("x86").expect("x86 has a grammar"), &[], signed)
});

static KAREL: LazyLock<Lexer> = LazyLock::new(|| {
    // A bracket of the token form is one token with the letter before it.
    let signed =
        &[("bracket", TokenKind::Punctuation), ("count", TokenKind::Number), ("readable_count", TokenKind::Number)];
    let words = &[("action", TokenKind::Identifier), ("test", TokenKind::Identifier), ("keyword", TokenKind::Keyword)];
    Lexer::new(Grammar::of("karel").expect("Karel has a grammar"), words, signed)
});

/// The number of C tokens of a source; `(-1)` counts four.
pub fn count(source: &str) -> usize {
    C.count(source)
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A reserved word.
    Keyword,
    /// A name.
    Identifier,
    /// A number.
    Number,
    /// An operator or another sign.
    Punctuation,
    /// Nothing that the grammar knows.
    Unknown,
}

/// A token of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: TokenKind,
    /// Its text.
    pub text: &'a str,
    /// Where it stands.
    pub span: Span,
}

/// Cuts sources of one language into tokens.
#[derive(Debug)]
pub struct Lexer {
    grammar: &'static Grammar,
    skip: Skip,
    signs: Trie,
    /// Rules that match whole words, and what they are.
    words: Kinds,
    /// Rules that match tokens which may begin with a sign (`%eax`, `-4`, `.L1`).
    signed: Kinds,
}

type Kinds = &'static [(&'static str, TokenKind)];

impl Lexer {
    /// The lexer of a language; `None` for an unknown one.
    pub fn of(language: &str) -> Option<&'static Lexer> {
        match language {
            "c" => Some(&C),
            "x86" => Some(&X86),
            "karel" => Some(&KAREL),
            _ => None,
        }
    }

    fn new(grammar: &'static Grammar, words: Kinds, signed: Kinds) -> Self {
        // Literals within atomic rules are parts of tokens, so only the others are signs of their own.
        let mut signs = BTreeSet::new();
        let whole = |ty| matches!(ty, RuleType::Normal | RuleType::NonAtomic);
        for rule in grammar.rules().iter().filter(|rule| whole(rule.ty)) {
            signs.extend(rule.expr.iter_top_down().filter_map(|part| match part {
                Expr::Str(text) if !text.bytes().any(is_word) => Some(text),
                _ => None,
            }));
        }
        let numbered: Vec<&str> = signs.iter().map(String::as_str).collect();
        let signs = Trie::new(numbered.iter().enumerate().map(|(i, text)| (*text, i as u16)));
        Self { grammar, skip: Skip::new(grammar), signs, words, signed }
    }

    /// The tokens of a source, without white space and comments.
    pub fn tokens<'a>(&self, source: &'a str) -> Vec<Token<'a>> {
        let mut tokens = Vec::new();
        let mut at = self.skip.from(source, 0);
        while at < source.len() {
            let end = at + self.length(source, at);
            let text = &source[at..end];
            tokens.push(Token { kind: self.kind(text), text, span: Span::new(at, end) });
            at = self.skip.from(source, end);
        }
        tokens
    }

    /// How many tokens [`Lexer::tokens`] gives.
    pub fn count(&self, source: &str) -> usize {
        let (mut tokens, mut at) = (0, self.skip.from(source, 0));
        while at < source.len() {
            tokens += 1;
            at = self.skip.from(source, at + self.length(source, at));
        }
        tokens
    }

    /// The length of the token at a place: a run of word characters, the longest sign, or one unknown character.
    fn length(&self, source: &str, at: usize) -> usize {
        let bytes = source.as_bytes();
        let signed = self.signed.iter().find_map(|(rule, _)| self.grammar.prefix(rule, &source[at..]));
        if let Some(length) = signed.filter(|length| *length > 0) {
            return length;
        }
        if is_word(bytes[at]) {
            return bytes[at..].iter().take_while(|&&byte| is_word(byte)).count();
        }
        match self.signs.longest(bytes, at) {
            Some((_, length)) => length,
            None => source[at..].chars().next().map_or(1, char::len_utf8),
        }
    }

    fn kind(&self, text: &str) -> TokenKind {
        let bytes = text.as_bytes();
        let named = self.signed.iter().chain(self.words).find(|(rule, _)| self.grammar.matches(rule, text));
        if let Some((_, kind)) = named {
            return *kind;
        }
        if !is_word(bytes[0]) {
            let known = self.signs.longest(bytes, 0).is_some_and(|(_, length)| length == bytes.len());
            return if known { TokenKind::Punctuation } else { TokenKind::Unknown };
        }
        TokenKind::Unknown
    }
}

/// Skips what stands between tokens: the rules `WHITESPACE` and `COMMENT`.
#[derive(Clone, Debug)]
pub(super) struct Skip {
    grammar: &'static Grammar,
    /// The bytes that are white space.
    white: [bool; 128],
    /// The bytes that a comment can begin with.
    comment: [bool; 128],
}

impl Skip {
    pub(super) fn new(grammar: &'static Grammar) -> Self {
        let (mut white, mut comment) = ([false; 128], [false; 128]);
        for byte in 0..128u8 {
            white[byte as usize] = grammar.prefix("WHITESPACE", (byte as char).to_string().as_str()) == Some(1);
        }
        if let Some(rule) = grammar.rule("COMMENT") {
            for part in super::profile::alternatives(&rule.expr) {
                match super::profile::head(part).and_then(|head| head.bytes().next()) {
                    Some(byte) if byte < 128 => comment[byte as usize] = true,
                    _ => comment = [true; 128],
                }
            }
        }
        Self { grammar, white, comment }
    }

    /// The first place from `at` on where something else stands.
    #[inline]
    pub(super) fn from(&self, source: &str, mut at: usize) -> usize {
        let bytes = source.as_bytes();
        while let Some(&byte) = bytes.get(at).filter(|byte| byte.is_ascii()) {
            if self.white[byte as usize] {
                at += 1;
            } else if self.comment[byte as usize]
                && let Some(length) = self.grammar.prefix("COMMENT", &source[at..])
            {
                at += length;
            } else {
                break;
            }
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_tokens_of_c() {
        assert_eq!(count(""), 0);
        assert_eq!(count("(-1)"), 4);
        assert_eq!(count("a[l_10] <<= a--b; // note\n/* x */ 7"), 10);
        assert_eq!(count("int * func_1(int a[])\n{\n    return a;\n}\n"), 14);
        assert_eq!(count("é/* open"), 4);
    }

    #[test]
    fn tokens_of_x86() {
        let lexer = Lexer::of("x86").expect("x86 has a lexer");
        let texts = |source| lexer.tokens(source).into_iter().map(|token| token.text).collect::<Vec<_>>();
        let source = ".L1:\naddl $-3, -4(%rbp) # note\njne .L1";
        let expected = [".L1", ":", "addl", "$", "-3", ",", "-4", "(", "%rbp", ")", "jne", ".L1"];
        assert_eq!(texts(source), expected);
        assert_eq!(lexer.count(source), expected.len());
        let kinds: Vec<_> = lexer.tokens("%eax 7 , nop").iter().map(|token| token.kind).collect();
        use TokenKind::*;
        assert_eq!(kinds, [Identifier, Number, Punctuation, Identifier]);
    }

    #[test]
    fn kinds_and_spans() {
        let lexer = Lexer::of("c").expect("C has a lexer");
        let tokens = lexer.tokens("struct x1 = 12+=9z$");
        let kinds: Vec<_> = tokens.iter().map(|token| (token.text, token.kind)).collect();
        use TokenKind::*;
        let expected = [
            ("struct", Keyword),
            ("x1", Identifier),
            ("=", Punctuation),
            ("12", Number),
            ("+=", Punctuation),
            ("9z", Unknown),
            ("$", Unknown),
        ];
        assert_eq!(kinds, expected);
        assert_eq!(tokens[3].span, Span::new(12, 14));
    }
}
