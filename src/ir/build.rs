//! What a lowering builds: a function of the IR, or at once the code of an engine that can do without.

use super::{BinaryOp, BlockId, Condition, ConvertOp, FunctionId, GlobalId, Local, OverflowOp, TrapKind};
use super::{FunctionBuilder, Type, Value, VariableId};
use crate::diagnostic::Span;

/// Takes a function's instructions, block by block, each block without interruption. [`FunctionBuilder`] says what each
/// method means.
///
/// What is read of a local counts as its value only until the local is next written, but for [`Self::kept`]: other
/// builders than that of the IR may give the local's own place. A language whose order of evaluation leaves no doubt
/// about its values, as [`crate::lang::c`] checks it, needs nothing more.
#[allow(missing_docs)]
pub trait Build {
    fn block(&mut self) -> BlockId;
    fn block_parameter(&mut self, block: BlockId, ty: Type) -> Value;
    fn switch_to(&mut self, block: BlockId);
    fn seal(&mut self, block: BlockId);
    fn is_terminated(&self) -> bool;
    fn local(&mut self, ty: Type) -> Local;
    /// The value under the name by which it is known from here on.
    fn set(&mut self, local: Local, value: Value) -> Value;
    fn get(&mut self, local: Local) -> Value;
    fn type_of(&self, value: Value) -> Type;
    fn constant(&mut self, ty: Type, value: i64) -> Value;
    fn binary(&mut self, op: BinaryOp, left: Value, right: Value) -> Value;
    fn overflows(&mut self, op: OverflowOp, left: Value, right: Value) -> Value;
    fn compare(&mut self, condition: Condition, left: Value, right: Value) -> Value;
    fn convert(&mut self, op: ConvertOp, operand: Value, ty: Type) -> Value;
    fn allocate(&mut self, bytes: u32) -> Value;
    fn index(&mut self, base: Value, index: Value, scale: u32) -> Value;
    fn advance(&mut self, base: Value, index: Value, scale: u32) -> Value;
    fn global(&mut self, global: GlobalId) -> Value;
    fn load(&mut self, ty: Type, address: Value, offset: i32) -> Value;
    fn store(&mut self, value: Value, address: Value, offset: i32);
    fn trap_if(&mut self, condition: Value, kind: TrapKind);
    fn call(&mut self, function: FunctionId, arguments: &[Value], returns: &[Type]) -> Vec<Value>;
    fn fuel(&mut self, amount: u32, span: Span);
    fn variable(&mut self, name: &str) -> VariableId;
    fn note(&mut self, variable: VariableId, value: Value);
    fn jump(&mut self, block: BlockId, arguments: &[Value]);
    fn branch(&mut self, condition: Value, then: (BlockId, &[Value]), otherwise: (BlockId, &[Value]));
    fn ret(&mut self, values: &[Value]);
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

/// Each method is that of the same name.
macro_rules! same {
    ($(fn $name:ident(&mut self $(, $argument:ident: $ty:ty)*) $(-> $result:ty)?;)*) => {
        $(
            #[inline]
            fn $name(&mut self $(, $argument: $ty)*) $(-> $result)? {
                FunctionBuilder::$name(self $(, $argument)*)
            }
        )*
    };
}

impl Build for FunctionBuilder {
    same! {
        fn block(&mut self) -> BlockId;
        fn block_parameter(&mut self, block: BlockId, ty: Type) -> Value;
        fn switch_to(&mut self, block: BlockId);
        fn seal(&mut self, block: BlockId);
        fn local(&mut self, ty: Type) -> Local;
        fn get(&mut self, local: Local) -> Value;
        fn constant(&mut self, ty: Type, value: i64) -> Value;
        fn binary(&mut self, op: BinaryOp, left: Value, right: Value) -> Value;
        fn overflows(&mut self, op: OverflowOp, left: Value, right: Value) -> Value;
        fn compare(&mut self, condition: Condition, left: Value, right: Value) -> Value;
        fn convert(&mut self, op: ConvertOp, operand: Value, ty: Type) -> Value;
        fn allocate(&mut self, bytes: u32) -> Value;
        fn index(&mut self, base: Value, index: Value, scale: u32) -> Value;
        fn advance(&mut self, base: Value, index: Value, scale: u32) -> Value;
        fn global(&mut self, global: GlobalId) -> Value;
        fn load(&mut self, ty: Type, address: Value, offset: i32) -> Value;
        fn store(&mut self, value: Value, address: Value, offset: i32);
        fn trap_if(&mut self, condition: Value, kind: TrapKind);
        fn call(&mut self, function: FunctionId, arguments: &[Value], returns: &[Type]) -> Vec<Value>;
        fn fuel(&mut self, amount: u32, span: Span);
        fn variable(&mut self, name: &str) -> VariableId;
        fn note(&mut self, variable: VariableId, value: Value);
        fn jump(&mut self, block: BlockId, arguments: &[Value]);
        fn branch(&mut self, condition: Value, then: (BlockId, &[Value]), otherwise: (BlockId, &[Value]));
        fn ret(&mut self, values: &[Value]);
        fn trap(&mut self, kind: TrapKind);
    }

    #[inline]
    fn is_terminated(&self) -> bool {
        FunctionBuilder::is_terminated(self)
    }

    #[inline]
    fn set(&mut self, local: Local, value: Value) -> Value {
        FunctionBuilder::set(self, local, value);
        value
    }

    #[inline]
    fn type_of(&self, value: Value) -> Type {
        FunctionBuilder::type_of(self, value)
    }
}
