//! Steps to instructions, as people read them.

use super::names::mnemonic;
use super::{Layout, NUMBER, Operation, Place, Step};
use crate::diagnostic::Span;
use crate::lang::x86::ast::{Instruction, Label, LabelId, Program};
use crate::lang::x86::forms::{self, Memory, Operand};
use compact_str::format_compact;
use iced_x86::Register;
use std::collections::BTreeMap;

/// The program that steps are; labels are numbered in the order in which they stand.
///
/// # Panics
/// For steps that [`super::Steps::push`] would not take.
pub fn program(steps: &[Step], layout: &Layout) -> Program {
    let jump = |step: &&Step| matches!(step.operation, Operation::Jump | Operation::JumpIf);
    let targets: BTreeMap<u32, ()> = steps.iter().filter(jump).map(|step| (step.value as u32, ())).collect();
    let labels: Vec<Label> = (1..)
        .zip(targets.keys())
        .map(|(number, at)| Label { name: format_compact!(".L{number}"), at: *at, span: Span::default() })
        .collect();
    let target = |step: &Step| {
        let number = labels.iter().position(|label| label.at == step.value as u32);
        number.map(|number| LabelId(number as u32))
    };
    let instructions = steps
        .iter()
        .map(|step| {
            let target = jump(&step).then(|| target(step)).flatten();
            Instruction { code: instruction(step, layout), target, span: Span::default() }
        })
        .collect();
    Program { instructions, labels }
}

/// The instruction that a step is; of a jump, without its target.
fn instruction(step: &Step, layout: &Layout) -> iced_x86::Instruction {
    use Operation::*;
    let operand = |cell: u8| match layout.place(cell) {
        Place::Register(number) => Operand::Register(Register::EAX + u32::from(number)),
        Place::Slot(slot) => Operand::Memory(Memory {
            base: Register::RBP,
            index: Register::None,
            scale: 1,
            displacement: -4 * i32::from(slot),
            width: Some(32),
        }),
    };
    let source = || if step.from == NUMBER { Operand::Immediate(step.value.into()) } else { operand(step.from) };
    let operands = match step.operation {
        Jump | JumpIf => vec![Operand::Immediate(0)],
        Negate | Not | Increment | Decrement => vec![operand(step.to)],
        Multiply if step.from == NUMBER => vec![operand(step.to), operand(step.to), source()],
        _ => vec![operand(step.to), source()],
    };
    let mnemonic = mnemonic(step.operation, step.condition);
    let form = |form: &&forms::Form| form.slots.len() == 1;
    match step.operation {
        Jump | JumpIf => {
            forms::build(forms::forms(mnemonic).iter().find(form).expect("jumps have a target"), &operands)
        }
        _ => forms::select(mnemonic, &operands, Some(32), None).expect("the step was checked"),
    }
}
