//! Snapshots of every stage for the programs of tests/cases/c, and of the rendered messages for those of
//! tests/cases/diagnostics; each shows its source, so that a review needs no second file.

mod support;

use iocc::diagnostic::{Diagnostic, LineIndex, Source, codes, render};
use iocc::exec::jit::{Compiler, Effort};
use iocc::ir;
use iocc::lang::c;
use iocc::lang::karel::{self, ast::Form};
use iocc::lang::x86::{self, ast::Syntax};
use iocc::token::Lexer;
use std::fmt::Write as _;
use std::fs;

/// Compares with snapshots/`folder`/`name`.snap.
fn compare(folder: &str, name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(support::root().join("snapshots").join(folder));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

fn section(out: &mut String, title: &str, text: &str) {
    write!(out, "---- {title}\n{}\n\n", text.trim_end()).expect("writing to a String cannot fail");
}

/// The tokens, a line of them for each line of the source that has any.
fn tokens(source: &str) -> String {
    let lines = LineIndex::new(source);
    let mut out = String::new();
    let mut last = 0;
    for token in Lexer::of("c").expect("C has a lexer").tokens(source) {
        let line = lines.line(token.span.start);
        if line != last {
            write!(out, "\n{line:>3} ").expect("writing to a String cannot fail");
            last = line;
        }
        write!(out, " {}", token.text).expect("writing to a String cannot fail");
    }
    out.trim_start_matches('\n').to_owned()
}

#[test]
fn stages() {
    let files = support::files("tests/cases/c", "c");
    assert!(files.len() >= 34, "{} programs", files.len());
    for path in files {
        let source = fs::read_to_string(&path).expect("cases are readable");
        let tree = c::parse(&source).unwrap_or_else(|errors| panic!("{}: {errors:?}", path.display()));
        let program = c::compile(&source).unwrap_or_else(|errors| panic!("{}: {errors:?}", path.display()));
        let mut out = String::new();
        section(&mut out, "source", &source);
        section(&mut out, "tokens", &tokens(&source));
        section(&mut out, "ast", &c::dump(&tree, false));
        section(&mut out, "printed", &c::print(&tree));
        section(&mut out, "ir", &ir::print(&program));
        compare("c", &support::stem(&path), &out);
    }
}

#[test]
fn stages_of_x86() {
    let mut files = support::files("tests/cases/x86", "s");
    files.extend(support::files("corpus/programs/x86", "s"));
    assert!(files.len() >= 5, "{} programs", files.len());
    for path in files {
        let source = fs::read_to_string(&path).expect("cases are readable");
        let program =
            x86::parse(&source, Syntax::Att).unwrap_or_else(|errors| panic!("{}: {errors:?}", path.display()));
        let (bytes, starts) = x86::encode(&program, 0).expect("it is sound");
        let lines: Vec<String> = starts
            .windows(2)
            .map(|pair| bytes[pair[0]..pair[1]].iter().map(|byte| format!("{byte:02x}")).collect())
            .collect();
        let lowered = x86::lower(&program, x86::Frame::of_slots(x86::SLOTS)).expect("it is in the subset");
        let mut out = String::new();
        section(&mut out, "source", &source);
        section(&mut out, "att", &x86::print(&program, Syntax::Att));
        section(&mut out, "intel", &x86::print(&program, Syntax::Intel));
        section(&mut out, "bytes", &lines.join("\n"));
        section(&mut out, "ir", &ir::print(&lowered));
        compare("x86", &support::stem(&path), &out);
    }
}

#[test]
fn stages_of_karel() {
    let files = support::files("tests/cases/karel", "karel");
    assert!(files.len() >= 8, "{} programs", files.len());
    for path in files {
        let source = fs::read_to_string(&path).expect("cases are readable");
        let program = karel::parse(&source).unwrap_or_else(|errors| panic!("{}: {errors:?}", path.display()));
        let lowered = karel::compile(&source).unwrap_or_else(|errors| panic!("{}: {errors:?}", path.display()));
        let words: Vec<&str> = Lexer::of("karel")
            .expect("Karel has a lexer")
            .tokens(&source)
            .into_iter()
            .map(|token| token.text)
            .collect();
        let mut out = String::new();
        section(&mut out, "source", &source);
        section(&mut out, "tokens", &words.join(" "));
        section(&mut out, "token form", &karel::print(&program, Form::Tokens));
        section(&mut out, "readable form", &karel::print(&program, Form::Readable));
        section(&mut out, "ir", &ir::print(&lowered));
        compare("karel", &support::stem(&path), &out);
    }
}

#[test]
fn clif() {
    let mut compiler = Compiler::new(Effort::Full).expect("this processor is known");
    for (name, source) in [
        (
            "clif_sum",
            "int sum(int a[], int n)\n{\n    int s = 0;\n    for (int i = 0; i < n; i++)\n        s += a[i];\n    return s;\n}\n",
        ),
        (
            "clif_call",
            "int half(int x)\n{\n    return x / 2;\n}\n\nint f(int a[])\n{\n    int b[2] = {a[0]};\n    b[1] = half(b[0]);\n    return b[1];\n}\n",
        ),
    ] {
        let program = c::compile(source).expect("it is C");
        let mut out = String::new();
        section(&mut out, "source", source);
        section(&mut out, "clif", &compiler.clif(&program));
        compare("c", name, &out);
    }
}

fn diagnostics(source: &str) -> Vec<Diagnostic> {
    match c::parse(source).and_then(|tree| c::check(&tree)) {
        Ok(checked) => checked.warnings,
        Err(errors) => errors,
    }
}

#[test]
fn messages() {
    let mut files = support::files("tests/cases/diagnostics", "c");
    files.extend(support::files("tests/cases/c", "c"));
    files.extend(support::files("tests/cases/diagnostics", "s"));
    files.extend(support::files("tests/cases/diagnostics", "karel"));
    let mut seen = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).expect("cases are readable");
        let (found, language) = match path.extension().and_then(|extension| extension.to_str()) {
            Some("s") => (x86::compile(&text).err().unwrap_or_default(), "x86_"),
            Some("karel") => (karel::compile(&text).err().unwrap_or_default(), "karel_"),
            _ => (diagnostics(&text), ""),
        };
        if found.is_empty() {
            continue;
        }
        let name = format!("{language}{}", support::stem(&path));
        let source = Source { name: path.file_name().expect("a file").to_string_lossy().into_owned(), text };
        let mut out = String::new();
        section(&mut out, "source", &source.text);
        section(&mut out, "messages", &render(&found, &source, false));
        compare("diagnostics", &name, &out);
        seen.extend(found.into_iter().map(|diagnostic| diagnostic.code));
    }
    for (code, title) in codes::ALL {
        assert!(seen.contains(code), "no case shows {code}: {title}");
    }
}
