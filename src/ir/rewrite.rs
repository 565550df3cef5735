//! Walks over the values of instructions, and renumbering of a whole function.

use super::{BlockId, Function, Inst, Target, Terminator, Type, Value};

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
    /// None from now on.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

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

/// The memory of [`renumber`].
#[derive(Default)]
pub(super) struct Numbers {
    numbers: Vec<u32>,
    old_types: Vec<Type>,
}

/// Numbers the values of `function` in the order of their definitions, drops those that are not defined, puts values
/// where their aliases stand, and renames the targets of jumps to `blocks[old]`.
pub(super) fn renumber(function: &mut Function, blocks: &[u32], aliases: &mut Aliases, memory: &mut Numbers) {
    let Numbers { numbers, old_types } = memory;
    numbers.clear();
    numbers.resize(function.types.len(), u32::MAX);
    old_types.clear();
    old_types.append(&mut function.types);
    let types = &mut function.types;
    let mut in_order = aliases.0.is_empty() && blocks.iter().zip(0..).all(|(&block, number)| block == number);
    let mut define = |value: &mut Value| {
        let old = value.0 as usize;
        in_order &= old == types.len();
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
    // Straight programs have their last numbers already.
    if in_order {
        return;
    }
    let mut rename = |value: &mut Value| {
        value.0 = numbers[aliases.resolve(*value).0 as usize];
        assert!(value.0 != u32::MAX, "every value in use is defined in a reachable block");
    };
    for block in &mut function.blocks {
        block.insts.iter_mut().for_each(|inst| inst.uses_mut(&mut rename));
        block.terminator.uses_mut(&mut rename);
        block.terminator.targets_mut().for_each(|target| target.block = BlockId(blocks[target.block.0 as usize]));
    }
}
