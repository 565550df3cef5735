//! What a lowering builds: a function of the IR, or at once the code of an engine that can do without.

use super::{BinaryOp, BlockId, Condition, ConvertOp, FunctionId, GlobalId, Local, OverflowOp, TrapKind};
use super::{Type, Value, VariableId};
use crate::diagnostic::Span;

/// Takes a function's instructions, block by block, each block without interruption.
///
/// What is read of a local counts as its value only until the local is next written, but for [`Self::kept`]: other
/// builders than that of the IR may give the local's own place. A language whose order of evaluation leaves no doubt
/// about its values, as [`crate::lang::c`] checks it, needs nothing more.
pub trait Build {
    /// A new block, empty and not sealed; the current block stays.
    fn block(&mut self) -> BlockId;

    /// An explicit parameter of `block`, for which every jump there passes an argument. To be asked for before the
    /// block is entered or jumped to.
    fn block_parameter(&mut self, block: BlockId, ty: Type) -> Value;

    /// Makes `block` current. It must be without a terminator.
    fn switch_to(&mut self, block: BlockId);

    /// Declares that no more jumps to `block` will come.
    fn seal(&mut self, block: BlockId);

    /// Whether the current block has its terminator.
    fn is_terminated(&self) -> bool;

    /// A new local. A read on a path where it was never set gives 0.
    fn local(&mut self, ty: Type) -> Local;

    /// Sets a local; gives the value under the name by which it is known from here on.
    fn set(&mut self, local: Local, value: Value) -> Value;

    /// The value of a local here.
    fn get(&mut self, local: Local) -> Value;

    /// The type of a value.
    fn type_of(&self, value: Value) -> Type;

    /// A constant.
    fn constant(&mut self, ty: Type, value: i64) -> Value;

    /// `left op right`
    fn binary(&mut self, op: BinaryOp, left: Value, right: Value) -> Value;

    /// Whether `left op right` overflows, an i1.
    fn overflows(&mut self, op: OverflowOp, left: Value, right: Value) -> Value;

    /// `left condition right`, an i1.
    fn compare(&mut self, condition: Condition, left: Value, right: Value) -> Value;

    /// `operand` as a `ty`.
    fn convert(&mut self, op: ConvertOp, operand: Value, ty: Type) -> Value;

    /// A pointer to a new object of `bytes` bytes.
    fn allocate(&mut self, bytes: u32) -> Value;

    /// The pointer `base + index * scale`.
    fn index(&mut self, base: Value, index: Value, scale: u32) -> Value;

    /// The pointer `base + index * scale`, within its object or just behind it.
    fn advance(&mut self, base: Value, index: Value, scale: u32) -> Value;

    /// A pointer to a global.
    fn global(&mut self, global: GlobalId) -> Value;

    /// The `ty` at `address + offset`.
    fn load(&mut self, ty: Type, address: Value, offset: i32) -> Value;

    /// Writes `value` at `address + offset`.
    fn store(&mut self, value: Value, address: Value, offset: i32);

    /// Traps where `condition` is 1.
    fn trap_if(&mut self, condition: Value, kind: TrapKind);

    /// Calls `function`, which returns `returns`.
    fn call(&mut self, function: FunctionId, arguments: &[Value], returns: &[Type]) -> Vec<Value>;

    /// Uses fuel for the source at `span`.
    fn fuel(&mut self, amount: u32, span: Span);

    /// A source variable for [`Self::note`].
    fn variable(&mut self, name: &str) -> VariableId;

    /// Tells tracers that `variable` now has `value`.
    fn note(&mut self, variable: VariableId, value: Value);

    /// Goes on at `block`.
    fn jump(&mut self, block: BlockId, arguments: &[Value]);

    /// Goes on at one of two blocks.
    fn branch(&mut self, condition: Value, then: (BlockId, &[Value]), otherwise: (BlockId, &[Value]));

    /// Returns to the caller.
    fn ret(&mut self, values: &[Value]);

    /// Traps.
    fn trap(&mut self, kind: TrapKind);

    /// What was read of a local, to be used after the local is written.
    fn kept(&mut self, value: Value) -> Value {
        value
    }

    /// `left op right`, which traps where it overflows.
    fn checked(&mut self, op: OverflowOp, left: Value, right: Value) -> Value {
        let overflows = self.overflows(op, left, right);
        self.trap_if(overflows, TrapKind::IntegerOverflow);
        let op = match op {
            OverflowOp::Add => BinaryOp::Add,
            OverflowOp::Sub => BinaryOp::Sub,
            OverflowOp::Mul => BinaryOp::Mul,
        };
        self.binary(op, left, right)
    }
}
