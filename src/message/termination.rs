//! The termination message: what ended, why, who asked for it, and what it cost. Pure.
//!
//! Kubernetes shows it in the pod's status (`terminationMessagePath`), and takes 4,096 bytes at the most.

use crate::bytes::{number_behind, split_once};
pub use crate::message::facts::{Asked, Facts, OwnKill};
use crate::message::line::Line;
use crate::message::reason::Reason;
use crate::message::text::{Text, Texts, text, texts};
use crate::model::siginfo::Origin;
use crate::model::signal::Signal;
use crate::time::Nanoseconds;

/// The form of the message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// `field: value`, one a line.
    Text,
    /// One object.
    Json,
}

#[derive(Clone, Copy)]
enum Field {
    Program,
    Pid,
    Signal,
    CoreDumped,
    ExitCode,
    Status,
    Reason,
    Error,
    OomKills,
    StopSignal,
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
    (Field::Program, "program"),
    (Field::Pid, "pid"),
    (Field::Signal, "signal"),
    (Field::CoreDumped, "core_dumped"),
    (Field::ExitCode, "exit_code"),
    (Field::Status, "status"),
    (Field::Reason, "reason"),
    (Field::Error, "error"),
    (Field::OomKills, "oom_kills"),
    (Field::StopSignal, "stop_signal"),
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

/// A message in the making.
pub struct Sheet {
    line: Line,
    format: Format,
}

impl Sheet {
    /// An empty one.
    #[must_use]
    pub const fn new(format: Format) -> Self {
        Self { line: Line::new(), format }
    }

    /// Writes the message. The sheet must be empty.
    pub fn compose(&mut self, facts: &Facts<'_>) -> &[u8] {
        self.name(Field::Program, facts.program);
        self.number(Field::Pid, facts.pid.number().into());
        if let Some(wait) = facts.wait {
            if let Some(signal) = wait.term_signal() {
                self.signal(Field::Signal, signal);
                let dumped = if wait.dumped_core() { text!("true") } else { text!("false") };
                self.key(Field::CoreDumped).text(dumped);
            } else {
                self.number(Field::ExitCode, wait.exit_code().into());
            }
        }
        self.number(Field::Status, facts.status.0.into());
        let reason = Reason::of(facts);
        self.word(
            Field::Reason,
            match self.format {
                Format::Text => reason.sentence(),
                Format::Json => reason.word(),
            },
        );
        if let Some(errno) = facts.exec_error {
            self.key(Field::Error);
            self.mark().errno(errno);
            self.mark();
        }
        self.number(Field::OomKills, facts.oom_kills);
        if let Some(asked) = &facts.asked {
            self.signal(Field::StopSignal, asked.signal);
            self.seconds(Field::StopBeforeEnd, facts.ended - asked.at);
            let (sent, from) = match asked.origin {
                Origin::Kill if asked.sender.raw() == 0 => (text!("kill"), text!("outside")),
                Origin::Kill => (text!("kill"), text!("inside")),
                Origin::Queued => (text!("queued"), text!("unknown")),
                Origin::Kernel => (text!("kernel"), text!("kernel")),
                Origin::Unknown => (text!("unknown"), text!("unknown")),
            };
            self.word(Field::StopSent, sent);
            self.word(Field::StopFrom, from);
            if asked.origin == Origin::Kill && asked.sender.raw() != 0 {
                self.number(Field::StopPid, asked.sender.number().into());
                self.number(Field::StopUid, asked.uid.into());
                let comm = split_once(&asked.comm, 0).0.trim_ascii_end();
                if !comm.is_empty() {
                    self.name(Field::StopCommand, comm);
                }
            }
        }
        self.seconds(Field::Wall, facts.ended - facts.started);
        self.seconds(Field::User, facts.usage.user);
        self.seconds(Field::System, facts.usage.system);
        self.number(Field::MaxRss, facts.usage.max_rss);
        self.number(Field::OrphansReaped, facts.reaped);
        self.number(Field::SignalsForwarded, facts.forwarded);
        self.line.bytes(if self.format == Format::Json { b"}\n" } else { b"\n" });
        self.line.as_bytes()
    }

    /// Begins a field.
    fn key(&mut self, field: Field) -> &mut Line {
        let (before, between): (&[u8], &[u8]) = match (self.format, field) {
            (Format::Text, Field::Program) => (b"", b": "),
            (Format::Text, _) => (b"\n", b": "),
            (Format::Json, Field::Program) => (b"{\"", b"\":"),
            (Format::Json, _) => (b",\"", b"\":"),
        };
        self.line.bytes(before).text(FIELDS.find(field as u8).unwrap_or(Text::EMPTY)).bytes(between)
    }

    /// Adds what stands on both sides of a value that is not a number.
    fn mark(&mut self) -> &mut Line {
        if self.format == Format::Json { self.line.push(b'"') } else { &mut self.line }
    }

    fn number(&mut self, field: Field, number: u64) {
        self.key(field).number(number);
    }

    /// In thousandths.
    fn seconds(&mut self, field: Field, nanoseconds: Nanoseconds) {
        let milliseconds = nanoseconds.milliseconds();
        self.key(field).number(milliseconds / 1000).push(b'.').digits(milliseconds % 1000, 3);
        if self.format == Format::Text {
            self.line.bytes(b" s");
        }
    }

    fn word(&mut self, field: Field, text: Text) {
        self.key(field);
        self.mark().text(text);
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

/// The counter that a cgroup has of its OOM kills: the number behind `oom_kill ` at the beginning of a line
/// (cgroup v2 memory.events, cgroup v1 memory.oom_control).
#[must_use]
pub fn oom_kills(text: &[u8]) -> u64 {
    number_behind(b"oom_kill ", text).unwrap_or(0).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::process::Pid;

    #[test]
    fn only_the_sender_of_a_kill_is_named() {
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
            let sender = Pid::new(sender);
            let asked = Asked { signal: Signal::TERM, origin, sender, uid: 0, comm, at: Nanoseconds::ZERO };
            let facts =
                Facts { asked: Some(asked), ..Facts::new(b"x", Pid::new(9), None, Nanoseconds::ZERO) };
            let text = Sheet::new(Format::Text).compose(&facts).escape_ascii().to_string();
            assert!(text.contains(&expected.escape_default().to_string()), "{text}");
        }
    }

    #[test]
    fn the_oom_counter_is_found_in_both_cgroup_versions() {
        assert_eq!(oom_kills(b"low 0\nhigh 0\nmax 7\noom 3\noom_kill 2\noom_group_kill 0\n"), 2);
        assert_eq!(oom_kills(b"oom_kill_disable 0\nunder_oom 0\noom_kill 5\n"), 5);
        assert_eq!(oom_kills(b""), 0);
    }
}
