//! The three losses of the paper: of the tokens, of the executor's last cells, of the operation predictor's keys.

use super::encoder::LIMIT;
use super::imagine;
use super::operations::{BOUND, KEYS};
use super::plan::LossConfig;
use super::teach::{Lesson, Said};
use super::traces;
use tch::{Kind, Reduction, Tensor};

/// The losses of a batch, or of a part of one.
pub struct Losses {
    /// What is minimised, times the number of tokens.
    pub total: Tensor,
    /// Cross entropy, the sum over the tokens.
    pub tokens: f64,
    /// How many tokens those are.
    pub count: i64,
    /// How many of them the highest logit names.
    pub right: i64,
    /// The executor's cross entropy a cell.
    pub executor: Option<f64>,
    /// The operation predictor's cross entropy a cell.
    pub operations: Option<f64>,
}

/// A target that does not count.
const NOTHING: i64 = -100;

/// The losses of what a network says; `targets`, `[batch, steps]`, are the tokens that follow.
pub fn losses(config: &LossConfig, said: &Said, lesson: &Lesson, targets: &Tensor) -> Losses {
    const PADDING: i64 = crate::token::PAD.0 as i64;
    let logits = said.logits.flatten(0, 1); // [batch * steps, tokens]
    let targets = targets.flatten(0, 1);
    let ignored = if config.padding { NOTHING } else { PADDING };
    let mut total = logits.cross_entropy_loss(&targets, None::<&Tensor>, Reduction::Sum, ignored, 0.0);
    let counted = targets.ne(ignored);
    let right = logits.argmax(-1, false).eq_tensor(&targets).logical_and(&counted);
    let number = |mask: &Tensor| mask.sum(Kind::Int64).int64_value(&[]);
    let (tokens, count) = (total.double_value(&[]), number(&counted));
    let mut further = |logits: &Option<Tensor>, rows: &Tensor, weight: f64| {
        let logits = logits.as_ref()?;
        // Rows of the value table are whole numbers, worlds are not.
        let loss = if rows.kind() == Kind::Float { imagine::loss(logits, rows) } else { cells(logits, rows) };
        total += &loss * (weight * count as f64);
        Some(loss.double_value(&[]))
    };
    let executor = further(&said.executed, &lesson.examples.outputs, config.executor);
    let operations = further(&said.keys, &lesson.examples.inputs, config.operations);
    if let (Some(said), Some(wanted)) = (&said.traces, &lesson.traces) {
        total += traces::loss(said, wanted) * count as f64;
    }
    Losses { total, tokens, count, right: number(&right), executor, operations }
}

/// Cross entropy a cell of logits over the values, `[examples, cells, KEYS]`, against rows of the value table; values
/// that the logits cannot name do not count.
fn cells(logits: &Tensor, rows: &Tensor) -> Tensor {
    let keys = rows.flatten(0, 1) - (LIMIT - BOUND);
    let known = keys.ge(0).logical_and(&keys.lt(KEYS));
    let keys = keys.masked_fill(&known.logical_not(), NOTHING);
    let sum = logits.flatten(0, 1).cross_entropy_loss(&keys, None::<&Tensor>, Reduction::Sum, NOTHING, 0.0);
    sum / known.sum(Kind::Int64).clamp_min(1)
}
