//! Machine code of steps, written without iced, which would take longer than all the rest. A test decodes each kind of it
//! again. The code of a run stands between a load of what the program uses and a store of what it writes, does not depend
//! on where it is, and moves `rbp` on to the next row, so that runs follow one another without a jump.
//!
//! A row in memory: a word that says how far its run is, the slots of RAM, the last one first, then the registers. `rbp`
//! points to slot 0 (or where it would be).

use crate::exec::steps::{Layout, MAX_CELLS, NUMBER, Operation, Place, Step};

/// A run that has begun and one that is done; told by those programs only that may not end.
pub const STARTED: i32 = 1;
pub const DONE: i32 = 2;

/// Bytes that one step takes at most, and one cell's load and store, and what every run has.
pub const STEP_BYTES: usize = 12;
pub const CELL_BYTES: usize = 12;
pub const RUN_BYTES: usize = 40;

/// Writes the code of programs over one layout.
#[derive(Debug)]
pub struct Assembler {
    places: [Place; MAX_CELLS],
    slots: usize,
    registers: usize,
    /// Where each step's code begins.
    starts: Vec<usize>,
    /// Where a jump's distance stands, and the step that it leads to.
    jumps: Vec<(usize, usize)>,
}

impl Assembler {
    pub fn new(layout: &Layout) -> Self {
        let place = |cell: usize| if cell < layout.cells() { layout.place(cell as u8) } else { Place::Slot(0) };
        Self {
            places: std::array::from_fn(place),
            slots: layout.slots(),
            registers: layout.registers().len(),
            starts: Vec::new(),
            jumps: Vec::new(),
        }
    }

    /// Words of a row.
    pub fn row_words(&self) -> usize {
        1 + self.slots + self.registers
    }

    /// Where a row's first cell in the layout's order (or its word of progress) is, in words.
    pub fn base(&self) -> usize {
        self.slots
    }

    /// Appends the code of one run; `endless` where it may not end by itself.
    pub fn run(&mut self, steps: &[Step], flags: bool, endless: bool, code: &mut Vec<u8>) {
        let mut used = [(false, false); MAX_CELLS];
        for step in steps.iter().filter(|step| !is_jump(step.operation)) {
            let compares = matches!(step.operation, Operation::Compare | Operation::Test);
            let to = &mut used[usize::from(step.to)];
            *to = (true, to.1 | !compares);
            if step.from != NUMBER {
                let from = &mut used[usize::from(step.from)];
                *from = (true, from.1 | (step.operation == Operation::Exchange));
            }
        }
        if endless {
            self.progress(STARTED, code);
        }
        if flags {
            // xor eax, eax; inc eax: no flag is set.
            code.extend([0x31, 0xc0, 0xff, 0xc0]);
        }
        for (cell, place) in self.places.iter().enumerate().filter(|(cell, _)| used[*cell].0) {
            let Place::Register(number) = *place else { continue };
            match self.offset(cell) {
                Some(offset) => memory(0x8b, number, offset, code),
                None => number_move(number, 0, code),
            }
        }
        self.body(steps, code);
        for (cell, place) in self.places.iter().enumerate().filter(|(cell, _)| used[*cell].1) {
            if let (Place::Register(number), Some(offset)) = (*place, self.offset(cell)) {
                memory(0x89, number, offset, code);
            }
        }
        if endless {
            self.progress(DONE, code);
        }
        // lea rbp, [rbp + stride]
        let stride = 4 * self.row_words() as i32;
        match i8::try_from(stride) {
            Ok(stride) => code.extend([0x48, 0x8d, 0x6d, stride as u8]),
            Err(_) => {
                code.extend([0x48, 0x8d, 0xad]);
                code.extend(stride.to_le_bytes());
            }
        }
    }

    /// Where a register's value is in a row, from `rbp`; `None` for those that rows do not hold.
    fn offset(&self, cell: usize) -> Option<i8> {
        (cell < self.registers).then_some(4 * cell as i8 + 4)
    }

    /// mov dword ptr [rbp - 4 * slots], value
    fn progress(&self, value: i32, code: &mut Vec<u8>) {
        if let Ok(offset) = i8::try_from(-4 * self.slots as i32) {
            code.extend([0xc7, 0x45, offset as u8]);
            code.extend(value.to_le_bytes());
        }
    }

    fn body(&mut self, steps: &[Step], code: &mut Vec<u8>) {
        let jumps = steps.iter().any(|step| is_jump(step.operation));
        if !jumps {
            steps.iter().for_each(|step| self.step(step, code));
            return;
        }
        self.starts.clear();
        self.jumps.clear();
        for step in steps {
            self.starts.push(code.len());
            self.step(step, code);
            if is_jump(step.operation) {
                self.jumps.push((code.len(), step.value as usize));
                code.extend([0; 4]);
            }
        }
        self.starts.push(code.len());
        for (at, target) in &self.jumps {
            let distance = self.starts[*target] as i32 - *at as i32 - 4;
            code[*at..at + 4].copy_from_slice(&distance.to_le_bytes());
        }
    }

    /// An instruction; of a jump, without its distance.
    #[inline]
    fn step(&self, step: &Step, code: &mut Vec<u8>) {
        use Operation::*;
        let on = step.condition as u8;
        match step.operation {
            Jump => code.push(0xe9),
            JumpIf => code.extend([0x0f, 0x80 + on - 1]),
            Move => self.binary(step, 0x88, None, code),
            Add => self.binary(step, 0x00, Some(0), code),
            Or => self.binary(step, 0x08, Some(1), code),
            And => self.binary(step, 0x20, Some(4), code),
            Subtract => self.binary(step, 0x28, Some(5), code),
            Xor => self.binary(step, 0x30, Some(6), code),
            Compare => self.binary(step, 0x38, Some(7), code),
            Test if step.from == NUMBER => {
                self.operand(&[0xf7], 0, step.to, code);
                code.extend(step.value.to_le_bytes());
            }
            Test => self.operand(&[0x85], self.register(step.from).unwrap_or(0), step.to, code),
            Exchange => self.operand(&[0x87], self.register(step.from).unwrap_or(0), step.to, code),
            Multiply if step.from == NUMBER => {
                let number = self.register(step.to).unwrap_or(0);
                match i8::try_from(step.value) {
                    Ok(value) => {
                        self.operand(&[0x6b], number, step.to, code);
                        code.push(value as u8);
                    }
                    Err(_) => {
                        self.operand(&[0x69], number, step.to, code);
                        code.extend(step.value.to_le_bytes());
                    }
                }
            }
            Multiply => self.operand(&[0x0f, 0xaf], self.register(step.to).unwrap_or(0), step.from, code),
            MoveIf => self.operand(&[0x0f, 0x40 + on - 1], self.register(step.to).unwrap_or(0), step.from, code),
            Negate => self.operand(&[0xf7], 3, step.to, code),
            Not => self.operand(&[0xf7], 2, step.to, code),
            Increment => self.operand(&[0xff], 0, step.to, code),
            Decrement => self.operand(&[0xff], 1, step.to, code),
            ShiftLeft | ShiftRight | ShiftRightSigned => {
                let extension = [4, 5, 7][step.operation as usize - ShiftLeft as usize];
                self.operand(&[0xc1], extension, step.to, code);
                code.push(step.value as u8);
            }
        }
    }

    fn register(&self, cell: u8) -> Option<u8> {
        match self.places[usize::from(cell)] {
            Place::Register(number) => Some(number),
            Place::Slot(_) => None,
        }
    }

    /// An instruction that takes a register and something, in either order, or something and a number.
    #[inline]
    fn binary(&self, step: &Step, opcode: u8, extension: Option<u8>, code: &mut Vec<u8>) {
        if step.from != NUMBER {
            match self.register(step.from) {
                Some(from) => self.operand(&[opcode + 1], from, step.to, code),
                None => self.operand(&[opcode + 3], self.register(step.to).unwrap_or(0), step.from, code),
            }
            return;
        }
        match (extension, self.register(step.to), i8::try_from(step.value)) {
            (None, Some(to), _) => return number_move(to, step.value, code),
            (None, None, _) => self.operand(&[0xc7], 0, step.to, code),
            (Some(extension), _, Ok(value)) => {
                self.operand(&[0x83], extension, step.to, code);
                return code.push(value as u8);
            }
            (Some(extension), ..) => self.operand(&[0x81], extension, step.to, code),
        }
        code.extend(step.value.to_le_bytes());
    }

    /// An opcode, with a register (or what stands in its place) and a cell.
    #[inline]
    fn operand(&self, opcode: &[u8], register: u8, cell: u8, code: &mut Vec<u8>) {
        let (high, low) = (register >> 3, register & 7);
        match self.places[usize::from(cell)] {
            Place::Register(number) => {
                let prefix = high << 2 | number >> 3;
                if prefix != 0 {
                    code.push(0x40 | prefix);
                }
                code.extend_from_slice(opcode);
                code.push(0xc0 | low << 3 | number & 7);
            }
            Place::Slot(slot) => {
                if high != 0 {
                    code.push(0x44);
                }
                code.extend_from_slice(opcode);
                code.extend([0x45 | low << 3, (-4 * i32::from(slot)) as u8]);
            }
        }
    }
}

fn is_jump(operation: Operation) -> bool {
    matches!(operation, Operation::Jump | Operation::JumpIf)
}

/// opcode register, [rbp + offset]
#[inline]
fn memory(opcode: u8, register: u8, offset: i8, code: &mut Vec<u8>) {
    if register >= 8 {
        code.push(0x44);
    }
    code.extend([opcode, 0x45 | (register & 7) << 3, offset as u8]);
}

/// mov register, value
#[inline]
fn number_move(register: u8, value: i32, code: &mut Vec<u8>) {
    if register >= 8 {
        code.push(0x41);
    }
    code.push(0xb8 | register & 7);
    code.extend(value.to_le_bytes());
}
