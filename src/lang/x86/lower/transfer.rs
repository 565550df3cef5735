//! Registers and flags between the words of the machine's state and the values of the IR.

use super::state::{FLAGS, Flag, HIGH, LOW, UNDEFINED, VECTORS};
use super::{General, Lowerer, STACK};
use crate::ir::{BinaryOp, Build, Condition, ConvertOp, Type, Value};
use iced_x86::Register;

impl Lowerer<'_> {
    fn word(&mut self, word: usize) -> Value {
        self.f.load(Type::I32, self.state, 4 * word as i32)
    }

    fn store_word(&mut self, word: usize, value: Value) {
        self.f.store(value, self.state, 4 * word as i32);
    }

    /// Reads registers and flags. At the program's entry the pointers are made.
    pub(super) fn load_state(&mut self, entry: bool) {
        for number in 0..16 {
            let Some(general) = self.general[number] else { continue };
            if number == Register::RBP.number() && (entry || self.usage.fixed_base) {
                let General::Wide(local) = general else { unreachable!("rbp is a pointer") };
                let base = self.f.constant(Type::I64, i64::from(self.frame.base));
                let base = self.f.binary(BinaryOp::Add, self.memory, base);
                self.f.set(local, base);
                continue;
            }
            if number == Register::RSP.number() && entry {
                let General::Wide(local) = general else { unreachable!("rsp is a pointer") };
                let stack = self.f.allocate(STACK);
                let top = self.f.constant(Type::I64, i64::from(STACK));
                let top = self.f.binary(BinaryOp::Add, stack, top);
                self.f.set(local, top);
                continue;
            }
            let (low, high) = (self.word(LOW + number), self.word(HIGH + number));
            match general {
                General::Narrow(local, rest) => {
                    self.f.set(local, low);
                    self.f.set(rest, high);
                }
                General::Wide(local) => {
                    let low = self.f.convert(ConvertOp::ZeroExtend, low, Type::I64);
                    let high = self.f.convert(ConvertOp::ZeroExtend, high, Type::I64);
                    let by = self.f.constant(Type::I64, 32);
                    let high = self.f.binary(BinaryOp::Shl, high, by);
                    let value = self.f.binary(BinaryOp::Or, low, high);
                    self.f.set(local, value);
                }
            }
        }
        let wanted = self.wanted;
        for flag in Flag::ALL.into_iter().filter(|flag| wanted.has(*flag)) {
            if self.frame.origin.is_some() {
                // No function of a compiler hands flags over.
                let no = self.no();
                self.f.set(self.known[flag as usize], no);
                continue;
            }
            let word = self.word(FLAGS + flag as usize);
            let one = self.f.constant(Type::I32, 1);
            let value = self.f.compare(Condition::Eq, word, one);
            self.f.set(self.flags[flag as usize], value);
            let known = if entry {
                self.yes()
            } else {
                let undefined = self.f.constant(Type::I32, i64::from(UNDEFINED));
                self.f.compare(Condition::Ne, word, undefined)
            };
            self.f.set(self.known[flag as usize], known);
        }
        for number in 0..8 {
            let Some(lanes) = self.vectors[number] else { continue };
            for (lane, local) in lanes.into_iter().enumerate() {
                let value = self.word(VECTORS + 4 * number + lane);
                self.f.set(local, value);
            }
        }
        self.compared = None;
    }

    /// Writes registers, and flags where they count.
    pub(super) fn store_state(&mut self) {
        for number in 0..16 {
            if number == Register::RBP.number() && self.usage.fixed_base {
                continue;
            }
            match self.general[number] {
                None => {}
                Some(General::Narrow(local, rest)) => {
                    let (low, high) = (self.f.get(local), self.f.get(rest));
                    self.store_word(LOW + number, low);
                    self.store_word(HIGH + number, high);
                }
                Some(General::Wide(local)) => {
                    let value = self.f.get(local);
                    let low = self.f.convert(ConvertOp::Truncate, value, Type::I32);
                    let by = self.f.constant(Type::I64, 32);
                    let high = self.f.binary(BinaryOp::LShr, value, by);
                    let high = self.f.convert(ConvertOp::Truncate, high, Type::I32);
                    self.store_word(LOW + number, low);
                    self.store_word(HIGH + number, high);
                }
            }
        }
        if self.frame.flags_count(self.entries) {
            for flag in Flag::ALL {
                let value = self.f.get(self.flags[flag as usize]);
                let mut word = self.f.convert(ConvertOp::ZeroExtend, value, Type::I32);
                if self.undefined[self.at.min(self.undefined.len() - 1)].has(flag) || self.undefined_after(flag) {
                    let known = self.f.get(self.known[flag as usize]);
                    let undefined = self.f.constant(Type::I32, i64::from(UNDEFINED));
                    word = self.f.select(known, word, undefined);
                }
                self.store_word(FLAGS + flag as usize, word);
            }
        }
        for number in 0..8 {
            let Some(lanes) = self.vectors[number] else { continue };
            for (lane, local) in lanes.into_iter().enumerate() {
                let value = self.f.get(local);
                self.store_word(VECTORS + 4 * number + lane, value);
            }
        }
    }

    /// Whether the instruction that was lowered last may leave a flag undefined.
    fn undefined_after(&self, flag: Flag) -> bool {
        self.undefined.get(self.at + 1).is_some_and(|flags| flags.has(flag)) || self.entries.len() > 1
    }
}
