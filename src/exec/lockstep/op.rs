//! The ops of lockstep code. Operands are rows: one number of 32 bits a lane. A value of 64 bits has two rows, the low
//! bits first, so that a pointer's rows are its offset and its object. Narrower values are sign-extended, an i1 is 0
//! or 1, as the interpreter has them. Cells of memory are rows too.

use crate::ir::{BinaryOp, Condition, OverflowOp, TrapKind, Type};

/// A row.
pub(super) type Row = u16;
/// A place in the code; while code is made, the number of a block.
pub(super) type Place = u32;

/// One step of all lanes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Op {
    Copy {
        to: Row,
        from: Row,
    },
    Splat {
        to: Row,
        value: i32,
    },
    /// 32-bit arithmetic, wrapping.
    Add {
        to: Row,
        left: Row,
        right: Row,
    },
    Sub {
        to: Row,
        left: Row,
        right: Row,
    },
    Mul {
        to: Row,
        left: Row,
        right: Row,
    },
    /// 32-bit arithmetic; lanes where it overflows trap.
    CheckedAdd {
        to: Row,
        left: Row,
        right: Row,
    },
    CheckedSub {
        to: Row,
        left: Row,
        right: Row,
    },
    CheckedMul {
        to: Row,
        left: Row,
        right: Row,
    },
    And {
        to: Row,
        left: Row,
        right: Row,
    },
    Or {
        to: Row,
        left: Row,
        right: Row,
    },
    Xor {
        to: Row,
        left: Row,
        right: Row,
    },
    /// The other operations and widths.
    Binary {
        op: BinaryOp,
        ty: Type,
        to: Row,
        left: Row,
        right: Row,
    },
    Overflows {
        op: OverflowOp,
        ty: Type,
        to: Row,
        left: Row,
        right: Row,
    },
    /// Comparisons of up to 32 bits; the other four have their operands swapped.
    Eq {
        to: Row,
        left: Row,
        right: Row,
    },
    Ne {
        to: Row,
        left: Row,
        right: Row,
    },
    Slt {
        to: Row,
        left: Row,
        right: Row,
    },
    Sle {
        to: Row,
        left: Row,
        right: Row,
    },
    Ult {
        to: Row,
        left: Row,
        right: Row,
    },
    Ule {
        to: Row,
        left: Row,
        right: Row,
    },
    /// Comparisons of 64 bits.
    CompareWide {
        condition: Condition,
        to: Row,
        left: Row,
        right: Row,
    },
    Select {
        to: Row,
        condition: Row,
        then: Row,
        otherwise: Row,
    },
    /// Keeps the low bits and extends the sign.
    Wrap {
        ty: Type,
        to: Row,
        from: Row,
    },
    /// Widens the `ty`, of at most 16 bits, with zeros.
    ZeroExtend {
        ty: Type,
        to: Row,
        from: Row,
    },
    /// 0 or 1 to 0 or -1.
    Negate {
        to: Row,
        from: Row,
    },
    /// The upper 32 bits of a number that is sign-extended.
    Sign {
        to: Row,
        from: Row,
    },
    /// Makes cells as good as new: `first` is the row that tells whether the first was written.
    Forget {
        first: Row,
        count: Row,
    },
    /// The offset of `index` elements of four bytes.
    Index4 {
        to: Row,
        index: Row,
    },
    /// `base` is the row of its offset.
    Index {
        to: Row,
        base: Row,
        index: Row,
        wide: bool,
        scale: u32,
    },
    /// Element `index` of an object.
    IndexLoad {
        to: Row,
        index: Row,
        object: u16,
    },
    /// A copy, where `written` says that there is something.
    LoadTracked {
        to: Row,
        from: Row,
        written: Row,
    },
    StoreTracked {
        to: Row,
        from: Row,
        written: Row,
    },
    /// `address` is the row of the offset within the object.
    Load {
        to: Row,
        address: Row,
        object: u16,
        offset: i32,
    },
    Store {
        value: Row,
        address: Row,
        object: u16,
        offset: i32,
    },
    /// `address` is a pointer of unknown origin.
    LoadAny {
        to: Row,
        address: Row,
        offset: i32,
    },
    StoreAny {
        value: Row,
        address: Row,
        offset: i32,
    },
    TrapIf {
        kind: TrapKind,
        condition: Row,
    },
    /// The entry of [`super::code::Code::statements`].
    Fuel {
        statement: u32,
    },
    Jump {
        place: Place,
    },
    /// Jumps go to `place`; else on with the next op.
    JumpIf {
        condition: Row,
        place: Place,
    },
    JumpUnless {
        condition: Row,
        place: Place,
    },
    JumpEq {
        left: Row,
        right: Row,
        place: Place,
    },
    JumpNe {
        left: Row,
        right: Row,
        place: Place,
    },
    JumpSlt {
        left: Row,
        right: Row,
        place: Place,
    },
    JumpSle {
        left: Row,
        right: Row,
        place: Place,
    },
    JumpUlt {
        left: Row,
        right: Row,
        place: Place,
    },
    JumpUle {
        left: Row,
        right: Row,
        place: Place,
    },
    ReturnNothing,
    Return {
        row: Row,
        wide: bool,
    },
    /// Returns a pointer to an object that was known when code was made.
    ReturnPointer {
        object: u16,
        offset: u32,
    },
    Trap {
        kind: TrapKind,
    },
}

impl Op {
    /// The row of its result, where it has one that it writes whole.
    pub(super) fn result_mut(&mut self) -> Option<&mut Row> {
        match self {
            Self::Copy { to, .. }
            | Self::Splat { to, .. }
            | Self::Add { to, .. }
            | Self::Sub { to, .. }
            | Self::Mul { to, .. }
            | Self::CheckedAdd { to, .. }
            | Self::CheckedSub { to, .. }
            | Self::CheckedMul { to, .. }
            | Self::And { to, .. }
            | Self::Or { to, .. }
            | Self::Xor { to, .. }
            | Self::Binary { to, .. }
            | Self::Overflows { to, .. }
            | Self::Eq { to, .. }
            | Self::Ne { to, .. }
            | Self::Slt { to, .. }
            | Self::Sle { to, .. }
            | Self::Ult { to, .. }
            | Self::Ule { to, .. }
            | Self::CompareWide { to, .. }
            | Self::Select { to, .. }
            | Self::Wrap { to, .. }
            | Self::ZeroExtend { to, .. }
            | Self::Negate { to, .. }
            | Self::Sign { to, .. }
            | Self::Index4 { to, .. }
            | Self::Index { to, .. }
            | Self::IndexLoad { to, .. }
            | Self::LoadTracked { to, .. }
            | Self::Load { to, .. }
            | Self::LoadAny { to, .. } => Some(to),
            _ => None,
        }
    }

    /// Where it may jump to.
    pub(super) fn place_mut(&mut self) -> Option<&mut Place> {
        match self {
            Self::Jump { place }
            | Self::JumpIf { place, .. }
            | Self::JumpUnless { place, .. }
            | Self::JumpEq { place, .. }
            | Self::JumpNe { place, .. }
            | Self::JumpSlt { place, .. }
            | Self::JumpSle { place, .. }
            | Self::JumpUlt { place, .. }
            | Self::JumpUle { place, .. } => Some(place),
            _ => None,
        }
    }
}

const _: () = assert!(size_of::<Op>() <= 16);
