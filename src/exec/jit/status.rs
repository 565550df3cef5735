//! What compiled code returns: 0 where the run returned, else why it stopped in the low byte and the number of the
//! statement above it.

use crate::ir::TrapKind;

/// The statement is the caller's: no fuel was used yet.
pub(super) const CALLER: u32 = i32::MAX as u32;
/// Fuel does not last for the next statement.
pub(super) const OUT_OF_FUEL: i64 = 0xfe;
/// Compiled code cannot tell; the interpreter must run it.
pub(super) const ELSEWHERE: i64 = 0xff;
/// Bits below the statement.
pub(super) const SITE_SHIFT: i64 = 8;
/// The bits of the reason.
pub(super) const KIND_MASK: i64 = 0xff;

/// The part of a status that names the statement.
pub(super) fn at(site: u32) -> i64 {
    i64::from(site) << SITE_SHIFT
}

/// The part of a status that names the trap.
pub(super) fn of(kind: TrapKind) -> i64 {
    kind as i64 + 1
}

/// What a status that is not 0 says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// The trap and the number of the statement, if one was running.
    Trapped(TrapKind, Option<u32>),
    OutOfFuel,
    Elsewhere,
}

impl Status {
    pub(super) fn read(status: i64) -> Self {
        match status & KIND_MASK {
            OUT_OF_FUEL => Self::OutOfFuel,
            ELSEWHERE => Self::Elsewhere,
            kind => {
                let site = (status >> SITE_SHIFT) as u32;
                Self::Trapped(TrapKind::ALL[kind as usize - 1], (site != CALLER).then_some(site))
            }
        }
    }
}
