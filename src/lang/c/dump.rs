//! The syntax tree as indented text, a node a line, for people and snapshots.

use super::ast::*;
use std::fmt::Write as _;

/// Shows a tree; with `spans`, each node with its byte range in the source.
pub fn dump(program: &Program, spans: bool) -> String {
    let mut dump = Dump { out: String::new(), depth: 0, spans };
    for enumeration in &program.declarations {
        dump.statement(enumeration);
    }
    for function in &program.functions {
        dump.function(function);
    }
    dump.out
}

struct Dump {
    out: String,
    depth: usize,
    spans: bool,
}

impl Dump {
    /// A node, and what is below it.
    fn node(&mut self, text: &str, span: crate::diagnostic::Span, below: impl FnOnce(&mut Self)) {
        for _ in 0..self.depth {
            self.out.push_str("  ");
        }
        self.out.push_str(text);
        if self.spans {
            // Writing to a String cannot fail.
            let _ = write!(self.out, " @{}..{}", span.start, span.end);
        }
        self.out.push('\n');
        self.depth += 1;
        below(self);
        self.depth -= 1;
    }

    fn function(&mut self, function: &Function) {
        let returns = match function.returns {
            ReturnType::Void => "void".to_owned(),
            ReturnType::Int => "int".to_owned(),
            ReturnType::IntPointer => "int *".to_owned(),
            ReturnType::Integer(ty) => ty.text().to_owned(),
            ReturnType::Pointer(ty) => format!("{} *", ty.text()),
            ReturnType::ConstantPointer(ty) => format!("const {} *", ty.text()),
        };
        self.node(&format!("function {returns} {}", function.name.text), function.span, |dump| {
            for Parameter { name, kind, lengths } in &function.parameters {
                let length = match kind {
                    ParameterKind::Scalar | ParameterKind::TypedScalar(_) => String::new(),
                    ParameterKind::Array(None) | ParameterKind::TypedArray(_, None) => "[]".to_owned(),
                    ParameterKind::Array(Some(length)) | ParameterKind::TypedArray(_, Some(length)) => {
                        format!("[{length}]")
                    }
                    ParameterKind::Matrix(_) => "[]".repeat(lengths.len()),
                };
                let specifiers = match kind {
                    ParameterKind::TypedScalar(it) | ParameterKind::TypedArray(it, _) | ParameterKind::Matrix(it) => {
                        specifiers(*it)
                    }
                    _ => String::new(),
                };
                dump.node(&format!("parameter {specifiers}{}{length}", name.text), name.span, |dump| {
                    lengths.iter().for_each(|length| dump.optional(length.as_ref()));
                });
            }
            dump.statements(&function.body);
        });
    }

    fn statements(&mut self, statements: &[Statement]) {
        statements.iter().for_each(|statement| self.statement(statement));
    }

    fn statement(&mut self, statement: &Statement) {
        let text = match &statement.kind {
            StatementKind::Block(_) => "block",
            StatementKind::If { .. } => "if",
            StatementKind::For { .. } => "for",
            StatementKind::While { .. } => "while",
            StatementKind::DoWhile { .. } => "do",
            StatementKind::Break => "break",
            StatementKind::Continue => "continue",
            StatementKind::Return(_) => "return",
            StatementKind::Declaration(_) => "declaration",
            StatementKind::TypedDeclaration(it, _) => &format!("declaration {}", specifiers(*it).trim_end()),
            StatementKind::StaticDeclaration(it, _) => &format!("declaration static {}", specifiers(*it).trim_end()),
            StatementKind::Enumeration(_) => "enumeration",
            StatementKind::Switch { .. } => "switch",
            StatementKind::Case(Some(_)) => "case",
            StatementKind::Case(None) => "default",
            StatementKind::Expression(expression) => return self.expression(expression),
            StatementKind::Empty => "empty",
        };
        self.node(text, statement.span, |dump| match &statement.kind {
            StatementKind::Block(statements) => dump.statements(statements),
            StatementKind::If { condition, then, otherwise } => {
                dump.expression(condition);
                dump.statement(then);
                otherwise.iter().for_each(|otherwise| dump.statement(otherwise));
            }
            StatementKind::For { start, condition, step, body } => {
                dump.statement(start);
                dump.optional(condition.as_ref());
                dump.optional(step.as_ref());
                dump.statement(body);
            }
            StatementKind::While { condition, body } => {
                dump.expression(condition);
                dump.statement(body);
            }
            StatementKind::DoWhile { body, condition } => {
                dump.statement(body);
                dump.expression(condition);
            }
            StatementKind::Return(Some(value)) => dump.expression(value),
            StatementKind::Case(Some(value)) => dump.expression(value),
            StatementKind::Switch { value, body } => {
                dump.expression(value);
                dump.statements(body);
            }
            StatementKind::Enumeration(constants) => {
                for (name, value) in constants {
                    dump.node(&format!("constant {}", name.text), name.span, |dump| {
                        value.iter().for_each(|value| dump.expression(value));
                    });
                }
            }
            StatementKind::Declaration(declarators)
            | StatementKind::TypedDeclaration(_, declarators)
            | StatementKind::StaticDeclaration(_, declarators) => {
                declarators.iter().for_each(|declarator| dump.declarator(declarator));
            }
            _ => {}
        });
    }

    /// A part of a `for` that may be absent.
    fn optional(&mut self, expression: Option<&Expression>) {
        match expression {
            Some(expression) => self.expression(expression),
            None => self.node("nothing", crate::diagnostic::Span::default(), |_| {}),
        }
    }

    fn declarator(&mut self, declarator: &Declarator) {
        let name = &declarator.name.text;
        match &declarator.kind {
            DeclaratorKind::Scalar(value) => self.node(&format!("scalar {name}"), declarator.span, |dump| {
                value.iter().for_each(|value| dump.expression(value));
            }),
            DeclaratorKind::Array { length, values } => {
                let length = length.map_or(String::new(), |length| length.to_string());
                self.node(&format!("array {name}[{length}]"), declarator.span, |dump| {
                    values.iter().flatten().for_each(|value| dump.expression(value));
                });
            }
            DeclaratorKind::Pointer(value) => self.node(&format!("pointer {name}"), declarator.span, |dump| {
                value.iter().for_each(|value| dump.expression(value));
            }),
            DeclaratorKind::Matrix { lengths, values } => {
                let brackets = "[]".repeat(lengths.len());
                self.node(&format!("array {name}{brackets}"), declarator.span, |dump| {
                    lengths.iter().for_each(|length| dump.optional(length.as_ref()));
                    values.iter().for_each(|values| dump.initializer(values));
                });
            }
        }
    }

    fn initializer(&mut self, initializer: &Initializer) {
        match initializer {
            Initializer::Value(value) => self.expression(value),
            Initializer::List(values, span) => self.node("list", *span, |dump| {
                values.iter().for_each(|value| dump.initializer(value));
            }),
            Initializer::Text(bytes, span) => self.node(&text(bytes), *span, |_| {}),
        }
    }

    fn expression(&mut self, expression: &Expression) {
        let sign = |increment| if increment { "++" } else { "--" };
        let text = match &expression.kind {
            ExpressionKind::Constant(value) => format!("constant {value}"),
            ExpressionKind::Literal { value, ty } => format!("constant {value} {}", ty.text()),
            ExpressionKind::Comma { .. } => "comma".to_owned(),
            ExpressionKind::Cast { ty, .. } => format!("cast {}", ty.text()),
            ExpressionKind::SizeOf(_) => "sizeof".to_owned(),
            ExpressionKind::Variable(name) => format!("variable {}", name.text),
            ExpressionKind::Element { array, .. } => format!("element {}", array.text),
            ExpressionKind::Subscript { .. } => "subscript".to_owned(),
            ExpressionKind::Dereference(_) => "dereference".to_owned(),
            ExpressionKind::AddressOf(_) => "address of".to_owned(),
            ExpressionKind::Text(bytes) => text(bytes),
            ExpressionKind::Call { function, .. } => format!("call {}", function.text),
            ExpressionKind::Unary { operator, .. } => format!("unary {}", operator.text()),
            ExpressionKind::Binary { operator, .. } => format!("binary {}", operator.text()),
            ExpressionKind::Conditional { .. } => "conditional".to_owned(),
            ExpressionKind::Assign { operator, .. } => {
                format!("assign {}=", operator.map_or("", BinaryOperator::text))
            }
            ExpressionKind::Step { increment, prefix: true, .. } => format!("step {}_", sign(*increment)),
            ExpressionKind::Step { increment, prefix: false, .. } => format!("step _{}", sign(*increment)),
        };
        self.node(&text, expression.span, |dump| match &expression.kind {
            ExpressionKind::Constant(_)
            | ExpressionKind::Literal { .. }
            | ExpressionKind::Text(_)
            | ExpressionKind::Variable(_) => {}
            ExpressionKind::Element { index, .. } => dump.expression(index),
            ExpressionKind::Call { arguments, .. } => {
                arguments.iter().for_each(|argument| dump.expression(argument));
            }
            ExpressionKind::Unary { operand, .. }
            | ExpressionKind::Cast { operand, .. }
            | ExpressionKind::Dereference(operand)
            | ExpressionKind::AddressOf(operand)
            | ExpressionKind::SizeOf(operand) => dump.expression(operand),
            ExpressionKind::Binary { left, right, .. }
            | ExpressionKind::Comma { left, right }
            | ExpressionKind::Subscript { base: left, index: right } => {
                dump.expression(left);
                dump.expression(right);
            }
            ExpressionKind::Conditional { condition, then, otherwise } => {
                dump.expression(condition);
                dump.expression(then);
                dump.expression(otherwise);
            }
            ExpressionKind::Assign { target, value, .. } => {
                dump.expression(target);
                dump.expression(value);
            }
            ExpressionKind::Step { target, .. } => dump.expression(target),
        });
    }
}

fn text(bytes: &[u8]) -> String {
    format!("text {:?}", String::from_utf8_lossy(bytes))
}

/// The words before a name, with a space after them.
fn specifiers(specifiers: Specifiers) -> String {
    format!("{}{} ", if specifiers.constant { "const " } else { "" }, specifiers.ty.text())
}
