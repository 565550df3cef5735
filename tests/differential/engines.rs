//! Lanes and compiled code against the interpreter.

use crate::case::{Case, Tried};
use iocc::exec::batch::Batch;
use iocc::exec::interp::Stop;
use iocc::exec::jit::Jit;
use iocc::exec::lockstep::{Lockstep, Stats};
use iocc::exec::rows::{self, Call, RowArgument};
use iocc::exec::{self, Argument, Engine, Outcome, SYNTHESIS_FUEL};
use iocc::lang::c::{self, hir};
use std::collections::BTreeMap;

/// The engines, each used for one case after the other.
#[derive(Default)]
pub struct Engines {
    lockstep: Lockstep,
    batch: Batch,
    jit: Option<Jit>,
}

/// What lanes are given.
#[derive(Clone, Copy)]
enum Way<'a> {
    Ir,
    Checked(&'a hir::Program),
}

impl Engines {
    /// What the lanes did.
    pub fn stats(&self) -> Stats {
        self.lockstep.stats()
    }

    /// How an engine differs from the interpreter; `None` where all agree.
    pub fn differ(&mut self, case: &Case) -> Option<String> {
        let checked = c::parse(&case.source).and_then(|program| c::check(&program));
        let checked = checked.expect("it was compiled before").program;
        self.lanes(case, Way::Ir).or_else(|| self.lanes(case, Way::Checked(&checked))).or_else(|| self.compiled(case))
    }

    /// Inputs of one shape run together.
    fn lanes(&mut self, case: &Case, way: Way) -> Option<String> {
        let mut shapes = BTreeMap::<Vec<usize>, Vec<&Tried>>::new();
        for tried in &case.runs {
            shapes.entry(lengths(&tried.input)).or_default().push(tried);
        }
        for tried in shapes.values() {
            let shape: Vec<RowArgument> = tried[0].input.iter().map(RowArgument::from).collect();
            let mut rows: Vec<i32> = tried.iter().flat_map(|tried| row(&tried.input)).collect();
            let mut runs = Vec::new();
            let call = Call { function: case.function, shape: &shape, fuel: SYNTHESIS_FUEL };
            match way {
                Way::Ir => self.lockstep.run_rows(&case.ir, &call, &mut rows, |_, run| runs.push(run)),
                Way::Checked(program) => {
                    exec::c::run_rows(&mut self.batch, program, &call, &mut rows, |_, run| runs.push(run));
                }
            }
            let width = rows.len() / tried.len();
            // Without arguments there is one run for all.
            for ((number, tried), run) in tried.iter().enumerate().zip(&runs) {
                let cells = &rows[number * width..(number + 1) * width];
                let same = run.fuel == tried.run.fuel
                    && match &tried.run.outcome {
                        Outcome::Returned(values) => {
                            let returned = values.first().copied().unwrap_or(0);
                            (run.stop, run.returned) == (Stop::Returned, returned) && cells == row(&tried.output)
                        }
                        Outcome::Trapped(trap) => run.stop == Stop::Trapped(*trap),
                        Outcome::OutOfFuel => run.stop == Stop::OutOfFuel,
                    };
                if !same {
                    let lanes = if let Way::Ir = way { "lanes" } else { "lanes without IR" };
                    return Some(told(lanes, tried, &format!("{run:?} {cells:?}")));
                }
            }
        }
        None
    }

    fn compiled(&mut self, case: &Case) -> Option<String> {
        let loaded = match &mut self.jit {
            Some(jit) => jit.load(&case.ir),
            none => Jit::new(&case.ir).map(|jit| *none = Some(jit)),
        };
        if let Err(error) = loaded {
            return Some(format!("no machine code: {error:?}"));
        }
        let jit = self.jit.as_mut().expect("it was just loaded");
        case.runs.iter().find_map(|tried| {
            let mut output = tried.input.clone();
            let run = jit.run(case.function, &mut output, SYNTHESIS_FUEL);
            let same = run == tried.run && (!matches!(run.outcome, Outcome::Returned(_)) || output == tried.output);
            (!same).then(|| told("compiled code", tried, &format!("{run:?} {output:?}")))
        })
    }
}

fn told(engine: &str, tried: &Tried, theirs: &str) -> String {
    let Tried { input, run, output } = tried;
    format!("{engine} on {input:?}\n  interpreter: {run:?} {output:?}\n  {engine}: {theirs}")
}

fn lengths(arguments: &[Argument]) -> Vec<usize> {
    arguments.iter().map(|argument| if let Argument::Array(values) = argument { values.len() } else { 0 }).collect()
}

fn row(arguments: &[Argument]) -> Vec<i32> {
    let mut row = Vec::new();
    rows::append(&mut row, arguments);
    row
}
