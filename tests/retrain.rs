//! Retraining at toy size: what is replaced is right and shorter, and work that was stopped goes on to the same bytes.

use iocc::corpus::{self, Record};
use iocc::exec::Argument;
use iocc::model::{Replace, Retraining, TrainingConfig};
use iocc::retrain::{self, Event, Round};
use iocc::synth::verify::c::Runnable;
use iocc::task::{AnyTask, Task, parse_json};
use iocc::token::count;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A task that adds `constant` to a cell, in one statement or, in every third program, in more than are needed.
fn record(number: usize) -> Record {
    let (cell, constant) = (number % 5, 1 + number / 5 % 3);
    let needless =
        if number.is_multiple_of(3) { format!("    a[{cell}] += 1;\n    a[{cell}] -= 1;\n") } else { String::new() };
    let source = format!("int * func_1(int a[])\n{{\n    a[{cell}] += {constant};\n{needless}    return a;\n}}");
    let inputs: Vec<Vec<i32>> =
        (0..10).map(|i| (0..5).map(|j| (i * 3 + j * 7 + number as i32) % 4 - 2).collect()).collect();
    let run = |input: &Vec<i32>| {
        let mut output = input.clone();
        output[cell] += constant as i32;
        output
    };
    Record {
        id: format!("t{number}").into(),
        language: "c".into(),
        signature: "int * func_1(int a[])".into(),
        tokens: count(&source) as u32,
        source,
        outputs: inputs.iter().map(run).collect(),
        inputs,
        n_given: 5,
        loop_depth: 0,
        behaviour_hash: number as u64,
    }
}

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let lines: String = (0..60).map(|number| record(number).to_json() + "\n").collect();
        fs::write(folder.path().join("part.jsonl"), lines).expect("writable");
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn config(&self, output: &str, replace: Replace) -> TrainingConfig {
        let folder = self.folder.path().display();
        let mut config = TrainingConfig::from_toml(&format!(
            "profile = 'restricted-c'\noutput = '{folder}/{output}'\nthreads = 1\nseed = 3\n\
             [corpus]\ntrain = ['{folder}/part.jsonl']\nvalidation = ['{folder}/part.jsonl']\n\
             [training]\nbatch = 12\nsteps = 120\ncheckpoint_every = 60\nlog_every = 60\n\
             [optimizer]\nrate = 5e-3\nwarmup = 5\ndecay = 'none'\n\
             [network]\nhidden = 32\nembedding = 16\nattention = 24\nmlp = 32\nrelations = 'differences'\n"
        ))
        .expect("a configuration");
        let tasks = Some(self.path("part.jsonl"));
        config.retrain = Some(Retraining { rounds: 1, replace, tasks, tasks_beam: 8, ..Retraining::default() });
        config
    }
}

fn run(config: &TrainingConfig, resume: bool) -> Vec<Round> {
    let mut told = BTreeSet::new();
    let mut tell = |event: &Event| {
        told.insert(match event {
            Event::Training(..) => "training",
            Event::Decoding(..) => "decoding",
            Event::Evaluating(..) => "evaluating",
            Event::Done(_) => "done",
        });
    };
    let rounds = retrain::run(config, resume, 2, &mut tell).expect("rounds");
    assert!(told.contains("done"));
    rounds
}

fn records(folder: &Path) -> Vec<Record> {
    corpus::read(folder).expect("a corpus").map(|record| record.expect("a record")).collect()
}

fn task(record: &Record) -> Task {
    match parse_json(&record.to_json(), "").expect("a task") {
        AnyTask::C(task) => task,
        other => panic!("{other:?}"),
    }
}

#[test]
fn replaced_programs_are_right_and_shorter() {
    let place = Place::new();
    let config = place.config("shorter", Replace::Shorter);
    let rounds = run(&config, false);
    let counts = rounds[1].replaced.expect("the second round replaced");
    assert!(rounds[0].replaced.is_none());
    assert!(counts.tasks == 60 && counts.replaced >= 10 && counts.tokens_after < counts.tokens_before, "{counts:?}");
    let after = records(&config.output.join("round-1/corpus"));
    assert_eq!(after.len(), 60);
    for (number, after) in after.iter().enumerate() {
        let before = record(number);
        assert_eq!((&after.id, &after.inputs, &after.outputs), (&before.id, &before.inputs, &before.outputs));
        if after.source == before.source {
            assert_eq!(*after, before);
            continue;
        }
        assert!(after.tokens < before.tokens, "{}", after.source);
        assert_eq!(after.tokens as usize, count(&after.source));
        let task = task(after);
        let mut runnable = Runnable::new(&after.source, &task.signature).expect("a program");
        assert_eq!(runnable.matched(&task.examples) + runnable.matched(&task.held_out), 10, "{}", after.source);
        assert_eq!(after.behaviour_hash, runnable.behaviour());
    }
    let replaced = after.iter().enumerate().filter(|(number, after)| after.source != record(*number).source);
    assert_eq!(replaced.count() as u64, counts.replaced);
    let accuracy = rounds[1].accuracy.expect("tasks were tried");
    assert_eq!(accuracy.solved.of, 60);
    assert!(accuracy.generalises.count <= accuracy.solved.count && accuracy.solved.count > 20, "{accuracy:?}");
    let lines = fs::read_to_string(config.output.join("rounds.jsonl")).expect("rounds");
    assert_eq!(lines.lines().count(), 2);
}

/// What does the same on all inputs is all that `equal` lets in.
#[test]
fn equal_programs_are_equal_everywhere() {
    let place = Place::new();
    let config = place.config("equal", Replace::Equal);
    let rounds = run(&config, false);
    assert!(rounds[1].replaced.expect("counts").replaced > 0);
    for (number, after) in records(&config.output.join("round-1/corpus")).iter().enumerate() {
        let before = record(number);
        assert!(after.tokens <= before.tokens);
        let signature = task(after).signature;
        let mut run = [&before, after].map(|record| Runnable::new(&record.source, &signature).expect("a program"));
        for input in [[4, 4, 4, 4, 4], [-4, 3, -2, 1, 0], [0, 0, 0, 0, -4]] {
            let [before, after] = run.each_mut().map(|run| run.run(&[Argument::Array(input.to_vec())]));
            assert_eq!(before, after);
        }
    }
}

#[test]
fn work_that_was_stopped_goes_on_to_the_same_bytes() {
    let place = Place::new();
    let config = place.config("run", Replace::Shorter);
    let rounds = run(&config, false);
    let corpus = config.output.join("round-1/corpus");
    let shard = corpus.join("train-00000-of-00001.parquet");
    let (bytes, decisions) = (fs::read(&shard).expect("a shard"), corpus.join("decisions.lines"));
    let whole = fs::read(&decisions).expect("decisions");
    // As if killed in the middle of a line.
    fs::write(&decisions, &whole[..whole.len() / 2]).expect("writable");
    for file in [&shard, &corpus.join("replaced.json"), &config.output.join("round-1/round.json")] {
        fs::remove_file(file).expect("it was written");
    }
    let again = run(&config, true);
    assert!(fs::read(&decisions).expect("decisions") == whole && fs::read(&shard).expect("a shard") == bytes);
    assert_eq!(again[0], rounds[0]);
    assert_eq!(again[1].replaced, rounds[1].replaced);
    assert_eq!((again[1].validation_loss, again[1].accuracy), (rounds[1].validation_loss, rounds[1].accuracy));

    let error = retrain::run(&config, false, 1, &mut |_| {}).expect_err("rounds are there");
    assert!(error.help.expect("advice").contains("--resume"));
    let mut other = config.clone();
    other.optimizer.rate = 1e-3;
    let error = retrain::run(&other, true, 1, &mut |_| {}).expect_err("another configuration");
    assert!(error.to_string().contains("another configuration"), "{error}");
}
