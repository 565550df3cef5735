//! What a program must keep to, so that it can be run as it is.

use super::{NativeError, stack};
use crate::lang::x86::ast::Program;
use iced_x86::{Instruction, InstructionInfoFactory, Mnemonic, OpAccess, OpKind, Register};

/// Checks a program that gets so many words of memory.
pub fn check(program: &Program, words: usize) -> Result<(), NativeError> {
    let mut info = InstructionInfoFactory::new();
    let wrong = |instruction: usize, message: &str| NativeError::Unchecked { instruction, message: message.to_owned() };
    let mut returns = false;
    for (instruction, item) in program.instructions.iter().enumerate() {
        allowed(&item.code, words, &mut info).map_err(|message| wrong(instruction, message))?;
        returns |= matches!(item.code.mnemonic(), Mnemonic::Call | Mnemonic::Pop | Mnemonic::Ret);
    }
    // What calls and pops nothing never leads to what is on the stack.
    if !returns {
        return Ok(());
    }
    stack::check(program).map_err(|(instruction, message)| wrong(instruction, message))
}

fn allowed(code: &Instruction, words: usize, info: &mut InstructionInfoFactory) -> Result<(), &'static str> {
    use Mnemonic::{Call, Lea, Leave, Nop, Pop, Push, Ret};
    let moves_stack = matches!(code.mnemonic(), Push | Pop | Call | Ret);
    if code.mnemonic() == Leave {
        return Err("it sets `rsp`");
    }
    for used in info.info(code).used_registers() {
        let written = !matches!(used.access(), OpAccess::Read | OpAccess::CondRead);
        match used.register().full_register() {
            Register::RBP if written => return Err("it writes `rbp`, which addresses the memory"),
            Register::RSP if written && !moves_stack => return Err("it writes `rsp`"),
            _ => {}
        }
    }
    if code.is_string_instruction() {
        return Err("where its memory operand is shows only when it runs");
    }
    if matches!(code.mnemonic(), Lea | Nop) {
        return Ok(());
    }
    for operand in 0..code.op_count() {
        if code.op_kind(operand) != OpKind::Memory {
            continue;
        }
        if code.memory_base() != Register::RBP || code.memory_index() != Register::None {
            return Err("where its memory operand is shows only when it runs");
        }
        // `rbp` points to the last word of the area.
        let from = code.memory_displacement64() as i64 + 4 * words as i64 - 4;
        let bytes = code.memory_size().size() as i64;
        if from < 0 || from + bytes > 4 * words as i64 {
            return Err("its memory operand is outside the area");
        }
        if must_be_aligned(code) {
            return Err("its memory operand must be aligned, which only shows when it runs");
        }
    }
    Ok(())
}

/// Vector operations read memory at multiples of 16 only.
fn must_be_aligned(code: &Instruction) -> bool {
    code.memory_size().size() == 16 && !matches!(code.mnemonic(), Mnemonic::Movdqu | Mnemonic::Movups)
}
