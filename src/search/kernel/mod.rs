//! Sorting kernels: short branchless programs that sort a few registers in place, with one register beside them.
//! A state is what all inputs have become, as a set: where two have become the same they count once, so that sorting
//! shrinks the set. The inputs are all orders, ties included: a kernel that sorts every permutation need not sort those. [`levels`] searches action by action, which is enough for four registers; [`compose`] makes
//! kernels of more registers of such kernels of three.

mod compose;
mod levels;

pub use levels::Search;

/// What a kernel is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instructions {
    /// `mov`, `cmp`, `cmovl`, `cmovg`
    Conditional,
    /// `movdqa`, `pminsd`, `pmaxsd`
    MinMax,
}

/// The most registers that are sorted.
pub const MOST: usize = 5;
/// Bits of a register in an assignment.
const BITS: u32 = 3;

/// What one input has become: a value for each register, three bits each, above them two for the flags (1 less, 2
/// greater), and above these what the input was but for its order: a bit for each value but the least, set where it is
/// the one before it in order again.
type Assignment = u32;
/// What all inputs have become, in order and each once.
type State = Box<[Assignment]>;

/// What a register holds; 0 is nothing.
fn get(assignment: Assignment, register: usize) -> u32 {
    assignment >> (BITS * register as u32) & 7
}

/// Where the ties of inputs of `n` values stand.
fn ties(n: usize) -> u32 {
    BITS * (n as u32 + 1) + 2
}

/// Values in the registers from the first on.
fn pack(values: &[u32]) -> Assignment {
    values.iter().zip(0..).fold(0, |sum, (value, at)| sum | value << (BITS * at))
}

/// An input of these values, of which only their order matters.
fn input(values: &[u32]) -> Assignment {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let tied = sorted.windows(2).zip(0..).fold(0, |bits, (pair, at)| bits | u32::from(pair[0] == pair[1]) << at);
    sorted.dedup();
    let rank = |value: &u32| sorted.partition_point(|other| other <= value) as u32;
    pack(&values.iter().map(rank).collect::<Vec<_>>()) | tied << ties(values.len())
}

/// All orders of `n` values.
fn inputs(n: usize) -> State {
    let digit = |number: usize, at: u32| (number / n.pow(at) % n) as u32;
    let values = |number: usize| (0..n as u32).map(|at| digit(number, at)).collect::<Vec<_>>();
    state((0..n.pow(n as u32)).map(|number| input(&values(number))).collect())
}

fn state(mut assignments: Vec<Assignment>) -> State {
    assignments.sort_unstable();
    assignments.dedup();
    assignments.into()
}

/// An instruction of a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The first becomes the second.
    Move(u8, u8),
    /// Compares the first with the second.
    Compare(u8, u8),
    /// The first becomes the second where the comparison said less, or greater.
    MoveIf(bool, u8, u8),
    /// The first becomes the lesser of both, or the greater.
    Extreme(bool, u8, u8),
}

impl Action {
    /// The registers that it reads.
    fn reads(self) -> [u8; 2] {
        match self {
            Self::Move(_, from) => [from, from],
            Self::Compare(one, other) | Self::MoveIf(_, one, other) | Self::Extreme(_, one, other) => [one, other],
        }
    }

    /// The same with other registers.
    fn renamed(self, name: impl Fn(u8) -> u8) -> Self {
        match self {
            Self::Move(to, from) => Self::Move(name(to), name(from)),
            Self::Compare(left, right) => Self::Compare(name(left), name(right)),
            Self::MoveIf(less, to, from) => Self::MoveIf(less, name(to), name(from)),
            Self::Extreme(least, to, from) => Self::Extreme(least, name(to), name(from)),
        }
    }

    fn apply(self, from: Assignment, registers: u32) -> Assignment {
        let get = |register: u8| get(from, register.into());
        let set = |register: u8, value: u32| {
            let shift = BITS * u32::from(register);
            from & !(7 << shift) | value << shift
        };
        let flags = BITS * registers;
        match self {
            Self::Move(to, source) => set(to, get(source)),
            Self::Compare(left, right) => {
                let sign = match get(left).cmp(&get(right)) {
                    std::cmp::Ordering::Less => 1,
                    std::cmp::Ordering::Equal => 0,
                    std::cmp::Ordering::Greater => 2,
                };
                from & !(3 << flags) | sign << flags
            }
            Self::MoveIf(less, to, source) => {
                let holds = from >> flags & 3 == if less { 1 } else { 2 };
                if holds { set(to, get(source)) } else { from }
            }
            Self::Extreme(least, to, source) => {
                let (old, other) = (get(to), get(source));
                set(to, if least { old.min(other) } else { old.max(other) })
            }
        }
    }
}

/// A kernel as people read it: over eax, ebx, ecx, edx, esi and edi, or over xmm0 to xmm5; those that are sorted come
/// first, then the one beside them.
pub fn print(kernel: &[Action]) -> String {
    const NAMES: [&str; MOST + 1] = ["eax", "ebx", "ecx", "edx", "esi", "edi"];
    let vectors = !kernel.iter().any(|action| matches!(action, Action::Compare(..)));
    let name = |register: u8| match vectors {
        true => format!("xmm{register}"),
        false => NAMES[usize::from(register)].to_owned(),
    };
    let line = |action: &Action| {
        let (word, to, from) = match *action {
            Action::Move(to, from) => (if vectors { "movdqa" } else { "movl" }, to, from),
            Action::Compare(to, from) => ("cmpl", to, from),
            Action::MoveIf(true, to, from) => ("cmovll", to, from),
            Action::MoveIf(false, to, from) => ("cmovgl", to, from),
            Action::Extreme(true, to, from) => ("pminsd", to, from),
            Action::Extreme(false, to, from) => ("pmaxsd", to, from),
        };
        format!("    {word} %{}, %{}\n", name(from), name(to))
    };
    kernel.iter().map(line).collect()
}
