//! Which instruction each operation is, in both directions.

use super::Operation;
use crate::lang::x86::{forms, subset};
use iced_x86::{ConditionCode, Mnemonic};
use std::sync::LazyLock;

const PLAIN: [(Operation, Mnemonic); 18] = [
    (Operation::Move, Mnemonic::Mov),
    (Operation::Add, Mnemonic::Add),
    (Operation::Subtract, Mnemonic::Sub),
    (Operation::Multiply, Mnemonic::Imul),
    (Operation::And, Mnemonic::And),
    (Operation::Or, Mnemonic::Or),
    (Operation::Xor, Mnemonic::Xor),
    (Operation::Compare, Mnemonic::Cmp),
    (Operation::Test, Mnemonic::Test),
    (Operation::Exchange, Mnemonic::Xchg),
    (Operation::Negate, Mnemonic::Neg),
    (Operation::Not, Mnemonic::Not),
    (Operation::Increment, Mnemonic::Inc),
    (Operation::Decrement, Mnemonic::Dec),
    (Operation::ShiftLeft, Mnemonic::Shl),
    (Operation::ShiftRight, Mnemonic::Shr),
    (Operation::ShiftRightSigned, Mnemonic::Sar),
    (Operation::Jump, Mnemonic::Jmp),
];

/// Jumps and moves on each condition; setting a byte has one operand and is no step.
static CONDITIONAL: LazyLock<Vec<(Operation, ConditionCode, Mnemonic)>> = LazyLock::new(|| {
    let conditional = |mnemonic: Mnemonic| {
        let form = forms::forms(mnemonic).first()?;
        let condition = form.code.condition_code();
        let operation = match form.slots.len() {
            _ if condition == ConditionCode::None => return None,
            2 => Operation::MoveIf,
            _ if form.code.is_jcc_short_or_near() => Operation::JumpIf,
            _ => return None,
        };
        Some((operation, condition, mnemonic))
    };
    subset::mnemonics().filter_map(conditional).collect()
});

/// What an instruction does (with two operands, where it comes with one too), and on which condition.
pub fn operation(mnemonic: Mnemonic) -> Option<(Operation, ConditionCode)> {
    let plain = PLAIN.iter().find(|it| it.1 == mnemonic).map(|it| (it.0, ConditionCode::None));
    plain.or_else(|| CONDITIONAL.iter().find(|it| it.2 == mnemonic).map(|it| (it.0, it.1)))
}

/// The instruction that does it.
pub(super) fn mnemonic(operation: Operation, condition: ConditionCode) -> Mnemonic {
    let plain = PLAIN.iter().find(|it| it.0 == operation).map(|it| it.1);
    let conditional = || CONDITIONAL.iter().find(|it| (it.0, it.1) == (operation, condition)).map(|it| it.2);
    plain.or_else(conditional).expect("the step was checked")
}
