//! The tree: nodes are states, each once, below the first move that led there.

use super::game::{Game, hash};
use super::{Advice, Selection, Settings};
use std::collections::HashMap;

/// Moves of a node that are ever tried, the likeliest.
const MOST_TRIED: usize = 96;

pub struct Node {
    before: u32,
    action: u16,
    pub depth: u16,
    visits: u32,
    /// Visits that got a reward, and the sum of these.
    judged: u32,
    reward: f32,
    /// How likely the policy held the move that led here.
    prior: f32,
    /// Moves by falling probability, with it; none yet where no advice was had.
    order: Vec<(u16, f32)>,
    advised: bool,
    /// How many of `order` have been tried.
    tried: usize,
    children: Vec<u32>,
    /// Nothing below it can be new.
    closed: bool,
}

impl Node {
    fn mean(&self) -> f32 {
        self.reward / self.visits.max(1) as f32
    }
}

/// Where a descent goes on.
enum Next {
    Child(usize),
    /// To what the next untried move leads to.
    Move,
    Nothing,
}

/// What one descent found.
pub enum Descent {
    /// A state that was not known, as this node.
    New(u32),
    /// A state that has all that is asked for.
    Reached(u32),
    /// A node whose advice is being waited for: more is to be had after it.
    Waiting,
    /// A node below which there is nothing new any more.
    Closed,
}

pub struct Tree<'g> {
    game: &'g Game,
    settings: &'g Settings,
    nodes: Vec<Node>,
    /// The nodes' states, one behind the other.
    states: Vec<i32>,
    known: HashMap<u64, u32>,
    /// The least and the greatest reward so far.
    rewards: [f32; 2],
}

impl<'g> Tree<'g> {
    pub fn new(game: &'g Game, settings: &'g Settings) -> Self {
        let mut tree = Self {
            game,
            settings,
            nodes: Vec::new(),
            states: game.start.clone(),
            known: HashMap::new(),
            rewards: [f32::INFINITY, f32::NEG_INFINITY],
        };
        tree.nodes.push(tree.node(0, (0, 1.0), 0));
        tree.known.insert(hash(&game.start), 0);
        tree
    }

    fn node(&self, before: u32, (action, prior): (u16, f32), depth: u16) -> Node {
        Node {
            before,
            action,
            depth,
            visits: 0,
            judged: 0,
            reward: 0.0,
            prior,
            order: Vec::new(),
            advised: false,
            tried: 0,
            children: Vec::new(),
            closed: usize::from(depth) >= self.settings.horizon,
        }
    }

    pub fn state(&self, node: u32) -> &[i32] {
        let width = self.game.start.len();
        &self.states[node as usize * width..][..width]
    }

    pub fn depth(&self, node: u32) -> usize {
        usize::from(self.nodes[node as usize].depth)
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn closed(&self) -> bool {
        self.nodes[0].closed
    }

    /// The moves that lead to a node.
    pub fn path(&self, node: u32) -> Vec<u16> {
        let mut path = Vec::new();
        let mut at = node as usize;
        while at != 0 {
            path.push(self.nodes[at].action);
            at = self.nodes[at].before as usize;
        }
        path.reverse();
        path
    }

    /// Takes the policy's advice for a node.
    pub fn advise(&mut self, node: u32, advice: &Advice, row: usize) {
        let policy = advice.policy.row(row);
        let mut order: Vec<(u16, f32)> =
            policy.iter().enumerate().map(|(action, log)| (action as u16, log.exp())).collect();
        let likelier = |one: &(u16, f32), other: &(u16, f32)| other.1.total_cmp(&one.1);
        // The root has room for all of them.
        if node != 0 && order.len() > MOST_TRIED {
            order.select_nth_unstable_by(MOST_TRIED, likelier);
            order.truncate(MOST_TRIED);
        }
        order.sort_by(|one, other| likelier(one, other).then(one.0.cmp(&other.0)));
        let node = &mut self.nodes[node as usize];
        (node.order, node.advised) = (order, true);
    }

    /// Adds a reward to a node and all before it.
    pub fn reward(&mut self, node: u32, reward: f32) {
        self.rewards = [self.rewards[0].min(reward), self.rewards[1].max(reward)];
        let mut at = node as usize;
        loop {
            self.nodes[at].reward += reward;
            self.nodes[at].judged += 1;
            if at == 0 {
                return;
            }
            at = self.nodes[at].before as usize;
        }
    }

    /// Goes down to what is to be looked at next. What is found counts as a visit without reward until it gets one, so
    /// that the next descent goes elsewhere.
    pub fn descend(&mut self) -> Descent {
        let mut at = 0;
        loop {
            if !self.nodes[at].advised {
                return Descent::Waiting;
            }
            match self.next(at) {
                Next::Child(child) => at = child,
                Next::Move => {
                    if let Some(found) = self.expand(at) {
                        return found;
                    }
                }
                Next::Nothing => {
                    self.nodes[at].closed = true;
                    return Descent::Closed;
                }
            }
        }
    }

    /// Where to go from a node.
    fn next(&self, at: usize) -> Next {
        let node = &self.nodes[at];
        let more = node.tried < node.order.len();
        let Settings { selection, exploration, widening, .. } = *self.settings;
        let visits = node.visits.max(1) as f32;
        let best = match selection {
            Selection::Uct => {
                if more && node.children.len() < 1 + (widening * visits.sqrt()) as usize {
                    return Next::Move;
                }
                let log = visits.ln();
                self.best(at, |child| child.mean() + exploration * (2.0 * log / child.visits.max(1) as f32).sqrt())
            }
            Selection::Puct => {
                let weight = exploration * visits.sqrt();
                let best =
                    self.best(at, |child| self.worth(child) + weight * child.prior / (1.0 + child.visits as f32));
                // A state behind a move that was not made yet is taken for as good as this one.
                let new = more.then(|| self.worth(node) + weight * node.order[node.tried].1);
                match best {
                    Some((score, _)) if new.is_some_and(|new| new > score) => None,
                    best => best,
                }
            }
        };
        match best {
            Some((_, child)) => Next::Child(child),
            None if more => Next::Move,
            None => Next::Nothing,
        }
    }

    /// What a node's visits brought, from 0 to 1 as rewards go in this tree: hard tasks' states are all worth little, and
    /// what counts is how much more one is worth than others. A visit that got no reward is worth the least.
    fn worth(&self, node: &Node) -> f32 {
        let [least, most] = self.rewards;
        if most > least {
            (node.reward - least * node.judged as f32) / (most - least) / node.visits.max(1) as f32
        } else {
            0.5
        }
    }

    /// The open child with the highest score. Of equals the first, which is the likelier.
    fn best(&self, at: usize, score: impl Fn(&Node) -> f32) -> Option<(f32, usize)> {
        let children = self.nodes[at].children.iter().map(|child| (*child as usize, &self.nodes[*child as usize]));
        let scores = children.filter(|(_, child)| !child.closed).map(|(number, child)| (score(child), number));
        scores.reduce(|best, one| if one.0 > best.0 { one } else { best })
    }

    /// Tries a node's next move; nothing where it leads to what is known.
    fn expand(&mut self, at: usize) -> Option<Descent> {
        let step = self.nodes[at].order[self.nodes[at].tried];
        self.nodes[at].tried += 1;
        let depth = self.nodes[at].depth + 1;
        let mut state = self.state(at as u32).to_vec();
        self.game.rules.apply(usize::from(step.0), &mut state, self.game.examples);
        let number = self.nodes.len() as u32;
        match self.known.entry(hash(&state)) {
            std::collections::hash_map::Entry::Occupied(_) => return None,
            std::collections::hash_map::Entry::Vacant(free) => free.insert(number),
        };
        let node = self.node(at as u32, step, depth);
        self.nodes.push(node);
        self.nodes[at].children.push(number);
        self.visit(number);
        let reached = self.game.reached(&state);
        self.states.extend(state);
        Some(if reached { Descent::Reached(number) } else { Descent::New(number) })
    }

    fn visit(&mut self, node: u32) {
        let mut at = node as usize;
        loop {
            self.nodes[at].visits += 1;
            if at == 0 {
                return;
            }
            at = self.nodes[at].before as usize;
        }
    }
}
