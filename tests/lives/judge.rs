//! The oracles: what must hold at every call, from the calls so far and the world's truth, never from what the supervisor
//! thinks. `fate.rs` has what a received signal must lead to, `verdict.rs` what must hold at the end.
//!
//! The numbers of the oracles, which the complaints begin with:
//!
//! 1 the status is the child's end, and the loop ends only then · 2 no sleep over a child that can be reaped · 3 no number is
//! signalled that is not ours · 4 each signal has one fate · 5 the ladder's steps, in time · 6 who is killed, and when ·
//! 7 the drain · 8 bounded work between two waits · 9 stopped by a key, the job goes on; the foreground · 10 the message ·
//! 11 a refused call · 12 an end within so many calls · 13 a flood hides no other (`turns.rs`)

use crate::limits::Limit;
use crate::marks::Mark;
use crate::process::STOPS;
use crate::world::{Call, Entry, Truth};
use pausa::model::process::Recipient;
use pausa::model::signal::{Signal, SignalSet};
use pausa::time::Nanoseconds;
use std::panic::resume_unwind;

/// What an oracle says when something is wrong.
pub struct Wrong(pub String);

/// What we owe to somebody before the next wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Owed {
    Send(Recipient, Signal),
    /// SIGCONT to the child, and to its group if it has stopped.
    Resume,
    /// The killing of all.
    Kill,
    /// A repeated stop signal during a drain, to all that are left.
    Again(Signal),
    /// SIGSTOP to ourselves.
    Suspend,
    /// A process that sends what we may not.
    Messenger(Recipient, Signal),
}

/// When something is due: the supervisor reads the clock somewhere between the cause and the next wait.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    pub earliest: u64,
    pub latest: u64,
    pub span: u64,
}

#[derive(Default, Debug)]
pub struct Judge {
    pub ignored_once: SignalSet0,
    /// When the turn began: the return of the last wait.
    pub turn: u64,
    /// What the clock has last told.
    pub clock: u64,
    pub calls_in_turn: u32,
    pub calls: u32,
    pub has_looked: bool,
    pub had_zombies: bool,
    pub owed: Vec<Owed>,
    pub requeued: Option<(Recipient, Signal)>,
    /// To the child, since its group had nobody.
    pub fallback: Option<Signal>,
    /// Whether the signal at hand came from the terminal, so that its whole group has had it.
    pub from_terminal: bool,
    pub owes_fallback: bool,
    /// The ladder's next step, and when.
    pub next: usize,
    pub due: Option<Due>,
    pub held: Option<Signal>,
    pub limit: Limit,
    pub killing: Option<Due>,
    /// How the child ended, once it is reaped.
    pub end: Option<i32>,
    pub drain: Option<Due>,
    pub drain_over: Option<u64>,
    pub reaped: u64,
    pub last_kill: Option<(Recipient, Signal)>,
    pub child_refused: bool,
    pub has_listed: bool,
    pub listed: u64,
    pub has_asked_all: bool,
    /// The child's stop that wait4 has told.
    pub stopped: Option<Signal>,
    pub was_asked_to_stop: bool,
    pub must_resume: bool,
    pub may_resume: bool,
    /// What has become of our stopping ourselves, until the look for what has continued us.
    pub has_stopped_us: Option<bool>,
    /// What was refused last, for want of a right.
    pub refused: Option<(Recipient, Signal)>,
    /// Since when it is known that who is left cannot be asked.
    pub blind_since: Option<u64>,
    pub saw_foreground: Option<i32>,
    pub puts_forward: bool,
    pub faulted: Option<Call>,
    pub lines_after_fault: u32,
    pub messages: u32,
    /// Whether the file of the message could be opened.
    pub may_write: bool,
    /// How often a message was written ahead.
    pub aheads: u64,
    pub message: Vec<u8>,
    pub marks: u64,
    /// Whether the child was alive when a SIGKILL of ours was sent to it.
    pub struck_alive: bool,
    /// For each signal, how many others were taken while it was pending.
    pub passed_over: Vec<u32>,
}

/// `SignalSet` that begins empty.
#[derive(Clone, Copy, Debug)]
pub struct SignalSet0(pub SignalSet);

impl Default for SignalSet0 {
    fn default() -> Self {
        Self(SignalSet::EMPTY)
    }
}

/// More calls than any turn or life needs.
const TURN: u32 = 1500;
const LIFE: u32 = 20_000;

/// Ends the life: the unwinding goes through the supervisor to `life::live`.
fn complain(what: String) -> ! {
    resume_unwind(Box::new(Wrong(what)))
}

impl Truth {
    pub fn wrong(&self, what: impl Into<String>) -> ! {
        complain(what.into())
    }

    pub fn demand(&self, holds: bool, what: &str) {
        if !holds {
            self.wrong(what);
        }
    }

    pub fn judge_call(&mut self) {
        self.judge.calls += 1;
        self.judge.calls_in_turn += 1;
        self.demand(self.judge.calls_in_turn <= TURN, "8: it works on and on without a wait");
        self.demand(self.judge.calls <= LIFE, "12: it never comes to an end");
    }

    pub const fn judge_looks(&mut self) {
        self.judge.has_looked = true;
    }

    // -------------------------------------------------------------------------------------------------- the wait

    pub fn judge_wait(&mut self, set: SignalSet, limit: Option<Nanoseconds>) {
        let (now, own) = (self.now, self.own);
        if let Some(owed) = self.judge.owed.first() {
            self.wrong(format!("4: before this wait it owes {owed:?}"));
        }
        self.demand(!self.judge.owes_fallback, "4: the group had nobody, and the child itself is alive");
        self.demand(
            !self.judge.must_resume,
            "9: a key has stopped the child, and nobody else will continue it",
        );
        self.demand(!self.judge.child_refused, "6: it may not kill its child, and waits for it");
        self.demand(
            !self.judge.had_zombies || self.judge.has_looked,
            "2: a turn without a look at the children",
        );
        let (turn, mut time) = (self.judge.turn, self.judge_limit());
        // Time may pass between a look at the clock and the wait.
        let ends = limit.map(|limit| self.judge.clock.saturating_add(limit.get()));
        for (due, what) in [
            (&mut self.judge.due, "5: a step of the ladder"),
            (&mut time, "5: the end of the command's time"),
            (&mut self.judge.killing, "6: giving up"),
            (&mut self.judge.drain, "7: the end of the drain"),
        ] {
            let Some(due) = due else { continue };
            due.latest = due.latest.min(now.saturating_add(due.span));
            let latest = due.latest;
            if latest <= turn {
                complain(format!("{what} was due, and it waits"));
            } else if limit != Some(Nanoseconds::ZERO) && ends.is_none_or(|ends| ends > latest) {
                complain(format!("{what} is due before this wait ends"));
            }
        }
        if self.judge.end.is_some() {
            let drains = self.orders.config.drains;
            let sees_through = drains || (self.judge.killing.is_some() && own != 1);
            self.demand(sees_through, "1: the child has been reaped, and it waits on");
            if self.judge.killing.is_none() {
                self.judge_drain();
            }
        }
        if limit != Some(Nanoseconds::ZERO) {
            self.judge_sleep(set);
        }
    }

    /// What must not be when nothing but a signal or the limit wakes it.
    fn judge_sleep(&mut self, set: SignalSet) {
        if self.us().pending.has_any(set) {
            return;
        }
        let is_missed = self.first_child(|p| p.is_zombie() || p.unreported.is_some()).is_some();
        self.demand(!is_missed, "2: it sleeps over a child that can be reaped");
        if self.judge.killing.is_some() {
            let sees = self.has_proc && self.judge.faulted.is_none();
            let missed = self.first_child(|p| sees && p.is_heir && !p.struck && !p.is_zombie());
            self.demand(missed.is_none(), "6: a child of a process that was killed is not");
            let child = self.get(self.child).filter(|_| self.judge.end.is_none());
            self.demand(
                child.is_none_or(|child| child.struck || child.is_zombie()),
                "6: it has not tried to kill its child",
            );
        }
    }

    /// Who must have been asked by now.
    fn judge_drain(&mut self) {
        if self.judge.faulted.is_some() || !self.has_proc {
            return;
        }
        if self.own == 1 {
            return self.demand(self.judge.has_asked_all, "7: nobody has been asked");
        }
        self.demand(self.judge.has_listed, "7: it waits without a look for adopted ones");
        let listed = self.judge.listed;
        let forgotten =
            self.first_child(|process| !process.is_zombie() && process.order <= listed && !process.asked);
        if let Some(pid) = forgotten {
            self.wrong(format!("7: {pid} has not been asked to end"));
        }
    }

    pub fn judge_received(&mut self, taken: Option<(Signal, crate::process::Info)>) {
        let zombies = self.first_child(|process| process.is_zombie()).is_some();
        let judge = &mut self.judge;
        (judge.turn, judge.calls_in_turn, judge.has_looked, judge.had_zombies) =
            (self.now, 0, false, zombies);
        judge.has_listed = false;
        (judge.last_kill, judge.fallback) = (None, None);
        if let Some((signal, info)) = taken {
            self.judge_turns(signal);
            self.judge_signal(signal, info);
        }
    }

    pub fn judge_signal(&mut self, signal: Signal, info: crate::process::Info) {
        self.judge.from_terminal = info.code == libc::SI_KERNEL;
        self.log.push(Entry::Received(signal));
        self.fate(signal);
        self.judge.from_terminal = false;
    }

    pub fn mark(&mut self, mark: Mark) {
        self.judge.marks |= 1 << mark as u32;
    }

    pub fn is_stop(signal: Signal) -> bool {
        STOPS.contains(&signal)
    }
}

impl Judge {
    pub const fn stop_is_over(&mut self) {
        (self.must_resume, self.may_resume) = (false, false);
    }
}
