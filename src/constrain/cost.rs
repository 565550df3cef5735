//! The fewest tokens of the language that finish a rule from each of its nodes, by context: what the remaining budget is
//! compared with.

use super::network::{Label, Network};
use super::roles::{Boundary, Role};
use super::scope::{CONTEXTS, Context, Names};
use std::collections::BTreeMap;

/// No way to the end.
pub(super) const NEVER: u16 = u16::MAX;

/// A way to a rule's end: the context there (0 where the rule restores the one before it) and what it costs.
pub(super) type Way = (Context, u16);

/// For each node and context, the cheapest way to each context in which its rule can end.
#[derive(Clone, Debug)]
pub(super) struct Costs {
    ways: Vec<Vec<Way>>,
}

impl Costs {
    pub(super) fn new(network: &Network, names: &Names, weights: &[u16]) -> Self {
        let mut costs = Self { ways: vec![Vec::new(); network.nodes.len() * CONTEXTS] };
        let steps: Vec<Vec<Step>> = network.nodes.iter().map(|node| steps(&node.edges, weights)).collect();
        // Each pass lets costs flow one edge further back; they only fall, so this ends.
        while costs.improve(network, names, &steps) {}
        costs
    }

    /// The ways from a node.
    pub(super) fn from(&self, node: u16, context: Context) -> &[Way] {
        &self.ways[node as usize * CONTEXTS + context as usize]
    }

    /// The ways through a token.
    pub(super) fn through_token(&self, names: &Names, role: Role, target: u16, context: Context) -> &[Way] {
        names.after(role, context).map_or(&[], |after| self.from(target, after))
    }

    fn improve(&mut self, network: &Network, names: &Names, steps: &[Vec<Step>]) -> bool {
        let mut improved = false;
        for (number, node) in network.nodes.iter().enumerate().rev() {
            for context in names.contexts() {
                let mut best: BTreeMap<Context, u16> = BTreeMap::new();
                let mut offer = |(end, cost): Way| {
                    let known = best.entry(end).or_insert(NEVER);
                    *known = cost.min(*known);
                };
                if node.accepting {
                    offer((end_context(network, node.rule, context), 0));
                }
                for step in &steps[number] {
                    self.through(network, names, step, context).for_each(&mut offer);
                }
                let ways: Vec<Way> = best.into_iter().filter(|(_, cost)| *cost != NEVER).collect();
                let slot = &mut self.ways[number * CONTEXTS + context as usize];
                if *slot != ways {
                    *slot = ways;
                    improved = true;
                }
            }
        }
        improved
    }

    fn through(
        &self,
        network: &Network,
        names: &Names,
        step: &Step,
        context: Context,
    ) -> Box<dyn Iterator<Item = Way> + '_> {
        match *step {
            Step::Token { role, target, weight } => {
                // Whether a loop is around is not part of the context, so nothing may depend on such a token.
                let ways = if role == Role::InLoop { &[] } else { self.through_token(names, role, target, context) };
                Box::new(ways.iter().map(move |&(end, cost)| (end, cost.saturating_add(weight))))
            }
            Step::Call { rule, target } => {
                Box::new(self.through_call(network, names, rule, target, context).into_iter())
            }
        }
    }

    fn through_call(&self, network: &Network, names: &Names, rule: u16, target: u16, context: Context) -> Vec<Way> {
        let called = &network.rules[rule as usize];
        let inside = names.enter(called.boundary, context);
        self.continued(self.from(called.start, inside), called.boundary, names, context, target)
    }

    /// Ways to the end of a called rule, continued from where it returns to.
    pub(super) fn continued(
        &self,
        ways: &[Way],
        boundary: Option<Boundary>,
        names: &Names,
        before: Context,
        target: u16,
    ) -> Vec<Way> {
        let mut all: BTreeMap<Context, u16> = BTreeMap::new();
        for &(end, cost) in ways {
            for &(last, more) in self.from(target, names.leave(boundary, before, end)) {
                let known = all.entry(last).or_insert(NEVER);
                *known = cost.saturating_add(more).min(*known);
            }
        }
        all.into_iter().filter(|(_, cost)| *cost != NEVER).collect()
    }
}

/// How a rule's end names the context: rules that restore the one before them have one end only.
pub(super) fn end_context(network: &Network, rule: u16, context: Context) -> Context {
    match network.rules[rule as usize].boundary {
        Some(Boundary::Scope | Boundary::Loop) => 0,
        Some(Boundary::Declares(_)) | None => context,
    }
}

/// Edges that cost alike, as one.
enum Step {
    Token { role: Role, target: u16, weight: u16 },
    Call { rule: u16, target: u16 },
}

fn steps(edges: &[(Label, u16)], weights: &[u16]) -> Vec<Step> {
    let mut tokens: BTreeMap<(Role, u16), u16> = BTreeMap::new();
    let mut steps = Vec::new();
    for &(label, target) in edges {
        match label {
            Label::Token(token, role) => {
                let weight = weights[token.0 as usize];
                let least = tokens.entry((role, target)).or_insert(weight);
                *least = weight.min(*least);
            }
            Label::Call(rule) => steps.push(Step::Call { rule, target }),
        }
    }
    steps.extend(tokens.into_iter().map(|((role, target), weight)| Step::Token { role, target, weight }));
    steps
}
