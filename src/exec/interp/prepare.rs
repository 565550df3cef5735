//! IR to the interpreter's flat form, in one pass over each function: the slot of a value is its number, constants are
//! listed to be put into the frame before it runs, block arguments become moves, and the commonest neighbours become
//! one op (check, trap and arithmetic; index and load; compare and branch; move and jump).

use super::op::{Op, Place, Slot};
use crate::exec::relation::{Comparison, Relation, Test};
use crate::ir::{
    BinaryOp, BlockId, ConvertOp, Function, Global, Inst, OverflowOp, Program, Target, Terminator, TrapKind, Type,
    Value,
};

/// A function in flat form. Ranges are places in the tables of [`Code`].
#[derive(Clone, Copy, Debug)]
pub(super) struct FunctionCode {
    /// Its first op.
    pub entry: Place,
    /// Slots of its frame.
    pub frame: u32,
    /// The list of the slots of its parameters.
    pub parameters: u32,
    /// Its constants, from and to.
    pub constants: (u32, u32),
    /// The list of the slots of its allocations, which are 0 until they have run.
    pub allocations: u32,
}

/// A program in flat form.
#[derive(Clone, Debug, Default)]
pub(super) struct Code {
    pub ops: Vec<Op>,
    pub functions: Vec<FunctionCode>,
    /// Objects that each run begins with.
    pub globals: Vec<Global>,
    /// Slots and what they hold in every frame of their function.
    pub constants: Vec<(Slot, i64)>,
    /// Operands that are more than an op holds; lists are a length and then the slots.
    pub lists: Vec<u32>,
}

impl Code {
    /// The list at `at`, and where the next one is.
    #[inline]
    pub(super) fn list(&self, at: u32) -> (&[u32], u32) {
        let start = at as usize + 1;
        let end = start + self.lists[at as usize] as usize;
        (&self.lists[start..end], end as u32)
    }

    fn add_list(&mut self, values: &[Value]) -> u32 {
        let at = self.lists.len() as u32;
        self.lists.push(values.len() as u32);
        self.lists.extend(values.iter().map(|value| value.0));
        at
    }
}

/// Tables that preparation needs; kept to be used again.
#[derive(Clone, Debug, Default)]
pub(super) struct Preparer {
    /// How often each value is read, up to 2.
    uses: Vec<u8>,
    /// Where each block begins.
    places: Vec<Place>,
    /// Ops whose place is still a block.
    jumps: Vec<u32>,
    /// Branches whose `then` side needs moves: the op, which jumps to the moves, and the block's number.
    detours: Vec<(u32, u32)>,
    allocations: Vec<Value>,
    moves: Vec<(Slot, Slot)>,
    /// Temporary slots of the current function's moves.
    temporaries: u32,
}

/// How many moves are looked at for being free of conflicts; more go by temporary slots.
const FEW_MOVES: usize = 16;

impl Preparer {
    /// Fills `code` with `program`.
    pub(super) fn prepare(&mut self, program: &Program, code: &mut Code) {
        code.ops.clear();
        code.functions.clear();
        code.globals.clone_from(&program.globals);
        code.constants.clear();
        code.lists.clear();
        for function in &program.functions {
            self.function(function, code);
        }
    }

    fn function(&mut self, function: &Function, code: &mut Code) {
        self.count_uses(function);
        self.places.clear();
        self.jumps.clear();
        self.detours.clear();
        self.allocations.clear();
        self.temporaries = 0;
        let entry = code.ops.len() as u32;
        let constants = code.constants.len() as u32;
        let parameters = code.add_list(&function.blocks[0].parameters);
        for (number, block) in function.blocks.iter().enumerate() {
            self.places.push(code.ops.len() as u32);
            let taken = self.insts(function, &block.insts, &block.terminator, code);
            self.terminator(function, number as u32, &block.insts[taken..], &block.terminator, code);
        }
        self.detours(function, code);
        for &jump in &self.jumps {
            let place = code.ops[jump as usize].place_mut().expect("only jumps are listed");
            *place = self.places[*place as usize];
        }
        let allocations = code.add_list(&self.allocations);
        code.functions.push(FunctionCode {
            entry,
            frame: function.types.len() as u32 + self.temporaries,
            parameters,
            constants: (constants, code.constants.len() as u32),
            allocations,
        });
    }

    fn count_uses(&mut self, function: &Function) {
        self.uses.clear();
        self.uses.resize(function.types.len(), 0);
        let uses = &mut self.uses;
        let mut count = |value: Value| {
            let count = &mut uses[value.0 as usize];
            *count = (*count + 1).min(2);
        };
        for block in &function.blocks {
            block.insts.iter().for_each(|inst| inst.uses(&mut count));
            block.terminator.uses(&mut count);
        }
    }

    fn used_once(&self, value: Value) -> bool {
        self.uses[value.0 as usize] == 1
    }

    /// Emits a block's instructions, and returns how many: all but a comparison that its branch takes up.
    fn insts(&mut self, function: &Function, insts: &[Inst], terminator: &Terminator, code: &mut Code) -> usize {
        let mut count = insts.len();
        if let (Some(Inst::Compare { result, .. }), Terminator::Branch { condition, .. }) = (insts.last(), terminator)
            && condition == result
            && self.used_once(*result)
        {
            count -= 1;
        }
        let mut at = 0;
        while at < count {
            at += match self.fuse(function, &insts[at..count], code) {
                0 => {
                    self.inst(function, &insts[at], code);
                    1
                }
                fused => fused,
            };
        }
        count
    }

    /// Emits one op for the first few of `insts` where there is one, and returns how many that were.
    fn fuse(&self, function: &Function, insts: &[Inst], code: &mut Code) -> usize {
        match *insts {
            [
                Inst::Overflows { result: overflow, op, left, right },
                Inst::TrapIf { condition, kind: TrapKind::IntegerOverflow },
                Inst::Binary { result, op: binary, left: same_left, right: same_right },
                ..,
            ] if overflow == condition
                && (left, right) == (same_left, same_right)
                && self.used_once(overflow)
                && type_of(function, left) == Type::I32 =>
            {
                let (to, left, right) = (result.0, left.0, right.0);
                code.ops.push(match (op, binary) {
                    (OverflowOp::Add, BinaryOp::Add) => Op::CheckedAdd32 { to, left, right },
                    (OverflowOp::Sub, BinaryOp::Sub) => Op::CheckedSub32 { to, left, right },
                    (OverflowOp::Mul, BinaryOp::Mul) => Op::CheckedMul32 { to, left, right },
                    _ => return 0,
                });
                3
            }
            [Inst::Index { result: pointer, base, index, scale: 4 }, Inst::Load { result, address, offset: 0 }, ..]
                if pointer == address && self.used_once(pointer) && type_of(function, result) == Type::I32 =>
            {
                code.ops.push(Op::IndexLoad32 { to: result.0, base: base.0, index: index.0 });
                2
            }
            [Inst::Index { result: pointer, base, index, scale: 1 }, Inst::Load { result, address, offset: 0 }, ..]
                if pointer == address && self.used_once(pointer) && type_of(function, result) == Type::I8 =>
            {
                code.ops.push(Op::IndexLoad8 { to: result.0, base: base.0, index: index.0 });
                2
            }
            _ => 0,
        }
    }

    fn inst(&mut self, function: &Function, inst: &Inst, code: &mut Code) {
        let op = match *inst {
            Inst::Const { result, value } => {
                let value = super::wrap(type_of(function, result), value);
                return code.constants.push((result.0, value));
            }
            Inst::Binary { result, op, left, right } => binary(op, type_of(function, left), result.0, left.0, right.0),
            Inst::Overflows { result, op, left, right } => {
                Op::Overflows { op, ty: type_of(function, left), to: result.0, left: left.0, right: right.0 }
            }
            Inst::Compare { result, condition, left, right } => {
                compare(Comparison::new(condition, type_of(function, left), left.0, right.0), result.0)
            }
            Inst::Select { result, condition, then, otherwise } => {
                let list = code.lists.len() as u32;
                code.lists.extend([then.0, otherwise.0]);
                Op::Select { to: result.0, condition: condition.0, list }
            }
            Inst::Convert { result, op, operand } => {
                let (from, to) = (operand.0, result.0);
                match (op, type_of(function, operand)) {
                    (ConvertOp::SignExtend, Type::I1) => Op::Negate { to, from },
                    (ConvertOp::SignExtend, _) | (ConvertOp::ZeroExtend, Type::I1) => Op::Move { to, from },
                    (ConvertOp::ZeroExtend, ty) => Op::ZeroExtend { ty, to, from },
                    (ConvertOp::Truncate, _) => Op::Wrap { ty: type_of(function, result), to, from },
                }
            }
            Inst::Allocate { result, bytes } => {
                self.allocations.push(result);
                Op::Allocate { to: result.0, bytes }
            }
            Inst::Index { result, base, index, scale: 4 } => Op::Index4 { to: result.0, base: base.0, index: index.0 },
            Inst::Index { result, base, index, scale } => {
                let list = code.lists.len() as u32;
                code.lists.extend([index.0, scale]);
                Op::Index { to: result.0, base: base.0, list }
            }
            Inst::Advance { result, base, index, scale } => {
                let list = code.lists.len() as u32;
                code.lists.extend([index.0, scale]);
                Op::Advance { to: result.0, base: base.0, list }
            }
            Inst::Global { result, global } => Op::Global { to: result.0, global: global.0 },
            Inst::Load { result, address, offset } => match type_of(function, result) {
                Type::I32 => Op::Load32 { to: result.0, address: address.0, offset },
                ty => Op::Load { ty, to: result.0, address: address.0, offset },
            },
            Inst::Store { value, address, offset } => match type_of(function, value) {
                Type::I32 => Op::Store32 { value: value.0, address: address.0, offset },
                ty => Op::Store { ty, value: value.0, address: address.0, offset },
            },
            Inst::TrapIf { condition, kind } => Op::TrapIf { condition: condition.0, kind },
            Inst::Call(ref call) => {
                let list = code.add_list(&call.arguments);
                code.add_list(&call.results);
                Op::Call { function: call.function.0, list }
            }
            Inst::Fuel { amount, span } => Op::Fuel { amount, span },
            Inst::Note { variable, value } => Op::Note { variable, value: value.0 },
        };
        code.ops.push(op);
    }

    /// Emits the end of block `number`; `compare` holds the comparison that the branch takes up, if it does.
    fn terminator(
        &mut self,
        function: &Function,
        number: u32,
        compare: &[Inst],
        terminator: &Terminator,
        code: &mut Code,
    ) {
        match terminator {
            Terminator::Jump(target) => self.go(function, target, number + 1, code),
            Terminator::Branch { condition, then, otherwise } => {
                let test = match *compare {
                    [Inst::Compare { condition, left, right, .. }] => {
                        Test::Comparison(Comparison::new(condition, type_of(function, left), left.0, right.0))
                    }
                    _ => Test::Value(condition.0, true),
                };
                // The `otherwise` side follows the branch; turned round, it may need no jump.
                let turned = then.block.0 == number + 1 && otherwise.arguments.is_empty();
                let (test, far, near) = if turned { (test.not(), otherwise, then) } else { (test, then, otherwise) };
                let jump = code.ops.len() as u32;
                code.ops.push(jump_to(test, far.block));
                match far.arguments.is_empty() {
                    true => self.jumps.push(jump),
                    false => self.detours.push((jump, number)),
                }
                self.go(function, near, number + 1, code);
            }
            Terminator::Return(values) => {
                let list = code.add_list(values);
                code.ops.push(Op::Return { list });
            }
            Terminator::Trap(kind) => code.ops.push(Op::Trap { kind: *kind }),
        }
    }

    /// Emits the moves of branches that were taken, out of the way of those that were not.
    fn detours(&mut self, function: &Function, code: &mut Code) {
        for (jump, block) in std::mem::take(&mut self.detours) {
            let here = code.ops.len() as u32;
            *code.ops[jump as usize].place_mut().expect("a branch jumps") = here;
            // A side with arguments is never turned round, so it is `then`.
            if let Terminator::Branch { then, .. } = &function.blocks[block as usize].terminator {
                self.go(function, then, u32::MAX, code);
            }
        }
    }

    /// Passes the arguments of `target` and goes there; `next` is the block that follows anyway.
    fn go(&mut self, function: &Function, target: &Target, next: u32, code: &mut Code) {
        let parameters = &function.blocks[target.block.0 as usize].parameters;
        self.moves.clear();
        let pairs = parameters.iter().zip(&target.arguments);
        self.moves.extend(pairs.filter(|(to, from)| to != from).map(|(to, from)| (to.0, from.0)));
        if self.moves_conflict() {
            let first = function.types.len() as u32;
            self.temporaries = self.temporaries.max(self.moves.len() as u32);
            for (number, (_, from)) in self.moves.iter_mut().enumerate() {
                code.ops.push(Op::Move { to: first + number as u32, from: *from });
                *from = first + number as u32;
            }
        }
        for &(to, from) in &self.moves {
            code.ops.push(Op::Move { to, from });
        }
        if target.block.0 != next {
            let place = target.block.0;
            let jump = match code.ops.last() {
                Some(&Op::Move { to, from }) if !self.moves.is_empty() => {
                    code.ops.pop();
                    Op::MoveJump { to, from, place }
                }
                _ => Op::Jump { place },
            };
            self.jumps.push(code.ops.len() as u32);
            code.ops.push(jump);
        }
    }

    /// Whether a move would overwrite what a later one reads.
    fn moves_conflict(&self) -> bool {
        let moves = &self.moves;
        moves.len() > FEW_MOVES
            || moves.iter().enumerate().any(|(number, (to, _))| moves[number + 1..].iter().any(|(_, from)| from == to))
    }
}

fn type_of(function: &Function, value: Value) -> Type {
    function.types[value.0 as usize]
}

fn binary(op: BinaryOp, ty: Type, to: Slot, left: Slot, right: Slot) -> Op {
    match (op, ty) {
        (BinaryOp::Add, Type::I32) => Op::Add32 { to, left, right },
        (BinaryOp::Sub, Type::I32) => Op::Sub32 { to, left, right },
        (BinaryOp::Mul, Type::I32) => Op::Mul32 { to, left, right },
        (BinaryOp::And, _) => Op::And { to, left, right },
        (BinaryOp::Or, _) => Op::Or { to, left, right },
        (BinaryOp::Xor, _) => Op::Xor { to, left, right },
        _ => Op::Binary { op, ty, to, left, right },
    }
}

fn compare(comparison: Comparison<Slot>, to: Slot) -> Op {
    let Comparison { relation, left, right } = comparison;
    match relation {
        Relation::Eq => Op::Eq { to, left, right },
        Relation::Ne => Op::Ne { to, left, right },
        Relation::Slt => Op::Slt { to, left, right },
        Relation::Sle => Op::Sle { to, left, right },
        Relation::Ult => Op::Ult { to, left, right },
        Relation::Ule => Op::Ule { to, left, right },
    }
}

fn jump_to(test: Test<Slot>, BlockId(place): BlockId) -> Op {
    match test {
        Test::Value(condition, true) => Op::JumpIf { condition, place },
        Test::Value(condition, false) => Op::JumpUnless { condition, place },
        Test::Comparison(Comparison { relation, left, right }) => match relation {
            Relation::Eq => Op::JumpEq { left, right, place },
            Relation::Ne => Op::JumpNe { left, right, place },
            Relation::Slt => Op::JumpSlt { left, right, place },
            Relation::Sle => Op::JumpSle { left, right, place },
            Relation::Ult => Op::JumpUlt { left, right, place },
            Relation::Ule => Op::JumpUle { left, right, place },
        },
    }
}
