//! Machine code as assembly text, in AT&T syntax as gcc prints it.

use super::MachineCode;
use iced_x86::{Decoder, DecoderOptions, Formatter, GasFormatter, Instruction};
use std::fmt::Write;

/// The functions, one instruction a line; addresses count from each function's first byte. Calls of other functions
/// go nowhere yet. What does not decode is told as `(bad)`.
pub fn disassemble(functions: &[MachineCode]) -> String {
    let mut formatter = GasFormatter::new();
    formatter.options_mut().set_space_after_operand_separator(true);
    let mut text = String::new();
    for (number, function) in functions.iter().enumerate() {
        if number > 0 {
            text.push('\n');
        }
        let mut write = || -> std::fmt::Result {
            writeln!(text, "{}:", function.name)?;
            for instruction in Decoder::with_ip(64, &function.bytes, 0, DecoderOptions::NONE).iter() {
                write!(text, "{:6x}:  ", instruction.ip())?;
                line(&mut text, &mut formatter, &instruction);
                text.push('\n');
            }
            Ok(())
        };
        write().expect("writing to a string does not fail");
    }
    text
}

fn line(text: &mut String, formatter: &mut GasFormatter, instruction: &Instruction) {
    formatter.format(instruction, text);
}
