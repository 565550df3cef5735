//! Walks over the values of instructions, and renumbering of a whole function.

use super::{Function, Inst, Target, Terminator, Value};

impl Inst {
    /// Calls `visit` with each value that the instruction reads, in the order of the text form.
    #[inline]
    pub fn uses(&self, mut visit: impl FnMut(Value)) {
        match self {
            Self::Const { .. } | Self::Allocate { .. } | Self::Global { .. } | Self::Fuel { .. } => {}
            Self::Binary { left, right, .. }
            | Self::Overflows { left, right, .. }
            | Self::Compare { left, right, .. } => {
                visit(*left);
                visit(*right);
            }
            Self::Select { condition, then, otherwise, .. } => {
                visit(*condition);
                visit(*then);
                visit(*otherwise);
            }
            Self::Convert { operand, .. } => visit(*operand),
            Self::Index { base, index, .. } | Self::Advance { base, index, .. } => {
                visit(*base);
                visit(*index);
            }
            Self::Load { address, .. } => visit(*address),
            Self::Store { value, address, .. } => {
                visit(*value);
                visit(*address);
            }
            Self::TrapIf { condition, .. } => visit(*condition),
            Self::Call(call) => call.arguments.iter().copied().for_each(visit),
            Self::Note { value, .. } => visit(*value),
        }
    }

    /// Calls `visit` with each value that the instruction reads, to change it.
    #[inline]
    pub fn uses_mut(&mut self, mut visit: impl FnMut(&mut Value)) {
        match self {
            Self::Const { .. } | Self::Allocate { .. } | Self::Global { .. } | Self::Fuel { .. } => {}
            Self::Binary { left, right, .. }
            | Self::Overflows { left, right, .. }
            | Self::Compare { left, right, .. } => {
                visit(left);
                visit(right);
            }
            Self::Select { condition, then, otherwise, .. } => {
                visit(condition);
                visit(then);
                visit(otherwise);
            }
            Self::Convert { operand, .. } => visit(operand),
            Self::Index { base, index, .. } | Self::Advance { base, index, .. } => {
                visit(base);
                visit(index);
            }
            Self::Load { address, .. } => visit(address),
            Self::Store { value, address, .. } => {
                visit(value);
                visit(address);
            }
            Self::TrapIf { condition, .. } => visit(condition),
            Self::Call(call) => call.arguments.iter_mut().for_each(visit),
            Self::Note { value, .. } => visit(value),
        }
    }

    /// Calls `visit` with each value that the instruction reads or defines, to change it: [`Self::results_mut`] and
    /// [`Self::uses_mut`] in one, since every instruction of every new program is renamed so.
    #[inline]
    pub(super) fn values_mut(&mut self, mut visit: impl FnMut(&mut Value)) {
        match self {
            Self::Fuel { .. } => {}
            Self::Const { result, .. } | Self::Allocate { result, .. } | Self::Global { result, .. } => visit(result),
            Self::Binary { result, left, right, .. }
            | Self::Overflows { result, left, right, .. }
            | Self::Compare { result, left, right, .. } => {
                visit(result);
                visit(left);
                visit(right);
            }
            Self::Select { result, condition, then, otherwise } => {
                visit(result);
                visit(condition);
                visit(then);
                visit(otherwise);
            }
            Self::Convert { result, operand, .. } => {
                visit(result);
                visit(operand);
            }
            Self::Index { result, base, index, .. } | Self::Advance { result, base, index, .. } => {
                visit(result);
                visit(base);
                visit(index);
            }
            Self::Load { result, address, .. } => {
                visit(result);
                visit(address);
            }
            Self::Store { value, address, .. } => {
                visit(value);
                visit(address);
            }
            Self::TrapIf { condition, .. } => visit(condition),
            Self::Call(call) => call.results.iter_mut().chain(&mut call.arguments).for_each(visit),
            Self::Note { value, .. } => visit(value),
        }
    }

    /// The values that the instruction defines.
    #[inline]
    pub fn results(&self) -> &[Value] {
        match self {
            Self::Const { result, .. }
            | Self::Binary { result, .. }
            | Self::Overflows { result, .. }
            | Self::Compare { result, .. }
            | Self::Select { result, .. }
            | Self::Convert { result, .. }
            | Self::Allocate { result, .. }
            | Self::Index { result, .. }
            | Self::Advance { result, .. }
            | Self::Global { result, .. }
            | Self::Load { result, .. } => std::slice::from_ref(result),
            Self::Call(call) => &call.results,
            Self::Store { .. } | Self::TrapIf { .. } | Self::Fuel { .. } | Self::Note { .. } => &[],
        }
    }

    /// The values that the instruction defines, to change them.
    #[inline]
    pub fn results_mut(&mut self) -> &mut [Value] {
        match self {
            Self::Const { result, .. }
            | Self::Binary { result, .. }
            | Self::Overflows { result, .. }
            | Self::Compare { result, .. }
            | Self::Select { result, .. }
            | Self::Convert { result, .. }
            | Self::Allocate { result, .. }
            | Self::Index { result, .. }
            | Self::Advance { result, .. }
            | Self::Global { result, .. }
            | Self::Load { result, .. } => std::slice::from_mut(result),
            Self::Call(call) => &mut call.results,
            Self::Store { .. } | Self::TrapIf { .. } | Self::Fuel { .. } | Self::Note { .. } => &mut [],
        }
    }
}

impl Terminator {
    /// Where it may go on.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        let (first, second) = match self {
            Self::Jump(target) => (Some(target), None),
            Self::Branch { then, otherwise, .. } => (Some(then), Some(otherwise)),
            Self::Return(_) | Self::Trap(_) => (None, None),
        };
        first.into_iter().chain(second)
    }

    /// The same, to change them.
    pub fn targets_mut(&mut self) -> impl Iterator<Item = &mut Target> {
        let (first, second) = match self {
            Self::Jump(target) => (Some(target), None),
            Self::Branch { then, otherwise, .. } => (Some(then), Some(otherwise)),
            Self::Return(_) | Self::Trap(_) => (None, None),
        };
        first.into_iter().chain(second)
    }

    /// Calls `visit` with each value that it reads, in the order of the text form.
    #[inline]
    pub fn uses(&self, mut visit: impl FnMut(Value)) {
        match self {
            Self::Jump(target) => target.arguments.iter().copied().for_each(visit),
            Self::Branch { condition, then, otherwise } => {
                visit(*condition);
                then.arguments.iter().chain(&otherwise.arguments).copied().for_each(visit);
            }
            Self::Return(values) => values.iter().copied().for_each(visit),
            Self::Trap(_) => {}
        }
    }

    /// Calls `visit` with each value that it reads, to change it.
    #[inline]
    pub fn uses_mut(&mut self, mut visit: impl FnMut(&mut Value)) {
        match self {
            Self::Jump(target) => target.arguments.iter_mut().for_each(visit),
            Self::Branch { condition, then, otherwise } => {
                visit(condition);
                then.arguments.iter_mut().chain(&mut otherwise.arguments).for_each(visit);
            }
            Self::Return(values) => values.iter_mut().for_each(visit),
            Self::Trap(_) => {}
        }
    }
}

/// Values that stand for others.
#[derive(Default)]
pub(super) struct Aliases(Vec<Value>);

impl Aliases {
    /// None yet, of `count` values.
    pub(super) fn reset(&mut self, count: usize) {
        self.0.clear();
        self.0.extend((0..count as u32).map(Value));
    }

    /// From now on `value` is `other`.
    pub(super) fn set(&mut self, value: Value, other: Value) {
        self.0[value.0 as usize] = other;
    }

    /// What `value` is in the end; shortens the way there.
    #[inline]
    pub(super) fn resolve(&mut self, value: Value) -> Value {
        let mut at = value;
        // Values made after the table have no alias.
        while let Some(&next) = self.0.get(at.0 as usize)
            && next != at
        {
            if let Some(&after) = self.0.get(next.0 as usize) {
                self.0[at.0 as usize] = after;
            }
            at = next;
        }
        at
    }
}

/// Numbers the values of `function` in the order of their definitions, and drops those that are not defined.
pub(super) fn renumber(function: &mut Function) {
    let mut numbers = vec![u32::MAX; function.types.len()];
    let old_types = std::mem::take(&mut function.types);
    let types = &mut function.types;
    let mut define = |value: &mut Value| {
        let old = value.0 as usize;
        numbers[old] = types.len() as u32;
        *value = Value(types.len() as u32);
        types.push(old_types[old]);
    };
    for block in &mut function.blocks {
        block.parameters.iter_mut().for_each(&mut define);
        for inst in &mut block.insts {
            inst.results_mut().iter_mut().for_each(&mut define);
        }
    }
    let mut rename = |value: &mut Value| {
        value.0 = numbers[value.0 as usize];
        assert!(value.0 != u32::MAX, "every value in use is defined");
    };
    for block in &mut function.blocks {
        block.insts.iter_mut().for_each(|inst| inst.uses_mut(&mut rename));
        block.terminator.uses_mut(&mut rename);
    }
}
