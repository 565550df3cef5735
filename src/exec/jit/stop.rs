//! How compiled code stops a run, and the fuel that it uses. Code is made in one of two ways:
//!
//! - Exact code tells why it stops, and at which statement: a check branches to one cold block whose parameter is the
//!   status. The statement is known when code is made; only where ways meet that bring different ones does a variable
//!   carry it.
//! - Quick code ([`super::translate::Environment::quick`]) only tells that something is not as it should be, and exact
//!   code then begins the run again: what memory holds does not count after a trap. So checks that guard nothing else
//!   are gathered and asked at the end of a block, all together, or with the next one that cannot wait; the fuel of a
//!   block is used up at once; and whether any was left is asked where a loop begins and, by Rust, in the end.

use super::analysis::Site;
use super::machine::offset;
use super::status;
use super::translate::{FLAGS, Form, Translator, clif_type};
use crate::ir::{Inst, TrapKind};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self as clif, BlockArg, InstBuilder, types};
use cranelift_frontend::Variable;

/// Where stopping leads, and what is known of it so far.
pub(super) struct Stopping {
    /// The cold block that ends the run with its parameter.
    exit: Option<clif::Block>,
    /// The cold block that gives up.
    give_up: Option<clif::Block>,
    /// Where this is not zero, quick code must give up before the block ends.
    pending: Option<clif::Value>,
    /// The statement that runs.
    site: Site,
    /// Holds it where it depends on the way.
    site_variable: Option<Variable>,
    /// The status that was made last in this block, and its value.
    last_status: Option<(i64, clif::Value)>,
    /// Holds the fuel that is left, where it is not in the pinned register.
    fuel: Option<Variable>,
    /// What the pinned register held before.
    pinned: Option<clif::Value>,
}

impl Stopping {
    pub(super) const NEW: Self = Self {
        exit: None,
        give_up: None,
        pending: None,
        site: Site::Caller,
        site_variable: None,
        last_status: None,
        fuel: None,
        pinned: None,
    };

    /// A block begins in which so much is known of the statement.
    pub(super) fn begin_block(&mut self, site: Site) {
        debug_assert!(self.pending.is_none());
        self.site = site;
        self.last_status = None;
    }
}

impl Translator<'_, '_> {
    // ---- statements ----

    /// Makes a variable for the statement where one is needed.
    pub(super) fn declare_site(&mut self) {
        if self.known.mixed && !self.is_quick() {
            let variable = self.b.declare_var(types::I64);
            let caller = self.b.ins().iconst(types::I64, status::at(status::CALLER));
            self.b.def_var(variable, caller);
            self.stopping.site_variable = Some(variable);
        }
    }

    /// A statement begins.
    pub(super) fn begin_statement(&mut self, site: u32) {
        self.stopping.site = Site::Known(site);
        if let Some(variable) = self.stopping.site_variable {
            let at = self.b.ins().iconst(types::I64, status::at(site));
            self.b.def_var(variable, at);
        }
    }

    /// The part of a status that names the statement: its value where that depends on the way.
    fn here(&mut self) -> Result<i64, clif::Value> {
        match (self.stopping.site, self.stopping.site_variable) {
            (Site::Known(site), _) => Ok(status::at(site)),
            (Site::Mixed, Some(variable)) => Err(self.b.use_var(variable)),
            _ => Ok(status::at(status::CALLER)),
        }
    }

    // ---- ends ----

    /// The block that ends the run with the status that it gets.
    fn exit(&mut self) -> clif::Block {
        if let Some(exit) = self.stopping.exit {
            return exit;
        }
        let exit = self.cold_block();
        self.b.append_block_param(exit, types::I64);
        self.stopping.exit = Some(exit);
        exit
    }

    /// The block that gives up.
    fn give_up(&mut self) -> clif::Block {
        if let Some(give_up) = self.stopping.give_up {
            return give_up;
        }
        let give_up = self.cold_block();
        self.stopping.give_up = Some(give_up);
        give_up
    }

    fn cold_block(&mut self) -> clif::Block {
        let block = self.b.create_block();
        self.b.set_cold_block(block);
        block
    }

    /// Whether the code may give up.
    pub(super) fn gives_up(&self) -> bool {
        self.stopping.give_up.is_some()
    }

    /// Fills the blocks where everything ends that does not return.
    pub(super) fn emit_ends(&mut self) {
        if let Some(exit) = self.stopping.exit {
            self.b.switch_to_block(exit);
            let status = self.b.block_params(exit)[0];
            self.end(status, true);
        }
        if let Some(give_up) = self.stopping.give_up {
            self.b.switch_to_block(give_up);
            if let Some(row) = self.row {
                self.b.ins().store(FLAGS, row.ended, self.header, offset::ENDED);
            }
            let status = self.b.ins().iconst(types::I64, status::ELSEWHERE);
            self.end(status, false);
        }
    }

    fn end(&mut self, status: clif::Value, fuel_counts: bool) {
        match self.form {
            Form::Entry => self.leave(status, fuel_counts),
            Form::Internal => {
                let mut values = vec![status];
                if let Some(&ty) = self.function.returns.first() {
                    values.push(self.b.ins().iconst(clif_type(ty), 0));
                }
                self.b.ins().return_(&values);
            }
        }
    }

    /// Ends an entry.
    pub(super) fn leave(&mut self, status: clif::Value, fuel_counts: bool) {
        if self.is_checked() && fuel_counts {
            let fuel = self.fuel();
            self.b.ins().store(FLAGS, fuel, self.header, offset::FUEL);
        }
        if let Some(pinned) = self.stopping.pinned {
            self.b.ins().set_pinned_reg(pinned);
        }
        self.b.ins().return_(&[status]);
    }

    // ---- checks ----

    /// Goes to `block` where `condition` is not zero, and goes on otherwise.
    fn branch_if(&mut self, condition: clif::Value, block: clif::Block, arguments: &[BlockArg]) {
        let next = self.b.create_block();
        self.b.ins().brif(condition, block, arguments, next, &[]);
        self.b.switch_to_block(next);
        self.b.seal_block(next);
    }

    /// Stops with `status` where `condition` is not zero; only for exact code.
    fn stop_if(&mut self, condition: clif::Value, status: clif::Value) {
        let exit = self.exit();
        self.branch_if(condition, exit, &[BlockArg::Value(status)]);
    }

    /// Gives up where `condition`, a byte, is not zero.
    pub(super) fn give_up_if(&mut self, condition: clif::Value) {
        if !self.is_checked() {
            return;
        }
        let condition = match self.stopping.pending.take() {
            Some(pending) => self.b.ins().bor(condition, pending),
            None => condition,
        };
        let give_up = self.give_up();
        self.branch_if(condition, give_up, &[]);
    }

    /// Traps where `condition`, a byte, is not zero.
    pub(super) fn trap_if(&mut self, condition: clif::Value, kind: TrapKind) {
        if !self.is_checked() {
        } else if self.is_quick() {
            self.give_up_if(condition);
        } else {
            let status = self.trap_status(kind);
            self.stop_if(condition, status);
        }
    }

    /// As [`Self::trap_if`], where nothing that follows in the block depends on it.
    pub(super) fn trap_later_if(&mut self, condition: clif::Value, kind: TrapKind) {
        if !self.is_checked() || !self.is_quick() {
            return self.trap_if(condition, kind);
        }
        self.stopping.pending = Some(match self.stopping.pending {
            Some(pending) => self.b.ins().bor(pending, condition),
            None => condition,
        });
    }

    /// Asks what [`Self::trap_later_if`] has gathered.
    pub(super) fn settle(&mut self) {
        if let Some(pending) = self.stopping.pending.take() {
            self.give_up_if(pending);
        }
    }

    /// Traps; what follows is dead.
    pub(super) fn trap(&mut self, kind: TrapKind) {
        self.end_in_trap(kind);
        let next = self.b.create_block();
        self.b.switch_to_block(next);
    }

    /// Traps, and ends the block.
    pub(super) fn end_in_trap(&mut self, kind: TrapKind) {
        self.stopping.pending = None;
        if self.is_quick() {
            let give_up = self.give_up();
            self.b.ins().jump(give_up, &[]);
        } else {
            let status = self.trap_status(kind);
            let exit = self.exit();
            self.b.ins().jump(exit, &[BlockArg::Value(status)]);
        }
    }

    fn trap_status(&mut self, kind: TrapKind) -> clif::Value {
        let status = match self.here() {
            Ok(at) => at | status::of(kind),
            Err(at) => return self.b.ins().bor_imm_u(at, status::of(kind)),
        };
        match self.stopping.last_status {
            Some((last, value)) if last == status => value,
            _ => {
                let value = self.b.ins().iconst(types::I64, status);
                self.stopping.last_status = Some((status, value));
                value
            }
        }
    }

    /// Stops with the status that a callee stopped with, if it did. A trap before its first statement happened in ours.
    pub(super) fn hand_on(&mut self, given: clif::Value) {
        if !self.is_checked() {
            return;
        }
        if self.is_quick() {
            let give_up = self.give_up();
            return self.branch_if(given, give_up, &[]);
        }
        let (failed, next) = (self.cold_block(), self.b.create_block());
        self.b.ins().brif(given, failed, &[], next, &[]);
        self.b.switch_to_block(failed);
        let at = self.b.ins().ushr_imm_u(given, status::SITE_SHIFT);
        let of_caller = self.b.ins().icmp_imm_s(IntCC::Equal, at, i64::from(status::CALLER));
        let kind = self.b.ins().band_imm_u(given, status::KIND_MASK);
        let here = match self.here() {
            Ok(at) => self.b.ins().iconst(types::I64, at),
            Err(at) => at,
        };
        let ours = self.b.ins().bor(here, kind);
        let status = self.b.ins().select(of_caller, ours, given);
        let exit = self.exit();
        self.b.ins().jump(exit, &[BlockArg::Value(status)]);
        self.b.switch_to_block(next);
        self.b.seal_block(next);
    }

    /// As [`Self::hand_on`], in an entry that only calls.
    pub(super) fn hand_out(&mut self, given: clif::Value) {
        if self.is_checked() {
            self.stop_if(given, given);
        }
    }

    // ---- fuel ----

    /// Takes the fuel that Rust gives. Only quick code without calls keeps it in a variable: otherwise it is in the
    /// pinned register all the time.
    pub(super) fn take_fuel(&mut self, calls: bool) {
        if !self.is_checked() {
            return;
        }
        if calls || !self.is_quick() {
            self.stopping.pinned = Some(self.b.ins().get_pinned_reg(types::I64));
        } else {
            self.stopping.fuel = Some(self.b.declare_var(types::I64));
        }
        let fuel = self.load_header(offset::FUEL);
        self.set_fuel(fuel);
    }

    pub(super) fn fuel(&mut self) -> clif::Value {
        match self.stopping.fuel {
            Some(variable) => self.b.use_var(variable),
            None => self.b.ins().get_pinned_reg(types::I64),
        }
    }

    fn set_fuel(&mut self, fuel: clif::Value) {
        match self.stopping.fuel {
            Some(variable) => self.b.def_var(variable, fuel),
            None => {
                self.b.ins().set_pinned_reg(fuel);
            }
        }
    }

    /// Uses up fuel; exact code stops where there is not enough.
    pub(super) fn burn(&mut self, amount: u64) {
        if amount == 0 || !self.is_checked() {
            return;
        }
        let fuel = self.fuel();
        let left = self.b.ins().iadd_imm_s(fuel, -(amount as i64));
        if !self.is_quick() {
            let none = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, left, 0);
            let status = self.b.ins().iconst(types::I64, status::OUT_OF_FUEL);
            self.stop_if(none, status);
        }
        self.set_fuel(left);
    }

    /// Quick code gives up here where more fuel was used up than there was.
    pub(super) fn ask_fuel(&mut self) {
        if self.is_quick() && self.is_checked() {
            let fuel = self.fuel();
            let none = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, fuel, 0);
            self.give_up_if(none);
        }
    }
}

/// Instructions at the front of `insts` up to the last statement before a call, and the fuel of all their statements.
pub(super) fn prepaid(insts: &[Inst]) -> (usize, u64) {
    let (mut length, mut amount) = (0, 0);
    for (position, inst) in insts.iter().enumerate() {
        match inst {
            Inst::Fuel { amount: more, .. } => {
                length = position + 1;
                amount += u64::from(*more);
            }
            Inst::Call(_) => break,
            _ => {}
        }
    }
    (length, amount)
}
