//! Work shared by machines: parts made by job arrays are, merged, what one machine makes, byte for byte; what is missing,
//! there twice, from another job or not whole is told, and nothing is written then.

#[path = "support/bench.rs"]
mod bench;

use bench::Bench;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

const IOCC: &str = env!("CARGO_BIN_EXE_iocc");
const SLURM: &str = "SLURM_ARRAY_TASK_ID";
const KUBERNETES: &str = "JOB_COMPLETION_INDEX";

impl Bench {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.command_of(IOCC, arguments);
        command.env_remove(SLURM).env_remove(KUBERNETES);
        command
    }

    /// What a command prints, which must succeed.
    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> String {
        let output = self.command(arguments).envs(variables.iter().copied()).output().expect("iocc runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    /// What a command says, which must fail with one message.
    fn fail(&self, arguments: &[&str], variables: &[(&str, &str)]) -> String {
        let output = self.command(arguments).envs(variables.iter().copied()).output().expect("iocc runs");
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(
            (output.status.code(), message.matches("error: ").count()),
            (Some(1), 1),
            "{arguments:?}: {message}"
        );
        message
    }

    /// All files of a folder, by name.
    fn contents(&self, folder: &str) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(self.at(folder))
            .expect("the folder is there")
            .map(|entry| {
                let path = entry.expect("readable").path();
                (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap())
            })
            .collect();
        files.sort();
        files
    }
}

const GEN: [&str; 6] = ["gen", "c", "-n", "140000", "--seed", "3"];

fn generate<'a>(more: &[&'a str]) -> Vec<&'a str> {
    GEN.iter().copied().chain(more.iter().copied()).collect()
}

#[test]
fn parts_of_a_corpus_are_merged() {
    let bench = Bench::new();
    bench.run(&generate(&["-o", "whole"]), &[]);
    // An array of Slurm on a shared folder, and one of Kubernetes with folders of their own.
    for index in ["2", "0", "1"] {
        bench.run(&generate(&["-o", "shared", "--shard", "auto/3"]), &[(SLURM, index)]);
        bench.run(&generate(&["-o", &format!("own-{index}"), "--shard", "auto/3"]), &[(KUBERNETES, index)]);
    }
    assert!(!bench.at("shared/manifest.json").exists(), "a part passes for the whole");
    // A part that is done again is kept, one that is damaged is made anew.
    let shard = |number: u32| bench.at(&format!("shared/train-{number:05}-of-00003.parquet"));
    let made = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
    let first = made(&shard(0));
    bench.run(&generate(&["-o", "shared", "--shard", "0/3"]), &[]);
    assert_eq!(made(&shard(0)), first);
    fs::write(shard(1), b"half").unwrap();
    let message = bench.fail(&["merge", "shared"], &[]);
    assert!(message.contains("train-00001-of-00003.parquet: not as its manifest says"), "{message}");
    bench.run(&generate(&["-o", "shared", "--shard", "1/3"]), &[]);

    let told = bench.run(&["merge", "shared"], &[]);
    assert!(told.contains("140000 tasks in 3 shards"), "{told}");
    bench.run(&["merge", "own-2", "own-0", "own-1", "-o", "together"], &[]);
    let whole = bench.contents("whole");
    assert!(bench.contents("shared") == whole && bench.contents("together") == whole);
    // Merging what is merged changes nothing.
    bench.run(&["merge", "together"], &[]);
    assert!(bench.contents("together") == whole);
}

#[test]
fn what_does_not_fit_is_not_merged() {
    let bench = Bench::new();
    for index in ["0/3", "1/3"] {
        bench.run(&generate(&["-o", &format!("p{}", &index[..1]), "--shard", index]), &[]);
    }
    let refused = |parts: &[&str], message: &str| {
        let arguments: Vec<&str> = ["merge"].iter().chain(parts).copied().chain(["-o", "out"]).collect();
        let told = bench.fail(&arguments, &[]);
        assert!(told.contains(message), "{told}");
        assert!(!bench.at("out").exists(), "{parts:?}: something was written");
    };
    refused(&["p0", "p1"], "1 of 3 shards are missing: 2 (counted from 0)");
    fs::create_dir(bench.at("copy")).unwrap();
    for (name, bytes) in bench.contents("p1") {
        fs::write(bench.at("copy").join(name), bytes).unwrap();
    }
    refused(&["p0", "p1", "copy"], "shard 1 (train-00001-of-00003.parquet) is in p1 too");
    bench.run(&["gen", "c", "-n", "140000", "--seed", "4", "-o", "p2", "--shard", "2/3"], &[]);
    refused(
        &["p0", "p1", "p2"],
        "is of another job: its folder holds another corpus, which has 140000 tasks of seed 4",
    );
    fs::create_dir(bench.at("empty")).unwrap();
    refused(&["p0", "p1", "empty"], "empty: has no manifest.json of iocc");
    refused(&["empty"], "holds no manifest");
    refused(&["p0", "none"], "none: no such folder");
    fs::write(bench.at("empty/manifest-00002-of-00003.json"), "{").unwrap();
    refused(&["p0", "p1", "empty"], "not a manifest of iocc");
    // A manifest must not lead out of its folder.
    let hostile = fs::read_to_string(bench.at("p1/manifest-00001-of-00003.json")).unwrap();
    let hostile = hostile.replace("\"train-00001-of-00003.parquet\"", "\"../p1/train-00001-of-00003.parquet\"");
    fs::write(bench.at("empty/manifest-00002-of-00003.json"), hostile).unwrap();
    refused(&["p0", "empty"], "is not the name of shard 1");
    let message = bench.fail(&generate(&["-o", "x", "--shard", "auto/3"]), &[]);
    assert!(message.contains("neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set"), "{message}");
    let message = bench.fail(&generate(&["-o", "x", "--shard", "auto/3"]), &[(SLURM, "3")]);
    assert!(message.contains("parts of 3 are counted from 0 to 2"), "{message}");
}

#[test]
fn parts_of_a_run_are_merged() {
    let bench = Bench::new();
    bench.run(&generate(&["-o", "corpus"]), &[]);
    bench.run(&["exec", "corpus", "-o", "whole"], &[]);
    for index in ["0", "1"] {
        let folder = format!("p{index}");
        bench.run(&["exec", "corpus", "-o", &folder, "--shard", "auto/2"], &[(KUBERNETES, index)]);
    }
    let report = |text: String| -> Value { serde_json::from_str(&text).expect("a line of JSON") };
    let merged = report(bench.run(&["merge", "p0", "p1", "-o", "out", "--json"], &[]));
    assert_eq!((&merged["programs"], &merged["returned"]), (&140_000.into(), &1_400_000.into()));
    assert!(bench.contents("out") == bench.contents("whole"));

    // A shard that is not whole is run again, the others are kept; one that is missing is told.
    let name = "train-00001-of-00003.parquet";
    fs::write(bench.at("out").join(name), b"half").unwrap();
    let again = report(bench.run(&["exec", "corpus", "-o", "out", "--json"], &[]));
    assert_eq!((&again["shards"], &again["kept"]), (&1.into(), &2.into()));
    assert!(bench.contents("out") == bench.contents("whole"));
    let message = bench.fail(&["merge", "p0"], &[]);
    assert!(message.contains("1 of 3 shards are missing: 1 "), "{message}");
    let other = ["exec", "corpus", "-o", "p2", "--shard", "1/2", "--fuel", "99"];
    bench.run(&other, &[]);
    let message = bench.fail(&["merge", "p0", "p2"], &[]);
    assert!(message.contains("shards that were run with fuel 99"), "{message}");
}

/// Files may only grow to some size, as on a disk that is full.
#[test]
fn a_full_disk_leaves_nothing_behind() {
    let bench = Bench::new();
    bench.run(&["gen", "c", "-n", "2000", "--seed", "1", "-o", "corpus"], &[]);
    let limited = |command: &str| {
        let script = format!("trap '' XFSZ; ulimit -f 40; exec {IOCC} {command}");
        let output = bench.command_of("bash", &["-c", &script]).output().expect("bash");
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), message.matches("error: ").count()), (Some(1), 1), "{message}");
        assert!(message.contains("train-00000-of-00001.parquet: file too large"), "{message}");
    };
    limited("gen c -n 2000 --seed 1 -o made");
    limited("exec corpus -o ran");
    assert!(bench.contents("made").is_empty() && bench.contents("ran").is_empty());
}

#[test]
fn two_processes_do_not_write_one_shard() {
    let bench = Bench::new();
    fs::create_dir(bench.at("made")).unwrap();
    let held = fs::File::create(bench.at("made/.train-00000-of-00001.parquet.tmp")).unwrap();
    held.lock().unwrap();
    let message = bench.fail(&["gen", "c", "-n", "100", "--seed", "1", "-o", "made"], &[]);
    assert!(message.contains("another process is writing it"), "{message}");
    drop(held);
    bench.run(&["gen", "c", "-n", "100", "--seed", "1", "-o", "made"], &[]);
    assert_eq!(bench.contents("made").len(), 2);
}

#[test]
fn parts_of_an_evaluation_are_merged() {
    let bench = Bench::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tasks = fs::read_to_string(root.join("corpus/tasks/c_tasks.jsonl")).unwrap();
    tasks.push_str("{\"id\": \"bad\"}\n");
    fs::write(bench.at("tasks.jsonl"), tasks).unwrap();
    let eval = |more: &[&'static str]| -> Vec<&'static str> {
        ["eval", "--tasks", "tasks.jsonl", "--methods", "enumerate"].iter().chain(more).copied().collect()
    };
    let rows = |output: std::process::Output| -> Value {
        // One line is no task, which is an error.
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        let mut rows: Value = serde_json::from_slice(&output.stdout).expect("rows");
        rows[0].as_object_mut().unwrap().remove("seconds");
        rows
    };
    let whole = rows(bench.command(&eval(&["--json"])).output().unwrap());
    for (index, folder) in [("0/3", "p0"), ("1/3", "p1"), ("2/3", "p2")] {
        bench.command(&eval(&["--shard", index, "-o", folder])).output().unwrap();
        assert_eq!(bench.contents(folder).len(), 2, "scores and their manifest");
    }
    let message = bench.fail(&["merge", "p0", "p2"], &[]);
    assert!(message.contains("1 of 3 shards are missing: 1 "), "{message}");
    let merged = rows(bench.command(&["merge", "p0", "p1", "p2", "-o", "out", "--json"]).output().unwrap());
    assert_eq!(merged, whole);
    assert!(bench.at("out/results.md").exists() && bench.at("out/rows.svg").exists());
    // The same part again is kept; another limit is another evaluation.
    let before = bench.contents("p0");
    bench.command(&eval(&["--shard", "0/3", "-o", "p0"])).output().unwrap();
    assert!(bench.contents("p0") == before);
    let message = bench.fail(&eval(&["--shard", "0/3", "-o", "p0", "--limit", "5"]), &[]);
    assert!(message.contains("an evaluation with another `limit`: none and not 5"), "{message}");
    let message = bench.fail(&eval(&["--shard", "0/3"]), &[]);
    assert!(message.contains("name one with -o"), "{message}");
}
