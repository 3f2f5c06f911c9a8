//! `Config`: everything that a run depends on. A personality fills it once; then nothing changes it. Pure.

use crate::args::Command;
use crate::event::{Event, Level, Voice};
use crate::signal::{Rewrites, Signal, SignalSet};
use crate::status::{ExitStatus, Remaps};

/// The whole wish of whoever started us. The tables stand last (`repr(C)`): what is near the beginning costs
/// three bytes less at each use.
#[derive(Debug)]
#[repr(C)]
pub struct Config<'a> {
    pub task: Task<'a>,
    /// `argv[0]`.
    pub name: &'a [u8],
    /// How we speak.
    pub voice: &'static Voice,
    /// Events up to this level are reported. Default: warnings.
    pub verbosity: Level,
    /// What to exit with if we fail ourselves. Default: 125.
    pub failure: ExitStatus,
    /// What the child exits with if its command is not found, may not be run, or fails otherwise. Default:
    /// 127, 126, 126, as env(1) has it.
    pub exec_failures: [ExitStatus; 3],
    /// Whether a command that the kernel takes for no program is given to /bin/sh, as execvp(3) does.
    pub falls_back_to_shell: bool,
    /// Whether we become a subreaper when we are not PID 1. Default: yes.
    pub adopts_orphans: bool,
    /// Whether each reaped process that is not the child is warned of.
    pub warns_of_zombies: bool,
    /// The signal that we ask for when our parent ends. Default: none.
    pub parent_death: Option<Signal>,
    /// Where the child runs. Default: a process group of its own.
    pub place: Place,
    /// Whether the child starts with no signal blocked and none of 1 to 31 ignored. Default: no, it has what
    /// we were started with.
    pub resets_signals: bool,
    /// Whether a LISTEN_PID that means us means the child afterwards (sd_listen_fds(3)).
    pub passes_listen_pid: bool,
    /// Whether we go to `/` when the child runs, so as not to keep a file system busy.
    pub leaves_directory: bool,
    /// Whether we close every descriptor from 3 on when the child runs.
    pub closes_descriptors: bool,
    /// Whether we stop ourselves when a terminal's stop signal has been sent on.
    pub suspends_itself: bool,
    /// What the child's group is sent when the child has ended. Default: nothing.
    pub farewell: Option<Signal>,
    /// Who gets a forwarded signal. Default: the child.
    pub target: Target,
    /// The signals that are taken and forwarded. The others do to us what they do. Default: all.
    pub collected: SignalSet,
    /// What a signal becomes before it is forwarded. Default: itself.
    pub rewrites: Rewrites,
    /// What an exit status becomes at the end. Default: itself.
    pub remaps: Remaps,
}

/// What to do.
#[derive(Clone, Copy, Debug)]
pub enum Task<'a> {
    Hold(Hold),
    Supervise(Command<'a>),
    /// Print what was asked for, and exit with 0: words as in [`Event::fill`], and a text behind them.
    Print(Stream, &'static [u8], &'static str),
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
    /// Whether the end by SIGINT or SIGTERM is told on stderr.
    pub tells_end: bool,
    /// Whether each process that is reaped is told on stderr.
    pub tells_reaped: bool,
}

/// Where the child runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// In a process group of its own, in the terminal's foreground if that was ours.
    OwnGroup,
    /// In a session of its own, with our terminal for its own.
    OwnSession,
    /// In our process group.
    OurGroup,
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

impl<'a> Config<'a> {
    /// The defaults.
    #[must_use]
    pub const fn new(name: &'a [u8], voice: &'static Voice) -> Self {
        Self {
            task: Task::Hold(Hold { tells_end: true, tells_reaped: false }),
            name,
            voice,
            verbosity: Level::Warning,
            failure: ExitStatus::OWN_FAILURE,
            exec_failures: [ExitStatus::NOT_FOUND, ExitStatus::NOT_RUNNABLE, ExitStatus::NOT_RUNNABLE],
            falls_back_to_shell: false,
            adopts_orphans: true,
            warns_of_zombies: false,
            parent_death: None,
            place: Place::OwnGroup,
            resets_signals: false,
            passes_listen_pid: false,
            leaves_directory: false,
            closes_descriptors: false,
            suspends_itself: false,
            farewell: None,
            target: Target::Child,
            collected: SignalSet::ALL,
            rewrites: Rewrites::none(),
            remaps: Remaps::none(),
        }
    }
}
