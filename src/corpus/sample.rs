//! Tasks in memory: what a shard of them would hold.

use super::generate::{Block, CHUNK, Makers, common, many};
use super::plan::Plan;
use super::record::{Common, Examples, Record, Row};
use std::ops::Range;

/// Makes the tasks of `range` of a corpus of C, as one block: no two have the same source.
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
    let Examples::Cells(examples) = &row.examples else { unreachable!("tasks of C have cells") };
    Record {
        id: common.id(&row),
        language: common.language.name().into(),
        signature: common.language.signature().into(),
        inputs: examples.iter().map(|(input, _)| input.map(i32::from).to_vec()).collect(),
        outputs: examples.iter().map(|(_, output)| output.map(i32::from).to_vec()).collect(),
        n_given: common.n_given,
        tokens: row.tokens,
        loop_depth: row.loop_depth,
        behaviour_hash: row.behaviour_hash,
        source: row.source,
    }
}
