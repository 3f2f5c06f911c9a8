//! Processes and descriptors as numbers, recipients of signals, and what becomes of children. Pure.

use core::ffi::c_int;

use crate::bytes::{integer, line_behind, number_behind};
use crate::model::status::WaitStatus;
use crate::time::Nanoseconds;

/// A process, or the group it leads, as this PID namespace numbers it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pid(c_int);

impl Pid {
    /// The first process of a PID namespace (pid_namespaces(7)); as the sender of a signal, 0 is the kernel
    /// or somebody outside of the namespace.
    pub const INIT: Self = Self(1);

    #[must_use]
    pub const fn new(raw: c_int) -> Self {
        Self(raw)
    }

    #[must_use]
    pub const fn raw(self) -> c_int {
        self.0
    }

    /// For texts. No process has a number below 0.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0 as u32
    }
}

/// Whom a signal is for, in the words of kill(2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Recipient {
    Process(Pid),
    /// The process group that this process leads, or has led.
    Group(Pid),
    /// Our own process group.
    OwnGroup,
    /// Every process that we may signal, except ourselves and PID 1.
    Everyone,
}

/// What a child has used, including the children that it has waited for (getrusage(2), RUSAGE_CHILDREN).
#[derive(Clone, Copy, Default, Debug)]
pub struct Usage {
    /// On a processor, in the program and in the kernel for it.
    pub user: Nanoseconds,
    pub system: Nanoseconds,
    /// The most memory that was resident at a time, in bytes.
    pub max_rss: u64,
}

impl Usage {
    pub const NONE: Self = Self { user: Nanoseconds::ZERO, system: Nanoseconds::ZERO, max_rss: 0 };
}

/// A child that has ended or stopped.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    pub pid: Pid,
    pub wait: WaitStatus,
    pub usage: Usage,
}

/// A file descriptor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fd(c_int);

impl Fd {
    pub const STDIN: Self = Self(0);
    pub const STDOUT: Self = Self(1);
    pub const STDERR: Self = Self(2);
    /// The first one that is not a standard stream.
    pub const FIRST_OTHER: Self = Self(3);

    #[must_use]
    pub const fn new(raw: c_int) -> Self {
        Self(raw)
    }

    #[must_use]
    pub const fn raw(self) -> c_int {
        self.0
    }
}

/// The real user of a process, from its `status` in /proc (proc_pid_status(5)): the first number behind `Uid:`.
#[must_use]
pub fn real_user(status: &[u8]) -> Option<u32> {
    number_behind(b"Uid:\t", status)
}

/// Whether the queue of signals has room, by a process's `status` in /proc: `SigQ:`, how many are queued for its user and
/// how many may be (RLIMIT_SIGPENDING). `false` if that is not known.
#[must_use]
pub fn has_room(status: &[u8]) -> bool {
    let queue = line_behind(b"SigQ:\t", status).and_then(integer);
    queue.is_some_and(|(number, behind)| {
        // No limit is more than any number has digits for.
        behind.strip_prefix(b"/").and_then(integer).is_some_and(|(limit, _)| number < limit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_real_user_is_the_first_of_four() {
        let status =
            b"Name:\tsh\nUmask:\t0022\nState:\tS (sleeping)\nUid:\t1000\t1001\t1002\t1003\nGid:\t7\n";
        assert_eq!(real_user(status), Some(1000));
        assert_eq!(real_user(b"Uid:\t1000650000\t0\t0\t0\n"), Some(1_000_650_000));
        assert_eq!(real_user(b"Uid:\t4294967294\t0\t0\t0\n"), Some(u32::MAX - 1));
        assert_eq!(real_user(b"Uid:\t4294967296\t0\t0\t0\n"), None);
        assert_eq!(real_user(b"Name:\tUid:\t5\nUid:\t\n"), None);
        assert_eq!(real_user(b""), None);
    }

    #[test]
    fn a_queue_has_room_below_its_limit() {
        for (status, room) in [
            (&b"Threads:\t1\nSigQ:\t0/31245\nSigPnd:\t0\n"[..], true),
            (b"SigQ:\t4/5", true),
            (b"SigQ:\t5/5\n", false),
            (b"SigQ:\t0/0\n", false),
            (b"SigQ:\t7/18446744073709551615\n", true),
            (b"SigQ:\t7\n", false),
            (b"", false),
        ] {
            assert_eq!(has_room(status), room, "{}", status.escape_ascii());
        }
    }
}
