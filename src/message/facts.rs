//! What is known of a child when it has ended. Pure.

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

/// What is known of a child. It is complete when the child has ended.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub program: &'a [u8],
    pub pid: Pid,
    /// Why the program never ran, if it did not.
    pub exec_error: Option<Errno>,
    /// How it ended. `None`: not known, since the kernel has refused to wait for it or to tell the time.
    pub wait: Option<WaitStatus>,
    pub status: ExitStatus,
    /// How many processes of this container the kernel has killed for want of memory while the child lived.
    pub oom_kills: u64,
    /// Why we have sent the child a SIGKILL, if we have.
    pub own_kill: Option<OwnKill>,
    /// The last stop signal.
    pub asked: Option<Asked>,
    pub started: Nanoseconds,
    pub ended: Nanoseconds,
    pub usage: Usage,
    /// Processes other than the child that were waited for.
    pub reaped: u64,
    pub forwarded: u64,
}

impl<'a> Facts<'a> {
    /// What is known when the child has started.
    #[must_use]
    pub const fn new(program: &'a [u8], pid: Pid, exec_error: Option<Errno>, started: Nanoseconds) -> Self {
        Self {
            program,
            pid,
            exec_error,
            wait: None,
            status: ExitStatus::SUCCESS,
            oom_kills: 0,
            own_kill: None,
            asked: None,
            started,
            ended: Nanoseconds::ZERO,
            usage: Usage::NONE,
            reaped: 0,
            forwarded: 0,
        }
    }
}
