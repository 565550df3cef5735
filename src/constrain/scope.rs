//! The names in scope while a program is written, as sets of tokens; and the context, what of them the cost of
//! finishing a program depends on.

use super::network::{Label, Network};
use super::roles::{Boundary, Kind, Role};
use crate::token::{ProfileError, TokenId, TokenSet, Vocabulary};

/// More contexts than these never arise: two facts for each kind.
pub(super) const CONTEXTS: usize = 1 << (2 * Kind::ALL.len());

/// For each kind, whether some name of it can be used (low bits) and whether one can be declared (high bits). More
/// bits never make finishing dearer, which is why rounding bits down is safe.
pub(super) type Context = u8;

const fn usable(kind: Kind) -> Context {
    1 << kind as u8
}

const fn fresh(kind: Kind) -> Context {
    1 << (kind as u8 + 3)
}

/// What the network says of names as such.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// The names that each kind of declaration can give.
    pools: [TokenSet; 3],
    /// The labels that can stand somewhere.
    labels: TokenSet,
    /// The nodes where nothing but such a label can follow.
    leads: Vec<bool>,
    /// The bits that matter to this network.
    relevant: Context,
}

impl Names {
    /// Collects the pools and makes sure that a declared name can be used and that its kind shows in its text.
    pub(super) fn new(network: &Network, vocabulary: &Vocabulary) -> Result<Self, ProfileError> {
        let mut names = Self::default();
        for (token, role) in tokens(network) {
            match role {
                Role::Declare(kind) | Role::DeclareLater(kind) => {
                    names.pools[kind as usize].insert(token);
                    names.relevant |= fresh(kind);
                }
                Role::Use(kind) => names.relevant |= usable(kind),
                Role::Place => names.labels.insert(token),
                Role::Plain | Role::InLoop | Role::Lead => {}
            }
        }
        names.leads = network.nodes.iter().map(|node| node.edges.iter().any(leads)).collect();
        names.check_labels(network, vocabulary)?;
        names.check_uses(network, vocabulary)?;
        names.check_kinds(vocabulary)?;
        Ok(names)
    }

    /// Wherever a kind of name can be used, each declared name of that kind must be among the tokens.
    fn check_uses(&self, network: &Network, vocabulary: &Vocabulary) -> Result<(), ProfileError> {
        for node in &network.nodes {
            for kind in Kind::ALL {
                let uses: TokenSet = node
                    .edges
                    .iter()
                    .filter_map(|(label, _)| match label {
                        Label::Token(token, Role::Use(used)) if *used == kind => Some(*token),
                        _ => None,
                    })
                    .collect();
                if let Some(missing) =
                    self.pools[kind as usize].without(&uses).iter().next().filter(|_| !uses.is_empty())
                {
                    let text = vocabulary.text(missing);
                    return Err(ProfileError::new(format!("`{text}` can be declared, but a pool of uses lacks it"))
                        .help(format!("add `{text}` to the pools of the rules that use such names")));
                }
            }
        }
        Ok(())
    }

    /// Each label that a jump can lead to must be able to stand somewhere.
    fn check_labels(&self, network: &Network, vocabulary: &Vocabulary) -> Result<(), ProfileError> {
        for node in network.nodes.iter().filter(|node| node.edges.iter().any(leads)) {
            if node.accepting || !node.edges.iter().all(leads) {
                return Err(ProfileError::new("where a jump leads to a label, something else can stand in its place"));
            }
        }
        let leads = tokens(network).filter(|(_, role)| *role == Role::Lead).map(|(token, _)| token);
        match leads.collect::<TokenSet>().without(&self.labels).iter().next() {
            Some(lost) => {
                let text = vocabulary.text(lost);
                Err(ProfileError::new(format!("jumps can lead to `{text}`, which no label can be"))
                    .help(format!("add `{text}` to the pool of the rule that places labels")))
            }
            None => Ok(()),
        }
    }

    fn check_kinds(&self, vocabulary: &Vocabulary) -> Result<(), ProfileError> {
        for (i, one) in self.pools.iter().enumerate() {
            for other in &self.pools[i + 1..] {
                if let Some(shared) = one.and(other).iter().next() {
                    let text = vocabulary.text(shared);
                    return Err(ProfileError::new(format!("`{text}` stands in the pools of two kinds of names")));
                }
            }
            if let Some(long) = one.iter().find(|token| vocabulary.weight(*token) != 1) {
                return Err(ProfileError::new(format!("the name `{}` is not one token", vocabulary.text(long))));
            }
        }
        Ok(())
    }

    /// Whether at that node nothing but a label can follow that a jump leads to.
    #[inline]
    pub(super) fn leads(&self, node: u16) -> bool {
        self.leads[node as usize]
    }

    /// All contexts that can arise.
    pub(super) fn contexts(&self) -> impl Iterator<Item = Context> + use<> {
        let relevant = self.relevant;
        (0..CONTEXTS as Context).filter(move |context| context & !relevant == 0)
    }

    /// The context after a rule's beginning.
    pub(super) fn enter(&self, boundary: Option<Boundary>, context: Context) -> Context {
        match boundary {
            Some(Boundary::Scope) => {
                let all = Kind::ALL.iter().fold(0, |bits, kind| bits | fresh(*kind));
                context | (all & self.relevant)
            }
            _ => context,
        }
    }

    /// The context after a rule's end: `before` it began, `inside` where it ended.
    pub(super) fn leave(&self, boundary: Option<Boundary>, before: Context, inside: Context) -> Context {
        match boundary {
            Some(Boundary::Scope | Boundary::Loop) => before,
            Some(Boundary::Declares(kind)) => inside | (usable(kind) & self.relevant),
            None => inside,
        }
    }

    /// The context after a token, `None` where it cannot stand. Takes the worst case: that a declaration used the
    /// last free name, and that a name hidden until its initialiser ends was the only one.
    pub(super) fn after(&self, role: Role, context: Context) -> Option<Context> {
        match role {
            Role::Plain | Role::InLoop | Role::Place | Role::Lead => Some(context),
            Role::Use(kind) => (context & usable(kind) != 0).then_some(context),
            Role::Declare(kind) if context & fresh(kind) != 0 => {
                Some((context & !fresh(kind)) | (usable(kind) & self.relevant))
            }
            Role::DeclareLater(kind) if context & fresh(kind) != 0 => Some(context & !fresh(kind) & !usable(kind)),
            Role::Declare(_) | Role::DeclareLater(_) => None,
        }
    }
}

fn leads((label, _): &(Label, u16)) -> bool {
    matches!(label, Label::Token(_, Role::Lead))
}

fn tokens(network: &Network) -> impl Iterator<Item = (TokenId, Role)> + '_ {
    network.nodes.iter().flat_map(|node| &node.edges).filter_map(|(label, _)| match label {
        Label::Token(token, role) => Some((*token, *role)),
        Label::Call(_) => None,
    })
}

/// The names in scope at one place of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    /// By kind.
    names: [TokenSet; 3],
    /// Those declared in the innermost scope.
    current: TokenSet,
    /// Declared, but its initialiser has not ended.
    pending: Option<(Kind, TokenId)>,
    in_loop: bool,
    /// The labels that stand somewhere, and those that jumps lead to and that do not yet.
    placed: TokenSet,
    wanted: TokenSet,
    /// Kept up to date.
    context: Context,
}

impl Scope {
    /// The scope that a program begins in.
    pub(super) fn new(names: &Names) -> Self {
        let none = TokenSet::EMPTY;
        let scope = Self {
            names: [none; 3],
            current: none,
            pending: None,
            in_loop: false,
            placed: none,
            wanted: none,
            context: 0,
        };
        scope.refreshed(names)
    }

    pub(super) fn context(&self) -> Context {
        self.context
    }

    fn refreshed(mut self, names: &Names) -> Self {
        self.context = 0;
        for kind in Kind::ALL {
            if !self.names[kind as usize].is_empty() {
                self.context |= usable(kind);
            }
            if !names.pools[kind as usize].without(&self.current).is_empty() {
                self.context |= fresh(kind);
            }
        }
        self.context &= names.relevant;
        self
    }

    /// Which of these tokens may stand here in that role.
    #[inline]
    pub(super) fn allowed(&self, tokens: &TokenSet, role: Role) -> TokenSet {
        match role {
            Role::Plain => *tokens,
            Role::InLoop if self.in_loop => *tokens,
            Role::InLoop => TokenSet::EMPTY,
            Role::Use(kind) => tokens.and(&self.names[kind as usize]),
            Role::Declare(_) | Role::DeclareLater(_) => tokens.without(&self.current),
            Role::Place => tokens.without(&self.placed),
            Role::Lead => *tokens,
        }
    }

    /// The labels that jumps lead to and that stand nowhere yet.
    #[inline]
    pub(super) fn wanted(&self) -> &TokenSet {
        &self.wanted
    }

    /// The labels that stand somewhere or will have to.
    pub(super) fn labels(&self) -> TokenSet {
        self.placed.or(&self.wanted)
    }

    /// At the beginning of a rule.
    pub(super) fn enter(&mut self, boundary: Option<Boundary>, names: &Names) {
        match boundary {
            Some(Boundary::Scope) => {
                self.current = TokenSet::EMPTY;
                *self = self.refreshed(names);
            }
            Some(Boundary::Loop) => self.in_loop = true,
            Some(Boundary::Declares(_)) | None => {}
        }
    }

    /// At the end of a rule; `before` is the scope where it began.
    pub(super) fn leave(&mut self, boundary: Option<Boundary>, before: &Scope, names: &Names) {
        match boundary {
            Some(Boundary::Scope | Boundary::Loop) => *self = *before,
            Some(Boundary::Declares(_)) => {
                if let Some((kind, token)) = self.pending.take() {
                    self.names[kind as usize].insert(token);
                    *self = self.refreshed(names);
                }
            }
            None => {}
        }
    }

    /// A token in its role.
    pub(super) fn token(&mut self, token: TokenId, role: Role, names: &Names) {
        let kind = match role {
            Role::Declare(kind) | Role::DeclareLater(kind) => kind,
            Role::Place => {
                self.placed.insert(token);
                return self.wanted.remove(token);
            }
            Role::Lead if !self.placed.contains(token) => return self.wanted.insert(token),
            Role::Lead | Role::Plain | Role::InLoop | Role::Use(_) => return,
        };
        self.current.insert(token);
        self.names.iter_mut().for_each(|known| known.remove(token));
        match role {
            Role::DeclareLater(_) => self.pending = Some((kind, token)),
            _ => self.names[kind as usize].insert(token),
        }
        *self = self.refreshed(names);
    }
}
