//! What networks are worth: fresh tasks of the pilot's, solved by the networks alone, with plain search on the same tasks
//! beside them.

use super::advisor::Learner;
use super::config::SolveConfig;
use super::pool::{Pool, PoolConfig};
use crate::search::ScorerError;
use crate::search::meet::{self, Limits};
use crate::search::tree::Game;
use cpu_time::ProcessTime;
use std::time::Duration;

/// What bounds plain search.
const PLAIN: Limits = Limits { time: Duration::from_secs(10), memory: 1 << 30 };

/// What came of a task.
#[derive(Clone, Debug)]
pub struct Case {
    /// The task.
    pub game: Game,
    /// The networks' program.
    pub program: Option<Vec<u16>>,
    /// States that the networks saw.
    pub evaluations: usize,
    /// Seconds of processor time.
    pub seconds: f64,
    /// Whether plain search found a program, and its seconds of processor time, where it was asked.
    pub plain: Option<(bool, f64)>,
}

/// Draws tasks, solves them as `solve` says, and by plain search if that is wanted.
pub fn measure(
    learner: &Learner,
    pool: &PoolConfig,
    seed: u64,
    solve: &SolveConfig,
    plain: bool,
) -> Result<Vec<Case>, ScorerError> {
    tch::set_num_threads(1);
    let pool = Pool::new(pool, seed);
    let one = |task: usize| {
        let game = pool.game(task);
        let start = ProcessTime::now();
        let mut program = None;
        let effort = learner.solve(&game, solve, None, &mut |found| {
            program = game.reached(&game.after(found)).then(|| game.shorten(found));
            program.is_some()
        })?;
        let seconds = start.elapsed().as_secs_f64();
        let plain = if plain { Some(search(&game)?) } else { None };
        Ok(Case { game, program, evaluations: effort.evaluations, seconds, plain })
    };
    (0..pool.len()).map(one).collect()
}

fn search(game: &Game) -> Result<(bool, f64), ScorerError> {
    let start = ProcessTime::now();
    let mut solved = false;
    let searched = meet::search(&game.task(), &PLAIN, &mut |_| {
        solved = true;
        true
    });
    searched.map_err(|error| ScorerError(error.to_string()))?;
    Ok((solved, start.elapsed().as_secs_f64()))
}
