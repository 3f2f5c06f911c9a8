//! `Config`: everything that a run depends on. A personality fills it once; then nothing changes it. Pure.

use crate::args::Command;
use crate::message::catalog::{Catalog, Printed};
use crate::message::event::{Event, Level};
use crate::message::termination::Format;
use crate::message::text::Text;
use crate::model::signal::{Rewrites, Signal, SignalSet};
use crate::policy::forward::Target;
use crate::policy::remap::Remaps;
use crate::policy::shutdown::Ladder;
use crate::time::Nanoseconds;

/// All that the caller wants. The tables stand last (`repr(C)`): a field near the beginning costs three bytes less at
/// each use.
#[derive(Debug)]
#[repr(C)]
pub struct Config<'a> {
    pub task: Task<'a>,
    /// `argv[0]`.
    pub name: &'a [u8],
    /// What no option changes.
    pub contract: &'static Contract,
    /// The texts that are said.
    pub catalog: &'static Catalog,
    /// Events up to this level are reported.
    pub verbosity: Level,
    /// Where the child runs.
    pub place: Place,
    /// Who gets a forwarded signal.
    pub target: Target,
    /// Whether we become a subreaper when we are not PID 1.
    pub adopts_orphans: bool,
    /// Whether a variable has made the reports verbose, or has kept the child in our session. dumb-init says so.
    pub is_verbose_by_variable: bool,
    pub is_single_child_by_variable: bool,
    /// Whether there is a warning for each reaped process other than the child. Default: no.
    pub warns_of_zombies: bool,
    /// Whether, when the child has ended, the remaining processes are asked to end and waited for. Default: no.
    pub drains: bool,
    /// What a complaint about the call begins with, if the mistake is not on the command line.
    pub mistaken_in: Text,
    /// Whether the command stands behind `-m`: it may have been meant as the path of the message.
    pub may_be_message_path: bool,
    /// The signal that we ask for when our parent ends. Default: none.
    pub parent_death: Option<Signal>,
    /// How long the first stop signal is held back. Default: not at all.
    pub delay: Nanoseconds,
    /// How long the child may run before it is asked to stop. Default: for ever, which is zero here.
    pub timeout: Nanoseconds,
    /// Where the termination message goes. Default: there is none.
    pub message: Option<&'a [u8]>,
    pub message_format: Format,
    /// The stop signals, which start the ladder. Default: TERM and INT. HUP and QUIT mean something else to many
    /// programs: nginx reloads, a JVM dumps its threads.
    pub stop_on: SignalSet,
    /// What follows a stop signal. Default: nothing.
    pub ladder: Ladder,
    /// What a signal becomes before it is forwarded. Default: itself.
    pub rewrites: Rewrites,
    /// What an exit status becomes at the end. Default: itself.
    pub remaps: Remaps,
}

impl Config<'_> {
    /// Whether there is a deadline to keep.
    #[must_use]
    pub fn needs_clock(&self) -> bool {
        self.delay.max(self.timeout) > Nanoseconds::ZERO || self.ladder.drain_limit().is_some()
    }
}

impl Config<'_> {
    /// Whether what the memory cgroup tells is of any use.
    #[must_use]
    pub const fn needs_memory(&self) -> bool {
        self.message.is_some() || self.remaps.needs_reason()
    }
}

/// What to do.
#[derive(Clone, Copy, Debug)]
pub enum Task<'a> {
    /// Not known yet: only while options are read.
    Undecided,
    Hold(Hold),
    Supervise(Command<'a>),
    /// Copy this program to that path.
    Install(&'a [u8]),
    /// Print what was asked for, and exit with 0.
    Print(Printed),
    /// Report what is wrong with the call, and exit with the personality's failure.
    Complain(Event<'a>),
}

/// How to hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hold {
    /// Whether the end by SIGINT or SIGTERM is reported.
    pub tells_end: bool,
    /// Whether each process that is reaped is reported.
    pub tells_reaped: bool,
}

/// When a personality holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holds {
    Always,
    /// If there is no command, or an option asks for it.
    WithoutCommand,
    /// If an option asks for it.
    WhenAsked,
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

/// What a personality does that no option changes.
#[derive(Debug)]
pub struct Contract {
    /// How much is reported, if no option says otherwise.
    pub verbosity: Level,
    /// Where the child runs, and who gets a forwarded signal, if no option says otherwise.
    pub place: Place,
    pub target: Target,
    /// Whether the child stays in our process group where a shell above has made that group a job: a pipeline gets the
    /// foreground as one group.
    pub joins_job: bool,
    /// Whether we become a subreaper when we are not PID 1.
    pub adopts_orphans: bool,
    /// Signals that are taken from the queue, to be forwarded. Any other signal has its default effect on us.
    pub collected: SignalSet,
    /// Signals that are taken from the queue and not forwarded.
    pub swallowed: SignalSet,
    /// What we exit with if we fail ourselves.
    pub failure: u8,
    /// What the child exits with if its command is not found, may not be run, or fails otherwise.
    pub exec_failures: [u8; 3],
    /// Whether a file that the kernel takes for no program is given to /bin/sh, as execvp(3) does.
    pub falls_back_to_shell: bool,
    /// Whether the child starts with no signal blocked and none of 1 to 31 ignored.
    pub resets_signals: bool,
    /// Whether a LISTEN_PID that has our pid is changed to the child's (sd_listen_fds(3)).
    pub passes_listen_pid: bool,
    /// Whether we go to `/` when the child runs, so as not to keep a file system busy.
    pub leaves_directory: bool,
    /// Whether we close every descriptor from 3 on when the child runs.
    pub closes_descriptors: bool,
    /// Whether we stop ourselves when a terminal's stop signal has come.
    pub suspends_itself: bool,
    /// What is sent to the usual target of signals when the child has ended.
    pub farewell: Option<Signal>,
    /// When we hold instead of running a command.
    pub holds: Holds,
    /// Signals that a hold ignores. It handles three; all others have their default effect.
    pub hold_ignores: SignalSet,
}

const STOP_ON: SignalSet = SignalSet::of(&[Signal::TERM, Signal::INT]);

impl<'a> Config<'a> {
    /// What holds for a personality if no option says otherwise.
    #[must_use]
    pub const fn new(name: &'a [u8], contract: &'static Contract, catalog: &'static Catalog) -> Self {
        Self {
            task: Task::Undecided,
            name,
            contract,
            catalog,
            verbosity: contract.verbosity,
            place: contract.place,
            target: contract.target,
            adopts_orphans: contract.adopts_orphans,
            is_verbose_by_variable: false,
            is_single_child_by_variable: false,
            warns_of_zombies: false,
            drains: false,
            mistaken_in: Text::EMPTY,
            may_be_message_path: false,
            parent_death: None,
            delay: Nanoseconds::ZERO,
            timeout: Nanoseconds::ZERO,
            message: None,
            message_format: Format::Text,
            stop_on: STOP_ON,
            ladder: Ladder::NONE,
            rewrites: Rewrites::none(),
            remaps: Remaps::none(),
        }
    }
}
