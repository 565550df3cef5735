//! Textbook programs with known results (corpus/c): the interpreter, compiled code and gcc give the same.

use iocc::exec::interp::Interpreter;
use iocc::exec::jit::Jit;
use iocc::exec::{Engine, Outcome, RUN_FUEL};
use iocc::ir::FunctionId;
use iocc::lang::c;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The programs, each with what its second line says that `main` returns.
fn programs() -> Vec<(PathBuf, String, i64)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/c");
    let entries = fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("it can be read").path());
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("it can be read");
        let returns = text.lines().find_map(|line| line.strip_prefix("// returns "));
        let returns = returns.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{}", path.display()));
        (path, text, returns)
    };
    let mut found: Vec<_> = entries.filter(|path| path.extension().is_some_and(|it| it == "c")).map(read).collect();
    found.sort();
    assert!(found.len() >= 98, "only {} programs", found.len());
    found
}

fn run(engine: &mut dyn Engine, main: FunctionId) -> Outcome {
    engine.run(main, &mut [], RUN_FUEL).outcome
}

#[test]
fn engines_give_the_known_results() {
    for (path, text, returns) in programs() {
        let program = c::compile(&text).unwrap_or_else(|errors| panic!("{}: {errors:?}", path.display()));
        let main = program.functions.iter().position(|function| function.name == "main").expect("has a main");
        let main = FunctionId(u32::try_from(main).expect("few functions"));
        let wanted = Outcome::Returned(vec![returns]);
        assert_eq!(run(&mut Interpreter::new(&program), main), wanted, "interpreter: {}", path.display());
        assert_eq!(run(&mut Jit::new(&program).expect("it compiles"), main), wanted, "compiled: {}", path.display());
    }
}

#[test]
fn gcc_gives_the_known_results() {
    if Command::new("gcc").arg("--version").output().is_err() {
        eprintln!("skipped: there is no gcc");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    for (path, _, returns) in programs() {
        let binary = folder.path().join("program");
        let built = Command::new("gcc").args(["-w", "-O2", "-o"]).arg(&binary).arg(&path).status();
        assert!(built.expect("gcc runs").success(), "{}", path.display());
        let status = Command::new(&binary).status().expect("it runs");
        assert_eq!(status.code().map(i64::from), Some(returns), "{}", path.display());
    }
}
