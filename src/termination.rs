//! The termination message: what ended, why, who asked for it, and what it cost. Pure.
//!
//! Kubernetes shows it in the pod's status (`terminationMessagePath`), and takes 4,096 bytes at the most.

use crate::errno::Errno;
use crate::line::Line;
use crate::process::Pid;
use crate::shutdown::SECOND;
use crate::signal::Signal;
use crate::split::{split, split_once};
use crate::status::{ExitStatus, WaitStatus};
use crate::words::{Text, Words, text, words};

/// The forms that there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// `key: words`, one a line.
    Text,
    /// One object.
    Json,
}

/// What a child has used, all that it has waited for included (getrusage(2), RUSAGE_CHILDREN).
#[derive(Clone, Copy, Default, Debug)]
pub struct Usage {
    /// Nanoseconds on a processor.
    pub user: u64,
    pub system: u64,
    /// The most memory that was resident at a time, in bytes.
    pub max_rss: u64,
}

/// A stop signal that was sent on.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub signal: Signal,
    /// By whom; 0 is the kernel or somebody outside of the PID namespace.
    pub sender: Pid,
    pub uid: u32,
    /// What the sender is called (proc_pid_comm(5)), and zeroes behind it; nothing else if it is gone already.
    pub comm: [u8; 16],
    /// When, in nanoseconds.
    pub at: u64,
}

impl Asked {
    /// Whether an end by `signal`, or by exit if there is none, is what this one asked for. A program that
    /// crashes has not obeyed; and SIGHUP asks most programs for something else.
    fn explains(&self, signal: Option<Signal>) -> bool {
        match signal {
            Some(signal) => signal.is_stop_request(),
            None => self.signal != Signal::HUP,
        }
    }
}

/// Why we would kill a child.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OwnKill {
    /// It stayed after the last step of a ladder.
    Deadline,
    /// A signal came that a rewrite makes SIGKILL.
    Rewrite,
}

/// What becomes known of a child, and all of it when that has ended.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub program: &'a [u8],
    pub pid: Pid,
    /// Why the program never ran, if it did not.
    pub exec_error: Option<Errno>,
    pub wait: WaitStatus,
    pub status: ExitStatus,
    /// How many processes of this container the kernel has killed for want of memory while the child lived.
    pub oom_kills: u64,
    /// Why we have sent the child a SIGKILL, if we have.
    pub own_kill: Option<OwnKill>,
    /// The last stop signal.
    pub asked: Option<Asked>,
    pub started: u64,
    pub ended: u64,
    pub usage: Usage,
    /// Processes other than the child that were waited for.
    pub reaped: u64,
    pub forwarded: u64,
}

impl<'a> Facts<'a> {
    /// What is known when the child has begun.
    #[must_use]
    #[inline(never)]
    pub const fn new(program: &'a [u8], pid: Pid, exec_error: Option<Errno>, started: u64) -> Self {
        Self {
            program,
            pid,
            exec_error,
            wait: WaitStatus::new(0),
            status: ExitStatus::SUCCESS,
            oom_kills: 0,
            own_kill: None,
            asked: None,
            started,
            ended: 0,
            usage: Usage { user: 0, system: 0, max_rss: 0 },
            reaped: 0,
            forwarded: 0,
        }
    }
}

/// Why it ended, as far as that can be told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reason {
    NotRun,
    OutOfMemory,
    OtherOutOfMemory,
    Deadline,
    Rewrite,
    KilledUnseen,
    Asked,
    Signal,
    Itself,
}

impl Reason {
    #[inline(never)]
    fn of(facts: &Facts<'_>) -> Self {
        let signal = facts.wait.term_signal();
        let is_killed = matches!(signal, Some(Signal::KILL));
        if facts.exec_error.is_some() {
            Self::NotRun
        } else if is_killed && facts.own_kill == Some(OwnKill::Deadline) {
            Self::Deadline
        } else if is_killed && facts.own_kill == Some(OwnKill::Rewrite) {
            Self::Rewrite
        } else if is_killed && facts.oom_kills > 0 {
            Self::OutOfMemory
        } else if facts.oom_kills > 0 {
            Self::OtherOutOfMemory
        } else if is_killed {
            Self::KilledUnseen
        } else if facts.asked.as_ref().is_some_and(|asked| asked.explains(signal)) {
            Self::Asked
        } else if signal.is_some() {
            Self::Signal
        } else {
            Self::Itself
        }
    }

    /// The word for machines, or the words for people.
    fn words(self, format: Format) -> Text {
        REASONS.nth(self as usize * 2 + format as usize)
    }
}

/// In the order of [`Reason`], for people and for machines.
pub(crate) const REASONS: Words = words![
    "the program could not be run",
    "not_run",
    "out of memory: the kernel killed the main process",
    "oom",
    "out of memory: the kernel killed another process of the container",
    "oom_other",
    "killed by pausa: still there when the time was over",
    "deadline",
    "killed by pausa: a rewrite says so",
    "rewrite",
    "killed by nobody in sight",
    "killed",
    "asked to stop",
    "asked",
    "killed by a signal",
    "signal",
    "by itself",
    "exit",
];

/// The fields that there are, by their place among the [`KEYS`].
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

pub(crate) const KEYS: Words = words![
    "program",
    "pid",
    "signal",
    "core_dumped",
    "exit_code",
    "status",
    "reason",
    "error",
    "oom_kills",
    "stop_signal",
    "stop_before_end",
    "stop_from",
    "stop_pid",
    "stop_uid",
    "stop_command",
    "wall",
    "user",
    "system",
    "max_rss_bytes",
    "orphans_reaped",
    "signals_forwarded",
];

/// Writes the message.
pub fn compose(facts: &Facts<'_>, format: Format, line: &mut Line) {
    let mut sheet = Sheet { line, format };
    sheet.name(Field::Program, facts.program);
    sheet.number(Field::Pid, facts.pid.number().into());
    match facts.wait.term_signal() {
        Some(signal) => {
            sheet.signal(Field::Signal, signal);
            let dumped = if facts.wait.dumped_core() { text!("true") } else { text!("false") };
            sheet.key(Field::CoreDumped).text(dumped);
        }
        None => sheet.number(Field::ExitCode, facts.wait.exit_code().into()),
    }
    sheet.number(Field::Status, facts.status.0.into());
    sheet.word(Field::Reason, Reason::of(facts).words(format));
    if let Some(errno) = facts.exec_error {
        sheet.key(Field::Error);
        sheet.mark().errno(errno);
        sheet.mark();
    }
    sheet.number(Field::OomKills, facts.oom_kills);
    if let Some(asked) = &facts.asked {
        sheet.signal(Field::StopSignal, asked.signal);
        sheet.seconds(Field::StopBeforeEnd, facts.ended.saturating_sub(asked.at));
        if asked.sender.raw() == 0 {
            sheet.word(Field::StopFrom, text!("outside"));
        } else {
            sheet.word(Field::StopFrom, text!("inside"));
            sheet.number(Field::StopPid, asked.sender.number().into());
            sheet.number(Field::StopUid, asked.uid.into());
            let comm = split_once(&asked.comm, 0).0.trim_ascii_end();
            if !comm.is_empty() {
                sheet.name(Field::StopCommand, comm);
            }
        }
    }
    sheet.seconds(Field::Wall, facts.ended.saturating_sub(facts.started));
    sheet.seconds(Field::User, facts.usage.user);
    sheet.seconds(Field::System, facts.usage.system);
    sheet.number(Field::MaxRss, facts.usage.max_rss);
    sheet.number(Field::OrphansReaped, facts.reaped);
    sheet.number(Field::SignalsForwarded, facts.forwarded);
    sheet.line.bytes(if format == Format::Json { b"}\n" } else { b"\n" });
}

/// A message in the making.
struct Sheet<'l> {
    line: &'l mut Line,
    format: Format,
}

impl Sheet<'_> {
    /// Begins a field.
    #[inline(never)]
    fn key(&mut self, field: Field) -> &mut Line {
        let (before, between): (&[u8], &[u8]) = match (self.format, field) {
            (Format::Text, Field::Program) => (b"", b": "),
            (Format::Text, _) => (b"\n", b": "),
            (Format::Json, Field::Program) => (b"{\"", b"\":"),
            (Format::Json, _) => (b",\"", b"\":"),
        };
        self.line.bytes(before).text(KEYS.nth(field as usize)).bytes(between)
    }

    /// Stands on both sides of a word.
    #[inline(never)]
    fn mark(&mut self) -> &mut Line {
        if self.format == Format::Json { self.line.push(b'"') } else { self.line }
    }

    #[inline(never)]
    fn number(&mut self, field: Field, number: u64) {
        self.key(field).number(number);
    }

    /// In thousandths.
    #[inline(never)]
    fn seconds(&mut self, field: Field, nanoseconds: u64) {
        let milliseconds = nanoseconds / (SECOND / 1000);
        self.key(field).number(milliseconds / 1000).push(b'.').digits(milliseconds % 1000, 3);
        if self.format == Format::Text {
            self.line.bytes(b" s");
        }
    }

    #[inline(never)]
    fn word(&mut self, field: Field, text: Text) {
        self.key(field);
        self.mark().text(text);
        self.mark();
    }

    #[inline(never)]
    fn signal(&mut self, field: Field, signal: Signal) {
        self.key(field);
        self.mark().signal(signal);
        self.mark();
    }

    /// Somebody else's words.
    #[inline(never)]
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
    let line = split(text, b'\n').find_map(|line| line.strip_prefix(b"oom_kill "));
    line.and_then(crate::signal::decimal).unwrap_or(0).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(signal: Signal) -> Asked {
        Asked { signal, sender: Pid::new(0), uid: 0, comm: [0; 16], at: 0 }
    }

    #[test]
    fn the_reason_is_what_the_facts_allow_and_no_more() {
        let (term, hup) = (asked(Signal::TERM), asked(Signal::HUP));
        for (wait, asked, oom_kills, own_kill, reason) in [
            (0x0000, None, 0, None, Reason::Itself),
            (0x0000, Some(term), 0, None, Reason::Asked),
            (0x000f, Some(term), 0, None, Reason::Asked),
            // It crashed: that is not what it was asked for.
            (0x008b, Some(term), 0, None, Reason::Signal),
            // SIGHUP means to read the configuration again, unless it ends the program.
            (0x0300, Some(hup), 0, None, Reason::Itself),
            (0x0001, Some(hup), 0, None, Reason::Asked),
            (0x0009, Some(term), 0, None, Reason::KilledUnseen),
            (0x0009, None, 1, None, Reason::OutOfMemory),
            (0x0000, None, 1, None, Reason::OtherOutOfMemory),
            (0x0009, None, 1, Some(OwnKill::Deadline), Reason::Deadline),
            (0x0009, None, 0, Some(OwnKill::Rewrite), Reason::Rewrite),
        ] {
            let wait = WaitStatus::new(wait);
            let facts = Facts { wait, oom_kills, own_kill, asked, ..Facts::new(b"x", Pid::new(7), None, 0) };
            assert_eq!(Reason::of(&facts), reason, "{wait:?} {asked:?} {own_kill:?}");
        }
    }

    #[test]
    fn the_oom_counter_is_found_in_both_cgroup_versions() {
        assert_eq!(oom_kills(b"low 0\nhigh 0\nmax 7\noom 3\noom_kill 2\noom_group_kill 0\n"), 2);
        assert_eq!(oom_kills(b"oom_kill_disable 0\nunder_oom 0\noom_kill 5\n"), 5);
        assert_eq!(oom_kills(b""), 0);
    }
}
