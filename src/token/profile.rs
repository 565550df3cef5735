//! Profiles: which part of a grammar a model speaks. A profile picks alternatives, bounds repetition and gives a pool
//! of texts to each rule that would match endlessly many; every entry is checked against the grammar.

use super::grammar::{Grammar, LANGUAGES};
use super::select::Selection;
use crate::diagnostic::nearest;
use pest_meta::ast::{Expr, RuleType};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The committed profiles, by name.
const COMMITTED: &[(&str, &str)] = &[
    ("restricted-c", include_str!("../../profiles/restricted-c.toml")),
    ("karel", include_str!("../../profiles/karel.toml")),
    ("short-x86", include_str!("../../profiles/short-x86.toml")),
];

/// The longest text in a pool.
const LONGEST_TEXT: usize = 64;

/// A selection from a grammar, as its TOML file writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// The language whose grammar it selects from.
    pub language: String,
    /// The rule that a whole token sequence matches.
    pub start: String,
    /// The longest program, in tokens of the language.
    pub max_tokens: usize,
    /// For a rule, the alternatives that stay, each named by the rule or the literal that it begins with.
    #[serde(default)]
    pub alternatives: BTreeMap<String, Vec<String>>,
    /// For a rule, how often each optional or repeated part that stands in it may occur at most.
    #[serde(default)]
    pub at_most: BTreeMap<String, u32>,
    /// The rules whose optional parts must occur.
    #[serde(default)]
    pub required: BTreeMap<String, bool>,
    /// For a rule, the texts that stand for it, each one token.
    #[serde(default)]
    pub pools: BTreeMap<String, Vec<String>>,
}

/// What is wrong with a profile, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}", help.as_ref().map(|help| format!(" (help: {help})")).unwrap_or_default())]
pub struct ProfileError {
    /// What is wrong.
    pub message: String,
    /// What to do, where something can be said.
    pub help: Option<String>,
}

impl ProfileError {
    /// An error without advice.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    /// Adds advice.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl Profile {
    /// A committed profile.
    pub fn load(name: &str) -> Result<Self, ProfileError> {
        match COMMITTED.iter().find(|(known, _)| *known == name) {
            Some((_, text)) => Self::from_toml(text),
            None => Err(ProfileError::new(format!("there is no profile `{name}`"))
                .help(suggest(name, COMMITTED.iter().map(|(known, _)| *known)))),
        }
    }

    /// Reads a profile and checks it against its grammar.
    pub fn from_toml(text: &str) -> Result<Self, ProfileError> {
        let profile: Self = toml::from_str(text)
            .map_err(|error| ProfileError::new(format!("the profile is no valid TOML: {error}")))?;
        profile.select()?;
        Ok(profile)
    }

    /// The grammar that it selects from.
    pub fn grammar(&self) -> Result<&'static Grammar, ProfileError> {
        Grammar::of(&self.language).ok_or_else(|| {
            ProfileError::new(format!("there is no grammar for the language `{}`", self.language))
                .help(suggest(&self.language, LANGUAGES.iter().copied()))
        })
    }

    /// Checks it against its grammar and applies it.
    pub(super) fn select(&self) -> Result<Selection, ProfileError> {
        let grammar = self.grammar()?;
        self.check_names(grammar)?;
        self.check_alternatives(grammar)?;
        self.check_repetition(grammar)?;
        self.check_pools(grammar)?;
        Selection::new(self)
    }

    /// Every rule that is named exists.
    fn check_names(&self, grammar: &Grammar) -> Result<(), ProfileError> {
        let named = self.alternatives.keys().chain(self.at_most.keys()).chain(self.required.keys());
        for name in named.chain(self.pools.keys()).chain([&self.start]) {
            if grammar.rule(name).is_none() {
                return Err(ProfileError::new(format!("the grammar of {} has no rule `{name}`", self.language))
                    .help(suggest(name, grammar.rules().iter().map(|rule| rule.name.as_str()))));
            }
        }
        Ok(())
    }

    fn check_alternatives(&self, grammar: &Grammar) -> Result<(), ProfileError> {
        for (name, kept) in &self.alternatives {
            let rule = grammar.rule(name).expect("check_names found it");
            let known: Vec<String> = alternatives(&rule.expr).into_iter().filter_map(head).collect();
            if kept.is_empty() {
                return Err(ProfileError::new(format!("`alternatives.{name}` is empty, so nothing matches the rule")));
            }
            if let Some(unknown) = kept.iter().find(|alternative| !known.contains(alternative)) {
                return Err(ProfileError::new(format!("rule `{name}` has no alternative `{unknown}`"))
                    .help(suggest(unknown, known.iter().map(String::as_str))));
            }
        }
        Ok(())
    }

    fn check_repetition(&self, grammar: &Grammar) -> Result<(), ProfileError> {
        for (table, name) in
            self.at_most.keys().map(|n| ("at_most", n)).chain(self.required.keys().map(|n| ("required", n)))
        {
            let rule = grammar.rule(name).expect("check_names found it");
            let has_one = rule.expr.iter_top_down().any(|part| is_repetition(&part));
            if !has_one || matches!(rule.ty, RuleType::Atomic | RuleType::CompoundAtomic) {
                return Err(ProfileError::new(format!("`{table}.{name}`: the rule has no optional or repeated part")));
            }
            if self.required.get(name) == Some(&true) && self.at_most.get(name) == Some(&0) {
                return Err(ProfileError::new(format!("rule `{name}` is required and yet occurs at most 0 times")));
            }
        }
        Ok(())
    }

    fn check_pools(&self, grammar: &Grammar) -> Result<(), ProfileError> {
        for (name, texts) in &self.pools {
            let mut seen = BTreeSet::new();
            if texts.is_empty() {
                return Err(ProfileError::new(format!("the pool of `{name}` is empty")));
            }
            for text in texts {
                if text.len() > LONGEST_TEXT {
                    return Err(ProfileError::new(format!(
                        "a text in the pool of `{name}` is {} bytes long",
                        text.len()
                    ))
                    .help(format!("at most {LONGEST_TEXT} are supported")));
                }
                if text.is_empty() || !text.is_ascii() || !grammar.matches(name, text) {
                    return Err(ProfileError::new(format!(
                        "`{text}` in the pool of `{name}` does not match that rule"
                    )));
                }
                if !seen.insert(text) {
                    return Err(ProfileError::new(format!("`{text}` stands twice in the pool of `{name}`")));
                }
            }
        }
        Ok(())
    }
}

/// The alternatives of an expression's outermost choice; the expression itself where it is none.
pub(super) fn alternatives(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::Choice(left, right) => [alternatives(left), alternatives(right)].concat(),
        Expr::Seq(guard, rest) if matches!(**guard, Expr::PosPred(_) | Expr::NegPred(_)) => match **rest {
            Expr::Choice(..) => alternatives(rest),
            _ => vec![expr],
        },
        _ => vec![expr],
    }
}

/// What an alternative begins with: how a profile names it.
pub(super) fn head(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Str(text) | Expr::Ident(text) => Some(text.clone()),
        Expr::Seq(left, right) => head(left).or_else(|| head(right)),
        Expr::NodeTag(inner, _)
        | Expr::Opt(inner)
        | Expr::Rep(inner)
        | Expr::RepOnce(inner)
        | Expr::RepExact(inner, _)
        | Expr::RepMin(inner, _)
        | Expr::RepMax(inner, _)
        | Expr::RepMinMax(inner, ..) => head(inner),
        _ => None,
    }
}

fn is_repetition(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Opt(_) | Expr::Rep(_) | Expr::RepOnce(_) | Expr::RepMin(..) | Expr::RepMax(..) | Expr::RepMinMax(..)
    )
}

/// The nearest known name, or all of them where none is near.
fn suggest<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    match nearest(wrong, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None if known.len() <= 16 => format!("known: {}", known.join(", ")),
        None => "see the rules in the grammar file".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(from: &str, to: &str) -> String {
        let text = COMMITTED[0].1;
        assert!(text.contains(from), "{from} is in the profile");
        Profile::from_toml(&text.replacen(from, to, 1)).expect_err("a fault").to_string()
    }

    #[test]
    fn committed_profiles_are_sound() {
        for (name, _) in COMMITTED {
            assert_eq!(&Profile::load(name).expect("a sound profile").name, name);
        }
        assert!(Profile::load("restricted_c").expect_err("unknown").to_string().contains("`restricted-c`?"));
    }

    #[test]
    fn faults_are_named() {
        assert!(change("language = \"c\"", "language = \"d\"").contains("language `d`"));
        assert!(change("start = \"function\"", "start = \"functoin\"").contains("mean `function`?"));
        assert!(change("[\"int_pointer\"]", "[\"int_ptr\"]").contains("no alternative `int_ptr`"));
        assert!(change("[\"int_pointer\"]", "[]").contains("`alternatives.return_type` is empty"));
        assert!(change("unary = 1", "variable = 1").contains("no optional or repeated part"));
        assert!(change("unary = 1", "function = 0").contains("required and yet"));
        assert!(change("[\"func_1\"]", "[\"int\"]").contains("`int` in the pool of `function_name`"));
        assert!(change("[\"func_1\"]", "[\"f\", \"f\"]").contains("twice"));
        assert!(change("\"func_1\"", &format!("\"{}\"", "f".repeat(65))).contains("65 bytes long"));
        assert!(change("\"func_1\"", "\"f\u{e9}\"").contains("does not match"));
        assert!(change("function_name = [\"func_1\"]", "").contains("`identifier`"));
        assert!(change("max_tokens", "max_token").contains("max_token"));
    }
}
