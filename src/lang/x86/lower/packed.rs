//! What vectors are computed with: elements of 8 to 64 bits, each by itself, and elements that change places.

use super::Lowerer;
use super::operand::of_bits;
use super::vector::Lanes;
use crate::ir::{BinaryOp, Build, Condition, ConvertOp, Type, Value};
use iced_x86::{Mnemonic, OpKind};

/// What becomes of two elements, the destination's and the source's.
#[derive(Clone, Copy)]
enum Packed {
    Binary(BinaryOp),
    /// All ones where the condition holds, else zero.
    Mask(Condition),
    /// The first where the condition holds, else the second.
    Choose(Condition),
}

/// What an instruction does to elements of how many bits.
fn packed(mnemonic: Mnemonic) -> Option<(Packed, u32)> {
    use Mnemonic::*;
    use Packed::{Binary, Choose, Mask};
    Some(match mnemonic {
        Paddb => (Binary(BinaryOp::Add), 8),
        Paddw => (Binary(BinaryOp::Add), 16),
        Paddd => (Binary(BinaryOp::Add), 32),
        Paddq => (Binary(BinaryOp::Add), 64),
        Psubb => (Binary(BinaryOp::Sub), 8),
        Psubw => (Binary(BinaryOp::Sub), 16),
        Psubd => (Binary(BinaryOp::Sub), 32),
        Psubq => (Binary(BinaryOp::Sub), 64),
        Pmullw => (Binary(BinaryOp::Mul), 16),
        Pmulld => (Binary(BinaryOp::Mul), 32),
        Pand | Andps => (Binary(BinaryOp::And), 32),
        Por | Orps => (Binary(BinaryOp::Or), 32),
        Pxor | Xorps => (Binary(BinaryOp::Xor), 32),
        Pcmpeqb => (Mask(Condition::Eq), 8),
        Pcmpeqw => (Mask(Condition::Eq), 16),
        Pcmpeqd => (Mask(Condition::Eq), 32),
        Pcmpgtb => (Mask(Condition::Sgt), 8),
        Pcmpgtw => (Mask(Condition::Sgt), 16),
        Pcmpgtd => (Mask(Condition::Sgt), 32),
        Pminub => (Choose(Condition::Ult), 8),
        Pmaxub => (Choose(Condition::Ugt), 8),
        Pminsw => (Choose(Condition::Slt), 16),
        Pmaxsw => (Choose(Condition::Sgt), 16),
        Pminsd => (Choose(Condition::Slt), 32),
        Pmaxsd => (Choose(Condition::Sgt), 32),
        _ => return None,
    })
}

/// Which way a shift goes, and the bits of its elements.
fn shifts(mnemonic: Mnemonic) -> Option<(BinaryOp, u32)> {
    use Mnemonic::*;
    Some(match mnemonic {
        Psllw => (BinaryOp::Shl, 16),
        Pslld => (BinaryOp::Shl, 32),
        Psllq => (BinaryOp::Shl, 64),
        Psrlw => (BinaryOp::LShr, 16),
        Psrld => (BinaryOp::LShr, 32),
        Psrlq => (BinaryOp::LShr, 64),
        Psraw => (BinaryOp::AShr, 16),
        Psrad => (BinaryOp::AShr, 32),
        _ => return None,
    })
}

/// The bits of the elements that an instruction interleaves, and whether it takes the upper halves.
fn interleaves(mnemonic: Mnemonic) -> Option<(u32, bool)> {
    use Mnemonic::*;
    Some(match mnemonic {
        Punpcklbw => (8, false),
        Punpckhbw => (8, true),
        Punpcklwd => (16, false),
        Punpckhwd => (16, true),
        Punpckldq => (32, false),
        Punpckhdq => (32, true),
        Punpcklqdq => (64, false),
        Punpckhqdq => (64, true),
        _ => return None,
    })
}

/// The bits of the elements that an instruction halves, and the least and the greatest number that they become.
fn narrows(mnemonic: Mnemonic) -> Option<(u32, (i64, i64))> {
    match mnemonic {
        Mnemonic::Packssdw => Some((32, (-0x8000, 0x7fff))),
        Mnemonic::Packsswb => Some((16, (-0x80, 0x7f))),
        Mnemonic::Packuswb => Some((16, (0, 0xff))),
        _ => None,
    }
}

impl Lowerer<'_> {
    /// An instruction that computes a vector.
    pub fn packed(&mut self) {
        let mnemonic = self.code().mnemonic();
        let result = if let Some((op, bits)) = packed(mnemonic) {
            let (left, right) = (self.elements(0, bits), self.elements(1, bits));
            let both = left.into_iter().zip(right);
            let elements: Vec<Value> = both.map(|(left, right)| self.combined(op, left, right)).collect();
            self.whole(&elements)
        } else if let Some((op, bits)) = shifts(mnemonic) {
            self.packed_shift(op, bits)
        } else if let Some((bits, upper)) = interleaves(mnemonic) {
            let (left, right) = (self.elements(0, bits), self.elements(1, bits));
            let half = left.len() / 2;
            let taken = if upper { half..2 * half } else { 0..half };
            let elements: Vec<Value> = taken.flat_map(|at| [left[at], right[at]]).collect();
            self.whole(&elements)
        } else {
            self.other_vector(mnemonic)
        };
        self.set_vector(0, result, 4);
    }

    fn other_vector(&mut self, mnemonic: Mnemonic) -> Lanes {
        if matches!(mnemonic, Mnemonic::Pslldq | Mnemonic::Psrldq) {
            return self.byte_shift(mnemonic == Mnemonic::Pslldq);
        }
        if let Some((bits, range)) = narrows(mnemonic) {
            return self.narrowed(bits, range);
        }
        let right = self.vector(1, 4);
        match mnemonic {
            Mnemonic::Pshufd => {
                let order = self.code().immediate8();
                std::array::from_fn(|lane| right[usize::from(order >> (2 * lane) & 3)])
            }
            Mnemonic::Shufps => {
                let (order, left) = (self.code().immediate8(), self.vector(0, 4));
                let from = |lane: usize| if lane < 2 { left } else { right };
                std::array::from_fn(|lane| from(lane)[usize::from(order >> (2 * lane) & 3)])
            }
            Mnemonic::Pmuludq => {
                let left = self.vector(0, 4);
                let products = [0, 2].map(|lane| {
                    let left = self.f.convert(ConvertOp::ZeroExtend, left[lane], Type::I64);
                    let right = self.f.convert(ConvertOp::ZeroExtend, right[lane], Type::I64);
                    self.f.binary(BinaryOp::Mul, left, right)
                });
                self.whole(&products)
            }
            _ => {
                // pandn and andnps
                let left = self.vector(0, 4);
                let ones = self.number(Type::I32, -1);
                std::array::from_fn(|lane| {
                    let not = self.f.binary(BinaryOp::Xor, left[lane], ones);
                    self.f.binary(BinaryOp::And, not, right[lane])
                })
            }
        }
    }

    fn combined(&mut self, op: Packed, left: Value, right: Value) -> Value {
        match op {
            Packed::Binary(op) => self.f.binary(op, left, right),
            Packed::Mask(condition) => {
                let ty = self.f.type_of(left);
                let (ones, zero) = (self.number(ty, -1), self.number(ty, 0));
                let holds = self.f.compare(condition, left, right);
                self.f.select(holds, ones, zero)
            }
            Packed::Choose(condition) => {
                let first = self.f.compare(condition, left, right);
                self.f.select(first, left, right)
            }
        }
    }

    /// Elements shifted by one count, a number or the low 64 bits of a vector; beyond the width nothing but the sign
    /// is left.
    fn packed_shift(&mut self, op: BinaryOp, bits: u32) -> Lanes {
        let code = *self.code();
        let elements = self.elements(0, bits);
        let ty = of_bits(bits);
        let count = if code.op1_kind() == OpKind::Immediate8 {
            self.number(Type::I64, i64::from(code.immediate8()))
        } else {
            let [low, high, ..] = self.vector(1, 4);
            self.joined(low, high)
        };
        let most = self.number(Type::I64, i64::from(bits) - 1);
        let beyond = self.f.compare(Condition::Ugt, count, most);
        let count = self.f.select(beyond, most, count);
        let count = if bits == 64 { count } else { self.f.convert(ConvertOp::Truncate, count, ty) };
        let zero = self.number(ty, 0);
        let shifted = elements.into_iter().map(|element| {
            let moved = self.f.binary(op, element, count);
            if op == BinaryOp::AShr { moved } else { self.f.select(beyond, zero, moved) }
        });
        let shifted: Vec<Value> = shifted.collect();
        self.whole(&shifted)
    }

    /// The signs of a vector's bytes as the bits of a general register.
    pub fn signs(&mut self) {
        let register = self.code().op0_register();
        let ty = of_bits(register.size() as u32 * 8);
        let seven = self.number(Type::I8, 7);
        let mut all = self.number(ty, 0);
        for (number, byte) in self.elements(1, 8).into_iter().enumerate() {
            let sign = self.f.binary(BinaryOp::LShr, byte, seven);
            let sign = self.f.convert(ConvertOp::ZeroExtend, sign, ty);
            let by = self.number(ty, number as i64);
            let bit = self.f.binary(BinaryOp::Shl, sign, by);
            all = self.f.binary(BinaryOp::Or, all, bit);
        }
        self.set_register(register, all);
    }

    /// Both operands' elements, each the nearest number of half the bits that is in the range.
    fn narrowed(&mut self, bits: u32, (least, most): (i64, i64)) -> Lanes {
        let (least, most) = (self.number(of_bits(bits), least), self.number(of_bits(bits), most));
        let mut elements = self.elements(0, bits);
        elements.extend(self.elements(1, bits));
        for element in &mut elements {
            let below = self.f.compare(Condition::Slt, *element, least);
            let above = self.f.compare(Condition::Sgt, *element, most);
            let value = self.f.select(below, least, *element);
            let value = self.f.select(above, most, value);
            *element = self.f.convert(ConvertOp::Truncate, value, of_bits(bits / 2));
        }
        self.whole(&elements)
    }

    /// All 128 bits shifted by whole bytes.
    fn byte_shift(&mut self, left: bool) -> Lanes {
        let by = usize::from(self.code().immediate8()).min(16);
        let bytes = self.elements(0, 8);
        let zero = self.number(Type::I8, 0);
        let from = |at: usize| if left { at.checked_sub(by) } else { Some(at + by) };
        let moved: Vec<Value> =
            (0..16).map(|at| from(at).and_then(|from| bytes.get(from)).copied().unwrap_or(zero)).collect();
        self.whole(&moved)
    }

    /// A vector operand as elements of so many bits, the lowest first.
    fn elements(&mut self, number: u32, bits: u32) -> Vec<Value> {
        let lanes = self.vector(number, 4);
        match bits {
            32 => lanes.to_vec(),
            64 => vec![self.joined(lanes[0], lanes[1]), self.joined(lanes[2], lanes[3])],
            _ => lanes.into_iter().flat_map(|lane| self.parts(lane, bits)).collect(),
        }
    }

    /// A lane's parts of 8 or 16 bits.
    fn parts(&mut self, lane: Value, bits: u32) -> Vec<Value> {
        let part = |at: u32| {
            let by = self.number(Type::I32, i64::from(at));
            let moved = self.f.binary(BinaryOp::LShr, lane, by);
            self.f.convert(ConvertOp::Truncate, moved, of_bits(bits))
        };
        (0..32).step_by(bits as usize).map(part).collect()
    }

    /// The lanes that these elements make.
    fn whole(&mut self, elements: &[Value]) -> Lanes {
        match elements {
            [low, high] => {
                let ((a, b), (c, d)) = (self.words_of(*low), self.words_of(*high));
                [a, b, c, d]
            }
            [a, b, c, d] => [*a, *b, *c, *d],
            _ => {
                let each = elements.len() / 4;
                std::array::from_fn(|lane| self.lane_of(&elements[lane * each..(lane + 1) * each]))
            }
        }
    }

    fn lane_of(&mut self, parts: &[Value]) -> Value {
        let bits = 32 / parts.len() as i64;
        let mut lane = self.number(Type::I32, 0);
        for (number, part) in parts.iter().enumerate() {
            let part = self.f.convert(ConvertOp::ZeroExtend, *part, Type::I32);
            let by = self.number(Type::I32, bits * number as i64);
            let part = self.f.binary(BinaryOp::Shl, part, by);
            lane = self.f.binary(BinaryOp::Or, lane, part);
        }
        lane
    }
}
