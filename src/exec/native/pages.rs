//! Memory that child processes share.

use super::NativeError;
use std::io;
use std::ptr;

const PAGE: usize = 4096;

pub fn failed(what: &str) -> NativeError {
    NativeError::System(format!("{what}: {}", io::Error::last_os_error()))
}

/// Pages that child processes share, with one that is not accessible before and one behind them.
#[derive(Debug)]
pub struct Pages {
    start: *mut u8,
    bytes: usize,
}

// SAFETY: whoever owns the pages owns what is in them; nothing is bound to a thread.
unsafe impl Send for Pages {}

impl Pages {
    /// So many bytes, readable and writable.
    pub fn new(bytes: usize) -> Result<Self, NativeError> {
        let pages = Self::map(bytes, -1)?;
        pages.protect(libc::PROT_READ | libc::PROT_WRITE)?;
        Ok(pages)
    }

    /// Pages without access, of a file or of none (-1).
    fn map(bytes: usize, file: i32) -> Result<Self, NativeError> {
        let bytes = bytes.div_ceil(PAGE).max(1) * PAGE;
        let anonymous = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
        // SAFETY: a fresh mapping at an address of the system's choice.
        let whole = unsafe { libc::mmap(ptr::null_mut(), bytes + 2 * PAGE, libc::PROT_NONE, anonymous, -1, 0) };
        if whole == libc::MAP_FAILED {
            return Err(failed("no memory"));
        }
        // SAFETY: within the mapping.
        let pages = Self { start: unsafe { whole.cast::<u8>().add(PAGE) }, bytes };
        if file != -1 {
            let fixed = libc::MAP_SHARED | libc::MAP_FIXED;
            // SAFETY: replaces the middle of the mapping that was just made.
            let inside = unsafe { libc::mmap(pages.start.cast(), bytes, libc::PROT_NONE, fixed, file, 0) };
            if inside == libc::MAP_FAILED {
                return Err(failed("no memory"));
            }
        }
        Ok(pages)
    }

    pub fn protect(&self, how: i32) -> Result<(), NativeError> {
        // SAFETY: these are our pages.
        match unsafe { libc::mprotect(self.start.cast(), self.bytes, how) } {
            0 => Ok(()),
            _ => Err(failed("cannot set the protection of memory")),
        }
    }

    pub fn address(&self) -> u64 {
        self.start as u64
    }

    pub fn start(&self) -> *mut u8 {
        self.start
    }

    /// Bytes.
    pub fn len(&self) -> usize {
        self.bytes
    }

    /// The bytes of these pages, which must be readable and writable, and which no running child may use.
    pub fn bytes(&mut self) -> &mut [u8] {
        // SAFETY: mapped, ours alone while no child runs.
        unsafe { std::slice::from_raw_parts_mut(self.start, self.bytes) }
    }

    /// The words of these pages, which must be readable and writable, and which no running child may use.
    pub fn words(&mut self) -> &mut [i32] {
        // SAFETY: mapped, aligned, ours alone while no child runs; every pattern of bits is an i32.
        unsafe { std::slice::from_raw_parts_mut(self.start.cast(), self.bytes / 4) }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: the mapping that `map` made, guard pages included.
        unsafe {
            libc::munmap(self.start.sub(PAGE).cast(), self.bytes + 2 * PAGE);
        }
    }
}

/// One piece of memory in two views: one to write code by, one to run it.
#[derive(Debug)]
pub struct Twin {
    pub write: Pages,
    pub run: Pages,
}

impl Twin {
    pub fn new(bytes: usize) -> Result<Self, NativeError> {
        // SAFETY: a fresh file without a name; the name given is a constant string.
        let file = unsafe { libc::memfd_create(c"iocc-code".as_ptr(), libc::MFD_CLOEXEC) };
        if file == -1 {
            return Err(failed("no memory"));
        }
        let twin = Self::views(file, bytes);
        // SAFETY: our own descriptor; the mappings stay.
        unsafe { libc::close(file) };
        twin
    }

    fn views(file: i32, bytes: usize) -> Result<Self, NativeError> {
        let bytes = bytes.div_ceil(PAGE).max(1) * PAGE;
        // SAFETY: our own file.
        if unsafe { libc::ftruncate(file, bytes as libc::off_t) } != 0 {
            return Err(failed("no memory"));
        }
        let (write, run) = (Pages::map(bytes, file)?, Pages::map(bytes, file)?);
        write.protect(libc::PROT_READ | libc::PROT_WRITE)?;
        run.protect(libc::PROT_READ | libc::PROT_EXEC)?;
        Ok(Self { write, run })
    }
}
