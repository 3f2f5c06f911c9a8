//! The oracles over the signals that pausa sends: to whom, why, and when (3 to 7). `judge.rs` has the list.

use crate::judge::{Due, Owed};
use crate::marks::Mark;
use crate::world::{Entry, SECOND, Truth};
use pausa::model::errno::Errno;
use pausa::model::process::{Pid, Recipient};
use pausa::model::signal::Signal;

impl Truth {
    pub fn judge_kill(&mut self, to: Recipient, signal: Signal) {
        self.judge_recipient(to);
        if !self.explain(to, signal) {
            self.wrong(format!("4: nothing asks for {signal:?} to {to:?}"));
        }
        let everyone = to == Recipient::Everyone;
        let own = self.own;
        // Its number may be somebody else's afterwards.
        let child = if self.judge.end.is_none() { self.child } else { 0 };
        for process in &mut self.processes {
            let is_meant = match to {
                Recipient::Process(pid) => process.pid == pid.raw(),
                Recipient::Group(leader) => process.group == leader.raw(),
                Recipient::OwnGroup => false,
                Recipient::Everyone => process.pid > 1 && process.pid != own,
            };
            process.struck |= is_meant && signal == Signal::KILL;
            self.judge.struck_alive |=
                is_meant && signal == Signal::KILL && process.pid == child && !process.is_zombie();
            process.asked |= is_meant && signal == Signal::TERM;
        }
        self.judge.has_asked_all |= everyone && signal == Signal::TERM;
        self.judge.last_kill = Some((to, signal));
    }

    /// Oracle 3.
    fn judge_recipient(&self, to: Recipient) {
        match to {
            Recipient::Process(pid) if pid.raw() == self.own => {}
            Recipient::Process(pid) => {
                let is_ours = self.get(pid.raw()).is_some_and(|process| process.parent == self.own);
                self.demand(is_ours, "3: it signals a process that is no child of ours");
            }
            Recipient::Group(leader) => {
                self.demand(leader.raw() == self.child, "3: it signals a group that is not the child's");
                self.demand(
                    self.judge.end.is_none(),
                    "3: it signals the child's group after the child was reaped",
                );
            }
            Recipient::Everyone => self.demand(self.own == 1, "3: it signals everyone, and is not PID 1"),
            Recipient::OwnGroup => self.wrong("3: it signals its own group"),
        }
    }

    /// Whether something asks for this; if so, that is done.
    fn explain(&mut self, to: Recipient, signal: Signal) -> bool {
        let child = Recipient::Process(Pid::new(self.child));
        if self.judge.fallback == Some(signal) && to == child {
            (self.judge.fallback, self.judge.owes_fallback) = (None, false);
            self.mark(Mark::Fallback);
            return true;
        }
        let resumes = self.resume_target();
        let owed = self.judge.owed.iter().position(|&owed| match owed {
            Owed::Send(recipient, sent) => (recipient, sent) == (to, signal),
            Owed::Resume => (to, signal) == (resumes, Signal::CONT),
            Owed::Kill => signal == Signal::KILL,
            Owed::Again(sent) => sent == signal,
            Owed::Messenger(..) => false,
            Owed::Suspend => (to, signal) == (Recipient::Process(Pid::new(self.own)), Signal::STOP),
        });
        if let Some(at) = owed {
            match self.judge.owed.remove(at) {
                Owed::Resume => self.resumed(),
                Owed::Kill => self.kill_begins(),
                Owed::Send(..) => self.judge.was_asked_to_stop |= Self::is_stop(signal),
                _ => {}
            }
            return true;
        }
        let resumes_itself = self.judge.must_resume || self.judge.may_resume;
        if signal == Signal::CONT && resumes_itself && to == resumes {
            self.resumed();
            return true;
        }
        if self.step_is_due(to, signal) || self.limit_has_come(to, signal) {
            return true;
        }
        if signal == Signal::KILL && self.judge.killing.is_some() {
            return true;
        }
        self.explain_end(to, signal)
    }

    /// What the child's end leads to.
    fn explain_end(&mut self, to: Recipient, signal: Signal) -> bool {
        let config = &self.orders.config;
        let has_ended =
            self.judge.end.is_some() || self.get(self.child).is_some_and(|child| child.is_zombie());
        if !has_ended {
            return false;
        }
        if self.judge.end.is_some() && self.judge.held == Some(signal) {
            return true;
        }
        // Behind what asks it to end.
        if signal == Signal::CONT && self.judge.last_kill.is_some_and(|(last, _)| last == to) {
            return true;
        }
        if config.drains {
            if signal == Signal::TERM {
                return true;
            }
            let is_over = self.judge.drain_over.is_some_and(|earliest| earliest <= self.now);
            if signal == Signal::KILL && is_over {
                self.kill_begins();
                self.mark(Mark::DrainKill);
                return true;
            }
        }
        let farewell = config.contract.farewell.and_then(|signal| config.rewrites.apply(signal));
        farewell == Some(signal) && to == Recipient::Group(Pid::new(self.child))
    }

    /// Whether the ladder wants this now; if so, it goes on.
    fn step_is_due(&mut self, to: Recipient, signal: Signal) -> bool {
        let Some(due) = self.judge.due.filter(|due| due.earliest <= self.now) else { return false };
        let _ = due;
        let Some(&(step, _)) = self.orders.ladder.get(self.judge.next) else { return false };
        let step = step.or(self.judge.held);
        let continues = signal == Signal::CONT && to == self.resume_target();
        let is_meant = to == self.target() || continues || signal == Signal::KILL;
        if step != Some(signal) || !is_meant {
            return false;
        }
        self.advance();
        self.stepped(signal);
        self.mark(Mark::Step);
        true
    }

    pub fn kill_begins(&mut self) {
        self.judge.due = None;
        self.judge.drain = None;
        if self.judge.killing.is_none() {
            let span = SECOND;
            self.judge.killing = Some(Due { earliest: self.judge.turn + span, latest: u64::MAX, span });
            self.mark(Mark::Killing);
        }
    }

    pub fn judge_killed(&mut self, to: Recipient, signal: Signal, result: Result<(), Errno>) {
        self.log.push(Entry::Kill(to, signal, result));
        let child_lives =
            self.judge.end.is_none() && self.get(self.child).is_some_and(|child| !child.is_zombie());
        let is_one = matches!(to, Recipient::Process(_));
        if result == Err(Errno::SRCH) && self.judge.end.is_none() {
            (self.judge.fallback, self.judge.owes_fallback) = (Some(signal), child_lives && !is_one);
        }
        let is_child = to == Recipient::Process(Pid::new(self.child));
        self.judge.refused = (result == Err(Errno::PERM)).then_some((to, signal));
        let can_know = self.has_proc && self.judge.faulted.is_none() && !self.has_killer();
        if self.judge.refused.is_some() && child_lives && signal != Signal::KILL && can_know {
            self.judge.owed.push(Owed::Messenger(to, signal));
        }
        if is_child && signal == Signal::KILL && self.judge.killing.is_some() && self.judge.end.is_none() {
            self.judge.child_refused = result == Err(Errno::PERM) && !self.has_killer();
            if self.judge.child_refused {
                self.mark(Mark::Refused);
            }
        }
    }

    /// Whether somebody is on the way to kill the child, for all that we can know.
    fn has_killer(&self) -> bool {
        let kills = |errand: Option<(u32, Recipient, Signal)>| {
            errand.is_some_and(|(.., signal)| signal == Signal::KILL)
        };
        self.own != 1 && self.first_child(|process| kills(process.errand)).is_some()
    }

    /// What we may not send is sent by somebody else, once.
    pub fn judge_messenger(&mut self, to: Recipient, signal: Signal) {
        if self.judge.refused.take() != Some((to, signal)) {
            self.wrong(format!("4: nothing asks for a messenger with {signal:?} to {to:?}"));
        }
        self.judge.owed.retain(|&owed| owed != Owed::Messenger(to, signal));
        self.judge.child_refused &= signal != Signal::KILL;
    }

    pub fn judge_requeue(&mut self, to: Recipient, signal: Signal) {
        self.judge_kill(to, signal);
        self.judge.requeued = Some((to, signal));
    }

    pub fn judge_requeued(&mut self, result: Result<(), Errno>) {
        if let Some((to, signal)) = self.judge.requeued.take()
            && result.is_err()
        {
            self.judge.owed.push(Owed::Send(to, signal));
            self.mark(Mark::RequeueFails);
        } else {
            self.mark(Mark::ForwardedQueued);
        }
    }
}
