//! Pause mode: three handlers, then pause for ever, which keeps the namespaces alive.
//!
//! The contract is that of Kubernetes' pause.c: these dispositions, this order, these exit codes, nothing else. Two
//! things are better: zombies that were there before are reaped, and a SIGTERM that comes before its handler is not
//! lost, because signals are blocked from the first instruction until the handlers are installed.

use crate::cli::config::{Config, Hold};
use crate::cli::personality::Personality;
use crate::message::event::{Event, Level};
use crate::model::errno::Errno;
use crate::model::process::{Change, Pid};
use crate::model::signal::{Signal, SignalSet};
use crate::model::status::ExitStatus;
use crate::run::report::{refuse, report};
use crate::run::supervise::follow_parent;
use crate::sys::{self, Caught, Disposition, Linux, MainStack};

/// Holds until a signal ends it. Comes back only with pause.c's exit code of what failed.
// A function of its own, so that `link.ld` finds it by its name for a hold's one page.
#[inline(never)]
pub fn hold(
    hold: Hold,
    config: &Config<'_>,
    inherited: Result<SignalSet, Errno>,
    stack: &MainStack,
) -> ExitStatus {
    follow_parent(config);
    if sys::getpid() != Pid::INIT {
        if config.adopts_orphans {
            // No subreaper before Linux 3.4: then another process gets the orphans, and the hold works all the same.
            let _ = sys::become_subreaper();
        } else {
            report(Linux, config, Event::NotPid1);
        }
    }
    let stop = Disposition::handled(if hold.tells_end { report_and_end } else { end });
    let child = Disposition::handled_on_child_end(if hold.tells_reaped { reap_and_report } else { reap });
    if sys::set_disposition(Signal::INT, &stop).is_err() {
        return ExitStatus(1);
    }
    if sys::set_disposition(Signal::TERM, &stop).is_err() {
        return ExitStatus(2);
    }
    if sys::set_disposition(Signal::CHLD, &child).is_err() {
        return ExitStatus(3);
    }
    for signal in config.contract.hold_ignores {
        // KILL and STOP are as they are.
        let _ = sys::set_disposition(signal, &Disposition::ignored());
    }
    if hold.tells_reaped {
        // While all signals are blocked: a line that cannot be written may raise one.
        report(Linux, config, Event::Holding);
    }
    // If the first mask was refused, no signal is blocked.
    if let (Ok(_), Err(errno)) = (inherited, sys::set_mask(SignalSet::EMPTY)) {
        return refuse(config, errno);
    }
    // Zombies that were there before the handler: no SIGCHLD will come for them.
    reap_all();
    loop {
        sys::release_memory(stack);
        let errno = sys::pause();
        if errno != Errno::INTR {
            return refuse(config, errno);
        }
    }
}

extern "C" fn end(_: Caught) {
    sys::exit(ExitStatus::SUCCESS);
}

extern "C" fn report_and_end(caught: Caught) {
    if let Some(signal) = caught.signal() {
        // A handler is given no `Config`. Under every name the text is that of pause.
        report(Linux, &Personality::pause().config(b""), Event::HoldEnds { signal });
    }
    end(caught);
}

/// The next child that has ended or stopped. One SIGCHLD may stand for many of them (signal(7)).
fn next_change() -> Option<Change> {
    sys::next_change(None).ok().flatten()
}

fn reap_all() {
    while next_change().is_some() {}
}

extern "C" fn reap(_: Caught) {
    reap_all();
}

extern "C" fn reap_and_report(_: Caught) {
    while let Some(Change { pid, wait, .. }) = next_change() {
        if wait.stop_signal().is_none() {
            // A handler is given no `Config`. Only pausa under its own name installs this handler.
            let mut config = Personality::ours().config(b"");
            config.verbosity = Level::Info;
            report(Linux, &config, Event::Reaped { pid, wait });
        }
    }
}
