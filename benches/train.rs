//! Training LaSynth's row beside the same network written straightforwardly in PyTorch (`peers/lasynth.py`): same sizes,
//! same batches, same threads, one after the other in this run, and the ratio. Both must give the same loss for the same
//! weights. `make torch-peer` sets up a Python with PyTorch and runs it.

use iocc::corpus::{self, Format, Plan};
use iocc::model::data::{Dataset, Raw};
use iocc::model::{LossConfig, Network, Trainer, TrainingConfig, losses};
use iocc::store::{self, Dtype};
use iocc::token::{Profile, Vocabulary};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::path::{Path, PathBuf};
use std::process::Command;
use tch::{Kind, Tensor};

/// Steps of a measurement, after as many that nobody counts.
const STEPS: u64 = 30;
/// Measurements of each.
const ROUNDS: usize = 3;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let config = config(folder.path());
    let python = std::env::var_os("IOCC_TORCH_PYTHON").map(PathBuf::from);
    let vocabulary = Vocabulary::new(&Profile::load(&config.profile).expect("it is committed")).expect("it is sound");
    let file = folder.path().join("batches.safetensors");
    dump(&config, &vocabulary, &file);
    let mut ratios = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        let own = train(&config);
        println!("iocc: {own:.0} tokens/s");
        let Some(python) = &python else { continue };
        for (by, ratios) in ["step", "stretch"].into_iter().zip(&mut ratios) {
            let peer = peer(python, &file, by, config.threads);
            println!("PyTorch, attention by {by}: {peer:.0} tokens/s, iocc is {:.2} times as fast", own / peer);
            ratios.push(own / peer);
        }
    }
    if python.is_none() {
        println!("IOCC_TORCH_PYTHON names no Python with torch: `make torch-peer` sets one up");
        return;
    }
    for (by, ratios) in ["step", "stretch"].into_iter().zip(&mut ratios) {
        ratios.sort_by(f64::total_cmp);
        println!("median of {ROUNDS}, attention by {by}: {:.2} (target 1.5)", ratios[ROUNDS / 2]);
    }
}

/// LaSynth's row over a corpus of its own.
fn config(folder: &Path) -> TrainingConfig {
    let text = include_str!("../configs/lasynth/lasynth.toml");
    let mut config = TrainingConfig::from_toml(text).expect("it is committed");
    let corpus = folder.join("corpus");
    corpus::generate(&Plan::c(8_192, 1, Format::Parquet, true), &corpus, None, &|_| {})
        .expect("the folder is writable");
    config.output = folder.join("run");
    (config.corpus.train, config.corpus.validation) = (vec![corpus.clone()], vec![corpus]);
    config.corpus.validation_tasks = 64;
    (config.training.steps, config.training.log_every) = (2 * STEPS, STEPS);
    config.training.checkpoint_every = 2 * STEPS;
    config
}

/// Tokens a second of the second half of the steps.
fn train(config: &TrainingConfig) -> f64 {
    let _ = std::fs::remove_dir_all(&config.output);
    let mut last = 0.0;
    let mut trainer = Trainer::new(config.clone(), false).expect("the corpus was just made");
    trainer.run(|metrics| last = metrics.tokens_per_second).expect("the folder is writable");
    last
}

/// What the peer says.
fn peer(python: &Path, file: &Path, by: &str, threads: i32) -> f64 {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/lasynth.py");
    let (steps, threads) = (STEPS.to_string(), threads.to_string());
    let mut command = Command::new(python);
    command.arg(script).arg(file).args(["--steps", &steps, "--threads", &threads, "--by", by]);
    // The libraries of our libtorch are not those of this Python's.
    let output = command.env_remove("LD_LIBRARY_PATH").output().expect("the Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    said["tokens_per_second"].as_f64().expect("a number")
}

/// Writes the batches that the trainer's second half takes, first weights, and the loss that these give.
fn dump(config: &TrainingConfig, vocabulary: &Vocabulary, file: &Path) {
    tch::set_num_threads(1);
    let limits = &config.corpus;
    let raw = Raw::read(&limits.train, vocabulary, &config.network, limits, usize::MAX).expect("it was just made");
    let skeleton = raw.skeleton(iocc::model::CERTAIN);
    let data: Dataset = raw.compress(&skeleton, &config.network, limits.examples, None);
    let network = Network::new(config.network.clone(), vocabulary.len() as i64, config.seed);
    let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
    let mut tensors = Vec::new();
    let order = data.epoch(config.training.batch, config.seed, 0);
    for (number, tasks) in order.iter().cycle().skip(STEPS as usize).take(STEPS as usize).enumerate() {
        let batch = data.batch(tasks, &mut random);
        let lengths = Tensor::from_slice(&batch.lesson.lengths);
        let examples = &batch.lesson.examples;
        let parts = [&examples.inputs, &examples.outputs, &batch.lesson.tokens, &batch.targets, &lengths];
        for (part, tensor) in ["inputs", "outputs", "tokens", "targets", "lengths"].into_iter().zip(parts) {
            tensors.push(raw_of(&format!("{number}/{part}"), tensor));
        }
        if number == 0 {
            let said = tch::no_grad(|| network.teach(&batch.lesson, None));
            let loss = losses(&LossConfig::default(), &said, &batch.lesson, &batch.targets);
            tensors.push(raw_of("loss", &Tensor::from_slice(&[(loss.tokens / loss.count as f64) as f32])));
        }
    }
    let iocc::model::Config { hidden, embedding, attention, mlp, cells, rounds, every, .. } = config.network;
    let sizes = [vocabulary.len() as i64, hidden, embedding, attention, mlp, cells, rounds, every];
    tensors.push(raw_of("sizes", &Tensor::from_slice(&sizes)));
    let weights = network.parameters().iter();
    tensors.extend(weights.map(|(path, tensor)| raw_of(&format!("weights/{path}"), tensor)));
    store::write(file, &store::encode(&tensors)).expect("the folder is writable");
}

fn raw_of(name: &str, tensor: &Tensor) -> store::Raw {
    let tensor = tensor.detach().contiguous();
    let (kind, size) = match tensor.kind() {
        Kind::Float => (Dtype::F32, 4),
        Kind::Int64 => (Dtype::I64, 8),
        other => panic!("{name} is of the kind {other:?}"),
    };
    let mut bytes = vec![0; tensor.numel() * size];
    tensor.copy_data_u8(&mut bytes, tensor.numel());
    store::Raw { name: name.to_owned(), kind, shape: tensor.size().iter().map(|one| *one as usize).collect(), bytes }
}
