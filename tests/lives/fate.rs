//! Oracle 4: what a received signal must lead to before the next wait. The rules once more, written from what pausa
//! promises and not from how it keeps that.

use crate::judge::{Due, Owed};
use crate::marks::Mark;
use crate::world::Truth;
use pausa::model::process::{Pid, Recipient};
use pausa::model::signal::Signal;
use pausa::policy::forward::Target;

impl Truth {
    /// Whom a forwarded signal is for.
    pub fn target(&self) -> Recipient {
        let child = Pid::new(self.child);
        match self.orders.config.target {
            Target::Child => Recipient::Process(child),
            Target::Group => Recipient::Group(child),
            Target::All => Recipient::Everyone,
        }
    }

    /// A key stops a whole group, so the whole group goes on.
    pub fn resume_target(&self) -> Recipient {
        match self.target() {
            Recipient::Process(child) if self.judge.stopped.is_some() => Recipient::Group(child),
            target => target,
        }
    }

    pub fn resumed(&mut self) {
        self.judge.stopped = None;
        self.judge.was_asked_to_stop = false;
        self.clear_must_resume();
    }

    pub fn fate(&mut self, signal: Signal) {
        let config = &self.orders.config;
        if signal == Signal::CHLD {
            return;
        }
        if self.judge.end.is_some() {
            if self.asks_to_stop(signal, signal) {
                self.judge.held = Some(signal);
                if self.somebody_is_left() {
                    self.judge.owed.push(Owed::Again(signal));
                    self.mark(Mark::Again);
                }
            }
            return;
        }
        if config.contract.suspends_itself && signal.is_terminal_stop() {
            self.judge.owed.push(Owed::Suspend);
            self.mark(Mark::Suspends);
        }
        if self.judge.ignored_once.0.remove(signal) || config.contract.swallowed.contains(signal) {
            return;
        }
        match config.rewrites.apply(signal) {
            None if self.asks_to_stop(signal, signal) => self.asked_to_stop(None),
            None => self.mark(Mark::Dropped),
            Some(passed) if self.asks_to_stop(signal, passed) => {
                self.judge.from_terminal &= passed == signal;
                self.asked_to_stop(Some(passed));
            }
            Some(Signal::CONT) => self.judge.owed.insert(0, Owed::Resume),
            Some(passed) => {
                self.judge.from_terminal &= passed == signal;
                self.owe(passed);
            }
        }
    }

    fn owe(&mut self, passed: Signal) {
        if self.judge.from_terminal && self.shares_group {
            return self.mark(Mark::HadIt);
        }
        self.judge.owed.insert(0, Owed::Send(self.target(), passed));
    }

    /// `passed`: what a rewrite has left of it.
    fn asked_to_stop(&mut self, passed: Option<Signal>) {
        let delay = self.orders.config.delay.get();
        if self.judge.next > 0 {
            return self.send_or_kill(passed);
        }
        if delay > 0 && self.judge.due.is_none() {
            self.judge.held = passed;
            let (due, limit) = (self.due_in(delay), self.judge.limit.due.map_or(u64::MAX, |due| due.latest));
            self.judge.due = Some(Due {
                earliest: due.earliest.min(limit),
                latest: due.latest.min(limit),
                span: due.span,
            });
            return self.mark(Mark::Held);
        }
        if self.judge.due.is_some() {
            self.mark(Mark::Superseded);
        }
        let step = self.orders.ladder[0].0.or(passed);
        self.judge.from_terminal &= step == passed;
        self.advance();
        self.send_or_kill(step);
    }

    fn send_or_kill(&mut self, signal: Option<Signal>) {
        self.judge.limit.has_passed_stop |= signal.is_some();
        match signal {
            None => self.mark(Mark::Dropped),
            Some(Signal::KILL) => self.judge.owed.insert(0, Owed::Kill),
            Some(Signal::CONT) => self.judge.owed.insert(0, Owed::Resume),
            Some(signal) => self.owe(signal),
        }
    }

    /// A step has come: when is the next one?
    pub fn advance(&mut self) {
        let step = self.judge.next;
        let is_last = step + 1 >= self.orders.ladder.len();
        self.judge.due = (!is_last).then(|| self.due_in(self.orders.wait_of(step)));
        self.judge.next += 1;
        self.judge.limit.has_advanced = true;
    }

    /// The supervisor has read the clock at some moment of this turn, or will.
    const fn due_in(&self, span: u64) -> Due {
        Due { earliest: self.judge.turn.saturating_add(span), latest: u64::MAX, span }
    }

    fn somebody_is_left(&self) -> bool {
        if self.own == 1 {
            return true;
        }
        self.has_proc && self.judge.faulted.is_none() && self.first_child(|_| true).is_some()
    }

    /// Whether it asks the program to end, as it came or as it is passed on.
    fn asks_to_stop(&self, signal: Signal, passed: Signal) -> bool {
        let stops = self.orders.config.stop_on;
        stops.contains(signal) || stops.contains(passed)
    }
}
