//! Which exit status stands for which, by its number or by the reason of the end. Pure.

use crate::model::status::ExitStatus;
use crate::policy::reason::{Reason, SEEN};

/// What is remapped: an exit status, or an end for this reason, whatever its status.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Remapped {
    Status(u8),
    /// The number of a [`Reason`].
    Reason(usize),
}

/// A rule. 0 as `place`: there is none, and nothing changes; so a table without rules is all zeroes, as its neighbours in
/// `Config` are.
#[derive(Clone, Copy, Debug)]
struct Rule {
    /// Of a reason: which rule for a reason it is, counted from 1. Of a status: before which of these it stands.
    place: u8,
    to: u8,
}

impl Rule {
    const NONE: Self = Self { place: 0, to: 0 };
}

/// The rules of a call. If two match an end, the first counts.
#[derive(Clone, Debug)]
pub struct Remaps {
    /// How many of `reasons` there are.
    count: u8,
    reasons: [Rule; SEEN],
    statuses: [Rule; 256],
}

impl Remaps {
    /// Every status stays what it is.
    #[must_use]
    pub const fn none() -> Self {
        Self { count: 0, reasons: [Rule::NONE; SEEN], statuses: [Rule::NONE; 256] }
    }

    /// From now on `from` becomes `to`. A second rule for the same takes the place of the first.
    pub fn set(&mut self, from: Remapped, to: u8) {
        let (rule, is_reason) = match from {
            Remapped::Status(status) => (self.statuses.get_mut(usize::from(status)), false),
            Remapped::Reason(number) => (self.reasons.get_mut(number), true),
        };
        let Some(rule) = rule else { return };
        rule.to = to;
        if rule.place == 0 {
            rule.place = self.count + 1;
            self.count += u8::from(is_reason);
        }
    }

    /// Whether the reason must be known, and not the status alone.
    #[must_use]
    pub const fn needs_reason(&self) -> bool {
        self.count > 0
    }

    #[must_use]
    pub fn apply(&self, status: ExitStatus, reason: Reason) -> ExitStatus {
        let by_status = self.statuses.get(usize::from(status.0)).copied().unwrap_or(Rule::NONE);
        let by_reason = self.reasons.get(reason as usize).copied().unwrap_or(Rule::NONE);
        match (by_reason.place, by_status.place) {
            (0, 0) => status,
            (0, _) => ExitStatus(by_status.to),
            (before, at) if at > 0 && at <= before => ExitStatus(by_status.to),
            _ => ExitStatus(by_reason.to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KILLED: ExitStatus = ExitStatus(137);

    fn remaps(rules: &[(Remapped, u8)]) -> Remaps {
        let mut remaps = Remaps::none();
        rules.iter().for_each(|&(from, to)| remaps.set(from, to));
        remaps
    }

    #[test]
    fn only_the_named_status_is_remapped() {
        let remaps = remaps(&[(Remapped::Status(143), 0)]);
        for (from, to) in [(143, 0), (142, 142), (255, 255), (0, 0)] {
            assert_eq!(remaps.apply(ExitStatus(from), Reason::Asked), ExitStatus(to), "{from}");
        }
        assert!(!remaps.needs_reason());
    }

    #[test]
    fn a_reason_is_remapped_whatever_the_status() {
        let remaps = remaps(&[(Remapped::Reason(Reason::OutOfMemory as usize), 88)]);
        assert!(remaps.needs_reason());
        for (status, reason, to) in [
            (137, Reason::OutOfMemory, 88),
            (137, Reason::UnknownKill, 137),
            (3, Reason::Refused, 3),
            (137, Reason::PausaKilled, 137),
        ] {
            assert_eq!(remaps.apply(ExitStatus(status), reason), ExitStatus(to), "{status} {reason:?}");
        }
    }

    #[test]
    fn the_first_match_wins() {
        let oom = Reason::OutOfMemory;
        let by_reason = (Remapped::Reason(oom as usize), 88);
        for (rules, to) in [
            (&[by_reason, (Remapped::Status(137), 1)][..], 88),
            (&[(Remapped::Status(137), 1), by_reason], 1),
            (&[(Remapped::Status(137), 137), by_reason], 137),
            (&[by_reason, (Remapped::Status(137), 1), (Remapped::Reason(oom as usize), 89)], 89),
            (&[(Remapped::Status(137), 1), by_reason, (Remapped::Status(137), 2)], 2),
            (&[(Remapped::Status(1), 2), (Remapped::Status(137), 1)], 1),
        ] {
            assert_eq!(remaps(rules).apply(KILLED, oom), ExitStatus(to), "{rules:?}");
        }
    }
}
