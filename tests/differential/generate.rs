//! Random programs of the whole C subset, and inputs. They are meant to go wrong now and then: constants lie on the
//! edge of what an `int` holds, indices are sometimes beyond the array, variables are sometimes not set. One in three
//! uses what [`crate::memory`] makes.

use crate::memory::{self, Memory};
use crate::pick;
use iocc::exec::Argument;
use iocc::lang::c::ast::*;
use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

pub type Random = Xoshiro256PlusPlus;

const EDGES: [i32; 9] = [i32::MIN, i32::MAX, i32::MIN + 1, 31, 32, -1, 65_536, 46_341, 1_000_000];
const OPERATORS: [BinaryOperator; 18] = [
    BinaryOperator::LogicalOr,
    BinaryOperator::LogicalAnd,
    BinaryOperator::BitOr,
    BinaryOperator::BitXor,
    BinaryOperator::BitAnd,
    BinaryOperator::Equal,
    BinaryOperator::NotEqual,
    BinaryOperator::Less,
    BinaryOperator::LessEqual,
    BinaryOperator::Greater,
    BinaryOperator::GreaterEqual,
    BinaryOperator::ShiftLeft,
    BinaryOperator::ShiftRight,
    BinaryOperator::Add,
    BinaryOperator::Subtract,
    BinaryOperator::Multiply,
    BinaryOperator::Divide,
    BinaryOperator::Remainder,
];
/// Those that seldom trap, so that most runs come to an end.
const SAFE: [BinaryOperator; 6] = [
    BinaryOperator::Add,
    BinaryOperator::Subtract,
    BinaryOperator::BitAnd,
    BinaryOperator::BitXor,
    BinaryOperator::Less,
    BinaryOperator::Add,
];
const ASSIGNMENTS: [BinaryOperator; 10] = [
    BinaryOperator::Add,
    BinaryOperator::Subtract,
    BinaryOperator::Multiply,
    BinaryOperator::Divide,
    BinaryOperator::Remainder,
    BinaryOperator::ShiftLeft,
    BinaryOperator::ShiftRight,
    BinaryOperator::BitAnd,
    BinaryOperator::BitXor,
    BinaryOperator::BitOr,
];
const UNARIES: [UnaryOperator; 4] =
    [UnaryOperator::Negate, UnaryOperator::Plus, UnaryOperator::Not, UnaryOperator::BitNot];

/// An input for `entry`; arrays have five elements where all must.
pub fn input(rng: &mut Random, entry: &Function, five: bool) -> Vec<Argument> {
    let value = |rng: &mut Random| match rng.random_range(0..24) {
        0 => pick(rng, &EDGES),
        1 => rng.random(),
        _ => rng.random_range(-4..=4),
    };
    let argument = |parameter: &Parameter| match parameter.kind {
        ParameterKind::Scalar | ParameterKind::TypedScalar(_) => Argument::Scalar(value(rng).into()),
        ParameterKind::Array(_) | ParameterKind::TypedArray(..) | ParameterKind::Matrix(_) => {
            let length = if five { 5 } else { rng.random_range(3..=6) };
            Argument::Array((0..length).map(|_| value(rng)).collect())
        }
    };
    entry.parameters.iter().map(argument).collect()
}

/// A program of one to three functions; the last is the entry. `number` is part of every function's name.
pub fn program(rng: &mut Random, number: usize) -> Program {
    let uses_memory = rng.random_ratio(1, 3);
    let (declarations, globals) =
        if uses_memory && rng.random() { memory::globals(rng, number) } else { (Vec::new(), Vec::new()) };
    let mut functions: Vec<Function> = Vec::new();
    let count = rng.random_range(1..=3);
    for index in 1..=count {
        let name = format!("f{number}_{}", index - 1);
        let mut generator = Generator::new(rng, &functions);
        (generator.uses_memory, generator.is_entry) = (uses_memory, index == count);
        generator.name_globals(&globals);
        let function = generator.function(&name);
        functions.push(function);
    }
    Program { declarations, functions, ..Program::default() }
}

pub const TYPES: [Integer; 9] = [
    Integer::Bool,
    Integer::Char,
    Integer::UnsignedChar,
    Integer::Short,
    Integer::UnsignedShort,
    Integer::Int,
    Integer::Unsigned,
    Integer::Long,
    Integer::UnsignedLong,
];

const LITERALS: [(i64, Integer); 8] = [
    (0, Integer::Unsigned),
    (3, Integer::Unsigned),
    (0xFFFF_FFFF, Integer::Unsigned),
    (2, Integer::Long),
    (0x8000_0000, Integer::Long),
    (i64::MAX, Integer::Long),
    (1, Integer::UnsignedLong),
    (-1, Integer::UnsignedLong),
];

pub fn name(text: &str) -> Name {
    text.into()
}

/// The least int is written as in C's headers: 2147483648 alone is no int.
pub fn constant(value: i32) -> Expression {
    if value == i32::MIN {
        return binary(BinaryOperator::Subtract, constant(value + 1), constant(1));
    }
    ExpressionKind::Constant(value).into()
}

pub fn variable(text: &str) -> Expression {
    ExpressionKind::Variable(name(text)).into()
}

pub fn binary(operator: BinaryOperator, left: Expression, right: Expression) -> Expression {
    ExpressionKind::Binary { operator, left: Box::new(left), right: Box::new(right) }.into()
}

pub fn step(increment: bool, prefix: bool, target: Expression) -> Expression {
    ExpressionKind::Step { increment, prefix, target: Box::new(target) }.into()
}

pub fn expression(expression: Expression) -> Statement {
    StatementKind::Expression(expression).into()
}

fn block(statements: Vec<Statement>) -> Box<Statement> {
    Box::new(StatementKind::Block(statements).into())
}

pub fn scalar(text: &str, value: Option<Expression>) -> Declarator {
    Declarator { name: name(text), kind: DeclaratorKind::Scalar(value), span: Default::default() }
}

/// What can be named where a statement stands.
#[derive(Clone, Default)]
pub struct Scope {
    pub scalars: Vec<String>,
    /// Arrays of `int`, which can be passed on.
    pub arrays: Vec<String>,
    /// Arrays of other types.
    pub typed: Vec<String>,
    pub memory: Memory,
    /// Counters of loops around: not assigned to by chance, so that most loops end.
    pub counters: Vec<String>,
}

pub struct Generator<'a> {
    pub rng: &'a mut Random,
    callable: &'a [Function],
    pub scope: Scope,
    /// Globals of other types than `int`.
    pub other_scalars: Vec<String>,
    uses_memory: bool,
    /// The function is called from outside.
    is_entry: bool,
    pub names: usize,
    /// Names of this scope, which must not be declared again in it.
    taken: Vec<usize>,
    pub loops: usize,
    returns: ReturnType,
    /// Statements that may still be made.
    budget: i32,
}

impl<'a> Generator<'a> {
    fn new(rng: &'a mut Random, callable: &'a [Function]) -> Self {
        let budget = rng.random_range(3..14);
        Self {
            rng,
            callable,
            scope: Scope::default(),
            other_scalars: Vec::new(),
            uses_memory: false,
            is_entry: false,
            names: 0,
            taken: Vec::new(),
            loops: 0,
            returns: ReturnType::Void,
            budget,
        }
    }

    pub fn chance(&mut self, one_in: u32) -> bool {
        self.rng.random_range(0..one_in) == 0
    }

    fn function(mut self, own_name: &str) -> Function {
        let mut parameters = Vec::new();
        for index in 0..self.rng.random_range(1..=4) {
            // The first is one of the others, so that something can always be named.
            if self.uses_memory && !self.is_entry && index > 0 && self.chance(5) {
                parameters.push(self.matrix_parameter(&format!("b{index}")));
                continue;
            }
            let (text, kind) = if self.rng.random_bool(0.5) {
                let length = if self.chance(4) { Some(3) } else { None };
                (format!("a{index}"), ParameterKind::Array(length))
            } else {
                (format!("x{index}"), ParameterKind::Scalar)
            };
            let names = if kind == ParameterKind::Scalar { &mut self.scope.scalars } else { &mut self.scope.arrays };
            names.push(text.clone());
            parameters.push(Parameter::new(name(&text), kind));
        }
        self.returns = match self.rng.random_range(0..5) {
            0 => ReturnType::Void,
            1 | 2 if self.scope.arrays.iter().any(|array| array.starts_with('a')) => ReturnType::IntPointer,
            _ => ReturnType::Int,
        };
        let returns = self.returns;
        let mut body = Vec::new();
        if returns == ReturnType::Int && self.chance(4) {
            body.extend(self.recursion(own_name, &parameters));
        }
        body.extend(self.statements());
        if returns != ReturnType::Void && !self.chance(30) {
            body.push(self.return_statement());
        }
        Function { returns, name: name(own_name), parameters, body, span: Default::default() }
    }

    /// `if (x > 0) return f(x - 1, ...) + x;` for the first scalar.
    fn recursion(&mut self, own_name: &str, parameters: &[Parameter]) -> Option<Statement> {
        let counter = parameters.iter().find(|parameter| parameter.kind == ParameterKind::Scalar)?.name.text.clone();
        let arguments = parameters.iter().map(|parameter| match parameter.name.text == counter {
            true => binary(BinaryOperator::Subtract, variable(&counter), constant(1)),
            false => variable(&parameter.name.text),
        });
        let call = ExpressionKind::Call { function: name(own_name), arguments: arguments.collect() }.into();
        let result = binary(pick(self.rng, &SAFE), call, variable(&counter));
        let then = Box::new(StatementKind::Return(Some(result)).into());
        let condition = binary(BinaryOperator::Greater, variable(&counter), constant(0));
        Some(StatementKind::If { condition, then, otherwise: None }.into())
    }

    fn return_statement(&mut self) -> Statement {
        let value = match self.returns {
            ReturnType::Void => None,
            ReturnType::Int | ReturnType::Integer(_) => Some(self.value(3)),
            ReturnType::IntPointer | ReturnType::Pointer(_) | ReturnType::ConstantPointer(_) => {
                // Only parameters outlive the function.
                let parameters: Vec<&String> =
                    self.scope.arrays.iter().filter(|array| array.starts_with('a')).collect();
                let which = self.rng.random_range(0..parameters.len());
                Some(variable(parameters[which]))
            }
        };
        StatementKind::Return(value).into()
    }

    // ---- statements ----

    /// A few statements with a scope of their own.
    pub fn statements(&mut self) -> Vec<Statement> {
        let outer = (self.scope.clone(), std::mem::take(&mut self.taken));
        let mut list = Vec::new();
        for _ in 0..self.rng.random_range(1..=5) {
            if self.budget <= 0 {
                break;
            }
            self.budget -= 1;
            list.push(self.statement());
        }
        (self.scope, self.taken) = outer;
        list
    }

    fn body(&mut self) -> Box<Statement> {
        block(self.statements())
    }

    fn statement(&mut self) -> Statement {
        if self.uses_memory && self.chance(3) {
            return self.memory_statement();
        }
        match self.rng.random_range(0..32) {
            0..=4 => self.declaration(),
            5..=15 => expression(self.assignment(3)),
            16 | 17 => {
                let (increment, prefix, target) = (self.rng.random(), self.rng.random(), self.target());
                expression(step(increment, prefix, target))
            }
            18..=21 => {
                let (condition, then) = (self.value(3), self.body());
                let otherwise = if self.rng.random_bool(0.4) { Some(self.body()) } else { None };
                StatementKind::If { condition, then, otherwise }.into()
            }
            22..=24 => self.for_loop(),
            25 => self.while_loop(),
            26 => self.do_loop(),
            27 if self.loops > 0 => {
                let leave = if self.rng.random() { StatementKind::Break } else { StatementKind::Continue };
                let (condition, then) = (self.value(2), Box::new(leave.into()));
                StatementKind::If { condition, then, otherwise: None }.into()
            }
            28 => {
                let (condition, then) = (self.value(2), Box::new(self.return_statement()));
                StatementKind::If { condition, then, otherwise: None }.into()
            }
            29 => match self.call(false) {
                Some(call) => expression(call),
                None => StatementKind::Empty.into(),
            },
            30 if self.chance(2) => self.switch(),
            30 => *self.body(),
            _ => expression(self.effect(3)),
        }
    }

    /// Labels of small constants, some statements of which fall through.
    fn switch(&mut self) -> Statement {
        let value = self.value(2);
        let mut body = Vec::new();
        let mut labels: Vec<i32> = (-2..=4).collect();
        for _ in 0..self.rng.random_range(1..=4) {
            let label = labels.swap_remove(self.rng.random_range(0..labels.len()));
            let label = if label == 4 { None } else { Some(constant(label)) };
            body.push(StatementKind::Case(label).into());
            body.push(*self.body());
            if !self.chance(3) {
                body.push(StatementKind::Break.into());
            }
        }
        StatementKind::Switch { value, body }.into()
    }

    /// Variables and an array of any type, always with values: a `_Bool` without one may hold anything.
    fn typed_declaration(&mut self) -> Statement {
        let specifiers = Specifiers { ty: pick(self.rng, &TYPES), constant: false };
        self.names += 1;
        let number = self.names;
        let declarator = if self.chance(3) {
            let text = format!("t{number}");
            let values = (0..self.rng.random_range(1..=3)).map(|_| self.value(1)).collect();
            let kind = DeclaratorKind::Array { length: Some(self.rng.random_range(3..=5)), values: Some(values) };
            self.scope.typed.push(text.clone());
            Declarator { name: name(&text), kind, span: Default::default() }
        } else {
            let text = format!("w{number}");
            let declarator = scalar(&text, Some(self.value(2)));
            self.scope.scalars.push(text);
            declarator
        };
        StatementKind::TypedDeclaration(specifiers, vec![declarator]).into()
    }

    fn declaration(&mut self) -> Statement {
        if self.rng.random() {
            return self.typed_declaration();
        }
        let mut declarators = Vec::new();
        for _ in 0..self.rng.random_range(1..=2) {
            // Now and then a name that hides another one.
            self.names += 1;
            let older = self.rng.random_range(1..=self.names);
            let number = if self.chance(4) && !self.taken.contains(&older) { older } else { self.names };
            self.taken.push(number);
            if self.chance(3) {
                let text = format!("l{number}");
                let length = if self.chance(4) { self.rng.random_range(1..=2) } else { self.rng.random_range(3..=5) };
                let values = self.rng.random_bool(0.7).then(|| {
                    let given = self.rng.random_range(1..=length);
                    (0..given).map(|_| self.value(1)).collect::<Vec<_>>()
                });
                let unsized_array = values.as_ref().is_some_and(|values| values.len() == length as usize);
                let length = if unsized_array && self.chance(2) { None } else { Some(length) };
                let kind = DeclaratorKind::Array { length, values };
                declarators.push(Declarator { name: name(&text), kind, span: Default::default() });
                self.scope.arrays.push(text);
            } else {
                let text = format!("v{number}");
                let value = if self.chance(12) { None } else { Some(self.value(2)) };
                declarators.push(scalar(&text, value));
                self.scope.scalars.push(text);
            }
        }
        StatementKind::Declaration(declarators).into()
    }

    /// A counter that is new here.
    fn counter(&mut self) -> String {
        self.names += 1;
        format!("i{}", self.names)
    }

    fn loop_body(&mut self, counter: &str) -> Vec<Statement> {
        self.scope.counters.push(counter.to_owned());
        self.loops += 1;
        let list = self.statements();
        self.loops -= 1;
        self.scope.counters.pop();
        list
    }

    fn for_loop(&mut self) -> Statement {
        let counter = self.counter();
        let (from, to) = (self.rng.random_range(-1..=1), self.rng.random_range(0..=5));
        let up = self.rng.random_bool(0.8);
        let start = StatementKind::Declaration(vec![scalar(&counter, Some(constant(if up { from } else { to })))]);
        let condition = match self.chance(8) {
            true => self.value(2),
            false if up => binary(BinaryOperator::Less, variable(&counter), constant(to)),
            false => binary(BinaryOperator::GreaterEqual, variable(&counter), constant(from)),
        };
        let step = match self.rng.random_range(0..3) {
            0 => ExpressionKind::Assign {
                operator: Some(if up { BinaryOperator::Add } else { BinaryOperator::Subtract }),
                target: Box::new(variable(&counter)),
                value: Box::new(constant(self.rng.random_range(1..=2))),
            }
            .into(),
            _ => step(up, self.rng.random(), variable(&counter)),
        };
        let body = block(self.loop_body(&counter));
        let condition = if self.chance(30) { None } else { Some(condition) };
        StatementKind::For { start: Box::new(start.into()), condition, step: Some(step), body }.into()
    }

    /// A block with a counter before the loop and a step in its condition or its body.
    fn while_loop(&mut self) -> Statement {
        let counter = self.counter();
        let declaration = StatementKind::Declaration(vec![scalar(&counter, Some(constant(4)))]).into();
        let mut list = self.loop_body(&counter);
        let condition = if self.rng.random() {
            step(false, self.rng.random(), variable(&counter))
        } else {
            list.insert(0, expression(step(false, true, variable(&counter))));
            binary(BinaryOperator::Greater, variable(&counter), constant(0))
        };
        let repeat = StatementKind::While { condition, body: block(list) }.into();
        *block(vec![declaration, repeat])
    }

    fn do_loop(&mut self) -> Statement {
        let counter = self.counter();
        let declaration = StatementKind::Declaration(vec![scalar(&counter, Some(constant(0)))]).into();
        let body = block(self.loop_body(&counter));
        let limit = constant(self.rng.random_range(1..=4));
        let condition = binary(BinaryOperator::Less, step(true, self.rng.random(), variable(&counter)), limit);
        *block(vec![declaration, StatementKind::DoWhile { body, condition }.into()])
    }

    // ---- expressions ----

    /// A variable or an element that may be assigned to.
    fn target(&mut self) -> Expression {
        if self.uses_memory && self.chance(3) {
            return self.memory_place();
        }
        let scalars = self.scope.scalars.len();
        if !self.scope.arrays.is_empty() && (scalars == 0 || self.rng.random_bool(0.6)) {
            return self.element(1);
        }
        match scalars {
            // There is always a parameter of one kind or the other.
            0 => self.element(1),
            _ => variable(&self.scope.scalars[self.rng.random_range(0..scalars)].clone()),
        }
    }

    pub fn element(&mut self, depth: u32) -> Expression {
        let (plain, typed) = (&self.scope.arrays, &self.scope.typed);
        if plain.is_empty() && typed.is_empty() {
            return variable(&self.scope.scalars[0].clone());
        }
        let which = self.rng.random_range(0..plain.len() + typed.len());
        let array = plain.get(which).unwrap_or_else(|| &typed[which - plain.len()]).clone();
        let index = match self.rng.random_range(0..16) {
            0 if self.chance(2) => self.value(depth),
            1 | 2 => binary(BinaryOperator::BitAnd, self.value(depth.min(1)), constant(self.rng.random_range(1..=3))),
            3..=5 if !self.scope.counters.is_empty() => {
                let which = self.rng.random_range(0..self.scope.counters.len());
                variable(&self.scope.counters[which].clone())
            }
            6 if self.chance(3) => constant(self.rng.random_range(-1..=5)),
            _ => constant(self.rng.random_range(0..=2)),
        };
        ExpressionKind::Element { array: name(&array), index: Box::new(index) }.into()
    }

    fn assignment(&mut self, depth: u32) -> Expression {
        let target = self.target();
        let operator = match self.rng.random_range(0..4) {
            0 | 1 => None,
            2 => Some(pick(self.rng, &ASSIGNMENTS[..2])),
            _ => Some(pick(self.rng, &ASSIGNMENTS)),
        };
        let value = self.value(depth);
        ExpressionKind::Assign { operator, target: Box::new(target), value: Box::new(value) }.into()
    }

    /// An expression that changes something inside.
    fn effect(&mut self, depth: u32) -> Expression {
        match self.rng.random_range(0..3) {
            0 => self.assignment(depth - 1),
            1 => step(self.rng.random(), self.rng.random(), self.target()),
            _ => match self.call(true) {
                Some(call) => call,
                None => self.assignment(depth - 1),
            },
        }
    }

    /// A call of an earlier function, if there is one whose arguments can be had.
    fn call(&mut self, valued: bool) -> Option<Expression> {
        let fits = |function: &&Function| !valued || function.returns == ReturnType::Int;
        let callable: Vec<&Function> = self.callable.iter().filter(fits).collect();
        let function = *callable.get(self.rng.random_range(0..callable.len().max(1)))?;
        let mut arguments = Vec::new();
        for parameter in &function.parameters {
            arguments.push(match parameter.kind {
                ParameterKind::Scalar | ParameterKind::TypedScalar(_) => self.value(1),
                ParameterKind::Matrix(_) => self.matrix_argument()?,
                _ if self.uses_memory && self.chance(3) => self.pointer_argument(),
                _ if self.scope.arrays.is_empty() => return None,
                _ => variable(&self.scope.arrays[self.rng.random_range(0..self.scope.arrays.len())].clone()),
            });
        }
        Some(ExpressionKind::Call { function: function.name.clone(), arguments }.into())
    }

    /// Any expression.
    pub fn value(&mut self, depth: u32) -> Expression {
        if depth == 0 {
            return self.leaf();
        }
        match self.rng.random_range(0..23) {
            20 | 21 => {
                let (ty, operand) = (pick(self.rng, &TYPES), Box::new(self.value(depth - 1)));
                ExpressionKind::Cast { ty, operand }.into()
            }
            22 if self.chance(2) => {
                // gcc 12 itself fails on `(_Bool) (3, 4)`, so that the left side does something.
                let (left, right) = (Box::new(self.effect(1)), Box::new(self.value(depth - 1)));
                ExpressionKind::Comma { left, right }.into()
            }
            22 => ExpressionKind::SizeOf(Box::new(self.value(depth - 1))).into(),
            0..=7 => self.leaf(),
            8..=11 => binary(pick(self.rng, &SAFE), self.value(depth - 1), self.value(depth - 1)),
            12..=14 => {
                let operator = pick(self.rng, &OPERATORS);
                let right = match operator {
                    // Most counts and divisors are sound.
                    BinaryOperator::ShiftLeft | BinaryOperator::ShiftRight if !self.chance(4) => {
                        constant(self.rng.random_range(0..=4))
                    }
                    BinaryOperator::Divide | BinaryOperator::Remainder if !self.chance(3) => {
                        constant(pick(self.rng, &[-3, -2, -1, 1, 2, 3, 7]))
                    }
                    _ => self.value(depth - 1),
                };
                binary(operator, self.value(depth - 1), right)
            }
            15 | 16 => {
                let (operator, operand) = (pick(self.rng, &UNARIES), self.value(depth - 1));
                ExpressionKind::Unary { operator, operand: Box::new(operand) }.into()
            }
            17 => ExpressionKind::Conditional {
                condition: Box::new(self.value(depth - 1)),
                then: Box::new(self.value(depth - 1)),
                otherwise: Box::new(self.value(depth - 1)),
            }
            .into(),
            18 if self.chance(3) => self.effect(depth),
            _ => match self.chance(2) {
                true => self.call(true).unwrap_or_else(|| self.leaf()),
                false => self.leaf(),
            },
        }
    }

    fn leaf(&mut self) -> Expression {
        if self.uses_memory && self.chance(5) {
            return self.memory_value();
        }
        match self.rng.random_range(0..12) {
            0..=3 => constant(self.rng.random_range(-4..=4)),
            4 if self.chance(4) => constant(pick(self.rng, &EDGES)),
            4 if self.chance(2) => {
                let (value, ty) = pick(self.rng, &LITERALS);
                ExpressionKind::Literal { value, ty }.into()
            }
            5..=6 if !self.scope.counters.is_empty() => {
                variable(&self.scope.counters[self.rng.random_range(0..self.scope.counters.len())].clone())
            }
            4..=8 if !self.scope.scalars.is_empty() => {
                variable(&self.scope.scalars[self.rng.random_range(0..self.scope.scalars.len())].clone())
            }
            9.. if !self.scope.arrays.is_empty() => self.element(0),
            _ => constant(self.rng.random_range(0..=3)),
        }
    }
}
