//! The termination message: what ended, why, who asked for it, and what it cost. Pure.
//!
//! Kubernetes shows it in the pod's status (`terminationMessagePath`), and takes 4,096 bytes at the most.

use crate::message::json::last_of;
use crate::message::line::Line;
use crate::message::sentence::sentence;
use crate::message::text::{Text, Texts, text, texts};
use crate::model::siginfo::Origin;
use crate::model::signal::Signal;
use crate::model::status::ExitStatus;
use crate::policy::facts::{Asked, End, Facts};
use crate::policy::reason::Reason;
use crate::time::Nanoseconds;

/// What a message is put together in: as much as Kubernetes takes, and one page of memory, which a file system takes
/// whole or not at all (`sys::file::replace`).
pub type Page = [u8; 4096];

/// The form of the message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// The sentence, then `field: value`, one a line.
    Text,
    /// One object.
    Json,
}

impl Format {
    /// `text` or `json`.
    #[must_use]
    pub const fn parse(word: &[u8]) -> Option<Self> {
        match word {
            b"text" => Some(Self::Text),
            b"json" => Some(Self::Json),
            _ => None,
        }
    }
}

#[derive(Clone, Copy)]
enum Field {
    Sentence,
    Program,
    Pid,
    Signal,
    CoreDumped,
    ExitCode,
    Status,
    Reason,
    Error,
    OomKills,
    MemoryLimit,
    MemoryPeak,
    StopSignal,
    StopAt,
    StopBeforeEnd,
    StopSent,
    StopFrom,
    StopPid,
    StopUid,
    StopCommand,
    Wall,
    User,
    System,
    MaxRss,
    OrphansReaped,
    SignalsForwarded,
}

const FIELDS: Texts = texts![
    (Field::Sentence, "sentence"),
    (Field::Program, "program"),
    (Field::Pid, "pid"),
    (Field::Signal, "signal"),
    (Field::CoreDumped, "core_dumped"),
    (Field::ExitCode, "exit_code"),
    (Field::Status, "status"),
    (Field::Reason, "reason"),
    (Field::Error, "error"),
    (Field::OomKills, "oom_kills"),
    (Field::MemoryLimit, "memory_limit_bytes"),
    (Field::MemoryPeak, "memory_peak_bytes"),
    (Field::StopSignal, "stop_signal"),
    (Field::StopAt, "stop_at"),
    (Field::StopBeforeEnd, "stop_before_end"),
    (Field::StopSent, "stop_sent"),
    (Field::StopFrom, "stop_from"),
    (Field::StopPid, "stop_pid"),
    (Field::StopUid, "stop_uid"),
    (Field::StopCommand, "stop_command"),
    (Field::Wall, "wall"),
    (Field::User, "user"),
    (Field::System, "system"),
    (Field::MaxRss, "max_rss_bytes"),
    (Field::OrphansReaped, "orphans_reaped"),
    (Field::SignalsForwarded, "signals_forwarded"),
];

/// What comes before the program's own words in an object. They come last.
pub const PROGRAM_MESSAGE: &[u8] = b",\"program_message\":\"";

/// Writes the message to `page`, and behind it what the program itself has said: its end, if all of it is too
/// long. Returns its length.
pub fn compose(page: &mut [u8], format: Format, facts: &Facts<'_>, own_words: &[u8]) -> usize {
    let mut sheet = Sheet { line: Line::new(page), format };
    let reason = Reason::of(facts);
    let mut room = Line::ROOM;
    let mut answer = Line::new(&mut room);
    sentence(facts, reason, &mut answer);
    sheet.sentence(answer.as_bytes());
    sheet.all(facts, reason);
    sheet.close(own_words)
}

/// Writes the message of a run that never came to its program: the line that says why, and the exit status.
pub fn compose_failure(page: &mut [u8], format: Format, line: &[u8], status: ExitStatus) -> usize {
    let mut sheet = Sheet { line: Line::new(page), format };
    sheet.sentence(line);
    sheet.number(Field::Status, status.0.into());
    sheet.word(Field::Reason, Reason::Failed.word());
    sheet.close(b"")
}

/// A message in the making.
struct Sheet<'p> {
    line: Line<'p>,
    format: Format,
}

impl<'p> Sheet<'p> {
    /// The first line.
    fn sentence(&mut self, words: &[u8]) {
        match self.format {
            Format::Text => self.line.bytes(words),
            Format::Json => {
                let line = self.key(Field::Sentence);
                line.push(b'"').json(words).push(b'"')
            }
        };
    }

    fn all(&mut self, facts: &Facts<'_>, reason: Reason) {
        self.name(Field::Program, facts.program);
        if let Some(pid) = facts.pid {
            self.number(Field::Pid, pid.number().into());
        }
        if let End::Seen(wait) = facts.end {
            if let Some(signal) = wait.term_signal() {
                self.signal(Field::Signal, signal);
                if wait.dumped_core() || self.tells_all() {
                    let dumped = if wait.dumped_core() { text!("true") } else { text!("false") };
                    self.key(Field::CoreDumped).text(dumped);
                }
            } else {
                self.number(Field::ExitCode, wait.exit_code().into());
            }
        }
        self.number(Field::Status, facts.status.0.into());
        self.word(Field::Reason, reason.word());
        if let Some(errno) = facts.exec_error {
            self.key(Field::Error);
            self.mark().errno(errno);
            self.mark();
        }
        let memory = &facts.memory;
        self.count(Field::OomKills, memory.oom_kills);
        self.count(Field::MemoryLimit, memory.limit);
        self.count(Field::MemoryPeak, memory.peak);
        if let Some(asked) = &facts.asked {
            self.stop(facts, asked);
        }
        if facts.end == End::Pending {
            return;
        }
        self.seconds(Field::Wall, facts.ended - facts.started);
        self.seconds(Field::User, facts.usage.user);
        self.seconds(Field::System, facts.usage.system);
        self.number(Field::MaxRss, facts.usage.max_rss);
        self.count(Field::OrphansReaped, Some(facts.reaped));
        self.count(Field::SignalsForwarded, Some(facts.forwarded));
    }

    fn stop(&mut self, facts: &Facts<'_>, asked: &Asked) {
        self.signal(Field::StopSignal, asked.signal);
        if let Some(date) = asked.date {
            self.key(Field::StopAt);
            self.mark().date(date);
            self.mark();
        }
        if facts.end != End::Pending {
            self.seconds(Field::StopBeforeEnd, facts.ended - asked.at);
        }
        let (sent, from): (&[u8], &[u8]) = match asked.origin {
            Origin::Kill if asked.sender.raw() == 0 => (b"kill", b"outside"),
            Origin::Kill => (b"kill", b"inside"),
            Origin::Queued => (b"queued", b"unknown"),
            Origin::Kernel => (b"kernel", b"kernel"),
            Origin::Unknown => (b"unknown", b"unknown"),
        };
        self.word(Field::StopSent, sent);
        self.word(Field::StopFrom, from);
        if asked.origin == Origin::Kill && asked.sender.raw() != 0 {
            self.number(Field::StopPid, asked.sender.number().into());
            self.number(Field::StopUid, asked.uid.into());
            if let Some(name) = asked.name() {
                self.name(Field::StopCommand, name);
            }
        }
    }

    /// Ends the message.
    fn close(mut self, own_words: &[u8]) -> usize {
        let is_json = self.format == Format::Json;
        // What is around them: the key and three bytes, or an empty line.
        let room = self.line.left().saturating_sub(if is_json { PROGRAM_MESSAGE.len() + 3 } else { 2 });
        let words = last_of(own_words, room, is_json);
        match (self.format, words.is_empty()) {
            (Format::Text, true) => self.line.bytes(b"\n"),
            (Format::Text, false) => self.line.bytes(b"\n\n").words(words, b"\n\t").bytes(b"\n"),
            (Format::Json, true) => self.line.bytes(b"}\n"),
            (Format::Json, false) => self.line.bytes(PROGRAM_MESSAGE).json(words).bytes(b"\"}\n"),
        };
        self.line.as_bytes().len()
    }

    /// Whether also what says nothing is told: machines look for each field.
    fn tells_all(&self) -> bool {
        self.format == Format::Json
    }

    /// Begins a field.
    fn key(&mut self, field: Field) -> &mut Line<'p> {
        let (before, between): (&[u8], &[u8]) = match (self.format, field) {
            (Format::Text, _) => (b"\n", b": "),
            (Format::Json, Field::Sentence) => (b"{\"", b"\":"),
            (Format::Json, _) => (b",\"", b"\":"),
        };
        self.line.bytes(before).text(FIELDS.find(field as u8).unwrap_or(Text::EMPTY)).bytes(between)
    }

    /// Adds what stands on both sides of a value that is not a number.
    fn mark(&mut self) -> &mut Line<'p> {
        if self.format == Format::Json { self.line.push(b'"') } else { &mut self.line }
    }

    fn number(&mut self, field: Field, number: u64) {
        self.key(field).number(number);
    }

    /// A number that may not be known.
    fn count(&mut self, field: Field, number: Option<u64>) {
        if let Some(number) = number
            && (number > 0 || self.tells_all())
        {
            self.number(field, number);
        }
    }

    /// In thousandths.
    fn seconds(&mut self, field: Field, nanoseconds: Nanoseconds) {
        let milliseconds = nanoseconds.milliseconds();
        self.key(field).number(milliseconds / 1000).push(b'.').digits(milliseconds % 1000, 3);
        if self.format == Format::Text {
            self.line.bytes(b" s");
        }
    }

    fn word(&mut self, field: Field, word: &[u8]) {
        self.key(field);
        self.mark().bytes(word);
        self.mark();
    }

    fn signal(&mut self, field: Field, signal: Signal) {
        self.key(field);
        self.mark().signal(signal);
        self.mark();
    }

    /// A foreign text.
    fn name(&mut self, field: Field, name: &[u8]) {
        let format = self.format;
        let line = self.key(field);
        match format {
            Format::Text => line.quote(name),
            Format::Json => line.json_string(name),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::process::Pid;
    use crate::model::status::WaitStatus;

    const FACTS: Facts<'_> = Facts::new(b"x", true, Nanoseconds::ZERO);

    fn composed(format: Format, facts: &Facts<'_>, own_words: &[u8]) -> String {
        let mut page = [0; 4096];
        let length = compose(&mut page, format, facts, own_words);
        String::from_utf8(page[..length].to_vec()).unwrap()
    }

    #[test]
    fn only_the_sender_of_a_kill_is_named() {
        let date = Some(Nanoseconds::new(1_764_097_435 * 1_000_000_000));
        for (origin, sender, expected) in [
            (
                Origin::Kill,
                7,
                "sent: kill\nstop_from: inside\nstop_pid: 7\nstop_uid: 0\nstop_command: sh\nwall",
            ),
            (Origin::Kill, 0, "sent: kill\nstop_from: outside\nwall"),
            (Origin::Queued, 7, "sent: queued\nstop_from: unknown\nwall"),
            (Origin::Kernel, 0, "sent: kernel\nstop_from: kernel\nwall"),
            (Origin::Unknown, 7, "sent: unknown\nstop_from: unknown\nwall"),
        ] {
            let mut comm = [0; 16];
            comm[..3].copy_from_slice(b"sh\n");
            let (signal, sender, at) = (Signal::TERM, Pid::new(sender), Nanoseconds::ZERO);
            let asked = Some(Asked { signal, origin, sender, uid: 0, comm, at, date });
            let facts = Facts { asked, end: End::Seen(WaitStatus::new(0)), ..FACTS };
            let text = composed(Format::Text, &facts, b"");
            assert!(text.contains(expected), "{text}");
            assert!(text.contains("\nstop_at: 2025-11-25T19:03:55Z\nstop_before_end: 0.000 s\n"), "{text}");
        }
    }

    #[test]
    fn what_is_written_ahead_claims_no_end() {
        let facts = Facts { status: ExitStatus::KILLED, ..FACTS };
        assert_eq!(
            composed(Format::Text, &facts, b""),
            "all killed at once, pausa too: by SIGKILL from outside, or out of memory\n\
            program: x\nstatus: 137\nreason: all_killed\n"
        );
    }

    #[test]
    fn the_programs_own_words_stand_last_and_lose_their_beginning_if_they_are_long() {
        let facts = Facts { end: End::Seen(WaitStatus::new(0x100)), ..FACTS };
        let text = composed(Format::Text, &facts, b"FATAL: no database\nat \x1b[1mline 3");
        assert!(text.ends_with("max_rss_bytes: 0\n\nFATAL: no database\nat ?[1mline 3\n"), "{text}");
        let text = composed(Format::Json, &facts, b"\"a\"\n");
        assert!(text.ends_with(",\"program_message\":\"\\\"a\\\"\\u000a\"}\n"), "{text}");
        let long = "größe\u{1}".repeat(1000) + "end";
        for format in [Format::Text, Format::Json] {
            let text = composed(format, &facts, long.as_bytes());
            let end = if format == Format::Text { "e?end\n" } else { "e\\u0001end\"}\n" };
            assert!(text.ends_with(end), "{text}");
            assert!((4096 - 12..=4096).contains(&text.len()), "{}", text.len());
        }
    }

    #[test]
    fn text_leaves_out_what_says_nothing_and_json_does_not() {
        let end = End::Seen(WaitStatus::new(11));
        let memory = crate::policy::facts::Memory { oom_kills: Some(0), limit: None, peak: Some(1) };
        let facts = Facts { end, memory, ..FACTS };
        let text = composed(Format::Text, &facts, b"");
        let json = composed(Format::Json, &facts, b"");
        for field in ["core_dumped", "oom_kills", "orphans_reaped", "signals_forwarded"] {
            assert!(!text.contains(field) && json.contains(field), "{field}: {text}{json}");
        }
        assert!(text.contains("\nmemory_peak_bytes: 1\n") && !json.contains("memory_limit"), "{text}{json}");
    }

    #[test]
    fn a_run_that_never_came_to_its_program_says_why() {
        for (format, expected) in [
            (Format::Text, "cannot fork: it\nstatus: 125\nreason: failed\n"),
            (Format::Json, "{\"sentence\":\"cannot fork: it\",\"status\":125,\"reason\":\"failed\"}\n"),
        ] {
            let mut page = [0; 4096];
            let length = compose_failure(&mut page, format, b"cannot fork: it", ExitStatus::OWN_FAILURE);
            assert_eq!(str::from_utf8(&page[..length]), Ok(expected));
        }
    }
}
