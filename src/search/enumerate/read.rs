//! From a task's examples to the columns of a [`Problem`].

use super::derive;
use super::problem::{Feature, MAX_EXAMPLES, Place, Problem, Target};
use crate::exec::Argument;
use crate::lang::c::ast::{ParameterKind, ReturnType, Signature};
use crate::task::{Example, is_default_signature};

/// Cells looked at in one array: the first of them, and those that change.
const CELLS: usize = 16;
/// Columns to produce at most.
const TARGETS: usize = 32;

/// The columns of these examples (at most [`MAX_EXAMPLES`]).
pub fn read(signature: &Signature, examples: &[&Example]) -> Problem {
    let examples = &examples[..examples.len().min(MAX_EXAMPLES)];
    let mut problem =
        Problem { examples: examples.len(), wide: !is_default_signature(signature), ..Default::default() };
    for (parameter, (_, kind)) in signature.parameters.iter().enumerate() {
        match kind {
            ParameterKind::Scalar | ParameterKind::TypedScalar(_) => add_scalar(&mut problem, examples, parameter),
            ParameterKind::Array(_) | ParameterKind::TypedArray(..) | ParameterKind::Matrix(_) => {
                add_array(&mut problem, examples, parameter)
            }
        }
    }
    if signature.returns == ReturnType::Int {
        add_return(&mut problem, examples);
    }
    if problem.wide {
        derive::add(&mut problem);
    }
    problem.changed = problem.targets.len();
    problem.add_new_values();
    problem
}

fn add_scalar(problem: &mut Problem, examples: &[&Example], parameter: usize) {
    let values = examples.iter().map(|example| match example.input.get(parameter) {
        Some(Argument::Scalar(value)) => i32::try_from(*value).unwrap_or(0),
        _ => 0,
    });
    let values = values.collect();
    problem.features.push(Feature { values, place: Place::Scalar(parameter), target: None });
}

fn input(example: &Example, parameter: usize) -> &[i32] {
    match example.input.get(parameter) {
        Some(Argument::Array(values)) => values,
        _ => &[],
    }
}

fn output(example: &Example, parameter: usize) -> Option<&[i32]> {
    match example.arrays.get(parameter) {
        Some(Some(Argument::Array(values))) => Some(values),
        _ => None,
    }
}

fn add_array(problem: &mut Problem, examples: &[&Example], parameter: usize) {
    let shared = examples.iter().map(|example| input(example, parameter).len()).min().unwrap_or(0);
    let changed = |index: usize| {
        examples.iter().any(|example| {
            output(example, parameter).is_some_and(|out| out.get(index) != input(example, parameter).get(index))
        })
    };
    for index in 0..shared {
        let target = problem.targets.len() < TARGETS && changed(index);
        if !target && index >= CELLS {
            continue;
        }
        let place = Place::Cell(parameter, index);
        let values: Vec<i32> = examples.iter().map(|example| input(example, parameter)[index]).collect();
        let own = problem.features.len();
        problem.features.push(Feature { values, place, target: None });
        if target {
            let wanted = |example: &&Example| output(example, parameter).and_then(|out| out.get(index)).copied();
            let values = examples.iter().map(|example| wanted(example).unwrap_or(0)).collect();
            let care = mask(examples.iter().map(|example| wanted(example).is_some()));
            problem.targets.push(Target { values, care, place, own: Some(own) });
        }
    }
}

fn add_return(problem: &mut Problem, examples: &[&Example]) {
    let values = examples.iter().map(|example| example.returned.unwrap_or(0)).collect();
    let care = mask(examples.iter().map(|example| example.returned.is_some()));
    problem.targets.push(Target { values, care, place: Place::Return, own: None });
}

fn mask(bits: impl Iterator<Item = bool>) -> u64 {
    bits.enumerate().fold(0, |mask, (bit, set)| mask | (u64::from(set) << bit))
}
