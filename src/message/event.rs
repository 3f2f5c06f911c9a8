//! What happens and may be reported. The texts for it are a personality's (`catalog.rs`). Pure.

use crate::message::text::Text;
use crate::message::topic::Topic;
use crate::model::errno::Errno;
use crate::model::process::Pid;
use crate::model::signal::Signal;
use crate::model::status::{ExitStatus, WaitStatus};

/// How much is reported, and how much an event weighs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    /// An answer to how we were called. It is always given, and its line begins with no prefix.
    Answer,
    /// pausa cannot continue.
    Fatal,
    Warning,
    Info,
    Debug,
    Trace,
    /// No event has it.
    Silent,
}

impl Level {
    /// 0 is `Fatal`, 4 is `Trace`, as tini counts.
    #[must_use]
    pub const fn from_number(number: u8) -> Self {
        Self::from_rank(number.saturating_add(1))
    }

    /// By its place among all, counted from 0.
    #[must_use]
    pub const fn from_rank(rank: u8) -> Self {
        match rank {
            0 => Self::Answer,
            1 => Self::Fatal,
            2 => Self::Warning,
            3 => Self::Info,
            4 => Self::Debug,
            5 => Self::Trace,
            _ => Self::Silent,
        }
    }

    /// One level more, `Trace` at the most.
    #[must_use]
    pub const fn louder(self) -> Self {
        match self {
            Self::Trace | Self::Silent => Self::Trace,
            _ => Self::from_rank(self as u8 + 1),
        }
    }
}

/// One event of a run.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// The personality has no such short option.
    UnknownShort {
        letter: u8,
    },
    /// The personality has no such long option.
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
    /// A long option that is cut so short that two begin with it.
    Ambiguous {
        name: &'a [u8],
    },
    /// A long option that begins like another.
    Misspelt {
        name: &'a [u8],
        near: &'static [u8],
    },
    /// There is no command for this option.
    NoCommandFor {
        name: &'static [u8],
    },
    /// pausa holds from now on.
    Holding,
    /// An argument that is not an option, where only options are allowed.
    Operand {
        name: &'a [u8],
    },
    /// The option does not accept this value.
    // In an order in which `fill` finds a name where the other events have theirs.
    Refused {
        letter: u8,
        name: &'a [u8],
        accepted: Text,
        option: &'static [u8],
    },
    /// There is no command, and the personality needs one.
    NoCommand,
    /// A variable is set that must not be.
    Reserved,
    /// A variable has made the reports verbose.
    VerboseByVariable,
    /// A variable has kept the child in our session.
    SingleChildByVariable,
    /// pausa is not PID 1, and should be.
    NotPid1,
    /// `--to all` would signal every process of the user.
    AllNeedsInit,
    /// pausa is not PID 1 and cannot become a subreaper: another process gets the orphans.
    SubreaperFailed {
        errno: Errno,
    },
    /// The kernel refuses to send a signal when the parent ends.
    ParentDeathRefused {
        errno: Errno,
    },
    /// pausa is not PID 1 and has become a subreaper.
    SubreaperRegistered,
    /// pausa could not give up its controlling terminal.
    TerminalKept {
        errno: Errno,
    },
    /// As the leader of a session, pausa has given up its controlling terminal.
    TerminalGivenUp,
    /// pausa has given up its controlling terminal, and another process leads the session.
    TerminalGivenUpByOther,
    /// In the child: its new session has no controlling terminal.
    TerminalNotTaken {
        errno: Errno,
    },
    /// In the child: it leads a session.
    SessionStarted,
    /// There is no new process.
    ForkFailed {
        errno: Errno,
    },
    /// In the child: the command could not be run.
    ExecFailed {
        name: &'a [u8],
        errno: Errno,
        hint: Text,
    },
    /// The child runs its command.
    Spawned {
        pid: Pid,
        name: &'a [u8],
    },
    /// A signal was received.
    Received {
        signal: Signal,
    },
    /// `passed` was sent to the child for it.
    Forwarded {
        signal: Signal,
        passed: Signal,
        pid: Pid,
    },
    /// The signal is not forwarded.
    Dropped {
        signal: Signal,
    },
    /// A signal could not be sent to the child.
    NotForwarded {
        signal: Signal,
        pid: Pid,
        errno: Errno,
    },
    /// A signal is rewritten, to another one or to none.
    Rewritten {
        signal: Signal,
        passed: Option<Signal>,
    },
    /// A signal is not forwarded, because we caused it by giving up the terminal.
    HandedOff {
        signal: Signal,
    },
    /// pausa stops itself, since a terminal's stop signal was received.
    Suspending,
    /// A signal has stopped the child.
    Stopped {
        signal: Signal,
        pid: Pid,
    },
    /// A process other than the child was reaped, and the user wants to be warned of that.
    Zombie {
        pid: Pid,
    },
    /// There are children, and none has ended.
    NothingToReap,
    /// There is no child any more.
    NoChildLeft,
    /// The termination message could not be written.
    Unwritten {
        name: &'a [u8],
        errno: Errno,
        /// What to do about it.
        hint: Text,
    },
    /// There is nothing that can be inspected.
    NotInspected {
        why: Text,
    },
    /// This program could not be copied.
    NotInstalled {
        name: &'a [u8],
        errno: Errno,
        /// What to do about it.
        hint: Text,
    },
    /// The grace period has expired.
    Killing,
    /// Lines before this one could not be written.
    Lost {
        count: u64,
    },
    /// The kernel refuses to wait for signals.
    SignalsRefused {
        errno: Errno,
    },
    /// The kernel refuses to tell the time, which a deadline needs.
    ClockRefused {
        errno: Errno,
    },
    /// The kernel refuses to wait for children.
    ChildrenRefused {
        errno: Errno,
    },
    /// The child was killed, and has not ended.
    GaveUp {
        pid: Pid,
    },
    /// A process has ended, and was reaped.
    Reaped {
        pid: Pid,
        wait: WaitStatus,
    },
    /// The child has ended; pausa will exit with `status`.
    Ended {
        pid: Pid,
        wait: WaitStatus,
        status: ExitStatus,
    },
    /// pausa exits, since the child has ended.
    Exiting,
    /// A signal ends a hold: SIGINT or SIGTERM.
    HoldEnds {
        signal: Signal,
    },
}

impl Event<'_> {
    /// The topic of a special case, for which some personalities have a text of their own.
    #[must_use]
    pub const fn special_topic(&self) -> Option<Topic> {
        match self {
            Self::Received { signal: Signal::CHLD } => Some(Topic::ReceivedChildEnd),
            Self::Reaped { wait, .. } if wait.term_signal().is_some() => Some(Topic::ReapedKilled),
            Self::Ended { wait, .. } if wait.term_signal().is_some() => Some(Topic::EndedKilled),
            Self::HoldEnds { signal: Signal::INT } => Some(Topic::HoldInterrupted),
            _ => None,
        }
    }

    /// The topic of the event in general.
    #[must_use]
    pub const fn topic(&self) -> Topic {
        // In the order of the variants, so that the compiler needs no table.
        match self {
            Self::UnknownShort { .. } => Topic::UnknownShort,
            Self::UnknownLong { .. } => Topic::UnknownLong,
            Self::ShortNeedsValue { .. } => Topic::ShortNeedsValue,
            Self::LongNeedsValue { .. } => Topic::LongNeedsValue,
            Self::LongTakesNoValue { .. } => Topic::LongTakesNoValue,
            Self::Ambiguous { .. } => Topic::Ambiguous,
            Self::Misspelt { .. } => Topic::Misspelt,
            Self::NoCommandFor { .. } => Topic::NoCommandFor,
            Self::Holding => Topic::Holding,
            Self::Operand { .. } => Topic::Operand,
            Self::Refused { .. } => Topic::Refused,
            Self::NoCommand => Topic::NoCommand,
            Self::Reserved => Topic::Reserved,
            Self::VerboseByVariable => Topic::VerboseByVariable,
            Self::SingleChildByVariable => Topic::SingleChildByVariable,
            Self::NotPid1 => Topic::NotPid1,
            Self::AllNeedsInit => Topic::AllNeedsInit,
            Self::SubreaperFailed { .. } => Topic::SubreaperFailed,
            Self::ParentDeathRefused { .. } => Topic::ParentDeathRefused,
            Self::SubreaperRegistered => Topic::SubreaperRegistered,
            Self::TerminalKept { .. } => Topic::TerminalKept,
            Self::TerminalGivenUp => Topic::TerminalGivenUp,
            Self::TerminalGivenUpByOther => Topic::TerminalGivenUpByOther,
            Self::TerminalNotTaken { .. } => Topic::TerminalNotTaken,
            Self::SessionStarted => Topic::SessionStarted,
            Self::ForkFailed { .. } => Topic::ForkFailed,
            Self::ExecFailed { .. } => Topic::ExecFailed,
            Self::Spawned { .. } => Topic::Spawned,
            Self::Received { .. } => Topic::Received,
            Self::Forwarded { .. } => Topic::Forwarded,
            Self::Dropped { .. } => Topic::Dropped,
            Self::NotForwarded { .. } => Topic::NotForwarded,
            Self::Rewritten { .. } => Topic::Rewritten,
            Self::HandedOff { .. } => Topic::HandedOff,
            Self::Suspending => Topic::Suspending,
            Self::Stopped { .. } => Topic::Stopped,
            Self::Zombie { .. } => Topic::Zombie,
            Self::NothingToReap => Topic::NothingToReap,
            Self::NoChildLeft => Topic::NoChildLeft,
            Self::Unwritten { .. } => Topic::Unwritten,
            Self::NotInspected { .. } => Topic::NotInspected,
            Self::NotInstalled { .. } => Topic::NotInstalled,
            Self::Killing => Topic::Killing,
            Self::Lost { .. } => Topic::Lost,
            Self::SignalsRefused { .. } => Topic::SignalsRefused,
            Self::ClockRefused { .. } => Topic::ClockRefused,
            Self::ChildrenRefused { .. } => Topic::ChildrenRefused,
            Self::GaveUp { .. } => Topic::GaveUp,
            Self::Reaped { .. } => Topic::Reaped,
            Self::Ended { .. } => Topic::Ended,
            Self::Exiting => Topic::Exiting,
            Self::HoldEnds { .. } => Topic::HoldEnds,
        }
    }

    /// Whether it comes with every signal or every process. No personality reports these below [`Level::Info`], so at a
    /// lower verbosity their texts need not be looked for.
    #[must_use]
    pub const fn is_chatter(&self) -> bool {
        matches!(
            self,
            Self::Received { .. } | Self::Forwarded { .. } | Self::Reaped { .. } | Self::NothingToReap
        )
    }

    /// Whether it comes from what the originals do not have: our own options, by `PAUSA_OPTIONS`, and our own checks.
    /// Their catalogs have no text for it.
    #[must_use]
    pub const fn is_ours_alone(&self) -> bool {
        matches!(
            self,
            Self::Operand { .. }
                | Self::AllNeedsInit
                | Self::ParentDeathRefused { .. }
                | Self::Unwritten { .. }
                | Self::Killing
                | Self::Lost { .. }
                | Self::SignalsRefused { .. }
                | Self::ClockRefused { .. }
                | Self::ChildrenRefused { .. }
                | Self::GaveUp { .. }
        )
    }
}
