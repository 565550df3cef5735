//! The policy and the value network over machine states. Numbers are embedded; fully connected layers with tanh read
//! each example by itself, others what the examples have in mean; an unrolled recurrent decoder says operation,
//! destination and source of the next instruction one after the other, for all of them at once; a sigmoid says what the
//! state is worth.

use super::config::NetworkConfig;
use crate::exec::steps::{NUMBER, Step};
use crate::model::{Parameters, Shape};
use crate::search::tree::Rules;
use tch::{Kind, Tensor};

/// Numbers from minus to plus this have an embedding each.
const DIRECT: i64 = 160;
/// Larger ones share theirs with those of about the same size: halves of powers of two.
const SIZES: i64 = 50;
/// The embedding of what is not asked for.
const FREE: i64 = 2 * (DIRECT + SIZES) + 1;
/// Embeddings of a table.
const ROWS: i64 = FREE + 1;

/// A number's row of the table.
fn row(value: i64) -> i64 {
    let size = value.abs();
    let index = if size <= DIRECT {
        size
    } else {
        let power = i64::from(size.ilog2());
        let half = size >> (power - 1) & 1;
        (DIRECT + 1 + 2 * (power - 7) + half).min(DIRECT + SIZES)
    };
    DIRECT + SIZES + if value < 0 { -index } else { index }
}

/// States and what is asked for, as rows of the tables.
#[derive(Debug)]
pub struct States<'r> {
    rules: &'r Rules,
    rows: Vec<i64>,
    /// What each move would do, `[states, moves]`: 1 where it makes its cell what is asked for in all examples, -1 where
    /// it was that and would not be any more.
    effects: Vec<f32>,
    /// States.
    count: i64,
    examples: i64,
    products: bool,
    moves: bool,
}

impl<'r> States<'r> {
    /// No states yet, of so many examples.
    pub fn new(config: &NetworkConfig, examples: usize, rules: &'r Rules) -> Self {
        let NetworkConfig { products, moves, .. } = *config;
        Self { rules, rows: Vec::new(), effects: Vec::new(), count: 0, examples: examples as i64, products, moves }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds a state and its goal, each `[cells, examples]`, of which these cells are asked for.
    pub fn push(&mut self, state: &[i32], goal: &[i32], asked: u32) {
        let (examples, cells) = (self.examples as usize, self.rules.cells());
        let asks = |cell: usize| asked >> cell & 1 == 1;
        for example in 0..examples {
            let now = |cell: usize| i64::from(state[cell * examples + example]);
            let wanted = |cell: usize| i64::from(goal[cell * examples + example]);
            let within = |value: i64| row(i64::from(value as i32));
            self.rows.extend((0..cells).map(|cell| row(now(cell))));
            self.rows.extend((0..cells).map(|cell| if asks(cell) { row(wanted(cell)) } else { FREE }));
            for cell in 0..cells {
                let to = |other: i64| if asks(cell) { within(wanted(cell).wrapping_sub(other)) } else { FREE };
                self.rows.extend((0..cells).map(|from| to(now(from))));
                if self.products {
                    let pairs = (0..cells).flat_map(|one| (0..=one).map(move |other| (one, other)));
                    self.rows.extend(pairs.map(|(one, other)| to(now(one).wrapping_mul(now(other)))));
                }
            }
        }
        self.count += 1;
        if self.moves {
            let right = |cell: usize| {
                asks(cell) && (0..examples).all(|at| state[cell * examples + at] == goal[cell * examples + at])
            };
            let right: Vec<bool> = (0..cells).map(right).collect();
            let effect = |step: &Step| {
                let cell = usize::from(step.to);
                let becomes = asks(cell)
                    && (0..examples)
                        .all(|at| self.rules.result(step, state, at, examples) == goal[cell * examples + at]);
                f32::from(i8::from(becomes) - i8::from(right[cell]))
            };
            self.effects.extend(self.rules.actions().iter().map(effect));
        }
    }
}

/// What the networks say of some states.
pub struct Said {
    /// The moves' logits, normalised: log-probabilities, `[states, moves]`.
    pub policy: Tensor,
    /// Logits of what each state is worth, `[states]`.
    pub value: Tensor,
}

/// Where each move's operation, destination and source are among the decoder's.
#[derive(Debug)]
struct Moves {
    operations: i64,
    cells: i64,
    sources: i64,
    /// The move's place in `[operations, cells, sources]`.
    places: Tensor,
}

impl Moves {
    fn new(rules: &Rules) -> Self {
        let mut operations: Vec<_> = Vec::new();
        let mut numbers: Vec<i32> = Vec::new();
        for step in rules.actions() {
            if !operations.contains(&step.operation) {
                operations.push(step.operation);
            }
            if step.from == NUMBER && !numbers.contains(&step.value) {
                numbers.push(step.value);
            }
        }
        let (cells, sources) = (rules.cells(), rules.cells() + numbers.len());
        let place = |step: &Step| {
            let position = |it: Option<usize>| it.expect("gathered from the same moves");
            let operation = position(operations.iter().position(|it| *it == step.operation));
            let source = match step.from {
                NUMBER => cells + position(numbers.iter().position(|it| *it == step.value)),
                cell => usize::from(cell),
            };
            ((operation * cells + usize::from(step.to)) * sources + source) as i64
        };
        let places: Vec<i64> = rules.actions().iter().map(place).collect();
        Self {
            operations: operations.len() as i64,
            cells: cells as i64,
            sources: sources as i64,
            places: Tensor::from_slice(&places),
        }
    }
}

/// The parameters with the choices that say how they are used.
#[derive(Debug)]
pub struct Network {
    config: NetworkConfig,
    parameters: Parameters,
    moves: Moves,
}

/// All parameters.
fn shapes(config: &NetworkConfig, moves: &Moves) -> Vec<Shape> {
    let NetworkConfig { embedding, hidden, decoder, .. } = *config;
    let Moves { operations, cells, sources, .. } = *moves;
    let differences = if config.differences { cells * cells } else { 0 };
    let products = if config.products { cells * cells * (cells + 1) / 2 } else { 0 };
    let mut shapes =
        vec![Shape::new("embed.now", &[ROWS, embedding], 0.5), Shape::new("embed.goal", &[ROWS, embedding], 0.5)];
    let mut width = 2 * cells * embedding;
    for (name, count) in [("embed.difference", differences), ("embed.product", products)] {
        if count > 0 {
            shapes.push(Shape::new(name, &[ROWS, embedding], 0.5));
            width += count * embedding;
        }
    }
    for layer in 0..config.example_layers + config.layers {
        if config.moves && layer == config.example_layers {
            width += moves.places.numel() as i64;
        }
        shapes.push(Shape::linear(&format!("encoder.layer{layer}"), width, hidden));
        shapes.push(Shape::bias(&format!("encoder.bias{layer}"), hidden));
        width = hidden;
    }
    let step = |name: &str, from: i64, choices: i64| {
        [
            Shape::linear(&format!("decoder.{name}"), from, decoder),
            Shape::bias(&format!("decoder.{name}_bias"), decoder),
            Shape::new(&format!("decoder.{name}_logits"), &[choices, decoder], 0.1),
            Shape::bias(&format!("decoder.{name}_logits_bias"), choices),
        ]
    };
    shapes.extend(step("operation", hidden, operations));
    shapes.extend(step("to", decoder, cells));
    shapes.extend(step("from", decoder, sources));
    shapes.push(Shape::new("decoder.said_operation", &[operations, decoder], 0.5));
    shapes.push(Shape::new("decoder.said_to", &[cells, decoder], 0.5));
    if config.moves {
        shapes.extend(["decoder.good", "decoder.bad"].map(|name| Shape::bias(name, 1)));
    }
    shapes.push(Shape::new("value.weight", &[1, hidden], 0.05));
    shapes.push(Shape::bias("value.bias", 1));
    shapes
}

impl Network {
    /// A network with fresh parameters.
    pub fn new(config: &NetworkConfig, rules: &Rules, seed: u64) -> Self {
        let moves = Moves::new(rules);
        let parameters = Parameters::random(&shapes(config, &moves), seed);
        Self { config: config.clone(), parameters, moves }
    }

    /// A network with the parameters of a file.
    pub fn from_tensors(
        config: &NetworkConfig,
        rules: &Rules,
        tensors: std::collections::BTreeMap<String, Tensor>,
    ) -> Result<Self, crate::store::FileError> {
        let moves = Moves::new(rules);
        let parameters = Parameters::from_tensors(&shapes(config, &moves), tensors)?;
        Ok(Self { config: config.clone(), parameters, moves })
    }

    /// Its parameters.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Its sizes.
    pub fn config(&self) -> &NetworkConfig {
        &self.config
    }

    fn linear(&self, input: &Tensor, weights: &str, bias: &str) -> Tensor {
        input.linear(self.parameters.get(weights), Some(self.parameters.get(bias)))
    }

    /// What the networks say of states.
    pub fn say(&self, states: &States<'_>) -> Said {
        let effects = self.config.moves.then(|| Tensor::from_slice(&states.effects).view([states.count, -1]));
        let encoded = self.encode(states, effects.as_ref());
        let value = self.linear(&encoded, "value.weight", "value.bias").squeeze_dim(-1);
        Said { policy: self.decode(&encoded, effects.as_ref()), value }
    }

    /// `[states, hidden]`
    fn encode(&self, states: &States<'_>, effects: Option<&Tensor>) -> Tensor {
        let States { count, examples, .. } = *states;
        let cells = self.moves.cells;
        let rows = Tensor::from_slice(&states.rows).view([count * examples, -1]);
        let embed = |table: &str, rows: &Tensor| {
            Tensor::embedding(self.parameters.get(table), rows, -1, false, false).flatten(1, -1)
        };
        let mut parts =
            vec![embed("embed.now", &rows.narrow(1, 0, cells)), embed("embed.goal", &rows.narrow(1, cells, cells))];
        // Behind the numbers stand, cell by cell, differences and then products.
        let behind = rows.narrow(1, 2 * cells, rows.size()[1] - 2 * cells).view([count * examples, cells, -1]);
        if self.config.differences {
            parts.push(embed("embed.difference", &behind.narrow(2, 0, cells).flatten(1, -1)));
        }
        if self.config.products {
            let products = behind.narrow(2, cells, behind.size()[2] - cells);
            parts.push(embed("embed.product", &products.flatten(1, -1)));
        }
        let mut x = Tensor::cat(&parts, 1); // [states * examples, features]
        for layer in 0..self.config.example_layers + self.config.layers {
            if layer == self.config.example_layers {
                x = pool(&x, count, examples);
                if let Some(effects) = effects {
                    x = Tensor::cat(&[&x, effects], 1);
                }
            }
            x = self.linear(&x, &format!("encoder.layer{layer}"), &format!("encoder.bias{layer}")).tanh();
        }
        x
    }

    /// Log-probabilities of all moves: the decoder's states behind each operation, and behind each destination after it.
    fn decode(&self, encoded: &Tensor, effects: Option<&Tensor>) -> Tensor {
        let Moves { operations, cells, sources, places } = &self.moves;
        let decoder = self.config.decoder;
        let said = |name: &str| self.parameters.get(&format!("decoder.said_{name}"));
        let logits = |state: &Tensor, name: &str| {
            let (weights, bias) = (format!("decoder.{name}_logits"), format!("decoder.{name}_logits_bias"));
            self.linear(state, &weights, &bias).log_softmax(-1, Kind::Float)
        };
        let step = |state: &Tensor, name: &str| {
            self.linear(state, &format!("decoder.{name}"), &format!("decoder.{name}_bias"))
        };
        let first = step(encoded, "operation").tanh(); // [states, decoder]
        let by_operation = logits(&first, "operation").view([-1, *operations, 1, 1]);
        let second = (step(&first, "to").unsqueeze(1) + said("operation").view([1, *operations, decoder])).tanh();
        let by_cell = logits(&second, "to").view([-1, *operations, *cells, 1]);
        let third = (step(&second, "from").unsqueeze(2) + said("to").view([1, 1, *cells, decoder])).tanh();
        let by_source = logits(&third, "from"); // [states, operations, cells, sources]
        let all = (by_source + by_cell + by_operation).view([-1, operations * cells * sources]);
        // What no instruction does, as between two slots, has no place; the rest sums to one again.
        let mut all = all.index_select(1, places);
        if let Some(effects) = effects {
            let [good, bad] = ["decoder.good", "decoder.bad"].map(|name| self.parameters.get(name));
            all = all + effects.clamp_min(0.0) * good + effects.clamp_max(0.0) * bad;
        }
        all.log_softmax(-1, Kind::Float)
    }
}

/// The mean over the examples: `[states * examples, width]` to `[states, width]`.
fn pool(x: &Tensor, states: i64, examples: i64) -> Tensor {
    x.view([states, examples, -1]).mean_dim(1, false, Kind::Float)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_rows() {
        let rows: Vec<i64> = (-DIRECT..=DIRECT).map(row).collect();
        assert!(rows.windows(2).all(|two| two[1] == two[0] + 1));
        let large: Vec<i64> = (8..32).map(|power| row(1 << power)).collect();
        assert!(large.windows(2).all(|two| two[1] == two[0] + 2 || two[1] == FREE - 1));
        for value in [i64::from(i32::MIN), i64::from(i32::MAX), 0, 161, -161] {
            assert!((0..FREE).contains(&row(value)), "{value}: {}", row(value));
            assert_eq!(row(value) + row(-value), 2 * row(0));
        }
    }
}
