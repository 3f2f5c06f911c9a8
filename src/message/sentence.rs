//! Why a child ended, in one sentence: the first line of the termination message, and often the only one that is read.
//! Pure.

use crate::bytes::split_once;
use crate::message::line::Line;
use crate::message::text::{Text, Texts, text, texts};
use crate::model::siginfo::Origin;
use crate::policy::facts::{Asked, End, Facts};
use crate::policy::reason::Reason;
use crate::time::Nanoseconds;

/// In these, a `%` and a letter stand for
///
/// | | |
/// |---|---|
/// | `%n` `%e` | the program, and why it could not be run |
/// | `%h` | how it ended: `exited with 3`, `ended by SIGTERM` |
/// | `%s` | the signal that ended it |
/// | `%a` | the stop signal, and from whom it came |
/// | `%f` | the same of the first stop signal |
/// | `%A` | `, 0.120 s after ` and that; nothing if it was not asked to stop |
/// | `%g` | the time that it had: the grace period, or all of it |
/// | `%o` `%m` | OOM kills, and ` (limit 24 MiB, peak 20 MiB)`, as far as they are known |
/// | `%l` | the same without the peak |
const SENTENCES: Texts = texts![
    (Reason::NotRun, "%n could not be run: %e"),
    (Reason::TimedOut, "%h: the command ran longer than %g"),
    (Reason::Deadline, "killed by pausa (SIGKILL): did not end within %g of %f"),
    (Reason::Survived, "did not end by the SIGKILL of pausa, which exits without it"),
    (Reason::Rewrite, "killed by pausa (SIGKILL): --rewrite turned a signal into it"),
    (Reason::OutOfMemory, "killed by SIGKILL, perhaps out of memory: %o%m"),
    (Reason::UnknownKill, "killed by SIGKILL from an unknown sender%A"),
    (Reason::Asked, "%h: asked to stop by %a"),
    (Reason::Signal, "killed by %s"),
    (Reason::Itself, "%h by itself"),
    (Reason::Refused, "not known how it ended: the kernel refused a call that pausa needs"),
    (Reason::AllKilled, "all killed at once, pausa too: by SIGKILL from outside, or out of memory%l"),
    (Reason::PausaKilled, "pausa was killed, and saw no end of the program"),
];

/// If a stop signal came before it was written.
const ALL_KILLED_WHEN_ASKED: Text = text!("all killed at once, pausa too: had not ended after %a");

/// Adds the sentence.
pub fn sentence(facts: &Facts<'_>, reason: Reason, line: &mut Line<'_>) {
    let text = match reason {
        Reason::AllKilled if facts.asked.is_some() => ALL_KILLED_WHEN_ASKED,
        _ => SENTENCES.find(reason as u8).unwrap_or(Text::EMPTY),
    };
    let mut is_letter = false;
    for &byte in text.0 {
        if is_letter {
            insert(byte, facts, line);
        } else if byte != b'%' {
            line.push(byte);
        }
        is_letter = byte == b'%';
    }
}

// Inlined, it would have all the facts read before each letter: 250 bytes.
#[inline(never)]
fn insert(letter: u8, facts: &Facts<'_>, line: &mut Line<'_>) {
    let signal = match facts.end {
        End::Seen(wait) => wait.term_signal(),
        End::Pending | End::Unseen => None,
    };
    let asked = if letter == b'f' { &facts.first_asked } else { &facts.asked };
    let _ = match (letter, facts.end, signal, asked) {
        (b'n', ..) => line.quote(facts.program),
        (b'e', ..) => match facts.exec_error {
            Some(errno) => line.errno(errno),
            None => line,
        },
        (b'h', _, Some(signal), _) => line.bytes(b"ended by ").signal(signal),
        (b'h', End::Seen(wait), ..) => line.bytes(b"exited with ").number(wait.exit_code().into()),
        (b's', _, Some(signal), _) => line.signal(signal),
        (b'a' | b'f', .., Some(asked)) => by_whom(asked, line),
        (b'a' | b'f', .., None) => line.bytes(b"a stop signal"),
        (b'A', .., Some(asked)) => {
            by_whom(asked, span(facts.ended - asked.at, line.bytes(b", ")).bytes(b" after "))
        }
        (b'g', ..) => span(facts.grace, line),
        (b'o', ..) => {
            let count = facts.memory.oom_kills.unwrap_or(0);
            line.number(count).bytes(if count == 1 { b" OOM kill" } else { b" OOM kills" })
        }
        (b'm', ..) => memory(facts.memory.limit, facts.memory.peak, line),
        (b'l', ..) => memory(facts.memory.limit, None, line),
        _ => line,
    };
}

/// `SIGTERM from kill (pid 33, uid 0) inside the container`.
fn by_whom<'l, 'r>(asked: &Asked, line: &'l mut Line<'r>) -> &'l mut Line<'r> {
    line.signal(asked.signal).bytes(b" from ");
    match asked.origin {
        Origin::Kill if asked.sender.raw() == 0 => line.bytes(b"outside"),
        Origin::Kill => {
            let name = asked.name().unwrap_or(b"a process");
            line.quote(name).bytes(b" (pid ").pid(asked.sender).bytes(b", uid ").number(asked.uid.into());
            line.bytes(b") inside the container")
        }
        Origin::Kernel => line.bytes(b"the kernel"),
        Origin::Queued | Origin::Unknown => line.bytes(b"an unknown sender"),
    }
}

impl Asked {
    /// What the sender is called, if it lived long enough to be asked.
    #[must_use]
    pub fn name(&self) -> Option<&[u8]> {
        Some(split_once(&self.comm, 0).0.trim_ascii_end()).filter(|name| !name.is_empty())
    }
}

/// `2 s`, `0.500 s`.
fn span<'l, 'r>(span: Nanoseconds, line: &'l mut Line<'r>) -> &'l mut Line<'r> {
    let milliseconds = span.milliseconds();
    line.number(milliseconds / 1000);
    if !milliseconds.is_multiple_of(1000) {
        line.push(b'.').digits(milliseconds % 1000, 3);
    }
    line.bytes(b" s")
}

impl Line<'_> {
    /// Adds an amount of memory: `24 MiB`. The nearest of them, so that a peak at the limit reads as such.
    pub fn size(&mut self, bytes: u64) -> &mut Self {
        match bytes >> 20 {
            0..10 => self.number(bytes.saturating_add(1 << 9) >> 10).bytes(b" KiB"),
            _ => self.number(bytes.saturating_add(1 << 19) >> 20).bytes(b" MiB"),
        }
    }
}

/// ` (limit 24 MiB, peak 20 MiB)`.
fn memory<'l, 'r>(limit: Option<u64>, peak: Option<u64>, line: &'l mut Line<'r>) -> &'l mut Line<'r> {
    let mut before: &[u8] = b" (";
    for (name, bytes) in [(&b"limit "[..], limit), (b"peak ", peak)] {
        let Some(bytes) = bytes else { continue };
        line.bytes(before).bytes(name).size(bytes);
        before = b", ";
    }
    if before == b" (" { line } else { line.push(b')') }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::errno::Errno;
    use crate::model::process::Pid;
    use crate::model::signal::Signal;
    use crate::model::status::WaitStatus;
    use crate::policy::facts::{Memory, OwnKill};

    const FACTS: Facts<'_> = Facts::new(b"/bin/app", true, Nanoseconds::ZERO);
    const MILLISECOND: u64 = 1_000_000;

    fn asked(origin: Origin, sender: i32, comm: &[u8]) -> Asked {
        let mut name = [0; 16];
        name[..comm.len()].copy_from_slice(comm);
        let (signal, at) = (Signal::TERM, Nanoseconds::SECOND);
        Asked { signal, origin, sender: Pid::new(sender), uid: 1000, comm: name, at, date: None }
    }

    fn said(facts: &Facts<'_>) -> String {
        let mut room = Line::ROOM;
        let mut line = Line::new(&mut room);
        sentence(facts, Reason::of(facts), &mut line);
        String::from_utf8(line.as_bytes().to_vec()).unwrap()
    }

    const fn seen(raw: i32) -> End {
        End::Seen(WaitStatus::new(raw))
    }

    #[test]
    fn one_sentence_says_why() {
        let outside = Some(asked(Origin::Kill, 0, b""));
        let inside = Some(asked(Origin::Kill, 33, b"kill\n"));
        let killed = Facts { end: seen(9), ..FACTS };
        let memory = Memory { oom_kills: Some(1), limit: Some(24 << 20), peak: Some((24 << 20) - 4096) };
        let term = Facts { end: seen(15), ..FACTS };
        for (facts, expected) in [
            (Facts { end: seen(0x300), ..FACTS }, "exited with 3 by itself"),
            (Facts { end: seen(0x8b), ..FACTS }, "killed by SIGSEGV"),
            (
                Facts { end: seen(0), asked: inside, ..FACTS },
                "exited with 0: asked to stop by SIGTERM from kill (pid 33, uid 1000) inside the container",
            ),
            (Facts { asked: outside, ..term }, "ended by SIGTERM: asked to stop by SIGTERM from outside"),
            (
                Facts { asked: Some(asked(Origin::Kernel, 0, b"")), ..term },
                "ended by SIGTERM: asked to stop by SIGTERM from the kernel",
            ),
            (
                Facts { asked: Some(asked(Origin::Queued, 7, b"")), ..term },
                "ended by SIGTERM: asked to stop by SIGTERM from an unknown sender",
            ),
            (
                Facts { asked: Some(asked(Origin::Kill, 7, b"")), ..term },
                "ended by SIGTERM: asked to stop by SIGTERM from a process (pid 7, uid 1000) inside the container",
            ),
            (killed, "killed by SIGKILL from an unknown sender"),
            (
                Facts { asked: outside, ended: Nanoseconds::new(1120 * MILLISECOND), ..killed },
                "killed by SIGKILL from an unknown sender, 0.120 s after SIGTERM from outside",
            ),
            (
                Facts { memory, ..killed },
                "killed by SIGKILL, perhaps out of memory: 1 OOM kill (limit 24 MiB, peak 24 MiB)",
            ),
            (
                Facts { memory: Memory { oom_kills: Some(2), peak: Some(9 << 20), limit: None }, ..killed },
                "killed by SIGKILL, perhaps out of memory: 2 OOM kills (peak 9216 KiB)",
            ),
            (
                Facts {
                    first_asked: outside,
                    asked: inside,
                    own_kill: Some(OwnKill::Deadline),
                    grace: Nanoseconds::new(2000 * MILLISECOND + 137),
                    ..killed
                },
                "killed by pausa (SIGKILL): did not end within 2 s of SIGTERM from outside",
            ),
            (
                Facts { has_timed_out: true, grace: Nanoseconds::new(5000 * MILLISECOND), ..term },
                "ended by SIGTERM: the command ran longer than 5 s",
            ),
            (
                Facts {
                    has_timed_out: true,
                    grace: Nanoseconds::new(500 * MILLISECOND),
                    own_kill: Some(OwnKill::Deadline),
                    ..killed
                },
                "ended by SIGKILL: the command ran longer than 0.500 s",
            ),
            (
                Facts { own_kill: Some(OwnKill::Rewrite), ..killed },
                "killed by pausa (SIGKILL): --rewrite turned a signal into it",
            ),
            (
                Facts { end: seen(0x7f00), exec_error: Some(Errno::NOENT), ..FACTS },
                "/bin/app could not be run: No such file or directory",
            ),
            (
                Facts { end: End::Unseen, own_kill: Some(OwnKill::Deadline), ..FACTS },
                "did not end by the SIGKILL of pausa, which exits without it",
            ),
            (
                Facts { end: End::Unseen, ..FACTS },
                "not known how it ended: the kernel refused a call that pausa needs",
            ),
            (FACTS, "all killed at once, pausa too: by SIGKILL from outside, or out of memory"),
            (
                Facts { memory: Memory { peak: None, ..memory }, ..FACTS },
                "all killed at once, pausa too: by SIGKILL from outside, or out of memory (limit 24 MiB)",
            ),
            (
                Facts { asked: outside, memory, ..FACTS },
                "all killed at once, pausa too: had not ended after SIGTERM from outside",
            ),
            (Facts { is_init: false, ..FACTS }, "pausa was killed, and saw no end of the program"),
        ] {
            assert_eq!(said(&facts), expected);
        }
    }
}
