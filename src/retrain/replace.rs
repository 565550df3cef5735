//! The network's own program for a task of the training set.

use crate::corpus::Record;
use crate::eval::Judge;
use crate::ir::FunctionId;
use crate::lang::karel::ast::Form;
use crate::lang::{self, c};
use crate::model::{Replace, Retraining};
use crate::sample::karel::{behaviour, loop_depth};
use crate::search::beam::{BeamOptions, Rank, Verdict, beam};
use crate::synth::Model;
use crate::synth::verify::Provable;
use crate::synth::verify::c::{Runnable, Trials};
use crate::task::{AnyTask, Example, Task, is_default_signature, karel, parse_json};
use crate::token::TokenId;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// A program that takes the place of a task's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replacement {
    /// Its text.
    pub source: String,
    /// Its length in tokens of the language.
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
        let own = match &any {
            AnyTask::C(task) => self.c(record, task, &any),
            AnyTask::Karel(task) => self.karel(record, task),
            AnyTask::X86(_) => None,
        };
        own.filter(|own| own.source != record.source)
    }

    fn c(&self, record: &Record, task: &Task, any: &AnyTask) -> Option<Replacement> {
        let reader = self.model.reader.filter(|_| is_default_signature(&task.signature))?;
        let all: Vec<Example> = task.examples.iter().chain(&task.held_out).cloned().collect();
        let (mut judge, mut trials) = (Judge::new(any), Trials::new(&all));
        let is_right = |tokens: &[TokenId]| {
            let Ok(checked) = reader.check(tokens) else { return false };
            trials.matched(&checked.program) == all.len()
                && (self.options.replace != Replace::Equal
                    || judge.score(Some(&self.model.vocabulary.decode(tokens)), 0.0).equivalent == Some(true))
        };
        let (tokens, length) = self.decode(record, &task.examples, is_right)?;
        let program = c::parse(&self.model.vocabulary.decode(&tokens)).ok()?;
        let body = program.functions.first()?.body.iter();
        let loop_depth = body.map(c::ast::Statement::loop_depth).max().unwrap_or(0);
        let compiled = reader.compile(&tokens).ok()?;
        Some(Replacement {
            source: c::print(&program),
            tokens: length as u32,
            loop_depth,
            behaviour_hash: Runnable::from_ir(&compiled, FunctionId(0)).behaviour(),
        })
    }

    /// Of Karel nothing says what a program does in all worlds, and so none is equal.
    fn karel(&self, record: &Record, task: &karel::Task) -> Option<Replacement> {
        if self.options.replace == Replace::Equal {
            return None;
        }
        let given: Vec<Example> = task.examples.iter().map(karel::Example::as_call).collect();
        let wanted = (task.examples.len(), task.held_out.len());
        let is_right = |tokens: &[TokenId]| task.matched(&self.model.vocabulary.decode(tokens)) == Some(wanted);
        let (tokens, length) = self.decode(record, &given, is_right)?;
        let program = lang::karel::parse(&self.model.vocabulary.decode(&tokens)).ok()?;
        Some(Replacement {
            source: lang::karel::print(&program, Form::Tokens),
            tokens: length as u32,
            loop_depth: loop_depth(&program.body),
            behaviour_hash: behaviour(&program),
        })
    }

    /// The best program that is right, and its length.
    fn decode(
        &self,
        record: &Record,
        given: &[Example],
        mut is_right: impl FnMut(&[TokenId]) -> bool,
    ) -> Option<(Vec<TokenId>, usize)> {
        let mut found: Option<(Vec<TokenId>, usize)> = None;
        let decoded = beam(self.model.scorer, self.model.automaton, given, &self.settings(record)?, |candidate| {
            if !is_right(&candidate.tokens) {
                return Verdict::Rejected;
            }
            found = Some((candidate.tokens.clone(), candidate.length));
            Verdict::Accepted
        });
        if let Err(error) = decoded {
            tracing::debug!("{}: {error}", record.id);
        }
        found
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
}
