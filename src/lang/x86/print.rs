//! The syntax tree as text, by iced-x86's formatters.

use super::ast::{Program, Syntax};
use super::subset;
use iced_x86::{Formatter, FormatterOptions, GasFormatter, IntelFormatter, MemorySizeOptions, NumberBase};
use std::fmt::Write as _;

/// The program in a syntax; parsed again it gives the same program.
pub fn print(program: &Program, syntax: Syntax) -> String {
    let mut formatter: Box<dyn Formatter> = match syntax {
        Syntax::Att => Box::new(GasFormatter::new()),
        Syntax::Intel => Box::new(IntelFormatter::new()),
    };
    settings(formatter.options_mut());
    // Whether a byte is set is no question of width.
    let mut bare = GasFormatter::new();
    settings(bare.options_mut());
    bare.options_mut().set_gas_show_mnemonic_size_suffix(false);
    let mut out = String::new();
    if syntax == Syntax::Intel {
        out.push_str(".intel_syntax noprefix\n");
    }
    let mut labels: Vec<_> = program.labels.iter().collect();
    labels.sort_by_key(|label| label.at);
    let mut labels = labels.into_iter().peekable();
    for number in 0..=program.instructions.len() {
        while let Some(label) = labels.next_if(|label| label.at as usize == number) {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{}:", label.name);
        }
        let Some(instruction) = program.instructions.get(number) else { break };
        out.push_str("    ");
        match instruction.target {
            Some(label) => {
                let mut word = String::new();
                formatter.format_mnemonic(&instruction.code, &mut word);
                // A suffix tells nothing where there is a label.
                let word = if word.starts_with("call") { "call" } else { word.as_str() };
                let _ = write!(out, "{word} {}", program.labels[label.0 as usize].name);
            }
            None if instruction.code.is_string_instruction() => out.push_str(&string(&instruction.code, syntax)),
            None if syntax == Syntax::Att && is_set(&instruction.code) => bare.format(&instruction.code, &mut out),
            None => formatter.format(&instruction.code, &mut out),
        }
        out.push('\n');
    }
    out
}

/// A string instruction without its operands, which are always the same.
fn string(code: &iced_x86::Instruction, syntax: Syntax) -> String {
    let word = subset::string_word(code.code()).unwrap_or_default();
    let word = match word.strip_suffix('l') {
        Some(stem) if syntax == Syntax::Intel => format!("{stem}d"),
        _ => word.to_owned(),
    };
    if code.has_rep_prefix() { format!("rep {word}") } else { word }
}

/// Whether an instruction sets a byte on a condition.
fn is_set(code: &iced_x86::Instruction) -> bool {
    code.condition_code() != iced_x86::ConditionCode::None && code.op_count() == 1 && !code.is_jcc_short_or_near()
}

fn settings(options: &mut FormatterOptions) {
    options.set_space_after_operand_separator(true);
    options.set_gas_show_mnemonic_size_suffix(true);
    options.set_number_base(NumberBase::Decimal);
    options.set_signed_immediate_operands(true);
    options.set_signed_memory_displacements(true);
    options.set_small_hex_numbers_in_decimal(true);
    options.set_show_branch_size(false);
    options.set_space_between_memory_add_operators(true);
    options.set_rip_relative_addresses(false);
    options.set_memory_size_options(MemorySizeOptions::Always);
}
