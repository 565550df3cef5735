//! Rewrites of loops whose range is constant: variables declared in headers, ranges made rising and short, and loops
//! replaced by their turns.

use super::{Search, edit, passes};
use crate::sample::text;
use crate::sample::tree::{Assignment, Expr, For, Operator, Slot, Stmt, Tree};

/// The most turns that are written out.
const MOST_TURNS: usize = 5;
/// The longest program in which they are: reducing a longer one takes long, and hardly ever ends short.
const LONGEST: usize = 200;

/// `for (variable = first; variable <= last; variable += step)`, or falling where `step` is negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The loop's variable.
    pub slot: Slot,
    /// Whether the header declares it.
    pub declares: bool,
    /// Its first value.
    pub first: i32,
    /// The bound.
    pub last: i32,
    /// What each turn adds.
    pub step: i32,
}

impl Range {
    /// The range of a loop with constant bounds whose body leaves the variable alone.
    pub fn of(each: &For) -> Option<Self> {
        let (slot, declares, first) = match &each.start {
            Stmt::Declare(slot, Expr::Constant(first)) => (*slot, true, *first),
            Stmt::Assign(Assignment::Set, Expr::Variable(slot), Expr::Constant(first)) => (*slot, false, *first),
            _ => return None,
        };
        let step = match &each.step {
            Stmt::Step { increment, target: Expr::Variable(other), .. } if *other == slot => {
                if *increment {
                    1
                } else {
                    -1
                }
            }
            Stmt::Assign(kind, Expr::Variable(other), Expr::Constant(step)) if *other == slot => match kind {
                Assignment::Add => *step,
                Assignment::Subtract => -*step,
                Assignment::Set => return None,
            },
            _ => return None,
        };
        let Expr::Binary(operator, operands) = &each.condition else { return None };
        let (Expr::Variable(other), Expr::Constant(last)) = &**operands else { return None };
        let bounded = match operator {
            Operator::LessEqual => step > 0,
            Operator::GreaterEqual => step < 0,
            _ => false,
        };
        let simple = bounded && *other == slot && !edit::assigned(&each.body, slot);
        simple.then_some(Self { slot, declares, first, last: *last, step })
    }

    /// The values of the variable in its turns; empty where there are more than a few.
    pub fn turns(&self) -> Vec<i32> {
        let mut values = Vec::new();
        let mut value = self.first;
        while (self.step > 0 && value <= self.last) || (self.step < 0 && value >= self.last) {
            if values.len() == MOST_TURNS {
                return Vec::new();
            }
            values.push(value);
            let Some(next) = value.checked_add(self.step) else { break };
            value = next;
        }
        values
    }

    /// The body of one turn; where asked for and needed, with what the variable holds afterwards.
    pub fn turn(&self, each: &For, value: i32, leave: bool) -> Vec<Stmt> {
        let mut body = each.body.clone();
        edit::substitute(&mut body, self.slot, &Expr::Constant(value));
        if leave && !self.declares {
            let after = Expr::Constant(value.saturating_add(self.step));
            body.push(Stmt::Assign(Assignment::Set, Expr::Variable(self.slot), after));
        }
        body
    }

    /// The loop with this range.
    fn header(&self, body: Vec<Stmt>) -> Stmt {
        let variable = Expr::Variable(self.slot);
        let operator = if self.step > 0 { Operator::LessEqual } else { Operator::GreaterEqual };
        let kind = if self.step > 0 { Assignment::Add } else { Assignment::Subtract };
        Stmt::For(Box::new(For {
            start: if self.declares {
                Stmt::Declare(self.slot, Expr::Constant(self.first))
            } else {
                Stmt::Assign(Assignment::Set, variable.clone(), Expr::Constant(self.first))
            },
            condition: Expr::binary(operator, variable.clone(), Expr::Constant(self.last)),
            step: if self.step.abs() == 1 {
                Stmt::Step { increment: self.step > 0, prefix: false, target: variable }
            } else {
                Stmt::Assign(kind, variable, Expr::Constant(self.step.abs()))
            },
            body,
        }))
    }

    /// Ranges that might do as well: fewer turns, or rising rather than falling.
    fn others(&self) -> Vec<Self> {
        let turns = self.turns();
        let (Some(first), Some(last)) = (turns.first().copied(), turns.last().copied()) else { return Vec::new() };
        let mut all = Vec::new();
        if last != self.last {
            all.push(Self { last, ..*self });
        }
        if turns.len() > 2 {
            all.push(Self { first: turns[1], last, ..*self });
            all.push(Self { last: turns[turns.len() - 2], ..*self });
        }
        if self.step < 0 {
            all.push(Self { first: last, last: first, step: -self.step, ..*self });
        }
        if self.step.abs() > 1 && turns.len() == 2 {
            // The middle turn may do nothing.
            all.push(Self { last, step: self.step.signum(), ..*self });
        }
        all
    }
}

/// Statements that do the same to one cell after the other, as a loop over `fresh`; and how many they are.
pub fn roll(rest: &[Stmt], fresh: Slot) -> Option<(usize, Stmt)> {
    let (Stmt::Assign(_, Expr::Cell(first), _) | Stmt::Step { target: Expr::Cell(first), .. }) = rest[0] else {
        return None;
    };
    let turned = |constants: bool| {
        let mut body = [rest[0].clone()];
        edit::every_expression(&mut body, &mut |expression| match expression {
            Expr::Cell(cell) if *cell == first => *expression = Expr::At(fresh),
            Expr::Constant(value) if constants && *value == first => *expression = Expr::Variable(fresh),
            _ => {}
        });
        let same = |turn: usize, statement: &Stmt| {
            let mut here = body.clone();
            edit::substitute(&mut here, fresh, &Expr::Constant(first + turn as i32));
            here[0] == *statement
        };
        let turns = rest.iter().enumerate().take_while(|(turn, statement)| same(*turn, statement)).count();
        (turns, body)
    };
    let (turns, body) = std::cmp::max_by_key(turned(true), turned(false), |(turns, _)| *turns);
    let last = first + i32::try_from(turns).ok()? - 1;
    let range = Range { slot: fresh, declares: true, first, last, step: 1 };
    (turns > 1).then(|| (turns, range.header(body.to_vec())))
}

/// Makes each loop over the slot declare a variable of its own, and takes the slot's declaration out; tells whether it
/// found a loop.
pub fn declare_in_headers(tree: &mut Tree, slot: Slot) -> bool {
    let mut body = std::mem::take(&mut tree.body);
    let found = in_headers(&mut body, slot, tree);
    passes::undeclare(&mut body, slot);
    tree.body = body;
    found
}

fn in_headers(body: &mut [Stmt], slot: Slot, tree: &mut Tree) -> bool {
    let mut found = false;
    for statement in body {
        match statement {
            Stmt::If(_, then, otherwise) => {
                found |= in_headers(then, slot, tree);
                if let Some(otherwise) = otherwise {
                    found |= in_headers(otherwise, slot, tree);
                }
            }
            Stmt::For(each) => {
                if let Stmt::Assign(Assignment::Set, Expr::Variable(other), value) = &each.start
                    && *other == slot
                    && let Some(fresh) = edit::fresh(tree)
                {
                    each.start = Stmt::Declare(fresh, value.clone());
                    edit::rename(std::slice::from_mut(statement), slot, fresh);
                    found = true;
                } else {
                    found |= in_headers(&mut each.body, slot, tree);
                }
            }
            _ => {}
        }
    }
    found
}

/// The turns of a loop one after the other, supposing that there are so many; `None` where it cannot be so.
fn written_out(each: &For, turns: usize) -> Option<Vec<Stmt>> {
    if edit::escapes(&each.body) || turns > MOST_TURNS {
        return None;
    }
    if let Some(range) = Range::of(each) {
        let values = range.turns();
        let last = values.len().checked_sub(1)?;
        let put = values.iter().enumerate().flat_map(|(at, value)| range.turn(each, *value, at == last));
        // The number is known, so one attempt is enough.
        return (turns == 1).then(|| put.collect());
    }
    let mut put = vec![each.start.clone()];
    for turn in 0..turns {
        put.extend(each.body.iter().cloned());
        put.extend((turn + 1 < turns).then(|| each.step.clone()));
    }
    if !matches!(each.start, Stmt::Declare(..)) {
        put.push(each.step.clone());
    }
    Some(put)
}

impl Search<'_> {
    /// Tries other ranges for each loop.
    pub fn headers(&mut self) {
        let mut n = 0;
        loop {
            let mut tree = self.tree.clone();
            let ranges =
                edit::statement(&mut tree.body, &mut n.clone(), false, &mut |block, index, _| match &block[index] {
                    Stmt::For(each) => Range::of(each).map(|range| range.others()).unwrap_or_default(),
                    _ => Vec::new(),
                });
            let Some(ranges) = ranges else { return };
            if !ranges.into_iter().any(|range| self.try_range(n, range)) {
                n += 1;
            }
        }
    }

    fn try_range(&mut self, n: usize, range: Range) -> bool {
        let mut tree = self.tree.clone();
        edit::statement(&mut tree.body, &mut n.clone(), false, &mut |block, index, _| {
            if let Stmt::For(each) = &mut block[index] {
                block[index] = range.header(std::mem::take(&mut each.body));
            }
        });
        text::length(&tree) <= text::length(&self.tree) && self.accept(tree)
    }

    /// Writes a loop's turns out where that, reduced, is no longer than the loop; tells whether one was.
    pub fn unroll(&mut self) -> bool {
        let mut n = 0;
        let mut turns = 1;
        loop {
            let mut tree = self.tree.clone();
            let unrolled = edit::statement(&mut tree.body, &mut n.clone(), false, &mut |block, index, _| {
                let Stmt::For(each) = &block[index] else { return false };
                let put = written_out(each, turns);
                let any = put.is_some();
                if let Some(put) = put {
                    block.splice(index..=index, put);
                }
                any
            });
            match unrolled {
                None => return false,
                Some(true) => {
                    if text::length(&tree) <= LONGEST
                        && let Some(numbered) = edit::renumber(&tree)
                        && self.try_unrolled(numbered)
                    {
                        return true;
                    }
                    turns += 1;
                }
                Some(false) => (n, turns) = (n + 1, 1),
            }
        }
    }

    fn try_unrolled(&mut self, tree: Tree) -> bool {
        let limit = text::length(&self.tree);
        let before = self.tree.clone();
        if !self.accept(tree) {
            return false;
        }
        self.settle(2, false);
        let shorter = text::length(&self.tree) <= limit;
        if !shorter {
            self.tree = before;
        }
        shorter
    }
}
