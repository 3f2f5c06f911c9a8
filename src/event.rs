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
    /// What nobody hears.
    Silent,
}

impl Level {
    /// 0 is `Fatal`, 4 is `Trace`.
    #[must_use]
    pub const fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Fatal,
            1 => Self::Warning,
            2 => Self::Info,
            3 => Self::Debug,
            4 => Self::Trace,
            _ => Self::Silent,
        }
    }

    /// One step more, at most everything.
    #[must_use]
    pub const fn louder(self) -> Self {
        match self {
            Self::Trace | Self::Silent => Self::Trace,
            _ => Self::from_number(self as u8 + 1),
        }
    }
}

/// One event of a run. A [`Voice`] has a line for each, in this order; where a process has ended, one for
/// an exit and one for a signal.
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
        letter: u8,
        name: &'a [u8],
        accepted: &'static str,
    },
    /// There is no command, and there should be one.
    NoCommand,
    /// A variable that must not be there is.
    Reserved,
    /// We are not PID 1, and should be.
    NotFirst,
    /// `--to all` would signal every process of the user.
    AllNeedsInit,
    /// We are not PID 1, and cannot be a subreaper: orphans go to somebody else.
    Unadopted {
        errno: Errno,
    },
    /// There is no new process.
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
    /// A signal came.
    Received {
        signal: Signal,
    },
    /// `passed` went to the child for it.
    Forwarded {
        signal: Signal,
        passed: Signal,
        pid: Pid,
    },
    /// Nothing is passed on for it.
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
    /// A process other than the child was reaped, and the user wants to be warned of that.
    Zombie {
        pid: Pid,
    },
    /// A process ended, and was waited for.
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
    /// The termination message has nowhere to go.
    Unwritten {
        name: &'a [u8],
        errno: Errno,
    },
    /// The time of the last step is over.
    Killing,
    /// So many lines before this one could not be written.
    Lost {
        count: u64,
    },
    /// A signal is rewritten, to another one or to none.
    Rewritten {
        signal: Signal,
        passed: Option<Signal>,
    },
    /// A signal that came from giving up the terminal, and is not for the child.
    HandedOff {
        signal: Signal,
    },
}

/// How a personality speaks.
#[derive(Debug)]
pub struct Voice {
    /// Begins a line, by level, one line for each.
    pub prefixes: &'static [u8],
    /// A line for each event, in the order of [`Event`]: a digit for its [`Level`], or a letter from `a` if
    /// the prefix of that level is left out; then the words. Where there are none, nothing is said.
    pub words: &'static [u8],
    /// Follows a complaint about the call, and `usage` follows it.
    pub usage_head: &'static [u8],
    pub usage: &'static str,
    /// From this level on, reports go to stdout instead of stderr.
    pub stdout_from: Level,
}

/// Who speaks.
#[derive(Clone, Copy, Debug)]
pub struct Speaker<'a> {
    /// `argv[0]`.
    pub name: &'a [u8],
    pub pid: Pid,
}

impl Voice {
    /// The level, the prefix and the words for `event`.
    #[must_use]
    pub fn words_for(&self, event: &Event<'_>) -> (Level, &'static [u8], &'static [u8]) {
        let [first, words @ ..] = nth_word(self.words, b'\n', event.index()) else {
            return (Level::Silent, b"", b"");
        };
        let prefix =
            if first.is_ascii_digit() { nth_word(self.prefixes, b'\n', usize::from(first & 7)) } else { b"" };
        // '0' is 0x30 and 'a' is 0x61: the low bits count from 0 and from 1.
        (Level::from_number(if first.is_ascii_digit() { first & 7 } else { (first & 7) - 1 }), prefix, words)
    }
}

impl Event<'_> {
    /// The place in a voice.
    fn index(&self) -> usize {
        let killed = |wait: &WaitStatus| usize::from(wait.term_signal().is_some());
        match self {
            Self::UnknownShort { .. } => 0,
            Self::UnknownLong { .. } => 1,
            Self::ShortNeedsValue { .. } => 2,
            Self::LongNeedsValue { .. } => 3,
            Self::LongTakesNoValue { .. } => 4,
            Self::Operand { .. } => 5,
            Self::Refused { .. } => 6,
            Self::NoCommand => 7,
            Self::Reserved => 8,
            Self::NotFirst => 9,
            Self::AllNeedsInit => 10,
            Self::Unadopted { .. } => 11,
            Self::ForkFailed { .. } => 12,
            Self::ExecFailed { .. } => 13,
            Self::Spawned { .. } => 14,
            Self::Received { .. } => 15,
            Self::Forwarded { .. } => 16,
            Self::Dropped { .. } => 17,
            Self::NotForwarded { .. } => 18,
            Self::Stopped { .. } => 19,
            Self::Zombie { .. } => 20,
            Self::Reaped { wait, .. } => 21 + killed(wait),
            Self::Ended { wait, .. } => 23 + killed(wait),
            Self::Unwritten { .. } => 25,
            Self::Killing => 26,
            Self::Lost { .. } => 27,
            Self::Rewritten { .. } => 28,
            Self::HandedOff { .. } => 29,
        }
    }

    /// Whether it comes with every signal or every process. No voice has words for these below [`Level::Info`],
    /// so whoever hears less need not look for them.
    #[must_use]
    pub const fn is_chatter(&self) -> bool {
        matches!(self, Self::Received { .. } | Self::Forwarded { .. } | Self::Reaped { .. })
    }

    /// Whether only an option of ours leads to it, which any personality takes by `PAUSA_OPTIONS`.
    #[must_use]
    pub const fn is_ours_alone(&self) -> bool {
        matches!(
            self,
            Self::Operand { .. }
                | Self::AllNeedsInit
                | Self::Unwritten { .. }
                | Self::Killing
                | Self::Lost { .. }
        )
    }

    /// Fills a personality's words in. In `words`, a `%` and a letter stand for
    ///
    /// | | |
    /// |---|---|
    /// | `%i` `%N` `%b` | who speaks: its pid, its name as called, the last component of that |
    /// | `%p` | a process |
    /// | `%s` `%S` | a signal, by name or number |
    /// | `%t` `%T` | the signal that is passed on instead, by name or number |
    /// | `%e` `%E` | an error, by strerror(3) or number |
    /// | `%n` | a name or value from outside |
    /// | `%o` `%a` | an option, what it accepts |
    /// | `%w` | the exit code, or the signal that ended a process, by name and with `(core dumped)` |
    /// | `%W` | that signal, by number |
    /// | `%c` | our exit status, a count |
    /// | `%l` | a new line |
    ///
    /// What this event does not have stays empty.
    pub fn fill(&self, words: &[u8], speaker: Speaker<'_>, line: &mut Line) {
        let mut is_letter = false;
        for &byte in words {
            if is_letter {
                match byte {
                    b'i' => line.pid(speaker.pid),
                    b'N' => line.quote(speaker.name),
                    b'b' => line.quote(base_name(speaker.name)),
                    b'l' => line.push(b'\n'),
                    _ => self.insert(byte, line),
                };
            } else if byte != b'%' {
                line.push(byte);
            }
            is_letter = byte == b'%';
        }
    }

    #[rustfmt::skip]
    fn insert<'l>(&self, letter: u8, line: &'l mut Line) -> &'l mut Line {
        match (letter, *self) {
            (b'p', Self::Spawned { pid, .. } | Self::Forwarded { pid, .. } | Self::NotForwarded { pid, .. }
                | Self::Stopped { pid, .. } | Self::Zombie { pid } | Self::Reaped { pid, .. }
                | Self::Ended { pid, .. }) => line.pid(pid),
            (b's' | b'S', Self::Rewritten { signal, .. } | Self::HandedOff { signal } | Self::Received { signal } | Self::Forwarded { signal, .. } | Self::Dropped { signal }
                | Self::NotForwarded { signal, .. } | Self::Stopped { signal, .. })
            | (b't' | b'T', Self::Forwarded { passed: signal, .. }) => name_or_number(signal, letter, line),
            (b'T', Self::Rewritten { passed, .. }) => line.number(passed.map_or(0, |signal| signal.number().into())),
            (b'e', Self::Unadopted { errno } | Self::Unwritten { errno, .. } | Self::ForkFailed { errno } | Self::ExecFailed { errno, .. }
                | Self::NotForwarded { errno, .. }) => line.errno(errno),
            (b'n', Self::Spawned { name, .. } | Self::ExecFailed { name, .. } | Self::Refused { name, .. }
                | Self::UnknownLong { name } | Self::LongNeedsValue { name } | Self::LongTakesNoValue { name }
                | Self::Operand { name } | Self::Unwritten { name, .. }) => line.quote(name),
            (b'n', Self::UnknownShort { letter } | Self::ShortNeedsValue { letter })
            | (b'o', Self::Refused { letter, .. }) => line.quote(&[letter]),
            (b'a', Self::Refused { accepted, .. }) => line.text(accepted),
            (b'w' | b'W', Self::Reaped { wait, .. } | Self::Ended { wait, .. }) => match wait.term_signal() {
                Some(signal) => {
                    let core = if letter == b'w' && wait.dumped_core() { " (core dumped)" } else { "" };
                    name_or_number(signal, letter, line).text(core)
                }
                None => line.number(u64::from(wait.exit_code().unwrap_or(0))),
            },
            (b'c', Self::Ended { status, .. }) => line.number(u64::from(status.0)),
            (b'c', Self::Lost { count }) => line.number(count),
            _ => line,
        }
    }
}

/// The number for a capital letter.
fn name_or_number(signal: Signal, letter: u8, line: &mut Line) -> &mut Line {
    if letter.is_ascii_uppercase() { line.number(u64::from(signal.number())) } else { line.signal(signal) }
}

/// What stands behind the last slash.
#[must_use]
pub fn base_name(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHILD: Pid = Pid::new(7);
    const SPEAKER: Speaker<'_> = Speaker { name: b"/sbin/init", pid: Pid::new(3) };

    fn filled(event: &Event<'_>, words: &[u8]) -> String {
        let mut line = Line::new();
        event.fill(words, SPEAKER, &mut line);
        String::from_utf8(line.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn words_are_filled_in() {
        let (signal, pid, wait) = (Signal::TERM, CHILD, WaitStatus::new(0x8b));
        for (event, words, text) in [
            (
                Event::Forwarded { signal, passed: Signal::QUIT, pid },
                &b"%s as %t, %S as %T, to %p%e"[..],
                "SIGTERM as SIGQUIT, 15 as 3, to 7",
            ),
            (
                Event::ExecFailed { name: b"x\ny", errno: Errno::NOENT },
                b"'%n': %e",
                "'x?y': No such file or directory",
            ),
            (
                Event::Ended { pid, wait, status: ExitStatus(139) },
                b"%w, %W, %c",
                "SIGSEGV (core dumped), 11, 139",
            ),
            (Event::Reaped { pid, wait: WaitStatus::new(0x700) }, b"%p %w", "7 7"),
            (Event::Refused { letter: b't', name: b"me", accepted: "child" }, b"%o %n %a", "t me child"),
            (Event::UnknownShort { letter: b'x' }, b"-%n", "-x"),
            (Event::NotFirst, b"%N%l%b[%i]", "/sbin/init\ninit[3]"),
            (Event::NotFirst, b"%p%s%t%e%n%o%a%w%c%", ""),
        ] {
            assert_eq!(filled(&event, words), text);
        }
    }

    #[test]
    fn a_voice_has_its_words_in_order() {
        let voice = Voice {
            prefixes: b"F:\nW:",
            words: b"0short\n\n2\nbneeds\n1warn",
            usage_head: b"",
            usage: "",
            stdout_from: Level::Silent,
        };
        for (event, level, prefix, words) in [
            (Event::UnknownShort { letter: b'x' }, Level::Fatal, &b"F:"[..], &b"short"[..]),
            (Event::UnknownLong { name: b"x" }, Level::Silent, b"", b""),
            (Event::ShortNeedsValue { letter: b'x' }, Level::Info, b"", b""),
            (Event::LongNeedsValue { name: b"x" }, Level::Warning, b"", b"needs"),
            (Event::LongTakesNoValue { name: b"x" }, Level::Warning, b"W:", b"warn"),
            (Event::NotFirst, Level::Silent, b"", b""),
        ] {
            assert_eq!(voice.words_for(&event), (level, prefix, words), "{event:?}");
        }
    }
}
