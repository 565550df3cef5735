//! A selection of a grammar as a network of small deterministic automata, one for each rule that must stay a call: the
//! rules with a boundary, and one on each cycle. All other rules are written out where they are used.

use super::roles::{Boundary, Role, boundary, role};
use crate::token::{ProfileError, Shape, TokenId, Vocabulary};
use std::collections::{BTreeMap, BTreeSet};

/// More nodes than any profile of use needs; reached by bounds such as `at_most = 1000`.
const MOST_NODES: usize = 5_000;

/// How many nodes a rule may have while it is written out.
const MOST_STEPS: usize = 5 * MOST_NODES;

fn too_large() -> ProfileError {
    ProfileError::new(format!("the mask of this profile needs more than {MOST_NODES} nodes"))
        .help("lower the bounds in `at_most`")
}

/// What an edge consumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Label {
    /// One token in a role.
    Token(TokenId, Role),
    /// A whole match of a rule.
    Call(u16),
}

/// A place within a rule.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// What can come next, and where it leads; a label stands once.
    pub(super) edges: Vec<(Label, u16)>,
    /// Whether the rule can end here.
    pub(super) accepting: bool,
    /// The rule that it lies in.
    pub(super) rule: u16,
}

/// A rule that is called.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    /// Its first node.
    pub(super) start: u16,
    /// What happens at its ends.
    pub(super) boundary: Option<Boundary>,
    /// Whether a name that it declares lives on after it.
    pub(super) declares: bool,
}

/// The whole network; rule 0 is the start rule.
#[derive(Clone, Debug)]
pub(super) struct Network {
    pub(super) nodes: Vec<Node>,
    pub(super) rules: Vec<Rule>,
}

impl Network {
    /// Compiles the selection of a vocabulary.
    pub(super) fn new(vocabulary: &Vocabulary) -> Result<Self, ProfileError> {
        let compiler = Compiler::new(vocabulary);
        let mut network = Self { nodes: Vec::new(), rules: Vec::new() };
        for (number, name) in compiler.calls.iter().enumerate() {
            let graph = compiler.graph(name);
            let start = network.nodes.len() as u16;
            graph.determinise(number as u16, &mut network.nodes)?;
            let boundary = boundary(&vocabulary.profile().language, name);
            network.rules.push(Rule { start, boundary, declares: false });
        }
        network.find_declaring();
        Ok(network)
    }

    /// Sets `declares`: a rule that declares a name, itself or in a call, and is no scope.
    fn find_declaring(&mut self) {
        loop {
            let mut changed = false;
            for node in &self.nodes {
                let declares = node.edges.iter().any(|(label, _)| match label {
                    Label::Token(_, role) => matches!(role, Role::Declare(_) | Role::DeclareLater(_)),
                    Label::Call(rule) => self.rules[*rule as usize].declares,
                });
                let rule = &mut self.rules[node.rule as usize];
                let restores = matches!(rule.boundary, Some(Boundary::Scope | Boundary::Loop));
                if declares && !restores && !rule.declares {
                    rule.declares = true;
                    changed = true;
                }
            }
            if !changed {
                return;
            }
        }
    }
}

struct Compiler<'a> {
    vocabulary: &'a Vocabulary,
    language: &'a str,
    /// The rules that stay calls, the start rule first.
    calls: Vec<String>,
    nullable: BTreeSet<String>,
}

impl<'a> Compiler<'a> {
    fn new(vocabulary: &'a Vocabulary) -> Self {
        let mut compiler = Self {
            vocabulary,
            language: &vocabulary.profile().language,
            calls: vec![vocabulary.selection().start.clone()],
            nullable: BTreeSet::new(),
        };
        compiler.find_calls(&vocabulary.selection().start, &mut Vec::new(), &mut BTreeSet::new());
        compiler.find_nullable();
        compiler
    }

    /// Depth first: a rule met again while it is open lies on a cycle, which it cuts by being a call. A rule with a
    /// boundary is a call anyway, so what is open around it makes no cycle with what it holds.
    fn find_calls(&mut self, rule: &str, open: &mut Vec<String>, done: &mut BTreeSet<String>) {
        let is_boundary = boundary(self.language, rule).is_some();
        let is_open = open.iter().any(|name| name == rule);
        if (is_boundary || is_open) && !self.calls.iter().any(|name| name == rule) {
            self.calls.push(rule.to_owned());
        }
        if is_open || done.contains(rule) {
            return;
        }
        let mut nothing = Vec::new();
        let open = if is_boundary { &mut nothing } else { open };
        if is_boundary {
            done.insert(rule.to_owned());
        } else {
            open.push(rule.to_owned());
        }
        for inner in references(&self.vocabulary.selection().rules[rule]) {
            self.find_calls(inner, open, done);
        }
        open.pop();
        done.insert(rule.to_owned());
    }

    fn find_nullable(&mut self) {
        loop {
            let rules = &self.vocabulary.selection().rules;
            let found = rules.iter().find(|(name, shape)| !self.nullable.contains(*name) && self.can_be_empty(shape));
            let Some((name, _)) = found else { return };
            self.nullable.insert(name.clone());
        }
    }

    fn can_be_empty(&self, shape: &Shape) -> bool {
        match shape {
            Shape::Text(_) => false,
            Shape::Rule(name) => self.nullable.contains(name),
            Shape::Sequence(parts) => parts.iter().all(|part| self.can_be_empty(part)),
            Shape::Choice(parts) => parts.iter().any(|part| self.can_be_empty(part)),
            Shape::Repeat { part, least, .. } => *least == 0 || self.can_be_empty(part),
        }
    }

    /// The automaton of a called rule, still with empty steps.
    fn graph(&self, rule: &str) -> Graph {
        let mut graph = Graph::default();
        let start = graph.node();
        let later = matches!(boundary(self.language, rule), Some(Boundary::Declares(_)));
        let role = self.role(rule).unwrap_or(Role::Plain);
        let end = self.build(&mut graph, &self.vocabulary.selection().rules[rule], start, role, later);
        graph.end = end;
        graph
    }

    fn role(&self, rule: &str) -> Option<Role> {
        role(self.language, rule)
    }

    /// Adds a shape that begins at `from`; returns where it ends.
    fn build(&self, graph: &mut Graph, shape: &Shape, from: u32, role: Role, later: bool) -> u32 {
        match shape {
            Shape::Text(text) => {
                let token = self.vocabulary.id(text).expect("the vocabulary has every text of its selection");
                let role = match role {
                    Role::Declare(kind) if later => Role::DeclareLater(kind),
                    role => role,
                };
                graph.edge(from, Label::Token(token, role))
            }
            Shape::Rule(name) => match self.calls.iter().position(|call| call == name) {
                Some(number) => {
                    let end = graph.edge(from, Label::Call(number as u16));
                    if self.nullable.contains(name) {
                        graph.empty[from as usize].push(end);
                    }
                    end
                }
                None => {
                    let role = self.role(name).unwrap_or(role);
                    self.build(graph, &self.vocabulary.selection().rules[name], from, role, later)
                }
            },
            Shape::Sequence(parts) => parts.iter().fold(from, |at, part| self.build(graph, part, at, role, later)),
            Shape::Choice(parts) => {
                let ends: Vec<u32> = parts.iter().map(|part| self.build(graph, part, from, role, later)).collect();
                graph.join(&ends)
            }
            Shape::Repeat { part, least, most } => {
                // A graph that has become too large is refused by `determinise`, so it need not be whole.
                let mut at = from;
                for _ in 0..*least {
                    if graph.edges.len() > MOST_STEPS {
                        break;
                    }
                    at = self.build(graph, part, at, role, later);
                }
                let Some(most) = most else {
                    let again = graph.join(&[at]);
                    let end = self.build(graph, part, again, role, later);
                    graph.empty[end as usize].push(again);
                    return graph.join(&[again]);
                };
                let mut ends = vec![at];
                for _ in *least..*most {
                    if graph.edges.len() > MOST_STEPS {
                        break;
                    }
                    at = self.build(graph, part, at, role, later);
                    ends.push(at);
                }
                graph.join(&ends)
            }
        }
    }
}

/// The rules that a shape names, in order.
fn references(shape: &Shape) -> Vec<&String> {
    match shape {
        Shape::Text(_) => Vec::new(),
        Shape::Rule(name) => vec![name],
        Shape::Sequence(parts) | Shape::Choice(parts) => parts.iter().flat_map(references).collect(),
        Shape::Repeat { part, .. } => references(part),
    }
}

/// An automaton with empty steps; node 0 is its start.
#[derive(Default)]
struct Graph {
    edges: Vec<Vec<(Label, u32)>>,
    empty: Vec<Vec<u32>>,
    end: u32,
}

impl Graph {
    fn node(&mut self) -> u32 {
        self.edges.push(Vec::new());
        self.empty.push(Vec::new());
        self.edges.len() as u32 - 1
    }

    fn edge(&mut self, from: u32, label: Label) -> u32 {
        let end = self.node();
        self.edges[from as usize].push((label, end));
        end
    }

    /// A node that all of these reach without a token.
    fn join(&mut self, ends: &[u32]) -> u32 {
        let joined = self.node();
        ends.iter().for_each(|&end| self.empty[end as usize].push(joined));
        joined
    }

    fn close(&self, from: impl IntoIterator<Item = u32>) -> BTreeSet<u32> {
        let mut closed = BTreeSet::new();
        let mut open: Vec<u32> = from.into_iter().collect();
        while let Some(node) = open.pop() {
            if closed.insert(node) {
                open.extend(&self.empty[node as usize]);
            }
        }
        closed
    }

    /// The subset construction; appends the nodes, the start first.
    fn determinise(&self, rule: u16, nodes: &mut Vec<Node>) -> Result<(), ProfileError> {
        if self.edges.len() > MOST_STEPS {
            return Err(too_large());
        }
        let base = nodes.len();
        let mut sets = vec![self.close([0])];
        let mut known: BTreeMap<BTreeSet<u32>, usize> = BTreeMap::from([(sets[0].clone(), 0)]);
        let mut at = 0;
        while at < sets.len() {
            let mut targets: BTreeMap<Label, Vec<u32>> = BTreeMap::new();
            for (label, target) in sets[at].iter().flat_map(|&node| &self.edges[node as usize]) {
                targets.entry(*label).or_default().push(*target);
            }
            let mut edges = Vec::new();
            for (label, reached) in targets {
                let set = self.close(reached);
                let number = *known.entry(set.clone()).or_insert_with(|| {
                    sets.push(set);
                    sets.len() - 1
                });
                edges.push((label, (base + number) as u16));
            }
            nodes.push(Node { edges, accepting: sets[at].contains(&self.end), rule });
            if nodes.len() > MOST_NODES {
                return Err(too_large());
            }
            at += 1;
        }
        Ok(())
    }
}
