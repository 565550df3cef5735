//! Faults of programs in the child: what a program does wrong leads it to its way out, and the child goes on with the
//! next run. A new child for each would have to be given all of the parent's pages.

use super::pages::Pages;
use std::ops::Range;
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering::Relaxed};

/// Bytes of the stack on which faults are handled: a program may have used up its own.
pub const STACK: usize = 1 << 16;

/// The code in which faults are caught, and where they lead; one child has one code.
static CODE: [AtomicU64; 2] = [AtomicU64::new(0), AtomicU64::new(0)];
static EXIT: AtomicU64 = AtomicU64::new(0);
/// What went wrong since it was asked last.
static SIGNAL: AtomicI32 = AtomicI32::new(0);

/// From now on faults at addresses of `code`, and the end of its time, lead to `exit`.
///
/// # Safety
/// In a child only, which has but one thread. The code at `exit` must set its stack by itself, and `stack` stay.
pub unsafe fn catch(code: Range<u64>, exit: u64, stack: &Pages) {
    CODE[0].store(code.start, Relaxed);
    CODE[1].store(code.end, Relaxed);
    EXIT.store(exit, Relaxed);
    // SAFETY: plain data, for calls that are allowed behind fork; the handler touches atomics and its argument only.
    unsafe {
        let stack = libc::stack_t { ss_sp: stack.start().cast(), ss_flags: 0, ss_size: stack.len() };
        libc::sigaltstack(&raw const stack, ptr::null_mut());
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = lead_out as extern "C" fn(_, _, _) as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        for signal in [libc::SIGFPE, libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGTRAP, libc::SIGPROF] {
            libc::sigaction(signal, &raw const action, ptr::null_mut());
        }
    }
}

/// The signal that led a run to its way out since the last call; 0 where it ended by itself.
pub fn take() -> i32 {
    SIGNAL.swap(0, Relaxed)
}

extern "C" fn lead_out(signal: i32, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the system hands in the context of what was interrupted.
    let registers = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    let at = &mut registers[libc::REG_RIP as usize];
    if (CODE[0].load(Relaxed)..CODE[1].load(Relaxed)).contains(&(*at as u64)) {
        *at = EXIT.load(Relaxed) as i64;
        SIGNAL.store(signal, Relaxed);
    } else if signal != libc::SIGPROF {
        // A fault of our own: it happens again, and ends the child. Where the time is over just behind a run, all is well.
        // SAFETY: restores what was there.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}
