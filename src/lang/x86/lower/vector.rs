//! Vectors: four lanes of 32 bits each, as four values. How they are read, written and moved.

use super::Lowerer;
use crate::ir::{BinaryOp, Build, Condition, ConvertOp, TrapKind, Type, Value};
use iced_x86::{Mnemonic, OpKind, Register};

pub type Lanes = [Value; 4];

impl Lowerer<'_> {
    fn lanes(&mut self, register: Register) -> Lanes {
        let locals = self.vectors[register.number()].expect("registers that are used were collected");
        locals.map(|local| self.f.get(local))
    }

    fn set_lanes(&mut self, register: Register, lanes: Lanes) {
        let locals = self.vectors[register.number()].expect("registers that are used were collected");
        for (local, lane) in locals.into_iter().zip(lanes) {
            self.f.set(local, lane);
        }
    }

    /// A vector operand; of `words` lanes where it is in memory, the others 0.
    pub fn vector(&mut self, number: u32, words: usize) -> Lanes {
        let code = *self.code();
        if code.op_kind(number) == OpKind::Register {
            return self.lanes(code.op_register(number));
        }
        let (address, offset) = self.vector_address();
        let zero = self.number(Type::I32, 0);
        let mut lanes = [zero; 4];
        for (word, lane) in lanes.iter_mut().enumerate().take(words) {
            *lane = self.f.load(Type::I32, address, offset.wrapping_add(4 * word as i32));
        }
        lanes
    }

    /// The pointer and the displacement of a vector operand; most must be at a multiple of 16, which is known only where
    /// addresses are numbers.
    fn vector_address(&mut self) -> (Value, i32) {
        let code = *self.code();
        let anywhere = matches!(code.mnemonic(), Mnemonic::Movdqu | Mnemonic::Movups);
        if self.frame.origin.is_some() && code.memory_size().size() == 16 && !anywhere {
            let place = self.address_value();
            let fifteen = self.number(Type::I64, 15);
            let rest = self.f.binary(BinaryOp::And, place, fifteen);
            let zero = self.number(Type::I64, 0);
            let off = self.f.compare(Condition::Ne, rest, zero);
            self.f.trap_if(off, TrapKind::OutOfBounds);
        }
        self.address()
    }

    pub fn set_vector(&mut self, number: u32, lanes: Lanes, words: usize) {
        let code = *self.code();
        if code.op_kind(number) == OpKind::Register {
            return self.set_lanes(code.op_register(number), lanes);
        }
        let (address, offset) = self.vector_address();
        for (word, lane) in lanes.into_iter().enumerate().take(words) {
            self.f.store(lane, address, offset.wrapping_add(4 * word as i32));
        }
    }

    /// `movd` and `movq`: between vectors, general registers and memory; what is not moved becomes 0.
    pub fn vector_move(&mut self, words: usize) {
        let code = *self.code();
        let is_vector = |number: u32| code.op_kind(number) == OpKind::Register && code.op_register(number).is_xmm();
        let zero = self.number(Type::I32, 0);
        match (is_vector(0), is_vector(1)) {
            (true, true) => {
                let [a, b, ..] = self.vector(1, 4);
                self.set_vector(0, [a, b, zero, zero], 4);
            }
            (true, false) => {
                let lanes = if self.operand_is_memory(1) {
                    self.vector(1, words)
                } else {
                    let value = self.register(code.op_register(1));
                    let (low, high) = self.words_of(value);
                    [low, high, zero, zero]
                };
                self.set_vector(0, lanes, 4);
            }
            _ => {
                let lanes = self.vector(1, 4);
                if self.operand_is_memory(0) {
                    return self.set_vector(0, lanes, words);
                }
                let value = if words == 1 { lanes[0] } else { self.joined(lanes[0], lanes[1]) };
                self.set_register(code.op_register(0), value);
            }
        }
    }

    /// 64 bits of two words.
    pub fn joined(&mut self, low: Value, high: Value) -> Value {
        let low = self.f.convert(ConvertOp::ZeroExtend, low, Type::I64);
        let high = self.f.convert(ConvertOp::ZeroExtend, high, Type::I64);
        let by = self.number(Type::I64, 32);
        let high = self.f.binary(BinaryOp::Shl, high, by);
        self.f.binary(BinaryOp::Or, low, high)
    }

    /// The low and the high 32 bits.
    pub fn words_of(&mut self, value: Value) -> (Value, Value) {
        if self.f.type_of(value) == Type::I32 {
            return (value, self.number(Type::I32, 0));
        }
        let low = self.f.convert(ConvertOp::Truncate, value, Type::I32);
        let by = self.number(Type::I64, 32);
        let high = self.f.binary(BinaryOp::LShr, value, by);
        (low, self.f.convert(ConvertOp::Truncate, high, Type::I32))
    }

    /// All four lanes to or from memory.
    pub fn whole_move(&mut self) {
        let lanes = self.vector(1, 4);
        self.set_vector(0, lanes, 4);
    }
}
