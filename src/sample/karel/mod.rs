//! Random programs of Karel ([`program`]), and tasks made of them ([`Sampler`]): worlds in which the program returns, so
//! that each branch is taken in some of them and no statement can be left out unseen. corpus/README.md has the figures
//! of the public programs beside those of what is made.

mod needed;
mod programs;
mod worlds;

pub use programs::{loop_depth, program, tokens};
pub use worlds::{world, worlds};

use super::inputs::Fnv;
use super::{Counts, mix};
use crate::exec::interp::{Interpreter, Stop};
use crate::exec::karel::{Event, Rows, Watch};
use crate::ir::FunctionId;
use crate::lang::karel::ast::{Condition, Program};
use crate::lang::karel::{LowerOptions, TICKS, World, lower};
use needed::{branches, is_spurious, number};
use programs::{any, of_shape};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::sync::LazyLock;
use worlds::TRIES;

/// How often worlds are looked for that show all of a given program.
const REDRAWS: usize = 8;
/// Programs of a shape that are dropped before another shape is taken.
const MOST_DROPPED: usize = 60;
/// Fixed worlds behind a behaviour hash.
const PROBES: usize = 64;

/// What a sampler makes.
#[derive(Clone, Debug)]
pub struct Sampled {
    /// The program.
    pub program: Program,
    /// [`tokens`].
    pub tokens: usize,
    /// Worlds before and after, the given ones first.
    pub examples: Vec<(World, World)>,
    /// A hash of what the program does in fixed worlds.
    pub behaviour: u64,
}

/// Makes tasks of so many examples.
#[derive(Clone, Copy, Debug)]
pub struct Sampler {
    /// Examples of a task.
    pub examples: usize,
}

impl Sampler {
    /// The task of an index; `retry` draws others in its place. Programs that are dropped are counted as trivial where
    /// a statement could be left out, as off quota where a branch is not taken, and else by how most runs ended.
    pub fn task(&self, seed: u64, index: u64, retry: u32, counts: &mut Counts) -> Sampled {
        let stream = mix(mix(seed ^ 0x6B61_7265_6C00) ^ index) ^ u64::from(retry);
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(stream);
        let (mut shape, mut program) = any(&mut rng);
        // The shape stays, so that what is hard to find worlds for does not become rare.
        for dropped in 1.. {
            if dropped % MOST_DROPPED == 0 {
                (shape, program) = any(&mut rng);
            } else if dropped > 1 {
                program = of_shape(&mut rng, &shape).unwrap_or(program);
            }
            number(&mut program.body, &mut 0);
            let Some(examples) = self.examples(&program, &mut rng, counts) else { continue };
            counts.kept += 1;
            let behaviour = behaviour(&program);
            return Sampled { tokens: tokens(&program), program, examples, behaviour };
        }
        unreachable!("some program of each length has worlds")
    }

    /// Worlds before and after for a program that someone wrote. Where none are found that show all of it, as where it
    /// does something in vain, any in which it returns; `None` where there are too few of these too.
    pub fn examples_of(&self, program: &Program, rng: &mut impl Rng) -> Option<Vec<(World, World)>> {
        let mut program = program.clone();
        number(&mut program.body, &mut 0);
        let whole = (0..REDRAWS).find_map(|_| self.examples(&program, rng, &mut Counts::default()));
        whole.or_else(|| {
            let mut watch = Watch::new(&program);
            let worlds = worlds(&program, self.examples, rng);
            let pair = |world: World| watch.run(&world, TICKS, |_| {}).1.map(|after| (world, after));
            let pairs: Option<Vec<_>> = worlds.into_iter().map(pair).collect();
            pairs.filter(|pairs| pairs.len() == self.examples)
        })
    }

    /// Worlds for a program whose statements are numbered; `None` where there are none that show all of it.
    fn examples(&self, program: &Program, rng: &mut impl Rng, counts: &mut Counts) -> Option<Vec<(World, World)>> {
        let mut watch = Watch::new(program);
        let wanted = branches(&program.body);
        let mut seen = vec![false; 2 * wanted.len()];
        let missing = |seen: &[bool]| {
            let open = |(at, wanted): (usize, &Option<(Condition, bool)>)| match wanted {
                None => 0,
                Some((_, both)) => usize::from(!seen[2 * at + 1]) + usize::from(*both && !seen[2 * at]),
            };
            wanted.iter().enumerate().map(open).sum::<usize>()
        };
        let mut found: Vec<(World, World)> = Vec::new();
        let (mut crashed, mut endless) = (0, 0);
        for tried in 0..TRIES {
            let world = world(rng);
            let mut now = seen.clone();
            let (run, after) = watch.run(&world, TICKS, |event| {
                if let Event::Tick(place, world) = event
                    && let Some((condition, _)) = wanted[place.start as usize]
                {
                    let holds = world.sees(condition.test) != condition.is_negated();
                    now[2 * place.start as usize + usize::from(holds)] = true;
                }
            });
            let Some(after) = after else {
                let stopped = if run.fuel >= TICKS { &mut endless } else { &mut crashed };
                *stopped += 1;
                // A program that hardly ever returns is not worth more worlds.
                if tried == TRIES / 4 && found.len() < self.examples / 3 {
                    break;
                }
                continue;
            };
            // As many places are kept free as branches wait to be taken.
            let (open, left) = (missing(&seen), missing(&now));
            let free = self.examples - found.len();
            if left < open || free > open {
                seen = now;
                found.push((world, after));
            }
            if found.len() == self.examples {
                break;
            }
        }
        if found.len() < self.examples {
            let dropped = if missing(&seen) > 0 && found.len() >= self.examples / 2 {
                &mut counts.off_quota
            } else if crashed >= endless {
                &mut counts.trapped
            } else {
                &mut counts.out_of_fuel
            };
            *dropped += 1;
            return None;
        }
        if missing(&seen) > 0 {
            counts.off_quota += 1;
            return None;
        }
        if is_spurious(program, &found) {
            counts.trivial += 1;
            return None;
        }
        // The last ones found are those that show what is rare; nobody would see that if just these were held out.
        found.shuffle(rng);
        Some(found)
    }
}

/// A hash of what a program leaves of the fixed worlds; a run that does not return is a behaviour too.
pub fn behaviour(program: &Program) -> u64 {
    static WORLDS: LazyLock<Rows> = LazyLock::new(|| {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(0x10CC);
        let worlds: Vec<World> = (0..PROBES).map(|_| world(&mut rng)).collect();
        Rows::new(&worlds)
    });
    let mut interpreter = Interpreter::new(&lower(program, LowerOptions::default()));
    let mut hash = Fnv::default();
    let mut words = Vec::new();
    for world in WORLDS.iter() {
        words.clear();
        words.extend_from_slice(world);
        match interpreter.run_array(FunctionId(0), &mut words, TICKS) {
            Stop::Returned => words.iter().for_each(|word| hash.word(*word as u32)),
            _ => hash.word(0x8000_0000),
        }
    }
    hash.finish()
}
