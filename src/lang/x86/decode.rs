//! Machine code to instructions, by iced-x86. What is not in the subset is named with its address; nothing is skipped.

use super::ast::{Instruction, Label, LabelId, Program};
use super::{forms, subset};
use crate::diagnostic::Span;
use iced_x86::{Code, Decoder, DecoderError, DecoderOptions, FlowControl, Mnemonic, OpKind, Register};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Why bytes are no program of the subset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at {address:#x} ({}): {message}", hex(.bytes))]
pub struct DecodeError {
    /// Where, with the address of the first byte counted in.
    pub address: u64,
    /// The bytes there.
    pub bytes: Vec<u8>,
    /// What is wrong.
    pub message: String,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

/// The program that these bytes, loaded at `address`, are. Labels are made where jumps lead. Spans are byte ranges.
pub fn decode(bytes: &[u8], address: u64) -> Result<Program, DecodeError> {
    let mut decoder = Decoder::with_ip(64, bytes, address, DecoderOptions::NONE);
    // Few instructions are shorter than two bytes; to make room as one goes would take as long as decoding.
    let room = (bytes.len() / 2).min(1 << 20);
    let mut program = Program { instructions: Vec::with_capacity(room), ..Program::default() };
    let usual = Usual::new();
    let mut jumps: Vec<(usize, u64)> = Vec::new();
    let mut code = iced_x86::Instruction::default();
    while decoder.can_decode() {
        let start = decoder.position();
        decoder.decode_out(&mut code);
        let span = Span::new(start, decoder.position());
        if !usual.has(&code) {
            let wrong = |message: String| {
                let bytes = bytes[start..decoder.position().max(start + 1).min(bytes.len())].to_vec();
                DecodeError { address: address.wrapping_add(start as u64), bytes, message }
            };
            if code.is_invalid() {
                return Err(wrong(invalid(decoder.last_error()).into()));
            }
            supported(&code).map_err(wrong)?;
            if code.op_count() > 0 && code.op0_kind() == OpKind::NearBranch64 {
                jumps.push((program.instructions.len(), code.near_branch64()));
            }
        }
        program.instructions.push(Instruction { code, target: None, span });
    }
    let end = address.wrapping_add(bytes.len() as u64);
    let mut labels: BTreeMap<u64, LabelId> = jumps.iter().map(|(_, to)| (*to, LabelId(0))).collect();
    for (number, (to, label)) in labels.iter_mut().enumerate() {
        *label = LabelId(number as u32);
        let starts = &program.instructions;
        let at = if *to == end {
            Some(starts.len())
        } else {
            starts.binary_search_by_key(to, |instruction| instruction.code.ip()).ok()
        };
        let Some(at) = at else {
            let (from, _) = jumps.iter().find(|jump| jump.1 == *to).expect("each label has a jump");
            let Span { start, end } = program.instructions[*from].span;
            let message = match to.checked_sub(address) {
                Some(offset) if offset < bytes.len() as u64 => format!("jumps into an instruction, to {to:#x}"),
                _ => format!("leads out of the code, to {to:#x}"),
            };
            let bytes = bytes[start as usize..end as usize].to_vec();
            let address = program.instructions[*from].code.ip();
            return Err(DecodeError { address, bytes, message });
        };
        let span = Span::new((*to - address) as usize, (*to - address) as usize);
        program.labels.push(Label { name: format!(".L{number}").into(), at: at as u32, span });
    }
    for (number, to) in jumps {
        program.instructions[number].target = Some(labels[&to]);
    }
    Ok(program)
}

/// The next instruction of an object file's code, where addresses relative to the instruction are known.
pub(super) fn next(decoder: &mut Decoder<'_>) -> Result<iced_x86::Instruction, String> {
    let code = decoder.decode();
    if code.is_invalid() {
        return Err(invalid(decoder.last_error()).into());
    }
    in_subset(&code)?;
    Ok(code)
}

fn invalid(error: DecoderError) -> &'static str {
    match error {
        DecoderError::NoMoreBytes => "the bytes end inside an instruction",
        _ => "no instruction",
    }
}

/// Whether an instruction is in the subset where there is no object file; the error names what is not.
fn supported(code: &iced_x86::Instruction) -> Result<(), String> {
    in_subset(code)?;
    if code.is_ip_rel_memory_operand() {
        return Err("addresses relative to the instruction are not there without the object file".into());
    }
    Ok(())
}

/// Instructions that are in the subset at first sight: most of them, without a look at each reason why one may not be.
struct Usual {
    /// By code: of two operands, whatever registers and numbers these are.
    plain: &'static [bool],
}

impl Usual {
    fn new() -> Self {
        static PLAIN: LazyLock<Vec<bool>> = LazyLock::new(|| {
            let plain = |code: Code| {
                forms::contains(code)
                    && subset::contains(code.mnemonic())
                    && code.op_code().op_count() == 2
                    && code.mnemonic() != Mnemonic::Bt
                    && !code.is_string_instruction()
            };
            Code::values().map(plain).collect()
        });
        Self { plain: &PLAIN }
    }

    #[inline]
    fn has(&self, code: &iced_x86::Instruction) -> bool {
        let simple = |kind: OpKind, register: Register| match kind {
            OpKind::Register => register.is_gpr(),
            OpKind::Immediate8 | OpKind::Immediate32 | OpKind::Immediate8to32 => true,
            _ => false,
        };
        self.plain[code.code() as usize]
            && simple(code.op0_kind(), code.op0_register())
            && simple(code.op1_kind(), code.op1_register())
            && prefix(code).is_none()
    }
}

/// Whether an instruction is in the subset, with its prefixes and operands.
fn in_subset(code: &iced_x86::Instruction) -> Result<(), String> {
    let string = code.is_string_instruction();
    if string && subset::string_word(code.code()).is_none() || !string && !subset::contains(code.mnemonic()) {
        return Err(format!(
            "the instruction `{}` is not in the subset",
            format!("{:?}", code.mnemonic()).to_lowercase()
        ));
    }
    if let Some(name) = prefix(code) {
        return Err(format!("the prefix `{name}` is not in the subset"));
    }
    let indirect = matches!(code.flow_control(), FlowControl::IndirectBranch | FlowControl::IndirectCall);
    if indirect {
        return Err("jumps and calls through registers and memory are not in the subset".into());
    }
    for number in 0..code.op_count() {
        let register = code.op_register(number);
        let outside = register.is_xmm() && register.number() >= 8 || !(register.is_gpr() || register.is_xmm());
        if code.op_kind(number) == OpKind::Register && outside {
            let name = format!("{register:?}").to_lowercase();
            return Err(format!("the register `{name}` is not in the subset"));
        }
        if matches!(code.op_kind(number), OpKind::MemoryESEDI | OpKind::MemorySegESI) {
            return Err("addresses of other registers than those of 64 bits are not in the subset".into());
        }
        let wide = |register: Register| matches!(register, Register::None | Register::RIP) || register.is_gpr64();
        if code.op_kind(number) == OpKind::Memory && !(wide(code.memory_base()) && wide(code.memory_index())) {
            return Err("addresses of other registers than those of 64 bits are not in the subset".into());
        }
    }
    let beyond = code.mnemonic() == Mnemonic::Bt && code.op0_kind() == OpKind::Memory;
    if !string && !forms::contains(code.code()) || beyond && code.op1_kind() == OpKind::Register {
        let name = format!("{:?}", code.mnemonic()).to_lowercase();
        return Err(format!("this form of `{name}` is not in the subset"));
    }
    Ok(())
}

/// A prefix that the subset has not.
fn prefix(code: &iced_x86::Instruction) -> Option<&'static str> {
    if code.has_lock_prefix() {
        Some("lock")
    } else if code.has_rep_prefix() && code.mnemonic() != Mnemonic::Ret && !code.is_string_instruction() {
        Some("rep")
    } else if code.has_repne_prefix() {
        Some("repne")
    } else if code.has_segment_prefix() && code.mnemonic() != Mnemonic::Nop {
        Some("a segment")
    } else {
        None
    }
}
