//! IR to machine code in memory: drives the translation, Cranelift, and the module that the code lives in.

use super::analysis::Analysis;
use super::machine::{Globals, Header};
use super::translate::{self, Environment, Form};
use crate::diagnostic::Span;
use crate::ir::{FunctionId, Program};
use cranelift_codegen::Context;
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable};
use cranelift_frontend::FunctionBuilderContext;
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{FuncId, Module, ModuleError};

/// Why there is no machine code for a program.
#[derive(Debug, thiserror::Error)]
pub enum JitError {
    /// Cranelift does not know this processor.
    #[error("no machine code can be made for this processor: {0}")]
    Host(String),
    /// The program is beyond what Cranelift takes.
    #[error("the program is too large for the machine code compiler: {0}")]
    TooLarge(String),
    /// There is no memory for code.
    #[error("no memory for machine code: {0}")]
    Memory(String),
}

/// How code is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Effort {
    /// As fast as possible: for programs that run on a few inputs.
    Quick,
    /// With Cranelift's optimisations.
    #[default]
    Full,
}

/// An entry of compiled code.
pub(super) type Entry = unsafe extern "C" fn(*mut Header) -> i64;

/// What Rust calls.
#[derive(Clone, Copy, Debug)]
pub(super) struct Callee {
    pub entry: Entry,
    /// It goes through rows.
    pub through_rows: bool,
}

/// A compiled function, as bytes.
#[derive(Clone, Debug)]
pub struct MachineCode {
    /// The function's name; that of an entry which only calls ends with `.entry`.
    pub name: String,
    /// Its bytes, before addresses were put in.
    pub bytes: Vec<u8>,
}

/// Makes code; one for each thread, to be used for many programs.
pub struct Compiler {
    isa: OwnedTargetIsa,
    context: Context,
    builder: FunctionBuilderContext,
    quick: bool,
    checked: bool,
}

impl std::fmt::Debug for Compiler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compiler").field("isa", &self.isa.name()).finish_non_exhaustive()
    }
}

/// What one function of a program needs to be run.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub callee: Callee,
    /// For each parameter whether memory is reached through it.
    pub addressed: Vec<bool>,
    /// For each parameter the bytes that its array must have for quick code.
    pub extents: Vec<i64>,
    pub returns: usize,
}

/// A compiled program. Its memory is given back when it is dropped.
pub struct Code {
    module: Option<JITModule>,
    pub(super) functions: Vec<Function>,
    /// The place of each statement.
    pub(super) statements: Vec<Span>,
    /// The program, for what only the interpreter can run.
    pub(super) program: Program,
    /// Whether it was written is asked of bytes that may be an argument's.
    pub(super) shadowed: bool,
    /// Compiled code may give up.
    pub(super) may_give_up: bool,
    /// The program's globals.
    pub(super) globals: Globals,
    /// Bytes of stack that it needs at most.
    pub(super) stack: usize,
    /// Values that a function returns at most.
    pub(super) returns: usize,
    /// Values that a function has at most.
    pub(super) values: usize,
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Code").field("functions", &self.functions.len()).finish_non_exhaustive()
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        if let Some(module) = self.module.take() {
            // SAFETY: entries are called only while the code is borrowed, and nothing else keeps their addresses.
            unsafe { module.free_memory() };
        }
    }
}

impl Compiler {
    /// A compiler for this processor.
    pub fn new(effort: Effort) -> Result<Self, JitError> {
        let mut flags = settings::builder();
        let speed = if effort == Effort::Full { "speed" } else { "none" };
        for (name, value) in [
            ("opt_level", speed),
            ("enable_pinned_reg", "true"),
            ("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" }),
            ("unwind_info", "false"),
            ("use_colocated_libcalls", "false"),
            ("is_pic", "false"),
            // Division is guarded and addresses are checked; nothing speculates on secrets.
            ("enable_heap_access_spectre_mitigation", "false"),
            ("enable_table_access_spectre_mitigation", "false"),
        ] {
            flags.set(name, value).expect("Cranelift has the setting");
        }
        let builder = cranelift_native::builder().map_err(|error| JitError::Host(error.to_owned()))?;
        let isa = builder.finish(settings::Flags::new(flags)).map_err(|error| JitError::Host(error.to_string()))?;
        Ok(Self { isa, context: Context::new(), builder: FunctionBuilderContext::new(), quick: true, checked: true })
    }

    /// Compiles a program that has passed [`crate::ir::verify`].
    pub fn compile(&mut self, program: &Program) -> Result<Code, JitError> {
        self.compile_with(program, |_, _| {})
    }

    /// As [`Self::compile`], and the code says why it stops.
    pub(super) fn compile_exactly(&mut self, program: &Program) -> Result<Code, JitError> {
        self.quick = false;
        let code = self.compile_with(program, |_, _| {});
        self.quick = true;
        code
    }

    /// Compiles `program` without fuel and without any check, and throws the code away; gives its size. To measure what
    /// checks cost.
    pub fn compile_unchecked(&mut self, program: &Program) -> Result<usize, JitError> {
        self.checked = false;
        let mut size = 0;
        let made = self.compile_with(program, |_, bytes| size += bytes.len());
        self.checked = true;
        made.map(|_| size)
    }

    /// The functions that are made of `program`, in Cranelift's IR, before it optimises them.
    pub fn clif(&mut self, program: &Program) -> String {
        let analysis = Analysis::new(program);
        let numbers = Numbers::new(&analysis);
        let environment = self.environment(program, &analysis, &numbers);
        let mut texts = Vec::new();
        numbers.each(program, |name, id, form, _| {
            self.translate(&environment, id, form);
            texts.push(format!("; {name}\n{}", self.context.func.display()));
        });
        texts.join("\n")
    }

    /// The machine code of `program`, function by function.
    pub fn machine_code(&mut self, program: &Program) -> Result<Vec<MachineCode>, JitError> {
        let mut all = Vec::new();
        self.compile_with(program, |name, bytes| {
            all.push(MachineCode { name: name.to_owned(), bytes: bytes.to_vec() });
        })?;
        Ok(all)
    }

    fn environment<'a>(&self, program: &'a Program, analysis: &'a Analysis, numbers: &'a Numbers) -> Environment<'a> {
        Environment {
            program,
            analysis,
            internal: &numbers.internal,
            config: self.isa.frontend_config(),
            quick: self.quick,
            checked: self.checked,
        }
    }

    /// Fills the context with a function; whether its code may give up.
    fn translate(&mut self, environment: &Environment, id: FunctionId, form: Form) -> bool {
        self.context.clear();
        translate::translate(environment, id, form, &mut self.context.func, &mut self.builder)
    }

    fn compile_with(&mut self, program: &Program, mut tell: impl FnMut(&str, &[u8])) -> Result<Code, JitError> {
        let analysis = Analysis::new(program);
        let numbers = Numbers::new(&analysis);
        let names = cranelift_module::default_libcall_names();
        let mut module = JITModule::new(JITBuilder::with_isa(self.isa.clone(), names));
        // What a failure leaves behind is given back with it.
        let mut code = Code {
            module: None,
            functions: Vec::with_capacity(program.functions.len()),
            statements: Vec::new(),
            program: program.clone(),
            shadowed: needs_shadow(&analysis),
            may_give_up: false,
            globals: analysis.globals.clone(),
            stack: 0,
            returns: program.functions.iter().map(|function| function.returns.len()).max().unwrap_or(0),
            values: program.functions.iter().map(|function| function.types.len()).max().unwrap_or(0),
        };
        let environment = self.environment(program, &analysis, &numbers);
        let through_rows: Vec<bool> =
            (0..program.functions.len()).map(|id| environment.goes_through_rows(FunctionId(id as u32))).collect();
        let made = self.define(program, &analysis, &numbers, &mut module, &mut tell);
        code.module = Some(module);
        let (largest, gives_up) = made?;
        code.stack = largest.saturating_mul(analysis.depth as usize + 1);
        code.may_give_up = gives_up;
        let module = code.module.as_mut().expect("it was put there");
        module.finalize_definitions().map_err(|error| JitError::Memory(error.to_string()))?;
        for (function, facts) in analysis.functions.iter().enumerate() {
            let address = module.get_finalized_function(FuncId::from_u32(numbers.entries[function]));
            code.functions.push(Function {
                callee: Callee {
                    // SAFETY: this is the address of a function with that signature, which lives as long as the module.
                    entry: unsafe { std::mem::transmute::<*const u8, Entry>(address) },
                    through_rows: through_rows[function],
                },
                addressed: facts.addressed.clone(),
                extents: if self.quick && !facts.called { facts.extents.clone() } else { Vec::new() },
                returns: program.functions[function].returns.len(),
            });
        }
        code.statements = analysis.spans;
        Ok(code)
    }

    /// Compiles every function; gives the size of the largest frame, and whether code may give up.
    fn define(
        &mut self,
        program: &Program,
        analysis: &Analysis,
        numbers: &Numbers,
        module: &mut JITModule,
        tell: &mut impl FnMut(&str, &[u8]),
    ) -> Result<(usize, bool), JitError> {
        let environment = self.environment(program, analysis, numbers);
        numbers.try_each(program, |_, id, form, number| {
            let signature = match form {
                Form::Entry => environment.entry_signature(),
                Form::Internal => environment.internal_signature(&program.functions[id.0 as usize]),
            };
            let declared = module.declare_anonymous_function(&signature).map_err(refused)?;
            assert_eq!(declared.as_u32(), number, "functions are declared in the order of their numbers");
            Ok(())
        })?;
        let (mut largest, mut gives_up) = (0, false);
        numbers.try_each(program, |name, id, form, number| {
            gives_up |= self.translate(&environment, id, form);
            module.define_function(FuncId::from_u32(number), &mut self.context).map_err(refused)?;
            let compiled = self.context.compiled_code().expect("it was just compiled");
            let frame = compiled.buffer.frame_layout().map_or(0, |layout| layout.frame_to_fp_offset as usize);
            // The return address, the frame pointer, and what is passed on the stack.
            largest = largest.max(frame + 8 * (4 + program.functions[id.0 as usize].parameters.len()));
            tell(name, compiled.code_buffer());
            Ok(())
        })?;
        Ok((largest, gives_up))
    }
}

fn refused(error: ModuleError) -> JitError {
    match error {
        ModuleError::Allocation { .. } | ModuleError::Backend(_) => JitError::Memory(error.to_string()),
        _ => JitError::TooLarge(error.to_string()),
    }
}

/// Whether some access that asks what was written may reach an argument.
fn needs_shadow(analysis: &Analysis) -> bool {
    analysis.functions.iter().any(|facts| {
        facts.wild || facts.widths.iter().zip(&facts.pointers).any(|(widths, pointer)| *widths != 0 && !pointer.written)
    })
}

/// The numbers of a program's functions in a module.
struct Numbers {
    entries: Vec<u32>,
    internal: Vec<Option<u32>>,
}

impl Numbers {
    fn new(analysis: &Analysis) -> Self {
        let mut next = 0..;
        let mut number = || next.next().expect("functions are few");
        let mut numbers = Self { entries: Vec::new(), internal: Vec::new() };
        for facts in &analysis.functions {
            numbers.entries.push(number());
            numbers.internal.push(facts.called.then(&mut number));
        }
        numbers
    }

    /// Visits every function that is made, in the order of their numbers.
    fn each(&self, program: &Program, mut visit: impl FnMut(&str, FunctionId, Form, u32)) {
        self.try_each(program, |name, id, form, number| {
            visit(name, id, form, number);
            Ok(())
        })
        .expect("nothing fails here");
    }

    fn try_each(
        &self,
        program: &Program,
        mut visit: impl FnMut(&str, FunctionId, Form, u32) -> Result<(), JitError>,
    ) -> Result<(), JitError> {
        for (number, (&entry, &internal)) in self.entries.iter().zip(&self.internal).enumerate() {
            let id = FunctionId(number as u32);
            let name = program.functions[number].name.as_str();
            match internal {
                None => visit(name, id, Form::Entry, entry)?,
                Some(internal) => {
                    visit(&format!("{name}.entry"), id, Form::Entry, entry)?;
                    visit(name, id, Form::Internal, internal)?;
                }
            }
        }
        Ok(())
    }
}
