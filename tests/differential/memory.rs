//! The part of the generator that makes globals, static variables, arrays of arrays and pointers.

use crate::generate::{Generator, Random, TYPES, binary, constant, expression, name, scalar, step, variable};
use crate::pick;
use iocc::lang::c::ast::*;
use rand::Rng;

const PLAIN: Specifiers = Specifiers { ty: Integer::Int, constant: false };

/// What can be named beyond plain variables and arrays.
#[derive(Clone, Default)]
pub struct Memory {
    /// Arrays of arrays of `int`, with the lengths of their dimensions.
    matrices: Vec<(String, Vec<i32>)>,
    /// Pointers to `int`.
    pointers: Vec<Pointer>,
    /// Pointers to other types, which stay in their arrays.
    others: Vec<String>,
}

/// A pointer, and how many names were in scope where it was declared: others may end before it does.
#[derive(Clone)]
struct Pointer {
    name: String,
    within: Within,
}

/// How many of the names in scope may be pointed to.
#[derive(Clone, Copy)]
struct Within {
    arrays: usize,
    scalars: usize,
    matrices: usize,
    pointers: usize,
}

impl Within {
    const ALL: Self = Self { arrays: usize::MAX, scalars: usize::MAX, matrices: usize::MAX, pointers: usize::MAX };
}

fn dereference(pointer: Expression) -> Expression {
    ExpressionKind::Dereference(Box::new(pointer)).into()
}

fn address_of(place: Expression) -> Expression {
    ExpressionKind::AddressOf(Box::new(place)).into()
}

fn element(array: &str, index: Expression) -> Expression {
    ExpressionKind::Element { array: name(array), index: Box::new(index) }.into()
}

fn subscript(base: Expression, index: Expression) -> Expression {
    ExpressionKind::Subscript { base: Box::new(base), index: Box::new(index) }.into()
}

fn assign(operator: Option<BinaryOperator>, target: Expression, value: Expression) -> Expression {
    ExpressionKind::Assign { operator, target: Box::new(target), value: Box::new(value) }.into()
}

fn declarator(text: &str, kind: DeclaratorKind) -> Declarator {
    Declarator { name: name(text), kind, span: Default::default() }
}

/// The globals of a program, and what of them is in scope in its functions.
pub fn globals(rng: &mut Random, number: usize) -> (Vec<Statement>, Vec<(String, What)>) {
    let mut declarations = Vec::new();
    let mut names = Vec::new();
    for index in 0..rng.random_range(1..=3) {
        let small = |rng: &mut Random| constant(rng.random_range(-4..=9));
        let (text, what, kind) = match rng.random_range(0..5) {
            0 | 1 => {
                let value = rng.random_bool(0.7).then(|| small(rng));
                (format!("g{number}_{index}"), What::Scalar, DeclaratorKind::Scalar(value))
            }
            2 | 3 => {
                let length = rng.random_range(3..=6);
                let values =
                    rng.random_bool(0.6).then(|| (0..rng.random_range(1..=length)).map(|_| small(rng)).collect());
                let kind = DeclaratorKind::Array { length: Some(length), values };
                (format!("g{number}_{index}"), What::Array, kind)
            }
            _ => {
                let lengths = vec![rng.random_range(2..=3), 3];
                let values = rng.random_bool(0.6).then(|| rows(&lengths, &mut || small(rng)));
                (format!("g{number}_{index}"), What::Matrix(lengths.clone()), matrix(&lengths, values))
            }
        };
        let plain = rng.random_bool(0.7) || matches!(what, What::Matrix(_));
        let ty = if plain { Integer::Int } else { pick(rng, &TYPES) };
        let what = match what {
            What::Scalar if !plain => What::OtherScalar,
            What::Array if !plain => What::OtherArray,
            what => what,
        };
        let specifiers = Specifiers { ty, constant: false };
        let declared = vec![declarator(&text, kind)];
        declarations.push(match rng.random_bool(0.5) {
            true => StatementKind::TypedDeclaration(specifiers, declared).into(),
            false => StatementKind::StaticDeclaration(specifiers, declared).into(),
        });
        names.push((text, what));
    }
    (declarations, names)
}

/// What a global is.
pub enum What {
    Scalar,
    OtherScalar,
    Array,
    OtherArray,
    Matrix(Vec<i32>),
}

fn matrix(lengths: &[i32], values: Option<Initializer>) -> DeclaratorKind {
    DeclaratorKind::Matrix { lengths: lengths.iter().map(|length| Some(constant(*length))).collect(), values }
}

/// Values for the first rows, a few each.
fn rows(lengths: &[i32], value: &mut dyn FnMut() -> Expression) -> Initializer {
    let list = lengths.iter().skip(1).map(|length| length - 1);
    let row = |count: i32, value: &mut dyn FnMut() -> Expression| {
        Initializer::List((0..=count).map(|_| Initializer::Value(value())).collect(), Default::default())
    };
    let mut inner = list.fold(None, |_, count| Some(count)).unwrap_or(0);
    let mut all = Vec::new();
    for _ in 0..lengths[0] {
        all.push(row(inner.max(0), value));
        inner -= 1;
    }
    Initializer::List(all, Default::default())
}

impl Generator<'_> {
    /// Puts a program's globals into scope.
    pub fn name_globals(&mut self, globals: &[(String, What)]) {
        for (text, what) in globals {
            match what {
                // Its address is not taken where its type is another.
                What::Scalar | What::OtherScalar => self.scope.scalars.push(text.clone()),
                What::Array => self.scope.arrays.push(text.clone()),
                What::OtherArray => self.scope.typed.push(text.clone()),
                What::Matrix(lengths) => self.scope.memory.matrices.push((text.clone(), lengths.clone())),
            }
            if let What::OtherScalar = what {
                self.other_scalars.push(text.clone());
            }
        }
    }

    /// A parameter that is an array of arrays.
    pub fn matrix_parameter(&mut self, text: &str) -> Parameter {
        self.scope.memory.matrices.push((text.to_owned(), vec![2, 3]));
        Parameter { name: name(text), kind: ParameterKind::Matrix(PLAIN), lengths: vec![None, Some(constant(3))] }
    }

    /// An argument for such a parameter.
    pub fn matrix_argument(&mut self) -> Option<Expression> {
        let fitting =
            self.scope.memory.matrices.iter().filter(|(_, lengths)| lengths[..] == [2, 3] || lengths[..] == [3, 3]);
        let names: Vec<String> = fitting.map(|(text, _)| text.clone()).collect();
        let chosen = names.get(self.rng.random_range(0..names.len().max(1)))?;
        Some(variable(chosen))
    }

    fn next_name(&mut self, letter: char) -> String {
        self.names += 1;
        format!("{letter}{}", self.names)
    }

    fn small(&mut self) -> Expression {
        let most = if self.chance(6) { 6 } else { 2 };
        let least = if self.chance(20) { -1 } else { 0 };
        constant(self.rng.random_range(least..=most))
    }

    // ---- statements ----

    /// A declaration or a use of memory.
    pub fn memory_statement(&mut self) -> Statement {
        match self.rng.random_range(0..14) {
            0 | 1 => self.matrix_declaration(),
            2 | 3 => self.pointer_declaration(),
            4 => self.static_declaration(),
            5 => self.other_pointer(),
            6 | 7 => self.walk(),
            8..=11 => match self.moved_pointer() {
                Some(moved) => expression(moved),
                None => self.pointer_declaration(),
            },
            _ => {
                let (target, value) = (self.memory_place(), self.value(2));
                expression(assign(None, target, value))
            }
        }
    }

    fn matrix_declaration(&mut self) -> Statement {
        let text = self.next_name('m');
        let lengths = match self.rng.random_range(0..4) {
            0 => vec![2, 2, 2],
            1 => vec![3, 3],
            _ => vec![2, 3],
        };
        let values = (lengths.len() == 2 && !self.chance(6)).then(|| rows(&lengths, &mut || self.value(1)));
        let values = values.or_else(|| {
            let flat = (0..self.rng.random_range(1..=4)).map(|_| Initializer::Value(self.value(0))).collect();
            (!self.chance(8)).then_some(Initializer::List(flat, Default::default()))
        });
        let declared = vec![declarator(&text, matrix(&lengths, values))];
        self.scope.memory.matrices.push((text, lengths));
        StatementKind::TypedDeclaration(PLAIN, declared).into()
    }

    fn pointer_declaration(&mut self) -> Statement {
        let value = self.pointer(Within::ALL, 2);
        let text = self.next_name('p');
        let value = if self.chance(40) { None } else { Some(value) };
        let statement = StatementKind::TypedDeclaration(PLAIN, vec![declarator(&text, DeclaratorKind::Pointer(value))]);
        self.name_pointer(text);
        statement.into()
    }

    fn name_pointer(&mut self, name: String) {
        let within = Within {
            arrays: self.scope.arrays.len(),
            scalars: self.scope.scalars.len(),
            matrices: self.scope.memory.matrices.len(),
            pointers: self.scope.memory.pointers.len(),
        };
        self.scope.memory.pointers.push(Pointer { name, within });
    }

    fn static_declaration(&mut self) -> Statement {
        let text = self.next_name('v');
        let small = constant(self.rng.random_range(-3..=5));
        let declared = if self.rng.random() {
            self.scope.scalars.push(text.clone());
            scalar(&text, Some(small))
        } else {
            let text = format!("l{}", self.names);
            self.scope.arrays.push(text.clone());
            declarator(&text, DeclaratorKind::Array { length: Some(4), values: Some(vec![small]) })
        };
        StatementKind::StaticDeclaration(PLAIN, vec![declared]).into()
    }

    /// An array of another type and a pointer into it.
    fn other_pointer(&mut self) -> Statement {
        let specifiers = Specifiers { ty: pick(self.rng, &TYPES), constant: false };
        let (array, pointer) = (self.next_name('t'), self.next_name('q'));
        let values = (0..4).map(|_| self.value(1)).collect();
        let start = binary(BinaryOperator::Add, variable(&array), self.small());
        let declared = vec![
            declarator(&array, DeclaratorKind::Array { length: Some(4), values: Some(values) }),
            declarator(&pointer, DeclaratorKind::Pointer(Some(start))),
        ];
        self.scope.typed.push(array);
        self.scope.memory.others.push(pointer);
        StatementKind::TypedDeclaration(specifiers, declared).into()
    }

    /// A loop over an array by a pointer.
    fn walk(&mut self) -> Statement {
        if self.scope.arrays.is_empty() {
            return self.pointer_declaration();
        }
        let array = self.scope.arrays[self.rng.random_range(0..self.scope.arrays.len())].clone();
        let text = self.next_name('p');
        let count = constant(self.rng.random_range(0..=3));
        let end = binary(BinaryOperator::Add, variable(&array), count);
        let comparison = pick(self.rng, &[BinaryOperator::Less, BinaryOperator::NotEqual]);
        let condition = binary(comparison, variable(&text), end);
        let start = DeclaratorKind::Pointer(Some(variable(&array)));
        let start = StatementKind::TypedDeclaration(PLAIN, vec![declarator(&text, start)]);
        let outer = self.scope.clone();
        self.name_pointer(text.clone());
        self.loops += 1;
        let body = self.statements();
        self.loops -= 1;
        self.scope = outer;
        StatementKind::For {
            start: Box::new(start.into()),
            condition: Some(condition),
            step: Some(step(true, self.rng.random(), variable(&text))),
            body: Box::new(StatementKind::Block(body).into()),
        }
        .into()
    }

    /// A pointer that is given another value.
    fn moved_pointer(&mut self) -> Option<Expression> {
        if self.scope.memory.pointers.is_empty() {
            return None;
        }
        let which = self.rng.random_range(0..self.scope.memory.pointers.len());
        let Pointer { name, within } = self.scope.memory.pointers[which].clone();
        Some(match self.rng.random_range(0..4) {
            0 => step(self.rng.random_bool(0.7), self.rng.random(), variable(&name)),
            1 => {
                let operator = pick(self.rng, &[BinaryOperator::Add, BinaryOperator::Add, BinaryOperator::Subtract]);
                let by = self.small();
                assign(Some(operator), variable(&name), by)
            }
            _ => {
                let value = self.pointer(within, 2);
                assign(None, variable(&name), value)
            }
        })
    }

    // ---- expressions ----

    /// A pointer to `int`, into what is within.
    fn pointer(&mut self, within: Within, depth: u32) -> Expression {
        let some = |rng: &mut Random, names: &[String], most: usize| {
            let names = &names[..names.len().min(most)];
            (!names.is_empty()).then(|| names[rng.random_range(0..names.len())].clone())
        };
        for _ in 0..8 {
            let made = match self.rng.random_range(0..16) {
                0..=5 => {
                    some(self.rng, &self.scope.arrays, within.arrays).map(|array| match self.rng.random_range(0..3) {
                        0 => variable(&array),
                        1 => binary(BinaryOperator::Add, variable(&array), self.small()),
                        _ => address_of(element(&array, self.small())),
                    })
                }
                6..=8 => {
                    let names: Vec<String> = self.scope.memory.pointers.iter().map(|it| it.name.clone()).collect();
                    some(self.rng, &names, within.pointers).map(|pointer| match self.rng.random_range(0..4) {
                        0 | 1 => variable(&pointer),
                        2 => binary(BinaryOperator::Add, variable(&pointer), self.small()),
                        _ => binary(BinaryOperator::Subtract, variable(&pointer), self.small()),
                    })
                }
                9 | 10 => {
                    let plain =
                        |text: &&String| text.starts_with(['v', 'x', 'g']) && !self.other_scalars.contains(text);
                    let scalars = &self.scope.scalars[..self.scope.scalars.len().min(within.scalars)];
                    let names: Vec<String> = scalars.iter().filter(plain).cloned().collect();
                    some(self.rng, &names, usize::MAX).map(|scalar| address_of(variable(&scalar)))
                }
                11..=13 => {
                    let most = self.scope.memory.matrices.len().min(within.matrices);
                    (most > 0).then(|| {
                        let which = self.rng.random_range(0..most);
                        let (text, lengths) = self.scope.memory.matrices[which].clone();
                        let mut row = element(&text, self.small_index(lengths[0]));
                        for length in &lengths[1..lengths.len() - 1] {
                            row = subscript(row, self.small_index(*length));
                        }
                        if self.rng.random() { row } else { address_of(subscript(row, self.small())) }
                    })
                }
                14 if depth > 0 => {
                    let (then, otherwise) = (self.pointer(within, depth - 1), self.pointer(within, depth - 1));
                    let condition = self.value(1);
                    Some(
                        ExpressionKind::Conditional {
                            condition: Box::new(condition),
                            then: Box::new(then),
                            otherwise: Box::new(otherwise),
                        }
                        .into(),
                    )
                }
                15 if self.chance(4) => Some(constant(0)),
                _ => None,
            };
            // Two null pointers make a number.
            let null = |side: &Expression| matches!(side.kind, ExpressionKind::Constant(_));
            match made {
                Some(Expression { kind: ExpressionKind::Conditional { then, otherwise, .. }, .. })
                    if null(&then) && null(&otherwise) => {}
                Some(made) => return made,
                None => {}
            }
        }
        constant(0)
    }

    fn small_index(&mut self, length: i32) -> Expression {
        match self.rng.random_range(0..12) {
            0 => self.small(),
            1 | 2 if !self.scope.counters.is_empty() => {
                let which = self.rng.random_range(0..self.scope.counters.len());
                variable(&self.scope.counters[which].clone())
            }
            3 => binary(BinaryOperator::BitAnd, self.value(1), constant(1)),
            _ => constant(self.rng.random_range(0..length)),
        }
    }

    /// An `int` in memory that can be written.
    pub fn memory_place(&mut self) -> Expression {
        let memory = &self.scope.memory;
        let (matrices, pointers, others) = (memory.matrices.len(), memory.pointers.len(), memory.others.len());
        match self.rng.random_range(0..8) {
            0..=2 if matrices > 0 => {
                let (text, lengths) = self.scope.memory.matrices[self.rng.random_range(0..matrices)].clone();
                let mut place = element(&text, self.small_index(lengths[0]));
                for length in &lengths[1..] {
                    place = subscript(place, self.small_index(*length));
                }
                place
            }
            0..=5 if pointers > 0 => {
                let pointer = self.scope.memory.pointers[self.rng.random_range(0..pointers)].name.clone();
                match self.rng.random_range(0..5) {
                    0 => element(&pointer, self.small_index(2)),
                    1 => dereference(binary(BinaryOperator::Add, variable(&pointer), self.small_index(2))),
                    2 if self.chance(3) => dereference(step(self.rng.random(), self.rng.random(), variable(&pointer))),
                    _ => dereference(variable(&pointer)),
                }
            }
            6 if others > 0 => {
                let pointer = self.scope.memory.others[self.rng.random_range(0..others)].clone();
                if self.rng.random() { dereference(variable(&pointer)) } else { element(&pointer, self.small_index(2)) }
            }
            7 if self.chance(3) => dereference(self.pointer(Within::ALL, 1)),
            _ => self.element(1),
        }
    }

    /// A number that pointers give, mostly.
    pub fn memory_value(&mut self) -> Expression {
        if self.scope.memory.pointers.is_empty() || !self.chance(4) {
            return self.memory_place();
        }
        let left = self.pointer(Within::ALL, 0);
        match self.rng.random_range(0..6) {
            0 => ExpressionKind::Unary { operator: UnaryOperator::Not, operand: Box::new(left) }.into(),
            1 => {
                let moved = binary(BinaryOperator::Add, left.clone(), self.small());
                let operand = Box::new(binary(BinaryOperator::Subtract, moved, left));
                ExpressionKind::Cast { ty: Integer::Int, operand }.into()
            }
            2 => {
                let right = binary(BinaryOperator::Add, left.clone(), self.small());
                let operator =
                    pick(self.rng, &[BinaryOperator::Less, BinaryOperator::LessEqual, BinaryOperator::Greater]);
                binary(operator, left, right)
            }
            _ => {
                let right = self.pointer(Within::ALL, 0);
                binary(pick(self.rng, &[BinaryOperator::Equal, BinaryOperator::NotEqual]), left, right)
            }
        }
    }

    /// An argument for an array parameter.
    pub fn pointer_argument(&mut self) -> Expression {
        self.pointer(Within::ALL, 0)
    }
}
