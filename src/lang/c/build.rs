//! Pest's pairs to syntax tree. One method a rule of `grammar/c.pest`, named after it. The flat `operation` rule gets
//! its precedence here. Recursion is as deep as the source nests, which `parse` has bounded before.

use super::ast::*;
use super::grammar::Rule;
use crate::diagnostic::{Diagnostic, Span, codes};
use compact_str::CompactString;
use pest::iterators::{Pair, Pairs};

/// Builds the tree and collects what pest's grammar cannot say.
#[derive(Default)]
pub struct Builder {
    /// Constants that do not fit, and the like.
    pub errors: Vec<Diagnostic>,
}

/// Every rule's pair has the children that the grammar gives it.
pub(super) const SHAPE: &str = "the grammar gives this rule a child here";

pub(super) fn span(pair: &Pair<'_, Rule>) -> Span {
    let span = pair.as_span();
    Span::new(span.start(), span.end())
}

pub(super) fn only(pair: Pair<'_, Rule>) -> Pair<'_, Rule> {
    pair.into_inner().next().expect(SHAPE)
}

pub(super) fn next<'i>(pairs: &mut Pairs<'i, Rule>) -> Pair<'i, Rule> {
    pairs.next().expect(SHAPE)
}

/// The children without keywords.
fn parts(pair: Pair<'_, Rule>) -> impl Iterator<Item = Pair<'_, Rule>> {
    pair.into_inner().filter(|child| {
        !matches!(
            child.as_rule(),
            Rule::if_word
                | Rule::else_word
                | Rule::for_word
                | Rule::while_word
                | Rule::do_word
                | Rule::break_word
                | Rule::continue_word
                | Rule::return_word
                | Rule::int_word
                | Rule::void_word
                | Rule::enum_word
                | Rule::switch_word
                | Rule::case_word
                | Rule::default_word
        )
    })
}

pub(super) fn name(pair: Pair<'_, Rule>) -> Name {
    Name { text: pair.as_str().into(), span: span(&pair) }
}

impl Builder {
    /// `program`
    pub fn program(&mut self, pair: Pair<'_, Rule>) -> Program {
        let mut program = Program::default();
        for child in pair.into_inner() {
            match child.as_rule() {
                Rule::function => program.functions.push(self.function(child)),
                Rule::typed_function => program.functions.push(self.typed_function(child)),
                Rule::enumeration | Rule::typed_declaration | Rule::static_declaration => {
                    program.declarations.push(self.simple_statement(child));
                }
                _ => {}
            }
        }
        program
    }

    /// Only the errors of a program or a signature that was repaired so that it parses.
    pub fn program_errors(&mut self, pair: Pair<'_, Rule>, rule: Rule) {
        if rule == Rule::signature {
            self.signature(pair);
        } else {
            self.program(pair);
        }
    }

    /// `signature`
    pub fn signature(&mut self, pair: Pair<'_, Rule>) -> Signature {
        let (returns, name, parameters) = self.head(&mut pair.into_inner());
        let parameters = parameters.into_iter().map(|parameter| (parameter.name.text, parameter.kind)).collect();
        Signature { returns, name: name.text, parameters }
    }

    fn function(&mut self, pair: Pair<'_, Rule>) -> Function {
        let span = span(&pair);
        let mut inner = pair.into_inner();
        let (returns, name, parameters) = self.head(&mut inner);
        Function { returns, name, parameters, body: self.function_body(next(&mut inner)), span }
    }

    /// `body`
    pub(super) fn function_body(&mut self, pair: Pair<'_, Rule>) -> Vec<Statement> {
        let body = only(pair).into_inner().map(|child| match child.as_rule() {
            Rule::final_return => self.simple_statement(only(child)),
            _ => self.statement(child),
        });
        body.collect()
    }

    fn head(&mut self, inner: &mut Pairs<'_, Rule>) -> (ReturnType, Name, Vec<Parameter>) {
        let returns = match only(next(inner)).as_rule() {
            Rule::int_pointer => ReturnType::IntPointer,
            Rule::int_type => ReturnType::Int,
            _ => ReturnType::Void,
        };
        let function_name = name(next(inner));
        let parameters = match inner.peek() {
            Some(pair) if pair.as_rule() == Rule::parameters => {
                inner.next();
                self.parameters(pair)
            }
            _ => Vec::new(),
        };
        (returns, function_name, parameters)
    }

    fn parameters(&mut self, pair: Pair<'_, Rule>) -> Vec<Parameter> {
        let parameters = pair.into_inner().filter(|child| child.as_rule() == Rule::parameter);
        parameters.map(|parameter| self.parameter(only(parameter))).collect()
    }

    fn parameter(&mut self, pair: Pair<'_, Rule>) -> Parameter {
        let scalar = pair.as_rule() == Rule::scalar_parameter;
        let mut inner = parts(pair);
        let name = name(inner.next().expect(SHAPE));
        let kind = if scalar {
            ParameterKind::Scalar
        } else {
            ParameterKind::Array(inner.next().map(|length| self.array_length(&length)))
        };
        Parameter::new(name, kind)
    }

    pub(super) fn array_length(&mut self, pair: &Pair<'_, Rule>) -> u32 {
        let pair_span = span(pair);
        let text = pair.as_str();
        text.parse().unwrap_or_else(|_| {
            self.errors.push(Diagnostic::error(codes::ARRAY_LENGTH, pair_span, "this array is too long"));
            1
        })
    }

    /// `statement`
    fn statement(&mut self, pair: Pair<'_, Rule>) -> Statement {
        self.simple_statement(only(pair))
    }

    /// `branch` and `loop_body`
    fn body(&mut self, pair: Pair<'_, Rule>) -> Statement {
        let pair = only(pair);
        if pair.as_rule() == Rule::block { self.simple_statement(pair) } else { self.statement(pair) }
    }

    /// One of the alternatives of `statement`.
    fn simple_statement(&mut self, pair: Pair<'_, Rule>) -> Statement {
        let mut span = span(&pair);
        let kind = match pair.as_rule() {
            Rule::block => StatementKind::Block(pair.into_inner().map(|child| self.statement(child)).collect()),
            Rule::if_statement => {
                let kind = self.if_statement(pair);
                if let StatementKind::If { then, otherwise, .. } = &kind {
                    span.end = otherwise.as_ref().unwrap_or(then).span.end;
                }
                kind
            }
            Rule::for_statement | Rule::typed_for => self.for_statement(pair),
            Rule::while_statement => {
                let mut inner = parts(pair);
                let condition = self.expression(only(inner.next().expect(SHAPE)));
                StatementKind::While { condition, body: Box::new(self.body(inner.next().expect(SHAPE))) }
            }
            Rule::do_statement => {
                let mut inner = parts(pair);
                let body = Box::new(self.body(inner.next().expect(SHAPE)));
                StatementKind::DoWhile { body, condition: self.expression(only(inner.next().expect(SHAPE))) }
            }
            Rule::typed_declaration | Rule::static_declaration => self.typed_declaration(pair),
            Rule::enumeration => self.enumeration(pair),
            Rule::switch_statement => {
                let mut inner = parts(pair);
                let value = self.expression(only(inner.next().expect(SHAPE)));
                let body = inner.next().expect(SHAPE).into_inner().map(|child| self.statement(child));
                StatementKind::Switch { value, body: body.collect() }
            }
            Rule::case_label => {
                let value = parts(pair).next().expect(SHAPE);
                StatementKind::Case(Some(self.conditional(value)))
            }
            Rule::default_label => StatementKind::Case(None),
            Rule::break_statement => StatementKind::Break,
            Rule::continue_statement => StatementKind::Continue,
            Rule::return_statement => {
                let returned = parts(pair).next().map(only);
                StatementKind::Return(returned.map(|value| self.value(value)))
            }
            Rule::declaration => {
                let declarators = parts(pair).map(|child| self.declarator(only(child)));
                StatementKind::Declaration(declarators.collect())
            }
            Rule::assign_statement => StatementKind::Expression(self.assign(only(pair))),
            Rule::step_statement => StatementKind::Expression(self.step(only(pair))),
            Rule::expression_statement => StatementKind::Expression(self.comma(pair.into_inner())),
            Rule::empty_statement => StatementKind::Empty,
            rule => unreachable!("{rule:?} is no statement"),
        };
        Statement { kind, span }
    }

    fn if_statement(&mut self, pair: Pair<'_, Rule>) -> StatementKind {
        let mut inner = parts(pair);
        let condition = self.expression(only(inner.next().expect(SHAPE)));
        let then = Box::new(self.body(inner.next().expect(SHAPE)));
        let otherwise = inner.next().map(|part| parts(part).next().expect(SHAPE));
        StatementKind::If { condition, then, otherwise: otherwise.map(|branch| Box::new(self.body(branch))) }
    }

    fn for_statement(&mut self, pair: Pair<'_, Rule>) -> StatementKind {
        let mut inner = parts(pair).peekable();
        let start = inner.next().expect(SHAPE);
        let start = if start.as_rule() == Rule::for_start { only(start) } else { start };
        let start = Box::new(self.simple_statement(start));
        let condition = inner.next_if(|part| part.as_rule() == Rule::condition);
        let condition = condition.map(|condition| self.expression(only(condition)));
        let step = inner.next_if(|part| part.as_rule() == Rule::for_step);
        let step = step.map(|step| {
            let mut inner = step.into_inner();
            match inner.peek().expect(SHAPE).as_rule() {
                Rule::step => self.step(next(&mut inner)),
                Rule::assign => self.assign(next(&mut inner)),
                _ => self.comma(inner),
            }
        });
        StatementKind::For { start, condition, step, body: Box::new(self.body(inner.next().expect(SHAPE))) }
    }

    pub(super) fn declarator(&mut self, pair: Pair<'_, Rule>) -> Declarator {
        let mut span = span(&pair);
        let scalar = pair.as_rule() == Rule::scalar_declarator;
        // An absent initialiser leaves white space at the end of the pair.
        let bracket = pair.as_str().rfind(']').map(|at| span.start + at as u32 + 1);
        let mut inner = pair.into_inner().peekable();
        let name = name(inner.next().expect(SHAPE));
        let kind = if scalar {
            let value = inner.next().map(|value| self.expression(value));
            span.end = value.as_ref().map_or(name.span.end, |value| value.span.end);
            DeclaratorKind::Scalar(value)
        } else {
            let length = inner.next_if(|part| part.as_rule() == Rule::array_length);
            let length = length.map(|length| self.array_length(&length));
            let values = inner.next().map(|list| list.into_inner().map(|value| self.expression(value)).collect());
            if values.is_none() {
                span.end = bracket.expect("an array declarator has brackets");
            }
            DeclaratorKind::Array { length, values }
        };
        Declarator { name, kind, span }
    }

    /// `array_value` or `expression`
    fn value(&mut self, pair: Pair<'_, Rule>) -> Expression {
        match pair.as_rule() {
            Rule::array_value => variable(pair),
            _ => self.expression(pair),
        }
    }

    fn assign(&mut self, pair: Pair<'_, Rule>) -> Expression {
        let mut inner = pair.into_inner();
        let target = self.lvalue(next(&mut inner));
        let operator = assign_operator(next(&mut inner).as_str());
        let value = self.expression(next(&mut inner));
        assigned(operator, target, value)
    }

    fn step(&mut self, pair: Pair<'_, Rule>) -> Expression {
        let pair = only(pair);
        let prefix = pair.as_rule() == Rule::prefix_step;
        let mut inner = pair.into_inner();
        let (operator, target) = if prefix {
            let operator = next(&mut inner);
            (operator, self.lvalue(next(&mut inner)))
        } else {
            let target = self.lvalue(next(&mut inner));
            (next(&mut inner), target)
        };
        stepped(operator.as_str().starts_with("++"), prefix, span(&operator), target)
    }

    fn lvalue(&mut self, pair: Pair<'_, Rule>) -> Expression {
        self.primary(only(pair))
    }

    /// One expression, or several with commas between them.
    fn comma(&mut self, mut inner: Pairs<'_, Rule>) -> Expression {
        let mut left = self.expression(next(&mut inner));
        for right in inner {
            let right = self.expression(right);
            let span = left.span.to(right.span);
            left = Expression { kind: ExpressionKind::Comma { left: Box::new(left), right: Box::new(right) }, span };
        }
        left
    }

    /// `expression`: assignments, right to left.
    pub(super) fn expression(&mut self, pair: Pair<'_, Rule>) -> Expression {
        let mut inner = pair.into_inner();
        let first = self.conditional(next(&mut inner));
        let mut targets = Vec::new();
        let mut last = first;
        while let Some(operator) = inner.next() {
            let value = self.conditional(next(&mut inner));
            targets.push((std::mem::replace(&mut last, value), assign_operator(operator.as_str())));
        }
        targets.into_iter().rev().fold(last, |value, (target, operator)| assigned(operator, target, value))
    }

    /// `conditional`: right to left.
    pub(super) fn conditional(&mut self, pair: Pair<'_, Rule>) -> Expression {
        let mut inner = pair.into_inner();
        let mut last = self.operation(next(&mut inner));
        let mut tests = Vec::new();
        while let Some(then) = inner.next() {
            let then = self.expression(then);
            let otherwise = self.operation(next(&mut inner));
            tests.push((std::mem::replace(&mut last, otherwise), then));
        }
        tests.into_iter().rev().fold(last, |otherwise, (condition, then)| {
            let span = condition.span.to(otherwise.span);
            let (condition, then, otherwise) = (Box::new(condition), Box::new(then), Box::new(otherwise));
            Expression { kind: ExpressionKind::Conditional { condition, then, otherwise }, span }
        })
    }

    /// `operation`: precedence climbing over the flat list, with stacks of our own.
    fn operation(&mut self, pair: Pair<'_, Rule>) -> Expression {
        let mut inner = pair.into_inner();
        let first = self.unary(next(&mut inner));
        if inner.peek().is_none() {
            return first;
        }
        let mut operands = vec![first];
        let mut operators: Vec<BinaryOperator> = Vec::new();
        while let Some(operator) = inner.next() {
            let operator = binary_operator(operator.as_str());
            while let Some(top) = operators.pop_if(|top| top.precedence() >= operator.precedence()) {
                reduce(&mut operands, top);
            }
            operators.push(operator);
            operands.push(self.unary(next(&mut inner)));
        }
        while let Some(top) = operators.pop() {
            reduce(&mut operands, top);
        }
        operands.pop().expect("every operator took two operands and left one")
    }

    fn unary(&mut self, pair: Pair<'_, Rule>) -> Expression {
        let mut inner = pair.into_inner();
        let mut prefixes = Vec::new();
        let mut pair = next(&mut inner);
        while pair.as_rule() == Rule::prefix_operator {
            let operator_span = span(&pair);
            prefixes.push((self.prefix(&pair), operator_span));
            pair = next(&mut inner);
        }
        let mut operand = match (prefixes.last(), plain_number(&pair)) {
            (Some(&(Prefix::Operator(UnaryOperator::Negate), minus)), Some(number)) => {
                prefixes.pop();
                self.number(number.as_str(), minus.to(span(&number)), true)
            }
            _ => self.postfix(pair),
        };
        for (prefix, operator_span) in prefixes.into_iter().rev() {
            let span = operator_span.to(operand.span);
            let boxed = Box::new(operand);
            let kind = match prefix {
                Prefix::Step(increment) => ExpressionKind::Step { increment, prefix: true, target: boxed },
                Prefix::Cast(ty) => ExpressionKind::Cast { ty, operand: boxed },
                Prefix::SizeOf => ExpressionKind::SizeOf(boxed),
                Prefix::Dereference => ExpressionKind::Dereference(boxed),
                Prefix::AddressOf => ExpressionKind::AddressOf(boxed),
                Prefix::Operator(operator) => ExpressionKind::Unary { operator, operand: boxed },
            };
            operand = Expression { kind, span };
        }
        operand
    }

    fn postfix(&mut self, pair: Pair<'_, Rule>) -> Expression {
        let mut inner = pair.into_inner();
        let primary = next(&mut inner);
        let start = span(&primary);
        let mut primary = self.primary(only(primary));
        for part in inner {
            let end = span(&part);
            if part.as_rule() == Rule::step_operator {
                return stepped(part.as_str().starts_with("++"), false, end, primary);
            }
            let index = Box::new(self.expression(only(part)));
            let kind = match primary.kind {
                // `(a)[i]` is `a[i]`.
                ExpressionKind::Variable(array) => ExpressionKind::Element { array, index },
                _ => ExpressionKind::Subscript { base: Box::new(primary), index },
            };
            // A pair may end in white space, but this one ends with its bracket.
            primary = Expression { kind, span: start.to(end) };
        }
        primary
    }

    /// One of the alternatives of `primary`.
    fn primary(&mut self, pair: Pair<'_, Rule>) -> Expression {
        let span = span(&pair);
        let kind = match pair.as_rule() {
            Rule::constant => {
                let inner = only(pair);
                return match inner.as_rule() {
                    Rule::negative => self.number(only(inner).as_str(), span, true),
                    _ => self.number(inner.as_str(), span, false),
                };
            }
            Rule::literal => return self.literal(pair.as_str(), span),
            Rule::sizeof_type => {
                let mut parts = pair.into_inner().skip(1);
                let specifiers = self.specifiers(parts.next().expect(SHAPE));
                // Pointers are all alike.
                let size = if parts.next().is_some() { 8 } else { specifiers.ty.size() };
                ExpressionKind::Literal { value: size.into(), ty: Integer::UnsignedLong }
            }
            Rule::text => {
                let end = pair.as_str().trim_end().len() as u32;
                let kind = ExpressionKind::Text(self.text(pair));
                return Expression { kind, span: Span { end: span.start + end, ..span } };
            }
            Rule::call => {
                let mut inner = pair.into_inner();
                let function = name(next(&mut inner));
                let arguments = inner.next().map(Pair::into_inner).into_iter().flatten();
                ExpressionKind::Call { function, arguments: arguments.map(|value| self.value(only(value))).collect() }
            }
            Rule::element => {
                let mut inner = pair.into_inner();
                let array = name(next(&mut inner));
                ExpressionKind::Element { array, index: Box::new(self.expression(next(&mut inner))) }
            }
            Rule::parenthesized => return Expression { span, ..self.comma(pair.into_inner()) },
            _ => return variable(pair),
        };
        Expression { kind, span }
    }

    /// A constant; its magnitude stands in `digits`.
    fn number(&mut self, digits: &str, span: Span, negative: bool) -> Expression {
        let (magnitude, ty) = self.magnitude(digits, span);
        let value = if negative { magnitude.wrapping_neg() } else { magnitude };
        let kind = match ty {
            Integer::Int => ExpressionKind::Constant(value as i32),
            // C has no negative constants: a minus works in the type of the number after it.
            _ => ExpressionKind::Literal { value: ty.wrap(value), ty },
        };
        Expression { kind, span }
    }
}

/// What stands before an operand.
pub(super) enum Prefix {
    /// `++` where it holds, else `--`.
    Step(bool),
    Cast(Integer),
    SizeOf,
    Dereference,
    AddressOf,
    Operator(UnaryOperator),
}

/// The number that a `postfix` is, if it is nothing more: then a minus before it belongs to the constant.
fn plain_number<'i>(postfix: &Pair<'i, Rule>) -> Option<Pair<'i, Rule>> {
    let mut inner = postfix.clone().into_inner();
    let constant = only(next(&mut inner));
    let alone = inner.next().is_none() && constant.as_rule() == Rule::constant;
    alone.then(|| only(constant)).filter(|number| number.as_rule() == Rule::number)
}

fn variable(pair: Pair<'_, Rule>) -> Expression {
    let name = name(pair);
    Expression { span: name.span, kind: ExpressionKind::Variable(name) }
}

fn assigned(operator: Option<BinaryOperator>, target: Expression, value: Expression) -> Expression {
    let span = target.span.to(value.span);
    let kind = ExpressionKind::Assign { operator, target: Box::new(target), value: Box::new(value) };
    Expression { kind, span }
}

fn stepped(increment: bool, prefix: bool, operator: Span, target: Expression) -> Expression {
    let span = operator.to(target.span);
    Expression { kind: ExpressionKind::Step { increment, prefix, target: Box::new(target) }, span }
}

fn reduce(operands: &mut Vec<Expression>, operator: BinaryOperator) {
    let right = operands.pop().expect("an operator stands between two operands");
    let left = operands.pop().expect("an operator stands between two operands");
    let span = left.span.to(right.span);
    let kind = ExpressionKind::Binary { operator, left: Box::new(left), right: Box::new(right) };
    operands.push(Expression { kind, span });
}

/// The pair's text may end in white space or a comment.
fn assign_operator(text: &str) -> Option<BinaryOperator> {
    if text.starts_with('=') { None } else { Some(binary_operator(text)) }
}

/// As in the grammar, longer operators are tried before their prefixes.
fn binary_operator(text: &str) -> BinaryOperator {
    let found = BinaryOperator::ALL.into_iter().find(|operator| text.starts_with(operator.text()));
    found.expect("the grammar admits these operators only")
}

impl BinaryOperator {
    /// All of them, in the order of the grammar.
    pub const ALL: [BinaryOperator; 18] = {
        use BinaryOperator::*;
        [
            LogicalOr,
            LogicalAnd,
            Equal,
            NotEqual,
            ShiftLeft,
            ShiftRight,
            LessEqual,
            GreaterEqual,
            Less,
            Greater,
            BitOr,
            BitXor,
            BitAnd,
            Add,
            Subtract,
            Multiply,
            Divide,
            Remainder,
        ]
    };

    /// How it is written.
    pub fn text(self) -> &'static str {
        use BinaryOperator::*;
        match self {
            LogicalOr => "||",
            LogicalAnd => "&&",
            BitOr => "|",
            BitXor => "^",
            BitAnd => "&",
            Equal => "==",
            NotEqual => "!=",
            Less => "<",
            LessEqual => "<=",
            Greater => ">",
            GreaterEqual => ">=",
            ShiftLeft => "<<",
            ShiftRight => ">>",
            Add => "+",
            Subtract => "-",
            Multiply => "*",
            Divide => "/",
            Remainder => "%",
        }
    }

    /// How tightly it binds, as in C: 1 for `||` to 10 for `*`.
    pub fn precedence(self) -> u8 {
        use BinaryOperator::*;
        match self {
            LogicalOr => 1,
            LogicalAnd => 2,
            BitOr => 3,
            BitXor => 4,
            BitAnd => 5,
            Equal | NotEqual => 6,
            Less | LessEqual | Greater | GreaterEqual => 7,
            ShiftLeft | ShiftRight => 8,
            Add | Subtract => 9,
            Multiply | Divide | Remainder => 10,
        }
    }
}

impl UnaryOperator {
    /// How it is written.
    pub fn text(self) -> &'static str {
        match self {
            UnaryOperator::Negate => "-",
            UnaryOperator::Plus => "+",
            UnaryOperator::Not => "!",
            UnaryOperator::BitNot => "~",
        }
    }
}

/// Identifiers of trees that are made, not parsed.
impl From<CompactString> for Name {
    fn from(text: CompactString) -> Self {
        Self { text, span: Span::default() }
    }
}
