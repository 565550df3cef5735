//! Lockstep code: what [`super::compile`] makes and [`super::execute`] runs.

use super::op::{Op, Place, Row};
use crate::diagnostic::Span;

/// An object of memory.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Object {
    /// The row of its first cell.
    pub first: Row,
    /// Its cells of four bytes. If it is tracked, as many rows follow that tell which were written.
    pub cells: u16,
    /// Its size in bytes.
    pub bytes: u32,
    /// Some cells may never have been written.
    pub tracked: bool,
}

/// Why there is no cell at some place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoCell {
    OutOfBounds,
    /// It is not a whole cell.
    Torn,
}

impl Object {
    /// The row of the cell at byte `at`.
    #[inline]
    pub(super) fn cell(&self, at: i64) -> Result<Row, NoCell> {
        if at < 0 || at + 4 > i64::from(self.bytes) {
            Err(NoCell::OutOfBounds)
        } else if at % 4 != 0 {
            Err(NoCell::Torn)
        } else {
            Ok(self.first + (at / 4) as Row)
        }
    }

    /// The row that tells whether a cell was written, if anyone must know.
    #[inline]
    pub(super) fn written(&self, cell: Row) -> Option<Row> {
        self.tracked.then(|| cell + self.cells)
    }
}

/// A function in lockstep form.
#[derive(Clone, Debug, Default)]
pub(super) struct Code {
    pub ops: Vec<Op>,
    /// Where each block begins, in the order of the ops.
    pub places: Vec<Place>,
    /// Fuel and source of each [`Op::Fuel`].
    pub statements: Vec<(u32, Span)>,
    /// Rows and what every lane of them holds.
    pub constants: Vec<(Row, i32)>,
    /// By number: null, the arguments, the allocations.
    pub objects: Vec<Object>,
    /// The low rows of the parameters, and whether they have a high one.
    pub parameters: Vec<(Row, bool)>,
    /// Rows in all.
    pub rows: usize,
}

impl Code {
    /// Forgets the function.
    pub(super) fn clear(&mut self) {
        self.ops.clear();
        self.places.clear();
        self.statements.clear();
        self.constants.clear();
        self.objects.clear();
        self.parameters.clear();
    }
}
