//! The remaining processes: when a ladder ends, all are killed; with `--drain` they are asked to end when the child has
//! ended, and waited for.
//!
//! As PID 1 that is every process of the namespace, and one kill(2) reaches them. Otherwise it is our descendants, and
//! the kernel lists only our children: deeper ones become ours as their parents end, so each sweep is followed by
//! another until none is left. A child that we have not reaped keeps its number, so no other process is hit.
//! Where there is no list (no /proc, no CONFIG_PROC_CHILDREN), only the command and its group are reached.

use super::supervisor::{Children, Supervisor};
use crate::message::termination::OwnKill;
use crate::model::errno::Errno;
use crate::model::process::{Pid, Recipient};
use crate::model::signal::{Signal, SignalSet};
use crate::policy::forward::Target;
use crate::run::post_mortem;
use crate::sys::Kernel;

impl<K: Kernel> Supervisor<'_, K> {
    /// Kills all that we may signal, the child among them.
    pub(super) fn kill_all(&mut self) {
        if self.own == Pid::INIT {
            let _ = self.kernel.kill(Recipient::Everyone, Signal::KILL);
        } else {
            let _ = self.kernel.each_child(|child| {
                let _ = self.kernel.kill(Recipient::Process(child), Signal::KILL);
            });
        }
        if self.has_ended {
            return;
        }
        if self.own != Pid::INIT {
            let _ = self.kernel.kill(Recipient::Group(self.child), Signal::KILL);
        }
        // A success of these calls says nothing about the child: kill(2) skips processes that we may not signal.
        let child = Recipient::Process(self.child);
        if self.kernel.kill(child, Signal::KILL) == Err(Errno::PERM) && !self.kill_as_its_user(child) {
            self.give_up();
        }
    }

    /// Has a messenger kill the child as the child's user, and says whether there is one. PID 1 needs none: its end is
    /// the end of the child.
    fn kill_as_its_user(&self, child: Recipient) -> bool {
        self.own != Pid::INIT
            && post_mortem::real_user(self.kernel, self.child)
                .is_some_and(|user| self.kernel.kill_as(user, child, Signal::KILL).is_ok())
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
            self.ask(group);
        }
    }

    /// The child has ended. If a kill or a drain is under way, sees it through.
    ///
    /// The first step of the ladder says how much time the remaining processes have; then they are killed. A process
    /// that has not ended some time after that hangs in the kernel, and is not waited for any more.
    pub(super) fn drain(&mut self) {
        let is_wanted = self.config.drains || (self.killing.is_some() && self.own != Pid::INIT);
        if !is_wanted || self.has_given_up {
            return;
        }
        let deadline = self.config.ladder.drain_limit().map(|limit| self.kernel.now() + limit);
        if self.own == Pid::INIT && self.killing.is_none() {
            self.ask(Recipient::Everyone);
        }
        // How many of our children have been asked: the first ones in the list.
        let mut asked = 0;
        loop {
            if self.killing.is_some() {
                self.kill_all();
            } else if self.own != Pid::INIT {
                asked = self.ask_adopted(asked);
            }
            let before = self.reaped();
            let children = self.reap();
            asked = asked.saturating_sub(self.reaped() - before);
            if children == Children::None {
                return;
            }
            let due = self.killing.or(deadline);
            if due.is_some_and(|due| self.kernel.now() >= due) {
                if self.killing.is_some() {
                    return;
                }
                self.kill(OwnKill::Deadline);
                continue;
            }
            // A repeated stop signal goes to all that remain. Any other signal was for the child, which has ended.
            match self.wait(SignalSet::ALL, children, due) {
                Ok(Some(received)) if self.config.stop_on.contains(received.signal) => {
                    self.ask_again(received.signal);
                }
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }

    fn ask(&self, recipient: Recipient) {
        let _ = self.kernel.kill(recipient, Signal::TERM);
        // A stopped process does not act on SIGTERM before it is continued.
        let _ = self.kernel.kill(recipient, Signal::CONT);
    }

    /// Asks our children except for the first `asked`, which have been asked already: adopted ones come last in the
    /// list (forget_original_parent in the kernel's `exit.c`). Returns how many have been asked now.
    fn ask_adopted(&self, asked: u64) -> u64 {
        let mut count = 0;
        let _ = self.kernel.each_child(|child| {
            count += 1;
            if count > asked {
                self.ask(Recipient::Process(child));
            }
        });
        count.max(asked)
    }

    fn ask_again(&self, signal: Signal) {
        if self.own == Pid::INIT {
            let _ = self.kernel.kill(Recipient::Everyone, signal);
        } else {
            let _ = self.kernel.each_child(|child| {
                let _ = self.kernel.kill(Recipient::Process(child), signal);
            });
        }
    }
}
