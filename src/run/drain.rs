//! Those that are left: all of them are killed when a ladder ends, and with `--drain` they are asked to end when the
//! child has ended, and waited for.
//!
//! As PID 1 that is every process of the namespace, and one kill(2) reaches them. Otherwise it is our descendants, and
//! the kernel lists only our children: deeper ones become ours as their parents end, so each sweep is followed by
//! another until nobody is left. A child that we have not reaped keeps its number, so no stranger is hit.
//! Where there is no list (no /proc, no CONFIG_PROC_CHILDREN), only the command and its group are reached.

use super::supervisor::{Children, GIVE_UP_AFTER, Supervisor};
use crate::message::event::Event;
use crate::model::errno::Errno;
use crate::model::process::{Pid, Recipient};
use crate::model::signal::{Signal, SignalSet};
use crate::policy::forward::Target;
use crate::sys::Kernel;

impl<K: Kernel> Supervisor<'_, K> {
    /// Kills all whom we may, the child among them.
    pub(super) fn kill_all(&mut self) {
        let _ = self.ask_all(Signal::KILL, 0);
        // Reaped: its number may be somebody else's.
        if self.facts.wait.is_some() {
            return;
        }
        if self.own != Pid::INIT {
            let _ = self.kernel.kill(Recipient::Group(self.child), Signal::KILL);
        }
        // A success of the above says nothing about the child: kill(2) passes over whom it may not signal.
        let child = Recipient::Process(self.child);
        // As PID 1 nobody need be sent: our end is its end.
        if self.kernel.kill(child, Signal::KILL) == Err(Errno::PERM)
            && self.killer().is_none()
            && (self.own == Pid::INIT || !self.send_as_its_user(child, Signal::KILL, Signal::KILL))
        {
            self.give_up();
        }
    }

    /// Whether there is something to send to the child's group at the moment when the child ends.
    pub(super) fn signals_at_end(&self) -> bool {
        self.config.contract.farewell.is_some() || (self.own != Pid::INIT && self.config.drains)
    }

    /// What is sent when the child has ended.
    pub(super) fn farewell(&self) -> Option<Signal> {
        self.config.contract.farewell.and_then(|signal| self.config.rewrites.apply(signal))
    }

    /// The child has ended, and is not reaped yet: the last moment at which its number is its group's for certain.
    /// Where the group has nobody else, nothing is lost.
    pub(super) fn child_is_ending(&self) {
        let group = Recipient::Group(self.child);
        if let Some(signal) = self.farewell().filter(|_| self.config.target == Target::Group) {
            let _ = self.kernel.kill(group, signal);
        }
        if self.config.drains && self.own != Pid::INIT {
            self.ask(group, Signal::TERM);
        }
    }

    /// The child has ended. If a kill or a drain is under way, sees it through.
    ///
    /// The first step of the ladder says how long those that are left have got; then they are killed. What has not
    /// ended long after that hangs in the kernel, and is given up.
    // 88 bytes less.
    #[inline(never)]
    pub(super) fn drain(&mut self) {
        let is_wanted = self.config.drains || (self.killing.is_some() && self.own != Pid::INIT);
        if !is_wanted || self.has_given_up {
            return;
        }
        // One of those that are left: whom it was sent to is gone.
        self.messenger = None;
        let end = self.config.ladder.drain_limit().map(|limit| self.now() + limit);
        let mut deadline = end;
        if self.own == Pid::INIT && self.killing.is_none() {
            let _ = self.ask_all(Signal::TERM, 0);
        }
        // So many of our children, the first ones in the list, have been asked.
        let mut asked = 0u64;
        while !self.has_given_up {
            let before = self.reaped();
            let children = self.reap();
            asked = asked.saturating_sub(self.reaped() - before);
            if children == Children::None {
                return;
            }
            if self.killing.is_some() {
                self.kill_all();
            } else if self.own != Pid::INIT {
                match self.ask_all(Signal::TERM, asked) {
                    Ok(count) => (asked, deadline) = (count, end),
                    // Nobody but the command's group has been asked, and nothing would end the wait for the others.
                    Err(errno) if deadline.is_none() => {
                        self.report(Event::ChildrenRefused { errno });
                        deadline = Some(self.now() + GIVE_UP_AFTER);
                    }
                    Err(_) => {}
                }
            }
            let due = self.killing.or(deadline);
            if due.is_some_and(|due| self.now() >= due) {
                if self.killing.is_some() || end.is_none() {
                    return;
                }
                self.step(Signal::KILL);
                continue;
            }
            // A repeated stop signal goes to all that are left; anything else was for the child, which is gone.
            if let Some(received) = self.wait(SignalSet::ALL, children, due)
                && self.config.stop_on.contains(received.signal)
            {
                let _ = self.ask_all(received.signal, 0);
            }
        }
    }

    fn ask(&self, recipient: Recipient, signal: Signal) {
        let _ = self.kernel.kill(recipient, signal);
        // A stopped process acts on nothing but SIGKILL before it is continued.
        if signal != Signal::KILL {
            let _ = self.kernel.kill(recipient, Signal::CONT);
        }
    }

    /// Sends `signal` to all that are left; of our children to those that have become ours since so many were asked, who
    /// are the last ones of the list (forget_original_parent in the kernel's `exit.c`). Says how many there are.
    fn ask_all(&self, signal: Signal, asked: u64) -> Result<u64, Errno> {
        let mut count = 0;
        if self.own == Pid::INIT {
            self.ask(Recipient::Everyone, signal);
        } else {
            let killer = self.killer();
            self.kernel.each_child(|child| {
                count += 1;
                if count > asked && killer != Some(child) {
                    self.ask(Recipient::Process(child), signal);
                }
            })?;
        }
        Ok(count.max(asked))
    }

    /// Who is on the way to kill the child as its user, if somebody is.
    fn killer(&self) -> Option<Pid> {
        self.messenger.filter(|messenger| messenger.passed == Signal::KILL).map(|killer| killer.pid)
    }
}
