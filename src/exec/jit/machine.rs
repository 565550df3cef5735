//! The memory that compiled programs run in, and the run itself. One block of address space holds, one behind the
//! other: the [`Header`], whose address every compiled function gets; the table of objects; the bytes of objects that
//! functions allocate; and for each of these bytes one that says whether it was written. Everything lies at a distance
//! from the header that is known when code is made. The block is only reserved: what no program touches takes no
//! memory.
//!
//! Objects, their numbers and their limits are those of [`crate::exec::memory`].

use crate::exec::memory::MEMORY_LIMIT;
use crate::ir::Global;
use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr::NonNull;

/// What compiled code finds through the one pointer that it gets.
#[repr(C)]
pub(super) struct Header {
    /// Fuel that is left; compiled code keeps it in a register meanwhile.
    pub fuel: i64,
    /// Objects that are alive, null included.
    pub count: u64,
    /// [`allocate`].
    allocate: unsafe extern "C" fn(*mut Header, i64, u64) -> i64,
    /// The arguments of the function that is run.
    pub arguments: *const i64,
    /// Where what functions return goes: all of it for the function that is run, all but the first otherwise.
    pub returns: *mut i64,
    /// The pointer to the first global.
    globals: i64,
    /// Where an entry that goes through rows says how the first run ended; after one that gave up, where it did.
    pub ended: *mut Ended,
    /// Where it would say that of the row behind the last.
    pub last: *mut Ended,
    /// Bytes from a row to the next.
    pub stride: i64,
}

/// How the run of a row ended that returned.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ended {
    /// Fuel that was left.
    pub left: i64,
    /// The value that was returned, where there is one.
    pub returned: i64,
}

/// A row of the table of objects.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Object {
    /// Its first byte.
    pub base: *mut u8,
    /// For a width of 1, 2, 4 and 8 bytes one more than the last place where that fits.
    pub limits: [u32; 4],
    /// Where in the bytes the next object may begin.
    end: u32,
    /// What all objects up to this one are charged.
    charge: u32,
}

/// Where the fields of [`Header`] and [`Object`] lie, for compiled code.
pub(super) mod offset {
    use super::{Ended, Header, Object};
    use std::mem::offset_of;

    pub const FUEL: i32 = offset_of!(Header, fuel) as i32;
    pub const COUNT: i32 = offset_of!(Header, count) as i32;
    pub const ALLOCATE: i32 = offset_of!(Header, allocate) as i32;
    pub const ARGUMENTS: i32 = offset_of!(Header, arguments) as i32;
    pub const RETURNS: i32 = offset_of!(Header, returns) as i32;
    pub const GLOBALS: i32 = offset_of!(Header, globals) as i32;
    pub const ENDED: i32 = offset_of!(Header, ended) as i32;
    pub const LAST: i32 = offset_of!(Header, last) as i32;
    pub const STRIDE: i32 = offset_of!(Header, stride) as i32;
    /// Of an [`Ended`].
    pub const ENDED_SIZE: i64 = size_of::<Ended>() as i64;
    pub const LEFT: i32 = offset_of!(Ended, left) as i32;
    pub const RETURNED: i32 = offset_of!(Ended, returned) as i32;
    /// Of the bytes of globals, one global behind the other as [`super::Globals`] has them.
    pub const ARENA: i64 = super::ARENA as i64;
    /// Of the table of objects.
    pub const TABLE: i32 = super::TABLE as i32;
    /// Where in the table the first byte of the first argument's object is.
    pub const FIRST_BASE: i32 = size_of::<Object>() as i32 + BASE;
    pub const BASE: i32 = offset_of!(Object, base) as i32;
    pub const LIMITS: i32 = offset_of!(Object, limits) as i32;
    /// From a byte to the one that says whether it was written.
    pub const WRITTEN: i32 = super::BYTES as i32;
    /// The logarithm of the size of a row.
    pub const OBJECT_SHIFT: u32 = size_of::<Object>().trailing_zeros();
}

const _: () = assert!(size_of::<Object>() == 32);

const TABLE: usize = 256;
/// An object is charged 16 bytes at least; arguments that are no arrays are free, but few.
const OBJECTS: usize = MEMORY_LIMIT / LEAST_CHARGE + MAX_ARGUMENTS + 1;
/// More arguments than these are not taken.
pub(super) const MAX_ARGUMENTS: usize = 4096;
const LEAST_CHARGE: usize = 16;
const ARENA: usize = TABLE + OBJECTS * size_of::<Object>();
/// Objects begin at multiples of 16, which at most doubles them.
const BYTES: usize = 2 * MEMORY_LIMIT;
const TOTAL: usize = ARENA + 2 * BYTES;

/// The globals of a program, laid out at the beginning of the bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct Globals {
    /// Where each begins, and its size.
    places: Vec<(u32, u32)>,
    /// What all of these bytes hold when a run begins.
    image: Vec<u8>,
}

impl Globals {
    /// Lays them out. Those beyond what memory holds have no place, as no run begins then.
    pub(super) fn new(globals: &[Global]) -> Self {
        let mut laid = Self::default();
        for global in globals {
            let start = laid.image.len();
            if start + global.bytes as usize > BYTES {
                laid.places.push((0, u32::MAX));
                continue;
            }
            laid.image.extend_from_slice(&global.data);
            laid.image.resize(end(start as u32, global.bytes as usize) as usize, 0);
            laid.places.push((start as u32, global.bytes));
        }
        laid
    }

    /// How many.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Where one begins.
    pub(super) fn start(&self, number: usize) -> u32 {
        self.places[number].0
    }
}

/// The memory of one thread's runs; see the module's text.
pub(super) struct Machine {
    memory: NonNull<u8>,
}

// SAFETY: the block belongs to this value alone, and nothing in it is bound to a thread.
unsafe impl Send for Machine {}

impl Machine {
    pub(super) fn new() -> Self {
        let layout = Self::layout();
        // SAFETY: the layout is not empty.
        let memory = unsafe { alloc_zeroed(layout) };
        let Some(memory) = NonNull::new(memory) else { handle_alloc_error(layout) };
        let machine = Self { memory };
        let header = Header {
            fuel: 0,
            count: 1,
            allocate,
            arguments: std::ptr::null(),
            returns: std::ptr::null_mut(),
            globals: 0,
            ended: std::ptr::null_mut(),
            last: std::ptr::null_mut(),
            stride: 0,
        };
        // SAFETY: the block is large enough and aligned to 16 bytes. Object 0 is all zeros already: it has no bytes.
        unsafe { machine.header().write(header) };
        machine
    }

    /// No more aligned than any memory, so that zeros are had for nothing.
    fn layout() -> Layout {
        Layout::from_size_align(TOTAL, 16).expect("the size is far below the limit")
    }

    /// What compiled code gets.
    pub(super) fn header(&self) -> *mut Header {
        self.memory.as_ptr().cast()
    }

    /// Forgets all objects but null, and keeps the place of a program's globals free.
    pub(super) fn reset(&mut self, globals: &Globals) {
        // SAFETY: the header was written in `new`, and so was object 0.
        unsafe {
            (*self.header()).count = 1;
            (*self.object(0)).end = globals.image.len() as u32;
        }
    }

    /// Adds the objects of the globals behind those of the arguments. Whether there was room for them.
    pub(super) fn add_globals(&mut self, globals: &Globals) -> bool {
        if globals.places.is_empty() {
            return true;
        }
        // SAFETY: the header was written in `new`; the bytes at the beginning were kept free in `reset`.
        unsafe {
            (*self.header()).globals = ((*self.header()).count << 32) as i64;
            for &(start, size) in &globals.places {
                let base = self.memory.as_ptr().add(ARENA + start as usize);
                if size == u32::MAX || !self.add_outside(base, size as usize) {
                    return false;
                }
            }
            self.memory.as_ptr().add(ARENA + BYTES).write_bytes(1, globals.image.len());
        }
        self.renew_globals(globals);
        true
    }

    /// Gives the globals their first values again.
    pub(super) fn renew_globals(&mut self, globals: &Globals) {
        // SAFETY: that many bytes were kept free for them.
        unsafe {
            let bytes = self.memory.as_ptr().add(ARENA);
            std::ptr::copy_nonoverlapping(globals.image.as_ptr(), bytes, globals.image.len());
        }
    }

    /// The row of an object.
    fn object(&mut self, number: usize) -> *mut Object {
        debug_assert!(number < OBJECTS);
        // SAFETY: the table has that many rows.
        unsafe { object(self.header(), number) }
    }

    /// Adds an argument's object, `size` bytes at `base`, which must stay there for the run; all of them are written.
    /// Whether there was room for it.
    pub(super) fn add_outside(&mut self, base: *mut u8, size: usize) -> bool {
        // SAFETY: the header was written in `new`, and there are no more arguments than the table has room for.
        unsafe {
            let header = self.header();
            let number = (*header).count as usize;
            let last = *self.object(number - 1);
            let charge = (last.charge as usize).saturating_add(size.max(LEAST_CHARGE));
            if charge > MEMORY_LIMIT {
                return false;
            }
            *self.object(number) = Object { base, limits: limits(size), end: last.end, charge: charge as u32 };
            (*header).count += 1;
        }
        true
    }

    /// Adds an object of no bytes that costs nothing: the place of an argument that is no array.
    pub(super) fn add_empty(&mut self) {
        // SAFETY: as in `add_outside`.
        unsafe {
            let header = self.header();
            let number = (*header).count as usize;
            *self.object(number) = Object { base: std::ptr::null_mut(), limits: [0; 4], ..*self.object(number - 1) };
            (*header).count += 1;
        }
    }

    /// Moves object `number`, an argument that keeps its size, to other bytes.
    #[inline(always)]
    pub(super) fn rebase(&mut self, number: usize, base: *mut u8) {
        // SAFETY: as in `add_outside`.
        unsafe { (*self.object(number)).base = base };
    }

    /// Forgets what was allocated after the first `count` objects.
    #[inline(always)]
    pub(super) fn truncate(&mut self, count: usize) {
        // SAFETY: the header was written in `new`.
        unsafe { (*self.header()).count = count as u64 };
    }

    /// Adds an argument's object within the arena, marked as written. Whether there was room for it.
    pub(super) fn add_inside(&mut self, values: &[i32]) -> bool {
        let size = size_of_val(values);
        // SAFETY: as in `add_outside`; the arena holds all that is charged, and what says whether it was written.
        unsafe {
            let number = (*self.header()).count as usize;
            let start = (*self.object(number - 1)).end;
            let base = self.memory.as_ptr().add(ARENA + start as usize);
            if !self.add_outside(base, size) {
                return false;
            }
            (*self.object(number)).end = end(start, size);
            std::ptr::copy_nonoverlapping(values.as_ptr().cast(), base, size);
            base.add(BYTES).write_bytes(1, size);
        }
        true
    }

    /// Copies what object `number` holds to `values`, which are as many.
    pub(super) fn read_back(&mut self, number: usize, values: &mut [i32]) {
        // SAFETY: the object was made of as many values.
        unsafe {
            let object = *self.object(number);
            debug_assert_eq!(object.limits[0] as usize, size_of_val(values));
            std::ptr::copy_nonoverlapping(object.base, values.as_mut_ptr().cast(), size_of_val(values));
        }
    }
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Machine").finish_non_exhaustive()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // SAFETY: it came from there, with the same layout.
        unsafe { dealloc(self.memory.as_ptr(), Self::layout()) };
    }
}

/// # Safety
/// `header` belongs to a [`Machine`], and `number` is below [`OBJECTS`].
unsafe fn object(header: *mut Header, number: usize) -> *mut Object {
    // SAFETY: the table lies in the same block.
    unsafe { header.cast::<u8>().add(TABLE).cast::<Object>().add(number) }
}

fn limits(size: usize) -> [u32; 4] {
    [1, 2, 4, 8].map(|width| (size + 1).saturating_sub(width) as u32)
}

/// Where an object may begin that follows one of `size` bytes at `start`.
fn end(start: u32, size: usize) -> u32 {
    start + size.next_multiple_of(16) as u32
}

/// Gives a pointer to a new object of `size` bytes that were never written, or makes the object of `old`, where that is
/// not null, as good as new. Null where memory is used up.
///
/// # Safety
/// `header` belongs to a [`Machine`]; `old` is 0 or came from here and is alive.
unsafe extern "C" fn allocate(header: *mut Header, old: i64, size: u64) -> i64 {
    // SAFETY: the charge bounds the objects by what the table and the arena hold; `old` names an object of the arena.
    unsafe {
        if old != 0 {
            let old_object = *object(header, (old >> 32) as usize);
            old_object.base.add(BYTES).write_bytes(0, old_object.limits[0] as usize);
            return old;
        }
        let number = (*header).count;
        let last = *object(header, number as usize - 1);
        let charge = u64::from(last.charge) + size.max(LEAST_CHARGE as u64);
        if charge > MEMORY_LIMIT as u64 {
            return 0;
        }
        let size = size as usize;
        let base = header.cast::<u8>().add(ARENA + last.end as usize);
        base.add(BYTES).write_bytes(0, size);
        let row = Object { base, limits: limits(size), end: end(last.end, size), charge: charge as u32 };
        object(header, number as usize).write(row);
        (*header).count = number + 1;
        (number << 32) as i64
    }
}
