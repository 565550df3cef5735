//! Pest's pairs to syntax tree, second part: types other than plain `int`, enumerations, and constants with suffix,
//! radix or quotes.

use super::ast::*;
use super::build::{Builder, Prefix, SHAPE, name, next, only, span};
use super::grammar::Rule;
use crate::diagnostic::{Diagnostic, Span, codes};
use pest::iterators::Pair;

impl Builder {
    /// `specifiers`
    pub(super) fn specifiers(&mut self, pair: Pair<'_, Rule>) -> Specifiers {
        let at = span(&pair);
        let words: Vec<&str> = pair.into_inner().map(|word| word.as_str()).collect();
        let constant = words.contains(&"const");
        let ty = Integer::from_words(words.iter().copied().filter(|word| *word != "const"));
        let ty = ty.unwrap_or_else(|| {
            let message = format!("`{}` is not a type", words.join(" "));
            self.errors.push(Diagnostic::error(codes::SYNTAX, at, message));
            Integer::Int
        });
        Specifiers { ty, constant }
    }

    /// `prefix_operator`
    pub(super) fn prefix(&mut self, pair: &Pair<'_, Rule>) -> Prefix {
        if let Some(inner) = pair.clone().into_inner().next() {
            return match inner.as_rule() {
                Rule::cast => Prefix::Cast(self.specifiers(only(inner)).ty),
                Rule::star => Prefix::Dereference,
                Rule::address_of => Prefix::AddressOf,
                _ => Prefix::SizeOf,
            };
        }
        let text = pair.as_str();
        match text.as_bytes()[0] {
            b'+' if text.starts_with("++") => Prefix::Step(true),
            b'-' if text.starts_with("--") => Prefix::Step(false),
            b'-' => Prefix::Operator(UnaryOperator::Negate),
            b'+' => Prefix::Operator(UnaryOperator::Plus),
            b'!' => Prefix::Operator(UnaryOperator::Not),
            _ => Prefix::Operator(UnaryOperator::BitNot),
        }
    }

    /// `typed_function`
    pub(super) fn typed_function(&mut self, pair: Pair<'_, Rule>) -> Function {
        let span = span(&pair);
        let mut inner = pair.into_inner();
        let mut returned = next(&mut inner).into_inner().filter(|part| part.as_rule() != Rule::static_word);
        let first = returned.next().expect(SHAPE);
        let returns = match (first.as_rule(), returned.next()) {
            (Rule::void_word, _) => ReturnType::Void,
            (_, star) => match (self.specifiers(first), star) {
                (Specifiers { ty: Integer::Int, .. }, None) => ReturnType::Int,
                (Specifiers { ty: Integer::Int, constant: false }, Some(_)) => ReturnType::IntPointer,
                (Specifiers { ty, .. }, None) => ReturnType::Integer(ty),
                (Specifiers { ty, constant: false }, Some(_)) => ReturnType::Pointer(ty),
                (Specifiers { ty, constant: true }, Some(_)) => ReturnType::ConstantPointer(ty),
            },
        };
        if let Some(second) = returned.next() {
            self.pointers_to_pointers(super::build::span(&second));
        }
        let function = name(next(&mut inner));
        let mut parameters = Vec::new();
        let mut part = next(&mut inner);
        if part.as_rule() == Rule::typed_parameters {
            let listed = part.into_inner().filter(|child| child.as_rule() == Rule::typed_parameter);
            parameters = listed.map(|parameter| self.typed_parameter(parameter)).collect();
            part = next(&mut inner);
        }
        Function { returns, name: function, parameters, body: self.function_body(part), span }
    }

    fn typed_parameter(&mut self, pair: Pair<'_, Rule>) -> Parameter {
        let mut inner = pair.into_inner().peekable();
        let specifiers = self.specifiers(inner.next().expect(SHAPE));
        let stars = std::iter::from_fn(|| inner.next_if(|part| part.as_rule() == Rule::star));
        if let Some(second) = stars.skip(1).last() {
            self.pointers_to_pointers(span(&second));
        }
        let declared = inner.next().expect(SHAPE);
        let plain = specifiers == Specifiers { ty: Integer::Int, constant: false };
        let is_array = declared.as_rule() == Rule::new_array;
        let name = name(declared);
        if inner.peek().is_some_and(|part| part.as_rule() == Rule::dimension) {
            let lengths = inner.map(|part| self.dimension(part)).collect();
            return Parameter { name, kind: ParameterKind::Matrix(specifiers), lengths };
        }
        let length = inner.next().and_then(|brackets| brackets.into_inner().next());
        let length = length.map(|length| self.array_length(&length));
        let kind = match (is_array, plain) {
            (true, true) => ParameterKind::Array(length),
            (true, false) => ParameterKind::TypedArray(specifiers, length),
            (false, true) => ParameterKind::Scalar,
            (false, false) => ParameterKind::TypedScalar(specifiers),
        };
        Parameter::new(name, kind)
    }

    fn pointers_to_pointers(&mut self, at: Span) {
        self.errors.push(Diagnostic::error(codes::NOT_IN_SUBSET, at, "pointers to pointers are not in the subset"));
    }

    /// `dimension`
    fn dimension(&mut self, pair: Pair<'_, Rule>) -> Option<Expression> {
        pair.into_inner().next().map(|length| self.conditional(length))
    }

    /// `typed_declaration` and `static_declaration`
    pub(super) fn typed_declaration(&mut self, pair: Pair<'_, Rule>) -> StatementKind {
        let is_static = pair.as_rule() == Rule::static_declaration;
        let mut inner = pair.into_inner();
        if is_static {
            next(&mut inner);
        }
        let specifiers = self.specifiers(next(&mut inner));
        let declarators = inner.map(|declarator| {
            let declarator = only(declarator);
            match declarator.as_rule() {
                Rule::string_declarator => {
                    if !matches!(specifiers.ty, Integer::Char | Integer::UnsignedChar) {
                        let message = "only an array of `char` can be initialised with a string";
                        self.errors.push(Diagnostic::error(codes::MISMATCH, span(&declarator), message));
                    }
                    self.string_declarator(declarator)
                }
                Rule::pointer_declarator => self.pointer_declarator(declarator),
                Rule::matrix_declarator => self.matrix_declarator(declarator),
                _ => self.declarator(only(declarator)),
            }
        });
        let declarators = declarators.collect();
        match is_static {
            true => StatementKind::StaticDeclaration(specifiers, declarators),
            false => StatementKind::TypedDeclaration(specifiers, declarators),
        }
    }

    fn pointer_declarator(&mut self, pair: Pair<'_, Rule>) -> Declarator {
        let mut at = span(&pair);
        let mut inner = pair.into_inner().peekable();
        let stars = std::iter::from_fn(|| inner.next_if(|part| part.as_rule() == Rule::star));
        if let Some(second) = stars.skip(1).last() {
            self.pointers_to_pointers(span(&second));
        }
        let name = name(inner.next().expect(SHAPE));
        at.end = name.span.end;
        while let Some(dimension) = inner.next_if(|part| part.as_rule() == Rule::dimension) {
            let message = "arrays of pointers are not in the subset";
            self.errors.push(Diagnostic::error(codes::NOT_IN_SUBSET, span(&dimension), message));
        }
        let value = inner.next().and_then(|value| match self.initializer(value) {
            Initializer::Value(value) => Some(value),
            Initializer::Text(bytes, span) => Some(Expression { kind: ExpressionKind::Text(bytes), span }),
            Initializer::List(_, span) => {
                let message = "a pointer is not initialised with a list";
                self.errors.push(Diagnostic::error(codes::MISMATCH, span, message));
                None
            }
        });
        at.end = value.as_ref().map_or(at.end, |value| value.span.end);
        Declarator { name, kind: DeclaratorKind::Pointer(value), span: at }
    }

    /// An array that is not just `x[3]` or `x[3] = {1, 2}`, for which there is a simpler form.
    fn matrix_declarator(&mut self, pair: Pair<'_, Rule>) -> Declarator {
        let mut at = span(&pair);
        let mut inner = pair.into_inner().peekable();
        let name = name(inner.next().expect(SHAPE));
        let mut lengths = Vec::new();
        while let Some(dimension) = inner.next_if(|part| part.as_rule() == Rule::dimension) {
            at.end = span(&dimension).end;
            lengths.push(self.dimension(dimension));
        }
        let values = inner.next().map(|value| self.initializer(value));
        at.end = values.as_ref().map_or(at.end, |values| values.span().end);
        let kind = match (&lengths[..], values) {
            ([length @ (None | Some(Expression { kind: ExpressionKind::Constant(0..), .. }))], values)
                if simple(values.as_ref()) =>
            {
                let length = length.as_ref().and_then(|length| match length.kind {
                    ExpressionKind::Constant(length) => Some(length as u32),
                    _ => None,
                });
                let values = values.map(|values| match values {
                    Initializer::List(values, _) => values.into_iter().filter_map(Initializer::value).collect(),
                    _ => Vec::new(),
                });
                DeclaratorKind::Array { length, values }
            }
            (_, values) => DeclaratorKind::Matrix { lengths, values },
        };
        Declarator { name, kind, span: at }
    }

    /// `initializer`
    fn initializer(&mut self, pair: Pair<'_, Rule>) -> Initializer {
        let pair = only(pair);
        let at = span(&pair);
        match pair.as_rule() {
            Rule::initializer_list => {
                Initializer::List(pair.into_inner().map(|one| self.initializer(one)).collect(), at)
            }
            Rule::text => Initializer::Text(self.text(pair), at),
            _ => Initializer::Value(self.expression(pair)),
        }
    }

    /// `text`: strings right behind each other are one.
    pub(super) fn text(&mut self, pair: Pair<'_, Rule>) -> Vec<u8> {
        let mut bytes = Vec::new();
        for string in pair.into_inner() {
            let text = string.as_str();
            bytes.extend(self.characters(&text[1..text.len() - 1], span(&string)));
        }
        bytes
    }

    /// `char s[] = "..."`: the same as a list of its characters and a zero, which is left out where it does not fit.
    fn string_declarator(&mut self, pair: Pair<'_, Rule>) -> Declarator {
        let at = span(&pair);
        let mut inner = pair.into_inner().peekable();
        let name = name(inner.next().expect(SHAPE));
        let length = inner.next_if(|part| part.as_rule() == Rule::array_length);
        let length = length.map(|length| self.array_length(&length));
        let string = inner.next().expect(SHAPE);
        let string_span = span(&string);
        let mut bytes = self.text(string);
        if length.is_none_or(|length| length as usize > bytes.len()) {
            bytes.push(0);
        }
        let constant =
            |byte: u8| Expression { kind: ExpressionKind::Constant(i32::from(byte as i8)), span: string_span };
        let values = Some(bytes.into_iter().map(constant).collect());
        Declarator { name, kind: DeclaratorKind::Array { length, values }, span: Span { end: string_span.end, ..at } }
    }

    /// `enumeration`
    pub(super) fn enumeration(&mut self, pair: Pair<'_, Rule>) -> StatementKind {
        let listed = pair.into_inner().filter(|part| part.as_rule() == Rule::enumerator);
        let listed = listed.map(|enumerator| {
            let mut inner = enumerator.into_inner();
            let constant = name(next(&mut inner));
            (constant, inner.next().map(|value| self.conditional(value)))
        });
        StatementKind::Enumeration(listed.collect())
    }

    /// The value and the type of a decimal or octal number without suffix.
    pub(super) fn magnitude(&mut self, digits: &str, at: Span) -> (i64, Integer) {
        let octal = digits.len() > 1 && digits.starts_with('0');
        if octal && digits.contains(['8', '9']) {
            let mistake = Diagnostic::error(codes::SYNTAX, at, "a constant that begins with 0 is octal");
            self.errors.push(mistake.help("write it without the leading 0"));
            return (0, Integer::Int);
        }
        self.sized(digits, if octal { 8 } else { 10 }, "", at)
    }

    /// `literal`
    pub(super) fn literal(&mut self, text: &str, at: Span) -> Expression {
        if let Some(quoted) = text.strip_prefix('\'') {
            let bytes = self.characters(&quoted[..quoted.len() - 1], at);
            if bytes.len() > 1 {
                self.errors.push(Diagnostic::error(
                    codes::NOT_IN_SUBSET,
                    at,
                    "characters beyond ASCII are not in the subset",
                ));
            }
            let value = bytes.first().map_or(0, |&byte| i32::from(byte as i8));
            return Expression { kind: ExpressionKind::Constant(value), span: at };
        }
        let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            Some(digits) => (digits, 16),
            None if text.starts_with('0') => (text, 8),
            None => (text, 10),
        };
        let suffix = digits.trim_start_matches(|c: char| !matches!(c, 'u' | 'U' | 'l' | 'L'));
        let (value, ty) = self.sized(&digits[..digits.len() - suffix.len()], radix, suffix, at);
        let kind = match ty {
            Integer::Int => ExpressionKind::Constant(value as i32),
            _ => ExpressionKind::Literal { value, ty },
        };
        Expression { kind, span: at }
    }

    /// The first type of C11 6.4.4.1's list that holds it.
    fn sized(&mut self, digits: &str, radix: u32, suffix: &str, at: Span) -> (i64, Integer) {
        let (unsigned, long) = match suffix.to_ascii_lowercase().as_str() {
            "" => (false, false),
            "u" => (true, false),
            "l" | "ll" => (false, true),
            "ul" | "lu" | "ull" | "llu" => (true, true),
            _ => {
                self.errors.push(Diagnostic::error(
                    codes::SYNTAX,
                    at,
                    format!("no constant has the suffix `{suffix}`"),
                ));
                return (0, Integer::Int);
            }
        };
        let candidates = [
            (Integer::Int, i32::MAX as u64, !unsigned && !long),
            (Integer::Unsigned, u64::from(u32::MAX), !long && (unsigned || radix != 10)),
            (Integer::Long, i64::MAX as u64, !unsigned),
            (Integer::UnsignedLong, u64::MAX, unsigned || radix != 10),
        ];
        let value = u64::from_str_radix(digits, radix).ok();
        let found = value.and_then(|value| {
            candidates.iter().find(|(_, most, may)| *may && value <= *most).map(|(ty, ..)| (value as i64, *ty))
        });
        found.unwrap_or_else(|| {
            let digit = digits.chars().any(|digit| !digit.is_digit(radix));
            let message = if digit {
                "this constant has a digit that its base does not have"
            } else {
                "this constant does not fit in any integer type"
            };
            self.errors.push(
                Diagnostic::error(codes::BEYOND_INT, at, message)
                    .note("a `long` goes from -9223372036854775808 to 9223372036854775807"),
            );
            (0, Integer::Int)
        })
    }

    /// What stands between quotes.
    fn characters(&mut self, text: &str, at: Span) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(text.len() + 1);
        let mut rest = text.bytes().peekable();
        while let Some(byte) = rest.next() {
            if byte != b'\\' {
                bytes.push(byte);
                continue;
            }
            let Some(letter) = rest.next() else { break };
            bytes.push(match letter {
                b'n' => b'\n',
                b't' => b'\t',
                b'r' => b'\r',
                b'a' => 7,
                b'b' => 8,
                b'f' => 12,
                b'v' => 11,
                b'\\' | b'\'' | b'"' | b'?' => letter,
                b'x' => {
                    let mut value = 0u8;
                    while let Some(digit) = rest.next_if(u8::is_ascii_hexdigit) {
                        value = value.wrapping_mul(16) + char::from(digit).to_digit(16).unwrap_or(0) as u8;
                    }
                    value
                }
                b'0'..=b'7' => {
                    let mut value = u32::from(letter - b'0');
                    for _ in 0..2 {
                        if let Some(digit) = rest.next_if(|digit| matches!(digit, b'0'..=b'7')) {
                            value = value * 8 + u32::from(digit - b'0');
                        }
                    }
                    if value > 255 {
                        self.errors.push(Diagnostic::error(
                            codes::SYNTAX,
                            at,
                            "this escape does not fit in a character",
                        ));
                    }
                    value as u8
                }
                _ => {
                    let message = format!("no escape is written `\\{}`", char::from(letter).escape_default());
                    self.errors.push(Diagnostic::error(codes::SYNTAX, at, message));
                    letter
                }
            });
        }
        bytes
    }
}

/// Whether the simpler form of an array declarator says as much: no values, or some numbers in one pair of braces.
fn simple(values: Option<&Initializer>) -> bool {
    match values {
        None => true,
        Some(Initializer::List(values, _)) => {
            !values.is_empty() && values.iter().all(|value| matches!(value, Initializer::Value(_)))
        }
        Some(_) => false,
    }
}

impl Initializer {
    fn value(self) -> Option<Expression> {
        match self {
            Self::Value(value) => Some(value),
            _ => None,
        }
    }
}
