//! The syntax tree. Nodes keep their place in the source; two programs are the same if they print the same.

use crate::diagnostic::Span;

/// What the hero does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// One cell ahead; crashes where that is not clear.
    Move,
    /// A quarter to the left.
    TurnLeft,
    /// A quarter to the right.
    TurnRight,
    /// Takes a marker from the hero's cell; crashes where there is none.
    PickMarker,
    /// Leaves a marker on the hero's cell; crashes where there are too many.
    PutMarker,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Move, Self::TurnLeft, Self::TurnRight, Self::PickMarker, Self::PutMarker];

    /// Its word, in both forms of the language.
    pub fn name(self) -> &'static str {
        match self {
            Self::Move => "move",
            Self::TurnLeft => "turnLeft",
            Self::TurnRight => "turnRight",
            Self::PickMarker => "pickMarker",
            Self::PutMarker => "putMarker",
        }
    }

    /// The action of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }
}

/// What the hero sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Test {
    /// No wall in the cell ahead.
    FrontIsClear,
    /// No wall in the cell to the left.
    LeftIsClear,
    /// No wall in the cell to the right.
    RightIsClear,
    /// A marker on the hero's cell.
    MarkersPresent,
    /// No marker on the hero's cell.
    NoMarkersPresent,
}

impl Test {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::FrontIsClear, Self::LeftIsClear, Self::RightIsClear, Self::MarkersPresent, Self::NoMarkersPresent];

    /// Its word, in both forms of the language.
    pub fn name(self) -> &'static str {
        match self {
            Self::FrontIsClear => "frontIsClear",
            Self::LeftIsClear => "leftIsClear",
            Self::RightIsClear => "rightIsClear",
            Self::MarkersPresent => "markersPresent",
            Self::NoMarkersPresent => "noMarkersPresent",
        }
    }

    /// The test of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|test| test.name() == name)
    }
}

/// A test, with so many `not` before it: to negate is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Condition {
    /// What is tested.
    pub test: Test,
    /// How often `not` stands before it.
    pub negations: u32,
}

impl Condition {
    /// Whether the test must fail.
    pub fn is_negated(self) -> bool {
        self.negations % 2 == 1
    }
}

/// Statements in order; at least one.
pub type Block = Vec<Statement>;

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What it is.
    pub kind: StatementKind,
    /// Its place; of a statement with blocks, that of its head.
    pub span: Span,
}

/// The kinds of statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatementKind {
    /// `move`
    Action(Action),
    /// `WHILE c( .. c) w( .. w)`
    While(Condition, Block),
    /// `REPEAT R=n r( .. r)`
    Repeat(u32, Block),
    /// `IF c( .. c) i( .. i)`
    If(Condition, Block),
    /// `IFELSE c( .. c) i( .. i) ELSE e( .. e)`
    IfElse(Condition, Block, Block),
}

impl Statement {
    /// A statement without a place.
    pub fn new(kind: StatementKind) -> Self {
        Self { kind, span: Span::default() }
    }

    /// Its blocks.
    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        let (first, second) = match &self.kind {
            StatementKind::Action(_) => (None, None),
            StatementKind::While(_, body) | StatementKind::Repeat(_, body) | StatementKind::If(_, body) => {
                (Some(body), None)
            }
            StatementKind::IfElse(_, then, otherwise) => (Some(then), Some(otherwise)),
        };
        first.into_iter().chain(second)
    }
}

/// A program: the body of `run`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// What it does.
    pub body: Block,
}

/// How programs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// `DEF run m( move m)`
    #[default]
    Tokens,
    /// `def run(): move()`
    Readable,
}
