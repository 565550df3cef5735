//! Machine code of steps, copied from templates: each instruction is worked out once for each pair of operands. The code
//! of a run stands between a load of what the program uses and a store of what it writes, does not depend on where it is,
//! and moves `rbp` on to the next row, so that runs follow one another without a jump.
//!
//! A row in memory: the slots of RAM, the last one first, then the registers. `rbp` points to slot 0 (or where it would
//! be). At a fixed distance behind each row's slot 0 is a word that says how far its run is.

use crate::exec::steps::{Layout, MAX_CELLS, NUMBER, Operation, Place, Step};

/// A run that has begun and one that is done; told by those programs only that may not end.
pub const STARTED: i32 = 1;
pub const DONE: i32 = 2;

/// Bytes that one step takes at most, and one cell's load and store, and what every run has.
pub const STEP_BYTES: usize = 12;
pub const CELL_BYTES: usize = 12;
pub const RUN_BYTES: usize = 40;

/// An instruction of up to eight bytes, and a number behind them.
#[derive(Clone, Copy, Debug, Default)]
struct Template {
    bytes: u64,
    /// Where the number stands, and where the instruction ends.
    number: u8,
    length: u8,
}

/// Registers whose loads, or stores, are written at once.
const GROUP: usize = 4;

/// The loads or the stores of some registers, one behind the other.
#[derive(Clone, Copy, Debug, Default)]
struct Moves {
    bytes: [u8; 4 * GROUP],
    length: u8,
}

impl Moves {
    fn push(&mut self, template: Template) {
        let (at, length) = (usize::from(self.length), usize::from(template.length));
        self.bytes[at..at + length].copy_from_slice(&template.bytes.to_le_bytes()[..length]);
        self.length += template.length;
    }
}

/// Operands that are numbers, of one byte and of four.
const SHORT: usize = MAX_CELLS;
const LONG: usize = MAX_CELLS + 1;
/// Operations that are no jumps, which come last.
const OPERATIONS: usize = Operation::Jump as usize;

/// Writes the code of programs over one layout.
#[derive(Debug)]
pub struct Assembler {
    /// By operation, destination and source.
    steps: Vec<Template>,
    /// Of each group of registers in the row: the loads, and the stores, of each subset of it.
    loads: Vec<[Moves; 1 << GROUP]>,
    stores: Vec<[Moves; 1 << GROUP]>,
    /// What sets each register that is not in the row to 0.
    zeros: [Template; MAX_CELLS],
    slots: usize,
    registers: usize,
    /// From slot 0 to the word that says how far the run is.
    progress: i32,
    /// Where each step's code begins.
    starts: Vec<usize>,
    /// Where a jump's distance stands, and the step that it leads to.
    jumps: Vec<(usize, usize)>,
}

impl Assembler {
    pub fn new(layout: &Layout, progress: i32) -> Self {
        let place = |cell: usize| (cell < layout.cells()).then(|| layout.place(cell as u8));
        let places: [Option<Place>; MAX_CELLS] = std::array::from_fn(place);
        let registers = layout.registers().len();
        let number = |place: &Option<Place>| match *place {
            Some(Place::Register(number)) => Some(number),
            _ => None,
        };
        let numbers: Vec<u8> = places[..registers].iter().filter_map(number).collect();
        let zeros = std::array::from_fn(|cell| number(&places[cell]).map(number_move).unwrap_or_default());
        let mut steps = Vec::with_capacity(OPERATIONS * MAX_CELLS * (LONG + 1));
        for operation in Operation::ALL.into_iter().take(OPERATIONS) {
            for to in places {
                for from in 0..=LONG {
                    let template = to.and_then(|to| match from {
                        SHORT => with_number(operation, to, true),
                        LONG => with_number(operation, to, false),
                        from => with_cell(operation, to, places[from]?),
                    });
                    steps.push(template.unwrap_or_default());
                }
            }
        }
        let slots = layout.slots();
        Self {
            steps,
            loads: moves(0x8b, &numbers),
            stores: moves(0x89, &numbers),
            zeros,
            slots,
            registers,
            progress,
            starts: Vec::new(),
            jumps: Vec::new(),
        }
    }

    /// Words of a row.
    pub fn row_words(&self) -> usize {
        self.slots + self.registers
    }

    /// Bytes from a row's beginning to where `rbp` points in it.
    pub fn base(&self) -> i64 {
        4 * self.slots as i64 - 4
    }

    /// Writes the code of one run to `code` from `at` on; gives where it ends. `endless` where it may not end by itself.
    /// There must be room for what [`RUN_BYTES`] and the others say.
    pub fn run(&mut self, steps: &[Step], flags: bool, endless: bool, code: &mut [u8], at: usize) -> usize {
        let (mut used, mut written, mut jumps) = (0_u64, 0_u64, false);
        for step in steps {
            let operation = step.operation;
            jumps |= operation >= Operation::Jump;
            used |= 1 << step.to | 1 << (step.from & 63);
            let writes = !matches!(operation, Operation::Compare | Operation::Test);
            written |= u64::from(writes) << step.to;
            written |= u64::from(operation == Operation::Exchange) << (step.from & 63);
        }
        // What a number stands for is no cell, and slots are used where they are.
        const CELLS: u64 = (1 << MAX_CELLS) - 1;
        let in_row = (1_u64 << (self.slots + self.registers)) - 1;
        let mut at = at;
        if endless {
            at = self.tell(STARTED, code, at);
        }
        if flags {
            // xor eax, eax; inc eax: no flag is set.
            at = put(code, at, Template { bytes: 0xc0ff_c031, number: 4, length: 4 }, 0);
        }
        at = put_moves(code, at, &self.loads, used);
        for cell in bits(used & CELLS & !in_row) {
            at = put(code, at, self.zeros[cell], 0);
        }
        at = if jumps { self.with_jumps(steps, code, at) } else { self.straight(steps, code, at) };
        at = put_moves(code, at, &self.stores, written);
        if endless {
            at = self.tell(DONE, code, at);
        }
        // lea rbp, [rbp + stride]
        let stride = 4 * self.row_words() as i32;
        let (bytes, length) = if stride < 128 { (0x6d_8d48, 4) } else { (0xad_8d48, 7) };
        put(code, at, Template { bytes, number: 3, length }, stride)
    }

    /// mov dword ptr [rbp + progress], value
    fn tell(&self, value: i32, code: &mut [u8], at: usize) -> usize {
        let at = put(code, at, Template { bytes: 0x85c7, number: 2, length: 6 }, self.progress);
        put(code, at, Template { bytes: 0, number: 0, length: 4 }, value)
    }

    #[inline]
    fn template(&self, step: &Step) -> Template {
        let from = match step.from {
            NUMBER => LONG - usize::from(i8::try_from(step.value).is_ok()),
            from => usize::from(from),
        };
        let mut template = self.steps[(step.operation as usize * MAX_CELLS + usize::from(step.to)) * (LONG + 1) + from];
        if step.operation == Operation::MoveIf {
            // The condition is in the opcode's low bits, behind a prefix and the first byte of the opcode.
            let prefix = template.bytes & 0xf0 == 0x40;
            template.bytes |= (step.condition as u64 - 1) << if prefix { 16 } else { 8 };
        }
        template
    }

    #[inline]
    fn straight(&self, steps: &[Step], code: &mut [u8], at: usize) -> usize {
        steps.iter().fold(at, |at, step| put(code, at, self.template(step), step.value))
    }

    fn with_jumps(&mut self, steps: &[Step], code: &mut [u8], mut at: usize) -> usize {
        self.starts.clear();
        self.jumps.clear();
        for step in steps {
            self.starts.push(at);
            at = match step.operation {
                Operation::Jump => put(code, at, Template { bytes: 0xe9, number: 1, length: 5 }, 0),
                Operation::JumpIf => {
                    let bytes = 0x800f + ((step.condition as u64 - 1) << 8);
                    put(code, at, Template { bytes, number: 2, length: 6 }, 0)
                }
                _ => put(code, at, self.template(step), step.value),
            };
            if step.operation >= Operation::Jump {
                self.jumps.push((at, step.value as usize));
            }
        }
        self.starts.push(at);
        for (end, target) in &self.jumps {
            let distance = self.starts[*target] as i32 - *end as i32;
            code[end - 4..*end].copy_from_slice(&distance.to_le_bytes());
        }
        at
    }
}

/// Writes an instruction, and maybe some bytes behind it, which the next one overwrites.
#[inline]
fn put(code: &mut [u8], at: usize, template: Template, value: i32) -> usize {
    let room: &mut [u8; 16] = (&mut code[at..at + 16]).try_into().expect("16 bytes");
    room[..8].copy_from_slice(&template.bytes.to_le_bytes());
    let number = usize::from(template.number & 7);
    room[number..number + 4].copy_from_slice(&value.to_le_bytes());
    at + usize::from(template.length)
}

/// Writes the moves of those registers that are in a set of cells.
#[inline]
fn put_moves(code: &mut [u8], mut at: usize, moves: &[[Moves; 1 << GROUP]], mut set: u64) -> usize {
    for group in moves {
        let moves = &group[set as usize % (1 << GROUP)];
        code[at..at + 4 * GROUP].copy_from_slice(&moves.bytes);
        at += usize::from(moves.length);
        set >>= GROUP;
    }
    at
}

/// The numbers of the bits that are set.
fn bits(mut set: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (set != 0).then(|| set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(bit)
    })
}

/// Bytes of an instruction, without its number.
#[derive(Default)]
struct Bytes {
    bytes: u64,
    count: u8,
}

impl Bytes {
    fn push(&mut self, byte: u8) {
        self.bytes |= u64::from(byte) << (8 * self.count);
        self.count += 1;
    }

    /// An opcode, with a register (or what stands in its place) and a cell.
    fn operand(opcode: &[u8], register: u8, place: Place) -> Self {
        let mut bytes = Self::default();
        let (high, low) = (register >> 3, register & 7);
        let prefix = match place {
            Place::Register(number) => high << 2 | number >> 3,
            Place::Slot(_) => high << 2,
        };
        if prefix != 0 {
            bytes.push(0x40 | prefix);
        }
        opcode.iter().for_each(|byte| bytes.push(*byte));
        match place {
            Place::Register(number) => bytes.push(0xc0 | low << 3 | number & 7),
            Place::Slot(slot) => {
                bytes.push(0x45 | low << 3);
                bytes.push((-4 * i32::from(slot)) as u8);
            }
        }
        bytes
    }

    /// The instruction with a number of so many bytes behind.
    fn then(self, number: u8) -> Template {
        // Where there is no number, it is written behind the instruction.
        Template { bytes: self.bytes, number: self.count, length: self.count + number }
    }
}

/// The opcode of an operation between a place and a register, and what stands for it where the operand is a number.
fn binary(operation: Operation) -> Option<(u8, u8)> {
    Some(match operation {
        Operation::Add => (0x00, 0),
        Operation::Or => (0x08, 1),
        Operation::And => (0x20, 4),
        Operation::Subtract => (0x28, 5),
        Operation::Xor => (0x30, 6),
        Operation::Compare => (0x38, 7),
        Operation::Move => (0x88, 0),
        _ => return None,
    })
}

fn with_cell(operation: Operation, to: Place, from: Place) -> Option<Template> {
    if let Some((opcode, _)) = binary(operation) {
        let bytes = match (to, from) {
            (_, Place::Register(from)) => Bytes::operand(&[opcode + 1], from, to),
            (Place::Register(to), _) => Bytes::operand(&[opcode + 3], to, from),
            _ => return None,
        };
        return Some(bytes.then(0));
    }
    Some(match (operation, to, from) {
        (Operation::Test, _, Place::Register(from)) => Bytes::operand(&[0x85], from, to).then(0),
        (Operation::Exchange, _, Place::Register(from)) => Bytes::operand(&[0x87], from, to).then(0),
        (Operation::Multiply, Place::Register(to), _) => Bytes::operand(&[0x0f, 0xaf], to, from).then(0),
        (Operation::MoveIf, Place::Register(to), _) => Bytes::operand(&[0x0f, 0x40], to, from).then(0),
        _ => return None,
    })
}

/// An operation with a number, or with no operand at all.
fn with_number(operation: Operation, to: Place, short: bool) -> Option<Template> {
    use Operation::*;
    let bytes = if short { 1 } else { 4 };
    Some(match (operation, to) {
        (Move, Place::Register(to)) => number_move(to),
        (Move, _) => Bytes::operand(&[0xc7], 0, to).then(4),
        (Multiply, Place::Register(number)) => {
            Bytes::operand(&[if short { 0x6b } else { 0x69 }], number, to).then(bytes)
        }
        (Test, _) => Bytes::operand(&[0xf7], 0, to).then(4),
        (Negate, _) => Bytes::operand(&[0xf7], 3, to).then(0),
        (Not, _) => Bytes::operand(&[0xf7], 2, to).then(0),
        (Increment, _) => Bytes::operand(&[0xff], 0, to).then(0),
        (Decrement, _) => Bytes::operand(&[0xff], 1, to).then(0),
        (ShiftLeft, _) => Bytes::operand(&[0xc1], 4, to).then(1),
        (ShiftRight, _) => Bytes::operand(&[0xc1], 5, to).then(1),
        (ShiftRightSigned, _) => Bytes::operand(&[0xc1], 7, to).then(1),
        _ => {
            let (_, extension) = binary(operation)?;
            Bytes::operand(&[if short { 0x83 } else { 0x81 }], extension, to).then(bytes)
        }
    })
}

/// The moves between a row's registers, which have these numbers, and the row, for each subset of each group.
fn moves(opcode: u8, numbers: &[u8]) -> Vec<[Moves; 1 << GROUP]> {
    let offset = |cell: usize| 4 * cell as u8 + 4;
    let group = |(group, numbers): (usize, &[u8])| {
        std::array::from_fn(|subset| {
            let mut moves = Moves::default();
            for (place, number) in numbers.iter().enumerate().filter(|(place, _)| subset >> place & 1 == 1) {
                moves.push(at_base(opcode, *number, offset(GROUP * group + place)));
            }
            moves
        })
    };
    numbers.chunks(GROUP).enumerate().map(group).collect()
}

/// opcode register, [rbp + offset]
fn at_base(opcode: u8, register: u8, offset: u8) -> Template {
    let mut bytes = Bytes::default();
    if register >= 8 {
        bytes.push(0x44);
    }
    [opcode, 0x45 | (register & 7) << 3, offset].into_iter().for_each(|byte| bytes.push(byte));
    bytes.then(0)
}

/// mov register, number
fn number_move(register: u8) -> Template {
    let mut bytes = Bytes::default();
    if register >= 8 {
        bytes.push(0x41);
    }
    bytes.push(0xb8 | register & 7);
    bytes.then(4)
}
