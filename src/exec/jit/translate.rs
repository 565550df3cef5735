//! One function of the IR to one of Cranelift's.
//!
//! Every compiled function gets the [`Header`](super::machine::Header) first. Fuel is in the pinned register all the
//! time. A function has one of two forms:
//!
//! - The entry, called from Rust: `(header) -> status`. It takes its arguments from where the header says and leaves
//!   what it returns there; it loads fuel into the register and puts it back.
//! - The internal form, for functions that others call: `(header, depth?, arguments...) -> (status, first result)`. Such
//!   a function has an entry too, which only calls it.
//!
//! A status is 0 or says why the run stops ([`Status`]); callers hand it on. All that stops a run within a function
//! goes to one cold block with the status as its parameter, so that a check costs a comparison and a branch.

use super::access::{Descriptor, Offset};
use super::analysis::{Analysis, Facts as FunctionFacts, Site};
use super::facts::{Fact, Facts};
use super::machine::offset;
use super::status;
use crate::exec::CALL_DEPTH;
use crate::ir::{
    self, BlockId, Condition, Function, FunctionId, Inst, Program, Target, Terminator, TrapKind, Type, Value,
};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    self as clif, AbiParam, BlockArg, ExtFuncData, ExternalName, InstBuilder, MemFlagsData, Signature,
    UserExternalName, types,
};
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
    /// Code may give up where less is there than a whole piece of it needs, of fuel or of an argument.
    pub speculates: bool,
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

/// A function on its way.
pub(super) struct Translator<'a, 'b> {
    pub(super) b: FunctionBuilder<'b>,
    environment: &'a Environment<'a>,
    pub(super) function: &'a Function,
    pub(super) known: &'a FunctionFacts,
    form: Form,
    values: Vec<Option<clif::Value>>,
    pub(super) constants: Vec<Option<i64>>,
    definitions: Vec<Option<&'a Inst>>,
    pub(super) offsets: Vec<Option<Offset>>,
    pub(super) descriptors: Vec<Option<Descriptor>>,
    pub(super) facts: Facts,
    /// The last overflow check of this block, and the result of the operation itself.
    pub(super) overflow: Option<(ir::OverflowOp, Value, Value, clif::Value)>,
    pub(super) header: clif::Value,
    /// Constants that all of the function uses.
    zero: clif::Value,
    out_of_fuel: clif::Value,
    /// The status that was made last in this block, and its value.
    last_status: Option<(i64, clif::Value)>,
    /// Calls that are active, where they are counted.
    depth: Option<clif::Value>,
    /// What the pinned register held before.
    pinned: Option<clif::Value>,
    /// Objects that were alive when the function began.
    count: Option<clif::Value>,
    exit: Option<clif::Block>,
    /// Something stops with [`status::ELSEWHERE`].
    gives_up: bool,
    site: Site,
    /// Holds the current statement where it depends on the way.
    site_variable: Option<Variable>,
    /// For each `allocate` outside of the entry block what it gave before.
    pub(super) allocations: Vec<(Value, Variable)>,
}

impl<'a, 'b> Translator<'a, 'b> {
    fn new(environment: &'a Environment<'a>, id: FunctionId, form: Form, mut b: FunctionBuilder<'b>) -> Self {
        let function = &environment.program.functions[id.0 as usize];
        let start = b.create_block();
        b.append_block_params_for_function_params(start);
        b.switch_to_block(start);
        let header = b.block_params(start)[0];
        let zero = b.ins().iconst(types::I64, 0);
        let out_of_fuel = b.ins().iconst(types::I64, status::OUT_OF_FUEL);
        let count = function.types.len();
        Self {
            b,
            environment,
            function,
            known: &environment.analysis.functions[id.0 as usize],
            form,
            values: vec![None; count],
            constants: vec![None; count],
            definitions: vec![None; count],
            offsets: vec![None; count],
            descriptors: vec![None; count],
            facts: Facts::default(),
            overflow: None,
            header,
            zero,
            out_of_fuel,
            last_status: None,
            depth: None,
            pinned: None,
            count: None,
            exit: None,
            gives_up: false,
            site: Site::Caller,
            site_variable: None,
            allocations: Vec::new(),
        }
    }

    fn finish(mut self) -> bool {
        self.emit_exit();
        self.b.seal_all_blocks();
        self.b.finalize(self.environment.config);
        self.gives_up
    }

    // ---- begin and end ----

    /// The whole function.
    fn body(&mut self) {
        let start = self.b.current_block().expect("the first block is current");
        self.begin(start);
        if self.known.mixed {
            let variable = self.b.declare_var(types::I64);
            let caller = self.b.ins().iconst(types::I64, status::at(status::CALLER));
            self.b.def_var(variable, caller);
            self.site_variable = Some(variable);
        }
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
                self.b.switch_to_block(blocks[number as usize].expect("it is reached"));
                // What was checked on every way here stays checked.
                let above = dominators[number as usize].expect("only the entry has no dominator");
                self.facts.copy_from(&facts_at_end[above.0 as usize]);
            }
            self.block(number, &blocks);
            facts_at_end[number as usize] = std::mem::take(&mut self.facts);
        }
    }

    /// Takes the parameters, and fuel.
    fn begin(&mut self, start: clif::Block) {
        let function = self.function;
        match self.form {
            Form::Entry => {
                self.take_fuel();
                self.depth = self.environment.analysis.deep.then(|| self.b.ins().iconst(types::I64, 0));
                let mut arguments = None;
                for (number, &parameter) in function.blocks[0].parameters.iter().enumerate() {
                    let value = self.argument(number, &mut arguments);
                    self.values[parameter.0 as usize] = Some(value);
                }
            }
            Form::Internal => {
                let parameters = self.b.block_params(start);
                let fixed = if self.environment.analysis.deep { 2 } else { 1 };
                self.depth = (fixed == 2).then(|| parameters[1]);
                for (&parameter, &value) in function.blocks[0].parameters.iter().zip(&parameters[fixed..]) {
                    self.values[parameter.0 as usize] = Some(value);
                }
                if self.known.allocates {
                    self.count = Some(self.load_header(offset::COUNT));
                }
            }
        }
        for number in 0..function.parameters.len() {
            self.describe_parameter(number);
        }
    }

    /// Where the bytes of a global begin.
    pub(super) fn global_start(&self, global: ir::GlobalId) -> (u32, u32) {
        (
            self.environment.analysis.globals.start(global.0 as usize),
            self.environment.program.globals[global.0 as usize].bytes,
        )
    }

    pub(super) fn speculates(&self) -> bool {
        self.environment.speculates
    }

    pub(super) fn is_checked(&self) -> bool {
        self.environment.checked
    }

    fn take_fuel(&mut self) {
        if !self.is_checked() {
            return;
        }
        self.pinned = Some(self.b.ins().get_pinned_reg(types::I64));
        let fuel = self.load_header(offset::FUEL);
        self.b.ins().set_pinned_reg(fuel);
    }

    /// Argument `number` of an entry; `arguments` is where they lie, once that is known.
    fn argument(&mut self, number: usize, arguments: &mut Option<clif::Value>) -> clif::Value {
        let ty = self.function.parameters[number];
        // Pointers are to arrays from outside, whose objects have fixed numbers.
        if self.known.addressed[number] {
            return self.b.ins().iconst(types::I64, (number as i64 + 1) << 32);
        }
        let arguments = *arguments.get_or_insert_with(|| self.load_header(offset::ARGUMENTS));
        let value = self.b.ins().load(clif_type(ty), FLAGS, arguments, 8 * number as i32);
        if ty == Type::I1 { self.b.ins().band_imm_u(value, 1) } else { value }
    }

    /// How Rust's functions are called.
    pub(super) fn convention(&self) -> CallConv {
        self.environment.config.default_call_conv
    }

    pub(super) fn load_header(&mut self, field: i32) -> clif::Value {
        self.b.ins().load(types::I64, FLAGS, self.header, field)
    }

    /// Where everything ends that does not return.
    fn emit_exit(&mut self) {
        let Some(exit) = self.exit else { return };
        self.b.switch_to_block(exit);
        let status = self.b.block_params(exit)[0];
        match self.form {
            Form::Entry => self.leave(status),
            Form::Internal => {
                let mut values = vec![status];
                if let Some(&ty) = self.function.returns.first() {
                    values.push(self.b.ins().iconst(clif_type(ty), 0));
                }
                self.b.ins().return_(&values);
            }
        }
    }

    /// Ends an entry.
    fn leave(&mut self, status: clif::Value) {
        if let Some(pinned) = self.pinned {
            let fuel = self.b.ins().get_pinned_reg(types::I64);
            self.b.ins().store(FLAGS, fuel, self.header, offset::FUEL);
            self.b.ins().set_pinned_reg(pinned);
        }
        self.b.ins().return_(&[status]);
    }

    /// Returns `values`; the first `direct` of them are handed over elsewhere.
    fn leave_values(&mut self, values: &[(clif::Value, Type)], direct: usize) {
        if values.len() <= direct {
            return;
        }
        let returns = self.load_header(offset::RETURNS);
        for (number, &(value, ty)) in values.iter().enumerate().skip(direct) {
            let value = match ty {
                Type::I64 => value,
                Type::I1 => self.b.ins().uextend(types::I64, value),
                _ => self.b.ins().sextend(types::I64, value),
            };
            self.b.ins().store(FLAGS, value, returns, 8 * number as i32);
        }
    }

    /// An entry that only calls the internal form.
    fn trampoline(&mut self, id: FunctionId) {
        self.take_fuel();
        self.depth = self.environment.analysis.deep.then(|| self.b.ins().iconst(types::I64, -1));
        let mut arguments = None;
        let values: Vec<clif::Value> =
            (0..self.function.parameters.len()).map(|number| self.argument(number, &mut arguments)).collect();
        let results = self.call_internal(id, &values);
        self.stop_if(results[0], results[0]);
        let values: Vec<(clif::Value, Type)> =
            results[1..].iter().copied().zip(self.function.returns.iter().copied()).collect();
        self.leave_values(&values, 0);
        let returned = self.b.ins().iconst(types::I64, 0);
        self.leave(returned);
    }

    /// Calls the internal form of a function; gives the status and the first result.
    fn call_internal(&mut self, id: FunctionId, values: &[clif::Value]) -> Vec<clif::Value> {
        let callee = &self.environment.program.functions[id.0 as usize];
        let signature = self.b.import_signature(self.environment.internal_signature(callee));
        let index = self.environment.internal[id.0 as usize].expect("what is called has an internal form");
        let name = self.b.func.declare_imported_user_function(UserExternalName { namespace: 0, index });
        let reference = self.b.import_function(ExtFuncData {
            name: ExternalName::user(name),
            signature,
            colocated: true,
            patchable: false,
        });
        let mut arguments = vec![self.header];
        if let Some(depth) = self.depth {
            arguments.push(self.b.ins().iadd_imm_s(depth, 1));
        }
        arguments.extend(values);
        let call = self.b.ins().call(reference, &arguments);
        self.b.inst_results(call).to_vec()
    }

    // ---- stopping ----

    /// The block that ends the run with the status that it gets.
    fn exit(&mut self) -> clif::Block {
        if let Some(exit) = self.exit {
            return exit;
        }
        let exit = self.b.create_block();
        self.b.set_cold_block(exit);
        self.b.append_block_param(exit, types::I64);
        self.exit = Some(exit);
        exit
    }

    /// Stops with `status` where `condition` is not zero, and goes on otherwise.
    pub(super) fn stop_if(&mut self, condition: clif::Value, status: clif::Value) {
        if !self.is_checked() {
            return;
        }
        let (exit, next) = (self.exit(), self.b.create_block());
        self.b.ins().brif(condition, exit, &[BlockArg::Value(status)], next, &[]);
        self.b.switch_to_block(next);
    }

    /// Gives up where `condition` is not zero.
    pub(super) fn give_up_if(&mut self, condition: clif::Value) {
        self.gives_up = true;
        let elsewhere = self.b.ins().iconst(types::I64, status::ELSEWHERE);
        self.stop_if(condition, elsewhere);
    }

    /// Traps where `condition` is not zero.
    pub(super) fn trap_if(&mut self, condition: clif::Value, kind: TrapKind) {
        let status = self.trap_status(kind);
        self.stop_if(condition, status);
    }

    /// Traps; what follows is dead.
    pub(super) fn trap(&mut self, kind: TrapKind) {
        let status = self.trap_status(kind);
        let (exit, next) = (self.exit(), self.b.create_block());
        self.b.ins().jump(exit, &[BlockArg::Value(status)]);
        self.b.switch_to_block(next);
    }

    fn trap_status(&mut self, kind: TrapKind) -> clif::Value {
        let at = match (self.site, self.site_variable) {
            (Site::Known(site), _) => status::at(site),
            (Site::Mixed, Some(variable)) => {
                let at = self.b.use_var(variable);
                return self.b.ins().bor_imm_u(at, status::of(kind));
            }
            _ => status::at(status::CALLER),
        };
        let status = at | status::of(kind);
        match self.last_status {
            Some((last, value)) if last == status => value,
            _ => {
                let value = self.b.ins().iconst(types::I64, status);
                self.last_status = Some((status, value));
                value
            }
        }
    }

    /// Uses up fuel, and stops with `status` where there is not enough.
    fn burn(&mut self, amount: u64, status: i64) {
        if amount == 0 || !self.is_checked() {
            return;
        }
        let fuel = self.b.ins().get_pinned_reg(types::I64);
        let left = self.b.ins().iadd_imm_s(fuel, -(amount as i64));
        let none = self.b.ins().icmp(IntCC::SignedLessThan, left, self.zero);
        if status == status::ELSEWHERE {
            self.give_up_if(none);
        } else {
            let status =
                if status == status::OUT_OF_FUEL { self.out_of_fuel } else { self.b.ins().iconst(types::I64, status) };
            self.stop_if(none, status);
        }
        self.b.ins().set_pinned_reg(left);
    }

    /// A statement begins.
    fn begin_statement(&mut self, site: u32) {
        self.site = Site::Known(site);
        if let Some(variable) = self.site_variable {
            let at = self.b.ins().iconst(types::I64, status::at(site));
            self.b.def_var(variable, at);
        }
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
        self.site = self.known.sites[number as usize];
        self.overflow = None;
        self.last_status = None;
        if number > 0 {
            self.moved_parameters(&block.parameters);
        }
        let mut site = self.known.first_sites[number as usize];
        // Fuel before this place is paid for.
        let mut paid = 0;
        for (position, inst) in block.insts.iter().enumerate() {
            for &result in inst.results() {
                self.definitions[result.0 as usize] = Some(inst);
            }
            if let Inst::Fuel { amount, .. } = *inst {
                if position >= paid {
                    paid = position + 1;
                    let mut status = status::OUT_OF_FUEL;
                    let mut amount = u64::from(amount);
                    if amount > 0 && self.environment.speculates {
                        let segment = Segment::new(&block.insts[position..]);
                        paid = position + segment.length;
                        (amount, status) = (segment.amount, segment.status());
                    }
                    self.burn(amount, status);
                }
                self.begin_statement(site);
                site += 1;
            } else {
                self.inst(inst, &block.insts[position + 1..]);
            }
        }
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
            Inst::Call { ref results, function, ref arguments } => self.call(results, function, arguments),
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
        self.trap_if(value, kind);
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

    fn call(&mut self, results: &[Value], function: FunctionId, arguments: &[Value]) {
        if let Some(depth) = self.depth {
            let too_deep = self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThanOrEqual, depth, i64::from(CALL_DEPTH) - 1);
            self.trap_if(too_deep, TrapKind::CallDepth);
        }
        let values: Vec<clif::Value> = arguments.iter().map(|argument| self.value(*argument)).collect();
        let given = self.call_internal(function, &values);
        self.hand_on(given[0]);
        for (number, &result) in results.iter().enumerate() {
            let value = match given.get(number + 1) {
                Some(&value) => value,
                None => {
                    let returns = self.load_header(offset::RETURNS);
                    let ty = clif_type(self.type_of(result));
                    self.b.ins().load(ty, FLAGS, returns, 8 * number as i32)
                }
            };
            self.set(result, value);
        }
    }

    /// Stops with the status that a callee stopped with, if it did. A trap before its first statement happened in ours.
    fn hand_on(&mut self, given: clif::Value) {
        if !self.is_checked() {
            return;
        }
        let (failed, next) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(failed);
        self.b.ins().brif(given, failed, &[], next, &[]);
        self.b.switch_to_block(failed);
        let at = self.b.ins().ushr_imm_u(given, status::SITE_SHIFT);
        let of_caller = self.b.ins().icmp_imm_s(IntCC::Equal, at, i64::from(status::CALLER));
        let kind = self.b.ins().band_imm_u(given, status::KIND_MASK);
        let here = match (self.site, self.site_variable) {
            (Site::Mixed, Some(variable)) => self.b.use_var(variable),
            (Site::Known(site), _) => self.b.ins().iconst(types::I64, status::at(site)),
            _ => self.b.ins().iconst(types::I64, status::at(status::CALLER)),
        };
        let ours = self.b.ins().bor(here, kind);
        let status = self.b.ins().select(of_caller, ours, given);
        let exit = self.exit();
        self.b.ins().jump(exit, &[BlockArg::Value(status)]);
        self.b.switch_to_block(next);
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
            Terminator::Trap(kind) => {
                let status = self.trap_status(*kind);
                let exit = self.exit();
                self.b.ins().jump(exit, &[BlockArg::Value(status)]);
            }
        }
    }

    fn target(&self, target: &Target) -> Vec<BlockArg> {
        target.arguments.iter().map(|value| BlockArg::Value(self.value(*value))).collect()
    }

    fn ret(&mut self, values: &[Value]) {
        let values: Vec<(clif::Value, Type)> =
            values.iter().map(|value| (self.value(*value), self.type_of(*value))).collect();
        let returned = self.zero;
        match self.form {
            Form::Entry => {
                self.leave_values(&values, 0);
                self.leave(returned);
            }
            Form::Internal => {
                self.leave_values(&values, 1);
                if let Some(count) = self.count {
                    self.b.ins().store(FLAGS, count, self.header, offset::COUNT);
                }
                let mut all = vec![returned];
                all.extend(values.first().map(|(value, _)| *value));
                self.b.ins().return_(&all);
            }
        }
    }
}

/// Statements whose fuel is used up together, by code that speculates: nothing in between calls a function.
pub(super) struct Segment {
    /// Instructions up to its last statement's first.
    length: usize,
    amount: u64,
    /// If fuel does not last for all, it ends exactly: nothing in between stops a run.
    quiet: bool,
    statements: u32,
}

impl Segment {
    /// The one that begins with the first of `insts`, which uses up fuel.
    fn new(insts: &[Inst]) -> Self {
        let mut segment = Self { length: 0, amount: 0, quiet: true, statements: 0 };
        let mut quiet = true;
        for (position, inst) in insts.iter().enumerate() {
            match inst {
                Inst::Fuel { amount, .. } => {
                    segment.length = position + 1;
                    segment.amount += u64::from(*amount);
                    if *amount > 0 {
                        segment.quiet = quiet && *amount == 1;
                        segment.statements += 1;
                        quiet = segment.quiet;
                    }
                }
                Inst::Call { .. } => break,
                Inst::TrapIf { .. }
                | Inst::Index { .. }
                | Inst::Advance { .. }
                | Inst::Load { .. }
                | Inst::Store { .. }
                | Inst::Allocate { .. } => quiet = false,
                _ => {}
            }
        }
        segment
    }

    /// What it means that fuel does not last.
    fn status(&self) -> i64 {
        match self.statements {
            1 => status::OUT_OF_FUEL,
            _ if self.quiet => status::SPENT,
            _ => status::ELSEWHERE,
        }
    }
}

/// For each statement of a program the fuel that code that speculates has used up in advance when it runs; `spans` is
/// how many there are.
pub(super) fn advances(program: &Program, spans: usize) -> Vec<u64> {
    let mut advances = Vec::with_capacity(spans);
    for block in program.functions.iter().flat_map(|function| &function.blocks) {
        let mut paid = (0, 0);
        for (position, inst) in block.insts.iter().enumerate() {
            let Inst::Fuel { amount, .. } = inst else { continue };
            if position >= paid.0 && *amount > 0 {
                let segment = Segment::new(&block.insts[position..]);
                paid = (position + segment.length, segment.amount);
            }
            paid.1 -= u64::from(*amount);
            advances.push(paid.1);
        }
    }
    advances
}

/// A constant as Cranelift wants it: no bits beyond its type.
fn masked(ty: Type, value: i64) -> i64 {
    match ty {
        Type::I1 => value & 1,
        Type::I64 => value,
        _ => value & ((1 << ty.bits()) - 1),
    }
}
