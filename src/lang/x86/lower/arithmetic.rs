//! What arithmetic does to flags, and products and quotients of twice the width.

use super::Lowerer;
use super::operand::of_bits;
use super::state::Flag;
use crate::ir::{BinaryOp, Build, Condition, ConvertOp, OverflowOp, TrapKind, Type, Value};
use iced_x86::Register;

impl Lowerer<'_> {
    /// Zero, sign and parity, which come from the result alone.
    pub fn result_flags(&mut self, result: Value) {
        let ty = self.f.type_of(result);
        if self.wants(Flag::Zero) {
            let zero = self.number(ty, 0);
            let is_zero = self.f.compare(Condition::Eq, result, zero);
            self.set_flag(Flag::Zero, is_zero);
        }
        if self.wants(Flag::Sign) {
            let zero = self.number(ty, 0);
            let sign = self.f.compare(Condition::Slt, result, zero);
            self.set_flag(Flag::Sign, sign);
        }
        if !self.wants(Flag::Parity) {
            return;
        }
        let byte = if ty == Type::I8 { result } else { self.f.convert(ConvertOp::Truncate, result, Type::I8) };
        let mut folded = byte;
        for by in [4, 2, 1] {
            let by = self.number(Type::I8, by);
            let moved = self.f.binary(BinaryOp::LShr, folded, by);
            folded = self.f.binary(BinaryOp::Xor, folded, moved);
        }
        let one = self.number(Type::I8, 1);
        let odd = self.f.binary(BinaryOp::And, folded, one);
        let none = self.number(Type::I8, 0);
        let parity = self.f.compare(Condition::Eq, odd, none);
        self.set_flag(Flag::Parity, parity);
    }

    /// Signed overflow of `left op right`.
    fn overflow(&mut self, op: OverflowOp, left: Value, right: Value) {
        if self.wants(Flag::Overflow) {
            let overflow = self.f.overflows(op, left, right);
            self.set_flag(Flag::Overflow, overflow);
        }
    }

    /// Carry out of the low four bits of `left op right = result`.
    fn adjust(&mut self, left: Value, right: Value, result: Value) {
        if !self.wants(Flag::Adjust) {
            return;
        }
        let ty = self.f.type_of(result);
        let both = self.f.binary(BinaryOp::Xor, left, right);
        let all = self.f.binary(BinaryOp::Xor, both, result);
        let bit = self.number(ty, 16);
        let bit = self.f.binary(BinaryOp::And, all, bit);
        let zero = self.number(ty, 0);
        let carry = self.f.compare(Condition::Ne, bit, zero);
        self.set_flag(Flag::Adjust, carry);
    }

    /// `left + right` with all flags.
    pub fn add(&mut self, left: Value, right: Value) -> Value {
        let result = self.f.binary(BinaryOp::Add, left, right);
        if self.wants(Flag::Carry) {
            let carry = self.f.compare(Condition::Ult, result, left);
            self.set_flag(Flag::Carry, carry);
        }
        self.overflow(OverflowOp::Add, left, right);
        self.adjust(left, right, result);
        self.result_flags(result);
        result
    }

    /// `left - right` with all flags.
    pub fn sub(&mut self, left: Value, right: Value) -> Value {
        let result = self.f.binary(BinaryOp::Sub, left, right);
        if self.wants(Flag::Carry) {
            let carry = self.f.compare(Condition::Ult, left, right);
            self.set_flag(Flag::Carry, carry);
        }
        self.overflow(OverflowOp::Sub, left, right);
        self.adjust(left, right, result);
        self.result_flags(result);
        self.compared = Some((left, right));
        result
    }

    /// `left + right + carry`, or `left - right - carry`.
    pub fn with_carry(&mut self, left: Value, right: Value, subtract: bool) -> Value {
        let ty = self.f.type_of(left);
        let carry = self.flag(Flag::Carry);
        let carry = self.f.convert(ConvertOp::ZeroExtend, carry, ty);
        let op = if subtract { BinaryOp::Sub } else { BinaryOp::Add };
        let first = self.f.binary(op, left, right);
        let result = self.f.binary(op, first, carry);
        let (one, two) = if subtract {
            (self.f.compare(Condition::Ult, left, right), self.f.compare(Condition::Ult, first, carry))
        } else {
            (self.f.compare(Condition::Ult, first, left), self.f.compare(Condition::Ult, result, first))
        };
        let out = self.f.binary(BinaryOp::Or, one, two);
        // The sign is wrong where the operands' signs are alike (differ) and the result's is another.
        let changed = self.f.binary(BinaryOp::Xor, left, result);
        let other = if subtract { left } else { result };
        let other = self.f.binary(BinaryOp::Xor, other, right);
        let both = self.f.binary(BinaryOp::And, changed, other);
        let zero = self.number(ty, 0);
        let overflow = self.f.compare(Condition::Slt, both, zero);
        self.adjust(left, right, result);
        self.set_flag(Flag::Carry, out);
        self.set_flag(Flag::Overflow, overflow);
        self.result_flags(result);
        result
    }

    /// `left + 1` or `left - 1`; carry stays.
    pub fn step(&mut self, left: Value, op: BinaryOp) -> Value {
        let ty = self.f.type_of(left);
        let one = self.number(ty, 1);
        let result = self.f.binary(op, left, one);
        self.overflow(if op == BinaryOp::Add { OverflowOp::Add } else { OverflowOp::Sub }, left, one);
        self.adjust(left, one, result);
        self.result_flags(result);
        result
    }

    /// And, or, exclusive or.
    pub fn logic(&mut self, op: BinaryOp, left: Value, right: Value) -> Value {
        let result = self.f.binary(op, left, right);
        if self.wants(Flag::Carry) || self.wants(Flag::Overflow) {
            let no = self.no();
            self.set_flag(Flag::Carry, no);
            self.set_flag(Flag::Overflow, no);
        }
        self.result_flags(result);
        self.forget_flag(Flag::Adjust);
        result
    }

    fn product_flags(&mut self, lost: Value) {
        self.set_flag(Flag::Carry, lost);
        self.set_flag(Flag::Overflow, lost);
        self.forget_product_flags();
    }

    fn forget_product_flags(&mut self) {
        for flag in [Flag::Parity, Flag::Adjust, Flag::Zero, Flag::Sign] {
            self.forget_flag(flag);
        }
    }

    /// A signed product of the operands' width.
    pub fn product(&mut self, left: Value, right: Value) -> Value {
        let result = self.f.binary(BinaryOp::Mul, left, right);
        let read = [Flag::Carry, Flag::Overflow].into_iter().any(|flag| self.wants(flag));
        if read {
            let lost = self.f.overflows(OverflowOp::Mul, left, right);
            self.product_flags(lost);
        } else {
            // The others are undefined behind it.
            self.forget_product_flags();
        }
        result
    }

    /// The accumulator's two halves for this width: al and ah, ax and dx, eax and edx, rax and rdx.
    fn halves(bits: u32) -> (Register, Register) {
        match bits {
            8 => (Register::AL, Register::AH),
            16 => (Register::AX, Register::DX),
            32 => (Register::EAX, Register::EDX),
            _ => (Register::RAX, Register::RDX),
        }
    }

    /// The accumulator times `right`, into twice the width.
    pub fn wide_product(&mut self, right: Value, bits: u32, signed: bool) {
        let (low, high) = Self::halves(bits);
        let ty = of_bits(bits);
        let left = self.register(low);
        let product = self.f.binary(BinaryOp::Mul, left, right);
        let upper = if bits == 64 {
            self.upper_product(left, right, signed)
        } else {
            let extend = if signed { ConvertOp::SignExtend } else { ConvertOp::ZeroExtend };
            let left = self.f.convert(extend, left, Type::I64);
            let right = self.f.convert(extend, right, Type::I64);
            let whole = self.f.binary(BinaryOp::Mul, left, right);
            let by = self.number(Type::I64, i64::from(bits));
            let upper = self.f.binary(BinaryOp::LShr, whole, by);
            self.f.convert(ConvertOp::Truncate, upper, ty)
        };
        let expected = if signed {
            let by = self.number(ty, i64::from(bits) - 1);
            self.f.binary(BinaryOp::AShr, product, by)
        } else {
            self.number(ty, 0)
        };
        let lost = self.f.compare(Condition::Ne, upper, expected);
        self.set_register(low, product);
        self.set_register(high, upper);
        self.product_flags(lost);
    }

    /// The upper 64 bits of a product, by halves.
    fn upper_product(&mut self, left: Value, right: Value, signed: bool) -> Value {
        let mask = self.number(Type::I64, 0xffff_ffff);
        let by = self.number(Type::I64, 32);
        let mut split =
            |value: Value| (self.f.binary(BinaryOp::And, value, mask), self.f.binary(BinaryOp::LShr, value, by));
        let ((a, b), (c, d)) = (split(left), split(right));
        let mut times = |left: Value, right: Value| self.f.binary(BinaryOp::Mul, left, right);
        let (low, middle, other, high) = (times(a, c), times(b, c), times(a, d), times(b, d));
        let f = &mut self.f;
        let carry = f.binary(BinaryOp::LShr, low, by);
        let middle = f.binary(BinaryOp::Add, middle, carry);
        let part = f.binary(BinaryOp::And, middle, mask);
        let part = f.binary(BinaryOp::Add, part, other);
        let (middle, part) = (f.binary(BinaryOp::LShr, middle, by), f.binary(BinaryOp::LShr, part, by));
        let upper = f.binary(BinaryOp::Add, high, middle);
        let mut upper = f.binary(BinaryOp::Add, upper, part);
        if signed {
            // A negative operand counted 2^64 too much of the other.
            let by = self.number(Type::I64, 63);
            for (one, other) in [(left, right), (right, left)] {
                let sign = self.f.binary(BinaryOp::AShr, one, by);
                let much = self.f.binary(BinaryOp::And, sign, other);
                upper = self.f.binary(BinaryOp::Sub, upper, much);
            }
        }
        upper
    }

    /// The accumulator of twice the width by `divisor`: quotient low, remainder high; traps where the quotient does not
    /// fit.
    pub fn divide(&mut self, divisor: Value, bits: u32, signed: bool) {
        let (low, high) = Self::halves(bits);
        let ty = of_bits(bits);
        let zero = self.number(ty, 0);
        let none = self.f.compare(Condition::Eq, divisor, zero);
        self.f.trap_if(none, TrapKind::DivideByZero);
        let (lower, upper) = if bits == 8 {
            let whole = self.register(Register::AX);
            let by = self.number(Type::I16, 8);
            let upper = self.f.binary(BinaryOp::LShr, whole, by);
            (self.register(low), self.f.convert(ConvertOp::Truncate, upper, Type::I8))
        } else {
            (self.register(low), self.register(high))
        };
        let (quotient, remainder) = if bits == 64 {
            self.long_division(lower, upper, divisor, signed)
        } else {
            self.short_division(lower, upper, divisor, bits, signed)
        };
        self.set_register(low, quotient);
        self.set_register(high, remainder);
        Flag::ALL.into_iter().for_each(|flag| self.forget_flag(flag));
    }

    fn short_division(
        &mut self,
        lower: Value,
        upper: Value,
        divisor: Value,
        bits: u32,
        signed: bool,
    ) -> (Value, Value) {
        let ty = of_bits(bits);
        let extend = if signed { ConvertOp::SignExtend } else { ConvertOp::ZeroExtend };
        let lower = self.f.convert(ConvertOp::ZeroExtend, lower, Type::I64);
        let upper = self.f.convert(extend, upper, Type::I64);
        let by = self.number(Type::I64, i64::from(bits));
        let upper = self.f.binary(BinaryOp::Shl, upper, by);
        let whole = self.f.binary(BinaryOp::Or, lower, upper);
        let divisor = self.f.convert(extend, divisor, Type::I64);
        if signed && bits == 32 {
            let least = self.number(Type::I64, i64::MIN);
            let minus_one = self.number(Type::I64, -1);
            let is_least = self.f.compare(Condition::Eq, whole, least);
            let is_minus = self.f.compare(Condition::Eq, divisor, minus_one);
            let both = self.f.binary(BinaryOp::And, is_least, is_minus);
            self.f.trap_if(both, TrapKind::DivideByZero);
        }
        let (divide, rest) = if signed { (BinaryOp::SDiv, BinaryOp::SRem) } else { (BinaryOp::UDiv, BinaryOp::URem) };
        let quotient = self.f.binary(divide, whole, divisor);
        let remainder = self.f.binary(rest, whole, divisor);
        let short = self.f.convert(ConvertOp::Truncate, quotient, ty);
        let again = self.f.convert(extend, short, Type::I64);
        let lost = self.f.compare(Condition::Ne, again, quotient);
        self.f.trap_if(lost, TrapKind::DivideByZero);
        (short, self.f.convert(ConvertOp::Truncate, remainder, ty))
    }

    /// 128 bits by 64, bit by bit; signed by way of the absolute values.
    fn long_division(&mut self, lower: Value, upper: Value, divisor: Value, signed: bool) -> (Value, Value) {
        let ty = Type::I64;
        let (zero, one) = (self.number(ty, 0), self.number(ty, 1));
        let sign = self.number(ty, 63);
        let (mut low, mut high, mut by) = (lower, upper, divisor);
        let (mut negative, mut below) = (zero, zero);
        if signed {
            // -x is !x + 1; the carry into the upper half is there where the lower is 0.
            negative = self.f.binary(BinaryOp::AShr, upper, sign);
            below = self.f.binary(BinaryOp::AShr, divisor, sign);
            low = self.f.binary(BinaryOp::Xor, low, negative);
            low = self.f.binary(BinaryOp::Sub, low, negative);
            high = self.f.binary(BinaryOp::Xor, high, negative);
            let carry = self.f.compare(Condition::Eq, low, zero);
            let carry = self.f.convert(ConvertOp::ZeroExtend, carry, ty);
            let carry = self.f.binary(BinaryOp::And, carry, negative);
            high = self.f.binary(BinaryOp::Add, high, carry);
            by = self.f.binary(BinaryOp::Xor, by, below);
            by = self.f.binary(BinaryOp::Sub, by, below);
        }
        let large = self.f.compare(Condition::Uge, high, by);
        self.f.trap_if(large, TrapKind::DivideByZero);
        let (rest, bits, left) = (self.f.local(ty), self.f.local(ty), self.f.local(ty));
        self.f.set(rest, high);
        self.f.set(bits, low);
        let count = self.number(ty, 64);
        self.f.set(left, count);
        let (again, after) = (self.f.block(), self.f.block());
        self.f.jump(again, &[]);
        self.f.switch_to(again);
        let (now, digits) = (self.f.get(rest), self.f.get(bits));
        let top = self.f.binary(BinaryOp::LShr, digits, sign);
        let out = self.f.compare(Condition::Slt, now, zero);
        let doubled = self.f.binary(BinaryOp::Shl, now, one);
        let next = self.f.binary(BinaryOp::Or, doubled, top);
        let digits = self.f.binary(BinaryOp::Shl, digits, one);
        let fits = self.f.compare(Condition::Uge, next, by);
        let fits = self.f.binary(BinaryOp::Or, fits, out);
        let less = self.f.binary(BinaryOp::Sub, next, by);
        let next = self.f.select(fits, less, next);
        let bit = self.f.convert(ConvertOp::ZeroExtend, fits, ty);
        let digits = self.f.binary(BinaryOp::Or, digits, bit);
        self.f.set(rest, next);
        self.f.set(bits, digits);
        let count = self.f.get(left);
        let count = self.f.binary(BinaryOp::Sub, count, one);
        self.f.set(left, count);
        let more = self.f.compare(Condition::Ne, count, zero);
        self.f.branch(more, (again, &[]), (after, &[]));
        self.f.seal(again);
        self.f.seal(after);
        self.f.switch_to(after);
        let (mut quotient, mut remainder) = (self.f.get(bits), self.f.get(rest));
        if signed {
            let differ = self.f.binary(BinaryOp::Xor, negative, below);
            let wrong = self.f.compare(Condition::Slt, quotient, zero);
            // -2^63 fits, 2^63 does not.
            let least = self.number(ty, i64::MIN);
            let least = self.f.compare(Condition::Eq, quotient, least);
            let minus = self.f.compare(Condition::Ne, differ, zero);
            let fits = self.f.binary(BinaryOp::And, least, minus);
            let fits = self.not(fits);
            let wrong = self.f.binary(BinaryOp::And, wrong, fits);
            self.f.trap_if(wrong, TrapKind::DivideByZero);
            quotient = self.f.binary(BinaryOp::Xor, quotient, differ);
            quotient = self.f.binary(BinaryOp::Sub, quotient, differ);
            remainder = self.f.binary(BinaryOp::Xor, remainder, negative);
            remainder = self.f.binary(BinaryOp::Sub, remainder, negative);
        }
        (quotient, remainder)
    }
}
