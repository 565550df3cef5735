//! Teacher forcing: a network over whole programs that are known, in stretches between the runs of the executor.

use super::config::{Decoder, Execution, Trigger};
use super::encoder::{Embedded, Examples};
use super::lstm::{self, State};
use super::network::Network;
use super::{executor, transformer};
use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus as Random;
use tch::{Kind, Tensor};

/// Programs with their examples.
#[derive(Debug)]
pub struct Lesson {
    /// The examples, those of one task after each other.
    pub examples: Examples,
    /// Begin and the program, padded: `[batch, steps]`.
    pub tokens: Tensor,
    /// How many tokens of each row are no padding.
    pub lengths: Vec<i64>,
    /// What the hero does in each example, `[examples, actions]`, for networks that say that.
    pub traces: Option<Tensor>,
    /// What the programs so far leave in the cells, for networks that are shown that.
    pub states: Option<States>,
}

/// The cells after each statement of the programs of a batch.
#[derive(Debug)]
pub struct States {
    /// Each state as the inputs of a task's examples, all of them after each other.
    pub examples: Examples,
    /// Which state holds at each step: `[batch, steps]`.
    pub which: Tensor,
}

/// What a network says of a lesson.
pub struct Said {
    /// Logits for what follows each token, `[batch, steps, tokens]`.
    pub logits: Tensor,
    /// What the executor says of the cells after the program, `[examples, cells, values]`.
    pub executed: Option<Tensor>,
    /// What the operation predictor takes the inputs for, `[examples, cells, values]`.
    pub keys: Option<Tensor>,
    /// What the hero is said to do, `[examples, actions, kinds]`.
    pub traces: Option<Tensor>,
}

/// What a decoder has read so far.
enum Reading {
    Lstm {
        /// `[examples, steps, embedding]`
        tokens: Tensor,
        /// Which steps are within each program, `[examples, steps]`, and how many are within all of them; nothing
        /// where ends make no difference.
        within: Option<(Tensor, i64)>,
        state: State,
    },
    Transformer {
        /// `[batch, steps, hidden]`
        tokens: Tensor,
        /// Keys and values of each block, `[batch, so far, hidden]`.
        cache: Vec<(Tensor, Tensor)>,
        /// Of the last block, `[batch, so far, hidden]`.
        states: Vec<Tensor>,
    },
}

impl Network {
    /// What follows each of the lesson's tokens. `dropout` draws what is dropped while training.
    pub fn teach(&self, lesson: &Lesson, dropout: Option<&mut Random>) -> Said {
        let (batch, steps) = lesson.tokens.size2().expect("a matrix of tokens");
        let (embedded, encoding, traces) = self.encode_traced(&lesson.examples, lesson.traces.as_ref());
        let rows = encoding.parts[0].size()[0];
        let each = rows / batch; // examples a task
        let tokens = Tensor::embedding(self.parameters.get("decoder.token"), &lesson.tokens, -1, false, false);
        let mut reading = self.begin(lesson, &tokens, encoding.state, each);
        let mask = dropout.and_then(|random| self.drop_mask(rows, random));
        let mut memory = match &lesson.states {
            Some(states) => self.memory_of_states(states, each),
            None => self.memory(&encoding.parts, each),
        };
        let mut embedded = embedded;
        let (mut pooled, mut from) = (Vec::new(), 0);
        for to in self.stretches(&lesson.lengths, steps) {
            pooled.push(self.read(&mut reading, &memory, from..to, each, mask.as_ref()));
            from = to;
            if let (Execution::Partial, Some(embedded), true) = (self.config.executor, &mut embedded, to < steps) {
                let goes_on = self.going_on(&lesson.lengths, to, each);
                self.execute(embedded, &reading, &lesson.lengths, to, each, &goes_on);
                let encoding = self.encode_embedded(embedded);
                memory = self.memory(&encoding.parts, each);
            }
        }
        let executed = embedded.filter(|_| self.config.is_latent()).map(|embedded| {
            let start = self.executor_start(&reading, &lesson.lengths, steps, each);
            executor::run(&self.parameters, &self.config, &embedded.inputs, start)
        });
        Said { logits: self.answer(&Tensor::cat(&pooled, 1), &tokens), executed, keys: encoding.keys, traces }
    }

    fn begin(&self, lesson: &Lesson, tokens: &Tensor, state: State, each: i64) -> Reading {
        let (batch, steps, width) = tokens.size3().expect("batch, steps and width");
        if self.config.decoder == Decoder::Transformer {
            return Reading::Transformer { tokens: tokens.shallow_clone(), cache: Vec::new(), states: Vec::new() };
        }
        let rows = |tensor: &Tensor, width: i64| {
            tensor.view([batch, 1, steps, width]).expand([batch, each, steps, width], false).flatten(0, 1)
        };
        let ends = self.config.is_latent() && self.config.trigger == Trigger::Program;
        let within = ends.then(|| {
            let step = Tensor::arange(steps, (Kind::Int64, tokens.device()));
            let within = step.lt_tensor(&Tensor::from_slice(&lesson.lengths).unsqueeze(1)); // [batch, steps]
            (rows(&within, 1).squeeze_dim(2), lesson.lengths.iter().copied().min().unwrap_or(steps))
        });
        if self.config.shared {
            return Reading::Lstm { tokens: tokens.shallow_clone(), within, state: lstm::mean(&state, each) };
        }
        Reading::Lstm { tokens: rows(tokens, width), within, state }
    }

    /// Where the stretches end after which the executor runs.
    fn stretches(&self, lengths: &[i64], steps: i64) -> Vec<i64> {
        let mut ends = vec![steps];
        if self.config.executor == Execution::Partial {
            ends.extend((1..).map(|number| number * self.config.every).take_while(|end| *end < steps));
            if self.config.trigger == Trigger::Batch {
                ends.extend(lengths);
            }
        }
        ends.sort_unstable();
        ends.dedup();
        ends
    }

    /// Reads the tokens of a stretch; gives what the head reads, `[batch, steps, features]`.
    fn read(
        &self,
        reading: &mut Reading,
        memory: &[Tensor],
        stretch: std::ops::Range<i64>,
        each: i64,
        mask: Option<&Tensor>,
    ) -> Tensor {
        let steps = stretch.end - stretch.start;
        match reading {
            Reading::Lstm { tokens, within, state } => {
                let mut hidden = self.run_lstm(tokens, within.as_ref(), state, stretch);
                if self.config.shared {
                    hidden = hidden.repeat_interleave_self_int(each, 0, None);
                }
                let features = self.features_of(memory, &hidden);
                let features = mask.map_or_else(|| features.shallow_clone(), |mask| &features * mask);
                self.pool(&features.view([-1, each, steps, features.size()[2]]))
            }
            Reading::Transformer { tokens, cache, states } => {
                let tokens = tokens.narrow(1, stretch.start, steps);
                let positions = |from, to| Tensor::arange_start(from, to, (Kind::Int64, tokens.device()));
                let back = positions(stretch.start, stretch.end).unsqueeze(1) - positions(0, stretch.end);
                let distance = transformer::distance(&self.config, &back.unsqueeze(0));
                let top =
                    transformer::run(&self.parameters, &self.config, &tokens, memory, &distance, |block, k, v| {
                        match cache.get_mut(block) {
                            Some((keys, values)) => {
                                *keys = Tensor::cat(&[&*keys, k], 1);
                                *values = Tensor::cat(&[&*values, v], 1);
                            }
                            None => cache.push((k.shallow_clone(), v.shallow_clone())),
                        }
                        (cache[block].0.shallow_clone(), cache[block].1.shallow_clone())
                    });
                states.push(top.shallow_clone());
                top
            }
        }
    }

    /// The decoder's LSTM over a stretch. What is within all programs goes to the fast kernel.
    fn run_lstm(
        &self,
        tokens: &Tensor,
        within: Option<&(Tensor, i64)>,
        state: &mut State,
        stretch: std::ops::Range<i64>,
    ) -> Tensor {
        const PATH: &str = "decoder.lstm";
        let layers = self.config.layers;
        let common = within.map_or(stretch.end, |(_, common)| (*common).clamp(stretch.start, stretch.end));
        let part = |tensor: &Tensor, from: i64, to: i64| tensor.narrow(1, from, to - from);
        let mut hidden = Vec::new();
        if common > stretch.start {
            let tokens = part(tokens, stretch.start, common);
            let (shown, last) = lstm::run_forward(&self.parameters, PATH, layers, &tokens, state);
            (*state, _) = (last, hidden.push(shown));
        }
        if let Some((within, _)) = within.filter(|_| common < stretch.end) {
            let (tokens, within) = (part(tokens, common, stretch.end), part(within, common, stretch.end));
            let (shown, last) = lstm::run_within(&self.parameters, PATH, layers, &tokens, &within, state);
            (*state, _) = (last, hidden.push(shown));
        }
        Tensor::cat(&hidden, 1)
    }

    /// [`Network::features`], also of a memory that has something of its own for each step.
    pub(super) fn features_of(&self, memory: &[Tensor], hidden: &Tensor) -> Tensor {
        let (rows, steps, width) = hidden.size3().expect("rows, steps and width");
        if memory[0].size()[0] == rows {
            return self.features(memory, hidden);
        }
        self.features(memory, &hidden.reshape([rows * steps, 1, width])).view([rows, steps, -1])
    }

    /// The memory of each step: that of the state that the program so far left.
    fn memory_of_states(&self, states: &States, each: i64) -> Vec<Tensor> {
        let (_, encoding) = self.encode(&states.examples);
        let example = Tensor::arange(each, (Kind::Int64, states.which.device())).view([1, each, 1]);
        let index = (states.which.unsqueeze(1) * each + example).flatten(0, 2); // [batch * examples * steps]
        let all = self.memory(&encoding.parts, each);
        all.iter().map(|part| part.index_select(0, &index)).collect()
    }

    /// Which examples' programs have tokens after `to` steps, `[examples]`; all of them where any end counts.
    fn going_on(&self, lengths: &[i64], to: i64, each: i64) -> Tensor {
        let all = self.config.trigger == Trigger::Batch;
        let on: Vec<bool> =
            lengths.iter().flat_map(|length| std::iter::repeat_n(all || *length > to, each as usize)).collect();
        Tensor::from_slice(&on)
    }

    /// Replaces the inputs of programs that go on by what the executor makes of them.
    fn execute(&self, embedded: &mut Embedded, reading: &Reading, lengths: &[i64], to: i64, each: i64, on: &Tensor) {
        let start = self.executor_start(reading, lengths, to, each);
        let logits = executor::run(&self.parameters, &self.config, &embedded.inputs, start);
        let after = executor::mixture(&self.parameters, &self.config, &embedded.inputs, &logits);
        let mut shape = vec![1; after.dim()];
        shape[0] = -1;
        embedded.inputs = after.where_self(&on.view(shape.as_slice()), &embedded.inputs);
    }

    /// The decoder's state after `to` steps, or after a program's own end where that was earlier.
    fn executor_start(&self, reading: &Reading, lengths: &[i64], to: i64, each: i64) -> State {
        match reading {
            Reading::Lstm { state, .. } => {
                State { hidden: state.hidden.shallow_clone(), cell: state.cell.shallow_clone() }
            }
            Reading::Transformer { states, .. } => {
                let own = |length: &i64| if self.config.trigger == Trigger::Program { (*length).min(to) } else { to };
                let last: Vec<i64> = lengths.iter().map(|length| own(length) - 1).collect();
                let states = Tensor::cat(states, 1); // [batch, so far, hidden]
                let last = Tensor::from_slice(&last).view([-1, 1, 1]).expand([-1, 1, states.size()[2]], false);
                let top = states.gather(1, &last, false).squeeze_dim(1);
                executor::start(&self.parameters, &self.config, &top, each)
            }
        }
    }

    /// Logits of what was pooled at all steps.
    fn answer(&self, pooled: &Tensor, tokens: &Tensor) -> Tensor {
        if !self.config.attend_tokens {
            return self.head(pooled, None);
        }
        let steps = pooled.size()[1];
        let later = Tensor::ones([1, steps, steps], (Kind::Bool, pooled.device())).triu(1);
        self.head(pooled, Some((&self.token_keys(tokens), &later)))
    }

    /// Which features stay, the same ones at all steps of an example: `[examples, 1, features]`.
    fn drop_mask(&self, examples: i64, random: &mut Random) -> Option<Tensor> {
        let share = self.config.dropout;
        if share == 0.0 {
            return None;
        }
        let width = self.features_width();
        let kept = (1.0 / (1.0 - share)) as f32;
        let mask: Vec<f32> =
            (0..examples * width).map(|_| if random.random_bool(share) { 0.0 } else { kept }).collect();
        Some(Tensor::from_slice(&mask).view([examples, 1, width]))
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::Config;
    use super::super::examples::{Pair, example_tensors};
    use super::*;

    fn examples(task: i64) -> Vec<Pair> {
        let input = |example: i64| (0..5).map(|cell| (task + 3 * example + 7 * cell) % 9 - 4).collect();
        (0..2).map(|example| (input(example), input(example + task))).collect()
    }

    fn lesson(config: &Config, tasks: &[i64], programs: &[&[i64]]) -> Lesson {
        let pairs: Vec<Pair> = tasks.iter().flat_map(|task| examples(*task)).collect();
        let steps = programs.iter().map(|program| program.len()).max().expect("a program");
        let padded = programs.iter().map(|program| program.iter().copied().chain(std::iter::repeat(0)).take(steps));
        let tokens: Vec<i64> = padded.flatten().collect();
        Lesson {
            examples: example_tensors(config, &pairs, 2),
            tokens: Tensor::from_slice(&tokens).view([programs.len() as i64, steps as i64]),
            lengths: programs.iter().map(|program| program.len() as i64).collect(),
            traces: None,
            states: None,
        }
    }

    /// The executor's last word of a program does not depend on how long those beside it are.
    #[test]
    fn each_program_ends_by_itself() {
        let programs: [&[i64]; 3] = [&[1, 4, 5], &[1, 6, 7, 4, 5, 6, 7], &[1, 3, 3, 4, 4, 5]];
        for decoder in [Decoder::Lstm, Decoder::Transformer] {
            for (executor, layers, bidirectional) in
                [(Execution::Partial, 2, true), (Execution::End, 1, true), (Execution::Partial, 1, false)]
            {
                let sizes = Config { hidden: 16, embedding: 8, attention: 12, mlp: 16, every: 3, ..Config::default() };
                let config = Config { decoder, executor, layers, bidirectional, operations: true, rounds: 1, ..sizes };
                config.check().expect("parts that fit together");
                let network = Network::new(config.clone(), 8, 1);
                let together = network.teach(&lesson(&config, &[1, 2, 3], &programs), None);
                for (row, program) in programs.iter().enumerate() {
                    let alone = network.teach(&lesson(&config, &[row as i64 + 1], &[program]), None);
                    let part = |said: &Said| said.executed.as_ref().expect("an executor").shallow_clone();
                    let own = part(&together).narrow(0, 2 * row as i64, 2);
                    let difference = (own - part(&alone)).abs().max().double_value(&[]);
                    assert!(difference < 1e-5, "{decoder:?} {executor:?} {layers}: {difference} in row {row}");
                }
            }
        }
    }
}
