//! The network's own program for a task of the training set.

use crate::corpus::Record;
use crate::eval::Judge;
use crate::ir::FunctionId;
use crate::lang::c;
use crate::model::{Replace, Retraining};
use crate::search::beam::{BeamOptions, Rank, Verdict, beam};
use crate::synth::Model;
use crate::synth::verify::c::Runnable;
use crate::task::{AnyTask, Example, is_default_signature, parse_json};
use crate::token::TokenId;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// A program that takes the place of a task's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replacement {
    /// Its text.
    pub source: String,
    /// Its length in C tokens.
    pub tokens: u32,
    /// How deep its loops are nested.
    pub loop_depth: u32,
    /// The hash of what it does on the fixed inputs.
    pub behaviour_hash: u64,
}

/// Decodes tasks of a training set.
pub struct Replacer<'m> {
    model: Model<'m>,
    options: &'m Retraining,
}

impl<'m> Replacer<'m> {
    /// One that decodes with this network.
    pub fn new(model: Model<'m>, options: &'m Retraining) -> Self {
        Self { model, options }
    }

    /// The program that takes the place of the record's own; `None` where that stays. The network sees the given
    /// examples; what it finds is run on the held-out ones too.
    pub fn replacement(&self, record: &Record) -> Option<Replacement> {
        let any = parse_json(&record.to_json(), &record.id).ok()?;
        let AnyTask::C(task) = &any else { return None };
        if !is_default_signature(&task.signature) {
            return None;
        }
        let all: Vec<Example> = task.examples.iter().chain(&task.held_out).cloned().collect();
        let mut judge = Judge::new(&any);
        let mut found: Option<(Vec<TokenId>, usize)> = None;
        let decoded =
            beam(self.model.scorer, self.model.automaton, &task.examples, &self.settings(record)?, |candidate| {
                if !self.is_right(&candidate.tokens, &all, &mut judge) {
                    return Verdict::Rejected;
                }
                found = Some((candidate.tokens.clone(), candidate.length));
                Verdict::Accepted
            });
        if let Err(error) = decoded {
            tracing::debug!("{}: {error}", record.id);
        }
        let (tokens, length) = found?;
        self.describe(&tokens, length).filter(|own| own.source != record.source)
    }

    /// `None` where no program is short enough.
    fn settings(&self, record: &Record) -> Option<BeamOptions> {
        let longest = self.model.vocabulary.profile().max_tokens;
        let budget = match self.options.replace {
            Replace::Any => longest,
            Replace::Shorter => longest.min((record.tokens as usize).saturating_sub(1)),
            Replace::Equal => longest.min(record.tokens as usize),
        };
        let rank = if self.options.replace == Replace::Any { Rank::Probability } else { Rank::Length };
        let deadline = Instant::now().checked_add(Duration::from_secs_f64(self.options.seconds));
        let width = self.options.beam;
        let shortest = self.model.automaton.shortest()?;
        (shortest <= budget).then(|| BeamOptions {
            width,
            candidates: width,
            budget,
            rank,
            deadline,
            ..BeamOptions::default()
        })
    }

    fn is_right(&self, tokens: &[TokenId], all: &[Example], judge: &mut Judge) -> bool {
        let Ok(program) = self.model.reader.compile(tokens) else { return false };
        if Runnable::from_ir(&program, FunctionId(0)).matched(all) < all.len() {
            return false;
        }
        self.options.replace != Replace::Equal
            || judge.score(Some(&self.model.vocabulary.decode(tokens)), 0.0).equivalent == Some(true)
    }

    fn describe(&self, tokens: &[TokenId], length: usize) -> Option<Replacement> {
        let program = c::parse(&self.model.vocabulary.decode(tokens)).ok()?;
        let body = program.functions.first()?.body.iter();
        let loop_depth = body.map(c::ast::Statement::loop_depth).max().unwrap_or(0);
        let compiled = self.model.reader.compile(tokens).ok()?;
        Some(Replacement {
            source: c::print(&program),
            tokens: length as u32,
            loop_depth,
            behaviour_hash: Runnable::from_ir(&compiled, FunctionId(0)).behaviour(),
        })
    }
}
