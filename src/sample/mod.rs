//! Seeded random programs and inputs, and the filters that keep a corpus worth having. A task is made from a seed and
//! its index alone, so that any number of threads makes the same corpus.

pub mod c;
pub mod inputs;
pub mod karel;
pub mod lanes;
pub mod reduce;
pub mod text;
pub mod tree;
pub mod x86;

use serde::{Deserialize, Serialize};

/// Mixes the bits of a number (the finaliser of splitmix64), so that neighbouring seeds give unrelated streams.
pub fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// How many candidate programs were kept, and why the others were dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Counts {
    /// Became tasks.
    pub kept: u64,
    /// Constant and identity maps on their examples.
    pub trivial: u64,
    /// Trapped on some input that was tried.
    pub trapped: u64,
    /// Ran too long on some input that was tried.
    pub out_of_fuel: u64,
    /// Left [-4,4] on too many inputs.
    pub out_of_range: u64,
    /// Had a loop where the corpus wanted none or the other way round, or too many tokens.
    pub off_quota: u64,
    /// Same source as an earlier task of its block; another was drawn in its place.
    pub duplicate_source: u64,
    /// Same behaviour on the fixed inputs as an earlier task of its block; kept, and counted in `kept` too.
    pub duplicate_behaviour: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.kept += other.kept;
        self.trivial += other.trivial;
        self.trapped += other.trapped;
        self.out_of_fuel += other.out_of_fuel;
        self.out_of_range += other.out_of_range;
        self.off_quota += other.off_quota;
        self.duplicate_source += other.duplicate_source;
        self.duplicate_behaviour += other.duplicate_behaviour;
    }
}
