//! The syntax tree: labels and instructions in source order. Machine code decodes to the same tree, so that an
//! instruction is kept as iced-x86 has it, with the processor's own code for its form and operands.

use crate::diagnostic::Span;
use compact_str::CompactString;

/// A place in a program that jumps name; counted from 0 in the order of definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LabelId(pub u32);

/// A label's definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Its name: `.L1`.
    pub name: CompactString,
    /// The number of the instruction that it stands before; the number of instructions where it ends the program.
    pub at: u32,
    /// Its place in the source.
    pub span: Span,
}

/// An instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Code and operands. Of a jump or a call the target is not in here.
    pub code: iced_x86::Instruction,
    /// Where a jump or a call leads.
    pub target: Option<LabelId>,
    /// Its place in the source; of decoded code, the bytes.
    pub span: Span,
}

/// A program: a sequence of instructions that is entered at the first and falls through its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// The instructions.
    pub instructions: Vec<Instruction>,
    /// The labels, by [`LabelId`].
    pub labels: Vec<Label>,
}

/// How assembly is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Syntax {
    /// `addl $2, %ecx`
    #[default]
    Att,
    /// `add ecx, 2`
    Intel,
}
