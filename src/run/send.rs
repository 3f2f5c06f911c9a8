//! How a signal gets to the child: with sender and value where the kernel supports that, to the child itself if its group
//! is empty, and as the child's user if we may not send it.

use super::supervisor::Supervisor;
use crate::message::event::Event;
use crate::model::errno::Errno;
use crate::model::process::{Pid, Recipient};
use crate::model::siginfo::Received;
use crate::model::signal::Signal;
use crate::model::status::WaitStatus;
use crate::policy::facts::OwnKill;
use crate::policy::forward;
use crate::run::post_mortem;
use crate::sys::Kernel;

/// A process that sends a signal as another user (`Kernel::kill_as`). Its exit status says whether it could.
#[derive(Clone, Copy)]
pub(super) struct Messenger {
    pub(super) pid: Pid,
    pub(super) signal: Signal,
    pub(super) passed: Signal,
    /// Whether a stop signal had reached the child before.
    pub(super) had_reached: bool,
}

impl<K: Kernel> Supervisor<'_, K> {
    /// Sends `passed` on, for the one that was received. Says whether the child has it, as far as is known.
    pub(super) fn forward(&mut self, received: &Received, passed: Signal) -> bool {
        if self.jobs.shares_group && received.is_from_terminal() && passed == received.signal {
            // The kernel has sent it to the whole group, and so to the child.
            return true;
        }
        if passed.is_terminal_stop() || passed == Signal::STOP {
            self.jobs.asked_to_stop = true;
        }
        if passed != received.signal {
            self.report(Event::Rewritten { signal: received.signal, passed: Some(passed) });
        }
        let recipient = forward::recipient(self.config.target, self.child);
        let kills = passed == Signal::KILL && !self.is_zombie();
        let is_sent = self.send(recipient, received.signal, passed, Some(received));
        if kills && is_sent && self.facts.own_kill.is_none() {
            self.facts.own_kill = Some(OwnKill::Rewrite);
        }
        is_sent
    }

    /// Sends `passed` with the sender and value of what was received, if that has them and the kernel supports it; else by
    /// kill(2). If the child's group is empty, the child itself gets it: it may have moved to another group. If we may
    /// not send it, a messenger does as the user of the child. Reports what became of it, and says whether it is sent, or
    /// a messenger on its way.
    pub(super) fn send(
        &mut self,
        mut to: Recipient,
        signal: Signal,
        passed: Signal,
        received: Option<&Received>,
    ) -> bool {
        let mut sent = match received {
            Some(received) if received.is_queued() => self.kernel.requeue(to, passed, received),
            _ => Err(Errno::INVAL),
        };
        if sent.is_err() {
            sent = self.kernel.kill(to, passed);
        }
        if sent == Err(Errno::SRCH) {
            to = Recipient::Process(self.child);
            sent = self.kernel.kill(to, passed);
        }
        if sent == Err(Errno::PERM) && self.send_as_its_user(to, signal, passed) {
            return true;
        }
        self.report_sent(signal, passed, sent);
        sent.is_ok()
    }

    /// Has a messenger send it, and says whether there is one.
    ///
    /// Root without CAP_KILL may not signal a program that has dropped to another user (a hardened container whose
    /// entry point is gosu or setpriv). It has CAP_SETUID in just that case, or could not have dropped.
    pub(super) fn send_as_its_user(&mut self, to: Recipient, signal: Signal, passed: Signal) -> bool {
        if self.killer().is_some() {
            // Nothing else matters to the child then.
            return true;
        }
        let messenger = post_mortem::real_user(self.kernel, self.child)
            .and_then(|user| self.kernel.kill_as(user, to, passed).ok());
        if let Some(pid) = messenger {
            self.messenger = Some(Messenger { pid, signal, passed, had_reached: self.has_reached });
        }
        messenger.is_some()
    }

    /// Its end says whether the signal was sent.
    pub(super) fn messenger_ended(&mut self, messenger: Messenger, wait: WaitStatus) {
        let sent = match (wait.term_signal(), wait.exit_code()) {
            (None, 0) => Ok(()),
            (None, number) => Err(Errno::of(number.into())),
            (Some(_), _) => Err(Errno::PERM),
        };
        if sent != Ok(()) {
            self.has_reached = messenger.had_reached;
            if messenger.passed == Signal::KILL && self.killing.is_none() {
                self.facts.own_kill = None;
            }
        }
        self.report_sent(messenger.signal, messenger.passed, sent);
    }

    fn report_sent(&mut self, signal: Signal, passed: Signal, sent: Result<(), Errno>) {
        self.facts.forwarded += u64::from(sent.is_ok());
        self.report(match sent {
            Ok(()) => Event::Forwarded { signal, passed, pid: self.child },
            Err(errno) => Event::NotForwarded { signal: passed, pid: self.child, errno },
        });
    }
}
