//! What can be read, written or pointed to ([`Lvalue`]): variables, elements, what pointers point to.

use super::order::{Base, What};
use super::pointer::POINTER;
use super::scope::Means;
use super::{Checker, Type};
use crate::diagnostic::{Span, codes};
use crate::lang::c::hir::{self, ExpressionId, LocalId, LocalKind, Place, Rows};
use crate::lang::c::tree::{self as ast, ExpressionKind, Integer};

/// What an expression designates.
#[derive(Clone, Copy)]
pub(super) enum Lvalue {
    /// An integer, and whether it is `const`.
    Place(Place, bool),
    /// A variable or parameter that is a pointer.
    Pointer(LocalId),
    /// An array.
    Array {
        /// A pointer to its first element.
        pointer: ExpressionId,
        ty: Integer,
        constant: bool,
        rows: Rows,
        /// Its length, where it is known.
        length: Option<u32>,
    },
    /// Nothing: it is only a value. Nothing was evaluated.
    None,
    /// Something is wrong with it, and that has been said.
    Wrong,
}

/// A pointer whose elements are looked at.
struct Operand {
    pointer: ExpressionId,
    ty: Integer,
    constant: bool,
    rows: Rows,
    /// Elements, where it is an array and their number is known.
    length: Option<u32>,
}

impl<'a> Checker<'a> {
    /// What an expression designates.
    pub(super) fn lvalue(&mut self, expression: &'a ast::Expression) -> Lvalue {
        let span = expression.span;
        match &expression.kind {
            ExpressionKind::Variable(name) => match self.meaning(name) {
                None => Lvalue::Wrong,
                Some(means) => self.named(means, span),
            },
            ExpressionKind::Element { array, index } => self.element(array, index, span),
            ExpressionKind::Subscript { base, index } => match self.pointer_operand(base) {
                Some(operand) => {
                    let index = self.index(index);
                    self.element_behind(operand, index, span)
                }
                None => {
                    self.index(index);
                    Lvalue::Wrong
                }
            },
            ExpressionKind::Dereference(operand) => match self.pointer_operand(operand) {
                Some(operand) => {
                    self.release(operand.pointer);
                    self.first_element(operand)
                }
                None => Lvalue::Wrong,
            },
            ExpressionKind::Text(bytes) => {
                let global = self.text(bytes, span);
                self.global_lvalue(global, span)
            }
            _ => Lvalue::None,
        }
    }

    /// What a name designates.
    pub(super) fn named(&mut self, means: Means, span: Span) -> Lvalue {
        match means {
            Means::Constant(_) => Lvalue::None,
            Means::Local(local) => self.local_lvalue(local, span),
            Means::Global(global) => self.global_lvalue(global, span),
        }
    }

    fn local_lvalue(&mut self, local: LocalId, span: Span) -> Lvalue {
        let hir::Local { kind, ty, constant, rows, .. } = self.locals[local.0 as usize];
        match kind {
            LocalKind::Scalar { .. } | LocalKind::Memory => Lvalue::Place(Place::Scalar(local), constant),
            LocalKind::Parameter | LocalKind::Pointer { .. } => Lvalue::Pointer(local),
            LocalKind::Array { length, .. } => {
                let pointer = self.node(hir::ExpressionKind::Array(local), POINTER, span);
                Lvalue::Array { pointer, ty, constant, rows, length: Some(length / rows.elements()) }
            }
        }
    }

    fn global_lvalue(&mut self, global: hir::GlobalId, span: Span) -> Lvalue {
        if !self.globals.contains(&global) {
            self.globals.push(global);
        }
        let pointer = self.node(hir::ExpressionKind::Global(global), POINTER, span);
        let hir::Global { ty, constant, length, rows, .. } = self.program.globals[global.0 as usize];
        match length {
            None => Lvalue::Place(Place::Memory { address: pointer, ty }, constant),
            Some(_) => Lvalue::Array { pointer, ty, constant, rows, length },
        }
    }

    /// `array[index]`
    pub(super) fn element(&mut self, array: &'a ast::Name, index: &'a ast::Expression, span: Span) -> Lvalue {
        let means = self.meaning(array);
        let local = match means {
            Some(Means::Local(local)) => local,
            Some(Means::Global(global)) => {
                let lvalue = self.global_lvalue(global, array.span);
                let index = self.index(index);
                return match lvalue {
                    Lvalue::Array { pointer, ty, constant, rows, length } => {
                        self.element_behind(Operand { pointer, ty, constant, rows, length }, index, span)
                    }
                    _ => self.no_elements(array, self.program.globals[global.0 as usize].ty),
                };
            }
            Some(Means::Constant(_)) => {
                let message = format!("`{}` is a constant, not a variable", array.text);
                self.error(codes::NOT_ASSIGNABLE, array.span, message);
                self.index(index);
                return Lvalue::Wrong;
            }
            None => {
                self.index(index);
                return Lvalue::Wrong;
            }
        };
        let hir::Local { kind, ty, constant, rows, .. } = self.locals[local.0 as usize];
        let length = match kind {
            LocalKind::Scalar { .. } | LocalKind::Memory => {
                self.index(index);
                return self.no_elements(array, ty);
            }
            LocalKind::Array { length, .. } => Some(length / rows.elements()),
            LocalKind::Pointer { .. } => {
                self.read(Place::Scalar(local), array.span);
                None
            }
            LocalKind::Parameter => None,
        };
        let index = self.index(index);
        if self.initializing == Some(local) {
            self.own_initializer(array.span, local);
        }
        if rows.is_empty() {
            return Lvalue::Place(Place::Element { array: local, index }, constant);
        }
        let pointer = self.node(hir::ExpressionKind::Array(local), POINTER, array.span);
        self.element_behind(Operand { pointer, ty, constant, rows, length }, index, span)
    }

    fn no_elements(&mut self, array: &'a ast::Name, ty: Integer) -> Lvalue {
        let message = format!("`{}` is an `{}` and has no elements", array.text, ty.text());
        self.error(codes::MISMATCH, array.span, message);
        Lvalue::Wrong
    }

    /// An index, promoted; what an `unsigned` counts must not become negative.
    fn index(&mut self, index: &'a ast::Expression) -> ExpressionId {
        let (index, ty) = self.int(index);
        self.convert(index, if ty == Integer::Unsigned { Integer::Long } else { ty.promoted() })
    }

    /// What stands before `[` or behind `*`: an array, or a pointer's value.
    fn pointer_operand(&mut self, expression: &'a ast::Expression) -> Option<Operand> {
        let (pointer, ty) = match self.lvalue(expression) {
            Lvalue::Array { pointer, ty, constant, rows, length } => {
                return Some(Operand { pointer, ty, constant, rows, length });
            }
            Lvalue::Wrong => return None,
            Lvalue::None => self.expression(expression),
            lvalue => self.value_of(lvalue, expression.span),
        };
        match ty {
            Type::Pointer { ty, constant, rows } => Some(Operand { pointer, ty, constant, rows, length: None }),
            Type::Unknown => None,
            _ => {
                let what = match ty {
                    Type::Integer(ty) => format!("this is an `{}`, and no pointer", ty.text()),
                    _ => "this has no value".to_owned(),
                };
                self.error(codes::MISMATCH, expression.span, what).labels[0].text =
                    "an array or a pointer is wanted".to_owned();
                None
            }
        }
    }

    /// The element at an index.
    fn element_behind(&mut self, operand: Operand, index: ExpressionId, span: Span) -> Lvalue {
        let scale = operand.ty.size() * operand.rows.elements();
        let bound = operand.length.unwrap_or(0);
        let kind = hir::ExpressionKind::Index { base: operand.pointer, index, scale, bound, kept: false };
        let pointer = self.node(kind, POINTER, span);
        self.first_element(Operand { pointer, ..operand })
    }

    /// What a pointer points to.
    fn first_element(&mut self, Operand { pointer, ty, constant, rows, .. }: Operand) -> Lvalue {
        match rows.split() {
            None => Lvalue::Place(Place::Memory { address: pointer, ty }, constant),
            Some((length, rows)) => Lvalue::Array { pointer, ty, constant, rows, length: Some(length) },
        }
    }

    /// A pointer that was computed is used as a value: it must not leave its object.
    pub(super) fn keep(&mut self, pointer: ExpressionId) {
        if let hir::ExpressionKind::Index { kept, .. } = &mut self.program.expressions[pointer.0 as usize].kind {
            *kept = true;
        }
    }

    /// Memory is reached right where this pointer points to, which checks more.
    pub(super) fn release(&mut self, pointer: ExpressionId) {
        if let hir::ExpressionKind::Index { kept, .. } = &mut self.program.expressions[pointer.0 as usize].kind {
            *kept = false;
        }
    }

    /// The value of what is designated; arrays become pointers.
    pub(super) fn value_of(&mut self, lvalue: Lvalue, span: Span) -> (ExpressionId, Type) {
        match lvalue {
            Lvalue::Place(place, _) => {
                self.read(place, span);
                let ty = self.type_of(place);
                let kind = match place {
                    Place::Scalar(local) => hir::ExpressionKind::Scalar(local),
                    Place::Element { array, index } => hir::ExpressionKind::Element { array, index },
                    Place::Memory { address, .. } => hir::ExpressionKind::Load(address),
                };
                (self.node(kind, ty, span), Type::Integer(ty))
            }
            Lvalue::Pointer(local) => {
                let hir::Local { ty, constant, rows, .. } = self.locals[local.0 as usize];
                self.read(Place::Scalar(local), span);
                let id = self.node(hir::ExpressionKind::Array(local), POINTER, span);
                (id, Type::Pointer { ty, constant, rows })
            }
            Lvalue::Array { pointer, ty, constant, rows, .. } => {
                self.keep(pointer);
                (pointer, Type::Pointer { ty, constant, rows })
            }
            Lvalue::None | Lvalue::Wrong => {
                (self.node(hir::ExpressionKind::Constant(0), Integer::Int, span), Type::Unknown)
            }
        }
    }

    /// `&operand`
    pub(super) fn address_of(&mut self, operand: &'a ast::Expression, span: Span) -> (ExpressionId, Type) {
        let lvalue = self.lvalue(operand);
        let (pointer, ty, constant, rows) = match lvalue {
            Lvalue::Place(place, constant) => {
                let pointer = match place {
                    Place::Scalar(local) => {
                        self.locals[local.0 as usize].kind = LocalKind::Memory;
                        // From here on memory itself keeps account of what was written.
                        self.flow.write(local.0 as usize);
                        self.node(hir::ExpressionKind::Address(local), POINTER, span)
                    }
                    Place::Element { array, index } => {
                        let bound = match self.locals[array.0 as usize].kind {
                            LocalKind::Array { length, .. } => length,
                            _ => 0,
                        };
                        let scale = self.locals[array.0 as usize].ty.size();
                        let base = self.node(hir::ExpressionKind::Array(array), POINTER, span);
                        let kind = hir::ExpressionKind::Index { base, index, scale, bound, kept: true };
                        self.node(kind, POINTER, span)
                    }
                    Place::Memory { address, .. } => {
                        if let hir::ExpressionKind::Global(global) = self.program.expressions[address.0 as usize].kind {
                            self.program.globals[global.0 as usize].exposed = true;
                        }
                        self.keep(address);
                        address
                    }
                };
                (pointer, self.element_type(place), constant, Rows::default())
            }
            Lvalue::Array { pointer, ty, constant, rows, length } => {
                let lengths: Vec<u32> = length.iter().chain(rows.lengths()).copied().collect();
                let Some(rows) = Rows::new(&lengths) else {
                    let message = "pointers to arrays of so many dimensions are not in the subset";
                    self.error(codes::NOT_IN_SUBSET, span, message);
                    return self.value_of(Lvalue::Wrong, span);
                };
                self.keep(pointer);
                (pointer, ty, constant, rows)
            }
            Lvalue::Pointer(_) => {
                self.error(codes::NOT_IN_SUBSET, span, "pointers to pointers are not in the subset");
                return self.value_of(Lvalue::Wrong, span);
            }
            Lvalue::None => {
                let (_, ty) = self.expression(operand);
                if ty != Type::Unknown {
                    let diagnostic = self.error(codes::MISMATCH, span, "this has no address");
                    diagnostic.labels[0].text = "neither a variable nor an element".to_owned();
                }
                return self.value_of(Lvalue::Wrong, span);
            }
            Lvalue::Wrong => return self.value_of(Lvalue::Wrong, span),
        };
        (pointer, Type::Pointer { ty, constant, rows })
    }

    /// The type of what lies at a place, seen by a pointer to it.
    fn element_type(&self, place: Place) -> Integer {
        match place {
            Place::Scalar(local) | Place::Element { array: local, .. } => self.locals[local.0 as usize].ty,
            Place::Memory { ty, .. } => ty,
        }
    }

    pub(super) fn constant_index(&self, index: ExpressionId) -> Option<i64> {
        match self.program.expressions[index.0 as usize].kind {
            hir::ExpressionKind::Constant(index) => Some(index),
            _ => None,
        }
    }

    /// What is read or written where a pointer points to; several where it may come from several.
    pub(super) fn memory(&mut self, address: ExpressionId, ty: Integer) -> Whats {
        let (mut at, mut offset) = (address, Some(0i64));
        loop {
            match self.program.expressions[at.0 as usize].kind {
                hir::ExpressionKind::Index { base, index, scale, .. } => {
                    let moved = self.constant_index(index).and_then(|index| index.checked_mul(scale.into()));
                    offset = offset.zip(moved).and_then(|(offset, moved)| offset.checked_add(moved));
                    at = base;
                }
                hir::ExpressionKind::Array(local) => {
                    let index = offset.map(|offset| offset / i64::from(ty.size()));
                    return Whats::One(What::Element(Base::Local(local), index));
                }
                hir::ExpressionKind::Global(global) => {
                    let index = offset.map(|offset| offset / i64::from(ty.size()));
                    return Whats::One(What::Element(Base::Global(global), index));
                }
                hir::ExpressionKind::Address(local) => return Whats::One(What::Scalar(local)),
                _ => {
                    let mut all = Vec::new();
                    self.each_source(at, &mut |checker, source| all.push(checker.what_behind(source)));
                    return Whats::Several(all);
                }
            }
        }
    }

    /// Whatever a pointer from this source may point to.
    pub(super) fn what_behind(&self, source: Base) -> What {
        match source {
            Base::Local(local) if self.locals[local.0 as usize].kind == LocalKind::Memory => What::Scalar(local),
            Base::Local(local) => What::Element(Base::Behind(local), None),
            base => What::Element(base, None),
        }
    }
}

/// One thing or several that are read or written.
pub(super) enum Whats {
    One(What),
    Several(Vec<What>),
}
