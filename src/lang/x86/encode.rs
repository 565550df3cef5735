//! Instructions to machine code, by iced-x86; jumps are as short as they can be.

use super::ast::Program;
use iced_x86::{Encoder, Instruction};

/// Why a program has no machine code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("instruction {instruction} cannot be encoded: {message}")]
pub struct EncodeError {
    /// Its number.
    pub instruction: usize,
    /// What iced-x86 says.
    pub message: String,
}

/// The machine code of a program that is loaded at `address`, and where each instruction begins in it; the last entry
/// is its length.
pub fn encode(program: &Program, address: u64) -> Result<(Vec<u8>, Vec<usize>), EncodeError> {
    let mut code: Vec<Instruction> = program.instructions.iter().map(|instruction| instruction.code).collect();
    // Decoded jumps are as long as they were.
    code.iter_mut().for_each(|instruction| instruction.set_code(instruction.code().as_short_branch()));
    let mut starts = vec![0; code.len() + 1];
    if program.instructions.iter().any(|instruction| instruction.target.is_some()) {
        // Where jumps lead is only known once the lengths are: those that turn out too long become near ones.
        while measure(program, &mut code, &mut starts, address)? {}
    }
    let mut encoder = Encoder::new(64);
    for (number, instruction) in code.iter().enumerate() {
        let at = address.wrapping_add(starts[number] as u64);
        let length = encoder.encode(instruction, at).map_err(|error| failed(number, &error))?;
        starts[number + 1] = starts[number] + length;
    }
    Ok((encoder.take_buffer(), starts))
}

/// Finds where each instruction begins and lets the jumps lead there; whether one of them had to grow for that.
fn measure(
    program: &Program,
    code: &mut [Instruction],
    starts: &mut [usize],
    address: u64,
) -> Result<bool, EncodeError> {
    let mut encoder = Encoder::new(64);
    for (number, instruction) in code.iter_mut().enumerate() {
        if program.instructions[number].target.is_some() {
            instruction.set_near_branch64(0);
        }
        let length = encoder.encode(instruction, 0).map_err(|error| failed(number, &error))?;
        starts[number + 1] = starts[number] + length;
    }
    let mut grown = false;
    for (number, instruction) in program.instructions.iter().enumerate() {
        let Some(label) = instruction.target else { continue };
        let to = starts[program.labels[label.0 as usize].at as usize];
        let distance = to as i64 - starts[number + 1] as i64;
        let short = code[number].code().is_jcc_short() || code[number].code().is_jmp_short();
        if short && i8::try_from(distance).is_err() {
            let near = code[number].code().as_near_branch();
            code[number].set_code(near);
            grown = true;
        }
        code[number].set_near_branch64(address.wrapping_add(to as u64));
    }
    Ok(grown)
}

fn failed(instruction: usize, error: &iced_x86::IcedError) -> EncodeError {
    EncodeError { instruction, message: error.to_string() }
}
