//! What is known of a program before a line of it is translated: who calls whom, where pointers come from, which of
//! them are ever more than an address, and which statement runs when a block begins.
//!
//! All of it is sound for any verified program; what it cannot tell it calls unknown, and the translation then asks at
//! run time.

use super::machine::Globals;
use crate::diagnostic::Span;
use crate::exec::CALL_DEPTH;
use crate::exec::memory::size_of;
use crate::ir::{self, Function, Inst, Program, Terminator, Type, Value};

/// Places beyond are not asked for in advance.
const MOST_EXTENT: i32 = 1 << 16;

/// Where a pointer of a function comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    /// Nothing is known.
    Unknown,
    /// The parameter of that number, perhaps moved by `index` or `advance`.
    Parameter(u32),
    /// What this `allocate` gave, perhaps moved.
    Allocation(Value),
    /// The pointer to a global, perhaps moved.
    Global(Value),
}

/// What holds of a parameter that is a pointer, whoever calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pointer {
    /// Its object, where it is always the same one.
    pub object: Option<u32>,
    /// It points to the first byte.
    pub start: bool,
    /// It points to an array that came from outside, or to a global: all bytes are written.
    pub written: bool,
    /// Its object is alive when the function begins.
    pub live: bool,
}

impl Pointer {
    const UNKNOWN: Self = Self { object: None, start: false, written: false, live: false };

    fn meet(self, other: Self) -> Self {
        Self {
            object: self.object.filter(|object| other.object == Some(*object)),
            start: self.start && other.start,
            written: self.written && other.written,
            live: self.live && other.live,
        }
    }
}

/// Which statement runs when a block begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Site {
    /// No way to the block was looked at yet.
    Unreached,
    /// That of the caller: no fuel was used yet.
    Caller,
    /// This one.
    Known(u32),
    /// It depends on the way there.
    Mixed,
}

impl Site {
    fn meet(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unreached, site) | (site, Self::Unreached) => site,
            (one, two) if one == two => one,
            _ => Self::Mixed,
        }
    }
}

/// What is known of a function.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Some function of the program calls it.
    pub called: bool,
    /// The values of its parameters.
    pub parameters: Vec<Value>,
    /// For each parameter what holds of it as a pointer.
    pub pointers: Vec<Pointer>,
    /// For each parameter whether memory is reached through it, here or in a function that it is passed to.
    pub addressed: Vec<bool>,
    /// For each value where it comes from, as a pointer.
    pub roots: Vec<Root>,
    /// For each value whether it is used as more than an address.
    pub escapes: Vec<bool>,
    /// The blocks that are reached, in reverse postorder.
    pub order: Vec<u32>,
    /// For each block which statement runs when it begins.
    pub sites: Vec<Site>,
    /// For each block the number of its first statement among those of the program.
    pub first_sites: Vec<u32>,
    /// For each parameter the widths of what is read and written through it here: bit `n` for `2^n` bytes.
    pub widths: Vec<u8>,
    /// For each parameter how many bytes what lies at constant places of it here needs.
    pub extents: Vec<i64>,
    /// For each block whether a way leads back to it.
    pub loops: Vec<bool>,
    /// Memory is allocated.
    pub allocates: bool,
    /// Functions are called.
    pub calls: bool,
    /// Memory is reached through a pointer that comes from nowhere known.
    pub wild: bool,
    /// Somewhere a trap is possible where the statement depends on the way there.
    pub mixed: bool,
}

/// What is known of a program.
#[derive(Debug, Default)]
pub(super) struct Analysis {
    /// Of each function.
    pub functions: Vec<Facts>,
    /// Where globals lie.
    pub globals: Globals,
    /// The statements, in the order of the `fuel` instructions.
    pub spans: Vec<Span>,
    /// Calls can nest more deeply than is allowed, so that depth must be counted.
    pub deep: bool,
    /// The most calls that can nest.
    pub depth: u32,
}

impl Analysis {
    /// Looks at all of `program`.
    pub(super) fn new(program: &Program) -> Self {
        let mut analysis = Self { globals: Globals::new(&program.globals), ..Self::default() };
        for function in &program.functions {
            analysis.functions.push(Facts::new(function, &mut analysis.spans));
        }
        analysis.calls(program);
        analysis
    }

    /// What depends on the calls between functions.
    fn calls(&mut self, program: &Program) {
        let mut calls = Vec::new();
        for (number, function) in program.functions.iter().enumerate() {
            for inst in function.blocks.iter().flat_map(|block| &block.insts) {
                if let Inst::Call(call) = inst {
                    self.functions[call.function.0 as usize].called = true;
                    calls.push((number, call.function.0 as usize, call.arguments.as_slice()));
                }
            }
        }
        self.depth = longest_chain(program.functions.len(), &calls);
        self.deep = self.depth > CALL_DEPTH;
        self.depth = self.depth.min(CALL_DEPTH);
        let mut changed = !calls.is_empty();
        while std::mem::take(&mut changed) {
            for &(caller, callee, arguments) in &calls {
                for (number, argument) in arguments.iter().enumerate() {
                    changed |= self.argument(caller, callee, number, *argument);
                }
            }
        }
    }

    /// Takes note of one argument of a call; whether that was news.
    fn argument(&mut self, caller: usize, callee: usize, number: usize, argument: Value) -> bool {
        let here = &self.functions[caller];
        let (pointer, parameter) = match here.roots[argument.0 as usize] {
            Root::Unknown => (Pointer::UNKNOWN, None),
            Root::Parameter(number) => {
                let direct = argument == here.parameters[number as usize];
                let pointer = here.pointers[number as usize];
                (Pointer { start: pointer.start && direct, ..pointer }, Some(number as usize))
            }
            Root::Allocation(at) => (Pointer { start: argument == at, written: false, object: None, live: true }, None),
            Root::Global(at) => (Pointer { start: argument == at, written: true, object: None, live: true }, None),
        };
        let there = &mut self.functions[callee];
        let old = there.pointers[number];
        there.pointers[number] = old.meet(pointer);
        let mut changed = there.pointers[number] != old;
        if let (true, Some(parameter)) = (there.addressed[number], parameter) {
            changed |= !std::mem::replace(&mut self.functions[caller].addressed[parameter], true);
        }
        changed
    }
}

/// The functions on the longest chain of calls, or `u32::MAX` where one calls itself in the end.
fn longest_chain(functions: usize, calls: &[(usize, usize, &[Value])]) -> u32 {
    if calls.is_empty() {
        return 1;
    }
    let mut lengths = vec![1_u32; functions];
    // A chain without a loop settles after as many rounds as there are functions.
    for _ in 0..functions {
        let mut changed = false;
        for &(caller, callee, _) in calls {
            let length = lengths[callee].saturating_add(1);
            if length > lengths[caller] {
                lengths[caller] = length;
                changed = true;
            }
        }
        if !changed {
            return lengths.iter().copied().max().unwrap_or(1);
        }
    }
    u32::MAX
}

impl Facts {
    fn new(function: &Function, spans: &mut Vec<Span>) -> Self {
        let count = function.parameters.len();
        let outside = |number: u32| Pointer { object: Some(number + 1), start: true, written: true, live: true };
        let mut facts = Self {
            called: false,
            parameters: function.blocks[0].parameters.clone(),
            pointers: (0..count as u32).map(outside).collect(),
            addressed: vec![false; count],
            roots: vec![Root::Unknown; function.types.len()],
            escapes: vec![false; function.types.len()],
            order: ir::reverse_postorder(&function.blocks).into_iter().map(|block| block as u32).collect(),
            sites: vec![Site::Unreached; function.blocks.len()],
            first_sites: Vec::with_capacity(function.blocks.len()),
            widths: vec![0; count],
            extents: vec![0; count],
            loops: vec![false; function.blocks.len()],
            allocates: false,
            calls: false,
            wild: false,
            mixed: false,
        };
        facts.loops(function);
        facts.pointers(function);
        facts.sites(function, spans);
        facts
    }

    fn loops(&mut self, function: &Function) {
        let mut seen = vec![false; function.blocks.len()];
        for &number in &self.order {
            seen[number as usize] = true;
            for target in function.blocks[number as usize].terminator.targets() {
                self.loops[target.block.0 as usize] |= seen[target.block.0 as usize];
            }
        }
    }

    fn pointers(&mut self, function: &Function) {
        for (number, value) in function.blocks[0].parameters.iter().enumerate() {
            if function.parameters[number] == Type::I64 {
                self.roots[value.0 as usize] = Root::Parameter(number as u32);
            }
        }
        self.roots(function);
        for at in 0..self.order.len() {
            let block = &function.blocks[self.order[at] as usize];
            for inst in &block.insts {
                match *inst {
                    Inst::Allocate { .. } => self.allocates = true,
                    Inst::Global { .. } => {}
                    Inst::Index { base, index, .. } => {
                        self.address(base, None);
                        self.escapes[index.0 as usize] = true;
                    }
                    Inst::Advance { base, index, .. } => {
                        // The limit for single bytes is the object's size.
                        self.address(base, Some(Type::I8));
                        self.escapes[index.0 as usize] = true;
                    }
                    Inst::Load { result, address, offset } => {
                        let ty = function.types[result.0 as usize];
                        self.address(address, Some(ty));
                        self.constant_place(address, offset, ty);
                    }
                    Inst::Store { value, address, offset } => {
                        let ty = function.types[value.0 as usize];
                        self.address(address, Some(ty));
                        self.constant_place(address, offset, ty);
                        self.escapes[value.0 as usize] = true;
                    }
                    _ => {
                        self.calls |= matches!(inst, Inst::Call(_));
                        inst.uses(|value| self.escapes[value.0 as usize] = true);
                    }
                }
            }
            block.terminator.uses(|value| self.escapes[value.0 as usize] = true);
        }
        // What is moved away from a global gets its object's number from the pointer to it.
        for value in 0..self.roots.len() {
            if let (Root::Global(global), true) = (self.roots[value], self.escapes[value]) {
                self.escapes[global.0 as usize] = true;
            }
        }
    }

    /// Finds where each pointer comes from. A block's parameter comes from where all that is passed for it comes from.
    fn roots(&mut self, function: &Function) {
        let blocks = &function.blocks;
        let mut waiting = vec![false; function.types.len()];
        for block in blocks.iter().skip(1) {
            for parameter in &block.parameters {
                waiting[parameter.0 as usize] = function.types[parameter.0 as usize] == Type::I64;
            }
        }
        let ways = waiting.contains(&true);
        loop {
            let mut changed = false;
            for &number in &self.order {
                let block = &blocks[number as usize];
                for inst in &block.insts {
                    match *inst {
                        Inst::Allocate { result, .. } => self.roots[result.0 as usize] = Root::Allocation(result),
                        Inst::Global { result, .. } => self.roots[result.0 as usize] = Root::Global(result),
                        Inst::Index { result, base, .. } | Inst::Advance { result, base, .. } => {
                            self.roots[result.0 as usize] = self.roots[base.0 as usize];
                            waiting[result.0 as usize] = waiting[base.0 as usize];
                        }
                        _ => {}
                    }
                }
                if !ways {
                    continue;
                }
                for target in block.terminator.targets() {
                    for (parameter, argument) in
                        blocks[target.block.0 as usize].parameters.iter().zip(&target.arguments)
                    {
                        let (parameter, argument) = (parameter.0 as usize, argument.0 as usize);
                        // What waits has been seen on no way yet.
                        if function.types[parameter] != Type::I64 || waiting[argument] {
                            continue;
                        }
                        let met = match waiting[parameter] || self.roots[parameter] == self.roots[argument] {
                            true => self.roots[argument],
                            false => Root::Unknown,
                        };
                        changed |= std::mem::replace(&mut waiting[parameter], false) || met != self.roots[parameter];
                        self.roots[parameter] = met;
                    }
                }
            }
            if !changed {
                break;
            }
        }
    }

    /// Something lies at `address + offset`.
    fn constant_place(&mut self, address: Value, offset: i32, ty: Type) {
        if let Root::Parameter(number) = self.roots[address.0 as usize]
            && self.parameters[number as usize] == address
            && (0..MOST_EXTENT).contains(&offset)
        {
            let end = i64::from(offset) + size_of(ty) as i64;
            let extent = &mut self.extents[number as usize];
            *extent = end.max(*extent);
        }
    }

    /// `value` is an address, of a `ty` where memory is reached.
    fn address(&mut self, value: Value, ty: Option<Type>) {
        let width = ty.map_or(0, |ty| 1 << size_of(ty).trailing_zeros());
        match self.roots[value.0 as usize] {
            Root::Parameter(number) => {
                self.addressed[number as usize] = true;
                self.widths[number as usize] |= width;
            }
            Root::Allocation(_) | Root::Global(_) => {}
            Root::Unknown => self.wild |= ty.is_some(),
        }
    }

    /// Numbers the statements, and finds which one runs when a block begins.
    fn sites(&mut self, function: &Function, spans: &mut Vec<Span>) {
        let mut last = vec![None; function.blocks.len()];
        for (number, block) in function.blocks.iter().enumerate() {
            self.first_sites.push(spans.len() as u32);
            for inst in &block.insts {
                if let Inst::Fuel { span, .. } = inst {
                    last[number] = Some(spans.len() as u32);
                    spans.push(*span);
                }
            }
        }
        self.sites[0] = Site::Caller;
        let mut changed = true;
        while std::mem::take(&mut changed) {
            for &number in &self.order {
                let number = number as usize;
                let at_end = last[number].map_or(self.sites[number], Site::Known);
                for target in function.blocks[number].terminator.targets() {
                    let site = &mut self.sites[target.block.0 as usize];
                    let met = site.meet(at_end);
                    changed |= std::mem::replace(site, met) != met;
                }
            }
        }
        self.mixed = self.order.iter().any(|&number| {
            self.sites[number as usize] == Site::Mixed && traps_before_fuel(&function.blocks[number as usize])
        });
    }
}

/// Whether a block may trap before its first statement begins.
fn traps_before_fuel(block: &ir::Block) -> bool {
    for inst in &block.insts {
        match inst {
            Inst::Fuel { .. } => return false,
            Inst::TrapIf { .. }
            | Inst::Index { .. }
            | Inst::Advance { .. }
            | Inst::Load { .. }
            | Inst::Store { .. }
            | Inst::Allocate { .. }
            | Inst::Call(_) => return true,
            _ => {}
        }
    }
    matches!(block.terminator, Terminator::Trap(_))
}
