//! The kernel, typed. Above this room nobody sees a syscall number, a raw error or a kernel structure.
//!
//! Each function is one syscall, or one deed that the kernel needs a few for, and names its man page. The
//! arguments make misuse fail to compile; what is left of each call's contract is in its SAFETY comment.
//!
//! This file has processes: ourselves and children.

mod abi;
mod file;
mod signals;

use core::convert::Infallible;
use core::ffi::{CStr, c_char, c_int};
use core::mem::zeroed;
use core::ptr;

use crate::arch::{self, syscall0, syscall1, syscall2, syscall3, syscall4, syscall5};
use crate::args::{Command, Env};
use crate::errno::Errno;
use crate::process::Pid;
use crate::shutdown::SECOND;
use crate::signal::Signal;
use crate::status::{ExitStatus, WaitStatus};
use crate::termination::Usage;
pub use file::*;
pub use signals::*;

/// Ends the process, all threads: exit_group(2).
pub fn exit(status: ExitStatus) -> ! {
    loop {
        // SAFETY: takes a number, touches no memory, and does not return.
        unsafe { syscall1(libc::SYS_exit_group as usize, usize::from(status.0)) };
    }
}

/// getpid(2).
#[must_use]
pub fn getpid() -> Pid {
    // SAFETY: no arguments; cannot fail.
    Pid::new(unsafe { syscall0(libc::SYS_getpid as usize) } as c_int)
}

/// The process group of this process: getpgid(2).
#[must_use]
pub fn own_group() -> Pid {
    // SAFETY: takes a number; cannot fail for the caller itself.
    Pid::new(unsafe { syscall1(libc::SYS_getpgid as usize, 0) } as c_int)
}

/// Orphans below this process become its children: PR_SET_CHILD_SUBREAPER(2const).
///
/// # Errors
/// EINVAL before Linux 3.4.
pub fn become_subreaper() -> Result<(), Errno> {
    prctl(libc::PR_SET_CHILD_SUBREAPER, 1)
}

/// Whether this process is a subreaper already, by its caller: PR_GET_CHILD_SUBREAPER(2const).
#[must_use]
pub fn is_subreaper() -> bool {
    let mut answer: c_int = 0;
    // The kernel writes one `c_int`, and cannot fail to.
    let _ = prctl(libc::PR_GET_CHILD_SUBREAPER, ptr::from_mut(&mut answer) as usize);
    answer != 0
}

/// Asks for `signal` when the parent ends: PR_SET_PDEATHSIG(2const).
///
/// # Errors
/// None for a valid signal.
pub fn set_parent_death_signal(signal: Signal) -> Result<(), Errno> {
    prctl(libc::PR_SET_PDEATHSIG, usize::from(signal.number()))
}

fn prctl(option: c_int, value: usize) -> Result<(), Errno> {
    // SAFETY: the options that are used take a number, or the address of a `c_int` that lives.
    Errno::check(unsafe { syscall5(libc::SYS_prctl as usize, option as usize, value, 0, 0, 0) }).map(drop)
}

/// Gives back the memory that a hold has used on its way: the stack below the caller's page, which finished
/// calls and signal frames have left, and the mapping of all the code that is not for holding (`link.ld`).
/// Whoever needs them again faults them in. MADV_DONTNEED of madvise(2), twice.
pub fn release_memory() {
    const PAGE: usize = 4096;
    const REACH: usize = 16 * PAGE;
    unsafe extern "C" {
        static pausa_cold_start: u8;
        static pausa_cold_end: u8;
    }
    let here = 0_u8;
    // Further down than any red zone reaches (128 bytes on x86_64, 288 on powerpc64).
    let stack = (ptr::from_ref(&here) as usize - 1024) & !(PAGE - 1);
    let cold = (&raw const pausa_cold_start as usize) & !(PAGE - 1);
    let cold_end = &raw const pausa_cold_end as usize;
    give_back(stack - REACH, REACH);
    give_back(cold, cold_end - cold);
}

fn give_back(start: usize, length: usize) {
    // SAFETY: nothing lives below the stack pointer and its red zone, and `stack` is below both. The cold pages
    // are the file's, unchanged, and come back from it. Where pages are larger, a start that is not the start of
    // one is refused; else all of it is in the same mapping, or below the stack pointer.
    unsafe { syscall3(libc::SYS_madvise as usize, start, length, libc::MADV_DONTNEED as usize) };
}

/// Runs `child` in a new process, and returns that when `child` has called [`execve`] or [`exit`], which are
/// the only ways for it to end: vfork(2). It reads the parent's memory, which waits meanwhile, and so costs
/// neither a copy of the page tables nor the faults of copying what both sides touch.
///
/// # Errors
/// EAGAIN: a limit on processes (pids cgroup, RLIMIT_NPROC); ENOMEM: also a PID namespace whose init is gone.
pub fn vfork<F: Fn() -> Infallible>(child: &F) -> Result<Pid, Errno> {
    unsafe extern "C" fn call<F: Fn() -> Infallible>(child: *const ()) -> ! {
        // SAFETY: `vfork` below passes a reference to an `F`, which lives, since its caller waits.
        match unsafe { &*child.cast::<F>() }() {}
    }
    // SAFETY: `call` does not return, as its type says, and gets what it expects. The child shares our memory
    // while we wait, so there is one thread at any time; it has its own signal dispositions and descriptors.
    let word = unsafe { arch::vfork(call::<F>, ptr::from_ref(child).cast()) };
    Errno::check(word).map(|pid| Pid::new(pid as c_int))
}

/// Puts this process into a session of its own: setsid(2).
///
/// # Errors
/// EPERM for a group leader.
pub fn lead_own_session() -> Result<(), Errno> {
    // SAFETY: no arguments.
    Errno::check(unsafe { syscall0(libc::SYS_setsid as usize) }).map(drop)
}

/// The session of this process: getsid(2).
#[must_use]
pub fn own_session() -> Pid {
    // SAFETY: takes a number; cannot fail for the caller itself.
    Pid::new(unsafe { syscall1(libc::SYS_getsid as usize, 0) } as c_int)
}

/// Puts this process into a process group of its own: setpgid(2).
///
/// # Errors
/// EPERM for a session leader.
pub fn lead_own_group() -> Result<(), Errno> {
    // SAFETY: takes numbers.
    Errno::check(unsafe { syscall2(libc::SYS_setpgid as usize, 0, 0) }).map(drop)
}

/// Replaces the program: execve(2). `path` ends with a NUL. Comes back only with the error.
pub fn execve(path: &[u8], command: &Command<'_>, env: &Env<'_>) -> Errno {
    execve_as(path, command.as_ptr(), env)
}

/// Has /bin/sh run a script: execve(2). `path` ends with a NUL. Comes back only with the error.
pub fn execve_shell(path: &[u8], command: &Command<'_>, env: &Env<'_>) -> Errno {
    execve_as(SHELL.to_bytes_with_nul(), command.as_script(SHELL, path.as_ptr()), env)
}

/// What execvp(3) takes (`_PATH_BSHELL`).
const SHELL: &CStr = c"/bin/sh";

fn execve_as(path: &[u8], argv: *const *const c_char, env: &Env<'_>) -> Errno {
    if path.last() != Some(&0) {
        return Errno::NAMETOOLONG;
    }
    let (path, argv, envp) = (path.as_ptr() as usize, argv as usize, env.as_ptr() as usize);
    // SAFETY: the path ends with a NUL, as just checked; `Command` and `Env` promise arrays of C strings
    // that end with a null pointer. The kernel only reads them.
    let result = unsafe { syscall3(libc::SYS_execve as usize, path, argv, envp) };
    Errno::check(result).err().unwrap_or(Errno::NOENT)
}

/// A child that has ended or stopped.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    pub pid: Pid,
    pub wait: WaitStatus,
    pub usage: Usage,
}

/// Asks for a child that has ended or stopped, and does not wait for one: wait4(2).
///
/// `None`: there are children, but none has anything to say.
///
/// # Errors
/// ECHILD: there is no child at all.
pub fn wait_any() -> Result<Option<Change>, Errno> {
    let mut status: c_int = 0;
    let options = (libc::WNOHANG | libc::WUNTRACED) as usize;
    // SAFETY: numbers only; all zeroes is a value of it.
    let mut used: libc::rusage = unsafe { zeroed() };
    let (place, usage) = (ptr::from_mut(&mut status) as usize, ptr::from_mut(&mut used) as usize);
    // SAFETY: the kernel writes one `c_int` to the second argument and one rusage to the fourth.
    match Errno::check(unsafe { syscall4(libc::SYS_wait4 as usize, usize::MAX, place, options, usage) })? {
        0 => Ok(None),
        pid => {
            let time = |time: libc::timeval| time.tv_sec as u64 * SECOND + time.tv_usec as u64 * 1000;
            let (user, system) = (time(used.ru_utime), time(used.ru_stime));
            let usage = Usage { user, system, max_rss: used.ru_maxrss as u64 * 1024 };
            Ok(Some(Change { pid: Pid::new(pid as c_int), wait: WaitStatus::new(status), usage }))
        }
    }
}

/// Whether there is no child at all, without taking note of one: waitid(2) with WNOWAIT.
#[must_use]
pub fn has_no_children() -> bool {
    let options = (libc::WEXITED | libc::WNOHANG | libc::WNOWAIT) as usize;
    // SAFETY: a null siginfo and a null rusage are not written.
    let result = unsafe { syscall5(libc::SYS_waitid as usize, libc::P_ALL as usize, 0, 0, options, 0) };
    Errno::check(result) == Err(Errno::CHILD)
}

/// Nanoseconds since some start, which no change of the date moves: clock_gettime(2), CLOCK_MONOTONIC.
#[must_use]
#[inline(never)]
pub fn now() -> u64 {
    // SAFETY: numbers only; all zeroes is a value of it.
    let mut time: libc::timespec = unsafe { zeroed() };
    let (clock, place) = (libc::CLOCK_MONOTONIC as usize, ptr::from_mut(&mut time) as usize);
    // SAFETY: the kernel writes one timespec. It has this clock always.
    unsafe { syscall2(libc::SYS_clock_gettime as usize, clock, place) };
    time.tv_sec as u64 * SECOND + time.tv_nsec as u64
}
