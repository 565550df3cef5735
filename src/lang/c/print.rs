//! Syntax tree to canonical text: Allman braces, four spaces, `(-1)`; parsing it gives the tree back. The one layout
//! that task files, corpora and results share.

use super::ast::*;
use std::fmt::Write as _;

/// Prints a program; no newline at its end.
pub fn print(program: &Program) -> String {
    let mut printer = Printer { out: String::with_capacity(512), depth: 0 };
    for (number, declaration) in program.declarations.iter().enumerate() {
        printer.out.push_str(if number > 0 { "\n" } else { "" });
        printer.statement(declaration);
    }
    for (number, function) in program.functions.iter().enumerate() {
        if number > 0 || !program.declarations.is_empty() {
            printer.out.push_str("\n\n");
        }
        printer.function(function);
    }
    printer.out
}

/// Prints a function's head: `int * func_1(int a[])`.
pub fn print_signature(signature: &Signature) -> String {
    let parameters = signature.parameters.iter().map(|(name, kind)| Parameter::new(name.clone(), *kind));
    let parameters: Vec<Parameter> = parameters.collect();
    let mut printer = Printer { out: String::new(), depth: 0 };
    printer.function_head(signature.returns, &signature.name, &parameters);
    printer.out
}

fn put_specifiers(out: &mut String, specifiers: Specifiers) {
    out.push_str(if specifiers.constant { "const " } else { "" });
    out.push_str(specifiers.ty.text());
    out.push(' ');
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to a String cannot fail");
}

/// Precedences beside those of [`BinaryOperator::precedence`].
const ASSIGN: u8 = 0;
const CONDITIONAL: u8 = 0;
/// Of a constant after `case`: no conditional, whose `:` would stand beside the label's.
const CASE: u8 = 1;
const UNARY: u8 = 11;
const POSTFIX: u8 = 12;

struct Printer {
    out: String,
    depth: usize,
}

impl Printer {
    fn function(&mut self, function: &Function) {
        self.function_head(function.returns, &function.name.text, &function.parameters);
        self.line();
        self.braces(&function.body);
    }

    fn function_head(&mut self, returns: ReturnType, name: &str, parameters: &[Parameter]) {
        self.out.push_str(match returns {
            ReturnType::Void => "void ",
            ReturnType::Int => "int ",
            ReturnType::IntPointer => "int * ",
            ReturnType::ConstantPointer(_) => "const ",
            ReturnType::Integer(ty) | ReturnType::Pointer(ty) => ty.text(),
        });
        match returns {
            ReturnType::Integer(_) => self.out.push(' '),
            ReturnType::Pointer(_) => self.out.push_str(" * "),
            ReturnType::ConstantPointer(ty) => put(&mut self.out, format_args!("{} * ", ty.text())),
            _ => {}
        }
        self.out.push_str(name);
        self.out.push('(');
        for (number, Parameter { name, kind, lengths }) in parameters.iter().enumerate() {
            if number > 0 {
                self.out.push_str(", ");
            }
            match kind {
                ParameterKind::TypedScalar(specifiers)
                | ParameterKind::TypedArray(specifiers, _)
                | ParameterKind::Matrix(specifiers) => put_specifiers(&mut self.out, *specifiers),
                _ => self.out.push_str("int "),
            }
            self.out.push_str(&name.text);
            match kind {
                ParameterKind::Scalar | ParameterKind::TypedScalar(_) => {}
                ParameterKind::Array(None) | ParameterKind::TypedArray(_, None) => self.out.push_str("[]"),
                ParameterKind::Array(Some(length)) | ParameterKind::TypedArray(_, Some(length)) => {
                    put(&mut self.out, format_args!("[{length}]"))
                }
                ParameterKind::Matrix(_) => self.lengths(lengths),
            }
        }
        self.out.push(')');
    }

    fn lengths(&mut self, lengths: &[Option<Expression>]) {
        for length in lengths {
            self.out.push('[');
            length.iter().for_each(|length| self.expression(length, CASE));
            self.out.push(']');
        }
    }

    fn line(&mut self) {
        self.out.push('\n');
        for _ in 0..self.depth {
            self.out.push_str("    ");
        }
    }

    fn braces(&mut self, statements: &[Statement]) {
        self.out.push('{');
        self.depth += 1;
        for statement in statements {
            self.line();
            self.statement(statement);
        }
        self.depth -= 1;
        self.line();
        self.out.push('}');
    }

    fn statement(&mut self, statement: &Statement) {
        match &statement.kind {
            StatementKind::Block(statements) => self.braces(statements),
            StatementKind::If { condition, then, otherwise } => {
                self.if_statement(condition, then, otherwise.as_deref())
            }
            StatementKind::For { start, condition, step, body } => {
                self.out.push_str("for (");
                self.statement(start);
                if let Some(condition) = condition {
                    self.out.push(' ');
                    self.expression(condition, 0);
                }
                self.out.push(';');
                if let Some(step) = step {
                    self.out.push(' ');
                    self.expression(step, 0);
                }
                self.out.push(')');
                self.body(body);
            }
            StatementKind::While { condition, body } => {
                self.head("while (", condition);
                self.body(body);
            }
            StatementKind::DoWhile { body, condition } => {
                self.out.push_str("do");
                self.body(body);
                self.line();
                self.head("while (", condition);
                self.out.push(';');
            }
            StatementKind::Break => self.out.push_str("break;"),
            StatementKind::Continue => self.out.push_str("continue;"),
            StatementKind::Return(None) => self.out.push_str("return;"),
            StatementKind::Return(Some(value)) => {
                self.out.push_str("return ");
                self.expression(value, 0);
                self.out.push(';');
            }
            StatementKind::Declaration(declarators) => {
                self.out.push_str("int ");
                self.declaration(declarators);
            }
            StatementKind::TypedDeclaration(specifiers, declarators) => {
                put_specifiers(&mut self.out, *specifiers);
                self.declaration(declarators);
            }
            StatementKind::StaticDeclaration(specifiers, declarators) => {
                self.out.push_str("static ");
                put_specifiers(&mut self.out, *specifiers);
                self.declaration(declarators);
            }
            StatementKind::Enumeration(constants) => self.enumeration(constants),
            StatementKind::Switch { value, body } => {
                self.head("switch (", value);
                self.line();
                self.braces(body);
            }
            StatementKind::Case(None) => self.out.push_str("default:"),
            StatementKind::Case(Some(value)) => {
                self.out.push_str("case ");
                self.expression(value, CASE);
                self.out.push(':');
            }
            StatementKind::Expression(expression) => {
                self.expression(expression, 0);
                self.out.push(';');
            }
            StatementKind::Empty => self.out.push(';'),
        }
    }

    fn if_statement(&mut self, condition: &Expression, then: &Statement, otherwise: Option<&Statement>) {
        self.head("if (", condition);
        if otherwise.is_some() && ends_in_open_if(then) {
            // Only trees made by programs have this shape: the `else` would bind to the inner `if`.
            self.line();
            self.braces(std::slice::from_ref(then));
        } else {
            self.body(then);
        }
        let Some(otherwise) = otherwise else { return };
        self.line();
        self.out.push_str("else");
        if let StatementKind::If { .. } = otherwise.kind {
            self.out.push(' ');
            self.statement(otherwise);
        } else {
            self.body(otherwise);
        }
    }

    fn head(&mut self, word: &str, condition: &Expression) {
        self.out.push_str(word);
        self.expression(condition, 0);
        self.out.push(')');
    }

    /// A block on the next line, or one statement on the next line, indented.
    fn body(&mut self, body: &Statement) {
        if let StatementKind::Block(statements) = &body.kind {
            self.line();
            self.braces(statements);
        } else {
            self.depth += 1;
            self.line();
            self.statement(body);
            self.depth -= 1;
        }
    }

    fn declaration(&mut self, declarators: &[Declarator]) {
        for (number, declarator) in declarators.iter().enumerate() {
            if number > 0 {
                self.out.push_str(", ");
            }
            self.out.push_str(if matches!(declarator.kind, DeclaratorKind::Pointer(_)) { "*" } else { "" });
            self.out.push_str(&declarator.name.text);
            match &declarator.kind {
                DeclaratorKind::Scalar(None) | DeclaratorKind::Pointer(None) => {}
                DeclaratorKind::Scalar(Some(value)) | DeclaratorKind::Pointer(Some(value)) => {
                    self.out.push_str(" = ");
                    self.initial(value);
                }
                DeclaratorKind::Array { length, values } => self.array(*length, values.as_deref()),
                DeclaratorKind::Matrix { lengths, values } => {
                    self.lengths(lengths);
                    if let Some(values) = values {
                        self.out.push_str(" = ");
                        self.initializer(values);
                    }
                }
            }
        }
        self.out.push(';');
    }

    fn enumeration(&mut self, constants: &[(Name, Option<Expression>)]) {
        self.out.push_str("enum { ");
        for (number, (name, value)) in constants.iter().enumerate() {
            self.out.push_str(if number > 0 { ", " } else { "" });
            self.out.push_str(&name.text);
            if let Some(value) = value {
                self.out.push_str(" = ");
                self.expression(value, CASE);
            }
        }
        self.out.push_str(" };");
    }

    fn array(&mut self, length: Option<u32>, values: Option<&[Expression]>) {
        match length {
            Some(length) => put(&mut self.out, format_args!("[{length}]")),
            None => self.out.push_str("[]"),
        }
        let Some(values) = values else { return };
        self.out.push_str(" = {");
        for (number, value) in values.iter().enumerate() {
            if number > 0 {
                self.out.push_str(", ");
            }
            self.initial(value);
        }
        self.out.push('}');
    }

    fn initializer(&mut self, initializer: &Initializer) {
        match initializer {
            Initializer::Value(value) => self.initial(value),
            Initializer::Text(bytes, _) => self.text(bytes),
            Initializer::List(values, _) => {
                self.out.push('{');
                for (number, value) in values.iter().enumerate() {
                    self.out.push_str(if number > 0 { ", " } else { "" });
                    self.initializer(value);
                }
                self.out.push('}');
            }
        }
    }

    fn text(&mut self, bytes: &[u8]) {
        self.out.push('"');
        for &byte in bytes {
            match byte {
                b'\n' => self.out.push_str("\\n"),
                b'\t' => self.out.push_str("\\t"),
                b'"' | b'\\' => put(&mut self.out, format_args!("\\{}", char::from(byte))),
                b' '..=b'~' => self.out.push(char::from(byte)),
                // Three digits, so that what follows cannot be one of them.
                _ => put(&mut self.out, format_args!("\\{byte:03o}")),
            }
        }
        self.out.push('"');
    }

    /// An initial value: a negative constant stands there without parentheses.
    fn initial(&mut self, value: &Expression) {
        match value.kind {
            ExpressionKind::Constant(value) => put(&mut self.out, format_args!("{value}")),
            _ => self.expression(value, 0),
        }
    }

    /// Prints it in parentheses where it binds less tightly than `least`.
    fn expression(&mut self, expression: &Expression, least: u8) {
        let precedence = precedence(expression);
        if precedence < least {
            self.out.push('(');
            self.bare(expression);
            self.out.push(')');
        } else {
            self.bare(expression);
        }
    }

    fn bare(&mut self, expression: &Expression) {
        match &expression.kind {
            ExpressionKind::Constant(value @ ..0) => put(&mut self.out, format_args!("({value})")),
            ExpressionKind::Constant(value) => put(&mut self.out, format_args!("{value}")),
            ExpressionKind::Literal { value, ty } => self.literal(*value, *ty),
            ExpressionKind::Variable(name) => self.out.push_str(&name.text),
            ExpressionKind::Element { array, index } => {
                self.out.push_str(&array.text);
                self.out.push('[');
                self.expression(index, 0);
                self.out.push(']');
            }
            ExpressionKind::Subscript { base, index } => {
                self.expression(base, POSTFIX);
                self.out.push('[');
                self.expression(index, 0);
                self.out.push(']');
            }
            ExpressionKind::Dereference(operand) => self.prefixed('*', operand),
            ExpressionKind::AddressOf(operand) => self.prefixed('&', operand),
            ExpressionKind::Text(bytes) => self.text(bytes),
            ExpressionKind::Call { function, arguments } => {
                self.out.push_str(&function.text);
                self.out.push('(');
                for (number, argument) in arguments.iter().enumerate() {
                    if number > 0 {
                        self.out.push_str(", ");
                    }
                    self.expression(argument, 0);
                }
                self.out.push(')');
            }
            ExpressionKind::Comma { left, right } => {
                // Where a comma is C's own, the operator needs parentheses: everywhere but in a statement.
                self.out.push('(');
                self.expression(left, 0);
                self.out.push_str(", ");
                self.expression(right, 0);
                self.out.push(')');
            }
            ExpressionKind::Cast { ty, operand } => {
                put(&mut self.out, format_args!("({}) ", ty.text()));
                self.expression(operand, UNARY);
            }
            ExpressionKind::SizeOf(operand) => {
                self.out.push_str("sizeof ");
                // `sizeof (int) x` is something else.
                let cast = matches!(operand.kind, ExpressionKind::Cast { .. });
                self.expression(operand, if cast { u8::MAX } else { UNARY });
            }
            ExpressionKind::Unary { operator, operand } => self.unary(*operator, operand),
            ExpressionKind::Binary { operator, left, right } => {
                self.expression(left, operator.precedence());
                put(&mut self.out, format_args!(" {} ", operator.text()));
                self.expression(right, operator.precedence() + 1);
            }
            ExpressionKind::Conditional { condition, then, otherwise } => {
                self.expression(condition, 1);
                self.out.push_str(" ? ");
                self.expression(then, 0);
                self.out.push_str(" : ");
                // A conditional needs none here, an assignment does.
                let assigns = matches!(otherwise.kind, ExpressionKind::Assign { .. });
                self.expression(otherwise, u8::from(assigns));
            }
            ExpressionKind::Assign { operator, target, value } => {
                self.expression(target, UNARY);
                put(&mut self.out, format_args!(" {}= ", operator.map_or("", BinaryOperator::text)));
                self.expression(value, 0);
            }
            ExpressionKind::Step { increment, prefix, target } => {
                let operator = if *increment { "++" } else { "--" };
                if *prefix {
                    self.out.push_str(operator);
                    self.expression(target, UNARY);
                } else {
                    self.expression(target, POSTFIX);
                    self.out.push_str(operator);
                }
            }
        }
    }

    fn prefixed(&mut self, sign: char, operand: &Expression) {
        self.out.push(sign);
        // `&&x` is something else.
        let doubled = sign == '&' && matches!(operand.kind, ExpressionKind::AddressOf(_));
        self.expression(operand, if doubled { u8::MAX } else { UNARY });
    }

    fn literal(&mut self, value: i64, ty: Integer) {
        match ty {
            Integer::Unsigned => put(&mut self.out, format_args!("{value}U")),
            Integer::UnsignedLong => put(&mut self.out, format_args!("{}UL", value as u64)),
            // Only where the number after the minus is a `long` does the parser fold the two.
            _ if value < 0 => put(&mut self.out, format_args!("({value})")),
            _ => put(&mut self.out, format_args!("{value}L")),
        }
    }

    fn unary(&mut self, operator: UnaryOperator, operand: &Expression) {
        self.out.push_str(operator.text());
        // `-(1)` is not the constant `-1`, and `- -x` is not `--x`.
        let number = operator == UnaryOperator::Negate && matches!(operand.kind, ExpressionKind::Constant(0..));
        let doubled = match &operand.kind {
            ExpressionKind::Unary { operator: inner, .. } => inner == &operator && operator.text() != "!",
            ExpressionKind::Step { prefix: true, increment, .. } => {
                operator.text() == if *increment { "+" } else { "-" }
            }
            _ => false,
        };
        self.expression(operand, if number || doubled { u8::MAX } else { UNARY });
    }
}

fn precedence(expression: &Expression) -> u8 {
    match &expression.kind {
        ExpressionKind::Constant(_)
        | ExpressionKind::Literal { .. }
        | ExpressionKind::Comma { .. }
        | ExpressionKind::Variable(_)
        | ExpressionKind::Element { .. }
        | ExpressionKind::Subscript { .. }
        | ExpressionKind::Text(_)
        | ExpressionKind::Call { .. } => POSTFIX,
        ExpressionKind::Unary { .. }
        | ExpressionKind::Cast { .. }
        | ExpressionKind::SizeOf(_)
        | ExpressionKind::Dereference(_)
        | ExpressionKind::AddressOf(_)
        | ExpressionKind::Step { prefix: true, .. } => UNARY,
        // `x++++` and `x++[..]` do not parse, so a postfix step is no operand of another.
        ExpressionKind::Step { prefix: false, .. } => UNARY,
        ExpressionKind::Binary { operator, .. } => operator.precedence(),
        ExpressionKind::Conditional { .. } => CONDITIONAL,
        ExpressionKind::Assign { .. } => ASSIGN,
    }
}

/// Whether an `else` after this statement would bind to an `if` within it.
fn ends_in_open_if(statement: &Statement) -> bool {
    match &statement.kind {
        StatementKind::If { otherwise: None, .. } => true,
        StatementKind::If { otherwise: Some(inner), .. } => ends_in_open_if(inner),
        StatementKind::For { body, .. } | StatementKind::While { body, .. } => ends_in_open_if(body),
        _ => false,
    }
}
