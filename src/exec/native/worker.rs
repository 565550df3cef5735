//! A child process that runs code when it is told to, and a new one when that has ended it.

use super::pages::{Pages, failed};
use super::{LIMIT_SECONDS, NativeError};
use std::arch::asm;
use std::io;
use std::ptr;

/// What became of a piece of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It returned.
    Done,
    /// A signal ended the child.
    Signal(i32),
}

/// What the child is told: where the code is, what `rbp` shall be, and whether there is a limit of time.
#[repr(C)]
struct Order {
    entry: u64,
    base: u64,
    timed: u64,
}

/// The child, and how to reach it. There is none before the first order and behind a run that ended it.
#[derive(Debug)]
pub struct Worker {
    child: Option<Child>,
    /// Pages that the child must not see: where it is not to write.
    hidden: Vec<(u64, usize)>,
}

#[derive(Debug)]
struct Child {
    process: i32,
    /// Where it runs: beside whoever gives the orders, so that what one wrote is in the other's cache. Elsewhere fresh
    /// code runs at half the speed.
    processor: i32,
    orders: i32,
    answers: i32,
}

impl Worker {
    /// `hidden` pages are taken from the child's view.
    pub fn new(hidden: &[&Pages]) -> Result<Self, NativeError> {
        let hidden = hidden.iter().map(|pages| (pages.address(), pages.len())).collect();
        Ok(Self { child: None, hidden })
    }

    /// Runs code that ends with a return, on a row.
    pub fn run(&mut self, entry: u64, base: u64, timed: bool) -> Result<Answer, NativeError> {
        let mut child = match self.child.take() {
            Some(child) => child,
            None => self.start()?,
        };
        child.follow();
        let order = Order { entry, base, timed: timed.into() };
        let size = size_of::<Order>();
        // SAFETY: an order of this size, to our own pipe; SIGPIPE is ignored in Rust programs.
        let written = unsafe { libc::write(child.orders, (&raw const order).cast(), size) };
        let mut answer = 0_u8;
        if written == size as isize && read(child.answers, &raw mut answer, 1) == 1 {
            self.child = Some(child);
            return Ok(Answer::Done);
        }
        child.wait().map(Answer::Signal)
    }

    fn start(&self) -> Result<Child, NativeError> {
        let (orders, answers) = (pipe()?, pipe()?);
        // SAFETY: until it ends, the child calls nothing but what may be called between fork and exec.
        match unsafe { libc::fork() } {
            -1 => {
                [orders[0], orders[1], answers[0], answers[1]].into_iter().for_each(close);
                Err(failed("no new process"))
            }
            0 => {
                close(orders[1]);
                close(answers[0]);
                // SAFETY: this is the child; what is hidden it never touches.
                unsafe {
                    libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                    for (start, bytes) in &self.hidden {
                        libc::munmap(*start as *mut libc::c_void, *bytes);
                    }
                    serve(orders[0], answers[1])
                }
            }
            process => {
                close(orders[0]);
                close(answers[1]);
                Ok(Child { process, processor: -1, orders: orders[1], answers: answers[0] })
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(child) = self.child.take() {
            // It ends when its pipe does; nothing can be done where it does not.
            let _ = child.wait();
        }
    }
}

impl Child {
    /// Moves it to the processor of the calling thread; where the system does not let it, it runs where it runs.
    fn follow(&mut self) {
        // SAFETY: asks for a number.
        let here = unsafe { libc::sched_getcpu() };
        if here == self.processor || !(0..libc::CPU_SETSIZE).contains(&here) {
            return;
        }
        // SAFETY: a set of processors is plain data; it is our own child.
        unsafe {
            let mut set: libc::cpu_set_t = std::mem::zeroed();
            libc::CPU_SET(here as usize, &mut set);
            libc::sched_setaffinity(self.process, size_of::<libc::cpu_set_t>(), &raw const set);
        }
        self.processor = here;
    }

    /// Waits for its end; gives the signal that ended it, or 0.
    fn wait(self) -> Result<i32, NativeError> {
        close(self.orders);
        close(self.answers);
        wait(self.process)
    }
}

/// Waits for a child's end; gives the signal that ended it, or 0.
pub fn wait(process: i32) -> Result<i32, NativeError> {
    let mut status = 0;
    // SAFETY: our own child.
    while unsafe { libc::waitpid(process, &raw mut status, 0) } == -1 {
        if io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
            return Err(failed("lost a process"));
        }
    }
    Ok(if libc::WIFSIGNALED(status) { libc::WTERMSIG(status) } else { 0 })
}

fn pipe() -> Result<[i32; 2], NativeError> {
    let mut ends = [0; 2];
    // SAFETY: room for two descriptors.
    match unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } {
        0 => Ok(ends),
        _ => Err(failed("no pipe")),
    }
}

fn close(descriptor: i32) {
    // SAFETY: each is closed once, by whom it belongs to.
    unsafe { libc::close(descriptor) };
}

/// Reads so many bytes, or up to the end.
fn read(from: i32, to: *mut u8, bytes: usize) -> isize {
    loop {
        // SAFETY: room for that many, says the caller.
        let count = unsafe { libc::read(from, to.cast(), bytes) };
        // SAFETY: the thread's own error number.
        if count != -1 || unsafe { *libc::__errno_location() } != libc::EINTR {
            return count;
        }
    }
}

/// The child's life.
///
/// # Safety
/// In the child only: the code that runs may do anything to registers, and what goes wrong ends the process.
unsafe fn serve(orders: i32, answers: i32) -> ! {
    let mut order = Order { entry: 0, base: 0, timed: 0 };
    let size = size_of::<Order>();
    while read(orders, (&raw mut order).cast(), size) == size as isize {
        // SAFETY: the code was checked before it was written; it keeps the stack, and we keep all other registers.
        unsafe {
            limit(if order.timed == 1 { LIMIT_SECONDS } else { 0 });
            call(order.entry, order.base);
            limit(0);
            libc::write(answers, [1_u8].as_ptr().cast(), 1);
        }
    }
    // SAFETY: there is nothing to clean up.
    unsafe { libc::_exit(0) }
}

/// Sets the processor's time that may still be used; none for 0.
///
/// # Safety
/// In the child only.
pub unsafe fn limit(seconds: i64) {
    let none = libc::timeval { tv_sec: 0, tv_usec: 0 };
    let timer = libc::itimerval { it_interval: none, it_value: libc::timeval { tv_sec: seconds, tv_usec: 0 } };
    // SAFETY: a timer on our stack.
    unsafe { libc::setitimer(libc::ITIMER_PROF, &raw const timer, ptr::null_mut()) };
}

/// Calls code with `rbp` set.
///
/// # Safety
/// The code must return and leave the stack as it is.
unsafe fn call(entry: u64, base: u64) {
    // SAFETY: what the code may change is saved or said to be lost.
    unsafe {
        asm!(
            "push rbx",
            "push rbp",
            "mov rbp, rdx",
            "call rax",
            "pop rbp",
            "pop rbx",
            inout("rax") entry => _,
            inout("rdx") base => _,
            out("r12") _, out("r13") _, out("r14") _, out("r15") _,
            clobber_abi("sysv64"),
        );
    }
}
