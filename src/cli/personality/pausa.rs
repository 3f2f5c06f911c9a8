//! Ourselves. Pure.

use super::Personality;
use crate::bytes::decimal;
use crate::bytes::split_once;
use crate::cli::config::{Contract, Holds, Place};
use crate::cli::getopt::Order;
use crate::cli::grammar::{OptionName, flag, grammar, long_value, optional_value, value};
use crate::cli::personality::{Remap, Rewrite};
use crate::message::catalog::{Catalog, Printed, Stream, catalog};
use crate::message::event::Level;
use crate::model::signal::{Signal, SignalSet};
use crate::model::status::ExitStatus;
use crate::policy::forward::Target;
use crate::policy::reason::Reason;
use crate::policy::remap::Remapped;

pub const PAUSA: Personality = Personality {
    names: "pausa",
    grammar: grammar![
        flag(OptionName::Group, b'g', "group"),
        value(OptionName::To, b't', "to", "child, group or all"),
        value(
            OptionName::Rewrite,
            b'r',
            "rewrite",
            "SIGNAL:SIGNAL or SIGNAL:0, the first one not KILL, STOP or CHLD",
        ),
        value(
            OptionName::Remap,
            b'e',
            "remap",
            "CODE or CODE:CODE, 0 to 255, or REASON:CODE, such as oom:88"
        ),
        value(OptionName::ParentDeath, b'p', "parent-death", "a signal's name or number"),
        value(OptionName::KillAfter, b'k', "kill-after", "10, 10s, 500ms, 1m"),
        value(OptionName::Stop, b'S', "stop", "SIGNAL:DURATION,...,SIGNAL, 8 at most"),
        long_value(OptionName::StopOn, "stop-on", "SIGNAL,..., none of them KILL, STOP or CHLD"),
        value(OptionName::Delay, b'd', "delay", "10, 10s, 500ms, 1m"),
        flag(OptionName::Drain, b'D', "drain"),
        value(OptionName::Timeout, b'T', "timeout", "10, 10s, 500ms, 1m"),
        optional_value(OptionName::Message, b'm', "message"),
        value(OptionName::MessageFormat, b'F', "message-format", "text or json"),
        flag(OptionName::Hold, b'P', "hold"),
        long_value(OptionName::Install, "install", ""),
        flag(OptionName::AdoptOrphans, b's', ""),
        flag(OptionName::Verbose, b'v', "verbose"),
        flag(OptionName::Quiet, b'q', "quiet"),
        flag(OptionName::Help, b'h', "help"),
        flag(OptionName::Version, b'V', "version"),
    ],
    order: Order::Exact,
    variables: grammar![],
    takes_our_variable: true,
    signal: Signal::parse,
    rewrite,
    remap,
    contract: Contract {
        place: Place::OwnGroup,
        target: Target::Child,
        joins_job: true,
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
        holds: Holds::WithoutCommand,
        hold_ignores: SignalSet::EMPTY,
        verbosity: Level::Warning,
    },
    catalog: Catalog {
        texts: catalog![
            (FatalLine, Answer, "pausa: "),
            (WarningLine, Answer, "pausa: "),
            (InfoLine, Answer, "pausa: "),
            (Help, Answer, HELP),
            (Version, Answer, concat!("pausa ", env!("CARGO_PKG_VERSION"), "\n")),
            (UnknownShort, Fatal, "unknown option '-%n'; see pausa --help"),
            (UnknownLong, Fatal, "unknown option '--%n'; see pausa --help"),
            (ShortNeedsValue, Fatal, "option '-%n' needs a value; see pausa --help"),
            (LongNeedsValue, Fatal, "option '--%n' needs a value; see pausa --help"),
            (LongTakesNoValue, Fatal, "option '--%n' takes no value; see pausa --help"),
            (Misspelt, Fatal, "unknown option '--%n'; did you mean '--%q'?"),
            (NoCommandFor, Fatal, "--%n needs a COMMAND; see pausa --help"),
            (Holding, Info, "holding until SIGTERM or SIGINT"),
            (Operand, Fatal, "'%n' is not an option; see pausa --help"),
            (Refused, Fatal, "invalid value '%n': --%q takes %a"),
            (AllNeedsInit, Fatal, "--to all works only as PID 1; use --to group"),
            (SubreaperFailed, Warning, "cannot become a subreaper; orphans will not be reaped: %e"),
            (ParentDeathRefused, Warning, "cannot ask for --parent-death: %e"),
            (ForkFailed, Fatal, "cannot fork: %e"),
            (ExecFailed, Fatal, "cannot run '%n': %e%a"),
            (Spawned, Info, "started '%n' as %p"),
            (Forwarded, Info, "received %s, sent %t to %p"),
            (Dropped, Info, "received %s, not forwarded"),
            (NotForwarded, Warning, "cannot send %s to %p: %e"),
            (Stopped, Info, "child %p stopped by %s"),
            (Unwritten, Warning, "cannot write the termination message to '%n': %e%a"),
            (NotInspected, Fatal, "cannot inspect: %a"),
            (NotInstalled, Fatal, "cannot install: '%n': %e%a"),
            (Killing, Warning, "grace period expired: killing all remaining processes"),
            (Lost, Warning, "%c lines dropped: stderr was not being read"),
            (SignalsRefused, Fatal, "cannot wait for signals: %e; pausa exits"),
            (ClockRefused, Fatal, "cannot read the clock: %e; pausa exits"),
            (ChildrenRefused, Fatal, "cannot wait for children: %e; pausa exits"),
            (GaveUp, Warning, "child %p has not ended after SIGKILL; pausa exits without it"),
            (Reaped, Info, "reaped %p: exited with %w"),
            (ReapedKilled, Info, "reaped %p: killed by %w"),
            (Ended, Info, "child %p ended; exit status %c"),
        ],
        stdout_from: Level::Silent,
        help_to: Stream::Stdout,
        version_to: Stream::Stdout,
        on_mistake: Printed::Usage,
    },
};

const HELP: &str = "\
Usage: pausa [OPTION]... [--] [COMMAND [ARG]...]
Run COMMAND, forward signals, reap orphans, and exit with its status (128+N if
signal N ended it). Without COMMAND: hold and reap, until SIGTERM.

  -g, --group             same as --to group
  -t, --to WHOM           forward to child (default), group, or all (as PID 1)
  -r, --rewrite FROM:TO   forward TO instead of FROM; 0 drops it
  -e, --remap FROM[:TO]   exit with TO (or 0) instead of FROM: a status, or a
                          reason such as oom, deadline, asked
  -p, --parent-death SIG  get SIG when the parent ends
  -k, --kill-after TIME   kill what is left TIME after a stop signal
  -S, --stop LADDER       the same in steps: TERM:20s,QUIT:5s,KILL
  -d, --delay TIME        hold the first stop signal back
  -D, --drain             at the end, send TERM to the rest and wait for it
  -T, --timeout TIME      stop COMMAND after TIME, and exit with 124
  -m, --message[=PATH]    write why it ended (to /dev/termination-log)
  -F, --message-format F  text (default) or json
      --stop-on SIG,...   what is a stop signal (TERM,INT)
  -P, --hold              hold, whatever else is given
      --install PATH      copy pausa to PATH, a file or a directory, and exit
  -v, --verbose           report more; repeatable
  -q, --quiet             report fatal errors only
  -h, --help
  -V, --version

Signals: TERM, SIGTERM, 15, RTMIN+1. TIME: 10, 10s, 500ms, 1m.
PAUSA_OPTIONS may hold more options.
Exit status: 125 pausa failed, 126 COMMAND not runnable, 127 not found.
";

/// `FROM:TO`.
fn rewrite(value: &[u8]) -> Result<Rewrite, &[u8]> {
    let (from, Some(to)) = split_once(value, b':') else { return Err(value) };
    let from = Signal::parse(from).filter(|&signal| !SignalSet::NO_REQUESTS.contains(signal)).ok_or(from)?;
    let to = if to == b"0" { None } else { Some(Signal::parse(to).ok_or(to)?) };
    Ok((from, to))
}

/// `FROM[:TO]`: a code, or a word for a reason.
fn remap(value: &[u8]) -> Result<Remap, &[u8]> {
    let (from, to) = split_once(value, b':');
    let from = match Reason::number_of(from) {
        Some(reason) => Remapped::Reason(reason),
        None => Remapped::Status(exit_code(from)?),
    };
    Ok((from, to.map_or(Ok(0), exit_code)?))
}

fn exit_code(text: &[u8]) -> Result<u8, &[u8]> {
    decimal(text).and_then(|number| u8::try_from(number).ok()).ok_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rewrites_are_read() {
        let (term, int) = (Signal::TERM, Signal::INT);
        for (text, expected) in [
            (&b"TERM:INT"[..], Ok((term, Some(int)))),
            (b"15:0", Ok((term, None))),
            (b"SIGTERM:RTMIN+1", Ok((term, Signal::parse(b"35")))),
            (b"TERM", Err(&b"TERM"[..])),
            (b"TERM:", Err(b"")),
            (b":INT", Err(b"")),
            (b"TERM:INT:HUP", Err(b"INT:HUP")),
            (b"KILL:TERM", Err(b"KILL")),
            (b"CHLD:TERM", Err(b"CHLD")),
            (b"0:TERM", Err(b"0")),
        ] {
            assert_eq!(rewrite(text), expected, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn remaps_are_read() {
        for (text, expected) in [
            (&b"143"[..], Ok((Remapped::Status(143), 0))),
            (b"143:7", Ok((Remapped::Status(143), 7))),
            (b"oom:88", Ok((Remapped::Reason(Reason::OutOfMemory as usize), 88))),
            (b"asked", Ok((Remapped::Reason(Reason::Asked as usize), 0))),
            (b"oom:", Err(&b""[..])),
            (b"ooom:1", Err(b"ooom")),
            (b"refused:1", Err(b"refused")),
            (b"256", Err(&b"256"[..])),
            (b"1:256", Err(b"256")),
            (b"", Err(b"")),
            (b"1:", Err(b"")),
            (b"-1", Err(b"-1")),
            (b"1:2:3", Err(b"2:3")),
        ] {
            assert_eq!(remap(text), expected, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn help_fits_a_terminal_and_names_every_option() {
        assert!(HELP.lines().all(|line| line.len() <= 80));
        for entry in PAUSA.grammar.entries() {
            let long = str::from_utf8(entry.name()).unwrap();
            assert!(HELP.contains(&format!("--{long}")), "{long}");
        }
    }
}
