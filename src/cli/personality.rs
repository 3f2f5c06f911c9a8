//! Whose contract we honour. `argv[0]` decides, by its last component. Pure.
//!
//! A personality is data: names, a grammar, what its options accept, a contract that no option changes, and texts. To
//! add one: a file in `personality/`, and a row here.

mod catatonit;
mod dumb_init;
mod pausa;
mod pause;
mod tini;

use crate::bytes::{base_name, word_index};
use crate::cli::config::{Config, Contract};
use crate::cli::getopt::Order;
use crate::cli::grammar::Grammar;
use crate::message::catalog::Catalog;
use crate::model::signal::Signal;
use crate::policy::remap::Remapped;
pub use pausa::PAUSA;

/// The first one also serves every name that is not listed.
pub(crate) static PERSONALITIES: [Personality; 5] =
    [PAUSA, pause::PAUSE, tini::TINI, dumb_init::DUMB_INIT, catatonit::CATATONIT];

/// Whose command line, texts and contract we honour.
#[derive(Debug)]
pub struct Personality {
    /// What it is called, with a blank between two names.
    pub names: &'static str,
    pub grammar: Grammar,
    pub order: Order,
    /// Variables that stand for an option.
    pub variables: Grammar,
    /// Whether it reads `PAUSA_OPTIONS`.
    pub takes_our_variable: bool,
    /// How the values of options are read: a signal, a rewrite, an exit code. An error is the part that is wrong.
    pub signal: fn(&[u8]) -> Option<Signal>,
    pub rewrite: fn(&[u8]) -> Result<Rewrite, &[u8]>,
    pub remap: fn(&[u8]) -> Result<Remap, &[u8]>,

    pub contract: Contract,
    pub catalog: Catalog,
}

/// From one signal to another, or to none.
pub type Rewrite = (Signal, Option<Signal>);

/// From one exit code to another.
pub type Remap = (Remapped, u8);

impl Personality {
    /// Our own.
    #[must_use]
    pub const fn ours() -> &'static Self {
        let [ours, ..] = &PERSONALITIES;
        ours
    }

    /// Kubernetes' pause.
    #[must_use]
    pub const fn pause() -> &'static Self {
        let [_, pause, ..] = &PERSONALITIES;
        pause
    }

    /// What holds if no option says otherwise.
    #[must_use]
    // Copied into each of its users, it costs 300 bytes, and two of them are on a hold's page.
    #[inline(never)]
    pub const fn config<'a>(&'static self, name: &'a [u8]) -> Config<'a> {
        Config::new(name, &self.contract, &self.catalog)
    }

    /// The one whose names have this one. `init` alone could be any.
    #[must_use]
    pub fn named(name: &[u8]) -> Option<&'static Self> {
        let is_called = |personality: &&Self| word_index(personality.names.as_bytes(), b' ', name).is_some();
        PERSONALITIES.iter().find(is_called).filter(|_| name != b"init")
    }

    #[must_use]
    pub fn from_argv0(argv0: &[u8]) -> &'static Self {
        let base = base_name(argv0);
        let is_called = |known: &&Self| word_index(known.names.as_bytes(), b' ', base).is_some();
        PERSONALITIES.iter().find(is_called).unwrap_or(Self::ours())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::event::{Event, Level};
    use crate::model::process::Pid;
    use crate::model::status::WaitStatus;

    #[test]
    fn no_catalog_reports_chatter_below_info() {
        let (signal, pid, wait) = (Signal::TERM, Pid::new(7), WaitStatus::new(0));
        for personality in &PERSONALITIES {
            for event in [
                Event::Received { signal },
                Event::Received { signal: Signal::CHLD },
                Event::Forwarded { signal, passed: signal, pid },
                Event::Reaped { pid, wait },
                Event::Reaped { pid, wait: WaitStatus::new(9) },
                Event::NothingToReap,
            ] {
                assert!(event.is_chatter(), "{event:?}");
                for topic in [Some(event.topic()), event.special_topic()].into_iter().flatten() {
                    let found = personality.catalog.find(topic);
                    assert!(found.is_none_or(|(level, _)| level >= Level::Info), "{event:?}");
                }
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
