//! Shifts and rotations. A count of 0 leaves the flags as they were, which only shows at run time where `cl` holds it.

use super::Lowerer;
use super::effects;
use super::operand::of_bits;
use super::state::Flag;
use crate::ir::{BinaryOp, Build, Condition, ConvertOp, Type, Value};
use iced_x86::{Mnemonic, Register};

impl Lowerer<'_> {
    pub fn shift(&mut self) {
        let code = *self.code();
        let bits = self.bits(0);
        let left = self.operand(0, bits);
        match effects::count(&code) {
            Some(0) => self.set_operand(0, left),
            Some(count) => {
                let count = self.number(Type::I64, i64::from(count));
                let result = self.shifted(code.mnemonic(), left, count, bits, effects::count(&code));
                self.set_operand(0, result);
            }
            None => {
                let count = self.register(Register::CL);
                let count = self.f.convert(ConvertOp::ZeroExtend, count, Type::I64);
                let mask = self.number(Type::I64, if bits == 64 { 63 } else { 31 });
                let count = self.f.binary(BinaryOp::And, count, mask);
                let zero = self.number(Type::I64, 0);
                let any = self.f.compare(Condition::Ne, count, zero);
                let flags = self.flags.map(|flag| self.f.get(flag));
                let known = self.known.map(|flag| self.f.get(flag));
                let result = self.shifted(code.mnemonic(), left, count, bits, None);
                for (number, (flag, known)) in flags.into_iter().zip(known).enumerate() {
                    let (new, sure) = (self.f.get(self.flags[number]), self.f.get(self.known[number]));
                    let (new, sure) = (self.f.select(any, new, flag), self.f.select(any, sure, known));
                    self.f.set(self.flags[number], new);
                    self.f.set(self.known[number], sure);
                }
                let result = self.f.select(any, result, left);
                self.set_operand(0, result);
            }
        }
        self.compared = None;
    }

    /// The result, with the flags of a count that is not 0; `fixed` is the count where it is known.
    fn shifted(&mut self, mnemonic: Mnemonic, left: Value, count: Value, bits: u32, fixed: Option<u32>) -> Value {
        match mnemonic {
            Mnemonic::Rol | Mnemonic::Ror => self.rotated(mnemonic, left, count, bits),
            _ => self.moved(mnemonic, left, count, bits, fixed),
        }
    }

    /// Shl, shr, sar. They are done in 64 bits, where a count of up to 31 is never too much; of 64 bits it is less than 64.
    fn moved(&mut self, mnemonic: Mnemonic, left: Value, count: Value, bits: u32, fixed: Option<u32>) -> Value {
        let ty = of_bits(bits);
        let extend = if mnemonic == Mnemonic::Sar { ConvertOp::SignExtend } else { ConvertOp::ZeroExtend };
        let wide = self.widened(left, extend);
        let op = match mnemonic {
            Mnemonic::Shl => BinaryOp::Shl,
            Mnemonic::Shr => BinaryOp::LShr,
            _ => BinaryOp::AShr,
        };
        let one = self.number(Type::I64, 1);
        let before = self.f.binary(BinaryOp::Sub, count, one);
        // By one less: the bit that goes out next is the carry. The count is not 0; where it is, this is not used, but
        // must be no wrong shift.
        let mask = self.number(Type::I64, 63);
        let before = self.f.binary(BinaryOp::And, before, mask);
        let almost = self.f.binary(op, wide, before);
        let result = self.f.binary(op, wide, count);
        let result = if bits == 64 { result } else { self.f.convert(ConvertOp::Truncate, result, ty) };
        let out = if mnemonic == Mnemonic::Shl {
            let top = self.number(Type::I64, i64::from(bits) - 1);
            self.f.binary(BinaryOp::LShr, almost, top)
        } else {
            almost
        };
        let carry = self.low_bit(out);
        self.set_flag(Flag::Carry, carry);
        let sign = |lowerer: &mut Self, value: Value| {
            let zero = lowerer.number(ty, 0);
            lowerer.f.compare(Condition::Slt, value, zero)
        };
        let overflow = match mnemonic {
            Mnemonic::Shl => {
                let sign = sign(self, result);
                self.f.binary(BinaryOp::Xor, sign, carry)
            }
            Mnemonic::Shr => sign(self, left),
            _ => self.no(),
        };
        self.result_flags(result);
        self.forget_flag(Flag::Adjust);
        self.single(overflow, count, fixed);
        if mnemonic != Mnemonic::Sar && bits < 32 {
            let width = self.number(Type::I64, i64::from(bits));
            let inside = self.f.compare(Condition::Ult, count, width);
            self.f.set(self.known[Flag::Carry as usize], inside);
        }
        result
    }

    /// Overflow is defined for a count of 1 alone.
    fn single(&mut self, overflow: Value, count: Value, fixed: Option<u32>) {
        self.set_flag(Flag::Overflow, overflow);
        let known = match fixed {
            Some(1) => self.yes(),
            Some(_) => self.no(),
            None => {
                let one = self.number(Type::I64, 1);
                self.f.compare(Condition::Eq, count, one)
            }
        };
        self.f.set(self.known[Flag::Overflow as usize], known);
    }

    fn rotated(&mut self, mnemonic: Mnemonic, left: Value, count: Value, bits: u32) -> Value {
        let ty = of_bits(bits);
        let wide = self.widened(left, ConvertOp::ZeroExtend);
        let around = self.number(Type::I64, i64::from(bits) - 1);
        let by = self.f.binary(BinaryOp::And, count, around);
        let width = self.number(Type::I64, i64::from(bits));
        let back = self.f.binary(BinaryOp::Sub, width, by);
        let back = self.f.binary(BinaryOp::And, back, around);
        let (there, here) = if mnemonic == Mnemonic::Rol { (by, back) } else { (back, by) };
        let up = self.f.binary(BinaryOp::Shl, wide, there);
        let down = self.f.binary(BinaryOp::LShr, wide, here);
        let result = self.f.binary(BinaryOp::Or, up, down);
        let result = if bits == 64 { result } else { self.f.convert(ConvertOp::Truncate, result, ty) };
        let zero = self.number(ty, 0);
        let top = self.f.compare(Condition::Slt, result, zero);
        let (carry, other) = if mnemonic == Mnemonic::Rol {
            (self.low_bit(result), top)
        } else {
            let one = self.number(ty, 1);
            let second = self.f.binary(BinaryOp::Shl, result, one);
            (top, self.f.compare(Condition::Slt, second, zero))
        };
        self.set_flag(Flag::Carry, carry);
        let overflow = self.f.binary(BinaryOp::Xor, carry, other);
        let one = self.number(Type::I64, 1);
        let single = self.f.compare(Condition::Eq, count, one);
        self.set_flag(Flag::Overflow, overflow);
        self.f.set(self.known[Flag::Overflow as usize], single);
        result
    }

    fn widened(&mut self, value: Value, extend: ConvertOp) -> Value {
        match self.f.type_of(value) {
            Type::I64 => value,
            _ => self.f.convert(extend, value, Type::I64),
        }
    }

    fn low_bit(&mut self, value: Value) -> Value {
        self.f.convert(ConvertOp::Truncate, value, Type::I1)
    }
}
