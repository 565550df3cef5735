//! Expressions to values, from left to right.

use super::{Lowering, return_types};
use crate::ir::{BinaryOp, BlockId, Condition, ConvertOp, OverflowOp, TrapKind, Type, Value};
use crate::lang::c::ast::{BinaryOperator, ReturnType, UnaryOperator};
use crate::lang::c::hir::{Expression, ExpressionId, ExpressionKind, List, LocalId, Place};

/// A place whose address is computed.
#[derive(Clone, Copy)]
enum Address {
    Scalar(LocalId),
    Memory(Value, i32),
}

/// The largest constant index that becomes an offset.
const LARGEST_OFFSET: i32 = i32::MAX / 4 - 1;

impl Lowering<'_> {
    fn expression(&self, id: ExpressionId) -> Expression {
        self.program.expressions[id.0 as usize]
    }

    fn int(&mut self, value: i32) -> Value {
        self.builder.constant(Type::I32, value.into())
    }

    /// For its effects alone.
    pub(super) fn effect(&mut self, id: ExpressionId) {
        match self.expression(id).kind {
            ExpressionKind::Call { function, arguments } => drop(self.call(function, arguments)),
            ExpressionKind::Array(_) => {}
            ExpressionKind::Step { increment, target, .. } => drop(self.step(increment, true, target)),
            _ => drop(self.value(id)),
        }
    }

    /// An int or a pointer.
    pub(super) fn any(&mut self, id: ExpressionId) -> Value {
        match self.expression(id).kind {
            ExpressionKind::Array(array) => self.array(array),
            _ => self.value(id),
        }
    }

    fn call(&mut self, function: u32, arguments: List) -> Option<Value> {
        let program = self.program;
        let arguments: Vec<Value> =
            program.list(arguments).iter().map(|&argument| self.any(ExpressionId(argument))).collect();
        let returns: ReturnType = program.functions[function as usize].returns;
        let results = self.builder.call(crate::ir::FunctionId(function), &arguments, return_types(returns));
        results.first().copied()
    }

    /// The value of an int expression, or of a call that returns a pointer.
    pub(super) fn value(&mut self, id: ExpressionId) -> Value {
        match self.expression(id).kind {
            ExpressionKind::Constant(value) => self.int(value),
            ExpressionKind::Scalar(local) => self.read_scalar(local),
            ExpressionKind::Array(array) => self.array(array),
            ExpressionKind::Element { array, index } => {
                let address = self.element(array, index);
                self.read(address)
            }
            ExpressionKind::Call { function, arguments } => {
                self.call(function, arguments).expect("check lets no void call be a value")
            }
            ExpressionKind::Unary { operator, operand } => self.unary(id, operator, operand),
            ExpressionKind::Binary { operator, left, right } => match operator {
                BinaryOperator::LogicalAnd | BinaryOperator::LogicalOr => self.truth_as_int(id),
                _ if comparison(operator).is_some() => self.truth_as_int(id),
                _ => {
                    let left = self.value(left);
                    let divisor = self.constant(right);
                    let right = self.value(right);
                    self.arithmetic(operator, left, right, divisor)
                }
            },
            ExpressionKind::Conditional { condition, then, otherwise } => self.conditional(condition, then, otherwise),
            ExpressionKind::Assign { operator, target, value } => self.assign(operator, target, value),
            ExpressionKind::Step { increment, prefix, target } => self.step(increment, prefix, target),
        }
    }

    fn constant(&self, id: ExpressionId) -> Option<i32> {
        match self.expression(id).kind {
            ExpressionKind::Constant(value) => Some(value),
            _ => None,
        }
    }

    fn unary(&mut self, id: ExpressionId, operator: UnaryOperator, operand: ExpressionId) -> Value {
        match operator {
            UnaryOperator::Not => self.truth_as_int(id),
            UnaryOperator::Plus => self.value(operand),
            UnaryOperator::Negate => {
                let operand = self.value(operand);
                let zero = self.int(0);
                self.arithmetic(BinaryOperator::Subtract, zero, operand, None)
            }
            UnaryOperator::BitNot => {
                let operand = self.value(operand);
                let ones = self.int(-1);
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
                    let left = self.value(left);
                    let right = self.value(right);
                    self.builder.compare(condition, left, right)
                }
                (BinaryOperator::LogicalAnd, _) => self.short_circuit(left, right, false),
                (BinaryOperator::LogicalOr, _) => self.short_circuit(left, right, true),
                _ => self.not_zero(id),
            },
            _ => self.not_zero(id),
        }
    }

    fn not_zero(&mut self, id: ExpressionId) -> Value {
        let value = self.value(id);
        let zero = self.int(0);
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

    fn conditional(&mut self, condition: ExpressionId, then: ExpressionId, otherwise: ExpressionId) -> Value {
        let (yes, no, join) = (self.builder.block(), self.builder.block(), self.builder.block());
        let result = self.builder.block_parameter(join, Type::I32);
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
        let base = self.array(array);
        match self.constant(index) {
            Some(index @ 0..=LARGEST_OFFSET) => Address::Memory(base, 4 * index),
            _ => {
                let index = self.value(index);
                Address::Memory(self.builder.index(base, index, 4), 0)
            }
        }
    }

    fn place(&mut self, place: Place) -> Address {
        match place {
            Place::Scalar(local) => Address::Scalar(local),
            Place::Element { array, index } => self.element(array, index),
        }
    }

    fn read(&mut self, address: Address) -> Value {
        match address {
            Address::Scalar(local) => self.read_scalar(local),
            Address::Memory(base, offset) => self.builder.load(Type::I32, base, offset),
        }
    }

    fn write(&mut self, address: Address, value: Value) {
        match address {
            Address::Scalar(local) => self.write_scalar(local, value),
            Address::Memory(base, offset) => self.builder.store(value, base, offset),
        }
    }

    fn assign(&mut self, operator: Option<BinaryOperator>, target: Place, value: ExpressionId) -> Value {
        let address = self.place(target);
        let divisor = self.constant(value);
        let new = match operator {
            None => self.value(value),
            Some(operator) => {
                let old = self.read(address);
                let value = self.value(value);
                self.arithmetic(operator, old, value, divisor)
            }
        };
        self.write(address, new);
        new
    }

    fn step(&mut self, increment: bool, prefix: bool, target: Place) -> Value {
        let address = self.place(target);
        let old = self.read(address);
        let one = self.int(1);
        let operator = if increment { BinaryOperator::Add } else { BinaryOperator::Subtract };
        let new = self.arithmetic(operator, old, one, None);
        self.write(address, new);
        if prefix { new } else { old }
    }

    /// An operation that is neither logical nor a comparison, with its traps; `divisor` is the right side where it
    /// is a constant.
    fn arithmetic(&mut self, operator: BinaryOperator, left: Value, right: Value, divisor: Option<i32>) -> Value {
        let builder = &mut self.builder;
        let mut overflowing = |check, op| {
            let overflows = builder.overflows(check, left, right);
            builder.trap_if(overflows, TrapKind::IntegerOverflow);
            builder.binary(op, left, right)
        };
        match operator {
            BinaryOperator::Add => overflowing(OverflowOp::Add, BinaryOp::Add),
            BinaryOperator::Subtract => overflowing(OverflowOp::Sub, BinaryOp::Sub),
            BinaryOperator::Multiply => overflowing(OverflowOp::Mul, BinaryOp::Mul),
            BinaryOperator::Divide => self.divide(BinaryOp::SDiv, left, right, divisor),
            BinaryOperator::Remainder => self.divide(BinaryOp::SRem, left, right, divisor),
            BinaryOperator::ShiftLeft => {
                self.check_count(right, divisor);
                self.shift_left(left, right)
            }
            BinaryOperator::ShiftRight => {
                self.check_count(right, divisor);
                self.builder.binary(BinaryOp::AShr, left, right)
            }
            BinaryOperator::BitAnd => builder.binary(BinaryOp::And, left, right),
            BinaryOperator::BitOr => builder.binary(BinaryOp::Or, left, right),
            BinaryOperator::BitXor => builder.binary(BinaryOp::Xor, left, right),
            _ => unreachable!("comparisons and logical operators have their own lowering"),
        }
    }

    fn divide(&mut self, op: BinaryOp, left: Value, right: Value, divisor: Option<i32>) -> Value {
        if divisor.is_none_or(|divisor| divisor == 0) {
            let zero = self.int(0);
            let by_zero = self.builder.compare(Condition::Eq, right, zero);
            self.builder.trap_if(by_zero, TrapKind::DivideByZero);
        }
        if divisor.is_none_or(|divisor| divisor == -1) {
            let (least, minus_one) = (self.int(i32::MIN), self.int(-1));
            let left_least = self.builder.compare(Condition::Eq, left, least);
            let right_minus_one = self.builder.compare(Condition::Eq, right, minus_one);
            let both = self.builder.binary(BinaryOp::And, left_least, right_minus_one);
            self.builder.trap_if(both, TrapKind::IntegerOverflow);
        }
        self.builder.binary(op, left, right)
    }

    /// A negative count is a large one without sign.
    fn check_count(&mut self, count: Value, constant: Option<i32>) {
        if constant.is_none_or(|count| !(0..32).contains(&count)) {
            let width = self.int(32);
            let bad = self.builder.compare(Condition::Uge, count, width);
            self.builder.trap_if(bad, TrapKind::BadShift);
        }
    }

    /// C11: undefined for a negative left side, and where the result does not fit.
    fn shift_left(&mut self, left: Value, right: Value) -> Value {
        let zero = self.int(0);
        let negative = self.builder.compare(Condition::Slt, left, zero);
        self.builder.trap_if(negative, TrapKind::BadShift);
        let result = self.builder.binary(BinaryOp::Shl, left, right);
        let back = self.builder.binary(BinaryOp::AShr, result, right);
        let lost = self.builder.compare(Condition::Ne, back, left);
        self.builder.trap_if(lost, TrapKind::BadShift);
        result
    }
}

/// The condition of a comparison operator.
fn comparison(operator: BinaryOperator) -> Option<Condition> {
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
