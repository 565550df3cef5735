//! Tasks of x86: registers and RAM before and after.

use super::read::{Place, Reader, codes};
use super::value::{Kind, Node};
use super::{AnyTask, Language};
use crate::diagnostic::{Diagnostic, Span, nearest};
use crate::lang::x86::{Machine, subset};
use iced_x86::Register;
use serde_json::{Map, Value, json};

/// The instructions of a task that names none: AutoAssemblet's.
pub const DEFAULT_INSTRUCTIONS: [&str; 4] = ["addl", "subl", "movl", "imull"];
/// Slots of RAM at most.
const MOST_SLOTS: usize = 1 << 16;

/// One task of the x86 language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its name in results.
    pub id: String,
    /// The instructions that a program may have.
    pub instructions: Vec<String>,
    /// Given to the synthesiser.
    pub examples: Vec<Example>,
    /// Never shown to it; only `eval` reads it.
    pub held_out: Vec<Example>,
    /// The program that made the examples, where known; only `eval` reads it.
    pub source: Option<String>,
}

/// A machine's state and what must be there after the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Registers that are not named are 0, and flags are clear.
    pub input: Machine,
    /// The registers that the input names.
    pub named: Vec<Register>,
    /// What must be there afterwards.
    pub output: Output,
}

/// What of a machine's state is asked for; the rest is free.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Registers and their values, sign-extended.
    pub registers: Vec<(Register, i64)>,
    /// All slots, slot 0 first.
    pub ram: Option<Vec<i32>>,
}

impl Output {
    /// Whether the machine holds what is asked for.
    pub fn accepts(&self, machine: &Machine) -> bool {
        self.registers.iter().all(|(register, value)| machine.register(*register) == *value)
            && self.ram.as_ref().is_none_or(|ram| *ram == machine.ram())
    }

    fn contradicts(&self, other: &Self) -> bool {
        let registers = self.registers.iter().any(|(register, value)| {
            other.registers.iter().any(|(also, another)| also == register && another != value)
        });
        registers || matches!((&self.ram, &other.ram), (Some(one), Some(other)) if one != other)
    }
}

impl Task {
    /// What a synthesiser may see: the task without `held_out` and `source`.
    pub fn given(&self) -> Self {
        Self { held_out: Vec::new(), source: None, ..self.clone() }
    }

    /// Slots of RAM, the same in all examples.
    pub fn slots(&self) -> usize {
        self.examples.first().map_or(0, |example| example.input.memory.len())
    }

    /// The registers that examples name, in the processor's order of their names.
    pub fn registers(&self) -> Vec<Register> {
        let outputs = |example: &Example| example.output.registers.iter().map(|pair| pair.0).collect::<Vec<_>>();
        let mut all: Vec<Register> =
            self.examples.iter().flat_map(|example| [example.named.clone(), outputs(example)].concat()).collect();
        all.sort_by_key(|register| register_name(*register));
        all.dedup();
        all
    }

    /// The task as one JSON object, as task files have it.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("id".into(), json!(self.id));
        object.insert("language".into(), json!("x86"));
        if self.instructions != DEFAULT_INSTRUCTIONS {
            object.insert("instructions".into(), json!(self.instructions));
        }
        if let Some(source) = &self.source {
            object.insert("source".into(), json!(source));
        }
        let example = |example: &Example| json!({"input": example.input_json(), "output": example.output.to_json()});
        object.insert("examples".into(), self.examples.iter().map(example).collect());
        if !self.held_out.is_empty() {
            object.insert("held_out".into(), self.held_out.iter().map(example).collect());
        }
        Value::Object(object)
    }
}

impl Example {
    /// The input as task files have it.
    pub fn input_json(&self) -> Value {
        state_json(&self.named, &self.input)
    }
}

impl Output {
    /// As task files have it.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        if !self.registers.is_empty() {
            let pairs = self.registers.iter().map(|(register, value)| (register_name(*register), json!(value)));
            object.insert("registers".into(), Value::Object(pairs.collect()));
        }
        if let Some(ram) = &self.ram {
            object.insert("ram".into(), json!(ram));
        }
        Value::Object(object)
    }
}

/// A register's name as task files write it: `eax`.
pub fn register_name(register: Register) -> String {
    format!("{register:?}").to_lowercase()
}

/// Some registers of a machine, and its RAM where there is some.
pub fn state_json(registers: &[Register], machine: &Machine) -> Value {
    let pairs = registers.iter().map(|register| (register_name(*register), json!(machine.register(*register))));
    let mut object = Map::from_iter([("registers".to_owned(), Value::Object(pairs.collect()))]);
    if !machine.memory.is_empty() {
        object.insert("ram".into(), json!(machine.ram()));
    }
    Value::Object(object)
}

const FIELDS: [&str; 6] = ["id", "language", "instructions", "examples", "held_out", "source"];

/// Reads a state that stands alone, as `iocc run` gets it; a state without RAM gets `slots` of it.
pub(super) fn read_input(node: &Node, slots: usize) -> Result<(Machine, Vec<Register>), Vec<Diagnostic>> {
    let mut reader = Reader::new(false, node.span);
    let state = reader.state(node, Place::alone("input"));
    match state {
        Some(state) => Ok(state.machine(slots)),
        None => Err(reader.into_errors()),
    }
}

/// Registers and RAM as they were written.
struct State {
    registers: Vec<(Register, i64)>,
    ram: Option<Vec<i32>>,
}

impl State {
    fn machine(&self, slots: usize) -> (Machine, Vec<Register>) {
        let mut machine = Machine::new(slots);
        if let Some(ram) = &self.ram {
            machine.set_ram(ram);
        }
        self.registers.iter().for_each(|(register, value)| machine.set_register(*register, *value));
        (machine, self.registers.iter().map(|pair| pair.0).collect())
    }
}

impl Reader {
    /// Reads the x86 task in the table `node`.
    pub(super) fn x86_task(&mut self, node: &Node, id: String, source: Option<String>) -> Option<AnyTask> {
        if let Kind::Table(fields) = &node.kind {
            self.unknown_fields(fields, &FIELDS, "an x86 task");
        }
        let instructions = self.instructions(node);
        let examples = self.x86_examples(node, "examples", "example");
        let held_out = self.x86_examples(node, "held_out", "held-out example");
        self.x86_contradictions(&examples, &held_out);
        let lengths: Vec<_> =
            examples.iter().chain(&held_out).map(|(it, span)| (it.input.memory.len(), *span)).collect();
        if let Some(pair) = lengths.windows(2).find(|pair| pair[0].0 != pair[1].0) {
            let message = format!("{} slots of RAM here, and {} in the example before", pair[1].0, pair[0].0);
            self.error(Diagnostic::error(codes::SHAPE, pair[1].1, message).help("all examples have the same slots"));
        }
        Some(AnyTask::X86(Task {
            id,
            instructions: instructions?,
            examples: examples.into_iter().map(|(example, _)| example).collect(),
            held_out: held_out.into_iter().map(|(example, _)| example).collect(),
            source,
        }))
    }

    fn instructions(&mut self, node: &Node) -> Option<Vec<String>> {
        let Some(field) = node.field("instructions") else {
            return Some(DEFAULT_INSTRUCTIONS.map(str::to_owned).to_vec());
        };
        let Kind::List(items) = &field.value.kind else {
            self.wrong_type(&field.value, "`instructions`", "a list of strings");
            return None;
        };
        let mut all = Vec::new();
        for item in items {
            let Kind::Text(name) = &item.kind else {
                self.wrong_type(item, "an instruction", "a string");
                return None;
            };
            if subset::word(name).is_none() {
                let message = format!("there is no instruction `{name}`");
                let error = Diagnostic::error(codes::WRONG_TYPE, item.span, message);
                self.error(match nearest(name, subset::words()) {
                    Some(near) => error.help(format!("there is `{near}`")),
                    None => error,
                });
                return None;
            }
            all.push(name.clone());
        }
        if all.is_empty() {
            let message = "no instructions: the list is empty";
            self.error(Diagnostic::error(codes::NO_EXAMPLES, field.value.span, message));
            return None;
        }
        Some(all)
    }

    fn x86_examples(&mut self, node: &Node, field: &str, name: &str) -> Vec<(Example, Span)> {
        self.list_of_examples(node, field, |reader, item, number| reader.x86_example(item, name, number))
    }

    fn x86_example(&mut self, node: &Node, list: &str, number: usize) -> Option<Example> {
        let (input, output) = self.parts(node, list, number)?;
        let place = |field| Place { list, number, field };
        let (state, wanted) = (self.state(input, place("input"))?, self.state(output, place("output"))?);
        if wanted.registers.is_empty() && wanted.ram.is_none() {
            let message = format!("{}: says nothing", place("output"));
            self.error(Diagnostic::error(codes::PARAMETER, output.span, message).help("name registers, or `ram`"));
            return None;
        }
        let slots = state.ram.as_ref().or(wanted.ram.as_ref()).map_or(0, Vec::len);
        if let Some(ram) = wanted.ram.as_ref().filter(|ram| ram.len() != slots) {
            let message = format!("{}: {} slots where the input has {slots}", place("output"), ram.len());
            self.error(Diagnostic::error(codes::SHAPE, output.span, message));
            return None;
        }
        let (input, named) = state.machine(slots);
        Some(Example { input, named, output: Output { registers: wanted.registers, ram: wanted.ram } })
    }

    fn state(&mut self, node: &Node, place: Place<'_>) -> Option<State> {
        let Kind::Table(fields) = &node.kind else {
            let message = format!("{place}: expected a table, found {}", node.describe());
            let error = Diagnostic::error(codes::WRONG_TYPE, node.span, message);
            self.error(error.help("write it like { registers = { eax = 5 }, ram = [2, 8] }"));
            return None;
        };
        let mut whole = self.known_parameters(fields, &["registers", "ram"], place);
        let mut state = State { registers: Vec::new(), ram: None };
        if let Some(field) = node.field("registers") {
            match &field.value.kind {
                Kind::Table(registers) => {
                    for register in registers {
                        let value = self.register(&register.name, register.span, &register.value, place);
                        whole &= value.is_some();
                        state.registers.extend(value);
                    }
                }
                _ => {
                    self.wrong_type(&field.value, &format!("{place}: `registers`"), "a table by name");
                    whole = false;
                }
            }
        }
        if let Some(field) = node.field("ram") {
            state.ram = self.list(&field.value, place).filter(|ram| {
                let fits = ram.len() <= MOST_SLOTS;
                if !fits {
                    let message = format!("{place}: {} slots; at most {MOST_SLOTS} are read", ram.len());
                    self.error(Diagnostic::error(codes::TOO_LARGE, field.span, message));
                }
                fits
            });
            whole &= state.ram.is_some();
        }
        whole.then_some(state)
    }

    fn register(&mut self, name: &str, span: Span, value: &Node, place: Place<'_>) -> Option<(Register, i64)> {
        let pointer = |register: &Register| matches!(register.full_register(), Register::RSP | Register::RBP);
        let found = subset::register(name).filter(|register| register.is_gpr() && !pointer(register));
        let Some(register) = found else {
            let message = format!("{place}: there is no register `{name}`");
            let error = Diagnostic::error(codes::PARAMETER, span, message);
            self.error(match nearest(name, subset::registers()) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.help("general registers are eax to edx, esi, edi and r8d to r15d, in every width"),
            });
            return None;
        };
        let bits = 8 * register.size() as u32;
        let Kind::Integer(number) = value.kind else {
            self.wrong_type(value, &format!("{place}: {name}"), &format!("a number of {bits} bits"));
            return None;
        };
        let fits = bits == 64 || (-(1_i64 << (bits - 1))..1_i64 << bits).contains(&number);
        if !fits {
            let message = format!("{place}: {number} does not fit `{name}`, which has {bits} bits");
            self.error(Diagnostic::error(codes::BEYOND_INT, value.span, message));
            return None;
        }
        // As a machine gives it back: sign-extended.
        let mut machine = Machine::new(0);
        machine.set_register(register, number);
        Some((register, machine.register(register)))
    }

    fn x86_contradictions(&mut self, examples: &[(Example, Span)], held_out: &[(Example, Span)]) {
        let given = examples.iter().enumerate().map(|(i, it)| (format!("example {}", i + 1), it));
        let held_out = held_out.iter().enumerate().map(|(i, it)| (format!("held-out example {}", i + 1), it));
        let mut seen: Vec<(String, &(Example, Span))> = Vec::new();
        for (name, it) in given.chain(held_out) {
            let differs = |other: &&(String, &(Example, Span))| {
                other.1.0.input == it.0.input && other.1.0.output.contradicts(&it.0.output)
            };
            if let Some((first, other)) = seen.iter().find(differs) {
                self.contradiction(first, &name, other.1, it.1);
                return;
            }
            seen.push((name, it));
        }
    }
}

impl Language {
    /// The name in task files.
    pub fn name(self) -> &'static str {
        match self {
            Self::C => "c",
            Self::X86 => "x86",
            Self::Karel => "karel",
        }
    }
}
