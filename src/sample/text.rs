//! A [`Tree`] as text, in the layout of `lang::c::print`, and its length in C tokens. One thing differs: a negative
//! constant is written `(-1)` in a declaration too, so that it is one token wherever a model meets it.

use super::tree::{Assignment, Expr, Operator, Stmt, Tree};
use std::fmt::Write;

/// The tokens of `int * func_1 ( int a [ ] ) {` and of `return a ; }`.
const FRAME_TOKENS: usize = 14;

/// The source text, ending in `}`.
pub fn print(tree: &Tree) -> String {
    let mut writer = Writer { tree, text: String::with_capacity(512) };
    writer.text.push_str("int * func_1(int a[])\n{\n");
    writer.body(&tree.body, 1);
    writer.text.push_str("    return a;\n}");
    writer.text
}

struct Writer<'a> {
    tree: &'a Tree,
    text: String,
}

impl Writer<'_> {
    fn indent(&mut self, depth: usize) {
        const SPACES: &str = "                                                                ";
        let mut width = depth * 4;
        while width > 0 {
            let part = width.min(SPACES.len());
            self.text.push_str(&SPACES[..part]);
            width -= part;
        }
    }

    fn body(&mut self, body: &[Stmt], depth: usize) {
        for statement in body {
            self.indent(depth);
            self.statement(statement, depth);
        }
    }

    fn block(&mut self, body: &[Stmt], depth: usize) {
        self.indent(depth);
        self.text.push_str("{\n");
        self.body(body, depth + 1);
        self.indent(depth);
        self.text.push_str("}\n");
    }

    fn statement(&mut self, statement: &Stmt, depth: usize) {
        match statement {
            Stmt::Declare(..) | Stmt::Assign(..) | Stmt::Step { .. } => {
                self.simple(statement);
                self.text.push_str(";\n");
            }
            Stmt::If(condition, then, otherwise) => {
                self.text.push_str("if (");
                self.expression(condition, 0);
                self.text.push_str(")\n");
                self.block(then, depth);
                if let Some(otherwise) = otherwise {
                    self.indent(depth);
                    self.text.push_str("else\n");
                    self.block(otherwise, depth);
                }
            }
            Stmt::For(each) => {
                self.text.push_str("for (");
                self.simple(&each.start);
                self.text.push_str("; ");
                self.expression(&each.condition, 0);
                self.text.push_str("; ");
                self.simple(&each.step);
                self.text.push_str(")\n");
                self.block(&each.body, depth);
            }
            Stmt::Break => self.text.push_str("break;\n"),
            Stmt::Continue => self.text.push_str("continue;\n"),
        }
    }

    /// A statement without its semicolon.
    fn simple(&mut self, statement: &Stmt) {
        match statement {
            Stmt::Declare(slot, value) => {
                self.text.push_str("int ");
                self.text.push_str(&self.tree.names[usize::from(*slot)]);
                self.text.push_str(" = ");
                self.expression(value, 0);
            }
            Stmt::Assign(kind, target, value) => {
                self.expression(target, 9);
                self.text.push_str(match kind {
                    Assignment::Set => " = ",
                    Assignment::Add => " += ",
                    Assignment::Subtract => " -= ",
                });
                self.expression(value, 0);
            }
            Stmt::Step { increment, prefix, target } => {
                let operator = if *increment { "++" } else { "--" };
                if *prefix {
                    self.text.push_str(operator);
                }
                self.expression(target, 9);
                if !*prefix {
                    self.text.push_str(operator);
                }
            }
            _ => unreachable!("only declarations, assignments and steps are simple"),
        }
    }

    fn expression(&mut self, expression: &Expr, least: u8) {
        match expression {
            Expr::Constant(value) => self.constant(*value),
            Expr::Variable(slot) => self.text.push_str(&self.tree.names[usize::from(*slot)]),
            Expr::Cell(cell) => {
                self.text.push_str("a[");
                self.constant(*cell);
                self.text.push(']');
            }
            Expr::At(slot) => {
                self.text.push_str("a[");
                self.text.push_str(&self.tree.names[usize::from(*slot)]);
                self.text.push(']');
            }
            Expr::Index(index) => {
                self.text.push_str("a[");
                self.expression(index, 0);
                self.text.push(']');
            }
            Expr::Binary(operator, operands) => {
                let precedence = operator.precedence();
                if precedence < least {
                    self.text.push('(');
                }
                self.expression(&operands.0, precedence);
                self.text.push(' ');
                self.text.push_str(operator.text());
                self.text.push(' ');
                self.expression(&operands.1, precedence + 1);
                if precedence < least {
                    self.text.push(')');
                }
            }
            Expr::Negate(operand) => {
                self.text.push('-');
                // A constant after the minus sign would read as one negative constant.
                self.expression(operand, 8);
            }
        }
    }

    fn constant(&mut self, value: i32) {
        if (0..10).contains(&value) {
            self.text.push(char::from(b'0' + value as u8));
        } else if value >= 0 {
            write!(self.text, "{value}").expect("a String takes what it is given");
        } else {
            write!(self.text, "({value})").expect("a String takes what it is given");
        }
    }
}

/// The number of C tokens of the source text; `(-1)` is four.
pub fn tokens(tree: &Tree) -> usize {
    FRAME_TOKENS + Measure { negative: 4 }.body(&tree.body)
}

/// The length as a model sees it: C tokens, but `(-1)` is one.
pub fn length(tree: &Tree) -> usize {
    FRAME_TOKENS + UNITS.body(&tree.body)
}

/// Counts tokens, with a negative constant as so many.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    /// The tokens of a negative constant.
    pub negative: usize,
}

/// The measure of [`length`].
pub const UNITS: Measure = Measure { negative: 1 };
/// The measure of [`tokens`].
pub const TOKENS: Measure = Measure { negative: 4 };

impl Measure {
    /// The tokens of statements.
    pub fn body(self, body: &[Stmt]) -> usize {
        body.iter().map(|statement| self.statement(statement)).sum()
    }

    /// The tokens of a statement.
    pub fn statement(self, statement: &Stmt) -> usize {
        match statement {
            Stmt::Declare(_, value) => 4 + self.expression(value),
            Stmt::Assign(_, target, value) => 2 + self.operand(target, 9) + self.expression(value),
            Stmt::Step { target, .. } => 2 + self.operand(target, 9),
            Stmt::If(condition, then, otherwise) => {
                let otherwise = otherwise.as_ref().map_or(0, |body| 3 + self.body(body));
                5 + self.expression(condition) + self.body(then) + otherwise
            }
            Stmt::For(each) => {
                let header = self.statement(&each.start) + self.expression(&each.condition) + 1;
                // The step has no semicolon.
                5 + header + self.statement(&each.step) - 1 + self.body(&each.body)
            }
            Stmt::Break | Stmt::Continue => 2,
        }
    }

    /// The tokens of an expression.
    pub fn expression(self, expression: &Expr) -> usize {
        self.operand(expression, 0)
    }

    /// The tokens of an expression where anything that binds weaker than `least` needs parentheses.
    fn operand(self, expression: &Expr, least: u8) -> usize {
        match expression {
            Expr::Constant(value) => self.constant(*value),
            Expr::Variable(_) => 1,
            Expr::At(_) => 4,
            Expr::Cell(cell) => 3 + self.constant(*cell),
            Expr::Index(index) => 3 + self.expression(index),
            Expr::Binary(operator, operands) => {
                let precedence = operator.precedence();
                let parentheses = if precedence < least { 2 } else { 0 };
                let operands = self.operand(&operands.0, precedence) + self.operand(&operands.1, precedence + 1);
                parentheses + 1 + operands
            }
            Expr::Negate(operand) => 1 + self.operand(operand, 8),
        }
    }

    fn constant(self, value: i32) -> usize {
        if value < 0 { self.negative } else { 1 }
    }
}

/// How deep the program's loops are nested.
pub fn loop_depth(tree: &Tree) -> usize {
    fn depth(body: &[Stmt]) -> usize {
        body.iter()
            .map(|statement| match statement {
                Stmt::If(_, then, otherwise) => depth(then).max(otherwise.as_deref().map_or(0, depth)),
                Stmt::For(each) => 1 + depth(&each.body),
                _ => 0,
            })
            .max()
            .unwrap_or(0)
    }
    depth(&tree.body)
}

/// Whether the program has a loop.
pub fn loops(tree: &Tree) -> bool {
    fn any(body: &[Stmt]) -> bool {
        body.iter().any(|statement| match statement {
            Stmt::If(_, then, otherwise) => any(then) || otherwise.as_deref().is_some_and(any),
            statement => matches!(statement, Stmt::For(_)),
        })
    }
    any(&tree.body)
}

/// Whether an expression holds a comparison or a connective, whose value is a truth value.
pub fn is_truth(expression: &Expr) -> bool {
    matches!(expression, Expr::Binary(operator, _) if !matches!(operator, Operator::Add | Operator::Subtract))
}
