//! Lives and an oracle of `-T`: the command is asked to stop when its time is over, whatever else goes on, and unless a
//! ladder asks already. Each wait but a ladder's ends by then, so pausa ends within the time, the ladder and its giving up,
//! whatever the command does (5, 6).

use crate::judge::Due;
use crate::life::{
    CONT, HUP, INT, KILL, Life, QUIT, STOP, TERM, TSTP, USR1, child, ignores, life, ms, obeys, on, outside,
    process, s, world,
};
use crate::marks::Mark;
use crate::process::{React, State};
use crate::world::{Call, Fault, Truth};
use pausa::model::errno::Errno;
use pausa::model::process::Recipient;
use pausa::model::signal::Signal;

/// What the oracles know of `-T`.
#[derive(Default, Debug)]
pub struct Limit {
    /// When it is over; `latest` may be later where it is nothing that must be kept any more.
    pub due: Option<Due>,
    /// Whether a stop signal or a step has gone to the child.
    pub has_passed_stop: bool,
    /// Whether a step was taken since the last wait.
    pub has_advanced: bool,
    /// Whether the end is to be told as one for want of time. `None`: the child had ended, and whether that was seen is open.
    pub has_come: Option<bool>,
}

impl Limit {
    pub fn new(start: u64, timeout: u64) -> Self {
        let moment = start.saturating_add(timeout);
        let due = Due { earliest: moment, latest: moment, span: u64::MAX };
        Self { due: (timeout > 0).then_some(due), has_come: Some(false), ..Self::default() }
    }
}

impl Truth {
    /// The signal of our own, as a rewrite leaves it.
    fn own_stop(&self) -> Option<Signal> {
        self.orders.config.rewrites.apply(Signal::TERM)
    }

    /// What the limit demands of a wait.
    pub fn judge_limit(&mut self) -> Option<Due> {
        let (clock, turn) = (self.judge.clock, self.judge.turn);
        let sends_nothing =
            self.own_stop().is_none() && (self.judge.next > 0 || self.orders.ladder[0].0.is_none());
        if sends_nothing && self.limit_due().is_some_and(|due| due.earliest <= turn) {
            self.limit_is_over();
        }
        if let Some(due) = self.judge.limit.due.as_mut().filter(|due| due.earliest <= clock)
            && self.judge.limit.has_advanced
        {
            // It may have been over when the step was taken.
            due.latest = u64::MAX;
        }
        self.judge.limit.has_advanced = false;
        self.limit_due().filter(|due| due.latest < u64::MAX)
    }

    /// The same as a deadline, where nothing else is one.
    const fn limit_due(&self) -> Option<Due> {
        match (&self.judge.due, &self.judge.killing, self.judge.end) {
            (None, None, None) => self.judge.limit.due,
            _ => None,
        }
    }

    /// Whether the limit wants this now; if so, it is over, and the ladder begins.
    pub fn limit_has_come(&mut self, to: Recipient, signal: Signal) -> bool {
        let Some(_) = self.limit_due().filter(|due| due.earliest <= self.now) else { return false };
        let first = if self.judge.next == 0 { self.orders.ladder[0].0 } else { None };
        if first.or(self.own_stop()) != Some(signal) || !(to == self.target() || signal == Signal::KILL) {
            return false;
        }
        self.limit_is_over();
        self.stepped(signal);
        true
    }

    fn limit_is_over(&mut self) {
        let lives = self.get(self.child).is_some_and(|child| !child.is_zombie());
        let limit = &mut self.judge.limit;
        limit.due = None;
        if !limit.has_passed_stop {
            limit.has_come = if lives { Some(true) } else { None };
        }
        if self.judge.next == 0 {
            self.advance();
        }
        self.mark(Mark::OutOfTime);
    }

    /// A step of ours was sent. Behind the limit nobody else would continue a child that is stopped.
    pub fn stepped(&mut self, signal: Signal) {
        self.judge.limit.has_passed_stop = true;
        match signal {
            Signal::KILL => self.kill_begins(),
            Signal::CONT => self.resumed(),
            _ => match self.judge.limit.has_come {
                Some(true) => self.judge.owed.push(crate::judge::Owed::Resume),
                Some(false) => {}
                None => self.judge.may_resume = true,
            },
        }
    }
}

fn says(truth: &Truth, part: &str) -> bool {
    String::from_utf8_lossy(&truth.judge.message).contains(part)
}

fn stays() -> crate::life::Manners {
    on(TERM, React::Stay).on(INT, React::Stay)
}

/// `timeout`.
pub fn scenes() -> Vec<Life> {
    let told = |name, options: &str| life(name).pausa(format!("-m/message -F json {options}").leak());
    let timed_out = |life: Life| life.so_that("it says so", |truth| says(truth, r#""reason":"timeout""#));
    let flooded = |life: Life| life.at(s(4), world(|truth| truth.flood = (HUP, 3000)));
    vec![
        timed_out(told("a command that runs too long is asked to stop", "-T 5s"))
            .hears(child(), &[TERM])
            .ends(124)
            .after(s(5)),
        timed_out(told("-T is not delayed by -d", "-T 5s -d 1h"))
            .hears(child(), &[TERM])
            .ends(124)
            .after(s(5)),
        timed_out(told("-T begins the ladder", "-T 5s -S USR1:1s,QUIT:1s,KILL"))
            .child(on(USR1, React::Stay).on(QUIT, React::Stay))
            .hears(child(), &[USR1, QUIT, KILL])
            .ends(137)
            .after(s(7)),
        timed_out(told("-T and -k kill who stays", "-T 5s -k 2s")).child(ignores(TERM)).ends(137).after(s(7)),
        timed_out(told("-T and -S KILL kill at once", "-T 5s -S KILL")).ends(137).after(s(5)),
        timed_out(told("what exits with 0 when its time is over has run too long", "-T 5s"))
            .child(on(TERM, React::ExitAfter(s(1), 0)))
            .ends(124)
            .after(s(6)),
        timed_out(told("a rewrite holds for the stop of our own", "-T 5s -r TERM:QUIT"))
            .hears(child(), &[QUIT])
            .ends(124),
        timed_out(told("-r TERM:0 leaves the rest of the ladder", "-T 5s -k 2s -r TERM:0"))
            .hears(child(), &[KILL])
            .ends(137)
            .after(s(7)),
        life("-T 0 is no limit").pausa("-T 0").at(s(9), child().exits(7)).ends(7).after(s(9)),
        told("a command that ends in time is left alone", "-T 5s")
            .at(s(4), child().exits(7))
            .so_that("it says so", |truth| says(truth, r#""reason":"exit""#))
            .ends(7)
            .after(s(4)),
        timed_out(told("a command that is stopped is continued", "-T 5s"))
            .at(s(1), child().gets(STOP))
            .hears(child(), &[STOP, CONT, TERM])
            .ends(124)
            .after(s(5)),
        told("a stop signal that came before keeps its reason", "-T 5s -k 2s")
            .child(on(TERM, React::ExitAfter(ms(1500), 3)))
            .at(s(4), outside().kills(TERM))
            .hears(child(), &[TERM])
            .so_that("it says so", |truth| says(truth, r#""reason":"asked""#))
            .ends(3)
            .after(ms(5500)),
        told("a delay is over with the time", "-T 5s -d 1h")
            .at(s(4), outside().kills(INT))
            .hears(child(), &[INT])
            .so_that("it says so", |truth| says(truth, r#""reason":"asked""#))
            .ends(130)
            .after(s(5)),
        life("a stop signal that is ignored takes no limit away")
            .pausa("-T 5s")
            .child(on(INT, React::Stay))
            .at(s(4), outside().kills(INT))
            .hears(child(), &[INT, TERM])
            .ends(143)
            .after(s(5)),
        timed_out(told("nor does one that is dropped", "-T 5s -r INT:0"))
            .at(s(4), outside().kills(INT))
            .so_that("nobody has asked", |truth| !says(truth, "stop_signal"))
            .hears(child(), &[TERM])
            .ends(124)
            .after(s(5)),
        timed_out(told("a stop signal that comes later changes no reason", "-T 5s -k 2s"))
            .child(stays())
            .at(s(6), outside().kills(INT))
            .so_that("it is told of", |truth| says(truth, r#""stop_signal":"SIGINT""#))
            .ends(137)
            .after(s(7)),
        timed_out(flooded(told("a flood of signals postpones no limit", "-T 5s -k 20ms")))
            .child(ignores(TERM).on(HUP, React::Ignore))
            .so_that("soon", |truth| truth.now < 105_200_000_000)
            .ends(137),
        timed_out(told("a flood of orphans postpones no limit", "-T 5s -k 20ms"))
            .child(ignores(TERM))
            .at(s(5), world(|truth| truth.orphans = 1000))
            .so_that("soon", |truth| truth.now < 105_300_000_000)
            .ends(137),
        life("a clock that stops is told, and the limit kills nobody")
            .pausa("-T 5s")
            .first(world(|truth| {
                truth.fault = Some(Fault { call: Call::Now, after: 1, for_ever: true, errno: Errno::PERM });
            }))
            .so_that("it says so", |truth| truth.lines == 1)
            .ends(125),
        life("a child that hangs is given up when its time is over")
            .pausa("-T 5s -k 2s")
            .first(child().hangs())
            .ends(137)
            .after(s(8)),
        life("a probe leaves nobody behind")
            .pausa("-T 5s -D -k 2s")
            .below_a_shell()
            .at(ms(1), child().forks("worker", ignores(TERM)))
            .at(ms(2), process("worker").leads_a_session())
            .at(ms(3), child().forks("orphan", obeys()))
            .so_that("nobody is left", |truth| truth.first_child(|_| true).is_none())
            .ends(124)
            .after(s(7)),
        life("Ctrl-Z as PID 1, and a limit")
            .pausa("-T 5s")
            .on_a_terminal()
            .at(s(1), outside().kills(TSTP))
            .at(s(2), world(|truth| assert_eq!(truth.child_mut().state, State::Stopped)))
            .ends(124)
            .after(s(5)),
    ]
}
