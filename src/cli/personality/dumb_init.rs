//! dumb-init 1.2.5 (`dumb-init.c` of Yelp/dumb-init). Pure.

use super::{PAUSA, Personality};
use crate::bytes::integer;
use crate::cli::config::{Contract, Holds, Place};
use crate::cli::getopt::Order;
use crate::cli::grammar::{OptionName, flag, grammar, if_it_is, value};
use crate::cli::personality::Rewrite;
use crate::message::catalog::{Catalog, Stream, catalog};
use crate::model::signal::Signal;
use crate::policy::forward::Target;

pub const DUMB_INIT: Personality = Personality {
    names: "dumb-init",
    grammar: grammar![
        flag(OptionName::SingleChild, b'c', "single-child"),
        value(OptionName::Rewrite, b'r', "rewrite", ""),
        flag(OptionName::Verbose, b'v', "verbose"),
        flag(OptionName::Help, b'h', "help"),
        flag(OptionName::Version, b'V', "version"),
    ],
    order: Order::Abbreviates,
    variables: grammar![
        if_it_is(b'1', OptionName::Verbose, "DUMB_INIT_DEBUG"),
        if_it_is(b'0', OptionName::SingleChild, "DUMB_INIT_SETSID"),
    ],
    rewrite,
    contract: Contract {
        joins_job: false,
        place: Place::OwnSession,
        target: Target::Group,
        adopts_orphans: false,
        holds: Holds::WhenAsked,
        failure: 1,
        exec_failures: [2; 3],
        falls_back_to_shell: true,
        resets_signals: true,
        leaves_directory: true,
        suspends_itself: true,
        farewell: Some(Signal::TERM),
        ..PAUSA.contract
    },
    catalog: Catalog {
        texts: catalog![
            (FatalLine, Answer, "[dumb-init] "),
            (InfoLine, Answer, "[dumb-init] "),
            (Help, Answer, HELP),
            (Version, Answer, "dumb-init v1.2.5_pausa\n"),
            (
                Refused,
                Answer,
                "Usage: -r option takes <signum>:<signum>, where <signum> is between 1 and 31.\n\
                This option can be specified multiple times.\n\
                Use --help for full usage."
            ),
            (Ambiguous, Answer, "%N: option '--%n' is ambiguous; possibilities: '--verbose' '--version'"),
            (NoCommand, Answer, "Usage: %N [option] program [args]\nTry %N --help for full usage."),
            (VerboseByVariable, Info, "Running in debug mode."),
            (SingleChildByVariable, Info, "Not running in setsid mode."),
            (TerminalKept, Info, "Unable to detach from controlling tty (errno=%E %e)."),
            (
                TerminalGivenUp,
                Info,
                "Detached from controlling tty, ignoring the first SIGHUP and SIGCONT we receive."
            ),
            (TerminalGivenUpByOther, Info, "Detached from controlling tty, but was not session leader."),
            (TerminalNotTaken, Info, "Unable to attach to controlling tty (errno=%E %e)."),
            (SessionStarted, Info, "setsid complete."),
            (ForkFailed, Fatal, "Unable to fork. Exiting."),
            (ExecFailed, Fatal, "%n: %e"),
            (Spawned, Info, "Child spawned with PID %p."),
            (Received, Info, "Received signal %S."),
            (Forwarded, Info, "Forwarded signal %T to children."),
            (Dropped, Info, "Not forwarding signal 0 to children (ignored)."),
            (NotForwarded, Info, "Forwarded signal %S to children."),
            (Rewritten, Info, "Translating signal %S to %T."),
            (HandedOff, Info, "Ignoring tty hand-off signal %S."),
            (Suspending, Info, "Suspending self due to TTY signal."),
            (Reaped, Info, "A child with PID %p exited with exit status %w."),
            (ReapedKilled, Info, "A child with PID %p was terminated by signal %W."),
            (Ended, Info, "Child exited with status %c. Goodbye."),
        ],
        help_to: Stream::Stderr,
        version_to: Stream::Stderr,
        ..PAUSA.catalog
    },
    ..PAUSA
};

const HELP: &str = "dumb-init v1.2.5_pausa
Usage: %N [option] command [[arg] ...]

Run command in a session of its own, and forward signals to it.

   -c, --single-child   no session; signal the direct child only
   -r, --rewrite s:r    send signal r when s comes, 0 for none; repeatable
   -v, --verbose        report on stderr what happens
   -h, --help           print this
   -V, --version        print the version
";

/// What sscanf(3) reads as `%d:%d`, 1 to 31 and 0 to 31; more may stand behind.
fn rewrite(text: &[u8]) -> Result<Rewrite, &[u8]> {
    let read = || {
        let (from, behind) = integer(text)?;
        let (to, _) = integer(behind.strip_prefix(b":")?)?;
        // glibc keeps the lower half.
        let (from, to) = (from as i32, to as i32);
        ((1..32).contains(&from) && (0..32).contains(&to)).then_some((Signal::new(from)?, Signal::new(to)))
    };
    read().ok_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rewrites_are_read_as_sscanf_does() {
        let (term, int) = (Signal::TERM, Some(Signal::INT));
        for text in ["15:2", " 15:2", "+15:+2", "15: 2", "015:2", "15:2junk", "\x0b15:2"] {
            assert_eq!(rewrite(text.as_bytes()), Ok((term, int)), "{text:?}");
        }
        assert_eq!(rewrite(b"15:0"), Ok((term, None)));
        assert_eq!(rewrite(b"15:-0"), Ok((term, None)));
        for text in ["15 :2", "-1:2", "15:-1", "32:1", "1:32", "0:1", "SIGTERM:2", "1", "", ":", "1:", "1:x"]
        {
            assert_eq!(rewrite(text.as_bytes()), Err(text.as_bytes()), "{text:?}");
        }
    }
}
