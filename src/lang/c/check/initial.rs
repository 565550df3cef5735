//! Arrays that are more than `x[3] = {1, 2}`: lengths that are computed, several dimensions, values in nested braces,
//! strings among them.

use super::Checker;
use super::function::ELEMENTS;
use crate::diagnostic::{Span, codes};
use crate::lang::c::hir::{self, LocalKind, Rows};
use crate::lang::c::tree::{self as ast, Initializer, Integer, Specifiers};

/// An initial value and the number of the element that it is for.
pub(super) enum Initial<'a> {
    Value(u32, &'a ast::Expression<'a>),
    Byte(u32, u8, Span),
}

/// The shape of an array, and what it begins with.
pub(super) struct Laid<'a> {
    pub length: u32,
    pub rows: Rows,
    /// In the order of the source; elements that are not named are zero.
    pub values: Option<Vec<Initial<'a>>>,
}

impl<'a> Checker<'a> {
    /// A constant length; what is wrong with it is said once.
    fn array_length(&mut self, length: &'a ast::Expression) -> u32 {
        self.order.clear();
        let known = self.diagnostics.len();
        let (id, ty) = self.int(length);
        let value = self.fold(id);
        let message = match value {
            _ if self.diagnostics.len() > known => return 1,
            Some(0) => "an array of no elements".to_owned(),
            Some(value) if value < 0 && ty.is_signed() => "an array of fewer than no elements".to_owned(),
            Some(value) if (1..i64::from(ELEMENTS)).contains(&value) => return value as u32,
            Some(_) => format!("an array of more than {} elements", ELEMENTS - 1),
            None => {
                let diagnostic =
                    self.error(codes::NOT_IN_SUBSET, length.span, "arrays of variable length are not in the subset");
                diagnostic.help.push("the length is a constant".to_owned());
                return 1;
            }
        };
        self.error(codes::ARRAY_LENGTH, length.span, message);
        1
    }

    /// The lengths behind the first.
    fn rows(&mut self, lengths: &'a [Option<ast::Expression>], span: Span) -> Rows {
        let mut known = Vec::new();
        for length in lengths.iter().skip(1) {
            known.push(match length {
                Some(length) => self.array_length(length),
                None => {
                    self.error(codes::ARRAY_LENGTH, span, "only the first length of an array can be left out");
                    1
                }
            });
        }
        let Some(rows) = Rows::new(&known) else {
            let most = Rows::MOST + 1;
            self.error(
                codes::NOT_IN_SUBSET,
                span,
                format!("arrays of more than {most} dimensions are not in the subset"),
            );
            return Rows::default();
        };
        let elements = known.iter().try_fold(1u32, |all, length| all.checked_mul(*length));
        if elements.is_none_or(|elements| elements >= ELEMENTS) {
            self.too_long(span);
            return ones(known.len());
        }
        rows
    }

    fn too_long(&mut self, span: Span) {
        self.error(codes::ARRAY_LENGTH, span, format!("an array of more than {} elements", ELEMENTS - 1));
    }

    /// The rows of a parameter; its first length is only documentation.
    pub(super) fn parameter_rows(&mut self, parameter: &'a ast::Parameter) -> Rows {
        if let Some(Some(first)) = parameter.lengths.first() {
            self.array_length(first);
        }
        self.rows(parameter.lengths, parameter.name.span)
    }

    /// The shape of an array, and its initial values.
    pub(super) fn lay_out(
        &mut self,
        ty: Integer,
        declarator: &'a ast::Declarator,
        lengths: &'a [Option<ast::Expression>],
        values: Option<&'a Initializer>,
    ) -> Laid<'a> {
        let declared = lengths.first().and_then(Option::as_ref).map(|length| self.array_length(length));
        let rows = self.rows(lengths, declarator.span);
        let stride = rows.elements();
        let dimensions: Vec<u32> =
            std::iter::once(declared.unwrap_or(ELEMENTS)).chain(rows.lengths().iter().copied()).collect();
        let mut initial = Vec::new();
        match values {
            None => {}
            Some(Initializer::List(items, _)) => {
                let taken = self.fill(ty, items, &dimensions, 0, &mut initial);
                if let Some(extra) = items.get(taken) {
                    self.too_many(extra);
                }
            }
            Some(text @ Initializer::Text(bytes, span)) => match dimensions[..] {
                [length] if is_char(ty) => self.text_into(bytes, *span, 0, length, declared.is_none(), &mut initial),
                _ => self.no_text(text),
            },
            Some(Initializer::Value(value)) => {
                let message = "an array begins with a list of values";
                self.error(codes::MISMATCH, value.span, message).help.push("put them between braces".to_owned());
            }
        }
        let ends = initial.iter().map(|one| match one {
            Initial::Value(at, _) | Initial::Byte(at, ..) => at / stride + 1,
        });
        let length = match (declared, ends.max()) {
            (Some(length), _) => length,
            (None, Some(length)) if values.is_some() => length,
            (None, _) => {
                let message = format!("the array `{}` has no length", declarator.name.text);
                self.error(codes::ARRAY_LENGTH, declarator.span, message);
                1
            }
        };
        let fits = length.checked_mul(stride).is_some_and(|elements| elements < ELEMENTS);
        if !fits {
            self.too_long(declarator.span);
        }
        let (length, rows) = if fits { (length, rows) } else { (1, ones(rows.lengths().len())) };
        Laid { length, rows, values: values.map(|_| initial).filter(|_| fits) }
    }

    fn too_many(&mut self, extra: &'a Initializer) {
        self.error(codes::TOO_MANY_VALUES, extra.span(), "more values than the array has elements").labels[0].text =
            "no element for this one".to_owned();
    }

    fn no_text(&mut self, text: &'a Initializer) {
        self.error(codes::MISMATCH, text.span(), "only an array of `char` can be initialised with a string");
    }

    /// Takes values for an array of these dimensions, whose first element has the number `base`; how many items that
    /// were. Braces around inner arrays may be left out, as in C.
    fn fill(
        &mut self,
        ty: Integer,
        items: &'a [Initializer],
        dimensions: &[u32],
        base: u32,
        initial: &mut Vec<Initial<'a>>,
    ) -> usize {
        let (length, inner) = (dimensions[0], &dimensions[1..]);
        let stride: u32 = inner.iter().product();
        let mut taken = 0;
        for number in 0..length {
            let Some(item) = items.get(taken) else { break };
            if initial.len() >= ELEMENTS as usize {
                break;
            }
            let at = base.saturating_add(number.saturating_mul(stride));
            taken += match (item, inner) {
                (Initializer::Value(value), []) => {
                    initial.push(Initial::Value(at, value));
                    1
                }
                (Initializer::List(one, _), []) => {
                    match &one[..] {
                        [Initializer::Value(value)] => initial.push(Initial::Value(at, value)),
                        _ => {
                            self.error(codes::MISMATCH, item.span(), "an element takes one value");
                        }
                    }
                    1
                }
                (Initializer::Text(bytes, span), [length]) if is_char(ty) => {
                    self.text_into(bytes, *span, at, *length, false, initial);
                    1
                }
                (Initializer::Text(..), _) => {
                    self.no_text(item);
                    1
                }
                (Initializer::List(items, _), _) => {
                    let used = self.fill(ty, items, inner, at, initial);
                    if let Some(extra) = items.get(used) {
                        self.too_many(extra);
                    }
                    1
                }
                (Initializer::Value(_), _) => self.fill(ty, &items[taken..], inner, at, initial),
            };
        }
        taken
    }

    /// The bytes of a string, and the zero behind them where there is room.
    fn text_into(
        &mut self,
        bytes: &[u8],
        span: Span,
        base: u32,
        length: u32,
        open: bool,
        initial: &mut Vec<Initial<'a>>,
    ) {
        if !open && bytes.len() > length as usize {
            let message = format!("{} characters for an array of {length}", bytes.len());
            self.error(codes::TOO_MANY_VALUES, span, message);
        }
        let zero = (open || bytes.len() < length as usize).then_some(0);
        for (number, byte) in bytes.iter().copied().chain(zero).enumerate().take(length as usize) {
            initial.push(Initial::Byte(base + number as u32, byte, span));
        }
    }

    /// A local array that is more than `x[3] = {1, 2}`.
    pub(super) fn matrix(
        &mut self,
        specifiers: Specifiers,
        declarator: &'a ast::Declarator,
        lengths: &'a [Option<ast::Expression>],
        values: Option<&'a Initializer>,
    ) -> hir::StatementKind {
        let laid = self.lay_out(specifiers.ty, declarator, lengths, values);
        self.flow.declare_written();
        let hoisted = laid.values.is_some() && self.flow.in_loop();
        let length = laid.length * laid.rows.elements();
        let local = self.declare(&declarator.name, LocalKind::Array { length, hoisted }, specifiers);
        self.locals[local.0 as usize].rows = laid.rows;
        let Some(values) = laid.values else { return hir::StatementKind::Array { local, values: None, places: None } };
        let outer = self.initializing.replace(local);
        let places: Vec<u32> = values.iter().map(Initial::place).collect();
        let values = self.initial_elements(specifiers.ty, &values);
        self.initializing = outer;
        let dense = places.iter().zip(0..).all(|(place, number)| *place == number);
        let from = self.pending.len();
        self.pending.extend(places);
        let places = self.list(from);
        hir::StatementKind::Array { local, values: Some(values), places: (!dense).then_some(places) }
    }

    /// C gives the values of one list no order.
    fn initial_elements(&mut self, ty: Integer, values: &[Initial<'a>]) -> hir::List {
        self.order.clear();
        let from = self.pending.len();
        for value in values {
            let mark = self.order.mark();
            let id = match value {
                Initial::Value(_, value) => {
                    let (id, _) = self.int(value);
                    self.convert(id, ty)
                }
                Initial::Byte(_, byte, span) => {
                    self.node(hir::ExpressionKind::Constant(ty.wrap(i64::from(*byte as i8))), ty, *span)
                }
            };
            self.unordered(0..mark, mark..self.order.mark());
            self.pending.push(id.0);
        }
        self.list(from)
    }
}

impl Initial<'_> {
    fn place(&self) -> u32 {
        match self {
            Self::Value(at, _) | Self::Byte(at, ..) => *at,
        }
    }
}

/// In place of rows that are too long.
fn ones(count: usize) -> Rows {
    Rows::new(&vec![1; count]).unwrap_or_default()
}

fn is_char(ty: Integer) -> bool {
    matches!(ty, Integer::Char | Integer::UnsignedChar)
}
