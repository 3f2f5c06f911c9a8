//! What happens that somebody may want to know, without the words for it: those are a personality's. Pure.

use crate::errno::Errno;
use crate::getopt::Mistake;
use crate::line::Line;
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

/// One event of a run.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A word of the command line, or of a variable, is not in the grammar.
    Misused(Mistake<'a>),
    /// The value of an option is none.
    Refused { option: &'static str, value: &'a [u8], accepted: &'static str },
    /// We are not PID 1, and should be.
    NotFirst,
    /// `--to all` would signal every process of the user.
    AllNeedsInit,
    /// We are neither PID 1 nor can we be a subreaper: orphans go to somebody else.
    Unadopted { errno: Errno },
    /// A syscall of the start failed.
    Failed { deed: &'static str, errno: Errno },
    /// The child runs.
    Spawned { child: Pid, name: &'a [u8] },
    /// In the child: the command could not be run.
    ExecFailed { name: &'a [u8], errno: Errno },
    /// A signal came, and `passed` went to the child.
    Forwarded { signal: Signal, passed: Signal, child: Pid },
    /// A signal came, and a rewrite drops it.
    Dropped { signal: Signal },
    /// A signal could not be sent to the child.
    NotForwarded { signal: Signal, child: Pid, errno: Errno },
    /// The child does not run, but lives.
    Stopped { child: Pid, signal: Signal },
    /// Somebody else's child ended, and was waited for.
    Reaped { orphan: Pid, wait: WaitStatus },
    /// The child ended; this is what becomes of it.
    Ended { child: Pid, wait: WaitStatus, status: ExitStatus },
}

impl Event<'_> {
    /// Fills a personality's words in. In `words`, a `%` and a letter stand for
    ///
    /// | | |
    /// |---|---|
    /// | `%p` | a process |
    /// | `%s` | a signal, by name |
    /// | `%t` | the signal that is passed on instead, by name |
    /// | `%e` | an error, by strerror(3) |
    /// | `%n` | a name or value from outside |
    /// | `%o` | an option, a deed |
    /// | `%a` | what is accepted |
    /// | `%w` | how a process ended |
    /// | `%c` | our exit status |
    ///
    /// What this event does not have stays empty.
    pub fn fill(&self, words: &str, line: &mut Line) {
        let mut is_letter = false;
        for &byte in words.as_bytes() {
            if is_letter {
                self.insert(byte, line);
            } else if byte != b'%' {
                line.push(byte);
            }
            is_letter = byte == b'%';
        }
    }

    fn insert(&self, letter: u8, line: &mut Line) {
        match (letter, *self) {
            (
                b'p',
                Self::Spawned { child: pid, .. }
                | Self::Forwarded { child: pid, .. }
                | Self::NotForwarded { child: pid, .. }
                | Self::Stopped { child: pid, .. }
                | Self::Reaped { orphan: pid, .. }
                | Self::Ended { child: pid, .. },
            ) => {
                line.pid(pid);
            }
            (
                b's',
                Self::Forwarded { signal, .. }
                | Self::Dropped { signal }
                | Self::NotForwarded { signal, .. }
                | Self::Stopped { signal, .. },
            )
            | (b't', Self::Forwarded { passed: signal, .. }) => {
                line.signal(signal);
            }
            (
                b'e',
                Self::Unadopted { errno }
                | Self::Failed { errno, .. }
                | Self::ExecFailed { errno, .. }
                | Self::NotForwarded { errno, .. },
            ) => {
                line.errno(errno);
            }
            (
                b'n',
                Self::Spawned { name, .. }
                | Self::ExecFailed { name, .. }
                | Self::Refused { value: name, .. }
                | Self::Misused(Mistake::UnknownLong(name) | Mistake::Operand(name)),
            ) => {
                line.quote(name);
            }
            (b'n', Self::Misused(Mistake::UnknownShort(letter) | Mistake::ShortNeedsValue(letter))) => {
                line.quote(&[letter]);
            }
            (b'n', Self::Misused(Mistake::LongNeedsValue(text) | Mistake::LongTakesNoValue(text))) => {
                line.bytes(text);
            }
            (b'o', Self::Failed { deed: text, .. } | Self::Refused { option: text, .. })
            | (b'a', Self::Refused { accepted: text, .. }) => {
                line.text(text);
            }
            (b'w', Self::Reaped { wait, .. } | Self::Ended { wait, .. }) => end(wait, line),
            (b'c', Self::Ended { status, .. }) => {
                line.number(u64::from(status.0));
            }
            _ => {}
        }
    }
}

/// `exited with 0`, `killed by SIGSEGV (core dumped)`.
fn end(wait: WaitStatus, line: &mut Line) {
    if let Some(signal) = wait.term_signal() {
        line.text("killed by ").signal(signal);
        if wait.dumped_core() {
            line.text(" (core dumped)");
        }
    } else {
        line.text("exited with ").number(u64::from(wait.exit_code().unwrap_or(0)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(event: &Event<'_>, words: &str) -> String {
        let mut line = Line::new();
        event.fill(words, &mut line);
        String::from_utf8(line.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn words_are_filled_in() {
        let term = Signal::TERM;
        let child = Pid::new(7);
        let killed = WaitStatus::new(0x8b);
        for (event, words, text) in [
            (
                Event::Forwarded { signal: term, passed: Signal::QUIT, child },
                "%s as %t to %p%e",
                "SIGTERM as SIGQUIT to 7",
            ),
            (
                Event::ExecFailed { name: b"x\ny", errno: Errno::NOENT },
                "'%n': %e",
                "'x?y': No such file or directory",
            ),
            (
                Event::Ended { child, wait: killed, status: ExitStatus(139) },
                "%w, %c",
                "killed by SIGSEGV (core dumped), 139",
            ),
            (Event::Reaped { orphan: child, wait: WaitStatus::new(0x700) }, "%p %w", "7 exited with 7"),
            (Event::Refused { option: "to", value: b"me", accepted: "child" }, "%o %n %a", "to me child"),
            (Event::Misused(Mistake::UnknownShort(b'x')), "-%n", "-x"),
            (Event::NotFirst, "%p%s%t%e%n%o%a%w%c%", ""),
        ] {
            assert_eq!(filled(&event, words), text);
        }
    }
}
