//! What an instruction does to a state of all examples, and the instructions of a task. What `cmp` leaves is a cell of
//! its own, the last one: the sign of the comparison of signed numbers, or [`UNKNOWN`] behind other instructions.

use super::problem::{Cells, Unsupported};
use crate::exec::steps::{ConditionCode, Layout, NUMBER, Operation, Step, Steps};
use crate::lang::x86::subset;
use iced_x86::Mnemonic;

/// The flags are those of no comparison.
pub const UNKNOWN: i32 = 2;
/// The numbers that instructions may have.
const NUMBERS: std::ops::RangeInclusive<i32> = 0..=9;
/// The numbers that shifts may have.
const COUNTS: [i32; 6] = [1, 2, 3, 4, 5, 31];

/// All steps of these instructions over a layout's cells, in a fixed order.
pub fn actions(words: &[String], layout: &Layout) -> Result<Vec<Step>, Unsupported> {
    let mut all = Vec::new();
    let mut scratch = Steps::default();
    let cells = layout.width() as u8;
    let numbers: Vec<Step> = NUMBERS.map(|value| Step::number(Operation::Move, 0, value)).collect();
    for word in words {
        let (operation, condition) = operation(word)?;
        for to in 0..cells {
            let by_cell = (0..cells).map(|from| Step::cell(Operation::Move, 0, from));
            let shifts = COUNTS.map(|count| Step::number(Operation::Move, 0, count));
            let sources: Vec<Step> = match operation {
                Operation::Negate | Operation::Not | Operation::Increment | Operation::Decrement => {
                    vec![Step::number(Operation::Move, 0, 0)]
                }
                Operation::ShiftLeft | Operation::ShiftRight | Operation::ShiftRightSigned => shifts.to_vec(),
                _ => by_cell.chain(numbers.iter().copied()).collect(),
            };
            for source in sources {
                let step = Step { operation, condition, to, ..source };
                // A choice alone reads flags that nothing has set, which is no fault of its operands.
                let compare = Step::cell(Operation::Compare, 0, 0);
                if scratch.push(&[compare, step], layout).is_ok() && !all.contains(&step) {
                    all.push(step);
                }
            }
        }
    }
    Ok(all)
}

fn operation(word: &str) -> Result<(Operation, ConditionCode), Unsupported> {
    let other = || Unsupported(format!("the search does not know the instruction `{word}`"));
    let known = subset::word(word).filter(|known| known.width.is_none_or(|width| width == 32)).ok_or_else(other)?;
    let plain = |operation| Ok((operation, ConditionCode::None));
    match known.mnemonic {
        Mnemonic::Mov => plain(Operation::Move),
        Mnemonic::Add => plain(Operation::Add),
        Mnemonic::Sub => plain(Operation::Subtract),
        Mnemonic::Imul => plain(Operation::Multiply),
        Mnemonic::And => plain(Operation::And),
        Mnemonic::Or => plain(Operation::Or),
        Mnemonic::Xor => plain(Operation::Xor),
        Mnemonic::Xchg => plain(Operation::Exchange),
        Mnemonic::Neg => plain(Operation::Negate),
        Mnemonic::Not => plain(Operation::Not),
        Mnemonic::Inc => plain(Operation::Increment),
        Mnemonic::Dec => plain(Operation::Decrement),
        Mnemonic::Shl => plain(Operation::ShiftLeft),
        Mnemonic::Shr => plain(Operation::ShiftRight),
        Mnemonic::Sar => plain(Operation::ShiftRightSigned),
        Mnemonic::Cmp => plain(Operation::Compare),
        Mnemonic::Cmovl => Ok((Operation::MoveIf, ConditionCode::l)),
        Mnemonic::Cmovle => Ok((Operation::MoveIf, ConditionCode::le)),
        Mnemonic::Cmovg => Ok((Operation::MoveIf, ConditionCode::g)),
        Mnemonic::Cmovge => Ok((Operation::MoveIf, ConditionCode::ge)),
        Mnemonic::Cmove => Ok((Operation::MoveIf, ConditionCode::e)),
        Mnemonic::Cmovne => Ok((Operation::MoveIf, ConditionCode::ne)),
        _ => Err(other()),
    }
}

/// The state behind a step, and the cells that may have changed; `None` where the step cannot follow.
#[inline(always)]
pub fn child<const CELLS: usize, const EXAMPLES: usize>(
    step: &Step,
    state: &Cells<CELLS, EXAMPLES>,
) -> Option<(Cells<CELLS, EXAMPLES>, [Option<usize>; 2])> {
    use Operation::*;
    let to = usize::from(step.to);
    let flags = CELLS - 1;
    let old = state[to];
    let source = if step.from == NUMBER { [step.value; EXAMPLES] } else { state[usize::from(step.from)] };
    let each = |what: fn(i32, i32) -> i32| std::array::from_fn(|lane| what(old[lane], source[lane]));
    let mut child = *state;
    child[to] = match step.operation {
        Move => source,
        Add => each(i32::wrapping_add),
        Subtract => each(i32::wrapping_sub),
        Multiply => each(i32::wrapping_mul),
        And => each(|old, source| old & source),
        Or => each(|old, source| old | source),
        Xor => each(|old, source| old ^ source),
        Negate => each(|old, _| old.wrapping_neg()),
        Not => each(|old, _| !old),
        Increment => each(|old, _| old.wrapping_add(1)),
        Decrement => each(|old, _| old.wrapping_sub(1)),
        ShiftLeft => each(|old, by| old.wrapping_shl(by as u32)),
        ShiftRight => each(|old, by| (old as u32).wrapping_shr(by as u32) as i32),
        ShiftRightSigned => each(|old, by| old.wrapping_shr(by as u32)),
        Compare => {
            child[flags] = each(|old, source| old.cmp(&source) as i32);
            return Some((child, [Some(flags), None]));
        }
        MoveIf if state[flags][0] != UNKNOWN => {
            std::array::from_fn(|lane| if holds(step.condition, state[flags][lane]) { source[lane] } else { old[lane] })
        }
        Exchange => {
            child[usize::from(step.from)] = old;
            child[to] = source;
            return Some((child, [Some(to), Some(usize::from(step.from)).filter(|from| *from != to)]));
        }
        MoveIf | Test | Jump | JumpIf => return None,
    };
    // These leave flags that are those of no comparison.
    let keeps = matches!(step.operation, Move | Not | MoveIf) || state[flags][0] == UNKNOWN;
    if !keeps {
        child[flags] = [UNKNOWN; EXAMPLES];
    }
    Some((child, [Some(to), (!keeps).then_some(flags)]))
}

#[inline(always)]
fn holds(condition: ConditionCode, sign: i32) -> bool {
    match condition {
        ConditionCode::l => sign < 0,
        ConditionCode::le => sign <= 0,
        ConditionCode::g => sign > 0,
        ConditionCode::ge => sign >= 0,
        ConditionCode::e => sign == 0,
        _ => sign != 0,
    }
}
