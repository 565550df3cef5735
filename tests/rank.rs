//! Rankers: what they choose among is right, training resumes exactly and learns, broken files are told.

use iocc::corpus::{self, Format, Plan};
use iocc::lang::c;
use iocc::rank::{Config, Corpora, Ranker, Trainer, Training};
use iocc::search::enumerate::{BUCKETS, Candidates, Limits};
use iocc::synth::verify::Provable;
use iocc::task::{AnyTask, Task, parse_json};
use std::fs;
use std::path::Path;

fn write_corpus(folder: &Path, count: u64, seed: u64) {
    let plan = Plan::c(count, seed, Format::Jsonl, true);
    corpus::generate(&plan, folder, None, &|_| ()).expect("the folder can be written");
}

fn tasks(folder: &Path) -> Vec<Task> {
    let records = corpus::read(folder).expect("a corpus").map(|record| record.expect("a whole record"));
    records
        .map(|record| parse_json(&record.to_json(), &record.id).ok().and_then(AnyTask::into_c).expect("a task of C"))
        .collect()
}

fn candidates(task: &Task) -> Candidates {
    Candidates::new(&task.given(), &Limits::default(), 24).expect("a task of restricted C")
}

fn config(folder: &Path, output: &str, count: usize) -> Config {
    let [train, validation] = ["train", "valid"].map(|name| vec![folder.join(name)]);
    Config {
        model: "ranker".into(),
        output: folder.join(output),
        seed: 3,
        corpus: Corpora { train, validation, validation_tasks: 20 },
        training: Training { tasks: count, checkpoint_every: 100, candidates: 24, ..Training::default() },
    }
}

#[test]
fn plans_are_what_their_programs_do() {
    let folder = tempfile::tempdir().expect("a folder");
    write_corpus(folder.path(), 120, 11);
    let mut wrong = 0;
    for task in tasks(folder.path()) {
        let candidates = candidates(&task);
        let right = candidates.right_on(&task.held_out);
        assert_eq!(candidates.right_on(&task.examples), vec![true; candidates.len()], "{}", task.id);
        for (index, right) in right.iter().enumerate() {
            let text = c::print(&candidates.program(index));
            let (given, held_out) = task.matched(&text).expect("plans are programs");
            assert_eq!(given, task.examples.len(), "{}: plan {index}\n{text}", task.id);
            let held_out = held_out == task.held_out.len();
            assert_eq!(held_out, *right, "{}: plan {index}\n{text}", task.id);
            wrong += usize::from(!right);
            assert_eq!(candidates.agreement(index, index), 1.0);
        }
    }
    assert!(wrong > 100, "only {wrong} plans are wrong: nothing was tested");
}

#[test]
fn training_learns_and_resumes_exactly() {
    let folder = tempfile::tempdir().expect("a folder");
    write_corpus(&folder.path().join("train"), 400, 12);
    write_corpus(&folder.path().join("valid"), 20, 13);
    let train = |output: &str, resume: bool, stop: bool| {
        let mut trainer = Trainer::new(config(folder.path(), output, 400), resume).expect("a corpus");
        let mut losses = Vec::new();
        let told = |done: usize, metrics: Option<&iocc::rank::Metrics>| {
            losses.extend(metrics.map(|metrics| metrics.loss));
            !(stop && done >= 200)
        };
        trainer.run(told).expect("the folder can be written");
        (trainer.finish().expect("it was trained").0, losses)
    };
    let (whole, losses) = train("whole", false, false);
    assert_eq!(losses.len(), 4);
    assert!(losses[3] < 0.8 * losses[0], "nothing was learnt: {losses:?}");
    let (half, _) = train("halves", false, true);
    assert!(half != whole, "half of the training gives the whole");
    let (resumed, _) = train("halves", true, false);
    assert!(resumed == whole, "a resume gives other weights");

    let again = Trainer::new(config(folder.path(), "whole", 400), false).err().expect("there is a checkpoint");
    assert!(again.help.is_some_and(|help| help.contains("--resume")), "what to do is told");
    let mut other = config(folder.path(), "whole", 400);
    other.seed = 4;
    let error = Trainer::new(other, true).err().expect("made with another seed").to_string();
    assert!(error.contains("another configuration"), "{error}");
    // A checkpoint cut short is told, not taken.
    let last = folder.path().join("whole/tasks-00000400/squares.safetensors");
    let bytes = fs::read(&last).expect("a checkpoint");
    fs::write(&last, &bytes[..bytes.len() / 2]).expect("the folder can be written");
    let error = Trainer::new(config(folder.path(), "whole", 400), true).err().expect("it is broken").to_string();
    assert!(error.contains("not a whole safetensors file"), "{error}");
}

#[test]
fn files_keep_weights_and_broken_ones_are_told() {
    let mut weights = vec![0.0; BUCKETS];
    weights[7] = -1.5;
    weights[BUCKETS - 1] = 0.25;
    let ranker = Ranker::new(weights).expect("as many as there must be");
    let (bytes, sidecar) = ranker.to_bytes(serde_json::json!({"seed": 1}));
    assert_eq!(Ranker::from_bytes(&bytes, &sidecar), Ok(ranker));
    let told = |bytes: &[u8], sidecar: &[u8]| Ranker::from_bytes(bytes, sidecar).expect_err("it is broken").to_string();
    assert!(told(&bytes[..bytes.len() - 1], &sidecar).contains("not a whole safetensors file"));
    assert!(told(b"", &sidecar).contains("not a whole safetensors file"));
    assert!(told(&bytes, b"{}").contains("not the description of a ranker"));
    assert!(told(&bytes, br#"{"features": 0, "made": null}"#).contains("version 0"));
    assert!(Ranker::new(vec![0.0; 3]).is_err());
    assert!(Ranker::new(vec![f32::NAN; BUCKETS]).is_err());
}
