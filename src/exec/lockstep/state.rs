//! What is known of a group of lanes while it runs: which are alive, their fuel, the statement they are at; and how
//! each ended.

// Loops over lanes name the lane, as several rows are read at once; they are what the compiler makes vectors of.
#![allow(clippy::needless_range_loop)]

use super::code::Code;
use crate::diagnostic::Span;
use crate::exec::Trap;
use crate::exec::interp::Stop;
use crate::exec::rows::RowRun;
use crate::ir::TrapKind;

/// No statement has begun yet.
const BEFORE: u32 = u32::MAX;

/// The lanes of a group.
#[derive(Clone, Debug)]
pub(super) struct State<const W: usize> {
    /// -1 where a lane is alive, else 0.
    pub mask: [i32; W],
    /// Lanes alive.
    pub alive: usize,
    /// A lane that is alive, if there is one.
    pub first: usize,
    /// Fuel of all lanes since they began; what a lane has left is its `fuel` less this.
    burned: u64,
    /// The least `fuel` of a lane that is alive.
    least: u64,
    fuel: [u64; W],
    total: u64,
    /// The statement that all lanes are at, unless `mixed`.
    at: u32,
    mixed: bool,
    ats: [u32; W],
    /// How the lanes ended.
    pub runs: [RowRun; W],
}

const NOTHING: RowRun = RowRun { stop: Stop::OutOfFuel, fuel: 0, returned: 0 };

impl<const W: usize> Default for State<W> {
    fn default() -> Self {
        Self {
            mask: [0; W],
            alive: 0,
            first: 0,
            burned: 0,
            least: 0,
            fuel: [0; W],
            total: 0,
            at: BEFORE,
            mixed: false,
            ats: [BEFORE; W],
            runs: [NOTHING; W],
        }
    }
}

impl<const W: usize> State<W> {
    /// Makes the first `lanes` lanes alive, with so much fuel.
    pub(super) fn begin(&mut self, lanes: usize, fuel: u64) {
        for lane in 0..W {
            self.mask[lane] = if lane < lanes { -1 } else { 0 };
        }
        (self.alive, self.first) = (lanes, 0);
        (self.burned, self.least, self.total) = (0, fuel, fuel);
        self.fuel = [fuel; W];
        (self.at, self.mixed) = (BEFORE, false);
    }

    /// Whether any lane that is alive has a bit of `row` set.
    #[inline]
    pub(super) fn any(&self, row: &[i32; W]) -> bool {
        let mut all = 0;
        for lane in 0..W {
            all |= row[lane] & self.mask[lane];
        }
        all != 0
    }

    /// The statement `statement` begins; whether any lane goes on.
    #[inline]
    pub(super) fn burn(&mut self, code: &Code, statement: u32) -> bool {
        let amount = u64::from(code.statements[statement as usize].0);
        let goes_on = match self.burned.checked_add(amount) {
            Some(burned) if burned <= self.least => {
                self.burned = burned;
                true
            }
            _ => self.exhaust(amount),
        };
        (self.at, self.mixed) = (statement, false);
        goes_on
    }

    /// Some lane has no `amount` left.
    #[cold]
    fn exhaust(&mut self, amount: u64) -> bool {
        for lane in 0..W {
            if self.mask[lane] != 0 && self.fuel[lane] - self.burned < amount {
                self.end(lane, Stop::OutOfFuel, 0, self.fuel[lane] - self.burned);
            }
        }
        self.burned = self.burned.saturating_add(amount);
        self.settle();
        self.alive > 0
    }

    /// What a lane has left, and the statement it is at.
    pub(super) fn of(&self, lane: usize) -> (u64, u32) {
        (self.fuel[lane] - self.burned, if self.mixed { self.ats[lane] } else { self.at })
    }

    /// A lane ends with so much fuel left. [`Self::settle`] must follow.
    pub(super) fn end(&mut self, lane: usize, stop: Stop, returned: i64, left: u64) {
        self.runs[lane] = RowRun { stop, fuel: self.total - left, returned };
        self.mask[lane] = 0;
        self.alive -= 1;
    }

    /// A lane that went its own way is where the others will be. [`Self::settle`] must follow.
    pub(super) fn arrive(&mut self, lane: usize, left: u64, at: u32) {
        // It has used at least what the others had.
        self.fuel[lane] = left + self.burned;
        self.ats[lane] = at;
    }

    /// All lanes that are alive have arrived; their `ats` count.
    pub(super) fn gather(&mut self) {
        self.mixed = true;
        self.settle();
        let at = self.ats[self.first];
        if (0..W).all(|lane| self.mask[lane] == 0 || self.ats[lane] == at) {
            (self.at, self.mixed) = (at, false);
        }
    }

    /// Finds the least fuel and the first lane again.
    fn settle(&mut self) {
        let alive = |lane: &usize| self.mask[*lane] != 0;
        self.least = (0..W).filter(alive).map(|lane| self.fuel[lane]).min().unwrap_or(self.burned);
        self.first = (0..W).find(alive).unwrap_or(0);
    }

    /// Lanes that are alive and have a bit of `row` set trap; whether any goes on.
    #[cold]
    pub(super) fn trap(&mut self, code: &Code, row: &[i32; W], kind: TrapKind) -> bool {
        for lane in 0..W {
            if self.mask[lane] & row[lane] != 0 {
                let (left, at) = self.of(lane);
                self.end(lane, Stop::Trapped(trap(code, kind, at)), 0, left);
            }
        }
        self.settle();
        self.alive > 0
    }

    /// All lanes that are alive return what `value` gives.
    pub(super) fn finish(&mut self, value: impl Fn(usize) -> i64) {
        for lane in 0..W {
            if self.mask[lane] != 0 {
                self.runs[lane] = RowRun {
                    stop: Stop::Returned,
                    fuel: self.total - (self.fuel[lane] - self.burned),
                    returned: value(lane),
                };
            }
        }
        self.alive = 0;
    }
}

/// A trap at a statement.
pub(super) fn trap(code: &Code, kind: TrapKind, at: u32) -> Trap {
    let at = if at == BEFORE { Span::default() } else { code.statements[at as usize].1 };
    Trap { kind, at }
}
