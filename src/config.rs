//! `Config`: everything that a run depends on. A personality fills it once; then nothing changes it. Pure.

use crate::args::Command;
use crate::event::{Event, Level};
use crate::personality::Personality;
use crate::shutdown::Ladder;
use crate::signal::{Rewrites, Signal};
use crate::status::Remaps;
use crate::termination::Format;
use crate::voice::Printed;

/// The whole wish of whoever started us. The tables stand last (`repr(C)`): what is near the beginning costs
/// three bytes less at each use.
#[derive(Debug)]
#[repr(C)]
pub struct Config<'a> {
    pub task: Task<'a>,
    /// `argv[0]`.
    pub name: &'a [u8],
    /// Whose contract this is: what no option changes.
    pub personality: &'static Personality,
    /// Events up to this level are reported.
    pub verbosity: Level,
    /// Where the child runs.
    pub place: Place,
    /// Who gets a forwarded signal.
    pub target: Target,
    /// Whether we become a subreaper when we are not PID 1.
    pub adopts_orphans: bool,
    /// Whether we hold, command or not. Default: no.
    pub holds: bool,
    /// Whether each reaped process that is not the child is warned of. Default: no.
    pub warns_of_zombies: bool,
    /// Whether, when the child has ended, the others are asked to end and waited for. Default: no.
    pub drains: bool,
    /// The signal that we ask for when our parent ends. Default: none.
    pub parent_death: Option<Signal>,
    /// How long the first stop signal is held back, in nanoseconds. Default: not at all.
    pub delay: u64,
    /// Where the termination message goes. Default: there is none.
    pub message: Option<&'a [u8]>,
    pub message_format: Format,
    /// What follows a stop signal. Default: nothing.
    pub ladder: Ladder,
    /// What a signal becomes before it is forwarded. Default: itself.
    pub rewrites: Rewrites,
    /// What an exit status becomes at the end. Default: itself.
    pub remaps: Remaps,
}

/// What to do.
#[derive(Clone, Copy, Debug)]
pub enum Task<'a> {
    /// Not known yet.
    Nothing,
    Hold(Hold),
    Supervise(Command<'a>),
    /// Print what was asked for, and exit with 0.
    Print(Printed),
    /// Tell what is wrong with the call, and exit with the personality's failure.
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
    /// What a personality wishes by itself.
    #[must_use]
    #[inline(never)]
    pub const fn new(name: &'a [u8], personality: &'static Personality) -> Self {
        Self {
            task: Task::Hold(Hold { tells_end: true, tells_reaped: false }),
            name,
            personality,
            verbosity: personality.verbosity,
            place: personality.place,
            target: personality.target,
            adopts_orphans: personality.adopts_orphans,
            holds: false,
            warns_of_zombies: false,
            drains: false,
            parent_death: None,
            delay: 0,
            message: None,
            message_format: Format::Text,
            ladder: Ladder::NONE,
            rewrites: Rewrites::none(),
            remaps: Remaps::none(),
        }
    }
}
