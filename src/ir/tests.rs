//! The text form and the verifier, on programs written by hand. Random ones are tested with the interpreter.

use super::*;

/// Every instruction and terminator once.
const EVERYTHING: &str = "\
global seed 4 = 2a000080
global table[4] 400

fn helper(i32, i64) -> i32, i64 {
b0(v0: i32, v1: i64):
    fuel 2 @0..7
    return v0, v1
}

fn main(i64, i32) -> i64 {
b0(v0: i64, v1: i32):
    v2 = const.i32 -2147483648
    v3 = const.i64 -9223372036854775808
    v4 = const.i1 1
    v5 = add.i32 v1, v2
    v6 = mul_overflows v5, v1
    trap_if v6 integer_overflow
    v7 = slt v5, v1
    v8 = select.i32 v7, v5, v1
    v9 = sign_extend.i64 v8
    v10 = truncate.i8 v9
    v11 = zero_extend.i16 v10
    v12 = allocate 20
    v13 = index v12, v8 * 4
    store v8, v13
    store v11, v12-2
    v22 = global 1
    v23 = advance v22, v8 * 4
    note table[4] v22
    note *p v23
    note &q v12
    v14 = load.i32 v13+4
    v15, v16 = call helper(v14, v9): i32, i64
    note x v15
    note y v16
    note x v8
    branch v7, b1(v15, v3), b2
b1(v17: i32, v18: i64):
    v19 = ashr.i32 v17, v17
    v20 = uge v18, v3
    branch v20, b1(v19, v18), b3
b2:
    jump b3
b3:
    v21 = eq v4, v7
    branch v21, b4, b5
b4:
    trap missing_return
b5:
    return v0
}
";

#[test]
fn the_text_form_reads_back_as_it_was() {
    let program = parse(EVERYTHING).expect("it parses");
    assert_eq!(verify(&program), Ok(()));
    assert_eq!(print(&program), EVERYTHING);
    assert_eq!(program.functions[1].variables, ["table[4]", "*p", "&q", "x", "y"]);
}

#[test]
fn comments_and_layout_do_not_matter() {
    let text = "// a program\n\n  fn f ( ) {   // none\nb0 :\n\treturn // nothing\n}";
    assert_eq!(print(&parse(text).expect("it parses")), "fn f() {\nb0:\n    return\n}\n");
}

/// What the parser says of `body` in a function of one i32, and the text it points at.
fn parse_error(body: &str) -> String {
    let text = format!("fn f(i32) -> i32 {{\nb0(v0: i32):\n{body}\n}}\n");
    let errors = parse(&text).expect_err("it has a mistake");
    let messages = errors.iter().map(|error| {
        let span = error.labels[0].span;
        format!("{} at `{}`", error.message, &text[span.start as usize..span.end as usize])
    });
    messages.collect::<Vec<_>>().join("; ")
}

#[test]
fn mistakes_in_the_text_are_told_at_their_place() {
    assert_eq!(
        parse_error("    v1 = frob v0"),
        "unknown operation `frob` at `frob`; expected a value, `v0` or so, found `}` at `}`"
    );
    for (body, expected) in [
        ("    v1 = add v0, v0\n    return v0", "expected `.`, found `v0` at `v0`"),
        ("    v1 = add.i33 v0, v0\n    return v0", "expected a type, found `i33` at `i33`"),
        ("    v1 = call g()\n    return v0", "expected the name of a function of this program, found `g` at `g`"),
        (
            "    v1, v2 = eq v0, v0\n    return v0",
            "expected `call`, as only calls have more than one result, found `eq` at `eq`",
        ),
        ("    return v0 v0", "expected the end of the line, found `v0` at `v0`"),
        (
            "    return v0\nb2:\n    return v0",
            "expected `b1`, as blocks are numbered in order, found `b2` at `b2`; expected a block, `b0` or so, found `return` at `return`",
        ),
        ("    trap bad_luck\n    return v0", "expected a kind of trap, found `bad_luck` at `bad_luck`"),
        (
            "    return v9999999",
            "expected a value, `v0` or so, found `v9999999` at `v9999999`; expected a value, `v0` or so, found `}` at `}`",
        ),
        (
            "    v1 = const.i64 9223372036854775808\n    return v0",
            "expected a constant within 64 bits, found the end of the line at ``",
        ),
        (
            "    v1 = load.i32 v0+2147483648\n    return v0",
            "expected an offset within 32 bits, found the end of the line at ``",
        ),
        ("    ü\n    return v0", "unexpected character `ü` at `ü`"),
    ] {
        assert_eq!(parse_error(body), expected, "{body}");
    }
    assert_eq!(parse("").expect_err("empty")[0].message, "there is no function here");
    assert_eq!(parse("fn f() {").expect_err("open")[0].message, "the last function has no `}`");
}

/// What the verifier says of a program.
fn verify_errors(text: &str) -> Vec<String> {
    verify(&parse(text).expect("it parses")).err().unwrap_or_default()
}

/// What the verifier says of `body` in a function of an i32, an i64 and an i1 that returns an i32.
fn body_errors(body: &str) -> String {
    verify_errors(&format!("fn f(i32, i64, i1) -> i32 {{\nb0(v0: i32, v1: i64, v2: i1):\n{body}\n}}")).join("; ")
}

#[test]
fn the_verifier_finds_wrong_types() {
    assert_eq!(body_errors("return v0"), "");
    for (body, expected) in [
        ("v3 = const.i8 128\nreturn v0", "f b0: v3 cannot hold 128"),
        ("v3 = const.i1 -1\nreturn v0", "f b0: v3 cannot hold -1"),
        ("v3 = add.i32 v0, v1\nreturn v0", "f b0: v1 is i64, not i32"),
        ("v3 = sub_overflows v0, v1\nreturn v0", "f b0: v1 is i64, not i32"),
        ("v3 = eq v0, v2\nreturn v0", "f b0: v2 is i1, not i32"),
        ("v3 = select.i32 v0, v0, v1\nreturn v0", "f b0: v0 is i32, not i1; f b0: v1 is i64, not i32"),
        ("v3 = truncate.i64 v0\nreturn v0", "f b0: truncate from i32 to i64"),
        ("v3 = sign_extend.i32 v0\nreturn v0", "f b0: sign_extend from i32 to i32"),
        ("v3 = index v0, v1 * 4\nreturn v0", "f b0: v0 is i32, not i64"),
        ("v3 = index v1, v2 * 4\nreturn v0", "f b0: v2 is i1, not i64"),
        ("v3 = load.i32 v0\nreturn v0", "f b0: v0 is i32, not i64"),
        ("store v1, v0\nreturn v0", "f b0: v0 is i32, not i64"),
        ("trap_if v0 bad_shift\nreturn v0", "f b0: v0 is i32, not i1"),
        ("return v1", "f b0: v1 is i64, not i32"),
        ("return", "f b0: 0 returned values where there must be 1"),
        ("v3 = call f(v0, v1): i64\nreturn v0", "f b0: 2 arguments where there must be 3; f b0: v3 is i64, not i32"),
        ("branch v0, b1, b1\nb1:\nreturn v0", "f b0: v0 is i32, not i1"),
        ("jump b1(v1)\nb1(v3: i32):\nreturn v0", "f b0: v1 is i64, not i32"),
        ("jump b1\nb1(v3: i32):\nreturn v0", "f b0: 0 arguments for b1 where there must be 1"),
        ("v3 = const.i32 1\nv4 = load.v4i32 v1\nreturn v0", "f b0: v4i32 values are not yet executable"),
    ] {
        assert_eq!(body_errors(body), expected, "{body}");
    }
}

#[test]
fn the_verifier_finds_wrong_numbers_and_definitions() {
    for (body, expected) in [
        ("v0 = const.i32 1\nreturn v0", "f b0: v0 is defined twice"),
        ("return v7", "f b0: v7 has no type"),
        ("v9 = const.i32 1\nreturn v7", "f b0: v7 is never defined"),
        ("v3 = add.i32 v3, v0\nreturn v3", "f b0: v3 may be used before it is defined"),
        ("v3 = add.i32 v4, v0\nv4 = const.i32 1\nreturn v3", "f b0: v4 may be used before it is defined"),
        ("jump b3\nb1:\nreturn v0", "f b0: there is no b3"),
        ("jump b0(v0, v1, v2)", "f b0: a jump to the entry block"),
        (
            "branch v2, b1, b2\nb1:\nv3 = const.i32 1\njump b2\nb2:\nreturn v3",
            "f b2: v3 may be used before it is defined",
        ),
        // Blocks may stand in any order.
        ("jump b2\nb1:\nreturn v3\nb2:\nv3 = const.i32 1\njump b1", ""),
        // A loop's body defines for the loop's head only by arguments.
        ("jump b1\nb1:\nv3 = add.i32 v0, v4\nv4 = const.i32 1\njump b1", "f b1: v4 may be used before it is defined"),
        // What nothing reaches is not looked at, but must be defined somewhere.
        ("return v0\nb1:\nv3 = const.i32 1\nreturn v3\nb2:\nreturn v3", ""),
    ] {
        assert_eq!(body_errors(body), expected, "{body}");
    }
    let wrong_entry = "fn f(i32) {\nb0(v0: i64):\nreturn\n}\nfn f() {\nb0:\nreturn\n}";
    assert_eq!(
        verify_errors(wrong_entry),
        ["f b0: the entry block's parameters are not the function's", "f: another function has the same name"]
    );
}

#[test]
fn the_verifier_survives_numbers_beyond_the_tables() {
    let mut program = parse(EVERYTHING).expect("it parses");
    let insts = &mut program.functions[1].blocks[2].insts;
    insts.push(Inst::Call(Box::new(Call {
        results: vec![Value(u32::MAX)],
        function: FunctionId(9),
        arguments: vec![Value(77)],
    })));
    insts.push(Inst::Note { variable: VariableId(5), value: Value(0) });
    let errors = verify(&program).expect_err("all is wrong");
    let all = ["v4294967295 has no type", "v77 has no type", "there is no function 9", "there is no variable 5"];
    assert_eq!(errors, all.map(|error| format!("main b2: {error}")));
    // It can be printed all the same.
    assert!(print(&program).contains("call ?9(v77): ?"));
    assert!(
        verify(&Program {
            globals: vec![],
            functions: vec![Function { blocks: vec![], ..program.functions[0].clone() }]
        })
        .is_err()
    );
}
