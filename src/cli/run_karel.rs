//! `iocc run` of a Karel program: a world in, a world out; step by step with `--trace`, drawn with `--svg`.

use super::run::{Args, EngineName, exit_code, print_json, uncompiled};
use super::{Context, Failure};
use crate::diagnostic::{Diagnostic, LineIndex, Source};
use crate::exec::interp::Interpreter;
use crate::exec::jit::Jit;
use crate::exec::karel::{self as runs, Event, Watch};
use crate::exec::{Engine, Outcome, Run};
use crate::lang::karel::ast::Program;
use crate::lang::karel::{self, LowerOptions, TICKS, World, public, svg};
use crate::task::karel::world_from_text;
use std::io::Write;

/// Worlds of a picture at most.
const MOST_DRAWN: usize = 1_000;

/// Runs a program; see [`super::run`].
pub fn run(source: &Source, args: &Args, context: &Context) -> Result<u8, Failure> {
    if args.entry.is_some() {
        return Err(Failure::new("a Karel program has one function, `run`").help("leave `--entry` out"));
    }
    let told = |errors| Failure::Diagnostics(source.clone(), errors);
    let program = karel::parse(&source.text).map_err(told)?;
    karel::check(&program).map_err(told)?;
    let Some(text) = args.input.as_deref() else {
        return Err(Failure::new("a Karel program needs a world as `--input`").help(SAMPLE));
    };
    let world = world_from_text(text).map_err(|error| {
        let failure = Failure::new(format!("--input: {}", error.message));
        error.help.into_iter().fold(failure, Failure::help)
    })?;
    let fuel = args.fuel.unwrap_or(TICKS);
    let (run, after, last) = execute(source, &program, &world, fuel, args, context)?;
    tell(context, source, &run, after.as_ref(), &last, fuel)
}

const SAMPLE: &str = "for example --input $'....\\n>.1#', or an object of the public data set";

/// The run, the world after it where it returned, and else the world in which it stopped.
fn execute(
    source: &Source,
    program: &Program,
    world: &World,
    fuel: u64,
    args: &Args,
    context: &Context,
) -> Result<(Run, Option<World>, World), Failure> {
    let mut steps = vec![("start".to_owned(), world.clone())];
    let mut last = world.clone();
    let lines = LineIndex::new(&source.text);
    let mut ticks = 0;
    if args.trace {
        context.text(&world.to_string());
    }
    // Also where nobody watches: a run that stops is told with the world that it stopped in.
    let (watched, watched_after) = Watch::new(program).run(world, fuel, |event| match event {
        Event::Tick(span, _) => {
            ticks += 1;
            if args.trace {
                let line = lines.line(span.start);
                let text = &source.text[span.start as usize..span.end as usize];
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                context.text(&format!("{ticks:>4} | {line:>3} | {text}"));
            }
        }
        Event::Acted(action, world) => {
            if args.trace {
                context.text(&world.to_string());
            }
            if args.svg.is_some() && steps.len() < MOST_DRAWN {
                steps.push((action.name().to_owned(), world.clone()));
            }
            last.clone_from(world);
        }
    });
    if let Some(path) = &args.svg {
        std::fs::write(path, svg::run(&steps)).map_err(|error| Failure::file(path, &error))?;
    }
    if args.engine == EngineName::Interp {
        return Ok((watched, watched_after, last));
    }
    let lowered = karel::lower(program, LowerOptions::default());
    let mut jit = Jit::new(&lowered).map_err(|error| uncompiled(source, &error))?;
    let engine: &mut dyn Engine =
        if args.engine == EngineName::Jit { &mut jit } else { &mut Interpreter::new(&lowered) };
    let (run, after) = runs::run(engine, world, fuel);
    Ok((run, after, last))
}

/// Prints how the run ended; gives the exit code.
fn tell(
    context: &Context,
    source: &Source,
    run: &Run,
    after: Option<&World>,
    last: &World,
    fuel: u64,
) -> Result<u8, Failure> {
    let limit = format!("out of ticks: the program was stopped after {fuel}");
    let explain = |error: Diagnostic| error.note(format!("it stopped in this world:\n{}", last.to_string().trim_end()));
    let code = exit_code(context, source, run, 0, &limit, explain);
    if context.json {
        print_json(source, run, after.map(public::to_json))?;
    } else if let (Outcome::Returned(_), Some(world)) = (&run.outcome, after) {
        write!(std::io::stdout().lock(), "{world}")?;
    }
    Ok(code)
}
