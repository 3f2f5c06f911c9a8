//! catatonit 0.1.7. `podman run --init` calls it /run/podman-init (`catatonit.c` of openSUSE/catatonit; its
//! behaviour, none of its code). Pure.

use super::{PAUSA, Personality};
use crate::cli::config::{Contract, Holds};
use crate::cli::getopt::Order;
use crate::cli::grammar::{OptionName, flag, grammar, if_set};
use crate::message::catalog::{Catalog, Stream, catalog};
use crate::message::event::Level;
use crate::model::signal::{Signal, SignalSet};

pub const CATATONIT: Personality = Personality {
    names: "catatonit podman-init",
    grammar: grammar![
        flag(OptionName::Group, b'g', ""),
        flag(OptionName::Help, b'h', ""),
        flag(OptionName::License, b'L', ""),
        flag(OptionName::Hold, b'P', ""),
        flag(OptionName::Version, b'V', "version"),
    ],
    order: Order::Permutes,
    variables: grammar![
        if_set(OptionName::Verbosest, "CATATONIT_DEBUG"),
        if_set(OptionName::Unwanted, "CATATONIT_LOG"),
    ],
    contract: Contract {
        joins_job: false,
        collected: KERNEL_SIGNALS.complement(),
        swallowed: SignalSet::TERMINAL_STOPS,
        holds: Holds::WhenAsked,
        // catatonit takes all but these from its signalfd, and does nothing about most.
        hold_ignores: HOLD_IGNORES,
        failure: 1,
        exec_failures: [1; 3],
        falls_back_to_shell: true,
        passes_listen_pid: true,
        closes_descriptors: true,
        verbosity: Level::Fatal,
        ..PAUSA.contract
    },
    catalog: Catalog {
        texts: catalog![
            (FatalLine, Answer, "ERROR (catatonit:%i): "),
            (WarningLine, Answer, "WARN (catatonit:%i): "),
            (DebugLine, Answer, "DEBUG (catatonit:%i): "),
            (Usage, Answer, USAGE),
            (Help, Answer, HELP),
            // catatonit calls itself tini, since dockerd wants that.
            (Version, Answer, "tini version 0.1.7_catatonit_pausa\n"),
            (NoCommand, Fatal, "missing program name"),
            (Reserved, Fatal, "CATATONIT_LOG is reserved for future use"),
            (SubreaperFailed, Fatal, "failed to set child-reaper as non-pid1: %e"),
            (ForkFailed, Fatal, "failed to fork child: %e"),
            (ExecFailed, Fatal, "failed to exec pid1: %e"),
            (Spawned, Debug, "pid1 (%p) spawned: %n"),
            (NotForwarded, Warning, "forwarding of signal %S to pid1 (%p) failed: %e"),
            (NoChildLeft, Debug, "got ECHILD: no children left to monitor"),
            (Reaped, Debug, "child process %p exited with code %w"),
            (ReapedKilled, Debug, "child process %p exited due to signal %W"),
        ],
        help_to: Stream::Stderr,
        ..PAUSA.catalog
    },
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

const USAGE: &str = "usage: catatonit [-ghLPV] [--] <progname> [<arguments>...]\n";

const HELP: &str = "usage: catatonit [-ghLPV] [--] <progname> [<arguments>...]

  -g              signal the process group of the child
  -h              print this
  -L              print the license
  -P              pause: run nothing, until SIGINT or SIGTERM
  -V, --version   print the version
";
