//! What the automaton finds, as a syntax tree: operands and operators, statements and the beginnings of what is not yet
//! whole each lie on a stack, which keeps its memory from program to program.

// Boxes wait to be used again.
#![allow(clippy::vec_box)]

use super::meaning::{Action, Shift};
use super::words::Word;
use crate::diagnostic::Span;
use crate::lang::c::ast::{
    BinaryOperator, Declarator, DeclaratorKind, Expression, ExpressionKind, Function, Name, Parameter, ParameterKind,
    Program, ReturnType, Statement, StatementKind, UnaryOperator,
};

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

/// A tree on its way.
#[derive(Default)]
pub(super) struct Tree {
    operands: Vec<Box<Expression>>,
    waiting: Vec<Waiting>,
    names: Vec<Name>,
    frames: Vec<Frame>,
    statements: Vec<Statement>,
    declarators: Vec<Declarator>,
    parameters: Vec<Parameter>,
    functions: Vec<Function>,
    returns: Option<ReturnType>,
    length: Option<u32>,
    has_initial: bool,
    /// Operators of the expression at hand.
    pub(super) operators: usize,
    spare: Spare,
}

/// Boxes and lists that trees were taken apart into; what the boxes hold means nothing.
#[derive(Default)]
struct Spare {
    expressions: Vec<Box<Expression>>,
    statements: Vec<Box<Statement>>,
    lists: Vec<Vec<Statement>>,
    declarators: Vec<Vec<Declarator>>,
}

/// Boxes and lists of each kind that are kept.
const KEPT: usize = 512;

fn boxed<T>(spare: &mut Vec<Box<T>>, content: T) -> Box<T> {
    match spare.pop() {
        Some(mut place) => {
            *place = content;
            place
        }
        None => Box::new(content),
    }
}

fn keep<T>(spare: &mut Vec<T>, one: T) {
    if spare.len() < KEPT {
        spare.push(one);
    }
}

impl Spare {
    fn program(&mut self, program: Program) {
        for function in program.functions {
            self.list(function.body);
        }
    }

    fn list(&mut self, mut list: Vec<Statement>) {
        list.drain(..).for_each(|statement| self.statement(statement.kind));
        keep(&mut self.lists, list);
    }

    fn boxed_statement(&mut self, mut statement: Box<Statement>) {
        self.statement(std::mem::replace(&mut statement.kind, StatementKind::Empty));
        keep(&mut self.statements, statement);
    }

    fn statement(&mut self, statement: StatementKind) {
        match statement {
            StatementKind::Block(list) => self.list(list),
            StatementKind::If { condition, then, otherwise } => {
                self.expression(condition.kind);
                self.boxed_statement(then);
                otherwise.into_iter().for_each(|otherwise| self.boxed_statement(otherwise));
            }
            StatementKind::For { start, condition, step, body } => {
                condition.into_iter().chain(step).for_each(|one| self.expression(one.kind));
                self.boxed_statement(start);
                self.boxed_statement(body);
            }
            StatementKind::While { condition, body } | StatementKind::DoWhile { condition, body } => {
                self.expression(condition.kind);
                self.boxed_statement(body);
            }
            StatementKind::Return(Some(value)) | StatementKind::Expression(value) => self.expression(value.kind),
            StatementKind::Declaration(mut declarators) => {
                for declarator in declarators.drain(..) {
                    if let DeclaratorKind::Scalar(Some(value)) = declarator.kind {
                        self.expression(value.kind);
                    }
                }
                keep(&mut self.declarators, declarators);
            }
            _ => {}
        }
    }

    fn boxed_expression(&mut self, mut expression: Box<Expression>) {
        self.expression(std::mem::replace(&mut expression.kind, ExpressionKind::Constant(0)));
        keep(&mut self.expressions, expression);
    }

    fn expression(&mut self, expression: ExpressionKind) {
        match expression {
            ExpressionKind::Element { index: one, .. }
            | ExpressionKind::Unary { operand: one, .. }
            | ExpressionKind::Step { target: one, .. } => self.boxed_expression(one),
            ExpressionKind::Binary { left, right, .. }
            | ExpressionKind::Comma { left, right }
            | ExpressionKind::Assign { target: left, value: right, .. } => {
                self.boxed_expression(left);
                self.boxed_expression(right);
            }
            ExpressionKind::Conditional { condition, then, otherwise } => {
                [condition, then, otherwise].into_iter().for_each(|one| self.boxed_expression(one));
            }
            _ => {}
        }
    }
}

impl Tree {
    /// Forgets what is left of a program.
    pub(super) fn clear(&mut self) {
        self.operands.clear();
        self.waiting.clear();
        self.names.clear();
        self.frames.clear();
        self.statements.clear();
        self.declarators.clear();
        self.parameters.clear();
        self.functions.clear();
        self.length = None;
        self.has_initial = false;
        self.operators = 0;
    }

    /// Takes a tree apart, for the memory of those to come.
    pub(super) fn give_back(&mut self, program: Program) {
        self.spare.program(program);
    }

    /// The statements since the stack had so many.
    fn list(&mut self, from: usize) -> Vec<Statement> {
        let mut list = self.spare.lists.pop().unwrap_or_default();
        list.extend(self.statements.drain(from..));
        list
    }

    /// The program, once all is read.
    pub(super) fn take(&mut self) -> Program {
        Program { functions: std::mem::take(&mut self.functions), ..Program::default() }
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
            Action::ReturnsPointer => self.returns = Some(ReturnType::IntPointer),
            Action::ReturnsInt => self.returns = Some(ReturnType::Int),
            Action::ReturnsNothing => self.returns = Some(ReturnType::Void),
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
                let otherwise = (self.statements.len() == frame.statements + 2).then(|| self.boxed());
                let (then, condition) = (self.boxed(), self.operand());
                span.end = otherwise.as_ref().unwrap_or(&then).span.end;
                StatementKind::If { condition, then, otherwise }
            }
            Action::For => {
                let (body, step) = (self.boxed(), frame.has_step.then(|| self.operand()));
                let condition = frame.has_condition.then(|| self.operand());
                StatementKind::For { start: self.boxed(), condition, step, body }
            }
            Action::While => StatementKind::While { condition: self.operand(), body: self.boxed() },
            Action::DoWhile => StatementKind::DoWhile { condition: self.operand(), body: self.boxed() },
            Action::Return => StatementKind::Return(frame.has_value.then(|| self.operand())),
            Action::Break => StatementKind::Break,
            Action::Continue => StatementKind::Continue,
            _ => {
                let mut declarators = self.spare.declarators.pop().unwrap_or_default();
                declarators.append(&mut self.declarators);
                StatementKind::Declaration(declarators)
            }
        };
        self.statements.push(Statement { kind, span });
    }

    fn boxed(&mut self) -> Box<Statement> {
        let statement = self.statements.pop().expect(ORDER);
        boxed(&mut self.spare.statements, statement)
    }

    /// The last operand, out of its box.
    fn operand(&mut self) -> Expression {
        let mut place = self.boxed_operand();
        let nothing = Expression { kind: ExpressionKind::Constant(0), span: Span::default() };
        let operand = std::mem::replace(&mut *place, nothing);
        keep(&mut self.spare.expressions, place);
        operand
    }

    #[inline]
    fn boxed_operand(&mut self) -> Box<Expression> {
        self.operands.pop().expect(ORDER)
    }

    #[inline]
    fn push(&mut self, kind: ExpressionKind, span: Span) {
        let place = match self.spare.expressions.pop() {
            Some(mut place) => {
                place.kind = kind;
                place.span = span;
                place
            }
            None => Box::new(Expression { kind, span }),
        };
        self.operands.push(place);
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
        self.parameters.push(Parameter::new(name, kind));
    }

    fn function(&mut self, last: u32) {
        let frame = self.frames.pop().expect(ORDER);
        let body = self.list(frame.statements);
        self.functions.push(Function {
            returns: self.returns.take().expect(ORDER),
            name: self.names.pop().expect(ORDER),
            parameters: self.parameters.drain(..).collect(),
            body,
            span: Span { start: frame.start, end: last },
        });
    }

    /// A token is read.
    #[inline]
    pub(super) fn shift(&mut self, shift: Shift, word: &Word, span: Span) {
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
                let index = self.boxed_operand();
                let array = self.names.pop().expect(ORDER);
                let span = array.span.to(span);
                self.push(ExpressionKind::Element { array, index }, span);
            }
            Shift::Parenthesis => self.waiting.push(Waiting::Parenthesis(span.start)),
            Shift::Parenthesized => {
                self.finish();
                if let Some(Waiting::Parenthesis(start)) = self.waiting.pop() {
                    self.operands.last_mut().expect(ORDER).span = Span { start, ..span };
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

    fn operator(&mut self, shift: Shift, word: &Word, span: Span) {
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
                let target = self.boxed_operand();
                return self.step(word.increment, false, span, target);
            }
        };
        self.reduce(least);
        self.waiting.push(waiting);
    }

    /// A number; a minus right before it belongs to it.
    fn constant(&mut self, word: &Word, mut span: Span) {
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

    fn step(&mut self, increment: bool, prefix: bool, operator: Span, target: Box<Expression>) {
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
        while let Some(waiting) = self.waiting.pop_if(|waiting| waiting.level() >= least) {
            self.apply(&waiting);
        }
    }

    fn apply(&mut self, waiting: &Waiting) {
        let end = self.operands.last().expect(ORDER).span;
        let right = self.boxed_operand();
        let (kind, start) = match *waiting {
            Waiting::Prefix(operator, at) => (ExpressionKind::Unary { operator, operand: right }, at),
            Waiting::Step(increment, at) => return self.step(increment, true, at, right),
            Waiting::Conditional => {
                let then = self.boxed_operand();
                let condition = self.boxed_operand();
                let start = condition.span;
                (ExpressionKind::Conditional { condition, then, otherwise: right }, start)
            }
            _ => {
                let left = self.boxed_operand();
                let start = left.span;
                let kind = match *waiting {
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
