//! What the sampler makes: tasks that hold, branches that are all taken, and nothing that could be left out.

use super::{TICKS, simulator};
use iocc::lang::karel::ast::{Action, Block, Form, Program, StatementKind};
use iocc::lang::karel::{World, check, print};
use iocc::sample::{Counts, karel::Sampler};
use std::collections::BTreeSet;

/// The program with its n-th statement of all left out, which may leave an empty block behind.
fn without(block: &Block, at: &mut usize) -> Block {
    let mut out = Block::new();
    for statement in block {
        let here = *at == 0;
        *at = at.wrapping_sub(1);
        if here {
            continue;
        }
        let mut statement = statement.clone();
        match &mut statement.kind {
            StatementKind::Action(_) => {}
            StatementKind::While(_, body) | StatementKind::Repeat(_, body) | StatementKind::If(_, body) => {
                *body = without(body, at);
            }
            StatementKind::IfElse(_, then, otherwise) => {
                *then = without(then, at);
                *otherwise = without(otherwise, at);
            }
        }
        out.push(statement);
    }
    out
}

fn has_empty(block: &Block) -> bool {
    block.is_empty() || block.iter().any(|statement| statement.blocks().any(has_empty))
}

fn statements(block: &Block) -> usize {
    block.iter().map(|statement| 1 + statement.blocks().map(statements).sum::<usize>()).sum()
}

fn solves(program: &Program, examples: &[(World, World)]) -> bool {
    examples
        .iter()
        .all(|(before, after)| simulator::run(program, before, TICKS).0 == simulator::Ended::Returned(after.clone()))
}

#[test]
fn tasks_hold_and_nothing_is_spurious() {
    let sampler = Sampler { examples: 6 };
    let mut counts = Counts::default();
    let mut sources = BTreeSet::new();
    for index in 0..150 {
        let task = sampler.task(5, index, 0, &mut counts);
        let source = print(&task.program, Form::Tokens);
        assert_eq!(check(&task.program), Ok(()), "{source}");
        assert_eq!(source.split_whitespace().count(), task.tokens);
        assert_eq!(task.examples.len(), 6);
        assert!(solves(&task.program, &task.examples), "{source}");
        for number in 0..statements(&task.program.body) {
            let shorter = Program { body: without(&task.program.body, &mut { number }) };
            // Every statement does something somewhere, and so every branch is taken somewhere.
            if !has_empty(&shorter.body) {
                assert!(!solves(&shorter, &task.examples), "{source}: statement {number} does nothing");
            }
        }
        let again = sampler.task(5, index, 0, &mut Counts::default());
        assert_eq!((&again.program, &again.examples), (&task.program, &task.examples));
        sources.insert(source);
    }
    assert_eq!(counts.kept, 150);
    assert!(sources.len() > 130, "{} different programs", sources.len());
}

/// A statement, and how many blocks it stands in.
type Placed<'p> = (&'p StatementKind, usize);

/// What a set of programs is like: names of figures and their values.
fn likeness(programs: &[Program]) -> Vec<(&'static str, f64)> {
    fn all<'p>(block: &'p Block, depth: usize, found: &mut Vec<Placed<'p>>) {
        for statement in block {
            found.push((&statement.kind, depth));
            statement.blocks().for_each(|inner| all(inner, depth + 1, found));
        }
    }
    let flat = |program| {
        let mut found = Vec::new();
        all(program, 0, &mut found);
        found
    };
    let mut lengths: Vec<f64> =
        programs.iter().map(|it| print(it, Form::Tokens).split_whitespace().count() as f64).collect();
    lengths.sort_by(f64::total_cmp);
    let quantile = |share: f64| lengths[(share * (lengths.len() - 1) as f64).round() as usize];
    let share = |holds: &dyn Fn(&[Placed]) -> bool| {
        100.0 * programs.iter().filter(|it| holds(&flat(&it.body))).count() as f64 / programs.len() as f64
    };
    let has = |wanted: fn(&StatementKind) -> bool| share(&|found| found.iter().any(|it| wanted(it.0)));
    let kinds: Vec<StatementKind> =
        programs.iter().flat_map(|it| flat(&it.body).into_iter().map(|it| it.0.clone()).collect::<Vec<_>>()).collect();
    let per_program = |wanted: &dyn Fn(&StatementKind) -> bool| {
        kinds.iter().filter(|it| wanted(it)).count() as f64 / programs.len() as f64
    };
    let mut figures = vec![
        ("tokens, 5 %", quantile(0.05)),
        ("tokens, 25 %", quantile(0.25)),
        ("tokens, median", quantile(0.5)),
        ("tokens, 75 %", quantile(0.75)),
        ("tokens, 95 %", quantile(0.95)),
        ("programs with REPEAT, %", has(|kind| matches!(kind, StatementKind::Repeat(..)))),
        ("programs with WHILE, %", has(|kind| matches!(kind, StatementKind::While(..)))),
        ("programs with IF, %", has(|kind| matches!(kind, StatementKind::If(..)))),
        ("programs with IFELSE, %", has(|kind| matches!(kind, StatementKind::IfElse(..)))),
        (
            "programs of actions alone, %",
            share(&|found| found.iter().all(|it| matches!(it.0, StatementKind::Action(_)))),
        ),
        ("programs with blocks in blocks, %", share(&|found| found.iter().any(|it| it.1 == 2))),
    ];
    for action in Action::ALL {
        figures.push((action.name(), per_program(&|kind| *kind == StatementKind::Action(action))));
    }
    let turns = kinds
        .iter()
        .filter_map(|kind| if let StatementKind::Repeat(count, _) = kind { Some(f64::from(*count)) } else { None });
    let turns: Vec<f64> = turns.collect();
    figures.push(("turns of a REPEAT, mean", turns.iter().sum::<f64>() / turns.len() as f64));
    figures
}

/// The sampler's programs are like those of the public data set; `--nocapture` shows the figures of corpus/README.md.
#[test]
fn distribution_is_that_of_real_programs() {
    let text = super::text("corpus/karel/real_programs.txt");
    let real: Vec<Program> = text.lines().map(super::parse).collect();
    let sampler = Sampler { examples: 6 };
    let mut counts = Counts::default();
    let made: Vec<Program> = (0..1_000).map(|index| sampler.task(9, index, 0, &mut counts).program).collect();
    println!("{:<36}{:>10}{:>10}", "", "real", "made");
    for ((name, real), (_, made)) in likeness(&real).into_iter().zip(likeness(&made)) {
        println!("{name:<36}{real:>10.2}{made:>10.2}");
        let near = if name.ends_with('%') && name.starts_with("programs") { 10.0 } else { 0.35 * real + 0.1 };
        assert!((real - made).abs() <= near, "{name}: {real} in real programs, {made} in what is made");
    }
}
