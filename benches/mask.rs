//! The token mask on the programs of the public benchmark: a mask and an advance for each token, and the encoding of
//! whole sources. `cargo bench --bench mask`.

#![allow(missing_docs)] // criterion_group! makes a public function.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use iocc::constrain::Automaton;
use iocc::search::beam::{BeamOptions, Verdict, beam};
use iocc::search::{Decoding, Scorer, ScorerError};
use iocc::task::Example;
use iocc::token::{END, Profile, TokenId, Vocabulary, count};
use ndarray::{Array2, s};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Vocabulary, mask, and the sources with their tokens.
struct Setup {
    vocabulary: Vocabulary,
    automaton: Automaton,
    programs: Vec<(String, Vec<TokenId>)>,
}

fn setup() -> Setup {
    let profile = Profile::load("restricted-c").expect("a committed profile");
    let vocabulary = Vocabulary::new(&profile).expect("a sound profile");
    let automaton = Automaton::new(&vocabulary).expect("a sound profile");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/tasks/c_eval.jsonl");
    let text = std::fs::read_to_string(path).expect("the benchmark is readable");
    let programs = text
        .lines()
        .map(|line| {
            let task: serde_json::Value = serde_json::from_str(line).expect("one object a line");
            let source = task["source"].as_str().expect("a source").to_owned();
            let tokens = vocabulary.encode(&source).expect("the benchmark is in the profile");
            (source, tokens)
        })
        .collect();
    Setup { vocabulary, automaton, programs }
}

/// Masks and takes every token of a program.
fn follow(automaton: &Automaton, tokens: &[TokenId]) {
    let mut state = automaton.start(512);
    for &token in tokens {
        assert!(black_box(automaton.mask(&state)).contains(token));
        assert!(automaton.advance(&mut state, token));
    }
}

/// The median over single tokens, each timed on its own.
fn print_median(setup: &Setup) {
    let mut times: Vec<Duration> = Vec::new();
    for (_, tokens) in &setup.programs {
        let mut state = setup.automaton.start(512);
        for &token in tokens {
            let start = Instant::now();
            black_box(setup.automaton.mask(black_box(&state)));
            setup.automaton.advance(&mut state, token);
            times.push(start.elapsed());
        }
    }
    times.sort();
    let at = |share: f64| times[(times.len() as f64 * share) as usize].as_nanos() as f64 / 1000.0;
    println!("mask + advance over {} tokens: median {:.2} us, p99 {:.2} us", times.len(), at(0.5), at(0.99));
}

fn mask(criterion: &mut Criterion) {
    let setup = setup();
    print_median(&setup);
    let tokens: usize = setup.programs.iter().map(|(_, tokens)| tokens.len()).sum();
    let mut group = criterion.benchmark_group("restricted-c");
    group.throughput(Throughput::Elements(tokens as u64));
    group.bench_function("mask and advance", |bencher| {
        bencher.iter(|| setup.programs.iter().for_each(|(_, tokens)| follow(&setup.automaton, tokens)));
    });
    group.bench_function("encode", |bencher| {
        bencher.iter(|| setup.programs.iter().for_each(|(source, _)| drop(black_box(setup.vocabulary.encode(source)))));
    });
    group.bench_function("count", |bencher| {
        bencher.iter(|| setup.programs.iter().map(|(source, _)| count(black_box(source))).sum::<usize>());
    });
    group.finish();
}

/// A scorer that costs nothing, so that the search itself is timed.
struct Flat(Array2<f32>);

impl Scorer for Flat {
    fn begin<'a>(&'a self, _: &[Example]) -> Result<Box<dyn Decoding + 'a>, ScorerError> {
        Ok(Box::new(Flat(self.0.clone())))
    }
}

impl Decoding for Flat {
    fn step(&mut self, parents: &[usize], _: &[TokenId]) -> Array2<f32> {
        self.0.slice(s![..parents.len(), ..]).to_owned()
    }
}

/// A whole beam search of width 64 over programs of up to 120 tokens.
fn search(criterion: &mut Criterion) {
    let Setup { vocabulary, automaton, .. } = setup();
    let end = (END.0 as usize, 1e-6f32.ln());
    let row = |token: usize| if token == end.0 { end.1 } else { -((token * 37 % 11) as f32) - 1.0 };
    let scorer = Flat(Array2::from_shape_fn((64, vocabulary.len()), |(_, token)| row(token)));
    let options = BeamOptions { budget: 120, candidates: usize::MAX, ..BeamOptions::default() };
    let run = || beam(&scorer, &automaton, &[], &options, |_| Verdict::Rejected).expect("the scorer scores all");
    println!("a beam search of {} steps", run().steps);
    criterion.bench_function("beam search of width 64", |bencher| bencher.iter(|| black_box(run())));
}

criterion_group!(benches, mask, search);
criterion_main!(benches);
