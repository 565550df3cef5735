//! The parameters of a network: tensors by path (`decoder.lstm.hidden_0`), in one order that files and the optimiser
//! share.

use super::data::generator;
use crate::store::FileError;
use rand::Rng;
use std::collections::BTreeMap;
use tch::{Kind, Tensor};

/// The stream of random numbers that initial values come from.
const INITIAL: u64 = u64::MAX;

/// Tensors by path.
#[derive(Debug)]
pub struct Parameters {
    tensors: BTreeMap<String, Tensor>,
}

/// One parameter of a network that is not made yet: its path, shape and the range of its first values.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Its path.
    pub path: String,
    /// Its size in each dimension.
    pub size: Vec<i64>,
    /// It starts uniformly within minus and plus this.
    pub range: f64,
}

impl Shape {
    /// A parameter of any shape.
    pub fn new(path: &str, size: &[i64], range: f64) -> Self {
        Self { path: path.to_owned(), size: size.to_vec(), range }
    }

    /// The weights of a linear layer: what it gives varies at first as much as what it reads, so that what lies behind
    /// several layers is not drowned by what lies behind one.
    pub fn linear(path: &str, from: i64, to: i64) -> Self {
        Self::new(path, &[to, from], (3.0 / from as f64).sqrt())
    }

    /// A bias, which starts at zero.
    pub fn bias(path: &str, width: i64) -> Self {
        Self::new(path, &[width], 0.0)
    }
}

impl Parameters {
    /// Fresh parameters; equal seeds give equal ones. libtorch's own generator is one for all threads: two networks
    /// made at the same time would draw from each other's numbers.
    pub fn random(shapes: &[Shape], seed: u64) -> Self {
        let mut random = generator(seed, 0, INITIAL);
        let tensor = |shape: &Shape| {
            let count = shape.size.iter().product::<i64>();
            let mut draw = || (shape.range * random.random_range(-1.0..1.0)) as f32;
            let numbers: Vec<f32> = (0..count).map(|_| draw()).collect();
            let tensor = Tensor::from_slice(&numbers).reshape(shape.size.as_slice());
            (shape.path.clone(), tensor.set_requires_grad(true))
        };
        Self { tensors: shapes.iter().map(tensor).collect() }
    }

    /// Parameters from a file's tensors, which must be those of `shapes`, in single precision whatever the file has.
    pub fn from_tensors(shapes: &[Shape], mut read: BTreeMap<String, Tensor>) -> Result<Self, FileError> {
        let mut tensors = BTreeMap::new();
        for shape in shapes {
            let Some(tensor) = read.remove(&shape.path) else {
                return Err(FileError::new(format!("there is no tensor `{}`", shape.path)));
            };
            if tensor.size() != shape.size {
                let message = format!("`{}` has the shape {:?}, not {:?}", shape.path, tensor.size(), shape.size);
                return Err(FileError::new(message));
            }
            if tensor.isfinite().all().int64_value(&[]) == 0 {
                return Err(FileError::new(format!("`{}` holds values that are not finite", shape.path)));
            }
            tensors.insert(shape.path.clone(), tensor.to_kind(Kind::Float).set_requires_grad(true));
        }
        match read.keys().next() {
            Some(path) => Err(FileError::new(format!("there is a tensor `{path}` that the network has not"))),
            None => Ok(Self { tensors }),
        }
    }

    /// The same numbers, not copied, with gradients of their own.
    pub fn shared(&self) -> Self {
        let share = |(path, tensor): (&String, &Tensor)| (path.clone(), tensor.detach().set_requires_grad(true));
        Self { tensors: self.tensors.iter().map(share).collect() }
    }

    /// The parameter at a path.
    pub fn get(&self, path: &str) -> &Tensor {
        self.tensors.get(path).unwrap_or_else(|| panic!("the network has a parameter {path}"))
    }

    /// All, by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.tensors.iter().map(|(path, tensor)| (path.as_str(), tensor))
    }

    /// How many numbers they hold.
    pub fn count(&self) -> usize {
        self.tensors.values().map(Tensor::numel).sum()
    }
}
