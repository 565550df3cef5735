//! Machine code around programs: it loads the processor from a record in memory, and stores it there again.

use super::NativeError;
use crate::lang::x86::ast::Program;
use crate::lang::x86::encode;
use iced_x86::{Code, Encoder, Instruction, MemoryOperand, Register};

/// Offsets in the record.
pub const SAVED_STACK: u64 = 0;
pub const FLAGS: u64 = 8;
pub const GENERAL: u64 = 16;
pub const VECTORS: u64 = GENERAL + 16 * 8;
/// The address of the program to run.
pub const TARGET: u64 = VECTORS + 8 * 16;
/// Bytes of the record.
pub const RECORD: usize = TARGET as usize + 8;

/// The registers that a called function must leave as they were.
const SAVED: [Register; 6] = [Register::RBX, Register::RBP, Register::R12, Register::R13, Register::R14, Register::R15];

fn general(number: u64) -> Register {
    let all = [
        Register::RAX,
        Register::RCX,
        Register::RDX,
        Register::RBX,
        Register::RSP,
        Register::RBP,
        Register::RSI,
        Register::RDI,
        Register::R8,
        Register::R9,
        Register::R10,
        Register::R11,
        Register::R12,
        Register::R13,
        Register::R14,
        Register::R15,
    ];
    all[number as usize]
}

fn vector(number: u64) -> Register {
    Register::XMM0 + number as u32
}

/// Writes code: one way in and one way out, then one program after the other.
pub struct Writer {
    bytes: Vec<u8>,
    /// Where the code will be, and where the record is.
    base: u64,
    record: u64,
    /// The address of the way out.
    exit: u64,
}

impl Writer {
    /// Begins with a function without arguments, at `base`, that loads the record, goes on at the program whose address
    /// it names, and stores the record.
    pub fn new(base: u64, record: u64) -> Result<Self, NativeError> {
        let mut writer = Self { bytes: Vec::new(), base, record, exit: 0 };
        // The exit's address stands in the code before it, which has the same length whatever it is.
        writer.enter(0)?;
        writer.exit = writer.here();
        writer.bytes.clear();
        writer.enter(writer.exit)?;
        writer.leave()?;
        Ok(writer)
    }

    /// The address of the way out; from there on the stack is the caller's, wherever it was.
    pub fn exit(&self) -> u64 {
        self.exit
    }

    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }

    fn here(&self) -> u64 {
        self.base + self.bytes.len() as u64
    }

    fn put(&mut self, instruction: Result<Instruction, iced_x86::IcedError>) -> Result<(), NativeError> {
        let told = |error: iced_x86::IcedError| NativeError::System(format!("no code: {error}"));
        let mut encoder = Encoder::new(64);
        encoder.encode(&instruction.map_err(told)?, self.here()).map_err(told)?;
        self.bytes.extend(encoder.take_buffer());
        Ok(())
    }

    fn field(&self, offset: u64) -> MemoryOperand {
        MemoryOperand::with_base_displ(Register::RIP, (self.record + offset) as i64)
    }

    /// A program, which goes to the exit where it ends and where it returns; gives its address.
    pub fn program(&mut self, program: &Program) -> Result<u64, NativeError> {
        let start = self.here();
        let (code, _) = encode(program, start)
            .map_err(|error| NativeError::Unchecked { instruction: error.instruction, message: error.message })?;
        self.bytes.extend(code);
        let exit = self.exit;
        self.put(Instruction::with_branch(Code::Jmp_rel32_64, exit))?;
        Ok(start)
    }

    fn enter(&mut self, end: u64) -> Result<(), NativeError> {
        for register in SAVED {
            self.put(Instruction::with1(Code::Push_r64, register))?;
        }
        let saved = self.field(SAVED_STACK);
        self.put(Instruction::with2(Code::Mov_rm64_r64, saved, Register::RSP))?;
        let flags = self.field(FLAGS);
        self.put(Instruction::with1(Code::Push_rm64, flags))?;
        self.put(Ok(Instruction::with(Code::Popfq)))?;
        for number in 0..8 {
            let field = self.field(VECTORS + 16 * number);
            self.put(Instruction::with2(Code::Movdqu_xmm_xmmm128, vector(number), field))?;
        }
        // The program's stack, with the address of what follows on top.
        let stack = self.field(GENERAL + 8 * Register::RSP.number() as u64);
        self.put(Instruction::with2(Code::Mov_r64_rm64, Register::RSP, stack))?;
        self.put(Instruction::with2(Code::Mov_r64_imm64, Register::RAX, end))?;
        self.put(Instruction::with1(Code::Push_r64, Register::RAX))?;
        for number in (0..16).filter(|number| *number != Register::RSP.number() as u64) {
            let field = self.field(GENERAL + 8 * number);
            self.put(Instruction::with2(Code::Mov_r64_rm64, general(number), field))?;
        }
        let target = self.field(TARGET);
        self.put(Instruction::with1(Code::Jmp_rm64, target))
    }

    fn leave(&mut self) -> Result<(), NativeError> {
        for number in (0..16).filter(|number| *number != Register::RSP.number() as u64) {
            let field = self.field(GENERAL + 8 * number);
            self.put(Instruction::with2(Code::Mov_rm64_r64, field, general(number)))?;
        }
        for number in 0..8 {
            let field = self.field(VECTORS + 16 * number);
            self.put(Instruction::with2(Code::Movdqu_xmmm128_xmm, field, vector(number)))?;
        }
        let saved = self.field(SAVED_STACK);
        self.put(Instruction::with2(Code::Mov_r64_rm64, Register::RSP, saved))?;
        self.put(Ok(Instruction::with(Code::Pushfq)))?;
        let flags = self.field(FLAGS);
        self.put(Instruction::with1(Code::Pop_rm64, flags))?;
        self.put(Ok(Instruction::with(Code::Cld)))?;
        for register in SAVED.into_iter().rev() {
            self.put(Instruction::with1(Code::Pop_r64, register))?;
        }
        self.put(Ok(Instruction::with(Code::Retnq)))
    }
}
