//! Programs of Karel in a corpus: worlds before and after, as the public data set has them.

use super::worker::{Job, Outcome, Runs};
use crate::exec::interp::{Interpreter, Stop};
use crate::exec::{self, karel::run as run_world};
use crate::lang::karel::{TICKS, World, compile, public};
use crate::task::karel::world_from_value;
use serde_json::Value;

/// Runs a program in its worlds, on the language's ticks at most; what it gives, null where it did not return.
pub(super) fn run(job: &Job, inputs: &[Value], fuel: u64, runs: &mut Runs) -> Result<Vec<Value>, String> {
    let read = |value: &Value| world_from_value(value).map_err(|error| error.to_string());
    let worlds: Vec<World> = inputs.iter().map(read).collect::<Result<_, _>>()?;
    let program = compile(job.source)
        .map_err(|errors| errors.into_iter().next().map_or_else(String::new, |error| error.message))?;
    let mut interpreter = Interpreter::new(&program);
    let one = |world: &World| {
        let (run, after) = run_world(&mut interpreter, world, fuel.min(TICKS));
        let stop = match run.outcome {
            exec::Outcome::Returned(_) => Stop::Returned,
            exec::Outcome::Trapped(trap) => Stop::Trapped(trap),
            exec::Outcome::OutOfFuel => Stop::OutOfFuel,
        };
        runs.push(Outcome::from(stop), run.fuel, &[]);
        after.as_ref().map_or(Value::Null, public::to_json)
    };
    Ok(worlds.iter().map(one).collect())
}
