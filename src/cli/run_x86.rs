//! `iocc run` of an x86 program: registers and RAM in, registers and RAM out.

use super::run::{EngineName, status, uncompiled};
use super::{Context, Failure};
use crate::diagnostic::Source;
use crate::exec::interp::Interpreter;
use crate::exec::jit::Jit;
use crate::exec::native;
use crate::exec::{Argument, Engine, Outcome};
use crate::ir::FunctionId;
use crate::lang::x86::ast::Program;
use crate::lang::x86::{self, Machine};
use iced_x86::Register;
use serde_json::{Map, Value, json};

/// The registers that are always shown.
const SHOWN: [&str; 4] = ["eax", "ebx", "ecx", "edx"];

/// Runs a program; see [`super::run`].
pub fn run(
    source: &Source,
    input: Option<&str>,
    engine: EngineName,
    fuel: u64,
    context: &Context,
) -> Result<u8, Failure> {
    let told = |errors| Failure::Diagnostics(source.clone(), errors);
    let program = x86::parse(&source.text, x86::ast::Syntax::Att).map_err(told)?;
    let (machine, named) = read(input.unwrap_or("{}"))?;
    let slots = machine.memory.len() as u32;
    let frame = x86::Frame::of_slots(slots);
    let lowered = x86::lower(&program, frame).map_err(told)?;
    let mut arguments = [Argument::Array(machine.state.clone()), Argument::Array(machine.memory.clone())];
    let run = match engine {
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

/// A machine from `{"registers": {...}, "ram": [...]}`, and the registers that were named.
fn read(text: &str) -> Result<(Machine, Vec<String>), Failure> {
    const SAMPLE: &str = r#"for example --input '{"registers": {"eax": 5}, "ram": [2, 8, 0, 1]}'"#;
    let wrong = |message: String| Failure::new(format!("--input: {message}")).help(SAMPLE);
    let value: Value = serde_json::from_str(text).map_err(|error| wrong(format!("not JSON: {error}")))?;
    let Value::Object(fields) = value else { return Err(wrong("not an object".into())) };
    let mut machine = Machine::new(x86::SLOTS as usize);
    let mut named = Vec::new();
    for (field, value) in fields {
        match (field.as_str(), value) {
            ("registers", Value::Object(registers)) => {
                for (name, value) in registers {
                    let register = x86::subset::register(&name).filter(|register| register.is_gpr());
                    let register = register.ok_or_else(|| wrong(format!("there is no register `{name}`")))?;
                    let bits = 8 * register.size() as u32;
                    let fits = |value: &i64| bits == 64 || (-(1_i64 << (bits - 1))..1_i64 << bits).contains(value);
                    let value = value.as_i64().filter(fits);
                    let value = value.ok_or_else(|| wrong(format!("`{name}` holds a number of {bits} bits")))?;
                    machine.set_register(register, value);
                    named.push(name);
                }
            }
            ("ram", Value::Array(slots)) => {
                if slots.len() > 1 << 16 {
                    return Err(wrong("more than 65,536 slots of RAM".into()));
                }
                let slot = |value: &Value| value.as_i64().and_then(|value| i32::try_from(value).ok());
                let slots: Option<Vec<i32>> = slots.iter().map(slot).collect();
                machine.set_ram(&slots.ok_or_else(|| wrong("RAM holds numbers of 32 bits".into()))?);
            }
            ("registers" | "ram", _) => return Err(wrong(format!("`{field}` has another shape"))),
            _ => return Err(wrong(format!("there is no field `{field}`"))),
        }
    }
    Ok((machine, named))
}

/// What the machine holds: the paper's registers, those that were named, and those that the program uses.
fn written(program: &Program, named: &[String], machine: &Machine) -> Value {
    let mut names: Vec<String> = SHOWN.iter().map(|name| (*name).to_owned()).chain(named.iter().cloned()).collect();
    for instruction in &program.instructions {
        for number in 0..instruction.code.op_count() {
            let register = instruction.code.op_register(number);
            let pointer = matches!(register.full_register(), Register::RSP | Register::RBP);
            if register.is_gpr() && !pointer {
                names.push(format!("{register:?}").to_lowercase());
            }
        }
    }
    let mut registers = Map::new();
    for name in names {
        if let Some(register) = x86::subset::register(&name) {
            registers.entry(name).or_insert_with(|| json!(machine.register(register)));
        }
    }
    json!({"registers": registers, "ram": machine.ram()})
}
