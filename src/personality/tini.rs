//! Grammar, environment and words of tini 0.19.0, which is docker-init, too (`src/tini.c` of krallin/tini). Pure.

use crate::args::{Args, Env};
use crate::config::{Config, Stream, Target, Task};
use crate::event::{Event, Level, Voice};
use crate::getopt::{Found, Getopt, Order, Words};
use crate::personality::catatonit::KERNEL_SIGNALS;
use crate::signal::{Signal, decimal};
use crate::status::ExitStatus;

/// dockerd runs `docker-init --version` and wants a line that begins so.
const VERSION: &str = "tini version 0.19.0_pausa\n";

const LICENSE: &str = "pausa, called as tini, is free software under the MIT or the Apache-2.0 license.
No code of tini, which is under the MIT license, is in it.
";

const USAGE_HEAD: &[u8] =
    b"%b (tini version 0.19.0_pausa)%lUsage: %b [OPTIONS] PROGRAM -- [ARGS] | --version%l";

const USAGE: &str = "
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

/// Options, wherever they stand, then the environment.
pub fn parse<'a>(mut args: Args<'a>, env: &Env<'a>, config: &mut Config<'a>) {
    config.failure = ExitStatus(1);
    config.exec_failures = [ExitStatus::NOT_FOUND, ExitStatus::NOT_RUNNABLE, ExitStatus(1)];
    config.falls_back_to_shell = true;
    config.adopts_orphans = false;
    config.collected = KERNEL_SIGNALS.complement();
    // tini ignores them, so that the terminal cannot stop it.
    config.rewrites.set(Signal::TTIN, None);
    config.rewrites.set(Signal::TTOU, None);
    if args.is_only(b"--version") {
        config.task = Task::Print(Stream::Stdout, b"", VERSION);
        return;
    }
    let order = Order::from_env(env);
    let mut getopt = Getopt::new(Words::Args(&mut args), b"h: s: p= v: w: g: e= l:", order);
    config.task = loop {
        match getopt.next() {
            Found::Flag(b's') => config.adopts_orphans = true,
            Found::Flag(b'v') => config.verbosity = config.verbosity.louder(),
            Found::Flag(b'w') => config.warns_of_zombies = true,
            Found::Flag(b'g') => config.target = Target::Group,
            Found::Flag(b'h') => break Task::Print(Stream::Stdout, USAGE_HEAD, USAGE),
            Found::Flag(_) => break Task::Print(Stream::Stdout, b"", LICENSE),
            Found::Value(b'p', name) => match full_name(name) {
                Some(signal) => config.parent_death = Some(signal),
                None => break Task::Complain(Event::Refused { option: "p", name, accepted: "" }),
            },
            Found::Value(_, name) => match exit_code(name) {
                Some(code) => config.remaps.set(code, 0),
                None => break Task::Complain(Event::Refused { option: "e", name, accepted: "" }),
            },
            Found::Mistake(mistake) => break Task::Complain(mistake),
            Found::End => {
                break match args.into_command() {
                    Some(command) => Task::Supervise(command),
                    None => Task::Complain(Event::NoCommand),
                };
            }
        }
    };
    config.adopts_orphans |= env.get("TINI_SUBREAPER").is_some();
    if env.get("TINI_KILL_PROCESS_GROUP").is_some() {
        config.target = Target::Group;
    }
    if let Some(text) = env.get("TINI_VERBOSITY") {
        config.verbosity = Level::from_number(decimal(text).unwrap_or(0).min(4) as u8);
    }
}

/// tini knows the standard signals, in capitals and with SIG, but for these.
fn full_name(name: &[u8]) -> Option<Signal> {
    let bare = name.strip_prefix(b"SIG")?;
    let signal = Signal::parse(bare)?;
    let is_known = signal.name() == bare && !matches!(bare, b"IO" | b"PWR" | b"STKFLT");
    is_known.then_some(signal)
}

/// What strtol(3) reads to the end, base 10, from 0 to 255; nothing at all is 0.
fn exit_code(text: &[u8]) -> Option<u8> {
    let text = text.trim_ascii_start();
    let digits = text.strip_prefix(b"+").unwrap_or(text);
    let number = if text.is_empty() { 0 } else { decimal(digits)? };
    u8::try_from(number).ok()
}

/// How tini speaks. Signals are named, where it has the words of strsignal(3).
pub static VOICE: Voice = Voice {
    prefixes: b"\
[FATAL tini (%i)] \n[WARN  tini (%i)] \n[INFO  tini (%i)] \n[DEBUG tini (%i)] \n[TRACE tini (%i)] ",
    words: b"\
a%N: invalid option -- '%n'
a%N: invalid option -- '-'
a%N: option requires an argument -- '%n'



0Not a valid option for -%o: %n


1Tini is not running as PID 1 and isn't registered as a child subreaper.%l\
Zombie processes will not be re-parented to Tini, so zombie reaping won't work.%l\
To fix the problem, use the -s option or set the environment variable TINI_SUBREAPER, or run Tini as PID 1.

0Failed to register as child subreaper: %e
0fork failed: %e
0exec %n failed: %e
2Spawned child process '%n' with pid '%p'
3Received %s
3Passing signal: '%t'

1Unexpected error when forwarding signal: '%e'

1Reaped zombie process with pid=%p
3Reaped child with pid: '%p'
3Reaped child with pid: '%p'
2Main child exited normally (with status '%w')
2Main child exited with signal (with signal '%w')",
    usage_head: USAGE_HEAD,
    usage: USAGE,
    stdout_from: Level::Info,
};

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
            assert_eq!(exit_code(text.as_bytes()), Some(code), "{text:?}");
        }
        for text in ["0x7", "7 ", "-1", "300", "abc", "+", "256"] {
            assert_eq!(exit_code(text.as_bytes()), None, "{text:?}");
        }
    }
}
