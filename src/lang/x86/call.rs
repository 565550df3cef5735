//! Calls of lifted functions as the System V ABI has them: the machine that a function is entered with.

use super::Machine;
use super::object::{Image, ORIGIN};
use iced_x86::Register;

/// Bytes of the stack.
const STACK: usize = 1 << 20;
/// What stands for the address that the function returns to.
const BACK: i64 = 0;

/// Where integers and pointers are handed over.
const REGISTERS: [Register; 6] =
    [Register::RDI, Register::RSI, Register::RDX, Register::RCX, Register::R8, Register::R9];

/// An argument of a C function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passed {
    /// An integer, extended to 64 bits as its type says.
    Scalar(i64),
    /// A pointer to an array of these words.
    Array(Vec<i32>),
}

/// A machine at a function's first instruction.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its registers and memory.
    pub machine: Machine,
    /// Of each argument that is an array, its address and how many words it has.
    arrays: Vec<Option<(u64, usize)>>,
}

impl Image {
    /// A call: behind the file's own data come the arguments' arrays, then the stack.
    pub fn call(&self, arguments: &[Passed]) -> Call {
        let mut memory = self.data().to_vec();
        let mut arrays = Vec::new();
        let mut values = Vec::new();
        for argument in arguments {
            // No two arrays touch.
            memory.resize(memory.len().next_multiple_of(16) + 16, 0);
            let address = ORIGIN + memory.len() as u64;
            match argument {
                Passed::Scalar(value) => {
                    arrays.push(None);
                    values.push(*value);
                }
                Passed::Array(words) => {
                    memory.extend(words.iter().flat_map(|word| word.to_le_bytes()));
                    arrays.push(Some((address, words.len())));
                    values.push(address as i64);
                }
            }
        }
        memory.resize(memory.len().next_multiple_of(16) + STACK, 0);
        let on_stack = values.len().saturating_sub(REGISTERS.len());
        // Where the function is called the stack is at a multiple of 16.
        let room = (8 * on_stack).next_multiple_of(16);
        let mut top = memory.len() - room;
        for (number, value) in values.iter().skip(REGISTERS.len()).enumerate() {
            memory[top + 8 * number..][..8].copy_from_slice(&value.to_le_bytes());
        }
        top -= 8;
        memory[top..top + 8].copy_from_slice(&BACK.to_le_bytes());
        let mut machine = Machine::new(0);
        machine.memory =
            memory.chunks_exact(4).map(|word| i32::from_le_bytes(word.try_into().expect("four"))).collect();
        REGISTERS.iter().zip(&values).for_each(|(register, value)| machine.set_register(*register, *value));
        machine.set_register(Register::RSP, (ORIGIN + top as u64) as i64);
        Call { machine, arrays }
    }
}

impl Call {
    /// What an argument's array holds on a machine that the call left.
    pub fn array<'a>(&self, machine: &'a Machine, argument: usize) -> Option<&'a [i32]> {
        let (address, words) = self.arrays.get(argument).copied().flatten()?;
        machine.memory.get((address - ORIGIN) as usize / 4..)?.get(..words)
    }

    /// The argument whose array an address is in or just behind, and how many bytes from its beginning.
    pub fn place(&self, address: u64) -> Option<(usize, u64)> {
        let found = self.arrays.iter().enumerate().filter_map(|(number, array)| Some((number, (*array)?)));
        let mut within = found.filter(|(_, (start, words))| (*start..=start + 4 * *words as u64).contains(&address));
        within.next().map(|(number, (start, _))| (number, address - start))
    }
}
