//! The reader of token ids against the parser: programs, spans and warnings are those of the decoded text. How many
//! programs are compared, `IOCC_READER_PROGRAMS` says; `tests/mask.rs` compares what masked walks give.

use iocc::diagnostic::Diagnostic;
use iocc::lang::c;
use iocc::lang::c::tree::with_arena;
use iocc::sample::c::{Config, Sampler};
use iocc::token::{BEGIN, END, PAD, Profile, Reader, TokenId, Vocabulary};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

fn restricted() -> (Vocabulary, Reader) {
    let vocabulary = Vocabulary::new(&Profile::load("restricted-c").expect("it is committed")).expect("it is sound");
    let reader = Reader::new(&vocabulary).expect("the reader knows the profile");
    (vocabulary, reader)
}

/// Everything that the compiler says of a program: IR with its spans, and diagnostics.
fn compiled(checked: Result<c::Checked, Vec<Diagnostic>>) -> Result<String, String> {
    let checked = checked.map_err(|errors| format!("{errors:?}"))?;
    let lowered = c::lower(&checked.program, c::LowerOptions { notes: true });
    Ok(format!("{}{:?}", iocc::ir::print(&lowered), checked.warnings))
}

fn assert_same(vocabulary: &Vocabulary, reader: &Reader, tokens: &[TokenId]) {
    let source = vocabulary.decode(tokens);
    let read = with_arena(|arena| c::check_tree(&reader.read(tokens, arena)?));
    assert_eq!(compiled(read), compiled(c::parse(&source).and_then(|program| c::check(&program))), "{source}");
}

#[test]
fn sampled_programs_are_read_as_their_text_is_parsed() {
    let (vocabulary, reader) = restricted();
    let sampler = Sampler::new(Config::default());
    let count = std::env::var("IOCC_READER_PROGRAMS").ok().and_then(|count| count.parse().ok()).unwrap_or(5_000);
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (vocabulary, reader, sampler) = (&vocabulary, &reader, &sampler);
            scope.spawn(move || {
                let mut random = Xoshiro256PlusPlus::seed_from_u64(100 + thread);
                for _ in 0..count / threads {
                    let source = c::print(&sampler.program(&mut random));
                    let tokens = vocabulary.encode(&source).expect("the sampler keeps to the profile");
                    assert_same(vocabulary, reader, &tokens);
                }
            });
        }
    });
}

/// One token of a program is changed, left out or doubled: whether it can still be read is what the parser says, and
/// what is wrong is said of a token that is not before the change.
#[test]
fn what_is_no_program_is_refused_where_it_goes_wrong() {
    let (vocabulary, reader) = restricted();
    let sampler = Sampler::new(Config::default());
    let mut random = Xoshiro256PlusPlus::seed_from_u64(5);
    let (mut read, mut refused) = (0, 0);
    for _ in 0..3_000 {
        let source = c::print(&sampler.program(&mut random));
        let mut tokens = vocabulary.encode(&source).expect("the sampler keeps to the profile");
        let place = random.random_range(0..tokens.len());
        match random.random_range(0..3) {
            0 => tokens[place] = TokenId(random.random_range(3..vocabulary.len() as u16)),
            1 => drop(tokens.remove(place)),
            _ => tokens.insert(place, tokens[place]),
        }
        match with_arena(|arena| reader.read(&tokens, arena).map(drop)) {
            Ok(_) => {
                read += 1;
                assert_same(&vocabulary, &reader, &tokens);
            }
            Err(errors) => {
                refused += 1;
                let before: usize = tokens[..place].iter().map(|token| vocabulary.text(*token).len() + 1).sum();
                assert!(errors[0].labels[0].span.end as usize + 1 >= before, "{errors:?}");
            }
        }
    }
    assert!(read > 100 && refused > 300, "{read} read, {refused} refused");
}

#[test]
fn diagnostics_name_the_token() {
    let (vocabulary, reader) = restricted();
    let ids = |text: &str| vocabulary.encode(text).expect("tokens of the profile");
    let said = |tokens: &[TokenId]| {
        let errors = reader.compile(tokens).expect_err("it is no program");
        let span = errors[0].labels[0].span;
        (errors[0].message.clone(), errors[0].help.join("; "), span.start as usize..span.end as usize)
    };
    let broken = "int * func_1 ( int a [ ] ) { a [ 0 ] + 1 ; return a ; }";
    let (message, help, span) = said(&ids(broken));
    assert_eq!((message.as_str(), &broken[span]), ("token 14, `+`, cannot stand here", "+"));
    assert!(help.contains("`+=`") && help.contains("`++`") && !help.contains("`(`"), "{help}");
    let (message, help, _) = said(&ids("int * func_1 ( int a [ ] ) { return a ;"));
    assert_eq!(
        (message.as_str(), help.as_str()),
        ("the program is not whole after its 13 tokens", "what can stand here: `}`")
    );
    let (message, ..) = said(&[TokenId(3), TokenId(999)]);
    assert_eq!(message, "token 1 is 999, which the vocabulary does not have");
    let whole = ids("int * func_1 ( int a [ ] ) { return a ; }");
    assert!(said(&[&whole[..], &whole[..1]].concat()).0.starts_with("token 14, `int`"));
    assert!(said(&[]).0.contains("not whole"));
    let marked = [&[BEGIN], &whole[..], &[END, PAD, PAD]].concat();
    assert_same(&vocabulary, &reader, &marked);
}

#[test]
fn hostile_depth_is_refused() {
    let (vocabulary, reader) = restricted();
    let front = "int * func_1 ( int a [ ] ) { a [ 0 ] = ";
    for (open, code) in [("a [ ", 5), ("1 + ", 5)] {
        let text = format!("{front}{}", open.repeat(50_000));
        let errors = reader.compile(&vocabulary.encode(&text).expect("tokens")).expect_err("too deep");
        assert_eq!(errors[0].code.0, code, "{}", errors[0].message);
    }
    let blocks = format!("int * func_1 ( int a [ ] ) {{ {}", "if ( 1 ) { ".repeat(50_000));
    let errors = reader.compile(&vocabulary.encode(&blocks).expect("tokens")).expect_err("too deep");
    assert_eq!(errors[0].code.0, 5, "{}", errors[0].message);
}

#[test]
fn what_the_reader_does_not_know_is_refused() {
    let text = include_str!("../profiles/restricted-c.toml");
    let with = |from: &str, to: &str| {
        assert!(text.contains(from), "{from} is in the profile");
        let profile = Profile::from_toml(&text.replacen(from, to, 1)).expect("the grammar allows it");
        Reader::new(&Vocabulary::new(&profile).expect("a vocabulary")).map(drop).map_err(|error| error.to_string())
    };
    let error = with("\"if_statement\"", "\"switch_statement\"").expect_err("a rule without a meaning");
    assert!(error.contains("does not know rule `switch_statement`"), "{error}");
    let error = with("postfix = 0", "postfix = 1").expect_err("steps within expressions");
    assert!(error.contains("does not know"), "{error}");
}
