//! The likeliest plans of a task with what tells them apart, for a ranker to choose from.

use super::cells::Search;
use super::features::{Bag, features};
use super::plan::Plan;
use super::probes::{Bits, Column, PROBES, Probes};
use super::problem::{Place, Problem};
use super::stretch::stretched;
use super::{Limits, emit, prior, ranked, read};
use crate::exec::Argument;
use crate::lang::c::ast;
use crate::task::{Example, Task};
use std::time::Instant;

/// Examples that a ranker's tasks have at most: with more, counts choose as well.
const MOST_EXAMPLES: usize = 8;

/// The weight of inputs that a task could not show.
const HIDDEN: f32 = 0.25;

/// Plans that explain the examples of a task of restricted C, the likeliest by the counts first.
pub struct Candidates {
    problem: Problem,
    signature: ast::Signature,
    plans: Vec<(f32, Plan)>,
    /// For each plan what it gives on the probes, hashed.
    outputs: Vec<[u64; PROBES]>,
    /// The probes, as bits, on which a plan gives what a task could show.
    accepted: Vec<Bits>,
    weighed: u64,
}

impl Candidates {
    /// At most `count` of them; `None` for tasks that rankers know nothing of: other signatures, or many examples.
    pub fn new(task: &Task, limits: &Limits, count: usize) -> Option<Self> {
        let chosen: Vec<&Example> = task.examples.iter().collect();
        let mut problem = read::read(&task.signature, &chosen);
        if problem.wide || chosen.is_empty() || chosen.len() > MOST_EXAMPLES {
            return None;
        }
        let deadline = Instant::now().checked_add(limits.time);
        let search = Search::new(&problem, deadline);
        let mut plans = ranked::ranked(&search, count);
        let cheapest = search.cheapest();
        if !plans.iter().any(|(_, plan)| plan.trees == cheapest.trees) {
            let cost = plans.first().map_or(0.0, |plan| plan.0);
            plans.push((cost, cheapest));
        }
        let weighed = search.weighed();
        problem.add_still();
        plans.iter_mut().for_each(|(_, plan)| plan.pad(&problem));
        let stretched = stretched(&problem, &plans, count / 2);
        plans.extend(stretched);
        let bounded = prior::Range::new(&problem).applies();
        let probes = Probes::new(&problem);
        let (mut outputs, mut accepted) = (Vec::new(), Vec::new());
        for (_, plan) in &plans {
            let columns = plan.run(&problem, &probes.columns);
            accepted.push(Bits::of(|i| !bounded || columns.iter().all(|column| column[i].abs() <= prior::LARGEST)));
            outputs.push(std::array::from_fn(|i| columns.iter().fold(0, |hash, column| mix(hash, column[i]))));
        }
        let signature = task.signature.clone();
        Some(Self { signature, plans, outputs, accepted, weighed, problem })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.plans.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.plans.is_empty()
    }

    /// Explanations weighed.
    pub fn weighed(&self) -> u64 {
        self.weighed
    }

    /// What a ranker is told of a plan.
    pub fn features(&self, index: usize) -> Bag {
        let (cost, plan) = &self.plans[index];
        let accepted = self.accepted[index].count() as f32 / PROBES as f32;
        features(&self.problem, plan, *cost, cost - self.plans[0].0, accepted)
    }

    /// If the plan `truth` is what is looked for: how likely `plan` gives the same on an input. Inputs that a task could
    /// show count most. The others count too: where plans differ only there, the likelier one shall win.
    pub fn agreement(&self, plan: usize, truth: usize) -> f32 {
        let (l, r) = (&self.outputs[plan], &self.outputs[truth]);
        let same = Bits::of(|i| l[i] == r[i]);
        let shown = self.accepted[truth];
        let all = same.count() as f32 / PROBES as f32;
        match shown.count() {
            0 => all,
            count => HIDDEN * all + (1.0 - HIDDEN) * same.and(shown).count() as f32 / count as f32,
        }
    }

    /// The plan as a program. It is not proven here.
    pub fn program(&self, index: usize) -> ast::Program {
        emit::emit(&self.problem, &self.plans[index].1, &self.signature)
    }

    /// Which of the plans are right on these examples of the same signature: at most as many as there are probes.
    pub fn right_on(&self, examples: &[Example]) -> Vec<bool> {
        let mut columns = vec![[0; PROBES]; self.problem.features.len()];
        for (example, given) in examples.iter().take(PROBES).enumerate() {
            for (feature, column) in self.problem.features.iter().zip(&mut columns) {
                column[example] = i64::from(cell(&given.input, feature.place).unwrap_or(0));
            }
        }
        let right = |plan: &Plan| {
            let outputs = plan.run(&self.problem, &columns);
            examples.iter().take(PROBES).enumerate().all(|(number, example)| self.agrees(&outputs, number, example))
        };
        self.plans.iter().map(|(_, plan)| right(plan)).collect()
    }

    /// Whether these values of the targets make an example's output.
    fn agrees(&self, outputs: &[Column], number: usize, example: &Example) -> bool {
        let arrays = example.arrays.iter().zip(&example.input).enumerate();
        arrays.filter_map(|(p, (wanted, input))| Some((p, wanted.as_ref()?, input))).all(|(p, wanted, input)| {
            let (Argument::Array(wanted), Argument::Array(input)) = (wanted, input) else { return true };
            wanted.iter().zip(input).enumerate().all(|(index, (wanted, input))| {
                let place = Place::Cell(p, index);
                let target = self.problem.targets.iter().position(|target| target.place == place);
                i64::from(*wanted) == target.map_or(i64::from(*input), |target| outputs[target][number])
            })
        })
    }
}

fn mix(hash: u64, value: i64) -> u64 {
    (hash ^ value as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29)
}

fn cell(input: &[Argument], place: Place) -> Option<i32> {
    match place {
        Place::Cell(parameter, index) => match input.get(parameter)? {
            Argument::Array(values) => values.get(index).copied(),
            Argument::Scalar(_) => None,
        },
        _ => None,
    }
}
