//! Expressions to values, from left to right.

use super::{Lowering, return_types};
use crate::ir::{BinaryOp, BlockId, Build, Condition, ConvertOp, OverflowOp, TrapKind, Type, Value};
use crate::lang::c::ast::{BinaryOperator, Integer, ReturnType, UnaryOperator};
use crate::lang::c::hir::{Expression, ExpressionId, ExpressionKind, List, LocalId, Place};
use std::cmp::Ordering;

/// A place whose address is computed.
#[derive(Clone, Copy)]
pub(super) enum Address {
    Scalar(LocalId),
    Memory(Value, i32, Integer),
}

/// The largest constant index that becomes an offset.
pub(super) const LARGEST_OFFSET: i64 = i32::MAX as i64 / 8 - 1;

impl<B: Build> Lowering<'_, B> {
    pub(super) fn expression(&self, id: ExpressionId) -> Expression {
        self.program.expressions[id.0 as usize]
    }

    /// A constant of an integer type; the IR has no unsigned ones.
    pub(super) fn integer(&mut self, ty: Integer, value: i64) -> Value {
        self.builder.constant(ty.lowered(), ty.in_register(value))
    }

    /// For its effects alone.
    pub(super) fn effect(&mut self, id: ExpressionId) {
        match self.expression(id).kind {
            ExpressionKind::Call { function, arguments } => drop(self.call(function, arguments)),
            ExpressionKind::Array(_) | ExpressionKind::Global(_) | ExpressionKind::Address(_) => {}
            ExpressionKind::Comma { left, right } => {
                self.effect(left);
                self.effect(right);
            }
            ExpressionKind::Step { increment, target, .. } => drop(self.step(increment, true, target)),
            _ => drop(self.value(id)),
        }
    }

    fn call(&mut self, function: u32, arguments: List) -> Option<Value> {
        let program = self.program;
        let arguments: Vec<Value> =
            program.list(arguments).iter().map(|&argument| self.value(ExpressionId(argument))).collect();
        let returns: ReturnType = program.functions[function as usize].returns;
        let results = self.builder.call(crate::ir::FunctionId(function), &arguments, return_types(returns));
        results.first().copied()
    }

    /// The value of an expression.
    pub(super) fn value(&mut self, id: ExpressionId) -> Value {
        let Expression { kind, ty, .. } = self.expression(id);
        match kind {
            ExpressionKind::Constant(value) => self.integer(ty, value),
            ExpressionKind::Convert(operand) => {
                let from = self.expression(operand).ty;
                let value = self.value(operand);
                self.convert(value, from, ty)
            }
            ExpressionKind::Comma { left, right } => {
                self.effect(left);
                self.value(right)
            }
            ExpressionKind::Scalar(local) => self.read_scalar(local),
            ExpressionKind::Array(local) | ExpressionKind::Address(local) => self.array(local),
            ExpressionKind::Global(global) => self.global(global),
            ExpressionKind::Element { array, index } => {
                let address = self.element(array, index);
                self.read(address)
            }
            ExpressionKind::Load(address) => {
                let address = self.memory(address, ty);
                self.read(address)
            }
            ExpressionKind::Index { base, index, scale, bound, .. } => self.moved(base, index, scale, bound),
            ExpressionKind::ComparePointers { .. } => self.truth_as_int(id),
            ExpressionKind::Distance { left, right, scale } => self.distance(left, right, scale),
            ExpressionKind::Call { function, arguments } => {
                self.call(function, arguments).expect("check lets no void call be a value")
            }
            ExpressionKind::Unary { operator, operand } => self.unary(id, ty, operator, operand),
            ExpressionKind::Binary { operator, left, right } => match operator {
                BinaryOperator::LogicalAnd | BinaryOperator::LogicalOr => self.truth_as_int(id),
                _ if comparison(operator).is_some() => self.truth_as_int(id),
                _ => {
                    let left = self.value(left);
                    let divisor = self.constant(right);
                    let right = self.value(right);
                    self.arithmetic(ty, operator, left, right, divisor)
                }
            },
            ExpressionKind::Conditional { condition, then, otherwise } => {
                self.conditional(ty, condition, then, otherwise)
            }
            ExpressionKind::Assign { operator, target, value, at } => self.assign(operator, target, value, at),
            ExpressionKind::Step { increment, prefix, target } => self.step(increment, prefix, target),
        }
    }

    pub(super) fn constant(&self, id: ExpressionId) -> Option<i64> {
        match self.expression(id).kind {
            ExpressionKind::Constant(value) => Some(value),
            _ => None,
        }
    }

    fn unary(&mut self, id: ExpressionId, ty: Integer, operator: UnaryOperator, operand: ExpressionId) -> Value {
        match operator {
            UnaryOperator::Not => self.truth_as_int(id),
            UnaryOperator::Plus => self.value(operand),
            UnaryOperator::Negate => {
                let operand = self.value(operand);
                let zero = self.integer(ty, 0);
                self.arithmetic(ty, BinaryOperator::Subtract, zero, operand, None)
            }
            UnaryOperator::BitNot => {
                let operand = self.value(operand);
                let ones = self.integer(ty, -1);
                self.builder.binary(BinaryOp::Xor, operand, ones)
            }
        }
    }

    fn truth_as_int(&mut self, id: ExpressionId) -> Value {
        let truth = self.truth(id);
        self.builder.convert(ConvertOp::ZeroExtend, truth, Type::I32)
    }

    /// Whether an expression is not zero, an i1.
    fn truth(&mut self, id: ExpressionId) -> Value {
        match self.expression(id).kind {
            ExpressionKind::Unary { operator: UnaryOperator::Not, operand } => {
                let operand = self.truth(operand);
                let zero = self.builder.constant(Type::I1, 0);
                self.builder.compare(Condition::Eq, operand, zero)
            }
            ExpressionKind::Binary { operator, left, right } => match (operator, comparison(operator)) {
                (_, Some(condition)) => {
                    let condition = if self.expression(left).ty.is_signed() { condition } else { unsigned(condition) };
                    let left = self.value(left);
                    let right = self.value(right);
                    self.builder.compare(condition, left, right)
                }
                (BinaryOperator::LogicalAnd, _) => self.short_circuit(left, right, false),
                (BinaryOperator::LogicalOr, _) => self.short_circuit(left, right, true),
                _ => self.not_zero(id),
            },
            ExpressionKind::ComparePointers { operator, left, right } => self.compare_pointers(operator, left, right),
            _ => self.not_zero(id),
        }
    }

    fn not_zero(&mut self, id: ExpressionId) -> Value {
        let ty = self.expression(id).ty;
        let value = self.value(id);
        let zero = self.integer(ty, 0);
        self.builder.compare(Condition::Ne, value, zero)
    }

    /// `&&` and `||` as an i1; `stops` is the value of the left side that settles it.
    fn short_circuit(&mut self, left: ExpressionId, right: ExpressionId, stops: bool) -> Value {
        let left = self.truth(left);
        let (more, join) = (self.builder.block(), self.builder.block());
        let result = self.builder.block_parameter(join, Type::I1);
        let settled = self.builder.constant(Type::I1, stops.into());
        if stops {
            self.builder.branch(left, (join, &[settled]), (more, &[]));
        } else {
            self.builder.branch(left, (more, &[]), (join, &[settled]));
        }
        self.builder.seal(more);
        self.builder.switch_to(more);
        let right = self.truth(right);
        self.builder.jump(join, &[right]);
        self.builder.seal(join);
        self.builder.switch_to(join);
        result
    }

    /// Goes to `yes` where the expression is not zero, else to `no`; both are sealed by the caller.
    pub(super) fn condition(&mut self, id: ExpressionId, yes: BlockId, no: BlockId) {
        match self.expression(id).kind {
            ExpressionKind::Unary { operator: UnaryOperator::Not, operand } => self.condition(operand, no, yes),
            ExpressionKind::Binary { operator: BinaryOperator::LogicalAnd, left, right } => {
                let more = self.builder.block();
                self.condition(left, more, no);
                self.builder.seal(more);
                self.builder.switch_to(more);
                self.condition(right, yes, no);
            }
            ExpressionKind::Binary { operator: BinaryOperator::LogicalOr, left, right } => {
                let more = self.builder.block();
                self.condition(left, yes, more);
                self.builder.seal(more);
                self.builder.switch_to(more);
                self.condition(right, yes, no);
            }
            _ => {
                let truth = self.truth(id);
                self.builder.branch(truth, (yes, &[]), (no, &[]));
            }
        }
    }

    fn conditional(
        &mut self,
        ty: Integer,
        condition: ExpressionId,
        then: ExpressionId,
        otherwise: ExpressionId,
    ) -> Value {
        let (yes, no, join) = (self.builder.block(), self.builder.block(), self.builder.block());
        let result = self.builder.block_parameter(join, ty.lowered());
        self.condition(condition, yes, no);
        for (block, side) in [(yes, then), (no, otherwise)] {
            self.builder.seal(block);
            self.builder.switch_to(block);
            let value = self.value(side);
            self.builder.jump(join, &[value]);
        }
        self.builder.seal(join);
        self.builder.switch_to(join);
        result
    }

    fn element(&mut self, array: LocalId, index: ExpressionId) -> Address {
        let (base, ty) = (self.array(array), self.type_of(array));
        match self.constant(index) {
            Some(index @ 0..=LARGEST_OFFSET) => Address::Memory(base, ty.size() as i32 * index as i32, ty),
            _ => {
                let index = self.value(index);
                Address::Memory(self.builder.index(base, index, ty.size()), 0, ty)
            }
        }
    }

    fn place(&mut self, place: Place) -> Address {
        match place {
            Place::Scalar(local) => Address::Scalar(local),
            Place::Element { array, index } => self.element(array, index),
            Place::Memory { address, ty } => self.memory(address, ty),
        }
    }

    fn read(&mut self, address: Address) -> Value {
        match address {
            Address::Scalar(local) => self.read_scalar(local),
            Address::Memory(base, offset, ty) => self.builder.load(ty.lowered(), base, offset),
        }
    }

    /// The value as it is known from here on.
    fn write(&mut self, address: Address, value: Value) -> Value {
        match address {
            Address::Scalar(local) => self.write_scalar(local, value),
            Address::Memory(base, offset, _) => {
                self.builder.store(value, base, offset);
                value
            }
        }
    }

    fn place_type(&self, place: Place) -> Integer {
        match place {
            Place::Scalar(local) | Place::Element { array: local, .. } => self.type_of(local),
            Place::Memory { ty, .. } => ty,
        }
    }

    fn assign(&mut self, operator: Option<BinaryOperator>, target: Place, value: ExpressionId, at: Integer) -> Value {
        let address = self.place(target);
        let divisor = self.constant(value);
        let new = match operator {
            None => self.value(value),
            Some(operator) => {
                let ty = self.place_type(target);
                let old = self.read(address);
                let old = self.convert(old, ty, at);
                let value = self.value(value);
                let new = self.arithmetic(at, operator, old, value, divisor);
                self.convert(new, at, ty)
            }
        };
        self.write(address, new)
    }

    fn step(&mut self, increment: bool, prefix: bool, target: Place) -> Value {
        if let Place::Scalar(local) = target
            && self.function.locals[local.0 as usize].is_pointer()
        {
            return self.step_pointer(local, increment, prefix);
        }
        let address = self.place(target);
        let ty = self.place_type(target);
        let at = ty.promoted();
        let mut old = self.read(address);
        if !prefix {
            old = self.builder.kept(old);
        }
        let wide = self.convert(old, ty, at);
        let one = self.integer(at, 1);
        let operator = if increment { BinaryOperator::Add } else { BinaryOperator::Subtract };
        let new = self.arithmetic(at, operator, wide, one, None);
        let new = self.convert(new, at, ty);
        let new = self.write(address, new);
        if prefix { new } else { old }
    }

    /// A value of one integer type in another.
    fn convert(&mut self, value: Value, from: Integer, to: Integer) -> Value {
        if to == Integer::Bool && from != Integer::Bool {
            let zero = self.integer(from, 0);
            let truth = self.builder.compare(Condition::Ne, value, zero);
            return self.builder.convert(ConvertOp::ZeroExtend, truth, Type::I8);
        }
        match to.size().cmp(&from.size()) {
            Ordering::Equal => value,
            Ordering::Less => self.builder.convert(ConvertOp::Truncate, value, to.lowered()),
            Ordering::Greater if from.is_signed() => self.builder.convert(ConvertOp::SignExtend, value, to.lowered()),
            Ordering::Greater => self.builder.convert(ConvertOp::ZeroExtend, value, to.lowered()),
        }
    }

    /// An operation that is neither logical nor a comparison, in type `ty` and with its traps; `divisor` is the right
    /// side where it is a constant. What has no sign wraps.
    fn arithmetic(
        &mut self,
        ty: Integer,
        operator: BinaryOperator,
        left: Value,
        right: Value,
        divisor: Option<i64>,
    ) -> Value {
        let signed = ty.is_signed();
        let builder = &mut self.builder;
        let mut overflowing =
            |check, op| if signed { builder.checked(check, left, right) } else { builder.binary(op, left, right) };
        match operator {
            BinaryOperator::Add => overflowing(OverflowOp::Add, BinaryOp::Add),
            BinaryOperator::Subtract => overflowing(OverflowOp::Sub, BinaryOp::Sub),
            BinaryOperator::Multiply => overflowing(OverflowOp::Mul, BinaryOp::Mul),
            BinaryOperator::Divide => {
                let op = if signed { BinaryOp::SDiv } else { BinaryOp::UDiv };
                self.divide(ty, op, left, right, divisor)
            }
            BinaryOperator::Remainder => {
                let op = if signed { BinaryOp::SRem } else { BinaryOp::URem };
                self.divide(ty, op, left, right, divisor)
            }
            BinaryOperator::ShiftLeft => {
                let count = self.checked_count(ty, right, divisor);
                if signed { self.shift_left(ty, left, count) } else { self.builder.binary(BinaryOp::Shl, left, count) }
            }
            BinaryOperator::ShiftRight => {
                let count = self.checked_count(ty, right, divisor);
                let op = if signed { BinaryOp::AShr } else { BinaryOp::LShr };
                self.builder.binary(op, left, count)
            }
            BinaryOperator::BitAnd => builder.binary(BinaryOp::And, left, right),
            BinaryOperator::BitOr => builder.binary(BinaryOp::Or, left, right),
            BinaryOperator::BitXor => builder.binary(BinaryOp::Xor, left, right),
            _ => unreachable!("comparisons and logical operators have their own lowering"),
        }
    }

    fn divide(&mut self, ty: Integer, op: BinaryOp, left: Value, right: Value, divisor: Option<i64>) -> Value {
        if divisor.is_none_or(|divisor| divisor == 0) {
            let zero = self.integer(ty, 0);
            let by_zero = self.builder.compare(Condition::Eq, right, zero);
            self.builder.trap_if(by_zero, TrapKind::DivideByZero);
        }
        if ty.is_signed() && divisor.is_none_or(|divisor| divisor == -1) {
            let least = if ty.size() == 8 { i64::MIN } else { i32::MIN.into() };
            let (least, minus_one) = (self.integer(ty, least), self.integer(ty, -1));
            let left_least = self.builder.compare(Condition::Eq, left, least);
            let right_minus_one = self.builder.compare(Condition::Eq, right, minus_one);
            let both = self.builder.binary(BinaryOp::And, left_least, right_minus_one);
            self.builder.trap_if(both, TrapKind::IntegerOverflow);
        }
        self.builder.binary(op, left, right)
    }

    /// Traps unless the count is below the width of `ty`, and gives it in that type. The count has a promoted type of
    /// its own; a negative one is large without sign.
    fn checked_count(&mut self, ty: Integer, count: Value, constant: Option<i64>) -> Value {
        let bits = 8 * i64::from(ty.size());
        let own = self.builder.type_of(count);
        if constant.is_none_or(|count| !(0..bits).contains(&count)) {
            let width = self.builder.constant(own, bits);
            let bad = self.builder.compare(Condition::Uge, count, width);
            self.builder.trap_if(bad, TrapKind::BadShift);
        }
        match (own, ty.lowered()) {
            (own, wanted) if own == wanted => count,
            (Type::I64, wanted) => self.builder.convert(ConvertOp::Truncate, count, wanted),
            (_, wanted) => self.builder.convert(ConvertOp::ZeroExtend, count, wanted),
        }
    }

    /// C11: undefined for a negative left side, and where the result does not fit.
    fn shift_left(&mut self, ty: Integer, left: Value, right: Value) -> Value {
        let zero = self.integer(ty, 0);
        let negative = self.builder.compare(Condition::Slt, left, zero);
        self.builder.trap_if(negative, TrapKind::BadShift);
        let result = self.builder.binary(BinaryOp::Shl, left, right);
        let back = self.builder.binary(BinaryOp::AShr, result, right);
        let lost = self.builder.compare(Condition::Ne, back, left);
        self.builder.trap_if(lost, TrapKind::BadShift);
        result
    }
}

/// The same comparison of numbers without sign.
pub(super) fn unsigned(condition: Condition) -> Condition {
    match condition {
        Condition::Slt => Condition::Ult,
        Condition::Sle => Condition::Ule,
        Condition::Sgt => Condition::Ugt,
        Condition::Sge => Condition::Uge,
        other => other,
    }
}

/// The condition of a comparison operator.
pub(super) fn comparison(operator: BinaryOperator) -> Option<Condition> {
    match operator {
        BinaryOperator::Equal => Some(Condition::Eq),
        BinaryOperator::NotEqual => Some(Condition::Ne),
        BinaryOperator::Less => Some(Condition::Slt),
        BinaryOperator::LessEqual => Some(Condition::Sle),
        BinaryOperator::Greater => Some(Condition::Sgt),
        BinaryOperator::GreaterEqual => Some(Condition::Sge),
        _ => None,
    }
}
