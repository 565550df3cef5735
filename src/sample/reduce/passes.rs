//! The rewrites: of one statement, of a variable, of an expression, and of the order of statements.

use super::edit::{self, Role};
use super::{Search, linear, loops};
use crate::sample::inputs::CELLS;
use crate::sample::text::{self, UNITS};
use crate::sample::tree::{Assignment, Expr, Operator, Slot, Stmt, Tree};

/// In a block, `take` statements make room for `put`.
struct Edit {
    take: usize,
    put: Vec<Stmt>,
}

impl Search<'_> {
    /// Tries the edits of each statement.
    pub fn statements(&mut self) {
        let mut n = 0;
        loop {
            let mut tree = self.tree.clone();
            let fresh = edit::fresh(&mut tree);
            let edits = edit::statement(&mut tree.body, &mut n.clone(), false, &mut |block, index, of_loop| {
                edits(&block[index..], of_loop, fresh)
            });
            let Some(edits) = edits else { return };
            let taken = edits.into_iter().any(|edit| self.try_edit(n, edit));
            if !taken {
                n += 1;
            }
        }
    }

    fn try_edit(&mut self, n: usize, edit: Edit) -> bool {
        let mut tree = self.tree.clone();
        // For the loop that some edits put; numbering takes it away where it is not used.
        edit::fresh(&mut tree);
        let mut put = Some(edit.put);
        edit::statement(&mut tree.body, &mut n.clone(), false, &mut |block, index, _| {
            block.splice(index..index + edit.take, put.take().unwrap_or_default());
        });
        text::length(&tree) < text::length(&self.tree) && self.accept(tree)
    }

    /// Puts the value of a variable that never changes in its place, and moves the variables of loops into their headers.
    pub fn locals(&mut self) {
        for slot in 0..self.tree.names.len() as Slot {
            let Some(value) = declared(&self.tree.body, slot) else { continue };
            let mut tree = self.tree.clone();
            if edit::assigned(&tree.body, slot) {
                if loops::declare_in_headers(&mut tree, slot) && text::length(&tree) <= text::length(&self.tree) {
                    self.accept(tree);
                }
                continue;
            }
            let value = value.clone();
            undeclare(&mut tree.body, slot);
            edit::substitute(&mut tree.body, slot, &value);
            if text::length(&tree) <= text::length(&self.tree) {
                self.accept(tree);
            }
        }
    }

    /// Tries simpler expressions for each expression.
    pub fn values(&mut self) {
        let mut n = 0;
        loop {
            let mut left = n;
            let mut simpler = None;
            edit::expressions(&mut self.tree.body, &mut |expression, role| {
                if left == 0 {
                    simpler = Some(simpler_than(expression, role));
                    return true;
                }
                left -= 1;
                false
            });
            let Some(simpler) = simpler else { return };
            if !simpler.into_iter().any(|expression| self.try_expression(n, expression)) {
                n += 1;
            }
        }
    }

    fn try_expression(&mut self, n: usize, expression: Expr) -> bool {
        let mut tree = std::mem::take(&mut self.tree);
        let old = exchange(&mut tree, n, expression);
        let same = self.same(&tree);
        if !same {
            exchange(&mut tree, n, old);
        }
        self.tree = tree;
        same
    }

    /// Sorts neighbouring statements wherever their order does not matter.
    pub fn order(&mut self) {
        let mut n = 0;
        loop {
            let mut tree = self.tree.clone();
            let sorted = edit::statement(&mut tree.body, &mut n.clone(), false, &mut |block, index, _| {
                let swap = index + 1 < block.len() && key(&block[index + 1]) < key(&block[index]);
                if swap {
                    block.swap(index, index + 1);
                }
                swap
            });
            match sorted {
                None => return,
                // The one moved up may go further.
                Some(true) if self.accept(tree) => n = n.saturating_sub(1),
                Some(_) => n += 1,
            }
        }
    }
}

/// Puts an expression in the place of the n-th; returns the old one.
fn exchange(tree: &mut Tree, mut n: usize, expression: Expr) -> Expr {
    let mut held = expression;
    edit::expressions(&mut tree.body, &mut |place, _| {
        if n == 0 {
            std::mem::swap(place, &mut held);
            return true;
        }
        n -= 1;
        false
    });
    held
}

/// The value with which the slot is declared outside loop headers.
fn declared(body: &[Stmt], slot: Slot) -> Option<&Expr> {
    body.iter().find_map(|statement| match statement {
        Stmt::Declare(other, value) if *other == slot => Some(value),
        Stmt::If(_, then, otherwise) => {
            declared(then, slot).or_else(|| otherwise.as_ref().and_then(|body| declared(body, slot)))
        }
        Stmt::For(each) => declared(&each.body, slot),
        _ => None,
    })
}

/// Takes the slot's declaration out.
pub fn undeclare(body: &mut Vec<Stmt>, slot: Slot) {
    body.retain(|statement| !matches!(statement, Stmt::Declare(other, _) if *other == slot));
    for statement in body {
        match statement {
            Stmt::If(_, then, otherwise) => {
                undeclare(then, slot);
                if let Some(otherwise) = otherwise {
                    undeclare(otherwise, slot);
                }
            }
            Stmt::For(each) => undeclare(&mut each.body, slot),
            _ => {}
        }
    }
}

/// What might stand for an expression; never longer, and simpler where it is as long.
fn simpler_than(expression: &Expr, role: Role) -> Vec<Expr> {
    let constants = || [0, 1, 2, 3, 4, -1, -2, -3, -4].into_iter().map(Expr::Constant);
    let cells = || (0..CELLS as i32).map(Expr::Cell);
    match (expression, role) {
        (Expr::At(_) | Expr::Index(_), Role::Place) => cells().collect(),
        (Expr::Binary(Operator::And | Operator::Or, operands), _) => vec![operands.0.clone(), operands.1.clone()],
        (Expr::Binary(..), Role::Condition) => Vec::new(),
        (Expr::Binary(Operator::Add | Operator::Subtract, operands), Role::Value) => {
            let mut all: Vec<Expr> = constants().collect();
            all.extend([operands.0.clone(), operands.1.clone()]);
            all
        }
        (Expr::Binary(..), _) => [0, 1].map(Expr::Constant).to_vec(),
        (Expr::Negate(_) | Expr::Variable(_), Role::Value) => constants().collect(),
        // Of two cells that hold the same, the first.
        (Expr::Cell(cell), Role::Value) => constants().chain((0..*cell).map(Expr::Cell)).collect(),
        (Expr::At(_) | Expr::Index(_), Role::Value) => constants().chain(cells()).collect(),
        (Expr::At(_) | Expr::Index(_), Role::Condition) => cells().collect(),
        _ => Vec::new(),
    }
}

/// What might stand for the first of these statements, or for more of them.
fn edits(rest: &[Stmt], of_loop: bool, fresh: Option<Slot>) -> Vec<Edit> {
    let mut all = vec![Edit { take: 1, put: Vec::new() }];
    let mut one = |put: Vec<Stmt>| all.push(Edit { take: 1, put });
    match &rest[0] {
        Stmt::If(condition, then, otherwise) => {
            one(then.clone());
            if let Some(otherwise) = otherwise {
                one(otherwise.clone());
                one(vec![Stmt::If(condition.clone(), then.clone(), None)]);
                one(vec![Stmt::If(linear::negate(condition), otherwise.clone(), None)]);
                // One branch always, and then the other where it must be.
                one(otherwise.iter().cloned().chain([Stmt::If(condition.clone(), then.clone(), None)]).collect());
                let opposite = Stmt::If(linear::negate(condition), otherwise.clone(), None);
                one(then.iter().cloned().chain([opposite]).collect());
                if !then.is_empty() && then.first() == otherwise.first() {
                    let inner = Stmt::If(condition.clone(), then[1..].to_vec(), Some(otherwise[1..].to_vec()));
                    one(then[..1].iter().cloned().chain([inner]).collect());
                }
                if let (Some((last, then)), Some((other, otherwise))) = (then.split_last(), otherwise.split_last())
                    && last == other
                {
                    one(vec![Stmt::If(condition.clone(), then.to_vec(), Some(otherwise.to_vec())), last.clone()]);
                }
            } else if let [Stmt::If(inner, then, None)] = then.as_slice() {
                let both = Expr::binary(Operator::And, condition.clone(), inner.clone());
                one(vec![Stmt::If(both, then.clone(), None)]);
            }
            if of_loop && otherwise.is_none() && then.last() == Some(&Stmt::Continue) {
                all.push(Edit { take: rest.len(), put: without_continue(condition, then, &rest[1..]) });
            }
        }
        Stmt::For(each) => {
            if let Some(range) = loops::Range::of(each) {
                one(range.turn(each, range.first, true));
            }
            let body = each.body.strip_suffix(&[Stmt::Break]).unwrap_or(&each.body);
            one(std::iter::once(&each.start).chain(body).cloned().collect());
        }
        Stmt::Declare(slot, value) => {
            all.extend(declare_later(rest, *slot));
            all.extend(inline(rest, *slot, value));
        }
        Stmt::Assign(Assignment::Set, Expr::Variable(slot), value) => all.extend(inline(rest, *slot, value)),
        _ => {}
    }
    all.extend(updates(&rest[0]));
    all.extend(merge(rest));
    all.extend(fresh.and_then(|fresh| loops::roll(rest, fresh)).map(|(take, each)| Edit { take, put: vec![each] }));
    all
}

/// `if (c) { ..; continue; } rest` as `if (c) { .. } else { rest }`.
fn without_continue(condition: &Expr, then: &[Stmt], rest: &[Stmt]) -> Vec<Stmt> {
    let then = &then[..then.len() - 1];
    match (then.is_empty(), rest.is_empty()) {
        (true, true) => Vec::new(),
        (true, false) => vec![Stmt::If(linear::negate(condition), rest.to_vec(), None)],
        (false, true) => vec![Stmt::If(condition.clone(), then.to_vec(), None)],
        (false, false) => vec![Stmt::If(condition.clone(), then.to_vec(), Some(rest.to_vec()))],
    }
}

/// An assignment of a sum as an update: in case the old value is that of a cell in the sum.
fn updates(statement: &Stmt) -> Vec<Edit> {
    let Stmt::Assign(Assignment::Set, target @ Expr::Cell(own), value) = statement else { return Vec::new() };
    let updated = (0..CELLS as i32).filter(|cell| cell != own).filter_map(|cell| {
        let mut body = [Stmt::Assign(Assignment::Set, target.clone(), value.clone())];
        let mut found = false;
        edit::every_expression(&mut body, &mut |expression| {
            if *expression == Expr::Cell(cell) {
                *expression = target.clone();
                found = true;
            }
        });
        let [Stmt::Assign(_, _, value)] = body else { return None };
        found.then(|| Edit { take: 1, put: linear::assignment(Assignment::Set, target, &value).into_iter().collect() })
    });
    updated.collect()
}

/// Two changes of one place as one.
fn merge(rest: &[Stmt]) -> Option<Edit> {
    let (target, first) = match &rest[0] {
        Stmt::Declare(slot, value) => (&Expr::Variable(*slot), value.clone()),
        statement => linear::effect(statement)?,
    };
    let (other, mut second) = linear::effect(rest.get(1)?)?;
    if target != other {
        return None;
    }
    let mut root = [Stmt::Assign(Assignment::Set, Expr::Cell(0), std::mem::replace(&mut second, Expr::Constant(0)))];
    edit::every_expression(&mut root, &mut |expression| {
        if expression == target {
            *expression = first.clone();
        }
    });
    let [Stmt::Assign(_, _, value)] = root else { return None };
    if let Stmt::Declare(slot, _) = &rest[0] {
        return Some(Edit { take: 2, put: vec![Stmt::Declare(*slot, linear::expression(&value))] });
    }
    Some(Edit { take: 2, put: linear::assignment(Assignment::Set, target, &value).into_iter().collect() })
}

/// A declaration moved down to where the variable is first set.
fn declare_later(rest: &[Stmt], slot: Slot) -> Option<Edit> {
    let set = rest.iter().skip(1).position(|statement| edit::mentions(std::slice::from_ref(statement), slot))? + 1;
    let Stmt::Assign(Assignment::Set, Expr::Variable(_), value) = &rest[set] else { return None };
    let mut put = rest[1..set].to_vec();
    put.push(Stmt::Declare(slot, value.clone()));
    Some(Edit { take: set + 1, put })
}

/// The value in place of the variable in all that follows.
fn inline(rest: &[Stmt], slot: Slot, value: &Expr) -> Option<Edit> {
    let mut put = rest[1..].to_vec();
    if edit::assigned(&put, slot) || !edit::mentions(&put, slot) {
        return None;
    }
    edit::substitute(&mut put, slot, value);
    Some(Edit { take: rest.len(), put })
}

/// What neighbours are sorted by: declarations, then by the first cell that is written, loops last.
fn key(statement: &Stmt) -> (usize, usize, usize, &Stmt) {
    let kind = match statement {
        Stmt::Declare(..) => return (0, 0, 0, statement),
        Stmt::Assign(..) | Stmt::Step { .. } => 0,
        Stmt::If(..) => 1,
        Stmt::For(_) => 2,
        // Nothing moves across these.
        Stmt::Break | Stmt::Continue => return (2, 0, 0, statement),
    };
    (1, first_cell(statement), kind * 1_000 + UNITS.statement(statement), statement)
}

fn first_cell(statement: &Stmt) -> usize {
    let least = |body: &[Stmt]| body.iter().map(first_cell).min().unwrap_or(CELLS);
    match statement {
        Stmt::Assign(_, Expr::Cell(cell), _) | Stmt::Step { target: Expr::Cell(cell), .. } => {
            usize::try_from(*cell).unwrap_or(CELLS)
        }
        Stmt::If(_, then, otherwise) => least(then).min(otherwise.as_deref().map_or(CELLS, least)),
        Stmt::For(each) => least(&each.body),
        _ => CELLS,
    }
}
