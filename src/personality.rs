//! Whose contract we honour. `argv[0]` decides, by its last component. Pure.
//!
//! A personality is data: a grammar, what its options accept, manners that no option changes, and words. To
//! add one: a file below, and a row here.

mod catatonit;
mod dumb_init;
mod pausa;
mod pause;
mod tini;

use crate::args::{Args, Env};
use crate::config::{Config, Place, Stream, Target};
use crate::event::{Level, base_name};
use crate::getopt::{Grammar, Order};
use crate::signal::{Signal, SignalSet};
use crate::split::{split, word_index};
use crate::voice::{Printed, Voice};
pub use pausa::PAUSA;

pub(crate) static PERSONALITIES: [Personality; 5] =
    [PAUSA, pause::PAUSE, tini::TINI, dumb_init::DUMB_INIT, catatonit::CATATONIT];

/// What each of them is called, in the same order: a blank between two names of one, and between two of them a
/// slash, which no base name has. The first serves every other name, too.
const NAMES: &[u8] = b"pausa/pause/tini docker-init init tini-static/dumb-init/catatonit podman-init";

/// A contract.
#[derive(Debug)]
pub struct Personality {
    /// Turns the arguments behind `argv[0]` and the environment into a `Config`.
    pub parse: for<'a> fn(&mut Args<'a>, &Env<'a>, &mut Config<'a>),

    /// The options. A letter means the same in every personality (`parse.rs`).
    pub grammar: Grammar,
    pub order: Order,
    /// Variables that stand for an option, in the same form: its letter, a colon, the variable's name, and
    /// behind an equals sign its value if only that one counts.
    pub variables: Grammar,
    /// What an option for a signal, a rewrite and an exit code accepts.
    pub signal: fn(&[u8]) -> Option<Signal>,
    pub rewrite: fn(&[u8]) -> Option<Rewrite>,
    pub remap: fn(&[u8]) -> Option<(u8, u8)>,

    /// Where the child runs, and who gets a forwarded signal, if no option says otherwise.
    pub place: Place,
    pub target: Target,
    /// Whether we become a subreaper when we are not PID 1.
    pub adopts_orphans: bool,
    /// Signals that are taken and forwarded. The others do to us what they do.
    pub collected: SignalSet,
    /// Signals that are taken and not forwarded.
    pub swallowed: SignalSet,
    /// What we exit with if we fail ourselves.
    pub failure: u8,
    /// What the child exits with if its command is not found, may not be run, or fails otherwise.
    pub exec_failures: [u8; 3],
    /// Whether a file that the kernel takes for no program is given to /bin/sh, as execvp(3) does.
    pub falls_back_to_shell: bool,
    /// Whether the child starts with no signal blocked and none of 1 to 31 ignored.
    pub resets_signals: bool,
    /// Whether a LISTEN_PID that means us means the child afterwards (sd_listen_fds(3)).
    pub passes_listen_pid: bool,
    /// Whether we go to `/` when the child runs, so as not to keep a file system busy.
    pub leaves_directory: bool,
    /// Whether we close every descriptor from 3 on when the child runs.
    pub closes_descriptors: bool,
    /// Whether we stop ourselves when a terminal's stop signal has come.
    pub suspends_itself: bool,
    /// What is sent where signals go when the child has ended.
    pub farewell: Option<Signal>,
    /// Whether we hold if there is no command.
    pub holds_by_default: bool,
    /// The signals that do nothing to a hold. The others, save the three that it handles, do what they do.
    pub hold_ignores: SignalSet,

    /// How much is told, if no option says otherwise.
    pub verbosity: Level,
    pub voice: Voice,
    /// From this level on, reports go to stdout instead of stderr.
    pub stdout_from: Level,
    pub help_to: Stream,
    pub version_to: Stream,
    /// What follows a complaint about the call.
    pub on_mistake: Printed,
}

/// From one signal to another, or to none.
pub type Rewrite = (Signal, Option<Signal>);

impl Personality {
    /// Our own.
    #[must_use]
    pub const fn ours() -> &'static Self {
        let [ours, ..] = &PERSONALITIES;
        ours
    }

    #[must_use]
    pub fn from_argv0(argv0: &[u8]) -> &'static Self {
        let base = base_name(argv0);
        let mut names = split(NAMES, b'/');
        let index = names.position(|names| word_index(names, b' ', base).is_some());
        index.and_then(|index| PERSONALITIES.get(index)).unwrap_or(Self::ours())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::process::Pid;
    use crate::status::WaitStatus;

    #[test]
    fn no_voice_tells_chatter_below_info() {
        let (signal, pid, wait) = (Signal::TERM, Pid::new(7), WaitStatus::new(0));
        for personality in &PERSONALITIES {
            for event in [
                Event::Received { signal },
                Event::Forwarded { signal, passed: signal, pid },
                Event::Reaped { pid, wait },
                Event::Reaped { pid, wait: WaitStatus::new(9) },
            ] {
                let told = personality.voice.words_for(&event);
                assert!(
                    event.is_chatter() && told.is_none_or(|(level, ..)| level >= Level::Info),
                    "{event:?}"
                );
            }
        }
    }

    #[test]
    fn the_base_name_decides() {
        for (argv0, index) in [
            ("pause", 1),
            ("/pause", 1),
            ("./bin/pause", 1),
            ("pausa", 0),
            ("/pausa", 0),
            ("", 0),
            ("pause/", 0),
            ("pause2", 0),
            ("init tini-static", 0),
            ("/usr/bin/tini", 2),
            ("/sbin/docker-init", 2),
            ("/dev/init", 2),
            ("/usr/bin/dumb-init", 3),
            ("catatonit", 4),
            ("/run/podman-init", 4),
        ] {
            let found = Personality::from_argv0(argv0.as_bytes());
            assert!(core::ptr::eq(found, &PERSONALITIES[index]), "{argv0:?}");
        }
    }
}
