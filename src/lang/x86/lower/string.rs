//! `movs` and `stos`, once or `rcx` times. The direction flag is clear, as the ABI has it between functions.

use super::Lowerer;
use super::operand::of_bits;
use crate::ir::{BinaryOp, Build, Condition, Type};
use iced_x86::{OpKind, Register};

impl Lowerer<'_> {
    /// A string instruction of the subset.
    pub fn string(&mut self) {
        if !self.code().has_rep_prefix() {
            return self.string_step();
        }
        let span = self.program.instructions[self.at].span;
        let (again, step, after) = (self.f.block(), self.f.block(), self.f.block());
        self.f.jump(again, &[]);
        self.f.switch_to(again);
        let left = self.register(Register::RCX);
        let zero = self.number(Type::I64, 0);
        let more = self.f.compare(Condition::Ne, left, zero);
        self.f.branch(more, (step, &[]), (after, &[]));
        self.f.seal(step);
        self.f.seal(after);
        self.f.switch_to(step);
        self.f.fuel(1, span);
        self.string_step();
        let one = self.number(Type::I64, 1);
        let left = self.register(Register::RCX);
        let left = self.f.binary(BinaryOp::Sub, left, one);
        self.set_register(Register::RCX, left);
        self.f.jump(again, &[]);
        self.f.seal(again);
        self.f.switch_to(after);
    }

    fn string_step(&mut self) {
        let code = *self.code();
        let bytes = code.memory_size().size();
        let ty = of_bits(bytes as u32 * 8);
        let moves = code.op1_kind() == OpKind::MemorySegRSI;
        let value = if moves {
            let from = self.register(Register::RSI);
            let from = self.pointer(from);
            self.f.load(ty, from, 0)
        } else {
            self.register(code.op1_register())
        };
        let to = self.register(Register::RDI);
        let to = self.pointer(to);
        self.f.store(value, to, 0);
        let by = self.number(Type::I64, bytes as i64);
        for register in [Register::RDI, Register::RSI].into_iter().take(if moves { 2 } else { 1 }) {
            let at = self.register(register);
            let next = self.f.binary(BinaryOp::Add, at, by);
            self.set_register(register, next);
        }
    }
}
