//! Tasks whose right answer needs a choice, which the paper's four instructions cannot make: true minimum and maximum,
//! sorting, filters, bounds, absolute values. Sixteen examples show each, ties and both signs among them, and 64 are held out,
//! so that what does all of them means it. Registers that are not asked for are free.

use super::tasks::{NAMES, Random, Row, state};
use rand::{Rng, SeedableRng};
use serde_json::{Map, Value, json};

const GIVEN: usize = 16;
const HELD_OUT: usize = 64;

/// A task: what it asks for, of which registers, by which instructions, and what these registers hold in the end.
struct Choice {
    name: &'static str,
    asked: usize,
    instructions: &'static [&'static str],
    does: fn(Row) -> Row,
}

const EITHER: &[&str] = &["movl", "cmpl", "cmovll", "cmovgl"];
const WITH_NEGATION: &[&str] = &["movl", "cmpl", "cmovll", "negl"];
const WITH_DIFFERENCE: &[&str] = &["movl", "cmpl", "cmovll", "negl", "subl"];
const JUMPING: &[&str] = &["movl", "cmpl", "jle", "jge"];
const JUMPING_NEGATION: &[&str] = &["movl", "cmpl", "jge", "negl"];
const JUMPING_DIFFERENCE: &[&str] = &["subl", "cmpl", "jge", "negl"];
const JUMPING_SUMS: &[&str] = &["addl", "cmpl", "jge", "jle"];

const CHOICES: [Choice; 21] = [
    Choice { name: "max of eax ebx", asked: 1, instructions: EITHER, does: |[a, b, ..]| [a.max(b), 0, 0, 0] },
    Choice { name: "min of eax ebx", asked: 1, instructions: EITHER, does: |[a, b, ..]| [a.min(b), 0, 0, 0] },
    Choice {
        name: "max of eax ebx ecx",
        asked: 1,
        instructions: EITHER,
        does: |[a, b, c, _]| [a.max(b).max(c), 0, 0, 0],
    },
    Choice {
        name: "min of eax ebx ecx",
        asked: 1,
        instructions: EITHER,
        does: |[a, b, c, _]| [a.min(b).min(c), 0, 0, 0],
    },
    Choice {
        name: "max of all",
        asked: 1,
        instructions: EITHER,
        does: |row| [row.into_iter().max().unwrap_or(0), 0, 0, 0],
    },
    Choice {
        name: "min of all",
        asked: 1,
        instructions: EITHER,
        does: |row| [row.into_iter().min().unwrap_or(0), 0, 0, 0],
    },
    Choice { name: "sort eax ebx", asked: 2, instructions: EITHER, does: |[a, b, ..]| [a.min(b), a.max(b), 0, 0] },
    Choice { name: "sort eax ebx ecx", asked: 3, instructions: EITHER, does: sorted },
    Choice { name: "negative eax to 0", asked: 1, instructions: EITHER, does: |[a, ..]| [a.max(0), 0, 0, 0] },
    Choice {
        name: "eax to 0 where less than ebx",
        asked: 1,
        instructions: EITHER,
        does: |[a, b, ..]| [if a < b { 0 } else { a }, 0, 0, 0],
    },
    Choice { name: "eax within 0 and 9", asked: 1, instructions: EITHER, does: |[a, ..]| [a.clamp(0, 9), 0, 0, 0] },
    Choice {
        name: "eax at least ebx, at most ecx",
        asked: 1,
        instructions: EITHER,
        does: |[a, b, c, _]| [a.max(b).min(c), 0, 0, 0],
    },
    Choice { name: "absolute eax", asked: 1, instructions: WITH_NEGATION, does: |[a, ..]| [a.abs(), 0, 0, 0] },
    Choice {
        name: "distance of eax and ebx",
        asked: 1,
        instructions: WITH_DIFFERENCE,
        does: |[a, b, ..]| [(a - b).abs(), 0, 0, 0],
    },
    Choice {
        name: "max of eax ebx, by jumps",
        asked: 1,
        instructions: JUMPING,
        does: |[a, b, ..]| [a.max(b), 0, 0, 0],
    },
    Choice {
        name: "sort eax ebx, by jumps",
        asked: 2,
        instructions: JUMPING,
        does: |[a, b, ..]| [a.min(b), a.max(b), 0, 0],
    },
    Choice {
        name: "negative eax to 0, by jumps",
        asked: 1,
        instructions: JUMPING,
        does: |[a, ..]| [a.max(0), 0, 0, 0],
    },
    Choice {
        name: "eax within 0 and 9, by jumps",
        asked: 1,
        instructions: JUMPING,
        does: |[a, ..]| [a.clamp(0, 9), 0, 0, 0],
    },
    Choice {
        name: "absolute eax, by jumps",
        asked: 1,
        instructions: JUMPING_NEGATION,
        does: |[a, ..]| [a.abs(), 0, 0, 0],
    },
    Choice {
        name: "distance of eax and ebx, by jumps",
        asked: 1,
        instructions: JUMPING_DIFFERENCE,
        does: |[a, b, ..]| [(a - b).abs(), 0, 0, 0],
    },
    Choice {
        name: "add ecx to eax where eax is less than ebx",
        asked: 1,
        instructions: JUMPING_SUMS,
        does: |[a, b, c, _]| [if a < b { a + c } else { a }, 0, 0, 0],
    },
];

fn sorted([a, b, c, _]: Row) -> Row {
    let mut three = [a, b, c];
    three.sort_unstable();
    [three[0], three[1], three[2], 0]
}

/// Prints the tasks.
pub fn print(seed: u64) {
    let mut rng = Random::seed_from_u64(seed);
    for (number, choice) in CHOICES.iter().enumerate() {
        let mut draw = |place: usize| -> Value {
            let mut input: Row = std::array::from_fn(|_| rng.random_range(-12..=12));
            // Some ties.
            if place % 4 == 3 {
                input[1] = input[0];
            }
            let output = (choice.does)(input);
            let asked: Map<String, Value> = NAMES
                .iter()
                .zip(output)
                .take(choice.asked)
                .map(|(name, value)| ((*name).into(), json!(value)))
                .collect();
            json!({"input": state(&input), "output": {"registers": asked}})
        };
        let given: Vec<Value> = (0..GIVEN).map(&mut draw).collect();
        let held_out: Vec<Value> = (0..HELD_OUT).map(&mut draw).collect();
        let task = json!({
            "id": format!("ch{number:02}"), "language": "x86", "kind": choice.name,
            "instructions": choice.instructions, "examples": given, "held_out": held_out,
        });
        println!("{task}");
    }
}
