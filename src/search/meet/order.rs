//! The learned order of a beam's states: a log-linear model over what can be told of a state cell by cell, by looking for
//! ways of one or two steps to what is asked for. It is learnt from the steps of random programs, each against other steps
//! ([`lessons`]), so that a state's score says how likely it lies on the way.

use super::Problem;
use super::problem::{self, Cells, Unsupported};
use crate::exec::steps::Operation;
use crate::task::x86::Task;
use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// What is told of a state.
pub const FEATURES: usize = 24;
/// A state as the model sees it.
pub type Features = [f32; FEATURES];

/// Which of them counts the cells that have not what is asked for.
pub(super) const WANTING: usize = 1;

/// The numbers that instructions may have are less than this.
const NUMBERS: i32 = 10;

/// The weights, in nats.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    weights: Features,
}

impl Order {
    /// An order of these weights; `None` unless there are [`FEATURES`] of them and all are finite.
    pub fn new(weights: &[f32]) -> Option<Self> {
        let weights = Features::try_from(weights).ok()?;
        weights.iter().all(|weight| weight.is_finite()).then_some(Self { weights })
    }

    /// The weights.
    pub fn weights(&self) -> &Features {
        &self.weights
    }

    /// How likely a state lies on the way, as an unnormalised logarithm.
    #[inline]
    pub fn score(&self, features: &Features) -> f32 {
        features.iter().zip(&self.weights).map(|(feature, weight)| feature * weight).sum()
    }

    /// Whether it knows tasks with these steps: it has learnt from `mov`, `add`, `sub` and `imul` alone.
    pub(super) fn knows<const CELLS: usize, const EXAMPLES: usize>(problem: &Problem<CELLS, EXAMPLES>) -> bool {
        use Operation::{Add, Move, Multiply, Subtract};
        problem.actions.iter().all(|step| matches!(step.operation, Move | Add | Subtract | Multiply))
    }
}

/// What is learnt from one step of a program: the state behind it, which comes first, and states behind other steps.
pub type Lesson = Vec<Features>;

/// Cells and examples of the tasks that can be learnt from, at most.
const CELLS: usize = 9;
const EXAMPLES: usize = 4;

/// The lessons of a program, which solves a task: one for each step. `program` has numbers of the task's instructions in
/// their fixed order; so many other steps are drawn for each of its own.
pub fn lessons(
    task: &Task,
    program: &[u16],
    others: usize,
    random: &mut Xoshiro256PlusPlus,
) -> Result<Vec<Lesson>, Unsupported> {
    let layout = problem::layout(task)?;
    if layout.width() >= CELLS || task.examples.len() > EXAMPLES {
        let most = format!("the order is learnt from tasks of {} cells and {EXAMPLES} examples at most", CELLS - 1);
        return Err(Unsupported(most));
    }
    let problem = Problem::<CELLS, EXAMPLES>::new(task, layout)?;
    let mut state = problem.start;
    let behind = |state: &Cells<CELLS, EXAMPLES>, action: usize| {
        let child = super::actions::child(&problem.actions[action], state);
        child.map_or(*state, |child| child.0)
    };
    let mut all = Vec::with_capacity(program.len());
    for action in program {
        let right = behind(&state, usize::from(*action));
        let mut lesson = vec![features(&problem, &right)];
        for _ in 0..others {
            let other = behind(&state, random.random_range(0..problem.actions.len()));
            if other != state && other != right {
                lesson.push(features(&problem, &other));
            }
        }
        all.push(lesson);
        state = right;
    }
    Ok(all)
}

/// The easiest way to a row that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Another cell has it.
    Copy(usize),
    /// It is a number.
    Number,
    /// One step: a number, a cell, or a factor.
    ByNumber,
    ByCell,
    ByFactor,
    /// Two steps: another cell moved here, and then as above.
    OtherByNumber,
    OtherByCell,
    OtherByFactor,
    /// None is seen.
    Far,
}

/// What is told of a state.
pub(super) fn features<const CELLS: usize, const EXAMPLES: usize>(
    problem: &Problem<CELLS, EXAMPLES>,
    state: &Cells<CELLS, EXAMPLES>,
) -> Features {
    let mut features = [0.0; FEATURES];
    let registers = problem.layout.registers().len();
    let cells = &state[..problem.layout.width()];
    let asked = |cell: usize| problem.asked >> cell & 1 == 1;
    let wants = |cell: usize| asked(cell) && cells[cell] != problem.goal[cell];
    let (mut sources, mut far) = (0_u32, 0);
    for cell in (0..cells.len()).filter(|cell| asked(*cell)) {
        let (has, wanted) = (&cells[cell], &problem.goal[cell]);
        if !wants(cell) {
            features[0] += 1.0;
            continue;
        }
        features[WANTING] += 1.0;
        features[2] += has.iter().zip(wanted).filter(|(has, wanted)| has == wanted).count() as f32 / EXAMPLES as f32;
        let way = way(cells, has, wanted);
        match way {
            Way::Copy(from) => {
                sources |= 1 << from;
                features[3] += 1.0;
                // What is there now will have to make room.
                features[4] += f32::from(wants(from));
                features[5] += f32::from(cell >= registers && from >= registers);
            }
            Way::Number => features[6] += 1.0,
            Way::ByNumber => features[7] += 1.0,
            Way::ByCell => features[8] += 1.0,
            Way::ByFactor => features[9] += 1.0,
            Way::OtherByNumber => features[10] += 1.0,
            Way::OtherByCell => features[11] += 1.0,
            Way::OtherByFactor => features[12] += 1.0,
            Way::Far => {
                far += 1;
                let distance = |row: &[i32; EXAMPLES]| bits(&less(wanted, row));
                features[14] += cells.iter().map(distance).fold(f32::INFINITY, f32::min);
                features[15] += bits(wanted);
                let multiple = |row: &[i32; EXAMPLES]| {
                    row.iter().zip(wanted).all(|(by, value)| by.unsigned_abs() > 1 && value.wrapping_rem(*by) == 0)
                };
                features[16] += f32::from(cells.iter().any(multiple));
                features[17] += f32::from(cells.iter().any(|row| same(&less(wanted, row))));
                features[18] += f32::from(cell >= registers);
            }
        }
    }
    features[13] = far as f32;
    for (most, feature) in features[19..22].iter_mut().enumerate() {
        *feature = f32::from(far > most);
    }
    features[22] = features[WANTING].min(1.0);
    features[23] = (0..cells.len()).filter(|cell| sources >> cell & 1 == 1 && wants(*cell)).count() as f32;
    features
}

fn way<const EXAMPLES: usize>(cells: &[[i32; EXAMPLES]], has: &[i32; EXAMPLES], wanted: &[i32; EXAMPLES]) -> Way {
    if let Some(from) = cells.iter().position(|row| row == wanted) {
        return Way::Copy(from);
    }
    if same(wanted) && (0..NUMBERS).contains(&wanted[0]) {
        return Way::Number;
    }
    let [mut number, mut cell, mut factor] = [false; 3];
    let others = cells.iter().filter(|row| !std::ptr::eq(*row, has));
    for row in std::iter::once(has).chain(others) {
        let left = less(wanted, row);
        let by_number = same(&left) && left[0].unsigned_abs() < NUMBERS.unsigned_abs();
        let negative = left.map(i32::wrapping_neg);
        let times = |by: &[i32; EXAMPLES]| (0..EXAMPLES).all(|lane| row[lane].wrapping_mul(by[lane]) == wanted[lane]);
        let own = std::ptr::eq(row, has);
        match (own, by_number) {
            (true, true) => return Way::ByNumber,
            (false, true) => number = true,
            _ => {}
        }
        if cells.iter().any(|other| *other == left || *other == negative && own) {
            match own {
                true => return Way::ByCell,
                false => cell = true,
            }
        }
        // What is less another cell: `row - other`.
        if !own && cells.contains(&less(row, wanted)) {
            cell = true;
        }
        if cells.iter().any(times) || (2..NUMBERS).any(|number| times(&[number; EXAMPLES])) {
            match own {
                true => return Way::ByFactor,
                false => factor = true,
            }
        }
    }
    match (number, cell, factor) {
        (true, ..) => Way::OtherByNumber,
        (_, true, _) => Way::OtherByCell,
        (_, _, true) => Way::OtherByFactor,
        _ => Way::Far,
    }
}

#[inline(always)]
fn less<const EXAMPLES: usize>(one: &[i32; EXAMPLES], other: &[i32; EXAMPLES]) -> [i32; EXAMPLES] {
    std::array::from_fn(|lane| one[lane].wrapping_sub(other[lane]))
}

#[inline(always)]
fn same<const EXAMPLES: usize>(row: &[i32; EXAMPLES]) -> bool {
    row.iter().all(|value| *value == row[0])
}

/// Bits of a row's numbers, the mean.
fn bits<const EXAMPLES: usize>(row: &[i32; EXAMPLES]) -> f32 {
    row.iter().map(|value| (value.unsigned_abs() as f32 + 1.0).log2()).sum::<f32>() / EXAMPLES as f32
}
