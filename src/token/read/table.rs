//! A selection of a grammar as the table of a pushdown automaton: for each place and each next token where it leads,
//! which rules begin and end before it, and which are called.
//!
//! Rules are written out where they are used. Those that hold themselves are called instead, but not where a call
//! begins: there alternatives must stay side by side until a token tells them apart. Where several alternatives remain
//! that would do different things, they are kept in the grammar's order.

use super::meaning::{Action, Shift, ends, shift};
use crate::token::{ProfileError, Selection, Shape, TokenId, Vocabulary};
use std::collections::{BTreeSet, HashMap};

/// More places than any profile of use needs.
const MOST_PLACES: usize = 4_000;

/// A place, and the stack's entries.
pub(super) type Place = u16;

/// What a token leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Move {
    /// What ends and begins before the token.
    pub(super) actions: Vec<Action>,
    /// Where to go on after the rules that are called before the token; the innermost is last.
    pub(super) calls: Vec<Place>,
    /// There are no actions, no calls, and no alternative.
    pub(super) plain: bool,
    pub(super) shift: Shift,
    pub(super) target: Place,
    /// The next alternative, or 0.
    pub(super) other: u16,
}

/// The automaton.
#[derive(Clone, Debug)]
pub(super) struct Table {
    width: usize,
    /// For each place and token the number of its move plus one, or 0.
    cells: Vec<u16>,
    moves: Vec<Move>,
    /// What happens where a rule ends at a place, if it can.
    ends: Vec<Option<Vec<Action>>>,
}

impl Table {
    /// Where a program begins.
    pub(super) const START: Place = 0;

    pub(super) fn new(vocabulary: &Vocabulary) -> Result<Self, ProfileError> {
        let mut compiler = Compiler::new(vocabulary);
        compiler.graphs()?;
        compiler.places()?;
        compiler.table()
    }

    /// The number of the move from a place, 0 if there is none.
    #[inline]
    pub(super) fn cell(&self, place: Place, token: TokenId) -> u16 {
        self.cells[place as usize * self.width + token.0 as usize]
    }

    /// A move by its number, which is not 0.
    #[inline]
    pub(super) fn step(&self, number: u16) -> &Move {
        &self.moves[number as usize - 1]
    }

    #[inline]
    pub(super) fn end(&self, place: Place) -> Option<&[Action]> {
        self.ends[place as usize].as_deref()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    Token(TokenId, Shift),
    Call(usize),
}

enum Edge {
    Empty(Option<Action>, usize),
    Labeled(Label, usize),
}

/// A rule that is called: the nodes where it begins and ends.
struct Graph {
    start: usize,
    end: usize,
}

/// Nodes that are looked at together, in the order of the grammar's alternatives.
struct Set {
    graph: usize,
    exits: Vec<Exit>,
    end: Option<Vec<Action>>,
}

/// What can follow a set of nodes.
#[derive(Clone)]
struct Exit {
    actions: Vec<Action>,
    label: Label,
    nodes: Vec<usize>,
    /// The set that these nodes are.
    place: Place,
}

struct Compiler<'a> {
    vocabulary: &'a Vocabulary,
    selection: &'a Selection,
    /// The start rule and the rules that are called.
    rules: Vec<String>,
    graphs: Vec<Graph>,
    edges: Vec<Vec<Edge>>,
    sets: Vec<Set>,
    known: HashMap<(usize, Vec<usize>), Place>,
    /// The first place of each graph.
    starts: Vec<Place>,
}

/// Where a shape stands.
#[derive(Clone, Copy)]
struct Context<'a> {
    rule: &'a str,
    parent: &'a str,
    /// Nothing of the call may have been read yet.
    first: bool,
}

impl<'a> Compiler<'a> {
    fn new(vocabulary: &'a Vocabulary) -> Self {
        let selection = vocabulary.selection();
        let mut rules = vec![selection.start.clone()];
        find_recursive(selection, &selection.start, &mut Vec::new(), &mut BTreeSet::new(), &mut rules);
        let (graphs, edges, sets, starts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { vocabulary, selection, rules, graphs, edges, sets, known: HashMap::new(), starts }
    }

    // ---- shapes to nodes ----

    fn graphs(&mut self) -> Result<(), ProfileError> {
        for number in 0..self.rules.len() {
            let rule = self.rules[number].clone();
            let start = self.node();
            let (end, empty) = self.rule(&rule, start, Context { rule: "", parent: "", first: true })?;
            if empty {
                return Err(ProfileError::new(format!("rule `{rule}` can be empty, which the reader cannot call")));
            }
            self.graphs.push(Graph { start, end });
        }
        Ok(())
    }

    fn node(&mut self) -> usize {
        self.edges.push(Vec::new());
        self.edges.len() - 1
    }

    fn edge(&mut self, from: usize, edge: impl FnOnce(usize) -> Edge) -> usize {
        let to = self.node();
        self.edges[from].push(edge(to));
        to
    }

    /// Writes a rule out; gives its end, and whether it may have read nothing.
    fn rule(&mut self, name: &str, from: usize, around: Context<'_>) -> Result<(usize, bool), ProfileError> {
        let unknown = || {
            ProfileError::new(format!("the reader of token ids does not know rule `{name}`"))
                .help("leave it out in `alternatives`")
        };
        let (open, close) = ends(name).ok_or_else(unknown)?;
        let context = Context { rule: name, parent: around.rule, first: around.first };
        let at = if open.is_some() { self.edge(from, |to| Edge::Empty(open, to)) } else { from };
        let selection = self.selection;
        let (at, empty) = self.shape(&selection.rules[name], at, context)?;
        let end = if close.is_some() { self.edge(at, |to| Edge::Empty(close, to)) } else { at };
        Ok((end, empty))
    }

    fn shape(&mut self, shape: &Shape, from: usize, context: Context<'_>) -> Result<(usize, bool), ProfileError> {
        if self.edges.len() > 16 * MOST_PLACES {
            return Err(too_large());
        }
        match shape {
            Shape::Text(text) => {
                let shift = shift(context.rule, context.parent, text).ok_or_else(|| {
                    ProfileError::new(format!("the reader of token ids does not know `{text}` in `{}`", context.rule))
                        .help("leave it out in `alternatives`, or set `at_most` to 0")
                })?;
                let token = self.vocabulary.id(text).expect("the vocabulary has every text of its selection");
                Ok((self.edge(from, |to| Edge::Labeled(Label::Token(token, shift), to)), false))
            }
            Shape::Rule(name) => match self.rules.iter().position(|rule| rule == name) {
                Some(number) if !context.first => {
                    Ok((self.edge(from, |to| Edge::Labeled(Label::Call(number), to)), false))
                }
                _ => self.rule(name, from, context),
            },
            Shape::Sequence(parts) => {
                let (mut at, mut empty, mut context) = (from, true, context);
                for part in parts {
                    let (end, nothing) = self.shape(part, at, context)?;
                    empty &= nothing;
                    context.first &= nothing;
                    at = end;
                }
                Ok((at, empty))
            }
            Shape::Choice(parts) => {
                let (join, mut empty) = (self.node(), false);
                for part in parts {
                    let start = self.edge(from, |to| Edge::Empty(None, to));
                    let (end, nothing) = self.shape(part, start, context)?;
                    empty |= nothing;
                    self.edges[end].push(Edge::Empty(None, join));
                }
                Ok((join, empty))
            }
            Shape::Repeat { part, least, most } => self.repeat(part, *least, *most, from, context),
        }
    }

    /// What may come again comes as often as it likes: the bounds of a profile are the mask's.
    fn repeat(
        &mut self,
        part: &Shape,
        least: u32,
        most: Option<u32>,
        from: usize,
        mut context: Context<'_>,
    ) -> Result<(usize, bool), ProfileError> {
        let (mut at, mut empty) = (from, true);
        for _ in 0..least {
            let (end, nothing) = self.shape(part, at, context)?;
            empty &= nothing;
            context.first &= nothing;
            at = end;
        }
        if most == Some(least) {
            return Ok((at, empty));
        }
        let again = self.edge(at, |to| Edge::Empty(None, to));
        let start = self.edge(again, |to| Edge::Empty(None, to));
        let (end, _) = self.shape(part, start, context)?;
        let join = self.node();
        let back = if most == Some(least + 1) { join } else { again };
        self.edges[end].push(Edge::Empty(None, back));
        self.edges[again].push(Edge::Empty(None, join));
        Ok((join, empty))
    }

    // ---- nodes to places ----

    fn places(&mut self) -> Result<(), ProfileError> {
        for graph in 0..self.graphs.len() {
            let start = self.place(graph, vec![self.graphs[graph].start])?;
            self.starts.push(start);
        }
        let mut at = 0;
        while at < self.sets.len() {
            for exit in 0..self.sets[at].exits.len() {
                let nodes = self.sets[at].exits[exit].nodes.clone();
                let place = self.place(self.sets[at].graph, nodes)?;
                self.sets[at].exits[exit].place = place;
            }
            at += 1;
        }
        Ok(())
    }

    fn place(&mut self, graph: usize, nodes: Vec<usize>) -> Result<Place, ProfileError> {
        if let Some(known) = self.known.get(&(graph, nodes.clone())) {
            return Ok(*known);
        }
        if self.sets.len() == MOST_PLACES {
            return Err(too_large());
        }
        let mut set = Set { graph, exits: Vec::new(), end: None };
        for &node in &nodes {
            self.follow(node, &mut Vec::new(), &mut Vec::new(), &mut set);
        }
        self.sets.push(set);
        let place = (self.sets.len() - 1) as Place;
        self.known.insert((graph, nodes), place);
        Ok(place)
    }

    /// Collects what follows a node, the grammar's first alternative first.
    fn follow(&self, node: usize, path: &mut Vec<usize>, actions: &mut Vec<Action>, set: &mut Set) {
        if path.contains(&node) {
            return;
        }
        if node == self.graphs[set.graph].end && set.end.is_none() {
            set.end = Some(actions.clone());
        }
        path.push(node);
        for edge in &self.edges[node] {
            match *edge {
                Edge::Empty(action, to) => {
                    actions.extend(action);
                    self.follow(to, path, actions, set);
                    actions.truncate(actions.len() - usize::from(action.is_some()));
                }
                Edge::Labeled(label, to) => {
                    let same = |exit: &&mut Exit| exit.label == label && exit.actions == *actions;
                    match set.exits.iter_mut().find(same) {
                        Some(exit) if exit.nodes.contains(&to) => {}
                        Some(exit) => exit.nodes.push(to),
                        None => set.exits.push(Exit { actions: actions.clone(), label, nodes: vec![to], place: 0 }),
                    }
                }
            }
        }
        path.pop();
    }

    // ---- places to moves ----

    fn table(self) -> Result<Table, ProfileError> {
        let width = self.vocabulary.len();
        let (mut cells, mut moves) = (vec![0u16; width * self.sets.len()], Vec::<Move>::new());
        for place in 0..self.sets.len() {
            for token in 0..width {
                let mut found = Vec::new();
                self.moves(place, TokenId(token as u16), 0, &mut found)?;
                let mut next = 0u16;
                for mut one in found.into_iter().rev() {
                    one.other = next;
                    one.plain = one.actions.is_empty() && one.calls.is_empty() && next == 0;
                    let known = moves.iter().position(|known| *known == one);
                    next = 1 + known.unwrap_or_else(|| {
                        moves.push(one);
                        moves.len() - 1
                    }) as u16;
                }
                if moves.len() >= usize::from(u16::MAX) {
                    return Err(too_large());
                }
                cells[place * width + token] = next;
            }
        }
        let ends = self.sets.into_iter().map(|set| set.end).collect();
        Ok(Table { width, cells, moves, ends })
    }

    /// All that a token can do at a place.
    fn moves(&self, place: usize, token: TokenId, depth: usize, found: &mut Vec<Move>) -> Result<(), ProfileError> {
        if depth > self.rules.len() {
            return Err(ProfileError::new("a rule of the profile begins with itself"));
        }
        for exit in &self.sets[place].exits {
            let mut alternatives = Vec::new();
            match exit.label {
                Label::Token(known, shift) if known == token => {
                    let (actions, calls) = (Vec::new(), Vec::new());
                    alternatives.push(Move { actions, calls, plain: false, shift, target: exit.place, other: 0 });
                }
                Label::Token(..) => {}
                Label::Call(rule) => {
                    self.moves(self.starts[rule] as usize, token, depth + 1, &mut alternatives)?;
                    for one in &mut alternatives {
                        one.calls.insert(0, exit.place);
                    }
                }
            }
            for mut one in alternatives {
                one.actions.splice(0..0, exit.actions.iter().copied());
                if !found.contains(&one) {
                    found.push(one);
                }
            }
        }
        Ok(())
    }
}

fn too_large() -> ProfileError {
    ProfileError::new(format!("the reader of this profile needs more than {MOST_PLACES} places"))
}

/// Finds rules that cut every cycle: depth first, a rule that is met again while it is open.
fn find_recursive(
    selection: &Selection,
    rule: &str,
    open: &mut Vec<String>,
    done: &mut BTreeSet<String>,
    found: &mut Vec<String>,
) {
    if open.iter().any(|name| name == rule) {
        if !found.iter().any(|name| name == rule) {
            found.push(rule.to_owned());
        }
        return;
    }
    if !done.insert(rule.to_owned()) {
        return;
    }
    open.push(rule.to_owned());
    for inner in references(&selection.rules[rule]) {
        find_recursive(selection, inner, open, done, found);
    }
    open.pop();
}

/// The rules that a shape names, in order.
fn references(shape: &Shape) -> Vec<&str> {
    match shape {
        Shape::Text(_) => Vec::new(),
        Shape::Rule(name) => vec![name],
        Shape::Sequence(parts) | Shape::Choice(parts) => parts.iter().flat_map(references).collect(),
        Shape::Repeat { part, .. } => references(part),
    }
}
