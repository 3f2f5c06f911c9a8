//! Pause mode: three handlers, then pause for ever, so that the namespaces have somebody to live for.
//!
//! The contract is that of Kubernetes' pause.c: these dispositions, this order, these exit codes, nothing
//! else. What it does not do is leave zombies that were there before, or lose a SIGTERM that comes before
//! the handler: signals are blocked from the first instruction until the handlers stand.

use core::ffi::c_int;

use crate::config::{Config, Hold};
use crate::event::{Event, Level};
use crate::line::Line;
use crate::personality::Personality;
use crate::process::Pid;
use crate::reap;
use crate::report;
use crate::signal::{Signal, SignalSet};
use crate::status::ExitStatus;
use crate::sys::{self, Change, Disposition, Fd};

/// Holds until a signal ends it. Comes back only with pause.c's exit code of what failed.
#[inline(never)]
pub fn hold(hold: Hold, config: &Config<'_>) -> ExitStatus {
    if sys::getpid() != Pid::INIT {
        if config.adopts_orphans {
            // No subreaper before Linux 3.4: then orphans go to somebody else, and the hold is none the worse.
            let _ = sys::become_subreaper();
        } else {
            report::tell(config, &Event::NotFirst);
        }
    }
    let stop = Disposition::handled(if hold.tells_end { tell_and_end } else { end });
    let child = Disposition::handled_on_child_end(if hold.tells_reaped { reap_and_tell } else { reap });
    if sys::set_disposition(Signal::INT, stop).is_err() {
        return ExitStatus(1);
    }
    if sys::set_disposition(Signal::TERM, stop).is_err() {
        return ExitStatus(2);
    }
    if sys::set_disposition(Signal::CHLD, child).is_err() {
        return ExitStatus(3);
    }
    for signal in config.personality.hold_ignores {
        // KILL and STOP are as they are.
        let _ = sys::set_disposition(signal, Disposition::ignored());
    }
    sys::set_mask(SignalSet::EMPTY);
    // Zombies that were there before the handler: no SIGCHLD will come for them.
    reap(0);
    loop {
        sys::release_memory();
        sys::pause();
    }
}

extern "C" fn end(_: c_int) {
    sys::exit(ExitStatus::SUCCESS);
}

extern "C" fn tell_and_end(number: c_int) {
    // The words of psignal(3).
    let words: &[u8] = if number == libc::SIGINT { b"Interrupt" } else { b"Terminated" };
    let mut line = Line::new();
    line.bytes(b"Shutting down, got signal: ").bytes(words).bytes(b"\n");
    let _ = sys::write_now(Fd::STDERR, line.as_bytes());
    end(number);
}

extern "C" fn reap(_: c_int) {
    while reap::changed().is_some() {}
}

extern "C" fn reap_and_tell(_: c_int) {
    while let Some(Change { pid, wait, .. }) = reap::changed() {
        if wait.stop_signal().is_none() {
            // A handler is given nothing but a number. Only pausa itself asks for this one.
            let mut config = Config::new(b"", Personality::ours());
            config.verbosity = Level::Info;
            report::tell(&config, &Event::Reaped { pid, wait });
        }
    }
}
