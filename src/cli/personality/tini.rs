//! tini 0.19.0. `docker run --init` calls it /sbin/docker-init, of old /dev/init (`src/tini.c` of krallin/tini).
//! Pure.

use super::catatonit::KERNEL_SIGNALS;
use super::{PAUSA, Personality};
use crate::bytes::integer;
use crate::cli::config::{Contract, Holds};
use crate::cli::getopt::Order;
use crate::cli::grammar::{OptionName, flag, grammar, if_set, value};
use crate::cli::personality::Remap;
use crate::message::catalog::{Catalog, Printed, catalog};
use crate::message::event::Level;
use crate::model::signal::{Signal, SignalSet};
use crate::policy::remap::Remapped;

pub const TINI: Personality = Personality {
    names: "tini docker-init init tini-static",
    grammar: grammar![
        flag(OptionName::Help, b'h', ""),
        flag(OptionName::AdoptOrphans, b's', ""),
        value(OptionName::ParentDeath, b'p', "", ""),
        flag(OptionName::Verbose, b'v', ""),
        flag(OptionName::WarnOfZombies, b'w', ""),
        flag(OptionName::Group, b'g', ""),
        value(OptionName::Remap, b'e', "", ""),
        flag(OptionName::License, b'l', ""),
    ],
    order: Order::Permutes,
    variables: grammar![
        if_set(OptionName::AdoptOrphans, "TINI_SUBREAPER"),
        if_set(OptionName::Group, "TINI_KILL_PROCESS_GROUP"),
        if_set(OptionName::Verbosity, "TINI_VERBOSITY"),
    ],
    signal: full_name,
    remap: exit_code,
    contract: Contract {
        joins_job: false,
        adopts_orphans: false,
        collected: KERNEL_SIGNALS.complement(),
        // tini ignores them, so that the terminal does not stop it.
        swallowed: SignalSet::of(&[Signal::TTIN, Signal::TTOU]),
        holds: Holds::WhenAsked,
        failure: 1,
        exec_failures: [127, 126, 1],
        falls_back_to_shell: true,
        ..PAUSA.contract
    },
    catalog: Catalog {
        // Signals are named, where tini has the texts of strsignal(3).
        texts: catalog![
            (FatalLine, Answer, "[FATAL tini (%i)] "),
            (WarningLine, Answer, "[WARN  tini (%i)] "),
            (InfoLine, Answer, "[INFO  tini (%i)] "),
            (DebugLine, Answer, "[DEBUG tini (%i)] "),
            (TraceLine, Answer, "[TRACE tini (%i)] "),
            (Help, Answer, HELP),
            // dockerd runs `docker-init --version`, wants a line that begins so, and shows what follows `git.`.
            (Version, Answer, "tini version 0.19.0_pausa - git.pausa\n"),
            (UnknownLong, Answer, "%N: invalid option -- '-'"),
            (Refused, Fatal, "Not a valid option for -%o: %n"),
            (
                NotPid1,
                Warning,
                "Tini is not running as PID 1 and isn't registered as a child subreaper.\n\
                Zombie processes will not be re-parented to Tini, so zombie reaping won't work.\n\
                To fix the problem, use the -s option or set the environment variable TINI_SUBREAPER to register \
                Tini as a child subreaper, or run Tini as PID 1."
            ),
            (SubreaperFailed, Fatal, "Failed to register as child subreaper: %e"),
            (SubreaperRegistered, Trace, "Registered as child subreaper"),
            (ForkFailed, Fatal, "fork failed: %e"),
            (ExecFailed, Fatal, "exec %n failed: %e"),
            (Spawned, Info, "Spawned child process '%n' with pid '%p'"),
            (ReceivedChildEnd, Debug, "Received %s"),
            (Forwarded, Debug, "Passing signal: '%t'"),
            (NotForwarded, Warning, "Unexpected error when forwarding signal: '%e'"),
            (Zombie, Warning, "Reaped zombie process with pid=%p"),
            (NothingToReap, Trace, "No child to reap"),
            (NoChildLeft, Trace, "No child to wait"),
            (Reaped, Debug, "Reaped child with pid: '%p'"),
            (Ended, Info, "Main child exited normally (with status '%w')"),
            (EndedKilled, Info, "Main child exited with signal (with signal '%w')"),
            (Exiting, Trace, "Exiting: child has exited"),
        ],
        stdout_from: Level::Info,
        on_mistake: Printed::Help,
        ..PAUSA.catalog
    },
    ..PAUSA
};

const HELP: &str = "%b (tini version 0.19.0_pausa)
Usage: %b [OPTIONS] PROGRAM -- [ARGS] | --version

Run PROGRAM under the supervision of a valid init process (%b).

  --version  print the version
  -h         print this
  -s         be a subreaper (TINI_SUBREAPER)
  -p SIGNAL  get SIGNAL, such as SIGKILL, when the parent ends
  -v         be more verbose; repeatable (TINI_VERBOSITY, default 1)
  -w         warn of each reaped process
  -g         signal the child's process group (TINI_KILL_PROCESS_GROUP)
  -e CODE    exit with 0 instead of CODE
  -l         print the license
";

/// tini knows the standard signals, in capitals and with SIG, but for these.
const UNKNOWN: SignalSet = SignalSet::of(&[Signal::IO, Signal::PWR, Signal::STKFLT]);

fn full_name(name: &[u8]) -> Option<Signal> {
    let bare = name.strip_prefix(b"SIG")?;
    Signal::parse(bare).filter(|&signal| signal.name() == bare && !UNKNOWN.contains(signal))
}

/// What strtol(3) reads to the end, base 10, from 0 to 255; nothing at all is 0.
fn exit_code(text: &[u8]) -> Result<Remap, &[u8]> {
    let (number, behind) = if text.is_empty() { (0, text) } else { integer(text).ok_or(text)? };
    if behind.is_empty() {
        Ok((Remapped::Status(u8::try_from(number).map_err(|_| text)?), 0))
    } else {
        Err(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_signals_are_read_as_tini_does() {
        for name in ["SIGHUP", "SIGKILL", "SIGWINCH", "SIGSYS", "SIGCHLD"] {
            assert!(full_name(name.as_bytes()).is_some(), "{name}");
        }
        for name in
            ["HUP", "sighup", "SIGhup", "1", "SIG1", "SIGIO", "SIGPWR", "SIGSTKFLT", "SIGRTMIN", "SIG", ""]
        {
            assert!(full_name(name.as_bytes()).is_none(), "{name}");
        }
    }

    #[test]
    fn exit_codes_are_read_as_strtol_does() {
        for (text, code) in [("", 0), (" 7", 7), ("+7", 7), ("007", 7), ("255", 255), ("0", 0), ("-0", 0)] {
            assert_eq!(exit_code(text.as_bytes()), Ok((Remapped::Status(code), 0)), "{text:?}");
        }
        for text in ["0x7", " ", "7 ", "-1", "300", "abc", "+", "256"] {
            assert!(exit_code(text.as_bytes()).is_err(), "{text:?}");
        }
    }
}
