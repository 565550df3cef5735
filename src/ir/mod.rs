//! The one intermediate representation that all languages lower to: basic blocks with block parameters and any
//! control flow, values in SSA form, memory as objects. Arithmetic wraps; what a language forbids is a [`Inst::TrapIf`]
//! that its lowering inserts.
//!
//! A pointer is one i64: object number in the high 32 bits, byte offset in the low 32. Each load and store checks the
//! offset against the object's size. Object 0 does not exist: it is null.
//!
//! Invariants ([`verify`] checks them): every value is defined once, before its uses in dominance order; block
//! arguments match block parameters in number and type; the entry block's parameters are the function's.

mod build;
mod builder;
mod dead;
mod names;
mod parse;
mod print;
mod rewrite;
mod spare;
#[cfg(test)]
mod tests;
mod verify;

pub use build::Build;
pub use builder::{FunctionBuilder, Local};
pub use dead::remove_dead;
pub use parse::{SYNTAX, parse};
pub use print::print;
pub use spare::recycle;
pub use verify::{immediate_dominators, reverse_postorder, verify};

use crate::diagnostic::Span;
use compact_str::CompactString;

/// The types of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// A truth value: 0 or 1.
    I1,
    /// 8 bits.
    I8,
    /// 16 bits.
    I16,
    /// 32 bits.
    I32,
    /// 64 bits; pointers too.
    I64,
    /// Four lanes of 32 bits.
    V4I32,
}

/// A value of a function; indexes [`Function::types`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(pub u32);

/// A basic block of a function; indexes [`Function::blocks`]. Block 0 is the entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlockId(pub u32);

/// A function of a program; indexes [`Program::functions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionId(pub u32);

/// A source variable of a function, for [`Inst::Note`]; indexes [`Function::variables`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VariableId(pub u32);

/// Why a program stopped where its language says that it must not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TrapKind {
    /// Signed overflow in C.
    IntegerOverflow,
    /// Division or remainder by zero.
    DivideByZero,
    /// A shift by a negative count or by the width or more, or a left shift that loses the sign.
    BadShift,
    /// A load or store outside its object, or through a pointer to none.
    OutOfBounds,
    /// A read of memory or of a variable that was never written.
    UninitializedRead,
    /// The end of a function that must return a value.
    MissingReturn,
    /// More nested calls than the engine allows.
    CallDepth,
    /// More memory than the engine allows.
    OutOfMemory,
    /// Karel ran against a wall, picked a marker where there is none, or put one where there are too many.
    Crash,
}

/// A global of a program; indexes [`Program::globals`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GlobalId(pub u32);

/// A program: functions that call each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Program {
    /// Objects that live as long as a run; [`GlobalId`] indexes them.
    pub globals: Vec<Global>,
    /// The functions; [`FunctionId`] indexes them.
    pub functions: Vec<Function>,
}

/// An object that every run finds as it is described here, whatever an earlier run left in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Global {
    /// Its name in the source, as [`Function::variables`] has it.
    pub name: CompactString,
    /// Its size in bytes.
    pub bytes: u32,
    /// What it holds when a run begins; bytes beyond are zero.
    pub data: Vec<u8>,
}

/// A function: its blocks and the types of its values.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// Its name in the source.
    pub name: CompactString,
    /// The types of the entry block's parameters.
    pub parameters: Vec<Type>,
    /// The types of what it returns.
    pub returns: Vec<Type>,
    /// The blocks; the first is the entry.
    pub blocks: Vec<Block>,
    /// The type of each value.
    pub types: Vec<Type>,
    /// Names of source variables that [`Inst::Note`] speaks of: `x`, `a[4]` for an array with elements of four bytes,
    /// `&x` for a scalar in memory, `*p` for a pointer.
    pub variables: Vec<CompactString>,
}

/// A basic block.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Its parameters.
    pub parameters: Vec<Value>,
    /// What it does, in order.
    pub insts: Vec<Inst>,
    /// How it ends.
    pub terminator: Terminator,
}

/// Binary operations on integers; all wrap. Division and remainder by zero, and shifts by the width or more, must
/// have been excluded by a [`Inst::TrapIf`]; engines may do anything that is not memory-unsafe if they were not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// Sum.
    Add,
    /// Difference.
    Sub,
    /// Product.
    Mul,
    /// Signed quotient, towards zero.
    SDiv,
    /// Signed remainder, with the sign of the dividend.
    SRem,
    /// Unsigned quotient.
    UDiv,
    /// Unsigned remainder.
    URem,
    /// Bitwise and.
    And,
    /// Bitwise or.
    Or,
    /// Bitwise exclusive or.
    Xor,
    /// Left shift.
    Shl,
    /// Right shift that copies the sign.
    AShr,
    /// Right shift that brings in zeros.
    LShr,
}

/// Whether a signed operation overflows; the result is an i1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OverflowOp {
    /// Of a sum.
    Add,
    /// Of a difference.
    Sub,
    /// Of a product.
    Mul,
}

/// Comparisons; the result is an i1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// Signed `<`
    Slt,
    /// Signed `<=`
    Sle,
    /// Signed `>`
    Sgt,
    /// Signed `>=`
    Sge,
    /// Unsigned `<`
    Ult,
    /// Unsigned `<=`
    Ule,
    /// Unsigned `>`
    Ugt,
    /// Unsigned `>=`
    Uge,
}

/// Changes of width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConvertOp {
    /// Widen with zeros.
    ZeroExtend,
    /// Widen with the sign.
    SignExtend,
    /// Keep the low bits.
    Truncate,
}

/// Instructions. The type of an operation is the type of its operands; that of its result stands in
/// [`Function::types`].
#[derive(Clone, Debug, PartialEq)]
pub enum Inst {
    /// `result = constant`, sign-extended to 64 bits here.
    Const {
        /// Result.
        result: Value,
        /// Its value.
        value: i64,
    },
    /// `result = left op right`
    Binary {
        /// Result.
        result: Value,
        /// Which.
        op: BinaryOp,
        /// Left operand.
        left: Value,
        /// Right operand.
        right: Value,
    },
    /// `result = does left op right overflow?`
    Overflows {
        /// Result, an i1.
        result: Value,
        /// Which.
        op: OverflowOp,
        /// Left operand.
        left: Value,
        /// Right operand.
        right: Value,
    },
    /// `result = left cond right`
    Compare {
        /// Result, an i1.
        result: Value,
        /// Which.
        condition: Condition,
        /// Left operand.
        left: Value,
        /// Right operand.
        right: Value,
    },
    /// `result = condition ? then : otherwise`
    Select {
        /// Result.
        result: Value,
        /// An i1.
        condition: Value,
        /// Where it is 1.
        then: Value,
        /// Where it is 0.
        otherwise: Value,
    },
    /// `result = operand` in another width.
    Convert {
        /// Result.
        result: Value,
        /// Which.
        op: ConvertOp,
        /// Operand.
        operand: Value,
    },
    /// A new object of this function's frame, uninitialised; it dies when the function returns. Run again in the same
    /// call it gives the same object, uninitialised again: a local array of a loop's body.
    Allocate {
        /// Pointer to it.
        result: Value,
        /// Its size in bytes.
        bytes: u32,
    },
    /// `result = base + index * scale` with `index` an i32 or i64, signed; traps with `OutOfBounds` if the byte offset
    /// leaves 0..2^31, so that no index reaches another object.
    Index {
        /// Pointer.
        result: Value,
        /// Pointer.
        base: Value,
        /// Signed.
        index: Value,
        /// Bytes an element.
        scale: u32,
    },
    /// `result = base + index * scale` with `index` an i32 or i64, signed; traps with `OutOfBounds` unless that is a
    /// place in the object of `base` or just behind its last byte.
    Advance {
        /// Pointer.
        result: Value,
        /// Pointer.
        base: Value,
        /// Signed.
        index: Value,
        /// Bytes an element.
        scale: u32,
    },
    /// `result` points to a global.
    Global {
        /// Pointer to its first byte.
        result: Value,
        /// Which.
        global: GlobalId,
    },
    /// `result = memory[address + offset]`; the width is that of the result's type.
    Load {
        /// Result.
        result: Value,
        /// Pointer.
        address: Value,
        /// Bytes added to it.
        offset: i32,
    },
    /// `memory[address + offset] = value`
    Store {
        /// What.
        value: Value,
        /// Pointer.
        address: Value,
        /// Bytes added to it.
        offset: i32,
    },
    /// Stops with `kind` where `condition` is 1.
    TrapIf {
        /// An i1.
        condition: Value,
        /// Why.
        kind: TrapKind,
    },
    /// Calls a function of the program. Boxed, since all others are less than half as large.
    Call(Box<Call>),
    /// Uses up fuel; never moved across a trap or a store. `span` is the statement or loop test that begins here.
    Fuel {
        /// How much.
        amount: u32,
        /// The source that is about to run.
        span: Span,
    },
    /// The source variable has this value from here on. Only lowered for tracing; engines skip it.
    Note {
        /// Which.
        variable: VariableId,
        /// Its value.
        value: Value,
    },
}

/// A call.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// What it returns.
    pub results: Vec<Value>,
    /// Whom.
    pub function: FunctionId,
    /// With what.
    pub arguments: Vec<Value>,
}

/// A jump's destination with its arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Where to.
    pub block: BlockId,
    /// One for each parameter of the block.
    pub arguments: Vec<Value>,
}

/// How a block ends.
#[derive(Clone, Debug, PartialEq)]
pub enum Terminator {
    /// Go on there.
    Jump(Target),
    /// One of two.
    Branch {
        /// An i1.
        condition: Value,
        /// Where it is 1.
        then: Target,
        /// Where it is 0.
        otherwise: Target,
    },
    /// Back to the caller.
    Return(Vec<Value>),
    /// Stop.
    Trap(TrapKind),
}
