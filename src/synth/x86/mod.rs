//! The searches for x86 programs.

mod choice;

use super::verify::Provable;
use super::{Learned, Method, Options, Synthesis, SynthesisError};
use crate::search::meet::{self, Limits, Next, Order};
use crate::search::tree::{self, Advisor, Game, Settings};
use crate::task::x86::Task;
use std::time::{Duration, Instant};

/// Bytes that the states of a search may take.
const MEMORY: usize = 1 << 30;
/// Programs of the same length among which one is chosen, at most.
const MOST_PROGRAMS: usize = 256;
/// How long the search goes on for more of them, at least; else as long as it took to find the first.
const AT_LEAST: Duration = Duration::from_millis(10);

/// Networks for x86, and how trees are grown with them.
#[derive(Clone, Copy)]
pub struct Networks<'m> {
    /// Policy and value.
    pub advisor: &'m dyn Advisor,
    /// The tree.
    pub settings: Settings,
}

/// Looks for programs by the method asked for.
pub(super) fn synthesize(
    task: &Task,
    learned: &Learned<'_>,
    options: &Options,
    start: Instant,
    synthesis: &mut Synthesis,
) -> Result<(), SynthesisError> {
    if options.method == Method::Model {
        let networks = learned.x86.as_ref().ok_or(SynthesisError::NoModel)?;
        return grow(task, networks, options, start, synthesis);
    }
    if options.method == Method::Enumerate || options.all > 1 {
        let wanted = options.all.max(1);
        return search(task, None, options, synthesis, &mut |synthesis, program| {
            synthesis.offer(task, program);
            if synthesis.solutions.len() >= wanted { Next::Stop } else { Next::On }
        });
    }
    shortest(task, learned.order, options, start, synthesis)
}

/// Search, which goes on a while behind the first program, and the choice among the shortest.
fn shortest(
    task: &Task,
    order: Option<&Order>,
    options: &Options,
    start: Instant,
    synthesis: &mut Synthesis,
) -> Result<(), SynthesisError> {
    let mut programs: Vec<String> = Vec::new();
    search(task, order, options, synthesis, &mut |_, program| {
        let right = task.matched(&program).is_some_and(|(given, _)| given == task.examples.len());
        if !right || programs.contains(&program) {
            return Next::On;
        }
        let length = program.lines().count();
        let shortest = programs.first().map(|program| program.lines().count());
        match shortest {
            Some(shortest) if length > shortest => return Next::On,
            Some(shortest) if length < shortest => programs.clear(),
            _ => {}
        }
        programs.push(program);
        match (programs.len(), shortest) {
            (MOST_PROGRAMS.., _) => Next::Stop,
            (_, None) => Next::Within(start.elapsed().max(AT_LEAST)),
            _ => Next::On,
        }
    })?;
    if !programs.is_empty() {
        synthesis.offer(task, programs.swap_remove(choice::choose(task, &programs)));
    }
    Ok(())
}

/// Plain search, with a learned order or without.
fn search(
    task: &Task,
    order: Option<&Order>,
    options: &Options,
    synthesis: &mut Synthesis,
    found: &mut dyn FnMut(&mut Synthesis, String) -> Next,
) -> Result<(), SynthesisError> {
    let limits = Limits { time: options.time_limit, memory: MEMORY };
    let effort = meet::search_on(task, &limits, order, &mut |program| found(synthesis, program))?;
    synthesis.candidates += effort.candidates;
    tracing::debug!("{}: {} instructions ahead, {} back", task.id, effort.depth.0, effort.depth.1);
    Ok(())
}

/// Tree search with the networks alone. The first trees are as deep as the networks' programs; each that finds nothing is
/// followed by one that is larger and deeper.
fn grow(
    task: &Task,
    networks: &Networks<'_>,
    options: &Options,
    start: Instant,
    synthesis: &mut Synthesis,
) -> Result<(), SynthesisError> {
    let game = Game::new(task)?;
    let deadline = start.checked_add(options.time_limit);
    let mut settings = Settings { deadline, ..networks.settings };
    let wanted = options.all.max(1);
    while synthesis.solutions.len() < wanted && deadline.is_none_or(|deadline| Instant::now() < deadline) {
        let effort = tree::search(&game, networks.advisor, &settings, &mut |program| {
            synthesis.offer(task, game.rules.print(&game.shorten(program)));
            synthesis.solutions.len() >= wanted
        })?;
        synthesis.candidates += effort.evaluations as u64;
        settings.evaluations = settings.evaluations.saturating_mul(4);
        settings.horizon += 1;
    }
    Ok(())
}
