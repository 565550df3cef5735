//! Order of evaluation: C leaves open which operand of `+` or which argument comes first. An expression whose value
//! could depend on it is rejected: one side writes what the other reads or writes.
//!
//! Every access of a full expression is logged, left to right, so that a subexpression is a range of the log. Array
//! parameters may be the same array; constant indices tell elements apart; a call accesses what its function was seen
//! to access. For the function at hand itself that is known only at its end, so such conflicts are kept until then.

use super::{Checker, Known};
use crate::diagnostic::{Span, codes};
use crate::lang::c::hir::{self, LocalId, LocalKind};
use std::ops::Range;

/// More pairs than this in one expression are not compared; it is rejected instead.
const COMPARISONS: u32 = 1 << 20;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum What {
    Scalar(LocalId),
    /// Any element where there is no index.
    Element(LocalId, Option<i64>),
}

/// When a call's access is real.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The expression itself.
    Operator,
    /// A call of a function seen before.
    Call,
    /// A call of the function at hand, if it accesses this parameter in this way.
    Recursion(u8),
}

#[derive(Clone, Copy)]
pub struct Access {
    what: What,
    write: bool,
    by: By,
    span: Span,
}

/// Two accesses of the same thing without an order between them, at least one through recursion.
struct Suspicion {
    first: Access,
    second: Access,
}

#[derive(Default)]
pub struct Order {
    log: Vec<Access>,
    /// One past the last write in the log.
    last_write: usize,
    compared: u32,
    /// This full expression has been rejected.
    rejected: bool,
    suspicions: Vec<Suspicion>,
    /// Recursive calls: parameter, and the own parameter that is passed for it.
    passed: Vec<(u8, u8)>,
}

impl Order {
    pub fn mark(&self) -> usize {
        self.log.len()
    }

    /// Takes back what was logged since; nothing of it happens.
    pub fn forget(&mut self, mark: usize) {
        self.log.truncate(mark);
        self.last_write = self.log.iter().rposition(|access| access.write).map_or(0, |last| last + 1);
    }

    /// Begins the next full expression.
    pub fn clear(&mut self) {
        self.log.clear();
        self.last_write = 0;
        self.compared = 0;
        self.rejected = false;
    }

    fn push(&mut self, access: Access) {
        self.log.push(access);
        if access.write {
            self.last_write = self.log.len();
        }
    }
}

impl Checker<'_> {
    /// The expression reads or writes a scalar or an element.
    pub(super) fn access(&mut self, what: What, write: bool, span: Span) {
        self.order.push(Access { what, write, by: By::Operator, span });
        if let What::Element(array, _) = what {
            self.touch(array, write);
        }
    }

    /// Notes in the function's summary that it accesses an array.
    fn touch(&mut self, array: LocalId, write: bool) {
        if self.locals[array.0 as usize].kind == LocalKind::Parameter {
            let known = &mut self.functions[self.current as usize];
            *if write { &mut known.writes } else { &mut known.reads } |= 1 << array.0;
        }
    }

    /// The accesses of a call's function, once its arguments are evaluated.
    pub(super) fn call_accesses(&mut self, function: u32, arguments: hir::List, span: Span) {
        let Known { reads, writes, .. } = self.functions[function as usize];
        let recursive = function == self.current;
        for parameter in 0..arguments.length {
            let argument = self.program.lists[(arguments.start + parameter) as usize];
            self.each_array(argument, &mut |checker, array| {
                let by = if recursive { By::Recursion(parameter as u8) } else { By::Call };
                if recursive && checker.locals[array.0 as usize].kind == LocalKind::Parameter {
                    checker.order.passed.push((parameter as u8, array.0 as u8));
                }
                for (mask, write) in [(reads, false), (writes, true)] {
                    if recursive || mask >> parameter & 1 == 1 {
                        checker.order.push(Access { what: What::Element(array, None), write, by, span });
                        if !recursive {
                            checker.touch(array, write);
                        }
                    }
                }
            });
        }
    }

    /// The arrays that a pointer may point to: an array, or what is passed to a call that returns one.
    fn each_array(&mut self, expression: u32, visit: &mut dyn FnMut(&mut Self, LocalId)) {
        match self.program.expressions[expression as usize].kind {
            hir::ExpressionKind::Array(array) => visit(self, array),
            hir::ExpressionKind::Call { arguments, .. } => {
                for argument in 0..arguments.length {
                    let argument = self.program.lists[(arguments.start + argument) as usize];
                    self.each_array(argument, visit);
                }
            }
            _ => {}
        }
    }

    /// `left` and `right`, ranges of the log, have no order between them.
    pub(super) fn unordered(&mut self, left: Range<usize>, right: Range<usize>) {
        if self.order.last_write > left.start {
            self.compare(left, right, |_, _| true);
        }
    }

    /// The access logged last, a write, has no order with the writes that operators do in `within`.
    pub(super) fn unordered_writes(&mut self, within: Range<usize>) {
        let last = self.order.log.len() - 1;
        let any = self.order.log[within.clone()].iter().any(|access| access.write);
        if any {
            self.compare(within, last..last + 1, |left, _| left.write && left.by == By::Operator);
        }
    }

    fn compare(&mut self, left: Range<usize>, right: Range<usize>, counts: fn(&Access, &Access) -> bool) {
        // From the back, so that of a step the write is seen before the read.
        for i in left.rev() {
            for j in right.clone().rev() {
                if self.order.rejected {
                    return;
                }
                let (first, second) = (self.order.log[i], self.order.log[j]);
                self.order.compared += 1;
                if self.order.compared > COMPARISONS {
                    self.order.rejected = true;
                    let message = "this expression has too many side effects to find their order";
                    self.error(codes::UNSEQUENCED, first.span.to(second.span), message);
                } else if (first.write || second.write) && counts(&first, &second) && self.overlap(first, second) {
                    self.conflict(first, second);
                }
            }
        }
    }

    fn overlap(&self, first: Access, second: Access) -> bool {
        match (first.what, second.what) {
            (What::Scalar(left), What::Scalar(right)) => left == right,
            (What::Element(left, i), What::Element(right, j)) => {
                let is_parameter = |array: LocalId| self.locals[array.0 as usize].kind == LocalKind::Parameter;
                let same_array = left == right || is_parameter(left) && is_parameter(right);
                same_array && (i.is_none() || j.is_none() || i == j)
            }
            _ => false,
        }
    }

    fn conflict(&mut self, first: Access, second: Access) {
        if matches!(first.by, By::Recursion(_)) || matches!(second.by, By::Recursion(_)) {
            self.order.suspicions.push(Suspicion { first, second });
            return;
        }
        self.order.rejected = true;
        self.report_conflict(first, second);
    }

    fn report_conflict(&mut self, first: Access, second: Access) {
        let named = |access: &Access| match access.what {
            What::Scalar(local) => self.locals[local.0 as usize].name.clone(),
            What::Element(local, _) => self.locals[local.0 as usize].name.clone(),
        };
        let (name, other) = (named(&first), named(&second));
        let doing = |access: &Access, name: &str| match (access.by, access.write) {
            (By::Operator, true) => format!("`{name}` is written here"),
            (By::Operator, false) => format!("`{name}` is read here"),
            (_, true) => format!("this call may write `{name}`"),
            (_, false) => format!("this call may read `{name}`"),
        };
        let (write, read, write_name, read_name) =
            if first.write { (first, second, &name, &other) } else { (second, first, &other, &name) };
        let (write_text, read_text) = (doing(&write, write_name), doing(&read, read_name));
        let also = if read.write { "writes" } else { "reads" };
        let message = format!("the value depends on which of two {also} comes first");
        let message =
            if read.write { message } else { format!("`{write_name}` is written and read in no given order") };
        let aliases = name != other;
        let diagnostic = self.error(codes::UNSEQUENCED, write.span, message);
        diagnostic.labels[0].text = write_text;
        if read.span != write.span {
            diagnostic.labels.push(crate::diagnostic::Label { span: read.span, text: read_text });
        }
        if aliases {
            diagnostic.notes.push(format!("`{name}` and `{other}` may be the same array"));
        }
        diagnostic.notes.push("C leaves open which operand or argument is evaluated first".to_owned());
        diagnostic.help.push("write it as two statements".to_owned());
    }

    /// At the end of a function: what it accesses is known now, also through itself.
    pub(super) fn settle_recursion(&mut self) {
        let passed = std::mem::take(&mut self.order.passed);
        let current = self.current as usize;
        loop {
            let before = (self.functions[current].reads, self.functions[current].writes);
            let known = &mut self.functions[current];
            for &(parameter, own) in &passed {
                known.reads |= (known.reads >> parameter & 1) << own;
                known.writes |= (known.writes >> parameter & 1) << own;
            }
            if before == (known.reads, known.writes) {
                break;
            }
        }
        let Known { reads, writes, .. } = self.functions[current];
        let real = |access: &Access| match access.by {
            By::Recursion(parameter) => (if access.write { writes } else { reads }) >> parameter & 1 == 1,
            _ => true,
        };
        let mut last = None;
        for Suspicion { first, second } in std::mem::take(&mut self.order.suspicions) {
            if real(&first) && real(&second) && last != Some((first.span, second.span)) {
                last = Some((first.span, second.span));
                self.report_conflict(first, second);
            }
        }
    }
}
