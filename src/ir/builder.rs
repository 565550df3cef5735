//! Builds a [`Function`] block by block. Mutable locals become SSA values with block parameters on the fly, after
//! Braun et al., "Simple and Efficient Construction of Static Single Assignment Form" (2013): a block whose
//! predecessors are not all known yet (not sealed) gets a parameter for each local that it reads; parameters that turn
//! out to be the same value on every edge are removed when the function is finished, and so are blocks that nothing
//! reaches.
//!
//! All tables are vectors indexed by number, and nothing recurses: the sampler lowers a program in microseconds, and
//! no input is deep enough to overflow the stack. Misuse (an instruction after a terminator, a block left open) is a
//! bug of the caller and panics.

use super::build::Build;
use super::spare::{self, Spare};
use super::{
    BinaryOp, Block, BlockId, Call, Condition, ConvertOp, Function, FunctionId, GlobalId, Inst, OverflowOp, Target,
    Terminator, TrapKind, Type, Value, VariableId, rewrite,
};
use crate::diagnostic::Span;
use smallvec::{SmallVec, smallvec};

/// A mutable variable of a function under construction; never in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Local(pub u32);

/// Stands for "no value", "no edge" and "no local" in the tables.
const NONE: u32 = u32::MAX;
/// Stands for "no value any more".
const UNUSED: u32 = u32::MAX - 1;

/// What is known of a block under construction, beside what the function has of it.
#[derive(Clone, Copy)]
struct OpenBlock {
    /// All predecessors are known.
    sealed: bool,
    terminated: bool,
    /// Head of its list of incoming edges, or `NONE`.
    first_edge: u32,
    /// How many of its parameters, the last ones, stand for locals while the block is not sealed.
    incomplete: u32,
    /// The first and the last time that it was the current block, or `NONE`.
    first_run: u32,
    last_run: u32,
}

/// A time for which one block was the current one: values from `start` on, up to that of the next run, are its own if
/// they are no block's parameters.
struct Run {
    start: u32,
    /// The next run of the same block, or `NONE`.
    next: u32,
}

/// A way into a block.
struct Edge {
    from: BlockId,
    /// The `otherwise` side of a branch.
    otherwise: bool,
    /// The next edge into the same block, or `NONE`.
    next: u32,
}

/// A parameter that stands for a local, and may yet prove needless.
struct Phi {
    block: BlockId,
    position: u32,
    value: Value,
}

/// Builds one function; see the module's text.
pub struct FunctionBuilder {
    function: Function,
    current: BlockId,
    /// The instructions of the current block.
    insts: Vec<Inst>,
    /// The current block has its terminator.
    terminated: bool,
    stride: usize,
    /// The list of blocks has no memory yet that was used before.
    fresh: bool,
    /// Zero constants for locals that were never set, by type.
    zeros: [u32; 6],
    /// What is needed only until the function is finished.
    tables: Box<Tables>,
}

/// Columns of the table of definitions to begin with.
const STRIDE: usize = 8;
/// The longest list that is kept for functions to come.
pub(super) const KEPT: usize = 1024;

#[derive(Default)]
pub(super) struct Tables {
    blocks: Vec<OpenBlock>,
    runs: Vec<Run>,
    edges: Vec<Edge>,
    phis: Vec<Phi>,
    /// Parameters that proved needless.
    dead: Vec<Phi>,
    locals: Vec<Type>,
    /// The value of each local at the end of each block as known so far: a row a block, `stride` columns.
    definitions: Vec<u32>,
    /// Locals that parameters of blocks stand for which are not sealed.
    incomplete: Vec<(BlockId, Local)>,
    /// Parameters whose arguments are still to be found.
    pending: Vec<(BlockId, Local, u32)>,
    /// Blocks walked through on the way to a definition.
    walked: Vec<BlockId>,
    /// Empty lists for what is to come.
    pub(super) spare: Spare,
    aliases: rewrite::Aliases,
    /// The new number of each value.
    numbers: Vec<u32>,
    old_types: Vec<Type>,
    /// The new number of each block.
    order: Vec<u32>,
}

impl Tables {
    /// Forgets the function.
    fn clear(&mut self) {
        self.blocks.clear();
        self.runs.clear();
        self.edges.clear();
        self.phis.clear();
        self.dead.clear();
        self.locals.clear();
        self.definitions.clear();
        self.incomplete.clear();
        self.pending.clear();
        self.walked.clear();
    }
}

impl Build for FunctionBuilder {
    #[inline]
    fn type_of(&self, value: Value) -> Type {
        self.function.types[value.0 as usize]
    }

    fn block(&mut self) -> BlockId {
        let id = BlockId(self.function.blocks.len() as u32);
        self.function.blocks.push(Block {
            parameters: Vec::new(),
            insts: self.tables.spare.insts(),
            // Stands for none.
            terminator: Terminator::Trap(TrapKind::MissingReturn),
        });
        self.tables.blocks.push(OpenBlock {
            sealed: false,
            terminated: false,
            first_edge: NONE,
            incomplete: 0,
            first_run: NONE,
            last_run: NONE,
        });
        if self.stride == STRIDE {
            self.tables.definitions.extend_from_slice(&[NONE; STRIDE]);
        } else {
            self.tables.definitions.resize(self.function.blocks.len() * self.stride, NONE);
        }
        id
    }

    fn block_parameter(&mut self, block: BlockId, ty: Type) -> Value {
        let value = self.value(ty);
        let open = &self.tables.blocks[block.0 as usize];
        assert!(open.first_edge == NONE && open.incomplete == 0 && block.0 != 0, "the block is in use already");
        let parameters = &mut self.function.blocks[block.0 as usize].parameters;
        self.tables.spare.make_room(parameters);
        parameters.push(value);
        value
    }

    fn switch_to(&mut self, block: BlockId) {
        assert!(!self.tables.blocks[block.0 as usize].terminated, "b{} is terminated", block.0);
        let blocks = &mut self.function.blocks;
        std::mem::swap(&mut blocks[self.current.0 as usize].insts, &mut self.insts);
        std::mem::swap(&mut blocks[block.0 as usize].insts, &mut self.insts);
        self.current = block;
        self.terminated = false;
        self.begin_run(block);
    }

    fn seal(&mut self, block: BlockId) {
        let open = &mut self.tables.blocks[block.0 as usize];
        if open.sealed {
            return;
        }
        open.sealed = true;
        if open.incomplete > 0 {
            self.complete(block);
        }
    }

    #[inline]
    fn is_terminated(&self) -> bool {
        self.terminated
    }

    fn local(&mut self, ty: Type) -> Local {
        let local = Local(self.tables.locals.len() as u32);
        self.tables.locals.push(ty);
        if self.tables.locals.len() > self.stride {
            self.widen();
        }
        local
    }

    #[inline]
    fn set(&mut self, local: Local, value: Value) -> Value {
        debug_assert_eq!(self.tables.locals[local.0 as usize], self.type_of(value), "a local keeps its type");
        self.define(self.current, local, value);
        value
    }

    #[inline]
    fn get(&mut self, local: Local) -> Value {
        let known = self.definition(self.current, local);
        if known != NONE {
            return Value(known);
        }
        let value = self.find(self.current, local);
        self.fill_pending();
        value
    }

    #[inline]
    fn constant(&mut self, ty: Type, value: i64) -> Value {
        self.result(ty, |result| Inst::Const { result, value })
    }

    #[inline]
    fn binary(&mut self, op: BinaryOp, left: Value, right: Value) -> Value {
        self.result(self.type_of(left), |result| Inst::Binary { result, op, left, right })
    }

    #[inline]
    fn overflows(&mut self, op: OverflowOp, left: Value, right: Value) -> Value {
        self.result(Type::I1, |result| Inst::Overflows { result, op, left, right })
    }

    #[inline]
    fn compare(&mut self, condition: Condition, left: Value, right: Value) -> Value {
        self.result(Type::I1, |result| Inst::Compare { result, condition, left, right })
    }

    fn convert(&mut self, op: ConvertOp, operand: Value, ty: Type) -> Value {
        self.result(ty, |result| Inst::Convert { result, op, operand })
    }

    fn allocate(&mut self, bytes: u32) -> Value {
        self.result(Type::I64, |result| Inst::Allocate { result, bytes })
    }

    fn index(&mut self, base: Value, index: Value, scale: u32) -> Value {
        self.result(Type::I64, |result| Inst::Index { result, base, index, scale })
    }

    fn advance(&mut self, base: Value, index: Value, scale: u32) -> Value {
        self.result(Type::I64, |result| Inst::Advance { result, base, index, scale })
    }

    fn global(&mut self, global: GlobalId) -> Value {
        self.result(Type::I64, |result| Inst::Global { result, global })
    }

    #[inline]
    fn load(&mut self, ty: Type, address: Value, offset: i32) -> Value {
        self.result(ty, |result| Inst::Load { result, address, offset })
    }

    #[inline]
    fn store(&mut self, value: Value, address: Value, offset: i32) {
        self.push(Inst::Store { value, address, offset });
    }

    #[inline]
    fn trap_if(&mut self, condition: Value, kind: TrapKind) {
        self.push(Inst::TrapIf { condition, kind });
    }

    fn call(&mut self, function: FunctionId, arguments: &[Value], returns: &[Type]) -> Vec<Value> {
        let results: Vec<Value> = returns.iter().map(|&ty| self.value(ty)).collect();
        let call = Call { results: results.clone(), function, arguments: arguments.to_vec() };
        self.push(Inst::Call(Box::new(call)));
        results
    }

    #[inline]
    fn fuel(&mut self, amount: u32, span: Span) {
        self.push(Inst::Fuel { amount, span });
    }

    fn variable(&mut self, name: &str) -> VariableId {
        let id = VariableId(self.function.variables.len() as u32);
        self.function.variables.push(name.into());
        id
    }

    fn note(&mut self, variable: VariableId, value: Value) {
        self.push(Inst::Note { variable, value });
    }

    fn jump(&mut self, block: BlockId, arguments: &[Value]) {
        let arguments = self.tables.spare.values(arguments);
        self.terminate(Terminator::Jump(Target { block, arguments }));
        self.edge(block, false);
    }

    fn branch(&mut self, condition: Value, then: (BlockId, &[Value]), otherwise: (BlockId, &[Value])) {
        let mut target = |to: (BlockId, &[Value])| Target { block: to.0, arguments: self.tables.spare.values(to.1) };
        let terminator = Terminator::Branch { condition, then: target(then), otherwise: target(otherwise) };
        self.terminate(terminator);
        self.edge(then.0, false);
        self.edge(otherwise.0, true);
    }

    fn ret(&mut self, values: &[Value]) {
        let values = self.tables.spare.values(values);
        self.terminate(Terminator::Return(values));
    }

    fn trap(&mut self, kind: TrapKind) {
        self.terminate(Terminator::Trap(kind));
    }
}

impl FunctionBuilder {
    /// Begins a function and enters its entry block, which is sealed.
    pub fn new(name: &str, parameters: &[Type], returns: &[Type]) -> Self {
        let mut tables = spare::tables();
        let blocks = tables.spare.blocks();
        let mut builder = Self {
            fresh: blocks.capacity() == 0,
            function: Function {
                name: name.into(),
                parameters: tables.spare.types(parameters),
                returns: tables.spare.types(returns),
                blocks,
                types: tables.spare.types(parameters),
                variables: Vec::new(),
            },
            current: BlockId(0),
            insts: Vec::new(),
            terminated: false,
            stride: STRIDE,
            zeros: [NONE; 6],
            tables,
        };
        let entry = builder.block();
        let block = &mut builder.function.blocks[0];
        builder.tables.spare.make_room(&mut block.parameters);
        block.parameters.extend((0..parameters.len() as u32).map(Value));
        builder.insts = std::mem::take(&mut block.insts);
        builder.seal(entry);
        builder.begin_run(entry);
        builder
    }

    /// The function's parameters.
    pub fn parameters(&self) -> Vec<Value> {
        (0..self.function.parameters.len() as u32).map(Value).collect()
    }

    /// From here on values are those of `block`.
    fn begin_run(&mut self, block: BlockId) {
        let run = self.tables.runs.len() as u32;
        self.tables.runs.push(Run { start: self.function.types.len() as u32, next: NONE });
        let open = &mut self.tables.blocks[block.0 as usize];
        match open.first_run {
            NONE => open.first_run = run,
            _ => self.tables.runs[open.last_run as usize].next = run,
        }
        open.last_run = run;
    }

    /// The current block.
    pub fn current(&self) -> BlockId {
        self.current
    }

    /// Passes the arguments of the parameters that `block` was given before it was sealed.
    fn complete(&mut self, block: BlockId) {
        let count = std::mem::take(&mut self.tables.blocks[block.0 as usize].incomplete) as usize;
        let mut position = self.function.blocks[block.0 as usize].parameters.len() - count;
        let mut at = 0;
        // Further parameters of blocks that are not sealed go to the end of the list.
        while let Some(&(other, local)) = self.tables.incomplete.get(at) {
            if other != block {
                at += 1;
                continue;
            }
            self.tables.incomplete.remove(at);
            self.tables.pending.push((block, local, position as u32));
            self.fill_pending();
            position += 1;
        }
    }

    #[inline]
    fn definition(&self, block: BlockId, local: Local) -> u32 {
        self.tables.definitions[block.0 as usize * self.stride + local.0 as usize]
    }

    #[inline]
    fn define(&mut self, block: BlockId, local: Local, value: Value) {
        self.tables.definitions[block.0 as usize * self.stride + local.0 as usize] = value.0;
    }

    /// Doubles the number of columns of the table of definitions.
    fn widen(&mut self) {
        let wide = self.stride * 2;
        let mut table = vec![NONE; self.tables.blocks.len() * wide];
        for (row, old) in self.tables.definitions.chunks_exact(self.stride).enumerate() {
            table[row * wide..row * wide + self.stride].copy_from_slice(old);
        }
        (self.tables.definitions, self.stride) = (table, wide);
    }

    /// The value of `local` at the end of `block`: walks up single predecessors to a definition, or makes a parameter
    /// where edges meet or are not all known. The arguments of new parameters are left pending.
    fn find(&mut self, block: BlockId, local: Local) -> Value {
        debug_assert!(self.tables.walked.is_empty());
        let mut at = block;
        let value = loop {
            let known = self.definition(at, local);
            if known != NONE {
                break Value(known);
            }
            let open = &mut self.tables.blocks[at.0 as usize];
            if !open.sealed {
                open.incomplete += 1;
                self.tables.incomplete.push((at, local));
                break self.phi(at, local);
            }
            let edge = open.first_edge;
            if edge == NONE {
                break self.zero(self.tables.locals[local.0 as usize]);
            }
            if self.tables.edges[edge as usize].next == NONE {
                self.tables.walked.push(at);
                at = self.tables.edges[edge as usize].from;
                // A block whose only predecessor is itself, or a ring of such, is never reached: any value will do.
                if self.tables.walked.len() > self.tables.blocks.len() {
                    break self.zero(self.tables.locals[local.0 as usize]);
                }
                continue;
            }
            let position = self.function.blocks[at.0 as usize].parameters.len() as u32;
            let value = self.phi(at, local);
            self.tables.pending.push((at, local, position));
            break value;
        };
        while let Some(block) = self.tables.walked.pop() {
            self.define(block, local, value);
        }
        value
    }

    /// Adds a parameter to `block` that stands for `local`.
    fn phi(&mut self, block: BlockId, local: Local) -> Value {
        let value = self.value(self.tables.locals[local.0 as usize]);
        let Tables { phis, spare, .. } = &mut *self.tables;
        let parameters = &mut self.function.blocks[block.0 as usize].parameters;
        phis.push(Phi { block, position: parameters.len() as u32, value });
        spare.make_room(parameters);
        parameters.push(value);
        self.define(block, local, value);
        value
    }

    /// Passes the arguments of new parameters on every edge, which may ask for further parameters.
    fn fill_pending(&mut self) {
        while let Some((block, local, position)) = self.tables.pending.pop() {
            let mut edge = self.tables.blocks[block.0 as usize].first_edge;
            while edge != NONE {
                let Edge { from, otherwise, next } = self.tables.edges[edge as usize];
                let value = self.find(from, local);
                let arguments = &mut target(&mut self.function.blocks, from, otherwise).arguments;
                debug_assert_eq!(arguments.len(), position as usize, "arguments come in the order of parameters");
                self.tables.spare.make_room(arguments);
                arguments.push(value);
                edge = next;
            }
        }
    }

    fn target(&mut self, from: BlockId, otherwise: bool) -> &mut Target {
        target(&mut self.function.blocks, from, otherwise)
    }

    /// A zero constant; [`Self::finish`] puts it at the start of the entry block.
    fn zero(&mut self, ty: Type) -> Value {
        let known = self.zeros[ty as usize];
        if known != NONE {
            return Value(known);
        }
        let value = self.value(ty);
        self.zeros[ty as usize] = value.0;
        value
    }

    #[inline]
    fn value(&mut self, ty: Type) -> Value {
        let value = Value(self.function.types.len() as u32);
        self.function.types.push(ty);
        value
    }

    #[inline]
    fn push(&mut self, inst: Inst) {
        assert!(!self.terminated, "the block is terminated");
        self.insts.push(inst);
    }

    #[inline]
    fn result(&mut self, ty: Type, inst: impl FnOnce(Value) -> Inst) -> Value {
        let result = self.value(ty);
        self.push(inst(result));
        result
    }

    /// `condition ? then : otherwise`
    pub fn select(&mut self, condition: Value, then: Value, otherwise: Value) -> Value {
        self.result(self.type_of(then), |result| Inst::Select { result, condition, then, otherwise })
    }

    #[inline(always)]
    fn terminate(&mut self, terminator: Terminator) {
        assert!(!self.terminated, "b{} is terminated", self.current.0);
        let place = &mut self.function.blocks[self.current.0 as usize].terminator;
        // What stood for none has nothing to drop.
        std::mem::forget(std::mem::replace(place, terminator));
        self.tables.blocks[self.current.0 as usize].terminated = true;
        self.terminated = true;
    }

    fn edge(&mut self, to: BlockId, otherwise: bool) {
        let block = &mut self.tables.blocks[to.0 as usize];
        assert!(!block.sealed, "b{} is sealed", to.0);
        self.tables.edges.push(Edge { from: self.current, otherwise, next: block.first_edge });
        block.first_edge = (self.tables.edges.len() - 1) as u32;
    }

    // ---- the end ----

    /// The function. Every reachable block must be sealed and terminated.
    pub fn finish(mut self) -> Function {
        let current = self.current.0 as usize;
        std::mem::swap(&mut self.function.blocks[current].insts, &mut self.insts);
        self.remove_trivial_parameters();
        let reachable = self.find_reachable();
        self.place_zeros();
        let in_order = self.number();
        if reachable < self.function.blocks.len() {
            self.remove_unreachable();
        } else if in_order {
            return self.done();
        }
        let Tables { order, numbers, .. } = &mut *self.tables;
        let mut rename = |value: &mut Value| {
            value.0 = numbers[value.0 as usize];
            assert!(value.0 < UNUSED, "every value in use is defined in a reachable block");
        };
        for block in &mut self.function.blocks {
            block.parameters.iter_mut().for_each(&mut rename);
            block.insts.iter_mut().for_each(|inst| inst.values_mut(&mut rename));
            block.terminator.uses_mut(&mut rename);
            block.terminator.targets_mut().for_each(|target| target.block = BlockId(order[target.block.0 as usize]));
        }
        self.done()
    }

    /// Gives the tables back.
    fn done(mut self) -> Function {
        if self.fresh {
            self.function.blocks.shrink_to_fit();
        }
        for block in &mut self.function.blocks {
            self.tables.spare.finish(&mut block.insts);
        }
        if self.function.types.len() <= KEPT {
            self.tables.clear();
            spare::set_tables(self.tables);
        }
        self.function
    }

    #[cold]
    fn remove_unreachable(&mut self) {
        let Tables { order, spare, .. } = &mut *self.tables;
        let blocks = std::mem::take(&mut self.function.blocks);
        for (block, number) in blocks.into_iter().zip(&*order) {
            match *number {
                NONE => spare.keep_block(block),
                _ => self.function.blocks.push(block),
            }
        }
        self.fresh = true;
    }

    /// Sets `numbers`: the place of each value in the order of definitions in blocks that can be reached. Types are put
    /// in that order. Whether all have the number that they had.
    fn number(&mut self) -> bool {
        let Tables { blocks: open, runs, order, numbers, old_types, dead, aliases, .. } = &mut *self.tables;
        let types = &mut self.function.types;
        numbers.clear();
        numbers.resize(types.len(), NONE);
        for parameter in self.function.blocks.iter().flat_map(|block| &block.parameters) {
            numbers[parameter.0 as usize] = UNUSED;
        }
        dead.iter().for_each(|phi| numbers[phi.value.0 as usize] = UNUSED);
        self.zeros.iter().filter(|zero| **zero != NONE).for_each(|zero| numbers[*zero as usize] = UNUSED);
        let (mut next, mut in_order) = (0, dead.is_empty());
        let mut define = |value: u32, number: &mut u32| {
            in_order &= value == next;
            *number = next;
            next += 1;
        };
        for (number, (block, open)) in self.function.blocks.iter().zip(&*open).enumerate() {
            if order[number] == NONE {
                continue;
            }
            block.parameters.iter().for_each(|value| define(value.0, &mut numbers[value.0 as usize]));
            if number == 0 {
                let zeros = self.zeros.iter().filter(|zero| **zero != NONE);
                zeros.for_each(|&zero| define(zero, &mut numbers[zero as usize]));
            }
            let mut run = open.first_run;
            while run != NONE {
                let Run { start, next: after } = runs[run as usize];
                let end = runs.get(run as usize + 1).map_or(types.len(), |later| later.start as usize);
                for (value, number) in (start..).zip(&mut numbers[start as usize..end]) {
                    if *number == NONE {
                        define(value, number);
                    }
                }
                run = after;
            }
        }
        if !in_order || (next as usize) < types.len() {
            old_types.clear();
            old_types.extend_from_slice(types);
            for (number, ty) in numbers.iter().zip(&*old_types) {
                if *number < UNUSED {
                    types[*number as usize] = *ty;
                }
            }
            types.truncate(next as usize);
        }
        dead.iter().for_each(|phi| numbers[phi.value.0 as usize] = numbers[aliases.resolve(phi.value).0 as usize]);
        in_order
    }

    /// Removes parameters that are given the same value (or themselves) on every edge, until none is left.
    fn remove_trivial_parameters(&mut self) {
        if self.tables.phis.is_empty() {
            return;
        }
        let mut aliases = std::mem::take(&mut self.tables.aliases);
        aliases.reset(self.function.types.len());
        let mut phis = std::mem::take(&mut self.tables.phis);
        // Positions stay as they are until all are found; then the holes are closed.
        let mut dead = std::mem::take(&mut self.tables.dead);
        loop {
            let before = phis.len();
            phis.retain_mut(|phi| match self.only_argument(phi, &mut aliases) {
                Some(value) => {
                    aliases.set(phi.value, value);
                    dead.push(Phi { ..*phi });
                    false
                }
                None => true,
            });
            if phis.len() == before {
                break;
            }
        }
        // From the back, so that earlier positions keep their meaning.
        dead.sort_unstable_by_key(|phi| (phi.block, std::cmp::Reverse(phi.position)));
        for phi in &dead {
            self.function.blocks[phi.block.0 as usize].parameters.remove(phi.position as usize);
            let mut edge = self.tables.blocks[phi.block.0 as usize].first_edge;
            while edge != NONE {
                let Edge { from, otherwise, next } = self.tables.edges[edge as usize];
                self.target(from, otherwise).arguments.remove(phi.position as usize);
                edge = next;
            }
        }
        // Operands are renamed when all values get their last numbers.
        self.tables.aliases = aliases;
        self.tables.phis = phis;
        self.tables.dead = dead;
    }

    /// The one value that `phi` can have, if it is one.
    fn only_argument(&mut self, phi: &Phi, aliases: &mut rewrite::Aliases) -> Option<Value> {
        let mut edge = self.tables.blocks[phi.block.0 as usize].first_edge;
        let mut only = None;
        while edge != NONE {
            let Edge { from, otherwise, next } = self.tables.edges[edge as usize];
            let argument = aliases.resolve(self.target(from, otherwise).arguments[phi.position as usize]);
            if argument != phi.value && only.replace(argument).is_some_and(|other| other != argument) {
                return None;
            }
            edge = next;
        }
        // Only itself: no path from the entry reaches it.
        Some(only.unwrap_or_else(|| self.zero(self.type_of(phi.value))))
    }

    /// Sets `order`: the new number of each block, `NONE` for those that the entry does not reach. How many it reaches.
    fn find_reachable(&mut self) -> usize {
        let numbers = &mut self.tables.order;
        numbers.clear();
        numbers.resize(self.tables.blocks.len(), NONE);
        let mut stack: SmallVec<[BlockId; 16]> = smallvec![BlockId(0)];
        numbers[0] = 0;
        while let Some(block) = stack.pop() {
            let open = &self.tables.blocks[block.0 as usize];
            assert!(open.sealed, "b{} was never sealed", block.0);
            assert!(open.terminated, "b{} has no terminator", block.0);
            for target in self.function.blocks[block.0 as usize].terminator.targets() {
                let number = &mut numbers[target.block.0 as usize];
                if *number == NONE {
                    *number = 0;
                    stack.push(target.block);
                }
            }
        }
        let mut reached = 0;
        for number in numbers.iter_mut().filter(|number| **number != NONE) {
            *number = reached;
            reached += 1;
        }
        reached as usize
    }

    /// Defines the zero constants at the start of the entry block.
    fn place_zeros(&mut self) {
        let zeros = self.zeros.iter().filter(|zero| **zero != NONE);
        let insts: Vec<Inst> = zeros.map(|zero| Inst::Const { result: Value(*zero), value: 0 }).collect();
        if !insts.is_empty() {
            self.function.blocks[0].insts.splice(0..0, insts);
        }
    }
}

fn target(blocks: &mut [Block], from: BlockId, otherwise: bool) -> &mut Target {
    match &mut blocks[from.0 as usize].terminator {
        Terminator::Jump(target) => target,
        Terminator::Branch { then, .. } if !otherwise => then,
        Terminator::Branch { otherwise, .. } => otherwise,
        Terminator::Return(_) | Terminator::Trap(_) => unreachable!("an edge comes from a jump or a branch"),
    }
}
