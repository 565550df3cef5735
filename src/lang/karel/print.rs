//! The syntax tree as text, in both forms.

use super::ast::{Block, Condition, Form, Program, StatementKind};
use std::fmt::Write as _;

/// The program: in tokens on one line, in the readable form with a line a statement. Parsed again it gives the same.
pub fn print(program: &Program, form: Form) -> String {
    let mut out = String::new();
    match form {
        Form::Tokens => {
            out.push_str("DEF run m( ");
            tokens(&program.body, &mut out);
            out.push_str("m)");
        }
        Form::Readable => {
            out.push_str("def run():\n");
            readable(&program.body, 1, &mut out);
        }
    }
    out
}

/// A condition: `not c( frontIsClear c)` or `not(frontIsClear)`.
pub fn print_condition(condition: Condition, form: Form) -> String {
    let (open, close) = match form {
        Form::Tokens => ("not c( ", " c)"),
        Form::Readable => ("not(", ")"),
    };
    let count = condition.negations as usize;
    format!("{}{}{}", open.repeat(count), condition.test.name(), close.repeat(count))
}

// Writing to a String cannot fail.
fn tokens(block: &Block, out: &mut String) {
    let test = |condition: &Condition| print_condition(*condition, Form::Tokens);
    for statement in block {
        match &statement.kind {
            StatementKind::Action(action) => {
                let _ = write!(out, "{} ", action.name());
            }
            StatementKind::While(condition, body) => {
                let _ = write!(out, "WHILE c( {} c) w( ", test(condition));
                tokens(body, out);
                out.push_str("w) ");
            }
            StatementKind::Repeat(count, body) => {
                let _ = write!(out, "REPEAT R={count} r( ");
                tokens(body, out);
                out.push_str("r) ");
            }
            StatementKind::If(condition, body) => {
                let _ = write!(out, "IF c( {} c) i( ", test(condition));
                tokens(body, out);
                out.push_str("i) ");
            }
            StatementKind::IfElse(condition, then, otherwise) => {
                let _ = write!(out, "IFELSE c( {} c) i( ", test(condition));
                tokens(then, out);
                out.push_str("i) ELSE e( ");
                tokens(otherwise, out);
                out.push_str("e) ");
            }
        }
    }
}

fn readable(block: &Block, depth: usize, out: &mut String) {
    let indent = "    ".repeat(depth);
    let test = |condition: &Condition| print_condition(*condition, Form::Readable);
    for statement in block {
        let _ = match &statement.kind {
            StatementKind::Action(action) => writeln!(out, "{indent}{}()", action.name()),
            StatementKind::While(condition, _) => writeln!(out, "{indent}while({}):", test(condition)),
            StatementKind::Repeat(count, _) => writeln!(out, "{indent}repeat({count}):"),
            StatementKind::If(condition, _) => writeln!(out, "{indent}if({}):", test(condition)),
            StatementKind::IfElse(condition, ..) => writeln!(out, "{indent}ifelse({}):", test(condition)),
        };
        for (number, inner) in statement.blocks().enumerate() {
            if number > 0 {
                let _ = writeln!(out, "{indent}else:");
            }
            readable(inner, depth + 1, out);
        }
    }
}
