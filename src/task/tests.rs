//! Task files that are right, and every way in which they are wrong.

use super::*;
use crate::diagnostic::Diagnostic;
use iced_x86::Register;

/// `line: message | help` for each error.
fn told(text: &str, errors: &[Diagnostic]) -> Vec<String> {
    let line = |error: &Diagnostic| 1 + text[..error.labels[0].span.start as usize].matches('\n').count();
    errors.iter().map(|error| format!("{}: {} | {}", line(error), error.message, error.help.join("; "))).collect()
}

#[track_caller]
fn check_toml_fails(text: &str, expected: &[&str]) {
    let errors = parse_toml(text, "stem").expect_err("the task is wrong");
    let told = told(text, &errors);
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.contains(expected), "expected {expected:?} in {told:#?}");
    }
}

#[track_caller]
fn check_json_fails(line: &str, expected: &str) {
    let error = parse_json(line, "line").expect_err("the task is wrong");
    let told = told(line, &error.diagnostics);
    assert!(told.iter().any(|told| told.contains(expected)), "expected {expected:?} in {told:#?}");
}

const GOOD: &str = "language = \"c\"\n[[examples]]\ninput = [1, 2, 3, 4, 5]\noutput = [1, 2, 3, 4, 6]\n";

fn c(text: &str) -> Task {
    parse_toml(text, "stem").ok().and_then(AnyTask::into_c).expect("a good task of C")
}

#[test]
fn a_toml_task_is_read() {
    let task = c(GOOD);
    assert_eq!(task.id, "stem");
    assert_eq!(task.signature, default_signature());
    assert_eq!(task.examples[0].input, [Argument::Array(vec![1, 2, 3, 4, 5])]);
    assert_eq!(task.examples[0].arrays, [Some(Argument::Array(vec![1, 2, 3, 4, 6]))]);
    let named = c(&format!("id = \"x\"\nsource = \"s\"\n{GOOD}"));
    assert_eq!((named.id.as_str(), named.source.as_deref()), ("x", Some("s")));
}

#[test]
fn another_signature_takes_tables() {
    let text = r#"
        signature = "int f(int a[], int n)"
        examples = [
            { input = { a = [3, 1, 2], n = 3 }, output = { return = 6 } },
            { input = { n = 0, a = [] }, output = { return = 0, a = [] } },
        ]
        held_out = [{ input = { a = [1], n = 1 }, output = { a = [1] } }]
    "#;
    let task = c(text);
    assert_eq!(task.examples[0].input, [Argument::Array(vec![3, 1, 2]), Argument::Scalar(3)]);
    assert_eq!((task.examples[0].returned, &task.examples[0].arrays), (Some(6), &vec![None, None]));
    assert_eq!(task.examples[1].arrays, [Some(Argument::Array(vec![])), None]);
    assert_eq!(task.held_out[0].returned, None);
    let line = to_json(&task).to_string();
    assert_eq!(parse_json(&line, "").expect("what we write we read"), AnyTask::C(task));
}

#[test]
fn jsonl_ignores_unknown_fields() {
    let line = r#"{"id": "c7", "language": "c", "has_loop": true, "signature": null, "source": null, "examples":
        [{"input": [1,2,3,4,5], "output": [1,2,3,4,5], "note": null}]}"#;
    let task = parse_json(line, "line 1").ok().and_then(AnyTask::into_c).expect("a good task");
    assert_eq!(task.id, "c7");
    assert_eq!(parse_json(&to_json(&task).to_string(), ""), Ok(AnyTask::C(task)));
}

#[test]
fn toml_mistakes() {
    check_toml_fails("", &["1: the task file is empty"]);
    check_toml_fails(" \n\n", &["1: the task file is empty"]);
    check_toml_fails("language = \"c\"\nexamples = [", &["2: not TOML"]);
    check_toml_fails("{\"id\": 1}", &["this looks like JSONL"]);
    check_toml_fails(
        "language = \"c\"\nexmaples = []\n",
        &["2: unknown field `exmaples` of a task | did you mean `examples`?"],
    );
    check_toml_fails(
        &format!("colour = 1\n{GOOD}"),
        &["1: unknown field `colour` of a task | the fields of a task are `id`, `language`"],
    );
    check_toml_fails(
        &format!("{GOOD}ouput = []\n"),
        &["5: unknown field `ouput` of an example | did you mean `output`?"],
    );
    check_toml_fails("language = \"c\"\n", &["no examples: the field is missing"]);
    check_toml_fails("language = \"c\"\nexamples = []\n", &["2: no examples: the list is empty"]);
    check_toml_fails("examples = 3\n", &["1: `examples`: expected a list, found the integer 3"]);
    check_toml_fails("id = 3\nexamples = [[1], 2]\n", &["1: `id`: expected a string", "2: example 1", "2: example 2"]);
    check_toml_fails("language = \"cobol\"\n", &["1: unknown language `cobol` | the languages are"]);
    check_toml_fails("id = \"x\"\nlanguage = \"karel\"\n", &["no examples: the field is missing"]);
    check_toml_fails(
        "signature = \"struct s f(int x)\"\nexamples = []\n",
        &["1: `struct s f(int x)` is not a signature"],
    );
}

#[test]
fn example_mistakes() {
    check_toml_fails("[[examples]]\ninput = [1,2,3,4,5]\n", &["1: example 1 has no `output`"]);
    check_toml_fails(
        "[[examples]]\ninput = [1,2,3,4,5]\noutput = [1,2,3,4]\n",
        &["3: example 1, output: 4 values where the array has 5 | `int * func_1(int a[])` takes 5 values"],
    );
    check_toml_fails(
        "[[examples]]\ninput = [1,2,3,4,3000000000]\noutput = [1,2,3,4,-99999999999999999999999]\n",
        &[
            "2: example 1, input: 3000000000 is beyond a C int | values are from -2147483648 to 2147483647",
            "3: example 1, output: -99999999999999999999999 is beyond a C int",
        ],
    );
    check_toml_fails(
        "[[examples]]\ninput = [1,2,3,4,5.5]\noutput = [1,2,3,4,true]\n",
        &["2: example 1, input: a value: expected an integer, found the number 5.5", "found a boolean"],
    );
    check_toml_fails(
        "[[examples]]\ninput = { a = [1,2,3,4,5] }\noutput = [1,2,3,4,5]\n",
        &["2: example 1, input: expected a list, since the signature is"],
    );
}

#[test]
fn parameter_mistakes() {
    let with = |example: &str| format!("signature = \"int f(int abc[], int n)\"\nexamples = [\n{example}]\n");
    let fails = |example: &str, expected: &str| check_toml_fails(&with(example), &[expected]);
    fails("{ input = { abc = [] }, output = { return = 1 } }", "3: example 1, input: parameter `n` is missing");
    fails(
        "{ input = { abc = [], n = 1, abd = [] }, output = { return = 1 } }",
        "`abd` cannot stand here | did you mean `abc`?",
    );
    fails("{ input = { abc = [], n = 1 }, output = { } }", "3: example 1, output: says nothing | name at least one of");
    fails("{ input = { abc = [], n = 1 }, output = { n = 1 } }", "output: `n` cannot stand here");
    fails("{ input = { abc = [], n = 1 }, output = { retrun = 1 } }", "did you mean `return`?");
    fails(
        "{ input = { abc = 1, n = 1 }, output = { return = 1 } }",
        "expected a list of integers, found the integer 1",
    );
    fails("{ input = { abc = [], n = [] }, output = { return = 1 } }", "n: expected an integer, found a list");
    fails("{ input = [1], output = { return = 1 } }", "input: expected a table by parameter name, found a list");
    fails(
        "{ input = { abc = [1], n = 1 }, output = { abc = [1, 2] } }",
        "`abc` has 2 values where the input has 1 value",
    );
}

#[test]
fn contradictions_name_both_examples() {
    let example = |output: &str| format!("[[examples]]\ninput = [1, 2, 3, 4, 5]\noutput = {output}\n");
    let text = [example("[1, 1, 1, 1, 1]"), example("[1, 1, 1, 1, 1]"), example("[1, 1, 1, 1, 2]")].concat();
    check_toml_fails(&text, &["7: example 1 and example 3 contradict each other: same input, two outputs"]);
    let free = r#"
        signature = "int f(int a[])"
        examples = [{ input = { a = [1] }, output = { a = [2] } }, { input = { a = [1] }, output = { return = 2 } }]
    "#;
    assert!(parse_toml(free, "").is_ok(), "outputs that say different things do not contradict each other");
}

/// A Karel task of one example.
fn karel(input: &str, output: &str) -> String {
    format!("language = \"karel\"\n[[examples]]\n{input}\n{output}\n")
}

#[test]
fn karel_mistakes() {
    let grid = |side: &str, rows: &str| format!("{side}.grid = \"{rows}\"");
    let (before, after) = (grid("input", ">."), grid("output", ".>"));
    assert!(parse_toml(&karel(&before, &after), "").is_ok());
    assert!(parse_toml(&karel("input = \">.\"", "output = \".>\""), "").is_ok());
    for (input, output, messages) in [
        (before.as_str(), "", &["example 1 has no `output`"][..]),
        ("input = 3", after.as_str(), &["example 1, input: expected a world, found the integer 3"]),
        ("input.gird = \">\"", after.as_str(), &["example 1, input: `gird` cannot stand here | did you mean `grid`?"]),
        ("input.markers = []", after.as_str(), &["example 1, input: there is no `grid`"]),
        (&grid("input", ".."), after.as_str(), &["example 1, input: a world has one hero, not 0"]),
        (before.as_str(), &grid("output", "#>"), &["example 1, output: the output has other walls than the input"]),
        (before.as_str(), &grid("output", "..>"), &["example 1, output: the output has 1 rows and 3 columns"]),
        ("input = {grid = \">.\", markers = [1]}", after.as_str(), &["example 1, input: `markers` is a list of"]),
        ("input = {grid = \">.\", markers = [[0, 1, 200]]}", after.as_str(), &["a cell holds at most 101 markers"]),
    ] {
        check_toml_fails(&karel(input, output), messages);
    }
    let both = format!("{}[[held_out]]\n{before}\n{}\n", karel(&before, &after), grid("output", ".<"));
    check_toml_fails(&both, &["example 1 and held-out example 1 contradict each other"]);
}

#[test]
fn public_karel_tasks() {
    let text = include_str!("../../corpus/karel/msr_sample.jsonl");
    for line in text.lines() {
        let task = parse_json(line, "").expect("it is a task").into_karel().expect("of Karel");
        assert_eq!((task.examples.len(), task.held_out.len(), task.id.len()), (5, 1, 16));
        let wanted: serde_json::Value = serde_json::from_str(line).expect("it is JSON");
        let made = task.to_public().expect("it has tensors");
        assert_eq!(made["guid"], wanted["guid"]);
        assert_eq!(made["program_tokens"], wanted["program_tokens"]);
        for (made, wanted) in
            made["examples"].as_array().into_iter().flatten().zip(wanted["examples"].as_array().into_iter().flatten())
        {
            for field in ["inpgrid_json", "inpgrid_tensor", "outgrid_json", "outgrid_tensor", "example_index"] {
                assert_eq!(made[field], wanted[field]);
            }
        }
        let own = parse_json(&task.to_json().to_string(), "").expect("it is a task");
        assert_eq!(own, AnyTask::Karel(task.clone()));
        // Five or fewer are all given.
        let mut fewer = wanted.clone();
        fewer["examples"].as_array_mut().expect("a list").truncate(4);
        fewer.as_object_mut().expect("an object").remove("program_tokens");
        let fewer = parse_json(&fewer.to_string(), "").expect("it is a task").into_karel().expect("of Karel");
        assert_eq!((fewer.examples.len(), fewer.held_out.len(), fewer.source), (4, 0, None));
        let mut wrong = wanted;
        wrong["examples"][1]["inpgrid_tensor"] = "19:1.0".into();
        let error = parse_json(&wrong.to_string(), "").expect_err("the tensor is no world");
        assert_eq!(error.id.as_deref(), Some(task.id.as_str()));
        assert!(error.diagnostics[0].message.starts_with("example 2, inpgrid: "), "{error:?}");
    }
    let toml = include_str!("../../corpus/tasks/karel/carry-markers.toml");
    let same = parse_toml(toml, "").expect("it is a task").into_karel().expect("of Karel");
    let first = text.lines().nth(1).expect("there are four");
    let public = parse_json(first, "").expect("it is a task").into_karel().expect("of Karel");
    assert_eq!((same.examples, same.held_out), (public.examples, public.held_out), "it is this task, redrawn");
}

#[test]
fn json_mistakes() {
    check_json_fails("{\"id\": \"a\", ", "not JSON");
    check_json_fails("[]", "expected a task, found a list");
    check_json_fails("{\"examples\": [{\"input\": [1,2,3,4,1e30], \"output\": [1,2,3,4,5]}]}", "is beyond a C int");
    check_json_fails("{\"examples\": [{\"input\": [1,2,3,4,null], \"output\": [1,2,3,4,5]}]}", "found null");
    check_json_fails(&"[".repeat(100_000), "not JSON: recursion limit exceeded");
    let error = parse_json("{\"id\": \"a\", \"language\": \"karel\"}", "").expect_err("there are no examples");
    assert_eq!(error.id.as_deref(), Some("a"));
}

#[test]
fn absurd_sizes_are_told() {
    let examples = "[],".repeat(10_001);
    check_json_fails(
        &format!("{{\"examples\": [{}]}}", examples.trim_end_matches(',')),
        "10001 examples; at most 10000",
    );
    let values = "1,".repeat(100_001);
    let line = format!("{{\"examples\": [{{\"input\": [{}], \"output\": []}}]}}", values.trim_end_matches(','));
    check_json_fails(&line, "100001 values; at most 100000");
    assert!(parse_toml(&format!("id = {}", "[".repeat(100_000)), "").is_err(), "deep nesting is an error, no crash");
}

#[test]
fn many_mistakes_are_counted() {
    let text = format!("examples = [{}]", "[],".repeat(30));
    let errors = parse_toml(&text, "").expect_err("wrong");
    assert_eq!((errors.len(), errors[9].notes[0].as_str()), (10, "and 20 more errors"));
}

#[test]
fn acceptance_is_by_what_the_output_names() {
    let array = |values: &[i32]| Argument::Array(values.to_vec());
    let example =
        Example { input: vec![array(&[1]), array(&[2])], returned: Some(-1), arrays: vec![None, Some(array(&[3]))] };
    assert!(example.accepts(&Outcome::Returned(vec![-1]), &[array(&[9]), array(&[3])]));
    assert!(!example.accepts(&Outcome::Returned(vec![1]), &[array(&[9]), array(&[3])]));
    assert!(!example.accepts(&Outcome::Returned(vec![-1]), &[array(&[9]), array(&[4])]));
    assert!(!example.accepts(&Outcome::OutOfFuel, &[array(&[9]), array(&[3])]));
}

#[test]
fn an_input_of_run_is_a_list_or_an_object() {
    let signature = default_signature();
    assert_eq!(input_from_json(&signature, "[1, 2]"), Ok(vec![Argument::Array(vec![1, 2])]));
    assert_eq!(input_from_json(&signature, "{\"a\": [1, 2]}"), Ok(vec![Argument::Array(vec![1, 2])]));
    let error = input_from_json(&signature, "{\"b\": [1, 2]}").expect_err("no such parameter");
    assert_eq!(error.to_string(), "input: `b` cannot stand here");
    assert!(input_from_json(&signature, "[1, 2").is_err());
}

fn x86(text: &str) -> x86::Task {
    parse_toml(text, "stem").ok().and_then(AnyTask::into_x86).expect("a good task of x86")
}

#[test]
fn an_x86_task_is_read() {
    let text = r#"
        language = "x86"
        instructions = ["addl", "cmovgl"]
        examples = [
            { input = { registers = { eax = 5, cl = 255 }, ram = [2, 8] }, output = { registers = { eax = 6, cl = -1 } } },
            { input = { ram = [1, 2] }, output = { ram = [2, 1] } },
        ]
        held_out = [{ input = { registers = { rax = -1 }, ram = [0, 0] }, output = { registers = { eax = 4294967295 } } }]
    "#;
    let task = x86(text);
    assert_eq!((task.slots(), &task.instructions[..]), (2, &["addl".to_owned(), "cmovgl".to_owned()][..]));
    assert_eq!(task.examples[0].input.ram(), [2, 8]);
    let mut machine = task.examples[0].input.clone();
    assert!(!task.examples[0].output.accepts(&machine));
    machine.set_register(Register::EAX, 6);
    assert!(task.examples[0].output.accepts(&machine), "255 in cl is -1");
    assert!(task.held_out[0].output.accepts(&task.held_out[0].input), "eax is the low half of rax");
    assert_eq!(parse_json(&task.to_json().to_string(), "").map(AnyTask::into_x86), Ok(Some(task)));
    assert_eq!(
        x86("language = \"x86\"\nexamples = [{input = {}, output = {registers = {eax = 0}}}]").instructions.len(),
        4
    );
}

#[test]
fn x86_tasks_that_are_wrong() {
    let check = |examples: &str, expected: &str| {
        check_toml_fails(&format!("language = \"x86\"\nexamples = [\n{examples}\n]"), &[expected]);
    };
    let eax = |value| format!("{{ registers = {{ eax = {value} }} }}");
    let one = |input: &str, output: &str| format!("{{ input = {input}, output = {output} }},");
    check(&one("{ registers = { eaz = 1 } }", &eax("1")), "3: example 1, input: there is no register `eaz` | did you");
    check(&one("{ registers = { rsp = 1 } }", &eax("1")), "there is no register `rsp`");
    check(&one("{ registers = { al = 256 } }", &eax("1")), "256 does not fit `al`, which has 8 bits");
    check(&one("{ registers = { eax = 1.5 } }", &eax("1")), "expected a number of 32 bits, found the number 1.5");
    check(&one("{ register = { eax = 1 } }", &eax("1")), "`register` cannot stand here | did you mean `registers`?");
    check(&one("{}", "{}"), "example 1, output: says nothing");
    check(&one("{ ram = [1] }", "{ ram = [1, 2] }"), "2 slots where the input has 1");
    check(&[one("{ ram = [1] }", &eax("1")), one("{}", &eax("1"))].join("\n"), "0 slots of RAM here, and 1");
    check(&[one("{}", &eax("1")), one("{}", &eax("2"))].join("\n"), "4: example 1 and example 2 contradict");
    check_toml_fails(
        "language = \"x86\"\ninstructions = [\"addx\"]\nexamples = [{input={},output={ram=[]}}]",
        &["there is no instruction `addx` | there is `add"],
    );
    check_toml_fails(
        "language = \"x86\"\nsignature = \"int f()\"\nexamples = [{input={},output={ram=[]}}]",
        &["unknown field `signature` of an x86 task"],
    );
}

#[test]
fn the_sample_of_x86_tasks_is_read() {
    let text = include_str!("../../corpus/tasks/x86_tasks.jsonl");
    let tasks: Vec<_> = text.lines().map(|line| parse_json(line, "").map(AnyTask::into_x86)).collect();
    assert_eq!(tasks.len(), 15);
    assert!(tasks.iter().all(|task| matches!(task, Ok(Some(_)))), "{tasks:#?}");
}
