//! The machine's state as an object of 32-bit words, as IR functions get it: where each register and flag stands.

/// Words of the low halves of the general registers, in the processor's order (eax, ecx, edx, ebx, ...).
pub const LOW: usize = 0;
/// Words of their high halves.
pub const HIGH: usize = 16;
/// Words of the flags, in the order of [`Flag`]: 0, 1, or [`UNDEFINED`].
pub const FLAGS: usize = 32;
/// Words of xmm0 to xmm7, four each.
pub const VECTORS: usize = 38;
/// All words.
pub const WORDS: usize = VECTORS + 4 * 8;
/// What stands for a flag that the architecture leaves undefined.
pub const UNDEFINED: i32 = 2;

/// A flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flag {
    /// Carry.
    Carry,
    /// Parity of the low byte.
    Parity,
    /// Carry out of the low four bits.
    Adjust,
    /// Zero.
    Zero,
    /// Sign.
    Sign,
    /// Signed overflow.
    Overflow,
}

impl Flag {
    /// All, in the order of their words.
    pub const ALL: [Self; 6] = [Self::Carry, Self::Parity, Self::Adjust, Self::Zero, Self::Sign, Self::Overflow];

    /// Its bit in the processor's flags register.
    pub fn bit(self) -> u32 {
        [0, 2, 4, 6, 7, 11][self as usize]
    }
}
