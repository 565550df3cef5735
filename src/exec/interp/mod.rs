//! The interpreter: the meaning of the IR. Other engines must give the same outcome, the same memory and the same
//! fuel. It runs a flat form of the program ([`prepare`]) on a stack of 64-bit slots, in safe Rust; a run allocates
//! nothing once the buffers have grown to what it needs.
//!
//! A slot holds its value sign-extended to 64 bits, an i1 as 0 or 1.

mod op;
mod prepare;
#[cfg(test)]
pub(super) mod random;
#[cfg(test)]
mod tests;

use super::memory::{self, Mark, Memory};
use super::{Argument, CALL_DEPTH, Engine, Outcome, Run, Trap};
use crate::diagnostic::Span;
use crate::ir::{BinaryOp, FunctionId, OverflowOp, Program, TrapKind, Type, VariableId};
use op::Op;
use prepare::{Code, Preparer};

/// Slots of all active frames at most; more is out of memory.
const SLOT_LIMIT: usize = memory::MEMORY_LIMIT / size_of::<i64>();

/// What is told of a run while it goes on. The default hears nothing and costs nothing.
pub trait Tracer {
    /// Whether [`Self::store`] is called at all; what memory held before is looked up only then.
    const WANTS_STORES: bool = true;

    /// A statement or loop test begins.
    fn fuel(&mut self, _amount: u32, _span: Span) {}
    /// A source variable of `function` has a new value; a pointer where it is an array.
    fn note(&mut self, _function: FunctionId, _variable: VariableId, _value: i64) {}
    /// Memory was written: the bytes of a `ty` at `offset` of `object`, with what they held before if all were
    /// written.
    fn store(&mut self, _object: u32, _offset: u32, _ty: Type, _old: Option<i64>, _value: i64) {}
    /// A function begins, the first one too.
    fn call(&mut self, _function: FunctionId, _arguments: &mut dyn Iterator<Item = i64>) {}
    /// A function returns.
    fn ret(&mut self, _function: FunctionId, _values: &mut dyn Iterator<Item = i64>) {}
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTracer;

impl Tracer for NoTracer {
    const WANTS_STORES: bool = false;
}

/// How a run ended. What it returned is with the interpreter: [`Interpreter::returned`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It returned; memory counts.
    Returned,
    /// It stopped where its language forbids going on.
    Trapped(Trap),
    /// It used up its fuel.
    OutOfFuel,
}

/// A call that has not returned: what to go back to.
#[derive(Clone, Copy, Debug)]
struct Frame {
    /// The caller.
    function: u32,
    /// Where its slots begin.
    base: usize,
    /// Its next op.
    place: usize,
    /// The list of slots for the results.
    results: u32,
    /// The statement that called.
    at: Span,
    /// Memory before the call.
    mark: Mark,
}

/// Runs one program; see the module's text.
#[derive(Clone, Debug, Default)]
pub struct Interpreter {
    code: Code,
    preparer: Preparer,
    slots: Vec<i64>,
    frames: Vec<Frame>,
    memory: Memory,
    returned: Vec<i64>,
    /// The function whose constants are in the first frame.
    loaded: Option<u32>,
    fuel: u64,
}

impl Interpreter {
    /// Prepares `program`, which must have passed [`crate::ir::verify`].
    pub fn new(program: &Program) -> Self {
        let mut interpreter = Self::default();
        interpreter.load(program);
        interpreter
    }

    /// Takes another program; cheaper than a new interpreter, as the buffers stay.
    pub fn load(&mut self, program: &Program) {
        self.preparer.prepare(program, &mut self.code);
        self.loaded = None;
    }

    /// What the last run returned, if it did.
    pub fn returned(&self) -> &[i64] {
        &self.returned
    }

    /// Fuel that the last run used.
    pub fn fuel_used(&self) -> u64 {
        self.fuel
    }

    /// Calls a function of one array, as [`Engine::run`] does. Nothing is allocated; `array` changes where the run
    /// returned and only there.
    pub fn run_array(&mut self, function: FunctionId, array: &mut [i32], fuel: u64) -> Stop {
        self.enter(function);
        let pointer = match self.memory.add_array(array) {
            Ok(pointer) => pointer,
            Err(kind) => return self.refuse(kind),
        };
        let slot = self.code.list(self.code.functions[function.0 as usize].parameters).0[0];
        self.slots[slot as usize] = pointer;
        let stop = self.execute(function, fuel, &mut NoTracer);
        if stop == Stop::Returned {
            self.memory.read_array(1, array);
        }
        stop
    }

    /// As [`Engine::run`], and `tracer` hears of it. The notes are there if the program was lowered with them.
    pub fn run_traced<T: Tracer>(
        &mut self,
        function: FunctionId,
        arguments: &mut [Argument],
        fuel: u64,
        tracer: &mut T,
    ) -> Run {
        let stop = self.run_arguments(function, arguments, fuel, tracer);
        let outcome = match stop {
            Stop::Returned => Outcome::Returned(self.returned.clone()),
            Stop::Trapped(trap) => Outcome::Trapped(trap),
            Stop::OutOfFuel => Outcome::OutOfFuel,
        };
        Run { outcome, fuel: self.fuel }
    }

    fn run_arguments<T: Tracer>(
        &mut self,
        function: FunctionId,
        arguments: &mut [Argument],
        fuel: u64,
        tracer: &mut T,
    ) -> Stop {
        self.enter(function);
        let parameters = self.code.functions[function.0 as usize].parameters;
        assert_eq!(self.code.list(parameters).0.len(), arguments.len(), "one argument a parameter");
        for (number, argument) in arguments.iter().enumerate() {
            let value = match argument {
                Argument::Scalar(value) => {
                    self.memory.add_empty();
                    Ok(*value)
                }
                Argument::Array(values) => self.memory.add_array(values),
            };
            let slot = self.code.list(parameters).0[number];
            match value {
                Ok(value) => self.slots[slot as usize] = value,
                Err(kind) => return self.refuse(kind),
            }
        }
        let stop = self.execute(function, fuel, tracer);
        if stop == Stop::Returned {
            for (number, argument) in arguments.iter_mut().enumerate() {
                if let Argument::Array(values) = argument {
                    self.memory.read_array(number as u32 + 1, values);
                }
            }
        }
        stop
    }

    /// Makes the first frame and an empty memory.
    fn enter(&mut self, function: FunctionId) {
        self.memory.reset();
        self.frames.clear();
        self.returned.clear();
        self.fuel = 0;
        let code = self.code.functions[function.0 as usize];
        if self.slots.len() < code.frame as usize {
            self.slots.resize(code.frame as usize, 0);
        }
        // Only its own definition writes a slot, so that constants outlast the run.
        if self.loaded != Some(function.0) {
            self.loaded = Some(function.0);
            load_constants(&self.code, code.constants, &mut self.slots);
        }
        clear_allocations(&self.code, code.allocations, &mut self.slots);
    }

    /// The arguments alone are more than the memory holds.
    fn refuse(&self, kind: TrapKind) -> Stop {
        Stop::Trapped(Trap { kind, at: Span::default() })
    }

    /// Runs `function`, whose frame is ready.
    fn execute<T: Tracer>(&mut self, function: FunctionId, limit: u64, tracer: &mut T) -> Stop {
        let Self { code, slots, frames, memory, returned, .. } = self;
        let first_global = memory::pointer(memory.count(), 0);
        for global in &code.globals {
            if let Err(kind) = memory.add_global(global) {
                return self.refuse(kind);
            }
        }
        let ops = code.ops.as_slice();
        let mut function = function.0;
        let mut base = 0;
        let mut place = code.functions[function as usize].entry as usize;
        let mut at = Span::default();
        let mut left_fuel = limit;
        let (parameters, _) = code.list(code.functions[function as usize].parameters);
        tracer.call(FunctionId(function), &mut parameters.iter().map(|slot| slots[*slot as usize]));
        let stop = 'run: loop {
            let frame = &mut slots[base..base + code.functions[function as usize].frame as usize];
            // Ends at a call or a return, with the op that changes the frame.
            let change = loop {
                macro_rules! slot {
                    ($slot:expr) => {
                        frame[$slot as usize]
                    };
                }
                macro_rules! trap {
                    ($kind:expr) => {
                        break 'run Stop::Trapped(Trap { kind: $kind, at })
                    };
                }
                macro_rules! or_trap {
                    ($result:expr) => {
                        match $result {
                            Ok(value) => value,
                            Err(kind) => trap!(kind),
                        }
                    };
                }
                macro_rules! checked {
                    ($method:ident, $to:expr, $left:expr, $right:expr) => {
                        match (slot!($left) as i32).$method(slot!($right) as i32) {
                            Some(value) => slot!($to) = i64::from(value),
                            None => trap!(TrapKind::IntegerOverflow),
                        }
                    };
                }
                macro_rules! wrapping {
                    ($method:ident, $to:expr, $left:expr, $right:expr) => {
                        slot!($to) = i64::from((slot!($left) as i32).$method(slot!($right) as i32))
                    };
                }
                macro_rules! jump_if {
                    ($condition:expr, $place:expr) => {
                        if $condition {
                            place = $place as usize;
                        }
                    };
                }
                let op = ops[place];
                place += 1;
                match op {
                    Op::Move { to, from } => slot!(to) = slot!(from),
                    Op::MoveJump { to, from, place: target } => {
                        slot!(to) = slot!(from);
                        place = target as usize;
                    }
                    Op::Add32 { to, left, right } => wrapping!(wrapping_add, to, left, right),
                    Op::Sub32 { to, left, right } => wrapping!(wrapping_sub, to, left, right),
                    Op::Mul32 { to, left, right } => wrapping!(wrapping_mul, to, left, right),
                    Op::CheckedAdd32 { to, left, right } => checked!(checked_add, to, left, right),
                    Op::CheckedSub32 { to, left, right } => checked!(checked_sub, to, left, right),
                    Op::CheckedMul32 { to, left, right } => checked!(checked_mul, to, left, right),
                    Op::And { to, left, right } => slot!(to) = slot!(left) & slot!(right),
                    Op::Or { to, left, right } => slot!(to) = slot!(left) | slot!(right),
                    Op::Xor { to, left, right } => slot!(to) = slot!(left) ^ slot!(right),
                    Op::Binary { op, ty, to, left, right } => slot!(to) = binary(op, ty, slot!(left), slot!(right)),
                    Op::Overflows { op, ty, to, left, right } => {
                        slot!(to) = i64::from(overflows(op, ty, slot!(left), slot!(right)));
                    }
                    Op::Eq { to, left, right } => slot!(to) = i64::from(slot!(left) == slot!(right)),
                    Op::Ne { to, left, right } => slot!(to) = i64::from(slot!(left) != slot!(right)),
                    Op::Slt { to, left, right } => slot!(to) = i64::from(slot!(left) < slot!(right)),
                    Op::Sle { to, left, right } => slot!(to) = i64::from(slot!(left) <= slot!(right)),
                    Op::Ult { to, left, right } => {
                        slot!(to) = i64::from((slot!(left) as u64) < slot!(right) as u64);
                    }
                    Op::Ule { to, left, right } => {
                        slot!(to) = i64::from(slot!(left) as u64 <= slot!(right) as u64);
                    }
                    Op::Select { to, condition, list } => {
                        let chosen = code.lists[list as usize + usize::from(slot!(condition) == 0)];
                        slot!(to) = slot!(chosen);
                    }
                    Op::Wrap { ty, to, from } => slot!(to) = wrap(ty, slot!(from)),
                    Op::ZeroExtend { ty, to, from } => slot!(to) = zero_extend(ty, slot!(from)) as i64,
                    Op::Negate { to, from } => slot!(to) = -slot!(from),
                    Op::Allocate { to, bytes } => match slot!(to) {
                        0 => slot!(to) = or_trap!(memory.allocate(bytes)),
                        again => memory.forget(again),
                    },
                    Op::Index4 { to, base, index } => slot!(to) = or_trap!(index_by(slot!(base), slot!(index), 4)),
                    Op::Index { to, base, list } => {
                        let (index, scale) = (code.lists[list as usize], code.lists[list as usize + 1]);
                        slot!(to) = or_trap!(index_by(slot!(base), slot!(index), scale));
                    }
                    Op::Advance { to, base, list } => {
                        let (index, scale) = (code.lists[list as usize], code.lists[list as usize + 1]);
                        let moved = or_trap!(index_by(slot!(base), slot!(index), scale));
                        if !memory.keeps(moved) {
                            trap!(TrapKind::OutOfBounds);
                        }
                        slot!(to) = moved;
                    }
                    Op::Global { to, global } => slot!(to) = first_global + memory::pointer(global, 0),
                    Op::IndexLoad32 { to, base, index } => {
                        let address = or_trap!(index_by(slot!(base), slot!(index), 4));
                        slot!(to) = i64::from(or_trap!(memory.load_i32(address, 0)));
                    }
                    Op::IndexLoad8 { to, base, index } => {
                        let address = or_trap!(index_by(slot!(base), slot!(index), 1));
                        slot!(to) = i64::from(or_trap!(memory.load_i8(address)));
                    }
                    Op::Load32 { to, address, offset } => {
                        slot!(to) = i64::from(or_trap!(memory.load_i32(slot!(address), offset)));
                    }
                    Op::Load { ty, to, address, offset } => {
                        let value = or_trap!(memory.load(slot!(address), offset, memory::size_of(ty)));
                        slot!(to) = wrap(ty, value);
                    }
                    Op::Store32 { value, address, offset } => {
                        let (address, value) = (slot!(address), slot!(value));
                        let old = if T::WANTS_STORES { memory.load(address, offset, 4).ok() } else { None };
                        or_trap!(memory.store_i32(address, offset, value as i32));
                        if T::WANTS_STORES {
                            let place = (address as u32).wrapping_add_signed(offset);
                            tracer.store(memory::object_of(address), place, Type::I32, old, value);
                        }
                    }
                    Op::Store { ty, value, address, offset } => {
                        let (address, value, size) = (slot!(address), slot!(value), memory::size_of(ty));
                        let old = if T::WANTS_STORES { memory.load(address, offset, size).ok() } else { None };
                        or_trap!(memory.store(address, offset, size, value));
                        if T::WANTS_STORES {
                            let place = (address as u32).wrapping_add_signed(offset);
                            tracer.store(memory::object_of(address), place, ty, old, value);
                        }
                    }
                    Op::TrapIf { kind, condition } => {
                        if slot!(condition) != 0 {
                            trap!(kind);
                        }
                    }
                    Op::Fuel { amount, span } => {
                        at = span;
                        match left_fuel.checked_sub(u64::from(amount)) {
                            Some(rest) => left_fuel = rest,
                            None => break 'run Stop::OutOfFuel,
                        }
                        tracer.fuel(amount, span);
                    }
                    Op::Note { variable, value } => tracer.note(FunctionId(function), variable, slot!(value)),
                    Op::Jump { place: target } => place = target as usize,
                    Op::JumpIf { condition, place: target } => jump_if!(slot!(condition) != 0, target),
                    Op::JumpUnless { condition, place: target } => jump_if!(slot!(condition) == 0, target),
                    Op::JumpEq { left, right, place: target } => jump_if!(slot!(left) == slot!(right), target),
                    Op::JumpNe { left, right, place: target } => jump_if!(slot!(left) != slot!(right), target),
                    Op::JumpSlt { left, right, place: target } => jump_if!(slot!(left) < slot!(right), target),
                    Op::JumpSle { left, right, place: target } => jump_if!(slot!(left) <= slot!(right), target),
                    Op::JumpUlt { left, right, place: target } => {
                        jump_if!((slot!(left) as u64) < slot!(right) as u64, target);
                    }
                    Op::JumpUle { left, right, place: target } => {
                        jump_if!(slot!(left) as u64 <= slot!(right) as u64, target);
                    }
                    Op::Call { .. } | Op::Return { .. } => break op,
                    Op::Trap { kind } => trap!(kind),
                }
            };
            match change {
                Op::Call { function: callee, list } => {
                    let callee_code = code.functions[callee as usize];
                    let callee_base = base + code.functions[function as usize].frame as usize;
                    let callee_end = callee_base + callee_code.frame as usize;
                    if frames.len() + 1 >= CALL_DEPTH as usize {
                        break 'run Stop::Trapped(Trap { kind: TrapKind::CallDepth, at });
                    }
                    if callee_end > SLOT_LIMIT {
                        break 'run Stop::Trapped(Trap { kind: TrapKind::OutOfMemory, at });
                    }
                    if slots.len() < callee_end {
                        slots.resize(callee_end.next_power_of_two(), 0);
                    }
                    let (arguments, results) = code.list(list);
                    let (parameters, _) = code.list(callee_code.parameters);
                    for (to, from) in parameters.iter().zip(arguments) {
                        slots[callee_base + *to as usize] = slots[base + *from as usize];
                    }
                    frames.push(Frame { function, base, place, results, at, mark: memory.mark() });
                    (function, base, place) = (callee, callee_base, callee_code.entry as usize);
                    load_constants(code, callee_code.constants, &mut slots[base..]);
                    clear_allocations(code, callee_code.allocations, &mut slots[base..]);
                    tracer.call(
                        FunctionId(callee),
                        &mut parameters.iter().map(|slot| slots[callee_base + *slot as usize]),
                    );
                }
                Op::Return { list } => {
                    let (values, _) = code.list(list);
                    tracer.ret(FunctionId(function), &mut values.iter().map(|slot| slots[base + *slot as usize]));
                    let Some(caller) = frames.pop() else {
                        returned.extend(values.iter().map(|slot| slots[*slot as usize]));
                        break 'run Stop::Returned;
                    };
                    let (results, _) = code.list(caller.results);
                    for (to, from) in results.iter().zip(values) {
                        slots[caller.base + *to as usize] = slots[base + *from as usize];
                    }
                    memory.release(caller.mark);
                    (function, base, place, at) = (caller.function, caller.base, caller.place, caller.at);
                }
                _ => unreachable!("only calls and returns change the frame"),
            }
        };
        self.fuel = limit - left_fuel;
        stop
    }
}

impl Engine for Interpreter {
    fn run(&mut self, function: FunctionId, arguments: &mut [Argument], fuel: u64) -> Run {
        self.run_traced(function, arguments, fuel, &mut NoTracer)
    }
}

fn load_constants(code: &Code, (from, to): (u32, u32), frame: &mut [i64]) {
    for &(slot, value) in &code.constants[from as usize..to as usize] {
        frame[slot as usize] = value;
    }
}

fn clear_allocations(code: &Code, list: u32, frame: &mut [i64]) {
    for &slot in code.list(list).0 {
        frame[slot as usize] = 0;
    }
}

/// The pointer `base + index * scale`.
#[inline]
pub(super) fn index_by(base: i64, index: i64, scale: u32) -> Result<i64, TrapKind> {
    let offset = index.checked_mul(i64::from(scale)).and_then(|bytes| bytes.checked_add(i64::from(base as u32)));
    match offset {
        Some(offset) if (0..1 << 31).contains(&offset) => Ok(memory::pointer(memory::object_of(base), offset as u32)),
        _ => Err(TrapKind::OutOfBounds),
    }
}

/// Keeps the low bits of `value` in the form of a slot.
pub(super) fn wrap(ty: Type, value: i64) -> i64 {
    match ty {
        Type::I1 => value & 1,
        Type::I8 => i64::from(value as i8),
        Type::I16 => i64::from(value as i16),
        Type::I32 => i64::from(value as i32),
        Type::I64 => value,
        Type::V4I32 => unreachable!("verify rejects vectors"),
    }
}

/// The value of a slot of type `ty` as an unsigned number.
pub(super) fn zero_extend(ty: Type, value: i64) -> u64 {
    match ty {
        Type::I1 | Type::I64 => value as u64,
        Type::I8 => u64::from(value as u8),
        Type::I16 => u64::from(value as u16),
        Type::I32 => u64::from(value as u32),
        Type::V4I32 => unreachable!("verify rejects vectors"),
    }
}

/// The value of a slot of type `ty` as a signed number: an i1 is 0 or -1.
fn sign_extend(ty: Type, value: i64) -> i64 {
    if ty == Type::I1 { -value } else { value }
}

fn width(ty: Type) -> u32 {
    match ty {
        Type::I1 => 1,
        Type::I8 => 8,
        Type::I16 => 16,
        Type::I32 => 32,
        Type::I64 => 64,
        Type::V4I32 => unreachable!("verify rejects vectors"),
    }
}

/// Any binary operation. What the IR leaves open (division by zero, wide shifts) gives 0 or takes the count modulo 64.
pub(super) fn binary(op: BinaryOp, ty: Type, left: i64, right: i64) -> i64 {
    let unsigned = |operation: fn(u64, u64) -> Option<u64>| {
        operation(zero_extend(ty, left), zero_extend(ty, right)).unwrap_or(0) as i64
    };
    let count = zero_extend(ty, right) as u32;
    let value = match op {
        BinaryOp::Add => left.wrapping_add(right),
        BinaryOp::Sub => left.wrapping_sub(right),
        BinaryOp::Mul => left.wrapping_mul(right),
        BinaryOp::SDiv if right == 0 => 0,
        BinaryOp::SRem if right == 0 => 0,
        BinaryOp::SDiv => sign_extend(ty, left).wrapping_div(sign_extend(ty, right)),
        BinaryOp::SRem => sign_extend(ty, left).wrapping_rem(sign_extend(ty, right)),
        BinaryOp::UDiv => unsigned(u64::checked_div),
        BinaryOp::URem => unsigned(u64::checked_rem),
        BinaryOp::And => left & right,
        BinaryOp::Or => left | right,
        BinaryOp::Xor => left ^ right,
        BinaryOp::Shl => left.wrapping_shl(count),
        BinaryOp::AShr => sign_extend(ty, left).wrapping_shr(count),
        BinaryOp::LShr => zero_extend(ty, left).wrapping_shr(count) as i64,
    };
    wrap(ty, value)
}

pub(super) fn overflows(op: OverflowOp, ty: Type, left: i64, right: i64) -> bool {
    let (left, right) = (i128::from(sign_extend(ty, left)), i128::from(sign_extend(ty, right)));
    let exact = match op {
        OverflowOp::Add => left + right,
        OverflowOp::Sub => left - right,
        OverflowOp::Mul => left * right,
    };
    let half = 1i128 << (width(ty) - 1);
    !(-half..half).contains(&exact)
}
