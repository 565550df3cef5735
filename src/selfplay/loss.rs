//! What is minimised: imitation of known programs, REINFORCE with the value as its baseline, and the value's own loss.

use super::config::LearningConfig;
use super::episodes::{Attempts, numbers};
use super::network::{Network, Said, States};
use super::pool::Pool;
use tch::{Kind, Reduction, Tensor};

/// Imitation of the programs of some tasks.
pub struct Imitation {
    /// Cross entropy a move, the mean.
    pub loss: Tensor,
    /// Moves.
    pub moves: usize,
    /// How many of them are the likeliest.
    pub right: usize,
    /// Cross entropy of what the states are worth, each as if its program were an attempt; the mean.
    pub value: Tensor,
}

/// Cross entropy of the known programs' moves, and of their states' worth.
pub fn imitation(config: &LearningConfig, network: &Network, pool: &Pool, tasks: &[u32]) -> Imitation {
    let mut states = States::new(network.config(), pool.examples(), pool.rules());
    let (mut actions, mut returns) = (Vec::new(), Vec::new());
    for task in tasks {
        let game = pool.game(*task as usize);
        let mut state = game.start.clone();
        let program = pool.program(*task as usize);
        for (number, action) in program.iter().enumerate() {
            states.push(&state, &game.goal, game.asked);
            actions.push(i64::from(*action));
            returns.push(config.reward(program.len() - 1 - number));
            pool.rules().apply(usize::from(*action), &mut state, pool.examples());
        }
    }
    let Said { policy, value } = network.say(&states);
    let wanted = Tensor::from_slice(&actions);
    let right = policy.argmax(-1, false).eq_tensor(&wanted).sum(Kind::Int64).int64_value(&[]) as usize;
    let loss = policy.nll_loss(&wanted);
    Imitation { loss, moves: actions.len(), right, value: worth(&value, &Tensor::from_slice(&returns)) }
}

/// Cross entropy between what states are held to be worth (logits) and what followed.
fn worth(value: &Tensor, returns: &Tensor) -> Tensor {
    value.binary_cross_entropy_with_logits(returns, None::<&Tensor>, None::<&Tensor>, Reduction::Mean)
}

/// What attempts teach.
pub struct Reinforced {
    /// What is minimised.
    pub loss: Tensor,
    /// Of it, the value's cross entropy.
    pub value: f64,
    /// The policy's entropy, the mean over the visits, in nats.
    pub entropy: f64,
}

/// REINFORCE: moves that led further than the value had expected become likelier, at the temperature at which they were
/// drawn.
pub fn reinforce(config: &LearningConfig, attempts: &Attempts) -> Reinforced {
    let Attempts { policy, value, actions, temperatures, returns, .. } = attempts;
    let returns = Tensor::from_slice(returns);
    let temperatures = Tensor::from_slice(temperatures).unsqueeze(1);
    let drawn = (policy / temperatures).log_softmax(-1, Kind::Float);
    let drawn = drawn.gather(1, &Tensor::from_slice(actions).unsqueeze(1), false).squeeze_dim(1);
    let advantage = &returns - value.detach().sigmoid();
    let gain = (drawn * advantage).mean(Kind::Float);
    let worth = worth(value, &returns);
    let entropy = -(policy.exp() * policy).sum_dim_intlist(-1, false, Kind::Float).mean(Kind::Float);
    let loss = -gain + &worth * config.value - &entropy * config.entropy;
    Reinforced { loss, value: numbers(&worth)[0].into(), entropy: numbers(&entropy)[0].into() }
}
