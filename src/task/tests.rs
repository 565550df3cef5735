//! Task files that are right, and every way in which they are wrong.

use super::*;
use crate::diagnostic::Diagnostic;

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

#[test]
fn a_toml_task_is_read() {
    let task = parse_toml(GOOD, "stem").expect("a good task");
    assert_eq!((task.id.as_str(), task.language), ("stem", Language::C));
    assert_eq!(task.signature, default_signature());
    assert_eq!(task.examples[0].input, [Argument::Array(vec![1, 2, 3, 4, 5])]);
    assert_eq!(task.examples[0].arrays, [Some(Argument::Array(vec![1, 2, 3, 4, 6]))]);
    let named = parse_toml(&format!("id = \"x\"\nsource = \"s\"\n{GOOD}"), "stem").expect("a good task");
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
    let task = parse_toml(text, "stem").expect("a good task");
    assert_eq!(task.examples[0].input, [Argument::Array(vec![3, 1, 2]), Argument::Scalar(3)]);
    assert_eq!((task.examples[0].returned, &task.examples[0].arrays), (Some(6), &vec![None, None]));
    assert_eq!(task.examples[1].arrays, [Some(Argument::Array(vec![])), None]);
    assert_eq!(task.held_out[0].returned, None);
    let line = to_json(&task).to_string();
    assert_eq!(parse_json(&line, "").expect("what we write we read"), task);
}

#[test]
fn jsonl_ignores_unknown_fields() {
    let line = r#"{"id": "c7", "language": "c", "has_loop": true, "signature": null, "source": null, "examples":
        [{"input": [1,2,3,4,5], "output": [1,2,3,4,5], "note": null}]}"#;
    let task = parse_json(line, "line 1").expect("a good task");
    assert_eq!(task.id, "c7");
    assert_eq!(parse_json(&to_json(&task).to_string(), "").expect("what we write we read"), task);
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
    check_toml_fails("id = \"x\"\nlanguage = \"x86\"\n", &["2: x86 tasks are not supported yet"]);
    check_toml_fails("\n\nlanguage = \"karel\"\n", &["3: Karel tasks are not supported yet"]);
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

#[test]
fn json_mistakes() {
    check_json_fails("{\"id\": \"a\", ", "not JSON");
    check_json_fails("[]", "expected a task, found a list");
    check_json_fails("{\"inpgrid_json\": {}}", "Karel tasks are not supported yet");
    check_json_fails("{\"examples\": [{\"input\": [1,2,3,4,1e30], \"output\": [1,2,3,4,5]}]}", "is beyond a C int");
    check_json_fails("{\"examples\": [{\"input\": [1,2,3,4,null], \"output\": [1,2,3,4,5]}]}", "found null");
    check_json_fails(&"[".repeat(100_000), "not JSON: recursion limit exceeded");
    let error = parse_json("{\"id\": \"a\", \"language\": \"x86\"}", "").expect_err("x86 is not there yet");
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
