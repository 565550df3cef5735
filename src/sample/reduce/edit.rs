//! Walks over trees: the n-th expression or statement, substitution, scope, and canonical names.

use crate::sample::tree::{Expr, For, SLOTS, Slot, Stmt, Tree};
use compact_str::{CompactString, format_compact};

/// What an expression is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It is assigned to.
    Place,
    /// Its value is used.
    Value,
    /// Only whether it is zero matters.
    Condition,
}

/// Visits each expression outside loop headers, outer ones first, until `visit` returns true; tells whether it did.
pub fn expressions(body: &mut [Stmt], visit: &mut dyn FnMut(&mut Expr, Role) -> bool) -> bool {
    body.iter_mut().any(|statement| match statement {
        Stmt::Declare(_, value) => expression(value, Role::Value, visit),
        Stmt::Assign(_, target, value) => {
            expression(target, Role::Place, visit) || expression(value, Role::Value, visit)
        }
        Stmt::Step { target, .. } => expression(target, Role::Place, visit),
        Stmt::If(condition, then, otherwise) => {
            expression(condition, Role::Condition, visit)
                || expressions(then, visit)
                || otherwise.as_mut().is_some_and(|body| expressions(body, visit))
        }
        Stmt::For(each) => expressions(&mut each.body, visit),
        Stmt::Break | Stmt::Continue => false,
    })
}

fn expression(root: &mut Expr, role: Role, visit: &mut dyn FnMut(&mut Expr, Role) -> bool) -> bool {
    if visit(root, role) {
        return true;
    }
    match root {
        Expr::Index(index) => expression(index, Role::Value, visit),
        Expr::Negate(operand) => expression(operand, Role::Value, visit),
        Expr::Binary(operator, operands) => {
            let connects = matches!(operator, crate::sample::tree::Operator::And | crate::sample::tree::Operator::Or);
            let role = if connects { Role::Condition } else { Role::Value };
            expression(&mut operands.0, role, visit) || expression(&mut operands.1, role, visit)
        }
        Expr::Cell(_) | Expr::At(_) | Expr::Variable(_) | Expr::Constant(_) => false,
    }
}

/// Visits every expression, those of loop headers too.
pub fn every_expression(body: &mut [Stmt], visit: &mut dyn FnMut(&mut Expr)) {
    for statement in body {
        match statement {
            Stmt::Declare(_, value) => every_part(value, visit),
            Stmt::Assign(_, target, value) => {
                every_part(target, visit);
                every_part(value, visit);
            }
            Stmt::Step { target, .. } => every_part(target, visit),
            Stmt::If(condition, then, otherwise) => {
                every_part(condition, visit);
                every_expression(then, visit);
                if let Some(otherwise) = otherwise {
                    every_expression(otherwise, visit);
                }
            }
            Stmt::For(each) => {
                every_expression(std::slice::from_mut(&mut each.start), visit);
                every_part(&mut each.condition, visit);
                every_expression(std::slice::from_mut(&mut each.step), visit);
                every_expression(&mut each.body, visit);
            }
            Stmt::Break | Stmt::Continue => {}
        }
    }
}

fn every_part(root: &mut Expr, visit: &mut dyn FnMut(&mut Expr)) {
    match root {
        Expr::Index(index) => every_part(index, visit),
        Expr::Negate(operand) => every_part(operand, visit),
        Expr::Binary(_, operands) => {
            every_part(&mut operands.0, visit);
            every_part(&mut operands.1, visit);
        }
        _ => {}
    }
    visit(root);
}

/// Finds the `n`-th statement, outer ones first: calls `found` with its block and its place there, and whether the
/// block is the body of a loop.
pub fn statement<T>(
    body: &mut Vec<Stmt>,
    n: &mut usize,
    of_loop: bool,
    found: &mut dyn FnMut(&mut Vec<Stmt>, usize, bool) -> T,
) -> Option<T> {
    for index in 0..body.len() {
        if *n == 0 {
            return Some(found(body, index, of_loop));
        }
        *n -= 1;
        let inner = match &mut body[index] {
            Stmt::If(_, then, otherwise) => match statement(then, n, false, found) {
                None => otherwise.as_mut().and_then(|body| statement(body, n, false, found)),
                some => some,
            },
            Stmt::For(each) => statement(&mut each.body, n, true, found),
            _ => None,
        };
        if inner.is_some() {
            return inner;
        }
    }
    None
}

/// Whether the slot is assigned to or stepped, its declaration apart.
pub fn assigned(body: &[Stmt], slot: Slot) -> bool {
    body.iter().any(|statement| match statement {
        Stmt::Assign(_, target, _) | Stmt::Step { target, .. } => *target == Expr::Variable(slot),
        Stmt::If(_, then, otherwise) => {
            assigned(then, slot) || otherwise.as_ref().is_some_and(|body| assigned(body, slot))
        }
        Stmt::For(each) => {
            assigned(std::slice::from_ref(&each.start), slot)
                || assigned(std::slice::from_ref(&each.step), slot)
                || assigned(&each.body, slot)
        }
        _ => false,
    })
}

/// Whether an expression reads the slot.
pub fn reads(expression: &Expr, slot: Slot) -> bool {
    match expression {
        Expr::At(other) | Expr::Variable(other) => *other == slot,
        Expr::Index(inner) | Expr::Negate(inner) => reads(inner, slot),
        Expr::Binary(_, operands) => reads(&operands.0, slot) || reads(&operands.1, slot),
        Expr::Cell(_) | Expr::Constant(_) => false,
    }
}

/// Whether any statement names the slot.
pub fn mentions(body: &[Stmt], slot: Slot) -> bool {
    body.iter().any(|statement| match statement {
        Stmt::Declare(other, value) => *other == slot || reads(value, slot),
        Stmt::Assign(_, target, value) => reads(target, slot) || reads(value, slot),
        Stmt::Step { target, .. } => reads(target, slot),
        Stmt::If(condition, then, otherwise) => {
            reads(condition, slot)
                || mentions(then, slot)
                || otherwise.as_ref().is_some_and(|body| mentions(body, slot))
        }
        Stmt::For(each) => {
            reads(&each.condition, slot)
                || mentions(std::slice::from_ref(&each.start), slot)
                || mentions(std::slice::from_ref(&each.step), slot)
                || mentions(&each.body, slot)
        }
        Stmt::Break | Stmt::Continue => false,
    })
}

/// Puts an expression for each use of a slot as a value.
pub fn substitute(body: &mut [Stmt], slot: Slot, with: &Expr) {
    every_expression(body, &mut |expression| {
        if *expression == Expr::Variable(slot) {
            *expression = with.clone();
        } else if *expression == Expr::At(slot) {
            *expression = Expr::element(with.clone());
        }
    });
}

/// Gives a slot another number, declarations too.
pub fn rename(body: &mut [Stmt], from: Slot, to: Slot) {
    substitute(body, from, &Expr::Variable(to));
    declarations(body, &mut |slot| {
        if *slot == from {
            *slot = to;
        }
    });
}

fn declarations(body: &mut [Stmt], visit: &mut dyn FnMut(&mut Slot)) {
    for statement in body {
        match statement {
            Stmt::Declare(slot, _) => visit(slot),
            Stmt::If(_, then, otherwise) => {
                declarations(then, visit);
                if let Some(otherwise) = otherwise {
                    declarations(otherwise, visit);
                }
            }
            Stmt::For(each) => {
                declarations(std::slice::from_mut(&mut each.start), visit);
                declarations(&mut each.body, visit);
            }
            _ => {}
        }
    }
}

/// Whether a `break` or `continue` of the loop around stands in its body.
pub fn escapes(body: &[Stmt]) -> bool {
    body.iter().any(|statement| match statement {
        Stmt::Break | Stmt::Continue => true,
        Stmt::If(_, then, otherwise) => escapes(then) || otherwise.as_ref().is_some_and(|body| escapes(body)),
        _ => false,
    })
}

/// Whether every use stands in the scope of a declaration, every assignment has a place on its left, and every `break`
/// and `continue` stands in a loop.
pub fn well_formed(tree: &Tree) -> bool {
    const _: () = assert!(SLOTS <= 64, "scopes are bit sets");
    body_formed(&tree.body, 0, false)
}

fn body_formed(body: &[Stmt], mut scope: u64, in_loop: bool) -> bool {
    body.iter().all(|statement| match statement {
        Stmt::If(condition, then, otherwise) => {
            uses_formed(condition, scope)
                && body_formed(then, scope, in_loop)
                && otherwise.as_ref().is_none_or(|body| body_formed(body, scope, in_loop))
        }
        Stmt::For(each) => {
            let mut inner = scope;
            simple_formed(&each.start, &mut inner)
                && uses_formed(&each.condition, inner)
                && simple_formed(&each.step, &mut inner)
                && body_formed(&each.body, inner, true)
        }
        Stmt::Break | Stmt::Continue => in_loop,
        simple => simple_formed(simple, &mut scope),
    })
}

fn simple_formed(statement: &Stmt, scope: &mut u64) -> bool {
    match statement {
        Stmt::Declare(slot, value) => {
            let formed = uses_formed(value, *scope);
            *scope |= 1 << slot;
            formed
        }
        Stmt::Assign(_, target, value) => place(target) && uses_formed(target, *scope) && uses_formed(value, *scope),
        Stmt::Step { target, .. } => place(target) && uses_formed(target, *scope),
        _ => false,
    }
}

fn place(target: &Expr) -> bool {
    matches!(target, Expr::Variable(_) | Expr::At(_) | Expr::Cell(_) | Expr::Index(_))
}

fn uses_formed(expression: &Expr, scope: u64) -> bool {
    match expression {
        Expr::At(slot) | Expr::Variable(slot) => scope & (1 << slot) != 0,
        Expr::Index(inner) | Expr::Negate(inner) => uses_formed(inner, scope),
        Expr::Binary(_, operands) => uses_formed(&operands.0, scope) && uses_formed(&operands.1, scope),
        Expr::Cell(_) | Expr::Constant(_) => true,
    }
}

/// A slot that the tree does not use yet.
pub fn fresh(tree: &mut Tree) -> Option<Slot> {
    let slot = Slot::try_from(tree.names.len()).ok().filter(|slot| usize::from(*slot) < SLOTS)?;
    tree.names.push(CompactString::const_new("p_0"));
    Some(slot)
}

/// Numbers slots in order of appearance and names them: `l_0`, `l_1`, ... for declarations, `p_0`, `p_1`, ... by
/// nesting for loop variables. `None` where the slots do not suffice.
pub fn renumber(tree: &Tree) -> Option<Tree> {
    let mut numbering = Numbering { names: Vec::new(), new: [None; SLOTS], locals: 0 };
    let mut body = tree.body.clone();
    numbering.body(&mut body, 0)?;
    Some(Tree { body, names: numbering.names })
}

struct Numbering {
    names: Vec<CompactString>,
    /// The new number of each old slot in scope.
    new: [Option<Slot>; SLOTS],
    locals: usize,
}

impl Numbering {
    fn body(&mut self, body: &mut [Stmt], loops: usize) -> Option<()> {
        for statement in body {
            match statement {
                Stmt::If(condition, then, otherwise) => {
                    self.uses(condition)?;
                    self.body(then, loops)?;
                    if let Some(otherwise) = otherwise {
                        self.body(otherwise, loops)?;
                    }
                }
                Stmt::For(each) => self.each(each, loops)?,
                Stmt::Break | Stmt::Continue => {}
                simple => self.simple(simple, None)?,
            }
        }
        Some(())
    }

    fn each(&mut self, each: &mut For, loops: usize) -> Option<()> {
        let declares = matches!(each.start, Stmt::Declare(..));
        self.simple(&mut each.start, Some(loops))?;
        self.uses(&mut each.condition)?;
        self.simple(&mut each.step, None)?;
        self.body(&mut each.body, loops + usize::from(declares))
    }

    fn simple(&mut self, statement: &mut Stmt, header: Option<usize>) -> Option<()> {
        match statement {
            Stmt::Declare(slot, value) => {
                self.uses(value)?;
                let number = Slot::try_from(self.names.len()).ok().filter(|slot| usize::from(*slot) < SLOTS)?;
                self.names.push(match header {
                    Some(loops) => format_compact!("p_{loops}"),
                    None => {
                        self.locals += 1;
                        format_compact!("l_{}", self.locals - 1)
                    }
                });
                self.new[usize::from(*slot)] = Some(number);
                *slot = number;
            }
            Stmt::Assign(_, target, value) => {
                self.uses(target)?;
                self.uses(value)?;
            }
            Stmt::Step { target, .. } => self.uses(target)?,
            _ => {}
        }
        Some(())
    }

    fn uses(&self, expression: &mut Expr) -> Option<()> {
        match expression {
            Expr::At(slot) | Expr::Variable(slot) => *slot = self.new[usize::from(*slot)]?,
            Expr::Index(inner) | Expr::Negate(inner) => self.uses(inner)?,
            Expr::Binary(_, operands) => {
                self.uses(&mut operands.0)?;
                self.uses(&mut operands.1)?;
            }
            Expr::Cell(_) | Expr::Constant(_) => {}
        }
        Some(())
    }
}
