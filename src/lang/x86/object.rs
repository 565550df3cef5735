//! ELF object files: their sections laid out in one memory area, their relocations resolved. What cannot be resolved in
//! code is told by the function that needs it, so that the others can be used.

use super::runtime;
use object::elf;
use object::read::{Object as _, ObjectSection, ObjectSymbol, RelocationTarget, SectionIndex, SymbolSection};
use object::{Architecture, RelocationFlags, SectionFlags, SymbolKind};
use std::collections::BTreeMap;

/// The address of the memory area's first byte: what is below, null among it, is no place.
pub const ORIGIN: u64 = 0x1_0000;
/// The address of the code, which lies outside the area and is never read.
pub(super) const CODE: u64 = 0x4000_0000;
/// Bytes of the sections that are laid out at most.
const MOST: u64 = 1 << 28;

/// Why a file is no object that can be lifted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ObjectError(String);

/// A function of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its symbol.
    pub name: String,
    /// Where its code begins, and how many bytes it has.
    pub address: u64,
    /// Likewise.
    pub size: u64,
}

/// A section of code at its address.
#[derive(Clone, Debug)]
struct Code {
    section: String,
    address: u64,
    bytes: Vec<u8>,
}

/// What an object file holds, at addresses.
#[derive(Clone, Debug)]
pub struct Image {
    functions: Vec<Function>,
    /// Those of C's library that the file needs and does not hold.
    helpers: Vec<Function>,
    code: Vec<Code>,
    /// What the memory area holds from [`ORIGIN`] on.
    data: Vec<u8>,
    /// Addresses within code that are not resolved, and why.
    unresolved: BTreeMap<u64, String>,
}

impl Image {
    /// Reads a relocatable ELF file for x86-64.
    pub fn read(file: &[u8]) -> Result<Self, ObjectError> {
        let wrong = |error: object::Error| ObjectError(format!("no ELF object: {error}"));
        let file = object::File::parse(file).map_err(wrong)?;
        if file.format() != object::BinaryFormat::Elf || file.architecture() != Architecture::X86_64 {
            return Err(ObjectError("no ELF file for x86-64".into()));
        }
        if file.kind() != object::ObjectKind::Relocatable {
            return Err(ObjectError("no relocatable object: link nothing (`gcc -c`)".into()));
        }
        let mut layout = Layout::of(&file)?;
        layout.relocate(&file)?;
        Ok(layout.image(&file))
    }

    /// The functions, in the order of their addresses.
    pub fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// The function of a name.
    pub fn function(&self, name: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.name == name)
    }

    /// The function whose code an address is in.
    pub(super) fn function_at(&self, address: u64) -> Option<&Function> {
        let within = |functions: &'_ [Function]| {
            let number = functions.partition_point(|function| function.address <= address).checked_sub(1)?;
            (address < functions[number].address + functions[number].size).then_some(number)
        };
        let helper = || within(&self.helpers).map(|number| &self.helpers[number]);
        within(&self.functions).map(|number| &self.functions[number]).or_else(helper)
    }

    /// A function's code.
    pub(super) fn bytes(&self, function: &Function) -> &[u8] {
        let holds = |code: &&Code| {
            code.address <= function.address && function.address < code.address + code.bytes.len() as u64
        };
        let Some(code) = self.code.iter().find(holds) else { return &[] };
        let start = (function.address - code.address) as usize;
        &code.bytes[start..(start + function.size as usize).min(code.bytes.len())]
    }

    /// The section of code that an address is in or behind, and how far from its beginning.
    pub(super) fn place(&self, address: u64) -> (&str, u64) {
        let code = self.code.iter().rfind(|code| code.address <= address);
        code.map_or(("", address), |code| (code.section.as_str(), address - code.address))
    }

    /// Why the code between two addresses is not all there.
    pub(super) fn unresolved(&self, from: u64, to: u64) -> Option<&str> {
        self.unresolved.range(from..to).next().map(|(_, why)| why.as_str())
    }

    /// What the memory area begins with.
    pub fn data(&self) -> &[u8] {
        &self.data
    }
}

/// Where the parts of a file are while it is read.
struct Layout {
    sections: BTreeMap<usize, u64>,
    /// Symbols without a section of their own: uninitialised globals of old compilers.
    common: BTreeMap<usize, u64>,
    /// Places that hold a symbol's address, which position-independent code reads.
    table: BTreeMap<u64, u64>,
    code: Vec<Code>,
    data: Vec<u8>,
    unresolved: BTreeMap<u64, String>,
    helpers: Vec<Function>,
}

impl Layout {
    fn of(file: &object::File<'_>) -> Result<Self, ObjectError> {
        let mut layout = Self {
            sections: BTreeMap::new(),
            common: BTreeMap::new(),
            table: BTreeMap::new(),
            code: Vec::new(),
            data: Vec::new(),
            unresolved: BTreeMap::new(),
            helpers: Vec::new(),
        };
        let mut next = CODE;
        for section in file.sections() {
            let SectionFlags::Elf { sh_flags } = section.flags() else { continue };
            let name = section.name().unwrap_or_default();
            // What unwinds the stack is no part of the program.
            if sh_flags & u64::from(elf::SHF_ALLOC) == 0 || name == ".eh_frame" || name.starts_with(".note") {
                continue;
            }
            if section.size() > MOST {
                return Err(ObjectError(format!("the section `{name}` is too large")));
            }
            let mut bytes = section.data().map_err(|error| ObjectError(format!("`{name}`: {error}")))?.to_vec();
            bytes.resize(section.size() as usize, 0);
            let address = if sh_flags & u64::from(elf::SHF_EXECINSTR) != 0 {
                let address = next.next_multiple_of(section.align().clamp(1, 4096));
                next = address + section.size();
                if next > CODE + MOST {
                    return Err(ObjectError("there is too much code".into()));
                }
                layout.code.push(Code { section: name.to_owned(), address, bytes });
                address
            } else {
                layout.place(section.align(), &bytes)?
            };
            layout.sections.insert(section.index().0, address);
        }
        for symbol in file.symbols().filter(|symbol| symbol.is_common()) {
            if symbol.size() > MOST {
                return Err(ObjectError("a global is too large".into()));
            }
            let address = layout.place(16, &vec![0; symbol.size() as usize])?;
            layout.common.insert(symbol.index().0, address);
        }
        if file.symbols().any(|symbol| symbol.is_undefined() && symbol.name().is_ok_and(runtime::has)) {
            let address = next.next_multiple_of(16);
            let (bytes, functions) = runtime::code(address);
            layout.code.push(Code { section: "the C library's part".to_owned(), address, bytes });
            layout.helpers = functions;
        }
        Ok(layout)
    }

    /// Puts bytes into the area; gives their address.
    fn place(&mut self, align: u64, bytes: &[u8]) -> Result<u64, ObjectError> {
        let start = self.data.len().next_multiple_of(align.clamp(1, 4096) as usize);
        if (start + bytes.len()) as u64 > MOST {
            return Err(ObjectError("the sections are too large".into()));
        }
        self.data.resize(start, 0);
        self.data.extend_from_slice(bytes);
        Ok(ORIGIN + start as u64)
    }

    fn section(&self, index: SectionIndex) -> Result<u64, String> {
        self.sections.get(&index.0).copied().ok_or_else(|| "a section that is not loaded is used".into())
    }

    /// The address of what a relocation is about; why it has none.
    fn target(&self, file: &object::File<'_>, target: RelocationTarget) -> Result<u64, String> {
        match target {
            RelocationTarget::Section(index) => self.section(index),
            RelocationTarget::Symbol(index) => {
                let symbol = file.symbol_by_index(index).map_err(|error| error.to_string())?;
                let name = symbol.name().unwrap_or_default();
                match symbol.section() {
                    SymbolSection::Section(section) => Ok(self.section(section)?.wrapping_add(symbol.address())),
                    SymbolSection::Common => Ok(self.common[&index.0]),
                    SymbolSection::Absolute => Ok(symbol.address()),
                    _ => {
                        let helper = self.helpers.iter().find(|helper| helper.name == name);
                        helper.map(|helper| helper.address).ok_or_else(|| format!("`{name}` is not in the file"))
                    }
                }
            }
            _ => Ok(0),
        }
    }

    fn relocate(&mut self, file: &object::File<'_>) -> Result<(), ObjectError> {
        for section in file.sections() {
            let Some(&start) = self.sections.get(&section.index().0) else { continue };
            for (offset, relocation) in section.relocations() {
                let place = start.wrapping_add(offset);
                let RelocationFlags::Elf { r_type } = relocation.flags() else { continue };
                let resolved = self
                    .target(file, relocation.target())
                    .and_then(|target| self.apply(place, r_type, target, relocation.addend()));
                match resolved {
                    Ok(()) => {}
                    Err(why) if start >= CODE => {
                        self.unresolved.insert(place, why);
                    }
                    Err(why) => {
                        let name = section.name().unwrap_or_default();
                        return Err(ObjectError(format!("in `{name}` at {offset:#x}: {why}")));
                    }
                }
            }
        }
        Ok(())
    }

    /// Writes an address to where it is wanted, in the way that is wanted.
    fn apply(&mut self, place: u64, kind: u32, target: u64, addend: i64) -> Result<(), String> {
        let whole = target.wrapping_add_signed(addend);
        let value = match kind {
            elf::R_X86_64_NONE => return Ok(()),
            elf::R_X86_64_64 | elf::R_X86_64_32 | elf::R_X86_64_32S => whole,
            elf::R_X86_64_PC32 | elf::R_X86_64_PLT32 | elf::R_X86_64_PC64 => whole.wrapping_sub(place),
            elf::R_X86_64_GOTPCREL | elf::R_X86_64_GOTPCRELX | elf::R_X86_64_REX_GOTPCRELX => {
                let entry = match self.table.get(&target) {
                    Some(entry) => *entry,
                    None => self.place(8, &target.to_le_bytes()).map_err(|error| error.0)?,
                };
                self.table.insert(target, entry);
                entry.wrapping_add_signed(addend).wrapping_sub(place)
            }
            _ => return Err(format!("relocations of kind {kind} are not supported")),
        };
        let bytes = value.to_le_bytes();
        let wide = matches!(kind, elf::R_X86_64_64 | elf::R_X86_64_PC64);
        let signed = i64::from(value as i32) as u64 == value;
        if !(wide || signed || kind == elf::R_X86_64_32 && value >> 32 == 0) {
            return Err("an address does not fit".into());
        }
        let bytes = if wide { &bytes[..] } else { &bytes[..4] };
        let (start, held) = if place >= CODE {
            let code = self.code.iter_mut().rfind(|code| code.address <= place).ok_or("no such place")?;
            (place - code.address, &mut code.bytes)
        } else {
            (place - ORIGIN, &mut self.data)
        };
        let start = usize::try_from(start).map_err(|_| "no such place")?;
        let end = start.checked_add(bytes.len()).ok_or("no such place")?;
        held.get_mut(start..end).ok_or("a relocation lies outside its section")?.copy_from_slice(bytes);
        Ok(())
    }

    fn image(self, file: &object::File<'_>) -> Image {
        let mut functions: Vec<Function> = Vec::new();
        for symbol in file.symbols().filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.size() > 0) {
            let Some(start) = symbol.section_index().and_then(|index| self.sections.get(&index.0)) else { continue };
            let mut sections = self.code.iter().filter(|code| code.address == *start);
            let Some(code) = sections.find(|code| !code.bytes.is_empty()) else { continue };
            let bytes = code.bytes.len() as u64;
            let (Ok(name), true) = (symbol.name(), symbol.address() < bytes) else { continue };
            let size = symbol.size().min(bytes - symbol.address());
            functions.push(Function { name: name.to_owned(), address: start + symbol.address(), size });
        }
        functions.sort_by(|left, right| (left.address, &left.name).cmp(&(right.address, &right.name)));
        Image { functions, helpers: self.helpers, code: self.code, data: self.data, unresolved: self.unresolved }
    }
}
