//! Networks at toy sizes: training learns, resumes bit for bit and refuses what it cannot use; decoding step by step
//! says what teacher forcing says.

mod karel;

use iocc::corpus::Record;
use iocc::exec::Argument;
use iocc::model::{Fresh, Model, Trainer, TrainingConfig};
use iocc::search::Scorer;
use iocc::store::FileError;
use iocc::task::Example;
use iocc::token::{BEGIN, END, TokenId};
use std::fs;
use std::path::{Path, PathBuf};

/// A task whose program adds `constant` to cell `cell`, or two such statements.
fn record(number: usize) -> Record {
    let (cell, constant) = (number % 5, 1 + number / 5 % 3);
    let second = if number.is_multiple_of(2) { "    a[4] = 0;\n" } else { "" };
    let source = format!("int * func_1(int a[])\n{{\n    a[{cell}] += {constant};\n{second}    return a;\n}}");
    let inputs: Vec<Vec<i32>> =
        (0..6).map(|i| (0..5).map(|j| (i * 3 + j * 7 + number as i32) % 4 - 2).collect()).collect();
    let run = |input: &Vec<i32>| {
        let mut output = input.clone();
        output[cell] += constant as i32;
        if number.is_multiple_of(2) {
            output[4] = 0;
        }
        output
    };
    Record {
        id: format!("t{number}").into(),
        language: "c".into(),
        signature: "int * func_1(int a[])".into(),
        source,
        outputs: inputs.iter().map(run).collect(),
        inputs,
        n_given: 3,
        tokens: 20,
        loop_depth: 0,
        behaviour_hash: number as u64,
    }
}

/// A folder with a corpus, and the configuration of a tiny network that trains on it.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self::with(40)
    }

    fn with(tasks: usize) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let lines: String = (0..tasks).map(|number| record(number).to_json() + "\n").collect();
        fs::write(folder.path().join("part-0.jsonl"), lines).expect("writable");
        Self { folder }
    }

    fn config(&self, output: &str, steps: u64, network: &str) -> TrainingConfig {
        let folder = self.folder.path().display();
        TrainingConfig::from_toml(&format!(
            "profile = 'restricted-c'\noutput = '{folder}/{output}'\nthreads = 1\nseed = 3\n\
             [corpus]\ntrain = ['{folder}/part-*.jsonl']\nvalidation = ['{folder}/part-0.jsonl']\nexamples = 3\n\
             [training]\nbatch = 8\nsteps = {steps}\ncheckpoint_every = 10\nlog_every = 5\n\
             [optimizer]\nrate = 5e-3\nwarmup = 5\ndecay = 'none'\n\
             [network]\nhidden = 32\nembedding = 16\nattention = 24\nmlp = 32\n{network}"
        ))
        .expect("a configuration")
    }

    /// Trains and gives the last line of metrics.
    fn train(&self, output: &str, steps: u64, resume: bool, network: &str) -> (f64, f64) {
        let mut trainer = Trainer::new(self.config(output, steps, network), resume).expect("a corpus");
        let mut last = (f64::NAN, f64::NAN);
        trainer.run(|metrics| last = (metrics.loss, metrics.validation_loss.unwrap_or(f64::NAN))).expect("writable");
        last
    }

    fn checkpoint(&self, output: &str, step: u64) -> PathBuf {
        self.folder.path().join(output).join(format!("step-{step:08}"))
    }
}

fn error_of<T>(result: Result<T, FileError>) -> FileError {
    match result {
        Ok(_) => panic!("an error was expected"),
        Err(error) => error,
    }
}

/// Networks without parts that run programs, then the rows of LaSynth's table and what else a configuration can choose.
const NETWORKS: [&str; 16] = [
    "relations = 'none'\ndropout = 0.1",
    "relations = 'differences'\nlayers = 2",
    "relations = 'sums'\nbidirectional = true",
    // LaSynth
    "rounds = 2\nbidirectional = true\noperations = true\nattend_tokens = true\nexecutor = 'partial'\nevery = 3",
    // NoAttentionInDecoding
    "rounds = 2\nbidirectional = true\noperations = true\nexecutor = 'partial'\nevery = 4",
    // NoOpPredictor
    "rounds = 2\nbidirectional = true\nattend_tokens = true\nexecutor = 'partial'\nevery = 2\nlayers = 2",
    // NoPartialExecutor
    "rounds = 2\nbidirectional = true\noperations = true\nattend_tokens = true\nexecutor = 'end'",
    // NoExecutor
    "rounds = 2\nbidirectional = true\noperations = true\nattend_tokens = true",
    // RobustFill
    "rounds = 2\nbidirectional = true",
    // Property Signatures
    "reads = 'signatures'\nbidirectional = true",
    // Exec
    "rounds = 2\nbidirectional = true\noperations = true\nattend_tokens = true\nexecutor = 'true'",
    // the modern row, with what it can have
    "rounds = 2\nbidirectional = true\noperations = true\ndecoder = 'transformer'\nexecutor = 'partial'\nevery = 3",
    "decoder = 'transformer'\nrelations = 'sums'\nlayers = 2\nexecutor = 'end'",
    "decoder = 'transformer'",
    // the choices where paper and released code differ
    "tanh_before_max = true\nattend_tokens = true\nexecutor = 'partial'\nevery = 3\ntrigger = 'batch'\ndropout = 0.1",
    "relations = 'sums'\nexecutor = 'true'\nlayers = 2\n[loss]\npadding = true",
];

/// Checks all networks, two at a time.
fn each_network(check: impl Fn(&str) + Sync) {
    std::thread::scope(|scope| {
        let check = &check;
        for part in 0..2 {
            scope.spawn(move || NETWORKS.iter().skip(part).step_by(2).for_each(|network| check(network)));
        }
    });
}

#[test]
fn training_learns_a_few_tasks() {
    each_network(|network| {
        let place = Place::with(8);
        let (first, _) = place.train("short", 5, false, network);
        let (_, validation) = place.train("long", 150, false, network);
        assert!(first > 1.0, "{network}: the first loss is {first}");
        assert!(validation < 0.5, "{network}: the loss fell from {first} only to {validation}");
    });
}

#[test]
fn resume_is_exact() {
    each_network(|network| {
        let place = Place::new();
        place.train("whole", 30, false, network);
        place.train("parts", 10, false, network);
        place.train("parts", 30, true, network);
        for file in ["weights.safetensors", "optimizer.safetensors"] {
            let read = |output: &str| fs::read(place.checkpoint(output, 30).join(file)).expect("a checkpoint");
            assert!(read("whole") == read("parts"), "{network}: {file} differs after a resume");
        }
        let lines = |output: &str| -> Vec<(u64, f64)> {
            let text = fs::read_to_string(place.folder.path().join(output).join("metrics.jsonl")).expect("metrics");
            let values = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
            values.map(|value| (value["step"].as_u64().unwrap(), value["loss"].as_f64().unwrap())).collect()
        };
        assert_eq!(lines("whole"), lines("parts"), "{network}");
        assert_eq!(lines("whole").len(), 6);
    });
}

/// A run that gives up waiting ends where it would have without a resume, and does not begin again.
#[test]
fn early_stops_are_exact() {
    let place = Place::new();
    let train = |output: &str, steps: u64, resume: bool| {
        let mut config = place.config(output, steps, NETWORKS[1]);
        // Far too fast to learn anything.
        (config.optimizer.rate, config.training.patience) = (10.0, 2);
        let mut trainer = Trainer::new(config, resume).expect("a corpus");
        trainer.run(|_| {}).expect("writable");
        trainer.steps_done()
    };
    let end = train("whole", 200, false);
    assert!((20..200).contains(&end), "it ended at step {end}");
    train("parts", 10, false);
    assert_eq!(train("parts", 200, true), end);
    assert_eq!(train("parts", 200, true), end);
    let read = |output: &str| fs::read(place.checkpoint(output, end).join("weights.safetensors")).expect("weights");
    assert!(read("whole") == read("parts"));
}

/// Tasks that are sampled while training goes on are the same after a resume, whichever epoch that falls into.
#[test]
fn sampling_on_the_fly_resumes_exactly() {
    let place = Place::new();
    for network in [NETWORKS[0], NETWORKS[10]] {
        let train = |output: &str, steps: u64, resume: bool| {
            let mut config = place.config(output, steps, network);
            config.corpus.train = Vec::new();
            config.corpus.fresh = Some(Fresh { seed: 5, tasks: 80, reduce: true });
            config.corpus.validation = vec![place.folder.path().join("part-0.jsonl")];
            let mut trainer = Trainer::new(config, resume).expect("tasks");
            trainer.run(|_| {}).expect("writable");
        };
        let name = if network == NETWORKS[0] { "plain" } else { "shown" };
        let (whole, parts) = (format!("{name}-whole"), format!("{name}-parts"));
        train(&whole, 30, false);
        train(&parts, 10, false);
        train(&parts, 20, true);
        train(&parts, 30, true);
        for file in ["weights.safetensors", "optimizer.safetensors"] {
            let read = |output: &str| fs::read(place.checkpoint(output, 30).join(file)).expect("a checkpoint");
            assert!(read(&whole) == read(&parts), "{network}: {file} differs after a resume");
        }
    }
}

/// Padding, and when the programs beside it end, make no difference to what a program is taught.
#[test]
fn the_batch_makes_no_difference() {
    each_network(|network| {
        if network.contains("trigger = 'batch'") {
            return;
        }
        let place = Place::new();
        let loss = |batch: usize| {
            let mut config = place.config("run", 10, network);
            config.training.batch = batch;
            Trainer::new(config, false).expect("a corpus").validate().0
        };
        let (alone, together) = (loss(1), loss(40));
        assert!((alone - together).abs() < 1e-5, "{network}: {alone} and {together}");
    });
}

#[test]
fn old_checkpoints_go_and_the_best_stays() {
    let place = Place::new();
    place.train("run", 60, false, NETWORKS[1]);
    let folder = place.folder.path().join("run");
    let mut steps: Vec<String> = fs::read_dir(&folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
        .filter(|name| name.starts_with("step-"))
        .collect();
    steps.sort();
    assert!((2..=3).contains(&steps.len()), "{steps:?}");
    assert_eq!(steps[steps.len() - 2..], ["step-00000050", "step-00000060"]);
    // A second run in the same place must not destroy the first.
    let error = error_of(Trainer::new(place.config("run", 60, NETWORKS[1]), false));
    assert!(error.help.expect("advice").contains("--resume"));
}

#[test]
fn broken_and_foreign_checkpoints_are_told() {
    let place = Place::new();
    let network = NETWORKS[0];
    place.train("run", 10, false, network);
    let path = place.checkpoint("run", 10);
    let resume = |network: &str| error_of(Trainer::new(place.config("run", 20, network), true));

    let error = resume("relations = 'sums'");
    assert!(error.to_string().contains("another network"), "{error}");

    let state = fs::read_to_string(path.join("state.json")).expect("text");
    let mut other: serde_json::Value = serde_json::from_str(&state).expect("JSON");
    let tokens = other["vocabulary"]["tokens"].as_array_mut().expect("a list");
    *tokens.iter_mut().find(|token| *token == "func_1").expect("a token") = "func_2".into();
    fs::write(path.join("state.json"), other.to_string()).expect("writable");
    let error = resume(network);
    assert!(error.to_string().contains("`func_2` there, `func_1` here"), "{error}");
    assert!(error_of(Model::load(&path)).to_string().contains("func_2"));
    fs::write(path.join("state.json"), &state[..state.len() / 2]).expect("writable");
    assert!(resume(network).to_string().contains("state.json"));
    fs::write(path.join("state.json"), &state).expect("writable");

    for file in ["weights.safetensors", "optimizer.safetensors"] {
        let whole = fs::read(path.join(file)).expect("bytes");
        for length in [0, 7, 100, whole.len() / 2, whole.len() - 1] {
            fs::write(path.join(file), &whole[..length]).expect("writable");
            let error = resume(network);
            assert!(error.to_string().contains(file), "{error}");
            assert!(error.help.expect("advice").contains("remove"), "no advice");
        }
        fs::write(path.join(file), &whole).expect("writable");
    }
    Trainer::new(place.config("run", 20, network), true).expect("all is whole again");
}

/// Feeds a program token by token; gives the log-probability of each token, end included.
fn decode(model: &Model, examples: &[Example], tokens: &[TokenId], width: usize) -> Vec<f32> {
    let mut decoding = model.begin(examples).expect("examples that fit");
    let mut scores = decoding.step(&[0], &[BEGIN]);
    let mut said = Vec::new();
    for (i, &token) in tokens.iter().chain([&END]).enumerate() {
        said.push(scores[[scores.nrows() / 2, usize::from(token.0)]]);
        // Rows of other programs around it must not matter: they are one token behind.
        let others = TokenId(3 + (i % 8) as u16);
        let rows = scores.nrows();
        let parents: Vec<usize> = (0..width).map(|row| if row == width / 2 { rows / 2 } else { row % rows }).collect();
        let tokens: Vec<TokenId> = (0..width).map(|row| if row == width / 2 { token } else { others }).collect();
        scores = decoding.step(&parents, &tokens);
        assert_eq!(scores.dim(), (width, model.vocabulary().len()));
    }
    said
}

fn examples(record: &Record) -> Vec<Example> {
    let array = |values: &Vec<i32>| Argument::Array(values.clone());
    let pairs = record.inputs.iter().zip(&record.outputs).take(3);
    let example =
        |(input, output)| Example { input: vec![array(input)], returned: None, arrays: vec![Some(array(output))] };
    pairs.map(example).collect()
}

#[test]
fn decoding_agrees_with_teacher_forcing() {
    each_network(|network| {
        let place = Place::new();
        place.train("run", 10, false, network);
        let model = Model::load(&place.checkpoint("run", 10)).expect("a checkpoint");
        for number in [3, 4, 11] {
            let record = record(number);
            let tokens = model.vocabulary().encode(&record.source).expect("of the vocabulary");
            let forced = model.log_probabilities(&examples(&record), &tokens).expect("fits");
            for width in [1, 4] {
                let stepped = decode(&model, &examples(&record), &tokens, width);
                assert_eq!(forced.len(), stepped.len());
                for (forced, stepped) in forced.iter().zip(&stepped) {
                    assert!((forced - stepped).abs() < 1e-4, "{network}: {forced} and {stepped}");
                }
            }
            assert!(forced.iter().any(|one| *one < -0.01), "nothing was left to predict: {forced:?}");
        }
    });
}

/// Programs that are longer than what the decoder first makes room for.
#[test]
fn long_programs_are_decoded_too() {
    each_network(|network| {
        let place = Place::new();
        place.train("run", 10, false, network);
        let model = Model::load(&place.checkpoint("run", 10)).expect("a checkpoint");
        let body: String = (0..14).map(|i| format!("    a[{}] += {};\n", i % 5, 1 + i % 3)).collect();
        let source = format!("int * func_1(int a[])\n{{\n{body}    return a;\n}}");
        let tokens = model.vocabulary().encode(&source).expect("of the vocabulary");
        let forced = model.log_probabilities(&examples(&record(1)), &tokens).expect("fits");
        let stepped = decode(&model, &examples(&record(1)), &tokens, 3);
        for (forced, stepped) in forced.iter().zip(&stepped) {
            assert!((forced - stepped).abs() < 1e-4, "{network}: {forced} and {stepped}");
        }
    });
}

/// Weights of before there were further parts stay usable.
#[test]
fn shipped_weights_are_decoded() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/restricted-c-robustfill.safetensors");
    let model = Model::load(&path).expect("the shipped weights");
    let record = record(7);
    let tokens = model.vocabulary().encode(&record.source).expect("of the vocabulary");
    let forced = model.log_probabilities(&examples(&record), &tokens).expect("fits");
    let stepped = decode(&model, &examples(&record), &tokens, 3);
    for (forced, stepped) in forced.iter().zip(&stepped) {
        assert!((forced - stepped).abs() < 1e-4, "{forced} and {stepped}");
    }
    assert!(forced.iter().sum::<f32>() > -3.0, "it finds a simple program likely: {forced:?}");
}

#[test]
fn exported_weights_say_nearly_the_same() {
    let place = Place::new();
    place.train("run", 20, false, NETWORKS[2]);
    let model = Model::load(&place.checkpoint("run", 20)).expect("a checkpoint");
    let file = place.folder.path().join("weights.safetensors");
    model.export(&file, serde_json::json!({"command": "a test"})).expect("writable");
    let again = Model::load(&file).expect("what was just written");
    let record = record(7);
    let tokens = model.vocabulary().encode(&record.source).expect("of the vocabulary");
    let said = |model: &Model| decode(model, &examples(&record), &tokens, 2);
    for (one, other) in said(&model).iter().zip(said(&again)) {
        assert!((one - other).abs() < 0.02, "{one} and {other}");
    }
    let (weights, sidecar) = (fs::read(&file).expect("bytes"), fs::read(file.with_extension("json")).expect("bytes"));
    let from_bytes = Model::from_bytes(&weights, &sidecar).expect("the same files");
    assert_eq!(said(&from_bytes), said(&again));
    assert!(
        error_of(Model::from_bytes(&weights[..weights.len() - 2], &sidecar))
            .to_string()
            .contains("not a whole safetensors file")
    );
    assert!(error_of(Model::load(Path::new("/nowhere.safetensors"))).path.is_some());
}

#[test]
fn examples_that_do_not_fit_are_refused() {
    let place = Place::new();
    place.train("run", 5, false, NETWORKS[0]);
    let model = Model::load(&place.checkpoint("run", 5)).expect("a checkpoint");
    let mut wrong = examples(&record(1));
    wrong[1].input = vec![Argument::Array(vec![1, 2, 3])];
    let error = model.begin(&wrong).map(|_| ()).expect_err("three elements");
    assert!(error.to_string().contains("arrays of 5"), "{error}");
    assert!(model.begin(&[]).is_err());
    // Values beyond the table are taken for its ends.
    let mut huge = examples(&record(1));
    huge[0].input = vec![Argument::Array(vec![i32::MAX, i32::MIN, 0, 1, 2])];
    let scores = model.begin(&huge).expect("five elements").step(&[0], &[BEGIN]);
    assert!(scores.iter().all(|score| score.is_finite()));
}
