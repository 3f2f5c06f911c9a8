//! Grammar, environment and words of dumb-init 1.2.5 (`dumb-init.c` of Yelp/dumb-init). Pure.

use crate::args::{Args, Env};
use crate::config::{Config, Place, Stream, Target, Task};
use crate::event::{Event, Level, Voice};
use crate::getopt::{Found, Getopt, Order, Words};
use crate::line::split_once;
use crate::signal::{Signal, decimal};
use crate::status::ExitStatus;

const VERSION: &str = "dumb-init v1.2.5_pausa\n";

const HELP: &str = "\
Usage: dumb-init [option] command [[arg] ...]

Run command in a session of its own, and forward signals to it.

   -c, --single-child   no session; signal the direct child only
   -r, --rewrite s:r    send signal r when s comes, 0 for none; repeatable
   -v, --verbose        tell on stderr what happens
   -h, --help           print this
   -V, --version        print the version
";

/// Options before the first operand, then the environment.
pub fn parse<'a>(mut args: Args<'a>, env: &Env<'a>, config: &mut Config<'a>) {
    config.failure = ExitStatus(1);
    config.exec_failures = [ExitStatus(2); 3];
    config.falls_back_to_shell = true;
    config.adopts_orphans = false;
    config.resets_signals = true;
    config.leaves_directory = true;
    config.suspends_itself = true;
    config.farewell = Some(Signal::TERM);
    let grammar = b"c:single-child r=rewrite v:verbose h:help V:version";
    let mut getopt = Getopt::new(Words::Args(&mut args), grammar, Order::Abbreviates);
    let mut is_single = false;
    config.task = loop {
        match getopt.next() {
            Found::Flag(b'c') => is_single = true,
            Found::Flag(b'v') => config.verbosity = Level::Debug,
            Found::Flag(b'h') => break Task::Print(Stream::Stderr, b"", HELP),
            Found::Flag(_) => break Task::Print(Stream::Stderr, b"", VERSION),
            Found::Value(_, name) => match rewrite(name) {
                Some((from, to)) => config.rewrites.set(from, to),
                None => break Task::Complain(Event::Refused { option: "r", name, accepted: "" }),
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
    if env.get("DUMB_INIT_DEBUG") == Some(b"1") {
        config.verbosity = Level::Debug;
    }
    if is_single || env.get("DUMB_INIT_SETSID") == Some(b"0") {
        config.place = Place::OurGroup;
        return;
    }
    config.place = Place::OwnSession;
    config.target = Target::Group;
    // In a session of its own, the child is in an orphaned group, which these would not stop.
    for signal in [Signal::TSTP, Signal::TTIN, Signal::TTOU] {
        if config.rewrites.apply(signal) == Some(signal) {
            config.rewrites.set(signal, Some(Signal::STOP));
        }
    }
}

/// What sscanf(3) reads as `%d:%d`, 1 to 31 and 0 to 31; more may stand behind.
fn rewrite(text: &[u8]) -> Option<(Signal, Option<Signal>)> {
    let (from, to) = split_once(text, b':');
    let to = to?.trim_ascii_start();
    let to = to.strip_prefix(b"+").unwrap_or(to);
    let digits = to.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let from = from.trim_ascii_start();
    let signal = |digits| decimal(digits).filter(|&number| number < 32);
    let to = signal(to.get(..digits)?)?;
    let from = signal(from.strip_prefix(b"+").unwrap_or(from))?;
    Some((Signal::new(from as i32)?, Signal::new(to as i32)))
}

/// How dumb-init speaks.
pub static VOICE: Voice = Voice {
    prefixes: b"[dumb-init] \n\n\n[dumb-init] ",
    words: b"\
a%N: invalid option -- '%n'
a%N: unrecognized option '--%n'
a%N: option requires an argument -- '%n'
a%N: option '--%n' requires an argument
a%N: option '--%n' doesn't allow an argument

aUsage: -r option takes <signum>:<signum>, where <signum> is between 1 and 31.%l\
This option can be specified multiple times.%l\
Use --help for full usage.
aUsage: %N [option] program [args]%lTry %N --help for full usage.




0Unable to fork. Exiting.
0%n: %e
3Child spawned with PID %p.
3Received signal %S.
3Forwarded signal %T to children.
3Not forwarding signal %S to children (ignored).
3Forwarded signal %S to children.


3A child with PID %p exited with exit status %w.
3A child with PID %p was terminated by signal %W.
3Child exited with status %c. Goodbye.
3Child exited with status %c. Goodbye.",
    usage_head: b"",
    usage: "",
    stdout_from: Level::Silent,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rewrites_are_read_as_sscanf_does() {
        let (term, int) = (Signal::TERM, Some(Signal::INT));
        for text in ["15:2", " 15:2", "+15:+2", "15: 2", "015:2", "15:2junk"] {
            assert_eq!(rewrite(text.as_bytes()), Some((term, int)), "{text:?}");
        }
        assert_eq!(rewrite(b"15:0"), Some((term, None)));
        for text in ["15 :2", "-1:2", "15:-1", "32:1", "1:32", "0:1", "SIGTERM:2", "1", "", ":", "1:", "1:x"]
        {
            assert_eq!(rewrite(text.as_bytes()), None, "{text:?}");
        }
    }
}
