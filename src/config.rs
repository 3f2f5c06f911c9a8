//! `Config`: everything that a run depends on. A personality fills it once; then nothing changes it. Pure.

use crate::args::Command;
use crate::event::{Event, Level, Voice};
use crate::signal::{Rewrites, Signal};
use crate::status::{ExitStatus, Remaps};

/// The whole wish of whoever started us.
#[derive(Debug)]
pub struct Config<'a> {
    pub task: Task<'a>,
    /// How we speak.
    pub voice: &'static Voice,
    /// Events up to this level are reported. Default: warnings.
    pub verbosity: Level,
    /// Who gets a forwarded signal. Default: the child.
    pub target: Target,
    /// What a signal becomes before it is forwarded. Default: itself.
    pub rewrites: Rewrites,
    /// What an exit status becomes at the end. Default: itself.
    pub remaps: Remaps,
    /// What to exit with if we fail ourselves. Default: 125.
    pub failure: ExitStatus,
    /// The signal that we ask for when our parent ends. Default: none.
    pub parent_death: Option<Signal>,
}

/// What to do.
#[derive(Clone, Copy, Debug)]
pub enum Task<'a> {
    Hold(Hold),
    Supervise(Command<'a>),
    /// Print a text that was asked for, and exit with 0.
    Print(Stream, &'static str),
    /// Tell what is wrong with the call, and exit with `failure`.
    Complain(Event<'a>),
}

/// Where a text goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stream {
    Stdout,
    Stderr,
}

/// How to hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hold {
    /// When we are not PID 1: become a subreaper (`true`), or say that we should be PID 1 (`false`).
    pub adopts_orphans: bool,
    /// Whether the end by SIGINT or SIGTERM is told on stderr.
    pub tells_end: bool,
    /// Whether each process that is reaped is told on stderr.
    pub tells_reaped: bool,
}

/// Who gets a forwarded signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// The child alone.
    Child,
    /// The child's process group.
    Group,
    /// Every process of the PID namespace. Only as PID 1.
    All,
}

impl Config<'_> {
    /// The defaults.
    #[must_use]
    pub const fn new(voice: &'static Voice) -> Self {
        Self {
            task: Task::Hold(Hold { adopts_orphans: true, tells_end: true, tells_reaped: false }),
            voice,
            verbosity: Level::Warning,
            target: Target::Child,
            rewrites: Rewrites::none(),
            remaps: Remaps::none(),
            failure: ExitStatus::OWN_FAILURE,
            parent_death: None,
        }
    }
}
