//! Runs one lane alone, on its column of the rows, from where the lanes part to where they meet.

use super::code::{Code, NoCell, Object};
use super::execute::{GiveUp, any_object, compare_wide, wide};
use super::op::{Op, Row};
use super::state::trap;
use crate::exec::interp::{self, Stop};
use crate::ir::{OverflowOp, TrapKind, Type};

/// A lane on its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lane {
    /// Its number.
    pub lane: usize,
    /// Its fuel.
    pub left: u64,
    /// The statement it is at.
    pub at: u32,
    /// Ops that it ran.
    pub ops: u64,
}

/// How a lane's own way ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It is where the others will be.
    Arrived,
    /// It ended, and this is what it returned.
    Ended(Stop, i64),
}

/// Runs a lane from `place` up to `join`.
pub(super) fn run<const W: usize>(
    code: &Code,
    rows: &mut [[i32; W]],
    alone: &mut Lane,
    mut place: usize,
    join: usize,
) -> Result<End, GiveUp> {
    let lane = alone.lane;
    let ops = code.ops.as_slice();
    macro_rules! slot {
        ($row:expr) => {
            rows[usize::from($row)][lane]
        };
    }
    macro_rules! wide {
        ($row:expr) => {
            wide(slot!($row), slot!($row + 1))
        };
    }
    macro_rules! trap {
        ($kind:expr) => {
            return Ok(End::Ended(Stop::Trapped(trap(code, $kind, alone.at)), 0))
        };
    }
    macro_rules! checked {
        ($method:ident, $to:expr, $left:expr, $right:expr) => {
            match slot!($left).$method(slot!($right)) {
                Some(value) => slot!($to) = value,
                None => trap!(TrapKind::IntegerOverflow),
            }
        };
    }
    macro_rules! jump_if {
        ($condition:expr, $place:expr) => {
            if $condition {
                place = $place as usize;
            }
        };
    }
    macro_rules! cell {
        ($object:expr, $at:expr) => {
            match $object.cell($at) {
                Ok(cell) => cell,
                Err(NoCell::OutOfBounds) => trap!(TrapKind::OutOfBounds),
                Err(NoCell::Torn) => return Err(GiveUp),
            }
        };
    }
    macro_rules! load {
        ($to:expr, $object:expr, $at:expr) => {{
            let object: &Object = $object;
            let cell = cell!(object, $at);
            if object.written(cell).is_some_and(|written| slot!(written) == 0) {
                trap!(TrapKind::UninitializedRead);
            }
            slot!($to) = slot!(cell);
        }};
    }
    macro_rules! store {
        ($value:expr, $object:expr, $at:expr) => {{
            let object: &Object = $object;
            let cell = cell!(object, $at);
            if let Some(written) = object.written(cell) {
                slot!(written) = -1;
            }
            slot!(cell) = slot!($value);
        }};
    }
    let address = |low: i32, offset: i32| i64::from(low as u32) + i64::from(offset);
    let object_of = |number: u16| &code.objects[usize::from(number)];
    let anywhere = |number: i32| match any_object(code, number) {
        Err(NoCell::Torn) => Err(GiveUp),
        // Null has no cells either.
        other => Ok(other.unwrap_or_default()),
    };
    while place != join {
        let op = ops[place];
        place += 1;
        alone.ops += 1;
        match op {
            Op::Copy { to, from } => slot!(to) = slot!(from),
            Op::Splat { to, value } => slot!(to) = value,
            Op::Add { to, left, right } => slot!(to) = slot!(left).wrapping_add(slot!(right)),
            Op::Sub { to, left, right } => slot!(to) = slot!(left).wrapping_sub(slot!(right)),
            Op::Mul { to, left, right } => slot!(to) = slot!(left).wrapping_mul(slot!(right)),
            Op::CheckedAdd { to, left, right } => checked!(checked_add, to, left, right),
            Op::CheckedSub { to, left, right } => checked!(checked_sub, to, left, right),
            Op::CheckedMul { to, left, right } => checked!(checked_mul, to, left, right),
            Op::And { to, left, right } => slot!(to) = slot!(left) & slot!(right),
            Op::Or { to, left, right } => slot!(to) = slot!(left) | slot!(right),
            Op::Xor { to, left, right } => slot!(to) = slot!(left) ^ slot!(right),
            Op::Binary { op, ty: Type::I64, to, left, right } => {
                let value = interp::binary(op, Type::I64, wide!(left), wide!(right));
                slot!(to) = value as i32;
                slot!(to + 1) = (value >> 32) as i32;
            }
            Op::Binary { op, ty, to, left, right } => {
                slot!(to) = interp::binary(op, ty, slot!(left).into(), slot!(right).into()) as i32;
            }
            Op::Overflows { op, ty, to, left, right } => slot!(to) = overflows(op, ty, rows, lane, left, right).into(),
            Op::Eq { to, left, right } => slot!(to) = (slot!(left) == slot!(right)).into(),
            Op::Ne { to, left, right } => slot!(to) = (slot!(left) != slot!(right)).into(),
            Op::Slt { to, left, right } => slot!(to) = (slot!(left) < slot!(right)).into(),
            Op::Sle { to, left, right } => slot!(to) = (slot!(left) <= slot!(right)).into(),
            Op::Ult { to, left, right } => slot!(to) = ((slot!(left) as u32) < slot!(right) as u32).into(),
            Op::Ule { to, left, right } => slot!(to) = (slot!(left) as u32 <= slot!(right) as u32).into(),
            Op::CompareWide { condition, to, left, right } => {
                slot!(to) = compare_wide(condition, wide!(left), wide!(right)).into();
            }
            Op::Select { to, condition, then, otherwise } => {
                slot!(to) = if slot!(condition) != 0 { slot!(then) } else { slot!(otherwise) };
            }
            Op::Wrap { ty, to, from } => slot!(to) = interp::wrap(ty, slot!(from).into()) as i32,
            Op::ZeroExtend { ty, to, from } => slot!(to) = interp::zero_extend(ty, slot!(from).into()) as i32,
            Op::Negate { to, from } => slot!(to) = -slot!(from),
            Op::Sign { to, from } => slot!(to) = slot!(from) >> 31,
            Op::Forget { first, count } => {
                let first = usize::from(first);
                rows[first..first + usize::from(count)].iter_mut().for_each(|row| row[lane] = 0);
            }
            Op::Index4 { to, index } => {
                let index = slot!(index);
                if index & (-1 << 29) != 0 {
                    trap!(TrapKind::OutOfBounds);
                }
                slot!(to) = index << 2;
            }
            Op::Index { to, base, index, wide: is_wide, scale } => {
                let index = if is_wide { wide!(index) } else { slot!(index).into() };
                match interp::index_by(i64::from(slot!(base) as u32), index, scale) {
                    Ok(pointer) => slot!(to) = pointer as i32,
                    Err(kind) => trap!(kind),
                }
            }
            Op::IndexLoad { to, index, object } => load!(to, object_of(object), 4 * i64::from(slot!(index))),
            Op::LoadTracked { to, from, written } => {
                if slot!(written) == 0 {
                    trap!(TrapKind::UninitializedRead);
                }
                slot!(to) = slot!(from);
            }
            Op::StoreTracked { to, from, written } => {
                slot!(to) = slot!(from);
                slot!(written) = -1;
            }
            Op::Load { to, address: low, object, offset } => {
                load!(to, object_of(object), address(slot!(low), offset));
            }
            Op::Store { value, address: low, object, offset } => {
                store!(value, object_of(object), address(slot!(low), offset));
            }
            Op::LoadAny { to, address: low, offset } => {
                load!(to, &anywhere(slot!(low + 1))?, address(slot!(low), offset));
            }
            Op::StoreAny { value, address: low, offset } => {
                store!(value, &anywhere(slot!(low + 1))?, address(slot!(low), offset));
            }
            Op::TrapIf { kind, condition } => {
                if slot!(condition) != 0 {
                    trap!(kind);
                }
            }
            Op::Fuel { statement } => {
                alone.at = statement;
                match alone.left.checked_sub(u64::from(code.statements[statement as usize].0)) {
                    Some(left) => alone.left = left,
                    None => return Ok(End::Ended(Stop::OutOfFuel, 0)),
                }
            }
            Op::Jump { place: target } => place = target as usize,
            Op::JumpIf { condition, place: target } => jump_if!(slot!(condition) != 0, target),
            Op::JumpUnless { condition, place: target } => jump_if!(slot!(condition) == 0, target),
            Op::JumpEq { left, right, place: target } => jump_if!(slot!(left) == slot!(right), target),
            Op::JumpNe { left, right, place: target } => jump_if!(slot!(left) != slot!(right), target),
            Op::JumpSlt { left, right, place: target } => jump_if!(slot!(left) < slot!(right), target),
            Op::JumpSle { left, right, place: target } => jump_if!(slot!(left) <= slot!(right), target),
            Op::JumpUlt { left, right, place: target } => {
                jump_if!((slot!(left) as u32) < slot!(right) as u32, target);
            }
            Op::JumpUle { left, right, place: target } => {
                jump_if!(slot!(left) as u32 <= slot!(right) as u32, target);
            }
            Op::ReturnNothing => return Ok(End::Ended(Stop::Returned, 0)),
            Op::Return { row, wide: false } => return Ok(End::Ended(Stop::Returned, slot!(row).into())),
            Op::Return { row, wide: true } => return Ok(End::Ended(Stop::Returned, wide!(row))),
            Op::ReturnPointer { object, offset } => {
                return Ok(End::Ended(Stop::Returned, wide(offset as i32, object.into())));
            }
            Op::Trap { kind } => trap!(kind),
        }
    }
    Ok(End::Arrived)
}

fn overflows<const W: usize>(op: OverflowOp, ty: Type, rows: &[[i32; W]], lane: usize, left: Row, right: Row) -> bool {
    let operand = |row: Row| {
        let low = rows[usize::from(row)][lane];
        if ty == Type::I64 { wide(low, rows[usize::from(row) + 1][lane]) } else { low.into() }
    };
    interp::overflows(op, ty, operand(left), operand(right))
}
