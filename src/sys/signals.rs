//! Signals: mask, dispositions, taking one from the queue, sending one.

use core::ffi::c_int;
use core::mem::zeroed;
use core::ptr;

use super::abi::{Sigaction, Siginfo};
use super::file::{Fd, close};
use crate::arch::{self, syscall2, syscall3, syscall4};
use crate::errno::Errno;
use crate::process::{Pid, Recipient};
use crate::shutdown::SECOND;
use crate::signal::{Signal, SignalSet};

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
        Self(Sigaction::plain(libc::SIG_DFL))
    }

    /// Whether it is SIG_IGN.
    #[must_use]
    pub const fn is_ignored(&self) -> bool {
        self.0.is(libc::SIG_IGN)
    }

    /// SIG_IGN.
    #[must_use]
    pub const fn ignored() -> Self {
        Self(Sigaction::plain(libc::SIG_IGN))
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

/// Sets what happens on `signal`: sigaction(2).
///
/// # Errors
/// EINVAL for KILL and STOP; whatever a seccomp filter says.
pub fn set_disposition(signal: Signal, mut new: Disposition) -> Result<(), Errno> {
    swap_disposition(signal, &mut new)
}

/// Sets what happens on `signal` to what is there, and puts what happened before in its place: sigaction(2).
///
/// # Errors
/// As [`set_disposition`].
#[inline(never)]
pub fn swap_disposition(signal: Signal, place: &mut Disposition) -> Result<(), Errno> {
    let (number, mask_size) = (usize::from(signal.number()), size_of::<SignalSet>());
    // A copy: the kernel reads all before it writes, qemu-user does not.
    let new = *place;
    let (new, place) = (ptr::from_ref(&new) as usize, ptr::from_mut(place) as usize);
    // SAFETY: both pointers are to the kernel's own layout (`abi`, tested), with a mask of the size that we name; a
    // handler in it is a function of the kernel's signature, and the restorer is `arch`'s.
    Errno::check(unsafe { syscall4(libc::SYS_rt_sigaction as usize, number, new, place, mask_size) })
        .map(drop)
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

    /// The user that the sender is, as this user namespace numbers it.
    #[must_use]
    pub const fn uid(&self) -> u32 {
        self.info.uid
    }
}

/// Waits until one of `signals`, which are blocked, is pending, and takes it; or until `limit` nanoseconds are
/// over, if there is a limit: sigtimedwait(2). The lowest number comes first; real-time signals of one number
/// come in the order they were sent (signal(7)).
#[must_use]
pub fn wait_signal(signals: SignalSet, limit: Option<u64>) -> Option<Received> {
    // SAFETY: numbers only; all zeroes is a value of it.
    let mut info: Siginfo = unsafe { zeroed() };
    let nanoseconds = limit.unwrap_or(0);
    let limit_at = libc::timespec {
        // Where it has 32 bits it cannot tell every wait. Who wakes early asks again.
        tv_sec: (nanoseconds / SECOND).min(libc::time_t::MAX as u64) as libc::time_t,
        tv_nsec: (nanoseconds % SECOND) as libc::c_long,
    };
    let (set, place) = (ptr::from_ref(&signals) as usize, ptr::from_mut(&mut info) as usize);
    let limit = limit.map_or(0, |_| ptr::from_ref(&limit_at) as usize);
    // SAFETY: the set and the limit are read, a siginfo of the kernel's size is written; no limit is null.
    let result =
        unsafe { syscall4(libc::SYS_rt_sigtimedwait as usize, set, place, limit, size_of::<SignalSet>()) };
    match Errno::check(result) {
        Ok(number) => Signal::new(number as c_int).map(|signal| Received { signal, info }),
        // The time is over; or a stop and continue of ourselves (signal(7)).
        Err(Errno::AGAIN | Errno::INTR) => None,
        // A seccomp filter, say. Who hears nothing could neither forward nor end, and would ask again for ever.
        Err(_) => crate::abandon(b"pausa: cannot wait for signals: rt_sigtimedwait(2) is refused\n"),
    }
}

/// Takes `signal` if it is pending, and says whether it was: sigtimedwait(2) with no time to wait.
pub fn take_pending(signal: Signal) -> bool {
    let set = SignalSet::only(signal);
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
#[cfg(not(any(target_arch = "aarch64", target_arch = "riscv64")))]
pub fn pause() {
    // SAFETY: no arguments; always comes back with EINTR.
    unsafe { arch::syscall0(libc::SYS_pause as usize) };
}

/// Waits for a signal handler to have run: ppoll(2) of nothing, for ever, where there is no pause(2).
#[cfg(any(target_arch = "aarch64", target_arch = "riscv64"))]
pub fn pause() {
    // SAFETY: no descriptors, no limit, the mask as it is; always comes back with EINTR.
    unsafe { arch::syscall5(libc::SYS_ppoll as usize, 0, 0, 0, 0, 0) };
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
    // Unlike rt_sigqueueinfo, this wants the number in there as well.
    let mut info = received.info;
    info.number = c_int::from(signal.number());
    let (number, info) = (usize::from(signal.number()), ptr::from_ref(&info) as usize);
    // SAFETY: the kernel reads a siginfo.
    let sent = Errno::check(unsafe {
        syscall4(libc::SYS_pidfd_send_signal as usize, pidfd, number, info, PROCESS_GROUP)
    });
    close(Fd(pidfd as c_int));
    sent.map(drop)
}
