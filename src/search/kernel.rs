//! Sorting kernels: the shortest branchless programs that sort a few registers in place, with one register beside them.
//! A state is what all permutations have become, as a set: where two have become the same they count once, so that
//! sorting shrinks the set. Levels are searched one by one, each state once; what has lost a value is cut, and what even
//! one input alone cannot finish within the length; and each level keeps those states whose sets are smallest, within a
//! factor (after Ullrich and Hack, CGO 2025). The factor makes it fast and is why "shortest" is not proven.

use rayon::prelude::*;
use std::collections::HashSet;
use std::time::Instant;

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
/// How much larger than the smallest set of its level a state's may be, from the fastest search on.
const FACTORS: [f64; 3] = [1.0, 1.5, 2.0];
/// States that are looked at between two looks at the clock, and states in all.
const CHUNK: usize = 8_192;
const MOST_STATES: usize = 8_000_000;
/// No way to the end.
const NEVER: u8 = u8::MAX;

/// What one input has become: a value for each register, three bits each, and above them two for the flags (1 less, 2
/// greater).
type Assignment = u32;
/// What all inputs have become, in order and each once.
type State = Box<[Assignment]>;

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
    fn apply(self, from: Assignment, registers: u32) -> Assignment {
        let get = |register: u8| from >> (BITS * u32::from(register)) & 7;
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

/// A search for kernels of `n` registers.
pub struct Search {
    n: usize,
    actions: Vec<Action>,
    /// Instructions that each assignment needs at least by itself.
    distances: Vec<u8>,
}

/// Where a state came from: the state of the level before, and the action.
type Origin = (u32, u8);

impl Search {
    /// Of 2 to [`MOST`] registers; `None` for others.
    pub fn new(n: usize, instructions: Instructions) -> Option<Self> {
        if !(2..=MOST).contains(&n) {
            return None;
        }
        let registers = n as u8 + 1;
        let pairs = || (0..registers).flat_map(move |one| (0..registers).map(move |two| (one, two)));
        let mut actions = Vec::new();
        for (one, two) in pairs().filter(|(one, two)| one != two) {
            actions.push(Action::Move(one, two));
            match instructions {
                Instructions::Conditional => {
                    actions.extend([true, false].map(|less| Action::MoveIf(less, one, two)));
                    // The other order says the same with less and greater exchanged.
                    actions.extend((one < two).then_some(Action::Compare(one, two)));
                }
                Instructions::MinMax => actions.extend([true, false].map(|least| Action::Extreme(least, one, two))),
            }
        }
        let mut search = Self { n, actions, distances: Vec::new() };
        search.find_distances();
        Some(search)
    }

    fn registers(&self) -> u32 {
        self.n as u32 + 1
    }

    fn sorted(&self, assignment: Assignment) -> bool {
        (0..self.n as u32).all(|at| assignment >> (BITS * at) & 7 == at + 1)
    }

    /// Backwards from what is sorted, over what permutations can become.
    fn find_distances(&mut self) {
        let registers = self.registers();
        let mut reached: Vec<Assignment> = self.start().into_vec();
        let mut known = vec![false; 1 << (BITS * registers + 2)];
        reached.iter().for_each(|it| known[*it as usize] = true);
        // Which assignment becomes which.
        let mut ways: Vec<(Assignment, Assignment)> = Vec::new();
        let mut at = 0;
        while let Some(from) = reached.get(at).copied() {
            for action in &self.actions {
                let to = action.apply(from, registers);
                ways.push((to, from));
                if !std::mem::replace(&mut known[to as usize], true) {
                    reached.push(to);
                }
            }
            at += 1;
        }
        ways.sort_unstable();
        self.distances = vec![NEVER; known.len()];
        let mut level: Vec<Assignment> = reached.into_iter().filter(|it| self.sorted(*it)).collect();
        level.iter().for_each(|it| self.distances[*it as usize] = 0);
        let mut length = 0;
        while !level.is_empty() {
            length += 1;
            let mut next = Vec::new();
            for to in level {
                let first = ways.partition_point(|way| way.0 < to);
                for (_, from) in ways[first..].iter().take_while(|way| way.0 == to) {
                    let distance = &mut self.distances[*from as usize];
                    if *distance == NEVER {
                        *distance = length;
                        next.push(*from);
                    }
                }
            }
            level = next;
        }
    }

    /// All permutations of 1 to n, the register beside them 0.
    fn start(&self) -> State {
        let mut all = vec![Vec::new()];
        for _ in 0..self.n {
            all = all
                .into_iter()
                .flat_map(|chosen: Vec<u32>| {
                    let rest = (1..=self.n as u32).filter(|value| !chosen.contains(value)).collect::<Vec<_>>();
                    rest.into_iter().map(move |value| [&chosen[..], &[value]].concat())
                })
                .collect();
        }
        let pack = |values: Vec<u32>| {
            values.iter().zip(0..).fold(0, |sum, (value, at): (&u32, u32)| sum | value << (BITS * at))
        };
        let mut state: Vec<Assignment> = all.into_iter().map(pack).collect();
        state.sort_unstable();
        state.into()
    }

    /// Inputs that are still told apart, the flags aside: what sorting brings down.
    fn size(&self, state: &State) -> usize {
        let flags = BITS * self.registers();
        let mut bare: Vec<u32> = state.iter().map(|it| it & ((1 << flags) - 1)).collect();
        bare.sort_unstable();
        bare.dedup();
        bare.len()
    }

    /// A network of comparisons and exchanges sorts with so many instructions, so that there is such a kernel.
    fn network(&self) -> usize {
        let each = if self.actions.iter().any(|action| matches!(action, Action::Compare(..))) { 4 } else { 3 };
        each * self.n * (self.n - 1) / 2
    }

    /// Kernels, each shorter than the one before, until the deadline or until none is left to find. `found` gets each.
    pub fn improve(&self, deadline: Option<Instant>, found: &mut dyn FnMut(&[Action])) {
        let mut longest = self.network();
        for factor in FACTORS {
            while let Some(kernel) = self.run(longest, factor, deadline) {
                longest = kernel.len() - 1;
                found(&kernel);
            }
        }
    }

    /// The shortest kernel of at most `longest` instructions that is found with that factor before the deadline.
    pub fn run(&self, longest: usize, factor: f64, deadline: Option<Instant>) -> Option<Vec<Action>> {
        let late = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
        let mut levels: Vec<Vec<Origin>> = Vec::new();
        let mut level: Vec<State> = vec![self.start()];
        let mut seen: HashSet<State> = HashSet::from([self.start()]);
        for length in 1..=longest {
            let left = (longest - length) as u8;
            let (mut next, mut origins, mut sizes) = (Vec::new(), Vec::new(), Vec::new());
            let mut least = usize::MAX;
            for (first, states) in level.chunks(CHUNK).enumerate() {
                if late() || seen.len() > MOST_STATES {
                    return None;
                }
                let number = |at: usize| (first * CHUNK + at) as u32;
                let one = |(at, state): (usize, &State)| self.children(state, number(at), left);
                let children: Vec<Vec<(State, Origin, usize)>> = states.par_iter().enumerate().map(one).collect();
                least = children.iter().flatten().map(|child| child.2).fold(least, usize::min);
                for (state, origin, size) in children.into_iter().flatten() {
                    if size as f64 <= least as f64 * factor && !seen.contains(&state) {
                        seen.insert(state.clone());
                        next.push(state);
                        origins.push(origin);
                        sizes.push(size);
                    }
                }
            }
            // What was kept before a smaller set was met.
            let keeps: Vec<bool> = sizes.iter().map(|size| *size as f64 <= least as f64 * factor).collect();
            let mut kept = keeps.iter();
            next.retain(|_| *kept.next().unwrap_or(&true));
            let mut kept = keeps.iter();
            origins.retain(|_| *kept.next().unwrap_or(&true));
            let done = next.iter().position(|state| state.iter().all(|it| self.sorted(*it)));
            levels.push(origins);
            if let Some(done) = done {
                return Some(self.path(&levels, done));
            }
            level = next;
        }
        None
    }

    /// What follows on a state, as far as it can be finished in so many instructions.
    fn children(&self, state: &State, number: u32, left: u8) -> Vec<(State, Origin, usize)> {
        let mut children = Vec::new();
        for (at, action) in self.actions.iter().enumerate() {
            let apply = |it: &Assignment| action.apply(*it, self.registers());
            let mut child: Vec<Assignment> = state.iter().map(apply).collect();
            if child.iter().any(|it| self.distances[*it as usize] > left) {
                continue;
            }
            child.sort_unstable();
            child.dedup();
            let child: State = child.into();
            if child != *state {
                let size = self.size(&child);
                children.push((child, (number, at as u8), size));
            }
        }
        children
    }

    /// The actions that lead to a state of the last level.
    fn path(&self, levels: &[Vec<Origin>], state: usize) -> Vec<Action> {
        let mut actions = Vec::new();
        let mut at = state;
        for level in levels.iter().rev() {
            let (before, action) = level[at];
            actions.push(self.actions[usize::from(action)]);
            at = before as usize;
        }
        actions.reverse();
        actions
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
