//! Sorting kernels, proven: each is run on all inputs of values from 1 to n, ties included.

use crate::exec::SYNTHESIS_FUEL;
use crate::exec::interp::Interpreter;
use crate::exec::{Argument, Engine, Outcome};
use crate::ir::FunctionId;
use crate::lang::x86::ast::Syntax;
use crate::lang::x86::{self, Frame, Machine, state};
use crate::search::kernel::{Instructions, Search, print};
use iced_x86::Register;
use std::time::Instant;

/// A kernel that sorts.
#[derive(Clone, Debug, PartialEq)]
pub struct Kernel {
    /// Assembly, AT&T syntax.
    pub program: String,
    /// Its instructions.
    pub length: usize,
    /// Seconds from the search's beginning until it was proven.
    pub seconds: f64,
}

/// The shortest kernel that is found before the deadline; `None` where there is none, or for a number of registers that
/// the search does not take.
pub fn sort(n: usize, instructions: Instructions, deadline: Option<Instant>) -> Option<Kernel> {
    let start = Instant::now();
    let search = Search::new(n, instructions)?;
    let mut best = None;
    search.improve(deadline, &mut |kernel| {
        let program = print(kernel);
        if sorts(&program, n, instructions) {
            best = Some(Kernel { program, length: kernel.len(), seconds: start.elapsed().as_secs_f64() });
        }
    });
    best
}

/// Whether a program sorts every input of `n` values from 1 to n.
pub fn sorts(text: &str, n: usize, instructions: Instructions) -> bool {
    const REGISTERS: [Register; 5] = [Register::EAX, Register::EBX, Register::ECX, Register::EDX, Register::ESI];
    let Ok(program) = x86::parse(text, Syntax::Att) else { return false };
    let Ok(lowered) = x86::lower(&program, Frame::of_slots(0)) else { return false };
    let mut interpreter = Interpreter::new(&lowered);
    let vector = |at: usize| state::VECTORS + 4 * at;
    (0..n.pow(n as u32)).all(|number| {
        let digit = |at: usize| (number / n.pow(at as u32) % n) as i32 + 1;
        let mut values: Vec<i32> = (0..n).map(digit).collect();
        let mut machine = Machine::new(0);
        for (at, value) in values.iter().enumerate() {
            match instructions {
                Instructions::Conditional => machine.set_register(REGISTERS[at], (*value).into()),
                Instructions::MinMax => machine.state[vector(at)] = *value,
            }
        }
        let mut arguments = [Argument::Array(machine.state), Argument::Array(machine.memory)];
        let run = interpreter.run(FunctionId(0), &mut arguments, SYNTHESIS_FUEL);
        let [Argument::Array(state), Argument::Array(memory)] = arguments else { return false };
        let after = Machine { state, memory };
        let left = |at: usize| match instructions {
            Instructions::Conditional => after.register(REGISTERS[at]) as i32,
            Instructions::MinMax => after.state[vector(at)],
        };
        values.sort_unstable();
        matches!(run.outcome, Outcome::Returned(_)) && values.iter().enumerate().all(|(at, value)| left(at) == *value)
    })
}
