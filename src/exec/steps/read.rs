//! Decoded instructions to steps.

use super::names::operation;
use super::{Layout, NUMBER, Operation, Place, Step};
use crate::lang::x86::ast::{Instruction, Program};
use crate::lang::x86::forms;
use iced_x86::{Code, ConditionCode, Mnemonic, OpCodeOperandKind, OpKind, Register};
use std::sync::LazyLock;

/// Why a program does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("instruction {step}: {why}")]
pub struct Unfit {
    /// The instruction's number.
    pub step: usize,
    /// What about it.
    pub why: &'static str,
}

/// What an instruction does, of how many operands, on which condition.
#[derive(Clone, Copy)]
struct Meaning {
    operation: Operation,
    operands: u8,
    condition: ConditionCode,
}

/// What each of the processor's codes does, where a step does it.
static MEANINGS: LazyLock<Vec<Option<Meaning>>> = LazyLock::new(|| {
    let mut meanings = vec![None; Code::values().len()];
    let all = (0..Mnemonic::values().len()).filter_map(|number| Mnemonic::try_from(number).ok());
    for form in all.flat_map(forms::forms) {
        let plain = form.slots.iter().all(|slot| {
            use OpCodeOperandKind::*;
            matches!(
                slot.kind,
                r32_or_mem | r32_reg | r32_rm | r32_opcode | eax | imm8 | imm8sex32 | imm32 | imm8_const_1
            ) || matches!(slot.kind, br64_1 | br64_4)
        });
        let operands = form.slots.len() as u8;
        let known = match form.code.mnemonic() {
            // The product of twice the width.
            Mnemonic::Imul if operands == 1 => None,
            Mnemonic::Ret => Some((Operation::Jump, ConditionCode::None)),
            mnemonic => operation(mnemonic),
        };
        if let Some((operation, condition)) = known.filter(|_| plain) {
            meanings[form.code as usize] = Some(Meaning { operation, operands, condition });
        }
    }
    meanings
});

/// Appends a program's steps, one an instruction.
pub fn read(program: &Program, layout: &Layout, steps: &mut Vec<Step>) -> Result<(), Unfit> {
    let meanings = &MEANINGS[..];
    for (number, instruction) in program.instructions.iter().enumerate() {
        let meaning = meanings[instruction.code.code() as usize];
        let told = || "no step does this";
        let step = meaning
            .ok_or_else(told)
            .and_then(|meaning| read_one(program, instruction, meaning, layout))
            .map_err(|why| Unfit { step: number, why })?;
        steps.push(step);
    }
    Ok(())
}

#[inline]
fn read_one(
    program: &Program,
    instruction: &Instruction,
    meaning: Meaning,
    layout: &Layout,
) -> Result<Step, &'static str> {
    let code = &instruction.code;
    let Meaning { operation, operands, condition } = meaning;
    let mut step = Step { operation, condition, to: 0, from: NUMBER, value: 0 };
    match operation {
        Operation::Jump | Operation::JumpIf => {
            // What returns from the outermost function is at its end.
            let at = |label: crate::lang::x86::ast::LabelId| program.labels[label.0 as usize].at;
            step.value = instruction.target.map_or(program.instructions.len() as u32, at) as i32;
        }
        _ => {
            step.to = cell(code, code.op0_kind(), code.op0_register(), layout)?;
            if operands > 1 {
                let (kind, register) = match operands {
                    2 => (code.op1_kind(), code.op1_register()),
                    // A multiplication by a number, in place.
                    _ if cell(code, code.op1_kind(), code.op1_register(), layout)? == step.to => {
                        (code.op2_kind(), code.op2_register())
                    }
                    _ => return Err("its operand and its destination are not the same"),
                };
                match kind {
                    OpKind::Immediate32 => step.value = code.immediate32() as i32,
                    OpKind::Immediate8to32 => step.value = code.immediate8to32(),
                    OpKind::Immediate8 => step.value = i32::from(code.immediate8()),
                    _ => step.from = cell(code, kind, register, layout)?,
                }
            }
        }
    }
    Ok(step)
}

#[inline]
fn cell(code: &iced_x86::Instruction, kind: OpKind, register: Register, layout: &Layout) -> Result<u8, &'static str> {
    if kind == OpKind::Register {
        return match register {
            Register::ESP | Register::EBP => Err("it uses a pointer as a number"),
            _ => Ok(layout.cells[(register as u32 - Register::EAX as u32) as usize & 15]),
        };
    }
    let offset = code.memory_displacement64().wrapping_neg();
    let plain = kind == OpKind::Memory
        && code.memory_base() == Register::RBP
        && code.memory_index() == Register::None
        && offset.is_multiple_of(4)
        && offset / 4 < layout.slots as u64;
    if plain { Ok((layout.registers.len() as u64 + offset / 4) as u8) } else { Err("its memory is no slot of RAM") }
}

/// Whether there are instructions for steps.
pub fn check(steps: &[Step], layout: &Layout) -> Result<(), Unfit> {
    steps
        .iter()
        .enumerate()
        .try_for_each(|(number, step)| sound(step, steps.len(), layout).map_err(|why| Unfit { step: number, why }))
}

fn sound(step: &Step, steps: usize, layout: &Layout) -> Result<(), &'static str> {
    use Operation::*;
    let conditional = matches!(step.operation, MoveIf | JumpIf);
    if conditional == (step.condition == ConditionCode::None) {
        return Err("its condition is missing or too much");
    }
    if step.operation.jumps() {
        let inside = usize::try_from(step.value).is_ok_and(|at| at <= steps);
        return if inside { Ok(()) } else { Err("it jumps out of the program") };
    }
    let exists = |cell: u8| usize::from(cell) < layout.cells();
    if !exists(step.to) || step.from != NUMBER && !exists(step.from) {
        return Err("there is no such cell");
    }
    let pointers = [Register::ESP, Register::EBP].map(|register| layout.cell(register));
    if pointers.contains(&step.to) || pointers.contains(&step.from) {
        return Err("it uses a pointer as a number");
    }
    let slot = |cell: u8| cell != NUMBER && matches!(layout.place(cell), Place::Slot(_));
    if slot(step.to) && slot(step.from) {
        return Err("both of its operands are in memory");
    }
    let number = step.from == NUMBER;
    let fits = match step.operation {
        Multiply => !slot(step.to),
        MoveIf => !slot(step.to) && !number,
        // A place in memory comes first; the other order does the same.
        Exchange => !number && !slot(step.from),
        Test => !slot(step.from),
        Negate | Not | Increment | Decrement => number,
        ShiftLeft | ShiftRight | ShiftRightSigned => number && (0..=255).contains(&step.value),
        _ => true,
    };
    if fits { Ok(()) } else { Err("the processor has no such operands for it") }
}

/// Whether some step reads flags. What reads one that the architecture may have left undefined does not fit.
pub fn flags(steps: &[Step]) -> Result<bool, Unfit> {
    use Operation::*;
    let reads = |step: &Step| matches!(step.operation, MoveIf | JumpIf);
    if !steps.iter().any(reads) {
        return Ok(false);
    }
    let jumps = steps.iter().any(|step| step.operation.jumps());
    let mut undefined = false;
    for (number, step) in steps.iter().enumerate() {
        match step.operation {
            Multiply | ShiftLeft | ShiftRight | ShiftRightSigned => undefined = true,
            Add | Subtract | And | Or | Xor | Compare | Test | Negate => undefined = false,
            _ => {}
        }
        // Where there are jumps, what stands before need not be what ran before.
        if undefined && (jumps || reads(step)) {
            return Err(Unfit { step: number, why: "its flags may be undefined where they are read" });
        }
    }
    Ok(true)
}
