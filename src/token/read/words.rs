//! What the text of each token says, found once for a vocabulary. Numbers are read by the parser itself.

use crate::diagnostic::Span;
use crate::lang::c::ast;
use crate::lang::c::parse;
use crate::lang::c::tree::{BinaryOperator, ExpressionKind, Integer, Name, UnaryOperator, key};
use compact_str::CompactString;

/// A constant and its type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number {
    value: i64,
    ty: Integer,
}

impl Number {
    pub(super) fn kind(self) -> ExpressionKind<'static> {
        match self.ty {
            Integer::Int => ExpressionKind::Constant(self.value as i32),
            ty => ExpressionKind::Literal { value: self.value, ty },
        }
    }

    /// The constant that a text is, and nothing more.
    fn read(text: &str) -> Option<Self> {
        let program = parse(&format!("void f() {{ return {text}; }}")).ok()?;
        match program.functions.first()?.body.first()?.kind {
            ast::StatementKind::Return(Some(ref value)) => match value.kind {
                ast::ExpressionKind::Constant(value) => Some(Self { value: value.into(), ty: Integer::Int }),
                ast::ExpressionKind::Literal { value, ty } => Some(Self { value, ty }),
                _ => None,
            },
            _ => None,
        }
    }
}

/// A token's text; of what it is not, something.
#[derive(Clone, Debug)]
pub(super) struct Word {
    text: CompactString,
    key: u64,
    /// Bytes of it.
    pub(super) bytes: u32,
    pub(super) number: Number,
    /// The number with a minus before it, where the two are one constant.
    pub(super) negative: Option<Number>,
    pub(super) length: u32,
    pub(super) binary: BinaryOperator,
    pub(super) assign: Option<BinaryOperator>,
    pub(super) unary: UnaryOperator,
    /// `++` rather than `--`.
    pub(super) increment: bool,
}

impl Word {
    pub(super) fn new(text: &str) -> Self {
        use UnaryOperator::{BitNot, Negate, Not, Plus};
        let binary = |text: &str| BinaryOperator::ALL.into_iter().find(|operator| operator.text() == text);
        let is_number = text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '(' | '\''));
        let number = if is_number { Number::read(text) } else { None };
        Self {
            text: text.into(),
            key: key(text),
            bytes: text.len() as u32,
            negative: number.and_then(|_| Number::read(&format!("- {text}"))),
            number: number.unwrap_or(Number { value: 0, ty: Integer::Int }),
            length: text.parse().unwrap_or(0),
            binary: binary(text).unwrap_or(BinaryOperator::Add),
            assign: text.strip_suffix('=').and_then(binary),
            unary: [Plus, Not, BitNot].into_iter().find(|operator| operator.text() == text).unwrap_or(Negate),
            increment: text == "++",
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn name(&self, span: Span) -> Name<'_> {
        Name { text: &self.text, span, key: self.key }
    }
}
