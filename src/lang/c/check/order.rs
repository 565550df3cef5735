//! Order of evaluation: C leaves open which operand of `+` or which argument comes first. An expression whose value
//! could depend on it is rejected: one side writes what the other reads or writes.
//!
//! Every access of a full expression is logged, left to right, so that a subexpression is a range of the log. Array
//! parameters may be the same array; constant indices tell elements apart; a call accesses what its function was seen
//! to access. For the function at hand itself that is known only at its end, and so is what its pointers point to: such
//! conflicts are kept until then ([`super::points`]).

use super::Checker;
use super::lvalue::Whats;
use crate::diagnostic::{Diagnostic, Label, Span, codes};
use crate::lang::c::hir::{self, ExpressionId, GlobalId, LocalId, LocalKind, Place};
use std::ops::Range;

/// More pairs than this in one expression are not compared; it is rejected instead.
const COMPARISONS: u32 = 1 << 20;
/// Conflicts that are kept until the end of a function.
const SUSPICIONS: usize = 1 << 14;

/// Where an array lies, or the pointer that memory is reached through.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// An array or a pointer that is named there.
    Local(LocalId),
    /// What a pointer may point to that came from there.
    Behind(LocalId),
    Global(GlobalId),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum What {
    Scalar(LocalId),
    /// Any element where there is no index.
    Element(Base, Option<i64>),
    /// All globals that the function at hand accesses in this way.
    Globals,
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
    /// A call of the function at hand, which accesses globals.
    Itself,
}

#[derive(Clone, Copy)]
pub struct Access {
    pub what: What,
    pub write: bool,
    pub by: By,
    pub span: Span,
}

/// Two accesses without an order between them of what may prove to be the same thing.
pub struct Suspicion {
    pub first: Access,
    pub second: Access,
}

/// Whether two accesses are of the same thing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Same {
    No,
    Yes,
    /// That depends on where pointers point to.
    Perhaps,
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
    /// Recursive calls: parameter, and where what is passed for it comes from.
    passed: Vec<(u8, Base)>,
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

    /// Nothing was kept until the end of the function.
    pub fn is_settled(&self) -> bool {
        self.suspicions.is_empty() && self.passed.is_empty()
    }

    pub fn take_suspicions(&mut self) -> Vec<Suspicion> {
        std::mem::take(&mut self.suspicions)
    }

    pub fn take_passed(&mut self) -> Vec<(u8, Base)> {
        std::mem::take(&mut self.passed)
    }

    fn push(&mut self, access: Access) {
        self.log.push(access);
        if access.write {
            self.last_write = self.log.len();
        }
    }
}

impl Checker<'_> {
    /// The expression reads or writes what lies at a place.
    pub(super) fn access(&mut self, place: Place, write: bool, span: Span) {
        match place {
            Place::Scalar(local) => {
                self.order.push(Access { what: What::Scalar(local), write, by: By::Operator, span });
            }
            Place::Element { array, index } => {
                let index = self.constant_index(index);
                self.access_one(What::Element(Base::Local(array), index), write, span);
            }
            Place::Memory { address, ty } => match self.memory(address, ty) {
                Whats::One(what) => self.access_one(what, write, span),
                Whats::Several(all) => all.into_iter().for_each(|what| self.access_one(what, write, span)),
            },
        }
    }

    fn access_one(&mut self, what: What, write: bool, span: Span) {
        self.order.push(Access { what, write, by: By::Operator, span });
        if let What::Element(base, _) = what {
            self.touch(base, write);
        }
    }

    /// Notes in the function's summary that it accesses an array.
    fn touch(&mut self, base: Base, write: bool) {
        match base {
            Base::Local(local) | Base::Behind(local) => self.points.touch(local, write),
            Base::Global(global) => {
                // Outside of functions nobody asks.
                let Some(known) = self.functions.get_mut(self.current as usize) else { return };
                if write { &mut known.globals_written } else { &mut known.globals_read }.insert(global);
            }
        }
    }

    /// The accesses of a call's function, once its arguments are evaluated.
    pub(super) fn call_accesses(&mut self, function: u32, arguments: hir::List, span: Span) {
        let known = &self.functions[function as usize];
        let (reads, writes) = (known.reads, known.writes);
        let recursive = function == self.current;
        for parameter in 0..arguments.length {
            let argument = self.program.lists[(arguments.start + parameter) as usize];
            self.each_source(ExpressionId(argument), &mut |checker, source| {
                let by = if recursive { By::Recursion(parameter as u8) } else { By::Call };
                if recursive {
                    checker.order.passed.push((parameter as u8, source));
                }
                let what = checker.what_behind(source);
                for (mask, write) in [(reads, false), (writes, true)] {
                    if recursive || mask >> parameter & 1 == 1 {
                        checker.order.push(Access { what, write, by, span });
                        if !recursive {
                            checker.touch(source, write);
                        }
                    }
                }
            });
        }
        for write in [false, true] {
            if recursive {
                self.order.push(Access { what: What::Globals, write, by: By::Itself, span });
                continue;
            }
            let known = &self.functions[function as usize];
            let globals = if write { known.globals_written.clone() } else { known.globals_read.clone() };
            for global in globals {
                let base = Base::Global(global);
                self.order.push(Access { what: What::Element(base, None), write, by: By::Call, span });
                self.touch(base, write);
            }
        }
    }

    /// `left` and `right`, ranges of the log, have no order between them.
    pub(super) fn unordered(&mut self, left: Range<usize>, right: Range<usize>) {
        if self.order.last_write > left.start {
            self.compare(left, right, |_, _| true);
        }
    }

    /// The accesses logged from `last` on, writes, have no order with the writes that operators do in `within`.
    pub(super) fn unordered_writes(&mut self, within: Range<usize>, last: usize) {
        let any = self.order.log[within.clone()].iter().any(|access| access.write);
        if any {
            self.compare(within, last..self.order.log.len(), |left, _| left.write && left.by == By::Operator);
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
                } else if (first.write || second.write) && counts(&first, &second) {
                    match self.same(first, second) {
                        Same::No => {}
                        same => self.conflict(first, second, same == Same::Perhaps),
                    }
                }
            }
        }
    }

    fn same(&self, first: Access, second: Access) -> Same {
        let when = |maybe: bool| if maybe { Same::Perhaps } else { Same::No };
        let local = |local: LocalId| &self.locals[local.0 as usize];
        let differ = |i: Option<i64>, j: Option<i64>| i.zip(j).is_some_and(|(i, j)| i != j);
        let named = |what: What| match what {
            What::Element(Base::Behind(local), index) => What::Element(Base::Local(local), index),
            what => what,
        };
        match (first.what, second.what) {
            // A pointer is read where memory is reached by its name.
            (What::Scalar(pointer), What::Element(Base::Local(array), _))
            | (What::Element(Base::Local(array), _), What::Scalar(pointer))
                if pointer == array =>
            {
                return Same::Yes;
            }
            _ => {}
        }
        match (named(first.what), named(second.what)) {
            (What::Scalar(left), What::Scalar(right)) if left == right => Same::Yes,
            (What::Scalar(_), What::Scalar(_)) => Same::No,
            (What::Scalar(scalar), What::Element(Base::Local(array), _))
            | (What::Element(Base::Local(array), _), What::Scalar(scalar)) => {
                let (scalar, array) = (local(scalar), local(array));
                when(array.is_pointer() && !scalar.is_pointer() && scalar.ty == array.ty)
            }
            (What::Element(Base::Local(left), i), What::Element(Base::Local(right), j)) => {
                let (one, two) = (local(left), local(right));
                let parameters = one.kind == LocalKind::Parameter && two.kind == LocalKind::Parameter;
                match left == right {
                    true if differ(i, j) => Same::No,
                    true => Same::Yes,
                    false if one.ty != two.ty => Same::No,
                    false if parameters => Same::Yes,
                    false => when(one.is_pointer() || two.is_pointer()),
                }
            }
            (What::Element(Base::Global(left), i), What::Element(Base::Global(right), j)) => {
                if left == right && !differ(i, j) { Same::Yes } else { Same::No }
            }
            (What::Element(Base::Local(array), _), What::Element(Base::Global(global), _))
            | (What::Element(Base::Global(global), _), What::Element(Base::Local(array), _)) => {
                when(local(array).is_pointer() && local(array).ty == self.program.globals[global.0 as usize].ty)
            }
            (What::Globals, What::Element(Base::Local(array), _))
            | (What::Element(Base::Local(array), _), What::Globals) => when(local(array).is_pointer()),
            (What::Globals, What::Scalar(_)) | (What::Scalar(_), What::Globals) => Same::No,
            (What::Globals, _) | (_, What::Globals) => Same::Perhaps,
            (What::Element(Base::Behind(_), _), _) | (_, What::Element(Base::Behind(_), _)) => Same::No,
            (What::Element(Base::Global(_), _), What::Scalar(_))
            | (What::Scalar(_), What::Element(Base::Global(_), _)) => Same::No,
        }
    }

    fn conflict(&mut self, first: Access, second: Access, perhaps: bool) {
        let recursive = |access: &Access| matches!(access.by, By::Recursion(_) | By::Itself);
        if perhaps || recursive(&first) || recursive(&second) {
            if self.order.suspicions.len() < SUSPICIONS {
                self.order.suspicions.push(Suspicion { first, second });
                return;
            }
            self.order.rejected = true;
            let message = "this function has too many side effects to find their order";
            self.error(codes::UNSEQUENCED, first.span.to(second.span), message);
            return;
        }
        self.order.rejected = true;
        let diagnostic = self.describe_conflict(first, second);
        self.diagnostics.push(diagnostic);
    }

    pub(super) fn describe_conflict(&self, first: Access, second: Access) -> Diagnostic {
        let (name, other) = (self.accessed(&first, &second), self.accessed(&second, &first));
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
        let mut diagnostic = Diagnostic::error(codes::UNSEQUENCED, write.span, message).at(write_text);
        if read.span != write.span {
            diagnostic.labels.push(Label { span: read.span, text: read_text });
        }
        if name != other {
            diagnostic.notes.push(match (first.what, second.what) {
                (What::Scalar(_), _) => format!("`{other}` may point to `{name}`"),
                (_, What::Scalar(_)) => format!("`{name}` may point to `{other}`"),
                _ => format!("`{name}` and `{other}` may be the same array"),
            });
        }
        diagnostic.note("C leaves open which operand or argument is evaluated first").help("write it as two statements")
    }
}
