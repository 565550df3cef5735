//! Where pointers may point to, whatever the order in which a function's statements run: what is assigned to a pointer
//! flows there. Found at the end of a function, and used three times: no object may end before a pointer to it does;
//! callers learn what the function reads and writes; and accesses without an order are compared.

use super::Checker;
use super::function::PARAMETERS;
use super::order::{Access, Base, By, Suspicion, What};
use crate::diagnostic::{Span, codes};
use crate::lang::c::hir::{self, ExpressionId, GlobalId, LocalId, LocalKind, Place};

/// Assignments to pointers, and returns of them, in one function.
const FLOWS: usize = 1024;

/// Something that pointers point to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Root {
    /// What this parameter pointed to when the function began.
    Parameter(LocalId),
    /// A variable or an array of the function.
    Object(LocalId),
    Global(GlobalId),
}

/// A value that goes to a pointer, or back to the caller.
struct Flow {
    to: Option<LocalId>,
    value: ExpressionId,
    span: Span,
}

/// What is known of a local.
struct Seen {
    /// How deep its scope lies. Where a pointer is assigned to, its scope and that of what it is to point to are both
    /// open, so that the deeper one ends first.
    level: u32,
    /// Whether memory is read (1) and written (2) through it.
    touched: u8,
}

/// What is known of a function's pointers while it is checked.
#[derive(Default)]
pub struct Points {
    locals: Vec<Seen>,
    flows: Vec<Flow>,
    /// What each local, if it is a pointer, may point to; known at the end.
    sets: Vec<Vec<Root>>,
}

impl Points {
    /// Takes note of the next local.
    pub fn declare(&mut self, level: u32) {
        self.locals.push(Seen { level, touched: 0 });
    }

    /// `value` goes to a pointer, or back to the caller.
    pub fn flow(&mut self, to: Option<LocalId>, value: ExpressionId, span: Span) {
        self.flows.push(Flow { to, value, span });
    }

    /// Forgets the function, and keeps the buffers.
    fn clear(&mut self) {
        self.locals.clear();
        self.flows.clear();
        self.sets.clear();
    }

    pub fn touch(&mut self, local: LocalId, write: bool) {
        self.locals[local.0 as usize].touched |= if write { 2 } else { 1 };
    }
}

/// Whether two accesses meet.
enum Meet {
    No,
    Yes,
    /// If a pointer may point to this global.
    IfExposed(GlobalId),
}

impl Checker<'_> {
    /// Visits the variables that a pointer may come from.
    pub(super) fn each_source(&mut self, pointer: ExpressionId, visit: &mut dyn FnMut(&mut Self, Base)) {
        match self.program.expressions[pointer.0 as usize].kind {
            hir::ExpressionKind::Array(local) | hir::ExpressionKind::Address(local) => visit(self, Base::Local(local)),
            hir::ExpressionKind::Global(global) => visit(self, Base::Global(global)),
            hir::ExpressionKind::Index { base, .. } => self.each_source(base, visit),
            hir::ExpressionKind::Call { function, arguments } => {
                if !self.functions[function as usize].declared.returns.is_pointer() {
                    return;
                }
                for argument in 0..arguments.length {
                    let argument = self.program.lists[(arguments.start + argument) as usize];
                    self.each_source(ExpressionId(argument), visit);
                }
                // It may point to a global too: to any that the callee knows.
                if !self.returns_parameters(function) {
                    let globals = 0..self.program.globals.len() as u32;
                    globals.for_each(|global| visit(self, Base::Global(GlobalId(global))));
                }
            }
            hir::ExpressionKind::Conditional { then, otherwise, .. } => {
                self.each_source(then, visit);
                self.each_source(otherwise, visit);
            }
            hir::ExpressionKind::Comma { right, .. } => self.each_source(right, visit),
            hir::ExpressionKind::Assign { target: Place::Scalar(local), .. }
            | hir::ExpressionKind::Step { target: Place::Scalar(local), .. }
                if self.locals[local.0 as usize].is_pointer() =>
            {
                visit(self, Base::Local(local));
            }
            _ => {}
        }
    }

    /// Whether a function returns nothing but pointers that it was given.
    fn returns_parameters(&self, function: u32) -> bool {
        // Of the function at hand that is not known yet.
        function != self.current && !self.functions[function as usize].returns_globals
    }

    /// At the end of a function: what it accesses is known now, also through pointers and through itself.
    pub(super) fn settle(&mut self) {
        if self.points.flows.len() > FLOWS {
            let span = self.points.flows[FLOWS].span;
            self.error(codes::TOO_LARGE, span, format!("more than {FLOWS} assignments to pointers in one function"));
            self.points.flows.truncate(FLOWS);
        }
        if self.settle_simply() {
            return self.points.clear();
        }
        self.find_sets();
        self.lifetimes();
        self.summary();
        let mut last = None;
        for Suspicion { first, second } in self.order.take_suspicions() {
            if !self.is_real(&first) || !self.is_real(&second) || last == Some((first.span, second.span)) {
                continue;
            }
            let meet = self.meet(&first, &second);
            if !matches!(meet, Meet::No) {
                last = Some((first.span, second.span));
                let diagnostic = self.describe_conflict(first, second);
                match meet {
                    Meet::IfExposed(global) => self.late.push((global, diagnostic)),
                    _ => self.diagnostics.push(diagnostic),
                }
            }
        }
        self.points.clear();
    }

    /// Where no pointer was assigned to, and none is returned but parameters, they point to what they were given. Most
    /// functions are like that.
    fn settle_simply(&mut self) -> bool {
        let parameter = |flow: &Flow| match self.program.expressions[flow.value.0 as usize].kind {
            hir::ExpressionKind::Array(local) => {
                flow.to.is_none() && self.locals[local.0 as usize].kind == LocalKind::Parameter
            }
            _ => false,
        };
        if !self.order.is_settled() || !self.points.flows.iter().all(parameter) {
            return false;
        }
        let known = &mut self.functions[self.current as usize];
        let count = known.declared.parameters.len().min(PARAMETERS);
        for (number, Seen { touched, .. }) in self.points.locals.iter().take(count).enumerate() {
            known.reads |= u128::from(touched & 1) << number;
            known.writes |= u128::from(touched >> 1) << number;
        }
        true
    }

    /// At the end of the program: which conflicts through pointers to globals are real.
    pub(super) fn settle_exposed(&mut self) {
        for (global, diagnostic) in std::mem::take(&mut self.late) {
            if self.program.globals[global.0 as usize].exposed {
                self.diagnostics.push(diagnostic);
            }
        }
    }

    fn find_sets(&mut self) {
        let parameters = self.functions[self.current as usize].declared.parameters.len().min(PARAMETERS);
        let own = |(number, local): (usize, &hir::Local)| match number < parameters && local.is_pointer() {
            true => vec![Root::Parameter(LocalId(number as u32))],
            false => Vec::new(),
        };
        let mut sets: Vec<Vec<Root>> = self.locals.iter().enumerate().map(own).collect();
        let flows: Vec<(Option<LocalId>, ExpressionId)> =
            self.points.flows.iter().map(|flow| (flow.to, flow.value)).collect();
        let mut sources = Vec::new();
        for (to, value) in flows {
            let Some(to) = to else { continue };
            self.each_source(value, &mut |_, source| sources.push((to, source)));
        }
        let mut changed = !sources.is_empty();
        while std::mem::take(&mut changed) {
            for &(to, source) in &sources {
                let new = self.roots_in(&sets, source);
                let set = &mut sets[to.0 as usize];
                for root in new {
                    if let Err(at) = set.binary_search(&root) {
                        set.insert(at, root);
                        changed = true;
                    }
                }
            }
        }
        self.points.sets = sets;
    }

    fn roots_in(&self, sets: &[Vec<Root>], base: Base) -> Vec<Root> {
        match base {
            Base::Global(global) => vec![Root::Global(global)],
            Base::Local(local) | Base::Behind(local) => match self.locals[local.0 as usize].is_pointer() {
                true => sets[local.0 as usize].clone(),
                false => vec![Root::Object(local)],
            },
        }
    }

    fn roots(&self, base: Base) -> Vec<Root> {
        self.roots_in(&self.points.sets, base)
    }

    /// No pointer may outlive what it points to.
    fn lifetimes(&mut self) {
        for number in 0..self.points.flows.len() {
            let Flow { to, value, span } = self.points.flows[number];
            let mut sources = Vec::new();
            self.each_source(value, &mut |_, source| sources.push(source));
            let roots: Vec<Root> = sources.into_iter().flat_map(|source| self.roots(source)).collect();
            if to.is_none() && roots.iter().any(|root| matches!(root, Root::Global(_))) {
                self.functions[self.current as usize].returns_globals = true;
            }
            let short = roots.into_iter().find_map(|root| match (root, to) {
                (Root::Object(object), None) => Some(object),
                (Root::Object(object), Some(to)) => {
                    let level = |local: LocalId| self.points.locals[local.0 as usize].level;
                    (level(object) > level(to)).then_some(object)
                }
                _ => None,
            });
            let Some(object) = short else { continue };
            let hir::Local { name, kind, .. } = &self.locals[object.0 as usize];
            let what = if let LocalKind::Array { .. } = kind { "array" } else { "variable" };
            match to {
                None => {
                    let message = format!("the {what} `{name}` ends with the function that returns it");
                    let diagnostic = self.error(codes::LOCAL_ESCAPES, span, message);
                    diagnostic.labels[0].text = format!("a local {what}");
                    diagnostic.help.push("write into an array parameter and return that".to_owned());
                }
                Some(to) => {
                    let pointer = &self.locals[to.0 as usize].name;
                    let message = format!("`{pointer}` may still point to `{name}` when that has ended");
                    let help = format!("declare `{name}` where `{pointer}` is declared, or before");
                    self.error(codes::LOCAL_ESCAPES, span, message).help.push(help);
                }
            }
        }
    }

    /// What the function reads and writes, for its callers.
    fn summary(&mut self) {
        for number in 0..self.points.locals.len() {
            let touched = self.points.locals[number].touched;
            if touched > 0 {
                let roots = self.roots(Base::Local(LocalId(number as u32)));
                self.summarize(&roots, touched & 1 != 0, touched & 2 != 0);
            }
        }
        let passed = self.order.take_passed();
        let current = self.current as usize;
        loop {
            let known = &self.functions[current];
            let before = (known.reads, known.writes, known.globals_read.len(), known.globals_written.len());
            for &(parameter, source) in &passed {
                let (reads, writes) = (self.functions[current].reads, self.functions[current].writes);
                let roots = self.roots(source);
                self.summarize(&roots, reads >> parameter & 1 == 1, writes >> parameter & 1 == 1);
            }
            let known = &self.functions[current];
            if before == (known.reads, known.writes, known.globals_read.len(), known.globals_written.len()) {
                break;
            }
        }
    }

    fn summarize(&mut self, roots: &[Root], reads: bool, writes: bool) {
        let known = &mut self.functions[self.current as usize];
        for root in roots {
            match root {
                Root::Parameter(parameter) => {
                    known.reads |= u128::from(reads) << parameter.0;
                    known.writes |= u128::from(writes) << parameter.0;
                }
                Root::Global(global) => {
                    known.globals_read.extend(reads.then_some(*global));
                    known.globals_written.extend(writes.then_some(*global));
                }
                Root::Object(_) => {}
            }
        }
    }

    /// Whether an access through recursion happens.
    fn is_real(&self, access: &Access) -> bool {
        let known = &self.functions[self.current as usize];
        match access.by {
            By::Recursion(parameter) => (if access.write { known.writes } else { known.reads }) >> parameter & 1 == 1,
            _ => true,
        }
    }

    fn access_roots(&self, access: &Access) -> Vec<Root> {
        let known = &self.functions[self.current as usize];
        match access.what {
            What::Scalar(local) => vec![Root::Object(local)],
            What::Element(base, _) => self.roots(base),
            What::Globals => {
                let set = if access.write { &known.globals_written } else { &known.globals_read };
                set.iter().map(|global| Root::Global(*global)).collect()
            }
        }
    }

    fn meet(&self, first: &Access, second: &Access) -> Meet {
        let mut met = Meet::No;
        let others = self.access_roots(second);
        for root in self.access_roots(first) {
            for &other in &others {
                match (root, other) {
                    _ if root == other => return Meet::Yes,
                    (Root::Parameter(one), Root::Parameter(two))
                        if self.locals[one.0 as usize].ty == self.locals[two.0 as usize].ty =>
                    {
                        return Meet::Yes;
                    }
                    (Root::Parameter(local), Root::Global(global)) | (Root::Global(global), Root::Parameter(local)) => {
                        let hir::Global { ty, length, exposed, .. } = &self.program.globals[global.0 as usize];
                        if *ty != self.locals[local.0 as usize].ty {
                            continue;
                        }
                        if length.is_some() || *exposed {
                            return Meet::Yes;
                        }
                        met = Meet::IfExposed(global);
                    }
                    _ => {}
                }
            }
        }
        met
    }

    /// A name for what is accessed, and whether it is reached through no pointer.
    pub(super) fn accessed(&self, access: &Access, other: &Access) -> compact_str::CompactString {
        match (access.what, other.what) {
            (What::Scalar(local) | What::Element(Base::Local(local) | Base::Behind(local), _), _) => {
                self.locals[local.0 as usize].name.clone()
            }
            (What::Element(Base::Global(global), _), _) | (_, What::Element(Base::Global(global), _)) => {
                self.program.globals[global.0 as usize].name.clone()
            }
            (What::Globals, _) => {
                let known = &self.functions[self.current as usize];
                let shared = known.globals_written.iter().next();
                shared.map_or("a global".into(), |global| self.program.globals[global.0 as usize].name.clone())
            }
        }
    }
}
