//! The reports' lines: a personality's text with what an event has filled in. Pure.

use core::slice;

use crate::bytes::base_name;
use crate::message::event::Event;
use crate::message::line::Line;
use crate::message::text::{Text, text};
use crate::model::errno::Errno;
use crate::model::process::Pid;
use crate::model::signal::Signal;
use crate::model::status::WaitStatus;

/// Who reports.
#[derive(Clone, Copy, Debug)]
pub struct Speaker<'a> {
    /// `argv[0]`.
    pub name: &'a [u8],
    pub pid: Pid,
}

impl Event<'_> {
    /// Fills in a personality's text. In it, a `%` and a letter stand for
    ///
    /// | | |
    /// |---|---|
    /// | `%i` `%N` `%b` | who reports: its pid, its name as called, the last component of that |
    /// | `%p` | a process |
    /// | `%s` `%S` | a signal, by name or number |
    /// | `%t` `%T` | the signal that is sent instead, by name or number |
    /// | `%e` `%E` | an error, by strerror(3) or number |
    /// | `%n` | a name or value from outside |
    /// | `%q` | the long name of an option: the one that refuses a value, or that begins alike |
    /// | `%o` `%a` | an option, what it accepts; a hint |
    /// | `%w` | the exit code, or the signal that ended a process, by name and with `(core dumped)` |
    /// | `%W` | that signal, by number |
    /// | `%c` | our exit status, a count |
    ///
    /// What an event does not have is left empty.
    pub fn fill(&self, text: Text, speaker: Speaker<'_>, line: &mut Line<'_>) {
        let mut is_letter = false;
        for &byte in text.0 {
            if is_letter {
                let _ = self.insert(byte, speaker, line);
            } else if byte != b'%' {
                line.push(byte);
            }
            is_letter = byte == b'%';
        }
    }

    /// Adds what a letter stands for. `None`: this event has none.
    // 96 bytes less.
    #[inline(never)]
    fn insert(&self, letter: u8, speaker: Speaker<'_>, line: &mut Line<'_>) -> Option<()> {
        match letter {
            b'i' => line.pid(speaker.pid),
            b'N' => line.quote(speaker.name),
            b'b' => line.quote(base_name(speaker.name)),
            b'p' => line.pid(self.pid()?),
            b's' => line.signal(self.signal()?),
            b'S' => line.number(self.signal()?.number().into()),
            b't' => line.signal(self.passed()??),
            b'T' => line.number(self.passed()?.map_or(0, Signal::number).into()),
            b'e' => line.errno(self.errno()?),
            b'E' => line.number(self.errno()?.number().into()),
            b'n' => line.quote(self.name()?),
            b'o' => line.quote(slice::from_ref(self.option()?)),
            b'q' => line.quote(self.long_option()?),
            b'a' => line.text(self.accepted()?),
            b'w' => {
                let wait = self.wait()?;
                match wait.term_signal() {
                    Some(signal) if wait.dumped_core() => line.signal(signal).text(text!(" (core dumped)")),
                    Some(signal) => line.signal(signal),
                    None => line.number(wait.exit_code().into()),
                }
            }
            b'W' => line.number(self.wait()?.term_signal()?.number().into()),
            b'c' => line.number(self.count()?),
            _ => return None,
        };
        Some(())
    }

    const fn pid(&self) -> Option<Pid> {
        match *self {
            Self::Spawned { pid, .. }
            | Self::Forwarded { pid, .. }
            | Self::NotForwarded { pid, .. }
            | Self::Stopped { pid, .. }
            | Self::Zombie { pid }
            | Self::GaveUp { pid }
            | Self::Reaped { pid, .. }
            | Self::Ended { pid, .. } => Some(pid),
            _ => None,
        }
    }

    // 80 bytes less.
    #[inline(never)]
    const fn signal(&self) -> Option<Signal> {
        match *self {
            Self::Received { signal }
            | Self::Forwarded { signal, .. }
            | Self::Dropped { signal }
            | Self::NotForwarded { signal, .. }
            | Self::Rewritten { signal, .. }
            | Self::HandedOff { signal }
            | Self::Stopped { signal, .. } => Some(signal),
            _ => None,
        }
    }

    const fn passed(&self) -> Option<Option<Signal>> {
        match *self {
            Self::Forwarded { passed, .. } => Some(Some(passed)),
            Self::Rewritten { passed, .. } => Some(passed),
            _ => None,
        }
    }

    // 32 bytes less.
    #[inline(never)]
    const fn errno(&self) -> Option<Errno> {
        match *self {
            Self::SubreaperFailed { errno }
            | Self::ParentDeathRefused { errno }
            | Self::TerminalKept { errno }
            | Self::TerminalNotTaken { errno }
            | Self::ForkFailed { errno }
            | Self::ExecFailed { errno, .. }
            | Self::NotForwarded { errno, .. }
            | Self::Unwritten { errno, .. }
            | Self::NotInstalled { errno, .. }
            | Self::SignalsRefused { errno }
            | Self::ClockRefused { errno }
            | Self::ChildrenRefused { errno } => Some(errno),
            _ => None,
        }
    }

    const fn name(&self) -> Option<&[u8]> {
        match self {
            Self::UnknownShort { letter } | Self::ShortNeedsValue { letter } => Some(slice::from_ref(letter)),
            Self::UnknownLong { name }
            | Self::LongNeedsValue { name }
            | Self::LongTakesNoValue { name }
            | Self::Ambiguous { name }
            | Self::Misspelt { name, .. }
            | Self::NoCommandFor { name }
            | Self::Operand { name }
            | Self::Refused { name, .. }
            | Self::ExecFailed { name, .. }
            | Self::Spawned { name, .. }
            | Self::Unwritten { name, .. }
            | Self::NotInstalled { name, .. } => Some(name),
            _ => None,
        }
    }

    const fn option(&self) -> Option<&u8> {
        if let Self::Refused { letter, .. } = self { Some(letter) } else { None }
    }

    const fn long_option(&self) -> Option<&'static [u8]> {
        match *self {
            Self::Refused { option: name, .. } | Self::Misspelt { near: name, .. } => Some(name),
            _ => None,
        }
    }

    const fn accepted(&self) -> Option<Text> {
        match *self {
            Self::Refused { accepted: text, .. }
            | Self::ExecFailed { hint: text, .. }
            | Self::Unwritten { hint: text, .. }
            | Self::NotInstalled { hint: text, .. }
            | Self::NotInspected { why: text } => Some(text),
            _ => None,
        }
    }

    const fn wait(&self) -> Option<WaitStatus> {
        if let Self::Reaped { wait, .. } | Self::Ended { wait, .. } = *self { Some(wait) } else { None }
    }

    fn count(&self) -> Option<u64> {
        match *self {
            Self::Ended { status, .. } => Some(status.0.into()),
            Self::Lost { count } => Some(count),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::status::ExitStatus;

    const CHILD: Pid = Pid::new(7);
    const SPEAKER: Speaker<'_> = Speaker { name: b"/sbin/init", pid: Pid::new(3) };

    fn filled(event: &Event<'_>, text: Text) -> String {
        let mut room = Line::ROOM;
        let mut line = Line::new(&mut room);
        event.fill(text, SPEAKER, &mut line);
        String::from_utf8(line.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn what_an_event_has_is_filled_in() {
        let (signal, pid, wait) = (Signal::TERM, CHILD, WaitStatus::new(0x8b));
        for (event, text, line) in [
            (
                Event::Forwarded { signal, passed: Signal::QUIT, pid },
                text!("%s as %t, %S as %T, to %p%e"),
                "SIGTERM as SIGQUIT, 15 as 3, to 7",
            ),
            (
                Event::ExecFailed { name: b"x\ny", errno: Errno::NOENT, hint: Text::EMPTY },
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
                Event::Refused { letter: b't', option: b"to", name: b"me", accepted: text!("child") },
                text!("%o %n %a"),
                "t me child",
            ),
            (Event::UnknownShort { letter: b'x' }, text!("-%n"), "-x"),
            (Event::Rewritten { signal, passed: None }, text!("%s %t %T"), "SIGTERM  0"),
            (
                Event::TerminalKept { errno: Errno::NOTTY },
                text!("%E %e"),
                "25 Inappropriate ioctl for device",
            ),
            (Event::NotPid1, text!("%N\n%b[%i]"), "/sbin/init\ninit[3]"),
            (Event::NotPid1, text!("%p%s%t%e%n%o%a%w%c%"), ""),
        ] {
            assert_eq!(filled(&event, text), line);
        }
    }
}
