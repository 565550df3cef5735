//! One instruction at a time.

use super::Lowerer;
use super::operand::of_bits;
use super::state::Flag;
use crate::ir::{BinaryOp, Build, Condition, ConvertOp, TrapKind, Type, Value};
use iced_x86::{ConditionCode, Mnemonic, Register};

impl Lowerer<'_> {
    /// Lowers the instruction at `self.at`; whether the next one follows. Where jumps lead is added to `todo`.
    pub fn instruction(&mut self, todo: &mut Vec<usize>) -> bool {
        let code = *self.code();
        let span = self.program.instructions[self.at].span;
        self.f.fuel(1, span);
        let compared = self.compared;
        let mut keeps = false;
        use Mnemonic::*;
        match code.mnemonic() {
            Nop | Endbr64 => keeps = true,
            Mov => {
                let bits = self.bits(0);
                let value = self.operand(1, bits);
                self.set_operand(0, value);
                keeps = true;
            }
            Movzx | Movsx | Movsxd => {
                let (from, to) = (self.bits(1), self.bits(0));
                let value = self.operand(1, from);
                let op = if code.mnemonic() == Movzx { ConvertOp::ZeroExtend } else { ConvertOp::SignExtend };
                let value = if from == to { value } else { self.f.convert(op, value, of_bits(to)) };
                self.set_operand(0, value);
                keeps = true;
            }
            Lea => {
                let bits = self.bits(0);
                let address = self.address_value();
                let value =
                    if bits == 64 { address } else { self.f.convert(ConvertOp::Truncate, address, of_bits(bits)) };
                self.set_operand(0, value);
                keeps = true;
            }
            Xchg => {
                let bits = self.bits(0);
                let (left, right) = (self.operand(0, bits), self.operand(1, bits));
                self.set_operand(0, right);
                self.set_operand(1, left);
                keeps = true;
            }
            Add | Sub | Adc | Sbb | And | Or | Xor => {
                let bits = self.bits(0);
                let (left, right) = (self.operand(0, bits), self.operand(1, bits));
                self.compared = None;
                let result = match code.mnemonic() {
                    Add => self.add(left, right),
                    Sub => self.sub(left, right),
                    And => self.logic(BinaryOp::And, left, right),
                    Or => self.logic(BinaryOp::Or, left, right),
                    Xor => self.logic(BinaryOp::Xor, left, right),
                    mnemonic => self.with_carry(left, right, mnemonic == Sbb),
                };
                self.set_operand(0, result);
                return true;
            }
            Cmp => {
                let bits = self.bits(0);
                let (left, right) = (self.operand(0, bits), self.operand(1, bits));
                self.sub(left, right);
                return true;
            }
            Test => {
                let bits = self.bits(0);
                let (left, right) = (self.operand(0, bits), self.operand(1, bits));
                let both = self.logic(BinaryOp::And, left, right);
                // All conditions say of it what they say of its comparison with 0.
                let zero = self.number(of_bits(bits), 0);
                self.compared = Some((both, zero));
                return true;
            }
            Neg => {
                let bits = self.bits(0);
                let value = self.operand(0, bits);
                let zero = self.number(of_bits(bits), 0);
                let result = self.sub(zero, value);
                self.set_operand(0, result);
                return true;
            }
            Bt => self.bit(),
            Not => {
                let bits = self.bits(0);
                let value = self.operand(0, bits);
                let ones = self.number(of_bits(bits), -1);
                let result = self.f.binary(BinaryOp::Xor, value, ones);
                self.set_operand(0, result);
                keeps = true;
            }
            Inc | Dec => {
                let bits = self.bits(0);
                let value = self.operand(0, bits);
                let op = if code.mnemonic() == Inc { BinaryOp::Add } else { BinaryOp::Sub };
                let result = self.step(value, op);
                self.set_operand(0, result);
            }
            Shl | Shr | Sar | Rol | Ror => self.shift(),
            Imul if code.op_count() > 1 => {
                let bits = self.bits(0);
                let first = code.op_count() - 2;
                let (left, right) = (self.operand(first, bits), self.operand(first + 1, bits));
                let result = self.product(left, right);
                self.set_operand(0, result);
            }
            Imul | Mul => {
                let bits = self.bits(0);
                let right = self.operand(0, bits);
                self.wide_product(right, bits, code.mnemonic() == Imul);
            }
            Div | Idiv => {
                let bits = self.bits(0);
                let divisor = self.operand(0, bits);
                self.divide(divisor, bits, code.mnemonic() == Idiv);
            }
            Cbw | Cwde | Cdqe | Cwd | Cdq | Cqo => {
                self.accumulator(code.mnemonic());
                keeps = true;
            }
            Push => {
                let value = self.operand(0, 64);
                self.push(value);
                keeps = true;
            }
            Pop => {
                let value = self.pop();
                self.set_operand(0, value);
                keeps = true;
            }
            Leave => {
                let base = self.register(Register::RBP);
                self.set_register(Register::RSP, base);
                let value = self.pop();
                self.set_register(Register::RBP, value);
                keeps = true;
            }
            Call => {
                let label = code_target(self);
                let back = self.number(Type::I64, code.next_ip() as i64);
                self.push(back);
                self.store_state();
                let callee = self.callee(label);
                self.f.call(callee, &[self.state, self.memory], &[]);
                self.load_state(false);
            }
            Ret => {
                self.leave();
                self.finish();
                return false;
            }
            Jmp => {
                let label = code_target(self);
                let block = self.blocks[&label];
                self.f.jump(block, &[]);
                todo.push(label);
                return false;
            }
            Pmovmskb => {
                self.signs();
                keeps = true;
            }
            Movd => self.vector_move(1),
            Movq => self.vector_move(2),
            Movdqa | Movdqu | Movaps | Movups => self.whole_move(),
            _ if code.is_string_instruction() => {
                self.string();
                // A loop has joined other ways.
                return true;
            }
            _ if code.condition_code() == ConditionCode::None => self.packed(),
            _ => {
                let condition = self.condition(code.condition_code());
                if code.is_jcc_short_or_near() {
                    let label = code_target(self);
                    let (there, next) = (self.blocks[&label], self.f.block());
                    self.f.branch(condition, (there, &[]), (next, &[]));
                    self.f.seal(next);
                    self.f.switch_to(next);
                    todo.push(label);
                    // What was compared is still known where it goes on.
                } else if code.op_count() == 1 {
                    let value = self.f.convert(ConvertOp::ZeroExtend, condition, Type::I8);
                    self.set_operand(0, value);
                } else {
                    let bits = self.bits(0);
                    let (old, new) = (self.operand(0, bits), self.operand(1, bits));
                    let value = self.f.select(condition, new, old);
                    self.set_operand(0, value);
                }
                keeps = true;
            }
        }
        self.compared = compared.filter(|_| keeps);
        true
    }

    /// Carry becomes a bit of the first operand.
    fn bit(&mut self) {
        let bits = self.bits(0);
        let value = self.operand(0, bits);
        let number = self.operand(1, bits);
        let mask = self.number(of_bits(bits), i64::from(bits) - 1);
        let number = self.f.binary(BinaryOp::And, number, mask);
        let moved = self.f.binary(BinaryOp::LShr, value, number);
        let bit = self.f.convert(ConvertOp::Truncate, moved, Type::I1);
        self.set_flag(Flag::Carry, bit);
        for flag in [Flag::Parity, Flag::Adjust, Flag::Sign, Flag::Overflow] {
            self.forget_flag(flag);
        }
    }

    fn push(&mut self, value: Value) {
        let eight = self.number(Type::I64, 8);
        let top = self.register(Register::RSP);
        let top = self.f.binary(BinaryOp::Sub, top, eight);
        let place = self.pointer(top);
        self.f.store(value, place, 0);
        self.set_register(Register::RSP, top);
    }

    /// Takes the way back off the stack. Where addresses are numbers it must be the one that the function was entered
    /// with, at the same place.
    fn leave(&mut self) {
        if let Some((entered, wanted)) = self.entered {
            let top = self.register(Register::RSP);
            let back = self.pop();
            for (left, right) in [(top, entered), (back, wanted)] {
                let other = self.f.compare(Condition::Ne, left, right);
                self.f.trap_if(other, TrapKind::OutOfBounds);
            }
        } else if self.number > 0 {
            self.pop();
        }
    }

    pub fn pop(&mut self) -> Value {
        let eight = self.number(Type::I64, 8);
        let top = self.register(Register::RSP);
        let place = self.pointer(top);
        let value = self.f.load(Type::I64, place, 0);
        let top = self.f.binary(BinaryOp::Add, top, eight);
        self.set_register(Register::RSP, top);
        value
    }

    /// The accumulator's sign spread over twice its width.
    fn accumulator(&mut self, mnemonic: Mnemonic) {
        use Register::{AL, AX, DX, EAX, EDX, RAX, RDX};
        let (from, to) = match mnemonic {
            Mnemonic::Cbw => (AL, AX),
            Mnemonic::Cwde => (AX, EAX),
            Mnemonic::Cdqe => (EAX, RAX),
            Mnemonic::Cwd => (AX, DX),
            Mnemonic::Cdq => (EAX, EDX),
            _ => (RAX, RDX),
        };
        let value = self.register(from);
        let (bits, ty) = (from.size() as i64 * 8, of_bits(to.size() as u32 * 8));
        let value = if from.size() == to.size() {
            let by = self.number(ty, bits - 1);
            self.f.binary(BinaryOp::AShr, value, by)
        } else {
            self.f.convert(ConvertOp::SignExtend, value, ty)
        };
        self.set_register(to, value);
    }

    /// A condition of the flags. Behind a comparison it is that of the two numbers.
    fn condition(&mut self, condition: ConditionCode) -> Value {
        use ConditionCode::*;
        if let (Some((left, right)), Some(direct)) = (self.compared, comparison(condition)) {
            return self.f.compare(direct, left, right);
        }
        let (flag, other) = match condition {
            o | no => (self.flag(Flag::Overflow), matches!(condition, no)),
            b | ae => (self.flag(Flag::Carry), matches!(condition, ae)),
            e | ne => (self.flag(Flag::Zero), matches!(condition, ne)),
            s | ns => (self.flag(Flag::Sign), matches!(condition, ns)),
            p | np => (self.flag(Flag::Parity), matches!(condition, np)),
            be | a => {
                let (carry, zero) = (self.flag(Flag::Carry), self.flag(Flag::Zero));
                (self.f.binary(BinaryOp::Or, carry, zero), matches!(condition, a))
            }
            l | ge => (self.less(), matches!(condition, ge)),
            _ => {
                let (less, zero) = (self.less(), self.flag(Flag::Zero));
                (self.f.binary(BinaryOp::Or, less, zero), matches!(condition, g))
            }
        };
        if other { self.not(flag) } else { flag }
    }

    fn less(&mut self) -> Value {
        let (sign, overflow) = (self.flag(Flag::Sign), self.flag(Flag::Overflow));
        self.f.compare(Condition::Ne, sign, overflow)
    }
}

/// The comparison that a condition is behind `cmp`; `None` for single flags.
fn comparison(condition: ConditionCode) -> Option<Condition> {
    use ConditionCode::*;
    Some(match condition {
        b => Condition::Ult,
        ae => Condition::Uge,
        e => Condition::Eq,
        ne => Condition::Ne,
        be => Condition::Ule,
        a => Condition::Ugt,
        l => Condition::Slt,
        ge => Condition::Sge,
        le => Condition::Sle,
        g => Condition::Sgt,
        _ => return Option::None,
    })
}

/// The number of the instruction that a jump or a call leads to.
fn code_target(lowerer: &Lowerer<'_>) -> usize {
    let label = lowerer.program.instructions[lowerer.at].target.expect("jumps lead somewhere");
    lowerer.program.labels[label.0 as usize].at as usize
}
