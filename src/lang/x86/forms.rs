//! The forms of each instruction: which operands it takes, in which widths. All read off iced-x86's table of the
//! processor's codes; nothing about encodings is written here by hand.

use super::subset;
use iced_x86::{Code, Encoder, EncodingKind, Instruction, Mnemonic, OpCodeOperandKind, OpKind, Register};
use std::sync::LazyLock;

/// An operand as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// A register.
    Register(Register),
    /// A number.
    Immediate(i64),
    /// A place in memory.
    Memory(Memory),
}

/// `displacement(base, index, scale)`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// `Register::None` where there is none.
    pub base: Register,
    /// Likewise.
    pub index: Register,
    /// 1, 2, 4 or 8.
    pub scale: u32,
    /// Bytes added.
    pub displacement: i32,
    /// Its width in bits, where it was written.
    pub width: Option<u32>,
}

/// Why no form of an instruction takes these operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// Not so many; these numbers of operands are possible.
    Count(&'static [usize]),
    /// The operands' widths differ.
    Widths,
    /// Nothing tells how wide the operand in memory is.
    Unknown,
    /// The number is too large.
    Immediate,
    /// Other kinds of operands are wanted.
    Kinds,
}

/// What an operand of a form may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The kind in the processor's table.
    pub kind: OpCodeOperandKind,
    /// A general register or a vector one; `None` for numbers and pure memory.
    pub register: Option<Class>,
    /// It may be in memory.
    pub memory: bool,
    /// Bits; 0 where it has none (an address).
    pub width: u32,
    /// The one register that it can be.
    pub fixed: Option<Register>,
}

/// Kinds of registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// General ones.
    General,
    /// xmm.
    Vector,
}

/// One form of an instruction.
#[derive(Clone, Debug)]
pub struct Form {
    /// The processor's code.
    pub code: Code,
    /// Its operands, the destination first.
    pub slots: Vec<Slot>,
}

static FORMS: LazyLock<Vec<Vec<Form>>> = LazyLock::new(|| {
    let mut forms = vec![Vec::new(); Mnemonic::values().len()];
    for code in Code::values() {
        let info = code.op_code();
        let legacy = info.encoding() == EncodingKind::Legacy && info.is_instruction() && info.mode64();
        if !legacy || !subset::contains(code.mnemonic()) || code.is_string_instruction() {
            continue;
        }
        let slots: Option<Vec<Slot>> = info.op_kinds().iter().map(|kind| slot(*kind)).collect();
        let Some(mut slots) = slots else { continue };
        // A bit's number in a register may lead beyond the operand in memory.
        if code.mnemonic() == Mnemonic::Bt && slots[1].register.is_some() {
            slots[0].memory = false;
        }
        // The stack moves by whole words.
        let stack = matches!(code.mnemonic(), Mnemonic::Push | Mnemonic::Pop | Mnemonic::Leave | Mnemonic::Ret);
        // What extends to the same width is a move.
        let extends = matches!(code.mnemonic(), Mnemonic::Movzx | Mnemonic::Movsx | Mnemonic::Movsxd);
        if extends && (slots[0].width == slots[1].width || code.mnemonic() == Mnemonic::Movsxd && slots[0].width < 64) {
            continue;
        }
        let narrow = slots.iter().any(|slot| slot.register.is_some() && slot.width < 64);
        let sixteen = format!("{code:?}").ends_with('w') || format!("{code:?}").contains("imm16");
        if stack && (narrow || sixteen) || code.mnemonic() == Mnemonic::Ret && !slots.is_empty() {
            continue;
        }
        forms[code.mnemonic() as usize].push(Form { code, slots });
    }
    forms
});

static MEMBERS: LazyLock<Vec<bool>> = LazyLock::new(|| {
    let mut members = vec![false; Code::values().len()];
    FORMS.iter().flatten().for_each(|form| members[form.code as usize] = true);
    members
});

/// Whether one of the processor's codes is a form of an instruction of the subset.
pub fn contains(code: Code) -> bool {
    MEMBERS[code as usize]
}

/// The forms of an instruction.
pub fn forms(mnemonic: Mnemonic) -> &'static [Form] {
    &FORMS[mnemonic as usize]
}

fn slot(kind: OpCodeOperandKind) -> Option<Slot> {
    use OpCodeOperandKind::*;
    let of = |register, memory, width| Slot { kind, register, memory, width, fixed: Option::None };
    let one = |fixed: Register| Slot { fixed: Some(fixed), ..of(Some(Class::General), false, fixed.size() as u32 * 8) };
    Some(match kind {
        r8_or_mem => of(Some(Class::General), true, 8),
        r16_or_mem => of(Some(Class::General), true, 16),
        r32_or_mem => of(Some(Class::General), true, 32),
        r64_or_mem => of(Some(Class::General), true, 64),
        xmm_or_mem => of(Some(Class::Vector), true, 128),
        r8_reg | r8_opcode => of(Some(Class::General), false, 8),
        r16_reg | r16_rm | r16_opcode => of(Some(Class::General), false, 16),
        r32_reg | r32_rm | r32_opcode => of(Some(Class::General), false, 32),
        r64_reg | r64_rm | r64_opcode => of(Some(Class::General), false, 64),
        xmm_reg | xmm_rm => of(Some(Class::Vector), false, 128),
        al => one(Register::AL),
        cl => one(Register::CL),
        ax => one(Register::AX),
        eax => one(Register::EAX),
        rax => one(Register::RAX),
        mem => of(Option::None, true, 0),
        imm8 | imm8_const_1 | imm8sex16 | imm8sex32 | imm8sex64 | imm16 | imm32 | imm32sex64 | imm64 => {
            of(Option::None, false, 0)
        }
        br64_1 | br64_4 => of(Option::None, false, 0),
        _ => return Option::None,
    })
}

/// The numbers that an immediate can be.
fn range(kind: OpCodeOperandKind) -> Option<(i64, i64)> {
    use OpCodeOperandKind::*;
    Some(match kind {
        imm8 => (-0x80, 0xff),
        imm8_const_1 => (1, 1),
        imm8sex16 | imm8sex32 | imm8sex64 => (-0x80, 0x7f),
        imm16 => (-0x8000, 0xffff),
        imm32 => (i64::from(i32::MIN), i64::from(u32::MAX)),
        imm32sex64 => (i64::from(i32::MIN), i64::from(i32::MAX)),
        imm64 => (i64::MIN, i64::MAX),
        _ => return Option::None,
    })
}

/// How well an operand fits a slot, the worst first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Kind,
    Width,
    Immediate,
    Good,
}

fn fit(slot: &Slot, operand: &Operand, width: Option<u32>) -> Fit {
    let wide = |bits: u32| if bits == slot.width { Fit::Good } else { Fit::Width };
    match operand {
        Operand::Register(register) => match (slot.register, slot.fixed) {
            (_, Some(fixed)) if fixed == *register => Fit::Good,
            (Some(Class::General), None) if register.is_gpr() => wide(register.size() as u32 * 8),
            (Some(Class::Vector), None) if register.is_xmm() => Fit::Good,
            _ => Fit::Kind,
        },
        Operand::Immediate(value) => match range(slot.kind) {
            Some((low, high)) if (low..=high).contains(value) => Fit::Good,
            Some(_) => Fit::Immediate,
            None => Fit::Kind,
        },
        Operand::Memory(memory) if slot.memory && slot.fixed.is_none() => match memory.width.or(width) {
            Some(bits) if slot.width != 0 && slot.register != Some(Class::Vector) => wide(bits),
            _ => Fit::Good,
        },
        Operand::Memory(_) => Fit::Kind,
    }
}

/// The shortest code for an instruction with these operands, the destination first. `width` is that of the operands
/// where the word tells, `source` that of the second.
pub fn select(
    mnemonic: Mnemonic,
    operands: &[Operand],
    width: Option<u32>,
    source: Option<u32>,
) -> Result<Instruction, Misfit> {
    let forms = forms(mnemonic);
    let mut best: Option<(usize, Instruction)> = None;
    let mut nearest = Fit::Kind;
    let mut counted = false;
    let mut memory_widths = Vec::new();
    for form in forms.iter().filter(|form| form.slots.len() == operands.len()) {
        counted = true;
        let fits = form.slots.iter().zip(operands).enumerate().map(|(number, (slot, operand))| {
            let told = if number == 1 { source.or(width) } else { width };
            match (fit(slot, operand, told), operand, told) {
                // The word tells of all operands, but not of a count in cl.
                (Fit::Good, Operand::Register(register), Some(told))
                    if register.is_gpr() && slot.fixed != Some(Register::CL) && register.size() as u32 * 8 != told =>
                {
                    Fit::Width
                }
                (fit, ..) => fit,
            }
        });
        let worst = fits.min().unwrap_or(Fit::Good);
        nearest = nearest.max(worst);
        // A word with a width means nothing else where no operand shows it: `pushq $1`.
        let shown = form.slots.iter().any(|slot| slot.width != 0 && slot.register != Some(Class::Vector));
        let hidden = !shown && operands.iter().any(|operand| matches!(operand, Operand::Immediate(_)));
        if worst != Fit::Good || hidden && width.is_some_and(|width| width != 64) {
            continue;
        }
        let open = |(slot, operand): (&Slot, &Operand)| {
            let memory = matches!(operand, Operand::Memory(memory) if memory.width.is_none());
            (memory && slot.width != 0 && slot.register == Some(Class::General) && width.is_none() && source.is_none())
                .then_some(slot.width)
        };
        memory_widths.extend(form.slots.iter().zip(operands).find_map(open));
        // The byte for this is `nop`, which leaves the upper half as it is.
        if form.code == Code::Xchg_r32_EAX && operands[0] == operands[1] {
            continue;
        }
        let instruction = build(form, operands);
        let Ok(length) = Encoder::new(64).encode(&instruction, 0) else { continue };
        if best.as_ref().is_none_or(|best| length < best.0) {
            best = Some((length, instruction));
        }
    }
    if memory_widths.windows(2).any(|pair| pair[0] != pair[1]) {
        return Err(Misfit::Unknown);
    }
    match best {
        Some((_, instruction)) => Ok(instruction),
        None if !counted => Err(Misfit::Count(counts(mnemonic))),
        None => Err(match nearest {
            Fit::Kind | Fit::Good => Misfit::Kinds,
            Fit::Width => Misfit::Widths,
            Fit::Immediate => Misfit::Immediate,
        }),
    }
}

/// The numbers of operands that an instruction takes.
fn counts(mnemonic: Mnemonic) -> &'static [usize] {
    static COUNTS: [[usize; 1]; 4] = [[0], [1], [2], [3]];
    static IMUL: [usize; 3] = [1, 2, 3];
    match forms(mnemonic) {
        _ if mnemonic == Mnemonic::Imul => &IMUL,
        [form, ..] => &COUNTS[form.slots.len().min(3)],
        [] => &[],
    }
}

/// The instruction of a form.
pub fn build(form: &Form, operands: &[Operand]) -> Instruction {
    let mut instruction = Instruction::default();
    instruction.set_code(form.code);
    for (number, (slot, operand)) in (0..).zip(form.slots.iter().zip(operands)) {
        match operand {
            Operand::Register(register) => {
                instruction.set_op_kind(number, OpKind::Register);
                instruction.set_op_register(number, *register);
            }
            Operand::Immediate(value) => {
                instruction.set_op_kind(number, immediate(slot.kind));
                instruction.set_immediate_i64(number, *value);
            }
            Operand::Memory(memory) => {
                instruction.set_op_kind(number, OpKind::Memory);
                instruction.set_memory_base(memory.base);
                instruction.set_memory_index(memory.index);
                instruction.set_memory_index_scale(memory.scale);
                instruction.set_memory_displacement64(i64::from(memory.displacement) as u64);
                let size = if memory.displacement == 0 { 0 } else { 1 };
                let absolute = memory.base == Register::None;
                instruction.set_memory_displ_size(if absolute { 4 } else { size });
            }
        }
    }
    instruction
}

fn immediate(kind: OpCodeOperandKind) -> OpKind {
    use OpCodeOperandKind::*;
    match kind {
        imm8sex16 => OpKind::Immediate8to16,
        imm8sex32 => OpKind::Immediate8to32,
        imm8sex64 => OpKind::Immediate8to64,
        imm16 => OpKind::Immediate16,
        imm32 => OpKind::Immediate32,
        imm32sex64 => OpKind::Immediate32to64,
        imm64 => OpKind::Immediate64,
        _ => OpKind::Immediate8,
    }
}
