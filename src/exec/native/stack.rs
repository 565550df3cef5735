//! How deep the stack is wherever a program may be, so that `ret` surely leads back to where the function was called
//! from. Each function, and the program itself, is followed on its own: a call leaves the stack as it was.

use crate::lang::x86::ast::{Instruction, Program};
use iced_x86::{Mnemonic, Register};

/// Words that were pushed since a function was entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Depth {
    Words(u32),
    /// Ways with different depths meet here.
    Unknown,
}

/// Checks that the program and its functions return only where they were called from; else gives the instruction that
/// may not, and why. Nothing but `push`, `pop`, `call` and `ret` must move the stack.
pub fn check(program: &Program) -> Result<(), (usize, &'static str)> {
    let calls = program.instructions.iter().filter(|instruction| is(instruction, Mnemonic::Call));
    let mut called: Vec<usize> = calls.filter_map(|call| target(program, call)).collect();
    called.sort_unstable();
    called.dedup();
    function(program, 0, false)?;
    called.into_iter().try_for_each(|entry| function(program, entry, true))
}

fn is(instruction: &Instruction, mnemonic: Mnemonic) -> bool {
    instruction.code.mnemonic() == mnemonic
}

fn target(program: &Program, instruction: &Instruction) -> Option<usize> {
    instruction.target.map(|label| program.labels[label.0 as usize].at as usize)
}

/// Follows all ways from a function's first instruction.
fn function(program: &Program, entry: usize, called: bool) -> Result<(), (usize, &'static str)> {
    let end = program.instructions.len();
    let mut depths: Vec<Option<Depth>> = vec![None; end];
    let mut todo = vec![(entry, Depth::Words(0), entry)];
    while let Some((at, depth, from)) = todo.pop() {
        if at == end {
            if called {
                return Err((from, "a function that is called goes on to the program's end"));
            }
            continue;
        }
        let joined = match depths[at] {
            Some(known) if known == depth || known == Depth::Unknown => continue,
            Some(_) => Depth::Unknown,
            None => depth,
        };
        depths[at] = Some(joined);
        let instruction = &program.instructions[at];
        let after = step(instruction, joined).map_err(|message| (at, message))?;
        if !is(instruction, Mnemonic::Call) {
            todo.extend(target(program, instruction).map(|to| (to, after, at)));
        }
        if !matches!(instruction.code.mnemonic(), Mnemonic::Jmp | Mnemonic::Ret) {
            todo.push((at + 1, after, at));
        }
    }
    Ok(())
}

/// The depth behind an instruction.
fn step(instruction: &Instruction, depth: Depth) -> Result<Depth, &'static str> {
    match (instruction.code.mnemonic(), depth) {
        (Mnemonic::Push, Depth::Words(words)) => Ok(Depth::Words(words.saturating_add(1))),
        (Mnemonic::Pop, _) if instruction.code.op0_register() == Register::RSP => Err("it writes `rsp`"),
        (Mnemonic::Pop, Depth::Words(0)) => Err("it pops the address that the function returns to"),
        (Mnemonic::Pop, Depth::Words(words)) => Ok(Depth::Words(words - 1)),
        (Mnemonic::Ret, Depth::Words(0)) => Ok(depth),
        (Mnemonic::Ret, Depth::Words(_)) => Err("it returns to what was pushed"),
        (Mnemonic::Pop | Mnemonic::Ret, Depth::Unknown) => Err("how deep the stack is shows only when it runs"),
        _ => Ok(depth),
    }
}
