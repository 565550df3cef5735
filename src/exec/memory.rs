//! The memory of a run: objects of bytes in one arena. Object 0 is null and has no bytes; the arguments' arrays are
//! objects 1 and up; then come the program's globals, as each run finds them; then those that functions allocate, which
//! die when their function returns. Reads of bytes that were never written are found here, object by object and byte by
//! byte.

use crate::ir::{Global, TrapKind, Type};

/// Bytes of live objects at most, 64 MiB; an object counts as 16 at least, so that empty ones are not free.
pub const MEMORY_LIMIT: usize = 64 << 20;
const LEAST_CHARGE: usize = 16;

/// Bytes that a value of this type takes in memory.
pub fn size_of(ty: Type) -> usize {
    match ty {
        Type::I1 | Type::I8 => 1,
        Type::I16 => 2,
        Type::I32 => 4,
        Type::I64 => 8,
        Type::V4I32 => 16,
    }
}

/// The pointer to byte `offset` of object `object`.
pub fn pointer(object: u32, offset: u32) -> i64 {
    (i64::from(object) << 32) | i64::from(offset)
}

/// The object that a pointer points into.
pub fn object_of(pointer: i64) -> u32 {
    (pointer >> 32) as u32
}

/// A run of bytes of the arena.
#[derive(Clone, Copy, Debug)]
struct Object {
    start: u32,
    size: u32,
    /// Some bytes may never have been written; `written` tells which.
    tracked: bool,
}

/// How much memory there was at some point, to go back to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    objects: u32,
    bytes: u32,
    charge: u32,
}

/// The objects of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    objects: Vec<Object>,
    bytes: Vec<u8>,
    /// For each byte of a tracked object 1 where it was written; meaningless elsewhere.
    written: Vec<u8>,
    charge: usize,
}

impl Memory {
    /// Empties the memory for the next run.
    pub(super) fn reset(&mut self) {
        self.objects.clear();
        self.objects.push(Object { start: 0, size: 0, tracked: false });
        self.bytes.clear();
        self.written.clear();
        self.charge = 0;
    }

    /// A new object that holds `values`; its pointer.
    pub(super) fn add_array(&mut self, values: &[i32]) -> Result<i64, TrapKind> {
        let start = self.bytes.len();
        self.reserve(values.len().saturating_mul(4))?;
        self.bytes.resize(start + 4 * values.len(), 0);
        // In this shape it becomes one copy.
        for (bytes, value) in self.bytes[start..].chunks_exact_mut(4).zip(values) {
            bytes.copy_from_slice(&value.to_le_bytes());
        }
        Ok(self.add_object(start, false))
    }

    /// A new object as a run finds it that begins; its pointer.
    pub(super) fn add_global(&mut self, global: &Global) -> Result<i64, TrapKind> {
        let start = self.bytes.len();
        self.reserve(global.bytes as usize)?;
        self.bytes.extend_from_slice(&global.data);
        self.bytes.resize(start + global.bytes as usize, 0);
        Ok(self.add_object(start, false))
    }

    /// How many objects there are.
    pub(super) fn count(&self) -> u32 {
        self.objects.len() as u32
    }

    /// A new object of no bytes, which keeps the numbers of arguments in step.
    pub(super) fn add_empty(&mut self) {
        self.add_object(self.bytes.len(), false);
    }

    /// A new object of bytes that were never written; its pointer.
    pub(super) fn allocate(&mut self, size: u32) -> Result<i64, TrapKind> {
        let start = self.bytes.len();
        self.reserve(size as usize)?;
        self.bytes.resize(start + size as usize, 0);
        self.written.resize(start, 0);
        self.written.resize(start + size as usize, 0);
        Ok(self.add_object(start, true))
    }

    /// Makes the object that `pointer` points to as good as new.
    pub(super) fn forget(&mut self, pointer: i64) {
        let Object { start, size, .. } = self.objects[object_of(pointer) as usize];
        self.written[start as usize..(start + size) as usize].fill(0);
    }

    /// Charges for `size` bytes.
    fn reserve(&mut self, size: usize) -> Result<(), TrapKind> {
        let charge = self.charge.saturating_add(size.max(LEAST_CHARGE));
        if charge > MEMORY_LIMIT {
            return Err(TrapKind::OutOfMemory);
        }
        self.charge = charge;
        Ok(())
    }

    fn add_object(&mut self, start: usize, tracked: bool) -> i64 {
        // The limit keeps every number within 32 bits.
        self.objects.push(Object { start: start as u32, size: (self.bytes.len() - start) as u32, tracked });
        pointer((self.objects.len() - 1) as u32, 0)
    }

    /// What is live now.
    pub(super) fn mark(&self) -> Mark {
        Mark { objects: self.objects.len() as u32, bytes: self.bytes.len() as u32, charge: self.charge as u32 }
    }

    /// Frees what was allocated after `mark`.
    pub(super) fn release(&mut self, mark: Mark) {
        self.objects.truncate(mark.objects as usize);
        self.bytes.truncate(mark.bytes as usize);
        self.written.truncate(mark.bytes as usize);
        self.charge = mark.charge as usize;
    }

    /// Where in the arena `size` bytes at `address + offset` lie, and their object.
    #[inline]
    fn place(&self, address: i64, offset: i32, size: usize) -> Result<(usize, Object), TrapKind> {
        let at = i64::from(address as u32) + i64::from(offset);
        match self.objects.get(object_of(address) as usize) {
            // A negative place is a huge one here.
            Some(object) if (at as u64).saturating_add(size as u64) <= u64::from(object.size) => {
                Ok((object.start as usize + at as usize, *object))
            }
            _ => Err(TrapKind::OutOfBounds),
        }
    }

    /// Whether this is a place in an object or just behind its last byte.
    #[inline]
    pub(super) fn keeps(&self, pointer: i64) -> bool {
        self.objects.get(object_of(pointer) as usize).is_some_and(|object| pointer as u32 <= object.size)
    }

    #[inline]
    fn check_written(&self, start: usize, size: usize) -> Result<(), TrapKind> {
        let all = self.written[start..start + size].iter().all(|&written| written == 1);
        if all { Ok(()) } else { Err(TrapKind::UninitializedRead) }
    }

    /// The i32 at `address + offset`.
    #[inline]
    pub(super) fn load_i32(&self, address: i64, offset: i32) -> Result<i32, TrapKind> {
        let (start, object) = self.place(address, offset, 4)?;
        if object.tracked {
            self.check_written(start, 4)?;
        }
        let bytes: [u8; 4] = self.bytes[start..start + 4].try_into().expect("four bytes");
        Ok(i32::from_le_bytes(bytes))
    }

    /// The byte at `address`, signed.
    #[inline]
    pub(super) fn load_i8(&self, address: i64) -> Result<i8, TrapKind> {
        let (start, object) = self.place(address, 0, 1)?;
        if object.tracked {
            self.check_written(start, 1)?;
        }
        Ok(self.bytes[start] as i8)
    }

    /// Writes the i32 at `address + offset`.
    #[inline]
    pub(super) fn store_i32(&mut self, address: i64, offset: i32, value: i32) -> Result<(), TrapKind> {
        let (start, object) = self.place(address, offset, 4)?;
        self.bytes[start..start + 4].copy_from_slice(&value.to_le_bytes());
        if object.tracked {
            self.written[start..start + 4].fill(1);
        }
        Ok(())
    }

    /// The integer of `size` bytes (1, 2, 4 or 8) at `address + offset`, sign-extended.
    pub(super) fn load(&self, address: i64, offset: i32, size: usize) -> Result<i64, TrapKind> {
        let (start, object) = self.place(address, offset, size)?;
        if object.tracked {
            self.check_written(start, size)?;
        }
        let mut bytes = [0; 8];
        bytes[..size].copy_from_slice(&self.bytes[start..start + size]);
        let unused = 64 - 8 * size as u32;
        Ok((i64::from_le_bytes(bytes) << unused) >> unused)
    }

    /// Writes the low `size` bytes (1, 2, 4 or 8) of `value` at `address + offset`.
    pub(super) fn store(&mut self, address: i64, offset: i32, size: usize, value: i64) -> Result<(), TrapKind> {
        let (start, object) = self.place(address, offset, size)?;
        self.bytes[start..start + size].copy_from_slice(&value.to_le_bytes()[..size]);
        if object.tracked {
            self.written[start..start + size].fill(1);
        }
        Ok(())
    }

    /// Copies the object `object`, an array of i32, to `values`.
    pub(super) fn read_array(&self, object: u32, values: &mut [i32]) {
        let Object { start, size, .. } = self.objects[object as usize];
        let bytes = &self.bytes[start as usize..(start + size) as usize];
        for (value, bytes) in values.iter_mut().zip(bytes.chunks_exact(4)) {
            *value = i32::from_le_bytes(bytes.try_into().expect("four bytes"));
        }
    }
}
