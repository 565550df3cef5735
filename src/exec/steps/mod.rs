//! Short x86 programs on few states, without the IR: what search runs by the million. Instructions of 32 bits over
//! registers and RAM slots are read into [`Step`]s, which run over the cells of several states at once ([`run`]), or
//! become machine code ([`super::native::batch`]). A program with other instructions does not fit and is told so; the
//! IR takes it. The meaning is the IR's, and tests hold the two together.
//!
//! States lie in rows: a [`Layout`] says which registers and slots a row holds. Registers that it does not hold are
//! there too, and 0 in the beginning. Flags are clear in the beginning and do not count in the end.

mod names;
mod read;
pub mod run;
mod write;

use crate::lang::x86::ast::Program;
pub use iced_x86::ConditionCode;
use iced_x86::Register;
pub use names::operation;
pub use read::Unfit;
pub use run::Batch;
pub use write::program;

/// General registers, by the processor's numbers.
pub const REGISTERS: usize = 16;
/// Slots of RAM that a layout may have: the code of an address ends there.
pub const MAX_SLOTS: usize = 32;
/// Cells at most.
pub const MAX_CELLS: usize = REGISTERS + MAX_SLOTS;

/// What the rows of a table of states hold, in this order: registers, then RAM slots. Cells are numbered likewise, and
/// the registers that rows do not hold come last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    registers: Vec<Register>,
    slots: usize,
    /// The cell of each register by its number.
    cells: [u8; REGISTERS],
}

impl Layout {
    /// `None` where a register is named twice, has not 32 bits or is a pointer, or where there are too many slots.
    pub fn new(registers: &[Register], slots: usize) -> Option<Self> {
        const NONE: u8 = u8::MAX;
        let mut cells = [NONE; REGISTERS];
        for (cell, register) in registers.iter().enumerate() {
            let free = register.is_gpr32() && ![Register::ESP, Register::EBP].contains(register);
            let place = cells.get_mut(register.number()).filter(|place| free && **place == NONE)?;
            *place = cell as u8;
        }
        if slots > MAX_SLOTS {
            return None;
        }
        let first = (registers.len() + slots) as u8;
        for (next, cell) in (first..).zip(cells.iter_mut().filter(|cell| **cell == NONE)) {
            *cell = next;
        }
        Some(Self { registers: registers.to_vec(), slots, cells })
    }

    /// AutoAssemblet's: eax, ebx, ecx, edx, and so many slots.
    ///
    /// # Panics
    /// For more than [`MAX_SLOTS`].
    pub fn of_slots(slots: usize) -> Self {
        let registers = [Register::EAX, Register::EBX, Register::ECX, Register::EDX];
        Self::new(&registers, slots).expect("different registers, few slots")
    }

    /// Numbers of a row.
    pub fn width(&self) -> usize {
        self.registers.len() + self.slots
    }

    /// All cells, those included that rows do not hold.
    pub fn cells(&self) -> usize {
        REGISTERS + self.slots
    }

    /// The registers that rows hold.
    pub fn registers(&self) -> &[Register] {
        &self.registers
    }

    /// Slots of RAM.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// The cell of a general register.
    pub fn cell(&self, register: Register) -> u8 {
        self.cells[register.full_register().number()]
    }

    /// What a cell is: a register by its number, or a slot.
    pub fn place(&self, cell: u8) -> Place {
        let slot = usize::from(cell).checked_sub(self.registers.len()).filter(|slot| *slot < self.slots);
        match slot {
            Some(slot) => Place::Slot(slot as u8),
            None => {
                let number = self.cells.iter().position(|other| *other == cell).expect("a cell of this layout");
                Place::Register(number as u8)
            }
        }
    }
}

/// Where a cell is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The register of this number.
    Register(u8),
    /// A slot of RAM.
    Slot(u8),
}

/// What a step does with its cell (`to`) and its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Operation {
    /// `mov`
    Move,
    /// `add`
    Add,
    /// `sub`
    Subtract,
    /// `imul`, of two operands
    Multiply,
    /// `and`
    And,
    /// `or`
    Or,
    /// `xor`
    Xor,
    /// `cmp`
    Compare,
    /// `test`
    Test,
    /// `xchg`
    Exchange,
    /// `cmov` with the step's condition
    MoveIf,
    /// `neg`
    Negate,
    /// `not`
    Not,
    /// `inc`
    Increment,
    /// `dec`
    Decrement,
    /// `shl` by a number
    ShiftLeft,
    /// `shr` by a number
    ShiftRight,
    /// `sar` by a number
    ShiftRightSigned,
    /// `jmp` to the step `value`
    Jump,
    /// A jump there with the step's condition
    JumpIf,
}

impl Operation {
    /// All, in order.
    pub const ALL: [Self; 20] = [
        Self::Move,
        Self::Add,
        Self::Subtract,
        Self::Multiply,
        Self::And,
        Self::Or,
        Self::Xor,
        Self::Compare,
        Self::Test,
        Self::Exchange,
        Self::MoveIf,
        Self::Negate,
        Self::Not,
        Self::Increment,
        Self::Decrement,
        Self::ShiftLeft,
        Self::ShiftRight,
        Self::ShiftRightSigned,
        Self::Jump,
        Self::JumpIf,
    ];

    /// What it makes of its cell in several states, where its operand's values say all about that; others leave the cell
    /// as it was. Comparisons give what they compare by.
    #[inline(always)]
    pub fn rows<const STATES: usize>(self, old: &[i32; STATES], source: &[i32; STATES]) -> [i32; STATES] {
        let each = |what: fn(i32, i32) -> i32| std::array::from_fn(|state| what(old[state], source[state]));
        match self {
            Self::Move => *source,
            Self::Add => each(i32::wrapping_add),
            Self::Subtract | Self::Compare => each(i32::wrapping_sub),
            Self::Multiply => each(i32::wrapping_mul),
            Self::And | Self::Test => each(|old, source| old & source),
            Self::Or => each(|old, source| old | source),
            Self::Xor => each(|old, source| old ^ source),
            Self::Negate => each(|old, _| old.wrapping_neg()),
            Self::Not => each(|old, _| !old),
            Self::Increment => each(|old, _| old.wrapping_add(1)),
            Self::Decrement => each(|old, _| old.wrapping_sub(1)),
            Self::ShiftLeft => each(|old, by| old.wrapping_shl(by as u32)),
            Self::ShiftRight => each(|old, by| (old as u32).wrapping_shr(by as u32) as i32),
            Self::ShiftRightSigned => each(|old, by| old.wrapping_shr(by as u32)),
            Self::Exchange | Self::MoveIf | Self::Jump | Self::JumpIf => *old,
        }
    }

    /// Whether it may go on elsewhere.
    pub const fn jumps(self) -> bool {
        matches!(self, Self::Jump | Self::JumpIf)
    }
}

/// A step's operand is a number.
pub const NUMBER: u8 = u8::MAX;

/// An instruction over the cells of a [`Layout`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// What it does.
    pub operation: Operation,
    /// Of [`Operation::MoveIf`] and [`Operation::JumpIf`].
    pub condition: ConditionCode,
    /// The cell that it reads and writes.
    pub to: u8,
    /// The cell of its operand, or [`NUMBER`].
    pub from: u8,
    /// The number, or the step that a jump leads to.
    pub value: i32,
}

impl Step {
    /// A step with a cell as its operand.
    pub const fn cell(operation: Operation, to: u8, from: u8) -> Self {
        Self { operation, condition: ConditionCode::None, to, from, value: 0 }
    }

    /// A step with a number as its operand.
    pub const fn number(operation: Operation, to: u8, value: i32) -> Self {
        Self { operation, condition: ConditionCode::None, to, from: NUMBER, value }
    }
}

/// Programs as steps, one behind the other in one place.
#[derive(Clone, Debug, Default)]
pub struct Steps {
    steps: Vec<Step>,
    /// Where each program ends.
    ends: Vec<u32>,
    /// Of each, whether a step reads flags.
    flags: Vec<bool>,
}

impl Steps {
    /// Programs.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Forgets all, and keeps the place.
    pub fn clear(&mut self) {
        self.steps.clear();
        self.ends.clear();
        self.flags.clear();
    }

    /// The steps of a program.
    pub fn program(&self, number: usize) -> &[Step] {
        let start = if number == 0 { 0 } else { self.ends[number - 1] as usize };
        &self.steps[start..self.ends[number] as usize]
    }

    /// Whether a program reads flags.
    pub fn reads_flags(&self, number: usize) -> bool {
        self.flags[number]
    }

    /// Adds a program of decoded instructions. What does not fit is not added.
    pub fn read(&mut self, program: &Program, layout: &Layout) -> Result<(), Unfit> {
        let start = self.steps.len();
        read::read(program, layout, &mut self.steps).inspect_err(|_| self.steps.truncate(start))?;
        self.end(start).inspect_err(|_| self.steps.truncate(start))
    }

    /// Adds a program of steps. What no instructions do is not added.
    pub fn push(&mut self, steps: &[Step], layout: &Layout) -> Result<(), Unfit> {
        read::check(steps, layout)?;
        let start = self.steps.len();
        self.steps.extend_from_slice(steps);
        self.end(start).inspect_err(|_| self.steps.truncate(start))
    }

    fn end(&mut self, start: usize) -> Result<(), Unfit> {
        let flags = read::flags(&self.steps[start..])?;
        self.flags.push(flags);
        self.ends.push(self.steps.len() as u32);
        Ok(())
    }
}
