//! The syntax tree of the C subset, named after the rules of `grammar/c.pest`. Trees made by programs (sampler,
//! enumeration) leave the spans at their default.

pub use super::integer::Integer;
use crate::diagnostic::Span;
use compact_str::CompactString;

/// An identifier and where it stands.
#[derive(Clone, Debug, Default)]
pub struct Name {
    /// Its text.
    pub text: CompactString,
    /// Where.
    pub span: Span,
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self { text: text.into(), span: Span::default() }
    }
}

/// A translation unit: functions, and what stands outside of them.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// `#include` lines, which mean nothing here.
    pub includes: Vec<Span>,
    /// Enumerations and declarations that stand outside of functions, in source order.
    pub declarations: Vec<Statement>,
    /// In source order.
    pub functions: Vec<Function>,
}

/// What a function returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReturnType {
    /// `void`
    Void,
    /// `int`
    Int,
    /// `int *`: one of the array parameters.
    IntPointer,
    /// An integer type other than `int`.
    Integer(Integer),
    /// A pointer to such: into an array parameter or a global.
    Pointer(Integer),
    /// The same, and what it points to is `const`.
    ConstantPointer(Integer),
}

impl ReturnType {
    /// The integer type that a function returns, or that of the elements behind the pointer; `Int` for `void`.
    pub fn integer(self) -> Integer {
        match self {
            Self::Void | Self::Int | Self::IntPointer => Integer::Int,
            Self::Integer(ty) | Self::Pointer(ty) | Self::ConstantPointer(ty) => ty,
        }
    }

    /// Whether it is a pointer.
    pub fn is_pointer(self) -> bool {
        matches!(self, Self::IntPointer | Self::Pointer(_) | Self::ConstantPointer(_))
    }
}

/// A function's head, as task files write it: `int * func_1(int a[])`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// What the function returns.
    pub returns: ReturnType,
    /// The function's name.
    pub name: CompactString,
    /// Its parameters: name, and scalar or array.
    pub parameters: Vec<(CompactString, ParameterKind)>,
}

/// A function definition.
#[derive(Clone, Debug)]
pub struct Function {
    /// `int`, `int *` or `void`.
    pub returns: ReturnType,
    /// Its name.
    pub name: Name,
    /// In source order.
    pub parameters: Vec<Parameter>,
    /// The statements between the outer braces.
    pub body: Vec<Statement>,
    /// The whole definition.
    pub span: Span,
}

impl Function {
    /// The head of this definition.
    pub fn signature(&self) -> Signature {
        let parameters =
            self.parameters.iter().map(|parameter| (parameter.name.text.clone(), parameter.kind)).collect();
        Signature { returns: self.returns, name: self.name.text.clone(), parameters }
    }

    /// Whether this definition has that head, for callers that have numbers and arrays of 32-bit integers; array lengths
    /// are only documentation.
    pub fn has_signature(&self, signature: &Signature) -> bool {
        let is_array = |kind: ParameterKind| matches!(kind, ParameterKind::Array(_) | ParameterKind::TypedArray(..));
        let is_narrow = |kind: ParameterKind| {
            matches!(kind, ParameterKind::TypedArray(Specifiers { ty, .. }, _)
                if !matches!(ty, Integer::Int | Integer::Unsigned))
        };
        self.name.text == signature.name
            && self.returns == signature.returns
            && self.parameters.len() == signature.parameters.len()
            && self
                .parameters
                .iter()
                .zip(&signature.parameters)
                .all(|(here, there)| is_array(here.kind) == is_array(there.1) && !is_narrow(here.kind))
    }
}

/// A parameter.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: Name,
    /// Scalar or array.
    pub kind: ParameterKind,
    /// For [`ParameterKind::Matrix`] what stands between its brackets.
    pub lengths: Vec<Option<Expression>>,
}

impl Parameter {
    /// A parameter that is no matrix.
    pub fn new(name: impl Into<Name>, kind: ParameterKind) -> Self {
        Self { name: name.into(), kind, lengths: Vec::new() }
    }
}

/// Scalar or array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParameterKind {
    /// `int x`
    Scalar,
    /// `int x[]`, `int x[5]` or `int *x`; the length is only documentation, as in C.
    Array(Option<u32>),
    /// A scalar of another type than plain `int`.
    TypedScalar(Specifiers),
    /// An array of another type than plain `int`.
    TypedArray(Specifiers, Option<u32>),
    /// An array of arrays, or one whose length is no plain number: `int x[][3]`.
    Matrix(Specifiers),
}

/// The words before a declared name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Specifiers {
    /// The type.
    pub ty: Integer,
    /// `const` is among them.
    pub constant: bool,
}

/// A statement and where it stands.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Which.
    pub kind: StatementKind,
    /// From the first to the last token.
    pub span: Span,
}

impl Statement {
    /// How deep loops are nested in it.
    pub fn loop_depth(&self) -> u32 {
        let deepest = |body: &[Statement]| body.iter().map(Statement::loop_depth).max().unwrap_or(0);
        match &self.kind {
            StatementKind::Block(body) | StatementKind::Switch { body, .. } => deepest(body),
            StatementKind::If { then, otherwise, .. } => {
                then.loop_depth().max(otherwise.as_deref().map_or(0, Statement::loop_depth))
            }
            StatementKind::For { body, .. }
            | StatementKind::While { body, .. }
            | StatementKind::DoWhile { body, .. } => 1 + body.loop_depth(),
            _ => 0,
        }
    }
}

impl From<StatementKind> for Statement {
    fn from(kind: StatementKind) -> Self {
        Self { kind, span: Span::default() }
    }
}

/// The statements.
#[derive(Clone, Debug)]
pub enum StatementKind {
    /// `{ ... }`
    Block(Vec<Statement>),
    /// `if (condition) then else otherwise`
    If {
        /// The condition.
        condition: Expression,
        /// Where it is not zero.
        then: Box<Statement>,
        /// Where it is zero.
        otherwise: Option<Box<Statement>>,
    },
    /// `for (start; condition; step) body`; `start` is a declaration, an expression statement or empty.
    For {
        /// Before the loop.
        start: Box<Statement>,
        /// Before each turn; absent means true.
        condition: Option<Expression>,
        /// After each turn.
        step: Option<Expression>,
        /// The body.
        body: Box<Statement>,
    },
    /// `while (condition) body`
    While {
        /// Before each turn.
        condition: Expression,
        /// The body.
        body: Box<Statement>,
    },
    /// `do body while (condition);`
    DoWhile {
        /// The body.
        body: Box<Statement>,
        /// After each turn.
        condition: Expression,
    },
    /// `break;`
    Break,
    /// `continue;`
    Continue,
    /// `return e;` or `return;`
    Return(Option<Expression>),
    /// `int x = 1, b[3];`
    Declaration(Vec<Declarator>),
    /// The same with other types than plain `int`: `const unsigned long x = 1;`
    TypedDeclaration(Specifiers, Vec<Declarator>),
    /// The same with `static` before it.
    StaticDeclaration(Specifiers, Vec<Declarator>),
    /// `enum { A, B = 5 };`
    Enumeration(Vec<(Name, Option<Expression>)>),
    /// `switch (value) { ... }`
    Switch {
        /// What the labels are compared with.
        value: Expression,
        /// Statements and labels.
        body: Vec<Statement>,
    },
    /// `case e:`, or `default:` where there is nothing to compare with.
    Case(Option<Expression>),
    /// `e;` assignments and steps among them
    Expression(Expression),
    /// `;`
    Empty,
}

/// One declared variable.
#[derive(Clone, Debug)]
pub struct Declarator {
    /// Its name.
    pub name: Name,
    /// Scalar or array, with its initial value.
    pub kind: DeclaratorKind,
    /// From the name to the end of the initialiser.
    pub span: Span,
}

/// What is declared.
#[derive(Clone, Debug)]
pub enum DeclaratorKind {
    /// `x` or `x = e`
    Scalar(Option<Expression>),
    /// `x[n]`, `x[n] = {..}` (the rest zero) or `x[] = {..}`
    Array {
        /// Between the brackets.
        length: Option<u32>,
        /// Between the braces.
        values: Option<Vec<Expression>>,
    },
    /// `*p` or `*p = e`
    Pointer(Option<Expression>),
    /// Any other array: `x[2][3]`, `x[N]`, `x[2][3] = {{1}, {2, 3}}`
    Matrix {
        /// Between the brackets.
        lengths: Vec<Option<Expression>>,
        /// Behind the `=`.
        values: Option<Initializer>,
    },
}

/// What an array begins with.
#[derive(Clone, Debug)]
pub enum Initializer {
    /// For one element.
    Value(Expression),
    /// `{..}`, from brace to brace.
    List(Vec<Initializer>, Span),
    /// A string, for an array of `char`; the zero behind its end is not among them.
    Text(Vec<u8>, Span),
}

impl Initializer {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Self::Value(value) => value.span,
            Self::List(_, span) | Self::Text(_, span) => *span,
        }
    }
}

/// An expression and where it stands.
#[derive(Clone, Debug)]
pub struct Expression {
    /// Which.
    pub kind: ExpressionKind,
    /// From the first to the last token.
    pub span: Span,
}

impl From<ExpressionKind> for Expression {
    fn from(kind: ExpressionKind) -> Self {
        Self { kind, span: Span::default() }
    }
}

/// The expressions. Parentheses leave no node; the printer puts them where precedence asks for them, and writes a
/// negative constant as `(-1)`.
#[derive(Clone, Debug)]
pub enum ExpressionKind {
    /// A constant within i32; `(-3)` and `-3` both parse to `Constant(-3)`.
    Constant(i32),
    /// A constant of another type than `int`.
    Literal {
        /// Its value; of an `unsigned long` the bits.
        value: i64,
        /// Its type.
        ty: Integer,
    },
    /// A scalar, or an array as a value (`return a;`, `f(a)`).
    Variable(Name),
    /// `array[index]`
    Element {
        /// The array.
        array: Name,
        /// The index.
        index: Box<Expression>,
    },
    /// `base[index]` where `base` is not just a name: `a[1][2]`
    Subscript {
        /// A pointer or an array.
        base: Box<Expression>,
        /// The index.
        index: Box<Expression>,
    },
    /// `*pointer`
    Dereference(Box<Expression>),
    /// `&place`
    AddressOf(Box<Expression>),
    /// A string; the zero behind its end is not among them.
    Text(Vec<u8>),
    /// `function(arguments)`
    Call {
        /// The function.
        function: Name,
        /// The arguments.
        arguments: Vec<Expression>,
    },
    /// `-e`, `+e`, `!e`, `~e`
    Unary {
        /// Which.
        operator: UnaryOperator,
        /// The operand.
        operand: Box<Expression>,
    },
    /// `left op right`, `&&` and `||` among them
    Binary {
        /// Which.
        operator: BinaryOperator,
        /// Left operand.
        left: Box<Expression>,
        /// Right operand.
        right: Box<Expression>,
    },
    /// `condition ? then : otherwise`
    Conditional {
        /// The condition.
        condition: Box<Expression>,
        /// Where it is not zero.
        then: Box<Expression>,
        /// Where it is zero.
        otherwise: Box<Expression>,
    },
    /// `left, right`
    Comma {
        /// Evaluated first; its value is not used.
        left: Box<Expression>,
        /// The value.
        right: Box<Expression>,
    },
    /// `(type) operand`
    Cast {
        /// To what.
        ty: Integer,
        /// The operand.
        operand: Box<Expression>,
    },
    /// `sizeof operand`; that of a type is a literal.
    SizeOf(Box<Expression>),
    /// `target = value`, `target += value`, ...
    Assign {
        /// `None` for `=`, else the operator before the `=`.
        operator: Option<BinaryOperator>,
        /// A variable or an element.
        target: Box<Expression>,
        /// The value.
        value: Box<Expression>,
    },
    /// `++target`, `--target`, `target++`, `target--`
    Step {
        /// `++` rather than `--`.
        increment: bool,
        /// Before the target: the new value is the result.
        prefix: bool,
        /// A variable or an element.
        target: Box<Expression>,
    },
}

/// The unary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOperator {
    /// `-`
    Negate,
    /// `+`
    Plus,
    /// `!`
    Not,
    /// `~`
    BitNot,
}

/// The binary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOperator {
    /// `||`
    LogicalOr,
    /// `&&`
    LogicalAnd,
    /// `|`
    BitOr,
    /// `^`
    BitXor,
    /// `&`
    BitAnd,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `<<`
    ShiftLeft,
    /// `>>`
    ShiftRight,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
}
