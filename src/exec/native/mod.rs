//! x86 programs on this processor. What runs was checked before: instructions of the subset only, memory operands that
//! are within the area handed in, jumps within the program (`ret` goes where the program's
//! stack says). It runs in a child process: faults and endless loops are led to the way out there, and what goes wrong
//! beyond that ends the child alone; the parent reads what it left in shared memory and goes on with the next run.
//!
//! Code is written while its pages are writable, and becomes executable, and read-only, once for all programs of a call.

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod assemble;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
pub mod batch;
mod check;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod code;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod fault;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod pages;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod process;
mod stack;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod worker;

use super::{Outcome, Run};
use crate::lang::x86::Machine;
use crate::lang::x86::ast::Program;

/// Why programs do not run natively.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NativeError {
    /// An instruction does what cannot be checked before it runs.
    #[error("instruction {instruction} does not run natively: {message}")]
    Unchecked {
        /// Its number.
        instruction: usize,
        /// Why not.
        message: String,
    },
    /// The machine is another one.
    #[error("there is no native engine on this machine (it needs Linux on x86-64)")]
    NotHere,
    /// The operating system says no.
    #[error("the operating system: {0}")]
    System(String),
}

/// Seconds of the processor's time that one run gets.
pub const LIMIT_SECONDS: i64 = 1;

/// Runs one program on each machine, which then holds what the run left. Fuel is not counted: it is 0.
pub fn run(program: &Program, machines: &mut [Machine]) -> Result<Vec<Run>, NativeError> {
    let jobs: Vec<(usize, &mut Machine)> = machines.iter_mut().map(|machine| (0, machine)).collect();
    run_all(&[program], jobs)
}

/// Runs programs, each on the machines that name it by its number.
pub fn run_all(programs: &[&Program], jobs: Vec<(usize, &mut Machine)>) -> Result<Vec<Run>, NativeError> {
    let mut least = vec![usize::MAX; programs.len()];
    jobs.iter().for_each(|(program, machine)| least[*program] = least[*program].min(machine.memory.len()));
    for (program, words) in programs.iter().zip(least).filter(|(_, words)| *words != usize::MAX) {
        check::check(program, words)?;
    }
    let outcomes = run_checked(programs, jobs)?;
    Ok(outcomes.into_iter().map(|outcome| Run { outcome, fuel: 0 }).collect())
}

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
fn run_checked(programs: &[&Program], jobs: Vec<(usize, &mut Machine)>) -> Result<Vec<Outcome>, NativeError> {
    process::run(programs, jobs)
}

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
fn run_checked(_: &[&Program], _: Vec<(usize, &mut Machine)>) -> Result<Vec<Outcome>, NativeError> {
    Err(NativeError::NotHere)
}
