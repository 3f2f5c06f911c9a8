//! Our own grammar and words. Pure.

use crate::args::{Args, Env};
use crate::config::{Config, Hold, Target, Task, Voice};
use crate::event::{Event, Level};
use crate::getopt::{Found, Getopt, Grammar, Mistake, Words};
use crate::line::{Line, split_once};
use crate::personality::{Reply, Stream};
use crate::signal::{Signal, decimal};
use crate::status::ExitStatus;

const VERSION: &str = concat!("pausa ", env!("CARGO_PKG_VERSION"), "\n");

const HELP: &str = "\
Usage: pausa [OPTION]... [--] [COMMAND [ARG]...]
Run COMMAND as a child: forward signals to it, reap orphans, and exit with its
status, or 128+N if signal N ended it. Without COMMAND, hold: reap, and exit
with 0 on SIGINT or SIGTERM.

  -g, --group              same as --to group
      --to WHOM            who gets forwarded signals: child (default), group,
                           or all (every process; only as PID 1)
  -r, --rewrite FROM:TO    forward signal TO when FROM comes; 0 drops it
  -e, --remap FROM[:TO]    exit with TO (default 0) instead of FROM
  -p, --parent-death SIG   receive SIG when the parent of pausa ends
  -v, --verbose            tell more on stderr; repeat for still more
  -q, --quiet              tell fatal errors only
  -h, --help               print this, and exit
  -V, --version            print the version, and exit

Signals are names (TERM, SIGTERM, RTMIN+1) or numbers. The variable
PAUSA_OPTIONS holds options to read before those of the command line.
Exit status: 125 if pausa fails, 126 if COMMAND cannot be run, 127 if it is not
found. Called as pause, pausa behaves as Kubernetes' pause does.
";

const GRAMMAR: Grammar = b"g:group t=to r=rewrite e=remap p=parent-death v:verbose q:quiet h:help V:version";

/// The variable with more options.
const VARIABLE: &str = "PAUSA_OPTIONS";

/// Options of the environment, options of the command line, command.
///
/// # Errors
/// Help or version, or a complaint that names the input and says what is accepted.
pub fn parse<'a>(mut args: Args<'a>, env: &mut Env<'a>, config: &mut Config<'a>) -> Result<(), Reply<'a>> {
    if let Some(text) = env.get(VARIABLE) {
        let mut words = Words::Text(text);
        parse_options(&mut words, config)?;
        if let Some(word) = words.peek() {
            return Err(misused(Mistake::Operand(word)));
        }
        env.remove(VARIABLE);
    }
    parse_options(&mut Words::Args(&mut args), config)?;
    config.task = match args.into_command() {
        Some(command) => Task::Supervise(command),
        None => Task::Hold(Hold {
            adopts_orphans: true,
            tells_end: config.verbosity >= Level::Warning,
            tells_reaped: config.verbosity >= Level::Info,
        }),
    };
    Ok(())
}

fn parse_options<'a>(words: &mut Words<'a, '_>, config: &mut Config<'a>) -> Result<(), Reply<'a>> {
    let mut getopt = Getopt::new(words, GRAMMAR);
    while let Some(Found { short, value }) = getopt.next().map_err(misused)? {
        let (option, accepted) = match short {
            b'g' => {
                config.target = Target::Group;
                continue;
            }
            b'v' => {
                config.verbosity = config.verbosity.louder();
                continue;
            }
            b'q' => {
                config.verbosity = Level::Fatal;
                continue;
            }
            b't' => match target(value) {
                Some(target) => {
                    config.target = target;
                    continue;
                }
                None => ("to", "child, group or all"),
            },
            b'r' => match rewrite(value) {
                Some((from, to)) => {
                    config.rewrites.set(from, to);
                    continue;
                }
                None => ("rewrite", "SIGNAL:SIGNAL or SIGNAL:0"),
            },
            b'e' => match remap(value) {
                Some((from, to)) => {
                    config.remaps.set(from, to);
                    continue;
                }
                None => ("remap", "CODE or CODE:CODE, 0 to 255"),
            },
            b'p' => match Signal::parse(value) {
                Some(signal) => {
                    config.parent_death = Some(signal);
                    continue;
                }
                None => ("parent-death", "a signal's name or number"),
            },
            b'h' => return Err(Reply::Text(Stream::Stdout, HELP)),
            // b'V'; the grammar has no more.
            _ => return Err(Reply::Text(Stream::Stdout, VERSION)),
        };
        return Err(Reply::Complaint(ExitStatus::OWN_FAILURE, Event::Refused { option, value, accepted }));
    }
    Ok(())
}

const fn misused(mistake: Mistake<'_>) -> Reply<'_> {
    Reply::Complaint(ExitStatus::OWN_FAILURE, Event::Misused(mistake))
}

fn target(value: &[u8]) -> Option<Target> {
    match value {
        b"child" => Some(Target::Child),
        b"group" => Some(Target::Group),
        b"all" => Some(Target::All),
        _ => None,
    }
}

/// `FROM:TO`. KILL and STOP cannot be received, and CHLD is ours.
fn rewrite(value: &[u8]) -> Option<(Signal, Option<Signal>)> {
    let (from, to) = split_once(value, b':');
    let from = Signal::parse(from)
        .filter(|signal| !matches!(*signal, Signal::KILL | Signal::STOP | Signal::CHLD))?;
    match to? {
        b"0" => Some((from, None)),
        name => Some((from, Some(Signal::parse(name)?))),
    }
}

/// `FROM[:TO]`.
fn remap(value: &[u8]) -> Option<(u8, u8)> {
    let code = |text| decimal(text).and_then(|number| u8::try_from(number).ok());
    let (from, to) = split_once(value, b':');
    Some((code(from)?, to.map_or(Some(0), code)?))
}

/// One line for each event.
pub static VOICE: Voice = Voice { prefix, words };

fn prefix(_: Level, line: &mut Line) {
    line.text("pausa: ");
}

fn words(event: &Event<'_>) -> (Level, &'static str) {
    match event {
        Event::Misused(mistake) => (Level::Fatal, complaint(mistake)),
        Event::Refused { .. } => (Level::Fatal, "--%o '%n': accepted is %a"),
        Event::NotFirst => (Level::Trace, ""),
        Event::AllNeedsInit => (Level::Fatal, "--to all works only as PID 1; use --to group"),
        Event::Unadopted { .. } => {
            (Level::Warning, "orphans will not come to us, neither PID 1 nor subreaper: %e")
        }
        Event::Failed { .. } => (Level::Fatal, "%o failed: %e"),
        Event::Spawned { .. } => (Level::Info, "started '%n' as %p"),
        Event::ExecFailed { .. } => (Level::Fatal, "cannot run '%n': %e"),
        Event::Forwarded { .. } => (Level::Info, "%s came, %t sent to %p"),
        Event::Dropped { .. } => (Level::Info, "%s came, and is dropped"),
        Event::NotForwarded { .. } => (Level::Warning, "%s cannot be sent to %p: %e"),
        Event::Stopped { .. } => (Level::Info, "child %p stopped by %s"),
        Event::Reaped { .. } => (Level::Info, "reaped %p: %w"),
        Event::Ended { .. } => (Level::Info, "child %p: %w; exit status %c"),
    }
}

fn complaint(mistake: &Mistake<'_>) -> &'static str {
    match mistake {
        Mistake::UnknownShort(_) => "unknown option '-%n'; see pausa --help",
        Mistake::UnknownLong(_) => "unknown option '--%n'; see pausa --help",
        Mistake::ShortNeedsValue(_) => "option '-%n' needs a value; see pausa --help",
        Mistake::LongNeedsValue(_) => "option '--%n' needs a value; see pausa --help",
        Mistake::LongTakesNoValue(_) => "option '--%n' takes no value; see pausa --help",
        Mistake::Operand(_) => "PAUSA_OPTIONS takes options only, not '%n'; see pausa --help",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rewrites_are_read() {
        let term = Signal::parse(b"TERM").unwrap();
        for (text, expected) in [
            (&b"TERM:INT"[..], Some((term, Signal::parse(b"INT")))),
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
        assert!(HELP.lines().all(|line| line.len() < 80));
        for option in GRAMMAR.split(|&byte| byte == b' ') {
            let long = str::from_utf8(&option[2..]).unwrap();
            assert!(HELP.contains(&format!("--{long}")), "{long}");
        }
    }
}
