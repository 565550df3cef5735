//! Decoding: the fronts of programs, one a row, of which each reads a token at a time. What a row says is what teacher
//! forcing says of its tokens: the executor runs before the token that begins a new stretch.
//!
//! Rows stand first in all tensors but the LSTM's state.

use super::config::{Config, Decoder, Execution};
use super::encoder::{Embedded, Encoding, Examples};
use super::lstm::{self, State, Stepper};
use super::network::Network;
use super::{executor, transformer};
use tch::{Kind, Tensor};

/// How many more tokens there is room for when there is no more.
const ROOM: i64 = 24;

/// A network made ready for single steps.
#[derive(Debug)]
pub(super) struct Ready {
    pub network: Network,
    stepper: Option<Stepper>,
    /// Keys of all tokens, `[tokens, attention]`.
    token_keys: Option<Tensor>,
}

impl Ready {
    pub(super) fn new(network: Network) -> Self {
        let Network { config, parameters } = &network;
        let (stepper, token_keys) = tch::no_grad(|| {
            let tokens = parameters.get("decoder.token");
            let lstm = config.decoder == Decoder::Lstm;
            let stepper = lstm.then(|| Stepper::new(parameters, "decoder.lstm", config.layers, tokens));
            (stepper, config.attend_tokens.then(|| network.token_keys(&tokens.unsqueeze(0)).squeeze_dim(0)))
        });
        Self { network, stepper, token_keys }
    }
}

/// What the rows remember.
#[derive(Debug)]
struct Store {
    /// Of an LSTM, `[layers, examples, rows, hidden]` each; one for all examples where it is shared.
    state: Option<State>,
    /// Of a transformer: for each block keys and values of the tokens read, `[rows, room, hidden]`.
    cache: Vec<Tensor>,
    /// Keys of the tokens read, `[rows, room, attention]`, where the head attends to them.
    tokens: Option<Tensor>,
    /// Of a transformer, what it last made of each row, `[rows, hidden]`.
    top: Option<Tensor>,
    /// The cells as the executor last left them, `[rows, examples, cells, embedding]`, where it runs.
    inputs: Option<Tensor>,
    /// What each row attends to, rows first, where that changes.
    memory: Vec<Tensor>,
}

/// The fronts of programs for one task.
pub(super) struct Fronts<'a> {
    ready: &'a Ready,
    embedded: Option<Embedded>,
    /// What all rows attend to, where that does not change.
    shared: Vec<Tensor>,
    store: Store,
    /// How many tokens each row has read.
    read: Vec<i64>,
    examples: i64,
}

impl<'a> Fronts<'a> {
    /// One row that has read nothing.
    pub(super) fn new(ready: &'a Ready, examples: &Examples) -> Self {
        let network = &ready.network;
        let Config { decoder, hidden, attend_tokens, attention, blocks, .. } = network.config;
        let (embedded, Encoding { parts, state, .. }, _) = network.encode_traced(examples, None);
        let each = parts[0].size()[0];
        let memory = network.memory(&parts, each);
        let (shared, memory) = if network.changes() {
            (Vec::new(), rows_first(memory, &network.config, each))
        } else {
            (memory, Vec::new())
        };
        let state = if network.config.shared { lstm::mean(&state, each) } else { state };
        let rows = |tensor: Tensor| tensor.unsqueeze(2); // [layers, examples or 1, 1, hidden]
        let empty = |width| Tensor::zeros([1, ROOM, width], (Kind::Float, parts[0].device()));
        let transformer = decoder == Decoder::Transformer;
        let partial = network.config.executor == Execution::Partial;
        let store = Store {
            state: (!transformer).then(|| State { hidden: rows(state.hidden), cell: rows(state.cell) }),
            cache: if transformer { (0..2 * blocks).map(|_| empty(hidden)).collect() } else { Vec::new() },
            tokens: attend_tokens.then(|| empty(attention)),
            top: transformer.then(|| Tensor::zeros([1, hidden], (Kind::Float, parts[0].device()))),
            inputs: embedded.as_ref().filter(|_| partial).map(|embedded| embedded.inputs.unsqueeze(0)),
            memory,
        };
        Self { ready, embedded, shared, store, read: vec![0], examples: each }
    }

    /// Row `i` becomes what row `parents[i]` was.
    pub(super) fn select(&mut self, parents: &[usize]) {
        if parents.iter().copied().eq(0..self.read.len()) {
            return;
        }
        let which = indices(parents);
        self.store = self.store.map(|tensor, dimension| tensor.index_select(dimension, &which));
        self.read = parents.iter().map(|row| self.read[*row]).collect();
    }

    /// Gives rows what they attend to from now on: `cells`, for each of `rows` as many as the task has examples.
    pub(super) fn show(&mut self, rows: &[usize], cells: &Examples) {
        let network = &self.ready.network;
        let (_, encoding) = network.encode(cells);
        self.remember(&encoding.parts, &indices(rows));
    }

    /// The rows `reading` read a token each; gives log-probabilities of what follows, `[reading, tokens]`.
    pub(super) fn read(&mut self, reading: &[usize], tokens: &[i64]) -> Tensor {
        self.execute(reading);
        self.make_room();
        let which = indices(reading);
        let positions = Tensor::from_slice(&reading.iter().map(|row| self.read[*row]).collect::<Vec<_>>());
        let tokens = Tensor::from_slice(tokens);
        let all = reading.iter().copied().eq(0..self.read.len());
        let mut part = self
            .store
            .map(|tensor, dimension| if all { tensor.shallow_clone() } else { tensor.index_select(dimension, &which) });
        let pooled = self.step(&mut part, &tokens, &positions); // [reading, 1, features]
        let logits = self.answer(&mut part, &pooled, &tokens, &positions);
        if all {
            self.store = part;
        } else {
            self.store.put(&part, &which);
        }
        reading.iter().for_each(|row| self.read[*row] += 1);
        logits.squeeze_dim(1).log_softmax(-1, Kind::Float)
    }

    /// One token of the decoder for each row of `part`.
    fn step(&self, part: &mut Store, tokens: &Tensor, positions: &Tensor) -> Tensor {
        let network = &self.ready.network;
        let rows = tokens.size()[0];
        if let (Some(stepper), Some(state)) = (&self.ready.stepper, &part.state) {
            let (hidden, state) = stepper.step(state, tokens); // [examples or 1, rows, hidden]
            let hidden = hidden.expand([self.examples, -1, -1], false);
            part.state = Some(state);
            let features = if self.shared.is_empty() {
                let memory: Vec<Tensor> = part.memory.iter().map(|part| part.flatten(0, 1)).collect();
                let own = hidden.transpose(0, 1).contiguous().view([rows * self.examples, 1, -1]);
                network.features(&memory, &own).view([rows, self.examples, 1, -1])
            } else {
                network.features(&self.shared, &hidden).unsqueeze(0) // [1, examples, rows, features]
            };
            return network.pool(&features).view([rows, 1, -1]);
        }
        let embedded = network.parameters.get("decoder.token").index_select(0, tokens).unsqueeze(1);
        let room = part.cache[0].size()[1];
        let back = positions.view([rows, 1, 1]) - Tensor::arange(room, (Kind::Int64, positions.device()));
        let distance = transformer::distance(&network.config, &back); // [rows, heads, 1, room]
        let memory = if self.shared.is_empty() { &part.memory } else { &self.shared };
        let cache = &mut part.cache;
        let top =
            transformer::run(&network.parameters, &network.config, &embedded, memory, &distance, |block, k, v| {
                for (place, new) in [(2 * block, k), (2 * block + 1, v)] {
                    cache[place] = written(&cache[place], new, positions);
                }
                (cache[2 * block].shallow_clone(), cache[2 * block + 1].shallow_clone())
            });
        part.top = Some(top.squeeze_dim(1));
        top
    }

    fn answer(&self, part: &mut Store, pooled: &Tensor, tokens: &Tensor, positions: &Tensor) -> Tensor {
        let network = &self.ready.network;
        let (Some(table), Some(keys)) = (&self.ready.token_keys, &part.tokens) else {
            return network.head(pooled, None);
        };
        let keys = written(keys, &table.index_select(0, tokens).unsqueeze(1), positions);
        let place = Tensor::arange(keys.size()[1], (Kind::Int64, positions.device()));
        let later = place.gt_tensor(&positions.view([-1, 1, 1])); // [rows, 1, room]
        let logits = network.head(pooled, Some((&keys, &later)));
        part.tokens = Some(keys);
        logits
    }

    /// Runs the latent executor for those of the rows that have read a whole stretch.
    fn execute(&mut self, reading: &[usize]) {
        let Network { config, parameters } = &self.ready.network;
        let (Some(inputs), Some(embedded)) = (&self.store.inputs, &self.embedded) else { return };
        let due = |row: &&usize| self.read[**row] > 0 && self.read[**row] % config.every == 0;
        let due: Vec<usize> = reading.iter().filter(due).copied().collect();
        if due.is_empty() {
            return;
        }
        let (which, rows) = (indices(&due), due.len() as i64);
        let start = match (&self.store.state, &self.store.top) {
            (Some(state), _) => {
                // [layers, examples, rows, hidden] to [layers, rows * examples, hidden]
                let own = |tensor: &Tensor| tensor.index_select(2, &which).transpose(1, 2).flatten(1, 2);
                State { hidden: own(&state.hidden), cell: own(&state.cell) }
            }
            (None, top) => {
                let top = top.as_ref().expect("a transformer remembers it").index_select(0, &which);
                executor::start(parameters, config, &top, self.examples)
            }
        };
        let before = inputs.index_select(0, &which).flatten(0, 1); // [rows * examples, cells, embedding]
        let after = executor::mixture(parameters, config, &before, &executor::run(parameters, config, &before, start));
        let repeated = |tensor: &Tensor| {
            let mut times = vec![1; tensor.dim()];
            times[0] = rows;
            tensor.repeat(times)
        };
        let embedded =
            Embedded { inputs: after, outputs: repeated(&embedded.outputs), wanted: repeated(&embedded.wanted) };
        let encoding = self.ready.network.encode_embedded(&embedded);
        let changed = embedded.inputs.view_as(&inputs.index_select(0, &which));
        let _ = self.store.inputs.as_mut().expect("there are some").index_copy_(0, &which, &changed);
        self.remember(&encoding.parts, &which);
    }

    /// Puts what some rows attend to in its place.
    fn remember(&mut self, parts: &[Tensor], which: &Tensor) {
        let network = &self.ready.network;
        let memory = rows_first(network.memory(parts, self.examples), &network.config, self.examples);
        for (own, new) in self.store.memory.iter_mut().zip(memory) {
            let _ = own.index_copy_(0, which, &new);
        }
    }

    fn make_room(&mut self) {
        let most = self.read.iter().copied().max().unwrap_or(0);
        for tensor in self.store.cache.iter_mut().chain(&mut self.store.tokens) {
            let (rows, room, width) = tensor.size3().expect("rows, room and width");
            if most >= room {
                let more = Tensor::zeros([rows, ROOM, width], (Kind::Float, tensor.device()));
                *tensor = Tensor::cat(&[&*tensor, &more], 1);
            }
        }
    }
}

impl Store {
    /// All tensors, each with the dimension of its rows, made anew.
    fn map(&self, make: impl Fn(&Tensor, i64) -> Tensor) -> Self {
        let rows = |tensor: &Tensor| make(tensor, 0);
        let state = |state: &State| State { hidden: make(&state.hidden, 2), cell: make(&state.cell, 2) };
        Self {
            state: self.state.as_ref().map(state),
            cache: self.cache.iter().map(rows).collect(),
            tokens: self.tokens.as_ref().map(rows),
            top: self.top.as_ref().map(rows),
            inputs: self.inputs.as_ref().map(rows),
            memory: self.memory.iter().map(rows).collect(),
        }
    }

    /// Writes back what was made of some rows; the cells and the memory are not changed by reading.
    fn put(&mut self, part: &Self, which: &Tensor) {
        let write = |own: &mut Tensor, new: &Tensor, dimension| {
            let _ = own.index_copy_(dimension, which, new);
        };
        if let (Some(own), Some(new)) = (&mut self.state, &part.state) {
            write(&mut own.hidden, &new.hidden, 2);
            write(&mut own.cell, &new.cell, 2);
        }
        let own = self.cache.iter_mut().chain(&mut self.tokens).chain(&mut self.top);
        own.zip(part.cache.iter().chain(&part.tokens).chain(&part.top)).for_each(|(own, new)| write(own, new, 0));
    }
}

/// Memory as [`Network::memory`] gives it for rows with their examples, with the rows in front.
fn rows_first(memory: Vec<Tensor>, config: &Config, each: i64) -> Vec<Tensor> {
    let split = |part: Tensor| {
        let (rows, cells, width) = part.size3().expect("examples, cells and width");
        part.view([rows / each, each, cells, width])
    };
    match config.decoder {
        Decoder::Lstm => memory.into_iter().map(split).collect(),
        Decoder::Transformer => memory.into_iter().map(|part| part.contiguous()).collect(),
    }
}

/// `into`, `[rows, room, width]`, with `new`, `[rows, 1, width]`, at a position of each row.
fn written(into: &Tensor, new: &Tensor, positions: &Tensor) -> Tensor {
    let at = positions.view([-1, 1, 1]).expand_as(new);
    into.scatter(1, &at, new)
}

fn indices(of: &[usize]) -> Tensor {
    Tensor::from_slice(&of.iter().map(|i| *i as i64).collect::<Vec<_>>())
}
