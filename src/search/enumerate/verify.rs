//! Proof by execution.

use crate::exec::interp::Interpreter;
use crate::exec::{Engine, SYNTHESIS_FUEL};
use crate::ir::{self, FunctionId};
use crate::lang::c;
use crate::lang::c::ast;
use crate::task::Example;

/// The examples that the program (its last function) does not satisfy: all of them where it does not even compile.
pub fn failing(program: &ast::Program, examples: &[Example]) -> Vec<usize> {
    let Ok(checked) = c::check(program) else { return (0..examples.len()).collect() };
    let lowered = c::lower(&checked.program, c::LowerOptions { notes: false });
    let mut engine = Interpreter::new(&lowered);
    ir::recycle(lowered);
    let entry = FunctionId(u32::try_from(program.functions.len() - 1).expect("few functions"));
    let wrong = |example: &Example| {
        let mut arguments = example.input.clone();
        let run = engine.run(entry, &mut arguments, SYNTHESIS_FUEL);
        !example.accepts(&run.outcome, &arguments)
    };
    let mut wrong = wrong;
    examples.iter().enumerate().filter(|(_, example)| wrong(example)).map(|(index, _)| index).collect()
}
