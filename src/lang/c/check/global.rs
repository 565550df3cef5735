//! Variables outside of functions, static ones within, and strings: objects whose first bytes are known before the
//! program runs. Every run (a call from outside) finds them like that.

use super::Checker;
use super::function::PLAIN;
use super::initial::Initial;
use super::scope::Means;
use crate::diagnostic::{Span, codes};
use crate::lang::c::hir::{self, GlobalId, Rows};
use crate::lang::c::tree::{self as ast, DeclaratorKind, Integer, Specifiers, StatementKind};

/// Globals of a file.
const GLOBALS: usize = 4096;
/// Bytes of all of them.
const BYTES: u64 = 16 << 20;

impl<'a> Checker<'a> {
    /// An enumeration or a declaration that stands outside of functions.
    pub(super) fn outside(&mut self, statement: &'a ast::Statement) {
        match &statement.kind {
            StatementKind::Declaration(declarators) => {
                declarators.iter().for_each(|declarator| self.global(PLAIN, declarator));
            }
            StatementKind::TypedDeclaration(specifiers, declarators)
            | StatementKind::StaticDeclaration(specifiers, declarators) => {
                declarators.iter().for_each(|declarator| self.global(*specifiers, declarator));
            }
            _ => self.enumeration(statement),
        }
    }

    /// A global or static variable.
    pub(super) fn global(&mut self, specifiers: Specifiers, declarator: &'a ast::Declarator) {
        let Specifiers { ty, constant } = specifiers;
        let mut data = Vec::new();
        let (length, rows) = match &declarator.kind {
            DeclaratorKind::Scalar(value) => {
                if let Some(value) = value {
                    self.put(&mut data, ty, 0, value);
                }
                (None, Rows::default())
            }
            DeclaratorKind::Array { length, values } => {
                let length = self.plain_length(declarator, *length, values.as_deref());
                for (number, value) in (0..length).zip(values.iter().copied().flatten()) {
                    self.put(&mut data, ty, number, value);
                }
                (Some(length), Rows::default())
            }
            DeclaratorKind::Matrix { lengths, values } => {
                let laid = self.lay_out(ty, declarator, lengths, *values);
                for value in laid.values.iter().flatten() {
                    match value {
                        Initial::Value(at, value) => self.put(&mut data, ty, *at, value),
                        Initial::Byte(at, byte, _) => put_bytes(&mut data, 1, *at, i64::from(*byte)),
                    }
                }
                (Some(laid.length), laid.rows)
            }
            DeclaratorKind::Pointer(_) => {
                let message = "global and static pointers are not in the subset";
                let diagnostic = self.error(codes::NOT_IN_SUBSET, declarator.span, message);
                diagnostic.help.push("keep an index, or pass the pointer as a parameter".to_owned());
                (None, Rows::default())
            }
        };
        // Trailing zeros go without saying.
        let used = data.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        data.truncate(used);
        let name = declarator.name.text.into();
        let global =
            self.add_global(hir::Global { name, ty, constant, length, rows, data, exposed: false }, declarator);
        self.bind(&declarator.name, Means::Global(global));
    }

    fn add_global(&mut self, global: hir::Global, declarator: &'a ast::Declarator) -> GlobalId {
        self.global_bytes += u64::from(global.bytes());
        let id = GlobalId(self.program.globals.len() as u32);
        let before = self.global_bytes - u64::from(global.bytes());
        if self.global_bytes > BYTES && before <= BYTES {
            let message = format!("the global variables take more than {BYTES} bytes");
            self.error(codes::TOO_LARGE, declarator.span, message);
        }
        if id.0 as usize == GLOBALS {
            self.error(codes::TOO_LARGE, declarator.span, format!("more than {GLOBALS} global variables"));
        }
        self.program.globals.push(global);
        id
    }

    /// The object of a string, which must not be written.
    pub(super) fn text(&mut self, bytes: &[u8], span: Span) -> GlobalId {
        let length = Some(bytes.len() as u32 + 1);
        let (name, ty, rows) = ("string".into(), Integer::Char, Rows::default());
        let known = self.program.globals.iter().position(|global| {
            global.name == name && global.constant && global.ty == ty && global.length == length && global.data == bytes
        });
        if let Some(known) = known {
            return GlobalId(known as u32);
        }
        self.global_bytes += bytes.len() as u64 + 1;
        let number = self.program.globals.len();
        if number == GLOBALS {
            self.error(codes::TOO_LARGE, span, format!("more than {GLOBALS} global variables and strings"));
        }
        if number >= GLOBALS {
            return GlobalId(0);
        }
        let global = hir::Global { name, ty, constant: true, length, rows, data: bytes.to_vec(), exposed: true };
        self.program.globals.push(global);
        GlobalId(self.program.globals.len() as u32 - 1)
    }

    /// The first value of an element, which must be known before the program runs.
    fn put(&mut self, data: &mut Vec<u8>, ty: Integer, at: u32, value: &'a ast::Expression) {
        let (value, _) = self.constant(value);
        put_bytes(data, ty.size() as usize, at, ty.wrap(value));
    }
}

fn put_bytes(data: &mut Vec<u8>, size: usize, at: u32, value: i64) {
    let start = size * at as usize;
    if data.len() < start + size {
        data.resize(start + size, 0);
    }
    data[start..start + size].copy_from_slice(&value.to_le_bytes()[..size]);
}
