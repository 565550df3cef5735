//! Pointers: places in memory, moved pointers with their bounds, comparisons and distances.

use super::Lowering;
use super::expression::{Address, LARGEST_OFFSET, comparison, unsigned};
use crate::ir::{BinaryOp, Build, Condition, ConvertOp, TrapKind, Type, Value};
use crate::lang::c::ast::{BinaryOperator, Integer};
use crate::lang::c::hir::{ExpressionId, ExpressionKind, LocalId};

/// The lowest bit of a pointer's object number.
const OBJECT: i64 = 1 << 32;

impl<B: Build> Lowering<'_, B> {
    /// Where a value of type `ty` is read or written.
    pub(super) fn memory(&mut self, address: ExpressionId, ty: Integer) -> Address {
        let (base, offset) = self.address(address, true);
        Address::Memory(base, offset, ty)
    }

    /// A pointer and an offset from it. `reached` says that memory is accessed there, so that the access itself checks
    /// what lies outside of the whole object.
    fn address(&mut self, id: ExpressionId, reached: bool) -> (Value, i32) {
        let ExpressionKind::Index { base, index, scale, bound, kept: false } = self.expression(id).kind else {
            return (self.value(id), 0);
        };
        let whole =
            matches!(self.expression(base).kind, ExpressionKind::Array(_) | ExpressionKind::Global(_)) && reached;
        let (pointer, offset) = self.address(base, reached);
        let bound = if whole { 0 } else { bound };
        if let Some(index @ 0..) = self.constant(index)
            && (bound == 0 || index < i64::from(bound))
            && let Some(offset) = index.checked_mul(scale.into()).map(|bytes| bytes + i64::from(offset))
            && offset <= LARGEST_OFFSET
        {
            return (pointer, offset as i32);
        }
        let index = self.value(index);
        self.check_bound(index, bound, Condition::Uge);
        (self.builder.index(pointer, index, scale), offset)
    }

    fn check_bound(&mut self, index: Value, bound: u32, outside: Condition) {
        if bound > 0 {
            let bound = self.builder.constant(self.builder.type_of(index), bound.into());
            let outside = self.builder.compare(outside, index, bound);
            self.builder.trap_if(outside, TrapKind::OutOfBounds);
        }
    }

    /// A pointer moved by an index, within its object or just behind it.
    pub(super) fn moved(&mut self, base: ExpressionId, index: ExpressionId, scale: u32, bound: u32) -> Value {
        let (mut pointer, offset) = self.address(base, false);
        if let Some(index @ 0..) = self.constant(index)
            && (bound == 0 || index <= i64::from(bound))
            && let Some(bytes) = index.checked_mul(scale.into()).map(|bytes| bytes + i64::from(offset))
            && bytes <= LARGEST_OFFSET
        {
            if bytes == 0 {
                return pointer;
            }
            let (elements, scale) =
                if bytes % i64::from(scale) == 0 { (bytes / i64::from(scale), scale) } else { (bytes, 1) };
            let elements = self.builder.constant(Type::I32, elements);
            return self.builder.advance(pointer, elements, scale);
        }
        if offset != 0 {
            let offset = self.builder.constant(Type::I32, offset.into());
            pointer = self.builder.index(pointer, offset, 1);
        }
        let index = self.value(index);
        self.check_bound(index, bound, Condition::Ugt);
        self.builder.advance(pointer, index, scale)
    }

    /// `p++` and the like.
    pub(super) fn step_pointer(&mut self, local: LocalId, increment: bool, prefix: bool) -> Value {
        let declared = &self.function.locals[local.0 as usize];
        let scale = declared.ty.size() * declared.rows.elements();
        let mut old = self.read_scalar(local);
        if !prefix {
            old = self.builder.kept(old);
        }
        let one = self.builder.constant(Type::I32, if increment { 1 } else { -1 });
        let new = self.builder.advance(old, one, scale);
        let new = self.write_scalar(local, new);
        if prefix { new } else { old }
    }

    /// An i1: whether two pointers are not into one object.
    fn apart(&mut self, left: Value, right: Value) -> Value {
        let differences = self.builder.binary(BinaryOp::Xor, left, right);
        let object = self.builder.constant(Type::I64, OBJECT);
        self.builder.compare(Condition::Uge, differences, object)
    }

    /// The bytes between two pointers into one object, over those of an element.
    pub(super) fn distance(&mut self, left: ExpressionId, right: ExpressionId, scale: u32) -> Value {
        let left = self.value(left);
        let right = self.value(right);
        let apart = self.apart(left, right);
        self.builder.trap_if(apart, TrapKind::OutOfBounds);
        let bytes = self.builder.binary(BinaryOp::Sub, left, right);
        if scale == 1 {
            return bytes;
        }
        let scale = self.builder.constant(Type::I64, scale.into());
        self.builder.binary(BinaryOp::SDiv, bytes, scale)
    }

    /// An i1. Pointers into different objects have no order; they are equal to none but themselves, except that C leaves
    /// open whether one behind the end of its object is equal to one to the first byte of another.
    pub(super) fn compare_pointers(
        &mut self,
        operator: BinaryOperator,
        left: ExpressionId,
        right: ExpressionId,
    ) -> Value {
        let left = self.value(left);
        let right = self.value(right);
        let condition = unsigned(comparison(operator).expect("it is a comparison"));
        let apart = self.apart(left, right);
        if !matches!(condition, Condition::Eq | Condition::Ne) {
            self.builder.trap_if(apart, TrapKind::OutOfBounds);
            return self.builder.compare(condition, left, right);
        }
        let (others, join) = (self.builder.block(), self.builder.block());
        self.builder.branch(apart, (others, &[]), (join, &[]));
        self.enter(others);
        let object = self.builder.constant(Type::I64, OBJECT);
        for pointer in [left, right] {
            let null = self.builder.compare(Condition::Ult, pointer, object);
            let next = self.builder.block();
            self.builder.branch(null, (join, &[]), (next, &[]));
            self.enter(next);
        }
        self.not_behind(left, right);
        self.not_behind(right, left);
        self.builder.jump(join, &[]);
        self.enter(join);
        self.builder.compare(condition, left, right)
    }

    /// Traps where `one` is behind the end of its object and `other` points to the first byte of one.
    fn not_behind(&mut self, one: Value, other: Value) {
        let offset = self.builder.convert(ConvertOp::Truncate, other, Type::I32);
        let zero = self.builder.constant(Type::I32, 0);
        let first = self.builder.compare(Condition::Eq, offset, zero);
        let first = self.builder.convert(ConvertOp::ZeroExtend, first, Type::I32);
        // One byte more is too much exactly there.
        self.builder.advance(one, first, 1);
    }
}
