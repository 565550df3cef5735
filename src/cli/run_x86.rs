//! `iocc run` of an x86 program: registers and RAM in, registers and RAM out.

use super::run::{Args, EngineName, status, uncompiled};
use super::{Context, Failure};
use crate::diagnostic::Source;
use crate::exec::interp::Interpreter;
use crate::exec::jit::Jit;
use crate::exec::native;
use crate::exec::trace::LineTrace;
use crate::exec::{Argument, Engine, Outcome, RUN_FUEL};
use crate::ir::FunctionId;
use crate::lang::x86::ast::{Instruction, LabelId, Program};
use crate::lang::x86::{self, Machine, branch};
use crate::task::machine_from_json;
use crate::task::x86::state_json;
use iced_x86::{Code, Register};
use serde_json::Value;

/// The registers that are always shown.
const SHOWN: [Register; 4] = [Register::EAX, Register::EBX, Register::ECX, Register::EDX];

/// Runs a program; see [`super::run`].
pub fn run(source: &Source, args: &Args, context: &Context) -> Result<u8, Failure> {
    let told = |errors| Failure::Diagnostics(source.clone(), errors);
    let mut program = x86::parse(&source.text, x86::ast::Syntax::Att).map_err(told)?;
    if let Some(name) = &args.entry {
        enter(&mut program, name, source)?;
    }
    let (input, fuel) = (args.input.as_deref(), args.fuel.unwrap_or(RUN_FUEL));
    let (machine, named) = machine_from_json(input.unwrap_or("{}"), x86::SLOTS as usize).map_err(|error| {
        let failure = Failure::new(format!("--input: {}", error.message));
        error.help.into_iter().fold(failure, Failure::help)
    })?;
    let slots = machine.memory.len() as u32;
    let frame = x86::Frame { notes: args.trace, ..x86::Frame::of_slots(slots) };
    let lowered = x86::lower(&program, frame).map_err(told)?;
    let mut arguments = [Argument::Array(machine.state.clone()), Argument::Array(machine.memory.clone())];
    let run = match args.engine {
        EngineName::Interp if args.trace => {
            let mut interpreter = Interpreter::new(&lowered);
            let mut trace = LineTrace::new(&lowered, &source.text, |line| context.text(line));
            // The first argument is where registers come from and go to.
            trace.hide_object(1);
            trace.name_object(1, "registers");
            trace.name_reversed(2, "ram", slots);
            let run = interpreter.run_traced(FunctionId(0), &mut arguments, fuel, &mut trace);
            trace.finish();
            run
        }
        EngineName::Interp => Interpreter::new(&lowered).run(FunctionId(0), &mut arguments, fuel),
        EngineName::Jit => {
            let mut jit = Jit::new(&lowered).map_err(|error| uncompiled(source, &error))?;
            jit.run(FunctionId(0), &mut arguments, fuel)
        }
        EngineName::Native => {
            let message = |error: native::NativeError| Failure::new(format!("{}: {error}", source.name));
            let mut machines = [machine.clone()];
            let outcome = native::run(&program, &mut machines).map_err(message)?.remove(0);
            let [Machine { state, memory }] = machines;
            arguments = [Argument::Array(state), Argument::Array(memory)];
            outcome
        }
    };
    let [Argument::Array(state), Argument::Array(memory)] = arguments else { unreachable!("both are arrays") };
    let after = Machine { state, memory };
    let output = matches!(run.outcome, Outcome::Returned(_)).then(|| written(&program, &named, &after));
    status(context, source, &run, output, 0, fuel)
}

/// Makes a program begin at a label.
fn enter(program: &mut Program, name: &str, source: &Source) -> Result<(), Failure> {
    let Some(label) = program.labels.iter().position(|label| label.name == name) else {
        let names: Vec<String> = program.labels.iter().map(|label| format!("`{}`", label.name)).collect();
        let failure = Failure::new(format!("{}: no label `{name}`", source.name));
        return Err(match names.is_empty() {
            true => failure.help("the program has no labels; leave `--entry` out"),
            false => failure.help(format!("the labels are {}", names.join(", "))),
        });
    };
    let (target, span) = (Some(LabelId(label as u32)), program.labels[label].span);
    program.instructions.insert(0, Instruction { code: branch(Code::Jmp_rel8_64), target, span });
    program.labels.iter_mut().for_each(|label| label.at += 1);
    Ok(())
}

/// What the machine holds: the paper's registers, those that were named, and those that the program uses.
fn written(program: &Program, named: &[Register], machine: &Machine) -> Value {
    let shown = SHOWN.into_iter().chain(named.iter().copied());
    let operands = program.instructions.iter().flat_map(|it| (0..it.code.op_count()).map(|n| it.code.op_register(n)));
    let pointer = |register: Register| matches!(register.full_register(), Register::RSP | Register::RBP);
    let used = operands.filter(|register| register.is_gpr() && !pointer(*register));
    let mut all: Vec<Register> = Vec::new();
    for register in shown.chain(used) {
        if !all.contains(&register) {
            all.push(register);
        }
    }
    state_json(&all, machine)
}
