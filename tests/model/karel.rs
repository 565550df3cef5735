//! Networks that read worlds of Karel, at toy sizes.

use super::{decode, error_of};
use iocc::corpus::{self, Format, Plan, Record};
use iocc::exec::Argument;
use iocc::model::{Model, Reinforce, Trainer, TrainingConfig};
use iocc::search::Scorer;
use iocc::synth::{Method, Network, Options, synthesize};
use iocc::task::{AnyTask, Example, parse_json};
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

/// The rows of Karel's table, and what else a configuration can choose.
const NETWORKS: [&str; 8] = [
    "[network.world]\nchannels = 4\nstride = 2\nblocks = 1",
    "layers = 2\nattend_tokens = true\n[network.world]\nchannels = 4\nstride = 3\nblocks = 0",
    "executor = 'partial'\nevery = 3\n[network.world]\nchannels = 4\nstride = 2\nblocks = 1\n[loss]\nexecutor = 0.1",
    "executor = 'end'\n[network.world]\nchannels = 4\nstride = 2\nblocks = 0\n[loss]\nexecutor = 0.1",
    "executor = 'true'\n[network.world]\nchannels = 4\nstride = 2\nblocks = 1",
    "[network.world]\nview = 'hero'\nblocks = 1",
    "traces = true\nshared = true\n[network.world]\nview = 'hero'\nblocks = 0",
    "shared = true\nexecutor = 'true'\ntanh_before_max = true\n[network.world]\nview = 'hero'\nblocks = 1",
];

static RECORDS: LazyLock<Vec<Record>> = LazyLock::new(|| {
    let mut records = Vec::new();
    corpus::sample(&Plan::karel(24, 3, Format::Jsonl), 0..24, |record| records.push(record));
    records
});

/// A folder with a corpus.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let lines: String = RECORDS.iter().map(|record| record.to_json() + "\n").collect();
        fs::write(folder.path().join("tasks.jsonl"), lines).expect("writable");
        Self(folder)
    }

    fn config(&self, output: &str, steps: u64, network: &str) -> TrainingConfig {
        let folder = self.0.path().display();
        TrainingConfig::from_toml(&format!(
            "profile = 'karel'\noutput = '{folder}/{output}'\nthreads = 1\nseed = 3\n\
             [corpus]\ntrain = ['{folder}/tasks.jsonl']\nvalidation = ['{folder}/tasks.jsonl']\n\
             [training]\nbatch = 8\nsteps = {steps}\ncheckpoint_every = 10\nlog_every = 5\n\
             [optimizer]\nrate = 5e-3\nwarmup = 5\ndecay = 'none'\n\
             [network]\nreads = 'worlds'\nhidden = 24\nembedding = 16\nattention = 24\nmlp = 32\n{network}"
        ))
        .expect("a configuration")
    }

    fn train(&self, output: &str, steps: u64, resume: bool, network: &str) -> f64 {
        let mut trainer = Trainer::new(self.config(output, steps, network), resume).expect("a corpus");
        let mut last = f64::NAN;
        trainer.run(|metrics| last = metrics.validation_loss.unwrap_or(last)).expect("writable");
        last
    }

    fn checkpoint(&self, output: &str, step: u64) -> PathBuf {
        self.0.path().join(output).join(format!("step-{step:08}"))
    }
}

fn each_network(check: impl Fn(&str) + Sync) {
    std::thread::scope(|scope| {
        let runs = NETWORKS.map(|network| scope.spawn(|| check(network)));
        for run in runs {
            run.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    });
}

fn examples(record: &Record) -> Vec<Example> {
    let array = |words: &Vec<i32>| Argument::Array(words.clone());
    let example = |(input, output): (&Vec<i32>, &Vec<i32>)| Example {
        input: vec![array(input)],
        returned: None,
        arrays: vec![Some(array(output))],
    };
    record.inputs.iter().zip(&record.outputs).take(5).map(example).collect()
}

#[test]
fn records_of_worlds_are_read_as_they_were_written() {
    for record in RECORDS.iter() {
        assert_eq!(&Record::from_json(&record.to_json(), "").expect("a record"), record);
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("train-00000-of-00001.parquet");
    corpus::write_records(&path, RECORDS.iter().cloned().map(Ok)).expect("writable");
    let read: Vec<Record> = corpus::read(&path).expect("a shard").map(|record| record.expect("a record")).collect();
    assert_eq!(read, *RECORDS);
}

#[test]
fn training_learns_a_few_tasks_of_karel() {
    each_network(|network| {
        let place = Place::new();
        let (early, late) = (place.train("early", 10, false, network), place.train("late", 150, false, network));
        assert!(late < 0.5 * early, "{network}: {early}, then {late}");
    });
}

#[test]
fn decoding_of_karel_agrees_with_teacher_forcing() {
    each_network(|network| {
        let place = Place::new();
        place.train("run", 10, false, network);
        let model = Model::load(&place.checkpoint("run", 10)).expect("a checkpoint");
        for record in &RECORDS[..4] {
            let tokens = model.vocabulary().encode(&record.source).expect("of the vocabulary");
            let forced = model.log_probabilities(&examples(record), &tokens).expect("fits");
            for width in [1, 4] {
                let stepped = decode(&model, &examples(record), &tokens, width);
                for (forced, stepped) in forced.iter().zip(&stepped) {
                    assert!((forced - stepped).abs() < 1e-4, "{network}: {forced} and {stepped}");
                }
            }
        }
    });
}

#[test]
fn the_batch_makes_no_difference_to_worlds() {
    each_network(|network| {
        let place = Place::new();
        let loss = |batch: usize| {
            let mut config = place.config("run", 10, network);
            config.training.batch = batch;
            Trainer::new(config, false).expect("a corpus").validate().0
        };
        let (alone, together) = (loss(1), loss(24));
        assert!((alone - together).abs() < 1e-4, "{network}: {alone} and {together}");
    });
}

#[test]
fn resume_is_exact_for_worlds() {
    let place = Place::new();
    let network = NETWORKS[7];
    place.train("whole", 20, false, network);
    place.train("parts", 10, false, network);
    place.train("parts", 20, true, network);
    let read = |output| fs::read(place.checkpoint(output, 20).join("weights.safetensors")).expect("a checkpoint");
    assert!(read("whole") == read("parts"));
}

/// A network that was taught for a while says more of what is right once it was rewarded for it.
#[test]
fn rewards_make_right_programs_likelier() {
    let place = Place::new();
    place.train("taught", 60, false, NETWORKS[5]);
    let mut config = place.config("rewarded", 30, NETWORKS[5]);
    let from = place.0.path().join("taught");
    config.reinforce = Some(Reinforce { from, beam: 8, max_tokens: 24 });
    let mut wrong = Vec::new();
    let mut trainer = Trainer::new(config.clone(), false).expect("a network that was taught");
    trainer.run(|metrics| wrong.extend(metrics.validation_loss)).expect("writable");
    assert!(wrong.len() == 3 && wrong[2] < wrong[0] - 0.02, "wrong shares: {wrong:?}");

    config.output = place.0.path().join("other");
    config.reinforce = Some(Reinforce { from: place.0.path().join("nowhere"), beam: 8, max_tokens: 24 });
    let error = error_of(Trainer::new(config, false));
    assert!(error.help.expect("advice").contains("train the network of `reinforce.from` first"));
}

/// The public data set's own tasks in its own worlds.
#[test]
fn the_shipped_weights_solve_public_tasks() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let network = Network::load(&root.join("models/karel.safetensors")).expect("the weights that ship");
    let text = fs::read_to_string(root.join("corpus/karel/msr_sample.jsonl")).expect("readable");
    let options = Options { method: Method::Model, time_limit: Duration::from_secs(60), ..Options::default() };
    let solved = |line: &&str| {
        let task = parse_json(line, "").expect("a public task");
        !synthesize(&task, &network.learned(), &options).expect("a task of Karel").solutions.is_empty()
    };
    let solved = text.lines().filter(solved).count();
    assert!(solved >= 2, "{solved} of 4 tasks");
}

#[test]
fn exported_weights_find_programs() {
    let place = Place::new();
    place.train("run", 150, false, NETWORKS[5]);
    let model = Model::load(&place.checkpoint("run", 150)).expect("a checkpoint");
    let path = place.0.path().join("karel.safetensors");
    model.export(&path, serde_json::Value::Null).expect("writable");
    let network = Network::load(&path).expect("weights");
    assert_eq!(network.language(), "karel");
    let options = Options { method: Method::Model, beam: 8, ..Options::default() };
    let solved = |record: &&Record| {
        let task = parse_json(&record.to_json(), "").expect("a task");
        !synthesize(&task, &network.learned(), &options).expect("a task of Karel").solutions.is_empty()
    };
    let solved = RECORDS.iter().filter(solved).count();
    assert!(solved >= 12, "{solved} of 24 tasks that it was trained on");
}

#[test]
fn models_refuse_what_they_do_not_know() {
    let place = Place::new();
    place.train("run", 10, false, NETWORKS[0]);
    let model = Model::load(&place.checkpoint("run", 10)).expect("a checkpoint");
    let array = || Argument::Array(vec![1, 2, 3, 4, 5]);
    let cells = Example { input: vec![array()], returned: None, arrays: vec![Some(array())] };
    let error = model.begin(&[cells]).err().expect("no worlds");
    assert!(error.to_string().contains("worlds of Karel"), "{error}");

    // A checkpoint of another vocabulary.
    let mut config = place.config("run", 20, "cells = 5");
    config.profile = "restricted-c".into();
    let error = error_of(Trainer::new(config, true));
    assert!(error.to_string().contains("vocabulary"), "{error}");

    let line = r#"{"id": "t", "examples": [{"input": [0,0,0,0,0], "output": [1,0,0,0,0]}]}"#;
    let task: AnyTask = parse_json(line, "").expect("a task of C");
    let network = Network::new(model).expect("a mask");
    let options = Options { method: Method::Model, ..Options::default() };
    let learned = iocc::synth::Learned { model: Some(network.model()), ..Default::default() };
    let error = synthesize(&task, &learned, &options).expect_err("no model of C");
    assert!(error.to_string().contains("no programs of C"), "{error}");
}

#[test]
fn parts_that_do_not_go_together_are_told() {
    let error = |network: &str| {
        let text = format!(
            "profile = 'karel'\noutput = 'x'\n[corpus]\ntrain = ['x']\nvalidation = ['x']\n[network]\n{network}"
        );
        TrainingConfig::from_toml(&text).expect_err("a fault")
    };
    assert!(error("reads = 'worlds'\nrounds = 2").contains("none of rounds"));
    assert!(error("reads = 'worlds'\nexecutor = 'end'\n[network.world]\nview = 'hero'").contains("no latent executor"));
    assert!(error("reads = 'worlds'\nshared = true\nexecutor = 'end'").contains("network.shared"));
    assert!(error("reads = 'worlds'\n[network.world]\nstride = 9").contains("world.stride"));
}
