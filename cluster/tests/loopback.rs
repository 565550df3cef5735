//! A real scheduler and real executors on loopback, with ports of their own and stopped by their process ids: what they
//! make together is what one process makes, also where an executor is killed, and what does not fit is told.
//!
//! `make test-cluster` runs these.

#[path = "../../tests/support/bench.rs"]
mod bench;

use ballista_core::BALLISTA_PROTOCOL_VERSION;
use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use ballista_core::serde::protobuf::{
    ExecutorOperatingSystemSpecification, ExecutorRegistration, RegisterExecutorParams,
};
use ballista_core::serde::scheduler::ExecutorSpecification;
use bench::Bench;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

const BINARY: &str = env!("CARGO_BIN_EXE_iocc-cluster");
/// Longer than anything here takes; a job that hangs fails.
const LIMIT: Duration = Duration::from_secs(240);

/// One cluster at a time, so that each has the machine's cores.
static TURN: Mutex<()> = Mutex::new(());

/// A process that is stopped with the test.
struct Role(Child);

impl Role {
    /// Starts a role and waits until it tells that it is there.
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).expect("it tells");
        assert!(line.starts_with("listening") || line.starts_with("working"), "{line}");
        Self(child)
    }

    /// SIGKILL.
    fn kill(&mut self) {
        self.0.kill().expect("it was running");
        self.0.wait().expect("it ends");
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The first of two ports in a row that nobody uses.
fn ports() -> u16 {
    loop {
        let first = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = first.local_addr().unwrap().port();
        if port < u16::MAX && TcpListener::bind(("127.0.0.1", port + 1)).is_ok() {
            return port;
        }
    }
}

struct Cluster {
    executors: Vec<Role>,
    _scheduler: Role,
    address: String,
}

impl Cluster {
    /// A scheduler and so many executors of one core.
    fn start(executors: usize) -> Self {
        let address = format!("127.0.0.1:{}", ports());
        let scheduler = Role::start(Command::new(BINARY).args(["scheduler", "--listen", &address]));
        let mut cluster = Self { executors: Vec::new(), _scheduler: scheduler, address };
        (0..executors).for_each(|_| cluster.join(Command::new(BINARY)));
        cluster
    }

    /// Adds an executor of one core, started by `command`.
    fn join(&mut self, mut command: Command) {
        let port = ports().to_string();
        command.args(["executor", "--scheduler", &self.address, "--cores", "1", "--port", &port]);
        self.executors.push(Role::start(&mut command));
        self.wait_for(self.executors.len());
    }

    /// Waits until the scheduler knows so many executors.
    fn wait_for(&self, executors: usize) {
        let start = Instant::now();
        while self.get("/api/executors").matches("\"specification\"").count() != executors {
            assert!(start.elapsed() < LIMIT, "the scheduler does not see {executors} executors");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn get(&self, path: &str) -> String {
        let mut answer = String::new();
        let mut stream = TcpStream::connect(&self.address).expect("the scheduler listens");
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").unwrap();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Bench {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.command_of(BINARY, arguments);
        command.stdin(Stdio::piped());
        command
    }

    /// What a process gives that must not hang.
    fn output(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let read = |stream: &mut dyn Read| {
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes).map(|_| bytes).unwrap_or_default()
        };
        let start = Instant::now();
        std::thread::scope(|scope| {
            let (out, err) = (scope.spawn(move || read(&mut out)), scope.spawn(move || read(&mut err)));
            let status = loop {
                if let Some(status) = child.try_wait().expect("it can be asked") {
                    break status;
                }
                if start.elapsed() > LIMIT {
                    child.kill().unwrap();
                    panic!("{arguments:?} hangs");
                }
                std::thread::sleep(Duration::from_millis(20));
            };
            Output { status, stdout: out.join().unwrap(), stderr: err.join().unwrap() }
        })
    }

    /// What the client prints, which must succeed.
    fn client(&self, cluster: &Cluster, arguments: &[&str]) -> String {
        let output = self.output(&[&["client", "--scheduler", &cluster.address], arguments].concat());
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What the client says, which must fail with one message.
    fn refused(&self, address: &str, arguments: &[&str]) -> String {
        let output = self.output(&[&["client", "--scheduler", address], arguments].concat());
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), told.matches("error: ").count()), (Some(1), 1), "{arguments:?}: {told}");
        told
    }

    /// The same work by one process.
    fn alone(&self, arguments: &[&str]) {
        let output = self.output(&[&["part", "0", "1"], arguments].concat());
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// The shards of a folder, by name; nothing else but the manifest may be there.
    fn shards(&self, folder: &str, manifest: &str) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(self.at(folder)).expect("the folder is there").map(|entry| entry.unwrap().path());
        let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
        let mut files: BTreeMap<_, _> = entries.map(|path| (name(&path), fs::read(&path).unwrap())).collect();
        assert!(files.remove(manifest).is_some(), "{folder}: no {manifest}");
        files
    }
}

const GEN: [&str; 7] = ["gen", "c", "-n", "300000", "--seed", "5", "-o"];

fn generate(folder: &str) -> Vec<&str> {
    [&GEN[..], &[folder]].concat()
}

#[test]
#[ignore = "starts processes: make test-cluster"]
fn a_cluster_makes_what_one_process_makes() {
    let _turn = TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let (bench, cluster) = (Bench::new(), Cluster::start(2));

    // Five shards for two cores.
    let told = bench.client(&cluster, &generate("corpus"));
    assert!(told.contains("300000 tasks in 5 shards"), "{told}");
    bench.alone(&generate("alone"));
    let corpus = bench.shards("corpus", "manifest.json");
    assert_eq!(corpus.len(), 5);
    assert!(corpus == bench.shards("alone", "manifest-00000-of-00001.json"), "shards differ");

    let told = bench.client(&cluster, &["exec", "corpus", "-o", "run"]);
    assert!(told.contains("300000 programs in 5 shards"), "{told}");
    bench.alone(&["exec", "corpus", "-o", "run-alone"]);
    let run = bench.shards("run", "exec.json");
    assert!(run == bench.shards("run-alone", "exec-00000-of-00001.json"), "runs differ");

    // Done again, nothing is done; what is damaged is made as it was.
    let made = |name: &str| fs::metadata(bench.at(name)).unwrap().modified().unwrap();
    let first = made("run/train-00001-of-00005.parquet");
    bench.client(&cluster, &["exec", "corpus", "-o", "run"]);
    assert_eq!(made("run/train-00001-of-00005.parquet"), first);
    fs::write(bench.at("run/train-00002-of-00005.parquet"), b"half").unwrap();
    bench.client(&cluster, &["exec", "corpus", "-o", "run"]);
    assert!(run == bench.shards("run", "exec.json"), "the damaged shard was not made again");

    // A question has the answer that it has in one process.
    let sql = "SELECT tokens % 4, count(*), count(DISTINCT behaviour_hash),
            count(*) FILTER (WHERE execute(language, source, inputs[1])['output'] <> concat('[', array_to_string(outputs[1], ','), ']'))
        FROM corpus WHERE parses(language, source) AND length(language, source) < 24 GROUP BY 1 ORDER BY 1";
    let asked = bench.client(&cluster, &["query", sql, "--corpus", "corpus", "--format", "csv"]);
    let session = iocc::query::Session::open(&bench.at("corpus"), 2).unwrap();
    let mut expected = Vec::new();
    session
        .ask(sql, &mut |batch| {
            expected.push(batch);
            Ok(())
        })
        .unwrap();
    let rows: usize = expected.iter().map(|batch| batch.num_rows()).sum();
    let mut text = Vec::new();
    let mut writer = datafusion::arrow::csv::Writer::new(&mut text);
    expected.iter().for_each(|batch| writer.write(batch).unwrap());
    drop(writer);
    assert!(rows > 1);
    assert_eq!(asked, String::from_utf8(text).unwrap());
    assert!(asked.lines().skip(1).all(|line| line.ends_with(",0")), "{asked}");
}

#[test]
#[ignore = "starts processes: make test-cluster"]
fn many_small_parts_are_done() {
    let _turn = TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let (bench, cluster) = (Bench::new(), Cluster::start(2));
    bench.alone(&["gen", "c", "-n", "400", "--seed", "1", "-o", "corpus", "--format", "jsonl"]);
    let whole = fs::read_to_string(bench.at("corpus/train-00000-of-00001.jsonl")).unwrap();
    fs::create_dir(bench.at("many")).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    for (number, lines) in lines.chunks(10).enumerate() {
        fs::write(bench.at(&format!("many/{number:02}.jsonl")), lines.join("\n") + "\n").unwrap();
    }
    bench.client(&cluster, &["exec", "many", "-o", "run"]);
    bench.alone(&["exec", "many", "-o", "alone"]);
    assert!(bench.shards("run", "exec.json") == bench.shards("alone", "exec-00000-of-00001.json"));

    fs::write(bench.at("tasks.jsonl"), lines[..40].join("\n") + "\n").unwrap();
    let eval = ["eval", "--tasks", "tasks.jsonl", "--methods", "enumerate", "--time-limit", "2s", "-o", "scores"];
    let table = bench.client(&cluster, &eval);
    assert!(table.contains("enumerate") && table.contains("40"), "{table}");
    assert_eq!(bench.client(&cluster, &eval), table);
}

#[test]
#[ignore = "starts processes: make test-cluster"]
fn an_executor_that_is_killed_is_done_without() {
    let _turn = TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let (bench, mut cluster) = (Bench::new(), Cluster::start(2));
    bench.alone(&generate("corpus"));
    let start = Instant::now();
    bench.client(&cluster, &["exec", "corpus", "-o", "calm"]);
    let calm = start.elapsed();

    let start = Instant::now();
    let address = cluster.address.clone();
    let client = std::thread::scope(|scope| {
        let client = scope.spawn(|| bench.output(&["client", "--scheduler", &address, "exec", "corpus", "-o", "run"]));
        // In the middle: both executors are at a shard, and no shard is whole.
        while fs::read_dir(bench.at("run")).map_or(0, |entries| entries.filter(is_temporary).count()) < 2 {
            assert!(start.elapsed() < LIMIT && !client.is_finished(), "nothing was begun");
            std::thread::sleep(Duration::from_millis(5));
        }
        cluster.executors[1].kill();
        client.join().unwrap()
    });
    let disturbed = start.elapsed();
    assert!(client.status.success(), "{}", String::from_utf8_lossy(&client.stderr));
    assert!(bench.shards("run", "exec.json") == bench.shards("calm", "exec.json"), "shards differ");
    println!("an executor killed: {:.1} s, none: {:.1} s", disturbed.as_secs_f64(), calm.as_secs_f64());
    assert!(disturbed < 2 * calm + Duration::from_secs(30), "{disturbed:?} and {calm:?}");
}

#[allow(clippy::needless_pass_by_value)]
fn is_temporary(entry: &std::io::Result<fs::DirEntry>) -> bool {
    entry.as_ref().is_ok_and(|entry| entry.file_name().to_string_lossy().ends_with(".tmp"))
}

#[test]
#[ignore = "starts processes: make test-cluster"]
fn what_does_not_fit_is_told_before_the_job() {
    let _turn = TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let bench = Bench::new();
    bench.alone(&["gen", "c", "-n", "50", "--seed", "1", "-o", "corpus"]);
    let exec = ["exec", "corpus", "-o", "run"];
    let count = ["query", "SELECT count(*) FROM corpus", "--corpus", "corpus"];
    let refused = |address: &str, arguments: &[&str], message: &str| {
        let told = bench.refused(address, arguments);
        assert!(told.contains(message), "{arguments:?}: {told}");
        assert!(!bench.at("run").exists(), "{arguments:?}: something was written");
    };
    let nobody = format!("127.0.0.1:{}", ports());
    for command in [&exec[..], &count] {
        refused(&nobody, command, &format!("cannot reach the scheduler at {nobody}: connection refused"));
    }
    let output = bench.output(&["executor", "--scheduler", &nobody]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("cannot reach the scheduler") && output.status.code() == Some(1), "{told}");

    let mut cluster = Cluster::start(0);
    let address = cluster.address.clone();
    refused(&address, &exec, "no executor is connected to the scheduler");
    refused(&address, &["exec", "nowhere", "-o", "run"], "nowhere: no such file or directory");
    refused(&address, &["exec", "corpus", "-o", "run", "--shard", "0/2"], "--shard: a cluster shares the work itself");
    refused(&address, &["train", "x.toml"], "a cluster does `gen`, `exec`, `query` and `eval` only");
    let taken = bench.output(&["scheduler", "--listen", &address]);
    let told = String::from_utf8_lossy(&taken.stderr).into_owned();
    assert!(told.contains(&format!("cannot listen on {address}: address already in use")), "{told}");

    // Somebody else's executors, as the scheduler sees them.
    let version = iocc::cli::VERSION;
    for (id, message) in [
        ("iocc;0.0.1 (old);execute;1".to_owned(), "is iocc 0.0.1 (old), and this is iocc"),
        (
            format!("iocc;{version};behaviour_hash,equivalent,execute,iocc_part,parses;2"),
            "does not have the function `length`",
        ),
        ("5f3c".to_owned(), "is not of iocc"),
    ] {
        register(&address, &id);
        for command in [&exec[..], &count] {
            refused(&address, command, &format!("the executor at 127.0.0.1:1 {message}"));
        }
        // It does not give a sign of life.
        cluster.wait_for(0);
    }
    cluster.join(Command::new(BINARY));
    assert!(bench.client(&cluster, &count).contains("| 50 "));
    // A folder of another job.
    bench.client(&cluster, &["exec", "corpus", "-o", "run"]);
    let told = bench.refused(&address, &["exec", "corpus", "-o", "run", "--fuel", "9"]);
    assert!(told.contains("run: the folder holds shards that were run with fuel"), "{told}");
}

/// Tells the scheduler of an executor that does no more than listen.
fn register(address: &str, id: &str) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let params = RegisterExecutorParams {
        metadata: Some(ExecutorRegistration {
            id: id.to_owned(),
            host: Some("127.0.0.1".to_owned()),
            port: 1,
            grpc_port: listener.local_addr().unwrap().port().into(),
            specification: Some(ExecutorSpecification { vcores: 1 }.into()),
            os_info: Some(ExecutorOperatingSystemSpecification::default()),
            ballista_protocol_version: BALLISTA_PROTOCOL_VERSION,
        }),
    };
    runtime.block_on(async {
        let mut scheduler = SchedulerGrpcClient::connect(format!("http://{address}")).await.expect("it listens");
        scheduler.register_executor(params).await.expect("it takes anybody");
    });
}

#[test]
#[ignore = "starts processes: make test-cluster"]
fn what_goes_wrong_in_a_part_is_told_once_and_leaves_nothing_half() {
    let _turn = TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let (bench, mut cluster) = (Bench::new(), Cluster::start(0));
    // An executor whose files may not grow beyond 400 KiB: a disk that is full.
    let mut narrow = Command::new("bash");
    narrow.args(["-c", "trap '' XFSZ; ulimit -f 400; exec \"$0\" \"$@\"", BINARY]);
    cluster.join(narrow);
    bench.alone(&["gen", "c", "-n", "20000", "--seed", "1", "-o", "corpus"]);
    let told = bench.refused(&cluster.address, &["exec", "corpus", "-o", "run"]);
    assert!(told.contains("run/train-00000-of-00001.parquet: file too large"), "{told}");
    assert_eq!(fs::read_dir(bench.at("run")).unwrap().count(), 0, "something half is there");
    // With room again, the same command does it.
    cluster.executors.clear();
    cluster.wait_for(0);
    cluster.join(Command::new(BINARY));
    bench.client(&cluster, &["exec", "corpus", "-o", "run"]);

    // Columns of somebody else, and a shard that is missing from what machines should merge.
    fs::write(bench.at("corpus/zz.parquet"), b"PAR1").unwrap();
    let told = bench.refused(&cluster.address, &["exec", "corpus", "-o", "other"]);
    assert!(told.contains("corpus/zz.parquet: not a whole Parquet file"), "{told}");
    assert!(!bench.at("other/zz.parquet").exists() && !bench.at("other/exec.json").exists());
    let told = bench.refused(&cluster.address, &["query", "SELECT 1 FROM corpus", "--corpus", "corpus"]);
    assert!(told.contains("zz.parquet: not a whole Parquet file"), "{told}");
    let told = bench.refused(&cluster.address, &["query", "SELECT nothing FROM corpus", "--corpus", "run"]);
    assert!(told.contains("No field named nothing"), "{told}");
}
