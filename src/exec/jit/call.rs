//! Calls and returns: how arguments come in, what goes out, and what functions hand each other.

use super::machine::offset;
use super::translate::{FLAGS, Form, Row, Translator, clif_type};
use crate::exec::CALL_DEPTH;
use crate::ir::{FunctionId, TrapKind, Type, Value};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self as clif, BlockArg, ExtFuncData, ExternalName, InstBuilder, UserExternalName, types};
use cranelift_codegen::isa::CallConv;

impl Translator<'_, '_> {
    /// Takes the parameters, and fuel.
    pub(super) fn begin(&mut self, start: clif::Block) {
        let function = self.function;
        match self.form {
            Form::Entry => {
                self.begin_row();
                self.take_fuel(self.known.calls);
                self.depth = self.environment.analysis.deep.then(|| self.b.ins().iconst(types::I64, 0));
                let mut arguments = None;
                for (number, &parameter) in function.blocks[0].parameters.iter().enumerate() {
                    let value = self.argument(number, &mut arguments);
                    self.set(parameter, value);
                }
            }
            Form::Internal => {
                let parameters = self.b.block_params(start).to_vec();
                let fixed = if self.environment.analysis.deep { 2 } else { 1 };
                self.depth = (fixed == 2).then(|| parameters[1]);
                for (&parameter, &value) in function.blocks[0].parameters.iter().zip(&parameters[fixed..]) {
                    self.set(parameter, value);
                }
                if self.known.allocates {
                    self.count = Some(self.load_header(offset::COUNT));
                }
                self.ask_fuel();
            }
        }
        for number in 0..function.parameters.len() {
            self.describe_parameter(number);
        }
    }

    /// Begins the block that every row's run begins with.
    fn begin_row(&mut self) {
        if !self.environment.goes_through_rows(self.id) {
            return;
        }
        let (ended, base) = (self.load_header(offset::ENDED), self.load_header(offset::TABLE + offset::FIRST_BASE));
        let begin = self.b.create_block();
        self.b.ins().jump(begin, &[BlockArg::Value(ended), BlockArg::Value(base)]);
        let ended = self.b.append_block_param(begin, types::I64);
        let base = self.b.append_block_param(begin, types::I64);
        self.b.switch_to_block(begin);
        self.row = Some(Row { begin, ended, base });
    }

    /// Says how a row's run ended, and goes on with the next one if there is one.
    fn end_row(&mut self, row: Row, values: &[(clif::Value, Type)]) {
        if self.is_checked() {
            self.ask_fuel();
            let fuel = self.fuel();
            self.b.ins().store(FLAGS, fuel, row.ended, offset::LEFT);
        }
        if let &[(value, ty)] = values {
            let value = self.widened(value, ty);
            self.b.ins().store(FLAGS, value, row.ended, offset::RETURNED);
        }
        let (last, stride) = (self.load_header(offset::LAST), self.load_header(offset::STRIDE));
        let ended = self.b.ins().iadd_imm_s(row.ended, offset::ENDED_SIZE);
        let base = self.b.ins().iadd(row.base, stride);
        let more = self.b.ins().icmp(IntCC::NotEqual, ended, last);
        let done = self.b.create_block();
        self.b.ins().brif(more, row.begin, &[BlockArg::Value(ended), BlockArg::Value(base)], done, &[]);
        self.b.switch_to_block(done);
        let returned = self.b.ins().iconst(types::I64, 0);
        self.b.ins().return_(&[returned]);
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

    /// Returns `values`; the first `direct` of them are handed over elsewhere.
    fn leave_values(&mut self, values: &[(clif::Value, Type)], direct: usize) {
        if values.len() <= direct {
            return;
        }
        let returns = self.load_header(offset::RETURNS);
        for (number, &(value, ty)) in values.iter().enumerate().skip(direct) {
            let value = self.widened(value, ty);
            self.b.ins().store(FLAGS, value, returns, 8 * number as i32);
        }
    }

    /// A value as Rust gets it.
    fn widened(&mut self, value: clif::Value, ty: Type) -> clif::Value {
        match ty {
            Type::I64 => value,
            Type::I1 => self.b.ins().uextend(types::I64, value),
            _ => self.b.ins().sextend(types::I64, value),
        }
    }

    /// An entry that only calls the internal form.
    pub(super) fn trampoline(&mut self, id: FunctionId) {
        self.take_fuel(true);
        self.depth = self.environment.analysis.deep.then(|| self.b.ins().iconst(types::I64, -1));
        let mut arguments = None;
        let values: Vec<clif::Value> =
            (0..self.function.parameters.len()).map(|number| self.argument(number, &mut arguments)).collect();
        let results = self.call_internal(id, &values);
        self.hand_out(results[0]);
        let values: Vec<(clif::Value, Type)> =
            results[1..].iter().copied().zip(self.function.returns.iter().copied()).collect();
        self.leave_values(&values, 0);
        let returned = self.b.ins().iconst(types::I64, 0);
        self.leave(returned, true);
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

    pub(super) fn call(&mut self, results: &[Value], function: FunctionId, arguments: &[Value]) {
        self.settle();
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

    /// Returns `values`, and ends the block.
    pub(super) fn ret(&mut self, values: &[Value]) {
        let values: Vec<(clif::Value, Type)> =
            values.iter().map(|value| (self.value(*value), self.type_of(*value))).collect();
        if let Some(row) = self.row {
            return self.end_row(row, &values);
        }
        let returned = self.b.ins().iconst(types::I64, 0);
        match self.form {
            Form::Entry => {
                self.leave_values(&values, 0);
                self.leave(returned, true);
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
