//! catatonit 0.1.7. `podman run --init` calls it /run/podman-init (`catatonit.c` of openSUSE/catatonit; its
//! behaviour, none of its code). Pure.

use super::{PAUSA, Personality};
use crate::config::Stream;
use crate::event::Level;
use crate::getopt::Order;
use crate::signal::{Signal, SignalSet};
use crate::voice::Voice;
use crate::words::words;

pub const CATATONIT: Personality = Personality {
    grammar: b"g: h: L: P: V:version",
    order: Order::Permutes,
    variables: b"+:CATATONIT_DEBUG x:CATATONIT_LOG",
    collected: KERNEL_SIGNALS.complement(),
    swallowed: SignalSet::TERMINAL_STOPS,
    holds_by_default: false,
    // catatonit takes all but these from its signalfd, and does nothing about most.
    hold_ignores: HOLD_IGNORES,
    failure: 1,
    exec_failures: [1; 3],
    falls_back_to_shell: true,
    passes_listen_pid: true,
    closes_descriptors: true,
    verbosity: Level::Fatal,
    voice: Voice(words![
        // Prefixes.
        "ERROR (catatonit:%i): ",
        "WARN (catatonit:%i): ",
        "INFO (catatonit:%i): ",
        "DEBUG (catatonit:%i): ",
        // What is printed.
        USAGE,
        HELP,
        // catatonit calls itself tini, since dockerd wants that.
        "tini version 0.1.7_catatonit_pausa\n",
        LICENSE,
        // Events.
        "5%N: invalid option -- '%n'",
        "5%N: unrecognized option '--%n'",
        "5%N: option requires an argument -- '%n'",
        "5%N: option '--%n' requires an argument",
        "5%N: option '--%n' doesn't allow an argument",
        "",
        "",
        "0missing program name",
        "0CATATONIT_LOG is reserved for future use",
        "",
        "",
        "0failed to set child-reaper as non-pid1: %e",
        "0failed to fork child: %e",
        "0failed to exec pid1: %e",
        "3pid1 (%p) spawned: %n",
        "",
        "",
        "",
        "1forwarding of signal %S to pid1 (%p) failed: %e",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "3child process %p exited with code %w",
        "3child process %p exited with code %w",
        "3child process %p exited due to signal %W",
        "3child process %p exited due to signal %W",
    ]),
    help_to: Stream::Stderr,
    ..PAUSA
};

/// What the kernel raises for a fault of the program itself. tini and catatonit leave them alone.
pub(super) const KERNEL_SIGNALS: SignalSet = SignalSet::of(&[
    Signal::FPE,
    Signal::ILL,
    Signal::SEGV,
    Signal::BUS,
    Signal::ABRT,
    Signal::TRAP,
    Signal::SYS,
]);

const HOLD_IGNORES: SignalSet =
    KERNEL_SIGNALS.union(SignalSet::of(&[Signal::INT, Signal::TERM, Signal::CHLD])).complement();

const LICENSE: &str = "tini version 0.1.7_catatonit_pausa
pausa, called as catatonit, is free software under the MIT or the Apache-2.0
license. No code of catatonit, which is under the GPL, is in it.
";

const USAGE: &str = "usage: catatonit [-ghLPV] [--] <progname> [<arguments>...]\n";

const HELP: &str = "usage: catatonit [-ghLPV] [--] <progname> [<arguments>...]

  -g              signal the process group of the child
  -h              print this
  -L              print the license
  -P              pause: run nothing, until SIGINT or SIGTERM
  -V, --version   print the version
";
