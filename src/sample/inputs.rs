//! Inputs of tasks: five values in [-4,4], drawn at random or, to fingerprint what a program does, always the same.

use super::lanes::{Exhausted, Lanes};
use super::tree::Tree;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::sync::LazyLock;

/// Elements of the array.
pub const CELLS: usize = 5;
/// Values of inputs and outputs lie in `-LIMIT..=LIMIT`.
pub const LIMIT: i32 = 4;
/// How many fixed inputs a behaviour hash is taken over.
pub const PROBES: usize = 64;

/// The array of one input or output of a corpus, whose values are in range.
pub type Cells = [i8; CELLS];

/// Draws one input.
pub fn draw(rng: &mut impl Rng) -> Cells {
    // One number below 9^5 gives all five.
    let mut number = rng.random_range(0..59_049u32);
    std::array::from_fn(|_| {
        let digit = number % 9;
        number /= 9;
        digit as i8 - LIMIT as i8
    })
}

/// An array as a corpus stores it; `None` where a value is out of range.
pub fn in_range(values: [i32; CELLS]) -> Option<Cells> {
    let fits = values.iter().all(|value| (-LIMIT..=LIMIT).contains(value));
    fits.then(|| values.map(|value| value as i8))
}

/// The fixed inputs behind [`behaviour_hash`]: distinct, the same in every corpus.
pub fn probes() -> &'static [Cells; PROBES] {
    static INPUTS: LazyLock<[Cells; PROBES]> = LazyLock::new(|| fixed(0x10CC));
    &INPUTS
}

/// `N` distinct inputs that depend on the seed alone.
pub fn fixed<const N: usize>(seed: u64) -> [Cells; N] {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut inputs = [[0; CELLS]; N];
    for filled in 0..N {
        inputs[filled] = loop {
            let input = draw(&mut rng);
            if !inputs[..filled].contains(&input) {
                break input;
            }
        };
    }
    inputs
}

/// A hash of what the program does on the fixed inputs; a trap is a behaviour too.
pub fn behaviour_hash(tree: &Tree, lanes: &mut Lanes<PROBES>, fuel: u32) -> Result<u64, Exhausted> {
    lanes.run(tree, probes(), fuel)?;
    Ok(hash_outputs((0..PROBES).map(|lane| lanes.output(lane))))
}

/// The same of what some engine left of the fixed inputs, in their order; `None` where it did not return.
pub fn hash_outputs(outputs: impl Iterator<Item = Option<[i32; CELLS]>>) -> u64 {
    let mut hash = Fnv::default();
    for output in outputs {
        match output {
            Some(values) => values.iter().for_each(|value| hash.word(*value as u32)),
            None => hash.word(0x8000_0000),
        }
    }
    hash.finish()
}

/// FNV-1a over 32-bit words with a final mix: a hash that stays the same in every version, which is why std's is not used.
#[derive(Clone, Copy, Debug)]
pub struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }
}

impl Fnv {
    /// Takes in a word.
    pub fn word(&mut self, word: u32) {
        self.0 = (self.0 ^ u64::from(word)).wrapping_mul(0x0100_0000_01B3);
        self.0 ^= self.0 >> 29;
    }

    /// Takes in bytes, and their number.
    pub fn bytes(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(4) {
            let mut word = [0; 4];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(u32::from_le_bytes(word));
        }
        self.word(bytes.len() as u32);
    }

    /// Takes in the next bytes of a stream of which `before` came earlier, however it is cut into pieces.
    pub fn stream(&mut self, bytes: &[u8], before: u64) {
        // Each byte's place within its word of eight decides where it goes.
        let mut rest = bytes;
        let mut at = before;
        while !rest.is_empty() {
            if at.is_multiple_of(8) && rest.len() >= 8 {
                let (word, after) = rest.split_at(8);
                self.0 ^= u64::from_le_bytes(word.try_into().expect("eight bytes"));
                rest = after;
                at += 8;
            } else {
                self.0 ^= u64::from(rest[0]) << (at % 8 * 8);
                rest = &rest[1..];
                at += 1;
            }
            if at.is_multiple_of(8) {
                self.0 = self.0.wrapping_mul(0x0100_0000_01B3);
                self.0 ^= self.0 >> 29;
            }
        }
    }

    /// The hash.
    pub fn finish(self) -> u64 {
        super::mix(self.0)
    }
}
