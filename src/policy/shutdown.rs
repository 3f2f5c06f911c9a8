//! When a stop signal goes to the child, and what follows if the child stays: delay, ladder, deadline; and the time after
//! which we ask by ourselves. Pure.
//!
//! Time is what the caller says it is, in nanoseconds since some start.

use crate::bytes::split_once;
use crate::model::signal::Signal;
use crate::time::{Nanoseconds, duration};

/// How many steps a ladder may have.
const STEPS: usize = 8;

/// One step: send this, and wait so long before the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Step {
    /// `None`: the signal that came.
    signal: Option<Signal>,
    wait: Nanoseconds,
}

/// What is sent, one after the other, while the child stays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ladder {
    steps: [Step; STEPS],
    /// The index of the last step. Thus a ladder that changes nothing is all zeroes.
    last: usize,
}

impl Ladder {
    /// Forwards the signal that came, and does nothing else.
    pub const NONE: Self = Self { steps: [Step { signal: None, wait: Nanoseconds::ZERO }; STEPS], last: 0 };

    /// From now on: forwards the signal that came, waits, and kills.
    pub const fn kill_after(&mut self, wait: Nanoseconds) {
        self.steps[0] = Step { signal: None, wait };
        self.steps[1] = Step { signal: Some(Signal::KILL), wait: Nanoseconds::ZERO };
        self.last = 1;
    }

    /// Reads `TERM:20s,QUIT:5s,KILL`: signals, each but the last with the time to wait after it. `None`: it is not a
    /// ladder, and this one may be half changed.
    // Inlined, it takes the registers of all other options: 88 bytes.
    #[inline(never)]
    pub fn read(&mut self, text: &[u8]) -> Option<()> {
        let mut rest = text;
        for (index, place) in self.steps.iter_mut().enumerate() {
            let (step, behind) = split_once(rest, b',');
            let (signal, wait) = split_once(step, b':');
            place.signal = Some(Signal::parse(signal)?);
            place.wait = duration(wait.unwrap_or(b"0"))?;
            self.last = index;
            let Some(behind) = behind else { return Some(()) };
            // A step with a next one must have a time.
            wait?;
            rest = behind;
        }
        // There are more steps than places.
        None
    }

    /// How long the first step waits.
    #[must_use]
    pub const fn first_wait(&self) -> Nanoseconds {
        self.steps[0].wait
    }

    /// How long a drain may take before all are killed: the wait of the first step, or no time if that step is SIGKILL.
    /// `None`: without limit, since there is neither a time nor a second step.
    #[must_use]
    pub fn drain_limit(&self) -> Option<Nanoseconds> {
        let has_limit = self.last > 0
            || self.first_wait() > Nanoseconds::ZERO
            || self.steps[0].signal == Some(Signal::KILL);
        has_limit.then_some(self.first_wait())
    }
}

/// How far a shutdown has come.
#[derive(Clone, Copy, Debug)]
pub struct Shutdown<'a> {
    ladder: &'a Ladder,
    /// How long the first stop signal is held back.
    delay: Nanoseconds,
    /// The stop signal that is held back, if a rewrite has left anything of it.
    held: Option<Signal>,
    /// The next step; the first until the child has been asked to stop.
    next: usize,
    /// When the next step is due; `None`: there is none.
    due: Option<Nanoseconds>,
    /// When we ask by ourselves if no step is due; `None`: never, or that is over.
    limit: Option<Nanoseconds>,
}

impl<'a> Shutdown<'a> {
    #[must_use]
    pub const fn new(ladder: &'a Ladder, delay: Nanoseconds) -> Self {
        Self { ladder, delay, held: None, next: 0, due: None, limit: None }
    }

    /// At this moment we ask the child to stop by ourselves.
    pub const fn limit(&mut self, moment: Nanoseconds) {
        self.limit = Some(moment);
    }

    /// A stop signal came, and a rewrite has left this of it: what to send now, if anything.
    pub fn ask(&mut self, came: Option<Signal>, now: Nanoseconds) -> Option<Signal> {
        if self.next > 0 {
            // The ladder goes on, and a repeated request is passed on as well.
            return came;
        }
        if self.delay > Nanoseconds::ZERO && self.due.is_none() {
            self.held = came;
            let due = now + self.delay;
            self.due = Some(self.limit.map_or(due, |limit| limit.min(due)));
            return None;
        }
        self.advance(came, now)
    }

    /// Whether what [`Self::go_on`] sends next is what came, and no signal that the ladder names.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.next == 0 && self.ladder.steps[0].signal.is_none()
    }

    /// Whether a stop signal is held back, or a step is yet to come.
    #[must_use]
    pub const fn is_under_way(&self) -> bool {
        self.due.is_some()
    }

    /// When [`Self::go_on`] is due.
    #[must_use]
    // 8 bytes less.
    #[inline(never)]
    pub fn deadline(&self) -> Option<Nanoseconds> {
        self.due.or(self.limit)
    }

    /// The deadline has come: what to send now, if anything. A rewrite has left this of our `own` signal.
    pub fn go_on(&mut self, own: Option<Signal>, now: Nanoseconds) -> Option<Signal> {
        let came = if self.is_under_way() { self.held } else { own };
        self.advance(came, now)
    }

    fn advance(&mut self, came: Option<Signal>, now: Nanoseconds) -> Option<Signal> {
        // A step that comes later than the limit is as good.
        self.limit = self.limit.filter(|&limit| now < limit);
        if self.next > self.ladder.last {
            // All steps were taken, or a stop signal has led to nothing: it was the limit.
            return came;
        }
        let step = self.ladder.steps.get(self.next)?;
        self.due = (self.next < self.ladder.last).then_some(now + step.wait);
        self.next += 1;
        step.signal.or(came)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ours, where nobody else's is left.
    const OWN: Option<Signal> = Some(Signal::TERM);

    const fn at(nanoseconds: u64) -> Nanoseconds {
        Nanoseconds::new(nanoseconds)
    }

    const fn seconds(number: u64) -> Nanoseconds {
        at(number * Nanoseconds::SECOND.get())
    }

    fn read(text: &[u8]) -> Option<Ladder> {
        let mut ladder = Ladder::NONE;
        ladder.read(text).map(|()| ladder)
    }

    #[test]
    fn ladders_are_read() {
        let ladder = read(b"TERM:20s,QUIT:5s,KILL").unwrap();
        assert_eq!((ladder.last, ladder.first_wait()), (2, seconds(20)));
        for text in ["", "TERM,KILL", "TERM:,KILL", "TERM:5s,", ",KILL", "NOPE:5s", "TERM:5s:6s"] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
        assert!(read(&b"TERM:1,".repeat(7)[..]).is_none());
        assert!(read([&b"TERM:1,".repeat(7)[..], b"KILL"].concat().as_slice()).is_some());
        assert!(read([&b"TERM:1,".repeat(8)[..], b"KILL"].concat().as_slice()).is_none());
    }

    #[test]
    fn without_a_ladder_signals_pass_at_once_and_no_deadline_comes() {
        let mut shutdown = Shutdown::new(&Ladder::NONE, at(0));
        for signal in [Signal::TERM, Signal::INT] {
            assert_eq!(shutdown.ask(Some(signal), at(5)), Some(signal));
            assert_eq!(shutdown.deadline(), None);
        }
    }

    #[test]
    fn what_came_is_followed_by_a_kill() {
        let mut kill = Ladder::NONE;
        kill.kill_after(at(10));
        let mut shutdown = Shutdown::new(&kill, at(0));
        assert_eq!(shutdown.ask(Some(Signal::INT), at(5)), Some(Signal::INT));
        assert_eq!(shutdown.deadline(), Some(at(15)));
        assert_eq!(shutdown.ask(Some(Signal::TERM), at(7)), Some(Signal::TERM));
        assert_eq!(shutdown.deadline(), Some(at(15)));
        assert_eq!((shutdown.go_on(OWN, at(15)), shutdown.deadline()), (Some(Signal::KILL), None));
    }

    #[test]
    fn a_ladder_is_taken_step_by_step() {
        let ladder = read(b"TERM:20s,QUIT:5s,KILL").unwrap();
        let mut shutdown = Shutdown::new(&ladder, at(0));
        assert_eq!(shutdown.ask(Some(Signal::HUP), at(0)), Some(Signal::TERM));
        assert_eq!(shutdown.go_on(OWN, seconds(20)), Some(Signal::QUIT));
        assert_eq!(shutdown.deadline(), Some(seconds(25)));
        assert_eq!(shutdown.go_on(OWN, seconds(25)), Some(Signal::KILL));
    }

    #[test]
    fn a_delayed_signal_waits_unless_somebody_asks_again() {
        let mut kill = Ladder::NONE;
        kill.kill_after(at(10));
        let mut shutdown = Shutdown::new(&kill, at(100));
        assert_eq!((shutdown.ask(Some(Signal::TERM), at(0)), shutdown.deadline()), (None, Some(at(100))));
        let mut impatient = shutdown;
        assert_eq!((shutdown.go_on(OWN, at(100)), shutdown.deadline()), (Some(Signal::TERM), Some(at(110))));
        assert_eq!(
            (impatient.ask(Some(Signal::INT), at(50)), impatient.deadline()),
            (Some(Signal::INT), Some(at(60)))
        );
    }

    #[test]
    fn a_stop_that_is_not_for_the_child_begins_the_ladder() {
        let mut kill = Ladder::NONE;
        kill.kill_after(at(10));
        let mut shutdown = Shutdown::new(&kill, at(0));
        assert_eq!((shutdown.ask(None, at(5)), shutdown.deadline()), (None, Some(at(15))));
        assert!(!shutdown.holds());
        assert_eq!(shutdown.go_on(OWN, at(15)), Some(Signal::KILL));
        let mut shutdown = Shutdown::new(&kill, at(100));
        assert_eq!((shutdown.ask(Some(Signal::KILL), at(0)), shutdown.holds()), (None, true));
        assert_eq!(shutdown.go_on(OWN, at(100)), Some(Signal::KILL));
    }

    /// With a limit of 100.
    fn limited(ladder: &Ladder, delay: u64) -> Shutdown<'_> {
        let mut shutdown = Shutdown::new(ladder, at(delay));
        shutdown.limit(at(100));
        shutdown
    }

    #[test]
    fn at_the_limit_the_ladder_begins_without_a_delay() {
        let ladder = read(b"USR1:1,KILL").unwrap();
        for (ladder, first) in [(&ladder, Signal::parse(b"USR1")), (&Ladder::NONE, OWN)] {
            let mut shutdown = limited(ladder, 7);
            assert_eq!((shutdown.deadline(), shutdown.is_under_way()), (Some(at(100)), false));
            assert_eq!(shutdown.go_on(OWN, at(101)), first);
            assert_eq!(shutdown.is_under_way(), ladder.last > 0);
            assert_eq!(shutdown.deadline(), (ladder.last > 0).then_some(at(101) + Nanoseconds::SECOND));
        }
    }

    #[test]
    fn the_limit_ends_a_delay() {
        let mut shutdown = limited(&Ladder::NONE, 7);
        assert_eq!((shutdown.ask(Some(Signal::INT), at(95)), shutdown.deadline()), (None, Some(at(100))));
        assert_eq!((shutdown.go_on(OWN, at(100)), shutdown.deadline()), (Some(Signal::INT), None));
    }

    #[test]
    fn a_ladder_that_goes_on_needs_no_limit() {
        let mut kill = Ladder::NONE;
        kill.kill_after(at(10));
        let mut shutdown = limited(&kill, 0);
        assert_eq!(
            (shutdown.ask(Some(Signal::INT), at(95)), shutdown.deadline()),
            (Some(Signal::INT), Some(at(105)))
        );
        assert_eq!((shutdown.go_on(OWN, at(105)), shutdown.deadline()), (Some(Signal::KILL), None));
    }

    #[test]
    fn the_limit_stays_where_a_stop_signal_leads_to_no_end() {
        let ladder = {
            let mut ladder = Ladder::NONE;
            ladder.steps[0].wait = at(5);
            ladder.last = 1;
            ladder
        };
        for (ladder, came) in [(&Ladder::NONE, Some(Signal::INT)), (&Ladder::NONE, None), (&ladder, OWN)] {
            let mut shutdown = limited(ladder, 0);
            assert_eq!(shutdown.ask(came, at(5)), came);
            if shutdown.is_under_way() {
                assert_eq!(shutdown.go_on(OWN, at(10)), None);
            }
            assert_eq!(shutdown.deadline(), Some(at(100)), "{came:?}");
            assert_eq!((shutdown.go_on(OWN, at(100)), shutdown.deadline()), (OWN, None), "{came:?}");
            assert_eq!(shutdown.ask(Some(Signal::INT), at(101)), Some(Signal::INT));
            assert_eq!(shutdown.deadline(), None);
        }
    }
}
