//! Checks every invariant that the engines rely on:
//!
//! - Functions have names of their own and at least one block; the entry block's parameters are the function's, and
//!   nothing jumps there.
//! - Every number (of a value, a block, a function, a global, a variable) is within its table; no global has more data
//!   than bytes.
//! - Every value is defined once, and in reachable blocks its definition dominates each use.
//! - Operands and results have the types that the operation asks for; constants fit theirs; calls, returns and jumps
//!   pass what the other side takes, in number and type.
//! - Vectors (`v4i32`) are not used: no engine executes them yet.

use super::{Block, BlockId, ConvertOp, Function, Inst, Program, Target, Terminator, Type, Value};

/// Every violation of the invariants, each with its function and block.
pub fn verify(program: &Program) -> Result<(), Vec<String>> {
    let mut errors = Vec::new();
    for global in program.globals.iter().filter(|global| global.data.len() > global.bytes as usize) {
        errors.push(format!("global {}: more data than its {} bytes", global.name, global.bytes));
    }
    for (number, function) in program.functions.iter().enumerate() {
        let name = function.name.as_str();
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(is_name) || name.starts_with(|c: char| c.is_ascii_digit()) {
            errors.push(format!("function {number}: `{name}` is not a name"));
        }
        if program.functions[..number].iter().any(|other| other.name == function.name) {
            errors.push(format!("{name}: another function has the same name"));
        }
        let mut verifier = Verifier { program, function, block: 0, definitions: Vec::new(), errors: &mut errors };
        verifier.function();
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Where a value is defined: block, and position in it, parameters being at 0 and instruction `i` at `i + 1`.
type Definition = (u32, u32);

/// Not defined anywhere.
const NOWHERE: Definition = (u32::MAX, u32::MAX);

struct Verifier<'a> {
    program: &'a Program,
    function: &'a Function,
    /// The block that is looked at, for messages.
    block: usize,
    definitions: Vec<Definition>,
    errors: &'a mut Vec<String>,
}

impl<'a> Verifier<'a> {
    fn error(&mut self, message: impl AsRef<str>) {
        self.errors.push(format!("{} b{}: {}", self.function.name, self.block, message.as_ref()));
    }

    fn function(&mut self) {
        let function = self.function;
        let Some(entry) = function.blocks.first() else {
            return self.error("a function without blocks");
        };
        let before = self.errors.len();
        self.numbers();
        // Without sound numbers the other checks would look beyond the tables.
        if self.errors.len() > before {
            return;
        }
        if !entry.parameters.iter().map(|value| self.type_of(*value)).eq(function.parameters.iter().copied()) {
            self.error("the entry block's parameters are not the function's");
        }
        if function.types.contains(&Type::V4I32) {
            self.error("v4i32 values are not yet executable");
        }
        for (number, block) in function.blocks.iter().enumerate() {
            self.block = number;
            block.insts.iter().for_each(|inst| self.inst(inst));
            self.terminator(&block.terminator);
        }
        self.dominance();
    }

    fn type_of(&self, value: Value) -> Type {
        self.function.types[value.0 as usize]
    }

    // ---- numbers and single definition ----

    fn numbers(&mut self) {
        self.definitions = vec![NOWHERE; self.function.types.len()];
        for (number, block) in self.function.blocks.iter().enumerate() {
            self.block = number;
            block.parameters.iter().for_each(|value| self.define(*value, number, 0));
            for (position, inst) in block.insts.iter().enumerate() {
                inst.results().iter().for_each(|value| self.define(*value, number, position + 1));
                inst.uses(|value| self.in_range(value));
                self.inst_numbers(inst);
            }
            block.terminator.uses(|value| self.in_range(value));
            for target in block.terminator.targets() {
                if target.block.0 as usize >= self.function.blocks.len() {
                    self.error(format!("there is no b{}", target.block.0));
                } else if target.block.0 == 0 {
                    self.error("a jump to the entry block");
                }
            }
        }
    }

    fn define(&mut self, value: Value, block: usize, position: usize) {
        match self.definitions.get_mut(value.0 as usize) {
            Some(definition) if *definition == NOWHERE => *definition = (block as u32, position as u32),
            Some(_) => self.error(format!("v{} is defined twice", value.0)),
            None => self.in_range(value),
        }
    }

    fn in_range(&mut self, value: Value) {
        if value.0 as usize >= self.function.types.len() {
            self.error(format!("v{} has no type", value.0));
        }
    }

    fn inst_numbers(&mut self, inst: &Inst) {
        match inst {
            Inst::Call(call) if call.function.0 as usize >= self.program.functions.len() => {
                self.error(format!("there is no function {}", call.function.0));
            }
            Inst::Global { global, .. } if global.0 as usize >= self.program.globals.len() => {
                self.error(format!("there is no global {}", global.0));
            }
            Inst::Note { variable, .. } if variable.0 as usize >= self.function.variables.len() => {
                self.error(format!("there is no variable {}", variable.0));
            }
            _ => {}
        }
    }

    // ---- types ----

    fn expect(&mut self, value: Value, ty: Type) {
        let found = self.type_of(value);
        if found != ty {
            self.error(format!("v{} is {}, not {}", value.0, found.name(), ty.name()));
        }
    }

    fn inst(&mut self, inst: &Inst) {
        match *inst {
            Inst::Const { result, value } => {
                if !fits(self.type_of(result), value) {
                    self.error(format!("v{} cannot hold {value}", result.0));
                }
            }
            Inst::Binary { result, left, right, .. } => {
                let ty = self.type_of(result);
                self.expect(left, ty);
                self.expect(right, ty);
            }
            Inst::Overflows { result, left, right, .. } | Inst::Compare { result, left, right, .. } => {
                self.expect(result, Type::I1);
                self.expect(right, self.type_of(left));
            }
            Inst::Select { result, condition, then, otherwise } => {
                let ty = self.type_of(result);
                self.expect(condition, Type::I1);
                self.expect(then, ty);
                self.expect(otherwise, ty);
            }
            Inst::Convert { result, op, operand } => {
                let (from, to) = (self.type_of(operand), self.type_of(result));
                let sound = match op {
                    ConvertOp::ZeroExtend | ConvertOp::SignExtend => from.bits() < to.bits(),
                    ConvertOp::Truncate => from.bits() > to.bits(),
                };
                if !sound {
                    self.error(format!("{} from {} to {}", op.name(), from.name(), to.name()));
                }
            }
            Inst::Allocate { result, .. } | Inst::Global { result, .. } => self.expect(result, Type::I64),
            Inst::Index { result, base, index, .. } | Inst::Advance { result, base, index, .. } => {
                self.expect(result, Type::I64);
                self.expect(base, Type::I64);
                if self.type_of(index) != Type::I32 {
                    self.expect(index, Type::I64);
                }
            }
            Inst::Load { address, .. } | Inst::Store { address, .. } => self.expect(address, Type::I64),
            Inst::TrapIf { condition, .. } => self.expect(condition, Type::I1),
            Inst::Call(ref call) => {
                let callee = &self.program.functions[call.function.0 as usize];
                self.pass("arguments", &call.arguments, &callee.parameters);
                self.pass("results", &call.results, &callee.returns);
            }
            Inst::Fuel { .. } | Inst::Note { .. } => {}
        }
    }

    /// `values` go where `types` are taken.
    fn pass(&mut self, what: &str, values: &[Value], types: &[Type]) {
        if values.len() != types.len() {
            return self.error(format!("{} {what} where there must be {}", values.len(), types.len()));
        }
        values.iter().zip(types).for_each(|(value, ty)| self.expect(*value, *ty));
    }

    fn terminator(&mut self, terminator: &Terminator) {
        if let Terminator::Branch { condition, .. } = terminator {
            self.expect(*condition, Type::I1);
        }
        terminator.targets().for_each(|target| self.target(target));
        if let Terminator::Return(values) = terminator {
            self.pass("returned values", values, &self.function.returns);
        }
    }

    fn target(&mut self, target: &Target) {
        let (number, given) = (target.block.0, target.arguments.len());
        let parameters = &self.function.blocks[number as usize].parameters;
        if given != parameters.len() {
            let wanted = parameters.len();
            return self.error(format!("{given} arguments for b{number} where there must be {wanted}"));
        }
        for (argument, parameter) in target.arguments.iter().zip(parameters) {
            self.expect(*argument, self.type_of(*parameter));
        }
    }

    // ---- dominance ----

    fn dominance(&mut self) {
        let tree = Dominators::new(&self.function.blocks);
        for (number, block) in self.function.blocks.iter().enumerate() {
            self.block = number;
            let check = |this: &mut Self, value: Value, position: usize| {
                let dominates = match this.definitions[value.0 as usize] {
                    NOWHERE => return this.error(format!("v{} is never defined", value.0)),
                    (block, defined) if block as usize == number => (defined as usize) < position,
                    (block, _) => tree.dominates(block as usize, number),
                };
                if !dominates {
                    this.error(format!("v{} may be used before it is defined", value.0));
                }
            };
            for (position, inst) in block.insts.iter().enumerate() {
                inst.uses(|value| check(self, value, position + 1));
            }
            block.terminator.uses(|value| check(self, value, block.insts.len() + 1));
        }
    }
}

/// Whether a constant of type `ty` may be `value`: sign-extended from the type's width, an i1 as 0 or 1.
fn fits(ty: Type, value: i64) -> bool {
    match ty {
        Type::I1 => value == 0 || value == 1,
        Type::I64 => true,
        Type::V4I32 => false,
        _ => (value << (64 - ty.bits())) >> (64 - ty.bits()) == value,
    }
}

/// The dominator tree, after Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm".
struct Dominators {
    /// When the walk of the tree enters and leaves a block's part of it; (0, 0) for blocks that nothing reaches.
    times: Vec<(u32, u32)>,
}

impl Dominators {
    fn new(blocks: &[Block]) -> Self {
        let (order, above) = tree(blocks);
        Self { times: times(&above, &order, blocks.len()) }
    }

    /// Whether `above` is on every way to `below`. Says yes for blocks that nothing reaches.
    fn dominates(&self, above: usize, below: usize) -> bool {
        let (above, below) = (self.times[above], self.times[below]);
        below == (0, 0) || (above.0 <= below.0 && below.1 <= above.1 && above != (0, 0))
    }
}

/// For each block that the entry reaches the nearest other block that is on every way to it; nothing for the entry.
pub fn immediate_dominators(blocks: &[Block]) -> Vec<Option<BlockId>> {
    let (order, above) = tree(blocks);
    let mut dominators = vec![None; blocks.len()];
    for (rank, block) in order.iter().enumerate().skip(1) {
        dominators[*block] = Some(BlockId(order[above[rank]] as u32));
    }
    dominators
}

/// Lists of numbers in two vectors.
struct Lists {
    /// Where each list begins in `entries`, `u32::MAX` where it is empty.
    first: Vec<u32>,
    /// A number, and where the list goes on.
    entries: Vec<(u32, u32)>,
}

impl Lists {
    fn new(count: usize) -> Self {
        Self { first: vec![u32::MAX; count], entries: Vec::with_capacity(2 * count) }
    }

    fn push(&mut self, list: usize, number: usize) {
        let next = std::mem::replace(&mut self.first[list], self.entries.len() as u32);
        self.entries.push((number as u32, next));
    }

    /// The list's numbers, the last first.
    fn of(&self, list: usize) -> impl Iterator<Item = usize> {
        let mut at = self.first[list];
        std::iter::from_fn(move || {
            let &(number, next) = self.entries.get(at as usize)?;
            at = next;
            Some(number as usize)
        })
    }
}

/// The blocks in reverse postorder, and for each rank in it that of the immediate dominator.
fn tree(blocks: &[Block]) -> (Vec<usize>, Vec<usize>) {
    let order = reverse_postorder(blocks);
    let mut ranks = vec![usize::MAX; blocks.len()];
    order.iter().enumerate().for_each(|(rank, block)| ranks[*block] = rank);
    let mut predecessors = Lists::new(order.len());
    for (rank, block) in order.iter().enumerate() {
        for target in blocks[*block].terminator.targets() {
            predecessors.push(ranks[target.block.0 as usize], rank);
        }
    }
    // By rank; a dominator's rank is smaller.
    let mut above = vec![usize::MAX; order.len()];
    above[0] = 0;
    let mut changed = true;
    while changed {
        changed = false;
        for rank in 1..order.len() {
            let known = predecessors.of(rank).filter(|before| above[*before] != usize::MAX);
            let common = known.reduce(|left, right| meet(&above, left, right)).unwrap_or(0);
            changed |= std::mem::replace(&mut above[rank], common) != common;
        }
    }
    (order, above)
}

/// The nearest block that dominates both.
fn meet(above: &[usize], mut left: usize, mut right: usize) -> usize {
    while left != right {
        if left > right {
            left = above[left];
        } else {
            right = above[right];
        }
    }
    left
}

/// Entry and exit times of the walk of the tree that `above` describes, by block.
fn times(above: &[usize], order: &[usize], blocks: usize) -> Vec<(u32, u32)> {
    let mut children = Lists::new(order.len());
    (1..order.len()).for_each(|rank| children.push(above[rank], rank));
    let mut times = vec![(0, 0); blocks];
    let mut clock = 0;
    let mut stack = vec![(0, false)];
    while let Some((rank, done)) = stack.pop() {
        clock += 1;
        if done {
            times[order[rank]].1 = clock;
        } else {
            times[order[rank]].0 = clock;
            stack.push((rank, true));
            stack.extend(children.of(rank).map(|child| (child, false)));
        }
    }
    times
}

/// The blocks that the entry reaches, each before those it leads to, but for the backs of loops.
pub fn reverse_postorder(blocks: &[Block]) -> Vec<usize> {
    let mut seen = vec![false; blocks.len()];
    let mut order = Vec::new();
    let mut stack = vec![(0, false)];
    while let Some((block, done)) = stack.pop() {
        if done {
            order.push(block);
        } else if !std::mem::replace(&mut seen[block], true) {
            stack.push((block, true));
            let targets = blocks[block].terminator.targets();
            stack.extend(targets.map(|&Target { block: BlockId(number), .. }| (number as usize, false)));
        }
    }
    order.reverse();
    order
}
