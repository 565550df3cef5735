//! A task as rows of cells.

use super::{Problem, actions};
use crate::exec::steps::{Layout, MAX_SLOTS};
use crate::task::x86::{Example, Task};
use iced_x86::Register;

/// The cells' values in all examples.
pub type Cells<const CELLS: usize, const EXAMPLES: usize> = [[i32; EXAMPLES]; CELLS];

/// Examples that the search looks at; the proof looks at all.
pub const MOST_EXAMPLES: usize = 16;
/// Cells at most, what `cmp` leaves included.
const MOST_CELLS: usize = 20;

/// Why the search cannot try a task.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unsupported(pub String);

/// The registers and slots of a task: those that its examples name, or AutoAssemblet's where these are among them.
pub fn layout(task: &Task) -> Result<Layout, Unsupported> {
    let named = task.registers();
    if let Some(other) = named.iter().find(|register| !register.is_gpr32()) {
        let name = format!("{other:?}").to_lowercase();
        return Err(Unsupported(format!("the search knows registers of 32 bits, and `{name}` is none")));
    }
    let usual = [Register::EAX, Register::EBX, Register::ECX, Register::EDX];
    let mut registers = usual.to_vec();
    registers.extend(named.into_iter().filter(|register| !usual.contains(register)));
    let slots = task.slots();
    let cells = registers.len() + slots;
    if slots > MAX_SLOTS || cells >= MOST_CELLS {
        return Err(Unsupported(format!("{cells} registers and slots are more than the search takes")));
    }
    Layout::new(&registers, slots).ok_or_else(|| Unsupported("registers are named twice".into()))
}

/// An example's cells before, and after the run, where they are asked for.
pub fn rows(example: &Example, layout: &Layout) -> (Vec<i32>, Vec<Option<i32>>) {
    let mut before: Vec<i32> =
        layout.registers().iter().map(|register| example.input.register(*register) as i32).collect();
    before.extend(example.input.ram());
    let asked = |register: &Register| {
        let pair = example.output.registers.iter().find(|(name, _)| name == register);
        pair.map(|(_, value)| *value as i32)
    };
    let mut after: Vec<Option<i32>> = layout.registers().iter().map(asked).collect();
    let ram = example.output.ram.as_deref();
    after.extend((0..layout.slots()).map(|slot| ram.and_then(|ram| ram.get(slot)).copied()));
    (before, after)
}

impl<const CELLS: usize, const EXAMPLES: usize> Problem<CELLS, EXAMPLES> {
    /// The task's examples as rows; where there are fewer than `EXAMPLES`, the first one is repeated.
    pub fn new(task: &Task, layout: Layout) -> Result<Self, Unsupported> {
        let (mut start, mut goal) = ([[0; EXAMPLES]; CELLS], [[0; EXAMPLES]; CELLS]);
        // What only some examples ask for is free to the search; the proof asks for it.
        let mut asked = u32::MAX;
        for lane in 0..EXAMPLES {
            let example = task.examples.get(lane).unwrap_or(&task.examples[0]);
            let mut here = 0;
            let (before, after) = rows(example, &layout);
            for (cell, (before, after)) in before.into_iter().zip(after).enumerate() {
                start[cell][lane] = before;
                if let Some(value) = after {
                    goal[cell][lane] = value;
                    here |= 1 << cell;
                }
            }
            asked &= here;
        }
        start[CELLS - 1] = [actions::UNKNOWN; EXAMPLES];
        for (cell, row) in goal.iter_mut().enumerate() {
            if asked >> cell & 1 == 0 {
                *row = [0; EXAMPLES];
            }
        }
        let actions = actions::actions(&task.instructions, &layout)?;
        Ok(Self { layout, start, goal, asked, actions })
    }
}
