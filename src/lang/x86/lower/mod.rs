//! Instructions to IR. Registers and single flags are values; a flag that nothing reads costs nothing, for what is dead
//! is removed. Memory is objects: `rbp` points into the area that is handed in, `rsp` into a stack of the function's own;
//! or all addresses are numbers that count from some [`Frame::origin`], as in code that was linked, and the area holds
//! the stack too.
//!
//! Where the architecture leaves a flag undefined (all of `div`; `mul`'s but carry and overflow; the adjust flag of
//! logical operations and shifts; overflow of shifts by other counts than 1, carry of those by the width or more),
//! [`effects`] says so: to read it traps, and in the state it is [`state::UNDEFINED`].

mod arithmetic;
mod effects;
mod instruction;
mod operand;
mod packed;
mod shift;
pub mod state;
mod string;
mod transfer;
mod usage;
mod vector;

use self::effects::{Flags, may_be_undefined};
use self::usage::Usage;
use super::ast::Program;
use crate::diagnostic::{Diagnostic, codes};
use crate::ir::{self, BlockId, Build, FunctionBuilder, FunctionId, Local, Type, Value, VariableId};
use iced_x86::{Mnemonic, OpKind, Register};
use std::collections::BTreeMap;

/// Bytes of the stack that `push` and `call` use.
const STACK: u32 = 1 << 16;

/// What surrounds a program: function 0 of the IR gets the state ([`state`]) and the memory area, both arrays of i32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Where `rbp` points in the memory area, in bytes.
    pub base: u32,
    /// Whether the flags count after the run.
    pub flags: bool,
    /// The address of the area's first byte, where registers hold plain addresses, `rbp` and `rsp` too, which come from
    /// the state then; `ret` ends the program only where the stack is as it was entered.
    pub origin: Option<u32>,
    /// Whether tracers are told what instructions write to registers.
    pub notes: bool,
}

impl Frame {
    /// That of a task with so many slots of RAM, slot `i` at `-4*i(%rbp)`: the last word of the area is slot 0.
    pub fn of_slots(slots: u32) -> Self {
        Self { base: 4 * slots.saturating_sub(1), flags: false, origin: None, notes: false }
    }

    /// How many functions are entered from outside only: the program, unless it is a function like the others.
    fn own(self) -> usize {
        usize::from(self.origin.is_none())
    }

    /// Whether flags are written to the state: between functions all count.
    fn flags_count(self, entries: &[usize]) -> bool {
        self.flags || entries.len() > 1 && self.origin.is_none()
    }

    /// That of linked code: all memory is one area, whose first byte has this address.
    pub const fn of_area(origin: u32) -> Self {
        Self { base: 0, flags: false, origin: Some(origin), notes: false }
    }
}

/// The program as IR; what cannot be lowered is told.
pub fn lower(program: &Program, frame: Frame) -> Result<ir::Program, Vec<Diagnostic>> {
    let mut errors = Vec::new();
    for instruction in &program.instructions {
        let code = &instruction.code;
        if code.is_ip_rel_memory_operand() && frame.origin.is_none() {
            let message = "addresses relative to the instruction are not there without the object file";
            errors.push(Diagnostic::error(codes::NOT_IN_SUBSET, instruction.span, message));
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut entries = vec![0];
    for instruction in program.instructions.iter().filter(|it| it.code.mnemonic() == Mnemonic::Call) {
        let label = instruction.target.expect("a call leads somewhere");
        let at = program.labels[label.0 as usize].at as usize;
        if !entries[frame.own()..].contains(&at) {
            entries.push(at);
        }
    }
    let mut usage = Usage::of(program);
    if frame.origin.is_some() {
        usage.fixed_base = false;
        usage.general[Register::RSP.number()] = (true, true);
    }
    let wanted = frame.flags_count(&entries) || usage.flags != Flags::default();
    let undefined = match wanted {
        true => may_be_undefined(program, &entries[frame.own()..]),
        false => vec![Flags::default(); program.instructions.len() + 1],
    };
    let function = |(number, name): (usize, String)| {
        Lowerer::new(program, frame, &usage, &undefined, &entries, number, &name).function()
    };
    let mut functions: Vec<ir::Function> =
        names(program, frame, &entries).into_iter().enumerate().map(function).collect();
    functions.iter_mut().for_each(ir::remove_dead);
    Ok(ir::Program { functions, ..ir::Program::default() })
}

/// The functions' names: their labels', as far as that is a name, each another.
fn names(program: &Program, frame: Frame, entries: &[usize]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (number, entry) in entries.iter().enumerate() {
        let label = program.labels.iter().find(|label| label.at as usize == *entry);
        let mut name = match label {
            _ if number < frame.own() => "main".to_owned(),
            Some(label) => label.name.trim_start_matches('.').replace(['.', '$'], "_"),
            None => String::new(),
        };
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || names.contains(&name) {
            name = format!("{name}_f{number}");
        }
        names.push(name);
    }
    names
}

/// A general register's value.
#[derive(Clone, Copy)]
enum General {
    /// All 64 bits.
    Wide(Local),
    /// The low 32 bits, and the high ones, which are 0 once the register was written.
    Narrow(Local, Local),
}

struct Lowerer<'a> {
    program: &'a Program,
    frame: Frame,
    usage: &'a Usage,
    /// Flags that may be undefined before each instruction, and at the end.
    undefined: &'a [Flags],
    entries: &'a [usize],
    number: usize,
    f: FunctionBuilder,
    general: [Option<General>; 16],
    flags: [Local; 6],
    known: [Local; 6],
    vectors: [Option<[Local; 4]>; 8],
    /// What tracers know general registers by.
    variables: [Option<VariableId>; 16],
    state: Value,
    memory: Value,
    /// Where the stack's top and the address on it were when the function was entered, if addresses are numbers.
    entered: Option<(Value, Value)>,
    /// The block of each instruction that is jumped to, and of the end.
    blocks: BTreeMap<usize, BlockId>,
    /// The flags that count.
    wanted: Flags,
    /// What the flags were last set by, if that was a subtraction in this block.
    compared: Option<(Value, Value)>,
    /// The instruction being lowered.
    at: usize,
}

impl<'a> Lowerer<'a> {
    fn new(
        program: &'a Program,
        frame: Frame,
        usage: &'a Usage,
        undefined: &'a [Flags],
        entries: &'a [usize],
        number: usize,
        name: &str,
    ) -> Self {
        let mut f = FunctionBuilder::new(name, &[Type::I64, Type::I64], &[]);
        let [state, memory] = f.parameters()[..] else { unreachable!("it has two parameters") };
        let general = std::array::from_fn(|number| {
            let (used, wide) = usage.general[number];
            used.then(|| match wide {
                true => General::Wide(f.local(Type::I64)),
                false => General::Narrow(f.local(Type::I32), f.local(Type::I32)),
            })
        });
        let variables = std::array::from_fn(|number| {
            let general = general[number].filter(|_| frame.notes)?;
            let narrow = matches!(general, General::Narrow(..));
            let register = if narrow { Register::EAX } else { Register::RAX } + number as u32;
            Some(f.variable(&format!("{register:?}").to_lowercase()))
        });
        let flags = std::array::from_fn(|_| f.local(Type::I1));
        let known = std::array::from_fn(|_| f.local(Type::I1));
        let vectors =
            std::array::from_fn(|number| usage.vectors[number].then(|| std::array::from_fn(|_| f.local(Type::I32))));
        Self {
            program,
            frame,
            usage,
            undefined,
            entries,
            number,
            f,
            general,
            variables,
            flags,
            known,
            vectors,
            state,
            memory,
            entered: None,
            blocks: BTreeMap::new(),
            wanted: if frame.flags_count(entries) { Flags::ALL } else { usage.flags },
            compared: None,
            at: 0,
        }
    }

    fn function(mut self) -> ir::Function {
        self.load_state(self.number == 0 && self.frame.origin.is_none());
        if self.frame.origin.is_some() {
            let top = self.register(Register::RSP);
            let back = self.pop();
            self.set_register(Register::RSP, top);
            self.entered = Some((top, back));
        }
        let program = self.program;
        let end = program.instructions.len();
        for instruction in program.instructions.iter().filter(|it| it.code.mnemonic() != Mnemonic::Call) {
            if let Some(label) = instruction.target {
                let at = program.labels[label.0 as usize].at as usize;
                let block = self.f.block();
                self.blocks.entry(at).or_insert(block);
            }
        }
        let last = self.f.block();
        let last = *self.blocks.entry(end).or_insert(last);
        let start = self.entries[self.number];
        match self.blocks.get(&start).copied() {
            Some(block) => {
                self.f.jump(block, &[]);
                self.f.switch_to(block);
            }
            None if start == end => {
                self.f.jump(last, &[]);
                self.f.switch_to(last);
            }
            None => {}
        }
        // Those that jumps lead to, besides what follows.
        let mut todo = vec![start];
        let mut done = vec![false; end + 1];
        while let Some(start) = todo.pop() {
            if std::mem::replace(&mut done[start], true) {
                continue;
            }
            if start != self.entries[self.number] || self.blocks.contains_key(&start) && self.f.is_terminated() {
                self.f.switch_to(self.blocks[&start]);
            }
            self.compared = None;
            let mut at = start;
            loop {
                if at == end {
                    self.finish();
                    break;
                }
                self.at = at;
                let follows = self.instruction(&mut todo);
                at += 1;
                if !follows {
                    break;
                }
                if let Some(block) = self.blocks.get(&at) {
                    self.f.jump(*block, &[]);
                    todo.push(at);
                    break;
                }
            }
        }
        let blocks: Vec<BlockId> = self.blocks.values().copied().collect();
        blocks.into_iter().for_each(|block| self.f.seal(block));
        self.f.finish()
    }

    /// The end of the program, or of a function that was called.
    fn finish(&mut self) {
        self.store_state();
        self.f.ret(&[]);
    }

    /// The function whose code begins at a label.
    fn callee(&self, at: usize) -> FunctionId {
        let own = self.frame.own();
        let number = self.entries[own..].iter().position(|entry| *entry == at).expect("calls were collected");
        FunctionId((number + own) as u32)
    }

    fn operand_is_memory(&self, number: u32) -> bool {
        self.program.instructions[self.at].code.op_kind(number) == OpKind::Memory
    }
}
