//! Lockstep code without IR between: takes what a lowering builds ([`Build`]) and writes ops as it comes. A program that
//! is run once on ten inputs is done before SSA form would be there. Only what most programs of a search are made of is
//! known: `int`s, arrays that are arguments, any control flow; for anything else the IR is made after all.
//!
//! Each value has a row, and so has each local, whose value is nowhere else. An op whose result a local takes writes the
//! local's row itself.

use super::code::{Code, NoCell, Object};
use super::compile::{MOST_CELLS, Unsupported};
use super::op::{Op, Place, Row};
use super::select::{binary, compare, jump_to};
use crate::diagnostic::Span;
use crate::exec::relation::{Comparison, Test};
use crate::exec::rows::RowArgument;
use crate::ir::{
    BinaryOp, BlockId, Build, Condition, ConvertOp, FunctionId, GlobalId, Local, OverflowOp, TrapKind, Type, Value,
    VariableId,
};

/// The place of a block that was not entered yet.
const NOWHERE: Place = Place::MAX;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// The result of one op or a constant, 32 bits or a truth: its row holds it.
    Number(Type),
    /// The same, but its row is a local's or a block's parameter's, which several ops write.
    Variable(Type),
    /// The beginning of an object; its row holds nothing.
    Array(u16),
    /// An element of an object; its row holds its offset.
    Element { object: u16, index: Row },
    /// The same, but its row holds nothing, since only a load by the index asked for it so far.
    Loaded { object: u16, index: Row },
    /// Nothing that is known here.
    Other,
}

/// How the block at hand ends, until it is known which one follows.
#[derive(Clone, Copy, Debug, Default)]
enum End {
    /// It goes on.
    #[default]
    Open,
    /// All is said.
    Done,
    Jump(BlockId),
    Branch(Test<Row>, BlockId, BlockId),
}

#[derive(Clone, Copy, Debug)]
struct Known {
    place: Place,
    parameter: Option<Value>,
}

/// Writes the code of one function; see the module's text.
#[derive(Clone, Debug, Default)]
pub struct Emitter {
    pub(super) code: Code,
    kinds: Vec<Kind>,
    /// The row of each local.
    locals: Vec<Value>,
    blocks: Vec<Known>,
    /// Ops whose place is still a block.
    jumps: Vec<u32>,
    /// The row of value 0: cells come first.
    first: Row,
    end: End,
    /// The comparison that the last op makes.
    compared: Option<Comparison<Row>>,
    unsupported: bool,
}

impl Emitter {
    /// Begins a function with parameters of these types, for arguments of this shape. Whether it can be written here, as
    /// far as that tells.
    pub fn begin(&mut self, types: &[Type], shape: &[RowArgument]) -> bool {
        self.code.clear();
        self.kinds.clear();
        self.locals.clear();
        self.blocks.clear();
        self.jumps.clear();
        (self.end, self.compared, self.unsupported) = (End::Open, None, types.len() != shape.len());
        self.code.places.push(0);
        self.code.objects.push(Object::default());
        let mut first = 0;
        for (&ty, &argument) in types.iter().zip(shape) {
            let (kind, cells) = match (ty, argument) {
                (Type::I32, RowArgument::Scalar) => (Kind::Number(ty), 0),
                (Type::I64, RowArgument::Array(cells)) if cells <= MOST_CELLS - first => {
                    (Kind::Array(self.code.objects.len() as u16), cells)
                }
                _ => return false,
            };
            self.kinds.push(kind);
            let object = Object { first: first as Row, cells: cells as u16, bytes: 4 * cells, tracked: false };
            self.code.objects.push(object);
            first += cells;
        }
        self.first = first as Row;
        !self.unsupported
    }

    /// Whether all so far could be written.
    pub fn is_whole(&self) -> bool {
        !self.unsupported
    }

    /// Ends the function; `code` is that, if it could be written.
    pub(super) fn finish(&mut self) -> Result<(), Unsupported> {
        self.close(BlockId(u32::MAX));
        let rows = usize::from(self.first) + self.kinds.len();
        if self.unsupported || rows > usize::from(Row::MAX) {
            return Err(Unsupported);
        }
        for &jump in &self.jumps {
            let place = self.code.ops[jump as usize].place_mut().expect("only jumps are listed");
            *place = self.blocks[*place as usize].place;
            debug_assert_ne!(*place, NOWHERE, "a block is jumped to and never entered");
        }
        self.code.rows = rows;
        for (number, kind) in self.kinds[..self.code.objects.len() - 1].iter().enumerate() {
            self.code.parameters.push((self.first + number as Row, matches!(kind, Kind::Array(_))));
        }
        Ok(())
    }

    #[inline]
    fn row(&self, value: Value) -> Row {
        // Where there are too many values, nothing comes of it.
        self.first.wrapping_add(value.0 as Row)
    }

    #[inline]
    fn value(&mut self, kind: Kind) -> Value {
        self.kinds.push(kind);
        Value(self.kinds.len() as u32 - 1)
    }

    #[inline]
    fn push(&mut self, op: Op) {
        self.code.ops.push(op);
        self.compared = None;
    }

    /// A new number, by an op that is told its row.
    #[inline]
    fn number(&mut self, ty: Type, op: impl FnOnce(Row) -> Op) -> Value {
        let value = self.value(Kind::Number(ty));
        let op = op(self.row(value));
        self.push(op);
        value
    }

    #[cold]
    fn other(&mut self) -> Value {
        self.unsupported = true;
        self.value(Kind::Other)
    }

    /// The row of a number of 32 bits or of a truth.
    #[inline]
    fn operand(&mut self, value: Value) -> Row {
        self.unsupported |= !matches!(self.kinds[value.0 as usize], Kind::Number(_) | Kind::Variable(_));
        self.row(value)
    }

    /// Writes the end of the block at hand, of which `next` follows.
    #[inline]
    fn close(&mut self, next: BlockId) {
        match std::mem::replace(&mut self.end, End::Open) {
            End::Open | End::Done => {}
            End::Jump(to) if to == next => {}
            End::Jump(to) => self.jump_op(Op::Jump { place: to.0 }),
            End::Branch(test, yes, no) if yes == next => self.jump_op(jump_to(test.not(), no.0)),
            End::Branch(test, yes, no) => {
                self.jump_op(jump_to(test, yes.0));
                if no != next {
                    self.jump_op(Op::Jump { place: no.0 });
                }
            }
        }
    }

    fn jump_op(&mut self, op: Op) {
        self.jumps.push(self.code.ops.len() as u32);
        self.push(op);
    }

    /// Gives a block its argument.
    fn pass(&mut self, block: BlockId, arguments: &[Value]) {
        let parameter = self.blocks[block.0 as usize].parameter;
        if let (Some(to), [from]) = (parameter, arguments) {
            let (to, from) = (self.row(to), self.operand(*from));
            self.push(Op::Copy { to, from });
        } else {
            self.unsupported |= !arguments.is_empty();
        }
    }

    /// The cell of an object at a place that is known; nothing where it lies outside.
    fn cell(&mut self, object: u16, offset: i32) -> Option<Row> {
        match self.code.objects[usize::from(object)].cell(offset.into()) {
            Ok(cell) => Some(cell),
            Err(NoCell::OutOfBounds) => None,
            Err(NoCell::Torn) => {
                self.unsupported = true;
                None
            }
        }
    }
}

impl Build for Emitter {
    fn block(&mut self) -> BlockId {
        self.blocks.push(Known { place: NOWHERE, parameter: None });
        BlockId(self.blocks.len() as u32 - 1)
    }

    fn block_parameter(&mut self, block: BlockId, ty: Type) -> Value {
        let value = self.value(Kind::Variable(ty));
        self.unsupported |= self.blocks[block.0 as usize].parameter.replace(value).is_some();
        self.unsupported |= !matches!(ty, Type::I1 | Type::I32);
        value
    }

    fn switch_to(&mut self, block: BlockId) {
        self.close(block);
        self.compared = None;
        let place = self.code.ops.len() as Place;
        self.blocks[block.0 as usize].place = place;
        self.code.places.push(place);
    }

    fn seal(&mut self, _block: BlockId) {}

    #[inline]
    fn is_terminated(&self) -> bool {
        !matches!(self.end, End::Open)
    }

    fn local(&mut self, ty: Type) -> Local {
        self.unsupported |= !matches!(ty, Type::I1 | Type::I32);
        let value = self.value(Kind::Variable(ty));
        self.locals.push(value);
        Local(self.locals.len() as u32 - 1)
    }

    fn set(&mut self, local: Local, value: Value) -> Value {
        let home = self.locals[local.0 as usize];
        let (to, from) = (self.row(home), self.operand(value));
        // The result of the last op, which nothing else has seen.
        if value.0 as usize == self.kinds.len() - 1
            && let Kind::Number(_) = self.kinds[value.0 as usize]
            && let Some(last) = self.code.ops.last_mut()
            && let Some(result) = last.result_mut()
            && *result == from
        {
            *result = to;
            self.kinds.pop();
            self.compared = None;
        } else if to != from {
            self.push(Op::Copy { to, from });
        }
        home
    }

    #[inline]
    fn get(&mut self, local: Local) -> Value {
        self.locals[local.0 as usize]
    }

    fn kept(&mut self, value: Value) -> Value {
        let (from, ty) = (self.operand(value), self.type_of(value));
        self.number(ty, |to| Op::Copy { to, from })
    }

    #[inline]
    fn type_of(&self, value: Value) -> Type {
        match self.kinds[value.0 as usize] {
            Kind::Number(ty) | Kind::Variable(ty) => ty,
            _ => Type::I64,
        }
    }

    #[inline]
    fn constant(&mut self, ty: Type, value: i64) -> Value {
        if !matches!(ty, Type::I1 | Type::I32) {
            return self.other();
        }
        let constant = self.value(Kind::Number(ty));
        self.code.constants.push((self.row(constant), value as i32));
        constant
    }

    fn binary(&mut self, op: BinaryOp, left: Value, right: Value) -> Value {
        let ty = self.type_of(left);
        let (left, right) = (self.operand(left), self.operand(right));
        self.number(ty, |to| binary(op, ty, to, left, right))
    }

    fn overflows(&mut self, op: OverflowOp, left: Value, right: Value) -> Value {
        let ty = self.type_of(left);
        let (left, right) = (self.operand(left), self.operand(right));
        self.number(Type::I1, |to| Op::Overflows { op, ty, to, left, right })
    }

    fn checked(&mut self, op: OverflowOp, left: Value, right: Value) -> Value {
        let ty = self.type_of(left);
        let (left, right) = (self.operand(left), self.operand(right));
        self.unsupported |= ty != Type::I32;
        self.number(ty, |to| match op {
            OverflowOp::Add => Op::CheckedAdd { to, left, right },
            OverflowOp::Sub => Op::CheckedSub { to, left, right },
            OverflowOp::Mul => Op::CheckedMul { to, left, right },
        })
    }

    fn compare(&mut self, condition: Condition, left: Value, right: Value) -> Value {
        let ty = self.type_of(left);
        let comparison = Comparison::new(condition, ty, self.operand(left), self.operand(right));
        let value = self.number(Type::I1, |to| compare(comparison, to));
        self.compared = Some(comparison);
        value
    }

    fn convert(&mut self, op: ConvertOp, operand: Value, ty: Type) -> Value {
        match (op, self.type_of(operand), ty) {
            (ConvertOp::ZeroExtend, Type::I1, Type::I32) => {
                let from = self.operand(operand);
                self.number(ty, |to| Op::Copy { to, from })
            }
            _ => self.other(),
        }
    }

    fn allocate(&mut self, _bytes: u32) -> Value {
        self.other()
    }

    fn index(&mut self, base: Value, index: Value, scale: u32) -> Value {
        match (self.kinds[base.0 as usize], self.kinds[index.0 as usize]) {
            (Kind::Array(object), Kind::Number(Type::I32) | Kind::Variable(Type::I32)) if scale == 4 => {
                let index = self.row(index);
                let element = self.value(Kind::Element { object, index });
                // At once, as it may trap.
                self.push(Op::Index4 { to: self.row(element), index });
                element
            }
            _ => self.other(),
        }
    }

    fn advance(&mut self, _base: Value, _index: Value, _scale: u32) -> Value {
        self.other()
    }

    fn global(&mut self, _global: GlobalId) -> Value {
        self.other()
    }

    fn load(&mut self, ty: Type, address: Value, offset: i32) -> Value {
        match self.kinds[address.0 as usize] {
            Kind::Array(object) if ty == Type::I32 => {
                let cell = self.cell(object, offset);
                self.number(ty, |to| match cell {
                    Some(from) => Op::Copy { to, from },
                    None => Op::Trap { kind: TrapKind::OutOfBounds },
                })
            }
            Kind::Element { object, index } if ty == Type::I32 => {
                let at = self.row(address);
                let fresh = self.code.ops.last_mut().and_then(Op::result_mut).is_some_and(|last| *last == at);
                if fresh && offset == 0 {
                    self.code.ops.pop();
                    self.kinds[address.0 as usize] = Kind::Loaded { object, index };
                    return self.number(ty, |to| Op::IndexLoad { to, index, object });
                }
                self.number(ty, |to| Op::Load { to, address: at, object, offset })
            }
            _ => self.other(),
        }
    }

    fn store(&mut self, value: Value, address: Value, offset: i32) {
        let (value, ty) = (self.operand(value), self.type_of(value));
        match self.kinds[address.0 as usize] {
            Kind::Array(object) if ty == Type::I32 => {
                let op = match self.cell(object, offset) {
                    Some(to) => Op::Copy { to, from: value },
                    None => Op::Trap { kind: TrapKind::OutOfBounds },
                };
                self.push(op);
            }
            kind @ (Kind::Element { object, index } | Kind::Loaded { object, index }) if ty == Type::I32 => {
                let at = self.row(address);
                if let Kind::Loaded { .. } = kind {
                    self.push(Op::Index4 { to: at, index });
                    self.kinds[address.0 as usize] = Kind::Element { object, index };
                }
                self.push(Op::Store { value, address: at, object, offset });
            }
            _ => self.unsupported = true,
        }
    }

    fn trap_if(&mut self, condition: Value, kind: TrapKind) {
        let condition = self.operand(condition);
        self.push(Op::TrapIf { kind, condition });
    }

    fn call(&mut self, _function: FunctionId, _arguments: &[Value], returns: &[Type]) -> Vec<Value> {
        self.unsupported = true;
        returns.iter().map(|_| self.value(Kind::Other)).collect()
    }

    fn fuel(&mut self, amount: u32, span: Span) {
        self.code.statements.push((amount, span));
        self.push(Op::Fuel { statement: self.code.statements.len() as u32 - 1 });
    }

    fn variable(&mut self, _name: &str) -> VariableId {
        VariableId(0)
    }

    fn note(&mut self, _variable: VariableId, _value: Value) {}

    fn jump(&mut self, block: BlockId, arguments: &[Value]) {
        self.pass(block, arguments);
        self.end = End::Jump(block);
    }

    fn branch(&mut self, condition: Value, then: (BlockId, &[Value]), otherwise: (BlockId, &[Value])) {
        let condition = self.operand(condition);
        // A comparison for this alone needs no op of its own.
        let test = match self.compared.take() {
            Some(comparison) if self.code.ops.last_mut().and_then(Op::result_mut).copied() == Some(condition) => {
                self.code.ops.pop();
                Test::Comparison(comparison)
            }
            _ => Test::Value(condition, true),
        };
        // A block's parameter is no one else's: it may get its value on the way to the other block too.
        self.pass(then.0, then.1);
        self.pass(otherwise.0, otherwise.1);
        self.end = End::Branch(test, then.0, otherwise.0);
    }

    fn ret(&mut self, values: &[Value]) {
        let op = match *values {
            [] => Op::ReturnNothing,
            [value] => match self.kinds[value.0 as usize] {
                Kind::Number(_) | Kind::Variable(_) => Op::Return { row: self.row(value), wide: false },
                Kind::Array(object) => Op::ReturnPointer { object, offset: 0 },
                _ => return self.unsupported = true,
            },
            _ => return self.unsupported = true,
        };
        self.push(op);
        self.end = End::Done;
    }

    fn trap(&mut self, kind: TrapKind) {
        self.push(Op::Trap { kind });
        self.end = End::Done;
    }
}
