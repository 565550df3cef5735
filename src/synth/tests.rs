//! Synthesis with a scorer that dictates one program.

use super::*;
use crate::constrain::Automaton;
use crate::rank::Ranker;
use crate::search::{Decoding, Scorer};
use crate::task::{AnyTask, Example, Language, parse_json};
use crate::token::{END, Profile, Reader, TokenId, Vocabulary};
use ndarray::Array2;

/// Finds the token of one program likely at each step, and all others unlikely.
struct Dictator {
    tokens: Vec<TokenId>,
    vocabulary: usize,
}

struct Dictation<'a> {
    dictator: &'a Dictator,
    step: usize,
}

impl Scorer for Dictator {
    fn begin<'a>(&'a self, _: &[Example]) -> Result<Box<dyn Decoding + 'a>, ScorerError> {
        Ok(Box::new(Dictation { dictator: self, step: 0 }))
    }
}

impl Decoding for Dictation<'_> {
    fn step(&mut self, parents: &[usize], _: &[TokenId]) -> Array2<f32> {
        let likely = self.dictator.tokens.get(self.step).copied().unwrap_or(END);
        self.step += 1;
        let mut scores = Array2::from_elem((parents.len(), self.dictator.vocabulary), -9.0);
        scores.column_mut(usize::from(likely.0)).fill(-0.1);
        scores
    }
}

/// Runs a synthesis with a model that dictates a program of this body.
fn dictate(body: &str, options: Options) -> Synthesis {
    dictate_for(&task(), body, options, None)
}

fn dictate_for(task: &AnyTask, body: &str, options: Options, ranker: Option<&Ranker>) -> Synthesis {
    let profile = Profile::load("restricted-c").expect("the profile is part of iocc");
    let vocabulary = Vocabulary::new(&profile).expect("the profile fits the grammar");
    let automaton = Automaton::new(&vocabulary).expect("the grammar compiles");
    let tokens = vocabulary.encode(&function(body)).expect("within the profile");
    let scorer = Dictator { tokens, vocabulary: vocabulary.len() };
    let reader = Reader::new(&vocabulary).expect("the reader knows the profile");
    let model = Model { scorer: &scorer, vocabulary: &vocabulary, automaton: &automaton, reader: Some(&reader) };
    synthesize(task, &Learned { model: Some(model), ranker, ..Learned::default() }, &options)
        .expect("the model knows such tasks")
}

fn function(body: &str) -> String {
    format!("int * func_1(int a[])\n{{\n    {body}\n    return a;\n}}")
}

/// The first cell becomes 1; what is held out and the source say otherwise, and must not matter.
fn task() -> AnyTask {
    let line = r#"{"id": "t", "source": "nonsense", "examples": [
        {"input": [0,0,0,0,0], "output": [1,0,0,0,0]}, {"input": [1,2,3,4,0], "output": [1,2,3,4,0]},
        {"input": [3,-2,3,4,0], "output": [1,-2,3,4,0]}], "held_out": [{"input": [2,2,2,2,2], "output": [2,2,2,2,2]}]}"#;
    parse_json(line, "").expect("a good task")
}

fn options(method: Method) -> Options {
    Options { method, beam: 4, ..Options::default() }
}

#[test]
fn what_the_model_says_is_proven() {
    let found = dictate("a[0] = 1;", options(Method::Model));
    assert_eq!(found.solutions[0].program.trim_end(), function("a[0] = 1;"));
    assert_eq!(found.solutions[0].tokens, crate::token::count(&function("a[0] = 1;")));
    assert_eq!(found.best, None);
    // Right on one example only: no solution, whatever the model thinks of it. (Other fronts may still find one.)
    let found = dictate("a[0] = a[0];", options(Method::Model));
    assert!(found.solutions.iter().all(|it| it.program.trim_end() != function("a[0] = a[0];")));
}

#[test]
fn the_default_takes_the_shortest_of_all() {
    let enumerated = synthesize(&task(), &Learned::default(), &options(Method::Default)).expect("no model is needed");
    assert_eq!(enumerated.solutions[0].program.trim_end(), function("a[0] = 1;"));
    // A longer one by the model changes nothing, since the beam is asked only for shorter ones.
    let found = dictate("int p_0 = 1; a[0] = p_0;", options(Method::Default));
    assert_eq!(found.solutions, enumerated.solutions);
}

#[test]
fn the_model_may_shorten_the_rankers_choice_but_not_change_it() {
    // The last cell is 0 in all examples: whether it is made 0 cannot be told from them.
    let line = r#"{"id": "t", "examples": [{"input": [1,2,3,4,0], "output": [0,0,0,0,0]},
        {"input": [3,-2,1,2,0], "output": [0,0,0,0,0]}, {"input": [-3,1,-1,1,0], "output": [0,0,0,0,0]}]}"#;
    let task = parse_json(line, "").expect("a good task");
    let ranker = Ranker::default();
    let chosen = synthesize(&task, &Learned { ranker: Some(&ranker), ..Learned::default() }, &options(Method::Default));
    let chosen = &chosen.expect("no model is needed").solutions[0];
    assert!(!chosen.program.contains("for") && !chosen.program.contains("a[4]"), "{}", chosen.program);
    let dictated = |last: &str| {
        let body = format!("for (int p_0 = 0; p_0 <= {last}; p_0++) {{ a[p_0] = 0; }}");
        dictate_for(&task, &body, options(Method::Default), Some(&ranker)).solutions.remove(0)
    };
    let shorter = dictated("3");
    assert!(shorter.program.contains("for") && shorter.tokens < chosen.tokens, "{}", shorter.program);
    assert_eq!(dictated("4"), *chosen);
}

#[test]
fn several_programs_are_all_different_and_all_right() {
    let found = dictate("a[0] = 1;", Options { all: 3, beam: 32, ..options(Method::Model) });
    let task = task();
    assert!(!found.solutions.is_empty() && found.solutions.len() <= 3);
    for (i, solution) in found.solutions.iter().enumerate() {
        assert_eq!(verify::matched(&solution.program, &task).map(|it| it.0), Some(task.counts().0));
        assert!(found.solutions[..i].iter().all(|other| other.program != solution.program));
        assert!(i == 0 || found.solutions[i - 1].tokens <= solution.tokens, "the shortest first");
    }
}

#[test]
fn the_model_must_be_there_and_know_the_signature() {
    assert_eq!(synthesize(&task(), &Learned::default(), &options(Method::Model)).err(), Some(SynthesisError::NoModel));
}

#[test]
fn a_program_of_another_signature_proves_nothing() {
    let task = task();
    let matched = |source: &str| verify::matched(source, &task).map_or(0, |it| it.0);
    assert_eq!(matched("int * func_2(int a[]) { a[0] = 1; return a; }"), 0);
    assert_eq!(matched("int func_1(int a[]) { a[0] = 1; return 0; }"), 0);
    assert_eq!(matched("int * func_1(int a[], int b) { a[0] = 1; return a; }"), 0);
    assert_eq!(matched("this is no program"), 0);
    assert_eq!(matched("int * func_1(int a[]) { while (1) {} return a; }"), 0);
    let helped = "int one(void) { return 1; } int * func_1(int b[]) { b[0] = one(); return b; }";
    assert_eq!(matched(helped), 3);
}

#[test]
fn methods_have_names() {
    for method in Method::ALL {
        assert_eq!(method.to_string().parse(), Ok(method));
    }
    assert!("Model".parse::<Method>().is_err());
}

/// What a model of Karel says is proven too, and the default method has it beside what plain search finds.
#[test]
fn models_of_karel_are_proven() {
    let line = r#"{"id": "k", "language": "karel", "examples": [{"input": ">..", "output": ".>."}, {"input": ">.#", "output": ".>#"}]}"#;
    let task = parse_json(line, "").expect("a good task");
    let profile = Profile::load("karel").expect("the profile is part of iocc");
    let vocabulary = Vocabulary::new(&profile).expect("the profile fits the grammar");
    let automaton = Automaton::new(&vocabulary).expect("the grammar compiles");
    let found = |program: &str, method: Method| {
        let tokens = vocabulary.encode(program).expect("within the profile");
        let scorer = Dictator { tokens, vocabulary: vocabulary.len() };
        let model = Model { scorer: &scorer, vocabulary: &vocabulary, automaton: &automaton, reader: None };
        let learned = Learned { karel: Some(model), ..Learned::default() };
        let options = Options { all: 10_000, time_limit: Duration::from_secs(1), ..options(method) };
        let solutions = synthesize(&task, &learned, &options).expect("the model knows such tasks").solutions;
        solutions.into_iter().map(|solution| solution.program).collect::<Vec<_>>()
    };
    let (right, wrong) = ("DEF run m( IF c( frontIsClear c) i( move i) m)", "DEF run m( turnLeft m)");
    assert!(found(right, Method::Model).contains(&right.to_owned()));
    assert!(!found(wrong, Method::Model).contains(&wrong.to_owned()));
    let both = found(right, Method::Default);
    assert!(both.contains(&right.to_owned()) && both.contains(&"DEF run m( move m)".to_owned()), "{both:?}");
    assert_eq!(
        synthesize(&task, &Learned::default(), &options(Method::Model)).err(),
        Some(SynthesisError::NoModelOf(Language::Karel))
    );
}
