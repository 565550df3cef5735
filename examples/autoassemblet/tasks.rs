//! The 130 tasks by the paper's categories: easy (add, subtract, multiply registers, minimum, maximum), medium (move, add
//! or subtract a number over 10, add a number to all), hard (filter, sort, switch, two smallest, two largest). Inputs that
//! no program of the four instructions could tell apart are drawn again: what such programs do keeps numbers equal modulo
//! 2^k equal modulo 2^k.

use rand::seq::index::sample;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde_json::{Map, Value, json};

/// What everything random comes from.
pub type Random = Xoshiro256PlusPlus;
/// Values of the registers.
pub type Row = [i32; 4];

/// The registers' names.
pub const NAMES: [&str; 4] = ["eax", "ebx", "ecx", "edx"];

/// Registers as task files have them.
pub fn state(row: &[i32]) -> Value {
    let registers: Map<String, Value> =
        NAMES.iter().zip(row).map(|(name, value)| ((*name).into(), json!(value))).collect();
    json!({"registers": registers})
}

/// Whether some program of the four instructions could do this: what two inputs have in common modulo 2^k, their outputs
/// have in common too.
fn possible(pairs: &[(Row, Row)]) -> bool {
    let common = |one: &Row, other: &Row| {
        one.iter().zip(other).map(|(a, b)| a.wrapping_sub(*b).trailing_zeros()).min().unwrap_or(32)
    };
    pairs.iter().enumerate().all(|(number, (input, output))| {
        pairs[..number].iter().all(|(before, after)| common(input, before) <= common(output, after))
    })
}

/// One task: its level, what it asks for, how many examples show it, and what it does.
struct Kind {
    level: &'static str,
    name: String,
    examples: usize,
    does: Box<dyn Fn(Row) -> Row>,
}

fn kind(level: &'static str, name: String, does: impl Fn(Row) -> Row + 'static) -> Kind {
    Kind { level, name, examples: 2, does: Box::new(does) }
}

fn set(mut row: Row, at: usize, value: i32) -> Row {
    row[at] = value;
    row
}

fn easy(rng: &mut Random, number: usize) -> Kind {
    let pair = sample(rng, 4, 2);
    let (to, from) = (pair.index(0), pair.index(1));
    let (a, b) = (NAMES[to], NAMES[from]);
    match number % 5 {
        0 => kind("easy", format!("add {b} to {a}"), move |row| set(row, to, row[to] + row[from])),
        1 => kind("easy", format!("sub {b} from {a}"), move |row| set(row, to, row[to] - row[from])),
        2 => kind("easy", format!("mul {a} by {b}"), move |row| set(row, to, row[to] * row[from])),
        3 => kind("easy", format!("min into {a}"), move |row| set(row, to, row.into_iter().min().unwrap_or(0))),
        _ => kind("easy", format!("max into {a}"), move |row| set(row, to, row.into_iter().max().unwrap_or(0))),
    }
}

fn medium(rng: &mut Random, number: usize) -> Kind {
    let pair = sample(rng, 4, 2);
    let (to, from) = (pair.index(0), pair.index(1));
    let large = rng.random_range(11..=99);
    match number % 4 {
        0 => kind("medium", format!("move {} to {}", NAMES[from], NAMES[to]), move |row| set(row, to, row[from])),
        1 => kind("medium", format!("add {large} to {}", NAMES[to]), move |row| set(row, to, row[to] + large)),
        2 => kind("medium", format!("sub {large} from {}", NAMES[to]), move |row| set(row, to, row[to] - large)),
        _ => {
            let small = rng.random_range(1..=9);
            kind("medium", format!("add {small} to all"), move |row| row.map(|value| value + small))
        }
    }
}

fn hard(rng: &mut Random, number: usize) -> Kind {
    let pair = sample(rng, 4, 2);
    let (one, other) = (pair.index(0), pair.index(1));
    let into = format!("{} {}", NAMES[one], NAMES[other]);
    let two = move |row: Row, largest: bool| {
        let mut sorted = row;
        sorted.sort_unstable();
        let (first, second) = if largest { (sorted[3], sorted[2]) } else { (sorted[0], sorted[1]) };
        set(set(row, one, first), other, second)
    };
    match number % 6 {
        0 => {
            let bound = rng.random_range(2..=5);
            kind("hard", format!("filter <{bound} to 0"), move |row| row.map(|it| if it < bound { 0 } else { it }))
        }
        1 => Kind {
            examples: 1,
            ..kind("hard", "sort ascending".into(), |mut row| {
                row.sort_unstable();
                row
            })
        },
        2 => Kind {
            examples: 1,
            ..kind("hard", "sort descending".into(), |mut row| {
                row.sort_unstable();
                row.reverse();
                row
            })
        },
        3 => kind("hard", format!("switch {into}"), move |row| set(set(row, one, row[other]), other, row[one])),
        4 => kind("hard", format!("two min into {into}"), move |row| two(row, false)),
        _ => kind("hard", format!("two max into {into}"), move |row| two(row, true)),
    }
}

/// Prints the 130 tasks.
pub fn print(seed: u64) {
    let mut rng = Random::seed_from_u64(seed);
    let mut lines = Vec::new();
    for (number, make) in (0..50)
        .map(|n| (n, easy as fn(&mut Random, usize) -> Kind))
        .chain((0..40).map(|n| (n, medium as _)))
        .chain((0..40).map(|n| (n, hard as _)))
    {
        let kind = make(&mut rng, number);
        let pairs = loop {
            let draw = |_| {
                let input: Row = std::array::from_fn(|_| rng.random_range(0..10));
                (input, (kind.does)(input))
            };
            let pairs: Vec<(Row, Row)> = (0..kind.examples).map(draw).collect();
            let changes = pairs.iter().all(|(input, output)| input != output);
            let distinct = pairs.windows(2).all(|two| two[0].0 != two[1].0);
            if changes && distinct && possible(&pairs) {
                break pairs;
            }
        };
        let examples: Vec<Value> =
            pairs.iter().map(|(input, output)| json!({"input": state(input), "output": state(output)})).collect();
        let id = format!("aa{:03}", lines.len());
        lines.push(json!({"id": id, "language": "x86", "level": kind.level, "kind": kind.name, "examples": examples}));
    }
    lines.iter().for_each(|line| println!("{line}"));
}
