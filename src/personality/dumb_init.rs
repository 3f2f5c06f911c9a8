//! dumb-init 1.2.5 (`dumb-init.c` of Yelp/dumb-init). Pure.

use super::{PAUSA, Personality};
use crate::config::{Place, Stream, Target};
use crate::getopt::Order;
use crate::signal::{Signal, decimal, unsigned};
use crate::split::split_once;
use crate::voice::Voice;
use crate::words::words;

pub const DUMB_INIT: Personality = Personality {
    grammar: b"c:single-child r=rewrite v:verbose h:help V:version",
    order: Order::Abbreviates,
    variables: b"v:DUMB_INIT_DEBUG=1 c:DUMB_INIT_SETSID=0",
    rewrite,
    place: Place::OwnSession,
    target: Target::Group,
    adopts_orphans: false,
    holds_by_default: false,
    failure: 1,
    exec_failures: [2; 3],
    falls_back_to_shell: true,
    resets_signals: true,
    leaves_directory: true,
    suspends_itself: true,
    farewell: Some(Signal::TERM),
    voice: Voice(words![
        // Prefixes.
        "[dumb-init] ",
        "",
        "[dumb-init] ",
        "",
        // What is printed.
        "",
        HELP,
        "dumb-init v1.2.5_pausa\n",
        "",
        // Events.
        "5%N: invalid option -- '%n'",
        "5%N: unrecognized option '--%n'",
        "5%N: option requires an argument -- '%n'",
        "5%N: option '--%n' requires an argument",
        "5%N: option '--%n' doesn't allow an argument",
        "",
        "5Usage: -r option takes <signum>:<signum>, where <signum> is between 1 and 31.\n\
        This option can be specified multiple times.\n\
        Use --help for full usage.",
        "5Usage: %N [option] program [args]\nTry %N --help for full usage.",
        "",
        "",
        "",
        "",
        "0Unable to fork. Exiting.",
        "0%n: %e",
        "2Child spawned with PID %p.",
        "2Received signal %S.",
        "2Forwarded signal %T to children.",
        "2Not forwarding signal 0 to children (ignored).",
        "2Forwarded signal %S to children.",
        "",
        "",
        "",
        "",
        "",
        "2Translating signal %S to %T.",
        "2Ignoring tty hand-off signal %S.",
        "2A child with PID %p exited with exit status %w.",
        "2Child exited with status %c. Goodbye.",
        "2A child with PID %p was terminated by signal %W.",
        "2Child exited with status %c. Goodbye.",
    ]),
    help_to: Stream::Stderr,
    version_to: Stream::Stderr,
    ..PAUSA
};

const HELP: &str = "dumb-init v1.2.5_pausa
Usage: %N [option] command [[arg] ...]

Run command in a session of its own, and forward signals to it.

   -c, --single-child   no session; signal the direct child only
   -r, --rewrite s:r    send signal r when s comes, 0 for none; repeatable
   -v, --verbose        tell on stderr what happens
   -h, --help           print this
   -V, --version        print the version
";

/// What sscanf(3) reads as `%d:%d`, 1 to 31 and 0 to 31; more may stand behind.
fn rewrite(text: &[u8]) -> Option<(Signal, Option<Signal>)> {
    let (from, to) = split_once(text, b':');
    let to = unsigned(to?);
    let digits = to.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let signal = |digits| decimal(digits).filter(|&number| number < 32);
    let to = signal(to.get(..digits)?)?;
    let from = signal(unsigned(from))?;
    Some((Signal::new(from as i32)?, Signal::new(to as i32)))
}

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
