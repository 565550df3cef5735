//! Karel: the public tasks and programs, all engines against each other and against a second reading of the language,
//! ticks one by one, and the case files of tests/cases/karel.

mod generate;
mod sampled;
mod search;
mod simulator;

use iocc::corpus::{Record, read};
use iocc::exec::batch::{Batch, Choice};
use iocc::exec::interp::{Interpreter, Stop};
use iocc::exec::jit::Jit;
use iocc::exec::karel::{Rows, Watch, actions, run, run_worlds};
use iocc::exec::{Engine, Outcome, Run};
use iocc::ir::{self, TrapKind};
use iocc::lang::karel::ast::{Form, Program};
use iocc::lang::karel::{self, LowerOptions, TICKS, World, picture, public, svg};
use iocc::sample::karel::tokens;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde_json::Value;
use simulator::Ended;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn parse(source: &str) -> Program {
    let program = karel::parse(source).unwrap_or_else(|errors| panic!("{errors:?}\n{source}"));
    karel::check(&program).unwrap_or_else(|errors| panic!("{errors:?}\n{source}"));
    program
}

fn lower(program: &Program) -> ir::Program {
    let lowered = karel::lower(program, LowerOptions::default());
    assert_eq!(ir::verify(&lowered), Ok(()), "{}", karel::print(program, Form::Tokens));
    lowered
}

/// What an engine's run was, in the simulator's words.
fn ended(run: &Run, after: Option<World>) -> (Ended, u64) {
    let ended = match &run.outcome {
        Outcome::Returned(_) => Ended::Returned(after.expect("it returned")),
        Outcome::Trapped(trap) if trap.kind == TrapKind::Crash => Ended::Crashed,
        Outcome::Trapped(trap) => panic!("{trap:?}"),
        Outcome::OutOfFuel => Ended::OutOfTicks,
    };
    (ended, run.fuel)
}

/// The simulator, the interpreter, a watched run, compiled code and every way of running rows agree.
fn engines_agree(program: &Program, worlds: &[World], ticks: u64) -> Vec<Ended> {
    let source = karel::print(program, Form::Tokens);
    let lowered = lower(program);
    let mut jit = Jit::new(&lowered).expect("it compiles");
    let mut interpreter = Interpreter::new(&lowered);
    let mut all = Vec::new();
    for world in worlds {
        let (expected, used, acted) = simulator::run(program, world, ticks);
        let mut engines: [&mut dyn Engine; 2] = [&mut interpreter, &mut jit];
        for (number, engine) in engines.iter_mut().enumerate() {
            let (done, after) = run(*engine, world, ticks);
            assert_eq!(ended(&done, after), (expected.clone(), used), "engine {number}: {source}\n{world}");
        }
        let (done, after) = Watch::new(program).run(world, ticks, |_| {});
        assert_eq!(ended(&done, after), (expected.clone(), used), "watched: {source}\n{world}");
        assert_eq!(actions(program, world, ticks), acted, "{source}\n{world}");
        all.push(expected);
    }
    for choice in [Choice::Auto, Choice::Interpreter, Choice::Lockstep, Choice::Jit] {
        let mut batch = Batch::new(choice);
        let after = run_worlds(&mut batch, &lowered, worlds, ticks);
        for ((world, after), expected) in worlds.iter().zip(after).zip(&all) {
            let expected = if let Ended::Returned(world) = expected { Some(world) } else { None };
            assert_eq!(after.as_ref(), expected, "{choice:?}: {source}\n{world}");
        }
    }
    all
}

#[test]
fn public_tasks_give_their_outputs_and_actions() {
    let mut examples = 0;
    for line in text("corpus/karel/msr_sample.jsonl").lines() {
        let task: Value = serde_json::from_str(line).expect("it is JSON");
        let words: Vec<&str> =
            task["program_tokens"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        let program = parse(&words.join(" "));
        assert_eq!(karel::print(&program, Form::Tokens), words.join(" "));
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for example in task["examples"].as_array().expect("a list") {
            let world = |side: &str| {
                let (fields, tensor) = (&example[format!("{side}_json")], &example[format!("{side}_tensor")]);
                let tensor = tensor.as_str().expect("a text");
                let world = public::from_json(fields).expect("it is a world");
                assert_eq!(public::to_json(&world), *fields);
                assert_eq!(public::to_tensor(&world).as_deref(), Ok(tensor));
                assert_eq!(public::from_tensor(tensor).as_ref(), Ok(&world));
                let shown = (picture::lines(&world).join("\n"), picture::markers(&world));
                assert_eq!(picture::read(&shown.0, &shown.1).as_ref(), Ok(&world));
                world
            };
            let (input, output) = (world("inpgrid"), world("outgrid"));
            let wanted: Vec<&str> =
                example["actions"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
            let done: Vec<&str> = actions(&program, &input, TICKS).iter().map(|action| action.name()).collect();
            assert_eq!(done, wanted);
            before.push(input);
            after.push(Ended::Returned(output));
            examples += 1;
        }
        assert_eq!(engines_agree(&program, &before, TICKS), after);
    }
    assert_eq!(examples, 24);
}

/// Whoever has the full data set can train on its files.
#[test]
fn public_tasks_are_records() {
    let path = root().join("corpus/karel/msr_sample.jsonl");
    let records: Vec<Record> =
        read(&path).expect("it opens").collect::<Result<_, _>>().unwrap_or_else(|error| panic!("{error}"));
    let lines = text("corpus/karel/msr_sample.jsonl");
    assert_eq!(records.len(), lines.lines().count());
    for (record, line) in records.iter().zip(lines.lines()) {
        let task: Value = serde_json::from_str(line).expect("it is JSON");
        assert_eq!((record.language.as_str(), record.id.as_str()), ("karel", task["guid"].as_str().expect("a text")));
        assert_eq!((record.inputs.len(), record.outputs.len(), record.n_given), (6, 6, 5));
        assert_eq!(record.tokens as usize, tokens(&parse(&record.source)));
        let input = public::from_json(&task["examples"][5]["inpgrid_json"]).expect("it is a world");
        assert_eq!(record.inputs[5], input.words());
    }
}

#[test]
fn real_programs_parse_print_and_run() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(7);
    let text = text("corpus/karel/real_programs.txt");
    assert_eq!(text.lines().count(), 250);
    let mut returned = 0;
    for line in text.lines() {
        let program = parse(line);
        assert_eq!(karel::print(&program, Form::Tokens), line);
        let readable = karel::print(&program, Form::Readable);
        assert_eq!(karel::print(&parse(&readable), Form::Tokens), line, "{readable}");
        let worlds: Vec<World> = (0..40).map(|_| generate::world(&mut rng)).collect();
        let ended = engines_agree(&program, &worlds, TICKS);
        returned += usize::from(ended.iter().any(|ended| matches!(ended, Ended::Returned(_))));
    }
    assert!(returned > 200, "only {returned} programs ever returned");
}

/// `IOCC_KAREL_PROGRAMS` makes more of them.
#[test]
fn random_programs_do_the_same_everywhere() {
    let count = std::env::var("IOCC_KAREL_PROGRAMS").ok().and_then(|count| count.parse().ok()).unwrap_or(300);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(11);
    let mut seen = [0; 3];
    for _ in 0..count {
        let program = generate::program(&mut rng);
        for form in [Form::Tokens, Form::Readable] {
            let text = karel::print(&program, form);
            assert_eq!(karel::print(&parse(&text), form), text);
        }
        let worlds: Vec<World> = (0..24).map(|_| generate::world(&mut rng)).collect();
        for ended in engines_agree(&program, &worlds, TICKS) {
            seen[match ended {
                Ended::Returned(_) => 0,
                Ended::Crashed => 1,
                Ended::OutOfTicks => 2,
            }] += 1;
        }
    }
    assert!(seen.iter().all(|count| *count > 50), "{seen:?}");
}

#[test]
fn the_201st_tick_fails() {
    let world = picture::read(">.", &[]).expect("it is a world");
    for (source, ticks) in [
        ("DEF run m( turnLeft m)", 1),
        ("DEF run m( REPEAT R=0 r( turnLeft r) turnLeft m)", 1),
        ("DEF run m( REPEAT R=3 r( turnLeft r) m)", 6),
        ("DEF run m( IF c( not c( not c( frontIsClear c) c) c) i( turnLeft i) m)", 2),
        ("DEF run m( IF c( markersPresent c) i( turnLeft i) m)", 1),
        ("DEF run m( WHILE c( frontIsClear c) w( move w) m)", 3),
        ("DEF run m( REPEAT R=10 r( REPEAT R=9 r( turnLeft r) turnLeft r) m)", 200),
        ("DEF run m( REPEAT R=10 r( REPEAT R=9 r( turnLeft r) turnLeft r) turnLeft m)", 201),
    ] {
        let program = parse(source);
        for limit in [ticks - 1, ticks, TICKS] {
            let ended = engines_agree(&program, std::slice::from_ref(&world), limit);
            assert_eq!(matches!(ended[0], Ended::Returned(_)), limit >= ticks, "{source}: {limit}");
        }
    }
}

#[test]
fn rows_that_do_not_return_stay() {
    let worlds = [">#", ">.."].map(|grid| picture::read(grid, &[]).expect("it is a world"));
    let lowered = lower(&parse("DEF run m( putMarker move m)"));
    let mut rows = Rows::new(&worlds);
    let mut stops = Vec::new();
    rows.run(&mut Batch::default(), &lowered, TICKS, |_, stop, fuel| stops.push((stop == Stop::Returned, fuel)));
    assert_eq!(stops, [(false, 2), (true, 2)]);
    let after: Vec<World> = worlds.iter().zip(rows.iter()).map(|(world, words)| world.after(words)).collect();
    assert_eq!(after[0], worlds[0]);
    assert_eq!(after[1].to_string(), "1>.\n");
}

#[test]
fn what_is_no_world_is_told() {
    for (grid, markers, message) in [
        ("", vec![], "an empty grid"),
        ("..", vec![], "one hero, not 0"),
        (">.\n<.", vec![], "one hero, not 2"),
        (">.\n.", vec![], "line 2 of the grid has 1 cells, the first has 2"),
        (">x", vec![], "`x` in line 1, column 2 is no cell"),
        (">................", vec![], "not 1 by 17"),
        (">.", vec![(1, 0, 1)], "row 1, column 0 is outside"),
        (">#", vec![(0, 1, 1)], "a marker stands on a wall"),
        (">.", vec![(0, 1, 102)], "at most 101 markers, not 102"),
    ] {
        let error = picture::read(grid, &markers).expect_err(grid).to_string();
        assert!(error.contains(message), "{grid}: {error}");
    }
    let json = |change: &dyn Fn(&mut Value)| {
        let world = picture::read("#.\n.>", &[]).expect("it is a world");
        let mut fields = public::to_json(&world);
        change(&mut fields);
        public::from_json(&fields).expect_err("it is no world").to_string()
    };
    assert!(json(&|fields| fields["hero"] = "1:0:east".into()).contains("the hero stands on a wall"));
    assert!(json(&|fields| fields["hero"] = "0:0:up".into()).contains("faces `north`"));
    assert!(json(&|fields| fields["rows"] = 40.into()).contains("not 40 by 2"));
    assert!(json(&|fields| fields["markers"] = "0:0".into()).contains("`0:0` has not 3 parts"));
    assert!(json(&|fields| fields["crashed"] = true.into()).contains("crashed"));
    let full = picture::read(">.", &[(0, 0, 11)]).expect("it is a world");
    let error = public::to_tensor(&full).expect_err("it has no channel").to_string();
    assert_eq!(error, "11 markers on a cell have no tensor");
    for tensor in ["", "5000:1.0 ", "1620:1.0 1621:1.0 1638:1.0", "19:0.5", "x"] {
        assert!(public::from_tensor(tensor).is_err(), "{tensor}");
    }
}

#[test]
fn pictures_of_a_run() {
    let program = parse("DEF run m( move putMarker m)");
    let world = picture::read("#.\n>.", &[(1, 1, 10)]).expect("it is a world");
    let mut steps = vec![("start".to_owned(), world.clone())];
    Watch::new(&program).run(&world, TICKS, |event| {
        if let iocc::exec::karel::Event::Acted(action, world) = event {
            steps.push((action.name().to_owned(), world.clone()));
        }
    });
    assert_eq!(steps[2].1.to_string(), "#.\n.>\nmarkers = [[1, 1, 11]]\n");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root().join("snapshots/karel"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("svg_run", svg::run(&steps)));
}

/// Case files: a program, then comments that begin with `#! `: grids under `#! world` and `#! after` (or `#! crashes`,
/// `#! runs out`), with `markers = [...]` lines where needed, and `#! ticks N`.
#[test]
fn cases() {
    let folder = root().join("tests/cases/karel");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("it is there").map(|entry| entry.expect("it is").path()).collect();
    paths.sort();
    assert!(paths.len() >= 6, "{} cases", paths.len());
    for path in paths {
        let source = fs::read_to_string(&path).expect("it is readable");
        let program = parse(&source);
        let runs = runs(&source, &path);
        assert!(!runs.is_empty(), "{} checks nothing", path.display());
        for (world, expected, ticks) in runs {
            let ended = engines_agree(&program, std::slice::from_ref(&world), TICKS);
            assert_eq!(ended[0], expected, "{}: in\n{world}", path.display());
            if let Some(ticks) = ticks {
                assert_eq!(simulator::run(&program, &world, TICKS).1, ticks, "{}: in\n{world}", path.display());
            }
        }
    }
}

/// The runs that a case file asks for.
fn runs(source: &str, path: &Path) -> Vec<(World, Ended, Option<u64>)> {
    let mut runs: Vec<(World, Ended, Option<u64>)> = Vec::new();
    let mut world = None;
    let mut lines = source.lines().filter_map(|line| line.strip_prefix("#! ")).peekable();
    while let Some(line) = lines.next() {
        let mut grid = || {
            let (mut rows, mut markers) = (String::new(), Vec::new());
            while let Some(row) = lines.next_if(|line| line.starts_with("  ")) {
                match row.trim().strip_prefix("markers = ") {
                    Some(list) => markers = serde_json::from_str(list).expect("a list of lists"),
                    None => rows += &format!("{}\n", row.trim()),
                }
            }
            picture::read(&rows, &markers).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let mut push = |ended| runs.push((world.take().expect("a world comes first"), ended, None));
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["world"] => world = Some(grid()),
            ["after"] => {
                let after = grid();
                push(Ended::Returned(after));
            }
            ["crashes"] => push(Ended::Crashed),
            ["runs", "out"] => push(Ended::OutOfTicks),
            ["ticks", ticks] => runs.last_mut().expect("a run comes first").2 = ticks.parse().ok(),
            _ => panic!("{}: unknown directive `{line}`", path.display()),
        }
    }
    runs
}
