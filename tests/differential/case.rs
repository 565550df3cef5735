//! Programs with what they did under the interpreter.

use crate::{Kind, generate};
use iocc::exec::interp::Interpreter;
use iocc::exec::{Argument, Engine, Outcome, Run, SYNTHESIS_FUEL};
use iocc::ir::{self, FunctionId};
use iocc::lang::c::{self, ast};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Inputs a program.
const INPUTS: usize = 6;
const SEED: u64 = 20_261_121;

/// A program with what it did here; its entry is its last function.
pub struct Case {
    pub source: String,
    pub entry: ast::Function,
    pub ir: ir::Program,
    pub function: FunctionId,
    pub runs: Vec<Tried>,
}

/// One input and what the interpreter made of it.
pub struct Tried {
    pub input: Vec<Argument>,
    pub run: Run,
    /// The arguments after the run.
    pub output: Vec<Argument>,
}

impl Case {
    /// Compiles the program of a kind and a number and runs it, or says why it is no program of the subset. The names
    /// of its functions hold the number, so that many fit into one C file.
    pub fn sampled(kind: Kind, number: usize) -> Result<Self, String> {
        let stream = iocc::sample::mix(SEED ^ ((kind as u64) << 40) ^ number as u64);
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(stream);
        let program = match kind {
            Kind::Restricted => {
                let mut program = iocc::sample::c::Sampler::default().program(&mut rng);
                program.functions[0].name = format!("func_{number}").as_str().into();
                program
            }
            Kind::Wide => generate::program(&mut rng, number),
        };
        let entry = program.functions.last().expect("a program has a function").clone();
        let inputs = (0..INPUTS).map(|_| generate::input(&mut rng, &entry, kind == Kind::Restricted)).collect();
        Self::new(c::print(&program), entry, inputs)
    }

    /// The case with another source; `None` where that is no program with an entry of the same parameters.
    pub fn with_source(&self, source: &str) -> Option<Self> {
        let entry = c::parse(source).ok()?.functions.last()?.clone();
        let kinds =
            |entry: &ast::Function| entry.parameters.iter().map(|p| format!("{:?}", p.kind)).collect::<Vec<_>>();
        if kinds(&entry) != kinds(&self.entry) || entry.returns != self.entry.returns {
            return None;
        }
        let inputs = self.runs.iter().map(|tried| tried.input.clone()).collect();
        Self::new(source.to_owned(), entry, inputs).ok()
    }

    fn new(source: String, entry: ast::Function, inputs: Vec<Vec<Argument>>) -> Result<Self, String> {
        let ir = match std::panic::catch_unwind(|| c::compile(&source)).unwrap_or_else(|_| panic!("on\n{source}")) {
            Ok(ir) => ir,
            Err(errors) => return Err(errors[0].message.clone()),
        };
        if let Err(errors) = ir::verify(&ir) {
            panic!("the IR of this program is broken: {errors:?}\n{source}\n{}", ir::print(&ir));
        }
        let function = FunctionId(ir.functions.len() as u32 - 1);
        let mut interpreter = Interpreter::new(&ir);
        let tried = |input: Vec<Argument>| {
            let mut output = input.clone();
            let run = interpreter.run(function, &mut output, SYNTHESIS_FUEL);
            Tried { input, run, output }
        };
        let mut runs: Vec<Tried> = inputs.into_iter().map(tried).collect();
        // What may write where it should not comes last, so that it spoils no other result.
        runs.sort_by_key(|tried| !matches!(tried.run.outcome, Outcome::Returned(_)));
        Ok(Self { source, entry, ir, function, runs })
    }
}
