//! Random short programs of x86 and tasks made of them: over eax, ebx, ecx, edx and, in every other task, four slots of
//! RAM. Half of the programs are AutoAssemblet's (no flags, no jumps); the others compare, choose and jump. They run as
//! steps; `profiles/short-x86.toml` is the vocabulary of what is drawn here.

use super::Counts;
use super::c::Config;
use super::inputs::Fnv;
use crate::exec::expand;
use crate::exec::steps::{self, Batch, ConditionCode, Layout, NUMBER, Operation, Step, Steps};
use crate::lang::x86::{self, SLOTS, ast::Program, ast::Syntax};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde_json::{Value, json};

/// Registers of a row.
const REGISTERS: usize = 4;
/// Fixed states behind a behaviour hash.
const PROBES: usize = 64;
/// The largest number in a state that is drawn, and the smallest.
const LARGEST: i32 = 9;
const SMALLEST: i32 = -9;
/// Instructions of a program at most.
const LONGEST: usize = 10;

/// A program and its examples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sampled {
    /// Its text, AT&T syntax.
    pub source: String,
    /// Its steps.
    pub steps: Vec<Step>,
    /// Instructions.
    pub instructions: usize,
    /// Whether some jump leads back.
    pub loops: bool,
    /// Rows before and after, the given ones first: registers, then RAM.
    pub examples: Vec<(Vec<i32>, Vec<i32>)>,
    /// The hash of what it does on fixed states.
    pub behaviour: u64,
}

/// Makes programs and tasks.
#[derive(Clone, Debug)]
pub struct Sampler {
    config: Config,
}

/// What sampling reuses from program to program.
pub struct Scratch {
    probes: [Batch; 2],
    steps: Steps,
}

impl Default for Scratch {
    fn default() -> Self {
        let probes = [0, SLOTS as usize].map(|slots| {
            let layout = Layout::of_slots(slots);
            let mut rng = Xoshiro256PlusPlus::seed_from_u64(0x86);
            let rows: Vec<i32> = (0..PROBES * layout.width()).map(|_| value(&mut rng)).collect();
            Batch::new(layout, &rows, FUEL)
        });
        Self { probes, steps: Steps::default() }
    }
}

/// Instructions that a run may take: a loop over small numbers ends by then.
const FUEL: u64 = 200;

impl Sampler {
    /// A sampler of what `config` asks for.
    pub fn new(config: Config) -> Self {
        Self { config }
    }

    /// The task of a seed and an index. `retry` is 0, or tells how many tasks of this index were duplicates. Adds to
    /// `counts` what was dropped on the way and the one that was kept.
    pub fn task(&self, seed: u64, index: u64, retry: u32, scratch: &mut Scratch, counts: &mut Counts) -> Sampled {
        let stream = super::mix(super::mix(super::mix(seed) ^ index) ^ u64::from(retry) << 32 ^ 0x86);
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(stream);
        let (branches, ram) = (index.is_multiple_of(2), index & 2 != 0);
        let layout = Layout::of_slots(if ram { SLOTS as usize } else { 0 });
        loop {
            let steps = draft(&mut rng, &layout, branches);
            scratch.steps.clear();
            // What reads flags that may be undefined, or what no instruction does.
            let fits = scratch.steps.push(&steps, &layout).is_ok();
            if !fits || branches && !scratch.steps.reads_flags(0) {
                counts.off_quota += 1;
                continue;
            }
            let wanted = self.config.given + self.config.held_out;
            let rows: Vec<i32> = (0..wanted * layout.width()).map(|_| value(&mut rng)).collect();
            let mut outputs = None;
            Batch::new(layout.clone(), &rows, FUEL).run(&scratch.steps, |_, after, returned| {
                outputs = returned.iter().all(|it| *it).then(|| after.to_vec());
            });
            let Some(outputs) = outputs else {
                counts.out_of_fuel += 1;
                continue;
            };
            if trivial(&rows, &outputs, layout.width()) {
                counts.trivial += 1;
                continue;
            }
            counts.kept += 1;
            let program = steps::program(&steps, &layout);
            let split = |rows: &[i32]| rows.chunks_exact(layout.width()).map(<[i32]>::to_vec).collect::<Vec<_>>();
            return Sampled {
                source: x86::print(&program, Syntax::Att),
                instructions: steps.len(),
                loops: steps.iter().enumerate().any(|(at, step)| step.operation.jumps() && step.value as usize <= at),
                examples: split(&rows).into_iter().zip(split(&outputs)).collect(),
                behaviour: behaviour(&mut scratch.probes[usize::from(ram)], &scratch.steps),
                steps,
            };
        }
    }
}

/// Whether nothing changes, or what changes is always the same.
fn trivial(before: &[i32], after: &[i32], width: usize) -> bool {
    let rows = || before.chunks_exact(width).zip(after.chunks_exact(width));
    (0..width).all(|cell| {
        let same = rows().all(|(before, after)| before[cell] == after[cell]);
        let first = after.get(cell);
        same || rows().all(|(_, after)| Some(&after[cell]) == first)
    })
}

/// Hashes of what programs do on the fixed states, which are states with RAM where one of them uses it; `None` where one
/// is no program of 32-bit registers and slots. What was drawn with RAM and does not use it has another hash in a corpus.
pub fn behaviour_of(programs: &[&Program]) -> Option<Vec<u64>> {
    let Scratch { mut probes, mut steps } = Scratch::default();
    let probes = probes.iter_mut().find(|probes| {
        steps.clear();
        programs.iter().all(|program| steps.read(program, probes.layout()).is_ok())
    })?;
    let mut hashes = Vec::with_capacity(programs.len());
    for number in 0..programs.len() {
        let mut one = Steps::default();
        one.push(steps.program(number), probes.layout()).ok()?;
        hashes.push(behaviour(probes, &one));
    }
    Some(hashes)
}

fn behaviour(probes: &mut Batch, steps: &Steps) -> u64 {
    let width = probes.layout().width();
    let mut hash = Fnv::default();
    hash.word(width as u32);
    probes.run(steps, |_, rows, returned| {
        for (row, returned) in rows.chunks_exact(width).zip(returned) {
            hash.word(u32::from(*returned));
            row.iter().filter(|_| *returned).for_each(|value| hash.word(*value as u32));
        }
    });
    hash.finish()
}

fn value(rng: &mut impl Rng) -> i32 {
    rng.random_range(SMALLEST..=LARGEST)
}

/// A row as task files have it.
pub fn row_to_json(row: &[i32]) -> Value {
    let [eax, ebx, ecx, edx, ram @ ..] = row else { unreachable!("rows hold four registers") };
    let mut state = json!({"registers": {"eax": eax, "ebx": ebx, "ecx": ecx, "edx": edx}});
    if !ram.is_empty() {
        state["ram"] = json!(ram);
    }
    state
}

/// A random program, before any filter.
fn draft(rng: &mut impl Rng, layout: &Layout, branches: bool) -> Vec<Step> {
    // Short ones are as likely as long ones; what branches needs two more.
    let length = rng.random_range(1..=LONGEST - 2) + if branches { 2 } else { 0 };
    let mut steps: Vec<Step> = Vec::with_capacity(length);
    while steps.len() < length {
        if branches && rng.random_range(0..3) == 0 {
            decision(rng, layout, length, &mut steps);
        } else {
            steps.push(arithmetic(rng, layout, branches));
        }
    }
    steps.truncate(length);
    let end = steps.len() as i32;
    steps.iter_mut().filter(|step| step.operation.jumps()).for_each(|step| step.value = step.value.min(end));
    steps
}

/// An operand that goes with a destination: two places in memory never stand in one instruction.
fn source(rng: &mut impl Rng, layout: &Layout, to: u8, largest: i32) -> (u8, i32) {
    let cells = if usize::from(to) < REGISTERS { layout.width() } else { REGISTERS };
    match rng.random_range(0..cells + 4) {
        cell if cell < cells => (cell as u8, 0),
        _ => (NUMBER, rng.random_range(0..=largest)),
    }
}

fn arithmetic(rng: &mut impl Rng, layout: &Layout, all: bool) -> Step {
    use Operation::*;
    const MORE: [Operation; 10] =
        [And, Or, Xor, Exchange, Negate, Not, Increment, Decrement, ShiftLeft, ShiftRightSigned];
    let operation = match rng.random_range(0..if all { 12 } else { 8 }) {
        number @ 0..8 => expand::OPERATIONS[number % 4],
        _ => MORE[rng.random_range(0..MORE.len())],
    };
    let register = matches!(operation, Multiply | Exchange);
    let to = rng.random_range(0..if register { REGISTERS } else { layout.width() }) as u8;
    let (from, value) = match operation {
        Negate | Not | Increment | Decrement => (NUMBER, 0),
        ShiftLeft | ShiftRightSigned => (NUMBER, [1, 2, 3, 4, 5, 31][rng.random_range(0..6)]),
        Exchange => (rng.random_range(0..REGISTERS) as u8, 0),
        _ => source(rng, layout, to, LARGEST),
    };
    Step { operation, condition: ConditionCode::None, to, from, value }
}

fn comparison(rng: &mut impl Rng, layout: &Layout) -> Step {
    let to = rng.random_range(0..layout.width()) as u8;
    let (from, value) = source(rng, layout, to, LARGEST);
    let memory = from != NUMBER && usize::from(from) >= REGISTERS;
    let operation = if rng.random_range(0..4) == 0 && !memory { Operation::Test } else { Operation::Compare };
    Step { operation, condition: ConditionCode::None, to, from, value }
}

/// Something that sets flags and something that reads them: a choice, a jump ahead, or a jump back while a number
/// counts down.
fn decision(rng: &mut impl Rng, layout: &Layout, length: usize, steps: &mut Vec<Step>) {
    use ConditionCode::{e, g, ge, l, le, ne};
    let condition = [l, le, g, ge, e, ne][rng.random_range(0..6)];
    let at = steps.len();
    match rng.random_range(0..5) {
        0 | 1 => {
            steps.push(comparison(rng, layout));
            let (to, from) = (rng.random_range(0..REGISTERS) as u8, rng.random_range(0..layout.width()) as u8);
            steps.push(Step { condition, ..Step::cell(Operation::MoveIf, to, from) });
        }
        2 | 3 => {
            steps.push(comparison(rng, layout));
            let target = rng.random_range(at + 2..=length.max(at + 2));
            steps.push(Step { condition, ..Step::number(Operation::JumpIf, 0, target as i32) });
        }
        _ => {
            let to = rng.random_range(0..layout.width()) as u8;
            steps.push(match rng.random_range(0..2) {
                0 => Step::number(Operation::Decrement, to, 0),
                _ => Step::number(Operation::Subtract, to, rng.random_range(1..=3)),
            });
            let condition = if rng.random_range(0..3) == 0 { ge } else { g };
            steps.push(Step { condition, ..Step::number(Operation::JumpIf, 0, rng.random_range(0..=at) as i32) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::interp::Interpreter;
    use crate::exec::{Argument, Engine, Outcome};
    use crate::ir::FunctionId;
    use crate::lang::x86::{Frame, Machine};
    use crate::token::{Profile, Vocabulary};
    use iced_x86::Register;

    #[test]
    fn tasks_are_what_their_programs_do() {
        let config = Config { given: 4, held_out: 4, ..Config::default() };
        let sampler = Sampler::new(config);
        let profile = Profile::load("short-x86").expect("a committed profile");
        let vocabulary = Vocabulary::new(&profile).expect("a vocabulary");
        let (mut scratch, mut counts) = (Scratch::default(), Counts::default());
        let (mut loops, mut jumps) = (0, 0);
        for index in 0..400 {
            let sampled = sampler.task(3, index, 0, &mut scratch, &mut counts);
            assert_eq!(sampled, sampler.task(3, index, 0, &mut Scratch::default(), &mut Counts::default()));
            vocabulary.encode(&sampled.source).unwrap_or_else(|error| panic!("{error} in\n{}", sampled.source));
            loops += usize::from(sampled.loops);
            jumps += usize::from(sampled.source.contains(':'));
            let program = x86::parse(&sampled.source, Syntax::Att).expect("it was just printed");
            for (before, after) in &sampled.examples {
                let mut machine = Machine::new(before.len() - REGISTERS);
                let names = [Register::EAX, Register::EBX, Register::ECX, Register::EDX];
                names.iter().zip(before).for_each(|(name, value)| machine.set_register(*name, (*value).into()));
                machine.set_ram(&before[REGISTERS..]);
                let frame = Frame::of_slots(machine.memory.len() as u32);
                let lowered = x86::lower(&program, frame).expect("it is in the subset");
                let mut arguments = [Argument::Array(machine.state), Argument::Array(machine.memory)];
                let run = Interpreter::new(&lowered).run(FunctionId(0), &mut arguments, 10_000);
                assert!(matches!(run.outcome, Outcome::Returned(_)));
                let [Argument::Array(state), Argument::Array(memory)] = arguments else { unreachable!() };
                let machine = Machine { state, memory };
                let registers = names.map(|name| machine.register(name) as i32);
                assert_eq!([&registers[..], &machine.ram()].concat(), *after, "{}", sampled.source);
            }
        }
        assert_eq!(counts.kept, 400);
        assert!(loops > 25 && jumps > 80, "{loops} loops, {jumps} jumps");
    }
}
