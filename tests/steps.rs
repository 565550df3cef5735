//! Steps do what the IR of their instructions does, and so does the machine code that is written for them.
//!
//! `IOCC_STEPS_PROGRAMS` is the number of random programs (4,000 by default).

use iced_x86::Register;
use iocc::exec::interp::Interpreter;
use iocc::exec::steps::{self, Batch, ConditionCode, Layout, NUMBER, Operation, Step, Steps};
use iocc::exec::{Argument, Engine, Outcome, native};
use iocc::ir::{self, FunctionId};
use iocc::lang::x86::ast::{Program, Syntax};
use iocc::lang::x86::{self, Frame, Machine};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

type Random = Xoshiro256PlusPlus;

const FUEL: u64 = 200;
const STATES: usize = 7;

fn programs() -> usize {
    std::env::var("IOCC_STEPS_PROGRAMS").map_or(4_000, |count| count.parse().expect("IOCC_STEPS_PROGRAMS is a number"))
}

fn number(rng: &mut Random) -> i32 {
    match rng.random_range(0..4) {
        0 => rng.random_range(-9..=9),
        1 => 1_i32.wrapping_shl(rng.random_range(0..32)).wrapping_sub(rng.random_range(0..2)),
        2 => rng.random_range(-200..=200),
        _ => rng.random(),
    }
}

/// Any step; most are none that there is an instruction for.
fn step(rng: &mut Random, layout: &Layout, length: usize, jumps: bool) -> Step {
    let operation = Operation::ALL[rng.random_range(0..if jumps { 20 } else { 18 })];
    let jump = operation.jumps();
    let conditional = matches!(operation, Operation::MoveIf | Operation::JumpIf);
    let condition = ConditionCode::values().nth(rng.random_range(1..17)).expect("there are 16 conditions");
    let from = if rng.random_range(0..2) == 0 { NUMBER } else { rng.random_range(0..layout.cells()) as u8 };
    Step {
        operation,
        condition: if conditional { condition } else { ConditionCode::None },
        to: if jump { 0 } else { rng.random_range(0..layout.cells()) as u8 },
        from: if jump { NUMBER } else { from },
        value: match operation {
            _ if jump => rng.random_range(0..=length) as i32,
            Operation::ShiftLeft | Operation::ShiftRight | Operation::ShiftRightSigned => rng.random_range(0..40),
            Operation::Negate | Operation::Not | Operation::Increment | Operation::Decrement => 0,
            _ if from == NUMBER => number(rng),
            _ => 0,
        },
    }
}

/// A random program of steps that there are instructions for.
fn program(rng: &mut Random, layout: &Layout) -> Vec<Step> {
    let (length, jumps) = (rng.random_range(1..8), rng.random_range(0..3) == 0);
    let mut scratch = Steps::default();
    loop {
        let mut steps = Vec::new();
        while steps.len() < length {
            let step = step(rng, layout, length, jumps);
            // Alone, its target would be outside.
            let alone = Step { value: if jumps { step.value.min(1) } else { step.value }, ..step };
            let jump = step.operation.jumps();
            if scratch.push(&[if jump { alone } else { step }], layout).is_ok() {
                steps.push(step);
            }
        }
        if scratch.push(&steps, layout).is_ok() {
            return steps;
        }
    }
}

fn layouts() -> Vec<Layout> {
    let wide = [Register::R9D, Register::EAX, Register::ESI, Register::R15D, Register::ECX];
    vec![
        Layout::of_slots(0),
        Layout::of_slots(4),
        Layout::new(&wide, 3).expect("a layout"),
        Layout::new(&[Register::EDX], 32).expect("a layout"),
    ]
}

/// What the interpreter makes of a row; `None` where it runs out of fuel.
fn interpret(interpreter: &mut Interpreter, layout: &Layout, row: &[i32]) -> Option<Vec<i32>> {
    let mut machine = Machine::new(layout.slots());
    let (registers, slots) = row.split_at(layout.registers().len());
    layout.registers().iter().zip(registers).for_each(|(name, value)| machine.set_register(*name, (*value).into()));
    machine.set_ram(slots);
    let mut arguments = [Argument::Array(machine.state), Argument::Array(machine.memory)];
    let run = interpreter.run(FunctionId(0), &mut arguments, FUEL);
    let [Argument::Array(state), Argument::Array(memory)] = arguments else { unreachable!() };
    let machine = Machine { state, memory };
    match run.outcome {
        Outcome::Returned(_) => {
            let registers = layout.registers().iter().map(|name| machine.register(*name) as i32);
            Some(registers.chain(machine.ram()).collect())
        }
        Outcome::OutOfFuel => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn steps_do_what_their_instructions_do() {
    let mut rng = Random::seed_from_u64(5);
    for layout in layouts() {
        let rows: Vec<i32> = (0..STATES * layout.width()).map(|_| number(&mut rng)).collect();
        let mut all = Steps::default();
        let texts: Vec<Program> = (0..programs() / 4)
            .map(|_| {
                let steps = program(&mut rng, &layout);
                all.push(&steps, &layout).expect("there are instructions for it");
                steps::program(&steps, &layout)
            })
            .collect();
        let mut expected = Vec::new();
        for (number, program) in texts.iter().enumerate() {
            // The instructions are these steps again, also by way of text.
            let text = x86::print(program, Syntax::Att);
            let mut again = Steps::default();
            again.read(program, &layout).unwrap_or_else(|error| panic!("{error}\n{text}"));
            assert_eq!(again.program(0), all.program(number), "{text}");
            let parsed = x86::parse(&text, Syntax::Att).unwrap_or_else(|errors| panic!("{errors:?}\n{text}"));
            again.read(&parsed, &layout).expect("it fits");
            assert_eq!(again.program(1), all.program(number), "{text}");
            let lowered = x86::lower(program, Frame::of_slots(layout.slots() as u32)).expect("it is in the subset");
            assert_eq!(ir::verify(&lowered), Ok(()));
            let mut interpreter = Interpreter::new(&lowered);
            let run = |row| interpret(&mut interpreter, &layout, row);
            expected.push(rows.chunks_exact(layout.width()).map(run).collect::<Vec<_>>());
        }
        let compare = |engine: &str, number: usize, outputs: &[i32], returned: &[bool]| {
            for (state, expected) in expected[number].iter().enumerate() {
                let text = || format!("{engine}, state {state}\n{}", x86::print(&texts[number], Syntax::Att));
                assert_eq!(returned[state], expected.is_some(), "{}", text());
                let input = &rows[state * layout.width()..][..layout.width()];
                let wanted = expected.as_deref().unwrap_or(input);
                assert_eq!(&outputs[state * layout.width()..][..layout.width()], wanted, "{}", text());
            }
        };
        let mut count = 0;
        Batch::new(layout.clone(), &rows, FUEL).run(&all, |number, outputs, returned| {
            count += 1;
            compare("steps", number, outputs, returned);
        });
        assert_eq!(count, texts.len());
        // Those that end; each of the others takes a second.
        let mut ending = Steps::default();
        let numbers: Vec<usize> =
            (0..all.len()).filter(|number| expected[*number].iter().all(Option::is_some)).collect();
        numbers.iter().for_each(|number| ending.push(all.program(*number), &layout).expect("it fits"));
        assert!(numbers.len() > texts.len() / 2);
        let mut native = native::batch::Batch::new(layout.clone(), &rows).expect("there is a native engine");
        let mut count = 0;
        let run = native.run(&ending, |number, outputs, returned| {
            count += 1;
            compare("native", numbers[number], outputs, returned);
        });
        run.expect("it runs");
        assert_eq!(count, numbers.len());
    }
}

#[test]
fn programs_that_do_not_end_cost_their_time_alone() {
    let layout = Layout::of_slots(0);
    let mut all = Steps::default();
    let forever = Step { condition: ConditionCode::e, ..Step::number(Operation::JumpIf, 0, 0) };
    // Endless where eax is 0.
    let sometimes = [Step::number(Operation::Add, 0, 0), Step { value: 0, ..forever }];
    let counting = [Step::number(Operation::Subtract, 0, 1), Step { condition: ConditionCode::ne, ..forever }];
    let once = [Step::number(Operation::Add, 1, 5)];
    for steps in [&once[..], &sometimes, &counting, &once] {
        all.push(steps, &layout).expect("there are instructions for it");
    }
    let rows = [3, 0, 0, 0, 0, 7, 0, 0, 1, 2, 3, 4];
    let mut native = native::batch::Batch::new(layout, &rows).expect("there is a native engine");
    let mut seen = Vec::new();
    native.run(&all, |_, outputs, returned| seen.push((outputs.to_vec(), returned.to_vec()))).expect("it runs");
    assert_eq!(seen[0].0[1], 5);
    assert_eq!(seen[1], (rows.to_vec(), vec![true, false, true]));
    // From 0 it counts through all numbers.
    assert_eq!(seen[2].1, [true, false, true]);
    assert_eq!((seen[2].0[0], seen[3].0[1]), (0, 5));
}

#[test]
fn what_does_not_fit_is_told() {
    let layout = Layout::of_slots(4);
    let mut steps = Steps::default();
    for (text, why) in [
        ("movl %eax, %ebx\naddq %rax, %rbx\n", "instruction 1: no step does this"),
        ("movl -16(%rbp), %eax\n", "its memory is no slot of RAM"),
        ("movl -6(%rbp), %eax\n", "its memory is no slot of RAM"),
        ("addl %ebp, %eax\n", "it uses a pointer as a number"),
        ("imull $3, %ecx, %eax\n", "its operand and its destination are not the same"),
        ("imull %ecx, %eax\ncmovel %ecx, %eax\n", "its flags may be undefined"),
        ("idivl %ecx\n", "no step does this"),
    ] {
        let program = x86::parse(text, Syntax::Att).unwrap_or_else(|errors| panic!("{errors:?}\n{text}"));
        let error = steps.read(&program, &layout).expect_err(text);
        assert!(error.to_string().contains(why), "{text}: {error}");
    }
    assert!(steps.is_empty());
    assert!(Layout::new(&[Register::EAX, Register::EAX], 0).is_none());
    assert!(Layout::new(&[Register::RAX], 0).is_none());
    assert!(Layout::new(&[Register::EBP], 0).is_none());
    assert!(Layout::new(&[Register::EAX], 33).is_none());
}
