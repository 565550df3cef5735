//! The token mask against what decides what a program is: pest's parser, the checker of C, and plain enumeration of
//! everything that the grammar derives.

use iocc::constrain::{Automaton, State};
use iocc::lang::c;
use iocc::lang::karel;
use iocc::lang::x86::ast::Syntax;
use iocc::lang::x86::{self, Frame};
use iocc::sample::c::{Config, Sampler};
use iocc::token::{END, Lexer, Profile, Reader, Shape, TokenId, TokenSet, Vocabulary, count};
use pest::Parser;
use rand::Rng;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::time::Instant;

/// pest's own reading of the grammar, to ask for the profile's start rule.
mod grammar {
    #![allow(missing_docs)]
    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/c.pest"]
    #[grammar = "../grammar/common.pest"]
    pub struct CParser;
}

fn restricted() -> (Vocabulary, Automaton) {
    compile(&Profile::load("restricted-c").expect("a committed profile"))
}

fn compile(profile: &Profile) -> (Vocabulary, Automaton) {
    let vocabulary = Vocabulary::new(profile).expect("the profile has a vocabulary");
    let automaton = Automaton::new(&vocabulary).expect("the profile has a mask");
    (vocabulary, automaton)
}

/// Whether pest takes the whole text as one function and the checker accepts it.
fn verdict(source: &str) -> Result<(), String> {
    let pairs = grammar::CParser::parse(grammar::Rule::function, source).map_err(|error| error.to_string())?;
    let end = pairs.as_str().len();
    if end != source.len() {
        return Err(format!("pest stops before `{}`", &source[end..]));
    }
    let program = c::parse(source).map_err(|errors| format!("{errors:?}"))?;
    c::check(&program).map(|_| ()).map_err(|errors| format!("{errors:?}"))
}

/// Fails where the reader of ids makes another program of the tokens than the parser does of their text.
fn assert_read(reader: &Reader, vocabulary: &Vocabulary, tokens: &[TokenId]) {
    let source = vocabulary.decode(tokens);
    let checked = c::check(&c::parse(&source).expect("the mask admitted it")).expect("the mask admitted it");
    let parsed = c::lower(&checked.program, c::LowerOptions::default());
    assert_eq!(reader.compile(tokens), Ok(parsed), "{source}");
}

/// How a walk picks among the admitted tokens.
#[derive(Clone, Copy, PartialEq)]
enum Taste {
    Uniform,
    /// Rather not what ends a block, so that programs grow until the budget stops them.
    Long,
}

/// A masked random walk to the end; the tokens without the end mark.
fn walk(
    vocabulary: &Vocabulary,
    automaton: &Automaton,
    budget: usize,
    taste: Taste,
    random: &mut Xoshiro256PlusPlus,
) -> Vec<TokenId> {
    let mut state = automaton.start(budget);
    let mut tokens = Vec::new();
    loop {
        let mask = automaton.mask(&state);
        let mut choices: Vec<TokenId> = mask.iter().collect();
        assert!(!choices.is_empty(), "nothing may follow: {}", vocabulary.decode(&tokens));
        if taste == Taste::Long && random.random_bool(0.95) {
            let grows = |token: &TokenId| *token != END && !["}", "return"].contains(&vocabulary.text(*token));
            let growing: Vec<TokenId> = choices.iter().copied().filter(grows).collect();
            choices = if growing.is_empty() { choices } else { growing };
        }
        let token = choices[random.random_range(0..choices.len())];
        assert_eq!(mask.contains(END), automaton.is_complete(&state));
        assert!(automaton.advance(&mut state, token), "the mask admits {}", vocabulary.text(token));
        if token == END {
            assert!(state.has_ended() && automaton.mask(&state).is_empty());
            return tokens;
        }
        tokens.push(token);
    }
}

#[test]
fn walks_are_programs() {
    let (vocabulary, automaton) = restricted();
    let reader = Reader::new(&vocabulary).expect("the reader knows the profile");
    assert_eq!(automaton.shortest(), Some(14));
    let mut random = Xoshiro256PlusPlus::seed_from_u64(11);
    let (mut used, mut lengths) = (TokenSet::EMPTY, 0);
    for i in 0..10_000 {
        let budget = 20 + i * 7 % 237;
        let taste = if i % 2 == 0 { Taste::Uniform } else { Taste::Long };
        let tokens = walk(&vocabulary, &automaton, budget, taste, &mut random);
        let source = vocabulary.decode(&tokens);
        assert!(count(&source) <= budget, "{} tokens, budget {budget}: {source}", count(&source));
        assert_eq!(vocabulary.encode(&source).as_ref(), Ok(&tokens), "{source}");
        if let Err(why) = verdict(&source) {
            panic!("{source}\n{why}");
        }
        assert_read(&reader, &vocabulary, &tokens);
        tokens.iter().for_each(|token| used.insert(*token));
        lengths += count(&source);
    }
    assert!(lengths / 10_000 > 50, "walks are too short to say much: {}", lengths / 10_000);
    assert_eq!(used.len() + 3, vocabulary.len(), "some token was never admitted");
}

/// Fails where the mask refuses a token of a program that is within the budget.
fn admit(vocabulary: &Vocabulary, automaton: &Automaton, source: &str) {
    let tokens = vocabulary.encode(source).unwrap_or_else(|error| panic!("{error} in {source}"));
    // Exactly as much as it needs, so that every step is on the brink.
    let mut state = automaton.start(count(source));
    for (i, token) in tokens.iter().enumerate() {
        let admitted = automaton.mask(&state).contains(*token);
        assert!(
            admitted && automaton.advance(&mut state, *token),
            "`{}` after `{}`",
            vocabulary.text(*token),
            vocabulary.decode(&tokens[..i])
        );
    }
    assert!(automaton.is_complete(&state) && automaton.mask(&state).contains(END), "no end after {source}");
    assert_eq!(state.budget_left(), 0);
}

#[test]
fn the_benchmark_is_admitted() {
    let (vocabulary, automaton) = restricted();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/tasks/c_eval.jsonl");
    let text = std::fs::read_to_string(path).expect("the benchmark is readable");
    for line in text.lines() {
        let task: serde_json::Value = serde_json::from_str(line).expect("one object a line");
        admit(&vocabulary, &automaton, task["source"].as_str().expect("a source"));
    }
}

#[test]
fn sampled_programs_are_admitted() {
    let (vocabulary, automaton) = restricted();
    let sampler = Sampler::new(Config::default());
    let mut random = Xoshiro256PlusPlus::seed_from_u64(3);
    for _ in 0..2_000 {
        admit(&vocabulary, &automaton, &c::print(&sampler.program(&mut random)));
    }
}

/// The median over the tokens of real programs; the bound holds on a slow and busy machine as well.
#[test]
fn masks_take_microseconds() {
    let (vocabulary, automaton) = restricted();
    let sampler = Sampler::new(Config::default());
    let mut random = Xoshiro256PlusPlus::seed_from_u64(4);
    let mut times = Vec::new();
    for _ in 0..200 {
        let source = c::print(&sampler.program(&mut random));
        let mut state = automaton.start(256);
        for token in vocabulary.encode(&source).expect("the sampler keeps to the profile") {
            let start = Instant::now();
            let mask = black_box(automaton.mask(black_box(&state)));
            automaton.advance(&mut state, token);
            times.push(start.elapsed());
            assert!(mask.contains(token));
        }
    }
    times.sort();
    let median = times[times.len() / 2];
    println!("mask and advance: median {median:?} over {} tokens", times.len());
    assert!(median.as_nanos() <= 5_000, "median {median:?}");
}

#[test]
fn a_clone_goes_its_own_way() {
    let (vocabulary, automaton) = restricted();
    let mut random = Xoshiro256PlusPlus::seed_from_u64(5);
    for _ in 0..200 {
        let mut state = automaton.start(120);
        while !state.has_ended() {
            let mask = automaton.mask(&state);
            for _ in 0..3 {
                let mut other: State = state.clone();
                for _ in 0..random.random_range(1..20) {
                    let choices: Vec<TokenId> = automaton.mask(&other).iter().collect();
                    let Some(token) = choices.get(random.random_range(0..choices.len().max(1))) else { break };
                    assert!(automaton.advance(&mut other, *token));
                }
            }
            for i in (0..vocabulary.len() as u16).map(TokenId).filter(|token| !mask.contains(*token)) {
                assert!(!automaton.advance(&mut state, i), "refused tokens do not advance");
            }
            assert_eq!(automaton.mask(&state), mask, "steps of a clone and refused steps change nothing");
            let choices: Vec<TokenId> = mask.iter().collect();
            assert!(automaton.advance(&mut state, choices[random.random_range(0..choices.len())]));
        }
    }
}

#[test]
fn too_small_a_budget_admits_nothing() {
    let (_, automaton) = restricted();
    assert!(automaton.mask(&automaton.start(13)).is_empty());
    assert!(!automaton.mask(&automaton.start(14)).is_empty());
}

/// The mask after the tokens of a text.
fn after(vocabulary: &Vocabulary, automaton: &Automaton, text: &str) -> TokenSet {
    let mut state = automaton.start(200);
    for token in vocabulary.encode(text).expect("tokens of the profile") {
        assert!(automaton.advance(&mut state, token), "`{}` in {text}", vocabulary.text(token));
    }
    automaton.mask(&state)
}

#[test]
fn names_are_in_scope_where_c_has_them_and_they_hold_a_value() {
    let (vocabulary, automaton) = restricted();
    let admits = |text: &str, token: &str| {
        let text = format!("int * func_1 ( int a [ ] ) {{ {text}");
        after(&vocabulary, &automaton, &text).contains(vocabulary.id(token).expect("a token"))
    };
    let outer = "int l_0 = 1 ;";
    assert!(!admits("int l_0 =", "l_0"), "not in its own initialiser");
    assert!(admits("int l_0 = 1 ; int l_1 =", "l_0"));
    assert!(!admits(&format!("{outer} int"), "l_0"), "not twice in a scope");
    assert!(admits(&format!("{outer} if ( 1 ) {{ int"), "l_0"), "again in an inner scope");
    assert!(!admits(&format!("{outer} if ( 1 ) {{ int l_0 ="), "l_0"), "the outer one is hidden already");
    assert!(admits(&format!("{outer} if ( 1 ) {{ int l_0 = 2 ; }}"), "l_0"));
    assert!(!admits("if ( 1 ) { int l_0 = 2 ; }", "l_0"), "gone after its block");
    assert!(admits("for ( int l_0 = 0 ; l_0 < 1 ; l_0 ++ ) { int", "l_0"), "a loop's body is a scope of its own");
    assert!(!admits("for ( int l_0 = 0 ; l_0 < 1 ; l_0 ++ ) { }", "l_0"), "gone after its loop");
    assert!(!admits("if ( 1 ) {", "break") && admits("for ( a [ 0 ] = 0 ; 1 ; a [ 0 ] ++ ) { if ( 1 ) {", "break"));
}

#[test]
fn huge_bounds_are_refused() {
    let huge = include_str!("../profiles/restricted-c.toml").replace("operation = 11", "operation = 4000000000");
    let vocabulary = Vocabulary::new(&Profile::from_toml(&huge).expect("a number")).expect("a vocabulary");
    assert!(Automaton::new(&vocabulary).expect_err("too large").to_string().contains("lower the bounds"));
}

/// Everything that a selection derives, by brute force.
struct Enumeration<'a> {
    vocabulary: &'a Vocabulary,
    known: BTreeMap<(&'a str, usize), Strings>,
}

type Strings = BTreeSet<Vec<TokenId>>;

impl<'a> Enumeration<'a> {
    /// What a shape derives with at most `budget` tokens of the language.
    fn derive(&mut self, shape: &'a Shape, budget: usize) -> Strings {
        match shape {
            Shape::Text(text) => {
                let token = self.vocabulary.id(text).expect("a text of the vocabulary");
                (self.vocabulary.weight(token) <= budget).then(|| vec![token]).into_iter().collect()
            }
            Shape::Rule(name) => {
                if let Some(known) = self.known.get(&(name.as_str(), budget)) {
                    return known.clone();
                }
                let strings = self.derive(&self.vocabulary.selection().rules[name], budget);
                self.known.insert((name, budget), strings.clone());
                strings
            }
            Shape::Choice(parts) => parts.iter().flat_map(|part| self.derive(part, budget)).collect(),
            Shape::Sequence(parts) => {
                parts.iter().fold(Strings::from([Vec::new()]), |fronts, part| self.extend(fronts, part, budget))
            }
            Shape::Repeat { part, least, most } => {
                let mut all = Strings::new();
                let mut fronts = Strings::from([Vec::new()]);
                for times in 0..=most.map_or(budget, |most| most as usize) {
                    if times >= *least as usize {
                        all.extend(fronts.iter().cloned());
                    }
                    fronts = self.extend(fronts, part, budget);
                }
                all
            }
        }
    }

    /// Each front followed by each match of the part that still fits.
    fn extend(&mut self, fronts: Strings, part: &'a Shape, budget: usize) -> Strings {
        let mut all = Strings::new();
        for front in fronts {
            let used: usize = front.iter().map(|token| self.vocabulary.weight(*token)).sum();
            let backs = self.derive(part, budget - used);
            all.extend(backs.iter().map(|back| [front.as_slice(), back].concat()));
        }
        all
    }
}

/// Whether a declaration reads its own name, which C allows and the mask does not.
fn reads_itself(vocabulary: &Vocabulary, tokens: &[TokenId]) -> bool {
    let texts: Vec<&str> = tokens.iter().map(|token| vocabulary.text(*token)).collect();
    texts.windows(3).enumerate().any(|(i, window)| {
        window[0] == "int"
            && window[2] == "="
            && texts[i + 2..].iter().take_while(|t| **t != ";").any(|t| *t == window[1])
    })
}

/// The mask after each prefix of each program that fits the budget must hold exactly the tokens that continue some such
/// program.
fn check_against_enumeration(profile: &str, budget: usize, at_least: usize) {
    let (vocabulary, automaton) = compile(&Profile::from_toml(profile).expect("a sound profile"));
    let start = Shape::Rule(vocabulary.selection().start.clone());
    let programs: Vec<Vec<TokenId>> = Enumeration { vocabulary: &vocabulary, known: BTreeMap::new() }
        .derive(&start, budget)
        .into_iter()
        .filter(|tokens| !reads_itself(&vocabulary, tokens) && verdict(&vocabulary.decode(tokens)).is_ok())
        .collect();
    assert!(programs.len() >= at_least, "{} programs", programs.len());
    let mut expected: BTreeMap<&[TokenId], TokenSet> = BTreeMap::new();
    for program in &programs {
        for i in 0..program.len() {
            expected.entry(&program[..i]).or_default().insert(program[i]);
        }
        expected.entry(program).or_default().insert(END);
    }
    for (prefix, tokens) in expected {
        let mut state = automaton.start(budget);
        prefix.iter().for_each(|token| assert!(automaton.advance(&mut state, *token)));
        let mask = automaton.mask(&state);
        let text = |set: TokenSet| set.iter().map(|token| vocabulary.text(token).to_owned()).collect::<Vec<_>>();
        assert_eq!(text(mask), text(tokens), "after `{}`", vocabulary.decode(prefix));
    }
}

/// The committed profile with small pools and few operators; `edit` changes lines of it.
fn small_profile(edits: &[(&str, &str)]) -> String {
    let mut text = include_str!("../profiles/restricted-c.toml").to_owned();
    let names = text.lines().find(|line| line.starts_with("variable = ")).expect("a pool").to_owned();
    let names = names.trim_start_matches("variable = ").to_owned();
    let constants = text.lines().find(|line| line.starts_with("constant = ")).expect("a pool").to_owned();
    let operators = text.lines().find(|line| line.starts_with("binary_operator = ")).expect("operators").to_owned();
    let assigns = text.lines().find(|line| line.starts_with("assign_operator = ")).expect("operators").to_owned();
    text = text.replace(&names, r#"["l_0", "l_1"]"#);
    text = text.replace(&constants, r#"constant = ["0", "(-1)"]"#);
    text = text.replace(&operators, r#"binary_operator = ["+"]"#);
    text = text.replace(&assigns, r#"assign_operator = ["="]"#);
    for (from, to) in edits {
        assert!(text.contains(from), "{from} is in the profile");
        text = text.replacen(from, to, 1);
    }
    text
}

#[test]
fn masks_are_exact_for_declarations_and_expressions() {
    let statements = text_of("statement");
    let edits = [
        (statements.as_str(), r#"statement = ["declaration", "assign_statement", "step_statement"]"#),
        ("operation = 11", "operation = 1"),
    ];
    check_against_enumeration(&small_profile(&edits), 14 + 10, 100);
}

#[test]
fn masks_are_exact_for_blocks_and_scopes() {
    let statements = text_of("statement");
    let edits = [
        (statements.as_str(), r#"statement = ["if_statement", "declaration", "step_statement"]"#),
        (r#"primary = ["constant", "element", "variable"]"#, r#"primary = ["constant", "variable"]"#),
        ("operation = 11", "operation = 0"),
        ("unary = 1", "unary = 0"),
    ];
    check_against_enumeration(&small_profile(&edits), 14 + 13, 100);
}

#[test]
fn masks_are_exact_for_loops() {
    let statements = text_of("statement");
    let edits = [
        (statements.as_str(), r#"statement = ["for_statement", "break_statement"]"#),
        (r#"for_step = ["step", "assign"]"#, r#"for_step = ["step"]"#),
        (r#"primary = ["constant", "element", "variable"]"#, r#"primary = ["constant", "variable"]"#),
        (r#"new_variable = ["l_0", "l_1"]"#, r#"new_variable = ["l_0"]"#),
        (r#"variable = ["l_0", "l_1"]"#, r#"variable = ["l_0"]"#),
        (r#"constant = ["0", "(-1)"]"#, r#"constant = ["0"]"#),
        ("operation = 11", "operation = 0"),
        ("unary = 1", "unary = 0"),
    ];
    check_against_enumeration(&small_profile(&edits), 14 + 22, 20);
}

/// Most of the grammar, to see that what the mask derives is what pest reads, ambiguities included.
const WIDE: &str = r#"
name = "wide"
language = "c"
start = "function"
max_tokens = 256
[alternatives]
return_type = ["int_type"]
parameters = ["parameter"]
body = ["returning_body"]
statement = ["block", "if_statement", "for_statement", "while_statement", "do_statement", "break_statement",
    "continue_statement", "return_statement", "declaration", "assign_statement", "step_statement",
    "expression_statement", "empty_statement"]
branch = ["block"]
loop_body = ["block"]
declarator = ["scalar_declarator"]
returned = ["expression"]
prefix_operator = ["-", "+", "!", "~"]
primary = ["constant", "element", "variable", "parenthesized"]
[at_most]
parameters = 3
declaration = 2
expression = 0
conditional = 1
operation = 3
unary = 3
postfix = 0
[required]
function = true
return_statement = true
scalar_declarator = true
[pools]
function_name = ["f"]
new_array = ["a", "b", "c", "d"]
array_ref = ["a", "b", "c", "d"]
array_value = ["a", "b", "c", "d"]
new_variable = ["n", "m", "x"]
variable = ["n", "m", "x"]
array_length = ["5", "7"]
constant = ["1", "2", "10", "(-1)", "(-20)"]
"#;

/// Walks with budgets that leave room for `room` tokens more than the shortest program has.
fn check_walks(profile: &str, walks: usize, room: usize) {
    let (vocabulary, automaton) = compile(&Profile::from_toml(profile).expect("a sound profile"));
    let reader = Reader::new(&vocabulary).expect("the reader knows the profile");
    let mut random = Xoshiro256PlusPlus::seed_from_u64(12);
    for i in 0..walks {
        let budget = automaton.shortest().expect("there are programs") + i % room;
        let taste = if i % 2 == 0 { Taste::Uniform } else { Taste::Long };
        let tokens = walk(&vocabulary, &automaton, budget, taste, &mut random);
        let source = vocabulary.decode(&tokens);
        assert!(count(&source) <= budget, "{source}");
        if let Err(why) = verdict(&source) {
            panic!("{source}\n{why}");
        }
        assert_read(&reader, &vocabulary, &tokens);
    }
}

#[test]
fn walks_of_a_wide_profile_are_programs() {
    check_walks(WIDE, 3_000, 150);
}

/// Statements without braces: an `else` may belong to either `if`, so that two parses live side by side.
#[test]
fn walks_with_bare_branches_are_programs() {
    let bare = WIDE
        .replace(r#"branch = ["block"]"#, r#"branch = ["block", "unbraced"]"#)
        .replace(r#"loop_body = ["block"]"#, r#"loop_body = ["block", "unbraced"]"#);
    let profile = Profile::from_toml(&bare).expect("the grammar allows it");
    let refused = Automaton::new(&Vocabulary::new(&profile).expect("a vocabulary")).expect_err("not C").to_string();
    assert!(refused.contains("the whole of a `branch`"), "{refused}");
    check_walks(&bare.replace(r#""declaration", "assign"#, r#""assign"#), 3_000, 150);
}

/// The line of the committed profile that sets a key.
fn text_of(key: &str) -> String {
    let text = include_str!("../profiles/restricted-c.toml");
    text.lines().find(|line| line.starts_with(&format!("{key} = "))).expect("a key of the profile").to_owned()
}

#[test]
fn what_the_mask_cannot_track_is_refused() {
    let refuse = |edits: &[(&str, &str)]| {
        let profile = Profile::from_toml(&small_profile(edits)).expect("the grammar allows it");
        let vocabulary = Vocabulary::new(&profile).expect("a vocabulary");
        Automaton::new(&vocabulary).expect_err("not tracked").to_string()
    };
    assert!(refuse(&[("expression = 0", "expression = 1")]).contains("`assign_operator`"));
    assert!(refuse(&[(r#"["int_pointer"]"#, r#"["int_pointer", "int_type"]"#)]).contains("one return type"));
    assert!(refuse(&[(r#"new_variable = ["l_0", "l_1"]"#, r#"new_variable = ["l_0", "l_7"]"#)]).contains("`l_7`"));
    assert!(refuse(&[(r#"new_array = ["a"]"#, r#"new_array = ["a", "l_0"]"#)]).contains("`l_0`"));
}

/// What decides about x86 programs: the parser, and the lowering to IR.
fn x86_verdict(source: &str) -> Result<(), String> {
    let program = x86::parse(source, Syntax::Att).map_err(|errors| format!("{errors:?}"))?;
    let lowered = x86::lower(&program, Frame::of_slots(4)).map_err(|errors| format!("{errors:?}"))?;
    iocc::ir::verify(&lowered).map_err(|error| format!("{error:?}"))
}

#[test]
fn walks_over_x86_are_programs() {
    let (vocabulary, automaton) = compile(&Profile::load("short-x86").expect("a committed profile"));
    let lexer = Lexer::of("x86").expect("x86 has a lexer");
    assert_eq!(automaton.shortest(), Some(0));
    let mut random = Xoshiro256PlusPlus::seed_from_u64(12);
    let (mut used, mut labels, mut forward) = (TokenSet::EMPTY, 0, 0);
    for i in 0..5_000 {
        let budget = i % 129;
        let taste = if i % 2 == 0 { Taste::Uniform } else { Taste::Long };
        let tokens = walk(&vocabulary, &automaton, budget, taste, &mut random);
        let source = vocabulary.decode(&tokens);
        let length = lexer.count(&source);
        assert!(length <= budget, "{length} tokens, budget {budget}: {source}");
        assert_eq!(vocabulary.encode(&source).as_ref(), Ok(&tokens), "{source}");
        if let Err(why) = x86_verdict(&source) {
            panic!("{source}\n{why}");
        }
        // The printer's own text is admitted too, with not a token to spare.
        let printed = x86::print(&x86::parse(&source, Syntax::Att).expect("it was just parsed"), Syntax::Att);
        let tokens = vocabulary.encode(&printed).unwrap_or_else(|error| panic!("{error} in {printed}"));
        let mut state = automaton.start(lexer.count(&printed));
        for token in &tokens {
            let text = vocabulary.text(*token);
            assert!(automaton.mask(&state).contains(*token), "`{text}` in\n{printed}");
            assert!(automaton.advance(&mut state, *token), "`{text}` in\n{printed}");
        }
        assert!(automaton.is_complete(&state), "{printed}");
        tokens.iter().for_each(|token| used.insert(*token));
        labels += source.matches(':').count();
        forward += usize::from(source.find("j").is_some_and(|at| source[at..].contains(':')));
    }
    assert!(labels > 5_000 && forward > 1_000, "{labels} labels, {forward} programs that jump ahead");
    assert_eq!(used.len() + 3, vocabulary.len(), "some token was never admitted");
}

#[test]
fn a_label_that_is_wanted_must_be_affordable() {
    let (vocabulary, automaton) = compile(&Profile::load("short-x86").expect("a committed profile"));
    let id = |text: &str| vocabulary.id(text).expect("a token");
    let after = |texts: &[&str], budget: usize| {
        let mut state = automaton.start(budget);
        texts.iter().for_each(|text| assert!(automaton.advance(&mut state, id(text)), "{text}"));
        automaton.mask(&state)
    };
    // A jump and its label are four tokens.
    assert!(!after(&[], 3).contains(id("jmp")));
    assert!(after(&[], 4).contains(id("jmp")));
    // Behind a label a jump there is two.
    assert!(after(&[".L1", ":"], 4).contains(id("jmp")));
    assert!(!after(&[".L1", ":", "jmp"], 4).contains(id(".L2")));
    // Two jumps to one label owe one label.
    let jumps = ["jmp", ".L1", "jl", ".L1"];
    assert_eq!(after(&jumps, 6).iter().map(|token| vocabulary.text(token)).collect::<Vec<_>>(), [".L1"]);
    assert!(!after(&jumps, 20).contains(END));
    assert!(after(&[&jumps[..], &[".L1", ":"]].concat(), 20).contains(END));
    assert!(!after(&[&jumps[..], &[".L1", ":"]].concat(), 20).contains(id(".L1")), "a label stands once");
}

#[test]
fn walks_over_karel_are_programs() {
    let (vocabulary, automaton) = compile(&Profile::load("karel").expect("a committed profile"));
    let lexer = Lexer::of("karel").expect("Karel has a lexer");
    // `DEF run m( move m)`
    assert_eq!(automaton.shortest(), Some(5));
    let mut random = Xoshiro256PlusPlus::seed_from_u64(12);
    let mut used = TokenSet::EMPTY;
    for i in 0..5_000 {
        let budget = 5 + i % 60;
        let taste = if i % 2 == 0 { Taste::Uniform } else { Taste::Long };
        let tokens = walk(&vocabulary, &automaton, budget, taste, &mut random);
        let source = vocabulary.decode(&tokens);
        assert!(lexer.count(&source) <= budget && tokens.len() == lexer.count(&source), "{source}");
        assert_eq!(vocabulary.encode(&source).as_ref(), Ok(&tokens), "{source}");
        let program = karel::parse(&source).unwrap_or_else(|errors| panic!("{source}\n{errors:?}"));
        assert_eq!(karel::check(&program), Ok(()), "{source}");
        assert_eq!(karel::print(&program, karel::ast::Form::Tokens), source);
        tokens.iter().for_each(|token| used.insert(*token));
    }
    assert_eq!(used.len() + 3, vocabulary.len(), "some token was never admitted");
    assert_eq!(used.len(), 39, "the vocabulary is that of the public data set");
}

/// The mask admits what people wrote for the public data set, on the brink of its budget.
#[test]
fn public_karel_programs_are_admitted() {
    let (vocabulary, automaton) = compile(&Profile::load("karel").expect("a committed profile"));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/karel/real_programs.txt");
    let text = std::fs::read_to_string(path).expect("the programs are readable");
    assert_eq!(text.lines().count(), 250);
    for source in text.lines() {
        let tokens = vocabulary.encode(source).unwrap_or_else(|error| panic!("{error} in {source}"));
        let mut state = automaton.start(tokens.len());
        for token in &tokens {
            let text = vocabulary.text(*token);
            assert!(automaton.advance(&mut state, *token), "`{text}` in {source}");
        }
        assert!(automaton.is_complete(&state) && state.budget_left() == 0, "{source}");
    }
}
