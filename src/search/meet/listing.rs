//! Programs with jumps ahead, as lists of steps: a jump's number says how many steps behind it it leads past.

use super::actions::{UNKNOWN, child, holds};
use super::problem::Cells;
use crate::exec::steps::{Operation, Step};

/// The state behind a program; `None` where a step cannot follow.
pub fn run<const CELLS: usize, const EXAMPLES: usize>(
    steps: &[Step],
    start: &Cells<CELLS, EXAMPLES>,
) -> Option<Cells<CELLS, EXAMPLES>> {
    let mut state = *start;
    // Where each example's next step is.
    let mut next = [0; EXAMPLES];
    for (at, step) in steps.iter().enumerate() {
        let here: [bool; EXAMPLES] = std::array::from_fn(|lane| next[lane] <= at);
        let flags = state[CELLS - 1];
        let reads = matches!(step.operation, Operation::JumpIf | Operation::MoveIf);
        if reads && (0..EXAMPLES).any(|lane| here[lane] && flags[lane] == UNKNOWN) {
            return None;
        }
        if step.operation == Operation::JumpIf {
            for lane in 0..EXAMPLES {
                if here[lane] && holds(step.condition, flags[lane]) {
                    next[lane] = at + 1 + step.value as usize;
                }
            }
            continue;
        }
        if !here.contains(&true) {
            continue;
        }
        let (after, _) = child(step, &state)?;
        for (row, after) in state.iter_mut().zip(&after) {
            for lane in 0..EXAMPLES {
                row[lane] = if here[lane] { after[lane] } else { row[lane] };
            }
        }
    }
    Some(state)
}

/// The program without the steps that it does not need to be `right`, and with neighbouring jumps made one.
pub fn shortened(mut steps: Vec<Step>, right: impl Fn(&[Step]) -> bool) -> Vec<Step> {
    let mut at = 0;
    while at < steps.len() {
        let fewer = [without(&steps, at), merged(&steps, at)].into_iter().flatten().find(|fewer| right(fewer));
        match fewer {
            Some(fewer) => (steps, at) = (fewer, 0),
            None => at += 1,
        }
    }
    steps
}

/// The program without one step, and without jumps that lead past nothing then.
fn without(steps: &[Step], gone: usize) -> Option<Vec<Step>> {
    let mut left = steps.to_vec();
    left.remove(gone);
    for (at, step) in left[..gone].iter_mut().enumerate() {
        if step.operation == Operation::JumpIf && at + 1 + step.value as usize > gone {
            step.value -= 1;
        }
    }
    let idle = |step: &Step| step.operation == Operation::JumpIf && step.value == 0;
    match left.iter().position(idle) {
        Some(idle) => without(&left, idle),
        None => Some(left),
    }
}

/// The program with the jump that stands here leading past all that the next one, with the same condition, leads past.
fn merged(steps: &[Step], at: usize) -> Option<Vec<Step>> {
    let first = &steps[at];
    let behind = at + 1 + first.value as usize;
    let second = steps.get(behind)?;
    let jumps = first.operation == Operation::JumpIf && second.operation == Operation::JumpIf;
    if !jumps || first.condition != second.condition {
        return None;
    }
    let more = second.value;
    let mut one = steps.to_vec();
    one.remove(behind);
    one[at].value += more;
    Some(one)
}

/// The steps as programs have them, whose jumps say where they lead to.
pub fn placed(steps: &[Step]) -> Vec<Step> {
    let place = |(at, step): (usize, &Step)| match step.operation {
        Operation::JumpIf => Step { value: (at + 1) as i32 + step.value, ..*step },
        _ => *step,
    };
    steps.iter().enumerate().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::steps::{Batch, ConditionCode, Layout, Steps};

    /// `cmpl %ebx, %eax`, then moves that a jump leads past where eax is less or equal.
    fn exchange() -> Vec<Step> {
        let jump = Step { condition: ConditionCode::le, ..Step::number(Operation::JumpIf, 0, 1) };
        let moves = [(2, 0), (0, 1), (1, 2)].map(|(to, from)| Step::cell(Operation::Move, to, from));
        let mut steps = vec![Step::cell(Operation::Compare, 0, 1)];
        moves.into_iter().for_each(|step| steps.extend([jump, step]));
        steps
    }

    const ROWS: [[i32; 4]; 5] = [[3, -1, 5, 3], [-4, 2, 5, -6], [0; 4], [0; 4], [UNKNOWN; 4]];

    #[test]
    fn jumps_lead_past_what_they_say_as_in_programs() {
        let after = run(&exchange(), &ROWS).expect("it follows");
        assert_eq!(after[..2], [[-4, -1, 5, -6], [3, 2, 5, 3]]);
        let mut steps = Steps::default();
        let layout = Layout::of_slots(0);
        steps.push(&placed(&exchange()), &layout).expect("a program");
        let rows: Vec<i32> = (0..4).flat_map(|lane| (0..4).map(move |cell| ROWS[cell][lane])).collect();
        Batch::new(layout, &rows, 100).run(&steps, |_, left, _| {
            for lane in 0..4 {
                assert_eq!(left[lane * 4..][..2], [after[0][lane], after[1][lane]]);
            }
        });
    }

    #[test]
    fn jumps_become_one_and_what_is_idle_goes() {
        let mut steps = exchange();
        steps.push(Step::cell(Operation::Move, 3, 3));
        let goal = run(&steps, &ROWS).expect("it follows");
        let right = |steps: &[Step]| run(steps, &ROWS).is_some_and(|end| end[..2] == goal[..2]);
        let short = shortened(steps, right);
        // The first move may stand before the jump as well: what it writes is not asked for.
        let jumps: Vec<i32> =
            short.iter().filter(|step| step.operation == Operation::JumpIf).map(|s| s.value).collect();
        assert!(right(&short) && short.len() == 5 && jumps == [2], "{short:?}");
    }

    #[test]
    fn a_jump_needs_a_comparison() {
        assert_eq!(run(&exchange()[1..], &ROWS), None);
    }
}
