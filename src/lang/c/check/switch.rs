//! `switch` with its labels, and enumerations.

use super::Checker;
use super::flow::{Assigned, NEVER};
use super::scope::Means;
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::lang::c::hir::{self, StatementId};
use crate::lang::c::tree::{self as ast, Integer, StatementKind};

/// A `switch` whose body is being checked.
pub struct Switch {
    ty: Integer,
    /// What is certainly written where a label is jumped to.
    entered: Assigned,
    labels: Vec<(Option<i64>, StatementId, Span)>,
    /// Bindings in scope before the body.
    depth: usize,
}

impl<'a> Checker<'a> {
    pub(super) fn switch(&mut self, value: &'a ast::Expression, body: &'a [ast::Statement]) -> hir::StatementKind {
        self.branches += 1 + body.len();
        self.order.clear();
        let (id, ty) = self.int(value);
        let ty = ty.promoted();
        let value = self.convert(id, ty);
        let entered = self.flow.assigned;
        let mark = self.scopes.enter();
        self.switches.push(Switch { ty, entered, labels: Vec::new(), depth: self.scopes.depth() });
        self.flow.enter_switch();
        self.flow.assigned = NEVER;
        let from = self.pending.len();
        for statement in body {
            let id = if let StatementKind::Case(value) = &statement.kind {
                self.label(*value, statement.span)
            } else {
                self.statement(statement)
            };
            self.pending.push(id.0);
        }
        let body = self.list(from);
        let breaks = self.flow.leave_loop().breaks;
        let switch = self.switches.pop().expect("it was pushed above");
        self.scopes.leave(mark);
        let whole = switch.labels.iter().any(|(value, ..)| value.is_none());
        self.flow.join(breaks);
        if !whole {
            self.flow.join(entered);
        }
        let from = self.pending.len();
        self.pending.extend(switch.labels.iter().map(|(_, id, _)| id.0));
        hir::StatementKind::Switch { value, body, labels: self.list(from) }
    }

    fn label(&mut self, value: Option<&'a ast::Expression>, span: Span) -> StatementId {
        let value = value.map(|value| self.constant(value).0);
        let switch = self.switches.last().expect("labels are met in the body of a switch");
        let (ty, entered, depth) = (switch.ty, switch.entered, switch.depth);
        let value = value.map(|value| ty.wrap(value));
        if let Some((.., first)) = switch.labels.iter().find(|(known, ..)| *known == value) {
            let first = *first;
            self.report(
                Diagnostic::error(codes::REDECLARED, span, "this label stands twice in its `switch`")
                    .label(first, "first here"),
            );
        }
        if self.scopes.depth() > depth {
            let message = "a label after a declaration in the body of its `switch` is not in the subset";
            let diagnostic = self.error(codes::NOT_IN_SUBSET, span, message);
            diagnostic.help.push("put what declares between braces, or before the `switch`".to_owned());
        }
        self.flow.join(entered);
        let id = self.push(hir::StatementKind::Case(value), span);
        self.switches.last_mut().expect("it is the one above").labels.push((value, id, span));
        id
    }

    /// A label that does not stand in the body of a `switch` itself.
    pub(super) fn stray_label(&mut self, span: Span) -> hir::StatementKind {
        let message = "`case` and `default` stand only in the body of a `switch`";
        let diagnostic = self.error(codes::SYNTAX, span, message);
        diagnostic.help.push("not within another statement of that body".to_owned());
        hir::StatementKind::Empty
    }

    /// An enumeration: names for constants.
    pub(super) fn enumeration(&mut self, statement: &'a ast::Statement) {
        let StatementKind::Enumeration(constants) = &statement.kind else { return };
        let mut next: i64 = 0;
        for (name, value) in *constants {
            if let Some(value) = value {
                next = self.constant(value).0;
            }
            let fits = i32::try_from(next);
            if fits.is_err() {
                let message = format!("the constant `{}` does not fit in `int`", name.text);
                self.error(codes::BEYOND_INT, name.span, message);
            }
            self.bind(name, Means::Constant(fits.unwrap_or(0)));
            next = next.wrapping_add(1);
        }
    }
}
