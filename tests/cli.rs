//! The command line from end to end, with the real binary: what it prints, and with which exit code it ends.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A folder of its own for each test, and the binary run in it.
struct Bench {
    folder: TempDir,
}

struct Ended {
    code: i32,
    out: String,
    err: String,
}

impl Bench {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder for files") }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> &Self {
        fs::write(self.path().join(name), text).expect("the folder is writable");
        self
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).expect("the file was written")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_iocc"));
        command.args(arguments).current_dir(self.path()).env_remove("IOCC_LOG").env_remove("RUST_BACKTRACE");
        command
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with(arguments, b"")
    }

    fn run_with(&self, arguments: &[&str], stdin: &[u8]) -> Ended {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        // A command that does not read its stdin may be gone by now.
        let _ = child.stdin.take().expect("stdin is piped").write_all(stdin);
        let output = child.wait_with_output().expect("the binary ends");
        let ended = Ended {
            code: output.status.code().expect("no signal ended it"),
            out: String::from_utf8(output.stdout).expect("UTF-8 on stdout"),
            err: String::from_utf8(output.stderr).expect("UTF-8 on stderr"),
        };
        assert_ne!(ended.code, 101, "a bug of ours: {}", ended.err);
        assert!(!ended.err.contains("internal error"), "{}", ended.err);
        ended
    }
}

impl Ended {
    #[track_caller]
    fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    fn out_has(self, part: &str) -> Self {
        assert!(self.out.contains(part), "`{part}` is not in {}", self.out);
        self
    }

    #[track_caller]
    fn err(self, part: &str) -> Self {
        assert!(self.err.contains(part), "expected {part:?} in stderr:\n{}", self.err);
        self
    }

    #[track_caller]
    fn out(self, text: &str) -> Self {
        assert_eq!(self.out, text, "stderr:\n{}", self.err);
        self
    }

    #[track_caller]
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in {:?}", self.out))
    }
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots/cli");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// Swaps two cells where the first is the larger.
const SORT: &str = "id = \"sort\"\nlanguage = \"c\"\nexamples = [\n\
    { input = [3, 1, 0, 2, -4], output = [1, 3, 0, 2, -4] },\n\
    { input = [1, 3, 2, 2, 0], output = [1, 3, 2, 2, 0] },\n\
    { input = [-2, -3, 1, 1, 1], output = [-3, -2, 1, 1, 1] },\n\
    { input = [4, 0, -1, 0, 4], output = [0, 4, -1, 0, 4] },\n\
    { input = [0, 2, 4, -4, 3], output = [0, 2, 4, -4, 3] },\n]\n";

/// A task line: adds `by` to the first cell.
fn line(id: &str, by: i32) -> String {
    let example = |cell: i32| format!("{{\"input\":[{cell},1,2,3,4],\"output\":[{},1,2,3,4]}}", cell + by);
    let examples: Vec<String> = [0, 1, -1, 2, -2].map(example).to_vec();
    format!("{{\"id\":\"{id}\",\"language\":\"c\",\"examples\":[{}]}}\n", examples.join(","))
}

#[test]
fn bad_task_files() {
    let example = "[[examples]]\ninput = [1, 2, 3, 4, 5]\noutput = [1, 2, 3, 4, 5]\n";
    let cases = [
        ("empty", String::new()),
        ("not_toml", "language = \"c\"\nexamples = [\n  { input = [1, 2 }\n".into()),
        ("unknown_field", "id = \"t\"\nlanguage = \"c\"\nexmaples = []\n".into()),
        ("unknown_field_of_an_example", format!("language = \"c\"\n{example}ouptut = [1]\n")),
        ("no_examples", "language = \"c\"\nexamples = []\n".into()),
        ("missing_examples", "language = \"c\"\n".into()),
        ("shape", format!("language = \"c\"\n{example}[[examples]]\ninput = [1, 2, 3]\noutput = [1, 2, 3]\n")),
        (
            "contradiction",
            format!("language = \"c\"\n{example}[[examples]]\ninput = [1, 2, 3, 4, 5]\noutput = [5, 4, 3, 2, 1]\n"),
        ),
        ("beyond_i32", "[[examples]]\ninput = [1, 2, 3, 4, 2147483648]\noutput = [1, 2, 3, 4, 5]\n".into()),
        ("not_an_integer", "[[examples]]\ninput = [1, 2, 3, 4, \"5\"]\noutput = [1, 2, 3, 4, 5.5]\n".into()),
        ("x86", "language = \"x86\"\n[[examples]]\ninput = { registers = { eax = 1 } }\n".into()),
        ("unknown_language", "language = \"pascal\"\n".into()),
        ("bad_signature", format!("signature = \"int f(char *s)\"\n{example}")),
        (
            "parameters",
            "signature = \"int f(int a[], int n)\"\n[[examples]]\ninput = { a = [1], m = 1 }\noutput = { retrun = 1 }\n".into(),
        ),
    ];
    for (name, text) in cases {
        let bench = Bench::new();
        let ended = bench.file("task.toml", &text).run(&["synth", "task.toml"]).code(1).out("");
        let shown = format!("$ iocc synth task.toml   # exit {}\n{text}---\n{}", ended.code, ended.err);
        snapshot(&format!("task_{name}"), &shown);
    }
}

#[test]
fn bad_files() {
    let bench = Bench::new();
    bench.file("latin1.toml", b"id = \"caf\xe9\"\n").file("program.txt", "int main() { return 0; }");
    bench.file("syntax.c", "int main( { return 0; }\n").file("two.jsonl", line("a", 1));
    fs::create_dir(bench.path().join("folder.toml")).expect("writable");
    let fails = |arguments: &[&str], expected: &str| {
        let ended = bench.run(arguments).code(1).out("").err(expected);
        assert!(ended.err.starts_with("error"), "{}", ended.err);
    };
    fails(&["synth", "absent.toml"], "error: absent.toml: no such file or directory\n");
    fails(&["synth", "latin1.toml"], "error: latin1.toml:1: not UTF-8 text\n");
    fails(&["synth", "folder.toml"], "folder.toml: is a directory");
    fails(&["synth", "two.jsonl"], "this looks like JSONL");
    fails(&["check", "program.txt"], "cannot tell the language by the file's extension");
    fails(&["check", "syntax.c"], "syntax.c:1:");
    fails(&["check", "absent.s"], "absent.s");
    fails(&["emit", "syntax.c", "--stage", "ir"], "syntax.c:1:");
    fails(&["synth", "--tasks", "absent.jsonl", "-o", "r.jsonl"], "absent.jsonl: no such file");
    fails(&["synth", "--tasks", "two.jsonl", "-o", "no/such/folder"], "no/such/folder: no such file");
    fails(&["synth", "--tasks", "task.toml", "-o", "r.jsonl"], "reads JSONL");
    fails(&["eval", "--tasks", "absent.jsonl"], "absent.jsonl: no such file");
    fails(&["eval", "--tasks", "two.jsonl", "--results", "absent.jsonl"], "absent.jsonl: no such file");
}

#[test]
fn bad_usage_is_an_error_not_none_found() {
    let bench = Bench::new();
    for arguments in [&["chek"][..], &[], &["synth"], &["synth", "--tasks", "x"], &["synth", "x", "--method", "magic"]]
    {
        bench.run(arguments).code(1).out("");
    }
    bench.run(&["synth", "x", "--time-limit", "5 parsecs"]).code(1).err("unknown unit");
    bench.run(&["synth", "x", "--method", "magic"]).code(1).err("the methods are default, model, enumerate");
}

#[test]
fn version_help_completions_and_manual() {
    let bench = Bench::new();
    let version = bench.run(&["--version"]).code(0).out;
    assert!(version.starts_with("iocc 0.") && version.trim_end().ends_with(')'), "{version}");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(bench.run(&["completions", shell]).code(0).out.contains("time-limit"), "{shell}");
    }
    let manual = bench.run(&["man"]).code(0).out;
    assert!(manual.contains("IOCC SYNTH") && manual.contains(".TH iocc 1"));
    assert!(bench.run(&["synth", "--help"]).code(0).out.contains("--time-limit"));
}

#[test]
fn a_task_becomes_a_program_that_does_what_the_examples_say() {
    let bench = Bench::new();
    let program = bench.file("sort.toml", SORT).run(&["synth", "sort.toml", "--method", "enumerate"]).code(0).out;
    bench.file("sort.c", &program).run(&["check", "sort.c"]).code(0);
    for (input, output) in [("[3,1,0,2,-4]", "[1,3,0,2,-4]\n"), ("[0,2,4,-4,3]", "[0,2,4,-4,3]\n")] {
        bench.run(&["run", "sort.c", "--input", input]).code(0).out(output);
    }
    // The same from stdin, and for a machine.
    bench.run_with(&["synth", "-", "--method", "enumerate"], SORT.as_bytes()).code(0).out(&program);
    let record = bench.run(&["synth", "sort.toml", "--json", "--method", "enumerate"]).code(0).json();
    assert_eq!((&record["id"], &record["solved"]), (&"sort".into(), &true.into()));
    assert_eq!((&record["program"], &record["method"]), (&program.trim_end().into(), &"enumerate".into()));
    assert!(
        record["seconds"].as_f64().is_some_and(|it| it > 0.0) && record["candidates"].as_u64().is_some_and(|it| it > 0)
    );
}

#[test]
fn another_signature() {
    let bench = Bench::new();
    let task = "signature = \"int add(int x, int y)\"\nexamples = [\n\
        { input = { x = 1, y = 2 }, output = { return = 3 } },\n\
        { input = { x = -4, y = 2 }, output = { return = -2 } },\n\
        { input = { x = 7, y = 0 }, output = { return = 7 } },\n]\n";
    let program = bench.file("add.toml", task).run(&["synth", "add.toml", "--method", "enumerate"]).code(0).out;
    bench
        .file("add.c", &program)
        .run(&["run", "add.c", "--input", "{\"x\": 20, \"y\": 22}"])
        .code(0)
        .out("{\"return\":42}\n");
}

/// As many as nothing short explains.
const EXAMPLES_OF_NOISE: usize = 24;

/// Outputs that follow no rule.
fn noise() -> String {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as i32 % 1000
    };
    let mut five = || (0..5).map(|_| next().to_string()).collect::<Vec<_>>().join(", ");
    (0..EXAMPLES_OF_NOISE).map(|_| format!("[[examples]]\ninput = [{}]\noutput = [{}]\n", five(), five())).collect()
}

#[test]
fn nothing_found_is_exit_2_with_the_best_so_far() {
    let bench = Bench::new();
    let ended =
        bench.file("noise.toml", noise()).run(&["synth", "noise.toml", "--time-limit", "300ms"]).code(2).out("");
    let ended = ended.err("error: noise: no program found that fits all 24 examples");
    ended.err("// best so far, NOT a solution: fits ");
    let record = bench.run(&["synth", "noise.toml", "--time-limit", "300ms", "--json"]).code(2).json();
    assert_eq!((&record["solved"], &record["program"]), (&false.into(), &serde_json::Value::Null));
}

fn ids(results: &str) -> Vec<String> {
    let id = |line: &str| serde_json::from_str::<serde_json::Value>(line).expect("a whole line")["id"].to_string();
    results.lines().map(id).collect()
}

/// Results with the clock taken out.
fn timeless(results: &str) -> Vec<serde_json::Value> {
    let strip = |line: &str| {
        let mut record: serde_json::Value = serde_json::from_str(line).expect("a whole line");
        record["seconds"] = 0.into();
        record
    };
    results.lines().map(strip).collect()
}

const BATCH: [&str; 7] = ["synth", "--tasks", "tasks.jsonl", "-o", "results.jsonl", "--method", "enumerate"];

#[test]
fn a_bad_line_spoils_only_itself() {
    let bench = Bench::new();
    let karel = "{\"id\": \"x\", \"language\": \"karel\", \"examples\": []}\n";
    let tasks = [line("a", 1), "{broken\n".into(), "\n".into(), karel.into(), line("b", 2)].concat();
    let mut bytes = tasks.into_bytes();
    bytes.extend_from_slice(b"{\"id\": \"caf\xe9\"}\n");
    let ended = bench.file("tasks.jsonl", bytes).run(&BATCH).code(1).out("");
    let ended = ended.err("tasks.jsonl:2: not JSON").err("tasks.jsonl:4: no examples: the list is empty");
    ended.err("tasks.jsonl:6: not UTF-8 text");
    let results = timeless(&bench.read("results.jsonl"));
    let ids: Vec<&serde_json::Value> = results.iter().map(|record| &record["id"]).collect();
    assert_eq!(serde_json::json!(ids), serde_json::json!(["a", null, "x", "b", null]));
    assert_eq!(results[2]["error"], "tasks.jsonl:4: no examples: the list is empty");
    for (record, solved) in results.iter().zip([true, false, false, true, false]) {
        assert_eq!(record["solved"], solved, "{record}");
        assert_eq!(record["program"].is_string(), solved);
        assert_eq!(record["error"].is_string(), !solved);
    }
}

#[test]
fn a_stopped_batch_goes_on_where_it_stopped() {
    let bench = Bench::new();
    let tasks: String = (0..20).map(|i| line(&format!("t{i}"), i - 10)).collect();
    bench.file("tasks.jsonl", &tasks).run(&BATCH).code(0);
    let whole = bench.read("results.jsonl");
    assert_eq!(whole.lines().count(), 20);
    assert_eq!(ids(&whole), (0..20).map(|i| format!("\"t{i}\"")).collect::<Vec<_>>());
    // Cut anywhere: within a line, at its end, before its newline, at the start.
    let third = whole.match_indices('\n').nth(2).expect("three lines").0;
    for cut in [third + 20, third + 1, third, 0, whole.len()] {
        bench.file("results.jsonl", &whole[..cut]).run(&BATCH).code(0);
        let again = bench.read("results.jsonl");
        assert_eq!(timeless(&again), timeless(&whole), "cut at {cut}");
        let kept = whole[..cut].rfind('\n').map_or(0, |end| end + 1);
        assert_eq!(again[..kept], whole[..kept], "what was whole is kept as it was");
    }
    // One thread gives the same.
    bench.run(&[&BATCH[..], &["--force", "--threads", "1"]].concat()).code(0);
    assert_eq!(timeless(&bench.read("results.jsonl")), timeless(&whole));
}

#[test]
fn results_of_another_run_are_not_overwritten() {
    let bench = Bench::new();
    bench.file("tasks.jsonl", [line("a", 1), line("b", 2)].concat()).run(&BATCH).code(0);
    let whole = bench.read("results.jsonl");
    bench.file("tasks.jsonl", [line("a", 1), line("c", 2)].concat());
    bench.run(&BATCH).code(1).err("results.jsonl:2: the results of another run: id `b` where the tasks have id `c`");
    assert_eq!(bench.read("results.jsonl"), whole);
    bench.file("tasks.jsonl", line("a", 1)).run(&BATCH).code(1).err("the tasks have no more tasks");
    bench
        .run(&["synth", "--tasks", "tasks.jsonl", "-o", "results.jsonl"])
        .code(1)
        .err("was made by the method `enumerate`");
    bench.file("results.jsonl", "hello\nworld\n").run(&BATCH).code(1).err("results.jsonl:1: this line is not a result");
    bench.run(&[&BATCH[..], &["--force"]].concat()).code(0);
    assert_eq!(ids(&bench.read("results.jsonl")), ["\"a\""]);
    // To a pipe instead of a file.
    let arguments = ["synth", "--tasks", "-", "-o", "-", "--method", "enumerate"];
    assert_eq!(ids(&bench.run_with(&arguments, line("p", 1).as_bytes()).code(0).out), ["\"p\""]);
}

#[test]
fn run_tells_by_its_exit_code_how_the_program_ended() {
    let bench = Bench::new();
    bench.file("main.c", "int twice(int x)\n{\n    return x + x;\n}\nint main(void)\n{\n    return twice(21);\n}\n");
    bench.run(&["run", "main.c"]).code(42).out("{\"return\":42}\n");
    bench.run(&["run", "main.c", "--entry", "twice", "--input", "{\"x\": -3}"]).code(0).out("{\"return\":-6}\n");
    bench.run(&["run", "main.c", "--entry", "thrice"]).code(1).err("no function `thrice`").err("`twice`, `main`");
    bench.run(&["run", "main.c", "--entry", "twice"]).code(1).err("--input '{\"x\":3}'");
    bench.run(&["run", "main.c", "--entry", "twice", "--input", "{\"y\": 3}"]).code(1).err("`y` cannot stand here");
    bench.run(&["run", "main.c", "--entry", "twice", "--input", "{"]).code(1).err("--input: not JSON");

    bench.file("trap.c", "int f(int a[], int n)\n{\n    int s = 0;\n    s += 10 / n;\n    return s + a[n];\n}\n");
    let trap = ["run", "trap.c", "--input", "{\"a\": [1], \"n\": 0}"];
    let ended = bench.run(&trap).code(3).out("").err("the program trapped: divide by zero");
    ended.err("trap.c:4:5").err("s += 10 / n;");
    let record = bench.run(&[&trap[..], &["--json"]].concat()).code(3).json();
    assert_eq!((&record["outcome"], &record["trap"]), (&"trapped".into(), &"divide_by_zero".into()));
    assert_eq!((&record["output"], &record["at"]["line"]), (&serde_json::Value::Null, &4.into()));
    bench.run(&["run", "trap.c", "--input", "{\"a\": [1], \"n\": 1}"]).code(3).err("out of bounds");

    bench.file("loop.c", "int main()\n{\n    while (1)\n    {\n    }\n    return 0;\n}\n");
    bench.run(&["run", "loop.c", "--fuel", "1000"]).code(4).out("").err("out of fuel").err("--fuel");
    let record = bench.run(&["run", "loop.c", "--fuel", "1000", "--json"]).code(4).json();
    assert_eq!((&record["outcome"], &record["fuel"]), (&"out_of_fuel".into(), &1000.into()));

    bench.file("both.c", "int f(int a[])\n{\n    a[0] = 9;\n    return a[1];\n}\n");
    let record = bench.run(&["run", "both.c", "--input", "{\"a\": [1, 2]}", "--json"]).code(0).json();
    assert_eq!(record["output"], serde_json::json!({"return": 2, "a": [9, 2]}));
    assert_eq!((&record["outcome"], &record["trap"], &record["at"]), (&"returned".into(), &().into(), &().into()));
    bench.run(&["run", "both.c", "--engine", "native", "--input", "{\"a\": [1, 2]}"]).code(1).err("x86 programs only");
}

#[test]
fn run_does_the_same_with_every_engine() {
    let bench = Bench::new();
    bench.file(
        "both.c",
        "int f(int a[], int n)\n{\n    while (n)\n    {\n        n -= 1;\n        a[n] += 9 / n;\n    }\n    return a[0];\n}\n",
    );
    for (input, fuel, code) in
        [("[1, 2, 3], 3", "99", 3), ("[1, 2], 1", "99", 3), ("[1], 0", "9", 0), ("[1], 5", "3", 4), ("[1], 5", "99", 3)]
    {
        let (array, n) = input.rsplit_once(", ").expect("an array and a number");
        let input = format!("{{\"a\": {array}, \"n\": {n}}}");
        let with = |engine| {
            bench.run(&["run", "both.c", "--engine", engine, "--input", &input, "--fuel", fuel, "--json"]).code(code)
        };
        let (one, other) = (with("interp"), with("jit"));
        assert_eq!((one.out, one.err), (other.out, other.err));
    }
    let input = ["--input", "{\"a\": [1], \"n\": 0}"];
    bench.run(&[&["run", "both.c", "--engine", "jit"][..], &input].concat()).code(0);
    bench
        .run(&[&["run", "both.c", "--engine", "jit", "--trace"][..], &input].concat())
        .code(1)
        .err("only the engine `interp` can `--trace`");
}

#[test]
fn a_trace_shows_what_changed() {
    let bench = Bench::new();
    let source = "\
int sum(int a[], int n)
{
    int s = 0;
    for (int i = 0; i < n; i++)
    {
        if (a[i] > 0)
            s += a[i];
        a[i] = s;
    }
    return s;
}
int main(void)
{
    int b[3] = {1, -2, 3};
    int t = sum(b, 3);
    return t / (b[1] - 1);
}
";
    let ended = bench.file("sum.c", source).run(&["run", "sum.c", "--trace"]).code(3).out("");
    snapshot("trace", &format!("{source}--- iocc run sum.c --trace   # exit 3\n{}", ended.err));
}

/// The tasks for people that come with iocc: each is solved, and the program is what it says it is.
#[test]
fn every_task_of_the_corpus_is_solved() {
    let folders = ["corpus/tasks/c", "corpus/tasks/x86"].map(|name| Path::new(env!("CARGO_MANIFEST_DIR")).join(name));
    let bench = Bench::new();
    let mut tasks = 0;
    for entry in folders.iter().flat_map(|folder| fs::read_dir(folder).expect("the corpus is there")) {
        let path = entry.expect("readable").path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("UTF-8");
        let task = iocc::task::parse_toml(&text, "task").expect("a good task");
        let program = bench.run(&["synth", path.to_str().expect("UTF-8")]).code(0).out;
        let matched = iocc::synth::verify::matched(&program, &task);
        assert_eq!(matched.map(|it| it.0), Some(task.counts().0), "{}:\n{program}", path.display());
        tasks += 1;
    }
    assert!(tasks >= 10, "only {tasks} tasks");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/tasks/karel/carry-markers.toml");
    let task = iocc::task::parse_toml(&fs::read_to_string(&path).expect("UTF-8"), "task").expect("a good task");
    let program = bench.run(&["synth", path.to_str().expect("UTF-8"), "--time-limit", "60s"]).code(0).out;
    assert_eq!(iocc::synth::verify::matched(&program, &task), Some((5, 1)), "{program}");
}

#[test]
fn stdin_is_a_dash() {
    let bench = Bench::new();
    bench.run_with(&["run", "-"], b"int main() { return 7; }").code(7).out("{\"return\":7}\n");
    bench.run_with(&["check", "-"], b"int main() { return x; }").code(1).err("<stdin>:1:");
    bench.run_with(&["check", "-", "--language", "karel"], b"").code(1).err("there is no program here");
}

#[test]
fn karel_runs_in_worlds() {
    let bench = Bench::new();
    bench.file("walk.karel", "def run():\n    while(frontIsClear): move()\n    putMarker()\n");
    bench.file("crash.karel", "DEF run m( move move m)\n");
    bench.run(&["check", "walk.karel", "crash.karel"]).code(0).out("");
    for engine in ["interp", "jit"] {
        let ended = bench.run(&["run", "walk.karel", "--input", "..#\n>.1", "--engine", engine]).code(0);
        ended.out("..#\n..>\nmarkers = [[1, 2, 2]]\n");
        let ended = bench.run(&["run", "crash.karel", "--input", ">.", "--engine", engine]).code(3);
        ended.err("the program trapped: crash").err("it stopped in this world:\n").err(".>");
    }
    let ended = bench.run(&["run", "walk.karel", "--input", ">..", "--trace", "--svg", "run.svg"]).code(0);
    ended.err("   1 |   2 | while(frontIsClear").err("   2 |   2 | move()\n.>.\n").err("   6 |   3 | putMarker()\n..>");
    assert_eq!(bench.read("run.svg").matches("<path").count(), 4);
    let world = r#"{"rows": 1, "cols": 2, "hero": "0:0:west", "blocked": "", "markers": "0:0:3", "crashed": false}"#;
    let ended = bench.run(&["run", "walk.karel", "--json", "--input", world]).code(0);
    let record: serde_json::Value = serde_json::from_str(&ended.out).expect("JSON");
    assert_eq!((record["output"]["markers"].as_str(), record["fuel"].as_u64()), (Some("0:0:4"), Some(2)));
    bench.file("turn.karel", "DEF run m( WHILE c( frontIsClear c) w( turnLeft w) m)");
    bench.run(&["run", "turn.karel", "--input", "...\n.>.\n..."]).code(4).err("stopped after 200");
    bench.run(&["run", "turn.karel", "--input", "x"]).code(1).err("`x` in line 1, column 1 is no cell");
    bench.run(&["run", "turn.karel"]).code(1).err("needs a world");
    bench.run(&["run", "turn.karel", "--input", ">", "--engine", "native"]).code(1).err("x86 programs only");
    bench
        .run(&["emit", "walk.karel", "--stage", "ast"])
        .code(0)
        .out("DEF run m( WHILE c( frontIsClear c) w( move w) putMarker m)\n");
    bench
        .run(&["emit", "turn.karel", "--stage", "ast", "--form", "readable"])
        .code(0)
        .out("def run():\n    while(frontIsClear):\n        turnLeft()\n");
    bench.run(&["emit", "turn.karel", "--stage", "tokens"]).code(0).out_has("punctuation  w(");
    bench.run(&["emit", "turn.karel", "--stage", "ir"]).code(0).out_has("fn run(i64)");
    bench.run(&["emit", "turn.karel", "--stage", "bytes"]).code(1).err("x86 programs only");
}

#[test]
fn emit_prints_each_stage() {
    let bench = Bench::new();
    bench.file("one.c", "int main() { return (-1); }\n");
    let mut shown = String::from("int main() { return (-1); }\n");
    for stage in ["tokens", "ast", "ir"] {
        let ended = bench.run(&["emit", "one.c", "--stage", stage]).code(0);
        shown.push_str(&format!("--- {stage}\n{}", ended.out));
        bench.run(&["emit", "one.c", "--stage", stage, "--json"]).code(0).json();
    }
    snapshot("emit", &shown);
    bench.run(&["emit", "one.c", "--stage", "bytes"]).code(1).out("").err("x86 programs only");
}

#[test]
fn emit_prints_machine_code() {
    let bench = Bench::new();
    let text = "int twice(int x) { return x + x; }\nint f(int a[]) { return twice(a[1]); }\n";
    bench.file("two.c", text);
    for stage in ["clif", "asm"] {
        let ended = bench.run(&["emit", "two.c", "--stage", stage]).code(0);
        for name in ["twice.entry", "twice", "f"] {
            assert!(ended.out.contains(name), "{name} in\n{}", ended.out);
        }
        let json = bench.run(&["emit", "two.c", "--stage", stage, "--json"]).code(0).json();
        assert_eq!(json[stage], ended.out.as_str());
    }
    let asm = bench.run(&["emit", "two.c", "--stage", "asm"]).code(0).out;
    assert!(!asm.contains("(bad)"), "{asm}");
    for part in ["%rbp", "ret", "call", "seto"] {
        assert!(asm.contains(part), "{part} in\n{asm}");
    }
}

#[test]
fn check_tells_every_file() {
    let bench = Bench::new();
    bench.file("good.c", "int main() { return 0; }\n").file("bad.c", "int main() { return x + y; }\n");
    bench.run(&["check", "good.c"]).code(0).out("");
    let ended = bench.run(&["check", "absent.c", "bad.c", "good.c"]).code(1).out("").err("absent.c: no such file");
    ended.err("bad.c:1:");
    let records = bench.run(&["check", "bad.c", "good.c", "--json"]).code(1).json();
    assert!(records.as_array().is_some_and(|records| records.len() >= 2), "both unknown names: {records}");
    assert_eq!((&records[0]["file"], &records[0]["severity"]), (&"bad.c".into(), &"error".into()));
    assert_eq!(records[0]["labels"][0]["line"], 1);
    assert_eq!(bench.run(&["check", "good.c", "--json"]).code(0).json(), serde_json::json!([]));
}

#[test]
fn colour_is_for_those_who_ask() {
    let bench = Bench::new();
    bench.file("bad.c", "int main() { return x; }\n");
    assert!(!bench.run(&["check", "bad.c"]).code(1).err.contains('\x1b'));
    assert!(bench.run(&["check", "bad.c", "--color", "always"]).code(1).err.contains('\x1b'));
}

#[test]
fn hostile_sources_are_errors() {
    let bench = Bench::new();
    let deep =
        |open: &str, close: &str| format!("int main() {{ return {}1{}; }}", open.repeat(50_000), close.repeat(50_000));
    bench.file("parens.c", deep("(", ")")).file("signs.c", deep("- ", "")).file("nots.c", deep("!", ""));
    bench.file("blocks.c", format!("int main() {{ {} {} }}", "{".repeat(50_000), "}".repeat(50_000)));
    bench.file("open.c", "(".repeat(5_000_000)).file("huge.c", "int main() { return 99999999999999999999; }");
    bench.file("sum.c", format!("int main() {{ return 0{}; }}", " + 1".repeat(20_000)));
    for name in ["parens.c", "signs.c", "nots.c", "blocks.c", "open.c", "huge.c", "sum.c"] {
        let ended = bench.run(&["check", name]);
        let told = ended.code == 1 && ended.err.starts_with("error") && ended.err.contains(&format!("{name}:1:"));
        assert!(told || ended.code == 0, "{name}: {} {}", ended.code, ended.err);
    }
    for name in ["open.c", "huge.c"] {
        bench.run(&["run", name]).code(1).err("error");
    }
    bench.file("recursion.c", "int f(int n) { return f(n + 1); } int main() { return f(0); }");
    bench.run(&["run", "recursion.c"]).code(3).err("call depth");
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let bench = Bench::new();
    let body = "    a[0] = a[1] + a[2];\n".repeat(20_000);
    bench.file("long.c", format!("int * func_1(int a[])\n{{\n{body}    return a;\n}}\n"));
    let mut command = bench.command(&["emit", "long.c", "--stage", "tokens"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    drop(child.stdout.take());
    let mut err = String::new();
    child.stderr.take().expect("stderr is piped").read_to_string(&mut err).expect("UTF-8");
    assert_eq!((child.wait().expect("it ends").code(), err.as_str()), (Some(0), ""));
}

#[test]
fn eval_compares_methods() {
    let bench = Bench::new();
    let mut task: serde_json::Value = serde_json::from_str(&line("a", 1)).expect("a task");
    task["source"] = "int * func_1(int a[])\n{\n    a[0]++;\n    return a;\n}".into();
    task["held_out"] = serde_json::json!([{"input": [4, 0, 0, 0, 0], "output": [5, 0, 0, 0, 0]}]);
    bench.file("tasks.jsonl", format!("{task}\n{}", line("b", 3)));
    let table = bench.run(&["eval", "--tasks", "tasks.jsonl", "--methods", "enumerate", "--json"]).code(0).json();
    assert_eq!(table[0]["method"], "enumerate");
    let share = |name: &str| (table[0][name]["count"].as_u64(), table[0][name]["of"].as_u64());
    assert_eq!((share("solved"), share("generalises")), ((Some(2), Some(2)), (Some(1), Some(1))));
    assert_eq!(table[0]["solved"]["interval"][1], 100.0);
    assert_eq!(table[0]["equivalent"]["count"], 1);
    let text =
        bench.run(&["eval", "--tasks", "tasks.jsonl", "--methods", "default,enumerate", "--limit", "1"]).code(0).out;
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(text.contains("100.0 % (1/1)"), "{text}");
    // The same from a results file.
    bench.run(&BATCH).code(0);
    let scored = bench.run(&["eval", "--tasks", "tasks.jsonl", "--results", "results.jsonl", "--json"]).code(0).json();
    assert_eq!((&scored[0]["method"], &scored[0]["generalises"]), (&"results".into(), &table[0]["generalises"]));
    // Tables and charts.
    bench.file("corpus.jsonl", format!("{task}\n"));
    let seen = ["eval", "--tasks", "tasks.jsonl", "--results", "results.jsonl", "--seen", "corpus.jsonl", "-o", "out"];
    bench.run(&seen).code(0).out_has("never seen");
    for chart in ["rows", "length", "control-flow", "candidates"] {
        assert!(bench.read(&format!("out/{chart}.svg")).starts_with("<svg"), "{chart}");
    }
    assert!(bench.read("out/results.md").contains("100.0 % (2/2)"));
    assert!(bench.read("out/results.csv").starts_with("method,tasks,solved"));
    assert!(
        bench.read("out/charts.csv").contains("length,results,1-20,1,1,100.000"),
        "{}",
        bench.read("out/charts.csv")
    );
    let arguments = ["eval", "--tasks", "tasks.jsonl", "--methods", "enumerate", "--no-mask"];
    bench.run(&arguments).code(1).err("--no-mask is of the method `model` alone");
    bench.file("tasks.jsonl", format!("{task}\nnonsense\n"));
    let arguments = ["eval", "--tasks", "tasks.jsonl", "--methods", "enumerate", "--format", "markdown"];
    bench.run(&arguments).code(1).err("tasks.jsonl:2: not JSON");
}

#[cfg(not(feature = "torch"))]
#[test]
fn without_torch_the_model_is_told_how_to_be_had() {
    let bench = Bench::new();
    bench.file("sort.toml", SORT).file("config.toml", include_str!("../configs/restricted-c-robustfill.toml"));
    bench.run(&["synth", "sort.toml", "--method", "model"]).code(1).err("--features torch");
    bench.run(&["synth", "sort.toml", "--model", "x.safetensors"]).code(1).err("--features torch");
    bench.file("config.toml", "profile = \"restricted-c\"\n");
    bench.run(&["train", "config.toml"]).code(1).err("--features torch");
    bench.run(&["retrain", "config.toml"]).code(1).err("--features torch");
}

#[cfg(feature = "torch")]
#[test]
fn bad_models_are_errors() {
    let bench = Bench::new();
    bench
        .file("sort.toml", SORT)
        .file("broken.safetensors", b"\xff\xff\xff\xff\xff\xff\xff\x7f{}")
        .file("broken.json", "{");
    let model = |path: &str| bench.run(&["synth", "sort.toml", "--method", "model", "--model", path]).code(1).out("");
    model("absent.safetensors").err("absent");
    model("broken.safetensors").err("broken");
    bench.file("tasks.jsonl", line("a", 1));
    let arguments = ["synth", "--tasks", "tasks.jsonl", "-o", "r.jsonl", "--model", "absent.safetensors"];
    bench.run(&arguments).code(1).err("absent");
    bench.run(&["eval", "--tasks", "tasks.jsonl", "--model", "broken.safetensors"]).code(1).err("broken");
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_text() {
    let bench = Bench::new();
    let mark = "\u{feff}";
    bench.file("main.c", format!("{mark}int main() {{ return 7; }}")).run(&["run", "main.c"]).code(7);
    bench.file("sort.toml", format!("{mark}{}", SORT.replace('\n', "\r\n"))).run(&["synth", "sort.toml"]).code(0);
    bench.file("tasks.jsonl", format!("{mark}{}", line("a", 1).replace('\n', "\r\n"))).run(&BATCH).code(0);
}

/// A corpus line with five cells an input.
fn program(id: &str, source: &str, inputs: &[[i32; 5]]) -> String {
    let examples: Vec<serde_json::Value> =
        inputs.iter().map(|input| serde_json::json!({"input": input, "output": input})).collect();
    serde_json::json!({"id": id, "language": "c", "source": source, "examples": examples}).to_string() + "\n"
}

#[test]
fn exec_runs_hostile_programs_and_goes_on() {
    let bench = Bench::new();
    let inputs = [[1, 2, 3, 4, 5], [7, 0, 0, 0, 0]];
    let lines = [
        program("same", "int * func_1(int a[]) { return a; }", &inputs),
        program("endless", "int * func_1(int a[]) { while (1) a[0] = 1; return a; }", &inputs),
        program("deep", "int f(int n) { return f(n + 1); } int * func_1(int a[]) { a[0] = f(0); return a; }", &inputs),
        program("wild", "int * func_1(int a[]) { a[a[0] * 1000000] = 1; return a; }", &inputs),
        program("some", "int * func_1(int a[]) { if (a[0] == 7) a[1] = 1 / a[2]; return a; }", &inputs),
        program("broken", "int * func_1(int a[]) { return b; }", &inputs),
    ];
    bench.file("in.jsonl", lines.concat());
    for engine in ["interp", "batch", "jit"] {
        let ended = bench.run(&["exec", "in.jsonl", "-o", engine, "--engine", engine, "--json"]).code(1).err("broken");
        let counts = ended.json();
        assert_eq!((counts["returned"].as_u64(), counts["trapped"].as_u64()), (Some(3), Some(5)), "{counts}");
        assert_eq!((counts["out_of_fuel"].as_u64(), counts["rejected"].as_u64()), (Some(2), Some(1)), "{counts}");
    }
    let text = bench.read("batch/in.jsonl");
    assert_eq!(text, bench.read("interp/in.jsonl"));
    assert_eq!(text, bench.read("jit/in.jsonl"));
    let rows: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids: Vec<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["same", "endless", "deep", "wild", "some", "broken"]);
    assert_eq!(rows[1]["fuel"], serde_json::json!([10000, 10000]));
    assert_eq!(rows[2]["trap"], serde_json::json!(["call_depth", "call_depth"]));
    assert_eq!(rows[3]["trap"][0], "out_of_bounds");
    assert_eq!(rows[4]["outcome"], serde_json::json!(["returned", "trapped"]));
    assert_eq!(rows[4]["trap"], serde_json::json!([null, "divide_by_zero"]));
    assert_eq!(rows[5]["outcome"][0], "rejected");
}

#[test]
fn exec_resumes_and_shares_the_work() {
    let bench = Bench::new();
    bench.run(&["gen", "c", "-n", "70000", "--seed", "3", "-o", "corpus"]).code(0);
    bench.run(&["exec", "corpus", "-o", "whole"]).code(0);
    bench.run(&["exec", "corpus", "-o", "parts", "--shard", "1/2", "--threads", "1"]).code(0);
    let names = |folder: &str| {
        let mut names: Vec<String> = fs::read_dir(bench.path().join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".parquet"))
            .collect();
        names.sort();
        names
    };
    assert_eq!(names("parts").len(), 1);
    let ended = bench.run(&["exec", "corpus", "-o", "parts", "--json"]).code(0);
    assert_eq!((ended.json()["kept"].as_u64(), ended.json()["shards"].as_u64()), (Some(1), Some(1)));
    assert_eq!(ended.json()["changed"], 0, "the interpreter's results are those of the corpus");
    for name in names("whole") {
        let read = |folder: &str| fs::read(bench.path().join(folder).join(&name)).unwrap();
        assert!(read("whole") == read("parts"), "{name} depends on the threads");
        let records = |folder: &str| {
            let records = iocc::corpus::read(&bench.path().join(folder).join(&name)).unwrap();
            records.map(Result::unwrap).collect::<Vec<_>>()
        };
        assert!(records("whole") == records("corpus"), "{name}: other records");
    }
    // A run that was killed goes on, and leaves nothing that it would not have left.
    let mut killed = Command::new(env!("CARGO_BIN_EXE_iocc"))
        .args(["exec", "corpus", "-o", "killed", "--quiet"])
        .current_dir(bench.path())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(400));
    killed.kill().unwrap();
    killed.wait().unwrap();
    bench.run(&["exec", "corpus", "-o", "killed"]).code(0);
    for name in names("whole") {
        let read = |folder: &str| fs::read(bench.path().join(folder).join(&name)).unwrap();
        assert!(read("whole") == read("killed"), "{name} depends on the kill");
    }
    bench.run(&["exec", "corpus", "-o", "parts", "--fuel", "5"]).code(1).err("were run with fuel 10000");
    bench.run(&["exec", "corpus", "-o", "other", "--shard", "2/3"]).code(1).err("there are 2 shards");
    bench.run(&["exec", "corpus", "-o", "corpus"]).code(1).err("the output folder holds this input");
}

#[test]
fn exec_of_other_signatures() {
    let bench = Bench::new();
    let sum = "int sum(int a[], int n) { int s = 0; for (int i = 0; i < n; i++) { s += a[i]; a[i] = 0; } return s; }";
    let line = |id: &str, signature: &str, source: &str, examples: serde_json::Value| {
        let line = serde_json::json!({"id": id, "language": "c", "signature": signature, "source": source,
                                      "examples": examples, "note": "kept"});
        line.to_string() + "\n"
    };
    let examples = serde_json::json!([
        {"input": {"a": [1, 2, 3], "n": 3}, "output": {"return": 6}},
        {"input": {"a": [4, 5], "n": 1}, "output": {"return": 4, "a": [0, 5]}},
        {"input": {"a": [4, 5], "n": 3}, "output": null},
    ]);
    let wrong = serde_json::json!([{"input": {"a": [1], "n": 1}, "output": {"return": 2}}]);
    let none = serde_json::json!([{"input": {}, "output": {"return": 7}}, {"input": {}, "output": {"return": 7}}]);
    let lines = [
        line("sum", "int sum(int a[], int n)", sum, examples.clone()),
        program("same", "int * func_1(int a[]) { return a; }", &[[1, 2, 3, 4, 5]]),
        line("other", "int sum(int a[], int n)", sum, wrong),
        line("seven", "int seven()", "int seven() { return 7; }", none),
        line("absent", "int other(int n)", sum, serde_json::json!([{"input": {"n": 1}, "output": {"return": 1}}])),
    ];
    bench.file("in.jsonl", lines.concat());
    let ended =
        bench.run(&["exec", "in.jsonl", "-o", "out", "--json"]).code(1).err("does not define `int other(int n)`");
    let counts = ended.json();
    assert_eq!((counts["returned"].as_u64(), counts["trapped"].as_u64()), (Some(6), Some(1)), "{counts}");
    assert_eq!((counts["changed"].as_u64(), counts["rejected"].as_u64()), (Some(1), Some(1)), "{counts}");
    let text = bench.read("out/in.jsonl");
    let rows: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows[0]["examples"][0]["output"], serde_json::json!({"return": 6, "a": [0, 0, 0]}));
    assert_eq!(rows[0]["examples"][2]["output"], serde_json::Value::Null);
    assert_eq!(rows[0]["trap"], serde_json::json!([null, null, "out_of_bounds"]));
    assert_eq!((rows[0]["note"].as_str(), rows[1]["outcome"][0].as_str()), (Some("kept"), Some("returned")));
    assert_eq!(rows[2]["examples"][0]["output"], serde_json::json!({"return": 1, "a": [0]}));
    assert_eq!(rows[3]["fuel"], serde_json::json!([1, 1]));
    assert_eq!(rows[4]["outcome"], serde_json::json!(["rejected"]));

    // The same as columns: inputs and outputs are JSON text.
    use arrow_array::{RecordBatch, StringArray, cast::AsArray};
    let half = |side: &str| examples.as_array().unwrap().iter().map(|it| it[side].clone()).collect::<Vec<_>>();
    let columns = [
        ("id", "sum".to_owned()),
        ("language", "c".to_owned()),
        ("signature", "int sum(int a[], int n)".to_owned()),
        ("source", sum.to_owned()),
        ("inputs", serde_json::Value::from(half("input")).to_string()),
        ("outputs", serde_json::Value::from(half("output")).to_string()),
    ];
    let column = |text: String| std::sync::Arc::new(StringArray::from(vec![text])) as arrow_array::ArrayRef;
    let batch = RecordBatch::try_from_iter(columns.map(|(name, text)| (name, column(text)))).unwrap();
    let file = fs::File::create(bench.path().join("in.parquet")).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let ended = bench.run(&["exec", "in.parquet", "-o", "columns", "--json"]).code(0);
    assert_eq!((ended.json()["changed"].as_u64(), ended.json()["trapped"].as_u64()), (Some(0), Some(1)));
    let file = fs::File::open(bench.path().join("columns/in.parquet")).unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReader::try_new(file, 10).unwrap();
    let batch = reader.map(Result::unwrap).next().unwrap();
    let outputs = batch.column_by_name("outputs").unwrap().as_string::<i32>().value(0);
    assert_eq!(outputs, r#"[{"return":6,"a":[0,0,0]},{"return":4,"a":[0,5]},null]"#);
    assert_eq!(batch.column_by_name("fuel").unwrap().as_list::<i32>().value(0).len(), 3);
}

#[test]
fn exec_of_broken_input() {
    let bench = Bench::new();
    bench.file("cut.parquet", "PAR1 and no more").file("cut.jsonl", "{\"id\": 1}\n").file("notes.txt", "");
    bench.run(&["exec", "cut.parquet", "-o", "out"]).code(1).err("not a whole Parquet file");
    bench.run(&["exec", "cut.jsonl", "-o", "out"]).code(1).err("line 1: no task");
    bench.run(&["exec", "notes.txt", "-o", "out"]).code(1).err("neither .parquet nor .jsonl");
    bench.run(&["exec", "absent.parquet", "-o", "out"]).code(1).err("no such file");
    assert!(!bench.path().join("out/cut.jsonl").exists(), "a shard that failed has no output");
}

#[test]
fn x86_programs_are_checked_emitted_run_and_lifted() {
    let bench = Bench::new();
    bench.file("add.s", "addl $2, %ecx\nimull %ecx, %eax\n").file("bad.s", "adl $2, %ecx\naddl %eax, %rbx\n");
    bench.run(&["check", "add.s"]).code(0).out("");
    bench.run(&["check", "bad.s"]).code(1).err("there is no instruction `adl`").err("not of its width");
    bench.run(&["emit", "add.s", "--stage", "bytes"]).code(0).out("83c1020fafc1\n");
    let text = bench.run(&["emit", "add.s", "--stage", "ast", "--syntax", "intel"]).code(0).out;
    assert_eq!(text, ".intel_syntax noprefix\n    add ecx, 2\n    imul eax, ecx\n");
    bench.file("intel.s", text);
    bench.run(&["emit", "intel.s", "--stage", "bytes"]).code(0).out("83c1020fafc1\n");
    let input = "{\"registers\": {\"eax\": 3, \"ecx\": 5}, \"ram\": [1, 2]}";
    let output = "{\"registers\":{\"eax\":21,\"ebx\":0,\"ecx\":7,\"edx\":0},\"ram\":[1,2]}\n";
    for engine in ["interp", "jit", "native"] {
        bench.run(&["run", "add.s", "--engine", engine, "--input", input]).code(0).out(output);
    }
    bench.run(&["run", "add.s", "--input", "{\"registers\": {\"foo\": 3}}"]).code(1).err("no register `foo`");
    bench.file("wild.s", "movl 400(%rbp), %eax\n").file("endless.s", ".L1:\njmp .L1\n");
    bench.run(&["run", "wild.s"]).code(3).err("out of bounds");
    bench.run(&["run", "wild.s", "--engine", "native"]).code(1).err("outside the area");
    bench.run(&["run", "endless.s", "--fuel", "1000"]).code(4).err("out of fuel");
    bench.run(&["run", "endless.s", "--engine", "native"]).code(4).err("out of fuel");
    let lifted = bench.run(&["lift", "--hex", "83c102 0fafc1"]).code(0).out;
    assert_eq!(lifted, "    addl $2, %ecx\n    imull %ecx, %eax\n");
    bench.run(&["lift", "--hex", "0fa2"]).code(1).err("at 0x0 (0f a2): the instruction `cpuid` is not in the subset");
    bench.run(&["lift", "--hex", "0f"]).code(1).err("end inside an instruction");
    bench.run(&["lift", "--hex", "zz"]).code(1).err("no hexadecimal digit");
    bench.run(&["lift", "--hex", "83c102", "--stage", "ir"]).code(0);
    bench.run(&["lift", "add.s", "--entry", "f"]).code(1).err("only an ELF object file has functions");
}
