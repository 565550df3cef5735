//! The choice among programs of the same length that all fit the examples: the one that does most often what the others
//! do on inputs like those of the examples. What many different programs agree on is likelier to be meant than what one
//! of them does alone.

use crate::lang::x86::Machine;
use crate::search::vote::vote;
use crate::synth::verify::x86::Runnable;
use crate::task::x86::Task;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Inputs on which programs are compared.
const INPUTS: usize = 64;
/// What a comparison with a number other than 0 leaves of a program's weight: some number fits a few examples easily.
const BOUND: f64 = 0.1;

/// The number of the program to take, the first of those that agree most.
pub fn choose(task: &Task, programs: &[String]) -> usize {
    let inputs = inputs(task);
    let asked = &task.examples[0].output;
    let outputs = |program: &String| -> Vec<Option<Vec<i64>>> {
        let Ok(mut runnable) = Runnable::new(program, task.slots()) else { return vec![None; INPUTS] };
        let one = |input: &Machine| {
            let left = runnable.run(input)?;
            let mut cells: Vec<i64> = asked.registers.iter().map(|(register, _)| left.register(*register)).collect();
            if asked.ram.is_some() {
                cells.extend(left.ram().into_iter().map(i64::from));
            }
            Some(cells)
        };
        inputs.iter().map(one).collect()
    };
    let all: Vec<_> = programs.iter().map(outputs).collect();
    let weights: Vec<f64> = programs.iter().map(|program| weight(program)).collect();
    let mut votes = vec![0.0; programs.len()];
    for input in 0..INPUTS {
        // Not to return is something that programs can agree on too.
        let said: Vec<_> = all.iter().map(|outputs| Some(&outputs[input])).collect();
        vote(&said, &weights, &mut votes);
    }
    let most = votes.iter().copied().fold(0.0, f64::max);
    votes.iter().position(|votes| *votes == most).unwrap_or(0)
}

/// Inputs whose numbers are of the range that the examples' have.
fn inputs(task: &Task) -> Vec<Machine> {
    let (registers, slots) = (task.registers(), task.slots());
    let cells = |machine: &Machine| -> Vec<i64> {
        let registers = registers.iter().map(|register| machine.register(*register));
        registers.chain(machine.ram().into_iter().map(i64::from)).collect()
    };
    let values: Vec<i64> = task.examples.iter().flat_map(|example| cells(&example.input)).collect();
    let (least, most) = (values.iter().min().copied().unwrap_or(0), values.iter().max().copied().unwrap_or(0));
    let most = most.max(least + 9);
    let mut random = Xoshiro256PlusPlus::seed_from_u64(INPUTS as u64);
    let mut one = || {
        let mut machine = Machine::new(slots);
        registers.iter().for_each(|register| machine.set_register(*register, random.random_range(least..=most)));
        let ram: Vec<i32> = (0..slots).map(|_| random.random_range(least..=most) as i32).collect();
        machine.set_ram(&ram);
        machine
    };
    (0..INPUTS).map(|_| one()).collect()
}

/// How much a program's vote counts.
fn weight(program: &str) -> f64 {
    let bound = |line: &&str| line.trim_start().starts_with("cmp") && line.contains('$') && !line.contains("$0,");
    BOUND.powi(program.lines().filter(bound).count() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::{AnyTask, parse_json};

    #[test]
    fn what_most_do_is_taken() {
        let line = r#"{"language": "x86", "examples": [{"input": {"registers": {"eax": 2, "ebx": 2}},
            "output": {"registers": {"eax": 4, "ebx": 2}}}]}"#;
        let task = parse_json(line, "t").ok().and_then(AnyTask::into_x86).expect("a task");
        let programs = ["addl $2, %eax", "addl %ebx, %eax", "imull %ebx, %eax", "movl $4, %eax", "subl %ebx, %eax"];
        let alone: Vec<String> = programs.map(str::to_owned).to_vec();
        assert_eq!(choose(&task, &alone[..1]), 0);
        let most = ["movl $4, %eax", "addl %ebx, %eax", "addl $0, %eax\naddl %ebx, %eax"].map(str::to_owned);
        assert_eq!(choose(&task, &most), 1);
    }
}
