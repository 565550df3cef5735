//! The generated parser's pairs to the syntax tree: words to instructions, names to registers and labels.

use super::ast::{Instruction, Label, LabelId, Program, Syntax};
use super::forms::{Memory, Misfit, Operand, forms, select};
use super::grammar::Rule;
use super::subset;
use crate::diagnostic::{Diagnostic, Span, codes, nearest};
use crate::lang::span;
use compact_str::CompactString;
use iced_x86::{Code, Mnemonic, Register, RepPrefixKind};
use pest::iterators::Pair;
use std::collections::BTreeMap;

/// Mistakes reported in one run at most.
const MISTAKES: usize = 20;

#[derive(Default)]
pub struct Builder {
    program: Program,
    names: BTreeMap<CompactString, LabelId>,
    /// Jumps whose label may come later: the instruction's number, the name and its place.
    jumps: Vec<(usize, CompactString, Span)>,
    errors: Vec<Diagnostic>,
}

impl Builder {
    /// The program, or what is wrong with it.
    pub fn program(pair: Pair<'_, Rule>) -> Result<Program, Vec<Diagnostic>> {
        let mut builder = Self::default();
        for item in pair.into_inner().flat_map(Pair::into_inner) {
            match item.as_rule() {
                Rule::label => builder.label(item),
                Rule::jump => builder.jump(item),
                Rule::string => builder.string(item),
                Rule::instruction => item.into_inner().for_each(|one| builder.instruction(one, Syntax::Att)),
                Rule::intel_instruction => builder.instruction(item, Syntax::Intel),
                _ => {}
            }
        }
        for (number, name, place) in std::mem::take(&mut builder.jumps) {
            match builder.names.get(&name) {
                Some(label) => builder.program.instructions[number].target = Some(*label),
                None => {
                    let error = Diagnostic::error(codes::UNKNOWN_LABEL, place, format!("there is no label `{name}`"));
                    let near = nearest(&name, builder.names.keys().map(|name| name.as_str()));
                    builder.errors.push(match near {
                        Some(near) => error.help(format!("there is `{near}`")),
                        None => error,
                    });
                }
            }
        }
        builder.errors.sort_by_key(|error| error.labels[0].span);
        builder.errors.truncate(MISTAKES);
        if builder.errors.is_empty() { Ok(builder.program) } else { Err(builder.errors) }
    }

    fn label(&mut self, pair: Pair<'_, Rule>) {
        let place = span(&pair);
        let Some(name) = pair.into_inner().next() else { return };
        let (name, place) =
            (CompactString::from(name.as_str()), Span::new(place.start as usize, span(&name).end as usize));
        if let Some(first) = self.names.get(&name) {
            let first = self.program.labels[first.0 as usize].span;
            let error = Diagnostic::error(codes::LABEL_TWICE, place, format!("the label `{name}` is there already"));
            self.errors.push(error.label(first, "here"));
            return;
        }
        self.names.insert(name.clone(), LabelId(self.program.labels.len() as u32));
        let at = self.program.instructions.len() as u32;
        self.program.labels.push(Label { name, at, span: place });
    }

    fn jump(&mut self, pair: Pair<'_, Rule>) {
        let place = span(&pair);
        let mut inner = pair.into_inner();
        let (Some(word), Some(target)) = (inner.next(), inner.next()) else { return };
        let Some(mnemonic) = self.mnemonic(&word) else { return };
        let code = match mnemonic.mnemonic {
            Mnemonic::Call => Some(Code::Call_rel32_64),
            mnemonic => {
                let mut codes = forms(mnemonic).iter().map(|form| form.code);
                codes.find(|code| code.is_jcc_short() || code.is_jmp_short())
            }
        };
        let Some(code) = code else {
            self.errors.push(Diagnostic::error(codes::OPERANDS, place, format!("`{}` is no jump", word.as_str())));
            return;
        };
        self.jumps.push((self.program.instructions.len(), target.as_str().into(), span(&target)));
        self.program.instructions.push(Instruction { code: branch(code), target: None, span: place });
    }

    /// `rep stosq`: its operands are always the same.
    fn string(&mut self, pair: Pair<'_, Rule>) {
        let place = span(&pair);
        let (mut code, mut rep) = (None, false);
        for word in pair.into_inner() {
            rep |= word.as_rule() == Rule::rep_word;
            code = code.or(subset::string(word.as_str()));
        }
        let Some(code) = code else { return };
        let made = match code {
            Code::Movsb_m8_m8 => iced_x86::Instruction::with_movsb(64, Register::None, RepPrefixKind::None),
            Code::Movsw_m16_m16 => iced_x86::Instruction::with_movsw(64, Register::None, RepPrefixKind::None),
            Code::Movsd_m32_m32 => iced_x86::Instruction::with_movsd(64, Register::None, RepPrefixKind::None),
            Code::Movsq_m64_m64 => iced_x86::Instruction::with_movsq(64, Register::None, RepPrefixKind::None),
            Code::Stosb_m8_AL => iced_x86::Instruction::with_stosb(64, RepPrefixKind::None),
            Code::Stosw_m16_AX => iced_x86::Instruction::with_stosw(64, RepPrefixKind::None),
            Code::Stosd_m32_EAX => iced_x86::Instruction::with_stosd(64, RepPrefixKind::None),
            _ => iced_x86::Instruction::with_stosq(64, RepPrefixKind::None),
        };
        let mut code = made.expect("addresses have 64 bits");
        code.set_has_rep_prefix(rep);
        self.program.instructions.push(Instruction { code, target: None, span: place });
    }

    fn mnemonic(&mut self, word: &Pair<'_, Rule>) -> Option<subset::Word> {
        let text = word.as_str().to_lowercase();
        let found = subset::word(&text);
        if found.is_none() {
            let known = Mnemonic::values().find(|mnemonic| format!("{mnemonic:?}").to_lowercase() == text);
            let error = match known {
                Some(_) => format!("the instruction `{text}` is not in the subset"),
                None => format!("there is no instruction `{text}`"),
            };
            let error = Diagnostic::error(codes::UNKNOWN_INSTRUCTION, span(word), error);
            self.errors.push(match nearest(&text, subset::words()) {
                Some(near) if known.is_none() => error.help(format!("there is `{near}`")),
                _ => error,
            });
        }
        found
    }

    fn instruction(&mut self, pair: Pair<'_, Rule>, syntax: Syntax) {
        let place = span(&pair);
        let mut inner = pair.into_inner();
        let Some(word) = inner.next() else { return };
        let Some(subset::Word { mut mnemonic, mut width, source }) = self.mnemonic(&word) else { return };
        let mut operands = Vec::new();
        for operand in inner {
            let Some(operand) = self.operand(operand) else { return };
            operands.push(operand);
        }
        if syntax == Syntax::Att {
            operands.reverse();
        }
        // `movq` is the word for two instructions; a vector register tells.
        let vector = |operand: &Operand| matches!(operand, Operand::Register(register) if register.is_xmm());
        if mnemonic == Mnemonic::Mov && width == Some(64) && operands.iter().any(vector) {
            (mnemonic, width) = (Mnemonic::Movq, None);
        }
        match pseudo(mnemonic, width, &operands).map_or_else(|| select(mnemonic, &operands, width, source), Ok) {
            Ok(code) => self.program.instructions.push(Instruction { code, target: None, span: place }),
            Err(misfit) => self.errors.push(told(misfit, place, word.as_str(), operands.len())),
        }
    }

    fn operand(&mut self, pair: Pair<'_, Rule>) -> Option<Operand> {
        let inner = match pair.as_rule() {
            Rule::operand | Rule::intel_operand => pair.into_inner().next()?,
            _ => pair,
        };
        match inner.as_rule() {
            Rule::immediate => {
                let number = inner.into_inner().next()?;
                self.integer(&number).map(Operand::Immediate)
            }
            Rule::integer | Rule::count => self.integer(&inner).map(Operand::Immediate),
            Rule::register | Rule::long_register | Rule::intel_register => self.register(&inner).map(Operand::Register),
            Rule::memory | Rule::slot => self.memory(inner).map(Operand::Memory),
            Rule::intel_memory => self.intel_memory(inner).map(Operand::Memory),
            _ => None,
        }
    }

    fn register(&mut self, pair: &Pair<'_, Rule>) -> Option<Register> {
        let text = pair.as_str().trim_start_matches('%').to_lowercase();
        let found = subset::register(&text);
        if found.is_none() {
            let known = Register::values().any(|register| format!("{register:?}").to_lowercase() == text);
            let message = match known {
                true => format!("the register `{text}` is not in the subset"),
                false => format!("there is no register `{text}`"),
            };
            let error = Diagnostic::error(codes::UNKNOWN_REGISTER, span(pair), message);
            self.errors.push(match nearest(&text, subset::registers()) {
                Some(near) => error.help(format!("there is `{near}`")),
                None => error,
            });
        }
        found
    }

    /// A number of at most 64 bits, signed or not.
    fn integer(&mut self, pair: &Pair<'_, Rule>) -> Option<i64> {
        let text = pair.as_str();
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
        let size = match digits.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16),
            None => digits.parse(),
        };
        let value = match size {
            Ok(size) if negative && size <= 1 << 63 => Some((size as i64).wrapping_neg()),
            Ok(size) if !negative => Some(size as i64),
            _ => None,
        };
        if value.is_none() {
            let error = Diagnostic::error(codes::OPERANDS, span(pair), "this number has more than 64 bits");
            self.errors.push(error);
        }
        value
    }

    fn displacement(&mut self, pair: &Pair<'_, Rule>, sum: i64) -> Option<i32> {
        let fits = i32::try_from(sum).ok();
        if fits.is_none() {
            self.errors.push(Diagnostic::error(codes::OPERANDS, span(pair), "a displacement has 32 bits at most"));
        }
        fits
    }

    fn memory(&mut self, pair: Pair<'_, Rule>) -> Option<Memory> {
        let whole = pair.clone();
        let (mut base, mut index, mut scale, mut displacement) = (Register::None, Register::None, 1, 0);
        // The base may be left out: `(,%rcx,4)`.
        let text = whole.as_str();
        let without_base = text.split_once('(').is_some_and(|(_, inside)| inside.trim_start().starts_with(','));
        let mut registers = 0;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::displacement => {
                    let number = part.clone().into_inner().next()?;
                    let value = self.integer(&number)?;
                    displacement = self.displacement(&part, value)?;
                }
                Rule::offset => {
                    let value = self.integer(&part)?;
                    displacement = self.displacement(&part, value)?;
                }
                Rule::register | Rule::frame_pointer => {
                    let register = self.address_register(&part)?;
                    if registers == 0 && !without_base {
                        base = register
                    } else {
                        index = register
                    }
                    registers += 1;
                }
                _ => scale = self.scale(&part)?,
            }
        }
        self.address(&whole, Memory { base, index, scale, displacement, width: None })
    }

    fn intel_memory(&mut self, pair: Pair<'_, Rule>) -> Option<Memory> {
        let whole = pair.clone();
        let mut memory = Memory { base: Register::None, index: Register::None, scale: 1, displacement: 0, width: None };
        let (mut sum, mut sign) = (0_i64, 1);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::size_word => {
                    let sizes = [("byte", 8), ("word", 16), ("dword", 32), ("qword", 64), ("xmmword", 128)];
                    memory.width = sizes.iter().find(|size| size.0 == part.as_str()).map(|size| size.1);
                }
                Rule::intel_sign => sign = if part.as_str() == "-" { -1 } else { 1 },
                Rule::intel_term => {
                    let parts: Vec<Pair<'_, Rule>> = part.clone().into_inner().collect();
                    let register = parts.iter().find(|part| part.as_rule() == Rule::intel_register);
                    let scale = parts.iter().find(|part| part.as_rule() == Rule::scale);
                    match (register, scale) {
                        (None, _) => sum = sum.saturating_add(sign * self.integer(parts.first()?)?),
                        (Some(register), scale) => {
                            let scale = scale.map(|scale| self.scale(scale)).unwrap_or(Some(1))?;
                            let register = self.address_register(register)?;
                            if sign < 0 || memory.base != Register::None && memory.index != Register::None {
                                let message = "an address is a base, an index and a number";
                                self.errors.push(Diagnostic::error(codes::OPERANDS, span(&part), message));
                                return None;
                            }
                            if scale == 1 && memory.base == Register::None {
                                memory.base = register;
                            } else {
                                (memory.index, memory.scale) = (register, scale);
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        memory.displacement = self.displacement(&whole, sum)?;
        self.address(&whole, memory)
    }

    fn address_register(&mut self, pair: &Pair<'_, Rule>) -> Option<Register> {
        let register = self.register(pair)?;
        let fits = register.is_gpr64();
        if !fits {
            let message = match register {
                Register::RIP => "addresses relative to the instruction are not there without the object file",
                _ => "addresses are made of registers of 64 bits",
            };
            self.errors.push(Diagnostic::error(codes::OPERANDS, span(pair), message));
        }
        fits.then_some(register)
    }

    fn scale(&mut self, pair: &Pair<'_, Rule>) -> Option<u32> {
        let scale = pair.as_str().parse().ok().filter(|scale| [1, 2, 4, 8].contains(scale));
        if scale.is_none() {
            self.errors.push(Diagnostic::error(codes::OPERANDS, span(pair), "a scale is 1, 2, 4 or 8"));
        }
        scale
    }

    fn address(&mut self, pair: &Pair<'_, Rule>, memory: Memory) -> Option<Memory> {
        if memory.index == Register::RSP {
            let message = "`rsp` cannot be an index";
            self.errors.push(Diagnostic::error(codes::OPERANDS, span(pair), message));
            return None;
        }
        Some(memory)
    }
}

/// A jump without its target.
pub fn branch(code: Code) -> iced_x86::Instruction {
    let mut instruction = iced_x86::Instruction::default();
    instruction.set_code(code);
    instruction.set_op0_kind(iced_x86::OpKind::NearBranch64);
    instruction
}

/// What assemblers read as another instruction than the processor's table has: a shift without a count is one by 1, a
/// product of two operands with a number multiplies the first by itself.
fn pseudo(mnemonic: Mnemonic, width: Option<u32>, operands: &[Operand]) -> Option<iced_x86::Instruction> {
    use Mnemonic::{Imul, Rol, Ror, Sar, Shl, Shr};
    let more = match (mnemonic, operands) {
        (Shl | Shr | Sar | Rol | Ror, [place]) => vec![*place, Operand::Immediate(1)],
        (Imul, [place @ Operand::Register(_), number @ Operand::Immediate(_)]) => vec![*place, *place, *number],
        _ => return None,
    };
    select(mnemonic, &more, width, None).ok()
}

fn told(misfit: Misfit, place: Span, word: &str, given: usize) -> Diagnostic {
    let error = |message: String| Diagnostic::error(codes::OPERANDS, place, message);
    match misfit {
        Misfit::Count(counts) => {
            let counts: Vec<String> = counts.iter().map(usize::to_string).collect();
            error(format!("`{word}` takes {} operands, not {given}", counts.join(" or ")))
        }
        Misfit::Widths => error(format!("the operands of `{word}` are not of its width")),
        Misfit::Unknown => error(format!("nothing tells how wide the operands of `{word}` are"))
            .help("write the width: `movl`, or `dword ptr`"),
        Misfit::Immediate => error(format!("the number is too large for `{word}`")),
        Misfit::Kinds => error(format!("`{word}` does not take such operands")),
    }
}
