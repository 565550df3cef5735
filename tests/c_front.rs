//! The C front end against what nobody would write: printing and parsing are inverse on real sources, no mutation of a
//! source brings a panic, and no nesting exhausts the stack.

mod support;

use iocc::diagnostic::{Source, codes, render};
use iocc::ir;
use iocc::lang::c;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::fs;

/// The programs of the public benchmark.
fn benchmark() -> Vec<String> {
    let text = fs::read_to_string(support::root().join("corpus/tasks/c_eval.jsonl")).expect("the corpus is readable");
    let source = |line: &str| {
        let task: serde_json::Value = serde_json::from_str(line).expect("a line is JSON");
        task["source"].as_str().expect("every task of the benchmark has its source").to_owned()
    };
    text.lines().map(source).collect()
}

fn cases() -> Vec<String> {
    let mut files = support::files("tests/cases/c", "c");
    files.extend(support::files("tests/cases/diagnostics", "c"));
    files.iter().map(|path| fs::read_to_string(path).expect("cases are readable")).collect()
}

#[test]
fn printing_what_was_parsed_is_the_identity_on_the_benchmark() {
    let sources = benchmark();
    assert_eq!(sources.len(), 1000);
    for source in sources {
        let program = c::parse(&source).unwrap_or_else(|errors| panic!("{source}\n{errors:?}"));
        assert_eq!(c::print(&program), source);
    }
}

/// Through all stages; diagnostics must point into the source.
fn run(text: &str) {
    let report = |errors: &[iocc::diagnostic::Diagnostic]| {
        let source = Source { name: "x.c".into(), text: text.into() };
        assert!(!errors.is_empty() && render(errors, &source, false).contains("E00"));
        for error in errors {
            let good = error.labels.iter().all(|label| label.span.start <= label.span.end);
            assert!(good && error.labels[0].span.end as usize <= text.len(), "{text}\n{error:?}");
        }
    };
    let tree = match c::parse(text) {
        Ok(tree) => tree,
        Err(errors) => return report(&errors),
    };
    let printed = c::print(&tree);
    let again = c::parse(&printed).unwrap_or_else(|errors| panic!("{text}\nwas printed as\n{printed}\n{errors:?}"));
    assert_eq!(c::dump(&tree, false), c::dump(&again, false), "{text}\nwas printed as\n{printed}");
    match c::check(&tree) {
        Ok(checked) => {
            let program = c::lower(&checked.program, c::LowerOptions { notes: true });
            ir::verify(&program).unwrap_or_else(|errors| panic!("{text}\n{errors:?}\n{}", ir::print(&program)));
        }
        Err(errors) => report(&errors),
    }
}

/// One small damage: a part deleted, doubled, moved, or a token of C put somewhere.
fn mutate(text: &mut Vec<char>, rng: &mut Xoshiro256PlusPlus) {
    const PARTS: [&str; 26] = [
        "(", ")", "{", "}", "[", "]", ";", ",", "=", "+", "-", "++", "*", "&&", "?", ":", "int ", "if ", "else ",
        "for ", "return ", "é", "\"", "/*", "0", "struct ",
    ];
    let at = rng.random_range(0..=text.len());
    let length = rng.random_range(1..=8.min(text.len() + 1)).min(text.len() - at);
    match rng.random_range(0..5) {
        0 => drop(text.drain(at..at + length)),
        1 => {
            let part: Vec<char> = text[at..at + length].to_vec();
            text.splice(at..at, part);
        }
        2 => {
            let part: Vec<char> = text.drain(at..at + length).collect();
            let to = rng.random_range(0..=text.len());
            text.splice(to..to, part);
        }
        3 if !text.is_empty() => {
            let (left, right) = (rng.random_range(0..text.len()), rng.random_range(0..text.len()));
            text.swap(left, right);
        }
        _ => drop(text.splice(at..at, PARTS[rng.random_range(0..PARTS.len())].chars())),
    }
}

#[test]
fn no_mutation_of_a_source_brings_a_panic() {
    let sources: Vec<Vec<char>> =
        cases().iter().chain(benchmark().iter().step_by(50)).map(|text| text.chars().collect()).collect();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    for round in 0..4000 {
        let mut text = sources[round % sources.len()].clone();
        for _ in 0..rng.random_range(1..4) {
            mutate(&mut text, &mut rng);
        }
        run(&text.iter().collect::<String>());
    }
}

/// `f` with a statement or an expression nested `depth` times.
fn nested(before: &str, middle: &str, after: &str, depth: usize) -> String {
    let (before, after) = (before.repeat(depth), after.repeat(depth));
    if before.starts_with(['i', 'd', 'w', 'f', '{']) && !before.starts_with("f(") {
        format!("int f(int x, int a[])\n{{\n{before}{middle};{after}\nreturn x;\n}}")
    } else {
        format!("int f(int x, int a[])\n{{\nreturn {before}{middle}{after};\n}}")
    }
}

const SHAPES: [(&str, &str, &str); 15] = [
    ("(", "x", ")"),
    ("a[", "x", "]"),
    ("f(", "x", ", a)"),
    ("-", "x", ""),
    ("!", "x", ""),
    ("x + ", "x", ""),
    ("x + (", "x", ")"),
    ("x ? x : ", "x", ""),
    ("x ? ", "x", " : x"),
    ("x = ", "x", ""),
    ("{", "x", "}"),
    ("if (x) ", "x", ""),
    ("if (x) { x = 1; } else ", "x", ""),
    ("for (;x;) { ", "x", "}"),
    ("do ", "x", " while (x);"),
];

#[test]
fn nesting_that_is_too_deep_is_an_error() {
    for (before, middle, after) in SHAPES {
        for depth in [2_002, 100_000] {
            let errors = c::parse(&nested(before, middle, after, depth)).err();
            let code = errors.map(|errors| errors[0].code);
            assert_eq!(code, Some(codes::TOO_DEEP), "{before}");
        }
    }
    for text in ["{".repeat(1 << 20), format!("int f() {{ {}", "{".repeat(1 << 20))] {
        assert_eq!(c::parse(&text).expect_err("brackets are open")[0].code, codes::TOO_DEEP);
    }
}

/// The stack of a thread is 2 MiB where Rust starts it.
#[test]
fn nesting_that_is_allowed_fits_the_stack_in_every_stage() {
    for (before, middle, after) in SHAPES {
        let deepest = (1..=1000).rev().find(|&depth| c::parse(&nested(before, middle, after, depth)).is_ok());
        let deepest = deepest.unwrap_or(0);
        assert!(deepest >= 60, "{before}: only {deepest} levels");
        run(&nested(before, middle, after, deepest));
    }
}

#[test]
fn large_files_take_moderate_time() {
    let function =
        |name: usize| format!("int f{name}(int x)\n{{\n{}    return x;\n}}\n", "    x = x + 1;\n".repeat(100));
    let good: String = (0..100).map(function).collect();
    run(&good);
    run(&good.replace("x = x", "x = = x"));
    run(&good.replace("x = x", "y = z"));
    run(&format!("int f(int x)\n{{\n    return x{};\n}}", " + 1".repeat(50_000)));
    run(&"int f(int x) ".repeat(30_000));
    run(&";".repeat(100_000));
    run(&"x ".repeat(100_000));
    run(&format!("int f(int a)\n{{\n    int b[] = {{{}0}};\n    return b[a];\n}}", "a++, ".repeat(20_000)));
}

/// The name is in scope in its own initialiser. Found by the comparison with gcc.
#[test]
fn an_initialiser_may_write_its_own_variable() {
    use iocc::exec::{Engine, Outcome, SYNTHESIS_FUEL, interp::Interpreter};
    let source = "int f() { int s = 0; for (int i = 0; i < 2; i++) { int x = (x = i + 3); s += x; } return s; }";
    let program = c::compile(source).expect("it is sound");
    let run = Interpreter::new(&program).run(ir::FunctionId(0), &mut [], SYNTHESIS_FUEL);
    assert_eq!(run.outcome, Outcome::Returned(vec![7]));
}
