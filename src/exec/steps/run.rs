//! Steps on rows of states: all states of a program together, or one by one where the program jumps.

use super::{Layout, MAX_CELLS, NUMBER, Operation, Step, Steps};
use iced_x86::ConditionCode;

/// Cells of a run, a power of two. The last one holds a step's number while it runs.
const CELLS: usize = 64;
const _: () = assert!(MAX_CELLS < CELLS && NUMBER as usize % CELLS == CELLS - 1);

/// The cells' values in `LANES` states.
type Cells<const LANES: usize> = [[i32; LANES]; CELLS];

/// Runs programs on the rows of a table of states.
#[derive(Clone, Debug)]
pub struct Batch {
    layout: Layout,
    /// `[states, width]`
    inputs: Vec<i32>,
    /// Steps that a run may take.
    fuel: u64,
    outputs: Vec<i32>,
    returned: Vec<bool>,
}

impl Batch {
    /// Programs will be run on these rows: `[states, width]`, as the layout says.
    ///
    /// # Panics
    /// Where `inputs` is no whole number of rows, or rows are empty.
    pub fn new(layout: Layout, inputs: &[i32], fuel: u64) -> Self {
        assert!(layout.width() > 0 && inputs.len().is_multiple_of(layout.width()), "whole rows");
        let states = inputs.len() / layout.width();
        let returned = vec![true; states];
        Self { layout, inputs: inputs.to_vec(), fuel, outputs: inputs.to_vec(), returned }
    }

    /// The rows' layout.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Runs each program on each row. `tell` gets a program's number, its rows afterwards, and which of them returned;
    /// the others, which ran out of fuel, are as they were before.
    pub fn run(&mut self, programs: &Steps, mut tell: impl FnMut(usize, &[i32], &[bool])) {
        for number in 0..programs.len() {
            self.one(programs.program(number), programs.flags[number]);
            tell(number, &self.outputs, &self.returned);
        }
    }

    fn one(&mut self, steps: &[Step], flags: bool) {
        self.returned.fill(true);
        let jumps = steps.iter().any(|step| step.operation.jumps());
        if jumps {
            for state in 0..self.returned.len() {
                self.lanes::<1, true>(steps, state, true);
            }
            return;
        }
        let mut state = 0;
        while state < self.returned.len() {
            let rest = self.returned.len() - state;
            state += match (rest, flags) {
                (8.., false) => self.lanes::<8, false>(steps, state, false),
                (8.., true) => self.lanes::<8, true>(steps, state, false),
                (4.., false) => self.lanes::<4, false>(steps, state, false),
                (4.., true) => self.lanes::<4, true>(steps, state, false),
                (2.., false) => self.lanes::<2, false>(steps, state, false),
                (2.., true) => self.lanes::<2, true>(steps, state, false),
                (_, false) => self.lanes::<1, false>(steps, state, false),
                (_, true) => self.lanes::<1, true>(steps, state, false),
            };
        }
    }

    /// Some states, from number `state` on; gives how many.
    fn lanes<const LANES: usize, const FLAGS: bool>(&mut self, steps: &[Step], state: usize, jumps: bool) -> usize {
        let width = self.layout.width();
        let rows = state * width..(state + LANES) * width;
        let mut cells: Cells<LANES> = [[0; LANES]; CELLS];
        for (lane, row) in self.inputs[rows.clone()].chunks_exact(width).enumerate() {
            for (cell, value) in cells[..MAX_CELLS].iter_mut().zip(row) {
                cell[lane] = *value;
            }
        }
        let returned = if jumps {
            jumping(steps, &mut cells, self.fuel)
        } else {
            straight::<LANES, FLAGS>(steps, &mut cells);
            steps.len() as u64 <= self.fuel
        };
        if !returned {
            self.returned[state..state + LANES].fill(false);
            self.outputs[rows.clone()].copy_from_slice(&self.inputs[rows]);
            return LANES;
        }
        for (lane, row) in self.outputs[rows].chunks_exact_mut(width).enumerate() {
            for (value, cell) in row.iter_mut().zip(&cells) {
                *value = cell[lane];
            }
        }
        LANES
    }
}

#[inline(always)]
fn straight<const LANES: usize, const FLAGS: bool>(steps: &[Step], cells: &mut Cells<LANES>) {
    let mut flags = Flags::clear();
    for step in steps {
        apply::<LANES, FLAGS>(step, cells, &mut flags);
    }
}

/// Whether the run returned.
fn jumping<const LANES: usize>(steps: &[Step], cells: &mut Cells<LANES>, fuel: u64) -> bool {
    let mut flags = Flags::clear();
    let mut at = 0;
    for _ in 0..fuel {
        let Some(step) = steps.get(at) else { return true };
        at = match step.operation {
            Operation::Jump => step.value as usize,
            Operation::JumpIf if flags.holds(step.condition)[0] => step.value as usize,
            _ => {
                apply::<LANES, true>(step, cells, &mut flags);
                at + 1
            }
        };
    }
    at >= steps.len()
}

#[inline(always)]
fn apply<const LANES: usize, const FLAGS: bool>(step: &Step, cells: &mut Cells<LANES>, flags: &mut Flags<LANES>) {
    use Operation::*;
    cells[CELLS - 1] = [step.value; LANES];
    let (to, from) = (usize::from(step.to) % CELLS, usize::from(step.from) % CELLS);
    let (old, source) = (cells[to], cells[from]);
    // Which of these it is cannot be foreseen in fresh programs; to do them all is less work than to branch.
    let usual: [[i32; LANES]; 8] = [
        Move.rows(&old, &source),
        Add.rows(&old, &source),
        Subtract.rows(&old, &source),
        Multiply.rows(&old, &source),
        And.rows(&old, &source),
        Or.rows(&old, &source),
        Xor.rows(&old, &source),
        old,
    ];
    let new: [i32; LANES] = match step.operation {
        Move | Add | Subtract | Multiply | And | Or | Xor => usual[step.operation as usize & 7],
        Exchange => {
            cells[from] = old;
            source
        }
        MoveIf => {
            let holds = flags.holds(step.condition);
            std::array::from_fn(|lane| if holds[lane] { source[lane] } else { old[lane] })
        }
        // They move nothing.
        Jump | JumpIf => return,
        other => other.rows(&old, &source),
    };
    if FLAGS {
        flags.set(step.operation, old, source, new);
    }
    if !matches!(step.operation, Compare | Test) {
        cells[to] = new;
    }
}

/// What the flags were last set by; they are worked out where they are read.
struct Flags<const LANES: usize> {
    by: Setter,
    left: [i32; LANES],
    right: [i32; LANES],
    result: [i32; LANES],
    /// Where steps by one left it as it was.
    carry: [bool; LANES],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Setter {
    Sum,
    Difference,
    Logic,
    Increment,
    Decrement,
}

impl<const LANES: usize> Flags<LANES> {
    /// None is set: as behind a logical operation whose result is 1.
    #[inline(always)]
    fn clear() -> Self {
        Self { by: Setter::Logic, left: [0; LANES], right: [0; LANES], result: [1; LANES], carry: [false; LANES] }
    }

    #[inline(always)]
    fn set(&mut self, operation: Operation, left: [i32; LANES], right: [i32; LANES], result: [i32; LANES]) {
        use Operation::*;
        let (by, left, right) = match operation {
            Add => (Setter::Sum, left, right),
            Subtract | Compare => (Setter::Difference, left, right),
            Negate => (Setter::Difference, [0; LANES], left),
            And | Or | Xor | Test => (Setter::Logic, left, right),
            Increment | Decrement => {
                self.carry = self.carry();
                (if operation == Increment { Setter::Increment } else { Setter::Decrement }, left, right)
            }
            _ => return,
        };
        (self.by, self.left, self.right, self.result) = (by, left, right, result);
    }

    #[inline(always)]
    fn each(&self, what: impl Fn(i32, i32, i32) -> bool) -> [bool; LANES] {
        std::array::from_fn(|lane| what(self.left[lane], self.right[lane], self.result[lane]))
    }

    fn carry(&self) -> [bool; LANES] {
        match self.by {
            Setter::Sum => self.each(|left, _, result| (result as u32) < left as u32),
            Setter::Difference => self.each(|left, right, _| (left as u32) < right as u32),
            Setter::Logic => [false; LANES],
            Setter::Increment | Setter::Decrement => self.carry,
        }
    }

    fn overflow(&self) -> [bool; LANES] {
        match self.by {
            Setter::Sum => self.each(|left, right, result| (left ^ result) & (right ^ result) < 0),
            Setter::Difference => self.each(|left, right, result| (left ^ right) & (left ^ result) < 0),
            Setter::Logic => [false; LANES],
            Setter::Increment => self.each(|_, _, result| result == i32::MIN),
            Setter::Decrement => self.each(|_, _, result| result == i32::MAX),
        }
    }

    /// In which lanes a condition holds.
    fn holds(&self, condition: ConditionCode) -> [bool; LANES] {
        use ConditionCode::*;
        let zero = || self.each(|_, _, result| result == 0);
        let sign = || self.each(|_, _, result| result < 0);
        let parity = || self.each(|_, _, result| (result as u8).count_ones().is_multiple_of(2));
        let both = |left: [bool; LANES], right: [bool; LANES], what: fn(bool, bool) -> bool| {
            std::array::from_fn(|lane| what(left[lane], right[lane]))
        };
        let less = || both(sign(), self.overflow(), |sign, overflow| sign != overflow);
        let or = |left: bool, right: bool| left | right;
        let not = |all: [bool; LANES]| all.map(|one| !one);
        match condition {
            None => [true; LANES],
            o => self.overflow(),
            no => not(self.overflow()),
            b => self.carry(),
            ae => not(self.carry()),
            e => zero(),
            ne => not(zero()),
            be => both(self.carry(), zero(), or),
            a => not(both(self.carry(), zero(), or)),
            s => sign(),
            ns => not(sign()),
            p => parity(),
            np => not(parity()),
            l => less(),
            ge => not(less()),
            le => both(less(), zero(), or),
            g => not(both(less(), zero(), or)),
        }
    }
}
