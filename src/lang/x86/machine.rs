//! A machine's state as people write it: registers by name, RAM by slot. IR functions get it as two arrays of words.

use super::lower::state::{FLAGS, Flag, HIGH, LOW, UNDEFINED, WORDS};
use iced_x86::Register;

/// Registers, flags and RAM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Words of registers and flags, see [`super::state`].
    pub state: Vec<i32>,
    /// The memory area: slot `i` of RAM, at `-4*i(%rbp)`, is the `i`-th word from its end.
    pub memory: Vec<i32>,
}

impl Machine {
    /// A machine with so many slots of RAM, all zero.
    pub fn new(slots: usize) -> Self {
        Self { state: vec![0; WORDS], memory: vec![0; slots] }
    }

    /// The value of a general register: signed, of its width.
    pub fn register(&self, register: Register) -> i64 {
        let number = register.full_register().number();
        let (low, high) = (self.state[LOW + number], self.state[HIGH + number]);
        let whole = i64::from(low as u32) | i64::from(high) << 32;
        match (register.size(), register) {
            (1, Register::AH | Register::CH | Register::DH | Register::BH) => i64::from((whole >> 8) as i8),
            (1, _) => i64::from(whole as i8),
            (2, _) => i64::from(whole as i16),
            (4, _) => i64::from(low),
            _ => whole,
        }
    }

    /// Sets a general register; what a narrow one does not cover stays.
    pub fn set_register(&mut self, register: Register, value: i64) {
        let number = register.full_register().number();
        let second = matches!(register, Register::AH | Register::CH | Register::DH | Register::BH);
        let shift = if second { 8 } else { 0 };
        let mask = if register.size() == 8 { -1 } else { ((1_i64 << (8 * register.size())) - 1) << shift };
        let old = self.register(register.full_register());
        let whole = old & !mask | value << shift & mask;
        self.state[LOW + number] = whole as i32;
        self.state[HIGH + number] = (whole >> 32) as i32;
    }

    /// A flag; `None` where the architecture leaves it undefined.
    pub fn flag(&self, flag: Flag) -> Option<bool> {
        match self.state[FLAGS + flag as usize] {
            UNDEFINED => None,
            value => Some(value != 0),
        }
    }

    /// The RAM, slot 0 first.
    pub fn ram(&self) -> Vec<i32> {
        self.memory.iter().rev().copied().collect()
    }

    /// Fills the RAM, slot 0 first.
    pub fn set_ram(&mut self, slots: &[i32]) {
        self.memory = slots.iter().rev().copied().collect();
    }
}
