//! Programs of x86 in a corpus: states before and after, as task files have them.

use super::worker::{Job, Outcome, Runs};
use crate::exec::interp::{Interpreter, Stop};
use crate::exec::{self, Argument, Engine};
use crate::ir::FunctionId;
use crate::lang::x86::ast::Syntax;
use crate::lang::x86::{self, Frame, Machine};
use crate::task::{self, x86::state_json};
use iced_x86::Register;
use serde_json::Value;

/// Runs a program on its inputs; what it gives, null where it did not return. `given` outputs tell which registers are
/// of interest besides those that inputs name.
pub(super) fn run(
    job: &Job,
    inputs: &[Value],
    given: &[Value],
    fuel: u64,
    runs: &mut Runs,
) -> Result<Vec<Value>, String> {
    let first = |errors: Vec<crate::diagnostic::Diagnostic>| {
        errors.into_iter().next().map_or_else(String::new, |error| error.message)
    };
    let read = |value: &Value| task::machine_from_value(value, 0).map_err(|error| error.to_string());
    let inputs: Vec<(Machine, Vec<Register>)> = inputs.iter().map(read).collect::<Result<_, _>>()?;
    let program = x86::parse(job.source, Syntax::Att).map_err(first)?;
    let mut engine: Option<(usize, Interpreter)> = None;
    let mut made = Vec::with_capacity(inputs.len());
    for (number, (machine, mut named)) in inputs.into_iter().enumerate() {
        if let Some((_, more)) = given.get(number).and_then(|given| task::machine_from_value(given, 0).ok()) {
            named.extend(more.into_iter().filter(|register| !named.contains(register)).collect::<Vec<_>>());
        }
        let slots = machine.memory.len();
        let interpreter = match &mut engine {
            Some((known, interpreter)) if *known == slots => interpreter,
            engine => {
                let lowered = x86::lower(&program, Frame::of_slots(slots as u32)).map_err(first)?;
                &mut engine.insert((slots, Interpreter::new(&lowered))).1
            }
        };
        let mut arguments = [Argument::Array(machine.state), Argument::Array(machine.memory)];
        let run = interpreter.run(FunctionId(0), &mut arguments, fuel);
        let [Argument::Array(state), Argument::Array(memory)] = arguments else { unreachable!("both are arrays") };
        let stop = match run.outcome {
            exec::Outcome::Returned(_) => Stop::Returned,
            exec::Outcome::Trapped(trap) => Stop::Trapped(trap),
            exec::Outcome::OutOfFuel => Stop::OutOfFuel,
        };
        let outcome = Outcome::from(stop);
        runs.push(outcome, run.fuel, &[]);
        let returned = outcome == Outcome::Returned;
        made.push(if returned { state_json(&named, &Machine { state, memory }) } else { Value::Null });
    }
    Ok(made)
}
