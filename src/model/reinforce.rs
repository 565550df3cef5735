//! Reinforcement after Bunel et al. 2018: a network that was taught goes on with programs of its own. The beam, held to
//! programs by the mask, stands for all that the network could say; programs that do what all examples of a task ask for,
//! those that it was not shown too, are right, and the share of the beam's probability that falls on them is made larger.

use super::data::{Dataset, Own};
use super::network::Network;
use super::plan::Reinforce;
use super::scorer::Model;
use super::skeleton::Skeleton;
use super::teach::Said;
use super::train::Done;
use crate::constrain::Automaton;
use crate::exec::Argument;
use crate::exec::interp::{Interpreter, Stop};
use crate::ir::{self, FunctionId};
use crate::lang::karel::{TICKS, compile};
use crate::search::beam::{BeamOptions, Verdict, beam};
use crate::store::FileError;
use crate::task::Example;
use crate::token::{PAD, TokenId, Vocabulary};
use tch::{Kind, Tensor};

/// Tasks that validation tries.
const JUDGED: usize = 200;

/// What a step of reinforcement needs besides the network.
pub(super) struct Reinforcement {
    options: Reinforce,
    vocabulary: Vocabulary,
    skeleton: Skeleton,
    automaton: Automaton,
    interpreter: Interpreter,
}

impl Reinforcement {
    /// Fails for vocabularies whose programs it cannot run.
    pub(super) fn new(options: Reinforce, vocabulary: &Vocabulary, skeleton: &Skeleton) -> Result<Self, FileError> {
        if vocabulary.profile().language != "karel" {
            return Err(
                FileError::new("[reinforce] is for profiles of Karel").help("leave it out of the configuration")
            );
        }
        let automaton = Automaton::new(vocabulary).map_err(|error| FileError::new(error.to_string()))?;
        let (vocabulary, skeleton) = (vocabulary.clone(), skeleton.clone());
        Ok(Self { options, vocabulary, skeleton, automaton, interpreter: Interpreter::default() })
    }

    /// Gradients of a batch of tasks; the loss is what of the beams' probability falls on programs that are wrong.
    pub(super) fn step(&mut self, network: &Network, data: &Dataset, tasks: &[u32]) -> Result<Done, FileError> {
        let model = Model::new(network.replica(), self.vocabulary.clone(), self.skeleton.clone())?;
        let (mut own, mut rights, mut sizes) = (Vec::new(), Vec::new(), Vec::new());
        let (mut loss, mut right) = (0.0, 0);
        for &task in tasks {
            let found = self.explore(&model, data, task)?;
            right += i64::from(found.first().is_some_and(|it| it.1));
            let good = found.iter().filter(|it| it.1).count();
            // Where all are right, or none, nothing can be shifted.
            if good == 0 || good == found.len() {
                loss += if good == 0 { 1.0 } else { 0.0 };
                continue;
            }
            sizes.push(found.len() as i64);
            for (program, is_right, _) in found {
                own.push(Own { task, program });
                rights.push(if is_right { 1.0f32 } else { 0.0 });
            }
        }
        if !own.is_empty() {
            let batch = data.batch_of(&own);
            let said = network.teach(&batch.lesson, None);
            let expected = expected_reward(&said, &batch.targets, &rights, &sizes);
            let total = sizes.len() as f64 - &expected;
            total.backward();
            loss += total.double_value(&[]);
        }
        Ok(Done { loss, tokens: tasks.len() as i64, right, executor: None, operations: None })
    }

    /// What [`Reinforcement::step`] gives for tasks, without learning: the mean share of the beams' probability that falls
    /// on what is wrong, and the share of tasks whose likeliest program is right.
    pub(super) fn judge(&mut self, network: &Network, data: &Dataset) -> Result<(f64, f64), FileError> {
        let model = Model::new(network.replica(), self.vocabulary.clone(), self.skeleton.clone())?;
        let tasks = data.len().min(JUDGED);
        let (mut loss, mut right) = (0.0, 0);
        for task in 0..tasks as u32 {
            let found = self.explore(&model, data, task)?;
            let sum = |some: bool| -> f64 { found.iter().filter(|it| it.1 || !some).map(|it| it.2.exp()).sum() };
            loss += 1.0 - sum(true) / sum(false).max(f64::MIN_POSITIVE);
            right += usize::from(found.first().is_some_and(|it| it.1));
        }
        Ok((loss / tasks as f64, right as f64 / tasks as f64))
    }

    /// The beam's programs for a task, the likeliest first, as the network reads them, whether each is right, and its
    /// log-probability.
    fn explore(&mut self, model: &Model, data: &Dataset, task: u32) -> Result<Vec<(Vec<u16>, bool, f64)>, FileError> {
        let (shown, arrays) = (data.shown_examples(), data.arrays(task));
        let array = |values: &[i32]| Argument::Array(values.to_vec());
        let examples: Vec<Example> = shown
            .map(|at| Example {
                input: vec![array(&arrays[2 * at])],
                returned: None,
                arrays: vec![Some(array(&arrays[2 * at + 1]))],
            })
            .collect();
        let width = self.options.beam;
        let settings =
            BeamOptions { width, candidates: width, budget: self.options.max_tokens, ..BeamOptions::default() };
        let found = beam(model, &self.automaton, &examples, &settings, |_| Verdict::Rejected)
            .map_err(|error| FileError::new(error.to_string()))?;
        let mut programs = Vec::new();
        for candidate in found.candidates.iter().take(width) {
            let tokens: Vec<u16> = candidate.tokens.iter().map(|token| token.0).collect();
            if let Some(short) = self.skeleton.compress(&tokens) {
                let said = f64::from(candidate.log_probability);
                programs.push((short, self.is_right(&candidate.tokens, &arrays), said));
            }
        }
        Ok(programs)
    }

    /// Whether a program leaves each output, of inputs and outputs in turn.
    fn is_right(&mut self, tokens: &[TokenId], arrays: &[Vec<i32>]) -> bool {
        let Ok(program) = compile(&self.vocabulary.decode(tokens)) else { return false };
        self.interpreter.load(&program);
        ir::recycle(program);
        arrays.chunks_exact(2).all(|pair| {
            let mut left = pair[0].clone();
            self.interpreter.run_array(FunctionId(0), &mut left, TICKS) == Stop::Returned && left == pair[1]
        })
    }
}

/// The sum over the tasks of what of each beam's probability falls on what is right; `sizes` are the programs of each.
fn expected_reward(said: &Said, targets: &Tensor, rights: &[f32], sizes: &[i64]) -> Tensor {
    let logits = said.logits.log_softmax(-1, Kind::Float); // [programs, steps, tokens]
    let each = logits.gather(2, &targets.unsqueeze(-1), false).squeeze_dim(-1);
    let counted = targets.ne(i64::from(PAD.0)).to_kind(Kind::Float);
    let whole = (each * counted).sum_dim_intlist([1i64].as_slice(), false, Kind::Float); // [programs]
    let rights = Tensor::from_slice(rights);
    let mut from = 0;
    let parts = sizes.iter().map(|size| {
        let share = whole.narrow(0, from, *size).softmax(0, Kind::Float) * rights.narrow(0, from, *size);
        from += size;
        share.sum(Kind::Float)
    });
    Tensor::stack(&parts.collect::<Vec<_>>(), 0).sum(Kind::Float)
}
