//! What can be asked of a program in text: one function for each that SQL has, of all languages.

use crate::eval::all_inputs;
use crate::exec::batch::{Batch, Choice};
use crate::exec::interp::{Interpreter, Stop};
use crate::exec::rows::{Call, RowArgument};
use crate::exec::{self, Argument, Engine, Outcome, Run, SYNTHESIS_FUEL};
use crate::ir::{self, FunctionId};
use crate::lang::c::ast::Signature;
use crate::lang::x86::ast::Syntax;
use crate::lang::x86::{Frame, Machine, SLOTS};
use crate::lang::{c, karel, x86};
use crate::sample;
use crate::synth::verify::c::Runnable;
use crate::task::{self, DEFAULT_LENGTH, Language, default_signature};
use crate::token::Lexer;
use iced_x86::Register;
use serde_json::Value;
use std::sync::LazyLock;

/// Inputs that are run together before it is asked whether two programs differ.
const CHUNK: usize = 4_096;

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Ran {
    /// `returned`, `trapped`, `out_of_fuel`, or `rejected` where there was no run.
    pub outcome: &'static str,
    /// The kind of trap.
    pub trap: Option<&'static str>,
    /// Statements and loop tests.
    pub fuel: u64,
    /// What it gave, as task files have it.
    pub output: Option<String>,
    /// Why there was no run.
    pub message: Option<String>,
}

impl Ran {
    pub(super) fn rejected(message: String) -> Self {
        Self { outcome: "rejected", message: Some(message), ..Self::default() }
    }

    /// What a run did, whose output `write` makes of what it returned.
    fn of(run: &Run, write: impl FnOnce(&[i64]) -> Value) -> Self {
        let (outcome, trap, output) = match &run.outcome {
            Outcome::Returned(values) => ("returned", None, Some(write(values).to_string())),
            Outcome::Trapped(trap) => ("trapped", Some(trap.kind.name()), None),
            Outcome::OutOfFuel => ("out_of_fuel", None, None),
        };
        Self { outcome, trap, fuel: run.fuel, output, message: None }
    }
}

/// The language of a name; `None` for an unknown one.
pub(super) fn language(name: &str) -> Option<Language> {
    [Language::C, Language::X86, Language::Karel].into_iter().find(|language| language.name() == name)
}

/// The first of some mistakes.
fn first(errors: Vec<crate::diagnostic::Diagnostic>) -> String {
    errors.into_iter().next().map_or_else(String::new, |error| error.message)
}

/// Whether a text is a program of its language, checks passed.
pub(super) fn parses(language: Language, source: &str) -> bool {
    match language {
        Language::C => c::parse(source).and_then(|program| c::check(&program)).is_ok(),
        Language::X86 => x86::parse(source, Syntax::Att).is_ok(),
        Language::Karel => karel::parse(source).and_then(|program| karel::check(&program)).is_ok(),
    }
}

/// The length of a program in tokens of its language.
pub(super) fn length(language: Language, source: &str) -> usize {
    Lexer::of(language.name()).map_or(0, |lexer| lexer.count(source))
}

/// The hash of what a program does on the fixed inputs, as corpora have it; `None` where they don't fit it.
pub(super) fn behaviour(language: Language, source: &str) -> Option<u64> {
    match language {
        Language::C => Some(Runnable::new(source, &default_signature()).ok()?.behaviour()),
        Language::X86 => sample::x86::behaviour_of(&[&x86::parse(source, Syntax::Att).ok()?])?.pop(),
        Language::Karel => {
            let program = karel::parse(source).ok()?;
            karel::check(&program).ok()?;
            Some(sample::karel::behaviour(&program))
        }
    }
}

/// Whether two programs do the same: of C's default signature on all arrays of a corpus, of other languages on the fixed
/// inputs. A run that does not return is something that a program does. `None` where these inputs don't fit them.
pub(super) fn equivalent(language: Language, one: &str, other: &str) -> Option<bool> {
    match language {
        Language::C => same_arrays(&default_entry(one)?, &default_entry(other)?),
        Language::X86 => {
            let (one, other) = (x86::parse(one, Syntax::Att).ok()?, x86::parse(other, Syntax::Att).ok()?);
            let hashes = sample::x86::behaviour_of(&[&one, &other])?;
            Some(hashes[0] == hashes[1])
        }
        Language::Karel => Some(behaviour(language, one)? == behaviour(language, other)?),
    }
}

/// A program of C with the function of the default signature.
fn default_entry(source: &str) -> Option<(ir::Program, FunctionId)> {
    let tree = c::parse(source).ok()?;
    let entry = tree.functions.iter().position(|function| function.has_signature(&default_signature()))?;
    let checked = c::check(&tree).ok()?;
    Some((c::lower(&checked.program, c::LowerOptions::default()), FunctionId(entry as u32)))
}

type Entry = (ir::Program, FunctionId);

/// Compares on all arrays, in lanes, which make no machine code.
fn same_arrays(one: &Entry, other: &Entry) -> Option<bool> {
    static INPUTS: LazyLock<Vec<i32>> = LazyLock::new(|| all_inputs().flatten().collect());
    let mut batch = Batch::new(Choice::Lockstep);
    let mut run = |(program, function): &Entry, cells: &[i32]| {
        let mut rows = cells.to_vec();
        let shape = [RowArgument::Array(DEFAULT_LENGTH as u32)];
        let call = Call { function: *function, shape: &shape, fuel: SYNTHESIS_FUEL };
        let mut returned = Vec::with_capacity(cells.len() / DEFAULT_LENGTH);
        batch.run_rows(program, &call, &mut rows, |_, run| returned.push(run.stop == Stop::Returned));
        // What a run that did not return left behind is no behaviour.
        for (row, _) in rows.chunks_exact_mut(DEFAULT_LENGTH).zip(&returned).filter(|(_, returned)| !**returned) {
            row.fill(0);
        }
        (rows, returned)
    };
    Some(INPUTS.chunks(CHUNK * DEFAULT_LENGTH).all(|cells| run(one, cells) == run(other, cells)))
}

/// Programs ready to run; the last one is kept, since a program is mostly run on several inputs in a row.
#[derive(Default)]
pub(super) struct Runner {
    last: Option<(Language, String, Result<Ready, String>)>,
}

/// A program ready to be run.
enum Ready {
    C(Signature, FunctionId, Interpreter),
    X86(x86::ast::Program),
    Karel(Interpreter),
}

impl Runner {
    /// Runs a program on an input, which is as `iocc run` takes it.
    pub(super) fn run(&mut self, language: Language, source: &str, input: &Value) -> Ran {
        if !self.last.as_ref().is_some_and(|(known, text, _)| *known == language && text == source) {
            self.last = Some((language, source.to_owned(), Ready::new(language, source)));
        }
        let (_, _, ready) = self.last.as_mut().expect("it was just put there");
        let ran = match ready {
            Ok(ready) => ready.run(input),
            Err(message) => Err(message.clone()),
        };
        ran.unwrap_or_else(Ran::rejected)
    }
}

impl Ready {
    fn new(language: Language, source: &str) -> Result<Self, String> {
        match language {
            Language::C => {
                let tree = c::parse(source).map_err(first)?;
                let main = tree.functions.iter().position(|function| function.name.text == "main");
                let last = tree.functions.len().checked_sub(1);
                let entry = main.or(last).ok_or_else(|| "it has no function".to_owned())?;
                let signature = tree.functions[entry].signature();
                let checked = c::check(&tree).map_err(first)?;
                let lowered = c::lower(&checked.program, c::LowerOptions::default());
                Ok(Self::C(signature, FunctionId(entry as u32), Interpreter::new(&lowered)))
            }
            Language::X86 => Ok(Self::X86(x86::parse(source, Syntax::Att).map_err(first)?)),
            Language::Karel => Ok(Self::Karel(Interpreter::new(&karel::compile(source).map_err(first)?))),
        }
    }

    fn run(&mut self, input: &Value) -> Result<Ran, String> {
        match self {
            Self::C(signature, entry, engine) => {
                let mut arguments = task::input_from_value(signature, input).map_err(|error| error.to_string())?;
                let run = engine.run(*entry, &mut arguments, SYNTHESIS_FUEL);
                Ok(Ran::of(&run, |values| task::returned_to_json(signature, values, &arguments).1))
            }
            Self::X86(program) => {
                let (machine, named) = task::machine_from_value(input, SLOTS as usize).map_err(|it| it.to_string())?;
                let lowered = x86::lower(program, Frame::of_slots(machine.memory.len() as u32)).map_err(first)?;
                let mut arguments = [Argument::Array(machine.state), Argument::Array(machine.memory)];
                let run = Interpreter::new(&lowered).run(FunctionId(0), &mut arguments, SYNTHESIS_FUEL);
                let [Argument::Array(state), Argument::Array(memory)] = arguments else {
                    unreachable!("both are arrays")
                };
                let shown = SHOWN.into_iter().filter(|register| !named.contains(register));
                let named: Vec<Register> = shown.chain(named.iter().copied()).collect();
                Ok(Ran::of(&run, |_| task::x86::state_json(&named, &Machine { state, memory })))
            }
            Self::Karel(engine) => {
                let world = match input {
                    Value::String(text) => task::karel::world_from_text(text),
                    other => task::karel::world_from_value(other),
                };
                let world = world.map_err(|error| error.to_string())?;
                let (run, after) = exec::karel::run(engine, &world, karel::TICKS);
                Ok(Ran::of(&run, |_| after.as_ref().map_or(Value::Null, karel::public::to_json)))
            }
        }
    }
}

/// The registers that are always shown.
const SHOWN: [Register; 4] = [Register::EAX, Register::EBX, Register::ECX, Register::EDX];
