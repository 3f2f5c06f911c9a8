//! When a stop signal goes to the child, and what follows if the child stays: delay, ladder, deadline. Pure.
//!
//! Time is what the caller says it is, in nanoseconds since some start.

use crate::signal::{Signal, decimal};
use crate::split::split_once;

/// A nanosecond is the kernel's unit, too (timespec(3type)).
pub const SECOND: u64 = 1_000_000_000;

/// How many steps a ladder may have.
const STEPS: usize = 8;

/// One step: send this, and wait so long before the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Step {
    /// `None`: the signal that came.
    signal: Option<Signal>,
    wait: u64,
}

/// What is sent, one after the other, while the child stays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ladder {
    steps: [Step; STEPS],
    /// Which of them is the last. Counted so, a ladder that changes nothing is all zeroes.
    last: usize,
}

impl Ladder {
    /// Sends on what came, and never more.
    pub const NONE: Self = Self { steps: [Step { signal: None, wait: 0 }; STEPS], last: 0 };

    /// From now on: sends on what came, waits, and kills.
    pub const fn kill_after(&mut self, wait: u64) {
        self.steps[0] = Step { signal: None, wait };
        self.steps[1] = Step { signal: Some(Signal::KILL), wait: 0 };
        self.last = 1;
    }

    /// Reads `TERM:20s,QUIT:5s,KILL`: signals, each but the last with the time to wait after it. `None` if it is
    /// none, and then there may be half a ladder.
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
            // Without a time, there is no next step.
            wait?;
            rest = behind;
        }
        // There are more steps than places.
        None
    }

    /// How long the first step waits: also the time that a drain is given; 0 for no limit.
    #[must_use]
    pub const fn patience(&self) -> u64 {
        self.steps[0].wait
    }
}

/// Reads `10`, `10s`, `500ms`, `1m`, `2h`, in nanoseconds.
#[must_use]
pub fn duration(text: &[u8]) -> Option<u64> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let unit = match unit {
        b"" | b"s" => SECOND,
        b"ms" => SECOND / 1000,
        b"m" => 60 * SECOND,
        b"h" => 3600 * SECOND,
        _ => return None,
    };
    Some(u64::from(decimal(number)?).saturating_mul(unit))
}

/// How far a shutdown has come.
#[derive(Clone, Copy, Debug)]
pub struct Shutdown<'a> {
    ladder: &'a Ladder,
    /// How long the first stop signal is held back.
    delay: u64,
    /// The last one that was asked for and not sent at once.
    held: Signal,
    /// The next step; the first until the child has been asked to stop.
    next: usize,
    /// When it is due, if it is.
    due: Option<u64>,
}

impl<'a> Shutdown<'a> {
    #[must_use]
    pub const fn new(ladder: &'a Ladder, delay: u64) -> Self {
        Self { ladder, delay, held: Signal::TERM, next: 0, due: None }
    }

    /// A stop signal came: what to send now, if anything.
    pub fn ask(&mut self, signal: Signal, now: u64) -> Option<Signal> {
        if self.next > 0 {
            // The ladder goes on; who asks again is heard as well.
            return Some(signal);
        }
        if self.delay > 0 && self.due.is_none() {
            self.held = signal;
            self.due = Some(now.saturating_add(self.delay));
            return None;
        }
        self.climb(signal, now)
    }

    /// When [`Self::wake`] is due.
    #[must_use]
    pub const fn deadline(&self) -> Option<u64> {
        self.due
    }

    /// The deadline may have come: what to send now, if anything.
    pub fn wake(&mut self, now: u64) -> Option<Signal> {
        if now < self.due? { None } else { self.climb(self.held, now) }
    }

    #[inline(never)]
    fn climb(&mut self, came: Signal, now: u64) -> Option<Signal> {
        let step = self.ladder.steps.get(self.next)?;
        self.due = (self.next < self.ladder.last).then_some(now.saturating_add(step.wait));
        self.next += 1;
        Some(step.signal.unwrap_or(came))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Option<Ladder> {
        let mut ladder = Ladder::NONE;
        ladder.read(text).map(|()| ladder)
    }

    #[test]
    fn durations_are_read() {
        for (text, nanoseconds) in [
            ("10", 10 * SECOND),
            ("10s", 10 * SECOND),
            ("500ms", SECOND / 2),
            ("1m", 60 * SECOND),
            ("0", 0),
            ("2h", 7200 * SECOND),
        ] {
            assert_eq!(duration(text.as_bytes()), Some(nanoseconds), "{text}");
        }
        assert_eq!(
            duration(b"999999999h"),
            Some(u64::MAX),
            "as long as can be told, and not what is left over"
        );
        for text in ["", "s", "-1", "1.5s", "10 s", "1d", "99999999999999999999"] {
            assert_eq!(duration(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn ladders_are_read() {
        let ladder = read(b"TERM:20s,QUIT:5s,KILL").unwrap();
        assert_eq!((ladder.last, ladder.patience()), (2, 20 * SECOND));
        for text in ["", "TERM,KILL", "TERM:,KILL", "TERM:5s,", ",KILL", "NOPE:5s", "TERM:5s:6s"] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
        assert!(read(&b"TERM:1,".repeat(7)[..]).is_none());
        assert!(read([&b"TERM:1,".repeat(7)[..], b"KILL"].concat().as_slice()).is_some());
        assert!(read([&b"TERM:1,".repeat(8)[..], b"KILL"].concat().as_slice()).is_none());
    }

    #[test]
    fn without_a_ladder_signals_pass_at_once_and_no_deadline_comes() {
        let mut shutdown = Shutdown::new(&Ladder::NONE, 0);
        for signal in [Signal::TERM, Signal::INT] {
            assert_eq!(shutdown.ask(signal, 5), Some(signal));
            assert_eq!(shutdown.deadline(), None);
            assert_eq!(shutdown.wake(u64::MAX), None);
        }
    }

    #[test]
    fn what_came_is_followed_by_a_kill() {
        let mut kill = Ladder::NONE;
        kill.kill_after(10);
        let mut shutdown = Shutdown::new(&kill, 0);
        assert_eq!(shutdown.ask(Signal::INT, 5), Some(Signal::INT));
        assert_eq!(shutdown.deadline(), Some(15));
        assert_eq!(shutdown.ask(Signal::TERM, 7), Some(Signal::TERM));
        assert_eq!((shutdown.deadline(), shutdown.wake(14)), (Some(15), None));
        assert_eq!((shutdown.wake(15), shutdown.deadline()), (Some(Signal::KILL), None));
    }

    #[test]
    fn a_ladder_is_climbed_step_by_step() {
        let ladder = read(b"TERM:20s,QUIT:5s,KILL").unwrap();
        let mut shutdown = Shutdown::new(&ladder, 0);
        assert_eq!(shutdown.ask(Signal::HUP, 0), Some(Signal::TERM));
        assert_eq!(shutdown.wake(20 * SECOND), Some(Signal::QUIT));
        assert_eq!(shutdown.deadline(), Some(25 * SECOND));
        assert_eq!(shutdown.wake(25 * SECOND), Some(Signal::KILL));
    }

    #[test]
    fn a_delayed_signal_waits_unless_somebody_asks_again() {
        let mut kill = Ladder::NONE;
        kill.kill_after(10);
        let mut shutdown = Shutdown::new(&kill, 100);
        assert_eq!((shutdown.ask(Signal::TERM, 0), shutdown.deadline()), (None, Some(100)));
        let mut impatient = shutdown;
        assert_eq!((shutdown.wake(100), shutdown.deadline()), (Some(Signal::TERM), Some(110)));
        assert_eq!((impatient.ask(Signal::INT, 50), impatient.deadline()), (Some(Signal::INT), Some(60)));
    }
}
