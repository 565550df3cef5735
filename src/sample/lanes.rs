//! Runs a [`Tree`] on `N` inputs at once, one a lane, so that a corpus costs microseconds a program. It computes what
//! the interpreter computes: `tests/corpus.rs` holds it to that, and the sampler lets the interpreter repeat a share
//! of every corpus that it makes. It does not say why a lane trapped, and counts fuel only from above.
//!
//! A mask is an array of 0 and -1, so that all loops over lanes become vector instructions.

use super::inputs::{CELLS, Cells};
use super::tree::{Assignment, Expr, For, Operator, SLOTS, Stmt, Tree};

type Lane<const N: usize> = [i32; N];

/// The turn from which on a loop is watched for states that come again. Few loops that end get so far.
const SUSPICIOUS: u32 = 8;

/// The lanes of one run, and its memory, which is kept from run to run.
pub struct Lanes<const N: usize> {
    cells: [Lane<N>; CELLS],
    slots: Vec<Lane<N>>,
    /// How many slots the program has.
    used: usize,
    trapped: Lane<N>,
    /// Whether `trapped` may hold a lane.
    any_trapped: bool,
    /// Left; falls by one where any lane runs a statement or a loop test.
    fuel: u32,
}

/// What a run did, to compare other runs with.
pub struct Snapshot<const N: usize> {
    cells: [Lane<N>; CELLS],
    trapped: Lane<N>,
}

/// A run used up its fuel in some lane, or might have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted;

/// Where the value of an expression is. Expressions change nothing, so that what was found for one operand still holds
/// after the other was evaluated.
enum Place<const N: usize> {
    Slot(u8),
    Cell(u8),
    Here(Lane<N>),
}

/// All that decides how a loop goes on after its test.
struct State<const N: usize> {
    cells: [Lane<N>; CELLS],
    slots: Vec<Lane<N>>,
    turning: Lane<N>,
}

/// Where lanes went that left a loop's body.
struct Flow<const N: usize> {
    broke: Lane<N>,
    continued: Lane<N>,
}

impl<const N: usize> Default for Lanes<N> {
    fn default() -> Self {
        Self {
            cells: [[0; N]; CELLS],
            slots: vec![[0; N]; SLOTS],
            used: 0,
            trapped: [0; N],
            any_trapped: false,
            fuel: 0,
        }
    }
}

impl<const N: usize> Lanes<N> {
    /// Runs the program on up to `N` inputs; [`Self::output`] then has the outcomes. `fuel` bounds the statements and
    /// loop tests that all lanes run together, each counted once however many lanes run it.
    pub fn run(&mut self, tree: &Tree, inputs: &[Cells], fuel: u32) -> Result<(), Exhausted> {
        assert!(inputs.len() <= N, "{} inputs for {N} lanes", inputs.len());
        let mut live = [0; N];
        for (lane, input) in inputs.iter().enumerate() {
            live[lane] = -1;
            for (cell, value) in input.iter().enumerate() {
                self.cells[cell][lane] = i32::from(*value);
            }
        }
        self.used = tree.names.len();
        self.trapped = [0; N];
        self.any_trapped = false;
        self.fuel = fuel;
        self.body(&tree.body, &mut live, None)
    }

    /// What the array holds in a lane after the run; `None` where it trapped.
    pub fn output(&self, lane: usize) -> Option<[i32; CELLS]> {
        (self.trapped[lane] == 0).then(|| std::array::from_fn(|cell| self.cells[cell][lane]))
    }

    /// What all lanes hold after a run.
    pub fn snapshot(&self) -> Snapshot<N> {
        Snapshot { cells: self.cells, trapped: self.trapped }
    }

    /// Whether the last run did what the run of the snapshot did, in all lanes where that did not trap.
    pub fn agrees(&self, other: &Snapshot<N>) -> bool {
        let mut differs = 0;
        for lane in 0..N {
            let mut here = self.trapped[lane];
            for cell in 0..CELLS {
                here |= self.cells[cell][lane] ^ other.cells[cell][lane];
            }
            differs |= here & !other.trapped[lane];
        }
        differs == 0
    }

    /// What is left of the fuel.
    pub fn fuel(&self) -> u32 {
        self.fuel
    }

    /// Whether any lane trapped.
    pub fn any_trapped(&self) -> bool {
        self.any_trapped && any(&self.trapped)
    }

    fn tick(&mut self) -> Result<(), Exhausted> {
        self.fuel = self.fuel.checked_sub(1).ok_or(Exhausted)?;
        Ok(())
    }

    fn body(&mut self, body: &[Stmt], live: &mut Lane<N>, mut flow: Option<&mut Flow<N>>) -> Result<(), Exhausted> {
        for statement in body {
            self.tick()?;
            match statement {
                Stmt::If(condition, then, otherwise) => {
                    let truth = self.truth(condition, live);
                    self.bury(live);
                    let mut yes = both(live, &truth);
                    let mut no = without(live, &truth);
                    if any(&yes) {
                        self.body(then, &mut yes, flow.as_deref_mut())?;
                    }
                    if let Some(otherwise) = otherwise
                        && any(&no)
                    {
                        self.body(otherwise, &mut no, flow.as_deref_mut())?;
                    }
                    *live = either(&yes, &no);
                }
                Stmt::For(each) => self.each(each, live)?,
                Stmt::Break | Stmt::Continue => {
                    let flow = flow.expect("break and continue stand in loops");
                    let left = if matches!(statement, Stmt::Break) { &mut flow.broke } else { &mut flow.continued };
                    *left = either(left, live);
                    *live = [0; N];
                    return Ok(());
                }
                simple => self.simple(simple, live),
            }
            // Where no lane is left, what follows must not count as run.
            if !any(live) {
                return Ok(());
            }
        }
        Ok(())
    }

    fn each(&mut self, each: &For, live: &mut Lane<N>) -> Result<(), Exhausted> {
        self.simple(&each.start, live);
        let mut turning = *live;
        let mut done = [0; N];
        let mut earlier = None;
        for turn in 0u32.. {
            self.tick()?;
            if turn >= SUSPICIOUS {
                self.watch(turn, &turning, &mut earlier)?;
            }
            let truth = self.truth(&each.condition, &turning);
            self.bury(&mut turning);
            done = either(&done, &without(&turning, &truth));
            turning = both(&turning, &truth);
            if !any(&turning) {
                break;
            }
            let mut flow = Flow { broke: [0; N], continued: [0; N] };
            self.body(&each.body, &mut turning, Some(&mut flow))?;
            done = either(&done, &flow.broke);
            turning = either(&turning, &flow.continued);
            if !any(&turning) {
                break;
            }
            self.tick()?;
            self.simple(&each.step, &mut turning);
        }
        *live = done;
        Ok(())
    }

    /// Ends a run early that would end without fuel: a loop that comes back to an earlier state never ends.
    #[cold]
    fn watch(&mut self, turn: u32, turning: &Lane<N>, earlier: &mut Option<State<N>>) -> Result<(), Exhausted> {
        let slots = &self.slots[..self.used];
        let again = |state: &State<N>| state.turning == *turning && state.cells == self.cells && state.slots == slots;
        if earlier.as_ref().is_some_and(again) {
            self.fuel = 0;
            return Err(Exhausted);
        }
        // Each state is compared with twice as many as the one before, so that cycles of any length are found.
        if turn.is_power_of_two() {
            *earlier = Some(State { cells: self.cells, slots: slots.to_vec(), turning: *turning });
        }
        Ok(())
    }

    /// A declaration, an assignment or a step.
    fn simple(&mut self, statement: &Stmt, live: &mut Lane<N>) {
        match statement {
            Stmt::Declare(slot, value) => {
                let value = self.value(value, live);
                let value = *self.look(&value);
                blend(&mut self.slots[usize::from(*slot)], &value, live);
            }
            Stmt::Assign(kind, target, value) => {
                let value = self.value(value, live);
                let value = match kind {
                    Assignment::Set => *self.look(&value),
                    Assignment::Add => {
                        let old = self.value(target, live);
                        self.add(&old, &value, live)
                    }
                    Assignment::Subtract => {
                        let old = self.value(target, live);
                        self.subtract(&old, &value, live)
                    }
                };
                self.store(target, &value, live);
            }
            Stmt::Step { increment, target, .. } => {
                let old = self.value(target, live);
                let one = Place::Here([1; N]);
                let value = if *increment { self.add(&old, &one, live) } else { self.subtract(&old, &one, live) };
                self.store(target, &value, live);
            }
            _ => unreachable!("only declarations, assignments and steps are simple"),
        }
        self.bury(live);
    }

    /// Takes trapped lanes out of a mask.
    fn bury(&self, live: &mut Lane<N>) {
        if self.any_trapped {
            *live = without(live, &self.trapped);
        }
    }

    fn store(&mut self, target: &Expr, value: &Lane<N>, live: &Lane<N>) {
        match target {
            Expr::Variable(slot) => blend(&mut self.slots[usize::from(*slot)], value, live),
            Expr::Cell(cell) if inside(*cell) => blend(&mut self.cells[*cell as usize], value, live),
            Expr::Cell(_) => self.trap(live),
            Expr::At(slot) => self.scatter(&Place::Slot(*slot), value, live),
            Expr::Index(index) => {
                let index = self.value(index, live);
                self.scatter(&index, value, live);
            }
            _ => unreachable!("only variables and elements are assigned to"),
        }
    }

    fn scatter(&mut self, index: &Place<N>, value: &Lane<N>, live: &Lane<N>) {
        match self.cell(index, live) {
            Some(cell) => blend(&mut self.cells[usize::from(cell)], value, live),
            None => {
                let index = *self.look(index);
                for (cell, lanes) in self.cells.iter_mut().enumerate() {
                    for lane in 0..N {
                        let here = if index[lane] == cell as i32 { live[lane] } else { 0 };
                        lanes[lane] = (lanes[lane] & !here) | (value[lane] & here);
                    }
                }
            }
        }
    }

    fn gather(&mut self, index: &Place<N>, live: &Lane<N>) -> Place<N> {
        if let Some(cell) = self.cell(index, live) {
            return Place::Cell(cell);
        }
        let index = self.look(index);
        let mut value = [0; N];
        for (cell, lanes) in self.cells.iter().enumerate() {
            for lane in 0..N {
                value[lane] |= if index[lane] == cell as i32 { lanes[lane] } else { 0 };
            }
        }
        Place::Here(value)
    }

    /// The one element that all lanes mean, where there is one. Traps the live lanes whose index is outside the array.
    fn cell(&mut self, index: &Place<N>, live: &Lane<N>) -> Option<u8> {
        let index = self.look(index);
        let first = index[0];
        let mut differs = 0;
        let mut outside = 0;
        for lane in 0..N {
            differs |= index[lane] ^ first;
            outside |= if inside(index[lane]) { 0 } else { live[lane] };
        }
        if outside != 0 {
            let lanes = std::array::from_fn(|lane| if inside(index[lane]) { 0 } else { live[lane] });
            self.trap(&lanes);
        }
        (differs == 0 && inside(first)).then_some(first as u8)
    }

    #[cold]
    fn trap(&mut self, lanes: &Lane<N>) {
        self.trapped = either(&self.trapped, lanes);
        self.any_trapped = true;
    }

    fn add(&mut self, left: &Place<N>, right: &Place<N>, live: &Lane<N>) -> Lane<N> {
        let (left, right) = (self.look(left), self.look(right));
        let mut sum = [0; N];
        let mut overflow = 0;
        for lane in 0..N {
            sum[lane] = left[lane].wrapping_add(right[lane]);
            overflow |= (left[lane] ^ sum[lane]) & (right[lane] ^ sum[lane]) & live[lane];
        }
        if overflow < 0 {
            let lanes = overflowed(left, right, live, i32::checked_add);
            self.trap(&lanes);
        }
        sum
    }

    fn subtract(&mut self, left: &Place<N>, right: &Place<N>, live: &Lane<N>) -> Lane<N> {
        let (left, right) = (self.look(left), self.look(right));
        let mut difference = [0; N];
        let mut overflow = 0;
        for lane in 0..N {
            difference[lane] = left[lane].wrapping_sub(right[lane]);
            overflow |= (left[lane] ^ right[lane]) & (left[lane] ^ difference[lane]) & live[lane];
        }
        if overflow < 0 {
            let lanes = overflowed(left, right, live, i32::checked_sub);
            self.trap(&lanes);
        }
        difference
    }

    fn look<'a>(&'a self, place: &'a Place<N>) -> &'a Lane<N> {
        match place {
            Place::Slot(slot) => &self.slots[usize::from(*slot)],
            Place::Cell(cell) => &self.cells[usize::from(*cell)],
            Place::Here(value) => value,
        }
    }

    fn value(&mut self, expression: &Expr, live: &Lane<N>) -> Place<N> {
        match expression {
            Expr::Constant(value) => Place::Here([*value; N]),
            Expr::Variable(slot) => Place::Slot(*slot),
            Expr::Cell(cell) if inside(*cell) => Place::Cell(*cell as u8),
            Expr::Cell(_) => {
                self.trap(live);
                Place::Here([0; N])
            }
            Expr::At(slot) => self.gather(&Place::Slot(*slot), live),
            Expr::Index(index) => {
                let index = self.value(index, live);
                self.gather(&index, live)
            }
            Expr::Binary(Operator::Add, operands) => {
                let left = self.value(&operands.0, live);
                let right = self.value(&operands.1, live);
                Place::Here(self.add(&left, &right, live))
            }
            Expr::Binary(Operator::Subtract, operands) => {
                let left = self.value(&operands.0, live);
                let right = self.value(&operands.1, live);
                Place::Here(self.subtract(&left, &right, live))
            }
            Expr::Negate(operand) => {
                let value = self.value(operand, live);
                Place::Here(self.subtract(&Place::Here([0; N]), &value, live))
            }
            // A truth value as a number is 0 or 1.
            Expr::Binary(..) => Place::Here(self.truth(expression, live).map(|truth| truth & 1)),
        }
    }

    /// Where an expression is not zero, as a mask; unspecified in lanes that are not live.
    fn truth(&mut self, expression: &Expr, live: &Lane<N>) -> Lane<N> {
        let Expr::Binary(operator, operands) = expression else { return self.nonzero(expression, live) };
        match operator {
            Operator::Add | Operator::Subtract => self.nonzero(expression, live),
            Operator::And => {
                let left = self.truth(&operands.0, live);
                let right = self.truth(&operands.1, &both(live, &left));
                both(&left, &right)
            }
            Operator::Or => {
                let left = self.truth(&operands.0, live);
                let right = self.truth(&operands.1, &without(live, &left));
                either(&left, &right)
            }
            _ => {
                let left = self.value(&operands.0, live);
                let right = self.value(&operands.1, live);
                compare(*operator, self.look(&left), self.look(&right))
            }
        }
    }

    fn nonzero(&mut self, expression: &Expr, live: &Lane<N>) -> Lane<N> {
        let value = self.value(expression, live);
        self.look(&value).map(|value| -i32::from(value != 0))
    }
}

fn compare<const N: usize>(operator: Operator, left: &Lane<N>, right: &Lane<N>) -> Lane<N> {
    match operator {
        Operator::Equal => zip(left, right, |l, r| -i32::from(l == r)),
        Operator::NotEqual => zip(left, right, |l, r| -i32::from(l != r)),
        Operator::Less => zip(left, right, |l, r| -i32::from(l < r)),
        Operator::LessEqual => zip(left, right, |l, r| -i32::from(l <= r)),
        Operator::Greater => zip(left, right, |l, r| -i32::from(l > r)),
        Operator::GreaterEqual => zip(left, right, |l, r| -i32::from(l >= r)),
        _ => unreachable!("only comparisons compare"),
    }
}

fn zip<const N: usize>(left: &Lane<N>, right: &Lane<N>, op: impl Fn(i32, i32) -> i32) -> Lane<N> {
    let mut result = [0; N];
    for lane in 0..N {
        result[lane] = op(left[lane], right[lane]);
    }
    result
}

fn both<const N: usize>(left: &Lane<N>, right: &Lane<N>) -> Lane<N> {
    zip(left, right, |l, r| l & r)
}

fn either<const N: usize>(left: &Lane<N>, right: &Lane<N>) -> Lane<N> {
    zip(left, right, |l, r| l | r)
}

fn without<const N: usize>(left: &Lane<N>, right: &Lane<N>) -> Lane<N> {
    zip(left, right, |l, r| l & !r)
}

fn any<const N: usize>(mask: &Lane<N>) -> bool {
    mask.iter().fold(0, |all, lane| all | lane) != 0
}

/// Whether an index is in the array.
fn inside(index: i32) -> bool {
    (0..CELLS as i32).contains(&index)
}

/// The live lanes in which an operation overflows.
#[cold]
fn overflowed<const N: usize>(
    left: &Lane<N>,
    right: &Lane<N>,
    live: &Lane<N>,
    op: fn(i32, i32) -> Option<i32>,
) -> Lane<N> {
    std::array::from_fn(|lane| if op(left[lane], right[lane]).is_none() { live[lane] } else { 0 })
}

fn blend<const N: usize>(target: &mut Lane<N>, value: &Lane<N>, mask: &Lane<N>) {
    for lane in 0..N {
        target[lane] = (target[lane] & !mask[lane]) | (value[lane] & mask[lane]);
    }
}
