//! What happens that somebody may want to know, without the words for it: those are a personality's. Pure.

use crate::errno::Errno;
use crate::line::{Line, nth_word};
use crate::process::Pid;
use crate::signal::Signal;
use crate::status::{ExitStatus, WaitStatus};

/// How much one wants to hear, and how much an event weighs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    /// Nothing goes on.
    Fatal,
    Warning,
    Info,
    Debug,
    Trace,
}

impl Level {
    const fn from_digit(digit: u8) -> Self {
        match digit {
            b'0' => Self::Fatal,
            b'1' => Self::Warning,
            b'2' => Self::Info,
            b'3' => Self::Debug,
            _ => Self::Trace,
        }
    }

    /// One step more, at most everything.
    #[must_use]
    pub const fn louder(self) -> Self {
        match self {
            Self::Fatal => Self::Warning,
            Self::Warning => Self::Info,
            Self::Info => Self::Debug,
            Self::Debug | Self::Trace => Self::Trace,
        }
    }
}

/// One event of a run. A [`Voice`] has a line for each, in this order.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A short option that the grammar does not know.
    UnknownShort {
        letter: u8,
    },
    /// A long one.
    UnknownLong {
        name: &'a [u8],
    },
    ShortNeedsValue {
        letter: u8,
    },
    LongNeedsValue {
        name: &'a [u8],
    },
    LongTakesNoValue {
        name: &'a [u8],
    },
    /// A word that is no option, where only options are allowed.
    Operand {
        name: &'a [u8],
    },
    /// The value of an option is none.
    Refused {
        option: &'static str,
        name: &'a [u8],
        accepted: &'static str,
    },
    /// We are not PID 1, and should be.
    NotFirst,
    /// `--to all` would signal every process of the user.
    AllNeedsInit,
    /// We are neither PID 1 nor can we be a subreaper: orphans go to somebody else.
    Unadopted {
        errno: Errno,
    },
    /// fork(2) failed.
    ForkFailed {
        errno: Errno,
    },
    /// In the child: the command could not be run.
    ExecFailed {
        name: &'a [u8],
        errno: Errno,
    },
    /// The child runs.
    Spawned {
        pid: Pid,
        name: &'a [u8],
    },
    /// A signal came, and `passed` went to the child.
    Forwarded {
        signal: Signal,
        passed: Signal,
        pid: Pid,
    },
    /// A signal came, and a rewrite drops it.
    Dropped {
        signal: Signal,
    },
    /// A signal could not be sent to the child.
    NotForwarded {
        signal: Signal,
        pid: Pid,
        errno: Errno,
    },
    /// The child does not run, but lives.
    Stopped {
        signal: Signal,
        pid: Pid,
    },
    /// Somebody else's child ended, and was waited for.
    Reaped {
        pid: Pid,
        wait: WaitStatus,
    },
    /// The child ended; this is what becomes of it.
    Ended {
        pid: Pid,
        wait: WaitStatus,
        status: ExitStatus,
    },
}

/// How a personality speaks.
#[derive(Debug)]
pub struct Voice {
    /// Begins every line.
    pub prefix: fn(Level, &mut Line),
    /// A line for each event, in the order of [`Event`]: a digit for its [`Level`], then the words for
    /// [`Event::fill`]. Where there are no words, nothing is said.
    pub words: &'static [u8],
}

impl Voice {
    /// The level and the words for `event`.
    #[must_use]
    pub fn words_for(&self, event: &Event<'_>) -> (Level, &'static [u8]) {
        match nth_word(self.words, b'\n', event.index()) {
            [digit, words @ ..] => (Level::from_digit(*digit), words),
            [] => (Level::Trace, b""),
        }
    }
}

impl Event<'_> {
    /// The place in a voice.
    const fn index(&self) -> usize {
        match self {
            Self::UnknownShort { .. } => 0,
            Self::UnknownLong { .. } => 1,
            Self::ShortNeedsValue { .. } => 2,
            Self::LongNeedsValue { .. } => 3,
            Self::LongTakesNoValue { .. } => 4,
            Self::Operand { .. } => 5,
            Self::Refused { .. } => 6,
            Self::NotFirst => 7,
            Self::AllNeedsInit => 8,
            Self::Unadopted { .. } => 9,
            Self::ForkFailed { .. } => 10,
            Self::ExecFailed { .. } => 11,
            Self::Spawned { .. } => 12,
            Self::Forwarded { .. } => 13,
            Self::Dropped { .. } => 14,
            Self::NotForwarded { .. } => 15,
            Self::Stopped { .. } => 16,
            Self::Reaped { .. } => 17,
            Self::Ended { .. } => 18,
        }
    }

    /// Fills a personality's words in. In `words`, a `%` and a letter stand for
    ///
    /// | | |
    /// |---|---|
    /// | `%p` | a process |
    /// | `%s` | a signal, by name |
    /// | `%t` | the signal that is passed on instead, by name |
    /// | `%e` | an error, by strerror(3) |
    /// | `%n` | a name or value from outside |
    /// | `%o` | an option |
    /// | `%a` | what is accepted |
    /// | `%w` | how a process ended |
    /// | `%c` | our exit status |
    ///
    /// What this event does not have stays empty.
    pub fn fill(&self, words: &[u8], line: &mut Line) {
        let mut is_letter = false;
        for &byte in words {
            if is_letter {
                self.insert(byte, line);
            } else if byte != b'%' {
                line.push(byte);
            }
            is_letter = byte == b'%';
        }
    }

    #[rustfmt::skip]
    fn insert(&self, letter: u8, line: &mut Line) {
        match (letter, *self) {
            (b'p', Self::Spawned { pid, .. } | Self::Forwarded { pid, .. } | Self::NotForwarded { pid, .. }
                | Self::Stopped { pid, .. } | Self::Reaped { pid, .. } | Self::Ended { pid, .. }) => line.pid(pid),
            (b's', Self::Forwarded { signal, .. } | Self::Dropped { signal } | Self::NotForwarded { signal, .. }
                | Self::Stopped { signal, .. })
            | (b't', Self::Forwarded { passed: signal, .. }) => line.signal(signal),
            (b'e', Self::Unadopted { errno } | Self::ForkFailed { errno } | Self::ExecFailed { errno, .. }
                | Self::NotForwarded { errno, .. }) => line.errno(errno),
            (b'n', Self::Spawned { name, .. } | Self::ExecFailed { name, .. } | Self::Refused { name, .. }
                | Self::UnknownLong { name } | Self::LongNeedsValue { name } | Self::LongTakesNoValue { name }
                | Self::Operand { name }) => line.quote(name),
            (b'n', Self::UnknownShort { letter } | Self::ShortNeedsValue { letter }) => line.quote(&[letter]),
            (b'o', Self::Refused { option: text, .. }) | (b'a', Self::Refused { accepted: text, .. }) => line.text(text),
            (b'w', Self::Reaped { wait, .. } | Self::Ended { wait, .. }) => end(wait, line),
            (b'c', Self::Ended { status, .. }) => line.number(u64::from(status.0)),
            _ => line,
        };
    }
}

/// `exited with 0`, `killed by SIGSEGV (core dumped)`.
fn end(wait: WaitStatus, line: &mut Line) -> &mut Line {
    match wait.term_signal() {
        Some(signal) => line.text("killed by ").signal(signal).text(if wait.dumped_core() {
            " (core dumped)"
        } else {
            ""
        }),
        None => line.text("exited with ").number(u64::from(wait.exit_code().unwrap_or(0))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHILD: Pid = Pid::new(7);

    fn filled(event: &Event<'_>, words: &[u8]) -> String {
        let mut line = Line::new();
        event.fill(words, &mut line);
        String::from_utf8(line.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn words_are_filled_in() {
        let (signal, pid, wait) = (Signal::TERM, CHILD, WaitStatus::new(0x8b));
        for (event, words, text) in [
            (
                Event::Forwarded { signal, passed: Signal::QUIT, pid },
                &b"%s as %t to %p%e"[..],
                "SIGTERM as SIGQUIT to 7",
            ),
            (
                Event::ExecFailed { name: b"x\ny", errno: Errno::NOENT },
                b"'%n': %e",
                "'x?y': No such file or directory",
            ),
            (
                Event::Ended { pid, wait, status: ExitStatus(139) },
                b"%w, %c",
                "killed by SIGSEGV (core dumped), 139",
            ),
            (Event::Reaped { pid, wait: WaitStatus::new(0x700) }, b"%p %w", "7 exited with 7"),
            (Event::Refused { option: "to", name: b"me", accepted: "child" }, b"%o %n %a", "to me child"),
            (Event::UnknownShort { letter: b'x' }, b"-%n", "-x"),
            (Event::NotFirst, b"%p%s%t%e%n%o%a%w%c%", ""),
        ] {
            assert_eq!(filled(&event, words), text);
        }
    }

    #[test]
    fn a_voice_has_its_words_in_order() {
        let voice = Voice { prefix: |_, _| {}, words: b"0short\n\n2" };
        assert_eq!(voice.words_for(&Event::UnknownShort { letter: b'x' }), (Level::Fatal, &b"short"[..]));
        assert_eq!(voice.words_for(&Event::UnknownLong { name: b"x" }).1, b"");
        assert_eq!(voice.words_for(&Event::ShortNeedsValue { letter: b'x' }), (Level::Info, &b""[..]));
        assert_eq!(voice.words_for(&Event::NotFirst).1, b"");
    }
}
