//! Makes corpora: chunks of tasks on all cores, duplicates replaced in order, and one thread that writes.

use super::dedup::Seen;
use super::manifest::{Manifest, Shard};
use super::plan::Plan;
use super::record::{Common, Examples, Language, Row};
use super::shard::Writer;
use super::{Error, Reason};
use crate::exec::SYNTHESIS_FUEL;
use crate::exec::interp::{Interpreter, Stop};
use crate::ir::{self, FunctionId};
use crate::lang::karel::{ast::Form, print, public};
use crate::lang::{self, c::LowerOptions};
use crate::sample::Counts;
use crate::sample::c::{Sampled, Sampler, Scratch};
use crate::sample::inputs::Cells;
use crate::sample::reduce::Reducer;
use crate::sample::text;
use crate::sample::tree::Tree;
use crate::sample::{karel, x86};
use crate::token::Lexer;
use rayon::prelude::*;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Tasks made at once: enough for all cores, few enough to stay in the cache.
pub(super) const CHUNK: u64 = 4_096;
/// Tasks that one thread makes in a row.
const GRAIN: usize = 64;
/// One in so many tasks is run by the interpreter too.
const CHECKED: u64 = 64;
/// Chunks that may wait for the writer.
const WAITING: usize = 2;

/// One of several machines' part of a corpus: every `of`-th shard from `index` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// From 0.
    pub index: u32,
    /// Parts.
    pub of: u32,
}

/// What goes to the writer's thread.
enum Message {
    Begin(u32),
    Rows(Vec<Row>),
    End(Counts),
}

impl Part {
    /// Whether a shard is of this part.
    pub fn has(self, shard: u32) -> bool {
        shard % self.of == self.index
    }
}

/// Makes the corpus in `folder`, or a part of it. Shards that the folder's manifest lists, and that are as it says, are
/// kept. `progress` is told how many tasks are done, again and again.
pub fn generate(
    plan: &Plan,
    folder: &Path,
    part: Option<Part>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Manifest<Plan>, Error> {
    fs::create_dir_all(folder).map_err(|error| Reason::Io(error).of(folder))?;
    let manifest = Manifest::resume(plan.clone(), folder, part)?;
    let mine = |shard: &u32| part.is_none_or(|part| part.has(*shard));
    let done: u64 = manifest.shards.iter().filter(|(number, _)| mine(number)).map(|(_, shard)| shard.rows).sum();
    progress(done);
    let todo: Vec<u32> =
        (0..plan.shards()).filter(|shard| mine(shard) && !manifest.shards.contains_key(shard)).collect();
    let (sender, receiver) = sync_channel(WAITING);
    std::thread::scope(|scope| {
        let writer = scope.spawn(move || write(manifest, folder, part, &receiver));
        let mut made = done;
        // Where nobody takes them, the writer has hung up: it has an error to tell.
        let _ = make(plan, todo, &sender, &mut |tasks| {
            made += tasks;
            progress(made);
        });
        drop(sender);
        writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Writes what it receives, and the manifest after each shard.
fn write(
    mut manifest: Manifest<Plan>,
    folder: &Path,
    part: Option<Part>,
    messages: &Receiver<Message>,
) -> Result<Manifest<Plan>, Error> {
    let mut open: Option<(u32, u64, Writer)> = None;
    let common = common(&manifest.job);
    for message in messages {
        match message {
            Message::Begin(number) => {
                let path = folder.join(manifest.job.file(number));
                open = Some((number, 0, Writer::create(&path, manifest.job.format, common)?));
            }
            Message::Rows(more) => {
                let (_, rows, writer) = open.as_mut().expect("rows come after their shard has begun");
                writer.write(&more)?;
                *rows += more.len() as u64;
            }
            Message::End(counts) => {
                let (number, rows, writer) = open.take().expect("a shard ends after it has begun");
                let written = writer.finish()?;
                let file = manifest.job.file(number);
                manifest.add(number, Shard { file, rows, bytes: written.bytes, hash: written.hash, counts });
                manifest.write(folder, part)?;
            }
        }
    }
    // Also where there was nothing to do, since a shard may have been found broken.
    manifest.write(folder, part)?;
    Ok(manifest)
}

/// Consecutive tasks of a shard.
#[derive(Clone)]
struct Chunk {
    shard: u32,
    range: Range<u64>,
    /// Whether they are the shard's first, and its last.
    ends: (bool, bool),
}

/// The shards cut into chunks.
fn chunks(plan: &Plan, shards: Vec<u32>) -> impl Iterator<Item = Chunk> {
    shards.into_iter().flat_map(|shard| {
        let whole = plan.range(shard);
        // A shard without tasks is a file too.
        (0..(whole.end - whole.start).div_ceil(CHUNK).max(1)).map(move |number| {
            let start = whole.start + number * CHUNK;
            let range = start..whole.end.min(start + CHUNK);
            Chunk { shard, ends: (start == whole.start, range.end == whole.end), range }
        })
    })
}

/// Makes the shards; `None` where nobody takes them.
fn make(plan: &Plan, shards: Vec<u32>, writer: &SyncSender<Message>, progress: &mut dyn FnMut(u64)) -> Option<()> {
    let sampler = Makers::new(plan);
    let draw = |chunk: Chunk| {
        let indices: Vec<(u64, u32)> = chunk.range.clone().map(|index| (index, 0)).collect();
        let (tasks, counts) = many(plan, &sampler, &indices);
        (chunk, tasks, counts)
    };
    let mut block = Block::default();
    let mut chunks = chunks(plan, shards);
    let mut drawn = chunks.next().map(draw);
    while let Some((chunk, tasks, counts)) = drawn {
        // What is in order only, and keeps one core busy, beside the next chunk, which keeps all.
        let next = chunks.next();
        let finish = || block.finish(plan, &sampler, chunk.range.start, tasks, counts);
        let (rows, ahead) = rayon::join(finish, || next.map(draw));
        drawn = ahead;
        if chunk.ends.0 {
            writer.send(Message::Begin(chunk.shard)).ok()?;
        }
        writer.send(Message::Rows(rows)).ok()?;
        if chunk.ends.1 {
            writer.send(Message::End(std::mem::take(&mut block).counts)).ok()?;
        }
        progress(chunk.range.end - chunk.range.start);
    }
    Some(())
}

/// A task, and its program where that will be reduced.
pub(super) type Task = (Option<Tree>, Row);

/// What is known of a shard while it is made.
#[derive(Default)]
pub(super) struct Block {
    seen: Seen,
    counts: Counts,
}

impl Block {
    /// The rows of consecutive tasks from `start` on, of which `counts` tells how they were drawn.
    pub(super) fn finish(
        &mut self,
        plan: &Plan,
        sampler: &Makers,
        start: u64,
        mut tasks: Vec<Task>,
        counts: Counts,
    ) -> Vec<Row> {
        self.counts += counts;
        self.replace_duplicates(plan, sampler, &mut tasks, start);
        for (_, row) in &tasks {
            self.counts.duplicate_behaviour += u64::from(!self.seen.behaviour(row.behaviour_hash));
        }
        // After the duplicates: a reduced corpus has the same tasks as one that is not, with shorter programs.
        if plan.reduce { reduce(tasks) } else { tasks.into_iter().map(|(_, row)| row).collect() }
    }

    /// Draws other tasks for those whose source the block has seen, round by round, each round in order of the index.
    fn replace_duplicates(&mut self, plan: &Plan, sampler: &Makers, tasks: &mut [Task], start: u64) {
        let mut fresh: Vec<usize> = (0..tasks.len()).collect();
        for retry in 1.. {
            fresh.retain(|row| !self.seen.source(&tasks[*row].1.source));
            if fresh.is_empty() {
                return;
            }
            self.counts.duplicate_source += fresh.len() as u64;
            self.counts.kept -= fresh.len() as u64;
            let indices: Vec<(u64, u32)> = fresh.iter().map(|row| (start + *row as u64, retry)).collect();
            let (drawn, counts) = many(plan, sampler, &indices);
            self.counts += counts;
            for (row, task) in fresh.iter().zip(drawn) {
                tasks[*row] = task;
            }
        }
    }
}

/// The tasks of these indices, made on all cores.
pub(super) fn many(plan: &Plan, sampler: &Makers, indices: &[(u64, u32)]) -> (Vec<Task>, Counts) {
    let parts: Vec<(Vec<Task>, Counts)> = indices
        .par_chunks(GRAIN)
        .map_init(Default::default, |scratch, indices| {
            let mut counts = Counts::default();
            let mut one = |(index, retry): &(u64, u32)| sampler.task(plan, *index, *retry, scratch, &mut counts);
            (indices.iter().map(&mut one).collect(), counts)
        })
        .collect();
    let mut tasks = Vec::with_capacity(indices.len());
    let mut counts = Counts::default();
    for (part, dropped) in parts {
        tasks.extend(part);
        counts += dropped;
    }
    (tasks, counts)
}

/// The language of a plan; plans are made for languages that there are.
fn language(plan: &Plan) -> Language {
    Language::from_name(&plan.language).expect("a plan's language is one of these")
}

/// What the rows of a plan share.
pub(super) fn common(plan: &Plan) -> Common {
    Common { language: language(plan), seed: plan.seed, n_given: plan.config.given as u32 }
}

/// The sampler of a plan's language.
pub(super) enum Makers {
    C(Sampler),
    X86(x86::Sampler),
    Karel(karel::Sampler),
}

/// What samplers reuse from task to task.
#[derive(Default)]
struct Scratches {
    c: Scratch,
    x86: x86::Scratch,
}

impl Makers {
    pub(super) fn new(plan: &Plan) -> Self {
        match language(plan) {
            Language::C => Self::C(Sampler::new(plan.config.clone())),
            Language::X86 => Self::X86(x86::Sampler::new(plan.config.clone())),
            Language::Karel => Self::Karel(karel::Sampler { examples: plan.config.given + plan.config.held_out }),
        }
    }

    fn task(&self, plan: &Plan, index: u64, retry: u32, scratch: &mut Scratches, counts: &mut Counts) -> Task {
        match self {
            Self::C(sampler) => {
                let sampled = sampler.task(plan.seed, index, retry, &mut scratch.c, counts);
                if index.is_multiple_of(CHECKED) {
                    confirm(&sampled);
                }
                task(plan, index, sampled)
            }
            Self::X86(sampler) => {
                let sampled = sampler.task(plan.seed, index, retry, &mut scratch.x86, counts);
                (None, x86_row(index, sampled))
            }
            Self::Karel(sampler) => (None, karel_row(index, sampler.task(plan.seed, index, retry, counts))),
        }
    }
}

fn karel_row(index: u64, sampled: karel::Sampled) -> Row {
    let worlds = sampled.examples.iter().map(|(before, after)| (public::to_json(before), public::to_json(after)));
    Row {
        index,
        source: print(&sampled.program, Form::Tokens),
        examples: Examples::Values(worlds.collect()),
        tokens: sampled.tokens as u32,
        loop_depth: karel::loop_depth(&sampled.program.body),
        behaviour_hash: sampled.behaviour,
    }
}

fn x86_row(index: u64, sampled: x86::Sampled) -> Row {
    let json = |(input, output): &(Vec<i32>, Vec<i32>)| (x86::row_to_json(input), x86::row_to_json(output));
    Row {
        index,
        tokens: Lexer::of("x86").map_or(0, |lexer| lexer.count(&sampled.source)) as u32,
        examples: Examples::Values(sampled.examples.iter().map(json).collect()),
        loop_depth: sampled.loops.into(),
        behaviour_hash: sampled.behaviour,
        source: sampled.source,
    }
}

fn task(plan: &Plan, index: u64, sampled: Sampled) -> Task {
    let Sampled { tree, tokens, examples, behaviour } = sampled;
    let row = Row {
        index,
        source: text::print(&tree),
        examples: Examples::Cells(examples),
        tokens: tokens as u32,
        loop_depth: text::loop_depth(&tree) as u32,
        behaviour_hash: behaviour,
    };
    (plan.reduce.then_some(tree), row)
}

/// The rows with reduced programs.
fn reduce(tasks: Vec<Task>) -> Vec<Row> {
    let one = |reducer: &mut Reducer, (tree, row): (Option<Tree>, Row)| {
        let tree = tree.expect("trees are kept where they will be reduced");
        let Examples::Cells(examples) = &row.examples else { unreachable!("only C is reduced") };
        let inputs: Vec<Cells> = examples.iter().map(|(input, _)| *input).collect();
        let tree = reducer.reduce(&tree, &inputs);
        Row {
            source: text::print(&tree),
            tokens: text::tokens(&tree) as u32,
            loop_depth: text::loop_depth(&tree) as u32,
            ..row
        }
    };
    tasks.into_par_iter().with_min_len(GRAIN / 8).map_init(Reducer::default, one).collect()
}

/// Lets the interpreter, which is the meaning of programs, repeat a task that the lanes made.
fn confirm(sampled: &Sampled) {
    let source = || text::print(&sampled.tree);
    let checked = match lang::c::check(&sampled.tree.to_ast()) {
        Ok(checked) => checked,
        Err(errors) => panic!("the sampler made a program that the checker rejects: {errors:?}\n{}", source()),
    };
    let program = lang::c::lower(&checked.program, LowerOptions::default());
    let mut interpreter = Interpreter::new(&program);
    ir::recycle(program);
    for (input, output) in &sampled.examples {
        let mut array = input.map(i32::from);
        let stop = interpreter.run_array(FunctionId(0), &mut array, SYNTHESIS_FUEL);
        let agrees = stop == Stop::Returned && array == output.map(i32::from);
        assert!(agrees, "lanes say {output:?}, the interpreter {stop:?} {array:?} for {input:?} of\n{}", source());
    }
}
