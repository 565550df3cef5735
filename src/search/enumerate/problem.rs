//! A task as enumeration sees it: columns of numbers over the examples. Features are what a program can read (input
//! cells, scalars, and cells after they were computed), targets are what it must write.

use crate::lang::c::ast::BinaryOperator;

/// Examples looked at by one search; sets of examples are bits of a `u64`.
pub const MAX_EXAMPLES: usize = 64;

/// A set of examples.
pub type Mask = u64;

/// Where a value lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// The scalar parameter of this number.
    Scalar(usize),
    /// A cell: parameter number and index.
    Cell(usize, usize),
    /// The return value.
    Return,
    /// Not a place but an operation on a feature.
    Derived(BinaryOperator, usize, Operand),
}

/// The right operand of a derived feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operand {
    /// Another feature.
    Feature(usize),
    /// A constant.
    Constant(i32),
}

/// One readable column.
#[derive(Clone, Debug)]
pub struct Feature {
    /// Its value in each example.
    pub values: Vec<i32>,
    /// Where it is read.
    pub place: Place,
    /// The target whose new value this is; `None` for an input.
    pub target: Option<usize>,
}

/// One column to produce.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its value in each example (anything where it is free).
    pub values: Vec<i32>,
    /// The examples in which it is not free.
    pub care: Mask,
    /// Where it is written.
    pub place: Place,
    /// The feature that holds this cell's old value; `None` for the return value.
    pub own: Option<usize>,
}

/// The columns of one search.
#[derive(Clone, Debug, Default)]
pub struct Problem {
    /// How many examples.
    pub examples: usize,
    /// Inputs first, then the new value of each target (only where it is known in every example).
    pub features: Vec<Feature>,
    /// What changes, and the return value; then, where they were asked for, the cells that no example changes.
    pub targets: Vec<Target>,
    /// How many targets are not of the latter kind.
    pub changed: usize,
    /// The operators beyond `+` and `-` may be used.
    pub wide: bool,
}

impl Feature {
    /// Whether it is an operation on others.
    pub fn is_derived(&self) -> bool {
        matches!(self.place, Place::Derived(..))
    }
}

impl Problem {
    /// How many features are read as they stand in the input.
    pub fn inputs(&self) -> usize {
        self.features.iter().filter(|f| f.target.is_none() && !f.is_derived()).count()
    }

    /// Adds the cells that no example changes as targets.
    pub fn add_still(&mut self) {
        let is_still = |feature: usize| {
            let Feature { place, target, .. } = &self.features[feature];
            let changes = self.targets.iter().any(|target| target.own == Some(feature));
            target.is_none() && matches!(place, Place::Cell(..)) && !changes
        };
        let still: Vec<usize> = (0..self.features.len()).filter(|feature| is_still(*feature)).collect();
        let care = self.all();
        for own in still {
            let Feature { values, place, .. } = &self.features[own];
            self.targets.push(Target { values: values.clone(), care, place: *place, own: Some(own) });
        }
    }

    /// All examples.
    pub fn all(&self) -> Mask {
        if self.examples >= 64 { u64::MAX } else { (1 << self.examples) - 1 }
    }

    /// Adds each target's new value as a feature, where it is known in every example.
    pub fn add_new_values(&mut self) {
        let all = self.all();
        for (index, target) in self.targets.iter().enumerate() {
            if target.care == all && target.place != Place::Return {
                self.features.push(Feature { values: target.values.clone(), place: target.place, target: Some(index) });
            }
        }
    }
}
