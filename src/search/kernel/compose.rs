//! Kernels made of kernels of few registers. A block sorts two or three registers in place; what it costs depends on how
//! these can still lie when it begins, and knowing much makes it short: to sort three of which two are in order takes 7
//! instructions, where two comparisons and exchanges take 8. Dijkstra's search over what the inputs have become
//! finds the cheapest sequence of blocks that sorts. There are few states, since a block can only make them more sorted.

use super::levels::Search;
use super::{Action, BITS, Instructions, State, get, input, inputs, state, ties};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::Instant;

/// The most registers of a block.
const LARGEST: usize = 3;

/// The registers of a block, in order.
type Registers = Vec<u8>;

/// The cheapest kernel of blocks; `None` where the deadline passes before it is found, or with too few registers for
/// blocks.
pub(super) fn compose(whole: &Search, deadline: Option<Instant>) -> Option<Vec<Action>> {
    let n = whole.n;
    let blocks: Vec<Registers> = (0..1u32 << n)
        .map(|chosen| (0..n as u8).filter(|register| chosen >> register & 1 == 1).collect::<Registers>())
        .filter(|registers| (2..=LARGEST.min(n - 1)).contains(&registers.len()))
        .collect();
    let mut kernels = Kernels::new(whole.instructions);
    let mut ways = vec![Way { state: untied(n), length: 0, last: None }];
    let mut known: HashMap<State, usize> = HashMap::from([(ways[0].state.clone(), 0)]);
    let mut queue = BinaryHeap::from([Reverse((0, 0))]);
    while let Some(Reverse((length, at))) = queue.pop() {
        if ways[at].length < length {
            continue;
        }
        let from = ways[at].state.clone();
        if from.iter().all(|it| whole.sorted(*it)) {
            return Some(kernels.program(&ways, at, n as u8));
        }
        for registers in &blocks {
            let inputs = seen_by(&from, registers);
            let cost = match kernels.find(&inputs, deadline) {
                Some(kernel) if !kernel.is_empty() => kernel.len(),
                Some(_) => continue,
                None => return None,
            };
            let (next, length) = (sorted(&from, registers), length + cost);
            let number = *known.entry(next).or_insert_with_key(|state| {
                ways.push(Way { state: state.clone(), length: usize::MAX, last: None });
                ways.len() - 1
            });
            if length < ways[number].length {
                ways[number].length = length;
                ways[number].last = Some((at, registers.clone(), inputs));
                queue.push(Reverse((length, number)));
            }
        }
    }
    None
}

/// How a state is reached.
struct Way {
    state: State,
    /// Instructions.
    length: usize,
    /// From which, by the block of which registers, and what that saw in them.
    last: Option<(usize, Registers, State)>,
}

/// The inputs without ties. What a block makes of others follows: as blocks sort, values that are equal behave like
/// neighbours in order.
fn untied(n: usize) -> State {
    inputs(n).iter().copied().filter(|it| it >> ties(n) == 0).collect()
}

/// How the values of some registers can lie, ties included, as inputs of a kernel of so many registers.
fn seen_by(from: &State, registers: &[u8]) -> State {
    let count = registers.len();
    let orders = from.iter().map(|it| {
        let value = |register: &u8| get(*it, usize::from(*register));
        registers.iter().zip(0..).fold(0, |sum, (register, at)| {
            let rank = registers.iter().filter(|other| value(other) <= value(register)).count() as u32;
            sum | rank << (BITS * at)
        })
    });
    // Values that are neighbours in order may be equal.
    let merged = |order: u32, equal: u32| {
        let value = |at| (1..get(order, at)).filter(|below| equal >> (below - 1) & 1 == 0).count() as u32 + 1;
        input(&(0..count).map(value).collect::<Vec<_>>())
    };
    let orders = state(orders.collect());
    state(orders.iter().flat_map(|order| (0..1 << (count - 1)).map(|equal| merged(*order, equal))).collect())
}

/// What becomes of a state where some registers are sorted.
fn sorted(from: &State, registers: &[u8]) -> State {
    let sort = |it: &u32| {
        let mut values = [u32::MAX; LARGEST];
        values.iter_mut().zip(registers).for_each(|(value, register)| *value = get(*it, usize::from(*register)));
        values.sort_unstable();
        let places = registers.iter().map(|register| BITS * u32::from(*register));
        places.zip(values).fold(*it, |it, (place, value)| it & !(7 << place) | value << place)
    };
    state(from.iter().map(sort).collect())
}

/// The kernels of blocks, by how the values can lie before them.
struct Kernels {
    /// By the number of registers.
    searches: Vec<Option<Search>>,
    found: HashMap<State, Option<Vec<Action>>>,
}

impl Kernels {
    fn new(instructions: Instructions) -> Self {
        Self { searches: (0..=LARGEST).map(|n| Search::new(n, instructions)).collect(), found: HashMap::new() }
    }

    /// That for these inputs, empty where they are sorted already; `None` if there was no time to find one.
    fn find(&mut self, inputs: &State, deadline: Option<Instant>) -> Option<&[Action]> {
        let registers = (0..super::MOST).take_while(|register| get(inputs[0], *register) != 0).count();
        let Self { searches, found } = self;
        let kernel = found.entry(inputs.clone()).or_insert_with(|| {
            let search = searches[registers].as_ref()?;
            if inputs.iter().all(|it| search.sorted(*it)) {
                Some(Vec::new())
            } else {
                search.shortest(inputs, deadline)
            }
        });
        kernel.as_deref()
    }

    /// The blocks that lead to a state, one after the other.
    fn program(&self, ways: &[Way], end: usize, beside: u8) -> Vec<Action> {
        let mut blocks = Vec::new();
        let mut at = end;
        while let Some((before, registers, inputs)) = &ways[at].last {
            let name = |register: u8| registers.get(usize::from(register)).copied().unwrap_or(beside);
            let kernel = self.found[inputs].as_deref().expect("only what was found is a way");
            blocks.push(kernel.iter().map(move |action| action.renamed(name)).collect::<Vec<_>>());
            at = *before;
        }
        blocks.into_iter().rev().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_shortens_a_block() {
        let search = Search::new(3, Instructions::Conditional).expect("three are few");
        let length = |inputs: &State| search.shortest(inputs, None).expect("there is one").len();
        let all = inputs(3);
        let two_in_order = state(all.iter().copied().filter(|it| get(*it, 0) <= get(*it, 1)).collect());
        assert_eq!((length(&all), length(&two_in_order)), (11, 7));
    }

    #[test]
    fn composed_kernels_sort_whatever_lies_beside() {
        for (n, instructions, length) in
            [(4, Instructions::Conditional, 20), (5, Instructions::Conditional, 33), (4, Instructions::MinMax, 15)]
        {
            let search = Search::new(n, instructions).expect("it is in range");
            let kernel = compose(&search, None).expect("there is time");
            assert_eq!(kernel.len(), length, "{n} of {instructions:?}");
            for beside in 0..=7u32 {
                for flags in 0..3u32 {
                    let start = |it: &u32| it | beside << (3 * n) | flags << (3 * (n + 1));
                    let run = |it: &u32| kernel.iter().fold(start(it), |it, action| action.apply(it, n as u32 + 1));
                    assert!(inputs(n).iter().all(|it| search.sorted(run(it))));
                }
            }
        }
    }
}
