//! What the benchmarks share: the named set of programs (the public benchmark's, `corpus/tasks/c_eval.jsonl`, with ten
//! inputs each), times and medians.

#![allow(dead_code)] // Each benchmark takes what it needs.

use iocc::exec::SYNTHESIS_FUEL;
use iocc::exec::rows::{Call, RowArgument};
use iocc::ir::{FunctionId, Program};
use iocc::lang::c;
use std::time::{Duration, Instant};

/// Inputs of each program.
pub const INPUTS: usize = 10;
/// How each program is called.
pub const CALL: Call = Call { function: FunctionId(0), shape: &[RowArgument::Array(5)], fuel: SYNTHESIS_FUEL };
/// Inputs of the exhaustive runs: five numbers from -4 to 4.
pub const ALL_INPUTS: usize = iocc::eval::ALL_INPUTS;

/// A program with its inputs.
pub struct Task {
    pub source: String,
    pub program: Program,
    /// Tokens of its source.
    pub tokens: usize,
    /// The inputs, one behind the other.
    pub rows: Vec<i32>,
    /// What it makes of them.
    pub outputs: Vec<i32>,
}

/// The public benchmark's programs with their own inputs.
pub fn tasks() -> Vec<Task> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/tasks/c_eval.jsonl");
    let text = std::fs::read_to_string(path).expect("the benchmark is readable");
    let lexer = iocc::token::Lexer::of("c").expect("C has a lexer");
    let read = |line: &str| {
        let task: serde_json::Value = serde_json::from_str(line).expect("one object a line");
        let source = task["source"].as_str().expect("a source");
        let lists = |name: &str| task[name].as_array().cloned().unwrap_or_default();
        let examples: Vec<_> = lists("examples").into_iter().chain(lists("held_out")).cycle().take(INPUTS).collect();
        let cells = |side: &str| -> Vec<i32> {
            let lists = examples
                .iter()
                .map(|example| serde_json::from_value::<Vec<i32>>(example[side].clone()).expect("a list of numbers"));
            lists.flatten().collect()
        };
        Task {
            program: c::compile(source).expect("the benchmark is C"),
            tokens: lexer.count(source),
            rows: cells("input"),
            outputs: cells("output"),
            source: source.to_owned(),
        }
    };
    text.lines().map(read).collect()
}

/// Every input of the exhaustive runs, one behind the other.
pub fn all_inputs() -> Vec<i32> {
    (0..ALL_INPUTS).flat_map(|n| (0..5).map(move |place| (n / 9_usize.pow(place) % 9) as i32 - 4)).collect()
}

/// The shortest of some tries, in seconds.
pub fn time(tries: u32, mut what: impl FnMut()) -> f64 {
    let once = |_| {
        let start = Instant::now();
        what();
        start.elapsed()
    };
    (0..tries).map(once).min().unwrap_or(Duration::MAX).as_secs_f64()
}

/// For each item the shortest of some rounds over all of them, in seconds: nothing is run twice in a row.
pub fn rounds<T>(tries: u32, items: &[T], mut what: impl FnMut(&T)) -> Vec<f64> {
    let mut least = vec![f64::INFINITY; items.len()];
    for _ in 0..tries {
        for (item, least) in items.iter().zip(&mut least) {
            *least = least.min(time(1, || what(item)));
        }
    }
    least
}

/// The middle one.
pub fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The median of what `left` is to `right`, item by item.
pub fn ratio(left: &[f64], right: &[f64]) -> f64 {
    median(left.iter().zip(right).map(|(left, right)| left / right).collect())
}
