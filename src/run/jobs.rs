//! Job control, for a user at a terminal: the child stops, and so do we; we are continued, and so is the child
//! (setpgid(2), termios(3), "Job control" in the manual of any shell).
//!
//! A shell above makes a job of our process group, with whatever else is in its pipeline. The child of pausa stays in
//! that group: one group alone can have the foreground, and `pausa producer | less` needs it for both. The terminal's
//! signals then reach the child without us. The child of any other personality, and of PID 1, has a group of its own,
//! to which the foreground is handed over; so has a shell that is our child, which makes its own.

use core::mem::take;

use super::supervisor::Supervisor;
use super::terminal::Terminal;
use crate::message::event::Event;
use crate::model::process::{Pid, Recipient};
use crate::model::siginfo::Received;
use crate::model::signal::{Signal, SignalSet};
use crate::policy::forward::{self, Target};
use crate::sys::Kernel;
use crate::time::Nanoseconds;

/// What the child and the terminal have to do with each other.
#[derive(Clone, Copy, Debug)]
pub struct Jobs<K> {
    /// The terminal that controls our session, if the foreground is our business.
    pub terminal: Option<Terminal<K>>,
    /// Whether the child has begun in our process group, as a part of a shell's job.
    pub shares_group: bool,
    /// Whether a stop signal was forwarded since the child was last stopped or continued: the sender wants it stopped.
    pub(super) asked_to_stop: bool,
    /// Whether it has stopped, and we have not continued it.
    has_stopped: bool,
}

impl<K> Jobs<K> {
    /// Of a child that runs.
    pub const fn new(terminal: Option<Terminal<K>>, shares_group: bool) -> Self {
        Self { terminal, shares_group, asked_to_stop: false, has_stopped: false }
    }
}

impl<K: Kernel> Supervisor<'_, K> {
    /// The child has stopped. At a terminal we stop as well, so that the shell above gets the terminal back.
    pub(super) fn child_stopped(&mut self, signal: Signal) {
        self.report(Event::Stopped { pid: self.child, signal });
        let was_asked = take(&mut self.jobs.asked_to_stop);
        self.jobs.has_stopped = true;
        let Some(terminal) = self.jobs.terminal else { return };
        if self.own != Pid::INIT && self.stop_ourselves(signal) {
            return;
        }
        // PID 1 cannot stop, and the kernel does not stop an orphaned group, which no shell could continue
        // (setpgid(2)). Then no shell could continue the child either, so we do, as it would have gone on without us.
        let resumable = match signal {
            // The sender wanted that; it was not a key.
            _ if was_asked => false,
            Signal::TSTP => true,
            Signal::TTIN | Signal::TTOU => terminal.put_forward(self.group_of_child()),
            _ => false,
        };
        if resumable {
            self.resume(None);
        }
    }

    /// Stops our process group, as the terminal would have done if the child were in it. If the child is in it, the
    /// terminal has done so, and we stop ourselves alone. Returns true when both have been continued, and false at once
    /// if the kernel does not stop us.
    ///
    /// SIGCONT is blocked, so the one that has continued us is pending, unless a stop signal has come since: that takes
    /// SIGCONT away (signal(7)), and is pending itself. If the kernel did not stop us, and a stop signal has come just
    /// then, that looks the same: the child is continued until it gets that signal, which is next.
    fn stop_ourselves(&mut self, signal: Signal) -> bool {
        const WITNESSES: SignalSet = SignalSet::TERMINAL_STOPS.union(SignalSet::only(Signal::CONT));
        let whom = if self.jobs.shares_group { Recipient::Process(self.own) } else { Recipient::OwnGroup };
        self.kernel.stop(whom, if signal == Signal::STOP { Signal::TSTP } else { signal });
        let Some(received) = self.take(WITNESSES, Some(Nanoseconds::ZERO)) else { return self.has_given_up };
        self.resume(None);
        if received.signal != Signal::CONT {
            self.on_signal(&received);
        }
        true
    }

    /// The process group of the child. A child that began in our group may have made its own since. The kernel must be
    /// asked: TIOCSPGRP accepts the number of any process of the session, and the foreground would then belong to an
    /// empty group (drivers/tty/tty_jobctrl.c).
    fn group_of_child(&self) -> Pid {
        match self.jobs.shares_group {
            true => self.kernel.group_of(self.child).unwrap_or(self.child),
            false => self.child,
        }
    }

    /// SIGCONT came, as it was `received` if it was: `fg` has put us into the foreground before, `bg` has not. Says whether
    /// the child has it, as far as is known.
    pub(super) fn resume(&mut self, received: Option<&Received>) -> bool {
        if let Some(terminal) = self.jobs.terminal {
            terminal.pass(self.kernel.own_group(), self.group_of_child());
        }
        // A key stops the whole group, so the whole group is continued.
        let target = match self.config.target {
            Target::Child if self.jobs.has_stopped => Target::Group,
            target => target,
        };
        (self.jobs.asked_to_stop, self.jobs.has_stopped) = (false, false);
        self.send(forward::recipient(target, self.child), Signal::CONT, Signal::CONT, received)
    }
}
