//! What a received signal leads to. Pure.

use crate::config::{Config, Target};
use crate::process::{Pid, Recipient};
use crate::signal::Signal;

/// What to do about a signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Response {
    /// Some child has something to say to wait4(2).
    Reap,
    /// Send this one on.
    Send(Signal),
    /// Nothing: a rewrite says so.
    Drop,
    /// Nothing: it was our own doing.
    Ignore,
}

/// The response to `signal` from `sender`, when we are `own`.
#[must_use]
pub fn respond(signal: Signal, sender: Pid, own: Pid, config: &Config<'_>) -> Response {
    match signal {
        Signal::CHLD => Response::Reap,
        // The reader of our stderr went away in the middle of a report: none of the child's business.
        Signal::PIPE if sender == own => Response::Ignore,
        _ if config.personality.swallowed.contains(signal) => Response::Drop,
        _ => config.rewrites.apply(signal).map_or(Response::Drop, Response::Send),
    }
}

/// Whom kill(2) is to address for `target`.
#[must_use]
pub const fn recipient(target: Target, child: Pid) -> Recipient {
    match target {
        Target::Child => Recipient::Process(child),
        Target::Group => Recipient::Group(child),
        Target::All => Recipient::Everyone,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::personality::Personality;

    const OWN: Pid = Pid::new(1);
    const OTHER: Pid = Pid::new(7);

    #[test]
    fn every_signal_has_its_response() {
        let mut config = Config::new(b"pausa", Personality::from_argv0(b"pausa"));
        config.rewrites.set(Signal::TERM, Some(Signal::QUIT));
        config.rewrites.set(Signal::HUP, None);
        for (signal, sender, response) in [
            (Signal::CHLD, OTHER, Response::Reap),
            (Signal::PIPE, OWN, Response::Ignore),
            (Signal::PIPE, OTHER, Response::Send(Signal::PIPE)),
            (Signal::TERM, OTHER, Response::Send(Signal::QUIT)),
            (Signal::HUP, OTHER, Response::Drop),
            (Signal::INT, Pid::new(0), Response::Send(Signal::INT)),
        ] {
            assert_eq!(respond(signal, sender, OWN, &config), response);
        }
    }
}
