//! The rows of `iocc eval`: a method with a model and a way of decoding, or the results of an earlier run.

use super::Failure;
use super::eval::Args;
use super::model::{Loaded, ModelArgs};
use super::results::read_results;
use super::synth::try_synthesize;
use crate::synth::{Decoding, Method, Options, Record};
use crate::task::AnyTask;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The beams of `--ablation`.
const BEAMS: [usize; 3] = [1, 8, 64];

/// What gives a row its programs.
pub struct Contender {
    name: String,
    source: Source,
}

enum Source {
    Search { options: Options, model: ModelArgs },
    Results(HashMap<String, Record>),
}

/// What a contender made of a task.
#[derive(Default)]
pub struct Attempt {
    /// Its program.
    pub program: Option<String>,
    /// Wall time.
    pub seconds: f64,
    /// Candidates until the program was found, as far as that is known.
    pub candidates: u64,
    /// Why the task could not be tried.
    pub error: Option<String>,
}

/// The rows that the arguments ask for.
pub fn contenders(args: &Args) -> Result<Vec<Contender>, Failure> {
    if !args.results.is_empty() {
        return args.results.iter().map(|path| results(path)).collect();
    }
    let methods = if args.ablation { vec![Method::Model] } else { distinct(&args.methods) };
    args.search.check(&methods)?;
    let paths: Vec<Option<PathBuf>> =
        if args.models.is_empty() { vec![None] } else { args.models.iter().cloned().map(Some).collect() };
    let mut all = Vec::new();
    for path in &paths {
        let model = ModelArgs::new(path.clone(), args.ranker.clone(), args.order.clone());
        for method in &methods {
            model.check(&[*method])?;
            let name = match path {
                Some(path) if paths.len() > 1 => named(path, *method, &methods),
                _ => method.name().to_owned(),
            };
            let options = args.search.options(*method, 1);
            let variants = if args.ablation { ablation(options, &name) } else { vec![(name, options)] };
            let contender =
                |(name, options)| Contender { name, source: Source::Search { options, model: model.clone() } };
            all.extend(variants.into_iter().map(contender));
        }
    }
    Ok(all)
}

fn distinct(methods: &[Method]) -> Vec<Method> {
    let mut seen = Vec::new();
    methods.iter().for_each(|method| {
        if !seen.contains(method) {
            seen.push(*method)
        }
    });
    seen
}

/// A row of one of several models.
fn named(path: &Path, method: Method, methods: &[Method]) -> String {
    let stem = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    if methods.len() == 1 { stem } else { format!("{stem}, {method}") }
}

/// With and without the mask and the execution of candidates, by beam.
fn ablation(options: Options, name: &str) -> Vec<(String, Options)> {
    let ways =
        [(true, true, ""), (false, true, ", no mask"), (true, false, ", no execution"), (false, false, ", neither")];
    let one = |beam: usize| {
        ways.map(|(mask, execution, what)| {
            let decoding = Decoding { mask, execution, ..options.decoding };
            (format!("{name}, beam {beam}{what}"), Options { beam, decoding, ..options })
        })
    };
    BEAMS.into_iter().flat_map(one).collect()
}

fn results(path: &Path) -> Result<Contender, Failure> {
    let records = read_results(path)?;
    let records = records.into_iter().filter_map(|record| Some((record.id.clone()?, record))).collect();
    let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    Ok(Contender { name, source: Source::Results(records) })
}

impl Contender {
    /// The row's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Loads what it searches with, for one thread.
    pub fn load(&self) -> Result<Loaded, Failure> {
        match &self.source {
            Source::Search { options, model } => model.load(&[options.method]),
            Source::Results(_) => Ok(Loaded::default()),
        }
    }

    /// Tries a task.
    pub fn attempt(&self, task: &AnyTask, loaded: &Loaded) -> Attempt {
        match &self.source {
            Source::Search { options, .. } => match try_synthesize(task, loaded, options) {
                Ok(synthesis) => {
                    let seconds = synthesis.time.as_secs_f64();
                    let solution = synthesis.solutions.into_iter().next();
                    let candidates = solution.as_ref().map_or(synthesis.candidates, |solution| solution.candidates);
                    Attempt { program: solution.map(|it| it.program), seconds, candidates, error: None }
                }
                Err(error) => Attempt { error: Some(error), ..Attempt::default() },
            },
            Source::Results(records) => records.get(task.id()).map_or_else(Attempt::default, |record| Attempt {
                program: record.program.clone(),
                seconds: record.seconds,
                candidates: record.candidates,
                error: None,
            }),
        }
    }
}
