//! What a signal does to a process, from what /proc shows of it. Pure.
//!
//! It is never a guess: what cannot be read is [`Effect::Unknown`]. The trap is sigtimedwait(2), which takes the signals that
//! it waits for out of the visible mask (`do_sigtimedwait` of kernel/signal.c): an init that waits for SIGTERM looks
//! like a `sleep` there. So a clear bit says something only if the thread can be seen not to wait there.

use crate::model::signal::{Signal, SignalSet};
use crate::model::stat::ends_by_default;

/// What one thread does about a signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Thread {
    /// It takes the signal as the process does.
    Open = 1,
    Blocked = 2,
    /// It waits for it in sigtimedwait(2).
    Awaits = 4,
    /// It may be `Open` or `Awaits`.
    Unknown = 8,
}

/// What the threads of a process do.
#[derive(Clone, Copy, Debug, Default)]
pub struct Threads {
    leader: u8,
    all: u8,
}

impl Threads {
    pub fn add(&mut self, thread: Thread, is_leader: bool) {
        self.all |= thread as u8;
        if is_leader {
            self.leader = thread as u8;
        }
    }

    const fn has(self, thread: Thread) -> bool {
        self.all & thread as u8 != 0
    }
}

/// How the signal stands with a process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Disposition {
    Default,
    Ignored,
    Caught,
    Blocked,
    Awaited,
    Unknown,
}

/// What it comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    None,
    Ends,
    /// The program decides.
    Handler,
    /// It is passed on to a child.
    Forwards,
    Unknown,
}

/// Why: each has a text in `message::inspection`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Evidence {
    /// The kernel does not take the default action for the init of a PID namespace (`sig_task_ignored` of kernel/signal.c).
    DefaultOfInit,
    Default,
    /// The default action is none, or to stop.
    Harmless,
    Ignored,
    Caught,
    CaughtByShell,
    CaughtByRuntime,
    SignalFd,
    Waits,
    Blocked,
    MayWait,
    NotShown,
    Stopped,
    /// An init, by its name.
    Init,
    /// Its parent does not pass signals on.
    NotSignalled,
    /// Its init lacks CAP_KILL.
    NotPermitted,
    /// Options of its init may change the signal, or when it comes.
    Options,
    Gone,
}

/// What has been found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verdict {
    pub disposition: Disposition,
    pub effect: Effect,
    pub evidence: Evidence,
}

impl Verdict {
    pub const GONE: Self = Self::unknown(Evidence::Gone);

    /// Nothing can be said, because of `evidence`.
    #[must_use]
    pub const fn unknown(evidence: Evidence) -> Self {
        Self { disposition: Disposition::Unknown, effect: Effect::Unknown, evidence }
    }

    const fn new(disposition: Disposition, effect: Effect, evidence: Evidence) -> Self {
        Self { disposition, effect, evidence }
    }

    /// The same process, of which its parent decides whether the signal comes.
    #[must_use]
    pub const fn with(self, effect: Effect, evidence: Evidence) -> Self {
        Self { disposition: self.disposition, effect, evidence }
    }
}

/// The masks that all threads share.
#[derive(Clone, Copy, Debug)]
pub struct Masks {
    pub ignored: SignalSet,
    pub caught: SignalSet,
}

/// What `signal` does to a process. `reads_it` is whether a signalfd(2) of the process takes this signal.
#[must_use]
pub fn verdict(signal: Signal, masks: Masks, threads: Threads, reads_it: bool, is_init: bool) -> Verdict {
    let leader_awaits = threads.leader == Thread::Awaits as u8;
    let leader_blocks = threads.leader == Thread::Blocked as u8;
    if threads.all == Thread::Blocked as u8 {
        return match reads_it {
            true => Verdict::new(Disposition::Blocked, Effect::Handler, Evidence::SignalFd),
            false => Verdict::new(Disposition::Blocked, Effect::Unknown, Evidence::Blocked),
        };
    }
    if threads.all == 0 {
        return Verdict::unknown(Evidence::NotShown);
    }
    if masks.caught.contains(signal) {
        return Verdict::new(Disposition::Caught, Effect::Handler, Evidence::Caught);
    }
    if threads.has(Thread::Unknown) {
        return Verdict::unknown(Evidence::MayWait);
    }
    if threads.has(Thread::Awaits) {
        if leader_awaits || (leader_blocks && !threads.has(Thread::Open)) {
            return Verdict::new(Disposition::Awaited, Effect::Handler, Evidence::Waits);
        }
        // `complete_signal` of kernel/signal.c asks the leader first; behind it, any thread may be the one.
        if leader_blocks {
            return Verdict::unknown(Evidence::Waits);
        }
    }
    if masks.ignored.contains(signal) {
        return Verdict::new(Disposition::Ignored, Effect::None, Evidence::Ignored);
    }
    match (is_init, ends_by_default(signal)) {
        (true, _) => Verdict::new(Disposition::Default, Effect::None, Evidence::DefaultOfInit),
        (false, true) => Verdict::new(Disposition::Default, Effect::Ends, Evidence::Default),
        (false, false) => Verdict::new(Disposition::Default, Effect::Unknown, Evidence::Harmless),
    }
}

/// What a stop will look like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    Ends,
    Handler,
    Unknown,
    Killed,
}

/// What a main process, and the child that it may pass the signal on to, come to.
#[must_use]
pub const fn stop(main: Effect, child: Option<Effect>) -> Stop {
    match (main, child) {
        (Effect::None, _) | (Effect::Forwards, Some(Effect::None)) => Stop::Killed,
        (Effect::Ends, _) | (Effect::Forwards, Some(Effect::Ends)) => Stop::Ends,
        (Effect::Handler, _) | (Effect::Forwards, Some(Effect::Handler)) => Stop::Handler,
        (Effect::Unknown | Effect::Forwards, _) => Stop::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Thread::{Awaits, Blocked, Open, Unknown};

    const NONE: Masks = Masks { ignored: SignalSet::EMPTY, caught: SignalSet::EMPTY };
    const IGNORED: Masks = Masks { ignored: SignalSet::only(Signal::TERM), ..NONE };
    const CAUGHT: Masks = Masks { caught: SignalSet::only(Signal::TERM), ..NONE };

    fn threads(leader: Thread, others: &[Thread]) -> Threads {
        let mut threads = Threads::default();
        threads.add(leader, true);
        others.iter().for_each(|&other| threads.add(other, false));
        threads
    }

    #[test]
    fn a_verdict_says_no_more_than_was_seen() {
        use Effect::{Ends, Handler, None as Nothing};
        for (masks, leader, others, of_init, of_another) in [
            (NONE, Open, &[][..], Nothing, Ends),
            (NONE, Open, &[Open, Blocked], Nothing, Ends),
            (IGNORED, Open, &[], Nothing, Nothing),
            (CAUGHT, Open, &[], Handler, Handler),
            (CAUGHT, Blocked, &[Unknown], Handler, Handler),
            (CAUGHT, Blocked, &[], Effect::Unknown, Effect::Unknown),
            // pause, tini, pausa: awaited, and the mask does not show it.
            (NONE, Awaits, &[], Handler, Handler),
            (NONE, Unknown, &[], Effect::Unknown, Effect::Unknown),
            (IGNORED, Unknown, &[], Effect::Unknown, Effect::Unknown),
            (NONE, Blocked, &[Awaits], Handler, Handler),
            (NONE, Blocked, &[Awaits, Open], Effect::Unknown, Effect::Unknown),
            // The leader gets it, whoever else waits.
            (NONE, Open, &[Awaits], Nothing, Ends),
            (NONE, Open, &[Unknown], Effect::Unknown, Effect::Unknown),
            (NONE, Blocked, &[Blocked], Effect::Unknown, Effect::Unknown),
        ] {
            for (is_init, effect) in [(true, of_init), (false, of_another)] {
                let found = verdict(Signal::TERM, masks, threads(leader, others), false, is_init);
                assert_eq!(found.effect, effect, "{masks:?} {leader:?} {others:?} {is_init}");
            }
        }
        let blocked = threads(Blocked, &[]);
        assert_eq!(verdict(Signal::TERM, NONE, blocked, true, true).evidence, Evidence::SignalFd);
        assert_eq!(verdict(Signal::TERM, NONE, Threads::default(), false, true).effect, Effect::Unknown);
        assert_eq!(
            verdict(Signal::WINCH, NONE, threads(Open, &[]), false, false).effect,
            Effect::Unknown,
            "no end by default"
        );
    }

    #[test]
    fn a_stop_is_what_the_last_in_the_chain_does() {
        for (main, child, expected) in [
            (Effect::None, None, Stop::Killed),
            (Effect::None, Some(Effect::None), Stop::Killed),
            (Effect::Ends, None, Stop::Ends),
            (Effect::Handler, None, Stop::Handler),
            (Effect::Unknown, None, Stop::Unknown),
            (Effect::Forwards, None, Stop::Unknown),
            (Effect::Forwards, Some(Effect::Ends), Stop::Ends),
            (Effect::Forwards, Some(Effect::None), Stop::Killed),
            (Effect::Forwards, Some(Effect::Handler), Stop::Handler),
            (Effect::Forwards, Some(Effect::Unknown), Stop::Unknown),
            (Effect::Forwards, Some(Effect::Forwards), Stop::Unknown),
        ] {
            assert_eq!(stop(main, child), expected, "{main:?} {child:?}");
        }
    }
}
