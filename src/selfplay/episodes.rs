//! Own attempts at tasks of the pool: each task once at each of several temperatures, all in parallel (multi-entropy
//! sampling). What the networks said on the way is kept with its gradient.

use super::config::{LearningConfig, NetworkConfig};
use super::network::{Network, States};
use super::pool::Pool;
use crate::search::tree::{Game, Rules, draw};
use ndarray::ArrayView2;
use rand_xoshiro::Xoshiro256PlusPlus;
use tch::{Kind, Tensor};

/// What came of attempts. A visit is a state in which a move was made.
pub struct Attempts {
    /// Log-probabilities of all moves, `[visits, moves]`.
    pub policy: Tensor,
    /// Logits of what the states are worth, `[visits]`.
    pub value: Tensor,
    /// The move of each visit.
    pub actions: Vec<i64>,
    /// The temperature at which it was drawn.
    pub temperatures: Vec<f32>,
    /// What followed: 1 at what is asked for, less the further away it was, or 0.
    pub returns: Vec<f32>,
    /// Of each attempt, the task and the program, if it got there; a task's attempts follow each other.
    pub programs: Vec<(u32, Option<Vec<u16>>)>,
}

struct Attempt {
    task: u32,
    game: Game,
    state: Vec<i32>,
    path: Vec<u16>,
    /// Moves that it may make.
    horizon: usize,
    temperature: f32,
    reached: bool,
    /// Its visits.
    visits: Vec<usize>,
}

/// Attempts tasks at these temperatures.
pub fn attempt(
    network: &Network,
    pool: &Pool,
    tasks: &[u32],
    temperatures: &[f32],
    learning: &LearningConfig,
    random: &mut Xoshiro256PlusPlus,
) -> Attempts {
    let begin = |task: u32, temperature: f32| {
        let game = pool.game(task as usize);
        let horizon = pool.program(task as usize).len() + learning.slack;
        let state = game.start.clone();
        Attempt { task, game, state, path: Vec::new(), horizon, temperature, reached: false, visits: Vec::new() }
    };
    let mut attempts: Vec<Attempt> =
        tasks.iter().flat_map(|task| temperatures.iter().map(|temperature| begin(*task, *temperature))).collect();
    let (mut policies, mut values) = (Vec::new(), Vec::new());
    let (mut actions, mut drawn_at) = (Vec::new(), Vec::new());
    loop {
        let mut going: Vec<&mut Attempt> =
            attempts.iter_mut().filter(|it| !it.reached && it.path.len() < it.horizon).collect();
        if going.is_empty() {
            break;
        }
        let said = network.say(&states(network.config(), pool.rules(), &going));
        let policy = numbers(&said.policy);
        let policy = ArrayView2::from_shape((going.len(), pool.rules().actions().len()), &policy).expect("a row each");
        for (attempt, policy) in going.iter_mut().zip(policy.rows()) {
            let action = draw(policy, attempt.temperature, random);
            pool.rules().apply(action, &mut attempt.state, pool.examples());
            attempt.path.push(action as u16);
            attempt.reached = attempt.game.reached(&attempt.state);
            attempt.visits.push(actions.len());
            actions.push(action as i64);
            drawn_at.push(attempt.temperature);
        }
        policies.push(said.policy);
        values.push(said.value);
    }
    let mut returns = vec![0.0; actions.len()];
    for attempt in attempts.iter().filter(|attempt| attempt.reached) {
        for (away, visit) in attempt.visits.iter().rev().enumerate() {
            returns[*visit] = learning.reward(away);
        }
    }
    Attempts {
        policy: Tensor::cat(&policies, 0),
        value: Tensor::cat(&values, 0),
        actions,
        temperatures: drawn_at,
        returns,
        programs: attempts.into_iter().map(|it| (it.task, it.reached.then_some(it.path))).collect(),
    }
}

fn states<'r>(config: &NetworkConfig, rules: &'r Rules, attempts: &[&mut Attempt]) -> States<'r> {
    let game = &attempts[0].game;
    let mut states = States::new(config, game.examples, rules);
    attempts.iter().for_each(|it| states.push(&it.state, &it.game.goal, it.game.asked));
    states
}

/// A tensor's numbers.
pub fn numbers(tensor: &Tensor) -> Vec<f32> {
    let tensor = tensor.detach().to_kind(Kind::Float).contiguous();
    let mut numbers = vec![0.0f32; tensor.numel()];
    tensor.copy_data(&mut numbers, tensor.numel());
    numbers
}
