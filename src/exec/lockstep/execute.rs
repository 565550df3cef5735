//! Runs all lanes of a group op by op. Where they take different ways at a branch, each runs alone ([`super::lane`]) up
//! to where the ways meet again ([`super::joins`]).

// Loops over lanes name the lane, as several rows are read at once; they are what the compiler makes vectors of.
#![allow(clippy::needless_range_loop)]

use super::Stats;
use super::code::{Code, NoCell, Object};
use super::joins::Joins;
use super::lane::{self, End};
use super::op::{Op, Row};
use super::state::State;
use crate::exec::interp;
use crate::ir::{Condition, TrapKind, Type};

/// Something that lanes are not made for; the interpreter must run the group from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GiveUp;

/// What runs beside the lanes.
pub(super) struct Context<'a> {
    pub code: &'a Code,
    pub joins: &'a mut Joins,
    pub stats: &'a mut Stats,
}

/// The 64 bits of two rows.
#[inline]
pub(super) fn wide(low: i32, high: i32) -> i64 {
    (i64::from(high) << 32) | i64::from(low as u32)
}

/// Lane by lane.
#[inline(always)]
fn map<const W: usize>(left: &[i32; W], right: &[i32; W], f: impl Fn(i32, i32) -> i32) -> [i32; W] {
    let mut result = [0; W];
    for lane in 0..W {
        result[lane] = f(left[lane], right[lane]);
    }
    result
}

/// -1 where a product overflows, else 0.
#[inline]
fn product_overflows<const W: usize>(left: &[i32; W], right: &[i32; W]) -> [i32; W] {
    map(left, right, |left, right| -i32::from(left.checked_mul(right).is_none()))
}

/// Whether all products are those of 16-bit numbers, which fit.
#[inline]
fn are_short<const W: usize>(left: &[i32; W], right: &[i32; W]) -> bool {
    let mut high = 0;
    for lane in 0..W {
        high |= left[lane].wrapping_add(1 << 15) | right[lane].wrapping_add(1 << 15);
    }
    high as u32 >> 16 == 0
}

/// Runs the lanes that are alive from the start to their ends.
pub(super) fn execute<const W: usize>(
    context: &mut Context,
    rows: &mut [[i32; W]],
    state: &mut State<W>,
) -> Result<(), GiveUp> {
    let code = context.code;
    let ops = code.ops.as_slice();
    let mut place = 0;
    loop {
        macro_rules! row {
            ($row:expr) => {
                rows[usize::from($row)]
            };
        }
        macro_rules! each {
            ($to:expr, $left:expr, $right:expr, $f:expr) => {
                row!($to) = map(&row!($left), &row!($right), $f)
            };
        }
        // Lanes where `$bad` has a bit set trap.
        macro_rules! trap_where {
            ($bad:expr, $kind:expr) => {
                let bad = $bad;
                if state.any(&bad) && !state.trap(code, &bad, $kind) {
                    return Ok(());
                }
            };
        }
        macro_rules! branch {
            ($left:expr, $right:expr, $place:expr, $f:expr) => {{
                let f = $f;
                let taken = map(&row!($left), &row!($right), |left, right| -i32::from(f(left, right)));
                let other = map(&taken, &state.mask, |taken, mask| !taken & mask);
                match (state.any(&taken), state.any(&other)) {
                    (true, false) => place = $place as usize,
                    (false, _) => {}
                    (true, true) => match diverge(context, rows, state, &taken, place, $place as usize)? {
                        Some(join) => place = join,
                        None => return Ok(()),
                    },
                }
            }};
        }
        let op = ops[place];
        place += 1;
        match op {
            Op::Copy { to, from } => row!(to) = row!(from),
            Op::Splat { to, value } => row!(to) = [value; W],
            Op::Add { to, left, right } => each!(to, left, right, i32::wrapping_add),
            Op::Sub { to, left, right } => each!(to, left, right, i32::wrapping_sub),
            Op::Mul { to, left, right } => each!(to, left, right, i32::wrapping_mul),
            Op::CheckedAdd { to, left, right } => {
                let (left, right) = (row!(left), row!(right));
                let sum = map(&left, &right, i32::wrapping_add);
                let mut bad = [0; W];
                for lane in 0..W {
                    bad[lane] = ((left[lane] ^ sum[lane]) & (right[lane] ^ sum[lane])) >> 31;
                }
                row!(to) = sum;
                trap_where!(bad, TrapKind::IntegerOverflow);
            }
            Op::CheckedSub { to, left, right } => {
                let (left, right) = (row!(left), row!(right));
                let difference = map(&left, &right, i32::wrapping_sub);
                let mut bad = [0; W];
                for lane in 0..W {
                    bad[lane] = ((left[lane] ^ right[lane]) & (left[lane] ^ difference[lane])) >> 31;
                }
                row!(to) = difference;
                trap_where!(bad, TrapKind::IntegerOverflow);
            }
            Op::CheckedMul { to, left, right } => {
                let (left, right) = (row!(left), row!(right));
                if are_short(&left, &right) {
                    row!(to) = map(&left, &right, |left, right| i32::from(left as i16) * i32::from(right as i16));
                } else {
                    row!(to) = map(&left, &right, i32::wrapping_mul);
                    trap_where!(product_overflows(&left, &right), TrapKind::IntegerOverflow);
                }
            }
            Op::And { to, left, right } => each!(to, left, right, |left, right| left & right),
            Op::Or { to, left, right } => each!(to, left, right, |left, right| left | right),
            Op::Xor { to, left, right } => each!(to, left, right, |left, right| left ^ right),
            Op::Binary { op, ty: Type::I64, to, left, right } => {
                for lane in 0..W {
                    let operand = |row: Row| wide(row!(row)[lane], row!(row + 1)[lane]);
                    let value = interp::binary(op, Type::I64, operand(left), operand(right));
                    row!(to)[lane] = value as i32;
                    row!(to + 1)[lane] = (value >> 32) as i32;
                }
            }
            Op::Binary { op, ty, to, left, right } => {
                each!(to, left, right, |left, right| interp::binary(op, ty, left.into(), right.into()) as i32);
            }
            Op::Overflows { op, ty: Type::I64, to, left, right } => {
                for lane in 0..W {
                    let operand = |row: Row| wide(row!(row)[lane], row!(row + 1)[lane]);
                    row!(to)[lane] = interp::overflows(op, Type::I64, operand(left), operand(right)).into();
                }
            }
            Op::Overflows { op, ty, to, left, right } => {
                each!(to, left, right, |left, right| interp::overflows(op, ty, left.into(), right.into()).into());
            }
            Op::Eq { to, left, right } => each!(to, left, right, |left, right| (left == right).into()),
            Op::Ne { to, left, right } => each!(to, left, right, |left, right| (left != right).into()),
            Op::Slt { to, left, right } => each!(to, left, right, |left, right| (left < right).into()),
            Op::Sle { to, left, right } => each!(to, left, right, |left, right| (left <= right).into()),
            Op::Ult { to, left, right } => {
                each!(to, left, right, |left, right| ((left as u32) < right as u32).into());
            }
            Op::Ule { to, left, right } => {
                each!(to, left, right, |left, right| (left as u32 <= right as u32).into());
            }
            Op::CompareWide { condition, to, left, right } => {
                for lane in 0..W {
                    let operand = |row: Row| wide(row!(row)[lane], row!(row + 1)[lane]);
                    row!(to)[lane] = compare_wide(condition, operand(left), operand(right)).into();
                }
            }
            Op::Select { to, condition, then, otherwise } => {
                let condition = row!(condition);
                let (then, otherwise) = (row!(then), row!(otherwise));
                for lane in 0..W {
                    let mask = -condition[lane];
                    row!(to)[lane] = (then[lane] & mask) | (otherwise[lane] & !mask);
                }
            }
            Op::Wrap { ty, to, from } => {
                row!(to) = map(&row!(from), &[0; W], |value, _| interp::wrap(ty, value.into()) as i32);
            }
            Op::ZeroExtend { ty, to, from } => {
                row!(to) = map(&row!(from), &[0; W], |value, _| interp::zero_extend(ty, value.into()) as i32);
            }
            Op::Negate { to, from } => row!(to) = map(&row!(from), &[0; W], |value, _| -value),
            Op::Sign { to, from } => row!(to) = map(&row!(from), &[0; W], |value, _| value >> 31),
            Op::Forget { first, count } => {
                let first = usize::from(first);
                rows[first..first + usize::from(count)].fill([0; W]);
            }
            Op::Index4 { to, index } => {
                let index = row!(index);
                row!(to) = map(&index, &index, |index, _| index << 2);
                // An offset of 2^31 or more, or a negative one.
                trap_where!(map(&index, &index, |index, _| index & (-1 << 29)), TrapKind::OutOfBounds);
            }
            Op::Index { to, base, index, wide: is_wide, scale } => {
                let mut bad = [0; W];
                for lane in 0..W {
                    let low = row!(index)[lane];
                    let index = if is_wide { wide(low, row!(index + 1)[lane]) } else { low.into() };
                    match interp::index_by(i64::from(row!(base)[lane] as u32), index, scale) {
                        Ok(pointer) => row!(to)[lane] = pointer as i32,
                        Err(_) => bad[lane] = -1,
                    }
                }
                trap_where!(bad, TrapKind::OutOfBounds);
            }
            Op::IndexLoad { to, index, object } => {
                let object = code.objects[usize::from(object)];
                let index = row!(index);
                let one = index[state.first];
                if state.any(&map(&index, &index, |index, _| index ^ one)) {
                    let bad = map(&index, &index, |index, _| -i32::from(index as u32 >= u32::from(object.cells)));
                    trap_where!(bad, TrapKind::OutOfBounds);
                    let mut unwritten = [0; W];
                    for lane in 0..W {
                        if state.mask[lane] != 0 {
                            let cell = object.first + index[lane] as Row;
                            row!(to)[lane] = row!(cell)[lane];
                            unwritten[lane] = object.written(cell).map_or(0, |written| !row!(written)[lane]);
                        }
                    }
                    trap_where!(unwritten, TrapKind::UninitializedRead);
                } else if one as u32 >= u32::from(object.cells) {
                    state.trap(code, &[-1; W], TrapKind::OutOfBounds);
                    return Ok(());
                } else {
                    let cell = object.first + one as Row;
                    row!(to) = row!(cell);
                    if let Some(written) = object.written(cell) {
                        trap_where!(map(&row!(written), &[0; W], |written, _| !written), TrapKind::UninitializedRead);
                    }
                }
            }
            Op::LoadTracked { to, from, written } => {
                row!(to) = row!(from);
                trap_where!(map(&row!(written), &[0; W], |written, _| !written), TrapKind::UninitializedRead);
            }
            Op::StoreTracked { to, from, written } => {
                row!(to) = row!(from);
                row!(written) = [-1; W];
            }
            Op::Load { to, address, object, offset } => {
                let object = &code.objects[usize::from(object)];
                let load = |row: &mut [[i32; W]], lane: usize, cell: Row| {
                    row[usize::from(to)][lane] = row[usize::from(cell)][lane];
                    object.written(cell).is_none_or(|written| row[usize::from(written)][lane] != 0)
                };
                match reached(state, code, rows, address, offset, object, load)? {
                    Reached::Cell(cell) => {
                        row!(to) = row!(cell);
                        if let Some(written) = object.written(cell) {
                            trap_where!(
                                map(&row!(written), &[0; W], |written, _| !written),
                                TrapKind::UninitializedRead
                            );
                        }
                    }
                    Reached::Done => {}
                    Reached::NoneLeft => return Ok(()),
                }
            }
            Op::Store { value, address, object, offset } => {
                let object = &code.objects[usize::from(object)];
                let store = |row: &mut [[i32; W]], lane: usize, cell: Row| {
                    row[usize::from(cell)][lane] = row[usize::from(value)][lane];
                    if let Some(written) = object.written(cell) {
                        row[usize::from(written)][lane] = -1;
                    }
                    true
                };
                match reached(state, code, rows, address, offset, object, store)? {
                    Reached::Cell(cell) => {
                        row!(cell) = row!(value);
                        if let Some(written) = object.written(cell) {
                            row!(written) = [-1; W];
                        }
                    }
                    Reached::Done => {}
                    Reached::NoneLeft => return Ok(()),
                }
            }
            Op::LoadAny { to, address, offset } => {
                let high = row!(address + 1);
                let object = |lane: usize| any_object(code, high[lane]);
                if !scattered(state, code, rows, address, offset, object, |row, lane, cell| {
                    row[usize::from(to)][lane] = row[usize::from(cell)][lane];
                    true
                })? {
                    return Ok(());
                }
            }
            Op::StoreAny { value, address, offset } => {
                let high = row!(address + 1);
                let object = |lane: usize| any_object(code, high[lane]);
                if !scattered(state, code, rows, address, offset, object, |row, lane, cell| {
                    row[usize::from(cell)][lane] = row[usize::from(value)][lane];
                    true
                })? {
                    return Ok(());
                }
            }
            Op::TrapIf { kind, condition } => {
                trap_where!(row!(condition), kind);
            }
            Op::Fuel { statement } => {
                if !state.burn(code, statement) {
                    return Ok(());
                }
            }
            Op::Jump { place: target } => place = target as usize,
            Op::JumpIf { condition, place: target } => branch!(condition, condition, target, |it, _| it != 0),
            Op::JumpUnless { condition, place: target } => branch!(condition, condition, target, |it, _| it == 0),
            Op::JumpEq { left, right, place: target } => branch!(left, right, target, |left, right| left == right),
            Op::JumpNe { left, right, place: target } => branch!(left, right, target, |left, right| left != right),
            Op::JumpSlt { left, right, place: target } => branch!(left, right, target, |left, right| left < right),
            Op::JumpSle { left, right, place: target } => branch!(left, right, target, |left, right| left <= right),
            Op::JumpUlt { left, right, place: target } => {
                branch!(left, right, target, |left, right| (left as u32) < right as u32);
            }
            Op::JumpUle { left, right, place: target } => {
                branch!(left, right, target, |left, right| left as u32 <= right as u32);
            }
            Op::ReturnNothing => {
                state.finish(|_| 0);
                return Ok(());
            }
            Op::Return { row, wide: is_wide } => {
                state.finish(|lane| {
                    let low = row!(row)[lane];
                    if is_wide { wide(low, row!(row + 1)[lane]) } else { low.into() }
                });
                return Ok(());
            }
            Op::ReturnPointer { object, offset } => {
                state.finish(|_| wide(offset as i32, object.into()));
                return Ok(());
            }
            Op::Trap { kind } => {
                state.trap(code, &[-1; W], kind);
                return Ok(());
            }
        }
    }
}

/// What lanes reach at an address.
enum Reached {
    /// All of them this cell.
    Cell(Row),
    /// Each its own, which was read or written.
    Done,
    /// Nothing: no lane goes on.
    NoneLeft,
}

/// Finds the cell of `object` that all lanes mean; where they mean several, `access` reads or writes them as
/// [`scattered`] has it.
#[inline(always)]
fn reached<const W: usize>(
    state: &mut State<W>,
    code: &Code,
    rows: &mut [[i32; W]],
    address: Row,
    offset: i32,
    object: &Object,
    access: impl Fn(&mut [[i32; W]], usize, Row) -> bool,
) -> Result<Reached, GiveUp> {
    let at = rows[usize::from(address)];
    let one = at[state.first];
    if state.any(&map(&at, &at, |at, _| at ^ one)) {
        let goes_on = scattered(state, code, rows, address, offset, |_| Ok(*object), access)?;
        return Ok(if goes_on { Reached::Done } else { Reached::NoneLeft });
    }
    match object.cell(i64::from(one as u32) + i64::from(offset)) {
        Ok(cell) => Ok(Reached::Cell(cell)),
        Err(NoCell::Torn) => Err(GiveUp),
        Err(NoCell::OutOfBounds) => {
            state.trap(code, &[-1; W], TrapKind::OutOfBounds);
            Ok(Reached::NoneLeft)
        }
    }
}

/// Each lane reads or writes a place of its own: `access` gets the rows, the lane and the cell, and says whether
/// the cell could be read. Whether any lane goes on.
fn scattered<const W: usize>(
    state: &mut State<W>,
    code: &Code,
    rows: &mut [[i32; W]],
    address: Row,
    offset: i32,
    object: impl Fn(usize) -> Result<Object, NoCell>,
    access: impl Fn(&mut [[i32; W]], usize, Row) -> bool,
) -> Result<bool, GiveUp> {
    let (mut outside, mut unwritten) = ([0; W], [0; W]);
    for lane in 0..W {
        if state.mask[lane] == 0 {
            continue;
        }
        let at = i64::from(rows[usize::from(address)][lane] as u32) + i64::from(offset);
        match object(lane).and_then(|object| object.cell(at)) {
            Ok(cell) => unwritten[lane] = -i32::from(!access(rows, lane, cell)),
            Err(NoCell::OutOfBounds) => outside[lane] = -1,
            Err(NoCell::Torn) => return Err(GiveUp),
        }
    }
    let mut goes_on = true;
    if state.any(&outside) {
        goes_on = state.trap(code, &outside, TrapKind::OutOfBounds);
    }
    if state.any(&unwritten) {
        goes_on = state.trap(code, &unwritten, TrapKind::UninitializedRead);
    }
    Ok(goes_on)
}

/// The object that a pointer of unknown origin points to. Whether an allocation lives is not known here.
pub(super) fn any_object(code: &Code, number: i32) -> Result<Object, NoCell> {
    match code.objects.get(number as u32 as usize) {
        Some(object) if object.tracked => Err(NoCell::Torn),
        Some(object) => Ok(*object),
        None => Err(NoCell::OutOfBounds),
    }
}

pub(super) fn compare_wide(condition: Condition, left: i64, right: i64) -> bool {
    let (unsigned_left, unsigned_right) = (left as u64, right as u64);
    match condition {
        Condition::Eq => left == right,
        Condition::Ne => left != right,
        Condition::Slt => left < right,
        Condition::Sle => left <= right,
        Condition::Sgt => left > right,
        Condition::Sge => left >= right,
        Condition::Ult => unsigned_left < unsigned_right,
        Condition::Ule => unsigned_left <= unsigned_right,
        Condition::Ugt => unsigned_left > unsigned_right,
        Condition::Uge => unsigned_left >= unsigned_right,
    }
}

/// The lanes take different ways at the branch before `near`: each runs alone to where they meet. That place, if any
/// lane gets there.
#[cold]
#[inline(never)]
fn diverge<const W: usize>(
    context: &mut Context,
    rows: &mut [[i32; W]],
    state: &mut State<W>,
    taken: &[i32; W],
    near: usize,
    far: usize,
) -> Result<Option<usize>, GiveUp> {
    let join = context.joins.of(context.code, near - 1);
    context.stats.divergences += 1;
    for lane in 0..W {
        if state.mask[lane] == 0 {
            continue;
        }
        let place = if taken[lane] != 0 { far } else { near };
        let (left, at) = state.of(lane);
        context.stats.alone |= 1 << lane;
        let mut alone = lane::Lane { lane, left, at, ops: 0 };
        match lane::run(context.code, rows, &mut alone, place, join)? {
            End::Arrived => state.arrive(lane, alone.left, alone.at),
            End::Ended(stop, returned) => state.end(lane, stop, returned, alone.left),
        }
        context.stats.scalar_ops += alone.ops;
    }
    state.gather();
    Ok((state.alive > 0).then_some(join))
}
