//! Definite assignment: which scalars have certainly been written where they are read. Only those declared without a
//! value are tracked, one bit each; what is not certain is left to a check at run time.

/// A set of scalars that were written, one bit each; the top bit stands for "this place is never reached".
pub type Assigned = u64;

/// No path reaches this place, so that on every path everything was written.
pub const NEVER: Assigned = u64::MAX;

const TRACKED: u8 = 63;

/// Joined from all `break`s and `continue`s of a loop.
#[derive(Clone, Copy)]
pub struct LoopFlow {
    pub breaks: Assigned,
    pub continues: Assigned,
    /// A `switch`: `continue` means a loop around it.
    switch: bool,
}

#[derive(Default)]
pub struct Flow {
    pub assigned: Assigned,
    /// For each local its bit, or `None` where it has a value from the start.
    bits: Vec<Option<u8>>,
    used: u8,
    loops: Vec<LoopFlow>,
}

impl Flow {
    /// Forgets the last function.
    pub fn reset(&mut self) {
        self.assigned = 0;
        self.bits.clear();
        self.used = 0;
        self.loops.clear();
    }

    /// The next local has a value from the start.
    pub fn declare_written(&mut self) {
        self.bits.push(None);
    }

    /// The next local has no value. False if there is no bit left for it, so that it must be checked at run time.
    pub fn declare_unwritten(&mut self) -> bool {
        if self.used == TRACKED {
            self.bits.push(None);
            return false;
        }
        self.bits.push(Some(self.used));
        self.assigned &= !(1 << self.used);
        self.used += 1;
        true
    }

    pub fn write(&mut self, local: usize) {
        if let Some(bit) = self.bits[local] {
            self.assigned |= 1 << bit;
        }
    }

    /// Whether it was certainly written.
    pub fn is_written(&self, local: usize) -> bool {
        self.bits[local].is_none_or(|bit| self.assigned >> bit & 1 == 1)
    }

    pub fn is_reached(&self) -> bool {
        self.assigned >> TRACKED == 0
    }

    pub fn join(&mut self, other: Assigned) {
        self.assigned &= other;
    }

    pub fn enter_loop(&mut self) {
        self.loops.push(LoopFlow { breaks: NEVER, continues: NEVER, switch: false });
    }

    /// What `break` leaves and `continue` does not see.
    pub fn enter_switch(&mut self) {
        self.loops.push(LoopFlow { breaks: NEVER, continues: NEVER, switch: true });
    }

    pub fn leave_loop(&mut self) -> LoopFlow {
        self.loops.pop().expect("loops are entered before they are left")
    }

    /// What a `break` leaves, or a `continue` goes on with.
    pub fn innermost(&mut self, is_break: bool) -> Option<&mut LoopFlow> {
        self.loops.iter_mut().rev().find(|flow| is_break || !flow.switch)
    }

    pub fn in_loop(&self) -> bool {
        self.loops.iter().any(|flow| !flow.switch)
    }
}
