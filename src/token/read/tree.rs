//! What the automaton finds, as a syntax tree in an arena: operands and operators, statements and the beginnings of what
//! is not yet whole each lie on a stack.

use super::meaning::{Action, Shift};
use super::words::Word;
use crate::diagnostic::Span;
use crate::lang::c::tree::{
    BinaryOperator, Bump, Declarator, DeclaratorKind, Expression, ExpressionKind, Function, Name, Parameter,
    ParameterKind, Program, ReturnType, Statement, StatementKind, UnaryOperator,
};
use bumpalo::collections::Vec;

/// Something whose end is still to come.
struct Frame {
    start: u32,
    /// How many statements lay on the stack.
    statements: usize,
    /// What came of it so far: a condition, a step, a value.
    has_condition: bool,
    has_step: bool,
    has_value: bool,
}

/// An operator that waits for its right operand, or a bracket that waits for its end.
#[derive(Clone, Copy)]
enum Waiting {
    Element,
    Parenthesis(u32),
    Question,
    Comma,
    Assign(Option<BinaryOperator>),
    Conditional,
    Binary(BinaryOperator),
    Prefix(UnaryOperator, Span),
    Step(bool, Span),
}

/// Brackets keep what waits before them from being reduced.
const BRACKET: u8 = 0;
const COMMA: u8 = 1;
const ASSIGN: u8 = 2;
const CONDITIONAL: u8 = 3;
/// [`BinaryOperator::precedence`] is at least 1.
const BINARY: u8 = CONDITIONAL;
const PREFIX: u8 = 14;

impl Waiting {
    fn level(&self) -> u8 {
        match self {
            Self::Element | Self::Parenthesis(_) | Self::Question => BRACKET,
            Self::Comma => COMMA,
            Self::Assign(_) => ASSIGN,
            Self::Conditional => CONDITIONAL,
            Self::Binary(operator) => BINARY + operator.precedence(),
            Self::Prefix(..) | Self::Step(..) => PREFIX,
        }
    }
}

/// The automaton lets nothing else happen.
const ORDER: &str = "the grammar puts this on the stack before";

/// A tree on its way; its stacks lie in the arena too.
pub(super) struct Tree<'t> {
    pub(super) arena: &'t Bump,
    operands: Vec<'t, &'t Expression<'t>>,
    waiting: Vec<'t, Waiting>,
    names: Vec<'t, Name<'t>>,
    frames: Vec<'t, Frame>,
    statements: Vec<'t, Statement<'t>>,
    declarators: Vec<'t, Declarator<'t>>,
    parameters: Vec<'t, Parameter<'t>>,
    functions: Vec<'t, Function<'t>>,
    returns: ReturnType,
    length: Option<u32>,
    has_initial: bool,
    /// Operators of the expression at hand.
    pub(super) operators: usize,
}

impl<'t> Tree<'t> {
    pub(super) fn new(arena: &'t Bump) -> Self {
        Self {
            arena,
            operands: Vec::with_capacity_in(16, arena),
            waiting: Vec::with_capacity_in(16, arena),
            names: Vec::with_capacity_in(8, arena),
            frames: Vec::with_capacity_in(16, arena),
            statements: Vec::with_capacity_in(16, arena),
            declarators: Vec::with_capacity_in(4, arena),
            parameters: Vec::with_capacity_in(4, arena),
            functions: Vec::with_capacity_in(1, arena),
            returns: ReturnType::Void,
            length: None,
            has_initial: false,
            operators: 0,
        }
    }

    /// The program, once all is read.
    pub(super) fn finish_program(&mut self) -> Program<'t> {
        let functions = self.arena.alloc_slice_copy(&self.functions);
        Program { includes: &[], declarations: &[], functions }
    }

    #[inline]
    fn operand(&mut self) -> &'t Expression<'t> {
        self.operands.pop().expect(ORDER)
    }

    #[inline]
    fn push(&mut self, kind: ExpressionKind<'t>, span: Span) {
        self.operands.push(self.arena.alloc(Expression { kind, span }));
    }

    /// The statements since the stack had so many.
    fn list(&mut self, from: usize) -> &'t [Statement<'t>] {
        let list = self.arena.alloc_slice_copy(&self.statements[from..]);
        self.statements.truncate(from);
        list
    }

    fn whole_statement(&mut self) -> &'t Statement<'t> {
        self.arena.alloc(self.statements.pop().expect(ORDER))
    }

    /// A rule begins at `next` or ends at `last`.
    #[inline]
    pub(super) fn act(&mut self, action: Action, next: u32, last: u32) {
        match action {
            Action::Open => self.frames.push(Frame {
                start: next,
                statements: self.statements.len(),
                has_condition: false,
                has_step: false,
                has_value: false,
            }),
            Action::Condition => {
                self.finish();
                self.frames.last_mut().expect(ORDER).has_condition = true;
            }
            Action::ForStep => {
                self.finish();
                self.frames.last_mut().expect(ORDER).has_step = true;
            }
            Action::Returned => {
                self.finish();
                self.frames.last_mut().expect(ORDER).has_value = true;
            }
            Action::Declarator => self.declarator(),
            Action::ReturnsPointer => self.returns = ReturnType::IntPointer,
            Action::ReturnsInt => self.returns = ReturnType::Int,
            Action::ReturnsNothing => self.returns = ReturnType::Void,
            Action::ArrayParameter => {
                let kind = ParameterKind::Array(self.length.take());
                self.parameter(kind);
            }
            Action::ScalarParameter => self.parameter(ParameterKind::Scalar),
            Action::Function => self.function(last),
            _ => self.statement(action, last),
        }
    }

    /// A statement ends at `last`.
    fn statement(&mut self, action: Action, last: u32) {
        let frame = self.frames.pop().expect(ORDER);
        let mut span = Span { start: frame.start, end: last };
        let kind = match action {
            Action::Block => StatementKind::Block(self.list(frame.statements)),
            Action::If => {
                let otherwise = (self.statements.len() == frame.statements + 2).then(|| self.whole_statement());
                let (then, condition) = (self.whole_statement(), self.operand());
                span.end = otherwise.as_ref().unwrap_or(&then).span.end;
                StatementKind::If { condition, then, otherwise }
            }
            Action::For => {
                let (body, step) = (self.whole_statement(), frame.has_step.then(|| self.operand()));
                let condition = frame.has_condition.then(|| self.operand());
                StatementKind::For { start: self.whole_statement(), condition, step, body }
            }
            Action::While => StatementKind::While { condition: self.operand(), body: self.whole_statement() },
            Action::DoWhile => StatementKind::DoWhile { condition: self.operand(), body: self.whole_statement() },
            Action::Return => StatementKind::Return(frame.has_value.then(|| self.operand())),
            Action::Break => StatementKind::Break,
            Action::Continue => StatementKind::Continue,
            _ => {
                let declarators = self.arena.alloc_slice_copy(&self.declarators);
                self.declarators.clear();
                StatementKind::Declaration(declarators)
            }
        };
        self.statements.push(Statement { kind, span });
    }

    fn declarator(&mut self) {
        self.finish();
        let name = self.names.pop().expect(ORDER);
        let value = std::mem::take(&mut self.has_initial).then(|| self.operand());
        let span = Span { end: value.as_ref().map_or(name.span.end, |value| value.span.end), ..name.span };
        self.declarators.push(Declarator { name, kind: DeclaratorKind::Scalar(value), span });
    }

    fn parameter(&mut self, kind: ParameterKind) {
        let name = self.names.pop().expect(ORDER);
        self.parameters.push(Parameter { name, kind, lengths: &[] });
    }

    fn function(&mut self, last: u32) {
        let frame = self.frames.pop().expect(ORDER);
        let body = self.list(frame.statements);
        let parameters = self.arena.alloc_slice_copy(&self.parameters);
        self.parameters.clear();
        self.functions.push(Function {
            returns: self.returns,
            name: self.names.pop().expect(ORDER),
            parameters,
            body,
            span: Span { start: frame.start, end: last },
        });
    }

    /// A token is read.
    #[inline]
    pub(super) fn shift(&mut self, shift: Shift, word: &'t Word, span: Span) {
        match shift {
            Shift::Nothing => {}
            Shift::FunctionName | Shift::NewName => self.names.push(word.name(span)),
            Shift::ArrayLength => self.length = Some(word.length),
            Shift::Initial => self.has_initial = true,
            Shift::Constant => self.constant(word, span),
            Shift::Variable => {
                let kind = ExpressionKind::Variable(word.name(span));
                self.push(kind, span);
            }
            Shift::ArrayRef => {
                self.names.push(word.name(span));
                self.waiting.push(Waiting::Element);
            }
            Shift::Element => {
                self.finish();
                self.waiting.pop();
                let index = self.operand();
                let array = self.names.pop().expect(ORDER);
                let span = array.span.to(span);
                self.push(ExpressionKind::Element { array, index }, span);
            }
            Shift::Parenthesis => self.waiting.push(Waiting::Parenthesis(span.start)),
            Shift::Parenthesized => {
                self.finish();
                if let Some(Waiting::Parenthesis(start)) = self.waiting.pop() {
                    let kind = self.operand().kind;
                    self.push(kind, Span { start, ..span });
                }
            }
            Shift::ExpressionStatement => {
                self.finish();
                let expression = self.operand();
                let span = expression.span.to(span);
                self.statements.push(Statement { kind: StatementKind::Expression(expression), span });
            }
            Shift::Empty => self.statements.push(Statement { kind: StatementKind::Empty, span }),
            _ => self.operator(shift, word, span),
        }
    }

    fn operator(&mut self, shift: Shift, word: &'t Word, span: Span) {
        self.operators += 1;
        let (least, waiting) = match shift {
            Shift::Binary => (BINARY + word.binary.precedence(), Waiting::Binary(word.binary)),
            Shift::Assign => (CONDITIONAL, Waiting::Assign(word.assign)),
            Shift::Comma => (COMMA, Waiting::Comma),
            Shift::Question => (CONDITIONAL + 1, Waiting::Question),
            Shift::Colon => {
                self.reduce(COMMA);
                self.waiting.pop();
                return self.waiting.push(Waiting::Conditional);
            }
            Shift::Prefix => return self.waiting.push(Waiting::Prefix(word.unary, span)),
            Shift::PrefixStep => return self.waiting.push(Waiting::Step(word.increment, span)),
            _ => {
                let target = self.operand();
                return self.step(word.increment, false, span, target);
            }
        };
        self.reduce(least);
        self.waiting.push(waiting);
    }

    /// A number; a minus right before it belongs to it.
    fn constant(&mut self, word: &'t Word, mut span: Span) {
        let mut number = word.number;
        if let (Some(negative), Some(&Waiting::Prefix(UnaryOperator::Negate, minus))) =
            (word.negative, self.waiting.last())
        {
            self.waiting.pop();
            number = negative;
            span = minus.to(span);
        }
        self.push(number.kind(), span);
    }

    fn step(&mut self, increment: bool, prefix: bool, operator: Span, target: &'t Expression<'t>) {
        let span = operator.to(target.span);
        let kind = ExpressionKind::Step { increment, prefix, target };
        self.push(kind, span);
    }

    /// The expression at hand, up to the bracket around it, is whole.
    #[inline]
    fn finish(&mut self) {
        self.reduce(COMMA);
        if self.waiting.is_empty() {
            self.operators = 0;
        }
    }

    /// Gives their operands to the last operators that bind at least so tightly.
    #[inline]
    fn reduce(&mut self, least: u8) {
        while let Some(&waiting) = self.waiting.last()
            && waiting.level() >= least
        {
            self.waiting.pop();
            self.apply(waiting);
        }
    }

    fn apply(&mut self, waiting: Waiting) {
        let right = self.operand();
        let end = right.span;
        let (kind, start) = match waiting {
            Waiting::Prefix(operator, at) => (ExpressionKind::Unary { operator, operand: right }, at),
            Waiting::Step(increment, at) => return self.step(increment, true, at, right),
            Waiting::Conditional => {
                let then = self.operand();
                let condition = self.operand();
                let start = condition.span;
                (ExpressionKind::Conditional { condition, then, otherwise: right }, start)
            }
            _ => {
                let left = self.operand();
                let start = left.span;
                let kind = match waiting {
                    Waiting::Binary(operator) => ExpressionKind::Binary { operator, left, right },
                    Waiting::Assign(operator) => ExpressionKind::Assign { operator, target: left, value: right },
                    _ => ExpressionKind::Comma { left, right },
                };
                (kind, start)
            }
        };
        self.push(kind, start.to(end));
    }
}
