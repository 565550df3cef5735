//! Tasks in memory: what a shard of them would hold.

use super::generate::{Block, CHUNK, Makers, common, many};
use super::plan::Plan;
use super::record::{Common, Examples, Record, Row};
use super::worlds;
use crate::sample::inputs::Cells;
use serde_json::Value;
use std::ops::Range;

/// Makes the tasks of `range` of a corpus of C or Karel, as one block: no two have the same source.
pub fn sample(plan: &Plan, range: Range<u64>, mut take: impl FnMut(Record)) {
    let makers = Makers::new(plan);
    let common = common(plan);
    let mut block = Block::default();
    let mut start = range.start;
    while start < range.end {
        let end = range.end.min(start + CHUNK);
        let indices: Vec<(u64, u32)> = (start..end).map(|index| (index, 0)).collect();
        let (tasks, counts) = many(plan, &makers, &indices);
        block.finish(plan, &makers, start, tasks, counts).into_iter().for_each(|row| take(record(common, row)));
        start = end;
    }
}

fn record(common: Common, row: Row) -> Record {
    let (inputs, outputs) = match &row.examples {
        Examples::Cells(examples) => examples.iter().map(|(input, output)| (wide(*input), wide(*output))).unzip(),
        Examples::Values(examples) => examples.iter().map(|(input, output)| (words(input), words(output))).unzip(),
    };
    Record {
        id: common.id(&row),
        language: common.language.name().into(),
        signature: common.language.signature().into(),
        inputs,
        outputs,
        n_given: common.n_given,
        tokens: row.tokens,
        loop_depth: row.loop_depth,
        behaviour_hash: row.behaviour_hash,
        source: row.source,
    }
}

fn wide(cells: Cells) -> Vec<i32> {
    cells.map(i32::from).to_vec()
}

fn words(world: &Value) -> Vec<i32> {
    worlds::read(world).expect("the sampler makes worlds")
}
