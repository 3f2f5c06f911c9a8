//! Time as the kernel counts it. Depends on nothing but `bytes`.

use core::ops::{Add, Sub};

use crate::bytes::decimal;

/// A span of time, or a moment as the span since a fixed start, which no change of the date moves (CLOCK_MONOTONIC,
/// clock_gettime(2)). Sums and differences stop at the ends of the range: 0 and 584 years.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct Nanoseconds(u64);

impl Nanoseconds {
    pub const ZERO: Self = Self(0);
    pub const SECOND: Self = Self(1_000_000_000);

    #[must_use]
    pub const fn new(nanoseconds: u64) -> Self {
        Self(nanoseconds)
    }

    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0 / Self::SECOND.0
    }

    /// What is left beside the whole seconds.
    #[must_use]
    pub const fn subseconds(self) -> u64 {
        self.0 % Self::SECOND.0
    }

    #[must_use]
    pub const fn milliseconds(self) -> u64 {
        self.0 / 1_000_000
    }
}

/// A moment by the calendar, in UTC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Calendar {
    pub year: u64,
    pub month: u64,
    pub day: u64,
    /// Of that day.
    pub seconds: u64,
}

impl Calendar {
    /// The moment so long after the beginning of 1970, as CLOCK_REALTIME counts (clock_gettime(2)).
    #[must_use]
    pub const fn after_1970(span: Nanoseconds) -> Self {
        const DAY: u64 = 24 * 60 * 60;
        let seconds = span.seconds();
        // Years are counted from March on, so that a leap day is the last of its year; 719,468 days before 1970 a cycle
        // of 400 years began.
        let days = seconds / DAY + 719_468;
        let (cycle, day_of_cycle) = (days / 146_097, days % 146_097);
        let leap_days = day_of_cycle / 1460 - day_of_cycle / 36_524 + day_of_cycle / 146_096;
        let year = (day_of_cycle - leap_days) / 365;
        let day_of_year = day_of_cycle - (365 * year + year / 4 - year / 100);
        // From March on, five months have 153 days, again and again.
        let month = (5 * day_of_year + 2) / 153;
        Self {
            year: cycle * 400 + year + (month >= 10) as u64,
            month: if month < 10 { month + 3 } else { month - 9 },
            day: day_of_year - (153 * month + 2) / 5 + 1,
            seconds: seconds % DAY,
        }
    }
}

impl Add for Nanoseconds {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Nanoseconds {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// Reads `10`, `10s`, `500ms`, `1m`, `2h`.
#[must_use]
pub fn duration(text: &[u8]) -> Option<Nanoseconds> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let unit = match unit {
        b"" | b"s" => Nanoseconds::SECOND.0,
        b"ms" => Nanoseconds::SECOND.0 / 1000,
        b"m" => 60 * Nanoseconds::SECOND.0,
        b"h" => 3600 * Nanoseconds::SECOND.0,
        _ => return None,
    };
    Some(Nanoseconds(u64::from(decimal(number)?).saturating_mul(unit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        const SECOND: u64 = Nanoseconds::SECOND.get();
        for (text, nanoseconds) in [
            ("10", 10 * SECOND),
            ("10s", 10 * SECOND),
            ("500ms", SECOND / 2),
            ("1m", 60 * SECOND),
            ("0", 0),
            ("2h", 7200 * SECOND),
        ] {
            assert_eq!(duration(text.as_bytes()), Some(Nanoseconds(nanoseconds)), "{text}");
        }
        assert_eq!(
            duration(b"999999999h"),
            Some(Nanoseconds(u64::MAX)),
            "the end of the range, not the remainder"
        );
        for text in ["", "s", "-1", "1.5s", "10 s", "1d", "99999999999999999999"] {
            assert_eq!(duration(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_calendar_has_every_day_once() {
        let is_leap =
            |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let mut day = 0;
        for year in 1970..2500 {
            for (month, length) in [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].into_iter().enumerate() {
                let is_february = month == 1;
                for date in 1..=length + u64::from(is_february && is_leap(year)) {
                    let span = Nanoseconds((day * 86_400 + 86_399) * Nanoseconds::SECOND.0);
                    let month = month as u64 + 1;
                    assert_eq!(
                        Calendar::after_1970(span),
                        Calendar { year, month, day: date, seconds: 86_399 }
                    );
                    day += 1;
                }
            }
        }
    }

    #[test]
    fn sums_and_differences_stop_at_the_ends() {
        assert_eq!(Nanoseconds(u64::MAX) + Nanoseconds::SECOND, Nanoseconds(u64::MAX));
        assert_eq!(Nanoseconds::ZERO - Nanoseconds::SECOND, Nanoseconds::ZERO);
    }
}
