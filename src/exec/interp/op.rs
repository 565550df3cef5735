//! The interpreter's own instructions: flat, with every operand a slot of the frame and every jump a place in the
//! code. Constants lie in slots of their own, so no operand needs a second kind. 16 bytes each.

use crate::diagnostic::Span;
use crate::ir::{BinaryOp, OverflowOp, TrapKind, Type, VariableId};

/// A slot of the current frame; the number of the value it holds.
pub(super) type Slot = u32;
/// A place in the code; while a function is being prepared, the number of a block.
pub(super) type Place = u32;

/// One step of the interpreter.
#[derive(Clone, Copy, Debug)]
pub(super) enum Op {
    /// A copy.
    Move {
        to: Slot,
        from: Slot,
    },
    /// A copy and a jump: the end of most loops.
    MoveJump {
        to: Slot,
        from: Slot,
        place: Place,
    },
    /// 32-bit arithmetic, wrapping.
    Add32 {
        to: Slot,
        left: Slot,
        right: Slot,
    },
    Sub32 {
        to: Slot,
        left: Slot,
        right: Slot,
    },
    Mul32 {
        to: Slot,
        left: Slot,
        right: Slot,
    },
    /// 32-bit arithmetic with the overflow check and its trap.
    CheckedAdd32 {
        to: Slot,
        left: Slot,
        right: Slot,
    },
    CheckedSub32 {
        to: Slot,
        left: Slot,
        right: Slot,
    },
    CheckedMul32 {
        to: Slot,
        left: Slot,
        right: Slot,
    },
    /// Bitwise operations keep the slots' form at every width.
    And {
        to: Slot,
        left: Slot,
        right: Slot,
    },
    Or {
        to: Slot,
        left: Slot,
        right: Slot,
    },
    Xor {
        to: Slot,
        left: Slot,
        right: Slot,
    },
    /// The other operations and widths.
    Binary {
        op: BinaryOp,
        ty: Type,
        to: Slot,
        left: Slot,
        right: Slot,
    },
    Overflows {
        op: OverflowOp,
        ty: Type,
        to: Slot,
        left: Slot,
        right: Slot,
    },
    /// Comparisons; the other four have their operands swapped.
    Eq {
        to: Slot,
        left: Slot,
        right: Slot,
    },
    Ne {
        to: Slot,
        left: Slot,
        right: Slot,
    },
    Slt {
        to: Slot,
        left: Slot,
        right: Slot,
    },
    Sle {
        to: Slot,
        left: Slot,
        right: Slot,
    },
    Ult {
        to: Slot,
        left: Slot,
        right: Slot,
    },
    Ule {
        to: Slot,
        left: Slot,
        right: Slot,
    },
    /// `otherwise` is the list entry at `list`.
    Select {
        to: Slot,
        condition: Slot,
        list: u32,
    },
    /// Keeps the low bits and extends the sign.
    Wrap {
        ty: Type,
        to: Slot,
        from: Slot,
    },
    /// Widens the `ty` in `from` with zeros.
    ZeroExtend {
        ty: Type,
        to: Slot,
        from: Slot,
    },
    /// 0 or 1 to 0 or -1.
    Negate {
        to: Slot,
        from: Slot,
    },
    Allocate {
        to: Slot,
        bytes: u32,
    },
    /// Index by elements of four bytes.
    Index4 {
        to: Slot,
        base: Slot,
        index: Slot,
    },
    /// `index` and `scale` are the list entries at `list`.
    Index {
        to: Slot,
        base: Slot,
        list: u32,
    },
    /// As `Index`, within the object or just behind it.
    Advance {
        to: Slot,
        base: Slot,
        list: u32,
    },
    Global {
        to: Slot,
        global: u32,
    },
    /// Index by elements of four bytes and load one.
    IndexLoad32 {
        to: Slot,
        base: Slot,
        index: Slot,
    },
    /// Index by bytes and load one.
    IndexLoad8 {
        to: Slot,
        base: Slot,
        index: Slot,
    },
    Load32 {
        to: Slot,
        address: Slot,
        offset: i32,
    },
    Load {
        ty: Type,
        to: Slot,
        address: Slot,
        offset: i32,
    },
    Store32 {
        value: Slot,
        address: Slot,
        offset: i32,
    },
    Store {
        ty: Type,
        value: Slot,
        address: Slot,
        offset: i32,
    },
    TrapIf {
        kind: TrapKind,
        condition: Slot,
    },
    /// The arguments are the list at `list`, the results the one after it.
    Call {
        function: u32,
        list: u32,
    },
    Fuel {
        amount: u32,
        span: Span,
    },
    Note {
        variable: VariableId,
        value: Slot,
    },
    Jump {
        place: Place,
    },
    /// Jumps go to `place`; else on with the next op.
    JumpIf {
        condition: Slot,
        place: Place,
    },
    JumpUnless {
        condition: Slot,
        place: Place,
    },
    JumpEq {
        left: Slot,
        right: Slot,
        place: Place,
    },
    JumpNe {
        left: Slot,
        right: Slot,
        place: Place,
    },
    JumpSlt {
        left: Slot,
        right: Slot,
        place: Place,
    },
    JumpSle {
        left: Slot,
        right: Slot,
        place: Place,
    },
    JumpUlt {
        left: Slot,
        right: Slot,
        place: Place,
    },
    JumpUle {
        left: Slot,
        right: Slot,
        place: Place,
    },
    /// The values are the list at `list`.
    Return {
        list: u32,
    },
    Trap {
        kind: TrapKind,
    },
}

impl Op {
    /// Where it may jump to.
    pub(super) fn place_mut(&mut self) -> Option<&mut Place> {
        match self {
            Self::MoveJump { place, .. }
            | Self::Jump { place }
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

const _: () = assert!(size_of::<Op>() == 16);
