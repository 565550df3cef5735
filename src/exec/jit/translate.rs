//! One function of the IR to one of Cranelift's.
//!
//! Every compiled function gets the [`Header`](super::machine::Header) first, and has one of two forms:
//!
//! - The entry, called from Rust: `(header) -> status`. It takes its arguments and fuel from where the header says and
//!   leaves what it returns there. That of a function which only works on one array goes through rows
//!   ([`Environment::goes_through_rows`]): it runs itself again on the next array, until it has been on all of them or
//!   gives up.
//! - The internal form, for functions that others call: `(header, depth?, arguments...) -> (status, first result)`. Such
//!   a function has an entry too, which only calls it.
//!
//! How runs stop, and fuel, are in [`super::stop`]; calls and returns in [`super::call`].

use super::access::{Descriptor, Offset};
use super::analysis::{Analysis, Facts as FunctionFacts};
use super::facts::{Fact, Facts};
use super::stop::{Stopping, prepaid};
use crate::ir::{
    self, BlockId, Condition, Function, FunctionId, Inst, Program, Target, Terminator, TrapKind, Type, Value,
};
use cranelift_codegen::ir::{self as clif, AbiParam, BlockArg, InstBuilder, MemFlagsData, Signature, types};
use cranelift_codegen::isa::{CallConv, TargetFrontendConfig};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext, Variable};

/// Every address is checked before it is used.
pub(super) const FLAGS: MemFlagsData = MemFlagsData::new().with_notrap();

/// How a function is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// From Rust.
    Entry,
    /// From other compiled functions.
    Internal,
}

/// What all functions of a program share.
pub(super) struct Environment<'a> {
    pub program: &'a Program,
    pub analysis: &'a Analysis,
    /// The number of each function's internal form, where it has one.
    pub internal: &'a [Option<u32>],
    pub config: TargetFrontendConfig,
    /// Code gives up instead of saying why it stops; arrays have the bytes that [`FunctionFacts::extents`] asks for.
    pub quick: bool,
    /// Off for one purpose only: to measure what checks cost. Such code must not run.
    pub checked: bool,
}

impl Environment<'_> {
    /// The signature of an entry.
    pub(super) fn entry_signature(&self) -> Signature {
        let mut signature = Signature::new(self.config.default_call_conv);
        signature.params.push(AbiParam::new(types::I64));
        signature.returns.push(AbiParam::new(types::I64));
        signature
    }

    /// Whether quick code of an entry runs on rows of arrays, one behind the other, so that a call costs nothing.
    pub(super) fn goes_through_rows(&self, id: FunctionId) -> bool {
        let Analysis { functions, deep, .. } = self.analysis;
        let (known, function) = (&functions[id.0 as usize], &self.program.functions[id.0 as usize]);
        self.quick
            && !deep
            && known.addressed == [true]
            && !(known.called || known.calls || known.allocates)
            && self.program.globals.is_empty()
            && function.returns.len() <= 1
    }

    /// The signature of the internal form of `function`.
    pub(super) fn internal_signature(&self, function: &Function) -> Signature {
        let mut signature = Signature::new(CallConv::Fast);
        let fixed = if self.analysis.deep { 2 } else { 1 };
        signature.params.extend(std::iter::repeat_n(AbiParam::new(types::I64), fixed));
        signature.params.extend(function.parameters.iter().map(|ty| AbiParam::new(clif_type(*ty))));
        signature.returns.push(AbiParam::new(types::I64));
        signature.returns.extend(function.returns.first().map(|ty| AbiParam::new(clif_type(*ty))));
        signature
    }
}

/// The type that holds values of `ty`; an i1 is a byte of 0 or 1.
pub(super) fn clif_type(ty: Type) -> clif::Type {
    match ty {
        Type::I1 | Type::I8 => types::I8,
        Type::I16 => types::I16,
        Type::I32 => types::I32,
        Type::I64 => types::I64,
        Type::V4I32 => unreachable!("verify rejects vectors"),
    }
}

/// Fills `into` with `function` in the given form; whether its code may give up.
pub(super) fn translate(
    environment: &Environment,
    id: FunctionId,
    form: Form,
    into: &mut clif::Function,
    context: &mut FunctionBuilderContext,
) -> bool {
    let function = &environment.program.functions[id.0 as usize];
    into.signature = match form {
        Form::Entry => environment.entry_signature(),
        Form::Internal => environment.internal_signature(function),
    };
    let mut translator = Translator::new(environment, id, form, FunctionBuilder::new(into, context));
    if form == Form::Entry && environment.internal[id.0 as usize].is_some() {
        translator.trampoline(id);
    } else {
        translator.body();
    }
    translator.finish()
}

/// A row that an entry is on.
#[derive(Clone, Copy)]
pub(super) struct Row {
    /// The block where the run of a row begins; its parameters are what follows.
    pub begin: clif::Block,
    /// Where it says how the run ended.
    pub ended: clif::Value,
    /// The address of the array.
    pub base: clif::Value,
}

/// A function on its way.
pub(super) struct Translator<'a, 'b> {
    pub(super) b: FunctionBuilder<'b>,
    pub(super) environment: &'a Environment<'a>,
    pub(super) function: &'a Function,
    pub(super) known: &'a FunctionFacts,
    pub(super) id: FunctionId,
    pub(super) form: Form,
    values: Vec<Option<clif::Value>>,
    pub(super) constants: Vec<Option<i64>>,
    definitions: Vec<Option<&'a Inst>>,
    pub(super) offsets: Vec<Option<Offset>>,
    pub(super) descriptors: Vec<Option<Descriptor>>,
    pub(super) facts: Facts,
    /// The last overflow check of this block, and the result of the operation itself.
    pub(super) overflow: Option<(ir::OverflowOp, Value, Value, clif::Value)>,
    pub(super) header: clif::Value,
    /// Where this goes through rows, the row that it is on.
    pub(super) row: Option<Row>,
    /// Calls that are active, where they are counted.
    pub(super) depth: Option<clif::Value>,
    /// Objects that were alive when the function began.
    pub(super) count: Option<clif::Value>,
    pub(super) stopping: Stopping,
    /// For each `allocate` outside of the entry block what it gave before.
    pub(super) allocations: Vec<(Value, Variable)>,
}

impl<'a, 'b> Translator<'a, 'b> {
    fn new(environment: &'a Environment<'a>, id: FunctionId, form: Form, mut b: FunctionBuilder<'b>) -> Self {
        let function = &environment.program.functions[id.0 as usize];
        let start = b.create_block();
        b.append_block_params_for_function_params(start);
        b.switch_to_block(start);
        b.seal_block(start);
        let header = b.block_params(start)[0];
        let count = function.types.len();
        Self {
            b,
            environment,
            function,
            known: &environment.analysis.functions[id.0 as usize],
            id,
            form,
            values: vec![None; count],
            constants: vec![None; count],
            definitions: vec![None; count],
            offsets: vec![None; count],
            descriptors: vec![None; count],
            facts: Facts::default(),
            overflow: None,
            header,
            row: None,
            depth: None,
            count: None,
            stopping: Stopping::NEW,
            allocations: Vec::new(),
        }
    }

    fn finish(mut self) -> bool {
        self.emit_ends();
        self.b.seal_all_blocks();
        let gives_up = self.gives_up();
        self.b.finalize(self.environment.config);
        gives_up
    }

    /// The whole function.
    fn body(&mut self) {
        let start = self.b.current_block().expect("the first block is current");
        self.begin(start);
        self.declare_site();
        let known = self.known;
        let mut blocks = vec![None; self.function.blocks.len()];
        blocks[0] = Some(start);
        for &number in &known.order[1..] {
            let block = self.b.create_block();
            for &parameter in &self.function.blocks[number as usize].parameters {
                let value = self.b.append_block_param(block, clif_type(self.type_of(parameter)));
                self.values[parameter.0 as usize] = Some(value);
            }
            blocks[number as usize] = Some(block);
        }
        self.declare_allocations();
        let dominators = ir::immediate_dominators(&self.function.blocks);
        let mut facts_at_end: Vec<Facts> = vec![Facts::default(); self.function.blocks.len()];
        for &number in &known.order {
            if number != 0 {
                let block = blocks[number as usize].expect("it is reached");
                self.b.switch_to_block(block);
                // Whatever leads here was seen before, unless it leads back.
                if !known.loops[number as usize] {
                    self.b.seal_block(block);
                }
                // What was checked on every way here stays checked.
                let above = dominators[number as usize].expect("only the entry has no dominator");
                self.facts.copy_from(&facts_at_end[above.0 as usize]);
            }
            self.block(number, &blocks);
            facts_at_end[number as usize] = std::mem::take(&mut self.facts);
        }
    }

    /// Where the bytes of a global begin.
    pub(super) fn global_start(&self, global: ir::GlobalId) -> (u32, u32) {
        (
            self.environment.analysis.globals.start(global.0 as usize),
            self.environment.program.globals[global.0 as usize].bytes,
        )
    }

    pub(super) fn is_quick(&self) -> bool {
        self.environment.quick
    }

    pub(super) fn is_checked(&self) -> bool {
        self.environment.checked
    }

    // ---- values ----

    pub(super) fn type_of(&self, value: Value) -> Type {
        self.function.types[value.0 as usize]
    }

    pub(super) fn value(&self, value: Value) -> clif::Value {
        self.values[value.0 as usize].expect("definitions come before uses")
    }

    pub(super) fn set(&mut self, value: Value, to: clif::Value) {
        self.values[value.0 as usize] = Some(to);
    }

    pub(super) fn constant(&self, value: Value) -> Option<i64> {
        self.constants[value.0 as usize]
    }

    pub(super) fn definition(&self, value: Value) -> Option<&'a Inst> {
        self.definitions[value.0 as usize]
    }

    // ---- blocks ----

    fn block(&mut self, number: u32, blocks: &[Option<clif::Block>]) {
        let function = self.function;
        let block = &function.blocks[number as usize];
        self.stopping.begin_block(self.known.sites[number as usize]);
        self.overflow = None;
        if number > 0 {
            self.moved_parameters(&block.parameters);
        }
        let mut site = self.known.first_sites[number as usize];
        // Fuel before this place is paid for.
        let mut paid = 0;
        let mut ask = self.known.loops[number as usize];
        for (position, inst) in block.insts.iter().enumerate() {
            for &result in inst.results() {
                self.definitions[result.0 as usize] = Some(inst);
            }
            if let Inst::Fuel { amount, .. } = *inst {
                if position >= paid {
                    let (length, amount) = match self.is_quick() {
                        true => prepaid(&block.insts[position..]),
                        false => (1, amount.into()),
                    };
                    paid = position + length;
                    self.burn(amount);
                    if std::mem::take(&mut ask) {
                        self.ask_fuel();
                    }
                }
                self.begin_statement(site);
                site += 1;
            } else {
                self.inst(inst, &block.insts[position + 1..]);
            }
        }
        if ask {
            self.ask_fuel();
        }
        self.settle();
        self.terminator(&block.terminator, blocks);
    }

    fn inst(&mut self, inst: &'a Inst, rest: &[Inst]) {
        match *inst {
            Inst::Const { result, value } => {
                let ty = self.type_of(result);
                let constant = self.b.ins().iconst(clif_type(ty), masked(ty, value));
                self.constants[result.0 as usize] = Some(value);
                self.set(result, constant);
            }
            Inst::Binary { result, op, left, right } => {
                let value = self.binary(op, left, right);
                self.set(result, value);
            }
            Inst::Overflows { result, op, left, right } => {
                let value = self.overflows(op, left, right);
                self.set(result, value);
            }
            Inst::Compare { result, condition, left, right } => {
                let value = self.compare(condition, left, right);
                self.set(result, value);
            }
            Inst::Select { result, condition, then, otherwise } => {
                let (condition, then, otherwise) = (self.value(condition), self.value(then), self.value(otherwise));
                let value = self.b.ins().select(condition, then, otherwise);
                self.set(result, value);
            }
            Inst::Convert { result, op, operand } => {
                let value = self.convert(op, operand, self.type_of(result));
                self.set(result, value);
            }
            Inst::Allocate { result, bytes } => self.allocate(result, bytes),
            Inst::Index { result, base, index, scale } => self.index(result, base, index, scale, rest),
            Inst::Advance { result, base, index, scale } => self.advance(result, base, index, scale),
            Inst::Global { result, global } => self.global(result, global),
            Inst::Load { result, address, offset } => self.load(result, address, offset),
            Inst::Store { value, address, offset } => self.store(value, address, offset),
            Inst::TrapIf { condition, kind } => self.checked_trap(condition, kind),
            Inst::Call(ref call) => self.call(&call.results, call.function, &call.arguments),
            Inst::Fuel { .. } | Inst::Note { .. } => {}
        }
    }

    /// [`Inst::TrapIf`], and what is known behind it.
    fn checked_trap(&mut self, condition: Value, kind: TrapKind) {
        match self.constant(condition) {
            Some(0) => return,
            Some(_) => return self.trap(kind),
            None => {}
        }
        let value = self.value(condition);
        // A quotient that overflows, or a division by zero, would stop the process.
        let waits = kind == TrapKind::BadShift || matches!(self.definition(condition), Some(Inst::Overflows { .. }));
        if waits {
            self.trap_later_if(value, kind);
        } else {
            self.trap_if(value, kind);
        }
        let Some(definition) = self.definition(condition) else { return };
        match *definition {
            Inst::Compare { condition: Condition::Eq, left, right, .. } if self.constant(right) == Some(0) => {
                self.facts.add(Fact::NonZero(left));
            }
            Inst::Compare { condition: Condition::Uge, left, right, .. } => {
                if let Some(bound) = self.constant(right) {
                    self.facts.add(Fact::Below(left, bound));
                }
            }
            Inst::Binary { op: ir::BinaryOp::And, left, right, .. } => {
                if let Some((dividend, divisor)) = self.overflowing_quotient(left, right) {
                    self.facts.add(Fact::Quotient(dividend, divisor));
                }
            }
            _ => {}
        }
    }

    /// `dividend == MIN` and `divisor == -1`, compared apart.
    fn overflowing_quotient(&self, left: Value, right: Value) -> Option<(Value, Value)> {
        let equal = |value: Value| match self.definition(value) {
            Some(&Inst::Compare { condition: Condition::Eq, left, right, .. }) => {
                self.constant(right).map(|constant| (left, constant))
            }
            _ => None,
        };
        let ((dividend, least), (divisor, minus_one)) = (equal(left)?, equal(right)?);
        let bits = self.type_of(dividend).bits();
        (minus_one == -1 && bits > 1 && least == i64::MIN >> (64 - bits)).then_some((dividend, divisor))
    }

    fn terminator(&mut self, terminator: &Terminator, blocks: &[Option<clif::Block>]) {
        let block = |BlockId(number): BlockId| blocks[number as usize].expect("what is jumped to is reached");
        match terminator {
            Terminator::Jump(target) => {
                let arguments = self.target(target);
                self.b.ins().jump(block(target.block), &arguments);
            }
            Terminator::Branch { condition, then, otherwise } => {
                let (yes, no) = (self.target(then), self.target(otherwise));
                let condition = self.value(*condition);
                self.b.ins().brif(condition, block(then.block), &yes, block(otherwise.block), &no);
            }
            Terminator::Return(values) => self.ret(values),
            Terminator::Trap(kind) => self.end_in_trap(*kind),
        }
    }

    fn target(&self, target: &Target) -> Vec<BlockArg> {
        target.arguments.iter().map(|value| BlockArg::Value(self.value(*value))).collect()
    }
}

/// A constant as Cranelift wants it: no bits beyond its type.
fn masked(ty: Type, value: i64) -> i64 {
    match ty {
        Type::I1 => value & 1,
        Type::I64 => value,
        _ => value & ((1 << ty.bits()) - 1),
    }
}
