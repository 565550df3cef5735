//! IR to machine code by Cranelift. The interpreter is the meaning of the IR; compiled code gives the same outcome, the
//! same trap at the same statement, the same memory and the same fuel. Where a program does what compiled code was not
//! made for (a pointer to an object that is gone, arguments of another kind than its parameters, a frame beyond all
//! measure), the interpreter runs it.
//!
//! [`Compiler`] makes [`Code`]; [`Jit`] runs it, one for each thread. All `unsafe` that running machine code needs is
//! in this folder: `machine` for the memory that it works on, `compile` for the code itself, `run` for the call.

mod access;
mod analysis;
mod arithmetic;
mod call;
mod compile;
#[cfg(target_arch = "x86_64")]
mod disassemble;
mod facts;
mod machine;
#[cfg(test)]
pub(in crate::exec) mod random;
mod run;
mod status;
mod stop;
#[cfg(test)]
mod tests;
mod translate;

pub use compile::{Code, Compiler, Effort, JitError, MachineCode};
#[cfg(target_arch = "x86_64")]
pub use disassemble::disassemble;
pub use run::Jit;
