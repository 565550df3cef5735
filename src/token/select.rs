//! A grammar with a profile applied to it: the language that a model speaks, as shapes over whole tokens. The
//! vocabulary is read off it, and `constrain` compiles its automaton from it.

use super::grammar::Grammar;
use super::profile::{Profile, ProfileError, alternatives, head};
use pest_meta::ast::{Expr, Rule, RuleType};
use std::collections::{BTreeMap, BTreeSet};

/// A part of a rule. Predicates leave nothing behind: in the grammars' safe subset they only order what PEG tries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One token.
    Text(String),
    /// A rule of the selection.
    Rule(String),
    /// One after the other.
    Sequence(Vec<Shape>),
    /// One of them.
    Choice(Vec<Shape>),
    /// The part, `least` times to `most` times (`None`: as often as one likes).
    Repeat {
        /// The part.
        part: Box<Shape>,
        /// At least so often.
        least: u32,
        /// At most so often.
        most: Option<u32>,
    },
}

/// The rules that the start rule reaches.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The rule that a whole token sequence matches.
    pub start: String,
    /// Its shape and that of each rule it reaches.
    pub rules: BTreeMap<String, Shape>,
    /// The token texts, in the order in which a walk from the start rule meets them.
    pub texts: Vec<String>,
}

impl Selection {
    /// Applies a profile to its grammar.
    pub fn new(profile: &Profile) -> Result<Self, ProfileError> {
        let mut selector = Selector {
            grammar: profile.grammar()?,
            profile,
            rules: BTreeMap::new(),
            texts: Vec::new(),
            seen: BTreeSet::new(),
        };
        selector.reach(&profile.start)?;
        Ok(Self { start: profile.start.clone(), rules: selector.rules, texts: selector.texts })
    }
}

struct Selector<'a> {
    grammar: &'static Grammar,
    profile: &'a Profile,
    rules: BTreeMap<String, Shape>,
    texts: Vec<String>,
    seen: BTreeSet<String>,
}

impl Selector<'_> {
    /// Adds a rule and what it reaches, depth first.
    fn reach(&mut self, name: &str) -> Result<(), ProfileError> {
        if self.rules.contains_key(name) {
            return Ok(());
        }
        let rule = self.grammar.rule(name).ok_or_else(|| {
            ProfileError::new(format!("rule `{name}` is not in the grammar, so no token can be derived from it"))
        })?;
        // Entered before its shape is known, so that recursion ends.
        self.rules.insert(name.to_owned(), Shape::Sequence(Vec::new()));
        let shape = self.shape_of(rule)?;
        self.rules.insert(name.to_owned(), shape);
        Ok(())
    }

    fn shape_of(&mut self, rule: &Rule) -> Result<Shape, ProfileError> {
        if let Some(pool) = self.profile.pools.get(&rule.name) {
            return Ok(Shape::Choice(pool.iter().map(|text| self.token(text)).collect()));
        }
        if let Some(word) = self.grammar.word(rule) {
            return Ok(self.token(&word));
        }
        if matches!(rule.ty, RuleType::Atomic | RuleType::CompoundAtomic) {
            return Err(ProfileError::new(format!(
                "rule `{}` matches endlessly many texts and has no pool",
                rule.name
            ))
            .help(format!("give a pool to the rule that uses `{}`, or leave that alternative out", rule.name)));
        }
        let Some(kept) = self.profile.alternatives.get(&rule.name) else { return self.shape(&rule.expr, &rule.name) };
        let mut shapes = Vec::new();
        for alternative in alternatives(&rule.expr) {
            if head(alternative).is_some_and(|head| kept.contains(&head)) {
                shapes.push(self.shape(alternative, &rule.name)?);
            }
        }
        Ok(Shape::Choice(shapes))
    }

    fn token(&mut self, text: &str) -> Shape {
        if self.seen.insert(text.to_owned()) {
            self.texts.push(text.to_owned());
        }
        Shape::Text(text.to_owned())
    }

    /// The shape of an expression that stands in rule `owner`.
    fn shape(&mut self, expr: &Expr, owner: &str) -> Result<Shape, ProfileError> {
        Ok(match expr {
            Expr::Str(text) => self.token(text),
            Expr::Ident(name) if matches!(name.as_str(), "SOI" | "EOI") => Shape::Sequence(Vec::new()),
            Expr::Ident(name) => {
                self.reach(name)?;
                Shape::Rule(name.clone())
            }
            Expr::PosPred(_) | Expr::NegPred(_) => Shape::Sequence(Vec::new()),
            Expr::Seq(left, right) => Shape::Sequence(vec![self.shape(left, owner)?, self.shape(right, owner)?]),
            Expr::Choice(left, right) => Shape::Choice(vec![self.shape(left, owner)?, self.shape(right, owner)?]),
            Expr::Opt(part) => self.repeat(part, owner, 0, Some(1))?,
            Expr::Rep(part) => self.repeat(part, owner, 0, None)?,
            Expr::RepOnce(part) => self.repeat(part, owner, 1, None)?,
            Expr::RepExact(part, n) => self.repeat(part, owner, *n, Some(*n))?,
            Expr::RepMin(part, n) => self.repeat(part, owner, *n, None)?,
            Expr::RepMax(part, n) => self.repeat(part, owner, 0, Some(*n))?,
            Expr::RepMinMax(part, n, m) => self.repeat(part, owner, *n, Some(*m))?,
            Expr::NodeTag(part, _) => self.shape(part, owner)?,
            Expr::Insens(_)
            | Expr::Range(..)
            | Expr::Skip(_)
            | Expr::PeekSlice(..)
            | Expr::Push(_)
            | Expr::PushLiteral(_) => {
                return Err(ProfileError::new(format!("rule `{owner}` is not made of whole tokens"))
                    .help(format!("make `{owner}` atomic and give it a pool")));
            }
        })
    }

    /// A repetition, within the bounds that the profile sets for its rule.
    fn repeat(&mut self, part: &Expr, owner: &str, least: u32, most: Option<u32>) -> Result<Shape, ProfileError> {
        let most = match (most, self.profile.at_most.get(owner)) {
            (Some(a), Some(&b)) => Some(a.min(b)),
            (a, b) => a.or(b.copied()),
        };
        let least = if self.profile.required.get(owner) == Some(&true) { least.max(1) } else { least };
        if most == Some(0) && least == 0 {
            return Ok(Shape::Sequence(Vec::new()));
        }
        if most.is_some_and(|most| most < least) {
            return Err(ProfileError::new(format!("`at_most.{owner}` is below the {least} that the grammar asks for")));
        }
        let part = Box::new(self.shape(part, owner)?);
        Ok(Shape::Repeat { part, least, most })
    }
}
