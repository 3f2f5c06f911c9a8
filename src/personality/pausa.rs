//! Our own grammar and words. Pure.

use crate::args::{Args, Env};
use crate::config::{Config, Hold, Stream, Target, Task};
use crate::event::{Event, Level, Voice};
use crate::getopt::{Found, Getopt, Grammar, Order, Words};
use crate::line::{split_once, word_index};
use crate::signal::{Signal, decimal};

const VERSION: &str = concat!("pausa ", env!("CARGO_PKG_VERSION"), "\n");

const HELP: &str = "\
Usage: pausa [OPTION]... [--] [COMMAND [ARG]...]
Run COMMAND as a child, forward signals, reap orphans, and exit with its status
(128+N if signal N ended it). Without COMMAND: hold and reap, until SIGTERM.

  -g, --group             same as --to group
      --to WHOM           forward to child (default), group, or all (as PID 1)
  -r, --rewrite FROM:TO   forward TO instead of FROM; 0 drops it
  -e, --remap FROM[:TO]   exit with TO (or 0) instead of FROM
  -p, --parent-death SIG  get SIG when the parent ends
  -v, --verbose           tell more; repeatable
  -q, --quiet             tell fatal errors only
  -h, --help
  -V, --version

Signals: TERM, SIGTERM, 15, RTMIN+1. PAUSA_OPTIONS may hold more options.
Exit status: 125 pausa failed, 126 COMMAND not runnable, 127 not found.
";

const GRAMMAR: Grammar = b"g:group t=to r=rewrite e=remap p=parent-death v:verbose q:quiet h:help V:version";

/// The variable with more options.
const VARIABLE: &str = "PAUSA_OPTIONS";

/// Options of the environment, options of the command line, command.
pub fn parse<'a>(mut args: Args<'a>, env: &Env<'a>, config: &mut Config<'a>) {
    let variable = env.get(VARIABLE).unwrap_or(b"");
    if !parse_options(Words::Text(variable), config) || !parse_options(Words::Args(&mut args), config) {
        return;
    }
    env.remove(VARIABLE);
    if let Some(command) = args.into_command() {
        config.task = Task::Supervise(command);
    } else {
        let (tells_end, tells_reaped) = (config.verbosity >= Level::Warning, config.verbosity >= Level::Info);
        config.task = Task::Hold(Hold { tells_end, tells_reaped });
    }
}

/// Reads options up to the first operand. `false`: it found something else to do, and that is the task now.
#[inline(never)]
fn parse_options<'a>(words: Words<'a, '_>, config: &mut Config<'a>) -> bool {
    let mut getopt = Getopt::new(words, GRAMMAR, Order::Exact);
    loop {
        let refused = match getopt.next() {
            Found::Flag(b'g') => {
                config.target = Target::Group;
                continue;
            }
            Found::Flag(b'v') => {
                config.verbosity = config.verbosity.louder();
                continue;
            }
            Found::Flag(b'q') => {
                config.verbosity = Level::Fatal;
                continue;
            }
            Found::Flag(b'h') => {
                config.task = Task::Print(Stream::Stdout, b"", HELP);
                return false;
            }
            // -V; the grammar has no more.
            Found::Flag(_) => {
                config.task = Task::Print(Stream::Stdout, b"", VERSION);
                return false;
            }
            Found::Value(b't', name) => match word_index(b"child group all", b' ', name) {
                Some(index) => {
                    config.target = match index {
                        0 => Target::Child,
                        1 => Target::Group,
                        _ => Target::All,
                    };
                    continue;
                }
                None => Event::Refused { option: "to", name, accepted: "child, group or all" },
            },
            Found::Value(b'r', name) => {
                if rewrite(name, config).is_some() {
                    continue;
                }
                Event::Refused { option: "rewrite", name, accepted: "SIGNAL:SIGNAL or SIGNAL:0" }
            }
            Found::Value(b'e', name) => {
                if remap(name, config).is_some() {
                    continue;
                }
                Event::Refused { option: "remap", name, accepted: "CODE or CODE:CODE, 0 to 255" }
            }
            Found::Value(_, name) => {
                config.parent_death = Signal::parse(name);
                if config.parent_death.is_some() {
                    continue;
                }
                Event::Refused { option: "parent-death", name, accepted: "a signal's name or number" }
            }
            Found::Mistake(event) => event,
            Found::End => return true,
        };
        config.task = Task::Complain(refused);
        return false;
    }
}

/// `FROM:TO`. KILL and STOP cannot be received, and CHLD is ours.
fn rewrite(value: &[u8], config: &mut Config<'_>) -> Option<()> {
    let (from, to) = split_once(value, b':');
    let from = Signal::parse(from)
        .filter(|signal| !matches!(*signal, Signal::KILL | Signal::STOP | Signal::CHLD))?;
    let to = match to? {
        b"0" => None,
        name => Some(Signal::parse(name)?),
    };
    config.rewrites.set(from, to);
    Some(())
}

/// `FROM[:TO]`.
fn remap(value: &[u8], config: &mut Config<'_>) -> Option<()> {
    let code = |text| decimal(text).and_then(|number| u8::try_from(number).ok());
    let (from, to) = split_once(value, b':');
    config.remaps.set(code(from)?, to.map_or(Some(0), code)?);
    Some(())
}

/// How we speak.
pub static VOICE: Voice = Voice {
    prefixes: b"pausa: \npausa: \npausa: ",
    words: b"\
0unknown option '-%n'; see pausa --help
0unknown option '--%n'; see pausa --help
0option '-%n' needs a value; see pausa --help
0option '--%n' needs a value; see pausa --help
0option '--%n' takes no value; see pausa --help
0PAUSA_OPTIONS takes options only, not '%n'; see pausa --help
0--%o '%n': accepted is %a



0--to all works only as PID 1; use --to group
1orphans will not come to us, neither PID 1 nor subreaper: %e
0cannot fork: %e
0cannot run '%n': %e
2started '%n' as %p

2%s came, %t sent to %p
2%s came, and is dropped
1%s cannot be sent to %p: %e
2child %p stopped by %s

2reaped %p: exited with %w
2reaped %p: killed by %w
2child %p: exited with %w; exit status %c
2child %p: killed by %w; exit status %c",
    usage_head: b"",
    usage: "",
    stdout_from: Level::Silent,
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::ExitStatus;

    #[test]
    fn rewrites_are_read() {
        let term = Signal::TERM;
        for (text, expected) in [
            (&b"TERM:INT"[..], Some(Some(Signal::INT))),
            (b"15:0", Some(None)),
            (b"SIGTERM:RTMIN+1", Some(Signal::parse(b"35"))),
            (b"TERM", None),
            (b"TERM:", None),
            (b":INT", None),
            (b"TERM:INT:HUP", None),
            (b"KILL:TERM", None),
            (b"CHLD:TERM", None),
            (b"0:TERM", None),
        ] {
            let mut config = Config::new(b"pausa", &VOICE);
            let read = rewrite(text, &mut config).map(|()| config.rewrites.apply(term));
            assert_eq!(read, expected, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn remaps_are_read() {
        for (text, expected) in [
            (&b"143"[..], Some(0)),
            (b"143:7", Some(7)),
            (b"256", None),
            (b"1:256", None),
            (b"", None),
            (b"1:", None),
            (b"-1", None),
            (b"1:2:3", None),
        ] {
            let mut config = Config::new(b"pausa", &VOICE);
            let read = remap(text, &mut config).map(|()| config.remaps.apply(ExitStatus(143)).0);
            assert_eq!(read, expected, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn help_fits_a_terminal_and_names_every_option() {
        assert!(HELP.lines().all(|line| line.len() <= 80));
        for option in GRAMMAR.split(|&byte| byte == b' ') {
            let long = str::from_utf8(&option[2..]).unwrap();
            assert!(HELP.contains(&format!("--{long}")), "{long}");
        }
    }
}
