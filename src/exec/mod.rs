//! Running programs: what a run gives ([`Outcome`]), what it may use (fuel, memory), and the [`Engine`] trait that
//! every engine implements. The interpreter ([`interp`]) is the meaning of the IR; other engines must agree with it.

pub mod batch;
pub mod c;
pub mod expand;
pub mod interp;
pub mod jit;
pub mod karel;
pub mod lockstep;
pub mod memory;
pub mod native;
mod relation;
pub mod rows;
pub mod steps;
pub mod trace;

use crate::diagnostic::Span;
use crate::ir::{FunctionId, TrapKind};

/// Fuel a run in synthesis gets.
pub const SYNTHESIS_FUEL: u64 = 10_000;
/// Fuel of `iocc run`.
pub const RUN_FUEL: u64 = 100_000_000;
/// Functions active at once at most, the first one included; one more is [`TrapKind::CallDepth`].
pub const CALL_DEPTH: u32 = 256;

/// What a program did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It returned these values (pointers as in [`crate::ir`]); memory counts.
    Returned(Vec<i64>),
    /// It stopped where its language forbids going on; memory does not count.
    Trapped(Trap),
    /// It used up its fuel; memory does not count.
    OutOfFuel,
}

/// Why and where a program stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trap {
    /// Why.
    pub kind: TrapKind,
    /// The statement or loop test that was running: the span of the last [`crate::ir::Inst::Fuel`] of this call (of the
    /// caller again, once a callee has returned).
    pub at: Span,
}

/// One argument of a call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Argument {
    /// A scalar, sign-extended.
    Scalar(i64),
    /// An array of i32, an object of its own; after a run that returned it holds what the program left there.
    Array(Vec<i32>),
}

/// A run's outcome and the fuel it used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// What it did.
    pub outcome: Outcome,
    /// Fuel used.
    pub fuel: u64,
}

/// Runs the functions of one program. An engine is made from a verified [`crate::ir::Program`] and may be used for any
/// number of runs; it keeps its buffers between them.
pub trait Engine {
    /// Calls `function` with `arguments`, which must match its parameters (an array for a pointer, object `i + 1` for
    /// argument `i`; a scalar otherwise), on at most `fuel`. Arrays are overwritten in place where the run returned,
    /// and unspecified otherwise.
    fn run(&mut self, function: FunctionId, arguments: &mut [Argument], fuel: u64) -> Run;
}
