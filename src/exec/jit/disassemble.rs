//! Machine code as assembly text, in AT&T syntax as gcc prints it.

use super::MachineCode;
use iced_x86::{Decoder, DecoderOptions, FlowControl, Formatter, GasFormatter, Instruction};
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
            for instruction in instructions(&function.bytes) {
                write!(text, "{:6x}:  ", instruction.ip())?;
                formatter.format(&instruction, &mut text);
                text.push('\n');
            }
            Ok(())
        };
        write().expect("writing to a string does not fail");
    }
    text
}

/// The instructions of a function; constants that lie behind them are not among them.
fn instructions(bytes: &[u8]) -> Vec<Instruction> {
    let mut all = Vec::new();
    let mut farthest = 0;
    for instruction in Decoder::with_ip(64, bytes, 0, DecoderOptions::NONE).iter() {
        all.push(instruction);
        let flow = instruction.flow_control();
        if matches!(flow, FlowControl::ConditionalBranch | FlowControl::UnconditionalBranch) {
            farthest = farthest.max(instruction.near_branch_target());
        }
        // Nothing leads beyond.
        if matches!(flow, FlowControl::Return | FlowControl::UnconditionalBranch) && instruction.next_ip() > farthest {
            break;
        }
    }
    all
}
