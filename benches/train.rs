//! Training LaSynth's row beside the same network written straightforwardly in PyTorch (`peers/lasynth.py`): same sizes,
//! same batches, same threads, one after the other in this run, and the ratio. Both must give the same loss for the same
//! weights. Speeds are tokens a second of wall time and of processor time; the latter says more on a machine that others
//! use too, but counts PyTorch's threads while they wait for each other (`IOCC_THREADS=1` has none that wait).
//! `make torch-peer` sets up a Python with PyTorch and runs it.

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
const STEPS: u64 = 16;
/// Measurements of each.
const ROUNDS: usize = 3;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let config = config(folder.path());
    let python = std::env::var_os("IOCC_TORCH_PYTHON").map(PathBuf::from);
    let vocabulary = Vocabulary::new(&Profile::load(&config.profile).expect("it is committed")).expect("it is sound");
    let file = folder.path().join("batches.safetensors");
    dump(&config, &vocabulary, &file);
    println!("{} threads", config.threads);
    let mut ratios: [Vec<Speed>; 2] = Default::default();
    for _ in 0..ROUNDS {
        let own = train(&config);
        println!("iocc: {own}");
        let Some(python) = &python else { continue };
        for (by, ratios) in WAYS.into_iter().zip(&mut ratios) {
            let peer = peer(python, &file, by, config.threads);
            let ratio = Speed { wall: own.wall / peer.wall, processor: own.processor / peer.processor };
            println!(
                "PyTorch, attention by {by}: {peer}; iocc is {:.2} and {:.2} times as fast",
                ratio.wall, ratio.processor
            );
            ratios.push(ratio);
        }
    }
    if python.is_none() {
        println!("IOCC_TORCH_PYTHON names no Python with torch: `make torch-peer` sets one up");
        return;
    }
    for (by, ratios) in WAYS.into_iter().zip(&ratios) {
        let median = |pick: fn(&Speed) -> f64| {
            let mut all: Vec<f64> = ratios.iter().map(pick).collect();
            all.sort_by(f64::total_cmp);
            all[all.len() / 2]
        };
        let (wall, processor) = (median(|ratio| ratio.wall), median(|ratio| ratio.processor));
        println!("median of {ROUNDS}, attention by {by}: wall {wall:.2}, processor {processor:.2} (target 1.5)");
    }
}

/// How the peer attends: for each token, as the paper's code does, or for all tokens between two runs of the executor.
const WAYS: [&str; 2] = ["step", "stretch"];

/// Tokens a second.
#[derive(Clone, Copy, Debug)]
struct Speed {
    wall: f64,
    processor: f64,
}

impl std::fmt::Display for Speed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.0} tokens/s, {:.0} a second of processor time", self.wall, self.processor)
    }
}

/// Seconds of processor time that this process has used.
fn processor_seconds() -> f64 {
    // SAFETY: it is plain data, for which zeros are a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a whole rusage.
    let code = unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) };
    assert_eq!(code, 0, "the system tells what a process has used");
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
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
    if let Some(threads) = std::env::var("IOCC_THREADS").ok().and_then(|threads| threads.parse().ok()) {
        config.threads = threads;
    }
    config
}

/// Speed over the second half of the steps.
fn train(config: &TrainingConfig) -> Speed {
    let _ = std::fs::remove_dir_all(&config.output);
    let mut trainer = Trainer::new(config.clone(), false).expect("the corpus was just made");
    let (mut before, mut wall, mut processor) = (0.0, 0.0, 0.0);
    trainer
        .run(|metrics| {
            let now = processor_seconds();
            let seconds = (STEPS as usize * config.training.batch) as f64 / metrics.programs_per_second;
            wall = metrics.tokens_per_second;
            // The second time with the validation of a few tasks and the writing of the checkpoint.
            processor = metrics.tokens_per_second * seconds / (now - before);
            before = now;
        })
        .expect("the folder is writable");
    Speed { wall, processor }
}

/// What the peer says.
fn peer(python: &Path, file: &Path, by: &str, threads: i32) -> Speed {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/lasynth.py");
    let (steps, threads) = (STEPS.to_string(), threads.to_string());
    let mut command = Command::new(python);
    command.arg(script).arg(file).args(["--steps", &steps, "--threads", &threads, "--by", by]);
    // The libraries of our libtorch are not those of this Python's.
    let output = command.env_remove("LD_LIBRARY_PATH").output().expect("the Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    let number = |name: &str| said[name].as_f64().expect("a number");
    Speed { wall: number("tokens_per_second"), processor: number("tokens_per_processor_second") }
}

/// Writes the batches that the trainer's second half takes, first weights, and the loss that these give.
fn dump(config: &TrainingConfig, vocabulary: &Vocabulary, file: &Path) {
    tch::set_num_threads(1);
    let limits = &config.corpus;
    let raw = Raw::read(&limits.train, vocabulary, &config.network, limits, usize::MAX).expect("it was just made");
    let skeleton = raw.skeleton(iocc::model::CERTAIN);
    let data: Dataset = raw.compress(&skeleton, vocabulary, &config.network, limits.examples, None);
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
