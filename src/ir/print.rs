//! The text form of the IR; [`super::parse`] reads it back. One instruction a line, results to the left of `=`, the
//! type of a result behind its operation where it does not go without saying:
//!
//! ```text
//! fn twice(i32) -> i32 {
//! b0(v0: i32):
//!     fuel 1 @17..30
//!     v1 = add_overflows v0, v0
//!     trap_if v1 integer_overflow
//!     v2 = add.i32 v0, v0
//!     return v2
//! }
//! ```

use super::{Block, Call, Function, Global, Inst, Program, Target, Terminator, Value};
use std::fmt::{self, Write};

/// The text form of `program`.
pub fn print(program: &Program) -> String {
    let mut text = String::new();
    for global in &program.globals {
        self::global(&mut text, global).expect("writing to a string does not fail");
    }
    for (number, function) in program.functions.iter().enumerate() {
        if number > 0 || !program.globals.is_empty() {
            text.push('\n');
        }
        self::function(&mut text, program, function).expect("writing to a string does not fail");
    }
    text
}

/// `global seed 4 = 2a000000`; without data all is zero.
fn global(out: &mut String, global: &Global) -> fmt::Result {
    write!(out, "global {} {}", global.name, global.bytes)?;
    if !global.data.is_empty() {
        out.write_str(" = ")?;
        global.data.iter().try_for_each(|byte| write!(out, "{byte:02x}"))?;
    }
    out.write_char('\n')
}

fn function(out: &mut String, program: &Program, function: &Function) -> fmt::Result {
    write!(out, "fn {}(", function.name)?;
    list(out, &function.parameters, |out, ty| out.write_str(ty.name()))?;
    out.write_char(')')?;
    if !function.returns.is_empty() {
        out.write_str(" -> ")?;
        list(out, &function.returns, |out, ty| out.write_str(ty.name()))?;
    }
    out.write_str(" {\n")?;
    for (number, block) in function.blocks.iter().enumerate() {
        self::block(out, program, function, number, block)?;
    }
    out.write_str("}\n")
}

fn block(out: &mut String, program: &Program, function: &Function, number: usize, block: &Block) -> fmt::Result {
    write!(out, "b{number}")?;
    if !block.parameters.is_empty() {
        out.write_char('(')?;
        list(out, &block.parameters, |out, value| write!(out, "v{}: {}", value.0, type_name(function, *value)))?;
        out.write_char(')')?;
    }
    out.write_str(":\n")?;
    for inst in &block.insts {
        out.write_str("    ")?;
        self::inst(out, program, function, inst)?;
        out.write_char('\n')?;
    }
    out.write_str("    ")?;
    terminator(out, &block.terminator)?;
    out.write_char('\n')
}

fn inst(out: &mut String, program: &Program, function: &Function, inst: &Inst) -> fmt::Result {
    if !inst.results().is_empty() {
        values(out, inst.results())?;
        out.write_str(" = ")?;
    }
    let ty = |value: &Value| type_name(function, *value);
    match inst {
        Inst::Const { result, value } => write!(out, "const.{} {value}", ty(result)),
        Inst::Binary { result, op, left, right } => {
            write!(out, "{}.{} v{}, v{}", op.name(), ty(result), left.0, right.0)
        }
        Inst::Overflows { op, left, right, .. } => write!(out, "{} v{}, v{}", op.name(), left.0, right.0),
        Inst::Compare { condition, left, right, .. } => write!(out, "{} v{}, v{}", condition.name(), left.0, right.0),
        Inst::Select { result, condition, then, otherwise } => {
            write!(out, "select.{} v{}, v{}, v{}", ty(result), condition.0, then.0, otherwise.0)
        }
        Inst::Convert { result, op, operand } => write!(out, "{}.{} v{}", op.name(), ty(result), operand.0),
        Inst::Allocate { bytes, .. } => write!(out, "allocate {bytes}"),
        Inst::Index { base, index, scale, .. } => write!(out, "index v{}, v{} * {scale}", base.0, index.0),
        Inst::Advance { base, index, scale, .. } => write!(out, "advance v{}, v{} * {scale}", base.0, index.0),
        Inst::Global { global, .. } => write!(out, "global {}", global.0),
        Inst::Load { result, address, offset } => write!(out, "load.{} {}", ty(result), Place(*address, *offset)),
        Inst::Store { value, address, offset } => write!(out, "store v{}, {}", value.0, Place(*address, *offset)),
        Inst::TrapIf { condition, kind } => write!(out, "trap_if v{} {}", condition.0, kind.name()),
        Inst::Call(call) => {
            let Call { results, function: callee, arguments } = &**call;
            match program.functions.get(callee.0 as usize) {
                Some(callee) => write!(out, "call {}(", callee.name)?,
                // Only a program that verify rejects has these.
                None => write!(out, "call ?{}(", callee.0)?,
            }
            values(out, arguments)?;
            out.write_char(')')?;
            if !results.is_empty() {
                out.write_str(": ")?;
                list(out, results, |out, result| out.write_str(ty(result)))?;
            }
            Ok(())
        }
        Inst::Fuel { amount, span } => write!(out, "fuel {amount} @{}..{}", span.start, span.end),
        Inst::Note { variable, value } => match function.variables.get(variable.0 as usize) {
            Some(name) => write!(out, "note {name} v{}", value.0),
            None => write!(out, "note ?{} v{}", variable.0, value.0),
        },
    }
}

fn terminator(out: &mut String, terminator: &Terminator) -> fmt::Result {
    match terminator {
        Terminator::Jump(to) => {
            out.write_str("jump ")?;
            target(out, to)
        }
        Terminator::Branch { condition, then, otherwise } => {
            write!(out, "branch v{}, ", condition.0)?;
            target(out, then)?;
            out.write_str(", ")?;
            target(out, otherwise)
        }
        Terminator::Return(results) if results.is_empty() => out.write_str("return"),
        Terminator::Return(results) => {
            out.write_str("return ")?;
            values(out, results)
        }
        Terminator::Trap(kind) => write!(out, "trap {}", kind.name()),
    }
}

fn target(out: &mut String, target: &Target) -> fmt::Result {
    write!(out, "b{}", target.block.0)?;
    if target.arguments.is_empty() {
        return Ok(());
    }
    out.write_char('(')?;
    values(out, &target.arguments)?;
    out.write_char(')')
}

fn values(out: &mut String, values: &[Value]) -> fmt::Result {
    list(out, values, |out, value| write!(out, "v{}", value.0))
}

fn list<T>(out: &mut String, items: &[T], mut item: impl FnMut(&mut String, &T) -> fmt::Result) -> fmt::Result {
    for (number, each) in items.iter().enumerate() {
        if number > 0 {
            out.write_str(", ")?;
        }
        item(out, each)?;
    }
    Ok(())
}

fn type_name(function: &Function, value: Value) -> &'static str {
    function.types.get(value.0 as usize).map_or("?", |ty| ty.name())
}

/// An address with its offset: `v0`, `v0+4`, `v0-4`.
struct Place(Value, i32);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            0 => write!(f, "v{}", self.0.0),
            offset => write!(f, "v{}{offset:+}", self.0.0),
        }
    }
}
