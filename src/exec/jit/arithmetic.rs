//! Arithmetic at every width, with the meaning that the interpreter gives it; also where the IR leaves it open. An i1
//! is a byte of 0 or 1 and, as a signed number, 0 or -1.

use super::facts::Fact;
use super::translate::{Translator, clif_type};
use crate::ir::{BinaryOp, Condition, ConvertOp, OverflowOp, Type, Value};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self as clif, InstBuilder, types};

impl Translator<'_, '_> {
    pub(super) fn binary(&mut self, op: BinaryOp, left: Value, right: Value) -> clif::Value {
        let ty = self.type_of(left);
        if ty == Type::I1 {
            return self.binary_i1(op, left, right);
        }
        let (l, r) = (self.value(left), self.value(right));
        match op {
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul => {
                let checked = match op {
                    BinaryOp::Add => OverflowOp::Add,
                    BinaryOp::Sub => OverflowOp::Sub,
                    _ => OverflowOp::Mul,
                };
                match self.overflow {
                    Some((op, a, b, value)) if (op, a, b) == (checked, left, right) => value,
                    _ => match op {
                        BinaryOp::Add => self.b.ins().iadd(l, r),
                        BinaryOp::Sub => self.b.ins().isub(l, r),
                        _ => self.b.ins().imul(l, r),
                    },
                }
            }
            BinaryOp::And => self.b.ins().band(l, r),
            BinaryOp::Or => self.b.ins().bor(l, r),
            BinaryOp::Xor => self.b.ins().bxor(l, r),
            BinaryOp::SDiv | BinaryOp::SRem => self.signed_division(op == BinaryOp::SDiv, left, right),
            BinaryOp::UDiv | BinaryOp::URem => self.unsigned_division(op == BinaryOp::UDiv, left, right),
            BinaryOp::Shl | BinaryOp::AShr | BinaryOp::LShr => self.shift(op, left, right),
        }
    }

    /// On one bit every operation is a bitwise one.
    fn binary_i1(&mut self, op: BinaryOp, left: Value, right: Value) -> clif::Value {
        let (l, r) = (self.value(left), self.value(right));
        match op {
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Xor => self.b.ins().bxor(l, r),
            BinaryOp::Mul | BinaryOp::And | BinaryOp::SDiv | BinaryOp::UDiv => self.b.ins().band(l, r),
            BinaryOp::Or => self.b.ins().bor(l, r),
            BinaryOp::SRem | BinaryOp::URem => self.b.ins().iconst(types::I8, 0),
            BinaryOp::Shl | BinaryOp::LShr => self.b.ins().band_not(l, r),
            BinaryOp::AShr => l,
        }
    }

    /// By zero it gives 0; the one quotient that overflows wraps.
    fn signed_division(&mut self, quotient: bool, left: Value, right: Value) -> clif::Value {
        let ty = clif_type(self.type_of(left));
        let (l, r) = (self.value(left), self.value(right));
        let not_zero = !self.is_checked()
            || match self.constant(right) {
                Some(0) => return self.b.ins().iconst(ty, 0),
                Some(-1) if quotient => return self.b.ins().ineg(l),
                Some(-1) => return self.b.ins().iconst(ty, 0),
                Some(_) => true,
                None => self.facts.has(Fact::NonZero(right)) && self.facts.has(Fact::Quotient(left, right)),
            };
        if not_zero {
            return if quotient { self.b.ins().sdiv(l, r) } else { self.b.ins().srem(l, r) };
        }
        // Both -1 and 0 divide as 1 does, and the results are put right.
        let above = self.b.ins().iadd_imm_s(r, 1);
        let odd = self.b.ins().icmp_imm_s(IntCC::UnsignedLessThan, above, 2);
        let one = self.b.ins().iconst(ty, 1);
        let divisor = self.b.ins().select(odd, one, r);
        if !quotient {
            return self.b.ins().srem(l, divisor);
        }
        let result = self.b.ins().sdiv(l, divisor);
        let negated = self.b.ins().ineg(l);
        let minus_one = self.b.ins().icmp_imm_s(IntCC::Equal, r, -1);
        let result = self.b.ins().select(minus_one, negated, result);
        self.zero_if_zero(r, result, ty)
    }

    /// By zero it gives 0.
    fn unsigned_division(&mut self, quotient: bool, left: Value, right: Value) -> clif::Value {
        let ty = clif_type(self.type_of(left));
        let (l, r) = (self.value(left), self.value(right));
        let not_zero = !self.is_checked()
            || match self.constant(right) {
                Some(0) => return self.b.ins().iconst(ty, 0),
                Some(_) => true,
                None => self.facts.has(Fact::NonZero(right)),
            };
        if not_zero {
            return if quotient { self.b.ins().udiv(l, r) } else { self.b.ins().urem(l, r) };
        }
        let zero = self.b.ins().icmp_imm_s(IntCC::Equal, r, 0);
        let one = self.b.ins().iconst(ty, 1);
        let divisor = self.b.ins().select(zero, one, r);
        if !quotient {
            return self.b.ins().urem(l, divisor);
        }
        let result = self.b.ins().udiv(l, divisor);
        self.zero_if_zero(r, result, ty)
    }

    fn zero_if_zero(&mut self, divisor: clif::Value, result: clif::Value, ty: clif::Type) -> clif::Value {
        let by_zero = self.b.ins().icmp_imm_s(IntCC::Equal, divisor, 0);
        let zero = self.b.ins().iconst(ty, 0);
        self.b.ins().select(by_zero, zero, result)
    }

    /// The count is taken modulo 64 at every width.
    fn shift(&mut self, op: BinaryOp, left: Value, right: Value) -> clif::Value {
        let ty = self.type_of(left);
        let bits = i64::from(ty.bits());
        let (l, r) = (self.value(left), self.value(right));
        let below = !self.is_checked()
            || match self.constant(right) {
                Some(count) => (0..bits).contains(&count),
                None => ty == Type::I64 || self.facts.has(Fact::Below(right, bits)),
            };
        if below {
            return match op {
                BinaryOp::Shl => self.b.ins().ishl(l, r),
                BinaryOp::AShr => self.b.ins().sshr(l, r),
                _ => self.b.ins().ushr(l, r),
            };
        }
        let count = self.b.ins().uextend(types::I64, r);
        let wide = match op {
            BinaryOp::AShr => self.b.ins().sextend(types::I64, l),
            _ => self.b.ins().uextend(types::I64, l),
        };
        let wide = match op {
            BinaryOp::Shl => self.b.ins().ishl(wide, count),
            BinaryOp::AShr => self.b.ins().sshr(wide, count),
            _ => self.b.ins().ushr(wide, count),
        };
        self.b.ins().ireduce(clif_type(ty), wide)
    }

    /// The operation itself comes with it; a following [`BinaryOp`] of the same operands takes it from there.
    pub(super) fn overflows(&mut self, op: OverflowOp, left: Value, right: Value) -> clif::Value {
        let (l, r) = (self.value(left), self.value(right));
        if self.type_of(left) == Type::I1 {
            return match op {
                OverflowOp::Sub => self.b.ins().band_not(r, l),
                OverflowOp::Add | OverflowOp::Mul => self.b.ins().band(l, r),
            };
        }
        if !self.is_checked() {
            return self.b.ins().iconst(types::I8, 0);
        }
        let (value, overflow) = match op {
            OverflowOp::Add => self.b.ins().sadd_overflow(l, r),
            OverflowOp::Sub => self.b.ins().ssub_overflow(l, r),
            OverflowOp::Mul => self.b.ins().smul_overflow(l, r),
        };
        self.overflow = Some((op, left, right, value));
        overflow
    }

    pub(super) fn compare(&mut self, condition: Condition, left: Value, right: Value) -> clif::Value {
        let code = match condition {
            Condition::Eq => IntCC::Equal,
            Condition::Ne => IntCC::NotEqual,
            Condition::Slt => IntCC::SignedLessThan,
            Condition::Sle => IntCC::SignedLessThanOrEqual,
            Condition::Sgt => IntCC::SignedGreaterThan,
            Condition::Sge => IntCC::SignedGreaterThanOrEqual,
            Condition::Ult => IntCC::UnsignedLessThan,
            Condition::Ule => IntCC::UnsignedLessThanOrEqual,
            Condition::Ugt => IntCC::UnsignedGreaterThan,
            Condition::Uge => IntCC::UnsignedGreaterThanOrEqual,
        };
        // As signed numbers 1 is -1: the order is the other way round.
        let code = match (self.type_of(left), condition) {
            (Type::I1, Condition::Slt) => IntCC::UnsignedGreaterThan,
            (Type::I1, Condition::Sle) => IntCC::UnsignedGreaterThanOrEqual,
            (Type::I1, Condition::Sgt) => IntCC::UnsignedLessThan,
            (Type::I1, Condition::Sge) => IntCC::UnsignedLessThanOrEqual,
            _ => code,
        };
        let (l, r) = (self.value(left), self.value(right));
        self.b.ins().icmp(code, l, r)
    }

    pub(super) fn convert(&mut self, op: ConvertOp, operand: Value, to: Type) -> clif::Value {
        let from = self.type_of(operand);
        let (value, ty) = (self.value(operand), clif_type(to));
        match op {
            ConvertOp::SignExtend if from == Type::I1 => {
                let wide = if ty == types::I8 { value } else { self.b.ins().uextend(ty, value) };
                self.b.ins().ineg(wide)
            }
            // An i1 to an i8.
            _ if clif_type(from) == ty && to != Type::I1 => value,
            ConvertOp::SignExtend => self.b.ins().sextend(ty, value),
            ConvertOp::ZeroExtend => self.b.ins().uextend(ty, value),
            ConvertOp::Truncate => {
                let narrow = if clif_type(from) == ty { value } else { self.b.ins().ireduce(ty, value) };
                if to == Type::I1 { self.b.ins().band_imm_u(narrow, 1) } else { narrow }
            }
        }
    }
}
