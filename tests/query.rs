//! Questions in SQL: the functions give what corpora's columns hold and what other commands tell, and what cannot be
//! answered is told in one message.
#![cfg(feature = "query")]

#[path = "support/bench.rs"]
mod bench;

use arrow_array::{Int32Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use bench::Bench;
use iocc::corpus;
use parquet::arrow::ArrowWriter;
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

impl Bench {
    fn iocc(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let output = self.command_of(env!("CARGO_BIN_EXE_iocc"), arguments).output().expect("it runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    /// A corpus of a language; gives its name.
    fn generate<'a>(&self, language: &'a str, tasks: &str, more: &[&str]) -> &'a str {
        let arguments = ["gen", language, "-n", tasks, "--seed", "8", "-o", language];
        let (code, _, message) = self.iocc(&[&arguments[..], more].concat());
        assert_eq!(code, Some(0), "{message}");
        language
    }

    /// The rows of an answer, without their head.
    fn ask(&self, corpus: &str, sql: &str) -> Vec<String> {
        let (code, out, message) = self.iocc(&["query", sql, "--corpus", corpus, "--format", "csv"]);
        assert_eq!((code, message.as_str()), (Some(0), ""), "{sql}: {message}");
        out.lines().skip(1).map(str::to_owned).collect()
    }

    fn one(&self, corpus: &str, sql: &str) -> String {
        let rows = self.ask(corpus, sql);
        assert_eq!(rows.len(), 1, "{sql}: {rows:?}");
        rows[0].clone()
    }

    /// What is said of a question that has no answer, which must be one message.
    fn fail(&self, corpus: &str, sql: &str) -> String {
        let (code, out, message) = self.iocc(&["query", sql, "--corpus", corpus]);
        assert_eq!((code, out.as_str(), message.matches("error: ").count()), (Some(1), "", 1), "{sql}: {message}");
        message
    }
}

#[test]
fn a_corpus_is_asked_in_one_line() {
    let bench = Bench::new();
    let corpus = bench.generate("c", "3000", &[]);
    assert_eq!(bench.one(corpus, "SELECT count(*) FROM corpus"), "3000");
    let sql = "SELECT loop_depth, count(DISTINCT behaviour_hash) FROM corpus WHERE tokens < 40 GROUP BY 1 ORDER BY 1";
    let mut behaviours: BTreeMap<u32, HashSet<u64>> = BTreeMap::new();
    for record in corpus::read(&bench.at(corpus)).unwrap().map(Result::unwrap).filter(|record| record.tokens < 40) {
        behaviours.entry(record.loop_depth).or_default().insert(record.behaviour_hash);
    }
    let expected: Vec<String> = behaviours.iter().map(|(depth, known)| format!("{depth},{}", known.len())).collect();
    assert!(expected.len() > 1);
    assert_eq!(bench.ask(corpus, sql), expected);
    // A table for a person, lines of JSON for a program.
    let count = ["query", "SELECT count(*) AS n FROM corpus", "--corpus", corpus];
    let (_, table, _) = bench.iocc(&count);
    assert_eq!(table, "+------+\n| n    |\n+------+\n| 3000 |\n+------+\n");
    let (_, json, _) = bench.iocc(&[&count[..], &["--json"]].concat());
    assert_eq!(json, "{\"n\":3000}\n");
    // One shard, and a folder whose name would be a pattern.
    fs::rename(bench.at("c"), bench.at("a[b]*")).unwrap();
    assert_eq!(bench.one("a[b]*/train-00000-of-00001.parquet", "SELECT count(*) FROM corpus"), "3000");
}

#[test]
fn functions_agree_with_columns() {
    let bench = Bench::new();
    for (language, tasks) in [("c", "700"), ("karel", "60"), ("x86", "400")] {
        let corpus = bench.generate(language, tasks, &[]);
        let wrong =
            "SELECT count(*) FROM corpus WHERE NOT parses(language, source) OR length(language, source) <> tokens";
        assert_eq!(bench.one(corpus, wrong), "0", "{language}");
        // What was drawn with RAM and does not use it has a hash with RAM in the column.
        let wrong =
            "SELECT count(*) FROM corpus WHERE (behaviour_hash(language, source) IS DISTINCT FROM behaviour_hash)
            AND NOT (language = 'x86' AND CAST(inputs AS TEXT) LIKE '%ram%' AND source NOT LIKE '%rbp%')";
        assert_eq!(bench.one(corpus, wrong), "0", "{language}");
        let other = "SELECT count(*) FROM corpus AS p WHERE NOT equivalent(language, source, source)";
        assert_eq!(bench.one(corpus, other), "0", "{language}");
    }
    let run = "SELECT execute(language, source, inputs[1]) AS run, outputs[1] AS wanted FROM corpus";
    let wrong = format!(
        "SELECT count(*) FROM ({run}) WHERE (run['outcome'] IS DISTINCT FROM 'returned')
            OR run['output'] <> concat('[', array_to_string(wanted, ','), ']')"
    );
    assert_eq!(bench.one("c", &wrong), "0");
    // What `exec` adds can be asked too, and is what `execute` says.
    let (code, _, message) = bench.iocc(&["exec", "c", "-o", "run"]);
    assert_eq!(code, Some(0), "{message}");
    let fuel = "SELECT count(*) FROM corpus WHERE execute(language, source, inputs[2])['fuel'] <> fuel[2]";
    assert_eq!(bench.one("run", fuel), "0");
    assert_eq!(bench.one("run", "SELECT count(*) FROM corpus WHERE outcome[1] = 'returned'"), "700");
}

#[test]
fn programs_are_run_and_compared() {
    let bench = Bench::new();
    let corpus = bench.generate("c", "1", &[]);
    let one = |expression: &str| bench.one(corpus, &format!("SELECT {expression} AS it FROM corpus"));
    let head = "int * func_1(int a[])";
    let run = |program: &str, input: &str| {
        let fields =
            ["outcome", "trap", "output"].map(|field| format!("execute('c', '{program}', '{input}')['{field}']"));
        one(&format!("concat_ws(' ', {})", fields.join(", ")))
    };
    let doubles = format!("{head} {{ a[0] = a[0] * 2; return a; }}");
    assert_eq!(run(&doubles, "[3,0,0,0,0]"), "\"returned [6,0,0,0,0]\"");
    assert_eq!(run(&format!("{head} {{ a[9] = 1; return a; }}"), "[1,2,3,4,5]"), "trapped out_of_bounds");
    assert_eq!(run(&format!("{head} {{ while (1) {{ }} return a; }}"), "[1,2,3,4,5]"), "out_of_fuel");
    assert_eq!(run("int add(int x, int y) { return x + y; }", r#"{"x":1,"y":2}"#), r#""returned {""return"":3}""#);
    assert_eq!(run("int x;;; nonsense", "[1]"), "rejected");
    assert_eq!(run(&doubles, "no list"), "rejected");
    let why = "execute('c', 'int f(int x) { return y; }', '{\"x\": 1}')['message']";
    assert!(one(why).contains("unknown variable"), "{}", one(why));
    let world = r#"execute('karel', 'DEF run m( move m)', E'....\n>...\n')['outcome']"#;
    assert_eq!(one(world), "returned");
    assert!(
        one(r#"execute('x86', 'addl %ebx, %eax', '{"registers": {"eax": 1, "ebx": 2}}')['output']"#)
            .contains("\"\"eax\"\":3")
    );
    assert_eq!(one("execute('c', NULL, '[1]') IS NULL"), "true");

    // On all arrays: these differ where all five numbers are 4.
    let sum = "a[0] + a[1] + a[2] + a[3] + a[4]";
    let same = format!("equivalent('{doubles}', '{head} {{ a[0] += a[0]; return a; }}')");
    assert_eq!(one(&same), "true");
    let nearly = format!("equivalent('{doubles}', '{head} {{ if ({sum} < 20) {{ a[0] += a[0]; }} return a; }}')");
    assert_eq!(one(&nearly), "false");
    let endless = format!("{head} {{ while (1) {{ }} return a; }}");
    let traps = format!("{head} {{ a[9] = 1; return a; }}");
    assert_eq!(one(&format!("equivalent('{endless}', '{traps}')")), "true");
    assert_eq!(one(&format!("equivalent('{doubles}', '{endless}')")), "false");
    assert_eq!(one("equivalent('x86', 'addl %eax, %eax', 'shll $1, %eax')"), "true");
    assert_eq!(one("equivalent('x86', 'addl %eax, %eax', 'addl %ebx, %eax')"), "false");
    assert_eq!(one("equivalent('karel', 'DEF run m( turnLeft m)', 'DEF run m( turnRight m)')"), "false");
    // Programs that the domain does not fit are neither.
    assert_eq!(one("equivalent('int f(void) { return 1; }', 'int f(void) { return 1; }') IS NULL"), "true");
    assert_eq!(
        one("parses('c', 'int f(void) { return 1; }') AND NOT parses('c', 'int f(void) { return x; }')"),
        "true"
    );
    // What SQL has by the same name stays.
    assert_eq!(one("concat(length('four'), ' ', length('c', 'int f(void) { return 1; }'))"), "4 10");
}

#[test]
fn what_has_no_answer_is_told() {
    let bench = Bench::new();
    let corpus = bench.generate("c", "20", &[]);
    let refused = |corpus: &str, sql: &str, message: &str| {
        let told = bench.fail(corpus, sql);
        assert!(told.contains(message), "{sql}: {told}");
    };
    let count = "SELECT count(*) FROM corpus";
    refused(corpus, "SELEC 1", "Expected: an SQL statement");
    refused(corpus, "SELECT no_such FROM corpus", "No field named no_such");
    refused(corpus, "SELECT frobnicate(source) FROM corpus", "Invalid function 'frobnicate'");
    refused(
        corpus,
        "SELECT parses(source) FROM corpus",
        "`parses` has 1 arguments here; it is parses(language, program)",
    );
    refused(corpus, "SELECT length(language, tokens) FROM corpus", "argument 2 of `length` is Int32, not text");
    refused(corpus, "SELECT parses('cobol', source) FROM corpus", "`cobol` is no language; there are c, x86 and karel");
    refused(corpus, "CREATE TABLE mine AS SELECT 1", "DDL not supported");
    refused(corpus, "COPY corpus TO 'copy.parquet'", "DML not supported");
    assert!(!bench.at("copy.parquet").exists());
    refused("nowhere", count, "nowhere: no such file or directory");
    fs::create_dir(bench.at("empty")).unwrap();
    refused("empty", count, "empty: not a shard of iocc: the folder holds no .parquet or .jsonl file");
    bench.generate("karel", "5", &["--format", "jsonl"]);
    refused("karel", count, "questions are asked of Parquet shards");
    fs::write(bench.at("half.parquet"), b"PAR1").unwrap();
    refused("half.parquet", count, "half.parquet: not a whole Parquet file");
    let foreign = |columns: &[&str], file: &Path| {
        let fields: Vec<Field> = columns.iter().map(|name| Field::new(*name, DataType::Int32, false)).collect();
        let schema = Arc::new(Schema::new(fields));
        let arrays = columns.iter().map(|_| Arc::new(Int32Array::from(vec![1])) as _).collect();
        let mut writer = ArrowWriter::try_new(fs::File::create(file).unwrap(), Arc::clone(&schema), None).unwrap();
        writer.write(&RecordBatch::try_new(schema, arrays).unwrap()).unwrap();
        writer.close().unwrap();
    };
    foreign(&["x"], &bench.at("foreign.parquet"));
    refused("foreign.parquet", count, "foreign.parquet: not a shard of iocc: it has no column `id`");
    foreign(&["id"], &bench.at("foreign.parquet"));
    refused("foreign.parquet", count, "its column `id` is Int32, not Utf8");
    // Shards of two languages in one folder.
    bench.generate("x86", "5", &[]);
    fs::copy(bench.at("x86/train-00000-of-00001.parquet"), bench.at("c/zzz.parquet")).unwrap();
    refused(
        corpus,
        count,
        "c/zzz.parquet: not a shard of iocc: its columns are not those of c/train-00000-of-00001.parquet",
    );
}
