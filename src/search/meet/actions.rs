//! What an instruction does to a state of all examples, and the instructions of a task. What `cmp` leaves is a cell of
//! its own, the last one: the sign of the comparison of signed numbers, or [`UNKNOWN`] behind other instructions.

use super::problem::{Cells, Unsupported};
use crate::exec::steps::{self, ConditionCode, Layout, NUMBER, Operation, Step, Steps};
use crate::lang::x86::subset;

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
        if operation == Operation::JumpIf {
            all.push(Step { operation, condition, ..Step::number(operation, 0, 1) });
            continue;
        }
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
    // What flags say of unsigned numbers, and of other operations than `cmp`, is not followed. Jumps are those ahead, over
    // as many steps as their number says.
    let followed = |(operation, condition): &(Operation, ConditionCode)| {
        use ConditionCode::{None, e, g, ge, l, le, ne};
        let signed = matches!(condition, None | l | le | g | ge | e | ne);
        signed && !matches!(operation, Operation::Test | Operation::Jump)
    };
    steps::operation(known.mnemonic).filter(followed).ok_or_else(other)
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
    let mut child = *state;
    child[to] = match step.operation {
        Compare => {
            child[flags] = std::array::from_fn(|lane| old[lane].cmp(&source[lane]) as i32);
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
        other => other.rows(&old, &source),
    };
    // These leave flags that are those of no comparison.
    let keeps = matches!(step.operation, Move | Not | MoveIf) || state[flags][0] == UNKNOWN;
    if !keeps {
        child[flags] = [UNKNOWN; EXAMPLES];
    }
    Some((child, [Some(to), (!keeps).then_some(flags)]))
}

/// The state behind a step that a jump with this condition leads past; `None` where it cannot follow, or where no example
/// jumps, or all do.
pub fn guarded<const CELLS: usize, const EXAMPLES: usize>(
    condition: ConditionCode,
    step: &Step,
    state: &Cells<CELLS, EXAMPLES>,
) -> Option<Cells<CELLS, EXAMPLES>> {
    let flags = state[CELLS - 1];
    let jumps: [bool; EXAMPLES] = std::array::from_fn(|lane| holds(condition, flags[lane]));
    let some = jumps.contains(&true) && jumps.contains(&false);
    if !some || flags[0] == UNKNOWN || matches!(step.operation, Operation::Compare) {
        return None;
    }
    let (mut after, _) = child(step, state)?;
    for (after, before) in after[..CELLS - 1].iter_mut().zip(state) {
        for (lane, jumps) in jumps.into_iter().enumerate() {
            after[lane] = if jumps { before[lane] } else { after[lane] };
        }
    }
    Some(after)
}

/// Whether a condition holds behind a comparison with this sign.
#[inline(always)]
pub fn holds(condition: ConditionCode, sign: i32) -> bool {
    match condition {
        ConditionCode::l => sign < 0,
        ConditionCode::le => sign <= 0,
        ConditionCode::g => sign > 0,
        ConditionCode::ge => sign >= 0,
        ConditionCode::e => sign == 0,
        _ => sign != 0,
    }
}
