//! In which order signals are taken, so that a flood of some does not hide the others. Pure.
//!
//! The kernel hands out those for the thread before those for the process, and of each the lowest number first
//! (`dequeue_signal` in kernel/signal.c). Somebody who sends one of the first anew as soon as it is taken would keep all
//! the others waiting, a stop signal among them. So after some in the kernel's order, each standard signal and each that
//! asks the program to stop has a turn.
//!
//! The other real-time ones do not: of them the lowest number is to come first (POSIX, "Signal Generation and Delivery"), and
//! a backlog of them reaches the child in that order.

use crate::model::signal::{Rewrites, Signal, SignalSet};

/// How many are taken in the kernel's order. One more wait for each of so many costs nobody anything.
const IN_ORDER: u8 = 64;

/// What was taken since there was nothing to take. Who has a turn waits for 127 others at the most.
#[derive(Clone, Copy, Debug)]
pub struct Fairness {
    count: u8,
    taken: SignalSet,
}

impl Fairness {
    pub const NEW: Self = Self { count: 0, taken: SignalSet::EMPTY };

    /// Those whose turn it is, if the others have had theirs: to be looked for, and not to be waited for.
    #[must_use]
    pub fn overdue(&self, stop_on: SignalSet, rewrites: &Rewrites) -> Option<SignalSet> {
        if self.count < IN_ORDER {
            return None;
        }
        let mut have_turns = SignalSet::STANDARD.union(stop_on);
        for signal in SignalSet::ALL {
            if rewrites.apply(signal).is_some_and(|passed| stop_on.contains(passed)) {
                have_turns = have_turns.union(SignalSet::only(signal));
            }
        }
        Some(have_turns.intersection(self.taken.complement()))
    }

    /// This one was taken; or there was none.
    pub const fn note(&mut self, taken: Option<Signal>) {
        *self = match taken {
            Some(signal) => {
                Self { count: self.count.saturating_add(1), taken: self.taken.union(SignalSet::only(signal)) }
            }
            None => Self::NEW,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERM: SignalSet = SignalSet::only(Signal::TERM);

    fn signal(number: i32) -> Signal {
        Signal::new(number).unwrap()
    }

    /// What the kernel would give of those that are pending, of which the first is sent again and again.
    fn take(fairness: &mut Fairness, pending: &mut Vec<Signal>, rewrites: &Rewrites) -> Option<Signal> {
        let signals = fairness.overdue(TERM, rewrites).unwrap_or(SignalSet::ALL);
        let place = pending.iter().position(|&signal| signals.contains(signal));
        let taken = place.map(|place| if place == 0 { pending[0] } else { pending.remove(place) });
        fairness.note(taken);
        taken
    }

    #[test]
    fn a_flood_hides_no_stop_and_no_standard_signal() {
        let mut rewrites = Rewrites::none();
        rewrites.set(signal(37), Some(Signal::TERM));
        let mut fairness = Fairness::NEW;
        let mut pending = vec![signal(34), Signal::TERM, Signal::CONT, signal(36), signal(37)];
        for _ in 0..IN_ORDER {
            assert_eq!(take(&mut fairness, &mut pending, &rewrites), Some(signal(34)));
        }
        for next in [Some(Signal::TERM), Some(Signal::CONT), Some(signal(37)), None, Some(signal(34))] {
            assert_eq!(take(&mut fairness, &mut pending, &rewrites), next);
        }
        assert_eq!(pending, [signal(34), signal(36)]);
    }

    #[test]
    fn all_numbers_at_once_have_their_turns() {
        let (mut fairness, mut others) = (Fairness::NEW, 0);
        for _ in 0..u32::from(IN_ORDER) * 8 {
            let signals = fairness.overdue(TERM, &Rewrites::none()).unwrap_or(SignalSet::ALL);
            let taken = signals.into_iter().next();
            fairness.note(taken);
            others = if taken == Some(Signal::TERM) { 0 } else { others + 1 };
            // And one more for the look that finds nobody.
            assert!(others <= 128);
        }
    }

    #[test]
    fn after_a_pause_the_kernels_order_is_ours() {
        let (mut fairness, rewrites) = (Fairness::NEW, Rewrites::none());
        for _ in 1..IN_ORDER {
            fairness.note(Some(Signal::HUP));
        }
        assert_eq!(fairness.overdue(TERM, &rewrites), None);
        fairness.note(None);
        fairness.note(Some(Signal::HUP));
        assert_eq!(fairness.overdue(TERM, &rewrites), None);
    }
}
