//! The checked program: names are numbers, types are known, and every node lies in one of three vectors that ids
//! index, so that making one costs few allocations and dropping one cannot recurse.

use super::ast::{BinaryOperator, Integer, ReturnType, UnaryOperator};
use crate::diagnostic::Span;
use compact_str::CompactString;
use std::cell::Cell;

/// Indexes [`Program::expressions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpressionId(pub u32);

/// Indexes [`Program::statements`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatementId(pub u32);

/// Indexes [`Function::locals`]; the parameters come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalId(pub u32);

/// Indexes [`Program::globals`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GlobalId(pub u32);

/// The lengths of an array's dimensions behind the first: what its elements are, seen from outside. None where they are
/// integers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    lengths: [u32; Self::MOST],
    count: u8,
}

impl Rows {
    /// Dimensions behind the first at most.
    pub const MOST: usize = 3;

    /// Those of an array with these lengths behind its first; `None` if they are too many.
    pub fn new(lengths: &[u32]) -> Option<Self> {
        let mut rows = Self { lengths: [0; Self::MOST], count: lengths.len() as u8 };
        rows.lengths.get_mut(..lengths.len())?.copy_from_slice(lengths);
        Some(rows)
    }

    /// Whether elements are integers.
    pub fn is_empty(self) -> bool {
        self.count == 0
    }

    /// Integers in an element.
    pub fn elements(self) -> u32 {
        self.lengths().iter().product()
    }

    /// The lengths.
    pub fn lengths(&self) -> &[u32] {
        &self.lengths[..self.count as usize]
    }

    /// The length of the elements, which are arrays, and what their elements are.
    pub fn split(self) -> Option<(u32, Self)> {
        let (first, rest) = self.lengths().split_first()?;
        Some((*first, Self::new(rest)?))
    }
}

/// A variable outside of functions, or a static one within.
#[derive(Clone, Debug)]
pub struct Global {
    /// Its name; not unique.
    pub name: CompactString,
    /// Its type, or that of its elements.
    pub ty: Integer,
    /// It, or its elements, cannot be assigned to.
    pub constant: bool,
    /// Of an array, its length.
    pub length: Option<u32>,
    /// Of an array, what its elements are.
    pub rows: Rows,
    /// Its first bytes when a run begins; the others are zero.
    pub data: Vec<u8>,
    /// A pointer may point to it.
    pub exposed: bool,
}

impl Global {
    /// Its size.
    pub fn bytes(&self) -> u32 {
        self.ty.size() * self.length.unwrap_or(1) * self.rows.elements()
    }
}

/// A range of [`Program::lists`], which holds ids of statements or expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct List {
    /// Its first entry.
    pub start: u32,
    /// How many.
    pub length: u32,
}

/// A checked translation unit.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// In source order.
    pub functions: Vec<Function>,
    /// In source order, strings among them.
    pub globals: Vec<Global>,
    /// All expressions of all functions.
    pub expressions: Vec<Expression>,
    /// All statements of all functions.
    pub statements: Vec<Statement>,
    /// What [`List`]s range over.
    pub lists: Vec<u32>,
}

/// A program with more expressions than this leaves no memory behind.
pub(super) const KEPT: usize = 1024;

/// The vectors of a program, empty.
#[derive(Default)]
struct Memory {
    functions: Vec<Function>,
    locals: Vec<Local>,
    expressions: Vec<Expression>,
    statements: Vec<Statement>,
    lists: Vec<u32>,
}

thread_local! {
    /// That of the last program that was dropped.
    static MEMORY: Cell<Memory> = Cell::default();
}

impl Drop for Program {
    /// Keeps the vectors for the next program.
    fn drop(&mut self) {
        if self.expressions.capacity() == 0 || self.expressions.len() > KEPT {
            return;
        }
        let mut memory = Memory {
            locals: self.functions.first_mut().map_or_else(Vec::new, |first| std::mem::take(&mut first.locals)),
            functions: std::mem::take(&mut self.functions),
            expressions: std::mem::take(&mut self.expressions),
            statements: std::mem::take(&mut self.statements),
            lists: std::mem::take(&mut self.lists),
        };
        memory.locals.clear();
        memory.functions.clear();
        memory.expressions.clear();
        memory.statements.clear();
        memory.lists.clear();
        // At the end of a thread there may be no place for it any more.
        let _ = MEMORY.try_with(|place| place.set(memory));
    }
}

impl Program {
    /// An empty program in the memory of the last one.
    pub(super) fn with_memory() -> (Self, Vec<Local>) {
        let Memory { functions, locals, expressions, statements, lists } = MEMORY.take();
        (Self { functions, globals: Vec::new(), expressions, statements, lists }, locals)
    }

    /// The entries of a list.
    pub fn list(&self, list: List) -> &[u32] {
        &self.lists[list.start as usize..(list.start + list.length) as usize]
    }
}

/// A checked function.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name.
    pub name: CompactString,
    /// What it returns.
    pub returns: ReturnType,
    /// How many of the locals are parameters.
    pub parameters: u32,
    /// Parameters, then variables in the order of their declaration.
    pub locals: Vec<Local>,
    /// The globals that it names.
    pub globals: Vec<GlobalId>,
    /// Statements.
    pub body: List,
    /// The definition.
    pub span: Span,
}

/// A parameter or a variable.
#[derive(Clone, Debug)]
pub struct Local {
    /// Its name; not unique.
    pub name: CompactString,
    /// What it is.
    pub kind: LocalKind,
    /// Its type, or that of its elements.
    pub ty: Integer,
    /// It, or its elements, or what it points to, cannot be assigned to.
    pub constant: bool,
    /// Of an array or a pointer, what its elements are.
    pub rows: Rows,
}

impl Local {
    /// Whether it is a pointer, and no array.
    pub fn is_pointer(&self) -> bool {
        matches!(self.kind, LocalKind::Parameter | LocalKind::Pointer { .. })
    }
}

/// What a local is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalKind {
    /// An integer.
    Scalar {
        /// It may be read before it is written, so that the program must keep account of that.
        checked: bool,
    },
    /// An integer in memory, since a pointer may point to it.
    Memory,
    /// A parameter that points to an array, always the same one.
    Parameter,
    /// A pointer.
    Pointer {
        /// As for `Scalar`.
        checked: bool,
    },
    /// An array of the function's frame.
    Array {
        /// Integers in it.
        length: u32,
        /// Declared with initial values inside a loop, so that one object serves all turns.
        hoisted: bool,
    },
}

/// A checked statement.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    /// Which.
    pub kind: StatementKind,
    /// Where; of an `if`, its condition.
    pub span: Span,
}

/// The statements.
#[derive(Clone, Copy, Debug)]
pub enum StatementKind {
    /// In order.
    Block(List),
    /// `if`
    If {
        /// The condition.
        condition: ExpressionId,
        /// Where it holds.
        then: StatementId,
        /// Where it does not.
        otherwise: Option<StatementId>,
    },
    /// `for`; its scope needs no node.
    For {
        /// Before the loop.
        start: StatementId,
        /// Before each turn.
        condition: Option<ExpressionId>,
        /// After each turn.
        step: Option<ExpressionId>,
        /// The body.
        body: StatementId,
    },
    /// `while`
    While {
        /// Before each turn.
        condition: ExpressionId,
        /// The body.
        body: StatementId,
    },
    /// `do while`
    DoWhile {
        /// The body.
        body: StatementId,
        /// After each turn.
        condition: ExpressionId,
    },
    /// `switch`
    Switch {
        /// What the labels are compared with, promoted.
        value: ExpressionId,
        /// Statements, `Case`s among them.
        body: List,
        /// Statements of the body that are labels.
        labels: List,
    },
    /// A label: the constant, in the type of the switch; `None` is `default`.
    Case(Option<i64>),
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `return`
    Return(Option<ExpressionId>),
    /// A declaration: statements `Scalar` and `Array`.
    Declaration(List),
    /// One declared scalar.
    Scalar {
        /// Which.
        local: LocalId,
        /// Its initial value.
        value: Option<ExpressionId>,
    },
    /// One declared array.
    Array {
        /// Which.
        local: LocalId,
        /// The initial values of the first elements, the rest being zero.
        values: Option<List>,
        /// The numbers of the elements that they are for, where they are not the first ones.
        places: Option<List>,
    },
    /// For its effects.
    Expression(ExpressionId),
    /// Nothing.
    Empty,
}

/// A checked expression.
#[derive(Clone, Copy, Debug)]
pub struct Expression {
    /// Which.
    pub kind: ExpressionKind,
    /// Where.
    pub span: Span,
    /// Its type; of a pointer the integer type that holds it.
    pub ty: Integer,
}

/// The expressions: integers, pointers, and calls that give nothing. Operands have the type in which the operation is done.
#[derive(Clone, Copy, Debug)]
pub enum ExpressionKind {
    /// A constant.
    Constant(i64),
    /// A scalar's value.
    Scalar(LocalId),
    /// A pointer to an array, or a pointer's value.
    Array(LocalId),
    /// A pointer to a scalar.
    Address(LocalId),
    /// A pointer to a global.
    Global(GlobalId),
    /// A pointer moved by so many elements.
    Index {
        /// The pointer.
        base: ExpressionId,
        /// By how many, an integer that is promoted.
        index: ExpressionId,
        /// Bytes an element.
        scale: u32,
        /// Elements that there are, where the type says so, else 0.
        bound: u32,
        /// It is a value that must be within its object or just behind it; else memory is reached there, or in an
        /// element of it.
        kept: bool,
    },
    /// The value that a pointer points to.
    Load(ExpressionId),
    /// A comparison of pointers into one object; `==` and `!=` also of others and of null.
    ComparePointers {
        /// Which.
        operator: BinaryOperator,
        /// Left operand.
        left: ExpressionId,
        /// Right operand.
        right: ExpressionId,
    },
    /// How many elements lie between two pointers into one object.
    Distance {
        /// Left operand.
        left: ExpressionId,
        /// Right operand.
        right: ExpressionId,
        /// Bytes an element.
        scale: u32,
    },
    /// An element's value.
    Element {
        /// The array.
        array: LocalId,
        /// The index.
        index: ExpressionId,
    },
    /// A call.
    Call {
        /// Indexes [`Program::functions`].
        function: u32,
        /// One for each parameter.
        arguments: List,
    },
    /// A unary operation.
    Unary {
        /// Which.
        operator: UnaryOperator,
        /// The operand.
        operand: ExpressionId,
    },
    /// A binary operation.
    Binary {
        /// Which.
        operator: BinaryOperator,
        /// Left operand.
        left: ExpressionId,
        /// Right operand.
        right: ExpressionId,
    },
    /// `?:`
    Conditional {
        /// The condition.
        condition: ExpressionId,
        /// Where it holds.
        then: ExpressionId,
        /// Where it does not.
        otherwise: ExpressionId,
    },
    /// The operand in this expression's type.
    Convert(ExpressionId),
    /// `,`
    Comma {
        /// Evaluated first.
        left: ExpressionId,
        /// The value.
        right: ExpressionId,
    },
    /// An assignment; its type is the target's.
    Assign {
        /// The operator before the `=`.
        operator: Option<BinaryOperator>,
        /// What is written.
        target: Place,
        /// The right-hand side: of the target's type where there is no operator.
        value: ExpressionId,
        /// The type in which the operator works.
        at: Integer,
    },
    /// `++` or `--`.
    Step {
        /// `++`
        increment: bool,
        /// The result is the new value.
        prefix: bool,
        /// What is written.
        target: Place,
    },
}

/// What can be written.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// A scalar, or a pointer.
    Scalar(LocalId),
    /// An element.
    Element {
        /// The array.
        array: LocalId,
        /// The index.
        index: ExpressionId,
    },
    /// What a pointer points to.
    Memory {
        /// The pointer.
        address: ExpressionId,
        /// Its type.
        ty: Integer,
    },
}
