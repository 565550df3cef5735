//! Memory of functions that nobody needs any more, for those to come. A search makes a program, runs it and forgets it a
//! hundred thousand times a second; to allocate its lists anew each time would take a quarter of that.

use super::builder::{KEPT, Tables};
use super::{Block, Function, Inst, Program, Terminator, Type, Value};
use std::cell::Cell;

/// Lists of a kind that are kept.
const LISTS: usize = 256;

thread_local! {
    /// The tables of the last builder.
    static TABLES: Cell<Option<Box<Tables>>> = const { Cell::new(None) };
}

/// The tables of the last builder, or new ones.
pub(super) fn tables() -> Box<Tables> {
    TABLES.take().unwrap_or_default()
}

/// Keeps tables, which hold nothing, for the next builder.
pub(super) fn set_tables(tables: Box<Tables>) {
    TABLES.set(Some(tables));
}

/// Drops a program, and keeps its memory for those that this thread builds next.
pub fn recycle(program: Program) {
    let mut tables = tables();
    program.functions.into_iter().for_each(|function| tables.spare.take(function));
    set_tables(tables);
}

/// Empty lists.
#[derive(Default)]
pub(super) struct Spare {
    insts: Vec<Vec<Inst>>,
    values: Vec<Vec<Value>>,
    types: Vec<Vec<Type>>,
    blocks: Vec<Vec<Block>>,
    /// Finished lists of instructions that were given back.
    given: usize,
}

fn keep<T>(lists: &mut Vec<Vec<T>>, mut list: Vec<T>) {
    if (1..=KEPT).contains(&list.capacity()) && lists.len() < LISTS {
        list.clear();
        lists.push(list);
    }
}

impl Spare {
    fn take(&mut self, function: Function) {
        let Function { parameters, returns, mut blocks, types, .. } = function;
        [parameters, returns, types].into_iter().for_each(|list| keep(&mut self.types, list));
        for block in blocks.drain(..) {
            self.given += usize::from(block.insts.capacity() > 0);
            self.keep_block(block);
        }
        keep(&mut self.blocks, blocks);
        self.given = self.given.min(self.insts.len());
    }

    /// Takes all lists of a block.
    #[inline]
    pub fn keep_block(&mut self, Block { parameters, insts, terminator }: Block) {
        keep(&mut self.values, parameters);
        keep(&mut self.insts, insts);
        match terminator {
            Terminator::Jump(target) => keep(&mut self.values, target.arguments),
            Terminator::Branch { then, otherwise, .. } => {
                keep(&mut self.values, then.arguments);
                keep(&mut self.values, otherwise.arguments);
            }
            Terminator::Return(values) => keep(&mut self.values, values),
            Terminator::Trap(_) => {}
        }
    }

    /// A list for instructions.
    pub fn insts(&mut self) -> Vec<Inst> {
        self.insts.pop().unwrap_or_default()
    }

    /// Leaves a finished list as it is where others like it were given back, and else makes it exactly as long as need
    /// be, so that programs that stay are small.
    #[inline]
    pub fn finish(&mut self, list: &mut Vec<Inst>) {
        if self.given > 0 {
            self.given -= 1;
            return;
        }
        let mut insts = Vec::with_capacity(list.len());
        insts.append(list);
        keep(&mut self.insts, std::mem::replace(list, insts));
    }

    /// A list for blocks.
    pub fn blocks(&mut self) -> Vec<Block> {
        self.blocks.pop().unwrap_or_default()
    }

    /// A list of these types.
    pub fn types(&mut self, types: &[Type]) -> Vec<Type> {
        let mut list = self.types.pop().unwrap_or_else(|| Vec::with_capacity(64));
        list.extend_from_slice(types);
        list
    }

    /// A list of these values.
    pub fn values(&mut self, values: &[Value]) -> Vec<Value> {
        let mut list = Vec::new();
        if !values.is_empty() {
            self.make_room(&mut list);
            list.extend_from_slice(values);
        }
        list
    }

    /// Gives a list that never held anything some memory that is there.
    #[inline]
    pub fn make_room(&mut self, list: &mut Vec<Value>) {
        if list.capacity() == 0
            && let Some(room) = self.values.pop()
        {
            *list = room;
        }
    }
}
