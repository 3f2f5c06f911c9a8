//! Signals: the number as a type, names, sets, and rewrites. Pure.
//!
//! Numbers follow signal(7): standard signals 1 to 31, real-time signals 32 to 64. `RTMIN` is 34, as glibc
//! and the shells count it, because NPTL keeps 32 and 33 for itself.

use crate::bytes::{decimal, nth_word, split, strip_prefix};
use core::ffi::c_int;
use core::num::NonZero;

/// The names of the standard signals, in order of their number, which Linux shares among all the
/// architectures that pausa is for (signal(7), column "x86/ARM and most others").
const NAMES: &[u8] =
    b"HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP \
    TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS";

const RTMIN: u8 = 34;

/// A signal number, 1 to 64.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Signal(NonZero<u8>);

impl Signal {
    pub const HUP: Self = Self::of(libc::SIGHUP);
    pub const INT: Self = Self::of(libc::SIGINT);
    pub const QUIT: Self = Self::of(libc::SIGQUIT);
    pub const ILL: Self = Self::of(libc::SIGILL);
    pub const TRAP: Self = Self::of(libc::SIGTRAP);
    pub const ABRT: Self = Self::of(libc::SIGABRT);
    pub const BUS: Self = Self::of(libc::SIGBUS);
    pub const FPE: Self = Self::of(libc::SIGFPE);
    pub const KILL: Self = Self::of(libc::SIGKILL);
    pub const SEGV: Self = Self::of(libc::SIGSEGV);
    pub const PIPE: Self = Self::of(libc::SIGPIPE);
    pub const TERM: Self = Self::of(libc::SIGTERM);
    pub const CHLD: Self = Self::of(libc::SIGCHLD);
    pub const CONT: Self = Self::of(libc::SIGCONT);
    pub const STOP: Self = Self::of(libc::SIGSTOP);
    pub const TSTP: Self = Self::of(libc::SIGTSTP);
    pub const TTIN: Self = Self::of(libc::SIGTTIN);
    pub const TTOU: Self = Self::of(libc::SIGTTOU);
    pub const STKFLT: Self = Self::of(libc::SIGSTKFLT);
    pub const XFSZ: Self = Self::of(libc::SIGXFSZ);
    pub const URG: Self = Self::of(libc::SIGURG);
    pub const WINCH: Self = Self::of(libc::SIGWINCH);
    pub const IO: Self = Self::of(libc::SIGIO);
    pub const PWR: Self = Self::of(libc::SIGPWR);
    pub const SYS: Self = Self::of(libc::SIGSYS);
    /// The highest that the kernel knows (`_NSIG`).
    pub const LAST: u8 = 64;

    /// `None` unless the number is 1 to 64.
    #[must_use]
    // Copied into each of its users, it costs 128 bytes.
    #[inline(never)]
    pub const fn new(number: c_int) -> Option<Self> {
        match NonZero::new(number as u8) {
            Some(small) if small.get() <= Self::LAST && small.get() as c_int == number => Some(Self(small)),
            _ => None,
        }
    }

    const fn of(number: c_int) -> Self {
        match Self::new(number) {
            Some(signal) => signal,
            // Only libc's constants are asked for.
            None => Self(NonZero::<u8>::MIN),
        }
    }

    #[must_use]
    pub const fn number(self) -> u8 {
        self.0.get()
    }

    /// Whether it is one by which a terminal stops a job.
    #[must_use]
    pub const fn is_terminal_stop(self) -> bool {
        matches!(self, Self::TSTP | Self::TTIN | Self::TTOU)
    }

    /// The name of a standard signal without SIG; empty for a real-time one.
    #[must_use]
    pub fn name(self) -> &'static [u8] {
        nth_word(NAMES, b' ', usize::from(self.number() - 1))
    }

    /// Reads what a user calls a signal: a number from 1 to 64, a name with or without SIG in either case,
    /// `RTMIN`, `RTMIN+n`, `RTMAX`, `RTMAX-n`.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        if let Some(number) = decimal(text) {
            return Self::new(number as c_int);
        }
        let name = strip_prefix(text, b"SIG").unwrap_or(text);
        if let Some(rest) = strip_prefix(name, b"RTMIN") {
            return Self::offset(rest, b'+').and_then(|n| Self::new(c_int::from(RTMIN) + n));
        }
        if let Some(rest) = strip_prefix(name, b"RTMAX") {
            return Self::offset(rest, b'-').and_then(|n| Self::new(c_int::from(Self::LAST) - n));
        }
        let is_called = |known: &[u8]| strip_prefix(name, known).is_some_and(<[u8]>::is_empty);
        split(NAMES, b' ').position(is_called).and_then(|index| Self::new(index as c_int + 1))
    }

    /// The distance in `RTMIN+n` and `RTMAX-n`, if the result is within 34 to 64.
    fn offset(rest: &[u8], sign: u8) -> Option<c_int> {
        match rest.split_first() {
            None => Some(0),
            Some((&first, digits)) if first == sign => {
                decimal(digits).filter(|&n| n <= u32::from(Self::LAST - RTMIN)).map(|n| n as c_int)
            }
            Some(_) => None,
        }
    }
}

/// A set of signals, in the kernel's form: bit n-1 is signal n (`sigset_t` of 8 bytes).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct SignalSet(u64);

impl SignalSet {
    pub const EMPTY: Self = Self(0);
    /// All 64. The kernel takes KILL and STOP out by itself (signal(7)).
    pub const ALL: Self = Self(!0);
    /// 1 to 31.
    pub const STANDARD: Self = Self((1 << 31) - 1);
    /// By these nobody can ask us for anything: KILL and STOP do not arrive, and CHLD tells of children.
    pub const NO_REQUESTS: Self = Self::of(&[Signal::KILL, Signal::STOP, Signal::CHLD]);
    /// Those by which a terminal stops a job.
    pub const TERMINAL_STOPS: Self = Self::of(&[Signal::TSTP, Signal::TTIN, Signal::TTOU]);

    /// All that a terminal sends to process groups.
    pub const OF_TERMINAL: Self = Self::TERMINAL_STOPS.union(Self::of(&[
        Signal::HUP,
        Signal::INT,
        Signal::QUIT,
        Signal::CONT,
        Signal::WINCH,
    ]));

    #[must_use]
    pub const fn of(signals: &[Signal]) -> Self {
        let mut bits = 0;
        let mut rest = signals;
        while let Some((signal, tail)) = rest.split_first() {
            bits |= 1 << (signal.number() - 1);
            rest = tail;
        }
        Self(bits)
    }

    /// As the kernel writes it.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Nothing but `signal`.
    #[must_use]
    pub const fn only(signal: Signal) -> Self {
        Self(1 << (signal.number() - 1))
    }

    /// All that are in one or the other.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// All that are in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// All the others.
    #[must_use]
    pub const fn complement(self) -> Self {
        Self(!self.0)
    }

    #[must_use]
    pub const fn contains(self, signal: Signal) -> bool {
        self.0 >> (signal.number() - 1) & 1 == 1
    }

    /// Takes one out; says whether it was in.
    pub fn remove(&mut self, signal: Signal) -> bool {
        let was_in = self.contains(signal);
        self.0 &= !Self::only(signal).0;
        was_in
    }
}

impl IntoIterator for SignalSet {
    type Item = Signal;
    type IntoIter = Signals;

    fn into_iter(self) -> Signals {
        Signals(self)
    }
}

/// The signals of a set, the lowest first.
#[derive(Debug)]
pub struct Signals(SignalSet);

impl Iterator for Signals {
    type Item = Signal;

    fn next(&mut self) -> Option<Signal> {
        // An empty set gives 65, which is not a signal.
        let next = Signal::new(self.0.0.trailing_zeros() as c_int + 1)?;
        self.0.remove(next);
        Some(next)
    }
}

/// What is passed on for each signal that comes in.
#[derive(Clone, Debug)]
pub struct Rewrites([u8; Signal::LAST as usize + 1]);

/// No option has named this signal: it is passed on as it is. An option may also say so; then the entry is the number.
const UNCHANGED: u8 = 0;

/// Not the number of a signal: nothing is passed on.
const DROPPED: u8 = u8::MAX;

impl Rewrites {
    /// Every signal stays what it is.
    #[must_use]
    pub const fn none() -> Self {
        Self([UNCHANGED; Signal::LAST as usize + 1])
    }

    /// From now on `from` becomes `to`; `None` drops it. The last word on a signal counts.
    pub fn set(&mut self, from: Signal, to: Option<Signal>) {
        if let Some(entry) = self.0.get_mut(usize::from(from.number())) {
            *entry = to.map_or(DROPPED, Signal::number);
        }
    }

    /// The same, unless [`Self::set`] has already said what becomes of `from`.
    pub fn set_by_default(&mut self, from: Signal, to: Signal) {
        if let Some(entry @ &mut UNCHANGED) = self.0.get_mut(usize::from(from.number())) {
            *entry = to.number();
        }
    }

    /// What to pass on for `from`; `None` if nothing.
    #[must_use]
    pub fn apply(&self, from: Signal) -> Option<Signal> {
        match self.0.get(usize::from(from.number())) {
            None | Some(&UNCHANGED) => Some(from),
            Some(&number) => Signal::new(c_int::from(number)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_agree_with_libc() {
        for (number, name) in
            [(1, "HUP"), (9, "KILL"), (15, "TERM"), (16, "STKFLT"), (17, "CHLD"), (31, "SYS")]
        {
            let signal = Signal::new(number).unwrap();
            assert_eq!(signal.name(), name.as_bytes());
            assert_eq!(Signal::parse(name.as_bytes()), Some(signal));
        }
        assert_eq!(Signal::parse(b"WINCH").unwrap().number(), libc::SIGWINCH as u8);
        assert_eq!(Signal::parse(b"PWR").unwrap().number(), libc::SIGPWR as u8);
        assert_eq!(Signal::new(34).unwrap().name(), b"");
    }

    #[test]
    fn users_spell_signals_in_many_ways() {
        let table: [(&[u8], u8); 12] = [
            (b"15", 15),
            (b"TERM", 15),
            (b"SIGTERM", 15),
            (b"sigterm", 15),
            (b"term", 15),
            (b"1", 1),
            (b"64", 64),
            (b"RTMIN", 34),
            (b"SIGRTMIN+3", 37),
            (b"rtmin+30", 64),
            (b"RTMAX", 64),
            (b"RTMAX-30", 34),
        ];
        for (text, number) in table {
            assert_eq!(Signal::parse(text), Signal::new(number.into()), "{}", text.escape_ascii());
        }
    }

    #[test]
    fn what_is_no_signal_is_refused() {
        let table: [&[u8]; 14] = [
            b"",
            b"0",
            b"65",
            b"-1",
            b"+1",
            b"SIG",
            b"TERMINATE",
            b"RTMIN-1",
            b"RTMIN+31",
            b"RTMAX+1",
            b"RTMAX-31",
            b"RTMIN+",
            b"15 ",
            b"99999999999999999999",
        ];
        for text in table {
            assert_eq!(Signal::parse(text), None, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn sets_have_the_kernels_bits() {
        assert_eq!(SignalSet::of(&[Signal::INT, Signal::TERM, Signal::CHLD]), SignalSet(0x14002));
        assert!(SignalSet::ALL.contains(Signal::of(64)));
        assert!(!SignalSet::EMPTY.contains(Signal::HUP));
        assert_eq!(
            SignalSet::ALL.into_iter().map(Signal::number).collect::<Vec<_>>(),
            Vec::from_iter(1..=64)
        );
        assert!(SignalSet::EMPTY.into_iter().next().is_none());
    }

    #[test]
    fn the_last_rewrite_counts() {
        let mut rewrites = Rewrites::none();
        assert_eq!(rewrites.apply(Signal::TERM), Some(Signal::TERM));
        rewrites.set(Signal::TERM, Some(Signal::QUIT));
        rewrites.set(Signal::TERM, None);
        assert_eq!(rewrites.apply(Signal::TERM), None);
        assert_eq!(rewrites.apply(Signal::of(64)), Some(Signal::of(64)));
    }

    #[test]
    fn a_rewrite_to_itself_is_one() {
        let mut rewrites = Rewrites::none();
        rewrites.set(Signal::TSTP, Some(Signal::TSTP));
        rewrites.set(Signal::TTIN, None);
        for signal in SignalSet::TERMINAL_STOPS {
            rewrites.set_by_default(signal, Signal::STOP);
        }
        assert_eq!(rewrites.apply(Signal::TSTP), Some(Signal::TSTP));
        assert_eq!(rewrites.apply(Signal::TTIN), None);
        assert_eq!(rewrites.apply(Signal::TTOU), Some(Signal::STOP));
    }
}
