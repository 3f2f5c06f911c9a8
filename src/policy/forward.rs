//! What a received signal leads to. Pure.

use crate::model::process::{Pid, Recipient};
use crate::model::signal::{Rewrites, Signal, SignalSet};

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

/// What to do about a signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Response {
    /// A child has ended or stopped: wait4(2) says which.
    Reap,
    /// Forward this signal.
    Send(Signal),
    /// Nothing: a rewrite says so.
    Drop,
}

/// The response to `signal`.
#[must_use]
pub fn respond(signal: Signal, swallowed: SignalSet, rewrites: &Rewrites) -> Response {
    match signal {
        Signal::CHLD => Response::Reap,
        _ if swallowed.contains(signal) => Response::Drop,
        _ => rewrites.apply(signal).map_or(Response::Drop, Response::Send),
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

    #[test]
    fn every_signal_has_its_response() {
        let mut rewrites = Rewrites::none();
        rewrites.set(Signal::TERM, Some(Signal::QUIT));
        rewrites.set(Signal::HUP, None);
        for (signal, response) in [
            (Signal::CHLD, Response::Reap),
            (Signal::PIPE, Response::Send(Signal::PIPE)),
            (Signal::TERM, Response::Send(Signal::QUIT)),
            (Signal::HUP, Response::Drop),
            (Signal::TTIN, Response::Drop),
            (Signal::INT, Response::Send(Signal::INT)),
        ] {
            assert_eq!(respond(signal, SignalSet::only(Signal::TTIN), &rewrites), response);
        }
    }
}
