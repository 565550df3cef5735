//! Memory: every load and store finds its object, checks the place against its size, and knows of bytes that were
//! never written.
//!
//! Where a pointer comes from a parameter, a global or an `allocate` of the same function, its object is looked up once,
//! where the function begins or the object is made ([`Descriptor`]); what is left to do is one comparison with its limit. For
//! an array that came from outside no byte is unwritten, and where the place is a constant that was checked before, or
//! the object's size is known, nothing is checked at all. Other pointers are looked up at each access.

use super::analysis::Root;
use super::facts::Fact;
use super::machine::offset;
use super::translate::{FLAGS, Form, Translator, clif_type};
use crate::exec::memory::size_of;
use crate::ir::{GlobalId, Inst, TrapKind, Type, Value};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self as clif, InstBuilder, types};

/// The high half of a pointer.
const OBJECT_MASK: i64 = !0xffff_ffff;
/// The low half of a pointer.
const OFFSET_MASK: i64 = 0xffff_ffff;
/// Offsets that `index` may give are below.
const MOST_OFFSET: i64 = 1 << 31;

/// How far a pointer is from the first byte of its object.
#[derive(Clone, Copy, Debug)]
pub(super) enum Offset {
    Constant(i64),
    /// An i64.
    Value(clif::Value),
}

/// An object that was looked up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Descriptor {
    /// The address of its first byte.
    base: clif::Value,
    /// Its limits by the logarithm of the width, where they are needed.
    limits: [Option<clif::Value>; 4],
    /// Its size, where that is known.
    size: Option<u32>,
    /// How far its pointer is from the first byte.
    start: Offset,
    /// Some of its bytes may never have been written.
    tracked: bool,
}

/// Where memory is reached, checked.
struct Place {
    address: clif::Value,
    offset: i32,
    tracked: bool,
}

/// All bytes of a width written.
fn all_written(ty: clif::Type) -> i64 {
    0x0101_0101_0101_0101 & (((1_u128 << ty.bits()) - 1) as i64)
}

impl Translator<'_, '_> {
    /// Looks up the object of a parameter that memory is reached through.
    pub(super) fn describe_parameter(&mut self, number: usize) {
        let widths = self.known.widths[number];
        if widths == 0 {
            return;
        }
        let parameter = self.known.parameters[number];
        let pointer = self.known.pointers[number];
        let value = self.value(parameter);
        let (row, at) = match pointer.object {
            Some(object) => (self.header, offset::TABLE + (object << offset::OBJECT_SHIFT) as i32),
            None => {
                let object = self.b.ins().ushr_imm_u(value, 32);
                if !pointer.live {
                    let count = self.load_header(offset::COUNT);
                    let dead = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, object, count);
                    self.give_up_if(dead);
                }
                (self.row(object), offset::TABLE)
            }
        };
        let base = match self.row {
            Some(row) => row.base,
            None => self.b.ins().load(types::I64, FLAGS, row, at + offset::BASE),
        };
        let mut limits = [None; 4];
        let widths = if self.is_checked() { widths } else { 0 };
        for (width, limit) in limits.iter_mut().enumerate().filter(|(width, _)| widths >> width & 1 == 1) {
            *limit = Some(self.b.ins().uload32(FLAGS, row, at + offset::LIMITS + 4 * width as i32));
        }
        let start = match pointer.start {
            true => Offset::Constant(0),
            false => Offset::Value(self.b.ins().band_imm_u(value, OFFSET_MASK)),
        };
        self.promise_extent(parameter, number, &limits);
        self.descriptors[parameter.0 as usize] =
            Some(Descriptor { base, limits, size: None, start, tracked: self.is_checked() && !pointer.written });
    }

    /// Asks once for all bytes at constant places of a parameter's object. Where it is smaller, exact code must find
    /// out whether they are ever reached. Of an entry's arguments Rust has asked it.
    fn promise_extent(&mut self, parameter: Value, number: usize, limits: &[Option<clif::Value>; 4]) {
        let end = self.known.extents[number];
        if !self.is_quick() || end == 0 || !self.known.pointers[number].start {
            return;
        }
        let limit = limits.iter().enumerate().find_map(|(width, limit)| limit.map(|it| (width, it)));
        let Some((width, limit)) = limit else { return };
        if self.form == Form::Internal {
            // `limit` is one more than the last place where `1 << width` bytes fit.
            let last = end - (1 << width);
            let short = self.b.ins().icmp_imm_s(IntCC::SignedLessThanOrEqual, limit, last);
            self.give_up_if(short);
        }
        self.facts.add(Fact::Extent(parameter, end));
    }

    /// The row of an object in the table, but for where the table begins.
    fn row(&mut self, object: clif::Value) -> clif::Value {
        let distance = self.b.ins().ishl_imm_u(object, i64::from(offset::OBJECT_SHIFT));
        self.b.ins().iadd(self.header, distance)
    }

    /// Gives a variable to each `allocate` that may run more than once in a call.
    pub(super) fn declare_allocations(&mut self) {
        let known = self.known;
        for &number in known.order[1..].iter().filter(|_| known.allocates) {
            for inst in &self.function.blocks[number as usize].insts {
                if let Inst::Allocate { result, .. } = *inst {
                    let variable = self.b.declare_var(types::I64);
                    let null = self.b.ins().iconst(types::I64, 0);
                    self.b.def_var(variable, null);
                    self.allocations.push((result, variable));
                }
            }
        }
    }

    pub(super) fn allocate(&mut self, result: Value, bytes: u32) {
        let variable = self.allocations.iter().find(|(of, _)| *of == result).map(|(_, variable)| *variable);
        let old = match variable {
            Some(variable) => self.b.use_var(variable),
            None => self.b.ins().iconst(types::I64, 0),
        };
        self.settle();
        let size = self.b.ins().iconst(types::I64, i64::from(bytes));
        let function = self.load_header(offset::ALLOCATE);
        let signature = self.b.import_signature(clif::Signature {
            params: vec![clif::AbiParam::new(types::I64); 3],
            returns: vec![clif::AbiParam::new(types::I64)],
            call_conv: self.convention(),
        });
        let call = self.b.ins().call_indirect(signature, function, &[self.header, old, size]);
        let pointer = self.b.inst_results(call)[0];
        let none = self.b.ins().icmp_imm_s(IntCC::Equal, pointer, 0);
        self.trap_if(none, TrapKind::OutOfMemory);
        if let Some(variable) = variable {
            self.b.def_var(variable, pointer);
        }
        self.set(result, pointer);
        let object = self.b.ins().ushr_imm_u(pointer, 32);
        let row = self.row(object);
        let base = self.b.ins().load(types::I64, FLAGS, row, offset::TABLE + offset::BASE);
        self.descriptors[result.0 as usize] =
            Some(Descriptor { base, limits: [None; 4], size: Some(bytes), start: Offset::Constant(0), tracked: true });
    }

    /// A global lies where it was laid out, and its size is known.
    pub(super) fn global(&mut self, result: Value, global: GlobalId) {
        let (start, bytes) = self.global_start(global);
        let base = self.b.ins().iadd_imm_s(self.header, offset::ARENA + i64::from(start));
        let pointer = match self.known.escapes[result.0 as usize] {
            true => {
                let first = self.load_header(offset::GLOBALS);
                self.b.ins().iadd_imm_s(first, i64::from(global.0) << 32)
            }
            // Nobody asks for it.
            false => base,
        };
        self.set(result, pointer);
        self.descriptors[result.0 as usize] =
            Some(Descriptor { base, limits: [None; 4], size: Some(bytes), start: Offset::Constant(0), tracked: false });
    }

    // ---- pointers ----

    /// The object that a pointer comes from, if that is known, and its value there.
    fn root(&self, pointer: Value) -> Option<(Value, Descriptor)> {
        let root = match self.known.roots[pointer.0 as usize] {
            Root::Unknown => return None,
            Root::Parameter(number) => self.known.parameters[number as usize],
            Root::Allocation(value) | Root::Global(value) => value,
        };
        self.descriptors[root.0 as usize].map(|descriptor| (root, descriptor))
    }

    /// How far `pointer`, which comes from `root`, is from the first byte.
    fn offset(&self, pointer: Value, root: Value, descriptor: &Descriptor) -> Offset {
        match self.offsets[pointer.0 as usize] {
            Some(offset) => offset,
            None => {
                debug_assert_eq!(pointer, root);
                descriptor.start
            }
        }
    }

    pub(super) fn index(&mut self, result: Value, base: Value, index: Value, scale: u32, rest: &[Inst]) {
        let escapes = &self.known.escapes;
        let same = self.facts.indexed(base, index, scale);
        if let Some(same) = same.filter(|same| escapes[same.0 as usize] || !escapes[result.0 as usize]) {
            self.offsets[result.0 as usize] = self.offsets[same.0 as usize];
            let value = self.value(same);
            return self.set(result, value);
        }
        let root = self.root(base);
        let start = match &root {
            Some((root, descriptor)) => self.offset(base, *root, descriptor),
            None => {
                let pointer = self.value(base);
                Offset::Value(self.b.ins().band_imm_u(pointer, OFFSET_MASK))
            }
        };
        let offset = self.moved(start, index, scale);
        let deferred = root.is_some() && self.checked_next(result, rest);
        let offset = match offset {
            Offset::Constant(at) if (0..MOST_OFFSET).contains(&at) => offset,
            Offset::Constant(_) => {
                self.trap(TrapKind::OutOfBounds);
                Offset::Constant(0)
            }
            Offset::Value(at) if !deferred => {
                let outside = self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThanOrEqual, at, MOST_OFFSET);
                self.trap_if(outside, TrapKind::OutOfBounds);
                offset
            }
            Offset::Value(_) => offset,
        };
        self.offsets[result.0 as usize] = Some(offset);
        self.facts.add(Fact::Indexed { base, index, scale, result });
        let pointer = self.pointer_at(base, offset, root.is_some() && !self.known.escapes[result.0 as usize]);
        self.set(result, pointer);
    }

    /// `base + index * scale` within the object or just behind it.
    pub(super) fn advance(&mut self, result: Value, base: Value, index: Value, scale: u32) {
        let root = self.root(base);
        let start = match &root {
            Some((root, descriptor)) => self.offset(base, *root, descriptor),
            None => {
                let pointer = self.value(base);
                Offset::Value(self.b.ins().band_imm_u(pointer, OFFSET_MASK))
            }
        };
        let offset = self.moved(start, index, scale);
        let most = match &root {
            Some((_, Descriptor { size: Some(size), .. })) => Offset::Constant(i64::from(*size)),
            Some((_, Descriptor { limits: [Some(limit), ..], .. })) => Offset::Value(*limit),
            // Only unchecked code knows no limit.
            Some(_) => Offset::Constant(MOST_OFFSET),
            None => Offset::Value(self.size_of_object(base)),
        };
        match (offset, most) {
            (Offset::Constant(at), Offset::Constant(most)) if (0..=most).contains(&at) => {}
            (Offset::Constant(_), Offset::Constant(_)) => self.trap(TrapKind::OutOfBounds),
            (Offset::Value(at), Offset::Constant(most)) => {
                let outside = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThan, at, most);
                self.trap_if(outside, TrapKind::OutOfBounds);
            }
            (Offset::Constant(at), Offset::Value(most)) => {
                let outside = self.b.ins().icmp_imm_s(IntCC::UnsignedLessThan, most, at);
                self.trap_if(outside, TrapKind::OutOfBounds);
            }
            (Offset::Value(at), Offset::Value(most)) => {
                let outside = self.b.ins().icmp(IntCC::UnsignedGreaterThan, at, most);
                self.trap_if(outside, TrapKind::OutOfBounds);
            }
        }
        self.offsets[result.0 as usize] = Some(offset);
        let pointer = self.pointer_at(base, offset, root.is_some() && !self.known.escapes[result.0 as usize]);
        self.set(result, pointer);
    }

    /// The pointer to `offset` in the object of `base`, or anything where nobody asks for it.
    fn pointer_at(&mut self, base: Value, offset: Offset, unasked: bool) -> clif::Value {
        let pointer = self.value(base);
        if unasked {
            return pointer;
        }
        let object = self.b.ins().band_imm_s(pointer, OBJECT_MASK);
        match offset {
            Offset::Constant(at) => self.b.ins().iadd_imm_s(object, at),
            Offset::Value(at) => self.b.ins().bor(object, at),
        }
    }

    /// The size of the object of a pointer that comes from nowhere known.
    fn size_of_object(&mut self, pointer: Value) -> clif::Value {
        let row = self.wild_row(pointer);
        self.b.ins().uload32(FLAGS, row, offset::TABLE + offset::LIMITS)
    }

    /// Pointers that reach a block by several ways, all from one object: how far they are from its first byte.
    pub(super) fn moved_parameters(&mut self, parameters: &[Value]) {
        for &parameter in parameters {
            if self.type_of(parameter) == Type::I64 && self.root(parameter).is_some() {
                let pointer = self.value(parameter);
                self.offsets[parameter.0 as usize] = Some(Offset::Value(self.b.ins().band_imm_u(pointer, OFFSET_MASK)));
            }
        }
    }

    /// `start + index * scale`; what does not fit 64 bits traps here.
    fn moved(&mut self, start: Offset, index: Value, scale: u32) -> Offset {
        let scale = i64::from(scale);
        if let (Offset::Constant(start), Some(index)) = (start, self.constant(index)) {
            let at = i128::from(start) + i128::from(index) * i128::from(scale);
            return Offset::Constant(i64::try_from(at).unwrap_or(-1));
        }
        let value = self.value(index);
        let wide = match self.type_of(index) {
            Type::I64 => {
                // Within this range nothing overflows; beyond it the offset is outside in any case.
                let most = match scale {
                    0 => i64::MAX,
                    _ => (1 << 32) / scale + 1,
                };
                if scale > 0 {
                    let raised = self.b.ins().iadd_imm_s(value, most);
                    let outside = self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThan, raised, 2 * most);
                    self.trap_if(outside, TrapKind::OutOfBounds);
                }
                value
            }
            _ => self.b.ins().sextend(types::I64, value),
        };
        let bytes = match u64::try_from(scale).ok().filter(|scale| scale.is_power_of_two()) {
            Some(scale) => self.b.ins().ishl_imm_u(wide, i64::from(scale.trailing_zeros())),
            None => self.b.ins().imul_imm_s(wide, scale),
        };
        Offset::Value(match start {
            Offset::Constant(0) => bytes,
            Offset::Constant(start) => self.b.ins().iadd_imm_s(bytes, start),
            Offset::Value(start) => self.b.ins().iadd(start, bytes),
        })
    }

    /// Whether `result` is reached right away, before anything else could be noticed than another `OutOfBounds`.
    fn checked_next(&self, result: Value, rest: &[Inst]) -> bool {
        for inst in rest {
            match *inst {
                Inst::Load { address, offset: 0, .. } | Inst::Store { address, offset: 0, .. } if address == result => {
                    return true;
                }
                Inst::Load { address, .. } => match self.root(address) {
                    Some((_, descriptor)) if !descriptor.tracked => {}
                    _ => return false,
                },
                Inst::Const { .. }
                | Inst::Binary { .. }
                | Inst::Overflows { .. }
                | Inst::Compare { .. }
                | Inst::Select { .. }
                | Inst::Convert { .. }
                | Inst::Index { .. }
                | Inst::Advance { .. }
                | Inst::Global { .. }
                | Inst::Note { .. } => {}
                _ => return false,
            }
        }
        false
    }

    // ---- access ----

    /// Checks that `width` (its logarithm) bytes at `address + offset` lie within their object.
    fn place(&mut self, address: Value, offset: i32, width: usize) -> Place {
        let Some((root, descriptor)) = self.root(address) else { return self.wild_place(address, offset, width) };
        let bytes = 1_i64 << width;
        match self.offset(address, root, &descriptor) {
            Offset::Constant(at) => {
                let at = at + i64::from(offset);
                let end = at + bytes;
                let known = match descriptor.size {
                    _ if at < 0 => Some(false),
                    Some(size) => Some(end <= i64::from(size)),
                    None => (!self.is_checked() || self.facts.extends(root, end)).then_some(true),
                };
                match known {
                    Some(true) => {}
                    Some(false) => self.trap(TrapKind::OutOfBounds),
                    None => {
                        let limit = descriptor.limits[width].expect("the width is in use");
                        let outside = self.b.ins().icmp_imm_s(IntCC::UnsignedLessThanOrEqual, limit, at);
                        self.trap_if(outside, TrapKind::OutOfBounds);
                        self.facts.add(Fact::Extent(root, end));
                    }
                }
                // Where it trapped anything goes.
                let offset = i32::try_from(at).ok().filter(|at| *at < 1 << 30).unwrap_or(0);
                Place { address: descriptor.base, offset, tracked: descriptor.tracked }
            }
            Offset::Value(start) => {
                if self.is_checked() && !self.facts.has(Fact::Within(start, offset, width as u32)) {
                    let at = if offset == 0 { start } else { self.b.ins().iadd_imm_s(start, i64::from(offset)) };
                    let outside = match (descriptor.size, descriptor.limits[width]) {
                        (Some(size), _) => {
                            let limit = (i64::from(size) + 1 - bytes).max(0);
                            self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThanOrEqual, at, limit)
                        }
                        (None, limit) => {
                            let limit = limit.expect("the width is in use");
                            self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, at, limit)
                        }
                    };
                    self.trap_if(outside, TrapKind::OutOfBounds);
                    self.facts.add(Fact::Within(start, offset, width as u32));
                }
                let address = self.b.ins().iadd(descriptor.base, start);
                Place { address, offset, tracked: descriptor.tracked }
            }
        }
    }

    /// The row of the object of a pointer that comes from nowhere known.
    fn wild_row(&mut self, pointer: Value) -> clif::Value {
        let pointer = self.value(pointer);
        let object = self.b.ins().ushr_imm_u(pointer, 32);
        let count = self.load_header(offset::COUNT);
        let dead = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, object, count);
        self.trap_if(dead, TrapKind::OutOfBounds);
        self.row(object)
    }

    /// A place behind a pointer that comes from nowhere known.
    fn wild_place(&mut self, address: Value, offset: i32, width: usize) -> Place {
        let row = self.wild_row(address);
        let pointer = self.value(address);
        let limit = self.b.ins().uload32(FLAGS, row, offset::TABLE + offset::LIMITS + 4 * width as i32);
        let low = self.b.ins().band_imm_u(pointer, OFFSET_MASK);
        let at = self.b.ins().iadd_imm_s(low, i64::from(offset));
        let outside = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, at, limit);
        self.trap_if(outside, TrapKind::OutOfBounds);
        let base = self.b.ins().load(types::I64, FLAGS, row, offset::TABLE + offset::BASE);
        Place { address: self.b.ins().iadd(base, at), offset: 0, tracked: true }
    }

    pub(super) fn load(&mut self, result: Value, address: Value, offset: i32) {
        let ty = self.type_of(result);
        let place = self.place(address, offset, size_of(ty).trailing_zeros() as usize);
        let wide = clif_type(ty);
        if place.tracked {
            let written = self.b.ins().load(wide, FLAGS, place.address, place.offset + offset::WRITTEN);
            let missing = self.b.ins().icmp_imm_s(IntCC::NotEqual, written, all_written(wide));
            self.trap_later_if(missing, TrapKind::UninitializedRead);
        }
        let value = self.b.ins().load(wide, FLAGS, place.address, place.offset);
        let value = if ty == Type::I1 { self.b.ins().band_imm_u(value, 1) } else { value };
        self.set(result, value);
    }

    pub(super) fn store(&mut self, value: Value, address: Value, offset: i32) {
        let ty = self.type_of(value);
        let place = self.place(address, offset, size_of(ty).trailing_zeros() as usize);
        let value = self.value(value);
        self.b.ins().store(FLAGS, value, place.address, place.offset);
        if place.tracked {
            let wide = clif_type(ty);
            let written = self.b.ins().iconst(wide, all_written(wide));
            self.b.ins().store(FLAGS, written, place.address, place.offset + offset::WRITTEN);
        }
    }
}
