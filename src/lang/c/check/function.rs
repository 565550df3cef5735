//! Functions, their parameters and their locals.

use super::scope::{Binding, Means};
use super::{Checker, Known};
use crate::diagnostic::{Diagnostic, codes};
use crate::lang::c::hir::{self, LocalId, LocalKind};
use crate::lang::c::tree::{self as ast, Integer, ParameterKind, ReturnType, Specifiers};
use std::collections::BTreeSet;

/// As many as C promises, and as fit the masks of [`Known`].
pub(super) const PARAMETERS: usize = 127;
/// Locals times branches: bounds the memory that lowering takes.
const SIZE: usize = 1 << 22;
/// Functions of a file.
const FUNCTIONS: usize = 4096;
/// `int`, as it is written without other words.
pub(super) const PLAIN: Specifiers = Specifiers { ty: Integer::Int, constant: false };
/// The longest local array.
pub(super) const ELEMENTS: u32 = 1 << 20;

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
        self.functions.push(Known {
            declared: function,
            reads: 0,
            writes: 0,
            globals_read: BTreeSet::new(),
            globals_written: BTreeSet::new(),
            returns_globals: false,
        });
        self.flow.reset();
        self.branches = 0;
        let mark = self.scopes.enter();
        self.parameters(function);
        let body = self.statements(function.body);
        self.scopes.leave(mark);
        self.settle();
        self.end(function);
        let (locals, globals) = (std::mem::take(&mut self.locals), std::mem::take(&mut self.globals));
        if locals.len() * self.branches > SIZE {
            let message = format!("`{}` is too large: it has too many variables and branches", function.name.text);
            self.error(codes::TOO_LARGE, function.name.span, message).help.push("split it".to_owned());
        }
        self.program.functions.push(hir::Function {
            name: function.name.text.into(),
            returns: function.returns,
            parameters: function.parameters.len().min(PARAMETERS) as u32,
            locals,
            globals,
            body,
            span: function.span,
        });
    }

    fn function_name(&mut self, function: &'a ast::Function) {
        let name = &function.name;
        if let Some(first) = self.functions.iter().find(|known| known.declared.name.is(name)) {
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
            let mut rows = hir::Rows::default();
            let (kind, specifiers) = match parameter.kind {
                ParameterKind::Scalar => (LocalKind::Scalar { checked: false }, PLAIN),
                ParameterKind::Array(_) => (LocalKind::Parameter, PLAIN),
                ParameterKind::TypedScalar(specifiers) => (LocalKind::Scalar { checked: false }, specifiers),
                ParameterKind::TypedArray(specifiers, _) => (LocalKind::Parameter, specifiers),
                ParameterKind::Matrix(specifiers) => {
                    rows = self.parameter_rows(parameter);
                    (LocalKind::Parameter, specifiers)
                }
            };
            if let ParameterKind::Array(Some(0)) | ParameterKind::TypedArray(_, Some(0)) = parameter.kind {
                self.error(codes::ARRAY_LENGTH, parameter.name.span, "an array of no elements");
            }
            self.flow.declare_written();
            let local = self.declare(&parameter.name, kind, specifiers);
            self.locals[local.0 as usize].rows = rows;
        }
    }

    /// Adds a local and puts its name in scope. Its flow bit is the caller's.
    pub(super) fn declare(&mut self, name: &'a ast::Name, kind: LocalKind, specifiers: Specifiers) -> LocalId {
        let local = LocalId(self.locals.len() as u32);
        let Specifiers { ty, constant } = specifiers;
        let rows = hir::Rows::default();
        self.locals.push(hir::Local { name: name.text.into(), kind, ty, constant, rows });
        self.points.declare(self.scopes.level());
        self.bind(name, Means::Local(local));
        local
    }

    /// Puts a name in scope.
    pub(super) fn bind(&mut self, name: &'a ast::Name, means: Means) {
        if let Some(first) = self.scopes.find_here(name) {
            self.report(
                Diagnostic::error(
                    codes::REDECLARED,
                    name.span,
                    format!("`{}` is declared twice in this scope", name.text),
                )
                .at("declared again here")
                .label(first.name.span, "first declared here"),
            );
        }
        self.scopes.declare(Binding { name: *name, means });
    }

    /// Whether the end can be reached where a value must be returned.
    fn end(&mut self, function: &'a ast::Function) {
        let main = function.returns == ReturnType::Int && function.name.text == "main";
        if function.returns == ReturnType::Void || main || !self.flow.is_reached() {
            return;
        }
        let name = &function.name;
        let message = format!("the end of `{}` can be reached without a `return`", name.text);
        let returned = match function.returns {
            returns if returns.is_pointer() => "an array".to_owned(),
            returns => format!("an `{}`", returns.integer().text()),
        };
        self.report(
            Diagnostic::warning(codes::MISSING_RETURN, name.span, message)
                .at(format!("must return {returned}"))
                .note("a run that gets there stops with the trap `missing_return`"),
        );
    }
}
