//! Training: one pass over tasks, in blocks. The plans of a block are enumerated on all cores; then Adagrad takes the
//! tasks one after the other, in an order that the seed alone decides. What is learnt is the likelihood that a plan is
//! right on the held-out examples, among the plans of its task.

use super::Ranker;
use super::config::Config;
use crate::corpus;
use crate::search::enumerate::{BUCKETS, Bag, Candidates, Limits};
use crate::search::softmax;
use crate::store::{self, Dtype, FileError};
use crate::task::{AnyTask, Task, parse_json};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Tasks whose plans are in memory at once.
const BLOCK: usize = 512;
/// Where the sums of squared slopes begin: what stands in few plans shall not take whole steps.
const FIRST_SQUARE: f32 = 1.0;

/// What training says of itself at each checkpoint; a line of `metrics.jsonl`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Metrics {
    /// Tasks learnt from.
    pub tasks: usize,
    /// Mean of -ln of the share that right plans got, over tasks with right and wrong plans since the last line.
    pub loss: f64,
    /// Share of the validation tasks, percent, where the plan likeliest by the counts is right.
    pub first: f64,
    /// Where the plan that the ranker takes is right.
    pub ranked: f64,
    /// Where any plan is right.
    pub any: f64,
    /// Wall time of training, in seconds, those before resumes included.
    pub seconds: f64,
}

/// What a checkpoint says besides its weights.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct State {
    config: Config,
    tasks: usize,
    seconds: f64,
}

/// A task's plans: their features, and which are right.
struct Lesson {
    bags: Vec<Bag>,
    right: Vec<bool>,
}

/// Trains a ranker.
pub struct Trainer {
    config: Config,
    tasks: Vec<Task>,
    validation: Vec<Task>,
    weights: Vec<f32>,
    squares: Vec<f32>,
    /// Zero but for the features that are touched.
    gradient: Vec<f32>,
    touched: Vec<u32>,
    done: usize,
    before: f64,
}

impl Trainer {
    /// Reads the corpora, and the last checkpoint where training goes on.
    pub fn new(config: Config, resume: bool) -> Result<Self, FileError> {
        let last = last_checkpoint(&config.output)?;
        let tasks = tasks(&config.corpus.train, config.training.tasks, Some(config.seed))?;
        let validation = tasks_of(&config.corpus.validation, config.corpus.validation_tasks)?;
        let mut trainer = Self {
            config,
            tasks,
            validation,
            weights: vec![0.0; BUCKETS],
            squares: vec![FIRST_SQUARE; BUCKETS],
            gradient: vec![0.0; BUCKETS],
            touched: Vec::new(),
            done: 0,
            before: 0.0,
        };
        match last {
            Some(path) if resume => trainer.restore(&path).map_err(|error| error.at(&path))?,
            Some(path) => {
                let error = FileError::new("there is a checkpoint of an earlier run").at(&path);
                return Err(error.help("continue it with --resume, or name another `output`"));
            }
            None => {}
        }
        Ok(trainer)
    }

    fn restore(&mut self, path: &Path) -> Result<(), FileError> {
        let state: State = serde_json::from_slice(&store::read(&path.join("state.json"))?)
            .map_err(|error| FileError::new(format!("state.json: {error}")))?;
        let mut same = state.config.clone();
        // What may change between runs: where the end is, and how often it is saved.
        same.training.tasks = self.config.training.tasks;
        same.training.checkpoint_every = self.config.training.checkpoint_every;
        if same != self.config || state.config.training.tasks > self.config.training.tasks {
            return Err(FileError::new("made with another configuration").help("name another `output`"));
        }
        self.weights = column(path, "weights")?;
        self.squares = column(path, "squares")?;
        (self.done, self.before) = (state.tasks, state.seconds);
        Ok(())
    }

    /// What will be done, for a person.
    pub fn describe(&self) -> String {
        let (tasks, validation) = (self.tasks.len(), self.validation.len());
        format!("{BUCKETS} weights, {tasks} tasks, {validation} for validation")
    }

    /// Tasks to learn from in all.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Tasks learnt from so far.
    pub fn done(&self) -> usize {
        self.done
    }

    /// Trains to the end. `told` hears how many tasks are done, and the metrics at each checkpoint; it says whether to
    /// go on.
    pub fn run(&mut self, mut told: impl FnMut(usize, Option<&Metrics>) -> bool) -> Result<(), FileError> {
        let start = Instant::now();
        let (mut loss, mut learnt) = (0.0, 0);
        while self.done < self.tasks.len() {
            let every = self.config.training.checkpoint_every;
            let end = (self.done + BLOCK).min((self.done / every + 1) * every).min(self.tasks.len());
            let count = self.config.training.candidates;
            let block = &self.tasks[self.done..end];
            let lessons: Vec<Option<Lesson>> = block.par_iter().map(|task| lesson(task, count)).collect();
            for lesson in lessons.iter().flatten() {
                if let Some(cost) = self.learn(lesson) {
                    loss += f64::from(cost);
                    learnt += 1;
                }
            }
            self.done = end;
            if self.done.is_multiple_of(every) || self.done == self.tasks.len() {
                let seconds = self.before + start.elapsed().as_secs_f64();
                let metrics = self.measure(loss / f64::from(learnt.max(1)), seconds);
                self.save(&metrics)?;
                (loss, learnt) = (0.0, 0);
                if !told(self.done, Some(&metrics)) {
                    break;
                }
            } else if !told(self.done, None) {
                break;
            }
        }
        Ok(())
    }

    /// One step of Adagrad; `None` where there is nothing to learn.
    fn learn(&mut self, lesson: &Lesson) -> Option<f32> {
        let ranker = Ranker { weights: std::mem::take(&mut self.weights) };
        let scores: Vec<f32> = lesson.bags.iter().map(|bag| ranker.score(bag)).collect();
        self.weights = ranker.weights;
        let shares = softmax(&scores);
        let right: f32 = shares.iter().zip(&lesson.right).filter(|(_, right)| **right).map(|(share, _)| share).sum();
        for ((bag, share), is_right) in lesson.bags.iter().zip(&shares).zip(&lesson.right) {
            let slope = share - if *is_right { share / right.max(1e-12) } else { 0.0 };
            if slope.abs() < 1e-6 {
                continue;
            }
            for (feature, value) in &bag.entries {
                let sum = &mut self.gradient[*feature as usize];
                if *sum == 0.0 {
                    self.touched.push(*feature);
                }
                *sum += slope * value;
            }
        }
        let rate = self.config.training.rate as f32;
        for feature in self.touched.drain(..).map(|feature| feature as usize) {
            // A feature may stand here twice: its sum was 0 for a while.
            let slope = std::mem::take(&mut self.gradient[feature]);
            self.squares[feature] += slope * slope;
            self.weights[feature] -= rate * slope / (self.squares[feature].sqrt() + 1e-6);
        }
        Some(-right.max(1e-12).ln())
    }

    fn measure(&self, loss: f64, seconds: f64) -> Metrics {
        let ranker = Ranker { weights: self.weights.clone() };
        let count = self.config.training.candidates;
        let judged: Vec<[bool; 3]> = self
            .validation
            .par_iter()
            .map(|task| {
                let Some(candidates) = Candidates::new(&task.given(), &Limits::default(), count) else {
                    return [false; 3];
                };
                let right = candidates.right_on(&task.held_out);
                let chosen = ranker.order(&candidates)[0];
                [right[0], right[chosen], right.iter().any(|right| *right)]
            })
            .collect();
        let share = |which: usize| {
            100.0 * judged.iter().filter(|judged| judged[which]).count() as f64 / judged.len().max(1) as f64
        };
        Metrics { tasks: self.done, loss, first: share(0), ranked: share(1), any: share(2), seconds }
    }

    /// Writes a checkpoint and a line of metrics.
    fn save(&self, metrics: &Metrics) -> Result<(), FileError> {
        let folder = self.config.output.join(format!("tasks-{:08}", self.done));
        for (name, column) in [("weights", &self.weights), ("squares", &self.squares)] {
            store::write(&folder.join(format!("{name}.safetensors")), &store::encode_column(name, Dtype::F32, column))?;
        }
        let path = self.config.output.join("metrics.jsonl");
        let line = format!("{}\n", serde_json::to_string(metrics).expect("plain data"));
        let failed = |error: std::io::Error| FileError::io(&path, &error);
        let mut file = fs::OpenOptions::new().create(true).append(true).open(&path).map_err(failed)?;
        file.write_all(line.as_bytes()).map_err(failed)?;
        // The state comes last: a folder without one is no checkpoint.
        let state = State { config: self.config.clone(), tasks: self.done, seconds: metrics.seconds };
        store::write(&folder.join("state.json"), &serde_json::to_vec_pretty(&state).expect("plain data"))
    }

    /// The ranker, and how it was made; fails where nothing was learnt yet.
    pub fn finish(&self) -> Result<(Ranker, serde_json::Value), FileError> {
        if self.done == 0 {
            return Err(FileError::new("there is no checkpoint").at(&self.config.output));
        }
        let metrics = self.measure(f64::NAN, self.before);
        let made = serde_json::json!({
            "config": self.config,
            "seed": self.config.seed,
            "tasks": self.done,
            "minutes": (self.before / 6.0).round() / 10.0,
            "validation": { "first": metrics.first, "ranked": metrics.ranked, "any": metrics.any },
        });
        Ok((Ranker { weights: self.weights.clone() }, made))
    }
}

/// The plans of a task; `None` where there is nothing to choose.
fn lesson(task: &Task, count: usize) -> Option<Lesson> {
    let candidates = Candidates::new(&task.given(), &Limits::default(), count)?;
    let right = candidates.right_on(&task.held_out);
    if right.iter().all(|it| *it) || !right.iter().any(|it| *it) {
        return None;
    }
    Some(Lesson { bags: (0..candidates.len()).map(|index| candidates.features(index)).collect(), right })
}

fn last_checkpoint(output: &Path) -> Result<Option<PathBuf>, FileError> {
    let Ok(entries) = fs::read_dir(output) else { return Ok(None) };
    let whole = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.join("state.json").exists());
    Ok(whole.max())
}

fn column(folder: &Path, name: &str) -> Result<Vec<f32>, FileError> {
    let values = store::decode_column(&store::read(&folder.join(format!("{name}.safetensors")))?, name)?;
    if values.len() != BUCKETS {
        return Err(FileError::new(format!("{name}.safetensors has {} numbers, expected {BUCKETS}", values.len())));
    }
    Ok(values)
}

/// The tasks to learn from: `count` of them, in an order that the seed decides.
fn tasks(paths: &[PathBuf], count: usize, seed: Option<u64>) -> Result<Vec<Task>, FileError> {
    let mut found = tasks_of(paths, count)?;
    if let Some(seed) = seed {
        found.shuffle(&mut Xoshiro256PlusPlus::seed_from_u64(seed));
    }
    Ok(found)
}

/// The first `count` tasks of these shards or folders.
fn tasks_of(paths: &[PathBuf], count: usize) -> Result<Vec<Task>, FileError> {
    let broken = |error: corpus::Error| FileError::new(error.to_string());
    let mut found = Vec::new();
    for path in paths {
        for record in corpus::read(path).map_err(broken)? {
            if found.len() == count {
                return Ok(found);
            }
            let record = record.map_err(broken)?;
            let task = parse_json(&record.to_json(), &record.id).ok().and_then(AnyTask::into_c);
            found.push(task.ok_or_else(|| FileError::new(format!("{} is no task of C", record.id)).at(path))?);
        }
    }
    Ok(found)
}
