//! What happens that somebody may want to know, without the words for it: those are a personality's. Pure.

use crate::errno::Errno;
use crate::line::Line;
use crate::process::Pid;
use crate::signal::Signal;
use crate::status::{ExitStatus, WaitStatus};
use crate::words::{Text, text};

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

/// One event of a run.
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
        accepted: Text,
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
}

/// Who speaks.
#[derive(Clone, Copy, Debug)]
pub struct Speaker<'a> {
    /// `argv[0]`.
    pub name: &'a [u8],
    pub pid: Pid,
}

impl Event<'_> {
    /// The place of its text in a [`Voice`](crate::voice::Voice).
    #[must_use]
    pub fn index(&self) -> usize {
        // In order, so that the compiler needs no table; the ends by a signal have places behind all others.
        let index = match self {
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
            Self::Unwritten { .. } => 21,
            Self::Killing => 22,
            Self::Lost { .. } => 23,
            Self::Rewritten { .. } => 24,
            Self::HandedOff { .. } => 25,
            Self::Reaped { .. } => 26,
            Self::Ended { .. } => 27,
        };
        match self {
            Self::Reaped { wait, .. } | Self::Ended { wait, .. } if wait.term_signal().is_some() => index + 2,
            _ => index,
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

    /// Fills in a personality's text. In it, a `%` and a letter stand for
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
    ///
    /// What this event does not have stays empty.
    pub fn fill(&self, text: Text, speaker: Speaker<'_>, line: &mut Line) {
        let mut is_letter = false;
        text.unpack(&mut |byte| {
            if is_letter {
                match byte {
                    b'i' => line.pid(speaker.pid),
                    b'N' => line.quote(speaker.name),
                    b'b' => line.quote(base_name(speaker.name)),
                    _ => self.insert(byte, line),
                };
            } else if byte != b'%' {
                line.push(byte);
            }
            is_letter = byte == b'%';
        });
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
                    let core = if letter == b'w' && wait.dumped_core() { text!(" (core dumped)") } else { Text::EMPTY };
                    name_or_number(signal, letter, line).text(core)
                }
                None => line.number(u64::from(wait.exit_code())),
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

    fn filled(event: &Event<'_>, text: Text) -> String {
        let mut line = Line::new();
        event.fill(text, SPEAKER, &mut line);
        String::from_utf8(line.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn words_are_filled_in() {
        let (signal, pid, wait) = (Signal::TERM, CHILD, WaitStatus::new(0x8b));
        for (event, text, line) in [
            (
                Event::Forwarded { signal, passed: Signal::QUIT, pid },
                text!("%s as %t, %S as %T, to %p%e"),
                "SIGTERM as SIGQUIT, 15 as 3, to 7",
            ),
            (
                Event::ExecFailed { name: b"x\ny", errno: Errno::NOENT },
                text!("'%n': %e"),
                "'x?y': No such file or directory",
            ),
            (
                Event::Ended { pid, wait, status: ExitStatus(139) },
                text!("%w, %W, %c"),
                "SIGSEGV (core dumped), 11, 139",
            ),
            (Event::Reaped { pid, wait: WaitStatus::new(0x700) }, text!("%p %w"), "7 7"),
            (
                Event::Refused { letter: b't', name: b"me", accepted: text!("child") },
                text!("%o %n %a"),
                "t me child",
            ),
            (Event::UnknownShort { letter: b'x' }, text!("-%n"), "-x"),
            (Event::NotFirst, text!("%N\n%b[%i]"), "/sbin/init\ninit[3]"),
            (Event::NotFirst, text!("%p%s%t%e%n%o%a%w%c%"), ""),
        ] {
            assert_eq!(filled(&event, text), line);
        }
    }
}
