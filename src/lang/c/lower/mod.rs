//! Checked program to IR. Every operation that C leaves undefined gets its `trap_if` here: overflow, division by
//! zero, bad shifts, reads of variables that were not written; memory checks itself. Fuel is used before each
//! statement and each loop test.

mod expression;
mod pointer;
mod statement;
mod switch;

use super::ast::{Integer, ReturnType};
use super::hir::{self, LocalKind};
use crate::ir::{self, Build, FunctionBuilder, TrapKind, Type, Value, VariableId};
use compact_str::{CompactString, format_compact};
use smallvec::{SmallVec, smallvec};

/// What lowering adds beyond the meaning.
#[derive(Clone, Copy, Debug, Default)]
pub struct LowerOptions {
    /// A [`ir::Inst::Note`] after each write of a scalar, for tracing.
    pub notes: bool,
}

/// Lowers a checked program; `functions[i]` becomes `FunctionId(i)`.
pub fn lower(program: &hir::Program, options: LowerOptions) -> ir::Program {
    let lowered = |function: &hir::Function| {
        let returns = return_types(function.returns);
        let mut builder = FunctionBuilder::new(&function.name, &parameter_types(function), returns);
        lower_into(program, function, options, &mut builder);
        builder.finish()
    };
    ir::Program {
        globals: program.globals.iter().map(global).collect(),
        functions: program.functions.iter().map(lowered).collect(),
    }
}

/// Lowers one function of a checked program to what `builder` builds. Values 0, 1, ... are its parameters, of the types
/// that [`parameter_types`] gives.
pub fn lower_into<B: Build>(program: &hir::Program, function: &hir::Function, options: LowerOptions, builder: &mut B) {
    let mut lowering = Lowering {
        program,
        function,
        builder,
        slots: smallvec![Slot::Absent; function.locals.len()],
        globals: Vec::new(),
        loops: SmallVec::new(),
        labels: Vec::new(),
        options,
    };
    lowering.entry();
    for &statement in program.list(function.body) {
        lowering.statement(hir::StatementId(statement));
    }
    lowering.end();
}

/// The types of a function's parameters.
pub fn parameter_types(function: &hir::Function) -> SmallVec<[Type; 8]> {
    let ty = |local: &hir::Local| if local.is_pointer() { Type::I64 } else { local.ty.lowered() };
    function.locals[..function.parameters as usize].iter().map(ty).collect()
}

fn global(global: &hir::Global) -> ir::Global {
    let name = match global.length {
        Some(_) => array_name(&global.name, global.ty),
        None => global.name.clone(),
    };
    ir::Global { name, bytes: global.bytes(), data: global.data.clone() }
}

/// How [`ir::Function::variables`] names an array.
fn array_name(name: &str, ty: Integer) -> CompactString {
    format_compact!("{name}[{}]", ty.size())
}

/// Where a local lives.
#[derive(Clone, Copy)]
enum Slot {
    /// Not declared yet.
    Absent,
    /// In an SSA local.
    Scalar {
        value: ir::Local,
        /// 1 while nothing was written, where that must be known at run time.
        unwritten: Option<ir::Local>,
        note: Option<VariableId>,
    },
    /// Behind this pointer.
    Array(Value),
    /// A scalar in memory, behind this pointer.
    Memory(Value),
}

/// Where `break` and `continue` go; in a `switch` the latter goes where the loop around it says.
struct Loop {
    exit: ir::BlockId,
    next: Option<ir::BlockId>,
}

/// One function on its way.
struct Lowering<'a, B> {
    program: &'a hir::Program,
    function: &'a hir::Function,
    builder: &'a mut B,
    slots: SmallVec<[Slot; 16]>,
    /// Pointers to the globals that the function names.
    globals: Vec<(hir::GlobalId, Value)>,
    loops: SmallVec<[Loop; 4]>,
    /// The blocks of the labels met so far, by statement.
    labels: Vec<(hir::StatementId, ir::BlockId)>,
    options: LowerOptions,
}

/// The types that calls of a function return.
fn return_types(returns: ReturnType) -> &'static [Type] {
    match returns {
        ReturnType::Void => &[],
        ReturnType::Int => &[Type::I32],
        ReturnType::IntPointer | ReturnType::Pointer(_) | ReturnType::ConstantPointer(_) => &[Type::I64],
        ReturnType::Integer(ty) => match ty.size() {
            1 => &[Type::I8],
            2 => &[Type::I16],
            4 => &[Type::I32],
            _ => &[Type::I64],
        },
    }
}

impl<B: Build> Lowering<'_, B> {
    /// Gives the parameters their slots, and allocates the arrays that all turns of a loop share.
    fn entry(&mut self) {
        let function = self.function;
        for &global in &function.globals {
            let pointer = self.builder.global(ir::GlobalId(global.0));
            self.globals.push((global, pointer));
        }
        for (number, local) in function.locals.iter().enumerate() {
            let value = Value(number as u32);
            match local.kind {
                LocalKind::Parameter => self.name_array(number, value),
                LocalKind::Scalar { .. } | LocalKind::Memory | LocalKind::Pointer { .. }
                    if number < function.parameters as usize =>
                {
                    self.scalar(hir::LocalId(number as u32), Some(value));
                }
                LocalKind::Array { length, hoisted: true } => {
                    let pointer = self.builder.allocate(local.ty.size() * length);
                    self.name_array(number, pointer);
                }
                _ => {}
            }
        }
    }

    /// Gives an array its slot, and notes which object the name means.
    fn name_array(&mut self, local: usize, pointer: Value) {
        let memory = self.function.locals[local].kind == LocalKind::Memory;
        self.slots[local] = if memory { Slot::Memory(pointer) } else { Slot::Array(pointer) };
        if self.options.notes {
            let declared = &self.function.locals[local];
            let name = match declared.kind {
                LocalKind::Memory => format_compact!("&{}", declared.name),
                _ => array_name(&declared.name, declared.ty),
            };
            let note = self.builder.variable(&name);
            self.builder.note(note, pointer);
        }
    }

    /// Declares a scalar, with or without a value.
    fn scalar(&mut self, local: hir::LocalId, initial: Option<Value>) {
        let number = local.0 as usize;
        if let Slot::Absent = self.slots[number] {
            let declared = &self.function.locals[number];
            if declared.kind == LocalKind::Memory {
                let pointer = self.builder.allocate(declared.ty.size());
                self.name_array(number, pointer);
            } else {
                let (LocalKind::Scalar { checked } | LocalKind::Pointer { checked }) = declared.kind else {
                    unreachable!("arrays are declared as such")
                };
                let note = self.options.notes.then(|| match declared.kind {
                    LocalKind::Pointer { .. } => self.builder.variable(&format_compact!("*{}", declared.name)),
                    _ => self.builder.variable(&declared.name),
                });
                let unwritten = checked.then(|| self.builder.local(Type::I1));
                let ty = if declared.is_pointer() { Type::I64 } else { declared.ty.lowered() };
                let value = self.builder.local(ty);
                self.slots[number] = Slot::Scalar { value, unwritten, note };
            }
        }
        match initial {
            Some(initial) => {
                self.write_scalar(local, initial);
            }
            None => {
                let Slot::Scalar { unwritten, .. } = self.slots[number] else { return };
                if let Some(flag) = unwritten {
                    let yes = self.builder.constant(Type::I1, 1);
                    self.builder.set(flag, yes);
                }
            }
        }
    }

    /// The value as it is known from here on.
    fn write_scalar(&mut self, local: hir::LocalId, new: Value) -> Value {
        if let Slot::Memory(pointer) = self.slots[local.0 as usize] {
            self.builder.store(new, pointer, 0);
            return new;
        }
        let Slot::Scalar { value, unwritten, note } = self.slots[local.0 as usize] else {
            unreachable!("a scalar is declared before it is written")
        };
        let new = self.builder.set(value, new);
        if let Some(flag) = unwritten {
            let no = self.builder.constant(Type::I1, 0);
            self.builder.set(flag, no);
        }
        if let Some(note) = note {
            self.builder.note(note, new);
        }
        new
    }

    fn read_scalar(&mut self, local: hir::LocalId) -> Value {
        if let Slot::Memory(pointer) = self.slots[local.0 as usize] {
            return self.builder.load(self.type_of(local).lowered(), pointer, 0);
        }
        let Slot::Scalar { value, unwritten, .. } = self.slots[local.0 as usize] else {
            unreachable!("a scalar is declared before it is read")
        };
        if let Some(flag) = unwritten {
            let flag = self.builder.get(flag);
            self.builder.trap_if(flag, TrapKind::UninitializedRead);
        }
        self.builder.get(value)
    }

    fn type_of(&self, local: hir::LocalId) -> Integer {
        self.function.locals[local.0 as usize].ty
    }

    /// A pointer to the array, or the pointer's value.
    fn array(&mut self, local: hir::LocalId) -> Value {
        match self.slots[local.0 as usize] {
            Slot::Array(pointer) | Slot::Memory(pointer) => pointer,
            Slot::Scalar { .. } => self.read_scalar(local),
            Slot::Absent => unreachable!("an array is declared before it is used"),
        }
    }

    fn global(&self, global: hir::GlobalId) -> Value {
        let found = self.globals.iter().find(|(named, _)| *named == global);
        found.expect("check lists the globals that a function names").1
    }

    /// What happens where the last statement is passed.
    fn end(&mut self) {
        if self.builder.is_terminated() {
            return;
        }
        match self.function.returns {
            ReturnType::Void => self.builder.ret(&[]),
            // As C says of `main` alone.
            ReturnType::Int if self.function.name == "main" => {
                let zero = self.builder.constant(Type::I32, 0);
                self.builder.ret(&[zero]);
            }
            _ => self.builder.trap(TrapKind::MissingReturn),
        }
    }
}
