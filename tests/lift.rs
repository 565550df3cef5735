//! Compilers' machine code: the C corpus, compiled by gcc (and clang), lifted to IR function by function, and run beside
//! the C front end's IR on the same inputs. Where the C returns, both must give the same; its arithmetic traps where
//! x86 wraps, so that other runs say nothing. Prints how many functions lift at each level, and why others do not.
//!
//! By default every eighth program. `IOCC_LIFT=1` takes all (`make lift`); `IOCC_LIFT_INPUTS` is the number of inputs of
//! each function with parameters (20 by default).

mod support;

use iocc::exec::interp::Interpreter;
use iocc::exec::jit::Jit;
use iocc::exec::{Argument, Engine, Outcome};
use iocc::ir::{self, FunctionId};
use iocc::lang::c::ast::{self, ParameterKind, ReturnType};
use iocc::lang::c::{self, ast::Integer};
use iocc::lang::x86::call::Passed;
use iocc::lang::x86::forms::{self, Class, Slot};
use iocc::lang::x86::object::Image;
use iocc::lang::x86::{Machine, lift::LiftError, subset};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

type Random = Xoshiro256PlusPlus;

/// Statements that a C run may take.
const FUEL: u64 = 2_000_000;
/// Instructions a statement, at most.
const INSTRUCTIONS: u64 = 200;

/// What became of the functions at one level.
#[derive(Default)]
struct Table {
    functions: usize,
    lifted: usize,
    /// Lifted functions of which some run returned in C.
    compared: usize,
    runs: usize,
    mismatches: Vec<String>,
    reasons: BTreeMap<String, usize>,
}

fn setting(name: &str) -> Option<usize> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// The C sources with their front end's IR.
fn sources(stride: usize) -> Vec<(PathBuf, ast::Program, ir::Program)> {
    let mut paths = support::files("corpus/c", "c");
    paths.extend(support::files("corpus/programs/c", "c"));
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("it can be read");
        let program = c::parse(&text).unwrap_or_else(|errors| panic!("{}: {errors:?}", path.display()));
        let lowered = c::compile(&text).unwrap_or_else(|errors| panic!("{}: {errors:?}", path.display()));
        (path, program, lowered)
    };
    paths.into_iter().step_by(stride).map(read).collect()
}

/// Whether there is such a compiler, for the processor that is lifted.
fn is_here(compiler: &str) -> bool {
    if !cfg!(target_arch = "x86_64") {
        return false;
    }
    let version = Command::new(compiler).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

fn object(compiler: &str, flags: &[&str], source: &Path, folder: &Path) -> Vec<u8> {
    let file = folder.join("object.o");
    let built = Command::new(compiler).args(["-w", "-c"]).args(flags).arg("-o").arg(&file).arg(source).status();
    assert!(built.expect("the compiler starts").success(), "{compiler} {flags:?} {}", source.display());
    std::fs::read(&file).expect("it was just written")
}

/// An input for a function; often such that it returns: small numbers, texts that end, arrays in order.
fn input(rng: &mut Random, function: &ast::Function) -> Vec<Argument> {
    let length = rng.random_range(1..=24_usize);
    let scalar = |rng: &mut Random, ty: Integer| {
        let value = match rng.random_range(0..8) {
            0 => rng.random(),
            1 => length as i64,
            2 => length as i64 - 1,
            3 => [i64::MIN, i64::MAX, i32::MIN.into(), i32::MAX.into(), 0, 1900, 2000, 2026][rng.random_range(0..8)],
            4 => rng.random_range(0..3000),
            _ => rng.random_range(-3..=12),
        };
        ty.in_register(ty.wrap(value))
    };
    let bytes = |rng: &mut Random| -> Vec<i32> {
        let letters = b"aab bc-x7 09OX+*([])";
        let mut text: Vec<u8> =
            (0..rng.random_range(0..40)).map(|_| letters[rng.random_range(0..letters.len())]).collect();
        text.resize(48, 0);
        text.chunks_exact(4).map(|word| i32::from_le_bytes(word.try_into().expect("four"))).collect()
    };
    let words = |rng: &mut Random| -> Vec<i32> {
        let mut words: Vec<i32> = (0..length).map(|_| rng.random_range(-5..=20)).collect();
        match rng.random_range(0..4) {
            0 => words.sort_unstable(),
            1 => words.iter_mut().enumerate().for_each(|(at, word)| *word = at as i32),
            _ => {}
        }
        words
    };
    let argument = |parameter: &ast::Parameter| match parameter.kind {
        ParameterKind::Scalar => Argument::Scalar(scalar(rng, Integer::Int)),
        ParameterKind::TypedScalar(specifiers) => Argument::Scalar(scalar(rng, specifiers.ty)),
        ParameterKind::TypedArray(specifiers, _) | ParameterKind::Matrix(specifiers) if specifiers.ty.size() == 1 => {
            Argument::Array(bytes(rng))
        }
        ParameterKind::Matrix(_) => Argument::Array((0..256).map(|_| rng.random_range(-5..=20)).collect()),
        ParameterKind::Array(_) | ParameterKind::TypedArray(..) => Argument::Array(words(rng)),
    };
    function.parameters.iter().map(argument).collect()
}

/// The arguments as a caller in machine code hands them over.
fn passed(function: &ast::Function, arguments: &[Argument]) -> Vec<Passed> {
    let both = function.parameters.iter().zip(arguments);
    let one = |(parameter, argument): (&ast::Parameter, &Argument)| match (argument, parameter.kind) {
        (Argument::Scalar(value), ParameterKind::TypedScalar(specifiers)) => Passed::Scalar(specifiers.ty.wrap(*value)),
        (Argument::Scalar(value), _) => Passed::Scalar(*value),
        (Argument::Array(words), _) => Passed::Array(words.clone()),
    };
    both.map(one).collect()
}

/// A function of a C program and one of an object, to be run side by side.
struct Pair<'a> {
    function: &'a ast::Function,
    image: &'a Image,
    ours: Interpreter,
    number: FunctionId,
    lifted: Jit,
}

impl Pair<'_> {
    /// Runs both; `None` where the C does not return, otherwise what differs.
    fn run(&mut self, arguments: &[Argument]) -> Option<Result<(), String>> {
        let mut left = arguments.to_vec();
        let run = self.ours.run(self.number, &mut left, FUEL);
        let Outcome::Returned(values) = run.outcome else { return None };
        let call = self.image.call(&passed(self.function, arguments));
        let mut lifted = [Argument::Array(call.machine.state.clone()), Argument::Array(call.machine.memory.clone())];
        let fuel = 100_000 + run.fuel * INSTRUCTIONS;
        let outcome = self.lifted.run(FunctionId(0), &mut lifted, fuel).outcome;
        if !matches!(outcome, Outcome::Returned(_)) {
            return Some(Err(format!("{values:?} in C, {outcome:?} lifted")));
        }
        let [Argument::Array(state), Argument::Array(memory)] = lifted else { unreachable!() };
        let machine = Machine { state, memory };
        for (number, argument) in left.iter().enumerate() {
            let Argument::Array(wanted) = argument else { continue };
            let got = call.array(&machine, number).expect("it was handed over");
            if got != wanted {
                return Some(Err(format!("argument {number} is {wanted:?} in C and {got:?} lifted")));
            }
        }
        let result = machine.register(iced_x86::Register::RAX);
        let same = match (self.function.returns, values.first()) {
            (ReturnType::Void, _) | (_, None) => true,
            (ReturnType::Int | ReturnType::Integer(_), Some(value)) => {
                self.function.returns.integer().in_register(result) == *value
            }
            // The argument that a pointer is into; other pointers are into what only the file knows.
            (_, Some(pointer)) => match call.place(result as u64) {
                Some((number, offset)) => *pointer == (number as i64 + 1) << 32 | offset as i64,
                None => *pointer >> 32 == 0 || *pointer >> 32 > arguments.len() as i64,
            },
        };
        Some(if same { Ok(()) } else { Err(format!("{values:?} in C, rax is {result:#x} lifted")) })
    }
}

/// Lifts the functions of an object and runs those that the C program names.
fn compare(source: &(PathBuf, ast::Program, ir::Program), image: &Image, inputs: usize, table: &mut Table) {
    let (path, program, ours) = source;
    let entry = program.functions.iter().find(|function| function.name.text == "main");
    assert_eq!(entry.is_some(), image.function("main").is_some(), "{}", path.display());
    for symbol in image.functions() {
        // A part of another function that was moved away is no function.
        if symbol.name.contains(".cold") {
            continue;
        }
        table.functions += 1;
        let lifted = match image.lift(&symbol.name) {
            Ok(lifted) => lifted,
            Err(error) => {
                let reason = match &error {
                    LiftError::Code { error, .. } => error.message.clone(),
                    LiftError::Unknown(_) => panic!("{error}"),
                };
                println!("  {}: `{}` does not lift: {error}", support::stem(path), symbol.name);
                *table.reasons.entry(reason).or_default() += 1;
                continue;
            }
        };
        assert_eq!(ir::verify(&lifted), Ok(()), "{} of {}", symbol.name, path.display());
        table.lifted += 1;
        let Some(function) = program.functions.iter().find(|function| function.name.text == symbol.name.as_str())
        else {
            continue;
        };
        let number = ours.functions.iter().position(|other| other.name == symbol.name.as_str()).expect("it is in both");
        let mut pair = Pair {
            function,
            image,
            ours: Interpreter::new(ours),
            number: FunctionId(number as u32),
            lifted: Jit::new(&lifted).expect("there is machine code for it"),
        };
        let mut rng = Random::seed_from_u64(7);
        let runs = if function.parameters.is_empty() { 1 } else { inputs };
        let mut returned = 0;
        for _ in 0..runs {
            let arguments = input(&mut rng, function);
            let Some(result) = pair.run(&arguments) else { continue };
            returned += 1;
            if let Err(difference) = result {
                table.mismatches.push(format!("{}: `{}` on {arguments:?}: {difference}", path.display(), symbol.name));
            }
        }
        table.runs += returned;
        table.compared += usize::from(returned > 0);
    }
}

/// Levels, and the share of functions that must lift.
const LEVELS: [(&str, f64); 4] = [("-O0", 0.9), ("-O1", 0.9), ("-O2", 0.8), ("-O3", 0.0)];

#[test]
fn compiled_functions_do_what_the_c_says() {
    let sources = sources(setting("IOCC_LIFT").unwrap_or(8));
    let inputs = setting("IOCC_LIFT_INPUTS").unwrap_or(20);
    let folder = tempfile::tempdir().expect("a folder");
    for compiler in ["gcc", "clang"] {
        if !is_here(compiler) {
            println!("skipped: there is no {compiler}");
            continue;
        }
        for (level, share) in LEVELS {
            let mut table = Table::default();
            for source in &sources {
                let file = object(compiler, &[level], &source.0, folder.path());
                let image = Image::read(&file).unwrap_or_else(|error| panic!("{}: {error}", source.0.display()));
                compare(source, &image, inputs, &mut table);
            }
            let reached = table.lifted as f64 / table.functions as f64;
            println!(
                "{compiler} {level}: {} of {} functions lift ({:.1} %); {} of them compared in {} runs, {} mismatches",
                table.lifted,
                table.functions,
                100.0 * reached,
                table.compared,
                table.runs,
                table.mismatches.len()
            );
            let mut reasons: Vec<_> = table.reasons.iter().collect();
            reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
            reasons.iter().take(8).for_each(|(reason, count)| println!("  {count} times: {reason}"));
            assert!(table.mismatches.is_empty(), "{:#?}", &table.mismatches[..table.mismatches.len().min(5)]);
            assert!(table.compared * 2 > table.functions, "hardly anything was compared");
            assert!(compiler != "gcc" || reached >= share, "too few lift at {level}");
        }
    }
}

/// What the native engine takes no operands of: vectors at addresses that must be multiples of 16, and strings.
fn functions_in_assembly() -> Vec<String> {
    let mut bodies = Vec::new();
    for mnemonic in subset::mnemonics() {
        for form in forms::forms(mnemonic) {
            let vector = |slot: &Slot| slot.register == Some(Class::Vector);
            let [to, from, rest @ ..] = &form.slots[..] else { continue };
            if !vector(to) || !vector(from) || !(to.memory || from.memory) {
                continue;
            }
            let name = format!("{mnemonic:?}").to_lowercase();
            let order = if rest.is_empty() { "" } else { "$0x9c, " };
            let text =
                if to.memory { format!("{name} %xmm0, 32(%rdi)") } else { format!("{name} {order}16(%rdi), %xmm0") };
            bodies.push(format!("movdqa (%rdi), %xmm0\n{text}\nmovdqa %xmm0, 48(%rdi)\n"));
        }
    }
    for word in ["movsb", "movsw", "movsl", "movsq", "stosb", "stosw", "stosl", "stosq"] {
        for rep in ["", "rep "] {
            bodies.push(format!(
                "mov %rdi, %r8\nlea 64(%rdi), %rsi\nmov 128(%rdi), %rcx\nand $7, %ecx\nmov 136(%rdi), %rax\n{rep}{word}\n\
                 sub %r8, %rdi\nmov %rdi, 144(%r8)\nsub %r8, %rsi\nmov %rsi, 152(%r8)\nmov %rcx, 160(%r8)\n"
            ));
        }
    }
    bodies
}

/// Numbers as both sides make them; every third is small.
const HARNESS: &str = r#"
#include <stdint.h>
#include <stdio.h>
static uint64_t buffer[32] __attribute__((aligned(64)));
int main(void)
{
    uint64_t state = 1;
    for (int trial = 0; trial < TRIALS; trial++)
        for (int number = 0; number < COUNT; number++) {
            for (int word = 0; word < 32; word++) {
                state = state * 6364136223846793005u + 1442695040888963407u;
                buffer[word] = (trial + word) % 3 ? state ^ state >> 32 : state >> 59;
            }
            functions[number](buffer);
            fwrite(buffer, sizeof buffer, 1, stdout);
        }
    return 0;
}
"#;

#[test]
fn vectors_in_memory_and_strings_do_what_the_processor_does() {
    const TRIALS: usize = 64;
    if !is_here("gcc") {
        println!("skipped: there is no gcc");
        return;
    }
    let bodies = functions_in_assembly();
    assert!(bodies.len() > 60, "only {} functions", bodies.len());
    let (mut assembly, mut table) = (".text\n.p2align 4\n".to_owned(), String::new());
    for (number, body) in bodies.iter().enumerate() {
        assembly += &format!(
            ".globl f{number}\n.type f{number}, @function\nf{number}:\n{body}ret\n.size f{number}, .-f{number}\n"
        );
        table += &format!("void f{number}(unsigned long *);\n");
    }
    let names: Vec<String> = (0..bodies.len()).map(|number| format!("f{number}")).collect();
    table += &format!("static void (*functions[])(unsigned long *) = {{ {} }};\n", names.join(", "));
    table += &format!("#define COUNT {}\n#define TRIALS {TRIALS}\n{HARNESS}", bodies.len());
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("f.s"), assembly + ".section .note.GNU-stack,\"\",@progbits\n").expect("it can be written");
    std::fs::write(path("main.c"), table).expect("it can be written");
    let image = Image::read(&object("gcc", &[], &path("f.s"), folder.path())).expect("it is an object");
    let built = Command::new("gcc").args(["-w", "-o"]).arg(path("main")).arg(path("main.c")).arg(path("f.s")).status();
    assert!(built.expect("gcc starts").success());
    let wanted = Command::new(path("main")).output().expect("it runs").stdout;
    let mut wanted = wanted.chunks_exact(4).map(|word| i32::from_le_bytes(word.try_into().expect("four")));
    let mut engines: Vec<(Interpreter, Jit)> = names
        .iter()
        .map(|name| image.lift(name).unwrap_or_else(|error| panic!("{error}")))
        .map(|lifted| (Interpreter::new(&lifted), Jit::new(&lifted).expect("there is machine code for it")))
        .collect();
    let mut state = 1_u64;
    for trial in 0..TRIALS {
        for (body, (interpreter, jit)) in bodies.iter().zip(&mut engines) {
            let mut word = |word: usize| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                if (trial + word).is_multiple_of(3) { state >> 59 } else { state ^ state >> 32 }
            };
            let input = (0..32).map(&mut word).flat_map(|word| [word as i32, (word >> 32) as i32]).collect();
            let call = image.call(&[Passed::Array(input)]);
            let expected: Vec<i32> = wanted.by_ref().take(64).collect();
            for engine in [interpreter as &mut dyn Engine, jit] {
                let mut arguments =
                    [Argument::Array(call.machine.state.clone()), Argument::Array(call.machine.memory.clone())];
                let outcome = engine.run(FunctionId(0), &mut arguments, 1000).outcome;
                assert!(matches!(outcome, Outcome::Returned(_)), "{outcome:?}\n{body}");
                let [Argument::Array(state), Argument::Array(memory)] = arguments else { unreachable!() };
                assert_eq!(call.array(&Machine { state, memory }, 0), Some(&expected[..]), "{body}");
            }
        }
    }
}

/// The comparison notices one wrong byte.
#[test]
fn a_wrong_instruction_is_noticed() {
    if !is_here("gcc") {
        println!("skipped: there is no gcc");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("f.c");
    let text = "int f(int a, int b) { return a + b; }\n";
    std::fs::write(&path, text).expect("it can be written");
    let mut file = object("gcc", &["-O0"], &path, folder.path());
    let source = (path, c::parse(text).expect("it is C"), c::compile(text).expect("it is C"));
    let mismatches = |file: &[u8]| {
        let mut table = Table::default();
        compare(&source, &Image::read(file).expect("it is an object"), 20, &mut table);
        assert!(table.runs > 5);
        table.mismatches.len()
    };
    assert_eq!(mismatches(&file), 0);
    // addl %edx, %eax becomes subl.
    let at = file.windows(2).position(|bytes| bytes == [0x01, 0xd0]).expect("gcc adds so");
    file[at] = 0x29;
    assert!(mismatches(&file) > 5);
}

/// What compilers call of C's library.
#[test]
fn library_functions_do_what_the_library_says() {
    if !is_here("gcc") {
        println!("skipped: there is no gcc");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("f.c");
    let text = "#include <string.h>\n\
        long length(char *p, long n, long m) { return strlen(p); }\n\
        void *copy(char *p, long n, long m) { return memcpy(p, p + 32, n); }\n\
        void *move(char *p, long n, long m) { return memmove(p + n, p + m, 11); }\n\
        void *fill(char *p, long n, long m) { return memset(p + m, n + 300, n); }\n\
        int order(char *p, long n, long m) { return memcmp(p, p + m, n); }\n";
    std::fs::write(&path, text).expect("it can be written");
    let image = Image::read(&object("gcc", &["-O0"], &path, folder.path())).expect("it is an object");
    let mut rng = Random::seed_from_u64(9);
    for _ in 0..100 {
        let mut bytes: Vec<u8> = (0..64).map(|_| rng.random_range(0..3)).collect();
        bytes[63] = 0;
        let (n, m) = (rng.random_range(0..32_usize), rng.random_range(0..24_usize));
        let run = |name: &str| {
            let lifted = image.lift(name).unwrap_or_else(|error| panic!("{error}"));
            let words = bytes.chunks_exact(4).map(|word| i32::from_le_bytes(word.try_into().expect("four"))).collect();
            let call = image.call(&[Passed::Array(words), Passed::Scalar(n as i64), Passed::Scalar(m as i64)]);
            let mut arguments =
                [Argument::Array(call.machine.state.clone()), Argument::Array(call.machine.memory.clone())];
            let outcome = Interpreter::new(&lifted).run(FunctionId(0), &mut arguments, 10_000).outcome;
            assert!(matches!(outcome, Outcome::Returned(_)), "{name}: {outcome:?}");
            let [Argument::Array(state), Argument::Array(memory)] = arguments else { unreachable!() };
            let machine = Machine { state, memory };
            let left = call.array(&machine, 0).expect("it was handed over");
            let left: Vec<u8> = left.iter().flat_map(|word| word.to_le_bytes()).collect();
            let result = machine.register(iced_x86::Register::RAX);
            (left, result, call.place(result as u64).map(|place| place.1 as usize))
        };
        let length = bytes.iter().position(|byte| *byte == 0).expect("the last is 0");
        assert_eq!(run("length").1, length as i64);
        let mut wanted = bytes.clone();
        wanted.copy_within(32..32 + n, 0);
        let (left, _, place) = run("copy");
        assert_eq!((left, place), (wanted, Some(0)));
        let mut wanted = bytes.clone();
        wanted.copy_within(m..m + 11, n);
        let (left, _, place) = run("move");
        assert_eq!((left, place), (wanted, Some(n)));
        let mut wanted = bytes.clone();
        wanted[m..m + n].fill((n + 300) as u8);
        let (left, _, place) = run("fill");
        assert_eq!((left, place), (wanted, Some(m)));
        let order = bytes[..n].cmp(&bytes[m..m + n]) as i32;
        assert_eq!((run("order").1 as i32).signum(), order);
    }
}

/// Files with wrong bytes are told or lifted, and nothing else.
#[test]
fn broken_files_are_told() {
    if !is_here("gcc") {
        println!("skipped: there is no gcc");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut rng = Random::seed_from_u64(11);
    let (mut read, mut lifted) = (0, 0);
    for source in ["corpus/c/quick_sort.c", "corpus/c/string_copy.c", "corpus/c/sieve_global.c"] {
        let file = object("gcc", &["-O2"], &support::root().join(source), folder.path());
        for round in 0..400 {
            let mut file = file.clone();
            // The first bytes are the header; text and tables are everywhere.
            for _ in 0..rng.random_range(1..6) {
                let at = rng.random_range(if round % 2 == 0 { 16 } else { 0x40 }..file.len());
                file[at] = if rng.random() { rng.random() } else { 0xff };
            }
            file.truncate(if round % 16 == 0 { rng.random_range(0..file.len()) } else { file.len() });
            let Ok(image) = Image::read(&file) else { continue };
            read += 1;
            for function in image.functions() {
                lifted += usize::from(image.lift(&function.name).is_ok());
            }
        }
    }
    assert!(read > 400 && lifted > 400, "{read} read, {lifted} lifted");
}

#[test]
fn what_does_not_lift_is_told() {
    if !is_here("gcc") {
        println!("skipped: there is no gcc");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let source = folder.path().join("f.c");
    let text = "int other(int); int calls(int x) { return other(x) + 1; } double wide(double x) { return x * 2; }\n\
                int fine(int x) { return x; } int by(int (*f)(int)) { return f(1) + 1; }\n";
    std::fs::write(&source, text).expect("it can be written");
    let image = Image::read(&object("gcc", &["-O1"], &source, folder.path())).expect("it is an object");
    let told = |name: &str| image.lift(name).map(|_| ()).expect_err(name).to_string();
    for (name, message) in [
        ("calls", "in `calls`, at 0x4 (e8 00 00 00 00): `other` is not in the file"),
        ("wide", "the instruction `addsd` is not in the subset"),
        ("by", "jumps and calls through registers"),
        ("none", "there is no function `none`"),
    ] {
        assert!(told(name).contains(message), "{}", told(name));
    }
    image.lift("fine").expect("it is in the subset");
    for (bytes, message) in [(&b"no object"[..], "no ELF object"), (&[0x7f, b'E', b'L', b'F', 2, 1], "no ELF object")] {
        let error = Image::read(bytes).map(|_| ()).expect_err("it is none").to_string();
        assert!(error.contains(message), "{error}");
    }
}
