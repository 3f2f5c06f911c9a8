//! tini 0.19.0. `docker run --init` calls it /sbin/docker-init, of old /dev/init (`src/tini.c` of krallin/tini).
//! Pure.

use super::catatonit::KERNEL_SIGNALS;
use super::{PAUSA, Personality};
use crate::event::Level;
use crate::getopt::Order;
use crate::signal::{Signal, SignalSet, decimal, unsigned};
use crate::voice::{Printed, Voice};
use crate::words::words;

pub const TINI: Personality = Personality {
    grammar: b"h: s: p= v: w: g: e= l:",
    order: Order::Permutes,
    variables: b"s:TINI_SUBREAPER g:TINI_KILL_PROCESS_GROUP n:TINI_VERBOSITY",
    signal: full_name,
    remap: exit_code,
    adopts_orphans: false,
    collected: KERNEL_SIGNALS.complement(),
    // tini ignores them, so that the terminal does not stop it.
    swallowed: SignalSet::of(&[Signal::TTIN, Signal::TTOU]),
    holds_by_default: false,
    failure: 1,
    exec_failures: [127, 126, 1],
    falls_back_to_shell: true,
    // Signals are named, where tini has the words of strsignal(3).
    voice: Voice(words![
        // Prefixes.
        "[FATAL tini (%i)] ",
        "[WARN  tini (%i)] ",
        "[INFO  tini (%i)] ",
        "[DEBUG tini (%i)] ",
        // What is printed.
        "",
        HELP,
        // dockerd runs `docker-init --version`, wants a line that begins so, and shows what follows `git.`.
        "tini version 0.19.0_pausa - git.pausa\n",
        LICENSE,
        // Events.
        "5%N: invalid option -- '%n'",
        "5%N: invalid option -- '-'",
        "5%N: option requires an argument -- '%n'",
        "",
        "",
        "",
        "0Not a valid option for -%o: %n",
        "",
        "",
        "1Tini is not running as PID 1 and isn't registered as a child subreaper.\n\
        Zombie processes will not be re-parented to Tini, so zombie reaping won't work.\n\
        To fix the problem, use the -s option or set the environment variable TINI_SUBREAPER to register \
        Tini as a child subreaper, or run Tini as PID 1.",
        "",
        "0Failed to register as child subreaper: %e",
        "0fork failed: %e",
        "0exec %n failed: %e",
        "2Spawned child process '%n' with pid '%p'",
        "3Received %s",
        "3Passing signal: '%t'",
        "",
        "1Unexpected error when forwarding signal: '%e'",
        "",
        "1Reaped zombie process with pid=%p",
        "",
        "",
        "",
        "",
        "",
        "3Reaped child with pid: '%p'",
        "2Main child exited normally (with status '%w')",
        "3Reaped child with pid: '%p'",
        "2Main child exited with signal (with signal '%w')",
    ]),
    stdout_from: Level::Info,
    on_mistake: Printed::Help,
    ..PAUSA
};

const LICENSE: &str = "pausa, called as tini, is free software under the MIT or the Apache-2.0 license.
No code of tini, which is under the MIT license, is in it.
";

const HELP: &str = "%b (tini version 0.19.0_pausa)
Usage: %b [OPTIONS] PROGRAM -- [ARGS] | --version

Run PROGRAM as the child of an init that reaps and forwards signals.

  --version  print the version
  -h         print this
  -s         be a subreaper (also by TINI_SUBREAPER)
  -p SIGNAL  get SIGNAL, such as SIGKILL, when the parent ends
  -v         tell more; repeatable (level by TINI_VERBOSITY, default 1)
  -w         warn of each reaped process
  -g         signal the child's process group (TINI_KILL_PROCESS_GROUP)
  -e CODE    exit with 0 instead of CODE, 0 to 255
  -l         print the license
";

/// tini knows the standard signals, in capitals and with SIG, but for these.
const UNKNOWN: SignalSet = SignalSet::of(&[Signal::IO, Signal::PWR, Signal::STKFLT]);

fn full_name(name: &[u8]) -> Option<Signal> {
    let bare = name.strip_prefix(b"SIG")?;
    Signal::parse(bare).filter(|&signal| signal.name() == bare && !UNKNOWN.contains(signal))
}

/// What strtol(3) reads to the end, base 10, from 0 to 255; nothing at all is 0.
fn exit_code(text: &[u8]) -> Option<(u8, u8)> {
    let number = if text.is_empty() { 0 } else { decimal(unsigned(text))? };
    Some((u8::try_from(number).ok()?, 0))
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
        for (text, code) in [("", 0), (" 7", 7), ("+7", 7), ("007", 7), ("255", 255), ("0", 0)] {
            assert_eq!(exit_code(text.as_bytes()), Some((code, 0)), "{text:?}");
        }
        for text in ["0x7", " ", "7 ", "-1", "300", "abc", "+", "256"] {
            assert_eq!(exit_code(text.as_bytes()), None, "{text:?}");
        }
    }
}
