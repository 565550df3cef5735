//! The syntax tree as [`check`](super::check()) takes it: [`super::ast`], of which it has the names, but borrowed and in
//! an arena. So it is made and dropped without an allocation for each node; the reader of token ids makes nothing else.

// Variants and fields are those of `ast`.
#![allow(missing_docs)]

use super::ast;
pub use super::ast::{BinaryOperator, Integer, ParameterKind, ReturnType, Specifiers, UnaryOperator};
use crate::diagnostic::Span;
pub use bumpalo::Bump;
use std::cell::Cell;

/// An identifier and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Name<'t> {
    pub text: &'t str,
    pub span: Span,
    /// [`key`] of the text.
    pub key: u64,
}

/// The first eight bytes of a name: tells most names apart without a look at their texts.
pub fn key(name: &str) -> u64 {
    name.bytes().take(8).fold(0, |key, byte| key << 8 | u64::from(byte))
}

impl Name<'_> {
    /// Whether it is the same identifier.
    #[inline]
    pub fn is(&self, other: &Name<'_>) -> bool {
        // A name has no zeros in it, so that the key of a short one is all of it.
        self.key == other.key && (self.text.len().max(other.text.len()) <= 8 || self.text == other.text)
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Program<'t> {
    pub includes: &'t [Span],
    pub declarations: &'t [Statement<'t>],
    pub functions: &'t [Function<'t>],
}

#[derive(Clone, Copy, Debug)]
pub struct Function<'t> {
    pub returns: ReturnType,
    pub name: Name<'t>,
    pub parameters: &'t [Parameter<'t>],
    pub body: &'t [Statement<'t>],
    pub span: Span,
}

#[derive(Clone, Copy, Debug)]
pub struct Parameter<'t> {
    pub name: Name<'t>,
    pub kind: ParameterKind,
    pub lengths: &'t [Option<Expression<'t>>],
}

#[derive(Clone, Copy, Debug)]
pub struct Statement<'t> {
    pub kind: StatementKind<'t>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug)]
pub enum StatementKind<'t> {
    Block(&'t [Statement<'t>]),
    If {
        condition: &'t Expression<'t>,
        then: &'t Statement<'t>,
        otherwise: Option<&'t Statement<'t>>,
    },
    For {
        start: &'t Statement<'t>,
        condition: Option<&'t Expression<'t>>,
        step: Option<&'t Expression<'t>>,
        body: &'t Statement<'t>,
    },
    While {
        condition: &'t Expression<'t>,
        body: &'t Statement<'t>,
    },
    DoWhile {
        body: &'t Statement<'t>,
        condition: &'t Expression<'t>,
    },
    Break,
    Continue,
    Return(Option<&'t Expression<'t>>),
    Declaration(&'t [Declarator<'t>]),
    TypedDeclaration(Specifiers, &'t [Declarator<'t>]),
    StaticDeclaration(Specifiers, &'t [Declarator<'t>]),
    Enumeration(&'t [(Name<'t>, Option<Expression<'t>>)]),
    Switch {
        value: &'t Expression<'t>,
        body: &'t [Statement<'t>],
    },
    Case(Option<&'t Expression<'t>>),
    Expression(&'t Expression<'t>),
    Empty,
}

#[derive(Clone, Copy, Debug)]
pub struct Declarator<'t> {
    pub name: Name<'t>,
    pub kind: DeclaratorKind<'t>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug)]
pub enum DeclaratorKind<'t> {
    Scalar(Option<&'t Expression<'t>>),
    Array { length: Option<u32>, values: Option<&'t [Expression<'t>]> },
    Pointer(Option<&'t Expression<'t>>),
    Matrix { lengths: &'t [Option<Expression<'t>>], values: Option<&'t Initializer<'t>> },
}

#[derive(Clone, Copy, Debug)]
pub enum Initializer<'t> {
    Value(Expression<'t>),
    List(&'t [Initializer<'t>], Span),
    Text(&'t [u8], Span),
}

impl Initializer<'_> {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Self::Value(value) => value.span,
            Self::List(_, span) | Self::Text(_, span) => *span,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Expression<'t> {
    pub kind: ExpressionKind<'t>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug)]
pub enum ExpressionKind<'t> {
    Constant(i32),
    Literal { value: i64, ty: Integer },
    Variable(Name<'t>),
    Element { array: Name<'t>, index: &'t Expression<'t> },
    Subscript { base: &'t Expression<'t>, index: &'t Expression<'t> },
    Dereference(&'t Expression<'t>),
    AddressOf(&'t Expression<'t>),
    Text(&'t [u8]),
    Call { function: Name<'t>, arguments: &'t [Expression<'t>] },
    Unary { operator: UnaryOperator, operand: &'t Expression<'t> },
    Binary { operator: BinaryOperator, left: &'t Expression<'t>, right: &'t Expression<'t> },
    Conditional { condition: &'t Expression<'t>, then: &'t Expression<'t>, otherwise: &'t Expression<'t> },
    Comma { left: &'t Expression<'t>, right: &'t Expression<'t> },
    Cast { ty: Integer, operand: &'t Expression<'t> },
    SizeOf(&'t Expression<'t>),
    Assign { operator: Option<BinaryOperator>, target: &'t Expression<'t>, value: &'t Expression<'t> },
    Step { increment: bool, prefix: bool, target: &'t Expression<'t> },
}

/// An arena of more bytes than this is not kept.
const KEPT: usize = 1 << 20;

thread_local! {
    static ARENA: Cell<Option<Bump>> = const { Cell::new(None) };
}

/// Lends an arena whose memory was used before.
pub fn with_arena<R>(work: impl FnOnce(&Bump) -> R) -> R {
    let mut arena = ARENA.take().unwrap_or_default();
    let result = work(&arena);
    if arena.allocated_bytes() <= KEPT {
        arena.reset();
        ARENA.set(Some(arena));
    }
    result
}

/// Trees in an arena of trees outside of it.
struct Borrower<'t>(&'t Bump);

/// Borrows a tree; names and strings stay where they are.
pub fn borrow<'t>(program: &'t ast::Program, arena: &'t Bump) -> Program<'t> {
    let borrower = Borrower(arena);
    Program {
        includes: &program.includes,
        declarations: borrower.statements(&program.declarations),
        functions: borrower.many(&program.functions, |function| Function {
            returns: function.returns,
            name: name(&function.name),
            parameters: borrower.many(&function.parameters, |parameter| Parameter {
                name: name(&parameter.name),
                kind: parameter.kind,
                lengths: borrower.lengths(&parameter.lengths),
            }),
            body: borrower.statements(&function.body),
            span: function.span,
        }),
    }
}

fn name(name: &ast::Name) -> Name<'_> {
    Name { text: &name.text, span: name.span, key: key(&name.text) }
}

impl<'t> Borrower<'t> {
    fn many<T, U: Copy>(&self, all: &'t [T], one: impl FnMut(&'t T) -> U) -> &'t [U] {
        self.0.alloc_slice_fill_iter(all.iter().map(one))
    }

    fn lengths(&self, lengths: &'t [Option<ast::Expression>]) -> &'t [Option<Expression<'t>>] {
        self.many(lengths, |length| length.as_ref().map(|length| self.value(length)))
    }

    fn statements(&self, statements: &'t [ast::Statement]) -> &'t [Statement<'t>] {
        self.many(statements, |statement| self.statement_value(statement))
    }

    fn statement(&self, statement: &'t ast::Statement) -> &'t Statement<'t> {
        self.0.alloc(self.statement_value(statement))
    }

    fn statement_value(&self, statement: &'t ast::Statement) -> Statement<'t> {
        let kind = match &statement.kind {
            ast::StatementKind::Block(list) => StatementKind::Block(self.statements(list)),
            ast::StatementKind::If { condition, then, otherwise } => StatementKind::If {
                condition: self.expression(condition),
                then: self.statement(then),
                otherwise: otherwise.as_deref().map(|otherwise| self.statement(otherwise)),
            },
            ast::StatementKind::For { start, condition, step, body } => StatementKind::For {
                start: self.statement(start),
                condition: self.maybe(condition.as_ref()),
                step: self.maybe(step.as_ref()),
                body: self.statement(body),
            },
            ast::StatementKind::While { condition, body } => {
                StatementKind::While { condition: self.expression(condition), body: self.statement(body) }
            }
            ast::StatementKind::DoWhile { body, condition } => {
                StatementKind::DoWhile { body: self.statement(body), condition: self.expression(condition) }
            }
            ast::StatementKind::Break => StatementKind::Break,
            ast::StatementKind::Continue => StatementKind::Continue,
            ast::StatementKind::Return(value) => StatementKind::Return(self.maybe(value.as_ref())),
            ast::StatementKind::Declaration(all) => StatementKind::Declaration(self.declarators(all)),
            ast::StatementKind::TypedDeclaration(specifiers, all) => {
                StatementKind::TypedDeclaration(*specifiers, self.declarators(all))
            }
            ast::StatementKind::StaticDeclaration(specifiers, all) => {
                StatementKind::StaticDeclaration(*specifiers, self.declarators(all))
            }
            ast::StatementKind::Enumeration(all) => StatementKind::Enumeration(
                self.many(all, |(constant, value)| (name(constant), value.as_ref().map(|value| self.value(value)))),
            ),
            ast::StatementKind::Switch { value, body } => {
                StatementKind::Switch { value: self.expression(value), body: self.statements(body) }
            }
            ast::StatementKind::Case(value) => StatementKind::Case(self.maybe(value.as_ref())),
            ast::StatementKind::Expression(expression) => StatementKind::Expression(self.expression(expression)),
            ast::StatementKind::Empty => StatementKind::Empty,
        };
        Statement { kind, span: statement.span }
    }

    fn declarators(&self, all: &'t [ast::Declarator]) -> &'t [Declarator<'t>] {
        self.many(all, |declarator| {
            let kind = match &declarator.kind {
                ast::DeclaratorKind::Scalar(value) => DeclaratorKind::Scalar(self.maybe(value.as_ref())),
                ast::DeclaratorKind::Array { length, values } => DeclaratorKind::Array {
                    length: *length,
                    values: values.as_deref().map(|all| self.expressions(all)),
                },
                ast::DeclaratorKind::Pointer(value) => DeclaratorKind::Pointer(self.maybe(value.as_ref())),
                ast::DeclaratorKind::Matrix { lengths, values } => {
                    let values = values.as_ref().map(|values| &*self.0.alloc(self.initializer(values)));
                    DeclaratorKind::Matrix { lengths: self.lengths(lengths), values }
                }
            };
            Declarator { name: name(&declarator.name), kind, span: declarator.span }
        })
    }

    fn initializer(&self, initializer: &'t ast::Initializer) -> Initializer<'t> {
        match initializer {
            ast::Initializer::Value(value) => Initializer::Value(self.value(value)),
            ast::Initializer::List(all, span) => Initializer::List(self.many(all, |one| self.initializer(one)), *span),
            ast::Initializer::Text(bytes, span) => Initializer::Text(bytes, *span),
        }
    }

    fn expressions(&self, all: &'t [ast::Expression]) -> &'t [Expression<'t>] {
        self.many(all, |one| self.value(one))
    }

    fn maybe(&self, expression: Option<&'t ast::Expression>) -> Option<&'t Expression<'t>> {
        expression.map(|expression| self.expression(expression))
    }

    fn expression(&self, expression: &'t ast::Expression) -> &'t Expression<'t> {
        self.0.alloc(self.value(expression))
    }

    fn value(&self, expression: &'t ast::Expression) -> Expression<'t> {
        let one = |expression| self.expression(expression);
        let kind = match &expression.kind {
            ast::ExpressionKind::Constant(value) => ExpressionKind::Constant(*value),
            ast::ExpressionKind::Literal { value, ty } => ExpressionKind::Literal { value: *value, ty: *ty },
            ast::ExpressionKind::Variable(variable) => ExpressionKind::Variable(name(variable)),
            ast::ExpressionKind::Element { array, index } => {
                ExpressionKind::Element { array: name(array), index: one(index) }
            }
            ast::ExpressionKind::Subscript { base, index } => {
                ExpressionKind::Subscript { base: one(base), index: one(index) }
            }
            ast::ExpressionKind::Dereference(operand) => ExpressionKind::Dereference(one(operand)),
            ast::ExpressionKind::AddressOf(operand) => ExpressionKind::AddressOf(one(operand)),
            ast::ExpressionKind::Text(bytes) => ExpressionKind::Text(bytes),
            ast::ExpressionKind::Call { function, arguments } => {
                ExpressionKind::Call { function: name(function), arguments: self.expressions(arguments) }
            }
            ast::ExpressionKind::Unary { operator, operand } => {
                ExpressionKind::Unary { operator: *operator, operand: one(operand) }
            }
            ast::ExpressionKind::Binary { operator, left, right } => {
                ExpressionKind::Binary { operator: *operator, left: one(left), right: one(right) }
            }
            ast::ExpressionKind::Conditional { condition, then, otherwise } => {
                ExpressionKind::Conditional { condition: one(condition), then: one(then), otherwise: one(otherwise) }
            }
            ast::ExpressionKind::Comma { left, right } => ExpressionKind::Comma { left: one(left), right: one(right) },
            ast::ExpressionKind::Cast { ty, operand } => ExpressionKind::Cast { ty: *ty, operand: one(operand) },
            ast::ExpressionKind::SizeOf(operand) => ExpressionKind::SizeOf(one(operand)),
            ast::ExpressionKind::Assign { operator, target, value } => {
                ExpressionKind::Assign { operator: *operator, target: one(target), value: one(value) }
            }
            ast::ExpressionKind::Step { increment, prefix, target } => {
                ExpressionKind::Step { increment: *increment, prefix: *prefix, target: one(target) }
            }
        };
        Expression { kind, span: expression.span }
    }
}
