//! Ourselves. Pure.

use super::Personality;
use crate::config::{Place, Stream, Target};
use crate::event::Level;
use crate::getopt::Order;
use crate::parse;
use crate::signal::{Signal, SignalSet, decimal};
use crate::split::split_once;
use crate::status::ExitStatus;
use crate::voice::{Printed, Voice};
use crate::words::words;

pub const PAUSA: Personality = Personality {
    parse: parse::parse,
    grammar: b"g:group t=to r=rewrite e=remap p=parent-death k=kill-after S=stop d=delay D:drain m?message \
        F=message-format s: v:verbose q:quiet h:help V:version",
    order: Order::Exact,
    variables: b"",
    signal: Signal::parse,
    rewrite,
    remap,
    place: Place::OwnGroup,
    target: Target::Child,
    adopts_orphans: true,
    collected: SignalSet::ALL,
    swallowed: SignalSet::EMPTY,
    failure: ExitStatus::OWN_FAILURE.0,
    exec_failures: [ExitStatus::NOT_FOUND.0, ExitStatus::NOT_RUNNABLE.0, ExitStatus::NOT_RUNNABLE.0],
    falls_back_to_shell: false,
    resets_signals: false,
    passes_listen_pid: false,
    leaves_directory: false,
    closes_descriptors: false,
    suspends_itself: false,
    farewell: None,
    holds_by_default: true,
    hold_ignores: SignalSet::EMPTY,
    verbosity: Level::Warning,
    voice: Voice(words![
        // Prefixes.
        "pausa: ",
        "pausa: ",
        "pausa: ",
        "",
        // What is printed.
        "",
        HELP,
        concat!("pausa ", env!("CARGO_PKG_VERSION"), "\n"),
        "",
        // Events.
        "0unknown option '-%n'; see pausa --help",
        "0unknown option '--%n'; see pausa --help",
        "0option '-%n' needs a value; see pausa --help",
        "0option '--%n' needs a value; see pausa --help",
        "0option '--%n' takes no value; see pausa --help",
        "0PAUSA_OPTIONS takes options only, not '%n'; see pausa --help",
        "0'%n' is refused: %a",
        "",
        "",
        "",
        "0--to all works only as PID 1; use --to group",
        "1orphans will not come to us, neither PID 1 nor subreaper: %e",
        "0cannot fork: %e",
        "0cannot run '%n': %e",
        "2started '%n' as %p",
        "",
        "2%s came, %t sent to %p",
        "2%s came, and is dropped",
        "1%s cannot be sent to %p: %e",
        "2child %p stopped by %s",
        "",
        "1%n: cannot write the termination message: %e",
        "1the time is over: killing what is left",
        "1%c lines were lost: nobody could take them",
        "",
        "",
        "2reaped %p: exited with %w",
        "2child %p has ended; exit status %c",
        "2reaped %p: killed by %w",
        "2child %p has ended; exit status %c",
    ]),
    stdout_from: Level::Silent,
    help_to: Stream::Stdout,
    version_to: Stream::Stdout,
    on_mistake: Printed::Usage,
};

const HELP: &str = "\
Usage: pausa [OPTION]... [--] [COMMAND [ARG]...]
Run COMMAND as a child, forward signals, reap orphans, and exit with its status
(128+N if signal N ended it). Without COMMAND: hold and reap, until SIGTERM.

  -g, --group             same as --to group
  -t, --to WHOM           forward to child (default), group, or all (as PID 1)
  -r, --rewrite FROM:TO   forward TO instead of FROM; 0 drops it
  -e, --remap FROM[:TO]   exit with TO (or 0) instead of FROM
  -p, --parent-death SIG  get SIG when the parent ends
  -k, --kill-after TIME   kill all that is left TIME after a stop signal
  -S, --stop LADDER       the same in steps, such as TERM:20s,QUIT:5s,KILL
  -d, --delay TIME        hold the first stop signal back
  -D, --drain             at the end, send TERM to the rest and wait for it
  -m, --message[=PATH]    write why it ended (to /dev/termination-log)
  -F, --message-format F  text (default) or json
  -v, --verbose           tell more; repeatable
  -q, --quiet             tell fatal errors only
  -h, --help
  -V, --version

Signals: TERM, SIGTERM, 15, RTMIN+1. TIME: 10, 10s, 500ms, 1m.
PAUSA_OPTIONS may hold more options.
Exit status: 125 pausa failed, 126 COMMAND not runnable, 127 not found.
";

/// `FROM:TO`. KILL and STOP cannot be received, and CHLD is ours.
fn rewrite(value: &[u8]) -> Option<(Signal, Option<Signal>)> {
    let (from, to) = split_once(value, b':');
    let from = Signal::parse(from).filter(|&signal| !UNREWRITABLE.contains(signal))?;
    match to? {
        b"0" => Some((from, None)),
        name => Some((from, Some(Signal::parse(name)?))),
    }
}

const UNREWRITABLE: SignalSet = SignalSet::of(&[Signal::KILL, Signal::STOP, Signal::CHLD]);

/// `FROM[:TO]`.
fn remap(value: &[u8]) -> Option<(u8, u8)> {
    let code = |text| decimal(text).and_then(|number| u8::try_from(number).ok());
    let (from, to) = split_once(value, b':');
    Some((code(from)?, to.map_or(Some(0), code)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::split;

    #[test]
    fn rewrites_are_read() {
        let (term, int) = (Signal::TERM, Signal::INT);
        for (text, expected) in [
            (&b"TERM:INT"[..], Some((term, Some(int)))),
            (b"15:0", Some((term, None))),
            (b"SIGTERM:RTMIN+1", Some((term, Signal::parse(b"35")))),
            (b"TERM", None),
            (b"TERM:", None),
            (b":INT", None),
            (b"TERM:INT:HUP", None),
            (b"KILL:TERM", None),
            (b"CHLD:TERM", None),
            (b"0:TERM", None),
        ] {
            assert_eq!(rewrite(text), expected, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn remaps_are_read() {
        for (text, expected) in [
            (&b"143"[..], Some((143, 0))),
            (b"143:7", Some((143, 7))),
            (b"256", None),
            (b"1:256", None),
            (b"", None),
            (b"1:", None),
            (b"-1", None),
            (b"1:2:3", None),
        ] {
            assert_eq!(remap(text), expected, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn help_fits_a_terminal_and_names_every_option() {
        assert!(HELP.lines().all(|line| line.len() <= 80));
        for option in split(PAUSA.grammar, b' ') {
            let long = str::from_utf8(&option[2..]).unwrap();
            assert!(HELP.contains(&format!("--{long}")), "{long}");
        }
    }
}
