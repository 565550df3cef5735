//! Unicorn, driven by its C interface, as a peer for short x86 programs. It is GPL and so never linked: the library is
//! loaded from the path in `IOCC_UNICORN`, where that is set.

use std::ffi::{CStr, CString, c_int, c_void};
use std::ptr::null_mut;

const X86: c_int = 4;
const MODE_64: c_int = 8;
const ALL_RIGHTS: u32 = 7;
/// eax, ebx, ecx and edx in its numbers.
const REGISTERS: [c_int; 4] = [19, 21, 22, 24];
const CODE: u64 = 0x10_0000;
const CODE_BYTES: usize = 64 << 20;

type Engine = *mut c_void;
type Open = unsafe extern "C" fn(c_int, c_int, *mut Engine) -> c_int;
type Map = unsafe extern "C" fn(Engine, u64, usize, u32) -> c_int;
type Write = unsafe extern "C" fn(Engine, u64, *const u8, usize) -> c_int;
type Batch = unsafe extern "C" fn(Engine, *const c_int, *const *mut c_void, c_int) -> c_int;
type Start = unsafe extern "C" fn(Engine, u64, u64, u64, usize) -> c_int;

/// One engine, which is kept.
pub struct Unicorn {
    engine: Engine,
    write: Write,
    write_registers: Batch,
    read_registers: Batch,
    start: Start,
    /// Where the next program goes: each is new to the engine.
    next: u64,
}

impl Unicorn {
    /// The engine of the library that `IOCC_UNICORN` names; why there is none.
    pub fn load() -> Result<Self, String> {
        let path = std::env::var("IOCC_UNICORN").map_err(|_| "IOCC_UNICORN names no libunicorn.so.2".to_owned())?;
        let path = CString::new(path).map_err(|error| error.to_string())?;
        // SAFETY: a library's path; the functions have the types of its published C interface.
        unsafe {
            let library = libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL);
            if library.is_null() {
                return Err(CStr::from_ptr(libc::dlerror()).to_string_lossy().into_owned());
            }
            let find = |name: &CStr| {
                let found = libc::dlsym(library, name.as_ptr());
                if found.is_null() { Err(format!("it has no {name:?}")) } else { Ok(found) }
            };
            let open: Open = std::mem::transmute::<*mut c_void, Open>(find(c"uc_open")?);
            let map: Map = std::mem::transmute::<*mut c_void, Map>(find(c"uc_mem_map")?);
            let mut engine = null_mut();
            told("uc_open", open(X86, MODE_64, &mut engine))?;
            told("uc_mem_map", map(engine, CODE, CODE_BYTES, ALL_RIGHTS))?;
            Ok(Self {
                engine,
                write: std::mem::transmute::<*mut c_void, Write>(find(c"uc_mem_write")?),
                write_registers: std::mem::transmute::<*mut c_void, Batch>(find(c"uc_reg_write_batch")?),
                read_registers: std::mem::transmute::<*mut c_void, Batch>(find(c"uc_reg_read_batch")?),
                start: std::mem::transmute::<*mut c_void, Start>(find(c"uc_emu_start")?),
                next: CODE,
            })
        }
    }

    /// Runs a fresh program on some states of eax, ebx, ecx and edx.
    pub fn run(&mut self, code: &[u8], states: &mut [[i32; 4]]) -> Result<(), String> {
        let (start, end) = (self.next, self.next + code.len() as u64);
        if end >= CODE + CODE_BYTES as u64 {
            return Err("there is no room for more code".into());
        }
        self.next = end.next_multiple_of(16);
        // SAFETY: the engine is open, and the arrays are as long as they are said to be.
        unsafe {
            told("uc_mem_write", (self.write)(self.engine, start, code.as_ptr(), code.len()))?;
            for state in states {
                let fields = state.each_mut().map(|field| (field as *mut i32).cast::<c_void>());
                told(
                    "uc_reg_write_batch",
                    (self.write_registers)(self.engine, REGISTERS.as_ptr(), fields.as_ptr(), 4),
                )?;
                told("uc_emu_start", (self.start)(self.engine, start, end, 0, 0))?;
                told("uc_reg_read_batch", (self.read_registers)(self.engine, REGISTERS.as_ptr(), fields.as_ptr(), 4))?;
            }
        }
        Ok(())
    }
}

fn told(what: &str, status: c_int) -> Result<(), String> {
    if status == 0 { Ok(()) } else { Err(format!("{what} fails with {status}")) }
}
