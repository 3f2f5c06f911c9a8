//! Signals: mask, dispositions, taking one from the queue, sending one.

use core::ffi::c_int;
use core::ptr;

use super::abi::Sigaction;
use super::arch::{self, syscall2, syscall3, syscall4};
use super::stream::close;
use super::timed::{RT_SIGTIMEDWAIT, Timespec};
use crate::model::errno::Errno;
use crate::model::process::{Fd, Pid, Recipient};
use crate::model::siginfo::{Received, Siginfo};
use crate::model::signal::{Signal, SignalSet};
use crate::time::Nanoseconds;

/// Replaces the signal mask, and returns the one before: sigprocmask(2).
///
/// # Errors
/// What a seccomp filter says.
pub fn set_mask(mask: SignalSet) -> Result<SignalSet, Errno> {
    change_mask(libc::SIG_SETMASK, mask)
}

fn change_mask(how: c_int, new: SignalSet) -> Result<SignalSet, Errno> {
    let mut old = SignalSet::EMPTY;
    let (new, place) = (ptr::from_ref(&new) as usize, ptr::from_mut(&mut old) as usize);
    // SAFETY: both pointers are to sets of 8 bytes, which is the size that we name; the first is only read.
    let result = unsafe {
        syscall4(libc::SYS_rt_sigprocmask as usize, how as usize, new, place, size_of::<SignalSet>())
    };
    Errno::check(result).map(|_| old)
}

/// What a process does on a signal.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Disposition(#[allow(dead_code, reason = "the kernel reads and writes it")] Sigaction);

/// Runs on a signal, on the stack of whatever it interrupts. It is a plain function, which captures nothing, and no
/// global is writable, so it cannot disturb what it interrupts (signal-safety(7)).
pub type Handler = extern "C" fn(Caught);

/// What the kernel calls a handler with: the number of the signal.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Caught(c_int);

impl Caught {
    #[must_use]
    pub fn signal(self) -> Option<Signal> {
        Signal::new(self.0)
    }
}

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
pub fn set_disposition(signal: Signal, new: &Disposition) -> Result<(), Errno> {
    change_disposition(signal, new, None)
}

/// Sets what happens on `signal` to what is there, and puts what happened before in its place: sigaction(2).
///
/// # Errors
/// As [`set_disposition`].
pub fn swap_disposition(signal: Signal, place: &mut Disposition) -> Result<(), Errno> {
    // A copy: the kernel reads all before it writes, qemu-user does not.
    let new = *place;
    change_disposition(signal, &new, Some(place))
}

fn change_disposition(signal: Signal, new: &Disposition, old: Option<&mut Disposition>) -> Result<(), Errno> {
    let (number, mask_size) = (usize::from(signal.number()), size_of::<SignalSet>());
    let (new, old) = (ptr::from_ref(new) as usize, old.map_or(0, |place| ptr::from_mut(place) as usize));
    // SAFETY: the pointers are to the kernel's own layout (`abi`, tested), with a mask of the size that we name, or the
    // second is null, and nothing is written; a handler is a function of the kernel's signature, and the restorer is
    // `arch`'s.
    Errno::check(unsafe { syscall4(libc::SYS_rt_sigaction as usize, number, new, old, mask_size) }).map(drop)
}

/// Waits until one of `signals`, which are blocked, is pending, and takes it; or for as long as `limit`, if there is
/// one: sigtimedwait(2). The lowest number comes first; real-time signals of one number come in the order
/// they were sent (signal(7)). `None`: the time has passed, or we were stopped and continued.
///
/// # Errors
/// What a seccomp filter says.
pub fn wait_signal(signals: SignalSet, limit: Option<Nanoseconds>) -> Result<Option<Received>, Errno> {
    let mut info = Siginfo::EMPTY;
    let (set, place) = (ptr::from_ref(&signals) as usize, ptr::from_mut(&mut info) as usize);
    let mut span = Timespec::new(limit.unwrap_or(Nanoseconds::ZERO));
    let result = RT_SIGTIMEDWAIT.call(&mut span, |number, span| {
        let limit = limit.map_or(0, |_| span);
        // SAFETY: the set and the limit are read, a siginfo of the kernel's size is written; no limit is null.
        unsafe { syscall4(number, set, place, limit, size_of::<SignalSet>()) }
    });
    match Errno::check(result) {
        Ok(number) => Ok(Signal::new(number as c_int).map(|signal| Received { signal, info })),
        Err(Errno::INTR) => Ok(None),
        // Without a limit the kernel never says so. A seccomp filter may, and we would ask again for ever.
        Err(Errno::AGAIN) if limit.is_some() => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// Takes one of `signals` if one is pending, and says whether one was: sigtimedwait(2) with no time to wait.
pub fn take_pending(signals: SignalSet) -> bool {
    let set = ptr::from_ref(&signals) as usize;
    let result = RT_SIGTIMEDWAIT.call(&mut Timespec::new(Nanoseconds::ZERO), |number, at_once| {
        // SAFETY: the set and the limit are only read; a null siginfo is not written.
        unsafe { syscall4(number, set, 0, at_once, size_of::<SignalSet>()) }
    });
    Errno::check(result).is_ok()
}

/// Waits until a signal handler has run: pause(2). EINTR: one has; else what a seccomp filter says.
#[must_use = "a call that is refused does not wait"]
#[cfg(not(any(target_arch = "aarch64", target_arch = "riscv64")))]
pub fn pause() -> Errno {
    // SAFETY: no arguments.
    let result = unsafe { arch::syscall0(libc::SYS_pause as usize) };
    Errno::check(result).err().unwrap_or(Errno::INTR)
}

/// Waits until a signal handler has run: ppoll(2) of nothing, for ever, where there is no pause(2). EINTR: one has;
/// else what a seccomp filter says.
#[must_use = "a call that is refused does not wait"]
#[cfg(any(target_arch = "aarch64", target_arch = "riscv64"))]
pub fn pause() -> Errno {
    // SAFETY: no descriptors, no limit, the mask as it is.
    let result = unsafe { arch::syscall5(libc::SYS_ppoll as usize, 0, 0, 0, 0, 0) };
    Errno::check(result).err().unwrap_or(Errno::INTR)
}

/// Sends a signal: kill(2).
///
/// # Errors
/// ESRCH: no such process or group; EPERM: we may not signal it.
pub fn kill(recipient: Recipient, signal: Signal) -> Result<(), Errno> {
    let pid = match recipient {
        Recipient::Process(pid) => pid.raw(),
        Recipient::Group(pid) => -pid.raw(),
        Recipient::OwnGroup => 0,
        Recipient::Everyone => -1,
    };
    kill_raw(pid, signal)
}

// Most who call `kill` know to whom, and need no part of its match: 16 bytes less.
#[inline(never)]
fn kill_raw(pid: c_int, signal: Signal) -> Result<(), Errno> {
    // SAFETY: takes numbers.
    Errno::check(unsafe { syscall2(libc::SYS_kill as usize, pid as usize, usize::from(signal.number())) })
        .map(drop)
}

/// Sends `signal` to ourselves or to our process group, and unblocks it for a moment. If it stops us, returns when we
/// are continued.
pub fn stop(whom: Recipient, signal: Signal) {
    let _ = kill(whom, signal);
    if let Ok(mask) = change_mask(libc::SIG_UNBLOCK, SignalSet::only(signal)) {
        let _ = set_mask(mask);
    }
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
    close(Fd::new(pidfd as c_int));
    sent.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::getpid;

    /// A signal that others ignore: the mask is this thread's alone.
    const WINCH: Signal = match Signal::new(libc::SIGWINCH) {
        Some(signal) => signal,
        None => Signal::KILL,
    };

    /// Sends `signal` to this thread only.
    fn raise(signal: Signal) {
        // SAFETY: takes numbers.
        assert_eq!(unsafe { libc::raise(c_int::from(signal.number())) }, 0);
    }

    #[test]
    fn a_signal_is_taken_with_its_sender() {
        let before = set_mask(SignalSet::only(WINCH)).expect("a mask");
        raise(WINCH);
        let received = wait_signal(SignalSet::only(WINCH), None).expect("no filter").expect("it is pending");
        assert_eq!((received.signal, received.sender()), (WINCH, getpid()));
        assert!(!take_pending(SignalSet::only(WINCH)));
        raise(WINCH);
        assert!(take_pending(SignalSet::only(WINCH)));
        assert_eq!(set_mask(before), Ok(SignalSet::only(WINCH)));
    }

    #[test]
    fn a_wait_ends_at_its_limit() {
        let before = set_mask(SignalSet::only(WINCH)).expect("a mask");
        for limit in [Nanoseconds::ZERO, Nanoseconds::new(1)] {
            assert!(wait_signal(SignalSet::only(WINCH), Some(limit)).expect("no filter").is_none());
        }
        set_mask(before).expect("a mask");
    }

    #[test]
    fn a_disposition_is_swapped_for_the_one_before() {
        // Not the one above: an ignored signal is pending no longer (sigaction(2)).
        const URG: Signal = match Signal::new(libc::SIGURG) {
            Some(signal) => signal,
            None => Signal::KILL,
        };
        extern "C" fn never(_: Caught) {}
        let mut disposition = Disposition::handled(never);
        swap_disposition(URG, &mut disposition).expect("not KILL");
        assert!(!disposition.is_ignored());
        disposition = Disposition::ignored();
        swap_disposition(URG, &mut disposition).expect("not KILL");
        swap_disposition(URG, &mut disposition).expect("not KILL");
        assert!(disposition.is_ignored());
        assert_eq!(set_disposition(Signal::KILL, &Disposition::default()), Err(Errno::INVAL));
        set_disposition(URG, &Disposition::default()).expect("not KILL");
    }
}
