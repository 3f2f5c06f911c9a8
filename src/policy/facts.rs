//! What is known of a child, from before its start to its end. Pure.

use crate::model::errno::Errno;
use crate::model::process::{Pid, Usage};
use crate::model::siginfo::Origin;
use crate::model::signal::{Signal, SignalSet};
use crate::model::status::{ExitStatus, WaitStatus};
use crate::time::Nanoseconds;

/// A stop signal that was sent on.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub signal: Signal,
    /// How it was sent. Only for kill(2) does the kernel vouch for the sender.
    pub origin: Origin,
    /// Who has sent it, if it was by kill(2); 0 is a process outside of the PID namespace.
    pub sender: Pid,
    pub uid: u32,
    /// What the sender is called (proc_pid_comm(5)), and zeroes behind it; only zeroes if it is gone already.
    pub comm: [u8; 16],
    /// When it was received.
    pub at: Nanoseconds,
    /// The same by the calendar, as the span since the beginning of 1970, UTC.
    pub date: Option<Nanoseconds>,
}

impl Asked {
    /// Whether the child ended because it was asked to: by an exit (`None`), by this signal, or by TERM, INT, QUIT or
    /// HUP, which a rewrite or a ladder may send in its place. A program that crashes has not obeyed.
    #[must_use]
    pub fn explains(&self, signal: Option<Signal>) -> bool {
        const ASKING: SignalSet = SignalSet::of(&[Signal::TERM, Signal::INT, Signal::QUIT, Signal::HUP]);
        signal.is_none_or(|signal| signal == self.signal || ASKING.contains(signal))
    }
}

/// Why we have killed a child.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OwnKill {
    /// The grace period has expired.
    Deadline,
    /// A rewrite has turned a signal into SIGKILL.
    Rewrite,
}

/// How a child ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// Not yet. What is said now is for the case that we are killed before we can say more.
    Pending,
    Seen(WaitStatus),
    /// We exit without having seen it: what we have killed stays, or the kernel refuses a call that we need.
    Unseen,
}

/// What the memory cgroup of this container tells. `None`: it does not, or cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Memory {
    /// How many of its processes the kernel has killed for want of memory.
    pub oom_kills: Option<u64>,
    /// In bytes. `None` also if there is no limit.
    pub limit: Option<u64>,
    /// In bytes: the most that was in use at a time.
    pub peak: Option<u64>,
}

impl Memory {
    /// The same, with the OOM kills counted from `start`. They are not known if the counter has gone back: we have been
    /// moved to another cgroup meanwhile.
    #[must_use]
    pub fn since(self, start: &Self) -> Self {
        let oom_kills = self.oom_kills.and_then(|now| now.checked_sub(start.oom_kills?));
        Self { oom_kills, ..self }
    }
}

/// What is known of a child.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub program: &'a [u8],
    /// `None` before its start.
    pub pid: Option<Pid>,
    /// Whether we are PID 1, so that our end is the end of all others in the namespace (pid_namespaces(7)).
    pub is_init: bool,
    /// Why the program never ran, if it did not.
    pub exec_error: Option<Errno>,
    pub end: End,
    /// What pausa exits with.
    pub status: ExitStatus,
    /// Its OOM kills are those while the child lived.
    pub memory: Memory,
    /// Why we have sent the child a SIGKILL, if we have.
    pub own_kill: Option<OwnKill>,
    /// Whether we have asked it to stop, since it had run for too long, and nobody else had.
    pub has_timed_out: bool,
    /// From the first stop signal to the step of the ladder that was due last; if it has timed out, how long it might run.
    pub grace: Nanoseconds,
    /// The first stop signal, from which the grace period runs.
    pub first_asked: Option<Asked>,
    /// The last one.
    pub asked: Option<Asked>,
    pub started: Nanoseconds,
    pub ended: Nanoseconds,
    pub usage: Usage,
    /// Processes other than the child that were waited for.
    pub reaped: u64,
    pub forwarded: u64,
}

impl<'a> Facts<'a> {
    /// What is known before the child starts.
    #[must_use]
    pub const fn new(program: &'a [u8], is_init: bool, started: Nanoseconds) -> Self {
        Self {
            program,
            pid: None,
            is_init,
            exec_error: None,
            end: End::Pending,
            status: ExitStatus::KILLED,
            memory: Memory { oom_kills: None, limit: None, peak: None },
            own_kill: None,
            has_timed_out: false,
            grace: Nanoseconds::ZERO,
            first_asked: None,
            asked: None,
            started,
            ended: Nanoseconds::ZERO,
            usage: Usage::NONE,
            reaped: 0,
            forwarded: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oom_kills_are_counted_from_the_start() {
        let memory = |oom_kills| Memory { oom_kills, limit: Some(1), peak: None };
        for (now, start, since) in [
            (Some(3), Some(1), Some(2)),
            (Some(1), Some(1), Some(0)),
            (Some(1), Some(2), None),
            (None, Some(1), None),
            (Some(1), None, None),
        ] {
            assert_eq!(memory(now).since(&memory(start)), memory(since), "{now:?} {start:?}");
        }
    }
}
