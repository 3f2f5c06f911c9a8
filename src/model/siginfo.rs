//! A signal that has been received, with all that the kernel says about it (sigaction(2), `siginfo_t`). Pure.

use core::ffi::c_int;

use crate::model::process::Pid;
use crate::model::signal::{Signal, SignalSet};

/// `siginfo_t`, by the fields that pausa reads; the rest is passed on as it came (`asm-generic/siginfo.h`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct Siginfo {
    pub number: c_int,
    pub errno: c_int,
    pub code: c_int,
    /// The union behind it is aligned as a pointer.
    #[cfg(target_pointer_width = "64")]
    gap: c_int,
    pub pid: c_int,
    pub uid: u32,
    /// What was queued with it (sigqueue(3)).
    pub value: usize,
    rest: [usize; if cfg!(target_pointer_width = "64") { 12 } else { 26 }],
}

const _: () = assert!(size_of::<Siginfo>() == 128);

impl Siginfo {
    /// All zeroes, for the kernel to write to.
    pub const EMPTY: Self = Self::new(0, 0, 0, 0);

    #[must_use]
    pub const fn new(number: c_int, code: c_int, pid: c_int, uid: u32) -> Self {
        Self {
            number,
            errno: 0,
            code,
            #[cfg(target_pointer_width = "64")]
            gap: 0,
            pid,
            uid,
            value: 0,
            rest: [0; if cfg!(target_pointer_width = "64") { 12 } else { 26 }],
        }
    }
}

/// A signal that has been taken from the queue.
#[derive(Clone, Copy, Debug)]
pub struct Received {
    pub signal: Signal,
    pub info: Siginfo,
}

/// How a signal was sent, by what only the kernel can write there (rt_sigqueueinfo(2): a process may claim
/// any code below 0 but that of tgkill(2), and none from 0 on, for anybody but itself).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// By the kernel for itself, such as a terminal.
    Kernel,
    /// By kill(2) or tgkill(2): pid and uid are the sender's.
    Kill,
    /// By sigqueue(3) and its like: pid, uid and value are what the sender says.
    Queued,
    /// By the kernel, but some process has chosen when and which: F_SETSIG of fcntl(2) makes any signal of a pipe that can
    /// be read, with the codes POLL_IN to POLL_HUP. Whose doing it was is not told. Nor is it where what came with a
    /// signal may have been lost ([`Received::may_be_bare`]).
    Unknown,
}

impl Received {
    #[must_use]
    pub const fn origin(&self) -> Origin {
        match self.info.code {
            libc::SI_USER | libc::SI_TKILL => Origin::Kill,
            libc::SI_KERNEL => Origin::Kernel,
            code if code < 0 => Origin::Queued,
            _ => Origin::Unknown,
        }
    }

    /// Whether it may be a queued one that has lost what came with it. Where the queue is full, or has a limit of nothing,
    /// the kernel hands out a bare number as a kill(2) by process 0 and user 0 (`collect_signal` in kernel/signal.c), which
    /// is what root outside of the namespace looks like. For kill(2) itself there always is room below SIGRTMIN.
    #[must_use]
    pub const fn may_be_bare(&self) -> bool {
        self.info.code == libc::SI_USER && self.info.pid == 0 && self.info.uid == 0
    }

    /// Whether it was queued with a value (sigqueue(3)): then the kernel lets us pass it on with sender and value. It
    /// refuses that for kill(2) and for its own signals.
    #[must_use]
    pub fn is_queued(&self) -> bool {
        self.origin() == Origin::Queued
    }

    /// Whether it is one that the kernel sends to a whole process group on behalf of a terminal: a key, a job in
    /// the background that reads, a hangup, a new size (termios(3), setpgid(2), drivers/tty/tty_jobctrl.c).
    #[must_use]
    pub fn is_from_terminal(&self) -> bool {
        self.origin() == Origin::Kernel && SignalSet::OF_TERMINAL.contains(self.signal)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_kernels_own_code_is_the_kernels() {
        /// What F_SETSIG sends when there is something to read (`asm-generic/siginfo.h`).
        const POLL_IN: c_int = 1;
        for (code, origin, is_queued, is_from_terminal) in [
            (libc::SI_USER, Origin::Kill, false, false),
            (libc::SI_TKILL, Origin::Kill, false, false),
            (libc::SI_QUEUE, Origin::Queued, true, false),
            (libc::SI_TIMER, Origin::Queued, true, false),
            (libc::SI_KERNEL, Origin::Kernel, false, true),
            (POLL_IN, Origin::Unknown, false, false),
        ] {
            let info = Siginfo::new(libc::SIGINT, code, 0, 0);
            let received = Received { signal: Signal::INT, info };
            assert_eq!(received.origin(), origin, "{code}");
            assert_eq!(
                (received.is_queued(), received.is_from_terminal()),
                (is_queued, is_from_terminal),
                "{code}"
            );
        }
    }
}
