//! A function of an object file as a program: its code and that of all functions that it calls or goes on in.

use super::ast::{Instruction, Label, LabelId, Program};
use super::decode::{DecodeError, next};
use super::object::{CODE, Function, Image, ORIGIN};
use super::{Frame, lower};
use crate::diagnostic::Span;
use crate::ir;
use iced_x86::{Decoder, DecoderOptions, OpKind};
use std::collections::BTreeMap;

/// Why a function cannot be lifted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LiftError {
    /// The file has no function of this name.
    #[error("there is no function `{0}`")]
    Unknown(String),
    /// Some code is not understood.
    #[error("in `{function}`, {error}")]
    Code {
        /// The function that it is in: the one to lift or one that it calls.
        function: String,
        /// What is wrong. Addresses are counted from the beginning of the section.
        error: DecodeError,
    },
}

impl Image {
    /// What surrounds the programs.
    pub const FRAME: Frame = Frame::of_area(ORIGIN as u32);

    /// The program that begins with this function: its code, then that of all it needs. Spans are offsets in the code.
    pub fn program(&self, entry: &str) -> Result<Program, LiftError> {
        let entry = self.function(entry).ok_or_else(|| LiftError::Unknown(entry.to_owned()))?;
        let mut gathered =
            Gathered { image: self, program: Program::default(), starts: BTreeMap::new(), jumps: vec![] };
        let mut todo = vec![entry];
        while let Some(function) = todo.pop() {
            if gathered.starts.contains_key(&function.address) {
                continue;
            }
            let from = gathered.jumps.len();
            gathered.function(function)?;
            for at in from..gathered.jumps.len() {
                let (number, to) = gathered.jumps[at];
                if !gathered.starts.contains_key(&to) {
                    let code = gathered.program.instructions[number].code;
                    let other = self.function_at(to).ok_or_else(|| {
                        let (section, offset) = self.place(to);
                        let message = format!("leads to where no code is, {offset:#x} in `{section}`");
                        gathered.wrong(code.ip(), code.len(), message)
                    })?;
                    todo.push(other);
                }
            }
        }
        gathered.finish(entry)
    }

    /// A function as IR, to be called with a machine that [`super::call`] makes.
    pub fn lift(&self, entry: &str) -> Result<ir::Program, LiftError> {
        let program = self.program(entry)?;
        Ok(lower(&program, Self::FRAME).expect("addresses of instructions are numbers"))
    }
}

/// Code of functions, one behind the other.
struct Gathered<'a> {
    image: &'a Image,
    program: Program,
    /// The number of the instruction at each address.
    starts: BTreeMap<u64, usize>,
    /// Jumps and calls by their number, and where they lead.
    jumps: Vec<(usize, u64)>,
}

impl Gathered<'_> {
    fn wrong(&self, address: u64, length: usize, message: String) -> LiftError {
        let function = self.image.function_at(address);
        let (name, bytes) = match function {
            Some(function) => {
                let start = (address - function.address) as usize;
                let bytes = self.image.bytes(function);
                (function.name.clone(), bytes[start..(start + length).min(bytes.len())].to_vec())
            }
            None => (String::new(), Vec::new()),
        };
        let error = DecodeError { address: self.image.place(address).1, bytes, message };
        LiftError::Code { function: name, error }
    }

    /// Adds a function's code.
    fn function(&mut self, function: &Function) -> Result<(), LiftError> {
        let image = self.image;
        let bytes = image.bytes(function);
        let mut decoder = Decoder::with_ip(64, bytes, function.address, DecoderOptions::NONE);
        while decoder.can_decode() {
            let address = decoder.ip();
            let code = next(&mut decoder)
                .map_err(|message| self.wrong(address, (decoder.ip() - address).max(1) as usize, message))?;
            if let Some(why) = image.unresolved(address, decoder.ip()) {
                return Err(self.wrong(address, code.len(), why.to_owned()));
            }
            if code.op_count() > 0 && code.op0_kind() == OpKind::NearBranch64 {
                self.jumps.push((self.program.instructions.len(), code.near_branch64()));
            }
            self.starts.insert(address, self.program.instructions.len());
            let at = (address - CODE) as usize;
            let span = Span::new(at, at + code.len());
            self.program.instructions.push(Instruction { code, target: None, span });
        }
        if self.starts.contains_key(&function.address) {
            return Ok(());
        }
        Err(self.wrong(function.address, 0, "there is no code".into()))
    }

    /// Gives the jumps labels: functions' names, and numbers.
    fn finish(mut self, entry: &Function) -> Result<Program, LiftError> {
        let mut labels: BTreeMap<u64, LabelId> = BTreeMap::from([(entry.address, LabelId(0))]);
        labels.extend(self.jumps.iter().map(|(_, to)| (*to, LabelId(0))));
        for (number, (to, label)) in labels.iter_mut().enumerate() {
            *label = LabelId(number as u32);
            let Some(&at) = self.starts.get(to) else {
                let (from, _) = self.jumps.iter().find(|jump| jump.1 == *to).expect("each label has a jump");
                let code = self.program.instructions[*from].code;
                return Err(self.wrong(code.ip(), code.len(), "jumps into an instruction".into()));
            };
            let function = self.image.function_at(*to).filter(|function| function.address == *to);
            let name = function.map_or_else(|| format!(".L{number}"), |function| function.name.clone());
            let span = self.program.instructions[at].span;
            self.program.labels.push(Label { name: name.into(), at: at as u32, span });
        }
        for (number, to) in &self.jumps {
            self.program.instructions[*number].target = Some(labels[to]);
        }
        Ok(self.program)
    }
}
