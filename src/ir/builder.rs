//! Builds a [`Function`] block by block. Mutable locals become SSA values with block parameters on the fly, after
//! Braun et al., "Simple and Efficient Construction of Static Single Assignment Form" (2013): a block whose
//! predecessors are not all known yet (not sealed) gets a parameter for each local that it reads; parameters that turn
//! out to be the same value on every edge are removed when the function is finished, and so are blocks that nothing
//! reaches.
//!
//! All tables are vectors indexed by number, and nothing recurses: the sampler lowers a program in microseconds, and
//! no input is deep enough to overflow the stack. Misuse (an instruction after a terminator, a block left open) is a
//! bug of the caller and panics.

use super::spare::{self, Spare};
use super::{
    BinaryOp, Block, BlockId, Call, Condition, ConvertOp, Function, FunctionId, GlobalId, Inst, OverflowOp, Target,
    Terminator, TrapKind, Type, Value, VariableId, rewrite,
};
use crate::diagnostic::Span;
use smallvec::{SmallVec, smallvec};

/// A mutable variable of a function under construction; never in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Local(u32);

/// Stands for "no value", "no edge" and "no local" in the tables.
const NONE: u32 = u32::MAX;

/// A block under construction.
struct OpenBlock {
    parameters: Vec<Value>,
    insts: Vec<Inst>,
    terminator: Option<Terminator>,
    /// All predecessors are known.
    sealed: bool,
    /// Head of its list of incoming edges, or `NONE`.
    first_edge: u32,
    /// Locals that the first parameters after the explicit ones stand for, while the block is not sealed.
    incomplete: Vec<Local>,
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
    /// Zero constants for locals that were never set, by type.
    zeros: [u32; 6],
    /// What is needed only until the function is finished.
    tables: Box<Tables>,
}

/// The longest list that is kept for functions to come.
pub(super) const KEPT: usize = 1024;

#[derive(Default)]
pub(super) struct Tables {
    blocks: Vec<OpenBlock>,
    edges: Vec<Edge>,
    phis: Vec<Phi>,
    /// Parameters that proved needless.
    dead: Vec<Phi>,
    locals: Vec<Type>,
    /// The value of each local at the end of each block as known so far: a row a block, `stride` columns.
    definitions: Vec<u32>,
    /// Parameters whose arguments are still to be found.
    pending: Vec<(BlockId, Local, u32)>,
    /// Blocks walked through on the way to a definition.
    walked: Vec<BlockId>,
    /// Empty lists for what is to come.
    pub(super) spare: Spare,
    spare_locals: Vec<Vec<Local>>,
    aliases: rewrite::Aliases,
    numbers: rewrite::Numbers,
    /// The new number of each block.
    order: Vec<u32>,
}

impl Tables {
    /// Forgets the function.
    fn clear(&mut self) {
        for block in self.blocks.drain(..) {
            self.spare.keep_values(block.parameters);
            self.spare.keep_insts(block.insts);
        }
        self.edges.clear();
        self.phis.clear();
        self.dead.clear();
        self.locals.clear();
        self.definitions.clear();
        self.pending.clear();
        self.walked.clear();
    }
}

impl FunctionBuilder {
    /// Begins a function and enters its entry block, which is sealed.
    pub fn new(name: &str, parameters: &[Type], returns: &[Type]) -> Self {
        let mut tables = spare::tables();
        let mut builder = Self {
            function: Function {
                name: name.into(),
                parameters: tables.spare.types(parameters),
                returns: tables.spare.types(returns),
                blocks: tables.spare.blocks(),
                types: tables.spare.types(parameters),
                variables: Vec::new(),
            },
            current: BlockId(0),
            insts: Vec::new(),
            terminated: false,
            stride: 8,
            zeros: [NONE; 6],
            tables,
        };
        let entry = builder.block();
        let Tables { blocks, spare, .. } = &mut *builder.tables;
        spare.make_room(&mut blocks[0].parameters);
        blocks[0].parameters.extend((0..parameters.len() as u32).map(Value));
        builder.seal(entry);
        builder.insts = std::mem::take(&mut builder.tables.blocks[0].insts);
        builder
    }

    /// The function's parameters.
    pub fn parameters(&self) -> Vec<Value> {
        (0..self.function.parameters.len() as u32).map(Value).collect()
    }

    /// The type of a value.
    #[inline]
    pub fn type_of(&self, value: Value) -> Type {
        self.function.types[value.0 as usize]
    }

    // ---- blocks ----

    /// A new block, empty and not sealed; the current block stays.
    pub fn block(&mut self) -> BlockId {
        let id = BlockId(self.tables.blocks.len() as u32);
        self.tables.blocks.push(OpenBlock {
            parameters: Vec::new(),
            insts: self.tables.spare.insts(),
            terminator: None,
            sealed: false,
            first_edge: NONE,
            incomplete: self.tables.spare_locals.pop().unwrap_or_default(),
        });
        self.tables.definitions.resize(self.tables.blocks.len() * self.stride, NONE);
        id
    }

    /// An explicit parameter of `block`, for which every jump there passes an argument. To be asked for before the
    /// block is entered or jumped to.
    pub fn block_parameter(&mut self, block: BlockId, ty: Type) -> Value {
        let value = self.value(ty);
        let Tables { blocks, spare, .. } = &mut *self.tables;
        let open = &mut blocks[block.0 as usize];
        assert!(open.first_edge == NONE && open.incomplete.is_empty() && block.0 != 0, "the block is in use already");
        spare.make_room(&mut open.parameters);
        open.parameters.push(value);
        value
    }

    /// Makes `block` current. It must be without a terminator.
    pub fn switch_to(&mut self, block: BlockId) {
        let blocks = &mut self.tables.blocks;
        assert!(blocks[block.0 as usize].terminator.is_none(), "b{} is terminated", block.0);
        std::mem::swap(&mut blocks[self.current.0 as usize].insts, &mut self.insts);
        std::mem::swap(&mut blocks[block.0 as usize].insts, &mut self.insts);
        self.current = block;
        self.terminated = false;
    }

    /// The current block.
    pub fn current(&self) -> BlockId {
        self.current
    }

    /// Declares that no more jumps to `block` will come.
    pub fn seal(&mut self, block: BlockId) {
        let open = &mut self.tables.blocks[block.0 as usize];
        if open.sealed {
            return;
        }
        open.sealed = true;
        let mut incomplete = std::mem::take(&mut open.incomplete);
        let first = open.parameters.len() - incomplete.len();
        for (position, local) in incomplete.drain(..).enumerate() {
            self.tables.pending.push((block, local, (first + position) as u32));
            self.fill_pending();
        }
        self.tables.spare_locals.push(incomplete);
    }

    /// Whether the current block has its terminator.
    #[inline]
    pub fn is_terminated(&self) -> bool {
        self.terminated
    }

    // ---- locals ----

    /// A new local. A read on a path where it was never set gives 0.
    pub fn local(&mut self, ty: Type) -> Local {
        let local = Local(self.tables.locals.len() as u32);
        self.tables.locals.push(ty);
        if self.tables.locals.len() > self.stride {
            self.widen();
        }
        local
    }

    /// Sets a local.
    #[inline]
    pub fn set(&mut self, local: Local, value: Value) {
        debug_assert_eq!(self.tables.locals[local.0 as usize], self.type_of(value), "a local keeps its type");
        self.define(self.current, local, value);
    }

    /// The value of a local here.
    #[inline]
    pub fn get(&mut self, local: Local) -> Value {
        let known = self.definition(self.current, local);
        if known != NONE {
            return Value(known);
        }
        let value = self.find(self.current, local);
        self.fill_pending();
        value
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
            let open = &self.tables.blocks[at.0 as usize];
            if !open.sealed {
                let value = self.phi(at, local);
                self.tables.blocks[at.0 as usize].incomplete.push(local);
                break value;
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
            let position = open.parameters.len() as u32;
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
        let Tables { blocks, phis, spare, .. } = &mut *self.tables;
        let parameters = &mut blocks[block.0 as usize].parameters;
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
                let Tables { blocks, spare, .. } = &mut *self.tables;
                let arguments = &mut target(blocks, from, otherwise).arguments;
                debug_assert_eq!(arguments.len(), position as usize, "arguments come in the order of parameters");
                spare.make_room(arguments);
                arguments.push(value);
                edge = next;
            }
        }
    }

    fn target(&mut self, from: BlockId, otherwise: bool) -> &mut Target {
        target(&mut self.tables.blocks, from, otherwise)
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

    // ---- instructions ----

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

    /// A constant.
    #[inline]
    pub fn constant(&mut self, ty: Type, value: i64) -> Value {
        self.result(ty, |result| Inst::Const { result, value })
    }

    /// `left op right`
    #[inline]
    pub fn binary(&mut self, op: BinaryOp, left: Value, right: Value) -> Value {
        self.result(self.type_of(left), |result| Inst::Binary { result, op, left, right })
    }

    /// Whether `left op right` overflows, an i1.
    #[inline]
    pub fn overflows(&mut self, op: OverflowOp, left: Value, right: Value) -> Value {
        self.result(Type::I1, |result| Inst::Overflows { result, op, left, right })
    }

    /// `left condition right`, an i1.
    #[inline]
    pub fn compare(&mut self, condition: Condition, left: Value, right: Value) -> Value {
        self.result(Type::I1, |result| Inst::Compare { result, condition, left, right })
    }

    /// `condition ? then : otherwise`
    pub fn select(&mut self, condition: Value, then: Value, otherwise: Value) -> Value {
        self.result(self.type_of(then), |result| Inst::Select { result, condition, then, otherwise })
    }

    /// `operand` as a `ty`.
    pub fn convert(&mut self, op: ConvertOp, operand: Value, ty: Type) -> Value {
        self.result(ty, |result| Inst::Convert { result, op, operand })
    }

    /// A pointer to a new object of `bytes` bytes.
    pub fn allocate(&mut self, bytes: u32) -> Value {
        self.result(Type::I64, |result| Inst::Allocate { result, bytes })
    }

    /// The pointer `base + index * scale`.
    pub fn index(&mut self, base: Value, index: Value, scale: u32) -> Value {
        self.result(Type::I64, |result| Inst::Index { result, base, index, scale })
    }

    /// The pointer `base + index * scale`, within its object or just behind it.
    pub fn advance(&mut self, base: Value, index: Value, scale: u32) -> Value {
        self.result(Type::I64, |result| Inst::Advance { result, base, index, scale })
    }

    /// A pointer to a global.
    pub fn global(&mut self, global: GlobalId) -> Value {
        self.result(Type::I64, |result| Inst::Global { result, global })
    }

    /// The `ty` at `address + offset`.
    #[inline]
    pub fn load(&mut self, ty: Type, address: Value, offset: i32) -> Value {
        self.result(ty, |result| Inst::Load { result, address, offset })
    }

    /// Writes `value` at `address + offset`.
    #[inline]
    pub fn store(&mut self, value: Value, address: Value, offset: i32) {
        self.push(Inst::Store { value, address, offset });
    }

    /// Traps where `condition` is 1.
    #[inline]
    pub fn trap_if(&mut self, condition: Value, kind: TrapKind) {
        self.push(Inst::TrapIf { condition, kind });
    }

    /// Calls `function`, which returns `returns`.
    pub fn call(&mut self, function: FunctionId, arguments: &[Value], returns: &[Type]) -> Vec<Value> {
        let results: Vec<Value> = returns.iter().map(|&ty| self.value(ty)).collect();
        let call = Call { results: results.clone(), function, arguments: arguments.to_vec() };
        self.push(Inst::Call(Box::new(call)));
        results
    }

    /// Uses fuel for the source at `span`.
    #[inline]
    pub fn fuel(&mut self, amount: u32, span: Span) {
        self.push(Inst::Fuel { amount, span });
    }

    /// A source variable for [`Self::note`].
    pub fn variable(&mut self, name: &str) -> VariableId {
        let id = VariableId(self.function.variables.len() as u32);
        self.function.variables.push(name.into());
        id
    }

    /// Tells tracers that `variable` now has `value`.
    pub fn note(&mut self, variable: VariableId, value: Value) {
        self.push(Inst::Note { variable, value });
    }

    // ---- terminators ----

    fn terminate(&mut self, terminator: Terminator) {
        assert!(!self.terminated, "b{} is terminated", self.current.0);
        self.tables.blocks[self.current.0 as usize].terminator = Some(terminator);
        self.terminated = true;
    }

    fn edge(&mut self, to: BlockId, otherwise: bool) {
        let block = &mut self.tables.blocks[to.0 as usize];
        assert!(!block.sealed, "b{} is sealed", to.0);
        self.tables.edges.push(Edge { from: self.current, otherwise, next: block.first_edge });
        block.first_edge = (self.tables.edges.len() - 1) as u32;
    }

    /// Goes on at `block`.
    pub fn jump(&mut self, block: BlockId, arguments: &[Value]) {
        let arguments = self.tables.spare.values(arguments);
        self.terminate(Terminator::Jump(Target { block, arguments }));
        self.edge(block, false);
    }

    /// Goes on at one of two blocks.
    pub fn branch(&mut self, condition: Value, then: (BlockId, &[Value]), otherwise: (BlockId, &[Value])) {
        let mut target = |to: (BlockId, &[Value])| Target { block: to.0, arguments: self.tables.spare.values(to.1) };
        let terminator = Terminator::Branch { condition, then: target(then), otherwise: target(otherwise) };
        self.terminate(terminator);
        self.edge(then.0, false);
        self.edge(otherwise.0, true);
    }

    /// Returns to the caller.
    pub fn ret(&mut self, values: &[Value]) {
        let values = self.tables.spare.values(values);
        self.terminate(Terminator::Return(values));
    }

    /// Traps.
    pub fn trap(&mut self, kind: TrapKind) {
        self.terminate(Terminator::Trap(kind));
    }

    // ---- the end ----

    /// The function. Every reachable block must be sealed and terminated.
    pub fn finish(mut self) -> Function {
        let current = self.current.0 as usize;
        std::mem::swap(&mut self.tables.blocks[current].insts, &mut self.insts);
        self.remove_trivial_parameters();
        self.find_reachable();
        self.place_zeros();
        let Tables { blocks, order, aliases, numbers, spare, .. } = &mut *self.tables;
        self.function.blocks.reserve_exact(order.iter().filter(|number| **number != NONE).count());
        for (open, number) in blocks.iter_mut().zip(&*order) {
            if *number != NONE {
                self.function.blocks.push(Block {
                    parameters: std::mem::take(&mut open.parameters),
                    insts: spare.finished(&mut open.insts),
                    terminator: open.terminator.take().expect("find_reachable() saw the terminator"),
                });
            }
        }
        let values = self.function.types.len();
        rewrite::renumber(&mut self.function, order, aliases, numbers);
        if values <= KEPT {
            self.tables.clear();
            spare::set_tables(self.tables);
        }
        self.function
    }

    /// Removes parameters that are given the same value (or themselves) on every edge, until none is left.
    fn remove_trivial_parameters(&mut self) {
        self.tables.aliases.clear();
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
            self.tables.blocks[phi.block.0 as usize].parameters.remove(phi.position as usize);
            let mut edge = self.tables.blocks[phi.block.0 as usize].first_edge;
            while edge != NONE {
                let Edge { from, otherwise, next } = self.tables.edges[edge as usize];
                self.target(from, otherwise).arguments.remove(phi.position as usize);
                edge = next;
            }
        }
        // Operands are renamed when all values get their last numbers.
        if dead.is_empty() {
            aliases.clear();
        }
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

    /// Sets `order`: the new number of each block, `NONE` for those that the entry does not reach.
    fn find_reachable(&mut self) {
        let numbers = &mut self.tables.order;
        numbers.clear();
        numbers.resize(self.tables.blocks.len(), NONE);
        let mut stack: SmallVec<[BlockId; 16]> = smallvec![BlockId(0)];
        numbers[0] = 0;
        while let Some(block) = stack.pop() {
            let open = &self.tables.blocks[block.0 as usize];
            assert!(open.sealed, "b{} was never sealed", block.0);
            let terminator = open.terminator.as_ref().unwrap_or_else(|| panic!("b{} has no terminator", block.0));
            for target in terminator.targets() {
                let number = &mut numbers[target.block.0 as usize];
                if *number == NONE {
                    *number = 0;
                    stack.push(target.block);
                }
            }
        }
        for (next, number) in (0..).zip(numbers.iter_mut().filter(|number| **number != NONE)) {
            *number = next;
        }
    }

    /// Defines the zero constants at the start of the entry block.
    fn place_zeros(&mut self) {
        let zeros = self.zeros.iter().filter(|zero| **zero != NONE);
        let insts: Vec<Inst> = zeros.map(|zero| Inst::Const { result: Value(*zero), value: 0 }).collect();
        if !insts.is_empty() {
            self.tables.blocks[0].insts.splice(0..0, insts);
        }
    }
}

fn target(blocks: &mut [OpenBlock], from: BlockId, otherwise: bool) -> &mut Target {
    match blocks[from.0 as usize].terminator.as_mut().expect("an edge comes from a terminator") {
        Terminator::Jump(target) => target,
        Terminator::Branch { then, .. } if !otherwise => then,
        Terminator::Branch { otherwise, .. } => otherwise,
        Terminator::Return(_) | Terminator::Trap(_) => unreachable!("no edge leaves a return or a trap"),
    }
}
