//! The names of types, operations and traps in the text form; traps have them everywhere.

use super::{BinaryOp, Condition, ConvertOp, OverflowOp, TrapKind, Type};

/// `name` and `from_name` from one list.
macro_rules! names {
    ($ty:ident, $($variant:ident $name:literal),+ $(,)?) => {
        impl $ty {
            /// Every one, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name in the text form.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }

            /// The one of that name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

names!(Type, I1 "i1", I8 "i8", I16 "i16", I32 "i32", I64 "i64", V4I32 "v4i32");
names!(
    TrapKind,
    IntegerOverflow "integer_overflow",
    DivideByZero "divide_by_zero",
    BadShift "bad_shift",
    OutOfBounds "out_of_bounds",
    UninitializedRead "uninitialized_read",
    MissingReturn "missing_return",
    CallDepth "call_depth",
    OutOfMemory "out_of_memory",
    Crash "crash",
);
names!(
    BinaryOp,
    Add "add",
    Sub "sub",
    Mul "mul",
    SDiv "sdiv",
    SRem "srem",
    UDiv "udiv",
    URem "urem",
    And "and",
    Or "or",
    Xor "xor",
    Shl "shl",
    AShr "ashr",
    LShr "lshr",
);
names!(OverflowOp, Add "add_overflows", Sub "sub_overflows", Mul "mul_overflows");
names!(
    Condition,
    Eq "eq",
    Ne "ne",
    Slt "slt",
    Sle "sle",
    Sgt "sgt",
    Sge "sge",
    Ult "ult",
    Ule "ule",
    Ugt "ugt",
    Uge "uge",
);
names!(ConvertOp, ZeroExtend "zero_extend", SignExtend "sign_extend", Truncate "truncate");

impl Type {
    /// Bits that a value has.
    pub fn bits(self) -> u32 {
        match self {
            Self::I1 => 1,
            Self::I8 => 8,
            Self::I16 => 16,
            Self::I32 => 32,
            Self::I64 => 64,
            Self::V4I32 => 128,
        }
    }
}
