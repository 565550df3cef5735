//! The grammar files as data: their rules read through `pest_meta`, unoptimised. Knows how to match a text against a
//! rule, which is all that lexing and the check of a profile's pools need; whole programs are parsed by `lang`.

use pest_meta::ast::{Expr, Rule, RuleType};
use pest_meta::parser::{self, consume_rules};
use std::collections::HashMap;
use std::sync::LazyLock;

/// The languages that have a grammar file, for messages.
pub const LANGUAGES: &[&str] = &["c", "x86", "karel"];

static C: LazyLock<Grammar> =
    LazyLock::new(|| Grammar::read(&[include_str!("../../grammar/c.pest"), include_str!("../../grammar/common.pest")]));
static X86: LazyLock<Grammar> = LazyLock::new(|| {
    Grammar::read(&[include_str!("../../grammar/x86.pest"), include_str!("../../grammar/common.pest")])
});
static KAREL: LazyLock<Grammar> = LazyLock::new(|| {
    Grammar::read(&[include_str!("../../grammar/karel.pest"), include_str!("../../grammar/common.pest")])
});

/// The rules of one language.
#[derive(Debug)]
pub struct Grammar {
    rules: Vec<Rule>,
    index: HashMap<String, usize>,
}

impl Grammar {
    /// The grammar of a language; `None` for an unknown one.
    pub fn of(language: &str) -> Option<&'static Grammar> {
        match language {
            "c" => Some(&C),
            "x86" => Some(&X86),
            "karel" => Some(&KAREL),
            _ => None,
        }
    }

    /// Reads grammar files that belong together. They are part of this crate, so a fault in them is our own bug.
    fn read(files: &[&str]) -> Self {
        let text = files.join("\n");
        let pairs = parser::parse(parser::Rule::grammar_rules, &text).expect("pest_derive reads the same grammar");
        let rules = consume_rules(pairs).expect("pest_derive accepts the same grammar");
        let index = rules.iter().enumerate().map(|(i, rule)| (rule.name.clone(), i)).collect();
        Self { rules, index }
    }

    /// The rule of that name.
    pub fn rule(&self, name: &str) -> Option<&Rule> {
        self.index.get(name).map(|&i| &self.rules[i])
    }

    /// All rules, in the order of the files.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The word that an atomic rule such as `"int" ~ !word_char` stands for.
    pub fn word(&self, rule: &Rule) -> Option<String> {
        let Expr::Seq(first, second) = &rule.expr else { return None };
        match (rule.ty, first.as_ref(), second.as_ref()) {
            (RuleType::Atomic, Expr::Str(word), Expr::NegPred(_)) => Some(word.clone()),
            _ => None,
        }
    }

    /// Whether the rule matches the whole text, without implicit white space.
    pub fn matches(&self, rule: &str, text: &str) -> bool {
        self.rule(rule).is_some_and(|rule| self.longest(&rule.expr, text) == Some(text.len()))
    }

    /// How many bytes at the front of the text the rule takes, without implicit white space.
    pub fn prefix(&self, rule: &str, text: &str) -> Option<usize> {
        self.longest(&self.rule(rule)?.expr, text)
    }

    /// PEG matching: choices are ordered and repetition is greedy.
    fn longest(&self, expr: &Expr, text: &str) -> Option<usize> {
        match expr {
            Expr::Str(literal) => text.starts_with(literal.as_str()).then_some(literal.len()),
            Expr::Insens(literal) => text
                .get(..literal.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(literal))
                .then_some(literal.len()),
            Expr::Range(from, to) => one_char(text, |c| {
                let bound = |s: &str| s.chars().next().expect("pest ranges hold one character");
                (bound(from)..=bound(to)).contains(&c)
            }),
            Expr::Ident(name) => match self.rule(name) {
                Some(rule) => self.longest(&rule.expr, text),
                None => builtin(name, text),
            },
            Expr::PosPred(inner) => self.longest(inner, text).map(|_| 0),
            Expr::NegPred(inner) => self.longest(inner, text).is_none().then_some(0),
            Expr::Seq(left, right) => {
                let first = self.longest(left, text)?;
                Some(first + self.longest(right, &text[first..])?)
            }
            Expr::Choice(left, right) => self.longest(left, text).or_else(|| self.longest(right, text)),
            Expr::Opt(inner) => Some(self.repeat(inner, text, 1).1),
            Expr::Rep(inner) => Some(self.repeat(inner, text, u32::MAX).1),
            Expr::RepOnce(inner) => at_least(self.repeat(inner, text, u32::MAX), 1),
            Expr::RepExact(inner, n) => at_least(self.repeat(inner, text, *n), *n),
            Expr::RepMin(inner, n) => at_least(self.repeat(inner, text, u32::MAX), *n),
            Expr::RepMax(inner, n) => Some(self.repeat(inner, text, *n).1),
            Expr::RepMinMax(inner, n, m) => at_least(self.repeat(inner, text, *m), *n),
            Expr::NodeTag(inner, _) => self.longest(inner, text),
            Expr::Skip(_) | Expr::PeekSlice(..) | Expr::Push(_) | Expr::PushLiteral(_) => None,
        }
    }

    /// How often, and over how many bytes, `expr` matches in a row.
    fn repeat(&self, expr: &Expr, text: &str, most: u32) -> (u32, usize) {
        let (mut times, mut end) = (0, 0);
        while times < most {
            match self.longest(expr, &text[end..]) {
                Some(length) if length > 0 => end += length,
                _ => break,
            }
            times += 1;
        }
        (times, end)
    }
}

fn at_least((times, end): (u32, usize), least: u32) -> Option<usize> {
    (times >= least).then_some(end)
}

fn one_char(text: &str, accepts: impl Fn(char) -> bool) -> Option<usize> {
    text.chars().next().filter(|&c| accepts(c)).map(char::len_utf8)
}

/// pest's own rules that lexical rules use.
fn builtin(name: &str, text: &str) -> Option<usize> {
    match name {
        "ANY" => one_char(text, |_| true),
        "ASCII_DIGIT" => one_char(text, |c| c.is_ascii_digit()),
        "ASCII_NONZERO_DIGIT" => one_char(text, |c| matches!(c, '1'..='9')),
        "ASCII_HEX_DIGIT" => one_char(text, |c| c.is_ascii_hexdigit()),
        "ASCII_ALPHA" => one_char(text, |c| c.is_ascii_alphabetic()),
        "ASCII_ALPHA_LOWER" => one_char(text, |c| c.is_ascii_lowercase()),
        "ASCII_ALPHA_UPPER" => one_char(text, |c| c.is_ascii_uppercase()),
        "ASCII_ALPHANUMERIC" => one_char(text, |c| c.is_ascii_alphanumeric()),
        "NEWLINE" => ["\r\n", "\n", "\r"].iter().find(|end| text.starts_with(*end)).map(|end| end.len()),
        "EOI" => text.is_empty().then_some(0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_as_pest_does() {
        let c = Grammar::of("c").expect("C has a grammar");
        assert!(c.matches("constant", "(-12)") && c.matches("constant", "0"));
        assert!(!c.matches("constant", "(- 1)") && !c.matches("constant", "1x") && !c.matches("constant", "-1"));
        assert!(c.matches("variable", "int_x") && !c.matches("variable", "int") && !c.matches("variable", "1a"));
        assert!(c.matches("binary_operator", "<=") && !c.matches("binary_operator", "="));
        assert_eq!(c.prefix("COMMENT", "/* a */ b */"), Some(7));
    }

    #[test]
    fn words_are_known() {
        let c = Grammar::of("c").expect("C has a grammar");
        assert_eq!(c.word(c.rule("int_word").expect("a rule")), Some("int".to_owned()));
        assert_eq!(c.word(c.rule("number").expect("a rule")), None);
    }
}
