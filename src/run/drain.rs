//! The remaining processes: when a ladder ends, all are killed; with `--drain` they are asked to end when the child has
//! ended, and waited for.
//!
//! As PID 1 that is every process of the namespace, and one kill(2) reaches them. Otherwise it is our descendants, and
//! the kernel lists only our children: deeper ones become ours as their parents end, so each sweep is followed by
//! another until none is left. A child that we have not reaped keeps its number, so no other process is hit.
//! Where there is no list (no /proc, no CONFIG_PROC_CHILDREN), only the command and its group are reached.

use super::stopping::GIVE_UP_AFTER;
use super::supervisor::{Children, Supervisor};
use crate::message::event::Event;
use crate::model::errno::Errno;
use crate::model::process::{Pid, Recipient};
use crate::model::signal::{Signal, SignalSet};
use crate::policy::facts::OwnKill;
use crate::policy::forward::Target;
use crate::sys::Kernel;

impl<K: Kernel> Supervisor<'_, K> {
    /// Kills all that we may signal, the child among them.
    pub(super) fn kill_all(&mut self) {
        let _ = self.ask_all(Signal::KILL, 0);
        // It is reaped: its number may belong to another process now.
        if self.has_ended {
            return;
        }
        if self.own != Pid::INIT {
            let _ = self.kernel.kill(Recipient::Group(self.child), Signal::KILL);
        }
        // A success of these calls says nothing about the child: kill(2) skips processes that we may not signal.
        let child = Recipient::Process(self.child);
        // PID 1 needs no messenger: its end is the end of the child.
        if self.kernel.kill(child, Signal::KILL) == Err(Errno::PERM)
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
    /// If the group has no other process, nothing is lost.
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
    /// The first step of the ladder says how much time the remaining processes have; then they are killed. A process
    /// that has not ended some time after that hangs in the kernel, and is not waited for any more.
    // 88 bytes less.
    #[inline(never)]
    pub(super) fn drain(&mut self) {
        let is_wanted = self.config.drains || (self.killing.is_some() && self.own != Pid::INIT);
        if !is_wanted || self.has_given_up {
            return;
        }
        // Any messenger is one of the remaining: the process that it was sent to has ended.
        self.messenger = None;
        let end = self.config.ladder.drain_limit().map(|limit| self.now() + limit);
        let mut deadline = end;
        if self.own == Pid::INIT && self.killing.is_none() {
            let _ = self.ask_all(Signal::TERM, 0);
        }
        // How many of our children have been asked: the first ones in the list.
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
                    // Only the command's group has been asked, and nothing would end the wait for the others.
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
                self.kill(OwnKill::Deadline);
                continue;
            }
            // A repeated stop signal goes to all that remain. Any other signal was for the child, which has ended.
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

    /// Sends `signal` to all that remain; of our children to all but the first `asked`, which have been asked already:
    /// adopted ones come last in the list (forget_original_parent in the kernel's `exit.c`). Returns how many there are.
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

    /// The messenger that is to kill the child as its user, if there is one.
    pub(super) fn killer(&self) -> Option<Pid> {
        self.messenger.filter(|messenger| messenger.passed == Signal::KILL).map(|killer| killer.pid)
    }
}
