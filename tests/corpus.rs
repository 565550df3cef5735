//! Corpora from outside: the same bytes on any number of threads and after a kill, tasks that the interpreter
//! confirms, filters that hold, reduction that changes nothing but the text, and clear errors for broken files.

use iocc::corpus::{self, Format, Manifest, Part, Plan, Record};
use iocc::exec::SYNTHESIS_FUEL;
use iocc::exec::interp::{Interpreter, Stop};
use iocc::ir::FunctionId;
use iocc::lang::c;
use iocc::sample::c::{Config, Sampler, Scratch, draft};
use iocc::sample::inputs::{self, Cells};
use iocc::sample::lanes::Lanes;
use iocc::sample::reduce::Reducer;
use iocc::sample::tree::Tree;
use iocc::sample::{Counts, text};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const IOCC: &str = env!("CARGO_BIN_EXE_iocc");

fn generate(plan: &Plan, folder: &Path, part: Option<Part>, threads: usize) -> Manifest {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
    pool.install(|| corpus::generate(plan, folder, part, &|_| ())).expect("the folder can be written")
}

fn records(path: &Path) -> Vec<Record> {
    let records = corpus::read(path).expect("the corpus can be opened");
    records.collect::<Result<_, _>>().expect("the corpus can be read")
}

/// The names and bytes of a folder's files, sorted.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| {
            let path = entry.expect("the folder can be read").path();
            (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

fn program(source: &str) -> iocc::ir::Program {
    c::compile(source).unwrap_or_else(|errors| panic!("the checker rejects {errors:?}\n{source}"))
}

fn run(interpreter: &mut Interpreter, input: &[i32]) -> Option<Vec<i32>> {
    let mut array = input.to_vec();
    let stop = interpreter.run_array(FunctionId(0), &mut array, SYNTHESIS_FUEL);
    (stop == Stop::Returned).then_some(array)
}

#[test]
fn lanes_do_what_the_interpreter_does() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let mut lanes: Lanes<64> = Lanes::default();
    let (mut returned, mut trapped, mut exhausted) = (0, 0, 0);
    for round in 0..3_000 {
        let tree = draft(&mut rng, round % 2 == 0);
        let source = text::print(&tree);
        let program = program(&source);
        let mut interpreter = Interpreter::new(&program);
        if lanes.run(&tree, inputs::probes(), 1_000).is_err() {
            // Lanes count fuel from above, but an endless loop is endless for both.
            exhausted += 1;
            continue;
        }
        for (lane, input) in inputs::probes().iter().enumerate() {
            let wanted = run(&mut interpreter, &input.map(i32::from));
            assert_eq!(lanes.output(lane).map(Vec::from), wanted, "{input:?}\n{source}");
            if wanted.is_some() { returned += 1 } else { trapped += 1 }
        }
    }
    assert!(returned > 100_000 && trapped > 1_000 && exhausted > 10, "{returned} {trapped} {exhausted}");
}

/// The printer's only other spelling: a variable that begins with a negative constant has no parentheses.
fn bare_declarations(source: &str) -> String {
    let line = |line: &str| match line.trim_start().starts_with("int ") {
        true => line.replace("= (-", "= -").replace(");", ";"),
        false => line.to_owned(),
    };
    source.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn trees_and_text_agree_with_the_front_end() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(2);
    for _ in 0..2_000 {
        let tree = draft(&mut rng, true);
        let source = text::print(&tree);
        let parsed = c::parse(&source).unwrap_or_else(|errors| panic!("{errors:?}\n{source}"));
        let printed = c::print(&tree.to_ast());

        assert_eq!(bare_declarations(&source), printed.trim_end());
        assert_eq!(Tree::from_ast(&parsed).expect("the sampler makes restricted C"), tree, "{source}");
        assert_eq!(text::tokens(&tree), iocc::token::Lexer::of("c").expect("C has a lexer").count(&source), "{source}");
    }
}

#[test]
fn a_corpus_is_the_same_on_any_number_of_threads() {
    for (format, reduce) in [(Format::Parquet, false), (Format::Jsonl, false), (Format::Parquet, true)] {
        let plan = Plan::c(if reduce { 600 } else { 9_000 }, 11, format, reduce);
        let folders = [1, 2, 3].map(|threads| {
            let folder = tempfile::tempdir().unwrap();
            generate(&plan, folder.path(), None, threads);
            contents(folder.path())
        });
        assert_eq!(folders[0].len(), 2, "a shard and the manifest");
        assert!(folders[0] == folders[1] && folders[1] == folders[2], "{format:?}: bytes depend on the threads");
    }
}

#[test]
fn seeds_make_different_corpora_and_formats_the_same_tasks() {
    let folder = tempfile::tempdir().unwrap();
    let make = |name: &str, seed, format| {
        let path = folder.path().join(name);
        generate(&Plan::c(500, seed, format, false), &path, None, 2);
        records(&path)
    };
    let (parquet, jsonl) = (make("a", 1, Format::Parquet), make("b", 1, Format::Jsonl));
    assert_eq!(parquet, jsonl);
    assert_eq!(parquet.len(), 500);
    let other = make("c", 2, Format::Parquet);
    let sources: HashSet<&str> = parquet.iter().map(|record| record.source.as_str()).collect();
    let shared = other.iter().filter(|record| sources.contains(record.source.as_str())).count();
    assert!(shared < 100, "{shared} of 500 programs are the same under another seed");
}

/// Whole runs, parts and killed runs of one corpus of three shards give the same bytes.
#[test]
fn parts_and_killed_runs_make_the_same_bytes() {
    let root = tempfile::tempdir().unwrap();
    let plan = Plan::c(140_000, 3, Format::Parquet, false);
    assert_eq!(plan.shards(), 3);
    let whole = root.path().join("whole");
    let manifest = generate(&plan, &whole, None, 2);
    let wanted = contents(&whole);
    check_manifest(&manifest, &plan, &whole);

    let part = root.path().join("part");
    let of_part = generate(&plan, &part, Some(Part { index: 1, of: 3 }), 1);
    assert_eq!(of_part.shards.keys().copied().collect::<Vec<_>>(), [1]);
    let name = plan.file(1);
    assert_eq!(fs::read(part.join(&name)).unwrap(), fs::read(whole.join(&name)).unwrap());

    let killed = root.path().join("killed");
    let arguments = ["gen", "c", "-n", "140000", "--seed", "3", "--threads", "1", "-o", killed.to_str().unwrap()];
    let mut child = Command::new(IOCC).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while !killed.join(corpus::manifest::FILE).exists() {
        assert!(child.try_wait().unwrap().is_none(), "the run ended before it could be killed");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let found = Manifest::read(&killed).unwrap().expect("the manifest is written with the first shard");
    assert!(found.shards.len() < 3, "the run was killed too late to show anything");
    let first = fs::metadata(killed.join(plan.file(0))).unwrap().modified().unwrap();
    // A shard that is not as the manifest says is made again.
    generate(&plan, &killed, None, 3);
    assert_eq!(fs::metadata(killed.join(plan.file(0))).unwrap().modified().unwrap(), first, "a whole shard was remade");
    let shards = |folder: &Path| -> Vec<(String, Vec<u8>)> {
        contents(folder).into_iter().filter(|(name, _)| !name.starts_with('.')).collect()
    };
    assert!(shards(&killed) == wanted, "the resumed corpus differs");
    let left: Vec<String> =
        contents(&killed).into_iter().map(|(name, _)| name).filter(|name| name.starts_with('.')).collect();
    assert_eq!(left, Vec::<String>::new(), "a killed run's temporary files stay");

    fs::write(killed.join(plan.file(2)), b"not whole").unwrap();
    generate(&plan, &killed, None, 2);
    assert!(shards(&killed) == wanted, "a damaged shard was not made again");
}

fn check_manifest(manifest: &Manifest, plan: &Plan, folder: &Path) {
    let mut total = Counts::default();
    for (number, shard) in &manifest.shards {
        total += shard.counts;
        let path = folder.join(&shard.file);
        let records = records(&path);
        let range = plan.range(*number);
        assert_eq!((shard.rows, shard.counts.kept), (range.end - range.start, records.len() as u64));
        assert_eq!(shard.bytes, fs::metadata(&path).unwrap().len());
        let sources: HashSet<&str> = records.iter().map(|record| record.source.as_str()).collect();
        assert_eq!(sources.len(), records.len(), "equal sources in one block");
        let behaviours: HashSet<u64> = records.iter().map(|record| record.behaviour_hash).collect();
        assert_eq!(shard.counts.duplicate_behaviour, (records.len() - behaviours.len()) as u64);
    }
    assert_eq!(manifest.counts, total);
    assert_eq!(total.kept, plan.tasks);
    assert_eq!(Manifest::read(folder).unwrap().as_ref(), Some(manifest));
    let dropped = [total.trivial, total.trapped, total.out_of_fuel, total.out_of_range, total.duplicate_source];
    assert!(dropped.iter().all(|count| *count > 0), "{total:?}");
}

#[test]
fn every_record_is_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    generate(&Plan::c(4_000, 21, Format::Parquet, false), folder.path(), None, 2);
    let records = records(folder.path());
    let config = Config::default();
    for record in &records {
        let program = program(&record.source);
        let mut interpreter = Interpreter::new(&program);
        assert_eq!((record.inputs.len(), record.n_given), (config.given + config.held_out, config.given as u32));
        for (input, output) in record.inputs.iter().zip(&record.outputs) {
            assert_eq!(run(&mut interpreter, input).as_ref(), Some(output), "{input:?}\n{}", record.source);
            assert!(input.iter().chain(output).all(|value| (-4..=4).contains(value)), "{record:?}");
        }
        assert_eq!(record.inputs.iter().collect::<HashSet<_>>().len(), 10, "an input twice");
        assert_ne!(record.inputs, record.outputs, "an identity map");
        assert_ne!(record.outputs.iter().collect::<HashSet<_>>().len(), 1, "a constant map");
        assert_eq!(record.tokens as usize, iocc::token::Lexer::of("c").unwrap().count(&record.source));
        assert!(record.tokens <= 256);
        assert_eq!(record.loop_depth > 0, record.source.contains("for ("));
        assert_eq!(record.language, "c");
        assert!(c::parse_signature(&record.signature).is_ok());
    }
    let loops = records.iter().filter(|record| record.loop_depth > 0).count();
    assert!(loops * 2 >= records.len(), "{loops} of {} programs have a loop", records.len());
    let mut lengths: Vec<u32> = records.iter().map(|record| record.tokens).collect();
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!((50..75).contains(&median), "the median program has {median} tokens");
}

/// Behaviour hashes are those of the interpreter's outputs.
#[test]
fn equal_behaviour_hashes_mean_equal_outputs() {
    let sampler = Sampler::default();
    let (mut scratch, mut counts) = (Scratch::default(), Counts::default());
    let mut seen: std::collections::HashMap<u64, Vec<Option<Vec<i32>>>> = Default::default();
    let mut repeated = 0;
    for index in 0..1_500 {
        let task = sampler.task(4, index, 0, &mut scratch, &mut counts);
        let program = program(&text::print(&task.tree));
        let mut interpreter = Interpreter::new(&program);
        let outputs: Vec<_> =
            inputs::probes().iter().map(|input| run(&mut interpreter, &input.map(i32::from))).collect();
        let known = outputs.clone();
        repeated += usize::from(seen.contains_key(&task.behaviour));
        assert_eq!(*seen.entry(task.behaviour).or_insert(known), outputs, "{}", text::print(&task.tree));
    }
    let distinct: HashSet<_> = seen.values().collect();
    assert_eq!(distinct.len(), seen.len(), "equal outputs have different hashes");
    assert!(repeated > 100, "{repeated}");
}

#[test]
fn reduction_keeps_behaviour_and_never_lengthens() {
    let sampler = Sampler::default();
    let (mut scratch, mut counts, mut reducer) = (Scratch::default(), Counts::default(), Reducer::default());
    let further: [Cells; 200] = inputs::fixed(77);
    let (mut before, mut after, mut further_differs, mut settled) = (0, 0, 0, 0);
    for index in 0..400 {
        let task = sampler.task(9, index, 0, &mut scratch, &mut counts);
        let own: Vec<Cells> = task.examples.iter().map(|(input, _)| *input).collect();
        let reduced = reducer.reduce(&task.tree, &own);
        before += text::length(&task.tree);
        after += text::length(&reduced);
        assert!(text::length(&reduced) <= text::length(&task.tree));
        let (old, new) = (text::print(&task.tree), text::print(&reduced));
        let (old_program, new_program) = (program(&old), program(&new));
        let mut original = Interpreter::new(&old_program);
        let mut shorter = Interpreter::new(&new_program);
        for input in own.iter().chain(inputs::probes()) {
            let input = input.map(i32::from);
            if let Some(wanted) = run(&mut original, &input) {
                assert_eq!(run(&mut shorter, &input), Some(wanted), "{input:?}\n{old}\n{new}");
            }
        }
        let same = |input: &Cells| {
            let input = input.map(i32::from);
            run(&mut original, &input).is_none_or(|wanted| run(&mut shorter, &input) == Some(wanted))
        };
        further_differs += usize::from(!further.iter().all(same));
        settled += usize::from(reducer.reduce(&reduced, &own) == reduced);
    }
    assert!(after * 3 < before * 2, "{before} tokens became {after}");
    // A condition that holds for one input in a thousand may be taken for one that never holds.
    assert!(further_differs <= 20, "{further_differs} of 400 programs differ on other inputs");
    assert!(settled >= 390, "only {settled} of 400 reduced programs are their own reduction");
}

#[test]
fn reduction_is_canonical() {
    let check = |spellings: &[&str], wanted: &str| {
        let mut reducer = Reducer::default();
        for spelling in spellings {
            let source = format!("int * func_1(int a[])\n{{\n{spelling}\nreturn a;\n}}");
            let parsed = c::parse(&source).unwrap_or_else(|errors| panic!("{errors:?}\n{source}"));
            let reduced = reducer.reduce_program(&parsed, &[]).expect("restricted C");
            let lines: Vec<&str> = wanted.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            let text = c::print(&reduced);
            let found: Vec<&str> = text.lines().skip(2).map(str::trim).collect();
            let found = &found[..found.len() - 2];
            assert_eq!(found, lines, "{spelling}");
        }
    };
    check(&["a[1] = a[1] + 1;", "a[1]++;", "a[1] -= (-1);", "int l_3 = 1; a[l_3] += l_3;"], "++a[1];");
    check(&["++a[4]; a[2] = 1;", "a[2] = 3; a[4]++; a[2] = 1;", "a[2] = 1; a[4] = 1 + a[4];"], "a[2] = 1;\n++a[4];");
    check(&["a[0] = a[2] - (-2);", "a[0] = 2 + a[2];", "a[0] = a[2]; a[0] += 2;"], "a[0] = a[2] + 2;");
    check(
        &[
            "if (a[0] > a[1]) { a[2] = 0; }",
            "if (a[1] >= a[0]) { } else { a[2] = 0; }",
            "if (a[1] < a[0]) { a[2] = 0; }",
        ],
        "if (a[0] > a[1])\n{\na[2] = 0;\n}",
    );
    check(
        &[
            "for (int p_0 = 0; p_0 <= 3; p_0++) { a[p_0] = 0; }",
            "for (int l_2 = 3; l_2 >= 0; l_2--) { a[l_2] = 0; }",
            "int l_9 = 4; for (l_9 = 0; l_9 < 4; l_9 += 1) { a[l_9] = a[l_9] - a[l_9]; }",
            "a[0] = 0; a[2] = 0; a[1] = 0; a[3] = 0;",
        ],
        "for (int p_0 = 0; p_0 <= 3; p_0++)\n{\na[p_0] = 0;\n}",
    );
    check(&["for (int p_0 = 2; p_0 <= 3; p_0++) { a[4] += 2; }", "a[4] += 4; if (1 > 2) { a[3] = 0; }"], "a[4] += 4;");
}

/// What the model learns from must be what the mask admits.
#[test]
fn sampled_and_reduced_programs_are_in_the_profile() {
    let profile = iocc::token::Profile::load("restricted-c").unwrap();
    let vocabulary = iocc::token::Vocabulary::new(&profile).unwrap();
    let automaton = iocc::constrain::Automaton::new(&vocabulary).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for reduce in [false, true] {
        let folder = folder.path().join(reduce.to_string());
        generate(&Plan::c(500, 31, Format::Parquet, reduce), &folder, None, 2);
        for record in records(&folder) {
            let tokens =
                vocabulary.encode(&record.source).unwrap_or_else(|error| panic!("{error:?}\n{}", record.source));
            let mut state = automaton.start(256);
            for token in tokens {
                let text = vocabulary.text(token);
                assert!(automaton.advance(&mut state, token), "the mask refuses `{text}` in\n{}", record.source);
            }
            assert!(automaton.is_complete(&state), "{}", record.source);
        }
    }
}

#[test]
fn broken_files_give_clear_errors() {
    let folder = tempfile::tempdir().unwrap();
    generate(&Plan::c(300, 8, Format::Parquet, false), folder.path(), None, 1);
    let shard = fs::read(folder.path().join("train-00000-of-00001.parquet")).unwrap();
    let path = folder.path().join("broken.parquet");
    let error = |bytes: &[u8], path: &Path| -> String {
        fs::write(path, bytes).unwrap();
        let all: Result<Vec<Record>, _> = corpus::read(path).and_then(Iterator::collect);
        all.expect_err("a broken file was read").to_string()
    };
    for cut in [0, 3, 100, shard.len() / 2, shard.len() - 1] {
        let message = error(&shard[..cut], &path);
        assert!(message.contains("broken.parquet: not a whole Parquet file"), "{message}");
    }
    let lines = folder.path().join("broken.jsonl");
    for (text, wanted) in [
        ("{", "line 1"),
        ("{\"language\": \"c\", \"examples\": []}", "line 1: it has no `source`"),
        (
            "{\"language\": \"c\", \"source\": \"\", \"examples\": [{\"input\": [1], \"output\": [99999999999]}]}",
            "line 1",
        ),
    ] {
        let message = error(text.as_bytes(), &lines);
        assert!(message.contains("broken.jsonl: ") && message.contains(wanted), "{message}");
    }
    let missing = corpus::read(&folder.path().join("missing.parquet")).err().expect("there is no such file");
    assert!(missing.to_string().contains("no such file"), "{missing}");
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    assert!(corpus::read(&empty).err().unwrap().to_string().contains("no .parquet or .jsonl file"));
}

/// Whatever byte of a shard is wrong, reading gives records or an error, and no panic.
#[test]
fn flipped_bytes_do_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    generate(&Plan::c(60, 8, Format::Parquet, false), folder.path(), None, 1);
    let shard = fs::read(folder.path().join("train-00000-of-00001.parquet")).unwrap();
    let path = folder.path().join("flipped.parquet");
    let mut errors = 0;
    for place in (0..shard.len()).step_by(shard.len() / 300) {
        let mut bytes = shard.clone();
        bytes[place] ^= 0x55;
        fs::write(&path, &bytes).unwrap();
        errors += usize::from(corpus::read(&path).and_then(Iterator::collect::<Result<Vec<_>, _>>).is_err());
    }
    assert!(errors > 30, "{errors}");
}

#[test]
fn another_corpus_in_the_folder_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().to_str().unwrap();
    let run = |arguments: &[&str]| Command::new(IOCC).args(arguments).output().unwrap();
    assert!(run(&["gen", "c", "-n", "100", "--seed", "1", "-o", output]).status.success());
    assert!(run(&["gen", "c", "-n", "100", "--seed", "1", "-o", output]).status.success(), "again is no error");
    let other = run(&["gen", "c", "-n", "100", "--seed", "2", "-o", output]);
    assert_eq!(other.status.code(), Some(1));
    let message = String::from_utf8(other.stderr).unwrap();
    assert!(message.contains("holds another corpus, which has 100 tasks of seed 1"), "{message}");
    let parts = run(&["gen", "c", "-n", "100", "--seed", "1", "--shard", "2/2", "-o", output]);
    assert_eq!(parts.status.code(), Some(1));
    assert!(String::from_utf8(parts.stderr).unwrap().contains("counted from 0 to 1"));
}

/// Python's pyarrow reads the shards, where it is there.
#[test]
fn pyarrow_reads_shards() {
    let has = Command::new("python3").args(["-c", "import pyarrow.parquet"]).stderr(Stdio::null()).status();
    if !has.is_ok_and(|status| status.success()) {
        eprintln!("skipped: python3 has no pyarrow");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    generate(&Plan::c(200, 1, Format::Parquet, false), folder.path(), None, 1);
    let first = records(folder.path()).remove(0);
    let script = "import sys, pyarrow.parquet as p; r = p.read_table(sys.argv[1]).to_pylist(); \
        print(len(r), r[0]['source'] == sys.argv[2], len(r[0]['inputs']), len(r[0]['outputs'][9]))";
    let path = folder.path().join("train-00000-of-00001.parquet");
    let output = Command::new("python3").args(["-c", script, path.to_str().unwrap(), &first.source]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "200 True 10 5", "{output:?}");
}
