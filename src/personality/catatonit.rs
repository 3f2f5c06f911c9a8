//! Grammar, environment and words of catatonit 0.1.7, which is podman-init, too (`catatonit.c` of
//! openSUSE/catatonit; its behaviour, none of its code). Pure.

use crate::args::{Args, Env};
use crate::config::{Config, Hold, Stream, Target, Task};
use crate::event::{Event, Level, Voice};
use crate::getopt::{Found, Getopt, Order, Words};
use crate::signal::{Signal, SignalSet};
use crate::status::ExitStatus;

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

/// catatonit calls itself tini, since dockerd wants that.
const VERSION: &str = "tini version 0.1.7_catatonit_pausa\n";

const LICENSE: &str = "tini version 0.1.7_catatonit_pausa
pausa, called as catatonit, is free software under the MIT or the Apache-2.0
license. No code of catatonit, which is under the GPL, is in it.
";

const USAGE: &[u8] = b"usage: catatonit [-ghLPV] [--] <progname> [<arguments>...]%l";

const HELP: &str = "
  -g              signal the process group of the child
  -h              print this
  -L              print the license
  -P              pause: run nothing, until SIGINT or SIGTERM
  -V, --version   print the version
";

/// The environment, then options, wherever they stand.
pub fn parse<'a>(mut args: Args<'a>, env: &Env<'a>, config: &mut Config<'a>) {
    config.failure = ExitStatus(1);
    config.exec_failures = [ExitStatus(1); 3];
    config.falls_back_to_shell = true;
    config.passes_listen_pid = true;
    config.closes_descriptors = true;
    config.collected = KERNEL_SIGNALS.complement();
    for signal in [Signal::TSTP, Signal::TTIN, Signal::TTOU] {
        config.rewrites.set(signal, None);
    }
    config.verbosity = Level::Fatal;
    if env.get("CATATONIT_DEBUG").is_some() {
        config.verbosity = Level::Debug;
    }
    if env.get("CATATONIT_LOG").is_some() {
        config.task = Task::Complain(Event::Reserved);
        return;
    }
    let order = Order::from_env(env);
    let mut getopt = Getopt::new(Words::Args(&mut args), b"g: h: L: P: V:version", order);
    let mut pauses = false;
    config.task = loop {
        match getopt.next() {
            Found::Flag(b'g') => config.target = Target::Group,
            Found::Flag(b'P') => pauses = true,
            Found::Flag(b'h') => break Task::Print(Stream::Stderr, USAGE, HELP),
            Found::Flag(b'L') => break Task::Print(Stream::Stdout, b"", LICENSE),
            // -V; the grammar has no option with a value.
            Found::Flag(_) | Found::Value(..) => break Task::Print(Stream::Stdout, b"", VERSION),
            Found::Mistake(mistake) => break Task::Complain(mistake),
            Found::End if pauses => break Task::Hold(Hold { tells_end: false, tells_reaped: false }),
            Found::End => {
                break match args.into_command() {
                    Some(command) => Task::Supervise(command),
                    None => Task::Complain(Event::NoCommand),
                };
            }
        }
    };
}

/// How catatonit speaks.
pub static VOICE: Voice = Voice {
    prefixes: b"\
ERROR (catatonit:%i): \nWARN (catatonit:%i): \nINFO (catatonit:%i): \nDEBUG (catatonit:%i): ",
    words: b"\
a%N: invalid option -- '%n'
a%N: unrecognized option '--%n'
a%N: option requires an argument -- '%n'
a%N: option '--%n' requires an argument
a%N: option '--%n' doesn't allow an argument


0missing program name
0CATATONIT_LOG is reserved for future use


0failed to set child-reaper as non-pid1: %e
0failed to fork child: %e
0failed to exec pid1: %e
3pid1 (%p) spawned: %n



1forwarding of signal %S to pid1 (%p) failed: %e


3child process %p exited with code %w
3child process %p exited due to signal %W
3child process %p exited with code %w
3child process %p exited due to signal %W",
    usage_head: USAGE,
    usage: "",
    stdout_from: Level::Silent,
};
