//! From words to `Config`: one reader for every personality that has options. Pure.
//!
//! | letter | means |
//! |---|---|
//! | `g` | signals go to the group |
//! | `t` | signals go to whom the value says |
//! | `r` | a rewrite |
//! | `e` | a remap |
//! | `p` | a signal when the parent ends |
//! | `s` | adopt orphans |
//! | `w` | warn of zombies |
//! | `c` | no session and no group for the child |
//! | `P` | hold, and ignore a command |
//! | `v` `q` `+` `n` | tell more, fatal errors only, all but traces, as much as the value says |
//! | `k` `S` `d` | kill after a time, a ladder of signals, a delay |
//! | `D` | drain what is left |
//! | `m` `F` | termination message: where, and in what form |
//! | `h` `l` `L` `V` | help, license, version |
//! | `x` | a variable that must not be there |

use crate::args::{Args, Env};
use crate::config::{Config, Hold, Place, Target, Task};
use crate::event::{Event, Level};
use crate::getopt::{Found, Getopt, Order, Words};
use crate::personality::Personality;
use crate::shutdown::duration;
use crate::signal::{Signal, SignalSet, decimal};
use crate::split::{split, split_once, word_index};
use crate::termination::Format;
use crate::voice::Printed;
use crate::words::{self, Text, words};

/// Options of ours for every personality, for where the command line is not ours to write.
const VARIABLE: &[u8] = b"PAUSA_OPTIONS";

/// Where Kubernetes looks, if the pod does not say otherwise.
const MESSAGE: &[u8] = b"/dev/termination-log";

/// Options of `PAUSA_OPTIONS`, options of the command line, variables, command.
pub fn parse<'a>(args: &mut Args<'a>, env: &Env<'a>, config: &mut Config<'a>) {
    let personality = config.personality;
    config.task = Task::Nothing;
    let words = env.get(VARIABLE).unwrap_or(b"");
    let ours = Personality::ours();
    read(&mut Getopt::new(Words::Text(words), ours.grammar, Order::Exact), ours, config);
    env.remove(VARIABLE);
    if matches!(config.task, Task::Complain(_)) {
        // These are ours, and so are the words for what is wrong with them.
        config.personality = ours;
        return;
    }
    if args.is_only(b"--version") {
        config.task = Task::Print(Printed::Version);
    }
    let order = match personality.order {
        // GNU's permuting, unless somebody forbids it.
        Order::Permutes if env.get(b"POSIXLY_CORRECT").is_some() => Order::Abbreviates,
        order => order,
    };
    read(&mut Getopt::new(Words::Args(args), personality.grammar, order), personality, config);
    for option in split(personality.variables, b' ') {
        let [letter, _, variable @ ..] = option else { break };
        let (name, wanted) = split_once(variable, b'=');
        if let Some(value) = env.get(name).filter(|&value| wanted.is_none_or(|wanted| value == wanted)) {
            apply(*letter, value, personality, config);
        }
    }
    if config.place == Place::OwnSession {
        // The child is in an orphaned group then, which these would not stop.
        for signal in SignalSet::TERMINAL_STOPS {
            if config.rewrites.apply(signal) == Some(signal) {
                config.rewrites.set(signal, Some(Signal::STOP));
            }
        }
    }
    if matches!(config.task, Task::Nothing) {
        config.task = match args.command() {
            Some(command) if !config.holds => Task::Supervise(command),
            None if !config.holds && !personality.holds_by_default => Task::Complain(Event::NoCommand),
            _ => Task::Hold(Hold {
                tells_end: config.verbosity >= Level::Warning,
                tells_reaped: personality.holds_by_default && config.verbosity >= Level::Info,
            }),
        };
    }
}

/// Reads options until there are no more, or one of them is a task of its own.
fn read<'a>(getopt: &mut Getopt<'a, '_>, personality: &'static Personality, config: &mut Config<'a>) {
    while matches!(config.task, Task::Nothing) {
        match getopt.next() {
            Found::Option(letter, value) => apply(letter, value, personality, config),
            Found::Mistake(mistake) => config.task = Task::Complain(mistake),
            Found::End => break,
        }
    }
}

#[inline(never)]
fn apply<'a>(letter: u8, name: &'a [u8], personality: &'static Personality, config: &mut Config<'a>) {
    if set(letter, name, personality, config).is_none() {
        config.task = Task::Complain(Event::Refused { letter, name, accepted: accepted(letter) });
    }
}

/// What an option takes.
fn accepted(letter: u8) -> Text {
    let index = b"tFkdSrep".iter().position(|&known| known == letter);
    ACCEPTED.nth(index.unwrap_or(0))
}

pub(crate) const ACCEPTED: words::Words = words![
    "--to takes child, group or all",
    "--message-format takes text or json",
    "--kill-after takes 10, 10s, 500ms, 1m",
    "--delay takes 10, 10s, 500ms, 1m",
    "--stop takes SIGNAL:DURATION,...,SIGNAL, 8 at most",
    "--rewrite takes SIGNAL:SIGNAL or SIGNAL:0",
    "--remap takes CODE or CODE:CODE, 0 to 255",
    "--parent-death takes a signal's name or number",
];

/// Carries out an option; `None` if it does not take `value`.
fn set<'a>(letter: u8, value: &'a [u8], personality: &Personality, config: &mut Config<'a>) -> Option<()> {
    match letter {
        b'h' => config.task = Task::Print(Printed::Help),
        b'l' | b'L' => config.task = Task::Print(Printed::License),
        b'V' => config.task = Task::Print(Printed::Version),
        b'g' => config.target = Target::Group,
        b's' => config.adopts_orphans = true,
        b'w' => config.warns_of_zombies = true,
        b'v' => config.verbosity = config.verbosity.louder(),
        b'q' => config.verbosity = Level::Fatal,
        b'D' => config.drains = true,
        b'm' => config.message = Some(if value.is_empty() { MESSAGE } else { value }),
        b'+' => config.verbosity = Level::Debug,
        b'n' => config.verbosity = Level::from_number(decimal(value).unwrap_or(0).min(4) as u8),
        b'P' => config.holds = true,
        b'x' => config.task = Task::Complain(Event::Reserved),
        b'c' => {
            config.place = Place::OurGroup;
            config.target = Target::Child;
        }
        b't' => {
            config.target = match word_index(b"child group all", b' ', value)? {
                0 => Target::Child,
                1 => Target::Group,
                _ => Target::All,
            }
        }
        b'F' => {
            config.message_format = match word_index(b"text json", b' ', value)? {
                0 => Format::Text,
                _ => Format::Json,
            }
        }
        b'k' => config.ladder.kill_after(duration(value)?),
        b'd' => config.delay = duration(value)?,
        b'S' => config.ladder.read(value)?,
        b'r' => {
            let (from, to) = (personality.rewrite)(value)?;
            config.rewrites.set(from, to);
        }
        b'e' => {
            let (from, to) = (personality.remap)(value)?;
            config.remaps.set(from, to);
        }
        // b'p'; there is no other.
        _ => config.parent_death = Some((personality.signal)(value)?),
    }
    Some(())
}
