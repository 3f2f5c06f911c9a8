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
use crate::event::{Level, Voice, base_name};
use crate::getopt::{Grammar, Order};
use crate::signal::{Signal, SignalSet};
pub use pausa::PAUSA;

/// The first row serves every name that no row has.
static PERSONALITIES: [&Personality; 5] =
    [&PAUSA, &pause::PAUSE, &tini::TINI, &dumb_init::DUMB_INIT, &catatonit::CATATONIT];

/// A contract.
#[derive(Debug)]
pub struct Personality {
    pub names: Names,
    /// Turns the arguments behind `argv[0]` and the environment into a `Config`.
    pub parse: for<'a> fn(Args<'a>, &Env<'a>, &mut Config<'a>),

    /// The options. A letter means the same in every personality (`parse.rs`).
    pub grammar: Grammar,
    pub order: Order,
    /// Variables that stand for an option: name, the value that is asked for if any, the option's letter.
    pub variables: &'static [(&'static str, &'static str, u8)],
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
    pub help: Text,
    pub version: Text,
    pub license: Text,
}

/// From one signal to another, or to none.
pub type Rewrite = (Signal, Option<Signal>);

/// What an option prints: words as in `Event::fill`, and a text behind them.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    pub stream: Stream,
    pub head: &'static [u8],
    pub body: &'static str,
}

impl Text {
    const NONE: Self = Self::stdout("");

    const fn stdout(body: &'static str) -> Self {
        Self { stream: Stream::Stdout, head: b"", body }
    }
}

/// Base names, with a blank behind each. They stand in the row itself and not behind a pointer, for the
/// sake of memory: `link.ld` keeps all that hold mode reads in one page.
#[derive(Debug)]
pub struct Names([u8; 40]);

impl Names {
    const fn new(names: &str) -> Self {
        let mut bytes = [b' '; 40];
        let (place, _) = bytes.split_at_mut(names.len());
        place.copy_from_slice(names.as_bytes());
        Self(bytes)
    }

    fn contain(&self, name: &[u8]) -> bool {
        self.0.split(|&byte| byte == b' ').any(|known| known.len() == name.len() && known.iter().eq(name))
    }
}

impl Personality {
    #[must_use]
    pub fn from_argv0(argv0: &[u8]) -> &'static Self {
        let base = base_name(argv0);
        let [default, others @ ..] = PERSONALITIES;
        others.into_iter().find(|row| !base.is_empty() && row.names.contain(base)).unwrap_or(default)
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
        for personality in PERSONALITIES {
            for event in [
                Event::Received { signal },
                Event::Forwarded { signal, passed: signal, pid },
                Event::Reaped { pid, wait },
                Event::Reaped { pid, wait: WaitStatus::new(9) },
            ] {
                let (level, _, words) = personality.voice.words_for(&event);
                assert!(event.is_chatter() && (level >= Level::Info || words.is_empty()), "{event:?}");
            }
        }
    }

    #[test]
    fn the_base_name_decides() {
        for (argv0, first) in [
            ("pause", "pause "),
            ("/pause", "pause "),
            ("./bin/pause", "pause "),
            ("pausa", "pausa "),
            ("/pausa", "pausa "),
            ("", "pausa "),
            ("pause/", "pausa "),
            ("pause2", "pausa "),
            ("/usr/bin/tini", "tini "),
            ("/sbin/docker-init", "tini "),
            ("/dev/init", "tini "),
            ("/usr/bin/dumb-init", "dumb-init "),
            ("catatonit", "catatonit "),
            ("/run/podman-init", "catatonit "),
        ] {
            let names = &Personality::from_argv0(argv0.as_bytes()).names.0;
            assert!(names.starts_with(first.as_bytes()), "{argv0:?}");
        }
    }
}
