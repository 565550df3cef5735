//! Execution traces, after Shin et al. 2018: from what the encoder says of an example the network says what the hero does
//! in it, action by action, and then reads that beside the example. While it is taught it reads what the hero really does.

use super::config::Config;
use super::encoder::Encoding;
use super::lstm;
use super::parameters::{Parameters, Shape};
use crate::exec::karel::actions;
use crate::lang::karel::ast::Action;
use crate::lang::karel::{TICKS, World, parse};
use tch::{Kind, Reduction, Tensor};

/// Actions of a trace that are said and read; all traces are filled up to so many, so that none depends on others.
const STEPS: usize = 20;
/// What stands after the last action, and before the first.
const END: u8 = 0;
/// Rows of the table of actions.
const WORDS: i64 = 1 + Action::ALL.len() as i64;

pub(super) fn shapes(config: &Config) -> Vec<Shape> {
    let Config { hidden, embedding, layers, .. } = *config;
    let mut shapes = vec![
        Shape::new("trace.action", &[WORDS, embedding], 0.5),
        Shape::linear("trace.logits", hidden, WORDS),
        Shape::bias("trace.logits_bias", WORDS),
    ];
    for path in ["trace.say", "trace.read"] {
        shapes.extend(lstm::shapes(path, embedding, hidden, layers, false));
    }
    shapes
}

/// What the hero does in the worlds of a program's text, [`STEPS`] numbers each; ends only of what is no program.
pub(super) fn of_program(source: &str, worlds: &[Vec<i32>]) -> Vec<u8> {
    let Ok(program) = parse(source) else { return vec![END; STEPS * worlds.len()] };
    let trace = |words: &Vec<i32>| {
        let done = World::from_words(words).map(|world| actions(&program, &world, TICKS)).unwrap_or_default();
        let numbers: Vec<u8> = done.iter().take(STEPS).map(|action| 1 + *action as u8).collect();
        numbers.into_iter().chain(std::iter::repeat(END)).take(STEPS)
    };
    worlds.iter().flat_map(trace).collect()
}

/// The traces of some of a task's examples.
pub(super) fn some(traces: &[u8], examples: &[usize]) -> Vec<i64> {
    let one = |example: &usize| traces[example * STEPS..(example + 1) * STEPS].iter().map(|number| i64::from(*number));
    examples.iter().flat_map(one).collect()
}

/// Traces as a tensor, `[examples, STEPS]`.
pub(super) fn tensor(numbers: &[i64]) -> Tensor {
    Tensor::from_slice(numbers).view([-1, STEPS as i64])
}

fn embed(parameters: &Parameters, traces: &Tensor) -> Tensor {
    Tensor::embedding(parameters.get("trace.action"), traces, -1, false, false)
}

fn logits(parameters: &Parameters, hidden: &Tensor) -> Tensor {
    hidden.linear(parameters.get("trace.logits"), Some(parameters.get("trace.logits_bias")))
}

/// Adds what is read of the traces to the parts of the encoding: of those given, or else of what the network says itself.
/// Gives the logits of what it says where traces are given, `[examples, STEPS, WORDS]`.
pub(super) fn add(
    parameters: &Parameters,
    config: &Config,
    encoding: &mut Encoding,
    given: Option<&Tensor>,
) -> Option<Tensor> {
    let layers = config.layers;
    let mut said = None;
    let traces = match given {
        Some(traces) => {
            let before = traces.narrow(1, 0, STEPS as i64 - 1).constant_pad_nd([1, 0]);
            let input = embed(parameters, &before);
            let (hidden, _) = lstm::run_forward(parameters, "trace.say", layers, &input, &encoding.state);
            said = Some(logits(parameters, &hidden));
            traces.shallow_clone()
        }
        None => say(parameters, config, encoding),
    };
    let zero = lstm::State { hidden: encoding.state.hidden.zeros_like(), cell: encoding.state.cell.zeros_like() };
    let (read, _) = lstm::run_forward(parameters, "trace.read", layers, &embed(parameters, &traces), &zero);
    encoding.parts.push(read);
    said
}

/// The likeliest action again and again.
fn say(parameters: &Parameters, config: &Config, encoding: &Encoding) -> Tensor {
    let rows = encoding.parts[0].size()[0];
    let mut state =
        lstm::State { hidden: encoding.state.hidden.shallow_clone(), cell: encoding.state.cell.shallow_clone() };
    let mut last = Tensor::zeros([rows, 1], (Kind::Int64, encoding.parts[0].device()));
    let mut ended = last.eq(1);
    let mut traces = Vec::new();
    for _ in 0..STEPS {
        let input = embed(parameters, &last);
        let hidden;
        (hidden, state) = lstm::run_forward(parameters, "trace.say", config.layers, &input, &state);
        last = logits(parameters, &hidden).argmax(-1, false).masked_fill(&ended, i64::from(END));
        ended = last.eq(i64::from(END));
        traces.push(last.shallow_clone());
    }
    Tensor::cat(&traces, 1)
}

/// Cross entropy of an action, up to each trace's end.
pub(super) fn loss(logits: &Tensor, traces: &Tensor) -> Tensor {
    const NOTHING: i64 = -100;
    // The first end counts, those behind it do not.
    let ends = traces.eq(i64::from(END)).to_kind(Kind::Int64).cumsum(1, Kind::Int64);
    let wanted = traces.masked_fill(&ends.gt(1), NOTHING);
    logits.flatten(0, 1).cross_entropy_loss(&wanted.flatten(0, 1), None::<&Tensor>, Reduction::Mean, NOTHING, 0.0)
}
