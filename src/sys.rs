//! The kernel, typed. Above this room nobody sees a syscall number, a raw error or a kernel structure.
//!
//! Each function is one syscall, or one deed that the kernel needs a few for, and names its man page. The
//! arguments make misuse fail to compile; what is left of each call's contract is in its SAFETY comment.

mod abi;

use core::convert::Infallible;
use core::ffi::c_int;
use core::mem::{size_of, zeroed};
use core::ptr;

use crate::arch::{self, syscall0, syscall1, syscall2, syscall3, syscall4, syscall5, syscall6};
use crate::args::{Command, Env};
use crate::errno::Errno;
use crate::process::{Pid, Recipient};
use crate::signal::{Signal, SignalSet};
use crate::status::{ExitStatus, WaitStatus};
use abi::{Sigaction, Siginfo};

/// A file descriptor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fd(c_int);

impl Fd {
    pub const STDIN: Self = Self(0);
    pub const STDOUT: Self = Self(1);
    pub const STDERR: Self = Self(2);
}

// --- This process --------------------------------------------------------------------------------------

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

/// Asks for `signal` when the parent ends: PR_SET_PDEATHSIG(2const).
///
/// # Errors
/// None for a valid signal.
pub fn set_parent_death_signal(signal: Signal) -> Result<(), Errno> {
    prctl(libc::PR_SET_PDEATHSIG, usize::from(signal.number()))
}

fn prctl(option: c_int, value: usize) -> Result<(), Errno> {
    // SAFETY: both options that are used take a number and touch no memory of ours.
    Errno::check(unsafe { syscall5(libc::SYS_prctl as usize, option as usize, value, 0, 0, 0) }).map(drop)
}

/// Gives back the memory of the stack that is below the caller's page, which only finished calls and signal
/// frames have used: MADV_DONTNEED of madvise(2). They need 3 KiB and more on a processor with wide
/// registers, which nobody would ever use again.
pub fn release_stack() {
    const PAGE: usize = 4096;
    const REACH: usize = 16 * PAGE;
    let here = 0_u8;
    // 256 bytes further down than any red zone reaches (128 on x86_64, 288 - 32 saved on ppc64).
    let top = (ptr::from_ref(&here) as usize - 256) & !(PAGE - 1);
    // SAFETY: nothing lives below the stack pointer and its red zone, and `top` is below both. Where pages
    // are larger than these, the call fails and changes nothing.
    unsafe { syscall3(libc::SYS_madvise as usize, top - REACH, REACH, libc::MADV_DONTNEED as usize) };
}

// --- Children ------------------------------------------------------------------------------------------

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
    if path.last() != Some(&0) {
        return Errno::NAMETOOLONG;
    }
    let (path, argv, envp) = (path.as_ptr() as usize, command.as_ptr() as usize, env.as_ptr() as usize);
    // SAFETY: the path ends with a NUL, as just checked; `Command` and `Env` promise arrays of C strings
    // that end with a null pointer. The kernel only reads them.
    let result = unsafe { syscall3(libc::SYS_execve as usize, path, argv, envp) };
    Errno::check(result).err().unwrap_or(Errno::NOENT)
}

/// Asks for a child that has ended or stopped, and does not wait for one: wait4(2).
///
/// `None`: there are children, but none has anything to say.
///
/// # Errors
/// ECHILD: there is no child at all.
pub fn wait_any() -> Result<Option<(Pid, WaitStatus)>, Errno> {
    let mut status: c_int = 0;
    let options = (libc::WNOHANG | libc::WUNTRACED) as usize;
    // SAFETY: the kernel writes one `c_int` to the second argument; a null rusage is not written.
    let word = unsafe {
        syscall4(libc::SYS_wait4 as usize, usize::MAX, ptr::from_mut(&mut status) as usize, options, 0)
    };
    match Errno::check(word)? {
        0 => Ok(None),
        pid => Ok(Some((Pid::new(pid as c_int), WaitStatus::new(status)))),
    }
}

// --- Signals -------------------------------------------------------------------------------------------

/// Replaces the signal mask, and returns the one before: sigprocmask(2).
pub fn set_mask(mask: SignalSet) -> SignalSet {
    change_mask(libc::SIG_SETMASK, mask)
}

/// Takes signals out of the mask: sigprocmask(2). Those that are pending arrive before it returns.
pub fn unblock(signals: SignalSet) {
    change_mask(libc::SIG_UNBLOCK, signals);
}

fn change_mask(how: c_int, new: SignalSet) -> SignalSet {
    let mut old = SignalSet::EMPTY;
    let (new, place) = (ptr::from_ref(&new) as usize, ptr::from_mut(&mut old) as usize);
    // SAFETY: both pointers are to sets of 8 bytes, which is the size that we name; the first is only read.
    // With a known `how` and valid pointers there is no error.
    unsafe { syscall4(libc::SYS_rt_sigprocmask as usize, how as usize, new, place, size_of::<SignalSet>()) };
    old
}

/// What a process does on a signal.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Disposition(#[allow(dead_code, reason = "the kernel reads and writes it")] Sigaction);

/// Runs on a signal, on the stack of whatever it interrupts. Async-signal-safe functions only
/// (signal-safety(7)); in pausa that is everything in `sys`.
pub type Handler = extern "C" fn(c_int);

impl Disposition {
    /// SIG_DFL.
    #[must_use]
    pub const fn default() -> Self {
        Self(Sigaction::new(libc::SIG_DFL, 0))
    }

    /// Calls `handler`.
    #[must_use]
    pub fn handled(handler: Handler) -> Self {
        Self(Sigaction::new(handler as usize, 0))
    }

    /// Calls `handler`, but not for children that merely stop (SA_NOCLDSTOP).
    #[must_use]
    pub fn handled_on_child_end(handler: Handler) -> Self {
        Self(Sigaction::new(handler as usize, libc::SA_NOCLDSTOP))
    }
}

/// Sets what happens on `signal`, and returns what happened before: sigaction(2).
///
/// # Errors
/// EINVAL for KILL and STOP; whatever a seccomp filter says.
pub fn set_disposition(signal: Signal, new: &Disposition) -> Result<Disposition, Errno> {
    let mut old = Disposition::default();
    let (number, mask_size) = (usize::from(signal.number()), size_of::<SignalSet>());
    let (new, place) = (ptr::from_ref(new) as usize, ptr::from_mut(&mut old) as usize);
    // SAFETY: both pointers are to the kernel's own layout (`abi`, tested), with a mask of the size that we
    // name; a handler in it is a function of the kernel's signature, and the restorer is `arch`'s.
    Errno::check(unsafe { syscall4(libc::SYS_rt_sigaction as usize, number, new, place, mask_size) })?;
    Ok(old)
}

/// A signal that has been taken from the queue, with all that the kernel knows of it.
#[derive(Debug)]
pub struct Received {
    pub signal: Signal,
    info: Siginfo,
}

impl Received {
    /// Whether somebody queued it with a value (sigqueue(3)): then the kernel lets us pass the whole of it
    /// on, sender and value included. It refuses that for kill(2) and for its own signals.
    #[must_use]
    pub const fn is_queued(&self) -> bool {
        self.info.code < 0 && self.info.code != libc::SI_TKILL
    }

    /// The sender; 0 if it is outside of this PID namespace, or the kernel.
    #[must_use]
    pub const fn sender(&self) -> Pid {
        Pid::new(self.info.pid)
    }
}

/// Waits until one of `signals`, which are blocked, is pending, and takes it: sigwaitinfo(2). The lowest
/// number comes first; real-time signals of one number come in the order they were sent (signal(7)).
#[must_use]
pub fn wait_signal(signals: SignalSet) -> Received {
    // SAFETY: numbers only; all zeroes is a value of it.
    let mut info: Siginfo = unsafe { zeroed() };
    let (set, place) = (ptr::from_ref(&signals) as usize, ptr::from_mut(&mut info) as usize);
    loop {
        // SAFETY: the set is read, a siginfo of the kernel's size is written, and a null time limit is none.
        let result =
            unsafe { syscall4(libc::SYS_rt_sigtimedwait as usize, set, place, 0, size_of::<SignalSet>()) };
        // EINTR is left: a stop and continue of ourselves (signal(7)).
        if let Some(signal) = Errno::check(result).ok().and_then(|number| Signal::new(number as c_int)) {
            return Received { signal, info };
        }
    }
}

/// Takes `signal` if it is pending, and says whether it was: sigtimedwait(2) with no time to wait.
pub fn take_pending(signal: Signal) -> bool {
    let set = SignalSet::of(&[signal]);
    // SAFETY: numbers only; all zeroes is a value of it, and means at once.
    let at_once: libc::timespec = unsafe { zeroed() };
    let (set, limit) = (ptr::from_ref(&set) as usize, ptr::from_ref(&at_once) as usize);
    // SAFETY: the set and the limit are only read; a null siginfo is not written.
    Errno::check(unsafe {
        syscall4(libc::SYS_rt_sigtimedwait as usize, set, 0, limit, size_of::<SignalSet>())
    })
    .is_ok()
}

/// Waits for a signal handler to have run: pause(2).
pub fn pause() {
    // SAFETY: no arguments; always comes back with EINTR.
    unsafe { syscall0(libc::SYS_pause as usize) };
}

/// Sends a signal: kill(2).
///
/// # Errors
/// ESRCH: nobody there; EPERM: somebody, but not ours to signal.
pub fn kill(recipient: Recipient, signal: Signal) -> Result<(), Errno> {
    let pid = match recipient {
        Recipient::Process(pid) => pid.raw(),
        Recipient::Group(pid) => -pid.raw(),
        Recipient::OwnGroup => 0,
        Recipient::Everyone => -1,
    };
    // SAFETY: takes numbers.
    Errno::check(unsafe { syscall2(libc::SYS_kill as usize, pid as usize, usize::from(signal.number())) })
        .map(drop)
}

/// Sends a queued signal on to a process with the sender and value that it came with, as `signal`:
/// rt_sigqueueinfo(2).
///
/// # Errors
/// As [`kill`], and EAGAIN: the receiver's queue is full (RLIMIT_SIGPENDING).
pub fn requeue(to: Pid, signal: Signal, received: &Received) -> Result<(), Errno> {
    let info = ptr::from_ref(&received.info) as usize;
    // SAFETY: the kernel reads a siginfo, and takes the number from the second argument.
    Errno::check(unsafe {
        syscall3(libc::SYS_rt_sigqueueinfo as usize, to.raw() as usize, usize::from(signal.number()), info)
    })
    .map(drop)
}

/// [`requeue`] for a whole process group, which Linux 6.9 made possible: pidfd_send_signal(2) with
/// PIDFD_SIGNAL_PROCESS_GROUP. The leader must not have been reaped.
///
/// # Errors
/// ENOSYS, EINVAL and, from a seccomp filter, EPERM on an older kernel or engine.
pub fn requeue_to_group(leader: Pid, signal: Signal, received: &Received) -> Result<(), Errno> {
    const PROCESS_GROUP: usize = 1 << 2;
    // SAFETY: takes numbers.
    let pidfd = Errno::check(unsafe { syscall2(libc::SYS_pidfd_open as usize, leader.raw() as usize, 0) })?;
    let (number, info) = (usize::from(signal.number()), ptr::from_ref(&received.info) as usize);
    // SAFETY: the kernel reads a siginfo.
    let sent = Errno::check(unsafe {
        syscall4(libc::SYS_pidfd_send_signal as usize, pidfd, number, info, PROCESS_GROUP)
    });
    close(Fd(pidfd as c_int));
    sent.map(drop)
}

// --- Files and terminals -------------------------------------------------------------------------------

/// Writes all of it, and waits for the reader where there is one: write(2).
///
/// # Errors
/// As write(2); what was written before stays written.
pub fn write_all(fd: Fd, bytes: &[u8]) -> Result<(), Errno> {
    let mut rest = bytes;
    while !rest.is_empty() {
        match write(fd, rest) {
            Ok(count) => rest = rest.get(count..).unwrap_or(&[]),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Writes a short line if that is possible without waiting for anybody, and raises no SIGPIPE.
///
/// O_NONBLOCK is no way to this: it belongs to the open file, which the child and others share. So ask
/// first: a file that can be sought has no reader to wait for; a pipe or terminal that poll(2) calls
/// writable takes a line of less than PIPE_BUF bytes. Between the question and the write another writer may
/// fill the pipe: RWF_NOWAIT (pwritev2(2), pipes since Linux 6.5) closes that gap where the kernel has it.
///
/// # Errors
/// EAGAIN: it is full. EPIPE: nobody reads it any more. Else as write(2).
pub fn write_now(fd: Fd, line: &[u8]) -> Result<(), Errno> {
    const RWF_NOWAIT: usize = 8;
    // SAFETY: takes numbers.
    let seekable = Errno::check(unsafe {
        syscall3(libc::SYS_lseek as usize, fd.0 as usize, 0, libc::SEEK_CUR as usize)
    });
    if seekable.is_ok() {
        return write(fd, line).map(drop);
    }
    if !is_writable(fd) {
        return Err(Errno::AGAIN);
    }
    let part = libc::iovec { iov_base: line.as_ptr() as *mut _, iov_len: line.len() };
    let (part, nowhere) = (ptr::from_ref(&part) as usize, usize::MAX);
    // SAFETY: one iovec, which describes `line`; the kernel only reads it. The position -1 is the current one.
    let result = unsafe {
        syscall6(libc::SYS_pwritev2 as usize, fd.0 as usize, part, 1, nowhere, nowhere, RWF_NOWAIT)
    };
    match Errno::check(result) {
        Ok(_) => Ok(()),
        Err(errno @ (Errno::AGAIN | Errno::PIPE)) => Err(errno),
        // The kernel or this kind of file does not know the flag.
        Err(_) => write(fd, line).map(drop),
    }
}

fn write(fd: Fd, bytes: &[u8]) -> Result<usize, Errno> {
    // SAFETY: the kernel reads `bytes` and no more.
    Errno::check(unsafe {
        syscall3(libc::SYS_write as usize, fd.0 as usize, bytes.as_ptr() as usize, bytes.len())
    })
}

/// Whether a write would find room, and a reader: ppoll(2) with no time to wait.
fn is_writable(fd: Fd) -> bool {
    let mut question = libc::pollfd { fd: fd.0, events: libc::POLLOUT, revents: 0 };
    // SAFETY: numbers only; all zeroes is a value of it, and means at once.
    let mut at_once: libc::timespec = unsafe { zeroed() };
    let (place, limit) = (ptr::from_mut(&mut question) as usize, ptr::from_mut(&mut at_once) as usize);
    // SAFETY: one pollfd is read and written, one timespec read and written; a null mask changes none.
    unsafe { syscall5(libc::SYS_ppoll as usize, place, 1, limit, 0, size_of::<SignalSet>()) };
    question.revents == libc::POLLOUT
}

/// Opens the terminal that controls this session: tty(4). Closed on exec.
///
/// # Errors
/// ENXIO: there is none; ENOENT: there is no /dev/tty.
pub fn open_controlling_terminal() -> Result<Fd, Errno> {
    let flags = (libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC) as usize;
    let (here, path) = (libc::AT_FDCWD as usize, c"/dev/tty".as_ptr() as usize);
    // SAFETY: the path is a C string, which the kernel only reads.
    Errno::check(unsafe { syscall4(libc::SYS_openat as usize, here, path, flags, 0) })
        .map(|fd| Fd(fd as c_int))
}

/// The process group in the terminal's foreground: TIOCGPGRP(2const).
///
/// # Errors
/// ENOTTY: not our controlling terminal.
pub fn foreground(terminal: Fd) -> Result<Pid, Errno> {
    let mut group: libc::pid_t = 0;
    let place = ptr::from_mut(&mut group) as usize;
    // SAFETY: the kernel writes one pid_t.
    Errno::check(unsafe {
        syscall3(libc::SYS_ioctl as usize, terminal.0 as usize, libc::TIOCGPGRP as usize, place)
    })?;
    Ok(Pid::new(group))
}

/// Puts a process group into the terminal's foreground: TIOCSPGRP(2const). SIGTTOU must be blocked.
///
/// # Errors
/// ENOTTY: not our controlling terminal; EPERM, ESRCH: no such group in this session.
pub fn set_foreground(terminal: Fd, group: Pid) -> Result<(), Errno> {
    let group = group.raw();
    let place = ptr::from_ref(&group) as usize;
    // SAFETY: the kernel reads one pid_t.
    Errno::check(unsafe {
        syscall3(libc::SYS_ioctl as usize, terminal.0 as usize, libc::TIOCSPGRP as usize, place)
    })
    .map(drop)
}

fn close(fd: Fd) {
    // SAFETY: takes a number, and the caller is done with it.
    unsafe { syscall1(libc::SYS_close as usize, fd.0 as usize) };
}
