//! AutoAssemblet's networks at toy sizes: they learn, by imitation and by their own attempts, resume bit for bit, and come
//! back from files.

use iocc::search::tree::{Advisor, Position};
use iocc::selfplay::{Config, Learner, Pool, PoolConfig, State, Trainer};
use std::fs;
use std::path::Path;

/// A tiny run over one or two instructions on two registers.
fn config(folder: &Path, name: &str, steps: u64, rest: &str) -> Config {
    let toml = format!(
        "output = '{}'\nseed = 5\n[training]\nbatch = 32\nsteps = {steps}\ncheckpoint_every = 10\nlog_every = 5\n\
         [optimizer]\nrate = 5e-3\nwarmup = 5\ndecay = 'none'\n\
         [network]\nembedding = 8\nhidden = 32\ndecoder = 16\n{rest}",
        folder.join(name).display()
    );
    Config::from_toml(&toml).unwrap_or_else(|error| panic!("{error}"))
}

const POOL: &str = "[pool]\ntasks = 2000\nsteps = [1, 2]\nregisters = 2\n";
const HYBRID: &str = "[learning]\nimitation_steps = 5\nhalves = 10\nattempts = 8\n";

/// Trains; gives the validation's share at the end, and all lines of metrics but times.
fn train(config: Config, resume: bool) -> (f64, Vec<String>) {
    let mut trainer = Trainer::new(config, resume).unwrap_or_else(|error| panic!("{error}"));
    let (mut last, mut lines) = (f64::NAN, Vec::new());
    trainer
        .run(|metrics| {
            last = metrics.validation.unwrap_or(last);
            let mut value = serde_json::to_value(metrics).expect("plain data");
            value["seconds"] = 0.into();
            lines.push(value.to_string());
        })
        .expect("writable");
    (last, lines)
}

#[test]
fn resume_is_exact() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let run = |name: &str, steps, resume| train(config(folder.path(), name, steps, &[POOL, HYBRID].concat()), resume).1;
    let whole = run("whole", 30, false);
    let parts = [run("parts", 10, false), run("parts", 30, true)].concat();
    assert_eq!(whole, parts);
    for file in ["weights.safetensors", "optimizer.safetensors"] {
        let read =
            |name: &str| fs::read(folder.path().join(name).join("step-00000030").join(file)).expect("a checkpoint");
        assert!(read("whole") == read("parts"), "{file} differs after a resume");
    }
    let refused = Trainer::new(config(folder.path(), "whole", 40, POOL), false).err().expect("there is a run already");
    assert!(refused.help.expect("advice").contains("--resume"));
    let other = config(folder.path(), "whole", 40, "[pool]\ntasks = 1000\nregisters = 2\n");
    assert!(Trainer::new(other, true).err().expect("other tasks").to_string().contains("other networks or tasks"));
}

/// A number of a line of metrics.
fn number(line: &str, name: &str) -> f64 {
    let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
    value[name].as_f64().unwrap_or_else(|| panic!("no {name} in {line}"))
}

#[test]
fn imitation_learns() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let rest = format!("moves = false\n{POOL}[learning]\nimitation_steps = 1000\nattempts = 0\n");
    let (_, lines) = train(config(folder.path(), "run", 200, &rest), false);
    let [first, last] = [&lines[0], &lines[lines.len() - 1]].map(|line| number(line, "imitation_loss"));
    assert!(last < first - 0.7, "from {first} to {last}");
}

#[test]
fn own_attempts_teach() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let rest = "[pool]\ntasks = 2000\nsteps = [1, 1]\nregisters = 1\n\
                [learning]\nimitation = 0.0\nattempts = 32\nslack = 0\nentropy = 0.02\n";
    let (success, lines) = train(config(folder.path(), "run", 300, rest), false);
    let [first, last] = [&lines[0], &lines[lines.len() - 1]].map(|line| number(line, "success"));
    assert!(last > first + 0.08 && success > 0.5, "from {first} to {last}, at last {success}");
    let weights: serde_json::Value = serde_json::from_str(&lines[lines.len() - 1]).expect("JSON");
    assert!(weights["weights"]["entropy"].as_f64().is_some_and(|it| it < 1.0), "weights have moved: {weights}");
}

#[test]
fn exported_networks_solve_with_slots_too() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let rest = "products = true\n[pool]\ntasks = 2000\nsteps = [1, 1]\nslots = 2\n\
                [learning]\nimitation_steps = 1000\nattempts = 0\n[solve]\nevaluations = 600\n";
    let config = config(folder.path(), "run", 60, rest);
    train(config.clone(), false);
    let trained = Learner::load(&folder.path().join("run/step-00000060")).expect("a checkpoint");
    let file = folder.path().join("networks.safetensors");
    trained.export(&file, serde_json::json!({"by": "a test"})).expect("writable");
    assert!(Learner::is_one(&file) && !Learner::is_one(&folder.path().join("nothing.safetensors")));
    let loaded = Learner::load(&file).expect("what was written");

    let pool = Pool::new(&PoolConfig { tasks: 20, ..config.pool.clone() }, 99);
    let mut solved = 0;
    for task in 0..pool.len() {
        let game = pool.game(task);
        let position = [Position { game: &game, state: &game.start }];
        let [one, other] = [&trained, &loaded].map(|it| it.advise(&position).expect("its own rules").policy);
        let far = one.iter().zip(&other).map(|(one, other)| (one - other).abs()).fold(0.0, f32::max);
        assert!(far < 0.1, "half precision moves a log-probability by {far}");
        loaded
            .solve(&game, &config.solve, None, &mut |program| {
                solved += usize::from(game.reached(&game.after(program)));
                true
            })
            .expect("its own rules");
    }
    assert!(solved >= 15, "{solved} of 20");
    let other = Pool::new(&PoolConfig { tasks: 1, slots: 3, ..config.pool.clone() }, 1).game(0);
    let told = loaded.advise(&[Position { game: &other, state: &other.start }]).expect_err("other rules");
    assert!(told.0.contains("2 slots"), "{told}");
    let state: State =
        serde_json::from_slice(&fs::read(folder.path().join("run/step-00000060/state.json")).expect("text"))
            .expect("a state");
    assert_eq!(state.step, 60);
}

#[test]
fn senseless_configurations_are_told() {
    for (rest, what) in [
        ("[pool]\nregisters = 9\n", "pool.registers is 9"),
        ("[pool]\nsteps = [3, 2]\n", "pool.steps is 2"),
        ("[learning]\ntemperatures = [0.0]\n", "learning.temperatures"),
        ("[learning]\ndiscount = 1.5\n", "learning.discount is 1.5"),
        ("[solve]\nbatch = 0\n", "solve.batch is 0"),
    ] {
        let error = Config::from_toml(&format!("output = 'x'\n{rest}")).expect_err(rest);
        assert!(error.contains(what), "{rest}: {error}");
    }
}
