//! IR to lockstep code: one pass that counts uses and lays out memory, one that emits. What a pointer points to is
//! mostly known: an argument, or what an `allocate` gave. Then a load or store at a fixed offset is a copy of a row.

use super::code::{Code, NoCell, Object};
use super::op::{Op, Row};
use super::select::{binary, compare, jump_to};
use crate::exec::memory::size_of;
use crate::exec::relation::{Comparison, Test};
use crate::exec::rows::RowArgument;
use crate::ir::{BinaryOp, ConvertOp, Function, Inst, OverflowOp, Target, Terminator, TrapKind, Type, Value};

/// Cells of all objects at most; programs with more are left to the interpreter, since lanes multiply them.
pub(super) const MOST_CELLS: u32 = 4_096;
/// Values of a function at most, so that rows fit their numbers.
const MOST_VALUES: usize = 20_000;
/// How many moves are looked at for being free of conflicts; more go by temporary rows.
const FEW_MOVES: usize = 16;

/// The program, or this use of it, is not made for lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unsupported;

/// What is known of a 64-bit value.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fact {
    /// Its definition has not been seen.
    Undefined,
    /// Both rows hold it.
    Number,
    /// A pointer; its rows hold nothing.
    Pointer { object: u16, offset: u32 },
    /// A pointer; only the low row holds something.
    Offset { object: u16 },
}

/// Tables that making code needs; kept to be used again.
#[derive(Clone, Debug, Default)]
pub(super) struct Compiler {
    /// How often each value is read, up to 2.
    uses: Vec<u8>,
    facts: Vec<Fact>,
    /// Ops whose place is still a block.
    jumps: Vec<u32>,
    /// Branches whose `then` side needs moves: the op, which jumps to the moves, and the block's number.
    detours: Vec<(u32, u32)>,
    moves: Vec<(Row, Row)>,
    /// The low row of value 0.
    first: Row,
    temporaries: usize,
    /// The number of the next allocation.
    allocation: u16,
    /// Whether allocations get their numbers in the order of the text.
    numbered: bool,
    arguments: usize,
}

impl Compiler {
    /// Fills `code` with `function`, for arguments of this shape.
    pub(super) fn compile(
        &mut self,
        function: &Function,
        shape: &[RowArgument],
        code: &mut Code,
    ) -> Result<(), Unsupported> {
        code.clear();
        self.jumps.clear();
        self.detours.clear();
        self.temporaries = 0;
        self.lay_out(function, shape, code)?;
        for (number, block) in function.blocks.iter().enumerate() {
            code.places.push(code.ops.len() as u32);
            if number > 0 {
                for parameter in &block.parameters {
                    self.facts[parameter.0 as usize] = Fact::Number;
                }
            }
            let taken = self.insts(function, &block.insts, &block.terminator, code)?;
            self.terminator(function, number as u32, &block.insts[taken..], &block.terminator, code)?;
        }
        self.detours(function, code)?;
        for &jump in &self.jumps {
            let place = code.ops[jump as usize].place_mut().expect("only jumps are listed");
            *place = code.places[*place as usize];
        }
        code.rows = usize::from(self.first) + 2 * function.types.len() + self.temporaries;
        if code.rows > usize::from(Row::MAX) { Err(Unsupported) } else { Ok(()) }
    }

    /// Counts uses, and gives objects and values their rows.
    fn lay_out(&mut self, function: &Function, shape: &[RowArgument], code: &mut Code) -> Result<(), Unsupported> {
        let values = function.types.len();
        if values > MOST_VALUES || shape.len() != function.parameters.len() {
            return Err(Unsupported);
        }
        self.uses.clear();
        self.uses.resize(values, 0);
        self.facts.clear();
        self.facts.resize(values, Fact::Undefined);
        code.objects.push(Object::default());
        let mut row = 0;
        for (number, argument) in (1..).zip(shape) {
            let Value(parameter) = function.blocks[0].parameters[usize::from(number) - 1];
            let pointer = function.types[parameter as usize] == Type::I64;
            let cells = match *argument {
                RowArgument::Scalar => 0,
                RowArgument::Array(cells) if pointer && cells <= MOST_CELLS => cells as u16,
                RowArgument::Array(_) => return Err(Unsupported),
            };
            self.facts[parameter as usize] = match argument {
                RowArgument::Scalar => Fact::Number,
                RowArgument::Array(_) => Fact::Pointer { object: number, offset: 0 },
            };
            code.objects.push(Object { first: row, cells, bytes: 4 * u32::from(cells), tracked: false });
            row = more_rows(row, u32::from(cells))?;
        }
        self.arguments = shape.len();
        self.allocation = code.objects.len() as u16;
        let mut later = false;
        for (number, block) in function.blocks.iter().enumerate() {
            for inst in &block.insts {
                match *inst {
                    Inst::Call(_) | Inst::Advance { .. } | Inst::Global { .. } => return Err(Unsupported),
                    Inst::Allocate { bytes, .. } => {
                        if bytes > 4 * MOST_CELLS {
                            return Err(Unsupported);
                        }
                        let cells = (bytes / 4) as u16;
                        code.objects.push(Object { first: row, cells, bytes, tracked: true });
                        row = more_rows(row, 2 * u32::from(cells))?;
                        later |= number > 0;
                    }
                    _ => inst.uses(|value| count(&mut self.uses, value)),
                }
            }
            block.terminator.uses(|value| count(&mut self.uses, value));
        }
        self.numbered = !later || code.objects.len() <= usize::from(self.allocation) + 1;
        self.first = row;
        for Value(parameter) in &function.blocks[0].parameters {
            code.parameters.push((self.row(Value(*parameter)), function.types[*parameter as usize] == Type::I64));
        }
        Ok(())
    }

    fn used_once(&self, value: Value) -> bool {
        self.uses[value.0 as usize] == 1
    }

    /// The low row of a value.
    fn row(&self, value: Value) -> Row {
        self.first + 2 * value.0 as Row
    }

    /// The low row of a 64-bit value, of which both rows hold what they should.
    fn wide(&self, value: Value, code: &mut Code) -> Result<Row, Unsupported> {
        let row = self.row(value);
        let (object, offset) = match self.facts[value.0 as usize] {
            Fact::Undefined => return Err(Unsupported),
            Fact::Number => return Ok(row),
            Fact::Pointer { object, offset } => (object, Some(offset)),
            Fact::Offset { object } => (object, None),
        };
        self.numbered(object)?;
        if let Some(offset) = offset {
            code.ops.push(Op::Splat { to: row, value: offset as i32 });
        }
        code.ops.push(Op::Splat { to: row + 1, value: i32::from(object) });
        Ok(row)
    }

    /// The rows of a value of any width are right; the low one.
    fn operand(&self, function: &Function, value: Value, code: &mut Code) -> Result<Row, Unsupported> {
        if is_wide(function, value) { self.wide(value, code) } else { Ok(self.row(value)) }
    }

    /// Whether the number of an object is what the interpreter gives it.
    fn numbered(&self, object: u16) -> Result<(), Unsupported> {
        if self.numbered || usize::from(object) <= self.arguments { Ok(()) } else { Err(Unsupported) }
    }

    /// Emits a block's instructions, and returns how many: all but a comparison that its branch takes up.
    fn insts(
        &mut self,
        function: &Function,
        insts: &[Inst],
        terminator: &Terminator,
        code: &mut Code,
    ) -> Result<usize, Unsupported> {
        let mut count = insts.len();
        if let (Some(Inst::Compare { result, left, .. }), Terminator::Branch { condition, .. }) =
            (insts.last(), terminator)
            && condition == result
            && self.used_once(*result)
            && !is_wide(function, *left)
        {
            count -= 1;
        }
        let mut at = 0;
        while at < count {
            at += match self.fuse(function, &insts[at..count], code) {
                0 => {
                    self.inst(function, &insts[at], code)?;
                    1
                }
                fused => fused,
            };
        }
        Ok(count)
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
                let (to, left, right) = (self.row(result), self.row(left), self.row(right));
                code.ops.push(match (op, binary) {
                    (OverflowOp::Add, BinaryOp::Add) => Op::CheckedAdd { to, left, right },
                    (OverflowOp::Sub, BinaryOp::Sub) => Op::CheckedSub { to, left, right },
                    (OverflowOp::Mul, BinaryOp::Mul) => Op::CheckedMul { to, left, right },
                    _ => return 0,
                });
                3
            }
            [Inst::Index { result: pointer, base, index, scale: 4 }, Inst::Load { result, address, offset: 0 }, ..]
                if pointer == address
                    && self.used_once(pointer)
                    && type_of(function, result) == Type::I32
                    && !is_wide(function, index) =>
            {
                let Fact::Pointer { object, offset: 0 } = self.facts[base.0 as usize] else { return 0 };
                code.ops.push(Op::IndexLoad { to: self.row(result), index: self.row(index), object });
                2
            }
            _ => 0,
        }
    }

    fn inst(&mut self, function: &Function, inst: &Inst, code: &mut Code) -> Result<(), Unsupported> {
        let op = match *inst {
            Inst::Const { result, value } => {
                self.number(function, result);
                let (row, ty) = (self.row(result), type_of(function, result));
                let value = crate::exec::interp::wrap(ty, value);
                code.constants.push((row, value as i32));
                if ty == Type::I64 {
                    code.constants.push((row + 1, (value >> 32) as i32));
                }
                return Ok(());
            }
            Inst::Binary { result, op, left, right } => {
                self.number(function, result);
                let ty = type_of(function, left);
                let (left, right) = (self.operand(function, left, code)?, self.operand(function, right, code)?);
                binary(op, ty, self.row(result), left, right)
            }
            Inst::Overflows { result, op, left, right } => {
                let ty = type_of(function, left);
                let (left, right) = (self.operand(function, left, code)?, self.operand(function, right, code)?);
                Op::Overflows { op, ty, to: self.row(result), left, right }
            }
            Inst::Compare { result, condition, left, right } if is_wide(function, left) => {
                let (left, right) = (self.wide(left, code)?, self.wide(right, code)?);
                Op::CompareWide { condition, to: self.row(result), left, right }
            }
            Inst::Compare { result, condition, left, right } => {
                let ty = type_of(function, left);
                compare(Comparison::new(condition, ty, self.row(left), self.row(right)), self.row(result))
            }
            Inst::Select { result, condition, then, otherwise } => {
                self.number(function, result);
                let (to, condition) = (self.row(result), self.row(condition));
                let (then, otherwise) = (self.operand(function, then, code)?, self.operand(function, otherwise, code)?);
                if is_wide(function, result) {
                    code.ops.push(Op::Select { to: to + 1, condition, then: then + 1, otherwise: otherwise + 1 });
                }
                Op::Select { to, condition, then, otherwise }
            }
            Inst::Convert { result, op, operand } => {
                self.number(function, result);
                let from = self.operand(function, operand, code)?;
                let to = self.row(result);
                let (narrow, wide) = (type_of(function, operand), is_wide(function, result));
                let low = match (op, narrow) {
                    (ConvertOp::SignExtend, Type::I1) => Op::Negate { to, from },
                    (ConvertOp::SignExtend, _) | (ConvertOp::ZeroExtend, Type::I1 | Type::I32 | Type::I64) => {
                        Op::Copy { to, from }
                    }
                    (ConvertOp::ZeroExtend, ty) => Op::ZeroExtend { ty, to, from },
                    (ConvertOp::Truncate, _) if type_of(function, result) == Type::I32 => Op::Copy { to, from },
                    (ConvertOp::Truncate, _) if wide => return Err(Unsupported),
                    (ConvertOp::Truncate, _) => Op::Wrap { ty: type_of(function, result), to, from },
                };
                code.ops.push(low);
                match op {
                    _ if !wide => return Ok(()),
                    _ if narrow == Type::I64 => return Err(Unsupported),
                    ConvertOp::SignExtend => Op::Sign { to: to + 1, from: to },
                    _ => Op::Splat { to: to + 1, value: 0 },
                }
            }
            Inst::Allocate { result, .. } => {
                let object = self.allocation;
                self.allocation += 1;
                self.facts[result.0 as usize] = Fact::Pointer { object, offset: 0 };
                let Object { first, cells, .. } = code.objects[usize::from(object)];
                Op::Forget { first: first + cells, count: cells }
            }
            Inst::Index { result, base, index, scale } => {
                return self.index(function, result, base, index, scale, code);
            }
            Inst::Load { result, address, offset } => {
                if type_of(function, result) != Type::I32 {
                    return Err(Unsupported);
                }
                let to = self.row(result);
                match self.facts[address.0 as usize] {
                    Fact::Pointer { object, offset: base } => match static_cell(code, object, base, offset)? {
                        None => Op::Trap { kind: TrapKind::OutOfBounds },
                        Some((from, None)) => Op::Copy { to, from },
                        Some((from, Some(written))) => Op::LoadTracked { to, from, written },
                    },
                    Fact::Offset { object } => Op::Load { to, address: self.row(address), object, offset },
                    _ => Op::LoadAny { to, address: self.any(address, code)?, offset },
                }
            }
            Inst::Store { value, address, offset } => {
                if type_of(function, value) != Type::I32 {
                    return Err(Unsupported);
                }
                let value = self.row(value);
                match self.facts[address.0 as usize] {
                    Fact::Pointer { object, offset: base } => match static_cell(code, object, base, offset)? {
                        None => Op::Trap { kind: TrapKind::OutOfBounds },
                        Some((to, None)) => Op::Copy { to, from: value },
                        Some((to, Some(written))) => Op::StoreTracked { to, from: value, written },
                    },
                    Fact::Offset { object } => Op::Store { value, address: self.row(address), object, offset },
                    _ => Op::StoreAny { value, address: self.any(address, code)?, offset },
                }
            }
            Inst::TrapIf { condition, kind } => Op::TrapIf { condition: self.row(condition), kind },
            Inst::Fuel { amount, span } => {
                code.statements.push((amount, span));
                Op::Fuel { statement: code.statements.len() as u32 - 1 }
            }
            Inst::Note { .. } => return Ok(()),
            Inst::Call(_) | Inst::Advance { .. } | Inst::Global { .. } => return Err(Unsupported),
        };
        code.ops.push(op);
        Ok(())
    }

    /// Both rows of a result hold it, if it has two.
    #[inline]
    fn number(&mut self, function: &Function, result: Value) {
        if is_wide(function, result) {
            self.facts[result.0 as usize] = Fact::Number;
        }
    }

    /// The rows of a pointer that may point to anything: only where objects have the interpreter's numbers.
    fn any(&self, address: Value, code: &mut Code) -> Result<Row, Unsupported> {
        if self.numbered { self.wide(address, code) } else { Err(Unsupported) }
    }

    fn index(
        &mut self,
        function: &Function,
        result: Value,
        base: Value,
        index: Value,
        scale: u32,
        code: &mut Code,
    ) -> Result<(), Unsupported> {
        let wide = is_wide(function, index);
        let at = self.operand(function, index, code)?;
        let (to, from) = (self.row(result), self.row(base));
        let fact = self.facts[base.0 as usize];
        let object = match fact {
            Fact::Undefined => return Err(Unsupported),
            Fact::Pointer { object, offset: 0 } if scale == 4 && !wide => {
                self.facts[result.0 as usize] = Fact::Offset { object };
                code.ops.push(Op::Index4 { to, index: at });
                return Ok(());
            }
            Fact::Pointer { object, offset } => {
                code.ops.push(Op::Splat { to: from, value: offset as i32 });
                Some(object)
            }
            Fact::Offset { object } => Some(object),
            Fact::Number => None,
        };
        code.ops.push(Op::Index { to, base: from, index: at, wide, scale });
        match object {
            Some(object) => self.facts[result.0 as usize] = Fact::Offset { object },
            None => {
                self.facts[result.0 as usize] = Fact::Number;
                code.ops.push(Op::Copy { to: to + 1, from: from + 1 });
            }
        }
        Ok(())
    }

    /// Emits the end of block `number`; `compare` holds the comparison that the branch takes up, if it does.
    fn terminator(
        &mut self,
        function: &Function,
        number: u32,
        compare: &[Inst],
        terminator: &Terminator,
        code: &mut Code,
    ) -> Result<(), Unsupported> {
        match terminator {
            Terminator::Jump(target) => return self.go(function, target, number + 1, code),
            Terminator::Branch { condition, then, otherwise } => {
                let test = match *compare {
                    [Inst::Compare { condition, left, right, .. }] => {
                        let ty = type_of(function, left);
                        Test::Comparison(Comparison::new(condition, ty, self.row(left), self.row(right)))
                    }
                    _ => Test::Value(self.row(*condition), true),
                };
                // The `otherwise` side follows the branch; turned round, it may need no jump.
                let turned = then.block.0 == number + 1 && otherwise.arguments.is_empty();
                let (test, far, near) = if turned { (test.not(), otherwise, then) } else { (test, then, otherwise) };
                let jump = code.ops.len() as u32;
                code.ops.push(jump_to(test, far.block.0));
                match far.arguments.is_empty() {
                    true => self.jumps.push(jump),
                    false => self.detours.push((jump, number)),
                }
                return self.go(function, near, number + 1, code);
            }
            Terminator::Return(values) => {
                let op = match *values.as_slice() {
                    [] => Op::ReturnNothing,
                    [value] if is_wide(function, value) => match self.facts[value.0 as usize] {
                        Fact::Pointer { object, offset } => {
                            self.numbered(object)?;
                            Op::ReturnPointer { object, offset }
                        }
                        _ => Op::Return { row: self.wide(value, code)?, wide: true },
                    },
                    [value] => Op::Return { row: self.row(value), wide: false },
                    _ => return Err(Unsupported),
                };
                code.ops.push(op);
            }
            Terminator::Trap(kind) => code.ops.push(Op::Trap { kind: *kind }),
        }
        Ok(())
    }

    /// Emits the moves of branches that were taken, out of the way of those that were not.
    fn detours(&mut self, function: &Function, code: &mut Code) -> Result<(), Unsupported> {
        for number in 0..self.detours.len() {
            let (jump, block) = self.detours[number];
            let here = code.ops.len() as u32;
            code.places.push(here);
            *code.ops[jump as usize].place_mut().expect("a branch jumps") = here;
            // A side with arguments is never turned round, so it is `then`.
            if let Terminator::Branch { then, .. } = &function.blocks[block as usize].terminator {
                self.go(function, then, u32::MAX, code)?;
            }
        }
        Ok(())
    }

    /// Passes the arguments of `target` and goes there; `next` is the block that follows anyway.
    fn go(&mut self, function: &Function, target: &Target, next: u32, code: &mut Code) -> Result<(), Unsupported> {
        let parameters = &function.blocks[target.block.0 as usize].parameters;
        self.moves.clear();
        for (to, from) in parameters.iter().zip(&target.arguments) {
            let row = self.operand(function, *from, code)?;
            if to != from {
                self.moves.push((self.row(*to), row));
                if is_wide(function, *to) {
                    self.moves.push((self.row(*to) + 1, row + 1));
                }
            }
        }
        if self.moves_conflict() {
            let first = self.first + 2 * function.types.len() as Row;
            self.temporaries = self.temporaries.max(self.moves.len());
            if usize::from(first) + self.moves.len() > usize::from(Row::MAX) {
                return Err(Unsupported);
            }
            for (number, (_, from)) in self.moves.iter_mut().enumerate() {
                code.ops.push(Op::Copy { to: first + number as Row, from: *from });
                *from = first + number as Row;
            }
        }
        code.ops.extend(self.moves.iter().map(|&(to, from)| Op::Copy { to, from }));
        if target.block.0 != next {
            self.jumps.push(code.ops.len() as u32);
            code.ops.push(Op::Jump { place: target.block.0 });
        }
        Ok(())
    }

    /// Whether a move would overwrite what a later one reads.
    fn moves_conflict(&self) -> bool {
        let moves = &self.moves;
        moves.len() > FEW_MOVES
            || moves.iter().enumerate().any(|(number, (to, _))| moves[number + 1..].iter().any(|(_, from)| from == to))
    }
}

fn count(uses: &mut [u8], value: Value) {
    let count = &mut uses[value.0 as usize];
    *count = (*count + 1).min(2);
}

fn more_rows(row: Row, more: u32) -> Result<Row, Unsupported> {
    match u32::from(row) + more {
        rows if rows <= 4 * MOST_CELLS => Ok(rows as Row),
        _ => Err(Unsupported),
    }
}

/// The cell at a place that is known, and the row that tells whether it was written; nothing where it is outside.
fn static_cell(code: &Code, object: u16, base: u32, offset: i32) -> Result<Option<(Row, Option<Row>)>, Unsupported> {
    let object = code.objects[usize::from(object)];
    match object.cell(i64::from(base) + i64::from(offset)) {
        Ok(cell) => Ok(Some((cell, object.written(cell)))),
        Err(NoCell::OutOfBounds) => Ok(None),
        Err(NoCell::Torn) => Err(Unsupported),
    }
}

fn type_of(function: &Function, value: Value) -> Type {
    function.types[value.0 as usize]
}

fn is_wide(function: &Function, value: Value) -> bool {
    size_of(type_of(function, value)) > 4
}
