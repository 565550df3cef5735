//! Reading and writing registers, memory and immediates.

use super::effects::bits;
use super::state::Flag;
use super::{General, Lowerer};
use crate::ir::{BinaryOp, Build, Condition, ConvertOp, TrapKind, Type, Value};
use iced_x86::{OpKind, Register};

/// The type of so many bits.
pub fn of_bits(bits: u32) -> Type {
    match bits {
        8 => Type::I8,
        16 => Type::I16,
        32 => Type::I32,
        _ => Type::I64,
    }
}

/// Whether a register is the second byte of another: ah, ch, dh, bh.
fn is_second_byte(register: Register) -> bool {
    matches!(register, Register::AH | Register::CH | Register::DH | Register::BH)
}

impl Lowerer<'_> {
    pub fn code(&self) -> &iced_x86::Instruction {
        &self.program.instructions[self.at].code
    }

    pub fn number(&mut self, ty: Type, value: i64) -> Value {
        self.f.constant(ty, value)
    }

    fn general(&self, register: Register) -> General {
        self.general[register.full_register().number()].expect("registers that are used were collected")
    }

    /// A register's value, of its width.
    pub fn register(&mut self, register: Register) -> Value {
        match self.general(register) {
            General::Narrow(local, _) => self.f.get(local),
            General::Wide(local) => {
                let value = self.f.get(local);
                if register.size() == 8 {
                    return value;
                }
                let value = if is_second_byte(register) {
                    let by = self.number(Type::I64, 8);
                    self.f.binary(BinaryOp::LShr, value, by)
                } else {
                    value
                };
                self.f.convert(ConvertOp::Truncate, value, of_bits(register.size() as u32 * 8))
            }
        }
    }

    /// Writes a register; 32 bits clear the upper half, fewer leave the rest.
    pub fn set_register(&mut self, register: Register, value: Value) {
        match self.general(register) {
            General::Narrow(local, rest) => {
                self.f.set(local, value);
                let zero = self.number(Type::I32, 0);
                self.f.set(rest, zero);
            }
            General::Wide(local) => {
                let whole = match register.size() {
                    8 => value,
                    4 => self.f.convert(ConvertOp::ZeroExtend, value, Type::I64),
                    size => {
                        let shift = if is_second_byte(register) { 8 } else { 0 };
                        let mask = ((1_i64 << (8 * size)) - 1) << shift;
                        let old = self.f.get(local);
                        let mask = self.number(Type::I64, !mask);
                        let old = self.f.binary(BinaryOp::And, old, mask);
                        let mut new = self.f.convert(ConvertOp::ZeroExtend, value, Type::I64);
                        if shift > 0 {
                            let by = self.number(Type::I64, shift);
                            new = self.f.binary(BinaryOp::Shl, new, by);
                        }
                        self.f.binary(BinaryOp::Or, old, new)
                    }
                };
                self.f.set(local, whole);
            }
        }
        if let Some(variable) = self.variables[register.full_register().number()] {
            let (General::Narrow(local, _) | General::Wide(local)) = self.general(register);
            let value = self.f.get(local);
            self.f.note(variable, value);
        }
    }

    /// What registers a memory operand's address is the sum of, and what is added to them.
    fn place(&mut self) -> (Option<Value>, i64) {
        let code = *self.code();
        let (base, index) = (code.memory_base(), code.memory_index());
        let mut sum = None;
        let mut offset = code.memory_displacement64() as i64;
        if base == Register::RBP && self.usage.fixed_base {
            // What the area holds at a place that is known is found without looking up the pointer.
            sum = Some(self.memory);
            offset += i64::from(self.frame.base);
        } else if base.is_gpr() {
            sum = Some(self.register(base));
        }
        if index != Register::None {
            let mut value = self.register(index);
            if code.memory_index_scale() > 1 {
                let scale = self.number(Type::I64, i64::from(code.memory_index_scale()));
                value = self.f.binary(BinaryOp::Mul, value, scale);
            }
            sum = Some(match sum {
                Some(sum) => self.f.binary(BinaryOp::Add, sum, value),
                None => value,
            });
        }
        (sum, offset)
    }

    /// The pointer and the constant displacement of a memory operand.
    pub fn address(&mut self) -> (Value, i32) {
        if self.frame.origin.is_some() {
            let address = self.address_value();
            return (self.pointer(address), 0);
        }
        let (sum, offset) = self.place();
        let offset = i32::try_from(offset).unwrap_or(i32::MAX);
        match sum {
            Some(sum) => (sum, offset),
            None => (self.number(Type::I64, i64::from(offset)), 0),
        }
    }

    /// The pointer for an address; the same where addresses are pointers.
    pub fn pointer(&mut self, address: Value) -> Value {
        let Some(origin) = self.frame.origin else { return address };
        let origin = self.number(Type::I64, i64::from(origin));
        let place = self.f.binary(BinaryOp::Sub, address, origin);
        self.f.index(self.memory, place, 1)
    }

    /// The address of a memory operand as a number.
    pub fn address_value(&mut self) -> Value {
        let (sum, offset) = self.place();
        let offset = self.number(Type::I64, offset);
        match sum {
            Some(sum) => self.f.binary(BinaryOp::Add, sum, offset),
            None => offset,
        }
    }

    /// An operand's value; an immediate has the width `bits`.
    pub fn operand(&mut self, number: u32, bits: u32) -> Value {
        let code = *self.code();
        match code.op_kind(number) {
            OpKind::Register => self.register(code.op_register(number)),
            OpKind::Memory => {
                let (address, offset) = self.address();
                self.f.load(of_bits(code.memory_size().size() as u32 * 8), address, offset)
            }
            _ => {
                let unused = 64 - bits;
                let value = (code.immediate(number) as i64) << unused >> unused;
                self.number(of_bits(bits), value)
            }
        }
    }

    /// Writes a destination.
    pub fn set_operand(&mut self, number: u32, value: Value) {
        let code = *self.code();
        if code.op_kind(number) == OpKind::Memory {
            let (address, offset) = self.address();
            self.f.store(value, address, offset);
        } else {
            self.set_register(code.op_register(number), value);
        }
    }

    /// The bits of an operand that is no immediate.
    pub fn bits(&self, number: u32) -> u32 {
        bits(self.code(), number)
    }

    pub fn set_flag(&mut self, flag: Flag, value: Value) {
        if !self.wants(flag) {
            return;
        }
        self.f.set(self.flags[flag as usize], value);
        let yes = self.yes();
        self.f.set(self.known[flag as usize], yes);
    }

    /// The number 1 of one bit.
    pub fn yes(&mut self) -> Value {
        self.f.constant(Type::I1, 1)
    }

    /// The number 0 of one bit.
    pub fn no(&mut self) -> Value {
        self.f.constant(Type::I1, 0)
    }

    /// Whether anything reads the flag; others are not worked out.
    pub fn wants(&self, flag: Flag) -> bool {
        self.wanted.has(flag)
    }

    /// The architecture does not say what the flag is now.
    pub fn forget_flag(&mut self, flag: Flag) {
        if !self.wants(flag) {
            return;
        }
        let no = self.no();
        self.f.set(self.known[flag as usize], no);
    }

    /// A flag, where something depends on it: to read one that is undefined traps.
    pub fn flag(&mut self, flag: Flag) -> Value {
        if self.undefined[self.at].has(flag) {
            let known = self.f.get(self.known[flag as usize]);
            let unknown = self.not(known);
            self.f.trap_if(unknown, TrapKind::UninitializedRead);
        }
        self.f.get(self.flags[flag as usize])
    }

    pub fn not(&mut self, condition: Value) -> Value {
        let no = self.no();
        self.f.compare(Condition::Eq, condition, no)
    }
}
