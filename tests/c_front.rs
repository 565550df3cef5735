//! The C front end as a whole: printing and parsing are inverse.

use iocc::lang::c;

/// The programs of the public benchmark, from the corpus folder.
fn sources() -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/tasks/c_eval.jsonl");
    let path = if std::path::Path::new(path).exists() { path } else { "/work/shared/samples/c_eval.jsonl" };
    let text = std::fs::read_to_string(path).unwrap();
    let value =
        |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["source"].as_str().unwrap().to_owned();
    text.lines().map(value).collect()
}

#[test]
fn parse_then_print_is_the_identity_on_the_benchmark() {
    for source in sources() {
        let program = c::parse(&source).unwrap_or_else(|errors| panic!("{source}\n{errors:?}"));
        assert_eq!(c::print(&program), source);
    }
}

#[test]
fn parse_then_print_of_everything() {
    let source = "int f(int x, int y[], int z[3])\n{\n    int i, j = -1, b[3], c[] = {1, -2}, d[4] = {x};\n    if (x)\n        ;\n    else if (- -x + -(-3) - -(3) * (x = 3))\n        y[x++] += ++x ? 1 : 2 ? 3 : (4 ? 5 : 6);\n    else\n        f(x << 3 >> 1, y, z);\n    do\n        x = y[0] = (-2) - (x - 1) - (3 - (4 + 5)) | 3 & 4 ^ 5;\n    while (!!x || ~~x && -(--x));\n    for (;;)\n    {\n    }\n    for (i = 0; i < 3; i++)\n        break;\n    while (x)\n        continue;\n    return f(1, y, z) + f(2, y, z) % 3;\n}\n\nvoid g()\n{\n    return;\n}";
    let program = c::parse(source).unwrap();
    let once = c::print(&program);
    let again = c::print(&c::parse(&once).unwrap());
    assert_eq!(once, again);
    println!("{once}");
    let strip = |program: &c::ast::Program| {
        let text = format!("{program:?}");
        let mut out = String::new();
        let mut rest = text.as_str();
        while let Some(at) = rest.find("Span {") {
            out.push_str(&rest[..at]);
            rest = &rest[at + rest[at..].find('}').unwrap() + 1..];
        }
        out + rest
    };
    assert_eq!(strip(&program), strip(&c::parse(&once).unwrap()));
}

#[test]
fn benchmark_outputs() {
    use iocc::exec::{Argument, Engine, Outcome, interp::Interpreter};
    let text = std::fs::read_to_string("/work/shared/samples/c_eval.jsonl").unwrap();
    let mut n = 0;
    for line in text.lines() {
        let task: serde_json::Value = serde_json::from_str(line).unwrap();
        let program = c::compile(task["source"].as_str().unwrap()).unwrap();
        iocc::ir::verify(&program).unwrap();
        let mut engine = Interpreter::new(&program);
        for key in ["examples", "held_out"] {
            for example in task[key].as_array().unwrap() {
                let list = |key: &str| {
                    example[key].as_array().unwrap().iter().map(|v| v.as_i64().unwrap() as i32).collect::<Vec<_>>()
                };
                let mut arguments = [Argument::Array(list("input"))];
                let run = engine.run(iocc::ir::FunctionId(0), &mut arguments, 10_000);
                assert!(matches!(run.outcome, Outcome::Returned(_)), "{run:?}");
                assert_eq!(arguments[0], Argument::Array(list("output")));
                n += 1;
            }
        }
    }
    println!("{n} examples");
}

#[test]
fn speed() {
    let programs: Vec<_> = sources().iter().map(|s| c::parse(s).unwrap()).collect();
    for _ in 0..3 {
        let t = std::time::Instant::now();
        for _ in 0..20 {
            for p in &programs {
                std::hint::black_box(c::check(p).unwrap());
            }
        }
        println!("check {:?}", t.elapsed() / 20_000);
        let checked: Vec<_> = programs.iter().map(|p| c::check(p).unwrap().program).collect();
        let t = std::time::Instant::now();
        for _ in 0..20 {
            for p in &checked {
                std::hint::black_box(c::lower(p, Default::default()));
            }
        }
        println!("lower {:?}", t.elapsed() / 20_000);
    }
    println!("{}", iocc::ir::print(&c::compile("int f(int a[], int n) { int s, i = 0; while (i < n && a[i] != 0) { if (a[i] > 2) s = 3; i++; } return s / n; }").unwrap()));
}
