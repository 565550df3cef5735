//! Functions, their parameters and their locals.

use super::scope::Binding;
use super::{Checker, Known};
use crate::diagnostic::{Diagnostic, codes};
use crate::lang::c::ast::{self, ParameterKind, ReturnType};
use crate::lang::c::hir::{self, LocalId, LocalKind};
use compact_str::CompactString;

/// As many as C promises, and as fit the masks of [`Known`].
const PARAMETERS: usize = 127;
/// Locals times branches: bounds the memory that lowering takes.
const SIZE: usize = 1 << 22;
/// Functions of a file.
const FUNCTIONS: usize = 4096;
/// The longest local array.
pub const ELEMENTS: u32 = 1 << 20;

impl<'a> Checker<'a> {
    pub(super) fn function(&mut self, function: &'a ast::Function) {
        if self.functions.len() >= FUNCTIONS {
            if self.functions.len() == FUNCTIONS {
                self.error(codes::TOO_LARGE, function.name.span, format!("more than {FUNCTIONS} functions"));
            }
            return;
        }
        self.function_name(function);
        self.current = self.functions.len() as u32;
        self.functions.push(Known { declared: function, reads: 0, writes: 0 });
        self.flow.reset();
        self.branches = 0;
        let mark = self.scopes.enter();
        self.parameters(function);
        let body = self.statements(&function.body);
        self.scopes.leave(mark);
        self.settle_recursion();
        self.end(function);
        let locals = std::mem::take(&mut self.locals);
        if locals.len() * self.branches > SIZE {
            let message = format!("`{}` is too large: it has too many variables and branches", function.name.text);
            self.error(codes::TOO_LARGE, function.name.span, message).help.push("split it".to_owned());
        }
        self.program.functions.push(hir::Function {
            name: function.name.text.clone(),
            returns: function.returns,
            parameters: function.parameters.len().min(PARAMETERS) as u32,
            locals,
            body,
            span: function.span,
        });
    }

    fn function_name(&mut self, function: &'a ast::Function) {
        let name = &function.name;
        if let Some(first) = self.functions.iter().find(|known| known.declared.name.text == name.text) {
            let span = first.declared.name.span;
            self.report(
                Diagnostic::error(
                    codes::FUNCTION_TWICE,
                    name.span,
                    format!("function `{}` is defined twice", name.text),
                )
                .at("defined again here")
                .label(span, "first defined here"),
            );
        }
    }

    fn parameters(&mut self, function: &'a ast::Function) {
        if let Some(first) = function.parameters.get(PARAMETERS) {
            self.error(codes::TOO_LARGE, first.name.span, format!("more than {PARAMETERS} parameters"));
        }
        for parameter in function.parameters.iter().take(PARAMETERS) {
            let kind = match parameter.kind {
                ParameterKind::Scalar => LocalKind::Scalar { checked: false },
                ParameterKind::Array(_) => LocalKind::Parameter,
            };
            if parameter.kind == ParameterKind::Array(Some(0)) {
                self.error(codes::ARRAY_LENGTH, parameter.name.span, "an array of no elements");
            }
            self.flow.declare_written();
            self.declare(&parameter.name, kind);
        }
    }

    /// Adds a local and puts its name in scope. Its flow bit is the caller's.
    pub(super) fn declare(&mut self, name: &'a ast::Name, kind: LocalKind) -> LocalId {
        if let Some(first) = self.scopes.find_here(&name.text) {
            self.report(
                Diagnostic::error(
                    codes::REDECLARED,
                    name.span,
                    format!("`{}` is declared twice in this scope", name.text),
                )
                .at("declared again here")
                .label(first.span, "first declared here"),
            );
        }
        let local = LocalId(self.locals.len() as u32);
        self.locals.push(hir::Local { name: CompactString::clone(&name.text), kind });
        self.scopes.declare(Binding { name: &name.text, local, span: name.span });
        local
    }

    /// Whether the end can be reached where a value must be returned.
    fn end(&mut self, function: &'a ast::Function) {
        let main = function.returns == ReturnType::Int && function.name.text == "main";
        if function.returns == ReturnType::Void || main || !self.flow.is_reached() {
            return;
        }
        let name = &function.name;
        let message = format!("the end of `{}` can be reached without a `return`", name.text);
        let returned = if function.returns == ReturnType::Int { "an `int`" } else { "an array" };
        self.report(
            Diagnostic::warning(codes::MISSING_RETURN, name.span, message)
                .at(format!("must return {returned}"))
                .note("a run that gets there stops with the trap `missing_return`"),
        );
    }
}
