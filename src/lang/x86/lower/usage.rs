//! Which registers and flags a program uses, and how: what it does not use is not lowered, and a register of which only 32
//! bits are used is a value of 32 bits.

use super::super::ast::Program;
use super::effects::{self, Flags};
use iced_x86::{Mnemonic, OpKind, Register};

/// How a program uses its registers.
pub(super) struct Usage {
    /// By number: whether it is used at all, and whether otherwise than as 32 bits.
    pub general: [(bool, bool); 16],
    pub vectors: [bool; 8],
    /// `rbp` never changes.
    pub fixed_base: bool,
    /// The flags that some instruction reads.
    pub flags: Flags,
}

impl Usage {
    /// Takes in an instruction of [`is_explicit`].
    fn explicit(&mut self, code: &iced_x86::Instruction) {
        for operand in 0..code.op_count() {
            let register = code.op_register(operand);
            if code.op_kind(operand) == OpKind::Register && register.is_gpr() {
                let used = &mut self.general[register.full_register().number()];
                *used = (true, used.1 | !register.is_gpr32());
                let compares = matches!(code.mnemonic(), Mnemonic::Cmp | Mnemonic::Test);
                self.fixed_base &= operand > 0 || compares || register.full_register() != Register::RBP;
            }
        }
        for register in [code.memory_base(), code.memory_index()].into_iter().filter(|register| register.is_gpr()) {
            self.general[register.full_register().number()] = (true, true);
        }
    }

    /// That of a whole program.
    pub fn of(program: &Program) -> Self {
        let mut usage =
            Self { general: [(false, false); 16], vectors: [false; 8], fixed_base: true, flags: Flags::default() };
        let mut info = None;
        for instruction in &program.instructions {
            let code = &instruction.code;
            usage.flags = usage.flags.with(effects::read(code));
            if is_explicit(code) {
                usage.explicit(code);
                continue;
            }
            let short = |number: usize| {
                // To write 32 bits clears the others, which the table of uses tells as a write of 64.
                let named = (0..code.op_count()).any(|operand| {
                    let register = code.op_register(operand);
                    register.is_gpr32() && register.full_register().number() == number
                });
                named || [0, 2].contains(&number) && implicit_words(code)
            };
            let info = info.get_or_insert_with(iced_x86::InstructionInfoFactory::new);
            for used in info.info(code).used_registers() {
                let register = used.register();
                let writes = !matches!(used.access(), iced_x86::OpAccess::Read | iced_x86::OpAccess::CondRead);
                if register.is_gpr() {
                    let number = register.full_register().number();
                    if number == Register::RBP.number() && writes {
                        usage.fixed_base = false;
                    }
                    usage.general[number].0 = true;
                    let whole = register.is_gpr64() && writes && short(number);
                    usage.general[number].1 |= !(register.is_gpr32() || whole);
                } else if register.is_xmm() {
                    usage.vectors[register.number()] = true;
                }
            }
            // What is named is used as it is named.
            for register in (0..code.op_count()).map(|operand| code.op_register(operand)) {
                if register.is_gpr() && !register.is_gpr32() {
                    usage.general[register.full_register().number()].1 = true;
                }
            }
            // Addresses have 64 bits, also where only 32 of them are wanted.
            for register in [code.memory_base(), code.memory_index()] {
                if register.is_gpr() {
                    usage.general[register.full_register().number()] = (true, true);
                }
            }
        }
        // The bases of addresses are pointers.
        for number in [Register::RBP.number(), Register::RSP.number()] {
            usage.general[number].1 = true;
        }
        usage
    }
}

/// Whether an instruction uses the registers that it names and no others: the usual ones, for which the table of uses is
/// not asked. All of them write their first operand, or as if they did.
fn is_explicit(code: &iced_x86::Instruction) -> bool {
    use Mnemonic::*;
    match code.mnemonic() {
        Imul => code.op_count() > 1,
        Mov | Add | Sub | And | Or | Xor | Cmp | Test | Neg | Not | Inc | Dec | Lea => true,
        _ => false,
    }
}

/// Whether an instruction works on eax and edx, as 32 bits, without naming them.
fn implicit_words(code: &iced_x86::Instruction) -> bool {
    match code.mnemonic() {
        Mnemonic::Cdq => true,
        Mnemonic::Mul | Mnemonic::Imul | Mnemonic::Div | Mnemonic::Idiv => {
            code.op_count() == 1 && effects::bits(code, 0) == 32
        }
        _ => false,
    }
}
