//! From a stop signal to the last step of the ladder.

use super::supervisor::Supervisor;
use crate::message::event::Event;
use crate::model::siginfo::Received;
use crate::model::signal::Signal;
use crate::policy::facts::OwnKill;
use crate::policy::forward;
use crate::run::post_mortem;
use crate::sys::Kernel;
use crate::time::Nanoseconds;

/// How long pausa waits for the end of a process that it has killed, which may hang in the kernel, or belong to another
/// user.
pub(super) const GIVE_UP_AFTER: Nanoseconds = Nanoseconds::SECOND;

/// How often a stop signal may lead to a message ahead.
const TOLD_EACH: Nanoseconds = Nanoseconds::SECOND;

impl<K: Kernel> Supervisor<'_, K> {
    /// A stop signal was received, and a rewrite has left this of it.
    pub(super) fn ask_to_stop(&mut self, received: &Received, passed: Option<Signal>) {
        // Without a deadline the time is for the message alone.
        let now = if self.config.needs_clock() { self.now() } else { self.kernel.now().unwrap_or_default() };
        let was_under_way = self.shutdown.is_under_way();
        let step = self.shutdown.ask(passed, now);
        let leads_on = step.is_some() || (!was_under_way && self.shutdown.is_under_way());
        let is_alive = !self.is_zombie();
        if leads_on && is_alive {
            self.facts.asked = Some(post_mortem::asked(self.kernel, received, now));
            if self.facts.first_asked.is_none() {
                self.facts.first_asked = self.facts.asked;
            }
        }
        match step {
            Some(step) if Some(step) == passed && step != Signal::KILL => {
                self.has_passed_stop = true;
                let is_sent = if step == Signal::CONT {
                    self.resume(Some(received))
                } else {
                    self.forward(received, step)
                };
                self.has_reached |= is_alive && is_sent;
            }
            Some(step) => {
                let is_rewritten = Some(step) == passed;
                self.step(step, if is_rewritten { OwnKill::Rewrite } else { OwnKill::Deadline });
            }
            None => {}
        }
        // One that leads to nothing is not told of.
        self.is_untold |= self.has_passed_stop || self.shutdown.is_under_way();
        self.tell_ahead(now);
    }

    /// Writes into the message who has asked for a stop, for the case that a SIGKILL for us comes before the end. Not more
    /// than once in [`TOLD_EACH`]: who floods us with stop signals must not make us write without end.
    fn tell_ahead(&mut self, now: Nanoseconds) {
        if !self.is_untold || now < self.next_telling {
            // Where the kernel refuses to tell the time, no later comes.
            self.is_untold &= now > Nanoseconds::ZERO;
            return;
        }
        (self.is_untold, self.next_telling) = (false, now + TOLD_EACH);
        if !self.has_ended && self.facts.asked.is_some() && self.paper.is_some() {
            self.look_at_memory();
            self.write_message();
        }
    }

    /// The deadline may have come.
    #[inline(never)]
    pub(super) fn expire(&mut self) {
        if let Some(give_up) = self.killing {
            if self.now() >= give_up {
                self.give_up();
            }
        } else if let Some(due) = self.shutdown.deadline() {
            let now = self.now();
            if now >= due {
                self.go_on(due, now);
            }
        }
        if self.is_untold {
            let now = self.kernel.now().unwrap_or_default();
            self.tell_ahead(now);
        }
    }

    /// The deadline has come.
    fn go_on(&mut self, due: Nanoseconds, now: Nanoseconds) {
        let is_limit = !self.shutdown.is_under_way() && !self.has_passed_stop;
        let why = if self.shutdown.holds() { OwnKill::Rewrite } else { OwnKill::Deadline };
        let signal = self.shutdown.go_on(self.config.rewrites.apply(Signal::TERM), now);
        if is_limit {
            // What was asked for before has led to nothing.
            self.facts.asked = None;
            self.facts.has_timed_out = !self.is_zombie();
            self.facts.grace = self.config.timeout;
        } else if !self.facts.has_timed_out {
            self.facts.grace = due - self.facts.first_asked.map_or(due, |asked| asked.at);
        }
        if let Some(signal) = signal {
            self.step(signal, why);
        }
    }

    /// A step of the ladder: sent by nobody but us. `why` counts if it is SIGKILL.
    fn step(&mut self, signal: Signal, why: OwnKill) {
        self.has_passed_stop = true;
        if signal == Signal::KILL {
            return self.kill(why);
        }
        let is_alive = !self.is_zombie();
        let is_sent = if signal == Signal::CONT {
            self.resume(None)
        } else {
            self.send(forward::recipient(self.config.target, self.child), signal, signal, None)
        };
        self.has_reached |= is_alive && is_sent;
        if signal != Signal::CONT && self.facts.has_timed_out {
            // Who is stopped would not act on it. A sender from outside can see to that; here is none.
            self.resume(None);
        }
    }

    /// Kills all, and from now on everybody who comes to us.
    pub(super) fn kill(&mut self, why: OwnKill) {
        let now = self.now();
        // In a drain it is others that are killed.
        if self.facts.own_kill.is_none() && !self.has_ended && !self.is_zombie() {
            self.facts.own_kill = Some(why);
        }
        if why == OwnKill::Deadline {
            self.report(Event::Killing);
        }
        self.kill_all();
        let give_up = now + GIVE_UP_AFTER;
        // A repeated request (`-r TERM:KILL`) kills again, and does not move the time at which we give up.
        self.killing = self.killing.or(Some(give_up));
    }

    /// Whether the child has ended and was not reaped yet: its end may be seen only after a signal that came later, since
    /// SIGCHLD has a higher number than most. Such an end is nobody's doing who has asked for one afterwards.
    pub(super) fn is_zombie(&self) -> bool {
        self.kernel.has_ended(self.child) == Ok(true)
    }
}
