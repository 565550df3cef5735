//! Which flags each instruction leaves undefined, and where a flag may be so.

use super::super::ast::Program;
use super::state::Flag;
use iced_x86::{Instruction, Mnemonic, OpKind};

/// A set of flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(u8);

impl Flags {
    pub const ALL: Self = Self(0x3f);

    pub fn of(flags: &[Flag]) -> Self {
        Self(flags.iter().fold(0, |set, flag| set | 1 << *flag as u8))
    }

    pub fn has(self, flag: Flag) -> bool {
        self.0 & (1 << flag as u8) != 0
    }

    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// The flags that an instruction reads.
pub fn read(code: &Instruction) -> Flags {
    use iced_x86::RflagsBits;
    let pairs = [
        (RflagsBits::CF, Flag::Carry),
        (RflagsBits::PF, Flag::Parity),
        (RflagsBits::AF, Flag::Adjust),
        (RflagsBits::ZF, Flag::Zero),
        (RflagsBits::SF, Flag::Sign),
        (RflagsBits::OF, Flag::Overflow),
    ];
    let bits = code.rflags_read();
    pairs
        .iter()
        .filter(|(bit, _)| bits & bit != 0)
        .fold(Flags::default(), |set, (_, flag)| set.with(Flags::of(&[*flag])))
}

/// What an instruction does to flags: those that it surely gives a value, and those that it may leave undefined.
pub fn effects(code: &Instruction) -> (Flags, Flags) {
    use Flag::{Adjust, Carry, Overflow, Parity, Sign, Zero};
    use Mnemonic::*;
    let set = Flags::of;
    match code.mnemonic() {
        Add | Sub | Cmp | Neg | Adc | Sbb => (Flags::ALL, Flags::default()),
        Inc | Dec => (Flags::ALL.without(set(&[Carry])), Flags::default()),
        And | Or | Xor | Test => (Flags::ALL.without(set(&[Adjust])), set(&[Adjust])),
        Mul | Imul => (set(&[Carry, Overflow]), set(&[Parity, Adjust, Zero, Sign])),
        Bt => (set(&[Carry]), set(&[Parity, Adjust, Sign, Overflow])),
        Div | Idiv => (Flags::default(), Flags::ALL),
        Shl | Shr | Sar => match count(code) {
            Some(0) => (Flags::default(), Flags::default()),
            Some(1) if bits(code, 0) > 1 => (Flags::ALL.without(set(&[Adjust])), set(&[Adjust])),
            Some(count) if count < bits(code, 0) || code.mnemonic() == Sar => {
                (set(&[Carry, Parity, Zero, Sign]), set(&[Adjust, Overflow]))
            }
            Some(_) => (set(&[Parity, Zero, Sign]), set(&[Adjust, Overflow, Carry])),
            // Where the count is 0 the flags stay as they were.
            None if code.mnemonic() == Sar => (Flags::default(), set(&[Adjust, Overflow])),
            None => (Flags::default(), set(&[Adjust, Overflow, Carry])),
        },
        Rol | Ror => match count(code) {
            Some(0) => (Flags::default(), Flags::default()),
            Some(1) => (set(&[Carry, Overflow]), Flags::default()),
            Some(_) => (set(&[Carry]), set(&[Overflow])),
            None => (Flags::default(), set(&[Overflow])),
        },
        _ => (Flags::default(), Flags::default()),
    }
}

/// The bits of an operand that is no immediate.
pub fn bits(code: &Instruction, operand: u32) -> u32 {
    match code.op_kind(operand) {
        OpKind::Register => code.op_register(operand).size() as u32 * 8,
        _ => code.memory_size().size() as u32 * 8,
    }
}

/// A shift's count, as the processor masks it; `None` where a register holds it.
pub fn count(code: &Instruction) -> Option<u32> {
    let mask = if bits(code, 0) == 64 { 63 } else { 31 };
    (code.op1_kind() != OpKind::Register).then(|| code.immediate8() as u32 & mask)
}

/// The flags that may be undefined before each instruction, and at the end of the program; `called` is where functions
/// begin that the program calls.
pub fn may_be_undefined(program: &Program, called: &[usize]) -> Vec<Flags> {
    let end = program.instructions.len();
    let mut before = vec![Flags::default(); end + 1];
    let target = |label: u32| program.labels[label as usize].at as usize;
    // What is called may leave or find any flag in any state.
    let calls = !called.is_empty();
    called.iter().for_each(|entry| before[*entry] = Flags::ALL);
    loop {
        let mut changed = false;
        let mut pass = |to: usize, flags: Flags, before: &mut Vec<Flags>| {
            let joined = before[to].with(flags);
            changed |= joined != before[to];
            before[to] = joined;
        };
        for (number, instruction) in program.instructions.iter().enumerate() {
            let (defined, undefined) = effects(&instruction.code);
            let mut after = before[number].without(defined).with(undefined);
            let mnemonic = instruction.code.mnemonic();
            if mnemonic == Mnemonic::Call && calls {
                after = Flags::ALL;
            }
            if let Some(label) = instruction.target.filter(|_| mnemonic != Mnemonic::Call) {
                pass(target(label.0), after, &mut before);
            }
            match mnemonic {
                Mnemonic::Jmp => {}
                Mnemonic::Ret => pass(end, after, &mut before),
                _ => pass(number + 1, after, &mut before),
            }
        }
        if !changed {
            return before;
        }
    }
}
