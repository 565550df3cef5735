//! The mask: for each node of the network all tokens that can come next, with the calls that each opens and what it
//! costs at least to finish after it.

use super::cost::{Costs, NEVER, Way};
use super::network::{Label, Network};
use super::roles::{self, Boundary, Role};
use super::scope::{CONTEXTS, Context, Names, Scope};
use super::state::{Config, Frame, Stack, State};
use crate::token::{END, ProfileError, TokenId, TokenSet, Vocabulary};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// Says which tokens may come next, so that every sequence that follows it is a whole program: of the grammar as the
/// profile selects it, with every name in scope and of the right kind, within the budget.
#[derive(Clone, Debug)]
pub struct Automaton {
    network: Network,
    names: Names,
    costs: Costs,
    /// For each node its moves.
    moves: Vec<Vec<Move>>,
    /// Backs [`Move::ways`].
    ways: Vec<Way>,
    /// Tokens of the language that each token stands for.
    weights: Vec<u16>,
    /// What it costs at least to place a label.
    label: u16,
}

/// Tokens that can come next at a node and lead to the same place.
#[derive(Clone, Debug)]
struct Move {
    tokens: TokenSet,
    role: Role,
    /// The calls that open before the token: the rule, and where it returns to.
    calls: Vec<(u16, u16)>,
    target: u16,
    /// Whether a call that opens is a scope, so that nothing is declared in it yet.
    opens_scope: bool,
    /// Whether a call that opens is a loop.
    opens_loop: bool,
    /// For each context the ways to the end of the node's rule, the token's weight included.
    ways: Vec<Range<u32>>,
}

/// What follows after the last call has returned: nothing.
static NOTHING: [u16; CONTEXTS] = [0; CONTEXTS];

impl Automaton {
    /// Compiles the grammar as the vocabulary's profile selects it.
    pub fn new(vocabulary: &Vocabulary) -> Result<Self, ProfileError> {
        roles::check(&vocabulary.profile().language, vocabulary.selection())?;
        let network = Network::new(vocabulary)?;
        let names = Names::new(&network, vocabulary)?;
        let weights: Vec<u16> = (0..vocabulary.len()).map(|i| vocabulary.weight(TokenId(i as u16)) as u16).collect();
        let costs = Costs::new(&network, &names, &weights);
        let label = label_cost(&network, &costs, &weights);
        let mut automaton = Self { network, names, costs, moves: Vec::new(), ways: Vec::new(), weights, label };
        for node in 0..automaton.network.nodes.len() {
            let moves = automaton.moves_of(node as u16)?;
            automaton.moves.push(moves);
        }
        if automaton.shortest().is_none() {
            return Err(ProfileError::new("no program of this profile is finite")
                .help("some rule has only alternatives that need names which nothing declares"));
        }
        Ok(automaton)
    }

    /// The length of the shortest program.
    pub fn shortest(&self) -> Option<usize> {
        let context = Scope::new(&self.names).context();
        let start = self.network.rules[0].start;
        self.costs.from(start, context).iter().map(|(_, cost)| *cost as usize).min()
    }

    /// The state before the first token, for programs of at most `budget` tokens of the language. A budget below
    /// [`Automaton::shortest`] gives a state that admits nothing.
    pub fn start(&self, budget: usize) -> State {
        let scope = Scope::new(&self.names);
        let config = Config { node: self.network.rules[0].start, stack: None, scope };
        State { configs: vec![config], left: budget.min(NEVER as usize - 1) as u16, ended: false }
    }

    /// The tokens that may come next; empty only after the end, or from the start where the budget is too small.
    pub fn mask(&self, state: &State) -> TokenSet {
        let mut mask = TokenSet::EMPTY;
        for config in &state.configs {
            self.walk(config, |at| {
                let rest = at.stack.as_ref().map_or(&NOTHING, |frame| &frame.rest);
                for step in &self.moves[at.node as usize] {
                    mask = mask.or(&self.admitted(step, at.scope, rest, state.left));
                }
                if at.ends {
                    mask.insert(END);
                }
                true
            });
        }
        mask
    }

    /// Whether the program may end here, or has ended.
    pub fn is_complete(&self, state: &State) -> bool {
        let mut complete = state.ended;
        for config in &state.configs {
            self.walk(config, |at| {
                complete |= at.ends;
                !complete
            });
        }
        complete
    }

    /// Takes a token. Where the mask does not admit it, answers `false` and leaves the state as it was.
    pub fn advance(&self, state: &mut State, token: TokenId) -> bool {
        if token == END {
            let complete = self.is_complete(state) && !state.ended;
            if complete {
                state.ended = true;
                state.configs.clear();
            }
            return complete;
        }
        let mut next: Vec<Config> = Vec::with_capacity(1);
        for config in &state.configs {
            self.walk(config, |at| {
                let rest = at.stack.as_ref().map_or(&NOTHING, |frame| &frame.rest);
                for step in &self.moves[at.node as usize] {
                    if step.tokens.contains(token) && self.admitted(step, at.scope, rest, state.left).contains(token) {
                        let config = self.take(step, &at, token);
                        if !next.iter().any(|known| known.same(&config)) {
                            next.push(config);
                        }
                    }
                }
                true
            });
        }
        if next.is_empty() {
            return false;
        }
        state.configs = next;
        state.left -= self.weights[token.0 as usize];
        true
    }

    /// Visits the configuration and those after each return that is possible before the next token.
    #[inline]
    fn walk(&self, config: &Config, mut visit: impl FnMut(Place<'_>) -> bool) {
        let (mut node, mut stack, mut scope) = (config.node, &config.stack, config.scope);
        loop {
            let accepting = self.network.nodes[node as usize].accepting;
            let ends = accepting && stack.is_none() && scope.wanted().is_empty();
            if !visit(Place { node, stack, scope: &scope, ends }) || !accepting {
                return;
            }
            let Some(frame) = stack else { return };
            scope.leave(frame.boundary, &frame.before, &self.names);
            (node, stack) = (frame.node, &frame.parent);
        }
    }

    /// The tokens of a move that the scope allows and the budget.
    #[inline]
    fn admitted(&self, step: &Move, scope: &Scope, rest: &[u16; CONTEXTS], left: u16) -> TokenSet {
        if self.label != 0 {
            return self.admitted_with_labels(step, scope, rest, left);
        }
        if self.fits(step, scope, rest, left) { step.allowed(scope) } else { TokenSet::EMPTY }
    }

    /// The same where labels may be wanted that will have to be placed.
    fn admitted_with_labels(&self, step: &Move, scope: &Scope, rest: &[u16; CONTEXTS], left: u16) -> TokenSet {
        let (allowed, wanted) = (step.allowed(scope), scope.wanted());
        let owes = self.names.leads(step.target) && scope.labels().is_empty();
        let count = wanted.len() as u16 + u16::from(owes);
        // Which of them pays for one label less, or owes one more.
        let parts = match step.role {
            Role::Place => [(allowed.and(wanted), count.saturating_sub(1)), (allowed.without(wanted), count)],
            Role::Lead => {
                let known = allowed.and(&scope.labels());
                [(known, count), (allowed.without(&known), count + 1)]
            }
            _ => [(allowed, count), (TokenSet::EMPTY, count)],
        };
        let affordable = |(tokens, owed): (TokenSet, u16)| {
            let left = left.checked_sub(owed * self.label);
            match left.is_some_and(|left| !tokens.is_empty() && self.fits(step, scope, rest, left)) {
                true => tokens,
                false => TokenSet::EMPTY,
            }
        };
        let [first, second] = parts.map(affordable);
        first.or(&second)
    }

    /// Whether the shortest program that goes on this way is within the budget.
    #[inline]
    fn fits(&self, step: &Move, scope: &Scope, rest: &[u16; CONTEXTS], left: u16) -> bool {
        let range = &step.ways[scope.context() as usize];
        self.ways[range.start as usize..range.end as usize]
            .iter()
            .any(|&(end, cost)| cost.saturating_add(rest[end as usize]) <= left)
    }

    fn take(&self, step: &Move, at: &Place<'_>, token: TokenId) -> Config {
        let mut config = Config { node: step.target, stack: at.stack.clone(), scope: *at.scope };
        for &(rule, target) in &step.calls {
            self.call(&mut config, rule, target);
        }
        config.scope.token(token, step.role, &self.names);
        // Calls that have nothing left to do return at once, so that stacks stay short and equal parses meet.
        while self.moves[config.node as usize].is_empty() {
            let Some(frame) = config.stack.clone() else { break };
            config.scope.leave(frame.boundary, &frame.before, &self.names);
            config.node = frame.node;
            config.stack = frame.parent.clone();
        }
        config
    }

    /// Opens a call that returns to `target`.
    fn call(&self, config: &mut Config, rule: u16, target: u16) {
        let called = &self.network.rules[rule as usize];
        let before = config.scope;
        config.scope.enter(called.boundary, &self.names);
        let outer = config.stack.as_ref().map_or(&NOTHING, |frame| &frame.rest);
        let mut rest = [NEVER; CONTEXTS];
        let mut end_in = |end: Context| {
            let after = self.names.leave(called.boundary, before.context(), end);
            let ways = self.costs.from(target, after).iter();
            rest[end as usize] =
                ways.map(|&(last, cost)| cost.saturating_add(outer[last as usize])).min().unwrap_or(NEVER);
        };
        match called.boundary {
            Some(Boundary::Scope | Boundary::Loop) => end_in(0),
            _ if called.declares => self.names.contexts().for_each(end_in),
            _ => end_in(config.scope.context()),
        }
        let parent = config.stack.take();
        config.stack = Some(Arc::new(Frame { parent, node: target, boundary: called.boundary, before, rest }));
    }

    /// All moves of a node.
    fn moves_of(&mut self, node: u16) -> Result<Vec<Move>, ProfileError> {
        let mut found = BTreeMap::new();
        self.descend(node, &mut Vec::new(), &mut found)?;
        Ok(found.into_iter().map(|(key, tokens)| self.make_move(key, tokens)).collect())
    }

    /// Collects the tokens at a node and, through calls, at the beginnings of rules.
    fn descend(
        &self,
        node: u16,
        calls: &mut Vec<(u16, u16)>,
        found: &mut BTreeMap<MoveKey, TokenSet>,
    ) -> Result<(), ProfileError> {
        for &(label, target) in &self.network.nodes[node as usize].edges {
            match label {
                Label::Token(token, role) => {
                    let key = MoveKey { calls: calls.clone(), role, target, weight: self.weights[token.0 as usize] };
                    found.entry(key).or_default().insert(token);
                }
                Label::Call(rule) => {
                    // pest refuses left recursion, so only rules that match nothing could lead here.
                    if calls.iter().any(|(open, _)| *open == rule) {
                        return Err(ProfileError::new("a rule of the profile begins with itself"));
                    }
                    calls.push((rule, target));
                    self.descend(self.network.rules[rule as usize].start, calls, found)?;
                    calls.pop();
                }
            }
        }
        Ok(())
    }

    fn make_move(&mut self, key: MoveKey, tokens: TokenSet) -> Move {
        let boundaries: Vec<_> =
            key.calls.iter().map(|(rule, _)| self.network.rules[*rule as usize].boundary).collect();
        let mut ways = vec![0..0; CONTEXTS];
        for context in self.names.contexts() {
            let from = self.ways.len() as u32;
            let found = self.ways_through(&key, &boundaries, context);
            self.ways.extend(found.iter().map(|&(end, cost)| (end, cost.saturating_add(key.weight))));
            ways[context as usize] = from..self.ways.len() as u32;
        }
        Move {
            tokens,
            role: key.role,
            calls: key.calls,
            target: key.target,
            opens_scope: boundaries.contains(&Some(Boundary::Scope)),
            opens_loop: boundaries.contains(&Some(Boundary::Loop)),
            ways,
        }
    }

    /// From after the token to the end of the node's rule, through the ends of the calls that it opened.
    fn ways_through(&self, key: &MoveKey, boundaries: &[Option<Boundary>], context: Context) -> Vec<Way> {
        let mut outside = Vec::new();
        let inside = boundaries.iter().fold(context, |context, boundary| {
            outside.push(context);
            self.names.enter(*boundary, context)
        });
        let mut ways = self.costs.through_token(&self.names, key.role, key.target, inside).to_vec();
        for (i, &(_, target)) in key.calls.iter().enumerate().rev() {
            ways = self.costs.continued(&ways, boundaries[i], &self.names, outside[i], target);
        }
        ways
    }
}

/// What it costs at least to place a label and go on; 0 where there are none.
fn label_cost(network: &Network, costs: &Costs, weights: &[u16]) -> u16 {
    let edges = network.nodes.iter().flat_map(|node| &node.edges);
    let cost = |(label, target): &(Label, u16)| match label {
        Label::Token(token, Role::Place) => {
            let rest = costs.from(*target, 0).iter().map(|(_, cost)| *cost).min()?;
            Some(rest.saturating_add(weights[token.0 as usize]))
        }
        _ => None,
    };
    edges.filter_map(cost).min().unwrap_or(0)
}

impl Move {
    /// The tokens of it that the scope allows.
    #[inline]
    fn allowed(&self, scope: &Scope) -> TokenSet {
        match self.role {
            Role::InLoop if self.opens_loop => self.tokens,
            Role::Declare(_) | Role::DeclareLater(_) if self.opens_scope => self.tokens,
            role => scope.allowed(&self.tokens, role),
        }
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct MoveKey {
    calls: Vec<(u16, u16)>,
    role: Role,
    target: u16,
    weight: u16,
}

/// A configuration during [`Automaton::walk`].
struct Place<'a> {
    node: u16,
    stack: &'a Stack,
    scope: &'a Scope,
    /// Whether the program may end here.
    ends: bool,
}
